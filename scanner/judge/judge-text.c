/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-text.c - a message row: its text as a whole, and each part that stands inline in it.
 *
 * Bad parts are overwritten in place by a notice of the same length. Where that does not make the
 * text clean, or the text must not be read, the row passes with a flag, and at commit the whole
 * message goes to quarantine.
 */
#include "scanner/judge/judge.h"

#include "scanner/common/condemned.h"
#include "scanner/judge/notice.h"
#include "scanner/judge/policy.h"

/* What to do with a text that has this verdict. The rules are asked about its parts only: the text
 * itself is no file. */
static FilterAction text_action(Judge *judge, Verdict *verdict, Members *members)
{
    FilterAction action = (FilterAction)judge->config->actions[verdict->kind];
    const JudgePart part = {.members = members};
    gboolean need_data;

    (void)judge_rules(judge, &part, verdict, &action, &need_data);
    return action;
}

/* TRUE if the text, as a whole and part by part, holds nothing that may not pass. */
static gboolean text_is_acceptable(Judge *judge, const char *text, gsize size)
{
    g_autoptr(Members) members = judge_members_new(judge);
    Verdict verdict = {0};

    judge_scan_now(judge, text, size, VERDICT_CACHE_MESSAGE, &verdict, members);
    return text_action(judge, &verdict, members) == FILTER_ACTION_PASS;
}

/* The text with notices in place of what is bad, or NULL where that is not possible. */
static GBytes *text_with_notices(Judge *judge, const Answer *answer)
{
    g_autoptr(Members) members = judge_members_new(judge);
    const Content *content = &answer->content;
    JudgeCopy copy = {.reference = answer->incident};
    g_autoptr(GBytes) text = NULL;
    Verdict verdict = {0};

    if (!content->bytes || condemned_is(&answer->verdict))
        return NULL;
    judge_blame(judge, answer, VERDICT_CACHE_MESSAGE);
    judge_parts(judge, content->bytes, content->size, FALSE, &copy, members, &verdict);
    if (copy.bytes)
        text = g_bytes_new_take(copy.bytes, content->size);
    if (text && !text_is_acceptable(judge, copy.bytes, content->size))
        g_clear_pointer(&text, g_bytes_unref);
    return g_steal_pointer(&text);
}

void judge_text(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    StorehookAction action;

    if (request_open_data(request, &answer->content, &answer->verdict))
        (void)judge_by_digest(judge, VERDICT_CACHE_MESSAGE, answer);
    action = policy_row_action(text_action(judge, &answer->verdict, answer->members));
    if (action == STOREHOOK_ACTION_REFUSE) {
        answer->action = STOREHOOK_ACTION_REFUSE;
    } else if (action == STOREHOOK_ACTION_REPLACE) {
        answer->flagged = TRUE;
        notice_reference_new(answer->incident);
        answer->data = text_with_notices(judge, answer);
        answer->action = answer->data ? STOREHOOK_ACTION_REPLACE : STOREHOOK_ACTION_PASS;
    }
}
