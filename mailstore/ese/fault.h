/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fault.h - the one choke point where tests make memory, commits and disks fail.
 *
 * fault_hook is NULL in production. The symbol is hidden in libesent.so, so that only a test that
 * links the store library itself can set it, and does so before it starts threads.
 */
#ifndef MAILSTORE_ESE_FAULT_H
#define MAILSTORE_ESE_FAULT_H

#include <stddef.h>

typedef enum {
    FAULT_ALLOCATE, /* ENOMEM */
    FAULT_APPLY,    /* each write into LMDB's transaction */
    FAULT_COMMIT,   /* LMDB's commit: pages, sync, meta */
    FAULT_SYNC,     /* a sync by itself */
    FAULT_SPILL     /* the temporary file of a large transaction */
} FaultPoint;

/* Returns 0, or the errno that the point is to fail with. */
extern int (*fault_hook)(FaultPoint point);

static inline int fault_at(FaultPoint point)
{
    return fault_hook ? fault_hook(point) : 0;
}

void *fault_malloc(size_t size);
void *fault_calloc(size_t count, size_t size);
void *fault_realloc(void *data, size_t size);
char *fault_strdup(const char *text);
char *fault_strndup(const char *text, size_t size);

#endif /* MAILSTORE_ESE_FAULT_H */
