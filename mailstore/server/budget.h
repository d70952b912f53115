/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * budget.h - bytes in flight: everything a peer makes us hold in memory is charged to one.
 *
 * Taking is for any thread; releasing and waiting are the I/O thread's. A grant that does not fit
 * is waited for in order of arrival, but that what is small passes what is large and has a quarter
 * of the limit besides. One larger than the limit is granted alone, so that a message stored under
 * a larger limit can still be read.
 */
#ifndef MAILSTORE_SERVER_BUDGET_H
#define MAILSTORE_SERVER_BUDGET_H

#include <glib.h>

typedef struct Budget Budget;

typedef struct {
    guint64 need;
    void (*granted)(gpointer data); /* from budget_release(); `need` is taken already */
    gpointer data;
    gboolean waiting;
} BudgetWaiter;

Budget *budget_new(guint64 limit);
Budget *budget_free(Budget *budget); /* accepts and returns NULL; nobody may wait */
guint64 budget_used(Budget *budget);
gboolean budget_try_take(Budget *budget, guint64 bytes);
/* Takes `bytes` when others wait too: for growing what is held already. */
gboolean budget_try_grow(Budget *budget, guint64 bytes);
void budget_release(Budget *budget, guint64 bytes);
/* TRUE: taken at once. FALSE: granted() will be called. */
gboolean budget_wait(Budget *budget, BudgetWaiter *waiter);
void budget_cancel(Budget *budget, BudgetWaiter *waiter); /* accepts one that does not wait */

#endif /* MAILSTORE_SERVER_BUDGET_H */
