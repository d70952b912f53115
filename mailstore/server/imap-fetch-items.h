/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-fetch-items.h - what FETCH asks for: its syntax. */
#ifndef MAILSTORE_SERVER_IMAP_FETCH_ITEMS_H
#define MAILSTORE_SERVER_IMAP_FETCH_ITEMS_H

#include "mailstore/server/imap-section.h"
#include "mailstore/server/imap-summary.h"

typedef enum {
    FETCH_UID,
    FETCH_FLAGS,
    FETCH_INTERNALDATE,
    FETCH_SIZE,
    FETCH_ENVELOPE,
    FETCH_BODY,
    FETCH_BODYSTRUCTURE,
    FETCH_SECTION, /* BODY[...] and the three RFC822 ones */
} FetchKind;

typedef struct {
    FetchKind kind;
    const char *label;  /* of FETCH_SECTION: "BODY" or "RFC822.TEXT" ... */
    gboolean is_rfc822; /* no section is printed */
    ImapSection section;
} FetchItem;

typedef struct {
    GArray *items; /* FetchItem */
    guint summary; /* bits of ImapSummaryItem */
    gboolean needs_size;
    gboolean needs_header; /* sections do */
    gboolean needs_body;   /* too, and how it is made up */
    gboolean needs_whole;  /* pieces of the message as it is, BODY[] among them */
    gboolean sets_seen;
} FetchItems;

/* More items than there are kinds only repeat; sections can differ, and each costs. */
#define FETCH_ITEMS_MOST 256

/* A word, a macro or a list. On FALSE nothing is to be freed. */
gboolean imap_parse_fetch_items(ImapParser *parser, FetchItems *ret);
void fetch_items_clear(FetchItems *items);

#endif /* MAILSTORE_SERVER_IMAP_FETCH_ITEMS_H */
