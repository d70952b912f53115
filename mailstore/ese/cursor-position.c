/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursor-position.c - places in an index: by number, by secondary key and bookmark, and whether
 * the row there is free to change.
 *
 * Numbers are exact. Known limit: the tree does not count, so they cost a walk through the index.
 *
 * Fails with JET_errNoCurrentRecord, JET_errNoCurrentIndex, JET_errRecordNotFound,
 * JET_errRecordDeleted, JET_errInvalidBookmark, JET_errWriteConflict,
 * JET_errSessionWriteConflict.
 */
#include <string.h>

#include "mailstore/ese/cursor-tree.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/update.h"

/* A cursor before the first entry, for a walk through all; the trees' cursors are shared. */
static Cursor cursor_walker(Cursor *cursor)
{
    Cursor walker = *cursor;
    cursor->in_sync = false;
    walker.filter = NULL;
    cursor_park(&walker, POSITION_BEFORE_FIRST);
    return walker;
}

static JET_ERR position_count(Cursor *cursor, JET_RECPOS *ret)
{
    Cursor walker = cursor_walker(cursor);
    Bytes key = {cursor->key, cursor->key_size};
    JET_RECPOS position = {.cbStruct = sizeof(position)};
    JET_ERR err;
    if (cursor->position != POSITION_ON_ENTRY)
        return JET_errNoCurrentRecord;
    while ((err = cursor_step(&walker, true)) >= 0) {
        int order = bytes_compare((Bytes){walker.key, walker.key_size}, key);
        position.centriesLT += order < 0;
        position.centriesInRange += order == 0;
        if (++position.centriesTotal == UINT32_MAX)
            break;
    }
    if (err < 0 && err != JET_errNoCurrentRecord)
        return err;
    *ret = position;
    return JET_errSuccess;
}

JET_ERR cursor_get_position(Cursor *cursor, JET_RECPOS *ret)
{
    Scope scope;
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope, position_count(cursor, ret));
}

static JET_ERR position_goto(Cursor *cursor, const JET_RECPOS *position)
{
    Cursor walker = cursor_walker(cursor);
    uint64_t n = 0;
    JET_ERR err;
    while ((err = cursor_step(&walker, true)) >= 0)
        n++;
    if (err != JET_errNoCurrentRecord)
        return err;
    if (n == 0)
        return JET_errRecordNotFound;
    uint64_t target =
        position->centriesTotal ? (uint64_t)position->centriesLT * n / position->centriesTotal : 0;
    if (target >= n)
        target = n - 1;
    cursor_park(cursor, POSITION_BEFORE_FIRST);
    for (uint64_t i = 0; i <= target; i++)
        RETURN_IF_ERROR(cursor_step(cursor, true));
    return JET_errSuccess;
}

JET_ERR cursor_goto_position(Cursor *cursor, const JET_RECPOS *position)
{
    Scope scope;
    if (cursor->filter)
        return JET_errFilteredMoveNotSupported;
    if (position->centriesLT > position->centriesTotal)
        return JET_errInvalidParameter;
    update_cancel(cursor);
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope, position_goto(cursor, position));
}

/* In the order of the rows, whatever the index is. */
static JET_ERR rows_count(Cursor *cursor, uint32_t *ret)
{
    Cursor walker = cursor_walker(cursor);
    uint32_t n = 0;
    JET_ERR err = JET_errSuccess;
    walker.index = NULL;
    while (n < UINT32_MAX && (err = cursor_step(&walker, true)) >= 0)
        n++;
    if (err < 0 && err != JET_errNoCurrentRecord)
        return err;
    *ret = n;
    return JET_errSuccess;
}

JET_ERR cursor_compute_statistics(Cursor *cursor)
{
    Scope scope;
    uint32_t n = 0;
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    RETURN_IF_ERROR(scope_end(&scope, rows_count(cursor, &n)));
    atomic_store_explicit(&cursor->table->n_rows, n, memory_order_relaxed);
    return JET_errSuccess;
}

/* --- By secondary key ---------------------------------------------------------- */

JET_ERR cursor_get_index_bookmark(const Cursor *cursor, Bytes *ret_key, Bytes *ret_bookmark)
{
    if (!cursor->index)
        return JET_errNoCurrentIndex;
    if (cursor->position != POSITION_ON_ENTRY)
        return JET_errNoCurrentRecord;
    *ret_key = (Bytes){cursor->key, cursor->key_size};
    *ret_bookmark = (Bytes){cursor->bookmark, cursor->bookmark_size};
    return JET_errSuccess;
}

static bool cursor_is_at(const Cursor *cursor, Bytes key, Bytes bookmark)
{
    return bytes_compare((Bytes){cursor->key, cursor->key_size}, key) == 0 &&
           (bookmark.size == 0 ||
            bytes_compare((Bytes){cursor->bookmark, cursor->bookmark_size}, bookmark) == 0);
}

static JET_ERR index_bookmark_goto(Cursor *cursor, Bytes key, Bytes bookmark, bool or_between)
{
    Cursor before = *cursor;
    cursor_park(cursor, POSITION_BEFORE_FIRST);
    JET_ERR err = cursor_find(cursor, SEEK_GE, key, bookmark);
    if (err >= 0 && cursor_is_at(cursor, key, bookmark))
        return JET_errSuccess;
    if (err < 0 && err != JET_errRecordNotFound)
        return err;
    if (or_between) {
        cursor_set_entry(cursor, key, bookmark);
        cursor_park(cursor, POSITION_BETWEEN);
    } else {
        before.in_sync = false;
        *cursor = before;
    }
    return JET_errRecordDeleted;
}

JET_ERR cursor_goto_index_bookmark(Cursor *cursor, Bytes key, Bytes bookmark, JET_GRBIT grbit)
{
    Scope scope;
    if (grbit & ~JET_bitBookmarkPermitVirtualCurrency)
        return JET_errInvalidGrbit;
    if (!cursor->index)
        return JET_errNoCurrentIndex;
    if (!key.data || key.size == 0 || key.size > sizeof(cursor->key) ||
        bookmark.size > sizeof(cursor->bookmark) || (!bookmark.data && bookmark.size > 0))
        return JET_errInvalidBookmark;
    if (bookmark.size == 0 && !(cursor->index->grbit & JET_bitIndexUnique))
        return JET_errInvalidBookmark;
    update_cancel(cursor);
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope, index_bookmark_goto(cursor, key, bookmark,
                                                 grbit & JET_bitBookmarkPermitVirtualCurrency));
}

/* --- Whether it is free -------------------------------------------------------- */

static JET_ERR cursor_probe_in_scope(Cursor *cursor, Txn *txn)
{
    uint8_t key[TREE_KEY_MAX];
    size_t size;
    Bytes row;
    RETURN_IF_ERROR(cursor_read_row(cursor, txn, &row));
    RETURN_IF_ERROR(update_check_session(cursor));
    cursor_key_of_row(cursor, (Bytes){cursor->bookmark, cursor->bookmark_size}, key, &size);
    return txn_probe(txn, TREE_ROWS, (Bytes){key, size});
}

JET_ERR cursor_probe(Cursor *cursor)
{
    Scope scope;
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope, cursor_probe_in_scope(cursor, scope.txn));
}
