/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl-table.c - aligns columns by what a terminal shows.
 *
 * Nothing fails. Limits: combining characters count as one column, wide ones as two; terminals that
 * disagree show a crooked line.
 */
#include "scanner/ctl/ctl-table.h"

#include <string.h>

struct CtlTable {
    guint columns;
    GPtrArray *cells; /* titles first */
};

static gboolean is_printable(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);

    return type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT && type != G_UNICODE_SURROGATE &&
           type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR &&
           type != G_UNICODE_UNASSIGNED && type != G_UNICODE_PRIVATE_USE;
}

static guint width_of(gunichar c)
{
    return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

static guint text_width(const char *text)
{
    guint width = 0;

    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
        width += width_of(g_utf8_get_char(p));
    return width;
}

char *ctl_text_clean(const char *text, guint max)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);
    guint width = 0;

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        gboolean is_last = *g_utf8_next_char(p) == '\0';

        if (!is_printable(c))
            c = '?';
        if (max != 0 && width + width_of(c) + (is_last ? 0 : 1) > max) {
            g_string_append(out, "\xe2\x80\xa6");
            break;
        }
        g_string_append_unichar(out, c);
        width += width_of(c);
    }
    return g_string_free(out, FALSE);
}

CtlTable *ctl_table_new(const char *const *titles)
{
    CtlTable *table = g_new0(CtlTable, 1);

    table->columns = g_strv_length((char **)titles);
    table->cells = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < table->columns; i++)
        ctl_table_add(table, titles[i], 0);
    return table;
}

void ctl_table_free(CtlTable *table)
{
    if (table == NULL)
        return;
    g_ptr_array_unref(table->cells);
    g_free(table);
}

void ctl_table_add(CtlTable *table, const char *text, guint max)
{
    g_ptr_array_add(table->cells, ctl_text_clean(text != NULL && *text != '\0' ? text : "-", max));
}

void ctl_table_print(const CtlTable *table, FILE *to)
{
    g_autofree guint *widths = g_new0(guint, table->columns);

    for (guint i = 0; i < table->cells->len; i++)
        widths[i % table->columns] =
            MAX(widths[i % table->columns], text_width(table->cells->pdata[i]));
    for (guint i = 0; i < table->cells->len; i++) {
        const char *cell = table->cells->pdata[i];
        guint column = i % table->columns;

        fputs(cell, to);
        if (column + 1 == table->columns)
            fputc('\n', to);
        else
            fprintf(to, "%*s", (int)(widths[column] - text_width(cell) + 2), "");
    }
}
