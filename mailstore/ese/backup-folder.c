/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * backup-folder.c - copying all databases into a folder, and back.
 *
 * A backup is a folder with one file for each database, under the name of the original, and a list
 * that says where each was. The list is written last, after all files are on the disk: a folder
 * without one is no backup. An atomic backup is made in the folder "new" and then takes the place
 * of "old"; restoring looks for "old" first.
 *
 * Known limit: two databases with the same name in different folders cannot go into one backup.
 *
 * Fails with JET_errMakeBackupDirectoryFail, JET_errBackupDirectoryNotEmpty,
 * JET_errNoBackupDirectory, JET_errMissingFullBackup, JET_errInvalidBackup, JET_errDatabaseInUse,
 * the errors of files, and the error of the status function.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailstore/ese/backup.h"
#include "mailstore/ese/directory.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/meta-check.h"
#include "mailstore/ese/open-files.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/store-error.h"

#define LIST_NAME "databases.lst"
#define LIST_MAGIC "esent backup 1"

enum {
    CHUNK = 1 << 20,
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
};

/* --- Folders and files ------------------------------------------------------------------ */

static JET_ERR path_join(const char *folder, const char *name, char **ret)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return JET_errOutOfMemory;
    *ret = path;
    return JET_errSuccess;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Calls for each file in it; the folder's own files only, no folders. */
static JET_ERR folder_visit(const char *folder, JET_ERR (*visit)(const char *path))
{
    DIR *entries = opendir(folder);
    JET_ERR err = JET_errSuccess;
    if (!entries)
        return store_error(errno);
    for (struct dirent *entry; err >= 0 && (entry = readdir(entries));) {
        char *path = NULL;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        err = path_join(folder, entry->d_name, &path);
        if (err >= 0)
            err = visit(path);
        free(path);
    }
    closedir(entries);
    return err;
}

static JET_ERR refuse_any(const char *path)
{
    (void)path;
    return JET_errBackupDirectoryNotEmpty;
}

static JET_ERR delete_file(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT ? JET_errSuccess : JET_errDeleteBackupFileFail;
}

/* A backup that is no longer wanted: its files, then the folder. */
static JET_ERR folder_delete(const char *folder)
{
    JET_ERR err = folder_visit(folder, delete_file);
    if (err == JET_errFileNotFound)
        return JET_errSuccess;
    if (err >= 0 && rmdir(folder) != 0)
        err = JET_errDeleteBackupFileFail;
    return err;
}

static JET_ERR folder_make(const char *folder)
{
    if (mkdir(folder, FOLDER_MODE) == 0)
        return JET_errSuccess;
    return errno == EEXIST ? folder_visit(folder, refuse_any) : JET_errMakeBackupDirectoryFail;
}

/* --- Progress --------------------------------------------------------------------------- */

typedef struct {
    JET_PFNSTATUS status;
    JET_SNP what;
    uint64_t done, total;
} Progress;

static JET_ERR progress_say(const Progress *progress, JET_SNT step)
{
    uint64_t scale = progress->total / UINT32_MAX + 1;
    JET_SNPROG count = {
        .cbStruct = sizeof(count),
        .cunitDone = (uint32_t)(progress->done / scale),
        .cunitTotal = (uint32_t)(progress->total / scale),
    };
    if (!progress->status)
        return JET_errSuccess;
    JET_ERR err = progress->status(JET_sesidNil, progress->what, step,
                                   step == JET_sntProgress ? &count : NULL);
    return err < 0 ? err : JET_errSuccess;
}

/* --- Copying out ------------------------------------------------------------------------ */

static JET_ERR write_whole(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno != EINTR)
            return store_error(errno);
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return JET_errSuccess;
}

static JET_ERR file_finish(int fd, const char *path, JET_ERR err)
{
    if (err >= 0 && fsync(fd) != 0)
        err = JET_errDiskIO;
    if (close(fd) != 0 && err >= 0)
        err = JET_errDiskIO;
    if (err < 0)
        unlink(path);
    return err;
}

static JET_ERR image_write(Instance *instance, StoreImage *image, int fd, uint8_t *chunk,
                           Progress *progress)
{
    uint64_t offset = 0;
    for (;;) {
        size_t size;
        RETURN_IF_ERROR(backup_check(instance));
        RETURN_IF_ERROR(store_image_read(image, offset, chunk, CHUNK, &size));
        if (size == 0)
            return JET_errSuccess;
        RETURN_IF_ERROR(write_whole(fd, chunk, size));
        offset += size;
        progress->done += size;
        RETURN_IF_ERROR(progress_say(progress, JET_sntProgress));
    }
}

static JET_ERR image_copy(Instance *instance, StoreImage *image, const char *path,
                          Progress *progress)
{
    uint8_t *chunk = fault_malloc(CHUNK);
    int fd = chunk ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE) : -1;
    JET_ERR err = !chunk   ? JET_errOutOfMemory
                  : fd < 0 ? (errno == EEXIST ? JET_errInvalidBackup : store_error(errno))
                           : image_write(instance, image, fd, chunk, progress);
    if (fd >= 0)
        err = file_finish(fd, path, err);
    free(chunk);
    return err;
}

/* A magic line, then for each database the line with its path. */
static JET_ERR list_write(const Backup *backup, const char *folder)
{
    char *path = NULL;
    RETURN_IF_ERROR(path_join(folder, LIST_NAME, &path));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    JET_ERR err = fd >= 0 ? JET_errSuccess : store_error(errno);
    if (err >= 0) {
        err = write_whole(fd, (const uint8_t *)LIST_MAGIC "\n", sizeof(LIST_MAGIC));
        for (unsigned i = 0; err >= 0 && i < backup->n_files; i++) {
            const char *database = backup->files[i].database->path;
            err = strchr(database, '\n')
                      ? JET_errInvalidPath
                      : write_whole(fd, (const uint8_t *)database, strlen(database));
            if (err >= 0)
                err = write_whole(fd, (const uint8_t *)"\n", 1);
        }
        err = file_finish(fd, path, err);
    }
    free(path);
    return err < 0 ? err : directory_sync(folder);
}

static JET_ERR backup_copy(Instance *instance, const char *folder, JET_PFNSTATUS status)
{
    const Backup *backup = instance->backup; /* ours until backup_end */
    Progress progress = {.status = status, .what = JET_snpBackup};
    for (unsigned i = 0; i < backup->n_files; i++)
        progress.total += store_image_size(backup->files[i].image);
    JET_ERR err = progress_say(&progress, JET_sntBegin);
    for (unsigned i = 0; err >= 0 && i < backup->n_files; i++) {
        char *path = NULL;
        err = path_join(folder, base_name(backup->files[i].database->path), &path);
        if (err >= 0)
            err = image_copy(instance, backup->files[i].image, path, &progress);
        free(path);
    }
    if (err >= 0)
        err = list_write(backup, folder);
    return err >= 0 ? progress_say(&progress, JET_sntComplete) : err;
}

/* The new backup takes the place of the old, which is there until then. */
static JET_ERR backup_replace(const char *folder, const char *new, const char *old)
{
    if (renameat2(AT_FDCWD, new, AT_FDCWD, old, RENAME_EXCHANGE) == 0) {
        RETURN_IF_ERROR(folder_delete(new));
    } else {
        /* No old one, or a file system that cannot exchange. */
        RETURN_IF_ERROR(folder_delete(old));
        if (rename(new, old) != 0)
            return store_error(errno);
    }
    return directory_sync(folder);
}

static JET_ERR backup_atomically(Instance *instance, const char *folder, JET_PFNSTATUS status)
{
    char *new = NULL, *old = NULL;
    JET_ERR err = path_join(folder, "new", &new);
    if (err >= 0)
        err = path_join(folder, "old", &old);
    if (err >= 0 && mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
        err = JET_errMakeBackupDirectoryFail;
    if (err >= 0)
        err = folder_delete(new); /* one that was broken off */
    if (err >= 0)
        err = folder_make(new);
    if (err >= 0) {
        err = backup_copy(instance, new, status);
        if (err >= 0)
            err = backup_replace(folder, new, old);
        else
            folder_delete(new);
    }
    free(new);
    free(old);
    return err;
}

JET_ERR backup_to_folder(Instance *instance, const char *folder, bool atomic, JET_PFNSTATUS status)
{
    RETURN_IF_ERROR(backup_begin(instance, true));
    JET_ERR err;
    if (atomic) {
        err = backup_atomically(instance, folder, status);
    } else {
        err = folder_make(folder);
        if (err >= 0) {
            err = backup_copy(instance, folder, status);
            if (err < 0)
                folder_visit(folder, delete_file);
        }
    }
    if (err >= 0)
        err = directory_sync_of(folder);
    backup_end(instance);
    return err;
}

/* --- Copying back ------------------------------------------------------------------------- */

/* Beside its place and then over what is there. */
static JET_ERR file_restore(const char *from, const char *to, Progress *progress)
{
    char *work = NULL, *lock = NULL;
    uint8_t *chunk = fault_malloc(CHUNK);
    int source = open(from, O_RDONLY | O_CLOEXEC), target = -1;
    JET_ERR err = !chunk ? JET_errOutOfMemory : source < 0 ? store_error(errno) : meta_check(from);
    if (err >= 0 && (asprintf(&work, "%s.restore", to) < 0 || asprintf(&lock, "%s-lock", to) < 0))
        err = JET_errOutOfMemory;
    if (err >= 0) {
        target = open(work, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
        err = target < 0 ? store_error(errno) : JET_errSuccess;
    }
    while (err >= 0) {
        ssize_t size = read(source, chunk, CHUNK);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            err = JET_errDiskIO;
        if (size <= 0)
            break;
        err = write_whole(target, chunk, (size_t)size);
        progress->done += (uint64_t)size;
        if (err >= 0)
            err = progress_say(progress, JET_sntProgress);
    }
    if (target >= 0)
        err = file_finish(target, work, err);
    if (err >= 0 && rename(work, to) != 0)
        err = store_error(errno);
    if (err >= 0) {
        unlink(lock); /* of the file that was there: it speaks of its last commit */
        err = directory_sync_of(to);
    }
    if (source >= 0)
        close(source);
    free(chunk);
    free(work);
    free(lock);
    return err;
}

static bool file_is_used(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && open_file_is_used(path, &status);
}

/* One line of the list: a database's former path. With no folder it goes there again. */
static JET_ERR database_restore(const char *folder, const char *target, const char *original,
                                Progress *progress)
{
    char *from = NULL, *to = NULL, *resolved = NULL;
    JET_ERR err = path_join(folder, base_name(original), &from);
    if (err >= 0 && target)
        err = path_join(target, base_name(original), &to);
    if (err >= 0)
        err = database_resolve_path(target ? to : original, &resolved);
    if (err >= 0 && (database_is_attached(resolved) || file_is_used(resolved)))
        err = JET_errDatabaseInUse;
    if (err >= 0 && progress)
        err = file_restore(from, resolved, progress);
    free(from);
    free(to);
    free(resolved);
    return err;
}

/* Goes through the list; without progress only to see that each could be restored. */
static JET_ERR list_restore(const char *folder, const char *target, Progress *progress)
{
    char *path = NULL, *line = NULL;
    size_t room = 0;
    RETURN_IF_ERROR(path_join(folder, LIST_NAME, &path));
    FILE *list = fopen(path, "re");
    JET_ERR err = list ? JET_errSuccess : JET_errMissingFullBackup;
    free(path);
    if (err >= 0 && (getline(&line, &room, list) < 0 || strcmp(line, LIST_MAGIC "\n") != 0))
        err = JET_errInvalidBackup;
    for (ssize_t length; err >= 0 && (length = getline(&line, &room, list)) > 0;) {
        if (line[length - 1] != '\n' || line[0] != '/')
            err = JET_errInvalidBackup;
        line[length - 1] = 0;
        if (err >= 0)
            err = database_restore(folder, target, line, progress);
    }
    free(line);
    if (list)
        fclose(list);
    return err;
}

/* All bytes of the files in it. */
static uint64_t folder_bytes(const char *folder)
{
    DIR *entries = opendir(folder);
    uint64_t bytes = 0;
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        struct stat status;
        if (fstatat(dirfd(entries), entry->d_name, &status, 0) == 0 && S_ISREG(status.st_mode) &&
            strcmp(entry->d_name, LIST_NAME) != 0)
            bytes += (uint64_t)status.st_size;
    }
    if (entries)
        closedir(entries);
    return bytes;
}

JET_ERR backup_restore(const char *folder, const char *target, JET_PFNSTATUS status)
{
    char *old = NULL;
    struct stat found;
    if (stat(folder, &found) != 0 || !S_ISDIR(found.st_mode))
        return JET_errNoBackupDirectory;
    RETURN_IF_ERROR(path_join(folder, "old", &old));
    if (stat(old, &found) == 0 && S_ISDIR(found.st_mode))
        folder = old;
    Progress progress = {.status = status, .what = JET_snpRestore, .total = folder_bytes(folder)};
    JET_ERR err = list_restore(folder, target, NULL);
    if (err >= 0)
        err = progress_say(&progress, JET_sntBegin);
    if (err >= 0)
        err = list_restore(folder, target, &progress);
    if (err >= 0)
        err = progress_say(&progress, JET_sntComplete);
    free(old);
    return err;
}
