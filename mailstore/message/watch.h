/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - who wants to know of changes in which folder.
 */
#ifndef MAILSTORE_MESSAGE_WATCH_H
#define MAILSTORE_MESSAGE_WATCH_H

#include "mailstore/message/message-store.h"

typedef struct WatchList WatchList;

WatchList *watch_list_new(void);
WatchList *watch_list_free(WatchList *list); /* accepts NULL */

/* Calls those who watch the folder, in this thread. */
void watch_list_tell(WatchList *list, guint64 folder, gboolean only_added);

#endif /* MAILSTORE_MESSAGE_WATCH_H */
