/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * value.c - looking up a column's value in a row.
 *
 * Fails with JET_errDatabaseCorrupted when the row is damaged: a fixed column of another size is.
 */
#include "mailstore/ese/value.h"

#include <string.h>

#include "mailstore/ese/long-value.h"
#include "mailstore/ese/result.h"

static const uint8_t nothing[1]; /* what empty values point at, as NULL is no pointer */

static JET_ERR value_of_entry(const RecordEntry *entry, const Column *column, Value *ret)
{
    if (entry->flags & RECORD_NULL) {
        *ret = (Value){.is_null = true};
        return JET_errSuccess;
    }
    if (entry->flags & RECORD_SEPARATED) {
        RecordReference reference;
        if (!column_is_long_value(column))
            return JET_errDatabaseCorrupted;
        RETURN_IF_ERROR(record_reference(entry, &reference));
        *ret = (Value){.is_separated = true, .reference = reference, .size = reference.size};
        return JET_errSuccess;
    }
    uint32_t fixed = coltyp_fixed_size(column->coltyp);
    if (fixed != 0 && entry->value.size != fixed)
        return JET_errDatabaseCorrupted;
    *ret = (Value){.bytes = {entry->value.size ? entry->value.data : nothing, entry->value.size},
                   .size = (uint32_t)entry->value.size};
    return JET_errSuccess;
}

JET_ERR value_read(const Record *record, const Column *column, uint32_t itag, Value *ret)
{
    uint32_t at;
    RecordEntry entry;
    if (column->grbit & JET_bitColumnEscrowUpdate) {
        Value value = {0};
        RETURN_IF_ERROR(record_escrow(record, column, &value.bytes));
        value.size = (uint32_t)value.bytes.size;
        *ret = value;
        return JET_errSuccess;
    }
    uint32_t count = record_find(record, column->id, &at);
    if (count > 0 && itag <= count) {
        RETURN_IF_ERROR(record_entry(record, at + itag - 1, &entry));
        return value_of_entry(&entry, column, ret);
    }
    *ret = (Value){.is_null = true};
    if (count == 0 && itag == 1 && column->default_data)
        *ret = (Value){.is_default = true,
                       .bytes = {column->default_data, column->default_size},
                       .size = column->default_size};
    return JET_errSuccess;
}

uint32_t value_count(const Record *record, const Column *column)
{
    uint32_t at;
    RecordEntry entry;
    if (column->grbit & JET_bitColumnEscrowUpdate)
        return 1;
    uint32_t count = record_find(record, column->id, &at);
    if (count == 0)
        return column->default_data ? 1 : 0;
    if (count == 1 && record_entry(record, at, &entry) >= 0 && (entry.flags & RECORD_NULL))
        return 0;
    return count;
}

JET_ERR value_for_key(const Value *value, Txn *txn, uint32_t table, uint8_t *buffer, size_t size,
                      Bytes *ret)
{
    if (value->is_null) {
        *ret = (Bytes){NULL, 0};
        return JET_errSuccess;
    }
    if (!value->is_separated) {
        *ret = value->bytes;
        return JET_errSuccess;
    }
    uint32_t n = value->size < size ? value->size : (uint32_t)size;
    RETURN_IF_ERROR(long_value_read(txn, table, value->reference, 0, buffer, n));
    *ret = (Bytes){buffer, n};
    return JET_errSuccess;
}

Bytes value_pad(const Column *column, Bytes value, uint8_t buffer[JET_cbColumnMost])
{
    bool text = coltyp_is_text(column->coltyp), wide = column->code_page == CODE_PAGE_UNICODE;
    memcpy(buffer, value.data, value.size);
    for (size_t i = value.size; i < column->max_size; i++)
        buffer[i] = text && !(wide && i % 2 == 1) ? ' ' : 0;
    return (Bytes){buffer, column->max_size};
}
