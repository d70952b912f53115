/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-update.c - making, changing and deleting rows; transactions, savepoints and conflicts.
 */
#include "tests/unit/ese/jet-test.h"

typedef struct {
    TestJet jet;
    JET_SESID session;
    JET_TABLEID table;
    JET_COLUMNID id, name, tags, counter, note;
} Fixture;

static void open_fixture(Fixture *f)
{
    int32_t zero = 0;
    JET_COLUMNDEF escrow = {
        .cbStruct = sizeof escrow, .coltyp = JET_coltypLong, .grbit = JET_bitColumnEscrowUpdate};
    test_jet_open(&f->jet);
    f->session = f->jet.session;
    ck_ok(JetCreateTable(f->session, f->jet.database, "t", 0, 100, &f->table));
    f->id = test_add_column(f->session, f->table, "id", JET_coltypLong, 0, 0, 0);
    f->name = test_add_column(f->session, f->table, "name", JET_coltypText, 20, 0, 1252);
    f->tags = test_add_column(f->session, f->table, "tags", JET_coltypText, 20,
                              JET_bitColumnTagged | JET_bitColumnMultiValued, 1252);
    ck_ok(JetAddColumn(f->session, f->table, "counter", &escrow, &zero, sizeof zero, &f->counter));
    f->note = test_add_column(f->session, f->table, "note", JET_coltypLongText, 0, 0, 1252);
    test_add_index(f->session, f->table, "primary", "+id\0", JET_bitIndexPrimary);
    test_add_index(f->session, f->table, "name", "+name\0",
                   JET_bitIndexUnique | JET_bitIndexIgnoreNull);
}

static void insert(Fixture *f, int32_t id, const char *name)
{
    ck_ok(JetPrepareUpdate(f->session, f->table, JET_prepInsert));
    test_set_long(f->session, f->table, f->id, id);
    if (name)
        test_set_text(f->session, f->table, f->name, name);
    ck_ok(JetUpdate(f->session, f->table, NULL, 0, NULL));
}

static JET_ERR go(JET_SESID session, JET_TABLEID table, int32_t id)
{
    ck_ok(JetMakeKey(session, table, &id, sizeof id, JET_bitNewKey));
    return JetSeek(session, table, JET_bitSeekEQ);
}

START_TEST(test_prepare_states)
{
    Fixture f;
    open_fixture(&f);
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errUpdateNotPrepared);
    ck_jet(JetPrepareUpdate(f.session, f.table, JET_prepCancel), JET_errUpdateNotPrepared);
    ck_jet(JetSetColumn(f.session, f.table, f.id, "abcd", 4, 0, NULL), JET_errUpdateNotPrepared);
    ck_jet(JetPrepareUpdate(f.session, f.table, JET_prepReplace), JET_errNoCurrentRecord);
    ck_jet(JetPrepareUpdate(f.session, f.table, 1), JET_errInvalidParameter);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    ck_jet(JetPrepareUpdate(f.session, f.table, JET_prepInsert), JET_errAlreadyPrepared);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
    insert(&f, 1, "a");
    /* A failed update stays prepared. */
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    test_set_long(f.session, f.table, f.id, 1);
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errKeyDuplicate);
    test_set_long(f.session, f.table, f.id, 2);
    test_set_text(f.session, f.table, f.name, "a");
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errKeyDuplicate);
    test_set_text(f.session, f.table, f.name, "b");
    uint8_t bookmark[16];
    uint32_t size;
    ck_ok(JetUpdate(f.session, f.table, bookmark, sizeof bookmark, &size));
    ck_assert_uint_eq(size, 5);
    ck_assert_mem_eq(bookmark, "\x7f\x80\0\0\2", 5);
    /* The cursor did not move. */
    ck_jet(JetMove(f.session, f.table, 0, 0), JET_errNoCurrentRecord);
    ck_ok(JetGotoBookmark(f.session, f.table, bookmark, size));
    ck_assert_str_eq(test_get_text(f.session, f.table, f.name), "b");
    test_jet_close(&f.jet);
}
END_TEST

typedef JET_ERR (*Move)(Fixture *);

static JET_ERR move_first(Fixture *f)
{
    return JetMove(f->session, f->table, JET_MoveFirst, 0);
}

static JET_ERR move_nowhere(Fixture *f)
{
    return JetMove(f->session, f->table, 0, 0);
}

static JET_ERR seek_second(Fixture *f)
{
    return go(f->session, f->table, 2);
}

static JET_ERR goto_own_bookmark(Fixture *f)
{
    uint8_t bookmark[500];
    uint32_t size;
    ck_ok(JetGetBookmark(f->session, f->table, bookmark, sizeof bookmark, &size));
    return JetGotoBookmark(f->session, f->table, bookmark, size);
}

static JET_ERR goto_position(Fixture *f)
{
    JET_RECPOS position = {.cbStruct = sizeof position, .centriesLT = 0, .centriesTotal = 2};
    return JetGotoPosition(f->session, f->table, &position);
}

static JET_ERR change_index_in_place(Fixture *f)
{
    return JetSetCurrentIndex2(f->session, f->table, "name", JET_bitNoMove);
}

static JET_ERR goto_own_entry(Fixture *f)
{
    uint8_t key[500], bookmark[500];
    uint32_t key_size, size;
    ck_ok(JetGetSecondaryIndexBookmark(f->session, f->table, key, sizeof key, &key_size, bookmark,
                                       sizeof bookmark, &size, 0));
    return JetGotoSecondaryIndexBookmark(f->session, f->table, key, key_size, bookmark, size, 0);
}

static JET_ERR back_to_primary(Fixture *f)
{
    return JetSetCurrentIndex(f->session, f->table, NULL);
}

/* As ErrIsamMove, ErrIsamSeek and the others cancel it: the change would meet another row. */
START_TEST(test_moving_gives_a_row_up)
{
    static const Move moves[] = {move_first,        move_nowhere,   seek_second,
                                 goto_own_bookmark, goto_position,  change_index_in_place,
                                 goto_own_entry,    back_to_primary};
    Fixture f;
    open_fixture(&f);
    insert(&f, 1, "a");
    insert(&f, 2, "b");
    ck_ok(go(f.session, f.table, 1));
    for (unsigned i = 0; i < sizeof moves / sizeof *moves; i++) {
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
        ck_ok(moves[i](&f));
        ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errUpdateNotPrepared);
    }
    /* What only looks, or fails before it moves, does not. */
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    ck_jet(JetSeek(f.session, f.table, JET_bitSeekEQ), JET_errKeyNotMade);
    ck_jet(JetGotoBookmark(f.session, f.table, NULL, 0), JET_errInvalidBookmark);
    ck_jet(JetSetCurrentIndex(f.session, f.table, "none"), JET_errIndexNotFound);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsertCopyDeleteOriginal));
    ck_jet(JetDelete(f.session, f.table), JET_errAlreadyPrepared);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
    ck_ok(JetRollback(f.session, 0));
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_replace)
{
    Fixture f;
    uint8_t bookmark[16];
    uint32_t size = 0;
    open_fixture(&f);
    insert(&f, 1, "a");
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(go(f.session, f.table, 1));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    test_set_long(f.session, f.table, f.id, 7);
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errRecordPrimaryChanged);
    test_set_long(f.session, f.table, f.id, 1);
    test_set_text(f.session, f.table, f.name, "changed");
    ck_assert_str_eq(test_get_text(f.session, f.table, f.name), "a");
    char copy[20];
    ck_ok(JetRetrieveColumn(f.session, f.table, f.name, copy, sizeof copy, &size,
                            JET_bitRetrieveCopy, NULL));
    ck_assert_mem_eq(copy, "changed", size);
    ck_ok(JetUpdate(f.session, f.table, bookmark, sizeof bookmark, &size));
    ck_assert_uint_eq(size, 5);
    ck_assert_str_eq(test_get_text(f.session, f.table, f.name), "changed");
    ck_ok(JetSetCurrentIndex(f.session, f.table, "name"));
    ck_ok(JetMakeKey(f.session, f.table, "a", 1, JET_bitNewKey));
    ck_jet(JetSeek(f.session, f.table, JET_bitSeekEQ), JET_errRecordNotFound);
    ck_ok(JetMakeKey(f.session, f.table, "CHANGED", 7, JET_bitNewKey));
    ck_ok(JetSeek(f.session, f.table, JET_bitSeekEQ));
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_jet(JetUpdate2(f.session, f.table, NULL, 0, NULL, 2), JET_errUpdateMustVersion);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_set_rules)
{
    static const JET_GRBIT long_bits[] = {JET_bitSetAppendLV,   JET_bitSetOverwriteLV,
                                          JET_bitSetSizeLV,     JET_bitSetSeparateLV,
                                          JET_bitSetCompressed, JET_bitSetUncompressed};
    Fixture f;
    open_fixture(&f);
    JET_COLUMNID must =
        test_add_column(f.session, f.table, "must", JET_coltypShort, 0, JET_bitColumnNotNULL, 0);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    ck_jet(JetSetColumn(f.session, f.table, f.id, "abc", 3, 0, NULL), JET_errInvalidBufferSize);
    ck_jet(JetSetColumn(f.session, f.table, 77, "abc", 3, 0, NULL), JET_errColumnNotFound);
    ck_jet(JetSetColumn(f.session, f.table, must, NULL, 0, 0, NULL), JET_errNullInvalid);
    ck_jet(JetSetColumn(f.session, f.table, f.name, "0123456789012345678901", 22, 0, NULL),
           JET_wrnColumnMaxTruncated);
    uint32_t size;
    ck_ok(JetRetrieveColumn(f.session, f.table, f.name, NULL, 0, &size, JET_bitRetrieveCopy,
                            NULL) == JET_wrnBufferTruncated
              ? 0
              : -1);
    ck_assert_uint_eq(size, 20);
    ck_jet(JetSetColumn(f.session, f.table, f.tags, "0123456789012345678901", 22, 0, NULL),
           JET_errColumnTooBig);
    test_set_long(f.session, f.table, f.id, 1);
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errNullInvalid);
    int16_t value = 3;
    /* A value of a fixed size is never empty: NULL. */
    ck_jet(JetSetColumn(f.session, f.table, must, "", 0, JET_bitSetZeroLength, NULL),
           JET_errNullInvalid);
    ck_ok(JetSetColumn(f.session, f.table, f.id, "", 0, JET_bitSetZeroLength, NULL));
    ck_jet(JetRetrieveColumn(f.session, f.table, f.id, NULL, 0, &size, JET_bitRetrieveCopy, NULL),
           JET_wrnColumnNull);
    test_set_long(f.session, f.table, f.id, 1);
    /* No bytes, however many they are said to be. */
    ck_jet(JetSetColumn(f.session, f.table, must, NULL, 2, 0, NULL), JET_errNullInvalid);
    /* Bits for long values say nothing of others. */
    for (size_t i = 0; i < sizeof long_bits / sizeof *long_bits; i++)
        ck_ok(JetSetColumn(f.session, f.table, must, &value, 2, long_bits[i], NULL));
    ck_ok(JetSetColumn(f.session, f.table, must, &value, 2, 0, NULL));
    ck_ok(JetSetColumn(f.session, f.table, f.name, NULL, 0, JET_bitSetZeroLength, NULL));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(go(f.session, f.table, 1));
    ck_assert_str_eq(test_get_text(f.session, f.table, f.name), "");
    ck_assert_str_eq(test_get_text(f.session, f.table, f.tags), "(null)");
    test_jet_close(&f.jet);
}
END_TEST

static JET_ERR set_tag(Fixture *f, uint32_t itag, const char *text, JET_GRBIT grbit)
{
    JET_SETINFO info = {.cbStruct = sizeof info, .itagSequence = itag};
    return JetSetColumn(f->session, f->table, f->tags, text, text ? (uint32_t)strlen(text) : 0,
                        grbit, &info);
}

static void check_tag(Fixture *f, uint32_t itag, const char *expected)
{
    char text[32];
    uint32_t size;
    JET_RETINFO info = {.cbStruct = sizeof info, .itagSequence = itag};
    JET_ERR err = JetRetrieveColumn(f->session, f->table, f->tags, text, sizeof text, &size,
                                    JET_bitRetrieveCopy, &info);
    if (!expected) {
        ck_jet(err, JET_wrnColumnNull);
        return;
    }
    ck_ok(err);
    ck_assert_uint_eq(size, strlen(expected));
    ck_assert_mem_eq(text, expected, size);
}

START_TEST(test_multi_values)
{
    Fixture f;
    open_fixture(&f);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    test_set_long(f.session, f.table, f.id, 1);
    ck_ok(set_tag(&f, 0, "one", 0));
    ck_ok(set_tag(&f, 0, "two", 0));
    ck_ok(set_tag(&f, 9, "three", 0));
    check_tag(&f, 3, "three");
    ck_ok(set_tag(&f, 2, NULL, 0)); /* later ones move down */
    check_tag(&f, 2, "three");
    check_tag(&f, 3, NULL);
    ck_jet(set_tag(&f, 0, "one", JET_bitSetUniqueMultiValues), JET_errMultiValuedDuplicate);
    ck_ok(set_tag(&f, 0, "ONE", JET_bitSetUniqueMultiValues));
    ck_jet(set_tag(&f, 0, "THREE", JET_bitSetUniqueNormalizedMultiValues),
           JET_errMultiValuedDuplicate);
    JET_RETRIEVECOLUMN count = {.columnid = f.tags, .grbit = JET_bitRetrieveCopy};
    ck_ok(JetRetrieveColumns(f.session, f.table, &count, 1));
    ck_assert_uint_eq(count.itagSequence, 3);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    JET_RETINFO none = {.cbStruct = sizeof none, .itagSequence = 0};
    ck_ok(go(f.session, f.table, 1));
    ck_jet(JetRetrieveColumn(f.session, f.table, f.tags, NULL, 0, NULL, 0, &none),
           JET_errBadItagSequence);

    /* The row as it is and as it is being changed, in one call. */
    char values[3][4] = {0};
    JET_RETRIEVECOLUMN columns[3];
    for (int i = 0; i < 3; i++)
        columns[i] = (JET_RETRIEVECOLUMN){.columnid = f.tags,
                                          .pvData = values[i],
                                          .cbData = 3,
                                          .grbit = i == 1 ? JET_bitRetrieveCopy : 0,
                                          .itagSequence = 1};
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    ck_ok(set_tag(&f, 1, "new", 0));
    ck_ok(JetRetrieveColumns(f.session, f.table, columns, 3));
    ck_assert_str_eq(values[0], "one");
    ck_assert_str_eq(values[1], "new");
    ck_assert_str_eq(values[2], "one");
    test_jet_close(&f.jet);
}
END_TEST

static uint32_t count_values(Fixture *f, JET_COLUMNID column)
{
    JET_RETRIEVECOLUMN count = {.columnid = column, .grbit = JET_bitRetrieveCopy};
    ck_ok(JetRetrieveColumns(f->session, f->table, &count, 1));
    return count.itagSequence;
}

/* NULL takes the place of the default, and of the last value; beside values it is none. */
START_TEST(test_null_over_default)
{
    Fixture f;
    JET_COLUMNID id;
    JET_COLUMNDEF column = {.cbStruct = sizeof column,
                            .coltyp = JET_coltypText,
                            .cp = 1252,
                            .grbit = JET_bitColumnTagged | JET_bitColumnMultiValued};
    JET_SETINFO new = {.cbStruct = sizeof new, .itagSequence = 0};
    JET_SETINFO third = {.cbStruct = sizeof third, .itagSequence = 3};
    open_fixture(&f);
    ck_ok(JetAddColumn(f.session, f.table, "d", &column, "default", 7, &id));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    ck_assert_uint_eq(count_values(&f, id), 1);
    ck_ok(JetSetColumn(f.session, f.table, id, NULL, 0, 0, &new));
    ck_assert_uint_eq(count_values(&f, id), 0);
    ck_ok(JetSetColumn(f.session, f.table, id, "a", 1, 0, &new));
    ck_assert_uint_eq(count_values(&f, id), 1);
    ck_ok(JetSetColumn(f.session, f.table, id, NULL, 0, 0, &new));
    ck_ok(JetSetColumn(f.session, f.table, id, NULL, 0, 0, &third));
    ck_assert_uint_eq(count_values(&f, id), 1);
    ck_ok(JetSetColumn(f.session, f.table, id, NULL, 0, 0, NULL));
    ck_assert_uint_eq(count_values(&f, id), 0);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_delete)
{
    Fixture f;
    open_fixture(&f);
    insert(&f, 1, "a");
    ck_ok(go(f.session, f.table, 1));
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    ck_ok(JetDelete(f.session, f.table)); /* cancels the update without a word */
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errUpdateNotPrepared);
    ck_jet(JetMove(f.session, f.table, 0, 0), JET_errRecordDeleted);
    ck_jet(JetDelete(f.session, f.table), JET_errRecordDeleted);
    ck_ok(JetRollback(f.session, 0));
    ck_ok(JetMove(f.session, f.table, 0, 0));
    ck_ok(JetDelete(f.session, f.table));
    ck_jet(JetMove(f.session, f.table, JET_MoveFirst, 0), JET_errNoCurrentRecord);
    ck_ok(JetSetCurrentIndex(f.session, f.table, "name"));
    ck_jet(JetMove(f.session, f.table, JET_MoveFirst, 0), JET_errNoCurrentRecord);
    insert(&f, 1, "a");
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_levels)
{
    Fixture f;
    open_fixture(&f);
    ck_jet(JetCommitTransaction(f.session, 0), JET_errNotInTransaction);
    ck_jet(JetRollback(f.session, 0), JET_errNotInTransaction);
    for (int level = 1; level <= 7; level++) {
        ck_ok(JetBeginTransaction(f.session));
        insert(&f, level, NULL);
    }
    ck_jet(JetBeginTransaction(f.session), JET_errTransTooDeep);
    ck_ok(JetRollback(f.session, 0));
    ck_jet(go(f.session, f.table, 7), JET_errRecordNotFound);
    ck_ok(go(f.session, f.table, 6));
    for (int level = 6; level >= 3; level--)
        ck_ok(JetCommitTransaction(f.session, 0));
    ck_ok(JetRollback(f.session, 0));
    ck_jet(go(f.session, f.table, 6), JET_errRecordNotFound);
    ck_ok(go(f.session, f.table, 1));
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_ok(go(f.session, f.table, 1));
    ck_jet(go(f.session, f.table, 2), JET_errRecordNotFound);
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetRollback(f.session, JET_bitRollbackAll));
    ck_jet(JetRollback(f.session, 0), JET_errNotInTransaction);
    ck_ok(JetCommitTransaction(f.session, JET_bitWaitAllLevel0Commit));
    ck_jet(
        JetCommitTransaction(f.session, JET_bitWaitAllLevel0Commit | JET_bitWaitLastLevel0Commit),
        JET_errInvalidGrbit);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_rollback_of_cursors)
{
    Fixture f;
    JET_TABLEID inner;
    char name[64];
    open_fixture(&f);
    insert(&f, 1, "a");
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetOpenTable(f.session, f.jet.database, "T", NULL, 0, 0, &inner));
    ck_ok(JetSetCurrentIndex(f.session, f.table, "name"));
    ck_ok(go(f.session, inner, 1));
    ck_ok(JetPrepareUpdate(f.session, inner, JET_prepReplace));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    ck_ok(JetRollback(f.session, 0));
    ck_jet(JetMove(f.session, inner, 0, 0), JET_errInvalidTableId);
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errUpdateNotPrepared);
    ck_ok(JetGetCurrentIndex(f.session, f.table, name, sizeof name));
    ck_assert_str_eq(name, "primary");
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_conflicts)
{
    Fixture f;
    JET_TABLEID other_table, twin;
    open_fixture(&f);
    JET_SESID other = test_jet_session(&f.jet);
    ck_ok(JetOpenTable(other, f.jet.database, "t", NULL, 0, 0, &other_table));
    insert(&f, 1, "a");
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetBeginTransaction(other));
    ck_ok(go(f.session, f.table, 1));
    ck_ok(go(other, other_table, 1));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    test_set_text(f.session, f.table, f.name, "mine");
    /* The row is locked since it was prepared. */
    ck_jet(JetPrepareUpdate(other, other_table, JET_prepReplace), JET_errWriteConflict);
    ck_jet(JetDelete(other, other_table), JET_errWriteConflict);
    ck_jet(JetGetLock(other, other_table, JET_bitReadLock), JET_errWriteConflict);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    /* An insert of a key that is not yet committed: a duplicate, not a conflict. */
    insert(&f, 5, NULL);
    int32_t five = 5;
    ck_ok(JetPrepareUpdate(other, other_table, JET_prepInsert));
    ck_ok(JetSetColumn(other, other_table, f.id, &five, sizeof five, 0, NULL));
    ck_jet(JetUpdate(other, other_table, NULL, 0, NULL), JET_errKeyDuplicate);
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_jet(JetUpdate(other, other_table, NULL, 0, NULL), JET_errKeyDuplicate);
    ck_ok(JetPrepareUpdate(other, other_table, JET_prepCancel));
    /* Committed after the other's snapshot: still a conflict, and still the old value. */
    ck_jet(JetPrepareUpdate(other, other_table, JET_prepReplace), JET_errWriteConflict);
    ck_assert_str_eq(test_get_text(other, other_table, f.name), "a");
    ck_ok(JetRollback(other, 0));
    ck_assert_str_eq(test_get_text(other, other_table, f.name), "mine");
    /* Two cursors of one session. */
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetDupCursor(f.session, f.table, &twin, 0));
    ck_ok(go(f.session, twin, 1));
    ck_ok(go(f.session, f.table, 1));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    ck_jet(JetPrepareUpdate(f.session, twin, JET_prepReplace), JET_errSessionWriteConflict);
    ck_ok(JetRollback(f.session, 0));
    test_jet_close(&f.jet);
}
END_TEST

/* Of an insert that the last of three unique indexes refuses nothing is left: another session may
 * have the keys, and a commit of the first does not touch what the other made of them. */
START_TEST(test_refused_update_lets_go)
{
    Fixture f;
    open_fixture(&f);
    JET_COLUMNID code = test_add_column(f.session, f.table, "code", JET_coltypLong, 0, 0, 0);
    test_add_index(f.session, f.table, "code", "+code\0",
                   JET_bitIndexUnique | JET_bitIndexIgnoreNull);
    insert(&f, 1, "a");
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    test_set_long(f.session, f.table, f.id, 2);
    test_set_long(f.session, f.table, code, 20);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));

    Fixture other = f;
    other.session = test_jet_session(&f.jet);
    ck_ok(JetOpenTable(other.session, f.jet.database, "t", NULL, 0, 0, &other.table));
    ck_ok(JetBeginTransaction(f.session));
    insert(&f, 3, "kept");
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    test_set_long(f.session, f.table, f.id, 4);
    test_set_text(f.session, f.table, f.name, "refused");
    test_set_long(f.session, f.table, code, 20);
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errKeyDuplicate);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
    /* So with a replace; its lock on the row is that of the preparation. */
    ck_ok(go(f.session, f.table, 1));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    test_set_text(f.session, f.table, f.name, "refused, too");
    test_set_long(f.session, f.table, code, 20);
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errKeyDuplicate);

    insert(&other, 4, "refused");
    insert(&other, 5, "refused, too");
    ck_ok(go(other.session, other.table, 1));
    ck_jet(JetDelete(other.session, other.table), JET_errWriteConflict);
    ck_ok(JetPrepareUpdate(other.session, other.table, JET_prepInsert));
    test_set_long(other.session, other.table, f.id, 6);
    test_set_text(other.session, other.table, f.name, "kept");
    ck_jet(JetUpdate(other.session, other.table, NULL, 0, NULL), JET_errKeyDuplicate);
    ck_ok(JetPrepareUpdate(other.session, other.table, JET_prepCancel));

    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
    ck_ok(JetCommitTransaction(f.session, 0));
    static const char *const names[] = {"a", "kept", "refused", "refused, too"};
    static const int32_t ids[] = {1, 3, 4, 5};
    ck_ok(JetSetCurrentIndex(f.session, f.table, "name"));
    for (size_t i = 0; i < 4; i++) {
        ck_ok(JetMakeKey(f.session, f.table, names[i], (uint32_t)strlen(names[i]), JET_bitNewKey));
        ck_ok(JetSeek(f.session, f.table, JET_bitSeekEQ));
        ck_assert_int_eq(test_get_long(f.session, f.table, f.id), ids[i]);
    }
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_no_lock)
{
    Fixture f;
    JET_TABLEID other_table;
    open_fixture(&f);
    JET_SESID other = test_jet_session(&f.jet);
    ck_ok(JetOpenTable(other, f.jet.database, "t", NULL, 0, 0, &other_table));
    insert(&f, 1, "a");
    /* Prepared outside a transaction: what came between is seen at the update. */
    ck_ok(go(f.session, f.table, 1));
    ck_ok(go(other, other_table, 1));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    test_set_text(f.session, f.table, f.name, "late");
    ck_ok(JetPrepareUpdate(other, other_table, JET_prepReplace));
    test_set_text(other, other_table, f.name, "early");
    ck_ok(JetUpdate(other, other_table, NULL, 0, NULL));
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errWriteConflict);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
    ck_assert_str_eq(test_get_text(f.session, f.table, f.name), "early");
    /* ReplaceNoLock in a transaction takes the lock at the update. */
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetBeginTransaction(other));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplaceNoLock));
    ck_ok(JetPrepareUpdate(other, other_table, JET_prepReplaceNoLock));
    test_set_text(f.session, f.table, f.name, "one");
    test_set_text(other, other_table, f.name, "two");
    ck_ok(JetUpdate(other, other_table, NULL, 0, NULL));
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errWriteConflict);
    ck_ok(JetRollback(f.session, 0));
    ck_ok(JetCommitTransaction(other, 0));
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_read_only)
{
    Fixture f;
    JET_TABLEID table;
    open_fixture(&f);
    insert(&f, 1, "a");
    ck_ok(JetBeginTransaction2(f.session, JET_bitTransactionReadOnly));
    ck_jet(JetPrepareUpdate(f.session, f.table, JET_prepInsert), JET_errTransReadOnly);
    ck_ok(go(f.session, f.table, 1));
    ck_jet(JetDelete(f.session, f.table), JET_errTransReadOnly);
    ck_ok(JetRollback(f.session, 0));
    ck_ok(JetOpenTable(f.session, f.jet.database, "t", NULL, 0, JET_bitTableReadOnly, &table));
    ck_jet(JetPrepareUpdate(f.session, table, JET_prepInsert), JET_errPermissionDenied);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_autoincrement_and_version)
{
    TestJet jet;
    JET_TABLEID table;
    int32_t number;
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "auto", 0, 100, &table));
    JET_COLUMNID id =
        test_add_column(jet.session, table, "id", JET_coltypLong, 0, JET_bitColumnAutoincrement, 0);
    JET_COLUMNID version =
        test_add_column(jet.session, table, "v", JET_coltypLong, 0, JET_bitColumnVersion, 0);
    for (int32_t expected = 1; expected <= 3; expected++) {
        ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
        ck_ok(
            JetRetrieveColumn(jet.session, table, id, &number, 4, NULL, JET_bitRetrieveCopy, NULL));
        ck_assert_int_eq(number, expected);
        ck_jet(JetSetColumn(jet.session, table, id, &number, 4, 0, NULL), JET_errInvalidColumnType);
        if (expected == 2) /* a number drawn is gone */
            ck_ok(JetPrepareUpdate(jet.session, table, JET_prepCancel));
        else
            ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    }
    ck_ok(JetMove(jet.session, table, JET_MoveLast, 0));
    ck_assert_int_eq(test_get_long(jet.session, table, id), 3);
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepReplace));
    number = 9;
    ck_jet(JetSetColumn(jet.session, table, version, &number, 4, 0, NULL),
           JET_errInvalidColumnType);
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    ck_assert_int_eq(test_get_long(jet.session, table, version), 1);
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepReplace));
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    ck_assert_int_eq(test_get_long(jet.session, table, version), 2);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_escrow)
{
    Fixture f;
    JET_TABLEID other_table;
    int32_t delta = 5, old = -1, minus = -2;
    uint32_t size;
    open_fixture(&f);
    JET_SESID other = test_jet_session(&f.jet);
    ck_ok(JetOpenTable(other, f.jet.database, "t", NULL, 0, 0, &other_table));
    insert(&f, 1, "a");
    ck_ok(go(f.session, f.table, 1));
    ck_jet(JetEscrowUpdate(f.session, f.table, f.counter, &delta, 4, NULL, 0, NULL, 0),
           JET_errNotInTransaction);
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetBeginTransaction(other));
    ck_ok(go(other, other_table, 1));
    ck_jet(JetEscrowUpdate(f.session, f.table, f.id, &delta, 4, NULL, 0, NULL, 0),
           JET_errInvalidOperation);
    ck_jet(JetEscrowUpdate(f.session, f.table, f.id, &delta, 2, NULL, 0, NULL, 0),
           JET_errInvalidBufferSize);
    ck_jet(JetEscrowUpdate(f.session, f.table, f.counter, &delta, 4, NULL, 0, NULL,
                           JET_bitEscrowNoRollback),
           JET_errFeatureNotAvailable);
    ck_jet(JetEscrowUpdate(f.session, f.table, f.counter, &delta, 2, NULL, 0, NULL, 0),
           JET_errInvalidBufferSize);
    ck_ok(JetEscrowUpdate(f.session, f.table, f.counter, &delta, 4, &old, 4, &size, 0));
    ck_assert_int_eq(old, 0);
    ck_assert_int_eq(test_get_long(f.session, f.table, f.counter), 5);
    /* Deltas of two sessions do not conflict; the old value has both. */
    ck_ok(JetEscrowUpdate(other, other_table, f.counter, &minus, 4, &old, 4, &size, 0));
    ck_assert_int_eq(old, 5);
    ck_jet(JetPrepareUpdate(other, other_table, JET_prepReplace), JET_errWriteConflict);
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_ok(JetCommitTransaction(other, 0));
    ck_assert_int_eq(test_get_long(f.session, f.table, f.counter), 3);
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetEscrowUpdate(f.session, f.table, f.counter, &delta, 4, NULL, 0, NULL, 0));
    ck_ok(JetRollback(f.session, 0));
    ck_assert_int_eq(test_get_long(f.session, f.table, f.counter), 3);
    /* A replace does not lose what was added meanwhile. */
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetEscrowUpdate(f.session, f.table, f.counter, &delta, 4, NULL, 0, NULL, 0));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    test_set_text(f.session, f.table, f.name, "b");
    ck_jet(JetEscrowUpdate(f.session, f.table, f.counter, &delta, 4, NULL, 0, NULL, 0),
           JET_errAlreadyPrepared);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_assert_int_eq(test_get_long(f.session, f.table, f.counter), 8);
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_copies)
{
    Fixture f;
    static char large[5000];
    uint32_t size;
    memset(large, 'l', sizeof large);
    open_fixture(&f);
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsert));
    test_set_long(f.session, f.table, f.id, 1);
    ck_ok(JetSetColumn(f.session, f.table, f.note, large, sizeof large, 0, NULL));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_ok(go(f.session, f.table, 1));
    ck_jet(JetPrepareUpdate(f.session, f.table, JET_prepInsertCopy), JET_errNotInTransaction);
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsertCopy));
    test_set_long(f.session, f.table, f.id, 2);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepInsertCopyDeleteOriginal));
    test_set_long(f.session, f.table, f.id, 3);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_jet(go(f.session, f.table, 1), JET_errRecordNotFound);
    for (int32_t id = 2; id <= 3; id++) {
        static char out[sizeof large];
        ck_ok(go(f.session, f.table, id));
        memset(out, 0, sizeof out);
        ck_ok(JetRetrieveColumn(f.session, f.table, f.note, out, sizeof out, &size, 0, NULL));
        ck_assert_uint_eq(size, sizeof large);
        ck_assert_mem_eq(out, large, sizeof large);
        ck_ok(JetDelete(f.session, f.table));
    }
    test_jet_close(&f.jet);
}
END_TEST

START_TEST(test_reopen)
{
    Fixture f;
    open_fixture(&f);
    insert(&f, 1, "first");
    ck_ok(JetBeginTransaction(f.session));
    insert(&f, 2, "second");
    ck_ok(JetCommitTransaction(f.session, JET_bitCommitLazyFlush));
    ck_ok(JetBeginTransaction(f.session));
    insert(&f, 3, "lost");
    ck_ok(JetRollback(f.session, 0));
    test_jet_reopen(&f.jet);
    f.session = f.jet.session;
    ck_ok(JetOpenTable(f.session, f.jet.database, "t", NULL, 0, 0, &f.table));
    ck_ok(go(f.session, f.table, 2));
    ck_assert_str_eq(test_get_text(f.session, f.table, f.name), "second");
    ck_jet(go(f.session, f.table, 3), JET_errRecordNotFound);
    insert(&f, 3, "third");
    test_jet_close(&f.jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-update");
    TCase *tests = tcase_create("update");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_prepare_states);
    tcase_add_test(tests, test_moving_gives_a_row_up);
    tcase_add_test(tests, test_replace);
    tcase_add_test(tests, test_set_rules);
    tcase_add_test(tests, test_multi_values);
    tcase_add_test(tests, test_null_over_default);
    tcase_add_test(tests, test_delete);
    tcase_add_test(tests, test_levels);
    tcase_add_test(tests, test_rollback_of_cursors);
    tcase_add_test(tests, test_conflicts);
    tcase_add_test(tests, test_refused_update_lets_go);
    tcase_add_test(tests, test_no_lock);
    tcase_add_test(tests, test_read_only);
    tcase_add_test(tests, test_autoincrement_and_version);
    tcase_add_test(tests, test_escrow);
    tcase_add_test(tests, test_copies);
    tcase_add_test(tests, test_reopen);
    return run_suite(suite);
}
