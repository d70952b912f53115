/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.h - what the loader knows about a worker: when to fork it again, why it was killed, and
 * whether the content that it was scanning is to blame.
 *
 * A request ends at a time on the clock, since a client waits for it. On an overloaded machine a
 * worker may reach that time without having run at all, so the time that it waited for a processor
 * is not blamed on the content. A worker that sleeps, is stopped or spins does not wait.
 */
#ifndef SCANNER_CHILD_H
#define SCANNER_CHILD_H

#include <glib.h>
#include <sys/types.h>

#include "scanner/common/board.h"

typedef enum {
    CHILD_NOT_KILLED, /* not by us */
    CHILD_LATE,       /* past the end of its request */
    CHILD_STARVED,    /* the same, but it waited for a processor more than half of the time */
    CHILD_STOPPED     /* by a signal: it would keep its slot and its request for ever */
} ChildKilled;

typedef struct {
    pid_t pid; /* 0: to be forked */
    ChildKilled killed;
    guint64 killed_at;
    guint64 not_before;    /* when to fork it again */
    guint64 retry;         /* the last delay before that, in microseconds; 0: none */
    guint64 busy;          /* as on the board at the last look; another value is another request */
    guint64 waited;        /* for a processor, from its start to the last look; microseconds */
    guint64 waited_before; /* the same, up to the start of this request */
} Child;

/* Delays the next fork, so that a worker that cannot start is not forked in a loop. */
void child_back_off(Child *child);

/* To be called regularly while the worker lives. */
void child_look(Child *child, const BoardWorker *slot);
void child_kill(Child *child, ChildKilled why);
/* To be called when it has died, before it is reaped. */
void child_died(Child *child, const BoardWorker *slot);
/* After that: TRUE when it died of the content that it was scanning. deadline: as configured, in
 * milliseconds; status: see wait(2). */
gboolean child_blames_content(const Child *child, const BoardWorker *slot, guint deadline,
                              int status);
/* Writes why it ended, for the log, and counts it. */
void child_tell_end(const Child *child, int status, BoardCounts *counts, char *text, gsize size);

#endif /* SCANNER_CHILD_H */
