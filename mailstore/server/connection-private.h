/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connection-private.h - what a connection holds; for connection*.c only.
 */
#ifndef MAILSTORE_SERVER_CONNECTION_PRIVATE_H
#define MAILSTORE_SERVER_CONNECTION_PRIVATE_H

#include "mailstore/server/connection.h"

typedef struct {
    GBytes *bytes;
    gsize sent;
} Chunk;

struct Connection {
    int fd;
    guint id;
    gboolean is_local;
    char *peer;
    const SessionOps *ops;
    gpointer session;

    guint source; /* of the plain socket */
    GIOCondition watched;
    GSocketConnection *base; /* under TLS */
    GTlsConnection *tls;
    gboolean handshaking;
    gboolean awaits_hello; /* the client's, before the handshake takes a thread */
    GSource *tls_input;
    GSource *tls_output;

    char *input;
    gsize input_start, input_end;
    gboolean at_end;

    GQueue output; /* of Chunk */
    GString *tail; /* output after the chunks */
    gsize pending;

    gboolean busy;
    gboolean finishing; /* close when all output is sent */
    gboolean lingering; /* our side is shut down */
    gboolean closed;
    guint reaper;
    gint64 idle_since, stalled_since; /* microseconds */
    guint64 idle_limit, stall_limit;  /* seconds; 0: none */
};

/* Watches for exactly what can be used now. */
void connection_watch(Connection *connection);
void connection_drop_sources(Connection *connection);

/* connection-tls.c: says goodbye and ends the connection, now or when there is room for that. */
void connection_end_tls(Connection *connection);

#endif /* MAILSTORE_SERVER_CONNECTION_PRIVATE_H */
