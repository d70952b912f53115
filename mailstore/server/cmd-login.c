/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd-login.c - LOGIN and AUTHENTICATE PLAIN, with an initial response (RFC 4959).
 *
 * A client whose connection broke does not know what became of its last command. So that it can
 * find out when it comes back, its login waits for the end of what came by the other connection:
 * else the message of an APPEND would arrive just after it had looked, and it would send it again.
 */
#include "mailstore/server/imap-session.h"
#include "mailstore/server/login.h"

#include <string.h>

typedef struct {
    char *user;
    char *password;
    char *mechanism; /* of AUTHENTICATE */
    char *initial;   /* base64; NULL when it comes in a line of its own */
} Arguments;

static void forget(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

static void arguments_free(gpointer data)
{
    Arguments *arguments = data;

    g_free(arguments->user);
    g_free(arguments->mechanism);
    forget(arguments->password);
    forget(arguments->initial);
    g_free(arguments);
}

static Arguments *arguments_new(ImapSession *session)
{
    Arguments *arguments = g_new0(Arguments, 1);

    session->arguments = arguments;
    session->free_arguments = arguments_free;
    return arguments;
}

/* The password was right. */
static void login_end(ImapSession *session)
{
    const Arguments *arguments = session->arguments;

    session->awaits_others = FALSE;
    if (!imap_session_job_ended(session))
        return;
    imap_session_logged_in(session, arguments->user);
    g_autofree char *capabilities = imap_session_capabilities(session);
    imap_session_reply(session, "OK [CAPABILITY %s] Logged in", capabilities);
    imap_session_end_held(session);
}

static gboolean has_left_others(const Server *server, const char *user)
{
    GHashTableIter iterator;
    gpointer session;

    g_hash_table_iter_init(&iterator, server->imap_sessions);
    while (g_hash_table_iter_next(&iterator, NULL, &session))
        if (g_strcmp0(((ImapSession *)session)->user, user) == 0 && imap_session_is_left(session))
            return TRUE;
    return FALSE;
}

void imap_login_look_again(Server *server)
{
    g_autoptr(GList) sessions = g_hash_table_get_values(server->imap_sessions);

    for (GList *at = sessions; at != NULL; at = at->next) {
        ImapSession *session = at->data;
        if (session->awaits_others &&
            !has_left_others(server, ((Arguments *)session->arguments)->user))
            login_end(session);
    }
}

static void login_done(gpointer data, const LoginResult *result)
{
    ImapSession *session = data;

    if (result->good && result->error == NULL) {
        Arguments *arguments = session->arguments;
        g_free(arguments->user);
        arguments->user = g_strdup(result->user);
        session->mailbox = result->mailbox;
        session->awaits_others = has_left_others(session->server, result->user);
        if (!session->awaits_others)
            login_end(session);
        return;
    }
    if (!imap_session_job_ended(session))
        return;
    if (!result->good) {
        session->mistakes += 4; /* five guesses a connection */
        imap_session_reply(session, "NO [AUTHENTICATIONFAILED] Wrong name or password");
    } else {
        imap_session_reply_error(session, result->error, "open mailbox");
    }
    imap_session_end_held(session);
}

static gboolean demand_private(ImapSession *session)
{
    gboolean private = connection_is_private(session->connection);

    if (!private)
        imap_session_reply(session, "NO [PRIVACYREQUIRED] STARTTLS comes first");
    return private;
}

static ImapStep begin_login(ImapSession *session, const char *user, const char *password)
{
    session->working = TRUE;
    connection_set_busy(session->connection, TRUE);
    login_start(session->server, session->connection, user, password, login_done, session);
    return IMAP_STEP_HELD;
}

static gboolean parse_login(ImapSession *session, ImapParser *parser)
{
    Arguments *arguments = arguments_new(session);

    return imap_parse_space(parser) && imap_parse_astring(parser, &arguments->user) &&
           imap_parse_space(parser) && imap_parse_astring(parser, &arguments->password);
}

static ImapStep step_login(ImapSession *session, MailSession *mail)
{
    Arguments *arguments = session->arguments;

    (void)mail;
    if (!demand_private(session))
        return IMAP_STEP_DONE;
    return begin_login(session, arguments->user, arguments->password);
}

const ImapCommand imap_command_login = {
    .name = "LOGIN", .states = IMAP_STATE_GREETED, .parse = parse_login, .step = step_login};

static ImapStep take_response(ImapSession *session, const char *base64)
{
    g_autofree char *user = NULL;
    char *password = NULL;
    ImapStep step = IMAP_STEP_DONE;

    switch (login_parse_plain(base64, &user, &password)) {
    case LOGIN_PLAIN_GOOD:
        step = begin_login(session, user, password);
        break;
    case LOGIN_PLAIN_MALFORMED:
        imap_session_reply(session, "BAD That is no response of PLAIN");
        break;
    case LOGIN_PLAIN_FOR_ANOTHER:
        imap_session_reply(session, "NO [AUTHORIZATIONFAILED] Nobody acts for another here");
        break;
    }
    forget(password);
    return step;
}

static gboolean parse_authenticate(ImapSession *session, ImapParser *parser)
{
    Arguments *arguments = arguments_new(session);

    if (!imap_parse_space(parser) || !imap_parse_atom(parser, &arguments->mechanism))
        return FALSE;
    if (!imap_parser_take(parser, ' '))
        return TRUE;
    gsize length = (gsize)(parser->end - parser->at);
    arguments->initial = g_strndup(parser->at, length);
    parser->at = parser->end;
    return TRUE;
}

static ImapStep step_authenticate(ImapSession *session, MailSession *mail)
{
    Arguments *arguments = session->arguments;

    (void)mail;
    if (g_ascii_strcasecmp(arguments->mechanism, "PLAIN") != 0) { /* NO, RFC 3501 §6.2.2 */
        imap_session_reply(session, "NO Only PLAIN is known");
        return IMAP_STEP_DONE;
    }
    if (!demand_private(session)) /* before the client is asked for its password */
        return IMAP_STEP_DONE;
    if (arguments->initial != NULL)
        return take_response(session, arguments->initial);
    connection_puts(session->connection, "+ \r\n");
    return IMAP_STEP_HELD;
}

static void line_authenticate(ImapSession *session, const char *line)
{
    if (strcmp(line, "*") == 0)
        imap_session_reply(session, "BAD Given up");
    else
        take_response(session, line);
}

const ImapCommand imap_command_authenticate = {.name = "AUTHENTICATE",
                                               .states = IMAP_STATE_GREETED,
                                               .parse = parse_authenticate,
                                               .step = step_authenticate,
                                               .line = line_authenticate};
