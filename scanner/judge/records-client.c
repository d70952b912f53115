/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * records-client.c - asks the supervisor over the worker's channel.
 *
 * Fails by FALSE: the supervisor is slow, gone or refuses. An answer that comes too late has
 * another number than the next question, and is skipped then.
 */
#include "scanner/judge/records-client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/common/board.h"
#include "scanner/common/channel.h"

enum {
    DIGESTS_MAX = 1000 /* 32 KB of the datagram; a message has dozens of parts */
};

static int time_left(guint64 end)
{
    guint64 now = board_now();

    return now >= end ? 0 : (int)MIN((end - now) / 1000 + 1, G_MAXINT);
}

static gboolean send_in_time(StorehookWriter *writer, int channel, guint64 end)
{
    for (;;) {
        struct pollfd room = {.fd = channel, .events = POLLOUT};
        int result = storehook_write_send(writer, channel, MSG_DONTWAIT);

        if (result == 0)
            return TRUE;
        if (result != -EAGAIN || time_left(end) == 0)
            return FALSE;
        if (poll(&room, 1, time_left(end)) < 0 && errno != EINTR)
            return FALSE;
    }
}

/* Only with the incident of the message, from which those of its parts take them. A long list goes
 * by memfd, which is returned, to be closed after sending; else -1. Without memory for it the list
 * is left out: a release then asks for addresses, which it would not do for half of a list. */
static int put_recipients(StorehookWriter *writer, const RecordsIncident *incident)
{
    gsize size = incident->recipients ? strlen(incident->recipients) : 0;
    int fd;

    if (size == 0 || strcmp(incident->reference, incident->message) != 0)
        return -1;
    if (size <= STOREHOOK_INLINE_MAX) {
        channel_put_text(writer, STOREHOOK_FIELD_RECIPIENTS, incident->recipients);
        return -1;
    }
    fd = storehook_memfd_new(incident->recipients, size);
    if (fd >= 0)
        storehook_write_descriptor(writer, STOREHOOK_FIELD_RECIPIENTS, fd, size);
    return fd;
}

static void put_incident(StorehookWriter *writer, const RecordsIncident *incident)
{
    channel_put_text(writer, STOREHOOK_FIELD_INCIDENT, incident->reference);
    channel_put_text(writer, CHANNEL_FIELD_MESSAGE, incident->message);
    channel_put_text(writer, STOREHOOK_FIELD_SENDER, incident->sender);
    channel_put_text(writer, STOREHOOK_FIELD_SUBJECT, incident->subject);
    channel_put_text(writer, STOREHOOK_FIELD_NAME, incident->name);
    channel_put_text(writer, CHANNEL_FIELD_INSIDE, incident->inside);
    channel_put_text(writer, STOREHOOK_FIELD_TYPE, incident->verdict->type);
    channel_put_text(writer, STOREHOOK_FIELD_VERDICT_NAME, incident->verdict->name);
    channel_put_number(writer, STOREHOOK_FIELD_VERDICT, (guint64)incident->verdict->kind);
    channel_put_number(writer, CHANNEL_FIELD_SIZE, incident->verdict->size);
    channel_put_number(writer, CHANNEL_FIELD_DONE, (guint64)incident->action);
    channel_put_text(writer, CHANNEL_FIELD_QUARANTINE_ID, incident->quarantine_id);
    channel_put_text(writer, CHANNEL_FIELD_NOTE, incident->note);
    channel_put_text(writer, CHANNEL_FIELD_VERSION, incident->signature_version);
    channel_put_number(writer, CHANNEL_FIELD_PROCESS, (guint64)incident->client);
    if (incident->digest)
        storehook_write_bytes(writer, STOREHOOK_FIELD_DIGEST, incident->digest,
                              STOREHOOK_DIGEST_SIZE);
}

gboolean records_add_incident(int channel, const RecordsIncident *incident, guint64 end)
{
    unsigned char buffer[16384] __attribute__((aligned(8)));
    StorehookWriter writer;
    gboolean sent;
    int recipients;

    storehook_write_start(&writer, buffer, sizeof(buffer), (StorehookKind)CHANNEL_INCIDENT, 0, 0,
                          0);
    put_incident(&writer, incident);
    recipients = put_recipients(&writer, incident);
    sent = send_in_time(&writer, channel, end);
    if (recipients >= 0)
        close(recipients);
    return sent;
}

static guint64 next_number(void)
{
    static _Thread_local guint64 number;

    return ++number;
}

/* Waits for the answer to question `number`. */
static gboolean receive_answer(int channel, guint64 number, guint64 end, ChannelMessage *answer)
{
    for (;;) {
        struct pollfd ready = {.fd = channel, .events = POLLIN};
        int result = poll(&ready, 1, time_left(end));

        if (result < 0 && errno == EINTR)
            continue;
        if (result <= 0 || channel_receive(channel, answer, MSG_DONTWAIT) != 1)
            return FALSE;
        channel_clear(answer);
        if (answer->message.header.request == number)
            return TRUE;
    }
}

static gboolean receive_stored(int channel, guint64 number, guint64 end, char **ret_id,
                               char **ret_reason)
{
    g_autofree ChannelMessage *answer = g_try_new(ChannelMessage, 1);
    char text[256];

    if (!answer || !receive_answer(channel, number, end, answer) ||
        answer->message.header.kind != CHANNEL_STORED) {
        *ret_reason = g_strdup("no answer in time");
        return FALSE;
    }
    channel_text(&answer->message, CHANNEL_FIELD_QUARANTINE_ID, text, sizeof(text));
    if (text[0] != '\0') {
        *ret_id = g_strdup(text);
        return TRUE;
    }
    *ret_reason =
        g_strdup(channel_text(&answer->message, CHANNEL_FIELD_REASON, text, sizeof(text)));
    return FALSE;
}

gboolean records_confirm(int channel, guint64 end)
{
    g_autofree ChannelMessage *answer = g_try_new(ChannelMessage, 1);
    unsigned char buffer[sizeof(StorehookHeader)] __attribute__((aligned(8)));
    guint64 number = next_number();
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), (StorehookKind)CHANNEL_CONFIRM, number,
                          0, 0);
    return answer && send_in_time(&writer, channel, end) &&
           receive_answer(channel, number, end, answer) &&
           answer->message.header.kind == CHANNEL_RECORDED;
}

gboolean records_quarantine(int channel, const RecordsIncident *incident,
                            const RecordsOriginal *original, guint64 end, char **ret_id,
                            char **ret_reason)
{
    guint64 number = next_number();
    g_autofree unsigned char *buffer = g_try_malloc(STOREHOOK_DATAGRAM_MAX);
    StorehookWriter writer;
    gboolean sent;
    int recipients;

    if (!buffer) {
        *ret_reason = g_strdup("no memory");
        return FALSE;
    }
    storehook_write_start(&writer, buffer, STOREHOOK_DATAGRAM_MAX,
                          (StorehookKind)CHANNEL_QUARANTINE, number, 0, 0);
    put_incident(&writer, incident);
    recipients = put_recipients(&writer, incident);
    channel_put_number(&writer, CHANNEL_FIELD_IS_MESSAGE, original->is_message != FALSE);
    storehook_write_bytes(&writer, (StorehookField)CHANNEL_FIELD_DIGESTS, original->digests,
                          MIN(original->digest_count, DIGESTS_MAX) * STOREHOOK_DIGEST_SIZE);
    storehook_write_descriptor(&writer, STOREHOOK_FIELD_DATA, original->fd, original->size);
    sent = send_in_time(&writer, channel, end);
    if (recipients >= 0)
        close(recipients);
    if (!sent) {
        *ret_reason = g_strdup("the supervisor takes nothing");
        return FALSE;
    }
    return receive_stored(channel, number, end, ret_id, ret_reason);
}

void records_add_note(int channel, const StorehookMessage *note, guint64 end)
{
    static const StorehookField fields[] = {STOREHOOK_FIELD_INCIDENT, STOREHOOK_FIELD_FOLDER,
                                            STOREHOOK_FIELD_FOLDER_KIND, STOREHOOK_FIELD_MAILBOX};
    unsigned char buffer[16384] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), (StorehookKind)CHANNEL_NOTE, 0, 0, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        StorehookValue value;

        if (storehook_read_find(note, fields[i], &value) && value.data)
            storehook_write_bytes(&writer, fields[i], value.data,
                                  MIN(value.size, STOREHOOK_TEXT_MAX));
    }
    channel_put_number(&writer, STOREHOOK_FIELD_DROPPED,
                       storehook_read_u32(note, STOREHOOK_FIELD_DROPPED, 0));
    (void)send_in_time(&writer, channel, end);
}
