/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-object.c - reads class and file name of OLE 1 objects and packages.
 *
 * Nothing fails: what is cut tells nothing.
 */
#include "scanner/macro/macro-object.h"

#include <string.h>

#include "scanner/common/byte-number.h"

enum {
    FORMAT_LINKED = 1,
    FORMAT_EMBEDDED = 2,
    NAME_MAX_BYTES = 1024 /* paths are below 260 letters */
};

typedef struct {
    const guint8 *at, *end;
} Bytes;

static gboolean take_number(Bytes *bytes, guint32 *ret)
{
    if (bytes->end - bytes->at < 4)
        return FALSE;
    *ret = (guint32)byte_number(bytes->at, 4);
    bytes->at += 4;
    return TRUE;
}

/* Length, then letters with a NUL. NULL: not sound. */
static char *take_counted(Bytes *bytes)
{
    char *text;
    guint32 size;

    if (!take_number(bytes, &size) || size > NAME_MAX_BYTES ||
        size > (gsize)(bytes->end - bytes->at))
        return NULL;
    text = g_strndup((const char *)bytes->at, size);
    bytes->at += size;
    return text;
}

static char *take_terminated(Bytes *bytes)
{
    const guint8 *nul = memchr(bytes->at, '\0', (gsize)(bytes->end - bytes->at));
    char *text;

    if (!nul || nul - bytes->at > NAME_MAX_BYTES)
        return NULL;
    text = g_strndup((const char *)bytes->at, (gsize)(nul - bytes->at));
    bytes->at = nul + 1;
    return text;
}

void macro_object_read_package(MacroDocument *document, const guint8 *data, gsize size)
{
    Bytes bytes = {data, data + size};
    g_autofree char *label = NULL, *file = NULL;

    if (size < 2)
        return;
    bytes.at += 2; /* a stream header: 2 */
    label = take_terminated(&bytes);
    file = label ? take_terminated(&bytes) : NULL;
    if (label)
        macro_document_add_fact(document, MACRO_SOURCE_OBJECT, "file", label);
    if (file)
        macro_document_add_fact(document, MACRO_SOURCE_OBJECT, "file", file);
}

void macro_object_read(MacroDocument *document, const guint8 *data, gsize size)
{
    Bytes bytes = {data, data ? data + size : NULL};
    g_autofree char *class = NULL, *topic = NULL, *item = NULL;
    guint32 version, format, length;

    if (!take_number(&bytes, &version) || !take_number(&bytes, &format))
        return;
    class = take_counted(&bytes);
    if (!class)
        return;
    macro_document_add_fact(document, MACRO_SOURCE_OBJECT, "class", class);
    topic = take_counted(&bytes);
    item = topic ? take_counted(&bytes) : NULL;
    if (format == FORMAT_LINKED && topic)
        macro_document_add_fact(document, MACRO_SOURCE_LINK, "oleobject", topic);
    if (format == FORMAT_EMBEDDED && item && g_ascii_strcasecmp(class, "package") == 0 &&
        take_number(&bytes, &length))
        macro_object_read_package(document, bytes.at, (gsize)(bytes.end - bytes.at));
}

/* Behind label and name: two numbers, the path with its length, the file with its length. */
static gboolean take_package(Bytes *bytes, const guint8 **ret, gsize *ret_size)
{
    g_autofree char *label = NULL, *name = NULL, *path = NULL;
    guint32 kind, length;

    if (bytes->end - bytes->at < 2)
        return FALSE;
    bytes->at += 2;
    label = take_terminated(bytes);
    name = label ? take_terminated(bytes) : NULL;
    if (!name || !take_number(bytes, &kind))
        return FALSE;
    path = take_counted(bytes);
    if (!path || !take_number(bytes, &length))
        return FALSE;
    *ret = bytes->at;
    *ret_size = MIN(length, (gsize)(bytes->end - bytes->at));
    return TRUE;
}

gboolean macro_object_find_data(const guint8 *data, gsize size, const guint8 **ret, gsize *ret_size)
{
    Bytes bytes = {data, data ? data + size : NULL};
    g_autofree char *class = NULL, *topic = NULL, *item = NULL;
    guint32 version, format, length;
    Bytes package;

    if (!take_number(&bytes, &version) || !take_number(&bytes, &format))
        return FALSE;
    class = take_counted(&bytes);
    topic = class ? take_counted(&bytes) : NULL;
    item = topic ? take_counted(&bytes) : NULL;
    if (!item || format == FORMAT_LINKED || !take_number(&bytes, &length))
        return FALSE;
    *ret = bytes.at;
    *ret_size = MIN(length, (gsize)(bytes.end - bytes.at));
    package = (Bytes){*ret, *ret + *ret_size};
    if (g_ascii_strcasecmp(class, "package") == 0)
        (void)take_package(&package, ret, ret_size);
    return TRUE;
}
