/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * durable.c - which commits of an instance survive a power loss, and telling the program.
 *
 * A thread, begun with the first commit that needs it, syncs when a commit's time has come and
 * calls the program's function with the highest commit id below which nothing is open. It alone
 * calls it, so ids come in order.
 *
 * Lock order: the instance's, then ours. A database is synced without either; `syncing` keeps it
 * from being closed meanwhile.
 *
 * When no thread can be begun or memory is short, commits are not waited for: they become durable
 * with the next one that is, or at the end. When a sync fails, the function is called with
 * JET_bitDurableCommitCallbackLogUnavailable and nothing more becomes durable.
 */
#include "mailstore/ese/durable.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mailstore/ese/database.h"
#include "mailstore/ese/fault.h"

#define NO_DEADLINE UINT64_MAX

void durable_init(Durable *durable)
{
    pthread_condattr_t monotonic;
    *durable = (Durable){.deadline_ms = NO_DEADLINE};
    pthread_mutex_init(&durable->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&durable->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void durable_clear(Durable *durable)
{
    pthread_cond_destroy(&durable->changed);
    pthread_mutex_destroy(&durable->lock);
    free(durable->pending);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- The thread -------------------------------------------------------------------- */

/* The database of the slot, which stays until sync_end; NULL: there is none. */
static Database *sync_begin(Instance *instance, unsigned slot)
{
    Durable *durable = &instance->durable;
    pthread_mutex_lock(&instance->lock);
    Database *database = instance->databases[slot];
    pthread_mutex_lock(&durable->lock);
    if (database)
        durable->syncing = slot;
    pthread_mutex_unlock(&durable->lock);
    pthread_mutex_unlock(&instance->lock);
    return database;
}

static void sync_end(Durable *durable)
{
    pthread_mutex_lock(&durable->lock);
    durable->syncing = 0;
    pthread_cond_broadcast(&durable->changed);
    pthread_mutex_unlock(&durable->lock);
}

/* How far each database is durable, after a sync if one is due. False when a sync failed. */
static bool durable_levels(Instance *instance, bool sync, uint64_t levels[DURABLE_SLOTS])
{
    bool fine = true;
    for (unsigned slot = 1; slot < DURABLE_SLOTS; slot++) {
        Database *database = sync_begin(instance, slot);
        levels[slot] = 0;
        if (!database)
            continue;
        if (sync && !database->read_only && store_sync(database->store) < 0)
            fine = false;
        levels[slot] = store_durable(database->store);
        sync_end(&instance->durable);
    }
    return fine;
}

static bool commit_is_durable(const DurableCommit *commit, const uint64_t levels[DURABLE_SLOTS])
{
    for (unsigned slot = 1; slot < DURABLE_SLOTS; slot++)
        if (commit->commits[slot] > levels[slot])
            return false;
    return true;
}

/* Takes off the list what is durable; returns the last id, 0: none. Under the lock. */
static int64_t pending_take(Durable *durable, const uint64_t levels[DURABLE_SLOTS])
{
    size_t n = 0;
    while (n < durable->n_pending && commit_is_durable(&durable->pending[n], levels))
        n++;
    if (n == 0)
        return 0;
    int64_t id = durable->pending[n - 1].id;
    durable->n_pending -= n;
    memmove(durable->pending, durable->pending + n, durable->n_pending * sizeof(DurableCommit));
    return id;
}

static void tell(Instance *instance, int64_t id, JET_GRBIT grbit)
{
    JET_COMMIT_ID seen = {.signLog = instance->signature, .commitId = id};
    if (instance->durable.callback)
        instance->durable.callback(instance->handle, &seen, grbit);
}

static void durable_work(Instance *instance, bool sync)
{
    Durable *durable = &instance->durable;
    uint64_t levels[DURABLE_SLOTS];
    bool fine = durable_levels(instance, sync, levels);
    pthread_mutex_lock(&durable->lock);
    int64_t id = pending_take(durable, levels);
    pthread_mutex_unlock(&durable->lock);
    if (id > 0)
        tell(instance, id, 0);
    if (!fine)
        tell(instance, 0, JET_bitDurableCommitCallbackLogUnavailable);
}

static void *durable_run(void *context)
{
    Instance *instance = context;
    Durable *durable = &instance->durable;
    int64_t looked_at = 0;
    pthread_mutex_lock(&durable->lock);
    while (!durable->stop) {
        bool sync = durable->deadline_ms <= now_ms();
        /* Every commit is a reason to look: it may have made others durable. */
        if (sync || durable->last_id != looked_at) {
            looked_at = durable->last_id;
            if (sync)
                durable->deadline_ms = NO_DEADLINE;
            pthread_mutex_unlock(&durable->lock);
            durable_work(instance, sync);
            pthread_mutex_lock(&durable->lock);
            continue;
        }
        if (durable->deadline_ms == NO_DEADLINE) {
            pthread_cond_wait(&durable->changed, &durable->lock);
        } else {
            struct timespec at = {.tv_sec = (time_t)(durable->deadline_ms / 1000),
                                  .tv_nsec = (long)(durable->deadline_ms % 1000) * 1000000};
            pthread_cond_timedwait(&durable->changed, &durable->lock, &at);
        }
    }
    pthread_mutex_unlock(&durable->lock);
    return NULL;
}

/* --- Calls --------------------------------------------------------------------------- */

/* Under the lock. False: out of memory, or there is no thread. */
static bool pending_add(Instance *instance, const DurableCommit *commit)
{
    Durable *durable = &instance->durable;
    if (!durable->running)
        durable->running = pthread_create(&durable->thread, NULL, durable_run, instance) == 0;
    if (!durable->running)
        return false;
    if (durable->n_pending == durable->room) {
        size_t room = durable->room ? 2 * durable->room : 64;
        DurableCommit *grown = fault_realloc(durable->pending, room * sizeof(*grown));
        if (!grown)
            return false;
        durable->pending = grown;
        durable->room = room;
    }
    durable->pending[durable->n_pending++] = *commit;
    return true;
}

int64_t durable_commit(Instance *instance, DurableCommit *commit, uint32_t delay_ms)
{
    Durable *durable = &instance->durable;
    if (!durable->callback && delay_ms == UINT32_MAX)
        return atomic_fetch_add(&durable->last_id, 1) + 1;
    pthread_mutex_lock(&durable->lock);
    commit->id = atomic_fetch_add(&durable->last_id, 1) + 1;
    if (pending_add(instance, commit)) {
        uint64_t deadline = now_ms() + (delay_ms < UINT32_MAX ? delay_ms : DURABLE_LAZY_MS);
        if (deadline < durable->deadline_ms)
            durable->deadline_ms = deadline;
        pthread_cond_broadcast(&durable->changed);
    }
    pthread_mutex_unlock(&durable->lock);
    return commit->id;
}

void durable_forget(Durable *durable, unsigned slot, bool synced)
{
    pthread_mutex_lock(&durable->lock);
    while (durable->syncing == slot)
        pthread_cond_wait(&durable->changed, &durable->lock);
    for (size_t i = 0; i < durable->n_pending; i++)
        if (durable->pending[i].commits[slot] != 0)
            durable->pending[i].commits[slot] = synced ? 0 : UINT64_MAX;
    pthread_mutex_unlock(&durable->lock);
}

void durable_stop(Instance *instance)
{
    Durable *durable = &instance->durable;
    pthread_mutex_lock(&durable->lock);
    bool running = durable->running;
    durable->stop = true;
    pthread_cond_broadcast(&durable->changed);
    pthread_mutex_unlock(&durable->lock);
    if (!running)
        return;
    pthread_join(durable->thread, NULL);
    durable_work(instance, true);
}
