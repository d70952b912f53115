/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-filter.c - undoes one filter, and the predictor of LZW and Flate.
 *
 * Fails as PdfFilterResult says. Where readers forgive, so does this: bytes that do not belong are
 * passed over, the sum at the end of a deflated stream is not looked at, nor is its head needed.
 */
#include "scanner/pdf/pdf-filter.h"

#include <string.h>

#include "scanner/common/inflate.h"

enum {
    FIRST_ROOM = 4096,
    RUN_END = 128,
    CODE_BITS_MAX = 12,
    CODES = 1 << CODE_BITS_MAX,
    CODE_CLEAR = 256,
    CODE_END = 257,
    BITS_MAX = 16, /* of one color */
    COLORS_MAX = 256,
    COLUMNS_MAX = 1 << 24,
    PREDICTOR_TIFF = 2,
    PREDICTOR_PNG = 10 /* and up: each row says which */
};

PdfFilterKind pdf_filter_kind(const char *name)
{
    static const struct {
        const char *name, *brief;
        PdfFilterKind kind;
    } kinds[] = {
        {"FlateDecode", "Fl", PDF_FILTER_FLATE},
        {"LZWDecode", "LZW", PDF_FILTER_LZW},
        {"ASCIIHexDecode", "AHx", PDF_FILTER_HEX},
        {"ASCII85Decode", "A85", PDF_FILTER_BASE85},
        {"RunLengthDecode", "RL", PDF_FILTER_RUN_LENGTH},
        {"Crypt", "Crypt", PDF_FILTER_NONE}, /* undone before all others */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(name, kinds[i].name) == 0 || strcmp(name, kinds[i].brief) == 0)
            return kinds[i].kind;
    return PDF_FILTER_UNKNOWN;
}

/* --- What comes out --------------------------------------------------------------- */

typedef struct {
    guint8 *bytes;
    gsize used, room, most;
} Sink;

/* FALSE: too large. */
static gboolean sink_reserve(Sink *sink, gsize size)
{
    gsize wanted = sink->room;
    guint8 *more;

    if (size > sink->most - sink->used)
        return FALSE;
    if (size <= sink->room - sink->used)
        return TRUE;
    while (wanted - sink->used < size)
        wanted = MIN(sink->most, MAX(wanted * 2, (gsize)FIRST_ROOM));
    more = g_try_realloc(sink->bytes, wanted);
    if (!more)
        return FALSE;
    sink->bytes = more;
    sink->room = wanted;
    return TRUE;
}

static gboolean sink_add(Sink *sink, const guint8 *bytes, gsize size)
{
    if (size == 0)
        return TRUE;
    if (!sink_reserve(sink, size))
        return FALSE;
    memcpy(sink->bytes + sink->used, bytes, size);
    sink->used += size;
    return TRUE;
}

/* --- Letters ---------------------------------------------------------------------- */

static PdfFilterResult undo_hex(Sink *sink, const guint8 *at, const guint8 *end)
{
    int high = -1;

    for (; at < end && *at != '>'; at++) {
        int value = g_ascii_xdigit_value((char)*at);
        guint8 byte;

        if (value < 0)
            continue;
        if (high < 0) {
            high = value;
            continue;
        }
        byte = (guint8)(high << 4 | value);
        high = -1;
        if (!sink_add(sink, &byte, 1))
            return PDF_FILTER_TOO_LARGE;
    }
    if (high >= 0 && !sink_add(sink, &(guint8){(guint8)(high << 4)}, 1))
        return PDF_FILTER_TOO_LARGE;
    return PDF_FILTER_DONE;
}

static gboolean add_base85(Sink *sink, const guint8 *digits, guint count)
{
    guint8 bytes[4];
    guint32 value = 0;

    for (guint i = 0; i < 5; i++)
        value = value * 85 + (i < count ? digits[i] : 84);
    for (guint i = 0; i < sizeof(bytes); i++)
        bytes[i] = (guint8)(value >> (24 - 8 * i));
    return sink_add(sink, bytes, count - 1);
}

static PdfFilterResult undo_base85(Sink *sink, const guint8 *at, const guint8 *end)
{
    guint8 digits[5];
    guint count = 0;

    if (end - at > 2 && memcmp(at, "<~", 2) == 0) /* which btoa writes */
        at += 2;
    for (; at < end && *at != '~'; at++) {
        if (*at == 'z' && count == 0) {
            if (!sink_add(sink, (const guint8[4]){0}, 4))
                return PDF_FILTER_TOO_LARGE;
        } else if (*at >= '!' && *at <= 'u') {
            digits[count++] = (guint8)(*at - '!');
            if (count == 5 && !add_base85(sink, digits, count))
                return PDF_FILTER_TOO_LARGE;
            count %= 5;
        }
    }
    return count > 1 && !add_base85(sink, digits, count) ? PDF_FILTER_TOO_LARGE : PDF_FILTER_DONE;
}

/* --- Runs and codes --------------------------------------------------------------- */

static PdfFilterResult undo_runs(Sink *sink, const guint8 *at, const guint8 *end)
{
    while (at < end && *at != RUN_END) {
        gsize length = *at < RUN_END ? *at + 1U : 257U - *at;
        gboolean is_run = *at++ > RUN_END;

        if ((gsize)(end - at) < (is_run ? 1 : length))
            return sink_add(sink, at, (gsize)(end - at)) ? PDF_FILTER_BROKEN : PDF_FILTER_TOO_LARGE;
        if (!sink_reserve(sink, length))
            return PDF_FILTER_TOO_LARGE;
        if (is_run)
            memset(sink->bytes + sink->used, *at, length);
        else
            memcpy(sink->bytes + sink->used, at, length);
        sink->used += length;
        at += is_run ? 1 : length;
    }
    return PDF_FILTER_DONE;
}

/* A code stands for a piece of what came out before it: the last code's with one byte more. */
typedef struct {
    gsize start[CODES];
    gsize length[CODES];
} Codes;

/* FALSE: too large. */
static gboolean add_code(Sink *sink, const Codes *codes, guint code)
{
    gsize from = codes->start[code], length = code < CODE_CLEAR ? 1 : codes->length[code];

    if (!sink_reserve(sink, length))
        return FALSE;
    if (code < CODE_CLEAR)
        sink->bytes[sink->used] = (guint8)code;
    else
        for (gsize i = 0; i < length; i++) /* may run into itself */
            sink->bytes[sink->used + i] = sink->bytes[from + i];
    sink->used += length;
    return TRUE;
}

static PdfFilterResult undo_codes(Sink *sink, const guint8 *at, const guint8 *end, guint early)
{
    g_autofree Codes *codes = g_try_malloc(sizeof(Codes));
    guint next = CODE_END + 1, width = 9, have = 0;
    gsize last_start = 0, last_length = 0; /* 0: the first after a clear */
    guint32 bits = 0;

    if (!codes)
        return PDF_FILTER_TOO_LARGE;
    for (;;) {
        gsize start = sink->used;
        guint code;

        for (; have < width && at < end; have += 8)
            bits = bits << 8 | *at++;
        if (have < width)
            return PDF_FILTER_DONE; /* not all writers end with the code for it */
        have -= width;
        code = bits >> have & ((1U << width) - 1);
        if (code == CODE_END)
            return PDF_FILTER_DONE;
        if (code == CODE_CLEAR) {
            next = CODE_END + 1;
            width = 9;
            last_length = 0;
            continue;
        }
        if (last_length > 0 && next < CODES) {
            codes->start[next] = last_start;
            codes->length[next++] = last_length + 1;
        }
        if (code >= next)
            return PDF_FILTER_BROKEN;
        if (!add_code(sink, codes, code))
            return PDF_FILTER_TOO_LARGE;
        last_start = start;
        last_length = sink->used - start;
        while (width < CODE_BITS_MAX && next + early + 1 > 1U << width)
            width++;
    }
}

/* --- Flate ------------------------------------------------------------------------ */

/* CMF and FLG of RFC 1950: deflate, and a multiple of 31. */
static gboolean has_zlib_head(const guint8 *data, gsize size)
{
    return size > 2 && (data[0] & 0x0f) == 8 && (data[0] * 256 + data[1]) % 31 == 0;
}

static PdfFilterResult undo_flate(const guint8 *data, gsize size, gsize most, guint8 **ret,
                                  gsize *ret_size)
{
    gsize head = has_zlib_head(data, size) ? 2 : 0;

    switch (inflate_until(data + head, size - head, G_ZLIB_COMPRESSOR_FORMAT_RAW, most, ret,
                          ret_size)) {
    case INFLATE_DONE:
        return PDF_FILTER_DONE;
    case INFLATE_BROKEN:
        return PDF_FILTER_BROKEN;
    case INFLATE_TOO_LARGE:
        break;
    }
    return PDF_FILTER_TOO_LARGE;
}

/* --- Predictors ------------------------------------------------------------------- */

static guint8 paeth(guint8 left, guint8 up, guint8 corner)
{
    int guess = left + up - corner, by_left = ABS(guess - left), by_up = ABS(guess - up),
        by_corner = ABS(guess - corner);

    return by_left <= by_up && by_left <= by_corner ? left : by_up <= by_corner ? up : corner;
}

/* The PNG specification, 9.2. The rows close up as their first bytes go. */
static void undo_png(guint8 *bytes, gsize *size, gsize row, gsize pixel)
{
    gsize used = 0;

    for (gsize at = 0; at < *size; at += row + 1) {
        gsize length = MIN(row, *size - at - 1);
        const guint8 *above = used >= row ? bytes + used - row : NULL;
        guint8 kind = bytes[at], *out = bytes + used;

        for (gsize i = 0; i < length; i++) {
            guint8 left = i >= pixel ? out[i - pixel] : 0, up = above ? above[i] : 0;
            guint8 corner = above && i >= pixel ? above[i - pixel] : 0;
            guint8 more = kind == 1   ? left
                          : kind == 2 ? up
                          : kind == 3 ? (guint8)((left + up) / 2)
                          : kind == 4 ? paeth(left, up, corner)
                                      : 0;

            out[i] = (guint8)(bytes[at + 1 + i] + more);
        }
        used += length;
    }
    *size = used;
}

static guint bits_get(const guint8 *row, gsize at, guint bits)
{
    guint value = 0;

    for (guint i = 0; i < bits; i++, at++)
        value = value << 1 | (row[at / 8] >> (7 - at % 8) & 1U);
    return value;
}

static void bits_set(guint8 *row, gsize at, guint bits, guint value)
{
    for (guint i = 0; i < bits; i++, at++) {
        guint8 mask = (guint8)(0x80 >> at % 8);

        row[at / 8] = (guint8)(value >> (bits - 1 - i) & 1 ? row[at / 8] | mask
                                                           : row[at / 8] & (guint8)~mask);
    }
}

/* TIFF 6.0, section 14: each color is told by its difference from the one to the left. */
static void undo_tiff(guint8 *bytes, gsize size, gsize row, const PdfFilter *filter)
{
    guint bits = (guint)filter->bits;
    gsize colors = (gsize)filter->colors;

    for (gsize at = 0; at < size; at += row) {
        gsize samples = MIN((gsize)filter->columns * colors, MIN(row, size - at) * 8 / bits);

        for (gsize i = colors; i < samples; i++) {
            if (bits == 8)
                bytes[at + i] = (guint8)(bytes[at + i] + bytes[at + i - colors]);
            else
                bits_set(bytes + at, i * bits, bits,
                         bits_get(bytes + at, i * bits, bits) +
                             bits_get(bytes + at, (i - colors) * bits, bits));
        }
    }
}

static gboolean is_between(gint64 value, gint64 least, gint64 most)
{
    return value >= least && value <= most;
}

/* FALSE: no reader knows what to do. */
static gboolean undo_predictor(const PdfFilter *filter, guint8 *bytes, gsize *size)
{
    gsize pixel, row;

    if (filter->predictor <= 1)
        return TRUE;
    if (!is_between(filter->colors, 1, COLORS_MAX) || !is_between(filter->bits, 1, BITS_MAX) ||
        !is_between(filter->columns, 1, COLUMNS_MAX))
        return FALSE;
    pixel = (gsize)(filter->colors * filter->bits + 7) / 8;
    row = (gsize)(filter->colors * filter->bits * filter->columns + 7) / 8;
    if (filter->predictor == PREDICTOR_TIFF)
        undo_tiff(bytes, *size, row, filter);
    else if (filter->predictor >= PREDICTOR_PNG)
        undo_png(bytes, size, row, pixel);
    return filter->predictor == PREDICTOR_TIFF || filter->predictor >= PREDICTOR_PNG;
}

PdfFilterResult pdf_filter_undo(const PdfFilter *filter, const guint8 *data, gsize size, gsize most,
                                guint8 **ret, gsize *ret_size)
{
    Sink sink = {.most = most};
    PdfFilterResult result = PDF_FILTER_DONE;

    switch (filter->kind) {
    case PDF_FILTER_HEX:
        result = undo_hex(&sink, data, data + size);
        break;
    case PDF_FILTER_BASE85:
        result = undo_base85(&sink, data, data + size);
        break;
    case PDF_FILTER_RUN_LENGTH:
        result = undo_runs(&sink, data, data + size);
        break;
    case PDF_FILTER_LZW:
        result = undo_codes(&sink, data, data + size, filter->early_change != 0);
        break;
    case PDF_FILTER_FLATE:
        result = undo_flate(data, size, most, &sink.bytes, &sink.used);
        break;
    case PDF_FILTER_NONE:
    case PDF_FILTER_UNKNOWN:
        if (!sink_add(&sink, data, size))
            result = PDF_FILTER_TOO_LARGE;
        else if (filter->kind == PDF_FILTER_UNKNOWN)
            result = PDF_FILTER_BROKEN;
    }
    if (result == PDF_FILTER_TOO_LARGE) {
        g_free(sink.bytes);
        return result;
    }
    if ((filter->kind == PDF_FILTER_LZW || filter->kind == PDF_FILTER_FLATE) && sink.used > 0 &&
        !undo_predictor(filter, sink.bytes, &sink.used))
        result = PDF_FILTER_BROKEN;
    if (filter->is_odd)
        result = PDF_FILTER_BROKEN;
    *ret = sink.bytes;
    *ret_size = sink.used;
    return result;
}
