/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-list.c - takes the bar out of `program|topic!item`, without which a cell is only a text or
 * an error and everything else stays where it was.
 *
 * Fails by NULL, and without memory.
 */
#include "scanner/clean/clean-list.h"

#include <string.h>

#include "scanner/macro/macro-sheet.h"

enum {
    INSTEAD = '_'
};

static void cut_bar(GString *text, gsize at, CleanRemoved removed, gpointer user)
{
    text->str[at] = INSTEAD;
    removed("DDE", user);
}

/* A record's fields with formulas begin with E or M (macro-sheet.c). */
static void cut_record(GString *text, gsize from, gsize to, CleanRemoved removed, gpointer user)
{
    if (text->str[from] != 'C' || !memchr(text->str + from, '!', to - from))
        return;
    for (gsize at = from; at < to; at++)
        if (text->str[at] == '|')
            cut_bar(text, at, removed, user);
}

static void cut_sylk(GString *text, CleanRemoved removed, gpointer user)
{
    for (gsize from = 0; from < text->len;) {
        gsize to = from + strcspn(text->str + from, "\r\n");

        cut_record(text, from, MIN(to, text->len), removed, user);
        from = MAX(to, from) + 1;
    }
}

GString *clean_list_cut(const char *data, gsize size, CleanRemoved removed, gpointer user)
{
    const char *end = data + size;
    GString *text;

    if (memchr(data, '\0', size)) /* no text */
        return NULL;
    if (macro_sylk_matches(data, size) && macro_sylk_has_macros(data, size))
        return NULL;
    text = g_string_new_len(data, (gssize)size);
    if (macro_sylk_matches(data, size))
        cut_sylk(text, removed, user);
    for (const char *bar = data; (bar = macro_list_next(data, bar, end)) != NULL; bar++)
        if (text->str[bar - data] == '|')
            cut_bar(text, (gsize)(bar - data), removed, user);
    return text;
}
