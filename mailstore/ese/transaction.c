/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * transaction.c - begin, commit and roll back over all databases the session has open.
 *
 * A commit that fails leaves the transaction open at its level; the program rolls back.
 * Known limit: a commit of changes in several databases is one commit in each, not one in all.
 */
#include "mailstore/ese/cursor.h"
#include "mailstore/ese/result.h"

enum {
    COMMIT_WAITS = JET_bitWaitLastLevel0Commit | JET_bitWaitAllLevel0Commit | JET_bitForceNewLog,
};

static void transaction_roll_back_databases(Session *session)
{
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++) {
        SessionDatabase *database = &session->databases[i];
        if (database->database && txn_level(database->txn) >= session->level)
            txn_rollback(database->txn);
    }
}

JET_ERR transaction_begin(Session *session, JET_GRBIT grbit)
{
    if (grbit & ~JET_bitTransactionReadOnly)
        return JET_errInvalidGrbit;
    if (session->level >= STORE_LEVEL_MAX)
        return JET_errTransTooDeep;
    if (session->level > 0)
        RETURN_IF_ERROR(cursors_note_long_values(session, false));
    bool read_only = session->level > 0 ? session->read_only : grbit & JET_bitTransactionReadOnly;
    session->level++;
    session->epoch++;
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++) {
        SessionDatabase *database = &session->databases[i];
        JET_ERR err = database->database ? txn_begin(database->txn, read_only) : JET_errSuccess;
        if (err < 0) {
            transaction_roll_back_databases(session);
            session->level--;
            return err;
        }
    }
    temporaries_begin(session);
    if (session->level == 1) {
        session->read_only = read_only;
        session->transaction++;
        session->changed_definitions = false;
        session->thread = session_thread();
        session->transaction_context = session->context;
    }
    return JET_errSuccess;
}

/* Bits that only wait for, or mark, what is committed already. */
static JET_ERR transaction_wait(Session *session, JET_GRBIT grbit)
{
    JET_GRBIT waits = grbit & COMMIT_WAITS;
    if (waits != grbit || (waits & (waits - 1)) != 0)
        return JET_errInvalidGrbit;
    if (waits == JET_bitForceNewLog)
        return JET_errSuccess; /* there is no log to begin anew */
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++)
        if (session->databases[i].database)
            RETURN_IF_ERROR(
                txn_wait_durable(session->databases[i].txn, waits == JET_bitWaitAllLevel0Commit));
    return JET_errSuccess;
}

/* Level 1 of all databases is committed. Without writes there is nothing to become durable. */
static void transaction_note_commit(Session *session, uint64_t before[INSTANCE_DATABASES_MAX],
                                    uint32_t delay_ms)
{
    DurableCommit commit = {0};
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++) {
        SessionDatabase *database = &session->databases[i];
        if (database->database && txn_last_commit(database->txn) != before[i])
            commit.commits[i] = txn_last_commit(database->txn);
    }
    session->commit_id = durable_commit(session->instance, &commit, delay_ms);
    instance_expire_snapshots(session->instance);
}

JET_ERR transaction_commit(Session *session, JET_GRBIT grbit, uint32_t delay_ms)
{
    uint64_t before[INSTANCE_DATABASES_MAX] = {0};
    if (grbit & COMMIT_WAITS)
        return transaction_wait(session, grbit);
    if (grbit & ~JET_bitCommitLazyFlush)
        return JET_errInvalidGrbit;
    if (session->level == 0)
        return JET_errNotInTransaction;
    if (grbit == 0)
        grbit = session_commit_default(session);
    session->epoch++;
    if (session->level == 1)
        RETURN_IF_ERROR(cursors_note_long_values(session, true));
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++) {
        SessionDatabase *database = &session->databases[i];
        if (database->database)
            before[i] = txn_last_commit(database->txn);
        if (database->database && txn_level(database->txn) >= session->level)
            RETURN_IF_ERROR(txn_commit(database->txn, grbit & JET_bitCommitLazyFlush));
    }
    temporaries_commit(session);
    cursors_after_commit(session, session->level);
    session->level--;
    if (session->level == 0)
        transaction_note_commit(session, before, delay_ms);
    return JET_errSuccess;
}

JET_ERR transaction_rollback(Session *session, JET_GRBIT grbit)
{
    if (grbit & ~JET_bitRollbackAll)
        return JET_errInvalidGrbit;
    if (session->level == 0)
        return JET_errNotInTransaction;
    do {
        transaction_roll_back_databases(session);
        temporaries_roll_back(session);
        session->epoch++;
        unsigned level = session->level--;
        cursors_after_rollback(session, level);
    } while ((grbit & JET_bitRollbackAll) && session->level > 0);
    return JET_errSuccess;
}

JET_ERR scope_begin_own(Scope *scope)
{
    RETURN_IF_ERROR(txn_begin(scope->txn, !scope->writes));
    scope->session->epoch++;
    if (scope->writes)
        scope->session->transaction++;
    return JET_errSuccess;
}

JET_ERR scope_end_own(Scope *scope, JET_ERR err)
{
    scope->session->epoch++;
    if (err >= 0 && scope->writes) {
        JET_GRBIT grbit = session_commit_default(scope->session);
        JET_ERR committed = txn_commit(scope->txn, grbit & JET_bitCommitLazyFlush);
        if (committed >= 0) {
            instance_expire_snapshots(scope->session->instance);
            return err;
        }
        err = committed;
    }
    txn_rollback(scope->txn);
    return err;
}
