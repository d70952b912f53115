/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-plain.h - tells whether a message leaves nothing to decode.
 *
 * Of such a message the text as it stands and each part by itself are all the bytes there are, so
 * that a second reading of its structure, with all it costs, could find nothing new.
 */
#ifndef SCANNER_MAIL_PLAIN_H
#define SCANNER_MAIL_PLAIN_H

#include <glib.h>

enum {
    MAIL_PLAIN_LINE_MAX = 998 /* RFC 5322 §2.1.1 */
};

/* TRUE only if every line that could name a type or an encoding names plain text (or a multipart of
 * such) in 7bit, 8bit or binary, and none starts an encoded block. In doubt FALSE. */
gboolean mail_plain_check(const char *text, gsize size);
/* NULs, or carriage returns that no line feed follows. */
gboolean mail_plain_has_odd_bytes(const char *text, gsize size);

#endif /* SCANNER_MAIL_PLAIN_H */
