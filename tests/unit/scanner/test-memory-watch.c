/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-memory-watch.c - what an allocator refuses is counted, by whose limit it was. */
#include "scanner/scan/memory-watch.h"

#include <stdint.h>
#include <sys/resource.h>

#include "tests/unit/scanner/scanner-test.h"

enum {
    MEBIBYTE = 1024 * 1024
};

/* Not for the compiler to see through: it would leave out what is not used. */
static void *(*volatile allocate)(size_t) = malloc;
static volatile size_t half = SIZE_MAX / 2 + 1;

START_TEST(the_limit_is_told_from_the_machine)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return; /* has an allocator of its own */
#else
    const struct rlimit limit = {64 * MEBIBYTE, 64 * MEBIBYTE};
    MemoryWatch before = memory_watch_now(), after;
    void *small = allocate(MEBIBYTE);

    ck_assert_ptr_nonnull(small);
    free(small);
    after = memory_watch_now();
    ck_assert_uint_eq(after.failures, before.failures);

    ck_assert_int_eq(setrlimit(RLIMIT_DATA, &limit), 0);
    ck_assert_ptr_null(allocate((size_t)256 * MEBIBYTE));
    after = memory_watch_now();
    ck_assert_uint_eq(after.failures, before.failures + 1);
    ck_assert_uint_eq(after.limited, before.limited + 1);

    /* calloc() refuses a product that overflows whatever there is: no limit of the process. */
    ck_assert_ptr_null(calloc(half, 2));
    after = memory_watch_now();
    ck_assert_uint_eq(after.failures, before.failures + 2);
    ck_assert_uint_eq(after.limited, before.limited + 1);
#endif
}
END_TEST

SCANNER_TEST_MAIN("memory-watch", SCANNER_TEST(the_limit_is_told_from_the_machine))
