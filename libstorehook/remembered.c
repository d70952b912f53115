/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remembered.c - a bounded, expiring table of message keys.
 *
 * A chained hash over entries that also stand in the order they came, so that the oldest leave
 * first: after an hour, or when there are too many. Fails only for want of memory, silently.
 *
 * Known limit: it is in the process's memory; a store that links an hour later, or after a restart,
 * links to a message that is not there.
 */
#include "libstorehook/remembered.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "libstorehook/clock.h"

enum {
    BUCKETS = 4096
};

typedef struct Entry {
    struct Entry *next_in_bucket, *older, *newer;
    JET_INSTANCE instance;
    JET_DBID database;
    unsigned set;
    ByteString key;
    int64_t time;
    Remembered value;
} Entry;

static struct {
    pthread_mutex_t lock;
    Entry *buckets[BUCKETS];
    Entry *oldest, *newest;
    _Atomic unsigned count;
    int64_t ahead; /* seconds that tests moved the clock on */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t now(void)
{
    return clock_now_us() / 1000000 + state.ahead;
}

static Entry **bucket_of(const ByteString *key)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < key->size; i++)
        h = (h ^ key->data[i]) * 16777619u;
    return &state.buckets[(h ^ h >> 16) % BUCKETS];
}

static bool is_same(const Entry *entry, const MessageName *message)
{
    return entry->instance == message->instance && entry->database == message->database &&
           entry->set == message->set && byte_string_equals(&entry->key, message->key);
}

static void take_out(Entry *entry)
{
    Entry **link = bucket_of(&entry->key);

    while (*link != entry)
        link = &(*link)->next_in_bucket;
    *link = entry->next_in_bucket;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        state.oldest = entry->newer;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        state.newest = entry->older;
    byte_string_clear(&entry->key);
    free(entry);
    atomic_fetch_sub(&state.count, 1);
}

static void expire(void)
{
    while (state.oldest && (atomic_load(&state.count) > REMEMBERED_MAX ||
                            now() - state.oldest->time > REMEMBERED_SECONDS))
        take_out(state.oldest);
}

static Entry *find(const MessageName *message)
{
    for (Entry *entry = *bucket_of(message->key); entry; entry = entry->next_in_bucket)
        if (is_same(entry, message))
            return entry;
    return NULL;
}

static void put_in(Entry *entry)
{
    Entry **bucket = bucket_of(&entry->key);

    entry->next_in_bucket = *bucket;
    *bucket = entry;
    entry->older = state.newest;
    if (state.newest)
        state.newest->newer = entry;
    else
        state.oldest = entry;
    state.newest = entry;
    atomic_fetch_add(&state.count, 1);
}

void remembered_add(const MessageName *message, bool dropped, const char *incident)
{
    Entry *entry = calloc(1, sizeof(*entry)), *known;

    if (!entry || byte_string_set(&entry->key, message->key->data, message->key->size) < 0) {
        free(entry);
        return;
    }
    entry->instance = message->instance;
    entry->database = message->database;
    entry->set = message->set;
    entry->value.dropped = dropped;
    strncpy(entry->value.incident, incident, sizeof(entry->value.incident) - 1);
    pthread_mutex_lock(&state.lock);
    entry->time = now();
    known = find(message);
    if (known)
        take_out(known);
    put_in(entry);
    expire();
    pthread_mutex_unlock(&state.lock);
}

bool remembered_find(const MessageName *message, Remembered *ret)
{
    Entry *entry;

    if (!message->key->data)
        return false;
    pthread_mutex_lock(&state.lock);
    expire();
    entry = find(message);
    if (entry)
        *ret = entry->value;
    pthread_mutex_unlock(&state.lock);
    return entry != NULL;
}

void remembered_forget(const MessageName *message)
{
    Entry *entry;

    if (!message->key->data)
        return;
    pthread_mutex_lock(&state.lock);
    entry = find(message);
    if (entry)
        take_out(entry);
    pthread_mutex_unlock(&state.lock);
}

bool remembered_is_empty(void)
{
    return atomic_load_explicit(&state.count, memory_order_relaxed) == 0;
}

void remembered_age(int64_t seconds)
{
    pthread_mutex_lock(&state.lock);
    state.ahead += seconds;
    pthread_mutex_unlock(&state.lock);
}

void remembered_clear(void)
{
    pthread_mutex_lock(&state.lock);
    while (state.oldest)
        take_out(state.oldest);
    pthread_mutex_unlock(&state.lock);
}
