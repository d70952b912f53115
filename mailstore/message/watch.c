/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.c - who wants to know of changes in which folder.
 *
 * The callbacks run under the list's lock: once mail_store_unwatch() has returned, the callback is
 * not running and will not run again. So a callback must not call back into the list.
 */
#include "mailstore/message/watch.h"

#include <pthread.h>

#include "mailstore/message/database.h"

typedef struct {
    guint id;
    guint64 folder;
    MailFolderChanged callback;
    gpointer user_data;
} Watch;

struct WatchList {
    pthread_mutex_t mutex;
    GArray *watches; /* of Watch; as many as clients have folders open */
    guint last_id;
};

WatchList *watch_list_new(void)
{
    WatchList *list = g_new0(WatchList, 1);
    pthread_mutex_init(&list->mutex, NULL);
    list->watches = g_array_new(FALSE, FALSE, sizeof(Watch));
    return list;
}

WatchList *watch_list_free(WatchList *list)
{
    if (list == NULL)
        return NULL;
    g_array_unref(list->watches);
    pthread_mutex_destroy(&list->mutex);
    g_free(list);
    return NULL;
}

void watch_list_tell(WatchList *list, guint64 folder, gboolean only_added)
{
    pthread_mutex_lock(&list->mutex);
    for (guint i = 0; i < list->watches->len; i++) {
        const Watch *watch = &g_array_index(list->watches, Watch, i);
        if (watch->folder == folder)
            watch->callback(folder, only_added, watch->user_data);
    }
    pthread_mutex_unlock(&list->mutex);
}

guint mail_store_watch(MailStore *store, guint64 folder, MailFolderChanged callback,
                       gpointer user_data)
{
    WatchList *list = store->watches;
    pthread_mutex_lock(&list->mutex);
    Watch watch = {++list->last_id, folder, callback, user_data};
    g_array_append_val(list->watches, watch);
    pthread_mutex_unlock(&list->mutex);
    return watch.id;
}

void mail_store_unwatch(MailStore *store, guint id)
{
    WatchList *list = store->watches;
    pthread_mutex_lock(&list->mutex);
    for (guint i = 0; i < list->watches->len; i++)
        if (g_array_index(list->watches, Watch, i).id == id) {
            g_array_remove_index_fast(list->watches, i);
            break;
        }
    pthread_mutex_unlock(&list->mutex);
}
