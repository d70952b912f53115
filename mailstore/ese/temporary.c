/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * temporary.c - temporary tables: sorted rows in the format of stored ones.
 *
 * Fails with JET_errOutOfMemory, JET_errRecordNotFound, JET_errInvalidBookmark, JET_errRecordTooBig
 * and as columns and keys do. Known limit: all of it is in memory, and no value lives outside its
 * row.
 */
#include "mailstore/ese/temporary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/index-entry.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/table.h"

typedef struct {
    uint8_t *data; /* the key, then the row */
    size_t key_size, row_size;
    uint8_t bookmark[TEMPORARY_BOOKMARK];
} Row;

struct TemporaryTable {
    Schema *schema;
    Row *rows; /* sorted once sealed */
    uint32_t n, capacity;
    uint32_t *places; /* of each row by its number, once sealed */
};

static JET_ERR temporary_add_column(Schema *schema, const JET_COLUMNDEF *definition,
                                    uint32_t number, JET_COLUMNID *ret)
{
    Column column;
    char name[16];
    snprintf(name, sizeof(name), "%u", number);
    RETURN_IF_ERROR(column_define(schema, name, definition, NULL, 0, &column));
    *ret = column.id;
    return schema_take_column(schema, &column);
}

static JET_ERR temporary_add_index(Schema *schema, const JET_COLUMNDEF *columns, uint32_t n,
                                   const JET_COLUMNID *ids)
{
    Index index = {
        .grbit = JET_bitIndexPrimary, .key_most = KEY_DEFAULT, .var_segment_most = KEY_DEFAULT};
    for (uint32_t i = 0; i < n; i++) {
        if (!(columns[i].grbit & JET_bitColumnTTKey))
            continue;
        if (index.n_segments == KEY_SEGMENTS_MAX)
            return JET_errTooManyKeys;
        index.segments[index.n_segments++] = (IndexSegment){
            .column_id = ids[i], .descending = columns[i].grbit & JET_bitColumnTTDescending};
    }
    if (index.n_segments == 0)
        return JET_errSuccess;
    index.name = fault_strdup(schema->name);
    return index.name ? schema_take_index(schema, &index) : JET_errOutOfMemory;
}

static JET_ERR temporary_define(Schema *schema, const char *name, const JET_COLUMNDEF *columns,
                                uint32_t n, JET_COLUMNID *ret_ids)
{
    schema->name = fault_strdup(name);
    if (!schema->name)
        return JET_errOutOfMemory;
    for (uint32_t i = 0; i < n; i++)
        RETURN_IF_ERROR(temporary_add_column(schema, &columns[i], i, &ret_ids[i]));
    RETURN_IF_ERROR(temporary_add_index(schema, columns, n, ret_ids));
    return schema_seal(schema);
}

JET_ERR temporary_new(const char *name, const JET_COLUMNDEF *columns, uint32_t n,
                      JET_COLUMNID *ret_ids, TemporaryTable **ret)
{
    TemporaryTable *table = fault_calloc(1, sizeof(*table));
    if (!table)
        return JET_errOutOfMemory;
    table->schema = schema_new();
    JET_ERR err = table->schema ? temporary_define(table->schema, name, columns, n, ret_ids)
                                : JET_errOutOfMemory;
    if (err < 0) {
        temporary_free(table);
        return err;
    }
    *ret = table;
    return JET_errSuccess;
}

TemporaryTable *temporary_free(TemporaryTable *table)
{
    if (!table)
        return NULL;
    for (uint32_t i = 0; i < table->n; i++)
        free(table->rows[i].data);
    free(table->rows);
    free(table->places);
    schema_unref(table->schema);
    free(table);
    return NULL;
}

static JET_ERR record_set(RecordBuilder *builder, JET_COLUMNID id, Bytes value)
{
    Record record;
    uint32_t at;
    RETURN_IF_ERROR(record_open(record_builder_bytes(builder), &record));
    record_find(&record, id, &at);
    return record_builder_insert(builder, at, id, 0, value);
}

static JET_ERR temporary_build(const TemporaryTable *table, const JET_COLUMNID *ids,
                               const Bytes *values, uint32_t n, RecordBuilder *row, Key *key)
{
    JET_ERR state;
    RETURN_IF_ERROR(record_builder_start(row, table->schema));
    for (uint32_t i = 0; i < n; i++)
        if (values[i].data)
            RETURN_IF_ERROR(record_set(row, ids[i], values[i]));
    key_clear(key);
    if (!table->schema->primary)
        return JET_errSuccess;
    return index_entry_key(table->schema->primary, table->schema, NULL, record_builder_bytes(row),
                           1, key, &state);
}

static JET_ERR temporary_reserve(TemporaryTable *table)
{
    enum {
        FIRST_CAPACITY = 16
    };
    if (table->n < table->capacity)
        return JET_errSuccess;
    uint32_t capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
    Row *grown = fault_realloc(table->rows, capacity * sizeof(*grown));
    if (!grown)
        return JET_errOutOfMemory;
    table->rows = grown;
    table->capacity = capacity;
    return JET_errSuccess;
}

static JET_ERR temporary_keep(TemporaryTable *table, Bytes row, const Key *key)
{
    RETURN_IF_ERROR(temporary_reserve(table));
    Row kept = {.key_size = key->size, .row_size = row.size};
    kept.data = fault_malloc(key->size + row.size);
    if (!kept.data)
        return JET_errOutOfMemory;
    memcpy(kept.data, key->data, key->size);
    memcpy(kept.data + key->size, row.data, row.size);
    store_key_u32(kept.bookmark, table->n);
    table->rows[table->n++] = kept;
    return JET_errSuccess;
}

JET_ERR temporary_append(TemporaryTable *table, const JET_COLUMNID *ids, const Bytes *values,
                         uint32_t n)
{
    RecordBuilder row = {0};
    Key key;
    JET_ERR err = temporary_build(table, ids, values, n, &row, &key);
    if (err >= 0)
        err = temporary_keep(table, record_builder_bytes(&row), &key);
    record_builder_clear(&row);
    return err;
}

static TemporaryRow row_view(const Row *row)
{
    return (TemporaryRow){.key = {row->data, row->key_size},
                          .bookmark = {row->bookmark, sizeof(row->bookmark)},
                          .row = {row->data + row->key_size, row->row_size}};
}

static int row_compare_to(const Row *row, Bytes key, Bytes bookmark)
{
    TemporaryRow view = row_view(row);
    int order = bytes_compare(view.key, key);
    return order != 0 ? order : bytes_compare(view.bookmark, bookmark);
}

static int row_compare(const void *a, const void *b)
{
    TemporaryRow other = row_view(b);
    return row_compare_to(a, other.key, other.bookmark);
}

JET_ERR temporary_seal(TemporaryTable *table)
{
    if (table->n == 0)
        return JET_errSuccess;
    table->places = fault_malloc(table->n * sizeof(*table->places));
    if (!table->places)
        return JET_errOutOfMemory;
    qsort(table->rows, table->n, sizeof(*table->rows), row_compare);
    for (uint32_t i = 0; i < table->n; i++)
        table->places[load_key_u32(table->rows[i].bookmark)] = i;
    return JET_errSuccess;
}

uint32_t temporary_count(const TemporaryTable *table)
{
    return table->n;
}

Schema *temporary_schema(const TemporaryTable *table)
{
    return table->schema;
}

/* How many rows are before, or with `or_equal` not after, the key and bookmark. */
static uint32_t temporary_rank(const TemporaryTable *table, Bytes key, Bytes bookmark,
                               bool or_equal)
{
    uint32_t low = 0, high = table->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = row_compare_to(&table->rows[middle], key, bookmark);
        if (order < 0 || (order == 0 && or_equal))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static JET_ERR temporary_at(const TemporaryTable *table, uint32_t at, TemporaryRow *ret)
{
    if (at >= table->n) /* also what one before the first has become */
        return JET_errRecordNotFound;
    *ret = row_view(&table->rows[at]);
    return JET_errSuccess;
}

JET_ERR temporary_seek(const TemporaryTable *table, SeekKind kind, Bytes key, Bytes bookmark,
                       TemporaryRow *ret)
{
    bool or_equal = kind == SEEK_GT || kind == SEEK_LE;
    uint32_t rank = temporary_rank(table, key, bookmark, or_equal);
    return temporary_at(table, kind == SEEK_GE || kind == SEEK_GT ? rank : rank - 1, ret);
}

JET_ERR temporary_last(const TemporaryTable *table, TemporaryRow *ret)
{
    return temporary_at(table, table->n - 1, ret);
}

JET_ERR temporary_by_bookmark(const TemporaryTable *table, Bytes bookmark, TemporaryRow *ret)
{
    if (bookmark.size != TEMPORARY_BOOKMARK || load_key_u32(bookmark.data) >= table->n)
        return JET_errInvalidBookmark;
    return temporary_at(table, table->places[load_key_u32(bookmark.data)], ret);
}
