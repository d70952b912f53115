/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-profile.c - reading schema profiles, good and bad.
 */
#include "libstorehook/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/libstorehook/unit-main.h"

static Profile profile;

static int parse(const char *text)
{
    return profile_parse(text, strlen(text), &profile);
}

START_TEST(reads_what_it_is_told)
{
    ck_assert_int_eq(parse("messages mail key=id text=body\ncontents blobs digest=sum data=d\n"),
                     0);
    ck_assert_uint_eq(profile.count, 2);
    ck_assert_int_eq(profile.tables[0].role, ROLE_MESSAGES);
    ck_assert_str_eq(profile.tables[0].name, "mail");
    ck_assert_str_eq(profile.tables[0].columns[COLUMN_KEY], "id");
    ck_assert_str_eq(profile.tables[0].columns[COLUMN_TEXT], "body");
    ck_assert_str_eq(profile.tables[0].columns[COLUMN_SUBJECT], "");
    ck_assert_int_eq(profile.tables[1].role, ROLE_CONTENTS);
    ck_assert_uint_eq(profile.tables[1].set, 0);
    ck_assert_int_eq(parse(""), 0);
    ck_assert_uint_eq(profile.count, 0);
}
END_TEST

START_TEST(role_that_comes_again_is_another_store)
{
    ck_assert_int_eq(parse("messages a key=k text=t\nentries b message=m\n"
                           "messages c key=k text=t\nentries d message=m\n"),
                     0);
    ck_assert_uint_eq(profile.tables[0].set, profile.tables[1].set);
    ck_assert_uint_eq(profile.tables[2].set, profile.tables[3].set);
    ck_assert_uint_ne(profile.tables[0].set, profile.tables[2].set);
}
END_TEST

static const char *const bad[] = {
    "messages",
    "messages\n",
    "messages mail key=id",             /* no end of line */
    "messages  mail key=id\n",          /* two blanks */
    "messages mail key\n",              /* no '=' */
    "messages mail key=\n",             /* no name */
    "messages mail =id\n",              /* no column */
    "messages mail colour=id\n",        /* unknown column */
    "letters mail key=id\n",            /* unknown role */
    "messages mail key=id key=other\n", /* twice */
    "messages mail key=id \n\n",        /* empty line */
    "messages xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx key=id\n",
};

START_TEST(refuses_what_it_does_not_understand)
{
    ck_assert_int_eq(parse(bad[_i]), -EPROTO);
}
END_TEST

START_TEST(refuses_too_much)
{
    char text[PROFILE_TABLES_MAX * 32 + 64] = "", nul[] = "messages a\0b key=x\n";

    for (unsigned i = 0; i <= PROFILE_TABLES_MAX; i++)
        strcat(text, "messages mail key=id\n");
    ck_assert_int_eq(parse(text), -EPROTO);
    ck_assert_int_eq(profile_parse(nul, sizeof(nul) - 1, &profile), -EPROTO);
}
END_TEST

START_TEST(keeps_the_one_in_force)
{
    static const char one[] = "messages mail key=id text=t\n", two[] = "contents mail digest=d\n";
    ProfileTable table;
    uint32_t first;

    ck_assert_uint_eq(profile_id(), 0);
    ck_assert(!profile_find("mail", &table));
    ck_assert_int_eq(profile_install("nonsense\n", 9), -EPROTO);
    ck_assert_uint_eq(profile_id(), 0);
    ck_assert_int_eq(profile_install(one, strlen(one)), 0);
    first = profile_id();
    ck_assert(profile_find("MAIL", &table));
    ck_assert_int_eq(table.role, ROLE_MESSAGES);
    ck_assert_int_eq(profile_install(one, strlen(one)), 0);
    ck_assert_uint_eq(profile_id(), first);
    ck_assert_int_eq(profile_install(two, strlen(two)), 0);
    ck_assert_uint_ne(profile_id(), first);
    ck_assert(profile_find_role(0, ROLE_CONTENTS, &table));
    ck_assert(!profile_find_role(0, ROLE_MESSAGES, &table));
    ck_assert_int_eq(profile_install("bad\n", 4), -EPROTO);
    ck_assert(profile_find("mail", &table));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, reads_what_it_is_told);
    tcase_add_test(tests, role_that_comes_again_is_another_store);
    tcase_add_loop_test(tests, refuses_what_it_does_not_understand, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tests, refuses_too_much);
    tcase_add_test(tests, keeps_the_one_in_force);
}

UNIT_MAIN(add_tests)
