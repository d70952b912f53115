/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-files.c - cleans each file as if something had been found in it, for cleaning-*.py.
 *
 * usage: clean-files SIGNATURES IN OUT [IN OUT]... - writes OUT where it was cleaned, and prints
 * what was taken out, an empty line where nothing was.
 */
#include <stdio.h>

#include "scanner/clean/clean.h"
#include "tests/unit/scanner/judge-rig.h"

int main(int argc, char **argv)
{
    JudgeRig *rig;

    if (argc < 4)
        return 2;
    rig = judge_rig_new(argv[1], "[actions]\ninfected=clean\nsuspicious=clean\n");
    for (int i = 2; i + 1 < argc; i += 2) {
        g_autoptr(GString) removed = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) result = NULL;
        g_autofree char *text = NULL;
        g_autofree guint8 *exact = NULL; /* no final NUL, so that a sanitizer sees the end */
        const char *why;
        gsize size;

        if (!g_file_get_contents(argv[i], &text, &size, &error))
            g_error("%s", error->message);
        exact = g_memdup2(text, size);
        result = clean_content(judge_rig_judge(rig), exact, size, "Test.Finding", "REF-1", removed,
                               &why);
        if (result && !g_file_set_contents(argv[i + 1], g_bytes_get_data(result, NULL),
                                           (gssize)g_bytes_get_size(result), &error))
            g_error("%s", error->message);
        printf("%s\n", result ? removed->str : "");
    }
    judge_rig_free(rig);
    return 0;
}
