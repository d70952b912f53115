/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clients.h - the hooked processes: who is admitted, who is there, who should be and is not.
 */
#ifndef SCANNER_CLIENTS_H
#define SCANNER_CLIENTS_H

#include <json-glib/json-glib.h>

#include "libstorehook/protocol.h"

enum {
    CLIENTS_MAX = 4096 /* processes remembered; a mail store has a handful */
};

typedef struct Clients Clients;

/* paths: [clients] executables; empty means mailstored, where it is installed or built. */
Clients *clients_new(char *const *paths);
Clients *clients_free(Clients *clients);
void clients_set_executables(Clients *clients, char *const *paths);

/* TRUE if the file behind this descriptor is one of those to be hooked, by device and inode. */
gboolean clients_is_admitted(const Clients *clients, int executable);
/* Remembers a process that said HELLO and was told to hook; forgets it when it ends. */
void clients_add(Clients *clients, const guint8 instance[16], pid_t pid, const char *program);
/* Some of its store calls are not hooked, as it says itself; unknown instances are left out. */
void clients_set_unhooked(Clients *clients, const guint8 instance[16], gboolean has_unhooked);
/* The program of an instance, or "" when it is not known. */
const char *clients_program(const Clients *clients, const guint8 instance[16]);
/* The same by process. */
const char *clients_program_of(const Clients *clients, pid_t pid);

/* Array of {program, pid, hooked, reason, since}; *ret_unhooked counts running processes of these
 * executables that never said HELLO, or that are hooked in part. */
JsonArray *clients_describe(Clients *clients, guint *ret_unhooked);

#endif /* SCANNER_CLIENTS_H */
