/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-navigate.c - positions, secondary bookmarks, filters, intersections, prereading, conflicts
 * seen beforehand.
 */
#include "tests/unit/ese/jet-test.h"

typedef struct {
    TestJet jet;
    JET_SESID s;
    JET_TABLEID t;
    JET_COLUMNID id, group, name, raw, none, tags, blob;
} Fixture;

/* Rows 1..n: group id % 3, name "name<id % 10>", raw the same or NULL for even ids, two tags, a
 * long blob. */
static void open_fixture(Fixture *f, int32_t n)
{
    static char big[20000];
    test_jet_open(&f->jet);
    f->s = f->jet.session;
    ck_ok(JetCreateTable(f->s, f->jet.database, "t", 0, 100, &f->t));
    f->id = test_add_column(f->s, f->t, "id", JET_coltypLong, 0, 0, 0);
    f->group = test_add_column(f->s, f->t, "group", JET_coltypLong, 0, 0, 0);
    f->name = test_add_column(f->s, f->t, "name", JET_coltypText, 50, 0, 1252);
    f->raw = test_add_column(f->s, f->t, "raw", JET_coltypBinary, 50, 0, 0);
    f->none = test_add_column(f->s, f->t, "none", JET_coltypLong, 0, 0, 0);
    f->tags = test_add_column(f->s, f->t, "tags", JET_coltypLong, 0,
                              JET_bitColumnTagged | JET_bitColumnMultiValued, 0);
    f->blob = test_add_column(f->s, f->t, "blob", JET_coltypLongBinary, 0, 0, 0);
    test_add_index(f->s, f->t, "primary", "+id\0", JET_bitIndexPrimary);
    test_add_index(f->s, f->t, "group", "+group\0", 0);
    test_add_index(f->s, f->t, "name", "+name\0", 0);
    test_add_index(f->s, f->t, "tags", "+tags\0", JET_bitIndexIgnoreNull);
    test_add_index(f->s, f->t, "idu", "-id\0", JET_bitIndexUnique);
    ck_ok(JetBeginTransaction(f->s));
    for (int32_t i = 1; i <= n; i++) {
        char text[16];
        int32_t tags[] = {i % 5, i % 5 + 1};
        JET_SETINFO info = {.cbStruct = sizeof info, .itagSequence = 0};
        ck_ok(JetPrepareUpdate(f->s, f->t, JET_prepInsert));
        test_set_long(f->s, f->t, f->id, i);
        test_set_long(f->s, f->t, f->group, i % 3);
        snprintf(text, sizeof text, "name%d", (int)(i % 10));
        test_set_text(f->s, f->t, f->name, text);
        if (i % 2)
            test_set_text(f->s, f->t, f->raw, text);
        ck_ok(JetSetColumn(f->s, f->t, f->tags, &tags[0], 4, 0, &info));
        ck_ok(JetSetColumn(f->s, f->t, f->tags, &tags[1], 4, 0, &info));
        if (i % 10 == 0)
            ck_ok(JetSetColumn(f->s, f->t, f->blob, big, sizeof big, 0, NULL));
        ck_ok(JetUpdate(f->s, f->t, NULL, 0, NULL));
    }
    ck_ok(JetCommitTransaction(f->s, 0));
}

static int32_t here(Fixture *f)
{
    return test_get_long(f->s, f->t, f->id);
}

static void seek(Fixture *f, JET_TABLEID t, const char *index, int32_t value, JET_GRBIT grbit)
{
    ck_ok(JetSetCurrentIndex(f->s, t, index));
    ck_ok(JetMakeKey(f->s, t, &value, 4, JET_bitNewKey));
    ck_assert_int_ge(JetSeek(f->s, t, grbit), 0);
}

/* As esent.dll has it: a cursor begins on the first row. */
START_TEST(test_new_cursor)
{
    Fixture f;
    JET_TABLEID opened, copy;
    open_fixture(&f, 10);
    ck_ok(JetOpenTable(f.s, f.jet.database, "t", NULL, 0, 0, &opened));
    ck_assert_int_eq(test_get_long(f.s, opened, f.id), 1);
    ck_ok(JetMove(f.s, opened, JET_MoveNext, 0));
    ck_assert_int_eq(test_get_long(f.s, opened, f.id), 2);
    ck_ok(JetDupCursor(f.s, opened, &copy, 0));
    ck_assert_int_eq(test_get_long(f.s, copy, f.id), 1);
    ck_assert_int_eq(test_get_long(f.s, opened, f.id), 2);
    ck_jet(JetMove(f.s, copy, JET_MovePrevious, 0), JET_errNoCurrentRecord);
    ck_ok(JetMove(f.s, copy, JET_MoveNext, 0));
    ck_assert_int_eq(test_get_long(f.s, copy, f.id), 1);
    /* In an empty table it is before what comes. */
    ck_ok(JetCreateTable(f.s, f.jet.database, "empty", 0, 0, &copy));
    JET_COLUMNID number = test_add_column(f.s, copy, "n", JET_coltypLong, 0, 0, 0);
    ck_ok(JetOpenTable(f.s, f.jet.database, "empty", NULL, 0, 0, &opened));
    ck_jet(JetMove(f.s, opened, 0, 0), JET_errNoCurrentRecord);
    ck_ok(JetPrepareUpdate(f.s, copy, JET_prepInsert));
    test_set_long(f.s, copy, number, 7);
    ck_ok(JetUpdate(f.s, copy, NULL, 0, NULL));
    ck_ok(JetMove(f.s, opened, JET_MoveNext, 0));
    ck_assert_int_eq(test_get_long(f.s, opened, number), 7);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_position)
{
    Fixture f;
    JET_RECPOS position = {.cbStruct = sizeof position};
    uint64_t count = 0;
    open_fixture(&f, 30);
    ck_jet(JetGetRecordPosition(f.s, f.t, &position, 8), JET_errInvalidParameter);
    ck_jet(JetGetRecordPosition(f.s, f.t, &position, sizeof position), JET_errNoCurrentRecord);
    seek(&f, f.t, "group", 1, JET_bitSeekEQ);
    ck_ok(JetGetRecordPosition(f.s, f.t, &position, sizeof position));
    ck_assert_uint_eq(position.centriesLT, 10);
    ck_assert_uint_eq(position.centriesInRange, 10);
    ck_assert_uint_eq(position.centriesTotal, 30);
    ck_assert_int_eq(here(&f), 1); /* it stays */
    ck_ok(JetMove(f.s, f.t, 1, 0));
    ck_assert_int_eq(here(&f), 4);
    ck_ok(JetIndexRecordCount2(f.s, f.t, &count, 0));
    ck_assert_uint_eq(count, 19);
    ck_ok(JetIndexRecordCount2(f.s, f.t, &count, 7));
    ck_assert_uint_eq(count, 7);
    ck_ok(JetSetCurrentIndex(f.s, f.t, NULL));
    position.centriesLT = 50;
    position.centriesTotal = 100;
    ck_ok(JetGotoPosition(f.s, f.t, &position));
    ck_assert_int_eq(here(&f), 16);
    position.centriesLT = 100;
    ck_ok(JetGotoPosition(f.s, f.t, &position));
    ck_assert_int_eq(here(&f), 30);
    position.centriesLT = position.centriesTotal = 0;
    ck_ok(JetGotoPosition(f.s, f.t, &position));
    ck_assert_int_eq(here(&f), 1);
    position.centriesLT = 1;
    ck_jet(JetGotoPosition(f.s, f.t, &position), JET_errInvalidParameter);
    JET_TABLEID empty;
    ck_ok(JetCreateTable(f.s, f.jet.database, "empty", 0, 100, &empty));
    position.centriesTotal = 1;
    ck_jet(JetGotoPosition(f.s, empty, &position), JET_errRecordNotFound);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_statistics)
{
    Fixture f;
    JET_OBJECTINFO info;
    open_fixture(&f, 30);
    ck_ok(JetSetCurrentIndex(f.s, f.t, "tags"));
    ck_ok(JetComputeStats(f.s, f.t));
    ck_ok(JetGetTableInfo(f.s, f.t, &info, sizeof info, JET_TblInfo));
    ck_assert_uint_eq(info.cRecord, 30); /* rows, not entries */
    ck_ok(JetGetObjectInfo(f.s, f.jet.database, JET_objtypTable, NULL, "t", &info, sizeof info,
                           JET_ObjInfo));
    ck_assert_uint_eq(info.cRecord, 30);
    ck_ok(JetSetTableSequential(f.s, f.t, JET_bitPrereadForward));
    ck_jet(JetSetTableSequential(f.s, f.t, 8), JET_errInvalidGrbit);
    ck_ok(JetResetTableSequential(f.s, f.t, 0));
    ck_jet(JetResetTableSequential(f.s, f.t, 1), JET_errInvalidGrbit);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_index_bookmark)
{
    Fixture f;
    char key[300], bookmark[500], small[2];
    uint32_t key_size, size;
    open_fixture(&f, 12);
    ck_ok(JetMove(f.s, f.t, JET_MoveFirst, 0));
    ck_jet(JetGetSecondaryIndexBookmark(f.s, f.t, key, sizeof key, &key_size, bookmark,
                                        sizeof bookmark, &size, 0),
           JET_errNoCurrentIndex);
    seek(&f, f.t, "group", 1, JET_bitSeekEQ);
    ck_ok(JetMove(f.s, f.t, 2, 0));
    ck_assert_int_eq(here(&f), 7);
    ck_jet(JetGetSecondaryIndexBookmark(f.s, f.t, small, 2, &key_size, bookmark, sizeof bookmark,
                                        &size, 0),
           JET_errBufferTooSmall);
    ck_ok(JetGetSecondaryIndexBookmark(f.s, f.t, key, sizeof key, &key_size, bookmark,
                                       sizeof bookmark, &size, 0));
    ck_assert_uint_eq(key_size, 5);
    ck_ok(JetMove(f.s, f.t, JET_MoveFirst, 0));
    ck_ok(JetGotoSecondaryIndexBookmark(f.s, f.t, key, key_size, bookmark, size, 0));
    ck_assert_int_eq(here(&f), 7);
    ck_ok(JetMove(f.s, f.t, 1, 0));
    ck_assert_int_eq(here(&f), 10);
    ck_jet(JetGotoSecondaryIndexBookmark(f.s, f.t, key, key_size, NULL, 0, 0),
           JET_errInvalidBookmark);
    ck_jet(JetGotoSecondaryIndexBookmark(f.s, f.t, NULL, 0, bookmark, size, 0),
           JET_errInvalidBookmark);
    /* A row that has left the place: the cursor stays, or stands where it was. */
    ck_ok(JetMove(f.s, f.t, -1, 0));
    ck_ok(JetDelete(f.s, f.t));
    ck_ok(JetMove(f.s, f.t, 1, 0));
    ck_jet(JetGotoSecondaryIndexBookmark(f.s, f.t, key, key_size, bookmark, size, 0),
           JET_errRecordDeleted);
    ck_assert_int_eq(here(&f), 10);
    for (int step = -1; step <= 1; step += 2) {
        ck_jet(JetGotoSecondaryIndexBookmark(f.s, f.t, key, key_size, bookmark, size,
                                             JET_bitBookmarkPermitVirtualCurrency),
               JET_errRecordDeleted);
        ck_jet(JetMove(f.s, f.t, 0, 0), JET_errNoCurrentRecord);
        ck_ok(JetMove(f.s, f.t, step, 0)); /* among rows of the same key */
        ck_assert_int_eq(here(&f), step < 0 ? 4 : 10);
    }
    /* In a unique index the key says all. */
    seek(&f, f.t, "idu", 5, JET_bitSeekEQ);
    ck_ok(JetGetSecondaryIndexBookmark(f.s, f.t, key, sizeof key, &key_size, NULL, 500, NULL, 0));
    ck_ok(JetMove(f.s, f.t, JET_MoveFirst, 0));
    ck_ok(JetGotoSecondaryIndexBookmark(f.s, f.t, key, key_size, NULL, 0, 0));
    ck_assert_int_eq(here(&f), 5);
    test_jet_close(&f.jet);
}
END_TEST

static int count_rows(Fixture *f)
{
    int n = 0;
    JET_ERR err = JetMove(f->s, f->t, JET_MoveFirst, 0);
    for (; err >= 0; n++)
        err = JetMove(f->s, f->t, 1, 0);
    ck_jet(err, JET_errNoCurrentRecord);
    return n;
}

static int filtered(Fixture *f, JET_COLUMNID column, JET_RELOP relop, const void *data,
                    uint32_t size)
{
    JET_INDEX_COLUMN term = {column, relop, (void *)data, size, 0};
    ck_ok(JetSetCursorFilter(f->s, f->t, &term, 1, 0));
    return count_rows(f);
}

START_TEST(test_filter)
{
    Fixture f;
    int32_t ten = 10, two = 2;
    uint32_t count;
    open_fixture(&f, 30);
    ck_assert_int_eq(filtered(&f, f.id, JET_relopEquals, &ten, 4), 1);
    ck_assert_int_eq(filtered(&f, f.id, JET_relopNotEquals, &ten, 4), 29);
    ck_assert_int_eq(filtered(&f, f.id, JET_relopLessThan, &ten, 4), 9);
    ck_assert_int_eq(filtered(&f, f.id, JET_relopLessThanOrEqual, &ten, 4), 10);
    ck_assert_int_eq(filtered(&f, f.id, JET_relopGreaterThan, &ten, 4), 20);
    ck_assert_int_eq(filtered(&f, f.id, JET_relopGreaterThanOrEqual, &ten, 4), 21);
    ck_assert_int_eq(filtered(&f, f.id, JET_relopBitmaskEqualsZero, &two, 4), 15);
    ck_assert_int_eq(filtered(&f, f.id, JET_relopBitmaskNotEqualsZero, &two, 4), 15);
    ck_assert_int_eq(filtered(&f, f.raw, JET_relopEquals, "name3", 5), 3);
    ck_assert_int_eq(filtered(&f, f.raw, JET_relopPrefixEquals, "name", 4), 15);
    ck_assert_int_eq(filtered(&f, f.raw, JET_relopPrefixEquals, "name3", 5), 3);
    ck_assert_int_eq(filtered(&f, f.raw, JET_relopPrefixEquals, "x", 1), 0);
    ck_assert_int_eq(filtered(&f, f.raw, JET_relopEquals, NULL, 0), 15);
    ck_assert_int_eq(filtered(&f, f.raw, JET_relopGreaterThan, NULL, 0), 15);
    ck_assert_int_eq(filtered(&f, f.raw, JET_relopLessThan, "a", 1), 15); /* NULL is below */
    /* Of several values the first counts; NULL has no bits. */
    ck_assert_int_eq(filtered(&f, f.tags, JET_relopEquals, &two, 4), 6);
    ck_assert_int_eq(filtered(&f, f.none, JET_relopBitmaskEqualsZero, &two, 4), 30);
    ck_assert_int_eq(filtered(&f, f.none, JET_relopBitmaskNotEqualsZero, &two, 4), 0);
    /* Terms add up; moves count the rows that match. */
    JET_INDEX_COLUMN terms[] = {{f.id, JET_relopGreaterThan, &ten, 4, 0},
                                {f.group, JET_relopEquals, &two, 4, 0}};
    ck_ok(JetSetCursorFilter(f.s, f.t, terms, 2, 0));
    ck_ok(JetMove(f.s, f.t, JET_MoveFirst, 0));
    ck_assert_int_eq(here(&f), 11);
    ck_ok(JetMove(f.s, f.t, 2, 0));
    ck_assert_int_eq(here(&f), 17);
    ck_ok(JetMove(f.s, f.t, -1, 0));
    ck_assert_int_eq(here(&f), 14);
    ck_ok(JetMove(f.s, f.t, JET_MoveLast, 0));
    ck_assert_int_eq(here(&f), 29);
    /* Only moving is filtered. */
    ck_ok(JetMakeKey(f.s, f.t, &ten, 4, JET_bitNewKey));
    ck_ok(JetSeek(f.s, f.t, JET_bitSeekEQ));
    ck_ok(JetIndexRecordCount(f.s, f.t, &count, 0));
    ck_assert_uint_eq(count, 21);
    /* What does not go with it. */
    JET_RECPOS place = {.cbStruct = sizeof place, .centriesTotal = 2};
    ck_jet(JetMove(f.s, f.t, 0, 0), JET_errFilteredMoveNotSupported);
    ck_jet(JetGotoPosition(f.s, f.t, &place), JET_errFilteredMoveNotSupported);
    ck_jet(JetSetCurrentIndex(f.s, f.t, "name"), JET_errFilteredMoveNotSupported);
    ck_jet(JetSetCurrentIndex(f.s, f.t, NULL), JET_errFilteredMoveNotSupported);
    /* No terms end it, and so does a failure. */
    ck_ok(JetSetCursorFilter(f.s, f.t, NULL, 0, 0));
    ck_assert_int_eq(count_rows(&f), 30);
    ck_ok(JetSetCursorFilter(f.s, f.t, terms, 2, 0));
    ck_jet(JetSetCursorFilter(f.s, f.t, terms, 2, 1), JET_errInvalidGrbit);
    ck_assert_int_eq(count_rows(&f), 30);
    ck_ok(JetSetCurrentIndex(f.s, f.t, "name"));
    ck_jet(JetSetCursorFilter(f.s, f.t, terms, 2, 0), JET_errFilteredMoveNotSupported);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_filter_refused)
{
    Fixture f;
    int32_t one = 1;
    open_fixture(&f, 1);
    const struct {
        JET_INDEX_COLUMN term;
        JET_ERR err;
    } cases[] = {
        {{99, JET_relopEquals, &one, 4, 0}, JET_errColumnNotFound},
        {{f.id, JET_relopEquals, &one, 3, 0}, JET_errInvalidParameter},
        {{f.id, JET_relopPrefixEquals, &one, 4, 0}, JET_errInvalidParameter},
        {{f.raw, JET_relopBitmaskEqualsZero, &one, 4, 0}, JET_errInvalidParameter},
        {{f.id, JET_relopBitmaskEqualsZero, NULL, 0, 0}, JET_errInvalidParameter},
        {{f.id, JET_relopEquals, &one, 0, 0}, JET_errInvalidParameter},
        {{f.id, JET_relopEquals, NULL, 0, JET_bitZeroLength}, JET_errInvalidParameter},
        {{f.raw, JET_relopPrefixEquals, NULL, 0, 0}, JET_errInvalidParameter},
        {{f.id, (JET_RELOP)9, &one, 4, 0}, JET_errInvalidParameter},
        {{f.id, JET_relopEquals, NULL, 4, 0}, JET_errInvalidParameter},
        {{f.id, JET_relopEquals, &one, 4, 2}, JET_errInvalidParameter},
        {{f.blob, JET_relopEquals, &one, 4, 0}, JET_errFilteredMoveNotSupported},
        {{f.name, JET_relopEquals, &one, 4, 0}, JET_errFilteredMoveNotSupported},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        JET_INDEX_COLUMN term = cases[i].term;
        ck_jet(JetSetCursorFilter(f.s, f.t, &term, 1, 0), cases[i].err);
    }
    ck_jet(JetSetCursorFilter(f.s, f.t, NULL, 1, 0), JET_errInvalidParameter);
    ck_jet(JetSetCursorFilter(f.s, f.t, NULL, 0, 1), JET_errInvalidGrbit);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_intersect)
{
    Fixture f;
    JET_TABLEID by_name, by_tag;
    JET_RECORDLIST list = {.cbStruct = sizeof list};
    int32_t expected[] = {4, 19, 34, 49}; /* id % 3 == 1 and id % 5 == 4 */
    open_fixture(&f, 60);
    ck_ok(JetDupCursor(f.s, f.t, &by_name, 0));
    ck_ok(JetDupCursor(f.s, f.t, &by_tag, 0));
    seek(&f, f.t, "group", 1, JET_bitSeekEQ | JET_bitSetIndexRange);
    seek(&f, by_tag, "tags", 5, JET_bitSeekEQ | JET_bitSetIndexRange); /* ids 4, 9, 14 ... */
    JET_INDEXRANGE ranges[] = {{sizeof *ranges, f.t, JET_bitRecordInIndex},
                               {sizeof *ranges, by_tag, JET_bitRecordInIndex}};
    ck_ok(JetIntersectIndexes(f.s, ranges, 2, &list, 0));
    ck_assert_uint_eq(list.cRecords, 4);
    for (int i = 0; i < 4; i++) {
        char bookmark[500];
        uint32_t size;
        ck_ok(JetRetrieveColumn(f.s, list.tableid, list.columnidBookmark, bookmark, sizeof bookmark,
                                &size, 0, NULL));
        ck_ok(JetGotoBookmark(f.s, by_name, bookmark, size));
        ck_assert_int_eq(test_get_long(f.s, by_name, f.id), expected[i]);
        ck_jet(JetMove(f.s, list.tableid, 1, 0), i < 3 ? JET_errSuccess : JET_errNoCurrentRecord);
    }
    ck_ok(JetCloseTable(f.s, list.tableid));
    ck_assert_int_eq(here(&f), 1); /* the cursors have not moved */
    /* A row that has several entries in a range counts once. */
    ck_ok(JetSetCurrentIndex(f.s, by_tag, "tags"));
    ck_ok(JetIntersectIndexes(f.s, &ranges[1], 1, &list, 0));
    ck_assert_uint_eq(list.cRecords, 60);
    /* The same index is no other set. */
    seek(&f, by_tag, "group", 2, JET_bitSeekEQ | JET_bitSetIndexRange);
    ck_jet(JetIntersectIndexes(f.s, ranges, 2, &list, 0), JET_errInvalidParameter);
    /* Nothing in common. */
    seek(&f, by_tag, "idu", 2, JET_bitSeekEQ | JET_bitSetIndexRange);
    ck_ok(JetIntersectIndexes(f.s, ranges, 2, &list, 0));
    ck_assert_uint_eq(list.cRecords, 0);
    ck_jet(JetMove(f.s, list.tableid, JET_MoveFirst, 0), JET_errNoCurrentRecord);
    /* Refused. */
    ck_jet(JetIntersectIndexes(f.s, ranges, 0, &list, 0), JET_errInvalidParameter);
    ck_jet(JetIntersectIndexes(f.s, ranges, 2, &list, 1), JET_errInvalidGrbit);
    ranges[1].tableid = by_name; /* in the order of the rows */
    ck_jet(JetIntersectIndexes(f.s, ranges, 2, &list, 0), JET_errInvalidParameter);
    ranges[1].tableid = list.tableid;
    ck_jet(JetIntersectIndexes(f.s, ranges, 2, &list, 0), JET_errInvalidParameter);
    ranges[1].tableid = 12345;
    ck_jet(JetIntersectIndexes(f.s, ranges, 2, &list, 0), JET_errInvalidTableId);
    ranges[1].tableid = by_tag;
    ranges[1].grbit = 2;
    ck_jet(JetIntersectIndexes(f.s, ranges, 2, &list, 0), JET_errInvalidGrbit);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_preread)
{
    Fixture f;
    uint8_t keys[3][300];
    uint32_t sizes[3];
    int32_t done = 0, values[] = {5, 15, 100};
    const void *pointers[3];
    open_fixture(&f, 30);
    for (int i = 0; i < 3; i++) {
        ck_ok(JetMakeKey(f.s, f.t, &values[i], 4, JET_bitNewKey));
        ck_ok(JetRetrieveKey(f.s, f.t, keys[i], sizeof keys[i], &sizes[i], JET_bitRetrieveCopy));
        pointers[i] = keys[i];
    }
    ck_ok(JetMove(f.s, f.t, 3, 0));
    ck_ok(JetPrereadKeys(f.s, f.t, pointers, sizes, 3, &done, JET_bitPrereadForward));
    ck_assert_int_eq(done, 3);
    ck_assert_int_eq(here(&f), 3);
    ck_ok(JetMove(f.s, f.t, 1, 0));
    ck_assert_int_eq(here(&f), 4);
    ck_jet(JetPrereadKeys(f.s, f.t, pointers, sizes, 3, &done, JET_bitPrereadBackward),
           JET_errInvalidParameter);
    ck_jet(JetPrereadKeys(f.s, f.t, pointers, sizes, 3, &done, 0), JET_errInvalidGrbit);
    for (int n = -1; n <= 0; n++)
        ck_jet(JetPrereadKeys(f.s, f.t, pointers, sizes, n, &done, JET_bitPrereadForward),
               JET_errInvalidParameter);
    uint32_t no_size = 0;
    ck_jet(JetPrereadKeys(f.s, f.t, pointers, &no_size, 1, &done, JET_bitPrereadForward),
           JET_errInvalidBufferSize);
    /* Ranges. */
    uint32_t n = 0;
    JET_INDEX_COLUMN from = {f.id, JET_relopEquals, &values[0], 4, 0};
    JET_INDEX_COLUMN to = {f.id, JET_relopEquals, &values[1], 4, 0};
    JET_INDEX_RANGE range = {&from, 1, &to, 1}, back = {&to, 1, &from, 1};
    ck_ok(JetPrereadIndexRanges(f.s, f.t, &range, 1, &n, &f.blob, 1, JET_bitPrereadForward));
    ck_assert_uint_eq(n, 1);
    ck_ok(JetPrereadIndexRanges(f.s, f.t, &back, 1, &n, NULL, 0,
                                JET_bitPrereadBackward | JET_bitPrereadFirstPage));
    JET_INDEX_COLUMN normalized = {0, JET_relopEquals, keys[0], sizes[0], 0};
    JET_INDEX_RANGE open_ended = {&normalized, 1, NULL, 0};
    ck_ok(JetPrereadIndexRanges(f.s, f.t, &open_ended, 1, &n, NULL, 0,
                                JET_bitPrereadForward | JET_bitPrereadNormalizedKey));
    ck_jet(JetPrereadIndexRanges(f.s, f.t, &range, 1, &n, &f.id, 1, JET_bitPrereadForward),
           JET_errMustBeSeparateLongValue);
    from.columnid = f.name;
    ck_jet(JetPrereadIndexRanges(f.s, f.t, &range, 1, &n, NULL, 0, JET_bitPrereadForward),
           JET_errInvalidParameter);
    ck_ok(JetSetCurrentIndex(f.s, f.t, "name"));
    from.pv = (char[]){"name"};
    from.relop = JET_relopPrefixEquals;
    back = (JET_INDEX_RANGE){&from, 1, &from, 1};
    ck_ok(JetPrereadIndexRanges(f.s, f.t, &back, 1, &n, NULL, 0, JET_bitPrereadForward));
    ck_jet(JetPrereadIndexRanges(f.s, f.t, &back, 1, &n, &f.blob, 1, JET_bitPrereadForward),
           JET_errInvalidPreread);
    test_jet_close(&f.jet);
}
END_TEST

/* A conflict is told beforehand, and nothing is locked by asking. */
START_TEST(test_cursor_info)
{
    Fixture f;
    JET_TABLEID theirs, mine;
    JET_SESID other;
    open_fixture(&f, 3);
    other = test_jet_session(&f.jet);
    ck_ok(JetOpenTable(other, f.jet.database, "t", NULL, 0, 0, &theirs));
    ck_jet(JetGetCursorInfo(f.s, f.t, NULL, 0, 0), JET_errNoCurrentRecord);
    ck_ok(JetMove(f.s, f.t, JET_MoveFirst, 0));
    ck_ok(JetMove(other, theirs, JET_MoveFirst, 0));
    ck_jet(JetGetCursorInfo(f.s, f.t, NULL, 4, 0), JET_errInvalidParameter);
    ck_jet(JetGetCursorInfo(f.s, f.t, NULL, 0, 1), JET_errInvalidParameter);
    ck_ok(JetBeginTransaction(f.s));
    ck_ok(JetGetCursorInfo(f.s, f.t, NULL, 0, 0));
    ck_ok(JetBeginTransaction(other));
    ck_ok(JetPrepareUpdate(other, theirs, JET_prepReplace));
    ck_ok(JetGetCursorInfo(other, theirs, NULL, 0, 0)); /* its own lock */
    ck_jet(JetGetCursorInfo(f.s, f.t, NULL, 0, 0), JET_errWriteConflict);
    test_set_text(other, theirs, f.raw, "x");
    ck_ok(JetUpdate(other, theirs, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(other, 0));
    ck_jet(JetGetCursorInfo(f.s, f.t, NULL, 0, 0), JET_errWriteConflict); /* newer than it sees */
    ck_ok(JetCommitTransaction(f.s, 0));
    ck_ok(JetGetCursorInfo(f.s, f.t, NULL, 0, 0));
    ck_ok(JetDupCursor(f.s, f.t, &mine, 0));
    ck_ok(JetMove(f.s, mine, JET_MoveFirst, 0));
    ck_ok(JetBeginTransaction(f.s));
    ck_ok(JetPrepareUpdate(f.s, mine, JET_prepReplace));
    ck_jet(JetGetCursorInfo(f.s, f.t, NULL, 0, 0), JET_errSessionWriteConflict);
    test_jet_close(&f.jet);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("jet-navigate");
    TCase *tcase = tcase_create("navigate");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, test_new_cursor);
    tcase_add_test(tcase, test_position);
    tcase_add_test(tcase, test_statistics);
    tcase_add_test(tcase, test_index_bookmark);
    tcase_add_test(tcase, test_filter);
    tcase_add_test(tcase, test_filter_refused);
    tcase_add_test(tcase, test_intersect);
    tcase_add_test(tcase, test_preread);
    tcase_add_test(tcase, test_cursor_info);
    suite_add_tcase(s, tcase);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
