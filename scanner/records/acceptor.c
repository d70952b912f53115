/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acceptor.c - accepts connections.
 *
 * Nothing here fails. When descriptors or memory run out the peers wait, and accepting is tried
 * again after a second, so that the main loop does not spin.
 */
#include "scanner/records/acceptor.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PAUSE_SECONDS = 1
};

struct Acceptor {
    int fd;
    guint watch, pause;
    AcceptorTaken taken;
    gpointer user_data;
};

static gboolean on_ready(gint fd, GIOCondition condition, gpointer user_data);

static gboolean on_resume(gpointer user_data)
{
    Acceptor *acceptor = user_data;

    acceptor->pause = 0;
    acceptor->watch = g_unix_fd_add(acceptor->fd, G_IO_IN, on_ready, acceptor);
    return G_SOURCE_REMOVE;
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer user_data)
{
    Acceptor *acceptor = user_data;
    int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)condition;
    if (peer >= 0) {
        acceptor->taken(peer, acceptor->user_data);
        return G_SOURCE_CONTINUE;
    }
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
        return G_SOURCE_CONTINUE;
    acceptor->watch = 0;
    acceptor->pause = g_timeout_add_seconds(PAUSE_SECONDS, on_resume, acceptor);
    return G_SOURCE_REMOVE;
}

Acceptor *acceptor_new(int fd, AcceptorTaken taken, gpointer user_data)
{
    Acceptor *acceptor = g_new0(Acceptor, 1);

    acceptor->fd = fd;
    acceptor->taken = taken;
    acceptor->user_data = user_data;
    acceptor->watch = g_unix_fd_add(fd, G_IO_IN, on_ready, acceptor);
    return acceptor;
}

Acceptor *acceptor_free(Acceptor *acceptor)
{
    if (!acceptor)
        return NULL;
    g_clear_handle_id(&acceptor->watch, g_source_remove);
    g_clear_handle_id(&acceptor->pause, g_source_remove);
    close(acceptor->fd);
    g_free(acceptor);
    return NULL;
}
