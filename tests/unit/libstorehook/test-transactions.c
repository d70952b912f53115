/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-transactions.c - levels, rows and savepoints of a session.
 */
#include "libstorehook/transactions.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "libstorehook/protocol.h"

#include "tests/unit/libstorehook/unit-main.h"

static Session *session;

static void setup(void)
{
    session_begin(1, 9);
    session = session_acquire(1);
    ck_assert_ptr_nonnull(session);
}

static void teardown(void)
{
    session_release(session);
    session_end(1);
}

static TrackedRow *add(const char *bookmark, bool inserted)
{
    TableInfo info = {.profiled = true, .role = ROLE_MESSAGES, .database = 1, .table = "mail"};
    TrackedRow *row = tracked_row_new(&info);

    row->inserted = inserted;
    byte_string_set(&row->fields[FIELD_BOOKMARK], bookmark, strlen(bookmark));
    ck_assert(transaction_add_row(session, row));
    return row;
}

static unsigned standing(void)
{
    unsigned count = 0;

    for (TrackedRow *row = session->rows; row; row = row->next)
        count += tracked_row_stands(row);
    return count;
}

static void delete (const char *bookmark)
{
    TableInfo info = {.database = 1, .table = "mail"};
    ByteString gone = {(unsigned char *)(uintptr_t)bookmark, strlen(bookmark)};

    transaction_row_deleted(session, &info, &gone);
}

START_TEST(follows_levels)
{
    ck_assert_uint_eq(session->level, 0);
    ck_assert(!transaction_committed(session));
    transaction_begun(session, 500);
    transaction_begun(session, 900);
    ck_assert_uint_eq(session->level, 2);
    ck_assert_int_eq(session->budget_us, 500);
    ck_assert(!transaction_committed(session));
    ck_assert(transaction_committed(session));
    ck_assert_uint_eq(session->level, 0);
    transaction_rolled_back(session, false);
    ck_assert_uint_eq(session->level, 0);
    for (unsigned i = 0; i < 7; i++)
        transaction_begun(session, 1);
    transaction_rolled_back(session, true);
    ck_assert_uint_eq(session->level, 0);
}
END_TEST

START_TEST(rollback_forgets_only_its_level)
{
    transaction_begun(session, 1);
    add("a", true);
    transaction_begun(session, 1);
    add("b", true);
    transaction_begun(session, 1);
    add("c", true);
    ck_assert(!transaction_committed(session));
    ck_assert_uint_eq(standing(), 3);
    transaction_rolled_back(session, false);
    ck_assert_uint_eq(standing(), 1);
    add("d", true);
    ck_assert_uint_eq(standing(), 2);
    transaction_rolled_back(session, false);
    ck_assert(!transaction_has_rows(session));
}
END_TEST

START_TEST(deletion_is_undone_with_its_level)
{
    transaction_begun(session, 1);
    add("a", true);
    transaction_begun(session, 1);
    delete ("a");
    ck_assert_uint_eq(standing(), 0);
    transaction_rolled_back(session, false);
    ck_assert_uint_eq(standing(), 1);
    transaction_begun(session, 1);
    delete ("a");
    transaction_committed(session);
    ck_assert_uint_eq(standing(), 0);
    /* Gone stays gone when level 1 commits. */
    ck_assert(transaction_committed(session));
    ck_assert_uint_eq(standing(), 0);
}
END_TEST

/* One is not looked for among all of them: that would take a hundred times as long as to add it. */
START_TEST(each_of_many_rows_is_deleted)
{
    enum {
        MANY = 20000
    };
    clock_t begin = clock(), added;
    char bookmark[16];

    transaction_begun(session, 1);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(bookmark, sizeof(bookmark), "%u", i);
        add(bookmark, true);
    }
    added = clock();
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(bookmark, sizeof(bookmark), "%u", MANY - 1 - i);
        delete (bookmark);
    }
    ck_assert_int_lt(clock() - added, 15 * (added - begin));
    ck_assert_uint_eq(standing(), 0);
}
END_TEST

START_TEST(replaced_row_stands_once)
{
    TrackedRow *again;

    transaction_begun(session, 1);
    add("a", true);
    again = add("a", false);
    ck_assert_uint_eq(standing(), 1);
    /* It is still one that this transaction inserted. */
    ck_assert(again->inserted);
    ck_assert(!add("z", false)->inserted);
}
END_TEST

START_TEST(begun_session_is_a_new_one)
{
    transaction_begun(session, 1);
    add("a", true);
    session_release(session);
    session_begin(1, 9);
    session = session_acquire(1);
    ck_assert_uint_eq(session->level, 0);
    ck_assert(!transaction_has_rows(session));
}
END_TEST

START_TEST(session_outlives_its_end_while_in_use)
{
    Session *other;

    transaction_begun(session, 1);
    add("a", true);
    session_end(1);
    ck_assert_uint_eq(standing(), 1);
    session_release(session);
    session_begin(2, 8);
    session_end_instance(8);
    other = session_acquire(2);
    ck_assert_uint_eq(other->instance, 0);
    session_release(other);
    session_end(2);
    session = session_acquire(1);
    ck_assert_uint_eq(session->level, 0);
}
END_TEST

START_TEST(is_bounded)
{
    TableInfo info = {.role = ROLE_CONTENTS, .database = 1, .table = "t"};

    transaction_begun(session, 1);
    for (unsigned i = 0; i < TRANSACTION_ROWS_MAX; i++) {
        TrackedRow *row = tracked_row_new(&info);

        row->inserted = true;
        ck_assert(transaction_add_row(session, row));
    }
    TrackedRow *more = tracked_row_new(&info);
    ck_assert(!transaction_add_row(session, more));
    ck_assert(session->rows_overflow);
    ck_assert(transaction_is_full(session));
    tracked_row_free(more);
    transaction_rolled_back(session, false);
    ck_assert(!transaction_is_full(session));
}
END_TEST

/* Memfds are counted, and what goes with a level is not counted any more. */
START_TEST(memfds_make_room_with_their_level)
{
    TableInfo info = {.role = ROLE_CONTENTS, .database = 1, .table = "t"};
    static const char large[STOREHOOK_INLINE_MAX + 1];
    TrackedRow *row;

    transaction_begun(session, 1);
    transaction_begun(session, 1);
    for (unsigned i = 0; i <= TRANSACTION_MEMFDS_MAX; i++) {
        row = tracked_row_new(&info);
        row->inserted = true;
        ck_assert_int_eq(blob_set(&row->original, large, sizeof(large)), 0);
        ck_assert_ptr_null(row->original.data);
        ck_assert(transaction_make_room(session, row));
        /* For one more than there may be only memory is left. */
        ck_assert_int_eq(row->original.data != NULL, i == TRANSACTION_MEMFDS_MAX);
        ck_assert(transaction_add_row(session, row));
    }
    transaction_rolled_back(session, false);
    row = tracked_row_new(&info);
    ck_assert_int_eq(blob_set(&row->original, large, sizeof(large)), 0);
    ck_assert(transaction_make_room(session, row));
    ck_assert_ptr_null(row->original.data);
    tracked_row_free(row);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, follows_levels);
    tcase_add_test(tests, rollback_forgets_only_its_level);
    tcase_add_test(tests, deletion_is_undone_with_its_level);
    tcase_add_test(tests, each_of_many_rows_is_deleted);
    tcase_add_test(tests, replaced_row_stands_once);
    tcase_add_test(tests, begun_session_is_a_new_one);
    tcase_add_test(tests, session_outlives_its_end_while_in_use);
    tcase_add_test(tests, is_bounded);
    tcase_add_test(tests, memfds_make_room_with_their_level);
}

UNIT_MAIN(add_tests)
