/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-txn.c - transactions of the store: visibility, levels, conflicts between sessions, unique
 * index entries, escrow, sequences. Expected results are the rules of ESE.
 */
#include <endian.h>

#include "store-test.h"
#include "tests/run-suite.h"

static TestStore test;

static void set_up(void)
{
    test_store_create(&test);
}

static void tear_down(void)
{
    test_store_remove(&test);
}

static void put_committed(const char *key, const char *value)
{
    Txn *txn = test_begin(test.store);

    ck_ok(txn_put(txn, TREE_ROWS, text(key), text(value)));
    ck_ok(txn_commit(txn, false));
    txn_free(txn);
}

static void ck_value(Txn *txn, const char *key, const char *value)
{
    Bytes found;

    if (value) {
        ck_ok(txn_get(txn, TREE_ROWS, text(key), &found));
        ck_bytes(found, value);
    } else {
        ck_jet(txn_get(txn, TREE_ROWS, text(key), &found), JET_errRecordNotFound);
    }
}

START_TEST(commit_and_rollback)
{
    Txn *txn = test_begin(test.store), *other = test_begin(test.store);

    ck_ok(txn_insert(txn, TREE_ROWS, text("a"), text("1")));
    ck_value(txn, "a", "1");
    ck_value(other, "a", NULL);
    ck_ok(txn_commit(txn, false));
    ck_value(txn, "a", "1");    /* level 0: newest */
    ck_value(other, "a", NULL); /* its snapshot is older */
    ck_ok(txn_rollback(other));
    ck_value(other, "a", "1");
    ck_ok(txn_begin(txn, false));
    ck_ok(txn_delete(txn, TREE_ROWS, text("a")));
    ck_ok(txn_put(txn, TREE_ROWS, text("b"), text("2")));
    ck_value(txn, "a", NULL);
    ck_ok(txn_rollback(txn));
    ck_value(txn, "a", "1");
    ck_value(txn, "b", NULL);
    txn_free(txn);
    txn_free(other);
    test_store_reopen(&test);
    txn = test_txn(test.store);
    ck_value(txn, "a", "1");
    txn_free(txn);
}
END_TEST

START_TEST(empty_and_large_values)
{
    Txn *txn = test_begin(test.store);
    size_t size = 3 << 20; /* more than stays in memory when there are three */
    char *large = malloc(size), key[] = "large0";
    Bytes found;

    memset(large, 'L', size);
    ck_ok(txn_put(txn, TREE_LONG_VALUES, text("empty"), text("")));
    for (int i = 0; i < 4; i++) {
        key[5] = (char)('0' + i);
        large[0] = (char)('0' + i);
        ck_ok(txn_put(txn, TREE_LONG_VALUES, text(key), (Bytes){large, size}));
    }
    for (int round = 0; round < 2; round++) {
        ck_ok(txn_get(txn, TREE_LONG_VALUES, text("empty"), &found));
        ck_assert_uint_eq(found.size, 0);
        for (int i = 0; i < 4; i++) {
            key[5] = (char)('0' + i);
            large[0] = (char)('0' + i);
            ck_ok(txn_get(txn, TREE_LONG_VALUES, text(key), &found));
            ck_assert(found.size == size && memcmp(found.data, large, size) == 0);
        }
        if (round == 0)
            ck_ok(txn_commit(txn, false));
    }
    free(large);
    txn_free(txn);
}
END_TEST

START_TEST(levels)
{
    Txn *txn = test_txn(test.store);

    ck_jet(txn_commit(txn, false), JET_errNotInTransaction);
    ck_jet(txn_rollback(txn), JET_errNotInTransaction);
    ck_jet(txn_put(txn, TREE_ROWS, text("a"), text("1")), JET_errNotInTransaction);
    for (unsigned level = 1; level <= STORE_LEVEL_MAX; level++) {
        char value[] = {(char)('0' + level), 0};
        ck_ok(txn_begin(txn, false));
        ck_assert_uint_eq(txn_level(txn), level);
        ck_ok(txn_put(txn, TREE_ROWS, text("a"), text(value)));
    }
    ck_jet(txn_begin(txn, false), JET_errTransTooDeep);
    ck_value(txn, "a", "7");
    ck_ok(txn_rollback(txn));
    ck_value(txn, "a", "6");
    ck_ok(txn_commit(txn, false)); /* 6 becomes level 5's */
    ck_value(txn, "a", "6");
    ck_ok(txn_rollback(txn));
    ck_value(txn, "a", "4");
    ck_ok(txn_delete(txn, TREE_ROWS, text("a")));
    ck_ok(txn_put(txn, TREE_ROWS, text("b"), text("x")));
    ck_ok(txn_commit(txn, false));
    ck_value(txn, "a", NULL);
    ck_ok(txn_rollback(txn));
    ck_value(txn, "a", "2");
    ck_value(txn, "b", NULL);
    ck_ok(txn_commit(txn, false));
    ck_ok(txn_commit(txn, false));
    ck_assert_uint_eq(txn_level(txn), 0);
    ck_value(txn, "a", "2");
    txn_free(txn);
}
END_TEST

/* --- Conflicts --------------------------------------------------------------------- */

typedef JET_ERR (*Action)(Txn *txn);

static JET_ERR act_read(Txn *txn)
{
    return txn_lock(txn, TREE_ROWS, text("row"), KEY_LOCK_READ);
}

static JET_ERR act_write(Txn *txn)
{
    return txn_put(txn, TREE_ROWS, text("row"), text("writewritewrite!"));
}

static JET_ERR act_delete(Txn *txn)
{
    return txn_delete(txn, TREE_ROWS, text("row"));
}

static JET_ERR act_escrow(Txn *txn)
{
    int64_t old;

    return txn_escrow(txn, TREE_ROWS, text("row"), 8, 8, 1, &old);
}

static JET_ERR act_insert(Txn *txn)
{
    return txn_insert(txn, TREE_ROWS, text("row"), text("insertinsert!!!!"));
}

static const struct {
    const char *name;
    Action act;
    bool needs_row;
} actions[] = {{"read", act_read, true},
               {"write", act_write, true},
               {"delete", act_delete, true},
               {"escrow", act_escrow, true},
               {"insert", act_insert, false}};

enum {
    ACTIONS = sizeof actions / sizeof *actions
};

/* What the second session gets while the first has not committed: only like commutes with like. */
static JET_ERR expected_open(size_t first, size_t second)
{
    if (first == second && (actions[first].act == act_read || actions[first].act == act_escrow))
        return JET_errSuccess;
    return actions[second].act == act_insert ? JET_errKeyDuplicate : JET_errWriteConflict;
}

/* And when the first committed after the second's snapshot: a read lock leaves nothing behind. */
static JET_ERR expected_committed(size_t first, size_t second)
{
    if (actions[first].act == act_read)
        return actions[second].act == act_insert ? JET_errKeyDuplicate : JET_errSuccess;
    return expected_open(first, second);
}

START_TEST(conflict_matrix)
{
    size_t first = (size_t)_i / ACTIONS, second = (size_t)_i % ACTIONS;

    /* An insert needs an absent row, the others one that is there; across, the second's snapshot
     * decides between "duplicate" and "not there", not the locks. */
    if (actions[first].needs_row)
        put_committed("row", "0123456789abcdef");
    if (!actions[first].needs_row && actions[second].act != act_insert &&
        actions[second].act != act_write && actions[second].act != act_read)
        return;
    for (int committed = 0; committed < 2; committed++) {
        Txn *a = test_begin(test.store), *b = test_begin(test.store);
        JET_ERR expected =
            committed ? expected_committed(first, second) : expected_open(first, second);

        ck_ok(actions[first].act(a));
        if (committed) {
            ck_ok(txn_put(a, TREE_ROWS, text("other"), text("so that there is a commit")));
            ck_ok(txn_commit(a, false));
        }
        JET_ERR error = actions[second].act(b);
        ck_assert_msg(error == expected, "%s, then %s (%s) gave %d, expected %d",
                      actions[first].name, actions[second].name, committed ? "committed" : "open",
                      error, expected);
        ck_assert_uint_eq(txn_level(b), 1);
        ck_ok(txn_rollback(b));
        if (!committed)
            ck_ok(txn_rollback(a));
        /* The lock is gone, and a new snapshot sees what is there. */
        ck_ok(txn_begin(b, false));
        ck_ok(txn_put(b, TREE_ROWS, text("row"), text("0123456789abcdef")));
        ck_ok(txn_rollback(b));
        txn_free(a);
        txn_free(b);
    }
}
END_TEST

/* The value is what it was at the snapshot, and still it was written since: no lost update. */
START_TEST(value_that_came_back_conflicts)
{
    put_committed("row", "A");
    Txn *old = test_begin(test.store);
    put_committed("row", "B");
    put_committed("row", "A");
    ck_jet(txn_put(old, TREE_ROWS, text("row"), text("C")), JET_errWriteConflict);
    txn_free(old);
}
END_TEST

START_TEST(deleted_and_inserted_again_conflicts)
{
    put_committed("row", "A");
    Txn *old = test_begin(test.store), *txn = test_begin(test.store);
    ck_ok(txn_delete(txn, TREE_ROWS, text("row")));
    ck_ok(txn_commit(txn, false));
    ck_jet(txn_put(old, TREE_ROWS, text("row"), text("C")), JET_errWriteConflict);
    ck_jet(txn_insert(old, TREE_ROWS, text("row"), text("C")), JET_errKeyDuplicate);
    ck_ok(txn_begin(txn, false));
    ck_ok(txn_insert(txn, TREE_ROWS, text("row"), text("A")));
    ck_ok(txn_commit(txn, false));
    ck_jet(txn_delete(old, TREE_ROWS, text("row")), JET_errWriteConflict);
    txn_free(old);
    txn_free(txn);
}
END_TEST

START_TEST(locks_add_up_and_last)
{
    put_committed("row", "0123456789abcdef");
    Txn *a = test_begin(test.store), *b = test_begin(test.store);

    /* A read lock of one's own becomes a write lock; not while another reads too. */
    ck_ok(act_read(a));
    ck_ok(act_read(b));
    ck_jet(act_write(a), JET_errWriteConflict);
    ck_ok(txn_rollback(b));
    ck_ok(act_write(a));
    ck_ok(txn_begin(b, false));
    ck_jet(act_read(b), JET_errWriteConflict);
    /* Held until level 0, also when the level that took it is rolled back. */
    ck_ok(txn_begin(a, false));
    ck_ok(txn_lock(a, TREE_ROWS, text("second"), KEY_LOCK_WRITE));
    ck_ok(txn_rollback(a));
    ck_jet(txn_lock(b, TREE_ROWS, text("second"), KEY_LOCK_READ), JET_errWriteConflict);
    txn_free(a);
    ck_ok(txn_lock(b, TREE_ROWS, text("second"), KEY_LOCK_READ));
    txn_free(b);
}
END_TEST

START_TEST(many_locks)
{
    Txn *a = test_begin(test.store), *b = test_begin(test.store);

    for (uint32_t i = 0; i < 5000; i++)
        ck_ok(txn_put(a, TREE_ROWS, (Bytes){&i, sizeof i}, (Bytes){&i, sizeof i}));
    for (uint32_t i = 0; i < 5000; i++)
        ck_jet(txn_put(b, TREE_ROWS, (Bytes){&i, sizeof i}, text("")), JET_errWriteConflict);
    ck_ok(txn_commit(a, false));
    for (uint32_t i = 0; i < 5000; i++)
        ck_jet(txn_insert(b, TREE_ROWS, (Bytes){&i, sizeof i}, text("")), JET_errKeyDuplicate);
    ck_ok(txn_rollback(b));
    ck_ok(txn_begin(b, false));
    for (uint32_t i = 0; i < 5000; i++)
        ck_ok(txn_delete(b, TREE_ROWS, (Bytes){&i, sizeof i}));
    ck_ok(txn_commit(b, false));
    txn_free(a);
    txn_free(b);
}
END_TEST

START_TEST(read_only_transaction)
{
    Txn *txn = test_txn(test.store);

    put_committed("a", "1");
    ck_ok(txn_begin(txn, true));
    ck_value(txn, "a", "1");
    ck_jet(txn_put(txn, TREE_ROWS, text("a"), text("2")), JET_errTransReadOnly);
    ck_jet(txn_insert(txn, TREE_ROWS, text("b"), text("2")), JET_errTransReadOnly);
    ck_jet(txn_delete(txn, TREE_ROWS, text("a")), JET_errTransReadOnly);
    ck_jet(txn_lock(txn, TREE_ROWS, text("a"), KEY_LOCK_READ), JET_errTransReadOnly);
    ck_ok(txn_commit(txn, false));
    txn_free(txn);
}
END_TEST

START_TEST(limits)
{
    char key[600] = {'k'};
    Txn *txn;
    Bytes found;

    test.store = store_close(test.store);
    ck_ok(store_open(&(StoreOptions){.path = test.path, .txn_bytes_max = 100000}, &test.store));
    txn = test_begin(test.store);
    ck_jet(txn_put(txn, TREE_ROWS, (Bytes){key, 512}, text("")), JET_errKeyTooBig);
    ck_jet(txn_put(txn, TREE_ROWS, text(""), text("")), JET_errInvalidParameter);
    ck_jet(txn_get(txn, TREE_ROWS, (Bytes){key, 512}, &found), JET_errKeyTooBig);
    ck_jet(txn_index_insert(txn, text("k"), (Bytes){key, 512}, false), JET_errKeyTooBig);
    ck_ok(txn_put(txn, TREE_ROWS, (Bytes){key, 511}, text("x")));
    JET_ERR error = JET_errSuccess;
    unsigned count = 0;
    for (; error == JET_errSuccess; count++)
        error = txn_put(txn, TREE_ROWS, (Bytes){&count, sizeof count}, (Bytes){key, 500});
    ck_assert_int_eq(error, JET_errVersionStoreOutOfMemory);
    ck_assert_uint_gt(count, 100);
    ck_assert_uint_lt(count, 200);
    ck_ok(txn_commit(txn, false)); /* what fitted stays usable */
    ck_ok(txn_begin(txn, false));
    ck_ok(txn_put(txn, TREE_ROWS, text("again"), (Bytes){key, 500}));
    /* Of a row that is there already no more fits. */
    char *large = calloc(1, 100000);
    ck_jet(txn_put(txn, TREE_ROWS, text("again"), (Bytes){large, 100000}),
           JET_errVersionStoreOutOfMemory);
    ck_ok(txn_put(txn, TREE_ROWS, text("again"), (Bytes){large, 90000}));
    free(large);
    txn_free(txn);
}
END_TEST

/* --- Index entries ------------------------------------------------------------------ */

START_TEST(unique_index)
{
    Txn *a = test_begin(test.store), *b = test_begin(test.store);

    ck_ok(txn_index_insert(a, text("u"), text("row1"), true));
    ck_jet(txn_index_insert(a, text("u"), text("row2"), true), JET_errKeyDuplicate);
    ck_jet(txn_index_insert(b, text("u"), text("row3"), true), JET_errKeyDuplicate);
    ck_ok(txn_index_delete(a, text("u"), text("row1"), true));
    ck_jet(txn_index_insert(b, text("u"), text("row3"), true), JET_errKeyDuplicate);
    ck_ok(txn_index_insert(a, text("u"), text("row2"), true));
    ck_ok(txn_commit(a, false));
    ck_jet(txn_index_insert(b, text("u"), text("row3"), true), JET_errKeyDuplicate);
    ck_jet(txn_index_delete(b, text("u"), text("row2"), true), JET_errWriteConflict);
    /* A key that only begins the same is another key. */
    ck_ok(txn_index_insert(b, text("u2"), text("row3"), true));
    ck_ok(txn_rollback(b));
    ck_ok(txn_begin(b, false));
    ck_jet(txn_index_insert(b, text("u"), text("row3"), true), JET_errKeyDuplicate);
    ck_ok(txn_index_delete(b, text("u"), text("row2"), true));
    ck_ok(txn_index_insert(b, text("u"), text("row3"), true));
    ck_ok(txn_commit(b, false));
    txn_free(a);
    txn_free(b);
}
END_TEST

START_TEST(plain_index_has_no_locks)
{
    Txn *a = test_begin(test.store), *b = test_begin(test.store);
    TreeCursor *cursor;
    Bytes key, bookmark;

    ck_ok(txn_index_insert(a, text("k"), text("row2"), false));
    ck_ok(txn_index_insert(b, text("k"), text("row1"), false));
    ck_ok(txn_index_insert(b, text("k"), text("row1"), false));
    ck_ok(txn_commit(a, false));
    ck_ok(txn_commit(b, false));
    ck_ok(tree_cursor_new(a, TREE_INDEX, &cursor));
    ck_ok(tree_cursor_seek(cursor, SEEK_GE, text("k"), text(""), &key, &bookmark));
    ck_bytes(bookmark, "row1");
    ck_ok(tree_cursor_next(cursor, &key, &bookmark));
    ck_bytes(bookmark, "row2");
    ck_bytes(key, "k");
    ck_jet(tree_cursor_next(cursor, &key, &bookmark), JET_errRecordNotFound);
    tree_cursor_free(cursor);
    txn_free(a);
    txn_free(b);
}
END_TEST

/* --- Escrow ------------------------------------------------------------------------- */

static void put_counters(int32_t first, int64_t second)
{
    struct {
        int32_t first, pad;
        int64_t second;
    } row = {(int32_t)htole32((uint32_t)first), 0, (int64_t)htole64((uint64_t)second)};
    Txn *txn = test_begin(test.store);

    ck_ok(txn_put(txn, TREE_ROWS, text("counter"), (Bytes){&row, sizeof row}));
    ck_ok(txn_commit(txn, false));
    txn_free(txn);
}

static int64_t counter(Txn *txn, size_t offset, size_t size)
{
    uint64_t value = 0;
    Bytes row;

    ck_ok(txn_get(txn, TREE_ROWS, text("counter"), &row));
    memcpy(&value, (const char *)row.data + offset, size);
    value = le64toh(value);
    return size == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

static void add(Txn *txn, size_t offset, size_t size, int64_t delta, int64_t expected_old)
{
    int64_t old;

    ck_ok(txn_escrow(txn, TREE_ROWS, text("counter"), offset, size, delta, &old));
    ck_assert_int_eq(old, expected_old);
}

START_TEST(escrow_adds_up)
{
    put_counters(100, -5);
    Txn *a = test_begin(test.store), *b = test_begin(test.store), *c = test_begin(test.store);

    add(a, 0, 4, 1, 100);
    add(b, 0, 4, 10, 101);
    add(a, 8, 8, 7, -5);
    add(a, 0, 4, 2, 111);
    ck_assert_int_eq(counter(a, 0, 4), 103); /* its snapshot and its own */
    ck_assert_int_eq(counter(b, 0, 4), 110);
    ck_assert_int_eq(counter(c, 0, 4), 100);
    ck_ok(txn_commit(a, false));
    add(b, 0, 4, 0, 113);
    add(c, 0, 4, 1000, 113); /* a commit of escrow does not conflict with escrow */
    ck_ok(txn_rollback(c));
    add(b, 0, 4, 0, 113);
    ck_ok(txn_commit(b, false));
    ck_assert_int_eq(counter(b, 0, 4), 113);
    ck_assert_int_eq(counter(b, 8, 8), 2);
    txn_free(a);
    txn_free(b);
    txn_free(c);
}
END_TEST

START_TEST(escrow_rolls_back_with_its_level)
{
    put_counters(0, 0);
    Txn *a = test_begin(test.store), *b = test_begin(test.store);

    add(a, 0, 4, 1, 0);
    ck_ok(txn_begin(a, false));
    add(a, 0, 4, 10, 1);
    ck_ok(txn_begin(a, false));
    add(a, 0, 4, 100, 11);
    add(b, 0, 4, 1000, 111);
    ck_ok(txn_commit(a, false));
    add(b, 0, 4, 0, 1111);
    ck_ok(txn_rollback(a));
    add(b, 0, 4, 0, 1001);
    ck_assert_int_eq(counter(a, 0, 4), 1);
    ck_ok(txn_commit(a, false));
    ck_ok(txn_commit(b, false));
    ck_assert_int_eq(counter(a, 0, 4), 1001);
    txn_free(a);
    txn_free(b);
}
END_TEST

START_TEST(escrow_of_own_row)
{
    put_counters(1, 1);
    Txn *a = test_begin(test.store), *b = test_begin(test.store);
    uint64_t row[2] = {htole64(50), htole64(60)};

    add(a, 0, 4, 5, 1);
    ck_ok(txn_put(a, TREE_ROWS, text("counter"), (Bytes){row, sizeof row}));
    add(a, 8, 8, -1, 60);
    add(a, 8, 8, -1, 59);
    ck_jet(txn_escrow(b, TREE_ROWS, text("counter"), 8, 8, 1, &(int64_t){0}), JET_errWriteConflict);
    ck_ok(txn_commit(a, false));
    ck_assert_int_eq(counter(a, 8, 8), 58);
    ck_assert_int_eq(counter(a, 0, 4), 50);
    txn_free(a);
    txn_free(b);
}
END_TEST

START_TEST(escrow_errors)
{
    int64_t old = 77;

    put_counters(INT32_MAX, INT64_MAX);
    Txn *txn = test_txn(test.store);
    ck_jet(txn_escrow(txn, TREE_ROWS, text("counter"), 0, 4, 1, &old), JET_errNotInTransaction);
    ck_ok(txn_begin(txn, false));
    ck_jet(txn_escrow(txn, TREE_ROWS, text("absent"), 0, 4, 1, &old), JET_errRecordNotFound);
    ck_jet(txn_escrow(txn, TREE_ROWS, text("counter"), 13, 4, 1, &old), JET_errInvalidParameter);
    ck_jet(txn_escrow(txn, TREE_ROWS, text("counter"), 0, 2, 1, &old), JET_errInvalidParameter);
    ck_jet(txn_escrow(txn, TREE_ROWS, text("counter"), SIZE_MAX - 2, 4, 1, &old),
           JET_errInvalidParameter);
    ck_assert_int_eq(old, 77);
    add(txn, 0, 4, 1, INT32_MAX); /* wraps */
    add(txn, 0, 4, 0, INT32_MIN);
    add(txn, 8, 8, 1, INT64_MAX);
    add(txn, 8, 8, 0, INT64_MIN);
    ck_ok(txn_commit(txn, false));
    ck_assert_int_eq(counter(txn, 0, 4), INT32_MIN);
    ck_assert_int_eq(counter(txn, 8, 8), INT64_MIN);
    txn_free(txn);
}
END_TEST

/* --- Sequences, durability ------------------------------------------------------------ */

START_TEST(sequences)
{
    uint64_t first, previous = 0;

    for (int i = 0; i < 1000; i++) {
        ck_ok(store_reserve(test.store, 5, 1, 1, &first));
        ck_assert_uint_eq(first, previous + 1);
        previous = first;
    }
    ck_ok(store_reserve(test.store, 5, 2, 100000, &first));
    ck_assert_uint_eq(first, 1);
    ck_ok(store_reserve(test.store, 5, 2, 1, &first));
    ck_assert_uint_eq(first, 100001);
    ck_ok(store_reserve(test.store, 6, 1, 1, &first));
    ck_assert_uint_eq(first, 1);
    ck_jet(store_reserve(test.store, 6, 1, 0, &first), JET_errInvalidParameter);
    test_store_reopen(&test);
    ck_ok(store_reserve(test.store, 5, 1, 1, &first));
    ck_assert_uint_eq(first, previous + 1);
}
END_TEST

START_TEST(lazy_commit_and_wait)
{
    Txn *a = test_begin(test.store), *b = test_txn(test.store);
    StoreStatistics statistics;

    ck_ok(txn_wait_durable(b, false));
    ck_ok(txn_put(a, TREE_ROWS, text("a"), text("1")));
    ck_ok(txn_commit(a, true));
    ck_value(b, "a", "1");
    ck_assert_uint_lt(store_durable(test.store), txn_last_commit(a));
    ck_ok(txn_wait_durable(a, false));
    ck_assert_uint_ge(store_durable(test.store), txn_last_commit(a));
    ck_ok(txn_wait_durable(b, true));
    ck_ok(store_statistics(test.store, &statistics));
    ck_assert_uint_eq(statistics.commits, 1);
    ck_assert_uint_eq(statistics.commit_groups, 1);
    ck_assert_uint_gt(statistics.file_bytes, 0);
    ck_assert_uint_gt(statistics.used_pages, 0);
    ck_ok(txn_begin(a, false));
    ck_ok(txn_put(a, TREE_ROWS, text("a"), text("2")));
    ck_ok(txn_commit(a, false));
    ck_assert_uint_ge(store_durable(test.store), txn_last_commit(a));
    txn_free(a);
    txn_free(b);
}
END_TEST

START_TEST(oldest_snapshot_is_seen)
{
    Txn *txn = test_begin(test.store);
    StoreStatistics statistics;

    usleep(50000);
    ck_ok(store_statistics(test.store, &statistics));
    ck_assert_uint_ge(statistics.oldest_snapshot_age_ms, 30);
    txn_free(txn);
    ck_ok(store_statistics(test.store, &statistics));
    ck_assert_uint_lt(statistics.oldest_snapshot_age_ms, 30);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store transactions");
    TCase *cases = tcase_create("transactions");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, commit_and_rollback);
    tcase_add_test(cases, empty_and_large_values);
    tcase_add_test(cases, levels);
    tcase_add_loop_test(cases, conflict_matrix, 0, ACTIONS * ACTIONS);
    tcase_add_test(cases, value_that_came_back_conflicts);
    tcase_add_test(cases, deleted_and_inserted_again_conflicts);
    tcase_add_test(cases, locks_add_up_and_last);
    tcase_add_test(cases, many_locks);
    tcase_add_test(cases, read_only_transaction);
    tcase_add_test(cases, limits);
    tcase_add_test(cases, unique_index);
    tcase_add_test(cases, plain_index_has_no_locks);
    tcase_add_test(cases, escrow_adds_up);
    tcase_add_test(cases, escrow_rolls_back_with_its_level);
    tcase_add_test(cases, escrow_of_own_row);
    tcase_add_test(cases, escrow_errors);
    tcase_add_test(cases, sequences);
    tcase_add_test(cases, lazy_commit_and_wait);
    tcase_add_test(cases, oldest_snapshot_is_seen);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
