/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-pcode.c - walks over the table of names in the performance cache of a project.
 *
 * [MS-OVBA] 2.3.4.1 calls the cache the application's own; the table is as seen in projects:
 * length, kind, six bytes more for some kinds, the name, four bytes. It begins with the host's name
 * and "VBA". A module's own cache has a line of twelve bytes for each of the source, behind 0xCAFE,
 * a word and their number; their code comes behind them. Nothing fails: what is no such table has
 * no names, and what is no such cache no code.
 *
 * Names that were once in a project stay in the table, for years if nobody else writes it. So a few
 * that are missing mean nothing, nor do all where no module has code: somebody removed it, as
 * programs against viruses do.
 */
#include "scanner/macro/macro-pcode.h"

#include <string.h>

#include "scanner/macro/macro-bytes.h"

enum {
    KIND_LONG = 0x80,
    LONG_SIZE = 6,
    TAIL_SIZE = 4,
    LINE_SIZE = 12,
    LINE_LENGTH = 4,  /* where a line has the length of its code */
    MISSING_MIN = 3,  /* a macro that runs anything has itself, an object and a method */
    MISSING_SHARE = 4 /* of five */
};

static gboolean is_name(const guint8 *at, gsize size)
{
    for (gsize i = 0; i < size; i++)
        if (!g_ascii_isalnum((gchar)at[i]) && at[i] != '_' && at[i] < 0x80)
            return FALSE;
    return size > 0;
}

/* What each project has, whatever is in it. */
static gboolean is_of_every_project(const char *name)
{
    static const char *const NAMES[] = {
        "access",       "application",    "document",     "excel",    "mac",
        "msforms",      "normal",         "office",       "outlook",  "powerpoint",
        "presentation", "project",        "project1",     "sheet1",   "slide",
        "stdole",       "thisdocument",   "thisworkbook", "userform", "vba",
        "vba6",         "vba7",           "vbaproject",   "visio",    "win16",
        "win32",        "win64",          "word",         "workbook", "worksheet",
        "chart",        "templateproject"};

    if (name[0] == '_')
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++)
        if (strcmp(name, NAMES[i]) == 0)
            return TRUE;
    return FALSE;
}

/* Behind the length and kind of "VBA"; NULL: there is no table. */
static const guint8 *find_table(const guint8 *data, gsize size)
{
    const guint8 *at = data, *end = data + size;

    while ((at = memmem(at, (gsize)(end - at), "VBA", 3)) != NULL) {
        if (at - data >= 2 && at[-2] == 3)
            return at - 2;
        at++;
    }
    return NULL;
}

void macro_pcode_read(MacroDocument *document, const guint8 *data, gsize size)
{
    const guint8 *at = find_table(data, size), *end = data + size;

    for (guint i = 0; at && i < MACRO_PCODE_NAMES_MAX && end - at > 2; i++) {
        gsize length = at[0], skip = (at[1] & KIND_LONG) != 0 ? LONG_SIZE : 0;
        g_autofree char *name = NULL;

        at += 2;
        if ((gsize)(end - at) < skip + length + TAIL_SIZE || !is_name(at + skip, length))
            return;
        name = g_ascii_strdown((const char *)at + skip, (gssize)length);
        if (!is_of_every_project(name))
            macro_document_add_compiled_name(document, name);
        at += skip + length + TAIL_SIZE;
    }
}

void macro_pcode_read_module(MacroDocument *document, const guint8 *data, gsize size)
{
    static const guint8 sign[] = {0xFE, 0xCA, 1, 0};
    const guint8 *at = data, *end = data + size;

    while ((at = memmem(at, (gsize)(end - at), sign, sizeof(sign))) != NULL) {
        Bytes lines = {.at = at + sizeof(sign), .left = (gsize)(end - at) - sizeof(sign)};

        for (guint left = bytes_number(&lines, 2); left > 0 && lines.left >= LINE_SIZE; left--) {
            (void)bytes_take(&lines, LINE_LENGTH);
            document->has_compiled_code |= bytes_number(&lines, 2) > 0;
            (void)bytes_take(&lines, LINE_SIZE - LINE_LENGTH - 2);
        }
        at = lines.at;
    }
}

static gboolean is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || (guchar)c >= 0x80;
}

static GHashTable *words_of(const GString *code)
{
    GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (const char *at = code->str, *end = at + code->len; at < end;) {
        const char *from = at;

        while (at < end && is_word(*at))
            at++;
        if (at > from)
            g_hash_table_add(words, g_ascii_strdown(from, at - from));
        else
            at++;
    }
    return words;
}

void macro_pcode_compare(MacroDocument *document)
{
    g_autoptr(GHashTable) words = NULL;
    g_auto(GStrv) names = NULL;
    guint missing = 0, count = 0;

    if (document->compiled_names->len == 0 || !document->has_compiled_code)
        return;
    words = words_of(document->code);
    names = g_strsplit(document->compiled_names->str, "\n", -1);
    for (char **name = names; *name && **name; name++) {
        count++;
        missing += !g_hash_table_contains(words, *name);
    }
    if (missing < MISSING_MIN || missing * 5 < count * MISSING_SHARE)
        return;
    macro_document_add_fact(document, MACRO_SOURCE_TRICK, "stomped", NULL);
    for (char **name = names; *name && **name; name++)
        if (!g_hash_table_contains(words, *name))
            macro_document_add_fact(document, MACRO_SOURCE_TRICK, "compiled", *name);
}
