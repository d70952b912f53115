/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-count.h - how many entries a folder has, without reading them again each time.
 */
#ifndef MAILSTORE_MESSAGE_FOLDER_COUNT_H
#define MAILSTORE_MESSAGE_FOLDER_COUNT_H

#include "mailstore/message/folder-queue.h"

typedef struct FolderCounts FolderCounts;

FolderCounts *folder_counts_new(void);
FolderCounts *folder_counts_free(FolderCounts *counts); /* accepts NULL */

/* folder_queue_run() for a job that changes or removes entries of that folder that were there
 * before. Entries that a job adds need no word: they have greater UIDs than all before. */
JET_ERR folder_counts_run_change(MailSession *session, guint64 folder, FolderJob job,
                                 gpointer data);

#endif /* MAILSTORE_MESSAGE_FOLDER_COUNT_H */
