/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rows.h - cursors of our own, in the host's session and transaction, through the original API.
 */
#ifndef LIBSTOREHOOK_ROWS_H
#define LIBSTOREHOOK_ROWS_H

#include "libstorehook/transactions.h"

typedef struct {
    RowPlace place; /* grbit 0: the row the cursor is on */
    TableInfo info;
} OwnCursor;

/* Must not be copied: place points into it. JET errors as they come. */
JET_ERR own_cursor_open(JET_SESID sesid, JET_DBID database, const char *table, OwnCursor *ret);
/* The table of a role in the same store; JET_errObjectNotFound when the profile names none. */
JET_ERR own_cursor_open_role(JET_SESID sesid, JET_DBID database, unsigned set, Role role,
                             OwnCursor *ret);
void own_cursor_close(OwnCursor *cursor);

JET_ERR own_cursor_goto(OwnCursor *cursor, const ByteString *bookmark);
/* To the row with that value, by whatever index begins with the column; JET_errRecordNotFound. */
JET_ERR own_cursor_find(OwnCursor *cursor, Column column, const ByteString *value);

/* The row that a bookmark names, in a table of that name. */
JET_ERR rows_delete(JET_SESID sesid, const TrackedRow *row);
/* The bytes behind a digest. 0; -ENOENT when there is none; else as table_info_read_blob. */
int rows_read_content(JET_SESID sesid, JET_DBID database, unsigned set, const ByteString *digest,
                      Blob *ret);
/* Inserts a content; one that is there already is fine. *ret: its row, NULL when it was there. */
JET_ERR rows_insert_content(JET_SESID sesid, JET_DBID database, unsigned set,
                            const ByteString *digest, const BlobView *data, TrackedRow **ret);

#endif /* LIBSTOREHOOK_ROWS_H */
