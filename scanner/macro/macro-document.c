/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-document.c - keeps what was found in a document, within limits.
 *
 * Nothing fails; what does not fit sets the document's limit.
 */
#include "scanner/macro/macro-document.h"

#include <string.h>

void macro_document_init(MacroDocument *document, gint64 end)
{
    *document = (MacroDocument){.end = end,
                                .code = g_string_new(NULL),
                                .constants = g_string_new(NULL),
                                .formulas = g_string_new(NULL),
                                .compiled_names = g_string_new(NULL)};
    for (guint i = 0; i < MACRO_SOURCES; i++)
        document->facts[i] = g_string_new(NULL);
}

static void clear_text(GString **text)
{
    if (*text)
        g_string_free(*text, TRUE);
    *text = NULL;
}

void macro_document_clear(MacroDocument *document)
{
    clear_text(&document->code);
    clear_text(&document->constants);
    clear_text(&document->formulas);
    clear_text(&document->compiled_names);
    for (guint i = 0; i < MACRO_SOURCES; i++)
        clear_text(&document->facts[i]);
}

gboolean macro_document_is_empty(const MacroDocument *document)
{
    gsize size = document->code->len + document->compiled_names->len;

    for (guint i = 0; i < MACRO_SOURCES; i++)
        size += document->facts[i]->len;
    return size == 0 && !document->has_macro_sheet;
}

void macro_document_set_limit(MacroDocument *document, const char *limit)
{
    if (!document->limit)
        document->limit = limit;
}

gboolean macro_document_is_late(MacroDocument *document)
{
    if (g_get_monotonic_time() < document->end)
        return FALSE;
    macro_document_set_limit(document, "macro-time");
    return TRUE;
}

/* FALSE, with the limit noted, when `size` more do not fit. */
static gboolean has_room(MacroDocument *document, const GString *text, gsize size, gsize most)
{
    if (text->len + size <= most)
        return TRUE;
    macro_document_set_limit(document, "macro-text");
    return FALSE;
}

void macro_document_add_code(MacroDocument *document, const char *text, gsize size)
{
    if (!has_room(document, document->code, size + 1, MACRO_TEXT_MAX))
        return;
    g_string_append_len(document->code, text, (gssize)size);
    g_string_append_c(document->code, '\n');
}

static void append_folded(GString *out, const char *text)
{
    gsize size = strnlen(text, MACRO_FACT_MAX);

    for (gsize i = 0; i < size; i++) {
        char letter = (guchar)text[i] <= ' ' ? ' ' : g_ascii_tolower(text[i]);

        if (letter != ' ' || (out->len > 0 && !strchr(" \n", out->str[out->len - 1])))
            g_string_append_c(out, letter);
    }
}

void macro_document_add_fact(MacroDocument *document, MacroSource source, const char *kind,
                             const char *text)
{
    GString *facts = document->facts[source];
    gsize size = strlen(kind) + (text ? strnlen(text, MACRO_FACT_MAX) : 0) + 2;

    if (!has_room(document, facts, size, MACRO_FACTS_MAX))
        return;
    append_folded(facts, kind);
    if (text) {
        append_folded(facts, " ");
        append_folded(facts, text);
    }
    g_string_append_c(facts, '\n');
}

/* A line's end in a text would begin another formula. */
static void append_line(GString *out, const char *text, gsize size, gboolean doubles_quotes)
{
    for (gsize i = 0; i < size; i++) {
        g_string_append_c(out, text[i] == '\n' || text[i] == '\r' ? ' ' : text[i]);
        if (doubles_quotes && text[i] == '"')
            g_string_append_c(out, '"');
    }
}

void macro_document_add_formula(MacroDocument *document, const char *name, const char *formula)
{
    gsize size = strlen(formula);

    if (document->formulas->len + strlen(name) + size + 2 > MACRO_TEXT_MAX / 2) {
        document->has_cut_cells = TRUE;
        return;
    }
    append_line(document->formulas, name, strlen(name), FALSE);
    g_string_append_c(document->formulas, '=');
    append_line(document->formulas, formula, size, FALSE);
    g_string_append_c(document->formulas, '\n');
}

void macro_document_add_constant(MacroDocument *document, const char *name, const char *text)
{
    gsize size = strlen(text);

    if (document->constants->len + strlen(name) + 2 * size + 4 > MACRO_TEXT_MAX / 2) {
        document->has_cut_cells = TRUE;
        return;
    }
    append_line(document->constants, name, strlen(name), FALSE);
    g_string_append(document->constants, "=\"");
    append_line(document->constants, text, size, TRUE);
    g_string_append(document->constants, "\"\n");
}

void macro_document_add_compiled_name(MacroDocument *document, const char *name)
{
    if (has_room(document, document->compiled_names, strlen(name) + 1, MACRO_FACTS_MAX))
        g_string_append_printf(document->compiled_names, "%s\n", name);
}

void macro_document_add_number(MacroDocument *document, const char *name, double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    macro_document_add_constant(document, name,
                                g_ascii_formatd(text, sizeof(text), "%.15g", number));
}
