/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * audit.c - libstorehook-audit.so: has a program that looks its store up at run time hooked.
 *
 * The loader asks an audit library (LD_AUDIT, rtld-audit(7)) about each name that it binds, also by
 * dlsym on a handle, where preloading has no say. This one answers with a function of
 * libstorehook.so where the loader found one of a store library.
 *
 * An audit library has a namespace and a C library of its own, and is asked before the program is
 * relocated, under the loader's lock or without it. So nothing here allocates, locks or calls: it
 * reads the tables that the loader reads, and writes into the `storehook_originals` of the
 * libstorehook.so that was loaded with the program where the originals are.
 *
 * One rule keeps each call with its own store: a function of ours is given only where the original
 * behind it is the very function that the loader found. A second store library, one whose functions
 * are called from another namespace, one that was there at the start behind another interposer: all
 * are left alone, and where that lets records past us, libstorehook.so is told, and the service.
 *
 * Defines no la_pltenter and no la_pltexit, so a bound call is as fast as without it.
 *
 * Known limits: an object in another namespace, or one opened with RTLD_DEEPBIND, whose code takes
 * addresses from the GOT (-fno-plt) is bound without a question; the first is told, the second not.
 * A C library before 2.35 asks only about lazily bound names and is slow at it: there it does
 * nothing.
 */
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "libstorehook/elf-object.h"
#include "libstorehook/originals.h"

#define AUDIT_EXPORT __attribute__((visibility("default")))

enum {
    VERSION_LEAST = 2, /* of the interface: glibc 2.35 */
    STORES_MAX = 16,   /* at one time; most processes have one */
    INTERPOSED_COUNT = ORIGINAL_JetSetColumn
};

/* What stands in the cookie of an object that is no store; a pointer to its Store otherwise. */
enum {
    OBJECT_PLAIN,
    OBJECT_ELSEWHERE, /* in another namespace than the program */
    OBJECT_HOOK,      /* a libstorehook.so */
    OBJECT_KINDS
};

typedef struct {
    bool is_used, is_elsewhere;
    bool is_early; /* came with the program: what calls it is a matter of the order of loading */
    ElfObject object;
} Store;

static Store stores[STORES_MAX];

/* The one that came with the program. */
static struct {
    Originals *originals;
    void (*tell)(void);
    void *functions[INTERPOSED_COUNT];
} hook;

static bool has_begun; /* all that comes with the program is there */

/* Namespaces, as bits, with a store library, with code that takes the address of a store function
 * when it is loaded, and with a libstorehook.so of their own. */
static uint64_t with_store, with_user, with_hook;

static const char *const names[ORIGINAL_COUNT] = {
#define X(name) [ORIGINAL_##name] = #name,
    ORIGINALS_INTERPOSED(X) ORIGINALS_CALLED(X) ORIGINALS_OPTIONAL(X)
#undef X
};

static Store *store_of(uintptr_t cookie)
{
    return cookie < OBJECT_KINDS ? NULL : (Store *)cookie;
}

static int index_of(const char *name)
{
    for (int i = 0; i < INTERPOSED_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* Records may pass us. */
static void tell(void)
{
    if (!hook.originals || atomic_exchange(&hook.originals->has_unhooked, true))
        return;
    if (atomic_load(&hook.originals->is_settled) && hook.tell)
        hook.tell();
}

static void take_hook(const ElfObject *object)
{
    size_t size = 0;
    Originals *found = elf_object_find(object, "storehook_originals", &size);

    if (!found || size != sizeof(*found) || found->version != ORIGINALS_VERSION)
        return;
    for (int i = 0; i < INTERPOSED_COUNT; i++)
        hook.functions[i] = elf_object_find(object, names[i], NULL);
    hook.tell = (void (*)(void))elf_object_find(object, "storehook_tell_unhooked", NULL);
    hook.originals = found;
}

/* --- Which of the originals' functions are whose -------------------------------------------------
 */

static bool is_source(const Store *store)
{
    return atomic_load(&hook.originals->source) == store->object.base;
}

/* Makes this the store library whose functions we stand before, if there is none. Several threads
 * may do it: they write the same. */
static bool claim(const Store *store)
{
    uintptr_t before = ORIGINALS_UNKNOWN;

    if (!is_source(store) &&
        (store->is_early ||
         !atomic_compare_exchange_strong(&hook.originals->source, &before, store->object.base)))
        return false;
    for (int i = 0; i < ORIGINAL_COUNT; i++)
        atomic_store_explicit(&hook.originals->table[i],
                              elf_object_find(&store->object, names[i], NULL),
                              memory_order_release);
    return true;
}

static bool is_original(int index, const void *function)
{
    return atomic_load_explicit(&hook.originals->table[index], memory_order_acquire) == function;
}

/* Another interposer asks for the next: one that we call, or one that has its place in the order of
 * loading, as we have. */
static bool is_passed_on(const Store *from, const Store *to, int index)
{
    void *own = from ? elf_object_find(&from->object, names[index], NULL) : NULL;

    return own && (is_original(index, own) || (from->is_early && to->is_early));
}

static void *choose(uintptr_t from, const Store *store, int index, void *found)
{
    if (from == OBJECT_HOOK || store_of(from) == store || !hook.functions[index])
        return found;
    if (from != OBJECT_ELSEWHERE &&
        (is_original(index, found) || (claim(store) && is_original(index, found))))
        return hook.functions[index];
    if (!is_passed_on(store_of(from), store, index))
        tell();
    return found;
}

/* --- What the loader calls
 * ------------------------------------------------------------------------ */

AUDIT_EXPORT unsigned la_version(unsigned version)
{
    return version < VERSION_LEAST ? 0 : VERSION_LEAST;
}

static uint64_t bit_of(Lmid_t namespace)
{
    return UINT64_C(1) << (namespace & 63);
}

static Store *store_new(const ElfObject *object, Lmid_t namespace)
{
    Store *store = NULL;
    bool is_alone = true;

    for (unsigned i = 0; i < STORES_MAX; i++) {
        if (!stores[i].is_used)
            store = &stores[i];
        else if (!stores[i].is_early && !stores[i].is_elsewhere)
            is_alone = false;
    }
    /* Calls that are bound to us by the program's scope cannot be told apart by store. */
    if (!store || (has_begun && namespace == LM_ID_BASE && !is_alone))
        tell();
    if (store)
        *store = (Store){.is_used = true,
                         .is_elsewhere = namespace != LM_ID_BASE,
                         .is_early = !has_begun,
                         .object = *object};
    return store;
}

static unsigned open_store(const ElfObject *object, Lmid_t namespace, uintptr_t *cookie)
{
    Store *store = store_new(object, namespace);

    with_store |= bit_of(namespace);
    if (!store)
        return LA_FLG_BINDFROM;
    *cookie = (uintptr_t)store;
    return LA_FLG_BINDFROM | LA_FLG_BINDTO;
}

static bool is_interposed(const char *name)
{
    return strncmp(name, "Jet", 3) == 0 && index_of(name) >= 0;
}

AUDIT_EXPORT unsigned la_objopen(struct link_map *map, Lmid_t namespace, uintptr_t *cookie)
{
    ElfObject object;

    *cookie = namespace == LM_ID_BASE ? OBJECT_PLAIN : OBJECT_ELSEWHERE;
    if (!elf_object_open(map->l_ld, map->l_addr, &object))
        return LA_FLG_BINDFROM;
    if (elf_object_find(&object, "storehook_originals", NULL)) {
        *cookie = OBJECT_HOOK;
        with_hook |= bit_of(namespace);
        if (namespace == LM_ID_BASE && !has_begun && !hook.originals)
            take_hook(&object);
        return LA_FLG_BINDFROM;
    }
    if (elf_object_find(&object, names[ORIGINAL_JetUpdate], NULL))
        return open_store(&object, namespace, cookie);
    if (namespace != LM_ID_BASE && elf_object_takes(&object, is_interposed))
        with_user |= bit_of(namespace);
    return LA_FLG_BINDFROM;
}

AUDIT_EXPORT unsigned la_objclose(uintptr_t *cookie)
{
    Store *store = store_of(*cookie);

    if (!store)
        return 0;
    /* One that was called is only closed when the process ends, and stays in memory. */
    if (hook.originals && is_source(store) && !atomic_load(&hook.originals->is_settled)) {
        for (int i = 0; i < ORIGINAL_COUNT; i++)
            atomic_store(&hook.originals->table[i], NULL);
        atomic_store(&hook.originals->source, ORIGINALS_UNKNOWN);
    }
    *cookie = OBJECT_PLAIN;
    store->is_used = false;
    return 0;
}

AUDIT_EXPORT void la_activity(uintptr_t *cookie, unsigned flag)
{
    (void)cookie;
    if (flag != LA_ACT_CONSISTENT)
        return;
    has_begun = true;
    if (with_store & with_user & ~with_hook)
        tell();
}

AUDIT_EXPORT uintptr_t la_symbind64(ElfSymbol *symbol, unsigned index_in_table, uintptr_t *from,
                                    uintptr_t *to, unsigned *flags, const char *name)
{
    Store *store = store_of(*to);
    int index = store && hook.originals ? index_of(name) : -1;

    (void)index_in_table, (void)flags;
    return index < 0 ? symbol->st_value
                     : (uintptr_t)choose(*from, store, index, (void *)symbol->st_value);
}
