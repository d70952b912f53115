/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * meta-check.h - looks at a database file before LMDB maps it.
 */
#ifndef MAILSTORE_ESE_META_CHECK_H
#define MAILSTORE_ESE_META_CHECK_H

#include <stdbool.h>

#include "mailstore/ese/esent.h"

/* Only reads, with pread. JET_errDatabaseCorrupted: not a database of ours, damaged or cut short;
 * JET_errInvalidDatabaseVersion: LMDB of another file version; else errors of opening. */
typedef struct {
    uint64_t page_size, file_bytes, disk_bytes, last_page;
    bool used; /* some process has it open */
} MetaSummary;

/* What the file says of itself. Errors as of meta_check. */
JET_ERR meta_summary(const char *path, MetaSummary *ret);
JET_ERR meta_check(const char *path);

#endif /* MAILSTORE_ESE_META_CHECK_H */
