/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict-store.c - verdicts in LMDB, keyed by version, kind and digest.
 *
 * Opening fails by G_FILE_ERROR. A failed write loses verdicts, which only means to scan again:
 * there is one g_warning(), and the store goes on.
 *
 * Known limit: LMDB trusts the inside of its file; only size and header are checked.
 */
#include "scanner/common/verdict-store.h"

#include <errno.h>
#include <lmdb.h>
#include <string.h>
#include <unistd.h>

enum {
    SAVE_MAX = 20000, /* entries for each call: the supervisor must stay responsive */
    FORMAT = 3
};

struct VerdictStore {
    char *path;
    size_t size;
    MDB_env *environment; /* NULL: no new file could be made so far */
    MDB_dbi database;
    guint64 position; /* in the cache's ring */
    gboolean has_warned;
};

typedef struct {
    guint8 format;
    guint8 kind;
    guint8 lists[sizeof(guint32)];
    guint8 digest[STOREHOOK_DIGEST_SIZE];
    char version[VERDICT_CACHE_VERSION_SIZE];
} StoreKey;

static void store_end(VerdictStore *store)
{
    if (store->environment)
        mdb_env_close(store->environment);
    store->environment = NULL;
}

static int store_begin(VerdictStore *store)
{
    MDB_txn *transaction;
    int result = mdb_env_create(&store->environment);

    if (result != 0)
        return result;
    mdb_env_set_mapsize(store->environment, store->size);
    /* No lock file: only one thread of one process uses it, and LMDB writes the lock file through a
     * mapping, which means SIGBUS on a full disk. */
    result = mdb_env_open(store->environment, store->path,
                          MDB_NOSUBDIR | MDB_NOMETASYNC | MDB_NOTLS | MDB_NOLOCK, 0600);
    if (result == 0)
        result = mdb_txn_begin(store->environment, NULL, 0, &transaction);
    if (result == 0) {
        result = mdb_dbi_open(transaction, NULL, 0, &store->database);
        if (result == 0)
            result = mdb_txn_commit(transaction);
        else
            mdb_txn_abort(transaction);
    }
    if (result != 0)
        store_end(store);
    return result;
}

/* Removes the file rather than emptying it, since that takes pages, too. */
static int store_begin_anew(VerdictStore *store)
{
    store_end(store);
    (void)unlink(store->path);
    return store_begin(store);
}

static int store_write(VerdictStore *store, MDB_txn **ret_transaction)
{
    int result = store->environment ? 0 : store_begin_anew(store);

    return result != 0 ? result : mdb_txn_begin(store->environment, NULL, 0, ret_transaction);
}

VerdictStore *verdict_store_open(const char *path, size_t size, GError **error)
{
    VerdictStore *store = g_new0(VerdictStore, 1);
    int result;

    store->path = g_strdup(path);
    store->size = size;
    result = store_begin(store);
    if (result != 0)
        result = store_begin_anew(store);
    if (result == 0)
        return store;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", path, mdb_strerror(result));
    return verdict_store_close(store);
}

VerdictStore *verdict_store_close(VerdictStore *store)
{
    if (!store)
        return NULL;
    store_end(store);
    g_free(store->path);
    g_free(store);
    return NULL;
}

/* The value is a verdict followed by its list, which members_load() checks. */
static gboolean entry_read(const MDB_val *key, const MDB_val *value, StoreKey *ret_key,
                           Verdict *ret_verdict)
{
    if (key->mv_size != sizeof(*ret_key) || value->mv_size < sizeof(*ret_verdict))
        return FALSE;
    memcpy(ret_key, key->mv_data, sizeof(*ret_key));
    memcpy(ret_verdict, value->mv_data, sizeof(*ret_verdict));
    return ret_key->format == FORMAT &&
           memchr(ret_key->version, '\0', sizeof(ret_key->version)) != NULL &&
           memchr(ret_verdict->name, '\0', sizeof(ret_verdict->name)) != NULL &&
           memchr(ret_verdict->type, '\0', sizeof(ret_verdict->type)) != NULL &&
           (guint)ret_verdict->kind < STOREHOOK_VERDICTS;
}

static VerdictKey key_of(const StoreKey *stored)
{
    VerdictKey key;

    verdict_key_init(&key, stored->digest, stored->version, (VerdictCacheKind)stored->kind);
    memcpy(&key.lists, stored->lists, sizeof(key.lists));
    return key;
}

typedef struct {
    const char *version;
    VerdictCache *cache;
    VerdictStoreSeen seen;
    gpointer user_data;
} Loading;

static guint load_all(MDB_cursor *cursor, const Loading *loading)
{
    MDB_val key, value;
    guint count = 0;

    for (int result = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); result == 0;
         result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        g_autoptr(GBytes) list = NULL;
        Verdict verdict;
        VerdictKey entry;
        StoreKey stored;

        if (!entry_read(&key, &value, &stored, &verdict) ||
            strcmp(stored.version, loading->version) != 0) {
            (void)mdb_cursor_del(cursor, 0);
            continue;
        }
        entry = key_of(&stored);
        list = g_bytes_new_static((const guint8 *)value.mv_data + sizeof(verdict),
                                  value.mv_size - sizeof(verdict));
        verdict_cache_add(loading->cache, &entry, &verdict, list, FALSE);
        count++;
        if (loading->seen)
            loading->seen(&entry, &verdict, loading->user_data);
    }
    return count;
}

/* Removes those that the cache had no room for. */
static void drop_surplus(MDB_cursor *cursor, VerdictCache *cache)
{
    MDB_val key, value;

    for (int result = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); result == 0;
         result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        StoreKey stored;
        VerdictKey entry;
        Verdict verdict;

        if (!entry_read(&key, &value, &stored, &verdict))
            continue;
        entry = key_of(&stored);
        if (!verdict_cache_find(cache, &entry, &verdict, NULL))
            (void)mdb_cursor_del(cursor, 0);
    }
}

guint verdict_store_load(VerdictStore *store, const char *version, VerdictCache *cache, guint room,
                         VerdictStoreSeen seen, gpointer user_data)
{
    const Loading loading = {
        .version = version, .cache = cache, .seen = seen, .user_data = user_data};
    MDB_txn *transaction;
    MDB_cursor *cursor;
    guint count;

    if (store_write(store, &transaction) != 0)
        return 0;
    if (mdb_cursor_open(transaction, store->database, &cursor) != 0) {
        mdb_txn_abort(transaction);
        return 0;
    }
    count = load_all(cursor, &loading);
    if (count > room)
        drop_surplus(cursor, cache);
    mdb_cursor_close(cursor);
    (void)mdb_txn_commit(transaction);
    return MIN(count, room);
}

static StoreKey store_key(const VerdictKey *key)
{
    StoreKey stored = {.format = FORMAT, .kind = (guint8)key->kind};

    memcpy(stored.lists, &key->lists, sizeof(stored.lists));
    memcpy(stored.digest, key->digest, sizeof(stored.digest));
    memcpy(stored.version, key->version, sizeof(stored.version));
    return stored;
}

void verdict_store_remove(VerdictStore *store, const VerdictKey *key)
{
    StoreKey stored = store_key(key);
    MDB_val k = {sizeof(stored), &stored};
    MDB_txn *transaction;

    if (store_write(store, &transaction) != 0)
        return;
    (void)mdb_del(transaction, store->database, &k, NULL);
    (void)mdb_txn_commit(transaction);
}

static int save_some(VerdictStore *store, MDB_txn *transaction, VerdictCache *cache)
{
    VerdictKey key;
    Verdict verdict;

    for (guint i = 0; i < SAVE_MAX; i++) {
        StoreKey stored;
        MDB_val k = {sizeof(stored), &stored}, v;
        g_autoptr(GBytes) list = NULL;
        int result;

        if (!verdict_cache_next_new(cache, &store->position, &key, &verdict, &list))
            return 0;
        stored = store_key(&key);
        v = (MDB_val){sizeof(verdict) + (list ? g_bytes_get_size(list) : 0), NULL};
        result = mdb_put(transaction, store->database, &k, &v, MDB_RESERVE);
        if (result != 0)
            return result;
        memcpy(v.mv_data, &verdict, sizeof(verdict));
        if (list)
            memcpy((guint8 *)v.mv_data + sizeof(verdict), g_bytes_get_data(list, NULL),
                   g_bytes_get_size(list));
    }
    return 0;
}

static int save(VerdictStore *store, VerdictCache *cache)
{
    MDB_txn *transaction;
    int result = store_write(store, &transaction);

    if (result != 0)
        return result;
    result = save_some(store, transaction, cache);
    if (result == 0)
        return mdb_txn_commit(transaction);
    mdb_txn_abort(transaction);
    return result;
}

void verdict_store_save(VerdictStore *store, VerdictCache *cache)
{
    guint64 position = store->position;
    int result;

    if (!verdict_cache_has_new(cache, store->position))
        return;
    result = save(store, cache);
    if (result == MDB_MAP_FULL) { /* the newest verdicts matter most */
        store->position = position;
        result = store_begin_anew(store);
        if (result == 0)
            result = save(store, cache);
    }
    if (result != 0 && !store->has_warned) {
        store->has_warned = TRUE;
        g_warning("verdicts are not kept: %s", mdb_strerror(result));
    }
}
