/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * snapshot.c - LMDB read transactions, pooled, and the list of those in use.
 *
 * The list is ordered by a bound that is taken under the mutex before the read transaction is
 * renewed, so the head is the oldest. The order matters for what the lock table remembers: a
 * commit is published first and the oldest bound read after. A snapshot that this misses takes
 * its bound, and so its view, after the commit was visible, and cannot be older than it.
 */
#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/snapshot.h"
#include "mailstore/ese/store-error.h"

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void snapshot_pool_init(SnapshotPool *pool, uint64_t visible)
{
    *pool = (SnapshotPool){.visible = visible};
    pthread_mutex_init(&pool->mutex, NULL);
}

void snapshot_pool_clear(SnapshotPool *pool)
{
    assert(!pool->oldest);
    while (pool->idle) {
        Snapshot *snapshot = pool->idle;

        pool->idle = snapshot->next;
        mdb_txn_abort(snapshot->txn);
        free(snapshot);
    }
    pthread_mutex_destroy(&pool->mutex);
}

static void pool_append(SnapshotPool *pool, Snapshot *snapshot)
{
    snapshot->bound = pool->visible;
    snapshot->start_ms = now_ms();
    snapshot->next = NULL;
    snapshot->previous = pool->newest;
    if (pool->newest)
        pool->newest->next = snapshot;
    else
        pool->oldest = snapshot;
    pool->newest = snapshot;
}

static void pool_remove(SnapshotPool *pool, Snapshot *snapshot)
{
    if (snapshot->previous)
        snapshot->previous->next = snapshot->next;
    else
        pool->oldest = snapshot->next;
    if (snapshot->next)
        snapshot->next->previous = snapshot->previous;
    else
        pool->newest = snapshot->previous;
}

/* Begins or renews; a snapshot without a read transaction is freed by the caller. */
static JET_ERR snapshot_renew(Snapshot *snapshot, MDB_env *env)
{
    int rc = snapshot->txn ? mdb_txn_renew(snapshot->txn)
                           : mdb_txn_begin(env, NULL, MDB_RDONLY, &snapshot->txn);

    if (rc == 0)
        snapshot->id = mdb_txn_id(snapshot->txn);
    return store_error(rc);
}

JET_ERR snapshot_take(SnapshotPool *pool, MDB_env *env, Snapshot **ret)
{
    pthread_mutex_lock(&pool->mutex);
    Snapshot *snapshot = pool->idle;
    if (snapshot)
        pool->idle = snapshot->next;
    else
        snapshot = fault_calloc(1, sizeof *snapshot);
    if (snapshot)
        pool_append(pool, snapshot);
    pthread_mutex_unlock(&pool->mutex);
    if (!snapshot)
        return JET_errOutOfMemory;

    JET_ERR error = snapshot_renew(snapshot, env);
    if (error != JET_errSuccess) {
        pthread_mutex_lock(&pool->mutex);
        pool_remove(pool, snapshot);
        pthread_mutex_unlock(&pool->mutex);
        if (snapshot->txn)
            mdb_txn_abort(snapshot->txn);
        free(snapshot);
        return error;
    }
    *ret = snapshot;
    return JET_errSuccess;
}

void snapshot_release(SnapshotPool *pool, Snapshot *snapshot)
{
    mdb_txn_reset(snapshot->txn);
    pthread_mutex_lock(&pool->mutex);
    pool_remove(pool, snapshot);
    snapshot->next = pool->idle;
    pool->idle = snapshot;
    pthread_mutex_unlock(&pool->mutex);
}

void snapshot_pool_publish(SnapshotPool *pool, uint64_t commit)
{
    pthread_mutex_lock(&pool->mutex);
    pool->visible = commit;
    pthread_mutex_unlock(&pool->mutex);
}

uint64_t snapshot_pool_visible(SnapshotPool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    uint64_t visible = pool->visible;
    pthread_mutex_unlock(&pool->mutex);
    return visible;
}

uint64_t snapshot_pool_oldest(SnapshotPool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    uint64_t bound = pool->oldest ? pool->oldest->bound : UINT64_MAX;
    pthread_mutex_unlock(&pool->mutex);
    return bound;
}

uint64_t snapshot_pool_oldest_age_ms(SnapshotPool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    uint64_t age = pool->oldest ? now_ms() - pool->oldest->start_ms : 0;
    pthread_mutex_unlock(&pool->mutex);
    return age;
}

uint64_t snapshot_age_ms(const Snapshot *snapshot)
{
    return now_ms() - snapshot->start_ms;
}

size_t snapshot_pool_count(SnapshotPool *pool)
{
    size_t count = 0;

    pthread_mutex_lock(&pool->mutex);
    for (Snapshot *snapshot = pool->oldest; snapshot; snapshot = snapshot->next)
        count++;
    pthread_mutex_unlock(&pool->mutex);
    return count;
}
