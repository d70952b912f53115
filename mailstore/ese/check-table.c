/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-table.c - are definitions whole, rows readable, and do indexes and long values say the same
 * as the rows?
 *
 * Each row's keys are made anew with the engine's own code and looked up; as the pairs of an index
 * are distinct, an index that has all of them and as many as them has no other. Each reference to a
 * long value is held against its chunks in one pass over both.
 *
 * Costs a reference of 16 bytes a long value in memory, and a search an index entry.
 */
#include "mailstore/ese/check-table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/check-store.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/index-entry.h"
#include "mailstore/ese/long-value.h"
#include "mailstore/ese/pending-value.h"
#include "mailstore/ese/record.h"
#include "mailstore/ese/value.h"

enum {
    SEQUENCE_KEY = 12,
    CHUNK_KEY = 16,
};

typedef struct {
    uint32_t object_id;
    Schema *schema;
} CheckedTable;

typedef struct {
    uint32_t object_id;
    const Schema *schema;
    const Index *index;
    uint64_t expected, found;
    bool stale;
} CheckedIndex;

typedef struct {
    uint32_t table, size;
    uint64_t number;
} Reference;

typedef struct {
    Check *check;
    CheckTables *totals;
    Txn *txn;
    CheckedTable *tables;
    size_t n_tables;
    CheckedIndex *indexes;
    size_t n_indexes;
    Reference *references;
    size_t n_references, references_capacity;
    /* The long value at hand. */
    uint32_t lv_table;
    uint64_t lv_number;
    uint32_t lv_chunks;  /* seen so far */
    size_t lv_reference; /* the next that is not seen yet */
    bool lv_any, format_seen;
} Tables;

/* Names come from a file that may be damaged. */
static const char *printable(const char *name, char out[NAME_MAX_BYTES + 1])
{
    size_t i = 0;
    for (; name && name[i] && i < NAME_MAX_BYTES; i++)
        out[i] = (char)(name[i] >= ' ' && name[i] < 0x7f ? name[i] : '?');
    out[i] = 0;
    return out;
}

/* JET_errOutOfMemory ends the check; other errors are the caller's to tell. */
static bool failed_for_good(Tables *tables, JET_ERR err)
{
    if (err == JET_errOutOfMemory)
        tables->check->failure = err;
    return tables->check->failure < 0;
}

/* --- Definitions --------------------------------------------------------------- */

static bool check_meta_entry(void *context, Bytes key, Bytes value)
{
    Tables *tables = context;
    StoreFormat format;
    if (key.size == sizeof STORE_FORMAT_KEY - 1 &&
        memcmp(key.data, STORE_FORMAT_KEY, key.size) == 0) {
        if (value.size == sizeof format) {
            memcpy(&format, value.data, sizeof format);
            tables->format_seen =
                memcmp(format.magic, STORE_FORMAT_MAGIC, sizeof format.magic) == 0 &&
                load_key_u32(&format.version) == STORE_FORMAT_VERSION;
        }
        return true;
    }
    if (key.size != SEQUENCE_KEY || memcmp(key.data, "seq", 4) != 0 ||
        value.size != sizeof(uint64_t))
        check_damage(tables->check, PAGE_NONE, "tree meta: a record that is none of ours");
    return true;
}

static int compare_tables(const void *a, const void *b)
{
    uint32_t left = ((const CheckedTable *)a)->object_id;
    uint32_t right = ((const CheckedTable *)b)->object_id;
    return (left > right) - (left < right);
}

static int compare_indexes(const void *a, const void *b)
{
    uint32_t left = ((const CheckedIndex *)a)->object_id;
    uint32_t right = ((const CheckedIndex *)b)->object_id;
    return (left > right) - (left < right);
}

static CheckedTable *find_table(const Tables *tables, uint32_t object_id)
{
    CheckedTable wanted = {.object_id = object_id};
    return tables->n_tables == 0
               ? NULL
               : bsearch(&wanted, tables->tables, tables->n_tables, sizeof wanted, compare_tables);
}

static CheckedIndex *find_index(const Tables *tables, uint32_t object_id)
{
    CheckedIndex wanted = {.object_id = object_id};
    return tables->n_indexes == 0 ? NULL
                                  : bsearch(&wanted, tables->indexes, tables->n_indexes,
                                            sizeof wanted, compare_indexes);
}

static JET_ERR take_indexes(Tables *tables, const Schema *schema)
{
    CheckedIndex *grown =
        fault_realloc(tables->indexes, (tables->n_indexes + schema->n_indexes + 1) * sizeof *grown);
    if (!grown)
        return JET_errOutOfMemory;
    tables->indexes = grown;
    for (uint32_t i = 0; i < schema->n_indexes; i++) {
        const Index *index = &schema->indexes[i];
        if (index->grbit & JET_bitIndexPrimary)
            continue;
        bool stale = index_is_stale(index);
        tables->totals->stale_indexes += stale;
        grown[tables->n_indexes++] = (CheckedIndex){
            .object_id = index->object_id, .schema = schema, .index = index, .stale = stale};
    }
    return JET_errSuccess;
}

/* The name that the table has in its definition is the one it is found by. */
static bool name_leads_to(const Tables *tables, const Schema *schema)
{
    uint32_t found;
    return catalog_find_table(tables->txn, schema->name, &found) >= 0 && found == schema->object_id;
}

/* Called with a table's own row only; loads the whole of it. */
static JET_ERR take_table(void *context, const Schema *found)
{
    Tables *tables = context;
    char name[NAME_MAX_BYTES + 1];
    CheckedTable *grown = fault_realloc(tables->tables, (tables->n_tables + 1) * sizeof *grown);
    Schema *schema;
    if (!grown)
        return JET_errOutOfMemory;
    tables->tables = grown;
    JET_ERR err = catalog_load(tables->txn, found->object_id, &schema);
    if (err == JET_errOutOfMemory)
        return err;
    if (err < 0) {
        check_damage(tables->check, PAGE_NONE, "table %s: its definition is damaged (%d)",
                     printable(found->name, name), err);
        return JET_errSuccess;
    }
    grown[tables->n_tables++] = (CheckedTable){found->object_id, schema};
    if (!name_leads_to(tables, schema))
        check_damage(tables->check, PAGE_NONE, "table %s is found by another name",
                     printable(schema->name, name));
    return take_indexes(tables, schema);
}

/* Every row of the catalog belongs to a table that has a name, and no id is there twice. */
static void check_catalog_rows(Tables *tables)
{
    uint32_t last = 0;
    for (size_t i = 0; i < check_store_catalog_count(tables->txn); i++) {
        Bytes key, value;
        check_store_catalog_entry(tables->txn, i, &key, &value);
        uint32_t id = key.size >= 5 ? load_key_u32(key.data) : 0;
        if (id == CATALOG_OBJECT_NAMES || (id == last && id != 0) ||
            (id == CATALOG_OBJECT_PENDING && key.size == PENDING_KEY_SIZE))
            continue;
        if (id == 0 || !find_table(tables, id))
            check_damage(tables->check, PAGE_NONE, "catalog: rows of table %u, which has no name",
                         id);
        last = id;
    }
    for (size_t i = 1; i < tables->n_tables; i++)
        if (tables->tables[i].object_id == tables->tables[i - 1].object_id)
            check_damage(tables->check, PAGE_NONE, "catalog: two names for table %u",
                         tables->tables[i].object_id);
    for (size_t i = 1; i < tables->n_indexes; i++)
        if (tables->indexes[i].object_id == tables->indexes[i - 1].object_id)
            check_damage(tables->check, PAGE_NONE, "catalog: index %u is there twice",
                         tables->indexes[i].object_id);
}

static void check_definitions(Tables *tables)
{
    check_walk(tables->check, CHECK_TREE_META, check_meta_entry, tables);
    if (!tables->format_seen)
        check_damage(tables->check, PAGE_NONE, "tree meta: no format record of this version");
    JET_ERR err = catalog_each_table(tables->txn, take_table, tables);
    if (err < 0 && !failed_for_good(tables, err))
        check_damage(tables->check, PAGE_NONE, "catalog: a name or table is damaged (%d)", err);
    if (tables->n_tables > 1)
        qsort(tables->tables, tables->n_tables, sizeof *tables->tables, compare_tables);
    if (tables->n_indexes > 1)
        qsort(tables->indexes, tables->n_indexes, sizeof *tables->indexes, compare_indexes);
    check_catalog_rows(tables);
    tables->totals->tables = tables->n_tables;
}

/* --- Rows ---------------------------------------------------------------------- */

static void tell_row(Tables *tables, const Schema *schema, const char *what, JET_ERR err)
{
    char name[NAME_MAX_BYTES + 1];
    check_damage(tables->check, PAGE_NONE, "table %s, row %llu: %s (%d)",
                 printable(schema->name, name), (unsigned long long)tables->totals->rows, what,
                 err);
}

static JET_ERR take_reference(Tables *tables, uint32_t table, RecordReference reference)
{
    if (tables->n_references == tables->references_capacity) {
        size_t capacity = tables->references_capacity ? tables->references_capacity * 2 : 256;
        Reference *grown = fault_realloc(tables->references, capacity * sizeof *grown);
        if (!grown)
            return JET_errOutOfMemory;
        tables->references = grown;
        tables->references_capacity = capacity;
    }
    tables->references[tables->n_references++] =
        (Reference){table, reference.size, reference.number};
    return JET_errSuccess;
}

/* Entries lie in order within the row, are of columns that are or were there, and can be read. */
static JET_ERR check_entries(Tables *tables, const Schema *schema, const Record *record)
{
    JET_COLUMNID last = 0;
    for (uint32_t at = 0; at < record->n_entries; at++) {
        RecordEntry entry;
        RecordReference reference;
        Value value;
        uint32_t first;
        JET_ERR err = record_entry(record, at, &entry);
        if (err < 0)
            return err;
        if (entry.column_id == 0 || entry.column_id < last ||
            (entry.flags & ~(RECORD_NULL | RECORD_SEPARATED)) != 0)
            return JET_errDatabaseCorrupted;
        last = entry.column_id;
        if (entry.flags & RECORD_SEPARATED) {
            err = record_reference(&entry, &reference);
            if (err >= 0)
                err = take_reference(tables, schema->object_id, reference);
        }
        const Column *column = schema_find_column(schema, entry.column_id);
        record_find(record, entry.column_id, &first);
        if (err >= 0 && column)
            err = value_read(record, column, at - first + 1, &value);
        if (err < 0)
            return err;
    }
    return record->escrow_size == schema->escrow_size ? JET_errSuccess : JET_errDatabaseCorrupted;
}

static JET_ERR check_row_in_index(Tables *tables, CheckedIndex *checked, const Record *record,
                                  Bytes bookmark)
{
    uint8_t tree_key[4 + KEY_LIMIT_MOST];
    KeySet keys;
    JET_ERR err = key_set_fill(&keys, checked->index, checked->schema, tables->txn,
                               (Bytes){record->data, record->size});
    store_key_u32(tree_key, checked->object_id);
    for (uint32_t i = 0; err >= 0 && i < keys.count; i++) {
        Bytes key = key_set_at(&keys, i);
        memcpy(tree_key + 4, key.data, key.size);
        err = check_find_pair(tables->check, (Bytes){tree_key, 4 + key.size}, bookmark);
    }
    checked->expected += keys.count;
    key_set_clear(&keys);
    return err;
}

static JET_ERR check_primary_key(Tables *tables, const Schema *schema, Bytes row, Bytes bookmark)
{
    Key key;
    JET_ERR state;
    if (!schema->primary)
        return bookmark.size == sizeof(uint64_t) ? JET_errSuccess : JET_errDatabaseCorrupted;
    if (index_is_stale(schema->primary))
        return JET_errSuccess;
    JET_ERR err = index_entry_key(schema->primary, schema, tables->txn, row, 1, &key, &state);
    if (err >= 0 && bytes_compare(key_bytes(&key), bookmark) != 0)
        err = JET_errDatabaseCorrupted;
    return err;
}

static bool check_row(void *context, Bytes key, Bytes value)
{
    Tables *tables = context;
    Record record;
    CheckedTable *table = key.size > 4 ? find_table(tables, load_key_u32(key.data)) : NULL;
    tables->totals->rows++;
    if (!table) {
        check_damage(tables->check, PAGE_NONE, "tree rows: row %llu is of no table",
                     (unsigned long long)tables->totals->rows);
        return check_goes_on(tables->check);
    }
    const Schema *schema = table->schema;
    Bytes bookmark = {(const uint8_t *)key.data + 4, key.size - 4};
    JET_ERR err = record_open(value, &record);
    if (err >= 0)
        err = check_entries(tables, schema, &record);
    if (err < 0) {
        if (!failed_for_good(tables, err))
            tell_row(tables, schema, "it is damaged", err);
        return check_goes_on(tables->check);
    }
    err = check_primary_key(tables, schema, value, bookmark);
    if (err < 0 && !failed_for_good(tables, err))
        tell_row(tables, schema, "it has another primary key", err);
    for (uint32_t i = 0; i < schema->n_indexes && check_goes_on(tables->check); i++) {
        CheckedIndex *checked = find_index(tables, schema->indexes[i].object_id);
        if (!checked || checked->index != &schema->indexes[i] || checked->stale)
            continue;
        err = check_row_in_index(tables, checked, &record, bookmark);
        char what[NAME_MAX_BYTES + 40], name[NAME_MAX_BYTES + 1];
        snprintf(what, sizeof what, "index %s lacks it", printable(checked->index->name, name));
        if (err < 0 && !failed_for_good(tables, err))
            tell_row(tables, schema, what, err);
    }
    return check_goes_on(tables->check);
}

/* --- Indexes ------------------------------------------------------------------- */

static bool count_index_entry(void *context, Bytes key, Bytes bookmark)
{
    Tables *tables = context;
    (void)bookmark;
    CheckedIndex *index = key.size > 4 ? find_index(tables, load_key_u32(key.data)) : NULL;
    tables->totals->index_entries++;
    if (index)
        index->found++;
    else
        check_damage(tables->check, PAGE_NONE, "tree index: entry %llu is of no index",
                     (unsigned long long)tables->totals->index_entries);
    return check_goes_on(tables->check);
}

static void check_index_counts(Tables *tables)
{
    char table[NAME_MAX_BYTES + 1], name[NAME_MAX_BYTES + 1];
    for (size_t i = 0; i < tables->n_indexes; i++) {
        const CheckedIndex *index = &tables->indexes[i];
        if (!index->stale && index->found != index->expected)
            check_damage(tables->check, PAGE_NONE,
                         "index %s of table %s has %llu entries, its rows make %llu",
                         printable(index->index->name, name), printable(index->schema->name, table),
                         (unsigned long long)index->found, (unsigned long long)index->expected);
    }
}

/* --- Long values --------------------------------------------------------------- */

static int compare_references(const void *a, const void *b)
{
    const Reference *left = a, *right = b;
    if (left->table != right->table)
        return left->table < right->table ? -1 : 1;
    return (left->number > right->number) - (left->number < right->number);
}

static void tell_long(Tables *tables, uint32_t table, uint64_t number, const char *what)
{
    check_damage(tables->check, PAGE_NONE, "long value %llu of table %u: %s",
                 (unsigned long long)number, table, what);
}

static uint32_t chunks_of(uint32_t size)
{
    return size / LONG_VALUE_CHUNK + (size % LONG_VALUE_CHUNK != 0);
}

/* References before this long value have no chunks: fine for those of no bytes. */
static const Reference *next_reference(Tables *tables, uint32_t table, uint64_t number)
{
    Reference wanted = {.table = table, .number = number};
    while (tables->lv_reference < tables->n_references) {
        const Reference *reference = &tables->references[tables->lv_reference];
        int order = compare_references(reference, &wanted);
        if (order >= 0)
            return order == 0 ? reference : NULL;
        if (reference->size > 0)
            tell_long(tables, reference->table, reference->number, "it is not there");
        tables->lv_reference++;
    }
    return NULL;
}

/* Of the long value at hand there are no more chunks. */
static void finish_long(Tables *tables)
{
    if (!tables->lv_any)
        return;
    const Reference *reference = next_reference(tables, tables->lv_table, tables->lv_number);
    tables->totals->long_values++;
    if (!reference) {
        tables->totals->unreferenced++;
        return;
    }
    if (chunks_of(reference->size) > tables->lv_chunks)
        tell_long(tables, reference->table, reference->number, "its end is missing");
    tables->lv_reference++;
}

static bool check_chunk(void *context, Bytes key, Bytes value)
{
    Tables *tables = context;
    const uint8_t *at = key.data;
    uint32_t table = key.size == CHUNK_KEY ? load_key_u32(at) : 0;
    if (table == 0 || !find_table(tables, table)) {
        check_damage(tables->check, PAGE_NONE, "tree long: a chunk of no table");
        return check_goes_on(tables->check);
    }
    uint64_t number = (uint64_t)load_key_u32(at + 4) << 32 | load_key_u32(at + 8);
    uint32_t chunk = load_key_u32(at + 12);
    if (!tables->lv_any || tables->lv_table != table || tables->lv_number != number) {
        finish_long(tables);
        tables->lv_any = true;
        tables->lv_table = table;
        tables->lv_number = number;
        tables->lv_chunks = 0;
    }
    const Reference *reference = next_reference(tables, table, number);
    if (reference && chunk < chunks_of(reference->size)) {
        uint32_t left = reference->size - chunk * (uint32_t)LONG_VALUE_CHUNK;
        uint32_t needed = left < LONG_VALUE_CHUNK ? left : LONG_VALUE_CHUNK;
        if (chunk != tables->lv_chunks)
            tell_long(tables, table, number, "a chunk is missing");
        else if (value.size < needed || value.size > LONG_VALUE_CHUNK)
            tell_long(tables, table, number, "a chunk has not its length");
        tables->lv_chunks = chunk + 1;
    }
    return check_goes_on(tables->check);
}

static void check_long_values(Tables *tables)
{
    if (tables->n_references > 1)
        qsort(tables->references, tables->n_references, sizeof *tables->references,
              compare_references);
    for (size_t i = 1; i < tables->n_references; i++)
        if (compare_references(&tables->references[i - 1], &tables->references[i]) == 0)
            tell_long(tables, tables->references[i].table, tables->references[i].number,
                      "two rows have it");
    check_walk(tables->check, TREE_LONG_VALUES, check_chunk, tables);
    finish_long(tables);
    next_reference(tables, UINT32_MAX, UINT64_MAX);
}

/* --- All of it ----------------------------------------------------------------- */

void check_tables(Check *check, CheckTables *ret)
{
    Tables tables = {.check = check, .totals = ret};
    *ret = (CheckTables){0};
    JET_ERR err = check_store_open(check, &tables.txn);
    if (err < 0) {
        check->failure = err;
        return;
    }
    check_definitions(&tables);
    if (check->damages == 0) { /* else rows cannot be told from damage */
        check_walk(check, TREE_ROWS, check_row, &tables);
        check_walk(check, TREE_INDEX, count_index_entry, &tables);
        check_long_values(&tables);
        if (check_goes_on(check))
            check_index_counts(&tables);
    }
    for (size_t i = 0; i < tables.n_tables; i++)
        schema_unref(tables.tables[i].schema);
    free(tables.tables);
    free(tables.indexes);
    free(tables.references);
    check_store_close(tables.txn);
}
