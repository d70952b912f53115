/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-lock-table.c - what the table of locks remembers of commits, and what it forgets.
 */
#include "store-test.h"

#include "mailstore/ese/lock-set.h"
#include "tests/run-suite.h"

static LockTable table;

static void set_up(void)
{
    ck_ok(lock_table_init(&table));
}

static void tear_down(void)
{
    lock_table_clear(&table);
}

static JET_ERR try_lock(uint64_t hash, LockKind kind, uint64_t snapshot)
{
    int held = KEY_LOCK_NONE;
    JET_ERR error = lock_take(&table, hash, kind, held, snapshot, &held);

    if (error == JET_errSuccess)
        lock_release(&table, hash, (LockKind)held, 0, 0);
    return error;
}

static void commit(uint64_t hash, LockKind kind, uint64_t snapshot, uint64_t id, uint64_t oldest)
{
    int held = KEY_LOCK_NONE;

    ck_ok(lock_take(&table, hash, kind, held, snapshot, &held));
    lock_release(&table, hash, (LockKind)held, id, oldest);
}

static size_t remembered(void)
{
    size_t sum = 0;

    for (size_t i = 0; i < LOCK_SHARDS; i++)
        sum += table.shards[i].remembered;
    return sum;
}

START_TEST(remembers_while_an_older_snapshot_is_open)
{
    commit(77, KEY_LOCK_WRITE, 4, 5, 4);
    ck_jet(try_lock(77, KEY_LOCK_WRITE, 4), JET_errWriteConflict);
    ck_jet(try_lock(77, KEY_LOCK_READ, 4), JET_errWriteConflict);
    ck_jet(try_lock(77, KEY_LOCK_INSERT, 4), JET_errKeyDuplicate);
    ck_ok(try_lock(77, KEY_LOCK_WRITE, 5));
    ck_assert_uint_eq(remembered(), 1);
    /* The next release in the shard with a newer oldest snapshot lets go. */
    commit(78, KEY_LOCK_WRITE, 5, 6, UINT64_MAX);
    ck_assert_uint_eq(remembered(), 0);
    ck_assert_uint_eq(table.shards[0].entry_count, 0);
}
END_TEST

START_TEST(nothing_to_remember_when_none_is_open)
{
    for (uint64_t i = 0; i < 10000; i++)
        commit(i * 0x9e3779b97f4a7c15u, KEY_LOCK_WRITE, i, i + 1, UINT64_MAX);
    ck_assert_uint_eq(remembered(), 0);
}
END_TEST

START_TEST(escrow_commits_are_told_from_writes)
{
    commit(5, KEY_LOCK_ESCROW, 1, 2, 1);
    ck_ok(try_lock(5, KEY_LOCK_ESCROW, 1));
    ck_jet(try_lock(5, KEY_LOCK_WRITE, 1), JET_errWriteConflict);
    ck_jet(try_lock(5, KEY_LOCK_READ, 1), JET_errWriteConflict);
    commit(5, KEY_LOCK_WRITE, 2, 3, 1);
    ck_jet(try_lock(5, KEY_LOCK_ESCROW, 1), JET_errWriteConflict);
    ck_ok(try_lock(5, KEY_LOCK_ESCROW, 3));
}
END_TEST

/* A transaction left open cannot make the table grow without end; it conflicts instead. */
START_TEST(forgets_beyond_its_limit)
{
    uint64_t count = (uint64_t)LOCK_REMEMBERED_MAX + 1000;

    for (uint64_t i = 1; i <= count; i++) /* all in shard 0 */
        commit(i, KEY_LOCK_WRITE, i, i + 1, 1);
    ck_assert_uint_eq(remembered(), LOCK_REMEMBERED_MAX);
    ck_jet(try_lock(1, KEY_LOCK_WRITE, 1), JET_errWriteConflict);         /* forgotten, written */
    ck_jet(try_lock(count + 5, KEY_LOCK_WRITE, 1), JET_errWriteConflict); /* never written */
    ck_ok(try_lock(count + 5, KEY_LOCK_WRITE, 1001)); /* newer than all that is forgotten */
    ck_ok(try_lock(1ull << 60, KEY_LOCK_WRITE, 1));   /* another shard */
}
END_TEST

/* Users do not disturb one another or readers, but a writer that does not see what they did. */
START_TEST(uses_are_told_from_reads)
{
    commit(5, KEY_LOCK_READ, 1, 2, 1);
    ck_ok(try_lock(5, KEY_LOCK_WRITE, 1));
    commit(5, KEY_LOCK_USE, 1, 2, 1);
    ck_ok(try_lock(5, KEY_LOCK_USE, 1));
    ck_ok(try_lock(5, KEY_LOCK_READ, 1));
    ck_jet(try_lock(5, KEY_LOCK_WRITE, 1), JET_errWriteConflict);
    ck_ok(try_lock(5, KEY_LOCK_WRITE, 2));
    int first = KEY_LOCK_NONE, second = KEY_LOCK_NONE;
    ck_ok(lock_take(&table, 6, KEY_LOCK_USE, first, 1, &first));
    ck_ok(lock_take(&table, 6, KEY_LOCK_USE, second, 1, &second));
    ck_jet(lock_take(&table, 6, KEY_LOCK_WRITE, first, 1, &first), JET_errWriteConflict);
    lock_release(&table, 6, KEY_LOCK_USE, 0, 1);
    ck_ok(lock_take(&table, 6, KEY_LOCK_WRITE, first, 1, &first));
    ck_assert_int_eq(first, KEY_LOCK_WRITE);
    lock_release(&table, 6, KEY_LOCK_WRITE, 0, 1);
}
END_TEST

/* One key that every commit writes, as a definition is used by all, keeps its own place only. */
START_TEST(a_busy_key_does_not_hold_the_others)
{
    for (uint64_t i = 10; i < 20000; i++) { /* all in shard 0 */
        commit(1, KEY_LOCK_USE, i, i + 1, i - 5);
        commit(100 + i, KEY_LOCK_WRITE, i, i + 1, i - 5);
    }
    ck_assert_uint_lt(remembered(), 20);
    ck_jet(try_lock(1, KEY_LOCK_WRITE, 19999), JET_errWriteConflict);
    ck_ok(try_lock(5, KEY_LOCK_WRITE, 19990)); /* nothing was given up early */
}
END_TEST

START_TEST(held_locks_grow)
{
    LockSet set = {0};

    ck_assert_int_eq(lock_set_find(&set, 5), KEY_LOCK_NONE);
    for (uint64_t i = 0; i < 5000; i++) {
        int held = KEY_LOCK_NONE;
        ck_ok(lock_set_reserve(&set));
        ck_ok(lock_take(&table, i << 20, KEY_LOCK_READ, held, 1, &held));
        lock_set_put(&set, i << 20, (LockKind)held);
    }
    ck_assert_uint_eq(set.count, 5000);
    for (uint64_t i = 0; i < 5000; i++)
        ck_assert_int_eq(lock_set_find(&set, i << 20), KEY_LOCK_READ);
    ck_assert_int_eq(lock_set_find(&set, 1), KEY_LOCK_NONE);
    lock_set_release(&set, &table, 0, UINT64_MAX);
    ck_assert_int_eq(lock_set_find(&set, 1 << 20), KEY_LOCK_NONE);
    for (size_t i = 0; i < LOCK_SHARDS; i++)
        ck_assert_uint_eq(table.shards[i].entry_count, 0);
    lock_set_clear(&set);
}
END_TEST

static void hold(LockSet *set, uint64_t hash)
{
    int held = KEY_LOCK_NONE;

    ck_ok(lock_set_reserve(set));
    ck_ok(lock_take(&table, hash, KEY_LOCK_READ, held, 1, &held));
    lock_set_put(set, hash, (LockKind)held);
}

/* Of two that want one slot, the later comes to stand before the earlier when the set grows while
 * it has wrapped around: given back, it leaves a gap that the other must close, past one that stays
 * between them. */
START_TEST(held_locks_close_gaps)
{
    const uint64_t earlier = 15 + 32, later = 15 + 2 * 32; /* the last of 16 slots, not of 32 */
    const uint64_t between = 16;
    LockSet set = {0};

    hold(&set, earlier);
    hold(&set, between);
    lock_set_record(&set);
    hold(&set, later);
    for (uint64_t other = 1; other <= 7; other++)
        hold(&set, other);
    ck_assert_uint_eq(set.slot_count, 32);
    lock_set_give_back(&set, &table, UINT64_MAX);
    ck_assert_uint_eq(set.count, 2);
    ck_assert_int_eq(lock_set_find(&set, later), KEY_LOCK_NONE);
    ck_assert_int_eq(lock_set_find(&set, between), KEY_LOCK_READ);
    ck_assert_int_eq(lock_set_find(&set, earlier), KEY_LOCK_READ);
    lock_set_release(&set, &table, 0, UINT64_MAX);
    lock_set_clear(&set);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store lock table");
    TCase *cases = tcase_create("locks");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, remembers_while_an_older_snapshot_is_open);
    tcase_add_test(cases, nothing_to_remember_when_none_is_open);
    tcase_add_test(cases, escrow_commits_are_told_from_writes);
    tcase_add_test(cases, forgets_beyond_its_limit);
    tcase_add_test(cases, uses_are_told_from_reads);
    tcase_add_test(cases, a_busy_key_does_not_hold_the_others);
    tcase_add_test(cases, held_locks_grow);
    tcase_add_test(cases, held_locks_close_gaps);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
