/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-decision.c - names and defaults of verdicts and actions: those of the architecture.
 */
#include "filters/decision.h"
#include "tests/run-suite.h"

#include <check.h>

START_TEST(names_go_both_ways)
{
    for (int i = 0; i < FILTER_VERDICTS; i++) {
        FilterVerdict back = FILTER_VERDICTS;
        ck_assert(filter_verdict_parse(filter_verdict_name((FilterVerdict)i), &back));
        ck_assert_int_eq(back, i);
    }
    for (int i = 0; i < FILTER_ACTIONS; i++) {
        FilterAction back = FILTER_ACTIONS;
        ck_assert(filter_action_parse(filter_action_name((FilterAction)i), &back));
        ck_assert_int_eq(back, i);
    }
    FilterAction action = FILTER_ACTION_PASS;
    ck_assert_str_eq(filter_action_name(FILTER_ACTION_DEFER), "defer");
    ck_assert(!filter_action_parse("defer", &action)); /* happens, and cannot be asked for */
    ck_assert_int_eq(action, FILTER_ACTION_PASS);
    FilterVerdict verdict = FILTER_VERDICT_BLOCKED;
    ck_assert(!filter_verdict_parse("Infected", &verdict));
    ck_assert_int_eq(verdict, FILTER_VERDICT_BLOCKED); /* written only on success */
}
END_TEST

START_TEST(defaults_are_those_of_the_manual)
{
    static const struct {
        const char *verdict, *action;
    } DEFAULTS[] = {
        {"clean", "pass"},
        {"infected", "quarantine"},
        {"blocked", "strip"},
        {"suspicious", "quarantine"},
        {"encrypted", "pass"},
        {"ambiguous", "pass"},
        {"not-fully-scanned", "quarantine"},
        {"not-scanned", "pass"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(DEFAULTS); i++) {
        FilterVerdict verdict = FILTER_VERDICTS;
        ck_assert(filter_verdict_parse(DEFAULTS[i].verdict, &verdict));
        ck_assert_str_eq(filter_action_name(filter_defaults[verdict].action), DEFAULTS[i].action);
        ck_assert(filter_action_is_allowed(verdict, filter_defaults[verdict].action, NULL));
    }
}
END_TEST

START_TEST(senseless_actions_are_refused)
{
    const char *reason = NULL;

    for (int action = 0; action < FILTER_ACTIONS; action++)
        ck_assert_int_eq(
            filter_action_is_allowed(FILTER_VERDICT_CLEAN, (FilterAction)action, &reason),
            action == FILTER_ACTION_PASS);
    ck_assert_ptr_nonnull(reason);
    ck_assert(!filter_action_is_allowed(FILTER_VERDICT_NOT_SCANNED, FILTER_ACTION_DROP, NULL));
    ck_assert(!filter_action_is_allowed(FILTER_VERDICT_BLOCKED, FILTER_ACTION_CLEAN, NULL));
    ck_assert(filter_action_is_allowed(FILTER_VERDICT_INFECTED, FILTER_ACTION_CLEAN, NULL));
    ck_assert_int_eq(filter_action_harder(FILTER_ACTION_STRIP, FILTER_ACTION_DROP),
                     FILTER_ACTION_DROP);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decision");
    TCase *tcase = tcase_create("decision");
    tcase_add_test(tcase, names_go_both_ways);
    tcase_add_test(tcase, defaults_are_those_of_the_manual);
    tcase_add_test(tcase, senseless_actions_are_refused);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
