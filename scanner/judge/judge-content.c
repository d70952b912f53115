/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-content.c - a content row that is about to be written, and the question of a program that
 * only wants a verdict.
 *
 * The bytes are always judged, whatever digest stands in the row. Where we compute the digest and
 * it differs from the row's, that is counted. For most clean contents we do not, and the log shows
 * the one in the row.
 */
#include "scanner/judge/judge.h"

#include <string.h>

#include "scanner/judge/policy.h"

/* Judges DATA, without its digest where that is possible (answer->is_stated). FALSE: the rules need
 * not be asked, since the bytes cannot be read or are on the allow list. */
static gboolean judge_data(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    const Content *content = &answer->content;

    if (!request_open_data(request, &answer->content, &answer->verdict))
        return FALSE;
    answer->is_stated =
        judge_scan_by_sum(judge, content, &answer->verdict, &answer->members, &answer->from_cache);
    return answer->is_stated || judge_by_digest(judge, VERDICT_CACHE_CONTENT, answer);
}

/* Takes over the digest of the row where we have computed none; else compares the two. */
static void check_digest(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    const guint8 *stated =
        request_peek_bytes(request, STOREHOOK_FIELD_DIGEST, STOREHOOK_DIGEST_SIZE);

    if (!stated || !answer->content.bytes)
        return;
    if (answer->is_stated)
        memcpy(answer->seen, stated, STOREHOOK_DIGEST_SIZE);
    else if (memcmp(stated, answer->seen, STOREHOOK_DIGEST_SIZE) != 0)
        board_count(&judge->board->counts.digest_mismatches);
}

/* The file name comes later, with the link row. Where a rule needs the true type whatever the name,
 * it is found out now, while the bytes are here; else the store would have to send them again. */
static void tell_type_ahead(Judge *judge, Answer *answer)
{
    const Content *content = &answer->content;
    const FilterSubject nameless = {.name = "", .size = (goffset)content->size};

    if (!answer->verdict.type_is_sure &&
        policy_row_action(judge->config->actions[answer->verdict.kind]) == STOREHOOK_ACTION_PASS &&
        filter_rules_need_type(judge->rules, &nameless))
        judge_tell_type(judge, content->bytes, content->size,
                        answer->is_stated ? NULL : answer->seen, &answer->verdict);
}

void judge_content(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    FilterAction action;

    if (judge_data(judge, request, answer))
        tell_type_ahead(judge, answer);
    if (answer->is_stated)
        answer->is_stated = judge_settle(judge, answer);
    check_digest(judge, request, answer);
    action = (FilterAction)judge->config->actions[answer->verdict.kind];
    answer->action = policy_row_action(action);
    if (answer->action == STOREHOOK_ACTION_REPLACE &&
        !(action == FILTER_ACTION_CLEAN && answer_set_cleaned(answer, judge)))
        answer_set_notice(answer, judge);
}

void judge_probe(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    const DeepScan scan = judge_deep_scan(judge);
    const Content *content = &answer->content;

    if (request_open_data(request, &answer->content, &answer->verdict))
        engine_scan(judge->engine, content->bytes, content->size,
                    &(EngineScan){.time_limit_ms = deep_scan_time_left(&scan)}, &answer->verdict);
}

/* Under the name that the program gives it, if it gives one. */
static void ask_rules(Judge *judge, const StorehookMessage *request, Answer *answer,
                      FilterAction *action)
{
    JudgePart part = {.name = NULL, .members = answer->members};
    char name[STOREHOOK_TEXT_MAX + 1];
    gboolean need_data;

    if (request_copy_name(request, name)) {
        part.name = name;
        part.is_cut = strlen(name) == STOREHOOK_TEXT_MAX;
        part.data = answer->content.bytes;
        part.size = answer->content.size;
        part.digest = answer->is_stated ? NULL : answer->seen;
    }
    (void)judge_rules(judge, &part, &answer->verdict, action, &need_data);
}

void judge_question(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    gboolean asks_rules = judge_data(judge, request, answer);
    FilterAction action = (FilterAction)judge->config->actions[answer->verdict.kind];

    if (asks_rules) {
        ask_rules(judge, request, answer, &action);
        /* After the rules, so that the true type is remembered as well. Of what is not clean the
         * digest is computed when the answer has been sent. */
        (void)judge_keep_by_sum(judge);
    }
    answer->action = policy_scan_action(action);
}
