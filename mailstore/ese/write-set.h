/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * write-set.h - what a transaction has written and not yet committed: an ordered map a tree, each
 * entry with one version a savepoint level.
 *
 * Keys are pairs (key, dup): dup is the bookmark in TREE_INDEX and empty elsewhere. Order is that
 * of LMDB: bytes, then length, of the key, then of the dup.
 */
#ifndef MAILSTORE_ESE_WRITE_SET_H
#define MAILSTORE_ESE_WRITE_SET_H

#include "mailstore/ese/spill.h"
#include "mailstore/ese/store.h"

typedef enum {
    WRITE_PUT,
    WRITE_DELETE,
    WRITE_ESCROW /* deltas to whatever is current at commit; `value` is what this session sees */
} WriteOp;

typedef struct {
    uint32_t offset;
    uint32_t size; /* 4 or 8 */
    int64_t delta;
} EscrowDelta;

typedef struct WriteEntry WriteEntry;
typedef struct WriteVersion WriteVersion;

struct WriteVersion {
    WriteVersion *below;      /* what was there at a lower level; the lowest lies in the entry */
    WriteVersion *level_next; /* versions of one level form a list */
    WriteEntry *entry;
    WriteOp op;
    unsigned level;
    Bytes value;
    bool spilled; /* value lies in the spill file, else it is malloced */
    EscrowDelta *deltas;
    size_t delta_count;
};

struct WriteEntry {
    WriteVersion *top;
    WriteEntry *previous; /* NULL: first */
    Bytes key, dup;
    uint64_t prefix; /* first bytes of the key as a number: most comparisons end here */
    Tree tree;
    WriteVersion base;
    unsigned height;
    WriteEntry *next[]; /* `height` links; key and dup follow them */
};

enum {
    WRITE_LEVEL_MAX = STORE_LEVEL_MAX + 1, /* the last is that of txn_save */
    WRITE_MAP_HEIGHT = 12 /* with a quarter of the nodes a level up: good to 4^12 entries */
};

typedef struct {
    WriteEntry *head[WRITE_MAP_HEIGHT];
    WriteEntry *last[WRITE_MAP_HEIGHT]; /* of each level */
    size_t count;
    uint64_t generation; /* changes when an entry is added or removed */
} WriteMap;

typedef struct {
    WriteMap maps[TREE_COUNT];
    WriteVersion *levels[WRITE_LEVEL_MAX + 1];
    unsigned level;
    size_t bytes, bytes_max;
    bool sealed;      /* values have their checksum behind them, not counted in their size */
    size_t memory;    /* the part of `bytes` that is values in memory */
    size_t spill_min; /* smaller values stay in memory */
    uint64_t random;
    Spill spill;
} WriteSet;

void write_set_init(WriteSet *set, size_t bytes_max, bool sealed, const char *spill_directory);
/* Forgets everything; the set can be used again. */
void write_set_clear(WriteSet *set);
bool write_set_is_empty(const WriteSet *set);

/* Sets the version of the current level; bytes are copied. JET_errVersionStoreOutOfMemory over
 * bytes_max, JET_errOutOfMemory, JET_errDiskFull, JET_errDiskIO; then nothing has changed. */
JET_ERR write_set_store(WriteSet *set, Tree tree, Bytes key, Bytes dup, WriteOp op, Bytes value);
/* As above with WRITE_ESCROW: value is what the session sees, deltas are the sum of all levels. */
JET_ERR write_set_store_escrow(WriteSet *set, Tree tree, Bytes key, Bytes value,
                               const EscrowDelta *deltas, size_t delta_count);

void write_set_begin_level(WriteSet *set);
/* Its versions become those of the level below; at level 0 there is nothing to go back to, and
 * deleted entries go. */
void write_set_merge_level(WriteSet *set);
void write_set_rollback_level(WriteSet *set);

/* NULL when absent. */
WriteEntry *write_set_find(const WriteSet *set, Tree tree, Bytes key, Bytes dup);
/* First entry >= (key, dup), or > when `after`; NULL when none. */
WriteEntry *write_set_seek(const WriteSet *set, Tree tree, Bytes key, Bytes dup, bool after);

/* As memcmp, in the order of the trees. */
int write_key_compare(Bytes key, Bytes dup, Bytes other_key, Bytes other_dup);

#endif /* MAILSTORE_ESE_WRITE_SET_H */
