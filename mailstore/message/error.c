/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error.c - what a code of the store API means to a mail client.
 */
#include "mailstore/message/error.h"

G_DEFINE_QUARK(mail_store_error, mail_store_error)

typedef struct {
    JET_ERR err;
    MailStoreError code;
    const char *words;
} Meaning;

static const Meaning meanings[] = {
    {JET_errPermissionDenied, MAIL_STORE_ERROR_REFUSED, "refused"},
    {JET_errInstanceUnavailable, MAIL_STORE_ERROR_UNAVAILABLE, "not available, try later"},
    {JET_errWriteConflict, MAIL_STORE_ERROR_UNAVAILABLE, "others kept changing it, try later"},
    {JET_errDiskFull, MAIL_STORE_ERROR_FULL, "disk full"},
    {JET_errLogDiskFull, MAIL_STORE_ERROR_FULL, "disk full"},
    {JET_errOutOfDatabaseSpace, MAIL_STORE_ERROR_FULL, "database full"},
    {JET_errRecordNotFound, MAIL_STORE_ERROR_NOT_FOUND, "not there"},
    {JET_errKeyDuplicate, MAIL_STORE_ERROR_UNAVAILABLE, "others kept writing it, try later"},
    {JET_errObjectDuplicate, MAIL_STORE_ERROR_EXISTS, "already there"},
    {JET_errInvalidParameter, MAIL_STORE_ERROR_INVALID, "not valid"},
    {JET_errVersionStoreOutOfMemory, MAIL_STORE_ERROR_FAILED, "too much for one transaction"},
    {JET_errOutOfMemory, MAIL_STORE_ERROR_FAILED, "out of memory"},
    {JET_errDiskIO, MAIL_STORE_ERROR_FAILED, "input or output error"},
    {JET_errDatabaseCorrupted, MAIL_STORE_ERROR_FAILED, "damaged, see esentcheck(1)"},
    {JET_errReadVerifyFailure, MAIL_STORE_ERROR_FAILED, "damaged, see esentcheck(1)"},
    {JET_errInvalidDatabaseVersion, MAIL_STORE_ERROR_FAILED, "made by another version"},
    {JET_errFileAccessDenied, MAIL_STORE_ERROR_FAILED, "no right to write it or its -lock file"},
};

void mail_error_set(GError **error, JET_ERR err, const Failure *failure, const char *what)
{
    MailStoreError code = MAIL_STORE_ERROR_FAILED;
    const char *words = "unexpected";

    for (gsize i = 0; i < G_N_ELEMENTS(meanings); i++)
        if (meanings[i].err == err) {
            code = meanings[i].code;
            words = meanings[i].words;
        }
    if (failure != NULL && failure->call != NULL && failure->err == err)
        g_set_error(error, MAIL_STORE_ERROR, (gint)code, "%s: %s%s%s: %d (%s)", what, failure->call,
                    failure->table != NULL ? " on table " : "",
                    failure->table != NULL ? failure->table : "", err, words);
    else
        g_set_error(error, MAIL_STORE_ERROR, (gint)code, "%s: %d (%s)", what, err, words);
}
