/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * free-check.c - is what a file lacks at its end free space?
 *
 * Walks LMDB's free tree with pread: each value is a count and so many page numbers, in the leaf
 * or on overflow pages. Costs what the free tree is long, and only for a file that is short.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/free-check.h"

typedef struct {
    const PageFile *file;
    uint8_t *free;    /* a bit for each missing page: seen in the free tree */
    uint64_t missing; /* not yet seen */
    uint64_t visits;  /* left, so that damaged page numbers cannot make a loop */
} Walk;

static bool mark_free(Walk *walk, uint64_t number)
{
    if (number < 2 || number > walk->file->last_page)
        return false;
    if (number < walk->file->pages)
        return true;
    uint64_t bit = number - walk->file->pages;
    if (walk->free[bit / 8] & (1 << bit % 8))
        return false; /* free twice */
    walk->free[bit / 8] |= (uint8_t)(1 << bit % 8);
    walk->missing--;
    return true;
}

/* A list of page numbers, which need not be aligned where it lies. */
static bool mark_list(Walk *walk, const uint8_t *data, size_t size)
{
    uint64_t count, number;

    if (size < sizeof count)
        return false;
    memcpy(&count, data, sizeof count);
    if (count > size / sizeof number - 1)
        return false;
    for (uint64_t i = 1; i <= count; i++) {
        memcpy(&number, data + i * sizeof number, sizeof number);
        if (!mark_free(walk, number))
            return false;
    }
    return true;
}

static bool is_overflow_page(const PageFile *file, uint64_t number)
{
    uint8_t *page = fault_malloc(file->page_size);
    bool is = page && page_read(file, number, PAGE_OVERFLOW, page);

    free(page);
    return is;
}

static bool walk_overflow(Walk *walk, uint64_t number, size_t size)
{
    const PageFile *file = walk->file;
    size_t pages = (sizeof(PageHeader) + size + file->page_size - 1) / file->page_size;
    bool sound = false;

    if (!is_overflow_page(file, number) || number + pages > file->pages)
        return false;
    uint8_t *data = fault_malloc(size);
    if (data && pread(file->fd, data, size,
                      (off_t)(number * file->page_size + sizeof(PageHeader))) == (ssize_t)size)
        sound = mark_list(walk, data, size);
    free(data);
    return sound;
}

static bool walk_leaf(Walk *walk, const uint8_t *page)
{
    for (size_t i = 0; i < page_node_count(page); i++) {
        PageNode node;
        size_t offset;

        if (!page_node(page, walk->file->page_size, i, &node, &offset))
            return false;
        size_t data = offset + sizeof node + node.key_size;
        size_t size = node.low | (size_t)node.high << 16;
        if (node.flags == NODE_BIGDATA) {
            uint64_t number;
            if (data + sizeof number > walk->file->page_size)
                return false;
            memcpy(&number, page + data, sizeof number);
            if (!walk_overflow(walk, number, size))
                return false;
        } else if (node.flags != 0 || data + size > walk->file->page_size ||
                   !mark_list(walk, page + data, size)) {
            return false;
        }
    }
    return true;
}

static bool walk_page(Walk *walk, uint64_t number, unsigned depth)
{
    bool sound = true;

    if (walk->visits-- == 0)
        return false;
    uint8_t *page = fault_malloc(walk->file->page_size);
    if (!page || !page_read(walk->file, number, depth == 1 ? PAGE_LEAF : PAGE_BRANCH, page))
        sound = false;
    else if (depth == 1)
        sound = walk_leaf(walk, page);
    else
        for (size_t i = 0; sound && i < page_node_count(page); i++) {
            PageNode node;
            size_t offset;

            sound = page_node(page, walk->file->page_size, i, &node, &offset) &&
                    walk_page(walk, page_node_child(&node), depth - 1);
        }
    free(page);
    return sound;
}

JET_ERR free_check(const PageFile *file, const TreeRecord *free_tree)
{
    Walk walk = {.file = file,
                 .missing = file->last_page + 1 - file->pages,
                 .visits = free_tree->branch_pages + free_tree->leaf_pages};

    /* The file has no room to list more free pages than this: do not ask for memory for them. */
    if (free_tree->root == PAGE_NONE ||
        walk.missing > file->pages * (file->page_size / sizeof(uint64_t)))
        return JET_errDatabaseCorrupted;
    walk.free = fault_calloc(walk.missing / 8 + 1, 1);
    if (!walk.free)
        return JET_errOutOfMemory;
    bool sound = walk_page(&walk, free_tree->root, free_tree->depth) && walk.missing == 0;
    free(walk.free);
    return sound ? JET_errSuccess : JET_errDatabaseCorrupted;
}
