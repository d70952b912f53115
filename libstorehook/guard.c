/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guard.c - tells nested calls and forked processes apart, and keeps the host's errno.
 *
 * A fork is seen without a system call a call: the page is one that the kernel gives zeroed to a
 * child (MADV_WIPEONFORK), and a fork handler does the same where the kernel cannot. A child of a
 * process that had not called the store yet starts afresh and is hooked (a daemon that detaches);
 * a child of a hooked one passes everything on, for the locks and tables it inherited are in an
 * unknown state, and a store's files must not be used across a fork anyway.
 *
 * Known limits: a raw clone(2) that shares no memory and a kernel before 4.14 together hide a fork.
 * A thread that leaves an original function without its return, cancelled or by a longjmp or an
 * exception out of a callback, is taken to be within it from then on: what it still calls goes
 * straight on, and is counted. To undo that would need the unwinder, which this library does
 * without; the store's own locks are no better off.
 */
#include "libstorehook/guard.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libstorehook/originals.h"

GuardPage *guard_page;
_Thread_local GuardThread guard_thread __attribute__((tls_model("initial-exec")));

static _Atomic bool begun;

static void forked(void)
{
    guard_thread.depth = 0;
    if (guard_page)
        atomic_store(&guard_page->alive, 0);
}

void guard_init(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page;

    if (guard_page)
        return;
    page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return;
    madvise(page, size, MADV_WIPEONFORK);
    pthread_atfork(NULL, NULL, forked);
    guard_page = page;
}

bool guard_begin_process(void)
{
    if (!guard_page)
        return false;
    if (atomic_load(&begun))
        return atomic_load(&guard_page->alive) != 0;
    originals_settle();
    /* In this order: a thread that reads `begun` must find the process alive. */
    atomic_store(&guard_page->alive, 1);
    atomic_store(&begun, true);
    return true;
}

bool guard_is_forked(void)
{
    return atomic_load(&begun) && (!guard_page || atomic_load(&guard_page->alive) == 0);
}

void guard_work_begin(Guard *guard)
{
    guard->saved_errno = errno;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &guard->cancel_state);
}

void guard_work_end(const Guard *guard)
{
    pthread_setcancelstate(guard->cancel_state, NULL);
    errno = guard->saved_errno;
}
