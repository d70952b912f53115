/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table-index.c - what an index may be, from the three forms of JET_INDEXCREATE.
 *
 * Fails with JET_errInvalidName, JET_errIndexDuplicate, JET_errIndexInvalidDef,
 * JET_errIndexHasPrimary, JET_errColumnNotFound, JET_errCannotIndex, JET_errInvalidGrbit,
 * JET_errInvalidParameter, JET_errInvalidLanguageId, JET_errDensityInvalid, JET_errIndexTuples*.
 */
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/table.h"

enum {
    INDEX_BITS = JET_bitIndexUnique | JET_bitIndexPrimary | JET_bitIndexDisallowNull |
                 JET_bitIndexIgnoreNull | JET_bitIndexIgnoreAnyNull | JET_bitIndexIgnoreFirstNull |
                 JET_bitIndexLazyFlush | JET_bitIndexEmpty | JET_bitIndexUnversioned |
                 JET_bitIndexSortNullsHigh | JET_bitIndexUnicode | JET_bitIndexKeyMost |
                 JET_bitIndexDisallowTruncation | JET_bitIndexDotNetGuid |
                 JET_bitIndexImmutableStructure | JET_bitIndexTuples | JET_bitIndexTupleLimits |
                 JET_bitIndexCrossProduct | JET_bitIndexNestedTable,
    TUPLE_BITS = JET_bitIndexTuples | JET_bitIndexTupleLimits, /* the second implies the first */
    INDEX_CREATE_SIZE_OLD = 72,                                /* without cbKeyMost */
    DENSITY_LEAST = 20, /* percent, by the documentation of JET_TABLECREATE */
    DENSITY_MOST = 100,
};

/* --- The forms ----------------------------------------------------------------- */

static JET_ERR spec_take_collation(IndexSpec *spec, uint32_t lcid, uint32_t map_flags)
{
    spec->has_collation = true;
    spec->map_flags = map_flags;
    return text_locale_of_lcid(lcid, spec->locale);
}

static JET_ERR spec_take_locale(IndexSpec *spec, const JET_UNICODEINDEX2 *unicode)
{
    spec->has_collation = true;
    spec->map_flags = unicode->dwMapFlags;
    return text_locale_of_name(unicode->szLocaleName, spec->locale);
}

/* All three forms begin alike; only what `pidxunicode` points at differs. */
static JET_ERR spec_read_common(const JET_INDEXCREATE3 *from, JET_ERR *ret_err, IndexSpec *ret)
{
    if (from->cConditionalColumn > INDEX_CONDITIONS_MAX ||
        (from->cConditionalColumn > 0 && !from->rgconditionalcolumn))
        return JET_errIndexInvalidDef;
    *ret = (IndexSpec){
        .name = from->szIndexName,
        .key = from->szKey,
        .key_size = from->cbKey,
        .grbit = from->grbit,
        .density = from->ulDensity,
        .var_segment_most = from->grbit & JET_bitIndexTupleLimits ? 0 : (uint32_t)from->cbVarSegMac,
        .tuples = from->grbit & JET_bitIndexTupleLimits ? from->ptuplelimits : NULL,
        .conditions = from->rgconditionalcolumn,
        .n_conditions = from->cConditionalColumn,
        .ret_err = ret_err,
    };
    return JET_errSuccess;
}

static JET_ERR spec_read_lcid(const JET_INDEXCREATE2 *from, IndexSpec *spec)
{
    if (!(from->grbit & JET_bitIndexUnicode))
        return from->lcid ? spec_take_collation(spec, from->lcid, 0) : JET_errSuccess;
    if (!from->pidxunicode)
        return JET_errIndexInvalidDef;
    return spec_take_collation(spec, from->pidxunicode->lcid, from->pidxunicode->dwMapFlags);
}

JET_ERR index_spec_read(void *structure, IndexCreateForm form, IndexSpec *ret, void **ret_next)
{
    uint32_t size = *(uint32_t *)structure;
    JET_INDEXCREATE3 *newest = structure;
    bool known = form == INDEX_CREATE_1
                     ? size == INDEX_CREATE_SIZE_OLD || size == sizeof(JET_INDEXCREATE)
                     : size == sizeof(JET_INDEXCREATE2);
    if (!known)
        return JET_errInvalidParameter;
    *ret_next = (char *)structure + size;
    RETURN_IF_ERROR(spec_read_common(newest, &newest->err, ret));
    if (form == INDEX_CREATE_3) {
        if (newest->pidxunicode)
            RETURN_IF_ERROR(spec_take_locale(ret, newest->pidxunicode));
    } else {
        RETURN_IF_ERROR(spec_read_lcid(structure, ret));
    }
    if (size > INDEX_CREATE_SIZE_OLD && (newest->grbit & JET_bitIndexKeyMost))
        ret->key_most = newest->cbKeyMost;
    else if (newest->grbit & JET_bitIndexKeyMost)
        return JET_errInvalidParameter;
    return JET_errSuccess;
}

/* --- The definition ------------------------------------------------------------ */

/* "+column\0-column\0\0" */
static JET_ERR index_parse_key(const Schema *schema, const IndexSpec *spec, Index *index)
{
    const char *at = spec->key, *end = spec->key ? spec->key + spec->key_size : NULL;
    while (at && at < end && *at) {
        size_t length = strnlen(at, (size_t)(end - at));
        if (at + length == end || (*at != '+' && *at != '-') ||
            index->n_segments == KEY_SEGMENTS_MAX)
            return JET_errIndexInvalidDef;
        const Column *column = schema_find_column_by_name(schema, at + 1);
        if (!column)
            return JET_errColumnNotFound;
        if (column->grbit & JET_bitColumnEscrowUpdate)
            return JET_errCannotIndex;
        index->segments[index->n_segments++] = (IndexSegment){column->id, column, *at == '-'};
        at += length + 1;
    }
    return index->n_segments > 0 ? JET_errSuccess : JET_errIndexInvalidDef;
}

static JET_ERR index_parse_conditions(const Schema *schema, const IndexSpec *spec, Index *index)
{
    for (uint32_t i = 0; i < spec->n_conditions; i++) {
        const JET_CONDITIONALCOLUMN *condition = &spec->conditions[i];
        if (condition->cbStruct != sizeof(*condition))
            return JET_errIndexInvalidDef;
        if (condition->grbit != JET_bitIndexColumnMustBeNull &&
            condition->grbit != JET_bitIndexColumnMustBeNonNull)
            return JET_errInvalidGrbit;
        const Column *column = condition->szColumnName
                                   ? schema_find_column_by_name(schema, condition->szColumnName)
                                   : NULL;
        if (!column)
            return JET_errColumnNotFound;
        index->conditions[index->n_conditions++] =
            (IndexCondition){column->id, column, condition->grbit == JET_bitIndexColumnMustBeNull};
    }
    return JET_errSuccess;
}

static JET_ERR tuple_parameter(const Instance *instance, uint32_t id, uint32_t least, uint32_t *ret)
{
    JET_API_PTR value;
    RETURN_IF_ERROR(instance_get_parameter(instance->handle, id, &value, NULL, 0));
    *ret = value < least ? least : (uint32_t)value;
    return JET_errSuccess;
}

JET_ERR collation_take_default(const Instance *instance, char locale[TEXT_LOCALE_MAX + 1],
                               uint32_t *ret_map_flags)
{
    JET_UNICODEINDEX usual;
    JET_API_PTR value = (JET_API_PTR)&usual;
    RETURN_IF_ERROR(
        instance_get_parameter(instance->handle, JET_paramUnicodeIndexDefault, &value, NULL, 0));
    *ret_map_flags = usual.dwMapFlags == TEXT_MAP_DEFAULT ? 0 : usual.dwMapFlags;
    RETURN_IF_ERROR(text_locale_of_lcid(usual.lcid, locale));
    if (strcmp(locale, TEXT_LOCALE_DEFAULT) == 0)
        locale[0] = 0; /* what the engine does by itself */
    return JET_errSuccess;
}

JET_ERR index_spec_take_parameters(const Instance *instance, IndexSpec *spec)
{
    TupleLimits *usual = &spec->usual_tuples;
    if (!spec->has_collation)
        RETURN_IF_ERROR(collation_take_default(instance, spec->locale, &spec->map_flags));
    if (!(spec->grbit & TUPLE_BITS))
        return JET_errSuccess;
    RETURN_IF_ERROR(
        tuple_parameter(instance, JET_paramIndexTuplesLengthMin, 0, &usual->length_min));
    RETURN_IF_ERROR(
        tuple_parameter(instance, JET_paramIndexTuplesLengthMax, 0, &usual->length_max));
    RETURN_IF_ERROR(
        tuple_parameter(instance, JET_paramIndexTuplesToIndexMax, 0, &usual->to_index_max));
    RETURN_IF_ERROR(tuple_parameter(instance, JET_paramIndexTupleIncrement, 1, &usual->increment));
    return tuple_parameter(instance, JET_paramIndexTupleStart, 0, &usual->start);
}

static JET_ERR index_check_limits(const IndexSpec *spec, Index *index)
{
    index->key_most = KEY_DEFAULT;
    if (spec->grbit & JET_bitIndexKeyMost) {
        if (spec->key_most < JET_cbKeyMostMin || spec->key_most > KEY_MOST)
            return JET_errIndexInvalidDef;
        index->key_most = (uint16_t)spec->key_most;
    }
    if (spec->var_segment_most > index->key_most)
        return JET_errIndexInvalidDef;
    index->var_segment_most =
        (uint16_t)(spec->var_segment_most ? spec->var_segment_most : index->key_most);
    return JET_errSuccess;
}

static JET_ERR index_check_tuples(const IndexSpec *spec)
{
    if (spec->grbit & JET_bitIndexPrimary)
        return JET_errIndexTuplesSecondaryIndexOnly;
    if (spec->grbit & JET_bitIndexUnique)
        return JET_errIndexTuplesNonUniqueOnly;
    if (spec->var_segment_most != 0)
        return JET_errIndexTuplesVarSegMacNotAllowed;
    return (spec->grbit & JET_bitIndexTupleLimits) && !spec->tuples
               ? JET_errIndexTuplesInvalidLimits
               : JET_errSuccess;
}

static JET_ERR index_check_grbit(const Schema *schema, const IndexSpec *spec)
{
    JET_GRBIT kinds =
        spec->grbit & (JET_bitIndexTuples | JET_bitIndexCrossProduct | JET_bitIndexNestedTable);
    if (spec->grbit & ~(JET_GRBIT)INDEX_BITS)
        return JET_errInvalidGrbit;
    if ((kinds & JET_bitIndexNestedTable) && kinds != JET_bitIndexNestedTable)
        return JET_errInvalidGrbit;
    if (spec->grbit & TUPLE_BITS)
        RETURN_IF_ERROR(index_check_tuples(spec));
    if (!(spec->grbit & JET_bitIndexPrimary))
        return JET_errSuccess;
    if (schema->primary)
        return JET_errIndexHasPrimary;
    if (spec->n_conditions > 0)
        return JET_errIndexInvalidDef;
    if (spec->grbit &
        (JET_bitIndexIgnoreNull | JET_bitIndexIgnoreAnyNull | JET_bitIndexIgnoreFirstNull))
        return JET_errInvalidGrbit;
    return JET_errSuccess;
}

static JET_ERR index_take_collation(const IndexSpec *spec, Index *index)
{
    bool text = false;
    for (unsigned i = 0; i < index->n_segments; i++)
        text = text || (coltyp_is_text(index->segments[i].column->coltyp) &&
                        index->segments[i].column->code_page == CODE_PAGE_UNICODE);
    RETURN_IF_ERROR(text_map_flags_check(spec->map_flags));
    if (!text)
        return JET_errSuccess;
    memcpy(index->collation.locale, spec->locale, sizeof(spec->locale));
    index->collation.map_flags = spec->map_flags;
    RETURN_IF_ERROR(text_collation_open(&index->collation));
    index->collation_version = text_collation_version(&index->collation);
    return JET_errSuccess;
}

/* What the program leaves at 0 is the parameters' affair. */
static JET_ERR index_take_tuples(const IndexSpec *spec, Index *index)
{
    static const JET_TUPLELIMITS none;
    const JET_TUPLELIMITS *wanted = spec->tuples ? spec->tuples : &none;
    const TupleLimits *usual = &spec->usual_tuples;
    const Column *column = index->segments[0].column;
    bool sliceable = coltyp_is_text(column->coltyp) || column->coltyp == JET_coltypBinary ||
                     column->coltyp == JET_coltypLongBinary;
    if (!sliceable)
        return JET_errIndexTuplesTextBinaryColumnsOnly;
    index->grbit |= JET_bitIndexTuples;
    index->tuples = (TupleLimits){
        .length_min = wanted->chLengthMin ? wanted->chLengthMin : usual->length_min,
        .length_max = wanted->chLengthMax ? wanted->chLengthMax : usual->length_max,
        .to_index_max = wanted->chToIndexMax ? wanted->chToIndexMax : usual->to_index_max,
        .increment = wanted->cchIncrement ? wanted->cchIncrement : usual->increment,
        .start = wanted->ichStart ? wanted->ichStart : usual->start,
    };
    RETURN_IF_ERROR(tuple_limits_check(&index->tuples));
    /* A prefix, a byte a character at least, an end. */
    return index->tuples.length_min + 2 > index->key_most ? JET_errIndexTuplesKeyTooSmall
                                                          : JET_errSuccess;
}

static JET_ERR index_fill(const Schema *schema, const IndexSpec *spec, Index *index)
{
    RETURN_IF_ERROR(index_parse_key(schema, spec, index));
    RETURN_IF_ERROR(index_parse_conditions(schema, spec, index));
    RETURN_IF_ERROR(index_check_limits(spec, index));
    if (spec->grbit & JET_bitIndexPrimary)
        for (unsigned i = 0; i < index->n_segments; i++)
            if (index->segments[i].column->grbit & JET_bitColumnMultiValued)
                return JET_errIndexInvalidDef;
    if (spec->grbit & TUPLE_BITS)
        RETURN_IF_ERROR(index_take_tuples(spec, index));
    RETURN_IF_ERROR(index_take_collation(spec, index));
    index->name = fault_strdup(spec->name);
    return index->name ? JET_errSuccess : JET_errOutOfMemory;
}

JET_ERR density_check(uint32_t density)
{
    return density == 0 || (density >= DENSITY_LEAST && density <= DENSITY_MOST)
               ? JET_errSuccess
               : JET_errDensityInvalid;
}

JET_ERR index_define(const Schema *schema, const IndexSpec *spec, Index *ret)
{
    RETURN_IF_ERROR(name_check(spec->name));
    RETURN_IF_ERROR(density_check(spec->density));
    RETURN_IF_ERROR(index_check_grbit(schema, spec));
    if (schema_find_index_by_name(schema, spec->name))
        return JET_errIndexDuplicate;
    Index index = {.grbit = spec->grbit, .density = spec->density};
    if (spec->grbit & JET_bitIndexPrimary)
        index.grbit |= JET_bitIndexUnique;
    JET_ERR err = index_fill(schema, spec, &index);
    if (err < 0) {
        index_clear(&index);
        return err;
    }
    *ret = index;
    return JET_errSuccess;
}
