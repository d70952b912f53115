/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.h - what the loader knows of a worker: when to fork it again, why it was killed, and
 * whether the content that it was scanning is to blame.
 *
 * The end of a request is one on the clock, since a client waits; but on an overloaded machine a
 * worker may come to it without having got to work. So the time that it waited for a processor is
 * known, and is not the content's fault. Who sleeps, is stopped or spins does not wait.
 */
#ifndef SCANNER_CHILD_H
#define SCANNER_CHILD_H

#include <glib.h>
#include <sys/types.h>

#include "scanner/common/board.h"

typedef enum {
    CHILD_NOT_KILLED, /* by us */
    CHILD_LATE,       /* past the end of its request */
    CHILD_STARVED,    /* the same, and more than half of the time it waited for a processor */
    CHILD_STOPPED     /* it would hold its place, and what it has begun, for good */
} ChildKilled;

typedef struct {
    pid_t pid; /* 0: to be forked */
    ChildKilled killed;
    guint64 killed_at;
    guint64 not_before; /* when to fork it again */
    guint64 retry;  /* waited for that, in microseconds; 0: the last one served, or just ended */
    guint64 busy;   /* as on the board at the last look: tells one request from another */
    guint64 waited; /* for a processor since its birth, up to the last look */
    guint64 waited_before; /* of it, what was before this request */
} Child;

/* Whatever keeps it from starting is not to be tried in a loop. */
void child_back_off(Child *child);

/* To be called all the time while it lives. */
void child_look(Child *child, const BoardWorker *slot);
void child_kill(Child *child, ChildKilled why);
/* When it is dead, and before it is reaped. */
void child_died(Child *child, const BoardWorker *slot);
/* Then: TRUE when it died of the content that it was scanning. `deadline`: as configured, in
 * milliseconds; status: see wait(2). */
gboolean child_blames_content(const Child *child, const BoardWorker *slot, guint deadline,
                              int status);
/* Why it ended, for the log; and counts it. */
void child_tell_end(const Child *child, int status, BoardCounts *counts, char *text, gsize size);

#endif /* SCANNER_CHILD_H */
