/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-rules.h - the macro rule file, which gives weights to what macros, formulas, fields and
 * objects do.
 *
 * The file is described in storehook-macros(5). Loaded rules do not change and may be shared by
 * threads and across fork; a score belongs to one document.
 */
#ifndef FILTERS_MACRO_RULES_H
#define FILTERS_MACRO_RULES_H

#include <glib.h>

/* Where a line was found. The file has these names in lower case. */
typedef enum {
    MACRO_SOURCE_BASIC,   /* VBA, and the Basic of OpenDocument */
    MACRO_SOURCE_FORMULA, /* formulas of Excel, with those of its macro sheets (XLM) */
    MACRO_SOURCE_FIELD,   /* fields and links that reach other programs (DDE) */
    MACRO_SOURCE_OBJECT,  /* embedded and linked objects */
    MACRO_SOURCE_LINK,    /* what a document loads by itself from outside */
    MACRO_SOURCE_TRICK,   /* ways of hiding, found by the readers */
    MACRO_SOURCE_PAGE,    /* files in web pages and other texts */
    MACRO_SOURCES
} MacroSource;

/* Limits of the file, far beyond what an operator writes by hand. */
enum {
    MACRO_RULES_MAX = 1000,
    MACRO_RULE_PHRASES_MAX = 100,
    MACRO_CLASSES_MAX = 50,
    MACRO_WEIGHT_MAX = 1000000,
    MACRO_RULES_FILE_MAX = 1024 * 1024
};

typedef struct MacroRules MacroRules;
typedef struct MacroScore MacroScore;

/* NULL with FILTER_ERROR (filters/rules.h): "FILE:LINE: reason". */
MacroRules *macro_rules_load(const char *path, GError **error);
MacroRules *macro_rules_parse(const char *name, const char *text, gsize length, GError **error);
MacroRules *macro_rules_free(MacroRules *rules); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MacroRules, macro_rules_free)
/* SHA-256 in hex over the file. */
const char *macro_rules_version(const MacroRules *rules);

MacroScore *macro_score_new(const MacroRules *rules); /* borrows the rules */
MacroScore *macro_score_free(MacroScore *score);      /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MacroScore, macro_score_free)
/* text: lines in the normal form of macro-text.h. A rule counts once, however often it matches. */
void macro_score_add(MacroScore *score, MacroSource source, const char *text, gsize size);
/* The sum of the weights of all rules that match, limited for each class. */
guint macro_score_total(const MacroScore *score);
/* TRUE when the total reaches the threshold. `reasons` then has the names of the rules, heaviest
 * first, separated by commas; a final `...` if not all fit. */
gboolean macro_score_is_suspicious(const MacroScore *score, char *reasons, gsize size);

#endif /* FILTERS_MACRO_RULES_H */
