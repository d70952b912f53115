/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * judge-link.c - an attachment row: name, type and the content it names by digest are judged.
 *
 * A content that this transaction replaced is named by the notice's digest from here on, also when
 * nobody answers. The content's bytes are sent only when the service knows neither the digest nor
 * the token that it gave for the content in this transaction; a store that keeps them in the row
 * itself sends them at once. A link that is written before its content in the same transaction is
 * judged when that is. A row whose like was found clean and that names its content by digest
 * alone is not asked about again while the service says that this holds. Without an understandable
 * answer the row passes as it is.
 */
#include "libstorehook/judge.h"

#include <errno.h>

#include "libstorehook/clean-links.h"
#include "libstorehook/connection.h"
#include "libstorehook/originals.h"

/* Neither could all of it be set back, nor could its message be shown at commit. */
static bool is_too_long(const TrackedRow *row)
{
    return row->fields[FIELD_NAME].size > STOREHOOK_TEXT_MAX ||
           row->fields[FIELD_HEADER].size > STOREHOOK_HEADER_MAX;
}

/* The prepared row shall name this content. */
static bool set_digest(Judgement *judgement, const ByteString *digest)
{
    judgement->row->altered = true;
    return table_info_write(&judgement->place, COLUMN_DIGEST, digest->data, digest->size) >= 0;
}

/* DATA that comes with an answer: into the row where that holds it, else a content of its own. */
static bool store_data(Judgement *judgement, const Answer *answer, const ByteString *digest)
{
    TrackedRow *row = judgement->row, *inserted = NULL;
    BlobView data;
    int result = answer_view(answer, STOREHOOK_FIELD_DATA, &data);
    JET_ERR err;

    if (result == -ENODATA)
        return true;
    if (result < 0)
        return false;
    if (judgement->place.info->columns[COLUMN_DATA].present)
        err = table_info_write(&judgement->place, COLUMN_DATA, data.data, data.size);
    else
        err = rows_insert_content(judgement->place.sesid, row->database, row->set, digest, &data,
                                  &inserted);
    blob_view_close(&data);
    if (inserted && (!judgement->session || judgement->session->level == 0 ||
                     !transaction_add_row(judgement->session, inserted)))
        tracked_row_free(inserted);
    return err >= 0;
}

static bool store_text(Judgement *judgement, const Answer *answer, StorehookField tag,
                       Column column)
{
    BlobView text;
    int result = answer_view(answer, tag, &text);
    JET_ERR err;

    if (result < 0)
        return result == -ENODATA;
    judgement->row->altered = true;
    err = table_info_write_text(&judgement->place, column, text.data, text.size);
    blob_view_close(&text);
    return err >= 0;
}

static Decision replace(Judgement *judgement, const Answer *answer)
{
    TrackedRow *row = judgement->row;
    ByteString digest = {0};
    bool stored;

    if (is_too_long(row))
        return DECISION_REFUSE;
    if (answer_copy(answer, STOREHOOK_FIELD_DIGEST, STOREHOOK_DIGEST_SIZE, &digest) < 0)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    if (digest.data && digest.size != STOREHOOK_DIGEST_SIZE) {
        byte_string_clear(&digest);
        return judge_unscanned(row, STOREHOOK_REASON_PROTOCOL);
    }
    row->altered = true;
    stored = store_data(judgement, answer, &digest) &&
             (!digest.data || set_digest(judgement, &digest)) &&
             store_text(judgement, answer, STOREHOOK_FIELD_HEADER, COLUMN_HEADER) &&
             store_text(judgement, answer, STOREHOOK_FIELD_NAME, COLUMN_NAME);
    if (digest.data) {
        byte_string_clear(&row->fields[FIELD_NOTICE]);
        row->fields[FIELD_NOTICE] = digest;
    }
    return stored ? DECISION_WRITE : DECISION_REFUSE;
}

static CleanLink clean_link(const TrackedRow *row)
{
    return (CleanLink){.digest = &row->fields[FIELD_DIGEST],
                       .name = &row->fields[FIELD_NAME],
                       .header = &row->fields[FIELD_HEADER],
                       .encoding = &row->fields[FIELD_ENCODING]};
}

/* `epoch` is from before the question: an answer by what has changed since is not kept. */
static void remember(const Judgement *judgement, const Answer *answer, uint32_t epoch)
{
    CleanLink link = clean_link(judgement->row);

    if (storehook_read_u32(&answer->message, STOREHOOK_FIELD_REMEMBER, 0) == 1 &&
        answer->action == STOREHOOK_ACTION_PASS && !answer->flagged &&
        !judgement->row->original.set)
        clean_links_add(&link, epoch);
}

static bool is_known_clean(const TrackedRow *row)
{
    CleanLink link = clean_link(row);

    return clean_links_has(&link, connection_epoch());
}

/* One question. *ret_need_data: the answer is only that the bytes are needed. */
static Decision ask(Judgement *judgement, const Blob *data, bool *ret_need_data)
{
    static const struct {
        StorehookField tag;
        RowField field;
    } strings[] = {
        {STOREHOOK_FIELD_DIGEST, FIELD_DIGEST}, {STOREHOOK_FIELD_NOTICE, FIELD_NOTICE},
        {STOREHOOK_FIELD_TOKEN, FIELD_TOKEN},   {STOREHOOK_FIELD_NAME, FIELD_NAME},
        {STOREHOOK_FIELD_HEADER, FIELD_HEADER}, {STOREHOOK_FIELD_ENCODING, FIELD_ENCODING}};
    TrackedRow *row = judgement->row;
    Request *request = request_new(STOREHOOK_JUDGE_LINK);
    uint32_t epoch = connection_epoch();
    Decision decision = DECISION_WRITE;
    const Answer *answer = NULL;
    int reason;

    *ret_need_data = false;
    if (!request)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    for (unsigned i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        request_add_string(request, strings[i].tag, &row->fields[strings[i].field]);
    request_add_blob(request, STOREHOOK_FIELD_DATA, data);
    reason = request_ask(request, judgement->budget_us, &answer);
    if (reason != REQUEST_ANSWERED) {
        decision = judge_unscanned(row, reason);
    } else if (answer->need_data && !data->set) {
        *ret_need_data = true;
    } else {
        remember(judgement, answer, epoch);
        decision = judge_obey(judgement, answer, replace);
    }
    request_free(request);
    return decision;
}

static Decision ask_with_data(Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    Blob data = BLOB_NONE;
    Decision decision;
    bool need_data;
    int result;

    if (!judge_take_turn(judgement, &decision))
        return decision;
    result = rows_read_content(judgement->place.sesid, row->database, row->set,
                               &row->fields[FIELD_DIGEST], &data);
    if (result == -ENOENT) {
        row->waits = true;
        return DECISION_WRITE;
    }
    if (result < 0)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    decision = ask(judgement, &data, &need_data);
    blob_clear(&data);
    return decision;
}

static int read_fields(Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    const RowPlace *place = &judgement->place;
    int result =
        table_info_read(place, COLUMN_MESSAGE, STOREHOOK_TEXT_MAX, &row->fields[FIELD_MESSAGE]);

    if (result == 0)
        result = table_info_read(place, COLUMN_DIGEST, STOREHOOK_DIGEST_SIZE,
                                 &row->fields[FIELD_DIGEST]);
    /* One byte more than is sent, to know later that the whole does not fit. */
    if (result == 0)
        result = table_info_read_text(place, COLUMN_NAME, STOREHOOK_TEXT_MAX + 1,
                                      &row->fields[FIELD_NAME]);
    if (result == 0)
        result = table_info_read_text(place, COLUMN_HEADER, STOREHOOK_HEADER_MAX + 1,
                                      &row->fields[FIELD_HEADER]);
    if (result == 0)
        result = table_info_read_text(place, COLUMN_ENCODING, STOREHOOK_TEXT_MAX,
                                      &row->fields[FIELD_ENCODING]);
    if (result == 0)
        result = table_info_read_number(place, COLUMN_OFFSET, &row->offset);
    return result;
}

/* In all that is judged, or told of it when its message is. */
static bool is_unchanged(const Judgement *judgement)
{
    static const Column columns[] = {COLUMN_MESSAGE, COLUMN_NAME,     COLUMN_HEADER, COLUMN_DIGEST,
                                     COLUMN_OFFSET,  COLUMN_ENCODING, COLUMN_DATA};

    for (unsigned i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        if (table_info_changed(&judgement->place, columns[i]))
            return false;
    return true;
}

/* The token of the content, and the notice that it became. */
static Decision follow(Judgement *judgement, const TrackedRow *content)
{
    TrackedRow *row = judgement->row;
    const ByteString *token = &content->fields[FIELD_TOKEN],
                     *notice = &content->fields[FIELD_NOTICE];

    if (token->data)
        (void)byte_string_set(&row->fields[FIELD_TOKEN], token->data, token->size);
    if (!notice->data)
        return DECISION_WRITE;
    if (is_too_long(row))
        return DECISION_REFUSE;
    return byte_string_set(&row->fields[FIELD_NOTICE], notice->data, notice->size) == 0 &&
                   set_digest(judgement, &row->fields[FIELD_NOTICE])
               ? DECISION_WRITE
               : DECISION_DEFER;
}

Decision judge_link(Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    const TrackedRow *content;
    bool need_data;
    Decision decision;

    judgement->unchanged = judgement->replaces && is_unchanged(judgement);
    if (judgement->unchanged)
        return DECISION_WRITE;
    if (read_fields(judgement) < 0)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    content = judge_find_content(judgement->session, row);
    decision = content ? follow(judgement, content) : DECISION_WRITE;
    if (decision != DECISION_WRITE || !judge_may_ask(row, &decision))
        return decision;
    if (!judgement->place.info->columns[COLUMN_DATA].present && !row->fields[FIELD_NOTICE].data &&
        is_known_clean(row))
        return DECISION_WRITE;
    if (!judge_take_turn(judgement, &decision))
        return decision;
    if (table_info_read_blob(&judgement->place, COLUMN_DATA, &row->original) < 0)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    decision = ask(judgement, &row->original, &need_data);
    if (need_data)
        decision = ask_with_data(judgement);
    if (!row->flagged && !row->altered)
        blob_clear(&row->original);
    return decision;
}

/* Its row is prepared. */
static Decision ask_again(Judgement *judgement, const TrackedRow *content)
{
    TrackedRow *link = judgement->row;
    Decision decision;
    bool need_data;

    link->waits = false;
    decision = follow(judgement, content);
    if (decision != DECISION_WRITE)
        return decision;
    decision = ask(judgement, &BLOB_NONE, &need_data);
    return need_data ? ask(judgement, &content->original, &need_data) : decision;
}

/* One link, through a cursor of our own. */
static Decision link_again(Judgement *content, TrackedRow *link)
{
    JET_SESID sesid = content->place.sesid;
    OwnCursor cursor;
    Judgement judgement = {
        .session = content->session, .budget_us = content->budget_us, .row = link};
    Decision decision = DECISION_DEFER;

    if (own_cursor_open(sesid, link->database, link->table, &cursor) < 0)
        return DECISION_DEFER;
    judgement.place = cursor.place;
    if (own_cursor_goto(&cursor, &link->fields[FIELD_BOOKMARK]) >= 0 &&
        ORIGINAL(JetPrepareUpdate)(sesid, cursor.place.tableid, JET_prepReplace) >= 0) {
        decision = ask_again(&judgement, content->row);
        if (decision == DECISION_WRITE && link->altered &&
            ORIGINAL(JetUpdate)(sesid, cursor.place.tableid, NULL, 0, NULL) < 0)
            decision = DECISION_DEFER;
    }
    own_cursor_close(&cursor);
    return decision;
}

Decision judge_links_again(Judgement *judgement)
{
    bool is_replaced = judgement->row->fields[FIELD_NOTICE].data != NULL;
    Decision decision = DECISION_WRITE;

    if (!judgement->session || (!is_replaced && !judgement->session->has_waiting))
        return DECISION_WRITE;
    for (TrackedRow *row = judgement->session->rows; row && decision == DECISION_WRITE;
         row = row->next)
        if (row->role == ROLE_ATTACHMENTS && tracked_row_stands(row) &&
            judge_is_same_store(row, judgement->row) &&
            (is_replaced ? !row->fields[FIELD_NOTICE].data : row->waits) &&
            byte_string_equals(&row->fields[FIELD_DIGEST], &judgement->row->fields[FIELD_DIGEST]))
            decision = link_again(judgement, row);
    return decision;
}
