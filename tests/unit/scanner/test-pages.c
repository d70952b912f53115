/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-pages.c - which files are told of a page, and where a page ends that is written to cost
 * time.
 */
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "scanner/macro/macro-page.h"
#include "scanner/page/page-payload.h"
#include "scanner/page/page-piece.h"
#include "scanner/page/page-script.h"
#include "tests/unit/scanner/scanner-test.h"

enum {
    FILE_SIZE = 96, /* whose base64 has no padding; of one more it has */
    MOST = 1 << 20
};

typedef struct {
    const guint8 *wanted;
    gsize size;
    guint count, all;
} Told;

static gboolean on_file(PagePayloadKind kind, const char *type, const guint8 *data, gsize size,
                        gpointer user)
{
    Told *told = user;

    (void)kind, (void)type;
    told->all++;
    told->count += size == told->size && memcmp(data, told->wanted, size) == 0;
    return TRUE;
}

/* A PDF by its first bytes. */
static void make_file(guint8 *file, gsize size, char rest)
{
    static const char head[] = "%PDF-1.4\n\xff";

    memset(file, rest, size);
    memcpy(file, head, sizeof(head) - 1);
}

static gboolean is_told(const char *script, const guint8 *file, gsize size)
{
    g_autofree char *page = g_strconcat("<html><script>", script, "</script></html>", NULL);
    Told told = {.wanted = file, .size = size};

    ck_assert(page_payload_find(page, strlen(page), MOST, G_MAXUINT64, on_file, &told));
    return told.count > 0;
}

START_TEST(files_beside_each_other_are_told)
{
    static const struct {
        const char *before, *between, *behind;
        gsize size; /* of the first */
    } cases[] = {
        {"const a='", "'; const b='", "';", FILE_SIZE},
        {"f({a:'", "', b:'", "'});", FILE_SIZE},
        {"f(['", "', '", "']);", FILE_SIZE + 1},
    };
    guint8 one[FILE_SIZE + 1], other[FILE_SIZE];

    make_file(other, sizeof(other), 'b');
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *first = NULL, *second = g_base64_encode(other, sizeof(other));
        g_autofree char *script = NULL;

        make_file(one, cases[i].size, 'a');
        first = g_base64_encode(one, cases[i].size);
        script =
            g_strconcat(cases[i].before, first, cases[i].between, second, cases[i].behind, NULL);
        ck_assert_msg(is_told(script, one, cases[i].size), "the first of %s", cases[i].between);
        ck_assert_msg(is_told(script, other, sizeof(other)), "the second of %s", cases[i].between);
    }
}
END_TEST

START_TEST(what_is_coded_again_is_decoded)
{
    enum {
        TIMES = 4
    };
    guint8 file[FILE_SIZE];
    g_autofree char *coded = NULL, *script = NULL;

    make_file(file, sizeof(file), 'a');
    coded = g_base64_encode(file, sizeof(file));
    for (guint i = 1; i < TIMES; i++) {
        g_autofree char *inner = g_steal_pointer(&coded);

        coded = g_base64_encode((const guint8 *)inner, strlen(inner));
    }
    script = g_strdup_printf("f('%s');", coded);
    ck_assert(is_told(script, file, sizeof(file)));
}
END_TEST

START_TEST(pieces_are_one_file)
{
    enum {
        PIECE = 40,
        SIZE = 10 * FILE_SIZE /* one look in 64 signs meets a piece somewhere */
    };
    static const char *const between[] = {
        "'.concat('",         "'); d.push('",         "' + // c\n '",    "' // c\n + '",
        "'// c\n+\n// c\n '", "' /* c */ // c\n + '", "'; d += // c\n '"};
    guint8 file[SIZE];
    g_autofree char *coded = NULL;

    make_file(file, sizeof(file), 'a');
    coded = g_base64_encode(file, sizeof(file));
    for (gsize i = 0; i < G_N_ELEMENTS(between); i++) {
        g_autoptr(GString) script = g_string_new("var d = '");

        for (const char *at = coded; *at; at += MIN(strlen(at), PIECE))
            g_string_append_printf(script, "%s%.*s", at == coded ? "" : between[i], PIECE, at);
        g_string_append(script, "');");
        ck_assert_msg(is_told(script->str, file, sizeof(file)), "%s", between[i]);
    }
}
END_TEST

/* `A'; d +=     'B`: to the second quote, or back before the first. */
START_TEST(pieces_stand_near_each_other)
{
    enum {
        BLANKS = PAGE_PIECE_SEPARATOR_MAX - 8
    };

    for (guint blanks = BLANKS - 1; blanks <= BLANKS + 1; blanks++) {
        g_autofree char *text = g_strdup_printf("A'; d +=%*s'B", (int)blanks, "");
        const char *end = text + strlen(text);

        ck_assert_ptr_eq(page_piece_next(text + 1, end, FALSE), blanks > BLANKS ? NULL : end - 1);
        ck_assert_ptr_eq(page_piece_before(text, end - 1, FALSE),
                         blanks >= BLANKS ? NULL : text + 1);
    }
}
END_TEST

/* The last of them is two: letters, and what they are the code of. */
START_TEST(as_many_files_are_told_as_may_be)
{
    for (guint more = 0; more < 2; more++) {
        g_autoptr(GString) page = g_string_new("<html><script>");
        guint8 file[FILE_SIZE];
        Told told = {.wanted = file, .size = sizeof(file)};
        g_autofree char *coded = NULL, *again = NULL;

        make_file(file, sizeof(file), 'a');
        coded = g_base64_encode(file, sizeof(file));
        again = g_base64_encode((const guint8 *)coded, strlen(coded));
        for (guint i = 0; i < PAGE_PAYLOADS_MAX - 2 + more; i++)
            g_string_append_printf(page, "f('%s');\n", coded);
        g_string_append_printf(page, "f('%s');\n", again);
        ck_assert_int_eq(page_payload_find(page->str, page->len, MOST, G_MAXUINT64, on_file, &told),
                         more == 0);
        ck_assert_uint_eq(told.all, PAGE_PAYLOADS_MAX);
    }
}
END_TEST

/* As letters in either direction, or as a list of numbers. */
START_TEST(none_larger_than_may_be_is_told)
{
    guint8 file[FILE_SIZE];
    g_autoptr(GString) numbers = g_string_new(NULL);
    g_autofree char *coded = NULL, *turned = NULL;

    make_file(file, sizeof(file), 'a');
    coded = g_base64_encode(file, sizeof(file));
    turned = g_strreverse(g_strdup(coded));
    for (gsize i = 0; i < sizeof(file); i++)
        g_string_append_printf(numbers, "%u','", file[i]);
    const char *const texts[] = {coded, turned, numbers->str};

    for (gsize i = 0; i < 2 * G_N_ELEMENTS(texts); i++) {
        gboolean fits = i % 2 == 0;
        Told told = {.wanted = file, .size = sizeof(file)};
        g_autofree char *page = g_strdup_printf("<html><script>f(['%s']);", texts[i / 2]);

        ck_assert_int_eq(page_payload_find(page, strlen(page),
                                           fits ? sizeof(file) : sizeof(file) - 1, G_MAXUINT64,
                                           on_file, &told),
                         fits);
        ck_assert_msg((told.count > 0) == fits, "%s", texts[i / 2]);
    }
}
END_TEST

/* However it lies to what is looked at at once. */
static void check_at_each_place(const char *text, const guint8 *file, gsize size)
{
    for (guint blanks = 0; blanks < 70; blanks++) {
        g_autofree char *script = g_strdup_printf("%*s%s", (int)blanks, "", text);

        ck_assert_msg(is_told(script, file, size), "%u: %s", blanks, text);
    }
}

START_TEST(what_lies_far_apart_is_told_at_each_place)
{
    enum {
        PIECE = 30,   /* letters */
        ESCAPED = 20, /* one letter in so many */
        MANY = 12 * ESCAPED
    };
    guint8 file[MANY];
    g_autoptr(GString) numbers = g_string_new(NULL), pieces = g_string_new("<p>"),
                       escapes = g_string_new("f('");
    g_autofree char *coded = NULL;

    make_file(file, sizeof(file), 'a');
    for (gsize gap = 1; gap < 40; gap++) {
        g_autofree char *between = g_strnfill(gap, '|');

        g_string_truncate(numbers, 0);
        for (gsize i = 0; i < FILE_SIZE; i++)
            g_string_append_printf(numbers, "%u%s", file[i], between);
        ck_assert_msg(is_told(numbers->str, file, FILE_SIZE), "%zu", gap);
    }
    for (gsize i = 0; i < sizeof(file); i++)
        g_string_append_printf(escapes, i < 12 || i % ESCAPED == 0 ? "\\x%02x" : "%c", file[i]);
    g_string_append(escapes, "');");
    check_at_each_place(escapes->str, file, sizeof(file));
    coded = g_base64_encode(file, sizeof(file));
    for (gsize i = 0; i < strlen(coded); i += PIECE)
        g_string_append_printf(pieces, "%.*s</p><p>", PIECE, coded + i);
    check_at_each_place(pieces->str, file, sizeof(file));
}
END_TEST

/* Where there is no time to look to the end, something may be there. */
START_TEST(no_time_is_told)
{
    g_autoptr(GString) page = g_string_new("<html><script>");
    MacroDocument document;
    Told told = {0};

    while (page->len < 100000)
        g_string_append_printf(page, "t[%zu] = %zu;", page->len, page->len % 256);
    ck_assert(page_payload_find(page->str, page->len, MOST, G_MAXUINT64, on_file, &told));
    ck_assert(page_payload_matches(page->str, page->len, 0, 1));
    ck_assert(!page_payload_find(page->str, page->len, MOST, 1, on_file, &told));
    macro_document_init(&document, 1);
    macro_page_read(&document, page->str, page->len);
    ck_assert_str_eq(document.limit, "page-payloads");
    macro_document_clear(&document);
}
END_TEST

static guint replacements_of(PageScript *script, const char *text)
{
    page_script_read(script, text, strlen(text));
    return script->replacement_count;
}

START_TEST(scripts_are_read_up_to_a_limit)
{
    g_autofree PageScript *script = g_new0(PageScript, 1);
    g_autoptr(GString) calls = g_string_new(NULL), keys = g_string_new(NULL);
    PageScriptKey key;
    guint8 sample[64] = "%PDF-1.4\n";

    for (guint more = 0; more < 2; more++) {
        g_autofree char *signs = g_strnfill(PAGE_SCRIPT_PATTERN_MAX + more, '!');
        g_autofree char *set = g_strdup_printf("x.replace(/[%s]/g, '')", signs);
        g_autofree char *word = g_strdup_printf("x.replace('%s', '')", signs);
        g_autoptr(GString) choice = g_string_new("x.replace(/!");

        for (guint i = 1; i < PAGE_SCRIPT_REPLACEMENTS_MAX + more; i++)
            g_string_append(choice, "|!");
        g_string_append(choice, "/g, '')");
        ck_assert_uint_eq(replacements_of(script, set), !more);
        ck_assert_uint_eq(replacements_of(script, word), !more);
        ck_assert_uint_eq(replacements_of(script, choice->str),
                          more ? 0 : PAGE_SCRIPT_REPLACEMENTS_MAX);
    }
    for (guint i = 0; i < PAGE_SCRIPT_REPLACEMENTS_MAX - 1; i++)
        g_string_append(calls, "x.replace('!', '')");
    g_string_append(calls, "x.replace(/!|!/, '')");
    ck_assert_uint_eq(replacements_of(script, calls->str), PAGE_SCRIPT_REPLACEMENTS_MAX);

    for (guint i = 0; i < PAGE_SCRIPT_KEYS_MAX + 1; i++)
        g_string_append(keys, "f('key'");
    page_script_apply_key(&(PageScriptKey){"key", 3}, sample, sizeof(sample));
    page_script_read(script, keys->str, keys->len);
    ck_assert(page_script_find_key(script, sample, sizeof(sample), &key));
    ck_assert_uint_eq(script->key_count, PAGE_SCRIPT_KEYS_MAX);
    script->trials = 0;
    ck_assert(!page_script_find_key(script, sample, sizeof(sample), &key));
}
END_TEST

/* Met in its last piece, so that it is known where it begins and not where it ends. */
START_TEST(a_file_ends_before_another_text)
{
    guint8 file[FILE_SIZE];
    g_autofree char *coded = NULL, *script = NULL;

    make_file(file, sizeof(file), 'a');
    coded = g_base64_encode(file, sizeof(file));
    script = g_strdup_printf("f('%.40s'+'%s', '%s');", coded, coded + 40, coded);
    ck_assert(is_told(script, file, sizeof(file)));
}
END_TEST

/* Megabytes of what may stand in a list of numbers. */
START_TEST(hostile_pages_end_soon)
{
    enum {
        SIZE = 4 << 20,
        SECONDS = 5
    };
    static const char *const shapes[] = {
        " ",
        ",\n",
        "1 ,               ",
        "\\",
        "'A'+ ",
        "abc!",
        "d[1]=2;",
        "ff:",
        "%41 ",
        "\\x41\\",
        "'%41",
        "1-",
        "_",
        "'+'",
        "a=\"AAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAA\" ",
        "1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,x;"};

    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autoptr(GString) text = g_string_sized_new(SIZE + 200);
        clock_t begin = clock();

        g_string_append(text, "<html><script>");
        while (text->len < SIZE)
            g_string_append(text, shapes[i]);
        (void)page_payload_matches(text->str, text->len, 0, G_MAXUINT64);
        begin = clock() - begin;
        ck_assert_msg(begin < SECONDS * CLOCKS_PER_SEC, "%s: %.1f s", shapes[i],
                      (double)begin / CLOCKS_PER_SEC);
    }
}
END_TEST

/* Zeros are no file, and a thousand times smaller deflated. */
START_TEST(what_unpacks_to_nothing_has_an_end)
{
    enum {
        FEW = 3,
        MANY = 30
    };
    g_autofree guint8 *zeros = g_malloc0(MOST / 4), *packed = g_malloc(MOST);
    uLongf size = MOST;
    Told told = {0};
    g_autofree char *coded = NULL;

    ck_assert_int_eq(compress2(packed, &size, zeros, MOST / 4, 9), Z_OK);
    coded = g_base64_encode(packed, size);
    for (guint count = FEW; count <= MANY; count += MANY - FEW) {
        g_autoptr(GString) text = g_string_new("<html><script>");

        for (guint i = 0; i < count; i++)
            g_string_append_printf(text, "f%u(atob('%s'));\n", i, coded);
        g_string_append(text, "</script></html>");
        ck_assert(page_payload_matches(text->str, text->len, 0, G_MAXUINT64));
        ck_assert_int_eq(page_payload_find(text->str, text->len, MOST, G_MAXUINT64, on_file, &told),
                         count == FEW);
    }
}
END_TEST

SCANNER_TEST_MAIN("pages", SCANNER_TEST(files_beside_each_other_are_told),
                  SCANNER_TEST(what_is_coded_again_is_decoded), SCANNER_TEST(pieces_are_one_file),
                  SCANNER_TEST(pieces_stand_near_each_other),
                  SCANNER_TEST(as_many_files_are_told_as_may_be),
                  SCANNER_TEST(none_larger_than_may_be_is_told),
                  SCANNER_TEST(what_lies_far_apart_is_told_at_each_place),
                  SCANNER_TEST(no_time_is_told), SCANNER_TEST(scripts_are_read_up_to_a_limit),
                  SCANNER_TEST(a_file_ends_before_another_text),
                  SCANNER_TEST(hostile_pages_end_soon),
                  SCANNER_TEST(what_unpacks_to_nothing_has_an_end))
