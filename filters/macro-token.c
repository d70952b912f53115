/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-token.c - the lexer for macros ([MS-VBAL] 3.3; formulas are simpler).
 *
 * Cannot fail: what is no token of the language is a mark. Comments and line continuations are
 * removed.
 *
 * Known limit: of the type characters at the end of a name only $ and % are removed; the others are
 * operators as well.
 */
#include "filters/macro-token.h"

#include <string.h>

typedef struct {
    const char *at, *end;
    MacroDialect dialect;
    GArray *tokens;
} Lexer;

static gboolean is_word(const Lexer *lexer, char letter)
{
    if (g_ascii_isalnum(letter) || letter == '_' || (guchar)letter >= 0x80)
        return TRUE;
    return lexer->dialect == MACRO_DIALECT_FORMULA && letter != '\0' &&
           strchr(".!$", letter) != NULL;
}

static void add(Lexer *lexer, TokenType type, const char *text, gsize size, gint64 number)
{
    const Token token = {.type = type, .text = text, .size = size, .number = number};

    g_array_append_val(lexer->tokens, token);
}

static void add_line(Lexer *lexer)
{
    guint count = lexer->tokens->len;

    if (count == 0 || g_array_index(lexer->tokens, Token, count - 1).type != TOKEN_LINE)
        add(lexer, TOKEN_LINE, "", 0, 0);
}

static void skip_line(Lexer *lexer)
{
    const char *newline = memchr(lexer->at, '\n', (gsize)(lexer->end - lexer->at));

    lexer->at = newline != NULL ? newline : lexer->end;
}

/* ` _` at the end of a line joins it with the next. */
static gboolean skip_continuation(Lexer *lexer)
{
    const char *p = lexer->at + 1;

    if (*lexer->at != '_' || lexer->dialect != MACRO_DIALECT_BASIC)
        return FALSE;
    while (p < lexer->end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    if (p >= lexer->end || *p != '\n')
        return FALSE;
    lexer->at = p + 1;
    return TRUE;
}

static void take_string(Lexer *lexer)
{
    const char *begin = ++lexer->at;

    for (; lexer->at < lexer->end && *lexer->at != '\n'; lexer->at++) {
        if (*lexer->at != '"')
            continue;
        if (lexer->at + 1 >= lexer->end || lexer->at[1] != '"')
            break;
        lexer->at++; /* a doubled quote stands for one */
    }
    add(lexer, TOKEN_STRING, begin, (gsize)(lexer->at - begin), 0);
    if (lexer->at < lexer->end && *lexer->at == '"')
        lexer->at++;
}

static void take_digits(Lexer *lexer, const char *begin, guint base)
{
    gint64 number = 0;

    for (; lexer->at < lexer->end && g_ascii_isxdigit(*lexer->at) &&
           (guint)g_ascii_xdigit_value(*lexer->at) < base;
         lexer->at++)
        number = (gint64)(((guint64)number * base + (guint64)g_ascii_xdigit_value(*lexer->at)) &
                          G_MAXINT64);
    add(lexer, TOKEN_NUMBER, begin, (gsize)(lexer->at - begin), number);
}

/* &H41, &O101 */
static gboolean take_based_number(Lexer *lexer)
{
    const char *begin = lexer->at;
    gboolean is_hex;

    if (*begin != '&' || lexer->end - begin < 3 || lexer->dialect != MACRO_DIALECT_BASIC)
        return FALSE;
    is_hex = (begin[1] | 0x20) == 'h';
    if ((!is_hex && (begin[1] | 0x20) != 'o') || !g_ascii_isxdigit(begin[2]))
        return FALSE;
    /* `x &Hello` is a name after an operator. */
    for (const char *p = begin + 2; p < lexer->end && is_word(lexer, *p); p++)
        if (!g_ascii_isxdigit(*p))
            return FALSE;
    lexer->at += 2;
    take_digits(lexer, begin, is_hex ? 16 : 8);
    if (lexer->at < lexer->end && *lexer->at == '&')
        lexer->at++; /* the type character of a Long */
    return TRUE;
}

static void take_word(Lexer *lexer)
{
    const char *begin = lexer->at;
    guint count = lexer->tokens->len;
    gboolean starts =
        count == 0 || g_array_index(lexer->tokens, Token, count - 1).type == TOKEN_LINE;

    while (lexer->at < lexer->end && is_word(lexer, *lexer->at))
        lexer->at++;
    if (lexer->dialect == MACRO_DIALECT_BASIC && starts && lexer->at - begin == 3 &&
        g_ascii_strncasecmp(begin, "rem", 3) == 0) {
        skip_line(lexer);
        return;
    }
    add(lexer, TOKEN_WORD, begin, (gsize)(lexer->at - begin), 0);
    if (lexer->at < lexer->end && (*lexer->at == '$' || *lexer->at == '%'))
        lexer->at++;
}

static gboolean ends_statement(const Lexer *lexer)
{
    /* `name:=value` is a named argument. */
    return lexer->dialect == MACRO_DIALECT_BASIC && *lexer->at == ':' &&
           !(lexer->at + 1 < lexer->end && lexer->at[1] == '=');
}

static void take_one(Lexer *lexer)
{
    char letter = *lexer->at;

    if (letter == '\n' || letter == '\r' || ends_statement(lexer)) {
        add_line(lexer);
        lexer->at++;
    } else if (letter == ' ' || letter == '\t' || letter == '\0') {
        lexer->at++;
    } else if (letter == '\'' && lexer->dialect == MACRO_DIALECT_BASIC) {
        skip_line(lexer);
    } else if (letter == '"') {
        take_string(lexer);
    } else if (g_ascii_isdigit(letter)) {
        take_digits(lexer, lexer->at, 10);
    } else if (skip_continuation(lexer) || take_based_number(lexer)) {
        return;
    } else if (is_word(lexer, letter)) {
        take_word(lexer);
    } else {
        add(lexer, TOKEN_MARK, lexer->at, 1, 0);
        lexer->at++;
    }
}

GArray *macro_tokens_new(const char *text, gsize size, MacroDialect dialect, gboolean *ret_whole)
{
    Lexer lexer = {.at = text,
                   .end = text + size,
                   .dialect = dialect,
                   .tokens = g_array_new(FALSE, FALSE, sizeof(Token))};

    while (lexer.at < lexer.end && lexer.tokens->len < MACRO_TOKENS_MAX)
        take_one(&lexer);
    *ret_whole = lexer.at == lexer.end;
    add_line(&lexer);
    return lexer.tokens;
}

gboolean macro_token_is(const Token *token, const char *word)
{
    return token->type == TOKEN_WORD && token->size == strlen(word) &&
           g_ascii_strncasecmp(token->text, word, token->size) == 0;
}

gboolean macro_token_is_mark(const Token *token, char mark)
{
    return token->type == TOKEN_MARK && *token->text == mark;
}
