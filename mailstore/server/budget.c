/* SPDX-License-Identifier: GPL-2.0-or-later */
/* budget.c - a counter under a lock, and those who wait for it. Nothing here fails. */
#include "mailstore/server/budget.h"

#include <malloc.h>
#include <pthread.h>

/* What is small has a quarter more for itself, and passes those who wait: a few large messages on
 * slow lines hold up no others. With the default of 256 MB 4 MB are small, most mail that is. */
#define SMALL_PART 64
#define EXTRA_PART 4
/* What was in use at once, in bytes, from which on the C library is told to give back what is free.
 * It does so by itself only at the end of an arena, and keeps a hundred megabytes after a few large
 * messages. Not at once: the next may come. */
#define TRIM_LEAST ((guint64)16 << 20)
#define TRIM_SECONDS 1

struct Budget {
    pthread_mutex_t lock;
    guint64 limit;
    guint64 used;
    guint64 most; /* used, since the last trim */
    guint trim;   /* the I/O thread's */
    GQueue waiters;
};

Budget *budget_new(guint64 limit)
{
    Budget *budget = g_new0(Budget, 1);

    pthread_mutex_init(&budget->lock, NULL);
    budget->limit = limit;
    g_queue_init(&budget->waiters);
    return budget;
}

Budget *budget_free(Budget *budget)
{
    if (budget == NULL)
        return NULL;
    g_assert(g_queue_is_empty(&budget->waiters));
    g_clear_handle_id(&budget->trim, g_source_remove);
    pthread_mutex_destroy(&budget->lock);
    g_free(budget);
    return NULL;
}

guint64 budget_used(Budget *budget)
{
    pthread_mutex_lock(&budget->lock);
    guint64 used = budget->used;
    pthread_mutex_unlock(&budget->lock);
    return used;
}

static gboolean is_small(const Budget *budget, guint64 bytes)
{
    return bytes <= budget->limit / SMALL_PART;
}

/* With the lock held. */
static gboolean take(Budget *budget, guint64 bytes)
{
    guint64 limit = budget->limit + (is_small(budget, bytes) ? budget->limit / EXTRA_PART : 0);
    gboolean fits = budget->used == 0 || (bytes <= limit && budget->used <= limit - bytes);

    if (fits)
        budget->used += bytes;
    budget->most = MAX(budget->most, budget->used);
    return fits;
}

/* With the lock held. Whether the first who waits lets this one go before: never one that needs
 * nearly all, for whom it would not become quiet enough again. */
static gboolean may_pass(Budget *budget, guint64 bytes)
{
    const BudgetWaiter *first = g_queue_peek_head(&budget->waiters);

    return first == NULL ||
           (is_small(budget, bytes) && first->need <= budget->limit - budget->limit / EXTRA_PART);
}

/* With the lock held. Who has got what it waited for, off the queue; NULL: nobody. */
static BudgetWaiter *grant_next(Budget *budget)
{
    for (GList *at = budget->waiters.head; at != NULL; at = at->next) {
        BudgetWaiter *waiter = at->data;
        gboolean is_first = at == budget->waiters.head;

        if ((is_first || may_pass(budget, waiter->need)) && take(budget, waiter->need)) {
            g_queue_delete_link(&budget->waiters, at);
            waiter->waiting = FALSE;
            return waiter;
        }
    }
    return NULL;
}

gboolean budget_try_take(Budget *budget, guint64 bytes)
{
    pthread_mutex_lock(&budget->lock);
    gboolean taken = may_pass(budget, bytes) && take(budget, bytes);
    pthread_mutex_unlock(&budget->lock);
    return taken;
}

gboolean budget_try_grow(Budget *budget, guint64 bytes)
{
    pthread_mutex_lock(&budget->lock);
    gboolean taken = take(budget, bytes);
    pthread_mutex_unlock(&budget->lock);
    return taken;
}

static gboolean on_trim(gpointer data)
{
    Budget *budget = data;
    gboolean is_idle;

    pthread_mutex_lock(&budget->lock);
    is_idle = budget->used < TRIM_LEAST;
    if (is_idle)
        budget->most = 0;
    pthread_mutex_unlock(&budget->lock);
    if (!is_idle)
        return G_SOURCE_CONTINUE;
    malloc_trim(0);
    budget->trim = 0;
    return G_SOURCE_REMOVE;
}

void budget_release(Budget *budget, guint64 bytes)
{
    pthread_mutex_lock(&budget->lock);
    if (budget->most >= TRIM_LEAST && budget->trim == 0)
        budget->trim = g_timeout_add_seconds(TRIM_SECONDS, on_trim, budget);
    g_assert(budget->used >= bytes);
    budget->used -= bytes;
    for (BudgetWaiter *waiter; (waiter = grant_next(budget)) != NULL;) {
        pthread_mutex_unlock(&budget->lock);
        waiter->granted(waiter->data);
        pthread_mutex_lock(&budget->lock);
    }
    pthread_mutex_unlock(&budget->lock);
}

gboolean budget_wait(Budget *budget, BudgetWaiter *waiter)
{
    pthread_mutex_lock(&budget->lock);
    g_assert(!waiter->waiting);
    gboolean taken = may_pass(budget, waiter->need) && take(budget, waiter->need);
    if (!taken) {
        waiter->waiting = TRUE;
        g_queue_push_tail(&budget->waiters, waiter);
    }
    pthread_mutex_unlock(&budget->lock);
    return taken;
}

void budget_cancel(Budget *budget, BudgetWaiter *waiter)
{
    pthread_mutex_lock(&budget->lock);
    if (waiter->waiting) {
        waiter->waiting = FALSE;
        g_queue_remove(&budget->waiters, waiter);
    }
    pthread_mutex_unlock(&budget->lock);
}
