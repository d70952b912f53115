/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * question.c - the processor time of a bare question and its answer between two processes.
 *
 * The question is one datagram of the size asked for, by a connected socket, as the hook sends its
 * own; the answer comes on a pair of the kind that the hook waits on. Nothing is judged, passed
 * along or counted, and the one reader waits. What this takes no code on either side can take away
 * as long as another process judges.
 *
 * Prints microseconds of processor time of both sides together: with both on the first processor,
 * where nothing has to be woken from idleness, which is the least there is; and with one processor
 * for each, where both sleep in between.
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
    QUESTION = 1024, /* a short text */
    ANSWER = 128     /* a clean verdict, with its type */
};

static char bytes[QUESTION];

static double used(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

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

static bool ask(int questions, int answers)
{
    for (int i = 0; i < QUESTIONS; i++)
        if (send(questions, bytes, QUESTION, 0) != QUESTION ||
            recv(answers, bytes, sizeof(bytes), 0) != ANSWER)
            return false;
    return true;
}

static int measure(const char *name, int answerer)
{
    int questions[2], answers[2], status;
    double before = used(RUSAGE_SELF) + used(RUSAGE_CHILDREN);
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, questions) < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, answers) < 0 ||
        (child = fork()) < 0) {
        perror("question");
        return 1;
    }
    if (child == 0) {
        close(questions[0]);
        close(answers[0]);
        _exit(stay_on(answerer) && answer(questions[1], answers[1]) ? 0 : 1);
    }
    close(questions[1]);
    close(answers[1]);
    if (!stay_on(0) || !ask(questions[0], answers[0]) || waitpid(child, &status, 0) != child ||
        status != 0) {
        fprintf(stderr, "question: not asked or not answered\n");
        return 1;
    }
    close(questions[0]);
    close(answers[0]);
    printf("{\"bench\":\"%s\",\"value\":%.2f,\"unit\":\"us\"}\n", name,
           (used(RUSAGE_SELF) + used(RUSAGE_CHILDREN) - before) / QUESTIONS);
    fflush(stdout);
    return 0;
}

int main(void)
{
    int result = measure("question-one-processor", 0);

    if (result == 0 && sysconf(_SC_NPROCESSORS_ONLN) > 1)
        result = measure("question-two-processors", 1);
    return result;
}
