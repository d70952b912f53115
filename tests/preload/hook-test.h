/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook-test.h - what the hook's test programs share: a directory, a socket in the environment.
 */
#ifndef TESTS_PRELOAD_HOOK_TEST_H
#define TESTS_PRELOAD_HOOK_TEST_H

#include <check.h>

#include "libstorehook/storehook.h"
#include "tests/preload/fake-service.h"
#include "tests/preload/store-host.h"

extern char hook_directory[64];
extern char hook_socket[100];

/* Runs the suite with STOREHOOK_SOCKET set, for the library read it when it was loaded. */
int hook_test_main(char **arguments, Suite *suite);
StorehookStatus hook_status(void);
double hook_now(void);
/* All of this process, as with net.core.wmem_default lowered; returns how many. */
unsigned hook_narrow_sockets(void);
/* Makes the hook look for its service until it is in this state, by a row that is prepared and
 * given up: a busy machine takes more than the second, or tenth of one, that a handshake may. */
void hook_look_until(const Host *host, StorehookState state);
/* Waits for the service to have seen something; at most as long as nothing but a fault takes. */
#define hook_wait_for(condition)                                                                   \
    do {                                                                                           \
        double until_ = hook_now() + 20;                                                           \
        while (!(condition) && hook_now() < until_)                                                \
            usleep(1000);                                                                          \
        ck_assert(condition);                                                                      \
    } while (0)

#endif
