/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * update.c - preparing a row and what becomes of it when the transaction's level changes.
 *
 * A replace at level > 0 locks the row when it is prepared; one that is prepared outside of a
 * transaction, or without the lock, compares a checksum when it is applied. Numbers of an
 * autoincrement column are drawn here and never given back.
 *
 * Fails with JET_errAlreadyPrepared, JET_errNoCurrentRecord, JET_errWriteConflict,
 * JET_errSessionWriteConflict (another cursor of this session is at the row),
 * JET_errNotInTransaction, JET_errInvalidParameter, and as cursor_prepare_write.
 */
#include "mailstore/ese/update.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/long-value.h"
#include "mailstore/ese/pending-value.h"
#include "mailstore/ese/result.h"

uint64_t row_checksum(Bytes row)
{
    const uint8_t *at = row.data;
    size_t left = row.size;
    uint64_t sum = 0x9e3779b97f4a7c15u ^ left;
    for (; left >= 8; left -= 8, at += 8)
        sum = (sum ^ load_u64(at)) * 0xff51afd7ed558ccdu, sum ^= sum >> 32;
    for (; left > 0; left--, at++)
        sum = (sum ^ *at) * 0xff51afd7ed558ccdu;
    return sum ^ sum >> 29;
}

const UpdateLongValue *update_find_long_value(const Update *update, uint64_t number)
{
    for (uint32_t i = 0; i < update->n_long_values; i++)
        if (update->long_values[i].number == number)
            return &update->long_values[i];
    return NULL;
}

JET_ERR update_note_long_value(Update *update, uint64_t number, bool fresh, uint32_t size)
{
    if (update_find_long_value(update, number))
        return JET_errSuccess;
    UpdateLongValue *grown =
        fault_realloc(update->long_values, (update->n_long_values + 1) * sizeof(*grown));
    if (!grown)
        return JET_errOutOfMemory;
    update->long_values = grown;
    grown[update->n_long_values++] = (UpdateLongValue){number, fresh, false, size};
    return JET_errSuccess;
}

JET_ERR update_long_value_error(const Cursor *cursor, JET_ERR err)
{
    const Update *update = &cursor->update;
    bool open = update->kind != UPDATE_NONE && update->at_level_0 && !update->row_locked;
    return err == JET_errLVCorrupted && open ? JET_errWriteConflict : err;
}

static void update_forget(Update *update)
{
    update->kind = UPDATE_NONE;
    update->n_long_values = 0;
    update->lv_level = 0;
    update->row_locked = false;
}

JET_ERR update_settle_long_values(Cursor *cursor, Txn *txn, bool written)
{
    Update *update = &cursor->update;
    uint32_t table = cursor->table->object_id;
    Record row;
    if (update->n_long_values == 0)
        return JET_errSuccess;
    RETURN_IF_ERROR(record_open(record_builder_bytes(&update->row), &row));
    for (uint32_t i = 0; i < update->n_long_values; i++) {
        const UpdateLongValue *value = &update->long_values[i];
        if (value->fresh && !(written && record_refers_to(&row, value->number)))
            RETURN_IF_ERROR(long_value_delete(txn, table, value->number));
        if (value->noted)
            RETURN_IF_ERROR(pending_value_drop(txn, table, value->number));
    }
    return JET_errSuccess;
}

/* At level 0 only what was committed is there to be deleted, and that is noted. */
static bool update_has_left_long_values(const Cursor *cursor)
{
    const Update *update = &cursor->update;
    for (uint32_t i = 0; i < update->n_long_values; i++)
        if (update->long_values[i].noted ||
            (update->long_values[i].fresh && cursor->session->level > 0))
            return true;
    return false;
}

void update_cancel(Cursor *cursor)
{
    Scope scope;
    Update *update = &cursor->update;
    if (update->kind == UPDATE_NONE)
        return;
    /* What cannot be deleted now stays noted, for the next attach. */
    if (update_has_left_long_values(cursor) && cursor_scope(cursor, true, &scope) >= 0)
        scope_end(&scope, update_settle_long_values(cursor, scope.txn, false));
    if (update->n_long_values > 0)
        cursor->session->epoch++;
    update_forget(update);
}

/* Puts copies in the place of the long values that are the row's: of all, or of those that
 * something was appended to. */
static JET_ERR update_copy_long_values(Cursor *cursor, Txn *txn, bool appended_only)
{
    Update *update = &cursor->update;
    Record record;
    RecordEntry entry;
    uint8_t bytes[RECORD_REFERENCE_SIZE];
    uint32_t table = cursor->table->object_id;
    RETURN_IF_ERROR(record_open(record_builder_bytes(&update->row), &record));
    for (uint32_t at = 0; at < record.n_entries; at++) {
        RecordReference reference;
        uint64_t number;
        RETURN_IF_ERROR(record_entry(&record, at, &entry));
        if (!(entry.flags & RECORD_SEPARATED))
            continue;
        RETURN_IF_ERROR(record_reference(&entry, &reference));
        const UpdateLongValue *known = update_find_long_value(update, reference.number);
        if (appended_only && (!known || known->fresh))
            continue;
        RETURN_IF_ERROR(cursor_draw(cursor, SEQUENCE_LONG_VALUE, &number));
        RETURN_IF_ERROR(update_note_long_value(update, number, true, 0));
        update->lv_level = cursor->session->level;
        cursor->session->epoch++;
        RETURN_IF_ERROR(long_value_copy(txn, table, reference, number));
        reference.number = number;
        record_reference_encode(reference, bytes);
        RETURN_IF_ERROR(record_builder_replace(&update->row, at, RECORD_SEPARATED,
                                               (Bytes){bytes, sizeof(bytes)}));
    }
    return JET_errSuccess;
}

JET_ERR update_note_long_values(Cursor *cursor, bool unlocks)
{
    Update *update = &cursor->update;
    if (update->kind == UPDATE_NONE || cursor->temporary)
        return JET_errSuccess;
    /* Others may append to the row's own, and give it up, before this one is written. */
    if (unlocks)
        RETURN_IF_ERROR(update_copy_long_values(cursor, cursor->database->txn, true));
    for (uint32_t i = 0; i < update->n_long_values; i++) {
        UpdateLongValue *value = &update->long_values[i];
        if (!value->fresh || value->noted)
            continue;
        RETURN_IF_ERROR(
            pending_value_note(cursor->database->txn, cursor->table->object_id, value->number));
        value->noted = true;
    }
    return JET_errSuccess;
}

void update_after_commit(Cursor *cursor, unsigned level)
{
    Update *update = &cursor->update;
    if (update->kind == UPDATE_NONE)
        return;
    if (update->level == level)
        update->level--;
    if (update->lv_level == level)
        update->lv_level--;
    if (level == 1) {
        update->at_level_0 = true;
        update->row_locked = false;
    }
}

void update_after_rollback(Cursor *cursor, unsigned level)
{
    Update *update = &cursor->update;
    if (update->kind == UPDATE_NONE)
        return;
    if (update->level >= level || update->lv_level >= level)
        update_cancel(cursor);
    if (level == 1)
        update->row_locked = false;
}

/* A row that was prepared before this transaction may be another by now: JET_errWriteConflict. */
static JET_ERR update_check_unchanged(const Update *update, Txn *txn, Bytes key)
{
    Bytes row;
    JET_ERR err = txn_get(txn, TREE_ROWS, key, &row);
    if (err == JET_errRecordNotFound)
        return JET_errRecordDeleted;
    RETURN_IF_ERROR(err);
    return row_checksum(row) == update->checksum ? JET_errSuccess : JET_errWriteConflict;
}

JET_ERR update_lock_row(Cursor *cursor, Txn *txn)
{
    Update *update = &cursor->update;
    uint8_t key[TREE_KEY_MAX];
    size_t size;
    if (update->kind == UPDATE_INSERT || update->row_locked)
        return JET_errSuccess;
    cursor_key_of_row(cursor, (Bytes){update->bookmark, update->bookmark_size}, key, &size);
    RETURN_IF_ERROR(txn_lock(txn, TREE_ROWS, (Bytes){key, size}, KEY_LOCK_WRITE));
    if (update->at_level_0)
        RETURN_IF_ERROR(update_check_unchanged(update, txn, (Bytes){key, size}));
    update->row_locked = cursor->session->level > 0;
    return JET_errSuccess;
}

/* --- Preparing ----------------------------------------------------------------- */

static JET_ERR update_draw_autoincrement(Cursor *cursor)
{
    const Column *column = cursor->schema->autoincrement;
    uint8_t bytes[sizeof(uint64_t)];
    uint64_t number;
    uint32_t at;
    Record record;
    if (!column)
        return JET_errSuccess;
    RETURN_IF_ERROR(cursor_draw(cursor, SEQUENCE_AUTOINCREMENT, &number));
    uint32_t size = coltyp_fixed_size(column->coltyp);
    if (number > (size == 4 ? (uint64_t)INT32_MAX : (uint64_t)INT64_MAX))
        return JET_errOutOfAutoincrementValues;
    store_u64(bytes, number);
    RecordBuilder *row = &cursor->update.row;
    RETURN_IF_ERROR(record_open(record_builder_bytes(row), &record));
    if (record_find(&record, column->id, &at) > 0)
        return record_builder_replace(row, at, 0, (Bytes){bytes, size});
    return record_builder_insert(row, at, column->id, 0, (Bytes){bytes, size});
}

/* Another cursor of this session must not have a replace or a move of the same row prepared. */
JET_ERR update_check_session(const Cursor *cursor)
{
    for (const Cursor *other = cursor->session->cursors; other; other = other->next) {
        const Update *update = &other->update;
        if (other != cursor && other->table == cursor->table &&
            (update->kind == UPDATE_REPLACE || update->kind == UPDATE_COPY_DELETE) &&
            update->bookmark_size == cursor->bookmark_size &&
            memcmp(update->bookmark, cursor->bookmark, cursor->bookmark_size) == 0)
            return JET_errSessionWriteConflict;
    }
    return JET_errSuccess;
}

/* Takes the current row as the one to start from. */
static JET_ERR update_take_current(Cursor *cursor, Txn *txn)
{
    Bytes row;
    Record record;
    Update *update = &cursor->update;
    RETURN_IF_ERROR(cursor_read_row(cursor, txn, &row));
    RETURN_IF_ERROR(record_open(row, &record));
    RETURN_IF_ERROR(record_builder_copy(&update->row, row));
    memcpy(update->bookmark, cursor->bookmark, cursor->bookmark_size);
    update->bookmark_size = cursor->bookmark_size;
    update->checksum = row_checksum(row);
    return JET_errSuccess;
}

static JET_ERR update_prepare_replace(Cursor *cursor, Txn *txn, bool lock)
{
    Update *update = &cursor->update;
    uint8_t key[TREE_KEY_MAX];
    size_t size;
    if (cursor->position != POSITION_ON_ENTRY)
        return JET_errNoCurrentRecord;
    RETURN_IF_ERROR(update_check_session(cursor));
    lock = lock && cursor->session->level > 0;
    if (lock) {
        cursor_key_of_row(cursor, (Bytes){cursor->bookmark, cursor->bookmark_size}, key, &size);
        RETURN_IF_ERROR(txn_lock(txn, TREE_ROWS, (Bytes){key, size}, KEY_LOCK_WRITE));
    }
    RETURN_IF_ERROR(update_take_current(cursor, txn));
    update->kind = UPDATE_REPLACE;
    update->row_locked = lock;
    return JET_errSuccess;
}

static JET_ERR update_prepare_copy(Cursor *cursor, Txn *txn, uint32_t prep)
{
    Update *update = &cursor->update;
    uint8_t key[TREE_KEY_MAX];
    size_t size;
    if (cursor->session->level == 0)
        return JET_errNotInTransaction;
    if (cursor->position != POSITION_ON_ENTRY)
        return JET_errNoCurrentRecord;
    if (prep != JET_prepInsertCopy) {
        RETURN_IF_ERROR(update_check_session(cursor));
        cursor_key_of_row(cursor, (Bytes){cursor->bookmark, cursor->bookmark_size}, key, &size);
        RETURN_IF_ERROR(txn_lock(txn, TREE_ROWS, (Bytes){key, size}, KEY_LOCK_WRITE));
    }
    RETURN_IF_ERROR(update_take_current(cursor, txn));
    update->kind = prep == JET_prepInsertCopy ? UPDATE_INSERT : UPDATE_COPY_DELETE;
    if (prep == JET_prepInsertCopy)
        RETURN_IF_ERROR(update_copy_long_values(cursor, txn, false));
    if (prep == JET_prepInsertCopyReplaceOriginal)
        return JET_errSuccess; /* keeps the number: it stays the same row under another key */
    return update_draw_autoincrement(cursor);
}

static JET_ERR update_prepare_insert(Cursor *cursor)
{
    static const uint8_t zero[sizeof(uint32_t)];
    const Column *version = cursor->schema->version_column;
    RecordBuilder *row = &cursor->update.row;
    RETURN_IF_ERROR(record_builder_start(row, cursor->schema));
    if (version) /* counts replaces, from zero */
        RETURN_IF_ERROR(record_builder_insert(row, 0, version->id, 0, (Bytes){zero, sizeof(zero)}));
    cursor->update.kind = UPDATE_INSERT;
    return update_draw_autoincrement(cursor);
}

static JET_ERR update_prepare_in_scope(Cursor *cursor, Txn *txn, uint32_t prep)
{
    /* Outside a transaction a lock would not last; update_apply takes it. */
    if (cursor->session->level > 0) {
        RETURN_IF_ERROR(cursor_prepare_write(cursor, txn));
    } else {
        RETURN_IF_ERROR(cursor_check_writable(cursor));
        RETURN_IF_ERROR(cursor_refresh(cursor, txn));
    }
    switch (prep) {
    case JET_prepInsert:
        return update_prepare_insert(cursor);
    case JET_prepReplace:
    case JET_prepReplaceNoLock:
        return update_prepare_replace(cursor, txn, prep == JET_prepReplace);
    case JET_prepInsertCopy:
    case JET_prepInsertCopyDeleteOriginal:
    case JET_prepInsertCopyReplaceOriginal:
        return update_prepare_copy(cursor, txn, prep);
    default:
        return JET_errInvalidParameter;
    }
}

JET_ERR update_prepare(Cursor *cursor, uint32_t prep)
{
    Scope scope;
    Update *update = &cursor->update;
    if (update->kind != UPDATE_NONE)
        return JET_errAlreadyPrepared;
    update_forget(update);
    update->level = cursor->session->level;
    update->at_level_0 = cursor->session->level == 0;
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    JET_ERR err = scope_end(&scope, update_prepare_in_scope(cursor, scope.txn, prep));
    if (err < 0)
        update_cancel(cursor);
    return err;
}
