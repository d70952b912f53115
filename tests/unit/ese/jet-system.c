/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-system.c - the service of instances, long readers, and what is known of instances,
 * databases, threads and errors.
 */
#include "tests/unit/ese/jet-test.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void insert_rows(TestJet *jet, JET_TABLEID table, JET_COLUMNID column, int32_t n)
{
    ck_ok(JetBeginTransaction(jet->session));
    for (int32_t i = 0; i < n; i++) {
        ck_ok(JetPrepareUpdate(jet->session, table, JET_prepInsert));
        test_set_long(jet->session, table, column, i);
        ck_ok(JetUpdate(jet->session, table, NULL, 0, NULL));
    }
    ck_ok(JetCommitTransaction(jet->session, 0));
}

static void update_all(TestJet *jet, JET_TABLEID table, JET_COLUMNID column, int32_t value)
{
    ck_ok(JetBeginTransaction(jet->session));
    for (JET_ERR err = JetMove(jet->session, table, (int32_t)JET_MoveFirst, 0);
         err == JET_errSuccess; err = JetMove(jet->session, table, JET_MoveNext, 0)) {
        ck_ok(JetPrepareUpdate(jet->session, table, JET_prepReplace));
        test_set_long(jet->session, table, column, value);
        ck_ok(JetUpdate(jet->session, table, NULL, 0, NULL));
    }
    ck_ok(JetCommitTransaction(jet->session, 0));
}

START_TEST(test_stop_service)
{
    TestJet jet;
    JET_TABLEID table;
    JET_SESID another;
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 0, &table));
    ck_ok(JetSetSessionContext(jet.session, 3));
    ck_ok(JetBeginTransaction(jet.session));
    ck_jet(JetStopServiceInstance2(jet.instance, 0x10), JET_errInvalidGrbit);
    ck_jet(JetStopServiceInstance(jet.instance + 4096), JET_errInvalidInstance);
    /* These stop nothing of ours. */
    ck_ok(JetStopServiceInstance2(jet.instance, JET_bitStopServiceQuiesceCaches));
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetRollback(jet.session, 0));

    ck_ok(JetStopServiceInstance(jet.instance));
    ck_jet(JetBeginTransaction(jet.session), JET_errClientRequestToStopJetService);
    ck_jet(JetCommitTransaction(jet.session, 0), JET_errClientRequestToStopJetService);
    ck_jet(JetMove(jet.session, table, 0, 0), JET_errClientRequestToStopJetService);
    ck_jet(JetBeginSession(jet.instance, &another, NULL, NULL),
           JET_errClientRequestToStopJetService);
    ck_jet(JetSetSessionContext(jet.session, 4), JET_errClientRequestToStopJetService);
    ck_ok(JetStopServiceInstance2(jet.instance, JET_bitStopServiceResume));
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetCommitTransaction(jet.session, 0));

    /* All that gives something back works. */
    ck_ok(JetStopServiceInstance2(jet.instance, JET_bitStopServiceAll));
    ck_ok(JetRollback(jet.session, 0));
    ck_ok(JetCloseTable(jet.session, table));
    ck_ok(JetResetSessionContext(jet.session));
    ck_ok(JetCloseDatabase(jet.session, jet.database, 0));
    ck_ok(JetDetachDatabase(jet.session, jet.path));
    ck_ok(JetEndSession(jet.session, 0));
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_init3)
{
    JET_INSTANCE instance;
    JET_RSTMAP map = {(char[]){"a.edb"}, (char[]){"b.edb"}};
    JET_RSTINFO info = {.cbStruct = sizeof info, .rgrstmap = &map, .crstmap = 1};
    ck_ok(JetCreateInstance(&instance, "init3"));
    info.cbStruct--;
    ck_jet(JetInit3(&instance, &info, 0), JET_errInvalidParameter);
    info.cbStruct++;
    info.rgrstmap = NULL;
    ck_jet(JetInit3(&instance, &info, 0), JET_errInvalidParameter);
    info.rgrstmap = &map;
    ck_jet(JetInit3(&instance, &info, 0x80000000u), JET_errInvalidGrbit);
    ck_ok(JetInit3(&instance, &info, JET_bitReplayIgnoreMissingDB));
    ck_jet(JetInit3W(&instance, NULL, 0), JET_errAlreadyInitialized);
    ck_ok(JetTerm(instance));
}
END_TEST

START_TEST(test_instance_info)
{
    TestJet jet;
    uint32_t count = 0;
    JET_INSTANCE_INFO *infos = NULL;
    JET_INSTANCE_INFO_W *wide = NULL;
    JET_INSTANCE idle;
    JET_SIGNATURE one = {0}, two = {0};
    test_jet_open(&jet);
    ck_ok(JetCreateInstance(&idle, "idle"));
    ck_ok(JetGetInstanceInfo(&count, &infos));
    ck_assert_uint_eq(count, 2);
    bool first = infos[0].hInstanceId == jet.instance;
    JET_INSTANCE_INFO *ours = &infos[first ? 0 : 1], *other = &infos[first ? 1 : 0];
    ck_assert_uint_eq(ours->hInstanceId, jet.instance);
    ck_assert_uint_eq(ours->cDatabases, 1);
    ck_assert_str_eq(ours->szDatabaseFileName[0], jet.path);
    ck_assert_ptr_null(ours->szDatabaseDisplayName[0]);
    ck_assert_uint_eq(other->hInstanceId, idle);
    ck_assert_str_eq(other->szInstanceName, "idle");
    ck_assert_uint_eq(other->cDatabases, 0);
    ck_ok(JetFreeBuffer((char *)infos));
    ck_ok(JetGetInstanceInfoW(&count, &wide));
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(wide[first ? 1 : 0].szInstanceName[0], 'i');
    ck_assert_uint_eq(wide[first ? 1 : 0].szInstanceName[3], 'e');
    ck_assert_uint_eq(wide[first ? 1 : 0].szInstanceName[4], 0);
    for (size_t i = 0; i <= strlen(jet.path); i++)
        ck_assert_uint_eq(wide[first ? 0 : 1].szDatabaseFileName[0][i], (uint16_t)jet.path[i]);
    ck_ok(JetFreeBuffer((char *)wide));
    ck_ok(JetFreeBuffer(NULL));
    ck_jet(JetGetInstanceInfo(NULL, &infos), JET_errInvalidParameter);

    ck_ok(JetGetInstanceMiscInfo(jet.instance, &one, sizeof one, JET_InstanceMiscInfoLogSignature));
    ck_assert_int_gt(one.logtimeCreate.bYear, 100);
    ck_ok(JetGetInstanceMiscInfo(jet.instance, &two, sizeof two, JET_InstanceMiscInfoLogSignature));
    ck_assert_mem_eq(&one, &two, sizeof one);
    ck_jet(JetGetInstanceMiscInfo(jet.instance, &one, 10, 0), JET_errBufferTooSmall);
    ck_jet(JetGetInstanceMiscInfo(jet.instance, &one, sizeof one, 5), JET_errInvalidParameter);
    ck_jet(JetGetInstanceMiscInfo(idle, &one, sizeof one, 0), JET_errNotInitialized);
    ck_ok(JetTerm(idle));
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_error_info)
{
    static const struct {
        JET_ERR err;
        JET_ERRCAT path[5];
    } expected[] = {
        {JET_errOutOfCursors,
         {JET_errcatError, JET_errcatOperation, JET_errcatResource, JET_errcatMemory}},
        {JET_errReadVerifyFailure, {JET_errcatError, JET_errcatData, JET_errcatCorruption}},
        {JET_errDiskFull,
         {JET_errcatError, JET_errcatOperation, JET_errcatResource, JET_errcatDisk}},
        {JET_errDiskIO, {JET_errcatError, JET_errcatOperation, JET_errcatIO}},
        {JET_errVersionStoreOutOfMemory,
         {JET_errcatError, JET_errcatOperation, JET_errcatResource, JET_errcatQuota}},
        {JET_errWriteConflict, {JET_errcatError, JET_errcatApi, JET_errcatState}},
        {JET_errInvalidParameter, {JET_errcatError, JET_errcatApi, JET_errcatUsage}},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        JET_ERR err = expected[i].err;
        JET_ERRINFOBASIC_W info = {.cbStruct = sizeof info};
        ck_ok(JetGetErrorInfoW(&err, &info, sizeof info, JET_ErrorInfoSpecificErr, 0));
        ck_assert_int_eq(info.errValue, err);
        unsigned depth = 0;
        for (; expected[i].path[depth] != JET_errcatUnknown; depth++) {
            ck_assert_uint_eq(info.rgCategoricalHierarchy[depth], expected[i].path[depth]);
            if (expected[i].path[depth + 1] == JET_errcatUnknown)
                ck_assert_uint_eq(info.errcatMostSpecific, expected[i].path[depth]);
        }
        for (; depth < 8; depth++)
            ck_assert_uint_eq(info.rgCategoricalHierarchy[depth], JET_errcatUnknown);
    }
    JET_ERR none = -3;
    JET_ERRINFOBASIC_W info;
    ck_jet(JetGetErrorInfoW(&none, &info, sizeof info, 1, 0), JET_errInvalidParameter);
    none = JET_errSuccess;
    ck_jet(JetGetErrorInfoW(&none, &info, sizeof info, 1, 0), JET_errInvalidParameter);
    none = JET_errDiskIO;
    ck_jet(JetGetErrorInfoW(&none, &info, sizeof info, 2, 0), JET_errInvalidParameter);
    ck_jet(JetGetErrorInfoW(&none, &info, sizeof info, 1, 1), JET_errInvalidGrbit);
    ck_jet(JetGetErrorInfoW(&none, &info, 100, 1, 0), JET_errBufferTooSmall);
    ck_jet(JetGetErrorInfoW(NULL, &info, sizeof info, 1, 0), JET_errInvalidParameter);
}
END_TEST

static uint32_t database_number(TestJet *jet, uint32_t level)
{
    uint32_t number = 0xdddddddd;
    ck_ok(JetGetDatabaseInfo(jet->session, jet->database, &number, sizeof number, level));
    return number;
}

START_TEST(test_database_info)
{
    TestJet jet;
    JET_TABLEID table;
    char text[128];
    JET_WCHAR wide[128];
    JET_DBINFOMISC4 misc;
    struct stat status;
    uint64_t bytes = 0;
    uint32_t number = 0;
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 0, &table));
    JET_COLUMNID column = test_add_column(jet.session, table, "c", JET_coltypLong, 0, 0, 0);
    insert_rows(&jet, table, column, 2000);
    update_all(&jet, table, column, 1);
    ck_ok(JetGetDatabaseInfo(jet.session, jet.database, text, sizeof text, JET_DbInfoFilename));
    ck_assert_str_eq(text, jet.path);
    ck_ok(JetGetDatabaseInfoW(jet.session, jet.database, wide, sizeof wide, JET_DbInfoFilename));
    for (size_t i = 0; i <= strlen(jet.path); i++)
        ck_assert_uint_eq(wide[i], (uint16_t)jet.path[i]);
    ck_jet(JetGetDatabaseInfo(jet.session, jet.database, text, 3, JET_DbInfoFilename),
           JET_errBufferTooSmall);
    ck_assert_int_eq(stat(jet.path, &status), 0);
    uint32_t page = database_number(&jet, JET_DbInfoPageSize);
    ck_assert_uint_eq(page, (uint32_t)sysconf(_SC_PAGESIZE));
    ck_assert_uint_eq(database_number(&jet, JET_DbInfoFilesize), (uint64_t)status.st_size / page);
    ck_assert_uint_eq(database_number(&jet, JET_DbInfoFilesizeOnDisk),
                      (uint64_t)status.st_blocks * 512 / page);
    ck_assert_uint_le(database_number(&jet, JET_DbInfoFilesize),
                      database_number(&jet, JET_DbInfoSpaceOwned));
    ck_assert_uint_gt(database_number(&jet, JET_DbInfoSpaceAvailable), 0);
    ck_assert_uint_lt(database_number(&jet, JET_DbInfoSpaceAvailable),
                      database_number(&jet, JET_DbInfoSpaceOwned));
    ck_assert_uint_eq(database_number(&jet, JET_DbInfoTransactions), 7);
    ck_assert_uint_eq(database_number(&jet, JET_DbInfoLCID), 0x409);
    ck_assert_uint_eq(database_number(&jet, JET_DbInfoFileType), JET_filetypeDatabase);
    ck_ok(JetGetDatabaseInfo(jet.session, jet.database, &misc, sizeof misc, JET_DbInfoMisc));
    ck_assert_uint_eq(misc.dbinfo.dbstate, JET_dbstateDirtyShutdown);
    ck_assert_uint_eq(misc.dbinfo.cbPageSize, page);
    ck_jet(JetGetDatabaseInfo(jet.session, jet.database, &misc, 8, JET_DbInfoMisc),
           JET_errBufferTooSmall);
    ck_jet(JetGetDatabaseInfo(jet.session, jet.database, text, sizeof text, JET_DbInfoUpgrade),
           JET_errFeatureNotAvailable);
    ck_jet(JetGetDatabaseInfo(jet.session, jet.database, text, sizeof text, 99),
           JET_errInvalidParameter);
    ck_jet(JetGetDatabaseInfo(jet.session, 5, text, sizeof text, JET_DbInfoFilename),
           JET_errInvalidDatabaseId);

    ck_ok(JetGetDatabaseFileInfo(jet.path, &bytes, sizeof bytes, JET_DbInfoFilesize));
    ck_assert_uint_eq(bytes, (uint64_t)status.st_size);
    ck_ok(JetGetDatabaseFileInfo(jet.path, &number, sizeof number, JET_DbInfoDBInUse));
    ck_assert_uint_eq(number, 1);
    ck_jet(JetGetDatabaseFileInfo(jet.path, &number, sizeof number, JET_DbInfoFilesize),
           JET_errInvalidBufferSize);
    ck_jet(JetGetDatabaseFileInfo(jet.path, &number, sizeof number, JET_DbInfoConnect),
           JET_errInvalidParameter);
    ck_jet(JetGetDatabaseFileInfo("/nonexistent", &number, sizeof number, JET_DbInfoPageSize),
           JET_errFileNotFound);
    /* Looking at an open file leaves the locks of it in place. */
    update_all(&jet, table, column, 2);
    ck_ok(JetCloseTable(jet.session, table));
    ck_ok(JetCloseDatabase(jet.session, jet.database, 0));
    ck_ok(JetDetachDatabase(jet.session, jet.path));
    ck_ok(JetGetDatabaseFileInfo(jet.path, &number, sizeof number, JET_DbInfoDBInUse));
    ck_assert_uint_eq(number, 0);
    ck_ok(JetGetDatabaseFileInfo(jet.path, &misc, sizeof misc.dbinfo, JET_DbInfoMisc));
    ck_assert_uint_eq(misc.dbinfo.dbstate, JET_dbstateCleanShutdown);
    snprintf(text, sizeof text, "%s/text", jet.directory);
    FILE *file = fopen(text, "w");
    ck_assert_ptr_nonnull(file);
    fputs("no database\n", file);
    fclose(file);
    ck_ok(JetGetDatabaseFileInfo(text, &number, sizeof number, JET_DbInfoFileType));
    ck_assert_uint_eq(number, JET_filetypeUnknown);
    ck_jet(JetGetDatabaseFileInfo(text, &number, sizeof number, JET_DbInfoPageSize),
           JET_errDatabaseCorrupted);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_small_calls)
{
    TestJet jet;
    JET_THREADSTATS2 stats;
    test_jet_open(&jet);
    ck_ok(JetGetThreadStats(&stats, sizeof stats));
    ck_assert_uint_eq(stats.cbStruct, sizeof stats);
    ck_assert_uint_gt(stats.cPageReferenced, 0);
    ck_ok(JetGetThreadStats(&stats, sizeof(JET_THREADSTATS)));
    ck_assert_uint_eq(stats.cbStruct, sizeof(JET_THREADSTATS));
    ck_jet(JetGetThreadStats(&stats, 8), JET_errBufferTooSmall);
    ck_ok(JetConfigureProcessForCrashDump(JET_bitDumpMinimum | JET_bitDumpCacheMinimum));
    ck_jet(JetConfigureProcessForCrashDump(JET_bitDumpCacheMaximum), JET_errFeatureNotAvailable);
    ck_jet(JetConfigureProcessForCrashDump(0x1000), JET_errInvalidGrbit);
    ck_jet(JetIdle(jet.session, 0), JET_wrnNoIdleActivity);
    ck_jet(JetIdle(jet.session, JET_bitIdleCompact), JET_wrnNoIdleActivity);
    ck_ok(JetIdle(jet.session, JET_bitIdleFlushBuffers));
    ck_ok(JetIdle(jet.session, JET_bitIdleStatus));
    ck_jet(JetIdle(jet.session, 0x100), JET_errInvalidGrbit);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_idle_status)
{
    TestJet jet;
    JET_TABLEID table;
    static char value[700000];
    test_jet_place(&jet);
    ck_ok(JetCreateInstance(&jet.instance, "idle"));
    ck_ok(JetSetSystemParameter(&jet.instance, 0, JET_paramMaxVerPages, 1, NULL));
    ck_ok(JetInit(&jet.instance));
    ck_ok(JetBeginSession(jet.instance, &jet.session, NULL, NULL));
    ck_ok(JetCreateDatabase(jet.session, jet.path, NULL, &jet.database, 0));
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 0, &table));
    JET_COLUMNID column = test_add_column(jet.session, table, "c", JET_coltypLongBinary, 0, 0, 0);
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetIdle(jet.session, JET_bitIdleStatus));
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
    ck_ok(JetSetColumn(jet.session, table, column, value, sizeof value, 0, NULL));
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    ck_jet(JetIdle(jet.session, JET_bitIdleStatus), JET_wrnIdleFull);
    ck_ok(JetRollback(jet.session, 0));
    ck_ok(JetIdle(jet.session, JET_bitIdleStatus));
    test_jet_close(&jet);
}
END_TEST

static ESENT_SNAPSHOTINFO snapshots(TestJet *jet)
{
    ESENT_SNAPSHOTINFO info;
    ck_ok(
        JetGetInstanceMiscInfo(jet->instance, &info, sizeof info, ESENT_InstanceMiscInfoSnapshots));
    ck_assert_uint_eq(info.cbStruct, sizeof info);
    return info;
}

START_TEST(test_long_reader)
{
    TestJet jet;
    JET_TABLEID table, reading;
    int32_t value;
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 0, &table));
    JET_COLUMNID column = test_add_column(jet.session, table, "c", JET_coltypLong, 0, 0, 0);
    insert_rows(&jet, table, column, 5000);
    JET_SESID reader = test_jet_session(&jet);
    ck_ok(JetOpenTable(reader, jet.database, "t", NULL, 0, 0, &reading));
    ck_assert_uint_eq(snapshots(&jet).cSnapshots, 0);
    ck_assert_uint_eq(snapshots(&jet).cmsecOldest, 0);
    ck_assert_uint_eq(snapshots(&jet).cpgPinned, 0);

    ck_ok(JetBeginTransaction(reader));
    ck_ok(JetMove(reader, reading, (int32_t)JET_MoveFirst, 0));
    for (int32_t i = 0; i < 3; i++)
        update_all(&jet, table, column, i);
    sleep_ms(60);
    ESENT_SNAPSHOTINFO info = snapshots(&jet);
    ck_assert_uint_eq(info.cSnapshots, 1);
    ck_assert_uint_ge(info.cmsecOldest, 50);
    ck_assert_uint_gt(info.cpgPinned, 50); /* each round rewrote all pages of the table */
    ck_assert_uint_ge(info.cpgFree, info.cpgPinned);
    ck_assert_uint_gt(info.cpgTotal, info.cpgFree);

    /* A limit that is not reached, then one that is: the next commit takes the snapshot back. */
    ck_ok(JetSetSystemParameter(&jet.instance, 0, ESENT_paramSnapshotAgeMax, 1000000, NULL));
    update_all(&jet, table, column, 5);
    ck_ok(JetMove(reader, reading, JET_MoveNext, 0));
    ck_ok(JetSetSystemParameter(&jet.instance, 0, ESENT_paramSnapshotAgeMax, 20, NULL));
    ck_ok(JetRetrieveColumn(reader, reading, column, &value, sizeof value, NULL, 0, NULL));
    update_all(&jet, table, column, 6);
    info = snapshots(&jet);
    ck_assert_uint_eq(info.cSnapshots, 0);
    ck_assert_uint_eq(info.cpgPinned, 0);
    ck_assert_uint_eq(info.cExpired, 1);
    ck_jet(JetRetrieveColumn(reader, reading, column, &value, sizeof value, NULL, 0, NULL),
           JET_errTransactionTooLong);
    ck_jet(JetMove(reader, reading, JET_MoveNext, 0), JET_errTransactionTooLong);
    ck_jet(JetBeginTransaction(reader), JET_errTransactionTooLong);
    ck_jet(JetCommitTransaction(reader, 0), JET_errTransactionTooLong);
    ck_ok(JetRollback(reader, 0));
    ck_ok(JetBeginTransaction(reader));
    ck_ok(JetMove(reader, reading, (int32_t)JET_MoveFirst, 0));
    ck_assert_int_eq(test_get_long(reader, reading, column), 6);
    ck_ok(JetCommitTransaction(reader, 0));
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_long_writer)
{
    TestJet jet;
    JET_TABLEID table, writing;
    static char value[20000];
    test_jet_open(&jet);
    ck_ok(JetSetSystemParameter(&jet.instance, 0, ESENT_paramSnapshotAgeMax, 20, NULL));
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 0, &table));
    JET_COLUMNID column = test_add_column(jet.session, table, "c", JET_coltypLong, 0, 0, 0);
    JET_COLUMNID blob = test_add_column(jet.session, table, "b", JET_coltypLongBinary, 0, 0, 0);
    insert_rows(&jet, table, column, 3);
    JET_SESID writer = test_jet_session(&jet);
    ck_ok(JetOpenTable(writer, jet.database, "t", NULL, 0, 0, &writing));
    ck_ok(JetBeginTransaction(writer));
    ck_ok(JetMove(writer, writing, (int32_t)JET_MoveFirst, 0));
    ck_ok(JetPrepareUpdate(writer, writing, JET_prepReplace));
    ck_ok(JetSetColumn(writer, writing, blob, value, sizeof value, 0, NULL));
    sleep_ms(60);
    ck_ok(JetMove(jet.session, table, (int32_t)JET_MoveLast, 0));
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepReplace));
    test_set_long(jet.session, table, column, 9);
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    ck_jet(JetUpdate(writer, writing, NULL, 0, NULL), JET_errTransactionTooLong);
    ck_ok(JetCloseTable(writer, writing)); /* with the row still prepared */
    ck_ok(JetRollback(writer, 0));
    /* Its lock is gone, and what it wrote. */
    ck_ok(JetMove(jet.session, table, (int32_t)JET_MoveFirst, 0));
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepReplace));
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    ck_jet(JetRetrieveColumn(jet.session, table, blob, value, sizeof value, NULL, 0, NULL),
           JET_wrnColumnNull);
    test_jet_close(&jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-system");
    TCase *tcase = tcase_create("system");
    tcase_add_test(tcase, test_stop_service);
    tcase_add_test(tcase, test_init3);
    tcase_add_test(tcase, test_instance_info);
    tcase_add_test(tcase, test_error_info);
    tcase_add_test(tcase, test_database_info);
    tcase_add_test(tcase, test_small_calls);
    tcase_add_test(tcase, test_idle_status);
    tcase_add_test(tcase, test_long_reader);
    tcase_add_test(tcase, test_long_writer);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
