/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder.h - folder rows, for the jobs that write them.
 */
#ifndef MAILSTORE_MESSAGE_FOLDER_H
#define MAILSTORE_MESSAGE_FOLDER_H

#include "mailstore/message/session.h"

/* Puts the cursor FOLDERS_BY_ID on a folder. */
JET_ERR folder_seek(MailSession *session, guint64 folder);
/* The folder by its whole canonical name; *ret is NULL when there is none. */
JET_ERR folder_lookup(MailSession *session, guint64 mailbox, const char *name, MailFolder **ret);
/* Appends all folders of a mailbox, by name. */
JET_ERR folder_list(MailSession *session, guint64 mailbox, GPtrArray *folders);
/* Inserts a row; JET_errKeyDuplicate when the name is taken. */
JET_ERR folder_insert(MailSession *session, guint64 mailbox, const char *name, FolderKind kind,
                      gboolean subscribed);
/* Of the folder under FOLDERS_BY_ID. */
JET_ERR folder_get_uid_next(MailSession *session, guint32 *ret);
JET_ERR folder_set_uid_next(MailSession *session, guint32 uid_next);

#endif /* MAILSTORE_MESSAGE_FOLDER_H */
