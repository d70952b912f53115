/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key-line.c - see key-line.h. Nothing fails. */
#include "scanner/key-line.h"

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
