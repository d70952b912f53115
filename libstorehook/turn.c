/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * turn.c - counts the threads that have a question open, and lets others sleep until one has not.
 *
 * A question takes descriptors: three for its line, one for a content that is long, more at commit.
 * A host with hundreds of threads that write would lose all of its own to us, and what found none
 * left would pass unscanned. More questions than this at once gain nothing: there are no more
 * workers, and a queue of a few.
 *
 * Who comes while others wait waits behind them. Without a lock, and by the kernel's clock
 * (clock.h): all that is shared are two counters and a futex.
 *
 * Known limit: a thread that jumps out of a callback of the store's while it has a turn, and then
 * never updates a row again, keeps it.
 */
#include "libstorehook/turn.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "libstorehook/clock.h"
#include "libstorehook/guard.h"

enum {
    TURNS_MAX = 128,           /* twice the workers there can be */
    DESCRIPTORS_FOR_TURN = 16, /* a quarter of all is for us where each takes four */
    LOOK_US = 100000           /* how long a wake-up that got lost may be missed */
};

static _Atomic unsigned taken;
static _Atomic unsigned waiting;
static _Atomic unsigned limit = TURNS_MAX;

void turn_set_limit(void)
{
    struct rlimit descriptors;
    rlim_t found = TURNS_MAX;

    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur != RLIM_INFINITY)
        found = descriptors.rlim_cur / DESCRIPTORS_FOR_TURN;
    atomic_store(&limit, found < 1 ? 1 : found > TURNS_MAX ? TURNS_MAX : (unsigned)found);
}

static bool try_take(void)
{
    unsigned now = atomic_load(&taken);

    while (now < atomic_load(&limit))
        if (atomic_compare_exchange_weak(&taken, &now, now + 1))
            return true;
    return false;
}

static void sleep_while_full(int64_t left_us)
{
    unsigned now = atomic_load(&taken);
    int64_t turn_us = left_us < LOOK_US ? left_us : LOOK_US;
    struct timespec timeout = {.tv_nsec = turn_us * 1000};

    if (now >= atomic_load(&limit))
        (void)syscall(SYS_futex, &taken, FUTEX_WAIT_PRIVATE, now, &timeout, NULL, 0);
}

static bool wait_and_take(int64_t *budget_us)
{
    int64_t start = clock_now_us(), until = start + *budget_us, now = start;
    bool got;

    atomic_fetch_add(&waiting, 1);
    while (!(got = try_take()) && now < until) {
        sleep_while_full(until - now);
        now = clock_now_us();
    }
    atomic_fetch_sub(&waiting, 1);
    *budget_us -= now - start;
    return got;
}

Turn turn_take(int64_t *budget_us)
{
    if (guard_thread.has_turn)
        return TURN_TAKEN;
    guard_thread.has_turn = atomic_load(&waiting) == 0 && try_take();
    if (guard_thread.has_turn)
        return TURN_TAKEN;
    guard_thread.has_turn = wait_and_take(budget_us);
    return guard_thread.has_turn ? TURN_TAKEN_LATE : TURN_NONE;
}

void turn_give(void)
{
    if (!guard_thread.has_turn)
        return;
    guard_thread.has_turn = false;
    atomic_fetch_sub(&taken, 1);
    if (atomic_load(&waiting) > 0)
        (void)syscall(SYS_futex, &taken, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
