/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict-cache.c - the shared table: sets of eight entries, found by the first bytes of the
 * digest. In a full set the entry is replaced that is cheapest to compute again, or was not used
 * for longest.
 *
 * Cannot fail once mapped: what is not found is scanned. Entries are copied word by word with
 * relaxed atomics. A checksum decides whether a copy is consistent; it has 64 bits and a random
 * seed, so that nobody can construct a content that fits.
 *
 * Known limit: a worker that was taken over can enter wrong verdicts, as it can give wrong answers.
 */
#include "scanner/common/verdict-cache.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/common/condemned.h"
#include "scanner/common/content-sum.h"

typedef struct {
    VerdictKey key;
    Verdict verdict;
    guint64 list_at; /* counted in words of all lists ever written: see lists_end */
    guint64 list_sum;
    guint64 list_size; /* in bytes */
} Record;

enum {
    RECORD_WORDS = sizeof(Record) / sizeof(guint64),
    USES_PER_MICROSECOND = 32
};

G_STATIC_ASSERT(sizeof(Record) % sizeof(guint64) == 0);
G_STATIC_ASSERT(offsetof(Record, key.digest) == 0);

typedef struct {
    _Atomic guint64 sum;
    _Atomic guint64 used; /* the smallest is replaced first: see entry_touch() */
    _Atomic guint64 words[RECORD_WORDS];
} Entry;

struct VerdictCache {
    guint64 seed; /* random for each run, as the keys */
    guint8 sum_keys[CONTENT_SUM_KEYS_SIZE];
    guint32 sets;
    guint32 reserved;
    gsize size;
    _Atomic guint64 clock;
    _Atomic guint64 ring_end;
    _Atomic guint32 ring[VERDICT_CACHE_RING]; /* indices of entries */
    _Atomic gboolean
        is_wary; /* a content killed a worker: every digest is computed before the scan */
    _Atomic guint64 sizes[VERDICT_CACHE_SIZES /
                          64]; /* bits, by size: contents that have a verdict but no mark */
    guint64 list_words;        /* room for lists */
    _Atomic guint64 lists_end; /* all words written or reserved so far; older ones than there is
                                  room for are overwritten */
    Entry entries[];           /* followed by the lists and then the marks */
};

static gsize lists_size(guint entries)
{
    return MAX((gsize)entries * VERDICT_CACHE_LIST_MEAN, VERDICT_CACHE_LISTS_LEAST);
}

static gboolean take_random(void *ret, gsize size)
{
    return getrandom(ret, size, 0) == (ssize_t)size;
}

int verdict_cache_create(guint entries)
{
    guint sets = MAX(entries / VERDICT_CACHE_WAYS, 1);
    gsize size = sizeof(VerdictCache) + (gsize)sets * VERDICT_CACHE_WAYS * sizeof(Entry) +
                 lists_size(entries) +
                 (gsize)sets * VERDICT_CACHE_WAYS * VERDICT_CACHE_MARKS * sizeof(guint64);
    int fd = memfd_create("storehook-verdicts", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    guint8 sum_keys[CONTENT_SUM_KEYS_SIZE];
    VerdictCache *cache;
    guint64 seed;

    if (fd < 0)
        return -1;
    cache = ftruncate(fd, (off_t)size) < 0 || !take_random(&seed, sizeof(seed)) ||
                    !take_random(sum_keys, sizeof(sum_keys))
                ? MAP_FAILED
                : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (cache == MAP_FAILED) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    cache->sets = sets;
    cache->size = size;
    cache->list_words = lists_size(entries) / sizeof(guint64);
    cache->seed = seed;
    memcpy(cache->sum_keys, sum_keys, sizeof(sum_keys));
    munmap(cache, size);
    return fd;
}

VerdictCache *verdict_cache_map(int fd)
{
    struct stat status;
    void *memory;

    if (fstat(fd, &status) < 0)
        return NULL;
    memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

VerdictCache *verdict_cache_unmap(VerdictCache *cache)
{
    if (cache)
        munmap(cache, cache->size);
    return NULL;
}

void verdict_key_init(VerdictKey *key, const guint8 digest[STOREHOOK_DIGEST_SIZE],
                      const char *version, VerdictCacheKind kind)
{
    memset(key, 0, sizeof(*key));
    memcpy(key->digest, digest, STOREHOOK_DIGEST_SIZE);
    g_strlcpy(key->version, version, sizeof(key->version));
    key->kind = (guint32)kind;
}

static guint64 words_sum(guint64 seed, const guint64 *words, gsize count)
{
    guint64 sum = seed;

    for (gsize i = 0; i < count; i++) {
        sum = (sum ^ words[i]) * 0x9e3779b97f4a7c15ULL; /* 2^64 / golden ratio, odd */
        sum ^= sum >> 29;
    }
    return sum | 1; /* 0 means an empty entry */
}

static gboolean entry_read(const VerdictCache *cache, Entry *entry, Record *ret)
{
    guint64 words[RECORD_WORDS];
    guint64 sum = atomic_load_explicit(&entry->sum, memory_order_acquire);

    if (sum == 0)
        return FALSE;
    for (gsize i = 0; i < RECORD_WORDS; i++)
        words[i] = atomic_load_explicit(&entry->words[i], memory_order_relaxed);
    if (words_sum(cache->seed, words, RECORD_WORDS) != sum)
        return FALSE;
    memcpy(ret, words, sizeof(*ret));
    return (guint)ret->verdict.kind < STOREHOOK_VERDICTS;
}

/* A cheap test before entry_read(), which must compute the whole checksum. */
static gboolean entry_may_be(Entry *entry, const VerdictKey *key)
{
    guint64 start;

    memcpy(&start, key->digest, sizeof(start));
    return atomic_load_explicit(&entry->words[0], memory_order_relaxed) == start;
}

static Entry *set_of(VerdictCache *cache, const VerdictKey *key)
{
    guint64 start;

    memcpy(&start, key->digest, sizeof(start));
    return &cache->entries[(start % cache->sets) * VERDICT_CACHE_WAYS];
}

static guint64 clock_next(VerdictCache *cache)
{
    return atomic_fetch_add_explicit(&cache->clock, 1, memory_order_relaxed) + 1;
}

/* --- Lists ------------------------------------------------------------------------ */

static _Atomic guint64 *list_word(VerdictCache *cache, guint64 at)
{
    _Atomic guint64 *lists =
        (_Atomic guint64 *)(cache->entries + (gsize)cache->sets * VERDICT_CACHE_WAYS);

    return &lists[at % cache->list_words];
}

/* The place of a list is part of its checksum, so that older bytes there do not match. */
static guint64 list_seed(const VerdictCache *cache, guint64 at)
{
    return cache->seed ^ (at * 0x9e3779b97f4a7c15ULL);
}

/* FALSE when the list is too long, or there is no memory for a copy. */
static gboolean list_write(VerdictCache *cache, GBytes *list, Record *record)
{
    gsize size = list ? g_bytes_get_size(list) : 0;
    gsize count = (size + sizeof(guint64) - 1) / sizeof(guint64);
    g_autofree guint64 *words = NULL;

    record->list_size = size;
    if (size == 0)
        return TRUE;
    if (count > cache->list_words / 4)
        return FALSE;
    words = g_try_new0(guint64, count);
    if (!words)
        return FALSE;
    memcpy(words, g_bytes_get_data(list, NULL), size);
    record->list_at = atomic_fetch_add_explicit(&cache->lists_end, count, memory_order_acq_rel);
    record->list_sum = words_sum(list_seed(cache, record->list_at), words, count);
    for (gsize i = 0; i < count; i++)
        atomic_store_explicit(list_word(cache, record->list_at + i), words[i],
                              memory_order_relaxed);
    return TRUE;
}

static gboolean list_read(VerdictCache *cache, const Record *record, GBytes **ret)
{
    gsize count = (record->list_size + sizeof(guint64) - 1) / sizeof(guint64);
    g_autofree guint64 *words = NULL;

    *ret = NULL;
    if (record->list_size == 0)
        return TRUE;
    if (count > cache->list_words / 4 ||
        atomic_load_explicit(&cache->lists_end, memory_order_acquire) - record->list_at >
            cache->list_words)
        return FALSE;
    words = g_try_new(guint64, count);
    if (!words)
        return FALSE;
    for (gsize i = 0; i < count; i++)
        words[i] =
            atomic_load_explicit(list_word(cache, record->list_at + i), memory_order_relaxed);
    if (words_sum(list_seed(cache, record->list_at), words, count) != record->list_sum)
        return FALSE;
    *ret = g_bytes_new_take(g_steal_pointer(&words), record->list_size);
    return TRUE;
}

const guint8 *verdict_cache_sum_keys(const VerdictCache *cache)
{
    return cache->sum_keys;
}

/* --- Marks ------------------------------------------------------------------------ */

static _Atomic guint64 *mark_set(const VerdictCache *cache, guint64 mark)
{
    gsize entries = (gsize)cache->sets * VERDICT_CACHE_WAYS;
    _Atomic guint64 *marks =
        (_Atomic guint64 *)(uintptr_t)(cache->entries + entries) + cache->list_words;

    return marks + mark % (entries * VERDICT_CACHE_MARKS / VERDICT_CACHE_WAYS) * VERDICT_CACHE_WAYS;
}

G_STATIC_ASSERT(VERDICT_CACHE_SIZES == 1 << 16);

static gsize size_bit(guint64 size)
{
    return size * 0x9e3779b97f4a7c15ULL >> 48;
}

static void size_note(VerdictCache *cache, guint64 size)
{
    gsize bit = size_bit(size);

    atomic_fetch_or_explicit(&cache->sizes[bit / 64], (guint64)1 << bit % 64, memory_order_relaxed);
}

gboolean verdict_cache_may_know(const VerdictCache *cache, guint64 mark, gsize size)
{
    _Atomic guint64 *set = mark_set(cache, mark);
    gsize bit = size_bit(size);

    if (cache->is_wary || (cache->sizes[bit / 64] >> bit % 64 & 1))
        return TRUE;
    for (gsize i = 0; i < VERDICT_CACHE_WAYS; i++)
        if (atomic_load_explicit(&set[i], memory_order_relaxed) == mark)
            return TRUE;
    return FALSE;
}

/* In a full set any mark is replaced. */
void verdict_cache_note(VerdictCache *cache, guint64 mark)
{
    _Atomic guint64 *set = mark_set(cache, mark), *place = NULL;

    for (gsize i = 0; i < VERDICT_CACHE_WAYS; i++) {
        guint64 there = atomic_load_explicit(&set[i], memory_order_relaxed);

        if (there == mark)
            return;
        if (there == 0 && !place)
            place = &set[i];
    }
    if (!place)
        place = &set[clock_next(cache) % VERDICT_CACHE_WAYS];
    atomic_store_explicit(place, mark, memory_order_release);
}

/* --- Entries ---------------------------------------------------------------------- */

/* Sets when the entry was last used, on a clock that counts uses, plus a bonus for what the scan
 * cost: 2 ms are worth as many uses as a table of the default size has entries. */
static void entry_touch(VerdictCache *cache, Entry *entry, const Verdict *verdict)
{
    guint64 bonus = MIN(verdict->cost, VERDICT_COST_MAX) * USES_PER_MICROSECOND;

    atomic_store_explicit(&entry->used, clock_next(cache) + bonus, memory_order_relaxed);
}

gboolean verdict_cache_find(VerdictCache *cache, const VerdictKey *key, Verdict *ret,
                            GBytes **ret_list)
{
    Entry *set = set_of(cache, key);

    for (gsize i = 0; i < VERDICT_CACHE_WAYS; i++) {
        Record record;

        if (entry_may_be(&set[i], key) && entry_read(cache, &set[i], &record) &&
            memcmp(&record.key, key, sizeof(*key)) == 0) {
            g_autoptr(GBytes) list = NULL;

            if (!list_read(cache, &record, &list))
                return FALSE;
            if (ret_list)
                *ret_list = g_steal_pointer(&list);
            entry_touch(cache, &set[i], &record.verdict);
            *ret = record.verdict;
            return TRUE;
        }
    }
    return FALSE;
}

/* The entry of this key, or a free one, or the one to be replaced. */
static Entry *set_choose(VerdictCache *cache, Entry *set, const VerdictKey *key)
{
    Entry *oldest = &set[0];

    for (gsize i = 0; i < VERDICT_CACHE_WAYS; i++) {
        Record record;

        if (entry_may_be(&set[i], key) && entry_read(cache, &set[i], &record) &&
            memcmp(&record.key, key, sizeof(*key)) == 0)
            return &set[i];
        if (atomic_load_explicit(&set[i].used, memory_order_relaxed) <
            atomic_load_explicit(&oldest->used, memory_order_relaxed))
            oldest = &set[i];
    }
    return oldest;
}

void verdict_cache_add(VerdictCache *cache, const VerdictKey *key, const Verdict *verdict,
                       GBytes *list, gboolean is_new)
{
    Entry *entry;
    guint64 words[RECORD_WORDS];
    Record record;
    guint64 place;

    memset(&record, 0, sizeof(record));
    record.key = *key;
    record.verdict.kind = verdict->kind;
    record.verdict.type_is_sure = verdict->type_is_sure;
    record.verdict.size = verdict->size;
    record.verdict.cost = verdict->cost;
    /* No plain copy: what is behind the end of a text would change the checksum. */
    g_strlcpy(record.verdict.name, verdict->name, sizeof(record.verdict.name));
    g_strlcpy(record.verdict.type, verdict->type, sizeof(record.verdict.type));
    if (!list_write(cache, list, &record))
        return;
    if (verdict->kind == STOREHOOK_VERDICT_NOT_SCANNED || condemned_is(verdict))
        cache->is_wary = TRUE;
    if (!is_new)
        size_note(cache, verdict->size);
    entry = set_choose(cache, set_of(cache, key), key);
    memcpy(words, &record, sizeof(words));
    atomic_store_explicit(&entry->sum, 0, memory_order_release);
    for (gsize i = 0; i < RECORD_WORDS; i++)
        atomic_store_explicit(&entry->words[i], words[i], memory_order_relaxed);
    entry_touch(cache, entry, verdict);
    atomic_store_explicit(&entry->sum, words_sum(cache->seed, words, RECORD_WORDS),
                          memory_order_release);
    if (!is_new || key->kind >= VERDICT_CACHE_SUMS ||
        (verdict->cost > 0 && verdict->cost < VERDICT_CACHE_KEPT_COST))
        return;
    place = atomic_fetch_add_explicit(&cache->ring_end, 1, memory_order_relaxed);
    atomic_store_explicit(&cache->ring[place % VERDICT_CACHE_RING],
                          (guint32)(entry - cache->entries) + 1, memory_order_release);
}

void verdict_cache_remove(VerdictCache *cache, const VerdictKey *key)
{
    Entry *set = set_of(cache, key);

    for (gsize i = 0; i < VERDICT_CACHE_WAYS; i++) {
        Record record;

        if (entry_may_be(&set[i], key) && entry_read(cache, &set[i], &record) &&
            memcmp(&record.key, key, sizeof(*key)) == 0)
            atomic_store_explicit(&set[i].sum, 0, memory_order_release);
    }
}

gboolean verdict_cache_next_new(VerdictCache *cache, guint64 *position, VerdictKey *ret_key,
                                Verdict *ret_verdict, GBytes **ret_list)
{
    guint64 end = atomic_load_explicit(&cache->ring_end, memory_order_acquire);

    if (end - *position > VERDICT_CACHE_RING)
        *position = end - VERDICT_CACHE_RING;
    while (*position < end) {
        guint32 index = atomic_load_explicit(&cache->ring[*position % VERDICT_CACHE_RING],
                                             memory_order_acquire);
        Record record;

        (*position)++;
        if (index == 0 || index > cache->sets * VERDICT_CACHE_WAYS ||
            !entry_read(cache, &cache->entries[index - 1], &record) ||
            !list_read(cache, &record, ret_list))
            continue;
        *ret_key = record.key;
        *ret_verdict = record.verdict;
        return TRUE;
    }
    return FALSE;
}

gboolean verdict_cache_has_new(const VerdictCache *cache, guint64 position)
{
    return atomic_load_explicit(&cache->ring_end, memory_order_acquire) > position;
}
