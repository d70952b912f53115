/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-budget.c - bytes in flight. */
#include "mailstore/server/budget.h"
#include "tests/unit/server/suite.h"

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
    tcase_add_test(tests, what_needs_nearly_all_is_not_passed);
    return suite_run("budget", tests);
}
