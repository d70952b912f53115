/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connection.c - one client's socket on the main loop.
 *
 * A failing socket, or one whose peer stalls, is closed without a word; the session hears of it by
 * closed().
 */
#include "mailstore/server/connection-private.h"
#include "mailstore/server/log.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Slices shorter than this are copied together with their neighbours: cheaper than a send each. */
#define COPY_MOST (16 * 1024)
/* After our last word the peer's input is read and thrown away for so long, because closing with
 * unread input resets the connection and may destroy that last word. */
#define LINGER_SECONDS 3
/* A handshake, once begun: GIO gives each a thread, of which there are not many. */
#define HANDSHAKE_SECONDS 10

/* "address:port", "unix" for a socket without a name, "unknown" when the peer is gone already. */
static char *dup_peer(int fd)
{
    struct sockaddr_storage native;
    socklen_t length = sizeof native;

    if (getpeername(fd, (struct sockaddr *)&native, &length) < 0)
        return g_strdup("unknown");
    if (native.ss_family == AF_UNIX)
        return g_strdup("unix");
    g_autoptr(GSocketAddress) address = g_socket_address_new_from_native(&native, length);
    return g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(address));
}

Connection *connection_new(int fd, guint id)
{
    Connection *connection = g_new0(Connection, 1);
    struct sockaddr_storage own;
    socklen_t length = sizeof own;

    connection->fd = fd;
    connection->id = id;
    connection->peer = dup_peer(fd);
    connection->tail = g_string_new(NULL);
    g_queue_init(&connection->output);
    if (getsockname(fd, (struct sockaddr *)&own, &length) == 0) {
        g_autoptr(GSocketAddress) address = g_socket_address_new_from_native(&own, length);
        connection->is_local = own.ss_family == AF_UNIX ||
                               (G_IS_INET_SOCKET_ADDRESS(address) &&
                                g_inet_address_get_is_loopback(g_inet_socket_address_get_address(
                                    G_INET_SOCKET_ADDRESS(address))));
    }
    return connection;
}

static void chunk_free(gpointer data)
{
    Chunk *chunk = data;

    g_bytes_unref(chunk->bytes);
    g_free(chunk);
}

void connection_drop_sources(Connection *connection)
{
    if (connection->source != 0)
        g_source_remove(connection->source);
    connection->source = 0;
    connection->watched = 0;
    for (GSource **source = &connection->tls_input; source != NULL;
         source = source == &connection->tls_input ? &connection->tls_output : NULL) {
        if (*source != NULL) {
            g_source_destroy(*source);
            g_clear_pointer(source, g_source_unref);
        }
    }
}

static void drop_output(Connection *connection)
{
    g_queue_clear_full(&connection->output, chunk_free);
    g_string_truncate(connection->tail, 0);
    connection->pending = 0;
}

Connection *connection_free(Connection *connection)
{
    if (connection == NULL)
        return NULL;
    connection_drop_sources(connection);
    drop_output(connection);
    if (connection->reaper != 0)
        g_source_remove(connection->reaper);
    if (connection->base != NULL) {
        g_clear_object(&connection->tls);
        g_clear_object(&connection->base); /* closes the descriptor */
    } else {
        close(connection->fd);
    }
    g_string_free(connection->tail, TRUE);
    g_free(connection->peer);
    g_free(connection->input);
    g_free(connection);
    return NULL;
}

void connection_start(Connection *connection, const SessionOps *ops, gpointer session)
{
    connection->ops = ops;
    connection->session = session;
    connection->idle_since = g_get_monotonic_time();
    connection_flush(connection);
    connection_watch(connection);
}

guint connection_id(const Connection *connection)
{
    return connection->id;
}

const char *connection_peer(const Connection *connection)
{
    return connection->peer;
}

gboolean connection_is_private(const Connection *connection)
{
    return connection->is_local || connection->tls != NULL;
}

gboolean connection_has_tls(const Connection *connection)
{
    return connection->tls != NULL;
}

/* --- closing --- */

static gboolean reap(gpointer data)
{
    Connection *connection = data;

    connection->reaper = 0;
    if (!connection->handshaking) /* else handshake_done() does it, who still knows us */
        connection->ops->closed(connection->session); /* may free us */
    return G_SOURCE_REMOVE;
}

void connection_abort(Connection *connection)
{
    if (connection->closed)
        return;
    connection->closed = TRUE;
    if (connection->awaits_hello)
        connection->handshaking = connection->awaits_hello = FALSE;
    connection_drop_sources(connection);
    drop_output(connection);
    shutdown(connection->fd, SHUT_RDWR);
    connection->reaper = g_idle_add_full(G_PRIORITY_DEFAULT, reap, connection, NULL);
}

static void begin_linger(Connection *connection)
{
    if (!connection->lingering)
        connection->idle_since = g_get_monotonic_time();
    else if (connection->tls == NULL)
        return;
    connection->lingering = TRUE;
    if (connection->at_end) {
        connection_abort(connection);
        return;
    }
    if (connection->tls != NULL) {
        connection_end_tls(connection);
        return;
    }
    shutdown(connection->fd, SHUT_WR);
    connection_watch(connection);
}

void connection_finish(Connection *connection)
{
    if (connection->closed || connection->finishing)
        return;
    connection->finishing = TRUE;
    connection->busy = FALSE;
    if (connection->awaits_hello)
        connection_abort(connection); /* nobody can be told anything */
    else
        connection_flush(connection);
}

gboolean connection_is_finishing(const Connection *connection)
{
    return connection->finishing || connection->closed;
}

/* --- input --- */

/* Bytes read, 0 at the end, -1 for later, -2 for broken. */
static gssize socket_read(Connection *connection, char *buffer, gsize size)
{
    if (connection->tls != NULL) {
        g_autoptr(GError) error = NULL;
        GInputStream *stream = g_io_stream_get_input_stream(G_IO_STREAM(connection->tls));
        gssize got = g_pollable_input_stream_read_nonblocking(G_POLLABLE_INPUT_STREAM(stream),
                                                              buffer, size, NULL, &error);
        if (got >= 0)
            return got;
        return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? -1 : -2;
    }
    for (;;) {
        ssize_t got = recv(connection->fd, buffer, size, 0);
        if (got >= 0)
            return got;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return -1;
        if (errno != EINTR)
            return -2;
    }
}

static gboolean input_has_room(const Connection *connection)
{
    return !connection->at_end &&
           connection->input_end - connection->input_start < CONNECTION_INPUT_SIZE;
}

/* One read each time, so that who goes on sending holds up nobody else. */
static void read_and_throw_away(Connection *connection)
{
    char waste[16 * 1024];
    gssize got = socket_read(connection, waste, sizeof waste);

    if (got == 0 || got == -2)
        connection_abort(connection);
}

/* Many clients send what is long and what ends it in two calls, and their kernel keeps the second
 * back until the first is acknowledged. Ours would wait for an answer to do that with, 40 ms. */
static void acknowledge_input(const Connection *connection)
{
    int on = 1;

    setsockopt(connection->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on); /* fails on AF_UNIX */
}

static void input_ready(Connection *connection)
{
    if (connection->lingering || connection->finishing) {
        read_and_throw_away(connection);
        return;
    }
    if (!input_has_room(connection))
        return;
    if (connection->input == NULL)
        connection->input = g_malloc(CONNECTION_INPUT_SIZE);
    if (connection->input_start > 0) {
        memmove(connection->input, connection->input + connection->input_start,
                connection->input_end - connection->input_start);
        connection->input_end -= connection->input_start;
        connection->input_start = 0;
    }
    gssize got = socket_read(connection, connection->input + connection->input_end,
                             CONNECTION_INPUT_SIZE - connection->input_end);
    if (got == -1)
        return;
    if (got == -2) {
        connection_abort(connection);
        return;
    }
    connection->idle_since = g_get_monotonic_time();
    if (got == 0)
        connection->at_end = TRUE;
    connection->input_end += (gsize)got;
    if (!connection->busy)
        connection->ops->input(connection->session);
    if (!connection->busy && !connection->closed && !connection->at_end)
        acknowledge_input(connection);
}

const char *connection_peek(const Connection *connection, gsize *ret_length)
{
    *ret_length = connection->input_end - connection->input_start;
    return connection->input == NULL ? "" : connection->input + connection->input_start;
}

void connection_consume(Connection *connection, gsize length)
{
    g_assert(length <= connection->input_end - connection->input_start);
    connection->input_start += length;
    if (connection->input_start == connection->input_end) {
        connection->input_start = connection->input_end = 0;
        /* Silent clients, those in IDLE above all, hold no buffer. */
        if (length < CONNECTION_INPUT_SIZE / 2)
            g_clear_pointer(&connection->input, g_free);
    }
    connection_watch(connection);
}

gboolean connection_at_end(const Connection *connection)
{
    return connection->at_end;
}

gboolean connection_peer_has_left(const Connection *connection)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;

    if (connection->at_end || connection->closed)
        return TRUE;
    return getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
           info.tcpi_state != TCP_ESTABLISHED;
}

/* --- output --- */

/* Bytes sent, -1 for later, -2 for broken. */
static gssize socket_write(Connection *connection, const char *data, gsize length, gboolean more)
{
    if (connection->tls != NULL) {
        g_autoptr(GError) error = NULL;
        GOutputStream *stream = g_io_stream_get_output_stream(G_IO_STREAM(connection->tls));
        gssize put = g_pollable_output_stream_write_nonblocking(G_POLLABLE_OUTPUT_STREAM(stream),
                                                                data, length, NULL, &error);
        if (put >= 0)
            return put;
        return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? -1 : -2;
    }
    for (;;) {
        ssize_t put = send(connection->fd, data, length, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
        if (put >= 0)
            return put;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return -1;
        if (errno != EINTR)
            return -2;
    }
}

static void queue_tail(Connection *connection)
{
    if (connection->tail->len == 0)
        return;
    Chunk *chunk = g_new0(Chunk, 1);
    chunk->bytes = g_string_free_to_bytes(connection->tail);
    connection->tail = g_string_new(NULL);
    g_queue_push_tail(&connection->output, chunk);
}

/* FALSE: broken. */
static gboolean send_queued(Connection *connection)
{
    queue_tail(connection);
    for (Chunk *chunk; (chunk = g_queue_peek_head(&connection->output)) != NULL;) {
        gsize length;
        const char *data = g_bytes_get_data(chunk->bytes, &length);
        gssize put = socket_write(connection, data + chunk->sent, length - chunk->sent,
                                  connection->output.length > 1);
        if (put == -2)
            return FALSE;
        if (put == -1)
            return TRUE;
        connection->stalled_since = connection->idle_since = g_get_monotonic_time();
        chunk->sent += (gsize)put;
        connection->pending -= (gsize)put;
        if (chunk->sent == length)
            chunk_free(g_queue_pop_head(&connection->output));
    }
    return TRUE;
}

void connection_flush(Connection *connection)
{
    if (connection->closed || connection->handshaking)
        return;
    if (connection->pending > 0 && !send_queued(connection)) {
        connection_abort(connection);
        return;
    }
    if (connection->pending == 0 && connection->finishing && !connection->closed)
        begin_linger(connection);
    connection_watch(connection);
}

static void output_ready(Connection *connection)
{
    gboolean had = connection->pending > 0;

    connection_flush(connection);
    if (had && !connection->closed && connection->pending == 0 && !connection->busy &&
        !connection->finishing)
        connection->ops->drained(connection->session);
}

static void output_grows(Connection *connection, gsize length)
{
    if (connection->pending == 0)
        connection->stalled_since = g_get_monotonic_time();
    connection->pending += length;
}

void connection_write(Connection *connection, const char *data, gsize length)
{
    if (connection_is_finishing(connection) || length == 0)
        return;
    output_grows(connection, length);
    g_string_append_len(connection->tail, data, (gssize)length);
}

void connection_puts(Connection *connection, const char *text)
{
    connection_write(connection, text, strlen(text));
}

void connection_printf(Connection *connection, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    connection_puts(connection, text);
}

void connection_write_bytes(Connection *connection, GBytes *bytes)
{
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);

    if (connection_is_finishing(connection) || length == 0)
        return;
    if (length < COPY_MOST) {
        connection_write(connection, data, length);
        return;
    }
    queue_tail(connection);
    Chunk *chunk = g_new0(Chunk, 1);
    chunk->bytes = g_bytes_ref(bytes);
    g_queue_push_tail(&connection->output, chunk);
    output_grows(connection, length);
}

gsize connection_pending(const Connection *connection)
{
    return connection->pending;
}

/* --- events --- */

static gboolean plain_ready(gint fd, GIOCondition condition, gpointer data)
{
    Connection *connection = data;

    (void)fd;
    if (condition & G_IO_OUT)
        output_ready(connection);
    if (!connection->closed && (condition & G_IO_IN))
        input_ready(connection);
    /* Both directions are down and nothing is left to read: nobody is there. */
    else if (!connection->closed && (condition & (G_IO_HUP | G_IO_ERR | G_IO_NVAL)))
        connection_abort(connection);
    if (connection->closed || connection->tls != NULL)
        return G_SOURCE_CONTINUE; /* removed already, and so it stays */
    connection_watch(connection);
    return G_SOURCE_CONTINUE;
}

static gboolean tls_readable(GObject *stream, gpointer data)
{
    Connection *connection = data;

    (void)stream;
    input_ready(connection);
    if (!connection->closed)
        connection_watch(connection);
    return G_SOURCE_CONTINUE;
}

static gboolean tls_writable(GObject *stream, gpointer data)
{
    Connection *connection = data;

    (void)stream;
    output_ready(connection);
    return G_SOURCE_CONTINUE;
}

static void watch_stream(GSource **source, gboolean wanted, GSource *(*create)(gpointer),
                         gpointer stream, GPollableSourceFunc callback, Connection *connection)
{
    if (wanted && *source == NULL) {
        *source = create(stream);
        g_source_set_callback(*source, G_SOURCE_FUNC(callback), connection, NULL);
        g_source_attach(*source, NULL);
    } else if (!wanted && *source != NULL) {
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
    }
}

static GSource *create_input_source(gpointer stream)
{
    return g_pollable_input_stream_create_source(stream, NULL);
}

static GSource *create_output_source(gpointer stream)
{
    return g_pollable_output_stream_create_source(stream, NULL);
}

void connection_watch(Connection *connection)
{
    if (connection->closed || connection->handshaking || connection->ops == NULL)
        return;
    gboolean reads = input_has_room(connection) || connection->finishing;
    gboolean writes = connection->pending > 0 || (connection->lingering && connection->tls != NULL);
    if (connection->tls != NULL) {
        watch_stream(&connection->tls_input, reads, create_input_source,
                     g_io_stream_get_input_stream(G_IO_STREAM(connection->tls)), tls_readable,
                     connection);
        watch_stream(&connection->tls_output, writes, create_output_source,
                     g_io_stream_get_output_stream(G_IO_STREAM(connection->tls)), tls_writable,
                     connection);
        return;
    }
    GIOCondition wanted = (reads ? G_IO_IN : 0) | (writes ? G_IO_OUT : 0);
    /* At its end only a hang-up could come, again and again: the session's next word finds out. */
    gboolean is_watched = writes || !connection->at_end;
    if (connection->source != 0 && is_watched && wanted == connection->watched)
        return;
    if (connection->source != 0)
        g_source_remove(connection->source);
    connection->watched = wanted;
    connection->source =
        is_watched ? g_unix_fd_add(connection->fd, wanted, plain_ready, connection) : 0;
}

void connection_set_busy(Connection *connection, gboolean busy)
{
    connection->busy = busy;
    if (!busy)
        connection->idle_since = g_get_monotonic_time();
}

gboolean connection_is_busy(const Connection *connection)
{
    return connection->busy;
}

void connection_set_idle_limit(Connection *connection, guint64 seconds)
{
    connection->idle_limit = seconds;
}

void connection_set_stall_limit(Connection *connection, guint64 seconds)
{
    connection->stall_limit = seconds;
}

static gboolean is_over(gint64 now, gint64 since, guint64 seconds)
{
    return seconds > 0 && now - since > (gint64)seconds * G_USEC_PER_SEC;
}

void connection_check_time(Connection *connection, gint64 now)
{
    if (connection->closed)
        return;
    if (connection->handshaking && !connection->awaits_hello) {
        if (is_over(now, connection->idle_since, HANDSHAKE_SECONDS))
            connection_abort(connection);
    } else if (connection->lingering) {
        if (is_over(now, connection->idle_since, LINGER_SECONDS))
            connection_abort(connection);
    } else if (connection->pending > 0) {
        if (is_over(now, connection->stalled_since, connection->stall_limit)) {
            log_info("stalled connection=%u pending=%" G_GSIZE_FORMAT, connection->id,
                     connection->pending);
            connection_abort(connection);
        }
    } else if (!connection->busy && !connection->finishing &&
               is_over(now, connection->idle_since, connection->idle_limit)) {
        if (connection->handshaking)
            connection_abort(connection);
        else
            connection->ops->timeout(connection->session);
    }
}

void connection_drain(Connection *connection)
{
    if (!connection_is_finishing(connection))
        connection->ops->drain(connection->session);
}
