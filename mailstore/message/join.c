/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * join.c - the inverse of split.c.
 *
 * Memory beyond the result itself is a piece of JOIN_PIECE bytes and what it becomes when encoded,
 * whatever the parts' size.
 */
#include "mailstore/message/join.h"

#include <string.h>

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

/* Where in the message we are, and which bytes of it are wanted. */
typedef struct {
    gsize pos;
    gsize from, to;
    guint8 *out; /* for byte `from` */
} Window;

/* Of the next `size` bytes, those that are wanted: [*ret_begin, *ret_end), none when they are
 * equal. Moves behind all of them and returns where the first one goes. */
static guint8 *window_pass(Window *window, gsize size, gsize *ret_begin, gsize *ret_end)
{
    gsize start = window->pos, end = start + size;
    gsize begin = CLAMP(window->from, start, end);

    *ret_begin = begin - start;
    *ret_end = MAX(CLAMP(window->to, start, end), begin) - start;
    window->pos = end;
    return begin < window->to && begin < end ? window->out + (begin - window->from) : NULL;
}

static gboolean source_copy(const JoinSource *source, gsize from, gsize to, Window *window)
{
    gsize begin, end;
    guint8 *out = window_pass(window, to - from, &begin, &end);

    return begin == end || source->read(source->user_data, from + begin, out, end - begin);
}

static void bytes_copy(const guint8 *bytes, gsize size, Window *window)
{
    gsize begin, end;
    guint8 *out = window_pass(window, size, &begin, &end);

    if (begin < end)
        memcpy(out, bytes + begin, end - begin);
}

/* Encodes a piece at a time into memory of its own, since the window may begin and end anywhere in
 * what a piece becomes. */
static gboolean encoded_copy(const JoinPart *part, gsize encoded_size, Window *window)
{
    gsize base = window->pos, end = base + encoded_size;
    gsize wanted = window->from > base ? window->from - base : 0;
    g_autofree guint8 *piece = g_try_malloc(JOIN_PIECE);
    g_autofree guint8 *encoded = g_try_malloc(part_encoding_size(&part->encoding, JOIN_PIECE) + 2 +
                                              2 * (gsize)PART_ENCODING_TAIL_MAX);
    PartEncoder encoder;

    if (piece == NULL || encoded == NULL)
        return FALSE;
    part_encoder_init(&encoder, &part->encoding, encoded);
    gsize offset = part_encoder_seek(&encoder, part->data.size, wanted, &window->pos);
    window->pos += base;
    while (offset < part->data.size && window->pos < window->to) {
        /* Line ends only add to what is wanted. */
        gsize groups = (window->to - window->pos) / 4 + 1;
        gsize size = MIN(part->data.size - offset, MIN(groups * PART_ENCODER_STEP, JOIN_PIECE));
        if (!part->data.read(part->data.user_data, offset, piece, size))
            return FALSE;
        part_encoder_write(&encoder, piece, size);
        bytes_copy(encoded, (gsize)(encoder.out - encoded), window);
        encoder.out = encoded;
        offset += size;
    }
    if (offset >= part->data.size)
        bytes_copy(encoded, (gsize)(part_encoder_finish(&encoder) - encoded), window);
    window->pos = end;
    return TRUE;
}

static gboolean part_write(const JoinPart *part, Window *window)
{
    gsize size = part_encoding_size(&part->encoding, part->data.size);

    if (!source_copy(&part->header, 0, part->header.size, window))
        return FALSE;
    if (!part->encoding.base64)
        return source_copy(&part->data, 0, size, window);
    if (window->pos < window->to && window->pos + size > window->from)
        return encoded_copy(part, size, window);
    window->pos += size;
    return TRUE;
}

gboolean join_write(const JoinSource *text, const JoinPart *parts, gsize count, gsize offset,
                    gsize size, guint8 *out)
{
    Window window = {.from = offset, .to = offset + size, .out = out};
    gsize pos = 0;

    for (gsize i = 0; i < count && window.pos < window.to; i++) {
        if (!source_copy(text, pos, parts[i].offset, &window) || !part_write(&parts[i], &window))
            return FALSE;
        pos = parts[i].offset;
    }
    return source_copy(text, pos, text->size, &window);
}
