/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * condemned.h - contents that killed two workers and are not scanned a third time.
 *
 * A condemned content has an ordinary verdict in the cache: not fully scanned, with the name below,
 * since what the scanner cannot stand is more often an attack than a document. So
 * every worker finds it before it scans, it survives a restart, and it is forgotten with the
 * signatures and the program that it crashed. A suspicion is kept in the same way, under a kind
 * that is never looked up for a scan. The loader, which sees workers die, suspects and condemns;
 * the supervisor keeps the list.
 */
#ifndef SCANNER_CONDEMNED_H
#define SCANNER_CONDEMNED_H

#include <json-glib/json-glib.h>

#include "scanner/common/verdict-store.h"

#define CONDEMNED_VERDICT "crashes the scanner"

/* This is the verdict on a condemned content: nothing that reads it may be given it. */
gboolean condemned_is(const Verdict *verdict);

enum {
    CONDEMNED_STRIKES = 2, /* the first death may be a coincidence */
    CONDEMNED_MAX = 4096   /* on the list; the verdicts of more are in the cache only */
};

/* --- In the loader ----------------------------------------------------------------- */

/* To be called when a worker died of this content. TRUE: it is condemned now, and its verdict is in
 * the cache. By a sketch alone it is only suspected. */
gboolean condemned_strike(VerdictCache *cache, const VerdictKey *key);

/* --- In a worker ------------------------------------------------------------------- */

/* The key of a sketch, for a content whose digest is not known; its kind is none of
 * VerdictCacheKind. */
void condemned_sketch_key(const void *data, gsize size, const char *version, VerdictCacheKind kind,
                          VerdictKey *ret);
/* The digest is known now: moves a suspicion from the sketch to this key. */
void condemned_identify(VerdictCache *cache, const void *data, gsize size, const VerdictKey *key);

/* --- In the supervisor ------------------------------------------------------------- */

typedef struct Condemned Condemned;

Condemned *condemned_new(VerdictCache *cache, VerdictStore *store); /* both borrowed */
Condemned *condemned_free(Condemned *condemned);                    /* accepts and returns NULL */

/* Adds to the list, unless that is full. */
void condemned_add(Condemned *condemned, const VerdictKey *key);
/* A VerdictStoreSeen: adds what an earlier run condemned. */
void condemned_seen(const VerdictKey *key, const Verdict *verdict, gpointer condemned);
/* Removes those of other versions. */
void condemned_set_version(Condemned *condemned, const char *version);

/* Lets a content be scanned again, however it is read; FALSE when it is not condemned. */
gboolean condemned_release(Condemned *condemned, const guint8 digest[STOREHOOK_DIGEST_SIZE]);
guint condemned_count(const Condemned *condemned);
/* Array of {sha256, read-as, since}. */
JsonArray *condemned_describe(const Condemned *condemned);

#endif /* SCANNER_CONDEMNED_H */
