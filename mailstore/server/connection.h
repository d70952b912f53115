/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connection.h - one client: buffered input and output without blocking, timeouts, TLS.
 *
 * All of it belongs to the I/O thread. Input is read into a fixed buffer and not read on while that
 * is full; output queues here and its owner makes no more before drained() is called. A session
 * owns its connection and frees it after closed().
 */
#ifndef MAILSTORE_SERVER_CONNECTION_H
#define MAILSTORE_SERVER_CONNECTION_H

#include <gio/gio.h>

typedef struct Connection Connection;

typedef struct {
    void (*input)(gpointer session);   /* more input, or its end; not while busy */
    void (*drained)(gpointer session); /* all output was taken; not while busy */
    void (*timeout)(gpointer session); /* silent for too long: say so and finish */
    void (*drain)(gpointer session);   /* the server stops: say so and finish, soon */
    void (*closed)(gpointer session);  /* it is gone: nothing is sent any more */
} SessionOps;

/* What is read at a time and held of input that its session has not taken. */
#define CONNECTION_INPUT_SIZE (64 * 1024)

Connection *connection_new(int fd, guint id);        /* takes the descriptor */
Connection *connection_free(Connection *connection); /* accepts and returns NULL */
/* From here on, callbacks come. */
void connection_start(Connection *connection, const SessionOps *ops, gpointer session);

guint connection_id(const Connection *connection);
/* Who is there, for the log. */
const char *connection_peer(const Connection *connection);
/* TRUE for unix sockets, loopback and TLS: passwords may pass. */
gboolean connection_is_private(const Connection *connection);
gboolean connection_has_tls(const Connection *connection);

const char *connection_peek(const Connection *connection, gsize *ret_length);
void connection_consume(Connection *connection, gsize length);
/* The client has closed its side, perhaps behind input that is yet to be read. */
gboolean connection_peer_has_left(const Connection *connection);
/* No input will come; what connection_peek() gives is the rest. */
gboolean connection_at_end(const Connection *connection);

void connection_write(Connection *connection, const char *data, gsize length);
void connection_puts(Connection *connection, const char *text);
void connection_printf(Connection *connection, const char *format, ...) G_GNUC_PRINTF(2, 3);
void connection_write_bytes(Connection *connection, GBytes *bytes);
/* Bytes not yet taken by the client's socket. */
gsize connection_pending(const Connection *connection);
/* Sends what can be sent now. */
void connection_flush(Connection *connection);

/* While busy no callback but closed() comes and no idle time counts. */
void connection_set_busy(Connection *connection, gboolean busy);
gboolean connection_is_busy(const Connection *connection);
void connection_set_idle_limit(Connection *connection, guint64 seconds);
void connection_set_stall_limit(Connection *connection, guint64 seconds);

/* Sends what is queued, then closes. */
void connection_finish(Connection *connection);
gboolean connection_is_finishing(const Connection *connection);
/* Closes at once. closed() comes later, from the main loop. */
void connection_abort(Connection *connection);

/* The client is told already; nothing may be left in the input. */
void connection_start_tls(Connection *connection, GTlsCertificate *certificate);

/* Called once a second: idle and stalled connections. */
void connection_check_time(Connection *connection, gint64 now);
void connection_drain(Connection *connection);

#endif /* MAILSTORE_SERVER_CONNECTION_H */
