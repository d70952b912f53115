/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-cms.h - what a CMS structure (RFC 5652) has in it for everybody: S/MIME without a secret.
 */
#ifndef SCANNER_MAIL_CMS_H
#define SCANNER_MAIL_CMS_H

#include <glib.h>

typedef enum {
    MAIL_CMS_NONE,
    MAIL_CMS_OPEN, /* signed, digested, authenticated or only wrapped */
    MAIL_CMS_COMPRESSED,
    MAIL_CMS_ENCRYPTED
} MailCms;

/* By the identifier at its beginning; BER as well as DER. */
MailCms mail_cms_recognize(const guint8 *data, gsize size);
/* The content, as far as it is there, of one that is not encrypted; NULL: it has none, as beside a
 * detached signature, or there is no memory. Of MAIL_CMS_COMPRESSED it is still packed. Nothing is
 * verified. */
GBytes *mail_cms_content(const guint8 *data, gsize size);

#endif /* SCANNER_MAIL_CMS_H */
