/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-part-encoding.c - which base64 is exact, and that it is written as it was.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/message/part-encoding.h"
#include "tests/run-suite.h"

static gboolean measure(const char *body, PartEncoding *encoding, GBytes **data)
{
    return part_encoding_measure((const guint8 *)body, strlen(body), TRUE, encoding, data);
}

static void assert_exact(const char *body, const char *stored, const char *decoded)
{
    PartEncoding encoding;
    g_autoptr(GBytes) data = NULL;
    char text[PART_ENCODING_TEXT_MAX];

    ck_assert_msg(measure(body, &encoding, &data), "refused: %s", body);
    part_encoding_format(&encoding, text);
    ck_assert_str_eq(text, stored);
    ck_assert_uint_eq(g_bytes_get_size(data), strlen(decoded));
    ck_assert_mem_eq(g_bytes_get_data(data, NULL), decoded, strlen(decoded));

    PartEncoding parsed;
    ck_assert(part_encoding_parse(text, strlen(text), &parsed));
    ck_assert_uint_eq(part_encoding_size(&parsed, strlen(decoded)), strlen(body));
    g_autofree guint8 *out = g_malloc(strlen(body) + 1);
    PartEncoder encoder;
    part_encoder_init(&encoder, &parsed, out);
    part_encoder_write(&encoder, (const guint8 *)decoded, strlen(decoded));
    ck_assert_ptr_eq(part_encoder_finish(&encoder), out + strlen(body));
    ck_assert_mem_eq(out, body, strlen(body));
}

/* Vectors of RFC 4648 §10. */
START_TEST(exact_bodies_are_measured)
{
    assert_exact("Zg==", "base64;76;crlf;0", "f");
    assert_exact("Zm8=", "base64;76;crlf;0", "fo");
    assert_exact("Zm9v", "base64;76;crlf;0", "foo");
    assert_exact("Zm9vYg==\r\n", "base64;76;crlf;1", "foob");
    assert_exact("Zm9vYmE=\n\n", "base64;76;lf;2", "fooba");
    assert_exact("Zm9v\r\nYmFy", "base64;4;crlf;0", "foobar");
    assert_exact("Zm9vY\r\nmFy\r\n\r\n", "base64;5;crlf;2", "foobar");
    assert_exact("Z\nm\n9\nv\n", "base64;1;lf;1", "foo");
    assert_exact(
        "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB",
        "base64;0;crlf;0", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}
END_TEST

START_TEST(inexact_bodies_are_refused)
{
    static const char *const bodies[] = {
        "",
        "\r\n",
        "Zg=",
        "Zg",
        "Zh==",
        "Zm9=",
        "Zm9v YmFy",
        "Zm9v\r\n=",
        "Zm9vYmFy=",
        "Zm9v\r\nYmFyZm9v",
        "Zm9v\nYmFy\r\n",
        "Zm9v\r\nYm\r\nFy",
        "Zm9v\n\nYmFy",
        "\r\nZm9v",
        "Zm-v",
        "Zg==Zg==",
        "====",
        "Zm9v\r",
        "Zm9v\r\r\n",
        "Z===",
        "Zm9v\r\n \r\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
        PartEncoding encoding;
        g_autoptr(GBytes) data = NULL;
        ck_assert_msg(!measure(bodies[i], &encoding, &data), "accepted: %s", bodies[i]);
    }
}
END_TEST

START_TEST(stored_form_is_checked)
{
    static const char *const texts[] = {
        "",
        "Identity",
        "identity;",
        "base64",
        "base64;76;crlf",
        "base64;76;crlf;0;",
        "base64;76;cr;0",
        "base64;-1;crlf;0",
        "base64;65536;crlf;0",
        "base64;76;crlf;101",
        "base64;76;crlf;",
        "base64; 76;crlf;0",
        "base64;76;crlf;0000000000000000000000000000000000000000000000000000000000000000",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        PartEncoding encoding;
        ck_assert_msg(!part_encoding_parse(texts[i], strlen(texts[i]), &encoding), "%s", texts[i]);
    }
}
END_TEST

START_TEST(pieces_make_the_same_as_one)
{
    PartEncoding encoding = {.base64 = TRUE, .line = 7, .crlf = TRUE, .tail = 1};
    guint8 data[1000], whole[4000], pieces[4000];
    for (gsize i = 0; i < sizeof data; i++)
        data[i] = (guint8)(i * 37);

    PartEncoder encoder;
    part_encoder_init(&encoder, &encoding, whole);
    part_encoder_write(&encoder, data, sizeof data);
    gsize size = (gsize)(part_encoder_finish(&encoder) - whole);
    part_encoder_init(&encoder, &encoding, pieces);
    for (gsize i = 0; i < sizeof data; i += 3 * 11)
        part_encoder_write(&encoder, data + i, MIN(sizeof data - i, 3 * 11));
    ck_assert_ptr_eq(part_encoder_finish(&encoder), pieces + size);
    ck_assert_mem_eq(whole, pieces, size);
    ck_assert_uint_eq(part_encoding_size(&encoding, sizeof data), size);
}
END_TEST

START_TEST(empty_data_encode_to_the_tail)
{
    PartEncoding encoding = {.base64 = TRUE, .line = 76, .crlf = TRUE, .tail = 1};
    guint8 out[8];
    PartEncoder encoder;
    part_encoder_init(&encoder, &encoding, out);
    ck_assert_ptr_eq(part_encoder_finish(&encoder), out + 2);
    ck_assert_uint_eq(part_encoding_size(&encoding, 0), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("part-encoding");
    TCase *tcase = tcase_create("core");
    tcase_add_test(tcase, exact_bodies_are_measured);
    tcase_add_test(tcase, inexact_bodies_are_refused);
    tcase_add_test(tcase, stored_form_is_checked);
    tcase_add_test(tcase, pieces_make_the_same_as_one);
    tcase_add_test(tcase, empty_data_encode_to_the_tail);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
