/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict-cache.h - verdicts by content, in memory that all workers share.
 *
 * The key is SHA-256 of the bytes, or their sum (content-sum.h), what they were read as, and the
 * version of engine and signatures; a worker enters only what it hashed itself. There are no locks:
 * an entry carries a sum over itself, and one that is being written, or was left half written by a
 * killed worker, does not match its sum and is not there. The supervisor keeps in LMDB what is new
 * and goes by SHA-256.
 *
 * Beside them stand marks: a mark is a half of a content's sum. It decides nothing. It tells which
 * contents cannot have a verdict here, so that their digest need not be made first.
 *
 * With a verdict goes a list of bytes (members.h), in a ring of its own: a verdict whose list was
 * overwritten by newer ones is not there either, so that one never comes without the other.
 */
#ifndef SCANNER_VERDICT_CACHE_H
#define SCANNER_VERDICT_CACHE_H

#include "scanner/common/verdict.h"

enum {
    VERDICT_CACHE_WAYS = 8,
    VERDICT_CACHE_VERSION_SIZE = 32,
    VERDICT_CACHE_RING = 65536, /* new entries that the supervisor can be behind by */
    /* Microseconds. What cost less is found again sooner than a page of a disk is written. */
    VERDICT_CACHE_KEPT_COST = 1000,
    VERDICT_CACHE_MARKS = 4, /* for each entry: what is dear outlives many of its kind */
    VERDICT_CACHE_SIZES = 65536,
    /* Most contents have nothing inside and no list; a document has 40 members of 60 bytes. */
    VERDICT_CACHE_LIST_MEAN = 256,
    VERDICT_CACHE_LISTS_LEAST = 8 * 1024 * 1024 /* some of the longest that members.h allows */
};

/* How the bytes were read; the same bytes may be judged as both. */
typedef enum {
    VERDICT_CACHE_CONTENT,
    VERDICT_CACHE_MESSAGE,
    VERDICT_CACHE_KINDS,
    VERDICT_CACHE_SUMS = 2 * VERDICT_CACHE_KINDS /* and more: the same, by sum */
} VerdictCacheKind;

typedef struct {
    guint8 digest[STOREHOOK_DIGEST_SIZE];     /* or a sum and zeros */
    char version[VERDICT_CACHE_VERSION_SIZE]; /* signatures and engine */
    guint32 kind;  /* VerdictCacheKind; from VERDICT_CACHE_KINDS on: see condemned.c */
    guint32 lists; /* state of the allow and deny lists, where the verdict hangs on them; else 0 */
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
/* list: NULL or empty: none; with one that is far too long nothing is remembered. is_new: to be
 * kept by the supervisor if it was dear or its cost is unknown (FALSE when it comes from there). */
void verdict_cache_add(VerdictCache *cache, const VerdictKey *key, const Verdict *verdict,
                       GBytes *list, gboolean is_new);

/* Of this run, for those who make sums. */
const guint8 *verdict_cache_sum_keys(const VerdictCache *cache);

/* FALSE: no verdict on a content with this mark, or none that is worth its digest. An old mark may
 * be gone before its verdict; never that of a content that killed a worker in this run. */
gboolean verdict_cache_may_know(const VerdictCache *cache, guint64 mark, gsize size);
/* Before the verdict is added. */
void verdict_cache_note(VerdictCache *cache, guint64 mark);

/* Forgets it, if it is there. */
void verdict_cache_remove(VerdictCache *cache, const VerdictKey *key);

/* For the supervisor: the entries to be kept that were added since *position (0 at first), one a
 * call; FALSE when there are no more. What it was too late for is passed over. */
gboolean verdict_cache_next_new(VerdictCache *cache, guint64 *position, VerdictKey *ret_key,
                                Verdict *ret_verdict, GBytes **ret_list);

/* Whether there is one, without a lock. */
gboolean verdict_cache_has_new(const VerdictCache *cache, guint64 position);

#endif /* SCANNER_VERDICT_CACHE_H */
