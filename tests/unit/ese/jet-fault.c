/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-fault.c - memory runs out at every allocation in turn: each call says so or succeeds, and
 * what is there afterwards holds together. And a commit that no sync made durable is not told as
 * such.
 *
 * Linked with the engine itself, whose choke point for allocation is hidden in libesent.so.
 */
#include <errno.h>
#include <stdbool.h>

#include "tests/unit/ese/jet-test.h"

#include "mailstore/ese/fault.h"

enum {
    ROWS = 4,
};

static int countdown; /* allocations before the one that fails; negative: none */
static bool hit;

static int fail_at_countdown(FaultPoint point)
{
    if (point != FAULT_ALLOCATE || countdown < 0 || countdown-- > 0)
        return 0;
    hit = true;
    return 1;
}

typedef struct {
    JET_SESID session;
    JET_DBID database;
    JET_TABLEID table;
    JET_COLUMNID id, tags, data;
} Work;

#define TRY(expression)                                                                            \
    do {                                                                                           \
        JET_ERR try_ = (expression);                                                               \
        if (try_ < 0)                                                                              \
            return try_;                                                                           \
    } while (0)

static JET_ERR add_column(Work *work, const char *name, JET_COLTYP coltyp, JET_GRBIT grbit,
                          JET_COLUMNID *ret)
{
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof definition, .coltyp = coltyp, .grbit = grbit, .cp = 1200};
    return JetAddColumn(work->session, work->table, name, &definition, "ab", 2 * (coltyp == 10),
                        ret);
}

static JET_ERR define(Work *work)
{
    TRY(JetCreateTable(work->session, work->database, "t", 0, 0, &work->table));
    TRY(add_column(work, "id", JET_coltypLong, 0, &work->id));
    TRY(add_column(work, "tags", JET_coltypText, JET_bitColumnTagged | JET_bitColumnMultiValued,
                   &work->tags));
    TRY(add_column(work, "data", JET_coltypLongBinary, 0, &work->data));
    TRY(JetCreateIndex(work->session, work->table, "p", JET_bitIndexPrimary, "+id\0", 5, 0));
    return JetCreateIndex(work->session, work->table, "tags", 0, "+tags\0-id\0", 12, 0);
}

static JET_ERR insert(Work *work, int32_t id)
{
    static char data[20000];
    JET_SETINFO added = {.cbStruct = sizeof added, .itagSequence = 0};
    TRY(JetPrepareUpdate(work->session, work->table, JET_prepInsert));
    TRY(JetSetColumn(work->session, work->table, work->id, &id, 4, 0, NULL));
    for (int i = 0; i < 5; i++) {
        uint16_t tag[2] = {'a', (uint16_t)('a' + i)};
        TRY(JetSetColumn(work->session, work->table, work->tags, tag, 4, 0, &added));
    }
    TRY(JetSetColumn(work->session, work->table, work->data, data, sizeof data, 0, NULL));
    return JetUpdate(work->session, work->table, NULL, 0, NULL);
}

static JET_ERR change(Work *work)
{
    uint16_t tag[2] = {'z', 'z'};
    int32_t number = 100;
    TRY(JetMove(work->session, work->table, JET_MoveFirst, 0));
    TRY(JetPrepareUpdate(work->session, work->table, JET_prepReplace));
    TRY(JetSetColumn(work->session, work->table, work->tags, tag, 4, 0, NULL));
    TRY(JetSetColumn(work->session, work->table, work->data, "more", 4, JET_bitSetAppendLV, NULL));
    TRY(JetUpdate(work->session, work->table, NULL, 0, NULL));
    TRY(JetPrepareUpdate(work->session, work->table, JET_prepInsertCopy));
    TRY(JetSetColumn(work->session, work->table, work->id, &number, 4, 0, NULL));
    TRY(JetUpdate(work->session, work->table, NULL, 0, NULL));
    TRY(JetMove(work->session, work->table, 1, 0));
    return JetDelete(work->session, work->table);
}

static JET_ERR fill(Work *work)
{
    TRY(JetBeginTransaction(work->session));
    for (int32_t id = 1; id <= ROWS; id++)
        TRY(insert(work, id));
    TRY(JetBeginTransaction(work->session));
    TRY(change(work));
    TRY(JetCommitTransaction(work->session, 0));
    return JetCommitTransaction(work->session, JET_bitCommitLazyFlush);
}

static uint32_t count(Work *work, const char *index)
{
    uint32_t entries = 0;
    ck_ok(JetSetCurrentIndex(work->session, work->table, index));
    JET_ERR err = JetIndexRecordCount(work->session, work->table, &entries, 0);
    ck_assert(err >= 0 || err == JET_errNoCurrentRecord);
    return entries;
}

static void roll_back_all(Work *work)
{
    while (JetRollback(work->session, 0) >= 0)
        ;
}

/* Whatever happened, a table that is there has whole rows; then everything works. */
static void check_usable(Work *work, bool filled)
{
    roll_back_all(work);
    JetCloseTable(work->session, work->table);
    JET_ERR err = JetOpenTable(work->session, work->database, "t", NULL, 0, 0, &work->table);
    if (err == JET_errObjectNotFound) {
        ck_ok(define(work));
        ck_ok(fill(work));
        filled = true;
    } else {
        ck_ok(err);
    }
    uint32_t rows = count(work, NULL);
    if (filled)
        ck_assert_uint_eq(rows, ROWS);
    else
        ck_assert(rows == 0 || rows == ROWS);
}

static bool failing_step(JET_ERR err)
{
    ck_assert_msg(err >= 0 || (hit && err == JET_errOutOfMemory), "got %d", err);
    return err < 0;
}

START_TEST(test_defining)
{
    for (int at = 0;; at++) {
        TestJet jet;
        test_jet_open(&jet);
        Work work = {.session = jet.session, .database = jet.database};
        hit = false;
        countdown = at;
        fault_hook = fail_at_countdown;
        JET_ERR err = define(&work);
        fault_hook = NULL;
        bool failed = failing_step(err);
        roll_back_all(&work);
        if (failed)
            check_usable(&work, false);
        test_jet_close(&jet);
        if (!hit) {
            ck_assert_int_gt(at, 20);
            break;
        }
        if (at > 40)
            at += 12; /* the sequence repeats itself */
    }
}
END_TEST

START_TEST(test_filling)
{
    TestJet jet;
    test_jet_open(&jet);
    Work work = {.session = jet.session, .database = jet.database};
    ck_ok(define(&work));
    for (int at = 0;; at++) {
        hit = false;
        countdown = at;
        fault_hook = fail_at_countdown;
        JET_ERR err = fill(&work);
        fault_hook = NULL;
        bool failed = failing_step(err);
        if (!failed) {
            ck_assert_int_gt(at, 60);
            break;
        }
        roll_back_all(&work);
        JetPrepareUpdate(work.session, work.table, JET_prepCancel);
        ck_assert_uint_eq(count(&work, NULL), 0);
        ck_assert_uint_eq(count(&work, "tags"), 0);
        ck_ok(JetSetCurrentIndex(work.session, work.table, NULL));
        if (at > 60)
            at += 10;
    }
    check_usable(&work, true);
    ck_assert_uint_eq(count(&work, "tags"), (ROWS + 1) * 5 - 5);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_opening)
{
    for (int at = 0;; at++) {
        TestJet jet;
        JET_SESID session;
        JET_DBID database;
        JET_TABLEID table, twin;
        test_jet_open(&jet);
        Work work = {.session = jet.session, .database = jet.database};
        ck_ok(define(&work));
        test_jet_reopen(&jet);
        hit = false;
        countdown = at;
        fault_hook = fail_at_countdown;
        JET_ERR err = JetBeginSession(jet.instance, &session, NULL, NULL);
        if (err >= 0)
            err = JetOpenDatabase(session, jet.path, NULL, &database, 0);
        if (err >= 0)
            err = JetOpenTable(session, database, "t", NULL, 0, 0, &table);
        if (err >= 0)
            err = JetDupCursor(session, table, &twin, 0);
        if (err >= 0)
            err = JetSetCurrentIndex(session, twin, "tags");
        fault_hook = NULL;
        failing_step(err);
        test_jet_close(&jet);
        if (!hit) {
            ck_assert_int_gt(at, 5);
            break;
        }
    }
}
END_TEST

static JET_ERR ask(Work *work)
{
    JET_COLUMNLIST columns;
    JET_INDEXLIST indexes;
    JET_OBJECTLIST objects;
    TRY(JetGetTableColumnInfoW(work->session, work->table, NULL, &columns, sizeof columns,
                               JET_ColInfoList));
    TRY(JetGetTableIndexInfo(work->session, work->table, NULL, &indexes, sizeof indexes,
                             JET_IdxInfoList));
    TRY(JetGetObjectInfo(work->session, work->database, JET_objtypTable, NULL, NULL, &objects,
                         sizeof objects, JET_ObjInfoList));
    TRY(JetMove(work->session, columns.tableid, JET_MoveLast, 0));
    TRY(JetCloseTable(work->session, columns.tableid));
    TRY(JetCloseTable(work->session, indexes.tableid));
    return JetCloseTable(work->session, objects.tableid);
}

static JET_ERR undefine(Work *work)
{
    TRY(JetDeleteIndex(work->session, work->table, "tags"));
    TRY(JetDeleteColumn(work->session, work->table, "tags"));
    TRY(JetRenameColumn(work->session, work->table, "data", "text", 0));
    TRY(JetCloseTable(work->session, work->table));
    TRY(JetRenameTable(work->session, work->database, "t", "u"));
    return JetDeleteTable(work->session, work->database, "u");
}

START_TEST(test_asking_and_deleting)
{
    for (int at = 0;; at++) {
        TestJet jet;
        test_jet_open(&jet);
        Work work = {.session = jet.session, .database = jet.database};
        ck_ok(define(&work));
        ck_ok(fill(&work));
        hit = false;
        countdown = at;
        fault_hook = fail_at_countdown;
        JET_ERR err = ask(&work);
        if (err >= 0)
            err = undefine(&work);
        fault_hook = NULL;
        if (failing_step(err)) {
            /* It is there under one of the names, and can go. */
            JetCloseTable(work.session, work.table);
            err = JetDeleteTable(work.session, work.database, "t");
            ck_jet(JetDeleteTable(work.session, work.database, "u"),
                   err == JET_errSuccess ? JET_errObjectNotFound : JET_errSuccess);
        }
        test_jet_close(&jet);
        if (!hit) {
            ck_assert_int_gt(at, 40);
            break;
        }
        if (at > 80)
            at += 10;
    }
}
END_TEST

/* A temporary table that is filled, sorted, changed and rolled back. */
static JET_ERR sort_into(Work *work, JET_TABLEID *ret)
{
    JET_COLUMNDEF columns[] = {
        {.cbStruct = sizeof *columns, .coltyp = JET_coltypLong, .grbit = JET_bitColumnTTKey},
        {.cbStruct = sizeof *columns, .coltyp = JET_coltypLongBinary},
    };
    static const char big[3000];
    JET_COLUMNID ids[2];
    TRY(JetOpenTempTable(work->session, columns, 2, JET_bitTTUpdatable | JET_bitTTIntrinsicLVsOnly,
                         ret, ids));
    JET_TABLEID sorted = *ret;
    for (int32_t i = 3; i > 0; i--) {
        TRY(JetPrepareUpdate(work->session, sorted, JET_prepInsert));
        TRY(JetSetColumn(work->session, sorted, ids[0], &i, 4, 0, NULL));
        TRY(JetSetColumn(work->session, sorted, ids[1], big, sizeof big, 0, NULL));
        TRY(JetUpdate(work->session, sorted, NULL, 0, NULL));
    }
    TRY(JetBeginTransaction(work->session));
    TRY(JetMove(work->session, sorted, JET_MoveFirst, 0));
    TRY(JetDelete(work->session, sorted));
    TRY(JetRollback(work->session, 0));
    return JetMove(work->session, sorted, 2, 0);
}

static JET_ERR sort(Work *work)
{
    JET_TABLEID sorted = JET_tableidNil;
    JET_ERR err = sort_into(work, &sorted);
    if (sorted != JET_tableidNil)
        JetCloseTable(work->session, sorted);
    return err;
}

static void *plain_realloc(void *context, void *data, uint32_t size)
{
    (void)context;
    if (size > 0)
        return realloc(data, size);
    free(data);
    return NULL;
}

/* Sets of rows, and all columns of one; the answer's memory is the program's and stays. */
static JET_ERR explore(Work *work)
{
    static const int32_t two = 2;
    JET_INDEX_COLUMN term = {work->id, JET_relopGreaterThan, (void *)&two, 4, 0};
    JET_INDEXRANGE range = {sizeof range, work->table, JET_bitRecordInIndex};
    JET_RECORDLIST list = {.cbStruct = sizeof list};
    uint32_t n;
    JET_ENUMCOLUMN *all;
    TRY(JetSetCursorFilter(work->session, work->table, &term, 1, 0));
    TRY(JetMove(work->session, work->table, JET_MoveFirst, 0));
    TRY(JetSetCursorFilter(work->session, work->table, NULL, 0, 0));
    TRY(JetEnumerateColumns(work->session, work->table, 0, NULL, &n, &all, plain_realloc, NULL, 10,
                            JET_bitEnumeratePresenceOnly));
    free(all);
    TRY(JetSetCurrentIndex(work->session, work->table, "tags"));
    TRY(JetIntersectIndexes(work->session, &range, 1, &list, 0));
    TRY(JetCloseTable(work->session, list.tableid));
    return JetSetCurrentIndex(work->session, work->table, NULL);
}

/* A table derived from a template, and an index anew for another default. */
static JET_ERR derive(Work *work)
{
    JET_COLUMNCREATE column = {
        .cbStruct = sizeof column, .szColumnName = (char[]){"c"}, .coltyp = JET_coltypLong};
    JET_TABLECREATE2 base = {.cbStruct = sizeof base,
                             .szTableName = (char[]){"base"},
                             .rgcolumncreate = &column,
                             .cColumns = 1,
                             .grbit = JET_bitTableCreateTemplateTable};
    JET_TABLECREATE2 derived = {.cbStruct = sizeof derived,
                                .szTableName = (char[]){"derived"},
                                .szTemplateTableName = base.szTableName};
    TRY(JetBeginTransaction(work->session));
    TRY(JetCreateTableColumnIndex2(work->session, work->database, &base));
    TRY(JetCreateTableColumnIndex2(work->session, work->database, &derived));
    TRY(JetSetColumnDefaultValue(work->session, work->database, "t", "tags", "cd", 2, 0));
    return JetRollback(work->session, 0);
}

START_TEST(test_reading_and_deriving)
{
    TestJet jet;
    test_jet_open(&jet);
    Work work = {.session = jet.session, .database = jet.database};
    ck_ok(define(&work));
    ck_ok(fill(&work));
    uint32_t entries = count(&work, "tags");
    for (int at = 0;; at++) {
        hit = false;
        countdown = at;
        fault_hook = fail_at_countdown;
        JET_ERR err = sort(&work);
        if (err >= 0)
            err = explore(&work);
        if (err >= 0)
            err = derive(&work);
        fault_hook = NULL;
        failing_step(err);
        roll_back_all(&work);
        /* A failure may have left a filter, or the other index. */
        (void)JetSetCursorFilter(work.session, work.table, NULL, 0, 0);
        ck_assert_uint_eq(count(&work, "tags"), entries);
        ck_assert_uint_eq(count(&work, NULL), ROWS);
        if (!hit) {
            ck_assert_int_gt(at, 100);
            break;
        }
    }
    test_jet_close(&jet);
}
END_TEST

/* --- The disk --------------------------------------------------------------------------- */

static _Atomic int64_t told;

static JET_ERR note_durable(JET_INSTANCE instance, JET_COMMIT_ID *seen, JET_GRBIT grbit)
{
    (void)instance;
    if (grbit == 0)
        told = seen->commitId;
    return JET_errSuccess;
}

static int fail_sync(FaultPoint point)
{
    return point == FAULT_SYNC ? EIO : 0;
}

/* A lazy commit whose database goes before its time, while the disk does not take it. */
START_TEST(test_detaching_from_a_broken_disk)
{
    TestJet jet;
    JET_COMMIT_ID lazy = {0};
    test_jet_place(&jet);
    ck_ok(JetCreateInstance(&jet.instance, "broken-disk"));
    ck_ok(JetSetSystemParameter(&jet.instance, 0, JET_paramDurableCommitCallback,
                                (JET_API_PTR)note_durable, NULL));
    ck_ok(JetInit(&jet.instance));
    ck_ok(JetBeginSession(jet.instance, &jet.session, NULL, NULL));
    ck_ok(JetCreateDatabase(jet.session, jet.path, NULL, &jet.database, 0));
    Work work = {.session = jet.session, .database = jet.database};
    ck_ok(define(&work));
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(insert(&work, 1));
    fault_hook = fail_sync;
    ck_ok(JetCommitTransaction2(jet.session, JET_bitCommitLazyFlush, 600000, &lazy));
    ck_assert_int_gt(lazy.commitId, 0);
    ck_ok(JetCloseTable(jet.session, work.table));
    ck_ok(JetCloseDatabase(jet.session, jet.database, 0));
    JetDetachDatabase(jet.session, jet.path);
    test_jet_close(&jet);
    fault_hook = NULL;
    ck_assert_int_lt(told, lazy.commitId);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-fault");
    TCase *tests = tcase_create("fault");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, test_defining);
    tcase_add_test(tests, test_filling);
    tcase_add_test(tests, test_opening);
    tcase_add_test(tests, test_asking_and_deleting);
    tcase_add_test(tests, test_reading_and_deriving);
    tcase_add_test(tests, test_detaching_from_a_broken_disk);
    return run_suite(suite);
}
