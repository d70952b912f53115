/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-decode.c - tolerant base64, quoted-printable, uuencode, xxencode, yEnc and UTF-16.
 *
 * Nothing here fails or allocates.
 */
#include "scanner/mail/mail-decode.h"

#include <string.h>

enum {
    UTF16_SAMPLE = 128 /* bytes in which the NULs of UTF-16 are looked for */
};

/* One more than its value; 0: it is no letter. */
static const guint8 BASE64[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

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

/* Whole groups up to the first sign that is no letter. Returns how many letters that are. */
static gsize decode_groups(const char *text, gsize size, guint8 *out)
{
    const guint8 *at = (const guint8 *)text;
    gsize done = 0;

    for (; size - done >= 4; done += 4, at += 4, out += 3) {
        guint a = BASE64[at[0]], b = BASE64[at[1]], c = BASE64[at[2]], d = BASE64[at[3]];

        if (a == 0 || b == 0 || c == 0 || d == 0)
            break;
        a--, b--, c--, d--;
        out[0] = (guint8)(a << 2 | b >> 4);
        out[1] = (guint8)(b << 4 | c >> 2);
        out[2] = (guint8)(c << 6 | d);
    }
    return done;
}

static gsize decode_base64(const char *text, gsize size, gboolean is_padded, guint8 *out)
{
    guint32 group = 0;
    int letters = 0;
    gsize used = 0;

    for (gsize i = 0; i < size; i++) {
        guint8 letter = BASE64[(guchar)text[i]];

        if (letter != 0) {
            group = group << 6 | (guint32)(letter - 1);
            letters++;
        }
        /* Padding ends a group; another run may follow it. */
        if (letters == 4 || (is_padded && text[i] == '=' && letters > 0)) {
            if (letters > 1)
                used += group_write(group, letters, out + used);
            group = 0;
            letters = 0;
        }
        if (letters == 0) {
            gsize more = decode_groups(text + i + 1, size - i - 1, out + used);

            used += more / 4 * 3;
            i += more;
        }
    }
    if (letters > 1)
        used += group_write(group, letters, out + used);
    return used;
}

gsize mail_decode_base64(const char *text, gsize size, guint8 *out)
{
    return decode_base64(text, size, TRUE, out);
}

gsize mail_decode_base64_unpadded(const char *text, gsize size, guint8 *out)
{
    return decode_base64(text, size, FALSE, out);
}

gboolean mail_decode_has_inner_padding(const char *text, gsize size)
{
    const char *padding = memchr(text, '=', size);

    for (; padding && padding < text + size; padding++)
        if (BASE64[(guchar)*padding] != 0)
            return TRUE;
    return FALSE;
}

/* `out` may be the text itself. */
gsize mail_decode_quoted_printable(const char *text, gsize size, guint8 *out)
{
    gsize used = 0;

    for (gsize i = 0; i < size; i++) {
        const char *sign = memchr(text + i, '=', size - i);
        gsize plain = (sign ? (gsize)(sign - text) : size) - i;

        memmove(out + used, text + i, plain);
        used += plain;
        i += plain;
        if (i == size)
            break;
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

/* What blanks the line has at its end, before carriage returns. */
static gsize trailing_blanks(const char *line, gsize length)
{
    gsize end = length, start;

    while (end > 0 && line[end - 1] == '\r')
        end--;
    for (start = end; start > 0 && (line[start - 1] == ' ' || line[start - 1] == '\t');)
        start--;
    return end - start;
}

gsize mail_decode_quoted_printable_trimmed(const char *text, gsize size, guint8 *out)
{
    const char *end = text + size;
    gsize used = 0, blanks = 0;

    for (const char *line = text, *newline; line < end; line = newline + 1) {
        gsize length, returns = 0;

        newline = memchr(line, '\n', (gsize)(end - line));
        length = (gsize)((newline ? newline : end) - line);
        blanks = trailing_blanks(line, length);
        while (returns < length && line[length - 1 - returns] == '\r')
            returns++;
        memcpy(out + used, line, length - blanks - returns);
        used += length - blanks - returns;
        memset(out + used, '\r', returns);
        used += returns;
        if (!newline)
            break;
        out[used++] = '\n';
    }
    if (used > 0 && blanks > 0 && out[used - 1] == '=') /* a soft break, and nothing behind it */
        used--;
    return mail_decode_quoted_printable((const char *)out, used, out);
}

gboolean mail_decode_has_trailing_blanks(const char *text, gsize size)
{
    const char *end = text + size;

    for (const char *line = text, *newline; line < end; line = newline + 1) {
        newline = memchr(line, '\n', (gsize)(end - line));
        if (trailing_blanks(line, (gsize)((newline ? newline : end) - line)) > 0)
            return TRUE;
        if (!newline)
            return FALSE;
    }
    return FALSE;
}

/* In letters of its own if `is_xx`: xxencode, which WinRAR opens as well. */
static guint8 uu_value(char c, gboolean is_xx)
{
    if (!is_xx)
        return (guint8)((c - ' ') & 0x3f);
    if (g_ascii_isdigit(c))
        return (guint8)(c - '0' + 2);
    if (g_ascii_isalpha(c))
        return (guint8)(g_ascii_isupper(c) ? c - 'A' + 12 : c - 'a' + 38);
    return c == '-';
}

/* By the length of its first line: uuencode has no small letters. */
static gboolean is_xxencode(const char *line, const char *end)
{
    return line < end && g_ascii_islower(*line);
}

/* One line: a letter that tells its length, then groups of four. Blanks at its end, which stand for
 * zeros, may have been lost on the way. */
static gsize uu_line(const char *line, gsize length, gboolean is_padded, gboolean is_xx,
                     guint8 *out)
{
    gsize wanted = length > 0 ? uu_value(line[0], is_xx) : 0;
    gsize used = 0;

    for (gsize i = 1; i + !is_padded < length && used < wanted; i += 4) {
        guint8 v[4] = {0};

        for (gsize j = 0; j < 4 && i + j < length; j++)
            v[j] = uu_value(line[i + j], is_xx);
        const guint8 bytes[3] = {(guint8)(v[0] << 2 | v[1] >> 4), (guint8)(v[1] << 4 | v[2] >> 2),
                                 (guint8)(v[2] << 6 | v[3])};
        /* No more bytes than letters, whatever the length letter says. */
        for (gsize j = 0; j < 3 && used < wanted && (is_padded || i + j + 1 < length); j++)
            out[used++] = bytes[j];
    }
    while (is_padded && used < wanted)
        out[used++] = 0;
    return used;
}

/* The line without its end; `*next` gets the start of the one after it. */
static gsize line_length(const char *line, const char *end, const char **next)
{
    const char *newline = line < end ? memchr(line, '\n', (gsize)(end - line)) : NULL;
    gsize length = (gsize)((newline ? newline : end) - line);

    *next = newline ? newline + 1 : end;
    if (length > 0 && line[length - 1] == '\r')
        length--;
    return length;
}

static gsize decode_uuencode(const char *text, gsize size, gboolean is_padded, guint8 *out)
{
    const char *end = text + size, *next;
    gsize length = line_length(text, end, &next);
    gboolean is_xx = is_xxencode(next, end);
    gsize used = 0;

    if (length >= 12 && memcmp(text, "begin-base64", 12) == 0)
        return mail_decode_base64(next, (gsize)(end - next), out);
    for (const char *line = next; line < end; line = next) {
        length = line_length(line, end, &next);
        if (length == 3 && memcmp(line, "end", 3) == 0)
            break;
        used += uu_line(line, length, is_padded, is_xx, out + used);
    }
    return used;
}

gsize mail_decode_uuencode(const char *text, gsize size, guint8 *out)
{
    return decode_uuencode(text, size, FALSE, out);
}

gsize mail_decode_uuencode_length(const char *text, gsize size)
{
    const char *end = text + size, *next;
    gsize all = 0, length = line_length(text, end, &next);
    gboolean is_xx = is_xxencode(next, end);

    if (length >= 12 && memcmp(text, "begin-base64", 12) == 0)
        return 0;
    for (const char *line = next; line < end; line = next) {
        length = line_length(line, end, &next);
        if (length == 3 && memcmp(line, "end", 3) == 0)
            break;
        all += length > 0 ? uu_value(line[0], is_xx) : 0;
    }
    return all;
}

gsize mail_decode_uuencode_padded(const char *text, gsize size, guint8 *out)
{
    return decode_uuencode(text, size, TRUE, out);
}

gsize mail_decode_yenc(const char *text, gsize size, guint8 *out)
{
    const char *end = text + size, *next;
    gsize used = 0;

    (void)line_length(text, end, &next);
    for (const char *line = next; line < end; line = next) {
        gsize length = line_length(line, end, &next);

        if (length >= 5 && memcmp(line, "=yend", 5) == 0)
            break;
        if (length >= 6 && memcmp(line, "=ypart", 6) == 0)
            continue;
        for (gsize i = 0; i < length; i++) {
            guint8 byte = (guint8)line[i];

            if (byte == '=' && i + 1 < length)
                byte = (guint8)(line[++i] - 64);
            out[used++] = (guint8)(byte - 42);
        }
    }
    return used;
}

MailUtf16 mail_decode_guess_utf16(const guint8 *data, gsize size)
{
    gsize sample = MIN(size, UTF16_SAMPLE) & ~(gsize)1;
    gsize zeros[2] = {0};

    if (size >= 2 && data[0] == 0xff && data[1] == 0xfe)
        return MAIL_UTF16_LITTLE;
    if (size >= 2 && data[0] == 0xfe && data[1] == 0xff)
        return MAIL_UTF16_BIG;
    for (gsize i = 0; i < sample; i++)
        zeros[i & 1] += data[i] == 0;
    if (sample < 8 || MIN(zeros[0], zeros[1]) > 0 || MAX(zeros[0], zeros[1]) * 4 < sample)
        return MAIL_UTF16_NONE;
    return zeros[1] > 0 ? MAIL_UTF16_LITTLE : MAIL_UTF16_BIG;
}

static guint32 utf16_unit(const guint8 *data, MailUtf16 order)
{
    return order == MAIL_UTF16_LITTLE ? (guint32)(data[0] | data[1] << 8)
                                      : (guint32)(data[0] << 8 | data[1]);
}

gsize mail_decode_utf16(const guint8 *data, gsize size, MailUtf16 order, guint8 *out)
{
    gsize used = 0;

    for (gsize i = 0; i + 1 < size; i += 2) {
        guint32 unit = utf16_unit(data + i, order), low;

        if ((unit & 0xfc00) == 0xd800 && i + 3 < size &&
            ((low = utf16_unit(data + i + 2, order)) & 0xfc00) == 0xdc00) {
            unit = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
            i += 2;
        } else if ((unit & 0xf800) == 0xd800) {
            unit = 0xfffd;
        }
        if (unit != 0xfeff) /* the mark itself */
            used += (gsize)g_unichar_to_utf8(unit, (char *)out + used);
    }
    return used;
}

gsize mail_decode_jis(const guint8 *data, gsize size, guint8 *out)
{
    const guint8 *end = data + size, *escape;
    gboolean is_ascii = TRUE;
    gsize used = 0;

    for (const guint8 *at = data; at < end; at = escape) {
        escape = memchr(at, '\x1b', (gsize)(end - at));
        if (escape && end - escape >= 3 && escape[1] == '(' && strchr("BJ", escape[2]) &&
            is_ascii) {
            if (out)
                memcpy(out + used, at, (gsize)(escape - at));
            used += (gsize)(escape - at);
            escape += 3;
            continue;
        }
        if (escape && end - escape >= 3)
            is_ascii = escape[1] == '(' && strchr("BJ", escape[2]) != NULL;
        escape = escape ? escape + 1 : end;
        if (out)
            memcpy(out + used, at, (gsize)(escape - at));
        used += (gsize)(escape - at);
    }
    return used;
}
