/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * condemned.c - counts the workers that a content killed, enters the verdict, keeps the list.
 *
 * Nothing here fails. Known limit: a first strike is remembered by one loader only; after a restart
 * a content has two more tries.
 */
#include "scanner/condemned.h"

#include <string.h>

/* Of a suspect and of a condemned one. */
typedef struct {
    VerdictKey key;
    guint strikes;
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

static Entry *entry_add(GHashTable *table, const VerdictKey *key)
{
    Entry *entry = g_new0(Entry, 1);

    entry->key = *key;
    entry->since = g_get_real_time() / G_USEC_PER_SEC;
    g_hash_table_replace(table, &entry->key, entry);
    return entry;
}

/* --- In the loader ----------------------------------------------------------------- */

GHashTable *condemned_suspects_new(void)
{
    return g_hash_table_new_full(key_hash, key_equal, NULL, g_free);
}

gboolean condemned_strike(GHashTable *suspects, VerdictCache *cache, const VerdictKey *key)
{
    Entry *suspect = g_hash_table_lookup(suspects, key);
    Verdict verdict = {0};

    if (!suspect && g_hash_table_size(suspects) >= CONDEMNED_SUSPECTS)
        g_hash_table_remove_all(suspects);
    if (!suspect)
        suspect = entry_add(suspects, key);
    if (++suspect->strikes < CONDEMNED_STRIKES)
        return FALSE;
    g_hash_table_remove(suspects, key);
    verdict_set(&verdict, STOREHOOK_VERDICT_NOT_SCANNED, CONDEMNED_VERDICT);
    verdict.cost = VERDICT_COST_MAX; /* another worker */
    verdict_cache_add(cache, key, &verdict, NULL, TRUE);
    return TRUE;
}

/* --- In the supervisor ------------------------------------------------------------- */

Condemned *condemned_new(VerdictCache *cache, VerdictStore *store)
{
    Condemned *condemned = g_new0(Condemned, 1);

    condemned->cache = cache;
    condemned->store = store;
    condemned->entries = condemned_suspects_new();
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
    if (!g_hash_table_contains(condemned->entries, key) &&
        g_hash_table_size(condemned->entries) < CONDEMNED_MAX)
        entry_add(condemned->entries, key);
}

void condemned_seen(const VerdictKey *key, const Verdict *verdict, gpointer condemned)
{
    if (verdict->kind == STOREHOOK_VERDICT_NOT_SCANNED &&
        strcmp(verdict->name, CONDEMNED_VERDICT) == 0)
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

gboolean condemned_release(Condemned *condemned, const guint8 digest[STOREHOOK_DIGEST_SIZE])
{
    gboolean found = FALSE;
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, condemned->entries);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        if (memcmp(((VerdictKey *)key)->digest, digest, STOREHOOK_DIGEST_SIZE) != 0)
            continue;
        /* What waits to be saved would come back otherwise. */
        verdict_store_save(condemned->store, condemned->cache);
        verdict_cache_remove(condemned->cache, key);
        verdict_store_remove(condemned->store, key);
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
        g_autoptr(GDateTime) since = g_date_time_new_from_unix_utc(entry->since);
        g_autofree char *text = g_date_time_format_iso8601(since);
        char hex[2 * STOREHOOK_DIGEST_SIZE + 1];
        JsonObject *object = json_object_new();

        for (gsize i = 0; i < STOREHOOK_DIGEST_SIZE; i++)
            g_snprintf(hex + 2 * i, 3, "%02x", entry->key.digest[i]);
        json_object_set_string_member(object, "sha256", hex);
        json_object_set_string_member(
            object, "read-as", entry->key.kind == VERDICT_CACHE_MESSAGE ? "message" : "content");
        json_object_set_string_member(object, "since", text);
        json_array_add_object_element(array, object);
    }
    return array;
}
