/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record.c - reading and making rows.
 *
 * Everything read is range-checked against the row's own bytes: a damaged row is an error
 * (JET_errDatabaseCorrupted), never a crash. Making fails with JET_errOutOfMemory or
 * JET_errRecordTooBig and leaves the row as it was.
 */
#include "mailstore/ese/record.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"

enum {
    BUILDER_FIRST_CAPACITY = 1024,
};

JET_ERR record_reference(const RecordEntry *entry, RecordReference *ret)
{
    if (!(entry->flags & RECORD_SEPARATED) || entry->value.size != RECORD_REFERENCE_SIZE)
        return JET_errLVCorrupted;
    ret->number = load_u64(entry->value.data);
    ret->size = load_u32((const uint8_t *)entry->value.data + 8);
    return JET_errSuccess;
}

bool record_refers_to(const Record *record, uint64_t number)
{
    for (uint32_t at = 0; at < record->n_entries; at++) {
        RecordEntry entry;
        RecordReference reference;
        if (record_entry(record, at, &entry) >= 0 && record_reference(&entry, &reference) >= 0 &&
            reference.number == number)
            return true;
    }
    return false;
}

void record_reference_encode(RecordReference reference, uint8_t out[RECORD_REFERENCE_SIZE])
{
    store_u64(out, reference.number);
    store_u32(out + 8, reference.size);
}

size_t record_escrow_offset(const Column *column)
{
    return RECORD_HEADER + (size_t)column->escrow_offset;
}

JET_ERR record_escrow(const Record *record, const Column *column, Bytes *ret_value)
{
    uint32_t size = coltyp_fixed_size(column->coltyp);
    if ((size_t)column->escrow_offset + size > record->escrow_size)
        return JET_errDatabaseCorrupted;
    *ret_value = (Bytes){record->data + record_escrow_offset(column), size};
    return JET_errSuccess;
}

void record_builder_clear(RecordBuilder *builder)
{
    free(builder->data);
    *builder = (RecordBuilder){0};
}

static JET_ERR builder_reserve(RecordBuilder *builder, size_t size)
{
    if (size > RECORD_BYTES_MAX)
        return JET_errRecordTooBig;
    if (size <= builder->capacity)
        return JET_errSuccess;
    size_t capacity = builder->capacity ? builder->capacity : BUILDER_FIRST_CAPACITY;
    while (capacity < size)
        capacity *= 2;
    uint8_t *grown = fault_realloc(builder->data, capacity);
    if (!grown)
        return JET_errOutOfMemory;
    builder->data = grown;
    builder->capacity = capacity;
    return JET_errSuccess;
}

JET_ERR record_builder_start(RecordBuilder *builder, const Schema *schema)
{
    RETURN_IF_ERROR(builder_reserve(builder, RECORD_HEADER + (size_t)schema->escrow_size));
    builder->size = RECORD_HEADER + (size_t)schema->escrow_size;
    memset(builder->data, 0, builder->size);
    builder->data[0] = RECORD_VERSION;
    store_u16(builder->data + 4, schema->escrow_size);
    for (uint32_t i = 0; schema->escrow_size > 0 && i < schema->n_fixed; i++) {
        const Column *column = &schema->columns[i];
        if (column->grbit & JET_bitColumnEscrowUpdate && column->default_data)
            memcpy(builder->data + record_escrow_offset(column), column->default_data,
                   column->default_size);
    }
    return JET_errSuccess;
}

JET_ERR record_builder_copy(RecordBuilder *builder, Bytes row)
{
    RETURN_IF_ERROR(builder_reserve(builder, row.size));
    memcpy(builder->data, row.data, row.size);
    builder->size = row.size;
    return JET_errSuccess;
}

Bytes record_builder_bytes(const RecordBuilder *builder)
{
    return (Bytes){builder->data, builder->size};
}

/* Adds `change` to the ends of the entries from `at` on. */
static void builder_shift_ends(RecordBuilder *builder, const Record *record, uint32_t at,
                               ptrdiff_t change)
{
    uint8_t *entries = builder->data + (record->entries - record->data);
    for (uint32_t i = at; i < record->n_entries; i++) {
        uint8_t *end = entries + (size_t)i * RECORD_ENTRY + 3;
        store_u16(end, (uint16_t)(load_u16(end) + change));
    }
}

JET_ERR record_builder_replace(RecordBuilder *builder, uint32_t at, uint8_t flags, Bytes value)
{
    Record record;
    RecordEntry old;
    RETURN_IF_ERROR(record_open(record_builder_bytes(builder), &record));
    RETURN_IF_ERROR(record_entry(&record, at, &old));
    size_t start = (size_t)((const uint8_t *)old.value.data - record.data);
    size_t tail = builder->size - (start + old.value.size);
    size_t entry_at = (size_t)(record.entries - record.data) + (size_t)at * RECORD_ENTRY;
    RETURN_IF_ERROR(builder_reserve(builder, builder->size - old.value.size + value.size));
    uint8_t *data = builder->data;
    memmove(data + start + value.size, data + start + old.value.size, tail);
    if (value.size)
        memcpy(data + start, value.data, value.size);
    builder_shift_ends(builder, &record, at, (ptrdiff_t)value.size - (ptrdiff_t)old.value.size);
    data[entry_at + 2] = flags;
    builder->size = builder->size - old.value.size + value.size;
    return JET_errSuccess;
}

JET_ERR record_builder_insert(RecordBuilder *builder, uint32_t at, JET_COLUMNID id, uint8_t flags,
                              Bytes value)
{
    Record record;
    RETURN_IF_ERROR(record_open(record_builder_bytes(builder), &record));
    if (at > record.n_entries || record.n_entries == UINT16_MAX)
        return JET_errRecordTooBig;
    size_t entries_at = (size_t)(record.entries - record.data);
    size_t entry_at = entries_at + (size_t)at * RECORD_ENTRY;
    size_t end_before = record_entry_start(&record, at);
    RETURN_IF_ERROR(builder_reserve(builder, builder->size + RECORD_ENTRY));
    uint8_t *data = builder->data;
    memmove(data + entry_at + RECORD_ENTRY, data + entry_at, builder->size - entry_at);
    store_u16(data + entry_at, (uint16_t)id);
    data[entry_at + 2] = flags;
    store_u16(data + entry_at + 3, (uint16_t)end_before);
    store_u16(data + 2, (uint16_t)(record.n_entries + 1));
    builder->size += RECORD_ENTRY;
    JET_ERR err = record_builder_replace(builder, at, flags, value);
    if (err < 0)
        record_builder_remove(builder, at);
    return err;
}

JET_ERR record_builder_remove(RecordBuilder *builder, uint32_t at)
{
    Record record;
    RETURN_IF_ERROR(record_builder_replace(builder, at, 0, (Bytes){NULL, 0}));
    RETURN_IF_ERROR(record_open(record_builder_bytes(builder), &record));
    size_t entry_at = (size_t)(record.entries - record.data) + (size_t)at * RECORD_ENTRY;
    memmove(builder->data + entry_at, builder->data + entry_at + RECORD_ENTRY,
            builder->size - entry_at - RECORD_ENTRY);
    store_u16(builder->data + 2, (uint16_t)(record.n_entries - 1));
    builder->size -= RECORD_ENTRY;
    return JET_errSuccess;
}

JET_ERR record_builder_set_escrow(RecordBuilder *builder, const Column *column, Bytes value)
{
    Record record;
    Bytes old;
    RETURN_IF_ERROR(record_open(record_builder_bytes(builder), &record));
    RETURN_IF_ERROR(record_escrow(&record, column, &old));
    if (old.size != value.size)
        return JET_errInvalidBufferSize;
    memcpy(builder->data + record_escrow_offset(column), value.data, value.size);
    return JET_errSuccess;
}
