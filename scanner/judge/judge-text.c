/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-text.c - a message row: its text as a whole, and each part that lies inline in it.
 *
 * What is bad is overwritten in place by a notice of the same length; where that does not make the
 * text clean, the text passes flagged, and at commit the message goes to quarantine whole.
 */
#include "scanner/judge/judge.h"

#include <string.h>

#include "scanner/common/digest.h"
#include "scanner/judge/notice.h"
#include "scanner/judge/policy.h"

/* What is to be done with a text, after the verdict on it: the rules are for what lies inside. */
static FilterAction text_action(Judge *judge, Verdict *verdict, Members *members)
{
    FilterAction action = (FilterAction)judge->config->actions[verdict->kind];
    const JudgePart part = {.members = members};
    gboolean need_data;

    (void)judge_rules(judge, &part, verdict, &action, &need_data);
    return action;
}

/* TRUE if the copy, as a whole and part by part, holds nothing that may not pass. */
static gboolean copy_is_acceptable(Judge *judge, const char *copy, gsize size)
{
    g_autoptr(Members) members = judge_members_new(judge);
    Verdict verdict = {0};

    judge_scan_now(judge, copy, size, VERDICT_CACHE_MESSAGE, &verdict, members);
    return text_action(judge, &verdict, members) == FILTER_ACTION_PASS;
}

/* Writes the text with notices to *ret_text, or NULL where that is impossible. */
static void text_replace(Judge *judge, const Content *content, const char *reference,
                         char **ret_text)
{
    g_autoptr(Members) members = judge_members_new(judge);
    g_autofree char *copy = NULL;
    Verdict verdict = {0};

    judge_parts(judge, content->bytes, content->size, FALSE, reference, &copy, members, &verdict);
    if (copy && copy_is_acceptable(judge, copy, content->size))
        *ret_text = g_steal_pointer(&copy);
}

void judge_text(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    char *replaced = NULL;
    StorehookValue value;
    FilterAction action;
    Content content;

    if (!storehook_read_find(request, STOREHOOK_FIELD_DATA, &value)) {
        verdict_set(&answer->verdict, STOREHOOK_VERDICT_NOT_SCANNED, "content: no text");
        return;
    }
    if (content_open(&value, &content, &answer->verdict)) {
        digest_bytes(content.bytes, content.size, answer->seen);
        answer->verdict.size = content.size;
        if (!judge_is_allowed(judge, answer->seen))
            answer->from_cache =
                judge_scan(judge, content.bytes, content.size, answer->seen, VERDICT_CACHE_MESSAGE,
                           &answer->verdict, &answer->members);
    }
    action = text_action(judge, &answer->verdict, answer->members);
    if (policy_row_action(action) == STOREHOOK_ACTION_REFUSE) {
        answer->action = STOREHOOK_ACTION_REFUSE;
    } else if (policy_row_action(action) == STOREHOOK_ACTION_REPLACE) {
        answer->flagged = TRUE;
        notice_reference_new(answer->incident);
        if (board_now() < judge->end)
            text_replace(judge, &content, answer->incident, &replaced);
        if (replaced) {
            answer->action = STOREHOOK_ACTION_REPLACE;
            answer->data = g_bytes_new_take(replaced, content.size);
        }
    }
    content_close(&content);
}
