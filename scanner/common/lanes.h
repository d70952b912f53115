/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lanes.h - a way from each processor to the worker that stays on it (protocol.h: StorehookLanes).
 *
 * There are lanes where every processor that the service may use has a worker of its own; with
 * fewer workers none is tied to a place. A lane is a socket, which the supervisor owns, so that
 * what waits there outlives a worker, and a word in shared memory that says whether its worker
 * waits.
 */
#ifndef SCANNER_LANES_H
#define SCANNER_LANES_H

#include <glib.h>

#include "libstorehook/protocol.h"

typedef struct {
    int memory; /* memfd with StorehookLanes, for the workers */
    int reader; /* the same for clients, who cannot write by it; -1: there are no lanes */
    int sockets[STOREHOOK_LANES_MAX]; /* by processor; -1: it has none */
} Lanes;

/* There are none. */
void lanes_init(Lanes *lanes);
/* For so many workers, beside the service's socket; stale ones are removed. FALSE with LISTEN_ERROR
 * (listen.h) or G_FILE_ERROR. */
gboolean lanes_open(Lanes *lanes, const char *socket, guint workers, GError **error);
void lanes_close(Lanes *lanes);
/* The names of those that were opened. */
void lanes_unlink(const Lanes *lanes, const char *socket);
/* Questions that wait in them. */
guint lanes_queued(const Lanes *lanes);

/* NULL with errno. */
StorehookLanes *lanes_map(int memory);
/* The processor of the worker with this index; -1: it goes where there is room. */
int lanes_processor(guint worker, guint workers);
/* Ties the calling process to it. FALSE: it is not to be had. */
gboolean lanes_stay(int processor);
/* Lets another process go wherever the calling one may. */
gboolean lanes_let_go(pid_t process);

#endif /* SCANNER_LANES_H */
