/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table.h - creating tables and changing their definition.
 *
 * A change is a savepoint of its own: it happens whole or not at all. It locks the definition, so
 * that it and the transactions that write the table at the same time conflict. A transaction that
 * does not see rows that others have committed since cannot change the definition either: it would
 * build an index, or empty a table, without them.
 */
#ifndef MAILSTORE_ESE_TABLE_H
#define MAILSTORE_ESE_TABLE_H

#include "mailstore/ese/cursor.h"

/* JET_INDEXCREATE, 2 and 3 in one form. */
typedef struct {
    const char *name, *key;
    uint32_t key_size;
    JET_GRBIT grbit;
    uint32_t density;
    bool has_collation;
    char locale[TEXT_LOCALE_MAX + 1];
    uint32_t map_flags;
    uint32_t var_segment_most;
    uint32_t key_most; /* 0: the default */
    const JET_TUPLELIMITS *tuples;
    TupleLimits usual_tuples; /* where the program does not say */
    const JET_CONDITIONALCOLUMN *conditions;
    uint32_t n_conditions;
    JET_ERR *ret_err; /* where the caller's structure wants its result; may be NULL */
} IndexSpec;

typedef enum {
    INDEX_CREATE_1 = 1,
    INDEX_CREATE_2,
    INDEX_CREATE_3,
} IndexCreateForm;

typedef struct {
    const char *name;
    const char *template_name; /* NULL: none */
    uint32_t density;          /* looked at, but pages fill as they come */
    JET_COLUMNCREATE *columns;
    uint32_t n_columns;
    void *indexes; /* of index_form, one behind the other */
    uint32_t n_indexes;
    IndexCreateForm index_form;
    JET_GRBIT grbit;
    uint32_t lv_separate; /* 0: the default */
    uint32_t *ret_created;
} TableSpec;

JET_ERR table_create(Session *session, JET_DBID dbid, const TableSpec *spec, JET_TABLEID *ret);
JET_ERR table_add_column(Cursor *cursor, const char *name, const JET_COLUMNDEF *definition,
                         const void *default_data, uint32_t default_size, JET_COLUMNID *ret);
JET_ERR table_create_index(Cursor *cursor, IndexSpec *spec);
JET_ERR table_create_indexes(Cursor *cursor, void *indexes, uint32_t n, IndexCreateForm form);

/* Nobody may have the table open, the session itself included: JET_errTableInUse,
 * JET_errTableLocked. */
JET_ERR table_delete(Session *session, JET_DBID dbid, const char *name);
JET_ERR table_rename(Session *session, JET_DBID dbid, const char *name, const char *new_name);
/* JET_errIndexMustStay for the primary one, JET_errIndexInUse when a cursor of the session is on
 * it; those of others find nothing more there. */
JET_ERR table_delete_index(Cursor *cursor, const char *name);
/* JET_errColumnInUse when an index has it. `own_only`: not among the inherited ones. */
JET_ERR table_delete_column(Cursor *cursor, const char *name, bool own_only);
/* Rows that have no value get it; indexes of the column are built anew. */
JET_ERR table_set_default(Cursor *cursor, const char *name, const void *data, uint32_t size);
JET_ERR table_rename_column(Cursor *cursor, const char *name, const char *new_name);

/* Builds indexes anew whose text keys were made by another version of the collation. In a primary
 * index they cannot be: JET_errPrimaryIndexCorrupted; where nothing may be written:
 * JET_errSecondaryIndexCorrupted. */
JET_ERR table_mend_text_indexes(Cursor *cursor);

/* For table-*.c. */

/* A scope that writes, with a savepoint of its own inside the session's transaction. */
JET_ERR table_change_begin(Session *session, SessionDatabase *database, Scope *ret);
JET_ERR table_change_end(Scope *scope, JET_ERR err);
/* Locks the definition, takes up the current one: JET_errFixedDDL, JET_errPermissionDenied. */
JET_ERR table_begin_change(Cursor *cursor, Scope *scope);
/* As table_begin_change, for columns and indexes: a template's are not changed any more. */
JET_ERR table_begin_definition(Cursor *cursor, Scope *scope);
/* Takes the columns and indexes of a template over, as inherited, into an empty definition.
 * JET_errObjectNotFound, JET_errDDLNotInheritable. */
JET_ERR template_inherit(Scope *scope, const char *name, Schema *schema);
/* Writes what was inherited. */
JET_ERR template_store_parts(Scope *scope, Schema *schema);
/* JET_errCannotAddFixedVarColumnToDerivedTable. */
JET_ERR template_allows(const Schema *schema, const Column *column);
/* Deletes all that an object has in a tree. `unique`: the entries of a unique index are locked. */
JET_ERR table_clear_tree(Txn *txn, Tree tree, uint32_t object_id, bool unique);
/* Gives the definition a new version. */
JET_ERR table_put_changed(Scope *scope, const Schema *schema);
/* All cursors of the session see the definition as it is now. */
void session_refresh_cursors(Session *session, const Table *table, SessionDatabase *database);
JET_ERR table_is_empty(Txn *txn, uint32_t object_id, bool *ret);
/* Makes the entries of all rows. */
JET_ERR table_build_index(const Schema *schema, const Index *index, Txn *txn);

/* Checks the definition and numbers it after those the schema has: a column to be inserted. May
 * return JET_wrnColumnMaxTruncated. */
JET_ERR column_define(const Schema *schema, const char *name, const JET_COLUMNDEF *definition,
                      const void *default_data, uint32_t default_size, Column *ret);
/* A copy as the column's default; what was there is not freed. No data: none. */
JET_ERR column_take_default(Column *column, const void *data, uint32_t size);
/* A percentage for pages, 0 for the default: JET_errDensityInvalid. */
JET_ERR density_check(uint32_t density);
/* The array's element `at`, and where the next one is. JET_errInvalidParameter. */
JET_ERR index_spec_read(void *structure, IndexCreateForm form, IndexSpec *ret, void **ret_next);
/* The order of Unicode text by JET_paramUnicodeIndexDefault. */
JET_ERR collation_take_default(const Instance *instance, char locale[TEXT_LOCALE_MAX + 1],
                               uint32_t *ret_map_flags);
/* What parameters say where the program does not. */
JET_ERR index_spec_take_parameters(const Instance *instance, IndexSpec *spec);
/* An index to be inserted, without an object id. */
JET_ERR index_define(const Schema *schema, const IndexSpec *spec, Index *ret);

#endif
