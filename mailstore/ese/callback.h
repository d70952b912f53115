/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * callback.h - functions of the program that the engine calls: before and after changes of rows,
 * and when local storage is to be freed.
 */
#ifndef MAILSTORE_ESE_CALLBACK_H
#define MAILSTORE_ESE_CALLBACK_H

#include "mailstore/ese/cursor.h"

/* For changes of any session in the cursor's table, until it is taken back or the database is
 * detached. JET_errInvalidParameter. */
JET_ERR callback_register(Cursor *cursor, JET_CBTYP types, JET_CALLBACK function, void *context,
                          JET_HANDLE *ret);
/* Of these types. JET_wrnCallbackNotRegistered. */
JET_ERR callback_unregister(Cursor *cursor, JET_CBTYP types, JET_HANDLE id);
void callbacks_free(Table *table);

/* Calls those of the table for `type`, with the session left meanwhile, so that they can use it.
 * An error of theirs is returned; JET_errCallbackFailed when they closed the cursor, which is then
 * not entered any more (*cursor becomes NULL). */
JET_ERR callbacks_run(Cursor **cursor, JET_CBTYP type);

/* A number of the program's that stays with a cursor or a table (JET_bitLSTable) until that is
 * closed, when JET_paramRuntimeCallback is called for it. JET_errLSAlreadySet,
 * JET_errLSNotSet, JET_errLSCallbackNotSpecified. */
JET_ERR local_storage_set(Cursor *cursor, JET_LS value, JET_GRBIT grbit);
JET_ERR local_storage_get(Cursor *cursor, JET_LS *ret, JET_GRBIT grbit);
/* The cursor, or with it the table, is about to be closed. */
void local_storage_free_cursor(Cursor *cursor);
void local_storage_free_table(Database *database, Table *table);

#endif
