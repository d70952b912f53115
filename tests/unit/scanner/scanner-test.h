/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scanner-test.h - what the scanner's unit tests share.
 */
#ifndef TESTS_SCANNER_TEST_H
#define TESTS_SCANNER_TEST_H

#include "tests/run-suite.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>

/* In pieces, so that no scanner eats the tests. */
#define TEST_EICAR                                                                                 \
    "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-"                                                 \
    "ANTIVIRUS-TEST-FILE!$H+H*"

/* A gzip of EICAR made by Python's gzip: what is found only after unpacking. */
G_GNUC_UNUSED static const guint8 TEST_PACKED[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x8b, 0x30, 0xf5, 0x57, 0x0c,
    0x50, 0x75, 0x70, 0x0c, 0x88, 0x36, 0x89, 0x09, 0x88, 0x8a, 0x30, 0x35, 0xd1, 0x08, 0x88,
    0xd3, 0x34, 0x77, 0x76, 0xd6, 0x34, 0xaf, 0x55, 0x71, 0xf5, 0x74, 0x76, 0x0c, 0xd2, 0x0d,
    0x0e, 0x71, 0xf4, 0x73, 0x71, 0x0c, 0x72, 0xd1, 0x75, 0xf4, 0x0b, 0xf1, 0x0c, 0xf3, 0x0c,
    0x0a, 0x0d, 0xd6, 0x0d, 0x71, 0x0d, 0x0e, 0xd1, 0x75, 0xf3, 0xf4, 0x71, 0x55, 0x54, 0xf1,
    0xd0, 0xf6, 0xd0, 0x02, 0x00, 0x3c, 0xcf, 0x51, 0x68, 0x44, 0x00, 0x00, 0x00};

typedef struct {
    const char *name;
    const TTest *test;
} ScannerTest;

static inline int scanner_test_run(const char *suite_name, const ScannerTest *tests, gsize count)
{
    Suite *suite = suite_create(suite_name);

    for (gsize i = 0; i < count; i++) {
        TCase *one = tcase_create(tests[i].name);

        tcase_set_timeout(one, 60);
        tcase_add_test(one, tests[i].test);
        suite_add_tcase(suite, one);
    }
    return run_suite(suite);
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
