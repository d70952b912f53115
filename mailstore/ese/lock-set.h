/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lock-set.h - the locks that one transaction holds.
 */
#ifndef MAILSTORE_ESE_LOCK_SET_H
#define MAILSTORE_ESE_LOCK_SET_H

#include "mailstore/ese/lock-table.h"

typedef struct {
    uint64_t hash;
    LockKind kind;
    bool used;
} HeldLock;

typedef struct {
    HeldLock *slots; /* open addressing, a power of two */
    size_t slot_count, count;
    uint64_t *taken; /* while `records`: hashes of locks on keys of which none was held */
    size_t taken_count, taken_room;
    bool records;
} LockSet;

/* The kind held of the hash, or KEY_LOCK_NONE. */
int lock_set_find(const LockSet *set, uint64_t hash);
/* Room for one more, so that lock_set_put cannot fail. */
JET_ERR lock_set_reserve(LockSet *set);
void lock_set_put(LockSet *set, uint64_t hash, LockKind kind);
/* Releases all in the table; see lock_release. The set is empty then. */
void lock_set_release(LockSet *set, LockTable *table, uint64_t commit, uint64_t oldest);
void lock_set_clear(LockSet *set);

/* From now on it is known which locks are new, until they are kept or given back. */
void lock_set_record(LockSet *set);
void lock_set_keep(LockSet *set);
/* One that has become stronger stays so. */
void lock_set_give_back(LockSet *set, LockTable *table, uint64_t oldest);

#endif /* MAILSTORE_ESE_LOCK_SET_H */
