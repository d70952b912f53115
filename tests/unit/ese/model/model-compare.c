/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model-compare.c - is what the engine tells what the model says: codes, positions, rows, the whole
 * table by each index.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/ese/model/model.h"

const char *const index_names[INDEXES] = {NULL, "num", "uni", "tags", "mix"};
const char *const col_names[COLS] = {"id",    "num",    "uni",     "name", "tags",
                                     "count", "number", "version", "longs"};

bool fail(World *world, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(world->failure, sizeof world->failure, format, arguments);
    va_end(arguments);
    return false;
}

bool expected(World *world, const char *call, const Expect *expect, JET_ERR err)
{
    char text[128] = "";
    size_t used = 0;
    for (int i = 0; i < expect->n; i++) {
        if (expect->codes[i] == err)
            return true;
        if (used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, " %d", expect->codes[i]);
    }
    return fail(world, "%s gave %d, expected%s", call, err, text);
}

bool expected_code(World *world, const char *call, JET_ERR code, JET_ERR err)
{
    Expect expect = {0};
    expect_must(&expect, code);
    return expected(world, call, &expect, err);
}

/* --- Comparing ----------------------------------------------------------------- */

/* Of a long value, some bytes from somewhere; of others these are always the first. */
static bool same_part(World *world, JET_SESID session, JET_TABLEID table, Col col,
                      const JET_RETINFO *which, JET_GRBIT grbit, const void *data, uint32_t size)
{
    static uint8_t buffer[DATA_MAX];
    JET_RETINFO info = *which;
    uint32_t actual = 0, room = size / 3;
    info.ibLongValue = size % 7 == 0 ? size + 1 : size / 2 + 1;
    uint32_t from = col != COL_LONGS ? 0 : info.ibLongValue < size ? info.ibLongValue : size;
    JET_ERR err =
        JetRetrieveColumn(session, table, world->columns[col], buffer, room, &actual, grbit, &info);
    uint32_t n = size - from < room ? size - from : room;
    if (err != (size - from > room ? JET_wrnBufferTruncated : JET_errSuccess))
        return fail(world, "retrieving %u bytes of %u at %u of %s gave %d", room, size, from,
                    col_names[col], err);
    if (actual != size - from || memcmp(buffer, (const uint8_t *)data + from, n) != 0)
        return fail(world, "%s %u has other bytes at %u of %u", col_names[col], info.itagSequence,
                    from, size);
    return true;
}

static bool same_value(World *world, JET_SESID session, JET_TABLEID table, Col col, uint32_t itag,
                       JET_GRBIT grbit, const void *data, uint32_t size)
{
    static uint8_t buffer[DATA_MAX];
    JET_RETINFO info = {.cbStruct = sizeof info, .itagSequence = itag};
    uint32_t actual = 0;
    JET_ERR err = JetRetrieveColumn(session, table, world->columns[col], buffer, sizeof buffer,
                                    &actual, grbit, &info);
    if (err != (data ? JET_errSuccess : JET_wrnColumnNull))
        return fail(world, "retrieving %s %u gave %d, expected %s", col_names[col], itag, err,
                    data ? "a value" : "NULL");
    if (data && (actual != size || memcmp(buffer, data, size) != 0)) {
        uint32_t at = 0;
        while (at < actual && at < size && buffer[at] == ((const uint8_t *)data)[at])
            at++;
        return fail(world, "%s %u has %u bytes, expected %u; the first %u are right",
                    col_names[col], itag, actual, size, at);
    }
    return !data || same_part(world, session, table, col, &info, grbit, data, size);
}

static bool same_number(World *world, JET_SESID session, JET_TABLEID table, Col col,
                        JET_GRBIT grbit, bool present, int32_t value)
{
    return same_value(world, session, table, col, 1, grbit, present ? &value : NULL, sizeof value);
}

static bool same_row(World *world, JET_SESID session, JET_TABLEID table, JET_GRBIT grbit,
                     const Row *row)
{
    bool copy = grbit & JET_bitRetrieveCopy; /* where the engine's own columns may change yet */
    for (uint32_t i = 0; i <= row->n_tags; i++)
        if (!same_value(world, session, table, COL_TAGS, i + 1, grbit,
                        i < row->n_tags ? row->tags[i].data : NULL,
                        i < row->n_tags ? row->tags[i].size : 0))
            return false;
    for (uint32_t i = 0; i <= row->n_longs; i++)
        if (!same_value(world, session, table, COL_LONGS, i + 1, grbit,
                        i < row->n_longs ? row->longs[i].data : NULL,
                        i < row->n_longs ? row->longs[i].size : 0))
            return false;
    return same_number(world, session, table, COL_ID, grbit, row->has_id, row->id) &&
           same_number(world, session, table, COL_NUM, grbit, row->has_num, row->num) &&
           same_number(world, session, table, COL_UNI, grbit, row->has_uni, row->uni) &&
           same_number(world, session, table, COL_NUMBER, grbit, true, row->number) &&
           (copy || same_number(world, session, table, COL_COUNT, grbit, true, row->count)) &&
           (copy || same_number(world, session, table, COL_VERSION, grbit, row->has_version,
                                row->version)) &&
           same_value(world, session, table, COL_NAME, 1, grbit, row->has_name ? row->name : NULL,
                      row->name_size);
}

static bool same_place(World *world, JET_SESID session, JET_TABLEID table, const ModelKey *key,
                       const ModelKey *bookmark)
{
    uint8_t buffer[600];
    uint32_t size = 0;
    JET_ERR err = JetGetBookmark(session, table, buffer, sizeof buffer, &size);
    if (err < 0 || size != bookmark->size || memcmp(buffer, bookmark->data, size) != 0)
        return fail(world, "the bookmark is another: %d", err);
    if (!key)
        return true;
    err = JetRetrieveKey(session, table, buffer, sizeof buffer, &size, 0);
    if (err < 0 || size != key->size || memcmp(buffer, key->data, size) != 0)
        return fail(world, "the key is another: %d", err);
    return true;
}

/* All entries of all indexes, rows in full by the first. */
bool same_table(World *world, JET_SESID session, JET_TABLEID table, const State *state)
{
    static Entries entries;
    for (IndexKind index = 0; index < INDEXES; index++) {
        bool keyed = index != INDEX_ROWS || world->shape != SHAPE_NO_PRIMARY;
        entries_of(world, state, index, &entries);
        JET_ERR err = JetSetCurrentIndex(session, table, index_names[index]);
        if (err < 0)
            return fail(world, "choosing index %s gave %d", index_names[index], err);
        err = JetMove(session, table, JET_MoveFirst, 0);
        for (int i = 0; i < entries.n; i++) {
            const Entry *entry = &entries.at[i];
            if (err < 0)
                return fail(world, "index %d ends after %d entries of %d: %d", index, i, entries.n,
                            err);
            if (!same_place(world, session, table, keyed ? &entry->key : NULL,
                            &entry->row->bookmark) ||
                (index == INDEX_ROWS && !same_row(world, session, table, 0, entry->row)))
                return false;
            err = JetMove(session, table, JET_MoveNext, 0);
        }
        if (err != JET_errNoCurrentRecord)
            return fail(world, "index %d goes on after %d entries: %d", index, entries.n, err);
    }
    return true;
}

bool same_committed(World *world)
{
    char why[sizeof world->failure];
    if (same_table(world, world->reader, world->reader_table, &world->committed))
        return true;
    memcpy(why, world->failure, sizeof why);
    return fail(world, "after a commit: %.400s", why);
}

/* The row being made. Of one that nobody kept from changing, long values may be gone by now. */
bool same_copy(World *world, ModelSession *session, ModelCursor *cursor)
{
    if (cursor->update == UPDATE_NONE)
        return true;
    if (cursor->update != UPDATE_INSERT && cursor->locked != YES &&
        state_find(session_view(world, session), &cursor->base->bookmark) != cursor->base) {
        uint8_t byte;
        JET_RETINFO info = {.cbStruct = sizeof info, .itagSequence = 1};
        JET_ERR err = JetRetrieveColumn(session->session, cursor->table, world->columns[COL_LONGS],
                                        &byte, 1, NULL, JET_bitRetrieveCopy, &info);
        return err >= 0 ||
               expected_code(world, "JetRetrieveColumn(Copy)", JET_errWriteConflict, err);
    }
    return same_row(world, session->session, cursor->table, JET_bitRetrieveCopy, &cursor->row);
}

/* Position and row of a cursor. */
bool same_cursor(World *world, ModelSession *session, ModelCursor *cursor)
{
    uint32_t size = 0;
    uint8_t byte;
    if (!cursor->open)
        return true;
    if (cursor->place != AT_ENTRY)
        return expected_code(
            world, "JetGetBookmark", JET_errNoCurrentRecord,
            JetGetBookmark(session->session, cursor->table, &byte, sizeof byte, &size));
    bool keyed = cursor->index != INDEX_ROWS || world->shape != SHAPE_NO_PRIMARY;
    if (!same_place(world, session->session, cursor->table, keyed ? &cursor->key : NULL,
                    &cursor->bookmark))
        return false;
    const Row *row = state_find(session_view(world, session), &cursor->bookmark);
    if (row)
        return same_row(world, session->session, cursor->table, 0, row);
    return expected_code(world, "JetRetrieveColumn", JET_errRecordDeleted,
                         JetRetrieveColumn(session->session, cursor->table, world->columns[COL_ID],
                                           &byte, sizeof byte, &size, 0, NULL));
}
