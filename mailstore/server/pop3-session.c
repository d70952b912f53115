/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pop3-session.c - a conversation in POP3 (RFC 1939) with CAPA, UIDL, TOP, PIPELINING, STLS and
 * AUTH PLAIN (RFC 2449, RFC 2595, RFC 5034).
 *
 * The maildrop is the inbox as it was at login. Known limit: it is not locked, because it is not
 * only POP3's: two sessions may see and delete the same message, which each finds gone later.
 */
#include "mailstore/server/pop3-session.h"
#include "mailstore/server/log.h"
#include "mailstore/server/login.h"
#include "mailstore/server/pop3-maildrop.h"
#include "mailstore/server/pop3-text.h"

#include <string.h>

/* RFC 2449 §4 has 255; a password may be longer. */
#define LINE_MOST 1024
#define OUTPUT_MOST (32 * 1024)
#define MISTAKES_MOST 20

typedef enum {
    MODE_COMMANDS,
    MODE_AUTH,    /* the next line is the response of AUTH PLAIN */
    MODE_WORKING, /* a job runs */
    MODE_SENDING  /* of a message, in pieces */
} Mode;

typedef struct {
    WorkerJob job;
    Server *server;
    Connection *connection;
    Mode mode;
    gboolean gone;
    gboolean skipping;
    guint mistakes;
    char *name;             /* of USER */
    Pop3Maildrop *maildrop; /* NULL before login */
    guint message;          /* index of the one to be sent */
    Pop3Text text;
    GBytes *piece; /* of it, as read */
} Pop3Session;

static void session_process(Pop3Session *session);

static void session_free(Pop3Session *session)
{
    g_clear_pointer(&session->piece, g_bytes_unref);
    session->maildrop = pop3_maildrop_free(session->maildrop);
    log_info("disconnected service=pop3 connection=%u", connection_id(session->connection));
    server_forget(session->server, session->connection);
    g_free(session->name);
    g_free(session);
}

/* Mistakes count until something goes right after login, and what is not the client's fault does
 * not. */
static void say(Pop3Session *session, const char *reply)
{
    if (g_str_has_prefix(reply, "-ERR") && !g_str_has_prefix(reply, "-ERR [SYS/"))
        session->mistakes++;
    else if (*reply == '+' && session->maildrop != NULL)
        session->mistakes = 0;
    connection_puts(session->connection, reply);
}

/* --- jobs --- */

static void begin_job(Pop3Session *session)
{
    session->mode = MODE_WORKING;
    connection_set_busy(session->connection, TRUE);
}

/* FALSE: the connection went away, and the session with it now. */
static gboolean end_job(Pop3Session *session)
{
    session->mode = MODE_COMMANDS;
    connection_set_busy(session->connection, FALSE);
    if (session->gone)
        session_free(session);
    else
        return TRUE;
    return FALSE;
}

static void submit(Pop3Session *session, WorkerPool *pool,
                   void (*run)(WorkerJob *job, MailSession *mail), void (*done)(WorkerJob *job))
{
    begin_job(session);
    session->job.run = run;
    session->job.done = done;
    worker_pool_submit(pool, &session->job);
}

static void load_run(WorkerJob *job, MailSession *mail)
{
    pop3_maildrop_load(((Pop3Session *)job)->maildrop, mail);
}

static void load_done(WorkerJob *job)
{
    Pop3Session *session = (Pop3Session *)job;

    if (!end_job(session))
        return;
    const GError *error = pop3_maildrop_error(session->maildrop);
    if (error != NULL) {
        log_warning("maildrop-not-opened connection=%u reason=\"%s\"",
                    connection_id(session->connection), error->message);
        session->maildrop = pop3_maildrop_free(session->maildrop);
        say(session, "-ERR [SYS/TEMP] Try later\r\n");
    } else {
        connection_set_idle_limit(session->connection, session->server->config->pop3.idle_timeout);
        connection_printf(session->connection, "+OK %u messages\r\n",
                          pop3_maildrop_left(session->maildrop, NULL));
    }
    session_process(session);
}

static void login_done(gpointer data, const LoginResult *result)
{
    Pop3Session *session = data;

    if (!end_job(session))
        return;
    if (result->good && result->error == NULL) {
        session->maildrop = pop3_maildrop_new(result->mailbox);
        submit(session, session->server->readers, load_run, load_done);
        return;
    }
    session->mistakes += MISTAKES_MOST / 5 - 1; /* five guesses: the reply counts too */
    say(session,
        result->good ? "-ERR [SYS/TEMP] Try later\r\n" : "-ERR [AUTH] Wrong name or password\r\n");
    session_process(session);
}

static void begin_login(Pop3Session *session, const char *user, const char *password)
{
    begin_job(session);
    login_start(session->server, session->connection, user, password, login_done, session);
}

static void quit_run(WorkerJob *job, MailSession *mail)
{
    pop3_maildrop_update(((Pop3Session *)job)->maildrop, mail);
}

static void quit_done(WorkerJob *job)
{
    Pop3Session *session = (Pop3Session *)job;

    if (!end_job(session))
        return;
    say(session, pop3_maildrop_error(session->maildrop) != NULL
                     ? "-ERR [SYS/TEMP] Not all messages could be deleted\r\n"
                     : "+OK Goodbye\r\n");
    connection_finish(session->connection);
}

/* --- sending a message --- */

/* Piece after piece, each read when the one before has been taken: a slow client holds no more. */

static void read_run(WorkerJob *job, MailSession *mail)
{
    Pop3Session *session = (Pop3Session *)job;

    session->piece = pop3_maildrop_read(session->maildrop, mail, session->message,
                                        session->text.next, session->server->config->output_step);
}

static gboolean piece_is_good(const Pop3Session *session)
{
    guint64 left = session->text.end - session->text.next;

    return session->piece != NULL &&
           g_bytes_get_size(session->piece) == MIN(left, session->server->config->output_step);
}

static void send_piece(Pop3Session *session)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GBytes) piece = g_steal_pointer(&session->piece);
    gsize length;
    const char *data = g_bytes_get_data(piece, &length);

    if (session->text.next == 0)
        say(session, "+OK The message follows\r\n");
    if (pop3_text_next(&session->text, data == NULL ? "" : data, length, out))
        session->mode = MODE_SENDING;
    connection_write(session->connection, out->str, out->len);
}

static void read_done(WorkerJob *job)
{
    Pop3Session *session = (Pop3Session *)job;

    if (!end_job(session))
        return;
    if (piece_is_good(session)) {
        send_piece(session);
    } else if (session->text.next == 0) {
        g_clear_pointer(&session->piece, g_bytes_unref);
        say(session, "-ERR [SYS/TEMP] The message cannot be read\r\n");
    } else {
        log_warning("torn-off connection=%u", connection_id(session->connection));
        connection_abort(session->connection); /* nobody can be told within a message */
    }
    session_process(session);
}

static void begin_sending(Pop3Session *session, guint message, guint32 lines)
{
    session->message = message;
    pop3_text_init(&session->text, pop3_maildrop_size(session->maildrop, message), lines);
    submit(session, session->server->readers, read_run, read_done);
}

/* --- commands --- */

typedef struct {
    const char *name;
    gboolean before_login;
    gboolean after_login;
    void (*run)(Pop3Session *session, char *arguments); /* "" without */
} Command;

static void command_capa(Pop3Session *session, char *arguments)
{
    gboolean private = connection_is_private(session->connection);

    (void)arguments;
    say(session, "+OK Capabilities follow\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n"
                 "PIPELINING\r\n");
    if (private)
        say(session, "USER\r\nSASL PLAIN\r\n");
    if (session->server->certificate != NULL && !connection_has_tls(session->connection))
        say(session, "STLS\r\n");
    say(session, "IMPLEMENTATION mailstored\r\n.\r\n");
}

static gboolean demand_private(Pop3Session *session)
{
    gboolean private = connection_is_private(session->connection);

    if (!private)
        say(session, "-ERR [AUTH] STLS comes first\r\n");
    return private;
}

static void command_user(Pop3Session *session, char *arguments)
{
    if (!demand_private(session))
        return;
    if (*arguments == '\0') {
        say(session, "-ERR A name is missing\r\n");
        return;
    }
    g_free(session->name);
    session->name = g_strdup(arguments);
    say(session, "+OK And the password\r\n"); /* whether the name exists or not */
}

static void command_pass(Pop3Session *session, char *arguments)
{
    if (session->name == NULL) {
        say(session, "-ERR USER comes first\r\n");
        return;
    }
    g_autofree char *name = g_steal_pointer(&session->name);
    begin_login(session, name, arguments);
}

static void take_response(Pop3Session *session, const char *base64)
{
    g_autofree char *user = NULL;
    char *password = NULL;

    session->mode = MODE_COMMANDS;
    switch (login_parse_plain(base64, &user, &password)) {
    case LOGIN_PLAIN_GOOD:
        break;
    case LOGIN_PLAIN_MALFORMED:
        say(session, "-ERR That is no response of PLAIN\r\n");
        return;
    case LOGIN_PLAIN_FOR_ANOTHER:
        say(session, "-ERR [AUTH] Nobody acts for another here\r\n");
        return;
    }
    begin_login(session, user, password);
    explicit_bzero(password, strlen(password));
    g_free(password);
}

static void command_auth(Pop3Session *session, char *arguments)
{
    if (!demand_private(session))
        return;
    char *initial = strchr(arguments, ' ');
    if (initial != NULL)
        *initial++ = '\0';
    if (g_ascii_strcasecmp(arguments, "PLAIN") != 0) {
        say(session, "-ERR Only PLAIN is known\r\n");
    } else if (initial != NULL) {
        take_response(session, initial);
    } else {
        say(session, "+ \r\n");
        session->mode = MODE_AUTH;
    }
}

static void command_stls(Pop3Session *session, char *arguments)
{
    gsize left;

    (void)arguments;
    connection_peek(session->connection, &left);
    if (session->server->certificate == NULL || connection_has_tls(session->connection)) {
        say(session, "-ERR TLS is not to be had\r\n");
    } else if (left > 0) {
        /* Whoever put it there, it would count as said under TLS. */
        say(session, "-ERR Nothing may follow STLS\r\n");
        connection_finish(session->connection);
    } else {
        say(session, "+OK Begin TLS\r\n");
        connection_flush(session->connection);
        if (connection_pending(session->connection) > 0)
            connection_abort(session->connection);
        else
            connection_start_tls(session->connection, session->server->certificate);
    }
}

static void command_quit(Pop3Session *session, char *arguments)
{
    (void)arguments;
    if (session->maildrop != NULL && pop3_maildrop_has_deleted(session->maildrop)) {
        submit(session, session->server->deliveries, quit_run, quit_done);
        return;
    }
    say(session, "+OK Goodbye\r\n");
    connection_finish(session->connection);
}

/* The index of a message by its number, which moves *at behind it. FALSE after a reply. */
static gboolean take_message(Pop3Session *session, char **at, guint *ret)
{
    char *end;
    guint64 number = g_ascii_isdigit(**at) ? g_ascii_strtoull(*at, &end, 10) : 0;

    if (number == 0 || (*end != '\0' && *end != ' ') ||
        !pop3_maildrop_has(session->maildrop, number)) {
        say(session, "-ERR No such message\r\n");
        return FALSE;
    }
    *at = *end == ' ' ? end + 1 : end;
    *ret = (guint)(number - 1);
    return TRUE;
}

static void command_stat(Pop3Session *session, char *arguments)
{
    guint64 bytes;
    guint count = pop3_maildrop_left(session->maildrop, &bytes);

    (void)arguments;
    connection_printf(session->connection, "+OK %u %" G_GUINT64_FORMAT "\r\n", count, bytes);
}

static void print_scan(Pop3Session *session, guint message, gboolean uidl)
{
    if (uidl)
        connection_printf(session->connection, "%u %s\r\n", message + 1,
                          pop3_maildrop_uid(session->maildrop, message));
    else
        connection_printf(session->connection, "%u %" G_GUINT64_FORMAT "\r\n", message + 1,
                          pop3_maildrop_size(session->maildrop, message));
}

static void scan(Pop3Session *session, char *arguments, gboolean uidl)
{
    guint message;

    if (*arguments != '\0') {
        if (take_message(session, &arguments, &message)) {
            say(session, "+OK ");
            print_scan(session, message, uidl);
        }
        return;
    }
    say(session, "+OK The list follows\r\n");
    for (guint i = 0; i < pop3_maildrop_count(session->maildrop); i++)
        if (pop3_maildrop_has(session->maildrop, (guint64)i + 1))
            print_scan(session, i, uidl);
    say(session, ".\r\n");
}

static void command_list(Pop3Session *session, char *arguments)
{
    scan(session, arguments, FALSE);
}

static void command_uidl(Pop3Session *session, char *arguments)
{
    scan(session, arguments, TRUE);
}

static void command_retr(Pop3Session *session, char *arguments)
{
    guint message;

    if (take_message(session, &arguments, &message))
        begin_sending(session, message, POP3_ALL_LINES);
}

static void command_top(Pop3Session *session, char *arguments)
{
    guint message;
    guint64 lines;

    if (!take_message(session, &arguments, &message))
        return;
    if (!g_ascii_string_to_unsigned(arguments, 10, 0, POP3_ALL_LINES - 1, &lines, NULL))
        say(session, "-ERR Write TOP message lines\r\n");
    else
        begin_sending(session, message, (guint32)lines);
}

static void command_dele(Pop3Session *session, char *arguments)
{
    guint message;

    if (take_message(session, &arguments, &message)) {
        pop3_maildrop_delete(session->maildrop, message);
        say(session, "+OK Marked\r\n");
    }
}

static void command_noop(Pop3Session *session, char *arguments)
{
    (void)arguments;
    say(session, "+OK Nothing done\r\n");
}

static void command_rset(Pop3Session *session, char *arguments)
{
    (void)arguments;
    pop3_maildrop_reset(session->maildrop);
    say(session, "+OK All marks removed\r\n");
}

static const Command commands[] = {
    {"CAPA", TRUE, TRUE, command_capa},  {"USER", TRUE, FALSE, command_user},
    {"PASS", TRUE, FALSE, command_pass}, {"AUTH", TRUE, FALSE, command_auth},
    {"STLS", TRUE, FALSE, command_stls}, {"QUIT", TRUE, TRUE, command_quit},
    {"STAT", FALSE, TRUE, command_stat}, {"LIST", FALSE, TRUE, command_list},
    {"UIDL", FALSE, TRUE, command_uidl}, {"RETR", FALSE, TRUE, command_retr},
    {"TOP", FALSE, TRUE, command_top},   {"DELE", FALSE, TRUE, command_dele},
    {"NOOP", FALSE, TRUE, command_noop}, {"RSET", FALSE, TRUE, command_rset},
};

static void run_command(Pop3Session *session, char *line)
{
    char *arguments = strchr(line, ' ');

    if (arguments != NULL)
        *arguments++ = '\0';
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (g_ascii_strcasecmp(commands[i].name, line) != 0)
            continue;
        if (session->maildrop == NULL ? !commands[i].before_login : !commands[i].after_login)
            say(session,
                session->maildrop == NULL ? "-ERR Log in first\r\n" : "-ERR Logged in already\r\n");
        else
            commands[i].run(session, arguments == NULL ? line + strlen(line) : arguments);
        return;
    }
    say(session, "-ERR Unknown command\r\n");
}

static void session_line(Pop3Session *session, char *line, gsize length)
{
    if (session->skipping || length > LINE_MOST) {
        session->skipping = FALSE;
        say(session, "-ERR Line too long\r\n");
        return;
    }
    if (length < 2 || line[length - 2] != '\r' || memchr(line, '\0', length) != NULL ||
        memchr(line, '\r', length - 2) != NULL) {
        say(session, "-ERR A command is a line that ends with CRLF\r\n");
        return;
    }
    line[length - 2] = '\0';
    if (session->mode == MODE_AUTH) {
        session->mode = MODE_COMMANDS;
        if (strcmp(line, "*") == 0)
            say(session, "-ERR Given up\r\n");
        else
            take_response(session, line);
    } else {
        run_command(session, line);
    }
}

/* --- the conversation --- */

static gboolean session_step(Pop3Session *session)
{
    gsize length;
    const char *input = connection_peek(session->connection, &length);
    const char *lf = memchr(input, '\n', length);

    if (lf == NULL) {
        if (length > LINE_MOST || (session->skipping && length > 0)) {
            session->skipping = TRUE;
            connection_consume(session->connection, length);
        }
        return FALSE;
    }
    gsize used = (gsize)(lf - input) + 1;
    gsize kept = MIN(used, LINE_MOST);
    char *line = g_memdup2(input, kept);
    connection_consume(session->connection, used);
    session_line(session, line, used);
    explicit_bzero(line, kept); /* it may have been a password */
    g_free(line);
    return TRUE;
}

static void session_process(Pop3Session *session)
{
    Connection *connection = session->connection;

    while (!connection_is_busy(connection) && !connection_is_finishing(connection)) {
        if (session->mode == MODE_SENDING ? connection_pending(connection) > 0
                                          : connection_pending(connection) > OUTPUT_MOST) {
            connection_flush(connection);
            if (connection_pending(connection) > 0)
                return; /* drained() goes on */
        }
        if (session->mode == MODE_SENDING) {
            submit(session, session->server->readers, read_run, read_done);
        } else if (session->server->draining || session->mistakes >= MISTAKES_MOST) {
            say(session, session->server->draining ? "-ERR [SYS/TEMP] Shutting down\r\n"
                                                   : "-ERR Too many mistakes\r\n");
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
    Pop3Session *session = data;

    /* RFC 1939 §3: without QUIT nothing is deleted. */
    say(session, "-ERR [SYS/TEMP] Silent for too long\r\n");
    connection_finish(session->connection);
}

static void on_closed(gpointer data)
{
    Pop3Session *session = data;

    if (session->mode == MODE_WORKING)
        session->gone = TRUE;
    else
        session_free(session);
}

static const SessionOps pop3_ops = {
    .input = on_event,
    .drained = on_event,
    .timeout = on_timeout,
    .drain = on_event,
    .closed = on_closed,
};

void pop3_session_open(Server *server, Connection *connection)
{
    Pop3Session *session = g_new0(Pop3Session, 1);

    session->server = server;
    session->connection = connection;
    connection_set_idle_limit(connection, server->config->login_timeout);
    connection_puts(connection, "+OK mailstored\r\n");
    connection_start(connection, &pop3_ops, session);
}
