/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-view.h - what is known of folders' entries without reading them again.
 */
#ifndef MAILSTORE_MESSAGE_FOLDER_VIEW_H
#define MAILSTORE_MESSAGE_FOLDER_VIEW_H

#include "mailstore/message/folder-queue.h"
#include "mailstore/message/message-store.h"

typedef struct FolderViews FolderViews;
/* What a job does to the entries that were there before it. */
typedef struct FolderChange FolderChange;

FolderViews *folder_views_new(void);
FolderViews *folder_views_free(FolderViews *views); /* accepts NULL */

typedef JET_ERR (*FolderChangeJob)(MailSession *session, FolderChange *change, gpointer data);
/* folder_queue_run() for a job that changes or removes entries of that folder that were there
 * before, and tells of each. Entries that a job adds need no word: they have greater UIDs than all
 * before. */
JET_ERR folder_views_run_change(MailSession *session, guint64 folder, FolderChangeJob job,
                                gpointer data);
/* From within the job. */
void folder_change_flags(FolderChange *change, guint32 flags_before, const MailEntry *after);
void folder_change_remove(FolderChange *change, guint32 uid, guint32 flags_before);
/* Any entry may have changed. */
void folder_change_all(FolderChange *change);

#endif /* MAILSTORE_MESSAGE_FOLDER_VIEW_H */
