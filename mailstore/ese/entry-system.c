/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry-system.c - behind the exported functions: the service of instances, and what there is to
 * know of instances, databases, threads and errors.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "mailstore/ese/entry.h"
#include "mailstore/ese/error-info.h"
#include "mailstore/ese/info-database.h"
#include "mailstore/ese/info-instance.h"
#include "mailstore/ese/result.h"

JET_ERR entry_init3(JET_INSTANCE *pinstance, JET_RSTINFO *prstInfo, JET_GRBIT grbit)
{
    if (prstInfo &&
        (prstInfo->cbStruct != sizeof(*prstInfo) || (prstInfo->crstmap > 0 && !prstInfo->rgrstmap)))
        return JET_errInvalidParameter;
    return entry_init2(pinstance, grbit);
}

JET_ERR entry_stop_service_instance(JET_INSTANCE instance)
{
    return instance_stop(instance, JET_bitStopServiceAll);
}

JET_ERR entry_stop_service_instance2(JET_INSTANCE instance, JET_GRBIT grbit)
{
    return instance_stop(instance, grbit);
}

JET_ERR entry_get_instance_info(uint32_t *pcInstanceInfo, JET_INSTANCE_INFO **paInstanceInfo,
                                bool wide)
{
    return info_instances(NULL, NULL, wide, pcInstanceInfo, paInstanceInfo);
}

JET_ERR entry_get_instance_misc_info(JET_INSTANCE instance, void *pvResult, uint32_t cbMax,
                                     uint32_t InfoLevel)
{
    return info_instance(instance, pvResult, cbMax, InfoLevel);
}

JET_ERR entry_free_buffer(char *pbBuf)
{
    free(pbBuf);
    return JET_errSuccess;
}

JET_ERR entry_get_error_info(void *pvContext, void *pvResult, uint32_t cbMax, uint32_t InfoLevel,
                             JET_GRBIT grbit)
{
    JET_ERRINFOBASIC info = {.cbStruct = sizeof(info)};
    if (grbit != 0)
        return JET_errInvalidGrbit;
    if (InfoLevel != JET_ErrorInfoSpecificErr || !pvContext || !pvResult)
        return JET_errInvalidParameter;
    if (cbMax < sizeof(info))
        return JET_errBufferTooSmall;
    memcpy(&info.errValue, pvContext, sizeof(info.errValue));
    info.errcatMostSpecific = error_category(info.errValue);
    if (info.errcatMostSpecific == JET_errcatUnknown)
        return JET_errInvalidParameter;
    error_category_hierarchy(info.errcatMostSpecific, info.rgCategoricalHierarchy);
    memcpy(pvResult, &info, sizeof(info));
    return JET_errSuccess;
}

JET_ERR entry_get_thread_stats(void *pvResult, uint32_t cbMax)
{
    struct rusage usage;
    JET_THREADSTATS2 stats = {0};
    if (!pvResult || cbMax < sizeof(JET_THREADSTATS))
        return JET_errBufferTooSmall;
    if (getrusage(RUSAGE_THREAD, &usage) != 0)
        return JET_errInternalError;
    stats.cPageRead = (uint32_t)usage.ru_majflt;
    stats.cPageReferenced = (uint32_t)(usage.ru_minflt + usage.ru_majflt);
    stats.cbStruct = cbMax >= sizeof(stats) ? sizeof(stats) : sizeof(JET_THREADSTATS);
    memcpy(pvResult, &stats, stats.cbStruct);
    return JET_errSuccess;
}

JET_ERR entry_configure_process_for_crash_dump(JET_GRBIT grbit)
{
    const JET_GRBIT without =
        JET_bitDumpMinimum | JET_bitDumpCacheMinimum | JET_bitDumpCacheNoDecommit;
    const JET_GRBIT with = JET_bitDumpMaximum | JET_bitDumpCacheMaximum |
                           JET_bitDumpCacheIncludeDirtyPages | JET_bitDumpCacheIncludeCachedPages |
                           JET_bitDumpCacheIncludeCorruptedPages;
    if (grbit & ~(without | with))
        return JET_errInvalidGrbit;
    return grbit & with ? JET_errFeatureNotAvailable : JET_errSuccess;
}

JET_ERR entry_get_database_info(JET_SESID sesid, JET_DBID dbid, void *pvResult, uint32_t cbMax,
                                uint32_t InfoLevel, bool wide)
{
    Session *session;
    SessionDatabase *database;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    JET_ERR err = session_find_database(session, dbid, &database);
    if (err >= 0)
        err = info_database(database, pvResult, cbMax, InfoLevel, wide);
    return session_leave(session, err);
}

JET_ERR entry_get_database_file_info(JET_PCSTR szDatabaseName, void *pvResult, uint32_t cbMax,
                                     uint32_t InfoLevel)
{
    return info_database_file(szDatabaseName, pvResult, cbMax, InfoLevel);
}

/* --- Idle ------------------------------------------------------------------------ */

static JET_ERR idle_status(const Session *session)
{
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++)
        if (session->databases[i].database &&
            txn_bytes(session->databases[i].txn) > session->instance->txn_bytes_max / 2)
            return JET_wrnIdleFull;
    return JET_errSuccess;
}

static JET_ERR idle(Session *session, JET_GRBIT grbit)
{
    if (grbit & ~(JET_bitIdleFlushBuffers | JET_bitIdleCompact | JET_bitIdleStatus))
        return JET_errInvalidGrbit;
    if (grbit & JET_bitIdleFlushBuffers)
        RETURN_IF_ERROR(
            transaction_commit(session, JET_bitWaitAllLevel0Commit, TRANSACTION_ANY_DELAY));
    if (grbit & JET_bitIdleStatus)
        return idle_status(session);
    return grbit & JET_bitIdleFlushBuffers ? JET_errSuccess : JET_wrnNoIdleActivity;
}

JET_ERR entry_idle(JET_SESID sesid, JET_GRBIT grbit)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, idle(session, grbit));
}
