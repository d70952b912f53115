/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostile-mail.c - random messages: well-formed, and broken in the ways that mail is.
 *
 * Boundaries are drawn from a small set of prefixes of each other, line ends, line lengths and
 * encodings vary, ends are missing; then bytes are removed, doubled, overwritten.
 */
#include "tests/unit/message/hostile-mail.h"

#include <string.h>

static const char *pick(GRand *rand, const char *const *from, guint count)
{
    return from[g_rand_int_range(rand, 0, (gint)count)];
}

static gboolean chance(GRand *rand, gint percent)
{
    return g_rand_int_range(rand, 0, 100) < percent;
}

static const char *eol(GRand *rand)
{
    return chance(rand, 95) ? "\r\n" : "\n";
}

static void put_base64(GRand *rand, GString *out)
{
    static const gint lines[] = {76, 76, 76, 72, 60, 64, 4, 1, 7, 1000};
    gsize size = (gsize)g_rand_int_range(rand, 0, chance(rand, 10) ? 20000 : 300);
    g_autofree guint8 *data = g_malloc(size + 1);
    for (gsize i = 0; i < size; i++)
        data[i] = (guint8)g_rand_int(rand);
    g_autofree char *text = g_base64_encode(data, size);
    gsize line = (gsize)lines[g_rand_int_range(rand, 0, G_N_ELEMENTS(lines))];
    const char *end = chance(rand, 80) ? "\r\n" : "\n";
    for (gsize i = 0; text[i] != '\0'; i += MIN(line, strlen(text + i))) {
        if (i > 0)
            g_string_append(out, end);
        g_string_append_len(out, text + i, (gssize)MIN(line, strlen(text + i)));
    }
    if (chance(rand, 10))
        g_string_append(out, "=");
    for (gint i = g_rand_int_range(rand, 0, 4); i > 1; i--)
        g_string_append(out, chance(rand, 80) ? end : eol(rand));
}

static void put_text(GRand *rand, GString *out)
{
    static const char *const lines[] = {
        "hello", "--",    "--a",         "--b--",  "",   ".", "From me",      "--ab  ", "Zm9vYmFy",
        "=3D=",  "--abc", "begin 644 x", "--a--x", "\r", "-", "\xff\xfe\x80", "--a\t",  "x: y",
    };
    for (gint i = g_rand_int_range(rand, 0, 8); i > 0; i--)
        g_string_append_printf(out, "%s%s", pick(rand, lines, G_N_ELEMENTS(lines)), eol(rand));
    if (chance(rand, 10))
        g_string_append_len(out, "nul\0nul", 7);
}

static void put_leaf(GRand *rand, GString *out)
{
    static const char *const headers[] = {
        "Content-Type: application/octet-stream; name=\"a.bin\"",
        "Content-Type: text/plain; charset=utf-8",
        "content-type : image/png;\r\n name=\"=?utf-8?B?w6Q=?=.png\"",
        "Content-Disposition: attachment; filename*=utf-8''%C3%A4.txt",
        "Content-Disposition: inline",
        "Content-Disposition: attachment",
        "X-Other: 1",
        "no colon",
    };
    for (gint i = g_rand_int_range(rand, 0, 4); i > 0; i--)
        g_string_append_printf(out, "%s%s", pick(rand, headers, G_N_ELEMENTS(headers)), eol(rand));
    gboolean base64 = chance(rand, 60);
    if (base64)
        g_string_append_printf(out, "Content-Transfer-Encoding: %s%s",
                               chance(rand, 90) ? "base64" : "BASE64 ", eol(rand));
    else if (chance(rand, 20))
        g_string_append(out, "Content-Transfer-Encoding: quoted-printable\r\n");
    if (!chance(rand, 3))
        g_string_append(out, eol(rand));
    if (base64 && chance(rand, 95))
        put_base64(rand, out);
    else
        put_text(rand, out);
}

static void put_entity(GRand *rand, GString *out, guint depth)
{
    static const char *const boundaries[] = {"a", "ab", "abc", "b", "a b", "=_x"};
    static const char *const kinds[] = {"mixed", "alternative", "digest", "related"};
    gint dice = g_rand_int_range(rand, 0, 100);

    if (depth > 4 || dice < 40) {
        put_leaf(rand, out);
    } else if (dice < 55) {
        g_string_append(out, "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n");
        put_entity(rand, out, depth + 1);
    } else {
        const char *boundary = pick(rand, boundaries, G_N_ELEMENTS(boundaries));
        g_string_append_printf(out, "Content-Type: multipart/%s;%s boundary=\"%s\"%s%s",
                               pick(rand, kinds, G_N_ELEMENTS(kinds)),
                               chance(rand, 30) ? "\r\n" : "", boundary, eol(rand), eol(rand));
        if (chance(rand, 30))
            put_text(rand, out);
        for (gint i = g_rand_int_range(rand, 0, 5); i > 0; i--) {
            g_string_append_printf(out, "%s--%s%s", eol(rand), boundary, eol(rand));
            put_entity(rand, out, depth + 1);
        }
        if (chance(rand, 85))
            g_string_append_printf(out, "%s--%s--", eol(rand), boundary);
        if (chance(rand, 70))
            g_string_append(out, eol(rand));
        if (chance(rand, 20))
            put_text(rand, out);
    }
}

static void damage_once(GRand *rand, GString *mail)
{
    if (mail->len == 0)
        return;
    gsize at = (gsize)g_rand_int_range(rand, 0, (gint)mail->len);
    gsize size = (gsize)g_rand_int_range(rand, 1, 40);
    size = MIN(size, mail->len - at);
    switch (g_rand_int_range(rand, 0, 4)) {
    case 0:
        mail->str[at] = (char)g_rand_int(rand);
        break;
    case 1:
        g_string_erase(mail, (gssize)at, (gssize)size);
        break;
    case 2: {
        g_autofree char *copy = g_memdup2(mail->str + at, size);
        g_string_insert_len(mail, (gssize)at, copy, (gssize)size);
        break;
    }
    default:
        if (chance(rand, 10))
            g_string_truncate(mail, at);
        else
            g_string_insert_len(mail, (gssize)at, "\n", 1);
    }
}

GString *hostile_mail_new(GRand *rand, guint damage)
{
    GString *mail = g_string_new("From: a@example.org\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n");
    put_entity(rand, mail, 0);
    for (guint i = 0; i < damage; i++)
        damage_once(rand, mail);
    return mail;
}
