/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * open-files.c - the database files this process has open.
 *
 * LMDB keeps its locks by process: the second environment on a file would drop the locks of the
 * first when it closes. The list is therefore the process's, the one mutable global of the store.
 * In a forked child the parent's entries do not count.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/open-files.h"

struct OpenFile {
    OpenFile *next;
    dev_t device;
    ino_t inode;
    pid_t pid;
};

static pthread_mutex_t open_files_mutex = PTHREAD_MUTEX_INITIALIZER;
static OpenFile *open_files;

JET_ERR open_file_add(const struct stat *status, OpenFile **ret)
{
    OpenFile *file = fault_malloc(sizeof *file);
    JET_ERR error = JET_errSuccess;

    if (!file)
        return JET_errOutOfMemory;
    *file = (OpenFile){.device = status->st_dev, .inode = status->st_ino, .pid = getpid()};
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
    free(file);
    return NULL;
}
