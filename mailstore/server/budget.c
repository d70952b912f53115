/* SPDX-License-Identifier: GPL-2.0-or-later */
/* budget.c - a counter under a lock with waiters in order of arrival. Nothing here fails. */
#include "mailstore/server/budget.h"

#include <pthread.h>

struct Budget {
    pthread_mutex_t lock;
    guint64 limit;
    guint64 used;
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

/* With the lock held. */
static gboolean take(Budget *budget, guint64 bytes)
{
    gboolean fits =
        budget->used == 0 || (bytes <= budget->limit && budget->used <= budget->limit - bytes);

    if (fits)
        budget->used += bytes;
    return fits;
}

gboolean budget_try_take(Budget *budget, guint64 bytes)
{
    pthread_mutex_lock(&budget->lock);
    gboolean taken = g_queue_is_empty(&budget->waiters) && take(budget, bytes);
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

void budget_release(Budget *budget, guint64 bytes)
{
    pthread_mutex_lock(&budget->lock);
    g_assert(budget->used >= bytes);
    budget->used -= bytes;
    for (;;) {
        BudgetWaiter *waiter = g_queue_peek_head(&budget->waiters);
        if (waiter == NULL || !take(budget, waiter->need))
            break;
        g_queue_pop_head(&budget->waiters);
        waiter->waiting = FALSE;
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
    gboolean taken = g_queue_is_empty(&budget->waiters) && take(budget, waiter->need);
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
