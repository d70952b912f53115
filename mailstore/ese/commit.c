/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * commit.c - group commit: requests queue up, one of those who wait applies many at once.
 *
 * Whoever finds the queue without a leader leads: takes what is queued, writes it all in one LMDB
 * transaction, commits it with one sync, wakes its group, and hands the lead to the first that has
 * queued up meanwhile. When one request of a group fails, nothing of the group is kept and each is
 * done again by itself: only those that fail alone get their error.
 *
 * Errors of the disk: a full disk (ENOSPC, a full map) fails the requests and leaves the last
 * committed state, unless it was the meta page that did not go through. Any other failure of LMDB's
 * commit or of a sync leaves open what is on the disk - the kernel may have dropped the pages, and
 * a second sync would say "fine" - so the queue is dead from then on and gives JET_errDiskIO until
 * the file is opened again.
 *
 * Lazy commits are MDB_NOMETASYNC: pages are synced, the meta page is not, so power loss may take
 * the last commits but the file stays sound. LMDB has this as a flag of the environment; only the
 * leader changes it. A group with one durable request is durable.
 */
#include <assert.h>
#include <errno.h>

#include "mailstore/ese/commit.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

enum {
    /* Commits between two looks for reader slots of killed processes, which would hold pages. */
    READER_CHECK_INTERVAL = 1024
};

void commit_queue_init(CommitQueue *queue, uint64_t last_commit)
{
    *queue = (CommitQueue){.last_commit = last_commit, .durable = last_commit};
    pthread_mutex_init(&queue->mutex, NULL);
}

void commit_queue_clear(CommitQueue *queue)
{
    pthread_mutex_destroy(&queue->mutex);
}

void commit_request_init(CommitRequest *request)
{
    *request = (CommitRequest){0};
    pthread_cond_init(&request->wake, NULL);
}

void commit_request_clear(CommitRequest *request)
{
    pthread_cond_destroy(&request->wake);
}

static bool error_is_disk_full(int code)
{
    return code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT || code == EFBIG;
}

/* When its meta page cannot be written, be it for a full disk, LMDB gives nothing any more. */
static bool env_is_dead(MDB_env *env)
{
    MDB_txn *probe;
    int rc = mdb_txn_begin(env, NULL, 0, &probe);

    if (rc == 0)
        mdb_txn_abort(probe);
    return rc == MDB_PANIC;
}

/* LMDB frees the transaction whatever comes of it. */
static int writer_commit(MDB_env *env, MDB_txn *writer, bool lazy)
{
    int fault = fault_at(FAULT_COMMIT);

    if (fault) {
        mdb_txn_abort(writer);
        return fault;
    }
    mdb_env_set_flags(env, MDB_NOMETASYNC, lazy);
    errno = 0;
    int rc = mdb_txn_commit(writer);
    /* LMDB says EIO for a short write, too, with which a disk that fills up begins. No call has
     * failed then, and nothing has been synced. */
    return rc == EIO && errno != EIO ? ENOSPC : rc;
}

/* Applies and commits requests first..last of a list of `count`, all or none. */
static JET_ERR group_write(Store *store, CommitRequest *first, size_t count)
{
    CommitQueue *queue = &store->commits;
    MDB_txn *writer;
    bool lazy = true, changed = false;

    if (atomic_load(&queue->dead))
        return JET_errDiskIO;
    int rc = mdb_txn_begin(store->env, NULL, 0, &writer);
    if (rc)
        return store_error(rc);
    uint64_t id = mdb_txn_id(writer);
    uint64_t foreign = id == queue->last_commit + 1 ? queue->foreign : id - 1;
    if (id % READER_CHECK_INTERVAL == 0)
        mdb_reader_check(store->env, NULL);

    CommitRequest *request = first;
    for (size_t i = 0; i < count; i++, request = request->next) {
        JET_ERR error = request->apply(request->context, writer, foreign, &changed);
        if (error != JET_errSuccess) {
            mdb_txn_abort(writer);
            return error;
        }
        request->commit = id;
        lazy = lazy && request->lazy;
    }
    if (!changed) {
        /* LMDB would not use up the id of a transaction that wrote nothing: readers would never
         * see it, and the next commit would have it again. The last one stands for it. */
        mdb_txn_abort(writer);
        for (request = first; count > 0; request = request->next, count--)
            request->commit = id - 1;
        return JET_errSuccess;
    }
    rc = writer_commit(store->env, writer, lazy);
    if (rc) {
        if ((!error_is_disk_full(rc) && rc != ENOMEM) || env_is_dead(store->env))
            atomic_store(&queue->dead, true);
        return atomic_load(&queue->dead) ? JET_errDiskIO : store_error(rc);
    }
    queue->last_commit = id;
    queue->foreign = foreign;
    if (!lazy)
        atomic_store(&queue->durable, id);
    atomic_fetch_add_explicit(&queue->groups, 1, memory_order_relaxed);
    snapshot_pool_publish(&store->snapshots, id);
    return JET_errSuccess;
}

static void group_run(Store *store, CommitRequest *first, size_t count)
{
    JET_ERR error = group_write(store, first, count);
    CommitRequest *request = first;

    for (size_t i = 0; i < count; i++, request = request->next)
        request->error = error && count > 1 ? group_write(store, request, 1) : error;
}

/* Takes the head of the queue as a group; the mutex is held. */
static size_t queue_take_group(CommitQueue *queue, CommitRequest **ret_first)
{
    CommitRequest *request = queue->first, *last = NULL;
    size_t count = 0, bytes = 0;

    assert(request); /* the leader's own, at least, is queued */
    *ret_first = request;
    while (request && count < COMMIT_GROUP_MAX &&
           (count == 0 || bytes + request->bytes <= COMMIT_GROUP_BYTES_MAX)) {
        bytes += request->bytes;
        count++;
        last = request;
        request = request->next;
    }
    queue->first = request;
    if (!request)
        queue->last = NULL;
    last->next = NULL;
    return count;
}

/* Runs one group, the mutex held at call and return, and passes the lead on. */
static void queue_lead(Store *store)
{
    CommitQueue *queue = &store->commits;
    CommitRequest *request, *next;
    size_t count = queue_take_group(queue, &request);

    pthread_mutex_unlock(&queue->mutex);
    group_run(store, request, count);
    pthread_mutex_lock(&queue->mutex);
    /* The next leader first: it is the one that the disk waits for. */
    if (queue->first) {
        queue->first->state = COMMIT_LEADS;
        pthread_cond_signal(&queue->first->wake);
    } else {
        queue->led = false;
    }
    for (; request; request = next) {
        /* A request is its owner's again once it is done: look at it before. */
        next = request->next;
        if (request->error == JET_errSuccess)
            atomic_fetch_add_explicit(&queue->commits, 1, memory_order_relaxed);
        request->state = COMMIT_DONE;
        pthread_cond_signal(&request->wake);
    }
}

JET_ERR commit_submit(Store *store, CommitRequest *request)
{
    CommitQueue *queue = &store->commits;

    request->next = NULL;
    request->state = COMMIT_WAITS;
    request->error = JET_errInternalError;
    pthread_mutex_lock(&queue->mutex);
    if (queue->last)
        queue->last->next = request;
    else
        queue->first = request;
    queue->last = request;
    if (!queue->led) {
        queue->led = true;
        request->state = COMMIT_LEADS;
    }
    while (request->state == COMMIT_WAITS)
        pthread_cond_wait(&request->wake, &queue->mutex);
    if (request->state == COMMIT_LEADS)
        queue_lead(store);
    pthread_mutex_unlock(&queue->mutex);
    return request->error;
}

JET_ERR commit_sync(Store *store, uint64_t commit)
{
    CommitQueue *queue = &store->commits;

    if (atomic_load(&queue->durable) >= commit)
        return JET_errSuccess;
    if (atomic_load(&queue->dead))
        return JET_errDiskIO;
    uint64_t visible = snapshot_pool_visible(&store->snapshots);
    int rc = fault_at(FAULT_SYNC);
    if (!rc)
        rc = mdb_env_sync(store->env, 1);
    if (rc) {
        atomic_store(&queue->dead, true);
        return JET_errDiskIO;
    }
    uint64_t durable = atomic_load(&queue->durable);
    while (durable < visible && !atomic_compare_exchange_weak(&queue->durable, &durable, visible))
        ;
    return JET_errSuccess;
}

JET_ERR store_sync(Store *store)
{
    return store_is_usable(store) ? commit_sync(store, snapshot_pool_visible(&store->snapshots))
                                  : JET_errInvalidInstance;
}

uint64_t store_durable(Store *store)
{
    return atomic_load(&store->commits.durable);
}
