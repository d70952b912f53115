/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-watch.h - tells a session that the folder it has open changed.
 *
 * The store calls from whichever thread made the change, perhaps while the watch is being taken
 * down; here that becomes a flag any thread may read and a call in the I/O thread.
 */
#ifndef MAILSTORE_SERVER_FOLDER_WATCH_H
#define MAILSTORE_SERVER_FOLDER_WATCH_H

#include "mailstore/message/message-store.h"
#include "mailstore/server/loop.h"

typedef struct FolderWatches FolderWatches;

typedef struct {
    guint additions; /* only messages came */
    guint others;
} FolderChanges;

/* In the I/O thread; `id` is what the watch was made with. */
typedef void (*FolderWatchWake)(guint id, gpointer data);

FolderWatches *folder_watches_new(MailStore *store, Loop *loop, FolderWatchWake wake,
                                  gpointer data);
/* No watch is left. Accepts and returns NULL. */
FolderWatches *folder_watches_free(FolderWatches *watches);

/* Any thread. Watches `folder` for connection `id`, which has no other watch. */
void folder_watch_add(FolderWatches *watches, guint id, guint64 folder);
void folder_watch_remove(FolderWatches *watches, guint id);
/* How often the folder changed since the last call; any thread. */
FolderChanges folder_watch_take_changes(FolderWatches *watches, guint id);

#endif /* MAILSTORE_SERVER_FOLDER_WATCH_H */
