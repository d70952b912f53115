/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * info-list.c - the answers that are tables: columns, indexes and tables.
 *
 * Each is a temporary table with a cursor on its first row, for the program to close. Text in it is
 * UTF-16 for the W functions (code page 1200), else UTF-8 (1252). Numbers that the original takes
 * from statistics are 0: none are kept.
 *
 * Fails with JET_errBufferTooSmall, JET_errOutOfCursors, JET_errOutOfMemory.
 */
#include <assert.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/info.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/wide.h"

enum {
    LIST_COLUMNS_MAX = 16,
    LIST_TEXT_UNITS = NAME_MAX_BYTES + 1, /* a name's bytes or UTF-16 units, and a zero */
};

typedef struct {
    size_t offset; /* of the column's id in the structure that is the answer */
    JET_COLTYP coltyp;
    bool by_rank; /* a key when the list is in order of numbers */
    bool by_name; /* a key when it is in order of names */
} ListColumn;

/* Which member counts is the column's type's affair. */
typedef struct {
    uint32_t number;
    const char *text;
    Bytes bytes;
} ListValue;

typedef struct {
    const ListColumn *columns;
    uint32_t n;
    bool wide;
    TemporaryTable *table;
    JET_COLUMNID ids[LIST_COLUMNS_MAX];
} List;

/* What JET_COLUMNLIST, JET_INDEXLIST and JET_OBJECTLIST begin with. */
typedef struct {
    uint32_t cbStruct;
    JET_TABLEID tableid;
    uint32_t cRecord;
} ListHead;

static JET_ERR list_begin(List *list, Session *session, const char *name, const ListColumn *columns,
                          uint32_t n, bool by_rank, bool wide)
{
    JET_COLUMNDEF definitions[LIST_COLUMNS_MAX] = {0};
    *list = (List){.columns = columns, .n = n, .wide = wide};
    INVARIANT(n <= LIST_COLUMNS_MAX);
    for (uint32_t i = 0; i < n; i++) {
        bool is_key = by_rank ? columns[i].by_rank : columns[i].by_name;
        definitions[i] = (JET_COLUMNDEF){.cbStruct = sizeof(*definitions),
                                         .coltyp = columns[i].coltyp,
                                         .cp = wide ? CODE_PAGE_UNICODE : CODE_PAGE_ASCII,
                                         .grbit = is_key ? JET_bitColumnTTKey : 0};
    }
    TemporarySpec spec = {.name = name,
                          .columns = definitions,
                          .n_columns = n,
                          .grbit = JET_bitTTIntrinsicLVsOnly,
                          .is_answer = true};
    return temporary_new(session, &spec, list->ids, &list->table);
}

static JET_ERR list_text(bool wide, const char *text, JET_WCHAR buffer[LIST_TEXT_UNITS], Bytes *ret)
{
    size_t units = 0;
    if (!wide) {
        *ret = (Bytes){text, strlen(text)};
        return JET_errSuccess;
    }
    RETURN_IF_ERROR(wide_copy_out(text, buffer, LIST_TEXT_UNITS * sizeof(*buffer)));
    while (buffer[units])
        units++;
    *ret = (Bytes){buffer, units * sizeof(*buffer)};
    return JET_errSuccess;
}

static JET_ERR list_append(List *list, const ListValue *row)
{
    JET_WCHAR buffers[LIST_COLUMNS_MAX][LIST_TEXT_UNITS];
    Bytes values[LIST_COLUMNS_MAX];
    for (uint32_t i = 0; i < list->n; i++) {
        values[i] = row[i].bytes;
        switch (list->columns[i].coltyp) {
        case JET_coltypLong:
            store_u32(buffers[i], row[i].number);
            values[i] = (Bytes){buffers[i], sizeof(uint32_t)};
            break;
        case JET_coltypShort:
            store_u16(buffers[i], (uint16_t)row[i].number);
            values[i] = (Bytes){buffers[i], sizeof(uint16_t)};
            break;
        case JET_coltypText:
            RETURN_IF_ERROR(list_text(list->wide, row[i].text, buffers[i], &values[i]));
            break;
        default:
            break;
        }
    }
    return temporary_append(list->table, list->ids, values, list->n);
}

/* Opens the cursor and writes the structure; on an error the list is gone. */
static JET_ERR list_finish(List *list, JET_ERR err, void *result, uint32_t size)
{
    JET_TABLEID handle;
    Session *session = list->table->session;
    uint32_t n_rows = list->table->n_rows;
    if (err >= 0)
        err = cursor_open_temporary(list->table, JET_bitTableReadOnly, &handle);
    list->table = temporary_unref(list->table);
    RETURN_IF_ERROR(err);
    (void)cursor_move(session->cursors, JET_MoveFirst, 0); /* the newest; fails on no row alone */
    ListHead head = {.cbStruct = size, .tableid = handle, .cRecord = n_rows};
    memset(result, 0, size);
    memcpy(result, &head, offsetof(ListHead, cRecord) + sizeof(head.cRecord));
    for (uint32_t i = 0; i < list->n; i++)
        memcpy((char *)result + list->columns[i].offset, &list->ids[i], sizeof(list->ids[i]));
    return JET_errSuccess;
}

/* --- Columns -------------------------------------------------------------------- */

static const ListColumn column_list[] = {
    {offsetof(JET_COLUMNLIST, columnidPresentationOrder), JET_coltypLong, true, false},
    {offsetof(JET_COLUMNLIST, columnidcolumnname), JET_coltypText, false, true},
    {offsetof(JET_COLUMNLIST, columnidcolumnid), JET_coltypLong, false, false},
    {offsetof(JET_COLUMNLIST, columnidcoltyp), JET_coltypLong, false, false},
    {offsetof(JET_COLUMNLIST, columnidCountry), JET_coltypShort, false, false},
    {offsetof(JET_COLUMNLIST, columnidLangid), JET_coltypShort, false, false},
    {offsetof(JET_COLUMNLIST, columnidCp), JET_coltypShort, false, false},
    {offsetof(JET_COLUMNLIST, columnidCollate), JET_coltypShort, false, false},
    {offsetof(JET_COLUMNLIST, columnidcbMax), JET_coltypLong, false, false},
    {offsetof(JET_COLUMNLIST, columnidgrbit), JET_coltypLong, false, false},
    {offsetof(JET_COLUMNLIST, columnidDefault), JET_coltypLongBinary, false, false},
    {offsetof(JET_COLUMNLIST, columnidBaseTableName), JET_coltypText, false, false},
    {offsetof(JET_COLUMNLIST, columnidBaseColumnName), JET_coltypText, false, false},
    {offsetof(JET_COLUMNLIST, columnidDefinitionName), JET_coltypText, false, false},
};

static JET_ERR column_list_add(List *list, const Schema *schema, const Column *column)
{
    const ListValue row[] = {
        {.number = column->id},
        {.text = column->name},
        {.number = column->id},
        {.number = column->coltyp},
        {.number = INFO_COUNTRY},
        {.number = INFO_LANGUAGE},
        {.number = column->code_page},
        {.number = 0},
        {.number = column->max_size},
        {.number = column->grbit},
        {.bytes = {column->default_data, column->default_size}},
        {.text = info_base_table(schema, column)},
        {.text = column->name},
        {.text = column->name},
    };
    static_assert(sizeof(row) / sizeof(*row) == sizeof(column_list) / sizeof(*column_list),
                  "a value for each column");
    return list_append(list, row);
}

JET_ERR info_column_list(Cursor *cursor, void *result, uint32_t size, bool by_id, bool wide)
{
    const Schema *schema = cursor->schema;
    uint32_t n = schema->n_fixed + schema->n_variable + schema->n_tagged;
    List list;
    if (!result || size < sizeof(JET_COLUMNLIST))
        return JET_errBufferTooSmall;
    RETURN_IF_ERROR(list_begin(&list, cursor->session, "columns", column_list,
                               sizeof(column_list) / sizeof(*column_list), by_id, wide));
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; i < n && err >= 0; i++)
        if (!column_is_deleted(&schema->columns[i]))
            err = column_list_add(&list, schema, &schema->columns[i]);
    return list_finish(&list, err, result, sizeof(JET_COLUMNLIST));
}

/* --- Indexes -------------------------------------------------------------------- */

static const ListColumn index_list[] = {
    {offsetof(JET_INDEXLIST, columnidindexname), JET_coltypText, false, true},
    {offsetof(JET_INDEXLIST, columnidgrbitIndex), JET_coltypLong, false, false},
    {offsetof(JET_INDEXLIST, columnidcKey), JET_coltypLong, false, false},
    {offsetof(JET_INDEXLIST, columnidcEntry), JET_coltypLong, false, false},
    {offsetof(JET_INDEXLIST, columnidcPage), JET_coltypLong, false, false},
    {offsetof(JET_INDEXLIST, columnidcColumn), JET_coltypLong, false, false},
    {offsetof(JET_INDEXLIST, columnidiColumn), JET_coltypLong, false, true},
    {offsetof(JET_INDEXLIST, columnidcolumnid), JET_coltypLong, false, false},
    {offsetof(JET_INDEXLIST, columnidcoltyp), JET_coltypLong, false, false},
    {offsetof(JET_INDEXLIST, columnidCountry), JET_coltypShort, false, false},
    {offsetof(JET_INDEXLIST, columnidLangid), JET_coltypShort, false, false},
    {offsetof(JET_INDEXLIST, columnidCp), JET_coltypShort, false, false},
    {offsetof(JET_INDEXLIST, columnidCollate), JET_coltypShort, false, false},
    {offsetof(JET_INDEXLIST, columnidgrbitColumn), JET_coltypLong, false, false},
    {offsetof(JET_INDEXLIST, columnidcolumnname), JET_coltypText, false, false},
    {offsetof(JET_INDEXLIST, columnidLCMapFlags), JET_coltypLong, false, false},
};

static JET_ERR index_list_add(List *list, const Index *index, unsigned at)
{
    const Column *column = index->segments[at].column;
    const TextCollation *collation = &index->collation;
    const ListValue row[] = {
        {.text = index->name},
        {.number = index->grbit},
        {.number = 0},
        {.number = 0},
        {.number = 0},
        {.number = index->n_segments},
        {.number = at},
        {.number = column->id},
        {.number = column->coltyp},
        {.number = INFO_COUNTRY},
        {.number = text_lcid_of_locale(collation->locale)},
        {.number = column->code_page},
        {.number = 0},
        {.number = index->segments[at].descending ? JET_bitKeyDescending : JET_bitKeyAscending},
        {.text = column->name},
        {.number = collation->map_flags ? collation->map_flags : TEXT_MAP_DEFAULT},
    };
    static_assert(sizeof(row) / sizeof(*row) == sizeof(index_list) / sizeof(*index_list),
                  "a value for each column");
    return list_append(list, row);
}

JET_ERR info_index_list(Cursor *cursor, const Index *only, void *result, uint32_t size, bool wide)
{
    const Schema *schema = cursor->schema;
    List list;
    if (!result || size < sizeof(JET_INDEXLIST))
        return JET_errBufferTooSmall;
    RETURN_IF_ERROR(list_begin(&list, cursor->session, "indexes", index_list,
                               sizeof(index_list) / sizeof(*index_list), false, wide));
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; i < schema->n_indexes && err >= 0; i++) {
        const Index *index = &schema->indexes[i];
        for (unsigned at = 0; (!only || index == only) && at < index->n_segments && err >= 0; at++)
            err = index_list_add(&list, index, at);
    }
    return list_finish(&list, err, result, sizeof(JET_INDEXLIST));
}

/* --- Tables --------------------------------------------------------------------- */

static const ListColumn object_list[] = {
    {offsetof(JET_OBJECTLIST, columnidcontainername), JET_coltypText, false, true},
    {offsetof(JET_OBJECTLIST, columnidobjectname), JET_coltypText, false, true},
    {offsetof(JET_OBJECTLIST, columnidobjtyp), JET_coltypLong, false, false},
    {offsetof(JET_OBJECTLIST, columniddtCreate), JET_coltypDateTime, false, false},
    {offsetof(JET_OBJECTLIST, columniddtUpdate), JET_coltypDateTime, false, false},
    {offsetof(JET_OBJECTLIST, columnidgrbit), JET_coltypLong, false, false},
    {offsetof(JET_OBJECTLIST, columnidflags), JET_coltypLong, false, false},
    {offsetof(JET_OBJECTLIST, columnidcRecord), JET_coltypLong, false, false},
    {offsetof(JET_OBJECTLIST, columnidcPage), JET_coltypLong, false, false},
};

static JET_ERR object_list_add(void *context, const Schema *table)
{
    const ListValue row[] = {
        {.text = INFO_CONTAINER},
        {.text = table->name},
        {.number = JET_objtypTable},
        {.number = 0}, /* times are not kept: no value */
        {.number = 0},
        {.number = INFO_TABLE_BITS},
        {.number = info_table_flags(table)},
        {.number = 0},
        {.number = 0},
    };
    static_assert(sizeof(row) / sizeof(*row) == sizeof(object_list) / sizeof(*object_list),
                  "a value for each column");
    return list_append(context, row);
}

JET_ERR info_object_list(Session *session, SessionDatabase *database, void *result, uint32_t size,
                         bool wide)
{
    List list;
    Scope scope;
    if (!result || size < sizeof(JET_OBJECTLIST))
        return JET_errBufferTooSmall;
    RETURN_IF_ERROR(list_begin(&list, session, "objects", object_list,
                               sizeof(object_list) / sizeof(*object_list), false, wide));
    JET_ERR err = scope_begin(session, database, false, &scope);
    if (err >= 0)
        err = scope_end(&scope, catalog_each_table(scope.txn, object_list_add, &list));
    return list_finish(&list, err, result, sizeof(JET_OBJECTLIST));
}
