/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry-session.c - behind the exported functions: instances, sessions, transactions, databases.
 *
 * Entries turn handles into objects, hold the session for the call and check what only the API
 * knows. Each is documented in esent.h.
 */
#include <stdatomic.h>
#include <string.h>

#include "mailstore/ese/entry.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/session.h"

enum {
    /* (version & 0xffffff) >> 8 tells programs what to expect: the first Windows 10. */
    ENGINE_VERSION = 10240 << 8,
};

JET_ERR entry_create_instance(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName)
{
    return instance_create(szInstanceName, NULL, pinstance);
}

JET_ERR entry_create_instance2(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName,
                               JET_PCSTR szDisplayName, JET_GRBIT grbit)
{
    if (grbit != 0)
        return JET_errInvalidGrbit;
    return instance_create(szInstanceName, szDisplayName, pinstance);
}

JET_ERR entry_init(JET_INSTANCE *pinstance)
{
    return instance_start(pinstance);
}

JET_ERR entry_init2(JET_INSTANCE *pinstance, JET_GRBIT grbit)
{
    /* There are no logs to replay, whatever is asked about them. */
    const JET_GRBIT known = JET_bitReplayIgnoreMissingDB | JET_bitRecoveryWithoutUndo |
                            JET_bitTruncateLogsAfterRecovery | JET_bitReplayMissingMapEntryDB |
                            JET_bitLogStreamMustExist | JET_bitReplayIgnoreLostLogs |
                            JET_bitKeepDbAttachedAtEndOfRecovery;
    return grbit & ~known ? JET_errInvalidGrbit : instance_start(pinstance);
}

JET_ERR entry_term(JET_INSTANCE instance)
{
    return instance_terminate(instance, 0);
}

JET_ERR entry_term2(JET_INSTANCE instance, JET_GRBIT grbit)
{
    return instance_terminate(instance, grbit);
}

JET_ERR entry_set_system_parameter(JET_INSTANCE *pinstance, JET_SESID sesid, uint32_t paramid,
                                   JET_API_PTR lParam, JET_PCSTR szParam)
{
    if (paramid == JET_paramCommitDefault && sesid != 0 && sesid != JET_sesidNil) {
        JET_GRBIT grbit = (JET_GRBIT)lParam;
        return entry_set_session_parameter(sesid, JET_sesparamCommitDefault, &grbit, sizeof(grbit));
    }
    return instance_set_parameter(pinstance ? *pinstance : 0, paramid, lParam, szParam);
}

JET_ERR entry_get_system_parameter(JET_INSTANCE instance, JET_SESID sesid, uint32_t paramid,
                                   JET_API_PTR *plParam, JET_PSTR szParam, uint32_t cbMax)
{
    if (paramid == JET_paramCommitDefault && plParam && sesid != 0 && sesid != JET_sesidNil) {
        JET_GRBIT grbit = 0;
        RETURN_IF_ERROR(entry_get_session_parameter(sesid, JET_sesparamCommitDefault, &grbit,
                                                    sizeof(grbit), NULL));
        *plParam = grbit;
        return JET_errSuccess;
    }
    return instance_get_parameter(instance, paramid, plParam, szParam, cbMax);
}

JET_ERR entry_begin_session(JET_INSTANCE instance, JET_SESID *psesid, JET_PCSTR szUserName,
                            JET_PCSTR szPassword)
{
    (void)szUserName; /* there are no users */
    (void)szPassword;
    return session_new(instance, psesid);
}

JET_ERR entry_dup_session(JET_SESID sesid, JET_SESID *psesid)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, session_new(session->instance->handle, psesid));
}

JET_ERR entry_end_session(JET_SESID sesid, JET_GRBIT grbit)
{
    Session *session;
    if (grbit & ~1u) /* ForceCloseTransaction of old */
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(session_enter_to_end(sesid, &session));
    session_end(session);
    return JET_errSuccess;
}

JET_ERR entry_get_version(JET_SESID sesid, uint32_t *pwVersion)
{
    Session *session;
    if (!pwVersion)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    *pwVersion = ENGINE_VERSION;
    return session_leave(session, JET_errSuccess);
}

JET_ERR entry_set_session_context(JET_SESID sesid, JET_API_PTR ulContext)
{
    Session *session;
    RETURN_IF_ERROR(session_enter_for_context(sesid, &session));
    if (atomic_load(&session->instance->stopped))
        return session_leave(session, JET_errClientRequestToStopJetService);
    return session_leave(session, session_set_context(session, ulContext));
}

JET_ERR entry_reset_session_context(JET_SESID sesid)
{
    Session *session;
    RETURN_IF_ERROR(session_enter_for_context(sesid, &session));
    return session_leave(session, session_reset_context(session));
}

JET_ERR entry_set_session_parameter(JET_SESID sesid, uint32_t sesparamid, void *pvParam,
                                    uint32_t cbParam)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, session_set_parameter(session, sesparamid, pvParam, cbParam));
}

JET_ERR entry_get_session_parameter(JET_SESID sesid, uint32_t sesparamid, void *pvParam,
                                    uint32_t cbParamMax, uint32_t *pcbParamActual)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(
        session, session_get_parameter(session, sesparamid, pvParam, cbParamMax, pcbParamActual));
}

JET_ERR entry_begin_transaction(JET_SESID sesid)
{
    return entry_begin_transaction2(sesid, 0);
}

JET_ERR entry_begin_transaction2(JET_SESID sesid, JET_GRBIT grbit)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, transaction_begin(session, grbit));
}

JET_ERR entry_begin_transaction3(JET_SESID sesid, int64_t trxid, JET_GRBIT grbit)
{
    (void)trxid; /* a name for the program's own log */
    return entry_begin_transaction2(sesid, grbit);
}

JET_ERR entry_commit_transaction(JET_SESID sesid, JET_GRBIT grbit)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, transaction_commit(session, grbit, TRANSACTION_ANY_DELAY));
}

JET_ERR entry_commit_transaction2(JET_SESID sesid, JET_GRBIT grbit, uint32_t cmsecDurableCommit,
                                  JET_COMMIT_ID *pCommitId)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    /* A delay allowed is a lazy commit. */
    bool delayed = cmsecDurableCommit > 0;
    if (delayed)
        grbit |= JET_bitCommitLazyFlush;
    JET_ERR err =
        transaction_commit(session, grbit, delayed ? cmsecDurableCommit : TRANSACTION_ANY_DELAY);
    if (err >= 0 && pCommitId) {
        *pCommitId = (JET_COMMIT_ID){.signLog = session->instance->signature};
        pCommitId->commitId = session->level == 0 ? session->commit_id : 0;
    }
    return session_leave(session, err);
}

JET_ERR entry_rollback(JET_SESID sesid, JET_GRBIT grbit)
{
    Session *session;
    RETURN_IF_ERROR(session_enter_to_end(sesid, &session));
    return session_leave(session, transaction_rollback(session, grbit));
}

/* --- Databases ----------------------------------------------------------------- */

static JET_ERR enter_outside_transaction(JET_SESID sesid, Session **ret)
{
    RETURN_IF_ERROR(session_enter(sesid, ret));
    return (*ret)->level > 0 ? session_leave(*ret, JET_errInTransaction) : JET_errSuccess;
}

JET_ERR entry_create_database(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect,
                              JET_DBID *pdbid, JET_GRBIT grbit)
{
    (void)szConnect;
    return entry_create_database2(sesid, szFilename, 0, pdbid, grbit);
}

JET_ERR entry_create_database2(JET_SESID sesid, JET_PCSTR szFilename, uint32_t cpgDatabaseSizeMax,
                               JET_DBID *pdbid, JET_GRBIT grbit)
{
    Session *session;
    JET_DBID id;
    if (!pdbid)
        return JET_errInvalidParameter;
    if (grbit & ~(JET_bitDbOverwriteExisting | JET_bitDbRecoveryOff | JET_bitDbShadowingOff |
                  JET_bitDbEnableBackgroundMaintenance))
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(enter_outside_transaction(sesid, &session));
    JET_ERR err = database_create(session->instance, szFilename, cpgDatabaseSizeMax, grbit, &id);
    if (err >= 0)
        err = session_open_database(session, szFilename, 0, pdbid);
    return session_leave(session, err);
}

JET_ERR entry_attach_database(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit)
{
    return entry_attach_database2(sesid, szFilename, 0, grbit);
}

JET_ERR entry_attach_database2(JET_SESID sesid, JET_PCSTR szFilename, uint32_t cpgDatabaseSizeMax,
                               JET_GRBIT grbit)
{
    Session *session;
    (void)cpgDatabaseSizeMax;
    if (grbit & ~(JET_bitDbReadOnly | JET_bitDbUpgrade | JET_bitDbDeleteCorruptIndexes |
                  JET_bitDbDeleteUnicodeIndexes | JET_bitDbEnableBackgroundMaintenance |
                  JET_bitDbPurgeCacheOnAttach))
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(enter_outside_transaction(sesid, &session));
    return session_leave(session, database_attach(session->instance, szFilename, grbit));
}

JET_ERR entry_detach_database(JET_SESID sesid, JET_PCSTR szFilename)
{
    return entry_detach_database2(sesid, szFilename, 0);
}

JET_ERR entry_detach_database2(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit)
{
    Session *session;
    if (grbit & ~JET_bitForceCloseAndDetach)
        return JET_errInvalidGrbit;
    if (grbit)
        return JET_errForceDetachNotAllowed;
    RETURN_IF_ERROR(session_enter_to_end(sesid, &session));
    if (session->level > 0)
        return session_leave(session, JET_errInTransaction);
    return session_leave(session, database_detach(session->instance, szFilename));
}

JET_ERR entry_open_database(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect,
                            JET_DBID *pdbid, JET_GRBIT grbit)
{
    Session *session;
    (void)szConnect;
    if (grbit & ~(JET_bitDbReadOnly | JET_bitDbExclusive))
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, session_open_database(session, szFilename, grbit, pdbid));
}

JET_ERR entry_close_database(JET_SESID sesid, JET_DBID dbid, JET_GRBIT grbit)
{
    Session *session;
    if (grbit != 0)
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(session_enter_to_end(sesid, &session));
    return session_leave(session, session_close_database(session, dbid));
}
