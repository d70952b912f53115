/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-content.c - a content row that is about to be written, and the plain question of programs
 * that only want a verdict.
 *
 * Bytes are always judged, whatever digest stands beside them; one that is not theirs is counted
 * where it was made. A store's content that is clean mostly needs none: the log says what the store
 * says.
 */
#include "scanner/judge/judge.h"

#include <string.h>

#include "scanner/clean/clean.h"
#include "scanner/common/digest.h"
#include "scanner/judge/notice.h"
#include "scanner/judge/policy.h"

enum {
    NAME_BEFORE_REMOVED = 40, /* of a finding, so that what was removed has room behind it */
    NAME_BEFORE_WHY = 60      /* and why nothing was */
};

/* Opens DATA; without it, a not-scanned verdict. */
static gboolean request_open(const StorehookMessage *request, Content *content, Verdict *verdict)
{
    StorehookValue value;

    if (!storehook_read_find(request, STOREHOOK_FIELD_DATA, &value)) {
        *content = (Content){0};
        verdict_set(verdict, STOREHOOK_VERDICT_NOT_SCANNED, "content: none in the request");
        return FALSE;
    }
    return content_open(&value, content, verdict);
}

/* Where `answer` has the digest, it is compared with what the store says; else it is that. */
static void check_digest(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    StorehookValue value;

    if (!storehook_read_find(request, STOREHOOK_FIELD_DIGEST, &value) || !value.data ||
        value.size != STOREHOOK_DIGEST_SIZE)
        return;
    if (answer->is_stated)
        memcpy(answer->seen, value.data, STOREHOOK_DIGEST_SIZE);
    else if (memcmp(value.data, answer->seen, STOREHOOK_DIGEST_SIZE) != 0)
        board_count(&judge->board->counts.digest_mismatches);
}

/* The link that follows names the file. If a rule will want the true type whatever the name, it is
 * told now, while the bytes are at hand: the store need not bring them once more. */
static void tell_type_ahead(Judge *judge, const Content *content, Answer *answer)
{
    const FilterSubject nameless = {.name = "", .size = (goffset)content->size};

    if (!answer->verdict.type_is_sure &&
        policy_row_action(judge->config->actions[answer->verdict.kind]) == STOREHOOK_ACTION_PASS &&
        filter_rules_need_type(judge->rules, &nameless))
        judge_tell_type(judge, content->bytes, content->size,
                        answer->is_stated ? NULL : answer->seen, &answer->verdict);
}

static void answer_with_notice(Answer *answer)
{
    char *notice;

    notice_reference_new(answer->incident);
    notice = notice_text(&answer->verdict, answer->incident);
    answer->data = g_bytes_new_take(notice, strlen(notice));
    digest_bytes(notice, strlen(notice), answer->digest);
    answer->has_digest = TRUE;
    answer->flagged = TRUE;
}

gboolean judge_answer_cleaned(Judge *judge, const Content *content, Answer *answer)
{
    g_autoptr(GString) removed = g_string_new(NULL);
    const char *why = "its bytes are not here";
    char name[VERDICT_NAME_SIZE];
    GBytes *cleaned;

    notice_reference_new(answer->incident);
    cleaned = content->bytes ? clean_content(judge, content->bytes, content->size,
                                             answer->verdict.name, answer->incident, removed, &why)
                             : NULL;
    if (!cleaned) {
        g_snprintf(name, sizeof(name), "%.*s (not cleaned: %s)", NAME_BEFORE_WHY,
                   answer->verdict.name, why);
        verdict_set(&answer->verdict, answer->verdict.kind, name);
        return FALSE;
    }
    g_snprintf(name, sizeof(name), "%.*s (removed %s)", NAME_BEFORE_REMOVED, answer->verdict.name,
               removed->str);
    verdict_set(&answer->verdict, answer->verdict.kind, name);
    answer->data = cleaned;
    digest_bytes(g_bytes_get_data(cleaned, NULL), g_bytes_get_size(cleaned), answer->digest);
    answer->has_digest = TRUE;
    answer->flagged = TRUE;
    return TRUE;
}

static void judge_by_digest(Judge *judge, const Content *content, Answer *answer)
{
    digest_bytes(content->bytes, content->size, answer->seen);
    answer->verdict.size = content->size;
    if (judge_is_allowed(judge, answer->seen))
        return;
    answer->from_cache = judge_scan(judge, content->bytes, content->size, answer->seen,
                                    VERDICT_CACHE_CONTENT, &answer->verdict, &answer->members);
    tell_type_ahead(judge, content, answer);
}

void judge_content(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    Content *content = &answer->content;
    FilterAction action;

    if (request_open(request, content, &answer->verdict)) {
        answer->is_stated = judge_scan_by_sum(judge, content, &answer->verdict, &answer->members,
                                              &answer->from_cache);
        if (answer->is_stated) {
            tell_type_ahead(judge, content, answer);
            answer->is_stated = judge_settle(judge, answer);
        } else {
            judge_by_digest(judge, content, answer);
        }
        check_digest(judge, request, answer);
    }
    action = (FilterAction)judge->config->actions[answer->verdict.kind];
    answer->action = policy_row_action(action);
    if (answer->action == STOREHOOK_ACTION_REPLACE &&
        !(action == FILTER_ACTION_CLEAN && judge_answer_cleaned(judge, content, answer)))
        answer_with_notice(answer);
}

void judge_probe(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    const DeepScan scan = judge_deep_scan(judge);
    Content content;

    if (request_open(request, &content, &answer->verdict))
        engine_scan(judge->engine, content.bytes, content.size,
                    &(EngineScan){.time_limit_ms = deep_scan_time_left(&scan)}, &answer->verdict);
    content_close(&content);
}

/* FALSE: there is nothing to ask rules about, no bytes or an allowed content. */
static gboolean scan_only(Judge *judge, const StorehookMessage *request, Answer *answer,
                          gboolean *ret_is_by_sum)
{
    Content *content = &answer->content;

    if (!request_open(request, content, &answer->verdict))
        return FALSE;
    *ret_is_by_sum =
        judge_scan_by_sum(judge, content, &answer->verdict, &answer->members, &answer->from_cache);
    if (*ret_is_by_sum)
        return TRUE;
    digest_bytes(content->bytes, content->size, answer->seen);
    if (judge_is_allowed(judge, answer->seen))
        return FALSE;
    answer->from_cache = judge_scan(judge, content->bytes, content->size, answer->seen,
                                    VERDICT_CACHE_CONTENT, &answer->verdict, &answer->members);
    return TRUE;
}

/* Under the name that the program gives it, if it gives one. */
static void ask_rules(Judge *judge, const StorehookMessage *request, gboolean is_by_sum,
                      Answer *answer, FilterAction *action)
{
    JudgePart part = {.name = NULL, .members = answer->members};
    char name[STOREHOOK_TEXT_MAX + 1];
    StorehookValue value;
    gboolean need_data;

    if (storehook_read_find(request, STOREHOOK_FIELD_NAME, &value) && value.data) {
        g_snprintf(name, sizeof(name), "%.*s", (int)MIN(value.size, STOREHOOK_TEXT_MAX),
                   (const char *)value.data);
        part.name = name;
        part.data = answer->content.bytes;
        part.size = answer->content.size;
        part.digest = is_by_sum ? NULL : answer->seen;
    }
    (void)judge_rules(judge, &part, &answer->verdict, action, &need_data);
}

void judge_only(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    gboolean is_by_sum, has_more = scan_only(judge, request, answer, &is_by_sum);
    FilterAction action = (FilterAction)judge->config->actions[answer->verdict.kind];

    if (has_more) {
        ask_rules(judge, request, is_by_sum, answer, &action);
        /* With its type; what is not clean has its digest made when the answer has left. */
        (void)judge_keep_by_sum(judge);
    }
    answer->action = policy_scan_action(action);
}
