/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pending-value.c - long values that are committed and belong to no row yet.
 *
 * A row may be prepared in one transaction, or level of one, and written in a later one. The long
 * values made for it are noted in the catalog in between; the note goes where the row is written or
 * given up. One that outlives that (the process died, or writing or giving up was rolled back) is
 * deleted with its long value when the file is next attached and nobody else has it open.
 *
 *   pending object, table (BE), number (BE)   -> format byte
 *
 * Fails as the store does; what could not be deleted stays noted.
 */
#include "mailstore/ese/pending-value.h"

#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/long-value.h"
#include "mailstore/ese/result.h"

enum {
    ROW_FORMAT = 1,
    BATCH = 64, /* listed at a time */
};

typedef struct {
    uint8_t data[PENDING_KEY_SIZE];
} PendingKey;

static PendingKey pending_key(uint32_t table, uint64_t number)
{
    PendingKey key;
    store_key_u32(key.data, CATALOG_OBJECT_PENDING);
    store_key_u32(key.data + 4, table);
    store_key_u64(key.data + 8, number);
    return key;
}

static Bytes pending_key_view(const PendingKey *key)
{
    return (Bytes){key->data, sizeof(key->data)};
}

JET_ERR pending_value_note(Txn *txn, uint32_t table, uint64_t number)
{
    static const uint8_t format = ROW_FORMAT;
    PendingKey key = pending_key(table, number);
    return txn_put_unlocked(txn, TREE_CATALOG, pending_key_view(&key),
                            (Bytes){&format, sizeof(format)});
}

JET_ERR pending_value_drop(Txn *txn, uint32_t table, uint64_t number)
{
    PendingKey key = pending_key(table, number);
    return txn_delete_unlocked(txn, TREE_CATALOG, pending_key_view(&key));
}

static JET_ERR pending_list(Txn *txn, PendingKey keys[BATCH], size_t *ret_n)
{
    uint8_t prefix[4];
    TreeCursor *cursor;
    Bytes key, value;
    size_t n = 0;
    store_key_u32(prefix, CATALOG_OBJECT_PENDING);
    RETURN_IF_ERROR(txn_cursor(txn, TREE_CATALOG, &cursor));
    JET_ERR err = tree_cursor_seek(cursor, SEEK_GE, (Bytes){prefix, sizeof(prefix)},
                                   (Bytes){NULL, 0}, &key, &value);
    while (err >= 0 && n < BATCH && key.size == PENDING_KEY_SIZE &&
           load_key_u32(key.data) == CATALOG_OBJECT_PENDING) {
        memcpy(keys[n++].data, key.data, key.size);
        err = tree_cursor_next(cursor, &key, &value);
    }
    *ret_n = n;
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

/* Unless whoever had it has given it a row since it was listed. */
static JET_ERR pending_delete(Txn *txn, const PendingKey *key)
{
    uint32_t table = load_key_u32(key->data + 4);
    uint64_t number = (uint64_t)load_key_u32(key->data + 8) << 32 | load_key_u32(key->data + 12);
    Bytes value;
    JET_ERR err = txn_get(txn, TREE_CATALOG, pending_key_view(key), &value);
    if (err == JET_errRecordNotFound)
        return JET_errSuccess;
    RETURN_IF_ERROR(err);
    RETURN_IF_ERROR(long_value_delete(txn, table, number));
    return pending_value_drop(txn, table, number);
}

static JET_ERR pending_list_now(Txn *txn, PendingKey keys[BATCH], size_t *ret_n)
{
    RETURN_IF_ERROR(txn_begin(txn, true));
    JET_ERR err = pending_list(txn, keys, ret_n);
    txn_rollback(txn);
    return err;
}

static JET_ERR pending_delete_now(Txn *txn, const PendingKey *key)
{
    RETURN_IF_ERROR(txn_begin(txn, false));
    JET_ERR err = pending_delete(txn, key);
    if (err >= 0)
        err = txn_commit(txn, true);
    if (err < 0)
        txn_rollback(txn);
    return err;
}

JET_ERR pending_values_reclaim(Store *store)
{
    PendingKey keys[BATCH];
    size_t n = 0;
    Txn *txn;
    RETURN_IF_ERROR(txn_new(store, &txn));
    JET_ERR err;
    do {
        err = pending_list_now(txn, keys, &n);
        /* In this order: who noted one of these and is not here now never comes back to it. */
        if (err >= 0 && n > 0 && store_is_shared(store))
            break;
        for (size_t i = 0; i < n && err >= 0; i++)
            err = pending_delete_now(txn, &keys[i]);
    } while (err >= 0 && n == BATCH);
    txn_free(txn);
    return err;
}
