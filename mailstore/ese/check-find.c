/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-find.c - looking for a key in trees whose pages were found sound.
 *
 * Each page is looked at again, as the file may have been written meanwhile. Fails with
 * JET_errRecordNotFound, JET_errDatabaseCorrupted, JET_errReadVerifyFailure, JET_errOutOfMemory.
 */
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/check-node.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/seal.h"

/* The last node whose key is not behind `key`; -1: none. Of a branch the first key is before all.
 */
static ssize_t node_search(const uint8_t *page, Bytes key, bool branch)
{
    ssize_t low = branch ? 1 : 0, high = (ssize_t)page_node_count(page);
    while (low < high) {
        ssize_t middle = low + (high - low) / 2;
        if (check_compare_keys(KIND_PLAIN, check_node_at(page, (size_t)middle).key, key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/* The leaf entry with the key, in `page`. */
static JET_ERR tree_find(Check *check, const TreeRecord *record, Bytes key, uint8_t *page,
                         Node *ret)
{
    uint64_t number = record->root;
    if (number == PAGE_NONE)
        return JET_errRecordNotFound;
    for (unsigned depth = record->depth; depth > 0; depth--) {
        if (!check_page_load(check, "looked through", number, depth > 1, false, page) ||
            page_node_count(page) == 0)
            return JET_errDatabaseCorrupted;
        ssize_t at = node_search(page, key, depth > 1);
        if (at < 0)
            return JET_errRecordNotFound;
        *ret = check_node_at(page, (size_t)at);
        number = ret->child;
    }
    return check_compare_keys(KIND_PLAIN, ret->key, key) == 0 ? JET_errSuccess
                                                              : JET_errRecordNotFound;
}

JET_ERR check_get(Check *check, unsigned tree, Bytes key, uint8_t **buffer, size_t *capacity,
                  Bytes *ret)
{
    uint8_t *page = fault_malloc(check->file.page_size);
    Node node;
    if (!page)
        return JET_errOutOfMemory;
    JET_ERR err = tree_find(check, &check->trees[tree], key, page, &node);
    if (err >= 0 && node.size > *capacity) {
        /* The walk has found room for it in the file. */
        uint8_t *grown = fault_realloc(*buffer, node.size);
        if (grown) {
            *buffer = grown;
            *capacity = node.size;
        } else {
            err = JET_errOutOfMemory;
        }
    }
    if (err >= 0 && (node.flags & NODE_BIGDATA)) {
        if (!check_read(check, *buffer, node.size,
                        node.overflow * check->file.page_size + sizeof(PageHeader)))
            err = JET_errDatabaseCorrupted;
    } else if (err >= 0 && node.size > 0) {
        memcpy(*buffer, node.data.data, node.size);
    }
    if (err >= 0)
        err = seal_open((Bytes){*buffer, node.size}, ret);
    free(page);
    return err;
}

static JET_ERR pair_find_in(Check *check, const Node *node, Bytes bookmark, uint8_t *page)
{
    Node found;
    TreeRecord record;
    if (node->flags == (NODE_DUPDATA | NODE_SUBTREE) && node->size == sizeof record) {
        memcpy(&record, node->data.data, sizeof record);
        return record.depth <= DEPTH_MAX ? tree_find(check, &record, bookmark, page, &found)
                                         : JET_errDatabaseCorrupted;
    }
    if (node->flags == 0)
        return check_compare_keys(KIND_DUPS, node->data, bookmark) == 0 ? JET_errSuccess
                                                                        : JET_errRecordNotFound;
    if (node->flags != NODE_DUPDATA || node->size < sizeof(PageHeader) ||
        check_page_fault(node->data.data, node->size, false))
        return JET_errDatabaseCorrupted;
    ssize_t at = node_search(node->data.data, bookmark, false);
    if (at < 0)
        return JET_errRecordNotFound;
    found = check_node_at(node->data.data, (size_t)at);
    return check_compare_keys(KIND_DUPS, found.key, bookmark) == 0 ? JET_errSuccess
                                                                   : JET_errRecordNotFound;
}

JET_ERR check_find_pair(Check *check, Bytes key, Bytes bookmark)
{
    uint8_t *pages = fault_malloc(2 * check->file.page_size);
    Node node;
    if (!pages)
        return JET_errOutOfMemory;
    JET_ERR err = tree_find(check, &check->trees[TREE_INDEX], key, pages, &node);
    if (err >= 0)
        err = pair_find_in(check, &node, bookmark, pages + check->file.page_size);
    free(pages);
    return err;
}

/* Is the file of this format? Whoever wrote another one did not promise checksums like ours; the
 * first had none. */
void check_format(Check *check)
{
    static const Bytes key = {STORE_FORMAT_KEY, sizeof STORE_FORMAT_KEY - 1};
    const TreeRecord *record = &check->trees[CHECK_TREE_META];
    StoreFormat format;
    Node node;
    Bytes content;
    uint8_t *page = fault_malloc(check->file.page_size);
    if (!page) {
        check->failure = JET_errOutOfMemory;
        return;
    }
    if (record->flags == 0 && record->depth <= DEPTH_MAX &&
        tree_find(check, record, key, page, &node) >= 0 && node.flags == 0 &&
        node.size >= sizeof format) {
        memcpy(&format, node.data.data, sizeof format);
        uint32_t version = load_key_u32(&format.version);
        bool first = node.size == sizeof format && version == 1;
        if (memcmp(format.magic, STORE_FORMAT_MAGIC, sizeof format.magic) == 0 &&
            version != STORE_FORMAT_VERSION &&
            (first || seal_verify(key, node.data, &content) == JET_errSuccess)) {
            check->format = version;
            check->failure = JET_errInvalidDatabaseVersion;
        }
    }
    free(page);
}
