/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker-pool.h - threads that make the blocking calls, each with a mail session of its own.
 */
#ifndef MAILSTORE_SERVER_WORKER_POOL_H
#define MAILSTORE_SERVER_WORKER_POOL_H

#include "mailstore/message/message-store.h"
#include "mailstore/server/loop.h"

typedef struct WorkerPool WorkerPool;
typedef struct WorkerJob WorkerJob;

/* Embedded by its owner, who leaves what `run` touches alone until `done`. */
struct WorkerJob {
    LoopItem item;
    WorkerJob *next;
    void (*run)(WorkerJob *job, MailSession *session); /* in a thread of the pool */
    void (*done)(WorkerJob *job);                      /* in the I/O thread */
};

/* `store` may be NULL: then jobs get no session. */
WorkerPool *worker_pool_new(const char *name, guint threads, MailStore *store, Loop *loop,
                            GError **error);
/* Finishes what is queued, joins the threads. Accepts and returns NULL. */
WorkerPool *worker_pool_free(WorkerPool *pool);
void worker_pool_submit(WorkerPool *pool, WorkerJob *job);

#endif /* MAILSTORE_SERVER_WORKER_POOL_H */
