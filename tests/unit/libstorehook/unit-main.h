/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit-main.h - the main() of these tests.
 */
#ifndef TESTS_UNIT_LIBSTOREHOOK_UNIT_MAIN_H
#define TESTS_UNIT_LIBSTOREHOOK_UNIT_MAIN_H

#include <check.h>

#define UNIT_MAIN(add_tests)                                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        Suite *suite = suite_create("libstorehook");                                               \
        TCase *tests = tcase_create("tests");                                                      \
        SRunner *runner;                                                                           \
        int failed;                                                                                \
                                                                                                   \
        add_tests(tests);                                                                          \
        suite_add_tcase(suite, tests);                                                             \
        runner = srunner_create(suite);                                                            \
        srunner_run_all(runner, CK_ENV);                                                           \
        failed = srunner_ntests_failed(runner);                                                    \
        srunner_free(runner);                                                                      \
        return failed != 0;                                                                        \
    }

#endif
