/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-load.c - 32 sessions on 8 threads: what one transaction sees adds up, whatever the others do.
 *
 * Rows are accounts. A transaction moves an amount from one to another (both replaced, with a long
 * value as long as the balance says), counts itself by escrow, and is committed or rolled back;
 * some rows are deleted and made anew with their balance. A reader's sum over any index within one
 * transaction is always the same. Each thread goes round its four sessions, so that their
 * transactions lie over each other.
 */
#include "tests/unit/ese/jet-test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum {
    THREADS = 8,
    SESSIONS = 4, /* a thread */
    ACCOUNTS = 64,
    BALANCE = 1000,
    STEPS = 1500, /* a thread */
    STEPS_QUICK = 300,
    COUNTER_ID = 1000,
};

typedef struct {
    TestJet jet;
    JET_COLUMNID id, balance, owner, counter, filling;
    int steps;
    _Atomic int commits, conflicts, failures;
} Shared;

typedef struct {
    JET_SESID session;
    JET_TABLEID table;
    int stage; /* 0: no transaction; 1: moved, not committed */
} Member;

typedef struct {
    Shared *shared;
    uint32_t random;
    Member members[SESSIONS];
} Worker;

static uint32_t draw(Worker *worker, uint32_t below)
{
    worker->random = worker->random * 1103515245u + 12345u;
    return (worker->random >> 8) % below;
}

static void tell(Worker *worker, const char *what, int32_t got)
{
    fprintf(stderr, "jet-load: %s: %d\n", what, got);
    atomic_fetch_add(&worker->shared->failures, 1);
}

/* Errors other than those that two sessions at one row may have. */
static bool went_well(Worker *worker, const char *what, JET_ERR err)
{
    if (err >= 0)
        return true;
    if (err == JET_errWriteConflict || err == JET_errKeyDuplicate)
        atomic_fetch_add(&worker->shared->conflicts, 1);
    else
        tell(worker, what, err);
    return false;
}

static JET_ERR seek(const Member *member, int32_t id)
{
    JET_ERR err = JetMakeKey(member->session, member->table, &id, sizeof id, JET_bitNewKey);
    return err < 0 ? err : JetSeek(member->session, member->table, JET_bitSeekEQ);
}

static JET_ERR set_balance(const Shared *shared, const Member *member, int32_t balance)
{
    static const uint8_t filling[4 * BALANCE];
    uint32_t size = balance > 0 && balance < 4 * BALANCE ? (uint32_t)balance : 1;
    JET_ERR err = JetSetColumn(member->session, member->table, shared->balance, &balance,
                               sizeof balance, 0, NULL);
    if (err >= 0)
        err = JetSetColumn(member->session, member->table, shared->filling, filling, size, 0, NULL);
    return err;
}

/* In place, or as a new row in place of the old. */
static JET_ERR change(Worker *worker, const Member *member, int32_t id, int32_t by)
{
    const Shared *shared = worker->shared;
    int32_t balance = 0;
    bool again = draw(worker, 5) == 0;
    JET_ERR err = seek(member, id);
    if (err >= 0)
        err = JetRetrieveColumn(member->session, member->table, shared->balance, &balance,
                                sizeof balance, NULL, 0, NULL);
    if (err >= 0 && again)
        err = JetDelete(member->session, member->table);
    if (err >= 0)
        err = JetPrepareUpdate(member->session, member->table,
                               again ? JET_prepInsert : JET_prepReplace);
    if (err < 0)
        return err;
    if (again) {
        err = JetSetColumn(member->session, member->table, shared->id, &id, sizeof id, 0, NULL);
        if (err >= 0)
            err = JetSetColumn(member->session, member->table, shared->owner, &id, sizeof id, 0,
                               NULL);
    }
    if (err >= 0)
        err = set_balance(shared, member, balance + by);
    if (err >= 0)
        err = JetUpdate(member->session, member->table, NULL, 0, NULL);
    if (err < 0)
        JetPrepareUpdate(member->session, member->table, JET_prepCancel);
    return err;
}

static void give_up(Worker *worker, Member *member)
{
    went_well(worker, "rollback", JetRollback(member->session, JET_bitRollbackAll));
    member->stage = 0;
}

static void begin_move(Worker *worker, Member *member)
{
    int32_t from = (int32_t)draw(worker, ACCOUNTS), one = 1;
    int32_t to = (from + 1 + (int32_t)draw(worker, ACCOUNTS - 1)) % ACCOUNTS;
    int32_t amount = (int32_t)draw(worker, 50);
    bool inner = draw(worker, 4) == 0;
    went_well(worker, "begin", JetBeginTransaction(member->session));
    if (inner)
        went_well(worker, "begin", JetBeginTransaction(member->session));
    member->stage = 1;
    if (!went_well(worker, "take", change(worker, member, from, -amount)) ||
        !went_well(worker, "give", change(worker, member, to, amount)) ||
        !went_well(worker, "go to the counter", seek(member, COUNTER_ID)) ||
        !went_well(worker, "count",
                   JetEscrowUpdate(member->session, member->table, worker->shared->counter, &one,
                                   sizeof one, NULL, 0, NULL, 0)))
        give_up(worker, member);
    else if (inner)
        went_well(worker, "inner commit", JetCommitTransaction(member->session, 0));
}

static void end_move(Worker *worker, Member *member)
{
    if (draw(worker, 4) == 0) {
        give_up(worker, member);
        return;
    }
    if (!went_well(
            worker, "commit",
            JetCommitTransaction(member->session, draw(worker, 8) ? JET_bitCommitLazyFlush : 0))) {
        give_up(worker, member);
        return;
    }
    member->stage = 0;
    atomic_fetch_add(&worker->shared->commits, 1);
}

static void check_sum(Worker *worker, Member *member)
{
    static const char *const indexes[] = {NULL, "balance", "owner"};
    int64_t sum = 0;
    int32_t rows = 0, balance = 0;
    went_well(worker, "begin", JetBeginTransaction2(member->session, JET_bitTransactionReadOnly));
    went_well(worker, "index",
              JetSetCurrentIndex(member->session, member->table, indexes[draw(worker, 3)]));
    JET_ERR err = JetMove(member->session, member->table, JET_MoveFirst, 0);
    for (; err >= 0; err = JetMove(member->session, member->table, JET_MoveNext, 0)) {
        went_well(worker, "read",
                  JetRetrieveColumn(member->session, member->table, worker->shared->balance,
                                    &balance, sizeof balance, NULL, 0, NULL));
        sum += balance;
        rows++;
    }
    if (err != JET_errNoCurrentRecord)
        tell(worker, "a walk", err);
    if (rows != ACCOUNTS + 1)
        tell(worker, "rows", rows);
    if (sum != (int64_t)ACCOUNTS * BALANCE)
        tell(worker, "the sum is off by", (int32_t)(sum - (int64_t)ACCOUNTS * BALANCE));
    went_well(worker, "commit", JetCommitTransaction(member->session, 0));
    went_well(worker, "index", JetSetCurrentIndex(member->session, member->table, NULL));
}

static void open_member(Worker *worker, Member *member)
{
    JET_DBID database = 0;
    went_well(worker, "session",
              JetBeginSession(worker->shared->jet.instance, &member->session, NULL, NULL));
    went_well(worker, "database",
              JetOpenDatabase(member->session, worker->shared->jet.path, NULL, &database, 0));
    went_well(worker, "table",
              JetOpenTable(member->session, database, "t", NULL, 0, 0, &member->table));
    member->stage = 0;
}

static void *work(void *context)
{
    Worker *worker = context;
    for (int i = 0; i < SESSIONS; i++)
        open_member(worker, &worker->members[i]);
    for (int step = 0; step < worker->shared->steps; step++) {
        Member *member = &worker->members[draw(worker, SESSIONS)];
        if (member->stage == 1)
            end_move(worker, member);
        else if (draw(worker, 8) == 0)
            check_sum(worker, member);
        else
            begin_move(worker, member);
        if (member->stage == 0 && draw(worker, 50) == 0) {
            went_well(worker, "end", JetEndSession(member->session, 0));
            open_member(worker, member);
        }
    }
    for (int i = 0; i < SESSIONS; i++)
        went_well(worker, "end", JetEndSession(worker->members[i].session, 0));
    return NULL;
}

static void make_table(Shared *shared, Member *member)
{
    int32_t zero = 0;
    JET_COLUMNDEF escrow = {
        .cbStruct = sizeof escrow, .coltyp = JET_coltypLong, .grbit = JET_bitColumnEscrowUpdate};
    test_jet_open(&shared->jet);
    member->session = shared->jet.session;
    ck_ok(JetCreateTable(member->session, shared->jet.database, "t", 0, 0, &member->table));
    shared->id = test_add_column(member->session, member->table, "id", JET_coltypLong, 0, 0, 0);
    shared->balance =
        test_add_column(member->session, member->table, "balance", JET_coltypLong, 0, 0, 0);
    shared->owner =
        test_add_column(member->session, member->table, "owner", JET_coltypLong, 0, 0, 0);
    shared->filling =
        test_add_column(member->session, member->table, "filling", JET_coltypLongBinary, 0, 0, 0);
    ck_ok(JetAddColumn(member->session, member->table, "counter", &escrow, &zero, sizeof zero,
                       &shared->counter));
    test_add_index(member->session, member->table, "p", "+id\0", JET_bitIndexPrimary);
    test_add_index(member->session, member->table, "balance", "-balance\0", 0);
    test_add_index(member->session, member->table, "owner", "+owner\0", JET_bitIndexUnique);
    for (int32_t id = 0; id <= ACCOUNTS; id++) {
        int32_t row = id < ACCOUNTS ? id : COUNTER_ID;
        ck_ok(JetPrepareUpdate(member->session, member->table, JET_prepInsert));
        test_set_long(member->session, member->table, shared->id, row);
        test_set_long(member->session, member->table, shared->owner, row);
        test_set_long(member->session, member->table, shared->balance, id < ACCOUNTS ? BALANCE : 0);
        ck_ok(JetUpdate(member->session, member->table, NULL, 0, NULL));
    }
}

START_TEST(test_sums)
{
    static Shared shared;
    static Worker workers[THREADS];
    pthread_t threads[THREADS];
    Member member;
    Worker looker = {.shared = &shared, .random = 1};
    shared.steps = getenv("STOREHOOK_TEST_QUICK") ? STEPS_QUICK : STEPS;
    make_table(&shared, &member);
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (Worker){.shared = &shared, .random = i + 1};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 10; i++)
        check_sum(&looker, &member);
    ck_ok(seek(&member, COUNTER_ID));
    ck_assert_int_eq(test_get_long(member.session, member.table, shared.counter),
                     atomic_load(&shared.commits));
    ck_assert_int_eq(atomic_load(&shared.failures), 0);
    ck_assert_int_gt(atomic_load(&shared.commits), 50);
    printf("jet-load: %d commits, %d conflicts\n", atomic_load(&shared.commits),
           atomic_load(&shared.conflicts));
    test_jet_close(&shared.jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-load");
    TCase *tests = tcase_create("load");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, test_sums);
    return run_suite(suite);
}
