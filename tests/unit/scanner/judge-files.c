/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judge-files.c - judges each file as a message, and prints verdict, reason and path. */
#include <stdio.h>

#include "tests/unit/scanner/judge-rig.h"

int main(int argc, char **argv)
{
    JudgeRig *rig;

    if (argc < 2)
        return 2;
    rig = judge_rig_new(argv[1], NULL);
    for (int i = 2; i < argc; i++) {
        g_autofree char *text = NULL;
        Verdict verdict;
        gsize size;

        if (!g_file_get_contents(argv[i], &text, &size, NULL))
            return 1;
        judge_rig_scan(rig, text, size, VERDICT_CACHE_MESSAGE, &verdict);
        printf("%s\t%s\t%s\n", verdict_kind_name(verdict.kind), verdict.name, argv[i]);
    }
    judge_rig_free(rig);
    return 0;
}
