/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lock-table.c - who holds a lock on which key, and which commit wrote it last.
 *
 * A hash table in shards, each with a mutex that is held for a few instructions only. Locks never
 * wait. Lock order: a shard's mutex may be held while a snapshot is taken (lock_escrow_add), never
 * two shards at once.
 *
 * Exclusive: one owner. Shared: a count of owners of one kind (read, use or escrow). Who owns what
 * is kept by the owners (lock-set.h).
 */
#include <assert.h>
#include <stdlib.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/lock-table.h"

enum {
    BUCKETS_FIRST = 64,
    FORGET_PER_CALL = 4 /* a release adds one at most, so the list cannot outgrow its use */
};

typedef struct EscrowRun {
    struct EscrowRun *next;
    EscrowField field;
    int64_t value; /* committed value + all deltas not yet committed */
} EscrowRun;

struct LockEntry {
    LockEntry *chain;
    uint64_t hash;
    uint64_t written, escrowed, used; /* last commit of each kind, 0: none known */
    uint64_t queued;                  /* the commit by which it got its place in the list */
    unsigned owners;
    LockKind kind;   /* not KEY_LOCK_INSERT; when there are owners */
    bool remembered; /* in the shard's list */
    LockEntry *newer;
    EscrowRun *escrow;
};

JET_ERR lock_table_init(LockTable *table)
{
    for (size_t i = 0; i < LOCK_SHARDS; i++) {
        LockShard *shard = &table->shards[i];

        *shard = (LockShard){.bucket_count = BUCKETS_FIRST};
        pthread_mutex_init(&shard->mutex, NULL);
        shard->buckets = fault_calloc(BUCKETS_FIRST, sizeof *shard->buckets);
        if (!shard->buckets) {
            for (size_t j = i + 1; j < LOCK_SHARDS; j++) {
                table->shards[j] = (LockShard){0};
                pthread_mutex_init(&table->shards[j].mutex, NULL);
            }
            shard->bucket_count = 0;
            lock_table_clear(table);
            return JET_errOutOfMemory;
        }
    }
    return JET_errSuccess;
}

static void escrow_free(LockEntry *entry)
{
    while (entry->escrow) {
        EscrowRun *run = entry->escrow;

        entry->escrow = run->next;
        free(run);
    }
}

void lock_table_clear(LockTable *table)
{
    for (size_t i = 0; i < LOCK_SHARDS; i++) {
        LockShard *shard = &table->shards[i];

        for (size_t bucket = 0; bucket < shard->bucket_count; bucket++)
            while (shard->buckets[bucket]) {
                LockEntry *entry = shard->buckets[bucket];

                shard->buckets[bucket] = entry->chain;
                escrow_free(entry);
                free(entry);
            }
        free(shard->buckets);
        pthread_mutex_destroy(&shard->mutex);
    }
}

/* --- Entries of a shard ----------------------------------------------------------- */

static LockShard *table_shard(LockTable *table, uint64_t hash)
{
    return &table->shards[hash >> 58]; /* 64 shards: the top six bits */
}

static LockEntry **shard_link(LockShard *shard, uint64_t hash)
{
    LockEntry **link = &shard->buckets[hash & (shard->bucket_count - 1)];

    while (*link && (*link)->hash != hash)
        link = &(*link)->chain;
    return link;
}

/* Doubles the buckets; without memory the chains grow instead. */
static void shard_grow(LockShard *shard)
{
    size_t count = shard->bucket_count * 2;
    LockEntry **buckets = fault_calloc(count, sizeof *buckets);

    if (!buckets)
        return;
    for (size_t i = 0; i < shard->bucket_count; i++)
        while (shard->buckets[i]) {
            LockEntry *entry = shard->buckets[i];

            shard->buckets[i] = entry->chain;
            entry->chain = buckets[entry->hash & (count - 1)];
            buckets[entry->hash & (count - 1)] = entry;
        }
    free(shard->buckets);
    shard->buckets = buckets;
    shard->bucket_count = count;
}

static LockEntry *shard_add(LockShard *shard, uint64_t hash)
{
    LockEntry *entry = fault_calloc(1, sizeof *entry);

    if (!entry)
        return NULL;
    if (shard->entry_count >= shard->bucket_count * 2)
        shard_grow(shard);
    LockEntry **bucket = &shard->buckets[hash & (shard->bucket_count - 1)];
    entry->hash = hash;
    entry->chain = *bucket;
    *bucket = entry;
    shard->entry_count++;
    return entry;
}

static void shard_remove(LockShard *shard, LockEntry *entry)
{
    LockEntry **link = shard_link(shard, entry->hash);

    assert(*link == entry && entry->owners == 0 && !entry->remembered);
    *link = entry->chain;
    shard->entry_count--;
    escrow_free(entry);
    free(entry);
}

static uint64_t entry_commit(const LockEntry *entry)
{
    uint64_t last = entry->written > entry->escrowed ? entry->written : entry->escrowed;
    return last > entry->used ? last : entry->used;
}

static void shard_remember(LockShard *shard, LockEntry *entry)
{
    entry->remembered = true;
    entry->queued = entry_commit(entry);
    entry->newer = NULL;
    if (shard->newest)
        shard->newest->newer = entry;
    else
        shard->oldest = entry;
    shard->newest = entry;
    shard->remembered++;
}

/* Takes the oldest remembered entry off the list, and away when nobody holds it; one that was
 * committed to again since goes to the end. */
static void shard_forget_oldest(LockShard *shard)
{
    LockEntry *entry = shard->oldest;

    shard->oldest = entry->newer;
    if (!shard->oldest)
        shard->newest = NULL;
    entry->newer = NULL;
    entry->remembered = false;
    shard->remembered--;
    if (entry->queued < entry_commit(entry))
        shard_remember(shard, entry);
    else if (entry->owners == 0)
        shard_remove(shard, entry);
}

static void shard_forget(LockShard *shard, uint64_t oldest_snapshot)
{
    for (int i = 0; i < FORGET_PER_CALL && shard->oldest; i++) {
        if (shard->oldest->queued > oldest_snapshot)
            break;
        shard_forget_oldest(shard);
    }
    while (shard->remembered > LOCK_REMEMBERED_MAX) {
        assert(shard->oldest);
        uint64_t commit = shard->oldest->queued;

        if (commit == entry_commit(shard->oldest) && commit > shard->forgotten)
            shard->forgotten = commit;
        shard_forget_oldest(shard);
    }
}

/* --- Taking and releasing ----------------------------------------------------------- */

static bool kind_is_shared(LockKind kind)
{
    return kind == KEY_LOCK_READ || kind == KEY_LOCK_USE || kind == KEY_LOCK_ESCROW;
}

/* Do the owners there are allow `kind`, of which one is the caller when it holds something? */
static bool owners_allow(const LockEntry *entry, LockKind kind, int held)
{
    if (!entry || entry->owners == 0)
        return true;
    if (kind_is_shared(kind) && entry->kind == kind)
        return true;
    return held != KEY_LOCK_NONE && entry->owners == 1;
}

static bool versions_allow(const LockShard *shard, const LockEntry *entry, LockKind kind,
                           uint64_t snapshot)
{
    if (entry &&
        (entry->written > snapshot || (entry->escrowed > snapshot && kind != KEY_LOCK_ESCROW) ||
         (entry->used > snapshot && kind == KEY_LOCK_WRITE)))
        return false;
    /* An entry that is there may have been forgotten and made again since. */
    return shard->forgotten <= snapshot;
}

JET_ERR lock_take(LockTable *table, uint64_t hash, LockKind kind, int held, uint64_t snapshot,
                  int *ret_held)
{
    if (held == KEY_LOCK_WRITE || held == (int)kind) {
        *ret_held = held;
        return JET_errSuccess;
    }

    LockShard *shard = table_shard(table, hash);
    JET_ERR error = JET_errSuccess;
    pthread_mutex_lock(&shard->mutex);
    LockEntry *entry = *shard_link(shard, hash);
    /* Read and escrow locks of one owner add up to a write lock. */
    LockKind wanted = held == KEY_LOCK_NONE && kind_is_shared(kind) ? kind : KEY_LOCK_WRITE;

    if (!owners_allow(entry, wanted, held) || !versions_allow(shard, entry, wanted, snapshot)) {
        error = kind == KEY_LOCK_INSERT ? JET_errKeyDuplicate : JET_errWriteConflict;
    } else if (!entry && !(entry = shard_add(shard, hash))) {
        error = JET_errOutOfMemory;
    } else {
        if (held == KEY_LOCK_NONE)
            entry->owners++;
        entry->kind = wanted;
        if (wanted != KEY_LOCK_ESCROW)
            escrow_free(entry);
        *ret_held = (int)wanted;
    }
    pthread_mutex_unlock(&shard->mutex);
    return error;
}

JET_ERR lock_probe(LockTable *table, uint64_t hash, int held, uint64_t snapshot)
{
    LockShard *shard = table_shard(table, hash);

    pthread_mutex_lock(&shard->mutex);
    const LockEntry *entry = *shard_link(shard, hash);
    bool allowed =
        held == KEY_LOCK_WRITE || (owners_allow(entry, KEY_LOCK_WRITE, held) &&
                                   versions_allow(shard, entry, KEY_LOCK_WRITE, snapshot));
    pthread_mutex_unlock(&shard->mutex);
    return allowed ? JET_errSuccess : JET_errWriteConflict;
}

void lock_release(LockTable *table, uint64_t hash, LockKind held, uint64_t commit, uint64_t oldest)
{
    LockShard *shard = table_shard(table, hash);

    pthread_mutex_lock(&shard->mutex);
    LockEntry *entry = *shard_link(shard, hash);
    assert(entry && entry->owners > 0 && entry->kind == held);
    entry->owners--;
    if (held == KEY_LOCK_WRITE && commit > entry->written)
        entry->written = commit;
    if (held == KEY_LOCK_ESCROW && commit > entry->escrowed)
        entry->escrowed = commit;
    if (held == KEY_LOCK_USE && commit > entry->used)
        entry->used = commit;
    if (entry->owners == 0)
        escrow_free(entry);
    if (!entry->remembered && entry_commit(entry) > oldest)
        shard_remember(shard, entry);
    else if (!entry->remembered && entry->owners == 0)
        shard_remove(shard, entry);
    shard_forget(shard, oldest);
    pthread_mutex_unlock(&shard->mutex);
}

/* --- Escrow --------------------------------------------------------------------- */

static EscrowRun *escrow_find(const LockEntry *entry, EscrowField field)
{
    EscrowRun *run = entry ? entry->escrow : NULL;

    while (run && (run->field.offset != field.offset || run->field.size != field.size))
        run = run->next;
    return run;
}

static JET_ERR escrow_start(LockEntry *entry, EscrowField field, LockEscrowRead read, void *context,
                            EscrowRun **ret)
{
    EscrowRun *run = fault_calloc(1, sizeof *run);
    JET_ERR error = run ? read(context, &run->value) : JET_errOutOfMemory;

    if (error != JET_errSuccess) {
        free(run);
        return error;
    }
    run->field = field;
    run->next = entry->escrow;
    entry->escrow = run;
    *ret = run;
    return JET_errSuccess;
}

JET_ERR lock_escrow_add(LockTable *table, uint64_t hash, EscrowField field, int64_t delta,
                        LockEscrowRead read, void *context, int64_t *ret_old)
{
    LockShard *shard = table_shard(table, hash);
    JET_ERR error = JET_errSuccess;

    pthread_mutex_lock(&shard->mutex);
    LockEntry *entry = *shard_link(shard, hash);
    assert(entry && entry->owners > 0 && entry->kind == KEY_LOCK_ESCROW);
    EscrowRun *run = escrow_find(entry, field);
    if (!run)
        error = escrow_start(entry, field, read, context, &run);
    if (error == JET_errSuccess) {
        *ret_old = run->value;
        /* Integers wrap, as they do in ESE. */
        run->value = (int64_t)((uint64_t)run->value + (uint64_t)delta);
    }
    pthread_mutex_unlock(&shard->mutex);
    return error;
}

void lock_escrow_undo(LockTable *table, uint64_t hash, EscrowField field, int64_t delta)
{
    LockShard *shard = table_shard(table, hash);

    pthread_mutex_lock(&shard->mutex);
    EscrowRun *run = escrow_find(*shard_link(shard, hash), field);
    if (run)
        run->value = (int64_t)((uint64_t)run->value - (uint64_t)delta);
    pthread_mutex_unlock(&shard->mutex);
}
