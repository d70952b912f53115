/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-fault.c - memory, disk space and syncs that fail, at every point in turn.
 *
 * Faults come in two ways: through fault_hook, at the n-th call of a point, and through pwrite and
 * fdatasync, which this program defines itself so that LMDB calls them here. Whatever fails: what
 * was committed is there, what failed is not, the store says so with a usable error.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "store-test.h"

#include "mailstore/ese/fault.h"
#include "tests/run-suite.h"

static TestStore test;

/* --- Faults -------------------------------------------------------------------- */

static struct {
    FaultPoint point;
    int code;
    int countdown; /* calls before the failing one; -1: none fails */
    bool hit;
} fault;

static int fault_hook_countdown(FaultPoint point)
{
    if (point != fault.point || fault.countdown < 0 || fault.countdown-- > 0)
        return 0;
    fault.hit = true;
    return fault.code;
}

static void fault_set(FaultPoint point, int code, int countdown)
{
    fault.point = point;
    fault.code = code;
    fault.countdown = countdown;
    fault.hit = false;
    fault_hook = fault_hook_countdown;
}

static void fault_clear(void)
{
    fault.countdown = -1;
    fault_hook = NULL;
}

static struct {
    int pwrite_countdown, sync_countdown; /* -1: none fails */
    int code;
    bool is_short; /* half of it is written */
    bool hit;
    bool reserves_nothing; /* fallocate fails */
} disk = {-1, -1, 0, false, false, false};

/* By their plain names: the headers rename pwrite where off_t was once 32 bits wide. */
ssize_t pwrite_here(int fd, const void *data, size_t size, off_t offset) __asm__("pwrite");
ssize_t writev_here(int fd, const struct iovec *parts, int count) __asm__("writev");
int fdatasync_here(int fd) __asm__("fdatasync");
/* The other way round: the engine is compiled with long offsets. */
int fallocate_here(int fd, int mode, off_t offset, off_t size) __asm__("fallocate64");

ssize_t pwrite_here(int fd, const void *data, size_t size, off_t offset)
{
    if (disk.pwrite_countdown >= 0 && disk.pwrite_countdown-- == 0) {
        disk.hit = true;
        if (disk.is_short)
            return syscall(SYS_pwrite64, fd, data, size / 2, offset);
        errno = disk.code;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, data, size, offset);
}

/* LMDB writes neighbouring pages with one call. */
ssize_t writev_here(int fd, const struct iovec *parts, int count)
{
    if (disk.pwrite_countdown >= 0 && disk.pwrite_countdown-- == 0) {
        disk.hit = true;
        if (disk.is_short)
            return syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2);
        errno = disk.code;
        return -1;
    }
    return syscall(SYS_writev, fd, parts, count);
}

int fdatasync_here(int fd)
{
    if (disk.sync_countdown >= 0 && disk.sync_countdown-- == 0) {
        disk.hit = true;
        errno = disk.code;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int fallocate_here(int fd, int mode, off_t offset, off_t size)
{
    if (disk.reserves_nothing) {
        disk.hit = true;
        errno = disk.code;
        return -1;
    }
    return (int)syscall(SYS_fallocate, fd, mode, offset, size);
}

static void set_up(void)
{
    test_store_create(&test);
}

static void tear_down(void)
{
    fault_clear();
    test_store_remove(&test);
}

/* --- One transaction that does a bit of everything ---------------------------------------- */

enum {
    ROWS = 8
};

/* Row i of generation g; all rows of a file are of one generation. */
static Bytes row_value(unsigned generation, unsigned i)
{
    static uint8_t bytes[3000];
    size_t size = i == 0 ? sizeof bytes : 20 + i;

    memset(bytes, (int)(generation * 16 + i), size);
    return (Bytes){bytes, size};
}

static Bytes row_key(unsigned i)
{
    static uint8_t key[2];

    key[0] = 1;
    key[1] = (uint8_t)i;
    return (Bytes){key, sizeof key};
}

static JET_ERR write_rows(Txn *txn, unsigned generation)
{
    JET_ERR error = JET_errSuccess;
    uint8_t entry = (uint8_t)generation, before = (uint8_t)(generation - 1);

    for (unsigned i = 0; i < ROWS && error == JET_errSuccess; i++)
        error = txn_put(txn, TREE_ROWS, row_key(i), row_value(generation, i));
    if (error == JET_errSuccess && generation > 1)
        error = txn_index_delete(txn, (Bytes){&before, 1}, text("b"), true);
    if (error == JET_errSuccess)
        error = txn_index_insert(txn, (Bytes){&entry, 1}, text("b"), true);
    return error;
}

static JET_ERR write_generation(Txn *txn, unsigned generation)
{
    int64_t old;
    JET_ERR error = txn_begin(txn, false);

    if (error == JET_errSuccess)
        error = txn_escrow(txn, TREE_CATALOG, text("count"), 0, 8, 1, &old);
    if (error == JET_errSuccess)
        error = txn_begin(txn, false);
    if (error == JET_errSuccess)
        error = write_rows(txn, generation);
    if (error == JET_errSuccess)
        error = txn_commit(txn, false);
    if (error == JET_errSuccess)
        error = txn_commit(txn, false);
    while (error != JET_errSuccess && txn_level(txn) > 0)
        ck_ok(txn_rollback(txn));
    return error;
}

static void check_generation(unsigned generation)
{
    Txn *txn = test_begin(test.store);
    TreeCursor *cursor;
    Bytes key, value;
    uint64_t count;

    for (unsigned i = 0; i < ROWS; i++) {
        ck_ok(txn_get(txn, TREE_ROWS, row_key(i), &value));
        Bytes expected = row_value(generation, i);
        ck_assert(value.size == expected.size &&
                  memcmp(value.data, expected.data, value.size) == 0);
    }
    ck_ok(txn_get(txn, TREE_CATALOG, text("count"), &value));
    memcpy(&count, value.data, sizeof count);
    ck_assert_uint_eq(count, generation);
    ck_ok(tree_cursor_new(txn, TREE_INDEX, &cursor));
    ck_ok(tree_cursor_seek(cursor, SEEK_GE, (Bytes){"", 1}, text(""), &key, &value));
    ck_assert_uint_eq(*(const uint8_t *)key.data, generation);
    ck_jet(tree_cursor_next(cursor, &key, &value), JET_errRecordNotFound);
    tree_cursor_free(cursor);
    txn_free(txn);
}

static void first_generation(void)
{
    Txn *txn = test_begin(test.store);
    uint64_t zero = 0;

    ck_ok(txn_put(txn, TREE_CATALOG, text("count"), (Bytes){&zero, sizeof zero}));
    ck_ok(txn_commit(txn, false));
    ck_ok(write_generation(txn, 1));
    txn_free(txn);
}

/* Fails the point at call 0, 1, 2 ... until a whole transaction gets through. */
static unsigned fail_each_call(FaultPoint point, int code, JET_ERR expected)
{
    unsigned generation = 1, failures = 0;

    first_generation();
    for (;; failures++) {
        Txn *txn;

        fault_set(point, code, (int)failures);
        JET_ERR error = txn_new(test.store, &txn);
        if (error == JET_errSuccess) {
            error = write_generation(txn, generation + 1);
            fault.countdown = -1;
            txn_free(txn);
        }
        bool hit = fault.hit;
        fault_clear();
        if (error == JET_errSuccess)
            generation++;
        else
            ck_assert_msg(error == expected, "call %u: got %d, expected %d", failures, error,
                          expected);
        /* A fault may be survived: a table that does not grow. */
        ck_assert(error == JET_errSuccess || hit);
        check_generation(generation);
        if (!hit)
            break;
        ck_assert_uint_lt(failures, 1000);
    }
    test_store_reopen(&test);
    check_generation(generation);
    return failures;
}

START_TEST(memory_runs_out)
{
    ck_assert_uint_gt(fail_each_call(FAULT_ALLOCATE, ENOMEM, JET_errOutOfMemory), 20);
}
END_TEST

START_TEST(disk_is_full_while_applying)
{
    ck_assert_uint_gt(fail_each_call(FAULT_APPLY, ENOSPC, JET_errDiskFull), 9);
}
END_TEST

static const struct {
    int code;
    JET_ERR error;
} SURVIVED[] = {
    {ENOSPC, JET_errDiskFull},
    {EDQUOT, JET_errDiskFull},
    {EFBIG, JET_errDiskFull},
    {ENOMEM, JET_errOutOfMemory},
};

START_TEST(disk_is_full_at_commit)
{
    ck_assert_uint_eq(fail_each_call(FAULT_COMMIT, SURVIVED[_i].code, SURVIVED[_i].error), 1);
}
END_TEST

/* What others see of the counter is what it will be. */
START_TEST(escrow_without_memory)
{
    const uint64_t zero = 0;
    Txn *txn = test_begin(test.store);
    int64_t old, failures = 0;

    ck_ok(txn_put(txn, TREE_ROWS, text("n"), (Bytes){&zero, sizeof zero}));
    ck_ok(txn_commit(txn, false));
    ck_ok(txn_begin(txn, false));
    ck_ok(txn_escrow(txn, TREE_ROWS, text("n"), 0, sizeof zero, 1, &old));
    for (;; failures++) {
        fault_set(FAULT_ALLOCATE, ENOMEM, (int)failures);
        JET_ERR error = txn_escrow(txn, TREE_ROWS, text("n"), 0, sizeof zero, 10, &old);
        fault_clear();
        if (error == JET_errSuccess)
            break;
        ck_jet(error, JET_errOutOfMemory);
    }
    ck_assert_int_gt(failures, 1);
    ck_assert_int_eq(old, 1);
    txn_free(txn);
}
END_TEST

START_TEST(opening_without_memory)
{
    Store *store;

    test.store = store_close(test.store);
    for (int i = 0;; i++) {
        fault_set(FAULT_ALLOCATE, ENOMEM, i);
        JET_ERR error = store_open(&(StoreOptions){.path = test.path}, &store);
        fault_clear();
        if (error == JET_errSuccess)
            break;
        ck_assert_int_eq(error, JET_errOutOfMemory);
        ck_assert_int_lt(i, 500);
    }
    test.store = store;
}
END_TEST

/* LMDB maps its lock file and writes there, which a full disk would answer with SIGBUS. */
START_TEST(no_room_for_the_lock_file)
{
    StoreOptions options = {.path = test.path};
    char lock[128];
    struct stat status;

    test.store = store_close(test.store);
    snprintf(lock, sizeof lock, "%s-lock", test.path);
    ck_assert_int_eq(unlink(lock), 0);
    disk.reserves_nothing = true;
    disk.code = ENOSPC;
    ck_jet(store_open(&options, &test.store), JET_errDiskFull);
    disk.code = EOPNOTSUPP; /* a file system that cannot reserve may well have room */
    test_store_reopen(&test);
    disk.reserves_nothing = false;
    test_store_reopen(&test);
    ck_assert_int_eq(stat(lock, &status), 0);
    ck_assert_int_ge((int64_t)status.st_blocks * 512, status.st_size);
}
END_TEST

START_TEST(creating_on_a_full_disk)
{
    StoreOptions options = {.path = test.path, .create = true};
    Store *store;

    test.store = store_close(test.store);
    unlink(test.path);
    disk.code = ENOSPC;
    for (disk.pwrite_countdown = 0;; disk.pwrite_countdown++) {
        int countdown = disk.pwrite_countdown;
        disk.hit = false;
        JET_ERR error = store_open(&options, &store);
        disk.pwrite_countdown = countdown;
        if (!disk.hit) {
            ck_ok(error);
            break;
        }
        ck_jet(error, JET_errDiskFull);
        ck_assert_int_ne(access(test.path, F_OK), 0); /* not half a database */
    }
    disk.pwrite_countdown = -1;
    test.store = store;
}
END_TEST

/* --- The disk itself ------------------------------------------------------------------ */

static void each_pwrite(int code, bool is_short)
{
    unsigned generation = 1, failures = 0;
    Txn *txn;

    first_generation();
    txn = test_txn(test.store);
    for (int i = 0; i < 50; i++) {
        disk.pwrite_countdown = i;
        disk.code = code;
        disk.is_short = is_short;
        disk.hit = false;
        JET_ERR error = write_generation(txn, generation + 1);
        disk.pwrite_countdown = -1;
        if (error == JET_errSuccess) {
            generation++;
            check_generation(generation);
            if (!disk.hit)
                break;
            continue;
        }
        ck_assert_msg(error == JET_errDiskFull || error == JET_errDiskIO, "got %d", error);
        failures++;
        /* After a failed write of a meta page LMDB does not even read any more. */
        error = write_generation(txn, generation + 1);
        if (error == JET_errSuccess) {
            ck_assert_msg(code == ENOSPC || is_short, "went on after an I/O error");
            check_generation(++generation);
            continue;
        }
        ck_assert_int_eq(error, JET_errDiskIO);
        /* Dead: only opening again helps; the last commit is there, or the one in doubt. */
        txn_free(txn);
        test_store_reopen(&test);
        txn = test_txn(test.store);
        check_generation(generation);
    }
    txn_free(txn);
    ck_assert_uint_ge(failures, 3); /* pages, one by one and in a row, and the meta */
}

START_TEST(each_pwrite_finds_no_space)
{
    each_pwrite(ENOSPC, false);
}
END_TEST

START_TEST(each_pwrite_fails)
{
    each_pwrite(EIO, false);
}
END_TEST

START_TEST(each_pwrite_is_short)
{
    each_pwrite(0, true);
}
END_TEST

/* The kernel's own idea of no more space: the write that crosses the limit is short. */
START_TEST(file_may_not_grow)
{
    struct rlimit limit;
    unsigned generation = 1, failures = 0;
    uint8_t value[20000] = {0};
    StoreStatistics statistics;
    Txn *txn;

    first_generation();
    signal(SIGXFSZ, SIG_IGN);
    ck_ok(store_statistics(test.store, &statistics));
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = statistics.file_bytes + 100000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    txn = test_txn(test.store);
    for (unsigned i = 0; i < 30; i++) {
        ck_ok(txn_begin(txn, false));
        ck_ok(txn_put(txn, TREE_LONG_VALUES, (Bytes){&i, sizeof i}, (Bytes){value, sizeof value}));
        JET_ERR error = txn_commit(txn, false);
        if (error != JET_errSuccess) {
            ck_assert_int_eq(error, JET_errDiskFull);
            ck_ok(txn_rollback(txn));
            failures++;
        }
        check_generation(generation);
    }
    ck_assert_uint_gt(failures, 10);
    ck_assert_uint_lt(failures, 30);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_ok(write_generation(txn, ++generation));
    txn_free(txn);
    test_store_reopen(&test);
    check_generation(generation);
}
END_TEST

START_TEST(failed_sync_is_final)
{
    Txn *txn, *other;
    uint64_t first;

    first_generation();
    txn = test_txn(test.store);
    other = test_begin(test.store);
    ck_ok(txn_put(other, TREE_ROWS, text("other"), text("1")));
    disk.sync_countdown = 0;
    disk.code = EIO;
    ck_jet(write_generation(txn, 2), JET_errDiskIO);
    ck_assert(disk.hit);
    /* The disk would say yes now, and must not be believed. */
    ck_jet(write_generation(txn, 2), JET_errDiskIO);
    ck_jet(txn_commit(other, true), JET_errDiskIO);
    ck_jet(store_reserve(test.store, 1, 1, 1, &first), JET_errDiskIO);
    ck_ok(txn_rollback(other));
    ck_ok(txn_begin(other, false));
    ck_ok(txn_commit(other, false)); /* nothing written, nothing to fail */
    check_generation(1);
    txn_free(txn);
    txn_free(other);
    test_store_reopen(&test);
    check_generation(1);
    txn = test_txn(test.store);
    ck_ok(write_generation(txn, 2));
    txn_free(txn);
}
END_TEST

START_TEST(failed_wait_for_lazy_commits)
{
    Txn *txn = test_begin(test.store);

    ck_ok(txn_put(txn, TREE_ROWS, text("a"), text("1")));
    ck_ok(txn_commit(txn, true));
    fault_set(FAULT_SYNC, EIO, 0);
    ck_jet(txn_wait_durable(txn, false), JET_errDiskIO);
    fault_clear();
    ck_jet(txn_wait_durable(txn, false), JET_errDiskIO);
    txn_free(txn);
}
END_TEST

START_TEST(spill_file_fails)
{
    size_t size = 1 << 20;
    void *value = calloc(1, size);
    Txn *txn = test_begin(test.store);
    Bytes found;
    char key[2] = "a";

    for (int i = 0; i < 4; i++, key[0]++)
        ck_ok(txn_put(txn, TREE_LONG_VALUES, text(key), (Bytes){value, size}));
    fault_set(FAULT_SPILL, ENOSPC, 0);
    ck_jet(txn_put(txn, TREE_LONG_VALUES, text(key), (Bytes){value, size}), JET_errDiskFull);
    ck_assert(fault.hit);
    ck_jet(txn_get(txn, TREE_LONG_VALUES, text(key), &found), JET_errRecordNotFound);
    ck_ok(txn_put(txn, TREE_LONG_VALUES, text(key), (Bytes){value, size}));
    ck_ok(txn_commit(txn, false));
    ck_ok(txn_get(txn, TREE_LONG_VALUES, text(key), &found));
    ck_assert_uint_eq(found.size, size);
    txn_free(txn);
    free(value);
}
END_TEST

START_TEST(map_is_full)
{
    Txn *txn;
    unsigned count = 0;
    JET_ERR error = JET_errSuccess;
    uint8_t value[4000] = {0};

    test.store = store_close(test.store);
    ck_ok(store_open(&(StoreOptions){.path = test.path, .map_size = 1 << 20}, &test.store));
    txn = test_txn(test.store);
    for (; error == JET_errSuccess; count++) {
        ck_ok(txn_begin(txn, false));
        ck_ok(txn_put(txn, TREE_ROWS, (Bytes){&count, sizeof count}, (Bytes){value, sizeof value}));
        error = txn_commit(txn, true);
    }
    ck_assert_int_eq(error, JET_errDiskFull);
    ck_assert_uint_eq(txn_level(txn), 1);
    ck_ok(txn_rollback(txn));
    ck_assert_uint_gt(count, 100);
    /* What is there can still be deleted. */
    for (unsigned i = 0; i < count - 1; i++) {
        ck_ok(txn_begin(txn, false));
        ck_ok(txn_delete(txn, TREE_ROWS, (Bytes){&i, sizeof i}));
        error = txn_commit(txn, true);
        if (error != JET_errSuccess) {
            ck_assert_int_eq(error, JET_errDiskFull);
            ck_ok(txn_rollback(txn));
        }
    }
    txn_free(txn);
}
END_TEST

/* --- A group of which one fails ---------------------------------------------------------- */

enum {
    THREADS = 8,
    COMMITS = 100
};

static _Atomic unsigned apply_calls;
static bool committed[THREADS][COMMITS];

/* Three in a row: the group, and then the first two of it alone. */
static int fault_hook_sometimes(FaultPoint point)
{
    return point == FAULT_APPLY && apply_calls++ % 37 >= 34 ? ENOSPC : 0;
}

static void *commit_many(void *context)
{
    unsigned thread = (unsigned)(uintptr_t)context;
    Txn *txn;

    if (txn_new(test.store, &txn) != JET_errSuccess)
        abort();
    for (unsigned i = 0; i < COMMITS; i++) {
        unsigned key[2] = {thread, i};
        if (txn_begin(txn, false) != JET_errSuccess ||
            txn_insert(txn, TREE_ROWS, (Bytes){key, sizeof key}, text("x")) != JET_errSuccess)
            abort();
        JET_ERR error = txn_commit(txn, true);
        committed[thread][i] = error == JET_errSuccess;
        if (error != JET_errSuccess &&
            (error != JET_errDiskFull || txn_rollback(txn) != JET_errSuccess))
            abort();
    }
    txn_free(txn);
    return NULL;
}

START_TEST(one_of_a_group_fails)
{
    pthread_t threads[THREADS];
    unsigned failed = 0;
    Txn *txn;
    Bytes value;

    fault_hook = fault_hook_sometimes;
    for (uintptr_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, commit_many, (void *)i), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    fault_hook = NULL;
    txn = test_begin(test.store);
    for (unsigned thread = 0; thread < THREADS; thread++)
        for (unsigned i = 0; i < COMMITS; i++) {
            unsigned key[2] = {thread, i};
            ck_jet(txn_get(txn, TREE_ROWS, (Bytes){key, sizeof key}, &value),
                   committed[thread][i] ? JET_errSuccess : JET_errRecordNotFound);
            failed += !committed[thread][i];
        }
    txn_free(txn);
    ck_assert_uint_gt(failed, 0);
    ck_assert_uint_lt(failed, THREADS * COMMITS / 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store faults");
    TCase *cases = tcase_create("faults");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, memory_runs_out);
    tcase_add_test(cases, disk_is_full_while_applying);
    tcase_add_loop_test(cases, disk_is_full_at_commit, 0, sizeof SURVIVED / sizeof *SURVIVED);
    tcase_add_test(cases, escrow_without_memory);
    tcase_add_test(cases, opening_without_memory);
    tcase_add_test(cases, no_room_for_the_lock_file);
    tcase_add_test(cases, creating_on_a_full_disk);
    tcase_add_test(cases, each_pwrite_finds_no_space);
    tcase_add_test(cases, each_pwrite_fails);
    tcase_add_test(cases, each_pwrite_is_short);
    tcase_add_test(cases, file_may_not_grow);
    tcase_add_test(cases, failed_sync_is_final);
    tcase_add_test(cases, failed_wait_for_lazy_commits);
    tcase_add_test(cases, spill_file_fails);
    tcase_add_test(cases, map_is_full);
    tcase_add_test(cases, one_of_a_group_fails);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
