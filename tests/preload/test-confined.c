/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-confined.c - a store that gives up its rights while it runs: what it writes passes, and the
 * service learns that it does.
 */
#include "tests/preload/hook-test.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    ROWS = 3 /* judged rows of the delivery below: content, message, link */
};

static Host host;
static FakeService *service;

static void setup(void)
{
    service = fake_service_start(hook_socket);
    host_open(&host, hook_directory);
}

static void teardown(void)
{
    host_close(&host);
    host_end();
    fake_service_kill(service);
}

static JET_ERR deliver(const char *word)
{
    static unsigned delivered;
    char data[64];
    const char *const parts[] = {data, "name", NULL};
    uint64_t id;

    snprintf(data, sizeof(data), "%s content %u", word, delivered++);
    return host_deliver(&host, &(HostMessage){"text", parts, false}, &id);
}

static uint64_t total(StorehookReason reason)
{
    return fake_service_counts(service).totals[reason];
}

/* As for a store that gave up its rights, or changed its root: a line that is lost is not made
 * again, but the supervisor learns of it, and that what is written is not scanned. */
START_TEST(out_of_reach)
{
    const char *const suffixes[] = {"", STOREHOOK_SUFFIX_STORE};
    uint64_t passed;

    ck_assert_int_eq(deliver("good"), 0);
    for (unsigned i = 0; i < 2; i++) {
        char path[256];

        snprintf(path, sizeof(path), "%s%s", hook_socket, suffixes[i]);
        ck_assert_int_eq(unlink(path), 0);
    }
    fake_service_behave(service, FAKE_CLOSING);
    ck_assert_int_eq(deliver("EICAR"), 0);
    fake_service_behave(service, FAKE_CORRECT);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(deliver("EICAR"), 0);
        ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_NOT_CONNECTED);
        usleep(150000); /* until the next handshake is due */
    }
    passed = hook_status().unscanned;
    ck_assert_uint_ge(passed, 2 * ROWS + 1);
    hook_wait_for(total(STOREHOOK_REASON_UNAVAILABLE) + total(STOREHOOK_REASON_CRASH) == passed);
    ck_assert_uint_eq(fake_service_counts(service).unhooked, STOREHOOK_UNHOOKED_REACH);
}
END_TEST

/* As by a host's own filter, in this thread. */
static void refuse(uint32_t call, uint32_t error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* A store that lets itself send no descriptors any more still tells that nothing is scanned. */
START_TEST(sendmsg_is_refused)
{
    const uint32_t errors[] = {EPERM, EACCES, ENOSYS};
    double until = hook_now() + 20;

    ck_assert_int_eq(deliver("good"), 0);
    refuse(SYS_sendmsg, errors[_i % 3]);
    if (_i >= 3)
        refuse(SYS_sendto, errors[_i % 3]);
    do {
        ck_assert_int_eq(deliver("EICAR"), 0);
        usleep(50000);
    } while (fake_service_counts(service).unhooked != STOREHOOK_UNHOOKED_REACH &&
             hook_now() < until);
    ck_assert_uint_eq(fake_service_counts(service).unhooked, STOREHOOK_UNHOOKED_REACH);
    ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_NOT_CONNECTED);
    hook_wait_for(total(STOREHOOK_REASON_UNAVAILABLE) == hook_status().unscanned);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("confined");
    TCase *tests = tcase_create("confined");

    (void)argc;
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, out_of_reach);
    tcase_add_loop_test(tests, sendmsg_is_refused, 0, 6);
    suite_add_tcase(suite, tests);
    return hook_test_main(argv, suite);
}
