/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * intersect.c - JetIntersectIndexes: the rows that are in the ranges of several indexes.
 *
 * Bookmarks are kept in a private transaction with the number of ranges they have been found in;
 * each range raises those that all before it had. Large sets go to the file of a spill.
 *
 * Fails with JET_errInvalidParameter (cursors of other tables, on the same index, or in
 * the order of the rows),
 * JET_errNoCurrentRecord, JET_errOutOfMemory.
 */
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/cursor-tree.h"
#include "mailstore/ese/result.h"

enum {
    /* Keys of a tree begin with an object's id; a private one has no other objects. */
    SET_ID = CATALOG_OBJECT_FIRST,
};

typedef struct {
    uint8_t data[TREE_KEY_MAX];
    size_t size;
} SetKey;

static Bytes set_key(const Cursor *cursor, SetKey *key)
{
    store_key_u32(key->data, SET_ID);
    memcpy(key->data + 4, cursor->bookmark, cursor->bookmark_size);
    key->size = 4 + cursor->bookmark_size;
    return (Bytes){key->data, key->size};
}

/* A row has several entries in a multi-valued index: it counts once. */
static JET_ERR set_raise(Txn *set, const Cursor *cursor, uint32_t round)
{
    SetKey key;
    Bytes value;
    uint8_t next[sizeof(uint32_t)];
    Bytes bookmark = set_key(cursor, &key);
    JET_ERR err = txn_get(set, TREE_ROWS, bookmark, &value);
    if (err < 0 && err != JET_errRecordNotFound)
        return err;
    uint32_t seen = err < 0 ? 0 : load_u32(value.data);
    if (seen != round)
        return JET_errSuccess;
    store_u32(next, round + 1);
    return txn_put_unlocked(set, TREE_ROWS, bookmark, (Bytes){next, sizeof(next)});
}

/* From the current entry to the end of the range, as JetIndexRecordCount counts. */
static JET_ERR set_add_range(Txn *set, Cursor *cursor, uint32_t round)
{
    Cursor walker = *cursor;
    cursor->in_sync = walker.in_sync = false;
    walker.filter = NULL;
    bool forward = !walker.range.active || walker.range.upper;
    JET_ERR err = cursor->position == POSITION_ON_ENTRY ? JET_errSuccess : JET_errNoCurrentRecord;
    while (err >= 0) {
        err = set_raise(set, &walker, round);
        if (err >= 0)
            err = cursor_step(&walker, forward);
    }
    return err == JET_errNoCurrentRecord && cursor->position == POSITION_ON_ENTRY ? JET_errSuccess
                                                                                  : err;
}

static JET_ERR set_answer(Txn *set, uint32_t rounds, TemporaryTable *table, JET_COLUMNID column)
{
    TreeCursor *cursor;
    Bytes key, value;
    uint8_t prefix[4];
    store_key_u32(prefix, SET_ID);
    RETURN_IF_ERROR(tree_cursor_new(set, TREE_ROWS, &cursor));
    JET_ERR err = tree_cursor_seek(cursor, SEEK_GE, (Bytes){prefix, sizeof(prefix)},
                                   (Bytes){NULL, 0}, &key, &value);
    while (err >= 0) {
        Bytes bookmark = {(const uint8_t *)key.data + 4, key.size - 4};
        if (load_u32(value.data) == rounds)
            err = temporary_append(table, &column, &bookmark, 1);
        if (err >= 0)
            err = tree_cursor_next(cursor, &key, &value);
    }
    tree_cursor_free(cursor);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

static JET_ERR set_fill(Txn *set, Cursor *const *cursors, uint32_t n, TemporaryTable *table,
                        JET_COLUMNID column)
{
    for (uint32_t i = 0; i < n; i++) {
        Scope scope;
        RETURN_IF_ERROR(cursor_scope(cursors[i], false, &scope));
        RETURN_IF_ERROR(scope_end(&scope, set_add_range(set, cursors[i], i)));
    }
    return set_answer(set, n, table, column);
}

static JET_ERR cursors_check(Cursor *const *cursors, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (cursors[i]->table != cursors[0]->table || !cursors[i]->index)
            return JET_errInvalidParameter;
        for (uint32_t j = 0; j < i; j++)
            if (cursors[j]->index->object_id == cursors[i]->index->object_id)
                return JET_errInvalidParameter;
    }
    return n > 0 ? JET_errSuccess : JET_errInvalidParameter;
}

static JET_ERR intersection_make(Cursor *const *cursors, uint32_t n, TemporaryTable *table,
                                 JET_COLUMNID column)
{
    Txn *set;
    RETURN_IF_ERROR(txn_new_private(table->session->instance->temporary_directory, &set));
    JET_ERR err = txn_begin(set, false);
    if (err >= 0)
        err = set_fill(set, cursors, n, table, column);
    txn_free(set);
    return err;
}

JET_ERR cursors_intersect(Cursor *const *cursors, uint32_t n, JET_RECORDLIST *ret)
{
    static const JET_COLUMNDEF column = {
        .cbStruct = sizeof(column), .coltyp = JET_coltypLongBinary, .grbit = JET_bitColumnTTKey};
    TemporarySpec spec = {.name = "bookmarks",
                          .columns = &column,
                          .n_columns = 1,
                          .grbit = JET_bitTTIntrinsicLVsOnly,
                          .key_most = KEY_MOST,
                          .is_answer = true};
    JET_RECORDLIST answer = {.cbStruct = sizeof(answer)};
    TemporaryTable *table;
    RETURN_IF_ERROR(cursors_check(cursors, n));
    Session *session = cursors[0]->session;
    RETURN_IF_ERROR(temporary_new(session, &spec, &answer.columnidBookmark, &table));
    JET_ERR err = intersection_make(cursors, n, table, answer.columnidBookmark);
    answer.cRecords = table->n_rows;
    if (err >= 0)
        err = cursor_open_temporary(table, JET_bitTableReadOnly, &answer.tableid);
    temporary_unref(table);
    RETURN_IF_ERROR(err);
    (void)cursor_move(session->cursors, JET_MoveFirst, 0); /* fails on no row alone */
    *ret = answer;
    return JET_errSuccess;
}
