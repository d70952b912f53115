/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-search.h - search programs: their syntax, and whether a message matches (RFC 3501 §6.4.4).
 */
#ifndef MAILSTORE_SERVER_IMAP_SEARCH_H
#define MAILSTORE_SERVER_IMAP_SEARCH_H

#include "mailstore/message/message-store.h"
#include "mailstore/server/imap-parser.h"

typedef struct ImapSearch ImapSearch;

/* Nesting of parentheses, NOT and OR. */
#define IMAP_SEARCH_DEPTH_MOST 32
/* Keys of a program: each may cost a pass over each message. */
#define IMAP_SEARCH_KEYS_MOST 256

/* The whole of SEARCH's arguments, from the charset on. *ret_bad_charset: the charset is not known,
 * which has a response code of its own; there is no program then. */
gboolean imap_parse_search(ImapParser *parser, ImapSearch **ret, gboolean *ret_bad_charset);
ImapSearch *imap_search_free(ImapSearch *search); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImapSearch, imap_search_free)

typedef struct {
    const MailEntry *entry;
    guint32 number; /* sequence number */
    guint32 last;   /* largest sequence number */
    guint32 last_uid;
    guint64 size; /* when the search needs sizes */
    GBytes *text; /* when it needs the header or the body */
} ImapSearchSubject;

gboolean imap_search_needs_size(const ImapSearch *search);
gboolean imap_search_needs_header(const ImapSearch *search);
gboolean imap_search_needs_body(const ImapSearch *search); /* too */
/* What can be told without size, header and body: FALSE when it cannot match whatever these are. */
gboolean imap_search_may_match(const ImapSearch *search, const ImapSearchSubject *subject);
gboolean imap_search_matches(const ImapSearch *search, const ImapSearchSubject *subject);

#endif /* MAILSTORE_SERVER_IMAP_SEARCH_H */
