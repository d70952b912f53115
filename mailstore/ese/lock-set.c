/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lock-set.c - the locks that one transaction holds: a hash set of its own, so that a key locked
 * before costs no look into the shared table.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/lock-set.h"

enum {
    SLOTS_FIRST = 16,
    SLOTS_KEPT = 1024 /* a larger array is given back at the end of the transaction */
};

static HeldLock *set_slot(const LockSet *set, uint64_t hash)
{
    size_t mask = set->slot_count - 1, i = hash & mask;

    while (set->slots[i].used && set->slots[i].hash != hash)
        i = (i + 1) & mask;
    return &set->slots[i];
}

int lock_set_find(const LockSet *set, uint64_t hash)
{
    if (set->count == 0)
        return KEY_LOCK_NONE;
    HeldLock *slot = set_slot(set, hash);
    return slot->used ? (int)slot->kind : KEY_LOCK_NONE;
}

JET_ERR lock_set_reserve(LockSet *set)
{
    if ((set->count + 1) * 2 <= set->slot_count)
        return JET_errSuccess;
    size_t count = set->slot_count ? set->slot_count * 2 : SLOTS_FIRST;
    LockSet grown = {.slots = fault_calloc(count, sizeof *grown.slots), .slot_count = count};
    if (!grown.slots)
        return JET_errOutOfMemory;
    for (size_t i = 0; i < set->slot_count; i++)
        if (set->slots[i].used)
            lock_set_put(&grown, set->slots[i].hash, set->slots[i].kind);
    free(set->slots);
    *set = grown;
    return JET_errSuccess;
}

void lock_set_put(LockSet *set, uint64_t hash, LockKind kind)
{
    HeldLock *slot = set_slot(set, hash);

    if (!slot->used)
        set->count++;
    *slot = (HeldLock){hash, kind, true};
}

void lock_set_release(LockSet *set, LockTable *table, uint64_t commit, uint64_t oldest)
{
    for (size_t i = 0; i < set->slot_count && set->count > 0; i++)
        if (set->slots[i].used) {
            lock_release(table, set->slots[i].hash, set->slots[i].kind, commit, oldest);
            set->slots[i].used = false;
            set->count--;
        }
    assert(set->count == 0);
    if (set->slot_count > SLOTS_KEPT)
        lock_set_clear(set);
}

void lock_set_clear(LockSet *set)
{
    assert(set->count == 0);
    free(set->slots);
    *set = (LockSet){0};
}
