/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-session.c - reads commands, has them run, sends what they say.
 *
 * One command at a time: while it runs, further input waits in the connection. Errors of the store
 * become response codes in imap_session_reply_error() and nowhere else.
 */
#include "mailstore/server/imap-session.h"
#include "mailstore/server/log.h"

#include <stdarg.h>
#include <string.h>

/* Replies that a client may let lie before its next command is looked at. */
#define OUTPUT_MOST (32 * 1024)
/* Mistakes before we hang up. */
#define MISTAKES_MOST 20
/* A refused literal that is not waited for is read and thrown away up to this size. */
#define DISCARD_MOST G_MAXUINT32
/* A header that is read without waiting for memory: as much as a step's output is by default. */
#define HEADER_MOST (256 * 1024)
/* Before login no command needs more. */
#define COMMAND_MOST_GREETED 8192

static void session_submit(ImapSession *session);

/* --- replies --- */

void imap_session_reply(ImapSession *session, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_free(session->reply);
    session->reply = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

void imap_session_reply_error(ImapSession *session, const GError *error, const char *what)
{
    const char *code = "[UNAVAILABLE] Try later";

    if (error->domain == MAIL_STORE_ERROR) {
        switch ((MailStoreError)error->code) {
        case MAIL_STORE_ERROR_NOT_FOUND:
            code = "[NONEXISTENT] No such mailbox";
            break;
        case MAIL_STORE_ERROR_EXISTS:
            code = "[ALREADYEXISTS] The name is taken";
            break;
        case MAIL_STORE_ERROR_INVALID:
            code = "[CANNOT] That cannot be";
            break;
        case MAIL_STORE_ERROR_REFUSED:
            code = "Refused";
            break;
        case MAIL_STORE_ERROR_FULL:
            code = "[OVERQUOTA] The store is full";
            break;
        case MAIL_STORE_ERROR_UNAVAILABLE:
        case MAIL_STORE_ERROR_FAILED:
            break;
        }
    }
    g_autofree char *subject = log_quote(what); /* a name that the client chose, perhaps */
    g_autofree char *reason = log_quote(error->message);
    log_info("not-done connection=%u command=%s what=%s reason=%s",
             connection_id(session->connection), session->command->name, subject, reason);
    imap_session_reply(session, "NO %s", code);
}

char *imap_session_capabilities(const ImapSession *session)
{
    GString *text = g_string_new("IMAP4rev1 LITERAL+ SASL-IR ID ENABLE");

    if (session->state == IMAP_STATE_GREETED) {
        if (session->server->certificate != NULL && !connection_has_tls(session->connection))
            g_string_append(text, " STARTTLS");
        g_string_append(text, connection_is_private(session->connection) ? " AUTH=PLAIN"
                                                                         : " LOGINDISABLED");
    } else {
        g_string_append(text, " IDLE NAMESPACE UIDPLUS MOVE UNSELECT CHILDREN SPECIAL-USE ESEARCH");
    }
    return g_string_free(text, FALSE);
}

/* --- the life of a session and of a command --- */

/* Who has memory that others wait for must send what it is for. */
static void session_take_literal(ImapSession *session, guint64 size)
{
    const ServerConfig *config = session->server->config;

    session->taken_in += size;
    connection_set_idle_limit(session->connection,
                              MIN(config->stall_timeout, config->imap.idle_timeout));
}

static void session_release_literal(ImapSession *session)
{
    guint64 taken = session->taken_in;

    session->taken_in = 0;
    if (taken == 0)
        return;
    connection_set_idle_limit(session->connection, session->server->config->imap.idle_timeout);
    budget_release(session->server->delivery_bytes, taken);
}

static void session_release_reading(ImapSession *session)
{
    guint64 charge = session->charge;

    session->charge = 0;
    if (charge > 0)
        budget_release(session->server->reading_bytes, charge);
}

static void session_forget_command(ImapSession *session)
{
    if (session->arguments != NULL && session->free_arguments != NULL)
        session->free_arguments(session->arguments);
    session->arguments = NULL;
    session->free_arguments = NULL;
    session->command = NULL;
    session->by_uid = FALSE;
    g_clear_pointer(&session->tag, g_free);
    g_clear_pointer(&session->reply, g_free);
    guint64 granted = session->granted;
    session->granted = 0;
    if (granted > 0)
        budget_release(session->server->reading_bytes, granted);
    session_release_literal(session);
}

static void session_free(ImapSession *session)
{
    Server *server = session->server;

    budget_cancel(server->delivery_bytes, &session->literal_waiter);
    budget_cancel(server->reading_bytes, &session->reading_waiter);
    session_forget_command(session);
    session_release_reading(session);
    imap_output_clear(&session->output);
    imap_session_unselect(session);
    imap_reader_clear(&session->reader);
    log_info("disconnected service=imap connection=%u", connection_id(session->connection));
    g_hash_table_remove(server->imap_sessions,
                        GUINT_TO_POINTER(connection_id(session->connection)));
    server_forget(server, session->connection);
    gboolean was_logged_in = session->user != NULL;
    g_free(session->user);
    g_free(session);
    if (was_logged_in)
        imap_login_look_again(server);
}

void imap_session_unselect(ImapSession *session)
{
    if (session->selected == NULL)
        return;
    folder_watch_remove(session->server->watches, connection_id(session->connection));
    session->selected = imap_mailbox_free(session->selected);
    session->is_stale = FALSE;
    session->state = IMAP_STATE_LOGGED_IN;
}

static void session_start_tls(ImapSession *session)
{
    session->starts_tls = FALSE;
    connection_flush(session->connection);
    if (connection_pending(session->connection) > 0)
        connection_abort(session->connection);
    else
        connection_start_tls(session->connection, session->server->certificate);
}

/* Mistakes count until a command succeeds after login: a session lasts for days. */
static void session_count_mistake(ImapSession *session, const char *reply)
{
    if (g_str_has_prefix(reply, "BAD"))
        session->mistakes++;
    else if (g_str_has_prefix(reply, "OK") && session->state != IMAP_STATE_GREETED)
        session->mistakes = 0;
}

static void session_end_command(ImapSession *session)
{
    imap_output_send(&session->output, session->connection);
    session_count_mistake(session, session->reply);
    connection_printf(session->connection, "%s %s\r\n", session->tag, session->reply);
    session_forget_command(session);
    connection_set_busy(session->connection, FALSE);
    if (session->stops)
        connection_finish(session->connection);
    else if (session->starts_tls)
        session_start_tls(session);
}

static void session_bad(ImapSession *session, const char *tag, const char *problem)
{
    session->mistakes++;
    connection_printf(session->connection, "%s BAD %s\r\n", tag, problem);
}

/* --- steps in a worker --- */

static gboolean take_memory(guint64 bytes, gpointer data)
{
    ImapSession *session = data;

    if (session->granted >= bytes && session->granted > 0) {
        session->charge += session->granted;
        session->granted = 0;
        return TRUE;
    }
    if (budget_try_take(session->server->reading_bytes, bytes)) {
        session->charge += bytes;
        return TRUE;
    }
    session->need = bytes;
    return FALSE;
}

ImapStep imap_session_read_message(ImapSession *session, MailSession *mail, guint64 message,
                                   gboolean only_header, GBytes **ret_text, guint64 *ret_size,
                                   GError **error)
{
    *ret_text = NULL;
    if (only_header &&
        (!mail_message_read_header(mail, message, HEADER_MOST, ret_text, ret_size, error) ||
         *ret_text != NULL))
        return IMAP_STEP_DONE;
    if (!mail_message_read(mail, message, take_memory, session, ret_text, error))
        return IMAP_STEP_DONE;
    if (*ret_text == NULL)
        return IMAP_STEP_WAIT;
    if (ret_size != NULL)
        *ret_size = g_bytes_get_size(*ret_text);
    return IMAP_STEP_DONE;
}

void imap_session_refresh(ImapSession *session, MailSession *mail, gboolean may_expunge)
{
    ImapMailbox *mailbox = session->selected;
    FolderChanges changes =
        folder_watch_take_changes(session->server->watches, connection_id(session->connection));
    gboolean by_others = session->is_stale || changes.others > session->own_changes;
    g_autoptr(GError) error = NULL;

    session->is_stale = FALSE;
    session->own_changes = 0;
    if (!by_others && changes.additions == 0) {
        if (may_expunge && mailbox->has_gone)
            imap_mailbox_tell_expunged(mailbox, &session->output);
        return;
    }
    if (imap_mailbox_refresh(mailbox, mail, !by_others, may_expunge, &session->output, &error))
        return;
    session->is_stale = TRUE; /* the next look may succeed */
    log_warning("not-refreshed connection=%u reason=\"%s\"", connection_id(session->connection),
                error->message);
}

/* The next piece of what the output has of a message. That may be gone by now; the client is in the
 * middle of a literal then and cannot be told. */
static void session_read_part(ImapSession *session, MailSession *mail, const ImapPiece *part)
{
    gsize length = MIN(part->length, session->server->config->output_step);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;

    session->is_torn =
        !mail_message_read_part(mail, part->message, part->offset, length, &bytes, &error) ||
        g_bytes_get_size(bytes) != length;
    if (!session->is_torn)
        imap_output_take_part(&session->output, bytes);
    else
        log_warning("torn-off connection=%u reason=\"%s\"", connection_id(session->connection),
                    error == NULL ? "the message has changed" : error->message);
}

static void session_run(WorkerJob *job, MailSession *mail)
{
    ImapSession *session = (ImapSession *)job;
    const ImapCommand *command = session->command;
    const ImapPiece *part = imap_output_peek_part(&session->output);

    if (part != NULL) {
        session_read_part(session, mail, part);
        return;
    }
    session->step = command->step(session, mail);
    if (session->step == IMAP_STEP_DONE && session->selected != NULL)
        imap_session_refresh(session, mail, session->by_uid || !command->keeps_numbers);
}

static void memory_granted(gpointer data)
{
    ImapSession *session = data;

    session->granted = session->reading_waiter.need;
    session_submit(session);
}

/* With the next piece or step, when what there is has been sent. */
static void session_go_on(ImapSession *session)
{
    connection_flush(session->connection);
    if (connection_pending(session->connection) == 0)
        session_submit(session);
    else
        connection_set_busy(session->connection, FALSE); /* drained() goes on */
}

gboolean imap_session_is_left(const ImapSession *session)
{
    /* With output that nobody takes it does nothing and may stay for long. */
    return (session->working || connection_pending(session->connection) == 0) &&
           connection_peer_has_left(session->connection);
}

static void session_end_step(ImapSession *session)
{
    session->working = FALSE;
    if (session->gone) {
        session_free(session);
        return;
    }
    session_release_reading(session);
    if (session->is_torn) {
        connection_abort(session->connection);
        connection_set_busy(session->connection, FALSE);
        return;
    }
    imap_output_send(&session->output, session->connection);
    if (imap_output_peek_part(&session->output) != NULL) {
        session_go_on(session);
        return;
    }
    switch (session->step) {
    case IMAP_STEP_DONE:
        session_end_command(session);
        imap_session_process(session);
        return;
    case IMAP_STEP_MORE:
        session_go_on(session);
        return;
    case IMAP_STEP_WAIT:
        connection_flush(session->connection);
        session->reading_waiter.need = session->need;
        session->reading_waiter.granted = memory_granted;
        session->reading_waiter.data = session;
        if (budget_wait(session->server->reading_bytes, &session->reading_waiter))
            memory_granted(session);
        return;
    case IMAP_STEP_HELD:
        break;
    }
    g_assert_not_reached();
}

static void session_ran(WorkerJob *job)
{
    ImapSession *session = (ImapSession *)job;
    Server *server = session->server;
    gboolean is_left = imap_session_is_left(session);

    session_end_step(session);
    if (is_left)
        imap_login_look_again(server);
}

static void session_submit(ImapSession *session)
{
    session->working = TRUE;
    connection_set_busy(session->connection, TRUE);
    session->job.run = session_run;
    session->job.done = session_ran;
    worker_pool_submit(session->command->run == IMAP_RUN_WRITER ? session->server->deliveries
                                                                : session->server->readers,
                       &session->job);
}

/* --- commands --- */

static const char *state_problem(const ImapSession *session, const ImapCommand *command)
{
    if ((command->states & session->state) != 0)
        return NULL;
    if (session->state == IMAP_STATE_GREETED)
        return "Log in first";
    return command->states == IMAP_STATE_GREETED ? "Logged in already" : "Select a mailbox first";
}

/* Finds the command and parses its arguments. Returns what is wrong, static. */
static const char *session_parse(ImapSession *session, ImapParser *parser)
{
    g_autofree char *name = NULL;

    if (!imap_parse_space(parser) || !imap_parse_atom(parser, &name))
        return parser->problem;
    if (g_ascii_strcasecmp(name, "UID") == 0) {
        session->by_uid = TRUE;
        g_clear_pointer(&name, g_free);
        if (!imap_parse_space(parser) || !imap_parse_atom(parser, &name))
            return parser->problem;
    }
    const ImapCommand *command = imap_command_find(name);
    if (command == NULL || (session->by_uid && !command->has_uid_form))
        return "Unknown command";
    const char *problem = state_problem(session, command);
    if (problem != NULL)
        return problem;
    session->command = command;
    if (command->parse != NULL && !command->parse(session, parser))
        return parser->problem;
    return imap_parse_end(parser) ? NULL : parser->problem;
}

static void session_begin_command(ImapSession *session, GBytes *text)
{
    ImapParser parser;

    imap_parser_init(&parser, text);
    if (!imap_parse_tag(&parser, &session->tag)) {
        session_bad(session, "*", "A command begins with a tag");
        session_forget_command(session);
        return;
    }
    const char *problem = session_parse(session, &parser);
    if (problem != NULL) {
        session_bad(session, session->tag, problem);
        session_forget_command(session);
        return;
    }
    if (session->command->run != IMAP_RUN_AT_ONCE) {
        session_submit(session);
        return;
    }
    if (session->command->step(session, NULL) == IMAP_STEP_DONE)
        session_end_command(session);
}

static void session_held_line(ImapSession *session, GBytes *text)
{
    gsize length;
    const char *data = g_bytes_get_data(text, &length);
    g_autofree char *line = g_strndup(data == NULL ? "" : data, length);

    session->command->line(session, line);
    explicit_bzero(line, strlen(line)); /* it may have been a password */
    if (session->reply != NULL)
        session_end_command(session);
}

void imap_session_end_held(ImapSession *session)
{
    session_end_command(session);
    imap_session_process(session);
}

gboolean imap_session_job_ended(ImapSession *session)
{
    session->working = FALSE;
    connection_set_busy(session->connection, FALSE);
    if (session->gone) {
        session_free(session);
        return FALSE;
    }
    return TRUE;
}

/* --- literals --- */

/* Whether the command being read is an APPEND. */
static gboolean reader_has_append(const ImapReader *reader)
{
    const char *space = memchr(reader->text, ' ', reader->length);
    gsize left = space == NULL ? 0 : reader->length - (gsize)(space - reader->text);

    return left > 8 && g_ascii_strncasecmp(space, " APPEND ", 8) == 0;
}

static char *reader_dup_tag(const ImapReader *reader)
{
    g_autoptr(GBytes) text = g_bytes_new(reader->text, reader->length);
    ImapParser parser;
    char *tag = NULL;

    imap_parser_init(&parser, text);
    return imap_parse_tag(&parser, &tag) ? tag : g_strdup("*");
}

static void session_refuse_literal(ImapSession *session, const char *reply)
{
    g_autofree char *tag =
        session->command != NULL ? g_strdup(session->tag) : reader_dup_tag(&session->reader);

    session_count_mistake(session, reply);
    connection_printf(session->connection, "%s %s\r\n", tag, reply);
    if (session->command != NULL)
        session_forget_command(session);
    session_release_literal(session);
    if (!session->reader.literal_waits && session->reader.literal_size > DISCARD_MOST) {
        connection_puts(session->connection, "* BYE That literal would never end\r\n");
        connection_finish(session->connection);
        return;
    }
    imap_reader_refuse(&session->reader);
}

static void session_accept_literal(ImapSession *session)
{
    if (!imap_reader_accept(&session->reader))
        session_refuse_literal(session, "NO [LIMIT] No memory, try later");
    else if (session->reader.literal_waits)
        connection_puts(session->connection, "+ Go on\r\n");
}

static void literal_granted(gpointer data)
{
    ImapSession *session = data;

    session_take_literal(session, session->literal_waiter.need);
    connection_set_busy(session->connection, FALSE);
    session_accept_literal(session);
    imap_session_process(session);
}

static void session_decide_literal(ImapSession *session)
{
    ImapReader *reader = &session->reader;
    const ServerConfig *config = session->server->config;
    guint64 size = reader->literal_size;

    if (session->command != NULL) {
        session_refuse_literal(session, "BAD No literal is expected here");
    } else if (reader->length < reader->line_most && size <= reader->line_most - reader->length) {
        session_accept_literal(session);
    } else if (session->state == IMAP_STATE_GREETED || !reader_has_append(reader) ||
               session->taken_in > 0) {
        session_refuse_literal(session, "BAD [TOOBIG] The literal is too large");
    } else if (size > config->message_size) {
        session_refuse_literal(session, "NO [TOOBIG] The message is larger than is taken here");
    } else {
        session->literal_waiter.need = size;
        session->literal_waiter.granted = literal_granted;
        session->literal_waiter.data = session;
        connection_set_busy(session->connection, TRUE);
        if (budget_wait(session->server->delivery_bytes, &session->literal_waiter)) {
            session_take_literal(session, size);
            connection_set_busy(session->connection, FALSE);
            session_accept_literal(session);
        }
    }
}

/* --- the conversation --- */

static gboolean session_step_input(ImapSession *session)
{
    gsize length, used;
    const char *input = connection_peek(session->connection, &length);

    if (length == 0)
        return FALSE;
    ImapReadResult result = imap_reader_feed(&session->reader, input, length, &used);
    connection_consume(session->connection, used);
    switch (result) {
    case IMAP_READ_MORE:
        break;
    case IMAP_READ_LITERAL:
        session_decide_literal(session);
        break;
    case IMAP_READ_TOO_LONG:
        connection_puts(session->connection, "* BAD [TOOBIG] The command is too long\r\n"
                                             "* BYE Out of step\r\n");
        connection_finish(session->connection);
        break;
    case IMAP_READ_COMMAND: {
        g_autoptr(GBytes) text = imap_reader_take(&session->reader);
        if (session->command != NULL)
            session_held_line(session, text);
        else
            session_begin_command(session, text);
        break;
    }
    }
    return TRUE;
}

static gboolean session_says_goodbye(ImapSession *session)
{
    Connection *connection = session->connection;

    if (session->server->draining && (session->command == NULL || session->command->line != NULL))
        connection_puts(connection, "* BYE Shutting down\r\n");
    else if (session->mistakes >= MISTAKES_MOST)
        connection_puts(connection, "* BYE Too many mistakes\r\n");
    else
        return FALSE;
    connection_finish(connection);
    return TRUE;
}

void imap_session_process(ImapSession *session)
{
    Connection *connection = session->connection;

    while (!connection_is_busy(connection) && !connection_is_finishing(connection)) {
        if (connection_pending(connection) > OUTPUT_MOST) {
            connection_flush(connection);
            if (connection_pending(connection) > OUTPUT_MOST)
                return; /* drained() goes on */
        }
        if (session_says_goodbye(session))
            break;
        if (!session_step_input(session)) {
            if (connection_at_end(connection))
                connection_finish(connection);
            break;
        }
    }
    connection_flush(connection);
}

static void on_input(gpointer data)
{
    ImapSession *session = data;

    /* A command between two steps has its output to send first. */
    if (session->command == NULL || session->command->line != NULL)
        imap_session_process(session);
}

static void on_drained(gpointer data)
{
    ImapSession *session = data;

    if (session->command != NULL && session->command->line == NULL) {
        session_submit(session);
        return;
    }
    if (session->command == &imap_command_idle)
        imap_idle_drained(session);
    if (!session->working)
        imap_session_process(session);
}

static void on_timeout(gpointer data)
{
    ImapSession *session = data;

    connection_puts(session->connection, "* BYE Silent for too long\r\n");
    connection_finish(session->connection);
}

static void on_closed(gpointer data)
{
    ImapSession *session = data;

    session->gone = TRUE;
    if (!session->working)
        session_free(session);
}

static const SessionOps imap_ops = {
    .input = on_input,
    .drained = on_drained,
    .timeout = on_timeout,
    .drain = on_input,
    .closed = on_closed,
};

void imap_session_open(Server *server, Connection *connection)
{
    ImapSession *session = g_new0(ImapSession, 1);

    session->server = server;
    session->connection = connection;
    session->state = IMAP_STATE_GREETED;
    imap_output_init(&session->output);
    imap_reader_init(&session->reader, COMMAND_MOST_GREETED);
    g_hash_table_insert(server->imap_sessions, GUINT_TO_POINTER(connection_id(connection)),
                        session);
    connection_set_idle_limit(connection, server->config->login_timeout);
    g_autofree char *capabilities = imap_session_capabilities(session);
    connection_printf(connection, "* OK [CAPABILITY %s] mailstored\r\n", capabilities);
    connection_start(connection, &imap_ops, session);
}

void imap_session_logged_in(ImapSession *session, const char *user)
{
    session->user = g_strdup(user);
    session->state = IMAP_STATE_LOGGED_IN;
    session->reader.line_most = session->server->config->command_size;
    connection_set_idle_limit(session->connection, session->server->config->imap.idle_timeout);
}

MailFolder *imap_session_find_folder(ImapSession *session, MailSession *mail, const char *name,
                                     GError **error)
{
    const char *shared;

    if (!imap_name_is_public(name, &shared))
        return mail_folder_find(mail, session->mailbox, name, error);
    MailFolder *folder = mail_folder_find(mail, session->server->public_mailbox, shared, error);
    if (folder != NULL && folder->kind != FOLDER_KIND_PUBLIC) {
        g_clear_pointer(&folder, mail_folder_free);
        g_set_error_literal(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND,
                            "not a shared folder");
    }
    return folder;
}
