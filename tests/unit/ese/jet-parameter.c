/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-parameter.c - system and session parameters: defaults, ranges, when they may be set.
 *
 * The table is that of the original's parameters, as its documentation and public source have it.
 */
#include "tests/unit/ese/jet-test.h"

#include <stdbool.h>

#define NO_LIMIT UINTPTR_MAX

static const struct {
    uint32_t id;
    bool global; /* of the process, not of one instance */
    bool fixed;  /* by JetInit */
    JET_API_PTR min, max, value;
} numbers[] = {
    {JET_paramMaxSessions, false, true, 0, 30000, 16},
    {JET_paramMaxOpenTables, false, true, 0, INT32_MAX, 300},
    {JET_paramPreferredMaxOpenTables, false, true, 0, INT32_MAX, 0},
    {JET_paramMaxCursors, false, true, 0, INT32_MAX, 1024},
    {JET_paramMaxVerPages, false, true, 1, INT32_MAX, 64},
    {JET_paramMaxTemporaryTables, false, true, 0, INT32_MAX, 20},
    {JET_paramLogFileSize, false, true, 64, 32768, 5120},
    {JET_paramLogBuffers, false, true, 1, INT32_MAX, 126},
    {JET_paramWaitLogFlush, false, false, 0, INT32_MAX, 0},
    {JET_paramLogCheckpointPeriod, false, true, 0, INT32_MAX, 1024},
    {JET_paramLogWaitingUserMax, false, true, 0, INT32_MAX, 3},
    {JET_paramCircularLog, false, true, 0, NO_LIMIT, 0},
    {JET_paramDbExtensionSize, false, false, 1, INT32_MAX, 256},
    {JET_paramPageTempDBMin, false, true, 0, INT32_MAX, 0},
    {JET_paramPageFragment, false, true, 0, INT32_MAX, 8},
    {JET_paramBatchIOBufferMax, true, false, 0, NO_LIMIT, 256},
    {JET_paramCacheSizeMax, true, false, 1, NO_LIMIT, 2000000000},
    {JET_paramCheckpointDepthMax, false, false, 0, NO_LIMIT, 20971520},
    {JET_paramLRUKCorrInterval, true, true, 0, NO_LIMIT, 128000},
    {JET_paramLRUKHistoryMax, true, true, 0, NO_LIMIT, 100000},
    {JET_paramLRUKPolicy, true, true, 1, 2, 2},
    {JET_paramLRUKTimeout, true, true, 1, NO_LIMIT, 100},
    {JET_paramLRUKTrxCorrInterval, true, true, 0, NO_LIMIT, 0},
    {JET_paramOutstandingIOMax, true, true, 0, 65536, 1024},
    {JET_paramStartFlushThreshold, true, false, 0, NO_LIMIT, 20000000},
    {JET_paramStopFlushThreshold, true, false, 0, NO_LIMIT, 40000000},
    {JET_paramEnableOnlineDefrag, false, false, 0, JET_OnlineDefragAll, JET_OnlineDefragAll},
    {JET_paramCheckFormatWhenOpenFail, false, true, 0, NO_LIMIT, 1},
    {JET_paramEnableTempTableVersioning, false, true, 0, NO_LIMIT, 1},
    {JET_paramIgnoreLogVersion, false, true, 0, 0, 0},
    {JET_paramDeleteOldLogs, false, true, 0, NO_LIMIT, 0},
    {JET_paramNoInformationEvent, false, true, 0, NO_LIMIT, 0},
    {JET_paramEventLoggingLevel, false, true, JET_EventLoggingDisable, JET_EventLoggingLevelMax,
     JET_EventLoggingLevelMax},
    {JET_paramDeleteOutOfRangeLogs, false, true, 0, NO_LIMIT, 0},
    {JET_paramAccessDeniedRetryPeriod, true, false, 0, NO_LIMIT, 10000},
    {JET_paramEnableIndexCleanup, false, false, 0, NO_LIMIT, 1},
    {JET_paramCacheSizeMin, true, false, 1, NO_LIMIT, 1},
    {JET_paramPreferredVerPages, false, false, 1, INT32_MAX, 58},
    {JET_paramDisableCallbacks, false, true, 0, NO_LIMIT, 0},
    {JET_paramLogFileCreateAsynch, false, true, 0, NO_LIMIT, 1},
    {JET_paramZeroDatabaseDuringBackup, false, true, 0, NO_LIMIT, 0},
    {JET_paramRuntimeCallback, false, true, 0, NO_LIMIT, 0},
    {JET_paramCleanupMismatchedLogFiles, false, true, 0, NO_LIMIT, 0},
    {JET_paramRecordUpgradeDirtyLevel, true, false, 0, 3, 1},
    {JET_paramGlobalMinVerPages, true, true, 1, INT32_MAX, 64},
    {JET_paramOSSnapshotTimeout, true, false, 0, INT32_MAX, 70000},
    {JET_paramExceptionAction, true, false, 0, NO_LIMIT, JET_ExceptionFailFast},
    {JET_paramEventLogCache, true, true, 0, INT32_MAX, 0},
    {JET_paramCreatePathIfNotExist, false, false, 0, NO_LIMIT, 0},
    {JET_paramPageHintCacheSize, true, true, 0, INT32_MAX, 262144},
    {JET_paramOneDatabasePerSession, false, true, 0, NO_LIMIT, 0},
    {JET_paramVersionStoreTaskQueueMax, false, false, 1, 127, 4},
    {JET_paramIndexTuplesLengthMin, false, true, 2, 255, 3},
    {JET_paramIndexTuplesLengthMax, false, true, 2, 255, 10},
    {JET_paramIndexTuplesToIndexMax, false, true, 1, 32767, 32767},
    {JET_paramCachedClosedTables, false, false, 0, INT32_MAX, 64},
    {JET_paramEnableFileCache, true, true, 0, NO_LIMIT, 0},
    {JET_paramEnableViewCache, true, true, 0, NO_LIMIT, 0},
    {JET_paramConfiguration, false, true, 0, 0x7ff, JET_configDefault},
    {JET_paramEnableAdvanced, false, false, 0, NO_LIMIT, 1},
    {JET_paramIndexTupleIncrement, false, true, 0, 32767, 1},
    {JET_paramIndexTupleStart, false, false, 0, 32767, 0},
    {JET_paramCheckpointIOMax, true, false, 1, 1024, 1},
    {JET_paramWaypointLatency, false, true, 0, 1023, 0},
    {JET_paramDefragmentSequentialBTrees, false, false, 0, NO_LIMIT, 1},
    {JET_paramDefragmentSequentialBTreesDensityCheckFrequency, false, true, 0, NO_LIMIT, 10},
    {JET_paramIOThrottlingTimeQuanta, true, true, 1, 10000, 100},
    {JET_paramEnableDBScanInRecovery, false, false, 0, 2, 0},
    {JET_paramDbScanThrottle, false, false, 0, 1000 * 60, 20},
    {JET_paramDbScanIntervalMinSec, false, true, 0, 60 * 60 * 24 * 21, 60 * 60 * 24 * 1},
    {JET_paramDbScanIntervalMaxSec, false, true, 1, 60 * 60 * 24 * 365 * 50, 60 * 60 * 24 * 7},
    {JET_paramMaxTransactionSize, false, false, 1, 100, 100},
    {JET_paramPrereadIOMax, false, false, 0, 256, 8},
    {JET_paramEnableDBScanSerialization, false, true, 0, 1, 0},
    {JET_paramHungIOThreshold, true, true, 11 * 1000, 30 * 60 * 1000, 30 * 1000},
    {JET_paramMinDataForXpress, true, true, 0, INT32_MAX, 1024},
    {JET_paramDurableCommitCallback, false, true, 0, NO_LIMIT, 0},
    {JET_paramEnableSqm, false, true, JET_sqmDisable, JET_sqmFromCEIP, JET_sqmEnable},
    {JET_paramEnableBlockCacheDetach, true, true, 0, 1, 0},
    {JET_paramMaxInstances, true, true, 1, 10240, 16},
    {JET_paramHungIOActions, true, true, 0, 0x1f, JET_bitHungIOEvent},
};

enum {
    N_NUMBERS = sizeof numbers / sizeof *numbers
};

static JET_API_PTR get_number(JET_INSTANCE instance, uint32_t id)
{
    JET_API_PTR value = 77;
    ck_ok(JetGetSystemParameter(instance, 0, id, &value, NULL, 0));
    return value;
}

static void check_set(JET_INSTANCE instance, uint32_t id, JET_API_PTR value, JET_ERR expected)
{
    JET_ERR err = JetSetSystemParameter(&instance, 0, id, value, NULL);
    ck_assert_msg(err == expected, "parameter %u to %ju: %d, expected %d", id, (uintmax_t)value,
                  err, expected);
}

static bool is_boolean(size_t i)
{
    return numbers[i].min == 0 && numbers[i].max == NO_LIMIT && numbers[i].value <= 1;
}

/* What the value given is kept as: booleans are 0 or 1, pointers as they are. */
static void check_kept(JET_INSTANCE instance, size_t i, JET_API_PTR value)
{
    JET_API_PTR kept = get_number(instance, numbers[i].id);
    ck_assert_msg(kept == value || (is_boolean(i) && kept == 1), "parameter %u is %ju after %ju",
                  numbers[i].id, (uintmax_t)kept, (uintmax_t)value);
}

START_TEST(test_numbers)
{
    JET_INSTANCE instance;
    ck_ok(JetCreateInstance(&instance, "numbers"));
    for (size_t i = 0; i < N_NUMBERS; i++) {
        ck_assert_msg(get_number(instance, numbers[i].id) == numbers[i].value,
                      "default of %u is %ju", numbers[i].id,
                      (uintmax_t)get_number(instance, numbers[i].id));
        if (numbers[i].min > 0)
            check_set(instance, numbers[i].id, numbers[i].min - 1, JET_errInvalidParameter);
        if (numbers[i].max < NO_LIMIT)
            check_set(instance, numbers[i].id, numbers[i].max + 1, JET_errInvalidParameter);
        check_set(instance, numbers[i].id, numbers[i].max, JET_errSuccess);
        check_kept(instance, i, numbers[i].max);
        check_set(instance, numbers[i].id, numbers[i].min, JET_errSuccess);
        check_kept(instance, i, numbers[i].min);
        check_set(instance, numbers[i].id, numbers[i].value, JET_errSuccess);
        ck_jet(JetGetSystemParameter(instance, 0, numbers[i].id, NULL, NULL, 0),
               JET_errInvalidParameter);
    }
    ck_ok(JetTerm(instance));
}
END_TEST

START_TEST(test_set_after_init)
{
    JET_INSTANCE instance;
    ck_ok(JetCreateInstance(&instance, "running"));
    ck_ok(JetInit(&instance));
    for (size_t i = 0; i < N_NUMBERS; i++) {
        check_set(instance, numbers[i].id, numbers[i].value,
                  numbers[i].fixed ? JET_errAlreadyInitialized : JET_errSuccess);
        /* What new instances start with can be set still, what the process has cannot. */
        check_set(0, numbers[i].id, numbers[i].value,
                  numbers[i].fixed && numbers[i].global ? JET_errAlreadyInitialized
                                                        : JET_errSuccess);
    }
    ck_ok(JetTerm(instance));
}
END_TEST

START_TEST(test_global_and_own)
{
    JET_INSTANCE one, two;
    ck_ok(JetCreateInstance(&one, "one"));
    ck_ok(JetCreateInstance(&two, "two"));
    for (size_t i = 0; i < N_NUMBERS; i++) {
        JET_API_PTR other =
            numbers[i].value == numbers[i].min ? numbers[i].min + 1 : numbers[i].min;
        if (other > numbers[i].max)
            continue;
        check_set(one, numbers[i].id, other, JET_errSuccess);
        ck_assert_uint_eq(get_number(one, numbers[i].id), other);
        ck_assert_msg(get_number(two, numbers[i].id) ==
                          (numbers[i].global ? other : numbers[i].value),
                      "parameter %u of the other instance", numbers[i].id);
    }
    ck_ok(JetTerm(one));
    ck_ok(JetTerm(two));
}
END_TEST

START_TEST(test_texts)
{
    static const struct {
        uint32_t id;
        size_t min, max;
        const char *value;
        bool fixed;
    } texts[] = {
        {JET_paramSystemPath, 0, 246, "./", true},
        {JET_paramTempPath, 0, 247, "tmp.edb", true},
        {JET_paramLogFilePath, 0, 246, "./", true},
        {JET_paramBaseName, 3, 3, "edb", true},
        {JET_paramEventSource, 0, 259, "", true},
        {JET_paramEventSourceKey, 0, 259, "", true},
        {JET_paramRecovery, 0, 259, "on", true},
        {JET_paramAlternateDatabaseRecoveryPath, 0, 246, "", true},
        {JET_paramTableClass1Name, 0, 31, "", true},
        {JET_paramTableClass15Name, 0, 31, "", true},
        {JET_paramProcessFriendlyName, 0, JET_cbNameMost, "", true},
    };
    JET_INSTANCE instance;
    char text[400], long_text[400];
    ck_ok(JetCreateInstance(&instance, "texts"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_ok(JetGetSystemParameter(instance, 0, texts[i].id, NULL, text, sizeof text));
        ck_assert_str_eq(text, texts[i].value);
        memset(long_text, 'x', sizeof long_text);
        long_text[texts[i].max + 1] = 0;
        ck_jet(JetSetSystemParameter(&instance, 0, texts[i].id, 0, long_text),
               JET_errInvalidParameter);
        long_text[texts[i].max] = 0;
        ck_ok(JetSetSystemParameter(&instance, 0, texts[i].id, 0, long_text));
        ck_ok(JetGetSystemParameter(instance, 0, texts[i].id, NULL, text, sizeof text));
        ck_assert_str_eq(text, long_text);
        ck_jet(JetGetSystemParameter(instance, 0, texts[i].id, NULL, text, 2),
               JET_errBufferTooSmall);
        if (texts[i].min > 0)
            ck_jet(JetSetSystemParameter(&instance, 0, texts[i].id, 0, "x"),
                   JET_errInvalidParameter);
        ck_ok(JetSetSystemParameter(&instance, 0, texts[i].id, 0, texts[i].value));
    }
    ck_ok(JetInit(&instance));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_jet(JetSetSystemParameter(&instance, 0, texts[i].id, 0, texts[i].value),
               JET_errAlreadyInitialized);
    ck_ok(JetTerm(instance));
}
END_TEST

START_TEST(test_special)
{
    JET_INSTANCE instance;
    char text[64];
    ck_ok(JetCreateInstance(&instance, "special"));
    /* Powers of two within their limits. */
    check_set(instance, JET_paramDatabasePageSize, 1024, JET_errInvalidParameter);
    check_set(instance, JET_paramDatabasePageSize, 5000, JET_errInvalidParameter);
    check_set(instance, JET_paramDatabasePageSize, 65536, JET_errInvalidParameter);
    check_set(instance, JET_paramDatabasePageSize, 8192, JET_errSuccess);
    ck_assert_uint_eq(get_number(instance, JET_paramDatabasePageSize), 8192);
    check_set(instance, JET_paramVerPageSize, 1000, JET_errInvalidParameter);
    check_set(instance, JET_paramVerPageSize, 16384, JET_errSuccess);
    /* Read only. */
    check_set(instance, JET_paramKeyMost, 255, JET_errInvalidParameter);
    ck_assert_uint_eq(get_number(instance, JET_paramKeyMost), 500);
    check_set(instance, JET_paramMaxColtyp, 1, JET_errInvalidParameter);
    ck_assert_uint_eq(get_number(instance, JET_paramMaxColtyp), JET_coltypMax);
    check_set(instance, JET_paramErrorToString, 1, JET_errInvalidParameter);
    JET_API_PTR err = (JET_API_PTR)JET_errKeyDuplicate;
    ck_ok(JetGetSystemParameter(instance, 0, JET_paramErrorToString, &err, text, sizeof text));
    ck_assert_str_eq(text, "JET_errKeyDuplicate");
    /* There are none of these. */
    check_set(instance, 21, 0, JET_errInvalidParameter);
    check_set(instance, 33, 0, JET_errInvalidParameter);
    check_set(instance, JET_paramMaxValueInvalid, 0, JET_errInvalidParameter);
    check_set(instance, 0x7fff, 0, JET_errInvalidParameter);
    check_set(instance, UINT32_MAX, 0, JET_errInvalidParameter);
    ck_jet(
        JetSetSystemParameter(&(JET_INSTANCE){instance + 4096}, 0, JET_paramMaxSessions, 1, NULL),
        JET_errInvalidInstance);
    ck_ok(JetTerm(instance));
}
END_TEST

START_TEST(test_session_parameters)
{
    TestJet jet;
    JET_GRBIT grbit = JET_bitCommitLazyFlush;
    uint32_t actual = 0, level = 9, correlation = 17;
    JET_OPERATIONCONTEXT context = {.ulUserID = 5, .nOperationID = 6, .fFlags = 7}, read = {0};
    JET_API_PTR value;
    test_jet_open(&jet);
    JET_SESID session = jet.session;
    ck_ok(JetSetSessionParameter(session, JET_sesparamCommitDefault, &grbit, sizeof grbit));
    grbit = 0;
    ck_ok(
        JetGetSessionParameter(session, JET_sesparamCommitDefault, &grbit, sizeof grbit, &actual));
    ck_assert_uint_eq(grbit, JET_bitCommitLazyFlush);
    ck_assert_uint_eq(actual, 4);
    ck_ok(JetGetSystemParameter(jet.instance, session, JET_paramCommitDefault, &value, NULL, 0));
    ck_assert_uint_eq(value, JET_bitCommitLazyFlush);
    ck_ok(JetGetSystemParameter(jet.instance, 0, JET_paramCommitDefault, &value, NULL, 0));
    ck_assert_uint_eq(value, 0);
    ck_ok(JetSetSystemParameter(&jet.instance, session, JET_paramCommitDefault, 0, NULL));
    ck_ok(JetGetSessionParameter(session, JET_sesparamCommitDefault, &grbit, sizeof grbit, NULL));
    ck_assert_uint_eq(grbit, 0);
    ck_jet(JetSetSessionParameter(session, JET_sesparamCommitDefault, &grbit, 2),
           JET_errInvalidBufferSize);
    ck_jet(JetSetSessionParameter(session, JET_sesparamCommitDefault, NULL, 4),
           JET_errInvalidParameter);

    ck_ok(JetBeginTransaction(session));
    ck_ok(JetBeginTransaction(session));
    ck_ok(
        JetGetSessionParameter(session, JET_sesparamTransactionLevel, &level, sizeof level, NULL));
    ck_assert_uint_eq(level, 2);
    ck_jet(JetSetSessionParameter(session, JET_sesparamTransactionLevel, &level, sizeof level),
           JET_errFeatureNotAvailable);
    ck_ok(JetRollback(session, JET_bitRollbackAll));

    ck_ok(JetSetSessionParameter(session, JET_sesparamOperationContext, &context, sizeof context));
    ck_ok(
        JetGetSessionParameter(session, JET_sesparamOperationContext, &read, sizeof read, &actual));
    ck_assert_mem_eq(&read, &context, sizeof read);
    ck_assert_uint_eq(actual, sizeof read);
    ck_jet(JetGetSessionParameter(session, JET_sesparamOperationContext, &read, 4, NULL),
           JET_errInvalidBufferSize);
    ck_ok(JetSetSessionParameter(session, JET_sesparamCorrelationID, &correlation, 4));
    correlation = 0;
    ck_ok(JetGetSessionParameter(session, JET_sesparamCorrelationID, &correlation, 4, NULL));
    ck_assert_uint_eq(correlation, 17);
    ck_ok(JetGetSessionParameter(session, JET_sesparamCorrelationID, NULL, 0, &actual));
    ck_assert_uint_eq(actual, 4);
    ck_jet(JetGetSessionParameter(session, JET_sesparamCorrelationID, NULL, 0, NULL),
           JET_errInvalidParameter);
    ck_jet(JetGetSessionParameter(session, 0x1000, &grbit, 4, NULL), JET_errInvalidSesparamId);
    ck_jet(JetSetSessionParameter(session, JET_sesparamMaxValueInvalid, &grbit, 4),
           JET_errInvalidSesparamId);
    /* A new session starts with nothing of it. */
    JET_SESID other = test_jet_session(&jet);
    ck_ok(JetGetSessionParameter(other, JET_sesparamCorrelationID, &correlation, 4, NULL));
    ck_assert_uint_eq(correlation, 0);
    test_jet_close(&jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-parameter");
    TCase *tcase = tcase_create("parameters");
    tcase_add_test(tcase, test_numbers);
    tcase_add_test(tcase, test_set_after_init);
    tcase_add_test(tcase, test_global_and_own);
    tcase_add_test(tcase, test_texts);
    tcase_add_test(tcase, test_special);
    tcase_add_test(tcase, test_session_parameters);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
