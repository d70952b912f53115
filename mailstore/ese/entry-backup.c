/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry-backup.c - behind the exported functions: backup, restore and snapshots of files.
 */
#include "mailstore/ese/backup.h"
#include "mailstore/ese/entry.h"
#include "mailstore/ese/os-snapshot.h"
#include "mailstore/ese/result.h"

/* The instance stays for the call, which may be long. */
static JET_ERR done(Instance *instance, JET_ERR err)
{
    instance_unpin(instance);
    return err;
}

JET_ERR entry_backup_instance(JET_INSTANCE instance, JET_PCSTR szBackupPath, JET_GRBIT grbit,
                              JET_PFNSTATUS pfnStatus)
{
    Instance *pinned;
    if (grbit & ~(JET_bitBackupIncremental | JET_bitBackupAtomic))
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(instance_pin(instance, &pinned));
    if (grbit & JET_bitBackupIncremental)
        return done(pinned, JET_errInvalidBackup); /* there are no logs to hold what is new */
    if (!szBackupPath || !*szBackupPath)
        return done(pinned, JET_errSuccess); /* only truncates logs, says the original */
    return done(pinned,
                backup_to_folder(pinned, szBackupPath, grbit & JET_bitBackupAtomic, pfnStatus));
}

JET_ERR entry_restore_instance(JET_INSTANCE instance, JET_PCSTR sz, JET_PCSTR szDest,
                               JET_PFNSTATUS pfn)
{
    if (!sz || !*sz)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(instance_check_not_started(instance));
    return backup_restore(sz, szDest && *szDest ? szDest : NULL, pfn);
}

JET_ERR entry_begin_external_backup_instance(JET_INSTANCE instance, JET_GRBIT grbit)
{
    Instance *pinned;
    if (grbit & ~JET_bitBackupIncremental)
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(instance_pin(instance, &pinned));
    return done(pinned, grbit ? JET_errInvalidBackup : backup_begin(pinned, false));
}

JET_ERR entry_get_attach_info_instance(JET_INSTANCE instance, JET_PSTR szzDatabases, uint32_t cbMax,
                                       uint32_t *pcbActual, bool wide)
{
    Instance *pinned;
    RETURN_IF_ERROR(instance_pin(instance, &pinned));
    return done(pinned, backup_list_databases(pinned, wide, szzDatabases, cbMax, pcbActual));
}

JET_ERR entry_get_log_info_instance(JET_INSTANCE instance, JET_PSTR szzLogs, uint32_t cbMax,
                                    uint32_t *pcbActual, bool wide)
{
    Instance *pinned;
    RETURN_IF_ERROR(instance_pin(instance, &pinned));
    return done(pinned, backup_list_logs(pinned, wide, szzLogs, cbMax, pcbActual));
}

JET_ERR entry_get_truncate_log_info_instance(JET_INSTANCE instance, JET_PSTR szzLogs,
                                             uint32_t cbMax, uint32_t *pcbActual, bool wide)
{
    return entry_get_log_info_instance(instance, szzLogs, cbMax, pcbActual, wide);
}

JET_ERR entry_open_file_instance(JET_INSTANCE instance, JET_PCSTR szFileName, JET_HANDLE *phfFile,
                                 uint32_t *pulFileSizeLow, uint32_t *pulFileSizeHigh)
{
    Instance *pinned;
    uint64_t size = 0;
    if (!phfFile || !pulFileSizeLow || !pulFileSizeHigh)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(instance_pin(instance, &pinned));
    JET_ERR err = backup_open_file(pinned, szFileName, phfFile, &size);
    if (err >= 0) {
        *pulFileSizeLow = (uint32_t)size;
        *pulFileSizeHigh = (uint32_t)(size >> 32);
    }
    return done(pinned, err);
}

JET_ERR entry_read_file_instance(JET_INSTANCE instance, JET_HANDLE hfFile, void *pv, uint32_t cb,
                                 uint32_t *pcbActual)
{
    Instance *pinned;
    if (!pv || !pcbActual)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(instance_pin(instance, &pinned));
    return done(pinned, backup_read_file(pinned, hfFile, pv, cb, pcbActual));
}

JET_ERR entry_close_file_instance(JET_INSTANCE instance, JET_HANDLE hfFile)
{
    Instance *pinned;
    RETURN_IF_ERROR(instance_pin(instance, &pinned));
    return done(pinned, backup_close_file(pinned, hfFile));
}

JET_ERR entry_truncate_log_instance(JET_INSTANCE instance)
{
    Instance *pinned;
    RETURN_IF_ERROR(instance_pin(instance, &pinned));
    return done(pinned, backup_truncate_logs(pinned));
}

JET_ERR entry_end_external_backup_instance(JET_INSTANCE instance)
{
    return entry_end_external_backup_instance2(instance, JET_bitBackupEndNormal);
}

JET_ERR entry_end_external_backup_instance2(JET_INSTANCE instance, JET_GRBIT grbit)
{
    Instance *pinned;
    if (grbit & ~(JET_bitBackupEndNormal | JET_bitBackupEndAbort | JET_bitBackupTruncateDone))
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(instance_pin(instance, &pinned));
    return done(pinned, backup_end_streaming(pinned));
}

JET_ERR entry_stop_backup_instance(JET_INSTANCE instance)
{
    Instance *pinned;
    RETURN_IF_ERROR(instance_pin(instance, &pinned));
    return done(pinned, backup_stop(pinned));
}

/* --- Snapshots of files --------------------------------------------------------------- */

JET_ERR entry_ossnapshot_prepare(JET_OSSNAPID *psnapId, JET_GRBIT grbit)
{
    if (!psnapId || (grbit & ~(JET_bitIncrementalSnapshot | JET_bitCopySnapshot |
                               JET_bitContinueAfterThaw | JET_bitExplicitPrepare)))
        return JET_errInvalidParameter;
    return os_snapshot_prepare(grbit, psnapId);
}

JET_ERR entry_ossnapshot_prepare_instance(JET_OSSNAPID snapId, JET_INSTANCE instance,
                                          JET_GRBIT grbit)
{
    return grbit ? JET_errInvalidParameter : os_snapshot_add(snapId, instance);
}

JET_ERR entry_ossnapshot_freeze(JET_OSSNAPID snapId, uint32_t *pcInstanceInfo,
                                JET_INSTANCE_INFO **paInstanceInfo, JET_GRBIT grbit, bool wide)
{
    if (!pcInstanceInfo || !paInstanceInfo || grbit)
        return JET_errInvalidParameter;
    return os_snapshot_freeze(snapId, wide, pcInstanceInfo, paInstanceInfo);
}

JET_ERR entry_ossnapshot_get_freeze_info(JET_OSSNAPID snapId, uint32_t *pcInstanceInfo,
                                         JET_INSTANCE_INFO **paInstanceInfo, JET_GRBIT grbit,
                                         bool wide)
{
    if (!pcInstanceInfo || !paInstanceInfo || grbit)
        return JET_errInvalidParameter;
    return os_snapshot_info(snapId, wide, pcInstanceInfo, paInstanceInfo);
}

JET_ERR entry_ossnapshot_thaw(JET_OSSNAPID snapId, JET_GRBIT grbit)
{
    return grbit ? JET_errInvalidParameter : os_snapshot_thaw(snapId);
}

JET_ERR entry_ossnapshot_abort(JET_OSSNAPID snapId, JET_GRBIT grbit)
{
    return grbit ? JET_errInvalidParameter : os_snapshot_abort(snapId);
}

JET_ERR entry_ossnapshot_end(JET_OSSNAPID snapId, JET_GRBIT grbit)
{
    return grbit & ~JET_bitAbortSnapshot ? JET_errInvalidGrbit : os_snapshot_end(snapId);
}

JET_ERR entry_ossnapshot_truncate_log(JET_OSSNAPID snapId, JET_GRBIT grbit)
{
    return grbit & ~JET_bitAllDatabasesSnapshot ? JET_errInvalidGrbit
                                                : os_snapshot_truncate(snapId, NULL);
}

JET_ERR entry_ossnapshot_truncate_log_instance(JET_OSSNAPID snapId, JET_INSTANCE instance,
                                               JET_GRBIT grbit)
{
    return grbit & ~JET_bitAllDatabasesSnapshot ? JET_errInvalidGrbit
                                                : os_snapshot_truncate(snapId, &instance);
}
