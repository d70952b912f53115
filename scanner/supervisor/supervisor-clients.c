/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor-clients.c - answers the HELLO of clients and takes their reports.
 *
 * What makes no sense, or comes from a user who may not ask, gets no answer.
 */
#include "scanner/supervisor/supervisor-private.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

#include "scanner/common/log.h"
#include "scanner/common/users.h"

/* FALSE when nobody waits for it any more: who asked goes on as if there were no service. */
static gboolean say_welcome(Supervisor *supervisor, const StorehookMessage *hello, int reply,
                            gboolean admitted)
{
    unsigned char buffer[32768] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_WELCOME, hello->header.request,
                          0, shared_page_generation(supervisor->page));
    storehook_write_u32(&writer, STOREHOOK_FIELD_ANSWER,
                        admitted ? STOREHOOK_ANSWER_HOOKED : STOREHOOK_ANSWER_NOT_YOU);
    storehook_write_descriptor(&writer, STOREHOOK_FIELD_PAGE, shared_page_peek_fd(supervisor->page),
                               sizeof(StorehookPage));
    storehook_write_descriptor(&writer, STOREHOOK_FIELD_LANES, supervisor->shared.lanes.reader,
                               sizeof(StorehookLanes));
    if (admitted) {
        storehook_write_bytes(&writer, STOREHOOK_FIELD_PROFILE, supervisor->profile,
                              strlen(supervisor->profile));
        storehook_write_u32(&writer, STOREHOOK_FIELD_DEADLINE, supervisor->config->deadline);
    }
    return storehook_write_send(&writer, reply, MSG_DONTWAIT) == 0;
}

/* HELLO and REPORT say which calls are not hooked. */
static void take_unhooked(Supervisor *supervisor, const StorehookMessage *message,
                          const StorehookValue *instance)
{
    clients_set_unhooked(
        supervisor->clients, instance->data,
        (StorehookUnhooked)storehook_read_u32(message, STOREHOOK_FIELD_UNHOOKED, 0));
}

static void take_hello(Supervisor *supervisor, const ChannelMessage *message,
                       const struct ucred *sender)
{
    const StorehookMessage *hello = &message->message;
    char program[STOREHOOK_TEXT_MAX + 1];
    StorehookValue executable, instance;
    gboolean admitted, hears;

    if (message->descriptor_count < 2 ||
        !storehook_read_find(hello, STOREHOOK_FIELD_EXECUTABLE, &executable) ||
        executable.descriptor < 0)
        return;
    admitted = clients_is_admitted(supervisor->clients, executable.descriptor);
    hears = say_welcome(supervisor, hello, message->descriptors[0], admitted);
    channel_text(hello, STOREHOOK_FIELD_PROGRAM, program, sizeof(program));
    if (storehook_read_find(hello, STOREHOOK_FIELD_INSTANCE, &instance) && instance.data &&
        instance.size == CLIENTS_INSTANCE_SIZE) {
        if (admitted && hears)
            clients_add(supervisor->clients, instance.data, sender, program);
        else
            clients_remove(supervisor->clients, instance.data);
        take_unhooked(supervisor, hello, &instance);
    }
    log_unquote(program);
    log_line(supervisor->log, "client program=\"%s\" pid=%d answer=%s", program, (int)sender->pid,
             !admitted ? "not-you"
             : hears   ? "hooked"
                       : "too-late");
}

static void tell_lanes(const Supervisor *supervisor, const ChannelMessage *message)
{
    unsigned char buffer[256] __attribute__((aligned(8)));
    StorehookWriter writer;

    if (message->descriptor_count == 0)
        return;
    storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_WELCOME,
                          message->message.header.request, 0,
                          shared_page_generation(supervisor->page));
    storehook_write_descriptor(&writer, STOREHOOK_FIELD_LANES, supervisor->shared.lanes.reader,
                               sizeof(StorehookLanes));
    (void)storehook_write_send(&writer, message->descriptors[0], MSG_DONTWAIT);
}

static void take_report(Supervisor *supervisor, const StorehookMessage *report)
{
    StorehookValue instance;

    if (storehook_read_find(report, STOREHOOK_FIELD_INSTANCE, &instance) && instance.data &&
        instance.size == CLIENTS_INSTANCE_SIZE) {
        take_unhooked(supervisor, report, &instance);
        records_take_report(&supervisor->records, report,
                            clients_program(supervisor->clients, instance.data));
    }
}

static gboolean on_client(gint fd, GIOCondition condition, gpointer user_data)
{
    g_autofree ChannelMessage *message = g_new(ChannelMessage, 1);
    Supervisor *supervisor = user_data;
    struct ucred sender;
    ssize_t size;

    (void)condition;
    message->descriptor_count = 0;
    size = storehook_receive_from(fd, message->bytes, sizeof(message->bytes), message->descriptors,
                                  &message->descriptor_count, MSG_DONTWAIT, &sender);
    if (size < 0)
        return G_SOURCE_CONTINUE;
    if (storehook_read_message(message->bytes, (size_t)size, message->descriptors,
                               message->descriptor_count, &message->message) == 0 &&
        users_may_ask(supervisor->users, sender.uid)) {
        if (message->message.header.kind == STOREHOOK_HELLO)
            take_hello(supervisor, message, &sender);
        else if (message->message.header.kind == STOREHOOK_ASK_LANES)
            tell_lanes(supervisor, message);
        else if (message->message.header.kind == STOREHOOK_REPORT)
            take_report(supervisor, &message->message);
    }
    channel_clear(message);
    return G_SOURCE_CONTINUE;
}

void supervisor_listen_clients(Supervisor *supervisor)
{
    g_unix_fd_add(supervisor->socket, G_IO_IN, on_client, supervisor);
}
