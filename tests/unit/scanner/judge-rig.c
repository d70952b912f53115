/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judge-rig.c - builds a Judge as loader and worker do; any failure is an assertion. */
#include "tests/unit/scanner/judge-rig.h"

#include <openssl/sha.h>
#include <unistd.h>

#include "scanner/common/macro-rules-choose.h"
#include "scanner/common/temp-directory.h"
#include "scanner/mail/mail-gmime.h"

enum {
    PATIENCE = 120 /* seconds; under a sanitizer, on a loaded machine */
};

struct JudgeRig {
    Judge judge;
    ScannerConfig *config;
    FilterRules *rules;
    MacroRules *macro_rules;
    char *temp;
};

JudgeRig *judge_rig_new(const char *signatures, const char *config)
{
    const char *directories[] = {signatures, NULL};
    g_autoptr(GError) error = NULL;
    JudgeRig *rig = g_new0(JudgeRig, 1);
    int board = board_create(), cache = verdict_cache_create(1024);
    EngineLimits limits;

    rig->config = scanner_config_parse("test", config, &error);
    g_assert_no_error(error);
    limits = (EngineLimits){.scan_size = rig->config->scan_size,
                            .file_size = rig->config->file_size,
                            .files = rig->config->files,
                            .recursion = rig->config->recursion};
    rig->temp = g_dir_make_tmp("storehook-judge-XXXXXX", &error);
    g_assert_no_error(error);
    rig->rules = filter_rules_new_empty();
    rig->judge = (Judge){.config = rig->config,
                         .rules = rig->rules,
                         .engine = engine_new(directories, &limits, &error),
                         .board = board_map(board),
                         .cache = verdict_cache_map(cache),
                         .version = "test"};
    g_assert_no_error(error);
    rig->judge.sums = content_sum_new(verdict_cache_sum_keys(rig->judge.cache));
    g_assert_nonnull(rig->judge.sums);
    rig->macro_rules = macro_rules_choose("", &error);
    g_assert_no_error(error);
    rig->judge.macros = macro_trap_new(rig->macro_rules, rig->judge.engine);
    rig->judge.typer = file_typer_new(&error);
    rig->judge.slot = &rig->judge.board->workers[0];
    engine_set_temp_directory(rig->judge.engine, rig->temp, &error);
    g_assert_no_error(error);
    mail_gmime_init();
    close(board);
    close(cache);
    return rig;
}

JudgeRig *judge_rig_free(JudgeRig *rig)
{
    if (!rig)
        return NULL;
    temp_directory_remove(rig->temp);
    macro_trap_free(rig->judge.macros);
    macro_rules_free(rig->macro_rules);
    content_sum_free(rig->judge.sums);
    engine_free(rig->judge.engine);
    file_typer_free(rig->judge.typer);
    filter_rules_free(rig->rules);
    scanner_config_free(rig->config);
    g_free(rig->temp);
    g_free(rig);
    return NULL;
}

Judge *judge_rig_judge(JudgeRig *rig)
{
    rig->judge.end = board_now() + PATIENCE * (guint64)G_USEC_PER_SEC;
    return &rig->judge;
}

void judge_rig_scan(JudgeRig *rig, const void *data, gsize size, VerdictCacheKind kind,
                    Verdict *verdict)
{
    g_autoptr(Members) members = NULL;
    guint8 digest[STOREHOOK_DIGEST_SIZE];

    SHA256(data, size, digest);
    judge_scan(judge_rig_judge(rig), data, size, digest, kind, verdict, &members);
}
