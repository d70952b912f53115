/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * key.c - normalising values for keys.
 *
 * A segment is a prefix byte and data: 0x00 NULL (0xC0 with JET_bitIndexSortNullsHigh), 0x40 a
 * value of length zero, 0x7f data. Data is big-endian with the sign folded in; variable binary is
 * cut into chunks of 8, each followed by a byte that tells how many of it count (9: more follow);
 * binary of a fixed size is as it is.
 * A descending segment has every bit turned over.
 *
 * Fails with JET_errInvalidBufferSize for a fixed type of another size, JET_errInvalidGrbit for a
 * partial limit where there are no parts. Too long is not an error: the key is cut.
 */
#include "mailstore/ese/key.h"

#include <string.h>

#include "mailstore/ese/result.h"

enum {
    PREFIX_NULL = 0x00,
    PREFIX_ZERO_LENGTH = 0x40,
    PREFIX_DATA = 0x7f,
    PREFIX_NULL_HIGH = 0xc0,
    CHUNK = 8,
    CHUNK_MORE = 9,
};

typedef struct {
    uint8_t *out;
    size_t room, size;
    bool truncated;
    bool cut_by_index; /* to cbVarSegMac: the key goes on behind it */
} Segment;

static void segment_put(Segment *segment, uint8_t byte)
{
    if (segment->size < segment->room)
        segment->out[segment->size++] = byte;
    else
        segment->truncated = true;
}

/* Little-endian integer of `size` bytes, its highest byte changed by `flip`. */
static void segment_put_integer(Segment *segment, const uint8_t *value, size_t size, uint8_t flip)
{
    segment_put(segment, (uint8_t)(value[size - 1] ^ flip));
    for (size_t i = size - 1; i-- > 0;)
        segment_put(segment, value[i]);
}

static void segment_put_float(Segment *segment, const uint8_t *value, size_t size)
{
    bool negative = value[size - 1] & 0x80;
    for (size_t i = size; i-- > 0;) {
        uint8_t byte = value[i];
        if (negative)
            byte = (uint8_t)~byte;
        else if (i == size - 1)
            byte ^= 0x80;
        segment_put(segment, byte);
    }
}

static void segment_put_guid(Segment *segment, const uint8_t *value, bool dot_net)
{
    static const uint8_t native[] = {10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0, 1, 2, 3};
    static const uint8_t managed[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    const uint8_t *order = dot_net ? managed : native;
    for (size_t i = 0; i < sizeof(native); i++)
        segment_put(segment, value[order[i]]);
}

static void segment_put_binary(Segment *segment, const uint8_t *value, size_t size)
{
    for (size_t at = 0; at < size && !segment->truncated; at += CHUNK) {
        size_t used = size - at < CHUNK ? size - at : CHUNK;
        for (size_t i = 0; i < CHUNK; i++)
            segment_put(segment, i < used ? value[at + i] : 0);
        segment_put(segment, at + CHUNK < size ? CHUNK_MORE : (uint8_t)used);
    }
}

/* A binary column of a fixed size. */
static void segment_put_whole(Segment *segment, const uint8_t *value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        segment_put(segment, value[i]);
}

static JET_ERR segment_put_text(Segment *segment, const Index *index, const Column *column,
                                const uint8_t *value, size_t size)
{
    size_t used;
    /* The shortest keys look at no more than this much of the text. */
    if (index->key_most == KEY_DEFAULT && size > KEY_DEFAULT + 1)
        size = KEY_DEFAULT + 1;
    uint8_t *out = segment->out + segment->size;
    size_t room = segment->room - segment->size;
    if (column->code_page != CODE_PAGE_UNICODE)
        used = text_normalize_ascii(value, size, out, room, &segment->truncated);
    else
        RETURN_IF_ERROR(text_normalize_unicode(&index->collation, value, size, out, room, &used,
                                               &segment->truncated));
    segment->size += used;
    return JET_errSuccess;
}

static JET_ERR segment_put_fixed(Segment *segment, const Index *index, const Column *column,
                                 Bytes value)
{
    const uint8_t *data = value.data;
    if (value.size != coltyp_fixed_size(column->coltyp))
        return JET_errInvalidBufferSize;
    switch (column->coltyp) {
    case JET_coltypBit:
        segment_put(segment, data[0] ? 0xff : 0x00);
        break;
    case JET_coltypUnsignedByte:
    case JET_coltypUnsignedShort:
    case JET_coltypUnsignedLong:
    case JET_coltypUnsignedLongLong:
        segment_put_integer(segment, data, value.size, 0);
        break;
    case JET_coltypIEEESingle:
    case JET_coltypIEEEDouble:
    case JET_coltypDateTime:
        segment_put_float(segment, data, value.size);
        break;
    case JET_coltypGUID:
        segment_put_guid(segment, data, index->grbit & JET_bitIndexDotNetGuid);
        break;
    default:
        segment_put_integer(segment, data, value.size, 0x80);
    }
    return JET_errSuccess;
}

static JET_ERR segment_put_value(Segment *segment, const Index *index, const Column *column,
                                 Bytes value)
{
    if (!value.data) {
        segment_put(segment,
                    index->grbit & JET_bitIndexSortNullsHigh ? PREFIX_NULL_HIGH : PREFIX_NULL);
        return JET_errSuccess;
    }
    bool variable = coltyp_fixed_size(column->coltyp) == 0;
    if (variable && value.size == 0) {
        segment_put(segment, PREFIX_ZERO_LENGTH);
        return JET_errSuccess;
    }
    segment_put(segment, PREFIX_DATA);
    if (!variable)
        return segment_put_fixed(segment, index, column, value);
    if (index->var_segment_most < segment->room) {
        segment->room = index->var_segment_most;
        segment->cut_by_index = true;
    }
    if (segment->size >= segment->room) {
        segment->truncated = true;
        return JET_errSuccess;
    }
    if (coltyp_is_text(column->coltyp))
        return segment_put_text(segment, index, column, value.data, value.size);
    if (column_is_fixed(column))
        segment_put_whole(segment, value.data, value.size);
    else
        segment_put_binary(segment, value.data, value.size);
    return JET_errSuccess;
}

static void segment_turn_over(Segment *segment)
{
    for (size_t i = 0; i < segment->size; i++)
        segment->out[i] = (uint8_t)~segment->out[i];
}

/* Takes off what ends the value, so that longer values begin with what is left. */
static void segment_strip_end(Segment *segment, const Column *column, size_t value_size)
{
    if (segment->size <= 1 || segment->truncated)
        return;
    if (coltyp_is_text(column->coltyp) && column->code_page == CODE_PAGE_UNICODE) {
        const uint8_t *separator = memchr(segment->out + 1, 0x01, segment->size - 1);
        segment->size = separator ? (size_t)(separator - segment->out) : segment->size - 1;
    } else if (coltyp_is_text(column->coltyp)) {
        segment->size--;
    } else {
        size_t in_last = value_size % CHUNK == 0 ? CHUNK : value_size % CHUNK;
        segment->size -= CHUNK - in_last + 1;
    }
}

static JET_ERR key_append_segment(Key *key, const Index *index, unsigned at, Bytes value,
                                  bool strip)
{
    const Column *column = index->segments[at].column;
    Segment segment = {.out = key->data + key->size, .room = index->key_most - key->size};
    if (key->size >= index->key_most) {
        key->truncated = true;
        return JET_errSuccess;
    }
    RETURN_IF_ERROR(segment_put_value(&segment, index, column, value));
    if (strip && value.data)
        segment_strip_end(&segment, column, value.size);
    if (index->segments[at].descending)
        segment_turn_over(&segment);
    key->size += segment.size;
    key->truncated = key->truncated || (segment.truncated && !segment.cut_by_index);
    return JET_errSuccess;
}

JET_ERR key_append(Key *key, const Index *index, unsigned segment, Bytes value)
{
    return key_append_segment(key, index, segment, value, false);
}

bool key_column_has_parts(const Column *column)
{
    return coltyp_is_text(column->coltyp) ||
           (coltyp_fixed_size(column->coltyp) == 0 && !column_is_fixed(column));
}

JET_ERR key_append_limit(Key *key, const Index *index, unsigned segment, Bytes value,
                         KeyLimit limit)
{
    bool partial = limit == KEY_LIMIT_PARTIAL_START || limit == KEY_LIMIT_PARTIAL_END;
    if (partial && !key_column_has_parts(index->segments[segment].column))
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(key_append_segment(key, index, segment, value, partial));
    if (limit == KEY_LIMIT_FULL_END || limit == KEY_LIMIT_PARTIAL_END) {
        size_t end = (size_t)index->key_most + 1;
        memset(key->data + key->size, 0xff, end - key->size);
        key->size = end;
    }
    return JET_errSuccess;
}
