/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-template.c - template tables, tables derived from them, and changing a column's default. The
 * database is looked through by PROGRAM (esentcheck) at the end.
 */
#include "tests/unit/ese/jet-test.h"

static const char *program;
static TestJet jet;

static void close_and_check(void)
{
    char command[300];
    ck_ok(JetEndSession(jet.session, 0));
    ck_ok(JetTerm(jet.instance));
    snprintf(command, sizeof command, "'%s' --quiet '%s'", program, jet.path);
    ck_assert_int_eq(system(command), 0);
    ck_assert(scratch_remove(jet.directory));
}

static char base_name[] = "base", key_name[] = "primary", text_name[] = "by name";

/* A template: id (primary), name with a default and an index, a counter of the engine. */
static JET_ERR create_base(JET_GRBIT grbit, JET_TABLEID *ret)
{
    JET_COLUMNCREATE columns[] = {
        {.cbStruct = sizeof *columns, .szColumnName = (char[]){"id"}, .coltyp = JET_coltypLong},
        {.cbStruct = sizeof *columns,
         .szColumnName = (char[]){"name"},
         .coltyp = JET_coltypText,
         .pvDefault = (char[]){"nobody"},
         .cbDefault = 6},
        {.cbStruct = sizeof *columns,
         .szColumnName = (char[]){"count"},
         .coltyp = JET_coltypLong,
         .grbit = JET_bitColumnAutoincrement},
    };
    JET_INDEXCREATE indexes[] = {
        {.cbStruct = sizeof *indexes,
         .szIndexName = key_name,
         .szKey = (char[]){"+id\0"},
         .cbKey = 5,
         .grbit = JET_bitIndexPrimary},
        {.cbStruct = sizeof *indexes,
         .szIndexName = text_name,
         .szKey = (char[]){"+name\0"},
         .cbKey = 7},
    };
    JET_TABLECREATE2 create = {.cbStruct = sizeof create,
                               .szTableName = base_name,
                               .rgcolumncreate = columns,
                               .cColumns = 3,
                               .rgindexcreate = indexes,
                               .cIndexes = 2,
                               .grbit = grbit};
    JET_ERR err = JetCreateTableColumnIndex2(jet.session, jet.database, &create);
    *ret = create.tableid;
    return err;
}

/* With a column "extra" of its own type. */
static JET_ERR create_derived(const char *name, const char *from, JET_GRBIT grbit,
                              JET_COLTYP coltyp, JET_TABLEID *ret)
{
    JET_COLUMNCREATE extra = {
        .cbStruct = sizeof extra, .szColumnName = (char[]){"extra"}, .coltyp = coltyp};
    JET_TABLECREATE2 create = {.cbStruct = sizeof create,
                               .szTableName = (char *)name,
                               .szTemplateTableName = (char *)from,
                               .rgcolumncreate = &extra,
                               .cColumns = 1,
                               .grbit = grbit};
    JET_ERR err = JetCreateTableColumnIndex2(jet.session, jet.database, &create);
    if (err >= 0)
        ck_assert_uint_eq(create.cCreated, 2);
    *ret = create.tableid;
    return err;
}

static JET_COLUMNID column_id(JET_TABLEID table, const char *name)
{
    JET_COLUMNDEF definition;
    ck_ok(JetGetTableColumnInfo(jet.session, table, name, &definition, sizeof definition,
                                JET_ColInfo));
    return definition.columnid;
}

static void insert(JET_TABLEID table, int32_t id, const char *name)
{
    ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
    test_set_long(jet.session, table, column_id(table, "id"), id);
    if (name)
        test_set_text(jet.session, table, column_id(table, "name"), name);
    ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
}

static JET_ERR seek_name(JET_TABLEID table, const char *name)
{
    ck_ok(JetSetCurrentIndex(jet.session, table, text_name));
    ck_ok(JetMakeKey(jet.session, table, name, (uint32_t)strlen(name), JET_bitNewKey));
    return JetSeek(jet.session, table, JET_bitSeekEQ);
}

START_TEST(test_derived)
{
    JET_TABLEID base, first, second;
    char name[JET_cbNameMost + 1];
    JET_COLUMNBASE column;
    JET_OBJECTINFO info;
    test_jet_open(&jet);
    ck_ok(create_base(JET_bitTableCreateTemplateTable, &base));
    ck_ok(create_derived("first", "BASE", 0, JET_coltypLong, &first));
    ck_ok(create_derived("second", base_name, 0, JET_coltypLongText, &second));
    /* The same numbers as in the template, the own columns behind. */
    ck_assert_uint_eq(column_id(first, "id"), column_id(base, "id"));
    ck_assert_uint_eq(column_id(first, "name"), column_id(base, "name"));
    ck_assert_uint_gt(column_id(first, "extra"), column_id(base, "count"));
    insert(first, 1, "alice");
    insert(first, 2, NULL);
    insert(second, 1, "bob");
    ck_ok(seek_name(first, "nobody"));
    ck_assert_int_eq(test_get_long(jet.session, first, column_id(first, "id")), 2);
    ck_assert_int_eq(test_get_long(jet.session, first, column_id(first, "count")), 2);
    ck_jet(seek_name(first, "bob"), JET_errRecordNotFound); /* each has its own rows */
    ck_ok(seek_name(second, "bob"));
    /* What is known of them. */
    ck_ok(JetGetTableInfo(jet.session, first, name, sizeof name, JET_TblInfoTemplateTableName));
    ck_assert_str_eq(name, base_name);
    ck_ok(JetGetTableInfo(jet.session, base, name, sizeof name, JET_TblInfoTemplateTableName));
    ck_assert_str_eq(name, "");
    ck_ok(JetGetTableInfo(jet.session, base, &info, sizeof info, JET_TblInfo));
    ck_assert_uint_eq(info.flags, JET_bitObjectTableTemplate | JET_bitObjectTableFixedDDL);
    ck_ok(JetGetTableInfo(jet.session, first, &info, sizeof info, JET_TblInfo));
    ck_assert_uint_eq(info.flags, JET_bitObjectTableDerived);
    ck_ok(JetGetTableColumnInfo(jet.session, first, "id", &column, sizeof column, JET_ColInfoBase));
    ck_assert_str_eq(column.szBaseTableName, base_name);
    ck_ok(JetGetTableColumnInfo(jet.session, first, "extra", &column, sizeof column,
                                JET_ColInfoBase));
    ck_assert_str_eq(column.szBaseTableName, "first");
    /* And after the process. */
    test_jet_reopen(&jet);
    ck_ok(JetOpenTable(jet.session, jet.database, "first", NULL, 0, 0, &first));
    ck_ok(seek_name(first, "alice"));
    ck_jet(JetDeleteColumn(jet.session, first, "name"), JET_errFixedInheritedDDL);
    close_and_check();
}
END_TEST

START_TEST(test_fixed)
{
    JET_TABLEID base, derived, other;
    JET_COLUMNID id;
    JET_COLUMNDEF definition = {.cbStruct = sizeof definition, .coltyp = JET_coltypLong};
    test_jet_open(&jet);
    ck_ok(create_base(JET_bitTableCreateTemplateTable |
                          JET_bitTableCreateNoFixedVarColumnsInDerivedTables,
                      &base));
    /* A template stays what it is. */
    ck_jet(JetAddColumn(jet.session, base, "x", &definition, NULL, 0, &id), JET_errFixedDDL);
    ck_jet(JetDeleteColumn(jet.session, base, "count"), JET_errFixedDDL);
    ck_jet(JetCreateIndex(jet.session, base, "x", 0, "+count\0", 8, 100), JET_errFixedDDL);
    ck_jet(JetDeleteIndex(jet.session, base, text_name), JET_errFixedDDL);
    ck_ok(JetCloseTable(jet.session, base));
    ck_jet(JetDeleteTable(jet.session, jet.database, base_name), JET_errCannotDeleteTemplateTable);
    ck_jet(JetSetColumnDefaultValue(jet.session, jet.database, base_name, "name", "x", 1, 0),
           JET_errFixedDDL);
    /* What is derived. */
    ck_jet(create_derived("d", "nothing", 0, JET_coltypLong, &derived), JET_errObjectNotFound);
    ck_jet(
        create_derived("d", base_name, JET_bitTableCreateTemplateTable, JET_coltypLong, &derived),
        JET_errCannotNestDDL);
    ck_jet(create_derived("d", base_name, 0, JET_coltypLong, &derived),
           JET_errCannotAddFixedVarColumnToDerivedTable);
    ck_ok(create_derived("d", base_name, 0, JET_coltypLongBinary, &derived));
    ck_jet(create_derived("e", "d", 0, JET_coltypLongBinary, &other), JET_errDDLNotInheritable);
    ck_jet(JetAddColumn(jet.session, derived, "x", &definition, NULL, 0, &id),
           JET_errCannotAddFixedVarColumnToDerivedTable);
    ck_jet(JetAddColumn(jet.session, derived, "name", &definition, NULL, 0, &id),
           JET_errColumnDuplicate);
    definition.grbit = JET_bitColumnTagged;
    ck_ok(JetAddColumn(jet.session, derived, "x", &definition, NULL, 0, &id));
    ck_ok(JetCreateIndex(jet.session, derived, "x", 0, "+x\0+name\0", 10, 100));
    /* Of its definition only its own parts change. */
    ck_jet(JetDeleteIndex(jet.session, derived, text_name), JET_errFixedInheritedDDL);
    ck_jet(JetDeleteColumn(jet.session, derived, "count"), JET_errFixedInheritedDDL);
    ck_jet(
        JetDeleteColumn2(jet.session, derived, "count", JET_bitDeleteColumnIgnoreTemplateColumns),
        JET_errColumnNotFound);
    ck_jet(JetRenameColumn(jet.session, derived, "count", "counter", 0), JET_errFixedInheritedDDL);
    ck_ok(JetDeleteIndex(jet.session, derived, "x"));
    ck_ok(JetDeleteColumn2(jet.session, derived, "x", JET_bitDeleteColumnIgnoreTemplateColumns));
    ck_ok(JetCloseTable(jet.session, derived));
    ck_jet(JetSetColumnDefaultValue(jet.session, jet.database, "d", "name", "x", 1, 0),
           JET_errFixedInheritedDDL);
    /* The name of a renamed table stays tied to the template. */
    ck_ok(JetRenameTable(jet.session, jet.database, "d", "renamed"));
    ck_ok(JetOpenTable(jet.session, jet.database, "renamed", NULL, 0, 0, &derived));
    char name[JET_cbNameMost + 1];
    ck_ok(JetGetTableInfo(jet.session, derived, name, sizeof name, JET_TblInfoTemplateTableName));
    ck_assert_str_eq(name, base_name);
    ck_ok(JetCloseTable(jet.session, derived));
    ck_ok(JetDeleteTable(jet.session, jet.database, "renamed"));
    close_and_check();
}
END_TEST

/* Rows without a value have the new default, in the index as well; the others keep theirs. */
START_TEST(test_default)
{
    JET_TABLEID table;
    int32_t number = 1;
    test_jet_open(&jet);
    ck_ok(create_base(0, &table));
    insert(table, 1, "alice");
    insert(table, 2, NULL);
    insert(table, 3, "nobody");
    ck_ok(JetSetColumnDefaultValue(jet.session, jet.database, base_name, "NAME", "unknown", 7, 0));
    insert(table, 4, NULL);
    ck_ok(seek_name(table, "nobody"));
    ck_assert_int_eq(test_get_long(jet.session, table, column_id(table, "id")), 3);
    ck_ok(seek_name(table, "unknown"));
    ck_assert_int_eq(test_get_long(jet.session, table, column_id(table, "id")), 2);
    ck_assert_str_eq(test_get_text(jet.session, table, column_id(table, "name")), "unknown");
    ck_ok(JetMove(jet.session, table, 1, 0));
    ck_assert_int_eq(test_get_long(jet.session, table, column_id(table, "id")), 4);
    ck_jet(JetMove(jet.session, table, 1, 0), JET_errNoCurrentRecord);
    /* Undone with its transaction. */
    ck_ok(JetBeginTransaction(jet.session));
    ck_ok(JetSetColumnDefaultValue(jet.session, jet.database, base_name, "name", "gone", 4, 0));
    ck_ok(seek_name(table, "gone"));
    ck_ok(JetRollback(jet.session, 0));
    ck_jet(seek_name(table, "gone"), JET_errRecordNotFound);
    ck_ok(seek_name(table, "unknown"));
    /* Refused. */
    static const char long_text[300];
    const struct {
        const char *column;
        const void *data;
        uint32_t size;
        JET_ERR err;
    } cases[] = {
        {"nothing", "x", 1, JET_errColumnNotFound},
        {"name", NULL, 0, JET_errNullInvalid},
        {"name", long_text, sizeof long_text, JET_errDefaultValueTooBig},
        {"id", &number, 2, JET_errColumnInUse},
        {"count", &number, 4, JET_errInvalidColumnType},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_jet(JetSetColumnDefaultValue(jet.session, jet.database, base_name, cases[i].column,
                                        cases[i].data, cases[i].size, 0),
               cases[i].err);
    ck_jet(JetSetColumnDefaultValue(jet.session, jet.database, base_name, "name", "x", 1, 1),
           JET_errInvalidGrbit);
    ck_jet(JetSetColumnDefaultValue(jet.session, jet.database, "none", "name", "x", 1, 0),
           JET_errObjectNotFound);
    close_and_check();
}
END_TEST

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: jet-template PROGRAM\n");
        return 2;
    }
    program = argv[1];
    Suite *suite = suite_create("jet-template");
    TCase *tcase = tcase_create("template");
    tcase_add_test(tcase, test_derived);
    tcase_add_test(tcase, test_fixed);
    tcase_add_test(tcase, test_default);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
