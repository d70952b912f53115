/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-verify.c - bytes of values that changed on the disk: reading them is an error, whatever the
 * way to them, and the rest of the database stays readable. And a file from before there were
 * checksums.
 *
 * usage: jet-verify ESENTCHECK OLD-FILE
 */
#include "tests/unit/ese/jet-test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
    ROWS = 40,
    MARKED = 17, /* the row whose bytes change */
    LONG = 150000,
    CHUNK = 65516, /* of a long value: the second one changes */
};

static const char *program, *old_file;
static TestJet test;
static JET_TABLEID table;
static JET_COLUMNID number, text, data;
static char long_value[LONG];

static void open_table(void)
{
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition};
    ck_ok(JetOpenTable(test.session, test.database, "t", NULL, 0, 0, &table));
    ck_ok(JetGetTableColumnInfo(test.session, table, "n", &definition, sizeof definition, 0));
    number = definition.columnid;
    ck_ok(JetGetTableColumnInfo(test.session, table, "s", &definition, sizeof definition, 0));
    text = definition.columnid;
    ck_ok(JetGetTableColumnInfo(test.session, table, "d", &definition, sizeof definition, 0));
    data = definition.columnid;
}

static void set_up(void)
{
    char name[32];
    test_jet_open(&test);
    ck_ok(JetCreateTable(test.session, test.database, "t", 0, 0, &table));
    number = test_add_column(test.session, table, "n", JET_coltypLong, 0, 0, 0);
    text = test_add_column(test.session, table, "s", JET_coltypText, 100, 0, 1252);
    data = test_add_column(test.session, table, "d", JET_coltypLongBinary, 0, 0, 0);
    test_add_index(test.session, table, "primary", "+n\0", JET_bitIndexPrimary);
    ck_ok(JetBeginTransaction(test.session));
    for (int32_t i = 0; i < ROWS; i++) {
        ck_ok(JetPrepareUpdate(test.session, table, JET_prepInsert));
        test_set_long(test.session, table, number, i);
        snprintf(name, sizeof name, "the text of row %d", i);
        test_set_text(test.session, table, text, name);
        memset(long_value, 'a' + i % 26, sizeof long_value);
        memcpy(long_value + CHUNK + 30000, name, strlen(name));
        ck_ok(
            JetSetColumn(test.session, table, data, long_value, i == MARKED ? LONG : 100, 0, NULL));
        ck_ok(JetUpdate(test.session, table, NULL, 0, NULL));
    }
    ck_ok(JetCommitTransaction(test.session, 0));
}

static void tear_down(void)
{
    test_jet_close(&test);
}

/* Changes a byte after each place in the file that has these; the database is not attached. */
static void damage(const char *bytes)
{
    struct stat status;
    size_t length = strlen(bytes), found = 0;
    int fd = open(test.path, O_RDWR | O_CLOEXEC);
    ck_assert(fd >= 0 && fstat(fd, &status) == 0);
    char *file = malloc((size_t)status.st_size);
    ck_assert_int_eq(read(fd, file, (size_t)status.st_size), status.st_size);
    for (size_t i = 0; i + length < (size_t)status.st_size; i++)
        if (memcmp(file + i, bytes, length) == 0) {
            ck_assert_int_eq(pwrite(fd, "!", 1, (off_t)i), 1);
            found++;
        }
    ck_assert_uint_gt(found, 0);
    free(file);
    close(fd);
}

static void reopen_damaged(const char *bytes)
{
    ck_ok(JetEndSession(test.session, 0));
    ck_ok(JetTerm(test.instance));
    damage(bytes);
    test_jet_start(&test);
    ck_ok(JetAttachDatabase(test.session, test.path, 0));
    ck_ok(JetOpenDatabase(test.session, test.path, NULL, &test.database, 0));
    open_table();
}

static JET_ERR seek(int32_t row)
{
    ck_ok(JetMakeKey(test.session, table, &row, sizeof row, JET_bitNewKey));
    return JetSeek(test.session, table, JET_bitSeekEQ);
}

static JET_ERR get_text(void)
{
    char bytes[100];
    uint32_t size;
    return JetRetrieveColumn(test.session, table, text, bytes, sizeof bytes, &size, 0, NULL);
}

static JET_ERR get_data(uint32_t offset, uint32_t size)
{
    JET_RETINFO info = {.cbStruct = sizeof info, .ibLongValue = offset, .itagSequence = 1};
    JET_ERR err = JetRetrieveColumn(test.session, table, data, long_value, size, NULL, 0, &info);
    return err == JET_wrnBufferTruncated ? JET_errSuccess : err;
}

/* In the row, found by key: inside a transaction and outside of one. */
START_TEST(row_by_key)
{
    reopen_damaged("text of row 17");
    for (int inside = 0; inside < 2; inside++) {
        if (inside)
            ck_ok(JetBeginTransaction(test.session));
        for (int32_t i = 0; i < ROWS; i++) {
            ck_ok(seek(i));
            ck_jet(get_text(), i == MARKED ? JET_errReadVerifyFailure : JET_errSuccess);
        }
    }
    ck_ok(JetCommitTransaction(test.session, 0));
}
END_TEST

START_TEST(row_by_scan)
{
    int32_t i = 0;
    reopen_damaged("text of row 17");
    ck_ok(JetBeginTransaction(test.session));
    for (JET_ERR err = JetMove(test.session, table, JET_MoveFirst, 0); err >= 0;
         err = JetMove(test.session, table, JET_MoveNext, 0))
        for (int again = 0; again < 2; again++)
            ck_jet(get_text(), i++ / 2 == MARKED ? JET_errReadVerifyFailure : JET_errSuccess);
    ck_assert_int_eq(i, 2 * ROWS);
    ck_ok(JetCommitTransaction(test.session, 0));
}
END_TEST

/* What is damaged must not go into a new row with a checksum that fits. */
START_TEST(row_is_not_written_anew)
{
    reopen_damaged("text of row 17");
    ck_ok(JetBeginTransaction(test.session));
    ck_ok(seek(MARKED));
    ck_jet(JetPrepareUpdate(test.session, table, JET_prepReplace), JET_errReadVerifyFailure);
    ck_jet(JetCreateIndex(test.session, table, "text", 0, "+s\0", sizeof "+s\0", 100),
           JET_errReadVerifyFailure);
    ck_ok(JetRollback(test.session, 0));
}
END_TEST

START_TEST(long_values)
{
    /* Not in the row, which has no more than where its long value is. */
    reopen_damaged("the text of row 17rrrr");
    ck_ok(JetBeginTransaction(test.session));
    ck_ok(seek(MARKED));
    ck_ok(get_text());
    ck_jet(get_data(0, LONG), JET_errReadVerifyFailure);
    ck_jet(get_data(CHUNK, CHUNK), JET_errReadVerifyFailure);
    ck_ok(get_data(0, CHUNK));
    ck_ok(get_data(2 * CHUNK, LONG - 2 * CHUNK));
    /* A part of a chunk goes into a new chunk with the rest of it. */
    JET_SETINFO info = {.cbStruct = sizeof info, .ibLongValue = CHUNK + 10, .itagSequence = 1};
    ck_ok(JetPrepareUpdate(test.session, table, JET_prepReplace));
    ck_jet(JetSetColumn(test.session, table, data, "x", 1, JET_bitSetOverwriteLV, &info),
           JET_errReadVerifyFailure);
    ck_ok(JetPrepareUpdate(test.session, table, JET_prepCancel));
    ck_ok(JetRollback(test.session, 0));
}
END_TEST

/* What is appended goes into one chunk with what stands at the end. */
START_TEST(long_value_is_not_appended_to)
{
    memset(long_value, 'A', sizeof long_value);
    memcpy(long_value + 20000, "last chunk", 10);
    ck_ok(JetBeginTransaction(test.session));
    ck_ok(JetPrepareUpdate(test.session, table, JET_prepInsert));
    test_set_long(test.session, table, number, ROWS);
    ck_ok(JetSetColumn(test.session, table, data, long_value, 40000, 0, NULL));
    ck_ok(JetUpdate(test.session, table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(test.session, 0));
    reopen_damaged("last chunk");
    ck_ok(JetBeginTransaction(test.session));
    ck_ok(seek(ROWS));
    ck_ok(JetPrepareUpdate(test.session, table, JET_prepReplace));
    ck_jet(JetSetColumn(test.session, table, data, "x", 1, JET_bitSetAppendLV, NULL),
           JET_errReadVerifyFailure);
    ck_ok(JetPrepareUpdate(test.session, table, JET_prepCancel));
    ck_ok(JetRollback(test.session, 0));
}
END_TEST

/* The table's own definition. */
START_TEST(definitions)
{
    JET_TABLEID other;
    ck_ok(JetCreateTable(test.session, test.database, "another one", 0, 0, &other));
    test_add_column(test.session, other, "a column of it", JET_coltypLong, 0, 0, 0);
    reopen_damaged("column of it");
    ck_ok(seek(MARKED));
    ck_ok(get_text());
    ck_jet(JetOpenTable(test.session, test.database, "another one", NULL, 0, 0, &other),
           JET_errReadVerifyFailure);
}
END_TEST

START_TEST(compacting)
{
    char to[128];
    snprintf(to, sizeof to, "%s/compact.edb", test.directory);
    reopen_damaged("text of row 17");
    ck_ok(JetCloseTable(test.session, table));
    ck_ok(JetCloseDatabase(test.session, test.database, 0));
    ck_ok(JetDetachDatabase(test.session, test.path));
    ck_jet(JetCompact(test.session, test.path, to, NULL, NULL, 0), JET_errReadVerifyFailure);
    ck_assert_int_ne(access(to, F_OK), 0);
}
END_TEST

/* With the parameter each attach looks at everything. */
START_TEST(attach_that_checks)
{
    ck_ok(JetEndSession(test.session, 0));
    ck_ok(JetTerm(test.instance));
    damage("text of row 17");
    test.instance = 0;
    ck_ok(JetCreateInstance(&test.instance, "verify"));
    ck_ok(JetSetSystemParameter(&test.instance, 0, JET_paramEnableDBScanInRecovery, 1, NULL));
    ck_ok(JetInit(&test.instance));
    ck_ok(JetBeginSession(test.instance, &test.session, NULL, NULL));
    ck_jet(JetAttachDatabase(test.session, test.path, 0), JET_errDatabaseCorrupted);
}
END_TEST

/* Refused, by the check tool with a word about what to do. */
START_TEST(older_format)
{
    char command[300], said[600] = "", old[128];
    snprintf(old, sizeof old, "%s/old.edb", test.directory);
    snprintf(command, sizeof command, "cp '%s' '%s'", old_file, old);
    ck_assert_int_eq(system(command), 0);
    ck_jet(JetAttachDatabase(test.session, old, 0), JET_errInvalidDatabaseVersion);
    snprintf(command, sizeof command, "'%s' --quiet '%s' 2>&1", program, old);
    FILE *output = popen(command, "re");
    ck_assert_ptr_nonnull(output);
    ck_assert_uint_gt(fread(said, 1, sizeof said - 1, output), 0);
    int status = pclose(output);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    ck_assert_ptr_nonnull(strstr(said, "has format 1"));
    ck_assert_ptr_nonnull(strstr(said, "write them into a new database"));
}
END_TEST

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: jet-verify ESENTCHECK OLD-FILE\n");
        return 2;
    }
    program = argv[1];
    old_file = argv[2];
    Suite *suite = suite_create("jet-verify");
    TCase *tests = tcase_create("verify");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, row_by_key);
    tcase_add_test(tests, row_by_scan);
    tcase_add_test(tests, row_is_not_written_anew);
    tcase_add_test(tests, long_values);
    tcase_add_test(tests, long_value_is_not_appended_to);
    tcase_add_test(tests, definitions);
    tcase_add_test(tests, compacting);
    tcase_add_test(tests, attach_that_checks);
    tcase_add_test(tests, older_format);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
