/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-text.h - macro source in the form that macro rules are matched against.
 *
 * Lower case, one statement in each line, no comments, spaces only between two words, and every
 * constant expression replaced by its value: `CreateObject(Chr(87) & "scr" & StrReverse("tpi"))`
 * becomes `createobject("wscript")`. storehook-macros(5) describes the form.
 */
#ifndef FILTERS_MACRO_TEXT_H
#define FILTERS_MACRO_TEXT_H

#include <glib.h>

typedef enum {
    MACRO_DIALECT_BASIC,  /* VBA and the Basic of OpenDocument */
    MACRO_DIALECT_FORMULA /* Excel formulas, one `cell=formula` a line; names may hold dots */
} MacroDialect;

enum {
    /* For one document; the largest honest projects have about one megabyte. */
    MACRO_TEXT_MAX = 4 * 1024 * 1024,
    MACRO_TOKENS_MAX = 2000000, /* 32 bytes each; code has about one for five letters */
    /* For a text that is built piece by piece; more is not appended. */
    MACRO_VALUE_MAX = 256 * 1024,
    /* Of a value, where it is written out: a command line has at most 8191 letters, and the
     * relevant ones come first. */
    MACRO_SHOWN_MAX = 4096,
    MACRO_VARIABLES_MAX = 50000,
    MACRO_DEPTH_MAX = 64, /* nested parentheses; people write fewer than ten */
    /* Bytes produced by evaluation; limits the time. */
    MACRO_WORK_MAX = 64 * 1024 * 1024
};

/* Appends the normal form to `out`, and to `tricks` a line for each way of hiding text that was
 * found: `chr-chain`, `string-reverse`, `split-strings`, `replace-text`. FALSE when a limit was
 * reached: `out` then has what was done before. */
gboolean macro_text_normalize(const char *text, gsize size, MacroDialect dialect, GString *out,
                              GString *tricks);

#endif /* FILTERS_MACRO_TEXT_H */
