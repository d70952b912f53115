/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * condemned.h - contents that killed two workers and are not tried a third time.
 *
 * A condemned content is a verdict among the others - not scanned, by this name - so that every
 * worker finds it before scanning, it outlives a restart, and it is forgotten with the signatures
 * and engine that could not stand it. So is a suspicion, under a kind that nobody looks for while
 * scanning. The loader, which sees workers die, suspects and condemns; the supervisor keeps the
 * list.
 */
#ifndef SCANNER_CONDEMNED_H
#define SCANNER_CONDEMNED_H

#include <json-glib/json-glib.h>

#include "scanner/common/verdict-store.h"

#define CONDEMNED_VERDICT "crashes the scanner"

enum {
    CONDEMNED_STRIKES = 2, /* the first may be bad luck */
    CONDEMNED_MAX = 4096   /* on the list; whoever makes more keeps killing workers */
};

/* --- In the loader ----------------------------------------------------------------- */

/* A worker died of this content. TRUE when that condemns it: the verdict is in the cache then. By
 * its sketch alone it is only suspected. */
gboolean condemned_strike(VerdictCache *cache, const VerdictKey *key);

/* --- In a worker ------------------------------------------------------------------- */

/* Stands for a content whose digest is not known yet; its kind is none of VerdictCacheKind. */
void condemned_sketch_key(const void *data, gsize size, const char *version, VerdictCacheKind kind,
                          VerdictKey *ret);
/* Now its digest is: what it is suspected of by its sketch goes over to this key. */
void condemned_identify(VerdictCache *cache, const void *data, gsize size, const VerdictKey *key);

/* --- In the supervisor ------------------------------------------------------------- */

typedef struct Condemned Condemned;

Condemned *condemned_new(VerdictCache *cache, VerdictStore *store); /* both borrowed */
Condemned *condemned_free(Condemned *condemned);                    /* accepts and returns NULL */

/* From now on; one of too many is not. */
void condemned_add(Condemned *condemned, const VerdictKey *key);
/* A VerdictStoreSeen: takes up what an earlier run condemned. */
void condemned_seen(const VerdictKey *key, const Verdict *verdict, gpointer condemned);
/* Those of other versions are no longer condemned. */
void condemned_set_version(Condemned *condemned, const char *version);

/* To be tried again, however it is read; FALSE when it is not condemned. */
gboolean condemned_release(Condemned *condemned, const guint8 digest[STOREHOOK_DIGEST_SIZE]);
guint condemned_count(const Condemned *condemned);
/* Array of {sha256, read-as, since}. */
JsonArray *condemned_describe(const Condemned *condemned);

#endif /* SCANNER_CONDEMNED_H */
