/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * os-snapshot.c - holding all writes of the process's instances while their files are copied.
 *
 *   prepare -> freeze -> thaw (-> end, when the snapshot goes on after the thaw)
 *
 * A thread of its own freezes the databases, since LMDB's writer lock belongs to a thread and the
 * calls may come from several; it thaws them when told to, or when JET_paramOSSnapshotTimeout is
 * over. Commits wait meanwhile; so do those of other processes. There is one snapshot at a time
 * in a process, as in the original, so it is process-wide state.
 *
 * Fails with JET_errOSSnapshotInvalidSequence, JET_errOSSnapshotInvalidSnapId,
 * JET_errOSSnapshotNotAllowed while a backup is running, JET_errOSSnapshotTimeOut,
 * JET_errOutOfThreads, JET_errOutOfMemory, and as store_freeze.
 */
#include "mailstore/ese/os-snapshot.h"

#include <stdlib.h>
#include <time.h>

#include "mailstore/ese/backup.h"
#include "mailstore/ese/database.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/handle.h"
#include "mailstore/ese/info-instance.h"
#include "mailstore/ese/result.h"

typedef enum {
    SNAPSHOT_PREPARED,
    SNAPSHOT_FREEZING,
    SNAPSHOT_FROZEN,
    SNAPSHOT_THAWING, /* told to thaw */
    SNAPSHOT_TIMED_OUT,
    SNAPSHOT_THAWED,
} SnapshotState;

typedef struct {
    Database *database;
    StoreFreeze *freeze;
} FrozenDatabase;

typedef struct {
    JET_INSTANCE handle;
    Instance *pinned; /* while frozen */
    unsigned n_databases;
    FrozenDatabase databases[INSTANCE_DATABASES_MAX];
} SnapshotMember;

typedef struct {
    JET_OSSNAPID id;
    JET_GRBIT grbit;
    SnapshotState state;
    bool awaited; /* a call waits for the thread and has let go of the lock: others keep off */
    pthread_t thread;
    JET_ERR freeze_error;
    uint64_t timeout_ms;
    SnapshotMember *members;
    uint32_t n_members;
} OsSnapshot;

static pthread_mutex_t snapshot_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t snapshot_changed = PTHREAD_COND_INITIALIZER;
static OsSnapshot *current;

/* --- Members: under the lock --------------------------------------------------------------- */

static SnapshotMember *snapshot_find(const OsSnapshot *snapshot, JET_INSTANCE instance)
{
    for (uint32_t i = 0; i < snapshot->n_members; i++)
        if (snapshot->members[i].handle == instance)
            return &snapshot->members[i];
    return NULL;
}

static JET_ERR snapshot_add_member(OsSnapshot *snapshot, JET_INSTANCE instance)
{
    if (snapshot_find(snapshot, instance))
        return JET_errSuccess;
    SnapshotMember *grown =
        fault_realloc(snapshot->members, (snapshot->n_members + 1) * sizeof(*grown));
    if (!grown)
        return JET_errOutOfMemory;
    snapshot->members = grown;
    grown[snapshot->n_members++] = (SnapshotMember){.handle = instance};
    return JET_errSuccess;
}

static JET_ERR add_if_running(Instance *instance, void *context)
{
    return instance->state == INSTANCE_RUNNING ? snapshot_add_member(context, instance->handle)
                                               : JET_errSuccess;
}

static void member_hold(SnapshotMember *member)
{
    Instance *instance = member->pinned;
    pthread_mutex_lock(&instance->lock);
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++)
        if (instance->databases[i]) {
            instance->databases[i]->n_holds++;
            member->databases[member->n_databases++].database = instance->databases[i];
        }
    pthread_mutex_unlock(&instance->lock);
}

static void member_let_go(SnapshotMember *member)
{
    if (!member->pinned)
        return;
    pthread_mutex_lock(&member->pinned->lock);
    for (unsigned i = 0; i < member->n_databases; i++)
        member->databases[i].database->n_holds--;
    pthread_mutex_unlock(&member->pinned->lock);
    member->n_databases = 0;
    instance_unpin(member->pinned);
    member->pinned = NULL;
}

static void members_let_go(OsSnapshot *snapshot)
{
    for (uint32_t i = 0; i < snapshot->n_members; i++)
        member_let_go(&snapshot->members[i]);
}

static JET_ERR members_hold(OsSnapshot *snapshot)
{
    for (uint32_t i = 0; i < snapshot->n_members; i++) {
        SnapshotMember *member = &snapshot->members[i];
        JET_ERR err = instance_pin(member->handle, &member->pinned);
        if (err >= 0)
            member_hold(member);
        if (err < 0 || backup_is_running(member->pinned)) {
            members_let_go(snapshot);
            return JET_errOSSnapshotNotAllowed;
        }
    }
    return JET_errSuccess;
}

/* --- The thread ------------------------------------------------------------------------------ */

static void members_thaw(OsSnapshot *snapshot)
{
    for (uint32_t i = 0; i < snapshot->n_members; i++)
        for (unsigned j = 0; j < snapshot->members[i].n_databases; j++) {
            FrozenDatabase *database = &snapshot->members[i].databases[j];
            database->freeze = store_thaw(database->freeze);
        }
}

static JET_ERR members_freeze(OsSnapshot *snapshot)
{
    JET_ERR err = JET_errSuccess;
    for (uint32_t i = 0; err >= 0 && i < snapshot->n_members; i++)
        for (unsigned j = 0; err >= 0 && j < snapshot->members[i].n_databases; j++) {
            FrozenDatabase *database = &snapshot->members[i].databases[j];
            err = store_freeze(database->database->store, &database->freeze);
        }
    return err;
}

static struct timespec deadline_after(uint64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += (time_t)(ms / 1000);
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* Members change only while prepared: the thread has them to itself. */
static void *snapshot_run(void *context)
{
    OsSnapshot *snapshot = context;
    JET_ERR err = members_freeze(snapshot);
    struct timespec deadline = deadline_after(snapshot->timeout_ms);
    pthread_mutex_lock(&snapshot_lock);
    snapshot->freeze_error = err;
    if (err >= 0) {
        snapshot->state = SNAPSHOT_FROZEN;
        pthread_cond_broadcast(&snapshot_changed);
        int rc = 0;
        while (snapshot->state == SNAPSHOT_FROZEN && rc == 0)
            rc = pthread_cond_timedwait(&snapshot_changed, &snapshot_lock, &deadline);
    }
    bool told = snapshot->state == SNAPSHOT_THAWING;
    pthread_mutex_unlock(&snapshot_lock);
    members_thaw(snapshot);
    pthread_mutex_lock(&snapshot_lock);
    snapshot->state = told ? SNAPSHOT_THAWED : SNAPSHOT_TIMED_OUT;
    pthread_cond_broadcast(&snapshot_changed);
    pthread_mutex_unlock(&snapshot_lock);
    return NULL;
}

/* --- Calls ------------------------------------------------------------------------------------ */

/* The lock is held when it succeeds. */
static JET_ERR snapshot_enter(JET_OSSNAPID id, OsSnapshot **ret)
{
    pthread_mutex_lock(&snapshot_lock);
    JET_ERR err = !current || current->id != id ? JET_errOSSnapshotInvalidSnapId
                  : current->awaited            ? JET_errOSSnapshotInvalidSequence
                                                : JET_errSuccess;
    if (err >= 0)
        *ret = current;
    else
        pthread_mutex_unlock(&snapshot_lock);
    return err;
}

static JET_ERR snapshot_leave(JET_ERR err)
{
    pthread_mutex_unlock(&snapshot_lock);
    return err;
}

static void snapshot_await_end_of(OsSnapshot *snapshot, SnapshotState state)
{
    snapshot->awaited = true;
    while (snapshot->state == state)
        pthread_cond_wait(&snapshot_changed, &snapshot_lock);
    snapshot->awaited = false;
}

/* Waits for the thread to have thawed, and for its end. JET_errOSSnapshotTimeOut: it did so by
 * itself before. */
static JET_ERR snapshot_stop_thread(OsSnapshot *snapshot)
{
    if (snapshot->state == SNAPSHOT_FROZEN) {
        snapshot->state = SNAPSHOT_THAWING;
        pthread_cond_broadcast(&snapshot_changed);
    }
    snapshot_await_end_of(snapshot, SNAPSHOT_THAWING);
    pthread_join(snapshot->thread, NULL); /* it does not need the lock any more */
    members_let_go(snapshot);
    return snapshot->state == SNAPSHOT_THAWED ? JET_errSuccess : JET_errOSSnapshotTimeOut;
}

static void snapshot_free(OsSnapshot *snapshot)
{
    current = NULL;
    handle_free(snapshot->id, HANDLE_SNAPSHOT);
    free(snapshot->members);
    free(snapshot);
}

JET_ERR os_snapshot_prepare(JET_GRBIT grbit, JET_OSSNAPID *ret)
{
    pthread_mutex_lock(&snapshot_lock);
    if (current)
        return snapshot_leave(JET_errOSSnapshotInvalidSequence);
    OsSnapshot *snapshot = fault_calloc(1, sizeof(*snapshot));
    if (!snapshot)
        return snapshot_leave(JET_errOutOfMemory);
    snapshot->grbit = grbit;
    JET_ERR err = handle_new(HANDLE_SNAPSHOT, snapshot, 0, &snapshot->id);
    if (err >= 0 && !(grbit & JET_bitExplicitPrepare))
        err = instance_for_each(add_if_running, snapshot);
    if (err < 0) {
        snapshot_free(snapshot);
        return snapshot_leave(err);
    }
    current = snapshot;
    *ret = snapshot->id;
    return snapshot_leave(JET_errSuccess);
}

JET_ERR os_snapshot_add(JET_OSSNAPID id, JET_INSTANCE handle)
{
    OsSnapshot *snapshot;
    Instance *instance;
    RETURN_IF_ERROR(snapshot_enter(id, &snapshot));
    if (snapshot->state != SNAPSHOT_PREPARED)
        return snapshot_leave(JET_errOSSnapshotInvalidSequence);
    JET_ERR err = instance_pin(handle, &instance);
    if (err >= 0) {
        err = snapshot_add_member(snapshot, instance->handle);
        instance_unpin(instance);
    }
    return snapshot_leave(err);
}

static bool is_member(const Instance *instance, void *context)
{
    return snapshot_find(context, instance->handle) != NULL;
}

static JET_ERR snapshot_start_thread(OsSnapshot *snapshot)
{
    JET_API_PTR timeout;
    RETURN_IF_ERROR(instance_get_parameter(0, JET_paramOSSnapshotTimeout, &timeout, NULL, 0));
    RETURN_IF_ERROR(members_hold(snapshot));
    snapshot->timeout_ms = timeout;
    snapshot->state = SNAPSHOT_FREEZING;
    if (pthread_create(&snapshot->thread, NULL, snapshot_run, snapshot) != 0) {
        members_let_go(snapshot);
        snapshot->state = SNAPSHOT_PREPARED;
        return JET_errOutOfThreads;
    }
    snapshot_await_end_of(snapshot, SNAPSHOT_FREEZING);
    return JET_errSuccess;
}

JET_ERR os_snapshot_freeze(JET_OSSNAPID id, bool wide, uint32_t *ret_count, JET_INSTANCE_INFO **ret)
{
    OsSnapshot *snapshot;
    JET_INSTANCE_INFO *infos = NULL;
    RETURN_IF_ERROR(snapshot_enter(id, &snapshot));
    if (snapshot->state != SNAPSHOT_PREPARED)
        return snapshot_leave(JET_errOSSnapshotInvalidSequence);
    JET_ERR err = info_instances(is_member, snapshot, wide, ret_count, &infos);
    if (err >= 0)
        err = snapshot_start_thread(snapshot);
    /* It may have failed, or be over already when the time is short. */
    if (err >= 0 && snapshot->freeze_error < 0) {
        err = snapshot->freeze_error;
        snapshot_stop_thread(snapshot);
        snapshot->state = SNAPSHOT_PREPARED;
    }
    if (err >= 0)
        *ret = infos;
    else
        free(infos);
    return snapshot_leave(err);
}

JET_ERR os_snapshot_info(JET_OSSNAPID id, bool wide, uint32_t *ret_count, JET_INSTANCE_INFO **ret)
{
    OsSnapshot *snapshot;
    RETURN_IF_ERROR(snapshot_enter(id, &snapshot));
    if (snapshot->state != SNAPSHOT_FROZEN)
        return snapshot_leave(JET_errOSSnapshotInvalidSequence);
    return snapshot_leave(info_instances(is_member, snapshot, wide, ret_count, ret));
}

JET_ERR os_snapshot_thaw(JET_OSSNAPID id)
{
    OsSnapshot *snapshot;
    RETURN_IF_ERROR(snapshot_enter(id, &snapshot));
    if (snapshot->state != SNAPSHOT_FROZEN && snapshot->state != SNAPSHOT_TIMED_OUT)
        return snapshot_leave(JET_errOSSnapshotInvalidSequence);
    JET_ERR err = snapshot_stop_thread(snapshot);
    if (err < 0 || !(snapshot->grbit & JET_bitContinueAfterThaw))
        snapshot_free(snapshot);
    return snapshot_leave(err);
}

JET_ERR os_snapshot_abort(JET_OSSNAPID id)
{
    OsSnapshot *snapshot;
    RETURN_IF_ERROR(snapshot_enter(id, &snapshot));
    if (snapshot->state == SNAPSHOT_FROZEN || snapshot->state == SNAPSHOT_TIMED_OUT)
        snapshot_stop_thread(snapshot);
    snapshot_free(snapshot);
    return snapshot_leave(JET_errSuccess);
}

JET_ERR os_snapshot_end(JET_OSSNAPID id)
{
    OsSnapshot *snapshot;
    RETURN_IF_ERROR(snapshot_enter(id, &snapshot));
    if (snapshot->state != SNAPSHOT_THAWED)
        return snapshot_leave(JET_errOSSnapshotInvalidSequence);
    snapshot_free(snapshot);
    return snapshot_leave(JET_errSuccess);
}

JET_ERR os_snapshot_truncate(JET_OSSNAPID id, const JET_INSTANCE *instance)
{
    OsSnapshot *snapshot;
    JET_ERR err = JET_errSuccess; /* there are no logs to truncate */
    RETURN_IF_ERROR(snapshot_enter(id, &snapshot));
    if (snapshot->state != SNAPSHOT_THAWED || (snapshot->grbit & JET_bitCopySnapshot))
        err = JET_errOSSnapshotInvalidSequence;
    else if (instance && !snapshot_find(snapshot, *instance))
        err = JET_errInvalidInstance;
    return snapshot_leave(err);
}
