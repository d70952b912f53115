/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * allow-list.c - an allow or deny list: a hash table in a memfd, written by the supervisor and read
 * by the workers.
 *
 * The table has open addressing. The digest of a new entry is written first and its end last, with
 * release order, so that a reader sees all of the entry or nothing and needs no lock. The end of an
 * entry is changed in place. Only when entries that have ended must be cleared is the whole table
 * rewritten, under a sequence number that is odd during that time. The writable mapping is not
 * inherited by forked children, and the writable descriptor is closed.
 *
 * Fails as the file system does; the table then stays as it was.
 *
 * Known limit: an entry's place follows from the bytes of its digest. An operator who releases
 * thousands of contents that were made to collide slows down the workers.
 */
#include "scanner/records/allow-list.h"

#include "scanner/common/digest.h"
#include "scanner/common/hex.h"
#include "scanner/records/incidents-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

G_DEFINE_QUARK(storehook_allow_list_error, allow_list_error)

#define MAP_MAGIC 0x3157414cu                  /* "LAW1" */
#define PLACES ((guint32)(2 * ALLOW_LIST_MAX)) /* a power of two; at most 3/4 are used */
#define NAME_REASON "signature "
#define READ_TRIES 100000 /* for some 100 us, which is what rewriting takes */

typedef struct {
    guint8 digest[ALLOW_LIST_DIGEST];
    _Atomic gint64 end; /* seconds since 1970; 0: the place was never used */
} Place;

typedef struct {
    guint32 magic;
    _Atomic guint32 sequence; /* odd while the table is being rewritten */
    _Atomic guint32 state;    /* see allow_view_state() */
    Place places[PLACES];
} Map;

typedef struct {
    guint8 digest[ALLOW_LIST_DIGEST];
    gint64 end;
} Entry;

struct AllowList {
    Database *database;
    GHashTable *entries; /* digest -> Entry */
    Map *map;
    guint32 used; /* places, ended ones included */
    int fd;       /* read-only */
    void (*changed)(gpointer user_data);
    gpointer user_data;
};

struct AllowView {
    const Map *map;
};

static const char SCHEMA[] =
    "CREATE TABLE allowed (digest BLOB PRIMARY KEY, reason TEXT, added INTEGER NOT NULL,"
    " until INTEGER NOT NULL) WITHOUT ROWID";

static gboolean fail(GError *take_error, GError **error)
{
    g_set_error_literal(error, ALLOW_LIST_ERROR, ALLOW_LIST_ERROR_FAILED, take_error->message);
    g_error_free(take_error);
    return FALSE;
}

/* --- The map --------------------------------------------------------------------- */

static void map_put(AllowList *list, const Entry *entry)
{
    guint32 i = digest_hash(entry->digest) & (PLACES - 1);
    Place *place = &list->map->places[i];
    gint64 end;

    while ((end = atomic_load_explicit(&place->end, memory_order_relaxed)) != 0 &&
           !digest_equal(place->digest, entry->digest)) {
        i = (i + 1) & (PLACES - 1);
        place = &list->map->places[i];
    }
    if (end == 0) {
        memcpy(place->digest, entry->digest, ALLOW_LIST_DIGEST);
        list->used++;
    }
    atomic_store_explicit(&place->end, entry->end, memory_order_release);
}

static void map_put_ended(AllowList *list, Entry *entry)
{
    entry->end = 1; /* 1970 */
    map_put(list, entry);
}

static void map_write_anew(AllowList *list)
{
    GHashTableIter iter;
    gpointer entry;

    atomic_fetch_add(&list->map->sequence, 1);
    atomic_thread_fence(memory_order_seq_cst);
    memset(list->map->places, 0, sizeof list->map->places);
    list->used = 0;
    g_hash_table_iter_init(&iter, list->entries);
    while (g_hash_table_iter_next(&iter, NULL, &entry))
        map_put(list, entry);
    atomic_thread_fence(memory_order_seq_cst);
    atomic_fetch_add(&list->map->sequence, 1);
}

/* The state depends on the entries only, not on their order; it is 0 for an empty list. */
static void map_publish(AllowList *list)
{
    guint32 state = 0;
    GHashTableIter iter;
    gpointer digest;

    g_hash_table_iter_init(&iter, list->entries);
    while (g_hash_table_iter_next(&iter, &digest, NULL))
        state += digest_hash(digest) | 1;
    if (state == 0 && g_hash_table_size(list->entries) > 0)
        state = 1;
    atomic_store_explicit(&list->map->state, state, memory_order_release);
    if (list->changed != NULL)
        list->changed(list->user_data);
}

/* Adds an entry; clears the places of ended ones when few are free. */
static void map_put_checked(AllowList *list, const Entry *entry)
{
    if (list->used >= PLACES / 4 * 3)
        map_write_anew(list);
    else
        map_put(list, entry);
}

static gboolean map_new(AllowList *list, GError **error)
{
    int fd = memfd_create("storehook-allow-list", MFD_CLOEXEC);
    char path[64];
    void *map = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, (off_t)sizeof(Map)) == 0)
        map = mmap(NULL, sizeof(Map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        list->map = map;
        list->fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (list->fd < 0 || madvise(map, sizeof(Map), MADV_DONTFORK) != 0) {
        g_set_error(error, ALLOW_LIST_ERROR, ALLOW_LIST_ERROR_FAILED, "no memory for a list: %s",
                    g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return FALSE;
    }
    close(fd);
    list->map->magic = MAP_MAGIC;
    return TRUE;
}

/* --- The database ---------------------------------------------------------------- */

static gboolean work_load(Database *database, gpointer data, GError **error)
{
    AllowList *list = data;
    sqlite3_stmt *statement = database_prepare(
        database, "SELECT digest, until FROM allowed ORDER BY until DESC LIMIT ?1", error);
    gboolean failed;

    if (statement == NULL)
        return FALSE;
    sqlite3_bind_int(statement, 1, ALLOW_LIST_MAX);
    while (database_next(database, statement, &failed, error)) {
        if (sqlite3_column_bytes(statement, 0) != ALLOW_LIST_DIGEST)
            continue;
        Entry *entry = g_new0(Entry, 1);
        memcpy(entry->digest, sqlite3_column_blob(statement, 0), ALLOW_LIST_DIGEST);
        entry->end = MAX(sqlite3_column_int64(statement, 1), 1);
        g_hash_table_replace(list->entries, entry->digest, entry);
    }
    return !failed;
}

typedef struct {
    const guint8 *digests;
    gsize count;
    const char *reason;
    gint64 end;
} Addition;

static gboolean work_add(Database *database, gpointer data, GError **error)
{
    static const char SQL[] = "INSERT INTO allowed VALUES (?1,?2,?3,?4) ON CONFLICT DO UPDATE SET"
                              " reason=excluded.reason, until=max(until, excluded.until)";
    const Addition *addition = data;

    for (gsize i = 0; i < addition->count; i++) {
        sqlite3_stmt *statement = database_prepare(database, SQL, error);
        if (statement == NULL)
            return FALSE;
        sqlite3_bind_blob(statement, 1, addition->digests + i * ALLOW_LIST_DIGEST,
                          ALLOW_LIST_DIGEST, SQLITE_TRANSIENT);
        database_bind_text(statement, 2, addition->reason);
        sqlite3_bind_int64(statement, 3, g_get_real_time() / G_USEC_PER_SEC);
        sqlite3_bind_int64(statement, 4, addition->end);
        if (!database_execute(database, statement, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean work_remove(Database *database, gpointer data, GError **error)
{
    sqlite3_stmt *statement =
        database_prepare(database, "DELETE FROM allowed WHERE digest=?1", error);

    if (statement == NULL)
        return FALSE;
    sqlite3_bind_blob(statement, 1, data, ALLOW_LIST_DIGEST, SQLITE_TRANSIENT);
    return database_execute(database, statement, error);
}

static gboolean work_expire(Database *database, gpointer data, GError **error)
{
    sqlite3_stmt *statement =
        database_prepare(database, "DELETE FROM allowed WHERE until<=?1", error);

    if (statement == NULL)
        return FALSE;
    sqlite3_bind_int64(statement, 1, *(const gint64 *)data);
    return database_execute(database, statement, error);
}

/* --- In the supervisor ----------------------------------------------------------- */

AllowList *allow_list_open(const char *path, GError **error)
{
    g_autoptr(AllowList) list = g_new0(AllowList, 1);
    GError *local = NULL;
    GHashTableIter iter;
    gpointer entry;

    list->fd = -1;
    list->entries = g_hash_table_new_full(digest_hash, digest_equal, NULL, g_free);
    list->database = database_open(path, 1, SCHEMA, &local);
    if (list->database == NULL || !database_run(list->database, work_load, list, &local)) {
        fail(local, error);
        return NULL;
    }
    if (!map_new(list, error))
        return NULL;
    g_hash_table_iter_init(&iter, list->entries);
    while (g_hash_table_iter_next(&iter, NULL, &entry))
        map_put(list, entry);
    map_publish(list);
    return g_steal_pointer(&list);
}

AllowList *allow_list_close(AllowList *list)
{
    if (list == NULL)
        return NULL;
    if (list->map != NULL)
        munmap(list->map, sizeof(Map));
    if (list->fd >= 0)
        close(list->fd);
    database_close(list->database);
    g_hash_table_unref(list->entries);
    g_free(list);
    return NULL;
}

void allow_list_on_change(AllowList *list, void (*changed)(gpointer user_data), gpointer user_data)
{
    list->changed = changed;
    list->user_data = user_data;
}

void allow_list_name_digest(const char *signature, guint8 ret[ALLOW_LIST_DIGEST])
{
    /* Hashed with its NUL, so that no content has such a digest by chance. */
    static const char SPACE[] = "signature";
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = ALLOW_LIST_DIGEST;

    g_checksum_update(sum, (const guchar *)SPACE, sizeof SPACE);
    g_checksum_update(sum, (const guchar *)signature, -1);
    g_checksum_get_digest(sum, ret, &size);
}

gboolean allow_list_add_name(AllowList *list, const char *signature, GError **error)
{
    g_autofree char *reason = g_strconcat(NAME_REASON, signature, NULL);
    guint8 digest[ALLOW_LIST_DIGEST];

    allow_list_name_digest(signature, digest);
    return allow_list_add(list, digest, 1, reason, ALLOW_LIST_FOREVER, error);
}

int allow_list_peek_fd(const AllowList *list)
{
    return list->fd;
}

gboolean allow_list_has(const AllowList *list, const guint8 digest[ALLOW_LIST_DIGEST])
{
    return g_hash_table_contains(list->entries, digest);
}

gboolean allow_list_remove(AllowList *list, const guint8 digest[ALLOW_LIST_DIGEST], GError **error)
{
    GError *local = NULL;
    Entry *entry = g_hash_table_lookup(list->entries, digest);

    if (!database_run(list->database, work_remove, (gpointer)digest, &local))
        return fail(local, error);
    if (entry != NULL) {
        map_put_ended(list, entry);
        g_hash_table_remove(list->entries, digest);
        map_publish(list);
    }
    return TRUE;
}

static void make_room(AllowList *list, gsize wanted)
{
    while (g_hash_table_size(list->entries) + wanted > ALLOW_LIST_MAX) {
        const Entry *first = NULL;
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, list->entries);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            if (first == NULL || ((Entry *)value)->end < first->end)
                first = value;
        }
        g_autoptr(GError) error = NULL;
        g_warning("the allow or deny list is full: what ends first leaves it");
        guint8 digest[ALLOW_LIST_DIGEST];
        memcpy(digest, first->digest, sizeof digest);
        if (!allow_list_remove(list, digest, &error)) {
            g_warning("%s", error->message);
            return;
        }
    }
}

gboolean allow_list_add(AllowList *list, const guint8 *digests, gsize digest_count,
                        const char *reason, gint64 end, GError **error)
{
    Addition addition = {digests, digest_count, reason, MAX(end, 1)};
    GError *local = NULL;

    if (digest_count > ALLOW_LIST_MAX / 2) {
        g_set_error(error, ALLOW_LIST_ERROR, ALLOW_LIST_ERROR_FAILED,
                    "the list: %zu digests at once are too many", digest_count);
        return FALSE;
    }
    make_room(list, digest_count);
    if (g_hash_table_size(list->entries) + digest_count > ALLOW_LIST_MAX) {
        g_set_error(error, ALLOW_LIST_ERROR, ALLOW_LIST_ERROR_FAILED, "the list is full");
        return FALSE;
    }
    if (!database_run(list->database, work_add, &addition, &local))
        return fail(local, error);
    for (gsize i = 0; i < digest_count; i++) {
        const guint8 *digest = digests + i * ALLOW_LIST_DIGEST;
        Entry *entry = g_hash_table_lookup(list->entries, digest);

        if (entry == NULL) {
            entry = g_new0(Entry, 1);
            memcpy(entry->digest, digest, ALLOW_LIST_DIGEST);
            g_hash_table_insert(list->entries, entry->digest, entry);
        }
        entry->end = MAX(entry->end, addition.end);
        map_put_checked(list, entry);
    }
    map_publish(list);
    return TRUE;
}

/* All at once: a release of many messages at a time ends all at a time, too, and the supervisor has
 * others that wait. */
void allow_list_expire(AllowList *list, gint64 now)
{
    g_autoptr(GError) error = NULL;
    gboolean has_changed = FALSE;
    GHashTableIter iter;
    gpointer value;

    if (!database_run(list->database, work_expire, &now, &error)) {
        g_warning("%s", error->message);
        return;
    }
    g_hash_table_iter_init(&iter, list->entries);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Entry *entry = value;

        if (entry->end > now)
            continue;
        map_put_ended(list, entry);
        g_hash_table_iter_remove(&iter);
        has_changed = TRUE;
    }
    if (has_changed)
        map_publish(list);
}

guint allow_list_count(const AllowList *list)
{
    return g_hash_table_size(list->entries);
}

static gboolean work_describe(Database *database, gpointer data, GError **error)
{
    JsonArray **array = data;
    sqlite3_stmt *statement = database_prepare(
        database, "SELECT digest, reason, added, until FROM allowed ORDER BY added DESC", error);
    gboolean failed;

    if (statement == NULL)
        return FALSE;
    g_clear_pointer(array, json_array_unref);
    *array = json_array_new();
    while (database_next(database, statement, &failed, error)) {
        JsonObject *entry = json_object_new();
        const char *reason = (const char *)sqlite3_column_text(statement, 1);
        g_autofree char *hex =
            hex_new(sqlite3_column_blob(statement, 0), (gsize)sqlite3_column_bytes(statement, 0));
        g_autofree char *added =
            incidents_time_text(sqlite3_column_int64(statement, 2) * G_USEC_PER_SEC);
        gint64 until = sqlite3_column_int64(statement, 3);
        g_autofree char *end = until == ALLOW_LIST_FOREVER
                                   ? g_strdup("never")
                                   : incidents_time_text(until * G_USEC_PER_SEC);

        if (reason != NULL && g_str_has_prefix(reason, NAME_REASON)) {
            json_object_set_string_member(entry, "signature", reason + strlen(NAME_REASON));
            reason = ALLOW_LIST_BY_HAND;
        } else {
            json_object_set_string_member(entry, "sha256", hex);
        }
        json_object_set_string_member(entry, "reason", reason != NULL ? reason : "");
        json_object_set_string_member(entry, "added", added);
        json_object_set_string_member(entry, "end", end);
        json_array_add_object_element(*array, entry);
    }
    return !failed;
}

JsonArray *allow_list_describe(AllowList *list)
{
    JsonArray *array = NULL;
    g_autoptr(GError) error = NULL;

    if (!database_run(list->database, work_describe, &array, &error)) {
        g_warning("allow list: %s", error->message);
        g_clear_pointer(&array, json_array_unref);
        return json_array_new();
    }
    return array;
}

/* --- In a worker ----------------------------------------------------------------- */

AllowView *allow_view_new(int fd, GError **error)
{
    const Map *map = mmap(NULL, sizeof(Map), PROT_READ, MAP_SHARED, fd, 0);

    if (map == MAP_FAILED || map->magic != MAP_MAGIC) {
        g_set_error(error, ALLOW_LIST_ERROR, ALLOW_LIST_ERROR_FAILED,
                    "allow list: the map cannot be read: %s",
                    map == MAP_FAILED ? g_strerror(errno) : "not one");
        if (map != MAP_FAILED)
            munmap((void *)map, sizeof(Map));
        return NULL;
    }
    AllowView *view = g_new0(AllowView, 1);
    view->map = map;
    return view;
}

AllowView *allow_view_free(AllowView *view)
{
    if (view != NULL)
        munmap((void *)view->map, sizeof(Map));
    g_free(view);
    return NULL;
}

static gboolean lookup(const Map *map, const guint8 *digest, gint64 now)
{
    guint32 i = digest_hash(digest) & (PLACES - 1);

    for (guint32 step = 0; step < PLACES; step++) {
        const Place *place = &map->places[(i + step) & (PLACES - 1)];
        gint64 end = atomic_load_explicit(&place->end, memory_order_acquire);
        if (end == 0)
            return FALSE;
        if (digest_equal(place->digest, digest))
            return end > now;
    }
    return FALSE;
}

guint32 allow_view_state(const AllowView *view)
{
    return atomic_load_explicit(&view->map->state, memory_order_acquire);
}

gboolean allow_view_contains(const AllowView *view, const guint8 digest[ALLOW_LIST_DIGEST],
                             gint64 now)
{
    /* Most lists are empty, and looking into the table costs a cache miss. */
    if (allow_view_state(view) == 0)
        return FALSE;
    for (guint i = 0; i < READ_TRIES; i++) {
        guint32 before = atomic_load(&view->map->sequence);
        if (before % 2 != 0)
            continue;
        gboolean found = lookup(view->map, digest, now);
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load(&view->map->sequence) == before)
            return found;
    }
    return FALSE;
}
