/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * info.c - table, column and index information.
 *
 * Known limit: the levels about space are not there yet.
 *
 * Fails with JET_errBufferTooSmall, JET_errColumnNotFound, JET_errIndexNotFound,
 * JET_errFeatureNotAvailable, JET_errInvalidParameter.
 */
#include "mailstore/ese/info.h"

#include <string.h>

#include "mailstore/ese/result.h"
#include "mailstore/ese/wide.h"

enum {
    TEMPORARY_DATABASE = 0,
    INFO_LEVEL_OPTIONS = 0xe0000000u,
};

static JET_ERR info_number(uint32_t value, void *result, uint32_t size)
{
    if (!result || size < sizeof(value))
        return JET_errBufferTooSmall;
    memcpy(result, &value, sizeof(value));
    return JET_errSuccess;
}

JET_ERR info_short(uint16_t value, void *result, uint32_t size)
{
    if (size >= sizeof(uint32_t))
        return info_number(value, result, size);
    if (!result || size < sizeof(value))
        return JET_errBufferTooSmall;
    memcpy(result, &value, sizeof(value));
    return JET_errSuccess;
}

JET_ERR info_text(const char *text, void *result, uint32_t size, bool wide)
{
    if (wide)
        return wide_copy_out(text, result, size);
    if (!result || size == 0)
        return JET_errBufferTooSmall;
    size_t length = strlen(text);
    size_t n = length < size ? length : size - 1;
    memcpy(result, text, n);
    ((char *)result)[n] = 0;
    return n < length ? JET_errBufferTooSmall : JET_errSuccess;
}

uint32_t info_table_flags(const Schema *schema)
{
    uint32_t flags = 0;
    if (schema->grbit & JET_bitTableCreateFixedDDL)
        flags |= JET_bitObjectTableFixedDDL;
    if (schema->grbit & JET_bitTableCreateTemplateTable)
        flags |= JET_bitObjectTableTemplate;
    if (schema->template_id != 0)
        flags |= JET_bitObjectTableDerived;
    return flags;
}

static JET_ERR info_object(const Cursor *cursor, JET_GRBIT grbit, void *result, uint32_t size)
{
    JET_OBJECTINFO info = {
        .cbStruct = sizeof(info),
        .objtyp = JET_objtypTable,
        .grbit = grbit,
        .flags = info_table_flags(cursor->schema),
        .cRecord = cursor->temporary
                       ? cursor->temporary->n_rows
                       : atomic_load_explicit(&cursor->table->n_rows, memory_order_relaxed),
    };
    if (!result || size < sizeof(info))
        return JET_errBufferTooSmall;
    memcpy(result, &info, sizeof(info));
    return JET_errSuccess;
}

JET_ERR info_table(Cursor *cursor, void *result, uint32_t size, uint32_t level, bool wide)
{
    switch (level) {
    case JET_TblInfo:
        return info_object(cursor,
                           cursor->grbit & JET_bitTableReadOnly
                               ? INFO_TABLE_BITS & ~(JET_GRBIT)JET_bitTableInfoUpdatable
                               : INFO_TABLE_BITS,
                           result, size);
    case JET_TblInfoName:
        return info_text(cursor->schema->name, result, size, wide);
    case JET_TblInfoDbid:
        return info_number(cursor->temporary ? TEMPORARY_DATABASE : cursor->database->database->id,
                           result, size);
    case JET_TblInfoTemplateTableName:
        return info_text(cursor->schema->template_name ? cursor->schema->template_name : "", result,
                         size, wide);
    case JET_TblInfoMostMany:
    case JET_TblInfoRvt:
    case JET_TblInfoOLC:
    case JET_TblInfoResetOLC:
    case JET_TblInfoSpaceUsage:
    case JET_TblInfoDumpTable:
    case JET_TblInfoSpaceAlloc:
    case JET_TblInfoSpaceOwned:
    case JET_TblInfoSpaceAvailable:
        return JET_errFeatureNotAvailable;
    default:
        return JET_errInvalidParameter;
    }
}

static JET_ERR info_column_definition(const Column *column, void *result, uint32_t size)
{
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof(definition),
        .columnid = column->id,
        .coltyp = column->coltyp,
        .wCountry = INFO_COUNTRY,
        .langid = INFO_LANGUAGE,
        .cp = column->code_page,
        .cbMax = column->max_size,
        .grbit = column->grbit,
    };
    if (!result || size < sizeof(definition))
        return JET_errBufferTooSmall;
    memcpy(result, &definition, sizeof(definition));
    return JET_errSuccess;
}

const char *info_base_table(const Schema *schema, const Column *column)
{
    return column->inherited ? schema->template_name : schema->name;
}

static JET_ERR info_column_base(const Schema *schema, const Column *column, void *result,
                                uint32_t size, bool wide)
{
    JET_COLUMNBASE_W base = {
        .cbStruct = wide ? sizeof(JET_COLUMNBASE_W) : sizeof(JET_COLUMNBASE_A),
        .columnid = column->id,
        .coltyp = column->coltyp,
        .wCountry = INFO_COUNTRY,
        .langid = INFO_LANGUAGE,
        .cp = column->code_page,
        .cbMax = column->max_size,
        .grbit = column->grbit,
    };
    JET_COLUMNBASE_A *narrow = result;
    const char *table = info_base_table(schema, column);
    const size_t fixed = offsetof(JET_COLUMNBASE_W, szBaseTableName);
    if (!result || size < base.cbStruct)
        return JET_errBufferTooSmall;
    if (wide) {
        RETURN_IF_ERROR(wide_copy_out(table, base.szBaseTableName, sizeof(base.szBaseTableName)));
        RETURN_IF_ERROR(
            wide_copy_out(column->name, base.szBaseColumnName, sizeof(base.szBaseColumnName)));
        memcpy(result, &base, sizeof(base));
        return JET_errSuccess;
    }
    memset(result, 0, sizeof(*narrow));
    memcpy(result, &base, fixed);
    memcpy(narrow->szBaseTableName, table, strlen(table));
    memcpy(narrow->szBaseColumnName, column->name, strlen(column->name));
    return JET_errSuccess;
}

/* The one that the question is about. */
static JET_ERR info_find_column(const Schema *schema, const void *name, bool by_id,
                                const Column **ret)
{
    if (!name || (!by_id && !*(const char *)name))
        return JET_errInvalidParameter;
    *ret = by_id ? schema_find_column(schema, *(const JET_COLUMNID *)name)
                 : schema_find_column_by_name(schema, name);
    return *ret ? JET_errSuccess : JET_errColumnNotFound;
}

JET_ERR info_column(Cursor *cursor, const void *name, void *result, uint32_t size, uint32_t level,
                    bool wide)
{
    const Column *column;
    bool by_id = level & JET_ColInfoGrbitSortByColumnid;
    RETURN_IF_ERROR(cursor_refresh_now(cursor));
    switch (level & ~INFO_LEVEL_OPTIONS) {
    case JET_ColInfo:
        RETURN_IF_ERROR(info_find_column(cursor->schema, name, false, &column));
        return info_column_definition(column, result, size);
    case JET_ColInfoByColid:
        RETURN_IF_ERROR(info_find_column(cursor->schema, name, true, &column));
        return info_column_definition(column, result, size);
    case JET_ColInfoBase:
        RETURN_IF_ERROR(info_find_column(cursor->schema, name, false, &column));
        return info_column_base(cursor->schema, column, result, size, wide);
    case JET_ColInfoBaseByColid:
        RETURN_IF_ERROR(info_find_column(cursor->schema, name, true, &column));
        return info_column_base(cursor->schema, column, result, size, wide);
    case JET_ColInfoList:
    case JET_ColInfoListCompact:
        return info_column_list(cursor, result, size, by_id, wide);
    case JET_ColInfoListSortColumnid:
        return info_column_list(cursor, result, size, true, wide);
    case JET_ColInfoSysTabCursor:
        return JET_errFeatureNotAvailable;
    default:
        return JET_errInvalidParameter;
    }
}

JET_ERR info_index(Cursor *cursor, const char *name, void *result, uint32_t size, uint32_t level,
                   bool wide)
{
    RETURN_IF_ERROR(cursor_refresh_now(cursor));
    if (level == JET_IdxInfoCount)
        return info_number(cursor->schema->n_indexes, result, size);
    bool is_list = level == JET_IdxInfo || level == JET_IdxInfoList;
    if (is_list && (!name || !*name))
        return info_index_list(cursor, NULL, result, size, wide);
    const Index *index =
        name && *name ? schema_find_index_by_name(cursor->schema, name) : cursor->schema->primary;
    if (!index)
        return JET_errIndexNotFound;
    return is_list ? info_index_list(cursor, index, result, size, wide)
                   : info_one_index(cursor, index, result, size, level, wide);
}

JET_ERR info_current_index(Cursor *cursor, char *name, uint32_t size)
{
    const Index *index = cursor->index ? cursor->index : cursor->schema->primary;
    if (!name || size == 0)
        return JET_errInvalidParameter;
    return info_text(index ? index->name : "", name, size, false);
}

static JET_ERR info_object_by_name(Session *session, JET_DBID dbid, const char *name, void *result,
                                   uint32_t size)
{
    JET_TABLEID table;
    RETURN_IF_ERROR(cursor_open(session, dbid, name, JET_bitTableReadOnly, &table));
    Cursor *cursor = session->cursors; /* the newest */
    JET_ERR err = info_object(cursor, INFO_TABLE_BITS, result, size);
    cursor_close(cursor);
    return err;
}

JET_ERR info_objects(Session *session, JET_DBID dbid, JET_OBJTYP type, const char *container,
                     const char *name, void *result, uint32_t size, uint32_t level, bool wide)
{
    SessionDatabase *database;
    RETURN_IF_ERROR(session_find_database(session, dbid, &database));
    if (type != JET_objtypNil && type != JET_objtypTable)
        return JET_errObjectNotFound;
    if (container && *container && !name_equals(container, INFO_CONTAINER))
        return JET_errObjectNotFound;
    switch (level) {
    case JET_ObjInfo:
    case JET_ObjInfoNoStats:
        return info_object_by_name(session, dbid, name, result, size);
    case JET_ObjInfoList:
    case JET_ObjInfoListNoStats:
        return info_object_list(session, database, result, size, wide);
    case JET_ObjInfoSysTabCursor:
    case JET_ObjInfoListACM:
    case JET_ObjInfoSysTabReadOnly:
    case JET_ObjInfoRulesLoaded:
        return JET_errFeatureNotAvailable;
    default:
        return JET_errInvalidParameter;
    }
}
