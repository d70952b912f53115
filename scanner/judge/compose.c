/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compose.c - writes text, headers and encoded data one after another into a memfd.
 *
 * Fails by COMPOSE_ERROR, and then leaves no file.
 */
#include "scanner/judge/compose.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    BUFFER_SIZE = 65536,
    LINE_MAX_LETTERS = 65535,
    TAIL_MAX = 1000
};

typedef struct {
    gboolean base64;
    guint line;
    const char *eol;
    guint tail;
} Encoding;

typedef struct {
    int fd;
    gsize size;
    gsize used;
    char buffer[BUFFER_SIZE];
    int failed; /* errno */
} Output;

G_DEFINE_QUARK(storehook_compose_error, compose_error)

static gboolean number_parse(const char *text, guint64 most, guint *ret)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(text, 10, 0, most, &number, NULL))
        return FALSE;
    *ret = (guint)number;
    return TRUE;
}

static gboolean encoding_parse(const char *text, Encoding *ret)
{
    g_auto(GStrv) fields = g_strsplit(text, ";", 5);
    Encoding encoding = {.base64 = TRUE};

    if (strcmp(text, "identity") == 0) {
        *ret = (Encoding){0};
        return TRUE;
    }
    if (g_strv_length(fields) != 4 || strcmp(fields[0], "base64") != 0 ||
        !number_parse(fields[1], LINE_MAX_LETTERS, &encoding.line) ||
        !number_parse(fields[3], TAIL_MAX, &encoding.tail))
        return FALSE;
    if (strcmp(fields[2], "crlf") == 0)
        encoding.eol = "\r\n";
    else if (strcmp(fields[2], "lf") == 0)
        encoding.eol = "\n";
    else
        return FALSE;
    *ret = encoding;
    return TRUE;
}

static void output_flush(Output *output)
{
    gsize done = 0;

    while (done < output->used && !output->failed) {
        ssize_t n = write(output->fd, output->buffer + done, output->used - done);

        if (n >= 0)
            done += (gsize)n;
        else if (errno != EINTR)
            output->failed = errno;
    }
    output->used = 0;
}

static void output_put(Output *output, const void *data, gsize size)
{
    const char *bytes = data;

    output->size += size;
    while (size > 0) {
        gsize n = MIN(size, BUFFER_SIZE - output->used);

        memcpy(output->buffer + output->used, bytes, n);
        output->used += n;
        bytes += n;
        size -= n;
        if (output->used == BUFFER_SIZE)
            output_flush(output);
    }
}

static void letters_of_group(const guint8 *bytes, gsize count, char letters[4])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    guint32 group = (guint32)bytes[0] << 16;

    if (count > 1)
        group |= (guint32)bytes[1] << 8;
    if (count > 2)
        group |= bytes[2];
    letters[0] = alphabet[group >> 18 & 63];
    letters[1] = alphabet[group >> 12 & 63];
    letters[2] = count > 1 ? alphabet[group >> 6 & 63] : '=';
    letters[3] = count > 2 ? alphabet[group & 63] : '=';
}

static void output_base64(Output *output, const guint8 *data, gsize size, const Encoding *encoding)
{
    gsize eol = strlen(encoding->eol);
    guint column = 0;

    for (gsize at = 0; at < size; at += 3) {
        char letters[4];

        letters_of_group(data + at, MIN(size - at, (gsize)3), letters);
        for (guint i = 0; i < 4; i++) {
            if (encoding->line > 0 && column == encoding->line) {
                output_put(output, encoding->eol, eol);
                column = 0;
            }
            output_put(output, &letters[i], 1);
            column++;
        }
    }
    for (guint i = 0; i < encoding->tail; i++)
        output_put(output, encoding->eol, eol);
}

static gint compare_offsets(gconstpointer a, gconstpointer b, gpointer user_data)
{
    guint64 x = ((const ComposePart *)a)->offset, y = ((const ComposePart *)b)->offset;

    (void)user_data;
    return x < y ? -1 : x > y;
}

static gboolean output_parts(Output *output, const char *text, gsize text_size,
                             const ComposePart *parts, gsize count, GError **error)
{
    gsize at = 0;

    for (gsize i = 0; i < count; i++) {
        Encoding encoding;

        if (!encoding_parse(parts[i].encoding, &encoding)) {
            g_set_error(error, COMPOSE_ERROR, COMPOSE_ERROR_ENCODING,
                        "part %" G_GSIZE_FORMAT ": \"%.64s\" is no encoding", i, parts[i].encoding);
            return FALSE;
        }
        if (parts[i].offset > text_size) {
            g_set_error(error, COMPOSE_ERROR, COMPOSE_ERROR_OFFSET,
                        "part %" G_GSIZE_FORMAT ": offset %" G_GUINT64_FORMAT " in %" G_GSIZE_FORMAT
                        " bytes of text",
                        i, parts[i].offset, text_size);
            return FALSE;
        }
        output_put(output, text + at, (gsize)parts[i].offset - at);
        at = (gsize)parts[i].offset;
        output_put(output, parts[i].header, parts[i].header_size);
        if (encoding.base64)
            output_base64(output, parts[i].data, parts[i].data_size, &encoding);
        else
            output_put(output, parts[i].data, parts[i].data_size);
    }
    output_put(output, text + at, text_size - at);
    return TRUE;
}

int compose_message(const void *text, gsize text_size, ComposePart *parts, gsize count,
                    gsize *ret_size, GError **error)
{
    g_autofree Output *output = g_try_new0(Output, 1);
    int fd = memfd_create("storehook-original", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (!output || fd < 0) {
        g_set_error(error, COMPOSE_ERROR, COMPOSE_ERROR_IO, "no memory for the original");
        goto fail;
    }
    output->fd = fd;
    if (count > 0)
        g_qsort_with_data(parts, (gint)count, sizeof(*parts), compare_offsets, NULL);
    if (!output_parts(output, text, text_size, parts, count, error))
        goto fail;
    output_flush(output);
    if (output->failed) {
        g_set_error(error, COMPOSE_ERROR, COMPOSE_ERROR_IO, "the original: %s",
                    g_strerror(output->failed));
        goto fail;
    }
    *ret_size = output->size;
    return fd;

fail:
    if (fd >= 0)
        close(fd);
    return -1;
}
