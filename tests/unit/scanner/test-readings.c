/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-readings.c - messages that are built so that some reader sees what a scanner may not.
 *
 * Each holds the EICAR test string, encoded so that it does not stand in the text as it is. What is
 * asked here is only the readings of the message, without libclamav's look at the whole.
 */
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "scanner/pdf/pdf-file.h"
#include "tests/unit/scanner/readings-test.h"

#define UUENCODED_LINES                                                                            \
    "M6#5/(5 E0$%06S1<4%I8-30H4%XI-T-#*3=])$5)0T%2+5-404Y$05)$+4%.\r\n"                            \
    "75$E625)54RU415-4+49)3$4A)$@K2\"H \r\n"
#define UUENCODED "begin 644 eicar.com\r\n" UUENCODED_LINES "`\r\nend\r\n"
#define B64_1 "WDVPIVAlQEFQWzRcUFpYNTQo"
#define B64_2 "UF4pN0NDKTd9JEVJQ0FSLVNU"
#define B64_3 "QU5EQVJELUFOVElWSVJVUy1URVNU"
#define B64_4 "LUZJTEUhJEgrSCo"
#define B64_LINES B64_1 "\r\n" B64_2 "\r\n" B64_3 "\r\n" B64_4 "=\r\n"
#define B64_LINE B64_1 B64_2 B64_3 B64_4 "=\r\n"
#define QP                                                                                         \
    "X5O!P%@AP[4\\PZX54(P^)=\r\n7CC)7}$EICAR-STAND=\r\n"                                           \
    "ARD-ANTIVIRUS-=\r\nTEST-FILE!$H+H*\r\n"

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
    CASE("padding that ends it all",
         MIXED "--b\r\n" ATTACHED "\r\n" B64_LINES "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n"
               "--b--\r\n"),
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
    CASE("uuencode with a tab and a long mode",
         HEAD "\r\nbegin\t00644  a\r\n" UUENCODED_LINES "`\r\nend\r\n"),
    CASE("uuencode as for Outlook Express",
         HEAD "\r\nbegin  a.com\r\n" UUENCODED_LINES "`\r\nend\r\n"),
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

/* Each pass over a message takes as long as that is, so none begins when there is no time. */
START_TEST(without_time_nothing_is_read)
{
    static const char ambiguous[] = "Content-Type: text/plain\nContent-Type: text/html\n";
    Judge *judge = judge_rig_judge(rig);
    Verdict verdict = {0};

    judge->end = board_now();
    parts_of(judge, ambiguous, strlen(ambiguous), NULL, NULL, &verdict);
    ck_assert_int_eq(verdict.kind, STOREHOOK_VERDICT_NOT_FULLY_SCANNED);
    ck_assert_str_eq(verdict.name, "time");
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
    clock_t spent; /* of the processor: other tests run beside this one */
    Verdict verdict;
    glong before;

    g_string_append(text, HEAD "Content-Type: multipart/mixed; boundary=abcd\r\n\r\n");
    for (guint i = 0; i < PARTS; i++)
        g_string_append(text, "--abcd\r\n\r\n\r\n");
    before = peak_kilobytes();
    spent = clock();
    judge_rig_scan(rig, text->str, text->len, VERDICT_CACHE_MESSAGE, &verdict);
    spent = clock() - spent;
    ck_assert_msg(verdict.kind == STOREHOOK_VERDICT_NOT_FULLY_SCANNED, "%s %s",
                  verdict_kind_name(verdict.kind), verdict.name);
    printf("a million empty parts: %.2f s, %ld MB\n", (double)spent / CLOCKS_PER_SEC,
           (peak_kilobytes() - before) / 1024);
#ifndef __SANITIZE_ADDRESS__
    ck_assert_int_le(spent, SECONDS * CLOCKS_PER_SEC);
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
        "-----BEGIN PGP MESSAGE-----",
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
        clock_t begin = clock();
        Verdict verdict;

        g_string_append(text, i % 2 ? HEAD "\r\n" : HEAD); /* in the body, in the header */
        while (text->len < SIZE)
            g_string_append(text, shape);
        read_parts(text->str, text->len, &verdict);
        begin = clock() - begin;
        ck_assert_msg(begin < SECONDS * CLOCKS_PER_SEC, "%s: %.1f s, %s %s", shape,
                      (double)begin / CLOCKS_PER_SEC, verdict_kind_name(verdict.kind),
                      verdict.name);
    }
    printf("hostile shapes: at most %ld MB\n", (peak_kilobytes() - before) / 1024);
#ifndef __SANITIZE_ADDRESS__
    ck_assert_int_le(peak_kilobytes() - before, KILOBYTES);
#endif
}
END_TEST

static void on_action(PdfAction action, const char *text, gsize size, gpointer user_data)
{
    (void)action, (void)text, (void)size, (void)user_data;
}

static void on_file(const char *name, const void *data, gsize size, gboolean is_encrypted,
                    gpointer user_data)
{
    (void)name, (void)data, (void)size, (void)is_encrypted, (void)user_data;
}

/* What many objects refer to is long, or a long way off. No clock ends it. */
START_TEST(hostile_pdfs_end_soon)
{
    enum {
        SIZE = 2 << 20,
        CHAIN = 15,
        VERSIONS = 64,
        SECONDS = 5
    };
    static const struct {
        const char *before, *behind, *shape;
    } shapes[] = {
        {"5 0 obj(", ")endobj\n", "1 0 obj<</Type/EmbeddedFile/Length 5 0 R>>stream\nendstream\n"},
        {"5 0 obj[[", "]]endobj\n", "1 0 obj<</Params 1/Filter 5 0 R>>stream\nendstream\n"},
        {"5 0 obj[%", "\nnull]endobj\n", "1 0 obj<</Params 1/Filter 5 0 R>>stream\nendstream\n"},
        {"5 0 obj(", ")endobj\n", "1 0 obj<</S/JavaScript/JS 5 0 R>>endobj\n"},
        {"5 0 obj%", "\n1 endobj\n",
         "1 0 obj<</N 1/First 4/A 5 0 R/A 5 0 R/A 5 0 R/B 99 0 R>>stream\nendstream endobj\n"},
        {"%", "\n1 0 obj<</EF<<", "/A 20 0 R"}, /* the chain, from its end */
    };
    g_autofree char *filler = g_strnfill(SIZE / 2, '1');

    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
        UnpackBudget budget = {
            .file_size = SIZE, .bytes = 64 * SIZE, .files = 1 << 20, .end = G_MAXUINT64};
        g_autoptr(GString) text = g_string_new("%PDF-1.7\ntrailer<</Root 1 0 R>>\n");
        g_autoptr(PdfFile) file = NULL;
        clock_t begin = clock();

        for (guint j = 0; j < CHAIN * VERSIONS; j++)
            g_string_append_printf(text, "%u 0 obj %u 0 R endobj\n", 20 + j % CHAIN,
                                   21 + j % CHAIN);
        g_string_append_printf(text, "%s%s%s", shapes[i].before, filler, shapes[i].behind);
        while (text->len < SIZE)
            g_string_append(text, shapes[i].shape);
        file = pdf_file_new(text->str, text->len, G_MAXUINT64);
        (void)pdf_file_actions(file, on_action, NULL);
        (void)pdf_file_walk(file, &budget, on_file, NULL);
        begin = clock() - begin;
        ck_assert_msg(begin < SECONDS * CLOCKS_PER_SEC, "%s: %.1f s", shapes[i].shape,
                      (double)begin / CLOCKS_PER_SEC);
    }
}
END_TEST

/* The first part is known by its bytes, others by their digests. */
START_TEST(parts_of_one_size_are_told_apart)
{
    static const char harmless[] =
        "This text is as long as the one of EICAR, and holds nothing bad here";
    static const char *const parts[][3] = {{harmless, harmless, TEST_EICAR},
                                           {harmless, TEST_EICAR, harmless},
                                           {TEST_EICAR, harmless, TEST_EICAR},
                                           {harmless, harmless, harmless}};

    ck_assert_uint_eq(strlen(harmless), strlen(TEST_EICAR));
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        GString *text = g_string_new(MIXED);

        for (gsize j = 0; j < G_N_ELEMENTS(parts[i]); j++)
            g_string_append_printf(text, "--b\r\n\r\n%s\r\n", parts[i][j]);
        g_string_append(text, "--b--\r\n");
        expect("one size", text->str, text->len,
               i < 3 ? STOREHOOK_VERDICT_INFECTED : STOREHOOK_VERDICT_CLEAN, NULL);
        g_string_free(text, TRUE);
    }
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

int main(void)
{
    const ScannerTest tests[] = {
        SCANNER_TEST(evasions_are_found),
        SCANNER_TEST(nests_to_the_limit),
        SCANNER_TEST(encoded_messages_nest),
        SCANNER_TEST(what_is_read_differently_is_ambiguous),
        SCANNER_TEST(ordinary_headers_are_not_ambiguous),
        SCANNER_TEST(limits_are_told),
        SCANNER_TEST(without_time_nothing_is_read),
        SCANNER_TEST(a_million_empty_parts),
        SCANNER_TEST(hostile_shapes_end_soon),
        SCANNER_TEST(hostile_pdfs_end_soon),
        SCANNER_TEST(parts_of_one_size_are_told_apart),
        SCANNER_TEST(what_is_found_is_blotted_out),
        SCANNER_TEST(the_harder_of_two_doubts_is_told),
    };

    return readings_test_run("readings", tests, G_N_ELEMENTS(tests));
}
