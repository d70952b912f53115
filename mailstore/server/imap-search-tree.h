/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-search-tree.h - the tree between imap-search-parse.c and imap-search.c. */
#ifndef MAILSTORE_SERVER_IMAP_SEARCH_TREE_H
#define MAILSTORE_SERVER_IMAP_SEARCH_TREE_H

#include "mailstore/server/imap-search.h"
#include "mailstore/server/imap-set.h"

typedef enum {
    SEARCH_AND,
    SEARCH_OR,
    SEARCH_ALL,
    SEARCH_NUMBERS,
    SEARCH_UIDS,
    SEARCH_FLAG,
    SEARCH_KEYWORD,
    SEARCH_BEFORE,
    SEARCH_ON,
    SEARCH_SINCE,
    SEARCH_LARGER,
    SEARCH_SMALLER,
    SEARCH_SENT_BEFORE,
    SEARCH_SENT_ON,
    SEARCH_SENT_SINCE,
    SEARCH_HEADER,
    SEARCH_BODY,
    SEARCH_TEXT
} SearchKind;

typedef struct SearchKey {
    SearchKind kind;
    gboolean negated;
    GPtrArray *children; /* AND, OR */
    GArray *set;         /* NUMBERS, UIDS */
    guint32 flag;        /* FLAG */
    guint32 number;      /* LARGER, SMALLER */
    gint64 date;         /* midnight UTC */
    char *field;         /* HEADER */
    char *text;          /* folded to one case; KEYWORD: as written */
} SearchKey;

struct ImapSearch {
    SearchKey *root;
    gboolean needs_size;
    gboolean needs_header;
    gboolean needs_body;
};

SearchKey *search_key_free(SearchKey *key); /* accepts and returns NULL */
gboolean search_kind_needs_header(SearchKind kind);
gboolean search_kind_needs_body(SearchKind kind);

#endif /* MAILSTORE_SERVER_IMAP_SEARCH_TREE_H */
