/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collector.c - a timer and a thread: some time after messages left their folders, what is left of
 * them is removed from the store.
 *
 * A pass looks at every message, so there is one only after something was unlinked, and one after
 * the start for what an earlier process left. A pass that fails is told, and tried again later.
 */
#include "mailstore/server/collector.h"
#include "mailstore/server/log.h"
#include "mailstore/server/worker-pool.h"

struct Collector {
    WorkerJob job;
    WorkerPool *pool; /* one thread of its own: a pass is long, and nobody waits for it */
    MailStore *store;
    guint timer;
    guint64 seen; /* unlinked when the last pass began */
    gboolean is_first;
    gboolean is_busy;
    /* Of the pass, the thread's until it is done. */
    guint messages;
    GError *error;
};

/* A message on its way into folders is known to the store: no age keeps it. */
static void collect(WorkerJob *job, MailSession *session)
{
    Collector *collector = (Collector *)job;

    collector->messages = 0;
    (void)mail_collect(session, 0, &collector->messages, &collector->error);
}

static void collected(WorkerJob *job)
{
    Collector *collector = (Collector *)job;

    collector->is_busy = FALSE;
    if (collector->error != NULL) {
        log_warning("not-collected reason=\"%s\"", collector->error->message);
        g_clear_error(&collector->error);
        collector->is_first = TRUE;
    } else if (collector->messages > 0) {
        log_info("collected messages=%u", collector->messages);
    }
}

static gboolean tick(gpointer data)
{
    Collector *collector = data;
    guint64 unlinked = mail_store_count_unlinked(collector->store);

    if (collector->is_busy || (!collector->is_first && unlinked == collector->seen))
        return G_SOURCE_CONTINUE;
    collector->seen = unlinked;
    collector->is_first = FALSE;
    collector->is_busy = TRUE;
    worker_pool_submit(collector->pool, &collector->job);
    return G_SOURCE_CONTINUE;
}

Collector *collector_new(MailStore *store, Loop *loop, guint interval, GError **error)
{
    Collector *collector = g_new0(Collector, 1);

    collector->store = store;
    collector->is_first = TRUE;
    collector->job.run = collect;
    collector->job.done = collected;
    collector->pool = worker_pool_new("collect", 1, store, loop, error);
    if (collector->pool == NULL) {
        g_free(collector);
        return NULL;
    }
    collector->timer = g_timeout_add_seconds(interval, tick, collector);
    return collector;
}

void collector_stop(Collector *collector)
{
    if (collector == NULL)
        return;
    g_source_remove(collector->timer);
    mail_collect_stop(collector->store);
    collector->pool = worker_pool_free(collector->pool);
}

Collector *collector_free(Collector *collector)
{
    if (collector == NULL)
        return NULL;
    g_assert(collector->pool == NULL);
    g_clear_error(&collector->error);
    g_free(collector);
    return NULL;
}
