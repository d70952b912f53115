/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * key.h - column values as key bytes that compare with memcmp.
 */
#ifndef MAILSTORE_ESE_KEY_H
#define MAILSTORE_ESE_KEY_H

#include "mailstore/ese/schema.h"

enum {
    KEY_LIMIT_MOST = KEY_MOST + 1, /* a search key with a limit is one byte longer than any key */
    /* More source bytes than these never reach a key: 2 a UTF-16 unit of the longest key. */
    KEY_SOURCE_MAX = 1024,
};

typedef struct {
    size_t size;
    bool truncated;
    uint8_t data[KEY_LIMIT_MOST];
} Key;

typedef enum {
    KEY_LIMIT_NONE,
    KEY_LIMIT_FULL_END,      /* after every key that starts with these columns */
    KEY_LIMIT_PARTIAL_START, /* before every value that starts with the last column's value */
    KEY_LIMIT_PARTIAL_END,   /* after every such value */
} KeyLimit;

static inline void key_clear(Key *key)
{
    key->size = 0;
    key->truncated = false;
}

static inline Bytes key_bytes(const Key *key)
{
    return (Bytes){key->data, key->size};
}

/* Appends one segment: value.data NULL is the NULL value. Cut at the index's limit without an
 * error (key->truncated). JET_errInvalidBufferSize when a fixed type has another size. */
JET_ERR key_append(Key *key, const Index *index, unsigned segment, Bytes value);
/* As key_append, then bounds the search key; nothing may be appended afterwards.
 * JET_errInvalidGrbit for a partial limit on a column without parts. */
JET_ERR key_append_limit(Key *key, const Index *index, unsigned segment, Bytes value,
                         KeyLimit limit);
/* Text, and binary of variable size: others are only compared as a whole. */
bool key_column_has_parts(const Column *column);

#endif
