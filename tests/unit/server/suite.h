/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suite.h - what every test program of this folder ends with. */
#ifndef TESTS_UNIT_SERVER_SUITE_H
#define TESTS_UNIT_SERVER_SUITE_H

#include <check.h>

/* Runs one test case; returns what main() returns. */
int suite_run(const char *name, TCase *tests);

#endif /* TESTS_UNIT_SERVER_SUITE_H */
