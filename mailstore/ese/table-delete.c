/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table-delete.c - deleting and renaming tables and columns, deleting indexes.
 *
 * Like every change of a definition, each is whole or not at all and is undone by a rollback. A
 * deleted column leaves its number taken and its values in the rows that have them, where nobody
 * can reach them; they go with their rows.
 *
 * Fails with JET_errObjectNotFound, JET_errTableInUse, JET_errTableLocked, JET_errTableDuplicate,
 * JET_errIndexNotFound, JET_errIndexMustStay, JET_errIndexInUse, JET_errColumnNotFound,
 * JET_errColumnInUse, JET_errColumnDuplicate, JET_errInvalidName, JET_errFixedDDL,
 * JET_errFixedInheritedDDL, JET_errCannotDeleteTemplateTable,
 * JET_errWriteConflict, JET_errPermissionDenied. Known limit: all rows of a table go in one
 * transaction, whose size the store bounds.
 */
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/table.h"

JET_ERR table_clear_tree(Txn *txn, Tree tree, uint32_t object_id, bool unique)
{
    TreeCursor *cursor;
    Bytes key, value;
    uint8_t prefix[4], copy[2 * STORE_KEY_MAX]; /* what the cursor shows moves with each write */
    store_key_u32(prefix, object_id);
    RETURN_IF_ERROR(tree_cursor_new(txn, tree, &cursor));
    JET_ERR err = tree_cursor_seek(cursor, SEEK_GE, (Bytes){prefix, sizeof(prefix)},
                                   (Bytes){NULL, 0}, &key, &value);
    while (err >= 0 && key.size >= 4 && load_key_u32(key.data) == object_id) {
        memcpy(copy, key.data, key.size);
        Bytes own_key = {copy, key.size};
        if (tree == TREE_INDEX) {
            memcpy(copy + key.size, value.data, value.size);
            err = txn_index_delete(txn, own_key, (Bytes){copy + key.size, value.size}, unique);
        } else {
            err = txn_delete_unlocked(txn, tree, own_key);
        }
        if (err >= 0)
            err = tree_cursor_next(cursor, &key, &value);
    }
    tree_cursor_free(cursor);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

/* --- Tables -------------------------------------------------------------------- */

static bool session_has_another(const Cursor *cursor)
{
    for (const Cursor *each = cursor->session->cursors; each; each = each->next)
        if (each != cursor && each->table == cursor->table)
            return true;
    return false;
}

/* A cursor that nobody has another beside, with the definition locked. */
static JET_ERR table_open_alone(Session *session, Scope *scope, const char *name, Cursor **ret)
{
    uint32_t object_id;
    Cursor *cursor;
    RETURN_IF_ERROR(name_check(name));
    RETURN_IF_ERROR(catalog_find_table(scope->txn, name, &object_id));
    RETURN_IF_ERROR(cursor_open_object(session, scope->database, scope->txn, object_id,
                                       JET_bitTableDenyRead | JET_bitTablePermitDDL, &cursor));
    JET_ERR err = session_has_another(cursor) ? JET_errTableInUse : JET_errSuccess;
    if (err >= 0)
        err = table_begin_change(cursor, scope);
    if (err < 0) {
        cursor_close(cursor);
        return err;
    }
    *ret = cursor;
    return JET_errSuccess;
}

/* Nobody else reaches the rows and entries: they need no locks. */
static JET_ERR table_delete_in(Cursor *cursor, Scope *scope)
{
    const Schema *schema = cursor->schema;
    if (schema->grbit & JET_bitTableCreateTemplateTable)
        return JET_errCannotDeleteTemplateTable;
    RETURN_IF_ERROR(table_clear_tree(scope->txn, TREE_ROWS, schema->object_id, false));
    RETURN_IF_ERROR(table_clear_tree(scope->txn, TREE_LONG_VALUES, schema->object_id, false));
    for (uint32_t i = 0; i < schema->n_indexes; i++)
        if (!(schema->indexes[i].grbit & JET_bitIndexPrimary))
            RETURN_IF_ERROR(
                table_clear_tree(scope->txn, TREE_INDEX, schema->indexes[i].object_id, false));
    return catalog_delete_table(scope->txn, schema);
}

/* With the name in other letters, too: the old one goes first. */
static JET_ERR table_rename_in(Cursor *cursor, Scope *scope, const char *new_name)
{
    Schema renamed = {
        .object_id = cursor->schema->object_id,
        .name = (char *)new_name,
        .grbit = cursor->schema->grbit,
        .template_id = cursor->schema->template_id,
        .lv_separate = cursor->schema->lv_separate,
    };
    RETURN_IF_ERROR(name_check(new_name));
    RETURN_IF_ERROR(catalog_draw(scope->database->database->store, 0, SEQUENCE_SCHEMA_VERSION,
                                 &renamed.version));
    RETURN_IF_ERROR(catalog_delete_name(scope->txn, cursor->schema->name));
    return catalog_insert_table(scope->txn, &renamed);
}

/* `new_name` NULL: deletes. */
static JET_ERR table_change_alone(Session *session, JET_DBID dbid, const char *name,
                                  const char *new_name)
{
    SessionDatabase *database;
    Cursor *cursor;
    Scope scope;
    RETURN_IF_ERROR(session_find_database(session, dbid, &database));
    if (database->read_only)
        return JET_errPermissionDenied;
    RETURN_IF_ERROR(table_change_begin(session, database, &scope));
    JET_ERR err = table_open_alone(session, &scope, name, &cursor);
    if (err >= 0) {
        err =
            new_name ? table_rename_in(cursor, &scope, new_name) : table_delete_in(cursor, &scope);
        cursor_close(cursor);
    }
    return table_change_end(&scope, err);
}

JET_ERR table_delete(Session *session, JET_DBID dbid, const char *name)
{
    return table_change_alone(session, dbid, name, NULL);
}

JET_ERR table_rename(Session *session, JET_DBID dbid, const char *name, const char *new_name)
{
    return new_name ? table_change_alone(session, dbid, name, new_name) : JET_errInvalidName;
}

/* --- Parts of a table ---------------------------------------------------------- */

static bool session_is_on_index(const Cursor *cursor, const Index *index)
{
    for (const Cursor *each = cursor->session->cursors; each; each = each->next)
        if (each->table == cursor->table && each->index &&
            each->index->object_id == index->object_id)
            return true;
    return false;
}

static JET_ERR table_delete_index_in(Cursor *cursor, Scope *scope, const char *name)
{
    RETURN_IF_ERROR(table_begin_definition(cursor, scope));
    const Index *index = name ? schema_find_index_by_name(cursor->schema, name) : NULL;
    if (!index)
        return name ? JET_errIndexNotFound : JET_errInvalidName;
    if (index->inherited)
        return JET_errFixedInheritedDDL;
    if (index->grbit & JET_bitIndexPrimary)
        return JET_errIndexMustStay;
    if (session_is_on_index(cursor, index))
        return JET_errIndexInUse;
    RETURN_IF_ERROR(table_clear_tree(scope->txn, TREE_INDEX, index->object_id, false));
    RETURN_IF_ERROR(catalog_delete_index(scope->txn, cursor->table->object_id, index->object_id));
    return table_put_changed(scope, cursor->schema);
}

static bool column_is_indexed(const Schema *schema, const Column *column)
{
    for (uint32_t i = 0; i < schema->n_indexes; i++) {
        const Index *index = &schema->indexes[i];
        for (unsigned at = 0; at < index->n_segments; at++)
            if (index->segments[at].column == column)
                return true;
        for (unsigned at = 0; at < index->n_conditions; at++)
            if (index->conditions[at].column == column)
                return true;
    }
    return false;
}

static JET_ERR table_find_column(Cursor *cursor, Scope *scope, const char *name, const Column **ret)
{
    RETURN_IF_ERROR(table_begin_definition(cursor, scope));
    if (!name)
        return JET_errInvalidName;
    *ret = schema_find_column_by_name(cursor->schema, name);
    if (*ret && (*ret)->inherited)
        return JET_errFixedInheritedDDL;
    return *ret ? JET_errSuccess : JET_errColumnNotFound;
}

static JET_ERR table_delete_column_in(Cursor *cursor, Scope *scope, const char *name)
{
    const Column *column;
    char no_name[1] = "";
    RETURN_IF_ERROR(table_find_column(cursor, scope, name, &column));
    if (column_is_indexed(cursor->schema, column))
        return JET_errColumnInUse;
    Column deleted = {
        .id = column->id,
        .coltyp = column->coltyp,
        /* what says where values lie; it fills and demands nothing any more */
        .grbit =
            column->grbit & (JET_bitColumnFixed | JET_bitColumnTagged | JET_bitColumnEscrowUpdate),
        .code_page = column->code_page,
        .max_size = column->max_size,
        .name = no_name,
    };
    RETURN_IF_ERROR(catalog_insert_column(scope->txn, cursor->table->object_id, &deleted));
    return table_put_changed(scope, cursor->schema);
}

static JET_ERR table_rename_column_in(Cursor *cursor, Scope *scope, const char *name,
                                      const char *new_name)
{
    const Column *column;
    RETURN_IF_ERROR(table_find_column(cursor, scope, name, &column));
    RETURN_IF_ERROR(name_check(new_name));
    const Column *other = schema_find_column_by_name(cursor->schema, new_name);
    if (other && other != column)
        return JET_errColumnDuplicate;
    Column renamed = *column;
    renamed.name = (char *)new_name;
    RETURN_IF_ERROR(catalog_insert_column(scope->txn, cursor->table->object_id, &renamed));
    return table_put_changed(scope, cursor->schema);
}

JET_ERR table_delete_index(Cursor *cursor, const char *name)
{
    Scope scope;
    RETURN_IF_ERROR(table_change_begin(cursor->session, cursor->database, &scope));
    JET_ERR err = table_change_end(&scope, table_delete_index_in(cursor, &scope, name));
    session_refresh_cursors(cursor->session, cursor->table, cursor->database);
    return err;
}

JET_ERR table_delete_column(Cursor *cursor, const char *name, bool own_only)
{
    Scope scope;
    RETURN_IF_ERROR(table_change_begin(cursor->session, cursor->database, &scope));
    JET_ERR err = table_delete_column_in(cursor, &scope, name);
    if (err == JET_errFixedInheritedDDL && own_only)
        err = JET_errColumnNotFound; /* the name is looked for among the table's own */
    err = table_change_end(&scope, err);
    session_refresh_cursors(cursor->session, cursor->table, cursor->database);
    return err;
}

JET_ERR table_rename_column(Cursor *cursor, const char *name, const char *new_name)
{
    Scope scope;
    RETURN_IF_ERROR(table_change_begin(cursor->session, cursor->database, &scope));
    JET_ERR err = table_change_end(&scope, table_rename_column_in(cursor, &scope, name, new_name));
    session_refresh_cursors(cursor->session, cursor->table, cursor->database);
    return err;
}
