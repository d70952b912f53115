/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * server.c - sets up what sessions share and keeps the list of connections.
 *
 * server_new() fails with the reason; what was begun is taken down again.
 */
#include "mailstore/server/server.h"
#include "mailstore/server/certificate.h"
#include "mailstore/server/imap-session.h"
#include "mailstore/server/listener.h"
#include "mailstore/server/lmtp-session.h"
#include "mailstore/server/log.h"
#include "mailstore/server/pop3-session.h"

#include <unistd.h>

static const Service services[SERVICE_COUNT] = {
    [SERVICE_LMTP] = {"lmtp", "421 4.3.2 Too many connections, try later\r\n", lmtp_session_open},
    [SERVICE_IMAP] = {"imap", "* BYE Too many connections, try later\r\n", imap_session_open},
    [SERVICE_POP3] = {"pop3", "-ERR [SYS/TEMP] Too many connections, try later\r\n",
                      pop3_session_open},
};

const Service *server_service(ServiceKind kind)
{
    return &services[kind];
}

static const ServiceConfig *server_service_config(const Server *server, ServiceKind kind)
{
    switch (kind) {
    case SERVICE_LMTP:
        return &server->config->lmtp;
    case SERVICE_IMAP:
        return &server->config->imap;
    case SERVICE_POP3:
        return &server->config->pop3;
    }
    g_assert_not_reached();
}

static gboolean sweep(gpointer data)
{
    Server *server = data;
    gint64 now = g_get_monotonic_time();
    GHashTableIter iterator;
    gpointer connection;

    /* Nothing below takes a connection off the table at once, see connection_abort(). */
    g_hash_table_iter_init(&iterator, server->connections);
    while (g_hash_table_iter_next(&iterator, &connection, NULL))
        connection_check_time(connection, now);
    imap_login_look_again(server);
    if (server->failed != NULL && !server->draining && mail_store_has_failed(server->store))
        server->failed(server->failed_data);
    return G_SOURCE_CONTINUE;
}

static gboolean server_load_tls(Server *server, GError **error)
{
    const ServerConfig *config = server->config;

    if (config->tls_certificate == NULL)
        return TRUE;
    server->certificate = certificate_load(config->tls_certificate, config->tls_key, error);
    if (server->certificate == NULL)
        config_blame(config, "tls", "certificate", error);
    return server->certificate != NULL;
}

static gboolean server_open_store(Server *server, GError **error)
{
    const ServerConfig *config = server->config;

    server->store = mail_store_open(config->store_path, error);
    if (server->store == NULL) {
        config_blame(config, "store", "path", error);
        return FALSE;
    }
    server->watches =
        folder_watches_new(server->store, server->loop, imap_session_folder_changed, server);
    g_autoptr(GError) local = NULL;
    MailSession *session = mail_session_new(server->store, error);
    if (session == NULL)
        return FALSE;
    gboolean made =
        mail_mailbox_ensure(session, MAIL_PUBLIC_MAILBOX, &server->public_mailbox, error);
    mail_session_free(session);
    if (!made)
        return FALSE;
    server->deliveries = worker_pool_new("deliver", (guint)config->delivery_threads, server->store,
                                         server->loop, error);
    if (server->deliveries == NULL)
        return FALSE;
    server->summaries = summary_keeper_new(server->deliveries);
    server->readers =
        worker_pool_new("read", (guint)config->reader_threads, server->store, server->loop, error);
    if (server->readers == NULL)
        return FALSE;
    server->collector =
        collector_new(server->store, server->loop, (guint)config->collect_interval, error);
    return server->collector != NULL;
}

static gboolean server_listen(Server *server, GError **error)
{
    for (ServiceKind kind = 0; kind < SERVICE_COUNT; kind++)
        for (char **at = server_service_config(server, kind)->listen; *at != NULL; at++) {
            Listener *listener = listener_new(server, kind, *at, error);
            if (listener == NULL) {
                config_blame(server->config, services[kind].name, "listen", error);
                return FALSE;
            }
            g_ptr_array_add(server->listeners, listener);
        }
    return TRUE;
}

static void free_listener(gpointer listener)
{
    listener_free(listener);
}

Server *server_new(const ServerConfig *config, GError **error)
{
    Server *server = g_new0(Server, 1);

    server->config = config;
    server->listeners = g_ptr_array_new_with_free_func(free_listener);
    server->connections = g_hash_table_new(NULL, NULL);
    server->imap_sessions = g_hash_table_new(NULL, NULL);
    server->delivery_bytes = budget_new(config->delivery_bytes);
    server->reading_bytes = budget_new(config->reading_bytes);
    server->loop = loop_new(error);
    if (server->loop == NULL || !server_load_tls(server, error))
        return server_free(server);
    server->users = users_load(config->passwd_file, error);
    if (server->users == NULL)
        config_blame(config, "users", "passwd-file", error);
    if (server->users == NULL || !server_open_store(server, error))
        return server_free(server);
    server->logins =
        worker_pool_new("login", (guint)config->login_threads, NULL, server->loop, error);
    if (server->logins == NULL || !server_listen(server, error))
        return server_free(server);
    server->sweeper = g_timeout_add_seconds(1, sweep, server);
    return server;
}

Server *server_free(Server *server)
{
    if (server == NULL)
        return NULL;
    if (server->sweeper != 0)
        g_source_remove(server->sweeper);
    g_ptr_array_unref(server->listeners);
    collector_stop(server->collector);
    summary_keeper_stop(server->summaries);
    server->logins = worker_pool_free(server->logins);
    server->deliveries = worker_pool_free(server->deliveries);
    server->readers = worker_pool_free(server->readers);
    server->loop = loop_free(server->loop); /* runs what the pools still posted */
    server->collector = collector_free(server->collector);
    server->summaries = summary_keeper_free(server->summaries);
    g_assert(g_hash_table_size(server->connections) == 0);
    g_hash_table_unref(server->connections);
    g_hash_table_unref(server->imap_sessions);
    server->watches = folder_watches_free(server->watches);
    server->store = mail_store_close(server->store);
    server->users = users_free(server->users);
    server->delivery_bytes = budget_free(server->delivery_bytes);
    server->reading_bytes = budget_free(server->reading_bytes);
    g_clear_object(&server->certificate);
    g_free(server);
    return NULL;
}

void server_accept(Server *server, ServiceKind kind, int fd, gboolean is_tls)
{
    const ServiceConfig *config = server_service_config(server, kind);

    if (server->service_connections[kind] >= config->connections) {
        log_warning("turned-away service=%s connections=%u", services[kind].name,
                    server->service_connections[kind]);
        ssize_t put = write(fd, services[kind].too_many, strlen(services[kind].too_many));
        (void)put;
        close(fd);
        return;
    }
    server->service_connections[kind]++;
    Connection *connection = connection_new(fd, ++server->last_id);
    g_hash_table_insert(server->connections, connection, GUINT_TO_POINTER(kind));
    connection_set_idle_limit(connection, config->idle_timeout);
    connection_set_stall_limit(connection, server->config->stall_timeout);
    log_info("connected service=%s connection=%u peer=%s", services[kind].name, server->last_id,
             connection_peer(connection));
    if (is_tls)
        connection_start_tls(connection, server->certificate); /* the session's greeting waits */
    services[kind].open(server, connection);
}

void server_forget(Server *server, Connection *connection)
{
    gpointer kind;
    gboolean known = g_hash_table_steal_extended(server->connections, connection, NULL, &kind);

    g_assert(known);
    server->service_connections[GPOINTER_TO_UINT(kind)]--;
    connection_free(connection);
    if (server->draining && server->idle != NULL && g_hash_table_size(server->connections) == 0)
        server->idle(server->idle_data);
}

void server_drain(Server *server, void (*idle)(gpointer data), gpointer data)
{
    GHashTableIter iterator;
    gpointer connection;

    server->draining = TRUE;
    server->idle = idle;
    server->idle_data = data;
    g_ptr_array_set_size(server->listeners, 0);
    g_hash_table_iter_init(&iterator, server->connections);
    while (g_hash_table_iter_next(&iterator, &connection, NULL))
        connection_drain(connection);
    if (g_hash_table_size(server->connections) == 0)
        idle(data);
}

void server_watch_store(Server *server, void (*failed)(gpointer data), gpointer data)
{
    server->failed = failed;
    server->failed_data = data;
}

void server_abort_all(Server *server)
{
    GHashTableIter iterator;
    gpointer connection;

    g_hash_table_iter_init(&iterator, server->connections);
    while (g_hash_table_iter_next(&iterator, &connection, NULL))
        connection_abort(connection);
}
