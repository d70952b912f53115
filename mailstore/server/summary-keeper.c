/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary-keeper.c - one queue of summaries for all readers, written by one job at a time.
 *
 * Nobody waits for it and nothing depends on it: what could not be written, or does not fit, is
 * found out again by the next reader.
 */
#include "mailstore/server/summary-keeper.h"

#include <pthread.h>

enum {
    BATCH = 256,               /* in one transaction: others' commits wait for its writing */
    WAITING_MAX = 1024 * 1024, /* bytes; what a client that reads all of a large folder makes while
                                  a batch is written */
};

struct SummaryKeeper {
    WorkerJob job;
    WorkerPool *pool;
    pthread_mutex_t lock; /* of what follows */
    GArray *waiting;      /* of MailSummary */
    gsize bytes;          /* of these */
    gboolean is_busy;     /* the job is in the pool, or done() comes */
    gboolean has_stopped;
};

static void clear_summary(gpointer data)
{
    g_bytes_unref(((MailSummary *)data)->data);
}

static GArray *summaries_new(void)
{
    GArray *summaries = g_array_new(FALSE, FALSE, sizeof(MailSummary));

    g_array_set_clear_func(summaries, clear_summary);
    return summaries;
}

static GArray *take_waiting(SummaryKeeper *keeper)
{
    GArray *empty = summaries_new();

    pthread_mutex_lock(&keeper->lock);
    GArray *taken = keeper->waiting;
    keeper->waiting = empty;
    keeper->bytes = 0;
    pthread_mutex_unlock(&keeper->lock);
    return taken;
}

static void keep(WorkerJob *job, MailSession *session)
{
    g_autoptr(GArray) taken = take_waiting((SummaryKeeper *)job);

    for (guint i = 0; i < taken->len; i += BATCH)
        (void)mail_summaries_keep(session, &g_array_index(taken, MailSummary, i),
                                  MIN(taken->len - i, BATCH), NULL);
}

/* With the lock held. */
static void keeper_start(SummaryKeeper *keeper)
{
    keeper->is_busy = !keeper->has_stopped && keeper->waiting->len > 0;
    if (keeper->is_busy)
        worker_pool_submit(keeper->pool, &keeper->job);
}

static void kept(WorkerJob *job)
{
    SummaryKeeper *keeper = (SummaryKeeper *)job;

    pthread_mutex_lock(&keeper->lock);
    keeper_start(keeper);
    pthread_mutex_unlock(&keeper->lock);
}

SummaryKeeper *summary_keeper_new(WorkerPool *pool)
{
    SummaryKeeper *keeper = g_new0(SummaryKeeper, 1);

    pthread_mutex_init(&keeper->lock, NULL);
    keeper->pool = pool;
    keeper->waiting = summaries_new();
    keeper->job.run = keep;
    keeper->job.done = kept;
    return keeper;
}

void summary_keeper_stop(SummaryKeeper *keeper)
{
    if (keeper == NULL)
        return;
    pthread_mutex_lock(&keeper->lock);
    keeper->has_stopped = TRUE;
    pthread_mutex_unlock(&keeper->lock);
}

SummaryKeeper *summary_keeper_free(SummaryKeeper *keeper)
{
    if (keeper == NULL)
        return NULL;
    g_array_unref(keeper->waiting);
    pthread_mutex_destroy(&keeper->lock);
    g_free(keeper);
    return NULL;
}

void summary_keeper_add(SummaryKeeper *keeper, const MailSummary *kept, GBytes *data)
{
    MailSummary summary = {kept->message, kept->state, data};
    gsize size = g_bytes_get_size(data);

    pthread_mutex_lock(&keeper->lock);
    gboolean fits = !keeper->has_stopped && size <= WAITING_MAX - keeper->bytes;
    if (fits) {
        g_array_append_val(keeper->waiting, summary);
        keeper->bytes += size;
        if (!keeper->is_busy)
            keeper_start(keeper);
    }
    pthread_mutex_unlock(&keeper->lock);
    if (!fits)
        g_bytes_unref(data);
}
