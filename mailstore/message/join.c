/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * join.c - the inverse of split.c.
 *
 * Memory beyond the result itself is one buffer of JOIN_PIECE bytes, whatever the parts' size.
 */
#include "mailstore/message/join.h"

/* What is read of a content at a time: a multiple of what the encoder wants. */
#define JOIN_PIECE (PART_ENCODER_STEP * 21 * 1024)

gboolean join_size(gsize text_size, const JoinPart *parts, gsize count, gsize *ret_size)
{
    gsize size = text_size, before = 0;

    for (gsize i = 0; i < count; i++) {
        if (parts[i].offset < before || parts[i].offset > text_size)
            return FALSE;
        before = parts[i].offset;
        size += parts[i].header.size + part_encoding_size(&parts[i].encoding, parts[i].data.size);
    }
    *ret_size = size;
    return TRUE;
}

static gboolean source_copy(const JoinSource *source, gsize from, gsize to, guint8 **out)
{
    if (from == to)
        return TRUE;
    if (!source->read(source->user_data, from, *out, to - from))
        return FALSE;
    *out += to - from;
    return TRUE;
}

static gboolean part_write(const JoinPart *part, guint8 *piece, guint8 **out)
{
    PartEncoder encoder;

    if (!source_copy(&part->header, 0, part->header.size, out))
        return FALSE;
    part_encoder_init(&encoder, &part->encoding, *out);
    for (gsize offset = 0; offset < part->data.size; offset += JOIN_PIECE) {
        gsize size = MIN(part->data.size - offset, JOIN_PIECE);
        if (!part->data.read(part->data.user_data, offset, piece, size))
            return FALSE;
        part_encoder_write(&encoder, piece, size);
    }
    *out = part_encoder_finish(&encoder);
    return TRUE;
}

gboolean join_write(const JoinSource *text, const JoinPart *parts, gsize count, guint8 *out)
{
    g_autofree guint8 *piece = count > 0 ? g_try_malloc(JOIN_PIECE) : NULL;
    gsize pos = 0;

    if (count > 0 && piece == NULL)
        return FALSE;
    for (gsize i = 0; i < count; i++) {
        if (!source_copy(text, pos, parts[i].offset, &out) || !part_write(&parts[i], piece, &out))
            return FALSE;
        pos = parts[i].offset;
    }
    return source_copy(text, pos, text->size, &out);
}
