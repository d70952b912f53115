/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-session.c - one LMTP client: commands, recipients, DATA, and the hand-over to a delivery.
 *
 * The message is stored exactly as it came: no Return-Path and no Received is added, because one
 * stored copy serves all recipients and must come back byte for byte; the envelope is kept by the
 * store. Errors become replies in lmtp-delivery.c (reply_of_error) and nowhere else.
 *
 * Known limit: a transaction whose message does not find memory is answered 452 at its end, not
 * suspended: a message half received would keep what it has from the others.
 */
#include "mailstore/server/lmtp-session.h"
#include "mailstore/server/lmtp-command.h"
#include "mailstore/server/lmtp-data.h"
#include "mailstore/server/lmtp-delivery.h"
#include "mailstore/server/log.h"

#include <string.h>

/* RFC 5321 §4.5.3.1.4 asks for 512, parameters add to that. */
#define LINE_MOST 2048
/* Replies that a client may let lie before its next command is looked at. */
#define OUTPUT_MOST (32 * 1024)
/* Mistakes before we hang up: a peer that makes more does not speak LMTP. */
#define MISTAKES_MOST 20
/* What a message begins with; with SIZE= what was announced, if not more than ANNOUNCED_MOST, so
 * that nobody takes memory from others by announcing alone. */
#define FIRST_BYTES (16 * 1024)
#define ANNOUNCED_MOST (1024 * 1024)

typedef enum {
    MODE_COMMANDS,
    MODE_WAIT_MEMORY, /* for the first bytes, before 354 */
    MODE_DATA,
    MODE_LOOKUP, /* a job asks whether a shared folder exists */
    MODE_DELIVERY
} Mode;

typedef struct {
    WorkerJob job; /* of lookup and delivery */
    Server *server;
    Connection *connection;
    Mode mode;
    gboolean greeted;
    gboolean in_mail;
    gboolean skipping; /* the rest of a line that is too long */
    gboolean gone;     /* the connection is closed, a job still runs */
    guint mistakes;
    char *sender;
    guint64 announced;
    LmtpDelivery *delivery; /* recipients and their outcome */
    LmtpData data;
    BudgetWaiter waiter;
    guint64 charged;
    gint64 began;
} LmtpSession;

static void session_process(LmtpSession *session);

static void session_release_memory(LmtpSession *session)
{
    guint64 charged = session->charged;

    lmtp_data_clear(&session->data);
    session->charged = 0;
    if (charged > 0)
        budget_release(session->server->delivery_bytes, charged);
}

static void session_reset(LmtpSession *session)
{
    session->in_mail = FALSE;
    session->mode = MODE_COMMANDS;
    g_clear_pointer(&session->sender, g_free);
    session->delivery = lmtp_delivery_free(session->delivery);
    session_release_memory(session);
}

static void session_free(LmtpSession *session)
{
    budget_cancel(session->server->delivery_bytes, &session->waiter);
    session_reset(session);
    log_info("disconnected service=lmtp connection=%u", connection_id(session->connection));
    server_forget(session->server, session->connection);
    g_free(session);
}

/* Wrong use of the protocol counts (RFC 3463 §3.6: x.5.x); an address that nobody has, or a message
 * that is too large, is not the client's mistake. */
static void say(LmtpSession *session, const char *reply)
{
    if (*reply == '5' && strncmp(reply + strlen("5xx "), "5.5.", 4) == 0)
        session->mistakes++;
    connection_puts(session->connection, reply);
}

/* --- recipients --- */

static void lookup_run(WorkerJob *job, MailSession *mail)
{
    LmtpSession *session = (LmtpSession *)job;

    lmtp_delivery_look_up(session->delivery, mail);
}

static void lookup_done(WorkerJob *job)
{
    LmtpSession *session = (LmtpSession *)job;

    session->mode = MODE_COMMANDS;
    connection_set_busy(session->connection, FALSE);
    if (session->gone) {
        session_free(session);
        return;
    }
    say(session, lmtp_delivery_accept(session->delivery));
    session_process(session);
}

static void command_rcpt(LmtpSession *session, const char *address)
{
    if (!session->in_mail) {
        say(session, "503 5.5.1 MAIL comes first\r\n");
        return;
    }
    if (lmtp_delivery_count(session->delivery) >= session->server->config->lmtp_recipients) {
        say(session, "452 4.5.3 Too many recipients\r\n");
        return;
    }
    g_autofree char *name = NULL, *detail = NULL;
    lmtp_address_split(address, &name, &detail);
    if (g_ascii_strcasecmp(name, MAIL_PUBLIC_MAILBOX) == 0 && detail != NULL && *detail != '\0') {
        lmtp_delivery_propose(session->delivery, address, session->server->public_mailbox, detail);
        session->mode = MODE_LOOKUP;
        connection_set_busy(session->connection, TRUE);
        session->job.run = lookup_run;
        session->job.done = lookup_done;
        worker_pool_submit(session->server->readers, &session->job);
        return;
    }
    if (users_find(session->server->users, name) == NULL) {
        say(session, "550 5.1.1 No such user here\r\n");
        return;
    }
    lmtp_delivery_add_user(session->delivery, address, name);
    say(session, "250 2.1.5 Recipient accepted\r\n");
}

static void command_mail(LmtpSession *session, LmtpCommand *command)
{
    if (!session->greeted) {
        say(session, "503 5.5.1 LHLO comes first\r\n");
    } else if (session->in_mail) {
        say(session, "503 5.5.1 A message is begun already\r\n");
    } else if (command->size > session->server->config->message_size) {
        say(session, "552 5.3.4 The message is larger than is taken here\r\n");
    } else {
        session->in_mail = TRUE;
        session->sender = g_steal_pointer(&command->address);
        session->announced = command->size;
        session->delivery = lmtp_delivery_new();
        say(session, "250 2.1.0 Sender accepted\r\n");
    }
}

/* --- data --- */

static gboolean grow(gsize capacity, gpointer data)
{
    LmtpSession *session = data;

    if (capacity > session->charged) {
        if (!budget_try_grow(session->server->delivery_bytes, capacity - session->charged))
            return FALSE;
        session->charged = capacity;
    }
    return TRUE;
}

static void begin_data(LmtpSession *session)
{
    session->charged = session->waiter.need;
    session->mode = MODE_DATA;
    session->began = g_get_monotonic_time();
    lmtp_data_init(&session->data, session->server->config->message_size, grow, session);
    lmtp_data_reserve(&session->data, session->waiter.need);
    connection_puts(session->connection, "354 Go on, end with a lone dot\r\n");
}

static void memory_granted(gpointer data)
{
    LmtpSession *session = data;

    connection_set_busy(session->connection, FALSE);
    begin_data(session);
    session_process(session);
}

static void command_data(LmtpSession *session)
{
    if (!session->in_mail) {
        say(session, "503 5.5.1 MAIL comes first\r\n");
        return;
    }
    if (lmtp_delivery_count(session->delivery) == 0) {
        say(session, "503 5.5.1 No valid recipients\r\n"); /* RFC 2033 §4.2 */
        return;
    }
    session->waiter.need = CLAMP(session->announced, FIRST_BYTES, ANNOUNCED_MOST);
    session->waiter.granted = memory_granted;
    session->waiter.data = session;
    if (budget_wait(session->server->delivery_bytes, &session->waiter)) {
        begin_data(session);
    } else {
        session->mode = MODE_WAIT_MEMORY;
        connection_set_busy(session->connection, TRUE);
    }
}

/* --- delivery --- */

static void delivery_run(WorkerJob *job, MailSession *mail)
{
    LmtpSession *session = (LmtpSession *)job;

    lmtp_delivery_run(session->delivery, mail);
}

static void log_delivery(const LmtpSession *session)
{
    g_autofree char *sender = log_quote(session->sender);
    guint failed = lmtp_delivery_failures(session->delivery);

    log_info("delivered connection=%u sender=%s recipients=%u failed=%u ms=%" G_GINT64_FORMAT,
             connection_id(session->connection), sender, lmtp_delivery_count(session->delivery),
             failed, (g_get_monotonic_time() - session->began) / 1000);
}

static void delivery_done(WorkerJob *job)
{
    LmtpSession *session = (LmtpSession *)job;

    log_delivery(session);
    connection_set_busy(session->connection, FALSE);
    if (session->gone) {
        session_free(session);
        return;
    }
    for (guint i = 0; i < lmtp_delivery_count(session->delivery); i++) {
        g_autofree char *reply = lmtp_delivery_reply(session->delivery, i);
        connection_puts(session->connection, reply);
    }
    session_reset(session);
    session_process(session);
}

static void data_ended(LmtpSession *session)
{
    const char *refusal = NULL;

    switch (session->data.verdict) {
    case LMTP_DATA_GOOD:
        lmtp_delivery_set_message(session->delivery, session->sender,
                                  lmtp_data_take(&session->data));
        session->mode = MODE_DELIVERY;
        connection_set_busy(session->connection, TRUE);
        session->job.run = delivery_run;
        session->job.done = delivery_done;
        worker_pool_submit(session->server->deliveries, &session->job);
        return;
    case LMTP_DATA_AMBIGUOUS:
        refusal = "554 5.6.0 A lone dot beside a bare CR or LF is refused\r\n";
        break;
    case LMTP_DATA_TOO_LARGE:
        refusal = "552 5.3.4 The message is larger than is taken here\r\n";
        break;
    case LMTP_DATA_NO_MEMORY:
        refusal = "452 4.3.1 Too much in flight, try later\r\n";
        break;
    }
    g_autofree char *sender = log_quote(session->sender);
    log_info("not-taken connection=%u sender=%s reply=%.9s", connection_id(session->connection),
             sender, refusal);
    for (guint i = 0; i < lmtp_delivery_count(session->delivery); i++)
        connection_puts(session->connection, refusal);
    session_reset(session);
}

/* --- the conversation --- */

static void command_lhlo(LmtpSession *session)
{
    session_reset(session);
    session->greeted = TRUE;
    connection_printf(session->connection,
                      "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n"
                      "250 SIZE %" G_GUINT64_FORMAT "\r\n",
                      g_get_host_name(), session->server->config->message_size);
}

static void session_run_command(LmtpSession *session, LmtpCommand *command)
{
    switch (command->verb) {
    case LMTP_LHLO:
        command_lhlo(session);
        break;
    case LMTP_MAIL:
        command_mail(session, command);
        break;
    case LMTP_RCPT:
        command_rcpt(session, command->address);
        break;
    case LMTP_DATA:
        command_data(session);
        break;
    case LMTP_RSET:
        session_reset(session);
        say(session, "250 2.0.0 Forgotten\r\n");
        break;
    case LMTP_NOOP:
        say(session, "250 2.0.0 Nothing done\r\n");
        break;
    case LMTP_VRFY:
        say(session, "252 2.0.0 Nobody is verified, deliver and see\r\n");
        break;
    case LMTP_QUIT:
        say(session, "221 2.0.0 Goodbye\r\n");
        connection_finish(session->connection);
        break;
    case LMTP_HELO:
        say(session, "500 5.5.1 This is LMTP: say LHLO\r\n");
        break;
    case LMTP_UNKNOWN:
        g_assert_not_reached(); /* the parser refuses it */
    }
}

static void session_line(LmtpSession *session, const char *line, gsize length)
{
    LmtpCommand command;
    const char *reply;

    if (session->skipping || length > LINE_MOST) {
        session->skipping = FALSE;
        say(session, "500 5.5.2 Line too long\r\n");
        return;
    }
    /* A bare LF stays in the line and is refused with other control characters. */
    if (length >= 2 && line[length - 2] == '\r')
        length -= 2;
    if (!lmtp_command_parse(line, length, &command, &reply)) {
        say(session, reply);
        return;
    }
    session_run_command(session, &command);
    lmtp_command_clear(&command);
}

/* Takes one line or a piece of DATA from the input. FALSE: there is none yet. */
static gboolean session_step(LmtpSession *session)
{
    gsize length;
    const char *input = connection_peek(session->connection, &length);

    if (length == 0)
        return FALSE;
    if (session->mode == MODE_DATA) {
        gboolean ended;
        gsize used = lmtp_data_feed(&session->data, input, length, &ended);
        connection_consume(session->connection, used);
        if (session->data.verdict != LMTP_DATA_GOOD && session->charged > 0)
            session_release_memory(session);
        if (ended)
            data_ended(session);
        return TRUE;
    }
    const char *lf = memchr(input, '\n', length);
    if (lf == NULL) {
        if (length <= LINE_MOST && !session->skipping)
            return FALSE;
        session->skipping = TRUE;
        connection_consume(session->connection, length);
        return FALSE;
    }
    gsize used = (gsize)(lf - input) + 1;
    /* A copy: running the command may read more input over it. */
    g_autofree char *line = used <= LINE_MOST ? g_memdup2(input, used) : NULL;
    connection_consume(session->connection, used);
    session_line(session, line, used);
    return TRUE;
}

static void session_process(LmtpSession *session)
{
    Connection *connection = session->connection;

    while (!connection_is_busy(connection) && !connection_is_finishing(connection)) {
        if (connection_pending(connection) > OUTPUT_MOST) {
            connection_flush(connection);
            if (connection_pending(connection) > OUTPUT_MOST)
                return; /* drained() goes on */
        }
        if (session->mode == MODE_COMMANDS && session->server->draining) {
            connection_puts(connection, "421 4.3.2 Shutting down\r\n");
            connection_finish(connection);
        } else if (session->mistakes >= MISTAKES_MOST) {
            connection_puts(connection, "421 4.7.0 Too many mistakes\r\n");
            connection_finish(connection);
        } else if (!session_step(session)) {
            if (connection_at_end(connection))
                connection_finish(connection);
            break;
        }
    }
    connection_flush(connection);
}

static void on_event(gpointer data)
{
    session_process(data);
}

static void on_timeout(gpointer data)
{
    LmtpSession *session = data;

    connection_puts(session->connection, "421 4.4.2 Silent for too long\r\n");
    connection_finish(session->connection);
}

static void on_closed(gpointer data)
{
    LmtpSession *session = data;

    if (session->mode == MODE_LOOKUP || session->mode == MODE_DELIVERY)
        session->gone = TRUE;
    else
        session_free(session);
}

static const SessionOps lmtp_ops = {
    .input = on_event,
    .drained = on_event,
    .timeout = on_timeout,
    .drain = on_event,
    .closed = on_closed,
};

void lmtp_session_open(Server *server, Connection *connection)
{
    LmtpSession *session = g_new0(LmtpSession, 1);

    session->server = server;
    session->connection = connection;
    connection_printf(connection, "220 %s LMTP mailstored\r\n", g_get_host_name());
    connection_start(connection, &lmtp_ops, session);
}
