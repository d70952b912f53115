/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listen.h - the sockets that clients find by path, and the lock that only one service holds.
 */
#ifndef SCANNER_LISTEN_H
#define SCANNER_LISTEN_H

#include <glib.h>
#include <sys/types.h>

#define LISTEN_ERROR listen_error_quark()
GQuark listen_error_quark(void);
typedef enum {
    LISTEN_ERROR_BUSY, /* another service uses this socket */
    LISTEN_ERROR_FAILED
} ListenError;

/* Locks PATH.lock, until the process ends. */
int listen_lock(const char *path, GError **error);
/* Identifies the file at a path, to see later whether it is still the same. */
typedef struct {
    dev_t device;
    ino_t inode;          /* 0: nothing */
    struct timespec made; /* inode numbers are reused */
} ListenPlace;

/* The file that is there now. */
ListenPlace listen_place(const char *path);
/* TRUE: the file has been removed or replaced. One that cannot be seen counts as unchanged. */
gboolean listen_is_displaced(const char *path, const ListenPlace *place);

/* Removes a socket; any other file stays. */
void listen_remove(const char *path);
/* Opens a datagram socket with SO_PASSCRED, and replaces a stale one. Call with the lock held. */
int listen_datagrams(const char *path, GError **error);
/* How many datagrams wait in a socket of ours; nothing is taken. */
guint listen_queued(int fd);
/* How many datagrams the kernel queues in such a socket before senders block. */
guint listen_queue_limit(void);

#endif /* SCANNER_LISTEN_H */
