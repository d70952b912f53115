/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store-private.h - what the files behind store.h share.
 *
 * Lock order, each held while the next is taken and never the other way: a sequence's mutex, then
 * the commit queue's; a lock shard's, then the snapshot pool's. The queue's mutex is not held while
 * a group is written: then the leader holds LMDB's writer lock and none of ours. No mutex is held
 * while code of a caller runs.
 */
#ifndef MAILSTORE_ESE_STORE_PRIVATE_H
#define MAILSTORE_ESE_STORE_PRIVATE_H

#include <lmdb.h>

#include "mailstore/ese/commit.h"
#include "mailstore/ese/lock-set.h"
#include "mailstore/ese/open-files.h"
#include "mailstore/ese/sequence.h"
#include "mailstore/ese/snapshot.h"
#include "mailstore/ese/store.h"
#include "mailstore/ese/write-set.h"

enum {
    /* Large values remembered as found sound: of 64 KB each, 2 GB. */
    VERIFIED_MAX = 32768,
    VERIFIED_SPREAD = 65536,   /* bytes: those of so many share a place */
    VERIFIED_SIZE_MIN = 16384, /* others are as soon looked at as remembered */
};

struct Store {
    MDB_env *env;
    MDB_dbi trees[TREE_COUNT];
    MDB_dbi meta; /* format record and sequences */
    MDB_dbi main; /* LMDB's own: where each of these begins */
    bool read_only;
    size_t txn_bytes_max, key_max;
    OpenFile *claim;
    char *path, *directory;
    /* A page that the kernel wipes in a forked child: there it reads 0. */
    volatile const unsigned char *fork_guard;
    uint64_t hash_seed[2];
    SnapshotPool snapshots;
    LockTable locks;
    CommitQueue commits;
    SequenceTable sequences;
    _Atomic unsigned txn_count;
    /* Where a value lies, and its checksum: what stands in a page stays there as long as anybody
     * can see it, so it need not be looked at each time. */
    _Atomic uint64_t verified[VERIFIED_MAX];
};

struct Txn {
    Store *store; /* NULL: a private one, whose writes at level 0 are all there is */
    unsigned level;
    bool read_only;
    Snapshot *snapshot;  /* at level > 0, unless it was taken back (txn_expire) */
    uint64_t generation; /* changes whenever `snapshot` does */
    WriteSet writes;
    LockSet locks;
    CommitRequest request;
    uint64_t last_commit;            /* of this session, 0: none */
    TreeCursor *cursors[TREE_COUNT]; /* of txn_cursor, made when first asked for */
    void *copy;                      /* what txn_get returned outside a transaction */
    size_t copy_size;
};

/* False in a child of fork: LMDB must not be touched there. */
static inline bool store_is_usable(const Store *store)
{
    return *store->fork_guard != 0;
}

static inline bool txn_is_usable(const Txn *txn)
{
    return !txn->store || store_is_usable(txn->store);
}

/* Its snapshot was taken back: nothing is left but to roll it back. */
static inline bool txn_is_expired(const Txn *txn)
{
    return txn->store && txn->level > 0 && !txn->snapshot;
}

static inline size_t txn_key_max(const Txn *txn)
{
    return txn->store ? txn->store->key_max : STORE_KEY_MAX;
}

static inline MDB_val store_val(Bytes bytes)
{
    return (MDB_val){bytes.size, (void *)bytes.data};
}

static inline Bytes store_bytes(MDB_val val)
{
    return (Bytes){val.mv_data, val.mv_size};
}

extern const char *const store_tree_names[];
/* commit-apply.c: CommitRequest.apply of a Txn. */
JET_ERR txn_apply(void *context, MDB_txn *writer, uint64_t foreign, bool *changed);
/* escrow.c: takes back what the current level added to running values. */
void txn_undo_escrow(Txn *txn);
/* escrow.c: adds the delta to the integer in `row`, which has field.offset + field.size bytes. */
void escrow_add(void *row, EscrowField field, int64_t delta);

#endif /* MAILSTORE_ESE_STORE_PRIVATE_H */
