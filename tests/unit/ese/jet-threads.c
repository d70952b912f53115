/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-threads.c - sessions on threads: none waits for another, none loses anything.
 */
#include "tests/unit/ese/jet-test.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    THREADS = 6,
    ROUNDS = 60,
};

typedef struct {
    TestJet jet;
    JET_COLUMNID id, owner, counter, data;
    _Atomic int conflicts, failures;
} Shared;

typedef struct {
    Shared *shared;
    int32_t number;
    JET_SESID session;
    JET_TABLEID table;
} Worker;

static void check(Worker *worker, JET_ERR err)
{
    if (err < 0) {
        fprintf(stderr, "worker %d: %d\n", (int)worker->number, (int)err);
        atomic_fetch_add(&worker->shared->failures, 1);
    }
}

static JET_ERR go(Worker *worker, int32_t id)
{
    JET_ERR err = JetMakeKey(worker->session, worker->table, &id, sizeof id, JET_bitNewKey);
    return err < 0 ? err : JetSeek(worker->session, worker->table, JET_bitSeekEQ);
}

/* A row of its own, a shared counter, and a long value; then reads it back. */
static void work_once(Worker *worker, int round)
{
    Shared *shared = worker->shared;
    int32_t id = 1000 + worker->number * ROUNDS + round, one = 1, owner = -1;
    char data[3000];
    memset(data, 'a' + worker->number, sizeof data);
    check(worker, JetBeginTransaction(worker->session));
    check(worker, JetPrepareUpdate(worker->session, worker->table, JET_prepInsert));
    check(worker, JetSetColumn(worker->session, worker->table, shared->id, &id, 4, 0, NULL));
    check(worker,
          JetSetColumn(worker->session, worker->table, shared->owner, &worker->number, 4, 0, NULL));
    check(worker, JetSetColumn(worker->session, worker->table, shared->data, data,
                               (uint32_t)sizeof data, 0, NULL));
    check(worker, JetUpdate(worker->session, worker->table, NULL, 0, NULL));
    check(worker, go(worker, 1));
    check(worker, JetEscrowUpdate(worker->session, worker->table, shared->counter, &one, 4, NULL, 0,
                                  NULL, 0));
    check(worker, JetCommitTransaction(worker->session, JET_bitCommitLazyFlush));
    check(worker, go(worker, id));
    check(worker, JetRetrieveColumn(worker->session, worker->table, shared->owner, &owner, 4, NULL,
                                    0, NULL));
    char back[sizeof data];
    check(worker, JetRetrieveColumn(worker->session, worker->table, shared->data, back, sizeof back,
                                    NULL, 0, NULL));
    if (owner != worker->number || memcmp(back, data, sizeof data) != 0)
        atomic_fetch_add(&shared->failures, 1);
}

/* All change row 2: a conflict is an error at once, and trying again gets there. */
static void add_one(Worker *worker)
{
    for (;;) {
        int32_t value = 0;
        JetBeginTransaction(worker->session);
        check(worker, go(worker, 2));
        JET_ERR err = JetPrepareUpdate(worker->session, worker->table, JET_prepReplace);
        if (err >= 0) {
            check(worker, JetRetrieveColumn(worker->session, worker->table, worker->shared->owner,
                                            &value, 4, NULL, 0, NULL));
            value++;
            check(worker, JetSetColumn(worker->session, worker->table, worker->shared->owner,
                                       &value, 4, 0, NULL));
            check(worker, JetUpdate(worker->session, worker->table, NULL, 0, NULL));
            check(worker, JetCommitTransaction(worker->session, JET_bitCommitLazyFlush));
            return;
        }
        if (err != JET_errWriteConflict)
            check(worker, err);
        atomic_fetch_add(&worker->shared->conflicts, 1);
        JetRollback(worker->session, 0);
    }
}

static void *work(void *argument)
{
    Worker *worker = argument;
    JET_DBID database;
    check(worker, JetBeginSession(worker->shared->jet.instance, &worker->session, NULL, NULL));
    check(worker, JetOpenDatabase(worker->session, worker->shared->jet.path, NULL, &database, 0));
    check(worker, JetOpenTable(worker->session, database, "t", NULL, 0, 0, &worker->table));
    for (int round = 0; round < ROUNDS; round++) {
        work_once(worker, round);
        add_one(worker);
        if (round % 16 == 0) {
            check(worker, JetCloseTable(worker->session, worker->table));
            check(worker, JetOpenTable(worker->session, database, "t", NULL, 0, 0, &worker->table));
        }
    }
    check(worker, JetEndSession(worker->session, 0));
    return NULL;
}

static void open_shared(Shared *shared, JET_TABLEID *table)
{
    int32_t zero = 0;
    JET_COLUMNDEF escrow = {
        .cbStruct = sizeof escrow, .coltyp = JET_coltypLong, .grbit = JET_bitColumnEscrowUpdate};
    test_jet_open(&shared->jet);
    JET_SESID session = shared->jet.session;
    ck_ok(JetCreateTable(session, shared->jet.database, "t", 0, 100, table));
    shared->id = test_add_column(session, *table, "id", JET_coltypLong, 0, 0, 0);
    shared->owner = test_add_column(session, *table, "owner", JET_coltypLong, 0, 0, 0);
    shared->data = test_add_column(session, *table, "data", JET_coltypLongBinary, 0, 0, 0);
    ck_ok(JetAddColumn(session, *table, "counter", &escrow, &zero, sizeof zero, &shared->counter));
    test_add_index(session, *table, "primary", "+id\0", JET_bitIndexPrimary);
    test_add_index(session, *table, "owner", "+owner\0", 0);
    for (int32_t id = 1; id <= 2; id++) {
        ck_ok(JetPrepareUpdate(session, *table, JET_prepInsert));
        test_set_long(session, *table, shared->id, id);
        test_set_long(session, *table, shared->owner, 0);
        ck_ok(JetUpdate(session, *table, NULL, 0, NULL));
    }
}

START_TEST(test_sessions_on_threads)
{
    static Shared shared;
    JET_TABLEID table;
    pthread_t threads[THREADS];
    Worker workers[THREADS];
    uint32_t count;
    open_shared(&shared, &table);
    for (int32_t i = 0; i < THREADS; i++) {
        workers[i] = (Worker){.shared = &shared, .number = i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(shared.failures, 0);
    JET_SESID session = shared.jet.session;
    ck_ok(JetMove(session, table, JET_MoveFirst, 0));
    ck_ok(JetIndexRecordCount(session, table, &count, 0));
    ck_assert_uint_eq(count, THREADS * ROUNDS + 2);
    ck_assert_int_eq(test_get_long(session, table, shared.counter), THREADS * ROUNDS);
    ck_ok(JetMove(session, table, 1, 0));
    ck_assert_int_eq(test_get_long(session, table, shared.owner), THREADS * ROUNDS);
    ck_ok(JetSetCurrentIndex(session, table, "owner"));
    ck_ok(JetIndexRecordCount(session, table, &count, 0));
    ck_assert_uint_eq(count, THREADS * ROUNDS + 2);
    test_jet_close(&shared.jet);
}
END_TEST

/* Columns and an index come while rows are being written: no row is without its entry. */
static void *write_rows(void *argument)
{
    Worker *worker = argument;
    JET_DBID database;
    check(worker, JetBeginSession(worker->shared->jet.instance, &worker->session, NULL, NULL));
    check(worker, JetOpenDatabase(worker->session, worker->shared->jet.path, NULL, &database, 0));
    check(worker, JetOpenTable(worker->session, database, "t", NULL, 0, 0, &worker->table));
    for (int32_t round = 0; round < 300; round++) {
        int32_t id = 1000 + worker->number * 1000 + round;
        JetBeginTransaction(worker->session);
        JET_ERR err = JetPrepareUpdate(worker->session, worker->table, JET_prepInsert);
        if (err >= 0)
            err = JetSetColumn(worker->session, worker->table, worker->shared->id, &id, 4, 0, NULL);
        if (err >= 0)
            err = JetUpdate(worker->session, worker->table, NULL, 0, NULL);
        if (err >= 0)
            err = JetCommitTransaction(worker->session, JET_bitCommitLazyFlush);
        if (err == JET_errWriteConflict) {
            JetRollback(worker->session, 0);
            round--;
            continue;
        }
        check(worker, err);
    }
    check(worker, JetEndSession(worker->session, 0));
    return NULL;
}

START_TEST(test_definition_changes)
{
    static Shared shared;
    JET_TABLEID table;
    pthread_t threads[2];
    Worker workers[2];
    uint32_t by_key, by_index;
    open_shared(&shared, &table);
    for (int32_t i = 0; i < 2; i++) {
        workers[i] = (Worker){.shared = &shared, .number = i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_rows, &workers[i]), 0);
    }
    for (int made = 0, tries = 0; made < 5; tries++) {
        char name[16];
        snprintf(name, sizeof name, "index%d", made);
        usleep(2000);
        JET_ERR err =
            JetCreateIndex(shared.jet.session, table, name, 0, "-id\0", sizeof "-id\0", 100);
        if (err != JET_errWriteConflict) {
            ck_ok(err);
            made++;
        }
        ck_assert_int_lt(tries, 20000);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(shared.failures, 0);
    ck_ok(JetMove(shared.jet.session, table, JET_MoveFirst, 0));
    ck_ok(JetIndexRecordCount(shared.jet.session, table, &by_key, 0));
    ck_assert_uint_eq(by_key, 602);
    for (int made = 0; made < 5; made++) {
        char name[16];
        snprintf(name, sizeof name, "index%d", made);
        ck_ok(JetSetCurrentIndex(shared.jet.session, table, name));
        ck_ok(JetIndexRecordCount(shared.jet.session, table, &by_index, 0));
        ck_assert_uint_eq(by_index, by_key);
    }
    test_jet_close(&shared.jet);
}
END_TEST

/* The instance ends while threads are inside calls. */
static void *call_until_gone(void *argument)
{
    Worker *worker = argument;
    JET_ERR err;
    int32_t id = 1;
    do {
        err = JetMakeKey(worker->session, worker->table, &id, sizeof id, JET_bitNewKey);
        if (err >= 0)
            err = JetSeek(worker->session, worker->table, JET_bitSeekEQ);
    } while (err >= 0 || err == JET_errSessionSharingViolation);
    return (void *)(intptr_t)err;
}

START_TEST(test_term_under_load)
{
    static Shared shared;
    JET_TABLEID table;
    JET_DBID database;
    pthread_t threads[3];
    Worker workers[3];
    open_shared(&shared, &table);
    for (int i = 0; i < 3; i++) {
        Worker *worker = &workers[i];
        *worker = (Worker){.shared = &shared};
        ck_ok(JetBeginSession(shared.jet.instance, &worker->session, NULL, NULL));
        ck_ok(JetOpenDatabase(worker->session, shared.jet.path, NULL, &database, 0));
        ck_ok(JetOpenTable(worker->session, database, "t", NULL, 0, 0, &worker->table));
        ck_assert_int_eq(pthread_create(&threads[i], NULL, call_until_gone, worker), 0);
    }
    usleep(20000);
    test_jet_close(&shared.jet);
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        ck_assert_int_eq((JET_ERR)(intptr_t)result, JET_errInvalidSesid);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-threads");
    TCase *tests = tcase_create("threads");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, test_sessions_on_threads);
    tcase_add_test(tests, test_definition_changes);
    tcase_add_test(tests, test_term_under_load);
    return run_suite(suite);
}
