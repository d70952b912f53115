/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-client.c - the direct call of storehook.h.
 */
#include "tests/preload/hook-test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 20000 /* on a loaded machine */
};

static FakeService *service;
static StorehookClient *client;

static void setup(void)
{
    service = fake_service_start(hook_socket);
    ck_assert_int_eq(storehook_client_new(NULL, 0, &client), 0);
}

static void teardown(void)
{
    storehook_client_free(client);
    if (service)
        fake_service_kill(service);
}

START_TEST(verdicts)
{
    StorehookScan scan;

    ck_assert_int_eq(storehook_scan(client, "good", 4, "name.txt", PATIENCE_MS, &scan), 0);
    ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_CLEAN);
    ck_assert_int_eq(scan.action, STOREHOOK_ACTION_PASS);
    ck_assert_str_eq(scan.type, "text/plain");
    ck_assert_int_eq(storehook_scan(client, "EICAR", 5, NULL, PATIENCE_MS, &scan), 0);
    ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_INFECTED);
    ck_assert_str_eq(scan.name, "Eicar");
    ck_assert_str_eq(storehook_verdict_text(scan.verdict), "infected");
    ck_assert_int_eq(storehook_scan(client, NULL, 0, NULL, PATIENCE_MS, &scan), 0);
    ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_CLEAN);
}
END_TEST

static unsigned lane_questions(void)
{
    StorehookScan scan;

    ck_assert_int_eq(storehook_scan(client, "EICAR", 5, NULL, PATIENCE_MS, &scan), 0);
    ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_INFECTED);
    return fake_service_counts(service).lane_questions;
}

START_TEST(lanes)
{
    StorehookScan scan;
    unsigned before;

    fake_service_open_lanes(service, true);
    hook_wait_for(lane_questions() > 0);
    before = lane_questions();
    for (unsigned i = 1; i <= 20; i++)
        ck_assert_uint_eq(lane_questions(), before + i);
    /* With another service they are asked for anew; one that tells nonsense has none. */
    fake_service_kill(service);
    service = NULL;
    ck_assert_int_eq(storehook_scan(client, "good", 4, NULL, 300, &scan), -ECONNREFUSED);
    service = fake_service_start(hook_socket);
    fake_service_behave_at_hello(service, FAKE_GARBLED);
    for (unsigned i = 0; i < 20; i++)
        ck_assert_uint_eq(lane_questions(), 0);
    /* The next client of a service that has them finds them. */
    client = storehook_client_free(client);
    fake_service_behave_at_hello(service, FAKE_CORRECT);
    fake_service_open_lanes(service, true);
    ck_assert_int_eq(storehook_client_new(NULL, 0, &client), 0);
    hook_wait_for(lane_questions() > 0);
}
END_TEST

/* In the datagram, behind it, in a memfd. */
START_TEST(sizes)
{
    static const size_t cases[] = {STOREHOOK_INLINE_MAX, STOREHOOK_INLINE_MAX + 1,
                                   STOREHOOK_TAIL_MAX - 1, STOREHOOK_TAIL_MAX,
                                   STOREHOOK_TAIL_MAX + 1};
    char *data = malloc(STOREHOOK_TAIL_MAX + 1);
    StorehookScan scan;

    memset(data, 'x', STOREHOOK_TAIL_MAX + 1);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(storehook_scan(client, data, cases[i], "name.txt", PATIENCE_MS, &scan), 0);
        ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_CLEAN);
        memcpy(data + cases[i] - 5, "EICAR", 5);
        ck_assert_int_eq(storehook_scan(client, data, cases[i], NULL, PATIENCE_MS, &scan), 0);
        ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_INFECTED);
        memset(data + cases[i] - 5, 'x', 5);
    }
    free(data);
}
END_TEST

START_TEST(datagrams_may_be_short)
{
    char *data = malloc(100000);
    StorehookScan scan;

    memset(data, 'x', 100000);
    memcpy(data + 90000, "EICAR", 5);
    ck_assert_int_eq(storehook_scan(client, "good", 4, NULL, PATIENCE_MS, &scan), 0);
    ck_assert_uint_gt(hook_narrow_sockets(), 0);
    ck_assert_int_eq(storehook_scan(client, data, 100000, NULL, PATIENCE_MS, &scan), 0);
    ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_INFECTED);
    free(data);
}
END_TEST

START_TEST(descriptors)
{
    char path[128], *large = calloc(1, 300000);
    StorehookScan scan;
    int fd, memfd, pipes[2];

    memset(large, 'x', 300000);
    memcpy(large + 250000, "EICAR", 5);
    ck_assert_int_eq(storehook_scan(client, large, 300000, NULL, PATIENCE_MS, &scan), 0);
    ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_INFECTED);
    memfd = storehook_memfd_new(large, 300000);
    ck_assert_int_eq(storehook_scan_descriptor(client, memfd, NULL, PATIENCE_MS, &scan), 0);
    ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_INFECTED);
    snprintf(path, sizeof(path), "%s/file", hook_directory);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(storehook_scan_descriptor(client, fd, NULL, PATIENCE_MS, &scan), 0);
    ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_CLEAN);
    ck_assert_int_eq(write(fd, large, 300000), 300000);
    ck_assert_int_eq(storehook_scan_descriptor(client, fd, NULL, PATIENCE_MS, &scan), 0);
    ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICT_INFECTED);
    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert_int_eq(storehook_scan_descriptor(client, pipes[0], NULL, PATIENCE_MS, &scan),
                     -EINVAL);
    ck_assert_int_eq(storehook_scan_descriptor(client, -1, NULL, PATIENCE_MS, &scan), -EBADF);
    free(large);
}
END_TEST

START_TEST(errors_are_no_verdicts)
{
    static const struct {
        FakeBehaviour behaviour;
        int error;
    } cases[] = {{FAKE_GARBLED, -EPROTO},           {FAKE_OVERSIZED, -EPROTO},
                 {FAKE_WRONG_REQUEST, -ECONNRESET}, {FAKE_WRONG_VERSION, -EPROTO},
                 {FAKE_CLOSING, -ECONNRESET},       {FAKE_SILENT, -ETIMEDOUT}};
    StorehookScan scan = {.verdict = STOREHOOK_VERDICTS};

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake_service_behave(service, cases[i].behaviour);
        ck_assert_int_eq(storehook_scan(client, "good", 4, NULL,
                                        cases[i].error == -ETIMEDOUT ? 100 : PATIENCE_MS, &scan),
                         cases[i].error);
    }
    fake_service_kill(service);
    service = NULL;
    ck_assert_int_eq(storehook_scan(client, "good", 4, NULL, PATIENCE_MS, &scan), -ECONNREFUSED);
    ck_assert_int_eq(scan.verdict, STOREHOOK_VERDICTS);
    service = fake_service_start(hook_socket);
    ck_assert_int_eq(storehook_scan(client, "good", 4, NULL, PATIENCE_MS, &scan), 0);
}
END_TEST

START_TEST(arguments)
{
    StorehookClient *other = NULL;
    char path[300];

    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    ck_assert_int_eq(storehook_client_new(path, 0, &other), -ENAMETOOLONG);
    ck_assert_int_eq(storehook_client_new("/x", 1u << 7, &other), -EINVAL);
    ck_assert_ptr_null(other);
    ck_assert_ptr_null(storehook_client_free(NULL));
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("client");
    TCase *tests = tcase_create("client");

    (void)argc;
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, verdicts);
    tcase_add_test(tests, lanes);
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, datagrams_may_be_short);
    tcase_add_test(tests, descriptors);
    tcase_add_test(tests, errors_are_no_verdicts);
    tcase_add_test(tests, arguments);
    suite_add_tcase(suite, tests);
    return hook_test_main(argv, suite);
}
