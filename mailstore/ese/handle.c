/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle.c - the table of handles, one a process.
 *
 * The API has no context argument above the instance, so this table is process-wide state. Slots
 * live in segments that are never freed: a look-up of any number is a few loads, whatever happens
 * on other threads. Creating and freeing a handle takes a short lock.
 *
 * Fails with JET_errOutOfMemory when memory or the 4 million slots are used up.
 */
#include "mailstore/ese/handle.h"
#include "mailstore/ese/fault.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    SEGMENT_SLOTS = 1024,
    SEGMENTS_MAX = 4096,
    INDEX_BITS = 28, /* below the kind: 22 are used */
};

typedef struct {
    _Atomic uint32_t generation; /* odd while alive */
    _Atomic uint32_t kind;
    void *_Atomic object;
    _Atomic uintptr_t owner;
    uint32_t next_free; /* under the lock; index + 1 */
} HandleSlot;

static HandleSlot *_Atomic segments[SEGMENTS_MAX];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t first_free; /* index + 1, 0: none */
static uint32_t n_segments;

static uintptr_t handle_compose(uint32_t index, HandleKind kind, uint32_t generation)
{
    return (uintptr_t)generation << 32 | (uintptr_t)kind << INDEX_BITS | index;
}

static HandleSlot *slot_at(uint32_t index)
{
    if (index >= SEGMENT_SLOTS * SEGMENTS_MAX)
        return NULL;
    HandleSlot *segment =
        atomic_load_explicit(&segments[index / SEGMENT_SLOTS], memory_order_acquire);
    return segment ? &segment[index % SEGMENT_SLOTS] : NULL;
}

/* Under the lock. */
static JET_ERR segment_add(void)
{
    if (n_segments == SEGMENTS_MAX)
        return JET_errOutOfMemory;
    HandleSlot *segment = fault_calloc(SEGMENT_SLOTS, sizeof(*segment));
    if (!segment)
        return JET_errOutOfMemory;
    uint32_t base = n_segments * SEGMENT_SLOTS;
    for (uint32_t i = 0; i < SEGMENT_SLOTS; i++)
        segment[i].next_free = i + 1 < SEGMENT_SLOTS ? base + i + 2 : 0;
    atomic_store_explicit(&segments[n_segments], segment, memory_order_release);
    n_segments++;
    first_free = base + 1;
    return JET_errSuccess;
}

JET_ERR handle_new(HandleKind kind, void *object, uintptr_t owner, uintptr_t *ret_handle)
{
    pthread_mutex_lock(&table_lock);
    if (first_free == 0 && segment_add() < 0) {
        pthread_mutex_unlock(&table_lock);
        return JET_errOutOfMemory;
    }
    uint32_t index = first_free - 1;
    HandleSlot *slot = slot_at(index);
    first_free = slot->next_free;
    pthread_mutex_unlock(&table_lock);

    atomic_store_explicit(&slot->object, object, memory_order_relaxed);
    atomic_store_explicit(&slot->owner, owner, memory_order_relaxed);
    atomic_store_explicit(&slot->kind, (uint32_t)kind, memory_order_relaxed);
    uint32_t generation = atomic_load_explicit(&slot->generation, memory_order_relaxed) + 1;
    /* 2^31 - 1 and nil would be alike if all bits were set; skip that generation. */
    if (generation == UINT32_MAX)
        generation = 1;
    atomic_store_explicit(&slot->generation, generation, memory_order_release);
    *ret_handle = handle_compose(index, kind, generation);
    return JET_errSuccess;
}

static HandleSlot *handle_find(uintptr_t handle, HandleKind kind)
{
    uint32_t low = (uint32_t)handle;
    if (low >> INDEX_BITS != (uint32_t)kind)
        return NULL;
    HandleSlot *slot = slot_at(low & ((1u << INDEX_BITS) - 1));
    if (!slot)
        return NULL;
    uint32_t generation = atomic_load_explicit(&slot->generation, memory_order_acquire);
    if (generation != (uint32_t)(handle >> 32) || (generation & 1) == 0 ||
        atomic_load_explicit(&slot->kind, memory_order_relaxed) != (uint32_t)kind)
        return NULL;
    return slot;
}

void handle_free(uintptr_t handle, HandleKind kind)
{
    HandleSlot *slot = handle_find(handle, kind);
    if (!slot)
        return;
    atomic_store_explicit(&slot->owner, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&slot->generation, 1, memory_order_release);
    pthread_mutex_lock(&table_lock);
    slot->next_free = first_free;
    first_free = ((uint32_t)handle & ((1u << INDEX_BITS) - 1)) + 1;
    pthread_mutex_unlock(&table_lock);
}

void *handle_peek(uintptr_t handle, HandleKind kind)
{
    HandleSlot *slot = handle_find(handle, kind);
    return slot ? atomic_load_explicit(&slot->object, memory_order_relaxed) : NULL;
}

void *handle_peek_owned(uintptr_t handle, HandleKind kind, uintptr_t *ret_owner)
{
    HandleSlot *slot = handle_find(handle, kind);
    *ret_owner = slot ? atomic_load_explicit(&slot->owner, memory_order_relaxed) : 0;
    return slot ? atomic_load_explicit(&slot->object, memory_order_relaxed) : NULL;
}
