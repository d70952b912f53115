/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.c - the life of a session, and whose thread it is.
 *
 * Memory of ended sessions is kept for new ones and never unmapped, so that a call with a stale
 * handle that races with the end of its session finds a session that is not its own and says so.
 *
 * Fails with JET_errInvalidSesid, JET_errSessionSharingViolation (another thread's transaction or
 * context, or another thread is inside a call), JET_errOutOfSessions,
 * JET_errClientRequestToStopJetService.
 */
#include "mailstore/ese/session.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "mailstore/ese/cursor.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/handle.h"
#include "mailstore/ese/result.h"

enum {
    SESSION_IDLE,
    SESSION_IN_CALL,
    SESSION_BORROWED,
};

static pthread_mutex_t unused_lock = PTHREAD_MUTEX_INITIALIZER;
static Session *unused;

static Session *session_allocate(void)
{
    pthread_mutex_lock(&unused_lock);
    Session *session = unused;
    if (session)
        unused = session->next;
    pthread_mutex_unlock(&unused_lock);
    return session ? session : fault_calloc(1, sizeof(*session));
}

/* What every new session starts with; the busy flag may be held by a stale call for a moment. */
static void session_reset(Session *session, Instance *instance)
{
    session->instance = instance;
    session->level = 0;
    session->read_only = false;
    session->thread = session->context = session->context_thread = 0;
    session->transaction_context = 0;
    session->epoch = 1;
    session->transaction = 1;
    session->changed_definitions = false;
    session->seized = false;
    session->parameters = (SessionParameters){0};
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++)
        session->databases[i] = (SessionDatabase){0};
    session->cursors = NULL;
    session->temporaries = NULL;
}

static void session_recycle(Session *session)
{
    pthread_mutex_lock(&unused_lock);
    session->next = unused;
    unused = session;
    pthread_mutex_unlock(&unused_lock);
}

static JET_ERR session_link(Session *session, Instance *instance)
{
    pthread_mutex_lock(&instance->lock);
    JET_ERR err =
        instance->n_sessions < instance->sessions_max ? JET_errSuccess : JET_errOutOfSessions;
    if (err >= 0) {
        instance->n_sessions++;
        session->previous = NULL;
        session->next = instance->sessions;
        if (session->next)
            session->next->previous = session;
        instance->sessions = session;
    }
    pthread_mutex_unlock(&instance->lock);
    return err;
}

static void session_unlink(Session *session)
{
    Instance *instance = session->instance;
    pthread_mutex_lock(&instance->lock);
    if (session->previous)
        session->previous->next = session->next;
    else
        instance->sessions = session->next;
    if (session->next)
        session->next->previous = session->previous;
    instance->n_sessions--;
    pthread_mutex_unlock(&instance->lock);
}

JET_ERR session_new(JET_INSTANCE instance_handle, JET_SESID *ret)
{
    Instance *instance;
    if (!ret)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(instance_acquire(instance_handle, &instance));
    bool stopped = atomic_load(&instance->stopped);
    Session *session = stopped ? NULL : session_allocate();
    uintptr_t handle = 0;
    JET_ERR err = stopped   ? JET_errClientRequestToStopJetService
                  : session ? JET_errSuccess
                            : JET_errOutOfMemory;
    if (err >= 0) {
        session_reset(session, instance);
        err = handle_new(HANDLE_SESSION, session, 0, &handle);
    }
    if (err >= 0)
        err = session_link(session, instance);
    if (err >= 0) {
        atomic_store_explicit(&session->handle, handle, memory_order_release);
        *ret = handle;
    } else if (session) {
        handle_free(handle, HANDLE_SESSION);
        session_recycle(session);
    }
    instance_release(instance);
    return err;
}

/* Whose session it is: a context's, when one is set, else at level > 0 the thread's that began. */
static bool session_is_mine(const Session *session)
{
    uintptr_t self = session_thread();
    if (session->context != 0 && session->context_thread != self)
        return false;
    if (session->level == 0)
        return true;
    if (session->transaction_context != 0)
        return session->context == session->transaction_context;
    return session->thread == self;
}

static bool session_try_take(Session *session, uint32_t state)
{
    uint32_t found = SESSION_IDLE;
    while (!atomic_compare_exchange_strong_explicit(&session->busy, &found, state,
                                                    memory_order_acquire, memory_order_relaxed)) {
        if (found == SESSION_IN_CALL)
            return false;
        sched_yield(); /* borrowed for a moment */
        found = SESSION_IDLE;
    }
    return true;
}

static bool session_try_busy(Session *session)
{
    return session_try_take(session, SESSION_IN_CALL);
}

bool session_borrow(Session *session)
{
    return session_try_take(session, SESSION_BORROWED);
}

/* `mine`: it has to be the calling thread's; `served`: its instance must not be stopped. */
static inline JET_ERR session_take(JET_SESID sesid, bool mine, bool served, Session **ret)
{
    Session *session = handle_peek(sesid, HANDLE_SESSION);
    JET_ERR err = JET_errSuccess;
    if (!session)
        return JET_errInvalidSesid;
    if (!session_try_busy(session))
        return JET_errSessionSharingViolation;
    if (atomic_load_explicit(&session->handle, memory_order_relaxed) != sesid)
        err = JET_errInvalidSesid;
    else if (mine && !session_is_mine(session))
        err = JET_errSessionSharingViolation;
    else if (served && atomic_load_explicit(&session->instance->stopped, memory_order_relaxed))
        err = JET_errClientRequestToStopJetService;
    if (err < 0)
        return session_leave(session, err);
    *ret = session;
    return JET_errSuccess;
}

JET_ERR session_enter_for_context(JET_SESID sesid, Session **ret)
{
    return session_take(sesid, false, false, ret);
}

JET_ERR session_enter_to_end(JET_SESID sesid, Session **ret)
{
    return session_take(sesid, true, false, ret);
}

JET_ERR session_enter(JET_SESID sesid, Session **ret)
{
    return session_take(sesid, true, true, ret);
}

JET_ERR session_leave(Session *session, JET_ERR err)
{
    atomic_store_explicit(&session->busy, SESSION_IDLE, memory_order_release);
    return err;
}

bool session_seize(Session *session)
{
    return session_try_busy(session);
}

static void session_drop_database(SessionDatabase *database)
{
    txn_free(database->txn);
    database_release(database->database);
    *database = (SessionDatabase){0};
}

void session_end(Session *session)
{
    handle_free(atomic_load(&session->handle), HANDLE_SESSION);
    atomic_store(&session->handle, 0);
    while (session->level > 0)
        transaction_rollback(session, 0);
    while (session->cursors)
        cursor_close(session->cursors);
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++)
        if (session->databases[i].database)
            session_drop_database(&session->databases[i]);
    session_unlink(session);
    session_leave(session, JET_errSuccess);
    session_recycle(session);
}

JET_ERR session_set_context(Session *session, uintptr_t context)
{
    if (context == 0 || context == (uintptr_t)-1)
        return JET_errInvalidParameter;
    if (session->context != 0)
        return JET_errSessionContextAlreadySet;
    session->context = context;
    session->context_thread = session_thread();
    return JET_errSuccess;
}

JET_ERR session_reset_context(Session *session)
{
    if (session->context == 0 || session->context_thread != session_thread())
        return JET_errSessionContextNotSetByThisThread;
    session->context = session->context_thread = 0;
    return JET_errSuccess;
}

static JET_ERR session_bring_up(Session *session, SessionDatabase *database)
{
    JET_ERR err = JET_errSuccess;
    while (err >= 0 && txn_level(database->txn) < session->level)
        err = txn_begin(database->txn, session->read_only);
    return err;
}

JET_ERR session_open_database(Session *session, const char *path, JET_GRBIT grbit, JET_DBID *ret)
{
    Database *found;
    if (!ret)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(database_acquire(session->instance, path, &found));
    SessionDatabase *database = &session->databases[found->id];
    JET_ERR err = JET_errSuccess;
    if (database->database) {
        database_release(found);
        database->n_opens++;
    } else {
        *database = (SessionDatabase){.database = found, .n_opens = 1};
        database->read_only = (grbit & JET_bitDbReadOnly) || found->read_only;
        err = txn_new(found->store, &database->txn);
        if (err >= 0)
            err = session_bring_up(session, database);
        if (err < 0)
            session_drop_database(database);
    }
    if (err >= 0)
        *ret = found->id;
    return err;
}

JET_ERR session_find_database(Session *session, JET_DBID id, SessionDatabase **ret)
{
    if (id >= INSTANCE_DATABASES_MAX || !session->databases[id].database)
        return JET_errInvalidDatabaseId;
    *ret = &session->databases[id];
    return JET_errSuccess;
}

JET_ERR session_close_database(Session *session, JET_DBID id)
{
    SessionDatabase *database;
    RETURN_IF_ERROR(session_find_database(session, id, &database));
    if (database->n_opens > 1) {
        database->n_opens--;
        return JET_errSuccess;
    }
    /* What this transaction wrote there would be lost without a word. */
    if (session->level > 0)
        return JET_errInTransaction;
    for (Cursor *cursor = session->cursors, *next; cursor; cursor = next) {
        next = cursor->next;
        if (cursor->database == database)
            cursor_close(cursor);
    }
    session_drop_database(database);
    return JET_errSuccess;
}
