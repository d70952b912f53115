/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit-main.h - the main() of these tests.
 */
#ifndef TESTS_UNIT_LIBSTOREHOOK_UNIT_MAIN_H
#define TESTS_UNIT_LIBSTOREHOOK_UNIT_MAIN_H

#include "tests/run-suite.h"

#define UNIT_MAIN(add_tests)                                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        TCase *tests = tcase_create("tests");                                                      \
        add_tests(tests);                                                                          \
        return run_case("libstorehook", tests);                                                    \
    }

#endif
