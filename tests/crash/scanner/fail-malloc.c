/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail-malloc.c - preloaded: makes one allocation of a forked process fail.
 *
 * STOREHOOK_FAIL_MALLOC names a file of one 64-bit number that is mapped shared. Set to n by a
 * test, it is counted down by each allocation in a process that was forked without an exec (a
 * worker), and the one that makes it 0 returns NULL. At 0 or below all is as ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic int64_t *countdown;
static bool is_worker;

static void on_fork(void)
{
    is_worker = true;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("STOREHOOK_FAIL_MALLOC");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map;

    if (fd < 0)
        return;
    map = mmap(NULL, sizeof(*countdown), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        abort();
    countdown = map;
    pthread_atfork(NULL, NULL, on_fork);
}

static bool fails(void)
{
    if (!is_worker || !countdown || atomic_load(countdown) <= 0 ||
        atomic_fetch_sub(countdown, 1) != 1)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    void *memory = fails() ? NULL : __libc_memalign(alignment, size);

    if (!memory)
        return ENOMEM;
    *ret = memory;
    return 0;
}
