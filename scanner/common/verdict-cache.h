/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict-cache.h - verdicts by content, in memory that all workers share.
 *
 * The key is the SHA-256 of the bytes or their sum (content-sum.h), how they were read, and the
 * version of engine and signatures; a worker enters only what it hashed itself. There are no locks:
 * each entry has a checksum, which does not match while the entry is being written, or when a
 * worker was killed half-way. The supervisor saves new entries with a SHA-256 in LMDB.
 *
 * Marks, of half a content's sum each, decide nothing: they tell which contents cannot have a
 * verdict here, so that their digest need not be computed first.
 *
 * A verdict has a list of bytes (members.h), in a ring buffer of its own. When newer lists have
 * overwritten it, the verdict is not found either.
 */
#ifndef SCANNER_VERDICT_CACHE_H
#define SCANNER_VERDICT_CACHE_H

#include "scanner/common/verdict.h"

enum {
    VERDICT_CACHE_WAYS = 8,
    VERDICT_CACHE_VERSION_SIZE = 32,
    VERDICT_CACHE_RING = 65536, /* new entries, until the supervisor has saved them */
    /* Microseconds. What cost less is scanned again faster than a page is written to a disk. */
    VERDICT_CACHE_KEPT_COST = 1000,
    VERDICT_CACHE_MARKS =
        4, /* for each entry: verdicts on scans that took long outlive many others */
    VERDICT_CACHE_SIZES = 65536,
    /* Most contents have nothing inside and no list; a document has 40 members of 60 bytes. */
    VERDICT_CACHE_LIST_MEAN = 256,
    VERDICT_CACHE_LISTS_LEAST =
        8 * 1024 * 1024 /* room for some of the longest lists that members.h allows */
};

/* How the bytes were read; the same bytes may be judged as both. */
typedef enum {
    VERDICT_CACHE_CONTENT,
    VERDICT_CACHE_MESSAGE,
    VERDICT_CACHE_KINDS,
    VERDICT_CACHE_SUMS = 2 * VERDICT_CACHE_KINDS /* from here on: the same, by sum */
} VerdictCacheKind;

typedef struct {
    guint8 digest[STOREHOOK_DIGEST_SIZE];     /* or a sum and zeros */
    char version[VERDICT_CACHE_VERSION_SIZE]; /* signatures and engine */
    guint32 kind;  /* VerdictCacheKind; from VERDICT_CACHE_KINDS on: see condemned.c */
    guint32 lists; /* state of the allow and deny list if the verdict depends on them; else 0 */
} VerdictKey;

typedef struct VerdictCache VerdictCache;

/* A memfd for about `entries` verdicts; -1 with errno. */
int verdict_cache_create(guint entries);
VerdictCache *verdict_cache_map(int fd); /* NULL with errno */
VerdictCache *verdict_cache_unmap(VerdictCache *cache);

void verdict_key_init(VerdictKey *key, const guint8 digest[STOREHOOK_DIGEST_SIZE],
                      const char *version, VerdictCacheKind kind);
/* *ret and *ret_list (may be NULL; NULL is an empty list) are written only on TRUE. */
gboolean verdict_cache_find(VerdictCache *cache, const VerdictKey *key, Verdict *ret,
                            GBytes **ret_list);
/* list: NULL or empty for none; with one that is much too long nothing is entered. is_new: the
 * supervisor is to save the verdict, if its scan took long or its cost is unknown. FALSE when the
 * supervisor has just loaded it. */
void verdict_cache_add(VerdictCache *cache, const VerdictKey *key, const Verdict *verdict,
                       GBytes *list, gboolean is_new);

/* The keys of this run, for content_sum_new(). */
const guint8 *verdict_cache_sum_keys(const VerdictCache *cache);

/* FALSE: no content with this mark has a verdict, or none that is worth its digest. An old mark may
 * be replaced before its verdict is, but never that of a content that killed a worker. */
gboolean verdict_cache_may_know(const VerdictCache *cache, guint64 mark, gsize size);
/* Adds a mark, before the verdict is added. */
void verdict_cache_note(VerdictCache *cache, guint64 mark);

/* Removes the entry of this key, if there is one. */
void verdict_cache_remove(VerdictCache *cache, const VerdictKey *key);

/* For the supervisor: the next entry to be saved since *position (0 at first); FALSE when there is
 * none. Entries that were overwritten in the meantime are skipped. */
gboolean verdict_cache_next_new(VerdictCache *cache, guint64 *position, VerdictKey *ret_key,
                                Verdict *ret_verdict, GBytes **ret_list);

/* TRUE: there is a next one. */
gboolean verdict_cache_has_new(const VerdictCache *cache, guint64 position);

#endif /* SCANNER_VERDICT_CACHE_H */
