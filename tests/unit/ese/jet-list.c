/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-list.c - lists of columns, indexes and tables, and the temporary tables they are.
 */
#include <stdbool.h>

#include "tests/unit/ese/jet-test.h"

static TestJet jet;
static JET_TABLEID table;
static JET_COLUMNID number, title, body, serial;

/* Columns whose ids are not in the order of their names, and two indexes beside the primary. */
static void set_up(void)
{
    int32_t seven = 7;
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof definition, .coltyp = JET_coltypLong, .grbit = JET_bitColumnNotNULL};
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "Letters", 0, 0, &table));
    ck_ok(JetAddColumn(jet.session, table, "Number", &definition, &seven, 4, &number));
    title = test_add_column(jet.session, table, "title", JET_coltypText, 50, 0, 1200);
    body = test_add_column(jet.session, table, "Body", JET_coltypLongBinary, 0, 0, 0);
    serial = test_add_column(jet.session, table, "serial", JET_coltypLong, 0,
                             JET_bitColumnAutoincrement, 0);
    test_add_index(jet.session, table, "z primary", "+serial\0", JET_bitIndexPrimary);
    test_add_index(jet.session, table, "both", "+title\0-Number\0", JET_bitIndexIgnoreNull);
    test_add_index(jet.session, table, "Content", "+Body\0", JET_bitIndexUnique);
}

static void tear_down(void)
{
    test_jet_close(&jet);
}

static const JET_WCHAR *wide(const char *text)
{
    static JET_WCHAR units[100];
    size_t i = 0;
    for (; text[i]; i++)
        units[i] = (JET_WCHAR)text[i];
    units[i] = 0;
    return units;
}

/* Of a list that a W function gave. */
static const char *get_wide(JET_TABLEID list, JET_COLUMNID column)
{
    static char text[128];
    JET_WCHAR units[128];
    uint32_t size = 0, i = 0;
    ck_ok(JetRetrieveColumn(jet.session, list, column, units, sizeof units, &size, 0, NULL));
    for (; i < size / 2; i++)
        text[i] = (char)units[i];
    text[i] = 0;
    return text;
}

static int get_short(JET_TABLEID list, JET_COLUMNID column)
{
    uint16_t value = 0;
    uint32_t size = 0;
    ck_ok(JetRetrieveColumn(jet.session, list, column, &value, sizeof value, &size, 0, NULL));
    ck_assert_uint_eq(size, 2);
    return value;
}

START_TEST(columns_in_order_of_names_or_ids)
{
    static const char *const by_name[] = {"Body", "Number", "serial", "title"};
    static const char *const by_id[] = {"Number", "serial", "title", "Body"};
    static const struct {
        uint32_t level;
        const char *const *names;
    } cases[] = {
        {JET_ColInfoList, by_name},
        {JET_ColInfoListCompact, by_name},
        {JET_ColInfoListSortColumnid, by_id},
        {JET_ColInfoList | JET_ColInfoGrbitSortByColumnid, by_id},
        {JET_ColInfoList | JET_ColInfoGrbitMinimalInfo, by_name},
    };
    JET_COLUMNLIST list;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        uint32_t level = cases[i / 2].level;
        if (i % 2)
            ck_ok(JetGetTableColumnInfo(jet.session, table, NULL, &list, sizeof list, level));
        else
            ck_ok(JetGetColumnInfo(jet.session, jet.database, "letters", NULL, &list, sizeof list,
                                   level));
        ck_assert_uint_eq(list.cbStruct, sizeof list);
        ck_assert_uint_eq(list.cRecord, 4);
        for (int row = 0; row < 4; row++) {
            ck_ok(row == 0 ? JetMove(jet.session, list.tableid, JET_MoveFirst, 0)
                           : JetMove(jet.session, list.tableid, JET_MoveNext, 0));
            ck_assert_str_eq(test_get_text(jet.session, list.tableid, list.columnidcolumnname),
                             cases[i / 2].names[row]);
        }
        ck_jet(JetMove(jet.session, list.tableid, JET_MoveNext, 0), JET_errNoCurrentRecord);
        ck_ok(JetCloseTable(jet.session, list.tableid));
    }
    ck_jet(JetGetTableColumnInfo(jet.session, table, NULL, &list, sizeof list - 1, JET_ColInfoList),
           JET_errBufferTooSmall);
    ck_jet(JetGetTableColumnInfo(jet.session, table, NULL, NULL, sizeof list, JET_ColInfoList),
           JET_errBufferTooSmall);
}
END_TEST

START_TEST(columns_whole)
{
    JET_COLUMNLIST list;
    JET_SESID s = jet.session;
    ck_ok(JetGetTableColumnInfoW(s, table, NULL, &list, sizeof list, JET_ColInfoList));
    JET_TABLEID t = list.tableid; /* on its first row */
    ck_assert_str_eq(get_wide(t, list.columnidcolumnname), "Body");
    ck_assert_uint_eq((uint32_t)test_get_long(s, t, list.columnidcolumnid), body);
    ck_assert_int_eq(test_get_long(s, t, list.columnidcoltyp), JET_coltypLongBinary);
    ck_assert_str_eq(test_get_text(s, t, list.columnidDefault), "(null)");
    ck_ok(JetMove(s, t, JET_MoveNext, 0));
    ck_assert_str_eq(get_wide(t, list.columnidcolumnname), "Number");
    ck_assert_uint_eq((uint32_t)test_get_long(s, t, list.columnidcolumnid), number);
    ck_assert_int_eq(test_get_long(s, t, list.columnidcbMax), 4);
    ck_assert_int_eq(test_get_long(s, t, list.columnidgrbit),
                     JET_bitColumnNotNULL | JET_bitColumnFixed);
    ck_assert_int_eq(test_get_long(s, t, list.columnidDefault), 7);
    ck_assert_str_eq(get_wide(t, list.columnidBaseTableName), "Letters");
    ck_assert_str_eq(get_wide(t, list.columnidBaseColumnName), "Number");
    ck_assert_str_eq(get_wide(t, list.columnidDefinitionName), "Number");
    ck_ok(JetMove(s, t, JET_MoveLast, 0));
    ck_assert_int_eq(get_short(t, list.columnidCp), 1200);
    ck_assert_int_eq(get_short(t, list.columnidCountry), 1);
    ck_assert_int_eq(get_short(t, list.columnidLangid), 0x409);
    ck_assert_int_eq(get_short(t, list.columnidCollate), 0);
    ck_assert_int_eq(test_get_long(s, t, list.columnidcbMax), 50);
    JET_RETRIEVECOLUMN both[] = {
        {.columnid = list.columnidcoltyp, .pvData = &(int32_t){0}, .cbData = 4, .itagSequence = 1},
        {.columnid = list.columnidDefault, .itagSequence = 1}};
    ck_ok(JetRetrieveColumns(s, t, both, 2));
    ck_assert_int_eq(*(int32_t *)both[0].pvData, JET_coltypText);
    ck_assert_int_eq(both[1].err, JET_wrnColumnNull);
}
END_TEST

START_TEST(base_of_a_column)
{
    JET_COLUMNBASE_A narrow;
    JET_COLUMNBASE_W broad;
    ck_ok(JetGetTableColumnInfo(jet.session, table, "TITLE", &narrow, sizeof narrow,
                                JET_ColInfoBase));
    ck_assert_uint_eq(narrow.cbStruct, sizeof narrow);
    ck_assert_uint_eq(narrow.columnid, title);
    ck_assert_uint_eq(narrow.cbMax, 50);
    ck_assert_uint_eq(narrow.cp, 1200);
    ck_assert_str_eq(narrow.szBaseTableName, "Letters");
    ck_assert_str_eq(narrow.szBaseColumnName, "title");
    ck_ok(JetGetTableColumnInfoW(jet.session, table, (const void *)&title, &broad, sizeof broad,
                                 JET_ColInfoBaseByColid));
    ck_assert_uint_eq(broad.cbStruct, sizeof broad);
    ck_assert_uint_eq(broad.columnid, title);
    ck_assert_mem_eq(broad.szBaseTableName, wide("Letters"), 16);
    ck_assert_mem_eq(broad.szBaseColumnName, wide("title"), 12);
    ck_jet(JetGetTableColumnInfo(jet.session, table, "nosuch", &narrow, sizeof narrow,
                                 JET_ColInfoBase),
           JET_errColumnNotFound);
    ck_jet(JetGetTableColumnInfo(jet.session, table, NULL, &narrow, sizeof narrow, JET_ColInfoBase),
           JET_errInvalidParameter);
    ck_jet(JetGetTableColumnInfo(jet.session, table, "title", &narrow, sizeof narrow - 1,
                                 JET_ColInfoBase),
           JET_errBufferTooSmall);
}
END_TEST

START_TEST(indexes_a_row_a_segment)
{
    static const struct {
        const char *index, *column;
        int count, at;
        JET_GRBIT index_bits, column_bits;
    } rows[] = {
        {"both", "title", 2, 0, JET_bitIndexIgnoreNull, 0},
        {"both", "Number", 2, 1, JET_bitIndexIgnoreNull, JET_bitKeyDescending},
        {"Content", "Body", 1, 0, JET_bitIndexUnique, 0},
        {"z primary", "serial", 1, 0, JET_bitIndexPrimary | JET_bitIndexUnique, 0},
    };
    JET_INDEXLIST list;
    JET_SESID s = jet.session;
    uint16_t lcid = 0;
    ck_ok(JetGetTableIndexInfo(s, table, NULL, &list, sizeof list, JET_IdxInfoList));
    ck_assert_uint_eq(list.cbStruct, sizeof list);
    ck_assert_uint_eq(list.cRecord, 4);
    JET_TABLEID t = list.tableid;
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(test_get_text(s, t, list.columnidindexname), rows[i].index);
        ck_assert_str_eq(test_get_text(s, t, list.columnidcolumnname), rows[i].column);
        ck_assert_int_eq(test_get_long(s, t, list.columnidcColumn), rows[i].count);
        ck_assert_int_eq(test_get_long(s, t, list.columnidiColumn), rows[i].at);
        ck_assert_uint_eq((JET_GRBIT)test_get_long(s, t, list.columnidgrbitIndex),
                          rows[i].index_bits);
        ck_assert_uint_eq((JET_GRBIT)test_get_long(s, t, list.columnidgrbitColumn),
                          rows[i].column_bits);
        ck_assert_int_eq(get_short(t, list.columnidLangid), 0x409);
        ck_jet(JetMove(s, t, JET_MoveNext, 0), i < 3 ? JET_errSuccess : JET_errNoCurrentRecord);
    }
    ck_ok(JetCloseTable(s, t));
    ck_ok(JetGetIndexInfoW(s, jet.database, wide("Letters"), NULL, &list, sizeof list,
                           JET_IdxInfoList));
    ck_assert_uint_eq(list.cRecord, 4);
    ck_assert_str_eq(get_wide(list.tableid, list.columnidindexname), "both");
    ck_ok(JetCloseTable(s, list.tableid));
    for (uint32_t level = JET_IdxInfo; level <= JET_IdxInfoList; level++) {
        ck_ok(JetGetTableIndexInfo(s, table, "CONTENT", &list, sizeof list, level));
        ck_assert_uint_eq(list.cRecord, 1);
        ck_assert_uint_eq((uint32_t)test_get_long(s, list.tableid, list.columnidcolumnid), body);
        ck_ok(JetCloseTable(s, list.tableid));
    }
    ck_jet(JetGetTableIndexInfo(s, table, "nosuch", &list, sizeof list, JET_IdxInfoList),
           JET_errIndexNotFound);
    ck_jet(JetGetTableIndexInfo(s, table, NULL, &list, sizeof list - 1, JET_IdxInfoList),
           JET_errBufferTooSmall);
    ck_ok(JetGetTableIndexInfo(s, table, "both", &lcid, sizeof lcid, JET_IdxInfoLCID));
    ck_assert_int_eq(lcid, 0x409);
}
END_TEST

START_TEST(id_of_an_index)
{
    JET_INDEXID id, primary;
    JET_TABLEID other;
    char name[JET_cbNameMost + 1];
    JET_SESID s = jet.session;
    ck_ok(JetGetTableIndexInfo(s, table, "both", &id, sizeof id, JET_IdxInfoIndexId));
    ck_assert_uint_eq(id.cbStruct, sizeof id);
    ck_ok(JetGetIndexInfo(s, jet.database, "letters", NULL, &primary, sizeof primary,
                          JET_IdxInfoIndexId));
    ck_jet(JetGetTableIndexInfo(s, table, "both", &id, sizeof id - 1, JET_IdxInfoIndexId),
           JET_errBufferTooSmall);
    ck_ok(JetSetCurrentIndex4(s, table, "Content", &id, JET_bitMoveFirst, 0));
    ck_ok(JetGetCurrentIndex(s, table, name, sizeof name));
    ck_assert_str_eq(name, "both");
    ck_ok(JetSetCurrentIndex4W(s, table, NULL, &primary, 0, 1));
    ck_ok(JetGetCurrentIndex(s, table, name, sizeof name));
    ck_assert_str_eq(name, "z primary");
    ck_ok(JetSetCurrentIndex4(s, table, "Content", NULL, 0, 1));
    ck_ok(JetGetCurrentIndex(s, table, name, sizeof name));
    ck_assert_str_eq(name, "Content");
    ck_ok(JetCreateTable(s, jet.database, "other", 0, 0, &other));
    ck_jet(JetSetCurrentIndex4(s, other, NULL, &id, 0, 1), JET_errInvalidIndexId);
    ck_ok(JetDeleteIndex(s, table, "both"));
    ck_jet(JetSetCurrentIndex4(s, table, NULL, &id, 0, 1), JET_errInvalidIndexId);
    id.cbStruct--;
    ck_jet(JetSetCurrentIndex4(s, table, NULL, &id, 0, 1), JET_errInvalidParameter);
}
END_TEST

/* What an index says of itself makes another like it. */
START_TEST(indexes_made_again)
{
    static const char *const names[] = {"both", "Content", "conditional"};
    static char key[] = "-Number\0+serial\0", name[] = "conditional", title_name[] = "title",
                body_name[] = "Body";
    JET_CONDITIONALCOLUMN conditions[] = {
        {sizeof *conditions, title_name, JET_bitIndexColumnMustBeNull},
        {sizeof *conditions, body_name, JET_bitIndexColumnMustBeNonNull}};
    JET_INDEXCREATE conditional = {.cbStruct = sizeof conditional,
                                   .szIndexName = name,
                                   .szKey = key,
                                   .cbKey = sizeof key,
                                   .grbit = JET_bitIndexKeyMost,
                                   .ulDensity = 80,
                                   .cbVarSegMac = 20,
                                   .rgconditionalcolumn = conditions,
                                   .cConditionalColumn = 2,
                                   .cbKeyMost = 400};
    JET_SESID s = jet.session;
    ck_ok(JetCreateIndex2(s, table, &conditional, 1));
    for (uint32_t i = 0; i < 3 * 3 * 2; i++) {
        const char *of = names[i % 3];
        uint32_t level = JET_IdxInfoCreateIndex + i / 3 % 3;
        bool broad = i / 9;
        max_align_t buffer[60], again[60];
        JET_INDEXCREATE3 *create = (void *)buffer, *after = (void *)again;
        uint32_t least = 0;
        while (least < sizeof buffer &&
               JetGetTableIndexInfo(s, table, of, buffer, least, level) == JET_errBufferTooSmall)
            least++;
        ck_assert_uint_gt(least, 80);
        memset(buffer, 0x5a, sizeof buffer);
        if (broad)
            ck_ok(JetGetTableIndexInfoW(s, table, wide(of), buffer, sizeof buffer, level));
        else
            ck_ok(JetGetTableIndexInfo(s, table, of, buffer, least, level));
        if (!broad) {
            ck_assert_str_eq(create->szIndexName, of);
            ck_assert_mem_eq((char *)buffer + least, "ZZZZ", 4);
        }
        ck_ok(JetDeleteIndex(s, table, of));
        if (level == JET_IdxInfoCreateIndex)
            ck_ok(broad ? JetCreateIndex2W(s, table, (void *)buffer, 1)
                        : JetCreateIndex2(s, table, (void *)buffer, 1));
        else if (level == JET_IdxInfoCreateIndex2)
            ck_ok(broad ? JetCreateIndex3W(s, table, (void *)buffer, 1)
                        : JetCreateIndex3(s, table, (void *)buffer, 1));
        else
            ck_ok(broad ? JetCreateIndex4W(s, table, (void *)buffer, 1)
                        : JetCreateIndex4(s, table, (void *)buffer, 1));
        ck_ok(JetGetTableIndexInfo(s, table, of, again, sizeof again, JET_IdxInfoCreateIndex3));
        ck_assert_uint_eq(after->cbStruct, sizeof *after);
        if (of != names[2]) {
            ck_assert_uint_eq(after->cConditionalColumn, 0);
            ck_assert_ptr_null(after->rgconditionalcolumn);
            ck_assert((after->pidxunicode != NULL) == (of == names[0]));
            continue;
        }
        ck_assert_uint_eq(after->cbKey, sizeof key);
        ck_assert_mem_eq(after->szKey, key, sizeof key);
        ck_assert_uint_eq(after->grbit, JET_bitIndexKeyMost);
        ck_assert_uint_eq(after->ulDensity, 80);
        ck_assert_uint_eq(after->cbVarSegMac, 20);
        ck_assert_uint_eq(after->cbKeyMost, 400);
        ck_assert_uint_eq(after->cConditionalColumn, 2);
        for (int j = 0; j < 2; j++) {
            ck_assert_str_eq(after->rgconditionalcolumn[j].szColumnName,
                             conditions[j].szColumnName);
            ck_assert_uint_eq(after->rgconditionalcolumn[j].grbit, conditions[j].grbit);
        }
    }
}
END_TEST

START_TEST(tables_of_a_database)
{
    JET_OBJECTLIST list;
    JET_OBJECTINFO info;
    JET_TABLEID other;
    JET_SESID s = jet.session;
    ck_ok(JetCreateTable(s, jet.database, "attachments", 0, 0, &other));
    ck_ok(JetBeginTransaction(s));
    ck_ok(JetCreateTable(s, jet.database, "Zoo", 0, 0, &other));
    for (int round = 0; round < 2; round++) {
        static const char *const names[] = {"attachments", "Letters", "Zoo"};
        uint32_t count = round == 0 ? 3 : 2;
        ck_ok(JetGetObjectInfo(s, jet.database, JET_objtypTable, round ? "tables" : NULL, NULL,
                               &list, sizeof list,
                               round ? JET_ObjInfoListNoStats : JET_ObjInfoList));
        ck_assert_uint_eq(list.cbStruct, sizeof list);
        ck_assert_uint_eq(list.cRecord, count);
        for (uint32_t i = 0; i < count; i++) {
            ck_assert_str_eq(test_get_text(s, list.tableid, list.columnidobjectname), names[i]);
            ck_assert_str_eq(test_get_text(s, list.tableid, list.columnidcontainername), "Tables");
            ck_assert_int_eq(test_get_long(s, list.tableid, list.columnidobjtyp), JET_objtypTable);
            ck_assert_int_eq(test_get_long(s, list.tableid, list.columnidflags), 0);
            ck_jet(JetMove(s, list.tableid, 1, 0),
                   i + 1 < count ? JET_errSuccess : JET_errNoCurrentRecord);
        }
        ck_ok(JetCloseTable(s, list.tableid));
        if (round == 0)
            ck_ok(JetRollback(s, 0));
    }
    ck_ok(JetGetObjectInfoW(s, jet.database, JET_objtypNil, wide("Tables"), NULL, &list,
                            sizeof list, JET_ObjInfoList));
    ck_assert_str_eq(get_wide(list.tableid, list.columnidobjectname), "attachments");
    ck_ok(JetGetObjectInfo(s, jet.database, JET_objtypTable, NULL, "LETTERS", &info, sizeof info,
                           JET_ObjInfo));
    ck_assert_uint_eq(info.objtyp, JET_objtypTable);
    ck_assert_uint_eq(info.grbit, JET_bitTableInfoUpdatable | JET_bitTableInfoBookmark |
                                      JET_bitTableInfoRollback);
    ck_jet(JetGetObjectInfo(s, jet.database, JET_objtypTable, NULL, "nosuch", &info, sizeof info,
                            JET_ObjInfoNoStats),
           JET_errObjectNotFound);
    ck_jet(JetGetObjectInfo(s, jet.database, JET_objtypTable, "Queries", "Letters", &info,
                            sizeof info, JET_ObjInfoNoStats),
           JET_errObjectNotFound);
    ck_jet(JetGetObjectInfo(s, 5, JET_objtypTable, NULL, NULL, &list, sizeof list, JET_ObjInfoList),
           JET_errInvalidDatabaseId);
}
END_TEST

START_TEST(navigation_in_a_list)
{
    JET_COLUMNLIST list;
    JET_SESID s = jet.session;
    uint8_t bookmark[8], key[64];
    uint32_t size = 0, place = 0, count = 0;
    int32_t value = 1;
    ck_ok(JetGetTableColumnInfo(s, table, NULL, &list, sizeof list, JET_ColInfoList));
    JET_TABLEID t = list.tableid, copy;
    JET_COLUMNID name = list.columnidcolumnname;
    ck_ok(JetMakeKey(s, t, "number", 6, JET_bitNewKey));
    ck_ok(JetSeek(s, t, JET_bitSeekEQ));
    ck_assert_str_eq(test_get_text(s, t, name), "Number");
    ck_ok(JetGetBookmark(s, t, bookmark, sizeof bookmark, &place));
    ck_ok(JetRetrieveKey(s, t, key, sizeof key, &size, 0));
    ck_ok(JetIndexRecordCount(s, t, &count, 0));
    ck_assert_uint_eq(count, 3);
    ck_ok(JetMakeKey(s, t, "o", 1, JET_bitNewKey));
    ck_jet(JetSeek(s, t, JET_bitSeekEQ), JET_errRecordNotFound);
    ck_ok(JetMove(s, t, JET_MoveNext, 0)); /* from where it would be */
    ck_assert_str_eq(test_get_text(s, t, name), "serial");
    ck_ok(JetMakeKey(s, t, "o", 1, JET_bitNewKey));
    ck_jet(JetSeek(s, t, JET_bitSeekLE), JET_wrnSeekNotEqual);
    ck_assert_str_eq(test_get_text(s, t, name), "Number");
    ck_ok(JetMove(s, t, JET_MovePrevious, 0));
    ck_assert_str_eq(test_get_text(s, t, name), "Body");
    ck_jet(JetMove(s, t, JET_MovePrevious, 0), JET_errNoCurrentRecord);
    ck_jet(JetRetrieveColumn(s, t, name, key, 1, NULL, 0, NULL), JET_errNoCurrentRecord);
    ck_ok(JetGotoBookmark(s, t, bookmark, place));
    ck_assert_str_eq(test_get_text(s, t, name), "Number");
    ck_ok(JetMove(s, t, 0, 0));
    ck_ok(JetMove(s, t, 2, 0));
    ck_assert_str_eq(test_get_text(s, t, name), "title");
    ck_jet(JetGotoBookmark(s, t, (char[]){"zzzz"}, 4), JET_errRecordDeleted);
    ck_jet(JetRetrieveColumn(s, t, 99, key, 1, NULL, 0, NULL), JET_errColumnNotFound);
    /* It is read, and nothing else. */
    ck_jet(JetPrepareUpdate(s, t, JET_prepInsert), JET_errIllegalOperation);
    ck_jet(JetSetColumn(s, t, name, "x", 1, 0, NULL), JET_errIllegalOperation);
    ck_jet(JetUpdate(s, t, NULL, 0, NULL), JET_errIllegalOperation);
    ck_jet(JetDelete(s, t), JET_errIllegalOperation);
    ck_jet(JetGetLock(s, t, JET_bitReadLock), JET_errIllegalOperation);
    ck_jet(JetEscrowUpdate(s, t, name, &value, 4, NULL, 0, NULL, 0), JET_errIllegalOperation);
    ck_ok(JetDupCursor(s, t, &copy, 0));
    ck_jet(JetPrepareUpdate(s, copy, JET_prepInsert), JET_errIllegalOperation);
    ck_jet(JetCreateIndex(s, t, "i", 0, "+a\0", 4, 100), JET_errIllegalOperation);
    ck_ok(JetCloseTable(s, t));
    ck_jet(JetMove(s, t, 0, 0), JET_errInvalidTableId);
    ck_ok(JetMove(s, copy, JET_MoveLast, 0));
    ck_assert_str_eq(test_get_text(s, copy, name), "title");
}
END_TEST

START_TEST(lists_of_a_list)
{
    JET_COLUMNLIST list, columns;
    JET_INDEXLIST indexes;
    JET_DBID database = 99;
    JET_OBJECTINFO info;
    char name[JET_cbNameMost + 1];
    JET_SESID s = jet.session;
    ck_ok(JetGetTableColumnInfo(s, table, NULL, &list, sizeof list, JET_ColInfoList));
    JET_TABLEID t = list.tableid;
    ck_ok(JetGetTableColumnInfo(s, t, NULL, &columns, sizeof columns, JET_ColInfoList));
    ck_assert_uint_eq(columns.cRecord, 14);
    ck_ok(JetGetTableIndexInfo(s, t, NULL, &indexes, sizeof indexes, JET_IdxInfoList));
    ck_assert_uint_eq(indexes.cRecord, 1);
    ck_ok(JetGetTableInfo(s, t, &database, sizeof database, JET_TblInfoDbid));
    ck_assert_uint_eq(database, 0);
    ck_ok(JetGetTableInfo(s, t, name, sizeof name, JET_TblInfoName));
    ck_ok(JetGetTableInfo(s, t, &info, sizeof info, JET_TblInfo));
    ck_assert_uint_eq(info.grbit & JET_bitTableInfoUpdatable, 0);
    ck_jet(JetSetCurrentIndex(s, t, NULL), JET_errIllegalOperation);
}
END_TEST

/* A list is the session's: it goes with a rollback of its level, and outlives its database. */
START_TEST(life_of_a_list)
{
    JET_COLUMNLIST list, inner;
    JET_INDEXLIST none;
    JET_TABLEID empty;
    JET_SESID s = jet.session, other = test_jet_session(&jet);
    ck_ok(JetGetTableColumnInfo(s, table, NULL, &list, sizeof list, JET_ColInfoList));
    ck_jet(JetMove(other, list.tableid, 0, 0), JET_errSesidTableIdMismatch);
    ck_ok(JetBeginTransaction(s));
    ck_ok(JetGetTableColumnInfo(s, table, NULL, &inner, sizeof inner, JET_ColInfoList));
    ck_ok(JetRollback(s, 0));
    ck_jet(JetMove(s, inner.tableid, 0, 0), JET_errInvalidTableId);
    ck_ok(JetMove(s, list.tableid, JET_MoveLast, 0));
    ck_ok(JetBeginTransaction(s));
    ck_ok(JetGetTableColumnInfo(s, table, NULL, &inner, sizeof inner, JET_ColInfoList));
    ck_ok(JetCommitTransaction(s, 0));
    ck_ok(JetMove(s, inner.tableid, 0, 0));
    ck_ok(JetCreateTable(s, jet.database, "empty", 0, 0, &empty));
    ck_ok(JetGetTableIndexInfo(s, empty, NULL, &none, sizeof none, JET_IdxInfoList));
    ck_assert_uint_eq(none.cRecord, 0);
    ck_jet(JetMove(s, none.tableid, JET_MoveFirst, 0), JET_errNoCurrentRecord);
    ck_jet(JetMove(s, none.tableid, JET_MoveLast, 0), JET_errNoCurrentRecord);
    ck_ok(JetCloseDatabase(s, jet.database, 0));
    ck_assert_str_eq(test_get_text(s, list.tableid, list.columnidcolumnname), "title");
    ck_ok(JetEndSession(s, 0)); /* closes it */
    ck_ok(JetBeginSession(jet.instance, &jet.session, NULL, NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lists");
    TCase *cases = tcase_create("lists");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, columns_in_order_of_names_or_ids);
    tcase_add_test(cases, columns_whole);
    tcase_add_test(cases, base_of_a_column);
    tcase_add_test(cases, indexes_a_row_a_segment);
    tcase_add_test(cases, id_of_an_index);
    tcase_add_test(cases, indexes_made_again);
    tcase_add_test(cases, tables_of_a_database);
    tcase_add_test(cases, navigation_in_a_list);
    tcase_add_test(cases, lists_of_a_list);
    tcase_add_test(cases, life_of_a_list);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
