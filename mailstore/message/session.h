/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session.h - a session with the store API and a cursor for each index.
 */
#ifndef MAILSTORE_MESSAGE_SESSION_H
#define MAILSTORE_MESSAGE_SESSION_H

#include "mailstore/message/database.h"
#include "mailstore/message/error.h"
#include "mailstore/message/schema.h"

struct MailSession {
    MailStore *store;
    JET_SESID sesid;
    JET_DBID database;
    JET_TABLEID cursors[INDEX_COUNT];
    Failure failure; /* of the last call that failed */
};

/* Notes where `err` came from, if it is an error, and returns it. */
JET_ERR session_note(MailSession *session, const char *call, Index index, JET_ERR err);

/* Sets the error, with what could not be done; always FALSE. */
gboolean session_fail(MailSession *session, JET_ERR err, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

#endif /* MAILSTORE_MESSAGE_SESSION_H */
