/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-users.c - the passwd file. The hashes were made by `openssl passwd`. */
#include "mailstore/server/users.h"
#include "tests/run-suite.h"

#include <glib/gstdio.h>
#include <unistd.h>

/* openssl passwd -5 -salt salt secret; openssl passwd -6 -salt salt secret */
#define HASH5 "$5$salt$kpa26zwgX83BPSR8d7w93OIXbFt/d3UOTZaAu5vsTM6"
#define HASH6                                                                                      \
    "$6$salt$egUxKNxDs8kPfh8iPMNcosMhb2eWah6d3R44JDm5Rj/j/"                                        \
    "XWR5E33QPd0YmHXoDHOIDR6kL5D3JcQcz0O8FHE00"

static char *path;

static void setup(void)
{
    int fd = g_file_open_tmp("users-XXXXXX", &path, NULL);

    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    g_unlink(path);
    g_clear_pointer(&path, g_free);
}

static void put(const char *text)
{
    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

START_TEST(names_have_no_case)
{
    put("# people\nAlice:" HASH5 "\nbob:" HASH6 "\n");
    Users *users = users_load(path, NULL);
    ck_assert_ptr_nonnull(users);
    ck_assert_str_eq(users_find(users, "aLICE"), HASH5);
    ck_assert_str_eq(users_find(users, "bob"), HASH6);
    ck_assert_ptr_null(users_find(users, "carol"));
    ck_assert_ptr_null(users_find(users, ""));
    users_free(users);
}
END_TEST

START_TEST(passwords_are_checked)
{
    ck_assert(users_check_password(HASH5, "secret"));
    ck_assert(users_check_password(HASH6, "secret"));
    ck_assert(!users_check_password(HASH6, "Secret"));
    ck_assert(!users_check_password(HASH6, ""));
    ck_assert(!users_check_password(NULL, "secret"));
    ck_assert(!users_check_password("*", "secret"));
    ck_assert(!users_check_password("not-a-hash", "secret"));
}
END_TEST

START_TEST(some_cannot_log_in)
{
    put("a:!\nb:*\nc:!" HASH6 "\nd:sa3tHJ3/KuYvI\n");
    Users *users = users_load(path, NULL);
    ck_assert_ptr_nonnull(users);
    ck_assert(!users_check_password(users_find(users, "a"), "!"));
    ck_assert(!users_check_password(users_find(users, "b"), ""));
    ck_assert(!users_check_password(users_find(users, "c"), "secret"));
    users_free(users);
}
END_TEST

START_TEST(a_change_is_seen_and_a_bad_one_ignored)
{
    put("a:" HASH5 "\n");
    Users *users = users_load(path, NULL);
    put("a:" HASH5 "\nb:" HASH6 "\n");
    ck_assert_ptr_nonnull(users_find(users, "b"));
    put("a:" HASH5 "\nrubbish\n");
    ck_assert_ptr_nonnull(users_find(users, "b"));
    g_unlink(path);
    ck_assert_ptr_nonnull(users_find(users, "b"));
    put("c:" HASH5 "\n");
    ck_assert_ptr_null(users_find(users, "b"));
    ck_assert_ptr_nonnull(users_find(users, "c"));
    users_free(users);
}
END_TEST

static const char *const bad[] = {
    "nobody",
    ":" HASH5,
    "b c:" HASH5,
    "b:",
    "A:" HASH5,
    "public:" HASH5,
    "b:" HASH5 ":1000",
    "../b:" HASH5,
    "b/c:" HASH5,
    /* Not made by crypt(3): a word, openssl passwd -apr1, a method nobody knows. */
    "b:secret",
    "b:$apr1$salt$q9a2oNnY1CdDYpsPFgHYe.",
    "b:$99$salt$hash",
};

START_TEST(bad_lines_are_named)
{
    g_autoptr(GError) error = NULL;

    g_autofree char *text = g_strdup_printf("a:" HASH5 "\n%s\n", bad[_i]);
    put(text);
    ck_assert_ptr_null(users_load(path, &error));
    ck_assert_ptr_nonnull(strstr(error->message, ":2: "));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("users");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, names_have_no_case);
    tcase_add_test(tests, passwords_are_checked);
    tcase_add_test(tests, some_cannot_log_in);
    tcase_add_test(tests, a_change_is_seen_and_a_bad_one_ignored);
    tcase_add_loop_test(tests, bad_lines_are_named, 0, G_N_ELEMENTS(bad));
    return run_case("users", tests);
}
