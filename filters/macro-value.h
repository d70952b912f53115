/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-value.h - evaluates constant expressions in macros. */
#ifndef FILTERS_MACRO_VALUE_H
#define FILTERS_MACRO_VALUE_H

#include "filters/macro-token.h"

typedef struct {
    GString *text; /* NULL: a number */
    gint64 number;
} Value;

/* The state of an evaluation. */
typedef struct {
    const Token *tokens;
    guint count;
    guint8 *failed;        /* for each token: no expression with a value starts there */
    GHashTable *variables; /* lower-case name → GString */
    gsize work;            /* bytes produced; the caller stops at MACRO_WORK_MAX */
    guint chars, reversed, short_pieces, replaced;
    guint depth;
} Evaluation;

void macro_value_clear(Value *value);

/* Evaluates the longest constant expression that starts at token *at, and moves *at behind it.
 * FALSE, with *at unchanged, when none starts there. */
gboolean macro_value_read(Evaluation *evaluation, guint *at, Value *ret);

/* The key of a variable: its name in lower case, without `$`. */
char *macro_value_name(const Token *token);

#endif /* FILTERS_MACRO_VALUE_H */
