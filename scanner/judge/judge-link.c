/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-link.c - an attachment row: the rules judge its name and true type, the cache knows its
 * content.
 *
 * A digest in a row proves nothing. Where the cache has no verdict under it, and the row has no
 * token from the answer to its content either, the bytes are asked for. A store that sends the
 * token of other bytes deceives only itself: nothing is remembered under the digest. Bytes that
 * stand in the row itself come with the question, and need no digest beside them.
 */
#include "scanner/judge/judge.h"

#include <string.h>

#include "scanner/judge/notice.h"
#include "scanner/judge/policy.h"
#include "scanner/mail/mail-header.h"

/* The row gets the MIME header and the file name of a notice. */
static void answer_with_header(const StorehookMessage *request, Answer *answer)
{
    StorehookValue value;

    answer->action = STOREHOOK_ACTION_REPLACE;
    answer->flagged = TRUE;
    answer->name = NOTICE_FILE_NAME;
    if (storehook_read_find(request, STOREHOOK_FIELD_HEADER, &value) && value.data)
        answer->header = notice_header(value.data, value.size, &answer->header_size);
}

static void answer_with_new_notice(const Judge *judge, const StorehookMessage *request,
                                   Answer *answer)
{
    answer_set_notice(answer, judge);
    answer_with_header(request, answer);
}

/* The verdict on the bytes, which the request has. FALSE: they are on the allow list. */
static gboolean link_scan(Judge *judge, const StorehookValue *data, const guint8 *digest,
                          Answer *answer)
{
    if (!content_open(data, &answer->content, &answer->verdict))
        return TRUE;
    if (!judge_by_digest(judge, VERDICT_CACHE_CONTENT, answer))
        return FALSE;
    if (digest && memcmp(answer->seen, digest, STOREHOOK_DIGEST_SIZE) != 0)
        board_count(&judge->board->counts.digest_mismatches);
    return TRUE;
}

/* The verdict in the cache, by the digest of the row or by the token of its content. */
static gboolean link_find(Judge *judge, const StorehookMessage *request, const guint8 *digest,
                          Answer *answer)
{
    const guint8 *token;

    memcpy(answer->seen, digest, STOREHOOK_DIGEST_SIZE);
    answer->from_cache =
        judge_find(judge, digest, VERDICT_CACHE_CONTENT, &answer->verdict, &answer->members);
    if (answer->from_cache)
        return TRUE;
    token = request_peek_bytes(request, STOREHOOK_FIELD_TOKEN, STOREHOOK_TOKEN_SIZE);
    answer->from_cache = answer->is_stated =
        token && judge_find_token(judge, token, &answer->verdict, &answer->members);
    return answer->from_cache;
}

/* The header of a detached part stands in this row and not in the text. */
static void check_header(const StorehookMessage *request, Verdict *verdict)
{
    MailHeaderFacts facts;
    StorehookValue value;

    if (!storehook_read_find(request, STOREHOOK_FIELD_HEADER, &value) || !value.data ||
        !verdict_is_worse(STOREHOOK_VERDICT_AMBIGUOUS, verdict->kind))
        return;
    mail_header_examine(value.data, value.size, &facts);
    if (facts.doubt)
        verdict_set(verdict, STOREHOOK_VERDICT_AMBIGUOUS, facts.doubt);
}

/* The part as the row names it. */
static void link_part(const StorehookMessage *request, char name[STOREHOOK_TEXT_MAX + 1],
                      JudgePart *part)
{
    StorehookValue value;

    (void)request_copy_name(request, name);
    part->name = name;
    part->is_cut = strlen(name) == STOREHOOK_TEXT_MAX;
    if (!storehook_read_find(request, STOREHOOK_FIELD_HEADER, &value) || !value.data)
        return;
    part->header = value.data;
    part->header_size = value.size;
    part->is_cut = part->is_cut || value.size >= STOREHOOK_HEADER_MAX;
}

/* What replaces the content is either the content without what was bad in it (clean.h), which was
 * scanned, or a notice, which never is. In the first case name and header are still true, and the
 * rules are asked. FALSE: it is a notice. */
static gboolean link_judge_cleaned(Judge *judge, const StorehookMessage *request,
                                   const guint8 *digest, Answer *answer)
{
    char name[STOREHOOK_TEXT_MAX + 1];
    JudgePart part = {.digest = digest};
    g_autoptr(Members) members = NULL;
    FilterAction action;
    gboolean need_data;
    Verdict verdict;

    if (!judge_find(judge, digest, VERDICT_CACHE_CONTENT, &verdict, &members) ||
        verdict.kind != STOREHOOK_VERDICT_CLEAN)
        return FALSE;
    answer->flagged = TRUE;
    link_part(request, name, &part);
    part.members = members;
    check_header(request, &verdict);
    action = (FilterAction)judge->config->actions[verdict.kind];
    (void)judge_rules(judge, &part, &verdict, &action, &need_data);
    if (action != FILTER_ACTION_PASS) {
        answer->verdict = verdict;
        answer->action = policy_row_action(action);
        g_clear_pointer(&answer->data, g_bytes_unref);
        if (answer->action == STOREHOOK_ACTION_REPLACE)
            answer_with_new_notice(judge, request, answer);
    }
    return TRUE;
}

/* A content that was written before it was known to be bad. FALSE: it needs a notice. */
static gboolean link_clean(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    if (!answer_set_cleaned(answer, judge))
        return FALSE;
    if (link_judge_cleaned(judge, request, answer->digest, answer))
        return TRUE;
    g_clear_pointer(&answer->data, g_bytes_unref);
    return FALSE;
}

/* digest: NULL where the row has none, and then its bytes. */
static void link_judge(Judge *judge, const StorehookMessage *request, const guint8 *digest,
                       Answer *answer)
{
    char name[STOREHOOK_TEXT_MAX + 1];
    JudgePart part = {.digest = answer->seen};
    StorehookValue data;
    gboolean has_data = storehook_read_find(request, STOREHOOK_FIELD_DATA, &data);
    FilterAction action;

    if (has_data) {
        if (!link_scan(judge, &data, digest, answer))
            return;
    } else if (!link_find(judge, request, digest, answer)) {
        answer->need_data = TRUE;
        return;
    }
    link_part(request, name, &part);
    part.data = answer->content.bytes;
    part.size = answer->content.size;
    part.members = answer->members;
    check_header(request, &answer->verdict);
    action = (FilterAction)judge->config->actions[answer->verdict.kind];
    (void)judge_rules(judge, &part, &answer->verdict, &action, &answer->need_data);
    if (answer->need_data)
        return;
    answer->action = policy_row_action(action);
    answer->may_remember = answer->verdict.kind == STOREHOOK_VERDICT_CLEAN;
    if (answer->action != STOREHOOK_ACTION_REPLACE)
        return;
    if (action == FILTER_ACTION_CLEAN && !has_data)
        answer->need_data = TRUE;
    else if (action != FILTER_ACTION_CLEAN || !link_clean(judge, request, answer))
        answer_with_new_notice(judge, request, answer);
}

/* The content row was replaced a moment ago; `notice` is the digest of what stands there now. */
static void link_judge_replaced(Judge *judge, const StorehookMessage *request, const guint8 *digest,
                                const guint8 *notice, Answer *answer)
{
    if (digest) {
        memcpy(answer->seen, digest, STOREHOOK_DIGEST_SIZE);
        answer->from_cache =
            judge_find(judge, digest, VERDICT_CACHE_CONTENT, &answer->verdict, &answer->members);
    }
    if (link_judge_cleaned(judge, request, notice, answer))
        return;
    memcpy(answer->digest, notice, STOREHOOK_DIGEST_SIZE);
    answer->has_digest = TRUE;
    answer_with_header(request, answer);
}

static void link_judge_without_digest(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    verdict_set(&answer->verdict, STOREHOOK_VERDICT_NOT_SCANNED, "content: no digest");
    answer->action = policy_row_action((FilterAction)judge->config->actions[answer->verdict.kind]);
    if (answer->action == STOREHOOK_ACTION_REPLACE)
        answer_with_new_notice(judge, request, answer);
}

void judge_link(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    const guint8 *digest =
        request_peek_bytes(request, STOREHOOK_FIELD_DIGEST, STOREHOOK_DIGEST_SIZE);
    const guint8 *notice =
        request_peek_bytes(request, STOREHOOK_FIELD_NOTICE, STOREHOOK_DIGEST_SIZE);
    StorehookValue data;

    if (notice)
        link_judge_replaced(judge, request, digest, notice, answer);
    else if (!digest && !storehook_read_find(request, STOREHOOK_FIELD_DATA, &data))
        link_judge_without_digest(judge, request, answer);
    else if (digest && judge_is_allowed(judge, digest))
        memcpy(answer->seen, digest, STOREHOOK_DIGEST_SIZE);
    else
        link_judge(judge, request, digest, answer);
}
