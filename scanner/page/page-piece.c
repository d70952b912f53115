/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page-piece.c - goes from piece to piece by the quotes, signs and statements between them.
 *
 * Cannot fail; looks no farther than PAGE_PIECE_SEPARATOR_MAX for the next one.
 *
 * Known limits: a comment with a quotation mark in it between two pieces ends them; what has the
 * order of its pieces only in a table or a call is read in the order in which they stand.
 */
#include "scanner/page/page-piece.h"

#include <string.h>

#include "scanner/common/byte-block.h"
#include "scanner/common/byte-scan.h"

enum {
    LETTER = PAGE_PIECE_LETTER,
    SEPARATOR = PAGE_PIECE_SEPARATOR,
    QUOTE = PAGE_PIECE_QUOTE | PAGE_PIECE_SEPARATOR | PAGE_PIECE_BOUND,
    NUMBER = PAGE_PIECE_NUMBER,
    BOUND = PAGE_PIECE_BOUND
};

const guint8 page_piece_signs[256] = {
    ['0' ... '9'] = LETTER | NUMBER,
    ['A' ... 'F'] = LETTER | NUMBER,
    ['G' ... 'T'] = LETTER,
    ['U'] = LETTER | NUMBER,
    ['V' ... 'W'] = LETTER,
    ['X'] = LETTER | NUMBER,
    ['Y' ... 'Z'] = LETTER,
    ['a' ... 'f'] = LETTER | NUMBER,
    ['g' ... 't'] = LETTER,
    ['u'] = LETTER | NUMBER,
    ['v' ... 'w'] = LETTER,
    ['x'] = LETTER | NUMBER,
    ['y' ... 'z'] = LETTER,
    ['/'] = LETTER,
    ['+'] = LETTER | SEPARATOR,
    ['"'] = QUOTE,
    ['\''] = QUOTE,
    ['`'] = QUOTE,
    [','] = SEPARATOR | NUMBER,
    ['\\'] = SEPARATOR | NUMBER,
    [' '] = SEPARATOR | NUMBER,
    ['\t'] = SEPARATOR | NUMBER,
    ['\n'] = SEPARATOR | NUMBER | BOUND,
    ['\r'] = SEPARATOR | NUMBER,
    ['\f'] = NUMBER,
    ['%'] = NUMBER,
    ['-'] = NUMBER,
    ['&'] = NUMBER,
    ['#'] = NUMBER,
    [';'] = NUMBER,
    ['<'] = BOUND,
    ['>'] = BOUND,
};

const char *page_piece_end(const char *at, const char *end)
{
    at += byte_scan_letters(at, end);
    while (at < end && *at == '=')
        at++;
    return at;
}

const char *page_piece_begin(const char *begin, const char *at)
{
    return at - byte_scan_letters_before(begin, at);
}

/* Behind the comment at `at`; NULL: there is none, or it does not end. */
static const char *comment_end(const char *at, const char *end)
{
    const char *last = NULL;

    if (end - at >= 4 && at[0] == '/' && at[1] == '*') {
        last = memmem(at + 2, (gsize)(end - at) - 2, "*/", 2);
        return last ? last + 2 : NULL;
    }
    if (end - at >= 2 && at[0] == '/' && at[1] == '/')
        last = memchr(at, '\n', (gsize)(end - at));
    return last ? last + 1 : NULL;
}

/* Where a comment begins that goes up to `end`; NULL: there is none. */
static const char *comment_begin(const char *at, const char *end)
{
    const char *newline;

    if (end - at >= 4 && end[-1] == '/' && end[-2] == '*')
        return memmem(at, (gsize)(end - at) - 2, "/*", 2);
    newline = memrchr(at, '\n', (gsize)(end - at));
    at = newline ? newline : at;
    return memmem(at, (gsize)(end - at), "//", 2);
}

/* Without the comments and blanks at both ends. */
static const char *trim(const char *at, gsize *size)
{
    const char *end = at + *size, *next;

    do {
        while (at < end && g_ascii_isspace(*at))
            at++;
        next = comment_end(at, end);
        at = next ? next : at;
    } while (next);
    do {
        while (at < end && g_ascii_isspace(end[-1]))
            end--;
        next = comment_begin(at, end);
        end = next ? next : end;
    } while (next);
    *size = (gsize)(end - at);
    return at;
}

/* Behind a quote a slash is a letter too, but where the quote ends the piece at `from`. */
static gboolean is_comment(const char *from, const char *at, const char *end)
{
    return end - at >= 2 && at[0] == '/' && (at[1] == '*' || (at[1] == '/' && at == from + 1));
}

/* Whether what stands between two quotes adds the one to the other: `; x += `, `); x.push(`. Of
 * names that are put together elsewhere (`; const b = `, `, b: `) only where that is asked. */
static gboolean is_addition(const char *at, gsize size, gboolean is_wide)
{
    static const char push[] = "push", concat[] = "concat";
    gsize end = size;

    at = trim(at, &end);
    if (end > 1 && at[end - 1] == '_') { /* a line of VBScript that goes on */
        end--;
        at = trim(at, &end);
    }
    if (end == 1)
        return *at == '+' || *at == ',' || *at == '&';
    if (end < 2)
        return FALSE;
    if (at[end - 1] == '=')
        return is_wide || at[end - 2] == '+';
    if (at[end - 1] == ':')
        return is_wide;
    return at[end - 1] == '(' &&
           ((end > strlen(push) && memcmp(at + end - 1 - strlen(push), push, strlen(push)) == 0) ||
            (end > strlen(concat) &&
             memcmp(at + end - 1 - strlen(concat), concat, strlen(concat)) == 0));
}

/* `'; x += '`; *ret: behind the quote that begins the next. */
static gboolean next_statement(const char *at, const char *end, gboolean is_wide, const char **ret)
{
    const char *most = at + MIN(end - at, PAGE_PIECE_SEPARATOR_MAX), *quote = at + 1;

    if (at == end || !page_piece_is_quote(*at))
        return FALSE;
    while (quote < most && !page_piece_is_quote(*quote))
        quote++;
    if (quote == most || !is_addition(at + 1, (gsize)(quote - at - 1), is_wide))
        return FALSE;
    *ret = quote + 1;
    return TRUE;
}

/* `&#10;`, `&#xA;` and the like; 0: there is none. */
static gsize blank_reference(const char *at, const char *end)
{
    const char *digit = at + 2;
    guint base = 10, value = 0;

    if (end - at < 4 || at[0] != '&' || at[1] != '#')
        return 0;
    if ((*digit | 0x20) == 'x') {
        base = 16;
        digit++;
    }
    for (; digit < end && value <= ' ' && g_ascii_isxdigit(*digit); digit++)
        value = value * base + (guint)g_ascii_xdigit_value(*digit);
    return digit < end && *digit == ';' && value <= ' ' && g_ascii_isspace((char)value)
               ? (gsize)(digit + 1 - at)
               : 0;
}

gsize page_piece_escaped_blank(const char *at, const char *end)
{
    if (end - at >= 2 && *at == '\\' && (at[1] == 'n' || at[1] == 'r' || at[1] == 't'))
        return 2;
    return blank_reference(at, end);
}

/* Behind the signs between two pieces. A plus joins where a quote was closed; else it is a letter.
 */
static const char *separators_end(const char *at, const char *end)
{
    guint quotes = 0;

    while (at < end) {
        gsize blank = page_piece_escaped_blank(at, end);

        if (blank > 0) {
            at += blank;
            continue;
        }
        if (!page_piece_is_separator(*at) || (*at == '+' && quotes % 2 == 0))
            break;
        quotes += page_piece_is_quote(*at);
        at++;
    }
    return at;
}

const char *page_piece_next(const char *at, const char *end, gboolean is_wide)
{
    const char *most = at + MIN(end - at, PAGE_PIECE_SEPARATOR_MAX), *start = at;

    if (at[-1] == '=') /* padding: nothing belongs to it */
        return NULL;
    at = separators_end(at, most);
    if ((at == end || !page_piece_is_letter(*at) || !page_piece_is_quote(at[-1]) ||
         is_comment(start, at, end)) &&
        next_statement(start, end, is_wide, &start))
        at = start;
    return at < end && page_piece_is_letter(*at) ? at : NULL;
}

const char *page_piece_before(const char *begin, const char *at, gboolean is_wide)
{
    const char *least = at - MIN(at - begin, PAGE_PIECE_SEPARATOR_MAX), *quote = at - 1;

    if (at - begin < 2 || !page_piece_is_quote(at[-1]))
        return NULL;
    do
        quote--;
    while (quote > least && !page_piece_is_quote(*quote));
    return quote > least && page_piece_is_letter(quote[-1]) &&
                   is_addition(quote + 1, (gsize)(at - 1 - (quote + 1)), is_wide)
               ? quote
               : NULL;
}

/* --- Texts that return ------------------------------------------------------------- */

const char *page_piece_behind_round(const PagePieceRound *round, const char *at, const char *end)
{
    const char *text = round->text, *last = text + round->length;

    while (text < last && at < end) {
        if (g_ascii_isdigit(*text) && g_ascii_isdigit(*at)) {
            while (text < last && g_ascii_isdigit(*text))
                text++;
            while (at < end && g_ascii_isdigit(*at))
                at++;
        } else if (*text++ != *at++) {
            return NULL;
        }
    }
    return text == last && at < end && page_piece_is_letter(*at) ? at : NULL;
}

const char *page_piece_before_round(const PagePieceRound *round, const char *begin, const char *at)
{
    const char *least = at - MIN(at - begin, PAGE_PIECE_SEPARATOR_MAX);

    for (const char *from = at - 1; from > least; from--)
        if (page_piece_is_letter(from[-1]) && !page_piece_is_letter(*from) &&
            page_piece_behind_round(round, from, at + 1) == at)
            return from;
    return NULL;
}

/* Whether so many letters, or padding, stand there in a row, or may at the end. In most places none
 * do. */
static gboolean may_have_piece(const char *at)
{
    guint64 others = 0;

    for (guint i = 0; i < PAGE_PIECE_SEPARATOR_MAX; i += BYTE_BLOCK)
        others |= (guint64)(byte_block_others(at + i) & ~byte_block_either(at + i, '=', '=')) << i;
    others |= others >> 1;
    others |= others >> 2;
    others |= others >> 4; /* one of eight in a row */
    return (others | others >> (PAGE_PIECE_ROUND_MIN - 8)) != G_MAXUINT64;
}

gboolean page_piece_find_round(const char *at, const char *end, PagePieceRound *ret)
{
    const char *most = at + MIN(end - at, PAGE_PIECE_SEPARATOR_MAX), *next = at, *to = at;

    if (most - at == PAGE_PIECE_SEPARATOR_MAX && !may_have_piece(at))
        return FALSE;
    while (next < most && to - next < PAGE_PIECE_ROUND_MIN) {
        next = to;
        while (next < most && !page_piece_is_letter(*next))
            next++;
        to = page_piece_end(next, end);
    }
    *ret = (PagePieceRound){.text = at, .length = (gsize)(next - at)};
    return next < most && page_piece_behind_round(ret, to, end) != NULL;
}
