/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-entries.c - indexes in which a row has many entries: of several multi-valued columns, of
 * parts of texts; and indexes of rows that another process has written. Each database is looked
 * through by PROGRAM (esentcheck) at its end.
 */
#include <stdbool.h>
#include <sys/wait.h>

#include "tests/unit/ese/jet-test.h"

static const char *program;

typedef struct {
    TestJet jet;
    JET_SESID s;
    JET_TABLEID t;
    JET_COLUMNID id, a, b, text, wide, blob;
} Fixture;

static void open_fixture(Fixture *f)
{
    const JET_GRBIT many = JET_bitColumnTagged | JET_bitColumnMultiValued;
    test_jet_open(&f->jet);
    f->s = f->jet.session;
    ck_ok(JetCreateTable(f->s, f->jet.database, "t", 0, 100, &f->t));
    f->id = test_add_column(f->s, f->t, "id", JET_coltypLong, 0, 0, 0);
    f->a = test_add_column(f->s, f->t, "a", JET_coltypLong, 0, many, 0);
    f->b = test_add_column(f->s, f->t, "b", JET_coltypLong, 0, many, 0);
    f->text = test_add_column(f->s, f->t, "text", JET_coltypLongText, 0, 0, 1252);
    f->wide = test_add_column(f->s, f->t, "wide", JET_coltypText, 0, 0, 1200);
    f->blob = test_add_column(f->s, f->t, "blob", JET_coltypBinary, 0, 0, 0);
    test_add_index(f->s, f->t, "primary", "+id\0", JET_bitIndexPrimary);
}

static void close_fixture(Fixture *f)
{
    char command[300];
    ck_ok(JetEndSession(f->s, 0));
    ck_ok(JetTerm(f->jet.instance));
    snprintf(command, sizeof command, "'%s' --quiet '%s'", program, f->jet.path);
    ck_assert_int_eq(system(command), 0);
    ck_assert(scratch_remove(f->jet.directory));
}

static void set_many(Fixture *f, JET_COLUMNID column, const int32_t *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        JET_SETINFO info = {.cbStruct = sizeof info, .itagSequence = 0};
        ck_ok(JetSetColumn(f->s, f->t, column, &values[i], 4, 0, &info));
    }
}

static void insert(Fixture *f, int32_t id, const int32_t *a, uint32_t n_a, const int32_t *b,
                   uint32_t n_b)
{
    ck_ok(JetPrepareUpdate(f->s, f->t, JET_prepInsert));
    test_set_long(f->s, f->t, f->id, id);
    set_many(f, f->a, a, n_a);
    set_many(f, f->b, b, n_b);
    ck_ok(JetUpdate(f->s, f->t, NULL, 0, NULL));
}

static uint32_t count_entries(Fixture *f, const char *index)
{
    uint32_t n = 0;
    ck_ok(JetSetCurrentIndex(f->s, f->t, index));
    if (JetMove(f->s, f->t, JET_MoveFirst, 0) >= 0)
        ck_ok(JetIndexRecordCount(f->s, f->t, &n, 0));
    return n;
}

static bool has_pair(Fixture *f, const char *index, const int32_t *a, const int32_t *b)
{
    ck_ok(JetSetCurrentIndex(f->s, f->t, index));
    ck_ok(JetMakeKey(f->s, f->t, a, a ? 4 : 0, JET_bitNewKey));
    ck_ok(JetMakeKey(f->s, f->t, b, b ? 4 : 0, 0));
    return JetSeek(f->s, f->t, JET_bitSeekEQ) == JET_errSuccess;
}

START_TEST(test_combinations)
{
    Fixture f;
    int32_t a[] = {1, 2, 3}, b[] = {10, 20}, itag_value = 0;
    open_fixture(&f);
    test_add_index(f.s, f.t, "first", "+a\0+b\0", 0);
    test_add_index(f.s, f.t, "cross", "+a\0+b\0", JET_bitIndexCrossProduct);
    test_add_index(f.s, f.t, "nested", "+a\0+b\0", JET_bitIndexNestedTable);
    insert(&f, 1, a, 3, b, 2);
    ck_assert_uint_eq(count_entries(&f, "first"), 3);
    ck_assert(has_pair(&f, "first", &a[2], &b[0]));
    ck_assert(!has_pair(&f, "first", &a[2], &b[1]));
    ck_assert_uint_eq(count_entries(&f, "cross"), 6);
    ck_assert(has_pair(&f, "cross", &a[2], &b[1]));
    ck_assert(has_pair(&f, "cross", &a[0], &b[1]));
    JET_RETINFO info = {.cbStruct = sizeof info, .itagSequence = 1};
    ck_ok(JetRetrieveColumn(f.s, f.t, f.b, &itag_value, 4, NULL,
                            JET_bitRetrieveFromIndex | JET_bitRetrieveTag, &info));
    ck_assert_int_eq(itag_value, 20);
    ck_assert_uint_eq(info.itagSequence, 2);
    ck_assert_uint_eq(count_entries(&f, "nested"), 3);
    ck_assert(has_pair(&f, "nested", &a[1], &b[1]));
    ck_assert(!has_pair(&f, "nested", &a[1], &b[0]));
    ck_assert(has_pair(&f, "nested", &a[2], NULL)); /* there is no third b */
    /* A value goes: so do its entries, and no others. */
    ck_ok(JetMove(f.s, f.t, 0, 0));
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepReplace));
    JET_SETINFO second = {.cbStruct = sizeof second, .itagSequence = 2};
    ck_ok(JetSetColumn(f.s, f.t, f.b, NULL, 0, 0, &second));
    ck_ok(JetUpdate(f.s, f.t, NULL, 0, NULL));
    ck_assert_uint_eq(count_entries(&f, "cross"), 3);
    ck_assert(!has_pair(&f, "cross", &a[0], &b[1]));
    ck_assert(has_pair(&f, "cross", &a[0], &b[0]));
    /* Without any values there is the entry of NULLs. */
    insert(&f, 2, NULL, 0, b, 2);
    ck_assert_uint_eq(count_entries(&f, "cross"), 5);
    ck_assert(has_pair(&f, "cross", NULL, &b[1]));
    ck_ok(JetDelete(f.s, f.t));
    ck_assert_uint_eq(count_entries(&f, "cross"), 3);
    close_fixture(&f);
}
END_TEST

START_TEST(test_unique_combinations)
{
    Fixture f;
    int32_t a[] = {1, 1}, b[] = {10, 20};
    open_fixture(&f);
    test_add_index(f.s, f.t, "cross", "+a\0+b\0", JET_bitIndexCrossProduct | JET_bitIndexUnique);
    insert(&f, 1, a, 1, b, 2);
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepInsert));
    test_set_long(f.s, f.t, f.id, 2);
    set_many(&f, f.a, a, 2);
    set_many(&f, f.b, b, 1);
    ck_jet(JetUpdate(f.s, f.t, NULL, 0, NULL), JET_errMultiValuedIndexViolation);
    JET_SETINFO second = {.cbStruct = sizeof second, .itagSequence = 2};
    ck_ok(JetSetColumn(f.s, f.t, f.a, NULL, 0, 0, &second));
    ck_jet(JetUpdate(f.s, f.t, NULL, 0, NULL), JET_errKeyDuplicate);
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepCancel));
    ck_assert_uint_eq(count_entries(&f, "cross"), 2);
    int32_t many[110];
    for (int32_t i = 0; i < 110; i++)
        many[i] = 1000 + i;
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepInsert));
    test_set_long(f.s, f.t, f.id, 3);
    set_many(&f, f.a, many, 110);
    set_many(&f, f.b, many, 110);
    ck_ok(JetUpdate(f.s, f.t, NULL, 0, NULL));
    ck_assert_uint_eq(count_entries(&f, "cross"), 2 + 110 * 110);
    /* More than a row may have. */
    ck_jet(JetCreateIndex(f.s, f.t, "cube", JET_bitIndexCrossProduct, "+a\0+b\0-a\0", 10, 100),
           JET_errRecordTooBig);
    close_fixture(&f);
}
END_TEST

static JET_ERR create_tuples(Fixture *f, const char *name, const char *key, uint32_t key_size,
                             JET_GRBIT grbit, JET_TUPLELIMITS *limits)
{
    JET_INDEXCREATE index = {.cbStruct = sizeof index,
                             .szIndexName = (char *)name,
                             .szKey = (char *)key,
                             .cbKey = key_size,
                             .grbit = grbit,
                             .ptuplelimits = limits};
    return JetCreateIndex2(f->s, f->t, &index, 1);
}

static void insert_text(Fixture *f, int32_t id, const char *text, uint32_t size)
{
    ck_ok(JetPrepareUpdate(f->s, f->t, JET_prepInsert));
    test_set_long(f->s, f->t, f->id, id);
    ck_ok(JetSetColumn(f->s, f->t, f->text, text, size, 0, NULL));
    ck_ok(JetUpdate(f->s, f->t, NULL, 0, NULL));
}

/* How many rows have a part that begins so. */
static int find_parts(Fixture *f, const void *part, uint32_t size)
{
    int n = 0;
    ck_ok(JetMakeKey(f->s, f->t, part, size, JET_bitNewKey | JET_bitPartialColumnStartLimit));
    if (JetSeek(f->s, f->t, JET_bitSeekGE) < 0)
        return 0;
    ck_ok(JetMakeKey(f->s, f->t, part, size, JET_bitNewKey | JET_bitPartialColumnEndLimit));
    JET_ERR err = JetSetIndexRange(f->s, f->t, JET_bitRangeUpperLimit);
    for (; err >= 0; n++)
        err = JetMove(f->s, f->t, JET_MoveNext, 0);
    return n;
}

START_TEST(test_tuples)
{
    Fixture f;
    char value[32] = "";
    uint32_t size = 0;
    JET_TUPLELIMITS limits = {.chLengthMin = 3, .chLengthMax = 5, .chToIndexMax = 100};
    open_fixture(&f);
    insert_text(&f, 1, "Hello world", 11); /* before the index is there, and after */
    ck_ok(create_tuples(&f, "parts", "+text\0", 7, JET_bitIndexTuples | JET_bitIndexTupleLimits,
                        &limits));
    insert_text(&f, 2, "worldly", 7);
    insert_text(&f, 3, "no", 2);                          /* too short for a part */
    ck_assert_uint_eq(count_entries(&f, "parts"), 9 + 5); /* parts from 3 to the end */
    ck_assert_int_eq(find_parts(&f, "WORL", 4), 2);
    ck_assert_int_eq(find_parts(&f, "orl", 3), 2);
    ck_assert_int_eq(find_parts(&f, "lo w", 4), 1);
    ck_assert_int_eq(find_parts(&f, "xyz", 3), 0);
    /* What is longer than a part is looked for by its beginning; nothing is as short as two. */
    ck_ok(JetMakeKey(f.s, f.t, "worldwide", 9, JET_bitNewKey));
    ck_ok(JetSeek(f.s, f.t, JET_bitSeekEQ));
    ck_jet(JetMakeKey(f.s, f.t, "wo", 2, JET_bitNewKey), JET_errIndexTuplesKeyTooSmall);
    /* The part itself, as it stands in the row. */
    ck_ok(JetMakeKey(f.s, f.t, "ello ", 5, JET_bitNewKey));
    ck_ok(JetSeek(f.s, f.t, JET_bitSeekEQ));
    ck_ok(JetRetrieveColumn(f.s, f.t, f.text, value, sizeof value, &size,
                            JET_bitRetrieveFromIndex | JET_bitRetrieveTuple, NULL));
    ck_assert_uint_eq(size, 5);
    ck_assert_mem_eq(value, "ello ", 5);
    ck_jet(JetRetrieveColumn(f.s, f.t, f.text, value, sizeof value, &size, JET_bitRetrieveFromIndex,
                             NULL),
           JET_errIndexTuplesCannotRetrieveFromIndex);
    ck_jet(
        JetRetrieveColumn(f.s, f.t, f.text, value, sizeof value, &size, JET_bitRetrieveTuple, NULL),
        JET_errInvalidGrbit);
    ck_ok(JetRetrieveColumn(f.s, f.t, f.text, value, sizeof value, &size, 0, NULL));
    ck_assert_uint_eq(size, 11);
    /* Changed and deleted with the row. */
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepReplace));
    ck_ok(JetSetColumn(f.s, f.t, f.text, "abcd", 4, 0, NULL));
    ck_ok(JetUpdate(f.s, f.t, NULL, 0, NULL));
    ck_assert_uint_eq(count_entries(&f, "parts"), 2 + 5);
    ck_assert_int_eq(find_parts(&f, "worl", 4), 1);
    ck_ok(JetMove(f.s, f.t, JET_MoveFirst, 0));
    ck_ok(JetDelete(f.s, f.t));
    ck_assert_uint_eq(count_entries(&f, "parts"), 5);
    /* The definition outlives the process. */
    test_jet_reopen(&f.jet);
    f.s = f.jet.session;
    ck_ok(JetOpenTable(f.s, f.jet.database, "t", NULL, 0, 0, &f.t));
    insert_text(&f, 5, "worldwide", 9);
    ck_assert_uint_eq(count_entries(&f, "parts"), 5 + 7);
    char buffer[500];
    JET_INDEXCREATE *again = (JET_INDEXCREATE *)(void *)buffer;
    ck_ok(JetGetTableIndexInfo(f.s, f.t, "parts", buffer, sizeof buffer, JET_IdxInfoCreateIndex));
    ck_assert_uint_ne(again->grbit & JET_bitIndexTupleLimits, 0);
    ck_assert_uint_eq(again->ptuplelimits->chLengthMax, 5);
    ck_assert_uint_eq(again->ptuplelimits->cchIncrement, 1);
    close_fixture(&f);
}
END_TEST

/* Where parts begin, how much of the text counts, and long texts outside of their row. */
START_TEST(test_tuple_limits)
{
    Fixture f;
    static char big[5000];
    JET_TUPLELIMITS limits = {
        .chLengthMin = 2, .chLengthMax = 4, .chToIndexMax = 3000, .cchIncrement = 3, .ichStart = 1};
    open_fixture(&f);
    ck_ok(create_tuples(&f, "limits", "+text\0", 7, JET_bitIndexTupleLimits, &limits));
    ck_ok(create_tuples(&f, "default", "+text\0", 7, JET_bitIndexTuples, NULL));
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)('a' + i % 17 + i / 1000);
    ck_ok(JetBeginTransaction(f.s));
    insert_text(&f, 1, "0123456789", 10); /* 1234 4567 789 */
    ck_assert_uint_eq(count_entries(&f, "limits"), 3);
    ck_assert_int_eq(find_parts(&f, "4567", 4), 1);
    ck_assert_int_eq(find_parts(&f, "567", 3), 0);
    ck_assert_uint_eq(count_entries(&f, "default"), 8); /* 3 to 10 characters, from everywhere */
    insert_text(&f, 2, big, sizeof big);
    ck_ok(JetSetCurrentIndex(f.s, f.t, "default"));
    ck_assert_int_eq(find_parts(&f, big + 4980, 10), 1); /* the text's last parts */
    ck_ok(JetCommitTransaction(f.s, 0));
    char value[16];
    uint32_t size;
    ck_ok(JetMakeKey(f.s, f.t, big + 4980, 10, JET_bitNewKey));
    ck_ok(JetSeek(f.s, f.t, JET_bitSeekEQ));
    ck_ok(JetRetrieveColumn(f.s, f.t, f.text, value, sizeof value, &size,
                            JET_bitRetrieveFromIndex | JET_bitRetrieveTuple, NULL));
    ck_assert_uint_eq(size, 10);
    ck_assert_mem_eq(value, big + 4980, 10);
    close_fixture(&f);
}
END_TEST

/* Unicode text is cut by its characters of two bytes, binary data by bytes. */
START_TEST(test_tuple_types)
{
    Fixture f;
    const JET_WCHAR text[] = {'S', 't', 0xe4, 'd', 't', 'e'};
    open_fixture(&f);
    ck_ok(create_tuples(&f, "wide", "+wide\0+id\0", 11, JET_bitIndexTuples, NULL));
    ck_ok(create_tuples(&f, "blob", "+blob\0", 7, JET_bitIndexTuples, NULL));
    ck_ok(JetPrepareUpdate(f.s, f.t, JET_prepInsert));
    test_set_long(f.s, f.t, f.id, 1);
    ck_ok(JetSetColumn(f.s, f.t, f.wide, text, sizeof text, 0, NULL));
    ck_ok(JetSetColumn(f.s, f.t, f.blob, "\0\1\2\3\4", 5, 0, NULL));
    ck_ok(JetUpdate(f.s, f.t, NULL, 0, NULL));
    ck_assert_uint_eq(count_entries(&f, "wide"), 4);
    ck_assert_int_eq(find_parts(&f, text + 2, 6), 1);
    ck_assert_uint_eq(count_entries(&f, "blob"), 3);
    ck_assert_int_eq(find_parts(&f, "\2\3\4", 3), 1);
    ck_assert_int_eq(find_parts(&f, "\3\4", 2), 0);
    close_fixture(&f);
}
END_TEST

START_TEST(test_refused)
{
    Fixture f;
    JET_TUPLELIMITS limits = {.chLengthMin = 1};
    open_fixture(&f);
    JET_INDEXCREATE var = {.cbStruct = sizeof var,
                           .szIndexName = (char[]){"v"},
                           .szKey = (char[]){"+text\0"},
                           .cbKey = 7,
                           .grbit = JET_bitIndexTuples,
                           .cbVarSegMac = 100};
    ck_jet(JetCreateIndex2(f.s, f.t, &var, 1), JET_errIndexTuplesVarSegMacNotAllowed);
    ck_jet(create_tuples(&f, "x", "+text\0", 7, JET_bitIndexTuples | JET_bitIndexUnique, NULL),
           JET_errIndexTuplesNonUniqueOnly);
    ck_jet(create_tuples(&f, "x", "+text\0", 7, JET_bitIndexTuples | JET_bitIndexPrimary, NULL),
           JET_errIndexTuplesSecondaryIndexOnly);
    ck_jet(create_tuples(&f, "x", "+a\0", 4, JET_bitIndexTuples, NULL),
           JET_errIndexTuplesTextBinaryColumnsOnly);
    ck_jet(create_tuples(&f, "x", "+text\0", 7, JET_bitIndexTupleLimits, NULL),
           JET_errIndexTuplesInvalidLimits);
    ck_jet(create_tuples(&f, "x", "+text\0", 7, JET_bitIndexTupleLimits, &limits),
           JET_errIndexTuplesInvalidLimits);
    limits.chLengthMin = 20;
    limits.chLengthMax = 19;
    ck_jet(create_tuples(&f, "x", "+text\0", 7, JET_bitIndexTupleLimits, &limits),
           JET_errIndexTuplesInvalidLimits);
    limits.chLengthMin = limits.chLengthMax = 254;
    ck_jet(create_tuples(&f, "x", "+text\0", 7, JET_bitIndexTupleLimits, &limits),
           JET_errIndexTuplesKeyTooSmall);
    ck_jet(JetCreateIndex(f.s, f.t, "x", JET_bitIndexNestedTable | JET_bitIndexCrossProduct,
                          "+a\0+b\0", 7, 100),
           JET_errInvalidGrbit);
    ck_jet(JetCreateIndex(f.s, f.t, "x", JET_bitIndexNestedTable | JET_bitIndexTuples, "+text\0", 7,
                          100),
           JET_errInvalidGrbit);
    close_fixture(&f);
}
END_TEST

/* In a process that begins now. */
static void open_again(Fixture *f)
{
    test_jet_start(&f->jet);
    f->s = f->jet.session;
    ck_ok(JetAttachDatabase(f->s, f->jet.path, 0));
    ck_ok(JetOpenDatabase(f->s, f->jet.path, NULL, &f->jet.database, 0));
    ck_ok(JetOpenTable(f->s, f->jet.database, "t", NULL, 0, 0, &f->t));
}

/* One process inserts a row, another makes an index, and neither sees what the other does: whoever
 * commits last must not. */
START_TEST(test_made_by_another_process)
{
    Fixture f;
    int32_t one = 1, two = 2;
    int inserted[2], go[2], status;
    bool row_first = _i == 1;
    char byte;
    open_fixture(&f);
    insert(&f, one, &one, 1, &one, 1);
    ck_ok(JetEndSession(f.s, 0));
    ck_ok(JetTerm(f.jet.instance));
    ck_assert_int_eq(pipe(inserted) | pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        open_again(&f);
        ck_assert_int_eq(read(go[0], &byte, 1), 1);
        ck_ok(JetBeginTransaction(f.s));
        insert(&f, two, &two, 1, &two, 1);
        if (row_first)
            ck_ok(JetCommitTransaction(f.s, 0));
        ck_assert_int_eq(write(inserted[1], "i", 1), 1);
        ck_assert_int_eq(read(go[0], &byte, 1), 1);
        if (!row_first)
            ck_jet(JetCommitTransaction(f.s, 0), JET_errWriteConflict);
        _exit(0);
    }
    open_again(&f);
    ck_ok(JetBeginTransaction(f.s));
    ck_assert_int_eq(write(go[1], "g", 1), 1);
    ck_assert_int_eq(read(inserted[0], &byte, 1), 1);
    test_add_index(f.s, f.t, "i", "+b\0", 0);
    if (row_first) {
        ck_jet(JetCommitTransaction(f.s, 0), JET_errWriteConflict);
        ck_ok(JetRollback(f.s, 0));
    } else {
        ck_ok(JetCommitTransaction(f.s, 0));
    }
    ck_assert_int_eq(write(go[1], "g", 1), 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close_fixture(&f);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("jet-entries");
    TCase *tcase = tcase_create("entries");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_combinations);
    tcase_add_test(tcase, test_unique_combinations);
    tcase_add_test(tcase, test_tuples);
    tcase_add_test(tcase, test_tuple_limits);
    tcase_add_test(tcase, test_tuple_types);
    tcase_add_test(tcase, test_refused);
    tcase_add_loop_test(tcase, test_made_by_another_process, 0, 2);
    suite_add_tcase(s, tcase);
    return s;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: jet-entries PROGRAM\n");
        return 2;
    }
    program = argv[1];
    return run_suite(suite());
}
