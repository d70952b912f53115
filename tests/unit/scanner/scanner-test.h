/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scanner-test.h - what the scanner's unit tests share.
 */
#ifndef TESTS_SCANNER_TEST_H
#define TESTS_SCANNER_TEST_H

#include <check.h>
#include <glib.h>
#include <stdlib.h>

/* In pieces, so that no scanner eats the tests. */
#define TEST_EICAR                                                                                 \
    "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-"                                                 \
    "ANTIVIRUS-TEST-FILE!$H+H*"

typedef struct {
    const char *name;
    const TTest *test;
} ScannerTest;

static inline int scanner_test_run(const char *suite_name, const ScannerTest *tests, gsize count)
{
    Suite *suite = suite_create(suite_name);
    SRunner *runner;
    int failed;

    for (gsize i = 0; i < count; i++) {
        TCase *one = tcase_create(tests[i].name);

        tcase_set_timeout(one, 60);
        tcase_add_test(one, tests[i].test);
        suite_add_tcase(suite, one);
    }
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define SCANNER_TEST_MAIN(suite, ...)                                                              \
    int main(void)                                                                                 \
    {                                                                                              \
        const ScannerTest tests[] = {__VA_ARGS__};                                                 \
        return scanner_test_run(suite, tests, G_N_ELEMENTS(tests));                                \
    }
#define SCANNER_TEST(name)                                                                         \
    {                                                                                              \
#name, name                                                                                \
    }

#endif /* TESTS_SCANNER_TEST_H */
