/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jet-key.c - tests key.c: every type's bytes, as the original engine makes them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/key.h"
#include "tests/run-suite.h"

static Column column_of(JET_COLTYP coltyp, uint16_t code_page)
{
    return (Column){.id = COLUMN_ID_TAGGED_FIRST, .coltyp = coltyp, .code_page = code_page};
}

static Index index_of(const Column *column, JET_GRBIT grbit, bool descending)
{
    return (Index){
        .grbit = grbit,
        .key_most = KEY_DEFAULT,
        .var_segment_most = KEY_DEFAULT,
        .n_segments = 1,
        .segments = {{.column_id = column->id, .column = column, .descending = descending}}};
}

static void check_key(const Key *key, const void *expected, size_t size)
{
    ck_assert_uint_eq(key->size, size);
    ck_assert_mem_eq(key->data, expected, size);
}

#define CHECK_FIXED(COLTYP, GRBIT, DESCENDING, VALUE, ...)                                         \
    do {                                                                                           \
        Column column_ = column_of(COLTYP, 0);                                                     \
        Index index_ = index_of(&column_, GRBIT, DESCENDING);                                      \
        Key key_ = {.size = 0};                                                                    \
        const uint8_t expected_[] = {__VA_ARGS__};                                                 \
        ck_assert_int_eq(key_append(&key_, &index_, 0, (Bytes){&(VALUE), sizeof(VALUE)}), 0);      \
        check_key(&key_, expected_, sizeof expected_);                                             \
    } while (0)

START_TEST(test_integers)
{
    uint8_t bit = 1, no_bit = 0, byte = 0x80;
    int16_t s = -2;
    uint16_t us = 0x1234;
    int32_t l = 1, negative = -1;
    uint32_t ul = 0x80000001;
    int64_t c = 0x0102030405060708, minimum = INT64_MIN;
    uint64_t uc = 1;
    CHECK_FIXED(JET_coltypBit, 0, false, bit, 0x7f, 0xff);
    CHECK_FIXED(JET_coltypBit, 0, false, no_bit, 0x7f, 0x00);
    CHECK_FIXED(JET_coltypUnsignedByte, 0, false, byte, 0x7f, 0x80);
    CHECK_FIXED(JET_coltypShort, 0, false, s, 0x7f, 0x7f, 0xfe);
    CHECK_FIXED(JET_coltypUnsignedShort, 0, false, us, 0x7f, 0x12, 0x34);
    CHECK_FIXED(JET_coltypLong, 0, false, l, 0x7f, 0x80, 0, 0, 1);
    CHECK_FIXED(JET_coltypLong, 0, false, negative, 0x7f, 0x7f, 0xff, 0xff, 0xff);
    CHECK_FIXED(JET_coltypLong, 0, true, l, 0x80, 0x7f, 0xff, 0xff, 0xfe);
    CHECK_FIXED(JET_coltypUnsignedLong, 0, false, ul, 0x7f, 0x80, 0, 0, 1);
    CHECK_FIXED(JET_coltypCurrency, 0, false, c, 0x7f, 0x81, 2, 3, 4, 5, 6, 7, 8);
    CHECK_FIXED(JET_coltypLongLong, 0, false, minimum, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0);
    CHECK_FIXED(JET_coltypUnsignedLongLong, 0, false, uc, 0x7f, 0, 0, 0, 0, 0, 0, 0, 1);
}
END_TEST

START_TEST(test_floats)
{
    float one = 1.0f;        /* 3f800000 */
    double minus_two = -2.0; /* c000000000000000 */
    double half = 0.5;       /* 3fe0000000000000 */
    CHECK_FIXED(JET_coltypIEEESingle, 0, false, one, 0x7f, 0xbf, 0x80, 0, 0);
    CHECK_FIXED(JET_coltypIEEEDouble, 0, false, minus_two, 0x7f, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff,
                0xff, 0xff);
    CHECK_FIXED(JET_coltypDateTime, 0, false, half, 0x7f, 0xbf, 0xe0, 0, 0, 0, 0, 0, 0);
}
END_TEST

START_TEST(test_guid)
{
    const uint8_t guid[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    CHECK_FIXED(JET_coltypGUID, 0, false, guid, 0x7f, 10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0,
                1, 2, 3);
    CHECK_FIXED(JET_coltypGUID, JET_bitIndexDotNetGuid, false, guid, 0x7f, 3, 2, 1, 0, 5, 4, 7, 6,
                8, 9, 10, 11, 12, 13, 14, 15);
}
END_TEST

START_TEST(test_null_and_empty)
{
    Column column = column_of(JET_coltypBinary, 0);
    Index index = index_of(&column, 0, false),
          high = index_of(&column, JET_bitIndexSortNullsHigh, false);
    Index descending = index_of(&column, 0, true);
    Key key = {.size = 0};
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){NULL, 0}), 0);
    check_key(&key, "\x00", 1);
    key_clear(&key);
    ck_assert_int_eq(key_append(&key, &high, 0, (Bytes){NULL, 0}), 0);
    check_key(&key, "\xc0", 1);
    key_clear(&key);
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){"", 0}), 0);
    check_key(&key, "\x40", 1);
    key_clear(&key);
    ck_assert_int_eq(key_append(&key, &descending, 0, (Bytes){NULL, 0}), 0);
    check_key(&key, "\xff", 1);
}
END_TEST

START_TEST(test_binary_chunks)
{
    Column column = column_of(JET_coltypLongBinary, 0);
    Index index = index_of(&column, 0, false);
    Key key = {.size = 0};
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){"abc", 3}), 0);
    check_key(&key,
              "\x7f"
              "abc\0\0\0\0\0\x03",
              10);
    key_clear(&key);
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){"abcdefgh", 8}), 0);
    check_key(&key,
              "\x7f"
              "abcdefgh\x08",
              10);
    key_clear(&key);
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){"abcdefghi", 9}), 0);
    check_key(&key,
              "\x7f"
              "abcdefgh\x09"
              "i\0\0\0\0\0\0\0\x01",
              19);
}
END_TEST

START_TEST(test_ascii_text)
{
    Column column = column_of(JET_coltypText, CODE_PAGE_ASCII);
    Index index = index_of(&column, 0, false);
    Key key = {.size = 0};
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){"aBz\xe4", 4}), 0);
    check_key(&key,
              "\x7f"
              "ABZ\xe4\0",
              6);
    key_clear(&key);
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){"ab\0cd", 5}), 0);
    check_key(&key,
              "\x7f"
              "AB\0",
              4);
}
END_TEST

START_TEST(test_truncation)
{
    char digits[400];
    Column text = column_of(JET_coltypLongText, CODE_PAGE_ASCII);
    Column binary = column_of(JET_coltypLongBinary, 0);
    Index index = index_of(&text, 0, false);
    Key key = {.size = 0};
    memset(digits, '5', sizeof digits);
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){digits, sizeof digits}), 0);
    ck_assert_uint_eq(key.size, 255);
    ck_assert(key.truncated);
    ck_assert_int_eq(key.data[253], '5');
    ck_assert_int_eq(key.data[254], '5' - 0x20); /* the original's oddity */
    key_clear(&key);
    index = index_of(&binary, 0, false);
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){digits, sizeof digits}), 0);
    ck_assert_uint_eq(key.size, 255);
    ck_assert(key.truncated);
    ck_assert_int_eq(key.data[9], 9);
    /* 253 characters and the terminator fit exactly. */
    key_clear(&key);
    index = index_of(&text, 0, false);
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){digits, 253}), 0);
    ck_assert_uint_eq(key.size, 255);
    ck_assert(!key.truncated);
    ck_assert_int_eq(key.data[254], 0);
    /* What the index cuts a column to is no truncation: the next column follows. */
    key_clear(&key);
    index = index_of(&binary, 0, false);
    index.var_segment_most = 20;
    ck_assert_int_eq(key_append(&key, &index, 0, (Bytes){digits, sizeof digits}), 0);
    ck_assert_uint_eq(key.size, 20);
    ck_assert(!key.truncated);
}
END_TEST

START_TEST(test_limits)
{
    Column text = column_of(JET_coltypText, CODE_PAGE_ASCII);
    Column binary = column_of(JET_coltypBinary, 0);
    Column number = column_of(JET_coltypLong, 0);
    Index index = index_of(&text, 0, false);
    Key key = {.size = 0};
    ck_assert_int_eq(key_append_limit(&key, &index, 0, (Bytes){"ab", 2}, KEY_LIMIT_PARTIAL_END), 0);
    ck_assert_uint_eq(key.size, 256);
    ck_assert_mem_eq(key.data,
                     "\x7f"
                     "AB\xff\xff",
                     5);
    ck_assert_int_eq(key.data[255], 0xff);
    key_clear(&key);
    ck_assert_int_eq(key_append_limit(&key, &index, 0, (Bytes){"ab", 2}, KEY_LIMIT_FULL_END), 0);
    ck_assert_mem_eq(key.data,
                     "\x7f"
                     "AB\0\xff\xff",
                     6);
    key_clear(&key);
    index = index_of(&binary, 0, false);
    ck_assert_int_eq(
        key_append_limit(&key, &index, 0, (Bytes){"abcdefghij", 10}, KEY_LIMIT_PARTIAL_START), 0);
    check_key(&key,
              "\x7f"
              "abcdefgh\x09ij",
              12);
    key_clear(&key);
    ck_assert_int_eq(
        key_append_limit(&key, &index, 0, (Bytes){"abcdefgh", 8}, KEY_LIMIT_PARTIAL_START), 0);
    check_key(&key,
              "\x7f"
              "abcdefgh",
              9);
    key_clear(&key);
    index = index_of(&number, 0, false);
    ck_assert_int_eq(
        key_append_limit(&key, &index, 0, (Bytes){"\1\0\0\0", 4}, KEY_LIMIT_PARTIAL_END),
        JET_errInvalidGrbit);
}
END_TEST

/* UTF-16 of ASCII. */
static size_t wide_of(const char *text, uint8_t *out)
{
    size_t n = 0;
    for (; *text; text++) {
        out[n++] = (uint8_t)*text;
        out[n++] = 0;
    }
    return n;
}

static Key unicode_key(const Index *index, const char *text)
{
    uint8_t wide[512];
    Key key = {.size = 0};
    size_t size = wide_of(text, wide);
    ck_assert_int_eq(key_append(&key, index, 0, (Bytes){wide, size}), 0);
    return key;
}

START_TEST(test_unicode_text)
{
    Column text = column_of(JET_coltypText, CODE_PAGE_UNICODE);
    Index index = index_of(&text, 0, false);
    ck_assert_int_eq(text_collation_open(&index.collation), 0);
    Key upper = unicode_key(&index, "STRASSE"), lower = unicode_key(&index, "strasse");
    Key next = unicode_key(&index, "strassf"), shorter = unicode_key(&index, "stra");
    ck_assert_int_eq(bytes_compare(key_bytes(&upper), key_bytes(&lower)), 0);
    ck_assert_int_lt(bytes_compare(key_bytes(&lower), key_bytes(&next)), 0);
    ck_assert_int_lt(bytes_compare(key_bytes(&shorter), key_bytes(&lower)), 0);
    /* Between the limits of a prefix lies what begins with it, and nothing else. */
    uint8_t wide[16];
    size_t size = wide_of("stra", wide);
    Key from = {.size = 0}, to = {.size = 0};
    ck_assert_int_eq(
        key_append_limit(&from, &index, 0, (Bytes){wide, size}, KEY_LIMIT_PARTIAL_START), 0);
    ck_assert_int_eq(key_append_limit(&to, &index, 0, (Bytes){wide, size}, KEY_LIMIT_PARTIAL_END),
                     0);
    ck_assert_int_lt(bytes_compare(key_bytes(&from), key_bytes(&shorter)), 0);
    ck_assert_int_lt(bytes_compare(key_bytes(&next), key_bytes(&to)), 0);
    Key after = unicode_key(&index, "strb");
    ck_assert_int_gt(bytes_compare(key_bytes(&after), key_bytes(&to)), 0);
    text_collation_clear(&index.collation);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jet-key");
    TCase *tests = tcase_create("key");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, test_integers);
    tcase_add_test(tests, test_floats);
    tcase_add_test(tests, test_guid);
    tcase_add_test(tests, test_null_and_empty);
    tcase_add_test(tests, test_binary_chunks);
    tcase_add_test(tests, test_ascii_text);
    tcase_add_test(tests, test_truncation);
    tcase_add_test(tests, test_limits);
    tcase_add_test(tests, test_unicode_text);
    return run_suite(suite);
}
