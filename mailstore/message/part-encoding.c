/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part-encoding.c - exact base64: a body is decoded only if it can be written again as it was.
 *
 * The decoder is strict where others are lenient: only the alphabet, whole groups, zero bits in
 * the last one, lines of equal length with one kind of line end, empty lines only at the end.
 * Under these rules the encoding is a function of the data and the four numbers in PartEncoding,
 * so nothing needs to be encoded twice to compare.
 *
 * Fails only by returning FALSE: the caller leaves the part as it is.
 */
#include "mailstore/message/part-encoding.h"

#include <stdio.h>
#include <string.h>

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define NO_VALUE 0xff

static guint8 alphabet_value(guint8 c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    if (c == '/')
        return 63;
    return NO_VALUE;
}

void part_encoding_format(const PartEncoding *encoding, char text[PART_ENCODING_TEXT_MAX])
{
    if (encoding->base64)
        snprintf(text, PART_ENCODING_TEXT_MAX, "base64;%u;%s;%u", encoding->line,
                 encoding->crlf ? "crlf" : "lf", encoding->tail);
    else
        g_strlcpy(text, "identity", PART_ENCODING_TEXT_MAX);
}

gboolean part_encoding_parse(const char *text, gsize size, PartEncoding *ret)
{
    if (size >= PART_ENCODING_TEXT_MAX)
        return FALSE;
    g_autofree char *copy = g_strndup(text, size);
    if (g_str_equal(copy, "identity")) {
        *ret = (PartEncoding){0};
        return TRUE;
    }

    g_auto(GStrv) field = g_strsplit(copy, ";", 5);
    guint64 line, tail;
    if (g_strv_length(field) != 4 || !g_str_equal(field[0], "base64") ||
        !g_ascii_string_to_unsigned(field[1], 10, 0, PART_ENCODING_LINE_MAX, &line, NULL) ||
        !g_ascii_string_to_unsigned(field[3], 10, 0, PART_ENCODING_TAIL_MAX, &tail, NULL))
        return FALSE;
    if (!g_str_equal(field[2], "crlf") && !g_str_equal(field[2], "lf"))
        return FALSE;
    *ret = (PartEncoding){.base64 = TRUE,
                          .line = (guint)line,
                          .crlf = g_str_equal(field[2], "crlf"),
                          .tail = (guint)tail};
    return TRUE;
}

/* Decodes whole groups in place; the number of bytes, or 0 when something is not canonical. */
static gsize groups_decode(guint8 *text, gsize size)
{
    guint8 values[256];
    gsize out = 0;

    if (size == 0 || size % 4 != 0)
        return 0;
    for (guint c = 0; c < 256; c++)
        values[c] = alphabet_value((guint8)c);

    gsize padding = text[size - 1] != '=' ? 0 : text[size - 2] != '=' ? 1 : 2;
    for (gsize i = size - padding; i < size; i++)
        text[i] = 'A'; /* six zero bits, dropped below */
    for (gsize i = 0; i < size; i += 4) {
        guint8 a = values[text[i]], b = values[text[i + 1]];
        guint8 c = values[text[i + 2]], d = values[text[i + 3]];
        if ((a | b | c | d) & 0x80)
            return 0;
        guint32 group = (guint32)a << 18 | (guint32)b << 12 | (guint32)c << 6 | d;
        text[out++] = (guint8)(group >> 16);
        text[out++] = (guint8)(group >> 8);
        text[out++] = (guint8)group;
    }
    for (gsize i = 0; i < padding; i++)
        if (text[--out] != 0) /* bits that the encoder would have left zero */
            return 0;
    return out;
}

typedef struct {
    gsize lines;  /* with data */
    gsize length; /* of the first */
    gsize eols;   /* after the last */
    gsize chars;  /* in all of them */
    gboolean crlf;
} Layout;

/* Copies the characters of the lines to `chars` and tells how they were laid out. */
static gboolean layout_measure(const guint8 *body, gsize size, guint8 *chars, Layout *layout)
{
    gsize pos = 0;
    gboolean last = FALSE; /* a shorter line has been seen: only empty ones may follow */

    while (pos < size) {
        const guint8 *newline = memchr(body + pos, '\n', size - pos);
        gsize end = newline != NULL ? (gsize)(newline - body) : size;
        gsize length = end - pos;
        if (newline != NULL) {
            gboolean crlf = length > 0 && body[end - 1] == '\r';
            if (layout->lines == 0)
                layout->crlf = crlf;
            else if (crlf != layout->crlf)
                return FALSE;
            length -= crlf;
        }
        if (length == 0) {
            if (layout->lines == 0)
                return FALSE;
            last = TRUE;
            layout->eols++;
        } else {
            if (last || (layout->lines > 0 && length > layout->length))
                return FALSE;
            if (layout->lines++ == 0)
                layout->length = length;
            last = length < layout->length;
            memcpy(chars + layout->chars, body + pos, length);
            layout->chars += length;
            layout->eols = newline != NULL;
        }
        pos = newline != NULL ? end + 1 : size;
    }
    return layout->lines > 0;
}

gboolean part_encoding_measure(const guint8 *body, gsize size, gboolean crlf, PartEncoding *ret,
                               GBytes **ret_data)
{
    g_autofree guint8 *chars = g_try_malloc(MAX(size, 1));
    Layout layout = {.crlf = crlf};
    PartEncoding encoding = {.base64 = TRUE};

    if (chars == NULL || !layout_measure(body, size, chars, &layout))
        return FALSE;
    if (layout.lines > 1)
        encoding.line = (guint)MIN(layout.length, PART_ENCODING_LINE_MAX + 1u);
    else
        encoding.line =
            layout.length <= PART_ENCODING_LINE_DEFAULT ? PART_ENCODING_LINE_DEFAULT : 0;
    if (encoding.line > PART_ENCODING_LINE_MAX || layout.eols > PART_ENCODING_TAIL_MAX)
        return FALSE;
    encoding.crlf = layout.crlf;
    encoding.tail = (guint)layout.eols;

    gsize data_size = groups_decode(chars, layout.chars);
    if (data_size == 0)
        return FALSE;
    guint8 *data = g_try_realloc(chars, data_size);
    if (data == NULL)
        return FALSE;
    chars = NULL;
    *ret = encoding;
    *ret_data = g_bytes_new_take(data, data_size);
    return TRUE;
}

gsize part_encoding_size(const PartEncoding *encoding, gsize data_size)
{
    if (!encoding->base64)
        return data_size;
    gsize chars = (data_size + 2) / 3 * 4;
    gsize breaks = encoding->line > 0 && chars > 0 ? (chars - 1) / encoding->line : 0;
    return chars + (breaks + encoding->tail) * (encoding->crlf ? 2 : 1);
}

void part_encoder_init(PartEncoder *encoder, const PartEncoding *encoding, guint8 *out)
{
    *encoder = (PartEncoder){.encoding = encoding, .out = out};
}

/* Only to whole groups. The end of line before a group that begins a line goes with the group. */
gsize part_encoder_seek(PartEncoder *encoder, gsize data_size, gsize wanted, gsize *ret_at)
{
    const PartEncoding *encoding = encoder->encoding;
    gsize line = encoding->line, eol = encoding->crlf ? 2 : 1;
    gsize groups = (data_size + 2) / 3;

    if (!encoding->base64) {
        *ret_at = MIN(wanted, data_size);
        return *ret_at;
    }
    gsize chars =
        line == 0 ? wanted : wanted / (line + eol) * line + MIN(wanted % (line + eol), line);
    gsize group = groups == 0 ? 0 : MIN(chars / 4, groups - 1);
    gsize ended = line == 0 || group == 0 ? 0 : (4 * group - 1) / line; /* lines before it */
    encoder->column = (guint)(line == 0 ? 0 : 4 * group - ended * line);
    *ret_at = 4 * group + ended * eol;
    return 3 * group;
}

static void encoder_end_line(PartEncoder *encoder)
{
    if (encoder->encoding->crlf)
        *encoder->out++ = '\r';
    *encoder->out++ = '\n';
    encoder->column = 0;
}

/* A line is ended only when another character follows, so that the last one is not. */
static void encoder_put(PartEncoder *encoder, char c)
{
    guint line = encoder->encoding->line;
    if (line > 0 && encoder->column == line)
        encoder_end_line(encoder);
    *encoder->out++ = (guint8)c;
    encoder->column += line > 0;
}

/* How many groups fit into the line that is begun, and are whole. */
static gsize encoder_room(const PartEncoder *encoder, gsize size)
{
    guint line = encoder->encoding->line;

    return line > 0 ? MIN(size / 3, (line - encoder->column) / 4) : size / 3;
}

/* Whole groups within a line: most of what there is to do. */
static void encoder_put_groups(PartEncoder *encoder, const guint8 *data, gsize groups)
{
    guint8 *out = encoder->out;

    for (gsize i = 0; i < groups; i++, data += 3, out += 4) {
        guint32 group = (guint32)data[0] << 16 | (guint32)data[1] << 8 | data[2];
        out[0] = (guint8)ALPHABET[group >> 18];
        out[1] = (guint8)ALPHABET[group >> 12 & 63];
        out[2] = (guint8)ALPHABET[group >> 6 & 63];
        out[3] = (guint8)ALPHABET[group & 63];
    }
    encoder->out = out;
    if (encoder->encoding->line > 0)
        encoder->column += (guint)(4 * groups);
}

void part_encoder_write(PartEncoder *encoder, const guint8 *data, gsize size)
{
    if (!encoder->encoding->base64) {
        if (size > 0)
            memcpy(encoder->out, data, size);
        encoder->out += size;
        return;
    }
    for (gsize i = 0; i < size; i += 3) {
        gsize groups = encoder_room(encoder, size - i);
        encoder_put_groups(encoder, data + i, groups);
        i += 3 * groups;
        if (i == size)
            return;
        gsize left = MIN(size - i, 3);
        guint32 group = (guint32)data[i] << 16;
        group |= left > 1 ? (guint32)data[i + 1] << 8 : 0;
        group |= left > 2 ? data[i + 2] : 0;
        encoder_put(encoder, ALPHABET[group >> 18]);
        encoder_put(encoder, ALPHABET[group >> 12 & 63]);
        encoder_put(encoder, left > 1 ? ALPHABET[group >> 6 & 63] : '=');
        encoder_put(encoder, left > 2 ? ALPHABET[group & 63] : '=');
    }
}

guint8 *part_encoder_finish(PartEncoder *encoder)
{
    if (encoder->encoding->base64)
        for (guint i = 0; i < encoder->encoding->tail; i++)
            encoder_end_line(encoder);
    return encoder->out;
}
