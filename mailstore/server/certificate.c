/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * certificate.c - loads the certificate and tries it.
 *
 * GIO takes any certificate with any key, and each client would find out by itself that they do not
 * belong together; so one handshake with ourselves is made before anybody is listened to.
 *
 * Known limit: dates and names are not looked at, since no client is ours to judge for.
 */
#include "mailstore/server/certificate.h"
#include "mailstore/server/config.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIAL_SECONDS 10

static gboolean accept_any(GTlsConnection *connection, GTlsCertificate *certificate,
                           GTlsCertificateFlags flags, gpointer data)
{
    (void)connection;
    (void)certificate;
    (void)flags;
    (void)data;
    return TRUE;
}

static void *client_main(void *data)
{
    g_autoptr(GIOStream) client = g_tls_client_connection_new(data, NULL, NULL);

    if (client != NULL) {
        g_signal_connect(client, "accept-certificate", G_CALLBACK(accept_any), NULL);
        g_tls_connection_handshake(G_TLS_CONNECTION(client), NULL, NULL);
    }
    return NULL;
}

/* Takes the descriptor. */
static GIOStream *stream_new(int fd, GError **error)
{
    g_autoptr(GSocket) socket = g_socket_new_from_fd(fd, error);

    if (socket == NULL) {
        close(fd);
        return NULL;
    }
    g_socket_set_timeout(socket, TRIAL_SECONDS);
    return G_IO_STREAM(g_socket_connection_factory_create_connection(socket));
}

static gboolean handshake(GIOStream *server, GIOStream *client, GTlsCertificate *certificate,
                          GError **error)
{
    g_autoptr(GIOStream) tls = g_tls_server_connection_new(server, certificate, error);
    pthread_t thread;

    if (tls == NULL)
        return FALSE;
    int code = pthread_create(&thread, NULL, client_main, client);
    if (code != 0) {
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s", g_strerror(code));
        return FALSE;
    }
    gboolean good = g_tls_connection_handshake(G_TLS_CONNECTION(tls), NULL, error);
    if (!good)
        g_io_stream_close(server, NULL, NULL); /* the client is not to wait */
    pthread_join(thread, NULL);
    return good;
}

static gboolean certificate_try(GTlsCertificate *certificate, GError **error)
{
    g_autoptr(GIOStream) server = NULL;
    g_autoptr(GIOStream) client = NULL;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        int code = errno;
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s", g_strerror(code));
        return FALSE;
    }
    server = stream_new(ends[0], error);
    client = stream_new(ends[1], server != NULL ? error : NULL);
    return server != NULL && client != NULL && handshake(server, client, certificate, error);
}

GTlsCertificate *certificate_load(const char *certificate, const char *key, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (!g_tls_backend_supports_tls(g_tls_backend_get_default())) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_SYNTAX,
                    "GIO has no TLS backend: install glib-networking");
        return NULL;
    }
    g_autoptr(GTlsCertificate) loaded = g_tls_certificate_new_from_files(certificate, key, &local);
    if (loaded != NULL && certificate_try(loaded, &local))
        return g_steal_pointer(&loaded);
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE, "certificate=%s key=%s: %s%s", certificate,
                key, loaded != NULL ? "they do not work together: " : "", local->message);
    return NULL;
}
