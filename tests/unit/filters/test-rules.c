/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-rules.c - the rule file: what it refuses, what it matches, and the sample file.
 */
#include "filters/glob.h"
#include "filters/rules.h"
#include "tests/run-suite.h"

#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include <time.h>

static FilterRules *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    FilterRules *rules = filter_rules_parse("rules.conf", text, strlen(text), &error);
    ck_assert_msg(rules != NULL, "%s", error != NULL ? error->message : "");
    return rules;
}

static const struct {
    const char *text, *message; /* the beginning of it */
} BAD[] = {
    {"name=*.exe\n", "rules.conf:1: a key before"},
    {"# c\n\n[rules]\n", "rules.conf:3: unknown section [rules]"},
    {"[rule a\n", "rules.conf:1: a section ends"},
    {"[rule ]\nname=a\n", "rules.conf:1: the rule has no name"},
    {"[rule a]\nname=x\n[rule a]\n", "rules.conf:3: a second rule named a"},
    {"[rule a]\nname=x\nname=y\n", "rules.conf:3: name stands twice"},
    {"[rule a]\nnmae=x\n", "rules.conf:2: unknown key nmae"},
    {"[rule a]\nwhat is this\n", "rules.conf:2: neither"},
    {"[rule a]\naction=drop\n\n", "rules.conf:1: rule a has no condition"},
    {"\n[rule a]\naction=drop\n[rule b]\nname=x", "rules.conf:2: rule a has no condition"},
    {"[rule a]\nname=\n", "rules.conf:2: name is empty"},
    {"[rule a]\nname=;;\n", "rules.conf:2: name is empty"},
    {"[rule a]\nname=a/b\n", "rules.conf:2: name=a/b: names are matched without"},
    {"[rule a]\nname=*.\n", "rules.conf:2: name=*.: dots"},
    {"[rule a]\nname=a\\b\n", "rules.conf:2: name: a backslash"},
    {"[rule a]\nextension=tar.gz\n", "rules.conf:2: extension=tar.gz: an extension is"},
    {"[rule a]\ntype=exe\n", "rules.conf:2: type=exe: a type is a MIME type"},
    {"[rule a]\nmin-size=10x\n", "rules.conf:2: min-size=10x is not a size"},
    {"[rule a]\nmin-size=-1\n", "rules.conf:2: min-size=-1 is not a size"},
    {"[rule a]\nmin-size=99999999999999999999\n", "rules.conf:2: min-size"},
    {"[rule a]\nmin-size=9999999999G\n", "rules.conf:2: min-size"},
    {"[rule a]\nmax-size=\n", "rules.conf:2: max-size= is not a size"},
    {"[rule a]\nmin-size=2K\nmax-size=1K\n", "rules.conf:1: rule a: min-size is above"},
    {"[rule a]\nname=x\naction=delete\n", "rules.conf:3: action=delete is unknown"},
    {"[rule a]\nname=x\naction=clean\n", "rules.conf:3: action=clean: only infected"},
    {"[rule a]\ndeceptive=yes\n", "rules.conf:2: deceptive=yes"},
    {"[rule a]\nname=x\ninside=zip\n", "rules.conf:3: inside=zip"},
    {"[rule a]\nname=\xff\n", "rules.conf:2: not UTF-8"},
};

START_TEST(bad_rules_are_refused_with_line_and_reason)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(
        filter_rules_parse("rules.conf", BAD[_i].text, strlen(BAD[_i].text), &error));
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(g_str_has_prefix(error->message, BAD[_i].message), "%s", error->message);
}
END_TEST

START_TEST(a_missing_file_is_refused)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(filter_rules_load("/nonexistent/rules.conf", &error));
    ck_assert(g_error_matches(error, FILTER_ERROR, FILTER_ERROR_READ));
    ck_assert_ptr_nonnull(strstr(error->message, "/nonexistent/rules.conf"));
}
END_TEST

START_TEST(a_byte_order_mark_is_told_by_its_name)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "marked.conf", NULL);
    g_autoptr(GError) error = NULL;

    ck_assert(g_file_set_contents(path, "\xef\xbb\xbf[rule a]\nname=x\n", -1, NULL));
    ck_assert_ptr_null(filter_rules_load(path, &error));
    ck_assert(g_error_matches(error, FILTER_ERROR, FILTER_ERROR_SYNTAX));
    ck_assert_ptr_nonnull(strstr(error->message, "marked.conf:1: a byte order mark"));
    ck_assert_int_eq(g_unlink(path), 0);
}
END_TEST

static const char *match(const FilterRules *rules, const char *name, const char *type, goffset size,
                         const char *container)
{
    FilterSubject subject = {.name = name, .type = type, .size = size, .container = container};
    FilterMatch found;
    return filter_rules_match(rules, &subject, &found) ? found.rule : NULL;
}

START_TEST(conditions_are_all_needed_and_patterns_one)
{
    g_autoptr(FilterRules) rules = parse("[rule both]\nname = a*;b*\nextension= EXE ;.scr\n"
                                         "action=quarantine\nreason=because\n"
                                         "[rule any]\nany-extension=vbs\n"
                                         "[rule big]\nname=*.iso\nmin-size=1K\nmax-size=1M\n"
                                         "[rule in]\nextension=js\ninside=archive\n"
                                         "[rule out]\nextension=hta\ninside=message\n"
                                         "[rule least]\nextension=img\nmin-size=0\n"
                                         "[rule most]\nextension=vhd\nmax-size=1K\n");
    FilterSubject subject = {.name = "B.ExE", .size = -1};
    FilterMatch found;
    const char *reason;

    ck_assert_uint_eq(filter_rules_count(rules), 7);
    ck_assert(filter_rules_match(rules, &subject, &found));
    ck_assert_str_eq(found.rule, "both");
    ck_assert_str_eq(filter_rules_name(rules, 0, &reason), "both");
    ck_assert_str_eq(reason, "because");
    ck_assert_str_eq(filter_rules_name(rules, 4, &reason), "out");
    ck_assert_str_eq(reason, "");
    ck_assert_int_eq(found.action, FILTER_ACTION_QUARANTINE);

    ck_assert_ptr_null(match(rules, "c.exe", NULL, -1, NULL));
    ck_assert_ptr_null(match(rules, "a.txt", NULL, -1, NULL));
    ck_assert_ptr_null(match(rules, "a.exe.txt", NULL, -1, NULL));
    ck_assert_ptr_null(match(rules, NULL, NULL, -1, NULL));
    ck_assert_str_eq(match(rules, "x.vbs.txt", NULL, -1, NULL), "any");
    ck_assert_str_eq(match(rules, "x.iso", NULL, 1024, NULL), "big");
    ck_assert_str_eq(match(rules, "x.iso", NULL, 1048576, NULL), "big");
    ck_assert_ptr_null(match(rules, "x.iso", NULL, 1048577, NULL));
    ck_assert_ptr_null(match(rules, "x.iso", NULL, 1023, NULL));
    ck_assert_ptr_null(match(rules, "x.iso", NULL, -1, NULL));
    ck_assert_str_eq(match(rules, "x.img", NULL, 0, NULL), "least");
    ck_assert_ptr_null(match(rules, "x.img", NULL, -1, NULL));
    ck_assert_str_eq(match(rules, "x.vhd", NULL, 0, NULL), "most");
    ck_assert_ptr_null(match(rules, "x.vhd", NULL, -1, NULL));
    ck_assert_ptr_null(match(rules, "x.js", NULL, -1, NULL));
    ck_assert_str_eq(match(rules, "x.js", NULL, -1, "a.zip"), "in");
    ck_assert_str_eq(match(rules, "x.hta", NULL, -1, NULL), "out");
    ck_assert_ptr_null(match(rules, "x.hta", NULL, -1, "a.zip"));
}
END_TEST

START_TEST(the_first_rule_decides)
{
    g_autoptr(FilterRules) rules = parse("[rule ours]\nname=update-*.exe\naction=pass\n"
                                         "[rule programs]\nextension=exe\n");
    FilterSubject subject = {.name = "update-7.exe", .size = -1};
    FilterMatch found;

    ck_assert(filter_rules_match(rules, &subject, &found));
    ck_assert_str_eq(found.rule, "ours");
    ck_assert_int_eq(found.action, FILTER_ACTION_PASS);
    ck_assert_str_eq(match(rules, "x.exe", NULL, -1, NULL), "programs");
}
END_TEST

START_TEST(other_readings_of_a_name_make_nothing_milder)
{
    g_autoptr(FilterRules) rules =
        parse("[rule ours]\nname=our*.js*\naction=pass\n"
              "[rule texts]\nextension=txt\naction=pass\n"
              "[rule scripts]\nextension=js\n[rule pages]\nextension=htm\naction=drop\n");

    ck_assert_str_eq(match(rules, "a%2Ejs", NULL, 1, NULL), "scripts");
    ck_assert_str_eq(match(rules, "a.js:b.txt", NULL, 1, NULL), "scripts");
    ck_assert_str_eq(match(rules, "a.js%00.txt", NULL, 1, NULL), "scripts");
    ck_assert_str_eq(match(rules, "our%20own.js", NULL, 1, NULL), "ours");
    ck_assert_str_eq(match(rules, "a.js:b.txt%00", NULL, 1, NULL), "scripts");
    ck_assert_str_eq(match(rules, "a.htm:b.js", NULL, 1, NULL), "scripts");
    ck_assert_ptr_null(match(rules, "a%2Etxt", NULL, 1, NULL));
}
END_TEST

START_TEST(true_types_are_asked_for_only_when_they_decide)
{
    g_autoptr(FilterRules) rules = parse("[rule exe]\nextension=exe\n"
                                         "[rule hidden]\nname=*.txt;a.exe\n"
                                         "type=application/x-dosexec;application/x-*exec\n");
    FilterSubject exe = {.name = "a.exe", .size = -1};
    FilterSubject text = {.name = "a.txt", .size = -1};
    FilterSubject encoded = {.name = "a%2Etxt", .size = -1};
    FilterSubject other = {.name = "a.pdf", .size = -1};

    ck_assert(!filter_rules_need_type(rules, &exe));
    ck_assert(filter_rules_need_type(rules, &text));
    ck_assert(filter_rules_need_type(rules, &encoded));
    ck_assert(!filter_rules_need_type(rules, &other));
    ck_assert_ptr_null(match(rules, "a.txt", NULL, -1, NULL));
    ck_assert_ptr_null(match(rules, "a.txt", "text/plain", -1, NULL));
    ck_assert_str_eq(match(rules, "a.txt", "Application/X-DosExec; charset=binary", -1, NULL),
                     "hidden");
    ck_assert_str_eq(match(rules, "a.txt", "application/x-dosexec ; a=b", -1, NULL), "hidden");
    /* A kind of program that is told more exactly is a program still. */
    ck_assert_str_eq(match(rules, "a.txt", "application/x-dosexec+xll", -1, NULL), "hidden");
    ck_assert_ptr_null(match(rules, "a.txt", "application/x-dosexecutable", -1, NULL));

    g_autoptr(FilterRules) empty = filter_rules_new_empty();
    ck_assert(!filter_rules_need_type(empty, &exe));
    ck_assert_ptr_null(match(empty, "a.exe", "application/x-dosexec", 1, NULL));
}
END_TEST

START_TEST(kinds_of_deception_are_told_apart)
{
    g_autoptr(FilterRules) rules = parse("[rule odd]\ndeceptive=control; long\n");
    g_autoptr(GError) error = NULL;
    FilterSubject subject = {.name = "a\x02.txt", .size = -1};
    FilterMatch match;

    ck_assert(filter_rules_match(rules, &subject, &match));
    subject.name = "invoice.pdf.exe";
    ck_assert(!filter_rules_match(rules, &subject, &match));
    ck_assert_ptr_null(filter_rules_parse("x", "[rule a]\ndeceptive=;\n", 21, &error));
}
END_TEST

/* "xml" is not meant for every docx; what lies in an archive has no such excuse. */
START_TEST(parts_of_documents_need_to_be_meant)
{
    static const struct {
        const char *text;
        gboolean matches;
    } cases[] = {{"[rule a]\nextension=xml\n", FALSE},
                 {"[rule a]\nname=*.xml\n", FALSE},
                 {"[rule a]\nextension=xml\ninside=archive\n", FALSE},
                 {"[rule a]\nextension=xml\ninside=document\n", TRUE},
                 {"[rule a]\ntype=text/xml\n", TRUE}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(FilterRules) rules = parse(cases[i].text);
        FilterSubject subject = {.name = "word/document.xml",
                                 .type = "text/xml",
                                 .size = 1,
                                 .container = "a.docx",
                                 .is_document_part = TRUE};
        FilterMatch match;

        ck_assert_int_eq(filter_rules_match(rules, &subject, &match), cases[i].matches);
        ck_assert(filter_rules_look_inside(rules));
    }
}
END_TEST

START_TEST(deceptive_names_match)
{
    g_autoptr(FilterRules) rules = parse("[rule open]\nextension=scr\ndeceptive=false\n"
                                         "[rule lie]\ndeceptive=true\n");

    ck_assert_str_eq(match(rules, "a.pdf.exe", NULL, -1, NULL), "lie");
    ck_assert_ptr_null(match(rules, "a.exe", NULL, -1, NULL));
    ck_assert_str_eq(match(rules, "a.scr", NULL, -1, NULL), "open");
    ck_assert_str_eq(match(rules, "a.pdf.scr", NULL, -1, NULL), "lie");
}
END_TEST

START_TEST(globs_match_in_bounded_time)
{
    ck_assert(glob_matches("*", ""));
    ck_assert(glob_matches("", ""));
    ck_assert(!glob_matches("", "a"));
    ck_assert(glob_matches("a*b?d", "axxxbcd"));
    ck_assert(!glob_matches("a*b?d", "axxxbd"));
    ck_assert(glob_matches("?.exe", "\xc3\xa9.exe"));
    ck_assert(glob_matches("*.tar.gz", "a.tar.gz.tar.gz"));
    ck_assert(!glob_matches("*??bc", "\xe2\x82\xac"
                                     "bc")); /* one letter of three bytes */
    ck_assert(glob_matches("a**", "a"));
    ck_assert(!glob_matches("[a]", "a"));

    g_autofree char *text = g_strnfill(1024, 'a');
    /* Of the processor: other tests run beside this one. */
    clock_t start = clock();
    ck_assert(!glob_matches("*a*a*a*a*a*a*a*a*a*a*b", text));
    ck_assert_int_lt(clock() - start, CLOCKS_PER_SEC);
}
END_TEST

/* What the sample promises, and that mail people really send goes through. */
START_TEST(the_sample_blocks_programs_and_nothing_honest)
{
    static const char *const PROGRAMS[] = {
        "setup.exe",
        "SETUP.EXE.",
        "a.scr",
        "run.js",
        "x.vbs",
        "doc.pdf.exe",
        "a.lnk",
        "a.iso",
        "a.jar",
        "a.ps1",
        "a.hta",
        "book.xll",
        "=?utf-8?q?a=2Eexe?=",
        "a.exe.txt",
        "a.one",
    };
    static const char *const HONEST[] = {
        "report.pdf",     "photo.jpg",
        "amazon.com.pdf", "backup.tar.gz",
        "letter.docx",    "sheet.xlsx",
        "archive.zip",    "smime.p7s",
        "invite.ics",     "note.txt",
        "v1.2.3.txt",     "page.html",
        "signature.asc",  "forwarded message.eml",
    };
    static const char *const TYPES[] = {
        "application/x-dosexec",   "application/x-executable",  "application/x-pie-executable",
        "application/x-sharedlib", "application/x-mach-binary",
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(FilterRules) rules = filter_rules_load(SAMPLE_RULES, &error);

    ck_assert_msg(rules != NULL, "%s", error != NULL ? error->message : "");
    for (guint i = 0; i < G_N_ELEMENTS(PROGRAMS); i++)
        ck_assert_msg(match(rules, PROGRAMS[i], "application/octet-stream", 100, NULL) != NULL,
                      "%s passes", PROGRAMS[i]);
    for (guint i = 0; i < G_N_ELEMENTS(HONEST); i++)
        ck_assert_msg(match(rules, HONEST[i], "text/plain", 100, NULL) == NULL, "%s is blocked",
                      HONEST[i]);
    for (guint i = 0; i < G_N_ELEMENTS(TYPES); i++) {
        FilterSubject subject = {.name = "note.txt", .size = 100};
        ck_assert(filter_rules_need_type(rules, &subject));
        ck_assert_msg(match(rules, "note.txt", TYPES[i], 100, NULL) != NULL, "%s passes", TYPES[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules");
    TCase *tcase = tcase_create("rules");
    tcase_add_loop_test(tcase, bad_rules_are_refused_with_line_and_reason, 0, G_N_ELEMENTS(BAD));
    tcase_add_test(tcase, a_missing_file_is_refused);
    tcase_add_test(tcase, a_byte_order_mark_is_told_by_its_name);
    tcase_add_test(tcase, conditions_are_all_needed_and_patterns_one);
    tcase_add_test(tcase, the_first_rule_decides);
    tcase_add_test(tcase, other_readings_of_a_name_make_nothing_milder);
    tcase_add_test(tcase, true_types_are_asked_for_only_when_they_decide);
    tcase_add_test(tcase, kinds_of_deception_are_told_apart);
    tcase_add_test(tcase, parts_of_documents_need_to_be_meant);
    tcase_add_test(tcase, deceptive_names_match);
    tcase_add_test(tcase, globs_match_in_bounded_time);
    tcase_add_test(tcase, the_sample_blocks_programs_and_nothing_honest);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
