/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * server.h - what all sessions share: configuration, store, pools, budgets, and the list of them.
 */
#ifndef MAILSTORE_SERVER_SERVER_H
#define MAILSTORE_SERVER_SERVER_H

#include "mailstore/message/message-store.h"
#include "mailstore/server/budget.h"
#include "mailstore/server/collector.h"
#include "mailstore/server/config.h"
#include "mailstore/server/connection.h"
#include "mailstore/server/folder-watch.h"
#include "mailstore/server/loop.h"
#include "mailstore/server/summary-keeper.h"
#include "mailstore/server/users.h"
#include "mailstore/server/worker-pool.h"

typedef struct Server Server;

typedef enum {
    SERVICE_LMTP,
    SERVICE_IMAP,
    SERVICE_POP3
} ServiceKind;
#define SERVICE_COUNT 3

/* A protocol: opens a session on a connection that was just accepted. */
typedef struct {
    const char *name;
    const char *too_many; /* the last word to a connection over the limit */
    void (*open)(Server *server, Connection *connection);
} Service;

struct Server {
    const ServerConfig *config;
    Loop *loop;
    MailStore *store;
    Users *users;
    FolderWatches *watches;
    WorkerPool *deliveries;
    WorkerPool *readers;
    WorkerPool *logins;
    SummaryKeeper *summaries;
    Collector *collector;
    Budget *delivery_bytes;
    Budget *reading_bytes;
    GTlsCertificate *certificate; /* NULL without TLS */
    guint64 public_mailbox;
    GPtrArray *listeners;
    GHashTable *connections;   /* Connection -> ServiceKind */
    GHashTable *imap_sessions; /* connection id -> ImapSession */
    guint service_connections[SERVICE_COUNT];
    guint last_id;
    guint sweeper;
    gboolean draining;
    void (*idle)(gpointer data); /* draining, and the last connection is gone */
    gpointer idle_data;
    void (*failed)(gpointer data); /* the store is to be opened again */
    gpointer failed_data;
};

const Service *server_service(ServiceKind kind);

Server *server_new(const ServerConfig *config, GError **error);
/* All connections are gone. Accepts and returns NULL. */
Server *server_free(Server *server);

/* Takes the descriptor. With is_tls nothing is said or heard before the handshake. */
void server_accept(Server *server, ServiceKind kind, int fd, gboolean is_tls);
/* A session's last call: the connection is freed. */
void server_forget(Server *server, Connection *connection);
/* No new connections; sessions say goodbye; then idle() is called. */
void server_drain(Server *server, void (*idle)(gpointer data), gpointer data);
/* failed() is called when nothing can be written any more before the store is opened again. */
void server_watch_store(Server *server, void (*failed)(gpointer data), gpointer data);
/* Closes what is left. */
void server_abort_all(Server *server);

#endif /* MAILSTORE_SERVER_SERVER_H */
