/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge-message.c - a message with a flagged part, at the commit of its transaction.
 *
 * The original is put together again and stored in quarantine before any part of it can be lost;
 * then the Active Message Filter decides. Where it cannot be stored, the answer is the configured
 * fallback. Each flagged part becomes an incident, and the supervisor has recorded it before the
 * worker answers, so that nothing is lost with a worker that is killed.
 */
#include "scanner/judge/judge.h"

#include <string.h>
#include <unistd.h>

#include "scanner/common/digest.h"
#include "scanner/judge/compose.h"
#include "scanner/judge/policy.h"
#include "scanner/judge/records-client.h"

enum {
    NOTE_MILLISECONDS = 200, /* the store waits no longer for the record of an incident */
    ENCODING_SIZE = 64
};

/* One part, or the text itself, as it stands in the request. */
typedef struct {
    char name[STOREHOOK_TEXT_MAX + 1];
    char incident[JUDGE_REFERENCE_SIZE];
    char encoding[ENCODING_SIZE];
    const void *header;
    gsize header_size;
    guint64 offset;
    Content content;
    guint8 digest[STOREHOOK_DIGEST_SIZE]; /* of the content, hashed here */
    Verdict verdict;
    Members *members; /* what lies inside, with the culprit; NULL: nothing, or not known */
    gboolean flagged;
    gboolean is_readable;
    gboolean is_replaced; /* of the text: the store wrote the replacement */
    FilterAction action;
} Piece;

typedef struct {
    Judge *judge;
    char sender[STOREHOOK_TEXT_MAX + 1];
    char *recipients; /* NULL: none */
    char subject[STOREHOOK_TEXT_MAX + 1];
    GArray *pieces; /* of Piece; the first is the text */
    gboolean has_text;
    gboolean is_whole; /* FALSE: its parts cannot be read */
    Content parts;     /* the pieces' bytes lie in it */
    PolicyMessage policy;
} Message;

static void piece_clear(gpointer data)
{
    Piece *piece = data;

    content_close(&piece->content);
    members_free(piece->members);
}

static void copy_text(char *out, gsize capacity, const StorehookValue *value)
{
    gsize length = value->data ? MIN(value->size, capacity - 1) : 0;

    if (length > 0)
        memcpy(out, value->data, length);
    out[length] = '\0';
}

static guint32 value_number(const StorehookValue *value)
{
    guint32 number = 0;

    if (value->data && value->size == sizeof(number))
        memcpy(&number, value->data, sizeof(number));
    return number;
}

static void piece_open(Piece *piece, const StorehookValue *value)
{
    Verdict ignored;

    content_close(&piece->content);
    piece->is_readable = content_open(value, &piece->content, &ignored);
    if (piece->is_readable)
        digest_bytes(piece->content.bytes, piece->content.size, piece->digest);
}

static void piece_take_field(Piece *piece, const StorehookValue *value)
{
    switch (value->tag) {
    case STOREHOOK_FIELD_NAME:
        copy_text(piece->name, sizeof(piece->name), value);
        break;
    case STOREHOOK_FIELD_HEADER:
        piece->header = value->data;
        piece->header_size = value->data ? value->size : 0;
        break;
    case STOREHOOK_FIELD_OFFSET:
        if (value->data && value->size == sizeof(piece->offset))
            memcpy(&piece->offset, value->data, sizeof(piece->offset));
        break;
    case STOREHOOK_FIELD_ENCODING:
        copy_text(piece->encoding, sizeof(piece->encoding), value);
        break;
    case STOREHOOK_FIELD_DATA:
        piece_open(piece, value);
        break;
    case STOREHOOK_FIELD_FLAGGED:
        piece->flagged = value_number(value) != 0;
        break;
    case STOREHOOK_FIELD_ACTION:
        piece->is_replaced = value_number(value) == STOREHOOK_ACTION_REPLACE;
        break;
    case STOREHOOK_FIELD_VERDICT:
        piece->verdict.kind = MIN(value_number(value), (guint32)STOREHOOK_VERDICT_NOT_SCANNED);
        break;
    case STOREHOOK_FIELD_VERDICT_NAME:
        copy_text(piece->verdict.name, sizeof(piece->verdict.name), value);
        break;
    case STOREHOOK_FIELD_INCIDENT:
        copy_text(piece->incident, sizeof(piece->incident), value);
        break;
    default:
        break;
    }
}

static void message_read_parts(Message *message, const StorehookValue *value)
{
    const Piece empty = {0};
    StorehookMessage parts;
    StorehookValue field;
    size_t position = 0;
    Verdict ignored;

    message->is_whole = FALSE;
    if (message->parts.map || !content_open(value, &message->parts, &ignored) ||
        storehook_read_fields(message->parts.bytes, message->parts.size, &parts) < 0)
        return;
    while (storehook_read_next(&parts, &position, &field)) {
        if (field.tag == STOREHOOK_FIELD_PART)
            g_array_append_val(message->pieces, empty);
        else if (message->pieces->len > 1)
            piece_take_field(&g_array_index(message->pieces, Piece, message->pieces->len - 1),
                             &field);
    }
    message->is_whole = TRUE;
}

/* If they cannot be read there are none: a release then asks for addresses, which it would not do
 * for half of a list. */
static void take_recipients(Message *message, const StorehookValue *value)
{
    Content content;
    Verdict ignored;
    gsize size;

    g_clear_pointer(&message->recipients, g_free);
    if (!content_open(value, &content, &ignored))
        return;
    size = MIN(content.size, STOREHOOK_RECIPIENTS_MAX);
    message->recipients = g_try_malloc(size + 1);
    if (message->recipients) {
        memcpy(message->recipients, content.bytes, size);
        message->recipients[size] = '\0';
    }
    content_close(&content);
}

static void message_read(Message *message, const StorehookMessage *request)
{
    const Piece empty = {0};
    StorehookValue value;
    size_t position = 0;

    message->is_whole = TRUE;
    g_array_append_val(message->pieces, empty);
    while (storehook_read_next(request, &position, &value)) {
        if (value.tag == STOREHOOK_FIELD_PARTS) {
            message_read_parts(message, &value);
        } else if (value.tag == STOREHOOK_FIELD_SENDER) {
            copy_text(message->sender, sizeof(message->sender), &value);
        } else if (value.tag == STOREHOOK_FIELD_RECIPIENTS) {
            take_recipients(message, &value);
        } else if (value.tag == STOREHOOK_FIELD_SUBJECT) {
            copy_text(message->subject, sizeof(message->subject), &value);
        } else {
            message->has_text |= value.tag == STOREHOOK_FIELD_DATA;
            piece_take_field(&g_array_index(message->pieces, Piece, 0), &value);
        }
    }
}

/* Asks the rules again, since the verdict in the request does not say which action a rule had. The
 * bytes were not scanned for this request: what comes out must not be remembered as a verdict. */
static void piece_judge(Message *message, Piece *piece, gboolean is_text)
{
    Judge *judge = message->judge;
    JudgePart part = {.name = is_text ? NULL : piece->name,
                      .data = piece->content.bytes,
                      .size = piece->content.size,
                      .header = is_text ? NULL : piece->header,
                      .header_size = is_text ? 0 : piece->header_size};
    Verdict verdict = {0};
    gboolean need_data;

    piece->action = (FilterAction)judge->config->actions[piece->verdict.kind];
    if (!piece->is_readable)
        return;
    piece->verdict.size = piece->content.size;
    if (judge_find(judge, piece->digest, is_text ? VERDICT_CACHE_MESSAGE : VERDICT_CACHE_CONTENT,
                   &verdict, &piece->members))
        memcpy(piece->verdict.type, verdict.type, sizeof(verdict.type));
    part.members = piece->members;
    verdict.size = piece->content.size;
    if (piece->verdict.kind == STOREHOOK_VERDICT_BLOCKED ||
        piece->verdict.kind == STOREHOOK_VERDICT_CLEAN) {
        verdict.kind = STOREHOOK_VERDICT_CLEAN;
        if (judge_rules(judge, &part, &verdict, &piece->action, &need_data))
            piece->verdict = verdict;
    }
}

static gboolean text_has_body(const Piece *text)
{
    const char *bytes = text->content.bytes;
    const char *body = bytes ? memmem(bytes, text->content.size, "\r\n\r\n", 4) : NULL;

    for (; body && body < bytes + text->content.size; body++)
        if (g_ascii_isalnum(*body))
            return TRUE;
    return FALSE;
}

static void message_judge(Message *message)
{
    PolicyMessage *policy = &message->policy;

    *policy = (PolicyMessage){.action = FILTER_ACTION_PASS, .is_message = message->has_text};
    for (guint i = 0; i < message->pieces->len; i++) {
        Piece *piece = &g_array_index(message->pieces, Piece, i);

        if (!piece->flagged) {
            policy->has_rest |= i == 0 ? text_has_body(piece) : piece->content.size > 0;
            continue;
        }
        piece_judge(message, piece, i == 0 && message->has_text);
        policy->action = filter_action_harder(policy->action, piece->action);
        if (piece->action == FILTER_ACTION_QUARANTINE &&
            (piece->verdict.kind == STOREHOOK_VERDICT_INFECTED ||
             piece->verdict.kind == STOREHOOK_VERDICT_SUSPICIOUS))
            policy->is_infected = TRUE;
        /* Without a notice in the text, what is bad still stands in it. */
        if (i == 0 && piece->action != FILTER_ACTION_PASS)
            policy->has_unlocated = !piece->is_replaced;
    }
}

/* A memfd with the message as it came, or with the content of a request that has no message; -1
 * with a reason. */
static int message_compose(Message *message, gsize *ret_size, char **ret_reason)
{
    const Piece *text = &g_array_index(message->pieces, Piece, 0);
    guint count = message->pieces->len - 1;
    g_autofree ComposePart *parts = g_new0(ComposePart, count + 1);
    g_autoptr(GError) error = NULL;
    int fd;

    for (guint i = 0; i < count; i++) {
        const Piece *piece = &g_array_index(message->pieces, Piece, i + 1);

        if (!piece->is_readable) {
            *ret_reason = g_strdup("a part of the original is missing");
            return -1;
        }
        parts[i] = (ComposePart){
            .offset = message->has_text ? piece->offset : 0,
            .header = message->has_text ? piece->header : NULL,
            .header_size = message->has_text ? piece->header_size : 0,
            .data = piece->content.bytes,
            .data_size = piece->content.size,
            .encoding = message->has_text && piece->encoding[0] ? piece->encoding : "identity"};
    }
    fd = compose_message(text->content.bytes, text->content.size, parts, count, ret_size, &error);
    if (fd < 0)
        *ret_reason = g_strdup(error->message);
    return fd;
}

static const Piece *message_first_flagged(const Message *message)
{
    for (guint i = 0; i < message->pieces->len; i++)
        if (g_array_index(message->pieces, Piece, i).flagged)
            return &g_array_index(message->pieces, Piece, i);
    return &g_array_index(message->pieces, Piece, 0);
}

static RecordsIncident incident_of(const Message *message, const Piece *piece, char **ret_inside)
{
    guint culprit = members_culprit(piece->members);

    *ret_inside = culprit != 0 ? members_path(piece->members, culprit) : NULL;

    return (RecordsIncident){.reference = piece->incident,
                             .message = message_first_flagged(message)->incident,
                             .sender = message->sender,
                             .recipients = message->recipients,
                             .subject = message->subject,
                             .name = piece->name,
                             .inside = *ret_inside,
                             .verdict = &piece->verdict,
                             .digest = piece->is_readable ? piece->digest : NULL,
                             .action = piece->action,
                             .signature_version = message->judge->signatures,
                             .client = message->judge->client};
}

/* Unless it is there already. */
static void digests_add(GByteArray *digests, const guint8 *digest)
{
    for (guint i = 0; i < digests->len; i += STOREHOOK_DIGEST_SIZE)
        if (memcmp(digests->data + i, digest, STOREHOOK_DIGEST_SIZE) == 0)
            return;
    g_byte_array_append(digests, digest, STOREHOOK_DIGEST_SIZE);
}

/* Of all pieces. The flagged ones come first, since a release must let them pass and the list may
 * be cut. */
static GByteArray *message_digests(const Message *message)
{
    GByteArray *digests = g_byte_array_new();

    for (guint i = 0; i < message->pieces->len; i++) {
        const Piece *piece = &g_array_index(message->pieces, Piece, i);

        if (piece->is_readable && piece->flagged)
            digests_add(digests, piece->digest);
    }
    for (guint i = 0; i < message->pieces->len; i++) {
        const Piece *piece = &g_array_index(message->pieces, Piece, i);

        if (piece->is_readable && !piece->flagged)
            g_byte_array_append(digests, piece->digest, STOREHOOK_DIGEST_SIZE);
    }
    return digests;
}

static guint64 quarantine_end(const Judge *judge)
{
    return MIN(board_now() + (guint64)judge->config->quarantine_timeout * 1000, judge->end);
}

static gboolean message_keep(Message *message, char **ret_id, char **ret_reason)
{
    g_autofree char *inside = NULL;
    RecordsIncident incident = incident_of(message, message_first_flagged(message), &inside);
    g_autoptr(GByteArray) digests = message_digests(message);
    RecordsOriginal original = {.is_message = message->has_text,
                                .digests = digests->data,
                                .digest_count = digests->len / STOREHOOK_DIGEST_SIZE};
    guint64 end = quarantine_end(message->judge);
    gboolean is_safe;

    original.fd = message_compose(message, &original.size, ret_reason);
    if (original.fd < 0)
        return FALSE;
    is_safe =
        records_quarantine(message->judge->channel, &incident, &original, end, ret_id, ret_reason);
    close(original.fd);
    return is_safe;
}

/* What was really done, for the record. */
static FilterAction action_done(const Message *message, StorehookAction answer, const Piece *piece)
{
    if (answer == STOREHOOK_ACTION_REFUSE)
        return FILTER_ACTION_REFUSE;
    if (answer == STOREHOOK_ACTION_DEFER)
        return FILTER_ACTION_DEFER;
    if (answer == STOREHOOK_ACTION_DROP && message->policy.action != FILTER_ACTION_QUARANTINE)
        return FILTER_ACTION_DROP;
    return piece->action;
}

/* Why a fallback; else the words of the rule, and what became of the message. g_free(). */
static char *note_of(const Message *message, StorehookAction answer, const Piece *piece,
                     const char *failure)
{
    const char *reason = judge_rule_reason(message->judge, &piece->verdict);
    const char *dropped = answer == STOREHOOK_ACTION_DROP ? "the message was dropped" : "";

    if (failure)
        return g_strdup(failure);
    return g_strdup_printf("%s%s%s", reason, *reason && *dropped ? "; " : "", dropped);
}

/* FALSE when an incident could not be sent to the supervisor, which is counted. `failure`: why the
 * original could not be kept, or NULL. */
static gboolean message_report(const Message *message, StorehookAction answer, const char *id,
                               const char *failure)
{
    guint64 end = board_now() + NOTE_MILLISECONDS * 1000;
    gboolean told = TRUE;

    for (guint i = 0; i < message->pieces->len; i++) {
        const Piece *piece = &g_array_index(message->pieces, Piece, i);
        g_autofree char *inside = NULL, *note = NULL;
        RecordsIncident incident = incident_of(message, piece, &inside);

        if (!piece->flagged)
            continue;
        note = note_of(message, answer, piece, failure);
        incident.action = action_done(message, answer, piece);
        incident.quarantine_id = id;
        incident.note = note;
        if (records_add_incident(message->judge->channel, &incident, end))
            continue;
        told = FALSE;
        atomic_fetch_add_explicit(&message->judge->board->counts.incidents_lost, 1,
                                  memory_order_relaxed);
    }
    return told;
}

/* Not where the message stays as it is, or its sender keeps it. */
static gboolean must_be_on_record(const Message *message, StorehookAction answer)
{
    return message->policy.action != FILTER_ACTION_PASS && answer != STOREHOOK_ACTION_REFUSE &&
           answer != STOREHOOK_ACTION_DEFER;
}

void judge_message(Judge *judge, const StorehookMessage *request, Answer *answer)
{
    Message message = {.judge = judge, .pieces = g_array_new(FALSE, FALSE, sizeof(Piece))};
    g_autofree char *id = NULL, *reason = NULL;
    gboolean told = TRUE;
    const Piece *first;

    g_array_set_clear_func(message.pieces, piece_clear);
    message_read(&message, request);
    message_judge(&message);
    first = message_first_flagged(&message);
    answer->action = policy_message_action(judge->config, &message.policy);
    /* Clients ask only about a message that has a flagged part. If there is none, the request was
     * not understood, and its original may be nowhere else. */
    if (!message.is_whole || !first->flagged ||
        (policy_must_keep(judge->config, &message.policy) && !message_keep(&message, &id, &reason)))
        answer->action = policy_fallback(judge->config, &message.policy);
    answer->verdict = first->verdict;
    answer->flagged = first->flagged;
    memcpy(answer->incident, first->incident, sizeof(answer->incident));
    if (first->flagged)
        told = message_report(&message, answer->action, id, reason);
    if (must_be_on_record(&message, answer->action) &&
        !(told && records_confirm(judge->channel, quarantine_end(judge))))
        answer->action = policy_fallback(judge->config, &message.policy);
    g_array_free(message.pieces, TRUE);
    content_close(&message.parts);
    g_free(message.recipients);
}

void judge_note(Judge *judge, const StorehookMessage *request)
{
    records_add_note(judge->channel, request, board_now() + NOTE_MILLISECONDS * 1000);
}
