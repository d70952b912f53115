/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * catalog.c - the rows of TREE_CATALOG.
 *
 *   names object, 'N', name in lower case    -> object id u32
 *   table's object id, 'T'                   -> version, options, name
 *   table's object id, 'C', column id (BE)   -> column
 *   table's object id, 'I', index id (BE)    -> index
 *   pending object                           pending-value.c
 *
 * What only some have stands at the end of their row, and is left out of the others': the template
 * of a table, whether a part is inherited. Every row begins with a format byte. What is read is
 * checked: JET_errCatalogCorrupted, JET_errReadVerifyFailure.
 */
#include "mailstore/ese/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"

enum {
    ROW_FORMAT = 1,
    ROW_MAX = 4096, /* names are 64 bytes, defaults 255, 16 segments and conditions */
    KIND_NAME = 'N',
    KIND_TABLE = 'T',
    KIND_COLUMN = 'C',
    KIND_INDEX = 'I',
};

/* --- Keys ---------------------------------------------------------------------- */

typedef struct {
    uint8_t data[4 + 1 + NAME_MAX_BYTES];
    size_t size;
} CatalogKey;

static Bytes key_view(const CatalogKey *key)
{
    return (Bytes){key->data, key->size};
}

static CatalogKey key_of_table(uint32_t object_id)
{
    CatalogKey key = {.size = 5};
    store_key_u32(key.data, object_id);
    key.data[4] = KIND_TABLE;
    return key;
}

static CatalogKey key_of_part(uint32_t object_id, uint8_t kind, uint32_t id)
{
    CatalogKey key = {.size = 9};
    store_key_u32(key.data, object_id);
    key.data[4] = kind;
    store_key_u32(key.data + 5, id);
    return key;
}

static CatalogKey key_of_name(const char *name)
{
    CatalogKey key;
    size_t length = strnlen(name, NAME_MAX_BYTES);
    store_key_u32(key.data, CATALOG_OBJECT_NAMES);
    key.data[4] = KIND_NAME;
    for (size_t i = 0; i < length; i++)
        key.data[5 + i] = (uint8_t)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 0x20 : name[i]);
    key.size = 5 + length;
    return key;
}

/* --- Rows ---------------------------------------------------------------------- */

typedef struct {
    uint8_t data[ROW_MAX];
    size_t size;
} RowWriter;

static void write_bytes(RowWriter *row, const void *data, size_t size)
{
    INVARIANT(size <= sizeof(row->data) - row->size);
    if (size)
        memcpy(row->data + row->size, data, size);
    row->size += size;
}

static void write_u8(RowWriter *row, uint8_t value)
{
    write_bytes(row, &value, sizeof(value));
}

static void write_u32(RowWriter *row, uint32_t value)
{
    uint8_t bytes[sizeof(value)];
    store_u32(bytes, value);
    write_bytes(row, bytes, sizeof(bytes));
}

static void write_u64(RowWriter *row, uint64_t value)
{
    uint8_t bytes[sizeof(value)];
    store_u64(bytes, value);
    write_bytes(row, bytes, sizeof(bytes));
}

static void write_blob(RowWriter *row, const void *data, uint32_t size)
{
    write_u32(row, size);
    write_bytes(row, data, size);
}

static Bytes row_view(const RowWriter *row)
{
    return (Bytes){row->data, row->size};
}

typedef struct {
    const uint8_t *at;
    size_t left;
    bool failed;
} RowReader;

static const uint8_t *read_bytes(RowReader *row, size_t size)
{
    static const uint8_t zero[8];
    if (row->failed || size > row->left) {
        row->failed = true;
        return zero; /* for callers of at most 8 bytes; read_blob looks at `failed` */
    }
    const uint8_t *bytes = row->at;
    row->at += size;
    row->left -= size;
    return bytes;
}

static uint8_t read_u8(RowReader *row)
{
    return *read_bytes(row, 1);
}

static uint32_t read_u32(RowReader *row)
{
    return load_u32(read_bytes(row, 4));
}

static uint64_t read_u64(RowReader *row)
{
    return load_u64(read_bytes(row, 8));
}

/* A copy with a zero behind it; NULL (and failed) when damaged or out of memory. */
static char *read_blob(RowReader *row, uint32_t *ret_size, bool *ret_no_memory)
{
    uint32_t size = read_u32(row);
    const uint8_t *bytes = read_bytes(row, size);
    if (row->failed)
        return NULL;
    char *copy = fault_malloc((size_t)size + 1);
    if (!copy) {
        *ret_no_memory = row->failed = true;
        return NULL;
    }
    memcpy(copy, bytes, size);
    copy[size] = 0;
    if (ret_size)
        *ret_size = size;
    return copy;
}

static RowReader row_reader(Bytes value)
{
    RowReader row = {value.data, value.size, false};
    if (read_u8(&row) != ROW_FORMAT)
        row.failed = true;
    return row;
}

static JET_ERR row_result(const RowReader *row, bool no_memory)
{
    if (no_memory)
        return JET_errOutOfMemory;
    return row->failed || row->left != 0 ? JET_errCatalogCorrupted : JET_errSuccess;
}

/* --- Numbers ------------------------------------------------------------------- */

JET_ERR catalog_draw(Store *store, uint32_t object_id, CatalogSequence sequence, uint64_t *ret)
{
    return store_reserve(store, object_id, (uint32_t)sequence, 1, ret);
}

JET_ERR catalog_draw_object_id(Store *store, uint32_t *ret)
{
    uint64_t number;
    RETURN_IF_ERROR(catalog_draw(store, 0, SEQUENCE_OBJECT, &number));
    if (number > UINT32_MAX - CATALOG_OBJECT_FIRST)
        return JET_errOutOfObjectIDs;
    *ret = (uint32_t)number + CATALOG_OBJECT_FIRST;
    return JET_errSuccess;
}

/* --- Reading ------------------------------------------------------------------- */

JET_ERR catalog_find_table(Txn *txn, const char *name, uint32_t *ret_object_id)
{
    CatalogKey key = key_of_name(name);
    Bytes value;
    JET_ERR err = txn_get(txn, TREE_CATALOG, key_view(&key), &value);
    if (err == JET_errRecordNotFound)
        return JET_errObjectNotFound;
    RETURN_IF_ERROR(err);
    RowReader row = row_reader(value);
    uint32_t object_id = read_u32(&row);
    RETURN_IF_ERROR(row_result(&row, false));
    *ret_object_id = object_id;
    return JET_errSuccess;
}

static JET_ERR catalog_get_table_row(Txn *txn, uint32_t object_id, RowReader *ret)
{
    CatalogKey key = key_of_table(object_id);
    Bytes value;
    JET_ERR err = txn_get(txn, TREE_CATALOG, key_view(&key), &value);
    if (err == JET_errRecordNotFound)
        return JET_errObjectNotFound;
    RETURN_IF_ERROR(err);
    *ret = row_reader(value);
    return JET_errSuccess;
}

JET_ERR catalog_read_version(Txn *txn, uint32_t object_id, uint64_t *ret_version)
{
    RowReader row;
    RETURN_IF_ERROR(catalog_get_table_row(txn, object_id, &row));
    uint64_t version = read_u64(&row);
    if (row.failed)
        return JET_errCatalogCorrupted;
    *ret_version = version;
    return JET_errSuccess;
}

static JET_ERR catalog_load_table_row(Txn *txn, Schema *schema)
{
    RowReader row;
    bool no_memory = false;
    RETURN_IF_ERROR(catalog_get_table_row(txn, schema->object_id, &row));
    schema->version = read_u64(&row);
    schema->grbit = read_u32(&row);
    schema->lv_separate = read_u32(&row);
    schema->name = read_blob(&row, NULL, &no_memory);
    if (row.left > 0)
        schema->template_id = read_u32(&row);
    return row_result(&row, no_memory);
}

/* The name that the template has now. */
static JET_ERR catalog_load_template_name(Txn *txn, Schema *schema)
{
    Schema source = {.object_id = schema->template_id};
    if (schema->template_id == 0)
        return JET_errSuccess;
    JET_ERR err = catalog_load_table_row(txn, &source);
    if (err >= 0)
        schema->template_name = source.name;
    else
        free(source.name);
    return err == JET_errObjectNotFound ? JET_errCatalogCorrupted : err;
}

static JET_ERR catalog_load_column(Schema *schema, uint32_t id, Bytes value)
{
    bool no_memory = false;
    RowReader row = row_reader(value);
    Column column = {
        .id = id,
        .coltyp = read_u32(&row),
        .grbit = read_u32(&row),
        .code_page = (uint16_t)read_u32(&row),
        .max_size = read_u32(&row),
    };
    column.name = read_blob(&row, NULL, &no_memory);
    if (read_u8(&row))
        column.default_data = (uint8_t *)read_blob(&row, &column.default_size, &no_memory);
    if (row.left > 0)
        column.inherited = read_u8(&row);
    JET_ERR err = row_result(&row, no_memory);
    uint32_t fixed = coltyp_fixed_size(column.coltyp);
    if (err >= 0 && column.default_data && fixed != 0 && column.default_size != fixed)
        err = JET_errCatalogCorrupted;
    if (err < 0) {
        column_clear(&column);
        return err;
    }
    return schema_take_column(schema, &column);
}

static JET_ERR index_check(const Index *index)
{
    if (index->n_segments == 0 || index->n_segments > KEY_SEGMENTS_MAX ||
        index->n_conditions > INDEX_CONDITIONS_MAX || index->key_most > KEY_MOST ||
        index->var_segment_most > KEY_MOST || index->key_most == 0)
        return JET_errCatalogCorrupted;
    return JET_errSuccess;
}

static JET_ERR index_read(RowReader *row, Index *index, bool *no_memory)
{
    uint32_t locale_size = 0;
    index->grbit = read_u32(row);
    index->density = read_u32(row);
    index->key_most = (uint16_t)read_u32(row);
    index->var_segment_most = (uint16_t)read_u32(row);
    index->collation.map_flags = read_u32(row);
    index->collation_version = read_u32(row);
    index->name = read_blob(row, NULL, no_memory);
    char *locale = read_blob(row, &locale_size, no_memory);
    if (locale && locale_size <= TEXT_LOCALE_MAX)
        memcpy(index->collation.locale, locale, locale_size);
    else
        row->failed = true;
    free(locale);
    index->n_segments = read_u8(row);
    index->n_conditions = read_u8(row);
    RETURN_IF_ERROR(row->failed ? JET_errCatalogCorrupted : index_check(index));
    for (unsigned i = 0; i < index->n_segments; i++) {
        index->segments[i].column_id = read_u32(row);
        index->segments[i].descending = read_u8(row);
    }
    for (unsigned i = 0; i < index->n_conditions; i++) {
        index->conditions[i].column_id = read_u32(row);
        index->conditions[i].must_be_null = read_u8(row);
    }
    if (index->grbit & JET_bitIndexTuples) {
        index->tuples.length_min = read_u32(row);
        index->tuples.length_max = read_u32(row);
        index->tuples.to_index_max = read_u32(row);
        index->tuples.increment = read_u32(row);
        index->tuples.start = read_u32(row);
        RETURN_IF_ERROR(tuple_limits_check(&index->tuples) < 0 ? JET_errCatalogCorrupted
                                                               : JET_errSuccess);
    }
    if (row->left > 0)
        index->inherited = read_u8(row);
    return row_result(row, *no_memory);
}

static JET_ERR catalog_load_index(Schema *schema, uint32_t object_id, Bytes value)
{
    bool no_memory = false;
    RowReader row = row_reader(value);
    Index index = {.object_id = object_id};
    JET_ERR err = index_read(&row, &index, &no_memory);
    if (err < 0) {
        index_clear(&index);
        return no_memory ? JET_errOutOfMemory : err;
    }
    return schema_take_index(schema, &index);
}

/* Columns and indexes: the rows that follow the table's prefix. */
static JET_ERR catalog_load_parts(Txn *txn, TreeCursor *cursor, Schema *schema)
{
    uint8_t prefix[4];
    Bytes key, value;
    store_key_u32(prefix, schema->object_id);
    JET_ERR err = tree_cursor_seek(cursor, SEEK_GE, (Bytes){prefix, sizeof(prefix)},
                                   (Bytes){NULL, 0}, &key, &value);
    while (err >= 0 && key.size >= 5 && memcmp(key.data, prefix, sizeof(prefix)) == 0) {
        const uint8_t *at = key.data;
        uint32_t id = key.size == 9 ? load_key_u32(at + 5) : 0;
        RETURN_IF_ERROR(txn_verify(txn, key, value));
        if (at[4] == KIND_COLUMN)
            RETURN_IF_ERROR(catalog_load_column(schema, id, value));
        else if (at[4] == KIND_INDEX)
            RETURN_IF_ERROR(catalog_load_index(schema, id, value));
        err = tree_cursor_next(cursor, &key, &value);
    }
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

JET_ERR catalog_load(Txn *txn, uint32_t object_id, Schema **ret)
{
    TreeCursor *cursor = NULL;
    Schema *schema = schema_new();
    if (!schema)
        return JET_errOutOfMemory;
    schema->object_id = object_id;
    JET_ERR err = catalog_load_table_row(txn, schema);
    if (err >= 0)
        err = catalog_load_template_name(txn, schema);
    if (err >= 0)
        err = tree_cursor_new(txn, TREE_CATALOG, &cursor);
    if (err >= 0)
        err = catalog_load_parts(txn, cursor, schema);
    if (err >= 0)
        err = schema_seal(schema);
    tree_cursor_free(cursor);
    if (err < 0) {
        schema_unref(schema);
        return err;
    }
    *ret = schema;
    return JET_errSuccess;
}

static JET_ERR catalog_visit_table(Txn *txn, Bytes name_row,
                                   JET_ERR (*visit)(void *context, const Schema *table),
                                   void *context)
{
    RowReader row = row_reader(name_row);
    uint32_t object_id = read_u32(&row);
    RETURN_IF_ERROR(row_result(&row, false));
    Schema *table = schema_new();
    if (!table)
        return JET_errOutOfMemory;
    table->object_id = object_id;
    JET_ERR err = catalog_load_table_row(txn, table);
    if (err >= 0)
        err = visit(context, table);
    schema_unref(table);
    return err;
}

JET_ERR catalog_each_table(Txn *txn, JET_ERR (*visit)(void *context, const Schema *table),
                           void *context)
{
    TreeCursor *cursor;
    CatalogKey prefix = key_of_name("");
    Bytes key, value;
    RETURN_IF_ERROR(tree_cursor_new(txn, TREE_CATALOG, &cursor));
    JET_ERR err =
        tree_cursor_seek(cursor, SEEK_GE, key_view(&prefix), (Bytes){NULL, 0}, &key, &value);
    while (err >= 0 && key.size > prefix.size && memcmp(key.data, prefix.data, prefix.size) == 0) {
        err = txn_verify(txn, key, value);
        if (err >= 0)
            err = catalog_visit_table(txn, value, visit, context);
        if (err >= 0)
            err = tree_cursor_next(cursor, &key, &value);
    }
    tree_cursor_free(cursor);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

JET_ERR catalog_lock(Txn *txn, uint32_t object_id, LockKind kind)
{
    CatalogKey key = key_of_table(object_id);
    return txn_lock(txn, TREE_CATALOG, key_view(&key), kind);
}

/* --- Writing ------------------------------------------------------------------- */

JET_ERR catalog_put_table(Txn *txn, const Schema *schema)
{
    CatalogKey key = key_of_table(schema->object_id);
    RowWriter row = {.size = 0};
    write_u8(&row, ROW_FORMAT);
    write_u64(&row, schema->version);
    write_u32(&row, schema->grbit);
    write_u32(&row, schema->lv_separate);
    write_blob(&row, schema->name, (uint32_t)strlen(schema->name));
    if (schema->template_id != 0)
        write_u32(&row, schema->template_id);
    return txn_put(txn, TREE_CATALOG, key_view(&key), row_view(&row));
}

JET_ERR catalog_insert_table(Txn *txn, const Schema *schema)
{
    CatalogKey name = key_of_name(schema->name);
    RowWriter row = {.size = 0};
    write_u8(&row, ROW_FORMAT);
    write_u32(&row, schema->object_id);
    JET_ERR err = txn_insert(txn, TREE_CATALOG, key_view(&name), row_view(&row));
    if (err == JET_errKeyDuplicate)
        return JET_errTableDuplicate;
    RETURN_IF_ERROR(err);
    return catalog_put_table(txn, schema);
}

JET_ERR catalog_insert_column(Txn *txn, uint32_t object_id, const Column *column)
{
    CatalogKey key = key_of_part(object_id, KIND_COLUMN, column->id);
    RowWriter row = {.size = 0};
    write_u8(&row, ROW_FORMAT);
    write_u32(&row, column->coltyp);
    write_u32(&row, column->grbit);
    write_u32(&row, column->code_page);
    write_u32(&row, column->max_size);
    write_blob(&row, column->name, (uint32_t)strlen(column->name));
    write_u8(&row, column->default_data != NULL);
    if (column->default_data)
        write_blob(&row, column->default_data, column->default_size);
    if (column->inherited)
        write_u8(&row, true);
    return txn_put(txn, TREE_CATALOG, key_view(&key), row_view(&row));
}

JET_ERR catalog_put_index(Txn *txn, uint32_t object_id, const Index *index)
{
    CatalogKey key = key_of_part(object_id, KIND_INDEX, index->object_id);
    RowWriter row = {.size = 0};
    write_u8(&row, ROW_FORMAT);
    write_u32(&row, index->grbit);
    write_u32(&row, index->density);
    write_u32(&row, index->key_most);
    write_u32(&row, index->var_segment_most);
    write_u32(&row, index->collation.map_flags);
    write_u32(&row, index->collation_version);
    write_blob(&row, index->name, (uint32_t)strlen(index->name));
    write_blob(&row, index->collation.locale, (uint32_t)strlen(index->collation.locale));
    write_u8(&row, index->n_segments);
    write_u8(&row, index->n_conditions);
    for (unsigned i = 0; i < index->n_segments; i++) {
        write_u32(&row, index->segments[i].column_id);
        write_u8(&row, index->segments[i].descending);
    }
    for (unsigned i = 0; i < index->n_conditions; i++) {
        write_u32(&row, index->conditions[i].column_id);
        write_u8(&row, index->conditions[i].must_be_null);
    }
    if (index->grbit & JET_bitIndexTuples) {
        write_u32(&row, index->tuples.length_min);
        write_u32(&row, index->tuples.length_max);
        write_u32(&row, index->tuples.to_index_max);
        write_u32(&row, index->tuples.increment);
        write_u32(&row, index->tuples.start);
    }
    if (index->inherited)
        write_u8(&row, true);
    return txn_put(txn, TREE_CATALOG, key_view(&key), row_view(&row));
}

JET_ERR catalog_delete_index(Txn *txn, uint32_t object_id, uint32_t index_id)
{
    CatalogKey key = key_of_part(object_id, KIND_INDEX, index_id);
    return txn_delete(txn, TREE_CATALOG, key_view(&key));
}

JET_ERR catalog_delete_name(Txn *txn, const char *table)
{
    CatalogKey key = key_of_name(table);
    return txn_delete(txn, TREE_CATALOG, key_view(&key));
}

JET_ERR catalog_delete_table(Txn *txn, const Schema *schema)
{
    CatalogKey key;
    RETURN_IF_ERROR(catalog_delete_name(txn, schema->name));
    key = key_of_table(schema->object_id);
    RETURN_IF_ERROR(txn_delete(txn, TREE_CATALOG, key_view(&key)));
    uint32_t n = schema->n_fixed + schema->n_variable + schema->n_tagged;
    for (uint32_t i = 0; i < n; i++) {
        key = key_of_part(schema->object_id, KIND_COLUMN, schema->columns[i].id);
        RETURN_IF_ERROR(txn_delete(txn, TREE_CATALOG, key_view(&key)));
    }
    for (uint32_t i = 0; i < schema->n_indexes; i++)
        RETURN_IF_ERROR(catalog_delete_index(txn, schema->object_id, schema->indexes[i].object_id));
    return JET_errSuccess;
}
