/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-pending.c - long values of rows that are prepared in one transaction and written, given up or
 * lost after it: none is left that no row has, and none is taken from who still has it.
 *
 * usage: jet-pending ESENTCHECK
 */
#include <sys/wait.h>

#include "tests/unit/ese/jet-test.h"

static const char *esentcheck;

typedef struct {
    TestJet jet;
    JET_SESID session;
    JET_TABLEID table;
    JET_COLUMNID id, data;
} Fixture;

enum {
    LONG = 200000, /* several chunks */
};

static void open_table(Fixture *f)
{
    JET_COLUMNDEF definition;
    f->session = f->jet.session;
    ck_ok(JetOpenTable(f->session, f->jet.database, "t", NULL, 0, 0, &f->table));
    ck_ok(JetGetTableColumnInfo(f->session, f->table, "id", &definition, sizeof definition, 0));
    f->id = definition.columnid;
    ck_ok(JetGetTableColumnInfo(f->session, f->table, "data", &definition, sizeof definition, 0));
    f->data = definition.columnid;
}

static void set(Fixture *f, char byte, uint32_t size)
{
    JET_SETINFO info = {.cbStruct = sizeof info, .itagSequence = 1};
    char *data = malloc(LONG);
    memset(data, byte, LONG);
    ck_ok(JetSetColumn(f->session, f->table, f->data, data, size, 0, &info));
    free(data);
}

static void prepare(Fixture *f, char byte)
{
    ck_ok(JetPrepareUpdate(f->session, f->table, JET_prepInsert));
    set(f, byte, LONG);
}

/* A file with one row, whose long value is of 'r'. */
static void open_fixture(Fixture *f)
{
    test_jet_open(&f->jet);
    ck_ok(JetCreateTable(f->jet.session, f->jet.database, "t", 0, 100, &f->table));
    test_add_column(f->jet.session, f->table, "id", JET_coltypLong, 0, JET_bitColumnAutoincrement,
                    0);
    test_add_column(f->jet.session, f->table, "data", JET_coltypLongBinary, 0, 0, 0);
    test_add_index(f->jet.session, f->table, "primary", "+id\0", JET_bitIndexPrimary);
    ck_ok(JetCloseTable(f->jet.session, f->table));
    open_table(f);
    ck_ok(JetBeginTransaction(f->session));
    prepare(f, 'r');
    ck_ok(JetUpdate(f->session, f->table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(f->session, 0));
}

static void let_go(Fixture *f)
{
    ck_ok(JetEndSession(f->session, 0));
    ck_ok(JetTerm(f->jet.instance));
}

static void take_up(Fixture *f)
{
    test_jet_start(&f->jet);
    ck_ok(JetAttachDatabase(f->jet.session, f->jet.path, 0));
    ck_ok(JetOpenDatabase(f->jet.session, f->jet.path, NULL, &f->jet.database, 0));
    open_table(f);
}

/* What esentcheck says of the file, which need not be open. */
static void check_counts(Fixture *f, unsigned values, unsigned unreferenced)
{
    char command[4300], line[256];
    unsigned seen_values = ~0u, seen_unreferenced = ~0u;
    snprintf(command, sizeof command, "'%s' --json '%s'", esentcheck, f->jet.path);
    FILE *output = popen(command, "re");
    ck_assert_ptr_nonnull(output);
    while (fgets(line, sizeof line, output)) {
        sscanf(line, " \"long_values\": %u", &seen_values);
        sscanf(line, " \"unreferenced_long_values\": %u", &seen_unreferenced);
    }
    ck_assert_int_eq(pclose(output), 0);
    ck_assert_uint_eq(seen_values, values);
    ck_assert_uint_eq(seen_unreferenced, unreferenced);
}

/* The current row's long value. */
static void check_value(Fixture *f, char byte)
{
    char *out = malloc(LONG), *expected = malloc(LONG);
    uint32_t size;
    memset(expected, byte, LONG);
    ck_ok(JetRetrieveColumn(f->session, f->table, f->data, out, LONG, &size, 0, NULL));
    ck_assert_uint_eq(size, LONG);
    ck_assert_mem_eq(out, expected, LONG);
    free(out);
    free(expected);
}

/* Given up outside of the transaction that made it, in each way: at once. */
START_TEST(given_up)
{
    Fixture f;
    open_fixture(&f);
    ck_ok(JetBeginTransaction(f.session));
    prepare(&f, 'a');
    ck_ok(JetCommitTransaction(f.session, 0));
    switch (_i) {
    case 0:
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
        break;
    case 1:
        ck_ok(JetCloseTable(f.session, f.table));
        break;
    case 2: /* in another transaction */
        ck_ok(JetBeginTransaction(f.session));
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
        ck_ok(JetCommitTransaction(f.session, 0));
        break;
    case 3: /* what comes to it later is rolled back, and takes all of it along */
        ck_ok(JetBeginTransaction(f.session));
        set(&f, 'b', LONG);
        ck_ok(JetRollback(f.session, 0));
        ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errUpdateNotPrepared);
        break;
    default: /* with the session */
        break;
    }
    let_go(&f);
    check_counts(&f, 1, 0);
    ck_assert(scratch_remove(f.jet.directory));
}
END_TEST

/* In one transaction: what was made for a row that does not have it in the end. */
START_TEST(replaced)
{
    Fixture f;
    open_fixture(&f);
    ck_ok(JetBeginTransaction(f.session));
    prepare(&f, 'a');
    switch (_i) {
    case 0:
        set(&f, 'b', 0); /* NULL */
        break;
    case 1:
        set(&f, 'b', 10); /* in the row */
        break;
    case 2:
        ck_ok(JetSetColumn(f.session, f.table, f.data, NULL, 0, JET_bitSetRevertToDefaultValue,
                           &(JET_SETINFO){.cbStruct = sizeof(JET_SETINFO), .itagSequence = 1}));
        break;
    default: /* a deeper level that is rolled back takes the row with it */
        ck_ok(JetBeginTransaction(f.session));
        set(&f, 'b', LONG);
        ck_ok(JetRollback(f.session, 0));
    }
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL),
           _i < 3 ? JET_errSuccess : JET_errUpdateNotPrepared);
    ck_ok(JetCommitTransaction(f.session, 0));
    let_go(&f);
    check_counts(&f, 1, 0);
    ck_assert(scratch_remove(f.jet.directory));
}
END_TEST

/* Written after the commit, outside of a transaction or in another: the row has its value for
 * good. */
START_TEST(written_later)
{
    Fixture f;
    open_fixture(&f);
    ck_ok(JetBeginTransaction(f.session));
    prepare(&f, 'a');
    ck_ok(JetCommitTransaction(f.session, 0));
    if (_i > 0)
        ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    if (_i > 0)
        ck_ok(JetCommitTransaction(f.session, 0));
    for (int round = 0; round < 2; round++) {
        let_go(&f);
        check_counts(&f, 2, 0);
        take_up(&f);
        ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
        check_value(&f, 'r');
        ck_ok(JetMove(f.session, f.table, JET_MoveLast, 0));
        check_value(&f, 'a');
    }
    test_jet_close(&f.jet);
}
END_TEST

/* Writing or giving up is itself rolled back: the next attach finds it. */
START_TEST(rolled_back)
{
    Fixture f;
    open_fixture(&f);
    int deeper = _i >= 2; /* than the level that made it, instead of in the next transaction */
    ck_ok(JetBeginTransaction(f.session));
    prepare(&f, 'a');
    if (!deeper)
        ck_ok(JetCommitTransaction(f.session, 0));
    ck_ok(JetBeginTransaction(f.session));
    if (_i % 2 == 0)
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
    else
        ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetRollback(f.session, 0));
    if (deeper)
        ck_ok(JetCommitTransaction(f.session, 0));
    let_go(&f);
    check_counts(&f, 2, 1);
    take_up(&f);
    let_go(&f);
    check_counts(&f, 1, 0);
    take_up(&f);
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    check_value(&f, 'r');
    test_jet_close(&f.jet);
}
END_TEST

static void wait_for(pid_t child)
{
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The process ends with so many rows prepared. */
START_TEST(died)
{
    enum {
        ROWS = 70 /* more than are listed at a time */
    };
    Fixture f;
    open_fixture(&f);
    let_go(&f);
    pid_t child = fork();
    if (child == 0) {
        JET_TABLEID tables[ROWS];
        take_up(&f);
        ck_ok(JetBeginTransaction(f.session));
        for (int i = 0; i < ROWS; i++) {
            ck_ok(JetDupCursor(f.session, f.table, &tables[i], 0));
            ck_ok(JetPrepareUpdate(f.session, tables[i], JET_prepInsert));
            ck_ok(JetSetColumn(f.session, tables[i], f.data, esentcheck, 1, JET_bitSetSeparateLV,
                               NULL));
        }
        ck_ok(JetCommitTransaction(f.session, 0));
        _exit(0);
    }
    wait_for(child);
    check_counts(&f, 1 + ROWS, ROWS);
    take_up(&f);
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    check_value(&f, 'r');
    let_go(&f);
    check_counts(&f, 1, 0);
    ck_assert(scratch_remove(f.jet.directory));
}
END_TEST

/* Another process has a row prepared: attaching beside it leaves it its value. */
START_TEST(shared)
{
    Fixture f;
    int ready[2], go[2];
    char byte;
    open_fixture(&f);
    let_go(&f);
    ck_assert_int_eq(pipe(ready) | pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        take_up(&f);
        ck_ok(JetBeginTransaction(f.session));
        prepare(&f, 'a');
        ck_ok(JetCommitTransaction(f.session, 0));
        ck_assert_int_eq(write(ready[1], "r", 1), 1);
        ck_assert_int_eq(read(go[0], &byte, 1), 1);
        ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
        let_go(&f);
        _exit(0);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    take_up(&f);
    ck_assert_int_eq(write(go[1], "g", 1), 1);
    wait_for(child);
    ck_ok(JetMove(f.session, f.table, JET_MoveLast, 0));
    check_value(&f, 'a');
    let_go(&f);
    check_counts(&f, 2, 0);
    ck_assert(scratch_remove(f.jet.directory));
}
END_TEST

/* The same table in another session. */
static void open_beside(const Fixture *f, Fixture *ret)
{
    *ret = *f;
    ret->session = test_jet_session(&ret->jet);
    ck_ok(JetOpenTable(ret->session, f->jet.database, "t", NULL, 0, 0, &ret->table));
}

/* Of a row that is in the file. */
static void append(Fixture *f, char byte, uint32_t size, JET_ERR expected)
{
    char *data = malloc(size);
    memset(data, byte, size);
    ck_jet(JetSetColumn(f->session, f->table, f->data, data, size, JET_bitSetAppendLV, NULL),
           expected);
    free(data);
}

/* Prepared outside of a transaction; what comes to it in one fails, and is rolled back: the row is
 * not locked any more, and another session's change of it is seen. */
START_TEST(not_locked_any_more)
{
    enum {
        TOO_MUCH = 70 << 20 /* for a transaction */
    };
    Fixture f, other;
    open_fixture(&f);
    open_beside(&f, &other);
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    ck_ok(JetBeginTransaction(f.session));
    append(&f, 'a', TOO_MUCH, JET_errVersionStoreOutOfMemory);
    ck_ok(JetRollback(f.session, 0));
    ck_ok(JetBeginTransaction(other.session));
    ck_ok(JetPrepareUpdate(other.session, other.table, JET_prepReplace));
    set(&other, 'o', LONG);
    ck_ok(JetUpdate(other.session, other.table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(other.session, 0));
    ck_jet(JetUpdate(f.session, f.table, NULL, 0, NULL), JET_errWriteConflict);
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
    check_value(&f, 'o');
    ck_ok(JetEndSession(other.session, 0));
    let_go(&f);
    check_counts(&f, 1, 0);
    ck_assert(scratch_remove(f.jet.directory));
}
END_TEST

static void check_end(Fixture *f, char byte, uint32_t more)
{
    char *out = malloc(more), *expected = malloc(more);
    uint32_t size;
    JET_RETINFO info = {.cbStruct = sizeof info, .ibLongValue = LONG, .itagSequence = 1};
    ck_ok(JetRetrieveColumn(f->session, f->table, f->data, out, more, &size, 0, &info));
    ck_assert_uint_eq(size, more);
    memset(expected, byte, more);
    ck_assert_mem_eq(out, expected, more);
    free(out);
    free(expected);
}

/* What was appended to the row's own value, and committed before the row is written, is not what
 * others append and give up. */
START_TEST(appended)
{
    enum {
        MORE = 1000
    };
    Fixture f, other;
    open_fixture(&f);
    open_beside(&f, &other);
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    append(&f, 'a', MORE, JET_errSuccess);
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_ok(JetBeginTransaction(other.session));
    ck_ok(JetPrepareUpdate(other.session, other.table, JET_prepReplace));
    append(&other, 'o', MORE, JET_errSuccess);
    ck_ok(JetPrepareUpdate(other.session, other.table, JET_prepCancel));
    ck_ok(JetCommitTransaction(other.session, 0));
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    check_end(&f, 'a', MORE);
    ck_ok(JetEndSession(other.session, 0));
    let_go(&f);
    check_counts(&f, 1, 0);
    ck_assert(scratch_remove(f.jet.directory));
}
END_TEST

/* What this process appends is not what another has appended meanwhile and given up. */
START_TEST(appended_by_another_process)
{
    enum {
        MORE = 1000
    };
    Fixture f;
    int ready[2], go[2];
    char byte;
    open_fixture(&f);
    let_go(&f);
    ck_assert_int_eq(pipe(ready) | pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        take_up(&f);
        ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
        ck_ok(JetBeginTransaction(f.session));
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
        append(&f, 'o', MORE, JET_errSuccess);
        ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepCancel));
        ck_assert_int_eq(write(ready[1], "r", 1), 1);
        ck_assert_int_eq(read(go[0], &byte, 1), 1);
        ck_jet(JetCommitTransaction(f.session, 0), JET_errWriteConflict);
        _exit(0);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    take_up(&f);
    ck_ok(JetMove(f.session, f.table, JET_MoveFirst, 0));
    ck_ok(JetBeginTransaction(f.session));
    ck_ok(JetPrepareUpdate(f.session, f.table, JET_prepReplace));
    append(&f, 'a', MORE, JET_errSuccess);
    ck_ok(JetUpdate(f.session, f.table, NULL, 0, NULL));
    ck_ok(JetCommitTransaction(f.session, 0));
    ck_assert_int_eq(write(go[1], "g", 1), 1);
    wait_for(child);
    check_end(&f, 'a', MORE);
    let_go(&f);
    ck_assert(scratch_remove(f.jet.directory));
}
END_TEST

int main(int argc, char **argv)
{
    if (argc != 2)
        return EXIT_FAILURE;
    esentcheck = argv[1];
    Suite *suite = suite_create("jet-pending");
    TCase *tests = tcase_create("pending");
    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, given_up, 0, 5);
    tcase_add_loop_test(tests, replaced, 0, 4);
    tcase_add_loop_test(tests, written_later, 0, 2);
    tcase_add_loop_test(tests, rolled_back, 0, 4);
    tcase_add_test(tests, died);
    tcase_add_test(tests, shared);
    tcase_add_test(tests, not_locked_any_more);
    tcase_add_test(tests, appended);
    tcase_add_test(tests, appended_by_another_process);
    return run_suite(suite);
}
