/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-sha256.c - against the vectors of FIPS 180-4 and against GLib.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/message/sha256.h"

static void assert_digest(const void *data, gsize size, const char *expected)
{
    guint8 digest[SHA256_SIZE];
    char text[2 * SHA256_SIZE + 1];
    sha256_digest(data, size, digest);
    for (guint i = 0; i < SHA256_SIZE; i++)
        g_snprintf(text + 2 * i, 3, "%02x", digest[i]);
    ck_assert_str_eq(text, expected);
}

/* NIST, examples with intermediate values. */
START_TEST(published_vectors)
{
    assert_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    g_autofree char *million = g_strnfill(1000000, 'a');
    assert_digest(million, 1000000,
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(every_length_up_to_some_blocks)
{
    guint8 data[400];
    for (gsize i = 0; i < sizeof data; i++)
        data[i] = (guint8)(i * 151 + 7);
    for (gsize size = 0; size < sizeof data - 1; size++) {
        g_autofree char *expected = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data + 1, size);
        assert_digest(data + 1, size, expected);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sha256");
    TCase *tcase = tcase_create("core");
    tcase_add_test(tcase, published_vectors);
    tcase_add_test(tcase, every_length_up_to_some_blocks);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
