/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker-pool.c - a queue of jobs and the threads that work it off in order of arrival.
 *
 * Fails only at start, when a session or a thread cannot be had. The queue is as long as there are
 * connections at most: a connection has one job at a time.
 */
#include "mailstore/server/worker-pool.h"

#include <gio/gio.h>
#include <pthread.h>
#include <signal.h>

typedef struct {
    WorkerPool *pool;
    MailSession *session;
    pthread_t thread;
} Worker;

struct WorkerPool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    WorkerJob *first;
    WorkerJob **last;
    gboolean stopping;
    Loop *loop;
    char *name;
    Worker *workers;
    guint started;
    guint count;
};

static void job_finished(LoopItem *item)
{
    WorkerJob *job = (WorkerJob *)item;

    job->done(job);
}

static WorkerJob *pool_take_job(WorkerPool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->first == NULL && !pool->stopping)
        pthread_cond_wait(&pool->wake, &pool->lock);
    WorkerJob *job = pool->first;
    if (job != NULL) {
        pool->first = job->next;
        if (pool->first == NULL)
            pool->last = &pool->first;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *worker_main(void *data)
{
    Worker *worker = data;
    WorkerPool *pool = worker->pool;

    pthread_setname_np(pthread_self(), pool->name);
    for (WorkerJob *job; (job = pool_take_job(pool)) != NULL;) {
        job->run(job, worker->session);
        loop_post(pool->loop, &job->item);
    }
    return NULL;
}

static gboolean pool_start(WorkerPool *pool, MailStore *store, GError **error)
{
    sigset_t all, before;

    sigfillset(&all);
    for (guint i = 0; i < pool->count; i++) {
        Worker *worker = &pool->workers[i];
        worker->pool = pool;
        if (store != NULL) {
            worker->session = mail_session_new(store, error);
            if (worker->session == NULL)
                return FALSE;
        }
        /* Signals are the I/O thread's. */
        pthread_sigmask(SIG_BLOCK, &all, &before);
        int code = pthread_create(&worker->thread, NULL, worker_main, worker);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (code != 0) {
            worker->session = mail_session_free(worker->session);
            g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code),
                        "cannot start thread %u of pool %s: %s", i + 1, pool->name,
                        g_strerror(code));
            return FALSE;
        }
        pool->started++;
    }
    return TRUE;
}

WorkerPool *worker_pool_new(const char *name, guint threads, MailStore *store, Loop *loop,
                            GError **error)
{
    WorkerPool *pool = g_new0(WorkerPool, 1);

    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->last = &pool->first;
    pool->loop = loop;
    pool->name = g_strndup(name, 15); /* what the kernel keeps of a thread's name */
    pool->count = threads;
    pool->workers = g_new0(Worker, threads);
    if (!pool_start(pool, store, error))
        return worker_pool_free(pool);
    return pool;
}

WorkerPool *worker_pool_free(WorkerPool *pool)
{
    if (pool == NULL)
        return NULL;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = TRUE;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (guint i = 0; i < pool->started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
        mail_session_free(pool->workers[i].session);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    g_free(pool->workers);
    g_free(pool->name);
    g_free(pool);
    return NULL;
}

void worker_pool_submit(WorkerPool *pool, WorkerJob *job)
{
    job->item.run = job_finished;
    job->next = NULL;
    pthread_mutex_lock(&pool->lock);
    g_assert(!pool->stopping);
    *pool->last = job;
    pool->last = &job->next;
    pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}
