/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log-batch.c - collects whole lines and writes them at once.
 *
 * When the reader of the log does not keep up, lines are lost and counted. When a writer is killed
 * right after its write, the loader writes the same lines again.
 */
#include "scanner/common/log-batch.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Checked, since a worker that was taken over can write to this memory. */
static gsize batch_used(const LogBatch *batch)
{
    return MIN(atomic_load_explicit(&batch->used, memory_order_acquire), LOG_BATCH_SIZE);
}

gboolean log_batch_add(LogBatch *batch, const char *line, gsize size, guint64 now)
{
    gsize used = batch_used(batch);

    if (size > LOG_BATCH_SIZE - used)
        return FALSE;
    if (used == 0)
        batch->since = now;
    memcpy(batch->bytes + used, line, size);
    atomic_store_explicit(&batch->used, (guint32)(used + size), memory_order_release);
    return TRUE;
}

gboolean log_batch_is_due(const LogBatch *batch, guint64 now)
{
    return !log_batch_is_empty(batch) &&
           now - batch->since >= (guint64)LOG_BATCH_MILLISECONDS * 1000;
}

gboolean log_batch_is_empty(const LogBatch *batch)
{
    return batch_used(batch) == 0;
}

gboolean log_batch_write(int fd, const char *bytes, gsize size)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};

    /* A pipe reports room only when PIPE_BUF bytes fit. */
    return poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) &&
           write(fd, bytes, size) == (ssize_t)size;
}

guint log_batch_flush(LogBatch *batch, int fd)
{
    gsize used = batch_used(batch);
    guint lost = 0;

    if (used > 0 && !log_batch_write(fd, batch->bytes, used))
        for (gsize i = 0; i < used; i++)
            lost += batch->bytes[i] == '\n';
    atomic_store_explicit(&batch->used, 0, memory_order_release);
    return lost;
}
