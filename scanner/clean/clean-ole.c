/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-ole.c - compound files (doc, xls, ppt) without what acts by itself in them, by libgsf.
 *
 * A VBA project is a storage with a storage `VBA` in it ([MS-OVBA] 2.2.1): `Macros` in Word,
 * `_VBA_PROJECT_CUR` in Excel. The data of packages (files within an object) goes out as a whole;
 * the streams of workbooks, presentations and texts without what clean-biff.c, clean-slides.c and
 * this file find in them. All other streams keep their bytes, storages their classes. Fails where
 * something cannot be copied, or cannot be cleaned.
 *
 * Known limits: Excel says that a project was lost, if nothing but the project goes out; fields of
 * Word are found where they stand in one piece, as macro-ole.c finds them.
 */
#include "scanner/clean/clean-biff.h"
#include "scanner/clean/clean-members.h"
#include "scanner/clean/clean-slides.h"

#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-input-memory.h>
#include <gsf/gsf-outfile-msole.h>
#include <gsf/gsf-output-memory.h>
#include <string.h>

enum {
    DEPTH_MAX = 16, /* as in macro-ole.c */
    CLASS_SIZE = 16,
    FIELD_LETTERS_MAX = 1024 /* as in macro-ole.c */
};

#define PACKAGE "\1Ole10Native"

gboolean clean_ole_matches(const guint8 *data, gsize size)
{
    return size >= 512 && memcmp(data, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0;
}

static gboolean is_storage(GsfInput *input)
{
    return GSF_IS_INFILE(input) && gsf_infile_num_children(GSF_INFILE(input)) >= 0;
}

static gboolean is_project(GsfInput *input)
{
    GsfInput *inner = is_storage(input) ? gsf_infile_child_by_name(GSF_INFILE(input), "VBA") : NULL;
    gboolean found = inner && is_storage(inner);

    if (inner)
        g_object_unref(inner);
    return found;
}

/* --- Streams ------------------------------------------------------------------------ */

/* Letters of a field's code up to its next mark ([MS-DOC] 2.8.25), one or two bytes each. */
static gsize field_code(const guint8 *at, gsize left, gsize step, GString *ret)
{
    gsize used = step;

    for (; used + step <= left && ret->len < FIELD_LETTERS_MAX; used += step) {
        guint letter = at[used] | (step > 1 ? (guint)at[used + 1] << 8 : 0);

        if (letter == 0x13 || letter == 0x14 || letter == 0x15 || letter == 0)
            break;
        g_string_append_c(ret, letter < 0x80 ? (char)letter : '?');
    }
    return used;
}

/* A field without a code shows what it showed. */
static void word_field(CleanMembers *members, guint8 *at, gsize left, gsize step)
{
    g_autoptr(GString) code = g_string_new(NULL);
    gsize used = field_code(at, left, step, code);

    if (g_ascii_strncasecmp(code->str + strspn(code->str, " \t\r\n"), "dde", 3) != 0)
        return;
    for (gsize i = step; i < used; i += step) {
        at[i] = ' ';
        if (step > 1)
            at[i + 1] = 0;
    }
    clean_members_tell(members, "DDE");
}

static GBytes *cut_word(CleanMembers *members, guint8 *data, gsize size)
{
    for (gsize i = 0; i < size; i++) {
        if (data[i] != 0x13)
            continue;
        word_field(members, data + i, size - i, 1);
        if (i + 1 < size && data[i + 1] == 0)
            word_field(members, data + i, size - i, 2);
    }
    return g_bytes_new(data, size);
}

static GBytes *cut_book(CleanMembers *members, const guint8 *data, gsize size)
{
    guint cuts = members->cuts;
    GByteArray *book = clean_biff_cut(data, size, clean_members_removed, members);

    if (!book)
        return NULL;
    if (members->cuts > cuts)
        return g_byte_array_free_to_bytes(book);
    g_byte_array_unref(book);
    return g_bytes_new(data, size);
}

static GBytes *cut_slides(CleanMembers *members, guint8 *data, gsize size)
{
    return clean_slides_cut(data, size, members->judge->config->scan_size, clean_members_removed,
                            members)
               ? g_bytes_new(data, size)
               : NULL;
}

typedef enum {
    STREAM_OTHER,
    STREAM_BOOK,
    STREAM_SLIDES,
    STREAM_WORD
} Stream;

static Stream stream_kind(const char *name)
{
    static const struct {
        const char *name;
        Stream kind;
    } STREAMS[] = {{"Workbook", STREAM_BOOK},
                   {"Book", STREAM_BOOK},
                   {"PowerPoint Document", STREAM_SLIDES},
                   {"WordDocument", STREAM_WORD}};

    for (gsize i = 0; i < G_N_ELEMENTS(STREAMS); i++)
        if (g_ascii_strcasecmp(name, STREAMS[i].name) == 0)
            return STREAMS[i].kind;
    return STREAM_OTHER;
}

static gboolean copy_cut(CleanMembers *members, GsfInput *from, Stream kind, GsfOutput *to)
{
    gsize size = (gsize)MAX(gsf_input_size(from), 0);
    g_autofree guint8 *data = clean_members_room(members, size);
    g_autoptr(GBytes) cut = NULL;

    if (!data || (size > 0 && !gsf_input_read(from, size, data)))
        return FALSE;
    if (kind == STREAM_BOOK)
        cut = cut_book(members, data, size);
    else if (kind == STREAM_SLIDES)
        cut = cut_slides(members, data, size);
    else
        cut = cut_word(members, data, size);
    return cut && gsf_output_write(to, g_bytes_get_size(cut), g_bytes_get_data(cut, NULL));
}

/* --- The whole ---------------------------------------------------------------------- */

static gboolean copy_storage(CleanMembers *members, GsfInfile *from, GsfOutfile *to, guint depth);

static gboolean copy_child(CleanMembers *members, GsfInput *child, const char *name, GsfOutfile *to,
                           guint depth)
{
    gboolean has_children = is_storage(child), ok;
    Stream kind = stream_kind(name);
    GsfOutput *out;

    /* Or the file is nothing but a project, as in packages. */
    if (is_project(child) || (depth == 0 && has_children && g_ascii_strcasecmp(name, "VBA") == 0)) {
        clean_members_tell(members, name);
        return TRUE;
    }
    if (!has_children && strcmp(name, PACKAGE) == 0) {
        clean_members_tell(members, "package");
        return TRUE;
    }
    if (!has_children) {
        members->kept++;
        if (kind == STREAM_OTHER)
            members->bytes += (guint64)gsf_input_size(child);
        if (members->bytes > members->judge->config->scan_size)
            return FALSE;
    }
    out = gsf_outfile_new_child(to, name, has_children);
    if (!out)
        ok = FALSE;
    else if (has_children)
        ok = copy_storage(members, GSF_INFILE(child), GSF_OUTFILE(out), depth + 1);
    else if (kind != STREAM_OTHER)
        ok = copy_cut(members, child, kind, out);
    else
        ok = gsf_input_copy(child, out);
    ok = out && gsf_output_close(out) && ok;
    if (out)
        g_object_unref(out);
    return ok;
}

static gboolean copy_storage(CleanMembers *members, GsfInfile *from, GsfOutfile *to, guint depth)
{
    guint8 class[CLASS_SIZE];
    int count = gsf_infile_num_children(from);

    if (depth > DEPTH_MAX || (guint)count > members->judge->config->files ||
        board_now() >= members->judge->end)
        return FALSE;
    if (gsf_infile_msole_get_class_id(GSF_INFILE_MSOLE(from), class))
        gsf_outfile_msole_set_class_id(GSF_OUTFILE_MSOLE(to), class);
    for (int i = 0; i < count; i++) {
        GsfInput *child = gsf_infile_child_by_index(from, i);
        const char *name = gsf_infile_name_by_index(from, i);
        gboolean ok = child && name && copy_child(members, child, name, to, depth);

        if (child)
            g_object_unref(child);
        if (!ok)
            return FALSE;
    }
    return TRUE;
}

/* A stream that no program asks for. */
static gboolean add_note(const CleanMembers *members, GsfOutfile *to)
{
    g_autofree char *note = clean_members_note(members);
    g_autofree char *name = g_strdup_printf("Removed-%s", members->reference);
    GsfOutput *out = gsf_outfile_new_child(to, name, FALSE);
    gboolean ok = out && gsf_output_write(out, strlen(note), (const guint8 *)note);

    ok = out && gsf_output_close(out) && ok;
    if (out)
        g_object_unref(out);
    return ok;
}

static GBytes *copy_file(CleanMembers *members, GsfInfile *from)
{
    GsfOutput *memory = gsf_output_memory_new();
    GsfOutfile *to = gsf_outfile_msole_new(memory);
    GBytes *result = NULL;
    gboolean ok = copy_storage(members, from, to, 0) && add_note(members, to);

    if (gsf_output_close(GSF_OUTPUT(to)) && ok)
        result = g_bytes_new(gsf_output_memory_get_bytes(GSF_OUTPUT_MEMORY(memory)),
                             (gsize)gsf_output_size(memory));
    g_object_unref(to);
    g_object_unref(memory);
    return result;
}

GBytes *clean_ole(CleanMembers *members, const guint8 *data, gsize size)
{
    GsfInput *input = gsf_input_memory_new(data, (gsf_off_t)size, FALSE);
    GsfInfile *file = input ? gsf_infile_msole_new(input, NULL) : NULL;
    GBytes *result = file ? copy_file(members, file) : NULL;

    if (file)
        g_object_unref(file);
    if (input)
        g_object_unref(input);
    return result;
}
