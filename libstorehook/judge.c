/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * judge.c - what the judgements of content, text, link and message have in common.
 *
 * Nothing here fails by itself: what gets no verdict passes and is counted, or waits where that is
 * asked for (STOREHOOK_ON_UNAVAILABLE=defer).
 */
#include "libstorehook/judge.h"

#include "libstorehook/connection.h"
#include "libstorehook/turn.h"

bool judge_defers(void)
{
    ConnectionMode mode = connection_peek();

    /* The administrator's word stands above the environment's. */
    return connection_defers() && mode != CONNECTION_STOPPED && mode != CONNECTION_NOT_YOU;
}

Decision judge_unscanned(TrackedRow *row, int reason)
{
    row->reason = reason;
    return judge_defers() ? DECISION_DEFER : DECISION_WRITE;
}

bool judge_may_ask(TrackedRow *row, Decision *ret)
{
    connection_look();
    switch (connection_mode()) {
    case CONNECTION_JUDGE:
        return true;
    case CONNECTION_NOT_YOU:
        *ret = DECISION_WRITE;
        return false;
    default:
        *ret = judge_unscanned(row, STOREHOOK_REASON_UNAVAILABLE);
        return false;
    }
}

bool judge_take_turn(const Judgement *judgement, Decision *ret)
{
    switch (turn_take(judgement->budget_us)) {
    case TURN_TAKEN:
        return true;
    case TURN_TAKEN_LATE:
        return judge_may_ask(judgement->row, ret);
    default:
        *ret = judge_unscanned(judgement->row, STOREHOOK_REASON_UNAVAILABLE);
        return false;
    }
}

/* Keeps verdict, name, incident and flag in the row; none of it without memory. */
static bool keep_answer(TrackedRow *row, const Answer *answer)
{
    if (answer_copy(answer, STOREHOOK_FIELD_VERDICT_NAME, STOREHOOK_TEXT_MAX,
                    &row->fields[FIELD_VERDICT_NAME]) < 0 ||
        answer_copy(answer, STOREHOOK_FIELD_INCIDENT, STOREHOOK_TEXT_MAX,
                    &row->fields[FIELD_INCIDENT]) < 0)
        return false;
    row->verdict = answer->verdict;
    row->flagged = row->flagged || answer->flagged;
    return true;
}

Decision judge_obey(Judgement *judgement, const Answer *answer, JudgeReplace *replace)
{
    if (!keep_answer(judgement->row, answer))
        return judge_unscanned(judgement->row, STOREHOOK_REASON_RESOURCES);
    switch (answer->action) {
    case STOREHOOK_ACTION_PASS:
        return DECISION_WRITE;
    case STOREHOOK_ACTION_REPLACE:
        return replace(judgement, answer);
    case STOREHOOK_ACTION_REFUSE:
        return DECISION_REFUSE;
    case STOREHOOK_ACTION_DEFER:
        return DECISION_DEFER;
    default:
        judgement->row->flagged = false;
        return judge_unscanned(judgement->row, STOREHOOK_REASON_PROTOCOL);
    }
}

bool judge_is_same_store(const TrackedRow *a, const TrackedRow *b)
{
    return a->database == b->database && a->set == b->set;
}

TrackedRow *judge_find_content(const Session *session, const TrackedRow *like)
{
    if (!session)
        return NULL;
    for (TrackedRow *row = transaction_contents(session, &like->fields[FIELD_DIGEST]); row;
         row = row->next_content)
        if (tracked_row_stands(row) && judge_is_same_store(row, like) &&
            byte_string_equals(&row->fields[FIELD_DIGEST], &like->fields[FIELD_DIGEST]))
            return row;
    return NULL;
}

void judge_restore(const Judgement *judgement)
{
    const RowPlace *place = &judgement->place;
    const TrackedRow *row = judgement->row;
    BlobView view;

    if (!row->altered)
        return;
    if (blob_view(&row->original, &view) == 0) {
        table_info_write(place, row->role == ROLE_MESSAGES ? COLUMN_TEXT : COLUMN_DATA, view.data,
                         view.size);
        blob_view_close(&view);
    }
    if (row->fields[FIELD_DIGEST].data)
        table_info_write(place, COLUMN_DIGEST, row->fields[FIELD_DIGEST].data,
                         row->fields[FIELD_DIGEST].size);
    if (row->fields[FIELD_NAME].data)
        table_info_write_text(place, COLUMN_NAME, row->fields[FIELD_NAME].data,
                              row->fields[FIELD_NAME].size);
    if (row->fields[FIELD_HEADER].data)
        table_info_write_text(place, COLUMN_HEADER, row->fields[FIELD_HEADER].data,
                              row->fields[FIELD_HEADER].size);
}

JET_ERR judge_error(Decision decision)
{
    switch (decision) {
    case DECISION_REFUSE:
        return JET_errPermissionDenied;
    case DECISION_DEFER:
        return JET_errInstanceUnavailable;
    default:
        return JET_errSuccess;
    }
}
