/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * meta-check.h - looks at a database file before LMDB maps it.
 */
#ifndef MAILSTORE_ESE_META_CHECK_H
#define MAILSTORE_ESE_META_CHECK_H

#include "mailstore/ese/esent.h"

/* Only reads, with pread. JET_errDatabaseCorrupted: not a database of ours, damaged or cut short;
 * JET_errInvalidDatabaseVersion: LMDB of another file version; else errors of opening. */
JET_ERR meta_check(const char *path);

#endif /* MAILSTORE_ESE_META_CHECK_H */
