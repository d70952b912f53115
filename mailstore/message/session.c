/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session.c - a session with the store API and a cursor for each index.
 *
 * The cursors are opened once, outside any transaction, so that no rollback closes them or changes
 * their index, and so that reading a row costs no open.
 */
#include "mailstore/message/session.h"

JET_ERR session_note(MailSession *session, const char *call, Index index, JET_ERR err)
{
    if (err < 0)
        session->failure = (Failure){err, call, schema_table_name(schema_index_table(index))};
    return err;
}

gboolean session_fail(MailSession *session, JET_ERR err, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    mail_error_set(error, err, &session->failure, what);
    return FALSE;
}

static JET_ERR open_cursors(MailSession *session)
{
    for (guint i = 0; i < INDEX_COUNT; i++) {
        JET_TABLEID *cursor = &session->cursors[i];
        const char *table = schema_table_name(schema_index_table((Index)i));
        JET_ERR err = JetOpenTable(session->sesid, session->database, table, NULL, 0,
                                   JET_bitTableUpdatable, cursor);
        if (err < 0)
            return session_note(session, "JetOpenTable", (Index)i, err);
        err = JetSetCurrentIndex(session->sesid, *cursor, schema_index_name((Index)i));
        if (err < 0)
            return session_note(session, "JetSetCurrentIndex", (Index)i, err);
    }
    return JET_errSuccess;
}

MailSession *mail_session_new(MailStore *store, GError **error)
{
    MailSession *session = g_new0(MailSession, 1);
    session->store = store;

    JET_ERR err = JetBeginSession(store->instance, &session->sesid, NULL, NULL);
    if (err < 0) {
        session->failure = (Failure){err, "JetBeginSession", NULL};
    } else {
        err = JetOpenDatabase(session->sesid, store->file, NULL, &session->database, 0);
        if (err < 0)
            session->failure = (Failure){err, "JetOpenDatabase", NULL};
        else
            err = open_cursors(session);
    }
    if (err >= 0)
        return session;
    session_fail(session, err, error, "cannot start a session with the mail store");
    return mail_session_free(session);
}

MailSession *mail_session_free(MailSession *session)
{
    if (session == NULL)
        return NULL;
    if (session->sesid != 0)
        JetEndSession(session->sesid, 0); /* closes its cursors and its use of the database */
    g_free(session);
    return NULL;
}
