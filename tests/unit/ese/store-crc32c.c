/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-crc32c.c - CRC-32C against the examples of RFC 3720 B.4, and its two ways against each
 * other.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/crc32c.h"
#include "tests/run-suite.h"

typedef uint32_t Checksum(uint32_t crc, const void *data, size_t size);

static void check_examples(Checksum *checksum)
{
    uint8_t bytes[32];
    /* An iSCSI Read (10) command, as the RFC has it. */
    static const uint8_t command[48] = {
        0x01, 0xc0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, 0x28, [40] = 0x02,
    };

    memset(bytes, 0, sizeof bytes);
    ck_assert_uint_eq(checksum(0, bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    ck_assert_uint_eq(checksum(0, bytes, sizeof bytes), 0x62a8ab43);
    for (uint8_t i = 0; i < sizeof bytes; i++)
        bytes[i] = i;
    ck_assert_uint_eq(checksum(0, bytes, sizeof bytes), 0x46dd794e);
    for (uint8_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(31 - i);
    ck_assert_uint_eq(checksum(0, bytes, sizeof bytes), 0x113fdb5c);
    ck_assert_uint_eq(checksum(0, command, sizeof command), 0xd9963a56);
    ck_assert_uint_eq(checksum(0, NULL, 0), 0);
    ck_assert_uint_eq(checksum(checksum(0, command, 17), command + 17, 31), 0xd9963a56);
}

START_TEST(examples_of_the_rfc)
{
    check_examples(crc32c);
    check_examples(crc32c_portable);
}
END_TEST

/* All lengths through several blocks, at all alignments. */
START_TEST(both_ways_agree)
{
    size_t most = 3 * 3072 + 400;
    uint8_t *bytes = malloc(most + 8);

    srandom(1);
    for (size_t i = 0; i < most + 8; i++)
        bytes[i] = (uint8_t)random();
    for (size_t size = 0; size < most; size++) {
        const uint8_t *at = bytes + size % 8;
        uint32_t before = (uint32_t)random();
        ck_assert_uint_eq(crc32c(before, at, size), crc32c_portable(before, at, size));
    }
    free(bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store-crc32c");
    TCase *tests = tcase_create("crc32c");

    tcase_add_test(tests, examples_of_the_rfc);
    tcase_add_test(tests, both_ways_agree);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
