/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-scan-directory.c - no directory for a scan that needs none, one for a scan that does. */
#include "scanner/scan/scan-directory.h"

#include <clamav.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/common/temp-directory.h"
#include "scanner/scan/engine.h"
#include "tests/unit/scanner/scanner-test.h"

static const EngineLimits LIMITS = {
    .scan_size = 64 << 20, .file_size = 1 << 20, .files = 100, .recursion = 5};

typedef struct {
    char *path;
    int watch;
} Scratch;

static Scratch scratch_new(void)
{
    Scratch scratch = {.path = g_dir_make_tmp("storehook-scan-XXXXXX", NULL)};

    scratch.watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    ck_assert_int_ge(inotify_add_watch(scratch.watch, scratch.path, IN_CREATE), 0);
    return scratch;
}

/* Directories that were made in it since the last call. */
static guint scratch_count(const Scratch *scratch)
{
    _Alignas(struct inotify_event) char buffer[8192];
    guint count = 0;
    ssize_t size;

    while ((size = read(scratch->watch, buffer, sizeof(buffer))) > 0)
        for (char *at = buffer; at < buffer + size;) {
            const struct inotify_event *event = (const void *)at;

            count += (event->mask & IN_ISDIR) != 0;
            at += sizeof(*event) + event->len;
        }
    return count;
}

static gboolean scratch_is_empty(const Scratch *scratch)
{
    g_autoptr(GDir) directory = g_dir_open(scratch->path, 0, NULL);

    return directory && !g_dir_read_name(directory);
}

static void scratch_clear(Scratch *scratch)
{
    close(scratch->watch);
    temp_directory_remove(scratch->path);
    g_free(scratch->path);
}

static Engine *engine_make(const char *temp)
{
    const char *directories[] = {SIGNATURES, NULL};
    Engine *engine = engine_new(directories, &LIMITS, NULL);

    ck_assert(engine && engine_set_temp_directory(engine, temp, NULL));
    return engine;
}

static StorehookVerdictKind scan(Engine *engine, const void *data, gsize size)
{
    Verdict verdict = {0};

    engine_scan(engine, data, size, &(EngineScan){.time_limit_ms = 10000}, &verdict);
    return verdict.kind;
}

START_TEST(made_by_those_who_use_it)
{
    Scratch scratch = scratch_new();
    g_autoptr(Engine) engine = engine_make(scratch.path);

    ck_assert_int_eq(scan(engine, "a plain text", 12), STOREHOOK_VERDICT_CLEAN);
    ck_assert_int_eq(scan(engine, TEST_EICAR, 68), STOREHOOK_VERDICT_INFECTED);
    ck_assert_uint_eq(scratch_count(&scratch), 0);
    ck_assert_int_eq(scan(engine, TEST_PACKED, sizeof(TEST_PACKED)), STOREHOOK_VERDICT_INFECTED);
    ck_assert_uint_eq(scratch_count(&scratch), 1);
    ck_assert(scratch_is_empty(&scratch));
    scratch_clear(&scratch);
}
END_TEST

/* Between two proofs that it is there. What does not need it is scanned in full without. */
START_TEST(not_clean_where_it_cannot_be_made)
{
    Scratch scratch = scratch_new();
    g_autoptr(Engine) engine = engine_make(scratch.path);
    guint tries = 0;
    StorehookVerdictKind without;

    do { /* the machine may be slow, and the proof old by then */
        ck_assert(engine_set_temp_directory(engine, scratch.path, NULL));
        ck_assert_int_eq(scan(engine, "a plain text", 12), STOREHOOK_VERDICT_CLEAN);
        temp_directory_remove(scratch.path);
        ck_assert_int_eq(scan(engine, TEST_PACKED, sizeof(TEST_PACKED)),
                         STOREHOOK_VERDICT_NOT_SCANNED);
        without = scan(engine, TEST_EICAR, 68);
    } while (without != STOREHOOK_VERDICT_INFECTED && ++tries < 100);
    ck_assert_uint_lt(tries, 100);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(one_directory_is_put_off)
{
    Scratch scratch = scratch_new();
    g_autofree char *first = g_build_filename(scratch.path, "first", NULL);
    g_autofree char *second = g_build_filename(scratch.path, "second", NULL);
    g_autofree char *inner = g_build_filename(first, "inner", NULL);
    g_autofree char *file = g_build_filename(first, "file", NULL);
    g_autofree char *beside = g_strconcat(first, "-beside", NULL);
    bool was_made;
    FILE *stream;
    DIR *open;
    int fd;

    scan_directory_begin(scratch.path);
    ck_assert_int_eq(mkdir(first, 0700), 0);
    ck_assert(!g_file_test(first, G_FILE_TEST_EXISTS));
    fd = open64(beside, O_WRONLY | O_CREAT, 0600); /* a name that only begins like it */
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert(!g_file_test(first, G_FILE_TEST_EXISTS));
    ck_assert_ptr_null(opendir(first));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(scan_directory_end(&was_made), 0);
    ck_assert(!was_made);

    scan_directory_begin(scratch.path);
    ck_assert_int_eq(mkdir(first, 0700), 0);
    ck_assert_int_eq(mkdir(second, 0700), 0); /* while one is put off, the next is made */
    ck_assert(g_file_test(second, G_FILE_TEST_IS_DIR));
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    ck_assert(g_file_test(inner, G_FILE_TEST_IS_DIR));
    open = opendir(first);
    ck_assert_ptr_nonnull(open);
    closedir(open);
    ck_assert_int_eq(scan_directory_end(&was_made), 0);
    ck_assert(was_made);
    temp_directory_remove(first);

    scan_directory_begin(scratch.path);
    ck_assert_int_eq(mkdir(first, 0700), 0);
    stream = fopen64(file, "we");
    ck_assert_ptr_nonnull(stream);
    fclose(stream);
    ck_assert_int_eq(scan_directory_end(&was_made), 0);
    ck_assert(was_made);
    ck_assert_int_eq(mkdir(first, 0700), -1); /* outside of a scan it is libc's */
    ck_assert_int_eq(errno, EEXIST);

    scan_directory_begin(scratch.path);
    ck_assert_int_eq(mkdir(first, 0700), 0);
    ck_assert_int_eq(openat64(AT_FDCWD, file, O_RDWR | O_CREAT, 0600), -1); /* somebody else's */
    ck_assert_int_eq(errno, EEXIST);
    ck_assert_int_eq(scan_directory_end(&was_made), -EEXIST);
    scratch_clear(&scratch);
}
END_TEST

/* Whatever else could make a file or a directory would not find the one that was put off. (What
 * Rust brings along for links, names and pipes no scan calls.) */
START_TEST(libclamav_imports_no_other)
{
    static const char *const makers[] = {
        "creat",     "creat64",   "fopen",      "freopen",    "freopen64",
        "link",      "mkdirat",   "mkdtemp",    "mkostemp",   "mkostemp64",
        "mkstemp",   "mkstemp64", "mkstemps",   "mkstemps64", "open",
        "openat",    "renameat",  "renameat2",  "symlinkat",  "tmpfile",
        "tmpfile64", "__open_2",  "__open64_2", "__openat_2", "__openat64_2",
    };
    static const char *const known[] = {"fopen64", "mkdir", "open64", "openat64", "opendir"};
    g_autofree char *command = NULL, *output = NULL;
    Dl_info library;

    ck_assert(dladdr((void *)(gsize)cl_init, &library));
    command = g_strdup_printf("nm -D --undefined-only '%s'", library.dli_fname);
    ck_assert(g_spawn_command_line_sync(command, &output, NULL, NULL, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        g_autofree char *word = g_strdup_printf(" %s@", known[i]);

        ck_assert_msg(strstr(output, word) != NULL, "%s is not imported any more", known[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(makers); i++) {
        g_autofree char *word = g_strdup_printf(" %s@", makers[i]);

        ck_assert_msg(!strstr(output, word), "%s is imported, and nothing stands before it",
                      makers[i]);
    }
}
END_TEST

SCANNER_TEST_MAIN("scan-directory", SCANNER_TEST(made_by_those_who_use_it),
                  SCANNER_TEST(not_clean_where_it_cannot_be_made),
                  SCANNER_TEST(one_directory_is_put_off), SCANNER_TEST(libclamav_imports_no_other))
