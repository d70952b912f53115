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

/* JET_errDatabaseCorrupted when the bytes are not a row; a newer version gives
 * JET_errRecordFormatConversionFailed. Entries are checked when read. */
JET_ERR record_open(Bytes bytes, Record *ret);
JET_ERR record_entry(const Record *record, uint32_t at, RecordEntry *ret);
/* How many entries the column has; *ret_at is the first, or where it would go. */
uint32_t record_find(const Record *record, JET_COLUMNID id, uint32_t *ret_at);
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
