/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lock-table.h - who holds a lock on which key, and which commit wrote it last.
 *
 * Keys are known by their hash (key-hash.h). An entry outlives its locks as long as a snapshot is
 * open that is older than its last commit: so a conflict with a newer version is found without
 * reading the database, also for deletes and for values that came back (A, B, A).
 */
#ifndef MAILSTORE_ESE_LOCK_TABLE_H
#define MAILSTORE_ESE_LOCK_TABLE_H

#include <pthread.h>

#include "mailstore/ese/store.h"

typedef struct LockEntry LockEntry;

enum {
    LOCK_SHARDS = 64,
    KEY_LOCK_NONE = -1, /* beside LockKind: nothing held yet */
    /* Commits remembered for older snapshots, a shard: 64 x 16384 entries are about 100 MB. Beyond
     * it the oldest are forgotten, and a transaction older than those conflicts with every key it
     * has not locked yet: as ESE's version store, the table does not grow without end under a
     * transaction left open. */
    LOCK_REMEMBERED_MAX = 16384,
};

typedef struct {
    pthread_mutex_t mutex;
    LockEntry **buckets;
    size_t bucket_count, entry_count;
    LockEntry *oldest, *newest; /* entries remembered for their commit, in order of it */
    size_t remembered;
    uint64_t forgotten; /* the last commit whose entry was given up early */
} __attribute__((aligned(64))) LockShard;

typedef struct {
    LockShard shards[LOCK_SHARDS];
} LockTable;

/* Reads the committed integer at the start of an escrow; called under the shard's mutex. */
typedef JET_ERR (*LockEscrowRead)(void *context, int64_t *ret);

typedef struct {
    uint32_t offset, size;
} EscrowField;

JET_ERR lock_table_init(LockTable *table);
void lock_table_clear(LockTable *table);

/* `held`: what this owner holds of the key already (LockKind or KEY_LOCK_NONE). *ret_held: what it
 * holds then. `snapshot`: commits after it are conflicts. JET_errWriteConflict, for KEY_LOCK_INSERT
 * JET_errKeyDuplicate, JET_errOutOfMemory. */
JET_ERR lock_take(LockTable *table, uint64_t hash, LockKind kind, int held, uint64_t snapshot,
                  int *ret_held);
/* Whether a write lock could be had: JET_errWriteConflict. */
JET_ERR lock_probe(LockTable *table, uint64_t hash, int held, uint64_t snapshot);
/* `commit`: id of the commit that wrote under the lock, 0: none. `oldest`: oldest snapshot still
 * open, UINT64_MAX: none. */
void lock_release(LockTable *table, uint64_t hash, LockKind held, uint64_t commit, uint64_t oldest);

/* Adds delta to the running value of a field (committed value plus all deltas not yet committed),
 * which is read first when nobody has it. The caller holds KEY_LOCK_ESCROW. */
JET_ERR lock_escrow_add(LockTable *table, uint64_t hash, EscrowField field, int64_t delta,
                        LockEscrowRead read, void *context, int64_t *ret_old);
/* Takes a delta back; nothing when the running value is not known. */
void lock_escrow_undo(LockTable *table, uint64_t hash, EscrowField field, int64_t delta);

#endif /* MAILSTORE_ESE_LOCK_TABLE_H */
