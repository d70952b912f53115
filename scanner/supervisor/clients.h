/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clients.h - the hooked processes: which are admitted, which are there, which should be hooked and
 * are not.
 */
#ifndef SCANNER_CLIENTS_H
#define SCANNER_CLIENTS_H

#include <json-glib/json-glib.h>

#include "libstorehook/protocol.h"

enum {
    CLIENTS_MAX = 4096, /* a mail store has a handful of processes */
    CLIENTS_INSTANCE_SIZE = 16
};

/* The "state" of a process for clients_describe() and storehookctl. One that is not heard of was
 * hooked before the service started. */
#define CLIENTS_HOOKED "hooked"
#define CLIENTS_UNHEARD "not-heard-of"
#define CLIENTS_NOT_HOOKED "not-hooked"

struct ucred;
typedef struct Clients Clients;

/* paths: [clients] executables=; empty means mailstored, where it is installed or built. */
Clients *clients_new(char *const *paths);
Clients *clients_free(Clients *clients);
void clients_set_executables(Clients *clients, char *const *paths);

/* The first path of the list that does not exist, or NULL. Of the places where mailstored may be,
 * one is enough. */
const char *clients_absent(const Clients *clients);

/* TRUE if the file behind this descriptor is one of the executables, by device and inode. */
gboolean clients_is_admitted(const Clients *clients, int executable);
/* Adds the processes that were hooked when the last service ended, from this file, if they still
 * run and their user may ask. They count as not heard of until they say HELLO. From now on the file
 * is kept up to date. */
void clients_restore(Clients *clients, const char *file, const char *socket, const GArray *users);
/* Adds a process that said HELLO and was told to hook. It is removed when it ends. */
void clients_add(Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE],
                 const struct ucred *sender, const char *program);
/* For one that was told not to hook. */
void clients_remove(Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE]);
/* What a process says about calls that are not hooked. An unknown instance is ignored. */
void clients_set_unhooked(Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE],
                          StorehookUnhooked unhooked);
/* The program of an instance; "" for an unknown one. */
const char *clients_program(const Clients *clients, const guint8 instance[CLIENTS_INSTANCE_SIZE]);
/* The same by process id. */
const char *clients_program_of(const Clients *clients, pid_t pid);

/* Array of {program, pid, hooked, state, reason, since}. *ret_unhooked: how many processes of these
 * executables never said HELLO, or are hooked only in part. */
JsonArray *clients_describe(Clients *clients, guint *ret_unhooked);

#endif /* SCANNER_CLIENTS_H */
