/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page-layout.c - reading pages of an LMDB file without trusting them.
 */
#include <string.h>
#include <unistd.h>

#include "mailstore/ese/page-layout.h"

bool page_read(const PageFile *file, uint64_t number, uint16_t flags, uint8_t *page)
{
    PageHeader header;

    if (number < 2 || number >= file->pages || number > file->last_page ||
        pread(file->fd, page, file->page_size, (off_t)(number * file->page_size)) !=
            (ssize_t)file->page_size)
        return false;
    memcpy(&header, page, sizeof header);
    return header.number == number && header.flags == flags &&
           ((flags & PAGE_OVERFLOW) ||
            (header.lower >= sizeof header && header.lower <= header.upper &&
             header.upper <= file->page_size && (header.lower & 1) == 0));
}

size_t page_node_count(const uint8_t *page)
{
    PageHeader header;

    memcpy(&header, page, sizeof header);
    return (header.lower - sizeof header) / sizeof(uint16_t);
}

bool page_node(const uint8_t *page, size_t page_size, size_t i, PageNode *ret, size_t *ret_offset)
{
    PageHeader header;
    uint16_t offset;

    memcpy(&header, page, sizeof header);
    memcpy(&offset, page + sizeof header + i * sizeof offset, sizeof offset);
    if (offset < header.upper || offset + sizeof *ret > page_size)
        return false;
    memcpy(ret, page + offset, sizeof *ret);
    if (offset + sizeof *ret + ret->key_size > page_size)
        return false;
    *ret_offset = offset;
    return true;
}

uint64_t page_node_child(const PageNode *node)
{
    return node->low | (uint64_t)node->high << 16 | (uint64_t)node->flags << 32;
}

static bool leaf_node_is_sane(const PageFile *file, const uint8_t *page, const PageNode *node,
                              size_t offset)
{
    size_t data = offset + sizeof *node + node->key_size;
    size_t size = node->low | (size_t)node->high << 16;
    uint64_t number;

    if (node->flags != NODE_BIGDATA)
        return (node->flags & ~(NODE_SUBTREE | NODE_DUPDATA)) == 0 &&
               data + size <= file->page_size;
    if (data + sizeof number > file->page_size)
        return false;
    memcpy(&number, page + data, sizeof number);
    return number >= 2 && number <= file->last_page;
}

bool page_nodes_are_sane(const PageFile *file, const uint8_t *page)
{
    PageHeader header;

    memcpy(&header, page, sizeof header);
    for (size_t i = 0; i < page_node_count(page); i++) {
        PageNode node;
        size_t offset;

        if (!page_node(page, file->page_size, i, &node, &offset))
            return false;
        if (header.flags == PAGE_BRANCH
                ? page_node_child(&node) < 2 || page_node_child(&node) > file->last_page
                : !leaf_node_is_sane(file, page, &node, offset))
            return false;
    }
    return page_node_count(page) > 0;
}
