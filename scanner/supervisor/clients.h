/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clients.h - the hooked processes: who is admitted, who is there, who should be and is not.
 */
#ifndef SCANNER_CLIENTS_H
#define SCANNER_CLIENTS_H

#include <json-glib/json-glib.h>

#include "libstorehook/protocol.h"

enum {
    CLIENTS_MAX = 4096, /* processes remembered; a mail store has a handful */
    CLIENTS_INSTANCE_SIZE = 16
};

/* "state" of a process, as clients_describe() and storehookctl know it; one not heard of was hooked
 * when it last was, before the service started. */
#define CLIENTS_HOOKED "hooked"
#define CLIENTS_UNHEARD "not-heard-of"
#define CLIENTS_NOT_HOOKED "not-hooked"

struct ucred;
typedef struct Clients Clients;

/* paths: [clients] executables; empty means mailstored, where it is installed or built. */
Clients *clients_new(char *const *paths);
Clients *clients_free(Clients *clients);
void clients_set_executables(Clients *clients, char *const *paths);

/* The first listed path where nothing is, so that nothing is hooked by it, or NULL. Of the places
 * where mailstored may be, one is enough. */
const char *clients_absent(const Clients *clients);

/* TRUE if the file behind this descriptor is one of those to be hooked, by device and inode. */
gboolean clients_is_admitted(const Clients *clients, int executable);
/* Those that were hooked when the last service ended, as it wrote into this file, if they still
 * run and their user may ask; they count as not heard of until they say HELLO. From now on the
 * file is kept. */
void clients_restore(Clients *clients, const char *file, const char *socket, const GArray *users);
/* Remembers a process that said HELLO and was told to hook; forgets it when it ends. */
void clients_add(Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE],
                 const struct ucred *sender, const char *program);
/* It was told not to hook. */
void clients_remove(Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE]);
/* Some of its store calls are not hooked, as it says itself; unknown instances are left out. */
void clients_set_unhooked(Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE],
                          StorehookUnhooked unhooked);
/* The program of an instance, or "" when it is not known. */
const char *clients_program(const Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE]);
/* The same by process. */
const char *clients_program_of(const Clients *clients, pid_t pid);

/* Array of {program, pid, hooked, state, reason, since}; *ret_unhooked counts running processes of
 * these executables that never said HELLO, or that are hooked in part. */
JsonArray *clients_describe(Clients *clients, guint *ret_unhooked);

#endif /* SCANNER_CLIENTS_H */
