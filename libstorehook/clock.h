/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * clock.h - real elapsed time, asked of the kernel.
 */
#ifndef LIBSTOREHOOK_CLOCK_H
#define LIBSTOREHOOK_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Microseconds. Not by clock_gettime(): with libfaketime before us that may stand still, and a
 * deadline by it would never come. */
static inline int64_t clock_now_us(void)
{
    struct timespec now;

    if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) < 0)
        return 0;
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif /* LIBSTOREHOOK_CLOCK_H */
