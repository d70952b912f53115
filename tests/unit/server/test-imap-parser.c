/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-imap-parser.c - words of commands, sets, names, and how commands are gathered. */
#include "mailstore/message/message-store.h"
#include "mailstore/server/imap-name.h"
#include "mailstore/server/imap-reader.h"
#include "mailstore/server/imap-set.h"
#include "tests/run-suite.h"

#include <string.h>

static GBytes *command;
static ImapParser parser;

static void parse(const char *text)
{
    g_clear_pointer(&command, g_bytes_unref);
    /* A copy of exactly this length, so that a sanitizer sees a byte too many. */
    command = g_bytes_new(text, strlen(text));
    imap_parser_init(&parser, command);
}

static void teardown(void)
{
    g_clear_pointer(&command, g_bytes_unref);
}

static const struct {
    const char *text;
    const char *value; /* NULL: refused */
} astrings[] = {
    {"atom", "atom"},
    {"with]", "with]"},
    {"\"quoted \\\" \\\\\"", "quoted \" \\"},
    {"\"\"", ""},
    {"\"\xc3\xa9\"", "\xc3\xa9"},
    {"{3}\r\na b", "a b"},
    {"{3+}\r\na\r\n", "a\r\n"},
    {"{0}\r\n", ""},
    {"", NULL},
    {"(x", NULL},
    {"\"open", NULL},
    {"\"bad \\q\"", NULL},
    {"\"\xff\"", NULL},
    {"\"a\rb\"", NULL},
    {"{4}\r\na b", NULL},
    {"{3}\na b", NULL},
    {"{3", NULL},
    {"{x}\r\n", NULL},
    {"{99999999999999999999}\r\n", NULL},
};

START_TEST(strings)
{
    char *value = NULL;

    parse(astrings[_i].text);
    gboolean good = imap_parse_astring(&parser, &value);
    ck_assert_msg(good == (astrings[_i].value != NULL), "%s", astrings[_i].text);
    if (good) {
        ck_assert_str_eq(value, astrings[_i].value);
        ck_assert(imap_parser_at_end(&parser));
    } else {
        ck_assert_ptr_nonnull(parser.problem);
    }
    g_free(value);
}
END_TEST

START_TEST(a_literal_with_a_nul_is_refused)
{
    GBytes *value = NULL;

    g_clear_pointer(&command, g_bytes_unref);
    command = g_bytes_new("{3}\r\na\0b", 8);
    imap_parser_init(&parser, command);
    ck_assert(!imap_parse_literal(&parser, &value));
    ck_assert_ptr_null(value);
}
END_TEST

static const struct {
    const char *text;
    gboolean good;
    guint32 value;
} numbers[] = {{"0", TRUE, 0},           {"4294967295", TRUE, 4294967295U},
               {"4294967296", FALSE, 0}, {"99999999999999999999999", FALSE, 0},
               {"-1", FALSE, 0},         {"", FALSE, 0}};

START_TEST(numbers_are_32_bits)
{
    guint32 value = 7;

    parse(numbers[_i].text);
    ck_assert(imap_parse_number(&parser, &value) == numbers[_i].good);
    ck_assert_uint_eq(value, numbers[_i].good ? numbers[_i].value : 7);
}
END_TEST

/* The seconds are from `date -d ... +%s`. */
static const struct {
    const char *text;
    gboolean good;
    gint64 value;
} dates[] = {{"\"17-Jul-1996 02:44:25 -0700\"", TRUE, 837596665},
             {"\" 1-Jan-1970 00:00:00 +0000\"", TRUE, 0},
             {"\"31-Dec-1969 23:59:59 +0000\"", TRUE, -1},
             {"\"29-Feb-2024 12:00:00 +0530\"", TRUE, 1709188200},
             {"\"29-Feb-2023 12:00:00 +0000\"", FALSE, 0},
             {"\"17-Jul-1996 25:00:00 +0000\"", FALSE, 0},
             {"\"17-Jux-1996 02:44:25 +0000\"", FALSE, 0},
             {"\"17-Jul-96 02:44:25 +0000\"", FALSE, 0},
             {"\"17-Jul-1996 02:44:25\"", FALSE, 0},
             {"\"17-Jul", FALSE, 0}};

START_TEST(dates_are_read)
{
    gint64 value = 0;

    parse(dates[_i].text);
    ck_assert_msg(imap_parse_date_time(&parser, &value) == dates[_i].good, "%s", dates[_i].text);
    ck_assert_int_eq(value, dates[_i].value);
}
END_TEST

START_TEST(flags_are_read)
{
    guint32 flags;
    g_auto(GStrv) keywords = NULL;

    parse("(\\Seen \\deleted $Label \\Recent $label)");
    ck_assert(imap_parse_flags(&parser, FALSE, &flags, &keywords));
    ck_assert_uint_eq(flags, MAIL_FLAG_SEEN | MAIL_FLAG_DELETED);
    ck_assert_str_eq(keywords[0], "$Label");
    ck_assert_ptr_null(keywords[1]);
}
END_TEST

static const char *const bad_flags[] = {"(\\Seen", "(\\Nonsense)", "(\\)", "(a  b)", "a", "(", ""};

START_TEST(bad_flags_are_refused)
{
    guint32 flags;
    char **keywords = NULL;

    parse(bad_flags[_i]);
    ck_assert(!imap_parse_flags(&parser, FALSE, &flags, &keywords));
    ck_assert_ptr_null(keywords);
}
END_TEST

/* A set, the largest number, and the numbers from 1 to 9 that belong to it. */
static const struct {
    const char *text;
    guint32 largest;
    const char *members;
} sets[] = {{"1", 9, "1"},    {"2:4,6", 9, "2346"}, {"4:2", 9, "234"},
            {"*", 9, "9"},    {"7:*", 9, "789"},    {"*:7", 9, "789"},
            {"12:*", 9, "9"}, {"*", 0, ""},         {"1:*", 3, "123"}};

START_TEST(sets_have_their_members)
{
    g_autoptr(GArray) set = NULL;
    g_autoptr(GString) members = g_string_new(NULL);

    parse(sets[_i].text);
    ck_assert(imap_parse_set(&parser, &set));
    for (guint32 number = 1; number <= sets[_i].largest; number++)
        if (imap_set_has(set, number, sets[_i].largest))
            g_string_append_printf(members, "%u", number);
    ck_assert_str_eq(members->str, sets[_i].members);
}
END_TEST

static const char *const bad_sets[] = {"", "0", "1,", "1:", ":1", ",", "x", "1:0", "4294967296"};

START_TEST(bad_sets_are_refused)
{
    GArray *set = NULL;

    parse(bad_sets[_i]);
    ck_assert(!imap_parse_set(&parser, &set));
    ck_assert_ptr_null(set);
}
END_TEST

START_TEST(sets_are_printed)
{
    static const guint32 uids[] = {1, 2, 3, 7, 9, 10};
    g_autoptr(GString) text = g_string_new(NULL);

    imap_set_append(text, uids, G_N_ELEMENTS(uids));
    ck_assert_str_eq(text->str, "1:3,7,9:10");
}
END_TEST

static const struct {
    const char *name, *pattern;
    gboolean matches;
} patterns[] = {
    {"INBOX", "*", TRUE},
    {"a/b", "*", TRUE},
    {"a/b", "%", FALSE},
    {"a", "%", TRUE},
    {"a/b", "%/%", TRUE},
    {"a/b/c", "a/%", FALSE},
    {"a/b/c", "a/*", TRUE},
    {"a/b/c", "*c", TRUE},
    {"a/b/c", "%c", FALSE},
    {"abc", "a%c", TRUE},
    {"ab/c", "a%c", FALSE},
    {"ab/c", "a*c", TRUE},
    {"ab/cd", "*/%d", TRUE},
    {"", "", TRUE},
    {"a", "", FALSE},
    {"a", "a*%", TRUE},
    {"x/y/z", "%/%/%", TRUE},
    {"x/y/z", "*%z", TRUE},
    {"aaaa/b", "*a%b", FALSE},
    {"aaab", "*a%b", TRUE},
    {"INBOX", "inb*", TRUE},
    {"INBOX/a", "Inbox/%", TRUE},
    {"INBOX/a", "INBOX/A", FALSE},
    {"inboxes", "inbox*", TRUE},
    {"inboxes", "INBOX*", FALSE},
    {"A", "a", FALSE},
};

START_TEST(patterns_match)
{
    ck_assert_msg(imap_name_matches(patterns[_i].name, patterns[_i].pattern) ==
                      patterns[_i].matches,
                  "%s %s", patterns[_i].name, patterns[_i].pattern);
}
END_TEST

/* Feeds a text in pieces of each size; `results` is what comes, a letter a result. */
static void feed(const char *text, const char *results, const char *first_command)
{
    gsize length = strlen(text);

    for (gsize step = 1; step <= length; step++) {
        ImapReader reader;
        g_autoptr(GString) came = g_string_new(NULL);
        g_autofree char *got = NULL;
        imap_reader_init(&reader, 100);
        for (gsize at = 0; at < length;) {
            gsize used;
            ImapReadResult result =
                imap_reader_feed(&reader, text + at, MIN(step, length - at), &used);
            at += used;
            if (result == IMAP_READ_MORE)
                continue;
            g_string_append_c(came, result == IMAP_READ_COMMAND   ? 'C'
                                    : result == IMAP_READ_LITERAL ? 'L'
                                                                  : 'T');
            if (result == IMAP_READ_TOO_LONG)
                break;
            if (result == IMAP_READ_LITERAL && reader.literal_size > 50) {
                imap_reader_refuse(&reader);
            } else if (result == IMAP_READ_LITERAL) {
                ck_assert(imap_reader_accept(&reader));
            } else {
                g_autoptr(GBytes) bytes = imap_reader_take(&reader);
                gsize size;
                const char *data = g_bytes_get_data(bytes, &size);
                if (got == NULL)
                    got = g_strndup(data == NULL ? "" : data, size);
            }
        }
        ck_assert_msg(strcmp(came->str, results) == 0, "%s: %s with %zu", text, came->str, step);
        if (first_command != NULL)
            ck_assert_str_eq(got, first_command);
        imap_reader_clear(&reader);
    }
}

START_TEST(commands_are_gathered)
{
    feed("a NOOP\r\nb NOOP\r\n", "CC", "a NOOP");
    feed("a LOGIN {2}\r\nxy {1+}\r\nz\r\n", "LLC", "a LOGIN {2}\r\nxy {1+}\r\nz");
    feed("a X {0}\r\n\r\n", "LC", "a X {0}\r\n");
    feed("a NOOP\n", "C", "a NOOP\n"); /* a bare LF stays and no grammar takes it */
    feed("\r\n", "C", "");
    /* A literal's own bytes are never a literal's announcement. */
    feed("a X {3}\r\n{9 }\r\n", "LC", "a X {3}\r\n{9 }");
    feed("a X {3}\r\n{12}\r\nb NOOP\r\n", "LCC", "a X {3}\r\n{12}");
    feed("a \"{5}\"\r\n", "C", "a \"{5}\"");
    feed("a {x}\r\n", "C", "a {x}");
}
END_TEST

START_TEST(refused_literals_keep_in_step)
{
    feed("a X {60}\r\nb NOOP\r\n", "LC", "b NOOP");
    feed("a X {60+}\r\n0123456789012345678901234567890123456789012345678901234567\r\n y {2+}\r\n"
         "zz\r\nb NOOP\r\n",
         "LC", "b NOOP");
    feed("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
         "890123456789\r\n",
         "T", NULL);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("imap-parser");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_loop_test(tests, strings, 0, G_N_ELEMENTS(astrings));
    tcase_add_test(tests, a_literal_with_a_nul_is_refused);
    tcase_add_loop_test(tests, numbers_are_32_bits, 0, G_N_ELEMENTS(numbers));
    tcase_add_loop_test(tests, dates_are_read, 0, G_N_ELEMENTS(dates));
    tcase_add_test(tests, flags_are_read);
    tcase_add_loop_test(tests, bad_flags_are_refused, 0, G_N_ELEMENTS(bad_flags));
    tcase_add_loop_test(tests, sets_have_their_members, 0, G_N_ELEMENTS(sets));
    tcase_add_loop_test(tests, bad_sets_are_refused, 0, G_N_ELEMENTS(bad_sets));
    tcase_add_test(tests, sets_are_printed);
    tcase_add_loop_test(tests, patterns_match, 0, G_N_ELEMENTS(patterns));
    tcase_add_test(tests, commands_are_gathered);
    tcase_add_test(tests, refused_literals_keep_in_step);
    return run_case("imap-parser", tests);
}
