/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-memory.c - each allocation of the hook fails once, then all of them; then each of its own
 * calls to the store: nothing aborts, nothing is lost, and a row without a verdict is counted, or
 * waits with STOREHOOK_ON_UNAVAILABLE=defer.
 *
 * malloc, calloc and realloc are ours here and fail only for callers inside libstorehook.so. The
 * calls fail in functions that take the place of the store's in the hook's table of originals.
 */
#include "tests/preload/hook-test.h"

#include "libstorehook/originals.h"

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
static JET_ERR fail_by = JET_errOutOfMemory;

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

/* --- Calls to the store --------------------------------------------------------------- */

static void *store_calls[ORIGINAL_COUNT];

/* One of the hook's own, as opposed to the host's that it passes on. */
static bool call_fails(void)
{
    return fails((const void *)hook_start);
}

#define FAILING(name, parameters, ...)                                                             \
    static JET_ERR failing_##name parameters                                                       \
    {                                                                                              \
        JET_ERR(*store) parameters = (JET_ERR(*) parameters)store_calls[ORIGINAL_##name];          \
                                                                                                   \
        return call_fails() ? fail_by : store(__VA_ARGS__);                                        \
    }

FAILING(JetOpenTable,
        (JET_SESID sesid, JET_DBID dbid, JET_PCSTR name, const void *parameters, uint32_t size,
         JET_GRBIT grbit, JET_TABLEID *ret),
        sesid, dbid, name, parameters, size, grbit, ret)
FAILING(JetGetTableInfo,
        (JET_SESID sesid, JET_TABLEID tableid, void *ret, uint32_t size, uint32_t level), sesid,
        tableid, ret, size, level)
FAILING(JetGetTableColumnInfo,
        (JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR name, void *ret, uint32_t size,
         uint32_t level),
        sesid, tableid, name, ret, size, level)
FAILING(JetGetTableIndexInfo,
        (JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR name, void *ret, uint32_t size,
         uint32_t level),
        sesid, tableid, name, ret, size, level)
FAILING(JetGetBookmark,
        (JET_SESID sesid, JET_TABLEID tableid, void *ret, uint32_t size, uint32_t *actual), sesid,
        tableid, ret, size, actual)
FAILING(JetGotoBookmark, (JET_SESID sesid, JET_TABLEID tableid, void *bookmark, uint32_t size),
        sesid, tableid, bookmark, size)
FAILING(JetMakeKey,
        (JET_SESID sesid, JET_TABLEID tableid, const void *data, uint32_t size, JET_GRBIT grbit),
        sesid, tableid, data, size, grbit)
FAILING(JetSeek, (JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit), sesid, tableid, grbit)
FAILING(JetSetColumn,
        (JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID column, const void *data, uint32_t size,
         JET_GRBIT grbit, JET_SETINFO *info),
        sesid, tableid, column, data, size, grbit, info)
FAILING(JetRetrieveColumn,
        (JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID column, void *ret, uint32_t size,
         uint32_t *actual, JET_GRBIT grbit, JET_RETINFO *info),
        sesid, tableid, column, ret, size, actual, grbit, info)

static bool delete_fails; /* alone */

static JET_ERR failing_JetDelete(JET_SESID sesid, JET_TABLEID tableid)
{
    JET_ERR(*store)
    (JET_SESID sesid, JET_TABLEID tableid) =
        (JET_ERR(*)(JET_SESID, JET_TABLEID))store_calls[ORIGINAL_JetDelete];

    return delete_fails || call_fails() ? fail_by : store(sesid, tableid);
}

static void fail_calls(bool fail)
{
    static const struct {
        OriginalIndex index;
        void *function;
    } failing[] = {
#define X(name) {ORIGINAL_##name, (void *)failing_##name}
        X(JetOpenTable),         X(JetGetTableInfo), X(JetGetTableColumnInfo),
        X(JetGetTableIndexInfo), X(JetGetBookmark),  X(JetGotoBookmark),
        X(JetMakeKey),           X(JetSeek),         X(JetSetColumn),
        X(JetRetrieveColumn),    X(JetDelete)
#undef X
    };
    Originals *table = dlsym(RTLD_DEFAULT, "storehook_originals");

    ck_assert_ptr_nonnull(table);
    for (unsigned i = 0; i < sizeof(failing) / sizeof(failing[0]); i++) {
        OriginalIndex index = failing[i].index;

        if (fail)
            store_calls[index] = atomic_load(&table->table[index]);
        atomic_store(&table->table[index], fail ? failing[i].function : store_calls[index]);
    }
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
static bool defers;

static void setup(void)
{
    defers = getenv("STOREHOOK_ON_UNAVAILABLE") != NULL;
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
        if (_i == 0 && !defers)
            ck_assert_int_eq(err, 0);
        else
            ck_assert(err == 0 || err == JET_errInstanceUnavailable);
        if (_i == 1 && err == 0 && host_count(&host, HOST_MESSAGES) > messages)
            ck_assert_uint_gt(hook_status().unscanned, unscanned);
        if (defers)
            ck_assert_uint_eq(hook_status().unscanned, unscanned);
    }
    /* There were some, and the last round had none to fail. */
    ck_assert_uint_gt(round, 10);
    ck_assert_uint_lt(round, 400);
}
END_TEST

/* A content that nobody judged when it came. */
static void store_unscanned(const char *data)
{
    const char *const parts[] = {data, "name", NULL};
    uint64_t id;

    fake_service_enable(service, false);
    ck_assert_int_eq(host_deliver(&host, &(HostMessage){"text", parts, false}, &id), 0);
    fake_service_enable(service, true);
}

/* A message with a link to a content that is there: it is judged by its bytes. */
static JET_ERR deliver_link(Host *other, const char *data)
{
    unsigned char digest[STOREHOOK_DIGEST_SIZE];
    uint64_t message = 0;
    const HostColumn text[] = {{"text", "again", 5}};
    const HostColumn link[] = {
        {"message", &message, 8}, {"name", "a.exe", 5}, {"digest", digest, 32}};
    JET_ERR err = JetBeginTransaction(other->sesid);

    fake_digest(data, strlen(data), digest);
    if (err >= 0)
        err = host_insert(other, HOST_MESSAGES, text, 1, &message);
    if (err >= 0)
        err = host_insert(other, HOST_ATTACHMENTS, link, 3, NULL);
    if (err >= 0)
        err = JetCommitTransaction(other->sesid, 0);
    if (err < 0)
        ck_assert_int_ge(JetRollback(other->sesid, JET_bitRollbackAll), 0);
    return err;
}

/* By a session of its own, so that the hook must learn its cursors. */
static JET_ERR deliver_failing(int way, const char *data, unsigned round)
{
    const char *const parts[] = {data, "name", NULL};
    const HostMessage text = {data, NULL, false}, content = {"text", parts, false};
    uint64_t id;
    Host other;
    JET_ERR err;

    host_open(&other, hook_directory);
    atomic_store(&failed, 0);
    fail_calls(true);
    atomic_store(&fail_at, round);
    err = way == 2 ? deliver_link(&other, data)
                   : host_deliver(&other, way == 0 ? &text : &content, &id);
    atomic_store(&fail_at, -1);
    fail_calls(false);
    host_close(&other);
    return err;
}

/* The first three with no memory, the others with no disk. */
START_TEST(each_call_to_the_store_fails_once)
{
    int way = _i % 3;
    unsigned round = 0;

    fail_by = _i < 3 ? JET_errOutOfMemory : JET_errDiskIO;
    for (; round < 400; round++) {
        uint64_t unscanned, messages;
        char data[64];
        JET_ERR err;

        snprintf(data, sizeof(data), "EICAR %u", round);
        if (way == 2)
            store_unscanned(data);
        unscanned = hook_status().unscanned;
        messages = host_count(&host, HOST_MESSAGES);
        err = deliver_failing(way, data, round);
        if (failed == 0)
            break;
        ck_assert_msg(err == 0 || err == JET_errInstanceUnavailable ||
                          err == JET_errPermissionDenied,
                      "round %u: %d", round, err);
        if (err == 0 && host_count(&host, HOST_MESSAGES) > messages)
            ck_assert_msg(!defers && hook_status().unscanned > unscanned,
                          "round %u passed uncounted", round);
    }
    /* There were some, and the last round had none to fail. */
    ck_assert_uint_gt(round, 10);
    ck_assert_uint_lt(round, 400);
}
END_TEST

static JET_ERR commit_failing(unsigned round)
{
    JET_ERR err;

    atomic_store(&failed, 0);
    fail_calls(true);
    atomic_store(&fail_at, round);
    err = JetCommitTransaction(host.sesid, 0);
    atomic_store(&fail_at, -1);
    fail_calls(false);
    return err;
}

/* Where a message cannot be dropped the commit is deferred, and the next one drops what is left. */
START_TEST(a_deferred_commit_is_tried_again)
{
    const HostColumn text[] = {{"text", "EICAR", 5}};
    uint64_t message, folder = 7;
    unsigned round = 0;

    for (; round < 400; round++) {
        JET_ERR err;

        ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
        ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, &message), 0);
        const HostColumn entry[] = {{"message", &message, 8}, {"folder", &folder, 8}};
        ck_assert_int_eq(host_insert(&host, HOST_ENTRIES, entry, 2, NULL), 0);
        err = commit_failing(round);
        if (err < 0) {
            ck_assert_int_eq(err, JET_errInstanceUnavailable);
            ck_assert_int_eq(JetCommitTransaction(host.sesid, 0), 0);
        }
        ck_assert_msg(host_count(&host, HOST_MESSAGES) == 0, "round %u: not dropped", round);
        ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 0);
        if (failed == 0)
            break;
    }
    ck_assert_uint_gt(round, 10);
    ck_assert_uint_lt(round, 400);
}
END_TEST

/* A link to a message that was dropped goes, or was not made. */
START_TEST(a_link_that_cannot_be_deleted_is_not_made)
{
    uint64_t id, folder = 7;
    JET_ERR err;

    ck_assert_int_eq(host_deliver(&host, &(HostMessage){"EICAR", NULL, false}, &id), 0);
    const HostColumn entry[] = {{"message", &id, 8}, {"folder", &folder, 8}};
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    fail_by = JET_errWriteConflict;
    fail_calls(true);
    delete_fails = true;
    err = host_insert(&host, HOST_ENTRIES, entry, 2, NULL);
    delete_fails = false;
    fail_calls(false);
    ck_assert_int_eq(err, JET_errInstanceUnavailable);
    ck_assert_int_eq(JetRollback(host.sesid, 0), 0);
    ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 0);
    ck_assert_int_eq(host_link(&host, id, 7, 1), 0);
    ck_assert_uint_eq(host_count(&host, HOST_ENTRIES), 0);
}
END_TEST

/* Neither does it tell of which table a cursor is, before the hook knows of a service or after. */
START_TEST(nothing_is_told)
{
    const JET_ERR errors[] = {JET_errOutOfMemory, JET_errDiskIO, JET_errInvalidParameter};
    const char *const parts[] = {"EICAR", "name", NULL};
    uint64_t id, before;
    Host other;

    fail_by = errors[_i % 3];
    if (_i >= 3) {
        fake_service_kill(service);
        before = 0;
    } else {
        ck_assert_int_eq(deliver("good"), 0);
        before = hook_status().unscanned;
    }
    host_open(&other, hook_directory);
    fail_calls(true);
    atomic_store(&fail_at, -2);
    ck_assert_int_eq(host_deliver(&other, &(HostMessage){"text", parts, false}, &id),
                     defers ? JET_errInstanceUnavailable : 0);
    atomic_store(&fail_at, -1);
    fail_calls(false);
    host_close(&other);
    if (_i >= 3) {
        service = fake_service_start(hook_socket);
        hook_look_until(&host, STOREHOOK_STATE_HOOKED);
        ck_assert_int_eq(deliver("good"), 0);
    }
    /* A message, a content, a link. */
    ck_assert_uint_eq(hook_status().unscanned, before + (defers ? 0 : 3));
}
END_TEST

START_TEST(all_allocations_fail)
{
    ck_assert_int_eq(deliver("good"), 0);
    atomic_store(&fail_at, -2);
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(deliver("EICAR"), defers ? JET_errInstanceUnavailable : 0);
    atomic_store(&fail_at, -1);
    if (defers)
        ck_assert_uint_eq(hook_status().unscanned, 0);
    else
        ck_assert_uint_ge(hook_status().unscanned, 20 * 4);
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), defers ? 1 : 21);
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
    tcase_add_loop_test(tests, each_call_to_the_store_fails_once, 0, 6);
    tcase_add_test(tests, a_deferred_commit_is_tried_again);
    tcase_add_test(tests, a_link_that_cannot_be_deleted_is_not_made);
    tcase_add_loop_test(tests, nothing_is_told, 0, 6);
    tcase_add_test(tests, all_allocations_fail);
    suite_add_tcase(suite, tests);
    return hook_test_main(argv, suite);
}
