/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listen.c - locks the socket's path and binds sockets.
 *
 * Fails by LISTEN_ERROR with the path and the reason.
 */
#include "scanner/common/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "libstorehook/protocol.h"

enum {
    LOOKS_MAX = 4096 /* the kernel's default lets 11 wait */
};

G_DEFINE_QUARK(storehook_listen_error, listen_error)

static int refuse(GError **error, const char *path, int fd)
{
    g_set_error(error, LISTEN_ERROR, LISTEN_ERROR_FAILED, "%s: %s", path, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int listen_lock(const char *path, GError **error)
{
    g_autofree char *lock = g_strconcat(path, ".lock", NULL);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return refuse(error, lock, -1);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno != EWOULDBLOCK)
        return refuse(error, lock, fd);
    close(fd);
    g_set_error(error, LISTEN_ERROR, LISTEN_ERROR_BUSY,
                "%s: another storehookd is running on this socket", path);
    return -1;
}

/* Removes the socket that a killed service left behind. FALSE with errno when there is something
 * else: a wrong path in the configuration must not delete a file. */
static gboolean remove_old_socket(const char *path)
{
    struct stat status;

    if (lstat(path, &status) < 0)
        return errno == ENOENT;
    if (S_ISSOCK(status.st_mode))
        return unlink(path) == 0;
    errno = EEXIST;
    return FALSE;
}

ListenPlace listen_place(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 ? (ListenPlace){.device = status.st_dev,
                                                     .inode = status.st_ino,
                                                     .made = status.st_mtim}
                                     : (ListenPlace){0};
}

gboolean listen_is_displaced(const char *path, const ListenPlace *place)
{
    struct stat status;

    if (place->inode == 0)
        return FALSE;
    if (lstat(path, &status) < 0)
        return errno == ENOENT || errno == ENOTDIR;
    return status.st_dev != place->device || status.st_ino != place->inode ||
           status.st_mtim.tv_sec != place->made.tv_sec ||
           status.st_mtim.tv_nsec != place->made.tv_nsec;
}

void listen_remove(const char *path)
{
    (void)remove_old_socket(path);
}

int listen_datagrams(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int on = 1;
    struct stat status;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return refuse(error, path, -1);
    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    if (!remove_old_socket(path))
        return refuse(error, path, fd);
    if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0660) < 0)
        return refuse(error, path, fd);
    /* Whoever may enter the directory by its group may send. */
    if (stat(directory, &status) == 0 && chown(path, (uid_t)-1, status.st_gid) < 0)
        g_debug("%s keeps its group: %s", path, g_strerror(errno));
    return fd;
}

guint listen_queued(int fd)
{
    int offset = 0;
    guint count = 0;
    g_autofree char *room = g_malloc(STOREHOOK_REQUEST_MAX);

    /* SO_PEEK_OFF: each peek continues after the last; nothing is taken, no descriptor either. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)) < 0)
        return 0;
    while (count < LOOKS_MAX && recv(fd, room, STOREHOOK_REQUEST_MAX, MSG_PEEK | MSG_DONTWAIT) >= 0)
        count++;
    offset = -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset));
    return count;
}

guint listen_queue_limit(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/sys/net/unix/max_dgram_qlen", &text, NULL, NULL))
        return 0;
    return (guint)g_ascii_strtoull(text, NULL, 10) +
           1; /* the kernel blocks senders when there are more than that */
}
