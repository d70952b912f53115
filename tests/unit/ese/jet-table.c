/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-table.c - defining tables, columns and indexes: what is refused and with which error, and
 * what other sessions see when.
 */
#include <stdbool.h>

#include "tests/unit/ese/jet-test.h"

static TestJet jet;
static JET_TABLEID table;

static void open_table(void)
{
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 0, &table));
}

static JET_ERR add(const char *name, JET_COLTYP coltyp, JET_GRBIT grbit, uint16_t cp,
                   const void *data, uint32_t size)
{
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof definition, .coltyp = coltyp, .grbit = grbit, .cp = cp};
    return JetAddColumn(jet.session, table, name, &definition, data, size, NULL);
}

static JET_ERR add_index(const char *name, const char *key, uint32_t size, JET_GRBIT grbit)
{
    return JetCreateIndex(jet.session, table, name, grbit, key, size, 100);
}

START_TEST(test_columns_refused)
{
    int32_t zero = 0;
    open_table();
    ck_ok(add("a", JET_coltypLong, 0, 0, NULL, 0));
    ck_jet(add("A", JET_coltypLong, 0, 0, NULL, 0), JET_errColumnDuplicate);
    ck_jet(add("", JET_coltypLong, 0, 0, NULL, 0), JET_errInvalidName);
    ck_jet(add(" a", JET_coltypLong, 0, 0, NULL, 0), JET_errInvalidName);
    ck_jet(add("b!", JET_coltypLong, 0, 0, NULL, 0), JET_errInvalidName);
    ck_jet(add("b", JET_coltypNil, 0, 0, NULL, 0), JET_errInvalidColumnType);
    ck_jet(add("b", JET_coltypMax, 0, 0, NULL, 0), JET_errInvalidColumnType);
    ck_jet(add("b", JET_coltypText, 0, 437, NULL, 0), JET_errInvalidCodePage);
    ck_jet(add("b", JET_coltypText, JET_bitColumnTagged | JET_bitColumnNotNULL, 0, NULL, 0),
           JET_errTaggedNotNULL);
    ck_jet(add("b", JET_coltypText, JET_bitColumnMultiValued, 0, NULL, 0),
           JET_errMultiValuedColumnMustBeTagged);
    ck_jet(add("b", JET_coltypShort, JET_bitColumnAutoincrement, 0, NULL, 0),
           JET_errInvalidColumnType);
    ck_jet(add("b", JET_coltypLong, JET_bitColumnAutoincrement | JET_bitColumnVersion, 0, NULL, 0),
           JET_errInvalidGrbit);
    ck_ok(add("auto", JET_coltypLong, JET_bitColumnAutoincrement, 0, NULL, 0));
    ck_jet(add("auto2", JET_coltypLong, JET_bitColumnAutoincrement, 0, NULL, 0),
           JET_errColumnRedundant);
    ck_jet(add("e", JET_coltypLong, JET_bitColumnEscrowUpdate | JET_bitColumnTagged, 0, &zero, 4),
           JET_errCannotBeTagged);
    ck_jet(add("e", JET_coltypLong, 0, 0, &zero, 3), JET_errInvalidBufferSize);
    char large[300] = "";
    ck_jet(add("e", JET_coltypLongBinary, 0, 0, large, 256), JET_errDefaultValueTooBig);
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    ck_jet(add("e", JET_coltypLong, JET_bitColumnEscrowUpdate, 0, &zero, 4), JET_errTableNotEmpty);
    JET_TABLEID again;
    ck_jet(JetCreateTable(jet.session, jet.database, "T", 0, 0, &again), JET_errTableDuplicate);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_indexes_refused)
{
    int32_t zero = 0;
    open_table();
    ck_ok(add("e", JET_coltypLong, JET_bitColumnEscrowUpdate, 0, &zero, sizeof zero));
    ck_ok(add("a", JET_coltypLong, 0, 0, NULL, 0));
    ck_ok(add("m", JET_coltypLong, JET_bitColumnTagged | JET_bitColumnMultiValued, 0, NULL, 0));
    ck_jet(add_index("i", "a\0", 3, 0), JET_errIndexInvalidDef); /* neither + nor - */
    ck_jet(add_index("i", "", 1, 0), JET_errIndexInvalidDef);
    ck_jet(add_index("i", "+a", 2, 0), JET_errIndexInvalidDef); /* no end */
    ck_jet(add_index("i", "+nosuch\0", 9, 0), JET_errColumnNotFound);
    ck_jet(add_index("i", "+e\0", 4, 0), JET_errCannotIndex); /* JetEscrowUpdate makes no entries */
    ck_jet(add_index("i", "+m\0", 4, JET_bitIndexPrimary), JET_errIndexInvalidDef);
    ck_jet(add_index("i", "+a\0", 4, JET_bitIndexTuples), JET_errIndexTuplesTextBinaryColumnsOnly);
    ck_jet(add_index("i", "+a\0+a\0+a\0+a\0+a\0+a\0+a\0+a\0+a\0+a\0+a\0+a\0+a\0+a\0+a\0+a\0+a\0",
                     17 * 3 + 1, 0),
           JET_errIndexInvalidDef);
    ck_ok(add_index("i", "+a\0", 4, 0));
    ck_jet(add_index("I", "-a\0", 4, 0), JET_errIndexDuplicate);
    ck_ok(add_index("p", "+a\0", 4, JET_bitIndexPrimary));
    ck_jet(add_index("q", "+a\0", 4, JET_bitIndexPrimary), JET_errIndexHasPrimary);
    test_jet_close(&jet);
    open_table();
    ck_ok(add("a", JET_coltypLong, 0, 0, NULL, 0));
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    ck_jet(add_index("p", "+a\0", 4, JET_bitIndexPrimary), JET_errTableNotEmpty);
    test_jet_close(&jet);
}
END_TEST

/* 0 or 20 to 100, by the documentation of JetCreateTable and JET_INDEXCREATE. */
START_TEST(test_densities)
{
    JET_INDEXCREATE index = {.cbStruct = sizeof index,
                             .szIndexName = (char[]){"j"},
                             .szKey = (char[]){"+a\0"},
                             .cbKey = 4,
                             .ulDensity = 101};
    JET_TABLECREATE2 create = {
        .cbStruct = sizeof create, .szTableName = (char[]){"whole"}, .ulDensity = 19};
    JET_TABLEID other;
    open_table();
    ck_ok(add("a", JET_coltypLong, 0, 0, NULL, 0));
    ck_jet(JetCreateIndex(jet.session, table, "i", 0, "+a\0", 4, 19), JET_errDensityInvalid);
    ck_jet(JetCreateIndex(jet.session, table, "i", 0, "+a\0", 4, 101), JET_errDensityInvalid);
    ck_ok(JetCreateIndex(jet.session, table, "i", 0, "+a\0", 4, 20));
    ck_jet(JetCreateIndex2(jet.session, table, &index, 1), JET_errDensityInvalid);
    ck_jet(index.err, JET_errDensityInvalid);
    ck_jet(JetCreateTable(jet.session, jet.database, "o", 0, 1, &other), JET_errDensityInvalid);
    ck_ok(JetCreateTable(jet.session, jet.database, "o", 0, 100, &other));
    ck_jet(JetCreateTableColumnIndex2(jet.session, jet.database, &create), JET_errDensityInvalid);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_defaults)
{
    int16_t seven = 7, other = 8, value;
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition, .coltyp = JET_coltypShort};
    JET_COLUMNID late;
    open_table();
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    /* A row that was there before the column has its default. */
    ck_ok(JetAddColumn(jet.session, table, "late", &definition, &seven, 2, &late));
    ck_ok(JetMove(jet.session, table, JET_MoveFirst, 0));
    ck_ok(JetRetrieveColumn(jet.session, table, late, &value, 2, NULL, 0, NULL));
    ck_assert_int_eq(value, 7);
    ck_jet(JetRetrieveColumn(jet.session, table, late, &value, 2, NULL,
                             JET_bitRetrieveIgnoreDefault, NULL),
           JET_wrnColumnNull);
    test_add_index(jet.session, table, "late", "+late\0", 0);
    ck_ok(JetSetCurrentIndex(jet.session, table, "late"));
    ck_ok(JetMakeKey(jet.session, table, &seven, 2, JET_bitNewKey));
    ck_ok(JetSeek(jet.session, table, JET_bitSeekEQ));
    /* NULL over the default, another value, and back. */
    static const JET_GRBIT revert = JET_bitSetRevertToDefaultValue;
    for (int step = 0; step < 3; step++) {
        ck_ok(JetPrepareUpdate(jet.session, table, JET_prepReplace));
        ck_ok(JetSetColumn(jet.session, table, late, step == 1 ? &other : NULL, step == 1 ? 2 : 0,
                           step == 2 ? revert : 0, NULL));
        ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
        JET_ERR err = JetRetrieveColumn(jet.session, table, late, &value, 2, NULL, 0, NULL);
        ck_assert_int_eq(err, step == 0 ? JET_wrnColumnNull : JET_errSuccess);
        if (step > 0)
            ck_assert_int_eq(value, step == 1 ? 8 : 7);
    }
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_visibility)
{
    JET_TABLEID mine, theirs, created;
    JET_COLUMNDEF definition;
    open_table();
    JET_SESID other = test_jet_session(&jet);
    ck_ok(JetOpenTable(other, jet.database, "t", NULL, 0, 0, &theirs));
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetCreateTable(jet.session, jet.database, "new", 0, 0, &created));
    ck_ok(add("c", JET_coltypLong, 0, 0, NULL, 0));
    ck_ok(JetGetTableColumnInfo(jet.session, table, "c", &definition, sizeof definition,
                                JET_ColInfo));
    ck_jet(JetGetTableColumnInfo(other, theirs, "c", &definition, sizeof definition, JET_ColInfo),
           JET_errColumnNotFound);
    ck_jet(JetOpenTable(other, jet.database, "new", NULL, 0, 0, &mine), JET_errObjectNotFound);
    ck_jet(JetCreateTable(other, jet.database, "new", 0, 0, &mine), JET_errTableDuplicate);
    ck_jet(JetPrepareUpdate(other, theirs, JET_prepInsert) < 0
               ? JET_errWriteConflict
               : JetUpdate(other, theirs, NULL, 0, NULL),
           JET_errWriteConflict); /* the definition is being changed */
    JetPrepareUpdate(other, theirs, JET_prepCancel);
    ck_ok(JetRollback(jet.session, 0));
    ck_jet(
        JetGetTableColumnInfo(jet.session, table, "c", &definition, sizeof definition, JET_ColInfo),
        JET_errColumnNotFound);
    ck_ok(add("c", JET_coltypLong, 0, 0, NULL, 0));
    ck_ok(JetGetTableColumnInfo(other, theirs, "c", &definition, sizeof definition, JET_ColInfo));
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_deny)
{
    JET_TABLEID first, second;
    open_table();
    ck_ok(JetCloseTable(jet.session, table));
    JET_SESID other = test_jet_session(&jet);
    ck_ok(JetOpenTable(jet.session, jet.database, "t", NULL, 0, JET_bitTableDenyRead, &first));
    ck_jet(JetOpenTable(other, jet.database, "t", NULL, 0, 0, &second), JET_errTableLocked);
    ck_ok(JetOpenTable(jet.session, jet.database, "t", NULL, 0, 0, &second));
    ck_ok(JetCloseTable(jet.session, first));
    ck_jet(JetOpenTable(other, jet.database, "t", NULL, 0, JET_bitTableDenyWrite, &first),
           JET_errTableInUse);
    ck_ok(JetCloseTable(jet.session, second));
    ck_ok(JetOpenTable(other, jet.database, "t", NULL, 0, JET_bitTableDenyWrite, &first));
    ck_ok(JetOpenTable(jet.session, jet.database, "t", NULL, 0, JET_bitTableReadOnly, &second));
    ck_jet(JetOpenTable(jet.session, jet.database, "t", NULL, 0, 0, &second), JET_errTableLocked);
    test_jet_close(&jet);
}
END_TEST

/* A table comes whole or not at all, also inside a transaction that goes on. */
START_TEST(test_create_whole)
{
    JET_COLUMNCREATE columns[] = {
        {.cbStruct = sizeof *columns, .szColumnName = (char[]){"a"}, .coltyp = JET_coltypLong},
        {.cbStruct = sizeof *columns, .szColumnName = (char[]){"a"}, .coltyp = JET_coltypLong},
    };
    JET_INDEXCREATE index = {.cbStruct = sizeof index,
                             .szIndexName = (char[]){"i"},
                             .szKey = (char[]){"+b\0"},
                             .cbKey = 4};
    JET_TABLECREATE2 create = {.cbStruct = sizeof create,
                               .szTableName = (char[]){"whole"},
                               .rgcolumncreate = columns,
                               .cColumns = 2,
                               .rgindexcreate = &index,
                               .cIndexes = 1};
    JET_TABLEID opened;
    open_table();
    ck_ok(JetBeginTransaction(jet.session));
    ck_jet(JetCreateTableColumnIndex2(jet.session, jet.database, &create), JET_errColumnDuplicate);
    ck_jet(columns[1].err, JET_errColumnDuplicate);
    columns[1].szColumnName = (char[]){"c"};
    ck_jet(JetCreateTableColumnIndex2(jet.session, jet.database, &create), JET_errColumnNotFound);
    ck_jet(index.err, JET_errColumnNotFound);
    ck_jet(JetOpenTable(jet.session, jet.database, "whole", NULL, 0, 0, &opened),
           JET_errObjectNotFound);
    index.szKey = (char[]){"+c\0"};
    ck_ok(JetCreateTableColumnIndex2(jet.session, jet.database, &create));
    ck_assert_uint_eq(create.cCreated, 4);
    ck_ok(JetCommitTransaction(jet.session, 0));
    ck_ok(JetSetCurrentIndex(jet.session, create.tableid, "i"));
    test_jet_close(&jet);
}
END_TEST

/* A transaction that does not see another session's committed rows cannot build an index of them,
 * nor take the table for empty. */
START_TEST(test_older_than_rows)
{
    JET_SESID other;
    JET_TABLEID theirs;
    JET_COLUMNID number;
    int32_t value = 7;
    open_table();
    number = test_add_column(jet.session, table, "number", JET_coltypLong, 0, 0, 0);
    other = test_jet_session(&jet);
    ck_ok(JetOpenTable(other, jet.database, "t", NULL, 0, 0, &theirs));
    ck_ok(JetBeginTransaction(jet.session));
    ck_jet(JetMove(jet.session, table, JET_MoveFirst, 0), JET_errNoCurrentRecord);
    ck_ok(JetPrepareUpdate(other, theirs, JET_prepInsert));
    test_set_long(other, theirs, number, value);
    ck_ok(JetUpdate(other, theirs, NULL, 0, NULL));
    ck_ok(JetCloseTable(other, theirs));
    ck_jet(JetCreateIndex(jet.session, table, "i", 0, "+number\0", 9, 100), JET_errWriteConflict);
    ck_jet(JetCreateIndex(jet.session, table, "p", JET_bitIndexPrimary, "+number\0", 9, 100),
           JET_errWriteConflict);
    ck_ok(JetCloseTable(jet.session, table));
    ck_jet(JetDeleteTable(jet.session, jet.database, "t"), JET_errWriteConflict);
    ck_ok(JetRollback(jet.session, 0));
    /* One that sees them can. */
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetOpenTable(jet.session, jet.database, "t", NULL, 0, JET_bitTableDenyRead, &table));
    ck_jet(JetCreateIndex(jet.session, table, "p", JET_bitIndexPrimary, "+number\0", 9, 100),
           JET_errTableNotEmpty);
    ck_ok(JetCreateIndex(jet.session, table, "i", 0, "+number\0", 9, 100));
    ck_ok(JetSetCurrentIndex(jet.session, table, "i"));
    ck_ok(JetMakeKey(jet.session, table, &value, 4, JET_bitNewKey));
    ck_ok(JetSeek(jet.session, table, JET_bitSeekEQ));
    ck_ok(JetCommitTransaction(jet.session, 0));
    test_jet_close(&jet);
}
END_TEST

/* A number for each row can only be begun where nobody else makes rows. */
START_TEST(test_autoincrement_needs_the_table_alone)
{
    JET_SESID other_session;
    JET_TABLEID other;
    open_table();
    other_session = test_jet_session(&jet);
    ck_ok(JetOpenTable(other_session, jet.database, "t", NULL, 0, 0, &other));
    ck_jet(add("auto", JET_coltypLong, JET_bitColumnAutoincrement, 0, NULL, 0),
           JET_errExclusiveTableLockRequired);
    ck_ok(JetCloseTable(other_session, other));
    ck_ok(add("auto", JET_coltypLong, JET_bitColumnAutoincrement, 0, NULL, 0));
    test_jet_close(&jet);
}
END_TEST

/* A key has 255 bytes. Of a longer value its beginning counts, unless the index says otherwise. */
START_TEST(test_truncation)
{
    char value[300];
    JET_COLUMNID column;
    bool disallowed = _i == 1;
    open_table();
    column = test_add_column(jet.session, table, "c", JET_coltypLongBinary, 0, 0, 0);
    ck_ok(add_index("i", "+c\0", 4,
                    JET_bitIndexUnique | (disallowed ? JET_bitIndexDisallowTruncation : 0)));
    memset(value, 'x', sizeof value);
    for (int i = 0; i < 3; i++) {
        uint32_t size = i == 0 ? 100 : sizeof value;
        value[sizeof value - 1] = (char)('a' + i);
        ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
        ck_ok(JetSetColumn(jet.session, table, column, value, size, 0, NULL));
        JET_ERR expected = i == 0       ? JET_errSuccess
                           : disallowed ? JET_errKeyTruncated
                           : i == 1     ? JET_errSuccess
                                        : JET_errKeyDuplicate;
        ck_jet(JetUpdate(jet.session, table, NULL, 0, NULL), expected);
        if (expected < 0)
            ck_ok(JetPrepareUpdate(jet.session, table, JET_prepCancel));
    }
    test_jet_close(&jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-table");
    TCase *tests = tcase_create("table");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_columns_refused);
    tcase_add_test(tests, test_indexes_refused);
    tcase_add_test(tests, test_densities);
    tcase_add_test(tests, test_defaults);
    tcase_add_test(tests, test_visibility);
    tcase_add_test(tests, test_deny);
    tcase_add_test(tests, test_create_whole);
    tcase_add_test(tests, test_older_than_rows);
    tcase_add_test(tests, test_autoincrement_needs_the_table_alone);
    tcase_add_loop_test(tests, test_truncation, 0, 2);
    return run_suite(suite);
}
