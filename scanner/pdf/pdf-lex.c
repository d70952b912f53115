/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-lex.c - takes words as readers do, broken ones as well.
 *
 * Nothing here fails: what makes no sense is passed over or ends what it stands in.
 */
#include "scanner/pdf/pdf-lex.h"

#include <string.h>

/* ISO 32000-1 7.2.2, tables 1 and 2. */
enum {
    WHITE = 1,
    DELIMITER
};

static const guint8 KINDS[256] = {
    ['\0'] = WHITE,    ['\t'] = WHITE,    ['\n'] = WHITE,    ['\f'] = WHITE,
    ['\r'] = WHITE,    [' '] = WHITE,     ['%'] = DELIMITER, ['('] = DELIMITER,
    [')'] = DELIMITER, ['/'] = DELIMITER, ['<'] = DELIMITER, ['>'] = DELIMITER,
    ['['] = DELIMITER, [']'] = DELIMITER, ['{'] = DELIMITER, ['}'] = DELIMITER};

static gboolean is_white(guint8 c)
{
    return KINDS[c] == WHITE;
}

/* TRUE if there was a comment among it. */
static gboolean skip_white(PdfText *text)
{
    gboolean has_comment = FALSE;

    while (text->at < text->end) {
        if (*text->at == '%') {
            has_comment = TRUE;
            while (text->at < text->end && *text->at != '\n' && *text->at != '\r')
                text->at++;
        } else if (!is_white(*text->at)) {
            break;
        } else {
            text->at++;
        }
    }
    return has_comment;
}

static void take_string(PdfText *text)
{
    guint depth = 0;

    while (text->at < text->end) {
        guint8 c = *text->at++;

        if (c == '\\' && text->at < text->end)
            text->at++;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            return;
    }
}

static void take_regular(PdfText *text)
{
    const guint8 *at = text->at;

    while (at < text->end && KINDS[*at] == 0)
        at++;
    text->at = at;
}

/* How many bytes are a number, 0: none. A very large one is some large one. */
static gsize number_read(const guint8 *at, gsize size, gint64 *ret)
{
    gsize i = size > 0 && (at[0] == '+' || at[0] == '-') ? 1 : 0, first = i;
    gint64 number = 0;

    for (; i < size && g_ascii_isdigit(at[i]); i++)
        number = number < G_MAXINT64 / 100 ? number * 10 + (at[i] - '0') : number;
    if (i < size && at[i] == '.') {
        gsize point = i;

        for (i++; i < size && g_ascii_isdigit(at[i]); i++) {
        }
        first += point == first && i == point + 1 ? 2 : 0; /* nothing on either side of it */
    }
    *ret = size > 0 && at[0] == '-' ? -number : number;
    return i > first ? i : 0;
}

/* A number ends where its digits do, for most readers: `0R` is 0 and R. */
static void take_plain(PdfText *text, PdfToken *token)
{
    gsize length = number_read(text->at, (gsize)(text->end - text->at), &token->number);

    token->kind = length > 0 ? PDF_TOKEN_NUMBER : PDF_TOKEN_WORD;
    if (length > 0) {
        text->at += length;
        token->is_glued = text->at < text->end && KINDS[*text->at] == 0;
    } else {
        take_regular(text);
        if (text->at == token->at) /* a brace, or a bracket that closes nothing */
            text->at++;
    }
}

static PdfToken take_one(PdfText *text)
{
    gboolean has_comment = skip_white(text), is_double;
    PdfToken token = {.has_comment = has_comment, .at = text->at};

    if (text->at >= text->end)
        return token;
    is_double = text->end - text->at > 1 && text->at[1] == text->at[0];
    switch (*text->at) {
    case '/':
        token.kind = PDF_TOKEN_NAME;
        text->at++;
        take_regular(text);
        break;
    case '(':
        token.kind = PDF_TOKEN_STRING;
        take_string(text);
        break;
    case '<':
        token.kind = is_double ? PDF_TOKEN_OPEN_DICT : PDF_TOKEN_HEX;
        if (is_double) {
            text->at += 2;
        } else {
            const guint8 *close = memchr(text->at, '>', (gsize)(text->end - text->at));

            text->at = close ? close + 1 : text->end;
        }
        break;
    case '[':
        token.kind = PDF_TOKEN_OPEN_ARRAY;
        text->at++;
        break;
    case ']':
        token.kind = PDF_TOKEN_CLOSE_ARRAY;
        text->at++;
        break;
    case '>':
        if (is_double) {
            token.kind = PDF_TOKEN_CLOSE_DICT;
            text->at += 2;
            break;
        }
        /* fall through */
    default:
        take_plain(text, &token);
    }
    token.size = (gsize)(text->at - token.at);
    return token;
}

PdfToken pdf_token_take(PdfText *text)
{
    PdfToken token = take_one(text), generation, word;
    PdfText ahead = *text;

    if (token.kind != PDF_TOKEN_NUMBER || token.number < 0 || token.number > G_MAXINT32 ||
        ahead.at >= ahead.end || !(is_white(*ahead.at) || *ahead.at == '%'))
        return token;
    generation = take_one(&ahead);
    if (generation.kind != PDF_TOKEN_NUMBER || generation.number < 0 ||
        generation.number > G_MAXUINT16)
        return token;
    word = take_one(&ahead);
    if (!pdf_token_is_word(&word, "R"))
        return token;
    token.kind = PDF_TOKEN_REFERENCE;
    token.generation = (guint)generation.number;
    token.size = (gsize)(ahead.at - token.at);
    token.has_comment |= generation.has_comment || word.has_comment;
    *text = ahead;
    return token;
}

PdfToken pdf_token_peek(PdfText text)
{
    static const guint8 nothing[1];

    return text.at ? pdf_token_take(&text) : (PdfToken){.at = nothing};
}

gboolean pdf_token_ends_value(const PdfToken *token)
{
    static const char *const words[] = {"endobj", "stream",  "endstream", "obj",
                                        "xref",   "trailer", "startxref"};

    for (gsize i = 0; token->kind == PDF_TOKEN_WORD && i < G_N_ELEMENTS(words); i++)
        if (pdf_token_is_word(token, words[i]))
            return TRUE;
    return token->kind == PDF_TOKEN_END;
}

gboolean pdf_nest_take(PdfNest *nest, const PdfToken *token)
{
    gboolean is_array = token->kind == PDF_TOKEN_OPEN_ARRAY || token->kind == PDF_TOKEN_CLOSE_ARRAY;
    gboolean opens = token->kind == PDF_TOKEN_OPEN_ARRAY || token->kind == PDF_TOKEN_OPEN_DICT;
    guint place = opens ? nest->depth : nest->depth - 1;
    guint64 *bits = &nest->arrays[place % PDF_NEST_MAX / 64], bit = G_GUINT64_CONSTANT(1)
                                                                    << place % 64;

    if (!opens && token->kind != PDF_TOKEN_CLOSE_ARRAY && token->kind != PDF_TOKEN_CLOSE_DICT)
        return TRUE;
    if (!opens && nest->depth == 0)
        return FALSE;
    if (opens) {
        if (place < PDF_NEST_MAX)
            *bits = is_array ? *bits | bit : *bits & ~bit;
        nest->depth++;
    } else if (place >= PDF_NEST_MAX || ((*bits & bit) != 0) == is_array) {
        nest->depth--;
    } else {
        nest->has_stray = TRUE;
        nest->is_torn |= !is_array;
    }
    return TRUE;
}

void pdf_value_take(PdfText *text)
{
    PdfNest nest = {0};

    do {
        PdfText before = *text;
        PdfToken token = pdf_token_take(text);

        if (pdf_token_ends_value(&token) || !pdf_nest_take(&nest, &token)) {
            *text = before;
            return;
        }
    } while (nest.depth > 0);
}

/* The character at *at, which moves behind it. */
static guint8 name_next(const guint8 **at, const guint8 *end)
{
    guint8 c = *(*at)++;

    if (c == '#' && end - *at >= 2 && g_ascii_isxdigit((*at)[0]) && g_ascii_isxdigit((*at)[1])) {
        c = (guint8)(g_ascii_xdigit_value((char)(*at)[0]) * 16 +
                     g_ascii_xdigit_value((char)(*at)[1]));
        *at += 2;
    }
    return c;
}

gboolean pdf_token_is_name(const PdfToken *token, const char *name)
{
    const guint8 *at = token->at, *end = token->at + token->size;

    if (token->kind != PDF_TOKEN_NAME)
        return FALSE;
    at++;
    for (; at < end && *name; name++)
        if (name_next(&at, end) != (guint8)*name)
            return FALSE;
    return at == end && *name == '\0';
}

gboolean pdf_token_is_word(const PdfToken *token, const char *word)
{
    return token->kind == PDF_TOKEN_WORD && token->size == strlen(word) &&
           memcmp(token->at, word, token->size) == 0;
}

/* The byte behind a backslash (ISO 32000-1 7.3.4.2); -1: none, a line that goes on. */
static int string_escape(const guint8 **at, const guint8 *end)
{
    static const char letters[] = "nrtbf", bytes[] = "\n\r\t\b\f";
    guint8 c = *(*at)++;
    const char *letter = c ? strchr(letters, c) : NULL;
    guint value = 0;

    if (letter)
        return bytes[letter - letters];
    if (c == '\r' && *at < end && **at == '\n')
        (*at)++;
    if (c == '\r' || c == '\n')
        return -1;
    if (c < '0' || c > '7')
        return c;
    (*at)--;
    for (guint i = 0; i < 3 && *at < end && **at >= '0' && **at <= '7'; i++)
        value = value * 8 + (guint)(*(*at)++ - '0');
    return (int)(value & 0xff);
}

static gsize string_bytes(const guint8 *at, const guint8 *end, guint8 *out)
{
    gsize used = 0;

    while (at < end) {
        int c = *at++;

        if (c == '\\' && at < end)
            c = string_escape(&at, end);
        if (c >= 0)
            out[used++] = (guint8)c;
    }
    return used;
}

static gsize hex_bytes(const guint8 *at, const guint8 *end, guint8 *out)
{
    gsize digits = 0;

    for (; at < end; at++) {
        int value = g_ascii_xdigit_value((char)*at);

        if (value < 0)
            continue;
        if (digits % 2 == 0)
            out[digits / 2] = (guint8)(value << 4);
        else
            out[digits / 2] |= (guint8)value;
        digits++;
    }
    return (digits + 1) / 2;
}

guint8 *pdf_token_bytes(const PdfToken *token, gsize *ret_size)
{
    const guint8 *at = token->at, *end = token->at + token->size;
    guint8 *out = g_try_malloc(token->size + 1);

    *ret_size = 0;
    if (!out || token->size == 0)
        return out;
    at++;
    switch (token->kind) {
    case PDF_TOKEN_NAME:
        while (at < end)
            out[(*ret_size)++] = name_next(&at, end);
        break;
    case PDF_TOKEN_STRING:
        *ret_size = string_bytes(at, end > at && end[-1] == ')' ? end - 1 : end, out);
        break;
    case PDF_TOKEN_HEX:
        *ret_size = hex_bytes(at, end, out);
        break;
    default:
        break;
    }
    return out;
}

gboolean pdf_dict_next(PdfText *dict, PdfToken *ret_key, PdfText *ret_value)
{
    for (;;) {
        PdfText before = *dict;
        PdfToken key = pdf_token_take(dict);

        if (key.kind == PDF_TOKEN_NAME) {
            *ret_key = key;
            *ret_value = *dict;
            pdf_value_take(dict);
            return TRUE;
        }
        if (key.kind == PDF_TOKEN_CLOSE_DICT || pdf_token_ends_value(&key))
            return FALSE;
        if (key.kind == PDF_TOKEN_CLOSE_ARRAY)
            continue;
        /* A value without a key. */
        *dict = before;
        pdf_value_take(dict);
    }
}

PdfText pdf_dict_find(PdfText dict, const char *key, guint pick, gboolean *is_doubtful)
{
    PdfText value, last = {0}, first = {0};
    PdfToken token = pdf_token_peek(dict);

    if (!dict.at || token.kind != PDF_TOKEN_OPEN_DICT)
        return last;
    (void)pdf_token_take(&dict);
    while (pdf_dict_next(&dict, &token, &value)) {
        if (!pdf_token_is_name(&token, key))
            continue;
        last = value;
        if (!first.at)
            first = value;
    }
    if (is_doubtful && pick == 0 && first.at != last.at)
        *is_doubtful = TRUE;
    return pick == 0 ? last : first;
}
