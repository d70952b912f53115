/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-text.h - macro source in the form that macro rules are matched against.
 *
 * Lower case, one statement a line, comments gone, spaces only between two words, and every
 * expression of constants written as its value: `CreateObject(Chr(87) & "scr" & StrReverse("tpi"))`
 * becomes `createobject("wscript")`. What is told by the man page storehook-macros(5) about the
 * form is done here.
 */
#ifndef FILTERS_MACRO_TEXT_H
#define FILTERS_MACRO_TEXT_H

#include <glib.h>

typedef enum {
    MACRO_DIALECT_BASIC,  /* VBA and the Basic of OpenDocument */
    MACRO_DIALECT_FORMULA /* Excel formulas, one `cell=formula` a line; names may hold dots */
} MacroDialect;

enum {
    /* Of one document. The largest honest projects have about one megabyte. */
    MACRO_TEXT_MAX = 4 * 1024 * 1024,
    MACRO_TOKENS_MAX = 2000000, /* 32 bytes each; code has one in five letters */
    /* Of a text that is built piece by piece; what is appended beyond is seen only as a piece. */
    MACRO_VALUE_MAX = 256 * 1024,
    /* Of a variable's value where it is used: a command line has 8191 letters at most, and the
     * telling ones stand first. */
    MACRO_SHOWN_MAX = 4096,
    MACRO_VARIABLES_MAX = 50000,
    MACRO_DEPTH_MAX = 64, /* parentheses within each other; people write fewer than ten */
    /* Bytes made by evaluating: bounds the time, which is some milliseconds a megabyte. */
    MACRO_WORK_MAX = 64 * 1024 * 1024
};

/* Appends the normal form to `out`, and to `tricks` a line for each way of hiding text that was
 * seen through: `chr-chain`, `string-reverse`, `split-strings`, `replace-text`. FALSE when a limit
 * was met: what was done until then stands in `out`. */
gboolean macro_text_normalize(const char *text, gsize size, MacroDialect dialect, GString *out,
                              GString *tricks);

#endif /* FILTERS_MACRO_TEXT_H */
