/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-clean-links.c - only exactly the same link of the same epoch is known.
 */
#include "libstorehook/clean-links.h"

#include <string.h>

#include "libstorehook/protocol.h"
#include "tests/unit/libstorehook/unit-main.h"

static ByteString string(const char *text)
{
    return (ByteString){(unsigned char *)text, strlen(text)};
}

START_TEST(whole_links_are_compared)
{
    unsigned char bytes[STOREHOOK_DIGEST_SIZE] = {1, 2, 3};
    ByteString digest = {bytes, sizeof(bytes)}, name = string("a.txt"), header = string("H"),
               encoding = string("base64"), other = string("a.txtH"), none = {0};
    CleanLink link = {&digest, &name, &header, &encoding};

    ck_assert(!clean_links_has(&link, 1));
    clean_links_add(&link, 1);
    ck_assert(clean_links_has(&link, 1));
    ck_assert(!clean_links_has(&link, 2));
    /* The same bytes, divided otherwise. */
    ck_assert(!clean_links_has(&(CleanLink){&digest, &other, &none, &encoding}, 1));
    ck_assert(!clean_links_has(&(CleanLink){&digest, &name, &header, &none}, 1));
    bytes[STOREHOOK_DIGEST_SIZE - 1] = 1;
    ck_assert(!clean_links_has(&link, 1));
    ck_assert(!clean_links_has(&(CleanLink){&none, &name, &header, &encoding}, 1));
    clean_links_add(&(CleanLink){&none, &name, &header, &encoding}, 1);
    ck_assert(!clean_links_has(&(CleanLink){&none, &name, &header, &encoding}, 1));
    clean_links_add(&(CleanLink){&digest, &name, &none, &none}, 1);
    ck_assert(clean_links_has(&(CleanLink){&digest, &name, &none, &none}, 1));
}
END_TEST

START_TEST(long_ones_and_many_are_no_trouble)
{
    static char long_text[100000];
    unsigned char bytes[STOREHOOK_DIGEST_SIZE] = {0};
    ByteString digest = {bytes, sizeof(bytes)}, header = {(unsigned char *)long_text, 16384},
               none = {0};
    CleanLink link = {&digest, &none, &header, &none};

    clean_links_add(&link, 1);
    ck_assert(!clean_links_has(&link, 1));
    link.header = &none;
    for (uint32_t i = 0; i < 100000; i++) {
        memcpy(bytes, &i, sizeof(i));
        clean_links_add(&link, 1);
        ck_assert(clean_links_has(&link, 1));
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, whole_links_are_compared);
    tcase_add_test(tests, long_ones_and_many_are_no_trouble);
}

UNIT_MAIN(add_tests)
