/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursor-move.c - stepping through an index, ranges, bookmarks, and changing the index.
 *
 * Fails with JET_errNoCurrentRecord when there is nothing that way (the cursor is then parked at
 * that end), JET_errRecordDeleted, JET_errIndexNotFound.
 */
#include <limits.h>
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/cursor-tree.h"
#include "mailstore/ese/index-entry.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/update.h"

void cursor_park(Cursor *cursor, Position position)
{
    cursor->position = position;
    cursor->in_sync = cursor->at_start = false;
    cursor->row_epoch = 0;
    cursor->range.active = false;
}

void cursor_set_entry(Cursor *cursor, Bytes key, Bytes bookmark)
{
    INVARIANT(key.size <= sizeof(cursor->key) && bookmark.size <= sizeof(cursor->bookmark));
    memcpy(cursor->key, key.data, key.size);
    cursor->key_size = key.size;
    memcpy(cursor->bookmark, bookmark.data, bookmark.size);
    cursor->bookmark_size = bookmark.size;
    cursor->position = POSITION_ON_ENTRY;
    cursor->row_epoch = 0;
}

/* Of the current index, or of the table. */
static uint32_t cursor_object_id(const Cursor *cursor)
{
    return cursor->index ? cursor->index->object_id : cursor->table->object_id;
}

static TreeCursor *cursor_tree(const Cursor *cursor)
{
    return cursor->index ? cursor->entries : cursor->rows;
}

/* Takes what the tree's cursor found, if it belongs to this index. */
static JET_ERR cursor_take_found(Cursor *cursor, JET_ERR err, Bytes key, Bytes value)
{
    RETURN_IF_ERROR(err);
    if (key.size < 4 || load_key_u32(key.data) != cursor_object_id(cursor))
        return JET_errRecordNotFound;
    Bytes own = {(const uint8_t *)key.data + 4, key.size - 4};
    Bytes bookmark = cursor->index ? value : own;
    if (own.size > sizeof(cursor->key) || bookmark.size > sizeof(cursor->bookmark))
        return JET_errDatabaseCorrupted;
    cursor_set_entry(cursor, own, bookmark);
    cursor->in_sync = true;
    if (!cursor->index) {
        cursor->row = value;
        cursor->row_verified = false;
        cursor->row_epoch = cursor->session->epoch;
    }
    return JET_errSuccess;
}

JET_ERR cursor_find(Cursor *cursor, SeekKind kind, Bytes key, Bytes bookmark)
{
    uint8_t tree_key[TREE_KEY_MAX];
    Bytes found_key, found_value;
    INVARIANT(key.size <= sizeof(tree_key) - 4);
    store_key_u32(tree_key, cursor_object_id(cursor));
    if (key.size)
        memcpy(tree_key + 4, key.data, key.size);
    cursor->in_sync = false;
    JET_ERR err = tree_cursor_seek(cursor_tree(cursor), kind, (Bytes){tree_key, 4 + key.size},
                                   bookmark, &found_key, &found_value);
    return cursor_take_found(cursor, err, found_key, found_value);
}

/* The last entry of the index. */
static JET_ERR cursor_find_last(Cursor *cursor)
{
    uint8_t end[4];
    Bytes found_key, found_value;
    store_key_u32(end, cursor_object_id(cursor) + 1);
    cursor->in_sync = false;
    JET_ERR err = tree_cursor_seek(cursor_tree(cursor), SEEK_LT, (Bytes){end, sizeof(end)},
                                   (Bytes){NULL, 0}, &found_key, &found_value);
    return cursor_take_found(cursor, err, found_key, found_value);
}

/* The neighbour, whatever the range. JET_errRecordNotFound: none, nothing changed. */
static JET_ERR cursor_neighbour(Cursor *cursor, bool forward)
{
    Bytes key = {cursor->key, cursor->key_size};
    Bytes none = {NULL, 0};
    bool exact = cursor->index && cursor->bookmark_size > 0;
    Bytes bookmark = exact ? (Bytes){cursor->bookmark, cursor->bookmark_size} : none;
    Bytes found_key, found_value;
    switch (cursor->position) {
    case POSITION_BEFORE_FIRST:
        return forward ? cursor_find(cursor, SEEK_GE, none, none) : JET_errRecordNotFound;
    case POSITION_AFTER_LAST:
        return forward ? JET_errRecordNotFound : cursor_find_last(cursor);
    case POSITION_BETWEEN:
        return cursor_find(cursor, forward ? SEEK_GE : SEEK_LT, key, bookmark);
    default:
        break;
    }
    if (!cursor->in_sync)
        return cursor_find(cursor, forward ? SEEK_GT : SEEK_LT, key, bookmark);
    JET_ERR err = forward ? tree_cursor_next(cursor_tree(cursor), &found_key, &found_value)
                          : tree_cursor_previous(cursor_tree(cursor), &found_key, &found_value);
    cursor->in_sync = false;
    return cursor_take_found(cursor, err, found_key, found_value);
}

bool cursor_in_range(const Cursor *cursor)
{
    const IndexRange *range = &cursor->range;
    if (!range->active)
        return true;
    int order =
        bytes_compare((Bytes){cursor->key, cursor->key_size}, (Bytes){range->key, range->size});
    if (order == 0)
        return range->inclusive;
    return range->upper ? order < 0 : order > 0;
}

static JET_ERR cursor_step_unfiltered(Cursor *cursor, bool forward)
{
    JET_ERR err = cursor_neighbour(cursor, forward);
    bool limited = cursor->range.active && cursor->range.upper == forward;
    if (err >= 0 && (!limited || cursor_in_range(cursor)))
        return JET_errSuccess;
    if (err < 0 && err != JET_errRecordNotFound)
        return err;
    cursor_park(cursor, forward ? POSITION_AFTER_LAST : POSITION_BEFORE_FIRST);
    return JET_errNoCurrentRecord;
}

JET_ERR cursor_step(Cursor *cursor, bool forward)
{
    bool matches = true;
    do {
        RETURN_IF_ERROR(cursor_step_unfiltered(cursor, forward));
        if (cursor->filter)
            RETURN_IF_ERROR(cursor_filter_match(cursor, &matches));
    } while (!matches);
    return JET_errSuccess;
}

/* On to an entry with another key. */
static JET_ERR cursor_step_key(Cursor *cursor, bool forward)
{
    uint8_t key[KEY_LIMIT_MOST];
    size_t size = cursor->key_size;
    bool on_entry = cursor->position == POSITION_ON_ENTRY;
    memcpy(key, cursor->key, size);
    do
        RETURN_IF_ERROR(cursor_step(cursor, forward));
    while (on_entry && size == cursor->key_size && memcmp(key, cursor->key, size) == 0);
    return JET_errSuccess;
}

static JET_ERR cursor_move_in_scope(Cursor *cursor, Txn *txn, int32_t rows, JET_GRBIT grbit)
{
    Bytes row;
    if (rows == 0)
        return cursor_read_row(cursor, txn, &row);
    if (rows == JET_MoveFirst || rows == JET_MoveLast) {
        cursor_park(cursor, rows == JET_MoveFirst ? POSITION_BEFORE_FIRST : POSITION_AFTER_LAST);
        return cursor_step(cursor, rows == JET_MoveFirst);
    }
    bool forward = rows > 0;
    for (int64_t left = forward ? rows : -(int64_t)rows; left > 0; left--)
        RETURN_IF_ERROR(grbit & JET_bitMoveKeyNE ? cursor_step_key(cursor, forward)
                                                 : cursor_step(cursor, forward));
    return JET_errSuccess;
}

JET_ERR cursor_move(Cursor *cursor, int32_t rows, JET_GRBIT grbit)
{
    Scope scope;
    bool filling = cursor->temporary && cursor->temporary->state == TEMPORARY_INSERTING;
    if (grbit & ~JET_bitMoveKeyNE)
        return JET_errInvalidGrbit;
    if (rows == 0 && cursor->filter)
        return JET_errFilteredMoveNotSupported;
    update_cancel(cursor);
    cursor_end_filling(cursor);
    if (rows < 0 && rows != JET_MoveFirst && cursor->temporary &&
        !temporary_is_scrollable(cursor->temporary))
        return JET_errIllegalOperation;
    /* A sort comes to lie on its first row. */
    if (filling && rows == 0 && cursor->temporary->state == TEMPORARY_READING)
        rows = JET_MoveFirst;
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope, cursor_move_in_scope(cursor, scope.txn, rows, grbit));
}

static JET_ERR cursor_count_in_scope(Cursor *cursor, uint64_t *ret_count, uint64_t most)
{
    uint64_t count = 1;
    if (cursor->position != POSITION_ON_ENTRY && cursor->at_start)
        RETURN_IF_ERROR(cursor_stand_first(cursor));
    if (cursor->position != POSITION_ON_ENTRY) {
        if (!cursor->at_start)
            return JET_errNoCurrentRecord;
        *ret_count = 0;
        return JET_errSuccess;
    }
    Cursor walker = *cursor; /* only its position; the trees' cursors are shared */
    walker.filter = NULL;
    cursor->in_sync = false;
    bool forward = !walker.range.active || walker.range.upper;
    JET_ERR err = JET_errSuccess;
    while (count < most && (err = cursor_step(&walker, forward)) >= 0)
        count++;
    if (err < 0 && err != JET_errNoCurrentRecord)
        return err;
    *ret_count = count;
    return JET_errSuccess;
}

JET_ERR cursor_count(Cursor *cursor, uint64_t *ret_count, uint64_t most)
{
    Scope scope;
    if (!ret_count)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope, cursor_count_in_scope(cursor, ret_count, most ? most : UINT64_MAX));
}

/* --- Index and bookmark -------------------------------------------------------- */

/* Puts the cursor on the entry of a row in the current index. */
static JET_ERR cursor_goto_row(Cursor *cursor, Txn *txn, Bytes bookmark, uint32_t itag)
{
    uint8_t tree_key[TREE_KEY_MAX];
    size_t size;
    Bytes row;
    Key key;
    cursor_key_of_row(cursor, bookmark, tree_key, &size);
    JET_ERR err = txn_get(txn, TREE_ROWS, (Bytes){tree_key, size}, &row);
    if (err == JET_errRecordNotFound)
        return JET_errRecordDeleted;
    RETURN_IF_ERROR(err);
    Bytes own_key = bookmark;
    if (cursor->index) {
        RETURN_IF_ERROR(index_entry_key(cursor->index, cursor->schema, txn, row, itag, &key, &err));
        if (err == INDEX_ENTRY_ABSENT)
            return JET_errNoCurrentRecord;
        own_key = key_bytes(&key);
    }
    cursor_park(cursor, POSITION_BEFORE_FIRST);
    cursor_set_entry(cursor, own_key, bookmark);
    return JET_errSuccess;
}

static JET_ERR cursor_use_index(Cursor *cursor, Txn *txn, const Index *index)
{
    if (index && (index->grbit & JET_bitIndexPrimary))
        index = NULL;
    if (index && !cursor->entries)
        RETURN_IF_ERROR(tree_cursor_new(txn, TREE_INDEX, &cursor->entries));
    cursor->index = index;
    cursor->index_level = cursor->session->level;
    cursor->search_made = cursor->search_complete = false;
    return JET_errSuccess;
}

JET_ERR cursor_stand_first(Cursor *cursor)
{
    cursor_park(cursor, POSITION_BEFORE_FIRST);
    JET_ERR err = cursor_step(cursor, true);
    if (err == JET_errNoCurrentRecord) {
        cursor_park(cursor, POSITION_BEFORE_FIRST);
        err = JET_errSuccess;
    }
    cursor->at_start = err >= 0;
    return err;
}

static JET_ERR cursor_set_index_in_scope(Cursor *cursor, Txn *txn, const Index *index,
                                         JET_GRBIT grbit, uint32_t itag)
{
    uint8_t bookmark[BOOKMARK_MAX];
    size_t size = cursor->bookmark_size;
    bool on_entry = cursor->position == POSITION_ON_ENTRY;
    const Index *old = cursor->index;
    unsigned old_level = cursor->index_level;
    memcpy(bookmark, cursor->bookmark, size);
    if ((grbit & JET_bitNoMove) && !on_entry)
        return JET_errNoCurrentRecord;
    RETURN_IF_ERROR(cursor_use_index(cursor, txn, index));
    if (grbit & JET_bitNoMove) {
        JET_ERR err = cursor_goto_row(cursor, txn, (Bytes){bookmark, size}, itag);
        if (err < 0) {
            cursor->index = old;
            cursor->index_level = old_level;
        }
        return err;
    }
    return cursor_stand_first(cursor);
}

JET_ERR cursor_set_index(Cursor *cursor, const char *name, JET_GRBIT grbit, uint32_t itag)
{
    Scope scope;
    const Index *index = NULL;
    if (grbit & ~JET_bitNoMove)
        return JET_errInvalidGrbit;
    if (cursor->filter)
        return JET_errFilteredMoveNotSupported;
    if (name && *name) {
        RETURN_IF_ERROR(cursor_refresh_now(cursor));
        index = schema_find_index_by_name(cursor->schema, name);
        if (!index)
            return JET_errIndexNotFound;
    }
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope,
                     cursor_set_index_in_scope(cursor, scope.txn, index, grbit, itag ? itag : 1));
}

JET_ERR cursor_get_bookmark(Cursor *cursor, void *data, uint32_t size, uint32_t *ret_actual)
{
    if (cursor->position != POSITION_ON_ENTRY)
        return JET_errNoCurrentRecord;
    return bytes_return((Bytes){cursor->bookmark, cursor->bookmark_size}, data, size, ret_actual);
}

JET_ERR cursor_goto_bookmark(Cursor *cursor, const void *data, uint32_t size)
{
    Scope scope;
    uint8_t bookmark[BOOKMARK_MAX];
    if (!data || size == 0 || size > BOOKMARK_MAX)
        return JET_errInvalidBookmark;
    update_cancel(cursor);
    memcpy(bookmark, data, size);
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope, cursor_goto_row(cursor, scope.txn, (Bytes){bookmark, size}, 1));
}
