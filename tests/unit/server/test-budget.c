/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-budget.c - bytes in flight. */
#include "mailstore/server/budget.h"
#include "tests/run-suite.h"

#include <string.h>
#include <unistd.h>

static void count(gpointer data)
{
    ++*(guint *)data;
}

START_TEST(takes_up_to_the_limit)
{
    Budget *budget = budget_new(100);

    ck_assert(budget_try_take(budget, 60));
    ck_assert(!budget_try_take(budget, 41));
    ck_assert(budget_try_take(budget, 40));
    budget_release(budget, 100);
    ck_assert_uint_eq(budget_used(budget), 0);
    budget_free(budget);
}
END_TEST

START_TEST(grants_what_is_larger_than_the_limit_alone)
{
    Budget *budget = budget_new(100);

    ck_assert(budget_try_take(budget, 1));
    ck_assert(!budget_try_take(budget, 1000));
    budget_release(budget, 1);
    ck_assert(budget_try_take(budget, 1000));
    ck_assert(!budget_try_take(budget, 1));
    budget_release(budget, 1000);
    budget_free(budget);
}
END_TEST

START_TEST(waiters_are_served_in_order)
{
    Budget *budget = budget_new(100);
    guint first = 0, second = 0, third = 0;
    BudgetWaiter a = {.need = 90, .granted = count, .data = &first};
    BudgetWaiter b = {.need = 10, .granted = count, .data = &second};
    BudgetWaiter c = {.need = 10, .granted = count, .data = &third};

    ck_assert(budget_try_take(budget, 50));
    ck_assert(!budget_wait(budget, &a));
    ck_assert(!budget_wait(budget, &b)); /* would fit, but came later */
    ck_assert(!budget_wait(budget, &c));
    ck_assert(!budget_try_take(budget, 1));
    ck_assert(budget_try_grow(budget, 1)); /* one who holds something already */
    budget_cancel(budget, &b);
    budget_release(budget, 51);
    ck_assert_uint_eq(first, 1);
    ck_assert_uint_eq(second, 0);
    ck_assert_uint_eq(third, 1);
    budget_release(budget, 100);
    budget_free(budget);
}
END_TEST

/* The sanitizers have allocators of their own. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* As much as `size`, in pieces that lie between others which stay: no end of an arena is free. */
static void scatter(gsize size, gsize piece, gpointer *stay, gsize count)
{
    g_autofree gpointer *pieces = g_new(gpointer, count);

    g_assert(count == size / piece);
    for (gsize i = 0; i < count; i++) {
        pieces[i] = g_malloc(piece);
        memset(pieces[i], 1, piece);
        stay[i] = g_malloc(32);
    }
    for (gsize i = 0; i < count; i++)
        g_free(pieces[i]);
}

static gsize resident_bytes(void)
{
    g_autofree char *text = NULL;

    ck_assert(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
    return g_ascii_strtoull(strchr(text, ' '), NULL, 10) * (gsize)sysconf(_SC_PAGESIZE);
}

START_TEST(what_large_messages_took_is_given_back)
{
    const gsize size = 64 << 20, piece = 64 << 10;
    Budget *budget = budget_new(size);
    gsize before = resident_bytes();
    gpointer stay[1024];

    ck_assert(budget_try_take(budget, size));
    scatter(size, piece, stay, G_N_ELEMENTS(stay));
    ck_assert_uint_gt(resident_bytes(), before + size / 2);
    budget_release(budget, size);
    g_main_context_iteration(NULL, TRUE);
    ck_assert_uint_lt(resident_bytes(), before + size / 2);
    for (gsize i = 0; i < G_N_ELEMENTS(stay); i++)
        g_free(stay[i]);
    budget_free(budget);
}
END_TEST
#endif

/* A 64th is small. */
START_TEST(what_is_small_passes_what_is_large)
{
    Budget *budget = budget_new(6400);
    guint large = 0, small = 0;
    BudgetWaiter a = {.need = 4800, .granted = count, .data = &large};
    BudgetWaiter b = {.need = 100, .granted = count, .data = &small};

    ck_assert(budget_try_take(budget, 4000));
    ck_assert(!budget_wait(budget, &a));
    ck_assert(!budget_try_take(budget, 101));
    ck_assert(budget_try_take(budget, 100));
    for (guint taken = 4100; taken < 8000; taken += 100)
        ck_assert(budget_try_take(budget, 100));
    ck_assert(!budget_try_take(budget, 1)); /* a quarter more, no further */
    ck_assert(!budget_wait(budget, &b));
    budget_release(budget, 100);
    ck_assert_uint_eq(small, 1);
    ck_assert_uint_eq(large, 0);
    budget_release(budget, 6400);
    ck_assert_uint_eq(large, 1);
    ck_assert_uint_eq(budget_used(budget), 8000 - 6400 + 4800);
    budget_release(budget, budget_used(budget));
    budget_free(budget);
}
END_TEST

START_TEST(what_needs_nearly_all_is_not_passed)
{
    Budget *budget = budget_new(6400);
    guint large = 0, small = 0;
    BudgetWaiter a = {.need = 4801, .granted = count, .data = &large};
    BudgetWaiter b = {.need = 1, .granted = count, .data = &small};

    ck_assert(budget_try_take(budget, 1700));
    ck_assert(!budget_wait(budget, &a));
    ck_assert(!budget_try_take(budget, 1));
    ck_assert(!budget_wait(budget, &b));
    budget_release(budget, 1);
    ck_assert_uint_eq(small, 0);
    budget_release(budget, 1699);
    ck_assert_uint_eq(large, 1);
    ck_assert_uint_eq(small, 1);
    budget_release(budget, 4802);
    budget_free(budget);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("budget");

    tcase_add_test(tests, takes_up_to_the_limit);
    tcase_add_test(tests, grants_what_is_larger_than_the_limit_alone);
    tcase_add_test(tests, waiters_are_served_in_order);
    tcase_add_test(tests, what_is_small_passes_what_is_large);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    tcase_add_test(tests, what_large_messages_took_is_given_back);
#endif
    tcase_add_test(tests, what_needs_nearly_all_is_not_passed);
    return run_case("budget", tests);
}
