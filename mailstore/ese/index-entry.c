/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * index-entry.c - a row's entries in the indexes of its table.
 *
 * A row has one entry an index, or one for each value of the index's first multi-valued column.
 * An update compares the entries before and after and writes the difference. What was written is
 * noted and taken back when a later index refuses.
 *
 * Fails with JET_errKeyDuplicate, JET_errMultiValuedIndexViolation (one row, one key, twice in a
 * unique index), JET_errNullKeyDisallowed, JET_errKeyTruncated, and as the store does.
 */
#include "mailstore/ese/index-entry.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/value.h"

/* --- One key ------------------------------------------------------------------- */

static bool column_is_multi_valued(const Column *column)
{
    return column->grbit & JET_bitColumnMultiValued;
}

/* The segment whose values make separate entries; n_segments when there is none. */
static unsigned index_multi_segment(const Index *index)
{
    unsigned at = 0;
    while (at < index->n_segments && !column_is_multi_valued(index->segments[at].column))
        at++;
    return at;
}

static JET_ERR index_conditions_hold(const Index *index, const Record *record, bool *ret)
{
    *ret = true;
    for (unsigned i = 0; i < index->n_conditions && *ret; i++) {
        Value value;
        RETURN_IF_ERROR(value_read(record, index->conditions[i].column, 1, &value));
        *ret = value.is_null == index->conditions[i].must_be_null;
    }
    return JET_errSuccess;
}

static JET_ERR index_null_rules(const Index *index, unsigned n_null, bool first_null,
                                JET_ERR *ret_state)
{
    if (n_null > 0 && (index->grbit & JET_bitIndexDisallowNull))
        return JET_errNullKeyDisallowed;
    bool all_null = n_null == index->n_segments;
    *ret_state = (all_null && (index->grbit & JET_bitIndexIgnoreNull)) ||
                         (n_null > 0 && (index->grbit & JET_bitIndexIgnoreAnyNull)) ||
                         (first_null && (index->grbit & JET_bitIndexIgnoreFirstNull))
                     ? INDEX_ENTRY_ABSENT
                     : 0;
    return JET_errSuccess;
}

/* Of a row whose conditions hold. */
static JET_ERR index_key_of_record(const Index *index, const Schema *schema, Txn *txn,
                                   const Record *record, uint32_t itag, Key *key,
                                   JET_ERR *ret_state)
{
    uint8_t buffer[KEY_SOURCE_MAX];
    unsigned n_null = 0, multi = index_multi_segment(index);
    bool first_null = false;
    key_clear(key);
    for (unsigned i = 0; i < index->n_segments; i++) {
        Value value;
        Bytes bytes;
        RETURN_IF_ERROR(
            value_read(record, index->segments[i].column, i == multi ? itag : 1, &value));
        RETURN_IF_ERROR(
            value_for_key(&value, txn, schema->object_id, buffer, sizeof(buffer), &bytes));
        n_null += value.is_null;
        first_null = first_null || (value.is_null && i == 0);
        RETURN_IF_ERROR(key_append(key, index, i, bytes));
    }
    if (key->truncated && (index->grbit & JET_bitIndexDisallowTruncation))
        return JET_errKeyTruncated;
    return index_null_rules(index, n_null, first_null, ret_state);
}

/* How many entries there may be: the values of the multi-valued column, at least one. */
static uint32_t index_count_values(const Index *index, const Record *record)
{
    unsigned multi = index_multi_segment(index);
    if (multi == index->n_segments)
        return 1;
    uint32_t count = value_count(record, index->segments[multi].column);
    return count > 0 ? count : 1;
}

JET_ERR index_entry_key(const Index *index, const Schema *schema, Txn *txn, Bytes row,
                        uint32_t itag, Key *ret_key, JET_ERR *ret_state)
{
    Record record;
    bool holds;
    *ret_state = INDEX_ENTRY_ABSENT;
    RETURN_IF_ERROR(record_open(row, &record));
    RETURN_IF_ERROR(index_conditions_hold(index, &record, &holds));
    if (!holds || itag > index_count_values(index, &record))
        return JET_errSuccess;
    return index_key_of_record(index, schema, txn, &record, itag, ret_key, ret_state);
}

/* --- All keys of a row in one index -------------------------------------------- */

/* Most rows have one key; the first lies here, more are allocated. */
typedef struct {
    uint32_t count;
    Key first;
    Key *more;
} KeySet;

static void key_set_clear(KeySet *set)
{
    free(set->more);
    set->more = NULL;
    set->count = 0;
}

static const Key *key_set_at(const KeySet *set, uint32_t at)
{
    return at == 0 ? &set->first : &set->more[at - 1];
}

static bool key_set_has(const KeySet *set, const Key *key)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (bytes_compare(key_bytes(key_set_at(set, i)), key_bytes(key)) == 0)
            return true;
    return false;
}

static JET_ERR key_set_fill_more(KeySet *set, const Index *index, const Schema *schema, Txn *txn,
                                 const Record *record, uint32_t n_values)
{
    JET_ERR state;
    Key key;
    set->more = fault_malloc((n_values - 1) * sizeof(*set->more));
    if (!set->more)
        return JET_errOutOfMemory;
    for (uint32_t itag = 2; itag <= n_values; itag++) {
        RETURN_IF_ERROR(index_key_of_record(index, schema, txn, record, itag, &key, &state));
        if (state == INDEX_ENTRY_ABSENT)
            continue;
        if (key_set_has(set, &key)) {
            if (index->grbit & JET_bitIndexUnique)
                return JET_errMultiValuedIndexViolation;
            continue;
        }
        *(set->count == 0 ? &set->first : &set->more[set->count - 1]) = key;
        set->count++;
    }
    return JET_errSuccess;
}

/* row.data NULL: none. The set is to be cleared whatever the result. */
static JET_ERR key_set_fill(KeySet *set, const Index *index, const Schema *schema, Txn *txn,
                            Bytes row)
{
    Record record;
    bool holds;
    JET_ERR state;
    set->count = 0;
    set->more = NULL;
    if (!row.data)
        return JET_errSuccess;
    RETURN_IF_ERROR(record_open(row, &record));
    RETURN_IF_ERROR(index_conditions_hold(index, &record, &holds));
    if (!holds)
        return JET_errSuccess;
    RETURN_IF_ERROR(index_key_of_record(index, schema, txn, &record, 1, &set->first, &state));
    set->count = state == INDEX_ENTRY_ABSENT ? 0 : 1;
    uint32_t n_values = index_count_values(index, &record);
    return n_values > 1 ? key_set_fill_more(set, index, schema, txn, &record, n_values)
                        : JET_errSuccess;
}

/* --- Writing, and taking back -------------------------------------------------- */

static JET_ERR entry_insert(const Index *index, Txn *txn, const Key *key, Bytes bookmark)
{
    uint8_t tree_key[4 + KEY_LIMIT_MOST];
    store_key_u32(tree_key, index->object_id);
    memcpy(tree_key + 4, key->data, key->size);
    return txn_index_insert(txn, (Bytes){tree_key, 4 + key->size}, bookmark,
                            index->grbit & JET_bitIndexUnique);
}

static JET_ERR entry_delete(const Index *index, Txn *txn, const Key *key, Bytes bookmark)
{
    uint8_t tree_key[4 + KEY_LIMIT_MOST];
    store_key_u32(tree_key, index->object_id);
    memcpy(tree_key + 4, key->data, key->size);
    return txn_index_delete(txn, (Bytes){tree_key, 4 + key->size}, bookmark,
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

/* Takes back the first `deletes` deletes and `inserts` inserts. An error here leaves the caller's
 * transaction with entries that do not fit: it must roll back. */
static JET_ERR change_undo(const EntryChange *change, const Index *index, Txn *txn,
                           uint32_t deletes, uint32_t inserts)
{
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; i < inserts && err >= 0; i++)
        if (change_concerns(change, false, i))
            err = entry_delete(index, txn, key_set_at(&change->new_keys, i), change->new_bookmark);
    for (uint32_t i = 0; i < deletes && err >= 0; i++)
        if (change_concerns(change, true, i))
            err = entry_insert(index, txn, key_set_at(&change->old_keys, i), change->old_bookmark);
    return err < 0 ? JET_errRollbackError : JET_errSuccess;
}

static JET_ERR change_apply(const EntryChange *change, const Index *index, Txn *txn)
{
    uint32_t deletes = 0, inserts = 0;
    JET_ERR err = JET_errSuccess;
    for (; deletes < change->old_keys.count && err >= 0; deletes++)
        if (change_concerns(change, true, deletes))
            err = entry_delete(index, txn, key_set_at(&change->old_keys, deletes),
                               change->old_bookmark);
    if (err < 0) {
        JET_ERR undone = change_undo(change, index, txn, deletes - 1, 0);
        return undone < 0 ? undone : err;
    }
    for (; inserts < change->new_keys.count && err >= 0; inserts++)
        if (change_concerns(change, false, inserts))
            err = entry_insert(index, txn, key_set_at(&change->new_keys, inserts),
                               change->new_bookmark);
    if (err < 0) {
        JET_ERR undone = change_undo(change, index, txn, deletes, inserts - 1);
        return undone < 0 ? undone : err;
    }
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
    JET_ERR err = JET_errSuccess;
    uint32_t at = 0;
    for (; at < schema->n_indexes && err >= 0; at++)
        if (!(schema->indexes[at].grbit & JET_bitIndexPrimary))
            err = index_update(&schema->indexes[at], schema, txn, old_row, old_bookmark, new_row,
                               new_bookmark);
    if (err >= 0 || err == JET_errRollbackError)
        return err;
    for (uint32_t i = 0; i + 1 < at; i++)
        if (!(schema->indexes[i].grbit & JET_bitIndexPrimary) &&
            index_update(&schema->indexes[i], schema, txn, new_row, new_bookmark, old_row,
                         old_bookmark) < 0)
            return JET_errRollbackError;
    return err;
}

JET_ERR index_entries_insert(const Index *index, const Schema *schema, Txn *txn, Bytes row,
                             Bytes bookmark)
{
    return index_update(index, schema, txn, (Bytes){NULL, 0}, (Bytes){NULL, 0}, row, bookmark);
}

JET_ERR index_entries_delete(const Index *index, const Schema *schema, Txn *txn, Bytes row,
                             Bytes bookmark)
{
    return index_update(index, schema, txn, row, bookmark, (Bytes){NULL, 0}, (Bytes){NULL, 0});
}
