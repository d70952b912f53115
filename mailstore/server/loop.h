/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop.h - the way from other threads into the one I/O thread.
 *
 * The I/O thread runs the default main context; every session, connection and budget waiter belongs
 * to it. Other threads only ever post.
 */
#ifndef MAILSTORE_SERVER_LOOP_H
#define MAILSTORE_SERVER_LOOP_H

#include <glib.h>

typedef struct Loop Loop;
typedef struct LoopItem LoopItem;

/* Embedded by its owner; queued at most once at a time. */
struct LoopItem {
    LoopItem *next;
    void (*run)(LoopItem *item); /* in the I/O thread */
};

Loop *loop_new(GError **error);
/* Runs what is still queued, then frees. Accepts and returns NULL. */
Loop *loop_free(Loop *loop);
/* Any thread. Items run in the order in which they were posted. */
void loop_post(Loop *loop, LoopItem *item);

#endif /* MAILSTORE_SERVER_LOOP_H */
