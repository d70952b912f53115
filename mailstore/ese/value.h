/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * value.h - the value of a column in a row: stored, by default, or NULL.
 */
#ifndef MAILSTORE_ESE_VALUE_H
#define MAILSTORE_ESE_VALUE_H

#include "mailstore/ese/record.h"

typedef struct {
    bool is_null;
    bool is_default;   /* not in the row: the column's default */
    bool is_separated; /* `reference` instead of `bytes` */
    Bytes bytes;       /* data is never NULL unless is_null */
    RecordReference reference;
    uint32_t size;
} Value;

/* Value `itag` (from 1); NULL beyond the last. The bytes are the row's or the column's. */
JET_ERR value_read(const Record *record, const Column *column, uint32_t itag, Value *ret);
/* How many values the column has: the stored ones, or 1 for a default. */
uint32_t value_count(const Record *record, const Column *column);
/* The value, or its first bytes when it lies outside the row: as much as a key can use. */
JET_ERR value_for_key(const Value *value, Txn *txn, uint32_t table, uint8_t *buffer, size_t size,
                      Bytes *ret);

/* To the size of a column that is fixed: text with spaces, binary with zeros. */
Bytes value_pad(const Column *column, Bytes value, uint8_t buffer[JET_cbColumnMost]);

#endif
