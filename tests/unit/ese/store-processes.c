/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-processes.c - several processes on one file: no update is lost between them, no number is
 * handed out twice, and one that is killed does not hold up the others.
 */
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "store-test.h"
#include "tests/run-suite.h"

enum {
    PROCESSES = 3,
    THREADS = 2,
    INCREMENTS = 100, /* a thread */
    COUNTERS = 2
};

/* In the children, where check's assertions do not reach. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "store-processes.c:%d: %s\n", __LINE__, #condition);                   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static Bytes counter_key(unsigned i)
{
    static const char *const names[COUNTERS + 1] = {"one", "two", "escrow"};

    return text(names[i]);
}

/* Adds 1 by read and write, and 1 by escrow, until it is committed. */
static void increment(Store *store, Txn *txn, unsigned i)
{
    JET_ERR error;

    do {
        uint64_t value, number;
        int64_t old;
        Bytes row;
        char key[32];

        MUST(txn_begin(txn, false) == JET_errSuccess);
        MUST(txn_get(txn, TREE_ROWS, counter_key(i), &row) == JET_errSuccess);
        memcpy(&value, row.data, sizeof value);
        value++;
        MUST(store_reserve(store, 1, 1, 1, &number) == JET_errSuccess);
        int size = snprintf(key, sizeof key, "number %llu", (unsigned long long)number);
        error = txn_put(txn, TREE_ROWS, counter_key(i), (Bytes){&value, sizeof value});
        if (error == JET_errSuccess)
            error = txn_escrow(txn, TREE_ROWS, counter_key(COUNTERS), 0, 8, 1, &old);
        if (error == JET_errSuccess)
            error = txn_insert(txn, TREE_ROWS, (Bytes){key, (size_t)size}, text("taken"));
        if (error == JET_errSuccess)
            error = txn_commit(txn, true);
        MUST(error == JET_errSuccess || error == JET_errWriteConflict);
        if (error != JET_errSuccess)
            MUST(txn_rollback(txn) == JET_errSuccess);
    } while (error != JET_errSuccess);
}

static void *increment_many(void *context)
{
    Store *store = context;
    Txn *txn;

    MUST(txn_new(store, &txn) == JET_errSuccess);
    for (unsigned i = 0; i < INCREMENTS; i++)
        increment(store, txn, i % COUNTERS);
    txn_free(txn);
    return NULL;
}

static pid_t start_process(const TestStore *test)
{
    pid_t pid = fork();

    if (pid == 0) {
        pthread_t threads[THREADS];
        Store *store;

        MUST(store_open(&(StoreOptions){.path = test->path}, &store) == JET_errSuccess);
        for (int i = 0; i < THREADS; i++)
            MUST(pthread_create(&threads[i], NULL, increment_many, store) == 0);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        store_close(store);
        _exit(0);
    }
    return pid;
}

static void create_counters(TestStore *test)
{
    uint64_t zero = 0;

    test_store_create(test);
    Txn *txn = test_begin(test->store);
    for (unsigned i = 0; i <= COUNTERS; i++)
        ck_ok(txn_put(txn, TREE_ROWS, counter_key(i), (Bytes){&zero, sizeof zero}));
    ck_ok(txn_commit(txn, false));
    txn_free(txn);
    test->store = store_close(test->store);
}

/* The sum of the counters; checks that escrow and taken numbers say the same. */
static uint64_t count_all(TestStore *test)
{
    uint64_t sum = 0, value;
    TreeCursor *cursor;
    Bytes key, row;

    ck_ok(store_open(&(StoreOptions){.path = test->path}, &test->store));
    Txn *txn = test_begin(test->store);
    for (unsigned i = 0; i < COUNTERS; i++) {
        ck_ok(txn_get(txn, TREE_ROWS, counter_key(i), &row));
        memcpy(&value, row.data, sizeof value);
        sum += value;
    }
    ck_ok(txn_get(txn, TREE_ROWS, counter_key(COUNTERS), &row));
    memcpy(&value, row.data, sizeof value);
    ck_assert_uint_eq(value, sum);
    ck_ok(tree_cursor_new(txn, TREE_ROWS, &cursor));
    JET_ERR error = tree_cursor_seek(cursor, SEEK_GE, text("number "), text(""), &key, &row);
    for (value = 0; error == JET_errSuccess && memcmp(key.data, "number ", 7) == 0; value++)
        error = tree_cursor_next(cursor, &key, &row);
    ck_assert_uint_eq(value, sum);
    tree_cursor_free(cursor);
    txn_free(txn);
    test->store = store_close(test->store);
    return sum;
}

static void run_processes(const TestStore *test)
{
    pid_t pids[PROCESSES];
    int status;

    for (int i = 0; i < PROCESSES; i++)
        pids[i] = start_process(test);
    for (int i = 0; i < PROCESSES; i++) {
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert_int_eq(status, 0);
    }
}

START_TEST(no_update_is_lost)
{
    TestStore test;

    create_counters(&test);
    run_processes(&test);
    ck_assert_uint_eq(count_all(&test), PROCESSES * THREADS * INCREMENTS);
    test_store_remove(&test);
}
END_TEST

START_TEST(a_killed_process_holds_up_nobody)
{
    TestStore test;
    int status;

    create_counters(&test);
    pid_t survivor = start_process(&test);
    for (int i = 0; i < 5; i++) {
        pid_t victim = start_process(&test);
        usleep(3000 * (useconds_t)(i + 1));
        kill(victim, SIGKILL);
        ck_assert_int_eq(waitpid(victim, &status, 0), victim);
    }
    ck_assert_int_eq(waitpid(survivor, &status, 0), survivor);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_ge(count_all(&test), THREADS * INCREMENTS);
    test_store_remove(&test);
}
END_TEST

static bool stops_when_it_reads;

/* LMDB's: it reads the head of a file when its lock file is made, and not yet given to the others.
 */
ssize_t lmdb_pread(int fd, void *buffer, size_t size, off_t offset) __asm__("pread");

ssize_t lmdb_pread(int fd, void *buffer, size_t size, off_t offset)
{
    if (stops_when_it_reads)
        raise(SIGSTOP);
    return syscall(SYS_pread64, fd, buffer, size, offset);
}

static size_t last_commit(const TestStore *test)
{
    MDB_env *env;
    MDB_envinfo info;

    ck_assert_int_eq(mdb_env_create(&env), 0);
    /* As much as the file has; of what it was made with the thread sanitizer has no room twice. */
    ck_assert_int_eq(mdb_env_set_mapsize(env, 1), 0);
    ck_assert_int_eq(mdb_env_open(env, test->path, MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0), 0);
    ck_assert_int_eq(mdb_env_info(env, &info), 0);
    mdb_env_close(env);
    return info.me_last_txnid;
}

/* Commits are numbered on: who began with 1 again would, of the two last ones, go on from either.
 */
START_TEST(one_killed_while_it_opens_misleads_nobody)
{
    TestStore test;
    int status;

    create_counters(&test);
    run_processes(&test);
    size_t before = last_commit(&test);
    pid_t victim = fork();
    if (victim == 0) {
        Store *store;

        stops_when_it_reads = true;
        store_open(&(StoreOptions){.path = test.path}, &store);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(victim, &status, WUNTRACED), victim);
    ck_assert(WIFSTOPPED(status));
    pid_t survivor = start_process(&test);
    usleep(200000); /* it waits */
    kill(victim, SIGKILL);
    ck_assert_int_eq(waitpid(victim, &status, 0), victim);
    ck_assert_int_eq(waitpid(survivor, &status, 0), survivor);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_gt(last_commit(&test), before);
    ck_assert_uint_eq(count_all(&test), (PROCESSES + 1) * THREADS * INCREMENTS);
    test_store_remove(&test);
}
END_TEST

/* A new file in its place would share its lock file, and with that the count of its commits. */
START_TEST(one_in_use_is_not_replaced)
{
    TestStore test;
    int opened[2], done[2], status;
    char byte;

    create_counters(&test);
    ck_assert_int_eq(pipe(opened) | pipe(done), 0);
    pid_t user = fork();
    if (user == 0) {
        Store *store;

        MUST(store_open(&(StoreOptions){.path = test.path}, &store) == JET_errSuccess);
        MUST(write(opened[1], "o", 1) == 1 && read(done[0], &byte, 1) == 1);
        store_close(store);
        _exit(0);
    }
    ck_assert_int_eq(read(opened[0], &byte, 1), 1);
    StoreOptions options = {.path = test.path, .create = true, .overwrite = true};
    ck_jet(store_open(&options, &test.store), JET_errDatabaseSharingViolation);
    ck_assert_int_eq(write(done[1], "d", 1), 1);
    ck_assert_int_eq(waitpid(user, &status, 0), user);
    ck_assert_int_eq(status, 0);
    ck_ok(store_open(&options, &test.store));
    test_store_remove(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store processes");
    TCase *cases = tcase_create("processes");

    tcase_set_timeout(cases, 100);
    tcase_add_test(cases, no_update_is_lost);
    tcase_add_test(cases, a_killed_process_holds_up_nobody);
    tcase_add_test(cases, one_killed_while_it_opens_misleads_nobody);
    tcase_add_test(cases, one_in_use_is_not_replaced);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
