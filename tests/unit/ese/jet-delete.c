/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-delete.c - deleting and renaming tables, columns and indexes, and making indexes from their
 * structures.
 */
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/ese/jet-test.h"

static TestJet jet;
static JET_TABLEID table;
static JET_COLUMNID number, title, body;

static void add_row(int32_t value, const char *text, size_t long_size)
{
    char *data = calloc(1, long_size + 1);
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
    test_set_long(jet.session, table, number, value);
    test_set_text(jet.session, table, title, text);
    ck_ok(JetSetColumn(jet.session, table, body, data, (uint32_t)long_size, 0, NULL));
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(jet.session, JET_bitCommitLazyFlush));
    free(data);
}

static void set_up(void)
{
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "letters", 0, 0, &table));
    number =
        test_add_column(jet.session, table, "number", JET_coltypLong, 0, JET_bitColumnNotNULL, 0);
    title = test_add_column(jet.session, table, "title", JET_coltypText, 0, JET_bitColumnTagged, 0);
    body = test_add_column(jet.session, table, "body", JET_coltypLongBinary, 0, 0, 0);
    test_add_index(jet.session, table, "primary", "+number\0", JET_bitIndexPrimary);
    test_add_index(jet.session, table, "titles", "+title\0", JET_bitIndexUnique);
    for (int32_t i = 0; i < 50; i++) {
        char text[16];
        snprintf(text, sizeof text, "title %02d", i);
        add_row(i, text, i % 10 ? 10 : 40000);
    }
}

static void tear_down(void)
{
    test_jet_close(&jet);
}

static uint32_t count_rows(JET_TABLEID cursor)
{
    uint32_t count = 0;
    JET_ERR err = JetMove(jet.session, cursor, JET_MoveFirst, 0);
    if (err == JET_errNoCurrentRecord)
        return 0;
    ck_ok(err);
    ck_ok(JetIndexRecordCount(jet.session, cursor, &count, 0));
    return count;
}

static const JET_WCHAR *wide(const char *text)
{
    static JET_WCHAR texts[4][40];
    static unsigned turn;
    JET_WCHAR *units = texts[turn++ % 4];
    size_t i = 0;
    for (; text[i]; i++)
        units[i] = (JET_WCHAR)text[i];
    units[i] = 0;
    return units;
}

START_TEST(table_in_use)
{
    JET_TABLEID theirs, again;
    JET_SESID other = test_jet_session(&jet);
    ck_jet(JetDeleteTable(jet.session, jet.database, "nosuch"), JET_errObjectNotFound);
    ck_jet(JetDeleteTable(jet.session, jet.database, ""), JET_errInvalidName);
    ck_jet(JetDeleteTable(jet.session, 5, "letters"), JET_errInvalidDatabaseId);
    ck_jet(JetDeleteTable(jet.session, jet.database, "letters"), JET_errTableInUse);
    ck_jet(JetRenameTable(jet.session, jet.database, "letters", "post"), JET_errTableInUse);
    ck_ok(JetOpenTable(other, jet.database, "letters", NULL, 0, 0, &theirs));
    ck_ok(JetCloseTable(jet.session, table));
    ck_jet(JetDeleteTable(jet.session, jet.database, "letters"), JET_errTableInUse);
    ck_ok(JetCloseTable(other, theirs));
    ck_ok(JetOpenTable(other, jet.database, "letters", NULL, 0, JET_bitTableDenyRead, &theirs));
    ck_jet(JetDeleteTable(jet.session, jet.database, "letters"), JET_errTableLocked);
    ck_ok(JetCloseTable(other, theirs));
    ck_ok(JetBeginTransaction2(jet.session, JET_bitTransactionReadOnly));
    ck_jet(JetDeleteTable(jet.session, jet.database, "letters"), JET_errTransReadOnly);
    ck_ok(JetRollback(jet.session, 0));
    ck_ok(JetOpenTable(other, jet.database, "letters", NULL, 0, 0, &again));
    ck_ok(JetCloseTable(other, again));
    ck_ok(JetDeleteTable(jet.session, jet.database, "LETTERS"));
    ck_jet(JetOpenTable(other, jet.database, "letters", NULL, 0, 0, &again), JET_errObjectNotFound);
}
END_TEST

START_TEST(table_deleted_and_made_anew)
{
    JET_OBJECTLIST list;
    ck_ok(JetCloseTable(jet.session, table));
    ck_ok(JetDeleteTableW(jet.session, jet.database, wide("letters")));
    ck_ok(JetGetObjectInfo(jet.session, jet.database, JET_objtypTable, NULL, NULL, &list,
                           sizeof list, JET_ObjInfoList));
    ck_assert_uint_eq(list.cRecord, 0);
    ck_ok(JetCreateTable(jet.session, jet.database, "letters", 0, 0, &table));
    number = test_add_column(jet.session, table, "number", JET_coltypLong, 0, 0, 0);
    test_add_index(jet.session, table, "primary", "+number\0", JET_bitIndexPrimary);
    ck_assert_uint_eq(count_rows(table), 0);
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
    test_set_long(jet.session, table, number, 1);
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    test_jet_reopen(&jet);
    ck_ok(JetOpenTable(jet.session, jet.database, "letters", NULL, 0, 0, &table));
    ck_assert_uint_eq(count_rows(table), 1);
}
END_TEST

/* Rows, long values and entries go with the table: its space serves the next one. */
START_TEST(table_leaves_no_space)
{
    enum {
        ROUNDS = 20,
        ROWS = 20,
        LONG = 50000,
        MOST = ROUNDS * ROWS * LONG / 3
    };
    struct stat status;
    for (int round = 0; round < ROUNDS; round++) {
        ck_ok(JetCloseTable(jet.session, table));
        ck_ok(JetDeleteTable(jet.session, jet.database, "letters"));
        ck_ok(JetCreateTable(jet.session, jet.database, "letters", 0, 0, &table));
        number = test_add_column(jet.session, table, "number", JET_coltypLong, 0, 0, 0);
        title = test_add_column(jet.session, table, "title", JET_coltypText, 0, 0, 0);
        body = test_add_column(jet.session, table, "body", JET_coltypLongBinary, 0, 0, 0);
        for (int32_t i = 0; i < ROWS; i++)
            add_row(i, "title", LONG);
    }
    ck_assert_int_eq(stat(jet.path, &status), 0);
    ck_assert_int_lt(status.st_size, MOST);
}
END_TEST

/* Until the commit others see it; a rollback has it back. */
START_TEST(table_deleted_in_a_transaction)
{
    JET_TABLEID theirs, mine;
    JET_SESID other = test_jet_session(&jet);
    ck_ok(JetCloseTable(jet.session, table));
    for (int round = 0; round < 2; round++) {
        ck_ok(JetBeginTransaction(jet.session));
        ck_ok(JetDeleteTable(jet.session, jet.database, "letters"));
        ck_jet(JetOpenTable(jet.session, jet.database, "letters", NULL, 0, 0, &mine),
               JET_errObjectNotFound);
        ck_ok(JetOpenTable(other, jet.database, "letters", NULL, 0, 0, &theirs));
        ck_ok(JetMove(other, theirs, JET_MoveFirst, 0));
        ck_jet(JetDelete(other, theirs), JET_errWriteConflict);
        if (round == 0) {
            ck_ok(JetRollback(jet.session, 0));
            ck_ok(JetOpenTable(jet.session, jet.database, "letters", NULL, 0, 0, &table));
            ck_assert_uint_eq(count_rows(table), 50);
            ck_ok(JetSetCurrentIndex(jet.session, table, "titles"));
            ck_assert_uint_eq(count_rows(table), 50);
            ck_ok(JetCloseTable(jet.session, table));
            ck_ok(JetCloseTable(other, theirs));
        }
    }
    /* A table of the same name, in the same transaction. */
    ck_ok(JetCreateTable(jet.session, jet.database, "letters", 0, 0, &mine));
    ck_ok(JetCommitTransaction(jet.session, 0));
    ck_jet(JetMove(other, theirs, JET_MoveFirst, 0), JET_errNoCurrentRecord);
    ck_jet(JetPrepareUpdate(other, theirs, JET_prepInsert), JET_errObjectNotFound);
    ck_assert_uint_eq(count_rows(mine), 0);
    ck_ok(JetCloseTable(other, theirs));
}
END_TEST

START_TEST(table_renamed)
{
    char name[JET_cbNameMost + 1];
    JET_TABLEID other;
    ck_ok(JetCreateTable(jet.session, jet.database, "taken", 0, 0, &other));
    ck_ok(JetCloseTable(jet.session, table));
    ck_jet(JetRenameTable(jet.session, jet.database, "letters", "Taken"), JET_errTableDuplicate);
    ck_jet(JetRenameTable(jet.session, jet.database, "letters", "a.b"), JET_errInvalidName);
    ck_jet(JetRenameTable(jet.session, jet.database, "letters", NULL), JET_errInvalidName);
    ck_jet(JetRenameTable(jet.session, jet.database, "nosuch", "x"), JET_errObjectNotFound);
    ck_ok(JetRenameTable(jet.session, jet.database, "letters", "LETTERS")); /* other letters */
    ck_ok(JetRenameTableW(jet.session, jet.database, wide("letters"), wide("Post")));
    ck_jet(JetOpenTable(jet.session, jet.database, "letters", NULL, 0, 0, &table),
           JET_errObjectNotFound);
    test_jet_reopen(&jet);
    ck_ok(JetOpenTable(jet.session, jet.database, "post", NULL, 0, 0, &table));
    ck_ok(JetGetTableInfo(jet.session, table, name, sizeof name, JET_TblInfoName));
    ck_assert_str_eq(name, "Post");
    ck_assert_uint_eq(count_rows(table), 50);
}
END_TEST

START_TEST(index_deleted)
{
    JET_TABLEID second, theirs;
    JET_SESID other = test_jet_session(&jet);
    ck_jet(JetDeleteIndex(jet.session, table, "nosuch"), JET_errIndexNotFound);
    ck_jet(JetDeleteIndex(jet.session, table, NULL), JET_errInvalidName);
    ck_jet(JetDeleteIndex(jet.session, table, "Primary"), JET_errIndexMustStay);
    ck_ok(JetDupCursor(jet.session, table, &second, 0));
    ck_ok(JetSetCurrentIndex(jet.session, second, "titles"));
    ck_jet(JetDeleteIndex(jet.session, table, "titles"), JET_errIndexInUse);
    ck_ok(JetSetCurrentIndex(jet.session, second, NULL));
    ck_ok(JetOpenTable(other, jet.database, "letters", NULL, 0, 0, &theirs));
    ck_ok(JetSetCurrentIndex(other, theirs, "titles"));
    /* Undone, then done. */
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetDeleteIndexW(jet.session, table, wide("titles")));
    ck_jet(JetSetCurrentIndex(jet.session, second, "titles"), JET_errIndexNotFound);
    ck_ok(JetRollback(jet.session, 0));
    ck_ok(JetSetCurrentIndex(jet.session, second, "titles"));
    ck_assert_uint_eq(count_rows(second), 50);
    ck_ok(JetSetCurrentIndex(jet.session, second, NULL));
    ck_ok(JetDeleteIndex(jet.session, table, "TITLES"));
    ck_jet(JetMove(other, theirs, JET_MoveFirst, 0), JET_errNoCurrentRecord);
    ck_jet(JetSetCurrentIndex(other, theirs, "titles"), JET_errIndexNotFound);
    ck_ok(JetMove(other, theirs, JET_MoveFirst, 0)); /* by the primary one */
    add_row(100, "title 00", 10);                    /* nothing is unique there any more */
    test_add_index(jet.session, table, "titles", "+title\0", 0);
    ck_ok(JetSetCurrentIndex(jet.session, second, "titles"));
    ck_assert_uint_eq(count_rows(second), 51);
}
END_TEST

/* A session that opens the table in an old snapshot has the old definition, and nobody else. */
START_TEST(old_snapshot_hides_no_change)
{
    JET_SESID changer = test_jet_session(&jet), old = test_jet_session(&jet);
    JET_TABLEID cursor, old_cursor;
    ck_ok(JetBeginTransaction(old));
    ck_ok(JetOpenTable(changer, jet.database, "letters", NULL, 0, 0, &cursor));
    ck_ok(JetDeleteIndex(changer, cursor, "titles"));
    JET_COLUMNID added = test_add_column(changer, cursor, "added", JET_coltypLong, 0, 0, 0);
    ck_ok(JetOpenTable(old, jet.database, "letters", NULL, 0, 0, &old_cursor));
    ck_ok(JetSetCurrentIndex(old, old_cursor, "titles"));
    ck_jet(JetSetCurrentIndex(jet.session, table, "titles"), JET_errIndexNotFound);
    ck_ok(JetMove(jet.session, table, JET_MoveFirst, 0));
    ck_jet(JetRetrieveColumn(jet.session, table, added, NULL, 0, NULL, 0, NULL), JET_wrnColumnNull);
    ck_jet(JetRetrieveColumn(old, old_cursor, added, NULL, 0, NULL, 0, NULL),
           JET_errColumnNotFound);
    ck_ok(JetRollback(old, 0));
    ck_ok(JetEndSession(old, 0));
    ck_ok(JetEndSession(changer, 0));
}
END_TEST

/* Another process: adds a column and an index when told to. */
static int define_elsewhere(TestJet *other, int told, int tells)
{
    JET_TABLEID cursor;
    char byte = 0;
    bool good = read(told, &byte, 1) == 1;
    test_jet_start(other);
    ck_ok(JetAttachDatabase(other->session, other->path, 0));
    ck_ok(JetOpenDatabase(other->session, other->path, NULL, &other->database, 0));
    ck_ok(JetOpenTable(other->session, other->database, "t", NULL, 0, 0, &cursor));
    test_add_column(other->session, cursor, "added", JET_coltypLong, 0, 0, 0);
    test_add_index(other->session, cursor, "by-added", "+added\0", 0);
    ck_ok(JetTerm2(other->instance, JET_bitTermAbrupt));
    return good && write(tells, &byte, 1) == 1 ? 0 : 1;
}

START_TEST(another_process_changes_the_table)
{
    TestJet own;
    JET_TABLEID cursor;
    int to_child[2], from_child[2], status;
    char byte = 0;
    test_jet_place(&own);
    ck_assert(pipe(to_child) == 0 && pipe(from_child) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(define_elsewhere(&own, to_child[0], from_child[1]));
    test_jet_start(&own);
    ck_ok(JetCreateDatabase(own.session, own.path, NULL, &own.database, 0));
    ck_ok(JetCreateTable(own.session, own.database, "t", 0, 0, &cursor));
    ck_ok(JetBeginTransaction(own.session));
    ck_assert(write(to_child[1], &byte, 1) == 1 && read(from_child[0], &byte, 1) == 1);
    ck_jet(JetSetCurrentIndex(own.session, cursor, "by-added"), JET_errIndexNotFound);
    ck_ok(JetRollback(own.session, 0));
    ck_ok(JetSetCurrentIndex(own.session, cursor, "by-added"));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    for (int i = 0; i < 2; i++) {
        close(to_child[i]);
        close(from_child[i]);
    }
    test_jet_close(&own);
}
END_TEST

START_TEST(column_deleted)
{
    JET_COLUMNDEF definition;
    JET_COLUMNLIST list;
    JET_COLUMNID second;
    char data[8];
    JET_RETINFO any = {.cbStruct = sizeof any, .itagSequence = 1};
    ck_jet(JetDeleteColumn(jet.session, table, "nosuch"), JET_errColumnNotFound);
    ck_jet(JetDeleteColumn(jet.session, table, ""), JET_errColumnNotFound);
    ck_jet(JetDeleteColumn(jet.session, table, NULL), JET_errInvalidName);
    ck_jet(JetDeleteColumn(jet.session, table, "title"), JET_errColumnInUse);
    ck_jet(JetDeleteColumn2(jet.session, table, "title", 2), JET_errInvalidGrbit);
    ck_ok(JetDeleteIndex(jet.session, table, "titles"));
    ck_ok(JetDeleteColumn2(jet.session, table, "TITLE", JET_bitDeleteColumnIgnoreTemplateColumns));
    ck_jet(JetGetTableColumnInfo(jet.session, table, "title", &definition, sizeof definition,
                                 JET_ColInfo),
           JET_errColumnNotFound);
    ck_jet(JetGetTableColumnInfo(jet.session, table, (const char *)&title, &definition,
                                 sizeof definition, JET_ColInfoByColid),
           JET_errColumnNotFound);
    ck_ok(JetGetTableColumnInfo(jet.session, table, NULL, &list, sizeof list, JET_ColInfoList));
    ck_assert_uint_eq(list.cRecord, 2);
    ck_ok(JetMove(jet.session, table, JET_MoveFirst, 0));
    ck_jet(JetRetrieveColumn(jet.session, table, title, data, 8, NULL, 0, NULL),
           JET_errColumnNotFound);
    /* Column 0 is the first tagged value that is still one. */
    ck_jet(JetRetrieveColumn(jet.session, table, 0, data, 8, NULL, 0, &any),
           JET_wrnBufferTruncated);
    ck_assert_uint_eq(any.columnidNextTagged, body);
    any.itagSequence = 2;
    ck_jet(JetRetrieveColumn(jet.session, table, 0, data, 8, NULL, 0, &any), JET_wrnColumnNull);
    ck_jet(JetCreateIndex(jet.session, table, "t", 0, "+\0", 3, 100), JET_errColumnNotFound);
    /* A new one of the name is another column. */
    second =
        test_add_column(jet.session, table, "title", JET_coltypText, 0, JET_bitColumnTagged, 0);
    ck_assert_uint_ne(second, title);
    ck_assert_str_eq(test_get_text(jet.session, table, second), "(null)");
    title = second;
    add_row(200, "new", 10);
    test_jet_reopen(&jet);
    ck_ok(JetOpenTable(jet.session, jet.database, "letters", NULL, 0, 0, &table));
    ck_ok(JetMove(jet.session, table, JET_MoveLast, 0));
    ck_assert_str_eq(test_get_text(jet.session, table, title), "new");
    ck_ok(JetDelete(jet.session, table));
    ck_ok(JetMove(jet.session, table, JET_MoveFirst, 0));
    ck_ok(JetDelete(jet.session, table)); /* with what the deleted column has in it */
}
END_TEST

/* What the engine fills in is filled in no more, and the neighbours keep their places. */
START_TEST(special_columns_deleted)
{
    int32_t one = 1, ten = 10;
    JET_COLUMNDEF escrow = {
        .cbStruct = sizeof escrow, .coltyp = JET_coltypLong, .grbit = JET_bitColumnEscrowUpdate};
    JET_COLUMNID first, second, required, serial;
    JET_TABLEID t;
    JET_SESID s = jet.session;
    ck_ok(JetCreateTable(s, jet.database, "special", 0, 0, &t));
    ck_ok(JetAddColumn(s, t, "first", &escrow, &one, 4, &first));
    ck_ok(JetAddColumn(s, t, "second", &escrow, &ten, 4, &second));
    required = test_add_column(s, t, "required", JET_coltypLong, 0, JET_bitColumnNotNULL, 0);
    serial = test_add_column(s, t, "serial", JET_coltypLong, 0, JET_bitColumnAutoincrement, 0);
    ck_ok(JetPrepareUpdate(s, t, JET_prepInsert));
    ck_jet(JetUpdate(s, t, NULL, 0, NULL), JET_errNullInvalid);
    ck_ok(JetPrepareUpdate(s, t, JET_prepCancel));
    ck_ok(JetDeleteColumn(s, t, "first"));
    ck_ok(JetDeleteColumn(s, t, "required"));
    ck_ok(JetDeleteColumn(s, t, "serial"));
    ck_ok(JetPrepareUpdate(s, t, JET_prepInsert));
    ck_jet(JetSetColumn(s, t, required, &one, 4, 0, NULL), JET_errColumnNotFound);
    ck_ok(JetUpdate(s, t, NULL, 0, NULL));
    ck_ok(JetMove(s, t, JET_MoveFirst, 0));
    ck_assert_int_eq(test_get_long(s, t, second), 10);
    ck_jet(JetRetrieveColumn(s, t, serial, &one, 4, NULL, 0, NULL), JET_errColumnNotFound);
    ck_ok(JetBeginTransaction(s));
    ck_ok(JetEscrowUpdate(s, t, second, &ten, 4, NULL, 0, NULL, 0));
    ck_ok(JetCommitTransaction(s, 0));
    ck_assert_int_eq(test_get_long(s, t, second), 20);
    test_add_column(s, t, "serial", JET_coltypLong, 0, JET_bitColumnAutoincrement, 0);
    ck_ok(JetBeginTransaction(s));
    ck_ok(JetDeleteColumn(s, t, "second"));
    ck_ok(JetRollback(s, 0));
    ck_assert_int_eq(test_get_long(s, t, second), 20);
}
END_TEST

START_TEST(column_renamed)
{
    JET_COLUMNDEF definition;
    JET_INDEXLIST list;
    ck_jet(JetRenameColumn(jet.session, table, "title", "body", 0), JET_errColumnDuplicate);
    ck_jet(JetRenameColumn(jet.session, table, "title", "", 0), JET_errInvalidName);
    ck_jet(JetRenameColumn(jet.session, table, "nosuch", "x", 0), JET_errColumnNotFound);
    ck_jet(JetRenameColumn(jet.session, table, "title", "x", 1), JET_errInvalidGrbit);
    ck_ok(JetRenameColumn(jet.session, table, "title", "Title", 0));
    ck_ok(JetRenameColumnW(jet.session, table, wide("title"), wide("subject"), 0));
    ck_ok(JetGetTableColumnInfo(jet.session, table, "subject", &definition, sizeof definition,
                                JET_ColInfo));
    ck_assert_uint_eq(definition.columnid, title);
    ck_ok(JetGetTableIndexInfo(jet.session, table, "titles", &list, sizeof list, JET_IdxInfoList));
    ck_assert_str_eq(test_get_text(jet.session, list.tableid, list.columnidcolumnname), "subject");
}
END_TEST

START_TEST(indexes_from_structures)
{
    JET_WCHAR german[] = {'d', 'e', '-', 'D', 'E', 0};
    JET_UNICODEINDEX2 unicode = {.szLocaleName = german, .dwMapFlags = 0};
    JET_INDEXCREATE2 second = {.cbStruct = sizeof second,
                               .szIndexName = (char[]){"second"},
                               .szKey = (char[]){"-title\0"},
                               .cbKey = 8,
                               .grbit = JET_bitIndexKeyMost,
                               .cbKeyMost = 300};
    JET_INDEXCREATE3 thirds[] = {{.cbStruct = sizeof thirds[0],
                                  .szIndexName = (char[]){"third"},
                                  .szKey = (char[]){"+name\0"},
                                  .cbKey = 7,
                                  .pidxunicode = &unicode},
                                 {.cbStruct = sizeof thirds[0],
                                  .szIndexName = (char[]){"fourth"},
                                  .szKey = (char[]){"+nosuch\0"},
                                  .cbKey = 9}};
    JET_WCHAR index_name[] = {'w', 0}, key[] = {'+', 'n', 'a', 'm', 'e', 0, 0};
    JET_INDEXCREATE3_W broad = {.cbStruct = sizeof broad,
                                .szIndexName = index_name,
                                .szKey = key,
                                .cbKey = sizeof key,
                                .pidxunicode = &unicode};
    char locale[20];
    uint32_t most = 0;
    test_add_column(jet.session, table, "name", JET_coltypText, 0, 0, 1200);
    ck_ok(JetCreateIndex3(jet.session, table, &second, 1));
    ck_jet(JetCreateIndex3(jet.session, table, &second, 1), JET_errIndexDuplicate);
    ck_assert_int_eq(second.err, JET_errIndexDuplicate);
    ck_ok(
        JetGetTableIndexInfo(jet.session, table, "second", &most, sizeof most, JET_IdxInfoKeyMost));
    ck_assert_uint_eq(most, 300);
    ck_jet(JetCreateIndex4(jet.session, table, thirds, 2), JET_errColumnNotFound);
    ck_assert_int_eq(thirds[1].err, JET_errColumnNotFound);
    ck_ok(JetGetTableIndexInfo(jet.session, table, "third", locale, sizeof locale,
                               JET_IdxInfoLocaleName));
    ck_assert_str_eq(locale, "de-DE");
    ck_ok(JetCreateIndex4W(jet.session, table, &broad, 1));
    ck_jet(JetCreateIndex4W(jet.session, table, &broad, 1), JET_errIndexDuplicate);
    ck_assert_int_eq(broad.err, JET_errIndexDuplicate);
    ck_ok(JetSetCurrentIndex(jet.session, table, "w"));
    ck_jet(JetCreateIndex3(jet.session, table, NULL, 1), JET_errInvalidParameter);
    ck_jet(JetCreateIndex4W(jet.session, table, NULL, 1), JET_errInvalidParameter);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deleting and renaming");
    TCase *cases = tcase_create("definitions");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, table_in_use);
    tcase_add_test(cases, table_deleted_and_made_anew);
    tcase_add_test(cases, table_leaves_no_space);
    tcase_add_test(cases, table_deleted_in_a_transaction);
    tcase_add_test(cases, table_renamed);
    tcase_add_test(cases, index_deleted);
    tcase_add_test(cases, old_snapshot_hides_no_change);
    tcase_add_test(cases, column_deleted);
    tcase_add_test(cases, special_columns_deleted);
    tcase_add_test(cases, column_renamed);
    tcase_add_test(cases, indexes_from_structures);
    suite_add_tcase(suite, cases);
    TCase *apart = tcase_create("processes");
    tcase_set_timeout(apart, 60);
    tcase_add_test(apart, another_process_changes_the_table);
    suite_add_tcase(suite, apart);
    return run_suite(suite);
}
