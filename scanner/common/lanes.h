/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lanes.h - a socket for each processor, read by the worker that stays on it (protocol.h:
 * StorehookLanes).
 *
 * There are lanes if every processor that the service may use has a worker of its own; with fewer
 * workers none is bound to a processor. A lane is a socket, owned by the supervisor so that
 * requests in it survive the worker, and a word in shared memory that says whether its worker is
 * waiting.
 */
#ifndef SCANNER_LANES_H
#define SCANNER_LANES_H

#include <glib.h>

#include "libstorehook/protocol.h"

typedef struct {
    int memory;                       /* memfd with StorehookLanes, for the workers */
    int reader;                       /* the same, read-only, for clients; -1: there are no lanes */
    int sockets[STOREHOOK_LANES_MAX]; /* by processor; -1: it has none */
} Lanes;

/* Sets all to none. */
void lanes_init(Lanes *lanes);
/* Opens the lanes for so many workers, beside the service's socket; removes stale ones. FALSE with
 * LISTEN_ERROR (listen.h) or G_FILE_ERROR. */
gboolean lanes_open(Lanes *lanes, const char *socket, guint workers, GError **error);
void lanes_close(Lanes *lanes);
/* Removes the socket files of the lanes. */
void lanes_unlink(const Lanes *lanes, const char *socket);
/* Requests that wait in all lanes. */
guint lanes_queued(const Lanes *lanes);

/* NULL with errno. */
StorehookLanes *lanes_map(int memory);
/* The processor of the worker with this index; -1: any. */
int lanes_processor(guint worker, guint workers);
/* Binds the calling process to the processor. FALSE: the kernel refuses. */
gboolean lanes_stay(int processor);
/* Lets another process use every processor that the calling one may use. */
gboolean lanes_let_go(pid_t process);

#endif /* SCANNER_LANES_H */
