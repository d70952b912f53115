/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-ole.c - finds the streams of a compound file ([MS-CFB]) that act by themselves, by libgsf.
 *
 * The source of VBA is not among them: libclamav reads it. What libgsf cannot open holds nothing
 * for us, as for Office; too many or too deep entries, or no memory for a stream, set the
 * document's limit.
 *
 * Known limit: fields of a .doc are seen where they stand in one piece, not through fields within
 * fields.
 */
#include "scanner/macro/macro-ole.h"

#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-input-memory.h>
#include <string.h>

#include "scanner/macro/macro-biff.h"
#include "scanner/macro/macro-object.h"
#include "scanner/macro/macro-pcode.h"

enum {
    DEPTH_MAX = 16,      /* storages within each other; embedded objects make two a level */
    ENTRIES_MAX = 10000, /* a document with a hundred objects has about a thousand */
    FIELD_LETTERS_MAX = 1024
};

#define PROJECT "_VBA_PROJECT"

typedef struct {
    MacroDocument *document;
    gsize size; /* of the file: no stream is larger */
    guint entries;
} Reader;

static gboolean is_field_end(guint letter)
{
    return letter == 0x13 || letter == 0x14 || letter == 0x15 || letter == 0;
}

/* A field that begins at `at` (its 0x13), letters of `step` bytes. */
static void word_field(Reader *reader, const guint8 *at, gsize left, gsize step)
{
    g_autoptr(GString) code = g_string_new(NULL);
    const char *text;

    for (gsize i = step; i + step <= left && code->len < FIELD_LETTERS_MAX; i += step) {
        guint letter = at[i] | (step > 1 ? (guint)at[i + 1] << 8 : 0);

        if (is_field_end(letter))
            break;
        if (letter < 0x80)
            g_string_append_c(code, (char)letter);
    }
    text = g_strchug(code->str);
    if (g_ascii_strncasecmp(text, "ddeauto", 7) == 0)
        macro_document_add_fact(reader->document, MACRO_SOURCE_FIELD, "ddeauto", text + 7);
    else if (g_ascii_strncasecmp(text, "dde", 3) == 0)
        macro_document_add_fact(reader->document, MACRO_SOURCE_FIELD, "dde", text + 3);
}

static void read_word(Reader *reader, const guint8 *data, gsize size)
{
    const guint8 *end = data + size;

    for (const guint8 *at = data; (at = memchr(at, 0x13, (gsize)(end - at))) != NULL; at++) {
        word_field(reader, at, (gsize)(end - at), 1);
        if (end - at > 1 && at[1] == 0)
            word_field(reader, at, (gsize)(end - at), 2);
        if (at + 1 == end)
            return;
    }
}

/* A module, or what is kept beside it ([MS-OVBA] 2.2.1). */
static gboolean is_in_project(GsfInput *input)
{
    GsfInfile *storage = gsf_input_container(input);
    const char *name = storage ? gsf_input_name(GSF_INPUT(storage)) : NULL;

    return name && g_ascii_strcasecmp(name, "VBA") == 0;
}

static void read_stream(Reader *reader, GsfInput *input, const char *name)
{
    gboolean is_project = g_ascii_strcasecmp(name, PROJECT) == 0;
    gboolean is_module = !is_project && is_in_project(input);
    gsf_off_t size = gsf_input_size(input);
    g_autofree guint8 *data = NULL;

    if (strcmp(name, "Equation Native") == 0)
        macro_document_add_fact(reader->document, MACRO_SOURCE_OBJECT, "class", "equation.3");
    if (g_ascii_strcasecmp(name, "Workbook") != 0 && g_ascii_strcasecmp(name, "Book") != 0 &&
        g_ascii_strcasecmp(name, "WordDocument") != 0 && strcmp(name, "\1Ole10Native") != 0 &&
        !is_project && !is_module)
        return;
    if (size <= 0 || (gsize)size > reader->size)
        return; /* cut short: no office program reads it */
    data = g_try_malloc((gsize)size);
    if (!data) {
        macro_document_set_limit(reader->document, "macro-ole");
        return;
    }
    if (!gsf_input_read(input, (gsize)size, data))
        return;
    if (is_module)
        macro_pcode_read_module(reader->document, data, (gsize)size);
    else if (is_project)
        macro_pcode_read(reader->document, data, (gsize)size);
    else if (name[0] == '\1')
        macro_object_read_package(reader->document, data + MIN(size, 4), (gsize)MAX(size - 4, 0));
    else if ((name[0] | 0x20) == 'w' && (name[4] | 0x20) == 'd')
        read_word(reader, data, (gsize)size);
    else
        macro_biff_read(reader->document, data, (gsize)size);
}

static void read_storage(Reader *reader, GsfInfile *storage, guint depth)
{
    int count = gsf_infile_num_children(storage);

    for (int i = 0; i < count; i++) {
        GsfInput *child;
        const char *name;

        if (++reader->entries > ENTRIES_MAX || depth > DEPTH_MAX) {
            macro_document_set_limit(reader->document, "macro-ole");
            return;
        }
        if (macro_document_is_late(reader->document))
            return;
        name = gsf_infile_name_by_index(storage, i);
        child = gsf_infile_child_by_index(storage, i);
        if (!child)
            continue;
        if (GSF_IS_INFILE(child) && gsf_infile_num_children(GSF_INFILE(child)) >= 0)
            read_storage(reader, GSF_INFILE(child), depth + 1);
        else
            read_stream(reader, child, name ? name : "");
        g_object_unref(child);
    }
}

gboolean macro_ole_matches(const char *data, gsize size)
{
    return size >= 512 && memcmp(data, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0;
}

void macro_ole_read(MacroDocument *document, const char *data, gsize size)
{
    Reader reader = {.document = document, .size = size};
    GsfInput *input = gsf_input_memory_new((const guint8 *)data, (gsf_off_t)size, FALSE);
    GsfInfile *file = input ? gsf_infile_msole_new(input, NULL) : NULL;

    if (file) {
        read_storage(&reader, file, 0);
        g_object_unref(file);
    }
    if (input)
        g_object_unref(input);
}
