/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-store.c - the functions of store.h that the catalog and the keys call, for the check tool.
 *
 * Reading gives what the file has, as copies; writing gives JET_errTransReadOnly. Fails with
 * JET_errOutOfMemory, JET_errRecordNotFound, JET_errDatabaseCorrupted.
 */
#include "mailstore/ese/check-store.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"

typedef struct {
    Bytes key, value; /* the value follows the key in one allocation */
} CatalogEntry;

struct Txn {
    Check *check;
    CatalogEntry *catalog;
    size_t count, capacity;
    bool no_memory;
    uint8_t *buffer; /* what txn_get returned */
    size_t buffer_size;
};

struct TreeCursor {
    Txn *txn;
    size_t at;
};

static bool take_catalog_entry(void *context, Bytes key, Bytes value)
{
    Txn *txn = context;
    if (txn->count == txn->capacity) {
        size_t capacity = txn->capacity ? txn->capacity * 2 : 64;
        CatalogEntry *grown = fault_realloc(txn->catalog, capacity * sizeof *grown);
        if (!grown) {
            txn->no_memory = true;
            return false;
        }
        txn->catalog = grown;
        txn->capacity = capacity;
    }
    uint8_t *copy = fault_malloc(key.size + value.size);
    if (!copy) {
        txn->no_memory = true;
        return false;
    }
    memcpy(copy, key.data, key.size);
    if (value.size > 0)
        memcpy(copy + key.size, value.data, value.size);
    txn->catalog[txn->count++] = (CatalogEntry){{copy, key.size}, {copy + key.size, value.size}};
    return true;
}

JET_ERR check_store_open(Check *check, Txn **ret)
{
    Txn *txn = fault_calloc(1, sizeof *txn);
    if (!txn)
        return JET_errOutOfMemory;
    txn->check = check;
    check_walk(check, TREE_CATALOG, take_catalog_entry, txn);
    if (txn->no_memory) {
        check_store_close(txn);
        return JET_errOutOfMemory;
    }
    *ret = txn;
    return JET_errSuccess;
}

Txn *check_store_close(Txn *txn)
{
    if (!txn)
        return NULL;
    for (size_t i = 0; i < txn->count; i++)
        free((void *)txn->catalog[i].key.data);
    free(txn->catalog);
    free(txn->buffer);
    free(txn);
    return NULL;
}

size_t check_store_catalog_count(const Txn *txn)
{
    return txn->count;
}

void check_store_catalog_entry(const Txn *txn, size_t at, Bytes *ret_key, Bytes *ret_value)
{
    *ret_key = txn->catalog[at].key;
    *ret_value = txn->catalog[at].value;
}

/* --- Reading ------------------------------------------------------------------- */

static int compare(Bytes a, Bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* The first entry that is not before the key. */
static size_t catalog_search(const Txn *txn, Bytes key)
{
    size_t low = 0, high = txn->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(txn->catalog[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

JET_ERR txn_get(Txn *txn, Tree tree, Bytes key, Bytes *ret_value)
{
    if (tree != TREE_CATALOG)
        return check_get(txn->check, tree, key, &txn->buffer, &txn->buffer_size, ret_value);
    size_t at = catalog_search(txn, key);
    if (at == txn->count || compare(txn->catalog[at].key, key) != 0)
        return JET_errRecordNotFound;
    *ret_value = txn->catalog[at].value;
    return JET_errSuccess;
}

/* The walk over the pages has done it. */
JET_ERR txn_verify(const Txn *txn, Bytes key, Bytes value)
{
    (void)txn, (void)key, (void)value;
    return JET_errSuccess;
}

JET_ERR tree_cursor_new(Txn *txn, Tree tree, TreeCursor **ret)
{
    TreeCursor *cursor = tree == TREE_CATALOG ? fault_calloc(1, sizeof *cursor) : NULL;
    if (!cursor)
        return tree == TREE_CATALOG ? JET_errOutOfMemory : JET_errInvalidParameter;
    cursor->txn = txn;
    *ret = cursor;
    return JET_errSuccess;
}

/* Of a long value a key looks at its first chunk only, which txn_get gives. */
JET_ERR txn_cursor(Txn *txn, Tree tree, TreeCursor **ret)
{
    (void)txn, (void)tree, (void)ret;
    return JET_errInvalidParameter;
}

TreeCursor *tree_cursor_free(TreeCursor *cursor)
{
    free(cursor);
    return NULL;
}

static JET_ERR cursor_give(const TreeCursor *cursor, Bytes *ret_key, Bytes *ret_value)
{
    if (cursor->at >= cursor->txn->count)
        return JET_errRecordNotFound;
    check_store_catalog_entry(cursor->txn, cursor->at, ret_key, ret_value);
    return JET_errSuccess;
}

JET_ERR tree_cursor_seek(TreeCursor *cursor, SeekKind kind, Bytes key, Bytes dup, Bytes *ret_key,
                         Bytes *ret_value)
{
    if (kind != SEEK_GE || dup.size > 0)
        return JET_errInvalidParameter;
    cursor->at = catalog_search(cursor->txn, key);
    return cursor_give(cursor, ret_key, ret_value);
}

JET_ERR tree_cursor_next(TreeCursor *cursor, Bytes *ret_key, Bytes *ret_value)
{
    cursor->at++;
    return cursor_give(cursor, ret_key, ret_value);
}

/* --- Writing, which there is not ----------------------------------------------- */

JET_ERR store_reserve(Store *store, uint32_t object_id, uint32_t sequence, uint32_t count,
                      uint64_t *ret_first)
{
    (void)store, (void)object_id, (void)sequence, (void)count, (void)ret_first;
    return JET_errTransReadOnly;
}

JET_ERR txn_lock(Txn *txn, Tree tree, Bytes key, LockKind kind)
{
    (void)txn, (void)tree, (void)key, (void)kind;
    return JET_errTransReadOnly;
}

static JET_ERR refuse(Txn *txn, Tree tree, Bytes key)
{
    return txn_lock(txn, tree, key, KEY_LOCK_WRITE);
}

JET_ERR txn_insert(Txn *txn, Tree tree, Bytes key, Bytes value)
{
    (void)value;
    return refuse(txn, tree, key);
}

JET_ERR txn_put(Txn *txn, Tree tree, Bytes key, Bytes value)
{
    (void)value;
    return refuse(txn, tree, key);
}

JET_ERR txn_delete(Txn *txn, Tree tree, Bytes key)
{
    return refuse(txn, tree, key);
}

JET_ERR txn_put_unlocked(Txn *txn, Tree tree, Bytes key, Bytes value)
{
    (void)value;
    return refuse(txn, tree, key);
}

JET_ERR txn_delete_unlocked(Txn *txn, Tree tree, Bytes key)
{
    return refuse(txn, tree, key);
}

JET_ERR txn_index_insert(Txn *txn, Bytes key, Bytes bookmark, bool unique)
{
    (void)bookmark, (void)unique;
    return refuse(txn, TREE_INDEX, key);
}

JET_ERR txn_index_delete(Txn *txn, Bytes key, Bytes bookmark, bool unique)
{
    (void)bookmark, (void)unique;
    return refuse(txn, TREE_INDEX, key);
}
