/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine-file.c - writes and reads the files of the quarantine.
 *
 * A file is written as ".new-NAME" and then renamed, so that a crash or a full disk leaves no half
 * of one. Fails with QUARANTINE_ERROR_IO as the file system does, and with
 * QUARANTINE_ERROR_NOT_FOUND for a file that is missing, damaged or not one of ours.
 */
#include "scanner/records/quarantine-file.h"

#include "scanner/records/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536

typedef EVP_MD_CTX DigestContext;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DigestContext, EVP_MD_CTX_free)

static gboolean fail_errno(const char *what, const char *name, GError **error)
{
    g_set_error(error, QUARANTINE_ERROR,
                errno == ENOENT ? QUARANTINE_ERROR_NOT_FOUND : QUARANTINE_ERROR_IO,
                "quarantine: cannot %s %s: %s", what, name, g_strerror(errno));
    return FALSE;
}

static gboolean fail_damaged(const char *name, const char *why, GError **error)
{
    g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_NOT_FOUND,
                "quarantine: %s is damaged: %s", name, why);
    return FALSE;
}

static void turn_over(guint8 *bytes, gsize size)
{
    for (gsize i = 0; i < size; i++)
        bytes[i] ^= 0xFF;
}

static DigestContext *digest_new(void)
{
    DigestContext *context = EVP_MD_CTX_new();
    int ok = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL);

    g_assert(ok);
    return context;
}

static gboolean write_all(int fd, const void *bytes, gsize size)
{
    const guint8 *p = bytes;

    while (size > 0) {
        gssize n = write(fd, p, MIN(size, CHUNK));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        p += n;
        size -= (gsize)n;
    }
    return TRUE;
}

/* FALSE with errno, which is EIO at an early end of the file. */
static gboolean read_all(int fd, void *bytes, gsize size, goffset offset)
{
    guint8 *p = bytes;

    while (size > 0) {
        gssize n = pread(fd, p, size, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return FALSE;
        p += n;
        size -= (gsize)n;
        offset += n;
    }
    return TRUE;
}

/* --- Writing --------------------------------------------------------------------- */

static gboolean write_content(int fd, int content, gsize size, DigestContext *digest)
{
    g_autofree guint8 *chunk = g_malloc(CHUNK);

    for (gsize done = 0; done < size;) {
        gsize n = MIN(size - done, CHUNK);
        if (!read_all(content, chunk, n, (goffset)done))
            return FALSE;
        EVP_DigestUpdate(digest, chunk, n);
        turn_over(chunk, n);
        if (!write_all(fd, chunk, n))
            return FALSE;
        done += n;
    }
    return TRUE;
}

static gboolean write_file(int fd, GBytes *metadata, int content, gsize size)
{
    g_autoptr(DigestContext) digest = digest_new();
    guint8 header[QUARANTINE_FILE_HEADER], hash[QUARANTINE_FILE_TRAILER];
    guint32 metadata_size = GUINT32_TO_LE((guint32)g_bytes_get_size(metadata));
    guint64 content_size = GUINT64_TO_LE((guint64)size);

    memcpy(header, "SHQ1", 4);
    memcpy(header + 4, &metadata_size, 4);
    memcpy(header + 8, &content_size, 8);
    EVP_DigestUpdate(digest, g_bytes_get_data(metadata, NULL), g_bytes_get_size(metadata));
    if (!write_all(fd, header, sizeof header) ||
        !write_all(fd, g_bytes_get_data(metadata, NULL), g_bytes_get_size(metadata)) ||
        !write_content(fd, content, size, digest))
        return FALSE;
    EVP_DigestFinal_ex(digest, hash, NULL);
    return write_all(fd, hash, sizeof hash) && fsync(fd) == 0;
}

gboolean quarantine_file_write(int directory, const char *name, GBytes *metadata, int content,
                               gsize size, GError **error)
{
    g_autofree char *temporary = g_strconcat(".new-", name, NULL);
    int fd =
        openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    gboolean ok;

    if (fd < 0)
        return fail_errno("create", name, error);
    ok = write_file(fd, metadata, content, size);
    if (!ok)
        fail_errno("write", name, error);
    close(fd);
    if (ok && renameat(directory, temporary, directory, name) != 0)
        ok = fail_errno("rename", name, error);
    if (ok && fsync(directory) != 0) {
        ok = fail_errno("sync", name, error);
        unlinkat(directory, name, 0);
    }
    if (!ok)
        unlinkat(directory, temporary, 0);
    return ok;
}

gboolean quarantine_file_append(int directory, const char *name, const char *line, GError **error)
{
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    g_autofree char *text = g_strconcat(line, "\n", NULL);
    gboolean ok;

    if (fd < 0)
        return fail_errno("open", name, error);
    ok = write_all(fd, text, strlen(text)) && fdatasync(fd) == 0 && fsync(directory) == 0;
    if (!ok)
        fail_errno("write", name, error);
    close(fd);
    return ok;
}

/* --- Reading --------------------------------------------------------------------- */

typedef struct {
    guint32 metadata_size;
    guint64 content_size;
} Layout;

/* The open file with its checked header, or -1. */
static int open_checked(int directory, const char *name, Layout *ret, GError **error)
{
    guint8 header[QUARANTINE_FILE_HEADER];
    struct stat status;
    Layout layout;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0) {
        fail_errno("open", name, error);
        return -1;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        !read_all(fd, header, sizeof header, 0) || memcmp(header, "SHQ1", 4) != 0) {
        fail_damaged(name, "not a quarantine file", error);
        close(fd);
        return -1;
    }
    memcpy(&layout.metadata_size, header + 4, 4);
    memcpy(&layout.content_size, header + 8, 8);
    layout.metadata_size = GUINT32_FROM_LE(layout.metadata_size);
    layout.content_size = GUINT64_FROM_LE(layout.content_size);
    guint64 rest = (guint64)status.st_size - QUARANTINE_FILE_HEADER;
    if (layout.metadata_size > QUARANTINE_METADATA_MAX || rest < QUARANTINE_FILE_TRAILER ||
        rest - QUARANTINE_FILE_TRAILER < layout.metadata_size ||
        rest - QUARANTINE_FILE_TRAILER - layout.metadata_size != layout.content_size) {
        fail_damaged(name, "its size is not what its header says", error);
        close(fd);
        return -1;
    }
    *ret = layout;
    return fd;
}

static GBytes *read_bytes(int fd, const char *name, gsize size, goffset offset, GError **error)
{
    g_autofree guint8 *bytes = g_try_malloc(MAX(size, 1));

    if (bytes == NULL) {
        g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_IO,
                    "quarantine: no memory for the %zu bytes of %s", size, name);
        return NULL;
    }
    if (!read_all(fd, bytes, size, offset)) {
        fail_errno("read", name, error);
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&bytes), size);
}

GBytes *quarantine_file_metadata(int directory, const char *name, gsize most, GError **error)
{
    Layout layout = {0};
    int fd = open_checked(directory, name, &layout, error);
    GBytes *metadata;

    if (fd < 0)
        return NULL;
    metadata = read_bytes(fd, name, MIN(layout.metadata_size, most), QUARANTINE_FILE_HEADER, error);
    close(fd);
    return metadata;
}

gboolean quarantine_file_read(int directory, const char *name, GBytes **ret_metadata,
                              GBytes **ret_content, GError **error)
{
    g_autoptr(DigestContext) digest = digest_new();
    g_autoptr(GBytes) whole = NULL;
    guint8 hash[QUARANTINE_FILE_TRAILER];
    Layout layout = {0};
    int fd = open_checked(directory, name, &layout, error);

    if (fd < 0)
        return FALSE;
    gsize size = layout.metadata_size + layout.content_size;
    whole = read_bytes(fd, name, size + sizeof hash, QUARANTINE_FILE_HEADER, error);
    close(fd);
    if (whole == NULL)
        return FALSE;
    /* Not shared with anybody yet, so they may be changed. */
    guint8 *bytes = (guint8 *)g_bytes_get_data(whole, NULL);
    turn_over(bytes + layout.metadata_size, layout.content_size);
    EVP_DigestUpdate(digest, bytes, size);
    EVP_DigestFinal_ex(digest, hash, NULL);
    if (memcmp(hash, bytes + size, sizeof hash) != 0)
        return fail_damaged(name, "its checksum is wrong", error);
    *ret_metadata = g_bytes_new_from_bytes(whole, 0, layout.metadata_size);
    *ret_content = g_bytes_new_from_bytes(whole, layout.metadata_size, layout.content_size);
    return TRUE;
}
