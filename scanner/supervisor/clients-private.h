/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clients-private.h - one hooked process, for clients.c and the file that outlives the service.
 */
#ifndef SCANNER_CLIENTS_PRIVATE_H
#define SCANNER_CLIENTS_PRIVATE_H

#include "scanner/supervisor/clients.h"

typedef struct {
    Clients *owner;
    guint8 instance[CLIENTS_INSTANCE_SIZE];
    pid_t pid;
    uid_t user;
    guint64 begun; /* when the process began, in clock ticks since the machine did */
    char *program;
    gint64 since;               /* seconds since 1970 */
    StorehookUnhooked unhooked; /* as it said itself */
    gboolean is_unheard;        /* known from the file; this service has not heard of it */
    int pidfd;
    guint watch;
} Client;

struct Clients {
    char **paths;       /* resolved */
    gboolean are_named; /* by the configuration: each is a program, not a place to look at */
    GPtrArray *clients; /* of Client */
    char *file, *socket;
    guint saving;
};

/* Takes the client; one whose process is gone, or another, is dropped. */
void clients_take(Clients *clients, Client *client);
void clients_client_free(gpointer client);

/* clients-file.c: writes all, or leaves no file. */
void clients_file_save(const Clients *clients);
/* Takes from it what may still be true. */
void clients_file_load(Clients *clients, const GArray *users);

#endif /* SCANNER_CLIENTS_PRIVATE_H */
