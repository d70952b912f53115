/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * directory.c - syncs a directory.
 *
 * Fails with the errors of files. A file system that cannot sync a directory (EINVAL) is taken to
 * keep names by itself.
 */
#include "mailstore/ese/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mailstore/ese/store-error.h"

JET_ERR directory_sync(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return store_error(errno);
    int rc = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return rc == EINVAL ? JET_errSuccess : store_error(rc);
}

JET_ERR directory_sync_of(const char *path)
{
    char *copy = strdup(path);

    if (!copy)
        return JET_errOutOfMemory;
    JET_ERR error = directory_sync(dirname(copy));
    free(copy);
    return error;
}
