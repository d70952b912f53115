/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine.c - the items, their limits and their expiry.
 *
 * The files are the only truth; their contents are not kept in memory. At start the files are only
 * counted, since to open a hundred thousand of them takes ten seconds when nothing is cached. Their
 * times are read soon after, the rest when it is asked for. A damaged file is renamed.
 *
 * When a limit is reached, new items are refused and the caller uses the configured fallback: to
 * make room by deleting others would let an attacker flush mail out of the quarantine. Only items
 * older than the retention are removed, oldest first.
 *
 * Known limit: one service for each directory, which is locked.
 */
#include "scanner/records/quarantine.h"

#include "scanner/common/hex.h"
#include "scanner/records/incidents-private.h"
#include "scanner/records/quarantine-delivered.h"
#include "scanner/records/quarantine-file.h"
#include "scanner/records/quarantine-metadata.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(storehook_quarantine_error, quarantine_error)

#define SUFFIX ".shq"

typedef struct {
    char *id;
    gint64 time;
    guint64 file_size;
    gboolean is_known; /* `time` and `delivered` have been read: item_learn() */
    gboolean has_delivered_file;
    QuarantineDelivered delivered;
    gboolean claimed; /* by a release */
} Item;

struct Quarantine {
    int directory;
    char *path;
    QuarantineLimits limits;
    GHashTable *items;  /* id -> Item */
    GPtrArray *unknown; /* ids of items that are not known yet, or not there any more */
    guint64 bytes;
    char *failure;        /* why the last original could not be stored, or NULL */
    char *expiry_failure; /* why the last expiry left some, or NULL */
    int expiry_errno;     /* of the last warning; 0: none */
};

static void item_free(Item *item)
{
    g_free(item->id);
    quarantine_delivered_clear(&item->delivered);
    g_free(item);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Item, item_free)

static char *id_file(const char *id)
{
    return g_strconcat(id, SUFFIX, NULL);
}

static gboolean id_is_valid(const char *id)
{
    return strlen(id) == QUARANTINE_ID_LENGTH &&
           strspn(id, "0123456789abcdef") == QUARANTINE_ID_LENGTH;
}

static JsonObject *metadata_of(const Quarantine *quarantine, const char *id, GError **error)
{
    g_autofree char *file = id_file(id);
    g_autoptr(GBytes) bytes =
        quarantine_file_metadata(quarantine->directory, file, QUARANTINE_METADATA_MAX, error);

    return bytes != NULL ? quarantine_metadata_read(bytes, id, error) : NULL;
}

static Item *item_add(Quarantine *quarantine, const char *id, guint64 file_size)
{
    Item *item = g_new0(Item, 1);

    item->id = g_strdup(id);
    item->file_size = file_size;
    quarantine->bytes += file_size;
    g_hash_table_insert(quarantine->items, item->id, item);
    return item;
}

static void item_drop(Quarantine *quarantine, Item *item)
{
    quarantine->bytes -= item->file_size;
    g_hash_table_remove(quarantine->items, item->id);
}

static guint64 file_size_of(gsize metadata_size, guint64 content_size)
{
    return QUARANTINE_FILE_HEADER + metadata_size + content_size + QUARANTINE_FILE_TRAILER;
}

/* Renames a damaged file. FALSE: it only could not be read, and may be readable next time. */
static gboolean set_aside(Quarantine *quarantine, Item *item, const GError *why)
{
    g_autofree char *file = id_file(item->id);
    g_autofree char *aside = g_strconcat(item->id, ".damaged", NULL);

    if (!g_error_matches(why, QUARANTINE_ERROR, QUARANTINE_ERROR_NOT_FOUND)) {
        g_warning("%s", why->message);
        return FALSE;
    }
    if (renameat(quarantine->directory, file, quarantine->directory, aside) == 0)
        g_warning("%s; set aside as %s/%s", why->message, quarantine->path, aside);
    else
        g_warning("%s", why->message);
    item_drop(quarantine, item);
    return TRUE;
}

static gboolean read_time(const Quarantine *quarantine, const char *id, gint64 *ret_time,
                          GError **error)
{
    g_autofree char *file = id_file(id);
    g_autoptr(JsonObject) metadata = NULL;
    g_autoptr(GBytes) bytes =
        quarantine_file_metadata(quarantine->directory, file, QUARANTINE_METADATA_START, error);

    if (bytes == NULL)
        return FALSE;
    if (quarantine_metadata_start(bytes, id, ret_time))
        return TRUE;
    metadata = metadata_of(quarantine, id, error);
    if (metadata != NULL)
        *ret_time = json_object_get_int_member(metadata, "seconds");
    return metadata != NULL;
}

/* Reads what Item.is_known says. FALSE: the item was damaged and is gone. One that cannot be read
 * counts as new, so that it does not expire. */
static gboolean item_learn(Quarantine *quarantine, Item *item)
{
    g_autoptr(GError) error = NULL;

    if (item->is_known)
        return TRUE;
    item->time = g_get_real_time() / G_USEC_PER_SEC;
    if (!read_time(quarantine, item->id, &item->time, &error) && set_aside(quarantine, item, error))
        return FALSE;
    if (item->has_delivered_file)
        quarantine_delivered_read(&item->delivered, quarantine->directory, item->id);
    item->is_known = TRUE;
    return TRUE;
}

static Item *item_find(Quarantine *quarantine, const char *id, GError **error)
{
    Item *item = id_is_valid(id) ? g_hash_table_lookup(quarantine->items, id) : NULL;

    if (item != NULL && item_learn(quarantine, item))
        return item;
    g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_NOT_FOUND,
                "no quarantined item has the id %s", id);
    return NULL;
}

/* An item that no release has claimed. */
static Item *item_find_idle(Quarantine *quarantine, const char *id, GError **error)
{
    Item *item = item_find(quarantine, id, error);

    if (item == NULL || !item->claimed)
        return item;
    g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_BUSY, "%s is being released right now",
                id);
    return NULL;
}

/* --- Opening --------------------------------------------------------------------- */

static void count_one(Quarantine *quarantine, const char *id, const char *file)
{
    struct stat status;

    if (fstatat(quarantine->directory, file, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    item_add(quarantine, id, (guint64)status.st_size);
    g_ptr_array_add(quarantine->unknown, g_strdup(id));
}

static void note_delivered(const Quarantine *quarantine, const char *id)
{
    Item *item = g_hash_table_lookup(quarantine->items, id);

    if (item != NULL)
        item->has_delivered_file = TRUE;
}

static gboolean count_all(Quarantine *quarantine, GError **error)
{
    g_autoptr(GPtrArray) delivered = g_ptr_array_new_with_free_func(g_free);
    DIR *directory = opendir(quarantine->path);
    struct dirent *entry;

    if (directory == NULL) {
        g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_IO, "%s: %s", quarantine->path,
                    g_strerror(errno));
        return FALSE;
    }
    while ((entry = readdir(directory)) != NULL) {
        g_autofree char *id = g_strndup(entry->d_name, QUARANTINE_ID_LENGTH);

        if (g_str_has_prefix(entry->d_name, ".new-"))
            unlinkat(quarantine->directory, entry->d_name, 0);
        else if (id_is_valid(id) && strcmp(entry->d_name + QUARANTINE_ID_LENGTH, SUFFIX) == 0)
            count_one(quarantine, id, entry->d_name);
        else if (id_is_valid(id) &&
                 strcmp(entry->d_name + QUARANTINE_ID_LENGTH, QUARANTINE_DELIVERED_SUFFIX) == 0)
            g_ptr_array_add(delivered, g_steal_pointer(&id));
    }
    closedir(directory);
    for (guint i = 0; i < delivered->len; i++)
        note_delivered(quarantine, delivered->pdata[i]);
    return TRUE;
}

gboolean quarantine_read_on(Quarantine *quarantine, guint most)
{
    for (guint i = 0; i < most && quarantine->unknown->len > 0; i++) {
        g_autofree char *id =
            g_ptr_array_steal_index_fast(quarantine->unknown, quarantine->unknown->len - 1);
        Item *item = g_hash_table_lookup(quarantine->items, id);

        if (item != NULL)
            (void)item_learn(quarantine, item);
    }
    return quarantine->unknown->len > 0;
}

Quarantine *quarantine_open(const char *directory, const QuarantineLimits *limits, GError **error)
{
    g_autoptr(Quarantine) quarantine = g_new0(Quarantine, 1);

    quarantine->path = g_strdup(directory);
    quarantine->limits = *limits;
    quarantine->items =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)item_free);
    quarantine->unknown = g_ptr_array_new_with_free_func(g_free);
    quarantine->directory = -1;
    if (g_mkdir_with_parents(directory, 0700) == 0)
        quarantine->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (quarantine->directory < 0 || fchmod(quarantine->directory, 0700) != 0) {
        g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_IO, "%s: %s", directory,
                    g_strerror(errno));
        return NULL;
    }
    if (flock(quarantine->directory, LOCK_EX | LOCK_NB) != 0) {
        g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_IO,
                    "%s: another storehookd keeps its quarantine there", directory);
        return NULL;
    }
    if (!count_all(quarantine, error))
        return NULL;
    return g_steal_pointer(&quarantine);
}

Quarantine *quarantine_close(Quarantine *quarantine)
{
    if (quarantine == NULL)
        return NULL;
    if (quarantine->directory >= 0)
        close(quarantine->directory);
    g_hash_table_unref(quarantine->items);
    g_ptr_array_unref(quarantine->unknown);
    g_free(quarantine->failure);
    g_free(quarantine->expiry_failure);
    g_free(quarantine->path);
    g_free(quarantine);
    return NULL;
}

void quarantine_set_limits(Quarantine *quarantine, const QuarantineLimits *limits)
{
    quarantine->limits = *limits;
    g_clear_pointer(&quarantine->expiry_failure, g_free); /* the next expiry decides */
}

/* --- Items ----------------------------------------------------------------------- */

static gboolean has_room(const Quarantine *quarantine, guint64 file_size, GError **error)
{
    const QuarantineLimits *limits = &quarantine->limits;

    if (g_hash_table_size(quarantine->items) >= limits->max_items) {
        g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_FULL,
                    "the quarantine is full: %u items", limits->max_items);
        return FALSE;
    }
    if (quarantine->bytes > limits->max_bytes ||
        file_size > limits->max_bytes - quarantine->bytes) {
        g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_FULL,
                    "the quarantine is full: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                    " bytes, %" G_GUINT64_FORMAT " more wanted",
                    quarantine->bytes, limits->max_bytes, file_size);
        return FALSE;
    }
    return TRUE;
}

static gboolean store_fd(Quarantine *quarantine, const QuarantineItem *item, int fd, gsize size,
                         char **ret_id, GError **error)
{
    guint8 random[QUARANTINE_ID_LENGTH / 2];
    gssize got = getrandom(random, sizeof random, 0);

    /* getrandom(2): up to 256 bytes come whole, and without an error. */
    g_assert(got == (gssize)sizeof random);
    g_autofree char *id = hex_new(random, sizeof random);
    g_autofree char *file = id_file(id);
    g_autoptr(JsonObject) metadata = quarantine_metadata_new(id, item, size);
    g_autoptr(GBytes) bytes = quarantine_metadata_bytes(metadata);
    guint64 file_size = file_size_of(g_bytes_get_size(bytes), size);

    if (size == 0 || g_bytes_get_size(bytes) > QUARANTINE_METADATA_MAX) {
        g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_ITEM,
                    size == 0 ? "nothing to quarantine: no bytes"
                              : "the item's metadata is too large");
        return FALSE;
    }
    if (!has_room(quarantine, file_size, error) ||
        !quarantine_file_write(quarantine->directory, file, bytes, fd, size, error))
        return FALSE;
    Item *kept = item_add(quarantine, id, file_size);
    kept->time = json_object_get_int_member(metadata, "seconds");
    kept->is_known = TRUE;
    *ret_id = g_steal_pointer(&id);
    return TRUE;
}

gboolean quarantine_store_fd(Quarantine *quarantine, const QuarantineItem *item, int fd, gsize size,
                             char **ret_id, GError **error)
{
    GError *local = NULL;
    gboolean stored = store_fd(quarantine, item, fd, size, ret_id, &local);

    g_clear_pointer(&quarantine->failure, g_free);
    if (stored)
        return TRUE;
    quarantine->failure = g_strdup(local->message);
    g_propagate_error(error, local);
    return FALSE;
}

const char *quarantine_failure(const Quarantine *quarantine)
{
    return quarantine->failure;
}

GBytes *quarantine_read(Quarantine *quarantine, const char *id, GError **error)
{
    g_autofree char *file = id_file(id);
    g_autoptr(GBytes) metadata = NULL;
    GBytes *content = NULL;

    if (item_find(quarantine, id, error) == NULL ||
        !quarantine_file_read(quarantine->directory, file, &metadata, &content, error))
        return NULL;
    return content;
}

/* The metadata in a form for people, and to whom the item was released. */
static JsonObject *item_describe(const Quarantine *quarantine, const Item *item, GError **error)
{
    g_autofree char *time = incidents_time_text(item->time * G_USEC_PER_SEC);
    JsonObject *about = metadata_of(quarantine, item->id, error);

    if (about == NULL)
        return NULL;
    json_object_remove_member(about, "seconds");
    json_object_set_string_member(about, "time", time);
    json_object_set_boolean_member(about, "released", item->delivered.is_to_all);
    json_object_set_array_member(about, "delivered", quarantine_delivered_list(&item->delivered));
    return about;
}

JsonObject *quarantine_describe(Quarantine *quarantine, const char *id, GError **error)
{
    const Item *item = item_find(quarantine, id, error);

    return item != NULL ? item_describe(quarantine, item, error) : NULL;
}

static gint compare_newest_first(gconstpointer a, gconstpointer b)
{
    const Item *one = *(const Item *const *)a, *other = *(const Item *const *)b;

    if (one->time != other->time)
        return one->time < other->time ? 1 : -1;
    return strcmp(one->id, other->id);
}

const char *quarantine_expiry_failure(const Quarantine *quarantine)
{
    return quarantine->expiry_failure;
}

static GPtrArray *sorted(Quarantine *quarantine)
{
    GPtrArray *list;
    GHashTableIter iter;
    gpointer item;

    (void)quarantine_read_on(quarantine, G_MAXUINT);
    list = g_ptr_array_sized_new(g_hash_table_size(quarantine->items));
    g_hash_table_iter_init(&iter, quarantine->items);
    while (g_hash_table_iter_next(&iter, NULL, &item))
        g_ptr_array_add(list, item);
    g_ptr_array_sort(list, compare_newest_first);
    return list;
}

JsonArray *quarantine_list(Quarantine *quarantine, gint64 until, guint limit)
{
    g_autoptr(GPtrArray) list = sorted(quarantine);
    guint most = limit == 0 ? QUARANTINE_LIST_MAX : MIN(limit, QUARANTINE_LIST_MAX);
    JsonArray *array = json_array_new();

    for (guint i = 0; i < list->len && json_array_get_length(array) < most; i++) {
        Item *item = list->pdata[i];
        g_autoptr(GError) error = NULL;

        if (until != 0 && item->time * G_USEC_PER_SEC >= until)
            continue;
        JsonObject *about = item_describe(quarantine, item, &error);
        if (about != NULL) {
            json_object_remove_member(about, "digests");
            json_array_add_object_element(array, about);
            continue;
        }
        (void)set_aside(quarantine, item, error);
    }
    return array;
}

/* FALSE with errno. */
static gboolean item_delete(Quarantine *quarantine, Item *item)
{
    g_autofree char *file = id_file(item->id);

    if (unlinkat(quarantine->directory, file, 0) != 0 && errno != ENOENT)
        return FALSE;
    quarantine_delivered_remove(quarantine->directory, item->id);
    item_drop(quarantine, item);
    return TRUE;
}

gboolean quarantine_delete(Quarantine *quarantine, const char *id, GError **error)
{
    Item *item = item_find_idle(quarantine, id, error);

    if (item == NULL)
        return FALSE;
    if (item_delete(quarantine, item))
        return TRUE;
    g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_IO, "quarantine: cannot delete %s: %s",
                id, g_strerror(errno));
    return FALSE;
}

/* Logged once a reason, until it goes well again: there may be many, every hour. */
static void tell_stuck(Quarantine *quarantine, guint stuck, const char *id, int reason)
{
    g_clear_pointer(&quarantine->expiry_failure, g_free);
    if (stuck > 0)
        quarantine->expiry_failure = g_strdup_printf(
            "%u originals older than %u days stay in quarantine: cannot delete %s/%s" SUFFIX
            ": %s (delete them by hand, or let the service write there)",
            stuck, quarantine->limits.retention_days, quarantine->path, id, g_strerror(reason));
    if (stuck > 0 && reason != quarantine->expiry_errno)
        g_warning("%s", quarantine->expiry_failure);
    quarantine->expiry_errno = reason;
}

guint quarantine_expire(Quarantine *quarantine, gint64 now_seconds)
{
    gint64 before = now_seconds - (gint64)quarantine->limits.retention_days * 86400;
    g_autoptr(GPtrArray) list = NULL;
    g_autofree char *id = NULL;
    guint removed = 0, stuck = 0;
    int reason = 0;

    if (quarantine->limits.retention_days == 0 || quarantine->unknown->len > 0)
        return 0;
    list = sorted(quarantine);
    for (guint i = list->len; i > 0; i--) {
        Item *item = list->pdata[i - 1];

        if (item->time >= before)
            break;
        if (item->claimed)
            continue;
        if (item_delete(quarantine, item)) {
            removed++;
        } else if (stuck++ == 0) {
            reason = errno;
            id = g_strdup(item->id);
        }
    }
    tell_stuck(quarantine, stuck, id, reason);
    return removed;
}

/* --- Releases -------------------------------------------------------------------- */

gboolean quarantine_mark_delivered(Quarantine *quarantine, const char *id,
                                   const char *const *addresses, GError **error)
{
    Item *item = item_find(quarantine, id, error);

    return item != NULL &&
           quarantine_delivered_add(&item->delivered, quarantine->directory, id, addresses, error);
}

gboolean quarantine_is_delivered(Quarantine *quarantine, const char *id, const char *address)
{
    const Item *item = item_find(quarantine, id, NULL);

    return item != NULL && quarantine_delivered_has(&item->delivered, address);
}

gboolean quarantine_mark_released(Quarantine *quarantine, const char *id, GError **error)
{
    Item *item = item_find(quarantine, id, error);

    return item != NULL &&
           quarantine_delivered_add_all(&item->delivered, quarantine->directory, id, error);
}

gboolean quarantine_claim(Quarantine *quarantine, const char *id, GError **error)
{
    Item *item = item_find_idle(quarantine, id, error);

    if (item == NULL)
        return FALSE;
    item->claimed = TRUE;
    return TRUE;
}

void quarantine_unclaim(Quarantine *quarantine, const char *id)
{
    Item *item = g_hash_table_lookup(quarantine->items, id);

    if (item != NULL)
        item->claimed = FALSE;
}

guint quarantine_count(const Quarantine *quarantine)
{
    return g_hash_table_size(quarantine->items);
}

guint64 quarantine_bytes(const Quarantine *quarantine)
{
    return quarantine->bytes;
}
