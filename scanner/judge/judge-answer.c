/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-answer.c - what an answer carries in place of a content that may not be written: a notice,
 * or the content without what is bad in it.
 *
 * Nothing here fails: where nothing can be taken out, the verdict says why.
 */
#include "scanner/judge/judge.h"

#include <string.h>

#include "scanner/clean/clean.h"
#include "scanner/common/digest.h"
#include "scanner/judge/notice.h"

enum {
    NAME_BEFORE_REMOVED = 40, /* of a finding, so that what was removed has room behind it */
    NAME_BEFORE_WHY = 60      /* and why nothing was */
};

void answer_clear(Answer *answer)
{
    g_clear_pointer(&answer->data, g_bytes_unref);
    g_clear_pointer(&answer->header, g_free);
    answer->members = members_free(answer->members);
    content_close(&answer->content);
}

static void answer_take_data(Answer *answer, GBytes *data)
{
    answer->data = data;
    digest_bytes(g_bytes_get_data(data, NULL), g_bytes_get_size(data), answer->digest);
    answer->has_digest = TRUE;
    answer->flagged = TRUE;
}

void answer_set_notice(Answer *answer, const Judge *judge)
{
    char *notice;

    notice_reference_new(answer->incident);
    notice =
        notice_text(&answer->verdict, judge_rule_reason(judge, &answer->verdict), answer->incident);
    answer_take_data(answer, g_bytes_new_take(notice, strlen(notice)));
}

gboolean answer_set_cleaned(Answer *answer, Judge *judge)
{
    g_autoptr(GString) removed = g_string_new(NULL);
    const Content *content = &answer->content;
    const char *why = "its bytes are not here";
    char name[VERDICT_NAME_SIZE];
    GBytes *cleaned = NULL;

    notice_reference_new(answer->incident);
    if (content->bytes) {
        judge_blame(judge, answer, VERDICT_CACHE_CONTENT);
        cleaned = clean_content(judge, content->bytes, content->size, answer->verdict.name,
                                answer->incident, removed, &why);
    }
    if (cleaned)
        g_snprintf(name, sizeof(name), "%.*s (removed %s)", NAME_BEFORE_REMOVED,
                   answer->verdict.name, removed->str);
    else
        g_snprintf(name, sizeof(name), "%.*s (not cleaned: %s)", NAME_BEFORE_WHY,
                   answer->verdict.name, why);
    verdict_set(&answer->verdict, answer->verdict.kind, name);
    if (cleaned)
        answer_take_data(answer, cleaned);
    return cleaned != NULL;
}
