/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * elf-object.h - what a library that the loader has in memory defines and refers to.
 *
 * Reads what the loader itself reads and trusts it as much. Allocates and locks nothing; good
 * before the object is relocated.
 */
#ifndef LIBSTOREHOOK_ELF_OBJECT_H
#define LIBSTOREHOOK_ELF_OBJECT_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef ElfW(Dyn) ElfDynamic;
typedef ElfW(Sym) ElfSymbol;
typedef ElfW(Half) ElfHalf;
typedef ElfW(Rela) ElfRelocation;

typedef struct {
    ElfW(Addr) base;
    const ElfSymbol *symbols;
    const char *strings;
    const uint32_t *gnu_hash;
    const ElfHalf *versions; /* may be NULL */
    const ElfRelocation *relocations;
    size_t relocation_count; /* those of the procedure linkage table apart */
} ElfObject;

/* False when it has no symbols that could be found by a hash (the vDSO of old kernels, say). */
bool elf_object_open(const ElfDynamic *dynamic, ElfW(Addr) base, ElfObject *ret);
/* The default version of a function or of data, or NULL; its size where `ret_size` is not NULL. */
void *elf_object_find(const ElfObject *object, const char *name, size_t *ret_size);
/* Has the loader put the address of such a symbol into its data. */
bool elf_object_takes(const ElfObject *object, bool (*is_wanted)(const char *name));

#endif /* LIBSTOREHOOK_ELF_OBJECT_H */
