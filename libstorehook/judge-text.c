/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * judge-text.c - a message row: its text is judged. Sender, recipients and subject are read when
 * something in the message is flagged, since nobody asks for them before.
 *
 * A bad part inside it is overwritten in place, so an answer of another length is not understood
 * and the text passes, counted. Text that ought to be replaced and cannot be set is refused.
 */
#include "libstorehook/judge.h"

static Decision replace(Judgement *judgement, const Answer *answer)
{
    TrackedRow *row = judgement->row;
    Decision decision = DECISION_WRITE;
    BlobView text = {0};

    if (answer_view(answer, STOREHOOK_FIELD_DATA, &text) < 0 || text.size != row->original.size) {
        blob_view_close(&text);
        row->flagged = false;
        return judge_unscanned(row, STOREHOOK_REASON_PROTOCOL);
    }
    row->altered = true;
    if (table_info_write(&judgement->place, COLUMN_TEXT, text.data, text.size) < 0)
        decision = DECISION_REFUSE;
    blob_view_close(&text);
    return decision;
}

static Decision ask(Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    Request *request = request_new(STOREHOOK_JUDGE_TEXT);
    const Answer *answer = NULL;
    Decision decision;
    int reason;

    if (!request)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    request_add_blob(request, STOREHOOK_FIELD_DATA, &row->original);
    reason = request_ask(request, judgement->budget_us, &answer);
    decision = reason == REQUEST_ANSWERED ? judge_obey(judgement, answer, replace)
                                          : judge_unscanned(row, reason);
    request_free(request);
    return decision;
}

void judge_read_envelope(const RowPlace *place, TrackedRow *row)
{
    static const struct {
        Column column;
        RowField field;
        size_t limit;
    } texts[] = {{COLUMN_SENDER, FIELD_SENDER, STOREHOOK_TEXT_MAX},
                 {COLUMN_RECIPIENTS, FIELD_RECIPIENTS, STOREHOOK_RECIPIENTS_MAX},
                 {COLUMN_SUBJECT, FIELD_SUBJECT, STOREHOOK_TEXT_MAX}};
    int result = 0;

    for (unsigned i = 0; result == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
        result = table_info_read_text(place, texts[i].column, texts[i].limit,
                                      &row->fields[texts[i].field]);
    row->has_envelope = result == 0;
}

Decision judge_text(Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    Decision decision;

    judgement->unchanged =
        judgement->replaces && !table_info_changed(&judgement->place, COLUMN_TEXT);
    if (judgement->unchanged)
        return DECISION_WRITE;
    if (table_info_read(&judgement->place, COLUMN_KEY, STOREHOOK_TEXT_MAX,
                        &row->fields[FIELD_MESSAGE]) < 0)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    if (!judge_may_ask(row, &decision) || !judge_take_turn(judgement, &decision))
        return decision;
    if (table_info_read_blob(&judgement->place, COLUMN_TEXT, &row->original) < 0)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    if (!row->original.set)
        return DECISION_WRITE;
    decision = ask(judgement);
    if (!row->flagged && !row->altered)
        blob_clear(&row->original);
    /* Outside a transaction the message is shown before it can be read back. */
    if (row->flagged)
        judge_read_envelope(&judgement->place, row);
    return decision;
}
