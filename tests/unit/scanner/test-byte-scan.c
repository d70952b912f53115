/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-byte-scan.c - many bytes at once give what one by one does; each content ends where its
 * memory ends, so that a sanitizer sees what reads on. */
#include "scanner/common/byte-scan.h"

#include <string.h>

#include "scanner/common/byte-block.h"
#include "scanner/common/sign-filter.h"
#include "scanner/page/page-payload.h"
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
        gsize length = strlen(sign), size = (gsize)g_rand_int_range(random, 0, 3 * SIZE_MOST);
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

START_TEST(a_block_has_a_bit_for_each_byte)
{
    char bytes[BYTE_BLOCK];

    for (guint i = 0; i < 256; i++)
        for (guint at = 0; at < BYTE_BLOCK; at++) {
            memset(bytes, 'x', sizeof(bytes));
            bytes[at] = (char)i;
            ck_assert_uint_eq(byte_block_digits_or(bytes, '&'),
                              (guint)((i >= '0' && i <= '9') || i == '&') << at);
            ck_assert_uint_eq(byte_block_either(bytes, '%', '\\'), (guint)(i == '%' || i == '\\')
                                                                       << at);
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

START_TEST(a_word_that_is_there_is_never_lacking)
{
    static const struct {
        const char *word;
        SignLacks lacks;
    } words[] = {
        {"CharCode", SIGN_LACKS_CHAR_CODE}, {"harCode(", SIGN_LACKS_CHAR_CODE},
        {"t8Array", SIGN_LACKS_ARRAY},      {"[byte[]]", SIGN_LACKS_BYTES},
        {"[Byte[]]", SIGN_LACKS_BYTES},     {"Chr(", SIGN_LACKS_CALL},
        {"chr(", SIGN_LACKS_CALL},          {"ChrW(", SIGN_LACKS_CALL},
        {"chrw(", SIGN_LACKS_CALL},         {"atob(", SIGN_LACKS_CALL},
        {"Blob(", SIGN_LACKS_CALL},         {"obj", SIGN_LACKS_OBJ},
        {"/XRef", SIGN_LACKS_XREF},         {"trailer", SIGN_LACKS_TRAILER},
        {"Rar!\x1a\x07", SIGN_LACKS_RAR},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        for (gsize length = strlen(words[i].word), size = length; size < SIZE_MOST; size++)
            for (gsize at = 0; at <= size - length; at++) {
                g_autofree char *bytes = g_malloc(size);

                memset(bytes, at % 2 ? '\xff' : ' ', size);
                memcpy(bytes + at, words[i].word, length);
                ck_assert_msg(!(sign_filter_lacks(bytes, size) & words[i].lacks),
                              "%s at %zu of %zu", words[i].word, at, size);
            }
}
END_TEST

START_TEST(prose_lacks_all_words)
{
    static const char prose[] = "To byte on (as you see): a Char, Code 8 and Rar! of /X or ob.\n";
    g_autoptr(GString) text = g_string_new(NULL);

    if (!__builtin_cpu_supports("avx2"))
        return; /* nothing is known */
    for (guint i = 0; i < 40; i++) {
        ck_assert_uint_eq(sign_filter_lacks(text->str, text->len), G_MAXUINT8);
        g_string_append(text, prose);
    }
}
END_TEST

START_TEST(the_shortest_run_is_found_wherever_it_stands)
{
    /* The head of a PDF. */
    static const char run[] = "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRl";
    static const char *const ends[] = {" ", "", "=", "'", "\n"};

    for (gsize before = 1; before < SIZE_MOST; before++)
        for (gsize i = 0; i < G_N_ELEMENTS(ends); i++)
            for (gsize behind = 0; behind < SIZE_MOST; behind += 7) {
                g_autoptr(GString) text = g_string_new(NULL);

                while (text->len < before)
                    g_string_append_c(text, text->len % 5 < 4 ? 'w' : ' ');
                g_string_append_printf(text, "'%s%s", run, ends[i]);
                while (text->len < before + strlen(run) + behind)
                    g_string_append(text, " w");
                ck_assert_msg(page_payload_matches(text->str, text->len, 0, G_MAXUINT64),
                              "behind %zu, before %zu, '%s'", before, behind, ends[i]);
            }
}
END_TEST

SCANNER_TEST_MAIN("byte-scan", SCANNER_TEST(a_sign_is_found_where_memmem_finds_it),
                  SCANNER_TEST(each_byte_is_a_letter_or_none),
                  SCANNER_TEST(a_block_has_a_bit_for_each_byte),
                  SCANNER_TEST(letters_end_where_another_sign_stands),
                  SCANNER_TEST(a_word_that_is_there_is_never_lacking),
                  SCANNER_TEST(prose_lacks_all_words),
                  SCANNER_TEST(the_shortest_run_is_found_wherever_it_stands))
