/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-callback.c - functions of the program that the engine calls: for changes of rows, for local
 * storage, for commits that have become durable.
 */
#include "tests/unit/ese/jet-test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

enum {
    CALLS_MAX = 32,
};

/* What the functions saw, and what they are to answer. */
static struct {
    JET_CBTYP calls[CALLS_MAX];
    int32_t values[CALLS_MAX]; /* of the row being made, or the current one */
    unsigned n;
    JET_SESID session;
    JET_TABLEID table;
    JET_DBID database;
    JET_COLUMNID column;
    JET_CBTYP fail_at;
    bool close;
    void *context;
} seen;

static JET_ERR note(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP cbtyp,
                    void *pvArg1, void *pvArg2, void *pvContext, JET_API_PTR ulUnused)
{
    int32_t value = -1;
    bool copy = cbtyp == JET_cbtypBeforeInsert || cbtyp == JET_cbtypBeforeReplace;
    ck_assert_ptr_null(pvArg1);
    ck_assert_ptr_null(pvArg2);
    ck_assert_uint_eq(ulUnused, 0);
    seen.context = pvContext;
    seen.session = sesid;
    seen.table = tableid;
    seen.database = dbid;
    if (copy || cbtyp == JET_cbtypBeforeDelete)
        ck_ok(JetRetrieveColumn(sesid, tableid, seen.column, &value, sizeof value, NULL,
                                copy ? JET_bitRetrieveCopy : 0, NULL));
    ck_assert_uint_lt(seen.n, CALLS_MAX);
    seen.values[seen.n] = value;
    seen.calls[seen.n++] = cbtyp;
    if (seen.close)
        ck_ok(JetCloseTable(sesid, tableid));
    return cbtyp == seen.fail_at ? -10007 : JET_errSuccess;
}

static const JET_CBTYP all_changes = JET_cbtypBeforeInsert | JET_cbtypAfterInsert |
                                     JET_cbtypBeforeReplace | JET_cbtypAfterReplace |
                                     JET_cbtypBeforeDelete | JET_cbtypAfterDelete;

static JET_TABLEID make_table(TestJet *jet)
{
    JET_TABLEID table;
    ck_ok(JetCreateTable(jet->session, jet->database, "t", 0, 0, &table));
    memset(&seen, 0, sizeof seen);
    seen.column = test_add_column(jet->session, table, "n", JET_coltypLong, 0, 0, 0);
    return table;
}

static JET_ERR insert(JET_SESID session, JET_TABLEID table, int32_t value)
{
    ck_ok(JetPrepareUpdate(session, table, JET_prepInsert));
    test_set_long(session, table, seen.column, value);
    return JetUpdate(session, table, NULL, 0, NULL);
}

static JET_ERR replace(JET_SESID session, JET_TABLEID table, int32_t value)
{
    ck_ok(JetPrepareUpdate(session, table, JET_prepReplace));
    test_set_long(session, table, seen.column, value);
    return JetUpdate(session, table, NULL, 0, NULL);
}

static uint32_t count_rows(JET_SESID session, JET_TABLEID table)
{
    uint32_t count = 0;
    if (JetMove(session, table, (int32_t)JET_MoveFirst, 0) == JET_errSuccess)
        ck_ok(JetIndexRecordCount(session, table, &count, 0));
    return count;
}

START_TEST(test_changes)
{
    TestJet jet;
    JET_HANDLE id;
    JET_TABLEID again;
    static const JET_CBTYP expected[] = {JET_cbtypBeforeInsert,  JET_cbtypAfterInsert,
                                         JET_cbtypBeforeReplace, JET_cbtypAfterReplace,
                                         JET_cbtypBeforeDelete,  JET_cbtypAfterDelete};
    test_jet_open(&jet);
    JET_TABLEID table = make_table(&jet);
    ck_ok(JetRegisterCallback(jet.session, table, all_changes, note, &jet, &id));
    ck_ok(insert(jet.session, table, 7));
    ck_assert_uint_eq(seen.session, jet.session);
    ck_assert_uint_eq(seen.table, table);
    ck_assert_uint_eq(seen.database, jet.database);
    ck_assert_ptr_eq(seen.context, &jet);
    ck_ok(JetMove(jet.session, table, (int32_t)JET_MoveFirst, 0));
    ck_ok(replace(jet.session, table, 8));
    ck_ok(JetDelete(jet.session, table));
    ck_assert_uint_eq(seen.n, 6);
    ck_assert_mem_eq(seen.calls, expected, sizeof expected);
    ck_assert_int_eq(seen.values[0], 7);
    ck_assert_int_eq(seen.values[2], 8);
    ck_assert_int_eq(seen.values[4], 8);

    /* Another session's cursor in the same table; after the registering cursor is closed, too. */
    JET_SESID other = test_jet_session(&jet);
    ck_ok(JetOpenTable(other, jet.database, "t", NULL, 0, 0, &again));
    ck_ok(JetCloseTable(jet.session, table));
    ck_ok(insert(other, again, 9));
    ck_assert_uint_eq(seen.n, 8);
    ck_assert_uint_eq(seen.session, other);
    /* Part of it taken back, then the rest. */
    ck_ok(JetUnregisterCallback(other, again, JET_cbtypBeforeInsert, id));
    ck_ok(insert(other, again, 10));
    ck_assert_uint_eq(seen.n, 9);
    ck_assert_uint_eq(seen.calls[8], JET_cbtypAfterInsert);
    ck_jet(JetUnregisterCallback(other, again, JET_cbtypBeforeInsert, id),
           JET_wrnCallbackNotRegistered);
    ck_ok(JetUnregisterCallback(other, again, all_changes, id));
    ck_ok(insert(other, again, 11));
    ck_assert_uint_eq(seen.n, 9);
    ck_jet(JetUnregisterCallback(other, again, all_changes, id), JET_wrnCallbackNotRegistered);

    ck_jet(JetRegisterCallback(other, again, JET_cbtypNull, note, NULL, &id),
           JET_errInvalidParameter);
    ck_jet(JetRegisterCallback(other, again, 0x8000, note, NULL, &id), JET_errInvalidParameter);
    ck_jet(JetRegisterCallback(other, again, all_changes, NULL, NULL, &id),
           JET_errInvalidParameter);
    ck_jet(JetRegisterCallback(other, again, all_changes, note, NULL, NULL),
           JET_errInvalidParameter);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_refusing)
{
    TestJet jet;
    JET_HANDLE id;
    test_jet_open(&jet);
    JET_TABLEID table = make_table(&jet);
    ck_ok(insert(jet.session, table, 1));
    ck_ok(JetRegisterCallback(jet.session, table, all_changes, note, NULL, &id));
    for (int round = 0; round < 2; round++) {
        /* Outside a transaction, and in one. */
        if (round == 1)
            ck_ok(JetBeginTransaction(jet.session));
        seen.fail_at = JET_cbtypBeforeInsert;
        ck_jet(insert(jet.session, table, 2), -10007);
        seen.fail_at = 0;
        ck_jet(JetPrepareUpdate(jet.session, table, JET_prepInsert), JET_errAlreadyPrepared);
        ck_ok(JetPrepareUpdate(jet.session, table, JET_prepCancel));
        ck_assert_uint_eq(count_rows(jet.session, table), 1);

        seen.fail_at = JET_cbtypBeforeReplace;
        ck_jet(replace(jet.session, table, 2), -10007);
        ck_ok(JetPrepareUpdate(jet.session, table, JET_prepCancel));
        ck_assert_int_eq(test_get_long(jet.session, table, seen.column), 1);
        seen.fail_at = JET_cbtypBeforeDelete;
        ck_jet(JetDelete(jet.session, table), -10007);
        ck_assert_uint_eq(count_rows(jet.session, table), 1);
        seen.n = 0;
    }
    /* One called after is too late to stop it. */
    seen.fail_at = JET_cbtypAfterReplace;
    ck_jet(replace(jet.session, table, 3), -10007);
    ck_assert_int_eq(test_get_long(jet.session, table, seen.column), 3);
    ck_ok(JetCommitTransaction(jet.session, 0));
    seen.fail_at = 0;
    seen.close = true;
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepReplace));
    ck_jet(JetUpdate(jet.session, table, NULL, 0, NULL), JET_errCallbackFailed);
    ck_jet(JetMove(jet.session, table, 0, 0), JET_errInvalidTableId);
    ck_ok(JetBeginTransaction(jet.session)); /* the session is free */
    ck_ok(JetRollback(jet.session, 0));
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_many)
{
    TestJet jet;
    JET_HANDLE ids[3];
    int context[3];
    test_jet_open(&jet);
    JET_TABLEID table = make_table(&jet);
    for (int i = 0; i < 3; i++)
        ck_ok(JetRegisterCallback(jet.session, table, JET_cbtypBeforeInsert, note, &context[i],
                                  &ids[i]));
    ck_ok(insert(jet.session, table, 1));
    ck_assert_uint_eq(seen.n, 3);
    ck_assert_ptr_eq(seen.context, &context[2]);
    ck_ok(JetUnregisterCallback(jet.session, table, JET_cbtypBeforeInsert, ids[2]));
    ck_ok(insert(jet.session, table, 1));
    ck_assert_uint_eq(seen.n, 5);
    ck_assert_ptr_eq(seen.context, &context[1]);
    /* The first to refuse is the last to be asked. */
    seen.fail_at = JET_cbtypBeforeInsert;
    ck_jet(insert(jet.session, table, 1), -10007);
    ck_assert_uint_eq(seen.n, 6);
    test_jet_close(&jet);
}
END_TEST

static void start_with(TestJet *jet, uint32_t parameter, JET_API_PTR value)
{
    test_jet_place(jet);
    ck_ok(JetCreateInstance(&jet->instance, "callbacks"));
    ck_ok(JetSetSystemParameter(&jet->instance, 0, parameter, value, NULL));
    ck_ok(JetInit(&jet->instance));
    ck_ok(JetBeginSession(jet->instance, &jet->session, NULL, NULL));
    ck_ok(JetCreateDatabase(jet->session, jet->path, NULL, &jet->database, 0));
}

START_TEST(test_disabled)
{
    TestJet jet;
    JET_HANDLE id;
    start_with(&jet, JET_paramDisableCallbacks, 1);
    JET_TABLEID table = make_table(&jet);
    ck_ok(JetRegisterCallback(jet.session, table, all_changes, note, NULL, &id));
    ck_ok(insert(jet.session, table, 1));
    ck_assert_uint_eq(seen.n, 0);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_by_name)
{
    TestJet jet;
    JET_TABLECREATE2 create = {.cbStruct = sizeof create,
                               .szTableName = (char[]){"named"},
                               .szCallback = (char[]){"library!function"},
                               .cbtyp = JET_cbtypBeforeInsert};
    test_jet_open(&jet);
    ck_jet(JetCreateTableColumnIndex2(jet.session, jet.database, &create),
           JET_errCallbackNotResolved);
    create.szCallback = (char[]){"function"};
    ck_jet(JetCreateTableColumnIndex2(jet.session, jet.database, &create), JET_errInvalidParameter);
    create.szCallback = NULL;
    ck_ok(JetCreateTableColumnIndex2(jet.session, jet.database, &create));
    test_jet_close(&jet);
}
END_TEST

/* --- Local storage --------------------------------------------------------------------------- */

static struct {
    JET_CBTYP type;
    void *value;
    JET_TABLEID table;
    unsigned n;
} freed;

static JET_ERR note_free(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP cbtyp,
                         void *pvArg1, void *pvArg2, void *pvContext, JET_API_PTR ulUnused)
{
    (void)sesid;
    (void)dbid;
    (void)pvArg2;
    (void)pvContext;
    (void)ulUnused;
    freed.type = cbtyp;
    freed.value = pvArg1;
    freed.table = tableid;
    freed.n++;
    return JET_errSuccess;
}

START_TEST(test_local_storage)
{
    TestJet jet;
    JET_LS value;
    int cursor_data, table_data;
    start_with(&jet, JET_paramRuntimeCallback, (JET_API_PTR)note_free);
    JET_TABLEID table = make_table(&jet);
    ck_jet(JetGetLS(jet.session, table, &value, 0), JET_errLSNotSet);
    ck_assert_uint_eq(value, JET_LSNil);
    ck_ok(JetSetLS(jet.session, table, (JET_LS)&cursor_data, JET_bitLSCursor));
    ck_jet(JetSetLS(jet.session, table, 5, 0), JET_errLSAlreadySet);
    ck_ok(JetSetLS(jet.session, table, (JET_LS)&table_data, JET_bitLSTable));
    ck_jet(JetSetLS(jet.session, table, 5, JET_bitLSTable | JET_bitLSCursor), JET_errInvalidGrbit);
    ck_jet(JetSetLS(jet.session, table, 5, 0x100), JET_errInvalidGrbit);
    ck_ok(JetGetLS(jet.session, table, &value, 0));
    ck_assert_uint_eq(value, (JET_LS)&cursor_data);
    ck_ok(JetGetLS(jet.session, table, &value, JET_bitLSTable));
    ck_assert_uint_eq(value, (JET_LS)&table_data);
    ck_ok(JetCloseTable(jet.session, table));
    ck_assert_uint_eq(freed.n, 1);
    ck_assert_uint_eq(freed.type, JET_cbtypFreeCursorLS);
    ck_assert_ptr_eq(freed.value, &cursor_data);
    ck_assert_uint_eq(freed.table, table);
    /* Taken away before: nothing is freed. */
    ck_ok(JetOpenTable(jet.session, jet.database, "t", NULL, 0, 0, &table));
    ck_ok(JetSetLS(jet.session, table, 6, 0));
    ck_ok(JetGetLS(jet.session, table, &value, JET_bitLSReset));
    ck_assert_uint_eq(value, 6);
    ck_jet(JetGetLS(jet.session, table, &value, 0), JET_errLSNotSet);
    ck_ok(JetSetLS(jet.session, table, 0, 0));
    ck_ok(JetSetLS(jet.session, table, JET_LSNil, JET_bitLSReset));
    ck_ok(JetCloseTable(jet.session, table));
    ck_assert_uint_eq(freed.n, 1);
    ck_ok(JetCloseDatabase(jet.session, jet.database, 0));
    ck_ok(JetDetachDatabase(jet.session, jet.path));
    ck_assert_uint_eq(freed.n, 2);
    ck_assert_uint_eq(freed.type, JET_cbtypFreeTableLS);
    ck_assert_ptr_eq(freed.value, &table_data);
    test_jet_close(&jet);

    test_jet_open(&jet);
    table = make_table(&jet);
    ck_jet(JetSetLS(jet.session, table, 5, 0), JET_errLSCallbackNotSpecified);
    test_jet_close(&jet);
}
END_TEST

/* --- Durable commits ---------------------------------------------------------------------------
 */

static _Atomic int64_t told;
static atomic_int n_told;
static JET_SIGNATURE told_signature;
static atomic_bool out_of_order;

static JET_ERR note_durable(JET_INSTANCE instance, JET_COMMIT_ID *pCommitIdSeen, JET_GRBIT grbit)
{
    (void)instance;
    if (grbit != 0 || pCommitIdSeen->commitId <= told)
        out_of_order = true;
    told_signature = pCommitIdSeen->signLog;
    told = pCommitIdSeen->commitId;
    n_told++;
    return JET_errSuccess;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Milliseconds until the id is told; at most 30 s are waited. */
static uint64_t wait_told(int64_t id)
{
    uint64_t start = now_ms();
    while (told < id && now_ms() < start + 30000)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    ck_assert_msg(told >= id, "told %jd, waited for %jd", (intmax_t)told, (intmax_t)id);
    return now_ms() - start;
}

static int64_t commit_row(JET_SESID session, JET_TABLEID table, JET_GRBIT grbit, uint32_t delay)
{
    JET_COMMIT_ID id = {0};
    ck_ok(JetBeginTransaction(session));
    ck_ok(insert(session, table, 1));
    ck_ok(JetCommitTransaction2(session, grbit, delay, &id));
    ck_assert_int_gt(id.commitId, 0);
    return id.commitId;
}

/* A busy machine is late now and then; what is told too late by design always is. */
static void ck_told_within(JET_SESID session, JET_TABLEID table, uint32_t delay, uint64_t ms)
{
    uint64_t waited, tries = 0;
    do
        waited = wait_told(commit_row(session, table, 0, delay));
    while (waited >= ms && ++tries < 20);
    ck_assert_uint_lt(waited, ms);
}

/* A lazy commit is not told of before its time, which may be over before we look. */
static int64_t commit_untold(JET_SESID session, JET_TABLEID table, JET_GRBIT grbit, uint32_t delay,
                             long look_ms, uint64_t lazy_ms)
{
    uint64_t start = now_ms();
    int64_t id = commit_row(session, table, grbit, delay);
    nanosleep(&(struct timespec){.tv_nsec = look_ms * 1000000}, NULL);
    bool is_told = told >= id;
    ck_assert(!is_told || now_ms() - start >= lazy_ms);
    return id;
}

START_TEST(test_durable)
{
    TestJet jet;
    JET_COMMIT_ID id = {0};
    JET_SIGNATURE signature;
    start_with(&jet, JET_paramDurableCommitCallback, (JET_API_PTR)note_durable);
    JET_TABLEID table = make_table(&jet);
    ck_ok(JetGetInstanceMiscInfo(jet.instance, &signature, sizeof signature,
                                 JET_InstanceMiscInfoLogSignature));
    /* Ids grow; a durable commit is told of at once. */
    int64_t first = commit_row(jet.session, table, 0, 0);
    wait_told(first);
    ck_told_within(jet.session, table, 0, 400);
    ck_assert_mem_eq(&told_signature, &signature, sizeof signature);
    /* A lazy one after a while, or when its time is over, or with the next that is not. */
    int64_t lazy = commit_untold(jet.session, table, JET_bitCommitLazyFlush, 0, 100, 400);
    ck_assert_int_gt(lazy, first);
    wait_told(lazy);
    wait_told(commit_untold(jet.session, table, 0, 50, 0, 40));
    ck_told_within(jet.session, table, 50, 450);
    lazy = commit_row(jet.session, table, JET_bitCommitLazyFlush, 0);
    ck_told_within(jet.session, table, 0, 400);
    ck_assert_int_ge(told, lazy);
    /* Waiting for it, and inner levels. */
    lazy = commit_row(jet.session, table, JET_bitCommitLazyFlush, 0);
    ck_ok(JetCommitTransaction(jet.session, JET_bitWaitLastLevel0Commit));
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetCommitTransaction2(jet.session, 0, 0, &id));
    ck_assert_int_eq(id.commitId, 0);
    ck_ok(JetRollback(jet.session, 0));
    wait_told(lazy);
    /* The end makes the rest durable and says so. */
    lazy = commit_row(jet.session, table, JET_bitCommitLazyFlush, 0);
    test_jet_close(&jet);
    ck_assert_int_eq(told, lazy);
    ck_assert(!out_of_order);
}
END_TEST

typedef struct {
    TestJet *jet;
    int64_t last;
} Committer;

static void *commit_many(void *context)
{
    Committer *committer = context;
    JET_SESID session;
    JET_DBID database;
    JET_TABLEID table;
    ck_ok(JetBeginSession(committer->jet->instance, &session, NULL, NULL));
    ck_ok(JetOpenDatabase(session, committer->jet->path, NULL, &database, 0));
    ck_ok(JetOpenTable(session, database, "t", NULL, 0, 0, &table));
    for (int i = 0; i < 200; i++) {
        int64_t id = commit_row(session, table, i % 3 ? JET_bitCommitLazyFlush : 0, 0);
        ck_assert_int_gt(id, committer->last);
        committer->last = id;
    }
    ck_ok(JetEndSession(session, 0));
    return NULL;
}

START_TEST(test_durable_threads)
{
    TestJet jet;
    pthread_t threads[4];
    Committer committers[4];
    start_with(&jet, JET_paramDurableCommitCallback, (JET_API_PTR)note_durable);
    JET_TABLEID table = make_table(&jet);
    ck_ok(JetCloseTable(jet.session, table));
    for (int i = 0; i < 4; i++) {
        committers[i] = (Committer){.jet = &jet};
        pthread_create(&threads[i], NULL, commit_many, &committers[i]);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        wait_told(committers[i].last);
    ck_assert(!out_of_order);
    /* Detaching with something open is no loss of it. */
    ck_ok(JetOpenTable(jet.session, jet.database, "t", NULL, 0, 0, &table));
    int64_t lazy = commit_row(jet.session, table, JET_bitCommitLazyFlush, 0);
    ck_ok(JetCloseTable(jet.session, table));
    ck_ok(JetCloseDatabase(jet.session, jet.database, 0));
    ck_ok(JetDetachDatabase(jet.session, jet.path));
    wait_told(lazy);
    test_jet_close(&jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-callback");
    TCase *tests = tcase_create("callback");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_changes);
    tcase_add_test(tests, test_refusing);
    tcase_add_test(tests, test_many);
    tcase_add_test(tests, test_disabled);
    tcase_add_test(tests, test_by_name);
    tcase_add_test(tests, test_local_storage);
    tcase_add_test(tests, test_durable);
    tcase_add_test(tests, test_durable_threads);
    return run_suite(suite);
}
