/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-byte-scan.c - many bytes at once give what one by one does; each content ends where its
 * memory ends, so that a sanitizer sees what reads on. */
#include "scanner/common/byte-scan.h"

#include <string.h>

#include "tests/unit/scanner/scanner-test.h"

enum {
    SIZE_MOST = 200,
    ROUNDS = 20000
};

/* Of few kinds, so that much of a sign is there more often than the sign. */
static char *few_bytes(GRand *random, const char *kinds, gsize size)
{
    char *bytes = g_malloc(MAX(size, 1));

    for (gsize i = 0; i < size; i++)
        bytes[i] = kinds[g_rand_int_range(random, 0, (gint32)strlen(kinds))];
    return bytes;
}

START_TEST(a_sign_is_found_where_memmem_finds_it)
{
    static const char *const signs[] = {"ab", "aab", "abcab", "-----BEGIN PGP MESSAGE"};
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    guint found = 0;

    for (guint i = 0; i < ROUNDS; i++) {
        const char *sign = signs[i % G_N_ELEMENTS(signs)];
        gsize length = strlen(sign), size = (gsize)g_rand_int_range(random, 0, SIZE_MOST);
        g_autofree char *bytes = few_bytes(random, i % 3 ? "abc" : "xyz-E", size);
        const void *expected;

        if (size >= length && i % 2)
            memcpy(bytes + g_rand_int_range(random, 0, (gint32)(size - length + 1)), sign, length);
        expected = memmem(bytes, size, sign, length);
        ck_assert_ptr_eq(byte_scan_sign(bytes, size, sign, length), expected);
        found += expected != NULL;
    }
    ck_assert_uint_gt(found, ROUNDS / 4);
    ck_assert_uint_lt(found, ROUNDS);
}
END_TEST

START_TEST(each_byte_is_a_letter_or_none)
{
    for (guint i = 0; i < 256; i++) {
        gboolean is_letter =
            i < 128 && i > 0 &&
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", (int)i) !=
                NULL;
        char bytes[64];

        /* By blocks, and at the end of what there is. */
        memset(bytes, (int)i, sizeof(bytes));
        ck_assert_uint_eq(byte_scan_letters(bytes, bytes + 64), is_letter ? 64 : 0);
        ck_assert_uint_eq(byte_scan_letters(bytes, bytes + 3), is_letter ? 3 : 0);
        ck_assert_uint_eq(byte_scan_letters_before(bytes, bytes + 64), is_letter ? 64 : 0);
        ck_assert_uint_eq(byte_scan_letters_before(bytes, bytes + 3), is_letter ? 3 : 0);
    }
}
END_TEST

START_TEST(letters_end_where_another_sign_stands)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(2);

    for (guint i = 0; i < ROUNDS; i++) {
        gsize size = (gsize)g_rand_int_range(random, 1, SIZE_MOST);
        gsize at = (gsize)g_rand_int_range(random, 0, (gint32)size);
        g_autofree char *bytes = few_bytes(random, "Zz9+/", size);

        bytes[at] = "= @[`{:.\n\x80"[i % 10];
        ck_assert_uint_eq(byte_scan_letters(bytes, bytes + size), at);
        ck_assert_uint_eq(byte_scan_letters(bytes + at, bytes + size), 0);
        ck_assert_uint_eq(byte_scan_letters_before(bytes, bytes + size), size - at - 1);
        ck_assert_uint_eq(byte_scan_letters_before(bytes, bytes + at), at);
    }
}
END_TEST

SCANNER_TEST_MAIN("byte-scan", SCANNER_TEST(a_sign_is_found_where_memmem_finds_it),
                  SCANNER_TEST(each_byte_is_a_letter_or_none),
                  SCANNER_TEST(letters_end_where_another_sign_stands))
