/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-readings.c - messages that are built so that some reader sees what a scanner may not.
 *
 * Each holds the EICAR test string, encoded so that it does not stand in the text as it is. What is
 * asked here is only the readings of the message, without libclamav's look at the whole.
 */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/unit/scanner/judge-rig.h"
#include "tests/unit/scanner/scanner-test.h"

/* By uuencode(1) and base64(1); the others by hand after their specifications. */
#define UUENCODED                                                                                  \
    "begin 644 eicar.com\r\n"                                                                      \
    "M6#5/(5 E0$%06S1<4%I8-30H4%XI-T-#*3=])$5)0T%2+5-404Y$05)$+4%.\r\n"                            \
    "75$E625)54RU415-4+49)3$4A)$@K2\"H \r\n`\r\nend\r\n"
#define B64_1 "WDVPIVAlQEFQWzRcUFpYNTQo"
#define B64_2 "UF4pN0NDKTd9JEVJQ0FSLVNU"
#define B64_3 "QU5EQVJELUFOVElWSVJVUy1URVNU"
#define B64_4 "LUZJTEUhJEgrSCo"
#define B64_LINES B64_1 "\r\n" B64_2 "\r\n" B64_3 "\r\n" B64_4 "=\r\n"
#define B64_LINE B64_1 B64_2 B64_3 B64_4 "=\r\n"
#define QP                                                                                         \
    "X5O!P%@AP[4\\PZX54(P^)=\r\n7CC)7}$EICAR-STAND=\r\n"                                           \
    "ARD-ANTIVIRUS-=\r\nTEST-FILE!$H+H*\r\n"

#define HEAD "From: a@example.org\r\nSubject: test\r\nMIME-Version: 1.0\r\n"
#define MIXED HEAD "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
#define ATTACHED                                                                                   \
    "Content-Type: application/octet-stream; name=a.com\r\n"                                       \
    "Content-Transfer-Encoding: base64\r\n"
#define TEXT_PART "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"

typedef struct {
    const char *what, *text;
    gsize size;
} Case;

#define CASE(what, text)                                                                           \
    {                                                                                              \
        what, text, sizeof(text) - 1                                                               \
    }

static const Case CASES[] = {
    CASE("plain attachment", MIXED TEXT_PART "--b\r\n" ATTACHED "\r\n" B64_LINES "--b--\r\n"),
    CASE("garbage in base64", MIXED "--b\r\n" ATTACHED "\r\n"
                                    "WDVPIV*!AlQEF-QWzRcUF(pYNTQo\r\n%%UF4pN0ND KTd9JEVJ$Q0FSLVNU\r"
                                    "\n" B64_3 "\r\n:" B64_4 "=\r\n--b--\r\n"),
    CASE("no padding", MIXED "--b\r\n" ATTACHED "\r\n" B64_1 B64_2 B64_3 B64_4 "\r\n--b--\r\n"),
    CASE("padding within",
         MIXED "--b\r\n" ATTACHED "\r\n"
               "WD=VPIVAlQEFQWzRcUFpYNTQo\r\n" B64_2 "\r\n" B64_3 "\r\n" B64_4 "=\r\n--b--\r\n"),
    CASE("padding that ends groups",
         MIXED "--b\r\n" ATTACHED "\r\n"
               "WA==NU8hUCVAQVBbNFxQWlg1NChQXik3Q0MpN30kRUlDQVItU1RBTk"
               "RBUkQtQU5USVZJUlVTLVRFU1QtRklMRSEkSCtIKg==\r\n--b--\r\n"),
    CASE("base64 in lines of one letter too many",
         MIXED "--b\r\n" ATTACHED "\r\n" B64_1 "U\r\nF4pN0NDKTd9JEVJQ0FSLVNU\r\n" B64_3 "\r\n" B64_4
               "=\r\n--b--\r\n"),
    CASE("boundary that is declared otherwise",
         MIXED "--c\r\n" ATTACHED "\r\n" B64_LINES "--c--\r\n"),
    CASE("no boundary declared",
         HEAD "Content-Type: multipart/mixed\r\n\r\n--b\r\n" ATTACHED "\r\n" B64_LINES "--b--\r\n"),
    CASE("no multipart declared", HEAD "\r\n--b\r\n" ATTACHED "\r\n" B64_LINES "--b--\r\n"),
    CASE("blanks after the boundary", MIXED "--b \t \r\n" ATTACHED "\r\n" B64_LINES "--b-- \r\n"),
    CASE("junk after the boundary", MIXED "--bx\r\n" ATTACHED "\r\n" B64_LINES "--b--\r\n"),
    CASE("multiparts that never close", MIXED
         "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n"
         "Content-Type: multipart/mixed; boundary=d\r\n\r\n--d\r\n" ATTACHED "\r\n" B64_LINES),
    CASE("encoding in capitals", MIXED
         "--b\r\nContent-Type: a/b\r\ncontent-TRANSFER-encoding:BaSe64\r\n\r\n" B64_LINES "--b--"),
    CASE("encoding with a comment",
         MIXED "--b\r\nContent-Transfer-Encoding: (7bit) base64\r\n\r\n" B64_LINES "--b--"),
    CASE("encoding in two pieces",
         MIXED "--b\r\nContent-Transfer-Encoding: base\r\n 64\r\n\r\n" B64_LINES "--b--"),
    CASE("encoding in quotation marks",
         MIXED "--b\r\nContent-Transfer-Encoding: \"base64\"\r\n\r\n" B64_LINES "--b--"),
    CASE("encoding as an encoded word",
         MIXED "--b\r\nContent-Transfer-Encoding: =?us-ascii?q?base64?=\r\n\r\n" B64_LINES "--b--"),
    CASE("two encodings, the second is true",
         MIXED "--b\r\nContent-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n"
               "\r\n" B64_LINES "--b--"),
    CASE("two encodings, the first is true",
         MIXED "--b\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n"
               "\r\n" B64_LINES "--b--"),
    CASE("two encodings, quoted-printable is true",
         MIXED "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\n" QP "--b--"),
    CASE("blank before the colon",
         MIXED "--b\r\nContent-Transfer-Encoding : base64\r\n\r\n" B64_LINES "--b--"),
    CASE("encoding that is not told", MIXED "--b\r\n\r\n" B64_LINES "--b--"),
    CASE("two types, the first nests",
         HEAD "Content-Type: multipart/mixed; boundary=b\r\nContent-Type: text/plain\r\n\r\n"
              "--b\r\n" ATTACHED "\r\n" B64_LINES "--b--"),
    CASE("two boundaries, the first is true",
         HEAD "Content-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n--b\r\n" ATTACHED
              "\r\n" B64_LINES "--b--"),
    CASE("two boundaries, the second is true",
         HEAD "Content-Type: multipart/mixed; boundary=c; boundary=b\r\n\r\n--b\r\n" ATTACHED
              "\r\n" B64_LINES "--b--"),
    CASE("boundary in pieces (RFC 2231)",
         HEAD "Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\r\n\r\n--bc\r\n" ATTACHED
              "\r\n" B64_LINES "--bc--"),
    CASE("comment in the type",
         HEAD "Content-Type: multipart/(x)mixed; boundary=b\r\n\r\n--b\r\n" ATTACHED
              "\r\n" B64_LINES "--b--"),
    CASE("boundary that begins like another",
         MIXED "--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n" ATTACHED
               "\r\n" B64_LINES "--bb--\r\n--b--"),
    CASE("line without colon in the header",
         MIXED "--b\r\nno field at all\r\n" ATTACHED "\r\n" B64_LINES "--b--"),
    CASE("blank line that is not empty ends the header",
         MIXED "--b\r\n" ATTACHED " \r\n" B64_LINES "--b--"),
    CASE("part without a header", MIXED "--b\r\n" B64_LINES "--b--"),
    CASE("part without a header, in one line", MIXED "--b\r\n" B64_LINE "--b--"),
    CASE("after the closing boundary", MIXED TEXT_PART "--b--\r\n" ATTACHED "\r\n" B64_LINES),
    CASE("before the first boundary", MIXED ATTACHED "\r\n" B64_LINES TEXT_PART "--b--\r\n"),
    CASE("in the header itself", HEAD B64_LINES "\r\nhello\r\n"),
    CASE("words before the letters", MIXED "--c\r\nContent\r\nTransfer\r\nBase\r\n" B64_1 B64_2
                                           "\r\n" B64_3 B64_4 "=\r\n--c--\r\n"),
    CASE("empty lines between the letters",
         MIXED "--c\r\n\r\n" B64_1 B64_2 "\r\n\r\n" B64_3 B64_4 "=\r\n\r\n--c--\r\n"),
    CASE("uuencode in a text", HEAD "\r\nlook:\r\n" UUENCODED "bye\r\n"),
    CASE("uuencode without its end",
         HEAD "\r\nbegin 644 a\r\n"
              "M6#5/(5 E0$%06S1<4%I8-30H4%XI-T-#*3=])$5)0T%2+5-404Y$05)$+4%.\r\n"
              "75$E625)54RU415-4+49)3$4A)$@K2\"H \r\n"),
    CASE("uuencode declared as an encoding",
         MIXED "--b\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n" UUENCODED "--b--"),
    CASE("uuencode before the first boundary", MIXED UUENCODED TEXT_PART "--b--"),
    CASE("begin-base64", HEAD "\r\nbegin-base64 644 a\r\n" B64_LINES "====\r\n"),
    CASE("quoted-printable with soft breaks in the signature",
         HEAD "Content-Transfer-Encoding: quoted-printable\r\n\r\n" QP),
    CASE("quoted-printable that is not declared", HEAD "\r\n" QP),
    CASE("quoted-printable, blanks after soft breaks",
         HEAD "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
              "X5O!P%@AP[4\\PZX54(P^)= \t\r\n7CC)7}$EICAR-STANDARD-ANTIVIRUS=2DTEST-FILE!$H+H*"),
    CASE("quoted-printable, all escaped, not declared",
         MIXED "--c\r\n\r\n=58=35=4F=21=50=25=40=41=50=5B=34=5C=50=5A=58=35=34=28=50=5E=29=37"
               "=43=43=29=37=7D=24EICAR-STANDARD-ANTIVIRUS-TEST-FILE=21=24H+H*\r\n--c--"),
    CASE("message/partial", HEAD "Content-Type: message/partial; id=x; number=1; total=1\r\n\r\n"
                                 "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" ATTACHED
                                 "\r\n" B64_LINES "--b--\r\n"),
    CASE("CR alone as line end",
         "From: a@example.org\rContent-Type: multipart/mixed; boundary=b\r\r--b\r"
         "Content-Transfer-Encoding: base64\r\r" B64_1 "\r" B64_2 "\r" B64_3 "\r" B64_4
         "=\r--b--\r"),
    CASE("NULs in header and body",
         HEAD "Content-Type: multi\0part/mixed; boundary=\"b\"\r\n\r\n--\0b\r\n"
              "Content-Trans\0fer-Encoding: base64\r\n\r\n" B64_1 "\0" B64_2 "\0\r\n" B64_3
              "\r\n" B64_4 "=\r\n--b--"),
    CASE("a message in base64",
         MIXED "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
               /* base64(1) of "Content-Transfer-Encoding: base64\n\n" and the lines above */
               "Q29udGVudC1UcmFuc2Zlci1FbmNvZGluZzogYmFzZTY0CgpXRFZQSVZBbFFFRlFXelJjVUZwWU5U\r\n"
               "UW8KVUY0cE4wTkRLVGQ5SkVWSlEwRlNMVk5VClFVNUVRVkpFTFVGT1ZFbFdTVkpWVXkxVVJWTlUK\r\n"
               "TFVaSlRFVWhKRWdyU0NvPQo=\r\n--b--"),
    CASE("a multipart in base64",
         HEAD "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n"
              "\r\n--b\r\n" ATTACHED "\r\n" B64_LINES "--b--"),
    CASE("LF alone",
         "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
         "Content-Transfer-Encoding: base64\n\n" B64_1 B64_2 "\n" B64_3 B64_4 "=\n--b--\n"),
    CASE("mbox", "From a@example.org Sat Jan  1 00:00:00 2022\n"
                 "Content-Type: application/octet-stream\n"
                 "Content-Transfer-Encoding: base64\n\n" B64_1 B64_2 "\n" B64_3 B64_4 "=\n"),
};

static JudgeRig *rig;

static void parts_of(Judge *judge, const char *text, gsize size, const char *reference,
                     char **ret_copy, Verdict *verdict)
{
    g_autoptr(Members) members = judge_members_new(judge);

    judge_parts(judge, text, size, reference, ret_copy, members, verdict);
}

static void read_parts(const char *text, gsize size, Verdict *verdict)
{
    *verdict = (Verdict){0};
    parts_of(judge_rig_judge(rig), text, size, NULL, NULL, verdict);
}

static void expect(const char *what, const char *text, gsize size, StorehookVerdictKind kind,
                   const char *name)
{
    Verdict verdict;

    read_parts(text, size, &verdict);
    ck_assert_msg(verdict.kind == kind && (!name || strcmp(verdict.name, name) == 0),
                  "%s: %s \"%s\"", what, verdict_kind_name(verdict.kind), verdict.name);
}

START_TEST(evasions_are_found)
{
    guint missed = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
        Verdict verdict;

        ck_assert_msg(!memmem(CASES[i].text, CASES[i].size, TEST_EICAR, strlen(TEST_EICAR)),
                      "%s: no evasion at all", CASES[i].what);
        read_parts(CASES[i].text, CASES[i].size, &verdict);
        if (verdict.kind == STOREHOOK_VERDICT_INFECTED)
            continue;
        missed++;
        fprintf(stderr, "missed: %s: %s \"%s\"\n", CASES[i].what, verdict_kind_name(verdict.kind),
                verdict.name);
    }
    ck_assert_uint_eq(missed, 0);
}
END_TEST

/* Encodings that C strings do not hold well. */

static void put_u32(GByteArray *out, guint32 value)
{
    const guint8 bytes[] = {(guint8)value, (guint8)(value >> 8), (guint8)(value >> 16),
                            (guint8)(value >> 24)};

    g_byte_array_append(out, bytes, sizeof(bytes));
}

static void put_text(GByteArray *out, const char *text)
{
    g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
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

static char *base64_lines(const guint8 *data, gsize size)
{
    GString *lines = g_string_new(NULL);
    g_autofree char *all = g_base64_encode(data, size);

    for (gsize at = 0; at < strlen(all); at += 76)
        g_string_append_printf(lines, "%.76s\r\n", all + at);
    return g_string_free(lines, FALSE);
}

/* A message with one attachment. */
static char *message_with(const guint8 *data, gsize size)
{
    g_autofree char *lines = base64_lines(data, size);

    return g_strdup_printf(MIXED TEXT_PART "--b\r\n" ATTACHED "\r\n%s--b--\r\n", lines);
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

    judge_inside(judge_rig_judge(rig), data, size, members, &verdict);
    return verdict.kind;
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
    g_autofree char *inner = message_with((const guint8 *)TEST_EICAR, strlen(TEST_EICAR));
    GByteArray *embedded = tnef_new(inner, (guint)strlen(inner), TRUE);
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
    GByteArray *packed = g_byte_array_new();
    g_autoptr(GZlibCompressor) gzip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
    gsize read, written;

    g_byte_array_set_size(packed, 256);
    ck_assert_int_eq(g_converter_convert(G_CONVERTER(gzip), TEST_EICAR, strlen(TEST_EICAR),
                                         packed->data, packed->len, G_CONVERTER_INPUT_AT_END, &read,
                                         &written, NULL),
                     G_CONVERTER_FINISHED);
    g_byte_array_set_size(packed, (guint)written);
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

START_TEST(nests_to_the_limit)
{
    for (guint levels = 1; levels <= 60; levels += levels == 1 ? 19 : 40) {
        char *text = message_with((const guint8 *)TEST_EICAR, strlen(TEST_EICAR));
        Verdict verdict;

        for (guint i = 0; i < levels; i++) {
            char *outer =
                g_strconcat(HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                                 "Content-Type: message/rfc822\r\n\r\n",
                            text, NULL);

            g_free(text);
            text = outer;
        }
        read_parts(text, strlen(text), &verdict);
        /* Each level is a multipart and a message: 50 is the limit. */
        if (levels == 20)
            ck_assert_msg(verdict.kind == STOREHOOK_VERDICT_INFECTED, "%u: %s", levels,
                          verdict_kind_name(verdict.kind));
        if (levels == 60)
            ck_assert_msg(verdict.kind != STOREHOOK_VERDICT_CLEAN, "%u: clean", levels);
        g_free(text);
    }
}
END_TEST

START_TEST(encoded_messages_nest)
{
    for (guint levels = 3; levels <= 9; levels += 6) {
        char *text = message_with((const guint8 *)TEST_EICAR, strlen(TEST_EICAR));

        for (guint i = 0; i < levels; i++) {
            char *outer = message_with((const guint8 *)text, strlen(text));

            g_free(text);
            text = outer;
        }
        expect("nested", text, strlen(text), STOREHOOK_VERDICT_INFECTED, NULL);
        g_free(text);
    }
}
END_TEST

START_TEST(what_is_read_differently_is_ambiguous)
{
    static const char *const cases[][2] = {
        {"content-type-twice", "Content-Type: text/plain\nContent-Type: text/html\n\nx\n"},
        {"boundary-twice", "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n\nx\n"},
        {"boundary-in-pieces", "Content-Type: multipart/mixed; boundary*0=a\n\n--a\n\nx\n"},
        {"boundary-missing", "Content-Type: multipart/mixed\n\n--a\n\nx\n"},
        {"boundary-eight-bit", "Content-Type: multipart/mixed; boundary=\"\xe9\"\n\n--\xe9\n\nx\n"},
        {"boundary-blank-end", "Content-Type: multipart/mixed; boundary=\"a \"\n\n--a\n\nx\n"},
        {"boundary-quoting", "Content-Type: multipart/mixed; boundary=\"a\n\n--a\n\nx\n"},
        {"boundary-quoting", "Content-Type: multipart/mixed; boundary=\"\\a\"\n\n--a\n\nx\n"},
        {"boundary-encoded-word",
         "Content-Type: multipart/mixed; boundary=\"=?x?q?a?=\"\n\n--a\n\nx\n"},
        {"boundary-like-another",
         "Content-Type: multipart/mixed; boundary=a\n\n--a\n"
         "Content-Type: multipart/mixed; boundary=ab\n\n--ab\n\nx\n--ab--\n--a--\n"},
        {"transfer-encoding-twice",
         "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: 8bit\n\nx\n"},
        {"transfer-encoding", "Content-Transfer-Encoding: base64, 7bit\n\nx\n"},
        {"transfer-encoding", "Content-Transfer-Encoding: bas\n e64\n\nx\n"},
        {"comment", "Content-Transfer-Encoding: 7bit (really)\n\nx\n"},
        {"comment", "Content-Type: text/plain (really); charset=utf-8\n\nx\n"},
        {"type-syntax", "Content-Type: multi\n part/mixed; boundary=a\n\n--a\n\nx\n"},
        {"parameter-twice",
         "Content-Disposition: attachment; filename=a.txt; filename=a.exe\n\nx\n"},
        {"content-disposition-twice",
         "Content-Disposition: inline\nContent-Disposition: attachment\n\nx\n"},
        {"no-colon", "From: a\nno field\nSubject: b\n\nx\n"},
        {"blank-before-colon", "From: a\nContent-Type : text/plain\n\nx\n"},
        {"odd-folding", "From: a\n \nContent-Type: text/plain\n\nx\n"},
        {"odd-folding", " Subject: x\nFrom: a\n\nx\n"},
        {"bare-cr", "From: a\rContent-Type: text/plain\nSubject: x\n\nx\n"},
        {"encoded-structure", "Content-Type: multipart/mixed; boundary=a\n"
                              "Content-Transfer-Encoding: base64\n\n--a\n\nx\n--a--\n"},
    };
    static const char nul[] = "From: a\0b\nSubject: x\n\nx\n";

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        expect(cases[i][1], cases[i][1], strlen(cases[i][1]), STOREHOOK_VERDICT_AMBIGUOUS,
               cases[i][0]);
    expect("nul", nul, sizeof(nul) - 1, STOREHOOK_VERDICT_AMBIGUOUS, "nul");
}
END_TEST

START_TEST(ordinary_headers_are_not_ambiguous)
{
    static const char *const cases[] = {
        "From a@example.org Sat Jan  1 00:00:00 2022\nFrom: a\nContent-Type: text/plain\n\nx\n",
        "From: a\nContent-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\nx\n",
        "Content-Type: text/plain; charset=\"utf-8\";\n\n\nx\n",
        "Content-Type: text/plain\nContent-Type: text/plain\n\nx\n",
        "Content-Type: application/pdf;\n\tname=\"=?utf-8?Q?=C3=A9.pdf?=\"\n"
        "Content-Disposition: attachment;\n filename*0*=utf-8''a;\n filename*1*=b.pdf;\n"
        " size=12; creation-date=\"Sat, 01 Jan 2022 00:00:00 GMT\"\n\nx\n",
        "Content-Type: text/plain; name=\xe9.txt\nContent-Transfer-Encoding: 8bit\n\n\xe9\n",
        "Content-Type: multipart/alternative; boundary=\"----=_Part_1_2.3\"; charset=utf-8\n\n"
        "This is MIME.\n------=_Part_1_2.3\n\nx\n------=_Part_1_2.3--\n",
        "Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"a/b\"\n\n"
        "--a/b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        "Final-Recipient: rfc822; a@example.org\n\n--a/b--\n",
        "Content-Type: text\n\nx\n",
        "Content-Transfer-Encoding: Quoted-Printable \n\nx\n",
        "Subject : old style\nFrom: a\n\nx\n",
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n\n\n--a\n\n\n--a--\n", /* as detached */
        "Subject: no body at all\n",
        "",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        expect(cases[i], cases[i], strlen(cases[i]), STOREHOOK_VERDICT_CLEAN, NULL);
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

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(HEAD "\r\n", cases[i].text, NULL);

        expect(cases[i].text, text, strlen(text), cases[i].kind, NULL);
        ck_assert_int_eq(kind_of_attached((const guint8 *)cases[i].text, strlen(cases[i].text)),
                         cases[i].kind);
    }
    expect("PGP/MIME", mime, sizeof(mime) - 1, STOREHOOK_VERDICT_ENCRYPTED, "OpenPGP");
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

START_TEST(limits_are_told)
{
    JudgeRig *small =
        judge_rig_new(SIGNATURES, "[limits]\nmessage-parts=20\nscan-size=1M\nfile-size=1M\n"
                                  "message-depth=5\n");
    g_autoptr(GString) many = g_string_new(MIXED);
    g_autoptr(GString) runs = g_string_new(HEAD "\r\n");
    g_autofree guint8 *large = g_malloc0(1500000);
    g_autofree char *heavy = NULL;
    Verdict verdict = {0};

    for (guint i = 0; i < 40; i++) {
        guint8 bytes[60];

        memset(bytes, (int)i + 1, sizeof(bytes));
        g_autofree char *line = g_base64_encode(bytes, sizeof(bytes));
        g_string_append_printf(many, "--b\r\n\r\n%u\r\n", i);
        g_string_append_printf(runs, "%s\r\n* * * *\r\n", line);
    }
    parts_of(judge_rig_judge(small), many->str, many->len, NULL, NULL, &verdict);
    ck_assert_int_eq(verdict.kind, STOREHOOK_VERDICT_NOT_FULLY_SCANNED);
    ck_assert_str_eq(verdict.name, "message-parts");
    verdict = (Verdict){0};
    parts_of(judge_rig_judge(small), runs->str, runs->len, NULL, NULL, &verdict);
    ck_assert_int_eq(verdict.kind, STOREHOOK_VERDICT_NOT_FULLY_SCANNED);
    ck_assert_str_eq(verdict.name, "message-parts");
    heavy = message_with(large, 1500000);
    verdict = (Verdict){0};
    parts_of(judge_rig_judge(small), heavy, strlen(heavy), NULL, NULL, &verdict);
    ck_assert_int_eq(verdict.kind, STOREHOOK_VERDICT_NOT_FULLY_SCANNED);
    judge_rig_free(small);
}
END_TEST

static glong peak_kilobytes(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* In a process of its own, as all these tests are: what it needs beyond the engine is its peak. */
START_TEST(a_million_empty_parts)
{
    enum {
        PARTS = 1000000,
        SECONDS = 1,
        KILOBYTES = 64 * 1024
    };
    g_autoptr(GString) text = g_string_sized_new(PARTS * 12 + 100);
    gint64 begin;
    Verdict verdict;
    glong before;

    g_string_append(text, HEAD "Content-Type: multipart/mixed; boundary=abcd\r\n\r\n");
    for (guint i = 0; i < PARTS; i++)
        g_string_append(text, "--abcd\r\n\r\n\r\n");
    before = peak_kilobytes();
    begin = g_get_monotonic_time();
    judge_rig_scan(rig, text->str, text->len, VERDICT_CACHE_MESSAGE, &verdict);
    begin = g_get_monotonic_time() - begin;
    ck_assert_msg(verdict.kind == STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "%s %s",
                  verdict_kind_name(verdict.kind), verdict.name);
    printf("a million empty parts: %.2f s, %ld MB\n", (double)begin / G_USEC_PER_SEC,
           (peak_kilobytes() - before) / 1024);
#ifndef __SANITIZE_ADDRESS__
    ck_assert_int_le(begin, SECONDS * G_USEC_PER_SEC);
    ck_assert_int_le(peak_kilobytes() - before, KILOBYTES);
#endif
}
END_TEST

/* Megabytes of what one of the readers takes for a beginning. */
START_TEST(hostile_shapes_end_soon)
{
    enum {
#ifdef __SANITIZE_ADDRESS__
        SIZE = 1 << 20,
#else
        SIZE = 5 << 20,
#endif
        SECONDS = 10,
        KILOBYTES = 100 * 1024
    };
    static const char *const shapes[] = {
        "begin 644 a\n",
        "begin 644 a\n#0V%T\n",
        "=ybegin a\n",
        "(This file must be converted with BinHex 4.0)\n:",
        "-----BEGIN PGP MESSAGE-----\n",
        "a:\n",
        "Content-Type: text/plain; a=b; c=\n",
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n",
        "Content-Type: message/rfc822\n\n",
        "Content-Transfer-Encoding: base64\n\nAAAAAA==\n--\n",
        "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n",
        "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBa\n\n",
        "=41=42\n",
        "=\n",
        "--b\n",
        "\r",
        " \n",
        "=?x?q?",
        "Subject: x\n\n",
    };
    glong before = peak_kilobytes();

    for (gsize i = 0; i < 2 * G_N_ELEMENTS(shapes); i++) {
        const char *shape = shapes[i / 2];
        g_autoptr(GString) text = g_string_sized_new(SIZE + 200);
        gint64 begin = g_get_monotonic_time();
        Verdict verdict;

        g_string_append(text, i % 2 ? HEAD "\r\n" : HEAD); /* in the body, in the header */
        while (text->len < SIZE)
            g_string_append(text, shape);
        read_parts(text->str, text->len, &verdict);
        begin = g_get_monotonic_time() - begin;
        ck_assert_msg(begin < SECONDS * G_USEC_PER_SEC, "%s: %.1f s, %s %s", shape,
                      (double)begin / G_USEC_PER_SEC, verdict_kind_name(verdict.kind),
                      verdict.name);
    }
    printf("hostile shapes: at most %ld MB\n", (peak_kilobytes() - before) / 1024);
#ifndef __SANITIZE_ADDRESS__
    ck_assert_int_le(peak_kilobytes() - before, KILOBYTES);
#endif
}
END_TEST

START_TEST(what_is_found_is_blotted_out)
{
    /* In a run that no structure tells of. */
    static const char text[] = HEAD "\r\nhello\r\n\r\n" B64_LINES "\r\nbye\r\n";
    g_autofree char *copy = NULL;
    Verdict verdict = {0}, after = {0};

    parts_of(judge_rig_judge(rig), text, sizeof(text) - 1, "A7F3-19C2-0B44", &copy, &verdict);
    ck_assert_int_eq(verdict.kind, STOREHOOK_VERDICT_INFECTED);
    ck_assert_ptr_nonnull(copy);
    ck_assert(!memmem(copy, sizeof(text) - 1, B64_1, strlen(B64_1)));
    ck_assert(memmem(copy, sizeof(text) - 1, "bye\r\n", 5));
    parts_of(judge_rig_judge(rig), copy, sizeof(text) - 1, NULL, NULL, &after);
    ck_assert_int_eq(after.kind, STOREHOOK_VERDICT_CLEAN);
}
END_TEST

/* The one that the operator's action calls worse is told. */
START_TEST(the_harder_of_two_doubts_is_told)
{
    static const char text[] = HEAD "Content-Type: multipart/encrypted; boundary=a; boundary=b\r\n"
                                    "\r\n--a\r\n\r\nx\r\n--a--\r\n";
    JudgeRig *strict = judge_rig_new(SIGNATURES, "[actions]\nambiguous=quarantine\n");
    Verdict verdict = {0};

    expect("both", text, sizeof(text) - 1, STOREHOOK_VERDICT_ENCRYPTED, NULL);
    parts_of(judge_rig_judge(strict), text, sizeof(text) - 1, NULL, NULL, &verdict);
    ck_assert_int_eq(verdict.kind, STOREHOOK_VERDICT_AMBIGUOUS);
    judge_rig_free(strict);
}
END_TEST

/* In the process of each test, so that a leak checker finds all freed there. */
static void set_up(void)
{
    rig = judge_rig_new(SIGNATURES, NULL);
}

static void take_down(void)
{
    rig = judge_rig_free(rig);
}

int main(void)
{
    const ScannerTest tests[] = {SCANNER_TEST(evasions_are_found),
                                 SCANNER_TEST(winmail_is_opened),
                                 SCANNER_TEST(objects_in_winmail_are_opened),
                                 SCANNER_TEST(parts_are_found_by_gmime),
                                 SCANNER_TEST(utf16_is_read),
                                 SCANNER_TEST(yenc_is_read),
                                 SCANNER_TEST(binhex_is_read),
                                 SCANNER_TEST(nests_to_the_limit),
                                 SCANNER_TEST(encoded_messages_nest),
                                 SCANNER_TEST(what_is_read_differently_is_ambiguous),
                                 SCANNER_TEST(ordinary_headers_are_not_ambiguous),
                                 SCANNER_TEST(openpgp_is_told),
                                 SCANNER_TEST(smime_is_told),
                                 SCANNER_TEST(limits_are_told),
                                 SCANNER_TEST(a_million_empty_parts),
                                 SCANNER_TEST(hostile_shapes_end_soon),
                                 SCANNER_TEST(what_is_found_is_blotted_out),
                                 SCANNER_TEST(the_harder_of_two_doubts_is_told)};
    Suite *suite = suite_create("readings");
    SRunner *runner;
    int failed;

    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        TCase *one = tcase_create(tests[i].name);

        tcase_set_timeout(one, 120);
        tcase_add_checked_fixture(one, set_up, take_down);
        tcase_add_test(one, tests[i].test);
        suite_add_tcase(suite, one);
    }
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
