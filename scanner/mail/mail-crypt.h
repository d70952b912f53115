/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-crypt.h - tells sealed mail from signed mail: S/MIME (RFC 5652) and OpenPGP (RFC 4880).
 */
#ifndef SCANNER_MAIL_CRYPT_H
#define SCANNER_MAIL_CRYPT_H

#include <glib.h>

typedef enum {
    MAIL_CRYPT_NONE,
    MAIL_CRYPT_SMIME_ENCRYPTED,
    MAIL_CRYPT_SMIME_OPEN, /* signed and the like, with its content inside or not */
    MAIL_CRYPT_SMIME_PACKED,
    MAIL_CRYPT_PGP_ENCRYPTED,
    MAIL_CRYPT_PGP_PACKED /* compressed, signed or not, and for anybody to open; without its armor
                           */
} MailCrypt;

/* By the bytes alone: a CMS structure, or OpenPGP packets, which are encrypted or in armor that
 * stands in a text. */
MailCrypt mail_crypt_recognize(const guint8 *data, gsize size);
/* The same for a file, which armor begins. */
MailCrypt mail_crypt_recognize_file(const guint8 *data, gsize size);
/* What anybody can read in it, at most `most` bytes when it is unpacked; *ret is NULL where there
 * is nothing, as beside a detached signature. FALSE: more, broken, or not unpacked here. Nothing is
 * verified. */
gboolean mail_crypt_content(MailCrypt kind, const guint8 *data, gsize size, gsize most,
                            GBytes **ret);

#endif /* SCANNER_MAIL_CRYPT_H */
