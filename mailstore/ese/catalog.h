/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * catalog.h - table definitions in the database: names, tables, columns, indexes, a row each.
 */
#ifndef MAILSTORE_ESE_CATALOG_H
#define MAILSTORE_ESE_CATALOG_H

#include "mailstore/ese/schema.h"

/* Object ids from here on are tables' and indexes'. Those below belong to the engine. */
enum {
    CATALOG_OBJECT_NAMES = 1,
    CATALOG_OBJECT_PENDING, /* pending-value.c */
    CATALOG_OBJECT_FIRST = 16,
};

/* Sequences of an object; 0 is the database itself. */
typedef enum {
    SEQUENCE_OBJECT = 1,     /* of object 0: ids of tables and indexes */
    SEQUENCE_SCHEMA_VERSION, /* of object 0 */
    SEQUENCE_ROW,            /* bookmarks of a table without a primary index */
    SEQUENCE_AUTOINCREMENT,
    SEQUENCE_LONG_VALUE,
} CatalogSequence;

/* The next number, from 1; JET_errOutOfObjectIDs and the like are the caller's. */
JET_ERR catalog_draw(Store *store, uint32_t object_id, CatalogSequence sequence, uint64_t *ret);
JET_ERR catalog_draw_object_id(Store *store, uint32_t *ret);

/* JET_errObjectNotFound. */
JET_ERR catalog_find_table(Txn *txn, const char *name, uint32_t *ret_object_id);
/* JET_errObjectNotFound when the table is gone. */
JET_ERR catalog_read_version(Txn *txn, uint32_t object_id, uint64_t *ret_version);
/* A sealed schema of the definition that this transaction sees. */
JET_ERR catalog_load(Txn *txn, uint32_t object_id, Schema **ret);
/* Every table in the order of its name in lower case, with its own data only: no columns or
 * indexes. Ends with the first error of `visit`. */
JET_ERR catalog_each_table(Txn *txn, JET_ERR (*visit)(void *context, const Schema *table),
                           void *context);
/* Locks the definition: JET_errWriteConflict when another session has changed or is using it, or,
 * for KEY_LOCK_WRITE, has used it since the snapshot. Users of a table (KEY_LOCK_USE) share it. */
JET_ERR catalog_lock(Txn *txn, uint32_t object_id, LockKind kind);

/* JET_errTableDuplicate when the name is taken. */
JET_ERR catalog_insert_table(Txn *txn, const Schema *schema);
JET_ERR catalog_put_table(Txn *txn, const Schema *schema);
/* Also in place of the column that has the number. */
JET_ERR catalog_insert_column(Txn *txn, uint32_t object_id, const Column *column);
JET_ERR catalog_put_index(Txn *txn, uint32_t object_id, const Index *index);
JET_ERR catalog_delete_index(Txn *txn, uint32_t object_id, uint32_t index_id);
JET_ERR catalog_delete_name(Txn *txn, const char *table);
/* Its name and definition, not its rows. */
JET_ERR catalog_delete_table(Txn *txn, const Schema *schema);

#endif
