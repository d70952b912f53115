/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-decode.c - tolerant base64, quoted-printable and uuencode.
 *
 * Nothing here fails or allocates.
 */
#include "scanner/mail-decode.h"

#include <string.h>

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Writes the whole bytes of `letters` six-bit values. */
static gsize group_write(guint32 group, int letters, guint8 *out)
{
    gsize done = 0;

    for (; letters < 4; letters++) {
        group <<= 6;
        done++; /* missing letters: one byte less each, and the first takes two */
    }
    out[0] = (guint8)(group >> 16);
    if (done < 2)
        out[1] = (guint8)(group >> 8);
    if (done < 1)
        out[2] = (guint8)group;
    return 3 - done;
}

gsize mail_decode_base64(const char *text, gsize size, guint8 *out)
{
    guint32 group = 0;
    int letters = 0;
    gsize used = 0;

    for (gsize i = 0; i < size; i++) {
        int value = base64_value(text[i]);

        if (value >= 0) {
            group = group << 6 | (guint32)value;
            letters++;
        }
        /* Padding ends a group; another run may follow it. */
        if (letters == 4 || (text[i] == '=' && letters > 0)) {
            if (letters > 1)
                used += group_write(group, letters, out + used);
            group = 0;
            letters = 0;
        }
    }
    if (letters > 1)
        used += group_write(group, letters, out + used);
    return used;
}

gsize mail_decode_quoted_printable(const char *text, gsize size, guint8 *out)
{
    gsize used = 0;

    for (gsize i = 0; i < size; i++) {
        if (text[i] != '=') {
            out[used++] = (guint8)text[i];
            continue;
        }
        if (i + 2 < size && g_ascii_isxdigit(text[i + 1]) && g_ascii_isxdigit(text[i + 2])) {
            out[used++] = (guint8)(g_ascii_xdigit_value(text[i + 1]) << 4 |
                                   g_ascii_xdigit_value(text[i + 2]));
            i += 2;
            continue;
        }
        /* A soft line break, with spaces before the line end or not; any other '=' stands. */
        gsize j = i + 1;

        while (j < size && (text[j] == ' ' || text[j] == '\t' || text[j] == '\r'))
            j++;
        if (j < size && text[j] == '\n')
            i = j;
        else
            out[used++] = '=';
    }
    return used;
}

static guint8 uu_value(char c)
{
    return (guint8)((c - ' ') & 0x3f);
}

/* One line: a letter that tells its length, then groups of four. */
static gsize uu_line(const char *line, gsize length, guint8 *out)
{
    gsize wanted = length > 0 ? uu_value(line[0]) : 0;
    gsize used = 0;

    for (gsize i = 1; i + 1 < length && used < wanted; i += 4) {
        guint8 v[4] = {0};

        for (gsize j = 0; j < 4 && i + j < length; j++)
            v[j] = uu_value(line[i + j]);
        const guint8 bytes[3] = {(guint8)(v[0] << 2 | v[1] >> 4), (guint8)(v[1] << 4 | v[2] >> 2),
                                 (guint8)(v[2] << 6 | v[3])};
        /* No more bytes than letters, whatever the length letter says. */
        for (gsize j = 0; j < 3 && used < wanted && i + j + 1 < length; j++)
            out[used++] = bytes[j];
    }
    return used;
}

gsize mail_decode_uuencode(const char *text, gsize size, guint8 *out)
{
    const char *end = text + size;
    gboolean first = TRUE;
    gsize used = 0;

    while (text < end) {
        const char *newline = memchr(text, '\n', (gsize)(end - text));
        const char *stop = newline ? newline : end;
        gsize length = (gsize)(stop - text);

        if (length > 0 && text[length - 1] == '\r')
            length--;
        if (length == 3 && memcmp(text, "end", 3) == 0)
            break;
        if (!first)
            used += uu_line(text, length, out + used);
        first = FALSE;
        text = newline ? newline + 1 : end;
    }
    return used;
}
