/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-mail.c - decoders, the walk over parts, notices, and putting messages together again. */
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "scanner/judge/compose.h"
#include "scanner/judge/notice.h"
#include "scanner/mail/mail-decode.h"
#include "scanner/mail/mail-names.h"
#include "scanner/mail/mail-part.h"
#include "scanner/mail/mail-plain.h"
#include "scanner/mail/mail-runs.h"
#include "tests/unit/scanner/scanner-test.h"

static void check_base64(const char *text, const char *wanted)
{
    guint8 out[256];
    gsize size = mail_decode_base64(text, strlen(text), out);

    ck_assert_msg(size == strlen(wanted) && memcmp(out, wanted, size) == 0, "%s", text);
}

START_TEST(base64_is_tolerant)
{
    /* RFC 4648 §10, then broken in the ways that mail programs forgive. */
    check_base64("", "");
    check_base64("Zg==", "f");
    check_base64("Zm8=", "fo");
    check_base64("Zm9v", "foo");
    check_base64("Zm9vYg==", "foob");
    check_base64("Zm9vYmE=", "fooba");
    check_base64("Zm9vYmFy", "foobar");
    check_base64("Zm\r\n9v!Y*mF\ty", "foobar");
    check_base64("Zm9vYmE", "fooba");
    check_base64("Zg==Zm8=", "ffo");
    check_base64("====", "");
    check_base64("Z", "");
}
END_TEST

START_TEST(quoted_printable_is_tolerant)
{
    static const char *const cases[][2] = {
        {"a=3Db", "a=b"}, {"a=\r\nb", "ab"},      {"a= \t\r\nb", "ab"},
        {"a=\nb", "ab"},  {"a=zzb", "a=zzb"},     {"a=", "a="},
        {"a=4", "a=4"},   {"=c3=A9", "\xc3\xa9"}, {"line\r\n", "line\r\n"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint8 out[64];
        gsize size = mail_decode_quoted_printable(cases[i][0], strlen(cases[i][0]), out);

        ck_assert_msg(size == strlen(cases[i][1]) && memcmp(out, cases[i][1], size) == 0, "%s",
                      cases[i][0]);
    }
}
END_TEST

START_TEST(quoted_printable_without_blanks_before_line_ends)
{
    static const char *const cases[][2] = {
        {"a \r\nb", "a\r\nb"}, {"a \t \nb", "a\nb"},     {" \r\n", "\r\n"},    {"a  ", "a"},
        {"a b", "a b"},        {"a=20\r\nb", "a \r\nb"}, {"a= ", "a"},         {"a=", "a="},
        {"a= \r\nb", "ab"},    {"a \r b", "a \r b"},     {"=41 =\r\n ", "A "},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *text = cases[i][0];
        guint8 out[64], plain[64];
        gsize size = mail_decode_quoted_printable_trimmed(text, strlen(text), out);

        ck_assert_msg(size == strlen(cases[i][1]) && memcmp(out, cases[i][1], size) == 0, "%s",
                      text);
        if (mail_decode_has_trailing_blanks(text, strlen(text)))
            continue;
        ck_assert_uint_eq(mail_decode_quoted_printable(text, strlen(text), plain), size);
        ck_assert_mem_eq(plain, out, size);
    }
}
END_TEST

START_TEST(uuencode_is_decoded)
{
    /* From uuencode(1): "Cat", and a longer one in two lines. */
    static const char cat[] = "begin 644 c\n#0V%T\n`\nend\n";
    static const char blanks[] = "begin 644 c\n)0V%T\nend\n";
    static const char lying[] = "begin 644 c\nM0V%T\n";
    guint8 out[64];

    ck_assert_uint_eq(mail_decode_uuencode(cat, strlen(cat), out), 3);
    ck_assert_mem_eq(out, "Cat", 3);
    ck_assert_uint_le(mail_decode_uuencode(lying, strlen(lying), out), 5);
    /* The blanks that stand for four zeros are lost, as Python's binascii knows. */
    ck_assert_uint_eq(mail_decode_uuencode_length(blanks, strlen(blanks)), 9);
    ck_assert_uint_eq(mail_decode_uuencode_padded(blanks, strlen(blanks), out), 9);
    ck_assert_mem_eq(out, "Cat\0\0\0\0\0\0", 9);
    ck_assert_uint_eq(mail_decode_uuencode_length(cat, strlen(cat)), 3);
}
END_TEST

typedef struct {
    const char *text;
    GString *seen;
} Seen;

/* "encoding:name:body|" for each part. */
static gboolean note_part(const MailPart *part, gpointer user_data)
{
    Seen *seen = user_data;

    g_string_append_printf(seen->seen, "%d:%s:%.*s|", (int)part->encoding, part->name,
                           (int)(part->end - part->start), seen->text + part->start);
    return TRUE;
}

static char *walk(const char *text, guint parts, guint depth, MailPartResult wanted)
{
    const MailPartLimits limits = {.parts = parts, .depth = depth};
    Seen seen = {.text = text, .seen = g_string_new(NULL)};

    ck_assert_int_eq(mail_part_walk(text, strlen(text), &limits, note_part, NULL, &seen), wanted);
    return g_string_free(seen.seen, FALSE);
}

START_TEST(parts_are_found)
{
    static const char *const cases[][2] = {
        {"Subject: x\r\n\r\nbody\r\n", "0::body\r\n|"},
        {"Subject: x\r\n\r\n", "0::|"},
        {"Subject: x", ""},
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\n\r\none\r\n--b \r\n"
         "Content-Transfer-Encoding: BASE64\r\nContent-Disposition: attachment;\r\n "
         "filename=\"a b.txt\"\r\n\r\nZg==\r\n--b--\r\nafter",
         "0::one|1:a b.txt:Zg==|"},
        /* Bare line feeds, a boundary that never closes. */
        {"Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\none\n--b\n"
         "Content-Transfer-Encoding: quoted-printable\n\ntwo\n",
         "0::one|2::two\n|"},
        /* A message in a message; the outer boundary ends all inner ones. */
        {"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n"
         "\r\nSubject: in\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\ndeep\r\n"
         "--o\r\n\r\nnext\r\n--o--\r\n",
         "0::deep|0::next|"},
        /* A boundary that begins like another one. */
        {"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; "
         "boundary=bb\r\n\r\n--bb\r\n\r\nx\r\n--bb--\r\n--b\r\n\r\ny\r\n--b--",
         "0::x|0::y|"},
        {"A: b\r\n\r\nhi\r\nbegin 644 f.exe\r\n#0V%T\r\n`\r\nend\r\nbye",
         "3:f.exe:begin 644 f.exe\r\n#0V%T\r\n`\r\nend\r\n|"
         "0::hi\r\nbegin 644 f.exe\r\n#0V%T\r\n`\r\nend\r\nbye|"},
        {"A: b\r\n\r\nbegin 7 x\r\nbegin the day\r\n", "0::begin 7 x\r\nbegin the day\r\n|"},
        {"Content-Type: a/b; name=plain\r\n\r\nx", "0:plain:x|"},
        {"Content-Type: a/b; name=n\r\nContent-Disposition: x; filename*=utf-8''%41\r\n\r\nx",
         "0:filename*=utf-8''%41:x|"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *seen = walk(cases[i][0], 100, 10, MAIL_PART_DONE);

        ck_assert_str_eq(seen, cases[i][1]);
    }
}
END_TEST

START_TEST(limits_end_the_walk)
{
    g_autoptr(GString) many = g_string_new("Content-Type: multipart/mixed; boundary=b\n\n");
    g_autoptr(GString) deep = g_string_new(NULL);
    clock_t begin = clock(); /* of the processor: other tests run beside this one */

    for (guint i = 0; i < 1000000; i++)
        g_string_append(many, "--b\n\nx\n");
    for (guint i = 0; i < 10000; i++)
        g_string_append_printf(deep, "Content-Type: multipart/mixed; boundary=%u\n\n--%u\n", i, i);
    g_free(walk(many->str, 10000, 50, MAIL_PART_TOO_MANY));
    g_free(walk(deep->str, 10000, 50, MAIL_PART_TOO_DEEP));
    ck_assert_int_lt(clock() - begin, 2 * CLOCKS_PER_SEC);
}
END_TEST

START_TEST(messages_are_told_from_files)
{
    ck_assert(mail_part_is_message("Subject: x\r\n", 12));
    ck_assert(mail_part_is_message("From x\n", 7));
    ck_assert(!mail_part_is_message("PK\3\4: \n", 7));
    ck_assert(!mail_part_is_message("no colon here\n", 14));
    ck_assert(!mail_part_is_message("", 0));
}
END_TEST

START_TEST(notices_keep_the_encoding_line)
{
    static const struct {
        const char *before, *wanted;
    } cases[] = {
        {"Content-Type: a/b; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n",
         "Content-Transfer-Encoding: base64\r\n\r\n"},
        {"content-transfer-encoding:\r\n\tBase64\r\nX: y\r\n\r\n",
         "content-transfer-encoding:\r\n\tBase64\r\n\r\n"},
        {"X: y\nContent-Transfer-Encoding: 7bit\n\n", "Content-Transfer-Encoding: 7bit\n\n"},
        {"X: y\r\n", "filename=\"removed.txt\"\r\n"},
        {"", "filename=\"removed.txt\"\r\n"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize size;
        g_autofree char *header = notice_header(cases[i].before, strlen(cases[i].before), &size);

        ck_assert_uint_eq(strlen(header), size);
        ck_assert_msg(g_str_has_suffix(header, cases[i].wanted), "%s", header);
        ck_assert(g_str_has_prefix(header, "Content-Type: text/plain"));
        ck_assert_ptr_null(strstr(header, "X: y"));
        ck_assert_ptr_null(strstr(header, "a/b"));
    }
}
END_TEST

START_TEST(notices_fill_their_place)
{
    Verdict verdict = {0};
    g_autofree char *text = NULL;

    verdict_set(&verdict, STOREHOOK_VERDICT_INFECTED, "Some=\"Virus\"\r\n");
    text = notice_text(&verdict, "f\u00fcr a=b\n\u65e5", "A7F3-19C2-0B44");
    ck_assert_ptr_null(strchr(text, '='));
    ck_assert_ptr_nonnull(strstr(text, "\r\nReason: infected: fur a_b_?\r\n"));
    for (gsize size = 0; size < 600; size++) {
        g_autofree char *out = g_malloc(size + 1);
        guint8 decoded[600];

        out[size] = '#';
        for (guint crlf = 0; crlf < 2; crlf++) {
            gsize length;

            notice_fill(text, NOTICE_AS_TEXT, crlf != 0, out, size);
            ck_assert_int_eq(out[size], '#');
            ck_assert(crlf || !memchr(out, '\r', size));
            notice_fill(text, NOTICE_AS_BASE64, crlf != 0, out, size);
            ck_assert_int_eq(out[size], '#');
            length = mail_decode_base64(out, size, decoded);
            ck_assert_mem_eq(decoded, text, MIN(length, strlen(text)));
        }
    }
}
END_TEST

/* Expected bytes by Python's base64, textwrap and slicing; see the comments. */
START_TEST(messages_are_put_together)
{
    static const char text[] = "head\r\n\r\n--b\r\n\r\n--b\r\n\r\n--b--\r\n";
    ComposePart parts[] = {
        /* given in the wrong order, on purpose */
        {20, "B: 2\r\n\r\n", 8, "plain", 5, "identity"},
        {13, "A: 1\r\n\r\n", 8, "any carnal pleasure", 19, "base64;8;crlf;1"},
    };
    static const char wanted[] = "head\r\n\r\n--b\r\n"
                                 "A: 1\r\n\r\n"
                                 "YW55IGNh\r\ncm5hbCBw\r\nbGVhc3Vy\r\nZQ==\r\n"
                                 "\r\n--b\r\n"
                                 "B: 2\r\n\r\n"
                                 "plain"
                                 "\r\n--b--\r\n";
    gsize size;
    int fd = compose_message(text, strlen(text), parts, 2, &size, NULL);
    g_autofree char *got = g_malloc0(size + 1);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pread(fd, got, size, 0), (ssize_t)size);
    ck_assert_str_eq(got, wanted);
    close(fd);
}
END_TEST

/* python3 is the independent judge of the base64. */
START_TEST(encodings_agree_with_python)
{
    static const char *const eols[] = {"crlf", "lf"};
    static const guint lines[] = {0, 4, 60, 76, 77, 998};

    for (guint i = 0; i < 24; i++) {
        guint line = lines[i % 6], tail = i / 12 * 2, size = i * 37;
        g_autofree char *encoding = g_strdup_printf("base64;%u;%s;%u", line, eols[i / 6 % 2], tail);
        g_autofree guint8 *data = g_malloc(size + 1);
        g_autofree char *command = NULL, *got = NULL, *wanted = NULL;
        ComposePart part = {0, "", 0, data, size, encoding};
        gsize length;
        int fd;

        for (guint j = 0; j < size; j++)
            data[j] = (guint8)(j * 7 + i);
        fd = compose_message("", 0, &part, 1, &length, NULL);
        ck_assert_int_ge(fd, 0);
        got = g_malloc0(length + 1);
        ck_assert_int_eq(pread(fd, got, length, 0), (ssize_t)length);
        close(fd);
        command =
            g_strdup_printf("python3 -c 'import base64,sys\n"
                            "e=base64.b64encode(bytes((j*7+%u)%%256 for j in range(%u))).decode()\n"
                            "l=%u or len(e) or 1; n=\"%s\"\n"
                            "sys.stdout.write(n.join(e[k:k+l] for k in range(0,len(e),l))+n*%u)'",
                            i, size, line, i / 6 % 2 ? "\\n" : "\\r\\n", tail);
        ck_assert(g_spawn_command_line_sync(command, &wanted, NULL, NULL, NULL));
        ck_assert_str_eq(got, wanted);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    static const char *const bad[] = {"",
                                      "base64",
                                      "base64;76;crlf",
                                      "rot13",
                                      "base64;x;crlf;0",
                                      "base64;76;cr;0",
                                      "identity;1",
                                      "base64;99999;crlf;0"};
    gsize size;

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        ComposePart part = {0, "", 0, "x", 1, bad[i]};

        ck_assert_int_eq(compose_message("text", 4, &part, 1, &size, NULL), -1);
    }
    ComposePart beyond = {5, "", 0, "x", 1, "identity"};
    ck_assert_int_eq(compose_message("text", 4, &beyond, 1, &size, NULL), -1);
}
END_TEST

static void add_name(const char *name, gpointer user_data)
{
    g_string_append_printf(user_data, "<%s>", name);
}

START_TEST(all_names_are_told)
{
    static const char *const cases[][2] = {
        {"Content-Type: a/b; charset=utf-8; surname=x; x-name=y\r\nSubject: name=z\r\n", ""},
        {"content-type : a/b;\r\n\tNAME = \"a \\\"b\r\n c\"\nContent-Disposition: x; filename=d e "
         ";f",
         "<a \"b c><d e><d>"},
        {"Content-Disposition: x; filename*1=b; filename*0=a\n",
         "<filename*1=b; filename*0=a><filename*0=a>"},
        {"Content-Disposition: x; filename*=u''a; filename=\"b",
         "<filename*=u''a; filename=\"b><b>"},
        {"Content-Type: name=\"\"; name=;name", ""},
        {"Content-Description: a.b\r\n c\r\nContent-Name: d.e\n", "<a.b c><d.e>"},
        {"Content-Description: of a thing\nContent-Type: a/b\n", ""},
        {"Content-Description: a.b\r\nContent-Type: a/b; name=c\r\n", "<c>"},
        {"Content-Type", ""},
        {"Content-Type: Application/HTA\r\n", "<ATT00001.hta>"},
        {"Content-Type: application/hta(a)\r\n", "<ATT00001.hta>"},
        {"Content-Type: application/x-msdownload; name=a", "<a><ATT00001.exe>"},
        {"Content-Type: text/vbscript; name=a.txt", "<a.txt>"},
        {"Content-Type: text/plain; name=a\nContent-Type: text/vbscript\n", "<a><ATT00001.vbs>"},
        {"Content-Type: application/octet-stream", ""},
        {"Content-Type: a/b; name=\"c.e\r\n\txe\"\r\n", "<c.e\txe><c.exe>"},
        /* What holds a value together is dropped by some. */
        {"Content-Type: a/b; name=\"c\".exe; x=y", "<c><c.exe>"},
        {"Content-Type: a/b; name=\"c;\\\"\" (d) \".exe\";", "<c;\"><c;\".exe>"},
        {"Content-Type: a/b; name=\"c\" (d)", "<c>"},
        {"Content-Type: a/b; name (d) = c.\\exe(e)", "<c.\\exe(e)><c.exe>"},
        {"Content-Type: a/b; name=\"c\xff.exe\"", "<c\xff.exe><c.exe>"},
        {"Content-Type: a/b; name*0=c.; name*2=b; name*2=exe",
         "<name*0=c.; name*2=b; name*2=exe><c.exe>"},
    };
    static const char nul[] = "Content-Type: a/b; name=\"c\0.exe\"";
    g_autoptr(GString) told = g_string_new(NULL), many = g_string_new("Content-Type: a/b");
    clock_t begin;

    ck_assert(mail_names_find(nul, sizeof(nul) - 1, add_name, told));
    ck_assert_str_eq(told->str, "<c.exe>");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_string_truncate(told, 0);
        ck_assert(mail_names_find(cases[i][0], strlen(cases[i][0]), add_name, told));
        ck_assert_str_eq(told->str, cases[i][1]);
    }
    for (guint i = 0; i <= MAIL_NAMES_MAX; i++)
        g_string_append(many, "; name=a");
    g_string_truncate(told, 0);
    ck_assert(!mail_names_find(many->str, many->len, add_name, told));
    ck_assert_uint_eq(told->len, strlen("<a>") * MAIL_NAMES_MAX);
    ck_assert(mail_names_find(many->str, many->len - strlen("; name=a"), add_name, told));
    /* Each would be copied with all that follow. */
    for (guint i = 0; i < 200000; i++)
        g_string_append(many, "; name*0=a");
    begin = clock();
    ck_assert(!mail_names_find(many->str, many->len, add_name, told));
    ck_assert_int_lt(clock() - begin, 5 * CLOCKS_PER_SEC);
}
END_TEST

START_TEST(plain_messages)
{
    static const char *const plain[] = {
        "Subject: a\r\n\r\nhello\r\n",
        "Content-Type: text/plain; charset=utf-8;\r\n format=flowed\r\n"
        "Content-Transfer-Encoding: 8BIT\r\n\r\nhello\n \n",
        "Content-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n--b\r\n"
        "content-type: text/plain\r\n\r\nhello\r\n--b\r\n\r\nthere\r\n--b--\r\n",
        "",
    };
    /* Anything that some reader may decode, or may see another structure in. */
    static const char *const others[] = {
        "From a@b\nSubject: a\n\nhello\n",
        "Content-Type: text/html\n\nhello\n",
        "Content-Type: message/rfc822\n\nSubject: a\n\nb\n",
        "Content-Type: text/plain; name=a.exe\n\nhello\n",
        "Content-Type: text/plain;\n name=a.exe\n\nhello\n",
        "Content-Type: text/plainer\n\nhello\n",
        "Content-Type: text/plain (; boundary=b)\n\nhello\n",
        "Content-Transfer-Encoding: base64\n\naGVsbG8=\n",
        "Subject: a\n\n> Content-Transfer-Encoding: base64\n\naGVsbG8=\n",
        "Content-Transfer-Encoding:\n base64\n\naGVsbG8=\n",
        "Content-Disposition: attachment\n\nhello\n",
        "Subject: a\n \nhello\n",
        "Subject: a\n\nbegin 644 a\n#0V%T\n`\nend\n",
        "Subject: a\n\n=ybegin line=128 size=1 name=a\n",
        "Subject: a\n\n(This file must be converted with BinHex 4.0)\n",
        "Subject: a\n\nhel\rlo\n",
        "Subject: a\n\nhello\r",
        "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\na\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
        "Content-Type: multipart/mixed; boundary=c\n\n--c\n\na\n",
        "Content-Type: multipart/mixed; boundary*0=b\n\n--b\n\na\n",
    };
    g_autofree char *line = g_strnfill(MAIL_PLAIN_LINE_MAX + 1, 'a');

    for (gsize i = 0; i < G_N_ELEMENTS(plain); i++)
        ck_assert_msg(mail_plain_check(plain[i], strlen(plain[i])), "%s", plain[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        ck_assert_msg(!mail_plain_check(others[i], strlen(others[i])), "%s", others[i]);
    ck_assert(!mail_plain_check(line, strlen(line)));
    ck_assert(mail_plain_check(line, MAIL_PLAIN_LINE_MAX));
    ck_assert(!mail_plain_check("a\0b", 3));
}
END_TEST

static gboolean on_run(const MailPart *part, gpointer user_data)
{
    g_string_append_printf(user_data, "%zu %zu %d %s\n", part->start, part->end,
                           (int)part->encoding, part->name);
    return TRUE;
}

/* Texts that are put together by chance from what begins, holds, looks like or ends a run. */
START_TEST(runs_are_found_the_short_way)
{
    static const char *const pieces[] = {
        "The quarter was better than we thought. ",
        "It was so by far.\n",
        "It will be so again.\r\n",
        "Regards",
        "\n",
        "\r\n",
        "\n\n",
        "\r",
        " ",
        "\t",
        "> ",
        "|",
        "--b",
        "--",
        "-",
        "be",
        "begin 644 a.exe\n",
        "Begin-Base64 644 a\n",
        "end\n",
        "en",
        "=ybegin line=128 size=3 name=a\n",
        "=yend size=3\n",
        "(This file must be converted with BinHex 4.0)\n",
        "co",
        "Content-Transfer-Encoding: base64\n",
        "content-transfer-encoding:\n quoted-printable\n",
        "Content-Transfer-Encoding:\n",
        " base64\n\n",
        "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsuTWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu",
        "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsuTWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu\n",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
        "gr=C3=BC=C3=9Fe=20",
        "soft=\n",
        "=",
        "==",
        "a=b",
        "\xc3\xa9",
        "!",
    };
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    guint found = 0;

    for (guint i = 0; i < 20000; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GString) by_line = g_string_new(NULL), short_way = g_string_new(NULL);

        for (gint left = g_rand_int_range(random, 1, 16); left > 0; left--) {
            gint which = g_rand_int_range(random, -1, G_N_ELEMENTS(pieces));

            if (which < 0)
                g_string_append_c(text, '\0');
            else
                g_string_append(text, pieces[which]);
        }
        ck_assert(mail_runs_find_by_line(text->str, text->len, on_run, by_line));
        ck_assert(mail_runs_find(text->str, text->len, on_run, short_way));
        ck_assert_msg(strcmp(by_line->str, short_way->str) == 0, "%s\n-- by line:\n%s-- else:\n%s",
                      text->str, by_line->str, short_way->str);
        found += by_line->len > 0;
    }
    ck_assert_uint_gt(found, 1000);
}
END_TEST

SCANNER_TEST_MAIN("mail", SCANNER_TEST(all_names_are_told), SCANNER_TEST(plain_messages),
                  SCANNER_TEST(base64_is_tolerant), SCANNER_TEST(quoted_printable_is_tolerant),
                  SCANNER_TEST(quoted_printable_without_blanks_before_line_ends),
                  SCANNER_TEST(uuencode_is_decoded), SCANNER_TEST(parts_are_found),
                  SCANNER_TEST(limits_end_the_walk), SCANNER_TEST(messages_are_told_from_files),
                  SCANNER_TEST(runs_are_found_the_short_way),
                  SCANNER_TEST(notices_keep_the_encoding_line),
                  SCANNER_TEST(notices_fill_their_place), SCANNER_TEST(messages_are_put_together),
                  SCANNER_TEST(encodings_agree_with_python),
                  SCANNER_TEST(what_does_not_fit_is_refused))
