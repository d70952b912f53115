/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-scan.c - what engine and macro trap say of files, for macros.py: one line each,
 * `FILE kind name`. usage: macro-scan SIGNATURES RULES FILE...
 */
#include <glib.h>
#include <stdlib.h>

#include "scanner/common/macro-rules-choose.h"
#include "scanner/common/temp-directory.h"
#include "scanner/scan/macro-trap.h"

static const EngineLimits LIMITS = {
    .scan_size = 64 << 20, .file_size = 32 << 20, .files = 1000, .recursion = 10};

static void scan_file(Engine *engine, MacroTrap *trap, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *data = NULL;
    Verdict verdict = {0};
    gsize size;

    if (!g_file_get_contents(path, &data, &size, &error))
        g_error("%s", error->message);
    macro_trap_begin(trap, g_get_monotonic_time() + 10 * G_USEC_PER_SEC);
    engine_scan(engine, data, size, &(EngineScan){.time_limit_ms = 10000}, &verdict);
    macro_trap_end(trap, &verdict);
    g_print("%s %s %s\n", path, verdict_kind_name(verdict.kind), verdict.name);
}

int main(int argc, char **argv)
{
    g_autofree char *temp = g_dir_make_tmp("storehook-macros-XXXXXX", NULL);
    const char *directories[] = {argv[1], NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(MacroRules) rules = NULL;
    g_autoptr(Engine) engine = NULL;
    g_autoptr(MacroTrap) trap = NULL;

    if (argc < 4)
        return 2;
    rules = macro_rules_choose(argv[2], &error);
    engine = rules ? engine_new(directories, &LIMITS, &error) : NULL;
    if (!engine || !engine_set_temp_directory(engine, temp, &error))
        g_error("%s", error->message);
    trap = macro_trap_new(rules, engine);
    for (int i = 3; i < argc; i++)
        scan_file(engine, trap, argv[i]);
    temp_directory_remove(temp);
    return EXIT_SUCCESS;
}
