/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-enumerate.c - JetEnumerateColumns and JetGetRecordSize, and what JetRetrieveColumn and
 * JetSetColumn are told by their bits.
 */
#include "tests/unit/ese/jet-test.h"

enum {
    BIG = 50000,
};

typedef struct {
    TestJet jet;
    JET_SESID s;
    JET_TABLEID t;
    JET_COLUMNID number, other, name, tags, blobs, five, last;
    uint32_t n;
    JET_ENUMCOLUMN *columns;
} Fixture;

static char big[BIG];
static int allocated, failing; /* `failing`: which allocation from now on gives nothing */

static void *reallocate(void *context, void *data, uint32_t size)
{
    ck_assert_ptr_eq(context, &allocated);
    if (size == 0) {
        ck_assert_ptr_nonnull(data);
        allocated--;
        free(data);
        return NULL;
    }
    if (failing > 0 && --failing == 0)
        return NULL;
    allocated++;
    return realloc(data, size);
}

static void open_fixture(Fixture *f)
{
    static const int32_t five = 5;
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition, .coltyp = JET_coltypLong};
    memset(f, 0, sizeof *f);
    memset(big, 'x', sizeof big);
    test_jet_open(&f->jet);
    f->s = f->jet.session;
    ck_ok(JetCreateTable(f->s, f->jet.database, "t", 0, 100, &f->t));
    f->number = test_add_column(f->s, f->t, "number", JET_coltypLong, 0, 0, 0);
    f->other = test_add_column(f->s, f->t, "other", JET_coltypLong, 0, 0, 0);
    ck_ok(JetAddColumn(f->s, f->t, "five", &definition, &five, 4, &f->five));
    f->name = test_add_column(f->s, f->t, "name", JET_coltypText, 0, 0, 1252);
    f->last = test_add_column(f->s, f->t, "last", JET_coltypText, 0, 0, 1252);
    f->tags = test_add_column(f->s, f->t, "tags", JET_coltypText, 0,
                              JET_bitColumnTagged | JET_bitColumnMultiValued, 1252);
    f->blobs =
        test_add_column(f->s, f->t, "blobs", JET_coltypLongBinary, 0, JET_bitColumnMultiValued, 0);
    test_add_index(f->s, f->t, "primary", "+number\0", JET_bitIndexPrimary);
    test_add_index(f->s, f->t, "tags", "+tags\0", JET_bitIndexIgnoreNull);
}

static void set(Fixture *f, JET_COLUMNID column, const void *data, uint32_t size, JET_GRBIT grbit)
{
    JET_SETINFO info = {.cbStruct = sizeof info, .itagSequence = 0};
    ck_ok(JetSetColumn(f->s, f->t, column, data, size, grbit, &info));
}

/* A row: number 7, name "n", tags "b" and "a", blobs "small" and 50000 bytes. */
static void fill(Fixture *f)
{
    uint32_t size;
    char bookmark[500];
    ck_ok(JetBeginTransaction(f->s));
    ck_ok(JetPrepareUpdate(f->s, f->t, JET_prepInsert));
    test_set_long(f->s, f->t, f->number, 7);
    test_set_text(f->s, f->t, f->name, "n");
    set(f, f->tags, "b", 1, 0);
    set(f, f->tags, "a", 1, 0);
    set(f, f->blobs, "small", 5, 0);
    set(f, f->blobs, big, BIG, 0);
    ck_ok(JetUpdate(f->s, f->t, bookmark, sizeof bookmark, &size));
    ck_ok(JetCommitTransaction(f->s, 0));
    ck_ok(JetGotoBookmark(f->s, f->t, bookmark, size));
}

static JET_ERR enumerate(Fixture *f, JET_ENUMCOLUMNID *wanted, uint32_t n, uint32_t most,
                         JET_GRBIT grbit)
{
    return JetEnumerateColumns(f->s, f->t, n, wanted, &f->n, &f->columns, reallocate, &allocated,
                               most, grbit);
}

static const JET_ENUMCOLUMN *column(const Fixture *f, JET_COLUMNID id)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->columns[i].columnid == id)
            return &f->columns[i];
    return NULL;
}

static void release(Fixture *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        JET_ENUMCOLUMN *c = &f->columns[i];
        if (c->err == JET_wrnColumnSingleValue) {
            if (c->pvData)
                reallocate(&allocated, c->pvData, 0);
            continue;
        }
        for (uint32_t j = 0; j < c->cEnumColumnValue; j++)
            if (c->rgEnumColumnValue[j].pvData)
                reallocate(&allocated, c->rgEnumColumnValue[j].pvData, 0);
        if (c->rgEnumColumnValue)
            reallocate(&allocated, c->rgEnumColumnValue, 0);
    }
    if (f->columns)
        reallocate(&allocated, f->columns, 0);
    f->columns = NULL;
    ck_assert_int_eq(allocated, 0);
}

static void check_value(const JET_ENUMCOLUMN *c, uint32_t at, JET_ERR err, const void *data,
                        uint32_t size)
{
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_gt(c->cEnumColumnValue, at);
    const JET_ENUMCOLUMNVALUE *value = &c->rgEnumColumnValue[at];
    ck_assert_int_eq(value->err, err);
    ck_assert_uint_eq(value->cbData, size);
    if (size > 0)
        ck_assert_mem_eq(value->pvData, data, size);
}

START_TEST(test_all)
{
    Fixture f;
    open_fixture(&f);
    fill(&f);
    ck_ok(enumerate(&f, NULL, 0, UINT32_MAX, 0));
    ck_assert_uint_eq(f.n, 6); /* "last" is the last variable one and has nothing */
    check_value(column(&f, f.number), 0, JET_errSuccess, &(int32_t){7}, 4);
    check_value(column(&f, f.five), 0, JET_errSuccess, &(int32_t){5}, 4);
    ck_assert_int_eq(column(&f, f.other)->err, JET_wrnColumnNull);
    ck_assert_uint_eq(column(&f, f.other)->cEnumColumnValue, 0);
    check_value(column(&f, f.name), 0, JET_errSuccess, "n", 1);
    check_value(column(&f, f.tags), 0, JET_errSuccess, "b", 1);
    check_value(column(&f, f.tags), 1, JET_errSuccess, "a", 1);
    ck_assert_uint_eq(column(&f, f.tags)->rgEnumColumnValue[1].itagSequence, 2);
    check_value(column(&f, f.blobs), 1, JET_errSuccess, big, BIG);
    release(&f);
    /* What lies outside the row is cut, the others are not. */
    ck_ok(enumerate(&f, NULL, 0, 3, JET_bitEnumerateIgnoreDefault | JET_bitEnumerateTaggedOnly));
    ck_assert_uint_eq(f.n, 2);
    check_value(column(&f, f.blobs), 0, JET_errSuccess, "small", 5);
    check_value(column(&f, f.blobs), 1, JET_wrnColumnTruncated, big, 3);
    release(&f);
    ck_ok(enumerate(&f, NULL, 0, 3, JET_bitEnumerateIgnoreDefault | JET_bitEnumerateInRecordOnly));
    ck_assert_ptr_null(column(&f, f.five));
    check_value(column(&f, f.blobs), 0, JET_errSuccess, "small", 5);
    check_value(column(&f, f.blobs), 1, JET_wrnColumnNotInRecord, "", 0);
    release(&f);
    ck_ok(enumerate(&f, NULL, 0, 3, JET_bitEnumeratePresenceOnly));
    ck_assert_int_eq(column(&f, f.blobs)->err, JET_wrnColumnPresent);
    ck_assert_int_eq(column(&f, f.other)->err, JET_wrnColumnNull);
    release(&f);
    ck_ok(enumerate(&f, NULL, 0, 99, JET_bitEnumerateCompressOutput));
    ck_assert_int_eq(column(&f, f.number)->err, JET_wrnColumnSingleValue);
    ck_assert_uint_eq(column(&f, f.number)->cbData, 4);
    ck_assert_int_eq(*(int32_t *)column(&f, f.number)->pvData, 7);
    check_value(column(&f, f.tags), 1, JET_errSuccess, "a", 1); /* two: not in that form */
    release(&f);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_wanted)
{
    Fixture f;
    uint32_t tags[] = {2, 0, 9, 1};
    open_fixture(&f);
    fill(&f);
    JET_ENUMCOLUMNID wanted[] = {
        {f.tags, 4, tags}, {0, 0, NULL}, {f.five, 0, NULL}, {f.last, 0, NULL}, {f.blobs, 0, NULL}};
    ck_ok(enumerate(&f, wanted, 5, 10, JET_bitEnumerateIgnoreDefault));
    ck_assert_uint_eq(f.n, 5);
    check_value(&f.columns[0], 0, JET_errSuccess, "a", 1);
    check_value(&f.columns[0], 1, JET_wrnColumnSkipped, "", 0);
    check_value(&f.columns[0], 2, JET_wrnColumnNull, "", 0);
    check_value(&f.columns[0], 3, JET_errSuccess, "b", 1);
    ck_assert_int_eq(f.columns[1].err, JET_wrnColumnSkipped);
    ck_assert_int_eq(f.columns[2].err, JET_wrnColumnDefault);
    ck_assert_int_eq(f.columns[3].err, JET_wrnColumnDefault); /* never set */
    check_value(&f.columns[4], 1, JET_wrnColumnTruncated, big, 10);
    release(&f);
    ck_ok(enumerate(&f, &wanted[2], 2, 10, 0));
    check_value(&f.columns[0], 0, JET_errSuccess, &(int32_t){5}, 4);
    ck_assert_int_eq(f.columns[1].err, JET_wrnColumnNull);
    release(&f);
    /* Columns that are not there: the answer comes nevertheless. */
    wanted[1].columnid = 99;
    wanted[2].columnid = 0x10001;
    ck_jet(enumerate(&f, wanted, 5, 10, 0), JET_errColumnNotFound);
    ck_assert_uint_eq(f.n, 5);
    ck_assert_int_eq(f.columns[1].err, JET_errColumnNotFound);
    ck_assert_int_eq(f.columns[2].err, JET_errBadColumnId);
    check_value(&f.columns[0], 0, JET_errSuccess, "a", 1);
    release(&f);
    /* The row being made. */
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepReplace));
    test_set_text(f.s, f.t, f.name, "new");
    wanted[0].columnid = f.name;
    wanted[0].ctagSequence = 0;
    ck_ok(enumerate(&f, wanted, 1, 10, JET_bitEnumerateCopy | JET_bitEnumerateCompressOutput));
    ck_assert_mem_eq(f.columns[0].pvData, "new", 3);
    release(&f);
    ck_ok(enumerate(&f, wanted, 1, 10, JET_bitEnumerateCompressOutput));
    ck_assert_mem_eq(f.columns[0].pvData, "n", 1);
    release(&f);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_refused)
{
    Fixture f;
    open_fixture(&f);
    JET_ENUMCOLUMNID wanted = {f.number, 1, NULL};
    ck_jet(enumerate(&f, NULL, 0, 1, 0), JET_errNoCurrentRecord);
    fill(&f);
    ck_jet(enumerate(&f, &wanted, 1, 1, JET_bitEnumerateTaggedOnly), JET_errInvalidGrbit);
    ck_jet(enumerate(&f, NULL, 0, 1, 0x400000), JET_errInvalidGrbit);
    ck_jet(enumerate(&f, NULL, 1, 1, 0), JET_errInvalidParameter);
    ck_jet(enumerate(&f, &wanted, 1, 1, 0), JET_errInvalidParameter);
    ck_jet(JetEnumerateColumns(f.s, f.t, 0, NULL, &f.n, &f.columns, NULL, NULL, 1, 0),
           JET_errInvalidParameter);
    /* Whichever allocation gives nothing, none stays. */
    JET_ERR err = JET_errOutOfMemory;
    int fault = 0;
    while (err == JET_errOutOfMemory) {
        failing = ++fault;
        err = enumerate(&f, NULL, 0, BIG, JET_bitEnumerateCompressOutput);
        ck_assert(err == JET_errSuccess || allocated == 0);
    }
    ck_ok(err);
    ck_assert_int_gt(fault, 8);
    failing = 0;
    release(&f);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_record_size)
{
    Fixture f;
    JET_RECSIZE size;
    JET_RECSIZE2 size2, twice;
    open_fixture(&f);
    fill(&f);
    ck_ok(JetGetRecordSize(f.s, f.t, &size, 0));
    ck_assert_uint_eq(size.cbData, 4 + 1 + 1 + 1 + 5);
    ck_assert_uint_eq(size.cbLongValueData, BIG);
    ck_assert_uint_eq(size.cNonTaggedColumns, 2);
    ck_assert_uint_eq(size.cTaggedColumns, 2);
    ck_assert_uint_eq(size.cLongValues, 1);
    ck_assert_uint_eq(size.cMultiValues, 2);
    ck_assert_uint_gt(size.cbOverhead, 0);
    ck_assert_uint_gt(size.cbLongValueOverhead, 0);
    ck_ok(JetGetRecordSize2(f.s, f.t, &size2, JET_bitRecordSizeLocal));
    ck_assert_uint_eq(size2.cbLongValueData, 0);
    ck_assert_uint_eq(size2.cLongValues, 1);
    ck_assert_uint_eq(size2.cbDataCompressed, size2.cbData);
    ck_assert_uint_eq(size2.cCompressedColumns, 0);
    twice = size2;
    ck_ok(JetGetRecordSize2(f.s, f.t, &twice, JET_bitRecordSizeRunningTotal));
    ck_assert_uint_eq(twice.cbData, 2 * size2.cbData);
    ck_assert_uint_eq(twice.cbLongValueData, BIG);
    ck_assert_uint_eq(twice.cLongValues, 2);
    ck_jet(JetGetRecordSize(f.s, f.t, &size, JET_bitRecordSizeInCopyBuffer),
           JET_errUpdateNotPrepared);
    ck_jet(JetGetRecordSize(f.s, f.t, &size, 8), JET_errInvalidGrbit);
    ck_jet(JetGetRecordSize(f.s, f.t, NULL, 0), JET_errInvalidParameter);
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepReplace));
    test_set_text(f.s, f.t, f.name, "longer");
    ck_ok(JetGetRecordSize(f.s, f.t, &size, JET_bitRecordSizeInCopyBuffer));
    ck_assert_uint_eq(size.cbData, 4 + 6 + 1 + 1 + 5);
    test_jet_close(&f.jet);
}
END_TEST

static JET_ERR retrieve(Fixture *f, JET_COLUMNID id, JET_GRBIT grbit, JET_RETINFO *info, char *ret)
{
    uint32_t size = 0;
    info->cbStruct = sizeof *info;
    JET_ERR err = JetRetrieveColumn(f->s, f->t, id, ret, 1, &size, grbit, info);
    ret[size < 8 ? size : 7] = 0;
    return err;
}

START_TEST(test_retrieve_bits)
{
    Fixture f;
    char value[8] = "";
    JET_RETINFO info = {.itagSequence = 1};
    open_fixture(&f);
    fill(&f);
    /* The index's second row is the first value. */
    ck_ok(JetSetCurrentIndex(f.s, f.t, "tags"));
    ck_ok(JetMove(f.s, f.t, JET_MoveLast, 0));
    ck_ok(retrieve(&f, f.tags, JET_bitRetrieveFromIndex, &info, value));
    ck_assert_str_eq(value, "b");
    ck_ok(JetMove(f.s, f.t, JET_MoveFirst, 0));
    ck_ok(retrieve(&f, f.tags, JET_bitRetrieveFromIndex | JET_bitRetrieveTag, &info, value));
    ck_assert_str_eq(value, "a");
    ck_assert_uint_eq(info.itagSequence, 2);
    info.itagSequence = 1;
    ck_jet(retrieve(&f, f.name, JET_bitRetrieveFromIndex, &info, value), JET_errColumnNotFound);
    ck_jet(retrieve(&f, f.name, JET_bitRetrieveFromPrimaryBookmark, &info, value),
           JET_errColumnNotFound);
    int32_t number = 0;
    ck_ok(JetRetrieveColumn(f.s, f.t, f.number, &number, 4, NULL,
                            JET_bitRetrieveFromPrimaryBookmark, NULL));
    ck_assert_int_eq(number, 7);
    ck_jet(retrieve(&f, 0, JET_bitRetrieveFromIndex, &info, value), JET_errBadColumnId);
    /* The primary index has its columns, too, and only these. */
    ck_ok(JetSetCurrentIndex2(f.s, f.t, NULL, JET_bitNoMove));
    ck_ok(JetRetrieveColumn(f.s, f.t, f.number, &number, 4, NULL, JET_bitRetrieveFromIndex, NULL));
    ck_jet(retrieve(&f, f.tags, JET_bitRetrieveFromIndex, &info, value), JET_errColumnNotFound);
    /* Which of its values is no question where a column has one. */
    for (uint32_t itag = 0; itag < 3; itag++) {
        JET_RETINFO which = {.cbStruct = sizeof which, .itagSequence = itag};
        ck_ok(JetRetrieveColumn(f.s, f.t, f.number, &number, 4, NULL, 0, &which));
        ck_assert_uint_eq(which.columnidNextTagged, f.number);
    }
    ck_ok(JetSetCurrentIndex2(f.s, f.t, "tags", JET_bitNoMove));
    ck_jet(retrieve(&f, f.tags, JET_bitRetrieveFromIndex | JET_bitRetrieveFromPrimaryBookmark,
                    &info, value),
           JET_errInvalidGrbit);
    /* Defaults, if they are wanted. */
    ck_ok(JetRetrieveColumn(f.s, f.t, f.five, &number, 4, NULL, 0, NULL));
    ck_assert_int_eq(number, 5);
    ck_jet(
        JetRetrieveColumn(f.s, f.t, f.five, &number, 4, NULL, JET_bitRetrieveIgnoreDefault, NULL),
        JET_wrnColumnNull);
    test_jet_close(&f.jet);
}
END_TEST

static void count_tagged(Fixture *f, JET_GRBIT grbit, uint32_t expected)
{
    JET_RETRIEVECOLUMN all = {.grbit = grbit};
    ck_ok(JetRetrieveColumns(f->s, f->t, &all, 1));
    ck_assert_uint_eq(all.itagSequence, expected);
}

/* Column 0 walks through all tagged values; an explicit NULL over a default counts if asked for. */
START_TEST(test_retrieve_null)
{
    Fixture f;
    char value[8] = "";
    JET_COLUMNID with_default;
    JET_RETINFO info = {.itagSequence = 1};
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof definition, .coltyp = JET_coltypText, .grbit = JET_bitColumnTagged};
    open_fixture(&f);
    ck_ok(JetAddColumn(f.s, f.t, "d", &definition, "d", 1, &with_default));
    ck_ok(JetBeginTransaction(f.s));
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepInsert));
    ck_ok(JetSetColumn(f.s, f.t, with_default, NULL, 0, 0, NULL));
    set(&f, f.tags, "a", 1, 0);
    ck_ok(JetUpdate(f.s, f.t, NULL, 0, NULL));
    ck_ok(JetMove(f.s, f.t, JET_MoveFirst, 0));
    ck_ok(retrieve(&f, 0, 0, &info, value));
    ck_assert_uint_eq(info.columnidNextTagged, f.tags);
    info.itagSequence = 2;
    ck_jet(retrieve(&f, 0, 0, &info, value), JET_wrnColumnNull);
    ck_assert_uint_eq(info.columnidNextTagged, 0);
    info.itagSequence = 2;
    ck_jet(retrieve(&f, 0, JET_bitRetrieveNull, &info, value), JET_wrnColumnSetNull);
    ck_assert_uint_eq(info.columnidNextTagged, with_default);
    count_tagged(&f, 0, 1);
    count_tagged(&f, JET_bitRetrieveNull, 2);
    /* A column goes back to its default. */
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepReplace));
    ck_ok(JetSetColumn(f.s, f.t, with_default, NULL, 0, JET_bitSetRevertToDefaultValue, NULL));
    ck_ok(JetUpdate(f.s, f.t, NULL, 0, NULL));
    info.itagSequence = 1;
    ck_ok(retrieve(&f, with_default, 0, &info, value));
    ck_assert_str_eq(value, "d");
    /* Which counts as well. */
    info.itagSequence = 2;
    ck_ok(retrieve(&f, 0, 0, &info, value));
    ck_assert_uint_eq(info.columnidNextTagged, with_default);
    ck_assert_str_eq(value, "d");
    ck_jet(retrieve(&f, 0, JET_bitRetrieveIgnoreDefault, &info, value), JET_wrnColumnNull);
    ck_assert_uint_eq(info.columnidNextTagged, 0);
    count_tagged(&f, 0, 2);
    count_tagged(&f, JET_bitRetrieveIgnoreDefault, 1);
    ck_ok(JetCommitTransaction(f.s, 0));
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_unique_values)
{
    Fixture f;
    JET_SETINFO info = {.cbStruct = sizeof info, .itagSequence = 0};
    const JET_GRBIT unique = JET_bitSetUniqueMultiValues;
    open_fixture(&f);
    ck_ok(JetBeginTransaction(f.s));
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepInsert));
    set(&f, f.tags, "a", 1, 0);
    ck_jet(JetSetColumn(f.s, f.t, f.tags, "a", 1, unique, &info), JET_errMultiValuedDuplicate);
    set(&f, f.tags, "A", 1, unique); /* other bytes ... */
    ck_jet(JetSetColumn(f.s, f.t, f.tags, "A", 1, JET_bitSetUniqueNormalizedMultiValues, &info),
           JET_errMultiValuedDuplicate); /* ... that an index takes for the same */
    /* Outside the row they are compared whole. */
    set(&f, f.blobs, big, BIG, 0);
    ck_jet(JetSetColumn(f.s, f.t, f.blobs, big, BIG, unique, &info), JET_errMultiValuedDuplicate);
    big[BIG - 1] = 'y';
    set(&f, f.blobs, big, BIG, unique);
    big[BIG - 1] = 'z';
    ck_jet(JetSetColumn(f.s, f.t, f.blobs, big, BIG, JET_bitSetUniqueNormalizedMultiValues, &info),
           JET_errMultiValuedDuplicateAfterTruncation);
    set(&f, f.blobs, big, BIG - 1, unique);
    test_jet_close(&f.jet);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("jet-enumerate");
    TCase *tcase = tcase_create("enumerate");
    tcase_add_test(tcase, test_all);
    tcase_add_test(tcase, test_wanted);
    tcase_add_test(tcase, test_refused);
    tcase_add_test(tcase, test_record_size);
    tcase_add_test(tcase, test_retrieve_bits);
    tcase_add_test(tcase, test_retrieve_null);
    tcase_add_test(tcase, test_unique_values);
    suite_add_tcase(s, tcase);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
