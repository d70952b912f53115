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

static JET_ERR set_reserve_record(LockSet *set)
{
    if (!set->records || set->taken_count < set->taken_room)
        return JET_errSuccess;
    size_t room = set->taken_room ? set->taken_room * 2 : SLOTS_FIRST;
    uint64_t *grown = fault_realloc(set->taken, room * sizeof *grown);
    if (!grown)
        return JET_errOutOfMemory;
    set->taken = grown;
    set->taken_room = room;
    return JET_errSuccess;
}

JET_ERR lock_set_reserve(LockSet *set)
{
    JET_ERR error = set_reserve_record(set);

    if (error != JET_errSuccess || (set->count + 1) * 2 <= set->slot_count)
        return error;
    size_t count = set->slot_count ? set->slot_count * 2 : SLOTS_FIRST;
    LockSet grown = {.slots = fault_calloc(count, sizeof *grown.slots), .slot_count = count};
    if (!grown.slots)
        return JET_errOutOfMemory;
    for (size_t i = 0; i < set->slot_count; i++)
        if (set->slots[i].used)
            lock_set_put(&grown, set->slots[i].hash, set->slots[i].kind);
    free(set->slots);
    set->slots = grown.slots;
    set->slot_count = grown.slot_count;
    return JET_errSuccess;
}

void lock_set_put(LockSet *set, uint64_t hash, LockKind kind)
{
    HeldLock *slot = set_slot(set, hash);

    if (!slot->used) {
        set->count++;
        if (set->records)
            set->taken[set->taken_count++] = hash;
    }
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
    free(set->taken);
    *set = (LockSet){0};
}

/* --- What a part of a level took ------------------------------------------------------- */

void lock_set_record(LockSet *set)
{
    assert(!set->records && set->taken_count == 0);
    set->records = true;
}

void lock_set_keep(LockSet *set)
{
    set->records = false;
    set->taken_count = 0;
}

/* Empties a slot; those behind it that it has pushed away move up. */
static void slot_remove(LockSet *set, HeldLock *slot)
{
    size_t mask = set->slot_count - 1, hole = (size_t)(slot - set->slots);

    slot->used = false;
    set->count--;
    for (size_t i = (hole + 1) & mask; set->slots[i].used; i = (i + 1) & mask) {
        size_t home = set->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        set->slots[hole] = set->slots[i];
        set->slots[i].used = false;
        hole = i;
    }
}

void lock_set_give_back(LockSet *set, LockTable *table, uint64_t oldest)
{
    while (set->taken_count > 0) {
        HeldLock *slot = set_slot(set, set->taken[--set->taken_count]);
        lock_release(table, slot->hash, slot->kind, 0, oldest);
        slot_remove(set, slot);
    }
    set->records = false;
}
