/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suite.c - runs the tests of a program. */
#include "tests/unit/server/suite.h"

#include <stdlib.h>

int suite_run(const char *name, TCase *tests)
{
    Suite *suite = suite_create(name);

    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
