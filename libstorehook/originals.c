/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * originals.c - finds the functions that stand behind the interposed ones.
 *
 * All are looked up when the library is loaded, and one that was absent then again at its call:
 * first behind us in the loader's global scope, as the program's own linker would. A store library
 * that came with a plugin (RTLD_LOCAL) is not there, but calls of that plugin are bound to us; it
 * is found when it is the only one. An absent one is NULL: the caller passes on or says
 * JET_errEntryPointNotFound.
 *
 * Known limit: of two store libraries in local scopes neither is taken, for who calls which cannot
 * be told.
 */
#include "libstorehook/originals.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>

#include "libstorehook/elf-object.h"
#include "libstorehook/guard.h"
#include "libstorehook/storehook.h"

Originals originals = {.version = ORIGINALS_VERSION};
extern Originals storehook_originals __attribute__((alias("originals"), visibility("default")));

static const char *const names[ORIGINAL_COUNT] = {
#define X(name) [ORIGINAL_##name] = #name,
    ORIGINALS_INTERPOSED(X) ORIGINALS_CALLED(X) ORIGINALS_OPTIONAL(X)
#undef X
};

/* True when the originals come from there now, by this call or before it. */
static bool take_source(uintptr_t source)
{
    uintptr_t before = ORIGINALS_UNKNOWN;

    return atomic_compare_exchange_strong(&originals.source, &before, source) || before == source;
}

static void put(OriginalIndex index, void *function)
{
    /* Two threads may both look it up: they find the same. */
    if (function)
        atomic_store_explicit(&originals.table[index], function, memory_order_release);
}

static bool find_in_order(OriginalIndex index)
{
    void *found = dlsym(RTLD_NEXT, names[index]);

    if (!found || !take_source(ORIGINALS_IN_ORDER))
        return false;
    put(index, found);
    return true;
}

typedef struct {
    bool seen_us;
    unsigned count;
    ElfObject object; /* the last of those counted */
} Stores;

static int look_at(struct dl_phdr_info *info, size_t size, void *user_data)
{
    Stores *stores = user_data;
    const ElfW(Phdr) *header = info->dlpi_phdr, *end = header + info->dlpi_phnum;
    ElfObject object;
    void *status;

    (void)size;
    while (header < end && header->p_type != PT_DYNAMIC)
        header++;
    if (header == end || !elf_object_open((const ElfDynamic *)(info->dlpi_addr + header->p_vaddr),
                                          info->dlpi_addr, &object))
        return 0;
    status = elf_object_find(&object, "storehook_status", NULL);
    if (status == (void *)storehook_status)
        stores->seen_us = true;
    /* What was loaded before us may call us, expecting that we go on to another. */
    if (!status && stores->seen_us && elf_object_find(&object, names[ORIGINAL_JetUpdate], NULL)) {
        stores->object = object;
        stores->count++;
    }
    return 0;
}

/* The only store library behind us, in whatever scope. */
static void find_alone(void)
{
    Stores stores = {0};

    dl_iterate_phdr(look_at, &stores);
    if (stores.count != 1 || !take_source(stores.object.base))
        return;
    for (unsigned i = 0; i < ORIGINAL_COUNT; i++)
        put((OriginalIndex)i, elf_object_find(&stores.object, names[i], NULL));
}

void *originals_resolve(OriginalIndex index)
{
    if (!find_in_order(index) && atomic_load(&originals.source) == ORIGINALS_UNKNOWN)
        find_alone();
    return atomic_load_explicit(&originals.table[index], memory_order_acquire);
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

bool originals_complete(void)
{
    for (unsigned i = ORIGINAL_JetSetColumn; i < ORIGINAL_JetGetSessionParameter; i++)
        if (!originals_find((OriginalIndex)i))
            return false;
    return originals_find(ORIGINAL_JetUpdate) && originals_find(ORIGINAL_JetPrepareUpdate) &&
           originals_find(ORIGINAL_JetDelete) && originals_find(ORIGINAL_JetCloseTable);
}

static bool pin(void *function)
{
    struct link_map *map;
    Dl_info info;
    Lmid_t namespace;

    if (!function || dladdr1(function, &info, (void **)&map, RTLD_DL_LINKMAP) == 0)
        return false;
    /* The program itself has no name, and stays. */
    return map->l_name[0] == '\0' ||
           (dlinfo(map, RTLD_DI_LMID, &namespace) == 0 &&
            dlmopen(namespace, map->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE));
}

bool originals_is_store(const void *code)
{
    Dl_info store, other;

    return dladdr((void *)ORIGINAL(JetUpdate), &store) && dladdr(code, &other) &&
           store.dli_fbase == other.dli_fbase;
}

void originals_settle(void)
{
    int saved_errno = errno;

    for (unsigned i = 0; i < ORIGINAL_COUNT; i++)
        originals_find((OriginalIndex)i);
    atomic_store(&originals.is_settled, pin((void *)ORIGINAL(JetUpdate)));
    errno = saved_errno;
}

__attribute__((constructor)) static void originals_load(void)
{
    for (unsigned i = 0; i < ORIGINAL_COUNT; i++)
        find_in_order((OriginalIndex)i);
    guard_init();
}
