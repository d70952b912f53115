/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine.c - the items, their limits and their end.
 *
 * The files are the only truth, and are not held in memory. At start they are only counted: a
 * hundred thousand that no cache has take ten seconds to open. What orders them is read soon after,
 * the rest when it is asked for; what turns out to be damaged is set aside. When a limit is
 * reached, new items are refused and the caller's configured fallback holds: making room by
 * throwing away evidence would let an attacker flush out a colleague's mail. Only what is older
 * than the retention goes, oldest first.
 *
 * Limits: one service a directory; a lock on it sees to that.
 */
#include "scanner/records/quarantine.h"

#include "scanner/records/incidents-private.h"
#include "scanner/records/quarantine-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(storehook - quarantine - error, quarantine_error)

#define ID_LENGTH 32
#define SUFFIX ".shq"
#define DELIVERED ".delivered"
/* Stands in ID.delivered for "all of them"; no address. */
#define ALL_DELIVERED "*"
/* Lines of ID.delivered are read up to this size: 1000 addresses. */
#define DELIVERED_MAX (512 * 1024)
/* Of the metadata: its id and time, as metadata_new() writes them. */
#define START_SIZE 96

typedef struct {
    char *id;
    gint64 time;
    guint64 file_size;
    gboolean is_known; /* its time, and what became of it; see item_learn() */
    gboolean has_delivered_file;
    GHashTable *delivered; /* addresses, in lower case; NULL: none */
    gboolean released;
    gboolean claimed; /* by a release under way */
} Item;

struct Quarantine {
    int directory;
    char *path;
    QuarantineLimits limits;
    GHashTable *items;  /* id -> Item */
    GPtrArray *unknown; /* ids of those that were not read yet, or are gone by now */
    guint64 bytes;
    char *failure;        /* why the last original could not be kept, or NULL */
    char *expiry_failure; /* why old ones stay, or NULL */
    int expiry_errno;     /* what was warned of last; 0: nothing */
};

static void item_free(Item *item)
{
    g_free(item->id);
    g_clear_pointer(&item->delivered, g_hash_table_unref);
    g_free(item);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Item, item_free)

static char *id_file(const char *id)
{
    return g_strconcat(id, SUFFIX, NULL);
}

static gboolean id_is_valid(const char *id)
{
    return strlen(id) == ID_LENGTH && strspn(id, "0123456789abcdef") == ID_LENGTH;
}

/* --- Metadata -------------------------------------------------------------------- */

static void set_text(JsonObject *object, const char *member, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : "", -1);
    json_object_set_string_member(object, member, valid);
}

static JsonObject *metadata_new(const char *id, const QuarantineItem *item, gsize size)
{
    JsonObject *object = json_object_new();
    JsonArray *recipients = json_array_new(), *digests = json_array_new();
    g_autoptr(GPtrArray) list = incidents_split_addresses(item->recipients, G_MAXUINT);

    set_text(object, "id", id);
    json_object_set_int_member(object, "seconds", g_get_real_time() / G_USEC_PER_SEC);
    set_text(object, "incident", item->incident);
    set_text(object, "sender", item->sender);
    /* The cut may have gone through the last one: half an address is somebody else's. */
    if (item->recipients_cut && list->len > 0)
        g_ptr_array_set_size(list, (gint)list->len - 1);
    for (guint i = 0; i < list->len; i++)
        json_array_add_string_element(recipients, list->pdata[i]);
    json_object_set_array_member(object, "recipients", recipients);
    json_object_set_boolean_member(object, "recipients-cut", item->recipients_cut);
    set_text(object, "subject", item->subject);
    set_text(object, "name", item->name);
    set_text(object, "verdict", filter_verdict_name(item->verdict));
    set_text(object, "verdict-name", item->verdict_name);
    set_text(object, "program", item->program);
    json_object_set_int_member(object, "size", (gint64)size);
    json_object_set_boolean_member(object, "is-message", item->is_message);
    for (gsize i = 0; i < item->digest_count; i++) {
        g_autofree char *hex = incidents_hex(item->digests + i * 32, 32);
        json_array_add_string_element(digests, hex);
    }
    json_object_set_array_member(object, "digests", digests);
    return object;
}

static char *object_text(JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

    json_node_set_object(node, object);
    return json_to_string(node, FALSE);
}

/* FALSE where others wrote it, in another order. */
static gboolean metadata_start(GBytes *bytes, const char *id, gint64 *ret_time)
{
    gsize size = MIN(g_bytes_get_size(bytes), START_SIZE);
    char text[START_SIZE + 1] = "", there[ID_LENGTH + 1] = "", comma[2];
    long long seconds;

    memcpy(text, g_bytes_get_data(bytes, NULL), size);
    if (sscanf(text, " { \"id\" : \"%32[0-9a-f]\" , \"seconds\" : %18lld %1[,]", there, &seconds,
               comma) != 3 ||
        strcmp(there, id) != 0)
        return FALSE;
    *ret_time = seconds;
    return TRUE;
}

/* Checked to have all members with their types, so that later readers need not ask. */
static JsonObject *metadata_read(GBytes *bytes, const char *id, GError **error)
{
    static const struct {
        const char *member;
        GType type;
    } MEMBERS[] = {
        {"id", G_TYPE_STRING},
        {"seconds", G_TYPE_INT64},
        {"incident", G_TYPE_STRING},
        {"sender", G_TYPE_STRING},
        {"recipients", 0},
        {"recipients-cut", G_TYPE_BOOLEAN},
        {"subject", G_TYPE_STRING},
        {"name", G_TYPE_STRING},
        {"verdict", G_TYPE_STRING},
        {"verdict-name", G_TYPE_STRING},
        {"program", G_TYPE_STRING},
        {"size", G_TYPE_INT64},
        {"is-message", G_TYPE_BOOLEAN},
        {"digests", 0},
    };
    g_autoptr(JsonParser) parser = json_parser_new();
    gboolean ok = json_parser_load_from_data(parser, g_bytes_get_data(bytes, NULL),
                                             (gssize)g_bytes_get_size(bytes), NULL);
    JsonNode *root = ok ? json_parser_get_root(parser) : NULL;

    ok = root != NULL && JSON_NODE_HOLDS_OBJECT(root);
    JsonObject *object = ok ? json_node_get_object(root) : NULL;
    for (guint i = 0; ok && i < G_N_ELEMENTS(MEMBERS); i++) {
        JsonNode *node = json_object_get_member(object, MEMBERS[i].member);
        ok = node != NULL &&
             (MEMBERS[i].type == 0 ? JSON_NODE_HOLDS_ARRAY(node)
                                   : JSON_NODE_HOLDS_VALUE(node) &&
                                         json_node_get_value_type(node) == MEMBERS[i].type);
    }
    if (!ok || strcmp(json_object_get_string_member(object, "id"), id) != 0) {
        g_set_error(error, QUARANTINE_ERROR, QUARANTINE_ERROR_NOT_FOUND,
                    "quarantine: the metadata of %s cannot be read", id);
        return NULL;
    }
    return json_object_ref(object);
}

static JsonObject *metadata_of(const Quarantine *quarantine, const char *id, GError **error)
{
    g_autofree char *file = id_file(id);
    g_autoptr(GBytes) bytes =
        quarantine_file_metadata(quarantine->directory, file, QUARANTINE_METADATA_MAX, error);

    return bytes != NULL ? metadata_read(bytes, id, error) : NULL;
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

static void add_delivered(Item *item, char *address)
{
    if (item->delivered == NULL)
        item->delivered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(item->delivered, address);
}

static gboolean is_delivered(const Item *item, const char *address)
{
    return item->delivered != NULL && g_hash_table_contains(item->delivered, address);
}

static guint64 file_size_of(gsize metadata_size, guint64 content_size)
{
    return QUARANTINE_FILE_HEADER + metadata_size + content_size + QUARANTINE_FILE_TRAILER;
}

/* What the file system refuses now it may give next time. */
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

static void read_delivered(const Quarantine *quarantine, Item *item)
{
    g_autofree char *name = g_strconcat(item->id, DELIVERED, NULL);
    g_autofree char *text = g_malloc(DELIVERED_MAX + 1);
    int fd = openat(quarantine->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    gsize size = 0;
    gssize n = 0;

    if (fd < 0)
        return;
    while (size < DELIVERED_MAX && (n = read(fd, text + size, DELIVERED_MAX - size)) > 0)
        size += (gsize)n;
    close(fd);
    text[size] = '\0';
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (strcmp(*line, ALL_DELIVERED) == 0)
            item->released = TRUE;
        else if (**line != '\0')
            add_delivered(item, g_strdup(*line));
    }
}

static gboolean read_time(const Quarantine *quarantine, const char *id, gint64 *ret_time,
                          GError **error)
{
    g_autofree char *file = id_file(id);
    g_autoptr(JsonObject) metadata = NULL;
    g_autoptr(GBytes) bytes =
        quarantine_file_metadata(quarantine->directory, file, START_SIZE, error);

    if (bytes == NULL)
        return FALSE;
    if (metadata_start(bytes, id, ret_time))
        return TRUE;
    metadata = metadata_of(quarantine, id, error);
    if (metadata != NULL)
        *ret_time = json_object_get_int_member(metadata, "seconds");
    return metadata != NULL;
}

/* FALSE: it is damaged, and no longer there. One that cannot be read counts as of now, so that it
 * does not expire. */
static gboolean item_learn(Quarantine *quarantine, Item *item)
{
    g_autoptr(GError) error = NULL;

    if (item->is_known)
        return TRUE;
    item->time = g_get_real_time() / G_USEC_PER_SEC;
    if (!read_time(quarantine, item->id, &item->time, &error) && set_aside(quarantine, item, error))
        return FALSE;
    if (item->has_delivered_file)
        read_delivered(quarantine, item);
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

/* One that no release has. */
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
        g_autofree char *id = g_strndup(entry->d_name, ID_LENGTH);

        if (g_str_has_prefix(entry->d_name, ".new-"))
            unlinkat(quarantine->directory, entry->d_name, 0);
        else if (id_is_valid(id) && strcmp(entry->d_name + ID_LENGTH, SUFFIX) == 0)
            count_one(quarantine, id, entry->d_name);
        else if (id_is_valid(id) && strcmp(entry->d_name + ID_LENGTH, DELIVERED) == 0)
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
    g_clear_pointer(&quarantine->expiry_failure, g_free); /* the next expiry tells */
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
    guint8 random[ID_LENGTH / 2];
    gssize got = getrandom(random, sizeof random, 0);

    /* Never short for so few bytes, and never fails once the machine is up. */
    g_assert(got == (gssize)sizeof random);
    g_autofree char *id = incidents_hex(random, sizeof random);
    g_autofree char *file = id_file(id);
    g_autoptr(JsonObject) metadata = metadata_new(id, item, size);
    char *text = object_text(metadata);
    g_autoptr(GBytes) bytes = g_bytes_new_take(text, strlen(text));
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

/* The metadata as people read it, with what became of it. */
static JsonObject *item_describe(const Quarantine *quarantine, const Item *item, GError **error)
{
    g_autofree char *time = incidents_time_text(item->time * G_USEC_PER_SEC);
    JsonObject *about = metadata_of(quarantine, item->id, error);
    JsonArray *delivered;

    if (about == NULL)
        return NULL;
    json_object_remove_member(about, "seconds");
    json_object_set_string_member(about, "time", time);
    json_object_set_boolean_member(about, "released", item->released);
    delivered = json_array_new();
    if (item->delivered != NULL) {
        g_autoptr(GList) addresses =
            g_list_sort(g_hash_table_get_keys(item->delivered), (GCompareFunc)strcmp);

        for (GList *address = addresses; address != NULL; address = address->next)
            json_array_add_string_element(delivered, address->data);
    }
    json_object_set_array_member(about, "delivered", delivered);
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
    g_autofree char *delivered = g_strconcat(item->id, DELIVERED, NULL);

    if (unlinkat(quarantine->directory, file, 0) != 0 && errno != ENOENT)
        return FALSE;
    unlinkat(quarantine->directory, delivered, 0);
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
    g_autofree char *name = g_strconcat(id, DELIVERED, NULL);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    Item *item = item_find(quarantine, id, error);

    if (item == NULL)
        return FALSE;
    for (; *addresses != NULL; addresses++) {
        g_autofree char *folded = g_utf8_strdown(*addresses, -1);

        g_assert(strchr(*addresses, '\n') == NULL);
        if (!is_delivered(item, folded))
            g_strv_builder_add(builder, folded);
    }
    g_auto(GStrv) fresh = g_strv_builder_end(builder);
    g_autofree char *lines = g_strjoinv("\n", fresh);
    if (*fresh != NULL && !quarantine_file_append(quarantine->directory, name, lines, error))
        return FALSE;
    for (char **address = fresh; *address != NULL; address++)
        add_delivered(item, g_strdup(*address));
    return TRUE;
}

gboolean quarantine_is_delivered(Quarantine *quarantine, const char *id, const char *address)
{
    const Item *item = item_find(quarantine, id, NULL);
    g_autofree char *folded = g_utf8_strdown(address, -1);

    return item != NULL && is_delivered(item, folded);
}

gboolean quarantine_mark_released(Quarantine *quarantine, const char *id, GError **error)
{
    g_autofree char *name = g_strconcat(id, DELIVERED, NULL);
    Item *item = item_find(quarantine, id, error);

    if (item == NULL)
        return FALSE;
    if (!item->released &&
        !quarantine_file_append(quarantine->directory, name, ALL_DELIVERED, error))
        return FALSE;
    item->released = TRUE;
    return TRUE;
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
