/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-split.c - what is detached from a message, and that every message joins to itself.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <gmime/gmime.h>

#include "mailstore/message/part-header.h"
#include "tests/unit/message/hostile-mail.h"
#include "tests/unit/message/split-helper.h"
#include "tests/run-suite.h"

#define MIXED(BODY)                                                                                \
    "Subject: x\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n" BODY "\r\n--b--\r\n"

static SplitMessage *split_text(const char *text)
{
    g_autoptr(GBytes) message = g_bytes_new(text, strlen(text));
    SplitMessage *split = split_message_new(message);
    g_autoptr(GBytes) joined = split_helper_join(split);
    ck_assert(g_bytes_equal(message, joined));
    return split;
}

static void assert_bytes(GBytes *bytes, const char *expected)
{
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *text = g_strndup(data != NULL ? data : "", size);
    ck_assert_str_eq(text, expected);
}

START_TEST(base64_part_is_cut_out_with_its_header)
{
    g_autoptr(SplitMessage) split =
        split_text(MIXED("--b\r\n\r\nhello\r\n--b\r\n"
                         "Content-Type: text/plain; name=\"=?utf-8?q?gr=C3=BCn=2Etxt?=\"\r\n"
                         "Content-Transfer-Encoding: base64\r\n\r\nZm9vYmFy\r\n"));
    ck_assert_uint_eq(split->parts->len, 1);
    SplitPart *part = g_ptr_array_index(split->parts, 0);
    assert_bytes(part->data, "foobar");
    assert_bytes(part->header, "Content-Type: text/plain; name=\"=?utf-8?q?gr=C3=BCn=2Etxt?=\"\r\n"
                               "Content-Transfer-Encoding: base64\r\n\r\n");
    ck_assert_str_eq(part->name, "gr\303\274n.txt");
    ck_assert_uint_eq(part->encoding.tail, 1);
    assert_bytes(split->text, MIXED("--b\r\n\r\nhello\r\n--b\r\n"));
    ck_assert_str_eq(split->subject, "x");
}
END_TEST

START_TEST(named_or_attached_identity_part_is_cut_out)
{
    g_autoptr(SplitMessage) split =
        split_text(MIXED("--b\r\nContent-Disposition: attachment\r\n\r\n\303\244\r\nx"
                         "\r\n--b\r\nContent-Type: text/plain; name=y\r\n\r\n1"
                         "\r\n--b\r\nContent-Type: text/plain\r\n\r\ninline"
                         "\r\n--b\r\nContent-Disposition: inline; filename*=utf-8''%C3%A4\r\n"
                         "Content-Transfer-Encoding: 8BIT\r\n\r\n2"));
    ck_assert_uint_eq(split->parts->len, 3);
    assert_bytes(((SplitPart *)g_ptr_array_index(split->parts, 0))->data, "\303\244\r\nx");
    ck_assert_str_eq(((SplitPart *)g_ptr_array_index(split->parts, 1))->name, "y");
    ck_assert_str_eq(((SplitPart *)g_ptr_array_index(split->parts, 2))->name, "\303\244");
    ck_assert(!((SplitPart *)g_ptr_array_index(split->parts, 2))->encoding.base64);
}
END_TEST

START_TEST(everything_else_stays)
{
    static const char *const texts[] = {
        "",
        "\r\n",
        "Content-Transfer-Encoding: base64\r\n\r\nZm9v\r\n",
        "Content-Disposition: attachment; filename=x\r\n\r\nfoo\r\n",
        MIXED("--b\r\nContent-Transfer-Encoding: quoted-printable\r\n"
              "Content-Disposition: attachment\r\n\r\n=3D"),
        MIXED("--b\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9v YmFy"),
        MIXED("--b\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9"),
        MIXED("--b\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
        MIXED("--b\r\nContent-Transfer-Encoding: base64\r\n"),
        MIXED("--c\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9v"),
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(SplitMessage) split = split_text(texts[i]);
        ck_assert_msg(split->parts->len == 0, "detached from: %s", texts[i]);
        assert_bytes(split->text, texts[i]);
    }
}
END_TEST

START_TEST(inner_messages_are_entered)
{
    g_autoptr(SplitMessage) split = split_text(
        MIXED("--b\r\nContent-Type: message/rfc822\r\n\r\n"
              "Subject: inner\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n"
              "--bb\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9v\r\n--bb--\r\n"
              "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
              "Subject: single\r\nContent-Transfer-Encoding: base64\r\n\r\nYmFy"
              "\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
              "U3ViamVjdDogeA=="));
    ck_assert_uint_eq(split->parts->len, 3);
    assert_bytes(((SplitPart *)g_ptr_array_index(split->parts, 0))->data, "foo");
    assert_bytes(((SplitPart *)g_ptr_array_index(split->parts, 1))->data, "bar");
    assert_bytes(((SplitPart *)g_ptr_array_index(split->parts, 2))->data, "Subject: x");
}
END_TEST

START_TEST(parts_of_a_digest_are_messages)
{
    g_autoptr(SplitMessage) split =
        split_text("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n"
                   "Content-Type: multipart/mixed; boundary=c\r\n\r\n"
                   "--c\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9v\r\n--c--\r\n--b--\r\n");
    ck_assert_uint_eq(split->parts->len, 1);
}
END_TEST

START_TEST(missing_inner_end_ends_with_the_outer_boundary)
{
    g_autoptr(SplitMessage) split =
        split_text(MIXED("--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n"
                         "--bb\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9v"
                         "\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nYmFy"));
    ck_assert_uint_eq(split->parts->len, 2);
    assert_bytes(((SplitPart *)g_ptr_array_index(split->parts, 1))->data, "bar");
}
END_TEST

START_TEST(bare_line_feeds_and_missing_end)
{
    g_autoptr(SplitMessage) split =
        split_text("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
                   "Content-Transfer-Encoding: base64\n\nZm9v\nYmFy\n--b \t\n"
                   "Content-Transfer-Encoding: base64\n\nZm9v\n");
    ck_assert_uint_eq(split->parts->len, 2);
    SplitPart *part = g_ptr_array_index(split->parts, 0);
    ck_assert(!part->encoding.crlf);
    ck_assert_uint_eq(part->encoding.line, 4);
}
END_TEST

START_TEST(subject_is_decoded_and_bounded)
{
    g_autoptr(SplitMessage) encoded =
        split_text("subject: =?iso-8859-1?q?gr=FC=DFe?=\r\n =?utf-8?b?w6Q=?=\r\n\r\n");
    ck_assert_str_eq(encoded->subject, "gr\303\274\303\237e\303\244");

    g_autoptr(GString) text = g_string_new("Subject: ");
    for (int i = 0; i < 5000; i++)
        g_string_append(text, "\303\274");
    g_string_append(text, "\r\n\r\n");
    g_autoptr(SplitMessage) cut = split_text(text->str);
    ck_assert_uint_le(strlen(cut->subject), 4096);
    ck_assert(g_utf8_validate(cut->subject, -1, NULL));
}
END_TEST

START_TEST(addresses_are_found_in_all_their_forms)
{
    static const char header[] =
        "From: \"Doe, Jane\" <jane@example.org>\r\n"
        "to: a@example.org, friends: b@example.org, =?utf-8?q?C=C3=A9?= <c@example.org>;,\r\n"
        " <d@example.org>\r\n\r\n";
    g_autofree char *from = part_header_dup_addresses(header, sizeof header - 1, "From");
    g_autofree char *to = part_header_dup_addresses(header, sizeof header - 1, "To");
    g_autofree char *none = part_header_dup_addresses(header, sizeof header - 1, "Cc");

    ck_assert_str_eq(from, "jane@example.org");
    ck_assert_str_eq(to, "a@example.org\nb@example.org\nc@example.org\nd@example.org");
    ck_assert_str_eq(none, "");
}
END_TEST

START_TEST(limits_leave_the_rest_in_the_text)
{
    g_autoptr(GString) wide = g_string_new("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    for (int i = 0; i < 100000; i++)
        g_string_append(wide, "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9v\r\n");
    g_autoptr(SplitMessage) split = split_text(wide->str);
    ck_assert_uint_eq(split->parts->len, SPLIT_PARTS_MAX - 1); /* the message itself is one */

    g_autoptr(GString) deep = g_string_new("");
    for (int i = 0; i < 20000; i++)
        g_string_append_printf(deep, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n",
                               i, i);
    g_string_append(deep, "Content-Transfer-Encoding: base64\r\n\r\nZm9v\r\n");
    g_autoptr(SplitMessage) nested = split_text(deep->str);
    ck_assert_uint_eq(nested->parts->len, 0);

    g_autoptr(GString) header = g_string_new("Content-Type: multipart/mixed; boundary=b\r\nX: ");
    for (int i = 0; i < 100000; i++)
        g_string_append_c(header, 'x');
    g_string_append(header, "\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9v\r\n");
    g_autoptr(SplitMessage) long_header = split_text(header->str);
    ck_assert_uint_eq(long_header->parts->len, 0);
}
END_TEST

/* In the text it is looked at to its end. */
START_TEST(part_with_a_long_header_stays)
{
    enum {
        LINE = 80
    };
    static const char fields[] = "Content-Type: text/plain; name=y\r\n\r\n";

    for (guint more = 0; more < 2; more++) {
        g_autoptr(GString) message = g_string_new(
            "Subject: x\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n");
        gsize left = SPLIT_HEADER_MAX + more - strlen(fields);

        while (left > 0) {
            gsize line = left >= 2 * LINE ? LINE : left;
            g_string_append_printf(message, "X-Y: %0*d\r\n", (int)line - 7, 0);
            left -= line;
        }
        g_string_append(message, fields);
        g_string_append(message, "z\r\n--b--\r\n");
        g_autoptr(SplitMessage) split = split_text(message->str);
        ck_assert_uint_eq(split->parts->len, 1 - more);
    }
}
END_TEST

START_TEST(random_messages_join_to_themselves)
{
    GRand *rand = g_rand_new_with_seed(20261122);
    guint detached = 0;
    for (int i = 0; i < 4000; i++) {
        GString *mail = hostile_mail_new(rand, (guint)(i % 4) * 3);
        split_helper_round_trip(mail->str, mail->len);
        g_autoptr(GBytes) message = g_string_free_to_bytes(mail);
        g_autoptr(SplitMessage) split = split_message_new(message);
        detached += split->parts->len;
    }
    ck_assert_uint_gt(detached, 1000); /* or the test would test nothing */
    g_rand_free(rand);
}
END_TEST

int main(void)
{
    g_mime_init();
    Suite *suite = suite_create("split");
    TCase *tcase = tcase_create("core");
    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, base64_part_is_cut_out_with_its_header);
    tcase_add_test(tcase, named_or_attached_identity_part_is_cut_out);
    tcase_add_test(tcase, everything_else_stays);
    tcase_add_test(tcase, addresses_are_found_in_all_their_forms);
    tcase_add_test(tcase, inner_messages_are_entered);
    tcase_add_test(tcase, parts_of_a_digest_are_messages);
    tcase_add_test(tcase, missing_inner_end_ends_with_the_outer_boundary);
    tcase_add_test(tcase, bare_line_feeds_and_missing_end);
    tcase_add_test(tcase, subject_is_decoded_and_bounded);
    tcase_add_test(tcase, limits_leave_the_rest_in_the_text);
    tcase_add_test(tcase, part_with_a_long_header_stays);
    tcase_add_test(tcase, random_messages_join_to_themselves);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
