/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judge-rig.h - all that a worker judges with, without service, socket or cage. */
#ifndef TESTS_JUDGE_RIG_H
#define TESTS_JUDGE_RIG_H

#include "scanner/judge/judge.h"

typedef struct JudgeRig JudgeRig;

/* `config` is a configuration file's text, NULL for the defaults. Aborts on failure. */
JudgeRig *judge_rig_new(const char *signatures, const char *config);
JudgeRig *judge_rig_free(JudgeRig *rig);
/* With a deadline that begins now. */
Judge *judge_rig_judge(JudgeRig *rig);
/* As a worker judges a message's text, or a content. */
void judge_rig_scan(JudgeRig *rig, const void *data, gsize size, VerdictCacheKind kind,
                    Verdict *verdict);

#endif /* TESTS_JUDGE_RIG_H */
