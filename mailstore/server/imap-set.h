/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-set.h - sequence sets: 1:3,7,* (RFC 3501 §9). */
#ifndef MAILSTORE_SERVER_IMAP_SET_H
#define MAILSTORE_SERVER_IMAP_SET_H

#include "mailstore/server/imap-parser.h"

#define IMAP_SET_STAR G_MAXUINT32 /* the largest number in use */

typedef struct {
    guint32 first, last; /* first <= last unless one is the star */
} ImapRange;

/* A GArray of ImapRange. */
gboolean imap_parse_set(ImapParser *parser, GArray **ret);
/* Whether `number` belongs, with `largest` for the star. */
gboolean imap_set_has(const GArray *set, guint32 number, guint32 largest);
/* The range with the star put in and the ends in order. */
ImapRange imap_range_resolve(ImapRange range, guint32 largest);
/* Ascending numbers as a set: 1:3,7 */
void imap_set_append(GString *text, const guint32 *numbers, gsize count);

#endif /* MAILSTORE_SERVER_IMAP_SET_H */
