/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * index-keys.h - all the keys that a row has in an index.
 */
#ifndef MAILSTORE_ESE_INDEX_KEYS_H
#define MAILSTORE_ESE_INDEX_KEYS_H

#include "mailstore/ese/key.h"
#include "mailstore/ese/record.h"

/* Where a key comes from: which value of each column, and which part of the first one's. */
typedef struct {
    uint32_t itags[KEY_SEGMENTS_MAX];
    uint32_t tuple_offset, tuple_size; /* bytes; of a tuple index */
} KeyOrigin;

/* Keys one by one, some of them perhaps twice, the first of each value first. A result above zero
 * of `visit` ends it and is returned. */
typedef JET_ERR (*IndexKeyVisit)(void *context, const Key *key, const KeyOrigin *origin);
JET_ERR index_each_key(const Index *index, const Schema *schema, Txn *txn, Bytes row,
                       IndexKeyVisit visit, void *context);

typedef struct {
    uint32_t offset, size;
} KeyPlace;

/* Each once, in order. Most rows have one key; it lies here. Not to be copied. */
typedef struct {
    uint32_t count, places_room;
    size_t used, room;
    KeyPlace *places;
    uint8_t *bytes;
    KeyPlace first_place;
    uint8_t first_bytes[KEY_LIMIT_MOST];
} KeySet;

/* row.data NULL: none. To be cleared whatever the result. JET_errMultiValuedIndexViolation when a
 * unique index would have a key twice. */
JET_ERR key_set_fill(KeySet *set, const Index *index, const Schema *schema, Txn *txn, Bytes row);
void key_set_clear(KeySet *set);
Bytes key_set_at(const KeySet *set, uint32_t at);
bool key_set_has(const KeySet *set, Bytes key);

#endif
