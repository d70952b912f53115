/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signature-source.c - chooses the signature directory and computes its version.
 *
 * The version is a SHA-256 of the names and bytes of the files, so that a verdict in the cache is
 * never taken for one by other signatures. Fails by G_FILE_ERROR.
 *
 * Known limit: a file that changes between this and libclamav's own reading is noticed only at the
 * next look at the directory, which then loads again.
 */
#include "scanner/common/signature-source.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/common/hex.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)

enum {
    READ_SIZE = 65536,
    COPY_SIZE = 1 << 30 /* for each call; the kernel copies what it likes */
};

/* The files that libclamav loads; it ignores all others. */
static const char *const SUFFIXES[] = {
    ".cvd",  ".cld",  ".cud", ".cbc", ".cdb", ".crb", ".db",   ".fp",   ".ftm",
    ".gdb",  ".hdb",  ".hdu", ".hsb", ".hsu", ".idb", ".ign",  ".ign2", ".imp",
    ".info", ".ldb",  ".ldu", ".mdb", ".mdu", ".msb", ".msu",  ".ndb",  ".ndu",
    ".pdb",  ".pwdb", ".rmd", ".sfp", ".wdb", ".yar", ".yara", ".zmd",
};

static gboolean name_is_database(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(SUFFIXES); i++)
        if (g_str_has_suffix(name, SUFFIXES[i]))
            return name[0] != '.';
    return FALSE;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted; NULL when the directory cannot be read. */
static GPtrArray *directory_list(const char *directory)
{
    g_autoptr(GDir) stream = g_dir_open(directory, 0, NULL);
    GPtrArray *names;
    const char *name;

    if (!stream)
        return NULL;
    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(stream)))
        if (name_is_database(name))
            g_ptr_array_add(names, g_build_filename(directory, name, NULL));
    g_ptr_array_sort(names, compare_names);
    return names;
}

static gboolean file_hash(EVP_MD_CTX *hash, const char *path, GError **error)
{
    g_autofree guint8 *buffer = g_malloc(READ_SIZE);
    g_autofree char *name = NULL;
    FILE *file = fopen(path, "re");
    size_t n;
    int failed;

    if (!file) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    /* Without the directory, so that a copy elsewhere has the same version. */
    name = g_path_get_basename(path);
    EVP_DigestUpdate(hash, name, strlen(name) + 1);
    while ((n = fread(buffer, 1, READ_SIZE, file)) > 0)
        EVP_DigestUpdate(hash, buffer, n);
    failed = ferror(file);
    fclose(file);
    if (failed)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "%s: cannot be read", path);
    return !failed;
}

static gboolean directory_hash(EVP_MD_CTX *hash, const char *directory, gint64 *newest,
                               GError **error)
{
    g_autoptr(GPtrArray) files = directory_list(directory);

    if (!files) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: cannot be read", directory);
        return FALSE;
    }
    for (guint i = 0; i < files->len; i++) {
        struct stat status;

        if (!file_hash(hash, files->pdata[i], error))
            return FALSE;
        if (stat(files->pdata[i], &status) == 0)
            *newest = MAX(*newest, (gint64)status.st_mtime);
    }
    return TRUE;
}

/* Installed, or in the source when run from the build folder. */
static const char *bundled_directory(void)
{
    return g_file_test(STOREHOOK_SIGNATURES_INSTALLED, G_FILE_TEST_IS_DIR)
               ? STOREHOOK_SIGNATURES_INSTALLED
               : STOREHOOK_SIGNATURES_SOURCE;
}

static gboolean directory_holds_any(const char *directory)
{
    g_autoptr(GPtrArray) files = directory_list(directory);

    return files && files->len > 0;
}

static gboolean directories_are_equal(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

SignatureSource *signature_source_new(const char *configured, GError **error)
{
    g_autoptr(SignatureSource) source = g_new0(SignatureSource, 1);
    g_autoptr(EVP_MD_CTX) hash = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    gint64 ignored = 0;

    source->bundled = !directory_holds_any(configured);
    if (source->bundled && strcmp(configured, SIGNATURE_DIRECTORY_DEFAULT) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "%s: holds no signatures; put some there, or leave the key out", configured);
        return NULL;
    }
    source->directory = g_strdup(source->bundled ? bundled_directory() : configured);
    source->directories[0] = g_strdup(source->directory);
    if (!directories_are_equal(source->directory, bundled_directory()))
        source->directories[1] = g_strdup(bundled_directory());
    EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
    for (gsize i = 0; source->directories[i]; i++)
        if (!directory_hash(hash, source->directories[i], i == 0 ? &source->newest : &ignored,
                            error))
            return NULL;
    EVP_DigestFinal_ex(hash, digest, NULL);
    hex_write(digest, (SIGNATURE_VERSION_SIZE - 1) / 2, source->version);
    return g_steal_pointer(&source);
}

SignatureSource *signature_source_free(SignatureSource *source)
{
    if (!source)
        return NULL;
    g_free(source->directory);
    for (gsize i = 0; i < G_N_ELEMENTS(source->directories); i++)
        g_free(source->directories[i]);
    g_free(source);
    return NULL;
}

static gboolean file_copy(const char *from, const char *directory, GError **error)
{
    g_autofree char *name = g_path_get_basename(from);
    g_autofree char *to = g_build_filename(directory, name, NULL);
    int source = open(from, O_RDONLY | O_CLOEXEC);
    int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ssize_t n = source < 0 || target < 0 ? -1 : 1;

    while (n > 0)
        n = copy_file_range(source, NULL, target, NULL, COPY_SIZE, 0);
    if (n == 0 && fsync(target) < 0)
        n = -1;
    if (n < 0)
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s to %s: %s", from,
                    to, g_strerror(errno));
    if (source >= 0)
        close(source);
    if (target >= 0)
        close(target);
    return n == 0;
}

static void directory_remove(const char *directory)
{
    g_autoptr(GDir) stream = g_dir_open(directory, 0, NULL);
    const char *name;

    while (stream && (name = g_dir_read_name(stream))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        (void)unlink(path);
    }
    (void)rmdir(directory);
}

gboolean signature_source_keep(const SignatureSource *source, const char *kept, GError **error)
{
    g_autoptr(GPtrArray) files = directory_list(source->directory);
    g_autofree char *fresh = g_strconcat(kept, ".new", NULL);

    directory_remove(fresh);
    if (!files || mkdir(fresh, 0700) < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", fresh,
                    g_strerror(errno));
        return FALSE;
    }
    for (guint i = 0; i < files->len; i++)
        if (!file_copy(files->pdata[i], fresh, error)) {
            directory_remove(fresh);
            return FALSE;
        }
    directory_remove(kept);
    if (rename(fresh, kept) == 0)
        return TRUE;
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", kept,
                g_strerror(errno));
    return FALSE;
}

guint64 signature_source_stamp(const char *configured)
{
    g_autoptr(GPtrArray) files = directory_list(configured);
    guint64 stamp = 14695981039346656037ULL; /* FNV-1a, 64 bits */

    for (guint i = 0; files && i < files->len; i++) {
        struct stat status;
        guint64 values[5] = {0};

        if (stat(files->pdata[i], &status) == 0) {
            values[0] = (guint64)status.st_ino;
            values[1] = (guint64)status.st_size;
            values[2] = (guint64)status.st_mtim.tv_sec;
            values[3] = (guint64)status.st_mtim.tv_nsec;
        }
        values[4] = g_str_hash(files->pdata[i]);
        for (gsize j = 0; j < G_N_ELEMENTS(values); j++)
            stamp = (stamp ^ values[j]) * 1099511628211ULL;
    }
    return stamp;
}
