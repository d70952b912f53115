/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * open-files.h - the database files this process has open: LMDB must not open one twice.
 */
#ifndef MAILSTORE_ESE_OPEN_FILES_H
#define MAILSTORE_ESE_OPEN_FILES_H

#include <stdbool.h>
#include <sys/stat.h>

#include "mailstore/ese/esent.h"

typedef struct OpenFile OpenFile;

/* JET_errDatabaseSharingViolation when this process has the file open. */
JET_ERR open_file_add(const struct stat *status, OpenFile **ret);
/* Whether this process has the file open, or another one that keeps to LMDB's lock file. */
bool open_file_is_used(const char *path, const struct stat *status);
/* Whether another process has it open, or may have, while this one has. */
bool open_file_is_shared(OpenFile *file, const char *path);
/* Once LMDB has closed it. Returns NULL; accepts NULL. */
OpenFile *open_file_remove(OpenFile *file);

#endif /* MAILSTORE_ESE_OPEN_FILES_H */
