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
