/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * condemned.c - counts the workers that a content killed, enters its verdict, keeps the list.
 *
 * Nothing here fails.
 */
#include "scanner/common/condemned.h"

#include <string.h>

#include "scanner/common/hex.h"
#include "scanner/common/json-text.h"

enum {
    SKETCH_WORDS = 64
};

typedef struct {
    VerdictKey key;
    gint64 since; /* seconds since 1970 */
} Entry;

struct Condemned {
    VerdictCache *cache;
    VerdictStore *store;
    GHashTable *entries; /* VerdictKey -> Entry */
};

static guint key_hash(gconstpointer data)
{
    const VerdictKey *key = data;
    guint hash;

    memcpy(&hash, key->digest, sizeof(hash));
    return hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(VerdictKey)) == 0;
}

gboolean condemned_is(const Verdict *verdict)
{
    return verdict->kind == STOREHOOK_VERDICT_NOT_FULLY_SCANNED &&
           strcmp(verdict->name, CONDEMNED_VERDICT) == 0;
}

/* --- In the loader ----------------------------------------------------------------- */

static gboolean is_known(const VerdictKey *key)
{
    return key->kind < VERDICT_CACHE_KINDS;
}

static VerdictKey suspect_key(const VerdictKey *key)
{
    VerdictKey suspect = *key;

    if (is_known(key))
        suspect.kind += VERDICT_CACHE_KINDS;
    return suspect;
}

/* A suspect's entry in the cache is a verdict whose size is the number of strikes. */
gboolean condemned_strike(VerdictCache *cache, const VerdictKey *key)
{
    const VerdictKey suspect = suspect_key(key);
    Verdict verdict = {0};
    gboolean condemns;

    (void)verdict_cache_find(cache, &suspect, &verdict, NULL);
    condemns = ++verdict.size >= CONDEMNED_STRIKES && is_known(key);
    if (condemns)
        verdict_set(&verdict, STOREHOOK_VERDICT_NOT_FULLY_SCANNED, CONDEMNED_VERDICT);
    else
        verdict_set(&verdict, STOREHOOK_VERDICT_NOT_SCANNED, "suspect");
    verdict.cost = VERDICT_COST_MAX; /* it costs another worker */
    verdict_cache_add(cache, condemns ? key : &suspect, &verdict, NULL, TRUE);
    return condemns;
}

/* --- In a worker ------------------------------------------------------------------- */

/* From some words of the content, without a key, since a later run must get the same. Other
 * contents may have the same sketch; they are then suspected, but not condemned. */
static guint64 sketch_of(const guint8 *data, gsize size)
{
    guint64 sketch = size, word = 0;

    for (gsize i = 0; i < SKETCH_WORDS && size >= sizeof(word); i++) {
        memcpy(&word, data + (size - sizeof(word)) / (SKETCH_WORDS - 1) * i, sizeof(word));
        sketch = (sketch ^ word) * 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio, odd */
        sketch ^= sketch >> 29;
    }
    return sketch;
}

void condemned_sketch_key(const void *data, gsize size, const char *version, VerdictCacheKind kind,
                          VerdictKey *ret)
{
    const guint8 digest[STOREHOOK_DIGEST_SIZE] = {0};
    const guint64 sketch = sketch_of(data, size);

    verdict_key_init(ret, digest, version, kind);
    memcpy(ret->digest, &sketch, sizeof(sketch));
    *ret = suspect_key(ret);
}

void condemned_identify(VerdictCache *cache, const void *data, gsize size, const VerdictKey *key)
{
    const VerdictKey suspect = suspect_key(key);
    VerdictKey unknown;
    Verdict verdict;

    condemned_sketch_key(data, size, key->version, (VerdictCacheKind)key->kind, &unknown);
    if (!verdict_cache_find(cache, &unknown, &verdict, NULL))
        return;
    verdict_cache_add(cache, &suspect, &verdict, NULL, TRUE);
    verdict_cache_remove(cache, &unknown);
}

/* --- In the supervisor ------------------------------------------------------------- */

Condemned *condemned_new(VerdictCache *cache, VerdictStore *store)
{
    Condemned *condemned = g_new0(Condemned, 1);

    condemned->cache = cache;
    condemned->store = store;
    condemned->entries = g_hash_table_new_full(key_hash, key_equal, NULL, g_free);
    return condemned;
}

Condemned *condemned_free(Condemned *condemned)
{
    if (!condemned)
        return NULL;
    g_hash_table_unref(condemned->entries);
    g_free(condemned);
    return NULL;
}

void condemned_add(Condemned *condemned, const VerdictKey *key)
{
    Entry *entry;

    if (g_hash_table_contains(condemned->entries, key) ||
        g_hash_table_size(condemned->entries) >= CONDEMNED_MAX)
        return;
    entry = g_new(Entry, 1);
    *entry = (Entry){.key = *key, .since = g_get_real_time() / G_USEC_PER_SEC};
    g_hash_table_add(condemned->entries, entry);
}

void condemned_seen(const VerdictKey *key, const Verdict *verdict, gpointer condemned)
{
    if (condemned_is(verdict))
        condemned_add(condemned, key);
}

static gboolean is_of_other_version(gpointer data, gpointer entry, gpointer version)
{
    (void)entry;
    return strcmp(((VerdictKey *)data)->version, version) != 0;
}

void condemned_set_version(Condemned *condemned, const char *version)
{
    g_hash_table_foreach_remove(condemned->entries, is_of_other_version, (gpointer)version);
}

static void forget(Condemned *condemned, const VerdictKey *key)
{
    verdict_cache_remove(condemned->cache, key);
    verdict_store_remove(condemned->store, key);
}

gboolean condemned_release(Condemned *condemned, const guint8 digest[STOREHOOK_DIGEST_SIZE])
{
    gboolean found = FALSE;
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, condemned->entries);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        VerdictKey suspect;

        if (memcmp(((VerdictKey *)key)->digest, digest, STOREHOOK_DIGEST_SIZE) != 0)
            continue;
        /* Or an entry that is still to be saved would come back. */
        verdict_store_save(condemned->store, condemned->cache);
        suspect = suspect_key(key);
        forget(condemned, &suspect);
        forget(condemned, key);
        g_hash_table_iter_remove(&iter);
        found = TRUE;
    }
    return found;
}

guint condemned_count(const Condemned *condemned)
{
    return g_hash_table_size(condemned->entries);
}

JsonArray *condemned_describe(const Condemned *condemned)
{
    JsonArray *array = json_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, condemned->entries);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Entry *entry = value;
        char hex[2 * STOREHOOK_DIGEST_SIZE + 1];
        JsonObject *object = json_object_new();

        hex_write(entry->key.digest, STOREHOOK_DIGEST_SIZE, hex);
        json_object_set_string_member(object, "sha256", hex);
        json_object_set_string_member(
            object, "read-as", entry->key.kind == VERDICT_CACHE_MESSAGE ? "message" : "content");
        json_text_set_time(object, "since", entry->since);
        json_array_add_object_element(array, object);
    }
    return array;
}
