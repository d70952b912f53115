/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table-column.c - what a column may be.
 *
 * Numbers of fixed size become fixed columns, short text and binary variable ones, everything else
 * and what no longer fits there tagged ones.
 *
 * Fails with JET_errInvalidName, JET_errColumnDuplicate, JET_errInvalidColumnType,
 * JET_errInvalidGrbit, JET_errCannotBeTagged, JET_errTaggedNotNULL, JET_errInvalidCodePage,
 * JET_errMultiValuedColumnMustBeTagged, JET_errColumnRedundant, JET_errTooManyColumns,
 * JET_errDefaultValueTooBig, JET_errInvalidBufferSize, JET_errInvalidParameter.
 */
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/table.h"

enum {
    COLUMN_BITS = JET_bitColumnFixed | JET_bitColumnTagged | JET_bitColumnNotNULL |
                  JET_bitColumnVersion | JET_bitColumnAutoincrement | JET_bitColumnUpdatable |
                  JET_bitColumnTTKey | JET_bitColumnTTDescending | JET_bitColumnMultiValued |
                  JET_bitColumnEscrowUpdate | JET_bitColumnUnversioned | JET_bitColumnMaybeNull |
                  JET_bitColumnFinalize | JET_bitColumnDeleteOnZero | JET_bitColumnCompressed,
    ENGINE_FILLED = JET_bitColumnVersion | JET_bitColumnAutoincrement | JET_bitColumnEscrowUpdate,
};

static bool coltyp_is_known(JET_COLTYP coltyp)
{
    return coltyp > JET_coltypNil && coltyp < JET_coltypMax && coltyp != JET_coltypSLV;
}

static bool coltyp_may_autoincrement(JET_COLTYP coltyp)
{
    return coltyp == JET_coltypLong || coltyp == JET_coltypCurrency ||
           coltyp == JET_coltypLongLong || coltyp == JET_coltypUnsignedLong ||
           coltyp == JET_coltypUnsignedLongLong;
}

static JET_ERR column_check_engine_filled(const Schema *schema, const JET_COLUMNDEF *definition,
                                          bool tagged, bool has_default)
{
    JET_GRBIT filled = definition->grbit & ENGINE_FILLED;
    if (filled == 0)
        return JET_errSuccess;
    if ((filled & (filled - 1)) != 0)
        return JET_errInvalidGrbit;
    if (tagged)
        return JET_errCannotBeTagged;
    if (filled == JET_bitColumnAutoincrement) {
        if (!coltyp_may_autoincrement(definition->coltyp))
            return JET_errInvalidColumnType;
        return schema->autoincrement ? JET_errColumnRedundant : JET_errSuccess;
    }
    if (filled == JET_bitColumnVersion) {
        if (definition->coltyp != JET_coltypLong)
            return JET_errInvalidColumnType;
        return schema->version_column ? JET_errColumnRedundant : JET_errSuccess;
    }
    if (definition->coltyp != JET_coltypLong && definition->coltyp != JET_coltypLongLong)
        return JET_errInvalidColumnType;
    return has_default ? JET_errSuccess : JET_errInvalidParameter;
}

static JET_ERR column_check(const Schema *schema, const JET_COLUMNDEF *definition, bool has_default)
{
    JET_GRBIT grbit = definition->grbit;
    bool tagged = grbit & JET_bitColumnTagged;
    if (!coltyp_is_known(definition->coltyp))
        return JET_errInvalidColumnType;
    if (grbit & ~(JET_GRBIT)COLUMN_BITS)
        return JET_errInvalidGrbit;
    if (tagged && (grbit & JET_bitColumnFixed))
        return JET_errInvalidGrbit;
    if ((grbit & JET_bitColumnFixed) && coltyp_is_long_value(definition->coltyp))
        return JET_errInvalidGrbit;
    if (tagged && (grbit & JET_bitColumnNotNULL))
        return JET_errTaggedNotNULL;
    if ((grbit & JET_bitColumnMultiValued) && !tagged && !coltyp_is_long_value(definition->coltyp))
        return JET_errMultiValuedColumnMustBeTagged;
    if (coltyp_is_text(definition->coltyp) && definition->cp != 0 &&
        definition->cp != CODE_PAGE_UNICODE && definition->cp != CODE_PAGE_ASCII)
        return JET_errInvalidCodePage;
    return column_check_engine_filled(schema, definition, tagged, has_default);
}

static JET_ERR column_number(const Schema *schema, const JET_COLUMNDEF *definition,
                             JET_COLUMNID *ret)
{
    bool tagged =
        (definition->grbit & JET_bitColumnTagged) || coltyp_is_long_value(definition->coltyp);
    bool fixed = !tagged && (coltyp_fixed_size(definition->coltyp) != 0 ||
                             (definition->grbit & JET_bitColumnFixed));
    if (fixed && schema->n_fixed < JET_ccolFixedMost)
        *ret = schema->n_fixed + 1;
    else if (!fixed && !tagged && schema->n_variable < JET_ccolVarMost)
        *ret = COLUMN_ID_VARIABLE_FIRST + schema->n_variable;
    else if ((definition->grbit & (JET_bitColumnFixed | JET_bitColumnNotNULL | ENGINE_FILLED)) ||
             schema->n_tagged >= JET_ccolTaggedMost)
        return JET_errTooManyColumns;
    else
        *ret = COLUMN_ID_TAGGED_FIRST + schema->n_tagged;
    return JET_errSuccess;
}

/* What the type and the definition allow a value to have; 0 for long values without a limit. */
static uint32_t column_limit(const JET_COLUMNDEF *definition, JET_ERR *ret_warning)
{
    uint32_t fixed = coltyp_fixed_size(definition->coltyp);
    if (fixed != 0)
        return fixed;
    if (coltyp_is_long_value(definition->coltyp))
        return definition->cbMax;
    if (definition->cbMax > JET_cbColumnMost)
        *ret_warning = JET_wrnColumnMaxTruncated;
    return definition->cbMax == 0 || definition->cbMax > JET_cbColumnMost ? JET_cbColumnMost
                                                                          : definition->cbMax;
}

JET_ERR column_take_default(Column *column, const void *data, uint32_t size)
{
    uint32_t fixed = coltyp_fixed_size(column->coltyp);
    if (!data || size == 0)
        return JET_errSuccess;
    if (fixed != 0 && size != fixed)
        return JET_errInvalidBufferSize;
    if (size > JET_cbLVDefaultValueMost || (column->max_size != 0 && size > column->max_size))
        return JET_errDefaultValueTooBig;
    column->default_data = fault_malloc(size);
    if (!column->default_data)
        return JET_errOutOfMemory;
    memcpy(column->default_data, data, size);
    column->default_size = size;
    return JET_errSuccess;
}

JET_ERR column_define(const Schema *schema, const char *name, const JET_COLUMNDEF *definition,
                      const void *default_data, uint32_t default_size, Column *ret)
{
    JET_ERR warning = JET_errSuccess;
    JET_COLUMNID id;
    bool has_default = default_data && default_size > 0;
    RETURN_IF_ERROR(name_check(name));
    RETURN_IF_ERROR(column_check(schema, definition, has_default));
    if (schema_find_column_by_name(schema, name))
        return JET_errColumnDuplicate;
    RETURN_IF_ERROR(column_number(schema, definition, &id));
    Column column = {
        .id = id,
        .coltyp = definition->coltyp,
        .grbit = definition->grbit,
        .max_size = column_limit(definition, &warning),
    };
    if (coltyp_is_text(column.coltyp))
        column.code_page = definition->cp ? definition->cp : CODE_PAGE_ASCII;
    if (id < COLUMN_ID_VARIABLE_FIRST)
        column.grbit |= JET_bitColumnFixed;
    if (id >= COLUMN_ID_TAGGED_FIRST)
        column.grbit |= JET_bitColumnTagged;
    column.name = fault_strdup(name);
    JET_ERR err =
        column.name ? column_take_default(&column, default_data, default_size) : JET_errOutOfMemory;
    if (err < 0) {
        column_clear(&column);
        return err;
    }
    *ret = column;
    return warning;
}
