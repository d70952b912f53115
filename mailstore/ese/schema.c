/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * schema.c - building, sharing and searching table definitions.
 *
 * Fails with JET_errOutOfMemory, and with JET_errCatalogCorrupted for a definition that does not
 * hold together. Searching by name walks all columns: names are for opening, ids for working.
 */
#include "mailstore/ese/schema.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"

Schema *schema_new(void)
{
    Schema *schema = fault_calloc(1, sizeof(*schema));
    if (schema)
        atomic_init(&schema->references, 1);
    return schema;
}

Schema *schema_ref(Schema *schema)
{
    atomic_fetch_add_explicit(&schema->references, 1, memory_order_relaxed);
    return schema;
}

void column_clear(Column *column)
{
    free(column->name);
    free(column->default_data);
    memset(column, 0, sizeof(*column));
}

void index_clear(Index *index)
{
    free(index->name);
    text_collation_clear(&index->collation);
    memset(index, 0, sizeof(*index));
}

static uint32_t schema_n_columns(const Schema *schema)
{
    return schema->n_fixed + schema->n_variable + schema->n_tagged;
}

Schema *schema_unref(Schema *schema)
{
    if (!schema || atomic_fetch_sub_explicit(&schema->references, 1, memory_order_acq_rel) != 1)
        return NULL;
    for (uint32_t i = 0; i < schema_n_columns(schema); i++)
        column_clear(&schema->columns[i]);
    for (uint32_t i = 0; i < schema->n_indexes; i++)
        index_clear(&schema->indexes[i]);
    free(schema->columns);
    free(schema->indexes);
    free(schema->name);
    free(schema->template_name);
    free(schema);
    return NULL;
}

JET_ERR schema_take_column(Schema *schema, Column *column)
{
    uint32_t n = schema_n_columns(schema);
    Column *grown = fault_realloc(schema->columns, (n + 1) * sizeof(*grown));
    if (!grown) {
        column_clear(column);
        return JET_errOutOfMemory;
    }
    schema->columns = grown;
    grown[n] = *column;
    memset(column, 0, sizeof(*column));
    if (grown[n].id < COLUMN_ID_VARIABLE_FIRST)
        schema->n_fixed++;
    else if (grown[n].id < COLUMN_ID_TAGGED_FIRST)
        schema->n_variable++;
    else
        schema->n_tagged++;
    return JET_errSuccess;
}

JET_ERR schema_take_index(Schema *schema, Index *index)
{
    Index *grown = fault_realloc(schema->indexes, (schema->n_indexes + 1) * sizeof(*grown));
    if (!grown) {
        index_clear(index);
        return JET_errOutOfMemory;
    }
    schema->indexes = grown;
    grown[schema->n_indexes++] = *index;
    memset(index, 0, sizeof(*index));
    return JET_errSuccess;
}

static int column_compare_ids(const void *a, const void *b)
{
    JET_COLUMNID left = ((const Column *)a)->id, right = ((const Column *)b)->id;
    return left < right ? -1 : left > right;
}

static bool columns_are_numbered(const Column *columns, uint32_t n, JET_COLUMNID first)
{
    for (uint32_t i = 0; i < n; i++)
        if (columns[i].id != first + i)
            return false;
    return true;
}

bool index_is_stale(const Index *index)
{
    return index->collation.collator &&
           text_collation_version(&index->collation) != index->collation_version;
}

static JET_ERR index_seal(Schema *schema, Index *index)
{
    bool has_text = false;
    for (unsigned i = 0; i < index->n_segments; i++) {
        IndexSegment *segment = &index->segments[i];
        segment->column = schema_find_column(schema, segment->column_id);
        if (!segment->column)
            return JET_errCatalogCorrupted;
        has_text = has_text || (coltyp_is_text(segment->column->coltyp) &&
                                segment->column->code_page == CODE_PAGE_UNICODE);
    }
    for (unsigned i = 0; i < index->n_conditions; i++) {
        IndexCondition *condition = &index->conditions[i];
        condition->column = schema_find_column(schema, condition->column_id);
        if (!condition->column)
            return JET_errCatalogCorrupted;
    }
    if (has_text)
        RETURN_IF_ERROR(text_collation_open(&index->collation));
    schema->stale_text = schema->stale_text || index_is_stale(index);
    if (index->grbit & JET_bitIndexPrimary)
        schema->primary = index;
    return JET_errSuccess;
}

JET_ERR schema_seal(Schema *schema)
{
    uint32_t n = schema_n_columns(schema);
    if (n > 0)
        qsort(schema->columns, n, sizeof(*schema->columns), column_compare_ids);
    Column *variable = schema->columns + schema->n_fixed;
    if (!columns_are_numbered(schema->columns, schema->n_fixed, 1) ||
        !columns_are_numbered(variable, schema->n_variable, COLUMN_ID_VARIABLE_FIRST) ||
        !columns_are_numbered(variable + schema->n_variable, schema->n_tagged,
                              COLUMN_ID_TAGGED_FIRST))
        return JET_errCatalogCorrupted;
    schema->escrow_size = 0;
    for (uint32_t i = 0; i < n; i++) {
        Column *column = &schema->columns[i];
        if (column->grbit & JET_bitColumnEscrowUpdate) {
            column->escrow_offset = schema->escrow_size;
            schema->escrow_size =
                (uint16_t)(schema->escrow_size + coltyp_fixed_size(column->coltyp));
        }
        if (column->grbit & JET_bitColumnAutoincrement)
            schema->autoincrement = column;
        if (column->grbit & JET_bitColumnVersion)
            schema->version_column = column;
    }
    for (uint32_t i = 0; i < schema->n_indexes; i++)
        RETURN_IF_ERROR(index_seal(schema, &schema->indexes[i]));
    return JET_errSuccess;
}

static const Column *schema_column_at(const Schema *schema, JET_COLUMNID id)
{
    if (id >= COLUMN_ID_TAGGED_FIRST) {
        uint32_t at = id - COLUMN_ID_TAGGED_FIRST;
        return at < schema->n_tagged ? &schema->columns[schema->n_fixed + schema->n_variable + at]
                                     : NULL;
    }
    if (id >= COLUMN_ID_VARIABLE_FIRST) {
        uint32_t at = id - COLUMN_ID_VARIABLE_FIRST;
        return at < schema->n_variable ? &schema->columns[schema->n_fixed + at] : NULL;
    }
    return id >= 1 && id <= schema->n_fixed ? &schema->columns[id - 1] : NULL;
}

const Column *schema_find_column(const Schema *schema, JET_COLUMNID id)
{
    const Column *column = schema_column_at(schema, id);
    return column && !column_is_deleted(column) ? column : NULL;
}

const Column *schema_find_column_by_name(const Schema *schema, const char *name)
{
    for (uint32_t i = 0; i < schema_n_columns(schema); i++)
        if (!column_is_deleted(&schema->columns[i]) && name_equals(schema->columns[i].name, name))
            return &schema->columns[i];
    return NULL;
}

const Index *schema_find_index_by_name(const Schema *schema, const char *name)
{
    for (uint32_t i = 0; i < schema->n_indexes; i++)
        if (name_equals(schema->indexes[i].name, name))
            return &schema->indexes[i];
    return NULL;
}

static char ascii_fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool name_equals(const char *a, const char *b)
{
    while (*a && ascii_fold(*a) == ascii_fold(*b)) {
        a++;
        b++;
    }
    return ascii_fold(*a) == ascii_fold(*b);
}

JET_ERR name_check(const char *name)
{
    if (!name || name[0] == 0 || name[0] == ' ' ||
        strnlen(name, NAME_MAX_BYTES + 1) > NAME_MAX_BYTES)
        return JET_errInvalidName;
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < 0x20 || strchr("!.[]`\"", *at))
            return JET_errInvalidName;
    return JET_errSuccess;
}

bool column_is_deleted(const Column *column)
{
    return column->name[0] == 0;
}

bool column_is_fixed(const Column *column)
{
    return column->id < COLUMN_ID_VARIABLE_FIRST;
}

bool column_is_tagged(const Column *column)
{
    return column->id >= COLUMN_ID_TAGGED_FIRST;
}

bool coltyp_is_long_value(JET_COLTYP coltyp)
{
    return coltyp == JET_coltypLongBinary || coltyp == JET_coltypLongText;
}

bool column_is_long_value(const Column *column)
{
    return coltyp_is_long_value(column->coltyp);
}

bool coltyp_is_text(JET_COLTYP coltyp)
{
    return coltyp == JET_coltypText || coltyp == JET_coltypLongText;
}

JET_ERR tuple_limits_check(const TupleLimits *limits)
{
    enum {
        LENGTH_LEAST = 2,
        LENGTH_MOST = 255,
        TEXT_MOST = 32767,
    };
    bool sound = limits->length_min >= LENGTH_LEAST && limits->length_max <= LENGTH_MOST &&
                 limits->length_min <= limits->length_max && limits->to_index_max >= 1 &&
                 limits->to_index_max <= TEXT_MOST && limits->increment >= 1 &&
                 limits->increment <= TEXT_MOST && limits->start <= TEXT_MOST;
    return sound ? JET_errSuccess : JET_errIndexTuplesInvalidLimits;
}

uint32_t tuple_unit(const Column *column)
{
    return coltyp_is_text(column->coltyp) && column->code_page == CODE_PAGE_UNICODE ? 2 : 1;
}

uint32_t coltyp_fixed_size(JET_COLTYP coltyp)
{
    switch (coltyp) {
    case JET_coltypBit:
    case JET_coltypUnsignedByte:
        return 1;
    case JET_coltypShort:
    case JET_coltypUnsignedShort:
        return 2;
    case JET_coltypLong:
    case JET_coltypUnsignedLong:
    case JET_coltypIEEESingle:
        return 4;
    case JET_coltypCurrency:
    case JET_coltypIEEEDouble:
    case JET_coltypDateTime:
    case JET_coltypLongLong:
    case JET_coltypUnsignedLongLong:
        return 8;
    case JET_coltypGUID:
        return 16;
    default:
        return 0;
    }
}
