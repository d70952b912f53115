/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-long.c - long values: what each way of setting does, in the row and outside of it.
 */
#include "tests/unit/ese/jet-test.h"

typedef struct {
    TestJet jet;
    JET_SESID session;
    JET_TABLEID table;
    JET_COLUMNID id, data, small;
} Fixture;

static void open_fixture(Fixture *f)
{
    test_jet_open(&f->jet);
    f->session = f->jet.session;
    ck_ok(JetCreateTable(f->session, f->jet.database, "t", 0, 100, &f->table));
    f->id = test_add_column(f->session, f->table, "id", JET_coltypLong, 0,
                            JET_bitColumnAutoincrement, 0);
    f->data = test_add_column(f->session, f->table, "data", JET_coltypLongBinary, 0, 0, 0);
    f->small = test_add_column(f->session, f->table, "small", JET_coltypLongBinary, 100, 0, 0);
    test_add_index(f->session, f->table, "primary", "+id\0", JET_bitIndexPrimary);
    ck_ok(JetBeginTransaction(f->session));
}

static JET_ERR set(Fixture *f, const void *data, size_t size, JET_GRBIT grbit, uint32_t offset)
{
    JET_SETINFO info = {.cbStruct = sizeof info, .ibLongValue = offset, .itagSequence = 1};
    return JetSetColumn(f->session, f->table, f->data, data, (uint32_t)size, grbit, &info);
}

/* The value in the row being made, or, with grbit 0, in the current row. */
static void check(Fixture *f, const void *expected, size_t size, JET_GRBIT grbit)
{
    uint32_t actual = 12345;
    uint8_t *out = malloc(size + 10);
    ck_ok(JetRetrieveColumn(f->session, f->table, f->data, out, (uint32_t)size + 10, &actual, grbit,
                            NULL));
    ck_assert_uint_eq(actual, size);
    ck_assert_mem_eq(out, expected, size);
    free(out);
}

static void check_null(Fixture *f, JET_GRBIT grbit)
{
    ck_jet(JetRetrieveColumn(f->session, f->table, f->data, NULL, 0, NULL, grbit, NULL),
           JET_wrnColumnNull);
}

/* The same matrix for a value of `size` bytes: small ones lie in the row. */
static void check_matrix(size_t size)
{
    Fixture f;
    uint8_t *old = malloc(size), *expected = calloc(1, size + 100);
    open_fixture(&f);
    for (size_t i = 0; i < size; i++)
        old[i] = (uint8_t)(i * 7 + i / 256);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));

    /* Nothing there yet. */
    ck_jet(set(&f, "x", 1, JET_bitSetOverwriteLV, 1), JET_errColumnNoChunk);
    ck_ok(set(&f, NULL, 0, JET_bitSetAppendLV, 0));
    check(&f, "", 0, JET_bitRetrieveCopy);
    ck_ok(set(&f, NULL, 0, 0, 0));
    ck_jet(set(&f, NULL, 0, JET_bitSetOverwriteLV, 1), JET_errColumnNoChunk);
    ck_ok(set(&f, NULL, 0, JET_bitSetOverwriteLV | JET_bitSetSizeLV, 1));
    check_null(&f, JET_bitRetrieveCopy);
    check_null(&f, JET_bitRetrieveCopy);
    ck_ok(set(&f, NULL, size, JET_bitSetSizeLV, 0));
    check(&f, expected, size, JET_bitRetrieveCopy);

    /* Replace the whole, append, append nothing. */
    ck_ok(set(&f, old, size, 0, 0));
    check(&f, old, size, JET_bitRetrieveCopy);
    memcpy(expected, old, size);
    memcpy(expected + size, "tail", 4);
    ck_ok(set(&f, "tail", 4, JET_bitSetAppendLV, 0));
    ck_ok(set(&f, NULL, 0, JET_bitSetAppendLV, 0));
    check(&f, expected, size + 4, JET_bitRetrieveCopy);

    /* Overwrite within, across the end, right behind it, and too far. */
    ck_ok(set(&f, "MID", 3, JET_bitSetOverwriteLV, (uint32_t)(size / 2)));
    memcpy(expected + size / 2, "MID", 3);
    check(&f, expected, size + 4, JET_bitRetrieveCopy);
    ck_ok(set(&f, "ENDING", 6, JET_bitSetOverwriteLV, (uint32_t)size));
    memcpy(expected + size, "ENDING", 6);
    check(&f, expected, size + 6, JET_bitRetrieveCopy);
    ck_ok(set(&f, "!", 1, JET_bitSetOverwriteLV, (uint32_t)size + 6));
    expected[size + 6] = '!';
    check(&f, expected, size + 7, JET_bitRetrieveCopy);
    ck_jet(set(&f, "x", 1, JET_bitSetOverwriteLV, (uint32_t)size + 8), JET_errColumnNoChunk);

    /* Resize: grows with zeros, cuts, and what was cut comes back as zeros. */
    ck_ok(set(&f, NULL, size + 20, JET_bitSetSizeLV, 0));
    check(&f, expected, size + 20, JET_bitRetrieveCopy);
    ck_ok(set(&f, NULL, size / 2, JET_bitSetSizeLV, 0));
    check(&f, expected, size / 2, JET_bitRetrieveCopy);
    ck_ok(set(&f, NULL, size, JET_bitSetSizeLV, 0));
    memset(expected + size / 2, 0, size + 100 - size / 2);
    check(&f, expected, size, JET_bitRetrieveCopy);

    /* Overwrite and cut there. */
    ck_ok(set(&f, "END", 3, JET_bitSetOverwriteLV | JET_bitSetSizeLV, (uint32_t)(size / 2)));
    memcpy(expected + size / 2, "END", 3);
    check(&f, expected, size / 2 + 3, JET_bitRetrieveCopy);

    /* Without bytes: nothing is overwritten, wherever that would be; or nothing is left. */
    ck_ok(set(&f, NULL, 0, JET_bitSetOverwriteLV, (uint32_t)size * 2));
    check(&f, expected, size / 2 + 3, JET_bitRetrieveCopy);
    ck_ok(set(&f, NULL, 0, JET_bitSetOverwriteLV | JET_bitSetSizeLV, (uint32_t)(size / 2)));
    check_null(&f, JET_bitRetrieveCopy);
    ck_ok(set(&f, old, size, 0, 0));
    ck_ok(set(&f, NULL, 7, 0, 0)); /* no bytes, however many they are said to be */
    check_null(&f, JET_bitRetrieveCopy);
    ck_jet(set(&f, "x", 1, JET_bitSetAppendLV | JET_bitSetUniqueMultiValues, 0),
           JET_errInvalidGrbit);
    ck_jet(set(&f, old, 0x80000000u, 0, 0), JET_errInvalidParameter);

    ck_ok(set(&f, NULL, 0, JET_bitSetSizeLV | JET_bitSetZeroLength, 0));
    check(&f, "", 0, JET_bitRetrieveCopy);
    ck_ok(set(&f, NULL, 0, JET_bitSetSizeLV, 0));
    check_null(&f, JET_bitRetrieveCopy);
    ck_jet(set(&f, "x", 1, JET_bitSetAppendLV | JET_bitSetOverwriteLV, 0), JET_errInvalidGrbit);

    ck_ok(set(&f, old, size, 0, 0));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    check(&f, old, size, 0);

    /* Whatever is done to the row's own value, cancelling leaves it as it was. */
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_ok(JetBeginTransaction(f.session));
    for (int way = 0; way < 5; way++) {
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
        if (way == 0)
            ck_ok(set(&f, "more", 4, JET_bitSetAppendLV, 0));
        else if (way == 1)
            ck_ok(set(&f, "MID", 3, JET_bitSetOverwriteLV, (uint32_t)(size / 2)));
        else if (way == 2)
            ck_ok(set(&f, NULL, size / 3, JET_bitSetSizeLV, 0));
        else if (way == 3)
            ck_ok(set(&f, "new", 3, 0, 0));
        else
            ck_ok(set(&f, NULL, 0, 0, 0));
        ck_ok(set(&f, NULL, size + 50, JET_bitSetSizeLV, 0));
        ck_ok(set(&f, "tail", 4, JET_bitSetAppendLV, 0));
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
        check(&f, old, size, 0);
    }
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    ck_ok(set(&f, "MID", 3, JET_bitSetOverwriteLV, (uint32_t)(size / 2)));
    ck_ok(set(&f, "tail", 4, JET_bitSetAppendLV, 0));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    memcpy(expected, old, size);
    memcpy(expected + size / 2, "MID", 3);
    memcpy(expected + size, "tail", 4);
    check(&f, expected, size + 4, 0);
    ck_ok(JetRollback(f.session, 0));
    check(&f, old, size, 0);
    ck_ok(JetDelete(f.session, f.table));
    test_jet_close(&f.jet);
    free(old);
    free(expected);
}

START_TEST(test_matrix)
{
    static const size_t sizes[] = {12, 900, 1024, 65519, 65520, 65521, 280000};
    check_matrix(sizes[_i]);
}
END_TEST

START_TEST(test_limits)
{
    Fixture f;
    char data[101] = "";
    open_fixture(&f);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    ck_jet(JetSetColumn(f.session, f.table, f.small, data, 101, 0, NULL), JET_errColumnTooBig);
    ck_ok(JetSetColumn(f.session, f.table, f.small, data, 100, 0, NULL));
    ck_jet(JetSetColumn(f.session, f.table, f.small, data, 1, JET_bitSetAppendLV, NULL),
           JET_errColumnTooBig);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
    ck_ok(JetCommitTransaction(f.session, 0));
    /* Outside a transaction only what stays in the row can be set. */
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    static char large[2000];
    ck_jet(set(&f, large, sizeof large, 0, 0), JET_errNotInTransaction);
    ck_jet(set(&f, large, 10, JET_bitSetSeparateLV, 0), JET_errNotInTransaction);
    ck_ok(set(&f, large, 1023, 0, 0));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    test_jet_close(&f.jet);
}
END_TEST

/* Many values that would each stay in the row: together they are too much, and move out. */
START_TEST(test_pushed_out)
{
    Fixture f;
    JET_COLUMNID columns[12], fixed[20];
    char value[1000], name[16], out[1000];
    open_fixture(&f);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "lv%d", i);
        columns[i] = test_add_column(f.session, f.table, name, JET_coltypLongBinary, 0, 0, 0);
    }
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "b%d", i);
        fixed[i] = test_add_column(f.session, f.table, name, JET_coltypBinary, 255, 0, 0);
    }
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    for (int i = 0; i < 12; i++) {
        memset(value, 'a' + i, sizeof value);
        ck_ok(JetSetColumn(f.session, f.table, columns[i], value, sizeof value, 0, NULL));
    }
    JET_ERR err = 0;
    int set_count = 0;
    while (set_count < 20 && err >= 0) {
        err = JetSetColumn(f.session, f.table, fixed[set_count], value, 255, 0, NULL);
        set_count += err >= 0;
    }
    ck_jet(err, JET_errRecordTooBig);
    ck_assert_int_gt(set_count, 12);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    for (int i = 0; i < 12; i++) {
        memset(value, 'a' + i, sizeof value);
        ck_ok(JetRetrieveColumn(f.session, f.table, columns[i], out, sizeof out, NULL, 0, NULL));
        ck_assert_mem_eq(out, value, sizeof value);
    }
    test_jet_close(&f.jet);
}
END_TEST

/* A value that grows where the row is full is put outside itself, and the row keeps its limit. */
START_TEST(test_grows_out)
{
    Fixture f;
    JET_COLUMNID binary[100];
    char value[1000], name[16];
    JET_RECSIZE size = {0};
    JET_API_PTR page = 0;
    open_fixture(&f);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "b%d", i);
        binary[i] = test_add_column(f.session, f.table, name, JET_coltypBinary, 255, 0, 0);
    }
    ck_ok(JetGetSystemParameter(f.jet.instance, 0, JET_paramDatabasePageSize, &page, NULL, 0));
    memset(value, 'v', sizeof value);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    ck_ok(set(&f, value, 500, 0, 0));
    for (int i = 0; size.cbData + size.cbOverhead < page - 400; i++) {
        ck_ok(JetSetColumn(f.session, f.table, binary[i], value, 100, 0, NULL));
        size = (JET_RECSIZE){0};
        ck_ok(JetGetRecordSize(f.session, f.table, &size, JET_bitRecordSizeInCopyBuffer));
    }
    ck_assert_uint_eq(size.cLongValues, 0);
    ck_ok(set(&f, value, sizeof value, 0, 0));
    ck_ok(JetGetRecordSize(f.session, f.table, &size, JET_bitRecordSizeInCopyBuffer));
    ck_assert_uint_le(size.cbData + size.cbOverhead, page - 82);
    ck_assert_uint_eq(size.cLongValues, 1);
    check(&f, value, sizeof value, JET_bitRetrieveCopy);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_offsets)
{
    Fixture f;
    static uint8_t data[200000], out[200000];
    uint32_t actual;
    open_fixture(&f);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i >> 3);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    ck_ok(set(&f, data, sizeof data, 0, 0));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    static const uint32_t offsets[] = {0, 1, 65519, 65520, 131040, 199999};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        JET_RETINFO info = {.cbStruct = sizeof info, .ibLongValue = offsets[i], .itagSequence = 1};
        ck_jet(JetRetrieveColumn(f.session, f.table, f.data, out, 100, &actual, 0, &info),
               sizeof data - offsets[i] > 100 ? JET_wrnBufferTruncated : JET_errSuccess);
        ck_assert_uint_eq(actual, sizeof data - offsets[i]);
        ck_assert_mem_eq(out, data + offsets[i], actual < 100 ? actual : 100);
    }
    JET_RETINFO beyond = {.cbStruct = sizeof beyond, .ibLongValue = 210000, .itagSequence = 1};
    ck_ok(JetRetrieveColumn(f.session, f.table, f.data, out, 100, &actual, 0, &beyond));
    ck_assert_uint_eq(actual, 0);
    test_jet_close(&f.jet);
}
END_TEST

/* 25 MB in pieces, read in pieces, after opening the file again. */
START_TEST(test_large)
{
    enum {
        PIECE = 60000,
        PIECES = 436
    };
    Fixture f;
    static uint8_t piece[PIECE], out[PIECE];
    uint32_t actual;
    open_fixture(&f);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    for (int i = 0; i < PIECES; i++) {
        memset(piece, i, PIECE);
        ck_ok(set(&f, piece, PIECE, JET_bitSetAppendLV, 0));
    }
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(f.session, 0));
    test_jet_reopen(&f.jet);
    f.session = f.jet.session;
    ck_ok(JetOpenTable(f.session, f.jet.database, "t", NULL, 0, 0, &f.table));
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    for (int i = 0; i < PIECES; i++) {
        JET_RETINFO info = {
            .cbStruct = sizeof info, .ibLongValue = (uint32_t)(i * PIECE), .itagSequence = 1};
        JET_ERR err = JetRetrieveColumn(f.session, f.table, f.data, out, PIECE, &actual, 0, &info);
        ck_assert_int_ge(err, 0);
        ck_assert_uint_eq(actual, (uint32_t)((PIECES - i) * PIECE));
        memset(piece, i, PIECE);
        ck_assert_mem_eq(out, piece, PIECE);
    }
    test_jet_close(&f.jet);
}
END_TEST

/* Also where the row is not locked when it is prepared: others must not append to the same bytes.
 */
START_TEST(test_append_locks)
{
    Fixture f;
    JET_TABLEID other_table;
    static uint8_t bytes[5000];
    open_fixture(&f);
    JET_SESID other = test_jet_session(&f.jet);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    ck_ok(set(&f, bytes, sizeof bytes, 0, 0));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_ok(JetOpenTable(other, f.jet.database, "t", NULL, 0, 0, &other_table));
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetBeginTransaction(other));
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    ck_ok(JetMove(other, other_table, JET_MoveFirst, 0));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplaceNoLock));
    ck_ok(set(&f, "x", 1, JET_bitSetAppendLV, 0));
    ck_jet(JetPrepareUpdate(other, other_table, JET_prepReplace), JET_errWriteConflict);
    ck_ok(JetRollback(f.session, 0));
    ck_ok(JetRollback(other, 0));
    test_jet_close(&f.jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-long");
    TCase *tests = tcase_create("long");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_matrix, 0, 7);
    tcase_add_test(tests, test_limits);
    tcase_add_test(tests, test_pushed_out);
    tcase_add_test(tests, test_grows_out);
    tcase_add_test(tests, test_offsets);
    tcase_add_test(tests, test_large);
    tcase_add_test(tests, test_append_locks);
    return run_suite(suite);
}
