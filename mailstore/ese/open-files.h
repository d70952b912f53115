/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * open-files.h - the database files this process has open: LMDB must not open one twice.
 */
#ifndef MAILSTORE_ESE_OPEN_FILES_H
#define MAILSTORE_ESE_OPEN_FILES_H

#include <sys/stat.h>

#include "mailstore/ese/esent.h"

typedef struct OpenFile OpenFile;

/* JET_errDatabaseSharingViolation when this process has the file open. */
JET_ERR open_file_add(const struct stat *status, OpenFile **ret);
/* Returns NULL; accepts NULL. */
OpenFile *open_file_remove(OpenFile *file);

#endif /* MAILSTORE_ESE_OPEN_FILES_H */
