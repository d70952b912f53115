/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * free-check.h - is what a file lacks at its end free space?
 */
#ifndef MAILSTORE_ESE_FREE_CHECK_H
#define MAILSTORE_ESE_FREE_CHECK_H

#include "mailstore/ese/esent.h"
#include "mailstore/ese/page-layout.h"

/* LMDB never writes a page that was taken and given back in one transaction, so a sound file may
 * be shorter than its last page says - when all that is missing is free.
 * JET_errDatabaseCorrupted: it is not; JET_errOutOfMemory. */
JET_ERR free_check(const PageFile *file, const TreeRecord *free_tree);

#endif /* MAILSTORE_ESE_FREE_CHECK_H */
