/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * enumerate.c - JetEnumerateColumns: the columns and values of a row in memory that the program's
 * own function allocates.
 *
 * Without a list of columns, fixed and variable ones are told up to the last of their kind that
 * has a value or a default, tagged ones if they have: as in a record of the original.
 *
 * Fails with JET_errInvalidParameter, JET_errInvalidGrbit, JET_errNoCurrentRecord,
 * JET_errOutOfMemory (the program's function gave nothing); then nothing stays allocated.
 */
#include "mailstore/ese/enumerate.h"

#include <string.h>

#include "mailstore/ese/long-value.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/retrieve.h"
#include "mailstore/ese/value.h"

enum {
    ENUMERATE_BITS = JET_bitEnumerateCopy | JET_bitEnumerateIgnoreDefault |
                     JET_bitEnumeratePresenceOnly | JET_bitEnumerateTaggedOnly |
                     JET_bitEnumerateCompressOutput | JET_bitEnumerateIgnoreUserDefinedDefault |
                     JET_bitEnumerateInRecordOnly,
};

typedef struct {
    const Enumeration *how;
    const Schema *schema;
    Txn *txn;
    Record record;
    JET_ENUMCOLUMN *columns;
    uint32_t n;
} Answer;

/* Zeroed; NULL when the program's function has nothing, or for no bytes. */
static void *answer_allocate(const Enumeration *how, size_t size)
{
    if (size == 0 || size > UINT32_MAX)
        return NULL;
    void *data = how->reallocate(how->context, NULL, (uint32_t)size);
    if (data)
        memset(data, 0, size);
    return data;
}

static void answer_release(const Enumeration *how, void *data)
{
    if (data)
        how->reallocate(how->context, data, 0);
}

static void answer_clear(Answer *answer)
{
    const Enumeration *how = answer->how;
    for (uint32_t i = 0; i < answer->n; i++) {
        JET_ENUMCOLUMN *column = &answer->columns[i];
        if (column->err == JET_wrnColumnSingleValue) {
            answer_release(how, column->pvData);
            continue;
        }
        for (uint32_t j = 0; j < column->cEnumColumnValue && column->rgEnumColumnValue; j++)
            answer_release(how, column->rgEnumColumnValue[j].pvData);
        answer_release(how, column->rgEnumColumnValue);
    }
    answer_release(how, answer->columns);
    answer->columns = NULL;
    answer->n = 0;
}

/* --- One column ---------------------------------------------------------------- */

/* How often the column has a value, and whether the row or its default says anything of it. */
static uint32_t column_count(const Answer *answer, const Column *column, bool *ret_found)
{
    uint32_t at;
    bool in_row = (column->grbit & JET_bitColumnEscrowUpdate) ||
                  record_find(&answer->record, column->id, &at) > 0;
    bool defaults = !(answer->how->grbit & JET_bitEnumerateIgnoreDefault);
    *ret_found = in_row || (defaults && column->default_data);
    return *ret_found ? value_count(&answer->record, column) : 0;
}

/* The data of one value, in memory of the program. Only what lies outside the row is cut. */
static JET_ERR value_take(const Answer *answer, const Value *value, JET_ERR *ret_state,
                          uint32_t *ret_size, void **ret_data)
{
    const Enumeration *how = answer->how;
    uint32_t size = value->size;
    *ret_state = JET_errSuccess;
    if (value->is_separated && size > how->data_most) {
        size = how->data_most;
        *ret_state = JET_wrnColumnTruncated;
    }
    *ret_size = size;
    *ret_data = answer_allocate(how, size);
    if (size == 0)
        return JET_errSuccess;
    if (!*ret_data)
        return JET_errOutOfMemory;
    if (value->is_separated)
        return long_value_read(answer->txn, answer->schema->object_id, value->reference, 0,
                               *ret_data, size);
    memcpy(*ret_data, value->bytes.data, size);
    return JET_errSuccess;
}

static JET_ERR answer_value(const Answer *answer, const Column *column, uint32_t count, bool found,
                            JET_ENUMCOLUMNVALUE *out)
{
    const Enumeration *how = answer->how;
    Value value;
    if (out->itagSequence == 0) {
        out->err = JET_wrnColumnSkipped;
    } else if (out->itagSequence > count) {
        out->err = !found && (how->grbit & JET_bitEnumerateIgnoreDefault) ? JET_wrnColumnDefault
                                                                          : JET_wrnColumnNull;
    } else if (how->grbit & JET_bitEnumeratePresenceOnly) {
        out->err = JET_wrnColumnPresent;
    } else {
        RETURN_IF_ERROR(value_read(&answer->record, column, out->itagSequence, &value));
        if (value.is_separated && (how->grbit & JET_bitEnumerateInRecordOnly))
            out->err = JET_wrnColumnNotInRecord;
        else
            return value_take(answer, &value, &out->err, &out->cbData, &out->pvData);
    }
    return JET_errSuccess;
}

static JET_ERR answer_values(const Answer *answer, const Column *column, uint32_t count, bool found,
                             const JET_ENUMCOLUMNID *wanted, JET_ENUMCOLUMN *out)
{
    uint32_t n_tags = wanted ? wanted->ctagSequence : 0;
    uint32_t n = n_tags ? n_tags : count;
    out->rgEnumColumnValue = answer_allocate(answer->how, n * sizeof(*out->rgEnumColumnValue));
    if (!out->rgEnumColumnValue)
        return JET_errOutOfMemory;
    out->cEnumColumnValue = n;
    for (uint32_t i = 0; i < n; i++) {
        out->rgEnumColumnValue[i].itagSequence = n_tags ? wanted->rgtagSequence[i] : i + 1;
        RETURN_IF_ERROR(answer_value(answer, column, count, found, &out->rgEnumColumnValue[i]));
    }
    return JET_errSuccess;
}

/* `wanted` NULL, or without tags: all values. */
static JET_ERR answer_column(const Answer *answer, const Column *column,
                             const JET_ENUMCOLUMNID *wanted, JET_ENUMCOLUMN *out)
{
    JET_GRBIT grbit = answer->how->grbit;
    bool all = !wanted || wanted->ctagSequence == 0, found;
    uint32_t count = column_count(answer, column, &found);
    Value value;
    if (!all && !wanted->rgtagSequence)
        return JET_errInvalidParameter;
    if (!all)
        return answer_values(answer, column, count, found, wanted, out);
    if (!found && (grbit & JET_bitEnumerateIgnoreDefault)) {
        out->err = JET_wrnColumnDefault;
    } else if (count == 0) {
        out->err = JET_wrnColumnNull;
    } else if (grbit & JET_bitEnumeratePresenceOnly) {
        out->err = JET_wrnColumnPresent;
    } else {
        RETURN_IF_ERROR(value_read(&answer->record, column, 1, &value));
        if (count > 1 || value.is_separated || !(grbit & JET_bitEnumerateCompressOutput))
            return answer_values(answer, column, count, found, wanted, out);
        JET_ERR state;
        RETURN_IF_ERROR(value_take(answer, &value, &state, &out->cbData, &out->pvData));
        out->err = JET_wrnColumnSingleValue;
    }
    return JET_errSuccess;
}

/* --- All of them --------------------------------------------------------------- */

static JET_ERR answer_begin(Answer *answer, uint32_t n)
{
    answer->columns = answer_allocate(answer->how, n * sizeof(*answer->columns));
    if (!answer->columns)
        return JET_errOutOfMemory;
    answer->n = n;
    return JET_errSuccess;
}

static JET_ERR answer_wanted(Answer *answer)
{
    const Enumeration *how = answer->how;
    JET_ERR unknown = JET_errSuccess;
    RETURN_IF_ERROR(answer_begin(answer, how->n_wanted));
    for (uint32_t i = 0; i < how->n_wanted; i++) {
        JET_ENUMCOLUMN *out = &answer->columns[i];
        out->columnid = how->wanted[i].columnid;
        const Column *column = schema_find_column(answer->schema, out->columnid);
        if (out->columnid == 0) {
            out->err = JET_wrnColumnSkipped;
        } else if (!column) {
            out->err = out->columnid > UINT16_MAX ? JET_errBadColumnId : JET_errColumnNotFound;
            if (unknown >= 0)
                unknown = out->err;
        } else {
            RETURN_IF_ERROR(answer_column(answer, column, &how->wanted[i], out));
        }
    }
    return unknown;
}

/* How many of the columns are told of: up to the last that says something. */
static uint32_t columns_until_last_found(const Answer *answer, const Column *columns, uint32_t n)
{
    for (; n > 0; n--) {
        bool found = false;
        if (!column_is_deleted(&columns[n - 1]))
            column_count(answer, &columns[n - 1], &found);
        if (found)
            break;
    }
    return n;
}

static JET_ERR answer_some(Answer *answer, const Column *columns, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bool found;
        JET_ENUMCOLUMN *out = &answer->columns[answer->n];
        if (column_is_deleted(&columns[i]))
            continue;
        column_count(answer, &columns[i], &found);
        /* Of the program it is known only that it did not set the column: that says nothing. */
        if (!found && (column_is_tagged(&columns[i]) || columns[i].default_data))
            continue;
        out->columnid = columns[i].id;
        answer->n++;
        if (!found)
            out->err = JET_wrnColumnNull;
        else
            RETURN_IF_ERROR(answer_column(answer, &columns[i], NULL, out));
    }
    return JET_errSuccess;
}

static JET_ERR answer_all(Answer *answer)
{
    const Schema *schema = answer->schema;
    const Column *fixed = schema->columns, *variable = fixed + schema->n_fixed;
    const Column *tagged = variable + schema->n_variable;
    bool others = !(answer->how->grbit & JET_bitEnumerateTaggedOnly);
    uint32_t n_fixed = others ? columns_until_last_found(answer, fixed, schema->n_fixed) : 0;
    uint32_t n_variable =
        others ? columns_until_last_found(answer, variable, schema->n_variable) : 0;
    uint32_t n = n_fixed + n_variable + schema->n_tagged;
    if (n == 0)
        return JET_errSuccess;
    RETURN_IF_ERROR(answer_begin(answer, n));
    answer->n = 0;
    RETURN_IF_ERROR(answer_some(answer, fixed, n_fixed));
    RETURN_IF_ERROR(answer_some(answer, variable, n_variable));
    return answer_some(answer, tagged, schema->n_tagged);
}

static JET_ERR enumeration_check(const Enumeration *how)
{
    if (!how->reallocate || (how->n_wanted > 0 && !how->wanted))
        return JET_errInvalidParameter;
    if (how->grbit & ~(JET_GRBIT)ENUMERATE_BITS)
        return JET_errInvalidGrbit;
    if (how->n_wanted > 0 && (how->grbit & JET_bitEnumerateTaggedOnly))
        return JET_errInvalidGrbit;
    return JET_errSuccess;
}

JET_ERR enumerate_columns(Cursor *cursor, const Enumeration *how, uint32_t *ret_n,
                          JET_ENUMCOLUMN **ret_columns)
{
    Scope scope;
    if (!ret_n || !ret_columns)
        return JET_errInvalidParameter;
    *ret_n = 0;
    *ret_columns = NULL;
    RETURN_IF_ERROR(enumeration_check(how));
    RETURN_IF_ERROR(cursor_refresh_now(cursor));
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    Answer answer = {.how = how, .schema = cursor->schema, .txn = scope.txn};
    JET_ERR err =
        retrieve_row(cursor, scope.txn, how->grbit & JET_bitEnumerateCopy, &answer.record);
    if (err >= 0)
        err = how->n_wanted > 0 ? answer_wanted(&answer) : answer_all(&answer);
    err = scope_end(&scope, err);
    if (err < 0 && err != JET_errBadColumnId && err != JET_errColumnNotFound) {
        answer_clear(&answer);
        return err;
    }
    *ret_n = answer.n;
    *ret_columns = answer.columns;
    return err;
}
