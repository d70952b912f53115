/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook-test.c - see hook-test.h.
 */
#include "tests/preload/hook-test.h"
#include "tests/run-suite.h"
#include "tests/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

char hook_directory[64];
char hook_socket[100];

int hook_test_main(char **arguments, Suite *suite)
{
    const char *directory = getenv("HOOK_TEST_DIRECTORY");
    bool failed;

    if (!directory) {
        snprintf(hook_directory, sizeof(hook_directory), "%s/hook-test-XXXXXX",
                 scratch_directory());
        if (!mkdtemp(hook_directory))
            return 1;
        snprintf(hook_socket, sizeof(hook_socket), "%s/s", hook_directory);
        setenv("HOOK_TEST_DIRECTORY", hook_directory, 1);
        setenv("STOREHOOK_SOCKET", hook_socket, 1);
        execv("/proc/self/exe", arguments);
        return 1;
    }
    snprintf(hook_directory, sizeof(hook_directory), "%s", directory);
    snprintf(hook_socket, sizeof(hook_socket), "%s/s", hook_directory);
    failed = run_suite(suite) != EXIT_SUCCESS;
    return scratch_remove(hook_directory) && !failed ? 0 : 1;
}

StorehookStatus hook_status(void)
{
    StorehookStatus status;

    storehook_status(&status);
    return status;
}

void hook_look_until(const Host *host, StorehookState state)
{
    JET_TABLEID messages = host->tables[HOST_MESSAGES];
    double until = hook_now() + 20;

    do {
        ck_assert_int_eq(JetPrepareUpdate(host->sesid, messages, JET_prepInsert), 0);
        ck_assert_int_eq(JetPrepareUpdate(host->sesid, messages, JET_prepCancel), 0);
        usleep(20000);
    } while (hook_status().state != state && hook_now() < until);
    ck_assert_int_eq(hook_status().state, state);
}

unsigned hook_narrow_sockets(void)
{
    int least = 1, type;
    unsigned count = 0;
    socklen_t size;

    for (int fd = 0; fd < 256; fd++) {
        size = sizeof(type);
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM &&
            setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)) == 0)
            count++;
    }
    return count;
}

double hook_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
