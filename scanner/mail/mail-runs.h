/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-runs.h - encoded runs in a text, whatever its structure says about them.
 *
 * The net below the readings that follow MIME: a part whose boundary, header or line ends are
 * broken in a way that only some reader forgives still has its letters standing somewhere.
 */
#ifndef SCANNER_MAIL_RUNS_H
#define SCANNER_MAIL_RUNS_H

#include "scanner/mail/mail-part.h"

enum {
    /* 48 bytes: less does no harm by itself, and shorter words and sums abound in honest text. */
    MAIL_RUNS_LETTERS_MIN = 64
};

/* Tells every run of base64, quoted-printable, uuencode, yEnc and BinHex as a block, and as
 * declared what follows a line that names a transfer encoding. They may overlap; one that could
 * begin in several places is told several times. FALSE if the callback stopped it. Time is linear.
 */
gboolean mail_runs_find(const char *text, gsize size, MailPartFound found, gpointer user_data);
/* The same, looking at each line. For tests: both must tell the same of any bytes. */
gboolean mail_runs_find_by_line(const char *text, gsize size, MailPartFound found,
                                gpointer user_data);

#endif /* SCANNER_MAIL_RUNS_H */
