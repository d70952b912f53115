/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error.h - the one border between JET_ERR and GError.
 *
 * Inside mailstore/message functions return JET_ERR, because what failed decides whether a
 * transaction is run again. The functions of message-store.h translate with mail_error_set().
 */
#ifndef MAILSTORE_MESSAGE_ERROR_H
#define MAILSTORE_MESSAGE_ERROR_H

#include "mailstore/ese/esent.h"
#include "mailstore/message/message-store.h"

/* Where a call failed, noted when it did. */
typedef struct {
    JET_ERR err;
    const char *call;  /* "JetUpdate"; static; NULL when nothing was noted */
    const char *table; /* "messages"; static; may be NULL */
} Failure;

/* Sets "WHAT: CALL on table TABLE: CODE (words)". The place is told when it is that of `err`. */
void mail_error_set(GError **error, JET_ERR err, const Failure *failure, const char *what);

#endif /* MAILSTORE_MESSAGE_ERROR_H */
