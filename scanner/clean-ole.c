/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-ole.c - compound files (doc, xls) without their VBA projects, by libgsf.
 *
 * All other streams keep their bytes, storages their classes. A VBA project is a storage with a
 * storage `VBA` in it ([MS-OVBA] 2.2.1): `Macros` in Word, `_VBA_PROJECT_CUR` in Excel. Fails where
 * something cannot be copied.
 *
 * Known limits: PowerPoint keeps its project inside of a stream and Excel 4.0 macros are part of
 * the workbook's stream, so neither goes out; Excel says that a project was lost.
 */
#include "scanner/clean-members.h"

#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-input-memory.h>
#include <gsf/gsf-outfile-msole.h>
#include <gsf/gsf-output-memory.h>
#include <string.h>

enum {
    DEPTH_MAX = 16, /* as in macro-ole.c */
    CLASS_SIZE = 16
};

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

static gboolean copy_storage(CleanMembers *members, GsfInfile *from, GsfOutfile *to, guint depth);

static gboolean copy_child(CleanMembers *members, GsfInput *child, const char *name, GsfOutfile *to,
                           guint depth)
{
    gboolean has_children = is_storage(child), ok;
    GsfOutput *out;

    if (is_project(child)) {
        clean_members_tell(members, name);
        return TRUE;
    }
    if (!has_children) {
        members->kept++;
        members->bytes += (guint64)gsf_input_size(child);
        if (members->bytes > members->judge->config->scan_size)
            return FALSE;
    }
    out = gsf_outfile_new_child(to, name, has_children);
    ok =
        out && (has_children ? copy_storage(members, GSF_INFILE(child), GSF_OUTFILE(out), depth + 1)
                             : gsf_input_copy(child, out));
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
