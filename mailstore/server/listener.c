/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listener.c - binds, listens, accepts. Fails at start only; when descriptors run out, accepting
 * pauses for a second, so that the loop does not spin.
 */
#include "mailstore/server/listener.h"
#include "mailstore/server/log.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPT_MOST 64 /* connections taken in a turn, before others get theirs */

struct Listener {
    Server *server;
    ServiceKind kind;
    int fd;
    guint source;
    guint pause;
    gboolean is_tls;
    char *socket_path; /* removed at the end */
};

static gboolean listener_ready(gint fd, GIOCondition condition, gpointer data);

static gboolean listener_resume(gpointer data)
{
    Listener *listener = data;

    listener->pause = 0;
    listener->source = g_unix_fd_add(listener->fd, G_IO_IN, listener_ready, listener);
    return G_SOURCE_REMOVE;
}

static gboolean listener_ready(gint fd, GIOCondition condition, gpointer data)
{
    Listener *listener = data;

    (void)condition;
    for (guint i = 0; i < ACCEPT_MOST; i++) {
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client >= 0) {
            int on = 1;
            /* Replies are written whole; waiting for more to send only delays. Not for unix. */
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            server_accept(listener->server, listener->kind, client, listener->is_tls);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warning("accept-paused service=%s reason=\"%s\"",
                        server_service(listener->kind)->name, g_strerror(errno));
            listener->source = 0;
            listener->pause = g_timeout_add_seconds(1, listener_resume, listener);
            return G_SOURCE_REMOVE;
        }
        if (errno != EINTR && errno != ECONNABORTED)
            break;
    }
    return G_SOURCE_CONTINUE;
}

/* Whether a process still answers on a unix socket. */
static gboolean socket_answers(const struct sockaddr *address, socklen_t length)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    gboolean answers = fd >= 0 && connect(fd, address, length) == 0;

    if (fd >= 0)
        close(fd);
    return answers;
}

/* Makes way where a process that was killed left its socket. FALSE, with errno, when something else
 * is there: a wrong path in the configuration must not cost a file. */
static gboolean remove_old_socket(const char *path, const struct sockaddr *address,
                                  socklen_t length)
{
    struct stat status;

    if (lstat(path, &status) < 0)
        return errno == ENOENT;
    if (!S_ISSOCK(status.st_mode)) {
        errno = EEXIST;
        return FALSE;
    }
    if (socket_answers(address, length)) {
        errno = EADDRINUSE;
        return FALSE;
    }
    return unlink(path) == 0;
}

static gboolean listener_bind(Listener *listener, const char *text, GError **error)
{
    struct sockaddr_storage native;
    g_autoptr(GSocketAddress) address = config_parse_address(text, error);
    int on = 1;

    if (address == NULL || !g_socket_address_to_native(address, &native, sizeof native, error))
        return FALSE;
    struct sockaddr *where = (struct sockaddr *)&native;
    socklen_t length = (socklen_t)g_socket_address_get_native_size(address);
    gboolean is_unix = native.ss_family == AF_UNIX;
    listener->fd = socket(native.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0)
        goto failed;
    if (is_unix && !remove_old_socket(text + strlen("unix:"), where, length))
        goto failed;
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener->fd, where, length) < 0)
        goto failed;
    if (is_unix)
        listener->socket_path = g_strdup(text + strlen("unix:"));
    if (listen(listener->fd, SOMAXCONN) == 0)
        return TRUE;
failed : {
    int code = errno;
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "cannot listen on %s: %s",
                text, g_strerror(code));
    return FALSE;
}
}

static void log_address(const Listener *listener, const char *text)
{
    struct sockaddr_storage native;
    socklen_t length = sizeof native;
    g_autofree char *name = NULL;

    if (listener->socket_path == NULL &&
        getsockname(listener->fd, (struct sockaddr *)&native, &length) == 0) {
        g_autoptr(GSocketAddress) address = g_socket_address_new_from_native(&native, length);
        name = g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(address));
    }
    log_info("listening service=%s address=%s%s", server_service(listener->kind)->name,
             name != NULL ? name : text, listener->is_tls ? " tls=yes" : "");
}

Listener *listener_new(Server *server, ServiceKind kind, const char *address, GError **error)
{
    Listener *listener = g_new0(Listener, 1);

    listener->server = server;
    listener->kind = kind;
    listener->fd = -1;
    listener->is_tls = config_address_is_tls(address);
    if (!listener_bind(listener, address, error))
        return listener_free(listener);
    listener->source = g_unix_fd_add(listener->fd, G_IO_IN, listener_ready, listener);
    log_address(listener, address);
    return listener;
}

Listener *listener_free(Listener *listener)
{
    if (listener == NULL)
        return NULL;
    if (listener->source != 0)
        g_source_remove(listener->source);
    if (listener->pause != 0)
        g_source_remove(listener->pause);
    if (listener->fd >= 0)
        close(listener->fd);
    if (listener->socket_path != NULL)
        unlink(listener->socket_path);
    g_free(listener->socket_path);
    g_free(listener);
    return NULL;
}
