/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store-error.c - the one place where LMDB's and the system's errors become JET errors.
 *
 * What is not named here is a defect of ours or of LMDB and comes out as JET_errInternalError.
 */
#include <errno.h>
#include <lmdb.h>

#include "mailstore/ese/store-error.h"

static const struct {
    int code;
    JET_ERR error;
} store_errors[] = {
    {0, JET_errSuccess},
    {MDB_NOTFOUND, JET_errRecordNotFound},
    {MDB_KEYEXIST, JET_errKeyDuplicate},
    {MDB_MAP_FULL, JET_errDiskFull},
    {ENOSPC, JET_errDiskFull},
    {EDQUOT, JET_errDiskFull},
    {EFBIG, JET_errDiskFull},
    {ENOMEM, JET_errOutOfMemory},
    {EIO, JET_errDiskIO},
    {MDB_PANIC, JET_errDiskIO},
    {MDB_CORRUPTED, JET_errDatabaseCorrupted},
    {MDB_PAGE_NOTFOUND, JET_errDatabaseCorrupted},
    {MDB_INVALID, JET_errDatabaseCorrupted},
    {MDB_INCOMPATIBLE, JET_errDatabaseCorrupted},
    {MDB_VERSION_MISMATCH, JET_errInvalidDatabaseVersion},
    {MDB_READERS_FULL, JET_errOutOfSessions},
    {MDB_TXN_FULL, JET_errVersionStoreOutOfMemory},
    {MDB_BAD_VALSIZE, JET_errKeyTooBig},
    {MDB_MAP_RESIZED, JET_errOutOfMemory},
    {EACCES, JET_errFileAccessDenied},
    {EPERM, JET_errFileAccessDenied},
    {EROFS, JET_errFileAccessDenied},
    {EBUSY, JET_errFileAccessDenied},
    {EAGAIN, JET_errFileAccessDenied},
    {EISDIR, JET_errFileAccessDenied},
    {ENOENT, JET_errFileNotFound},
    {ENOTDIR, JET_errInvalidPath},
    {ENAMETOOLONG, JET_errInvalidPath},
    {ELOOP, JET_errInvalidPath},
    {EMFILE, JET_errTooManyOpenDatabases},
    {ENFILE, JET_errTooManyOpenDatabases},
};

JET_ERR store_error(int code)
{
    for (size_t i = 0; i < sizeof store_errors / sizeof *store_errors; i++)
        if (store_errors[i].code == code)
            return store_errors[i].error;
    return JET_errInternalError;
}
