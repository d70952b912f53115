/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-sheet.c - reads SYLK files, which may hold macro sheets, and formulas in lists of values.
 *
 * SYLK has no public specification but its users' (records of fields divided by semicolons, two of
 * which stand for one). A list of values has none at all: a cell that begins with = + - @ and goes
 * on `program|topic!item` is what Excel asks another program by. Nothing fails.
 */
#include "scanner/macro/macro-sheet.h"

#include <string.h>

enum {
    LINE_MAX_BYTES = 65536, /* a cell has 32767 letters */
    PROGRAM_MAX = 64,       /* letters before the bar: a program's name or path */
    TOPIC_MAX = 8192,       /* behind it: a formula's length in Excel */
    DECORATION_MAX = 16,    /* signs, quotes and spaces before a formula */
    LOOK_AT_CLOCK = 256     /* records */
};

/* --- Cells that reach other programs ---------------------------------------------- */

static gboolean starts_cell(const char *begin, const char *at)
{
    for (guint i = 0; i < DECORATION_MAX && at > begin && strchr(" \"'", at[-1]) != NULL; i++)
        at--;
    return at == begin || strchr("\r\n,;\t", at[-1]) != NULL;
}

/* In no name that somebody typed. Without this, one in 300 binary contents of 50 KB has a cell. */
static gboolean is_control(char c)
{
    return (guchar)c < ' ' || c == 0x7f;
}

/* A name may begin and end so. */
static gboolean is_of_name(char c)
{
    return g_ascii_isalnum(c) || (guchar)c >= 0x80 || (c != '\0' && strchr("_.\\'", c) != NULL);
}

/* `'topic'!item` or `topic!item` within one cell. What has signs in it stands in quotes: else much
 * JavaScript would do, as in `a||!b` and `a|b!=c`. */
static gboolean has_topic(const char *at, const char *end)
{
    gboolean is_quoted;

    end = at + MIN(end - at, TOPIC_MAX);
    is_quoted = at < end && *at == '\'';
    if (is_quoted) {
        at = memchr(at + 1, '\'', (gsize)(end - at - 1));
        if (at == NULL)
            return FALSE;
        at++;
    } else {
        const char *from = at;

        while (at < end && !is_control(*at) && strchr(",;\"!|()[]{}<>=&*^", *at) == NULL)
            at++;
        if (at == from)
            return FALSE;
    }
    return end - at > 1 && *at == '!' &&
           (is_quoted ? at[1] != '=' : is_of_name(at[1]) || at[1] == '$');
}

/* The program's name before the bar, behind the last sign; NULL: no formula of one cell. */
static const char *program_before(const char *begin, const char *bar)
{
    const char *from = bar, *lowest = bar - MIN(bar - begin, PROGRAM_MAX);
    gboolean separated = FALSE;

    while (from > lowest && strchr("=+-@\r\n", from[-1]) == NULL) {
        from--;
        if (is_control(*from) && *from != '\t')
            return NULL;
        /* The next cell, unless the comma divides arguments. */
        if (strchr(",;\t", *from) != NULL)
            separated = TRUE;
        else if (*from == '(')
            separated = FALSE;
    }
    if (from == begin || strchr("=+-@", from[-1]) == NULL || from == bar || separated)
        return NULL;
    return from;
}

/* Where the formula around the bar begins; NULL: it is none. */
static const char *formula_around(const char *begin, const char *bar, const char *end)
{
    const char *from, *sign;

    /* What follows is told by a few bytes; what goes before takes a look at each. */
    if (bar == begin || !(is_of_name(bar[-1]) || bar[-1] == ' ') || !has_topic(bar + 1, end))
        return NULL;
    from = program_before(begin, bar);
    if (from == NULL)
        return NULL;
    sign = from;
    /* `=+--1|` is as good as `=1|`. */
    for (guint i = 0; i < DECORATION_MAX && sign > begin && strchr("=+-@ ", sign[-1]) != NULL; i++)
        sign--;
    return starts_cell(begin, sign) ? from : NULL;
}

static const char *next_bar(const char *at, const char *end)
{
    return at < end ? memchr(at, '|', (gsize)(end - at)) : NULL;
}

const char *macro_list_next(const char *data, const char *from, const char *end)
{
    for (const char *bar = next_bar(from, end); bar; bar = next_bar(bar + 1, end))
        if (formula_around(data, bar, end))
            return bar;
    return NULL;
}

gboolean macro_list_matches(const char *data, gsize size)
{
    /* Most lists that are divided by bars have no such sign. */
    return memchr(data, '!', size) != NULL && macro_list_next(data, data, data + size) != NULL;
}

void macro_list_read(MacroDocument *document, const char *data, gsize size)
{
    const char *end = data + size;

    for (const char *bar = next_bar(data, end); bar; bar = next_bar(bar + 1, end)) {
        const char *from = formula_around(data, bar, end), *to = bar;

        while (from && to < end && to - bar < TOPIC_MAX && *to != '\n' && *to != '\r')
            to++;
        if (from) {
            g_autofree char *formula = g_strndup(from, (gsize)(to - from));

            macro_document_add_fact(document, MACRO_SOURCE_FIELD, "dde", formula);
        }
        if (document->limit || macro_document_is_late(document))
            return;
    }
}

/* --- SYLK ------------------------------------------------------------------------- */

gboolean macro_sylk_matches(const char *data, gsize size)
{
    return size >= 4 && memcmp(data, "ID;", 3) == 0;
}

/* The fields of a record; `;;` stands for one. */
static GPtrArray *record_fields(const char *line, gsize size)
{
    GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);
    GString *field = g_string_new(NULL);

    for (gsize i = 0; i < size; i++) {
        if (line[i] != ';') {
            g_string_append_c(field, line[i]);
        } else if (i + 1 < size && line[i + 1] == ';') {
            g_string_append_c(field, line[i++]);
        } else {
            g_ptr_array_add(fields, g_strndup(field->str, field->len));
            g_string_truncate(field, 0);
        }
    }
    g_ptr_array_add(fields, g_string_free(field, FALSE));
    return fields;
}

typedef struct {
    MacroDocument *document;
    char row[16], column[16];
} Sylk;

/* Places are written as Excel's own formulas in this form name them. */
static void cell_name(const Sylk *sylk, char *ret, gsize size)
{
    g_snprintf(ret, size, "r%sc%s", sylk->row, sylk->column);
}

static void read_cell(Sylk *sylk, const GPtrArray *fields)
{
    const char *formula = NULL, *value = NULL;
    char name[64];

    for (guint i = 1; i < fields->len; i++) {
        const char *field = fields->pdata[i];

        if (field[0] == 'Y')
            g_strlcpy(sylk->row, field + 1, sizeof(sylk->row));
        else if (field[0] == 'X')
            g_strlcpy(sylk->column, field + 1, sizeof(sylk->column));
        else if (field[0] == 'E' || field[0] == 'M')
            formula = field + 1;
        else if (field[0] == 'K')
            value = field + 1;
    }
    cell_name(sylk, name, sizeof(name));
    if (formula) {
        macro_document_add_formula(sylk->document, name, formula);
        if (strchr(formula, '|') && strchr(formula, '!'))
            macro_document_add_fact(sylk->document, MACRO_SOURCE_FIELD, "dde", formula);
    } else if (value && value[0] == '"') {
        g_autofree char *text = g_strndup(value + 1, strcspn(value + 1, "\""));

        macro_document_add_constant(sylk->document, name, text);
    } else if (value) {
        macro_document_add_constant(sylk->document, name, value);
    }
}

/* NN;NAuto_open;ER101C1;KOut Flank;F - a name and what it stands for. */
static void read_name(Sylk *sylk, const GPtrArray *fields)
{
    const char *name = NULL, *formula = NULL;

    for (guint i = 1; i < fields->len; i++) {
        const char *field = fields->pdata[i];

        if (field[0] == 'N')
            name = field + 1;
        else if (field[0] == 'E')
            formula = field + 1;
    }
    if (!name)
        return;
    if (g_ascii_strncasecmp(name, "auto_", 5) == 0)
        macro_document_add_fact(sylk->document, MACRO_SOURCE_FORMULA, "name", name);
    if (formula)
        macro_document_add_formula(sylk->document, name, formula);
}

/* O;E in a sheet's options says that it is a macro sheet. */
static void read_options(Sylk *sylk, const GPtrArray *fields)
{
    for (guint i = 1; i < fields->len; i++)
        if (strcmp(fields->pdata[i], "E") == 0)
            sylk->document->has_macro_sheet = TRUE;
}

static gboolean record_matters(const char *line, gsize size)
{
    return size > 0 && strchr("CNO", line[0]) && line[0] != '\0';
}

static void read_record(Sylk *sylk, const char *line, gsize size)
{
    g_autoptr(GPtrArray) fields = record_fields(line, MIN(size, LINE_MAX_BYTES));
    const char *kind = fields->pdata[0];

    if (size > LINE_MAX_BYTES)
        macro_document_set_limit(sylk->document, "macro-text");
    if (strcmp(kind, "C") == 0)
        read_cell(sylk, fields);
    else if (strcmp(kind, "NN") == 0 || strcmp(kind, "NE") == 0)
        read_name(sylk, fields);
    else if (strcmp(kind, "O") == 0)
        read_options(sylk, fields);
}

gboolean macro_sylk_has_macros(const char *data, gsize size)
{
    MacroDocument document;
    gboolean has;

    macro_document_init(&document, G_MAXINT64);
    macro_sylk_read(&document, data, size);
    has = document.has_macro_sheet || document.facts[MACRO_SOURCE_FORMULA]->len > 0;
    macro_document_clear(&document);
    return has;
}

void macro_sylk_read(MacroDocument *document, const char *data, gsize size)
{
    Sylk sylk = {.document = document, .row = "1", .column = "1"};
    const char *end = data + size;
    guint records = 0;

    for (const char *line = data; line < end;) {
        gsize length = 0;

        while (line + length < end && line[length] != '\r' && line[length] != '\n')
            length++;
        if (record_matters(line, length)) {
            read_record(&sylk, line, length);
            if (++records % LOOK_AT_CLOCK == 0 && macro_document_is_late(document))
                return;
        }
        line += length + 1;
    }
}
