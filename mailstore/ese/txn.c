/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * txn.c - the life of a transaction: levels, snapshot, commit, rollback.
 *
 * Locks fall after the commit is visible, in this order: our snapshot goes, the oldest snapshot
 * that is left is read, each lock is released with the id of the commit. A session that takes one
 * of the locks then either has a snapshot that sees the commit or finds its id in the lock table.
 */
#include <assert.h>
#include <stdlib.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

enum {
    /* Rows smaller than what the write set spends on each of them would not be worth the write. */
    PRIVATE_SPILL_MIN = 128,
};

JET_ERR txn_new(Store *store, Txn **ret)
{
    Txn *txn = fault_calloc(1, sizeof *txn);

    if (!txn)
        return JET_errOutOfMemory;
    txn->store = store;
    write_set_init(&txn->writes, store->txn_bytes_max, true, store->directory);
    commit_request_init(&txn->request);
    txn->request.apply = txn_apply;
    txn->request.context = txn;
    atomic_fetch_add(&store->txn_count, 1);
    *ret = txn;
    return JET_errSuccess;
}

JET_ERR txn_new_private(const char *directory, Txn **ret)
{
    Txn *txn = fault_calloc(1, sizeof *txn);

    if (!txn)
        return JET_errOutOfMemory;
    write_set_init(&txn->writes, SIZE_MAX, false, directory);
    txn->writes.spill_min = PRIVATE_SPILL_MIN;
    *ret = txn;
    return JET_errSuccess;
}

static void txn_free_private(Txn *txn)
{
    write_set_clear(&txn->writes);
    free(txn);
}

Txn *txn_free(Txn *txn)
{
    if (!txn)
        return NULL;
    for (Tree tree = 0; tree < TREE_COUNT; tree++)
        tree_cursor_free(txn->cursors[tree]);
    if (!txn->store) {
        txn_free_private(txn);
        return NULL;
    }
    while (txn->level > 0 && txn_rollback(txn) == JET_errSuccess)
        ;
    if (txn->level == 0)
        lock_set_clear(&txn->locks);
    free(txn->copy);
    commit_request_clear(&txn->request);
    atomic_fetch_sub(&txn->store->txn_count, 1);
    free(txn);
    return NULL;
}

JET_ERR txn_cursor(Txn *txn, Tree tree, TreeCursor **ret)
{
    if (!txn->cursors[tree]) {
        JET_ERR error = tree_cursor_new(txn, tree, &txn->cursors[tree]);
        if (error != JET_errSuccess)
            return error;
    }
    *ret = txn->cursors[tree];
    return JET_errSuccess;
}

unsigned txn_level(const Txn *txn)
{
    return txn->level;
}

uint64_t txn_last_commit(const Txn *txn)
{
    return txn->last_commit;
}

size_t txn_bytes(const Txn *txn)
{
    return txn->writes.bytes;
}

JET_ERR txn_begin(Txn *txn, bool read_only)
{
    if (!txn_is_usable(txn))
        return JET_errInvalidInstance;
    if (txn->level == STORE_LEVEL_MAX)
        return JET_errTransTooDeep;
    if (txn_is_expired(txn))
        return JET_errTransactionTooLong;
    if (txn->level == 0) {
        JET_ERR error = txn->store
                            ? snapshot_take(&txn->store->snapshots, txn->store->env, &txn->snapshot)
                            : JET_errSuccess;
        if (error != JET_errSuccess)
            return error;
        txn->generation++;
        txn->read_only = read_only || (txn->store && txn->store->read_only);
    }
    txn->level++;
    write_set_begin_level(&txn->writes);
    return JET_errSuccess;
}

/* Back to level 0; `commit`: what was written under the locks went into it, 0: nothing. */
static void txn_end(Txn *txn, uint64_t commit)
{
    if (txn->snapshot)
        snapshot_release(&txn->store->snapshots, txn->snapshot);
    txn->snapshot = NULL;
    txn->generation++;
    txn->level = 0;
    write_set_clear(&txn->writes);
    if (txn->locks.count > 0)
        lock_set_release(&txn->locks, &txn->store->locks, commit,
                         snapshot_pool_oldest(&txn->store->snapshots));
}

JET_ERR txn_commit(Txn *txn, bool lazy)
{
    if (!txn_is_usable(txn))
        return JET_errInvalidInstance;
    if (txn->level == 0)
        return JET_errNotInTransaction;
    if (txn_is_expired(txn))
        return JET_errTransactionTooLong;
    if (txn->level > 1 || !txn->store) {
        write_set_merge_level(&txn->writes);
        txn->level--;
        return JET_errSuccess;
    }
    if (write_set_is_empty(&txn->writes)) {
        txn_end(txn, 0);
        return JET_errSuccess;
    }
    txn->request.bytes = txn->writes.bytes;
    txn->request.lazy = lazy;
    JET_ERR error = commit_submit(txn->store, &txn->request);
    if (error != JET_errSuccess)
        return error;
    txn->last_commit = txn->request.commit;
    txn_end(txn, txn->last_commit);
    return JET_errSuccess;
}

JET_ERR txn_rollback(Txn *txn)
{
    if (!txn_is_usable(txn))
        return JET_errInvalidInstance;
    if (txn->level == 0)
        return JET_errNotInTransaction;
    if (txn->store)
        txn_undo_escrow(txn);
    if (txn->level > 1 || !txn->store) {
        write_set_rollback_level(&txn->writes);
        txn->level--;
    } else {
        txn_end(txn, 0);
    }
    return JET_errSuccess;
}

void txn_save(Txn *txn)
{
    assert(txn->level > 0 && txn->writes.level == txn->level);
    write_set_begin_level(&txn->writes);
    lock_set_record(&txn->locks);
}

void txn_keep(Txn *txn)
{
    write_set_merge_level(&txn->writes);
    lock_set_keep(&txn->locks);
}

void txn_undo(Txn *txn)
{
    write_set_rollback_level(&txn->writes);
    if (txn->store)
        lock_set_give_back(&txn->locks, &txn->store->locks,
                           snapshot_pool_oldest(&txn->store->snapshots));
    else
        lock_set_keep(&txn->locks);
}

bool txn_expire(Txn *txn, uint64_t age_max_ms)
{
    if (!txn->snapshot || !store_is_usable(txn->store) ||
        snapshot_age_ms(txn->snapshot) <= age_max_ms)
        return false;
    snapshot_release(&txn->store->snapshots, txn->snapshot);
    txn->snapshot = NULL;
    txn->generation++;
    return true;
}

JET_ERR txn_wait_durable(Txn *txn, bool all_sessions)
{
    if (!txn_is_usable(txn))
        return JET_errInvalidInstance;
    return commit_sync(txn->store, all_sessions ? snapshot_pool_visible(&txn->store->snapshots)
                                                : txn->last_commit);
}
