/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record.h - one row as bytes: which columns it has and their values.
 *
 * Format 1, integers little-endian:
 *
 *   version u8 | flags u8 (0) | n u16 | escrow size u16 | escrow values
 *   n times: column id u16 | flags u8 | end u16   (of the value, from the first value's start)
 *   values
 *
 * Entries are ordered by column id; several of one id are its multi-values in order. Columns that
 * are NULL without a default, or equal to their default because never set, have no entry. A
 * separated long value's entry holds a reference: number u64 | size u32.
 */
#ifndef MAILSTORE_ESE_RECORD_H
#define MAILSTORE_ESE_RECORD_H

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/schema.h"

enum {
    RECORD_VERSION = 1,
    RECORD_HEADER = 6,
    RECORD_ENTRY = 5,
    RECORD_NULL = 1,      /* entry flag: explicitly NULL, over a default */
    RECORD_SEPARATED = 2, /* entry flag: the value is a RecordReference */
    RECORD_REFERENCE_SIZE = 12,
    RECORD_BYTES_MAX = 60000, /* offsets are 16 bits; the page limits come first */
};

/* A checked view of a row's bytes; the bytes must outlive it. */
typedef struct {
    const uint8_t *data;
    size_t size;
    uint32_t n_entries;
    uint16_t escrow_size;
    const uint8_t *entries;
    const uint8_t *values;
    size_t values_size;
} Record;

typedef struct {
    JET_COLUMNID column_id;
    uint8_t flags;
    Bytes value;
} RecordEntry;

typedef struct {
    uint64_t number; /* of the long value in its tree */
    uint32_t size;
} RecordReference;

/* Inline, as every column read goes through these three. */

/* JET_errDatabaseCorrupted when the bytes are not a row; a newer version gives
 * JET_errRecordFormatConversionFailed. Entries are checked when read. */
static inline JET_ERR record_open(Bytes bytes, Record *ret)
{
    const uint8_t *data = bytes.data;
    if (bytes.size < RECORD_HEADER)
        return JET_errDatabaseCorrupted;
    if (data[0] != RECORD_VERSION || data[1] != 0)
        return JET_errRecordFormatConversionFailed;
    Record record = {
        .data = data,
        .size = bytes.size,
        .n_entries = load_u16(data + 2),
        .escrow_size = load_u16(data + 4),
    };
    size_t entries_at = RECORD_HEADER + (size_t)record.escrow_size;
    size_t values_at = entries_at + (size_t)record.n_entries * RECORD_ENTRY;
    if (values_at > bytes.size)
        return JET_errDatabaseCorrupted;
    record.entries = data + entries_at;
    record.values = data + values_at;
    record.values_size = bytes.size - values_at;
    *ret = record;
    return JET_errSuccess;
}

static inline JET_COLUMNID record_entry_id(const Record *record, uint32_t at)
{
    return load_u16(record->entries + (size_t)at * RECORD_ENTRY);
}

static inline size_t record_entry_end(const Record *record, uint32_t at)
{
    return load_u16(record->entries + (size_t)at * RECORD_ENTRY + 3);
}

static inline size_t record_entry_start(const Record *record, uint32_t at)
{
    return at == 0 ? 0 : record_entry_end(record, at - 1);
}

static inline JET_ERR record_entry(const Record *record, uint32_t at, RecordEntry *ret)
{
    if (at >= record->n_entries)
        return JET_errDatabaseCorrupted;
    size_t start = record_entry_start(record, at), end = record_entry_end(record, at);
    if (start > end || end > record->values_size)
        return JET_errDatabaseCorrupted;
    ret->column_id = record_entry_id(record, at);
    ret->flags = record->entries[(size_t)at * RECORD_ENTRY + 2];
    ret->value = (Bytes){record->values + start, end - start};
    return JET_errSuccess;
}

/* How many entries the column has; *ret_at is the first, or where it would go. */
static inline uint32_t record_find(const Record *record, JET_COLUMNID id, uint32_t *ret_at)
{
    uint32_t low = 0, high = record->n_entries;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (record_entry_id(record, middle) < id)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t end = low;
    while (end < record->n_entries && record_entry_id(record, end) == id)
        end++;
    *ret_at = low;
    return end - low;
}

/* Whether one of the row's long values outside of it has the number. */
bool record_refers_to(const Record *record, uint64_t number);
JET_ERR record_reference(const RecordEntry *entry, RecordReference *ret);
/* JET_errDatabaseCorrupted when the record has no such escrow area. */
JET_ERR record_escrow(const Record *record, const Column *column, Bytes *ret_value);
size_t record_escrow_offset(const Column *column);

/* A row being made. The buffer grows on demand and is kept for the next one. */
typedef struct {
    uint8_t *data;
    size_t size, capacity;
} RecordBuilder;

void record_builder_clear(RecordBuilder *builder); /* frees the buffer */
/* An empty row with escrow columns at their defaults. */
JET_ERR record_builder_start(RecordBuilder *builder, const Schema *schema);
JET_ERR record_builder_copy(RecordBuilder *builder, Bytes row);
Bytes record_builder_bytes(const RecordBuilder *builder);
/* Entries `at` of the column's are replaced, inserted before, or removed. JET_errRecordTooBig
 * beyond RECORD_BYTES_MAX. `value` must not lie in the builder. */
JET_ERR record_builder_insert(RecordBuilder *builder, uint32_t at, JET_COLUMNID id, uint8_t flags,
                              Bytes value);
JET_ERR record_builder_replace(RecordBuilder *builder, uint32_t at, uint8_t flags, Bytes value);
JET_ERR record_builder_remove(RecordBuilder *builder, uint32_t at);
JET_ERR record_builder_set_escrow(RecordBuilder *builder, const Column *column, Bytes value);

void record_reference_encode(RecordReference reference, uint8_t out[RECORD_REFERENCE_SIZE]);

#endif
