/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * temporary.c - temporary tables.
 *
 * Rows are kept in order as they come. Where keys may repeat (a forward-only table that is not
 * asked to be unique, an answer of the engine), rows are in the order of insertion and a secondary
 * index has the keys. Rows go to an unnamed file in the directory of JET_paramTempPath once there
 * are 4 MB of them.
 *
 * Fails with JET_errTooManySorts, JET_errCannotMaterializeForwardOnlySort, JET_errIllegalOperation,
 * JET_errInvalidParameter, JET_errInvalidGrbit, JET_errOutOfMemory, and as columns and keys do.
 * Known limit: keys stay in memory.
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

enum {
    /* A private transaction has no catalog that would number them. */
    TEMPORARY_TABLE_ID = CATALOG_OBJECT_FIRST,
    TEMPORARY_INDEX_ID,
    TEMPORARY_BITS = JET_bitTTIndexed | JET_bitTTUnique | JET_bitTTUpdatable | JET_bitTTScrollable |
                     JET_bitTTSortNullsHigh | JET_bitTTForceMaterialization | JET_bitTTForwardOnly |
                     JET_bitTTIntrinsicLVsOnly | JET_bitTTDotNetGuid,
    MATERIALIZED_BITS =
        JET_bitTTIndexed | JET_bitTTUpdatable | JET_bitTTScrollable | JET_bitTTForceMaterialization,
    /* As the original, which has no use here for the others and does not look at them. */
    COLUMN_BITS =
        JET_bitColumnFixed | JET_bitColumnTagged | JET_bitColumnTTKey | JET_bitColumnTTDescending,
};

/* --- Definition ---------------------------------------------------------------- */

static JET_ERR temporary_add_column(Schema *schema, const JET_COLUMNDEF *from, uint32_t number,
                                    JET_COLUMNID *ret)
{
    Column column;
    char name[16];
    JET_COLUMNDEF definition = *from;
    bool tagged = (from->grbit & JET_bitColumnTagged) || coltyp_is_long_value(from->coltyp);
    definition.grbit &= COLUMN_BITS | (tagged ? JET_bitColumnMultiValued : 0);
    snprintf(name, sizeof(name), "%u", number);
    RETURN_IF_ERROR(column_define(schema, name, &definition, NULL, 0, &column));
    *ret = column.id;
    return schema_take_column(schema, &column);
}

static bool spec_keeps_duplicates(const TemporarySpec *spec)
{
    return spec->is_answer ||
           ((spec->grbit & JET_bitTTForwardOnly) && !(spec->grbit & JET_bitTTUnique));
}

/* Key columns beyond what a key can have do not count. */
static JET_ERR temporary_add_index(Schema *schema, const TemporarySpec *spec,
                                   const JET_COLUMNID *ids)
{
    Index index = {
        .object_id = TEMPORARY_INDEX_ID,
        .key_most = (uint16_t)(spec->key_most ? spec->key_most : KEY_DEFAULT),
        .collation = {.map_flags = spec->map_flags},
    };
    index.var_segment_most =
        spec->var_segment_most ? (uint16_t)spec->var_segment_most : index.key_most;
    if (!spec_keeps_duplicates(spec)) {
        index.grbit = JET_bitIndexPrimary | JET_bitIndexUnique;
        index.object_id = TEMPORARY_TABLE_ID;
    }
    if (spec->grbit & JET_bitTTSortNullsHigh)
        index.grbit |= JET_bitIndexSortNullsHigh;
    if (spec->grbit & JET_bitTTDotNetGuid)
        index.grbit |= JET_bitIndexDotNetGuid;
    if (spec->locale)
        snprintf(index.collation.locale, sizeof(index.collation.locale), "%s", spec->locale);
    for (uint32_t i = 0; i < spec->n_columns && index.n_segments < KEY_SEGMENTS_MAX; i++)
        if (spec->columns[i].grbit & JET_bitColumnTTKey)
            index.segments[index.n_segments++] =
                (IndexSegment){.column_id = ids[i],
                               .descending = spec->columns[i].grbit & JET_bitColumnTTDescending};
    if (index.n_segments == 0)
        return JET_errSuccess;
    index.name = fault_strdup(schema->name);
    return index.name ? schema_take_index(schema, &index) : JET_errOutOfMemory;
}

static JET_ERR temporary_define(Schema *schema, const TemporarySpec *spec, JET_COLUMNID *ret_ids)
{
    schema->object_id = TEMPORARY_TABLE_ID;
    schema->lv_separate = LV_SEPARATE_DEFAULT;
    schema->lv_stay = spec->grbit & JET_bitTTIntrinsicLVsOnly;
    schema->name = fault_strdup(spec->name);
    if (!schema->name)
        return JET_errOutOfMemory;
    for (uint32_t i = 0; i < spec->n_columns; i++)
        RETURN_IF_ERROR(temporary_add_column(schema, &spec->columns[i], i, &ret_ids[i]));
    RETURN_IF_ERROR(temporary_add_index(schema, spec, ret_ids));
    return schema_seal(schema);
}

/* Without a key, or with long values outside of rows, a table from the start. */
static bool spec_is_table(const TemporarySpec *spec)
{
    bool has_key = false, has_long = false;
    for (uint32_t i = 0; i < spec->n_columns; i++) {
        has_key = has_key || (spec->columns[i].grbit & JET_bitColumnTTKey);
        has_long = has_long || coltyp_is_long_value(spec->columns[i].coltyp);
    }
    return !has_key || (has_long && !(spec->grbit & JET_bitTTIntrinsicLVsOnly)) ||
           (spec->grbit & JET_bitTTForceMaterialization);
}

static JET_ERR spec_check(const TemporarySpec *spec)
{
    uint32_t key_most = spec->key_most ? spec->key_most : KEY_DEFAULT;
    if (spec->grbit & ~(JET_GRBIT)TEMPORARY_BITS)
        return JET_errInvalidGrbit;
    if (key_most < JET_cbKeyMostMin || key_most > KEY_MOST || spec->var_segment_most > key_most)
        return JET_errInvalidParameter;
    if ((spec->grbit & JET_bitTTForwardOnly) &&
        ((spec->grbit & MATERIALIZED_BITS) || spec_is_table(spec)))
        return JET_errCannotMaterializeForwardOnlySort;
    return text_map_flags_check(spec->map_flags);
}

/* --- Life ---------------------------------------------------------------------- */

static void temporary_link(TemporaryTable *table)
{
    Session *session = table->session;
    table->next = session->temporaries;
    if (table->next)
        table->next->previous = table;
    session->temporaries = table;
}

static void temporary_unlink(TemporaryTable *table)
{
    if (table->previous)
        table->previous->next = table->next;
    else
        table->session->temporaries = table->next;
    if (table->next)
        table->next->previous = table->previous;
}

static JET_ERR temporary_take_place(TemporaryTable *table)
{
    Instance *instance = table->session->instance;
    if (table->is_answer ||
        atomic_fetch_add_explicit(&instance->n_temporaries, 1, memory_order_relaxed) <
            instance->temporaries_max)
        return JET_errSuccess;
    atomic_fetch_sub_explicit(&instance->n_temporaries, 1, memory_order_relaxed);
    return JET_errTooManySorts;
}

static JET_ERR temporary_fill(TemporaryTable *table, const TemporarySpec *spec,
                              JET_COLUMNID *ret_ids)
{
    Session *session = table->session;
    table->schema = schema_new();
    if (!table->schema)
        return JET_errOutOfMemory;
    RETURN_IF_ERROR(temporary_define(table->schema, spec, ret_ids));
    RETURN_IF_ERROR(txn_new_private(session->instance->temporary_directory, &table->database.txn));
    for (unsigned level = 0; table->versioned && level < session->level; level++)
        RETURN_IF_ERROR(txn_begin(table->database.txn, false));
    return JET_errSuccess;
}

static TemporaryTable *temporary_free(TemporaryTable *table)
{
    txn_free(table->database.txn);
    schema_unref(table->schema);
    free(table);
    return NULL;
}

JET_ERR temporary_new(Session *session, const TemporarySpec *spec, JET_COLUMNID *ret_ids,
                      TemporaryTable **ret)
{
    RETURN_IF_ERROR(spec_check(spec));
    TemporaryTable *table = fault_calloc(1, sizeof(*table));
    if (!table)
        return JET_errOutOfMemory;
    table->references = 1;
    table->session = session;
    table->table.object_id = TEMPORARY_TABLE_ID;
    table->grbit = spec->grbit;
    table->is_answer = spec->is_answer;
    table->versioned = session->instance->versions_temporaries;
    if (spec->is_answer)
        table->state = TEMPORARY_READING;
    else if (spec_is_table(spec))
        table->state = TEMPORARY_MATERIALIZED;
    JET_ERR err = temporary_fill(table, spec, ret_ids);
    if (err >= 0)
        err = temporary_take_place(table);
    if (err < 0) {
        temporary_free(table);
        return err;
    }
    temporary_link(table);
    *ret = table;
    return JET_errSuccess;
}

TemporaryTable *temporary_ref(TemporaryTable *table)
{
    table->references++;
    return table;
}

TemporaryTable *temporary_unref(TemporaryTable *table)
{
    if (!table || --table->references > 0)
        return NULL;
    if (!table->is_answer)
        atomic_fetch_sub_explicit(&table->session->instance->n_temporaries, 1,
                                  memory_order_relaxed);
    temporary_unlink(table);
    return temporary_free(table);
}

/* --- Use ----------------------------------------------------------------------- */

JET_ERR temporary_check(const TemporaryTable *table, CursorUse use)
{
    bool allowed = true;
    switch (use) {
    case CURSOR_ANYTHING:
        break;
    case CURSOR_READS:
        allowed = table->state != TEMPORARY_INSERTING;
        break;
    case CURSOR_MAKES_ROWS:
        allowed = table->state != TEMPORARY_READING;
        break;
    case CURSOR_DELETES:
        allowed = table->state == TEMPORARY_MATERIALIZED;
        break;
    case CURSOR_NEEDS_STORED:
        allowed = false;
        break;
    }
    return allowed ? JET_errSuccess : JET_errIllegalOperation;
}

bool temporary_is_scrollable(const TemporaryTable *table)
{
    return table->is_answer || table->state == TEMPORARY_MATERIALIZED ||
           (table->grbit & (JET_bitTTScrollable | JET_bitTTIndexed));
}

bool temporary_drops_duplicates(const TemporaryTable *table)
{
    return table->state == TEMPORARY_INSERTING;
}

const Index *temporary_order(const TemporaryTable *table)
{
    const Schema *schema = table->schema;
    return schema->primary || schema->n_indexes == 0 ? NULL : &schema->indexes[0];
}

uint64_t temporary_draw(TemporaryTable *table, CatalogSequence sequence)
{
    return ++*(sequence == SEQUENCE_ROW ? &table->next_row : &table->next_long_value);
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
                               const Bytes *values, uint32_t n, RecordBuilder *row)
{
    RETURN_IF_ERROR(record_builder_start(row, table->schema));
    for (uint32_t i = 0; i < n; i++)
        if (values[i].data)
            RETURN_IF_ERROR(record_set(row, ids[i], values[i]));
    return JET_errSuccess;
}

static JET_ERR temporary_insert(TemporaryTable *table, Bytes row)
{
    Txn *txn = table->database.txn;
    uint8_t key[4 + sizeof(uint64_t)];
    Bytes bookmark = {key + 4, sizeof(uint64_t)};
    store_key_u32(key, TEMPORARY_TABLE_ID);
    store_key_u64(key + 4, temporary_draw(table, SEQUENCE_ROW));
    RETURN_IF_ERROR(txn_insert(txn, TREE_ROWS, (Bytes){key, sizeof(key)}, row));
    return index_entries_insert(temporary_order(table), table->schema, txn, row, bookmark);
}

JET_ERR temporary_append(TemporaryTable *table, const JET_COLUMNID *ids, const Bytes *values,
                         uint32_t n)
{
    Txn *txn = table->database.txn;
    bool own = txn_level(txn) == 0;
    RecordBuilder row = {0};
    JET_ERR err = temporary_build(table, ids, values, n, &row);
    if (err >= 0 && own)
        err = txn_begin(txn, false);
    if (err >= 0)
        err = temporary_insert(table, record_builder_bytes(&row));
    if (own && txn_level(txn) > 0)
        err = err < 0 ? (txn_rollback(txn), err) : txn_commit(txn, true);
    if (err >= 0)
        table->n_rows++;
    record_builder_clear(&row);
    return err;
}

/* --- Levels -------------------------------------------------------------------- */

void temporaries_begin(Session *session)
{
    for (TemporaryTable *table = session->temporaries; table; table = table->next)
        if (table->versioned) /* the session's level is checked already, and nothing else fails */
            txn_begin(table->database.txn, false);
}

void temporaries_commit(Session *session)
{
    for (TemporaryTable *table = session->temporaries; table; table = table->next)
        if (table->versioned)
            txn_commit(table->database.txn, true);
}

void temporaries_roll_back(Session *session)
{
    for (TemporaryTable *table = session->temporaries; table; table = table->next)
        if (table->versioned)
            txn_rollback(table->database.txn);
}
