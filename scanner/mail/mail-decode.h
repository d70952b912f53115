/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-decode.h - transfer encodings, decoded as the most forgiving mail program would.
 *
 * Broken input is decoded as far as it goes: what is no letter of the alphabet is passed over, a
 * group that is not complete gives what it has. Output never exceeds input, but where said.
 */
#ifndef SCANNER_MAIL_DECODE_H
#define SCANNER_MAIL_DECODE_H

#include <glib.h>

/* Each writes at most `size` bytes to `out` and returns how many. */
gsize mail_decode_base64(const char *text, gsize size, guint8 *out);
/* The same with '=' passed over like any other sign, as some readers do. It differs only where
 * mail_decode_has_inner_padding(). */
gsize mail_decode_base64_unpadded(const char *text, gsize size, guint8 *out);
gboolean mail_decode_has_inner_padding(const char *text, gsize size);
gsize mail_decode_quoted_printable(const char *text, gsize size, guint8 *out);
/* The same without blanks at the ends of lines, which RFC 2045 §6.7 wants deleted and some readers
 * keep. It differs only where mail_decode_has_trailing_blanks(). */
gsize mail_decode_quoted_printable_trimmed(const char *text, gsize size, guint8 *out);
gboolean mail_decode_has_trailing_blanks(const char *text, gsize size);
/* With the "begin" line and up to "end"; after "begin-base64" the lines are base64. */
gsize mail_decode_uuencode(const char *text, gsize size, guint8 *out);
/* The same with the zeros put back that lines have lost with the blanks at their ends. Writes no
 * more than mail_decode_uuencode_length(), which is what all lines say of themselves; 0: these are
 * lines of base64, and it is not for them. */
gsize mail_decode_uuencode_padded(const char *text, gsize size, guint8 *out);
gsize mail_decode_uuencode_length(const char *text, gsize size);
/* With the "=ybegin" line and up to "=yend" (the yEnc draft 1.3). */
gsize mail_decode_yenc(const char *text, gsize size, guint8 *out);

/* UTF-16 to UTF-8, at most size / 2 * 3 bytes; a half pair becomes the replacement character. */
typedef enum {
    MAIL_UTF16_NONE,
    MAIL_UTF16_LITTLE,
    MAIL_UTF16_BIG
} MailUtf16;
/* By byte order mark, or by the NULs that Latin text has there. */
MailUtf16 mail_decode_guess_utf16(const guint8 *data, gsize size);
gsize mail_decode_utf16(const guint8 *data, gsize size, MailUtf16 order, guint8 *out);
/* ISO-2022-JP (RFC 1468): an escape to ASCII within ASCII stands for nothing, wherever between two
 * letters it is. Without those; `out` may be NULL, and has room for `size` bytes. The same size:
 * there are none. */
gsize mail_decode_jis(const guint8 *data, gsize size, guint8 *out);

#endif /* SCANNER_MAIL_DECODE_H */
