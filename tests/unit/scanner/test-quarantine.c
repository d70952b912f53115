/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-quarantine.c - originals are kept whole, bounded, and outlive the service.
 */
#include "scanner/records/quarantine.h"

#include "libstorehook/protocol.h"
#include "scanner/records/age-clock.h"
#include "tests/run-suite.h"
#include "tests/scratch.h"

#include <check.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char MESSAGE[] = "From: eve\r\n\r\nX5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR\r\n";
static const guint8 DIGESTS[64] = {1, 2, 3, [32] = 4, 5, 6};

static char *directory;
static Quarantine *quarantine;
static QuarantineLimits limits = {.max_bytes = 1000000, .max_items = 10, .retention_days = 7};
static guint warnings;

static GLogWriterOutput count_warnings(GLogLevelFlags level, const GLogField *fields, gsize n,
                                       gpointer data)
{
    (void)fields, (void)n, (void)data;
    warnings += (level & G_LOG_LEVEL_WARNING) != 0;
    return G_LOG_WRITER_HANDLED;
}

static Quarantine *must_open(void)
{
    g_autoptr(GError) error = NULL;
    Quarantine *opened = quarantine_open(directory, &limits, &error);
    ck_assert_msg(opened != NULL, "%s", error != NULL ? error->message : "");
    return opened;
}

static void set_up(void)
{
    g_autofree char *base = g_dir_make_tmp("storehook-quarantine-XXXXXX", NULL);
    directory = g_build_filename(base, "quarantine", NULL);
    quarantine = must_open();
    warnings = 0;
    g_log_set_writer_func(count_warnings, NULL, NULL);
}

static char **files(void)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    GDir *dir = g_dir_open(directory, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        g_strv_builder_add(builder, name);
    g_dir_close(dir);
    return g_strv_builder_end(builder);
}

static void tear_down(void)
{
    quarantine = quarantine_close(quarantine);
    g_autofree char *base = g_path_get_dirname(directory);
    ck_assert(scratch_remove(base));
    g_free(directory);
}

static const QuarantineItem ITEM = {
    .incident = "A7F3-19C2-0000",
    .sender = "eve@example.net",
    .recipients = "bob@example.org alice@example.org",
    .subject = "hello \xff",
    .verdict = FILTER_VERDICT_INFECTED,
    .verdict_name = "Eicar",
    .program = "mailstored",
    .is_message = TRUE,
    .digests = DIGESTS,
    .digest_count = 2,
};

static char *try_store(const void *bytes, gsize size, GError **error)
{
    int fd = storehook_memfd_new(bytes, size);
    char *id = NULL;

    ck_assert_int_ge(fd, 0);
    quarantine_store_fd(quarantine, &ITEM, fd, size, &id, error);
    close(fd);
    return id;
}

static char *must_store(void)
{
    g_autoptr(GError) error = NULL;
    char *id = try_store(MESSAGE, strlen(MESSAGE), &error);
    ck_assert_msg(id != NULL, "%s", error != NULL ? error->message : "");
    return id;
}

static char *path_of(const char *id, const char *tail)
{
    g_autofree char *name = g_strconcat(id, tail, NULL);
    return g_build_filename(directory, name, NULL);
}

START_TEST(the_original_comes_back_after_a_restart)
{
    g_autofree char *id = must_store();

    for (int i = 0; i < 2; i++) {
        g_autoptr(GBytes) bytes = quarantine_read(quarantine, id, NULL);
        ck_assert_ptr_nonnull(bytes);
        ck_assert_uint_eq(g_bytes_get_size(bytes), strlen(MESSAGE));
        ck_assert_mem_eq(g_bytes_get_data(bytes, NULL), MESSAGE, strlen(MESSAGE));

        g_autoptr(JsonObject) about = quarantine_describe(quarantine, id, NULL);
        ck_assert_str_eq(json_object_get_string_member(about, "sender"), "eve@example.net");
        ck_assert_str_eq(json_object_get_string_member(about, "verdict"), "infected");
        JsonArray *digests = json_object_get_array_member(about, "digests");
        ck_assert_uint_eq(json_array_get_length(digests), 2);
        ck_assert(g_str_has_prefix(json_array_get_string_element(digests, 1), "040506"));
        ck_assert_uint_eq(json_array_get_length(json_object_get_array_member(about, "recipients")),
                          2);

        g_autoptr(JsonArray) list = quarantine_list(quarantine, 0, 0);
        ck_assert_uint_eq(json_array_get_length(list), 1);
        JsonObject *entry = json_array_get_object_element(list, 0);
        ck_assert_str_eq(json_object_get_string_member(entry, "id"), id);
        ck_assert(!json_object_has_member(entry, "digests"));
        ck_assert(!json_object_get_boolean_member(entry, "released"));
        ck_assert_uint_eq(quarantine_count(quarantine), 1);

        quarantine = quarantine_close(quarantine);
        quarantine = must_open();
    }
}
END_TEST

START_TEST(the_file_is_private_and_does_not_look_bad)
{
    g_autofree char *id = must_store();
    g_autofree char *file = path_of(id, ".shq");
    g_autofree char *bytes = NULL;
    gsize size = 0;
    struct stat status;

    ck_assert_int_eq(stat(file, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    ck_assert_uint_eq(quarantine_bytes(quarantine), (guint64)status.st_size);
    ck_assert_int_eq(stat(directory, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0700);
    ck_assert(g_file_get_contents(file, &bytes, &size, NULL));
    ck_assert_ptr_null(memmem(bytes, size, "X5O!", 4));
}
END_TEST

START_TEST(large_contents_are_whole)
{
    gsize size = 700001;
    g_autofree guint8 *bytes = g_malloc(size);

    for (gsize i = 0; i < size; i++)
        bytes[i] = (guint8)(i * 7 + i / 251);
    g_autofree char *id = try_store(bytes, size, NULL);
    ck_assert_ptr_nonnull(id);
    g_autoptr(GBytes) got = quarantine_read(quarantine, id, NULL);
    ck_assert_uint_eq(g_bytes_get_size(got), size);
    ck_assert_mem_eq(g_bytes_get_data(got, NULL), bytes, size);
}
END_TEST

START_TEST(full_is_an_error_and_nothing_is_evicted)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *large = g_strnfill(limits.max_bytes, 'x');

    ck_assert_ptr_null(try_store(large, limits.max_bytes, &error));
    ck_assert(g_error_matches(error, QUARANTINE_ERROR, QUARANTINE_ERROR_FULL));
    g_clear_error(&error);
    for (guint i = 0; i < limits.max_items; i++)
        g_free(must_store());
    ck_assert_ptr_null(try_store("x", 1, &error));
    ck_assert(g_error_matches(error, QUARANTINE_ERROR, QUARANTINE_ERROR_FULL));
    ck_assert_uint_eq(quarantine_count(quarantine), limits.max_items);
    g_clear_error(&error);
    ck_assert_ptr_null(try_store("", 0, &error));
    ck_assert(g_error_matches(error, QUARANTINE_ERROR, QUARANTINE_ERROR_ITEM));
}
END_TEST

START_TEST(only_what_is_too_old_expires)
{
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *id = must_store();

    ck_assert_uint_eq(quarantine_expire(quarantine, now + 6 * 86400), 0);
    quarantine = quarantine_close(quarantine);
    quarantine = must_open();
    ck_assert_uint_eq(quarantine_expire(quarantine, now + 8 * 86400), 0); /* not known yet */
    ck_assert(!quarantine_read_on(quarantine, 1));
    ck_assert(quarantine_claim(quarantine, id, NULL));
    ck_assert_uint_eq(quarantine_expire(quarantine, now + 8 * 86400), 0); /* being released */
    quarantine_unclaim(quarantine, id);
    ck_assert_uint_eq(quarantine_expire(quarantine, now + 8 * 86400), 1);
    ck_assert_uint_eq(quarantine_count(quarantine), 0);
    ck_assert_uint_eq(quarantine_bytes(quarantine), 0);
    ck_assert_ptr_null(quarantine_read(quarantine, id, NULL));
}
END_TEST

/* Hourly, for as long as it lasts: one line in the log, and the rest goes. */
START_TEST(what_cannot_expire_is_told_once)
{
    gint64 later = g_get_real_time() / G_USEC_PER_SEC + 8 * 86400;
    g_autofree char *stuck = must_store(), *other = must_store();
    g_autofree char *file = path_of(stuck, ".shq");

    ck_assert_int_eq(g_unlink(file), 0);
    ck_assert_int_eq(g_mkdir(file, 0700), 0); /* no permission stops root */
    ck_assert_uint_eq(quarantine_expire(quarantine, later), 1);
    ck_assert_uint_eq(quarantine_expire(quarantine, later), 0);
    ck_assert_uint_eq(quarantine_count(quarantine), 1);
    ck_assert_uint_eq(warnings, 1);
    ck_assert_ptr_nonnull(strstr(quarantine_expiry_failure(quarantine), file));
    ck_assert_ptr_nonnull(strstr(quarantine_expiry_failure(quarantine), g_strerror(EISDIR)));

    ck_assert_int_eq(g_rmdir(file), 0);
    ck_assert_uint_eq(quarantine_expire(quarantine, later), 1);
    ck_assert_uint_eq(quarantine_count(quarantine), 0);
    ck_assert_ptr_null(quarantine_expiry_failure(quarantine));
    ck_assert_uint_eq(warnings, 1);
}
END_TEST

START_TEST(deliveries_are_remembered)
{
    g_autofree char *id = must_store();

    ck_assert(!quarantine_is_delivered(quarantine, id, "bob@example.org"));
    const char *const addresses[] = {"Bob@example.org", "carol@example.org", "bob@EXAMPLE.org",
                                     NULL};
    ck_assert(quarantine_mark_delivered(quarantine, id, addresses, NULL));
    ck_assert(quarantine_is_delivered(quarantine, id, "carol@example.org"));
    quarantine = quarantine_close(quarantine);
    quarantine = must_open();
    ck_assert(quarantine_is_delivered(quarantine, id, "bob@EXAMPLE.org"));
    ck_assert(!quarantine_is_delivered(quarantine, id, "alice@example.org"));
    ck_assert(quarantine_mark_released(quarantine, id, NULL));
    quarantine = quarantine_close(quarantine);
    quarantine = must_open();
    g_autoptr(JsonObject) about = quarantine_describe(quarantine, id, NULL);
    ck_assert(json_object_get_boolean_member(about, "released"));

    ck_assert(quarantine_delete(quarantine, id, NULL));
    g_auto(GStrv) names = files();
    ck_assert_uint_eq(g_strv_length(names), 0);
}
END_TEST

/* A flipped bit in the content, a file cut short, one of another kind, half a write. */
START_TEST(damage_is_seen_and_set_aside)
{
    g_autofree char *flipped = must_store(), *cut = must_store(), *other = must_store();
    g_autofree char *flipped_file = path_of(flipped, ".shq"), *cut_file = path_of(cut, ".shq");
    g_autofree char *other_file = path_of(other, ".shq"), *half = path_of(".new-x", ".shq");
    g_autoptr(GError) error = NULL;
    struct stat status;
    char byte;

    FILE *file = fopen(flipped_file, "r+");
    ck_assert_int_eq(fseek(file, -40, SEEK_END), 0);
    byte = (char)(fgetc(file) ^ 1);
    ck_assert_int_eq(fseek(file, -40, SEEK_END), 0);
    fputc(byte, file);
    fclose(file);
    ck_assert_ptr_null(quarantine_read(quarantine, flipped, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "checksum"));

    ck_assert_int_eq(stat(cut_file, &status), 0);
    ck_assert_int_eq(truncate(cut_file, status.st_size - 1), 0);
    ck_assert(g_file_set_contents(
        other_file, "SHQ1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16, NULL));
    ck_assert(g_file_set_contents(half, "SHQ1", 4, NULL));
    quarantine = quarantine_close(quarantine);
    quarantine = must_open();
    ck_assert_uint_eq(quarantine_count(quarantine), 3);
    ck_assert(quarantine_read_on(quarantine, 1));
    ck_assert(!quarantine_read_on(quarantine, 2));
    ck_assert_uint_eq(quarantine_count(quarantine), 1);
    ck_assert_int_eq(stat(flipped_file, &status), 0);
    ck_assert_uint_eq(quarantine_bytes(quarantine), (guint64)status.st_size);
    ck_assert_uint_eq(warnings, 2);
    ck_assert(!g_file_test(half, G_FILE_TEST_EXISTS));
    g_autofree char *aside = path_of(cut, ".damaged");
    ck_assert(g_file_test(aside, G_FILE_TEST_EXISTS));
}
END_TEST

/* Its metadata, behind what is read at first. */
START_TEST(damage_is_seen_when_it_is_listed)
{
    g_autofree char *id = must_store(), *whole = must_store();
    g_autofree char *file = path_of(id, ".shq"), *aside = path_of(id, ".damaged");
    FILE *opened = fopen(file, "r+");
    struct stat status;

    ck_assert_int_eq(stat(file, &status), 0);
    ck_assert_int_eq(fseek(opened, 300, SEEK_SET), 0);
    ck_assert_int_eq(fputc('\0', opened), 0);
    fclose(opened);
    quarantine = quarantine_close(quarantine);
    quarantine = must_open();
    ck_assert(!quarantine_read_on(quarantine, 2));
    ck_assert_uint_eq(quarantine_count(quarantine), 2);
    g_autoptr(JsonArray) list = quarantine_list(quarantine, 0, 0);
    ck_assert_uint_eq(json_array_get_length(list), 1);
    ck_assert_str_eq(json_object_get_string_member(json_array_get_object_element(list, 0), "id"),
                     whole);
    ck_assert_uint_eq(quarantine_count(quarantine), 1);
    ck_assert_uint_eq(quarantine_bytes(quarantine), (guint64)status.st_size);
    ck_assert_uint_eq(warnings, 1);
    ck_assert(g_file_test(aside, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(strange_ids_are_not_found)
{
    static const char *const IDS[] = {"",
                                      "..",
                                      "../../../etc/passwd",
                                      "A",
                                      "00000000000000000000000000000000",
                                      "0000000000000000000000000000000/"};

    for (guint i = 0; i < G_N_ELEMENTS(IDS); i++) {
        g_autoptr(GError) error = NULL;
        ck_assert(!quarantine_delete(quarantine, IDS[i], &error));
        ck_assert(g_error_matches(error, QUARANTINE_ERROR, QUARANTINE_ERROR_NOT_FOUND));
    }
}
END_TEST

/* What is given up goes for good. All in hours. */
START_TEST(a_clock_set_forward_is_not_believed_at_once)
{
    const gint64 hour = (gint64)3600 * G_USEC_PER_SEC, begin = 500000 * hour, year = 8760 * hour;
    const struct {
        gint64 clock, boot, now, leapt;
    } looks[] = {
        {begin, hour, begin, 0},
        {begin + hour, 2 * hour, begin + hour, 0},
        /* Set forward: what was before goes on. */
        {begin + 2 * hour + year, 3 * hour, begin + 2 * hour, year},
        {begin + 3 * hour + year, 4 * hour, begin + 3 * hour, 0},
        /* Set right again, and back: nothing goes too early by that. */
        {begin + 4 * hour, 5 * hour, begin + 4 * hour, 0},
        {begin - year, 6 * hour, begin - year, 0},
        {begin + 6 * hour, 7 * hour, begin - year + hour, year + 6 * hour - hour},
        /* A day later it will be true. */
        {begin + 31 * hour, 32 * hour, begin + 31 * hour, 0},
        {begin + 32 * hour, 33 * hour, begin + 32 * hour, 0},
    };
    AgeClock clock = {0};

    for (guint i = 0; i < G_N_ELEMENTS(looks); i++) {
        gint64 leapt = -1;

        ck_assert_int_eq(age_clock_now(&clock, looks[i].clock, looks[i].boot, &leapt),
                         looks[i].now);
        ck_assert_int_eq(leapt, looks[i].leapt);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quarantine");
    TCase *tcase = tcase_create("quarantine");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_original_comes_back_after_a_restart);
    tcase_add_test(tcase, the_file_is_private_and_does_not_look_bad);
    tcase_add_test(tcase, large_contents_are_whole);
    tcase_add_test(tcase, full_is_an_error_and_nothing_is_evicted);
    tcase_add_test(tcase, only_what_is_too_old_expires);
    tcase_add_test(tcase, a_clock_set_forward_is_not_believed_at_once);
    tcase_add_test(tcase, what_cannot_expire_is_told_once);
    tcase_add_test(tcase, deliveries_are_remembered);
    tcase_add_test(tcase, damage_is_seen_and_set_aside);
    tcase_add_test(tcase, damage_is_seen_when_it_is_listed);
    tcase_add_test(tcase, strange_ids_are_not_found);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
