/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * instance.c - creating, starting and ending instances, and their parameters.
 *
 * The list of instances and the process-wide parameters are global, as the API has them. Ending an
 * instance with a transaction open fails with JET_errTooManyActiveUsers unless it is abrupt;
 * sessions without one are ended with it, as the original does. A call still running in another
 * thread is waited for, at most TERM_WAIT_MS. A backup or snapshot under way is
 * JET_errBackupInProgress unless it may be stopped.
 */
#include "mailstore/ese/instance.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mailstore/ese/backup.h"
#include "mailstore/ese/database.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/handle.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/session.h"
#include "mailstore/ese/signature.h"

enum {
    TERM_WAIT_MS = 5000,
    /* A version page of the original holds before-images of 64 KB; here the new values count, long
     * ones included, so a page is charged as this much. */
    VERSION_PAGE_BYTES = 1024 * 1024,
    /* What a row may not use of the page size the program asked for. */
    RECORD_PAGE_OVERHEAD = 82,
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static Instance *instances;
static ParameterSet process_parameters;
static bool process_parameters_ready;

/* Under the registry's lock, as all static functions here unless they say otherwise. */
static ParameterSet *process_set(void)
{
    if (!process_parameters_ready) {
        parameter_set_init(&process_parameters);
        process_parameters_ready = true;
    }
    return &process_parameters;
}

static bool handle_is_none(JET_INSTANCE handle)
{
    return handle == 0 || handle == JET_instanceNil;
}

static Instance *instance_find(JET_INSTANCE handle)
{
    if (handle_is_none(handle))
        return instances && !instances->next ? instances : NULL;
    Instance *found = handle_peek(handle, HANDLE_INSTANCE);
    for (Instance *instance = instances; instance; instance = instance->next)
        if (instance == found)
            return instance;
    return NULL;
}

static void instance_free(Instance *instance)
{
    handle_free(instance->handle, HANDLE_INSTANCE);
    parameter_set_clear(&instance->parameters);
    pthread_mutex_destroy(&instance->lock);
    pthread_mutex_destroy(&instance->backup_lock);
    durable_clear(&instance->durable);
    free(instance->name);
    free(instance->display_name);
    free(instance);
}

static void instance_unlink(Instance *instance)
{
    for (Instance **at = &instances; *at; at = &(*at)->next)
        if (*at == instance) {
            *at = instance->next;
            return;
        }
}

static JET_ERR instance_check_name(const char *name)
{
    uint32_t count = 0;
    for (Instance *instance = instances; instance; instance = instance->next) {
        count++;
        if (name && instance->name && strcmp(name, instance->name) == 0)
            return JET_errInstanceNameInUse;
    }
    return count >= process_set()->values[JET_paramMaxInstances] ? JET_errTooManyInstances
                                                                 : JET_errSuccess;
}

static JET_ERR instance_new(const char *name, const char *display_name, Instance **ret)
{
    RETURN_IF_ERROR(instance_check_name(name));
    Instance *instance = fault_calloc(1, sizeof(*instance));
    if (!instance)
        return JET_errOutOfMemory;
    pthread_mutex_init(&instance->lock, NULL);
    pthread_mutex_init(&instance->backup_lock, NULL);
    durable_init(&instance->durable);
    instance->name = name ? fault_strdup(name) : NULL;
    instance->display_name = display_name ? fault_strdup(display_name) : NULL;
    JET_ERR err = (name && !instance->name) || (display_name && !instance->display_name)
                      ? JET_errOutOfMemory
                      : parameter_set_copy(&instance->parameters, process_set());
    if (err >= 0)
        err = handle_new(HANDLE_INSTANCE, instance, 0, &instance->handle);
    if (err < 0) {
        instance_free(instance);
        return err;
    }
    instance->next = instances;
    instances = instance;
    *ret = instance;
    return JET_errSuccess;
}

JET_ERR instance_create(const char *name, const char *display_name, JET_INSTANCE *ret)
{
    Instance *instance;
    if (!ret)
        return JET_errInvalidParameter;
    pthread_mutex_lock(&registry_lock);
    JET_ERR err = instance_new(name, display_name, &instance);
    if (err >= 0)
        *ret = instance->handle;
    pthread_mutex_unlock(&registry_lock);
    return err;
}

/* JET_paramTempPath without the name of the file, which is never made. */
static void instance_take_temporary_directory(Instance *instance)
{
    const char *path = instance->parameters.strings[JET_paramTempPath];
    const char *end = path ? strrchr(path, '/') : NULL;
    char *directory = instance->temporary_directory;
    memcpy(directory, "./", sizeof("./"));
    if (end && (size_t)(end - path) < TEMPORARY_PATH_MAX) {
        memcpy(directory, path, (size_t)(end - path) + 1);
        directory[end - path + 1] = 0;
    }
}

/* Those that are read while the instance runs. */
static void instance_copy_parameters(Instance *instance)
{
    const JET_API_PTR *values = instance->parameters.values;
    atomic_store(&instance->commit_default, (uint32_t)values[JET_paramCommitDefault]);
    atomic_store(&instance->checks_pages, values[JET_paramEnableDBScanInRecovery] != 0);
    atomic_store(&instance->snapshot_age_max, (uint32_t)values[PARAMETER_SNAPSHOT_AGE_MAX]);
}

static void instance_run(Instance *instance)
{
    const JET_API_PTR *values = instance->parameters.values;
    instance_take_temporary_directory(instance);
    instance->temporaries_max = (uint32_t)values[JET_paramMaxTemporaryTables];
    instance->versions_temporaries = values[JET_paramEnableTempTableVersioning] != 0;
    instance_copy_parameters(instance);
    instance->sessions_max = (uint32_t)values[JET_paramMaxSessions];
    instance->cursors_max = (uint32_t)values[JET_paramMaxCursors];
    instance->txn_bytes_max = (size_t)values[JET_paramMaxVerPages] * VERSION_PAGE_BYTES;
    instance->record_most =
        (uint32_t)process_set()->values[JET_paramDatabasePageSize] - RECORD_PAGE_OVERHEAD;
    instance->signature = signature_new();
    instance->runtime_callback = (JET_CALLBACK)values[JET_paramRuntimeCallback];
    instance->durable.callback =
        (JET_PFNDURABLECOMMITCALLBACK)values[JET_paramDurableCommitCallback];
    instance->callbacks_disabled = values[JET_paramDisableCallbacks] != 0;
    instance->state = INSTANCE_RUNNING;
}

JET_ERR instance_start(JET_INSTANCE *handle)
{
    Instance *instance = NULL;
    JET_ERR err = JET_errSuccess;
    pthread_mutex_lock(&registry_lock);
    if (!handle || handle_is_none(*handle)) {
        err = instances ? JET_errRunningInMultiInstanceMode : instance_new(NULL, NULL, &instance);
    } else {
        instance = instance_find(*handle);
        err = instance ? JET_errSuccess : JET_errInvalidInstance;
    }
    if (err >= 0 && instance->state != INSTANCE_CREATED)
        err =
            instance->state == INSTANCE_RUNNING ? JET_errAlreadyInitialized : JET_errTermInProgress;
    if (err >= 0) {
        instance_run(instance);
        if (handle)
            *handle = instance->handle;
    }
    pthread_mutex_unlock(&registry_lock);
    return err;
}

JET_ERR instance_acquire(JET_INSTANCE handle, Instance **ret)
{
    pthread_mutex_lock(&registry_lock);
    Instance *instance = instance_find(handle);
    JET_ERR err = JET_errSuccess;
    if (!instance)
        err = handle_is_none(handle) ? JET_errNotInitialized : JET_errInvalidInstance;
    else if (instance->state == INSTANCE_CREATED)
        err = JET_errNotInitialized;
    else if (instance->state == INSTANCE_TERMINATING)
        err = JET_errTermInProgress;
    if (err < 0) {
        pthread_mutex_unlock(&registry_lock);
        return err;
    }
    *ret = instance;
    return JET_errSuccess;
}

void instance_release(Instance *instance)
{
    (void)instance;
    pthread_mutex_unlock(&registry_lock);
}

JET_ERR instance_pin(JET_INSTANCE handle, Instance **ret)
{
    RETURN_IF_ERROR(instance_acquire(handle, ret));
    (*ret)->n_pins++;
    instance_release(*ret);
    return JET_errSuccess;
}

void instance_unpin(Instance *instance)
{
    pthread_mutex_lock(&registry_lock);
    instance->n_pins--;
    pthread_mutex_unlock(&registry_lock);
}

JET_ERR instance_check_not_started(JET_INSTANCE handle)
{
    pthread_mutex_lock(&registry_lock);
    Instance *instance = instance_find(handle);
    JET_ERR err = !instance && !handle_is_none(handle)              ? JET_errInvalidInstance
                  : instance && instance->state != INSTANCE_CREATED ? JET_errAfterInitialization
                                                                    : JET_errSuccess;
    pthread_mutex_unlock(&registry_lock);
    return err;
}

/* Without the registry's lock. Long calls are told to stop where they may be, and waited for. */
static JET_ERR instance_end_long_calls(Instance *instance, JET_GRBIT grbit)
{
    struct timespec pause = {.tv_nsec = 1000000};
    bool stop = grbit & (JET_bitTermAbrupt | JET_bitTermStopBackup);
    bool busy = backup_is_running(instance);
    if (busy && !stop)
        return JET_errBackupInProgress;
    if (busy)
        backup_stop(instance);
    for (int ms = 0;; ms++) {
        pthread_mutex_lock(&registry_lock);
        busy = instance->n_pins > 0;
        pthread_mutex_unlock(&registry_lock);
        if (!busy)
            return JET_errSuccess;
        if (!stop || ms == TERM_WAIT_MS)
            return JET_errBackupInProgress;
        nanosleep(&pause, NULL);
    }
}

/* Takes the sessions that are free; false when one is busy. */
static bool instance_try_seize(Instance *instance)
{
    bool all = true;
    pthread_mutex_lock(&instance->lock);
    for (Session *session = instance->sessions; session; session = session->next)
        if (!session->seized) {
            session->seized = session_seize(session);
            all = all && session->seized;
        }
    pthread_mutex_unlock(&instance->lock);
    return all;
}

static bool instance_has_transaction(const Instance *instance)
{
    for (const Session *session = instance->sessions; session; session = session->next)
        if (session->level > 0)
            return true;
    return false;
}

/* Without the registry's lock. Takes all sessions from whoever has them; false, and none taken,
 * when one stays busy or, unless forced, has a transaction open. */
static bool instance_seize_sessions(Instance *instance, bool forced)
{
    struct timespec pause = {.tv_nsec = 1000000};
    bool all = instance_try_seize(instance);
    for (int ms = 0; !all && ms < TERM_WAIT_MS; ms++) {
        nanosleep(&pause, NULL);
        all = instance_try_seize(instance);
    }
    if (all && (forced || !instance_has_transaction(instance)))
        return true;
    pthread_mutex_lock(&instance->lock);
    for (Session *session = instance->sessions; session; session = session->next)
        if (session->seized) {
            session->seized = false;
            session_leave(session, JET_errSuccess);
        }
    pthread_mutex_unlock(&instance->lock);
    return false;
}

/* Without the registry's lock; nobody else reaches the instance. */
static void instance_close(Instance *instance)
{
    while (instance->sessions)
        session_end(instance->sessions);
    backup_end(instance);
    durable_stop(instance);
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++)
        if (instance->databases[i])
            database_close(instance->databases[i]);
}

JET_ERR instance_terminate(JET_INSTANCE handle, JET_GRBIT grbit)
{
    if (grbit &
        ~(JET_bitTermComplete | JET_bitTermAbrupt | JET_bitTermStopBackup | JET_bitTermDirty))
        return JET_errInvalidGrbit;
    pthread_mutex_lock(&registry_lock);
    Instance *instance = instance_find(handle);
    if (!instance || instance->state == INSTANCE_TERMINATING) {
        pthread_mutex_unlock(&registry_lock);
        return instance                 ? JET_errTermInProgress
               : handle_is_none(handle) ? JET_errNotInitialized
                                        : JET_errInvalidInstance;
    }
    InstanceState before = instance->state;
    instance->state = INSTANCE_TERMINATING;
    pthread_mutex_unlock(&registry_lock);

    JET_ERR err = instance_end_long_calls(instance, grbit);
    if (err >= 0 && !instance_seize_sessions(instance, grbit & JET_bitTermAbrupt))
        err = JET_errTooManyActiveUsers;
    if (err >= 0)
        instance_close(instance);

    pthread_mutex_lock(&registry_lock);
    if (err < 0) {
        instance->state = before;
        pthread_mutex_unlock(&registry_lock);
        return err;
    }
    instance_unlink(instance);
    pthread_mutex_unlock(&registry_lock);
    instance_free(instance);
    return JET_errSuccess;
}

JET_ERR instance_stop(JET_INSTANCE handle, JET_GRBIT grbit)
{
    Instance *instance;
    const JET_GRBIT known = JET_bitStopServiceBackgroundUserTasks | JET_bitStopServiceQuiesceCaches;
    if (grbit & ~(known | JET_bitStopServiceResume))
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(instance_acquire(handle, &instance));
    if (grbit & JET_bitStopServiceResume)
        atomic_store(&instance->stopped, false);
    else if (grbit == JET_bitStopServiceAll)
        atomic_store(&instance->stopped, true);
    instance_release(instance);
    return JET_errSuccess;
}

JET_ERR instance_for_each(JET_ERR (*visit)(Instance *instance, void *context), void *context)
{
    JET_ERR err = JET_errSuccess;
    pthread_mutex_lock(&registry_lock);
    for (Instance *instance = instances; instance && err >= 0; instance = instance->next)
        err = visit(instance, context);
    pthread_mutex_unlock(&registry_lock);
    return err;
}

/* The session's program is not in a call. */
static uint64_t session_expire(Session *session, uint64_t age_max)
{
    uint64_t expired = 0;
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++)
        if (session->databases[i].database && txn_expire(session->databases[i].txn, age_max))
            expired++;
    if (expired > 0)
        session->epoch++;
    return expired;
}

static bool instance_has_old_snapshot(Instance *instance, uint64_t age_max)
{
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++)
        if (instance->databases[i] &&
            store_oldest_snapshot_age_ms(instance->databases[i]->store) > age_max)
            return true;
    return false;
}

void instance_expire_snapshots(Instance *instance)
{
    uint64_t age_max = atomic_load_explicit(&instance->snapshot_age_max, memory_order_relaxed);
    if (age_max == 0)
        return;
    pthread_mutex_lock(&instance->lock);
    if (instance_has_old_snapshot(instance, age_max))
        for (Session *session = instance->sessions; session; session = session->next)
            if (session_borrow(session)) {
                uint64_t expired = session_expire(session, age_max);
                session_leave(session, JET_errSuccess);
                atomic_fetch_add_explicit(&instance->n_expired, expired, memory_order_relaxed);
            }
    pthread_mutex_unlock(&instance->lock);
}

JET_ERR instance_set_parameter(JET_INSTANCE handle, uint32_t id, JET_API_PTR value,
                               const char *text)
{
    pthread_mutex_lock(&registry_lock);
    Instance *instance = handle_is_none(handle) ? NULL : instance_find(handle);
    JET_ERR err = JET_errInvalidInstance;
    if (handle_is_none(handle) || (instance && parameter_is_global(id))) {
        bool running = false;
        for (Instance *each = instances; each && parameter_is_global(id); each = each->next)
            running = running || each->state != INSTANCE_CREATED;
        err = parameter_store(process_set(), id, value, text, running);
    } else if (instance) {
        err = parameter_store(&instance->parameters, id, value, text,
                              instance->state != INSTANCE_CREATED);
        instance_copy_parameters(instance);
    }
    pthread_mutex_unlock(&registry_lock);
    return err;
}

JET_ERR instance_get_parameter(JET_INSTANCE handle, uint32_t id, JET_API_PTR *value, char *text,
                               uint32_t size)
{
    pthread_mutex_lock(&registry_lock);
    Instance *instance = instance_find(handle);
    JET_ERR err = JET_errInvalidInstance;
    if (instance && !parameter_is_global(id))
        err = parameter_load(&instance->parameters, id, value, text, size);
    else if (instance || handle_is_none(handle))
        err = parameter_load(process_set(), id, value, text, size);
    pthread_mutex_unlock(&registry_lock);
    return err;
}
