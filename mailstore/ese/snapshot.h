/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * snapshot.h - LMDB read transactions, pooled, and the list of those in use.
 */
#ifndef MAILSTORE_ESE_SNAPSHOT_H
#define MAILSTORE_ESE_SNAPSHOT_H

#include <lmdb.h>
#include <pthread.h>
#include <stdbool.h>

#include "mailstore/ese/esent.h"

typedef struct Snapshot Snapshot;

struct Snapshot {
    MDB_txn *txn;
    uint64_t id;       /* the commit it sees */
    uint64_t bound;    /* no greater than id; what the list is ordered by */
    uint64_t start_ms; /* CLOCK_MONOTONIC */
    Snapshot *next, *previous;
};

typedef struct {
    pthread_mutex_t mutex;
    Snapshot *idle;            /* reset read transactions that keep their reader slot */
    Snapshot *oldest, *newest; /* in use */
    uint64_t visible;          /* last commit of ours that readers see */
} SnapshotPool;

void snapshot_pool_init(SnapshotPool *pool, uint64_t visible);
/* None may be in use. */
void snapshot_pool_clear(SnapshotPool *pool);

/* Sees the newest commit. JET_errOutOfSessions when LMDB has no reader slot, JET_errOutOfMemory. */
JET_ERR snapshot_take(SnapshotPool *pool, MDB_env *env, Snapshot **ret);
void snapshot_release(SnapshotPool *pool, Snapshot *snapshot);

/* To be called when a commit is visible, before locks fall. */
void snapshot_pool_publish(SnapshotPool *pool, uint64_t commit);
uint64_t snapshot_pool_visible(SnapshotPool *pool);
/* No snapshot in use is older than this; UINT64_MAX: none in use. */
uint64_t snapshot_pool_oldest(SnapshotPool *pool);
/* 0: none in use. */
uint64_t snapshot_pool_oldest_age_ms(SnapshotPool *pool);
uint64_t snapshot_age_ms(const Snapshot *snapshot);
size_t snapshot_pool_count(SnapshotPool *pool); /* those in use */

#endif /* MAILSTORE_ESE_SNAPSHOT_H */
