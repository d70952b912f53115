/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-unicode.c - UTF-16 to UTF-8 and back, with what is neither.
 */
#include "libstorehook/unicode.h"

#include <string.h>

#include "tests/unit/libstorehook/unit-main.h"

START_TEST(converts_both_ways)
{
    static const char text[] = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
    static const uint16_t units[] = {'a', 0xE4, 0x20AC, 0xD83D, 0xDE00};
    unsigned char utf8[32];
    uint16_t utf16[32];

    ck_assert_uint_eq(unicode_to_utf16((const unsigned char *)text, strlen(text), utf16), 5);
    ck_assert_mem_eq(utf16, units, sizeof(units));
    ck_assert_uint_eq(unicode_to_utf8(units, 5, utf8), strlen(text));
    ck_assert_mem_eq(utf8, text, strlen(text));
}
END_TEST

START_TEST(replaces_what_is_no_text)
{
    static const uint16_t lone[] = {0xD83D, 'x', 0xDE00};
    static const struct {
        const char *text;
        size_t units;
    } bad[] = {{"\x80", 1},     {"\xC0\xAF", 2}, {"\xED\xA0\x80", 3}, {"\xF4\x90\x80\x80", 4},
               {"\xE2\x82", 2}, {"\xFF", 1}};
    unsigned char utf8[32];
    uint16_t utf16[32];

    ck_assert_uint_eq(unicode_to_utf8(lone, 3, utf8), 7);
    ck_assert_mem_eq(utf8, "\xEF\xBF\xBDx\xEF\xBF\xBD", 7);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        size_t count =
            unicode_to_utf16((const unsigned char *)bad[i].text, strlen(bad[i].text), utf16);

        ck_assert_uint_eq(count, bad[i].units);
        for (size_t n = 0; n < count; n++)
            ck_assert_uint_eq(utf16[n], 0xFFFD);
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, converts_both_ways);
    tcase_add_test(tests, replaces_what_is_no_text);
}

UNIT_MAIN(add_tests)
