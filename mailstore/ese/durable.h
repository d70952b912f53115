/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * durable.h - which commits of an instance survive a power loss, and telling the program.
 *
 * Nothing here costs anything until a commit may be late (JetCommitTransaction2 with a delay) or
 * the program wants to be told (JET_paramDurableCommitCallback).
 */
#ifndef MAILSTORE_ESE_DURABLE_H
#define MAILSTORE_ESE_DURABLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "mailstore/ese/esent.h"

enum {
    DURABLE_SLOTS = 7, /* databases of an instance */
    /* When a lazy commit whose program wants to be told is made durable at the latest: so often
     * may a disk be asked to sync without being the bottleneck. */
    DURABLE_LAZY_MS = 500,
};

typedef struct Instance Instance;

/* A commit at level 0: what it was in each database, 0: nothing. */
typedef struct {
    int64_t id;
    uint64_t commits[DURABLE_SLOTS];
} DurableCommit;

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    JET_PFNDURABLECOMMITCALLBACK callback; /* NULL: the program does not want to be told */
    _Atomic int64_t last_id;
    DurableCommit *pending; /* oldest first; not known to be durable */
    size_t n_pending, room;
    uint64_t deadline_ms; /* of the next sync; UINT64_MAX: none is wanted */
    bool running, stop;
    unsigned syncing; /* slot; 0: none */
    pthread_t thread;
} Durable;

void durable_init(Durable *durable);
void durable_clear(Durable *durable);
/* Gives a commit its id. `delay_ms`: when it has to be durable, UINT32_MAX: whenever. */
int64_t durable_commit(Instance *instance, DurableCommit *commit, uint32_t delay_ms);
/* The database is about to be closed: waits for a sync of it. `synced`: what was committed is
 * durable, else it never will be known to be. */
void durable_forget(Durable *durable, unsigned slot, bool synced);
/* Makes all durable, tells the program and ends the thread. */
void durable_stop(Instance *instance);

#endif
