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

int main(void)
{
    TCase *tests = tcase_create("budget");

    tcase_add_test(tests, takes_up_to_the_limit);
    tcase_add_test(tests, grants_what_is_larger_than_the_limit_alone);
    tcase_add_test(tests, waiters_are_served_in_order);
    return suite_run("budget", tests);
}
