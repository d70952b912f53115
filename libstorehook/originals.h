/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * originals.h - the store library's own functions, behind the interposed ones and for our own use.
 *
 * ORIGINAL(JetUpdate) is the function, or NULL when no store library here has it. All come from one
 * store library, the first that is found: rows of another would be judged by what is known of this.
 */
#ifndef LIBSTOREHOOK_ORIGINALS_H
#define LIBSTOREHOOK_ORIGINALS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailstore/ese/esent.h"

/* The spellings that esent.h leaves out. */
JET_ERR JetDetachDatabaseA(JET_SESID sesid, JET_PCSTR szFilename);
JET_ERR JetDetachDatabaseW(JET_SESID sesid, JET_PCWSTR szFilename);
JET_ERR JetDetachDatabase2A(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
JET_ERR JetDetachDatabase2W(JET_SESID sesid, JET_PCWSTR szFilename, JET_GRBIT grbit);
JET_ERR JetBeginSessionA(JET_INSTANCE instance, JET_SESID *psesid, JET_PCSTR szUserName,
                         JET_PCSTR szPassword);
JET_ERR JetBeginSessionW(JET_INSTANCE instance, JET_SESID *psesid, JET_PCWSTR szUserName,
                         JET_PCWSTR szPassword);

/* Interposed: what libstorehook.sym exports besides storehook_*. */
#define ORIGINALS_INTERPOSED(X)                                                                    \
    X(JetPrepareUpdate)                                                                            \
    X(JetUpdate)                                                                                   \
    X(JetUpdate2)                                                                                  \
    X(JetDelete)                                                                                   \
    X(JetBeginSession)                                                                             \
    X(JetBeginSessionA)                                                                            \
    X(JetBeginSessionW)                                                                            \
    X(JetDupSession)                                                                               \
    X(JetEndSession)                                                                               \
    X(JetBeginTransaction)                                                                         \
    X(JetBeginTransaction2)                                                                        \
    X(JetBeginTransaction3)                                                                        \
    X(JetCommitTransaction)                                                                        \
    X(JetCommitTransaction2)                                                                       \
    X(JetRollback)                                                                                 \
    X(JetCloseTable)                                                                               \
    X(JetCloseDatabase)                                                                            \
    X(JetDetachDatabase)                                                                           \
    X(JetDetachDatabaseA)                                                                          \
    X(JetDetachDatabaseW)                                                                          \
    X(JetDetachDatabase2)                                                                          \
    X(JetDetachDatabase2A)                                                                         \
    X(JetDetachDatabase2W)                                                                         \
    X(JetTerm)                                                                                     \
    X(JetTerm2)

/* Called by us, never interposed. */
#define ORIGINALS_CALLED(X)                                                                        \
    X(JetSetColumn)                                                                                \
    X(JetRetrieveColumn)                                                                           \
    X(JetOpenTable)                                                                                \
    X(JetGetTableInfo)                                                                             \
    X(JetGetTableColumnInfo)                                                                       \
    X(JetGetTableIndexInfo)                                                                        \
    X(JetGetBookmark)                                                                              \
    X(JetGotoBookmark)                                                                             \
    X(JetMakeKey)                                                                                  \
    X(JetSeek)                                                                                     \
    X(JetMove)                                                                                     \
    X(JetSetCurrentIndex)

/* Called where the store has it. */
#define ORIGINALS_OPTIONAL(X) X(JetGetSessionParameter)

typedef enum {
#define X(name) ORIGINAL_##name,
    ORIGINALS_INTERPOSED(X)
    ORIGINALS_CALLED(X) ORIGINALS_OPTIONAL(X)
#undef X
        ORIGINAL_COUNT
} OriginalIndex;

/* Where the originals come from. Anything else is the base address of the one store library. */
enum {
    ORIGINALS_UNKNOWN,  /* nobody has found one yet */
    ORIGINALS_IN_ORDER, /* dlsym(RTLD_NEXT) */
};

enum {
    ORIGINALS_VERSION = 2 /* changes with Originals, and with the order of the names */
};

/* Also seen and written by libstorehook-audit.so, from another namespace, as storehook_originals.
 */
typedef struct {
    uint32_t version;
    _Atomic bool is_settled;   /* the store library was called, and stays in memory */
    _Atomic bool has_unhooked; /* some calls of this process go past us */
    _Atomic(uintptr_t) source;
    _Atomic(void *) table[ORIGINAL_COUNT];
} Originals;

extern Originals originals;

/* Looks it up now; NULL when absent (a store library may be loaded later, so it is asked again). */
void *originals_resolve(OriginalIndex index);
/* How many of those interposed are absent; the A and W spellings do not count. */
unsigned originals_missing(void);
/* All that judging needs is there. */
bool originals_complete(void);
/* At the first call: looks all up, and has the store library stay in memory from now on, for a host
 * that closes it would leave us with what is no longer there. */
void originals_settle(void);
/* That code is the store library's own. */
bool originals_is_store(const void *code);
/* For libstorehook-audit.so: has_unhooked was set in a process that had called its store. */
void storehook_tell_unhooked(void);

static inline void *originals_find(OriginalIndex index)
{
    void *found = atomic_load_explicit(&originals.table[index], memory_order_acquire);

    return __builtin_expect(found != NULL, 1) ? found : originals_resolve(index);
}

#define ORIGINAL(name) ((__typeof__(&name))originals_find(ORIGINAL_##name))

#endif /* LIBSTOREHOOK_ORIGINALS_H */
