/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-file-name.c - names as senders disguise them. Expected values are those of the RFCs'
 * examples and of what Windows and the usual mail programs make of such names.
 */
#include "filters/file-name.h"
#include "tests/run-suite.h"

#include <check.h>
#include <string.h>

typedef struct {
    const char *raw, *decoded, *normalized;
} Case;

static const Case CASES[] = {
    {"report.pdf", "report.pdf", "report.pdf"},
    {"", "", ""},
    {"SETUP.EXE", "SETUP.EXE", "setup.exe"},
    /* RFC 2047: Q, B, words joined, white space between words dropped, a split character */
    {"=?ISO-8859-1?Q?Andr=E9_x?=.exe", "Andr\xc3\xa9 x.exe", "andr\xc3\xa9 x.exe"},
    {"=?us-ascii?B?c2V0dXAuZXhl?=", "setup.exe", "setup.exe"},
    {"=?utf-8?q?a.e?= =?utf-8?q?xe?=", "a.exe", "a.exe"},
    {"=?utf-8?B?YWIuanM?=", "ab.js", "ab.js"}, /* without its padding, as all readers take it */
    {"=?utf-8?q?a.e?= =?us-ascii*en?q?xe?=", "a.exe", "a.exe"},
    {"=?utf-8?B?ww==?= =?utf-8?B?qS5leGU=?=", "\xc3\xa9.exe", "\xc3\xa9.exe"},
    {"=?utf-8?q?a?= b", "a b", "a b"},
    {"a.exe=?x?q?"
     "?=",
     "a.exe", "a.exe"},
    /* ISO 8859-5, with a language and beside a word of another charset */
    {"=?iso-8859-5*ru?q?=D0?=.exe", "\xd0\xb0.exe", "\xd0\xb0.exe"},
    {"=?iso-8859-5?q?=D0?= =?iso-8859-1?q?=E9.exe?=", "\xd0\xb0\xc3\xa9.exe",
     "\xd0\xb0\xc3\xa9.exe"},
    {"=?cesu-8?q?a=ED=A0=80.exe?=", "a\xef\xbf\xbd.exe", "a\xef\xbf\xbd.exe"}, /* half a pair */
    {"=?x-unheard-of?q?a=2Eexe?=", "a.exe", "a.exe"},
    {"=?utf-8?x?a?=", "=?utf-8?x?a?=", "=?utf-8?x?a?="},
    {"=?utf-8?q?a", "=?utf-8?q?a", "=?utf-8?q?a"},
    {"=?../../etc/passwd?q?a.exe?=", "a.exe", "a.exe"},
    /* IANA's longest name of a charset, and one that is longer */
    {"=?Extended_UNIX_Code_Packed_Format_for_Japanese?B?pKIuZXhl?=", "\xe3\x81\x82.exe",
     "\xe3\x81\x82.exe"},
    {"=?x-01234567890123456789012345678901234567890123456789012345678901?q?a=2Eexe?=", "a.exe",
     "a.exe"},
    {"x-01234567890123456789012345678901234567890''a%2eexe", "a.exe", "a.exe"},
    {"=?utf-16?B?/v8AYQAuAGUAeABl?=", "a.exe", "a.exe"},
    {"=?UTF8?B?ww==?= =?utf-8?B?qS5leGU=?=", "\xc3\xa9.exe", "\xc3\xa9.exe"},
    /* RFC 1468, as it stands and between words */
    {"\x1b$B%\"\x1b(B.exe", "\xe3\x82\xa2.exe", "\xe3\x82\xa2.exe"},
    {"\x1b(Ba.exe", "a.exe", "a.exe"},
    {"a\x1b[0m", "a\x1b[0m", "a [0m"},
    /* RFC 2231 §3 and §4, its own examples */
    {"us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "This is ***fun***", "this is ***fun***"},
    {"name*0*=us-ascii'en'This%20is%20even%20more%20; name*1*=%2A%2A%2Afun%2A%2A%2A%20; "
     "name*2=\"isn't it!\"",
     "This is even more ***fun*** isn't it!", "this is even more ***fun*** isn't it!"},
    {"filename*1=xe; filename*0=\"a;.e\"", "a;.exe", "a;.exe"},
    {"filename*2=xe; filename*1*=utf-8''a%2Ee", "a.exe", "a.exe"},
    {"name*2047=a", "a", "a"},
    {"name*2048=a", "name*2048=a", "name*2048=a"}, /* more pieces than there is room for */
    {"UTF-8''%e2%82%ac%20rates.exe", "\xe2\x82\xac rates.exe", "\xe2\x82\xac rates.exe"},
    {"''a%2eexe", "a.exe", "a.exe"},
    {"it's what's.txt", "it's what's.txt", "it's what's.txt"},
    /* raw 8-bit */
    {"caf\xe9.exe", "caf\xc3\xa9.exe", "caf\xc3\xa9.exe"},
    /* disguises */
    {"..\\..\\Startup\\x.EXE", "..\\..\\Startup\\x.EXE", "x.exe"},
    {"/tmp/a/b.exe/", "/tmp/a/b.exe/", "b.exe"},
    {"a/b.exe\\. /", "a/b.exe\\. /", "b.exe"},
    {"a.exe. . .", "a.exe. . .", "a.exe"},
    {"a.exe\t\r\n", "a.exe\t\r\n", "a.exe"},
    {"\"a.exe\"", "\"a.exe\"", "a.exe"},
    {"a.exe::$DATA", "a.exe::$DATA", "a.exe"},
    {"a.e\xe2\x80\x8bxe", "a.e\xe2\x80\x8bxe", "a.exe"}, /* zero-width space */
    {"a\xe2\x80\xae"
     "fdp.exe",
     "a\xe2\x80\xae"
     "fdp.exe",
     "afdp.exe"},                                /* RLO */
    {"a.e\xc2\xadxe", "a.e\xc2\xadxe", "a.exe"}, /* soft hyphen */
    {"a\xef\xbc\x8e\xef\xbd\x85\xef\xbd\x98\xef\xbd\x85",
     "a\xef\xbc\x8e\xef\xbd\x85\xef\xbd\x98"
     "\xef\xbd\x85",
     "a.exe"}, /* full width */
    {"a\xe2\x80\xa4"
     "exe",
     "a\xe2\x80\xa4"
     "exe",
     "a.exe"},                                           /* one dot leader */
    {"a.exe\xc2\xa0", "a.exe\xc2\xa0", "a.exe"},         /* no-break space */
    {"a.exe\xe2\xa0\x80", "a.exe\xe2\xa0\x80", "a.exe"}, /* Braille, no dot */
    {"STRASSE.\xc3\x9f", "STRASSE.\xc3\x9f", "strasse.ss"},
};

START_TEST(names_are_decoded_and_normalized)
{
    const Case *c = &CASES[_i];
    g_autofree char *decoded = file_name_decode(c->raw, -1);
    g_autofree char *normalized = file_name_normalize(c->raw, -1);

    ck_assert_str_eq(decoded, c->decoded);
    ck_assert_str_eq(normalized, c->normalized);
}
END_TEST

START_TEST(nul_bytes_and_length_are_bounded)
{
    g_autofree char *nul = file_name_normalize("a.exe\0.txt", 10);
    ck_assert_str_eq(nul, "a.exe .txt"); /* both are extensions: readers differ */

    g_autofree char *flood = g_strnfill(1000000, 'a');
    memcpy(flood + 1000000 - 4, ".exe", 4);
    g_autofree char *name = file_name_normalize(flood, -1);
    ck_assert_uint_eq(strlen(name), FILE_NAME_MAX);
    ck_assert_str_eq(file_name_extension(name), "exe");

    /* the letter that grows most when folded, U+FDFA: 18 letters each */
    GString *grow = g_string_new(NULL);
    for (int i = 0; i < 400; i++)
        g_string_append(grow, "\xef\xb7\xba");
    g_autofree char *grown = file_name_normalize(grow->str, -1);
    ck_assert_uint_gt(strlen(grown), 5000);
    ck_assert(g_utf8_validate(grown, -1, NULL));
    g_string_free(grow, TRUE);

    /* the cut falls within a three-byte letter at both ends */
    GString *wide = g_string_new("a");
    for (int i = 0; i < 10000; i++)
        g_string_append(wide, "\xe2\x82\xac");
    g_string_append(wide, "\xef\xbc\x8e"
                          "exe");
    g_autofree char *cut = file_name_normalize(wide->str, -1);
    ck_assert_str_eq(file_name_extension(cut), "exe");
    g_string_free(wide, TRUE);
}
END_TEST

static void check_readings(const char *raw, gsize size, const char *wanted)
{
    g_auto(GStrv) readings = file_name_readings(raw, (gssize)size);
    g_autofree char *joined = g_strjoinv(" | ", readings);

    ck_assert_str_eq(joined, wanted);
}

/* As browsers save it that decode per cents, programs that end at a NUL, and NTFS. */
START_TEST(names_have_other_readings)
{
    static const struct {
        const char *raw, *readings;
    } cases[] = {
        {"report.pdf", "report.pdf"},
        {"100% sure.doc", "100% sure.doc"},
        {"a%2Ejs", "a%2ejs | a.js"},
        {"a%20b.js", "a%20b.js | a b.js"},
        {"utf-8''a%252Ejs", "a%2ejs | a.js"},
        {"a.js%00.txt", "a.js%00.txt | a.js .txt | a.js.txt | a.js"},
        {"=?utf-8?Q?a.js=00.txt?=", "a.js .txt | a.js.txt | a.js"},
        {"a.j\x01s", "a.j s | a.js | a.j"},
        {"a.j\ts", "a.j s | a.js"},
        {"=?utf-8?Q?a.j=FFs?=", "a.j\xef\xbf\xbds | a.js"},
        /* An empty shift, which converters take for an error or for nothing */
        {"=?iso-2022-jp?B?YS5qGyRCGyhCcw==?=", "a.j\xef\xbf\xbds | a.js"},
        {"a.js:x.txt", "a.js:x.txt | a.js"},
        {"a.js:x:$DATA", "a.js:x:$data | a.js"},
        {"a%2Ejs%3ax.txt", "a%2ejs%3ax.txt | a.js:x.txt | a.js"},
        {"C:a.js", "c:a.js"},
        {"C:a.js:b.txt", "c:a.js:b.txt | c:a.js"},
        {"dir%5Ca.js", "dir%5ca.js | a.js"},
        {"%00", "%00"},
        {":a", ":a"},
        {"%ff.js", "%ff.js | \xef\xbf\xbd.js | .js"},
        {"", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        check_readings(cases[i].raw, strlen(cases[i].raw), cases[i].readings);
    check_readings("a.exe\0.txt", 10, "a.exe .txt | a.exe.txt | a.exe");
}
END_TEST

/* Programs that join all pieces there are, and of two with one number the last. */
START_TEST(pieces_have_another_reading)
{
    static const char *const cases[][2] = {
        {"name*0=a.; name*1=txt; name*1=exe", "a.exe"},
        {"name*0=a; name*1=.; name*3*=%65xe", "a.exe"},
        {"name*1=a.; name*2=exe", NULL},
        {"name*0=a; name*0=a", NULL},
        {"a.exe", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *other = file_name_decode_otherwise(cases[i][0]);

        ck_assert_pstr_eq(other, cases[i][1]);
    }
    g_autofree char *filler = g_strnfill(FILE_NAME_MAX, 'a');
    g_autofree char *large = g_strconcat("name*0=a.; name*0=exe; x=", filler, NULL);
    ck_assert_ptr_null(file_name_decode_otherwise(large));
}
END_TEST

START_TEST(extensions_are_listed)
{
    g_auto(GStrv) two = file_name_extensions("invoice.pdf   .exe");
    ck_assert_uint_eq(g_strv_length(two), 2);
    ck_assert_str_eq(two[0], "exe");
    ck_assert_str_eq(two[1], "pdf");

    g_auto(GStrv) sentence = file_name_extensions("dear all. see this here.pdf");
    ck_assert_uint_eq(g_strv_length(sentence), 1);
    ck_assert_str_eq(sentence[0], "pdf");

    g_auto(GStrv) longest = file_name_extensions("a.document.exe");
    ck_assert_uint_eq(g_strv_length(longest), 2);
    g_auto(GStrv) longer = file_name_extensions("a.documents.exe");
    ck_assert_uint_eq(g_strv_length(longer), 1);

    g_auto(GStrv) none = file_name_extensions("makefile");
    ck_assert_uint_eq(g_strv_length(none), 0);
    ck_assert_str_eq(file_name_extension("makefile"), "");

    g_auto(GStrv) many = file_name_extensions("a.b.c.d.e.f.g.h.i.j.k.l");
    ck_assert_uint_eq(g_strv_length(many), FILE_NAME_EXTENSIONS);
}
END_TEST

START_TEST(deception_is_seen)
{
    ck_assert_uint_eq(file_name_lies("a\xe2\x80\xae"
                                     "fdp.exe",
                                     -1),
                      FILE_NAME_DIRECTION);
    ck_assert_uint_eq(file_name_lies("a\xe2\x81\xa7"
                                     "fdp.exe",
                                     -1),
                      FILE_NAME_DIRECTION);
    ck_assert_uint_eq(file_name_lies("invoice.PDF.exe", -1), FILE_NAME_DOUBLE);
#define NO_DOTS "\xe2\xa0\x80\xe2\xa0\x80\xe2\xa0\x80\xe2\xa0\x80\xe2\xa0\x80" /* of Braille */
    ck_assert_uint_eq(file_name_lies("letter.pdf" NO_DOTS ".hta", -1),
                      FILE_NAME_DOUBLE | FILE_NAME_SPACES);
    ck_assert_uint_ne(file_name_lies("invoice.pdf         .scr.", -1), 0);
    ck_assert_uint_eq(file_name_lies("invoice                    .exe", -1), FILE_NAME_SPACES);
    ck_assert_uint_eq(file_name_lies("=?utf-8?q?invoice=2Epdf?= =?utf-8?q?=2Ejs?=", -1),
                      FILE_NAME_DOUBLE);
    ck_assert_uint_eq(file_name_lies("a\x01.exe", -1), FILE_NAME_CONTROL);
    ck_assert_uint_eq(file_name_lies("a\x7f.exe", -1), FILE_NAME_CONTROL);
    ck_assert_uint_eq(file_name_lies("utf-8''a.exe%00.txt", -1), FILE_NAME_CONTROL);
    ck_assert_uint_eq(file_name_lies("=?utf-8?q?a.exe=00.txt?=", -1), FILE_NAME_CONTROL);
    ck_assert_uint_eq(file_name_lies("a\r\n\tb.txt", -1), 0); /* a folded header line */
    ck_assert_uint_eq(file_name_lies("setup.exe. . ", -1), FILE_NAME_TRAILING);
    ck_assert_uint_eq(file_name_lies("Invoice no. ", -1), 0);
    g_autofree char *longest = g_strnfill(FILE_NAME_KEPT_MAX, 'a');
    g_autofree char *longer = g_strconcat(longest, ".pdf", NULL);
    ck_assert_uint_eq(file_name_lies(longest, -1), 0);
    ck_assert_uint_eq(file_name_lies(longer, -1), FILE_NAME_LONG);
    g_autofree char *path = g_strconcat(longest, "/a.pdf", NULL);
    ck_assert_uint_eq(file_name_lies(path, -1), 0);

    ck_assert_uint_eq(file_name_lies("a.txt.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}", -1),
                      FILE_NAME_CLASS);
    ck_assert_uint_eq(file_name_lies("a.{3050F4D8-98B5-11CF-BB82}", -1), 0);
    ck_assert_uint_eq(file_name_lies("a.txt.{3050F4D8-98B5-11CF-BB82-00AA00BDCE0G}", -1), 0);

    ck_assert_uint_eq(file_name_lies("setup.exe", -1), 0);
    ck_assert_uint_eq(file_name_lies("amazon.com.pdf", -1), 0);
    ck_assert_uint_eq(file_name_lies("backup.tar.gz", -1), 0);
    ck_assert_uint_eq(file_name_lies("\xd7\x90\xe2\x80\x8f.pdf", -1), 0); /* RLM, honest */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file-name");
    TCase *tcase = tcase_create("names");
    tcase_add_loop_test(tcase, names_are_decoded_and_normalized, 0, G_N_ELEMENTS(CASES));
    tcase_add_test(tcase, nul_bytes_and_length_are_bounded);
    tcase_add_test(tcase, names_have_other_readings);
    tcase_add_test(tcase, pieces_have_another_reading);
    tcase_add_test(tcase, extensions_are_listed);
    tcase_add_test(tcase, deception_is_seen);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
