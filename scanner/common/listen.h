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
    LISTEN_ERROR_BUSY, /* another service has this socket */
    LISTEN_ERROR_FAILED
} ListenError;

/* A lock on PATH.lock that falls with this process. */
int listen_lock(const char *path, GError **error);
/* What stands under a path, to know later whether it still does. */
typedef struct {
    dev_t device;
    ino_t inode;          /* 0: nothing */
    struct timespec made; /* numbers of inodes come again */
} ListenPlace;

/* As of now. */
ListenPlace listen_place(const char *path);
/* Nothing is there any more, or something else. What cannot be seen counts as there. */
gboolean listen_is_displaced(const char *path, const ListenPlace *place);

/* Removes a socket that is there, and nothing else. */
void listen_remove(const char *path);
/* A datagram socket there, with SO_PASSCRED; a stale one is replaced. Call with the lock held. */
int listen_datagrams(const char *path, GError **error);
/* How many datagrams wait in it, for who owns it; nothing is taken. */
guint listen_queued(int fd);
/* How many the kernel lets wait in one such socket before senders do. */
guint listen_queue_limit(void);

#endif /* SCANNER_LISTEN_H */
