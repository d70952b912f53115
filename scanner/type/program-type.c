/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * program-type.c - looks through the names that a library exports ([PE format], .edata).
 *
 * Excel takes for an add-in what exports xlAutoOpen, whatever the file's name. Cannot fail: what is
 * cut or makes no sense is a program like others.
 */
#include "scanner/type/program-type.h"

#include <string.h>

#include "scanner/common/byte-number.h"

enum {
    HEADER_AT = 0x3C,
    COFF_SIZE = 24, /* with the signature in front of it */
    SECTION_SIZE = 40,
    SECTIONS_MAX = 96, /* what the loader takes */
    DIRECTORY_32 = 96,
    DIRECTORY_64 = 112,
    MAGIC_64 = 0x20B,
    EXPORTS_SIZE = 40
};

#define ADD_IN "xlAutoOpen"

typedef struct {
    const guint8 *data;
    gsize size;
    const guint8 *sections;
    guint count;
} Program;

static guint32 number(const Program *program, gsize at, guint count)
{
    return at > program->size || count > program->size - at
               ? 0
               : (guint32)byte_number(program->data + at, count);
}

/* Where in the file an address is; the file's size: nowhere. */
static gsize place(const Program *program, guint32 address)
{
    for (guint i = 0; i < program->count; i++) {
        gsize section = (gsize)(program->sections - program->data) + (gsize)i * SECTION_SIZE;
        guint32 begin = number(program, section + 12, 4), length = number(program, section + 16, 4);

        if (address >= begin && address - begin < length)
            return MIN((gsize)number(program, section + 20, 4) + (address - begin), program->size);
    }
    return program->size;
}

/* The names are sorted, and Windows finds one by halving: what it would not find is not exported. A
 * long table costs no more than a short one. */
static gboolean exports_add_in(const Program *program, guint32 address)
{
    gsize table = place(program, address), names, low = 0, high;

    if (program->size - table < EXPORTS_SIZE)
        return FALSE;
    names = place(program, number(program, table + 32, 4));
    high = MIN(number(program, table + 24, 4), (program->size - names) / 4);
    while (low < high) {
        gsize middle = (low + high) / 2;
        gsize name = place(program, number(program, names + middle * 4, 4));
        gsize left = program->size - name;
        /* Where there is nothing in the file, memory has zeros. */
        int order = left == 0 ? -1
                              : strncmp((const char *)program->data + name, ADD_IN,
                                        MIN(left, sizeof(ADD_IN)));

        if (order == 0)
            return left >= sizeof(ADD_IN);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return FALSE;
}

const char *program_type_tell(const guint8 *data, gsize size)
{
    Program program = {.data = data, .size = size};
    gsize header = number(&program, HEADER_AT, 4), options = header + COFF_SIZE, sections;
    gboolean is_64 = number(&program, options, 2) == MAGIC_64;
    guint32 address = number(&program, options + (is_64 ? DIRECTORY_64 : DIRECTORY_32), 4);

    sections = options + number(&program, header + 20, 2);
    program.count = MIN(number(&program, header + 6, 2), SECTIONS_MAX);
    if (sections >= size || number(&program, header, 4) != 0x4550 /* PE */ || address == 0)
        return "application/x-dosexec";
    program.sections = data + sections;
    return exports_add_in(&program, address) ? "application/x-dosexec+xll"
                                             : "application/x-dosexec";
}
