/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail-disk.c - preloaded: makes the calls fail by which LMDB writes to disk.
 *
 * STOREHOOK_FAIL_DISK names a file of four 64-bit numbers that is mapped shared: which call (1:
 * pwrite and writev, 2: fdatasync, 0: none), how many of them pass before one fails, whether all
 * fail from then on, and the errno; 0 stands for a short write. A test writes them, the call last.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    CALL_WRITE = 1,
    CALL_SYNC
};

typedef struct {
    _Atomic int64_t call, left, lasts, code;
} Plan;

static Plan *plan;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("STOREHOOK_FAIL_DISK");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map;

    if (fd < 0)
        return;
    map = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        abort();
    plan = map;
}

static bool fails(int64_t call)
{
    if (!plan || atomic_load(&plan->call) != call || atomic_fetch_sub(&plan->left, 1) > 0)
        return false;
    if (!atomic_load(&plan->lasts))
        atomic_store(&plan->call, 0);
    errno = (int)atomic_load(&plan->code);
    return true;
}

/* By their plain names: the headers rename pwrite where off_t was once 32 bits wide. */
ssize_t pwrite_here(int fd, const void *data, size_t size, off_t offset) __asm__("pwrite");
ssize_t writev_here(int fd, const struct iovec *parts, int count) __asm__("writev");
int fdatasync_here(int fd) __asm__("fdatasync");

ssize_t pwrite_here(int fd, const void *data, size_t size, off_t offset)
{
    if (fails(CALL_WRITE)) {
        if (errno != 0)
            return -1;
        size /= 2;
    }
    return syscall(SYS_pwrite64, fd, data, size, offset);
}

/* LMDB writes neighbouring pages with one call. */
ssize_t writev_here(int fd, const struct iovec *parts, int count)
{
    if (fails(CALL_WRITE))
        return errno != 0 ? -1 : syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2);
    return syscall(SYS_writev, fd, parts, count);
}

int fdatasync_here(int fd)
{
    return fails(CALL_SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}
