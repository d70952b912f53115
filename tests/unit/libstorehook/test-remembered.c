/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-remembered.c - the table of dropped messages is exact, bounded and forgets.
 */
#include "libstorehook/remembered.h"

#include <string.h>

#include "tests/unit/libstorehook/unit-main.h"

static MessageName name_of(ByteString *key, uint64_t *number)
{
    *key = (ByteString){(unsigned char *)number, sizeof(*number)};
    return (MessageName){.instance = 1, .database = 1, .key = key};
}

START_TEST(finds_what_was_added)
{
    uint64_t number = 5;
    ByteString key;
    MessageName name = name_of(&key, &number);
    Remembered found;

    ck_assert(remembered_is_empty());
    ck_assert(!remembered_find(&name, &found));
    remembered_add(&name, true, "A7F3-19C2");
    ck_assert(!remembered_is_empty());
    ck_assert(remembered_find(&name, &found));
    ck_assert(found.dropped);
    ck_assert_str_eq(found.incident, "A7F3-19C2");
    name.database = 2;
    ck_assert(!remembered_find(&name, &found));
    name.database = 1;
    name.instance = 2;
    ck_assert(!remembered_find(&name, &found));
    name.instance = 1;
    name.set = 1;
    ck_assert(!remembered_find(&name, &found));
    name.set = 0;
    number = 6;
    ck_assert(!remembered_find(&name, &found));
    number = 5;
    remembered_add(&name, false, "other");
    ck_assert(remembered_find(&name, &found));
    ck_assert(!found.dropped);
    /* The key was given to another message. */
    remembered_forget(&name);
    ck_assert(!remembered_find(&name, &found));
    ck_assert(remembered_is_empty());
}
END_TEST

START_TEST(is_bounded)
{
    uint64_t number;
    ByteString key;
    MessageName name = name_of(&key, &number);
    Remembered found;

    for (number = 0; number < REMEMBERED_MAX + 100; number++)
        remembered_add(&name, true, "");
    for (number = 0; number < 100; number++)
        ck_assert(!remembered_find(&name, &found));
    for (; number < REMEMBERED_MAX + 100; number++)
        ck_assert(remembered_find(&name, &found));
    remembered_clear();
    ck_assert(remembered_is_empty());
}
END_TEST

START_TEST(expires)
{
    uint64_t number = 1;
    ByteString key;
    MessageName name = name_of(&key, &number);
    Remembered found;

    remembered_add(&name, true, "");
    remembered_age(REMEMBERED_SECONDS - 10);
    ck_assert(remembered_find(&name, &found));
    number = 2;
    remembered_add(&name, true, "");
    remembered_age(20);
    ck_assert(remembered_find(&name, &found));
    number = 1;
    ck_assert(!remembered_find(&name, &found));
    remembered_clear();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, finds_what_was_added);
    tcase_add_test(tests, is_bounded);
    tcase_add_test(tests, expires);
}

UNIT_MAIN(add_tests)
