/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * open-files.c - the database files this process has open.
 *
 * LMDB keeps its locks by process: the second environment on a file would drop the locks of the
 * first when it closes. The list is therefore the process's, the one mutable global of the store.
 * In a forked child the parent's entries do not count.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/open-files.h"

struct OpenFile {
    OpenFile *next;
    dev_t device;
    ino_t inode;
    pid_t pid;
    int lock_fd; /* -1: not yet opened. Closing it drops this process's locks. */
};

static pthread_mutex_t open_files_mutex = PTHREAD_MUTEX_INITIALIZER;
static OpenFile *open_files;

JET_ERR open_file_add(const struct stat *status, OpenFile **ret)
{
    OpenFile *file = fault_malloc(sizeof *file);
    JET_ERR error = JET_errSuccess;

    if (!file)
        return JET_errOutOfMemory;
    *file = (OpenFile){
        .device = status->st_dev, .inode = status->st_ino, .pid = getpid(), .lock_fd = -1};
    pthread_mutex_lock(&open_files_mutex);
    for (OpenFile *other = open_files; other; other = other->next)
        if (other->device == file->device && other->inode == file->inode && other->pid == file->pid)
            error = JET_errDatabaseSharingViolation;
    if (error == JET_errSuccess) {
        file->next = open_files;
        open_files = file;
        *ret = file;
    } else {
        free(file);
    }
    pthread_mutex_unlock(&open_files_mutex);
    return error;
}

static bool is_listed(const struct stat *status)
{
    for (OpenFile *file = open_files; file; file = file->next)
        if (file->device == status->st_dev && file->inode == status->st_ino &&
            file->pid == getpid())
            return true;
    return false;
}

static int lock_file_open(const char *path)
{
    char *name;

    if (asprintf(&name, "%s-lock", path) < 0)
        return -1;
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    free(name);
    return fd;
}

/* Each process that has the file open holds a lock on the first byte of LMDB's lock file. */
static bool is_locked_elsewhere(int lock_fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};

    return fcntl(lock_fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool open_file_is_used(const char *path, const struct stat *status)
{
    pthread_mutex_lock(&open_files_mutex);
    bool used = is_listed(status);
    /* Only now, as closing it would drop this process's own lock. */
    int fd = used ? -1 : lock_file_open(path);
    if (fd >= 0) {
        used = is_locked_elsewhere(fd);
        close(fd);
    }
    pthread_mutex_unlock(&open_files_mutex);
    return used;
}

bool open_file_is_shared(OpenFile *file, const char *path)
{
    if (file->lock_fd < 0)
        file->lock_fd = lock_file_open(path);
    return file->lock_fd < 0 || is_locked_elsewhere(file->lock_fd);
}

OpenFile *open_file_remove(OpenFile *file)
{
    if (!file)
        return NULL;
    pthread_mutex_lock(&open_files_mutex);
    OpenFile **link = &open_files;
    while (*link != file)
        link = &(*link)->next;
    *link = file->next;
    pthread_mutex_unlock(&open_files_mutex);
    if (file->lock_fd >= 0)
        close(file->lock_fd);
    free(file);
    return NULL;
}
