/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-slides.c - overwrites what acts by itself in the records of a presentation ([MS-PPT] 2).
 *
 * VBA, controls and packages stand as compound files, mostly packed, in records of their own; those
 * are filled with zeros, and the document says that it has no VBA (2.4.10). Actions that run
 * programs, macros and verbs of objects (2.8.2) become none. Objects that only show something stay.
 * No record changes its size.
 */
#include "scanner/clean/clean-slides.h"

#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-input-memory.h>
#include <string.h>

#include "scanner/common/byte-number.h"
#include "scanner/common/inflate.h"

enum {
    HEAD = 8,
    VERSION_CONTAINER = 0xF,
    RECORD_VBA = 0x0400,    /* 2.4.10 VBAInfoAtom */
    RECORD_ACTION = 0x0FF3, /* 2.8.2 InteractiveInfoAtom */
    RECORD_OBJECT = 0x1011, /* 2.10.34 and following: ExOleObjStg, VbaProjectStg */
    ACTION_AT = 8,
    ACTION_MACRO = 1,
    ACTION_PROGRAM = 2,
    ACTION_OBJECT = 5,
    INSTANCE_PACKED = 1,
    DEPTH_MAX = 64, /* of containers; PowerPoint makes about ten */
    STORAGES_MAX = 16
};

typedef struct {
    gsize most;
    CleanRemoved removed;
    gpointer user;
    guint depth;
} Slides;

/* Of a project, a control, a package; all else that has code of its own is a workbook or text. */
static gboolean is_active_name(const char *name)
{
    static const char *const NAMES[] = {"VBA",       "_VBA_PROJECT", "\1Ole10Native",
                                        "\3OCXNAME", "\3OCXDATA",    "Equation Native",
                                        "contents"};

    for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++)
        if (g_ascii_strcasecmp(name, NAMES[i]) == 0)
            return TRUE;
    return FALSE;
}

static gboolean storage_is_active(GsfInfile *storage, guint depth)
{
    int count = gsf_infile_num_children(storage);
    gboolean found = depth > STORAGES_MAX;

    for (int i = 0; i < count && !found; i++) {
        const char *name = gsf_infile_name_by_index(storage, i);
        GsfInput *child = gsf_infile_child_by_index(storage, i);

        found = !name || !child || is_active_name(name) ||
                (GSF_IS_INFILE(child) && gsf_infile_num_children(GSF_INFILE(child)) >= 0 &&
                 storage_is_active(GSF_INFILE(child), depth + 1));
        if (child)
            g_object_unref(child);
    }
    return found;
}

static gboolean file_is_active(const guint8 *data, gsize size)
{
    GsfInput *input = gsf_input_memory_new(data, (gsf_off_t)size, FALSE);
    GsfInfile *file = input ? gsf_infile_msole_new(input, NULL) : NULL;
    gboolean is_active = !file || storage_is_active(file, 0);

    if (file)
        g_object_unref(file);
    if (input)
        g_object_unref(input);
    return is_active;
}

static void take_object(Slides *slides, guint instance, guint8 *body, gsize size)
{
    g_autofree guint8 *unpacked = NULL;
    gsize file_size = size;

    if (instance != INSTANCE_PACKED ||
        (size > 4 && inflate_bytes(body + 4, size - 4, G_ZLIB_COMPRESSOR_FORMAT_ZLIB, slides->most,
                                   &unpacked, &file_size) == INFLATE_DONE)) {
        if (!file_is_active(unpacked ? unpacked : body, file_size))
            return;
    }
    memset(body, 0, size);
    slides->removed("object", slides->user);
}

static void take_action(Slides *slides, guint8 *body)
{
    guint8 action = body[ACTION_AT];

    if (action != ACTION_MACRO && action != ACTION_PROGRAM && action != ACTION_OBJECT)
        return;
    body[ACTION_AT] = 0;
    slides->removed("action", slides->user);
}

static void take_vba(Slides *slides, guint8 *body)
{
    if (byte_number(body, 4) == 0 && byte_number(body + 4, 4) == 0)
        return;
    memset(body, 0, 8); /* which object is the project, and that there is one */
    slides->removed("VBA", slides->user);
}

static gboolean take_records(Slides *slides, guint8 *at, gsize left)
{
    if (slides->depth > DEPTH_MAX)
        return FALSE;
    while (left >= HEAD) {
        guint version = byte_number(at, 2), type = byte_number(at + 2, 2);
        gsize size = byte_number(at + 4, 4);
        guint8 *body = at + HEAD;
        gboolean ok = TRUE;

        if (size > left - HEAD)
            return FALSE;
        slides->depth++;
        if (type == RECORD_OBJECT)
            take_object(slides, version >> 4, body, size);
        else if (type == RECORD_ACTION && size > ACTION_AT)
            take_action(slides, body);
        else if (type == RECORD_VBA && size >= 8)
            take_vba(slides, body);
        else if ((version & 0xF) == VERSION_CONTAINER)
            ok = take_records(slides, body, size);
        slides->depth--;
        if (!ok)
            return FALSE;
        at += HEAD + size;
        left -= HEAD + size;
    }
    return TRUE;
}

gboolean clean_slides_cut(guint8 *data, gsize size, gsize most, CleanRemoved removed, gpointer user)
{
    Slides slides = {.most = most, .removed = removed, .user = user};

    return take_records(&slides, data, size);
}
