/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log-batch.h - log lines of one process, to be written with one write(2).
 *
 * It is in shared memory: the lines of a worker that died are written by its loader.
 */
#ifndef SCANNER_LOG_BATCH_H
#define SCANNER_LOG_BATCH_H

#include <glib.h>
#include <stdatomic.h>

enum {
    LOG_BATCH_SIZE = 4096, /* PIPE_BUF: a pipe takes this much in one piece */
    LOG_BATCH_MILLISECONDS = 100
};

/* All zeros: empty. */
typedef struct {
    _Atomic guint32 used;
    guint64 since; /* of the oldest line; board_now() */
    char bytes[LOG_BATCH_SIZE];
} LogBatch;

/* Adds a line with its line end. FALSE when there is no room. */
gboolean log_batch_add(LogBatch *batch, const char *line, gsize size, guint64 now);
/* TRUE: the oldest line has waited long enough. */
gboolean log_batch_is_due(const LogBatch *batch, guint64 now);
gboolean log_batch_is_empty(const LogBatch *batch);
/* Writes whole lines, at most LOG_BATCH_SIZE. Never blocks; FALSE when they are lost. */
gboolean log_batch_write(int fd, const char *bytes, gsize size);
/* Writes all lines; returns how many were lost. */
guint log_batch_flush(LogBatch *batch, int fd);

#endif /* SCANNER_LOG_BATCH_H */
