/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * database.h - the open store, shared by all sessions.
 */
#ifndef MAILSTORE_MESSAGE_DATABASE_H
#define MAILSTORE_MESSAGE_DATABASE_H

#include <stdatomic.h>

#include "mailstore/message/folder-queue.h"
#include "mailstore/message/folder-view.h"
#include "mailstore/message/keyed-lock.h"
#include "mailstore/message/message-store.h"
#include "mailstore/message/schema.h"
#include "mailstore/message/watch.h"

/* Constant after the open but for the last eight: locked by themselves, or atomic. */
struct MailStore {
    JET_INSTANCE instance;
    int lock; /* the directory, locked */
    char *file;
    JET_COLUMNID columns[COLUMN_COUNT];
    KeyedLock *content_locks; /* by digest */
    KeyedLock *message_locks; /* by id: stored, but not in its folders yet */
    FolderQueue *folder_queue;
    FolderViews *folder_views;
    WatchList *watches;
    _Atomic guint64 unlinked; /* entries deleted */
    atomic_bool no_collecting;
    atomic_bool has_failed;
};

#endif /* MAILSTORE_MESSAGE_DATABASE_H */
