/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-allow-list.c - what is released passes, for as long as it was said, in another process.
 */
#include "scanner/records/allow-list.h"
#include "tests/run-suite.h"
#include "tests/scratch.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char *directory, *path;
static AllowList *list;

static AllowList *must_open(void)
{
    g_autoptr(GError) error = NULL;
    AllowList *opened = allow_list_open(path, &error);
    ck_assert_msg(opened != NULL, "%s", error != NULL ? error->message : "");
    return opened;
}

static void set_up(void)
{
    directory = g_dir_make_tmp("storehook-allow-XXXXXX", NULL);
    path = g_build_filename(directory, "allow.db", NULL);
    list = must_open();
}

static void tear_down(void)
{
    list = allow_list_close(list);
    ck_assert(scratch_remove(directory));
    g_free(path);
    g_free(directory);
}

static void digest_of(guint32 number, guint8 ret[ALLOW_LIST_DIGEST])
{
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = ALLOW_LIST_DIGEST;
    g_checksum_update(checksum, (const guchar *)&number, sizeof number);
    g_checksum_get_digest(checksum, ret, &size);
    g_checksum_free(checksum);
}

static gboolean contains(AllowView *view, guint32 number, gint64 now)
{
    guint8 digest[ALLOW_LIST_DIGEST];
    digest_of(number, digest);
    return allow_view_contains(view, digest, now);
}

static void add(guint32 number, gint64 end)
{
    guint8 digest[ALLOW_LIST_DIGEST];
    g_autoptr(GError) error = NULL;
    digest_of(number, digest);
    ck_assert_msg(allow_list_add(list, digest, 1, "test", end, &error), "%s",
                  error != NULL ? error->message : "");
}

START_TEST(entries_count_until_their_end)
{
    AllowView *view = allow_view_new(allow_list_peek_fd(list), NULL);

    ck_assert(!contains(view, 1, 50));
    add(1, 100);
    ck_assert(contains(view, 1, 99));
    ck_assert(!contains(view, 1, 100));
    ck_assert(!contains(view, 2, 99));
    add(1, 200);
    add(1, 150); /* the later end stays */
    ck_assert(contains(view, 1, 199));
    allow_view_free(view);
}
END_TEST

START_TEST(entries_outlive_the_service_and_can_be_removed)
{
    guint8 digest[ALLOW_LIST_DIGEST];

    add(1, 100);
    add(2, 200);
    add(2, 150); /* the later end stays */
    list = allow_list_close(list);
    list = must_open();
    AllowView *view = allow_view_new(allow_list_peek_fd(list), NULL);
    ck_assert(contains(view, 1, 50));
    ck_assert(contains(view, 2, 199));
    g_autoptr(JsonArray) about = allow_list_describe(list);
    ck_assert_uint_eq(json_array_get_length(about), 2);
    digest_of(2, digest);
    ck_assert(allow_list_remove(list, digest, NULL));
    ck_assert(!contains(view, 2, 50));
    allow_list_expire(list, 100);
    ck_assert_uint_eq(allow_list_count(list), 0);
    add(1, 300);
    ck_assert(contains(view, 1, 299));
    allow_view_free(view);
}
END_TEST

static void count_change(gpointer count)
{
    ++*(guint *)count;
}

/* Each change has all workers look into the list, and one by one they take the service's time. */
START_TEST(what_has_ended_leaves_at_once)
{
    guint changes = 0;

    for (guint32 i = 0; i < 10; i++)
        add(i, i < 5 ? 100 : 101);
    allow_list_on_change(list, count_change, &changes);
    allow_list_expire(list, 99);
    ck_assert_uint_eq(changes, 0);
    allow_list_expire(list, 100);
    ck_assert_uint_eq(changes, 1);
    ck_assert_uint_eq(allow_list_count(list), 5);
    list = allow_list_close(list);
    list = must_open();
    ck_assert_uint_eq(allow_list_count(list), 5);
    AllowView *view = allow_view_new(allow_list_peek_fd(list), NULL);
    for (guint32 i = 0; i < 10; i++)
        ck_assert(contains(view, i, 50) == (i >= 5));
    allow_view_free(view);
}
END_TEST

/* The number that says so is a sum, and these two make it zero. */
START_TEST(a_list_with_entries_is_not_taken_for_empty)
{
    static const guint32 starts[] = {0x7fffffff, 0x80000001};
    guint8 digests[G_N_ELEMENTS(starts)][ALLOW_LIST_DIGEST] = {{0}};
    AllowView *view = allow_view_new(allow_list_peek_fd(list), NULL);

    ck_assert_uint_eq(allow_view_state(view), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(starts); i++)
        memcpy(digests[i], &starts[i], sizeof(starts[i]));
    ck_assert(allow_list_add(list, digests[0], G_N_ELEMENTS(starts), "test", 100, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(starts); i++)
        ck_assert(allow_view_contains(view, digests[i], 50));
    ck_assert_uint_ne(allow_view_state(view), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(starts); i++)
        ck_assert(allow_list_remove(list, digests[i], NULL));
    ck_assert_uint_eq(allow_view_state(view), 0);
    allow_view_free(view);
}
END_TEST

/* A child sees what is added after the fork, and cannot write. */
START_TEST(forked_workers_read_and_cannot_write)
{
    int to_child[2], from_child[2];
    char byte = 0;

    ck_assert_int_eq(pipe(to_child) | pipe(from_child), 0);
    pid_t pid = fork();
    if (pid == 0) {
        AllowView *view = allow_view_new(allow_list_peek_fd(list), NULL);
        gboolean early = contains(view, 7, 50);
        if (write(from_child[1], &byte, 1) != 1 || read(to_child[0], &byte, 1) != 1)
            _exit(9);
        gboolean late = contains(view, 7, 50);
        gboolean writable = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
                                 allow_list_peek_fd(list), 0) != MAP_FAILED;
        /* nor has it the supervisor's own mapping */
        g_autofree char *maps = NULL;
        gboolean inherited = !g_file_get_contents("/proc/self/maps", &maps, NULL, NULL);
        g_auto(GStrv) lines = g_strsplit(maps, "\n", -1);
        for (char **line = lines; *line != NULL; line++)
            inherited = inherited || (strstr(*line, "storehook-allow-list") != NULL &&
                                      strstr(*line, " rw-") != NULL);
        _exit(inherited << 3 | early << 2 | !late << 1 | writable);
    }
    ck_assert_int_eq(read(from_child[0], &byte, 1), 1);
    add(7, 100);
    ck_assert_int_eq(write(to_child[1], &byte, 1), 1);
    int status = -1;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    for (int i = 0; i < 2; i++) {
        close(to_child[i]);
        close(from_child[i]);
    }
}
END_TEST

static GLogWriterOutput be_silent(GLogLevelFlags level, const GLogField *fields, gsize n,
                                  gpointer data)
{
    (void)level, (void)fields, (void)n, (void)data;
    return G_LOG_WRITER_HANDLED;
}

/* Filling, turning over and rewriting the table loses nobody. */
START_TEST(a_full_list_makes_room_by_what_ends_first)
{
    g_autofree guint8 *digests = g_malloc((gsize)ALLOW_LIST_DIGEST * 10000);
    AllowView *view = allow_view_new(allow_list_peek_fd(list), NULL);

    g_log_set_writer_func(be_silent, NULL, NULL);
    for (guint32 round = 0; round < 8; round++) {
        for (guint32 i = 0; i < 8000; i++)
            digest_of(round * 8000 + i, digests + i * ALLOW_LIST_DIGEST);
        if (round > 0)
            allow_list_expire(list, 999 + round); /* the round before ends */
        ck_assert(allow_list_add(list, digests, 8000, "round", 1000 + round, NULL));
        ck_assert_uint_eq(allow_list_count(list), 8000);
        for (guint32 i = 0; i < 8000; i++)
            ck_assert(contains(view, round * 8000 + i, 999));
    }
    for (guint32 round = 0; round < 4; round++) {
        for (guint32 i = 0; i < 8192; i++)
            digest_of(1000000 + round * 8192 + i, digests + i * ALLOW_LIST_DIGEST);
        if (round == 3)
            allow_list_expire(list, 5000); /* of 8000 + 3 * 8192: the first 8000 */
        ck_assert(allow_list_add(list, digests, 8192, "fill", 10000, NULL));
    }
    ck_assert_uint_eq(allow_list_count(list), ALLOW_LIST_MAX);
    add(7, 20000);
    ck_assert_uint_eq(allow_list_count(list), ALLOW_LIST_MAX);
    ck_assert(contains(view, 7, 19999));
    allow_view_free(view);
}
END_TEST

START_TEST(anything_else_is_no_map)
{
    int fd = memfd_create("x", MFD_CLOEXEC);
    g_autoptr(GError) error = NULL;

    ck_assert_int_eq(ftruncate(fd, 16 * 1024 * 1024), 0);
    ck_assert_ptr_null(allow_view_new(fd, &error));
    ck_assert_ptr_nonnull(error);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("allow-list");
    TCase *tcase = tcase_create("allow-list");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, entries_count_until_their_end);
    tcase_add_test(tcase, entries_outlive_the_service_and_can_be_removed);
    tcase_add_test(tcase, what_has_ended_leaves_at_once);
    tcase_add_test(tcase, a_list_with_entries_is_not_taken_for_empty);
    tcase_add_test(tcase, forked_workers_read_and_cannot_write);
    tcase_add_test(tcase, a_full_list_makes_room_by_what_ends_first);
    tcase_add_test(tcase, anything_else_is_no_map);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
