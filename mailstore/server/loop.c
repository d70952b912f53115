/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop.c - a queue under a lock and an eventfd that the main context watches.
 *
 * A plain pthread lock rather than g_main_context_invoke(): one wake-up for many items, no
 * allocation an item, and thread checkers understand it.
 */
#include "mailstore/server/loop.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct Loop {
    pthread_mutex_t lock;
    LoopItem *first;
    LoopItem **last;
    int event;
    guint source;
};

static void loop_run_queued(Loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    LoopItem *item = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    pthread_mutex_unlock(&loop->lock);

    while (item != NULL) {
        LoopItem *next = item->next;
        item->run(item);
        item = next;
    }
}

static gboolean loop_woken(gint fd, GIOCondition condition, gpointer data)
{
    guint64 count;

    (void)condition;
    ssize_t got = read(fd, &count, sizeof count);
    (void)got; /* nothing there only means that somebody was faster */
    loop_run_queued(data);
    return G_SOURCE_CONTINUE;
}

Loop *loop_new(GError **error)
{
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (event < 0) {
        int code = errno;
        g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "eventfd: %s",
                    g_strerror(code));
        return NULL;
    }
    Loop *loop = g_new0(Loop, 1);
    pthread_mutex_init(&loop->lock, NULL);
    loop->last = &loop->first;
    loop->event = event;
    loop->source = g_unix_fd_add(event, G_IO_IN, loop_woken, loop);
    return loop;
}

Loop *loop_free(Loop *loop)
{
    if (loop == NULL)
        return NULL;
    loop_run_queued(loop);
    g_source_remove(loop->source);
    close(loop->event);
    pthread_mutex_destroy(&loop->lock);
    g_free(loop);
    return NULL;
}

void loop_post(Loop *loop, LoopItem *item)
{
    pthread_mutex_lock(&loop->lock);
    gboolean wake = loop->first == NULL;
    item->next = NULL;
    *loop->last = item;
    loop->last = &item->next;
    pthread_mutex_unlock(&loop->lock);

    if (wake) {
        guint64 one = 1;
        ssize_t put = write(loop->event, &one, sizeof one);
        (void)put; /* a full counter wakes as well */
    }
}
