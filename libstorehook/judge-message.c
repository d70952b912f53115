/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * judge-message.c - at commit: messages with a flagged part are shown to the service whole, which
 * keeps the original and says what becomes of the message.
 *
 * A notice already stands where the bad part was, so without an answer the original would be
 * nowhere: the commit is deferred, and the host still has the message. One that cannot be shown at
 * all (a header longer than the wire takes, more than TRANSACTION_ROWS_MAX rows, 4 GB) is refused.
 * Rows are deleted inside the same transaction; when one cannot be, the commit is deferred too.
 */
#include "libstorehook/bundle.h"
#include "libstorehook/judge.h"

#include <errno.h>
#include <stdlib.h>

#include "libstorehook/link-note.h"
#include "libstorehook/originals.h"
#include "libstorehook/turn.h"

/* A message, or a flagged row that belongs to none, and what is needed to show it. */
typedef struct {
    Session *session;
    JET_SESID sesid;
    TrackedRow *anchor;
    bool too_long; /* something of it would have to be cut */
} Group;

static bool is_part(const TrackedRow *anchor, const TrackedRow *row)
{
    if (row == anchor)
        return row->role != ROLE_MESSAGES;
    return anchor->role == ROLE_MESSAGES && row->role == ROLE_ATTACHMENTS &&
           tracked_row_stands(row) && judge_is_same_store(anchor, row) &&
           byte_string_equals(&anchor->fields[FIELD_MESSAGE], &row->fields[FIELD_MESSAGE]);
}

static TrackedRow *content_of(const Group *group, const TrackedRow *part)
{
    return part->role == ROLE_CONTENTS ? NULL : judge_find_content(group->session, part);
}

static bool is_flagged_with_content(const Session *session, const TrackedRow *row)
{
    const TrackedRow *content =
        row->role == ROLE_ATTACHMENTS ? judge_find_content(session, row) : NULL;

    return row->flagged || (content && content->flagged);
}

/* Marks the messages with a flagged part. Of these there are few: not every message of a large
 * transaction can have all rows looked at. */
static void mark_messages(const Session *session)
{
    for (TrackedRow *row = session->rows; row; row = row->next)
        row->has_flagged = false;
    for (const TrackedRow *part = session->rows; part; part = part->next)
        if (part->role == ROLE_ATTACHMENTS && tracked_row_stands(part) &&
            is_flagged_with_content(session, part))
            for (TrackedRow *row = session->rows; row; row = row->next)
                if (row->role == ROLE_MESSAGES && is_part(row, part))
                    row->has_flagged = true;
}

static bool is_flagged(const Session *session, const TrackedRow *anchor)
{
    return anchor->has_flagged || is_flagged_with_content(session, anchor);
}

/* A column of a row as it was written, for what was not kept. */
static int read_back(const Group *group, const TrackedRow *row, Column column, Blob *ret)
{
    OwnCursor cursor;
    int result = -1;

    if (own_cursor_open(group->sesid, row->database, row->table, &cursor) < 0)
        return -1;
    if (own_cursor_goto(&cursor, &row->fields[FIELD_BOOKMARK]) >= 0)
        result = table_info_read_blob(&cursor.place, column, ret);
    own_cursor_close(&cursor);
    return result;
}

static bool read_envelope(const Group *group, TrackedRow *row)
{
    OwnCursor cursor;

    if (row->has_envelope)
        return true;
    if (own_cursor_open(group->sesid, row->database, row->table, &cursor) < 0)
        return false;
    if (own_cursor_goto(&cursor, &row->fields[FIELD_BOOKMARK]) >= 0)
        judge_read_envelope(&cursor.place, row);
    own_cursor_close(&cursor);
    return row->has_envelope;
}

/* The bytes of a part as they came: kept, in the row, or in the contents. Those not kept are
 * fetched to *fetched, which the caller clears. */
static const Blob *original_of(const Group *group, const TrackedRow *part, Blob *fetched)
{
    const TrackedRow *content = content_of(group, part);

    if (part->original.set)
        return &part->original;
    if (content && content->original.set)
        return &content->original;
    if (part->fields[FIELD_DIGEST].data && part->role == ROLE_ATTACHMENTS) {
        int result = rows_read_content(group->sesid, part->database, part->set,
                                       &part->fields[FIELD_DIGEST], fetched);

        /* Nowhere: shown without its bytes. */
        if (result < 0 && result != -ENOENT)
            return NULL;
    }
    if (!fetched->set && part->fields[FIELD_BOOKMARK].data &&
        read_back(group, part, COLUMN_DATA, fetched) < 0)
        return NULL;
    return fetched;
}

static void add_text_verdict(Request *request, const TrackedRow *row)
{
    storehook_write_u32(&request->writer, STOREHOOK_FIELD_FLAGGED, 1);
    storehook_write_u32(&request->writer, STOREHOOK_FIELD_VERDICT, row->verdict);
    storehook_write_u32(&request->writer, STOREHOOK_FIELD_ACTION,
                        row->altered ? STOREHOOK_ACTION_REPLACE : STOREHOOK_ACTION_PASS);
    request_add_string(request, STOREHOOK_FIELD_VERDICT_NAME, &row->fields[FIELD_VERDICT_NAME]);
    request_add_string(request, STOREHOOK_FIELD_INCIDENT, &row->fields[FIELD_INCIDENT]);
}

static void add_part_verdict(Bundle *bundle, const TrackedRow *row)
{
    bundle_add_u32(bundle, STOREHOOK_FIELD_FLAGGED, 1);
    bundle_add_u32(bundle, STOREHOOK_FIELD_VERDICT, row->verdict);
    bundle_add_string(bundle, STOREHOOK_FIELD_VERDICT_NAME, &row->fields[FIELD_VERDICT_NAME]);
    bundle_add_string(bundle, STOREHOOK_FIELD_INCIDENT, &row->fields[FIELD_INCIDENT]);
}

static bool add_part(Group *group, Bundle *bundle, const TrackedRow *part)
{
    const TrackedRow *content = content_of(group, part);
    Blob fetched = BLOB_NONE;
    const Blob *data = original_of(group, part, &fetched);

    if (!data)
        return false;
    group->too_long = group->too_long || part->fields[FIELD_NAME].size > STOREHOOK_TEXT_MAX ||
                      part->fields[FIELD_HEADER].size > STOREHOOK_HEADER_MAX;
    bundle_add(bundle, STOREHOOK_FIELD_PART, NULL, 0);
    bundle_add_string(bundle, STOREHOOK_FIELD_NAME, &part->fields[FIELD_NAME]);
    bundle_add_string(bundle, STOREHOOK_FIELD_HEADER, &part->fields[FIELD_HEADER]);
    if (part->role == ROLE_ATTACHMENTS)
        bundle_add(bundle, STOREHOOK_FIELD_OFFSET, &part->offset, sizeof(part->offset));
    bundle_add_string(bundle, STOREHOOK_FIELD_ENCODING, &part->fields[FIELD_ENCODING]);
    bundle_add_string(bundle, STOREHOOK_FIELD_DIGEST, &part->fields[FIELD_DIGEST]);
    bundle_add_blob(bundle, STOREHOOK_FIELD_DATA, data);
    if (content && content->flagged)
        add_part_verdict(bundle, content);
    else if (part->flagged)
        add_part_verdict(bundle, part);
    blob_clear(&fetched);
    return true;
}

/* All of them, for a release; more than a few travel in a memfd. */
static bool add_recipients(Request *request, const ByteString *recipients, Blob *ret_copy)
{
    if (recipients->data && blob_set(ret_copy, recipients->data, recipients->size) < 0)
        return false;
    request_add_blob(request, STOREHOOK_FIELD_RECIPIENTS, ret_copy);
    return true;
}

/* The text and envelope of a message. */
static bool add_message(const Group *group, Request *request, Blob *fetched, Blob *recipients)
{
    TrackedRow *row = group->anchor;
    const Blob *text = &row->original;

    if (row->role != ROLE_MESSAGES)
        return true;
    if (!read_envelope(group, row))
        return false;
    if (!text->set) {
        if (read_back(group, row, COLUMN_TEXT, fetched) < 0)
            return false;
        text = fetched;
    }
    request_add_blob(request, STOREHOOK_FIELD_DATA, text);
    request_add_string(request, STOREHOOK_FIELD_SENDER, &row->fields[FIELD_SENDER]);
    if (!add_recipients(request, &row->fields[FIELD_RECIPIENTS], recipients))
        return false;
    request_add_string(request, STOREHOOK_FIELD_SUBJECT, &row->fields[FIELD_SUBJECT]);
    if (row->flagged)
        add_text_verdict(request, row);
    return true;
}

static bool add_parts(Group *group, Bundle *bundle)
{
    if (group->anchor->role != ROLE_MESSAGES)
        return add_part(group, bundle, group->anchor);
    for (TrackedRow *row = group->session->rows; row; row = row->next)
        if (is_part(group->anchor, row) && !add_part(group, bundle, row))
            return false;
    return true;
}

/* The incident that folders are noted for: the message's, else that of its first flagged part. */
static int keep_incident(Group *group, const Answer *answer)
{
    ByteString *incident = &group->anchor->fields[FIELD_INCIDENT];
    int result = answer_copy(answer, STOREHOOK_FIELD_INCIDENT, STOREHOOK_TEXT_MAX, incident);

    for (TrackedRow *row = group->session->rows; row && result == 0 && !incident->data;
         row = row->next) {
        const TrackedRow *content = is_part(group->anchor, row) ? content_of(group, row) : NULL;
        const TrackedRow *from = content && content->flagged ? content : row;

        if (is_part(group->anchor, row) && from->fields[FIELD_INCIDENT].data)
            result = byte_string_set(incident, from->fields[FIELD_INCIDENT].data,
                                     from->fields[FIELD_INCIDENT].size);
    }
    return result;
}

static Decision outcome(Group *group, const Answer *answer)
{
    TrackedRow *row = group->anchor;

    if (keep_incident(group, answer) < 0)
        return DECISION_DEFER;
    row->dropped = answer->action == STOREHOOK_ACTION_DROP;
    switch (answer->action) {
    case STOREHOOK_ACTION_PASS:
    case STOREHOOK_ACTION_DROP:
        return DECISION_WRITE;
    case STOREHOOK_ACTION_REFUSE:
        return DECISION_REFUSE;
    default:
        return DECISION_DEFER;
    }
}

static Decision ask_with_parts(Group *group, Request *request, Bundle *bundle, int64_t *budget_us)
{
    Decision decision = DECISION_DEFER;
    const Answer *answer = NULL;
    size_t size;
    int fd, result = bundle_seal(bundle, &fd, &size);

    if (result < 0)
        return result == -EFBIG ? DECISION_REFUSE : DECISION_DEFER;
    storehook_write_descriptor(&request->writer, STOREHOOK_FIELD_PARTS, fd, size);
    if (request->writer.overflow)
        return DECISION_REFUSE;
    if (request_ask(request, budget_us, &answer) == REQUEST_ANSWERED)
        decision = outcome(group, answer);
    return decision;
}

static Decision ask_in_turn(Group *group, int64_t *budget_us)
{
    Request *request = request_new(STOREHOOK_JUDGE_MESSAGE);
    Bundle *bundle = bundle_new();
    Blob text = BLOB_NONE, recipients = BLOB_NONE;
    Decision decision = DECISION_DEFER;

    if (request && bundle && add_message(group, request, &text, &recipients) &&
        add_parts(group, bundle))
        decision =
            group->too_long ? DECISION_REFUSE : ask_with_parts(group, request, bundle, budget_us);
    blob_clear(&text);
    blob_clear(&recipients);
    bundle_free(bundle);
    request_free(request);
    return decision;
}

static Decision ask(Group *group, int64_t *budget_us)
{
    Decision decision = DECISION_DEFER;

    if (turn_take(budget_us) != TURN_NONE)
        decision = ask_in_turn(group, budget_us);
    turn_give();
    return decision;
}

/* The digest that the row has now. */
static const ByteString *digest_now(const TrackedRow *row)
{
    return row->fields[FIELD_NOTICE].data ? &row->fields[FIELD_NOTICE] : &row->fields[FIELD_DIGEST];
}

/* Marks what this transaction inserted for the part. A content that came twice was replaced by two
 * notices, of which links name the first. */
static void mark_contents(const Group *group, const TrackedRow *part)
{
    static const RowField names[] = {FIELD_DIGEST, FIELD_NOTICE};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const ByteString *name = &part->fields[names[i]];

        for (TrackedRow *row = transaction_contents(group->session, name); row;
             row = row->next_content)
            if (row->inserted && tracked_row_stands(row) && judge_is_same_store(row, part) &&
                byte_string_equals(&row->fields[FIELD_DIGEST], name))
                row->goes = true;
    }
}

/* Another message that stays links to some of them as well. */
static void unmark_shared(const Group *group)
{
    for (TrackedRow *link = group->session->rows; link; link = link->next) {
        const ByteString *names[] = {&link->fields[FIELD_DIGEST], digest_now(link)};

        if (link->role != ROLE_ATTACHMENTS || !tracked_row_stands(link) || link->dropped ||
            is_part(group->anchor, link))
            continue;
        for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            for (TrackedRow *row = transaction_contents(group->session, names[i]); row;
                 row = row->next_content)
                if (judge_is_same_store(row, link) &&
                    byte_string_equals(digest_now(row), digest_now(link)))
                    row->goes = false;
    }
}

static bool is_dropped_with(const Group *group, const TrackedRow *row)
{
    if (!tracked_row_stands(row) || !judge_is_same_store(row, group->anchor))
        return false;
    if (row == group->anchor || is_part(group->anchor, row))
        return true;
    if (row->role == ROLE_ENTRIES)
        return group->anchor->role == ROLE_MESSAGES &&
               byte_string_equals(&row->fields[FIELD_MESSAGE],
                                  &group->anchor->fields[FIELD_MESSAGE]);
    return row->role == ROLE_CONTENTS && row->goes;
}

/* Whether a row that was there before would go, and what it held with it. Contents are none: of
 * those only what was inserted goes. */
static bool takes_old_rows(const Group *group)
{
    for (const TrackedRow *row = group->session->rows; row; row = row->next)
        if (!row->inserted && is_dropped_with(group, row))
            return true;
    return false;
}

static void mark_dropped(const Group *group)
{
    for (TrackedRow *row = group->session->rows; row; row = row->next)
        if (is_part(group->anchor, row))
            mark_contents(group, row);
    unmark_shared(group);
    for (TrackedRow *row = group->session->rows; row; row = row->next)
        if (is_dropped_with(group, row))
            row->dropped = true;
}

/* All that was marked, when all is judged: a row tells by others whether it goes. What is left of a
 * commit that was deferred over this goes with the next. */
static Decision drop(Session *session, JET_SESID sesid)
{
    for (TrackedRow *row = session->rows; row; row = row->next) {
        JET_ERR err;

        if (!row->dropped || !tracked_row_stands(row))
            continue;
        err = rows_delete(sesid, row);
        if (err < 0 && err != JET_errRecordDeleted && err != JET_errRecordNotFound)
            return DECISION_DEFER;
        row->gone_level = (uint8_t)session->level;
    }
    return DECISION_WRITE;
}

static void settle(const Group *group)
{
    for (TrackedRow *row = group->session->rows; row; row = row->next) {
        TrackedRow *content;

        if (row != group->anchor && !is_part(group->anchor, row))
            continue;
        row->settled = true;
        content = content_of(group, row);
        if (content)
            content->settled = true;
    }
}

static Decision judge_group(Session *session, JET_SESID sesid, TrackedRow *anchor)
{
    Group group = {.session = session, .sesid = sesid, .anchor = anchor};
    Decision decision;

    if (!is_flagged(session, anchor))
        return DECISION_WRITE;
    /* Some of its parts may be among the rows that are not remembered. */
    if (session->rows_overflow)
        return DECISION_REFUSE;
    decision = ask(&group, &session->budget_us);
    if (decision != DECISION_WRITE)
        return decision;
    if (anchor->dropped && takes_old_rows(&group))
        return DECISION_REFUSE;
    settle(&group);
    link_note_add_entries(session, sesid, anchor);
    if (anchor->dropped)
        mark_dropped(&group);
    return DECISION_WRITE;
}

static bool has_flagged_or_dropped(const Session *session)
{
    for (const TrackedRow *row = session->rows; row; row = row->next)
        if ((row->flagged || row->dropped) && tracked_row_stands(row))
            return true;
    return false;
}

Decision judge_commit(Session *session, JET_SESID sesid)
{
    /* Whole messages first, then links whose message is not of this transaction, then the rest. */
    static const Role order[] = {ROLE_MESSAGES, ROLE_ATTACHMENTS, ROLE_CONTENTS};
    Decision decision = DECISION_WRITE;

    if (!has_flagged_or_dropped(session))
        return DECISION_WRITE;
    mark_messages(session);
    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        for (TrackedRow *row = session->rows; row && decision == DECISION_WRITE; row = row->next)
            if (row->role == order[i] && !row->settled && tracked_row_stands(row))
                decision = judge_group(session, sesid, row);
    return decision == DECISION_WRITE ? drop(session, sesid) : decision;
}

Decision judge_alone(Judgement *judgement)
{
    Session *none = calloc(1, sizeof(*none)); /* too much for a thread with a small stack */
    Group group = {.session = none, .sesid = judgement->place.sesid, .anchor = judgement->row};
    Decision decision = none ? ask(&group, judgement->budget_us) : DECISION_DEFER;

    free(none);
    if (decision != DECISION_WRITE)
        return decision;
    judgement->row->settled = true;
    if (!judgement->row->dropped)
        return DECISION_WRITE;
    return judgement->row->inserted ? DECISION_SKIP : DECISION_REFUSE;
}
