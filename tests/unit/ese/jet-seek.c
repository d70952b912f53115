/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-seek.c - keys, seeking, ranges, moving, bookmarks, and every kind of index.
 */
#include "tests/unit/ese/jet-test.h"

typedef struct {
    TestJet jet;
    JET_SESID session;
    JET_TABLEID table;
    JET_COLUMNID id, group, name, tags;
} Fixture;

static void open_fixture(Fixture *f)
{
    test_jet_open(&f->jet);
    f->session = f->jet.session;
    ck_ok(JetCreateTable(f->session, f->jet.database, "t", 0, 100, &f->table));
    f->id = test_add_column(f->session, f->table, "id", JET_coltypLong, 0, 0, 0);
    f->group = test_add_column(f->session, f->table, "group", JET_coltypLong, 0, 0, 0);
    f->name = test_add_column(f->session, f->table, "name", JET_coltypText, 50, 0, 1252);
    f->tags = test_add_column(f->session, f->table, "tags", JET_coltypText, 20,
                              JET_bitColumnTagged | JET_bitColumnMultiValued, 1252);
    test_add_index(f->session, f->table, "primary", "+id\0", JET_bitIndexPrimary);
    test_add_index(f->session, f->table, "group", "+group\0-id\0", 0);
    test_add_index(f->session, f->table, "name", "+name\0", 0);
    test_add_index(f->session, f->table, "tags", "+tags\0", JET_bitIndexIgnoreNull);
}

static void insert(Fixture *f, int32_t id, int32_t group, const char *name)
{
    ck_ok(JetPrepareUpdate(f->session, f->table, JET_prepInsert));
    test_set_long(f->session, f->table, f->id, id);
    test_set_long(f->session, f->table, f->group, group);
    if (name)
        test_set_text(f->session, f->table, f->name, name);
    ck_ok(JetUpdate(f->session, f->table, NULL, 0, NULL));
}

/* Rows 10, 20 ... 90 in groups 0, 1, 2. */
static void fill(Fixture *f)
{
    char name[16];
    ck_ok(JetBeginTransaction(f->session));
    for (int32_t i = 1; i <= 9; i++) {
        snprintf(name, sizeof name, "name%d", (int)(10 - i));
        insert(f, i * 10, i % 3, name);
    }
    ck_ok(JetCommitTransaction(f->session, 0));
}

static JET_ERR seek(Fixture *f, int32_t value, JET_GRBIT grbit)
{
    ck_ok(JetMakeKey(f->session, f->table, &value, sizeof value, JET_bitNewKey));
    return JetSeek(f->session, f->table, grbit);
}

static int32_t id_of(Fixture *f)
{
    return test_get_long(f->session, f->table, f->id);
}

START_TEST(test_seek)
{
    Fixture f;
    open_fixture(&f);
    fill(&f);
    ck_jet(JetSeek(f.session, f.table, JET_bitSeekEQ), JET_errKeyNotMade);
    ck_ok(seek(&f, 30, JET_bitSeekEQ));
    ck_assert_int_eq(id_of(&f), 30);
    ck_jet(JetSeek(f.session, f.table, JET_bitSeekEQ), JET_errKeyNotMade); /* consumed */
    ck_jet(seek(&f, 35, JET_bitSeekEQ), JET_errRecordNotFound);
    ck_jet(JetMove(f.session, f.table, 0, 0), JET_errNoCurrentRecord);
    ck_ok(JetMove(f.session, f.table, JET_MoveNext, 0)); /* it was left between 30 and 40 */
    ck_assert_int_eq(id_of(&f), 40);
    ck_jet(seek(&f, 35, JET_bitSeekEQ), JET_errRecordNotFound);
    ck_ok(JetMove(f.session, f.table, JET_MovePrevious, 0));
    ck_assert_int_eq(id_of(&f), 30);
    ck_ok(seek(&f, 30, JET_bitSeekGE));
    ck_assert_int_eq(id_of(&f), 30);
    ck_jet(seek(&f, 31, JET_bitSeekGE), JET_wrnSeekNotEqual);
    ck_assert_int_eq(id_of(&f), 40);
    ck_ok(seek(&f, 30, JET_bitSeekGT));
    ck_assert_int_eq(id_of(&f), 40);
    ck_ok(seek(&f, 30, JET_bitSeekLE));
    ck_assert_int_eq(id_of(&f), 30);
    ck_jet(seek(&f, 39, JET_bitSeekLE), JET_wrnSeekNotEqual);
    ck_assert_int_eq(id_of(&f), 30);
    ck_ok(seek(&f, 30, JET_bitSeekLT));
    ck_assert_int_eq(id_of(&f), 20);
    ck_jet(seek(&f, 10, JET_bitSeekLT), JET_errRecordNotFound);
    ck_jet(seek(&f, 91, JET_bitSeekGE), JET_errRecordNotFound);
    ck_jet(seek(&f, 30, JET_bitSeekEQ | JET_bitSeekGT), JET_errInvalidGrbit);
    ck_jet(JetSeek(f.session, f.table, 0), JET_errInvalidParameter);
    /* Only an exact key makes a range. */
    ck_ok(seek(&f, 30, JET_bitSeekGE | JET_bitSetIndexRange));
    ck_jet(JetSetIndexRange(f.session, f.table, JET_bitRangeRemove), JET_errInvalidOperation);
    /* Duplicates in a secondary index: the first of the equal ones, or the last. */
    ck_ok(JetSetCurrentIndex(f.session, f.table, "group"));
    int32_t one = 1;
    ck_ok(JetMakeKey(f.session, f.table, &one, 4, JET_bitNewKey | JET_bitFullColumnStartLimit));
    ck_jet(JetSeek(f.session, f.table, JET_bitSeekGE), JET_wrnSeekNotEqual);
    ck_assert_int_eq(id_of(&f), 70);
    ck_ok(JetMakeKey(f.session, f.table, &one, 4, JET_bitNewKey | JET_bitFullColumnEndLimit));
    ck_jet(JetMakeKey(f.session, f.table, &one, 4, 0), JET_errKeyIsMade);
    ck_jet(JetSeek(f.session, f.table, JET_bitSeekLE), JET_wrnSeekNotEqual);
    ck_assert_int_eq(id_of(&f), 10);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_keys)
{
    Fixture f;
    uint8_t key[300];
    uint32_t size;
    open_fixture(&f);
    fill(&f);
    int32_t value = 30;
    ck_jet(JetMakeKey(f.session, f.table, &value, 4, 0), JET_errKeyNotMade);
    ck_jet(JetMakeKey(f.session, f.table, &value, 3, JET_bitNewKey), JET_errInvalidBufferSize);
    ck_ok(JetMakeKey(f.session, f.table, &value, 4, JET_bitNewKey));
    ck_jet(JetMakeKey(f.session, f.table, &value, 4, 0), JET_errKeyIsMade);
    ck_jet(JetMakeKey(f.session, f.table, &value, 4, JET_bitNewKey | JET_bitPartialColumnEndLimit),
           JET_errInvalidGrbit);
    ck_ok(JetMakeKey(f.session, f.table, &value, 4, JET_bitNewKey));
    ck_ok(JetRetrieveKey(f.session, f.table, key, sizeof key, &size, JET_bitRetrieveCopy));
    ck_assert_uint_eq(size, 5);
    ck_assert_mem_eq(key, "\x7f\x80\0\0\x1e", 5);
    ck_ok(JetSeek(f.session, f.table, JET_bitSeekEQ));
    ck_ok(JetRetrieveKey(f.session, f.table, key, sizeof key, &size, 0));
    ck_assert_mem_eq(key, "\x7f\x80\0\0\x1e", 5);
    /* No key is longer than 255 bytes, a limit than 256. */
    ck_jet(JetMakeKey(f.session, f.table, key, 257, JET_bitNormalizedKey), JET_errInvalidParameter);
    ck_ok(JetMakeKey(f.session, f.table, key, size, JET_bitNormalizedKey));
    ck_ok(JetSeek(f.session, f.table, JET_bitSeekEQ));
    ck_assert_int_eq(id_of(&f), 30);
    /* Two columns, the second descending. */
    ck_ok(JetSetCurrentIndex(f.session, f.table, "group"));
    int32_t one = 1, forty = 40;
    ck_ok(JetMakeKey(f.session, f.table, &one, 4, JET_bitNewKey));
    ck_ok(JetMakeKey(f.session, f.table, &forty, 4, 0));
    ck_ok(JetSeek(f.session, f.table, JET_bitSeekEQ));
    ck_ok(JetRetrieveKey(f.session, f.table, key, sizeof key, &size, 0));
    ck_assert_uint_eq(size, 10);
    ck_assert_mem_eq(key, "\x7f\x80\0\0\x01\x80\x7f\xff\xff\xd7", 10);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_ranges)
{
    Fixture f;
    uint32_t count;
    open_fixture(&f);
    fill(&f);
    int32_t value = 50;
    ck_jet(JetSetIndexRange(f.session, f.table, JET_bitRangeUpperLimit), JET_errKeyNotMade);
    ck_jet(JetSetIndexRange(f.session, f.table, JET_bitRangeRemove), JET_errInvalidOperation);
    ck_ok(seek(&f, 30, JET_bitSeekGE));
    ck_ok(JetMakeKey(f.session, f.table, &value, 4, JET_bitNewKey));
    ck_ok(JetSetIndexRange(f.session, f.table, JET_bitRangeUpperLimit | JET_bitRangeInclusive));
    ck_ok(JetIndexRecordCount(f.session, f.table, &count, 0));
    ck_assert_uint_eq(count, 3);
    ck_assert_int_eq(id_of(&f), 30); /* counting does not move */
    ck_ok(JetIndexRecordCount(f.session, f.table, &count, 2));
    ck_assert_uint_eq(count, 2);
    ck_ok(JetMove(f.session, f.table, 2, 0));
    ck_assert_int_eq(id_of(&f), 50);
    ck_jet(JetMove(f.session, f.table, JET_MoveNext, 0), JET_errNoCurrentRecord);
    /* The range went with that; the cursor is behind the last. */
    ck_jet(JetMove(f.session, f.table, JET_MoveNext, 0), JET_errNoCurrentRecord);
    ck_ok(JetMove(f.session, f.table, JET_MovePrevious, 0));
    ck_assert_int_eq(id_of(&f), 90);
    /* Exclusive. */
    ck_ok(seek(&f, 30, JET_bitSeekGE));
    ck_ok(JetMakeKey(f.session, f.table, &value, 4, JET_bitNewKey));
    ck_ok(JetSetIndexRange(f.session, f.table, JET_bitRangeUpperLimit));
    ck_ok(JetIndexRecordCount(f.session, f.table, &count, 0));
    ck_assert_uint_eq(count, 2);
    ck_ok(JetSetIndexRange(f.session, f.table, JET_bitRangeRemove));
    ck_ok(JetIndexRecordCount(f.session, f.table, &count, 0));
    ck_assert_uint_eq(count, 7);
    /* A lower limit, moving backwards; and a range that is empty. */
    ck_ok(seek(&f, 70, JET_bitSeekEQ));
    ck_ok(JetMakeKey(f.session, f.table, &value, 4, JET_bitNewKey));
    ck_ok(JetSetIndexRange(f.session, f.table, JET_bitRangeInclusive));
    ck_ok(JetMove(f.session, f.table, -2, 0));
    ck_assert_int_eq(id_of(&f), 50);
    ck_jet(JetMove(f.session, f.table, -1, 0), JET_errNoCurrentRecord);
    ck_ok(seek(&f, 70, JET_bitSeekEQ));
    ck_ok(JetMakeKey(f.session, f.table, &value, 4, JET_bitNewKey));
    ck_jet(JetSetIndexRange(f.session, f.table, JET_bitRangeUpperLimit), JET_errNoCurrentRecord);
    ck_jet(JetMove(f.session, f.table, 0, 0), JET_errNoCurrentRecord); /* parked behind the last */
    ck_ok(JetMove(f.session, f.table, -1, 0));
    ck_assert_int_eq(id_of(&f), 90);
    ck_ok(seek(&f, 30, JET_bitSeekEQ));
    ck_ok(JetMakeKey(f.session, f.table, &value, 4, JET_bitNewKey));
    ck_jet(JetSetIndexRange(f.session, f.table, JET_bitRangeInstantDuration),
           JET_errNoCurrentRecord);
    ck_ok(JetMove(f.session, f.table, 1, 0)); /* from before the first */
    ck_assert_int_eq(id_of(&f), 10);
    /* Seek with a range on the same key. */
    ck_ok(JetSetCurrentIndex(f.session, f.table, "name"));
    ck_ok(JetMakeKey(f.session, f.table, "NAME5", 5, JET_bitNewKey));
    ck_ok(JetSeek(f.session, f.table, JET_bitSeekEQ | JET_bitSetIndexRange));
    ck_jet(JetMove(f.session, f.table, 1, 0), JET_errNoCurrentRecord);
    ck_ok(JetMakeKey(f.session, f.table, "NAME5", 5, JET_bitNewKey));
    ck_jet(JetSeek(f.session, f.table, JET_bitSeekEQ | JET_bitCheckUniqueness), JET_wrnUniqueKey);
    /* A prefix of text. */
    ck_ok(JetMakeKey(f.session, f.table, "nam", 3, JET_bitNewKey | JET_bitPartialColumnStartLimit));
    ck_jet(JetSeek(f.session, f.table, JET_bitSeekGE), JET_wrnSeekNotEqual);
    ck_ok(JetMakeKey(f.session, f.table, "nam", 3, JET_bitNewKey | JET_bitSubStrLimit));
    ck_ok(JetSetIndexRange(f.session, f.table, JET_bitRangeUpperLimit));
    ck_ok(JetIndexRecordCount(f.session, f.table, &count, 0));
    ck_assert_uint_eq(count, 9);
    test_jet_close(&f.jet);
}
END_TEST

/* Columns of a fixed size, text and binary; and limits of old, which depend on the type. */
START_TEST(test_keys_of_types)
{
    Fixture f;
    uint8_t key[300];
    uint32_t size, count;
    open_fixture(&f);
    JET_COLUMNID code =
        test_add_column(f.session, f.table, "code", JET_coltypText, 6, JET_bitColumnFixed, 1252);
    JET_COLUMNID wide =
        test_add_column(f.session, f.table, "wide", JET_coltypText, 6, JET_bitColumnFixed, 1200);
    JET_COLUMNID hash =
        test_add_column(f.session, f.table, "hash", JET_coltypBinary, 10, JET_bitColumnFixed, 0);
    JET_COLUMNID bytes = test_add_column(f.session, f.table, "bytes", JET_coltypBinary, 20, 0, 0);
    test_add_index(f.session, f.table, "code", "+code\0", 0);
    test_add_index(f.session, f.table, "hash", "+hash\0", 0);
    test_add_index(f.session, f.table, "bytes", "+bytes\0+id\0", 0);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    test_set_long(f.session, f.table, f.id, 1);
    test_set_text(f.session, f.table, code, "ab");
    ck_ok(JetSetColumn(f.session, f.table, wide, "a\0", 2, 0, NULL));
    ck_ok(JetSetColumn(f.session, f.table, hash, "0123456789", 10, 0, NULL));
    ck_ok(JetSetColumn(f.session, f.table, bytes, "begin", 5, 0, NULL));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    /* Text is filled up with spaces, in the row and in the search key. */
    ck_ok(JetSetCurrentIndex(f.session, f.table, "code"));
    ck_ok(JetRetrieveColumn(f.session, f.table, wide, key, sizeof key, &size, 0, NULL));
    ck_assert_uint_eq(size, 6);
    ck_assert_mem_eq(key, "a\0 \0 \0", 6);
    ck_ok(JetMakeKey(f.session, f.table, "AB", 2, JET_bitNewKey));
    ck_ok(JetSeek(f.session, f.table, JET_bitSeekEQ));
    ck_jet(JetMakeKey(f.session, f.table, "ABCDEFG", 7, JET_bitNewKey), JET_errInvalidBufferSize);
    ck_jet(JetMakeKey(f.session, f.table, NULL, 0, JET_bitNewKey | JET_bitKeyDataZeroLength),
           JET_errInvalidBufferSize);
    /* Binary is as it is. */
    ck_ok(JetSetCurrentIndex(f.session, f.table, "hash"));
    ck_ok(JetRetrieveKey(f.session, f.table, key, sizeof key, &size, 0));
    ck_assert_uint_eq(size, 11);
    ck_assert_mem_eq(key,
                     "\x7f"
                     "0123456789",
                     11);
    ck_jet(JetMakeKey(f.session, f.table, "0123", 4, JET_bitNewKey), JET_errInvalidBufferSize);
    ck_jet(JetMakeKey(f.session, f.table, "0123456789", 10,
                      JET_bitNewKey | JET_bitPartialColumnEndLimit),
           JET_errInvalidGrbit);
    /* JET_bitStrLimit bounds a part of binary data, JET_bitSubStrLimit one of text only. */
    ck_ok(JetSetCurrentIndex(f.session, f.table, "bytes"));
    ck_ok(JetMakeKey(f.session, f.table, "be", 2, JET_bitNewKey | JET_bitStrLimit));
    ck_jet(JetMakeKey(f.session, f.table, "abcd", 4, 0), JET_errKeyIsMade);
    ck_ok(JetSetIndexRange(f.session, f.table, JET_bitRangeUpperLimit));
    ck_ok(JetIndexRecordCount(f.session, f.table, &count, 0));
    ck_assert_uint_eq(count, 1);
    ck_ok(JetMakeKey(f.session, f.table, "begin", 5, JET_bitNewKey | JET_bitSubStrLimit));
    ck_ok(JetMakeKey(f.session, f.table, "\1\0\0", 4, 0)); /* not bounded: the next column */
    ck_ok(JetSeek(f.session, f.table, JET_bitSeekEQ));
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_moves)
{
    Fixture f;
    uint8_t bookmark[16];
    uint32_t size;
    uint32_t count = 1;
    open_fixture(&f);
    ck_jet(JetMove(f.session, f.table, JET_MoveFirst, 0), JET_errNoCurrentRecord);
    ck_jet(JetIndexRecordCount(f.session, f.table, &count, 0), JET_errNoCurrentRecord);
    ck_ok(JetSetCurrentIndex(f.session, f.table, "group")); /* of an empty table */
    ck_ok(JetSetCurrentIndex(f.session, f.table, NULL));
    ck_ok(JetIndexRecordCount(f.session, f.table, &count, 0));
    ck_assert_uint_eq(count, 0);
    fill(&f);
    ck_ok(JetIndexRecordCount(f.session, f.table, &count, 0)); /* it is still at the beginning */
    ck_assert_uint_eq(count, 9);
    ck_ok(JetMove(f.session, f.table, JET_MoveLast, 0));
    ck_assert_int_eq(id_of(&f), 90);
    ck_ok(JetMove(f.session, f.table, -8, 0));
    ck_assert_int_eq(id_of(&f), 10);
    ck_jet(JetMove(f.session, f.table, -1, 0), JET_errNoCurrentRecord);
    ck_ok(JetMove(f.session, f.table, 1, 0)); /* from before the first */
    ck_assert_int_eq(id_of(&f), 10);
    ck_jet(JetMove(f.session, f.table, 100, 0), JET_errNoCurrentRecord);
    ck_ok(JetSetCurrentIndex(f.session, f.table, "group"));
    ck_assert_int_eq(id_of(&f), 90); /* group 0, ids descending */
    ck_ok(JetMove(f.session, f.table, 1, JET_bitMoveKeyNE));
    ck_assert_int_eq(id_of(&f), 60);
    ck_ok(JetSetCurrentIndex2(f.session, f.table, "name", JET_bitNoMove));
    ck_assert_int_eq(id_of(&f), 60);
    ck_ok(JetMove(f.session, f.table, 1, 0));
    ck_assert_int_eq(id_of(&f), 50); /* name5 after name4 */
    ck_ok(JetGetBookmark(f.session, f.table, bookmark, sizeof bookmark, &size));
    ck_assert_mem_eq(bookmark, "\x7f\x80\0\0\x32", size);
    ck_jet(JetGetBookmark(f.session, f.table, bookmark, 2, &size), JET_errBufferTooSmall);
    ck_assert_uint_eq(size, 5);
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    memcpy(bookmark, "\x7f\x80\0\0\x32", 5);
    ck_ok(JetGotoBookmark(f.session, f.table, bookmark, 5));
    ck_ok(JetMove(f.session, f.table, 1, 0));
    ck_assert_int_eq(id_of(&f), 40);
    ck_jet(JetGotoBookmark(f.session, f.table, bookmark, 0), JET_errInvalidBookmark);
    memcpy(bookmark, "\x7f\x80\0\0\x33", 5);
    ck_jet(JetGotoBookmark(f.session, f.table, bookmark, 5), JET_errRecordDeleted);
    ck_jet(JetSetCurrentIndex(f.session, f.table, "nosuch"), JET_errIndexNotFound);
    /* Moving on from a row that is deleted under the cursor. */
    ck_ok(JetSetCurrentIndex(f.session, f.table, NULL));
    ck_ok(seek(&f, 30, JET_bitSeekEQ));
    ck_ok(JetDelete(f.session, f.table));
    ck_ok(JetMove(f.session, f.table, 1, 0));
    ck_assert_int_eq(id_of(&f), 40);
    test_jet_close(&f.jet);
}
END_TEST

static void add_tag(Fixture *f, const char *tag)
{
    JET_SETINFO info = {.cbStruct = sizeof info, .itagSequence = 0};
    ck_ok(JetSetColumn(f->session, f->table, f->tags, tag, (uint32_t)strlen(tag), 0, &info));
}

START_TEST(test_multi_valued_index)
{
    Fixture f;
    char tag[16];
    uint32_t size, count;
    open_fixture(&f);
    for (int32_t id = 1; id <= 2; id++) {
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
        test_set_long(f.session, f.table, f.id, id);
        add_tag(&f, "red");
        add_tag(&f, id == 1 ? "blue" : "green");
        add_tag(&f, "RED"); /* the same key: one entry */
        ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    }
    insert(&f, 3, 0, NULL); /* has none: not in the index */
    ck_ok(JetSetCurrentIndex(f.session, f.table, "tags"));
    ck_ok(JetIndexRecordCount(f.session, f.table, &count, 0));
    ck_assert_uint_eq(count, 4);
    JET_RETINFO info = {.cbStruct = sizeof info, .itagSequence = 1};
    ck_ok(JetRetrieveColumn(f.session, f.table, f.tags, tag, sizeof tag, &size,
                            JET_bitRetrieveFromIndex | JET_bitRetrieveTag, &info));
    ck_assert_mem_eq(tag, "blue", size);
    ck_assert_uint_eq(info.itagSequence, 2);
    ck_ok(JetMakeKey(f.session, f.table, "red", 3, JET_bitNewKey));
    ck_ok(JetSeek(f.session, f.table, JET_bitSeekEQ | JET_bitSetIndexRange));
    ck_assert_int_eq(id_of(&f), 1);
    ck_ok(JetMove(f.session, f.table, 1, 0));
    ck_assert_int_eq(id_of(&f), 2);
    /* Replace changes just the entries that change. */
    JET_SETINFO second = {.cbStruct = sizeof second, .itagSequence = 2};
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    ck_ok(JetSetColumn(f.session, f.table, f.tags, "black", 5, 0, &second));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetMakeKey(f.session, f.table, "green", 5, JET_bitNewKey));
    ck_jet(JetSeek(f.session, f.table, JET_bitSeekEQ), JET_errRecordNotFound);
    ck_ok(JetMakeKey(f.session, f.table, "black", 5, JET_bitNewKey));
    ck_ok(JetSeek(f.session, f.table, JET_bitSeekEQ));
    ck_ok(JetDelete(f.session, f.table));
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    ck_ok(JetIndexRecordCount(f.session, f.table, &count, 0));
    ck_assert_uint_eq(count, 2);
    test_jet_close(&f.jet);
}
END_TEST

static uint32_t entries(Fixture *f, const char *index)
{
    uint32_t count;
    ck_ok(JetSetCurrentIndex(f->session, f->table, index));
    JET_ERR err = JetIndexRecordCount(f->session, f->table, &count, 0);
    if (err == JET_errNoCurrentRecord)
        return 0;
    ck_ok(err);
    return count;
}

START_TEST(test_null_rules_and_conditions)
{
    Fixture f;
    open_fixture(&f);
    insert(&f, 1, 1, "a");
    insert(&f, 2, 2, NULL);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    test_set_long(f.session, f.table, f.id, 3);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL)); /* group and name NULL */
    test_add_index(f.session, f.table, "all", "+group\0+name\0", 0);
    test_add_index(f.session, f.table, "null", "+group\0+name\0", JET_bitIndexIgnoreNull);
    test_add_index(f.session, f.table, "any", "+group\0+name\0", JET_bitIndexIgnoreAnyNull);
    test_add_index(f.session, f.table, "first", "+name\0+group\0", JET_bitIndexIgnoreFirstNull);
    JET_CONDITIONALCOLUMN null_name = {.cbStruct = sizeof null_name,
                                       .szColumnName = (char[]){"name"},
                                       .grbit = JET_bitIndexColumnMustBeNull};
    JET_INDEXCREATE conditional = {.cbStruct = sizeof conditional,
                                   .szIndexName = (char[]){"conditional"},
                                   .szKey = (char[]){"+group\0"},
                                   .cbKey = 8,
                                   .rgconditionalcolumn = &null_name,
                                   .cConditionalColumn = 1};
    ck_ok(JetCreateIndex2(f.session, f.table, &conditional, 1));
    ck_assert_uint_eq(entries(&f, "all"), 3);
    ck_assert_uint_eq(entries(&f, "null"), 2);
    ck_assert_uint_eq(entries(&f, "any"), 1);
    ck_assert_uint_eq(entries(&f, "first"), 1);
    ck_assert_uint_eq(entries(&f, "conditional"), 2);
    insert(&f, 4, 4, "d");
    insert(&f, 5, 5, NULL);
    ck_assert_uint_eq(entries(&f, "any"), 2);
    ck_assert_uint_eq(entries(&f, "conditional"), 3);
    ck_jet(
        JetCreateIndex(f.session, f.table, "nonull", JET_bitIndexDisallowNull, "+name\0", 7, 100),
        JET_errNullKeyDisallowed);
    ck_jet(JetSetCurrentIndex(f.session, f.table, "nonull"), JET_errIndexNotFound);
    ck_jet(JetCreateIndex(f.session, f.table, "unique", JET_bitIndexUnique, "+name\0", 7, 100),
           JET_errKeyDuplicate); /* NULL is a key like another */
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_truncated_unique)
{
    TestJet jet;
    JET_TABLEID table;
    char text[400];
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 100, &table));
    JET_COLUMNID data = test_add_column(jet.session, table, "data", JET_coltypLongText, 0, 0, 1252);
    test_add_index(jet.session, table, "u", "+data\0", JET_bitIndexUnique);
    ck_ok(JetBeginTransaction(jet.session));
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 2; i++) {
        text[399] = (char)('a' + i); /* beyond what the key has */
        ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
        ck_ok(JetSetColumn(jet.session, table, data, text, sizeof text, 0, NULL));
        ck_jet(JetUpdate(jet.session, table, NULL, 0, NULL), i ? JET_errKeyDuplicate : 0);
    }
    text[200] = 'y';
    ck_ok(JetSetColumn(jet.session, table, data, text, sizeof text, 0, NULL));
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    /* The row is separate (400 bytes are not), so also over 1023: */
    static char large[3000];
    memset(large, 'z', sizeof large);
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
    ck_ok(JetSetColumn(jet.session, table, data, large, sizeof large, 0, NULL));
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
    ck_ok(JetSetColumn(jet.session, table, data, large, sizeof large, 0, NULL));
    ck_jet(JetUpdate(jet.session, table, NULL, 0, NULL), JET_errKeyDuplicate);
    test_jet_close(&jet);
}
END_TEST

/* Rows of a table without a primary index come in the order of insertion. */
START_TEST(test_sequential)
{
    TestJet jet;
    JET_TABLEID table;
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 100, &table));
    JET_COLUMNID value = test_add_column(jet.session, table, "v", JET_coltypLong, 0, 0, 0);
    for (int32_t i = 5; i > 0; i--) {
        ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
        test_set_long(jet.session, table, value, i);
        ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    }
    ck_jet(JetMakeKey(jet.session, table, "abcd", 4, JET_bitNewKey), JET_errNoCurrentIndex);
    ck_ok(JetMove(jet.session, table, JET_MoveFirst, 0));
    for (int32_t i = 5; i > 0; i--) {
        ck_assert_int_eq(test_get_long(jet.session, table, value), i);
        JetMove(jet.session, table, JET_MoveNext, 0);
    }
    test_jet_close(&jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-seek");
    TCase *tests = tcase_create("seek");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_seek);
    tcase_add_test(tests, test_keys);
    tcase_add_test(tests, test_ranges);
    tcase_add_test(tests, test_keys_of_types);
    tcase_add_test(tests, test_moves);
    tcase_add_test(tests, test_multi_valued_index);
    tcase_add_test(tests, test_null_rules_and_conditions);
    tcase_add_test(tests, test_truncated_unique);
    tcase_add_test(tests, test_sequential);
    return run_suite(suite);
}
