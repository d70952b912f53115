/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * question.c - the processor time of a bare question and its answer between two processes.
 *
 * The question is one datagram of the size asked for, by a connected socket, as the hook sends its
 * own; the answer comes on a pair of the kind that the hook waits on. Nothing is judged, passed
 * along or counted, and the one reader waits. What this takes no code on either side can take away
 * as long as another process judges.
 *
 * question SIZE PROCESSORS prints microseconds of both sides together, from start to end of both.
 * PROCESSORS is 1: both sides share the first, and nothing has to be woken from idleness, which is
 * the least there is; or 2: each has one of its own, and both sleep in between.
 */
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    QUESTIONS = 20000,
    ANSWER = 128, /* a clean verdict, with its type */
    SIZE_MAX_ASKED = 65536
};

static char bytes[SIZE_MAX_ASKED];

static double used(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* False: this machine has no such processor, or we may not have it. */
static bool stay_on(int processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0;
}

static bool answer(int questions, int answers)
{
    for (int i = 0; i < QUESTIONS; i++)
        if (recv(questions, bytes, sizeof(bytes), 0) <= 0 ||
            send(answers, bytes, ANSWER, 0) != ANSWER)
            return false;
    return true;
}

static bool ask(int questions, int answers, size_t size)
{
    for (int i = 0; i < QUESTIONS; i++)
        if (send(questions, bytes, size, 0) != (ssize_t)size ||
            recv(answers, bytes, sizeof(bytes), 0) != ANSWER)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    size_t size = argc == 3 ? (size_t)atol(argv[1]) : 0;
    int questions[2], answers[2], status;
    bool apart = argc == 3 && strcmp(argv[2], "2") == 0;
    pid_t child;

    if (size == 0 || size > sizeof(bytes)) {
        fprintf(stderr, "usage: question SIZE 1|2\n");
        return 2;
    }
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, questions) < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, answers) < 0 ||
        (child = fork()) < 0) {
        perror("question");
        return 1;
    }
    if (child == 0) {
        close(questions[0]);
        close(answers[0]);
        _exit(stay_on(apart) && answer(questions[1], answers[1]) ? 0 : 1);
    }
    close(questions[1]);
    close(answers[1]);
    if (!stay_on(0) || !ask(questions[0], answers[0], size) ||
        waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "question: not asked or not answered\n");
        return 1;
    }
    printf("%.3f\n", (used(RUSAGE_SELF) + used(RUSAGE_CHILDREN)) / QUESTIONS);
    return 0;
}
