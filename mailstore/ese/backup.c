/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * backup.c - a backup of an instance under way, and reading it as a stream.
 *
 * A backup is an image of each database, all taken when it begins; sessions go on writing. There
 * are no log files: their lists are empty, and there is nothing to truncate. Images of several
 * databases are of one instant, as commits wait until the last is taken.
 *
 * Fails with JET_errBackupInProgress, JET_errNoBackup, JET_errInvalidBackupSequence,
 * JET_errBackupAbortByServer, JET_errFileNotFound, and as store_image_open.
 */
#include "mailstore/ese/backup.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/handle.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/wide.h"

typedef struct BackupReader BackupReader;
struct BackupReader {
    JET_HANDLE handle;
    StoreImage *image;
    uint64_t offset;
    BackupReader *next;
};

/* --- Beginning and ending -------------------------------------------------------------- */

static void backup_hold(Instance *instance, Database *database, int change)
{
    pthread_mutex_lock(&instance->lock);
    database->n_holds += (unsigned)change;
    pthread_mutex_unlock(&instance->lock);
}

static Database *backup_hold_next(Instance *instance, unsigned *at)
{
    Database *found = NULL;
    pthread_mutex_lock(&instance->lock);
    for (; *at < INSTANCE_DATABASES_MAX && !found; (*at)++)
        if (instance->databases[*at]) {
            found = instance->databases[*at];
            found->n_holds++;
        }
    pthread_mutex_unlock(&instance->lock);
    return found;
}

static void backup_free(Instance *instance, Backup *backup)
{
    while (backup->readers) {
        BackupReader *reader = backup->readers;
        backup->readers = reader->next;
        handle_free(reader->handle, HANDLE_FILE);
        free(reader);
    }
    for (unsigned i = 0; i < backup->n_files; i++) {
        store_image_close(backup->files[i].image);
        backup_hold(instance, backup->files[i].database, -1);
    }
    free(backup);
}

/* First it is settled which databases there are: while an image holds the commits of one, no lock
 * of ours is waited for. */
static JET_ERR backup_take_images(Instance *instance, Backup *backup)
{
    unsigned at = 0, taken = 0;
    JET_ERR err = JET_errSuccess;
    for (Database *database; (database = backup_hold_next(instance, &at));)
        backup->files[backup->n_files++].database = database;
    for (; taken < backup->n_files && err >= 0; taken++)
        err = store_image_open(backup->files[taken].database->store, &backup->files[taken].image);
    for (unsigned i = 0; i < taken; i++)
        if (backup->files[i].image)
            store_image_let_go(backup->files[i].image);
    return err;
}

JET_ERR backup_begin(Instance *instance, bool copies)
{
    pthread_mutex_lock(&instance->backup_lock);
    Backup *backup = instance->backup ? NULL : fault_calloc(1, sizeof(*backup));
    JET_ERR err = instance->backup ? JET_errBackupInProgress
                  : backup         ? JET_errSuccess
                                   : JET_errOutOfMemory;
    if (err >= 0) {
        backup->copies = copies;
        err = backup_take_images(instance, backup);
    }
    if (err >= 0)
        instance->backup = backup;
    else if (backup)
        backup_free(instance, backup);
    pthread_mutex_unlock(&instance->backup_lock);
    return err;
}

void backup_end(Instance *instance)
{
    pthread_mutex_lock(&instance->backup_lock);
    if (instance->backup)
        backup_free(instance, instance->backup);
    instance->backup = NULL;
    pthread_mutex_unlock(&instance->backup_lock);
}

bool backup_is_running(Instance *instance)
{
    /* Without the lock: a snapshot asks while it holds its own. One that is only about to begin
     * waits for the thaw when it takes its images. */
    return atomic_load(&instance->backup) != NULL;
}

JET_ERR backup_stop(Instance *instance)
{
    pthread_mutex_lock(&instance->backup_lock);
    JET_ERR err = instance->backup ? JET_errSuccess : JET_errNoBackup;
    if (err >= 0)
        instance->backup->stopped = true;
    pthread_mutex_unlock(&instance->backup_lock);
    return err;
}

JET_ERR backup_check(Instance *instance)
{
    pthread_mutex_lock(&instance->backup_lock);
    bool stopped = instance->backup->stopped;
    pthread_mutex_unlock(&instance->backup_lock);
    return stopped ? JET_errBackupAbortByServer : JET_errSuccess;
}

/* --- Streaming ------------------------------------------------------------------------- */

/* Locks a streaming backup that is not stopped. */
static JET_ERR backup_enter(Instance *instance, Backup **ret)
{
    pthread_mutex_lock(&instance->backup_lock);
    Backup *backup = instance->backup;
    JET_ERR err = !backup || backup->copies ? JET_errNoBackup
                  : backup->stopped         ? JET_errBackupAbortByServer
                                            : JET_errSuccess;
    if (err < 0)
        pthread_mutex_unlock(&instance->backup_lock);
    *ret = backup;
    return err;
}

static JET_ERR backup_leave(Instance *instance, JET_ERR err)
{
    pthread_mutex_unlock(&instance->backup_lock);
    return err;
}

static BackupFile *backup_find(Backup *backup, const char *path)
{
    for (unsigned i = 0; i < backup->n_files; i++)
        if (strcmp(backup->files[i].database->path, path) == 0)
            return &backup->files[i];
    return NULL;
}

static JET_ERR reader_new(Backup *backup, const BackupFile *file, BackupReader **ret)
{
    BackupReader *reader = fault_calloc(1, sizeof(*reader));
    if (!reader)
        return JET_errOutOfMemory;
    reader->image = file->image;
    JET_ERR err = handle_new(HANDLE_FILE, reader, 0, &reader->handle);
    if (err < 0) {
        free(reader);
        return err;
    }
    reader->next = backup->readers;
    backup->readers = reader;
    *ret = reader;
    return JET_errSuccess;
}

JET_ERR backup_open_file(Instance *instance, const char *path, JET_HANDLE *ret, uint64_t *ret_size)
{
    Backup *backup;
    BackupReader *reader = NULL;
    char *resolved = NULL;
    RETURN_IF_ERROR(backup_enter(instance, &backup));
    JET_ERR err =
        backup->logs ? JET_errInvalidBackupSequence : database_resolve_path(path, &resolved);
    if (err >= 0) {
        BackupFile *file = backup_find(backup, resolved);
        err = file ? reader_new(backup, file, &reader) : JET_errFileNotFound;
    }
    if (err >= 0) {
        *ret = reader->handle;
        *ret_size = store_image_size(reader->image);
    }
    free(resolved);
    return backup_leave(instance, err);
}

static BackupReader **reader_find(Backup *backup, JET_HANDLE handle)
{
    BackupReader **at = &backup->readers;
    while (*at && (*at)->handle != handle)
        at = &(*at)->next;
    return at;
}

JET_ERR backup_read_file(Instance *instance, JET_HANDLE file, void *data, uint32_t size,
                         uint32_t *ret_actual)
{
    Backup *backup;
    size_t actual = 0;
    RETURN_IF_ERROR(backup_enter(instance, &backup));
    BackupReader *reader = *reader_find(backup, file);
    JET_ERR err = reader && size > 0 && size % store_image_page_size(reader->image) == 0
                      ? JET_errSuccess
                      : JET_errInvalidParameter;
    if (err >= 0)
        err = store_image_read(reader->image, reader->offset, data, size, &actual);
    if (err >= 0) {
        reader->offset += actual;
        *ret_actual = (uint32_t)actual;
    }
    return backup_leave(instance, err);
}

JET_ERR backup_close_file(Instance *instance, JET_HANDLE file)
{
    Backup *backup;
    RETURN_IF_ERROR(backup_enter(instance, &backup));
    BackupReader **at = reader_find(backup, file), *reader = *at;
    if (!reader)
        return backup_leave(instance, JET_errInvalidParameter);
    *at = reader->next;
    handle_free(reader->handle, HANDLE_FILE);
    free(reader);
    return backup_leave(instance, JET_errSuccess);
}

/* --- Lists of files -------------------------------------------------------------------- */

typedef struct {
    bool wide;
    uint8_t *out;
    uint32_t room, used; /* used: of all, also what does not fit */
} FileList;

static void list_put(FileList *list, const void *data, size_t size)
{
    size_t fits = list->used < list->room ? list->room - list->used : 0;
    if (list->out && fits > 0)
        memcpy(list->out + list->used, data, size < fits ? size : fits);
    list->used += (uint32_t)size;
}

/* With the zero that ends it. */
static JET_ERR list_put_text(FileList *list, const char *text)
{
    size_t room = (strlen(text) + 1) * sizeof(JET_WCHAR), units = 0;
    if (!list->wide) {
        list_put(list, text, strlen(text) + 1);
        return JET_errSuccess;
    }
    JET_WCHAR *wide = fault_malloc(room);
    if (!wide)
        return JET_errOutOfMemory;
    JET_ERR err = wide_copy_out(text, wide, (uint32_t)room);
    while (err >= 0 && wide[units])
        units++;
    if (err >= 0)
        list_put(list, wide, (units + 1) * sizeof(*wide));
    free(wide);
    return err;
}

static JET_ERR list_end(FileList *list, JET_ERR err, uint32_t *ret_actual)
{
    if (err >= 0)
        err = list_put_text(list, "");
    RETURN_IF_ERROR(err);
    if (ret_actual)
        *ret_actual = list->used;
    return list->out && list->used > list->room ? JET_wrnBufferTruncated : JET_errSuccess;
}

JET_ERR backup_list_databases(Instance *instance, bool wide, void *list, uint32_t size,
                              uint32_t *ret_actual)
{
    Backup *backup;
    FileList files = {.wide = wide, .out = list, .room = size};
    JET_ERR err = JET_errSuccess;
    RETURN_IF_ERROR(backup_enter(instance, &backup));
    if (backup->logs)
        err = JET_errInvalidBackupSequence;
    for (unsigned i = 0; err >= 0 && i < backup->n_files; i++)
        err = list_put_text(&files, backup->files[i].database->path);
    return backup_leave(instance, list_end(&files, err, ret_actual));
}

JET_ERR backup_list_logs(Instance *instance, bool wide, void *list, uint32_t size,
                         uint32_t *ret_actual)
{
    Backup *backup;
    FileList files = {.wide = wide, .out = list, .room = size};
    RETURN_IF_ERROR(backup_enter(instance, &backup));
    backup->logs = true;
    return backup_leave(instance, list_end(&files, JET_errSuccess, ret_actual));
}

JET_ERR backup_truncate_logs(Instance *instance)
{
    Backup *backup;
    RETURN_IF_ERROR(backup_enter(instance, &backup));
    return backup_leave(instance, backup->logs ? JET_errSuccess : JET_errInvalidBackupSequence);
}

JET_ERR backup_end_streaming(Instance *instance)
{
    pthread_mutex_lock(&instance->backup_lock);
    Backup *backup = instance->backup;
    bool streaming = backup && !backup->copies;
    if (streaming) {
        backup_free(instance, backup);
        instance->backup = NULL;
    }
    pthread_mutex_unlock(&instance->backup_lock);
    return streaming ? JET_errSuccess : JET_errNoBackup;
}
