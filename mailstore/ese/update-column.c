/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * update-column.c - setting columns of the row being made, those of a bounded size.
 *
 * Fails with JET_errUpdateNotPrepared, JET_errColumnNotFound, JET_errInvalidColumnType (a column
 * that the engine fills), JET_errNullInvalid, JET_errInvalidBufferSize, JET_errColumnTooBig,
 * JET_errMultiValuedDuplicate, JET_errRecordTooBig. Too long for a variable column is cut with
 * JET_wrnColumnMaxTruncated.
 */
#include <string.h>

#include "mailstore/ese/long-value.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/update-long.h"
#include "mailstore/ese/value.h"

enum {
    SET_PART_BITS = JET_bitSetAppendLV | JET_bitSetOverwriteLV | JET_bitSetSizeLV,
    /* They say nothing of columns that are not long values. */
    SET_LV_BITS = SET_PART_BITS | JET_bitSetSeparateLV | JET_bitSetIntrinsicLV |
                  JET_bitSetUncompressed | JET_bitSetCompressed,
    SET_UNIQUE_BITS = JET_bitSetUniqueMultiValues | JET_bitSetUniqueNormalizedMultiValues,
    SET_BITS =
        SET_LV_BITS | SET_UNIQUE_BITS | JET_bitSetZeroLength | JET_bitSetRevertToDefaultValue,
};

/* --- Where a value goes -------------------------------------------------------- */

/* itag 0, or beyond the last, is a new value. */
static JET_ERR set_place_find(const RecordBuilder *row, const Column *column, uint32_t itag,
                              SetPlace *ret)
{
    Record record;
    RecordEntry entry;
    uint32_t at;
    RETURN_IF_ERROR(record_open(record_builder_bytes(row), &record));
    uint32_t count = record_find(&record, column->id, &at);
    if (!column_is_tagged(column))
        itag = 1;
    bool exists = itag >= 1 && itag <= count;
    SetPlace place = {.column = column,
                      .at = exists ? at + itag - 1 : at + count,
                      .count = count,
                      .exists = exists};
    if (count == 1 && !exists) {
        /* An explicit NULL is no value: the first value takes its place. */
        RETURN_IF_ERROR(record_entry(&record, at, &entry));
        if (entry.flags & RECORD_NULL) {
            place.at = at;
            place.exists = true;
        }
    }
    if (place.exists) {
        RETURN_IF_ERROR(record_entry(&record, place.at, &entry));
        place.old_flags = entry.flags;
        place.old_size = entry.value.size;
    }
    *ret = place;
    return JET_errSuccess;
}

/* Pushes other long values out of the row until `growth` more bytes fit: `growth` is by what is at
 * the place now. */
static JET_ERR row_make_room(Cursor *cursor, Txn *txn, const SetPlace *place, ptrdiff_t growth)
{
    RecordBuilder *row = &cursor->update.row;
    uint32_t most = cursor->session->instance->record_most;
    while ((ptrdiff_t)row->size + growth > (ptrdiff_t)most) {
        Record record;
        uint32_t largest = 0;
        size_t largest_size = RECORD_REFERENCE_SIZE;
        RETURN_IF_ERROR(record_open(record_builder_bytes(row), &record));
        for (uint32_t at = 0; at < record.n_entries; at++) {
            RecordEntry entry;
            RETURN_IF_ERROR(record_entry(&record, at, &entry));
            if (place->exists && at == place->at)
                continue;
            const Column *column = schema_find_column(cursor->schema, entry.column_id);
            if (column && column_is_long_value(column) && entry.flags == 0 &&
                entry.value.size > largest_size) {
                largest = at;
                largest_size = entry.value.size;
            }
        }
        if (largest_size == RECORD_REFERENCE_SIZE || cursor->session->level == 0 ||
            cursor->schema->lv_stay)
            return JET_errRecordTooBig;
        RETURN_IF_ERROR(update_separate(cursor, txn, largest));
    }
    return JET_errSuccess;
}

JET_ERR set_place_store(Cursor *cursor, Txn *txn, const SetPlace *place, uint8_t flags, Bytes value)
{
    RecordBuilder *row = &cursor->update.row;
    ptrdiff_t growth = place->exists ? (ptrdiff_t)value.size - (ptrdiff_t)place->old_size
                                     : (ptrdiff_t)(value.size + RECORD_ENTRY);
    RETURN_IF_ERROR(row_make_room(cursor, txn, place, growth));
    return place->exists ? record_builder_replace(row, place->at, flags, value)
                         : record_builder_insert(row, place->at, place->column->id, flags, value);
}

JET_ERR set_place_null(Cursor *cursor, Txn *txn, const SetPlace *place)
{
    if (place->column->grbit & JET_bitColumnNotNULL)
        return JET_errNullInvalid;
    if (!place->exists && place->count > 0)
        return JET_errSuccess; /* one more NULL is no value */
    if (place->column->default_data && place->count <= 1)
        return set_place_store(cursor, txn, place, RECORD_NULL, (Bytes){NULL, 0});
    if (!place->exists)
        return JET_errSuccess;
    return record_builder_remove(&cursor->update.row, place->at);
}

/* --- Checks -------------------------------------------------------------------- */

static JET_ERR set_check_column(const Cursor *cursor, const Column *column,
                                const JET_SETCOLUMN *set)
{
    bool replaces = cursor->update.kind == UPDATE_REPLACE;
    if (set->grbit & ~(JET_GRBIT)SET_BITS)
        return JET_errInvalidGrbit;
    /* Of a value changed in part, only the program could say what it becomes. */
    if ((set->grbit & SET_UNIQUE_BITS) && (set->grbit & SET_PART_BITS))
        return JET_errInvalidGrbit;
    if (set->cbData > LONG_VALUE_MAX)
        return JET_errInvalidParameter;
    if (column->grbit & JET_bitColumnAutoincrement)
        return JET_errInvalidColumnType;
    if ((column->grbit & JET_bitColumnVersion) && replaces)
        return JET_errInvalidColumnType;
    if ((column->grbit & JET_bitColumnEscrowUpdate) && replaces)
        return JET_errInvalidOperation;
    return JET_errSuccess;
}

/* Two values that an index would not tell apart. */
static JET_ERR values_equal_normalized(const Column *column, Bytes a, Bytes b, JET_ERR *ret)
{
    Index index = {.key_most = KEY_DEFAULT,
                   .var_segment_most = KEY_DEFAULT,
                   .n_segments = 1,
                   .segments = {{.column_id = column->id, .column = column}}};
    Key left = {.size = 0}, right = {.size = 0};
    JET_ERR err = JET_errSuccess;
    if (coltyp_is_text(column->coltyp) && column->code_page == CODE_PAGE_UNICODE)
        err = text_collation_open(&index.collation);
    if (err >= 0)
        err = key_append(&left, &index, 0, a);
    if (err >= 0)
        err = key_append(&right, &index, 0, b);
    text_collation_clear(&index.collation);
    RETURN_IF_ERROR(err);
    *ret = JET_errSuccess;
    if (bytes_compare(key_bytes(&left), key_bytes(&right)) == 0)
        *ret = left.truncated || right.truncated ? JET_errMultiValuedDuplicateAfterTruncation
                                                 : JET_errMultiValuedDuplicate;
    return JET_errSuccess;
}

/* Whether the value outside the row has these very bytes. */
static JET_ERR separated_equals(Cursor *cursor, Txn *txn, const RecordEntry *entry, Bytes value,
                                bool *ret)
{
    uint8_t buffer[4096];
    RecordReference reference;
    RETURN_IF_ERROR(record_reference(entry, &reference));
    *ret = reference.size == value.size;
    for (uint32_t at = 0; *ret && at < reference.size; at += sizeof(buffer)) {
        uint32_t left = reference.size - at;
        uint32_t n = left < sizeof(buffer) ? left : (uint32_t)sizeof(buffer);
        RETURN_IF_ERROR(long_value_read(txn, cursor->table->object_id, reference, at, buffer, n));
        *ret = memcmp(buffer, (const uint8_t *)value.data + at, n) == 0;
    }
    return JET_errSuccess;
}

/* Only the beginning of a value counts in a key. */
static JET_ERR entry_equals_normalized(Cursor *cursor, Txn *txn, const Column *column,
                                       const RecordEntry *entry, Bytes value, JET_ERR *ret)
{
    uint8_t buffer[KEY_SOURCE_MAX];
    Bytes other = entry->value;
    if (entry->flags & RECORD_SEPARATED) {
        RecordReference reference;
        RETURN_IF_ERROR(record_reference(entry, &reference));
        other = (Bytes){buffer, reference.size < sizeof(buffer) ? reference.size : sizeof(buffer)};
        RETURN_IF_ERROR(long_value_read(txn, cursor->table->object_id, reference, 0, buffer,
                                        (uint32_t)other.size));
    }
    return values_equal_normalized(column, other, value, ret);
}

JET_ERR set_check_unique(Cursor *cursor, Txn *txn, const SetPlace *place, JET_GRBIT grbit,
                         Bytes value)
{
    Record record;
    uint32_t at;
    if (!(grbit & SET_UNIQUE_BITS))
        return JET_errSuccess;
    RETURN_IF_ERROR(record_open(record_builder_bytes(&cursor->update.row), &record));
    uint32_t count = record_find(&record, place->column->id, &at);
    for (uint32_t i = at; i < at + count; i++) {
        RecordEntry entry;
        JET_ERR duplicate = JET_errSuccess;
        bool equal;
        RETURN_IF_ERROR(record_entry(&record, i, &entry));
        if ((entry.flags & RECORD_NULL) || (place->exists && i == place->at))
            continue;
        if (grbit & JET_bitSetUniqueNormalizedMultiValues) {
            RETURN_IF_ERROR(
                entry_equals_normalized(cursor, txn, place->column, &entry, value, &duplicate));
            RETURN_IF_ERROR(duplicate);
            continue;
        }
        if (entry.flags & RECORD_SEPARATED)
            RETURN_IF_ERROR(separated_equals(cursor, txn, &entry, value, &equal));
        else
            equal = bytes_compare(entry.value, value) == 0;
        if (equal)
            return JET_errMultiValuedDuplicate;
    }
    return JET_errSuccess;
}

/* --- Setting ------------------------------------------------------------------- */

/* A text or binary column declared fixed: always its whole size. */
static JET_ERR set_padded(Cursor *cursor, Txn *txn, const SetPlace *place, Bytes value)
{
    uint8_t padded[JET_cbColumnMost];
    size_t size = place->column->max_size;
    if (value.size > size || size > sizeof(padded))
        return JET_errInvalidBufferSize;
    return set_place_store(cursor, txn, place, 0, value_pad(place->column, value, padded));
}

static JET_ERR set_bounded(Cursor *cursor, Txn *txn, const SetPlace *place,
                           const JET_SETCOLUMN *set)
{
    static const uint8_t nothing[1];
    const Column *column = place->column;
    Bytes value = {set->cbData ? set->pvData : nothing, set->cbData};
    uint32_t fixed = coltyp_fixed_size(column->coltyp);
    uint32_t most = column->max_size ? column->max_size : JET_cbColumnMost;
    JET_ERR warning = JET_errSuccess;
    if (set->cbData == 0 && (column_is_fixed(column) || !(set->grbit & JET_bitSetZeroLength)))
        return set_place_null(cursor, txn, place);
    if (fixed != 0 && value.size != fixed)
        return JET_errInvalidBufferSize;
    if (fixed == 0 && column_is_fixed(column))
        return set_padded(cursor, txn, place, value);
    if (fixed == 0 && value.size > most) {
        if (column_is_tagged(column))
            return JET_errColumnTooBig;
        value.size = most;
        warning = JET_wrnColumnMaxTruncated;
    }
    RETURN_IF_ERROR(set_check_unique(cursor, txn, place, set->grbit, value));
    RETURN_IF_ERROR(set_place_store(cursor, txn, place, 0, value));
    return warning;
}

static JET_ERR set_bit(Cursor *cursor, Txn *txn, const SetPlace *place, const JET_SETCOLUMN *set)
{
    uint8_t bit = set->pvData && *(const uint8_t *)set->pvData ? 0xff : 0;
    JET_SETCOLUMN normal = *set;
    if (set->cbData == 1)
        normal.pvData = &bit;
    return set_bounded(cursor, txn, place, &normal);
}

static JET_ERR set_revert(Cursor *cursor, const SetPlace *place)
{
    return place->exists ? record_builder_remove(&cursor->update.row, place->at) : JET_errSuccess;
}

static JET_ERR set_column_in_scope(Cursor *cursor, Txn *txn, const Column *column,
                                   const JET_SETCOLUMN *set)
{
    SetPlace place;
    if (column->grbit & JET_bitColumnEscrowUpdate)
        return record_builder_set_escrow(&cursor->update.row, column,
                                         (Bytes){set->pvData, set->cbData});
    RETURN_IF_ERROR(set_place_find(&cursor->update.row, column, set->itagSequence, &place));
    if (set->grbit & JET_bitSetRevertToDefaultValue)
        return set_revert(cursor, &place);
    if (column_is_long_value(column))
        return set_long(cursor, txn, &place, set);
    return column->coltyp == JET_coltypBit ? set_bit(cursor, txn, &place, set)
                                           : set_bounded(cursor, txn, &place, set);
}

JET_ERR update_set_column(Cursor *cursor, const JET_SETCOLUMN *asked)
{
    Scope scope;
    JET_SETCOLUMN set = *asked;
    if (cursor->update.kind == UPDATE_NONE)
        return JET_errUpdateNotPrepared;
    const Column *column = schema_find_column(cursor->schema, set.columnid);
    if (!column) {
        RETURN_IF_ERROR(cursor_refresh_now(cursor));
        column = schema_find_column(cursor->schema, set.columnid);
        if (!column)
            return JET_errColumnNotFound;
    }
    RETURN_IF_ERROR(set_check_column(cursor, column, &set));
    bool is_long = column_is_long_value(column);
    if (!set.pvData && !(is_long && (set.grbit & JET_bitSetSizeLV)))
        set.cbData = 0;
    if (!is_long)
        return set_column_in_scope(cursor, cursor->database->txn, column, &set);
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    JET_ERR err = set_column_in_scope(cursor, scope.txn, column, &set);
    return scope_end(&scope, update_long_value_error(cursor, err));
}
