/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * update-apply.c - writing a prepared row, deleting, locking and escrow.
 *
 * A failed update or delete leaves a row prepared, and the tables and the locks as they were.
 *
 * Fails with JET_errUpdateNotPrepared, JET_errKeyDuplicate, JET_errWriteConflict,
 * JET_errRecordPrimaryChanged, JET_errNullInvalid, JET_errNullKeyDisallowed, JET_errRecordDeleted.
 */
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/index-entry.h"
#include "mailstore/ese/long-value.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/update.h"
#include "mailstore/ese/value.h"

typedef struct {
    uint8_t data[TREE_KEY_MAX];
    size_t size;
} RowKey;

static Bytes row_key_view(const RowKey *key)
{
    return (Bytes){key->data, key->size};
}

static Bytes row_key_bookmark(const RowKey *key)
{
    return (Bytes){key->data + 4, key->size - 4};
}

static RowKey row_key_of(const Cursor *cursor, Bytes bookmark)
{
    RowKey key;
    cursor_key_of_row(cursor, bookmark, key.data, &key.size);
    return key;
}

static const Bytes no_bytes = {NULL, 0};

/* --- Checks -------------------------------------------------------------------- */

static JET_ERR row_check_not_null(const Schema *schema, const Record *record)
{
    for (uint32_t i = 0; i < schema->n_fixed + schema->n_variable; i++) {
        const Column *column = &schema->columns[i];
        Value value;
        if (!(column->grbit & JET_bitColumnNotNULL))
            continue;
        RETURN_IF_ERROR(value_read(record, column, 1, &value));
        if (value.is_null)
            return JET_errNullInvalid;
    }
    return JET_errSuccess;
}

/* The key of the row being made; a table without a primary index counts its rows. */
static JET_ERR row_make_key(Cursor *cursor, Txn *txn, Bytes row, RowKey *ret)
{
    const Index *primary = cursor->schema->primary;
    Key key;
    JET_ERR state;
    if (!primary) {
        uint8_t bookmark[sizeof(uint64_t)];
        uint64_t number;
        RETURN_IF_ERROR(cursor_draw(cursor, SEQUENCE_ROW, &number));
        store_key_u64(bookmark, number);
        *ret = row_key_of(cursor, (Bytes){bookmark, sizeof(bookmark)});
        return JET_errSuccess;
    }
    RETURN_IF_ERROR(index_entry_key(primary, cursor->schema, txn, row, 1, &key, &state));
    *ret = row_key_of(cursor, key_bytes(&key));
    return JET_errSuccess;
}

static JET_ERR update_check_row(const Cursor *cursor, Bytes row)
{
    Record record;
    RETURN_IF_ERROR(record_open(row, &record));
    /* An escrow column came to the empty table after this row was prepared. */
    if (record.escrow_size != cursor->schema->escrow_size)
        return JET_errWriteConflict;
    return row_check_not_null(cursor->schema, &record);
}

/* --- Long values --------------------------------------------------------------- */

/* Deletes the long values of `old` that `new` (or, NULL, nobody) no longer has. */
static JET_ERR long_values_release(Cursor *cursor, Txn *txn, const Record *old, const Record *new)
{
    for (uint32_t at = 0; at < old->n_entries; at++) {
        RecordEntry entry;
        RecordReference reference;
        RETURN_IF_ERROR(record_entry(old, at, &entry));
        if (!(entry.flags & RECORD_SEPARATED))
            continue;
        RETURN_IF_ERROR(record_reference(&entry, &reference));
        if (!new || !record_refers_to(new, reference.number))
            RETURN_IF_ERROR(long_value_delete(txn, cursor->table->object_id, reference.number));
    }
    return JET_errSuccess;
}

/* --- Insert -------------------------------------------------------------------- */

static JET_ERR apply_insert(Cursor *cursor, Txn *txn, RowKey *ret_key)
{
    Bytes row = record_builder_bytes(&cursor->update.row);
    RETURN_IF_ERROR(update_check_row(cursor, row));
    RETURN_IF_ERROR(row_make_key(cursor, txn, row, ret_key));
    RETURN_IF_ERROR(txn_insert(txn, TREE_ROWS, row_key_view(ret_key), row));
    return index_entries_update(cursor->schema, txn, no_bytes, no_bytes, row,
                                row_key_bookmark(ret_key));
}

/* --- Replace ------------------------------------------------------------------- */

/* A copy of the row as it is now; it must be the one that was prepared from. */
static JET_ERR update_take_old_row(Cursor *cursor, Txn *txn, const RowKey *key, Record *ret)
{
    Update *update = &cursor->update;
    Bytes row, bookmark = {cursor->bookmark, cursor->bookmark_size};
    bool current = cursor->position == POSITION_ON_ENTRY &&
                   bytes_compare(bookmark, row_key_bookmark(key)) == 0;
    JET_ERR err = current ? cursor_read_row(cursor, txn, &row)
                          : txn_get(txn, TREE_ROWS, row_key_view(key), &row);
    if (err == JET_errRecordNotFound)
        return JET_errRecordDeleted;
    RETURN_IF_ERROR(err);
    RETURN_IF_ERROR(record_builder_copy(&update->old_row, row));
    RETURN_IF_ERROR(record_open(record_builder_bytes(&update->old_row), ret));
    return row_checksum(row) == update->checksum ? JET_errSuccess : JET_errWriteConflict;
}

/* One more than the row has, however often this update is tried. */
static JET_ERR update_bump_version(Cursor *cursor, const Record *old)
{
    const Column *column = cursor->schema->version_column;
    RecordBuilder *row = &cursor->update.row;
    Record record;
    Value value;
    uint32_t at;
    uint8_t bytes[sizeof(uint32_t)];
    if (!column)
        return JET_errSuccess;
    RETURN_IF_ERROR(record_open(record_builder_bytes(row), &record));
    RETURN_IF_ERROR(value_read(old, column, 1, &value));
    store_u32(bytes, (value.is_null ? 0 : load_u32(value.bytes.data)) + 1);
    if (record_find(&record, column->id, &at) > 0)
        return record_builder_replace(row, at, 0, (Bytes){bytes, sizeof(bytes)});
    return record_builder_insert(row, at, column->id, 0, (Bytes){bytes, sizeof(bytes)});
}

/* Escrow values as they are now, whatever they were when the row was prepared. */
static void update_keep_escrow(Cursor *cursor, const Record *old)
{
    RecordBuilder *row = &cursor->update.row;
    if (old->escrow_size > 0 && row->size >= RECORD_HEADER + (size_t)old->escrow_size)
        memcpy(row->data + RECORD_HEADER, old->data + RECORD_HEADER, old->escrow_size);
}

static JET_ERR apply_put(Cursor *cursor, Txn *txn, const RowKey *key, const Record *old)
{
    Bytes row = record_builder_bytes(&cursor->update.row);
    Bytes old_row = {old->data, old->size}, bookmark = row_key_bookmark(key);
    Record new;
    RETURN_IF_ERROR(record_open(row, &new));
    RETURN_IF_ERROR(index_entries_update(cursor->schema, txn, old_row, bookmark, row, bookmark));
    RETURN_IF_ERROR(txn_put(txn, TREE_ROWS, row_key_view(key), row));
    return long_values_release(cursor, txn, old, &new);
}

static JET_ERR apply_replace(Cursor *cursor, Txn *txn, RowKey *ret_key)
{
    Update *update = &cursor->update;
    RowKey new_key;
    Record old;
    *ret_key = row_key_of(cursor, (Bytes){update->bookmark, update->bookmark_size});
    if (!update->row_locked)
        RETURN_IF_ERROR(txn_lock(txn, TREE_ROWS, row_key_view(ret_key), KEY_LOCK_WRITE));
    JET_ERR err = update_take_old_row(cursor, txn, ret_key, &old);
    /* Under the lock only this session's own escrow deltas can have changed the row. */
    if (err != JET_errWriteConflict || !update->row_locked)
        RETURN_IF_ERROR(err);
    update_keep_escrow(cursor, &old);
    RETURN_IF_ERROR(update_check_row(cursor, record_builder_bytes(&update->row)));
    if (cursor->schema->primary) {
        RETURN_IF_ERROR(row_make_key(cursor, txn, record_builder_bytes(&update->row), &new_key));
        if (bytes_compare(row_key_view(&new_key), row_key_view(ret_key)) != 0)
            return JET_errRecordPrimaryChanged;
    }
    RETURN_IF_ERROR(update_bump_version(cursor, &old));
    return apply_put(cursor, txn, ret_key, &old);
}

/* --- Insert a copy, delete the original ---------------------------------------- */

static JET_ERR apply_move(Cursor *cursor, Txn *txn, const RowKey *from, const RowKey *to,
                          const Record *old)
{
    Bytes row = record_builder_bytes(&cursor->update.row);
    Bytes old_row = {old->data, old->size};
    Record new;
    RETURN_IF_ERROR(record_open(row, &new));
    RETURN_IF_ERROR(txn_insert(txn, TREE_ROWS, row_key_view(to), row));
    RETURN_IF_ERROR(index_entries_update(cursor->schema, txn, old_row, row_key_bookmark(from), row,
                                         row_key_bookmark(to)));
    RETURN_IF_ERROR(txn_delete(txn, TREE_ROWS, row_key_view(from)));
    return long_values_release(cursor, txn, old, &new);
}

static JET_ERR apply_copy_delete(Cursor *cursor, Txn *txn, RowKey *ret_key)
{
    Update *update = &cursor->update;
    RowKey from = row_key_of(cursor, (Bytes){update->bookmark, update->bookmark_size});
    Bytes row = record_builder_bytes(&update->row);
    Record old;
    RETURN_IF_ERROR(txn_lock(txn, TREE_ROWS, row_key_view(&from), KEY_LOCK_WRITE));
    RETURN_IF_ERROR(update_take_old_row(cursor, txn, &from, &old));
    RETURN_IF_ERROR(update_check_row(cursor, row));
    RETURN_IF_ERROR(row_make_key(cursor, txn, row, ret_key));
    if (bytes_compare(row_key_view(&from), row_key_view(ret_key)) == 0)
        return apply_put(cursor, txn, ret_key, &old);
    return apply_move(cursor, txn, &from, ret_key, &old);
}

/* --- Entry points of the file -------------------------------------------------- */

static JET_ERR apply_kept_or_undone(Txn *txn, JET_ERR err)
{
    if (err < 0)
        txn_undo(txn);
    else
        txn_keep(txn);
    return err;
}

static JET_ERR apply_row(Cursor *cursor, Txn *txn, RowKey *ret_key)
{
    switch (cursor->update.kind) {
    case UPDATE_INSERT:
        return apply_insert(cursor, txn, ret_key);
    case UPDATE_REPLACE:
        return apply_replace(cursor, txn, ret_key);
    default:
        return apply_copy_delete(cursor, txn, ret_key);
    }
}

static JET_ERR update_apply_in_scope(Cursor *cursor, Txn *txn, RowKey *ret_key)
{
    RETURN_IF_ERROR(cursor_prepare_write(cursor, txn));
    txn_save(txn);
    JET_ERR err = apply_row(cursor, txn, ret_key);
    if (err >= 0)
        err = update_settle_long_values(cursor, txn, true);
    return apply_kept_or_undone(txn, err);
}

JET_ERR update_apply(Cursor *cursor, void *bookmark, uint32_t size, uint32_t *ret_actual,
                     JET_GRBIT grbit)
{
    Scope scope;
    RowKey key;
    Update *update = &cursor->update;
    if (grbit & ~JET_bitUpdateCheckESE97Compatibility)
        return grbit == 2 ? JET_errUpdateMustVersion : JET_errInvalidGrbit;
    if (update->kind == UPDATE_NONE)
        return JET_errUpdateNotPrepared;
    RETURN_IF_ERROR(cursor_scope(cursor, true, &scope));
    JET_ERR err = update_apply_in_scope(cursor, scope.txn, &key);
    if (err == JET_errKeyDuplicate && cursor->temporary &&
        temporary_drops_duplicates(cursor->temporary))
        err = JET_errSuccess;
    cursor->session->epoch++;
    RETURN_IF_ERROR(scope_end(&scope, err));
    bytes_return(row_key_bookmark(&key), bookmark, size, ret_actual);
    update->kind = UPDATE_NONE;
    update->n_long_values = 0;
    return JET_errSuccess;
}

static JET_ERR cursor_lock_row(Cursor *cursor, Txn *txn, LockKind kind, RowKey *ret_key)
{
    Bytes row;
    if (cursor->position != POSITION_ON_ENTRY)
        return JET_errNoCurrentRecord;
    *ret_key = row_key_of(cursor, (Bytes){cursor->bookmark, cursor->bookmark_size});
    RETURN_IF_ERROR(txn_lock(txn, TREE_ROWS, row_key_view(ret_key), kind));
    return cursor_read_row(cursor, txn, &row);
}

static JET_ERR apply_delete(Cursor *cursor, Txn *txn)
{
    RowKey key;
    Record old;
    Update *update = &cursor->update;
    RETURN_IF_ERROR(cursor_lock_row(cursor, txn, KEY_LOCK_WRITE, &key));
    RETURN_IF_ERROR(record_builder_copy(&update->old_row, cursor->row));
    RETURN_IF_ERROR(record_open(record_builder_bytes(&update->old_row), &old));
    Bytes row = {old.data, old.size};
    RETURN_IF_ERROR(
        index_entries_update(cursor->schema, txn, row, row_key_bookmark(&key), no_bytes, no_bytes));
    RETURN_IF_ERROR(txn_delete(txn, TREE_ROWS, row_key_view(&key)));
    return long_values_release(cursor, txn, &old, NULL);
}

JET_ERR update_delete(Cursor *cursor)
{
    Scope scope;
    update_cancel(cursor);
    if (cursor->position != POSITION_ON_ENTRY)
        return JET_errNoCurrentRecord;
    RETURN_IF_ERROR(update_check_session(cursor));
    RETURN_IF_ERROR(cursor_scope(cursor, true, &scope));
    JET_ERR err = cursor_prepare_write(cursor, scope.txn);
    if (err >= 0) {
        txn_save(scope.txn);
        err = apply_kept_or_undone(scope.txn, apply_delete(cursor, scope.txn));
    }
    cursor->session->epoch++;
    return scope_end(&scope, err);
}

JET_ERR update_lock(Cursor *cursor, JET_GRBIT grbit)
{
    RowKey key;
    if (cursor->session->level == 0)
        return JET_errNotInTransaction;
    if (grbit != JET_bitReadLock && grbit != JET_bitWriteLock)
        return JET_errInvalidGrbit;
    if (grbit == JET_bitWriteLock)
        RETURN_IF_ERROR(cursor_check_writable(cursor));
    return cursor_lock_row(cursor, cursor->database->txn,
                           grbit == JET_bitReadLock ? KEY_LOCK_READ : KEY_LOCK_WRITE, &key);
}

static JET_ERR escrow_check(Cursor *cursor, const Column *column, const void *data, uint32_t size,
                            JET_GRBIT grbit)
{
    if (grbit & ~JET_bitEscrowNoRollback)
        return JET_errInvalidGrbit;
    if (grbit)
        return JET_errFeatureNotAvailable;
    if (cursor->session->level == 0)
        return JET_errNotInTransaction;
    if (!column)
        return JET_errColumnNotFound;
    if (cursor->update.kind != UPDATE_NONE)
        return JET_errAlreadyPrepared;
    if (!data || size != column->max_size)
        return JET_errInvalidBufferSize;
    return column->grbit & JET_bitColumnEscrowUpdate ? JET_errSuccess : JET_errInvalidOperation;
}

JET_ERR update_escrow(Cursor *cursor, JET_COLUMNID column_id, const void *data, uint32_t size,
                      void *old, uint32_t old_size, uint32_t *ret_old_actual, JET_GRBIT grbit)
{
    const Column *column = schema_find_column(cursor->schema, column_id);
    Txn *txn = cursor->database->txn;
    int64_t before;
    uint8_t bytes[sizeof(int64_t)];
    RETURN_IF_ERROR(escrow_check(cursor, column, data, size, grbit));
    if (old && old_size != 0 && old_size < size)
        return JET_errInvalidBufferSize;
    RETURN_IF_ERROR(cursor_prepare_write(cursor, txn));
    if (cursor->position != POSITION_ON_ENTRY)
        return JET_errNoCurrentRecord;
    RowKey key = row_key_of(cursor, (Bytes){cursor->bookmark, cursor->bookmark_size});
    int64_t delta = size == 4 ? (int32_t)load_u32(data) : (int64_t)load_u64(data);
    JET_ERR err = txn_escrow(txn, TREE_ROWS, row_key_view(&key), record_escrow_offset(column), size,
                             delta, &before);
    cursor->session->epoch++;
    if (err == JET_errRecordNotFound)
        return JET_errRecordDeleted;
    RETURN_IF_ERROR(err);
    store_u64(bytes, (uint64_t)before);
    bytes_return((Bytes){bytes, size}, old, old_size, ret_old_actual);
    return JET_errSuccess;
}
