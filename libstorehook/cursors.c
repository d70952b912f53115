/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursors.c - a sharded hash table from cursor handle to table.
 *
 * Tables of no profile are in it as well, so that a call on one costs a lookup and nothing else.
 * Without memory nothing is remembered and the store is asked again at the next call, and so it is
 * where it failed to tell.
 */
#include "libstorehook/cursors.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    SHARDS = 64,
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

typedef struct {
    pthread_mutex_t lock;
    Slot *slots;
    uint32_t capacity, count; /* capacity: 0 or a power of two */
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

    pthread_mutex_lock(&shard->lock);
    slot = find(shard, tableid);
    if (slot && slot->profile == profile && slot->sesid == sesid)
        knowledge = slot->info ? TABLE_LEARNT : TABLE_UNPROFILED;
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
