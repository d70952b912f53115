/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-record.c - a row of any bytes is read, or is an error; a row that was changed is a row.
 *
 * Input: the bytes of the row.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static void look_at(Bytes row)
{
    const uint8_t *first = row.data, *end = first + row.size;
    Record record;
    if (record_open(row, &record) < 0)
        return;
    for (uint32_t at = 0; at <= record.n_entries; at++) {
        RecordEntry entry;
        RecordReference reference;
        if (record_entry(&record, at, &entry) < 0)
            continue;
        const uint8_t *value = entry.value.data;
        MUST(at < record.n_entries && value >= first && entry.value.size <= (size_t)(end - value));
        if (record_reference(&entry, &reference) >= 0)
            MUST((entry.flags & RECORD_SEPARATED) && entry.value.size == RECORD_REFERENCE_SIZE);
        Column column = {.id = entry.column_id, .coltyp = entry.column_id % 19};
        for (uint32_t itag = 0; itag < 3; itag++) {
            Value read;
            if (value_read(&record, &column, itag, &read) >= 0 && !read.is_null &&
                !read.is_separated)
                MUST(read.bytes.data && read.size == read.bytes.size);
        }
        value_count(&record, &column);
    }
    for (uint16_t offset = 0; offset < 20; offset += 4) {
        Column column = {
            .coltyp = JET_coltypLong, .grbit = JET_bitColumnEscrowUpdate, .escrow_offset = offset};
        Bytes value;
        if (record_escrow(&record, &column, &value) >= 0)
            MUST((const uint8_t *)value.data >= first &&
                 (const uint8_t *)value.data + value.size <= end);
    }
}

/* Each change leaves what can be read, or is refused and changes nothing. */
static void change(Bytes row)
{
    static const uint8_t value[40] = {1, 2, 3};
    RecordBuilder builder = {0};
    Record record;
    if (record_open(row, &record) < 0 || record_builder_copy(&builder, row) < 0)
        return;
    uint32_t n = record.n_entries < 8 ? record.n_entries : 8;
    for (uint32_t at = 0; at < n; at++) {
        record_builder_replace(&builder, at, 0, (Bytes){value, at * 5});
        look_at(record_builder_bytes(&builder));
        record_builder_insert(&builder, at, 7, RECORD_NULL, (Bytes){value, at});
        look_at(record_builder_bytes(&builder));
        record_builder_remove(&builder, at / 2);
        look_at(record_builder_bytes(&builder));
    }
    record_builder_clear(&builder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    look_at((Bytes){data, size});
    change((Bytes){data, size});
    return 0;
}
