/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * row.h - rows and columns of the current session, by name instead of by handle.
 *
 * All return JET_ERR and note where a call failed. Finding nothing is JET_errRecordNotFound.
 */
#ifndef MAILSTORE_MESSAGE_ROW_H
#define MAILSTORE_MESSAGE_ROW_H

#include "mailstore/message/session.h"

typedef struct {
    const void *data;
    gsize size;
} RowValue;

#define ROW_NUMBER(VARIABLE) ((RowValue){&(VARIABLE), sizeof(VARIABLE)})
#define ROW_TEXT(STRING) ((RowValue){(STRING), strlen(STRING)})
RowValue row_bytes(GBytes *bytes);

/* Puts the cursor on the one row with that whole key. */
JET_ERR row_seek(MailSession *session, Index index, const RowValue *key, guint count);
/* Puts the cursor on the first row whose key begins with the values, and bounds row_next() to
 * them. `from` may be NULL or a value for the column after them, to begin there; with no values at
 * all it must be given. */
JET_ERR row_first(MailSession *session, Index index, const RowValue *key, guint count,
                  const RowValue *from);
JET_ERR row_next(MailSession *session, Index index);
/* TRUE in *ret_found when a row's key begins with that one value. */
JET_ERR row_exists(MailSession *session, Index index, RowValue key, gboolean *ret_found);

/* Of the row under the cursor. A column without a value is 0 or empty. */
JET_ERR row_get_number(MailSession *session, Index index, Column column, guint64 *ret);
JET_ERR row_get_bytes(MailSession *session, Index index, Column column, GBytes **ret);
JET_ERR row_get_size(MailSession *session, Index index, Column column, gsize *ret);
/* Several columns in one call. What does not fit into `size` bytes is cut; `actual` is what the
 * column has. One without a value leaves the variable as it is, so that numbers begin with 0. */
typedef struct {
    Column column;
    void *data;
    gsize size;
    gsize actual;
} RowField;
#define ROW_FIELD(COLUMN, VARIABLE)                                                                \
    {                                                                                              \
        (COLUMN), &(VARIABLE), sizeof(VARIABLE), 0                                                 \
    }
enum {
    ROW_FIELDS_MAX = 8
};
JET_ERR row_get_fields(MailSession *session, Index index, RowField *fields, guint count);
/* At most `max` bytes of a short column. */
JET_ERR row_get_short(MailSession *session, Index index, Column column, void *out, gsize max,
                      gsize *ret_size);
/* Exactly `size` bytes from `offset` on, or JET_errDatabaseCorrupted. */
JET_ERR row_read(MailSession *session, Index index, Column column, gsize offset, void *out,
                 gsize size);

/* row_insert() or row_replace(), row_set() for each column, row_write(); the last two as one call.
 */
JET_ERR row_insert(MailSession *session, Index index);
JET_ERR row_replace(MailSession *session, Index index);
JET_ERR row_set(MailSession *session, Index index, Column column, RowValue value);
/* What a column of the row being written holds now, also after row_write() failed. */
JET_ERR row_get_prepared(MailSession *session, Index index, Column column, void *out, gsize size);
JET_ERR row_write(MailSession *session, Index index);
typedef struct {
    Column column;
    RowValue value;
} RowSetting;
JET_ERR row_set_and_write(MailSession *session, Index index, const RowSetting *settings,
                          guint count);
/* Forgets a row that row_write() could not write. */
void row_cancel(MailSession *session, Index index);
JET_ERR row_delete(MailSession *session, Index index);
/* JET_bitReadLock or JET_bitWriteLock on the row under the cursor until the transaction ends. */
JET_ERR row_lock(MailSession *session, Index index, JET_GRBIT kind);

#endif /* MAILSTORE_MESSAGE_ROW_H */
