/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-token.h - macro source as words, numbers, strings and marks. */
#ifndef FILTERS_MACRO_TOKEN_H
#define FILTERS_MACRO_TOKEN_H

#include "filters/macro-text.h"

typedef enum {
    TOKEN_LINE, /* the end of a statement */
    TOKEN_WORD,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_MARK
} TokenType;

typedef struct {
    TokenType type;
    const char *text; /* in the source; of a string, between its quotes */
    gsize size;
    gint64 number;
} Token;

/* Array of Token, which always ends with a TOKEN_LINE. *ret_whole: FALSE when stopped at
 * MACRO_TOKENS_MAX. */
GArray *macro_tokens_new(const char *text, gsize size, MacroDialect dialect, gboolean *ret_whole);

gboolean macro_token_is(const Token *token, const char *word); /* a word, in lower case */
gboolean macro_token_is_mark(const Token *token, char mark);

#endif /* FILTERS_MACRO_TOKEN_H */
