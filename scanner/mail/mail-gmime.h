/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-gmime.h - the leaves of a message as GMime sees them.
 *
 * A second opinion on where the parts are: GMime forgives other mistakes than mail-part.h does. It
 * has no limit on parts or fields, so mail_count() comes first.
 */
#ifndef SCANNER_MAIL_GMIME_H
#define SCANNER_MAIL_GMIME_H

#include "scanner/mail/mail-part.h"

enum {
    /* Of the fields in all headers together; ten for each of 10 000 parts. GMime keeps each. */
    MAIL_GMIME_FIELDS_MAX = 100000
};

typedef enum {
    MAIL_GMIME_TOLERANT,
    MAIL_GMIME_STRICT
} MailGmimeMode;

/* Once in a process, before its cage: character set tables are read from files. */
void mail_gmime_init(void);

/* Tells each leaf as mail_part_walk() does; the bytes are decoded by the caller. */
MailPartResult mail_gmime_read(const char *text, gsize size, MailGmimeMode mode, guint depth,
                               MailPartFound found, gpointer user_data);

#endif /* SCANNER_MAIL_GMIME_H */
