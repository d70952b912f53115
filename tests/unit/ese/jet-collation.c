/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-collation.c - text keys that another version of the collation made are made anew.
 *
 * Linked with the engine itself: the other version is written into the catalog by hand.
 */
#include "tests/unit/ese/jet-test.h"

#include "mailstore/ese/catalog.h"
#include "mailstore/ese/cursor.h"
#include "mailstore/ese/index-entry.h"

static TestJet jet;

static JET_COLUMNID make_table(JET_GRBIT grbit)
{
    JET_TABLEID table;
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 0, &table));
    JET_COLUMNID name = test_add_column(jet.session, table, "n", JET_coltypText, 100, 0, 1200);
    test_add_index(jet.session, table, "n", "+n\0", grbit);
    for (uint16_t c = 'a'; c < 'k'; c++) {
        ck_ok(JetPrepareUpdate(jet.session, table, JET_prepInsert));
        ck_ok(JetSetColumn(jet.session, table, name, &c, sizeof c, 0, NULL));
        ck_ok(JetUpdate(jet.session, table, NULL, 0, NULL));
    }
    return name;
}

/* As another version would have left the index: marked, and without the first row's entry. */
static void spoil(bool with_entry)
{
    JET_TABLEID table;
    Cursor *cursor;
    Scope scope;
    Bytes row;
    ck_ok(JetOpenTable(jet.session, jet.database, "t", NULL, 0, 0, &table));
    ck_ok(JetMove(jet.session, table, JET_MoveFirst, 0));
    ck_ok(cursor_enter(jet.session, table, &cursor));
    ck_ok(cursor_scope(cursor, true, &scope));
    Index other = cursor->schema->indexes[0];
    other.collation_version ^= 1;
    ck_ok(catalog_put_index(scope.txn, cursor->table->object_id, &other));
    if (with_entry) {
        uint8_t copy[512];
        ck_ok(cursor_read_row(cursor, scope.txn, &row));
        ck_assert_uint_le(row.size, sizeof copy);
        memcpy(copy, row.data, row.size);
        ck_ok(index_entries_update(cursor->schema, scope.txn, (Bytes){copy, row.size},
                                   (Bytes){cursor->bookmark, cursor->bookmark_size},
                                   (Bytes){NULL, 0}, (Bytes){NULL, 0}));
    }
    ck_ok(scope_end(&scope, JET_errSuccess));
    ck_ok(cursor_leave(cursor, JET_errSuccess));
}

START_TEST(test_mended)
{
    JET_TABLEID table;
    uint32_t count;
    make_table(0);
    spoil(true);
    for (int round = 0; round < 2; round++) {
        test_jet_reopen(&jet);
        ck_ok(JetOpenTable(jet.session, jet.database, "t", NULL, 0, 0, &table));
        ck_ok(JetSetCurrentIndex(jet.session, table, "n"));
        ck_ok(JetIndexRecordCount(jet.session, table, &count, 0));
        ck_assert_uint_eq(count, 10);
        Cursor *cursor;
        ck_ok(cursor_enter(jet.session, table, &cursor));
        ck_assert(!cursor->schema->stale_text);
        ck_ok(cursor_leave(cursor, JET_errSuccess));
    }
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_not_mended)
{
    JET_TABLEID table;
    make_table(0);
    spoil(false);
    test_jet_reopen(&jet);
    ck_ok(JetBeginTransaction2(jet.session, JET_bitTransactionReadOnly));
    ck_jet(JetOpenTable(jet.session, jet.database, "t", NULL, 0, 0, &table),
           JET_errSecondaryIndexCorrupted);
    test_jet_close(&jet);
}
END_TEST

START_TEST(test_primary)
{
    JET_TABLEID table;
    JET_TABLEID empty;
    test_jet_open(&jet);
    ck_ok(JetCreateTable(jet.session, jet.database, "t", 0, 0, &empty));
    test_add_column(jet.session, empty, "n", JET_coltypText, 100, 0, 1200);
    test_add_index(jet.session, empty, "n", "+n\0", JET_bitIndexPrimary);
    uint16_t c = 'c';
    ck_ok(JetPrepareUpdate(jet.session, empty, JET_prepInsert));
    ck_ok(JetSetColumn(jet.session, empty, 128, &c, sizeof c, 0, NULL));
    ck_ok(JetUpdate(jet.session, empty, NULL, 0, NULL));
    spoil(false);
    test_jet_reopen(&jet);
    ck_jet(JetOpenTable(jet.session, jet.database, "t", NULL, 0, 0, &table),
           JET_errPrimaryIndexCorrupted);
    test_jet_close(&jet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-collation");
    TCase *tests = tcase_create("collation");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_mended);
    tcase_add_test(tests, test_not_mended);
    tcase_add_test(tests, test_primary);
    return run_suite(suite);
}
