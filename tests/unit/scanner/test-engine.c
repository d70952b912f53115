/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-engine.c - every guard around libclamav: spoiled, it must not come out as clean. */
#include "scanner/scan/engine.h"

#include <clamav.h>
#include <dlfcn.h>
#include <openssl/evp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "scanner/common/signature-source.h"
#include "scanner/common/temp-directory.h"
#include "scanner/type/file-type.h"
#include "tests/unit/scanner/scanner-test.h"

static const EngineLimits LIMITS = {
    .scan_size = 64 << 20, .file_size = 1 << 20, .files = 100, .recursion = 5};

static char *scratch(void)
{
    return g_dir_make_tmp("storehook-engine-XXXXXX", NULL);
}

static Engine *engine_make(const char *temp)
{
    const char *directories[] = {SIGNATURES, NULL};
    g_autoptr(GError) error = NULL;
    Engine *engine = engine_new(directories, &LIMITS, &error);

    ck_assert_msg(engine != NULL, "%s", error ? error->message : "");
    ck_assert(engine_set_temp_directory(engine, temp, &error));
    return engine;
}

static StorehookVerdictKind scan(Engine *engine, const void *data, gsize size)
{
    Verdict verdict = {0};

    engine_scan(engine, data, size, &(EngineScan){.time_limit_ms = 10000}, &verdict);
    return verdict.kind;
}

START_TEST(finds_and_clears)
{
    g_autofree char *temp = scratch();
    g_autoptr(Engine) engine = engine_make(temp);
    g_autofree char *large = g_malloc0(LIMITS.file_size + 1);
    Verdict verdict = {0};

    ck_assert(engine_self_test(engine, NULL));
    ck_assert_int_eq(scan(engine, "", 0), STOREHOOK_VERDICT_CLEAN);
    ck_assert_int_eq(scan(engine, "abc", 3), STOREHOOK_VERDICT_CLEAN);
    ck_assert_int_eq(scan(engine, "a plain text", 12), STOREHOOK_VERDICT_CLEAN);
    ck_assert_int_eq(scan(engine, TEST_PACKED, sizeof(TEST_PACKED)), STOREHOOK_VERDICT_INFECTED);
    engine_scan(engine, large, LIMITS.file_size + 1, &(EngineScan){0}, &verdict);
    ck_assert_int_eq(verdict.kind, STOREHOOK_VERDICT_NOT_FULLY_SCANNED);
    ck_assert_ptr_nonnull(strstr(verdict.name, "MaxFileSize"));
    temp_directory_remove(temp);
}
END_TEST

START_TEST(temp_directory_gone)
{
    g_autofree char *temp = scratch();
    g_autoptr(Engine) engine = engine_make(temp);

    temp_directory_remove(temp);
    ck_assert_int_eq(scan(engine, TEST_PACKED, sizeof(TEST_PACKED)), STOREHOOK_VERDICT_NOT_SCANNED);
    ck_assert_int_eq(scan(engine, TEST_EICAR, 68), STOREHOOK_VERDICT_NOT_SCANNED);
    ck_assert(!engine_self_test(engine, NULL));
    ck_assert(engine_set_temp_directory(engine, temp, NULL));
    ck_assert_int_eq(scan(engine, TEST_PACKED, sizeof(TEST_PACKED)), STOREHOOK_VERDICT_INFECTED);
    temp_directory_remove(temp);
}
END_TEST

START_TEST(no_descriptors)
{
    g_autofree char *temp = scratch();
    g_autoptr(Engine) engine = engine_make(temp);
    struct rlimit before, none;

    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    /* From none at all to one too few: each of libclamav's own opens fails in turn. */
    for (rlim_t spare = 0; spare < 4; spare++) {
        StorehookVerdictKind kind;
        int next = dup(0);

        close(next);
        none.rlim_cur = (rlim_t)next + spare;
        setrlimit(RLIMIT_NOFILE, &none);
        kind = scan(engine, TEST_PACKED, sizeof(TEST_PACKED));
        setrlimit(RLIMIT_NOFILE, &before);
        ck_assert_msg(kind == STOREHOOK_VERDICT_NOT_SCANNED || kind == STOREHOOK_VERDICT_INFECTED,
                      "with %d spare: %s", (int)spare, verdict_kind_name(kind));
    }
    temp_directory_remove(temp);
}
END_TEST

START_TEST(files_cannot_grow)
{
    g_autofree char *temp = scratch();
    g_autoptr(Engine) engine = engine_make(temp);
    struct rlimit before, none;
    StorehookVerdictKind kind;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    none = before;
    none.rlim_cur = 16;
    setrlimit(RLIMIT_FSIZE, &none);
    kind = scan(engine, TEST_PACKED, sizeof(TEST_PACKED));
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(kind, STOREHOOK_VERDICT_NOT_SCANNED);
    temp_directory_remove(temp);
}
END_TEST

START_TEST(broken_signatures_are_refused)
{
    static const char *const files[][2] = {
        {"a.cvd", "ClamAV-VDB:cut"},
        {"a.hdb", "44d88612fea8a8f36de82e12"},
        {"a.ndb", "Name:0:0:zz"},
        {"a.ldb", "Name;"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *directory = scratch();
        g_autofree char *path = g_build_filename(directory, files[i][0], NULL);
        const char *directories[] = {directory, SIGNATURES, NULL};
        g_autoptr(GError) error = NULL;

        ck_assert(g_file_set_contents(path, files[i][1], -1, NULL));
        ck_assert_msg(engine_new(directories, &LIMITS, &error) == NULL, "%s", files[i][0]);
        ck_assert(g_error_matches(error, ENGINE_ERROR, ENGINE_ERROR_SIGNATURES));
        ck_assert_msg(strstr(error->message, path) != NULL, "%s", error->message);
        temp_directory_remove(directory);
    }
}
END_TEST

START_TEST(the_version_is_that_of_the_bytes)
{
    g_autofree char *directory = scratch();
    g_autofree char *path = g_build_filename(directory, "a.hdb", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SignatureSource) one = NULL, other = NULL, again = NULL;
    guint64 stamp = signature_source_stamp(directory);

    /* Who names a directory means it. */
    ck_assert_ptr_null(signature_source_new(directory, &error));
    ck_assert_ptr_nonnull(strstr(error->message, directory));
    ck_assert(g_file_set_contents(path, "a", -1, NULL));
    one = signature_source_new(directory, NULL);
    ck_assert_uint_ne(stamp, signature_source_stamp(directory));
    again = signature_source_new(directory, NULL);
    ck_assert(g_file_set_contents(path, "b", -1, NULL));
    other = signature_source_new(directory, NULL);
    ck_assert(!one->bundled);
    ck_assert_str_eq(one->directory, directory);
    ck_assert_str_eq(one->version, again->version);
    ck_assert_str_ne(one->version, other->version);
    temp_directory_remove(directory);
}
END_TEST

START_TEST(sweeping_follows_no_link)
{
    g_autofree char *directory = scratch(), *other = scratch();
    g_autofree char *link = g_build_filename(directory, "link", NULL);
    g_autofree char *deep = g_build_filename(directory, "a", "b", "c", NULL);
    g_autofree char *kept = g_build_filename(other, "kept", NULL);

    ck_assert(g_file_set_contents(kept, "x", -1, NULL));
    ck_assert_int_eq(symlink(other, link), 0);
    ck_assert_int_eq(g_mkdir_with_parents(deep, 0700), 0);
    ck_assert(temp_directory_reset(directory, NULL));
    ck_assert(g_file_test(kept, G_FILE_TEST_EXISTS));
    ck_assert(!g_file_test(link, G_FILE_TEST_IS_SYMLINK));
    ck_assert(!g_file_test(deep, G_FILE_TEST_EXISTS));
    ck_assert(!temp_directory_reset(kept, NULL));
    temp_directory_remove(directory);
    temp_directory_remove(other);
}
END_TEST

/* As libclamav asks for them. */
START_TEST(digests_by_name)
{
    static const struct {
        const char *name;
        guint8 first; /* byte of the digest of "abc" */
        gboolean is_kept;
    } cases[] = {
        {"md5", 0x90, TRUE},
        {"sha1", 0xa9, TRUE},
        {"sha256", 0xba, TRUE},
        {"sha512", 0xdd, FALSE},
    };
    guint8 digest[EVP_MAX_MD_SIZE];

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const EVP_MD *method = EVP_get_digestbyname(cases[i].name);

        ck_assert_ptr_nonnull(method);
        ck_assert_ptr_eq(method, EVP_get_digestbyname(cases[i].name));
        ck_assert_int_eq(EVP_Digest("abc", 3, digest, NULL, method, NULL), 1);
        ck_assert_uint_eq(digest[0], cases[i].first);
        /* What OpenSSL itself answers has no provider yet: it is searched at each use. */
        ck_assert_int_eq(EVP_MD_get0_provider(method) != NULL, cases[i].is_kept);
    }
    ck_assert_ptr_null(EVP_get_digestbyname("no such"));
}
END_TEST

/* Stand before libclamav's own: what each call of it is granted, when each takes its time. */
static guint calls;
static long long granted[4];

cl_error_t cl_engine_set_num(struct cl_engine *engine, enum cl_engine_field field, long long number)
{
    cl_error_t (*set)(struct cl_engine *, enum cl_engine_field, long long) = (cl_error_t(*)(
        struct cl_engine *, enum cl_engine_field, long long))dlsym(RTLD_NEXT, "cl_engine_set_num");

    if (field == CL_ENGINE_MAX_SCANTIME && calls < G_N_ELEMENTS(granted))
        granted[calls] = number;
    return set(engine, field, number);
}

cl_error_t cl_scanmap_callback(cl_fmap_t *map, const char *name, const char **ret_found,
                               unsigned long *scanned, const struct cl_engine *engine,
                               struct cl_scan_options *options, void *context)
{
    cl_error_t (*real)(cl_fmap_t *, const char *, const char **, unsigned long *,
                       const struct cl_engine *, struct cl_scan_options *, void *) =
        (cl_error_t(*)(cl_fmap_t *, const char *, const char **, unsigned long *,
                       const struct cl_engine *, struct cl_scan_options *,
                       void *))dlsym(RTLD_NEXT, "cl_scanmap_callback");

    calls++;
    g_usleep(50000);
    return real(map, name, ret_found, scanned, engine, options, context);
}

static gboolean ignores_all(const char *name, gpointer user)
{
    (void)name, (void)user;
    return TRUE;
}

/* Where libclamav is called twice for one content, both have the time of one. */
START_TEST(a_second_look_takes_no_more_time)
{
    static const guint8 locked[] = {
        0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x58, 0x19,
        0xe7, 0xc7, 0x43, 0x20, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
        0x61, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x78, 0x78,
        0x78, 0x78, 0x78, 0x78, 0x78, 0x78, 0x78, 0x78, 0x78, 0x78, 0x78, 0x78, 0x78, 0x78, 0x78,
        0x78, 0x78, 0x78, 0x50, 0x4b, 0x01, 0x02, 0x14, 0x00, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x21, 0x58, 0x19, 0xe7, 0xc7, 0x43, 0x20, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00,
        0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x61, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
        0x01, 0x00, 0x2f, 0x00, 0x00, 0x00, 0x3f, 0x00, 0x00, 0x00, 0x00, 0x00};
    g_autofree char *temp = scratch();
    g_autoptr(Engine) engine = engine_make(temp);

    calls = 0;
    ck_assert_int_eq(scan(engine, locked, sizeof(locked)), STOREHOOK_VERDICT_ENCRYPTED);
    ck_assert_uint_eq(calls, 2);
    ck_assert_int_le(granted[1], granted[0] - 45);
    calls = 0;
    engine_set_ignores(engine, ignores_all, NULL);
    (void)scan(engine, TEST_PACKED, sizeof(TEST_PACKED));
    ck_assert_uint_eq(calls, 2);
    ck_assert_int_le(granted[1], granted[0] - 45);
    temp_directory_remove(temp);
}
END_TEST

START_TEST(true_types)
{
    static const struct {
        const char *bytes;
        gsize size;
        const char *type;
    } cases[] = {
        {"%PDF-1.4\n", 9, "application/pdf"},
        {"\x7f"
         "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0",
         18, "application/x-executable"},
        {"#!/bin/sh\necho\n", 15, "text/x-shellscript"},
        {"", 0, "application/x-empty"},
    };
    g_autoptr(FileTyper) typer = file_typer_new(NULL);
    char program[64] = "MZ";
    Verdict verdict = {0};

    ck_assert_ptr_nonnull(typer);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        file_typer_tell(typer, cases[i].bytes, cases[i].size, &verdict);
        ck_assert_str_eq(verdict.type, cases[i].type);
        ck_assert(verdict.type_is_sure);
    }
    file_type_guess(program, sizeof(program), &verdict);
    ck_assert_str_eq(verdict.type, "application/x-dosexec");
    file_type_guess("hello", 5, &verdict);
    ck_assert_str_eq(verdict.type, "");
}
END_TEST

SCANNER_TEST_MAIN("engine", SCANNER_TEST(finds_and_clears), SCANNER_TEST(temp_directory_gone),
                  SCANNER_TEST(no_descriptors), SCANNER_TEST(files_cannot_grow),
                  SCANNER_TEST(broken_signatures_are_refused),
                  SCANNER_TEST(the_version_is_that_of_the_bytes),
                  SCANNER_TEST(sweeping_follows_no_link), SCANNER_TEST(digests_by_name),
                  SCANNER_TEST(a_second_look_takes_no_more_time), SCANNER_TEST(true_types))
