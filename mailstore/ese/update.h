/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * update.h - making rows: prepare, set columns, update; delete, lock, escrow.
 */
#ifndef MAILSTORE_ESE_UPDATE_H
#define MAILSTORE_ESE_UPDATE_H

#include "mailstore/ese/cursor.h"

/* JET_prep* except Cancel. */
JET_ERR update_prepare(Cursor *cursor, uint32_t prep);
/* Forgets the row being made and the long values made for it; fine when there is none. */
void update_cancel(Cursor *cursor);
JET_ERR update_apply(Cursor *cursor, void *bookmark, uint32_t size, uint32_t *ret_actual,
                     JET_GRBIT grbit);
JET_ERR update_delete(Cursor *cursor);
JET_ERR update_lock(Cursor *cursor, JET_GRBIT grbit);
JET_ERR update_escrow(Cursor *cursor, JET_COLUMNID column_id, const void *data, uint32_t size,
                      void *old, uint32_t old_size, uint32_t *ret_old_actual, JET_GRBIT grbit);

/* JET_SETINFO's numbers stand in `set`. */
JET_ERR update_set_column(Cursor *cursor, const JET_SETCOLUMN *set);

/* Before a level begins, or the last one is committed (`unlocks`), with the row still prepared. */
JET_ERR update_note_long_values(Cursor *cursor, bool unlocks);
/* The level goes down from `level`. */
void update_after_commit(Cursor *cursor, unsigned level);
void update_after_rollback(Cursor *cursor, unsigned level);

/* For update-*.c. */

/* JET_errSessionWriteConflict: another cursor of this session has a replace or move of the
 * row prepared. */
JET_ERR update_check_session(const Cursor *cursor);
/* JET_errLVCorrupted while the row being made was open to change since it was prepared: its long
 * value went with the row as it was, which is a conflict and no damage. Other errors as they are.
 */
JET_ERR update_long_value_error(const Cursor *cursor, JET_ERR err);
/* Before chunks of the row's long values change: the row's lock, if the row exists. */
JET_ERR update_lock_row(Cursor *cursor, Txn *txn);
/* Remembers a long value: made by this update, or the row's with this size. */
JET_ERR update_note_long_value(Update *update, uint64_t number, bool fresh, uint32_t size);
/* NULL when it was never noted. */
const UpdateLongValue *update_find_long_value(const Update *update, uint64_t number);
/* Deletes the long values made for the row, but, when it is written, for those that it has. */
JET_ERR update_settle_long_values(Cursor *cursor, Txn *txn, bool written);
/* Puts the long value in place of the intrinsic one at entry `at`. */
JET_ERR update_separate(Cursor *cursor, Txn *txn, uint32_t at);
uint64_t row_checksum(Bytes row);

#endif
