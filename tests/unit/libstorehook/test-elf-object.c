/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-elf-object.c - what is found in the objects of this process, against what the loader finds.
 */
#include "libstorehook/elf-object.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdio.h>

#include "tests/unit/libstorehook/unit-main.h"

/* The first two have more than one version in libc. */
static const char *const names[] = {"glob",           "pthread_cond_init", "fopen",
                                    "pthread_create", "suite_create",      "nobody_has_this"};

enum {
    NAMES = sizeof(names) / sizeof(names[0])
};

/* What dlsym finds in this very object. */
static void *look_up(const struct link_map *map, const char *name)
{
    void *library = dlopen(map->l_name[0] ? map->l_name : NULL, RTLD_LAZY | RTLD_NOLOAD);
    void *found = library ? dlsym(library, name) : NULL;
    struct link_map *where = NULL;
    Dl_info info;

    if (found && dladdr1(found, &info, (void **)&where, RTLD_DL_LINKMAP) == 0)
        where = NULL;
    if (library)
        dlclose(library);
    return where == map ? found : NULL;
}

START_TEST(finds_what_the_loader_finds)
{
    struct link_map *map = dlopen(NULL, RTLD_LAZY);
    unsigned objects = 0, found = 0;

    for (; map; map = map->l_next) {
        ElfObject object;

        if (!elf_object_open(map->l_ld, map->l_addr, &object))
            continue;
        objects++;
        for (unsigned i = 0; i < NAMES; i++) {
            void *expected = look_up(map, names[i]);

            ck_assert_msg(elf_object_find(&object, names[i], NULL) == expected, "%s in %s",
                          names[i], map->l_name);
            found += expected != NULL;
        }
    }
    ck_assert_uint_ge(objects, 3);
    ck_assert_uint_ge(found, 4);
}
END_TEST

/* Its address is that of a function which chooses another. */
START_TEST(leaves_indirect_functions_alone)
{
    struct link_map *map;
    ElfObject object;
    Dl_info info;

    /* Not by a function that a sanitizer has one of its own of. */
    ck_assert_int_ne(dladdr1((void *)gnu_get_libc_version, &info, (void **)&map, RTLD_DL_LINKMAP),
                     0);
    ck_assert(elf_object_open(map->l_ld, map->l_addr, &object));
    ck_assert_ptr_nonnull(look_up(map, "strlen"));
    ck_assert_ptr_null(elf_object_find(&object, "strlen", NULL));
}
END_TEST

START_TEST(takes_no_table_that_cannot_be_searched)
{
    static const ElfSymbol symbols[1];
    static const uint32_t good[] = {1, 1, 1, 0, 0, 0, 0, 0}, no_filter[] = {1, 1, 0, 0, 0, 0},
                          no_buckets[] = {0, 1, 1, 0, 0, 0};
    ElfDynamic dynamic[] = {{.d_tag = DT_SYMTAB, .d_un.d_ptr = (ElfW(Addr))symbols},
                            {.d_tag = DT_STRTAB, .d_un.d_ptr = (ElfW(Addr)) ""},
                            {.d_tag = DT_GNU_HASH, .d_un.d_ptr = (ElfW(Addr))good},
                            {.d_tag = DT_NULL}};
    ElfObject object;

    ck_assert(elf_object_open(dynamic, 0, &object));
    ck_assert_ptr_null(elf_object_find(&object, "name", NULL));
    dynamic[2].d_un.d_ptr = (ElfW(Addr))no_filter;
    ck_assert(!elf_object_open(dynamic, 0, &object));
    dynamic[2].d_un.d_ptr = (ElfW(Addr))no_buckets;
    ck_assert(!elf_object_open(dynamic, 0, &object));
    dynamic[2].d_tag = DT_HASH;
    ck_assert(!elf_object_open(dynamic, 0, &object));
    ck_assert(!elf_object_open(NULL, 0, &object));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, finds_what_the_loader_finds);
    tcase_add_test(tests, leaves_indirect_functions_alone);
    tcase_add_test(tests, takes_no_table_that_cannot_be_searched);
}

UNIT_MAIN(add_tests)
