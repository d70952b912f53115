/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * temp-directory.c - makes, tests and empties the directories that libclamav unpacks into.
 *
 * Fails by -errno or G_FILE_ERROR. Emptying follows no symbolic links.
 *
 * Known limit: a probe is true for one moment. Failures during a scan are noticed by the engine's
 * message callback.
 */
#include "scanner/common/temp-directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PROBE_NAME ".probe"

enum {
    PROBE_SIZE = 4096,   /* one page, the unit of tmpfs */
    SWEEP_DEPTH_MAX = 64 /* libclamav nests its directories like archives, 17 levels by default */
};

static void directory_sweep(int fd, int depth)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry;

    if (!stream) {
        if (copy >= 0)
            close(copy);
        return;
    }
    while ((entry = readdir(stream))) {
        int inner;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) == 0 || depth >= SWEEP_DEPTH_MAX)
            continue;
        inner = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (inner < 0)
            continue;
        directory_sweep(inner, depth + 1);
        close(inner);
        (void)unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(stream);
}

static gboolean set_file_error(GError **error, const char *path, int code)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code), "%s: %s", path,
                g_strerror(code));
    return FALSE;
}

gboolean temp_directory_reset(const char *path, GError **error)
{
    struct stat status;
    int fd, saved;

    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return set_file_error(error, path, errno);
    fd = temp_directory_open(path);
    if (fd < 0)
        return set_file_error(error, path, errno);
    /* In a directory that everybody may write to, somebody else may have made it first. */
    saved = fstat(fd, &status) < 0 ? errno : status.st_uid != geteuid() ? EPERM : 0;
    if (saved == 0) {
        (void)fchmod(fd, 0700);
        directory_sweep(fd, 0);
        saved = -temp_directory_probe(fd);
    }
    close(fd);
    return saved == 0 || set_file_error(error, path, saved);
}

void temp_directory_remove(const char *path)
{
    int fd = temp_directory_open(path);

    if (fd < 0)
        return;
    directory_sweep(fd, 0);
    close(fd);
    (void)rmdir(path);
}

int temp_directory_open(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

int temp_directory_probe(int fd)
{
    static const char page[PROBE_SIZE];
    int file = openat(fd, PROBE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    ssize_t written;
    int result = 0;

    if (file < 0)
        return -errno;
    written = write(file, page, sizeof(page));
    if (written != (ssize_t)sizeof(page))
        result = written < 0 ? -errno : -ENOSPC;
    close(file);
    if (unlinkat(fd, PROBE_NAME, 0) < 0 && result == 0)
        result = -errno;
    return result;
}

int temp_directory_check_space(int fd)
{
    struct statvfs space;

    if (fstatvfs(fd, &space) < 0)
        return -errno;
    if (space.f_flag & ST_RDONLY)
        return -EROFS;
    /* A tmpfs without a limit reports a total of zero blocks, or zero files. */
    if ((space.f_blocks > 0 && space.f_bavail == 0) || (space.f_files > 0 && space.f_favail == 0))
        return -ENOSPC;
    return 0;
}
