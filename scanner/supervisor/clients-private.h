/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clients-private.h - one hooked process, for clients.c and clients-file.c.
 */
#ifndef SCANNER_CLIENTS_PRIVATE_H
#define SCANNER_CLIENTS_PRIVATE_H

#include "scanner/supervisor/clients.h"

typedef struct {
    Clients *owner;
    guint8 instance[CLIENTS_INSTANCE_SIZE];
    pid_t pid;
    uid_t user;
    guint64 begun; /* start time of the process, in clock ticks since boot */
    char *program;
    gint64 since;               /* seconds since 1970 */
    StorehookUnhooked unhooked; /* as the process says */
    gboolean is_unheard;        /* known from the file only: this service has got no HELLO */
    int pidfd;
    guint watch;
} Client;

struct Clients {
    char **paths;       /* resolved */
    gboolean are_named; /* in the configuration; else they are places where mailstored may be */
    GPtrArray *clients; /* of Client */
    char *file, *socket;
    guint saving;
};

/* Adds the client, and owns it; frees it if its process has ended or is another one by now. */
void clients_take(Clients *clients, Client *client);
void clients_client_free(gpointer client);

/* clients-file.c: writes all clients, or leaves no file. */
void clients_file_save(const Clients *clients);
/* Adds from the file what may still be true. */
void clients_file_load(Clients *clients, const GArray *users);

#endif /* SCANNER_CLIENTS_PRIVATE_H */
