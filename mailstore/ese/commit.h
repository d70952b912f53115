/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * commit.h - group commit: requests queue up, one of those who wait applies many at once.
 */
#ifndef MAILSTORE_ESE_COMMIT_H
#define MAILSTORE_ESE_COMMIT_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "mailstore/ese/snapshot.h"
#include "mailstore/ese/store.h"

enum {
    COMMIT_GROUP_MAX = 64,             /* sessions in one LMDB transaction */
    COMMIT_GROUP_BYTES_MAX = 64 << 20, /* and what they write; one alone may have more */
};

typedef struct CommitRequest CommitRequest;

struct CommitRequest {
    /* Writes into LMDB's transaction and sets *changed when that made a difference; may be called
     * again after a failure of the group. `foreign`: the last commit of another process, 0: none;
     * older snapshots must check for conflicts. */
    JET_ERR (*apply)(void *context, MDB_txn *writer, uint64_t foreign, bool *changed);
    void *context;
    size_t bytes;
    bool lazy;
    /* The rest is the queue's. */
    CommitRequest *next;
    JET_ERR error;
    uint64_t commit; /* id of the commit it went into */
    enum {
        COMMIT_WAITS,
        COMMIT_LEADS,
        COMMIT_DONE
    } state;
    pthread_cond_t wake;
};

typedef struct {
    pthread_mutex_t mutex;
    CommitRequest *first, *last;
    bool led;                 /* somebody leads; the fields below are the leader's */
    uint64_t last_commit;     /* the last LMDB transaction we know of */
    uint64_t foreign;         /* the last one that was not ours, 0: none */
    _Atomic bool dead;        /* a sync failed: nothing is written until the file is reopened */
    _Atomic uint64_t durable; /* commits up to here survive power loss */
    _Atomic uint64_t commits, groups;
} CommitQueue;

void commit_queue_init(CommitQueue *queue, uint64_t last_commit);
void commit_queue_clear(CommitQueue *queue);
void commit_request_init(CommitRequest *request);
void commit_request_clear(CommitRequest *request);

/* Returns when the request is committed (durable unless lazy) and visible, or has failed. */
JET_ERR commit_submit(Store *store, CommitRequest *request);
/* Makes the commits up to `commit` durable. */
JET_ERR commit_sync(Store *store, uint64_t commit);

#endif /* MAILSTORE_ESE_COMMIT_H */
