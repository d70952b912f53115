/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-summary.h - what FETCH found out about a message: kept with it, so that it is parsed once.
 */
#ifndef MAILSTORE_SERVER_IMAP_SUMMARY_H
#define MAILSTORE_SERVER_IMAP_SUMMARY_H

#include "mailstore/server/imap-output.h"
#include "mailstore/server/mime-part.h"

/* In this order they are kept when not all of them fit. */
typedef enum {
    IMAP_SUMMARY_OUTLINE, /* see mime-outline.h */
    IMAP_SUMMARY_ENVELOPE,
    IMAP_SUMMARY_BODY,
    IMAP_SUMMARY_BODYSTRUCTURE,
    IMAP_SUMMARY_COUNT
} ImapSummaryItem;
#define IMAP_SUMMARY_BIT(ITEM) (1U << (ITEM))

/* As sent to the client, but for the outline. */
typedef struct {
    const char *text; /* NULL when it is not known */
    gsize length;
} ImapSummaryText;

typedef struct {
    gboolean has_size;
    guint64 size; /* RFC822.SIZE */
    ImapSummaryText items[IMAP_SUMMARY_COUNT];
} ImapSummary;

/* Its texts are parts of `data`. What another version of this program kept, or is damaged, has
 * nothing; so has NULL. */
void imap_summary_parse(GBytes *data, ImapSummary *ret);
/* Of these items, bits, the ones that are not known. */
guint imap_summary_missing(const ImapSummary *summary, guint items);
/* Finds these items out. `root` is of the message, or for IMAP_SUMMARY_ENVELOPE alone of its
 * header. The texts are parts of what is in `storage`, which is printed to. */
void imap_summary_find(ImapSummary *summary, guint items, const char *message, const MimePart *root,
                       ImapOutput *storage);
/* Without what would make it longer than can be kept. */
GBytes *imap_summary_pack(const ImapSummary *summary);

#endif /* MAILSTORE_SERVER_IMAP_SUMMARY_H */
