/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-unscanned.c - totals are exact whatever happens to the ring of rows.
 */
#include "libstorehook/unscanned.h"

#include <stdio.h>
#include <string.h>

#include "libstorehook/profile.h"
#include "tests/unit/libstorehook/unit-main.h"

static _Alignas(8) unsigned char buffer[STOREHOOK_DATAGRAM_MAX];
static const unsigned char instance[16];

static uint64_t total(StorehookReason reason)
{
    uint64_t totals[STOREHOOK_REASONS];

    unscanned_totals(totals);
    return totals[reason];
}

static StorehookMessage read_report(StorehookWriter *writer)
{
    StorehookHeader *header = (StorehookHeader *)(void *)buffer;
    StorehookMessage message;

    ck_assert(!writer->overflow);
    header->length = (uint32_t)writer->length;
    ck_assert_int_eq(storehook_read_message(buffer, writer->length, NULL, 0, &message), 0);
    return message;
}

/* Rows of all reports until nothing is pending; *ret_lost: one said that rows are missing. */
static unsigned drain(bool *ret_lost)
{
    unsigned rows = 0;

    *ret_lost = false;
    while (unscanned_is_pending()) {
        StorehookWriter writer;
        UnscannedTicket ticket = unscanned_write_report(&writer, buffer, sizeof(buffer), instance,
                                                        STOREHOOK_UNHOOKED_NONE);
        StorehookMessage message = read_report(&writer);
        StorehookValue value;
        size_t position = 0;

        while (storehook_read_next(&message, &position, &value)) {
            StorehookRow row;

            if (value.tag != STOREHOOK_FIELD_ROW)
                continue;
            memcpy(&row, value.data, sizeof(row));
            ck_assert_uint_eq(value.size, sizeof(row) + row.table_size + 1 + row.bookmark_size);
            ck_assert_int_gt(row.time, 0);
            if (row.table_size == 0)
                *ret_lost = true;
            else
                rows++;
        }
        unscanned_reported(&ticket);
    }
    return rows;
}

static void add(unsigned count)
{
    unsigned char key[200] = {0};
    ByteString bookmark = {key, sizeof(key)};

    for (unsigned i = 0; i < count; i++)
        unscanned_add(STOREHOOK_REASON_DEADLINE, "contents", &bookmark);
}

START_TEST(reports_each_row_once)
{
    bool lost;

    ck_assert(!unscanned_is_pending());
    add(700);
    unscanned_add(STOREHOOK_REASON_CRASH, "messages", NULL);
    ck_assert_uint_eq(total(STOREHOOK_REASON_DEADLINE), 700);
    ck_assert_uint_eq(total(STOREHOOK_REASON_CRASH), 1);
    ck_assert_uint_eq(drain(&lost), 701);
    ck_assert(!lost);
    ck_assert_uint_eq(drain(&lost), 0);
    ck_assert_uint_eq(total(STOREHOOK_REASON_DEADLINE), 700);
}
END_TEST

START_TEST(counts_what_it_cannot_remember)
{
    bool lost;

    add(UNSCANNED_RING + 500);
    ck_assert_uint_eq(total(STOREHOOK_REASON_DEADLINE), UNSCANNED_RING + 500);
    ck_assert_uint_eq(drain(&lost), UNSCANNED_RING);
    ck_assert(lost);
}
END_TEST

START_TEST(row_that_comes_while_a_report_is_sent_stays)
{
    StorehookWriter writer;
    UnscannedTicket ticket;
    bool lost;

    add(3);
    ticket =
        unscanned_write_report(&writer, buffer, sizeof(buffer), instance, STOREHOOK_UNHOOKED_NONE);
    add(2);
    unscanned_reported(&ticket);
    ck_assert(unscanned_is_pending());
    ck_assert_uint_eq(drain(&lost), 2);
}
END_TEST

START_TEST(rows_that_are_lost_while_a_report_is_sent_are_told)
{
    StorehookWriter writer;
    UnscannedTicket ticket;
    bool lost;

    add(1);
    ticket =
        unscanned_write_report(&writer, buffer, sizeof(buffer), instance, STOREHOOK_UNHOOKED_NONE);
    add(UNSCANNED_RING + 5);
    unscanned_reported(&ticket);
    ck_assert_uint_eq(drain(&lost), UNSCANNED_RING);
    ck_assert(lost);
}
END_TEST

START_TEST(settles_when_the_profile_comes)
{
    static const char profile[] = "messages mail key=id text=t\nfolders tree key=id\n";
    bool lost;

    for (unsigned i = 0; i < 10; i++) {
        unscanned_add_unjudged("mail", NULL);
        unscanned_add_unjudged("tree", NULL);
        unscanned_add_unjudged("other", NULL);
    }
    ck_assert_uint_eq(total(STOREHOOK_REASON_UNAVAILABLE), 0);
    ck_assert_int_eq(profile_install(profile, strlen(profile)), 0);
    unscanned_settle();
    ck_assert_uint_eq(total(STOREHOOK_REASON_UNAVAILABLE), 10);
    unscanned_settle();
    ck_assert_uint_eq(total(STOREHOOK_REASON_UNAVAILABLE), 10);
    ck_assert_uint_eq(drain(&lost), 10);
    ck_assert(!lost);
}
END_TEST

START_TEST(too_many_tables_are_told)
{
    bool lost;

    for (unsigned i = 0; i < UNSCANNED_TABLES + 5; i++) {
        char name[16];

        snprintf(name, sizeof(name), "t%u", i);
        unscanned_add_unjudged(name, NULL);
    }
    unscanned_settle();
    drain(&lost);
    ck_assert(lost);
}
END_TEST

/* Of two threads that report at once, the one that tells more is stopped. */
START_TEST(what_another_report_told_stays_pending)
{
    StorehookWriter writer;
    UnscannedTicket ticket;
    bool lost;

    for (unsigned i = 0; i < UNSCANNED_TABLES; i++) {
        char name[16];

        snprintf(name, sizeof(name), "t%u", i);
        unscanned_add_unjudged(name, NULL);
    }
    ticket =
        unscanned_write_report(&writer, buffer, sizeof(buffer), instance, STOREHOOK_UNHOOKED_NONE);
    unscanned_add_unjudged("more", NULL); /* counts, and has no row */
    unscanned_write_report(&writer, buffer, sizeof(buffer), instance, STOREHOOK_UNHOOKED_NONE);
    unscanned_reported(&ticket);
    ck_assert(unscanned_is_pending());
    drain(&lost);
    ck_assert(lost);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_unchecked_fixture(tests, unscanned_clear, NULL);
    tcase_add_test(tests, reports_each_row_once);
    tcase_add_test(tests, counts_what_it_cannot_remember);
    tcase_add_test(tests, row_that_comes_while_a_report_is_sent_stays);
    tcase_add_test(tests, rows_that_are_lost_while_a_report_is_sent_are_told);
    tcase_add_test(tests, settles_when_the_profile_comes);
    tcase_add_test(tests, too_many_tables_are_told);
    tcase_add_test(tests, what_another_report_told_stays_pending);
}

UNIT_MAIN(add_tests)
