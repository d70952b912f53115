/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connection-tls.c - how a connection comes under TLS, and how that ends.
 *
 * A failing handshake closes the connection without a word. Known limit: TLS comes from GIO's
 * backend, whose close_notify is sent best effort.
 */
#include "mailstore/server/connection-private.h"
#include "mailstore/server/log.h"

#include <glib-unix.h>

/* GIO waits until its close_notify is sent, and the main loop with it: so only where there is room,
 * or when there is. The peer's is not waited for. */
void connection_end_tls(Connection *connection)
{
    GSocket *socket = g_socket_connection_get_socket(connection->base);

    if ((g_socket_condition_check(socket, G_IO_OUT) & G_IO_OUT) == 0) {
        connection_watch(connection);
        return;
    }
    g_io_stream_close(G_IO_STREAM(connection->tls), NULL, NULL);
    connection_abort(connection);
}

static void handshake_done(GObject *source, GAsyncResult *result, gpointer data)
{
    Connection *connection = data;
    g_autoptr(GError) error = NULL;
    gboolean good = g_tls_connection_handshake_finish(G_TLS_CONNECTION(source), result, &error);

    connection->handshaking = FALSE;
    if (connection->closed) {
        if (connection->reaper == 0)
            connection->ops->closed(connection->session);
        return;
    }
    if (!good) {
        log_info("tls-failed connection=%u reason=\"%s\"", connection->id, error->message);
        connection_abort(connection);
        return;
    }
    connection_flush(connection);
    connection_watch(connection);
}

static gboolean hello_ready(gint fd, GIOCondition condition, gpointer data)
{
    Connection *connection = data;

    (void)fd;
    (void)condition;
    connection->source = 0;
    connection->awaits_hello = FALSE;
    connection->idle_since = g_get_monotonic_time();
    g_tls_connection_handshake_async(connection->tls, G_PRIORITY_DEFAULT, NULL, handshake_done,
                                     connection);
    return G_SOURCE_REMOVE;
}

void connection_start_tls(Connection *connection, GTlsCertificate *certificate)
{
    g_autoptr(GError) error = NULL;

    g_assert(connection->pending == 0 && connection->tls == NULL);
    connection_drop_sources(connection);
    g_autoptr(GSocket) socket = g_socket_new_from_fd(connection->fd, &error);
    if (socket == NULL) {
        connection_abort(connection);
        return;
    }
    connection->base = g_socket_connection_factory_create_connection(socket);
    /* Of no client a certificate is asked: without a database. That of the system would be read
     * for each connection, which takes 40 ms of the main loop. */
    connection->tls = g_initable_new(
        g_tls_backend_get_server_connection_type(g_tls_backend_get_default()), NULL, &error,
        "base-io-stream", connection->base, "certificate", certificate, "database", NULL, NULL);
    if (connection->tls == NULL) {
        log_warning("tls-unavailable reason=\"%s\"", error->message);
        connection_abort(connection);
        return;
    }
    connection->handshaking = connection->awaits_hello = TRUE;
    connection->source = g_unix_fd_add(connection->fd, G_IO_IN, hello_ready, connection);
}
