/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailbox.c - mailboxes, and the folders they are born with.
 */
#include <string.h>

#include "mailstore/message/folder.h"
#include "mailstore/message/folder-name.h"
#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

static const struct {
    const char *name;
    FolderKind kind;
} standard_folders[] = {
    {FOLDER_INBOX, FOLDER_KIND_INBOX}, {"Drafts", FOLDER_KIND_DRAFTS}, {"Junk", FOLDER_KIND_JUNK},
    {"Outbox", FOLDER_KIND_OUTBOX},    {"Sent", FOLDER_KIND_SENT},     {"Trash", FOLDER_KIND_TRASH},
};

typedef struct {
    const char *user;
    guint64 mailbox;
} MailboxQuery;

static JET_ERR find_body(MailSession *session, gpointer data)
{
    MailboxQuery *query = data;
    RowValue key = ROW_TEXT(query->user);
    JET_ERR err = row_seek(session, MAILBOXES_BY_NAME, &key, 1);
    return err < 0 ? err : row_get_number(session, MAILBOXES_BY_NAME, MAILBOX_ID, &query->mailbox);
}

static JET_ERR create_job(MailSession *session, gpointer data)
{
    MailboxQuery *query = data;
    guint64 id;
    JET_ERR err = find_body(session, query);
    if (err != JET_errRecordNotFound)
        return err; /* another thread has made it meanwhile */

    if ((err = row_insert(session, MAILBOXES_BY_ID)) < 0 ||
        (err = row_get_prepared(session, MAILBOXES_BY_ID, MAILBOX_ID, &id, sizeof id)) < 0 ||
        (err = row_set(session, MAILBOXES_BY_ID, MAILBOX_NAME, ROW_TEXT(query->user))) < 0 ||
        (err = row_write(session, MAILBOXES_BY_ID)) < 0)
        return err;
    query->mailbox = id;
    if (g_str_equal(query->user, MAIL_PUBLIC_MAILBOX))
        return JET_errSuccess; /* nobody receives mail or writes drafts there */
    for (guint i = 0; i < G_N_ELEMENTS(standard_folders) && err >= 0; i++)
        err = folder_insert(session, id, standard_folders[i].name, standard_folders[i].kind, TRUE);
    return err;
}

gboolean mail_mailbox_ensure(MailSession *session, const char *user, guint64 *ret_mailbox,
                             GError **error)
{
    MailboxQuery query = {.user = user};
    JET_ERR err = JET_errInvalidParameter;

    if (mailbox_name_is_valid(user))
        err = transaction_run(session, TRANSACTION_READ, find_body, &query);
    if (err == JET_errRecordNotFound)
        err = folder_queue_run(session, create_job, &query);
    if (err < 0)
        return session_fail(session, err, error, "cannot open mailbox %s", user);
    *ret_mailbox = query.mailbox;
    return TRUE;
}
