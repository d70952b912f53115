/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-node.c - one page of a file that may be damaged, and the nodes in it.
 *
 * What is wrong is told with the page; nothing is believed before it was looked at.
 */
#include "mailstore/ese/check-node.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    TELL_MAX = 256,
};

/* --- Telling ------------------------------------------------------------------- */

bool check_goes_on(const Check *check)
{
    return check->failure == JET_errSuccess && check->damages < CHECK_DAMAGES_MAX;
}

void check_damage(Check *check, uint64_t page, const char *format, ...)
{
    char text[TELL_MAX];
    va_list arguments;
    if (!check_goes_on(check))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    check->damages++;
    check->tell(check->tell_context, page, text);
}

/* --- Reading ------------------------------------------------------------------- */

bool check_read(Check *check, void *data, size_t size, uint64_t offset)
{
    uint8_t *to = data;
    while (size > 0) {
        ssize_t n = pread(check->file.fd, to, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

int check_compare_keys(TreeKind kind, Bytes a, Bytes b)
{
    if (kind == KIND_FREE) {
        uint64_t left, right;
        memcpy(&left, a.data, sizeof left);
        memcpy(&right, b.data, sizeof right);
        return (left > right) - (left < right);
    }
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

Node check_node_at(const uint8_t *page, size_t i)
{
    PageHeader header;
    PageNode raw;
    uint16_t offset;
    memcpy(&header, page, sizeof header);
    memcpy(&offset, page + sizeof header + i * sizeof offset, sizeof offset);
    memcpy(&raw, page + offset, sizeof raw);
    const uint8_t *key = page + offset + sizeof raw;
    Node node = {.key = {key, raw.key_size}};
    if (header.flags & PAGE_BRANCH) {
        node.child = page_node_child(&raw);
        return node;
    }
    node.flags = raw.flags;
    node.size = raw.low | (size_t)raw.high << 16;
    if (raw.flags & NODE_BIGDATA)
        memcpy(&node.overflow, key + raw.key_size, sizeof node.overflow);
    else
        node.data = (Bytes){key + raw.key_size, node.size};
    return node;
}

/* Space a node takes; 0: it does not lie in the page. */
static size_t node_extent(const uint8_t *page, size_t page_size, uint16_t offset, bool branch)
{
    PageNode raw;
    if ((offset & 1) != 0 || offset + sizeof raw > page_size)
        return 0;
    memcpy(&raw, page + offset, sizeof raw);
    size_t size = sizeof raw + raw.key_size;
    if (!branch)
        size += raw.flags & NODE_BIGDATA ? sizeof(uint64_t) : raw.low | (size_t)raw.high << 16;
    size = (size + 1) & ~(size_t)1;
    return size <= page_size - offset ? size : 0;
}

const char *check_page_fault(const uint8_t *page, size_t size, bool branch)
{
    uint8_t taken[PAGE_SIZE_MAX / 16] = {0}; /* a bit for two bytes */
    PageHeader header;
    size_t sum = 0;
    memcpy(&header, page, sizeof header);
    if (header.lower < sizeof header || (header.lower & 1) != 0 || header.lower > header.upper ||
        header.upper > size)
        return "its bounds are not within it";
    for (size_t i = 0; i < page_node_count(page); i++) {
        uint16_t offset;
        memcpy(&offset, page + sizeof header + i * sizeof offset, sizeof offset);
        size_t extent = offset < header.upper ? 0 : node_extent(page, size, offset, branch);
        if (extent == 0)
            return "an entry does not lie within it";
        for (size_t at = offset / 2; at < (offset + extent) / 2; at++) {
            if (taken[at / 8] & 1 << at % 8)
                return "entries lie over each other";
            taken[at / 8] |= (uint8_t)(1 << at % 8);
        }
        sum += extent;
    }
    return sum == size - header.upper ? NULL : "it has bytes that belong to no entry";
}

bool check_page_load(Check *check, const char *tree, uint64_t number, bool branch, bool tells,
                     uint8_t *page)
{
    const char *fault = NULL;
    PageHeader header;
    if (number < 2 || number > check->file.last_page || number >= check->file.pages)
        fault = "it lies outside of the file";
    else if (!check_read(check, page, check->file.page_size, number * check->file.page_size))
        fault = "it cannot be read";
    if (!fault) {
        memcpy(&header, page, sizeof header);
        if (header.number != number)
            fault = "it has another number";
        else if (header.flags != (branch ? PAGE_BRANCH : PAGE_LEAF))
            fault = branch ? "it is no branch" : "it is no leaf";
        else
            fault = check_page_fault(page, check->file.page_size, branch);
    }
    if (fault && tells)
        check_damage(check, number, "page of tree %s: %s", tree, fault);
    return fault == NULL;
}
