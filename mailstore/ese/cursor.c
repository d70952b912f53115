/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursor.c - opening, duplicating and closing cursors, and keeping their definition current.
 *
 * Fails with JET_errInvalidTableId, JET_errSesidTableIdMismatch, JET_errObjectNotFound,
 * JET_errOutOfCursors, JET_errTableLocked, JET_errTableInUse.
 */
#include "mailstore/ese/cursor.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/callback.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/handle.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/update.h"

JET_ERR cursor_find_entered(Session *session, JET_TABLEID tableid, Cursor **ret)
{
    /* Only this session closes its cursors, and this thread has the session: once the owner is
     * known to be right, the object stays. */
    uintptr_t owner;
    Cursor *cursor = handle_peek_owned(tableid, HANDLE_CURSOR, &owner);
    if (owner != atomic_load_explicit(&session->handle, memory_order_relaxed))
        return owner ? JET_errSesidTableIdMismatch : JET_errInvalidTableId;
    *ret = cursor;
    return JET_errSuccess;
}

/* The session is entered; it is left on an error. */
static JET_ERR cursor_find_or_leave(Session *session, JET_TABLEID tableid, Cursor **ret)
{
    JET_ERR err = cursor_find_entered(session, tableid, ret);
    return err < 0 ? session_leave(session, err) : err;
}

JET_ERR cursor_enter(JET_SESID sesid, JET_TABLEID tableid, Cursor **ret)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return cursor_find_or_leave(session, tableid, ret);
}

JET_ERR cursor_enter_to_close(JET_SESID sesid, JET_TABLEID tableid, Cursor **ret)
{
    Session *session;
    RETURN_IF_ERROR(session_enter_to_end(sesid, &session));
    return cursor_find_or_leave(session, tableid, ret);
}

JET_ERR cursor_enter_for(JET_SESID sesid, JET_TABLEID tableid, CursorUse use, Cursor **ret)
{
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, ret));
    JET_ERR err = (*ret)->temporary ? temporary_check((*ret)->temporary, use) : JET_errSuccess;
    return err < 0 ? cursor_leave(*ret, err) : err;
}

JET_ERR cursor_enter_stored(JET_SESID sesid, JET_TABLEID tableid, Cursor **ret)
{
    return cursor_enter_for(sesid, tableid, CURSOR_NEEDS_STORED, ret);
}

JET_ERR cursor_leave(Cursor *cursor, JET_ERR err)
{
    return session_leave(cursor->session, err);
}

/* --- Who may open what --------------------------------------------------------- */

static unsigned session_count_cursors(const Session *session, const Table *table)
{
    unsigned count = 0;
    for (const Cursor *cursor = session->cursors; cursor; cursor = cursor->next)
        count += cursor->table == table;
    return count;
}

/* Under the database's lock. */
static JET_ERR table_check_access(const Table *table, const Session *session, JET_GRBIT grbit)
{
    bool writes = !(grbit & JET_bitTableReadOnly);
    if (table->n_deny_read > 0 && table->deny_read != session)
        return JET_errTableLocked;
    if (writes && table->n_deny_write > 0 && table->deny_write != session)
        return JET_errTableLocked;
    if ((grbit & (JET_bitTableDenyRead | JET_bitTableDenyWrite)) &&
        table->n_cursors > session_count_cursors(session, table))
        return JET_errTableInUse;
    return JET_errSuccess;
}

static JET_ERR cursor_take_table(Cursor *cursor, JET_GRBIT grbit)
{
    Table *table = cursor->table;
    Database *database = cursor->database->database;
    pthread_mutex_lock(&database->lock);
    JET_ERR err = table_check_access(table, cursor->session, grbit);
    if (err >= 0) {
        table->n_cursors++;
        if (grbit & JET_bitTableDenyRead) {
            table->deny_read = cursor->session;
            table->n_deny_read++;
        }
        if (grbit & JET_bitTableDenyWrite) {
            table->deny_write = cursor->session;
            table->n_deny_write++;
        }
        cursor->grbit = grbit;
    }
    pthread_mutex_unlock(&database->lock);
    return err;
}

static void cursor_give_table(Cursor *cursor)
{
    Table *table = cursor->table;
    Database *database = cursor->database->database;
    pthread_mutex_lock(&database->lock);
    table->n_cursors--;
    if (cursor->grbit & JET_bitTableDenyRead)
        table->n_deny_read--;
    if (cursor->grbit & JET_bitTableDenyWrite)
        table->n_deny_write--;
    pthread_mutex_unlock(&database->lock);
}

/* --- Opening ------------------------------------------------------------------- */

static void cursor_free(Cursor *cursor)
{
    tree_cursor_free(cursor->rows);
    tree_cursor_free(cursor->entries);
    record_builder_clear(&cursor->update.row);
    record_builder_clear(&cursor->update.old_row);
    free(cursor->update.long_values);
    schema_unref(cursor->schema);
    temporary_unref(cursor->temporary);
    cursor_filter_free(cursor->filter);
    atomic_fetch_sub_explicit(&cursor->session->instance->n_cursors, 1, memory_order_relaxed);
    free(cursor);
}

static JET_ERR cursor_allocate(Session *session, SessionDatabase *database, Cursor **ret)
{
    Instance *instance = session->instance;
    uint32_t count = atomic_fetch_add_explicit(&instance->n_cursors, 1, memory_order_relaxed);
    Cursor *cursor = count < instance->cursors_max ? fault_calloc(1, sizeof(*cursor)) : NULL;
    if (!cursor) {
        atomic_fetch_sub_explicit(&instance->n_cursors, 1, memory_order_relaxed);
        return count < instance->cursors_max ? JET_errOutOfMemory : JET_errOutOfCursors;
    }
    cursor->session = session;
    cursor->database = database;
    *ret = cursor;
    return JET_errSuccess;
}

static void cursor_link(Cursor *cursor)
{
    Session *session = cursor->session;
    cursor->open_level = session->level;
    cursor->next = session->cursors;
    if (cursor->next)
        cursor->next->previous = cursor;
    session->cursors = cursor;
}

static JET_ERR cursor_take_schema(Cursor *cursor, Txn *txn)
{
    uint64_t version;
    RETURN_IF_ERROR(catalog_read_version(txn, cursor->table->object_id, &version));
    return database_schema(cursor->database->database, cursor->table, txn, version,
                           &cursor->schema);
}

JET_ERR cursor_open_object(Session *session, SessionDatabase *database, Txn *txn,
                           uint32_t object_id, JET_GRBIT grbit, Cursor **ret)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_allocate(session, database, &cursor));
    JET_ERR err = database_table(database->database, object_id, &cursor->table);
    if (err >= 0)
        err = cursor_take_schema(cursor, txn);
    if (err >= 0)
        err = tree_cursor_new(txn, TREE_ROWS, &cursor->rows);
    if (err >= 0)
        err = handle_new(HANDLE_CURSOR, cursor, atomic_load(&session->handle), &cursor->handle);
    if (err >= 0)
        err = cursor_take_table(cursor, grbit);
    if (err < 0) {
        handle_free(cursor->handle, HANDLE_CURSOR);
        cursor_free(cursor);
        return err;
    }
    cursor_link(cursor);
    *ret = cursor;
    return JET_errSuccess;
}

/* For the program: the cursor lies on the first row. */
static JET_ERR cursor_open_first(Session *session, SessionDatabase *database, Txn *txn,
                                 uint32_t object_id, JET_GRBIT grbit, Cursor **ret)
{
    RETURN_IF_ERROR(cursor_open_object(session, database, txn, object_id, grbit, ret));
    JET_ERR err = cursor_stand_first(*ret);
    if (err < 0)
        cursor_close(*ret);
    return err;
}

JET_ERR cursor_open(Session *session, JET_DBID dbid, const char *name, JET_GRBIT grbit,
                    JET_TABLEID *ret)
{
    SessionDatabase *database;
    Cursor *cursor;
    Scope scope;
    uint32_t object_id;
    if (!ret)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(session_find_database(session, dbid, &database));
    RETURN_IF_ERROR(name_check(name));
    RETURN_IF_ERROR(scope_begin(session, database, false, &scope));
    JET_ERR err = catalog_find_table(scope.txn, name, &object_id);
    if (err >= 0)
        err = cursor_open_first(session, database, scope.txn, object_id, grbit, &cursor);
    err = scope_end(&scope, err);
    if (err >= 0)
        *ret = cursor->handle;
    return err;
}

JET_ERR cursor_open_temporary(TemporaryTable *table, JET_GRBIT grbit, JET_TABLEID *ret)
{
    Session *session = table->session;
    Txn *txn = table->database.txn;
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_allocate(session, &table->database, &cursor));
    cursor->temporary = temporary_ref(table);
    cursor->table = &table->table;
    cursor->schema = schema_ref(table->schema);
    cursor->grbit = grbit;
    cursor->index = temporary_order(table);
    JET_ERR err = tree_cursor_new(txn, TREE_ROWS, &cursor->rows);
    if (err >= 0 && cursor->index)
        err = tree_cursor_new(txn, TREE_INDEX, &cursor->entries);
    if (err >= 0)
        err = handle_new(HANDLE_CURSOR, cursor, atomic_load(&session->handle), &cursor->handle);
    if (err < 0) {
        cursor_free(cursor);
        return err;
    }
    cursor_link(cursor);
    cursor->index_level = cursor->open_level;
    *ret = cursor->handle;
    return JET_errSuccess;
}

JET_ERR cursor_dup(Cursor *cursor, JET_TABLEID *ret)
{
    Scope scope;
    Cursor *copy;
    if (!ret)
        return JET_errInvalidParameter;
    if (cursor->temporary)
        return cursor_open_temporary(cursor->temporary, cursor->grbit, ret);
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    JET_ERR err = cursor_open_first(cursor->session, cursor->database, scope.txn,
                                    cursor->table->object_id, cursor->grbit, &copy);
    err = scope_end(&scope, err);
    if (err >= 0)
        *ret = copy->handle;
    return err;
}

void cursor_close(Cursor *cursor)
{
    Session *session = cursor->session;
    update_cancel(cursor);
    local_storage_free_cursor(cursor);
    handle_free(cursor->handle, HANDLE_CURSOR);
    if (cursor->previous)
        cursor->previous->next = cursor->next;
    else
        session->cursors = cursor->next;
    if (cursor->next)
        cursor->next->previous = cursor->previous;
    if (!cursor->temporary)
        cursor_give_table(cursor);
    cursor_free(cursor);
}

/* --- Definition ---------------------------------------------------------------- */

JET_ERR cursor_scope(Cursor *cursor, bool writes, Scope *ret)
{
    Txn *txn = cursor->database->txn;
    if (!cursor->temporary)
        return scope_begin(cursor->session, cursor->database, writes, ret);
    /* It may be at level 0 inside a transaction, too, and then keeps what each call writes. */
    *ret = (Scope){cursor->session, cursor->database, txn, txn_level(txn) == 0, true};
    if (!ret->own)
        return JET_errSuccess;
    cursor->session->epoch++;
    return txn_begin(txn, false);
}

JET_ERR cursor_draw(Cursor *cursor, CatalogSequence sequence, uint64_t *ret)
{
    if (!cursor->temporary)
        return catalog_draw(cursor->database->database->store, cursor->table->object_id, sequence,
                            ret);
    *ret = temporary_draw(cursor->temporary, sequence);
    return JET_errSuccess;
}

void cursor_end_filling(Cursor *cursor)
{
    TemporaryTable *table = cursor->temporary;
    if (!table || table->state != TEMPORARY_INSERTING)
        return;
    update_cancel(cursor);
    table->state = table->grbit & JET_bitTTUpdatable ? TEMPORARY_MATERIALIZED : TEMPORARY_READING;
}

static const Index *schema_find_index_by_object(const Schema *schema, uint32_t object_id)
{
    for (uint32_t i = 0; i < schema->n_indexes; i++)
        if (schema->indexes[i].object_id == object_id)
            return &schema->indexes[i];
    return NULL;
}

JET_ERR cursor_refresh(Cursor *cursor, Txn *txn)
{
    uint64_t version;
    Schema *schema;
    if (cursor->temporary)
        return JET_errSuccess;
    RETURN_IF_ERROR(catalog_read_version(txn, cursor->table->object_id, &version));
    if (version == cursor->schema->version)
        return JET_errSuccess;
    RETURN_IF_ERROR(
        database_schema(cursor->database->database, cursor->table, txn, version, &schema));
    if (cursor->index) {
        cursor->index = schema_find_index_by_object(schema, cursor->index->object_id);
        if (!cursor->index) { /* deleted: its keys mean nothing in the primary one */
            cursor_park(cursor, POSITION_BEFORE_FIRST);
            cursor->search_made = cursor->search_complete = false;
        }
    }
    schema_unref(cursor->schema);
    cursor->schema = schema;
    return JET_errSuccess;
}

JET_ERR cursor_refresh_now(Cursor *cursor)
{
    Scope scope;
    if (cursor->temporary)
        return JET_errSuccess;
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope, cursor_refresh(cursor, scope.txn));
}

JET_ERR cursor_check_writable(const Cursor *cursor)
{
    if (cursor->temporary)
        return JET_errSuccess;
    if (cursor->session->level > 0 && cursor->session->read_only)
        return JET_errTransReadOnly;
    if (cursor->database->read_only || (cursor->grbit & JET_bitTableReadOnly))
        return JET_errPermissionDenied;
    return JET_errSuccess;
}

JET_ERR cursor_prepare_write(Cursor *cursor, Txn *txn)
{
    Session *session = cursor->session;
    if (cursor->temporary || cursor->locked_transaction == session->transaction)
        return JET_errSuccess;
    RETURN_IF_ERROR(cursor_check_writable(cursor));
    RETURN_IF_ERROR(catalog_lock(txn, cursor->table->object_id, KEY_LOCK_USE));
    RETURN_IF_ERROR(cursor_refresh(cursor, txn));
    cursor->locked_transaction = session->transaction;
    return JET_errSuccess;
}

/* --- Levels -------------------------------------------------------------------- */

JET_ERR cursors_note_long_values(Session *session, bool unlocks)
{
    for (Cursor *cursor = session->cursors; cursor; cursor = cursor->next)
        RETURN_IF_ERROR(update_note_long_values(cursor, unlocks));
    return JET_errSuccess;
}

void cursors_after_commit(Session *session, unsigned level)
{
    for (Cursor *cursor = session->cursors; cursor; cursor = cursor->next) {
        if (cursor->open_level == level)
            cursor->open_level--;
        if (cursor->index_level == level)
            cursor->index_level--;
        update_after_commit(cursor, level);
    }
}

static void cursor_after_rollback(Cursor *cursor, unsigned level)
{
    update_after_rollback(cursor, level);
    if (cursor->index_level >= level) {
        cursor->index_level = 0;
        if (cursor->index)
            cursor_set_index(cursor, NULL, JET_bitMoveFirst, 1);
    }
    if (cursor->session->changed_definitions) {
        Scope scope;
        cursor->locked_transaction = 0;
        if (cursor_scope(cursor, false, &scope) >= 0)
            scope_end(&scope, cursor_refresh(cursor, scope.txn));
    }
}

void cursors_after_rollback(Session *session, unsigned level)
{
    for (Cursor *cursor = session->cursors, *next; cursor; cursor = next) {
        next = cursor->next;
        if (cursor->open_level >= level) {
            cursor_close(cursor);
            continue;
        }
        cursor_after_rollback(cursor, level);
    }
}

/* --- Rows ---------------------------------------------------------------------- */

void cursor_key_of_row(const Cursor *cursor, Bytes bookmark, uint8_t out[TREE_KEY_MAX],
                       size_t *ret_size)
{
    INVARIANT(bookmark.size <= TREE_KEY_MAX - 4);
    store_key_u32(out, cursor->table->object_id);
    memcpy(out + 4, bookmark.data, bookmark.size);
    *ret_size = 4 + bookmark.size;
}

JET_ERR cursor_read_row(Cursor *cursor, Txn *txn, Bytes *ret)
{
    uint8_t key[TREE_KEY_MAX];
    size_t size;
    Bytes bookmark = {cursor->bookmark, cursor->bookmark_size};
    if (cursor->position != POSITION_ON_ENTRY)
        return JET_errNoCurrentRecord;
    bool present = cursor->row_epoch == cursor->session->epoch;
    if (!present || !cursor->row_verified) {
        cursor_key_of_row(cursor, bookmark, key, &size);
        JET_ERR err = present ? txn_verify(txn, (Bytes){key, size}, cursor->row)
                              : txn_get(txn, TREE_ROWS, (Bytes){key, size}, &cursor->row);
        if (err == JET_errRecordNotFound)
            return JET_errRecordDeleted;
        RETURN_IF_ERROR(err);
        cursor->row_epoch = cursor->session->epoch;
        cursor->row_verified = true;
    }
    *ret = cursor->row;
    return JET_errSuccess;
}

JET_ERR bytes_return(Bytes from, void *data, uint32_t size, uint32_t *ret_actual)
{
    size_t n = from.size < size ? from.size : size;
    if (n > 0 && data)
        memcpy(data, from.data, n);
    if (ret_actual)
        *ret_actual = (uint32_t)from.size;
    return from.size > size ? JET_errBufferTooSmall : JET_errSuccess;
}
