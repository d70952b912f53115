/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * temporary.h - tables in memory that one cursor of a session reads: the answers that are lists.
 *
 * Filled, sealed and then unchangeable. Rows are sorted by the key columns, rows of equal keys by
 * when they were appended; a row's bookmark is its number.
 */
#ifndef MAILSTORE_ESE_TEMPORARY_H
#define MAILSTORE_ESE_TEMPORARY_H

#include "mailstore/ese/schema.h"

enum {
    TEMPORARY_BOOKMARK = 4,
};

typedef struct TemporaryTable TemporaryTable;

/* Columns with JET_bitColumnTTKey are the key, in their order, -TTDescending downwards; without
 * any, rows stay in the order of appending. ret_ids: n of them. */
JET_ERR temporary_new(const char *name, const JET_COLUMNDEF *columns, uint32_t n,
                      JET_COLUMNID *ret_ids, TemporaryTable **ret);
/* Accepts NULL; returns NULL. */
TemporaryTable *temporary_free(TemporaryTable *table);
/* A value for each column; data NULL: no value. */
JET_ERR temporary_append(TemporaryTable *table, const JET_COLUMNID *ids, const Bytes *values,
                         uint32_t n);
/* Once, after the last row. */
JET_ERR temporary_seal(TemporaryTable *table);

uint32_t temporary_count(const TemporaryTable *table);
/* Lives as long as the table. */
Schema *temporary_schema(const TemporaryTable *table);

typedef struct {
    Bytes key, bookmark, row;
} TemporaryRow;

/* JET_errRecordNotFound. `bookmark` without data is before all rows of the key. */
JET_ERR temporary_seek(const TemporaryTable *table, SeekKind kind, Bytes key, Bytes bookmark,
                       TemporaryRow *ret);
JET_ERR temporary_last(const TemporaryTable *table, TemporaryRow *ret);
JET_ERR temporary_by_bookmark(const TemporaryTable *table, Bytes bookmark, TemporaryRow *ret);

#endif
