/* SPDX-License-Identifier: GPL-2.0-or-later */
/* readings-test.c - reads messages as a worker does, in the process of each test. */
#include "tests/unit/scanner/readings-test.h"
#include "tests/run-suite.h"

#include <string.h>

JudgeRig *rig;

void parts_of(Judge *judge, const char *text, gsize size, const char *reference, char **ret_copy,
              Verdict *verdict)
{
    g_autoptr(Members) members = judge_members_new(judge);
    JudgeCopy copy = {.reference = reference};

    judge_parts(judge, text, size, FALSE, ret_copy ? &copy : NULL, members, verdict);
    if (ret_copy)
        *ret_copy = copy.bytes;
}

void read_parts(const char *text, gsize size, Verdict *verdict)
{
    *verdict = (Verdict){0};
    parts_of(judge_rig_judge(rig), text, size, NULL, NULL, verdict);
}

void expect(const char *what, const char *text, gsize size, StorehookVerdictKind kind,
            const char *name)
{
    Verdict verdict;

    read_parts(text, size, &verdict);
    ck_assert_msg(verdict.kind == kind && (!name || strcmp(verdict.name, name) == 0),
                  "%s: %s \"%s\"", what, verdict_kind_name(verdict.kind), verdict.name);
}

void put_text(GByteArray *out, const char *text)
{
    g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
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
char *message_with(const guint8 *data, gsize size)
{
    g_autofree char *lines = base64_lines(data, size);

    return g_strdup_printf(MIXED TEXT_PART "--b\r\n" ATTACHED "\r\n%s--b--\r\n", lines);
}

/* In the process of each test, so that a leak checker finds all freed there. */
static void set_up(void)
{
    rig = judge_rig_new(SIGNATURES, NULL);
}

static void take_down(void)
{
    rig = judge_rig_free(rig);
}

int readings_test_run(const char *name, const ScannerTest *tests, gsize count)
{
    Suite *suite = suite_create(name);

    for (gsize i = 0; i < count; i++) {
        TCase *one = tcase_create(tests[i].name);

        tcase_set_timeout(one, 120);
        tcase_add_checked_fixture(one, set_up, take_down);
        tcase_add_test(one, tests[i].test);
        suite_add_tcase(suite, one);
    }
    return run_suite(suite);
}
