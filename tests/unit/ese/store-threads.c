/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-threads.c - 32 sessions on 8 threads against one store, and the sums that must come out.
 *
 * Each session is a little state machine, so that the sessions of one thread lie open across each
 * other too. Run under ThreadSanitizer as it is.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "store-test.h"
#include "tests/run-suite.h"

enum {
    THREADS = 8,
    SESSIONS = 4, /* a thread */
    ROUNDS = 400, /* a session */
    ACCOUNTS = 12,
    BALANCE = 1000,
    COUNTERS = 3,
    NAMES = 400, /* unique index entries that sessions race for */
    NUMBERS = 200000
};

typedef struct {
    Store *store;
    unsigned thread;
    uint64_t random;
} Worker;

typedef struct {
    Txn *txn;
    unsigned rounds;
    bool failed; /* a conflict: this transaction is to be rolled back */
    int increments[COUNTERS];
    int64_t escrow;
    int names[4], name_count;
} Session;

static _Atomic int64_t counter_total[COUNTERS];
static _Atomic int64_t escrow_total;
static _Atomic int name_owners[NAMES];
static _Atomic unsigned char numbers[NUMBERS];
static _Atomic int commits, conflicts;

/* check's assertions are for one thread; here a failure ends the process of the test. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "store-threads.c:%d: %s\n", __LINE__, #condition);                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static unsigned pick(Worker *worker, unsigned below)
{
    worker->random = worker->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(worker->random >> 33) % below;
}

static Bytes row_key(char kind, unsigned number, char buffer[16])
{
    int size = snprintf(buffer, 16, "%c%06u", kind, number);

    return (Bytes){buffer, (size_t)size};
}

static int64_t get_number(Txn *txn, char kind, unsigned number)
{
    char buffer[16];
    int64_t value;
    Bytes row;

    MUST(txn_get(txn, TREE_ROWS, row_key(kind, number, buffer), &row) == JET_errSuccess);
    MUST(row.size == sizeof value);
    memcpy(&value, row.data, sizeof value);
    return value;
}

static JET_ERR put_number(Txn *txn, char kind, unsigned number, int64_t value)
{
    char buffer[16];

    return txn_put(txn, TREE_ROWS, row_key(kind, number, buffer), (Bytes){&value, sizeof value});
}

static bool conflicted(Session *session, JET_ERR error)
{
    MUST(error == JET_errSuccess || error == JET_errWriteConflict || error == JET_errKeyDuplicate);
    session->failed = error != JET_errSuccess;
    return session->failed;
}

static void transfer(Worker *worker, Session *session)
{
    unsigned from = pick(worker, ACCOUNTS), to = pick(worker, ACCOUNTS);
    int64_t amount = pick(worker, 50);

    if (from == to)
        return;
    int64_t source = get_number(session->txn, 'a', from),
            target = get_number(session->txn, 'a', to);
    if (!conflicted(session, put_number(session->txn, 'a', from, source - amount)))
        conflicted(session, put_number(session->txn, 'a', to, target + amount));
}

static void increment(Worker *worker, Session *session)
{
    unsigned i = pick(worker, COUNTERS);
    int64_t value = get_number(session->txn, 'c', i);

    if (!conflicted(session, put_number(session->txn, 'c', i, value + 1)))
        session->increments[i]++;
}

static void add_escrow(Worker *worker, Session *session)
{
    char buffer[16];
    int64_t delta = (int64_t)pick(worker, 100) - 50, old;

    if (!conflicted(session, txn_escrow(session->txn, TREE_ROWS, row_key('e', 0, buffer), 0, 8,
                                        delta, &old)))
        session->escrow += delta;
}

static void claim_name(Worker *worker, Session *session)
{
    char buffer[16], bookmark[16];
    unsigned name = pick(worker, NAMES);

    if (session->name_count == 4)
        return;
    /* A duplicate does not end the transaction. */
    JET_ERR error = txn_index_insert(session->txn, row_key('n', name, buffer),
                                     row_key('t', worker->thread, bookmark), true);
    MUST(error == JET_errSuccess || error == JET_errKeyDuplicate);
    if (error == JET_errSuccess)
        session->names[session->name_count++] = (int)name;
}

static void take_numbers(Worker *worker)
{
    uint32_t count = 1 + pick(worker, 5);
    uint64_t first;

    MUST(store_reserve(worker->store, 1, 1, count, &first) == JET_errSuccess);
    for (; count > 0; count--, first++) {
        MUST(first > 0 && first < NUMBERS);
        MUST(atomic_fetch_add(&numbers[first], 1) == 0);
    }
}

/* In one snapshot nothing is lost, whatever others do. */
static void check_sum(Session *session)
{
    int64_t sum = 0;
    TreeCursor *cursor;
    Bytes key, value;

    MUST(tree_cursor_new(session->txn, TREE_ROWS, &cursor) == JET_errSuccess);
    JET_ERR error = tree_cursor_seek(cursor, SEEK_GE, text("a"), text(""), &key, &value);
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        int64_t balance;
        MUST(error == JET_errSuccess && value.size == sizeof balance);
        memcpy(&balance, value.data, sizeof balance);
        sum += balance;
        error = tree_cursor_next(cursor, &key, &value);
    }
    tree_cursor_free(cursor);
    MUST(sum == ACCOUNTS * BALANCE);
}

static void finish(Worker *worker, Session *session)
{
    bool commit = !session->failed && pick(worker, 8) != 0;

    if (commit) {
        MUST(txn_commit(session->txn, pick(worker, 4) != 0) == JET_errSuccess);
        for (unsigned i = 0; i < COUNTERS; i++)
            atomic_fetch_add(&counter_total[i], session->increments[i]);
        atomic_fetch_add(&escrow_total, session->escrow);
        while (session->name_count > 0)
            MUST(atomic_fetch_add(&name_owners[session->names[--session->name_count]], 1) == 0);
        atomic_fetch_add(&commits, 1);
    } else {
        MUST(txn_rollback(session->txn) == JET_errSuccess);
        atomic_fetch_add(&conflicts, session->failed);
    }
    Txn *txn = session->txn;
    unsigned rounds = session->rounds + 1;
    *session = (Session){.txn = txn, .rounds = rounds};
}

static void session_step(Worker *worker, Session *session)
{
    if (txn_level(session->txn) == 0) {
        MUST(txn_begin(session->txn, false) == JET_errSuccess);
        return;
    }
    switch (session->failed ? 7 : pick(worker, 8)) {
    case 0:
    case 1:
        transfer(worker, session);
        break;
    case 2:
        increment(worker, session);
        break;
    case 3:
        add_escrow(worker, session);
        break;
    case 4:
        claim_name(worker, session);
        break;
    case 5:
        take_numbers(worker);
        check_sum(session);
        break;
    default:
        finish(worker, session);
    }
}

static void *work(void *context)
{
    Worker *worker = context;
    Session sessions[SESSIONS] = {0};
    unsigned busy = SESSIONS;

    for (unsigned i = 0; i < SESSIONS; i++)
        MUST(txn_new(worker->store, &sessions[i].txn) == JET_errSuccess);
    while (busy > 0) {
        Session *session = &sessions[pick(worker, SESSIONS)];
        if (session->rounds < ROUNDS) {
            session_step(worker, session);
            if (session->rounds == ROUNDS)
                busy--;
        }
    }
    for (unsigned i = 0; i < SESSIONS; i++)
        txn_free(sessions[i].txn);
    return NULL;
}

static void fill(Store *store)
{
    Txn *txn = test_begin(store);

    for (unsigned i = 0; i < ACCOUNTS; i++)
        ck_ok(put_number(txn, 'a', i, BALANCE));
    for (unsigned i = 0; i < COUNTERS; i++)
        ck_ok(put_number(txn, 'c', i, 0));
    ck_ok(put_number(txn, 'e', 0, 0));
    ck_ok(txn_commit(txn, false));
    txn_free(txn);
}

static void check_results(Store *store)
{
    Txn *txn = test_begin(store);
    Session session = {.txn = txn};
    TreeCursor *cursor;
    Bytes key, value;

    check_sum(&session);
    for (unsigned i = 0; i < COUNTERS; i++)
        ck_assert_int_eq(get_number(txn, 'c', i), atomic_load(&counter_total[i]));
    ck_assert_int_eq(get_number(txn, 'e', 0), atomic_load(&escrow_total));
    int owned = 0, entries = 0;
    for (unsigned i = 0; i < NAMES; i++)
        owned += atomic_load(&name_owners[i]);
    ck_ok(tree_cursor_new(txn, TREE_INDEX, &cursor));
    JET_ERR error = tree_cursor_seek(cursor, SEEK_GE, text("n"), text(""), &key, &value);
    for (; error == JET_errSuccess; entries++)
        error = tree_cursor_next(cursor, &key, &value);
    ck_assert_int_eq(entries, owned);
    tree_cursor_free(cursor);
    txn_free(txn);
    ck_assert_int_gt(atomic_load(&commits), THREADS * SESSIONS * ROUNDS / 4);
    ck_assert_int_gt(atomic_load(&conflicts), 10);
}

START_TEST(sums_come_out)
{
    TestStore test;
    pthread_t threads[THREADS];
    Worker workers[THREADS];

    test_store_create(&test);
    fill(test.store);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (Worker){test.store, i, i + 1};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check_results(test.store);
    test_store_reopen(&test);
    check_results(test.store);
    test_store_remove(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store threads");
    TCase *cases = tcase_create("threads");

    tcase_set_timeout(cases, 100);
    tcase_add_test(cases, sums_come_out);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
