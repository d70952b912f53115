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
    MAIL_CRYPT_SMIME_SIGNED, /* with its content inside */
    MAIL_CRYPT_SMIME_OTHER,  /* compressed, say */
    MAIL_CRYPT_PGP_ENCRYPTED,
    MAIL_CRYPT_PGP_PACKED /* compressed, signed or not, and for anybody to open; without its armor
                           */
} MailCrypt;

/* By the bytes alone: a CMS structure, or OpenPGP packets, which are encrypted or in armor that
 * stands in a text. */
MailCrypt mail_crypt_recognize(const guint8 *data, gsize size);
/* The content of a signed CMS structure, or NULL: none in it, broken, or no memory. Nothing is
 * verified. */
GBytes *mail_crypt_signed_content(const guint8 *data, gsize size);
/* Of MAIL_CRYPT_PGP_PACKED, at most `most` bytes; NULL: more, broken, or not unpacked here. */
GBytes *mail_crypt_packed_content(const guint8 *data, gsize size, gsize most);

#endif /* SCANNER_MAIL_CRYPT_H */
