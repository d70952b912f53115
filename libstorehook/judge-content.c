/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * judge-content.c - a content row: its data is judged, and replaced together with its digest.
 *
 * Without an understandable answer the row passes as it is. Data that ought to be replaced and
 * cannot be set is refused: the sender still has it.
 */
#include "libstorehook/judge.h"

#include "libstorehook/originals.h"

static Decision replace(Judgement *judgement, const Answer *answer)
{
    TrackedRow *row = judgement->row;
    BlobView data = {0};
    Decision decision = DECISION_WRITE;

    if (answer_copy(answer, STOREHOOK_FIELD_DIGEST, STOREHOOK_DIGEST_SIZE,
                    &row->fields[FIELD_NOTICE]) < 0 ||
        row->fields[FIELD_NOTICE].size != STOREHOOK_DIGEST_SIZE ||
        answer_view(answer, STOREHOOK_FIELD_DATA, &data) < 0) {
        byte_string_clear(&row->fields[FIELD_NOTICE]);
        row->flagged = false;
        return judge_unscanned(row, STOREHOOK_REASON_PROTOCOL);
    }
    row->altered = true;
    if (table_info_write(&judgement->place, COLUMN_DATA, data.data, data.size) < 0 ||
        table_info_write(&judgement->place, COLUMN_DIGEST, row->fields[FIELD_NOTICE].data,
                         row->fields[FIELD_NOTICE].size) < 0)
        decision = DECISION_REFUSE;
    blob_view_close(&data);
    return decision;
}

static Decision ask(Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    ByteString table = {(unsigned char *)row->table, __builtin_strlen(row->table)};
    Request *request = request_new(STOREHOOK_JUDGE_CONTENT);
    const Answer *answer = NULL;
    Decision decision;
    int reason;

    if (!request)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    request_add_string(request, STOREHOOK_FIELD_TABLE, &table);
    request_add_string(request, STOREHOOK_FIELD_DIGEST, &row->fields[FIELD_DIGEST]);
    request_add_blob(request, STOREHOOK_FIELD_DATA, &row->original);
    reason = request_ask(request, judgement->budget_us, &answer);
    decision = reason == REQUEST_ANSWERED ? judge_obey(judgement, answer, replace)
                                          : judge_unscanned(row, reason);
    /* Without memory for it the link's content is sent once more. */
    if (answer)
        (void)answer_copy(answer, STOREHOOK_FIELD_TOKEN, STOREHOOK_TOKEN_SIZE,
                          &row->fields[FIELD_TOKEN]);
    request_free(request);
    return decision;
}

Decision judge_content(Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    Decision decision;

    judgement->unchanged =
        judgement->replaces && !table_info_changed(&judgement->place, COLUMN_DATA);
    if (judgement->unchanged)
        return DECISION_WRITE;
    if (table_info_read(&judgement->place, COLUMN_DIGEST, STOREHOOK_DIGEST_SIZE,
                        &row->fields[FIELD_DIGEST]) < 0)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    if (!judge_may_ask(row, &decision) || !judge_take_turn(judgement, &decision))
        return decision;
    if (table_info_read_blob(&judgement->place, COLUMN_DATA, &row->original) < 0)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    if (!row->original.set)
        return DECISION_WRITE;
    decision = ask(judgement);
    if (decision == DECISION_WRITE)
        decision = judge_links_again(judgement);
    /* The original bytes are only needed again where something is wrong with them. */
    if (!row->flagged && !row->altered)
        blob_clear(&row->original);
    return decision;
}
