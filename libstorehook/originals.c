/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * originals.c - finds the functions that stand behind the interposed ones.
 *
 * All are looked up once when the library is loaded, and one that was absent then again at its
 * call. An absent one is NULL: the caller passes on or says JET_errEntryPointNotFound.
 *
 * Known limit: dlsym(RTLD_NEXT) sees what the loader's global scope holds. A store library loaded
 * with RTLD_LOCAL or dlmopen is neither found nor hooked; storehook_status tells.
 */
#include "libstorehook/originals.h"

#include <dlfcn.h>
#include <stdbool.h>

#include "libstorehook/guard.h"

_Atomic(void *) originals_table[ORIGINAL_COUNT];

static const char *const names[ORIGINAL_COUNT] = {
#define X(name) [ORIGINAL_##name] = #name,
    ORIGINALS_INTERPOSED(X) ORIGINALS_CALLED(X)
#undef X
};

void *originals_resolve(OriginalIndex index)
{
    void *found = dlsym(RTLD_NEXT, names[index]);

    /* Two threads may both look it up: they find the same. */
    if (found)
        atomic_store_explicit(&originals_table[index], found, memory_order_release);
    return found;
}

static bool is_spelling(OriginalIndex index)
{
    switch (index) {
    case ORIGINAL_JetBeginSessionA:
    case ORIGINAL_JetBeginSessionW:
    case ORIGINAL_JetDetachDatabaseA:
    case ORIGINAL_JetDetachDatabaseW:
    case ORIGINAL_JetDetachDatabase2A:
    case ORIGINAL_JetDetachDatabase2W:
        return true;
    default:
        return false;
    }
}

unsigned originals_missing(void)
{
    unsigned missing = 0;

    for (unsigned i = 0; i < ORIGINAL_JetSetColumn; i++)
        if (!is_spelling((OriginalIndex)i) && !originals_find((OriginalIndex)i))
            missing++;
    return missing;
}

int originals_complete(void)
{
    for (unsigned i = ORIGINAL_JetSetColumn; i < ORIGINAL_COUNT; i++)
        if (!originals_find((OriginalIndex)i))
            return 0;
    return originals_find(ORIGINAL_JetUpdate) && originals_find(ORIGINAL_JetPrepareUpdate) &&
           originals_find(ORIGINAL_JetDelete) && originals_find(ORIGINAL_JetCloseTable);
}

__attribute__((constructor)) static void originals_load(void)
{
    for (unsigned i = 0; i < ORIGINAL_COUNT; i++)
        originals_resolve((OriginalIndex)i);
    guard_init();
}
