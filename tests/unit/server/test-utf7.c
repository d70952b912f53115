/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-utf7.c - modified UTF-7. The examples are of RFC 3501 §5.1.3 and from Python's codecs. */
#include "mailstore/server/utf7.h"
#include "tests/run-suite.h"

static const struct {
    const char *coded, *utf8;
} pairs[] = {
    {"", ""},
    {"INBOX", "INBOX"},
    {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"},
    {"Entw&APw-rfe", "Entwürfe"},
    {"A&-B", "A&B"},
    {"&2D3cSw-", "👋"},
    {"&AOQA9gD8-", "äöü"},
};

START_TEST(both_ways)
{
    g_autofree char *utf8 = utf7_decode(pairs[_i].coded);
    g_autofree char *coded = utf7_encode(pairs[_i].utf8);

    ck_assert_pstr_eq(utf8, pairs[_i].utf8);
    ck_assert_str_eq(coded, pairs[_i].coded);
}
END_TEST

static const char *const bad[] = {
    "&",
    "&abc",
    "a&b c-",
    "&AEE-" /* an A */,
    "&2D0-" /* half a pair */,
    "&3Es-",
    "\xc3\xa9",
    "a\tb",
    "&AO/-",
    "&AOR-" /* bits left over */,
    "&A-",
    "&AAA-",
    "&ACY-",
};

START_TEST(what_is_not_is_refused)
{
    g_autofree char *utf8 = utf7_decode(bad[_i]);

    ck_assert_msg(utf8 == NULL, "%s", bad[_i]);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("utf7");

    tcase_add_loop_test(tests, both_ways, 0, G_N_ELEMENTS(pairs));
    tcase_add_loop_test(tests, what_is_not_is_refused, 0, G_N_ELEMENTS(bad));
    return run_case("utf7", tests);
}
