/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-decode.h - transfer encodings, decoded as the most forgiving mail program would.
 *
 * Broken input is decoded as far as it goes: what is no letter of the alphabet is passed over, a
 * group that is not complete gives what it has. Output never exceeds input.
 */
#ifndef SCANNER_MAIL_DECODE_H
#define SCANNER_MAIL_DECODE_H

#include <glib.h>

/* Each writes at most `size` bytes to `out` and returns how many. */
gsize mail_decode_base64(const char *text, gsize size, guint8 *out);
gsize mail_decode_quoted_printable(const char *text, gsize size, guint8 *out);
/* With the "begin" line and up to "end". */
gsize mail_decode_uuencode(const char *text, gsize size, guint8 *out);

#endif /* SCANNER_MAIL_DECODE_H */
