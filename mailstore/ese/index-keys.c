/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * index-keys.c - which keys a row has in an index.
 *
 * One, or, with multi-valued columns, one for each value of the first such column (the others
 * count with their first values), for each combination of values (JET_bitIndexCrossProduct), or
 * for the first values, the second ones and so on (JET_bitIndexNestedTable). A tuple index has one
 * for each part of its first column's text.
 *
 * Fails with JET_errNullKeyDisallowed, JET_errKeyTruncated, JET_errMultiValuedIndexViolation,
 * JET_errRecordTooBig beyond INDEX_KEYS_MAX, JET_errOutOfMemory, and as the store does.
 */
#include "mailstore/ese/index-keys.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/long-value.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/value.h"

enum {
    /* A value of 32767 characters has as many tuples; combinations beyond this are a mistake of
     * the program that would fill the disk. */
    INDEX_KEYS_MAX = 1 << 18,
};

typedef struct {
    const Index *index;
    const Schema *schema;
    Txn *txn;
    Record record;
    IndexKeyVisit visit;
    void *context;
} Walk;

static bool segment_is_multi(const Index *index, unsigned segment)
{
    return index->segments[segment].column->grbit & JET_bitColumnMultiValued;
}

/* --- Combinations of values ---------------------------------------------------- */

static uint32_t segment_count(const Walk *walk, unsigned segment)
{
    if (!segment_is_multi(walk->index, segment))
        return 1;
    uint32_t count = value_count(&walk->record, walk->index->segments[segment].column);
    return count > 0 ? count : 1; /* NULL */
}

static uint64_t walk_count(const Walk *walk)
{
    const Index *index = walk->index;
    uint64_t n = 1;
    for (unsigned i = 0; i < index->n_segments && n <= INDEX_KEYS_MAX; i++) {
        uint32_t count = segment_count(walk, i);
        if (index->grbit & JET_bitIndexCrossProduct)
            n *= count;
        else if (index->grbit & JET_bitIndexNestedTable)
            n = count > n ? count : n;
        else if (segment_is_multi(index, i))
            return count;
    }
    return n;
}

/* Which values the combination `at`, from 0, has. */
static void walk_tags(const Walk *walk, uint32_t at, uint32_t itags[KEY_SEGMENTS_MAX])
{
    const Index *index = walk->index;
    bool first = true;
    uint32_t rest = at;
    for (unsigned i = 0; i < index->n_segments; i++)
        itags[i] = 1;
    for (unsigned i = 0; i < index->n_segments; i++) {
        if (!segment_is_multi(index, i))
            continue;
        if (index->grbit & JET_bitIndexCrossProduct) {
            uint32_t count = segment_count(walk, i);
            itags[i] = rest % count + 1;
            rest /= count;
        } else if ((index->grbit & JET_bitIndexNestedTable) || first) {
            itags[i] = at + 1;
        }
        first = false;
    }
}

/* --- One key ------------------------------------------------------------------- */

static JET_ERR conditions_hold(const Index *index, const Record *record, bool *ret)
{
    *ret = true;
    for (unsigned i = 0; i < index->n_conditions && *ret; i++) {
        Value value;
        RETURN_IF_ERROR(value_read(record, index->conditions[i].column, 1, &value));
        *ret = value.is_null == index->conditions[i].must_be_null;
    }
    return JET_errSuccess;
}

static JET_ERR null_rules(const Index *index, unsigned n_null, bool first_null, bool *ret_present)
{
    if (n_null > 0 && (index->grbit & JET_bitIndexDisallowNull))
        return JET_errNullKeyDisallowed;
    bool all_null = n_null == index->n_segments;
    *ret_present = !((all_null && (index->grbit & JET_bitIndexIgnoreNull)) ||
                     (n_null > 0 && (index->grbit & JET_bitIndexIgnoreAnyNull)) ||
                     (first_null && (index->grbit & JET_bitIndexIgnoreFirstNull)));
    return JET_errSuccess;
}

/* `tuple` NULL: the first column's value as it is. */
static JET_ERR walk_key(const Walk *walk, const KeyOrigin *origin, const Bytes *tuple)
{
    const Index *index = walk->index;
    uint8_t buffer[KEY_SOURCE_MAX];
    unsigned n_null = 0;
    bool first_null = false, present;
    Key key;
    key_clear(&key);
    for (unsigned i = 0; i < index->n_segments; i++) {
        Value value;
        Bytes bytes;
        if (i == 0 && tuple) {
            RETURN_IF_ERROR(key_append(&key, index, i, *tuple));
            continue;
        }
        RETURN_IF_ERROR(
            value_read(&walk->record, index->segments[i].column, origin->itags[i], &value));
        RETURN_IF_ERROR(value_for_key(&value, walk->txn, walk->schema->object_id, buffer,
                                      sizeof(buffer), &bytes));
        n_null += value.is_null;
        first_null = first_null || (value.is_null && i == 0);
        RETURN_IF_ERROR(key_append(&key, index, i, bytes));
    }
    if (key.truncated && (index->grbit & JET_bitIndexDisallowTruncation))
        return JET_errKeyTruncated;
    RETURN_IF_ERROR(null_rules(index, n_null, first_null, &present));
    return present ? walk->visit(walk->context, &key, origin) : JET_errSuccess;
}

/* --- Tuples -------------------------------------------------------------------- */

static JET_ERR walk_parts(const Walk *walk, KeyOrigin *origin, Bytes text)
{
    const TupleLimits *limits = &walk->index->tuples;
    uint32_t unit = tuple_unit(walk->index->segments[0].column);
    uint32_t characters = (uint32_t)(text.size / unit);
    JET_ERR err = JET_errSuccess;
    for (uint32_t at = limits->start;
         err == JET_errSuccess && at < characters && characters - at >= limits->length_min;
         at += limits->increment) {
        uint32_t left = characters - at;
        uint32_t n = left < limits->length_max ? left : limits->length_max;
        Bytes tuple = {(const uint8_t *)text.data + (size_t)at * unit, (size_t)n * unit};
        origin->tuple_offset = at * unit;
        origin->tuple_size = n * unit;
        err = walk_key(walk, origin, &tuple);
    }
    return err;
}

static JET_ERR walk_tuples(const Walk *walk, KeyOrigin *origin)
{
    const Column *column = walk->index->segments[0].column;
    Value value;
    RETURN_IF_ERROR(value_read(&walk->record, column, origin->itags[0], &value));
    if (value.is_null)
        return JET_errSuccess;
    uint32_t most = walk->index->tuples.to_index_max * tuple_unit(column);
    uint32_t size = value.size < most ? value.size : most;
    if (!value.is_separated)
        return walk_parts(walk, origin, (Bytes){value.bytes.data, size});
    uint8_t *text = fault_malloc(size);
    JET_ERR err =
        text ? long_value_read(walk->txn, walk->schema->object_id, value.reference, 0, text, size)
             : JET_errOutOfMemory;
    if (err >= 0)
        err = walk_parts(walk, origin, (Bytes){text, size});
    free(text);
    return err;
}

/* --- All keys ------------------------------------------------------------------ */

JET_ERR index_each_key(const Index *index, const Schema *schema, Txn *txn, Bytes row,
                       IndexKeyVisit visit, void *context)
{
    Walk walk = {.index = index, .schema = schema, .txn = txn, .visit = visit, .context = context};
    KeyOrigin origin = {0};
    bool holds;
    JET_ERR err = JET_errSuccess;
    RETURN_IF_ERROR(record_open(row, &walk.record));
    RETURN_IF_ERROR(conditions_hold(index, &walk.record, &holds));
    uint64_t n = holds ? walk_count(&walk) : 0;
    if (n > INDEX_KEYS_MAX)
        return JET_errRecordTooBig;
    for (uint32_t at = 0; at < n && err == JET_errSuccess; at++) {
        walk_tags(&walk, at, origin.itags);
        err = index->grbit & JET_bitIndexTuples ? walk_tuples(&walk, &origin)
                                                : walk_key(&walk, &origin, NULL);
    }
    return err;
}

/* --- Sets ---------------------------------------------------------------------- */

static JET_ERR set_reserve(KeySet *set, size_t size)
{
    enum {
        GROWTH = 4, /* few rows have two keys and many have none; those that do have several */
    };
    if (set->count == set->places_room) {
        uint32_t room = set->places_room * GROWTH;
        KeyPlace *grown = fault_malloc(room * sizeof(*grown));
        if (!grown)
            return JET_errOutOfMemory;
        memcpy(grown, set->places, set->count * sizeof(*grown));
        if (set->places != &set->first_place)
            free(set->places);
        set->places = grown;
        set->places_room = room;
    }
    if (set->room - set->used < size) {
        size_t room = set->room * GROWTH;
        uint8_t *grown = fault_malloc(room);
        if (!grown)
            return JET_errOutOfMemory;
        memcpy(grown, set->bytes, set->used);
        if (set->bytes != set->first_bytes)
            free(set->bytes);
        set->bytes = grown;
        set->room = room;
    }
    return JET_errSuccess;
}

static JET_ERR set_add(void *context, const Key *key, const KeyOrigin *origin)
{
    KeySet *set = context;
    (void)origin;
    if (set->count == INDEX_KEYS_MAX)
        return JET_errRecordTooBig;
    RETURN_IF_ERROR(set_reserve(set, key->size));
    memcpy(set->bytes + set->used, key->data, key->size);
    set->places[set->count++] = (KeyPlace){(uint32_t)set->used, (uint32_t)key->size};
    set->used += key->size;
    return JET_errSuccess;
}

static int place_compare(const void *a, const void *b, void *bytes)
{
    const KeyPlace *left = a, *right = b;
    return bytes_compare((Bytes){(uint8_t *)bytes + left->offset, left->size},
                         (Bytes){(uint8_t *)bytes + right->offset, right->size});
}

/* Orders them; returns how many keys were there twice. */
static uint32_t set_order(KeySet *set)
{
    uint32_t kept = 0, all = set->count;
    if (all < 2)
        return 0;
    qsort_r(set->places, all, sizeof(*set->places), place_compare, set->bytes);
    for (uint32_t i = 0; i < all; i++)
        if (kept == 0 || place_compare(&set->places[kept - 1], &set->places[i], set->bytes) != 0)
            set->places[kept++] = set->places[i];
    set->count = kept;
    return all - kept;
}

JET_ERR key_set_fill(KeySet *set, const Index *index, const Schema *schema, Txn *txn, Bytes row)
{
    set->count = 0;
    set->used = 0;
    set->places = &set->first_place;
    set->places_room = 1;
    set->bytes = set->first_bytes;
    set->room = sizeof(set->first_bytes);
    if (!row.data)
        return JET_errSuccess;
    RETURN_IF_ERROR(index_each_key(index, schema, txn, row, set_add, set));
    return set_order(set) > 0 && (index->grbit & JET_bitIndexUnique)
               ? JET_errMultiValuedIndexViolation
               : JET_errSuccess;
}

void key_set_clear(KeySet *set)
{
    if (set->places != &set->first_place)
        free(set->places);
    if (set->bytes != set->first_bytes)
        free(set->bytes);
    set->count = 0;
}

Bytes key_set_at(const KeySet *set, uint32_t at)
{
    return (Bytes){set->bytes + set->places[at].offset, set->places[at].size};
}

bool key_set_has(const KeySet *set, Bytes key)
{
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = bytes_compare(key_set_at(set, middle), key);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
