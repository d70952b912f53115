/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-value.h - expressions of constants, worked out. */
#ifndef FILTERS_MACRO_VALUE_H
#define FILTERS_MACRO_VALUE_H

#include "filters/macro-token.h"

typedef struct {
    GString *text; /* NULL: a number */
    gint64 number;
} Value;

/* What an evaluation may look up, and what it has seen. */
typedef struct {
    const Token *tokens;
    guint count;
    guint8 *failed;        /* by token: nothing with a value begins there */
    GHashTable *variables; /* lower-case name → GString */
    gsize work;            /* bytes made; the caller stops at MACRO_WORK_MAX */
    guint chars, reversed, short_pieces, replaced;
    guint depth;
} Evaluation;

void macro_value_clear(Value *value);

/* The longest constant expression that begins at token *at; TRUE with its value, and *at behind
 * it. FALSE, *at as it was, when the token there begins none. */
gboolean macro_value_read(Evaluation *evaluation, guint *at, Value *ret);

/* The key of a word among the variables: lower case, without `$`. */
char *macro_value_name(const Token *token);

#endif /* FILTERS_MACRO_VALUE_H */
