/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-binhex.h - BinHex 4.0 (RFC 1741 appendix A), as far as a scanner needs it.
 */
#ifndef SCANNER_MAIL_BINHEX_H
#define SCANNER_MAIL_BINHEX_H

#include <glib.h>

#define MAIL_BINHEX_MARK "(This file must be converted with BinHex"

/* Both forks lie in `data`, the resource fork behind the data fork. */
typedef struct {
    guint8 *data; /* to be freed with g_free() */
    gsize data_fork, resource_fork;
    char name[64];      /* the header's own; at most 63 letters */
    gboolean was_large; /* more than `most` bytes: cut there */
} MailBinhex;

/* `text` begins with the line of the mark or with the first ':'. FALSE: nothing there that can be
 * decoded, or no memory for it, which *ret_no_memory tells. Checksums are not looked at: a reader
 * may not, either. */
gboolean mail_binhex_decode(const char *text, gsize size, gsize most, MailBinhex *ret,
                            gboolean *ret_no_memory);

#endif /* SCANNER_MAIL_BINHEX_H */
