/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-node.h - one page of a file that may be damaged, and the nodes in it: for the files of the
 * page walker.
 */
#ifndef MAILSTORE_ESE_CHECK_NODE_H
#define MAILSTORE_ESE_CHECK_NODE_H

#include "mailstore/ese/check-page.h"

typedef enum {
    KIND_FREE,  /* numbers of transactions to lists of pages */
    KIND_NAMES, /* names to records of trees */
    KIND_PLAIN,
    KIND_PAIRS, /* several bookmarks a key */
    KIND_DUPS,  /* the bookmarks of one key, as keys */
} TreeKind;

typedef struct {
    Bytes key, data;
    unsigned flags;
    uint64_t child;
    uint64_t overflow; /* page, when the data lie there */
    size_t size;       /* of the data, wherever they lie */
} Node;

/* False when the file has not so many bytes there, or cannot be read. */
bool check_read(Check *check, void *data, size_t size, uint64_t offset);
/* In the order of the tree's keys. */
int check_compare_keys(TreeKind kind, Bytes a, Bytes b);
/* Node `i` of a page without fault. */
Node check_node_at(const uint8_t *page, size_t i);
/* What a page says of itself: NULL, or what is wrong. `size` is a sub-page's own. */
const char *check_page_fault(const uint8_t *page, size_t size, bool branch);
/* Reads the page and looks at it for itself; what is wrong is told when `tells`. */
bool check_page_load(Check *check, const char *tree, uint64_t number, bool branch, bool tells,
                     uint8_t *page);
/* Is the file of this format? Else sets check->format and check->failure. The record of the tree
 * that says it is known, and the tree not yet looked at. */
void check_format(Check *check);

#endif
