/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-pdf.c - looks for names in a PDF (ISO 32000-1 7.3.5, 12.6.4) and the texts behind them.
 *
 * Nothing fails. Names are seen through their escapes. Known limit: what stands in a compressed
 * object stream is not seen.
 */
#include "scanner/macro-pdf.h"

#include <string.h>

enum {
    NAME_MAX_SIZE = 32, /* those that are looked for have 6 letters, or 18 in escapes */
    ACTION_MAX = 1024   /* bytes of an action behind its name */
};

gboolean macro_pdf_matches(const char *data, gsize size)
{
    return size > 8 && memcmp(data, "%PDF-", 5) == 0;
}

/* The name behind the slash at `at`, without escapes. */
static void take_name(const char *at, const char *end, char *name)
{
    gsize used = 0;

    for (at++; at < end && used < NAME_MAX_SIZE - 1; at++) {
        char c = *at;

        if (c == '#' && end - at > 2 && g_ascii_isxdigit(at[1]) && g_ascii_isxdigit(at[2])) {
            c = (char)(g_ascii_xdigit_value(at[1]) * 16 + g_ascii_xdigit_value(at[2]));
            at += 2;
        } else if (!g_ascii_isalnum(c)) {
            break;
        }
        name[used++] = c;
    }
    name[used] = '\0';
}

/* All that stands in the action, so that the rules find the program in it. */
static void tell_action(MacroDocument *document, const char *kind, const char *at, const char *end)
{
    g_autofree char *text = g_strndup(at, MIN((gsize)(end - at), (gsize)ACTION_MAX));
    char *stop = strstr(text, "endobj");

    if (stop)
        *stop = '\0';
    macro_document_add_fact(document, MACRO_SOURCE_LINK, kind, text);
}

void macro_pdf_read(MacroDocument *document, const char *data, gsize size)
{
    const char *at = data, *end = data + size;
    char name[NAME_MAX_SIZE];

    for (; (at = memchr(at, '/', (gsize)(end - at))) != NULL && !document->limit; at++) {
        take_name(at, end, name);
        if (strcmp(name, "Launch") == 0)
            tell_action(document, "pdf-launch", at, end);
        else if (strcmp(name, "JS") == 0)
            tell_action(document, "pdf-script", at, end);
    }
}
