/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * callback.c - functions of the program that the engine calls.
 *
 * Those for changes of rows belong to a table and are called on the thread that makes the change.
 * They are copied before they are called: one that registers or unregisters others changes the
 * next change of a row. None of our locks is held meanwhile.
 *
 * Local storage is a number that the program keeps with a cursor or a table; the engine only says
 * when it is time to free what it stands for. A table's is freed when its database is detached.
 */
#include "mailstore/ese/callback.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/handle.h"
#include "mailstore/ese/result.h"

enum {
    CHANGE_TYPES = JET_cbtypBeforeInsert | JET_cbtypAfterInsert | JET_cbtypBeforeReplace |
                   JET_cbtypAfterReplace | JET_cbtypBeforeDelete | JET_cbtypAfterDelete,
    KNOWN_TYPES = CHANGE_TYPES | JET_cbtypFinalize | JET_cbtypUserDefinedDefaultValue |
                  JET_cbtypOnlineDefragCompleted | JET_cbtypFreeCursorLS | JET_cbtypFreeTableLS,
    LS_BITS = JET_bitLSReset | JET_bitLSCursor | JET_bitLSTable,
};

struct TableCallback {
    JET_HANDLE id;
    JET_CBTYP types;
    JET_CALLBACK function;
    void *context;
    TableCallback *next;
};

/* --- Changes of rows -------------------------------------------------------------- */

JET_ERR callback_register(Cursor *cursor, JET_CBTYP types, JET_CALLBACK function, void *context,
                          JET_HANDLE *ret)
{
    Table *table = cursor->table;
    Database *database = cursor->database->database;
    if (types == JET_cbtypNull || (types & ~(JET_CBTYP)KNOWN_TYPES) || !function || !ret)
        return JET_errInvalidParameter;
    TableCallback *callback = fault_calloc(1, sizeof(*callback));
    if (!callback)
        return JET_errOutOfMemory;
    *callback = (TableCallback){.types = types, .function = function, .context = context};
    JET_ERR err = handle_new(HANDLE_CALLBACK, callback, 0, &callback->id);
    if (err < 0) {
        free(callback);
        return err;
    }
    *ret = callback->id;
    pthread_mutex_lock(&database->lock);
    TableCallback **last = &table->callbacks; /* called in the order they came */
    while (*last)
        last = &(*last)->next;
    *last = callback;
    atomic_fetch_add(&table->n_callbacks, 1);
    pthread_mutex_unlock(&database->lock);
    return JET_errSuccess;
}

static void callback_free(TableCallback *callback)
{
    handle_free(callback->id, HANDLE_CALLBACK);
    free(callback);
}

JET_ERR callback_unregister(Cursor *cursor, JET_CBTYP types, JET_HANDLE id)
{
    Table *table = cursor->table;
    Database *database = cursor->database->database;
    if (types == JET_cbtypNull)
        return JET_errInvalidParameter;
    pthread_mutex_lock(&database->lock);
    TableCallback **at = &table->callbacks, *found, *gone = NULL;
    while (*at && (*at)->id != id)
        at = &(*at)->next;
    found = *at && ((*at)->types & types) ? *at : NULL;
    if (found) {
        found->types &= ~types;
        if (found->types == 0) {
            gone = found;
            *at = gone->next;
            atomic_fetch_sub(&table->n_callbacks, 1);
        }
    }
    pthread_mutex_unlock(&database->lock);
    if (gone)
        callback_free(gone);
    return found ? JET_errSuccess : JET_wrnCallbackNotRegistered;
}

void callbacks_free(Table *table)
{
    while (table->callbacks) {
        TableCallback *callback = table->callbacks;
        table->callbacks = callback->next;
        callback_free(callback);
    }
}

/* Copies of those that want this type; the caller frees. */
static JET_ERR callbacks_copy(const Cursor *cursor, JET_CBTYP type, TableCallback **ret,
                              uint32_t *ret_count)
{
    Database *database = cursor->database->database;
    uint32_t n = 0;
    pthread_mutex_lock(&database->lock);
    size_t room = atomic_load(&cursor->table->n_callbacks);
    TableCallback *copies = room > 0 ? fault_malloc(room * sizeof(*copies)) : NULL;
    for (TableCallback *each = cursor->table->callbacks; each && copies; each = each->next)
        if (each->types & type)
            copies[n++] = *each;
    pthread_mutex_unlock(&database->lock);
    if (room > 0 && !copies)
        return JET_errOutOfMemory;
    *ret = copies;
    *ret_count = n;
    return JET_errSuccess;
}

JET_ERR callbacks_run(Cursor **cursor, JET_CBTYP type)
{
    TableCallback *copies;
    uint32_t n;
    if ((*cursor)->temporary ||
        atomic_load_explicit(&(*cursor)->table->n_callbacks, memory_order_relaxed) == 0 ||
        (*cursor)->session->instance->callbacks_disabled)
        return JET_errSuccess;
    RETURN_IF_ERROR(callbacks_copy(*cursor, type, &copies, &n));
    JET_SESID sesid = atomic_load(&(*cursor)->session->handle);
    JET_TABLEID tableid = (*cursor)->handle;
    JET_DBID dbid = (*cursor)->database->database->id;
    cursor_leave(*cursor, JET_errSuccess);
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; err >= 0 && i < n; i++)
        err = copies[i].function(sesid, dbid, tableid, type, NULL, NULL, copies[i].context, 0);
    free(copies);
    if (cursor_enter(sesid, tableid, cursor) < 0) {
        *cursor = NULL;
        return JET_errCallbackFailed;
    }
    return err < 0 ? err : JET_errSuccess;
}

/* --- Local storage ----------------------------------------------------------------- */

/* Of the cursor or of its table; NULL for bits that make no sense. */
static JET_LS *local_storage_find(Cursor *cursor, JET_GRBIT grbit)
{
    if ((grbit & ~(JET_GRBIT)LS_BITS) ||
        ((grbit & JET_bitLSTable) && ((grbit & JET_bitLSCursor) || cursor->temporary)))
        return NULL;
    return grbit & JET_bitLSTable ? &cursor->table->storage : &cursor->storage;
}

static void table_lock(Cursor *cursor, bool lock)
{
    if (!cursor->temporary && lock)
        pthread_mutex_lock(&cursor->database->database->lock);
    else if (!cursor->temporary)
        pthread_mutex_unlock(&cursor->database->database->lock);
}

JET_ERR local_storage_set(Cursor *cursor, JET_LS value, JET_GRBIT grbit)
{
    JET_LS *storage = local_storage_find(cursor, grbit);
    JET_ERR err = JET_errSuccess;
    if (!storage)
        return JET_errInvalidGrbit;
    if (!cursor->session->instance->runtime_callback)
        return JET_errLSCallbackNotSpecified;
    table_lock(cursor, true);
    if (grbit & JET_bitLSReset)
        *storage = 0;
    else if (*storage != 0)
        err = JET_errLSAlreadySet;
    else
        *storage = value + 1; /* 0 is "not set", as in memory that was cleared */
    table_lock(cursor, false);
    return err;
}

JET_ERR local_storage_get(Cursor *cursor, JET_LS *ret, JET_GRBIT grbit)
{
    JET_LS *storage = local_storage_find(cursor, grbit);
    if (!storage)
        return JET_errInvalidGrbit;
    table_lock(cursor, true);
    JET_ERR err = *storage != 0 ? JET_errSuccess : JET_errLSNotSet;
    *ret = err < 0 ? JET_LSNil : *storage - 1;
    if (grbit & JET_bitLSReset)
        *storage = 0;
    table_lock(cursor, false);
    return err;
}

void local_storage_free_cursor(Cursor *cursor)
{
    JET_LS storage = cursor->storage;
    if (storage == 0)
        return;
    cursor->storage = 0;
    cursor->session->instance->runtime_callback(
        atomic_load(&cursor->session->handle),
        cursor->temporary ? 0 : cursor->database->database->id, cursor->handle,
        JET_cbtypFreeCursorLS, (void *)(storage - 1), NULL, NULL, 0);
}

void local_storage_free_table(Database *database, Table *table)
{
    JET_LS storage = table->storage;
    if (storage == 0)
        return;
    table->storage = 0;
    database->instance->runtime_callback(JET_sesidNil, database->id, JET_tableidNil,
                                         JET_cbtypFreeTableLS, (void *)(storage - 1), NULL, NULL,
                                         0);
}
