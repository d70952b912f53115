/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * intercept-transaction.c - JetBeginSession, JetDupSession, JetEndSession, JetBeginTransaction/2/3,
 * JetCommitTransaction/2, JetRollback.
 *
 * Follows what the originals did, so that a level is right whoever fails. Only the commit of level
 * 1 may be held back: refused or deferred, with the transaction still open. Within another call
 * only cursors and ends of sessions are followed, for a store's functions may call one another;
 * what a callback ended is noticed at the next begin.
 */
#include "libstorehook/intercept.h"

#include "libstorehook/connection.h"
#include "libstorehook/cursors.h"
#include "libstorehook/judge.h"
#include "libstorehook/link-note.h"
#include "libstorehook/unscanned.h"

/* Within another call: may close cursors, and then their handles are given out anew. */
static void forget_nested(JET_SESID sesid)
{
    if (!guard_is_forked())
        cursors_forget_session(sesid);
}

/* So may the session's own value be. */
static JET_ERR ended_nested(JET_ERR err, JET_SESID sesid)
{
    if (err >= 0 && !guard_is_forked())
        session_end(sesid);
    return err;
}

/* --- Sessions -------------------------------------------------------------------------- */

static void session_begun(JET_ERR err, const JET_SESID *sesid, JET_INSTANCE instance)
{
    Guard guard;

    if (err < 0 || !sesid)
        return;
    guard_work_begin(&guard);
    cursors_forget_session(*sesid);
    session_begin(*sesid, instance);
    /* Said here, so that a store counts as hooked before its first write. */
    if (!connection_was_tried())
        (void)connection_mode();
    guard_work_end(&guard);
}

INTERCEPT_EXPORT JET_ERR JetBeginSession(JET_INSTANCE instance, JET_SESID *psesid,
                                         JET_PCSTR szUserName, JET_PCSTR szPassword)
{
    JET_ERR err;

    if (!ORIGINAL(JetBeginSession) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetBeginSession, instance, psesid, szUserName, szPassword);
    err = ORIGINAL(JetBeginSession)(instance, psesid, szUserName, szPassword);
    session_begun(err, psesid, instance);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetBeginSessionA(JET_INSTANCE instance, JET_SESID *psesid,
                                          JET_PCSTR szUserName, JET_PCSTR szPassword)
{
    JET_ERR err;

    if (!ORIGINAL(JetBeginSessionA) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetBeginSessionA, instance, psesid, szUserName, szPassword);
    err = ORIGINAL(JetBeginSessionA)(instance, psesid, szUserName, szPassword);
    session_begun(err, psesid, instance);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetBeginSessionW(JET_INSTANCE instance, JET_SESID *psesid,
                                          JET_PCWSTR szUserName, JET_PCWSTR szPassword)
{
    JET_ERR err;

    if (!ORIGINAL(JetBeginSessionW) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetBeginSessionW, instance, psesid, szUserName, szPassword);
    err = ORIGINAL(JetBeginSessionW)(instance, psesid, szUserName, szPassword);
    session_begun(err, psesid, instance);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetDupSession(JET_SESID sesid, JET_SESID *psesid)
{
    JET_ERR err;

    if (!ORIGINAL(JetDupSession) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetDupSession, sesid, psesid);
    err = ORIGINAL(JetDupSession)(sesid, psesid);
    if (err >= 0) {
        Session *session = session_acquire(sesid);
        JET_INSTANCE instance = session ? session->instance : 0;

        session_release(session);
        session_begun(err, psesid, instance);
    }
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetEndSession(JET_SESID sesid, JET_GRBIT grbit)
{
    Guard guard;
    JET_ERR err;

    if (!ORIGINAL(JetEndSession) || !guard_enter()) {
        forget_nested(sesid);
        return ended_nested(INTERCEPT_ORIGINAL(JetEndSession, sesid, grbit), sesid);
    }
    guard_work_begin(&guard);
    cursors_forget_session(sesid);
    errno = guard.saved_errno;
    err = ORIGINAL(JetEndSession)(sesid, grbit);
    guard.saved_errno = errno;
    /* Should another thread have been given the value already, its level is taken to be 0 once;
     * that is on the safe side. */
    if (err >= 0)
        session_end(sesid);
    guard_work_end(&guard);
    guard_leave();
    return err;
}

/* --- Begin ------------------------------------------------------------------------------- */

/* Level 0 is reached: what was held back is told now. */
static void finish(Session *session)
{
    bool counted = false;

    for (const TrackedRow *row = session->rows; row; row = row->next)
        counted |= intercept_row_done(session, row);
    link_note_send_all(session->notes);
    transaction_clear(session);
    if (counted && profile_id() != 0)
        unscanned_settle();
    if (counted)
        connection_report_counted();
    else if (unscanned_is_pending())
        connection_report();
}

/* A callback of the host's ended more than it began, which was not followed. The rows are taken to
 * be written. Only asked where we think that another level was begun: most transactions have one.
 */
static void catch_up(Session *session)
{
    uint32_t level = 0, actual = 0;

    if (session->level == 0 || !ORIGINAL(JetGetSessionParameter) ||
        ORIGINAL(JetGetSessionParameter)(session->sesid, JET_sesparamTransactionLevel, &level,
                                         sizeof(level), &actual) < 0)
        return;
    while (level > 0 && session->level >= level)
        if (transaction_committed(session))
            finish(session);
}

static void begun(JET_ERR err, JET_SESID sesid)
{
    Session *session;
    Guard guard;

    if (err < 0)
        return;
    guard_work_begin(&guard);
    session = session_acquire(sesid);
    if (session) {
        catch_up(session);
        transaction_begun(session, (int64_t)connection_deadline_ms() * 1000);
    }
    session_release(session);
    guard_work_end(&guard);
}

INTERCEPT_EXPORT JET_ERR JetBeginTransaction(JET_SESID sesid)
{
    JET_ERR err;

    if (!ORIGINAL(JetBeginTransaction) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetBeginTransaction, sesid);
    err = ORIGINAL(JetBeginTransaction)(sesid);
    begun(err, sesid);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetBeginTransaction2(JET_SESID sesid, JET_GRBIT grbit)
{
    JET_ERR err;

    if (!ORIGINAL(JetBeginTransaction2) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetBeginTransaction2, sesid, grbit);
    err = ORIGINAL(JetBeginTransaction2)(sesid, grbit);
    begun(err, sesid);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetBeginTransaction3(JET_SESID sesid, int64_t trxid, JET_GRBIT grbit)
{
    JET_ERR err;

    if (!ORIGINAL(JetBeginTransaction3) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetBeginTransaction3, sesid, trxid, grbit);
    err = ORIGINAL(JetBeginTransaction3)(sesid, trxid, grbit);
    begun(err, sesid);
    guard_leave();
    return err;
}

/* --- Commit -------------------------------------------------------------------------------- */

typedef struct {
    JET_SESID sesid;
    JET_GRBIT grbit;
    uint32_t durable_ms;
    JET_COMMIT_ID *commit_id;
    bool is_second; /* JetCommitTransaction2 */
} CommitCall;

static JET_ERR call_original(const CommitCall *call)
{
    return call->is_second ? ORIGINAL(JetCommitTransaction2)(call->sesid, call->grbit,
                                                             call->durable_ms, call->commit_id)
                           : ORIGINAL(JetCommitTransaction)(call->sesid, call->grbit);
}

/* These only wait for what was committed before, and change no level. */
static bool only_waits(JET_GRBIT grbit)
{
    return (grbit &
            (JET_bitWaitLastLevel0Commit | JET_bitWaitAllLevel0Commit | JET_bitForceNewLog)) != 0;
}

static JET_ERR commit(const CommitCall *call, Guard *guard)
{
    Session *session = session_acquire(call->sesid);
    Decision decision = DECISION_WRITE;
    JET_ERR err;

    if (session && session->level == 1 && !only_waits(call->grbit) && transaction_has_rows(session))
        decision = judge_commit(session, call->sesid);
    if (decision == DECISION_WRITE) {
        errno = guard->saved_errno;
        err = call_original(call);
        guard->saved_errno = errno;
    } else {
        err = judge_error(decision);
    }
    if (session && err >= 0 && !only_waits(call->grbit) && transaction_committed(session))
        finish(session);
    session_release(session);
    return err;
}

static JET_ERR commit_guarded(const CommitCall *call)
{
    Guard guard;
    JET_ERR err;

    guard_work_begin(&guard);
    err = commit(call, &guard);
    guard_work_end(&guard);
    return err;
}

INTERCEPT_EXPORT JET_ERR JetCommitTransaction(JET_SESID sesid, JET_GRBIT grbit)
{
    CommitCall call = {.sesid = sesid, .grbit = grbit};
    JET_ERR err;

    if (!ORIGINAL(JetCommitTransaction) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetCommitTransaction, sesid, grbit);
    err = commit_guarded(&call);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetCommitTransaction2(JET_SESID sesid, JET_GRBIT grbit,
                                               uint32_t cmsecDurableCommit,
                                               JET_COMMIT_ID *pCommitId)
{
    CommitCall call = {.sesid = sesid,
                       .grbit = grbit,
                       .durable_ms = cmsecDurableCommit,
                       .commit_id = pCommitId,
                       .is_second = true};
    JET_ERR err;

    if (!ORIGINAL(JetCommitTransaction2) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetCommitTransaction2, sesid, grbit, cmsecDurableCommit,
                                  pCommitId);
    err = commit_guarded(&call);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetRollback(JET_SESID sesid, JET_GRBIT grbit)
{
    bool all = (grbit & JET_bitRollbackAll) != 0;
    Session *session;
    Guard guard;
    JET_ERR err;

    if (!ORIGINAL(JetRollback) || !guard_enter()) {
        forget_nested(sesid);
        return INTERCEPT_ORIGINAL(JetRollback, sesid, grbit);
    }
    guard_work_begin(&guard);
    session = session_acquire(sesid);
    if (session)
        transaction_forget_cursors(session, all);
    errno = guard.saved_errno;
    err = ORIGINAL(JetRollback)(sesid, grbit);
    guard.saved_errno = errno;
    if (session && err >= 0)
        transaction_rolled_back(session, all);
    session_release(session);
    guard_work_end(&guard);
    guard_leave();
    return err;
}
