/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyed-lock.h - locks on keys that are not known beforehand. Thread-safe.
 */
#ifndef MAILSTORE_MESSAGE_KEYED_LOCK_H
#define MAILSTORE_MESSAGE_KEYED_LOCK_H

#include <glib.h>

typedef struct KeyedLock KeyedLock;

KeyedLock *keyed_lock_new(gsize key_size);
KeyedLock *keyed_lock_free(KeyedLock *lock); /* accepts NULL; nothing may be held */

/* Waits until nobody else holds the key, or nobody but sharers if it is to be shared. Who holds one
 * key and wants another acquires them in ascending order; so do all, and none waits in a circle. */
void keyed_lock_acquire(KeyedLock *lock, gconstpointer key, gboolean shared);
/* Exclusively, or FALSE at once when anybody holds or awaits the key. */
gboolean keyed_lock_try(KeyedLock *lock, gconstpointer key);
void keyed_lock_release(KeyedLock *lock, gconstpointer key);

#endif /* MAILSTORE_MESSAGE_KEYED_LOCK_H */
