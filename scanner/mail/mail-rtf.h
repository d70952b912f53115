/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mail-rtf.h - the body of a message as Outlook keeps it, in .msg and in winmail.dat. */
#ifndef SCANNER_MAIL_RTF_H
#define SCANNER_MAIL_RTF_H

#include <glib.h>

gboolean mail_rtf_matches(const void *data, gsize size);
/* As far as it goes, to be freed with g_free(); NULL: more than `most` bytes, or no memory. */
guint8 *mail_rtf_unpack(const void *data, gsize size, gsize most, gsize *ret_size);

#endif /* SCANNER_MAIL_RTF_H */
