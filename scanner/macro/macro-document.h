/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-document.h - what the readers of one document have found so far.
 *
 * The readers (macro-xml.c, macro-rtf.c, ...) add to it; macro-trap.c weighs it. Texts come from
 * strangers: they may hold anything, and each kind is kept up to a limit.
 */
#ifndef SCANNER_MACRO_DOCUMENT_H
#define SCANNER_MACRO_DOCUMENT_H

#include "filters/macro-rules.h"
#include "filters/macro-text.h"

enum {
    /* Of facts of one kind: fields, objects, links. Documents have some hundred bytes of them. */
    MACRO_FACTS_MAX = 1024 * 1024,
    MACRO_FACT_MAX = 8192 /* of one fact; a command line has no more */
};

typedef struct {
    GString *code;           /* Basic */
    GString *constants;      /* formulas: cells that hold text, one `name="text"` a line */
    GString *formulas;       /* one `name=formula` a line */
    GString *compiled_names; /* of VBA's compiled form, one a line, in lower case */
    GString *facts[MACRO_SOURCES];
    gboolean has_compiled_code; /* of VBA, not names alone */
    gboolean has_macro_sheet, has_hidden_sheet, has_very_hidden_sheet;
    gboolean has_cut_cells; /* not all fitted, which matters to macro sheets only */
    gboolean is_encrypted;  /* a reader met a part that it has no key for */
    const char *limit;      /* the first that was met, or NULL; static */
    gint64 end;             /* g_get_monotonic_time() after which readers stop */
} MacroDocument;

void macro_document_init(MacroDocument *document, gint64 end);
void macro_document_clear(MacroDocument *document);
gboolean macro_document_is_empty(const MacroDocument *document);

void macro_document_add_code(MacroDocument *document, const char *text, gsize size);
/* Adds one line `kind text`, in lower case, with single spaces and without line ends. `text` may be
 * NULL. */
void macro_document_add_fact(MacroDocument *document, MacroSource source, const char *kind,
                             const char *text);
/* A cell or name with its formula, without `=`; or, as a constant, with its plain text. */
void macro_document_add_formula(MacroDocument *document, const char *name, const char *formula);
void macro_document_add_constant(MacroDocument *document, const char *name, const char *text);
void macro_document_add_compiled_name(MacroDocument *document, const char *name);
void macro_document_add_number(MacroDocument *document, const char *name, double number);
void macro_document_set_limit(MacroDocument *document, const char *limit);
/* TRUE, with the limit noted, once the time is over. */
gboolean macro_document_is_late(MacroDocument *document);

#endif /* SCANNER_MACRO_DOCUMENT_H */
