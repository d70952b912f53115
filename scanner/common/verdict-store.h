/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict-store.h - keeps the verdicts of the cache across restarts: an LMDB file of the
 * supervisor.
 */
#ifndef SCANNER_VERDICT_STORE_H
#define SCANNER_VERDICT_STORE_H

#include "scanner/common/verdict-cache.h"

typedef struct VerdictStore VerdictStore;
/* Called for each entry that is loaded. */
typedef void (*VerdictStoreSeen)(const VerdictKey *key, const Verdict *verdict, gpointer user_data);

#define VERDICT_STORE_SIZE ((size_t)1 << 30) /* two million verdicts */

/* A file that cannot be used or has reached `size` bytes is removed and a new one made: it only
 * saves work. */
VerdictStore *verdict_store_open(const char *path, size_t size, GError **error);
VerdictStore *verdict_store_close(VerdictStore *store); /* accepts and returns NULL */
/* Loads the verdicts of `version` into the cache, which has room for so many and keeps those that
 * cost most; removes all others from the file. `seen` (may be NULL) is called for each. Returns how
 * many. */
guint verdict_store_load(VerdictStore *store, const char *version, VerdictCache *cache, guint room,
                         VerdictStoreSeen seen, gpointer user_data);
/* Removes the entry of a key, if there is one. */
void verdict_store_remove(VerdictStore *store, const VerdictKey *key);
/* Writes what was added to the cache since the last call. */
void verdict_store_save(VerdictStore *store, VerdictCache *cache);

#endif /* SCANNER_VERDICT_STORE_H */
