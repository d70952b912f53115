/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics.c - listens, reads the header of a request, writes the numbers, closes.
 *
 * Fails only at its start. A peer that sends too much, too slowly or nonsense loses its connection.
 *
 * Known limit: whoever can connect can read the numbers. They are counts, and never tell what is in
 * a mail.
 */
#include "scanner/supervisor/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/records/acceptor.h"
#include "scanner/records/control.h"

struct Metrics {
    Acceptor *acceptor; /* NULL: freed, but for connections that are still open */
    char *path;         /* of a local socket, or NULL */
    MetricsSource source;
    gpointer user_data;
    guint connections;
    gint references; /* one of its own, and one for each connection */
};

typedef struct {
    Metrics *metrics;
    GSocketConnection *connection;
    GString *out;
    gsize used;
    char in[METRICS_REQUEST_MAX];
} Scrape;

static const char PREFIX[] = "unix:";

/* NULL with an error; a local path goes to *ret_path. */
static GSocketAddress *address_parse(const char *listen, char **ret_path, GError **error)
{
    g_autoptr(GSocketConnectable) parsed = NULL;
    g_autoptr(GInetAddress) host = NULL;

    if (g_str_has_prefix(listen, PREFIX) && listen[strlen(PREFIX)] == '/') {
        if (ret_path)
            *ret_path = g_strdup(listen + strlen(PREFIX));
        return g_unix_socket_address_new(listen + strlen(PREFIX));
    }
    parsed = g_network_address_parse(listen, 0, NULL);
    if (parsed && g_network_address_get_port(G_NETWORK_ADDRESS(parsed)) > 0)
        host = g_inet_address_new_from_string(
            g_network_address_get_hostname(G_NETWORK_ADDRESS(parsed)));
    if (host && g_inet_address_get_is_loopback(host))
        return g_inet_socket_address_new(host,
                                         g_network_address_get_port(G_NETWORK_ADDRESS(parsed)));
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
                "\"%s\" is neither unix:/path nor a loopback address:port", listen);
    return NULL;
}

gboolean metrics_check(const char *listen, GError **error)
{
    g_autoptr(GSocketAddress) address = address_parse(listen, NULL, error);

    return address != NULL;
}

static void metrics_unref(Metrics *metrics)
{
    if (--metrics->references > 0)
        return;
    g_free(metrics->path);
    g_free(metrics);
}

static void scrape_free(Scrape *scrape)
{
    (void)g_io_stream_close(G_IO_STREAM(scrape->connection), NULL, NULL);
    g_object_unref(scrape->connection);
    if (scrape->out)
        g_string_free(scrape->out, TRUE);
    scrape->metrics->connections--;
    metrics_unref(scrape->metrics);
    g_free(scrape);
}

static void on_written(GObject *stream, GAsyncResult *result, gpointer user_data)
{
    (void)g_output_stream_write_all_finish(G_OUTPUT_STREAM(stream), result, NULL, NULL);
    scrape_free(user_data);
}

static void scrape_answer(Scrape *scrape)
{
    gboolean found =
        g_str_has_prefix(scrape->in, "GET /metrics ") || g_str_has_prefix(scrape->in, "GET / ");
    g_autoptr(GString) body = g_string_new(NULL);
    StatusSources sources = {0};

    if (found && scrape->metrics->acceptor) {
        scrape->metrics->source(&sources, scrape->metrics->user_data);
        metrics_write(&sources, body);
    }
    scrape->out = g_string_new(NULL);
    g_string_append_printf(scrape->out,
                           "HTTP/1.0 %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
                           "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                           found ? "200 OK" : "404 Not Found", body->len, body->str);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(scrape->connection)),
                                    scrape->out->str, scrape->out->len, G_PRIORITY_LOW, NULL,
                                    on_written, scrape);
}

static void on_read(GObject *stream, GAsyncResult *result, gpointer user_data)
{
    Scrape *scrape = user_data;
    gssize n = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, NULL);

    if (n > 0)
        scrape->used += (gsize)n;
    scrape->in[scrape->used] = '\0';
    if (n > 0 && strstr(scrape->in, "\r\n\r\n")) {
        scrape_answer(scrape);
        return;
    }
    if (n <= 0 || scrape->used + 1 >= sizeof(scrape->in)) {
        scrape_free(scrape);
        return;
    }
    g_input_stream_read_async(G_INPUT_STREAM(stream), scrape->in + scrape->used,
                              sizeof(scrape->in) - 1 - scrape->used, G_PRIORITY_LOW, NULL, on_read,
                              scrape);
}

static void on_incoming(int peer, gpointer user_data)
{
    Metrics *metrics = user_data;
    g_autoptr(GSocket) socket = NULL;
    Scrape *scrape;

    if (metrics->connections < METRICS_CONNECTIONS_MAX)
        socket = g_socket_new_from_fd(peer, NULL);
    if (!socket) {
        close(peer);
        return;
    }
    g_socket_set_timeout(socket, METRICS_TIMEOUT_SECONDS);
    scrape = g_new0(Scrape, 1);
    scrape->metrics = metrics;
    scrape->connection = g_socket_connection_factory_create_connection(socket);
    metrics->connections++;
    metrics->references++;
    g_input_stream_read_async(g_io_stream_get_input_stream(G_IO_STREAM(scrape->connection)),
                              scrape->in, sizeof(scrape->in) - 1, G_PRIORITY_LOW, NULL, on_read,
                              scrape);
}

/* -1 with an error. */
static int listen_at(GSocketAddress *address, GError **error)
{
    g_autoptr(GSocket) socket =
        g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM,
                     G_SOCKET_PROTOCOL_DEFAULT, error);
    int fd;

    if (!socket || !g_socket_bind(socket, address, TRUE, error) || !g_socket_listen(socket, error))
        return -1;
    fd = fcntl(g_socket_get_fd(socket), F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        g_set_error_literal(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
                            g_strerror(errno));
    return fd;
}

Metrics *metrics_new(const char *listen, MetricsSource source, gpointer user_data, GError **error)
{
    g_autofree char *path = NULL;
    g_autoptr(GSocketAddress) address = address_parse(listen, &path, error);
    Metrics *metrics;
    int fd;

    if (!address)
        return NULL;
    if (path && control_socket_is_stale(path))
        (void)unlink(path);
    fd = listen_at(address, error);
    if (fd < 0) {
        g_prefix_error(error, "%s: ", listen); /* GIO does not name a local path */
        return NULL;
    }
    if (path && chmod(path, 0660) < 0)
        g_warning("%s: %s", path, g_strerror(errno));
    metrics = g_new0(Metrics, 1);
    metrics->references = 1;
    metrics->path = g_steal_pointer(&path);
    metrics->source = source;
    metrics->user_data = user_data;
    metrics->acceptor = acceptor_new(fd, on_incoming, metrics);
    return metrics;
}

Metrics *metrics_free(Metrics *metrics)
{
    if (!metrics)
        return NULL;
    metrics->acceptor = acceptor_free(metrics->acceptor);
    if (metrics->path)
        (void)unlink(metrics->path);
    metrics_unref(metrics);
    return NULL;
}
