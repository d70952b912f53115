/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page-layout.h - pages of an LMDB 0.9 file on a 64-bit machine (MDB_DATA_VERSION 1), as far as
 * a file is looked at before LMDB maps it. Native byte order: a file of the other has no magic.
 */
#ifndef MAILSTORE_ESE_PAGE_LAYOUT_H
#define MAILSTORE_ESE_PAGE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define META_MAGIC 0xBEEFC0DEu
#define PAGE_NONE UINT64_MAX

enum {
    META_VERSION = 1,
    PAGE_BRANCH = 0x01,
    PAGE_LEAF = 0x02,
    PAGE_OVERFLOW = 0x04,
    PAGE_META = 0x08,
    TREE_DUPSORT = 0x04,
    TREE_INTEGERKEY = 0x08,
    ENV_NOSUBDIR = 0x4000, /* kept in the flags of the free tree */
    NODE_BIGDATA = 0x01,
    NODE_SUBTREE = 0x02,
    NODE_DUPDATA = 0x04,
    DEPTH_MAX = 32, /* LMDB's cursors have so many levels */
    PAGE_SIZE_MIN = 512,
    PAGE_SIZE_MAX = 65536
};

typedef struct {
    uint64_t number;
    uint16_t pad, flags;
    uint16_t lower, upper; /* free space; of an overflow page: the number of pages, 32 bits */
} PageHeader;

typedef struct {
    uint16_t low, high; /* size of the data, or low half of the child's page number */
    uint16_t flags;     /* in a branch: bits 32..47 of the page number */
    uint16_t key_size;
} PageNode;

typedef struct {
    uint32_t pad; /* in the free tree of a meta: the page size */
    uint16_t flags, depth;
    uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
} TreeRecord;

typedef struct {
    uint32_t magic, version;
    uint64_t address, map_size;
    TreeRecord free, names;
    uint64_t last_page, txn;
} Meta;

typedef struct {
    int fd;
    size_t page_size;
    uint64_t pages;     /* whole ones in the file */
    uint64_t last_page; /* of the newest meta */
} PageFile;

/* Offset of a node and its header; false when it does not lie whole within the page. */
bool page_node(const uint8_t *page, size_t page_size, size_t i, PageNode *ret, size_t *ret_offset);
/* Reads a page of the file. False: not there, or its header is not that of such a page. */
bool page_read(const PageFile *file, uint64_t number, uint16_t flags, uint8_t *page);
size_t page_node_count(const uint8_t *page);
/* Each node of a branch or leaf lies within the page and points within the file. */
bool page_nodes_are_sane(const PageFile *file, const uint8_t *page);
uint64_t page_node_child(const PageNode *node);

#endif /* MAILSTORE_ESE_PAGE_LAYOUT_H */
