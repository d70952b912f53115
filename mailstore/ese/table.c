/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table.c - creating tables, adding columns, building indexes.
 *
 * Fails with JET_errTableDuplicate, JET_errWriteConflict (others use the table), JET_errFixedDDL,
 * JET_errTableNotEmpty, JET_errDensityInvalid, JET_errTransTooDeep (a change needs one level more),
 * and as the parts in table-column.c and table-index.c do.
 */
#include "mailstore/ese/table.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/index-entry.h"
#include "mailstore/ese/result.h"

enum {
    TABLE_BITS = JET_bitTableCreateFixedDDL | JET_bitTableCreateTemplateTable |
                 JET_bitTableCreateNoFixedVarColumnsInDerivedTables |
                 JET_bitTableCreateImmutableStructure,
};

/* --- A change as a whole ------------------------------------------------------- */

JET_ERR table_change_begin(Session *session, SessionDatabase *database, Scope *ret)
{
    RETURN_IF_ERROR(scope_begin(session, database, true, ret));
    if (ret->own)
        return JET_errSuccess;
    if (session->read_only)
        return JET_errTransReadOnly;
    session->epoch++;
    return txn_begin(ret->txn, false);
}

JET_ERR table_change_end(Scope *scope, JET_ERR err)
{
    scope->session->epoch++;
    if (scope->own)
        return scope_end(scope, err);
    if (err < 0) {
        txn_rollback(scope->txn);
        return err;
    }
    scope->session->changed_definitions = true;
    JET_ERR merged = txn_commit(scope->txn, true);
    if (merged < 0)
        txn_rollback(scope->txn);
    return merged < 0 ? merged : err;
}

void session_refresh_cursors(Session *session, const Table *table, SessionDatabase *database)
{
    Scope scope;
    if (scope_begin(session, database, false, &scope) < 0)
        return;
    for (Cursor *cursor = session->cursors; cursor; cursor = cursor->next)
        if (cursor->table == table)
            cursor_refresh(cursor, scope.txn);
    scope_end(&scope, JET_errSuccess);
}

JET_ERR table_put_changed(Scope *scope, const Schema *schema)
{
    uint64_t version;
    RETURN_IF_ERROR(
        catalog_draw(scope->database->database->store, 0, SEQUENCE_SCHEMA_VERSION, &version));
    Schema row = {
        .object_id = schema->object_id,
        .version = version,
        .name = schema->name,
        .grbit = schema->grbit,
        .template_id = schema->template_id,
        .lv_separate = schema->lv_separate,
    };
    return catalog_put_table(scope->txn, &row);
}

JET_ERR table_begin_change(Cursor *cursor, Scope *scope)
{
    RETURN_IF_ERROR(cursor_check_writable(cursor));
    RETURN_IF_ERROR(catalog_lock(scope->txn, cursor->table->object_id, KEY_LOCK_WRITE));
    RETURN_IF_ERROR(cursor_refresh(cursor, scope->txn));
    if ((cursor->schema->grbit & JET_bitTableCreateFixedDDL) &&
        !(cursor->grbit & JET_bitTablePermitDDL))
        return JET_errFixedDDL;
    return JET_errSuccess;
}

JET_ERR table_begin_definition(Cursor *cursor, Scope *scope)
{
    RETURN_IF_ERROR(table_begin_change(cursor, scope));
    return cursor->schema->grbit & JET_bitTableCreateTemplateTable ? JET_errFixedDDL
                                                                   : JET_errSuccess;
}

/* --- Rows ---------------------------------------------------------------------- */

/* The table's first row at or after the tree cursor's; JET_errRecordNotFound at the end. */
static JET_ERR table_row_at(JET_ERR err, uint32_t object_id, Bytes key, Bytes *ret_bookmark)
{
    RETURN_IF_ERROR(err);
    if (key.size < 4 || load_key_u32(key.data) != object_id)
        return JET_errRecordNotFound;
    *ret_bookmark = (Bytes){(const uint8_t *)key.data + 4, key.size - 4};
    return JET_errSuccess;
}

static JET_ERR table_first_row(TreeCursor *rows, uint32_t object_id, Bytes *ret_bookmark,
                               Bytes *ret_row)
{
    uint8_t prefix[4];
    Bytes key;
    store_key_u32(prefix, object_id);
    JET_ERR err = tree_cursor_seek(rows, SEEK_GE, (Bytes){prefix, sizeof(prefix)}, (Bytes){NULL, 0},
                                   &key, ret_row);
    return table_row_at(err, object_id, key, ret_bookmark);
}

JET_ERR table_is_empty(Txn *txn, uint32_t object_id, bool *ret)
{
    TreeCursor *rows;
    Bytes bookmark, row;
    RETURN_IF_ERROR(tree_cursor_new(txn, TREE_ROWS, &rows));
    JET_ERR err = table_first_row(rows, object_id, &bookmark, &row);
    tree_cursor_free(rows);
    if (err < 0 && err != JET_errRecordNotFound)
        return err;
    *ret = err < 0;
    return JET_errSuccess;
}

JET_ERR table_build_index(const Schema *schema, const Index *index, Txn *txn)
{
    RecordBuilder copy = {0}; /* what the cursor shows moves with each write */
    uint8_t bookmark_copy[STORE_KEY_MAX];
    TreeCursor *rows;
    Bytes bookmark, row, key;
    RETURN_IF_ERROR(tree_cursor_new(txn, TREE_ROWS, &rows));
    JET_ERR err = table_first_row(rows, schema->object_id, &bookmark, &row);
    while (err >= 0) {
        memcpy(bookmark_copy, bookmark.data, bookmark.size);
        key = (Bytes){(const uint8_t *)bookmark.data - 4, bookmark.size + 4};
        err = txn_verify(txn, key, row);
        if (err >= 0)
            err = record_builder_copy(&copy, row);
        if (err >= 0)
            err = index_entries_insert(index, schema, txn, record_builder_bytes(&copy),
                                       (Bytes){bookmark_copy, bookmark.size});
        if (err >= 0) {
            err = tree_cursor_next(rows, &key, &row);
            err = table_row_at(err, schema->object_id, key, &bookmark);
        }
    }
    record_builder_clear(&copy);
    tree_cursor_free(rows);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

/* --- Columns ------------------------------------------------------------------- */

static bool table_is_shared(const Cursor *cursor)
{
    unsigned own = 0;
    for (const Cursor *each = cursor->session->cursors; each; each = each->next)
        own += each->table == cursor->table;
    pthread_mutex_lock(&cursor->database->database->lock);
    bool shared = cursor->table->n_cursors > own;
    pthread_mutex_unlock(&cursor->database->database->lock);
    return shared;
}

static JET_ERR table_add_column_in(Cursor *cursor, Scope *scope, const char *name,
                                   const JET_COLUMNDEF *definition, const void *default_data,
                                   uint32_t default_size, JET_COLUMNID *ret)
{
    Column column;
    bool empty;
    RETURN_IF_ERROR(table_begin_definition(cursor, scope));
    if ((definition->grbit & JET_bitColumnAutoincrement) && table_is_shared(cursor))
        return JET_errExclusiveTableLockRequired;
    JET_ERR warning =
        column_define(cursor->schema, name, definition, default_data, default_size, &column);
    RETURN_IF_ERROR(warning);
    JET_ERR err = template_allows(cursor->schema, &column);
    if (err >= 0)
        err = table_is_empty(scope->txn, cursor->table->object_id, &empty);
    if (err >= 0 && !empty && (column.grbit & JET_bitColumnEscrowUpdate))
        err = JET_errTableNotEmpty;
    if (err >= 0)
        err = catalog_insert_column(scope->txn, cursor->table->object_id, &column);
    if (err >= 0)
        err = table_put_changed(scope, cursor->schema);
    if (err >= 0)
        *ret = column.id;
    column_clear(&column);
    return err < 0 ? err : warning;
}

JET_ERR table_add_column(Cursor *cursor, const char *name, const JET_COLUMNDEF *definition,
                         const void *default_data, uint32_t default_size, JET_COLUMNID *ret)
{
    Scope scope;
    JET_COLUMNID id = 0;
    if (!definition || definition->cbStruct != sizeof(*definition))
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(table_change_begin(cursor->session, cursor->database, &scope));
    JET_ERR err =
        table_add_column_in(cursor, &scope, name, definition, default_data, default_size, &id);
    err = table_change_end(&scope, err);
    session_refresh_cursors(cursor->session, cursor->table, cursor->database);
    if (err >= 0 && ret)
        *ret = id;
    return err;
}

/* --- Indexes ------------------------------------------------------------------- */

static JET_ERR table_number_index(Scope *scope, uint32_t table, Index *index)
{
    if (!(index->grbit & JET_bitIndexPrimary))
        return catalog_draw_object_id(scope->database->database->store, &index->object_id);
    index->object_id = table;
    return JET_errSuccess;
}

static JET_ERR table_store_index(Cursor *cursor, Scope *scope, Index *index)
{
    bool empty;
    RETURN_IF_ERROR(table_is_empty(scope->txn, cursor->table->object_id, &empty));
    if (!empty && (index->grbit & JET_bitIndexPrimary))
        return JET_errTableNotEmpty;
    if (!empty && (index->grbit & JET_bitIndexEmpty))
        return JET_errTableNotEmpty;
    RETURN_IF_ERROR(table_number_index(scope, cursor->table->object_id, index));
    RETURN_IF_ERROR(catalog_put_index(scope->txn, cursor->table->object_id, index));
    RETURN_IF_ERROR(table_put_changed(scope, cursor->schema));
    return empty ? JET_errSuccess : table_build_index(cursor->schema, index, scope->txn);
}

static JET_ERR table_create_index_in(Cursor *cursor, Scope *scope, const IndexSpec *spec)
{
    Index index;
    RETURN_IF_ERROR(table_begin_definition(cursor, scope));
    RETURN_IF_ERROR(index_define(cursor->schema, spec, &index));
    JET_ERR err = table_store_index(cursor, scope, &index);
    index_clear(&index);
    return err;
}

JET_ERR table_create_index(Cursor *cursor, IndexSpec *spec)
{
    Scope scope;
    RETURN_IF_ERROR(index_spec_take_parameters(cursor->session->instance, spec));
    RETURN_IF_ERROR(table_change_begin(cursor->session, cursor->database, &scope));
    JET_ERR err = table_change_end(&scope, table_create_index_in(cursor, &scope, spec));
    session_refresh_cursors(cursor->session, cursor->table, cursor->database);
    return err;
}

JET_ERR table_create_indexes(Cursor *cursor, void *indexes, uint32_t n, IndexCreateForm form)
{
    if (!indexes && n > 0)
        return JET_errInvalidParameter;
    for (uint32_t i = 0; i < n; i++) {
        IndexSpec spec;
        RETURN_IF_ERROR(index_spec_read(indexes, form, &spec, &indexes));
        JET_ERR err = table_create_index(cursor, &spec);
        *spec.ret_err = err;
        RETURN_IF_ERROR(err);
    }
    return JET_errSuccess;
}

/* --- Tables -------------------------------------------------------------------- */

/* One of each kind is allowed: the next is checked against these. */
static JET_ERR schema_take_next_column(Schema *schema, Column *column)
{
    bool autoincrement = column->grbit & JET_bitColumnAutoincrement;
    bool version = column->grbit & JET_bitColumnVersion;
    RETURN_IF_ERROR(schema_take_column(schema, column));
    if (autoincrement)
        schema->autoincrement = schema->columns;
    if (version)
        schema->version_column = schema->columns;
    return JET_errSuccess;
}

static JET_ERR table_create_columns(Scope *scope, Schema *schema, const TableSpec *spec)
{
    for (uint32_t i = 0; i < spec->n_columns; i++) {
        JET_COLUMNCREATE *from = &spec->columns[i];
        Column column;
        if (from->cbStruct != sizeof(*from))
            return JET_errInvalidParameter;
        JET_COLUMNDEF definition = {.cbStruct = sizeof(definition),
                                    .coltyp = from->coltyp,
                                    .cp = (uint16_t)from->cp,
                                    .cbMax = from->cbMax,
                                    .grbit = from->grbit};
        from->err = column_define(schema, from->szColumnName, &definition, from->pvDefault,
                                  from->cbDefault, &column);
        RETURN_IF_ERROR(from->err);
        from->columnid = column.id;
        JET_ERR err = template_allows(schema, &column);
        if (err >= 0)
            err = catalog_insert_column(scope->txn, schema->object_id, &column);
        if (err < 0) {
            column_clear(&column);
            return from->err = err;
        }
        RETURN_IF_ERROR(schema_take_next_column(schema, &column));
        (*spec->ret_created)++;
    }
    return JET_errSuccess;
}

static JET_ERR table_create_index_rows(Scope *scope, Schema *schema, const TableSpec *spec)
{
    void *at = spec->indexes;
    for (uint32_t i = 0; i < spec->n_indexes; i++) {
        IndexSpec index_spec;
        Index index;
        RETURN_IF_ERROR(index_spec_read(at, spec->index_form, &index_spec, &at));
        JET_ERR err = index_spec_take_parameters(scope->session->instance, &index_spec);
        if (err >= 0)
            err = index_define(schema, &index_spec, &index);
        if (err >= 0) {
            err = table_number_index(scope, schema->object_id, &index);
            if (err >= 0)
                err = catalog_put_index(scope->txn, schema->object_id, &index);
            bool primary = index.grbit & JET_bitIndexPrimary;
            if (err >= 0)
                err = schema_take_index(schema, &index);
            else
                index_clear(&index);
            if (err >= 0 && primary)
                schema->primary = schema->indexes;
        }
        *index_spec.ret_err = err;
        RETURN_IF_ERROR(err);
        (*spec->ret_created)++;
    }
    return JET_errSuccess;
}

static JET_ERR table_create_parts(Scope *scope, Schema *schema, const TableSpec *spec)
{
    Store *store = scope->database->database->store;
    RETURN_IF_ERROR(catalog_draw_object_id(store, &schema->object_id));
    RETURN_IF_ERROR(catalog_draw(store, 0, SEQUENCE_SCHEMA_VERSION, &schema->version));
    schema->grbit = spec->grbit;
    if (spec->grbit & JET_bitTableCreateTemplateTable)
        schema->grbit |= JET_bitTableCreateFixedDDL;
    schema->lv_separate = spec->lv_separate ? spec->lv_separate : LV_SEPARATE_DEFAULT;
    schema->name = fault_strdup(spec->name);
    if (!schema->name)
        return JET_errOutOfMemory;
    if (spec->template_name)
        RETURN_IF_ERROR(template_inherit(scope, spec->template_name, schema));
    RETURN_IF_ERROR(catalog_insert_table(scope->txn, schema));
    if (spec->template_name)
        RETURN_IF_ERROR(template_store_parts(scope, schema));
    *spec->ret_created = 1;
    RETURN_IF_ERROR(table_create_columns(scope, schema, spec));
    return table_create_index_rows(scope, schema, spec);
}

static JET_ERR table_create_in(Scope *scope, const TableSpec *spec, uint32_t *ret_object_id)
{
    Schema *schema = schema_new();
    if (!schema)
        return JET_errOutOfMemory;
    JET_ERR err = table_create_parts(scope, schema, spec);
    *ret_object_id = schema->object_id;
    schema_unref(schema);
    return err;
}

static JET_ERR table_spec_check(const TableSpec *spec)
{
    RETURN_IF_ERROR(name_check(spec->name));
    RETURN_IF_ERROR(density_check(spec->density));
    if ((spec->n_columns > 0 && !spec->columns) || (spec->n_indexes > 0 && !spec->indexes))
        return JET_errInvalidParameter;
    if ((spec->grbit & JET_bitTableCreateTemplateTable) && spec->template_name)
        return JET_errCannotNestDDL;
    if ((spec->grbit & JET_bitTableCreateNoFixedVarColumnsInDerivedTables) &&
        !(spec->grbit & JET_bitTableCreateTemplateTable))
        return JET_errInvalidGrbit;
    if (spec->grbit & ~(JET_GRBIT)TABLE_BITS)
        return JET_errInvalidGrbit;
    return JET_errSuccess;
}

JET_ERR table_create(Session *session, JET_DBID dbid, const TableSpec *spec, JET_TABLEID *ret)
{
    SessionDatabase *database;
    Scope scope;
    uint32_t object_id = 0;
    Cursor *cursor;
    RETURN_IF_ERROR(session_find_database(session, dbid, &database));
    RETURN_IF_ERROR(table_spec_check(spec));
    if (database->read_only)
        return JET_errPermissionDenied;
    *spec->ret_created = 0;
    RETURN_IF_ERROR(table_change_begin(session, database, &scope));
    RETURN_IF_ERROR(table_change_end(&scope, table_create_in(&scope, spec, &object_id)));
    RETURN_IF_ERROR(scope_begin(session, database, false, &scope));
    JET_ERR err =
        cursor_open_object(session, database, scope.txn, object_id, JET_bitTablePermitDDL, &cursor);
    err = scope_end(&scope, err);
    if (err >= 0)
        *ret = cursor->handle;
    return err;
}
