/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-queue.h - everything that writes mailboxes, folders or entries, one after the other.
 *
 * UIDs of a folder must become visible in their order (RFC 9051 §2.3.1.1), so two transactions that
 * draw them must not overlap. Jobs queue up; the thread at the head takes all that wait and runs
 * them on its own session in one transaction with one durable commit, while the next ones gather.
 * So the order of UIDs costs no sync of its own, and no job ever meets a conflict with another.
 *
 * Jobs are short: rows of these three tables, no contents, nothing that waits for anybody.
 */
#ifndef MAILSTORE_MESSAGE_FOLDER_QUEUE_H
#define MAILSTORE_MESSAGE_FOLDER_QUEUE_H

#include "mailstore/ese/esent.h"
#include "mailstore/message/message-store.h"

typedef struct FolderQueue FolderQueue;

/* Runs in a transaction of `session`, which may not be the caller's. Like a TransactionBody it may
 * be run again. */
typedef JET_ERR (*FolderJob)(MailSession *session, gpointer data);

FolderQueue *folder_queue_new(void);
FolderQueue *folder_queue_free(FolderQueue *queue); /* accepts NULL; nobody may wait */

/* Waits its turn, runs the job, and returns when its work is durable, or why it is not. */
JET_ERR folder_queue_run(MailSession *session, FolderJob job, gpointer data);

#endif /* MAILSTORE_MESSAGE_FOLDER_QUEUE_H */
