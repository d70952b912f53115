/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key-line.c - see key-line.h. Nothing fails. */
#include "scanner/common/key-line.h"

#include <string.h>

guint key_line_find(const char *text, const char *section, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *here = NULL;

    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        gsize length = strlen(line);

        if (line[0] == '[' && length > 2 && line[length - 1] == ']') {
            g_free(here);
            here = g_strndup(line + 1, length - 2);
            if (!key && strcmp(here, section) == 0)
                return i + 1;
        } else if (key && here && strcmp(here, section) == 0 &&
                   strncmp(line, key, strlen(key)) == 0 &&
                   line[strlen(key) + strspn(line + strlen(key), " \t")] == '=') {
            return i + 1;
        }
    }
    return 0;
}

static char *fault_of_encoding(const char *file, const char *text, const char *end)
{
    guint line = 1;

    for (const char *p = text; p < end; p++)
        line += *p == '\n';
    return g_strdup_printf("%s:%u: not UTF-8", file, line);
}

char *key_line_fault(const char *file, const char *text)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *section = NULL;
    const char *end;

    if (!g_utf8_validate(text, -1, &end))
        return fault_of_encoding(file, text, end);
    if (g_str_has_prefix(text, "\xef\xbb\xbf")) /* nobody would see it in the line */
        return g_strdup_printf("%s:1: a byte order mark: save the file as UTF-8 without one", file);
    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        char *equals = strchr(line, '=');

        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (line[0] == '[' && g_str_has_suffix(line, "]")) {
            g_free(section);
            section = g_strdup(line);
            if (!g_hash_table_add(seen, g_strdup(line)))
                return g_strdup_printf("%s:%u: %s stands twice", file, i + 1, line);
            continue;
        }
        if (!equals || equals == line)
            return g_strdup_printf("%s:%u: neither [section] nor key=value", file, i + 1);
        if (!section)
            return g_strdup_printf("%s:%u: stands in no section", file, i + 1);
        *equals = '\0';
        g_strchomp(line);
        if (!g_hash_table_add(seen, g_strconcat(section, line, NULL)))
            return g_strdup_printf("%s:%u: %s %s stands twice", file, i + 1, section, line);
    }
    return NULL;
}
