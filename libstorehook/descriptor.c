/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * descriptor.c - remembers device and inode of each descriptor and asks before it is used.
 *
 * The host may close every number it does not know and open files of its own; writing to such a
 * file, or closing it, would be our fault. The check is one fstat.
 *
 * Known limit: between the check and the use another thread may still close and reuse the number.
 */
#include "libstorehook/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOWEST_LONG_LIVED = 32 /* above what small hosts hand out and count on */
};

Descriptor descriptor_take(int fd)
{
    struct stat status;

    if (fd < 0)
        return DESCRIPTOR_NONE;
    if (fstat(fd, &status) < 0) {
        close(fd);
        return DESCRIPTOR_NONE;
    }
    return (Descriptor){.fd = fd, .device = status.st_dev, .inode = status.st_ino};
}

Descriptor descriptor_take_high(int fd)
{
    int high;

    if (fd < 0)
        return DESCRIPTOR_NONE;
    high = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_LONG_LIVED);
    if (high < 0)
        high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    return descriptor_take(high);
}

bool descriptor_is_ours(const Descriptor *descriptor)
{
    struct stat status;

    return descriptor->fd >= 0 && fstat(descriptor->fd, &status) == 0 &&
           status.st_dev == descriptor->device && status.st_ino == descriptor->inode;
}

void descriptor_close(Descriptor *descriptor)
{
    if (descriptor_is_ours(descriptor))
        close(descriptor->fd);
    *descriptor = DESCRIPTOR_NONE;
}
