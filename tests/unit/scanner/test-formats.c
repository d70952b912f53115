/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-formats.c - what the readings of a message open: winmail.dat, UTF-16, yEnc, BinHex, S/MIME,
 * and parts that GMime alone makes out; what is told as encrypted. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "scanner/mail/mail-rtf.h"
#include "scanner/judge/judge-union.h"
#include "tests/unit/scanner/readings-test.h"

static void put_u32(GByteArray *out, guint32 value)
{
    const guint8 bytes[] = {(guint8)value, (guint8)(value >> 8), (guint8)(value >> 16),
                            (guint8)(value >> 24)};

    g_byte_array_append(out, bytes, sizeof(bytes));
}

/* MS-OXTNEF 2.1.3: level, identifier, length, data, checksum. */
static void put_attribute(GByteArray *out, guint8 level, guint32 id, const void *data, guint size,
                          gboolean is_sound)
{
    guint16 sum = is_sound ? 0 : 1;
    guint8 bytes[2];

    for (guint i = 0; i < size; i++)
        sum = (guint16)(sum + ((const guint8 *)data)[i]);
    bytes[0] = (guint8)sum;
    bytes[1] = (guint8)(sum >> 8);
    g_byte_array_append(out, &level, 1);
    put_u32(out, id);
    put_u32(out, size);
    g_byte_array_append(out, data, size);
    g_byte_array_append(out, bytes, 2);
}

/* A stream with one attachment; `sound` FALSE: all checksums are wrong. */
static GByteArray *tnef_new(const void *data, guint size, gboolean sound)
{
    static const guint8 version[] = {0, 0, 1, 0}, render[14] = {1, 0};
    GByteArray *out = g_byte_array_new();

    put_u32(out, 0x223e9f78);
    g_byte_array_append(out, (const guint8 *)"\1", 2);
    put_attribute(out, 1, 0x00089006, version, sizeof(version), sound);
    put_attribute(out, 2, 0x00069002, render, sizeof(render), sound);
    put_attribute(out, 2, 0x00018010, "eicar.com", 10, sound);
    put_attribute(out, 2, 0x0006800f, data, size, sound);
    return out;
}

static StorehookVerdictKind kind_of_attached(const guint8 *data, gsize size)
{
    g_autofree char *text = message_with(data, size);
    Verdict verdict;

    read_parts(text, strlen(text), &verdict);
    return verdict.kind;
}

/* As a store brings it that detaches parts. */
static StorehookVerdictKind kind_of_content(const guint8 *data, gsize size)
{
    g_autoptr(Members) members = judge_members_new(judge_rig_judge(rig));
    Verdict verdict = {0};
    Union all;

    union_init(&all, judge_rig_judge(rig), data, size, members);
    judge_inside(judge_rig_judge(rig), data, size, members, &verdict);
    union_clear(&all);
    return verdict.kind;
}

/* The test string by gzip: it is unpacked only where it begins a content. */
static GByteArray *packed_new(void)
{
    GByteArray *packed = g_byte_array_new();
    g_autoptr(GZlibCompressor) gzip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
    gsize read, written;

    g_byte_array_set_size(packed, 256);
    ck_assert_int_eq(g_converter_convert(G_CONVERTER(gzip), TEST_EICAR, strlen(TEST_EICAR),
                                         packed->data, packed->len, G_CONVERTER_INPUT_AT_END, &read,
                                         &written, NULL),
                     G_CONVERTER_FINISHED);
    g_byte_array_set_size(packed, (guint)written);
    return packed;
}

START_TEST(winmail_is_opened)
{
    /* In base64 inside, so that it is found only by who takes the attachment out. */
    g_autofree char *inner = message_with((const guint8 *)TEST_EICAR, strlen(TEST_EICAR));

    for (guint sound = 0; sound < 2; sound++) {
        GByteArray *stream = tnef_new(inner, (guint)strlen(inner), sound != 0);

        ck_assert_int_eq(kind_of_content(stream->data, stream->len), STOREHOOK_VERDICT_INFECTED);
        ck_assert_int_eq(kind_of_attached(stream->data, stream->len), STOREHOOK_VERDICT_INFECTED);
        /* Cut off within the attachment. */
        ck_assert_int_eq(kind_of_content(stream->data, stream->len - 8),
                         STOREHOOK_VERDICT_INFECTED);
        g_byte_array_free(stream, TRUE);
    }
}
END_TEST

/* As Outlook packs an attached message: a MAPI property of type object, 16 bytes of GUID, TNEF. */
START_TEST(objects_in_winmail_are_opened)
{
    GByteArray *packed = packed_new();
    GByteArray *embedded = tnef_new(packed->data, packed->len, TRUE);
    GByteArray *properties = g_byte_array_new(), *stream;
    static const guint8 guid[16] = {7, 3, 2};
    guint object = (guint)sizeof(guid) + embedded->len;

    put_u32(properties, 1);
    put_u32(properties, 0x3701000d); /* PR_ATTACH_DATA_OBJ, PT_OBJECT */
    put_u32(properties, 1);
    put_u32(properties, object);
    g_byte_array_append(properties, guid, sizeof(guid));
    g_byte_array_append(properties, embedded->data, embedded->len);
    while (properties->len % 4)
        g_byte_array_append(properties, guid, 1);
    stream = tnef_new("", 1, TRUE);
    put_attribute(stream, 2, 0x00069005, properties->data, properties->len, TRUE);
    ck_assert_int_eq(kind_of_content(stream->data, stream->len), STOREHOOK_VERDICT_INFECTED);
    g_byte_array_free(packed, TRUE);
    g_byte_array_free(embedded, TRUE);
    g_byte_array_free(properties, TRUE);
    g_byte_array_free(stream, TRUE);
}
END_TEST

/* Packed bytes have no run of letters, and are unpacked only where they begin a part: that needs a
 * reader that finds the part. Each boundary is one that our own walk does not make out. */
START_TEST(parts_are_found_by_gmime)
{
    static const struct {
        const char *parameter, *boundary;
    } cases[] = {
        {"boundary*0=b; boundary*1=c", "bc"},   {"boundary*=us-ascii''b%63", "bc"},
        {"(;boundary=x) boundary=b", "b"},      {"boundary=\"=?us-ascii?q?bc?=\"", "bc"},
        {"boundary==?us-ascii?q?b_c?=", "b c"}, /* tolerant alone */
    };
    GByteArray *packed = packed_new();

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        GByteArray *text = g_byte_array_new();
        g_autofree char *start =
            g_strdup_printf(HEAD "Content-Type: multipart/mixed; %s\r\n\r\n--%s\r\n"
                                 "Content-Type: application/gzip\r\n\r\n",
                            cases[i].parameter, cases[i].boundary);
        g_autofree char *end = g_strdup_printf("\r\n--%s--\r\n", cases[i].boundary);

        put_text(text, start);
        g_byte_array_append(text, packed->data, packed->len);
        put_text(text, end);
        expect(cases[i].parameter, (const char *)text->data, text->len, STOREHOOK_VERDICT_INFECTED,
               NULL);
        g_byte_array_free(text, TRUE);
    }
    g_byte_array_free(packed, TRUE);
}
END_TEST

START_TEST(utf16_is_read)
{
    static const guint8 marks[2][2] = {{0xff, 0xfe}, {0xfe, 0xff}};

    for (guint order = 0; order < 2; order++) {
        for (guint marked = 0; marked < 2; marked++) {
            GByteArray *text = g_byte_array_new();

            if (marked)
                g_byte_array_append(text, marks[order], 2);
            for (const char *p = TEST_EICAR; *p; p++) {
                const guint8 unit[2] = {order ? 0 : (guint8)*p, order ? (guint8)*p : 0};

                g_byte_array_append(text, unit, 2);
            }
            ck_assert_int_eq(kind_of_content(text->data, text->len), STOREHOOK_VERDICT_INFECTED);
            ck_assert_int_eq(kind_of_attached(text->data, text->len), STOREHOOK_VERDICT_INFECTED);
            g_byte_array_free(text, TRUE);
        }
    }
}
END_TEST

START_TEST(yenc_is_read)
{
    g_autoptr(GString) text = g_string_new(HEAD "\r\n=ybegin line=40 size=68 name=eicar.com\r\n");
    const char *eicar = TEST_EICAR;

    /* yEnc 1.3: add 42; NUL, LF, CR and '=' are escaped by '=' and another 64. */
    for (gsize i = 0; eicar[i]; i++) {
        guint8 c = (guint8)(eicar[i] + 42);

        if (c == 0 || c == '\n' || c == '\r' || c == '=') {
            g_string_append_c(text, '=');
            c = (guint8)(c + 64);
        }
        g_string_append_c(text, (char)c);
        if (i % 40 == 39)
            g_string_append(text, "\r\n");
    }
    g_string_append(text, "\r\n=yend size=68\r\n");
    expect("yEnc", text->str, text->len, STOREHOOK_VERDICT_INFECTED, NULL);
}
END_TEST

/* RFC 1741 appendix A, without run lengths but for the mark itself. */
static char *binhex(const char *data, const char *resource)
{
    static const char letters[] =
        "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
    GByteArray *bytes = g_byte_array_new();
    GString *out = g_string_new("(This file must be converted with BinHex 4.0)\r\n\r\n:");
    const guint32 sizes[] = {GUINT32_TO_BE(strlen(data)), GUINT32_TO_BE(strlen(resource))};
    guint32 group = 0;
    guint bits = 0;

    put_text(bytes, "\5e.com");
    g_byte_array_append(bytes, (const guint8 *)"\0TEXTTEST\0\0", 11);
    g_byte_array_append(bytes, (const guint8 *)sizes, sizeof(sizes));
    g_byte_array_append(bytes, (const guint8 *)"\0", 2);
    put_text(bytes, data);
    g_byte_array_append(bytes, (const guint8 *)"\0", 2);
    put_text(bytes, resource);
    g_byte_array_append(bytes, (const guint8 *)"\0\0\0", 4);
    for (guint i = 0; i < bytes->len; i++) {
        group = group << 8 | bytes->data[i];
        for (bits += 8; bits >= 6; bits -= 6)
            g_string_append_c(out, letters[group >> (bits - 6) & 63]);
        if (i % 48 == 47)
            g_string_append(out, "\r\n");
    }
    g_string_append(out, ":\r\n");
    g_byte_array_free(bytes, TRUE);
    return g_string_free(out, FALSE);
}

START_TEST(binhex_is_read)
{
    g_autofree char *data = binhex(TEST_EICAR, ""), *resource = binhex("none here", TEST_EICAR);
    g_autofree char *first = g_strconcat(HEAD "\r\nlook\r\n", data, "bye\r\n", NULL);
    g_autofree char *second = g_strconcat(HEAD "\r\nlook\r\n", resource, "bye\r\n", NULL);

    expect("data fork", first, strlen(first), STOREHOOK_VERDICT_INFECTED, NULL);
    expect("resource fork", second, strlen(second), STOREHOOK_VERDICT_INFECTED, NULL);
}
END_TEST

/* By gpg(1): --symmetric, --sign, --clearsign of "hello". */
static const char PGP_ENCRYPTED[] =
    "-----BEGIN PGP MESSAGE-----\n\n"
    "jA0ECQMCKUIfKbvghFD/0jsBzGo0M4hdni5M39GQDhys7DVyiVpWpXi6PyGZdGyE\n"
    "8DLRLMLmiz792XjKYNuiFf4Y6kPqXQ9TFE0+sg==\n=xrZN\n-----END PGP MESSAGE-----\n";
static const char PGP_SIGNED[] =
    "-----BEGIN PGP MESSAGE-----\n\n"
    "owGbwMvMwCEW+f7gmtsvv01gPM2TxJDNlLw2IzUnJ5+ro5SFQYyDQVZMkaVo8veq\n"
    "x2qpgr+Pn+SEqWZlAill4OIUgIlwT2NkmHfQ/aW8i4NUx4qdltv05ux307r0Z1Jy\n"
    "TpSexrGpvWmndRkZpq28c8Tow5wG/ZM1ujNNr5+WnagU7/FPqznpzP8Txc80GAA=\n"
    "=UGH/\n-----END PGP MESSAGE-----\n";
static const char PGP_CLEARSIGNED[] =
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nhello\n-----BEGIN PGP SIGNATURE-----\n\n"
    "iHUEARYIAB0WIQRyk/d64yZlEfvHyQlZ78Gs2+n2kAUCawJjrQAKCRBZ78Gs2+n2\n"
    "kGOtAQDBMxQnwyXvX1ExnU1FUTZB5pm3xgrG98YbZkWVgAW6HwD9GC1nG9+nYYji\n"
    "v5tF6h2a9FNBTPYSl6vOfe3AHP9WsAA=\n=OxA5\n-----END PGP SIGNATURE-----\n";

START_TEST(openpgp_is_told)
{
    static const struct {
        const char *text;
        StorehookVerdictKind kind;
    } cases[] = {
        {PGP_ENCRYPTED, STOREHOOK_VERDICT_ENCRYPTED},
        {PGP_SIGNED, STOREHOOK_VERDICT_CLEAN},
        {PGP_CLEARSIGNED, STOREHOOK_VERDICT_CLEAN},
    };
    static const char mime[] =
        HEAD "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n"
             " boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\n"
             "Version: 1\r\n--b--\r\n";

    /* What "gpg --symmetric" writes, without armor: a packet with a salt (RFC 4880 §5.3), then the
     * rest; one for a key (§5.1); and what only begins so. */
    static const struct {
        const char *bytes;
        gsize size;
        StorehookVerdictKind kind;
    } bare[] = {
        {"\x8c\x0d\4\x09\3\x08"
         "saltsalt\xff\xd2\x3a\1body",
         22, STOREHOOK_VERDICT_ENCRYPTED},
        {"\x85\0\x0c\3idididid\1\0\2\xd2\x3a\1body", 22, STOREHOOK_VERDICT_ENCRYPTED},
        {"\x8c\x0d\4\x09\3\x08"
         "saltsalt\xff a text, not a packet",
         34, STOREHOOK_VERDICT_CLEAN},
        {"\x8c\x0d\4\x09\3\x08", 6, STOREHOOK_VERDICT_CLEAN},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bare); i++)
        ck_assert_int_eq(kind_of_content((const guint8 *)bare[i].bytes, bare[i].size),
                         bare[i].kind);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(HEAD "\r\n", cases[i].text, NULL);

        expect(cases[i].text, text, strlen(text), cases[i].kind, NULL);
        ck_assert_int_eq(kind_of_attached((const guint8 *)cases[i].text, strlen(cases[i].text)),
                         cases[i].kind);
    }
    expect("PGP/MIME", mime, sizeof(mime) - 1, STOREHOOK_VERDICT_ENCRYPTED, "OpenPGP");
}
END_TEST

/* RFC 4880 §5.6: a compressed packet to the end, in it a literal one (§5.9) in two pieces. */
static gsize compressed_packet(guint8 kind, GZlibCompressorFormat format, guint8 *out, gsize room)
{
    static const char literal[] = "\xcb\xe5"
                                  "b\0\0\0\0\0";
    GConverter *deflater = G_CONVERTER(g_zlib_compressor_new(format, -1));
    g_autoptr(GByteArray) packet = g_byte_array_new();
    const guint8 rest = (guint8)(strlen(TEST_EICAR) - 26);
    gsize taken, given;

    g_byte_array_append(packet, (const guint8 *)literal, 8);
    g_byte_array_append(packet, (const guint8 *)TEST_EICAR, 26);
    g_byte_array_append(packet, &rest, 1);
    g_byte_array_append(packet, (const guint8 *)TEST_EICAR + 26, rest);
    out[0] = 0xa3;
    out[1] = kind;
    ck_assert_int_eq(g_converter_convert(deflater, packet->data, packet->len, out + 2, room - 2,
                                         G_CONVERTER_INPUT_AT_END, &taken, &given, NULL),
                     G_CONVERTER_FINISHED);
    g_object_unref(deflater);
    return given + 2;
}

START_TEST(compressed_openpgp_is_opened)
{
    guint8 packet[512];
    gsize size = compressed_packet(1, G_ZLIB_COMPRESSOR_FORMAT_RAW, packet, sizeof(packet));
    g_autofree char *letters = g_base64_encode(packet, size);
    g_autofree char *armor = g_strconcat(HEAD "\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n", letters,
                                         "\r\n=AAAA\r\n-----END PGP MESSAGE-----\r\n", NULL);

    ck_assert_int_eq(kind_of_content(packet, size), STOREHOOK_VERDICT_INFECTED);
    expect("armor", armor, strlen(armor), STOREHOOK_VERDICT_INFECTED, NULL);
    size = compressed_packet(2, G_ZLIB_COMPRESSOR_FORMAT_ZLIB, packet, sizeof(packet));
    ck_assert_int_eq(kind_of_attached(packet, size), STOREHOOK_VERDICT_INFECTED);
    memcpy(packet, "\xa3\3BZh91AY&SY, which nobody here unpacks", 40);
    ck_assert_int_eq(kind_of_content(packet, 40), STOREHOOK_VERDICT_NOT_FULLY_SCANNED);
}
END_TEST

/* openssl(1) makes the structures. */
static GBytes *cms_new(const char *arguments, const char *content)
{
    g_autofree char *directory = g_dir_make_tmp("storehook-cms-XXXXXX", NULL);
    g_autofree char *in = g_build_filename(directory, "in", NULL);
    g_autofree char *command = NULL, *out = NULL;
    g_autofree char *path = g_build_filename(directory, "out", NULL);
    gsize size;
    int status;

    ck_assert(g_file_set_contents(in, content, -1, NULL));
    command = g_strdup_printf(
        "sh -c 'cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -subj /CN=a "
        "2>/dev/null && openssl cms -in in -out out -outform DER %s'",
        directory, arguments);
    ck_assert(g_spawn_command_line_sync(command, NULL, NULL, &status, NULL) && status == 0);
    ck_assert(g_file_get_contents(path, &out, &size, NULL));
    for (guint i = 0; i < 4; i++) {
        static const char *const names[] = {"in", "out", "k", "c"};
        g_autofree char *file = g_build_filename(directory, names[i], NULL);

        g_unlink(file);
    }
    g_rmdir(directory);
    return g_bytes_new_take(g_steal_pointer(&out), size);
}

START_TEST(smime_is_told)
{
    g_autofree char *bad = message_with((const guint8 *)TEST_EICAR, strlen(TEST_EICAR));
    static const struct {
        const char *arguments;
        gboolean is_bad;
        StorehookVerdictKind kind;
    } cases[] = {
        {"-encrypt -binary -aes256 c", TRUE, STOREHOOK_VERDICT_ENCRYPTED},
        {"-sign -nodetach -binary -signer c -inkey k", TRUE, STOREHOOK_VERDICT_INFECTED},
        {"-sign -nodetach -stream -binary -signer c -inkey k", TRUE, STOREHOOK_VERDICT_INFECTED},
        {"-sign -nodetach -binary -signer c -inkey k", FALSE, STOREHOOK_VERDICT_CLEAN},
        {"-sign -binary -signer c -inkey k", FALSE, STOREHOOK_VERDICT_CLEAN}, /* detached */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GBytes) cms =
            cms_new(cases[i].arguments, cases[i].is_bad ? bad : "Subject: hello\r\n\r\nhello\r\n");
        gsize size;
        const guint8 *data = g_bytes_get_data(cms, &size);

        ck_assert_msg(kind_of_content(data, size) == cases[i].kind, "%s: %s", cases[i].arguments,
                      verdict_kind_name(kind_of_content(data, size)));
        ck_assert_int_eq(kind_of_attached(data, size), cases[i].kind);
    }
}
END_TEST

/* [MS-OXRTFCP] 3.1.1.2 and 3.1.2.2: references to the words that are there, and to what they write.
 */
START_TEST(packed_rtf_is_unpacked)
{
    static const struct {
        const char *text;
        gsize size;
        const char *packed;
    } cases[] = {
        {"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n", 49,
         "\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125\x42\x32\x0a\xf3 hel\x09\0"
         " bw\x05\xb0ld}\x0a\x80\x0f\xa0"},
        {"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}", 30,
         "\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4KQA\0\x04 WXYZ\x0d\x6e}\x01\x0e\xb0"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gsize size = 0;
        g_autofree guint8 *out = mail_rtf_unpack(cases[i].packed, cases[i].size, 100, &size);

        ck_assert_ptr_nonnull(out);
        ck_assert_uint_eq(size, strlen(cases[i].text));
        ck_assert_mem_eq(out, cases[i].text, size);
        ck_assert_ptr_null(mail_rtf_unpack(cases[i].packed, cases[i].size, size - 1, &size));
    }
}
END_TEST

int main(void)
{
    const ScannerTest tests[] = {
        SCANNER_TEST(packed_rtf_is_unpacked),
        SCANNER_TEST(winmail_is_opened),
        SCANNER_TEST(objects_in_winmail_are_opened),
        SCANNER_TEST(parts_are_found_by_gmime),
        SCANNER_TEST(utf16_is_read),
        SCANNER_TEST(yenc_is_read),
        SCANNER_TEST(binhex_is_read),
        SCANNER_TEST(openpgp_is_told),
        SCANNER_TEST(compressed_openpgp_is_opened),
        SCANNER_TEST(smime_is_told),
    };

    return readings_test_run("formats", tests, G_N_ELEMENTS(tests));
}
