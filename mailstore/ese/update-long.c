/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * update-long.c - setting long values: replace, append, overwrite, resize; in the row or outside.
 *
 * A value longer than the table's limit (1023 bytes unless told otherwise) lives outside. The
 * row's own long values are not touched before the update is applied, but for bytes behind their
 * end: an append costs what it adds, and cancelling leaves nothing behind that counts. Anything
 * else that would change them works on a copy.
 *
 * Fails with JET_errColumnNoChunk (overwriting what is not there), JET_errColumnTooBig,
 * JET_errNotInTransaction (a value outside the row, at level 0), JET_errInvalidGrbit.
 */
#include "mailstore/ese/update-long.h"

#include <string.h>

#include "mailstore/ese/long-value.h"
#include "mailstore/ese/result.h"

enum {
    /* The most a value may have in the row: what cbSeparateLV is cut to. */
    INTRINSIC_MAX = 8192,
};

typedef enum {
    LONG_REPLACE,
    LONG_APPEND,
    LONG_OVERWRITE,
    LONG_RESIZE,
    LONG_OVERWRITE_RESIZE,
} LongOperation;

/* What is to be done, in terms of bytes. */
typedef struct {
    LongOperation operation;
    const void *data; /* `size` bytes for `offset`; NULL: nothing is written */
    uint32_t offset, size;
    uint32_t kept; /* of the old bytes, from the front */
    uint32_t final_size;
    bool separate, intrinsic;
} LongChange;

typedef struct {
    bool exists, separated;
    uint32_t size;
    RecordReference reference;
    Bytes bytes; /* intrinsic; in the row being made */
} LongOld;

static JET_ERR long_old_read(const Cursor *cursor, const SetPlace *place, LongOld *ret)
{
    Record record;
    RecordEntry entry;
    *ret = (LongOld){0};
    if (!place->exists || (place->old_flags & RECORD_NULL))
        return JET_errSuccess;
    RETURN_IF_ERROR(record_open(record_builder_bytes(&cursor->update.row), &record));
    RETURN_IF_ERROR(record_entry(&record, place->at, &entry));
    ret->exists = true;
    ret->separated = entry.flags & RECORD_SEPARATED;
    if (!ret->separated) {
        ret->bytes = entry.value;
        ret->size = (uint32_t)entry.value.size;
        return JET_errSuccess;
    }
    RETURN_IF_ERROR(record_reference(&entry, &ret->reference));
    ret->size = ret->reference.size;
    return JET_errSuccess;
}

static JET_ERR long_operation_of(JET_GRBIT grbit, LongOperation *ret)
{
    switch (grbit & (JET_bitSetAppendLV | JET_bitSetOverwriteLV | JET_bitSetSizeLV)) {
    case 0:
        *ret = LONG_REPLACE;
        return JET_errSuccess;
    case JET_bitSetAppendLV:
        *ret = LONG_APPEND;
        return JET_errSuccess;
    case JET_bitSetOverwriteLV:
        *ret = LONG_OVERWRITE;
        return JET_errSuccess;
    case JET_bitSetSizeLV:
        *ret = LONG_RESIZE;
        return JET_errSuccess;
    case JET_bitSetSizeLV | JET_bitSetOverwriteLV:
        *ret = LONG_OVERWRITE_RESIZE;
        return JET_errSuccess;
    default:
        return JET_errInvalidGrbit;
    }
}

/* Without bytes these leave no value, wherever the bytes would have gone. */
static bool long_operation_clears(LongOperation operation, JET_GRBIT grbit)
{
    return operation == LONG_OVERWRITE_RESIZE ||
           ((operation == LONG_REPLACE || operation == LONG_RESIZE) &&
            !(grbit & JET_bitSetZeroLength));
}

/* ret->operation says which. */
static JET_ERR long_change_plan(const JET_SETCOLUMN *set, const LongOld *old, LongChange *ret)
{
    LongChange change = {
        .operation = ret->operation, .data = set->pvData, .size = set->cbData, .kept = old->size};
    uint64_t end;
    switch (change.operation) {
    case LONG_REPLACE:
        change.kept = 0;
        end = set->cbData;
        break;
    case LONG_APPEND:
        change.offset = old->size;
        end = (uint64_t)old->size + set->cbData;
        break;
    case LONG_RESIZE:
        change.data = NULL;
        change.size = 0;
        end = set->cbData;
        break;
    default: /* overwriting begins within the value or right behind it */
        if (set->ibLongValue > old->size)
            return JET_errColumnNoChunk;
        change.offset = set->ibLongValue;
        end = (uint64_t)set->ibLongValue + set->cbData;
        if (change.operation == LONG_OVERWRITE && end < old->size)
            end = old->size;
    }
    if (end > LONG_VALUE_MAX)
        return JET_errColumnTooBig;
    change.final_size = (uint32_t)end;
    if (change.kept > change.final_size)
        change.kept = change.final_size;
    change.separate = set->grbit & JET_bitSetSeparateLV;
    change.intrinsic = set->grbit & JET_bitSetIntrinsicLV;
    *ret = change;
    return JET_errSuccess;
}

static JET_ERR long_set_intrinsic(Cursor *cursor, Txn *txn, const SetPlace *place,
                                  const JET_SETCOLUMN *set, const LongOld *old,
                                  const LongChange *change)
{
    uint8_t buffer[INTRINSIC_MAX];
    Bytes value = {change->data, change->size};
    if (change->kept > 0 || change->size < change->final_size) {
        memset(buffer, 0, change->final_size);
        if (change->kept > 0)
            memcpy(buffer, old->bytes.data, change->kept);
        if (change->data && change->size > 0)
            memcpy(buffer + change->offset, change->data, change->size);
        value = (Bytes){buffer, change->final_size};
    }
    RETURN_IF_ERROR(set_check_unique(cursor, txn, place, set->grbit, value));
    return set_place_store(cursor, txn, place, 0, value);
}

/* Bytes of the row's own long value from here on are free to write; all of a fresh one's. */
static uint32_t long_protected_size(const Update *update, uint64_t number, uint32_t size)
{
    const UpdateLongValue *known = update_find_long_value(update, number);
    return known ? known->fresh ? 0 : known->size : size;
}

static JET_ERR long_begin_fresh(Cursor *cursor, Txn *txn, const LongOld *old, uint32_t kept,
                                RecordReference *ret)
{
    uint32_t table = cursor->table->object_id;
    RecordReference fresh = {.size = 0};
    RETURN_IF_ERROR(cursor_draw(cursor, SEQUENCE_LONG_VALUE, &fresh.number));
    RETURN_IF_ERROR(update_note_long_value(&cursor->update, fresh.number, true, 0));
    if (kept > 0 && old->separated) {
        RecordReference part = {old->reference.number, kept};
        RETURN_IF_ERROR(long_value_copy(txn, table, part, fresh.number));
        fresh.size = kept;
    } else if (kept > 0) {
        RETURN_IF_ERROR(long_value_write(txn, table, &fresh, 0, old->bytes.data, kept));
    }
    *ret = fresh;
    return JET_errSuccess;
}

/* The value to write to: the old one where that is safe, else a new one with the kept bytes. */
static JET_ERR long_choose(Cursor *cursor, Txn *txn, const LongOld *old, const LongChange *change,
                           RecordReference *ret)
{
    Update *update = &cursor->update;
    uint32_t first_written =
        change->kept < change->offset || !change->data ? change->kept : change->offset;
    if (!old->separated || change->operation == LONG_REPLACE ||
        first_written < long_protected_size(update, old->reference.number, old->size))
        return long_begin_fresh(cursor, txn, old, change->kept, ret);
    RETURN_IF_ERROR(update_lock_row(cursor, txn));
    RETURN_IF_ERROR(update_note_long_value(update, old->reference.number, false, old->size));
    *ret = (RecordReference){old->reference.number, change->kept};
    return JET_errSuccess;
}

static JET_ERR long_set_separated(Cursor *cursor, Txn *txn, const SetPlace *place,
                                  const LongOld *old, const LongChange *change)
{
    Update *update = &cursor->update;
    uint32_t table = cursor->table->object_id;
    uint8_t bytes[RECORD_REFERENCE_SIZE];
    RecordReference reference;
    if (cursor->session->level == 0)
        return JET_errNotInTransaction;
    cursor->session->epoch++;
    RETURN_IF_ERROR(long_choose(cursor, txn, old, change, &reference));
    if (change->data && change->size > 0)
        RETURN_IF_ERROR(
            long_value_write(txn, table, &reference, change->offset, change->data, change->size));
    if (reference.size < change->final_size)
        RETURN_IF_ERROR(long_value_write(txn, table, &reference, change->final_size, NULL, 0));
    record_reference_encode(reference, bytes);
    RETURN_IF_ERROR(
        set_place_store(cursor, txn, place, RECORD_SEPARATED, (Bytes){bytes, sizeof(bytes)}));
    update->lv_level = cursor->session->level; /* from now on the row refers to what it wrote */
    const UpdateLongValue *left = old->separated && old->reference.number != reference.number
                                      ? update_find_long_value(update, old->reference.number)
                                      : NULL;
    return left && left->fresh ? long_value_delete(txn, table, left->number) : JET_errSuccess;
}

JET_ERR set_long(Cursor *cursor, Txn *txn, const SetPlace *place, const JET_SETCOLUMN *set)
{
    LongOld old;
    LongChange change;
    const Column *column = place->column;
    uint32_t limit = cursor->schema->lv_separate;
    RETURN_IF_ERROR(long_operation_of(set->grbit, &change.operation));
    if (set->cbData == 0 && long_operation_clears(change.operation, set->grbit))
        return set_place_null(cursor, txn, place);
    RETURN_IF_ERROR(long_old_read(cursor, place, &old));
    if (set->cbData == 0 && old.exists &&
        (change.operation == LONG_APPEND || change.operation == LONG_OVERWRITE))
        return JET_errSuccess;
    RETURN_IF_ERROR(long_change_plan(set, &old, &change));
    if (column->max_size != 0 && change.final_size > column->max_size)
        return JET_errColumnTooBig;
    if (limit > INTRINSIC_MAX || (change.intrinsic && !change.separate))
        limit = INTRINSIC_MAX;
    if (cursor->schema->lv_stay) {
        change.separate = false;
        change.intrinsic = true;
        limit = INTRINSIC_MAX;
    }
    if (change.intrinsic && change.final_size > limit)
        return JET_errColumnTooBig;
    bool stays_outside = old.separated && change.operation != LONG_REPLACE;
    if (change.final_size > limit || change.separate || stays_outside) {
        RETURN_IF_ERROR(
            set_check_unique(cursor, txn, place, set->grbit, (Bytes){change.data, change.size}));
        return long_set_separated(cursor, txn, place, &old, &change);
    }
    JET_ERR err = long_set_intrinsic(cursor, txn, place, set, &old, &change);
    if (err == JET_errRecordTooBig && change.final_size > RECORD_REFERENCE_SIZE &&
        cursor->session->level > 0 && !cursor->schema->lv_stay) {
        /* The others have been pushed out already: now this one. */
        RETURN_IF_ERROR(long_old_read(cursor, place, &old));
        return long_set_separated(cursor, txn, place, &old, &change);
    }
    return err;
}

JET_ERR update_separate(Cursor *cursor, Txn *txn, uint32_t at)
{
    RecordBuilder *row = &cursor->update.row;
    Record record;
    RecordEntry entry;
    RecordReference reference;
    uint8_t bytes[RECORD_REFERENCE_SIZE];
    RETURN_IF_ERROR(record_open(record_builder_bytes(row), &record));
    RETURN_IF_ERROR(record_entry(&record, at, &entry));
    LongOld old = {.exists = true, .size = (uint32_t)entry.value.size, .bytes = entry.value};
    cursor->session->epoch++;
    cursor->update.lv_level = cursor->session->level;
    RETURN_IF_ERROR(long_begin_fresh(cursor, txn, &old, old.size, &reference));
    record_reference_encode(reference, bytes);
    return record_builder_replace(row, at, RECORD_SEPARATED, (Bytes){bytes, sizeof(bytes)});
}
