/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log-decision.h - the log line of a decision (common/log.h).
 */
#ifndef SCANNER_LOG_DECISION_H
#define SCANNER_LOG_DECISION_H

#include "scanner/common/log-batch.h"
#include "scanner/judge/judge.h"

/* Adds the line to the batch; now: board_now(). FALSE when there is no room. signatures: their
 * version. */
gboolean log_decision(LogBatch *batch, guint64 now, guint kind, const Answer *answer,
                      guint64 microseconds, const char *signatures);

#endif /* SCANNER_LOG_DECISION_H */
