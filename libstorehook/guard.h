/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard.h - what surrounds every interposed call: recursion, forks, errno, cancellation.
 */
#ifndef LIBSTOREHOOK_GUARD_H
#define LIBSTOREHOOK_GUARD_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    _Atomic uint32_t alive; /* zeroed by the kernel in a forked child */
} GuardPage;

/* One for each thread. Initial-exec: no allocation, no lock, a fixed offset. */
typedef struct {
    unsigned depth;
    unsigned calls;
    bool has_turn; /* turn.h */
} GuardThread;

extern GuardPage *guard_page;
extern _Thread_local GuardThread guard_thread __attribute__((tls_model("initial-exec")));

/* Called once by the library's constructor. */
void guard_init(void);
/* The first call of this process; false in a process forked after that. */
bool guard_begin_process(void);
/* The process was forked from one that had begun. */
bool guard_is_forked(void);

typedef struct {
    int saved_errno;
    int cancel_state;
} Guard;

/*
 * False when the call is to go straight to the original: it comes from within another interposed
 * call, or this process was forked from a hooked one.
 */
static inline bool guard_enter(void)
{
    if (guard_thread.depth != 0)
        return false;
    if (__builtin_expect(!guard_page ||
                             atomic_load_explicit(&guard_page->alive, memory_order_relaxed) == 0,
                         0) &&
        !guard_begin_process())
        return false;
    guard_thread.depth = 1;
    return true;
}

static inline void guard_leave(void)
{
    guard_thread.depth = 0;
}

/* Around work of our own between guard_enter and guard_leave: keeps errno as the host left it, and
 * the thread from being cancelled while it holds something. */
void guard_work_begin(Guard *guard);
void guard_work_end(const Guard *guard);

#endif /* LIBSTOREHOOK_GUARD_H */
