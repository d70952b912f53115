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

typedef struct {
    guint users; /* holders and waiters */
    gboolean exclusive;
    guint sharers;
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

/* With the mutex held. */
static Entry *entry_use(KeyedLock *lock, GBytes *key)
{
    Entry *entry = g_hash_table_lookup(lock->entries, key);
    if (entry == NULL) {
        entry = g_new0(Entry, 1);
        pthread_cond_init(&entry->released, NULL);
        g_hash_table_insert(lock->entries, g_bytes_ref(key), entry);
    }
    entry->users++;
    return entry;
}

void keyed_lock_acquire(KeyedLock *lock, gconstpointer key, gboolean shared)
{
    g_autoptr(GBytes) bytes = g_bytes_new(key, lock->key_size);

    pthread_mutex_lock(&lock->mutex);
    Entry *entry = entry_use(lock, bytes);
    while (entry->exclusive || (!shared && entry->sharers > 0))
        pthread_cond_wait(&entry->released, &lock->mutex);
    if (shared)
        entry->sharers++;
    else
        entry->exclusive = TRUE;
    pthread_mutex_unlock(&lock->mutex);
}

gboolean keyed_lock_try(KeyedLock *lock, gconstpointer key)
{
    g_autoptr(GBytes) bytes = g_bytes_new(key, lock->key_size);

    pthread_mutex_lock(&lock->mutex);
    gboolean is_free = g_hash_table_lookup(lock->entries, bytes) == NULL;
    if (is_free)
        entry_use(lock, bytes)->exclusive = TRUE;
    pthread_mutex_unlock(&lock->mutex);
    return is_free;
}

void keyed_lock_release(KeyedLock *lock, gconstpointer key)
{
    g_autoptr(GBytes) bytes = g_bytes_new(key, lock->key_size);

    pthread_mutex_lock(&lock->mutex);
    Entry *entry = g_hash_table_lookup(lock->entries, bytes);
    g_assert(entry != NULL && (entry->exclusive || entry->sharers > 0));
    if (entry->exclusive)
        entry->exclusive = FALSE;
    else
        entry->sharers--;
    if (--entry->users == 0)
        g_hash_table_remove(lock->entries, bytes);
    else
        pthread_cond_broadcast(&entry->released);
    pthread_mutex_unlock(&lock->mutex);
}
