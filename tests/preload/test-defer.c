/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-defer.c - STOREHOOK_ON_UNAVAILABLE=defer: without an answer judged rows wait.
 */
#include "tests/preload/hook-test.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

START_TEST(defers_while_nobody_is_there)
{
    FakeService *service = fake_service_start(hook_socket);
    const HostColumn row[] = {{"data", "x", 1}};
    uint64_t id;
    Host host;

    host_open(&host, hook_directory);
    ck_assert_int_eq(host_deliver(&host, &(HostMessage){"good", NULL, false}, &id), 0);
    /* Stopped on purpose is not unavailable. */
    fake_service_enable(service, false);
    ck_assert_int_eq(host_deliver(&host, &(HostMessage){"good", NULL, false}, &id), 0);
    ck_assert_uint_eq(hook_status().unscanned, 1);
    fake_service_enable(service, true);
    fake_service_kill(service);
    ck_assert_int_eq(host_deliver(&host, &(HostMessage){"good", NULL, false}, &id),
                     JET_errInstanceUnavailable);
    ck_assert_int_eq(host_insert(&host, HOST_OTHER, row, 1, NULL), 0);
    ck_assert_uint_eq(hook_status().unscanned, 1);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 2);
    service = fake_service_start(hook_socket);
    hook_look_until(&host, STOREHOOK_STATE_HOOKED);
    ck_assert_int_eq(host_deliver(&host, &(HostMessage){"good", NULL, false}, &id), 0);
    host_close(&host);
    host_end();
    fake_service_kill(service);
}
END_TEST

/* A content may be what makes the service fail; by that it is not to get past it. */
static const FakeBehaviour failures[] = {FAKE_SILENT, FAKE_CLOSING, FAKE_GARBLED};

START_TEST(defers_what_gets_no_answer)
{
    FakeService *service = fake_service_start(hook_socket);
    uint64_t id;
    Host host;

    fake_service_set_deadline(service, 1000);
    host_open(&host, hook_directory);
    ck_assert_int_eq(host_deliver(&host, &(HostMessage){"good", NULL, false}, &id), 0);
    fake_service_behave(service, failures[_i]);
    ck_assert_int_eq(host_deliver(&host, &(HostMessage){"EICAR", NULL, false}, &id),
                     JET_errInstanceUnavailable);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    host_close(&host);
    host_end();
    fake_service_kill(service);
}
END_TEST

static Host other;
static JET_ERR said; /* to the callback */

static JET_ERR write_another(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP type,
                             void *one, void *two, void *context, JET_API_PTR unused)
{
    const HostTable *table = context;
    const HostColumn columns[] = {{*table == HOST_MESSAGES ? "text" : "data", "EICAR", 5}};

    (void)sesid, (void)dbid, (void)tableid, (void)type, (void)one, (void)two, (void)unused;
    said = host_insert(&other, *table, columns, 1, NULL);
    return 0;
}

START_TEST(defers_what_a_callback_writes)
{
    FakeService *service = fake_service_start(hook_socket);
    JET_ERR(*store_register)
    (JET_SESID, JET_TABLEID, JET_CBTYP, JET_CALLBACK, void *, JET_HANDLE *) =
        dlsym(RTLD_DEFAULT, "JetRegisterCallback");
    HostTable table = HOST_MESSAGES;
    JET_HANDLE handle;
    uint64_t id;
    Host host;

    host_open(&host, hook_directory);
    host_open(&other, hook_directory);
    ck_assert_ptr_nonnull(store_register);
    ck_assert_int_ge(store_register(host.sesid, host.tables[HOST_ENTRIES], JET_cbtypBeforeInsert,
                                    write_another, &table, &handle),
                     0);
    ck_assert_int_eq(host_deliver(&host, &(HostMessage){"good", NULL, false}, &id), 0);
    ck_assert_int_eq(host_link(&host, id, 7, 1), 0);
    ck_assert_int_eq(said, JET_errInstanceUnavailable);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    /* Not what is not judged, and not while protection is switched off. */
    table = HOST_OTHER;
    ck_assert_int_eq(host_link(&host, id, 8, 1), 0);
    ck_assert_int_eq(said, 0);
    table = HOST_MESSAGES;
    fake_service_enable(service, false);
    ck_assert_int_eq(host_link(&host, id, 9, 1), 0);
    ck_assert_int_eq(said, 0);
    ck_assert_uint_eq(hook_status().unscanned, 1);
    host_close(&other);
    host_close(&host);
    host_end();
    fake_service_kill(service);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("defer");
    TCase *tests = tcase_create("defer");

    (void)argc;
    setenv("STOREHOOK_ON_UNAVAILABLE", "defer", 1);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, defers_while_nobody_is_there);
    tcase_add_loop_test(tests, defers_what_gets_no_answer, 0, sizeof(failures) / sizeof(*failures));
    tcase_add_test(tests, defers_what_a_callback_writes);
    suite_add_tcase(suite, tests);
    return hook_test_main(argv, suite);
}
