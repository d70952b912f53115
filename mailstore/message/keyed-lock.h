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

/* Waits until it holds all `count` keys, which lie one after another, in ascending order, none
 * twice. The order keeps two callers from waiting for each other; so a caller that holds keys must
 * release them before it acquires more. */
void keyed_lock_acquire(KeyedLock *lock, const guint8 *keys, gsize count);
/* FALSE, and nothing is held, when another has it. */
gboolean keyed_lock_try(KeyedLock *lock, const guint8 *key);
void keyed_lock_release(KeyedLock *lock, const guint8 *keys, gsize count);

#endif /* MAILSTORE_MESSAGE_KEYED_LOCK_H */
