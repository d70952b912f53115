/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-watch.c - a table of watches under one lock.
 *
 * The store is given the table, never a watch: a call that comes late, after the watch was removed,
 * finds nothing and does nothing. Lock order: the store may hold a lock of its own while it calls
 * us, so ours is never held while the store is called.
 */
#include "mailstore/server/folder-watch.h"

#include <pthread.h>

typedef struct {
    guint id;
    guint64 folder;
    guint store_watch;
    FolderChanges changes; /* not yet taken */
    gboolean queued;       /* in `woken` */
} Watch;

struct FolderWatches {
    LoopItem item; /* posted while `woken` has anything */
    pthread_mutex_t lock;
    GHashTable *by_id;     /* id -> Watch, owned */
    GHashTable *by_folder; /* folder -> GPtrArray of Watch */
    GArray *woken;         /* ids */
    MailStore *store;
    Loop *loop;
    FolderWatchWake wake;
    gpointer wake_data;
};

static void watches_run(LoopItem *item)
{
    FolderWatches *watches = (FolderWatches *)item;
    g_autoptr(GArray) woken = g_array_new(FALSE, FALSE, sizeof(guint));

    pthread_mutex_lock(&watches->lock);
    GArray *filled = watches->woken;
    watches->woken = g_steal_pointer(&woken);
    woken = filled;
    for (guint i = 0; i < woken->len; i++) {
        Watch *watch =
            g_hash_table_lookup(watches->by_id, GUINT_TO_POINTER(g_array_index(woken, guint, i)));
        if (watch != NULL)
            watch->queued = FALSE;
    }
    pthread_mutex_unlock(&watches->lock);
    for (guint i = 0; i < woken->len; i++)
        watches->wake(g_array_index(woken, guint, i), watches->wake_data);
}

FolderWatches *folder_watches_new(MailStore *store, Loop *loop, FolderWatchWake wake, gpointer data)
{
    FolderWatches *watches = g_new0(FolderWatches, 1);

    watches->item.run = watches_run;
    pthread_mutex_init(&watches->lock, NULL);
    watches->by_id = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    watches->by_folder = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                               (GDestroyNotify)g_ptr_array_unref);
    watches->woken = g_array_new(FALSE, FALSE, sizeof(guint));
    watches->store = store;
    watches->loop = loop;
    watches->wake = wake;
    watches->wake_data = data;
    return watches;
}

FolderWatches *folder_watches_free(FolderWatches *watches)
{
    if (watches == NULL)
        return NULL;
    g_assert(g_hash_table_size(watches->by_id) == 0);
    g_hash_table_unref(watches->by_folder);
    g_hash_table_unref(watches->by_id);
    g_array_unref(watches->woken);
    pthread_mutex_destroy(&watches->lock);
    g_free(watches);
    return NULL;
}

/* The store's call, from any thread. */
static void folder_changed(guint64 folder, gboolean only_added, gpointer data)
{
    FolderWatches *watches = data;
    gboolean post = FALSE;

    pthread_mutex_lock(&watches->lock);
    GPtrArray *list = g_hash_table_lookup(watches->by_folder, &folder);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        Watch *watch = g_ptr_array_index(list, i);
        if (only_added)
            watch->changes.additions++;
        else
            watch->changes.others++;
        if (!watch->queued) {
            watch->queued = TRUE;
            post = post || watches->woken->len == 0;
            g_array_append_val(watches->woken, watch->id);
        }
    }
    pthread_mutex_unlock(&watches->lock);
    if (post)
        loop_post(watches->loop, &watches->item);
}

void folder_watch_add(FolderWatches *watches, guint id, guint64 folder)
{
    Watch *watch = g_new0(Watch, 1);

    watch->id = id;
    watch->folder = folder;
    pthread_mutex_lock(&watches->lock);
    g_assert(!g_hash_table_contains(watches->by_id, GUINT_TO_POINTER(id)));
    g_hash_table_insert(watches->by_id, GUINT_TO_POINTER(id), watch);
    GPtrArray *list = g_hash_table_lookup(watches->by_folder, &folder);
    if (list == NULL) {
        guint64 *key = g_new(guint64, 1);
        *key = folder;
        list = g_ptr_array_new();
        g_hash_table_insert(watches->by_folder, key, list);
    }
    g_ptr_array_add(list, watch);
    pthread_mutex_unlock(&watches->lock);
    /* Only this connection's calls touch store_watch. */
    watch->store_watch = mail_store_watch(watches->store, folder, folder_changed, watches);
}

void folder_watch_remove(FolderWatches *watches, guint id)
{
    pthread_mutex_lock(&watches->lock);
    Watch *watch = g_hash_table_lookup(watches->by_id, GUINT_TO_POINTER(id));
    guint store_watch = 0;
    if (watch != NULL) {
        store_watch = watch->store_watch;
        GPtrArray *list = g_hash_table_lookup(watches->by_folder, &watch->folder);
        g_ptr_array_remove_fast(list, watch);
        if (list->len == 0)
            g_hash_table_remove(watches->by_folder, &watch->folder);
        g_hash_table_remove(watches->by_id, GUINT_TO_POINTER(id));
    }
    pthread_mutex_unlock(&watches->lock);
    if (store_watch != 0)
        mail_store_unwatch(watches->store, store_watch);
}

FolderChanges folder_watch_take_changes(FolderWatches *watches, guint id)
{
    FolderChanges changes = {0};

    pthread_mutex_lock(&watches->lock);
    Watch *watch = g_hash_table_lookup(watches->by_id, GUINT_TO_POINTER(id));
    if (watch != NULL) {
        changes = watch->changes;
        watch->changes = (FolderChanges){0};
    }
    pthread_mutex_unlock(&watches->lock);
    return changes;
}
