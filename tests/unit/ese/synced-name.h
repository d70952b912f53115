/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * synced-name.h - stands before fsync(2): is a name on the disk?
 */
#ifndef TESTS_UNIT_ESE_SYNCED_NAME_H
#define TESTS_UNIT_ESE_SYNCED_NAME_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    const char *path;
    bool synced; /* a directory was, while it was there */
} awaited;

int fsync(int fd)
{
    struct stat status;

    if (awaited.path && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) &&
        access(awaited.path, F_OK) == 0)
        awaited.synced = true;
    return (int)syscall(SYS_fsync, fd);
}

#endif /* TESTS_UNIT_ESE_SYNCED_NAME_H */
