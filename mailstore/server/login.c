/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * login.c - a login in two jobs: the slow hash where it holds up nobody, then the mailbox, which is
 * made at the first login and may so wait for the disk.
 */
#include "mailstore/server/login.h"
#include "mailstore/server/log.h"

#include <string.h>

#define REFUSAL_DELAY_MS 1000

typedef struct {
    WorkerJob job;
    Server *server;
    guint connection;
    char *peer;
    char *user;
    char *hash; /* NULL: no such user */
    char *password;
    gboolean good;
    guint64 mailbox;
    GError *error;
    LoginDone done;
    gpointer data;
} Login;

static void forget_password(char **password)
{
    if (*password != NULL)
        explicit_bzero(*password, strlen(*password));
    g_clear_pointer(password, g_free);
}

static void login_finish(Login *login)
{
    LoginResult result = {login->good, login->user, login->mailbox, login->error};

    login->done(login->data, &result);
    forget_password(&login->password);
    g_clear_error(&login->error);
    g_free(login->peer);
    g_free(login->user);
    g_free(login->hash);
    g_free(login);
}

static gboolean refusal_over(gpointer data)
{
    login_finish(data);
    return G_SOURCE_REMOVE;
}

static void mailbox_run(WorkerJob *job, MailSession *session)
{
    Login *login = (Login *)job;

    mail_mailbox_ensure(session, login->user, &login->mailbox, &login->error);
}

static void mailbox_done(WorkerJob *job)
{
    Login *login = (Login *)job;

    if (login->error != NULL)
        log_warning("mailbox-not-opened user=\"%s\" reason=\"%s\"", login->user,
                    login->error->message);
    else
        log_info("login connection=%u user=\"%s\"", login->connection, login->user);
    login_finish(login);
}

static void password_run(WorkerJob *job, MailSession *session)
{
    Login *login = (Login *)job;

    (void)session;
    login->good = users_check_password(login->hash, login->password);
}

static void password_done(WorkerJob *job)
{
    Login *login = (Login *)job;

    if (login->good) {
        login->job.run = mailbox_run;
        login->job.done = mailbox_done;
        worker_pool_submit(login->server->deliveries, &login->job);
        return;
    }
    g_autofree char *user = log_quote(login->user);
    log_info("login-refused connection=%u peer=%s user=%s", login->connection, login->peer, user);
    g_timeout_add(REFUSAL_DELAY_MS, refusal_over, login);
}

void login_start(Server *server, Connection *connection, const char *user, const char *password,
                 LoginDone done, gpointer data)
{
    Login *login = g_new0(Login, 1);

    login->server = server;
    login->connection = connection_id(connection);
    login->peer = g_strdup(connection_peer(connection));
    login->user = g_ascii_strdown(user, -1);
    login->hash = g_strdup(users_find(server->users, user));
    login->password = g_strdup(password);
    login->done = done;
    login->data = data;
    login->job.run = password_run;
    login->job.done = password_done;
    worker_pool_submit(server->logins, &login->job);
}

LoginPlain login_parse_plain(const char *base64, char **ret_user, char **ret_password)
{
    LoginPlain result = LOGIN_PLAIN_MALFORMED;
    gsize length;

    if (strlen(base64) % 4 != 0 ||
        strspn(base64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") !=
            strlen(base64))
        return LOGIN_PLAIN_MALFORMED;
    g_autofree char *bytes = (char *)g_base64_decode(base64, &length);
    const char *end = bytes + length;
    const char *user = memchr(bytes, '\0', length);
    const char *password = user == NULL ? NULL : memchr(user + 1, '\0', (gsize)(end - user - 1));
    if (password != NULL && password > user + 1 &&
        memchr(password + 1, '\0', (gsize)(end - password - 1)) == NULL)
        result = *bytes == '\0' || g_ascii_strcasecmp(bytes, user + 1) == 0
                     ? LOGIN_PLAIN_GOOD
                     : LOGIN_PLAIN_FOR_ANOTHER;
    if (result == LOGIN_PLAIN_GOOD) {
        *ret_user = g_strdup(user + 1);
        *ret_password = g_strndup(password + 1, (gsize)(end - password - 1));
    }
    explicit_bzero(bytes, length);
    return result;
}
