/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * retrieve.c - JetRetrieveColumn and JetRetrieveColumns.
 *
 * Values in the row are copied straight from it; of a long value only what is asked for is read.
 * JET_bitRetrieveFromIndex and -FromPrimaryBookmark give the row's value of a column that is in
 * that index, for a multi-valued one the value that made the current entry; of a tuple index,
 * with JET_bitRetrieveTuple, the part of the value that did.
 *
 * Fails with JET_errNoCurrentRecord, JET_errRecordDeleted, JET_errColumnNotFound,
 * JET_errBadItagSequence, JET_errBadColumnId, JET_errInvalidGrbit. JET_wrnColumnNull,
 * JET_wrnColumnSetNull, JET_wrnBufferTruncated.
 */
#include "mailstore/ese/retrieve.h"

#include <string.h>

#include "mailstore/ese/index-entry.h"
#include "mailstore/ese/long-value.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/update.h"
#include "mailstore/ese/value.h"

enum {
    TUPLE_BYTES_MAX = 2 * 255, /* 255 characters */
    SOURCES = JET_bitRetrieveFromIndex | JET_bitRetrieveFromPrimaryBookmark,
    RETRIEVE_BITS = JET_bitRetrieveCopy | JET_bitRetrieveFromIndex |
                    JET_bitRetrieveFromPrimaryBookmark | JET_bitRetrieveTag | JET_bitRetrieveNull |
                    JET_bitRetrieveIgnoreDefault | JET_bitRetrieveTuple |
                    /* hints of old that programs still pass */
                    JET_bitRetrieveHintReserve2 | JET_bitRetrieveHintReserve3,
};

JET_ERR retrieve_row(Cursor *cursor, Txn *txn, JET_GRBIT grbit, Record *ret)
{
    Bytes row;
    if ((grbit & JET_bitRetrieveCopy) && cursor->update.kind != UPDATE_NONE)
        row = record_builder_bytes(&cursor->update.row);
    else
        RETURN_IF_ERROR(cursor_read_row(cursor, txn, &row));
    return record_open(row, ret);
}

static bool index_has_column(const Index *index, JET_COLUMNID id)
{
    for (unsigned i = 0; i < index->n_segments; i++)
        if (index->segments[i].column_id == id)
            return true;
    return false;
}

/* Which of the column's values, and what part of it, made the current entry of the index; the
 * first one whole when the row has changed since. */
static JET_ERR retrieve_origin(const Cursor *cursor, Txn *txn, const Record *record,
                               const Column *column, uint32_t *ret_itag, KeyOrigin *ret)
{
    Bytes row = {record->data, record->size};
    JET_ERR state;
    *ret = (KeyOrigin){0};
    if (!cursor->index)
        return JET_errSuccess;
    RETURN_IF_ERROR(index_entry_locate(cursor->index, cursor->schema, txn, row,
                                       (Bytes){cursor->key, cursor->key_size}, ret, &state));
    for (unsigned i = 0; state != INDEX_ENTRY_ABSENT && i < cursor->index->n_segments; i++)
        if (cursor->index->segments[i].column_id == column->id) {
            *ret_itag = ret->itags[i];
            break;
        }
    return JET_errSuccess;
}

/* The part of the value; `buffer` has room for the longest tuple. */
static JET_ERR value_cut(const Cursor *cursor, Txn *txn, const KeyOrigin *origin,
                         uint8_t buffer[TUPLE_BYTES_MAX], Value *value)
{
    uint32_t offset = origin->tuple_offset, size = origin->tuple_size;
    if (size == 0 || value->is_null)
        return JET_errSuccess;
    if (value->is_separated) {
        RETURN_IF_ERROR(
            long_value_read(txn, cursor->table->object_id, value->reference, offset, buffer, size));
        value->bytes = (Bytes){buffer, size};
    } else {
        value->bytes = (Bytes){(const uint8_t *)value->bytes.data + offset, size};
    }
    value->is_separated = false;
    value->size = size;
    return JET_errSuccess;
}

static JET_ERR value_return(const Cursor *cursor, Txn *txn, const Value *value, uint32_t offset,
                            JET_RETRIEVECOLUMN *column)
{
    offset = offset < value->size ? offset : value->size;
    uint32_t available = value->size - offset;
    uint32_t n = available < column->cbData ? available : column->cbData;
    column->cbActual = available;
    if (n > 0 && column->pvData) {
        if (value->is_separated)
            RETURN_IF_ERROR(long_value_read(txn, cursor->table->object_id, value->reference, offset,
                                            column->pvData, n));
        else
            memcpy(column->pvData, (const uint8_t *)value->bytes.data + offset, n);
    }
    return available > column->cbData ? JET_wrnBufferTruncated : JET_errSuccess;
}

/* With their defaults, unless these are not wanted, and with explicit NULLs, if those are. */
static uint32_t tagged_count(const Record *record, const Column *column, JET_GRBIT grbit)
{
    uint32_t at, count = record_find(record, column->id, &at);
    uint32_t values = value_count(record, column);
    if (count == 0)
        return grbit & JET_bitRetrieveIgnoreDefault ? 0 : values;
    return values == 0 && (grbit & JET_bitRetrieveNull) ? 1 : values;
}

/* Column 0: the itag-th of all tagged values, in the order of the columns. *ret_column is NULL when
 * there are fewer: *ret_itag is how many, then. */
static void retrieve_any_tagged(const Schema *schema, const Record *record, uint32_t itag,
                                JET_GRBIT grbit, const Column **ret_column, uint32_t *ret_itag)
{
    const Column *columns = schema->columns + schema->n_fixed + schema->n_variable;
    uint32_t before = 0;
    *ret_column = NULL;
    for (uint32_t i = 0; i < schema->n_tagged && !*ret_column; i++) {
        uint32_t count =
            column_is_deleted(&columns[i]) ? 0 : tagged_count(record, &columns[i], grbit);
        if (itag > before && itag - before <= count)
            *ret_column = &columns[i];
        else
            before += count;
    }
    *ret_itag = *ret_column ? itag - before : before;
}

static JET_ERR retrieve_find_column(Cursor *cursor, JET_COLUMNID id, const Column **ret)
{
    const Column *column = schema_find_column(cursor->schema, id);
    if (!column) {
        RETURN_IF_ERROR(cursor_refresh_now(cursor));
        column = schema_find_column(cursor->schema, id);
        if (!column)
            return JET_errColumnNotFound;
    }
    *ret = column;
    return JET_errSuccess;
}

/* The itag-th value of the column, or of all tagged ones. */
static JET_ERR retrieve_value(Cursor *cursor, Txn *txn, const Record *record, const Column *found,
                              JET_RETRIEVECOLUMN *column)
{
    Value value;
    KeyOrigin origin = {0};
    uint8_t tuple[TUPLE_BYTES_MAX];
    uint32_t itag = column->itagSequence;
    bool any = !found;
    column->cbActual = 0;
    if (any)
        retrieve_any_tagged(cursor->schema, record, itag, column->grbit, &found, &itag);
    column->columnidNextTagged = found ? found->id : 0;
    if (!found)
        return JET_wrnColumnNull;
    if ((column->grbit & SOURCES) || !column_is_tagged(found))
        itag = 1;
    if (column->grbit & JET_bitRetrieveFromIndex)
        RETURN_IF_ERROR(retrieve_origin(cursor, txn, record, found, &itag, &origin));
    if ((column->grbit & SOURCES) && (column->grbit & JET_bitRetrieveTag))
        column->itagSequence = itag;
    RETURN_IF_ERROR(value_read(record, found, itag, &value));
    if (column->grbit & JET_bitRetrieveTuple)
        RETURN_IF_ERROR(value_cut(cursor, txn, &origin, tuple, &value));
    if (value.is_null)
        return any ? JET_wrnColumnSetNull : JET_wrnColumnNull;
    if (value.is_default && (column->grbit & JET_bitRetrieveIgnoreDefault))
        return JET_wrnColumnNull;
    uint32_t offset = column_is_long_value(found) ? column->ibLongValue : 0;
    return value_return(cursor, txn, &value, offset, column);
}

/* A column can only come from the index, or the bookmark, that has it. In the order of insertion
 * there is neither: the row is read. */
static JET_ERR retrieve_check_source(const Cursor *cursor, JET_COLUMNID id, JET_GRBIT grbit)
{
    const Index *index = cursor->index && (grbit & JET_bitRetrieveFromIndex)
                             ? cursor->index
                             : cursor->schema->primary;
    if ((grbit & JET_bitRetrieveTuple) && !(grbit & JET_bitRetrieveFromIndex))
        return JET_errInvalidGrbit;
    if ((grbit & SOURCES) == SOURCES)
        return JET_errInvalidGrbit;
    if (!(grbit & SOURCES))
        return JET_errSuccess;
    if (id == 0)
        return JET_errBadColumnId;
    if (cursor->temporary || (!cursor->index && !index))
        return JET_errSuccess;
    if (!index || !index_has_column(index, id))
        return JET_errColumnNotFound;
    return (index->grbit & JET_bitIndexTuples) && index->segments[0].column_id == id &&
                   !(grbit & JET_bitRetrieveTuple)
               ? JET_errIndexTuplesCannotRetrieveFromIndex
               : JET_errSuccess;
}

static void retrieve_count(const Schema *schema, const Record *record, const Column *found,
                           JET_RETRIEVECOLUMN *column)
{
    column->cbActual = 0;
    column->columnidNextTagged = column->columnid;
    if (found)
        column->itagSequence = value_count(record, found);
    else
        retrieve_any_tagged(schema, record, 0, column->grbit, &found, &column->itagSequence);
}

/* Of a row that is at hand; `counts`: itagSequence 0 asks for the number of values. */
static JET_ERR retrieve_from(Cursor *cursor, Txn *txn, const Record *record,
                             JET_RETRIEVECOLUMN *column, bool counts)
{
    const Column *found = NULL;
    if (column->grbit & ~(JET_GRBIT)RETRIEVE_BITS)
        return JET_errInvalidGrbit;
    if (!column->pvData && column->cbData > 0)
        return JET_errInvalidParameter;
    if (column->columnid != 0)
        RETURN_IF_ERROR(retrieve_find_column(cursor, column->columnid, &found));
    RETURN_IF_ERROR(retrieve_check_source(cursor, column->columnid, column->grbit));
    if (column->itagSequence == 0 && !(column->grbit & SOURCES)) {
        if (counts) {
            retrieve_count(cursor->schema, record, found, column);
            return JET_errSuccess;
        }
        if (!found || column_is_tagged(found))
            return JET_errBadItagSequence;
    }
    return retrieve_value(cursor, txn, record, found, column);
}

JET_ERR retrieve_column(Cursor *cursor, JET_RETRIEVECOLUMN *column)
{
    Scope scope;
    Record record;
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    JET_ERR err = retrieve_row(cursor, scope.txn, column->grbit, &record);
    if (err >= 0)
        err = retrieve_from(cursor, scope.txn, &record, column, false);
    if (column->grbit & JET_bitRetrieveCopy)
        err = update_long_value_error(cursor, err);
    return scope_end(&scope, err);
}

static JET_ERR retrieve_columns_in_scope(Cursor *cursor, Txn *txn, JET_RETRIEVECOLUMN *columns,
                                         uint32_t n)
{
    JET_ERR warning = JET_errSuccess;
    Record record; /* that of the column before, mostly */
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || ((columns[i].grbit ^ columns[i - 1].grbit) & JET_bitRetrieveCopy))
            RETURN_IF_ERROR(retrieve_row(cursor, txn, columns[i].grbit, &record));
        columns[i].err = retrieve_from(cursor, txn, &record, &columns[i], true);
        if (columns[i].grbit & JET_bitRetrieveCopy)
            columns[i].err = update_long_value_error(cursor, columns[i].err);
        RETURN_IF_ERROR(columns[i].err);
        if (columns[i].err == JET_wrnBufferTruncated)
            warning = JET_wrnBufferTruncated;
    }
    return warning;
}

JET_ERR retrieve_columns(Cursor *cursor, JET_RETRIEVECOLUMN *columns, uint32_t n)
{
    Scope scope;
    if (!columns && n > 0)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope, retrieve_columns_in_scope(cursor, scope.txn, columns, n));
}
