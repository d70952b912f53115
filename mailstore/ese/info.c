/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * info.c - table, column and index information.
 *
 * Known limit: the levels that answer with a list, and those about space, are not there yet.
 *
 * Fails with JET_errBufferTooSmall, JET_errColumnNotFound, JET_errIndexNotFound,
 * JET_errFeatureNotAvailable, JET_errInvalidParameter.
 */
#include "mailstore/ese/info.h"

#include <string.h>

#include "mailstore/ese/result.h"
#include "mailstore/ese/wide.h"

enum {
    COLUMN_LANGUAGE = 0x409, /* what the original reports; nothing depends on it */
    COLUMN_COUNTRY = 1,
    INFO_LEVEL_OPTIONS = 0xe0000000u,
};

static JET_ERR info_number(uint32_t value, void *result, uint32_t size)
{
    if (!result || size < sizeof(value))
        return JET_errBufferTooSmall;
    memcpy(result, &value, sizeof(value));
    return JET_errSuccess;
}

/* The levels that give an unsigned short; programs pass either size. */
static JET_ERR info_short(uint16_t value, void *result, uint32_t size)
{
    if (size >= sizeof(uint32_t))
        return info_number(value, result, size);
    if (!result || size < sizeof(value))
        return JET_errBufferTooSmall;
    memcpy(result, &value, sizeof(value));
    return JET_errSuccess;
}

static JET_ERR info_text(const char *text, void *result, uint32_t size, bool wide)
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

static JET_ERR info_object(const Cursor *cursor, void *result, uint32_t size)
{
    JET_OBJECTINFO info = {
        .cbStruct = sizeof(info),
        .objtyp = JET_objtypTable,
        .grbit = JET_bitTableInfoBookmark | JET_bitTableInfoRollback,
    };
    if (!(cursor->grbit & JET_bitTableReadOnly))
        info.grbit |= JET_bitTableInfoUpdatable;
    if (cursor->schema->grbit & JET_bitTableCreateFixedDDL)
        info.flags |= JET_bitObjectTableFixedDDL;
    if (!result || size < sizeof(info))
        return JET_errBufferTooSmall;
    memcpy(result, &info, sizeof(info));
    return JET_errSuccess;
}

JET_ERR info_table(Cursor *cursor, void *result, uint32_t size, uint32_t level, bool wide)
{
    switch (level) {
    case JET_TblInfo:
        return info_object(cursor, result, size);
    case JET_TblInfoName:
        return info_text(cursor->schema->name, result, size, wide);
    case JET_TblInfoDbid:
        return info_number(cursor->database->database->id, result, size);
    case JET_TblInfoTemplateTableName:
        return info_text("", result, size, wide);
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
        .wCountry = COLUMN_COUNTRY,
        .langid = COLUMN_LANGUAGE,
        .cp = column->code_page,
        .cbMax = column->max_size,
        .grbit = column->grbit,
    };
    if (!result || size < sizeof(definition))
        return JET_errBufferTooSmall;
    memcpy(result, &definition, sizeof(definition));
    return JET_errSuccess;
}

JET_ERR info_column(Cursor *cursor, const void *name, void *result, uint32_t size, uint32_t level)
{
    const Column *column;
    RETURN_IF_ERROR(cursor_refresh_if_stale(cursor));
    switch (level & ~INFO_LEVEL_OPTIONS) {
    case JET_ColInfo:
        if (!name || !*(const char *)name)
            return JET_errInvalidParameter;
        column = schema_find_column_by_name(cursor->schema, name);
        break;
    case JET_ColInfoByColid:
        if (!name)
            return JET_errInvalidParameter;
        column = schema_find_column(cursor->schema, *(const JET_COLUMNID *)name);
        break;
    case JET_ColInfoList:
    case JET_ColInfoSysTabCursor:
    case JET_ColInfoBase:
    case JET_ColInfoListCompact:
    case JET_ColInfoListSortColumnid:
    case JET_ColInfoBaseByColid:
        return JET_errFeatureNotAvailable;
    default:
        return JET_errInvalidParameter;
    }
    return column ? info_column_definition(column, result, size) : JET_errColumnNotFound;
}

static JET_ERR info_one_index(const Index *index, void *result, uint32_t size, uint32_t level,
                              bool wide)
{
    switch (level) {
    case JET_IdxInfoVarSegMac:
        return info_short(index->var_segment_most, result, size);
    case JET_IdxInfoKeyMost:
        return info_short(index->key_most, result, size);
    case JET_IdxInfoLocaleName:
        return info_text(index->collation.locale[0] ? index->collation.locale : TEXT_LOCALE_DEFAULT,
                         result, size, wide);
    case JET_IdxInfo:
    case JET_IdxInfoSysTabCursor:
    case JET_IdxInfoOLC:
    case JET_IdxInfoResetOLC:
    case JET_IdxInfoSpaceAlloc:
    case JET_IdxInfoLCID:
    case JET_IdxInfoIndexId:
    case JET_IdxInfoCreateIndex:
    case JET_IdxInfoCreateIndex2:
    case JET_IdxInfoCreateIndex3:
        return JET_errFeatureNotAvailable;
    default:
        return JET_errInvalidParameter;
    }
}

JET_ERR info_index(Cursor *cursor, const char *name, void *result, uint32_t size, uint32_t level,
                   bool wide)
{
    RETURN_IF_ERROR(cursor_refresh_if_stale(cursor));
    if (level == JET_IdxInfoCount)
        return info_number(cursor->schema->n_indexes, result, size);
    if (level == JET_IdxInfoList)
        return JET_errFeatureNotAvailable;
    const Index *index =
        name && *name ? schema_find_index_by_name(cursor->schema, name) : cursor->schema->primary;
    return index ? info_one_index(index, result, size, level, wide) : JET_errIndexNotFound;
}

JET_ERR info_current_index(Cursor *cursor, char *name, uint32_t size)
{
    const Index *index = cursor->index ? cursor->index : cursor->schema->primary;
    if (!name || size == 0)
        return JET_errInvalidParameter;
    return info_text(index ? index->name : "", name, size, false);
}
