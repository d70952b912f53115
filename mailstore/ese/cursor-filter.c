/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursor-filter.c - JetSetCursorFilter: which rows JetMove stops at.
 *
 * All terms must hold, of the first value of a column that has several. Values are compared as
 * keys: NULL is below all, and has no bits.
 *
 * Fails with JET_errColumnNotFound, JET_errInvalidParameter (a relation or a size that the type has
 * not), JET_errFilteredMoveNotSupported (long values, text, the order of a secondary index).
 */
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/cursor.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/value.h"

enum {
    FILTER_TERMS_MAX = 64, /* more columns than anybody compares; bounds what a cursor holds */
};

typedef struct {
    Index index; /* of the one column, to make keys with */
    JET_COLUMNID column_id;
    JET_RELOP relop;
    uint64_t mask;
    Key key;
} FilterTerm;

struct CursorFilter {
    uint32_t n;
    FilterTerm terms[];
};

CursorFilter *cursor_filter_free(CursorFilter *filter)
{
    free(filter);
    return NULL;
}

static bool relop_is_bitmask(JET_RELOP relop)
{
    return relop == JET_relopBitmaskEqualsZero || relop == JET_relopBitmaskNotEqualsZero;
}

static uint64_t load_integer(Bytes value)
{
    uint8_t bytes[sizeof(uint64_t)] = {0};
    memcpy(bytes, value.data, value.size);
    return load_u64(bytes);
}

/* What can be asked of the column. */
static bool term_suits(const Column *column, const JET_INDEX_COLUMN *from)
{
    uint32_t size = coltyp_fixed_size(column->coltyp);
    bool bitmask = relop_is_bitmask(from->relop), prefix = from->relop == JET_relopPrefixEquals;
    if (size == 0)
        return !bitmask && (from->cb > 0 || !prefix);
    if (prefix || (from->grbit & JET_bitZeroLength) || (from->cb != size && (bitmask || from->cb)))
        return false;
    return !bitmask || (size <= sizeof(uint64_t) && column->coltyp != JET_coltypBit);
}

static JET_ERR term_check(const Cursor *cursor, const JET_INDEX_COLUMN *from)
{
    const Column *column = schema_find_column(cursor->schema, from->columnid);
    if ((from->grbit & ~JET_bitZeroLength) || (from->cb == 0) != (from->pv == NULL) ||
        (from->cb > 0 && from->grbit))
        return JET_errInvalidParameter;
    if (!column)
        return JET_errColumnNotFound;
    if (column_is_long_value(column) || coltyp_is_text(column->coltyp))
        return JET_errFilteredMoveNotSupported;
    if ((uint32_t)from->relop > JET_relopBitmaskNotEqualsZero || !term_suits(column, from))
        return JET_errInvalidParameter;
    return JET_errSuccess;
}

static JET_ERR term_make(const Cursor *cursor, const JET_INDEX_COLUMN *from, FilterTerm *term)
{
    static const uint8_t nothing[1];
    RETURN_IF_ERROR(term_check(cursor, from));
    const Column *column = schema_find_column(cursor->schema, from->columnid);
    Bytes value = {from->cb > 0 ? from->pv : from->grbit ? nothing : NULL, from->cb};
    term->column_id = column->id;
    term->relop = from->relop;
    term->index = (Index){.key_most = KEY_MOST, .var_segment_most = KEY_MOST, .n_segments = 1};
    term->index.segments[0] = (IndexSegment){.column_id = column->id, .column = column};
    if (relop_is_bitmask(from->relop)) {
        term->mask = load_integer(value);
        return JET_errSuccess;
    }
    return from->relop == JET_relopPrefixEquals
               ? key_append_limit(&term->key, &term->index, 0, value, KEY_LIMIT_PARTIAL_START)
               : key_append(&term->key, &term->index, 0, value);
}

/* Whatever it was asked to stop at before is forgotten, also by a failure. */
JET_ERR cursor_set_filter(Cursor *cursor, const JET_INDEX_COLUMN *columns, uint32_t n,
                          JET_GRBIT grbit)
{
    cursor->filter = cursor_filter_free(cursor->filter);
    if (grbit != 0)
        return JET_errInvalidGrbit;
    if (cursor->index)
        return JET_errFilteredMoveNotSupported;
    if (n > FILTER_TERMS_MAX || (n > 0 && !columns))
        return JET_errInvalidParameter;
    if (n == 0)
        return JET_errSuccess;
    RETURN_IF_ERROR(cursor_refresh_now(cursor));
    CursorFilter *filter = fault_calloc(1, sizeof(*filter) + n * sizeof(*filter->terms));
    JET_ERR err = filter ? JET_errSuccess : JET_errOutOfMemory;
    for (uint32_t i = 0; i < n && err >= 0; i++) {
        filter->n = i + 1;
        err = term_make(cursor, &columns[i], &filter->terms[i]);
    }
    cursor->filter = err < 0 ? cursor_filter_free(filter) : filter;
    return err;
}

static bool relation_holds(const FilterTerm *term, const Key *key)
{
    Bytes wanted = key_bytes(&term->key);
    if (term->relop == JET_relopPrefixEquals)
        return key->size >= wanted.size && memcmp(key->data, wanted.data, wanted.size) == 0;
    int order = bytes_compare(key_bytes(key), wanted);
    switch (term->relop) {
    case JET_relopEquals:
        return order == 0;
    case JET_relopNotEquals:
        return order != 0;
    case JET_relopLessThanOrEqual:
        return order <= 0;
    case JET_relopLessThan:
        return order < 0;
    case JET_relopGreaterThanOrEqual:
        return order >= 0;
    default:
        return order > 0;
    }
}

/* The column may have gone since: nothing is known of it then. */
static JET_ERR term_match(FilterTerm *term, const Schema *schema, const Record *record, bool *ret)
{
    Value value;
    Key key;
    const Column *column = schema_find_column(schema, term->column_id);
    if (!column)
        return JET_errColumnNotFound;
    RETURN_IF_ERROR(value_read(record, column, 1, &value));
    if (relop_is_bitmask(term->relop)) {
        bool zero = value.is_null || (load_integer(value.bytes) & term->mask) == 0;
        *ret = zero == (term->relop == JET_relopBitmaskEqualsZero);
        return JET_errSuccess;
    }
    term->index.segments[0].column = column; /* the definition may have been read anew */
    key_clear(&key);
    RETURN_IF_ERROR(
        key_append(&key, &term->index, 0, value.is_null ? (Bytes){NULL, 0} : value.bytes));
    *ret = relation_holds(term, &key);
    return JET_errSuccess;
}

JET_ERR cursor_filter_match(Cursor *cursor, bool *ret)
{
    CursorFilter *filter = cursor->filter;
    Record record;
    Bytes row;
    RETURN_IF_ERROR(cursor_read_row(cursor, cursor->database->txn, &row));
    RETURN_IF_ERROR(record_open(row, &record));
    *ret = true;
    for (uint32_t i = 0; i < filter->n && *ret; i++)
        RETURN_IF_ERROR(term_match(&filter->terms[i], cursor->schema, &record, ret));
    return JET_errSuccess;
}
