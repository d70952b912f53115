/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mime-outline.c - the parts of a message in their order, each behind the one that it is in: its
 * kind with the number of parts in it, where its header begins, how long that is, and how long the
 * body behind it. Numbers are little-endian, of 32 bits, which is enough for MAIL_MESSAGE_MAX.
 */
#include "mailstore/server/mime-outline.h"

#include <string.h>

typedef struct {
    guint32 kind; /* MimeKind, and the number of children above KIND_BITS */
    guint32 header, header_length, body_length;
} Record;

#define KIND_BITS 2

void mime_outline_print(GString *storage, const MimePart *root)
{
    guint32 count = root->children == NULL ? 0 : root->children->len;
    Record record = {
        .kind = GUINT32_TO_LE((guint32)root->kind | count << KIND_BITS),
        .header = GUINT32_TO_LE((guint32)root->header),
        .header_length = GUINT32_TO_LE((guint32)root->header_length),
        .body_length = GUINT32_TO_LE((guint32)root->body_length),
    };

    g_string_append_len(storage, (const char *)&record, sizeof record);
    for (guint32 i = 0; i < count; i++)
        mime_outline_print(storage, g_ptr_array_index(root->children, i));
}

static void free_part(gpointer part)
{
    mime_part_free(part);
}

static gboolean count_fits(MimeKind kind, guint32 count)
{
    switch (kind) {
    case MIME_LEAF:
        return count == 0;
    case MIME_MULTIPART:
        return count > 0;
    case MIME_MESSAGE:
        return count == 1;
    }
    return FALSE;
}

static MimePart *part_parse(const char **at, const char *end, guint depth)
{
    Record record;

    if ((gsize)(end - *at) < sizeof record || depth > MIME_DEPTH_MOST)
        return NULL;
    memcpy(&record, *at, sizeof record);
    *at += sizeof record;
    guint32 count = GUINT32_FROM_LE(record.kind) >> KIND_BITS;
    g_autoptr(MimePart) part = g_new0(MimePart, 1);
    part->kind = GUINT32_FROM_LE(record.kind) & ((1U << KIND_BITS) - 1);
    part->header = GUINT32_FROM_LE(record.header);
    part->header_length = GUINT32_FROM_LE(record.header_length);
    part->body = part->header + part->header_length;
    part->body_length = GUINT32_FROM_LE(record.body_length);
    if (!count_fits(part->kind, count))
        return NULL;
    if (count > 0)
        part->children = g_ptr_array_new_with_free_func(free_part);
    for (guint32 i = 0; i < count; i++) {
        MimePart *child = part_parse(at, end, depth + 1);
        if (child == NULL)
            return NULL;
        g_ptr_array_add(part->children, child);
    }
    return g_steal_pointer(&part);
}

MimePart *mime_outline_parse(const char *data, gsize length)
{
    const char *at = data, *end = data + length;
    g_autoptr(MimePart) root = part_parse(&at, end, 0);

    return at == end ? g_steal_pointer(&root) : NULL;
}
