/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * elf-object.c - see elf-object.h. Cannot fail but by not finding.
 *
 * Known limit: only DT_GNU_HASH is read, which linkers have written for fifteen years; a library
 * with nothing but DT_HASH is taken to define nothing.
 */
#include "libstorehook/elf-object.h"

#include <string.h>

/* The loader has mostly added the base in place; on some machines and in the vDSO it has not. */
static const void *address_of(const ElfDynamic *entry, ElfW(Addr) base)
{
    ElfW(Addr) value = entry->d_un.d_ptr;

    return (const void *)(value < base ? base + value : value);
}

bool elf_object_open(const ElfDynamic *dynamic, ElfW(Addr) base, ElfObject *ret)
{
    ElfObject object = {.base = base};

    for (const ElfDynamic *entry = dynamic; entry && entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            object.symbols = address_of(entry, base);
            break;
        case DT_STRTAB:
            object.strings = address_of(entry, base);
            break;
        case DT_GNU_HASH:
            object.gnu_hash = address_of(entry, base);
            break;
        case DT_VERSYM:
            object.versions = address_of(entry, base);
            break;
        case DT_RELA:
            object.relocations = address_of(entry, base);
            break;
        case DT_RELASZ:
            object.relocation_count = entry->d_un.d_val / sizeof(ElfRelocation);
            break;
        default:
            break;
        }
    }
    *ret = object;
    /* Buckets and filter: it is divided by both. */
    return object.symbols && object.strings && object.gnu_hash && object.gnu_hash[0] != 0 &&
           object.gnu_hash[2] != 0;
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;

    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static bool is_it(const ElfObject *object, uint32_t index, const char *name)
{
    enum {
        HIDDEN = 0x8000 /* of .gnu.version: not the default version */
    };
    const ElfSymbol *symbol = &object->symbols[index];
    unsigned type = ELF64_ST_TYPE(symbol->st_info);

    return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_OBJECT) &&
           !(object->versions && object->versions[index] & HIDDEN) &&
           strcmp(object->strings + symbol->st_name, name) == 0;
}

void *elf_object_find(const ElfObject *object, const char *name, size_t *ret_size)
{
    enum {
        WORD_BITS = sizeof(ElfW(Addr)) * 8
    };
    uint32_t buckets_count = object->gnu_hash[0], first = object->gnu_hash[1];
    uint32_t filter_size = object->gnu_hash[2], shift = object->gnu_hash[3];
    const ElfW(Addr) *filter = (const ElfW(Addr) *)(const void *)&object->gnu_hash[4];
    const uint32_t *buckets = (const uint32_t *)(const void *)&filter[filter_size];
    const uint32_t *chain = &buckets[buckets_count];
    uint32_t hash = hash_of(name), index;
    ElfW(Addr) word = filter[hash / WORD_BITS % filter_size];

    if (!(word >> hash % WORD_BITS & word >> (hash >> shift) % WORD_BITS & 1))
        return NULL;
    index = buckets[hash % buckets_count];
    if (index < first)
        return NULL;
    for (;; index++) {
        uint32_t other = chain[index - first];

        if ((other | 1) == (hash | 1) && is_it(object, index, name)) {
            if (ret_size)
                *ret_size = object->symbols[index].st_size;
            return (void *)(object->base + object->symbols[index].st_value);
        }
        if (other & 1)
            return NULL;
    }
}

bool elf_object_takes(const ElfObject *object, bool (*is_wanted)(const char *name))
{
    for (size_t i = 0; object->relocations && i < object->relocation_count; i++) {
        uint64_t index = ELF64_R_SYM(object->relocations[i].r_info);

        if (index != 0 && is_wanted(object->strings + object->symbols[index].st_name))
            return true;
    }
    return false;
}
