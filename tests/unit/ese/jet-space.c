/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-space.c - compacting, growing and shrinking database files.
 */
#include "tests/unit/ese/jet-test.h"
#include "tests/unit/ese/synced-name.h"

enum {
    ROWS = 400,
    BLOB = 9000,
};

typedef struct {
    JET_TABLEID table;
    JET_COLUMNID number, text, blob;
} Table;

static Table open_table(JET_SESID session, JET_DBID database, bool make)
{
    Table table;
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition};
    if (make) {
        ck_ok(JetCreateTable(session, database, "t", 0, 0, &table.table));
        table.number = test_add_column(session, table.table, "n", JET_coltypLong, 0, 0, 0);
        table.text = test_add_column(session, table.table, "s", JET_coltypText, 100, 0, 1252);
        table.blob = test_add_column(session, table.table, "b", JET_coltypLongBinary, 0, 0, 0);
        test_add_index(session, table.table, "primary", "+n\0", JET_bitIndexPrimary);
        test_add_index(session, table.table, "text", "+s\0", 0);
        return table;
    }
    ck_ok(JetOpenTable(session, database, "t", NULL, 0, 0, &table.table));
    ck_ok(JetGetTableColumnInfo(session, table.table, "n", &definition, sizeof definition, 0));
    table.number = definition.columnid;
    ck_ok(JetGetTableColumnInfo(session, table.table, "s", &definition, sizeof definition, 0));
    table.text = definition.columnid;
    ck_ok(JetGetTableColumnInfo(session, table.table, "b", &definition, sizeof definition, 0));
    table.blob = definition.columnid;
    return table;
}

static void fill(JET_SESID session, const Table *table)
{
    static char blob[BLOB];
    char text[32];
    ck_ok(JetBeginTransaction(session));
    for (int32_t i = 0; i < ROWS; i++) {
        memset(blob, i, sizeof blob);
        snprintf(text, sizeof text, "row %d", i % 7);
        ck_ok(JetPrepareUpdate(session, table->table, JET_prepInsert));
        test_set_long(session, table->table, table->number, i);
        test_set_text(session, table->table, table->text, text);
        ck_ok(JetSetColumn(session, table->table, table->blob, blob, sizeof blob, 0, NULL));
        ck_ok(JetUpdate(session, table->table, NULL, 0, NULL));
    }
    ck_ok(JetCommitTransaction(session, 0));
}

/* Leaves every tenth row. */
static void thin_out(JET_SESID session, const Table *table)
{
    ck_ok(JetBeginTransaction(session));
    for (JET_ERR err = JetMove(session, table->table, (int32_t)JET_MoveFirst, 0);
         err == JET_errSuccess; err = JetMove(session, table->table, JET_MoveNext, 0))
        if (test_get_long(session, table->table, table->number) % 10 != 0)
            ck_ok(JetDelete(session, table->table));
    ck_ok(JetCommitTransaction(session, 0));
}

static void check_rows(JET_SESID session, const Table *table)
{
    char blob[BLOB], text[32];
    int32_t expected = 0;
    uint32_t size, count;
    for (JET_ERR err = JetMove(session, table->table, (int32_t)JET_MoveFirst, 0);
         err == JET_errSuccess; err = JetMove(session, table->table, JET_MoveNext, 0)) {
        ck_assert_int_eq(test_get_long(session, table->table, table->number), expected);
        snprintf(text, sizeof text, "row %d", expected % 7);
        ck_assert_str_eq(test_get_text(session, table->table, table->text), text);
        ck_ok(JetRetrieveColumn(session, table->table, table->blob, blob, sizeof blob, &size, 0,
                                NULL));
        ck_assert_uint_eq(size, sizeof blob);
        for (size_t i = 0; i < sizeof blob; i++)
            ck_assert_int_eq((uint8_t)blob[i], (uint8_t)expected);
        expected += 10;
    }
    ck_assert_int_eq(expected, ROWS);
    ck_ok(JetSetCurrentIndex(session, table->table, "text"));
    ck_ok(JetIndexRecordCount(session, table->table, &count, 0));
    ck_assert_uint_eq(count, ROWS / 10);
    ck_ok(JetSetCurrentIndex(session, table->table, NULL));
}

static uint64_t file_bytes(const char *path, bool on_disk)
{
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    return (uint64_t)(on_disk ? status.st_blocks * 512 : status.st_size);
}

/* --- Compacting ----------------------------------------------------------------------------- */

static struct {
    int begins, progresses, completes;
    uint32_t done, total;
    JET_SESID session;
    JET_ERR answer;
} seen;

static JET_ERR status(JET_SESID sesid, JET_SNP snp, JET_SNT snt, void *pv)
{
    const JET_SNPROG *progress = pv;
    ck_assert_uint_eq(snp, JET_snpCompact);
    seen.session = sesid;
    seen.begins += snt == JET_sntBegin;
    seen.completes += snt == JET_sntComplete;
    if (snt == JET_sntProgress) {
        ck_assert_uint_gt(progress->cunitDone, seen.done);
        ck_assert_uint_le(progress->cunitDone, progress->cunitTotal);
        seen.done = progress->cunitDone;
        seen.total = progress->cunitTotal;
        seen.progresses++;
        return seen.answer;
    }
    return JET_errSuccess;
}

START_TEST(test_compact)
{
    TestJet jet;
    char dense[128];
    JET_CONVERT convert = {0};
    test_jet_open(&jet);
    Table table = open_table(jet.session, jet.database, true);
    fill(jet.session, &table);
    thin_out(jet.session, &table);
    snprintf(dense, sizeof dense, "%s/dense.edb", jet.directory);
    ck_jet(JetCompact(jet.session, jet.path, dense, NULL, NULL, 0), JET_errDatabaseInUse);
    ck_ok(JetCloseTable(jet.session, table.table));
    ck_ok(JetCloseDatabase(jet.session, jet.database, 0));
    ck_jet(JetCompact(jet.session, jet.path, dense, NULL, NULL, 0), JET_errDatabaseInUse);
    ck_ok(JetDetachDatabase(jet.session, jet.path));

    ck_jet(JetCompact(jet.session, jet.path, dense, NULL, NULL, 0x100), JET_errInvalidGrbit);
    ck_jet(JetCompact(jet.session, jet.path, dense, NULL, NULL, JET_bitCompactRepair),
           JET_errFeatureNotAvailable);
    ck_jet(JetCompact(jet.session, jet.path, dense, NULL, &convert, 0), JET_errFeatureNotAvailable);
    ck_jet(JetCompact(jet.session, jet.path, jet.path, NULL, NULL, 0), JET_errDatabaseDuplicate);
    ck_jet(JetCompact(jet.session, "/tmp/none.edb", dense, NULL, NULL, 0), JET_errFileNotFound);
    ck_ok(JetBeginTransaction(jet.session));
    ck_jet(JetCompact(jet.session, jet.path, dense, NULL, NULL, 0), JET_errInTransaction);
    ck_ok(JetRollback(jet.session, 0));
    /* Broken off: no file, and no other beside it. */
    seen.answer = -10002;
    ck_jet(JetCompact(jet.session, jet.path, dense, status, NULL, 0), -10002);
    ck_assert_int_ne(access(dense, F_OK), 0);
    memset(&seen, 0, sizeof seen);
    awaited.path = dense;
    ck_ok(JetCompact(jet.session, jet.path, dense, status, NULL, 0));
    ck_assert(awaited.synced);
    ck_assert_int_eq(seen.begins, 1);
    ck_assert_int_eq(seen.completes, 1);
    ck_assert_int_ge(seen.progresses, 10);
    ck_assert_uint_eq(seen.session, jet.session);
    /* 40 rows of 9 KB and little else, of 400 before. */
    ck_assert_uint_lt(file_bytes(dense, false), 8 * file_bytes(jet.path, false) / 40);
    ck_assert_uint_gt(file_bytes(dense, false), ROWS / 10 * BLOB);

    /* The same rows, and it goes on: numbers are not handed out twice. */
    ck_ok(JetAttachDatabase(jet.session, dense, 0));
    ck_ok(JetOpenDatabase(jet.session, dense, NULL, &jet.database, 0));
    table = open_table(jet.session, jet.database, false);
    check_rows(jet.session, &table);
    ck_ok(JetPrepareUpdate(jet.session, table.table, JET_prepInsert));
    test_set_long(jet.session, table.table, table.number, 5);
    ck_ok(JetUpdate(jet.session, table.table, NULL, 0, NULL));
    JET_TABLEID another;
    ck_ok(JetCreateTable(jet.session, jet.database, "another", 0, 0, &another));
    ck_jet(JetCompact(jet.session, jet.path, dense, NULL, NULL, 0), JET_errDatabaseDuplicate);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_compact_damaged)
{
    TestJet jet;
    char dense[128];
    test_jet_open(&jet);
    snprintf(dense, sizeof dense, "%s/dense.edb", jet.directory);
    ck_ok(JetCloseDatabase(jet.session, jet.database, 0));
    ck_ok(JetDetachDatabase(jet.session, jet.path));
    ck_assert_int_eq(truncate(jet.path, 6000), 0);
    ck_jet(JetCompact(jet.session, jet.path, dense, NULL, NULL, 0), JET_errDatabaseCorrupted);
    ck_assert_int_ne(access(dense, F_OK), 0);
    test_jet_close(&jet);
}
END_TEST

/* --- Sizes ------------------------------------------------------------------------------------ */

START_TEST(test_grow)
{
    TestJet jet;
    uint32_t pages = 0;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    test_jet_open(&jet);
    Table table = open_table(jet.session, jet.database, true);
    ck_ok(JetGrowDatabase(jet.session, jet.database, 3000, &pages));
    ck_assert_uint_eq(pages, 3000);
    ck_assert_uint_eq(file_bytes(jet.path, false), 3000 * page);
    ck_assert_uint_ge(file_bytes(jet.path, true), 3000 * page); /* not only a hole */
    /* Never smaller. */
    ck_ok(JetGrowDatabase(jet.session, jet.database, 10, &pages));
    ck_assert_uint_eq(pages, 3000);
    fill(jet.session, &table); /* fits into it */
    ck_assert_uint_eq(file_bytes(jet.path, false), 3000 * page);
    thin_out(jet.session, &table);
    check_rows(jet.session, &table);
    ck_jet(JetGrowDatabase(jet.session, jet.database, UINT32_MAX, &pages),
           JET_errOutOfDatabaseSpace);
    ck_jet(JetGrowDatabase(jet.session, 5, 10, &pages), JET_errInvalidDatabaseId);
    ck_jet(JetGrowDatabase(jet.session, jet.database, 10, NULL), JET_errInvalidParameter);
    test_jet_reopen(&jet);
    table = open_table(jet.session, jet.database, false);
    check_rows(jet.session, &table);

    ck_jet(JetSetDatabaseSize(jet.session, jet.path, 4000, &pages), JET_errDatabaseInUse);
    ck_ok(JetCloseTable(jet.session, table.table));
    ck_ok(JetCloseDatabase(jet.session, jet.database, 0));
    ck_ok(JetDetachDatabase(jet.session, jet.path));
    ck_ok(JetSetDatabaseSize(jet.session, jet.path, 4000, &pages));
    ck_assert_uint_eq(pages, 4000);
    ck_assert_uint_eq(file_bytes(jet.path, false), 4000 * page);
    ck_jet(JetSetDatabaseSize(jet.session, "/tmp/none.edb", 4000, &pages), JET_errFileNotFound);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_resize)
{
    TestJet jet;
    JET_TABLEID reading;
    uint32_t pages = 0;
    test_jet_open(&jet);
    Table table = open_table(jet.session, jet.database, true);
    fill(jet.session, &table);
    ck_ok(JetResizeDatabase(jet.session, jet.database, 4000, &pages, 0));
    ck_assert_uint_eq(pages, 4000);
    ck_jet(JetResizeDatabase(jet.session, jet.database, 10, &pages, 3), JET_errInvalidGrbit);
    ck_ok(JetResizeDatabase(jet.session, jet.database, 10, &pages, JET_bitResizeDatabaseOnlyGrow));
    ck_assert_uint_eq(pages, 4000);
    ck_ok(JetResizeDatabase(jet.session, jet.database, 5000, &pages,
                            JET_bitResizeDatabaseOnlyShrink));
    ck_assert_uint_eq(pages, 4000);
    /* What was reserved at the end goes. */
    ck_jet(JetResizeDatabase(jet.session, jet.database, 10, &pages, 0), JET_wrnShrinkNotPossible);
    ck_assert_uint_lt(pages, 2000);
    uint64_t full = file_bytes(jet.path, true);

    /* What a snapshot sees stays on the disk; when it has ended, free pages become holes. */
    JET_SESID reader = test_jet_session(&jet);
    ck_ok(JetOpenTable(reader, jet.database, "t", NULL, 0, 0, &reading));
    ck_ok(JetBeginTransaction(reader));
    ck_ok(JetMove(reader, reading, (int32_t)JET_MoveLast, 0));
    thin_out(jet.session, &table);
    ck_jet(JetResizeDatabase(jet.session, jet.database, 10, &pages, 0), JET_wrnShrinkNotPossible);
    ck_assert_uint_gt(file_bytes(jet.path, true), full * 9 / 10);
    ck_assert_int_eq(test_get_long(reader, reading, table.number), ROWS - 1);
    for (int32_t i = 0; i < ROWS - 1; i++)
        ck_ok(JetMove(reader, reading, JET_MovePrevious, 0));
    char byte;
    ck_jet(JetRetrieveColumn(reader, reading, table.blob, &byte, 1, NULL, 0, NULL),
           JET_wrnBufferTruncated);
    ck_ok(JetCommitTransaction(reader, 0));
    /* A commit later they are free for all. */
    ck_ok(JetMove(jet.session, table.table, (int32_t)JET_MoveFirst, 0));
    ck_ok(JetPrepareUpdate(jet.session, table.table, JET_prepReplace));
    ck_ok(JetUpdate(jet.session, table.table, NULL, 0, NULL));
    ck_jet(JetResizeDatabase(jet.session, jet.database, 10, &pages, 0), JET_wrnShrinkNotPossible);
    ck_assert_uint_lt(file_bytes(jet.path, true), full / 3);
    check_rows(jet.session, &table);
    test_jet_reopen(&jet);
    table = open_table(jet.session, jet.database, false);
    check_rows(jet.session, &table);
    /* Holes are filled again. */
    ck_ok(JetBeginTransaction(jet.session));
    for (JET_ERR err = JetMove(jet.session, table.table, (int32_t)JET_MoveFirst, 0);
         err == JET_errSuccess; err = JetMove(jet.session, table.table, JET_MoveNext, 0))
        ck_ok(JetDelete(jet.session, table.table));
    ck_ok(JetCommitTransaction(jet.session, 0));
    fill(jet.session, &table);
    thin_out(jet.session, &table);
    check_rows(jet.session, &table);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_read_only)
{
    TestJet jet;
    JET_DBID database;
    uint32_t pages;
    test_jet_open(&jet);
    ck_ok(JetCloseDatabase(jet.session, jet.database, 0));
    ck_ok(JetDetachDatabase(jet.session, jet.path));
    ck_jet(JetAttachDatabase(jet.session, jet.path, JET_bitDbReadOnly), JET_errSuccess);
    ck_ok(JetOpenDatabase(jet.session, jet.path, NULL, &database, JET_bitDbReadOnly));
    ck_jet(JetGrowDatabase(jet.session, database, 3000, &pages), JET_errDatabaseFileReadOnly);
    ck_jet(JetDefragment(jet.session, database, NULL, NULL, NULL, JET_bitDefragmentBatchStart),
           JET_errDatabaseFileReadOnly);
    test_jet_close(&jet);
}
END_TEST

static JET_CBTYP completed;

static JET_ERR note_completed(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP cbtyp,
                              void *pvArg1, void *pvArg2, void *pvContext, JET_API_PTR ulUnused)
{
    (void)sesid;
    (void)dbid;
    (void)tableid;
    (void)pvArg1;
    (void)pvArg2;
    (void)pvContext;
    (void)ulUnused;
    completed = cbtyp;
    return JET_errSuccess;
}

START_TEST(test_defragment)
{
    TestJet jet;
    uint32_t passes = 9, seconds = 9;
    test_jet_open(&jet);
    open_table(jet.session, jet.database, true);
    ck_ok(JetDefragment(jet.session, jet.database, "t", &passes, &seconds,
                        JET_bitDefragmentBatchStart));
    ck_assert_uint_eq(passes, 0);
    ck_assert_uint_eq(seconds, 0);
    ck_jet(
        JetDefragment(jet.session, jet.database, "none", NULL, NULL, JET_bitDefragmentBatchStart),
        JET_errObjectNotFound);
    ck_jet(JetDefragment(jet.session, jet.database, NULL, NULL, NULL, JET_bitDefragmentBatchStop),
           JET_wrnDefragNotRunning);
    ck_jet(JetDefragment(jet.session, jet.database, NULL, NULL, NULL, 0), JET_errInvalidGrbit);
    ck_jet(JetDefragment(jet.session, jet.database, NULL, NULL, NULL, 0x800 | 1),
           JET_errInvalidGrbit);
    ck_ok(JetDefragment2(jet.session, jet.database, NULL, NULL, NULL, note_completed,
                         JET_bitDefragmentBatchStart));
    ck_assert_uint_eq(completed, JET_cbtypOnlineDefragCompleted);
    test_jet_close(&jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-space");
    TCase *tests = tcase_create("space");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_compact);
    tcase_add_test(tests, test_compact_damaged);
    tcase_add_test(tests, test_grow);
    tcase_add_test(tests, test_resize);
    tcase_add_test(tests, test_read_only);
    tcase_add_test(tests, test_defragment);
    return run_suite(suite);
}
