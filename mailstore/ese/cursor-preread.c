/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursor-preread.c - bringing what a program is about to read into memory.
 *
 * The pages are the kernel's: reading them once is what can be done. The cursor stays where it is.
 *
 * Fails with JET_errInvalidGrbit, JET_errInvalidParameter (keys out of order, columns that are not
 * the index's), JET_errInvalidBufferSize, JET_errNoCurrentIndex, JET_errInvalidPreread (columns by
 * a secondary index), JET_errMustBeSeparateLongValue.
 */
#include <string.h>

#include "mailstore/ese/cursor-tree.h"
#include "mailstore/ese/long-value.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/value.h"

enum {
    PREREAD_DIRECTIONS = JET_bitPrereadForward | JET_bitPrereadBackward,
    /* Rows a call reads at most: more would push out again what it has read. */
    PREREAD_ROWS_MAX = 4096,
    PREREAD_PIECE = 16384, /* of a long value at a time, on the stack */
};

static JET_ERR preread_check(JET_GRBIT grbit, JET_GRBIT others, const Cursor *cursor)
{
    JET_GRBIT direction = grbit & PREREAD_DIRECTIONS;
    if ((grbit & ~(PREREAD_DIRECTIONS | others)) || direction == 0 ||
        direction == PREREAD_DIRECTIONS)
        return JET_errInvalidGrbit;
    return cursor->index || cursor->schema->primary ? JET_errSuccess : JET_errNoCurrentIndex;
}

/* A cursor of its own place; the trees' cursors are shared. */
static Cursor preread_cursor(Cursor *cursor)
{
    Cursor reader = *cursor;
    cursor->in_sync = false;
    reader.in_sync = false;
    reader.range.active = false;
    reader.filter = NULL;
    return reader;
}

/* --- Keys ---------------------------------------------------------------------- */

static JET_ERR keys_check(const void *const *keys, const uint32_t *sizes, int32_t n, bool forward)
{
    for (int32_t i = 0; i < n; i++) {
        if (!keys[i])
            return JET_errInvalidParameter;
        if (sizes[i] == 0 || sizes[i] > KEY_LIMIT_MOST)
            return JET_errInvalidBufferSize;
        if (i == 0)
            continue;
        int order = bytes_compare((Bytes){keys[i - 1], sizes[i - 1]}, (Bytes){keys[i], sizes[i]});
        if (forward ? order > 0 : order < 0)
            return JET_errInvalidParameter;
    }
    return JET_errSuccess;
}

static JET_ERR row_touch(Cursor *reader)
{
    Bytes row;
    JET_ERR err = cursor_read_row(reader, reader->database->txn, &row);
    return err == JET_errRecordDeleted ? JET_errSuccess : err;
}

JET_ERR cursor_preread_keys(Cursor *cursor, const void *const *keys, const uint32_t *sizes,
                            int32_t n, int32_t *ret_n, JET_GRBIT grbit)
{
    Scope scope;
    JET_ERR err = JET_errSuccess;
    int32_t done = 0;
    if (n <= 0 || !keys || !sizes)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(preread_check(grbit, 0, cursor));
    RETURN_IF_ERROR(keys_check(keys, sizes, n, grbit & JET_bitPrereadForward));
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    Cursor reader = preread_cursor(cursor);
    for (; done < n && done < PREREAD_ROWS_MAX && err >= 0; done++) {
        err = cursor_find(&reader, SEEK_GE, (Bytes){keys[done], sizes[done]}, (Bytes){NULL, 0});
        err = err == JET_errRecordNotFound ? JET_errSuccess : err < 0 ? err : row_touch(&reader);
    }
    err = scope_end(&scope, err);
    if (err >= 0 && ret_n)
        *ret_n = done;
    return err;
}

/* --- Ranges -------------------------------------------------------------------- */

/* `end`: behind all keys that begin so. */
static JET_ERR range_key(const Index *index, const JET_INDEX_COLUMN *columns, uint32_t n,
                         bool normalized, bool end, Key *ret)
{
    static const uint8_t nothing[1];
    key_clear(ret);
    if (n > index->n_segments || (n > 0 && !columns) || (normalized && n > 1))
        return JET_errInvalidParameter;
    for (uint32_t i = 0; i < n; i++) {
        const JET_INDEX_COLUMN *from = &columns[i];
        bool prefix = from->relop == JET_relopPrefixEquals;
        if ((!from->pv && from->cb > 0) || (normalized && from->cb > index->key_most))
            return JET_errInvalidParameter;
        if (normalized) {
            if (from->cb > 0)
                memcpy(ret->data, from->pv, from->cb);
            ret->size = from->cb;
            continue;
        }
        if (from->columnid != index->segments[i].column_id ||
            (from->relop != JET_relopEquals && (!prefix || i + 1 < n)))
            return JET_errInvalidParameter;
        bool zero_length = from->cb == 0 && (from->grbit & JET_bitZeroLength);
        Bytes value = {from->cb > 0 ? from->pv : zero_length ? nothing : NULL, from->cb};
        RETURN_IF_ERROR(prefix ? key_append_limit(ret, index, i, value, KEY_LIMIT_PARTIAL_START)
                               : key_append(ret, index, i, value));
    }
    if (end) {
        memset(ret->data + ret->size, 0xff, (size_t)index->key_most + 1 - ret->size);
        ret->size = (size_t)index->key_most + 1;
    }
    return JET_errSuccess;
}

/* The long values of these columns, or their beginnings. */
static JET_ERR row_touch_columns(Cursor *reader, const JET_COLUMNID *columns, uint32_t n,
                                 bool beginning)
{
    uint8_t buffer[PREREAD_PIECE];
    Txn *txn = reader->database->txn;
    Record record;
    Bytes row;
    RETURN_IF_ERROR(row_touch(reader));
    for (uint32_t i = 0; i < n; i++) {
        const Column *column = schema_find_column(reader->schema, columns[i]);
        Value value;
        if (!column)
            return JET_errColumnNotFound;
        RETURN_IF_ERROR(cursor_read_row(reader, txn, &row));
        RETURN_IF_ERROR(record_open(row, &record));
        RETURN_IF_ERROR(value_read(&record, column, 1, &value));
        for (uint32_t at = 0; value.is_separated && at < value.size && (!beginning || at == 0);
             at += sizeof(buffer)) {
            uint32_t left = value.size - at;
            uint32_t size = left < sizeof(buffer) ? left : (uint32_t)sizeof(buffer);
            RETURN_IF_ERROR(
                long_value_read(txn, reader->table->object_id, value.reference, at, buffer, size));
        }
    }
    return JET_errSuccess;
}

static JET_ERR columns_check(const Cursor *cursor, const JET_COLUMNID *columns, uint32_t n)
{
    if (n > 0 && cursor->index)
        return JET_errInvalidPreread;
    for (uint32_t i = 0; i < n; i++) {
        const Column *column = schema_find_column(cursor->schema, columns[i]);
        if (!column)
            return JET_errColumnNotFound;
        if (!column_is_long_value(column))
            return JET_errMustBeSeparateLongValue;
    }
    return JET_errSuccess;
}

/* What is asked of each range. */
typedef struct {
    const JET_COLUMNID *columns;
    uint32_t n_columns;
    bool normalized, backward, beginning;
} RangeWish;

/* Backwards, a range begins at its end; which way its rows are read does not matter. */
static JET_ERR range_preread(Cursor *reader, const Index *index, const JET_INDEX_RANGE *range,
                             const RangeWish *wish, uint32_t *rows_left)
{
    Key low, high;
    const JET_INDEX_COLUMN *from = wish->backward ? range->rgEndColumns : range->rgStartColumns;
    const JET_INDEX_COLUMN *to = wish->backward ? range->rgStartColumns : range->rgEndColumns;
    uint32_t n_from = wish->backward ? range->cEndColumns : range->cStartColumns;
    uint32_t n_to = wish->backward ? range->cStartColumns : range->cEndColumns;
    RETURN_IF_ERROR(range_key(index, from, n_from, wish->normalized, false, &low));
    RETURN_IF_ERROR(range_key(index, to, n_to, wish->normalized, true, &high));
    JET_ERR err = cursor_find(reader, SEEK_GE, key_bytes(&low), (Bytes){NULL, 0});
    if (err == JET_errRecordNotFound)
        return JET_errSuccess;
    while (err >= 0 && *rows_left > 0 &&
           bytes_compare((Bytes){reader->key, reader->key_size}, key_bytes(&high)) <= 0) {
        (*rows_left)--;
        err = row_touch_columns(reader, wish->columns, wish->n_columns, wish->beginning);
        if (err == JET_errRecordDeleted)
            err = JET_errSuccess;
        if (err >= 0)
            err = cursor_step(reader, true);
    }
    return err == JET_errNoCurrentRecord ? JET_errSuccess : err;
}

JET_ERR cursor_preread_ranges(Cursor *cursor, const JET_INDEX_RANGE *ranges, uint32_t n,
                              uint32_t *ret_n, const JET_COLUMNID *columns, uint32_t n_columns,
                              JET_GRBIT grbit)
{
    Scope scope;
    JET_ERR err = JET_errSuccess;
    uint32_t done = 0, rows_left = PREREAD_ROWS_MAX;
    const Index *index = cursor->index ? cursor->index : cursor->schema->primary;
    RangeWish wish = {.columns = columns,
                      .n_columns = n_columns,
                      .normalized = grbit & JET_bitPrereadNormalizedKey,
                      .backward = grbit & JET_bitPrereadBackward,
                      .beginning = grbit & JET_bitPrereadFirstPage};
    if ((n > 0 && !ranges) || (n_columns > 0 && !columns))
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(
        preread_check(grbit, JET_bitPrereadFirstPage | JET_bitPrereadNormalizedKey, cursor));
    RETURN_IF_ERROR(columns_check(cursor, columns, n_columns));
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    Cursor reader = preread_cursor(cursor);
    for (; done < n && rows_left > 0 && err >= 0; done++)
        err = range_preread(&reader, index, &ranges[done], &wish, &rows_left);
    err = scope_end(&scope, err);
    if (err >= 0 && ret_n)
        *ret_n = done;
    return err;
}
