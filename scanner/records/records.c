/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * records.c - writes the incidents, originals and reports that workers and clients send.
 *
 * A write that fails is logged. Totals of what passed unscanned are then kept in memory, and a
 * worker whose original could not be stored uses its fallback. What workers and clients send is
 * checked for its form only; what it says is believed.
 */
#include "scanner/records/records.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/common/log.h"

G_STATIC_ASSERT((int)FILTER_VERDICT_NOT_SCANNED == (int)STOREHOOK_VERDICT_NOT_SCANNED);
G_STATIC_ASSERT((int)FILTER_VERDICTS == (int)STOREHOOK_VERDICTS);

/* The fields of an incident, as a worker sends them. */
typedef struct {
    char reference[64], message[64], quarantine[64], version[64];
    char sender[STOREHOOK_TEXT_MAX + 1];
    char *recipients; /* never NULL */
    char subject[STOREHOOK_TEXT_MAX + 1], name[STOREHOOK_TEXT_MAX + 1];
    char inside[STOREHOOK_TEXT_MAX + 1]; /* path of the culprit inside of the attachment */
    char type[128], verdict_name[128], note[256];
    const char *program; /* owned by Records.clients */
    StorehookValue digest;
    FilterVerdict verdict;
    FilterAction action;
    guint64 size;
} Told;

static void told_free(Told *told)
{
    g_free(told->recipients);
    g_free(told);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Told, told_free)

/* The recipients, from the datagram or a memfd; "" when there are none or they cannot be read. */
static char *read_recipients(const StorehookMessage *m)
{
    g_autofree char *text = g_malloc0(STOREHOOK_RECIPIENTS_MAX + 1);
    StorehookValue value;

    if (!storehook_read_find(m, STOREHOOK_FIELD_RECIPIENTS, &value) || value.descriptor < 0)
        return g_strdup(
            channel_text(m, STOREHOOK_FIELD_RECIPIENTS, text, STOREHOOK_INLINE_MAX + 1));
    if (value.size > STOREHOOK_RECIPIENTS_MAX ||
        storehook_memfd_check(value.descriptor, value.size) < 0 ||
        pread(value.descriptor, text, value.size, 0) != (ssize_t)value.size)
        return g_strdup("");
    return g_utf8_make_valid(text, -1);
}

static void told_read(Told *told, const Records *records, const StorehookMessage *m)
{
    channel_text(m, STOREHOOK_FIELD_INCIDENT, told->reference, sizeof(told->reference));
    channel_text(m, CHANNEL_FIELD_MESSAGE, told->message, sizeof(told->message));
    channel_text(m, CHANNEL_FIELD_QUARANTINE_ID, told->quarantine, sizeof(told->quarantine));
    channel_text(m, CHANNEL_FIELD_VERSION, told->version, sizeof(told->version));
    channel_text(m, STOREHOOK_FIELD_SENDER, told->sender, sizeof(told->sender));
    told->recipients = read_recipients(m);
    channel_text(m, STOREHOOK_FIELD_SUBJECT, told->subject, sizeof(told->subject));
    channel_text(m, STOREHOOK_FIELD_NAME, told->name, sizeof(told->name));
    channel_text(m, CHANNEL_FIELD_INSIDE, told->inside, sizeof(told->inside));
    channel_text(m, STOREHOOK_FIELD_TYPE, told->type, sizeof(told->type));
    channel_text(m, STOREHOOK_FIELD_VERDICT_NAME, told->verdict_name, sizeof(told->verdict_name));
    channel_text(m, CHANNEL_FIELD_NOTE, told->note, sizeof(told->note));
    told->verdict =
        (FilterVerdict)MIN(channel_number(m, STOREHOOK_FIELD_VERDICT), FILTER_VERDICTS - 1);
    told->action =
        (FilterAction)MIN(channel_number(m, CHANNEL_FIELD_DONE), FILTER_ACTIONS_ON_RECORD - 1);
    told->size = channel_number(m, CHANNEL_FIELD_SIZE);
    told->program =
        clients_program_of(records->clients, (pid_t)channel_number(m, CHANNEL_FIELD_PROCESS));
    if (!storehook_read_find(m, STOREHOOK_FIELD_DIGEST, &told->digest) ||
        told->digest.size != STOREHOOK_DIGEST_SIZE)
        told->digest.data = NULL;
}

/* Makes the texts fit for the quotes of a log line; the records have them unchanged. The recipients
 * of a store stand in a line each. */
static void told_unquote(Told *told)
{
    char *const texts[] = {told->verdict_name, told->sender, told->recipients,
                           told->name,         told->inside, told->note};

    g_strdelimit(g_strchomp(told->recipients), "\n", ',');
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        log_unquote(texts[i]);
}

static void take_incident(const Records *records, const StorehookMessage *message)
{
    g_autoptr(Told) told = g_new0(Told, 1);
    g_autoptr(GError) error = NULL;
    Incident incident;

    told_read(told, records, message);
    if (told->reference[0] == '\0')
        return;
    incident =
        (Incident){.reference = told->reference,
                   .message = strcmp(told->message, told->reference) == 0 ? NULL : told->message,
                   .sender = told->sender,
                   .recipients = told->recipients,
                   .subject = told->subject,
                   .attachment = told->name,
                   .container = told->inside,
                   .type = told->type,
                   .size = told->size,
                   .digest = told->digest.data,
                   .verdict = told->verdict,
                   .verdict_name = told->verdict_name,
                   .action = told->action,
                   .note = told->note,
                   .quarantine_id = told->quarantine,
                   .program = told->program,
                   .signature_version = told->version};
    if (!incidents_add(records->incidents, &incident, &error)) {
        log_line(records->log, "incident lost=%s reason=\"%s\"", told->reference, error->message);
        atomic_fetch_add_explicit(&records->counts->incidents_lost, 1, memory_order_relaxed);
    }
    told_unquote(told);
    log_line(records->log,
             "incident reference=%s verdict=%s name=\"%s\" action=%s sender=\"%s\" "
             "recipients=\"%.1024s\" attachment=\"%s\" inside=\"%s\" quarantine=%s%s%s%s",
             told->reference, filter_verdict_name(told->verdict), told->verdict_name,
             filter_action_name(told->action), told->sender, told->recipients, told->name,
             told->inside, told->quarantine[0] ? told->quarantine : "-",
             told->note[0] ? " note=\"" : "", told->note, told->note[0] ? "\"" : "");
}

static void answer_stored(int socket, guint64 number, const char *id, const char *reason)
{
    unsigned char buffer[1024] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), (StorehookKind)CHANNEL_STORED, number, 0,
                          0);
    channel_put_text(&writer, CHANNEL_FIELD_QUARANTINE_ID, id);
    if (reason)
        storehook_write_bytes(&writer, (StorehookField)CHANNEL_FIELD_REASON, reason,
                              MIN(strlen(reason), 512));
    (void)storehook_write_send(&writer, socket, MSG_DONTWAIT);
}

static void take_quarantine(const Records *records, ChannelMessage *message, int socket)
{
    const StorehookMessage *m = &message->message;
    g_autoptr(Told) told = g_new0(Told, 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *id = NULL;
    StorehookValue digests;
    QuarantineItem item;
    gsize size = 0;
    int fd = channel_take_descriptor(message, STOREHOOK_FIELD_DATA, &size);

    told_read(told, records, m);
    item = (QuarantineItem){.incident = told->reference,
                            .sender = told->sender,
                            .recipients = told->recipients,
                            .recipients_cut = strlen(told->recipients) >= STOREHOOK_RECIPIENTS_MAX,
                            .subject = told->subject,
                            .name = told->name,
                            .verdict = told->verdict,
                            .verdict_name = told->verdict_name,
                            .program = told->program,
                            .is_message = channel_number(m, CHANNEL_FIELD_IS_MESSAGE) != 0};
    if (storehook_read_find(m, (StorehookField)CHANNEL_FIELD_DIGESTS, &digests) && digests.data) {
        item.digests = digests.data;
        item.digest_count = digests.size / STOREHOOK_DIGEST_SIZE;
    }
    if (fd < 0 || !quarantine_store_fd(records->quarantine, &item, fd, size, &id, &error)) {
        const char *reason = error ? error->message : "no content came with the request";

        log_line(records->log, "quarantine failed incident=%s reason=\"%s\"", told->reference,
                 reason);
        answer_stored(socket, m->header.request, NULL, reason);
    } else {
        answer_stored(socket, m->header.request, id, NULL);
    }
    if (fd >= 0)
        close(fd);
}

static void answer_recorded(int socket, guint64 number)
{
    unsigned char buffer[sizeof(StorehookHeader)] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), (StorehookKind)CHANNEL_RECORDED, number,
                          0, 0);
    (void)storehook_write_send(&writer, socket, MSG_DONTWAIT);
}

static void take_note(const Records *records, const StorehookMessage *message)
{
    char reference[64], name[STOREHOOK_TEXT_MAX + 1], kind[64], mailbox[STOREHOOK_TEXT_MAX + 1];
    const IncidentFolder folder = {
        .reference = channel_text(message, STOREHOOK_FIELD_INCIDENT, reference, sizeof(reference)),
        .mailbox = channel_text(message, STOREHOOK_FIELD_MAILBOX, mailbox, sizeof(mailbox)),
        .name = channel_text(message, STOREHOOK_FIELD_FOLDER, name, sizeof(name)),
        .kind = channel_text(message, STOREHOOK_FIELD_FOLDER_KIND, kind, sizeof(kind)),
        .dropped = channel_number(message, STOREHOOK_FIELD_DROPPED) != 0};
    g_autoptr(GError) error = NULL;

    if (reference[0] != '\0' && !incidents_add_folder(records->incidents, &folder, &error))
        log_line(records->log, "incident folder-lost=%s reason=\"%s\"", reference, error->message);
}

void records_take(const Records *records, ChannelMessage *message, int answer)
{
    switch (message->message.header.kind) {
    case CHANNEL_INCIDENT:
        take_incident(records, &message->message);
        break;
    case CHANNEL_QUARANTINE:
        take_quarantine(records, message, answer);
        break;
    case CHANNEL_NOTE:
        take_note(records, &message->message);
        break;
    case CHANNEL_CONFIRM:
        answer_recorded(answer, message->message.header.request);
        break;
    default:
        break;
    }
}

typedef struct {
    StorehookRow head;
    const guint8 *table, *bookmark;
} ToldRow;

static gboolean read_row(const StorehookValue *value, ToldRow *ret)
{
    const guint8 *bytes = value->data;
    ToldRow row;

    if (value->tag != STOREHOOK_FIELD_ROW || !bytes || value->size < sizeof(row.head))
        return FALSE;
    memcpy(&row.head, bytes, sizeof(row.head));
    if (row.head.reason >= STOREHOOK_REASONS || row.head.table_size > STOREHOOK_TEXT_MAX ||
        row.head.bookmark_size > STOREHOOK_TEXT_MAX ||
        sizeof(row.head) + row.head.table_size + 1 + row.head.bookmark_size > value->size)
        return FALSE;
    row.table = bytes + sizeof(row.head);
    row.bookmark = row.table + row.head.table_size + 1;
    *ret = row;
    return TRUE;
}

static gboolean take_row(const Records *records, const guint8 *instance, const ToldRow *row,
                         GError **error)
{
    g_autofree char *table =
        g_utf8_make_valid((const char *)row->table, (gssize)row->head.table_size);
    const UnscannedRow unscanned = {.instance = instance,
                                    .time = row->head.time,
                                    .reason = (StorehookReason)row->head.reason,
                                    .table = table,
                                    .bookmark = row->bookmark,
                                    .bookmark_size = row->head.bookmark_size};

    return incidents_add_unscanned_row(records->incidents, &unscanned, error);
}

/* Stops at the first that fails: when the file is locked, each of them would wait. */
static gboolean take_rows(const Records *records, const guint8 *instance,
                          const StorehookMessage *report, GError **error)
{
    gboolean fine = incidents_begin(records->incidents, error);
    StorehookValue value;
    size_t position = 0;
    ToldRow row;

    if (!fine)
        return FALSE;
    while (fine && storehook_read_next(report, &position, &value))
        if (read_row(&value, &row))
            fine = take_row(records, instance, &row, error);
    return incidents_commit(records->incidents, fine ? error : NULL) && fine;
}

static void lose_rows(const Records *records, const guint8 *instance, const char *program,
                      const StorehookMessage *report)
{
    StorehookValue value;
    size_t position = 0;
    ToldRow row;

    while (storehook_read_next(report, &position, &value))
        if (read_row(&value, &row))
            incidents_lose_unscanned_rows(records->incidents, instance, program, row.head.time,
                                          (StorehookReason)row.head.reason);
}

void records_take_report(const Records *records, const StorehookMessage *report,
                         const char *program)
{
    guint64 totals[STOREHOOK_REASONS];
    g_autoptr(GError) error = NULL;
    StorehookValue instance, value;

    if (!storehook_read_find(report, STOREHOOK_FIELD_INSTANCE, &instance) || !instance.data ||
        instance.size != 16)
        return;
    if (!take_rows(records, instance.data, report, &error)) {
        log_line(records->log, "unscanned rows-lost program=\"%s\" reason=\"%s\"", program,
                 error->message);
        g_clear_error(&error);
        lose_rows(records, instance.data, program, report);
    }
    if (!storehook_read_find(report, STOREHOOK_FIELD_UNSCANNED, &value) || !value.data ||
        value.size != sizeof(totals))
        return;
    memcpy(totals, value.data, sizeof(totals));
    if (!incidents_report_unscanned(records->incidents, instance.data, program, totals, &error))
        log_line(records->log, "unscanned totals-held program=\"%s\" reason=\"%s\"", program,
                 error->message);
}
