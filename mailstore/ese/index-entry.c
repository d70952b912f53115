/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * index-entry.c - a row's entries in the indexes of its table.
 *
 * A row has one entry an index, or several (index-keys.h). An update compares the entries before
 * and after and writes the difference.
 *
 * Fails with JET_errKeyDuplicate, JET_errMultiValuedIndexViolation (one row, one key, twice in a
 * unique index), JET_errNullKeyDisallowed, JET_errKeyTruncated, and as the store does.
 */
#include "mailstore/ese/index-entry.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/result.h"

/* --- One key ------------------------------------------------------------------- */

typedef struct {
    uint32_t itag;
    Key *key;
} WantedEntry;

static JET_ERR entry_take(void *context, const Key *key, const KeyOrigin *origin)
{
    WantedEntry *wanted = context;
    uint32_t last = 0;
    for (unsigned i = 0; i < KEY_SEGMENTS_MAX; i++)
        last = origin->itags[i] > last ? origin->itags[i] : last;
    if (last != wanted->itag)
        return JET_errSuccess;
    *wanted->key = *key;
    return INDEX_ENTRY_FOUND;
}

JET_ERR index_entry_key(const Index *index, const Schema *schema, Txn *txn, Bytes row,
                        uint32_t itag, Key *ret_key, JET_ERR *ret_state)
{
    WantedEntry wanted = {itag, ret_key};
    JET_ERR err = index_each_key(index, schema, txn, row, entry_take, &wanted);
    RETURN_IF_ERROR(err);
    *ret_state = err == INDEX_ENTRY_FOUND ? 0 : INDEX_ENTRY_ABSENT;
    return JET_errSuccess;
}

typedef struct {
    Bytes key;
    KeyOrigin *origin;
} LocatedEntry;

static JET_ERR entry_compare(void *context, const Key *key, const KeyOrigin *origin)
{
    LocatedEntry *located = context;
    if (bytes_compare(key_bytes(key), located->key) != 0)
        return JET_errSuccess;
    *located->origin = *origin;
    return INDEX_ENTRY_FOUND;
}

JET_ERR index_entry_locate(const Index *index, const Schema *schema, Txn *txn, Bytes row, Bytes key,
                           KeyOrigin *ret_origin, JET_ERR *ret_state)
{
    LocatedEntry located = {key, ret_origin};
    JET_ERR err = index_each_key(index, schema, txn, row, entry_compare, &located);
    RETURN_IF_ERROR(err);
    *ret_state = err == INDEX_ENTRY_FOUND ? 0 : INDEX_ENTRY_ABSENT;
    return JET_errSuccess;
}

/* --- Writing ------------------------------------------------------------------- */

static JET_ERR entry_insert(const Index *index, Txn *txn, Bytes key, Bytes bookmark)
{
    uint8_t tree_key[4 + KEY_LIMIT_MOST];
    store_key_u32(tree_key, index->object_id);
    memcpy(tree_key + 4, key.data, key.size);
    return txn_index_insert(txn, (Bytes){tree_key, 4 + key.size}, bookmark,
                            index->grbit & JET_bitIndexUnique);
}

static JET_ERR entry_delete(const Index *index, Txn *txn, Bytes key, Bytes bookmark)
{
    uint8_t tree_key[4 + KEY_LIMIT_MOST];
    store_key_u32(tree_key, index->object_id);
    memcpy(tree_key + 4, key.data, key.size);
    return txn_index_delete(txn, (Bytes){tree_key, 4 + key.size}, bookmark,
                            index->grbit & JET_bitIndexUnique);
}

typedef struct {
    KeySet old_keys, new_keys;
    Bytes old_bookmark, new_bookmark;
    bool same_bookmark;
} EntryChange;

/* Whether key `at` of the old (or new) set is not in the other. */
static bool change_concerns(const EntryChange *change, bool old, uint32_t at)
{
    const KeySet *from = old ? &change->old_keys : &change->new_keys;
    const KeySet *other = old ? &change->new_keys : &change->old_keys;
    return !change->same_bookmark || !key_set_has(other, key_set_at(from, at));
}

static JET_ERR change_apply(const EntryChange *change, const Index *index, Txn *txn)
{
    for (uint32_t i = 0; i < change->old_keys.count; i++)
        if (change_concerns(change, true, i))
            RETURN_IF_ERROR(
                entry_delete(index, txn, key_set_at(&change->old_keys, i), change->old_bookmark));
    for (uint32_t i = 0; i < change->new_keys.count; i++)
        if (change_concerns(change, false, i))
            RETURN_IF_ERROR(
                entry_insert(index, txn, key_set_at(&change->new_keys, i), change->new_bookmark));
    return JET_errSuccess;
}

static JET_ERR index_update(const Index *index, const Schema *schema, Txn *txn, Bytes old_row,
                            Bytes old_bookmark, Bytes new_row, Bytes new_bookmark)
{
    EntryChange change = {.old_bookmark = old_bookmark, .new_bookmark = new_bookmark};
    change.same_bookmark = bytes_compare(old_bookmark, new_bookmark) == 0;
    JET_ERR err = key_set_fill(&change.old_keys, index, schema, txn, old_row);
    JET_ERR err_new = key_set_fill(&change.new_keys, index, schema, txn, new_row);
    if (err >= 0)
        err = err_new;
    if (err >= 0)
        err = change_apply(&change, index, txn);
    key_set_clear(&change.old_keys);
    key_set_clear(&change.new_keys);
    return err;
}

JET_ERR index_entries_update(const Schema *schema, Txn *txn, Bytes old_row, Bytes old_bookmark,
                             Bytes new_row, Bytes new_bookmark)
{
    for (uint32_t i = 0; i < schema->n_indexes; i++)
        if (!(schema->indexes[i].grbit & JET_bitIndexPrimary))
            RETURN_IF_ERROR(index_update(&schema->indexes[i], schema, txn, old_row, old_bookmark,
                                         new_row, new_bookmark));
    return JET_errSuccess;
}

JET_ERR index_entries_insert(const Index *index, const Schema *schema, Txn *txn, Bytes row,
                             Bytes bookmark)
{
    return index_update(index, schema, txn, (Bytes){NULL, 0}, (Bytes){NULL, 0}, row, bookmark);
}
