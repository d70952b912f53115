/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursors.c - a sharded hash table from cursor handle to table.
 *
 * Tables of no profile are in it as well, and once more where they are found without the lock,
 * which would be most of what a call on one costs. Without memory nothing is remembered and the
 * store is asked again at the next call, and so it is where it failed to tell.
 */
#include "libstorehook/cursors.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    SHARDS = 64,
    PLACES = 16, /* of a shard, for cursors without a profile; two that share one take turns */
    FIRST_CAPACITY = 16
};

typedef struct {
    JET_TABLEID tableid; /* 0 with `used` false: free */
    JET_SESID sesid;
    TableInfo *info; /* NULL: unprofiled */
    uint32_t profile;
    uint8_t prep;
    bool used;
} Slot;

/* A cursor on a table of no profile, written with the lock held and read without it. */
typedef struct {
    _Atomic uint32_t changes; /* 0: nothing was ever here; odd while the others change */
    _Atomic uint32_t profile;
    _Atomic JET_TABLEID tableid;
    _Atomic JET_SESID sesid;
} Unprofiled;

typedef struct {
    pthread_mutex_t lock;
    Slot *slots;
    uint32_t capacity, count; /* capacity: 0 or a power of two */
    Unprofiled unprofiled[PLACES];
} __attribute__((aligned(64))) Shard;

static Shard shards[SHARDS] = {[0 ... SHARDS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static uint64_t hash(JET_TABLEID tableid)
{
    uint64_t h = (uint64_t)tableid * 0x9E3779B97F4A7C15u; /* 2^64 divided by the golden ratio */

    return h ^ h >> 32;
}

static Shard *shard_of(JET_TABLEID tableid)
{
    return &shards[hash(tableid) % SHARDS];
}

/* --- Without the lock --------------------------------------------------------------- */

static Unprofiled *unprofiled_of(Shard *shard, JET_TABLEID tableid)
{
    return &shard->unprofiled[hash(tableid) / SHARDS % PLACES];
}

/* Each load comes before the next: when the count has not changed, all are of one cursor. */
static bool unprofiled_is(Unprofiled *known, JET_SESID sesid, JET_TABLEID tableid, uint32_t profile)
{
    uint32_t changes = atomic_load_explicit(&known->changes, memory_order_acquire);

    return changes != 0 && changes % 2 == 0 &&
           atomic_load_explicit(&known->tableid, memory_order_acquire) == tableid &&
           atomic_load_explicit(&known->sesid, memory_order_acquire) == sesid &&
           atomic_load_explicit(&known->profile, memory_order_acquire) == profile &&
           atomic_load_explicit(&known->changes, memory_order_relaxed) == changes;
}

/* With the lock held, as all that follows. */
static void unprofiled_set(Unprofiled *known, JET_SESID sesid, JET_TABLEID tableid,
                           uint32_t profile)
{
    uint32_t changes = atomic_load_explicit(&known->changes, memory_order_relaxed);

    atomic_store_explicit(&known->changes, changes + 1, memory_order_relaxed);
    atomic_store_explicit(&known->tableid, tableid, memory_order_release);
    atomic_store_explicit(&known->sesid, sesid, memory_order_release);
    atomic_store_explicit(&known->profile, profile, memory_order_release);
    atomic_store_explicit(&known->changes, changes + 2, memory_order_release);
}

static void unprofiled_forget(Shard *shard, JET_TABLEID tableid)
{
    Unprofiled *known = unprofiled_of(shard, tableid);

    if (atomic_load_explicit(&known->tableid, memory_order_relaxed) == tableid)
        unprofiled_set(known, JET_sesidNil, JET_tableidNil, 0);
}

/* --- With the lock -------------------------------------------------------------------- */

static uint32_t home_of(const Shard *shard, JET_TABLEID tableid)
{
    return (uint32_t)(hash(tableid) / SHARDS) & (shard->capacity - 1);
}

static Slot *find(const Shard *shard, JET_TABLEID tableid)
{
    if (shard->capacity == 0)
        return NULL;
    for (uint32_t i = home_of(shard, tableid); shard->slots[i].used;
         i = (i + 1) & (shard->capacity - 1))
        if (shard->slots[i].tableid == tableid)
            return &shard->slots[i];
    return NULL;
}

static void place(Shard *shard, const Slot *slot)
{
    uint32_t i = home_of(shard, slot->tableid);

    while (shard->slots[i].used)
        i = (i + 1) & (shard->capacity - 1);
    shard->slots[i] = *slot;
}

static bool grow(Shard *shard)
{
    Slot *old = shard->slots;
    uint32_t old_capacity = shard->capacity;
    uint32_t capacity = old_capacity ? old_capacity * 2 : FIRST_CAPACITY;
    Slot *slots = calloc(capacity, sizeof(*slots));

    if (!slots)
        return false;
    shard->slots = slots;
    shard->capacity = capacity;
    for (uint32_t i = 0; i < old_capacity; i++)
        if (old[i].used)
            place(shard, &old[i]);
    free(old);
    return true;
}

/* Closes the gap, so that no search ends early: whatever followed is placed again. */
static void take_out(Shard *shard, Slot *slot)
{
    uint32_t i = (uint32_t)(slot - shard->slots);

    unprofiled_forget(shard, slot->tableid);
    free(slot->info);
    *slot = (Slot){0};
    shard->count--;
    for (;;) {
        Slot moved;

        i = (i + 1) & (shard->capacity - 1);
        if (!shard->slots[i].used)
            return;
        moved = shard->slots[i];
        shard->slots[i] = (Slot){0};
        place(shard, &moved);
    }
}

static void remember(JET_SESID sesid, JET_TABLEID tableid, uint32_t profile, const TableInfo *info)
{
    Shard *shard = shard_of(tableid);
    Slot slot = {.tableid = tableid,
                 .sesid = sesid,
                 .profile = profile,
                 .prep = CURSOR_PREP_UNKNOWN,
                 .used = true};
    Slot *known;

    if (info) {
        slot.info = malloc(sizeof(*info));
        if (!slot.info)
            return;
        *slot.info = *info;
    }
    pthread_mutex_lock(&shard->lock);
    unprofiled_forget(shard, tableid);
    known = find(shard, tableid);
    if (known) {
        free(known->info);
        *known = slot;
    } else if (2 * (shard->count + 1) <= shard->capacity || grow(shard)) {
        place(shard, &slot);
        shard->count++;
    } else {
        free(slot.info);
    }
    pthread_mutex_unlock(&shard->lock);
}

TableKnowledge cursors_peek(JET_SESID sesid, JET_TABLEID tableid)
{
    Shard *shard = shard_of(tableid);
    uint32_t profile = profile_id();
    TableKnowledge knowledge = TABLE_UNKNOWN;
    const Slot *slot;

    if (unprofiled_is(unprofiled_of(shard, tableid), sesid, tableid, profile))
        return TABLE_UNPROFILED;
    pthread_mutex_lock(&shard->lock);
    slot = find(shard, tableid);
    if (slot && slot->profile == profile && slot->sesid == sesid)
        knowledge = slot->info ? TABLE_LEARNT : TABLE_UNPROFILED;
    if (knowledge == TABLE_UNPROFILED)
        unprofiled_set(unprofiled_of(shard, tableid), sesid, tableid, profile);
    pthread_mutex_unlock(&shard->lock);
    return knowledge;
}

TableKnowledge cursors_find(JET_SESID sesid, JET_TABLEID tableid, Cursor *ret, bool *ret_new)
{
    Shard *shard = shard_of(tableid);
    uint32_t profile = profile_id();
    TableKnowledge knowledge = TABLE_UNKNOWN;
    uint8_t prep = CURSOR_PREP_UNKNOWN;
    TableInfo info;
    Slot *slot;

    *ret_new = false;
    pthread_mutex_lock(&shard->lock);
    slot = find(shard, tableid);
    if (slot) {
        prep = slot->prep;
        if (slot->profile == profile && slot->sesid == sesid) {
            knowledge = slot->info ? TABLE_LEARNT : TABLE_UNPROFILED;
            if (slot->info)
                *ret = (Cursor){.info = *slot->info, .prep = prep};
        }
    }
    pthread_mutex_unlock(&shard->lock);
    if (knowledge != TABLE_UNKNOWN)
        return knowledge;
    knowledge = table_info_learn(sesid, tableid, &info);
    if (knowledge == TABLE_UNKNOWN)
        return knowledge;
    if (knowledge == TABLE_LEARNT && info.untold) {
        *ret = (Cursor){.info = info, .prep = prep};
        return knowledge;
    }
    remember(sesid, tableid, profile, knowledge == TABLE_LEARNT ? &info : NULL);
    cursors_set_prep(tableid, prep);
    if (knowledge == TABLE_LEARNT)
        *ret = (Cursor){.info = info, .prep = prep};
    *ret_new = true;
    return knowledge;
}

void cursors_set_prep(JET_TABLEID tableid, uint32_t prep)
{
    Shard *shard = shard_of(tableid);
    Slot *slot;

    pthread_mutex_lock(&shard->lock);
    slot = find(shard, tableid);
    if (slot)
        slot->prep = (uint8_t)prep;
    pthread_mutex_unlock(&shard->lock);
}

void cursors_forget(JET_TABLEID tableid)
{
    Shard *shard = shard_of(tableid);
    Slot *slot;

    pthread_mutex_lock(&shard->lock);
    slot = find(shard, tableid);
    if (slot)
        take_out(shard, slot);
    pthread_mutex_unlock(&shard->lock);
}

static void forget_matching(JET_SESID sesid, bool all)
{
    for (unsigned n = 0; n < SHARDS; n++) {
        Shard *shard = &shards[n];

        pthread_mutex_lock(&shard->lock);
        /* Taking out moves followers back, perhaps into this place: look at it again. */
        for (uint32_t i = 0; i < shard->capacity;) {
            Slot *slot = &shard->slots[i];

            if (slot->used && (all || slot->sesid == sesid))
                take_out(shard, slot);
            else
                i++;
        }
        pthread_mutex_unlock(&shard->lock);
    }
}

void cursors_forget_session(JET_SESID sesid)
{
    forget_matching(sesid, false);
}

void cursors_forget_all(void)
{
    forget_matching(0, true);
}
