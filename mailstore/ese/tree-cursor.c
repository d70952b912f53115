/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tree-cursor.c - a cursor over snapshot and write set merged.
 *
 * The position is a copy of the key (and dup) of the last entry returned. Beside it the cursor
 * remembers where its two sides stand relative to that position - the LMDB cursor and the entry of
 * the write set - so that a step costs one step on the side that moves. A side whose ground has
 * changed (another snapshot, an entry added to or removed from the write set) is found again by
 * the key. Outside a transaction each call takes a snapshot of its own and returns copies.
 *
 * An entry of the write set hides the one of the snapshot with the same key; a deletion hides both.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/seal.h"
#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

/* Where a side stands relative to the position. */
typedef enum {
    SIDE_LOST,   /* must be found again */
    SIDE_AT,     /* on the entry with that key */
    SIDE_AFTER,  /* on the first entry behind, or there is none (`end`) */
    SIDE_BEFORE, /* on the last entry before, or there is none (`end`) */
} SideState;

typedef struct {
    SideState state;
    bool end;
    Bytes key, dup; /* of the entry the side stands on; dup is empty but in TREE_INDEX */
    Bytes value;    /* snapshot side only */
} Side;

struct TreeCursor {
    Txn *txn;
    Tree tree;
    MDB_cursor *lmdb;
    MDB_txn *lmdb_txn;       /* `lmdb` is bound to this read transaction ... */
    uint64_t txn_generation; /* ... as renewed then */
    Snapshot *snapshot;      /* taken for this call, outside a transaction */
    Side base, writes;
    WriteEntry *entry; /* the write side stands on it unless `end` */
    uint64_t map_generation;
    bool positioned;
    size_t key_size, dup_size;
    void *copy; /* of a value, outside a transaction */
    size_t copy_size;
    /* LMDB's keys and dups have at most 511 bytes. */
    uint8_t key[512], dup[512];
};

JET_ERR tree_cursor_new(Txn *txn, Tree tree, TreeCursor **ret)
{
    TreeCursor *cursor = fault_malloc(sizeof *cursor);

    if (!cursor)
        return JET_errOutOfMemory;
    memset(cursor, 0, offsetof(TreeCursor, key));
    cursor->txn = txn;
    cursor->tree = tree;
    *ret = cursor;
    return JET_errSuccess;
}

TreeCursor *tree_cursor_free(TreeCursor *cursor)
{
    if (!cursor)
        return NULL;
    if (cursor->lmdb)
        mdb_cursor_close(cursor->lmdb);
    free(cursor->copy);
    free(cursor);
    return NULL;
}

static Bytes position_key(const TreeCursor *cursor)
{
    return (Bytes){cursor->key, cursor->key_size};
}

static Bytes position_dup(const TreeCursor *cursor)
{
    return (Bytes){cursor->dup, cursor->dup_size};
}

/* --- The snapshot side ------------------------------------------------------------- */

/* Takes over what LMDB returned. */
static JET_ERR base_set(TreeCursor *cursor, SideState state, int rc, MDB_val key, MDB_val value)
{
    Side *base = &cursor->base;

    base->state = state;
    base->end = rc == MDB_NOTFOUND;
    if (rc == MDB_NOTFOUND)
        return JET_errSuccess;
    if (rc != 0) {
        base->state = SIDE_LOST;
        return store_error(rc);
    }
    base->key = store_bytes(key);
    base->value = store_bytes(value);
    base->dup = cursor->tree == TREE_INDEX ? base->value : (Bytes){NULL, 0};
    return cursor->tree == TREE_INDEX ? JET_errSuccess : seal_open(base->value, &base->value);
}

static JET_ERR base_step(TreeCursor *cursor, MDB_cursor_op op, SideState state)
{
    MDB_val key = {0}, value = {0};
    int rc = mdb_cursor_get(cursor->lmdb, &key, &value, op);

    return base_set(cursor, state, rc, key, value);
}

/* First pair >= (key, dup) among the pairs of an index. */
static int index_seek(MDB_cursor *lmdb, Bytes key, Bytes dup, MDB_val *ret_key, MDB_val *ret_value)
{
    *ret_key = store_val(key);
    int rc = mdb_cursor_get(lmdb, ret_key, ret_value, MDB_SET_RANGE);
    if (rc != 0 || dup.size == 0 ||
        write_key_compare(store_bytes(*ret_key), (Bytes){NULL, 0}, key, (Bytes){NULL, 0}) != 0)
        return rc;
    *ret_key = store_val(key);
    *ret_value = store_val(dup);
    rc = mdb_cursor_get(lmdb, ret_key, ret_value, MDB_GET_BOTH_RANGE);
    if (rc == 0) /* does not return the key */
        return mdb_cursor_get(lmdb, ret_key, ret_value, MDB_GET_CURRENT);
    if (rc != MDB_NOTFOUND)
        return rc;
    /* All dups of the key are smaller; go to the key behind. */
    *ret_key = store_val(key);
    rc = mdb_cursor_get(lmdb, ret_key, ret_value, MDB_SET_KEY);
    return rc ? rc : mdb_cursor_get(lmdb, ret_key, ret_value, MDB_NEXT_NODUP);
}

static JET_ERR base_seek(TreeCursor *cursor, SeekKind kind, Bytes key, Bytes dup)
{
    SideState state = kind == SEEK_GE || kind == SEEK_GT ? SIDE_AFTER : SIDE_BEFORE;
    if (!cursor->txn->store)
        return base_set(cursor, state, MDB_NOTFOUND, (MDB_val){0}, (MDB_val){0});
    MDB_val found_key = {0}, found_value = {0};
    int rc;

    if (cursor->tree == TREE_INDEX) {
        rc = index_seek(cursor->lmdb, key, dup, &found_key, &found_value);
    } else {
        found_key = store_val(key);
        rc = mdb_cursor_get(cursor->lmdb, &found_key, &found_value, MDB_SET_RANGE);
    }
    JET_ERR error = base_set(cursor, state, rc, found_key, found_value);
    if (error != JET_errSuccess || kind == SEEK_GE)
        return error;
    if (cursor->base.end)
        return state == SIDE_AFTER ? error : base_step(cursor, MDB_LAST, state);
    bool equal = write_key_compare(cursor->base.key, cursor->base.dup, key, dup) == 0;
    if (kind == SEEK_GT)
        return equal ? base_step(cursor, MDB_NEXT, state) : error;
    return kind == SEEK_LE && equal ? error : base_step(cursor, MDB_PREV, state);
}

/* Puts the side on the first entry behind the position, or the last before it. */
static JET_ERR base_move(TreeCursor *cursor, bool forward)
{
    Side *base = &cursor->base;
    SideState wanted = forward ? SIDE_AFTER : SIDE_BEFORE;

    if (base->state == wanted)
        return JET_errSuccess;
    /* From the other side of the position one step crosses it: there is nothing at it. */
    if (base->state == SIDE_LOST || base->end)
        return base_seek(cursor, forward ? SEEK_GT : SEEK_LT, position_key(cursor),
                         position_dup(cursor));
    return base_step(cursor, forward ? MDB_NEXT : MDB_PREV, wanted);
}

/* --- The write side ------------------------------------------------------------------ */

static void writes_set(TreeCursor *cursor, SideState state, WriteEntry *entry)
{
    Side *writes = &cursor->writes;

    writes->state = state;
    writes->end = !entry;
    cursor->entry = entry;
    if (entry) {
        writes->key = entry->key;
        writes->dup = entry->dup;
    }
}

static void writes_seek(TreeCursor *cursor, SeekKind kind, Bytes key, Bytes dup)
{
    const WriteSet *set = &cursor->txn->writes;
    WriteEntry *entry =
        write_set_seek(set, cursor->tree, key, dup, kind == SEEK_GT || kind == SEEK_LE);

    if (kind == SEEK_GE || kind == SEEK_GT)
        writes_set(cursor, SIDE_AFTER, entry);
    else
        writes_set(cursor, SIDE_BEFORE, entry ? entry->previous : set->maps[cursor->tree].last[0]);
}

static void writes_move(TreeCursor *cursor, bool forward)
{
    Side *writes = &cursor->writes;
    SideState wanted = forward ? SIDE_AFTER : SIDE_BEFORE;

    if (writes->state == wanted)
        return;
    if (writes->state == SIDE_LOST || writes->end)
        writes_seek(cursor, forward ? SEEK_GT : SEEK_LT, position_key(cursor),
                    position_dup(cursor));
    else
        writes_set(cursor, wanted, forward ? cursor->entry->next[0] : cursor->entry->previous);
}

/* --- Both ------------------------------------------------------------------------- */

static JET_ERR cursor_bind(TreeCursor *cursor, MDB_txn *read)
{
    int rc = cursor->lmdb
                 ? mdb_cursor_renew(read, cursor->lmdb)
                 : mdb_cursor_open(read, cursor->txn->store->trees[cursor->tree], &cursor->lmdb);

    cursor->base.state = SIDE_LOST;
    cursor->lmdb_txn = rc == 0 ? read : NULL;
    return store_error(rc);
}

/* Makes both sides stand on today's ground. */
static JET_ERR cursor_enter(TreeCursor *cursor)
{
    Txn *txn = cursor->txn;

    if (!txn_is_usable(txn))
        return JET_errInvalidInstance;
    const WriteMap *map = &txn->writes.maps[cursor->tree];
    if (cursor->map_generation != map->generation) {
        cursor->writes.state = SIDE_LOST;
        cursor->map_generation = map->generation;
    }
    if (!txn->store)
        return JET_errSuccess;
    if (txn->level == 0) {
        JET_ERR error = snapshot_take(&txn->store->snapshots, txn->store->env, &cursor->snapshot);
        if (error == JET_errSuccess) {
            error = cursor_bind(cursor, cursor->snapshot->txn);
            if (error != JET_errSuccess) {
                snapshot_release(&txn->store->snapshots, cursor->snapshot);
                cursor->snapshot = NULL;
            }
        }
        return error;
    }
    if (txn_is_expired(txn))
        return JET_errTransactionTooLong;
    if (cursor->lmdb_txn == txn->snapshot->txn && cursor->txn_generation == txn->generation)
        return JET_errSuccess;
    cursor->txn_generation = txn->generation;
    return cursor_bind(cursor, txn->snapshot->txn);
}

/* Outside a transaction: the value outlives the snapshot as a copy. */
static JET_ERR cursor_leave(TreeCursor *cursor, JET_ERR error, Bytes *value)
{
    if (!cursor->snapshot)
        return error;
    if (error == JET_errSuccess && cursor->tree == TREE_INDEX) {
        *value = position_dup(cursor);
    } else if (error == JET_errSuccess) {
        void *copy = cursor->copy;
        size_t size = value->size + SEAL_SIZE;
        if (size > cursor->copy_size) {
            copy = fault_realloc(cursor->copy, size);
            if (copy) {
                cursor->copy = copy;
                cursor->copy_size = size;
            }
        }
        if (copy)
            value->data = memcpy(copy, value->data, size);
        else
            error = JET_errOutOfMemory;
    }
    snapshot_release(&cursor->txn->store->snapshots, cursor->snapshot);
    cursor->snapshot = NULL;
    cursor->lmdb_txn = NULL;
    cursor->base.state = SIDE_LOST;
    return error;
}

static void position_set(TreeCursor *cursor, Bytes key, Bytes dup)
{
    assert(key.size <= sizeof cursor->key && dup.size <= sizeof cursor->dup);
    memcpy(cursor->key, key.data, key.size);
    cursor->key_size = key.size;
    if (dup.size > 0)
        memcpy(cursor->dup, dup.data, dup.size);
    cursor->dup_size = dup.size;
    cursor->positioned = true;
}

/* Both sides stand on the first entry of theirs in the direction: returns the nearer, or goes on
 * where a deletion hides it. */
static JET_ERR cursor_choose(TreeCursor *cursor, bool forward, Bytes *ret_value)
{
    Side *base = &cursor->base, *writes = &cursor->writes;
    SideState beyond = forward ? SIDE_AFTER : SIDE_BEFORE;

    for (;;) {
        int order;

        if (base->end && writes->end)
            return JET_errRecordNotFound;
        if (base->end || writes->end)
            order = base->end ? 1 : -1;
        else
            order = write_key_compare(base->key, base->dup, writes->key, writes->dup) *
                    (forward ? 1 : -1);
        if (order < 0) {
            position_set(cursor, base->key, base->dup);
            *ret_value = base->value;
            base->state = SIDE_AT;
            return JET_errSuccess;
        }
        if (cursor->entry->top->op != WRITE_DELETE) {
            position_set(cursor, writes->key, writes->dup);
            *ret_value = cursor->tree == TREE_INDEX ? writes->dup : cursor->entry->top->value;
            writes->state = SIDE_AT;
            if (order == 0)
                base->state = SIDE_AT;
            return JET_errSuccess;
        }
        if (order == 0) {
            JET_ERR error = base_step(cursor, forward ? MDB_NEXT : MDB_PREV, beyond);
            if (error != JET_errSuccess)
                return error;
        }
        writes_set(cursor, beyond, forward ? cursor->entry->next[0] : cursor->entry->previous);
    }
}

/* A failed search leaves the sides where the position does not know of them. */
static JET_ERR cursor_finish(TreeCursor *cursor, JET_ERR error, Bytes value, Bytes *ret_key,
                             Bytes *ret_value)
{
    if (error != JET_errSuccess)
        cursor->base.state = cursor->writes.state = SIDE_LOST;
    error = cursor_leave(cursor, error, &value);
    if (error == JET_errSuccess) {
        *ret_key = position_key(cursor);
        *ret_value = value;
    }
    return error;
}

JET_ERR tree_cursor_seek(TreeCursor *cursor, SeekKind kind, Bytes key, Bytes dup, Bytes *ret_key,
                         Bytes *ret_value)
{
    bool forward = kind == SEEK_GE || kind == SEEK_GT;
    Bytes value = {NULL, 0};

    if (key.size == 0)
        return JET_errInvalidParameter;
    if (key.size > txn_key_max(cursor->txn) || dup.size > txn_key_max(cursor->txn))
        return JET_errKeyTooBig;
    JET_ERR error = cursor_enter(cursor);
    if (error != JET_errSuccess)
        return error;
    error = base_seek(cursor, kind, key, dup);
    if (error == JET_errSuccess) {
        writes_seek(cursor, kind, key, dup);
        error = cursor_choose(cursor, forward, &value);
    }
    return cursor_finish(cursor, error, value, ret_key, ret_value);
}

static JET_ERR cursor_step(TreeCursor *cursor, bool forward, Bytes *ret_key, Bytes *ret_value)
{
    Bytes value = {NULL, 0};

    if (!cursor->positioned)
        return JET_errNoCurrentRecord;
    JET_ERR error = cursor_enter(cursor);
    if (error != JET_errSuccess)
        return error;
    error = base_move(cursor, forward);
    if (error == JET_errSuccess) {
        writes_move(cursor, forward);
        error = cursor_choose(cursor, forward, &value);
    }
    return cursor_finish(cursor, error, value, ret_key, ret_value);
}

JET_ERR tree_cursor_next(TreeCursor *cursor, Bytes *ret_key, Bytes *ret_value)
{
    return cursor_step(cursor, true, ret_key, ret_value);
}

JET_ERR tree_cursor_previous(TreeCursor *cursor, Bytes *ret_key, Bytes *ret_value)
{
    return cursor_step(cursor, false, ret_key, ret_value);
}
