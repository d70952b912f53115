/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-files.c - judges each file, and prints verdict, reason and path.
 *
 * usage: judge-files message|content SIGNATURES FILE...
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/scanner/judge-rig.h"

int main(int argc, char **argv)
{
    VerdictCacheKind kind;
    JudgeRig *rig;

    if (argc < 3)
        return 2;
    kind = strcmp(argv[1], "message") == 0 ? VERDICT_CACHE_MESSAGE : VERDICT_CACHE_CONTENT;
    rig = judge_rig_new(argv[2], NULL);
    for (int i = 3; i < argc; i++) {
        g_autofree char *text = NULL;
        Verdict verdict;
        gsize size;

        if (!g_file_get_contents(argv[i], &text, &size, NULL))
            return 1;
        judge_rig_scan(rig, text, size, kind, &verdict);
        printf("%s\t%s\t%s\n", verdict_kind_name(verdict.kind), verdict.name, argv[i]);
    }
    judge_rig_free(rig);
    return 0;
}
