/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-file-name.c - any bytes as a file name.
 *
 * What must hold: the answers are valid UTF-8, a normalised name stays as it is when normalised
 * again without its ends being cut, has no path and nothing invisible to a rule in it.
 */
#include "filters/file-name.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *decoded = file_name_decode((const char *)data, (gssize)size);
    g_autofree char *name = file_name_normalize((const char *)data, (gssize)size);
    g_auto(GStrv) extensions = file_name_extensions(name);

    g_assert(g_utf8_validate(decoded, -1, NULL));
    g_assert(g_utf8_validate(name, -1, NULL));
    for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p))
        g_assert(!g_unichar_iscntrl(g_utf8_get_char(p)));
    g_assert(*name == '\0' || strchr(". \"'", name[strlen(name) - 1]) == NULL);
    g_assert(g_strv_length(extensions) <= FILE_NAME_EXTENSIONS);
    g_assert((extensions[0] == NULL) == (strchr(name, '.') == NULL));
    g_auto(GStrv) readings = file_name_readings((const char *)data, (gssize)size);

    g_assert_cmpstr(readings[0], ==, name);
    for (guint i = 1; readings[0] != NULL && readings[i] != NULL; i++)
        g_assert(g_utf8_validate(readings[i], -1, NULL) && *readings[i] != '\0');
    g_assert((file_name_lies((const char *)data, (gssize)size) & ~(guint)FILE_NAME_ANY) == 0);
    return 0;
}
