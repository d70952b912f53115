/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table-template.c - what tables inherit from a template, and changing a column's default.
 *
 * A template's definition never changes once it is there, so a derived table has a copy of it in
 * its own definition, marked as inherited, under the same column numbers.
 *
 * Fails with JET_errObjectNotFound, JET_errDDLNotInheritable,
 * JET_errCannotAddFixedVarColumnToDerivedTable, JET_errFixedInheritedDDL, JET_errColumnInUse,
 * JET_errNullInvalid, JET_errInvalidColumnType, JET_errOutOfMemory.
 */
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/catalog.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/table.h"

/* --- Inheriting ---------------------------------------------------------------- */

static JET_ERR inherit_column(const Column *from, Schema *to)
{
    Column column = *from;
    column.inherited = true;
    column.name = fault_strdup(from->name);
    column.default_data = NULL;
    if (from->default_data) {
        column.default_data = fault_malloc(from->default_size);
        if (column.default_data)
            memcpy(column.default_data, from->default_data, from->default_size);
    }
    if (!column.name || (from->default_data && !column.default_data)) {
        column_clear(&column);
        return JET_errOutOfMemory;
    }
    return schema_take_column(to, &column);
}

static JET_ERR inherit_index(const Index *from, Schema *to)
{
    Index index = *from;
    index.inherited = true;
    index.collation.collator = NULL; /* that one is the template's */
    index.name = fault_strdup(from->name);
    return index.name ? schema_take_index(to, &index) : JET_errOutOfMemory;
}

static JET_ERR inherit_parts(const Schema *from, Schema *to)
{
    uint32_t n = from->n_fixed + from->n_variable + from->n_tagged;
    for (uint32_t i = 0; i < n; i++)
        RETURN_IF_ERROR(inherit_column(&from->columns[i], to));
    for (uint32_t i = 0; i < from->n_indexes; i++)
        RETURN_IF_ERROR(inherit_index(&from->indexes[i], to));
    /* Only whether there is one counts while a table is made. */
    to->autoincrement = from->autoincrement ? to->columns : NULL;
    to->version_column = from->version_column ? to->columns : NULL;
    to->primary = from->primary ? to->indexes : NULL;
    return JET_errSuccess;
}

JET_ERR template_inherit(Scope *scope, const char *name, Schema *schema)
{
    uint32_t object_id;
    Schema *source;
    RETURN_IF_ERROR(catalog_find_table(scope->txn, name, &object_id));
    RETURN_IF_ERROR(catalog_lock(scope->txn, object_id, KEY_LOCK_USE));
    RETURN_IF_ERROR(catalog_load(scope->txn, object_id, &source));
    JET_ERR err =
        source->grbit & JET_bitTableCreateTemplateTable ? JET_errSuccess : JET_errDDLNotInheritable;
    if (err >= 0)
        err = inherit_parts(source, schema);
    schema->template_id = object_id;
    if (schema->lv_separate == LV_SEPARATE_DEFAULT)
        schema->lv_separate = source->lv_separate;
    schema->grbit |= source->grbit & JET_bitTableCreateNoFixedVarColumnsInDerivedTables;
    schema_unref(source);
    return err;
}

JET_ERR template_store_parts(Scope *scope, Schema *schema)
{
    uint32_t n = schema->n_fixed + schema->n_variable + schema->n_tagged;
    for (uint32_t i = 0; i < n; i++)
        RETURN_IF_ERROR(catalog_insert_column(scope->txn, schema->object_id, &schema->columns[i]));
    for (uint32_t i = 0; i < schema->n_indexes; i++) {
        Index *index = &schema->indexes[i];
        index->object_id = schema->object_id;
        if (!(index->grbit & JET_bitIndexPrimary))
            RETURN_IF_ERROR(
                catalog_draw_object_id(scope->database->database->store, &index->object_id));
        RETURN_IF_ERROR(catalog_put_index(scope->txn, schema->object_id, index));
    }
    return JET_errSuccess;
}

JET_ERR template_allows(const Schema *schema, const Column *column)
{
    return schema->template_id != 0 && !column_is_tagged(column) &&
                   (schema->grbit & JET_bitTableCreateNoFixedVarColumnsInDerivedTables)
               ? JET_errCannotAddFixedVarColumnToDerivedTable
               : JET_errSuccess;
}

/* --- Defaults ------------------------------------------------------------------ */

static bool index_has_column(const Index *index, const Column *column)
{
    for (unsigned i = 0; i < index->n_segments; i++)
        if (index->segments[i].column == column)
            return true;
    for (unsigned i = 0; i < index->n_conditions; i++)
        if (index->conditions[i].column == column)
            return true;
    return false;
}

/* With the definition as it is now. */
static JET_ERR default_rebuild(Cursor *cursor, Scope *scope, JET_COLUMNID id)
{
    const Schema *schema = cursor->schema;
    const Column *column = schema_find_column(schema, id);
    for (uint32_t i = 0; i < schema->n_indexes; i++) {
        const Index *index = &schema->indexes[i];
        if (!index_has_column(index, column) || (index->grbit & JET_bitIndexPrimary))
            continue;
        RETURN_IF_ERROR(table_clear_tree(scope->txn, TREE_INDEX, index->object_id,
                                         index->grbit & JET_bitIndexUnique));
        RETURN_IF_ERROR(table_build_index(schema, index, scope->txn));
    }
    return JET_errSuccess;
}

static JET_ERR default_check(const Schema *schema, const Column *column, bool empty,
                             const void *data, uint32_t size)
{
    const JET_GRBIT filled =
        JET_bitColumnAutoincrement | JET_bitColumnVersion | JET_bitColumnEscrowUpdate;
    if (!data || size == 0)
        return JET_errNullInvalid;
    if (column->inherited)
        return JET_errFixedInheritedDDL;
    if (column->grbit & filled)
        return JET_errInvalidColumnType;
    return !empty && schema->primary && index_has_column(schema->primary, column)
               ? JET_errColumnInUse
               : JET_errSuccess;
}

static JET_ERR table_set_default_in(Cursor *cursor, Scope *scope, const char *name,
                                    const void *data, uint32_t size)
{
    bool empty;
    RETURN_IF_ERROR(table_begin_definition(cursor, scope));
    const Column *column = name ? schema_find_column_by_name(cursor->schema, name) : NULL;
    if (!column)
        return name ? JET_errColumnNotFound : JET_errInvalidName;
    RETURN_IF_ERROR(table_is_empty(scope->txn, cursor->table->object_id, &empty));
    RETURN_IF_ERROR(default_check(cursor->schema, column, empty, data, size));
    Column changed = *column;
    JET_COLUMNID id = column->id;
    RETURN_IF_ERROR(column_take_default(&changed, data, size));
    JET_ERR err = catalog_insert_column(scope->txn, cursor->table->object_id, &changed);
    free(changed.default_data);
    RETURN_IF_ERROR(err);
    RETURN_IF_ERROR(table_put_changed(scope, cursor->schema));
    RETURN_IF_ERROR(cursor_refresh(cursor, scope->txn));
    return empty ? JET_errSuccess : default_rebuild(cursor, scope, id);
}

JET_ERR table_set_default(Cursor *cursor, const char *name, const void *data, uint32_t size)
{
    Scope scope;
    RETURN_IF_ERROR(table_change_begin(cursor->session, cursor->database, &scope));
    JET_ERR err = table_change_end(&scope, table_set_default_in(cursor, &scope, name, data, size));
    session_refresh_cursors(cursor->session, cursor->table, cursor->database);
    return err;
}
