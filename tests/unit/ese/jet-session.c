/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-session.c - handles, threads, instances, databases, UTF-16 spellings and information.
 */
#include "tests/unit/ese/jet-test.h"

#include <pthread.h>

START_TEST(test_handles)
{
    TestJet jet;
    JET_TABLEID table, second;
    test_jet_open(&jet);
    JET_SESID other = test_jet_session(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 100, &table));
    /* Nothing, foreign, invented, stale. */
    ck_jet(JetBeginTransaction(0), JET_errInvalidSesid);
    ck_jet(JetBeginTransaction(JET_sesidNil), JET_errInvalidSesid);
    ck_jet(JetBeginTransaction((JET_SESID)&jet), JET_errInvalidSesid);
    ck_jet(JetBeginTransaction(table), JET_errInvalidSesid);
    ck_jet(JetBeginTransaction(jet.instance), JET_errInvalidSesid);
    ck_jet(JetMove(jet.session, 0, 0, 0), JET_errInvalidTableId);
    ck_jet(JetMove(jet.session, JET_tableidNil, 0, 0), JET_errInvalidTableId);
    ck_jet(JetMove(jet.session, jet.session, 0, 0), JET_errInvalidTableId);
    ck_jet(JetMove(other, table, 0, 0), JET_errSesidTableIdMismatch);
    ck_ok(JetCloseTable(jet.session, table));
    ck_jet(JetMove(jet.session, table, 0, 0), JET_errInvalidTableId);
    ck_jet(JetCloseTable(jet.session, table), JET_errInvalidTableId);
    /* The slot is used again; the old number stays wrong. */
    ck_ok(JetOpenTable(jet.session, jet.database, "t", NULL, 0, 0, &second));
    ck_assert_uint_ne(table, second);
    ck_jet(JetMove(jet.session, table, 0, 0), JET_errInvalidTableId);
    ck_ok(JetEndSession(other, 0));
    ck_jet(JetEndSession(other, 0), JET_errInvalidSesid);
    ck_jet(JetMove(other, second, 0, 0), JET_errInvalidSesid);
    ck_jet(JetOpenTable(jet.session, jet.database, "nosuch", NULL, 0, 0, &table),
           JET_errObjectNotFound);
    ck_jet(JetOpenTable(jet.session, 5, "t", NULL, 0, 0, &table), JET_errInvalidDatabaseId);
    ck_jet(JetOpenTable(jet.session, jet.database, "", NULL, 0, 0, &table), JET_errInvalidName);
    ck_jet(JetBeginSession(jet.instance + 4096, &other, NULL, NULL), JET_errInvalidInstance);
    JET_INSTANCE old = jet.instance;
    test_jet_close(&jet);
    ck_jet(JetTerm(old), JET_errInvalidInstance);
    ck_jet(JetBeginTransaction(jet.session), JET_errInvalidSesid);
}
END_TEST

static void *other_thread_calls(void *argument)
{
    TestJet *jet = argument;
    return (void *)(intptr_t)JetRollback(jet->session, 0);
}

static JET_ERR on_other_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    void *result;
    ck_assert_int_eq(pthread_create(&thread, NULL, function, argument), 0);
    pthread_join(thread, &result);
    return (JET_ERR)(intptr_t)result;
}

static void *other_thread_takes_context(void *argument)
{
    TestJet *jet = argument;
    JET_ERR err = JetSetSessionContext(jet->session, 42);
    if (err >= 0)
        err = JetCommitTransaction(jet->session, 0);
    if (err >= 0)
        err = JetResetSessionContext(jet->session);
    return (void *)(intptr_t)err;
}

START_TEST(test_thread_affinity)
{
    TestJet jet;
    test_jet_open(&jet);
    /* At level 0 a session goes from thread to thread. */
    ck_jet(on_other_thread(other_thread_calls, &jet), JET_errNotInTransaction);
    ck_ok(JetBeginTransaction(jet.session));
    ck_jet(on_other_thread(other_thread_calls, &jet), JET_errSessionSharingViolation);
    ck_ok(JetRollback(jet.session, 0));
    /* A context hands the transaction over. */
    ck_jet(JetResetSessionContext(jet.session), JET_errSessionContextNotSetByThisThread);
    ck_ok(JetSetSessionContext(jet.session, 42));
    ck_jet(JetSetSessionContext(jet.session, 43), JET_errSessionContextAlreadySet);
    ck_ok(JetBeginTransaction(jet.session));
    ck_jet(on_other_thread(other_thread_calls, &jet), JET_errSessionSharingViolation);
    ck_ok(JetResetSessionContext(jet.session));
    ck_jet(JetCommitTransaction(jet.session, 0), JET_errSessionSharingViolation);
    ck_ok(on_other_thread(other_thread_takes_context, &jet));
    ck_jet(JetCommitTransaction(jet.session, 0), JET_errNotInTransaction);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_instances)
{
    JET_INSTANCE one, two;
    JET_SESID session, sessions[3];
    JET_API_PTR value;
    char text[64];
    ck_ok(JetCreateInstance(&one, "one"));
    ck_jet(JetCreateInstance(&two, "one"), JET_errInstanceNameInUse);
    ck_jet(JetBeginSession(one, &session, NULL, NULL), JET_errNotInitialized);
    ck_ok(JetSetSystemParameter(&one, 0, JET_paramMaxSessions, 2, NULL));
    ck_jet(JetSetSystemParameter(&one, 0, JET_paramMaxSessions, 30001, NULL),
           JET_errInvalidParameter);
    ck_ok(JetSetSystemParameter(&one, 0, JET_paramRecovery, 0, "off"));
    ck_ok(JetGetSystemParameter(one, 0, JET_paramRecovery, NULL, text, sizeof text));
    ck_assert_str_eq(text, "off");
    ck_ok(JetInit(&one));
    ck_jet(JetInit(&one), JET_errAlreadyInitialized);
    ck_jet(JetSetSystemParameter(&one, 0, JET_paramMaxSessions, 4, NULL),
           JET_errAlreadyInitialized);
    ck_ok(JetBeginSession(one, &sessions[0], NULL, NULL));
    ck_ok(JetDupSession(sessions[0], &sessions[1]));
    ck_jet(JetBeginSession(one, &sessions[2], NULL, NULL), JET_errOutOfSessions);
    ck_ok(JetBeginTransaction(sessions[1]));
    ck_jet(JetTerm(one), JET_errTooManyActiveUsers);
    ck_ok(JetRollback(sessions[1], 0));
    uint32_t version;
    ck_ok(JetGetVersion(sessions[0], &version));
    ck_assert_uint_ge((version & 0xffffff) >> 8, 9900);
    ck_ok(JetTerm(one));
    ck_jet(JetTerm(one), JET_errInvalidInstance);
    ck_ok(JetGetSystemParameter(0, 0, JET_paramMaxSessions, &value, NULL, 0));
    ck_assert_uint_eq(value, 16);
    /* One nameless instance. */
    two = 0;
    ck_ok(JetInit(&two));
    ck_ok(JetBeginSession(0, &session, NULL, NULL));
    ck_ok(JetTerm(0));
}
END_TEST

START_TEST(test_databases)
{
    TestJet jet;
    JET_DBID id;
    char other[128];
    test_jet_open(&jet);
    snprintf(other, sizeof other, "%s/other.edb", jet.directory);
    ck_jet(JetCreateDatabase(jet.session, jet.path, NULL, &id, 0), JET_errDatabaseDuplicate);
    ck_jet(JetAttachDatabase(jet.session, jet.path, 0), JET_wrnDatabaseAttached);
    ck_jet(JetOpenDatabase(jet.session, other, NULL, &id, 0), JET_errDatabaseNotFound);
    ck_jet(JetDetachDatabase(jet.session, jet.path), JET_errDatabaseInUse);
    ck_jet(JetDetachDatabase(jet.session, other), JET_errDatabaseNotFound);
    ck_jet(JetAttachDatabase(jet.session, "/nonexistent/x.edb", 0), JET_errInvalidPath);
    ck_assert_int_lt(JetAttachDatabase(jet.session, other, 0), 0);
    ck_ok(JetBeginTransaction(jet.session));
    ck_jet(JetCreateDatabase(jet.session, other, NULL, &id, 0), JET_errInTransaction);
    ck_ok(JetRollback(jet.session, 0));
    ck_ok(JetCreateDatabase(jet.session, other, NULL, &id, 0));
    ck_assert_uint_ne(id, jet.database);
    /* One transaction over both. */
    JET_TABLEID a, b;
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetCreateTable(jet.session, jet.database, "a", 0, 0, &a));
    ck_ok(JetCreateTable(jet.session, id, "b", 0, 0, &b));
    ck_ok(JetRollback(jet.session, 0));
    ck_jet(JetOpenTable(jet.session, id, "b", NULL, 0, 0, &b), JET_errObjectNotFound);
    ck_ok(JetCloseDatabase(jet.session, id, 0));
    ck_jet(JetCloseDatabase(jet.session, id, 0), JET_errInvalidDatabaseId);
    ck_ok(JetDetachDatabase(jet.session, other));
    ck_ok(JetAttachDatabase(jet.session, other, JET_bitDbReadOnly));
    ck_ok(JetOpenDatabase(jet.session, other, NULL, &id, 0));
    ck_jet(JetCreateTable(jet.session, id, "b", 0, 0, &b), JET_errPermissionDenied);
    test_jet_close(&jet);
}
END_TEST

static JET_WCHAR *wide(const char *text)
{
    static JET_WCHAR buffers[8][64];
    static unsigned next;
    JET_WCHAR *buffer = buffers[next++ % 8];
    size_t i = 0;
    do
        buffer[i] = (unsigned char)text[i];
    while (text[i++]);
    return buffer;
}

START_TEST(test_wide)
{
    TestJet jet;
    JET_TABLEID table;
    JET_WCHAR name[64];
    static JET_WCHAR key[] = {'+', 0xe9, 't', 0xe9, 0, '-', 'i', 'd', 0, 0};
    static JET_WCHAR summer[] = {0xe9, 't', 0xe9, 0};
    test_jet_open(&jet);
    JET_COLUMNCREATE_W columns[] = {
        {.cbStruct = sizeof *columns, .szColumnName = wide("id"), .coltyp = JET_coltypLong},
        {.cbStruct = sizeof *columns,
         .szColumnName = summer,
         .coltyp = JET_coltypLongText,
         .cp = 1200},
    };
    JET_UNICODEINDEX2 unicode = {.szLocaleName = wide("de-DE"), .dwMapFlags = 0x30401};
    JET_INDEXCREATE3_W index = {.cbStruct = sizeof index,
                                .szIndexName = wide("idx"),
                                .szKey = key,
                                .cbKey = sizeof key,
                                .grbit = JET_bitIndexUnicode,
                                .pidxunicode = &unicode};
    JET_TABLECREATE4_W create = {.cbStruct = sizeof create,
                                 .szTableName = wide("Wide"),
                                 .rgcolumncreate = columns,
                                 .cColumns = 2,
                                 .rgindexcreate = &index,
                                 .cIndexes = 1};
    ck_ok(JetCreateTableColumnIndex4W(jet.session, jet.database, &create));
    ck_assert_uint_eq(create.cCreated, 4);
    ck_assert_uint_eq(columns[1].columnid, 256);
    ck_ok(JetCloseTable(jet.session, create.tableid));
    ck_ok(JetOpenTableW(jet.session, jet.database, wide("wide"), NULL, 0, 0, &table));
    ck_ok(JetGetTableInfoW(jet.session, table, name, sizeof name, JET_TblInfoName));
    ck_assert_mem_eq(name, wide("Wide"), 5 * sizeof *name);
    ck_ok(JetSetCurrentIndexW(jet.session, table, wide("IDX")));
    ck_ok(JetGetCurrentIndexW(jet.session, table, name, sizeof name));
    ck_assert_mem_eq(name, wide("idx"), 4 * sizeof *name);
    JET_COLUMNDEF definition;
    ck_ok(JetGetTableColumnInfoW(jet.session, table, summer, &definition, sizeof definition,
                                 JET_ColInfo));
    ck_assert_uint_eq(definition.cp, 1200);
    ck_ok(JetGetTableColumnInfo(jet.session, table, "\xc3\xa9t\xc3\xa9", &definition,
                                sizeof definition, JET_ColInfo));
    ck_assert_uint_eq(definition.columnid, 256);
    ck_ok(JetGetTableIndexInfoW(jet.session, table, wide("idx"), name, sizeof name,
                                JET_IdxInfoLocaleName));
    ck_assert_mem_eq(name, wide("de-DE"), 6 * sizeof *name);
    static JET_WCHAR broken[] = {0xd800, 'x', 0};
    ck_jet(JetOpenTableW(jet.session, jet.database, broken, NULL, 0, 0, &table),
           JET_errUnicodeTranslationFail);
    /* The old and the short form of JET_INDEXCREATE. */
    struct {
        JET_INDEXCREATE_W full, other;
    } two = {0};
    two.full = (JET_INDEXCREATE_W){.cbStruct = sizeof two.full,
                                   .szIndexName = wide("full"),
                                   .szKey = key,
                                   .cbKey = sizeof key,
                                   .grbit = JET_bitIndexKeyMost,
                                   .cbKeyMost = 300};
    two.other = two.full;
    two.other.szIndexName = wide("other");
    two.other.cbStruct = 72;
    two.other.grbit = 0;
    ck_ok(JetCreateIndex2W(jet.session, table, &two.full, 2));
    JET_INDEXCREATE_W long_key = two.full;
    long_key.szIndexName = wide("long");
    long_key.cbKeyMost = 501;
    ck_jet(JetCreateIndex2W(jet.session, table, &long_key, 1), JET_errIndexInvalidDef);
    /* The size of another form: there is nothing behind this one. */
    long_key.cbStruct = sizeof(JET_INDEXCREATE3_W);
    ck_jet(JetCreateIndex2W(jet.session, table, &long_key, 1), JET_errInvalidParameter);
    uint32_t count;
    ck_ok(JetGetTableIndexInfo(jet.session, table, NULL, &count, sizeof count, JET_IdxInfoCount));
    ck_assert_uint_eq(count, 3);
    uint16_t most;
    ck_ok(JetGetTableIndexInfo(jet.session, table, "full", &most, sizeof most, JET_IdxInfoKeyMost));
    ck_assert_uint_eq(most, 300);
    ck_ok(JetSetSystemParameterW(&jet.instance, 0, JET_paramCommitDefault, 0, NULL));
    ck_ok(JetGetSystemParameterW(jet.instance, 0, JET_paramBaseName, NULL, name, sizeof name));
    ck_assert_mem_eq(name, wide("edb"), 4 * sizeof *name);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_unicode_index)
{
    TestJet jet;
    JET_TABLEID table;
    static const char *const names[] = {"Zebra", "apple", "\xe4pfel", "Apple", "banana"};
    static const char *const order[] = {"apple", "Apple", "banana", "Zebra"};
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 0, &table));
    JET_COLUMNID name = test_add_column(jet.session, table, "n", JET_coltypText, 100, 0, 1200);
    test_add_index(jet.session, table, "n", "+n\0", 0);
    for (size_t i = 0; i < 5; i++) {
        JET_WCHAR *text = wide(names[i]);
        ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
        ck_ok(
            JetSetColumn(jet.session, table, name, text, (uint32_t)strlen(names[i]) * 2, 0, NULL));
        ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    }
    ck_ok(JetSetCurrentIndex(jet.session, table, "n"));
    size_t found = 0;
    do {
        JET_WCHAR text[64] = {0};
        ck_ok(JetRetrieveColumn(jet.session, table, name, text, sizeof text, NULL, 0, NULL));
        if (found < 4 && memcmp(text, wide(order[found]), strlen(order[found]) * 2) == 0)
            found++;
    } while (JetMove(jet.session, table, JET_MoveNext, 0) >= 0);
    ck_assert_uint_eq(found, 4);
    ck_ok(JetMakeKey(jet.session, table, wide("ZEBRA"), 10, JET_bitNewKey));
    ck_ok(JetSeek(jet.session, table, JET_bitSeekEQ));
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_info)
{
    TestJet jet;
    JET_TABLEID table;
    char name[64];
    uint32_t number;
    JET_COLUMNDEF definition;
    JET_OBJECTINFO object;
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "Table", 0, 0, &table));
    JET_COLUMNID id = test_add_column(jet.session, table, "Col", JET_coltypText, 33, 0, 1252);
    ck_ok(JetGetTableInfo(jet.session, table, name, sizeof name, JET_TblInfoName));
    ck_assert_str_eq(name, "Table");
    ck_jet(JetGetTableInfo(jet.session, table, name, 3, JET_TblInfoName), JET_errBufferTooSmall);
    ck_ok(JetGetTableInfo(jet.session, table, &number, sizeof number, JET_TblInfoDbid));
    ck_assert_uint_eq(number, jet.database);
    ck_ok(JetGetTableInfo(jet.session, table, &object, sizeof object, JET_TblInfo));
    ck_assert_uint_eq(object.objtyp, JET_objtypTable);
    ck_jet(JetGetTableInfo(jet.session, table, name, sizeof name, 99), JET_errInvalidParameter);
    ck_ok(JetGetTableColumnInfo(jet.session, table, "COL", &definition, sizeof definition,
                                JET_ColInfo));
    ck_assert_uint_eq(definition.columnid, id);
    ck_assert_uint_eq(definition.coltyp, JET_coltypText);
    ck_assert_uint_eq(definition.cbMax, 33);
    ck_ok(JetGetTableColumnInfo(jet.session, table, (const char *)&id, &definition,
                                sizeof definition, JET_ColInfoByColid));
    ck_jet(JetGetTableColumnInfo(jet.session, table, "none", &definition, sizeof definition,
                                 JET_ColInfo),
           JET_errColumnNotFound);
    ck_ok(JetGetColumnInfo(jet.session, jet.database, "table", "col", &definition,
                           sizeof definition, JET_ColInfo));
    ck_assert_uint_eq(definition.columnid, id);
    ck_jet(JetGetColumnInfo(jet.session, jet.database, "none", "col", &definition,
                            sizeof definition, JET_ColInfo),
           JET_errObjectNotFound);
    ck_ok(JetGetIndexInfo(jet.session, jet.database, "table", NULL, &number, sizeof number,
                          JET_IdxInfoCount));
    ck_assert_uint_eq(number, 0);
    test_jet_close(&jet);
}
END_TEST

enum {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    LITTLE_STACK = 1 << 20 /* their frames are wider */
#else
    LITTLE_STACK = 1 << 16 /* as large as a page may be */
#endif
};

static void *open_and_create(void *argument)
{
    TestJet *jet = argument;
    JET_TABLEID table;
    test_jet_reopen(jet);
    ck_ok(JetCreateTable(jet->session, jet->database, "little", 0, 100, &table));
    return NULL;
}

START_TEST(test_little_stack)
{
    TestJet jet;
    pthread_attr_t attributes;
    pthread_t thread;
    test_jet_open(&jet);
    ck_assert_int_eq(pthread_attr_init(&attributes), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, LITTLE_STACK), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, open_and_create, &jet), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    test_jet_close(&jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-session");
    TCase *tests = tcase_create("session");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_handles);
    tcase_add_test(tests, test_thread_affinity);
    tcase_add_test(tests, test_instances);
    tcase_add_test(tests, test_databases);
    tcase_add_test(tests, test_wide);
    tcase_add_test(tests, test_unicode_index);
    tcase_add_test(tests, test_info);
    tcase_add_test(tests, test_little_stack);
    return run_suite(suite);
}
