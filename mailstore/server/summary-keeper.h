/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary-keeper.h - has what readers found out about messages written, without having them wait.
 */
#ifndef MAILSTORE_SERVER_SUMMARY_KEEPER_H
#define MAILSTORE_SERVER_SUMMARY_KEEPER_H

#include "mailstore/server/worker-pool.h"

typedef struct SummaryKeeper SummaryKeeper;

/* `pool` writes. */
SummaryKeeper *summary_keeper_new(WorkerPool *pool);
/* Nothing is given to the pool after this; before the pool is freed. Accepts NULL. */
void summary_keeper_stop(SummaryKeeper *keeper);
/* The pool and its loop are gone. Accepts and returns NULL. */
SummaryKeeper *summary_keeper_free(SummaryKeeper *keeper);

/* Any thread; takes the data, which is to be kept in place of what `kept` has. What there is no
 * room for is forgotten. */
void summary_keeper_add(SummaryKeeper *keeper, const MailSummary *kept, GBytes *data);

#endif /* MAILSTORE_SERVER_SUMMARY_KEEPER_H */
