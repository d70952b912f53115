/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * judge-message.c - at commit: messages with a flagged part are shown to the service whole, which
 * keeps the original and says what becomes of the message.
 *
 * A notice already stands where the bad part was, so without an answer the original would be
 * nowhere: the commit is deferred, and the host still has the message. One that cannot be shown at
 * all (a header longer than the wire takes, parts beyond a datagram) is refused. Rows are deleted
 * inside the same transaction; when one cannot be, the commit is deferred too.
 */
#include "libstorehook/judge.h"

#include <errno.h>
#include <stdlib.h>

#include "libstorehook/link-note.h"
#include "libstorehook/originals.h"

/* A message, or a flagged row that belongs to none, and what is needed to show it. */
typedef struct {
    Session *session;
    JET_SESID sesid;
    TrackedRow *anchor;
    Blob *blobs; /* fetched for the request */
    unsigned blob_count;
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

static bool is_flagged(const Group *group)
{
    if (group->anchor->flagged)
        return true;
    for (TrackedRow *row = group->session->rows; row; row = row->next) {
        const TrackedRow *content;

        if (!is_part(group->anchor, row))
            continue;
        content = content_of(group, row);
        if (row->flagged || (content && content->flagged))
            return true;
    }
    return false;
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

/* The bytes of a part as they came: kept, in the row, or in the contents. */
static const Blob *original_of(Group *group, const TrackedRow *part)
{
    const TrackedRow *content = content_of(group, part);
    Blob *blob = &group->blobs[group->blob_count];

    if (part->original.set)
        return &part->original;
    if (content && content->original.set)
        return &content->original;
    *blob = BLOB_NONE;
    if (part->fields[FIELD_DIGEST].data && part->role == ROLE_ATTACHMENTS) {
        int result = rows_read_content(group->sesid, part->database, part->set,
                                       &part->fields[FIELD_DIGEST], blob);

        /* Nowhere: shown without its bytes. */
        if (result < 0 && result != -ENOENT)
            return NULL;
    }
    if (!blob->set && part->fields[FIELD_BOOKMARK].data &&
        read_back(group, part, COLUMN_DATA, blob) < 0)
        return NULL;
    group->blob_count++;
    return blob;
}

static void add_verdict(Request *request, const TrackedRow *row)
{
    storehook_write_u32(&request->writer, STOREHOOK_FIELD_FLAGGED, 1);
    storehook_write_u32(&request->writer, STOREHOOK_FIELD_VERDICT, row->verdict);
    request_add_string(request, STOREHOOK_FIELD_VERDICT_NAME, &row->fields[FIELD_VERDICT_NAME]);
    request_add_string(request, STOREHOOK_FIELD_INCIDENT, &row->fields[FIELD_INCIDENT]);
}

static bool add_part(Group *group, Request *request, const TrackedRow *part)
{
    const TrackedRow *content = content_of(group, part);
    const Blob *data = original_of(group, part);

    if (!data)
        return false;
    storehook_write_bytes(&request->writer, STOREHOOK_FIELD_PART, NULL, 0);
    request_add_whole(request, STOREHOOK_FIELD_NAME, &part->fields[FIELD_NAME], STOREHOOK_TEXT_MAX);
    request_add_whole(request, STOREHOOK_FIELD_HEADER, &part->fields[FIELD_HEADER],
                      STOREHOOK_HEADER_MAX);
    if (part->role == ROLE_ATTACHMENTS)
        storehook_write_u64(&request->writer, STOREHOOK_FIELD_OFFSET, part->offset);
    request_add_string(request, STOREHOOK_FIELD_ENCODING, &part->fields[FIELD_ENCODING]);
    request_add_string(request, STOREHOOK_FIELD_DIGEST, &part->fields[FIELD_DIGEST]);
    request_add_part_blob(request, data);
    if (content && content->flagged)
        add_verdict(request, content);
    else if (part->flagged)
        add_verdict(request, part);
    return true;
}

/* The text and envelope of a message. */
static bool add_message(Group *group, Request *request)
{
    const TrackedRow *row = group->anchor;
    const Blob *text = &row->original;

    if (row->role != ROLE_MESSAGES)
        return true;
    if (!text->set) {
        Blob *blob = &group->blobs[group->blob_count];

        *blob = BLOB_NONE;
        if (read_back(group, row, COLUMN_TEXT, blob) < 0)
            return false;
        group->blob_count++;
        text = blob;
    }
    request_add_blob(request, STOREHOOK_FIELD_DATA, text);
    request_add_string(request, STOREHOOK_FIELD_SENDER, &row->fields[FIELD_SENDER]);
    request_add_string(request, STOREHOOK_FIELD_RECIPIENTS, &row->fields[FIELD_RECIPIENTS]);
    request_add_string(request, STOREHOOK_FIELD_SUBJECT, &row->fields[FIELD_SUBJECT]);
    if (row->flagged)
        add_verdict(request, row);
    return true;
}

static bool add_parts(Group *group, Request *request)
{
    if (group->anchor->role != ROLE_MESSAGES && group->session->rows == NULL)
        return add_part(group, request, group->anchor);
    for (TrackedRow *row = group->session->rows; row; row = row->next)
        if (is_part(group->anchor, row) && !add_part(group, request, row))
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
    switch (answer->action) {
    case STOREHOOK_ACTION_PASS:
        return DECISION_WRITE;
    case STOREHOOK_ACTION_DROP:
        row->dropped = true;
        return DECISION_WRITE;
    case STOREHOOK_ACTION_REFUSE:
        return DECISION_REFUSE;
    default:
        return DECISION_DEFER;
    }
}

static Decision ask(Group *group, int64_t *budget_us)
{
    Request *request = request_new(STOREHOOK_JUDGE_MESSAGE);
    Answer *answer = NULL;
    Decision decision = DECISION_DEFER;

    group->blobs = calloc(group->session->row_count + 2, sizeof(*group->blobs));
    if (request && group->blobs && add_message(group, request) && add_parts(group, request)) {
        if (request->writer.overflow || request->failure != REQUEST_ANSWERED)
            decision = DECISION_REFUSE;
        else if (request_ask(request, budget_us, &answer) == REQUEST_ANSWERED)
            decision = outcome(group, answer);
    }
    answer_free(answer);
    request_free(request);
    for (unsigned i = 0; i < group->blob_count; i++)
        blob_clear(&group->blobs[i]);
    free(group->blobs);
    return decision;
}

/* Another message that stays links to it as well. */
static bool is_shared(const Group *group, const TrackedRow *content)
{
    for (TrackedRow *row = group->session->rows; row; row = row->next) {
        const ByteString *names = row->fields[FIELD_NOTICE].data ? &row->fields[FIELD_NOTICE]
                                                                 : &row->fields[FIELD_DIGEST];
        const ByteString *is = content->fields[FIELD_NOTICE].data ? &content->fields[FIELD_NOTICE]
                                                                  : &content->fields[FIELD_DIGEST];

        if (row->role == ROLE_ATTACHMENTS && tracked_row_stands(row) &&
            judge_is_same_store(row, content) && !is_part(group->anchor, row) &&
            byte_string_equals(names, is))
            return true;
    }
    return false;
}

static bool belongs_to(const Group *group, const TrackedRow *content)
{
    const ByteString *is = content->fields[FIELD_NOTICE].data ? &content->fields[FIELD_NOTICE]
                                                              : &content->fields[FIELD_DIGEST];

    for (TrackedRow *row = group->session->rows; row; row = row->next)
        if (is_part(group->anchor, row) && (judge_find_content(group->session, row) == content ||
                                            byte_string_equals(&row->fields[FIELD_NOTICE], is)))
            return !is_shared(group, content);
    return false;
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
    return row->role == ROLE_CONTENTS && row->inserted && belongs_to(group, row);
}

/* Marks first, for a row tells by others whether it goes. */
static Decision drop(const Group *group)
{
    for (TrackedRow *row = group->session->rows; row; row = row->next)
        if (is_dropped_with(group, row))
            row->dropped = true;
    for (TrackedRow *row = group->session->rows; row; row = row->next) {
        JET_ERR err;

        if (!row->dropped || !tracked_row_stands(row))
            continue;
        err = rows_delete(group->sesid, row);
        if (err < 0 && err != JET_errRecordDeleted && err != JET_errRecordNotFound)
            return DECISION_DEFER;
        row->gone_level = (uint8_t)group->session->level;
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

    if (!is_flagged(&group))
        return DECISION_WRITE;
    /* Some of its parts may be among the rows that are not remembered. */
    if (session->rows_overflow)
        return DECISION_REFUSE;
    decision = ask(&group, &session->budget_us);
    if (decision != DECISION_WRITE)
        return decision;
    settle(&group);
    link_note_add_entries(session, sesid, anchor);
    return anchor->dropped ? drop(&group) : DECISION_WRITE;
}

Decision judge_commit(Session *session, JET_SESID sesid)
{
    /* Whole messages first, then links whose message is not of this transaction, then the rest. */
    static const Role order[] = {ROLE_MESSAGES, ROLE_ATTACHMENTS, ROLE_CONTENTS};
    Decision decision = DECISION_WRITE;

    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        for (TrackedRow *row = session->rows; row && decision == DECISION_WRITE; row = row->next)
            if (row->role == order[i] && !row->settled && tracked_row_stands(row))
                decision = judge_group(session, sesid, row);
    return decision;
}

Decision judge_alone(Judgement *judgement)
{
    Session none = {.rows = NULL};
    Group group = {.session = &none, .sesid = judgement->place.sesid, .anchor = judgement->row};
    Decision decision = ask(&group, judgement->budget_us);

    if (decision != DECISION_WRITE)
        return decision;
    judgement->row->settled = true;
    return judgement->row->dropped ? DECISION_SKIP : DECISION_WRITE;
}
