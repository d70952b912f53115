/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-macros.c - the normal form of macros, the macro rule file, and what the bundled one says of
 * macros as honest people write them and of the others.
 */
#include <check.h>
#include <string.h>

#include "filters/macro-rules.h"
#include "filters/macro-text.h"
#include "tests/run-suite.h"

/* Expected values by hand from [MS-VBAL]. */
static const struct {
    const char *code, *expected;
} FORMS[] = {
    {"Sub  AutoOpen ( )\r\nEnd Sub\r\n", "sub autoopen()\nend sub\n"},
    {"x = Chr(65) & \"b\" & ChrW$(&H43)", "x=\"abc\"\n"},
    {"MsgBox StrReverse(\"olleh\")", "msgbox \"hello\"\n"},
    {"y = Replace(\"pzowzer\", \"z\", \"\")", "y=\"power\"\n"},
    {"a = \"Wscr\"\nb = \"ipt\"\nCreateObject(a & b + \".Shell\")",
     "a=\"wscr\"\nb=\"ipt\"\ncreateobject(\"wscript.shell\")\n"},
    {"s = \"p\"\ns = s & \"ow\" & \"er\"\ns = s + \"shell\"\nShell s, 0",
     "s=\"p\"\ns=s&\"ower\"\ns=s+\"shell\"\nshell \"powershell\",0\n"},
    {"Shell K\nConst K As String = \"cal\" & \"c\"",
     "shell \"calc\"\nconst k as string=\"calc\"\n"},
    {"n = 60\nz = Chr(n + 5 * 1)", "n=60\nz=\"a\"\n"},
    {"z = Chr(200 Xor 141)", "z=\"e\"\n"}, /* 0xc8 ^ 0x8d = 0x45 */
    {"a = 1 ' CreateObject(\"no\")\nRem Shell\nb=2", "a=1\nb=2\n"},
    {"t = \"a\" & _\r\n  \"b\"", "t=\"ab\"\n"},
    {"q = \"say \"\"hi\"\"\"", "q=\"say \"hi\"\"\n"},
    {"If x Then y = \"sh\" Else y = f(1)\nz = y", "if x then y=\"sh\" else y=f(1)\nz=y\n"},
    {"w = Mid(\"xxShellyy\", 3, 5) & Left(\"ab\", 1) & Right(\"cd\", 1)", "w=\"shellad\"\n"},
    {"v = VBA.Chr(97) & Strings.LCase(\"B\")", "v=\"ab\"\n"},
    {"f.x = y\nu = obj.s", "f.x=y\nu=obj.s\n"},
    {"a = Chr(x) & \"k\"", "a=chr(x)&\"k\"\n"},
    {"a: b = \"c\"\nf x:=1", "a\nb=\"c\"\nf x:=1\n"},
    {"z = Chr(0) & ChrW(65535)", "z=\" \xef\xbf\xbf\"\n"},
    {"z = ChrW(65536)", "z=chrw(65536)\n"},
    {"z = Chr(65, 66)", "z=chr(65,66)\n"},
    {"z = Replace(\"abc\", \"b\")", "z=replace(\"abc\",\"b\")\n"},
    {"z = Asc(\"\")", "z=asc(\"\")\n"},
    {"s = \"a\"\nu = obj.s & \"b\"", "s=\"a\"\nu=obj.s&\"b\"\n"},
    {"z = \"6a\" + 1", "z=\"6a\"+1\n"},
    /* What has no value */
    {"z = 1 / 0", "z=1/0\n"},
    {"z = (-9223372036854775807 - 1) / -1", "z=-9223372036854775808/-1\n"},
};

START_TEST(code_is_brought_to_the_normal_form)
{
    g_autoptr(GString) out = g_string_new(NULL), tricks = g_string_new(NULL);

    ck_assert(macro_text_normalize(FORMS[_i].code, strlen(FORMS[_i].code), MACRO_DIALECT_BASIC, out,
                                   tricks));
    ck_assert_str_eq(out->str, FORMS[_i].expected);
}
END_TEST

START_TEST(tricks_are_told)
{
    static const struct {
        const char *piece;
        guint count; /* from which on it is one */
        const char *trick;
    } cases[] = {{"a = StrReverse(\"ba\")\n", 1, "string-reverse\n"},
                 {"a = Replace(\"ab\", \"b\", \"c\")\n", 1, "replace-text\n"},
                 {"a = Chr(65)\n", 8, "chr-chain\n"},
                 {"a = \"abcde\" & \"abcd\"\n", 20, "split-strings\n"},
                 {"a = \"abcd\" & \"abcde\"\n", G_MAXUINT, ""}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (guint count = 0; count <= 20; count++) {
            g_autoptr(GString) code = g_string_new(NULL), out = g_string_new(NULL);
            g_autoptr(GString) tricks = g_string_new(NULL);

            for (guint j = 0; j < count; j++)
                g_string_append(code, cases[i].piece);
            ck_assert(macro_text_normalize(code->str, code->len, MACRO_DIALECT_BASIC, out, tricks));
            ck_assert_str_eq(tricks->str, count < cases[i].count ? "" : cases[i].trick);
        }
}
END_TEST

START_TEST(formulas_see_their_cells)
{
    static const char code[] =
        "sheet1!a1=\"cm\"\nsheet1!a2=\"d.exe\"\n"
        "sheet1!a3=EXEC(LEFT(sheet1!$A$1)&RIGHT(sheet1!a1)&sheet1!a2&CHAR(32)&\"/c\")\n";
    g_autoptr(GString) out = g_string_new(NULL), tricks = g_string_new(NULL);

    ck_assert(macro_text_normalize(code, strlen(code), MACRO_DIALECT_FORMULA, out, tricks));
    ck_assert_msg(strstr(out->str, "exec(\"cmd.exe /c\")") != NULL, "%s", out->str);
}
END_TEST

static gboolean normalize_repeated(const char *piece, guint count, gsize *ret_size)
{
    g_autoptr(GString) code = g_string_new(NULL), out = g_string_new(NULL);
    g_autoptr(GString) tricks = g_string_new(NULL);
    gboolean whole;

    for (guint i = 0; i < count; i++)
        g_string_append(code, piece);
    whole = macro_text_normalize(code->str, code->len, MACRO_DIALECT_BASIC, out, tricks);
    *ret_size = out->len;
    return whole;
}

START_TEST(limits_are_told)
{
    gint64 begin = g_get_monotonic_time();
    gsize size;

    /* Deeper than evaluated, but written as it stands. */
    ck_assert(normalize_repeated("((((((((chr(", 30000, &size));
    ck_assert(!normalize_repeated("abcdefgh\n", MACRO_TEXT_MAX / 9 + 1, &size));
    ck_assert(!normalize_repeated("((", MACRO_TOKENS_MAX / 2 + 1, &size));
    /* A text that doubles, and its use again and again. */
    ck_assert(!normalize_repeated("x=x&\"0123456789abcdef\"\nx=x&x&x\ny=x&x&x&x\n", 60000, &size));
    ck_assert_uint_lt(size, 3 * MACRO_TEXT_MAX);
    ck_assert_int_lt(g_get_monotonic_time() - begin, 60 * G_USEC_PER_SEC);
}
END_TEST

/* --- The rule file ---------------------------------------------------------------- */

#define HEAD "[scoring]\nthreshold=10\n[class c]\nmost=20\n"
#define RULE "class=c\nweight=1\nin=basic\nfind=ab"

static const struct {
    const char *text, *message;
} BAD[] = {
    {"", "m.conf:1: there is no [scoring]"},
    {"threshold=1\n", "m.conf:1: a key before"},
    {"[scoring]\n", "m.conf:1: [scoring] has no threshold"},
    {"[scoring]\nthreshold=0\n", "m.conf:2: threshold=0 is not"},
    {"[scoring]\nthreshold=1\n[scoring]\n", "m.conf:3: a second [scoring]"},
    {"[scoring]\nthreshold=1\nthreshold=1\n", "m.conf:3: threshold stands twice"},
    {"[what]\n", "m.conf:1: unknown section [what]"},
    {"[class C]\n", "m.conf:1: a name has"},
    {HEAD "[class c]\n", "m.conf:5: a second class"},
    {HEAD "[class a_b]\n", "m.conf:5: a name has"},
    {HEAD "[class a0123456789012345678901234567890123456789]\n", "m.conf:5: a name has"},
    {HEAD "[class a012345678901234567890123456789012345678]\n", "m.conf:5: class a0123"},
    {HEAD "[class d]\n", "m.conf:5: class d has no most"},
    {HEAD "[rule r]\nclass=d\n", "m.conf:6: class=d: no [class d]"},
    {HEAD "[rule r]\nclass=c\nweight=1\nin=basic\n", "m.conf:5: rule r has no find"},
    {HEAD "[rule r]\nclass=c\nin=basic\nfind=ab\n", "m.conf:5: rule r has no weight"},
    {HEAD "[rule r]\nin=vba\n",
     "m.conf:6: in=vba is none of basic, formula, field, object, link, trick, page"},
    {HEAD "[rule r]\nfind=Shell\n", "m.conf:6: find=Shell: macros are matched in lower"},
    {HEAD "[rule r]\nfind=*a\n", "m.conf:6: find=*a: a star"},
    {HEAD "[rule r]\nfind=a\n", "m.conf:6: find=a: one letter"},
    {HEAD "[rule r]\nfind=a  b\n", "m.conf:6: find=a  b: macros are matched with single"},
    {HEAD "[rule r]\nfind=;\n", "m.conf:6: find is empty"},
    {HEAD "[rule r]\nfnd=ab\n", "m.conf:6: unknown key fnd"},
    {HEAD "[rule r]\nhello\n", "m.conf:6: neither a section"},
    {HEAD "# \xff\n", "m.conf:5: not UTF-8"},
};

START_TEST(bad_files_are_refused_with_line_and_reason)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(macro_rules_parse("m.conf", BAD[_i].text, strlen(BAD[_i].text), &error));
    ck_assert_msg(error != NULL && g_str_has_prefix(error->message, BAD[_i].message), "%s",
                  error ? error->message : "no error");
}
END_TEST

/* The smallest file, and `count` pieces more, which have a number where something follows it. */
static void check_most(const char *piece, const char *follows, guint count, const char *message)
{
    g_autoptr(GString) file = g_string_new(HEAD "[rule r]\n" RULE);
    g_autoptr(MacroRules) rules = NULL;
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < count; i++) {
        g_string_append(file, piece);
        if (follows != NULL)
            g_string_append_printf(file, "%u]\n%s", i, follows);
    }
    rules = macro_rules_parse("m.conf", file->str, file->len, &error);
    ck_assert_int_eq(rules == NULL, message != NULL);
    ck_assert(message == NULL || strstr(error->message, message) != NULL);
}

START_TEST(the_file_has_limits)
{
    /* One of each is there. */
    check_most(";bc", NULL, MACRO_RULE_PHRASES_MAX - 1, NULL);
    check_most(";bc", NULL, MACRO_RULE_PHRASES_MAX, "more than 100 phrases");
    check_most("\n[class c", "most=1", MACRO_CLASSES_MAX - 1, NULL);
    check_most("\n[class c", "most=1", MACRO_CLASSES_MAX, "more than 50 classes");
    check_most("\n[rule r", RULE, MACRO_RULES_MAX - 1, NULL);
    check_most("\n[rule r", RULE, MACRO_RULES_MAX, "more than 1000 rules");
}
END_TEST

static guint total(const char *rule, const char *text)
{
    g_autofree char *file =
        g_strconcat(HEAD "[rule r]\nclass=c\nweight=15\nin=basic\n", rule,
                    "\n[rule again]\nclass=c\nweight=15\nin=basic\n", rule, NULL);
    g_autoptr(MacroRules) rules = macro_rules_parse("m.conf", file, strlen(file), NULL);
    g_autoptr(MacroScore) score = macro_score_new(rules);

    macro_score_add(score, MACRO_SOURCE_FIELD, text, strlen(text));
    ck_assert_uint_eq(macro_score_total(score), 0);
    macro_score_add(score, MACRO_SOURCE_BASIC, text, strlen(text));
    return macro_score_total(score);
}

START_TEST(phrases_match_words_lines_and_stars)
{
    /* Two rules of 15 in a class of 20. */
    ck_assert_uint_eq(total("find=shell", "a\nshell \"x\"\n"), 20);
    ck_assert_uint_eq(total("find=shell", "myshell\nshells\n_shell\n"), 0);
    ck_assert_uint_eq(total("find=shell", "myshell shell"), 20);
    ck_assert_uint_eq(total("find=a*b", "a x b"), 20);
    ck_assert_uint_eq(total("find=a*b", "a\nb"), 0);
    ck_assert_uint_eq(total("find=aa*b", "aa\naa b"), 20);
    ck_assert_uint_eq(total("find=a*b*c", "a c b"), 0);
    ck_assert_uint_eq(total("find=.exe\"", "\"a.exe\""), 20);
    ck_assert_uint_eq(total("find=exec(*", "b1=exec(\"x\")"), 20);
    ck_assert_uint_eq(total("find=aa\nwith=bb", "aa\ncc"), 0);
    ck_assert_uint_eq(total("find=aa\nwith=cc;bb", "aa\nbb"), 20);
}
END_TEST

START_TEST(reasons_are_named_heaviest_first_and_cut_with_a_sign)
{
    static const char file[] = HEAD "[rule light]\nclass=c\nweight=1\nin=basic\nfind=aa\n"
                                    "[rule heavy]\nclass=c\nweight=9\nin=basic\nfind=bb\n"
                                    "[rule also]\nclass=c\nweight=9\nin=basic\nfind=cc\n";
    g_autoptr(MacroRules) rules = macro_rules_parse("m.conf", file, strlen(file), NULL);
    g_autoptr(MacroScore) score = macro_score_new(rules);
    char reasons[64];

    macro_score_add(score, MACRO_SOURCE_BASIC, "bb", 2);
    ck_assert(!macro_score_is_suspicious(score, reasons, sizeof(reasons)));
    macro_score_add(score, MACRO_SOURCE_BASIC, "aa", 2);
    ck_assert(macro_score_is_suspicious(score, reasons, sizeof(reasons)));
    ck_assert_str_eq(reasons, "heavy,light");
    ck_assert(macro_score_is_suspicious(score, reasons, 10));
    ck_assert_str_eq(reasons, "heavy...");
    ck_assert(macro_score_is_suspicious(score, reasons, 12));
    ck_assert_str_eq(reasons, "heavy,light");
    ck_assert(macro_score_is_suspicious(score, reasons, 11));
    ck_assert_str_eq(reasons, "heavy...");
    ck_assert(macro_score_is_suspicious(score, reasons, 8));
    ck_assert_str_eq(reasons, "...");
    macro_score_add(score, MACRO_SOURCE_BASIC, "cc", 2);
    ck_assert(macro_score_is_suspicious(score, reasons, sizeof(reasons)));
    ck_assert_str_eq(reasons, "also,heavy,light");
}
END_TEST

/* --- The bundled file ------------------------------------------------------------- */

static guint bundled_total(const char *code, char *reasons, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MacroRules) rules = macro_rules_load(MACRO_RULES, &error);
    g_autoptr(GString) out = g_string_new(NULL), tricks = g_string_new(NULL);
    g_autoptr(MacroScore) score = NULL;

    ck_assert_msg(rules != NULL, "%s", error ? error->message : "");
    score = macro_score_new(rules);
    ck_assert(macro_text_normalize(code, strlen(code), MACRO_DIALECT_BASIC, out, tricks));
    macro_score_add(score, MACRO_SOURCE_BASIC, out->str, out->len);
    macro_score_add(score, MACRO_SOURCE_TRICK, tricks->str, tricks->len);
    reasons[0] = '\0';
    (void)macro_score_is_suspicious(score, reasons, size);
    return macro_score_total(score);
}

static const char *const HONEST[] = {
    /* a date at opening */
    "Private Sub Workbook_Open()\nSheets(1).Range(\"B2\").Value = Date\nEnd Sub\n",
    /* a formatting helper */
    "Sub FormatTable()\nDim c As Range\nFor Each c In Selection\nc.Font.Bold = True\n"
    "c.NumberFormat = \"#,##0.00\" & Chr(10)\nNext\nEnd Sub\n",
    /* a report, with a file on disk and a mail by Outlook */
    "Sub Report()\nDim f As Object, o As Object\n"
    "Set f = CreateObject(\"Scripting.FileSystemObject\").CreateTextFile(\"C:\\r.csv\")\n"
    "For i = 1 To 100\nf.WriteLine Cells(i, 1) & \";\" & Replace(Cells(i, 2), \",\", \".\")\nNext\n"
    "Set o = CreateObject(\"Outlook.Application\").CreateItem(0)\no.Subject = \"Report\"\no.Send\n"
    "End Sub\n",
    /* exchange rates at opening */
    "Private Sub Workbook_Open()\nSet h = CreateObject(\"MSXML2.XMLHTTP\")\n"
    "h.Open \"GET\", \"https://rates.example/eur.xml\", False\nh.Send\n"
    "Range(\"A1\") = h.responseText\nEnd Sub\n",
    /* a button that shows a folder */
    "Sub ShowFolder_Click()\nShell \"explorer.exe \" & ThisWorkbook.Path, vbNormalFocus\nEnd Sub\n",
    /* an address block with Chr and a form */
    "Sub AutoNew()\nUserForm1.Show\nSelection.TypeText UserForm1.Label1.Caption & Chr(13) & "
    "Chr(10)\n"
    "ActiveDocument.Fields.Update\nEnd Sub\n",
    /* export of the modules by a developer */
    "Sub ExportAll()\nDim c\nFor Each c In ThisWorkbook.VBProject.VBComponents\n"
    "c.Export ThisWorkbook.Path & \"\\\" & c.Name & \".bas\"\nNext\nEnd Sub\n",
};

START_TEST(honest_macros_stay_honest)
{
    char reasons[100];
    guint sum = bundled_total(HONEST[_i], reasons, sizeof(reasons));

    ck_assert_msg(reasons[0] == '\0', "%u: %s", sum, reasons);
}
END_TEST

static const struct {
    const char *code, *reason;
} BAD_CODE[] = {
    {"Sub AutoOpen()\nShell \"calc\"\nEnd Sub\n", "shell"},
    {"Sub Document_Open()\nSet s = CreateObject(Chr(87) & Chr(83) & \"cript.Sh\" & \"ell\")\n"
     "s.Run \"x\"\nEnd Sub\n",
     "script-host"},
    {"Sub Workbook_Open()\nx = "
     "StrReverse(\"llehsrewop\")\nGetObject(\"winmgmts:\").Get(\"Win32_Process\")"
     ".Create x\nEnd Sub\n",
     "wmi"},
    {"Private Declare PtrSafe Function URLDownloadToFileA Lib \"urlmon\" (ByVal a As Long)\n"
     "Sub AutoOpen()\nURLDownloadToFileA 0\nEnd Sub\n",
     "download"},
    {"Sub Document_Close()\nNormalTemplate.VBProject.VBComponents.Import \"c:\\a.sys\"\nEnd Sub\n",
     "copies-modules"},
    {"Sub Document_Open()\nSet h = CreateObject(\"MSXML2.XMLHTTP\")\nSet a = "
     "CreateObject(\"ADODB.Stream\")"
     "\na.SaveToFile \"c:\\x.exe\"\nEnd Sub\n",
     "http-client"},
    {"Sub Go()\nk = \"WSc\" & \"ript\" & \".She\" & \"ll\"\nCreateObject(k).Run d(\"zz\")\nEnd "
     "Sub\n"
     "Function d(s)\nFor i = 1 To Len(s)\nd = d & Chr(Asc(Mid(s, i, 1)) Xor 7)\nNext\nEnd "
     "Function\n",
     "decoder"},
};

START_TEST(bad_macros_are_seen_through)
{
    char reasons[200];
    guint sum = bundled_total(BAD_CODE[_i].code, reasons, sizeof(reasons));

    ck_assert_msg(strstr(reasons, BAD_CODE[_i].reason) != NULL, "%u: %s", sum, reasons);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("macros");
    TCase *tests = tcase_create("macros");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, code_is_brought_to_the_normal_form, 0, G_N_ELEMENTS(FORMS));
    tcase_add_test(tests, tricks_are_told);
    tcase_add_test(tests, formulas_see_their_cells);
    tcase_add_test(tests, limits_are_told);
    tcase_add_loop_test(tests, bad_files_are_refused_with_line_and_reason, 0, G_N_ELEMENTS(BAD));
    tcase_add_test(tests, the_file_has_limits);
    tcase_add_test(tests, phrases_match_words_lines_and_stars);
    tcase_add_test(tests, reasons_are_named_heaviest_first_and_cut_with_a_sign);
    tcase_add_loop_test(tests, honest_macros_stay_honest, 0, G_N_ELEMENTS(HONEST));
    tcase_add_loop_test(tests, bad_macros_are_seen_through, 0, G_N_ELEMENTS(BAD_CODE));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
