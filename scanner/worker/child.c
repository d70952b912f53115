/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child.c - kills a worker, and reads from /proc/PID/schedstat how long it waited for a processor.
 *
 * Nothing here fails: where the kernel does not say, the time is 0.
 *
 * Known limit: time that a hypervisor took away (steal) counts as time on a processor.
 */
#include "scanner/worker/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    RETRY_FIRST_MICROSECONDS = 20000, /* after a worker that served no request; doubled each time */
    RETRY_MOST_MICROSECONDS = 640000,
    SCHEDSTAT_SIZE = 3 * 21 /* three numbers of 64 bits */
};

void child_back_off(Child *child)
{
    child->retry = CLAMP(2 * child->retry, RETRY_FIRST_MICROSECONDS, RETRY_MOST_MICROSECONDS);
    child->not_before = board_now() + child->retry;
}

/* Of the only thread. The file has three numbers: nanoseconds on a processor, nanoseconds waiting
 * for one, time slices. */
static guint64 waited_until_now(pid_t pid)
{
    char path[64], text[SCHEDSTAT_SIZE + 1] = "", *rest = text;
    int fd;

    g_snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (read(fd, text, SCHEDSTAT_SIZE) > 0)
        (void)g_ascii_strtoull(text, &rest, 10);
    close(fd);
    return g_ascii_strtoull(rest, NULL, 10) / 1000;
}

void child_look(Child *child, const BoardWorker *slot)
{
    guint64 busy = slot->busy;

    if (busy != child->busy)
        child->waited_before = child->waited;
    child->busy = busy;
    child->waited = waited_until_now(child->pid);
}

void child_kill(Child *child, ChildKilled why)
{
    child->killed = why;
    child->killed_at = board_now();
    kill(child->pid, SIGKILL);
}

static guint64 waited_in_request(const Child *child)
{
    return child->waited - child->waited_before;
}

/* The kernel counts a wait only when it is over; if the worker never got a processor, that is when
 * it dies. The time since it was killed does not count. */
void child_died(Child *child, const BoardWorker *slot)
{
    guint64 dying, waited;

    if (child->killed != CHILD_LATE)
        return;
    dying = board_now() - child->killed_at;
    waited = waited_until_now(child->pid);
    child->waited = MAX(child->waited, waited - MIN(waited, dying));
    if (2 * waited_in_request(child) > slot->end - child->busy)
        child->killed = CHILD_STARVED;
}

/* A kill from outside says nothing about the content. A deadline does only when client and machine
 * left enough time: else a client that grants next to none could have any content condemned. */
gboolean child_blames_content(const Child *child, const BoardWorker *slot, guint deadline,
                              int status)
{
    if (child->killed == CHILD_LATE)
        return slot->end - slot->busy >= waited_in_request(child) + (guint64)deadline * 1000 / 2;
    return child->killed == CHILD_NOT_KILLED && WIFSIGNALED(status) &&
           WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGTERM;
}

void child_tell_end(const Child *child, int status, BoardCounts *counts, char *text, gsize size)
{
    static const char *const reasons[] = {
        [CHILD_LATE] = "deadline", [CHILD_STARVED] = "no processor", [CHILD_STOPPED] = "stopped"};

    if (child->killed == CHILD_LATE)
        board_count(&counts->workers_timed_out);
    else if (child->killed == CHILD_STARVED)
        board_count(&counts->workers_starved);
    else if (child->killed == CHILD_STOPPED || WIFSIGNALED(status))
        board_count(&counts->workers_crashed);
    if (child->killed != CHILD_NOT_KILLED)
        g_strlcpy(text, reasons[child->killed], size);
    else if (WIFSIGNALED(status))
        g_snprintf(text, size, "signal %d", WTERMSIG(status));
    else
        g_snprintf(text, size, "exit %d", WEXITSTATUS(status));
}
