/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-temporary.c - temporary tables: filling, sorting, reading, changing, rolling back, limits.
 */
#include <stdbool.h>

#include "tests/unit/ese/jet-test.h"

typedef struct {
    TestJet jet;
    JET_SESID session;
    JET_TABLEID table;
    JET_COLUMNID ids[4];
} Fixture;

/* A number that is the key and a text. */
static const JET_COLUMNDEF columns[] = {
    {.cbStruct = sizeof(JET_COLUMNDEF), .coltyp = JET_coltypLong, .grbit = JET_bitColumnTTKey},
    {.cbStruct = sizeof(JET_COLUMNDEF), .coltyp = JET_coltypText},
};

static void open_fixture(Fixture *f)
{
    test_jet_open(&f->jet);
    f->session = f->jet.session;
}

static JET_ERR open_table(Fixture *f, JET_GRBIT grbit)
{
    return JetOpenTempTable(f->session, columns, 2, grbit, &f->table, f->ids);
}

static JET_ERR add(Fixture *f, int32_t number, const char *text)
{
    ck_ok(JetPrepareUpdate(f->session, f->table, JET_prepInsert));
    test_set_long(f->session, f->table, f->ids[0], number);
    test_set_text(f->session, f->table, f->ids[1], text);
    JET_ERR err = JetUpdate(f->session, f->table, NULL, 0, NULL);
    if (err < 0)
        ck_ok(JetPrepareUpdate(f->session, f->table, JET_prepCancel));
    return err;
}

static void fill(Fixture *f)
{
    ck_ok(add(f, 30, "c"));
    ck_ok(add(f, 10, "a"));
    ck_ok(add(f, 20, "b"));
}

static int32_t here(Fixture *f)
{
    return test_get_long(f->session, f->table, f->ids[0]);
}

static JET_ERR move(Fixture *f, int32_t rows)
{
    return JetMove(f->session, f->table, rows, 0);
}

static JET_ERR seek(Fixture *f, int32_t number, JET_GRBIT grbit)
{
    ck_ok(JetMakeKey(f->session, f->table, &number, 4, JET_bitNewKey));
    return JetSeek(f->session, f->table, grbit);
}

START_TEST(test_sort)
{
    Fixture f;
    JET_TABLEID other;
    char bookmark[500];
    uint32_t size;
    open_fixture(&f);
    ck_ok(open_table(&f, 0));
    /* While it is filled, nothing but filling. */
    fill(&f);
    ck_ok(add(&f, 20, "again")); /* dropped */
    ck_jet(JetGetBookmark(f.session, f.table, bookmark, sizeof bookmark, &size),
           JET_errIllegalOperation);
    ck_jet(JetRetrieveColumn(f.session, f.table, f.ids[0], &size, 4, NULL, 0, NULL),
           JET_errIllegalOperation);
    ck_jet(JetDelete(f.session, f.table), JET_errIllegalOperation);
    ck_jet(JetDupCursor(f.session, f.table, &other, 0), JET_errIllegalOperation);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert)); /* the move forgets it */
    ck_ok(move(&f, JET_MoveNext));
    ck_assert_int_eq(here(&f), 10);
    ck_assert_str_eq(test_get_text(f.session, f.table, f.ids[1]), "a");
    /* Then nothing but reading forwards. */
    ck_jet(JetPrepareUpdate(f.session, f.table, JET_prepInsert), JET_errIllegalOperation);
    ck_jet(JetDelete(f.session, f.table), JET_errIllegalOperation);
    ck_ok(move(&f, 1));
    ck_assert_int_eq(here(&f), 20);
    ck_assert_str_eq(test_get_text(f.session, f.table, f.ids[1]), "b");
    ck_jet(move(&f, -1), JET_errIllegalOperation);
    ck_jet(seek(&f, 10, JET_bitSeekEQ), JET_errIllegalOperation);
    ck_ok(JetMakeKey(f.session, f.table, &size, 4, JET_bitNewKey));
    ck_jet(JetSetIndexRange(f.session, f.table, 0), JET_errIllegalOperation);
    ck_ok(JetDupCursor(f.session, f.table, &other, 0));
    ck_ok(move(&f, 1));
    ck_assert_int_eq(here(&f), 30);
    ck_jet(move(&f, 1), JET_errNoCurrentRecord);
    ck_ok(move(&f, JET_MoveFirst));
    ck_assert_int_eq(here(&f), 10);
    /* The rows stay for the other cursor. */
    ck_ok(JetCloseTable(f.session, f.table));
    f.table = other;
    ck_ok(move(&f, JET_MoveLast));
    ck_assert_int_eq(here(&f), 30);
    test_jet_close(&f.jet);
}
END_TEST

/* A sort comes to lie on its first row even for a move by nothing; an empty one has none. */
START_TEST(test_first_move)
{
    Fixture f;
    open_fixture(&f);
    ck_ok(open_table(&f, JET_bitTTUnique));
    fill(&f);
    ck_ok(move(&f, 0));
    ck_assert_int_eq(here(&f), 10);
    ck_ok(open_table(&f, JET_bitTTUnique));
    ck_jet(move(&f, 0), JET_errNoCurrentRecord);
    ck_ok(open_table(&f, JET_bitTTIndexed));
    ck_jet(seek(&f, 1, JET_bitSeekGE), JET_errRecordNotFound);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_scroll_and_seek)
{
    Fixture f;
    static const JET_GRBIT grbits[] = {JET_bitTTScrollable, JET_bitTTIndexed};
    open_fixture(&f);
    for (unsigned i = 0; i < 2; i++) {
        char bookmark[500];
        uint32_t size;
        ck_ok(open_table(&f, grbits[i]));
        fill(&f);
        ck_ok(move(&f, JET_MoveLast));
        ck_ok(move(&f, JET_MovePrevious));
        ck_assert_int_eq(here(&f), 20);
        ck_ok(JetGetBookmark(f.session, f.table, bookmark, sizeof bookmark, &size));
        ck_ok(seek(&f, 30, JET_bitSeekEQ));
        ck_assert_int_eq(here(&f), 30);
        ck_jet(seek(&f, 31, JET_bitSeekEQ), JET_errRecordNotFound);
        ck_jet(seek(&f, 11, JET_bitSeekGE), JET_wrnSeekNotEqual);
        ck_assert_int_eq(here(&f), 20);
        ck_ok(seek(&f, 10, JET_bitSeekGE));
        int32_t end = 20;
        ck_ok(JetMakeKey(f.session, f.table, &end, 4, JET_bitNewKey));
        ck_ok(JetSetIndexRange(f.session, f.table, JET_bitRangeUpperLimit | JET_bitRangeInclusive));
        ck_ok(move(&f, 1));
        ck_jet(move(&f, 1), JET_errNoCurrentRecord);
        ck_ok(JetGotoBookmark(f.session, f.table, bookmark, size));
        ck_assert_int_eq(here(&f), 20);
        ck_jet(JetPrepareUpdate(f.session, f.table, JET_prepReplace), JET_errIllegalOperation);
        ck_ok(JetCloseTable(f.session, f.table));
    }
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_update)
{
    Fixture f;
    open_fixture(&f);
    ck_ok(open_table(&f, JET_bitTTUpdatable | JET_bitTTIndexed));
    fill(&f);
    ck_ok(add(&f, 10, "dropped")); /* still filling */
    ck_ok(seek(&f, 10, JET_bitSeekEQ));
    ck_assert_str_eq(test_get_text(f.session, f.table, f.ids[1]), "a");
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    test_set_text(f.session, f.table, f.ids[1], "A");
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_assert_str_eq(test_get_text(f.session, f.table, f.ids[1]), "A");
    ck_jet(add(&f, 20, "x"), JET_errKeyDuplicate); /* no longer dropped */
    ck_ok(add(&f, 15, "x"));
    ck_ok(JetDelete(f.session, f.table));
    ck_jet(seek(&f, 10, JET_bitSeekEQ), JET_errRecordNotFound);
    ck_ok(move(&f, JET_MoveFirst));
    ck_assert_int_eq(here(&f), 15);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_duplicates)
{
    Fixture f;
    open_fixture(&f);
    ck_ok(open_table(&f, JET_bitTTErrorOnDuplicateInsertion));
    ck_ok(add(&f, 1, "first"));
    ck_jet(add(&f, 1, "second"), JET_errKeyDuplicate);
    ck_ok(move(&f, JET_MoveFirst));
    ck_assert_str_eq(test_get_text(f.session, f.table, f.ids[1]), "first");
    ck_ok(add(&f, 2, "more")); /* a table from the start: filling does not end */
    ck_ok(JetCloseTable(f.session, f.table));
    /* Forward-only keeps them, in the order they came. */
    ck_ok(open_table(&f, JET_bitTTForwardOnly));
    ck_ok(add(&f, 2, "x"));
    ck_ok(add(&f, 1, "first"));
    ck_ok(add(&f, 1, "second"));
    ck_ok(move(&f, JET_MoveFirst));
    ck_assert_str_eq(test_get_text(f.session, f.table, f.ids[1]), "first");
    ck_ok(move(&f, 1));
    ck_assert_int_eq(here(&f), 1);
    ck_assert_str_eq(test_get_text(f.session, f.table, f.ids[1]), "second");
    ck_ok(move(&f, 1));
    ck_assert_int_eq(here(&f), 2);
    ck_jet(move(&f, 1), JET_errNoCurrentRecord);
    ck_ok(JetCloseTable(f.session, f.table));
    ck_ok(open_table(&f, JET_bitTTForwardOnly | JET_bitTTUnique));
    ck_ok(add(&f, 1, "first"));
    ck_ok(add(&f, 1, "second"));
    ck_ok(move(&f, JET_MoveFirst));
    ck_jet(move(&f, 1), JET_errNoCurrentRecord);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_transactions)
{
    Fixture f;
    JET_TABLEID first;
    open_fixture(&f);
    ck_ok(open_table(&f, JET_bitTTUpdatable | JET_bitTTScrollable));
    fill(&f);
    ck_ok(move(&f, JET_MoveFirst));
    ck_ok(JetBeginTransaction2(f.session, JET_bitTransactionReadOnly));
    ck_ok(add(&f, 5, "x")); /* no database is changed */
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetDelete(f.session, f.table)); /* 10 */
    ck_ok(add(&f, 1, "y"));
    ck_ok(move(&f, JET_MoveFirst));
    ck_assert_int_eq(here(&f), 1);
    first = f.table;
    ck_ok(open_table(&f, 0));
    ck_ok(JetRollback(f.session, 0));
    ck_jet(JetMove(f.session, f.table, 0, 0), JET_errInvalidTableId); /* opened at that level */
    f.table = first;
    ck_ok(move(&f, JET_MoveFirst));
    ck_assert_int_eq(here(&f), 5);
    ck_ok(move(&f, 1));
    ck_assert_int_eq(here(&f), 10);
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetDelete(f.session, f.table));
    ck_ok(JetRollback(f.session, 0));
    ck_ok(move(&f, 0)); /* back again, and 5 was committed */
    ck_ok(move(&f, -1));
    ck_assert_int_eq(here(&f), 5);
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetDelete(f.session, f.table));
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_jet(move(&f, 0), JET_errRecordDeleted);
    ck_ok(move(&f, 1));
    ck_assert_int_eq(here(&f), 10);
    ck_jet(move(&f, -1), JET_errNoCurrentRecord);
    test_jet_close(&f.jet);
}
END_TEST

/* With versions off, what was done stays. */
START_TEST(test_unversioned)
{
    Fixture f = {0};
    JET_INSTANCE instance;
    ck_ok(JetCreateInstance(&instance, "unversioned"));
    ck_ok(JetSetSystemParameter(&instance, 0, JET_paramEnableTempTableVersioning, 0, NULL));
    ck_ok(JetSetSystemParameter(&instance, 0, JET_paramMaxTemporaryTables, 2, NULL));
    ck_ok(JetInit(&instance));
    ck_ok(JetBeginSession(instance, &f.session, NULL, NULL));
    ck_ok(open_table(&f, JET_bitTTUpdatable | JET_bitTTScrollable));
    ck_ok(JetBeginTransaction(f.session));
    fill(&f);
    ck_ok(JetRollback(f.session, 0));
    ck_ok(move(&f, JET_MoveLast));
    ck_assert_int_eq(here(&f), 30);
    /* Two are the most; closing one makes room. */
    ck_ok(open_table(&f, 0));
    JET_TABLEID second = f.table;
    ck_jet(open_table(&f, 0), JET_errTooManySorts);
    ck_ok(JetCloseTable(f.session, second));
    ck_ok(open_table(&f, 0));
    ck_ok(JetTerm2(instance, JET_bitTermAbrupt));
}
END_TEST

START_TEST(test_refused)
{
    Fixture f;
    JET_COLUMNDEF one[] = {columns[0], columns[1]};
    JET_DBID database = 7;
    open_fixture(&f);
    ck_jet(open_table(&f, JET_bitTTForwardOnly | JET_bitTTIndexed),
           JET_errCannotMaterializeForwardOnlySort);
    ck_jet(open_table(&f, JET_bitTTForwardOnly | JET_bitTTUpdatable),
           JET_errCannotMaterializeForwardOnlySort);
    ck_jet(open_table(&f, 0x200), JET_errInvalidGrbit);
    ck_jet(JetOpenTempTable(f.session, columns, 2, 0, NULL, f.ids), JET_errInvalidParameter);
    ck_jet(JetOpenTempTable(f.session, NULL, 2, 0, &f.table, f.ids), JET_errInvalidParameter);
    one[1].coltyp = JET_coltypLongText;
    ck_jet(JetOpenTempTable(f.session, one, 2, JET_bitTTForwardOnly, &f.table, f.ids),
           JET_errCannotMaterializeForwardOnlySort);
    one[1].coltyp = 99;
    ck_jet(JetOpenTempTable(f.session, one, 2, 0, &f.table, f.ids), JET_errInvalidColumnType);
    ck_assert(f.table == JET_tableidNil);
    ck_jet(JetOpenTempTable2(f.session, columns, 2, 0xffff, 0, &f.table, f.ids),
           JET_errInvalidLanguageId);
    /* It is a table of database 0, which no profile of a hook names. */
    ck_ok(open_table(&f, JET_bitTTForceMaterialization));
    ck_ok(JetGetTableInfo(f.session, f.table, &database, sizeof database, JET_TblInfoDbid));
    ck_assert_uint_eq(database, 0);
    ck_jet(JetSetCurrentIndex(f.session, f.table, NULL), JET_errIllegalOperation);
    ck_jet(JetGetLock(f.session, f.table, JET_bitReadLock), JET_errIllegalOperation);
    test_jet_close(&f.jet);
}
END_TEST

/* Descending, NULLs high, GUIDs as .NET has them, key columns in the middle. */
START_TEST(test_orders)
{
    Fixture f;
    uint8_t low[16] = {[0] = 1}, high[16] = {[15] = 1};
    JET_COLUMNDEF definitions[] = {
        {.cbStruct = sizeof(JET_COLUMNDEF), .coltyp = JET_coltypText},
        {.cbStruct = sizeof(JET_COLUMNDEF),
         .coltyp = JET_coltypLong,
         .grbit = JET_bitColumnTTKey | JET_bitColumnTTDescending},
        {.cbStruct = sizeof(JET_COLUMNDEF), .coltyp = JET_coltypGUID, .grbit = JET_bitColumnTTKey},
    };
    JET_OPENTEMPORARYTABLE open = {.cbStruct = sizeof open,
                                   .prgcolumndef = definitions,
                                   .ccolumn = 3,
                                   .grbit = JET_bitTTSortNullsHigh | JET_bitTTDotNetGuid,
                                   .prgcolumnid = f.ids};
    open_fixture(&f);
    for (int net = 0; net < 2; net++) {
        open.grbit = JET_bitTTSortNullsHigh | (net ? JET_bitTTDotNetGuid : 0);
        ck_ok(JetOpenTemporaryTable(f.session, &open));
        f.table = open.tableid;
        for (int32_t i = 0; i < 4; i++) {
            ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
            if (i > 0)
                test_set_long(f.session, f.table, f.ids[1], i / 2);
            ck_ok(JetSetColumn(f.session, f.table, f.ids[2], i % 2 ? low : high, 16, 0, NULL));
            ck_ok(JetSetColumn(f.session, f.table, f.ids[0], &"0123"[i], 1, 0, NULL));
            ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
        }
        /* NULL (0) is high, and so first when descending; then 1 (2 and 3), then 0 (1). The last
         * byte of a GUID counts more natively, the first in .NET. */
        const char *expected[] = {"0", net ? "2" : "3", net ? "3" : "2", "1"};
        for (int i = 0; i < 4; i++) {
            ck_ok(move(&f, 1));
            ck_assert_str_eq(test_get_text(f.session, f.table, f.ids[0]), expected[i]);
        }
        ck_ok(JetCloseTable(f.session, f.table));
    }
    open.cbKeyMost = 254;
    ck_jet(JetOpenTemporaryTable(f.session, &open), JET_errInvalidParameter);
    open.cbKeyMost = 0;
    open.cbVarSegMac = 256;
    ck_jet(JetOpenTemporaryTable(f.session, &open), JET_errInvalidParameter);
    open.cbStruct = 8;
    ck_jet(JetOpenTemporaryTable(f.session, &open), JET_errInvalidParameter);
    test_jet_close(&f.jet);
}
END_TEST

static JET_WCHAR last_word(JET_SESID session, JET_TABLEID table, JET_COLUMNID column)
{
    static const JET_WCHAR words[] = {0xe4, 'z', 'b'};
    JET_WCHAR last = 0;
    for (int i = 0; i < 3; i++) {
        ck_ok(JetPrepareUpdate(session, table, JET_prepInsert));
        ck_ok(JetSetColumn(session, table, column, &words[i], 2, 0, NULL));
        ck_ok(JetUpdate(session, table, NULL, 0, NULL));
    }
    ck_ok(JetMove(session, table, JET_MoveLast, 0));
    ck_ok(JetRetrieveColumn(session, table, column, &last, 2, NULL, 0, NULL));
    return last;
}

/* Unicode keys in the order of the locale: in Swedish, a-umlaut is behind z. */
START_TEST(test_locale)
{
    Fixture f;
    static const JET_WCHAR swedish[] = {'s', 'v', '-', 'S', 'E', 0};
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition,
                                .coltyp = JET_coltypText,
                                .cp = 1200,
                                .grbit = JET_bitColumnTTKey};
    JET_UNICODEINDEX2 unicode = {.szLocaleName = (JET_PCWSTR)swedish};
    JET_OPENTEMPORARYTABLE2 open = {
        .cbStruct = sizeof open, .prgcolumndef = &definition, .ccolumn = 1, .prgcolumnid = f.ids};
    open_fixture(&f);
    for (int pass = 0; pass < 2; pass++) {
        open.pidxunicode = pass ? &unicode : NULL;
        ck_ok(JetOpenTemporaryTable2(f.session, &open));
        ck_assert_uint_eq(last_word(f.session, open.tableid, f.ids[0]), pass ? 0xe4 : 'z');
    }
    test_jet_close(&f.jet);
}
END_TEST

/* The instance's default counts where nothing else is said, in indexes as well. */
START_TEST(test_default_locale)
{
    Fixture f;
    JET_INSTANCE instance;
    JET_DBID database;
    char path[100];
    JET_UNICODEINDEX swedish = {.lcid = 0x41d, .dwMapFlags = 0x30401};
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition,
                                .coltyp = JET_coltypText,
                                .cp = 1200,
                                .grbit = JET_bitColumnTTKey};
    open_fixture(&f);
    snprintf(path, sizeof path, "%s/swedish.edb", f.jet.directory);
    ck_ok(JetCreateInstance(&instance, "swedish"));
    ck_ok(JetSetSystemParameter(&instance, 0, JET_paramUnicodeIndexDefault, (JET_API_PTR)&swedish,
                                NULL));
    ck_ok(JetInit(&instance));
    ck_ok(JetBeginSession(instance, &f.session, NULL, NULL));
    ck_ok(JetOpenTempTable(f.session, &definition, 1, 0, &f.table, f.ids));
    ck_assert_uint_eq(last_word(f.session, f.table, f.ids[0]), 0xe4);
    ck_ok(JetCreateDatabase(f.session, path, NULL, &database, 0));
    ck_ok(JetCreateTable(f.session, database, "t", 0, 100, &f.table));
    definition.grbit = 0;
    ck_ok(JetAddColumn(f.session, f.table, "word", &definition, NULL, 0, f.ids));
    test_add_index(f.session, f.table, "word", "+word\0", JET_bitIndexPrimary);
    ck_assert_uint_eq(last_word(f.session, f.table, f.ids[0]), 0xe4);
    ck_ok(JetTerm2(instance, JET_bitTermAbrupt));
    test_jet_close(&f.jet);
}
END_TEST

/* Without a key rows stay as they came; long values lie outside of rows, and go with them. */
START_TEST(test_long_values)
{
    Fixture f;
    static char big[100000], back[100000];
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition, .coltyp = JET_coltypLongBinary};
    uint32_t size;
    open_fixture(&f);
    ck_ok(JetOpenTempTable(f.session, &definition, 1, 0, &f.table, f.ids));
    ck_ok(JetBeginTransaction(f.session));
    for (int i = 0; i < 3; i++) {
        memset(big, 'a' + i, sizeof big);
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
        ck_ok(JetSetColumn(f.session, f.table, f.ids[0], big, sizeof big, 0, NULL));
        ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    }
    ck_ok(JetCommitTransaction(f.session, 0));
    for (int i = 0; i < 3; i++) {
        ck_ok(move(&f, 1));
        ck_ok(JetRetrieveColumn(f.session, f.table, f.ids[0], back, sizeof back, &size, 0, NULL));
        ck_assert_uint_eq(size, sizeof back);
        ck_assert_int_eq(back[0], 'a' + i);
        ck_assert_int_eq(back[sizeof back - 1], 'a' + i);
    }
    ck_ok(JetDelete(f.session, f.table));
    ck_ok(JetCloseTable(f.session, f.table));
    /* With IntrinsicLVsOnly they stay inside, as far as a row goes. */
    JET_COLUMNDEF two[] = {columns[0], definition};
    ck_ok(JetOpenTempTable(f.session, two, 2, JET_bitTTIntrinsicLVsOnly | JET_bitTTForwardOnly,
                           &f.table, f.ids));
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    test_set_long(f.session, f.table, f.ids[0], 1);
    ck_jet(JetSetColumn(f.session, f.table, f.ids[1], big, 5000, 0, NULL), JET_errRecordTooBig);
    ck_ok(JetSetColumn(f.session, f.table, f.ids[1], big, 3000, 0, NULL));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(move(&f, JET_MoveFirst));
    ck_ok(JetRetrieveColumn(f.session, f.table, f.ids[1], back, sizeof back, &size, 0, NULL));
    ck_assert_uint_eq(size, 3000);
    ck_ok(JetCommitTransaction(f.session, 0));
    test_jet_close(&f.jet);
}
END_TEST

/* Whether a file that has no name, of that directory, is open. */
static bool has_unnamed_file(const char *directory)
{
    char path[32], target[200];
    bool found = false;
    for (int fd = 0; fd < 100 && !found; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t size = readlink(path, target, sizeof target - 1);
        target[size > 0 ? size : 0] = 0;
        found = strncmp(target, directory, strlen(directory)) == 0 && strstr(target, "(deleted)");
    }
    return found;
}

/* 64 MB of rows, at level 0 and in one transaction, beyond what one may write to a database. */
START_TEST(test_large)
{
    enum {
        ROWS = 32000,
        BYTES = 2000,
    };
    Fixture f;
    JET_INSTANCE instance;
    char text[BYTES], temporary[100];
    JET_COLUMNDEF two[] = {columns[0], columns[1]};
    two[1].coltyp = JET_coltypLongBinary;
    open_fixture(&f);
    snprintf(temporary, sizeof temporary, "%s/", f.jet.directory);
    ck_ok(JetCreateInstance(&instance, "large"));
    ck_ok(JetSetSystemParameter(&instance, 0, JET_paramTempPath, 0, temporary));
    ck_ok(JetSetSystemParameter(&instance, 0, JET_paramMaxVerPages, 1, NULL));
    ck_ok(JetInit(&instance));
    ck_ok(JetBeginSession(instance, &f.session, NULL, NULL));
    ck_ok(JetOpenTempTable(f.session, two, 2, JET_bitTTIntrinsicLVsOnly | JET_bitTTScrollable,
                           &f.table, f.ids));
    for (int32_t i = 0; i < ROWS; i++) {
        int32_t number = (int32_t)((uint32_t)i * 7919 % ROWS); /* every number, out of order */
        if (i == ROWS / 2)
            ck_ok(JetBeginTransaction(f.session));
        memset(text, number % 251, sizeof text);
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
        test_set_long(f.session, f.table, f.ids[0], number);
        ck_ok(JetSetColumn(f.session, f.table, f.ids[1], text, sizeof text, 0, NULL));
        ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    }
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_assert(has_unnamed_file(temporary));
    for (int32_t i = 0; i < ROWS; i++) {
        ck_ok(move(&f, 1));
        ck_assert_int_eq(here(&f), i);
        ck_ok(JetRetrieveColumn(f.session, f.table, f.ids[1], text, sizeof text, NULL, 0, NULL));
        ck_assert_int_eq((unsigned char)text[BYTES - 1], i % 251);
    }
    ck_jet(move(&f, 1), JET_errNoCurrentRecord);
    ck_ok(JetCloseTable(f.session, f.table));
    ck_assert(!has_unnamed_file(temporary));
    ck_ok(JetTerm2(instance, JET_bitTermAbrupt));
    test_jet_close(&f.jet);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("jet-temporary");
    TCase *tcase = tcase_create("temporary");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_sort);
    tcase_add_test(tcase, test_first_move);
    tcase_add_test(tcase, test_scroll_and_seek);
    tcase_add_test(tcase, test_update);
    tcase_add_test(tcase, test_duplicates);
    tcase_add_test(tcase, test_transactions);
    tcase_add_test(tcase, test_unversioned);
    tcase_add_test(tcase, test_refused);
    tcase_add_test(tcase, test_orders);
    tcase_add_test(tcase, test_locale);
    tcase_add_test(tcase, test_default_locale);
    tcase_add_test(tcase, test_long_values);
    tcase_add_test(tcase, test_large);
    suite_add_tcase(s, tcase);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
