/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log-batch.h - lines of one process that wait to be written by one write().
 *
 * It lies in shared memory: what a worker that died left in it is written by its loader.
 */
#ifndef SCANNER_LOG_BATCH_H
#define SCANNER_LOG_BATCH_H

#include <glib.h>
#include <stdatomic.h>

enum {
    LOG_BATCH_SIZE = 4096, /* PIPE_BUF: a pipe takes so much as a whole */
    LOG_BATCH_MILLISECONDS = 100
};

/* All zeros: empty. */
typedef struct {
    _Atomic guint32 used;
    guint64 since; /* of the oldest line; board_now() */
    char bytes[LOG_BATCH_SIZE];
} LogBatch;

/* A line with its end. FALSE when there is no room. */
gboolean log_batch_add(LogBatch *batch, const char *line, gsize size, guint64 now);
/* The oldest has waited for long enough. */
gboolean log_batch_is_due(const LogBatch *batch, guint64 now);
gboolean log_batch_is_empty(const LogBatch *batch);
/* Whole lines, LOG_BATCH_SIZE at most. Never blocks; FALSE when they are lost. */
gboolean log_batch_write(int fd, const char *bytes, gsize size);
/* Returns how many lines were lost. */
guint log_batch_flush(LogBatch *batch, int fd);

#endif /* SCANNER_LOG_BATCH_H */
