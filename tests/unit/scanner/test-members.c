/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-members.c - the list of what lies inside: limits, paths, storing; what the watch makes of
 * libclamav's callbacks; and that a verdict never comes without its list. */
#include "scanner/scan/member-watch.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scanner/archive/archive-end.h"
#include "scanner/archive/archive-kind.h"
#include "scanner/archive/zip-layout.h"
#include "scanner/common/verdict-cache.h"
#include "scanner/scan/xml-bounds.h"
#include "scanner/type/program-type.h"
#include "tests/unit/scanner/scanner-test.h"

static guint add(Members *members, guint parent, const char *name)
{
    const Member member = {.parent = parent, .name = name, .type = "text/plain", .size = 7};

    return members_add(members, &member);
}

static void check_path(const Members *members, guint number, const char *wanted)
{
    g_autofree char *path = members_path(members, number);

    ck_assert_str_eq(path, wanted);
}

START_TEST(paths_are_fit_to_be_shown)
{
    g_autoptr(Members) members = members_new(10, 100000);
    g_autofree char *longest = g_strnfill(5000, 'x');
    guint zip = add(members, 0, "a.zip"), seven = add(members, zip, "");

    check_path(members, add(members, seven, "d/e\n\"f.txt"), "a.zip/#2/d/e??f.txt");
    check_path(members, add(members, zip, "\xff\xfe.exe"), "a.zip/\xef\xbf\xbd\xef\xbf\xbd.exe");
    check_path(members, add(members, zip, "gpj\xe2\x80\xae.exe"), "a.zip/gpj?.exe");
    g_autofree char *end = members_path(members, add(members, zip, longest));
    ck_assert_uint_le(strlen(end), MEMBERS_PATH_MAX);
}
END_TEST

START_TEST(limits_cut_the_list)
{
    g_autoptr(Members) few = members_new(2, 100000), small = members_new(1000, 300);
    guint count = 0;

    ck_assert_uint_eq(add(few, 0, "a"), 1);
    ck_assert_uint_eq(add(few, 0, "b"), 2);
    ck_assert(!members_is_cut(few));
    ck_assert_uint_eq(add(few, 0, "c"), 0);
    ck_assert(members_is_cut(few));
    while (add(small, 0, "name") != 0)
        count++;
    ck_assert(members_is_cut(small));
    ck_assert_uint_eq(members_count(small), count);
    g_autoptr(GBytes) bytes = members_store(small);
    ck_assert_uint_le(g_bytes_get_size(bytes), 300);
    g_autoptr(Members) loaded =
        members_load(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    ck_assert_msg(members_is_cut(loaded), "a cut list came back whole");
}
END_TEST

START_TEST(is_stored_and_loaded)
{
    g_autoptr(Members) members = members_new(10, 100000);
    guint zip = add(members, 0, "a.zip"), inner = add(members, zip, "b.exe");

    members_set_type(members, inner, "application/x-dosexec", TRUE);
    members_set_culprit(members, inner);
    g_autoptr(GBytes) bytes = members_store(members);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autoptr(Members) loaded = members_load(data, size);
    ck_assert_uint_eq(members_count(loaded), 2);
    ck_assert_uint_eq(members_culprit(loaded), inner);
    ck_assert_str_eq(members_get(loaded, inner).type, "application/x-dosexec");
    ck_assert_uint_eq(members_get(loaded, inner).flags, MEMBER_TYPE_SURE | MEMBER_SEEN);
    check_path(loaded, inner, "a.zip/b.exe");
    for (gsize cut = 0; cut < size; cut++)
        ck_assert_msg(members_load(data, cut) == NULL, "cut at %zu", cut);
}
END_TEST

static void watch_zip(MemberWatch *watch)
{
    member_watch_open(watch, &(ScannedObject){.type = "CL_TYPE_ZIP", .data = "PK", .size = 2});
}

static void watch_text(MemberWatch *watch, const char *name)
{
    member_watch_open(
        watch,
        &(ScannedObject){
            .level = 1, .type = "CL_TYPE_TEXT_ASCII", .name = name, .data = "text", .size = 4});
}

/* The calls that libclamav makes for a zip with one member of either kind. */
START_TEST(what_is_named_must_be_opened)
{
    g_autoptr(Members) members = members_new(10, 100000);
    MemberWatch watch;

    member_watch_init(&watch, members, 0, NULL, NULL);
    watch_zip(&watch);
    for (guint twice = 0; twice < 2; twice++)
        member_watch_named(&watch, "CL_TYPE_ZIP", "d/a.txt", 100, FALSE, 1);
    member_watch_named(&watch, "CL_TYPE_ZIP", "b.txt", 100, FALSE, 2);
    watch_text(&watch, "a.txt");
    member_watch_alarm(&watch);
    member_watch_close(&watch);
    watch.has_alarm = FALSE;
    member_watch_close(&watch);
    ck_assert_uint_eq(members_count(members), 2);
    check_path(members, 1, "d/a.txt");
    check_path(members, 2, "b.txt");
    ck_assert_uint_eq(members_culprit(members), 1);
    ck_assert_uint_eq(watch.rests->len, 1);
    ck_assert(!watch.has_disguised && !watch.has_encrypted);
    member_watch_clear(&watch);
}
END_TEST

START_TEST(a_mail_has_names_and_no_rests)
{
    g_autoptr(Members) members = members_new(10, 100000);
    MemberWatch watch;

    member_watch_init(&watch, members, 0, NULL, NULL);
    watch.is_mail = TRUE;
    watch_zip(&watch);
    member_watch_named(&watch, "CL_TYPE_ZIP", "b.txt", 100, FALSE, 1);
    member_watch_close(&watch);
    check_path(members, 1, "b.txt");
    ck_assert_ptr_null(watch.rests);
    member_watch_clear(&watch);
}
END_TEST

START_TEST(two_names_for_one_member)
{
    static const struct {
        const char *directory, *local;
        gboolean is_disguised;
    } cases[] = {
        {"a.txt", "a.exe", TRUE}, {"a\\b.txt", "a/b.txt", FALSE}, {"A.TXT", "a.txt", FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Members) members = members_new(10, 100000);
        MemberWatch watch;

        member_watch_init(&watch, members, 0, NULL, NULL);
        watch_zip(&watch);
        member_watch_named(&watch, "CL_TYPE_ZIP", cases[i].directory, 100, FALSE, 1);
        member_watch_named(&watch, "CL_TYPE_ZIP", cases[i].local, 100, FALSE, 1);
        watch_text(&watch, cases[i].local);
        member_watch_close(&watch);
        member_watch_close(&watch);
        ck_assert_int_eq(watch.has_disguised, cases[i].is_disguised);
        ck_assert_ptr_null(watch.rests);
        member_watch_clear(&watch);
    }
}
END_TEST

static GBytes *numbered_list(guint number, gsize size)
{
    guint8 *bytes = g_malloc(size);

    memset(bytes, (int)number, size);
    return g_bytes_new_take(bytes, size);
}

START_TEST(no_verdict_without_its_list)
{
    enum {
        SIZE = 100000,
        COUNT = 200 /* twice what there is room for */
    };
    int fd = verdict_cache_create(1024);
    VerdictCache *cache = verdict_cache_map(fd);
    guint found = 0;

    close(fd);
    for (guint i = 0; i < COUNT; i++) {
        g_autoptr(GBytes) list = numbered_list(i, SIZE);
        guint8 digest[STOREHOOK_DIGEST_SIZE] = {(guint8)i, 1, 2, 3};
        Verdict verdict = {.size = i};
        VerdictKey key;

        verdict_key_init(&key, digest, "v", VERDICT_CACHE_CONTENT);
        verdict_cache_add(cache, &key, &verdict, list, TRUE);
    }
    for (guint i = 0; i < COUNT; i++) {
        guint8 digest[STOREHOOK_DIGEST_SIZE] = {(guint8)i, 1, 2, 3};
        g_autoptr(GBytes) wanted = numbered_list(i, SIZE), list = NULL;
        VerdictKey key;
        Verdict verdict;

        verdict_key_init(&key, digest, "v", VERDICT_CACHE_CONTENT);
        if (!verdict_cache_find(cache, &key, &verdict, &list))
            continue;
        found++;
        ck_assert_msg(list && g_bytes_equal(list, wanted), "%u has another's list", i);
    }
    ck_assert_uint_gt(found, COUNT / 4);
    ck_assert_uint_lt(found, COUNT);
    verdict_cache_unmap(cache);
}
END_TEST

/* --- What is written to cost time: each of these would take minutes by going the long way. --- */

static void put(GByteArray *to, guint64 number, guint size)
{
    for (guint i = 0; i < size; i++) {
        guint8 byte = i < sizeof(number) ? (guint8)(number >> 8 * i) : 0;

        g_byte_array_append(to, &byte, 1);
    }
}

static void put_bytes(GByteArray *to, const char *text, gsize size)
{
    g_byte_array_append(to, (const guint8 *)text, (guint)size);
}

/* Of the processor: other tests run beside this one. */
static double seconds_since(clock_t begin)
{
    return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

static void put_local(GByteArray *zip, guint packed)
{
    put_bytes(zip, "PK\3\4\24\0\0\0\10\0", 10);
    put(zip, 0, 8); /* time, date, checksum */
    put(zip, packed, 4);
    put(zip, packed, 4);
    put_bytes(zip, "\1\0\0\0a", 5);
}

static void put_entry(GByteArray *zip, guint packed, guint place)
{
    put_bytes(zip, "PK\1\2\24\0\24\0\0\0\10\0", 12);
    put(zip, 0, 8);
    put(zip, packed, 4);
    put(zip, packed, 4);
    put(zip, 1, 14); /* the name's length; no extra, no comment */
    put(zip, place, 4);
    put_bytes(zip, "a", 1);
}

static void put_end(GByteArray *zip, guint entries, guint length, guint place)
{
    put_bytes(zip, "PK\5\6\0\0\0\0", 8);
    put(zip, entries, 2);
    put(zip, entries, 2);
    put(zip, length, 4);
    put(zip, place, 4);
    put(zip, 0, 2);
}

/* Sixty thousand entries for one member of 20 MB. */
START_TEST(a_zip_that_shares_its_bytes_is_told_at_once)
{
    enum {
        BODY = 20000000,
        ENTRIES = 60000
    };
    g_autoptr(GByteArray) zip = g_byte_array_new();
    g_autofree char *body = g_strnfill(BODY, 'A');
    clock_t begin = clock();
    ZipLayout layout;
    guint directory;

    put_local(zip, BODY);
    put_bytes(zip, body, BODY);
    directory = zip->len;
    for (guint i = 0; i < ENTRIES; i++)
        put_entry(zip, BODY, 0);
    put_end(zip, ENTRIES, zip->len - directory, directory);

    ck_assert(zip_layout_look(zip->data, zip->len, NULL, NULL, &layout));
    ck_assert(layout.has_overlap);
    ck_assert_msg(seconds_since(begin) < 5, "%f s", seconds_since(begin));
}
END_TEST

/* Places and lengths that lead out of the file. */
START_TEST(a_zip_is_read_within_its_bytes)
{
    static const struct {
        guint packed, place, more; /* of the directory's length, than it has */
        gboolean is_known, has_lost;
    } cases[] = {
        {0, 0, 0, TRUE, FALSE},
        {0xfffffff0, 0, 0, TRUE, TRUE},
        {0, 20, 0, TRUE, TRUE},
        {0, 0, 1000, FALSE, TRUE},
    };
    enum {
        FILLER = 1025
    };
    g_autoptr(GByteArray) many = g_byte_array_new(), large = g_byte_array_new();
    g_autoptr(GByteArray) shifted = g_byte_array_new();
    ZipLayout layout;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GByteArray) zip = g_byte_array_new();
        guint directory;

        put_local(zip, 0);
        directory = zip->len;
        put_entry(zip, cases[i].packed, cases[i].place);
        put_end(zip, 1, zip->len - directory + cases[i].more, directory);
        ck_assert_int_eq(zip_layout_look(zip->data, zip->len, NULL, NULL, &layout),
                         cases[i].is_known);
        ck_assert_int_eq(layout.has_lost, cases[i].has_lost);
    }
    /* What stands before the zip shifts a place out of it. */
    put(shifted, 0, FILLER);
    put_entry(shifted, 0, FILLER);
    put_end(shifted, 1, shifted->len - FILLER, 0);
    ck_assert(zip_layout_look(shifted->data, shifted->len, NULL, NULL, &layout));
    ck_assert(layout.has_lost);
    /* More hidden members than are told, each before one that is known. */
    for (guint i = 0; i < 2 * (ZIP_LAYOUT_GAPS_MAX + 1); i++)
        put_local(many, 0);
    guint head = many->len / (2 * (ZIP_LAYOUT_GAPS_MAX + 1)), directory = many->len;
    for (guint i = 0; i <= ZIP_LAYOUT_GAPS_MAX; i++)
        put_entry(many, 0, (2 * i + 1) * head);
    put_end(many, ZIP_LAYOUT_GAPS_MAX + 1, many->len - directory, directory);
    ck_assert(zip_layout_look(many->data, many->len, NULL, NULL, &layout));
    ck_assert_uint_eq(layout.gaps, ZIP_LAYOUT_GAPS_MAX);
    /* APPNOTE.TXT 4.3.14 and 4.3.15: its record stands elsewhere than the locator says. */
    put_local(large, G_MAXUINT32);
    put_entry(large, 0, 0);
    put_bytes(large, "PK\6\6", 4);
    put(large, 0, 36);
    put(large, large->len - head - 40, 8);
    put(large, head, 8);
    put_bytes(large, "PK\6\7\0\0\0\0", 8);
    put(large, G_GUINT64_CONSTANT(1) << 62, 8);
    put(large, 1, 4);
    put_end(large, 0xffff, G_MAXUINT32, G_MAXUINT32);
    ck_assert(zip_layout_look(large->data, large->len, NULL, NULL, &layout));
    ck_assert(!layout.has_lost && !layout.has_contradiction);
    /* What stands behind it is found though its length is not where it was. */
    put_bytes(large, "a", 1);
    put(large, 0, 40);
    ck_assert_uint_eq(archive_end_find(large->data, large->len), large->len - 41);
}
END_TEST

START_TEST(archives_are_told_by_their_heads)
{
    static const guint8 frame[] = "\x50\x2a\x4d\x18\xff\xff\xff\xff text";
    g_autofree guint8 *disk = g_malloc0(2048), *gzip = g_malloc(1000);
    const guint8 *data = frame;
    gsize size = sizeof(frame);

    archive_kind_skip_frames(&data, &size); /* longer than all */
    ck_assert_ptr_eq(data, frame);
    ck_assert_uint_eq(size, sizeof(frame));
    for (guint footer = 510; footer <= 513; footer++) { /* by Virtual PC of old: 511 */
        memset(disk, 0, 2048);
        memcpy(disk + 2048 - footer, "conectix", 8);
        ck_assert_int_eq(archive_kind_is_packed(disk, 2048), footer == 511 || footer == 512);
    }
    /* A word that belongs to the head of a tar, where none has room for one. */
    memset(gzip, 'x', 1000);
    memcpy(gzip, "\x1f\x8b\x08", 3);
    memcpy(gzip + 100, "ustar", 5);
    memcpy(gzip + 400, "PK\3\4", 4);
    ck_assert_uint_eq(archive_end_find(gzip, 1000), 400);
}
END_TEST

/* POSIX 1003.1 ustar. */
static void put_tar(GByteArray *tar, char type, const char *body, gsize size)
{
    guint8 head[512] = "a";
    guint sum = 0;

    memset(head + 148, ' ', 8);
    head[156] = (guint8)type;
    memcpy(head + 257, "ustar", 5);
    g_snprintf((char *)head + 124, 12, "%011o", (guint)size);
    for (gsize i = 0; i < sizeof(head); i++)
        sum += head[i];
    g_snprintf((char *)head + 148, 8, "%06o", sum);
    put_bytes(tar, (const char *)head, sizeof(head));
    put_bytes(tar, body, size);
    put(tar, 0, (guint)(-size % 512));
}

static void add_name(const char *name, gsize length, gpointer user_data)
{
    g_string_append_printf(user_data, "<%.*s>", (int)length, name);
}

START_TEST(tars_are_told_by_their_records)
{
    static const char record[] = "14 path=a.exe\n";
    g_autoptr(GString) names = g_string_new(NULL);

    for (const char *type = "xgLS0"; *type; type++) {
        g_autoptr(GByteArray) tar = g_byte_array_new();

        put_tar(tar, *type, record, sizeof(record) - 1);
        g_string_assign(names, "");
        archive_end_tell_long_names(tar->data, tar->len, add_name, names);
        ck_assert_str_eq(names->str, *type == 'L'          ? "<14 path=a.exe\n>"
                                     : strchr("xg", *type) ? "<a.exe>"
                                                           : "");
        ck_assert_int_eq(archive_end_has_other_sizes(tar->data, tar->len), *type == 'S');
    }
}
END_TEST

/* A library of 64 bits with one section, `sections - 1` more that hold nothing, and names of which
 * the last is `last` and the others stand nowhere. */
static GByteArray *library(guint sections, guint names, const char *last)
{
    enum {
        ADDRESS = 0x1000
    };
    GByteArray *file = g_byte_array_new();
    guint begin = 64 + 24 + 240 + sections * 40, size = 40 + names * 4 + (guint)strlen(last) + 1;

    put_bytes(file, "MZ", 2);
    put(file, 0, 58);
    put(file, 64, 4);
    put_bytes(file, "PE\0\0\x64\x86", 6);
    put(file, sections, 2);
    put(file, 0, 12);
    put(file, 240, 2);
    put(file, 0x2022, 2);
    put(file, 0x20b, 2);
    put(file, 0, 110);
    put(file, ADDRESS, 4); /* the exports */
    put(file, 40, 4);
    put(file, 0, 120);
    for (guint i = 0; i < sections; i++) {
        put(file, 0, 8);
        put(file, i == 0 ? size : 16, 4);
        put(file, i == 0 ? ADDRESS : 0x7fff0000, 4);
        put(file, i == 0 ? size : 16, 4);
        put(file, begin, 4);
        put(file, 0, 16);
    }
    put(file, 0, 24);
    put(file, names, 4);
    put(file, 0, 4);
    put(file, ADDRESS + 40, 4);
    put(file, 0, 4);
    for (guint i = 1; i < names; i++)
        put(file, 0x70000000, 4);
    put(file, ADDRESS + 40 + names * 4, 4);
    put_bytes(file, last, strlen(last) + 1);
    return file;
}

START_TEST(a_program_with_many_names_is_told_at_once)
{
    static const char program[] = "application/x-dosexec";
    g_autoptr(GByteArray) add_in = library(96, 65536, "xlAutoOpen");
    g_autoptr(GByteArray) other = library(96, 65536, "xlAutoOpen2");
    clock_t begin = clock();

    ck_assert_str_eq(program_type_tell(add_in->data, add_in->len), "application/x-dosexec+xll");
    for (guint i = 0; i < 100; i++)
        ck_assert_str_eq(program_type_tell(other->data, other->len), program);
    ck_assert_msg(seconds_since(begin) < 0.5, "%f s", seconds_since(begin));
    /* Cut anywhere, it is a program. */
    for (guint cut = 2; cut < 5000; cut++)
        ck_assert_str_eq(program_type_tell(add_in->data, cut), program);
}
END_TEST

static GBytes *wide_xml(guint attributes, const char *value, const char *encoding)
{
    g_autoptr(GString) xml = g_string_new("<?xml version=\"1.0\"?>\n<!-- <a b --><r>\n<e");
    char *bytes;
    gsize size;

    for (guint i = 0; i < attributes; i++)
        g_string_append_printf(xml, "%sa%u%s=%s'%s'", i % 3 ? " " : "\r\n", i, i % 2 ? "" : " ",
                               i % 5 ? "" : "\t", value);
    g_string_append(xml, "/></r>");
    bytes = g_convert(xml->str, (gssize)xml->len, encoding, "UTF-8", NULL, &size, NULL);
    ck_assert_ptr_nonnull(bytes);
    return g_bytes_new_take(bytes, size);
}

START_TEST(xml_that_is_too_wide_is_not_read)
{
    static const char *const encodings[] = {"UTF-8",  "UTF-16LE", "UTF-16BE",
                                            "UTF-16", "UTF-32LE", "UTF-32BE"};
    static const char *const values[] = {"", "x>\"y", "\xe4\x84\xbc" /* U+413C, a `<` by half */};

    for (guint i = 0; i < G_N_ELEMENTS(encodings); i++)
        for (guint k = 0; k < G_N_ELEMENTS(values); k++) {
            g_autoptr(GBytes) most = wide_xml(XML_BOUNDS_ATTRIBUTES, values[k], encodings[i]);
            g_autoptr(GBytes) more = wide_xml(XML_BOUNDS_ATTRIBUTES + 1, values[k], encodings[i]);

            ck_assert(!xml_bounds_are_passed(g_bytes_get_data(most, NULL), g_bytes_get_size(most)));
            ck_assert_msg(
                xml_bounds_are_passed(g_bytes_get_data(more, NULL), g_bytes_get_size(more)),
                "%s, %s", encodings[i], values[k]);
        }
}
END_TEST

/* Counted even with nothing between them: no shorter element can have too many. */
START_TEST(attributes_may_be_short)
{
    for (guint more = 0; more < 2; more++) {
        g_autoptr(GString) xml = g_string_new("<e ");

        for (guint i = 0; i < XML_BOUNDS_ATTRIBUTES + more; i++)
            g_string_append(xml, "a=\"\"");
        ck_assert_int_eq(xml_bounds_are_passed(xml->str, xml->len), more);
    }
}
END_TEST

static gboolean passes_bounds(const char *declarations, ...) G_GNUC_PRINTF(1, 2);

static gboolean passes_bounds(const char *declarations, ...)
{
    va_list arguments;

    va_start(arguments, declarations);
    g_autofree char *text = g_strdup_vprintf(declarations, arguments);
    va_end(arguments);
    g_autofree char *xml =
        g_strconcat("<?xml version='1.0'?>\n<!-- <!DOCTYPE --><!DOCTYPE r [", text, "]><r/>", NULL);
    return xml_bounds_are_passed(xml, strlen(xml));
}

static char *many(const char *before, guint count, const char *after)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "%s%u%s", before, i, after);
    return g_string_free(text, FALSE);
}

/* All that libxml2 2.9 takes a square of its size for, and what drawing programs write. */
START_TEST(xml_that_declares_too_much_is_not_read)
{
    g_autofree char *values = many("|v", 20000, ""), *names = many(" n", 501, " CDATA 'x'");
    g_autofree char *lists = many("<!ATTLIST r n", 3000, " CDATA #IMPLIED>");
    g_autofree char *entities = many("<!ENTITY e", 8000, " 'x'>"),
                    *uses = many("%p;<!--", 100, "-->");
    g_autofree char *few = many("<!ENTITY ns", 100, " 'http://ns.example.com/%/'>");
    g_autofree char *elements = many("<r/>", 1000, "");
    g_autofree char *long_text = many("<b/> and ", 10000, "");

    ck_assert(passes_bounds("<!ATTLIST r a (x%s) #IMPLIED>", values));
    ck_assert(passes_bounds("<!ELEMENT r (x%s)>", values));
    ck_assert(passes_bounds("<!ATTLIST r a NOTATION (x%s) #IMPLIED>", values));
    ck_assert(passes_bounds("<!ATTLIST r%s>]><r>%s<!--", names, elements));
    ck_assert(passes_bounds("%s", lists));
    ck_assert(passes_bounds("%s", entities));
    /* By the name of a parameter, and within one. */
    ck_assert(passes_bounds("<!ENTITY %% p \"<!ATTLIST r a (x%s) #IMPLIED>\">%%p;", values));
    ck_assert(passes_bounds("<!ENTITY %% p \"<!--%s-->\">%s", names, uses));
    ck_assert(passes_bounds("<!ENTITY %% p '&#60;!ATTLIST r a (x|y)>'>%%p;"));
    ck_assert(passes_bounds("<!ENTITY %% q '<b/>'><!ENTITY %%\np '&#37;q;&#37;q;'>%%p;"));

    ck_assert(!passes_bounds("%s<!ELEMENT r ANY><!ATTLIST r a CDATA 'x'>", few));
    ck_assert(!passes_bounds("<!ENTITY %% p '<!ATTLIST r a (x|y) #IMPLIED>'>%%p;"));
    ck_assert(!passes_bounds("<!ENTITY %% p SYSTEM \"a.dtd\">%%p;"));
    ck_assert(!passes_bounds("<!ENTITY e '%s'>", long_text));
    ck_assert(!passes_bounds("<!ATTLIST r%s>", names));
    g_autofree char *alone = g_strconcat("<!-- <!DOCTYPE r [ -->", lists, NULL);
    ck_assert(!xml_bounds_are_passed(alone, strlen(alone)));
    ck_assert(!passes_bounds("<!ATTLIST r a CDATA 'x'>]><r>%s<!--", elements));
}
END_TEST

START_TEST(what_is_no_wide_xml)
{
    g_autoptr(GString) script = g_string_new("<html><script>if (a<b) {");
    clock_t begin;

    for (guint i = 0; i < 1000; i++)
        g_string_append_printf(script, "x%u='a'; y = \"b\" ", i);
    ck_assert(!xml_bounds_are_passed(script->str, script->len));
    ck_assert(!xml_bounds_are_passed("", 0));
    ck_assert(!xml_bounds_are_passed("<", 1));
    ck_assert(!xml_bounds_are_passed("\xff\xfe", 2));
    g_string_assign(script, "<");
    for (guint i = 0; i < 1000000; i++)
        g_string_append(script, "<a b='");
    begin = clock();
    ck_assert(!xml_bounds_are_passed(script->str, script->len));
    ck_assert_msg(seconds_since(begin) < 1, "%f s", seconds_since(begin));
}
END_TEST

SCANNER_TEST_MAIN(
    "members", SCANNER_TEST(paths_are_fit_to_be_shown), SCANNER_TEST(limits_cut_the_list),
    SCANNER_TEST(is_stored_and_loaded), SCANNER_TEST(what_is_named_must_be_opened),
    SCANNER_TEST(a_mail_has_names_and_no_rests), SCANNER_TEST(two_names_for_one_member),
    SCANNER_TEST(no_verdict_without_its_list),
    SCANNER_TEST(a_zip_that_shares_its_bytes_is_told_at_once),
    SCANNER_TEST(a_zip_is_read_within_its_bytes), SCANNER_TEST(archives_are_told_by_their_heads),
    SCANNER_TEST(tars_are_told_by_their_records), SCANNER_TEST(xml_that_is_too_wide_is_not_read),
    SCANNER_TEST(xml_that_declares_too_much_is_not_read), SCANNER_TEST(attributes_may_be_short),
    SCANNER_TEST(what_is_no_wide_xml), SCANNER_TEST(a_program_with_many_names_is_told_at_once))
