/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session.h - sessions: one transaction of up to seven levels over the open databases, and the
 * cursors.
 *
 * A session works for one thread at a time. session_enter says which: the thread that began the
 * transaction, or the one that set a context. All but the handle and the busy flag belong to the
 * thread that has entered.
 */
#ifndef MAILSTORE_ESE_SESSION_H
#define MAILSTORE_ESE_SESSION_H

#include "mailstore/ese/database.h"

typedef struct Cursor Cursor;
typedef struct TemporaryTable TemporaryTable;

typedef struct {
    Database *database; /* NULL: a free place */
    Txn *txn;
    unsigned n_opens;
    bool read_only;
} SessionDatabase;

typedef struct {
    uint32_t commit_default;
    bool commit_default_set; /* else the instance's holds */
    JET_OPERATIONCONTEXT operation;
    uint32_t correlation;
} SessionParameters;

struct Session {
    _Atomic uintptr_t handle; /* 0: ended */
    _Atomic uint32_t busy;
    Instance *instance;
    unsigned level;
    bool read_only;   /* this transaction */
    uintptr_t thread; /* that began the transaction */
    uintptr_t context, context_thread, transaction_context;
    uint64_t epoch;           /* changes when bytes read from the store may have moved */
    uint64_t transaction;     /* changes with every level 0 -> 1 */
    bool changed_definitions; /* in this transaction */
    int64_t commit_id;        /* of the last commit to level 0 */
    bool seized;              /* by the end of the instance, under the instance's lock */
    SessionParameters parameters;
    SessionDatabase databases[INSTANCE_DATABASES_MAX];
    Cursor *cursors;
    TemporaryTable *temporaries;
    Session *next, *previous; /* in the instance, or the list of unused ones */
};

JET_ERR session_new(JET_INSTANCE instance, JET_SESID *ret);
/* The calling thread has the session to itself until session_leave. JET_errInvalidSesid,
 * JET_errSessionSharingViolation. */
JET_ERR session_enter(JET_SESID sesid, Session **ret);
/* As session_enter, for calls that give something back: they work, too, when the instance is
 * stopped, which else gives JET_errClientRequestToStopJetService. */
JET_ERR session_enter_to_end(JET_SESID sesid, Session **ret);
/* As session_enter_to_end, for setting and resetting a context: they say themselves whose it is. */
JET_ERR session_enter_for_context(JET_SESID sesid, Session **ret);
/* Returns `err`. */
JET_ERR session_leave(Session *session, JET_ERR err);
/* Rolls back, closes cursors and databases, frees. The caller has entered; it is gone after. */
void session_end(Session *session);
/* For the engine's own work on a session that is between two calls of its program, who is not to
 * notice: session_enter waits meanwhile. session_leave ends it. */
bool session_borrow(Session *session);
/* A number of the calling thread. */
static inline uintptr_t session_thread(void)
{
    return (uintptr_t)__builtin_thread_pointer();
}
/* For the end of an instance: as session_enter, without regard to threads. */
bool session_seize(Session *session);

JET_ERR session_set_context(Session *session, uintptr_t context);
JET_ERR session_reset_context(Session *session);

/* Of JET_sesparam...: JET_errInvalidSesparamId, JET_errInvalidBufferSize. */
JET_ERR session_set_parameter(Session *session, uint32_t id, const void *data, uint32_t size);
JET_ERR session_get_parameter(const Session *session, uint32_t id, void *data, uint32_t size,
                              uint32_t *ret_actual);
/* The bits of a commit that names none. */
JET_GRBIT session_commit_default(const Session *session);

JET_ERR session_open_database(Session *session, const char *path, JET_GRBIT grbit, JET_DBID *ret);
JET_ERR session_close_database(Session *session, JET_DBID id);
/* JET_errInvalidDatabaseId. */
JET_ERR session_find_database(Session *session, JET_DBID id, SessionDatabase **ret);

JET_ERR transaction_begin(Session *session, JET_GRBIT grbit);
/* A lazy commit is durable after `delay_ms` at the latest; TRANSACTION_ANY_DELAY: whenever. */
#define TRANSACTION_ANY_DELAY UINT32_MAX
JET_ERR transaction_commit(Session *session, JET_GRBIT grbit, uint32_t delay_ms);
JET_ERR transaction_rollback(Session *session, JET_GRBIT grbit);

/* The transaction that one call works in: the session's, or outside of any one of its own. */
typedef struct {
    Session *session;
    SessionDatabase *database;
    Txn *txn;
    bool own, writes;
} Scope;

/* Outside of any transaction: begins, and commits or rolls back, one of the call's own. */
JET_ERR scope_begin_own(Scope *scope);
JET_ERR scope_end_own(Scope *scope, JET_ERR err);

/* Inline, and without a copy of the struct, as every column read begins and ends one. */
static inline JET_ERR scope_begin(Session *session, SessionDatabase *database, bool writes,
                                  Scope *ret)
{
    *ret = (Scope){session, database, database->txn, session->level == 0, writes};
    return ret->own ? scope_begin_own(ret) : JET_errSuccess;
}

/* Returns `err` or the commit's error. */
static inline JET_ERR scope_end(Scope *scope, JET_ERR err)
{
    return scope->own ? scope_end_own(scope, err) : err;
}

#endif
