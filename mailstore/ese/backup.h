/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * backup.h - a backup of an instance under way: images of its databases, and the files read of it.
 */
#ifndef MAILSTORE_ESE_BACKUP_H
#define MAILSTORE_ESE_BACKUP_H

#include "mailstore/ese/database.h"

/* One database of a backup. */
typedef struct {
    Database *database;
    StoreImage *image;
} BackupFile;

struct Backup {
    bool stopped; /* JetStopBackupInstance: all that is left to do is to end it */
    bool logs;    /* a streaming one is past its databases */
    bool copies;  /* JetBackupInstance, which ends it itself */
    unsigned n_files;
    BackupFile files[INSTANCE_DATABASES_MAX];
    struct BackupReader *readers; /* open files of a streaming one */
};

/* Begins one of all databases attached, as they are now. JET_errBackupInProgress. */
JET_ERR backup_begin(Instance *instance, bool copies);
/* Ends it whatever its state; nothing when there is none. */
void backup_end(Instance *instance);
bool backup_is_running(Instance *instance);
/* JET_errNoBackup. */
JET_ERR backup_stop(Instance *instance);
/* JET_errBackupAbortByServer once it was stopped. */
JET_ERR backup_check(Instance *instance);

/* Streaming. JET_errNoBackup, JET_errInvalidBackupSequence, JET_errBackupAbortByServer. */
JET_ERR backup_open_file(Instance *instance, const char *path, JET_HANDLE *ret, uint64_t *ret_size);
/* JET_errInvalidParameter for a size that is no multiple of the page's; 0 bytes at the end. */
JET_ERR backup_read_file(Instance *instance, JET_HANDLE file, void *data, uint32_t size,
                         uint32_t *ret_actual);
JET_ERR backup_close_file(Instance *instance, JET_HANDLE file);
/* The paths of its databases, or no log files, each with a zero and one more behind the last. What
 * fits is given with JET_wrnBufferTruncated; *ret_actual is in bytes. */
JET_ERR backup_list_databases(Instance *instance, bool wide, void *list, uint32_t size,
                              uint32_t *ret_actual);
JET_ERR backup_list_logs(Instance *instance, bool wide, void *list, uint32_t size,
                         uint32_t *ret_actual);
JET_ERR backup_truncate_logs(Instance *instance);
JET_ERR backup_end_streaming(Instance *instance);

/* Copies all databases into the folder: JetBackupInstance. */
JET_ERR backup_to_folder(Instance *instance, const char *folder, bool atomic, JET_PFNSTATUS status);
/* Copies them from there to where they were, or into another folder. Nobody may have those open. */
JET_ERR backup_restore(const char *folder, const char *target, JET_PFNSTATUS status);

#endif
