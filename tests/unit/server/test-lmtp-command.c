/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-lmtp-command.c - the syntax of LMTP commands. */
#include "mailstore/server/lmtp-command.h"
#include "tests/run-suite.h"

#include <string.h>

static const struct {
    const char *line;
    int verb;
    const char *address; /* or the reply's code when verb is -1 */
} cases[] = {
    {"LHLO me", LMTP_LHLO, NULL},
    {"lhlo me", LMTP_LHLO, NULL},
    {"LHLO", -1, "501 5.5.4"},
    {"HELO me", LMTP_HELO, NULL},
    {"EHLO me", LMTP_HELO, NULL},
    {"MAIL FROM:<>", LMTP_MAIL, ""},
    {"MAIL FROM:<a@b.c>", LMTP_MAIL, "a@b.c"},
    {"mail from: <a@b.c> SIZE=12 BODY=8BITMIME", LMTP_MAIL, "a@b.c"},
    {"MAIL FROM:<@x,@y:a@b>", LMTP_MAIL, "a@b"},
    {"MAIL FROM:<\"a b>\\\"\"@c> BODY=7BIT", LMTP_MAIL, "\"a b>\\\"\"@c"},
    {"MAIL FROM:<a@[127.0.0.1]>", LMTP_MAIL, "a@[127.0.0.1]"},
    {"MAIL FROM:a@b", -1, "501 5.1.7"},
    {"MAIL FROM:<a@b", -1, "501 5.1.7"},
    {"MAIL FROM:<a b@c>", -1, "501 5.1.7"},
    {"MAIL FROM:<\"a@c>", -1, "501 5.1.7"},
    {"MAIL", -1, "501 5.5.4"},
    {"MAIL FROM:<a>x", -1, "501 5.5.4"},
    {"MAIL FROM:<a> SIZE=x", -1, "501 5.5.4"},
    {"MAIL FROM:<a> SIZE=99999999999999999999999", -1, "501 5.5.4"},
    {"MAIL FROM:<a> SMTPUTF8", -1, "555 5.5.4"},
    {"RCPT TO:<u>", LMTP_RCPT, "u"},
    {"RCPT TO:<public+A/B@x>", LMTP_RCPT, "public+A/B@x"},
    {"RCPT TO:<>", -1, "501 5.1.3"},
    {"RCPT TO:<u> NOTIFY=NEVER", -1, "555 5.5.4"},
    {"DATA", LMTP_DATA, NULL},
    {"DATA x", -1, "501 5.5.4"},
    {"DATAx", -1, "500 5.5.2"},
    {"NOOP anything", LMTP_NOOP, NULL},
    {"RSET", LMTP_RSET, NULL},
    {"VRFY u", LMTP_VRFY, NULL},
    {"QUIT", LMTP_QUIT, NULL},
    {"", -1, "500 5.5.2"},
    {"GARBAGE", -1, "500 5.5.2"},
    {"NOOP \r", -1, "500 5.5.2"},
    {"NOOP \n", -1, "500 5.5.2"},
    {"NOOP \xc3\xa9", -1, "500 5.5.2"},
};

START_TEST(every_case)
{
    LmtpCommand command;
    const char *reply = NULL;
    gsize length = strlen(cases[_i].line);
    /* Exactly as long as it is, so that a sanitizer sees a byte too many. */
    g_autofree char *line = g_memdup2(cases[_i].line, length);
    gboolean good = lmtp_command_parse(line, length, &command, &reply);

    if (cases[_i].verb < 0) {
        ck_assert_msg(!good, "%s", cases[_i].line);
        ck_assert_msg(g_str_has_prefix(reply, cases[_i].address), "%s: %s", cases[_i].line, reply);
        return;
    }
    ck_assert_msg(good, "%s: %s", cases[_i].line, reply);
    ck_assert_int_eq(command.verb, cases[_i].verb);
    if (cases[_i].address != NULL)
        ck_assert_str_eq(command.address, cases[_i].address);
    lmtp_command_clear(&command);
}
END_TEST

START_TEST(size_is_read)
{
    LmtpCommand command;
    const char *reply;
    const char *line = "MAIL FROM:<a> SIZE=18446744073709551615";

    ck_assert(lmtp_command_parse(line, strlen(line), &command, &reply));
    ck_assert(command.size == G_MAXUINT64);
    lmtp_command_clear(&command);
}
END_TEST

START_TEST(a_zero_byte_is_refused)
{
    LmtpCommand command;
    const char *reply;

    ck_assert(!lmtp_command_parse("NO\0OP", 5, &command, &reply));
}
END_TEST

static const struct {
    const char *address, *name, *detail;
} splits[] = {
    {"u@x", "u", NULL},
    {"u+d@x", "u", "d"},
    {"u+d+e", "u", "d+e"},
    {"\"u\"@x", "u", NULL},
    {"\"p+My Fo\\\"o\"@x", "p", "My Fo\"o"},
    {"+d@x", "", "d"},
};

START_TEST(addresses_are_split)
{
    g_autofree char *name = NULL, *detail = NULL;

    lmtp_address_split(splits[_i].address, &name, &detail);
    ck_assert_str_eq(name, splits[_i].name);
    ck_assert_pstr_eq(detail, splits[_i].detail);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lmtp-command");

    tcase_add_loop_test(tests, every_case, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tests, size_is_read);
    tcase_add_test(tests, a_zero_byte_is_refused);
    tcase_add_loop_test(tests, addresses_are_split, 0, G_N_ELEMENTS(splits));
    return run_case("lmtp-command", tests);
}
