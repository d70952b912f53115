/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-decode.c - base64 in pieces, hexadecimal digits, numbers, escapes.
 *
 * Fails by giving nothing where there is no memory for the letters.
 */
#include "scanner/page/page-decode.h"

#include <string.h>

#include "scanner/mail/mail-decode.h"
#include "scanner/page/page-number.h"
#include "scanner/page/page-piece.h"

/* Without what stands between the pieces, of which a plus would be taken for a letter. */
static gsize decode_pieces(const char *from, gsize size, guint8 *out, gboolean is_wide,
                           const PagePieceRound *round)
{
    const char *end = from + size;
    g_autofree char *letters = g_try_malloc(size + 1);
    gsize used = 0;

    while (letters && from && from < end) {
        const char *to = page_piece_end(from, end);

        memcpy(letters + used, from, (gsize)(to - from));
        used += (gsize)(to - from);
        if (to == end || to == from)
            break;
        from = round ? page_piece_behind_round(round, to, end) : page_piece_next(to, end, is_wide);
    }
    return letters ? mail_decode_base64(letters, used, out) : 0;
}

gsize page_decode_base64(const char *from, gsize size, guint8 *out, gsize room,
                         gconstpointer is_wide)
{
    (void)room;
    return decode_pieces(from, size, out, is_wide != NULL, NULL);
}

gsize page_decode_round(const char *from, gsize size, guint8 *out, gsize room, gconstpointer round)
{
    (void)room;
    return decode_pieces(from, size, out, FALSE, round);
}

static gboolean hex_pair(const char *at, const char *end, guint8 *ret)
{
    if (end - at < 2 || !g_ascii_isxdigit(at[0]) || !g_ascii_isxdigit(at[1]))
        return FALSE;
    *ret = (guint8)(g_ascii_xdigit_value(at[0]) * 16 + g_ascii_xdigit_value(at[1]));
    return TRUE;
}

gsize page_decode_hex(const char *from, gsize size, guint8 *out, gsize room, gconstpointer how)
{
    const char *end = from + size;
    gsize used = 0;

    (void)how;
    while (from < end && used < room) {
        if (hex_pair(from, end, out + used)) {
            used++;
            from += 2;
        } else if (page_piece_is_separator(*from)) {
            from++;
        } else {
            break;
        }
    }
    return used;
}

/* What stands behind `\u`, `%u` and the like: four digits of a letter below 256. */
static const char *take_letter(const char *at, const char *end, guint8 *ret)
{
    guint8 upper;

    return hex_pair(at, end, &upper) && upper == 0 && hex_pair(at + 2, end, ret) ? at + 4 : NULL;
}

/* At most so many digits; NULL: none. */
static const char *take_digits(const char *at, const char *end, gint base, guint most, guint *ret)
{
    const char *begin = at;
    guint value = 0;
    gint digit;

    for (; at < end && most > 0; at++, most--) {
        digit = g_ascii_xdigit_value(*at);
        if (digit < 0 || digit >= base)
            break;
        value = value * (guint)base + (guint)digit;
    }
    *ret = value;
    return at > begin ? at : NULL;
}

/* `&#77;` or `&#x4d;` */
static const char *take_entity(const char *at, const char *end, guint8 *ret)
{
    gboolean is_hex = at < end && (*at | 0x20) == 'x';
    guint value;

    at = take_digits(at + is_hex, end, is_hex ? 16 : 10, 8, &value);
    if (!at || value > 255)
        return NULL;
    *ret = (guint8)value;
    return at < end && *at == ';' ? at + 1 : at;
}

/* Up to three digits of a byte, `\115`. */
static const char *take_octal(const char *at, const char *end, guint8 *ret)
{
    guint value;

    at = take_digits(at, end, 8, 3, &value);
    if (!at || value > 255)
        return NULL;
    *ret = (guint8)value;
    return at;
}

/* `77` or `-77`. */
static const char *take_decimal(const char *at, const char *end, guint8 *ret)
{
    gboolean is_negative = at < end && *at == '-';
    guint value;

    at = take_digits(at + is_negative, end, 10, 4, &value);
    if (!at || value > (is_negative ? 128 : 255))
        return NULL;
    *ret = (guint8)(is_negative ? 256 - value : value);
    return at;
}

/* A byte as a script or a page writes it; NULL: none, or more than one. */
static const char *take_byte(const char *at, const char *end, guint8 *ret)
{
    gsize left = (gsize)(end - at);

    if (left >= 6 && (*at == '%' || *at == '\\') && (at[1] | 0x20) == 'u')
        return take_letter(at + 2, end, ret);
    if (left >= 3 && *at == '%' && hex_pair(at + 1, end, ret))
        return at + 3;
    if (left >= 4 && (*at == '\\' || *at == '0') && (at[1] | 0x20) == 'x' &&
        hex_pair(at + 2, end, ret))
        return at + 4;
    if (left >= 2 && *at == '\\')
        return take_octal(at + 1, end, ret);
    if (left >= 3 && *at == '&' && at[1] == '#')
        return take_entity(at + 2, end, ret);
    return take_decimal(at, end, ret);
}

gboolean page_decode_is_between(char c)
{
    return c == ',' || g_ascii_isspace(c);
}

/* Ends at what is no number; *ret_end: there. */
gsize page_decode_take_numbers(const char *at, const char *end, guint8 *out, gsize room,
                               const char **ret_end)
{
    gsize used = 0;
    guint8 byte;

    *ret_end = at;
    while (used < room) {
        while (at < end && page_decode_is_between(*at))
            at++;
        at = take_byte(at, end, &byte);
        if (!at)
            break;
        out[used++] = byte;
        *ret_end = at;
    }
    return used;
}

gsize page_decode_numbers(const char *from, gsize size, guint8 *out, gsize room, gconstpointer how)
{
    const char *end;

    (void)how;
    return page_decode_take_numbers(from, from + size, out, room, &end);
}

gsize page_decode_list(const char *from, gsize size, guint8 *out, gsize room, gconstpointer list)
{
    const char *end;

    return page_number_read(list, from + size, out, room, &end);
}

/* A letter of a text; those from 256 on are UTF-8, or `is_wide` and all are two bytes. */
static void put_code(guint code, gboolean is_wide, guint8 *out, gsize *used)
{
    if (is_wide) {
        out[(*used)++] = (guint8)code;
        out[(*used)++] = (guint8)(code >> 8);
    } else if (code < 256) {
        out[(*used)++] = (guint8)code;
    } else {
        *used += (gsize)g_unichar_to_utf8(code, (char *)out + *used);
    }
}

/* `{4d}`; what is behind it, or NULL. */
static const char *take_braces(const char *at, const char *end, guint *ret)
{
    guint value = 0;

    if (at == end || *at != '{')
        return NULL;
    for (at++; at < end && g_ascii_isxdigit(*at) && value <= G_MAXUINT16; at++)
        value = value * 16 + (guint)g_ascii_xdigit_value(*at);
    *ret = value;
    return at < end && *at == '}' && value <= G_MAXUINT16 ? at + 1 : NULL;
}

/* Letters that stand for themselves among such that are escaped. */
gsize page_decode_escaped(const char *from, gsize size, guint8 *out, gsize room,
                          gconstpointer is_wide)
{
    const char *end = from + size;
    const char *behind;
    gsize used = 0;
    guint8 upper, byte;
    guint code;

    while (from < end && used + 3 <= room) { /* 3: of one letter in UTF-8 */
        gboolean is_mark = *from == '%' || *from == '\\';
        char next = end - from >= 2 ? (char)(from[1] | 0x20) : '\0';

        if (is_mark && next == 'u' && hex_pair(from + 2, end, &upper) &&
            hex_pair(from + 4, end, &byte)) {
            put_code((guint)upper << 8 | byte, is_wide != NULL, out, &used);
            from += 6; /* \uXXXX */
        } else if (*from == '\\' && next == 'u' &&
                   (behind = take_braces(from + 2, end, &code)) != NULL) {
            put_code(code, is_wide != NULL, out, &used);
            from = behind;
        } else if (*from == '\\' && (behind = take_octal(from + 1, end, out + used)) != NULL) {
            used++;
            from = behind;
        } else if (*from == '%' && hex_pair(from + 1, end, &byte)) {
            out[used++] = byte;
            from += 3;
        } else if (*from == '\\' && next == 'x' && hex_pair(from + 2, end, &byte)) {
            out[used++] = byte;
            from += 4;
        } else if (*from == '\\' && end - from >= 2) {
            static const char letters[] = "n\nr\rt\tb\bf\fv\v";
            const char *letter = from[1] > ' ' ? strchr(letters, from[1]) : NULL;

            out[used++] = (guint8)(letter ? letter[1] : from[1]);
            from += 2;
        } else {
            out[used++] = (guint8)*from++;
        }
    }
    return used;
}

/* --- Letters among other signs ----------------------------------------------------- */

gboolean page_decode_is_junk(const PageDecodeMixed *mixed, char c)
{
    static const guint8 between_digits[256] = {
        [' '] = 1, ['\t'] = 1, ['\r'] = 1, ['\n'] = 1, [','] = 1, [':'] = 1, [';'] = 1,
        ['|'] = 1, ['-'] = 1,  ['_'] = 1,  ['.'] = 1,  ['~'] = 1, ['@'] = 1, ['!'] = 1,
        ['#'] = 1, ['$'] = 1,  ['*'] = 1,  ['%'] = 1,  ['^'] = 1, ['&'] = 1, ['\\'] = 1,
    };

    switch (mixed->kind) {
    case PAGE_DECODE_URL:
        return c == '-' || c == '_';
    case PAGE_DECODE_JUNK:
        return c == mixed->junk;
    case PAGE_DECODE_BLANKS:
        return g_ascii_isspace(c);
    case PAGE_DECODE_HEX:
        return between_digits[(guchar)c];
    }
    return FALSE;
}

gboolean page_decode_is_mixed(const PageDecodeMixed *mixed, char c)
{
    return (mixed->kind == PAGE_DECODE_HEX ? g_ascii_isxdigit(c) : page_piece_is_letter(c)) ||
           page_decode_is_junk(mixed, c);
}

const char *page_decode_mixed_end(const PageDecodeMixed *mixed, const char *at, const char *end)
{
    while (at < end && page_decode_is_mixed(mixed, *at))
        at++;
    return at;
}

gsize page_decode_mixed(const char *from, gsize size, guint8 *out, gsize room, gconstpointer how)
{
    const PageDecodeMixed *mixed = how;
    g_autofree char *letters = g_try_malloc(size + 1);
    gsize used = 0, done = 0;

    for (gsize i = 0; letters && i < size && page_decode_is_mixed(mixed, from[i]); i++) {
        if (mixed->kind == PAGE_DECODE_URL && page_decode_is_junk(mixed, from[i]))
            letters[used++] = from[i] == '-' ? '+' : '/';
        else if (!page_decode_is_junk(mixed, from[i]))
            letters[used++] = from[i];
    }
    if (!letters || mixed->kind != PAGE_DECODE_HEX)
        return letters ? mail_decode_base64(letters, used, out) : 0;
    while (done < room && hex_pair(letters + 2 * done, letters + used, out + done))
        done++;
    return done;
}
