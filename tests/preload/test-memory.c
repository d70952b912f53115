/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-memory.c - each allocation of the hook fails once, then all of them: nothing aborts, nothing
 * is lost, and a row without a verdict is counted.
 *
 * malloc, calloc and realloc are ours here and fail only for callers inside libstorehook.so.
 */
#include "tests/preload/hook-test.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static uintptr_t hook_start, hook_end;
static _Atomic long fail_at = -1; /* counts down; at 0 one fails, below -1 all */
static _Atomic long failed;

static bool fails(const void *caller)
{
    uintptr_t address = (uintptr_t)caller;
    long left = atomic_load(&fail_at);

    if (left == -1 || address < hook_start || address >= hook_end)
        return false;
    if (left >= 0) {
        atomic_store(&fail_at, left - 1);
        if (left > 0)
            return false;
    }
    atomic_fetch_add(&failed, 1);
    return true;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

static int find_hook(struct dl_phdr_info *info, size_t size, void *argument)
{
    (void)size, (void)argument;
    if (!strstr(info->dlpi_name, "libstorehook.so"))
        return 0;
    hook_start = info->dlpi_addr;
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD)
            hook_end = hook_start + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
    return 1;
}

static Host host;
static FakeService *service;
static unsigned delivered;

static void setup(void)
{
    ck_assert_int_eq(dl_iterate_phdr(find_hook, NULL), 1);
    service = fake_service_start(hook_socket);
    host_open(&host, hook_directory);
}

static void teardown(void)
{
    atomic_store(&fail_at, -1);
    host_close(&host);
    host_end();
    fake_service_kill(service);
}

static JET_ERR deliver(const char *word)
{
    char data[64];
    const char *const parts[] = {data, "name", "good", "good", NULL};
    uint64_t id;
    JET_ERR err;

    snprintf(data, sizeof(data), "%s content %u", word, delivered++);
    err = host_deliver(&host, &(HostMessage){"text", parts, false}, &id);
    return err < 0 ? err : host_link(&host, id, 7, delivered);
}

START_TEST(each_allocation_fails_once)
{
    unsigned round = 0;

    for (; round < 400; round++) {
        uint64_t unscanned = hook_status().unscanned, messages = host_count(&host, HOST_MESSAGES);
        JET_ERR err;

        atomic_store(&failed, 0);
        atomic_store(&fail_at, round);
        err = deliver(_i ? "EICAR" : "good");
        atomic_store(&fail_at, -1);
        if (failed == 0)
            break;
        /* A bad message may be deferred, or lie there unscanned; then that is counted. */
        if (_i == 0)
            ck_assert_int_eq(err, 0);
        else
            ck_assert(err == 0 || err == JET_errInstanceUnavailable);
        if (_i == 1 && err == 0 && host_count(&host, HOST_MESSAGES) > messages)
            ck_assert_uint_gt(hook_status().unscanned, unscanned);
    }
    /* There were some, and the last round had none to fail. */
    ck_assert_uint_gt(round, 10);
    ck_assert_uint_lt(round, 400);
}
END_TEST

START_TEST(all_allocations_fail)
{
    ck_assert_int_eq(deliver("good"), 0);
    atomic_store(&fail_at, -2);
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(deliver("EICAR"), 0);
    atomic_store(&fail_at, -1);
    ck_assert_uint_ge(hook_status().unscanned, 20 * 4);
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 21);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");

    (void)argc;
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, each_allocation_fails_once, 0, 2);
    tcase_add_test(tests, all_allocations_fail);
    suite_add_tcase(suite, tests);
    return hook_test_main(argv, suite);
}
