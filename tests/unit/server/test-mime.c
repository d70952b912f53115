/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-mime.c - parts, sections, structures, texts: the ordinary, the malformed and the monstrous.
 */
#include "mailstore/message/message-store.h"
#include "mailstore/server/imap-bodystructure.h"
#include "mailstore/server/imap-envelope.h"
#include "mailstore/server/imap-section.h"
#include "mailstore/server/imap-summary.h"
#include "mailstore/server/mime-header.h"
#include "mailstore/server/mime-outline.h"
#include "mailstore/server/mime-text.h"
#include "tests/run-suite.h"

#include <string.h>

static char *structure(const char *message, gsize length, gboolean extended)
{
    g_autoptr(MimePart) root = mime_part_parse(message, length);
    ImapOutput output;

    imap_output_init(&output);
    imap_bodystructure_print(&output, message, root, extended);
    ck_assert_uint_eq(output.pieces.length, 0);
    char *text = g_strdup(output.tail->str);
    imap_output_clear(&output);
    return text;
}

static const struct {
    const char *message;
    const char *structure;
} structures[] = {
    {"", "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)"},
    {"no header at all", "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)"},
    {"\r\nbody", "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 1)"},
    {"Content-Type: nonsense\n\nx\ny\n",
     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 2)"},
    {"Content-Type: image/png (why) ; name = \"a\\\"b\" ; x=y(z)\r\n\r\n",
     "(\"image\" \"png\" (\"name\" \"a\\\"b\" \"x\" \"y\") NIL NIL \"7bit\" 0)"},
    /* A multipart without its boundary, or without parts, is not shown as one. */
    {"Content-Type: multipart/mixed\r\n\r\nx",
     "(\"application\" \"octet-stream\" NIL NIL NIL \"7bit\" 1)"},
    {"Content-Type: multipart/mixed; boundary=b\r\n\r\nx",
     "(\"application\" \"octet-stream\" (\"boundary\" \"b\") NIL NIL \"7bit\" 1)"},
    /* The last part may be cut off. */
    {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx",
     "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 1) \"mixed\")"},
    /* A boundary that begins with another one's is not that one. */
    {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--bb\ny\n--b \t\n\nz\n--b--\nend",
     "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 8 3)(\"text\" \"plain\" "
     "(\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 1) \"mixed\")"},
    /* In a digest, messages are the default. */
    {"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: "
     "s\r\n\r\nx\r\n--b--\r\n",
     "((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 15 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) "
     "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 1) 3) \"digest\")"},
    /* The same boundary within and around: the inner one's end is the first. */
    {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/related; "
     "boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--b\r\nContent-Type: a/c\r\n\r\ny\r\n--b--\r\n",
     "(((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 1) \"related\")(\"a\" "
     "\"c\" "
     "NIL NIL NIL \"7bit\" 1) \"mixed\")"},
    /* An inner multipart without an end ends with the outer part. */
    {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/related; "
     "boundary=i\r\n\r\n--i\r\n\r\nx\r\n--b\r\nContent-Type: a/c\r\n\r\ny\r\n--b--\r\n--i\r\n",
     "(((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 1) \"related\")(\"a\" "
     "\"c\" "
     "NIL NIL NIL \"7bit\" 1) \"mixed\")"},
    /* A part that is a header only, and one that is nothing. */
    {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
     "a/c\r\n--b\r\n--b--\r\n",
     "((\"a\" \"c\" NIL NIL NIL \"7bit\" 0)(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL "
     "\"7bit\" 0 0) \"mixed\")"},
    {"Content-Type: a/b\r\nContent-Transfer-Encoding: (as is) 8bit (really)\r\n\r\nx",
     "(\"a\" \"b\" NIL NIL NIL \"8bit\" 1)"},
    {"Content-Type: a/b\r\nContent-Transfer-Encoding:\r\n\r\nx",
     "(\"a\" \"b\" NIL NIL NIL \"7bit\" 1)"},
};

START_TEST(structures_are_printed)
{
    gsize length = strlen(structures[_i].message);
    g_autofree char *exact = g_memdup2(structures[_i].message, MAX(length, 1));
    g_autofree char *text = structure(exact, length, FALSE);

    ck_assert_str_eq(text, structures[_i].structure);
}
END_TEST

START_TEST(monsters_are_bounded)
{
    g_autoptr(GString) message = g_string_new("Content-Type: multipart/mixed; boundary=b\r\n\r\n");

    for (guint i = 0; i < 100000; i++)
        g_string_append(message, "--b\r\n\r\nx\r\n");
    g_autofree char *text = structure(message->str, message->len, FALSE);
    ck_assert_uint_lt(strlen(text), MIME_PARTS_MOST * 100);

    g_string_truncate(message, 0);
    for (guint i = 0; i < 1000; i++)
        g_string_append_printf(
            message, "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n--b%u\r\n", i, i);
    g_autofree char *deep = structure(message->str, message->len, FALSE);
    ck_assert_uint_lt(strlen(deep), 10000);

    g_string_truncate(message, 0);
    for (guint i = 0; i < 1000; i++)
        g_string_append(message, "Content-Type: message/rfc822\r\n\r\n");
    g_autofree char *messages = structure(message->str, message->len, FALSE);
    ck_assert_uint_lt(strlen(messages), 10000);

    g_string_assign(message, "Content-Type: a/b");
    for (guint i = 0; i < 20000; i++)
        g_string_append(message, "; n=v");
    g_autofree char *parameters = structure(message->str, message->len, FALSE);
    ck_assert_uint_lt(strlen(parameters), 10000);
}
END_TEST

START_TEST(languages_are_a_list)
{
    static const struct {
        const char *value, *printed;
    } cases[] = {{"en, fr-CH (Swiss)", "(\"en\" \"fr-CH\")"}, {"de", "(\"de\")"}, {" , ,", "NIL"}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message =
            g_strdup_printf("Content-Type: a/b\r\nContent-Language: %s\r\n\r\n", cases[i].value);
        g_autofree char *wanted = g_strdup_printf(
            "(\"a\" \"b\" NIL NIL NIL \"7bit\" 0 NIL NIL %s NIL)", cases[i].printed);
        g_autofree char *text = structure(message, strlen(message), TRUE);
        ck_assert_str_eq(text, wanted);
    }
}
END_TEST

static const struct {
    const char *value;
    const char *printed;
} addresses[] = {
    {"a@b", "((NIL NIL \"a\" \"b\"))"},
    {"Ann <a@b>, c@d", "((\"Ann\" NIL \"a\" \"b\")(NIL NIL \"c\" \"d\"))"},
    {"\"A, B\" <a@b>", "((\"A, B\" NIL \"a\" \"b\"))"},
    {"a@b (Ann)", "((\"Ann\" NIL \"a\" \"b\"))"},
    {"Ann B. C. <@x,@y:a@b>", "((\"Ann B. C.\" \"@x,@y\" \"a\" \"b\"))"},
    {"g:;", "((NIL NIL \"g\" NIL)(NIL NIL NIL NIL))"},
    {"g: a@b", "((NIL NIL \"g\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL))"},
    {"nobody", "((NIL NIL \"nobody\" \"MISSING_DOMAIN\"))"},
    {",,,", "NIL"},
    {"<>", "NIL"},
    {"\"open", "((NIL NIL \"open\" \"MISSING_DOMAIN\"))"},
    /* Not allowed, but written. */
    {"a@b <c@d>", "((\"a@b\" NIL \"c\" \"d\"))"},
    {"a@b; c@d", "((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\"))"},
    {"a@b c, d@e", "((NIL NIL \"a\" \"b\")(NIL NIL \"d\" \"e\"))"},
    {"a@b . c", "((NIL NIL \"a\" \"b.c\"))"},
    {"A <a@b> \"B\" c@d, e@f", "((\"A\" NIL \"a\" \"b\")(NIL NIL \"e\" \"f\"))"},
    {"a@b@c", "((NIL NIL \"a\" \"b@c\"))"},
    {"a@b\r\nX: y\r\nTO:\r\n c@d", "((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\"))"},
};

START_TEST(addresses_are_printed)
{
    g_autofree char *header = g_strdup_printf("To: %s\r\n\r\n", addresses[_i].value);
    g_autofree char *wanted =
        g_strdup_printf("(NIL NIL NIL NIL NIL %s NIL NIL NIL NIL)", addresses[_i].printed);
    ImapOutput output;

    imap_output_init(&output);
    imap_envelope_print(&output, header, strlen(header));
    ck_assert_str_eq(output.tail->str, wanted);
    imap_output_clear(&output);
}
END_TEST

START_TEST(fields_are_found_in_one_pass)
{
    static const char header[] =
        "To: a\r\nSubject:  one\r\n\ttwo \r\nTO: b\r\nsubject: no\r\nto: c\r\n"
        "Cc:\r\n\r\nDate: of the body\r\n";
    MimeWanted wanted[] = {
        {"subject", FALSE, NULL}, {"to", TRUE, NULL}, {"date", FALSE, NULL}, {"cc", TRUE, NULL}};

    mime_header_collect(header, strlen(header), wanted, G_N_ELEMENTS(wanted));
    ck_assert_str_eq(wanted[0].value, "one two");
    ck_assert_str_eq(wanted[1].value, "a, b, c");
    ck_assert_ptr_null(wanted[2].value);
    ck_assert_str_eq(wanted[3].value, "");
    mime_wanted_clear(wanted, G_N_ELEMENTS(wanted));
    ck_assert_ptr_null(wanted[0].value);
}
END_TEST

START_TEST(strings_are_quoted_or_literals)
{
    static const struct {
        const char *data;
        gsize length;
        const char *printed;
    } strings[] = {
        {"", 0, "\"\""},        {"\"a\\\"", 4, "\"\\\"a\\\\\\\"\""}, {"a\0b\0", 4, "{2}\r\nab"},
        {"\0\0", 2, "{0}\r\n"}, {"a\nb", 3, "{3}\r\na\nb"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(strings); i++) {
        ImapOutput output;
        imap_output_init(&output);
        imap_output_nstring(&output, strings[i].data, strings[i].length);
        ck_assert_str_eq(output.tail->str, strings[i].printed);
        ck_assert_uint_eq(output.length, output.tail->len);
        imap_output_clear(&output);
    }
}
END_TEST

START_TEST(sender_without_an_address_is_the_author)
{
    static const char header[] = "From: a@b\r\nSender: ,\r\nReply-To: <>\r\n\r\n";
    ImapOutput output;

    imap_output_init(&output);
    imap_envelope_print(&output, header, strlen(header));
    ck_assert_str_eq(output.tail->str,
                     "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" "
                     "\"b\")) NIL NIL NIL NIL NIL)");
    imap_output_clear(&output);
}
END_TEST

static const char nested[] =
    "Subject: out\r\nX: 1\r\n\tfolded\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nA: b\r\n\r\none\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ntext\r\n"
    "--b--\r\n";

static const struct {
    const char *section;
    const char *bytes; /* NULL: NIL */
} sections[] = {
    {"]", nested},
    {"HEADER.FIELDS (subject)]", "Subject: out\r\n\r\n"},
    {"HEADER.FIELDS (X)]", "X: 1\r\n\tfolded\r\n\r\n"},
    {"HEADER.FIELDS (Absent)]", "\r\n"},
    {"HEADER.FIELDS.NOT (subject content-type)]", "X: 1\r\n\tfolded\r\n\r\n"},
    {"1]", "one"},
    {"1.MIME]", "A: b\r\n\r\n"},
    {"1.1]", NULL},
    {"1.HEADER]", NULL},
    {"2]", "Subject: in\r\n\r\ntext"},
    {"2.HEADER]", "Subject: in\r\n\r\n"},
    {"2.TEXT]", "text"},
    {"2.1]", "text"},
    {"2.2]", NULL},
    {"2.1.1]", NULL},
    {"3]", NULL},
    {"4294967295]", NULL},
    {"1]<1.1>", "n"},
    {"1]<9.1>", ""},
    {"1]<0.4294967295>", "one"},
};

/* The line end before a delimiter belongs to it (RFC 2046 §5.1.1), that of an empty line too. */
START_TEST(delimiters_take_their_line_end)
{
    static const char message[] = "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                                  "--b\r\nA: b\r\n\r\n--b\r\n\r\n--b\r\n--b\r\n\r\n\r\n--b--\r\n";
    static const struct {
        gsize header_length, body_length;
    } expected[] = {{6, 0}, {0, 0}, {0, 0}, {2, 0}};
    g_autoptr(MimePart) root = mime_part_parse(message, sizeof message - 1);

    ck_assert_uint_eq(root->children->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        const MimePart *part = g_ptr_array_index(root->children, i);
        ck_assert_uint_eq(part->header_length, expected[i].header_length);
        ck_assert_uint_eq(part->body_length, expected[i].body_length);
    }

    static const char inner[] = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                                "Content-Type: multipart/related; boundary=i\r\n\r\n--i\r\n--b--";
    g_autoptr(MimePart) outer = mime_part_parse(inner, sizeof inner - 1);
    const MimePart *related = g_ptr_array_index(outer->children, 0);
    const MimePart *nothing = g_ptr_array_index(related->children, 0);
    ck_assert_uint_eq(related->body_length, strlen("--i"));
    ck_assert_uint_eq(nothing->body, related->body + related->body_length);
}
END_TEST

START_TEST(sections_are_found)
{
    g_autoptr(GBytes) text = g_bytes_new(sections[_i].section, strlen(sections[_i].section));
    g_autoptr(MimePart) root = mime_part_parse(nested, sizeof nested - 1);
    ImapParser parser;
    ImapSection section;
    ImapExtract extract;

    imap_parser_init(&parser, text);
    ck_assert(imap_parse_section(&parser, &section));
    gboolean found = imap_section_extract(&section, nested, sizeof nested - 1, root, &extract);
    ck_assert_int_eq(found, sections[_i].bytes != NULL);
    if (found) {
        const char *data =
            extract.made == NULL ? nested + extract.offset : g_bytes_get_data(extract.made, NULL);
        ck_assert_uint_eq(extract.length, strlen(sections[_i].bytes));
        ck_assert(extract.length == 0 || memcmp(data, sections[_i].bytes, extract.length) == 0);
        g_bytes_unref(extract.made);
    }
    imap_section_clear(&section);
}
END_TEST

static const struct {
    const char *value, *decoded;
} encoded_words[] = {
    {"plain", "plain"},
    {"=?utf-8?q?caf=C3=A9?=", "café"},
    {"=?ISO-8859-1?B?5Pb8?= x", "äöü x"},
    {"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"},
    {"=?utf-8?q?a?= b =?utf-8?q?c_d?=", "a b c d"},
    {"=?utf-8?q?open", "=?utf-8?q?open"},
    {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
    {"=?", "=?"},
    {"=??q?a?=", "a"},
    {"=?../../x?q?a?=", "a"},
    {"=?utf-8*en?q?a?=", "a"},
};

START_TEST(encoded_words_are_decoded)
{
    g_autofree char *decoded = mime_decode_words(encoded_words[_i].value);

    ck_assert_str_eq(decoded, encoded_words[_i].decoded);
}
END_TEST

START_TEST(long_bodies_are_searched_over_their_seams)
{
    g_autoptr(GString) message = g_string_new("\r\n");
    g_autofree char *needle = g_utf8_casefold("Grüße", -1);

    for (gsize size = 256 * 1024 - 12; size < 256 * 1024 + 12; size++) {
        g_string_set_size(message, 2);
        while (message->len < size)
            g_string_append_c(message, 'x');
        g_string_append(message, "GRÜSSE and more");
        g_autoptr(MimePart) root = mime_part_parse(message->str, message->len);
        ck_assert_msg(mime_body_contains(message->str, root, needle), "at %zu", size);
        ck_assert(!mime_body_contains(message->str, root, "absent"));
    }
}
END_TEST

/* The seconds are from `date -u -d ... +%s`. */
static const struct {
    const char *value;
    gboolean good;
    gint64 day;
} days[] = {{"Mon, 7 Feb 1994 21:52:25 -0800", TRUE, 760579200},
            {"7 Feb 94 21:52", TRUE, 760579200},
            {"1 Jan 00 00:00", TRUE, 946684800},
            {"Mon, 31 Feb 1994", FALSE, 0},
            {"yesterday", FALSE, 0},
            {"", FALSE, 0},
            {"7", FALSE, 0}};

START_TEST(days_are_read)
{
    gint64 day = 0;

    ck_assert(mime_date_day(days[_i].value, &day) == days[_i].good);
    ck_assert_int_eq(day, days[_i].day);
}
END_TEST

static void assert_summary(const ImapSummary *a, const ImapSummary *b)
{
    ck_assert_int_eq(a->has_size, b->has_size);
    ck_assert(!a->has_size || a->size == b->size);
    for (guint i = 0; i < IMAP_SUMMARY_COUNT; i++) {
        ck_assert_int_eq(a->items[i].text != NULL, b->items[i].text != NULL);
        ck_assert_uint_eq(a->items[i].length, b->items[i].length);
        if (a->items[i].text != NULL)
            ck_assert_mem_eq(a->items[i].text, b->items[i].text, b->items[i].length);
    }
}

START_TEST(summaries_come_back_or_are_nothing)
{
    const ImapSummary nothing = {0};
    const ImapSummary some = {.items[IMAP_SUMMARY_ENVELOPE] = {"(NIL)", 5}};
    const ImapSummary all = {
        .has_size = TRUE,
        .size = 895,
        .items = {{"\0\1", 2}, {"(NIL)", 5}, {"", 0}, {"(\"text\")", 8}},
    };
    ImapSummary read;

    g_autoptr(GBytes) packed_some = imap_summary_pack(&some);
    imap_summary_parse(packed_some, &read);
    assert_summary(&read, &some);
    ck_assert_uint_eq(imap_summary_missing(&read, 15), 13);
    g_autoptr(GBytes) packed = imap_summary_pack(&all);
    imap_summary_parse(packed, &read);
    assert_summary(&read, &all);
    ck_assert_uint_eq(imap_summary_missing(&read, 15), 0);

    /* Of another version, cut off anywhere, or with something behind it. */
    gsize size;
    const guint8 *data = g_bytes_get_data(packed, &size);
    g_autofree guint8 *copy = g_malloc(size + 1);
    memcpy(copy, data, size);
    copy[size] = 0;
    for (gsize length = 0; length <= size + 1; length++) {
        g_autoptr(GBytes) damaged = g_bytes_new(copy, length);
        imap_summary_parse(damaged, &read);
        assert_summary(&read, length == size ? &all : &nothing);
    }
    copy[0]++;
    g_autoptr(GBytes) other = g_bytes_new(copy, size);
    imap_summary_parse(other, &read);
    assert_summary(&read, &nothing);

    /* What is too long for it is left out. */
    g_autofree char *long_text = g_strnfill(MAIL_SUMMARY_MAX, 'x');
    ImapSummary longest = all, rest = all;
    longest.items[IMAP_SUMMARY_ENVELOPE] = (ImapSummaryText){long_text, MAIL_SUMMARY_MAX};
    rest.items[IMAP_SUMMARY_ENVELOPE] = (ImapSummaryText){0};
    g_autoptr(GBytes) packed_longest = imap_summary_pack(&longest);
    ck_assert_uint_le(g_bytes_get_size(packed_longest), MAIL_SUMMARY_MAX);
    imap_summary_parse(packed_longest, &read);
    assert_summary(&read, &rest);
}
END_TEST

static void assert_parts(const MimePart *a, const MimePart *b)
{
    guint children = a->children == NULL ? 0 : a->children->len;

    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_uint_eq(a->header, b->header);
    ck_assert_uint_eq(a->header_length, b->header_length);
    ck_assert_uint_eq(a->body, b->body);
    ck_assert_uint_eq(a->body_length, b->body_length);
    ck_assert_uint_eq(b->children == NULL ? 0 : b->children->len, children);
    for (guint i = 0; i < children; i++)
        assert_parts(g_ptr_array_index(a->children, i), g_ptr_array_index(b->children, i));
}

START_TEST(outlines_come_back_or_are_nothing)
{
    static const char message[] =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n\r\ntwo\r\n--b--\r\n";
    g_autoptr(MimePart) root = mime_part_parse(message, sizeof message - 1);
    g_autoptr(GString) outline = g_string_new(NULL);
    const gsize each = 16;

    mime_outline_print(outline, root);
    ck_assert_uint_eq(outline->len, 4 * each);
    g_autoptr(MimePart) again = mime_outline_parse(outline->str, outline->len);
    ck_assert_ptr_nonnull(again);
    assert_parts(root, again);
    for (gsize length = 0; length < outline->len; length++)
        ck_assert_ptr_null(mime_outline_parse(outline->str, length));
    g_string_append_len(outline, outline->str + 3 * each, each);
    ck_assert_ptr_null(mime_outline_parse(outline->str, outline->len));

    /* As many as a message may have go into a summary, and one level more is too many. */
    ck_assert_uint_le((MIME_PARTS_MOST + MIME_DEPTH_MOST) * each + 32, MAIL_SUMMARY_MAX);
    const guint32 in_message[] = {GUINT32_TO_LE(MIME_MESSAGE | 1 << 2), 0, 0, 0};
    g_string_truncate(outline, 0);
    for (guint depth = 0; depth < MIME_DEPTH_MOST; depth++)
        g_string_append_len(outline, (const char *)in_message, each);
    const guint32 leaf[] = {MIME_LEAF, 0, 0, 0};
    g_string_append_len(outline, (const char *)leaf, each);
    g_autoptr(MimePart) deepest = mime_outline_parse(outline->str, outline->len);
    ck_assert_ptr_nonnull(deepest);
    g_string_prepend_len(outline, (const char *)in_message, each);
    ck_assert_ptr_null(mime_outline_parse(outline->str, outline->len));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("mime");

    tcase_add_loop_test(tests, structures_are_printed, 0, G_N_ELEMENTS(structures));
    tcase_add_test(tests, monsters_are_bounded);
    tcase_add_test(tests, delimiters_take_their_line_end);
    tcase_add_test(tests, fields_are_found_in_one_pass);
    tcase_add_test(tests, strings_are_quoted_or_literals);
    tcase_add_test(tests, sender_without_an_address_is_the_author);
    tcase_add_loop_test(tests, addresses_are_printed, 0, G_N_ELEMENTS(addresses));
    tcase_add_loop_test(tests, sections_are_found, 0, G_N_ELEMENTS(sections));
    tcase_add_loop_test(tests, encoded_words_are_decoded, 0, G_N_ELEMENTS(encoded_words));
    tcase_add_test(tests, long_bodies_are_searched_over_their_seams);
    tcase_add_test(tests, summaries_come_back_or_are_nothing);
    tcase_add_test(tests, outlines_come_back_or_are_nothing);
    tcase_add_test(tests, languages_are_a_list);
    tcase_add_loop_test(tests, days_are_read, 0, G_N_ELEMENTS(days));
    return run_case("mime", tests);
}
