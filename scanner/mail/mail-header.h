/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-header.h - what in the header of a message or of a part readers take in different ways.
 *
 * Only what decides how the body is cut and decoded counts: a type, a boundary, a transfer
 * encoding, and what makes a reader see the end of the header elsewhere. Quirks of ordinary mail
 * that change nothing there (8-bit or encoded file names, odd charsets, a missing type) do not.
 */
#ifndef SCANNER_MAIL_HEADER_H
#define SCANNER_MAIL_HEADER_H

#include <glib.h>

enum {
    MAIL_HEADER_FIELD_MAX = 16384 /* of one field, unfolded; longer is a doubt of its own */
};

typedef struct {
    const char *doubt;   /* static text: the first thing found that is read differently; or NULL */
    gboolean is_partial; /* message/partial: a piece whose other pieces are elsewhere */
    gboolean is_encrypted; /* multipart/encrypted (RFC 1847) */
    gboolean is_mail;      /* has fields that hardly anything but mail has */
} MailHeaderFacts;

/* `header` is the block up to its empty line, which is left out. */
void mail_header_examine(const char *header, gsize size, MailHeaderFacts *ret);

#endif /* SCANNER_MAIL_HEADER_H */
