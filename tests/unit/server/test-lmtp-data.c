/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-lmtp-data.c - DATA: its end, its dots, and what is refused. */
#include "mailstore/server/lmtp-data.h"
#include "tests/run-suite.h"

#include <string.h>

/* Feeds `input` in pieces of `step` bytes; returns how much was used up to the end, 0 without. */
static gsize feed(LmtpData *data, const char *input, gsize length, gsize step)
{
    gsize used = 0;

    while (used < length) {
        gboolean ended;
        gsize piece = MIN(step, length - used);
        gsize took = lmtp_data_feed(data, input + used, piece, &ended);
        used += took;
        if (ended)
            return used;
        ck_assert_uint_eq(took, piece);
    }
    return 0;
}

static const struct {
    const char *input;
    const char *text; /* NULL: refused */
} cases[] = {
    {".\r\n", ""},
    {"a\r\n.\r\n", "a\r\n"},
    {"..\r\n.\r\n", ".\r\n"},
    {".a\r\n...b\r\n.\r\n", "a\r\n..b\r\n"},
    {"a.\r\n.\r\n", "a.\r\n"},
    {"a\nb\rc\r\r\n\n\r\n.\r\n", "a\nb\rc\r\r\n\n\r\n"}, /* bare CR and LF are kept */
    {"a\n..b\r\n.\r\n", "a\n..b\r\n"},                   /* only CRLF unstuffs */
    {"a\n.b\r\n.\r\n", "a\n.b\r\n"},
    {"a\n.\nb\r\n.\r\n", NULL},
    {"a\n.\r\nb\r\n.\r\n", NULL},
    {"a\r\n.\nb\r\n.\r\n", NULL},
    {"a\r\n.\rb\r\n.\r\n", NULL},
    {"a\r.\r\nb\r\n.\r\n", NULL},
    {"a\r.\rb\r\n.\r\n", NULL},
    {"a\n.\rb\r\n.\r\n", NULL},
    {"a\r\n.\r\r\n.\r\n", NULL},
};

START_TEST(every_case_in_every_step)
{
    const char *input = cases[_i].input;
    gsize length = strlen(input);

    for (gsize step = 1; step <= length; step++) {
        LmtpData data;
        lmtp_data_init(&data, 1000, NULL, NULL);
        ck_assert_uint_eq(feed(&data, input, length, step), length);
        if (cases[_i].text == NULL) {
            ck_assert_int_eq(data.verdict, LMTP_DATA_AMBIGUOUS);
            ck_assert_ptr_null(data.text);
        } else {
            ck_assert_int_eq(data.verdict, LMTP_DATA_GOOD);
            g_autoptr(GBytes) text = lmtp_data_take(&data);
            gsize got;
            const char *bytes = g_bytes_get_data(text, &got);
            ck_assert_uint_eq(got, strlen(cases[_i].text));
            ck_assert(got == 0 || memcmp(bytes, cases[_i].text, got) == 0);
        }
        lmtp_data_clear(&data);
    }
}
END_TEST

START_TEST(stops_at_the_end)
{
    const char *input = "a\r\n.\r\nQUIT\r\n";
    LmtpData data;

    lmtp_data_init(&data, 1000, NULL, NULL);
    ck_assert_uint_eq(feed(&data, input, strlen(input), strlen(input)), 6);
    lmtp_data_clear(&data);
}
END_TEST

START_TEST(too_large_is_read_to_its_end)
{
    const char *input = "0123456789\r\n.\r\n";
    LmtpData data;

    lmtp_data_init(&data, 11, NULL, NULL);
    ck_assert_uint_eq(feed(&data, input, strlen(input), 3), strlen(input));
    ck_assert_int_eq(data.verdict, LMTP_DATA_TOO_LARGE);
    lmtp_data_clear(&data);
    lmtp_data_init(&data, 12, NULL, NULL);
    ck_assert_uint_eq(feed(&data, input, strlen(input), 3), strlen(input));
    ck_assert_int_eq(data.verdict, LMTP_DATA_GOOD);
    lmtp_data_clear(&data);
}
END_TEST

static gboolean grow_to(gsize capacity, gpointer most)
{
    return capacity <= *(gsize *)most;
}

START_TEST(growth_can_be_denied)
{
    gsize most = 32 * 1024;
    g_autofree char *input = g_malloc(64 * 1024);
    LmtpData data;

    memset(input, 'x', 64 * 1024);
    memcpy(input + 64 * 1024 - 5, "\r\n.\r\n", 5);
    lmtp_data_init(&data, 1024 * 1024, grow_to, &most);
    ck_assert_uint_eq(feed(&data, input, 64 * 1024, 1000), 64 * 1024);
    ck_assert_int_eq(data.verdict, LMTP_DATA_NO_MEMORY);
    lmtp_data_clear(&data);
}
END_TEST

START_TEST(zero_bytes_and_eight_bits_are_kept)
{
    static const char input[] = "a\0b\xff\xfe\r\n.\r\n";
    LmtpData data;

    lmtp_data_init(&data, 1000, NULL, NULL);
    ck_assert_uint_eq(feed(&data, input, sizeof input - 1, 2), sizeof input - 1);
    ck_assert_uint_eq(data.length, 7);
    ck_assert(memcmp(data.text, "a\0b\xff\xfe\r\n", 7) == 0);
    lmtp_data_clear(&data);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lmtp-data");

    tcase_add_loop_test(tests, every_case_in_every_step, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tests, stops_at_the_end);
    tcase_add_test(tests, too_large_is_read_to_its_end);
    tcase_add_test(tests, growth_can_be_denied);
    tcase_add_test(tests, zero_bytes_and_eight_bits_are_kept);
    return run_case("lmtp-data", tests);
}
