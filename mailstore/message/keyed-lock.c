/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyed-lock.c - locks on keys that are not known beforehand.
 *
 * A key has an entry while someone holds or awaits it. One mutex guards the table and is held only
 * for moments; waiting is on the entry's own condition, so that a key that is held for long does
 * not disturb the others. pthread locks, because ThreadSanitizer does not know GLib's.
 */
#include "mailstore/message/keyed-lock.h"

#include <pthread.h>
#include <string.h>

typedef struct {
    guint users; /* holder and waiters */
    gboolean held;
    pthread_cond_t released;
} Entry;

struct KeyedLock {
    gsize key_size;
    pthread_mutex_t mutex;
    GHashTable *entries; /* GBytes -> Entry */
};

static void entry_free(gpointer data)
{
    Entry *entry = data;
    pthread_cond_destroy(&entry->released);
    g_free(entry);
}

KeyedLock *keyed_lock_new(gsize key_size)
{
    KeyedLock *lock = g_new0(KeyedLock, 1);
    lock->key_size = key_size;
    pthread_mutex_init(&lock->mutex, NULL);
    lock->entries = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
                                          (GDestroyNotify)g_bytes_unref, entry_free);
    return lock;
}

KeyedLock *keyed_lock_free(KeyedLock *lock)
{
    if (lock == NULL)
        return NULL;
    g_assert(g_hash_table_size(lock->entries) == 0);
    g_hash_table_unref(lock->entries);
    pthread_mutex_destroy(&lock->mutex);
    g_free(lock);
    return NULL;
}

static void acquire_one(KeyedLock *lock, const guint8 *key)
{
    g_autoptr(GBytes) bytes = g_bytes_new(key, lock->key_size);
    Entry *entry = g_hash_table_lookup(lock->entries, bytes);

    if (entry == NULL) {
        entry = g_new0(Entry, 1);
        pthread_cond_init(&entry->released, NULL);
        g_hash_table_insert(lock->entries, g_steal_pointer(&bytes), entry);
    }
    entry->users++;
    while (entry->held)
        pthread_cond_wait(&entry->released, &lock->mutex);
    entry->held = TRUE;
}

void keyed_lock_acquire(KeyedLock *lock, const guint8 *keys, gsize count)
{
    pthread_mutex_lock(&lock->mutex);
    for (gsize i = 0; i < count; i++) {
        const guint8 *key = keys + i * lock->key_size;
        g_assert(i == 0 || memcmp(key - lock->key_size, key, lock->key_size) < 0);
        acquire_one(lock, key);
    }
    pthread_mutex_unlock(&lock->mutex);
}

gboolean keyed_lock_try(KeyedLock *lock, const guint8 *key)
{
    g_autoptr(GBytes) bytes = g_bytes_new(key, lock->key_size);

    pthread_mutex_lock(&lock->mutex);
    gboolean is_free = g_hash_table_lookup(lock->entries, bytes) == NULL;
    if (is_free)
        acquire_one(lock, key);
    pthread_mutex_unlock(&lock->mutex);
    return is_free;
}

void keyed_lock_release(KeyedLock *lock, const guint8 *keys, gsize count)
{
    pthread_mutex_lock(&lock->mutex);
    for (gsize i = 0; i < count; i++) {
        g_autoptr(GBytes) bytes = g_bytes_new(keys + i * lock->key_size, lock->key_size);
        Entry *entry = g_hash_table_lookup(lock->entries, bytes);
        g_assert(entry != NULL && entry->held);
        entry->held = FALSE;
        if (--entry->users == 0)
            g_hash_table_remove(lock->entries, bytes);
        else
            pthread_cond_signal(&entry->released);
    }
    pthread_mutex_unlock(&lock->mutex);
}
