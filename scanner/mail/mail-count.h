/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-count.h - how much a parser could make of a message, before one is let near it.
 *
 * GMime has no limit of its own: a million parts cost 1.3 GB there, a million header fields 200 MB.
 */
#ifndef SCANNER_MAIL_COUNT_H
#define SCANNER_MAIL_COUNT_H

#include <glib.h>

typedef struct {
    guint64 parts;  /* lines that could begin one */
    guint64 fields; /* lines that could be a field of some header */
} MailCount;

/* Upper bounds, whatever way the structure is read; one pass, no memory. */
void mail_count(const char *text, gsize size, MailCount *ret);

#endif /* SCANNER_MAIL_COUNT_H */
