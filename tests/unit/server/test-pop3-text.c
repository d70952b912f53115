/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-pop3-text.c - dots and ends, in pieces of every size. */
#include "mailstore/server/pop3-text.h"
#include "tests/run-suite.h"

#include <string.h>

static const struct {
    const char *message;
    guint32 lines;
    const char *sent;
} cases[] = {
    {"", POP3_ALL_LINES, ".\r\n"},
    {"a\r\n", POP3_ALL_LINES, "a\r\n.\r\n"},
    {"a", POP3_ALL_LINES, "a\r\n.\r\n"},
    {".\r\n..\r\na.b\r\n", POP3_ALL_LINES, "..\r\n...\r\na.b\r\n.\r\n"},
    {"a\n.b\r\n", POP3_ALL_LINES, "a\n.b\r\n.\r\n"},
    /* A lone dot is never sent, whatever ends the line before it. */
    {"a\n.\r\n-ERR\r\n", POP3_ALL_LINES, "a\n..\r\n-ERR\r\n.\r\n"},
    {"a\n.\n.", POP3_ALL_LINES, "a\n..\n..\r\n.\r\n"},
    {"a\n", POP3_ALL_LINES, "a\n\r\n.\r\n"},
    {"a\r", POP3_ALL_LINES, "a\r\r\n.\r\n"},
    {"H: h\r\n\r\n1\r\n.2\r\n3\r\n", 0, "H: h\r\n\r\n.\r\n"},
    {"H: h\r\n\r\n1\r\n.2\r\n3\r\n", 2, "H: h\r\n\r\n1\r\n..2\r\n.\r\n"},
    {"H: h\r\n\r\n1\r\n", 9, "H: h\r\n\r\n1\r\n.\r\n"},
    {"H: h\n\n1\n2\n", 1, "H: h\n\n1\n\r\n.\r\n"},
};

START_TEST(every_case_in_every_step)
{
    for (gsize step = POP3_PIECE_LEAST; step < 20; step++) {
        Pop3Text text;
        g_autoptr(GString) sent = g_string_new(NULL);
        gsize size = strlen(cases[_i].message);
        gboolean more = TRUE;
        pop3_text_init(&text, size, cases[_i].lines);
        while (more)
            more = pop3_text_next(&text, cases[_i].message + text.next, MIN(step, size - text.next),
                                  sent);
        ck_assert_str_eq(sent->str, cases[_i].sent);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pop3-text");

    tcase_add_loop_test(tests, every_case_in_every_step, 0, G_N_ELEMENTS(cases));
    return run_case("pop3-text", tests);
}
