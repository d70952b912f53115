/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * esent-system.h - the functions of the JET API for instances, sessions, transactions and
 * databases.
 *
 * Included by esent.h, which is the header to use and says what holds for all functions.
 */
#ifndef ESENT_SYSTEM_H
#define ESENT_SYSTEM_H

#include "esent-types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Instances and parameters ------------------------------------------------ */

/* Makes an instance, to be configured and then started with JetInit. JET_errInstanceNameInUse,
 * JET_errTooManyInstances. Any thread. */
JET_ERR JetCreateInstance(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName);
/* As JetCreateInstance; the display name is kept and not used, grbit must be 0. */
JET_ERR JetCreateInstance2(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName,
                           JET_PCSTR szDisplayName, JET_GRBIT grbit);
/* Starts an instance. NULL, or a handle of 0 or nil, makes the process's only, nameless one and
 * gives it back. JET_errAlreadyInitialized, JET_errInvalidInstance. Any thread. */
JET_ERR JetInit(JET_INSTANCE *pinstance);
/* As JetInit. The bits speak of log files, which do not exist here, and change nothing. */
JET_ERR JetInit2(JET_INSTANCE *pinstance, JET_GRBIT grbit);
/* As JetInit2. prstInfo is checked and otherwise not used: there is nothing to replay, so no
 * database is renamed by it and pfnStatus is not called. */
JET_ERR JetInit3(JET_INSTANCE *pinstance, JET_RSTINFO *prstInfo, JET_GRBIT grbit);
/* Prepares for the end: from now on calls give JET_errClientRequestToStopJetService, all but
 * JetRollback, JetCloseTable, JetEndSession, JetCloseDatabase, JetDetachDatabase,
 * JetResetSessionContext and JetTerm. Any thread. */
JET_ERR JetStopServiceInstance(JET_INSTANCE instance);
/* As JetStopServiceInstance (JET_bitStopServiceAll), or back to service with
 * JET_bitStopServiceResume. JET_bitStopServiceBackgroundUserTasks and -QuiesceCaches stop what
 * this engine has not got, and change nothing. */
JET_ERR JetStopServiceInstance2(JET_INSTANCE instance, JET_GRBIT grbit);
/* Ends an instance: sessions, cursors and databases are closed, lazy commits are made durable.
 * JET_errTooManyActiveUsers while a transaction is open or another thread stays in a call. */
JET_ERR JetTerm(JET_INSTANCE instance);
/* As JetTerm; JET_bitTermAbrupt rolls open transactions back instead. */
JET_ERR JetTerm2(JET_INSTANCE instance, JET_GRBIT grbit);
/* Sets a parameter of an instance, or, with none, what new instances start with.
 * JET_errInvalidParameter for an unknown one or a value out of range, JET_errAlreadyInitialized
 * when it is too late. Any thread. */
JET_ERR JetSetSystemParameter(JET_INSTANCE *pinstance, JET_SESID sesid, uint32_t paramid,
                              JET_API_PTR lParam, JET_PCSTR szParam);
/* Gets a number in *plParam or text in szParam (cbMax bytes). JET_paramErrorToString takes the
 * error in *plParam. JET_errBufferTooSmall. Any thread. */
JET_ERR JetGetSystemParameter(JET_INSTANCE instance, JET_SESID sesid, uint32_t paramid,
                              JET_API_PTR *plParam, JET_PSTR szParam, uint32_t cbMax);

/* The instances of the process, running or not, and their databases, in one block that
 * JetFreeBuffer frees. Any thread. */
JET_ERR JetGetInstanceInfo(uint32_t *pcInstanceInfo, JET_INSTANCE_INFO **paInstanceInfo);
/* JET_InstanceMiscInfoLogSignature: a JET_SIGNATURE made when the instance started, the one of its
 * commit ids. ESENT_InstanceMiscInfoSnapshots. JET_errBufferTooSmall. Any thread. */
JET_ERR JetGetInstanceMiscInfo(JET_INSTANCE instance, void *pvResult, uint32_t cbMax,
                               uint32_t InfoLevel);
/* JET_ErrorInfoSpecificErr: a JET_ERRINFOBASIC of the JET_ERR at pvContext: what kind of error it
 * is. JET_errInvalidParameter for what is no error, JET_errBufferTooSmall. Any thread. */
JET_ERR JetGetErrorInfo(void *pvContext, void *pvResult, uint32_t cbMax, uint32_t InfoLevel,
                        JET_GRBIT grbit);
/* A JET_THREADSTATS or JET_THREADSTATS2 of the calling thread since it began: pages of memory
 * first touched (referenced) and among them read from disk, from the kernel's count of page
 * faults of the whole thread; the other counts are 0. JET_errBufferTooSmall. Any thread. */
JET_ERR JetGetThreadStats(void *pvResult, uint32_t cbMax);
/* Frees what JetGetInstanceInfo and its like gave; NULL is fine. Any thread. */
JET_ERR JetFreeBuffer(char *pbBuf);
/* The database is never in a core dump (it is a shared map of a file), which is what
 * JET_bitDumpMinimum, -CacheMinimum and -CacheNoDecommit ask for; the bits that want it there give
 * JET_errFeatureNotAvailable. Any thread. */
JET_ERR JetConfigureProcessForCrashDump(JET_GRBIT grbit);

/* --- Sessions and transactions ------------------------------------------------ */

/* Begins a session; user and password are ignored. JET_errOutOfSessions, JET_errNotInitialized,
 * JET_errTermInProgress. A session is for one thread at a time: a call while another is inside
 * gives JET_errSessionSharingViolation. */
JET_ERR JetBeginSession(JET_INSTANCE instance, JET_SESID *psesid, JET_PCSTR szUserName,
                        JET_PCSTR szPassword);
/* Another session of the same instance, with nothing open. */
JET_ERR JetDupSession(JET_SESID sesid, JET_SESID *psesid);
/* JET_sesparamCommitDefault: 4 bytes, the bits of commits without any (JET_paramCommitDefault of
 * the session). JET_sesparamOperationContext (a JET_OPERATIONCONTEXT) and -CorrelationID (4 bytes)
 * are kept and given back. JET_errInvalidBufferSize, JET_errInvalidSesparamId,
 * JET_errFeatureNotAvailable for JET_sesparamTransactionLevel, which is read only. */
JET_ERR JetSetSessionParameter(JET_SESID sesid, uint32_t sesparamid, void *pvParam,
                               uint32_t cbParam);
/* Gets one, with JET_sesparamTransactionLevel (4 bytes); pvParam may be NULL to ask for the size
 * only. JET_errInvalidBufferSize, JET_errInvalidSesparamId. */
JET_ERR JetGetSessionParameter(JET_SESID sesid, uint32_t sesparamid, void *pvParam,
                               uint32_t cbParamMax, uint32_t *pcbParamActual);
/* Rolls back what is open, closes cursors and databases, and ends the session. */
JET_ERR JetEndSession(JET_SESID sesid, JET_GRBIT grbit);
/* The engine's version as programs compare it: build number << 8. */
JET_ERR JetGetVersion(JET_SESID sesid, uint32_t *pwVersion);
/* Ties the session to the calling thread under this number (not 0 or -1), until reset; a
 * transaction begun under it may go on on any thread that sets the same number.
 * JET_errSessionContextAlreadySet. */
JET_ERR JetSetSessionContext(JET_SESID sesid, JET_API_PTR ulContext);
/* Unties it. JET_errSessionContextNotSetByThisThread. */
JET_ERR JetResetSessionContext(JET_SESID sesid);
/* Opens a level, 1 to 7. The first fixes what the session sees of others, and belongs to the
 * calling thread. JET_errTransTooDeep. */
JET_ERR JetBeginTransaction(JET_SESID sesid);
/* As JetBeginTransaction; JET_bitTransactionReadOnly (of the first level) refuses changes with
 * JET_errTransReadOnly. */
JET_ERR JetBeginTransaction2(JET_SESID sesid, JET_GRBIT grbit);
/* As JetBeginTransaction2; trxid is the program's own and not used. */
JET_ERR JetBeginTransaction3(JET_SESID sesid, int64_t trxid, JET_GRBIT grbit);
/* Closes a level. The last one makes changes visible and, unless JET_bitCommitLazyFlush, durable.
 * The waiting bits each stand alone and are fine outside a transaction. JET_errNotInTransaction.
 * After an error the transaction is still open. If another process changed the same rows since,
 * JET_errWriteConflict. */
JET_ERR JetCommitTransaction(JET_SESID sesid, JET_GRBIT grbit);
/* As JetCommitTransaction; with a delay of cmsecDurableCommit milliseconds it is lazy, and durable
 * after that at the latest. *pCommitId, with the signature of the instance's run, is what
 * JET_paramDurableCommitCallback tells of when it is durable: of a lazy commit without a delay
 * after half a second, or with the next commit that is not lazy. Of the inner levels it is 0. */
JET_ERR JetCommitTransaction2(JET_SESID sesid, JET_GRBIT grbit, uint32_t cmsecDurableCommit,
                              JET_COMMIT_ID *pCommitId);
/* Undoes a level (JET_bitRollbackAll: all). Rows prepared in it are forgotten, cursors opened in
 * it closed, indexes chosen in it given up. JET_errNotInTransaction. */
JET_ERR JetRollback(JET_SESID sesid, JET_GRBIT grbit);

/* JET_bitIdleFlushBuffers makes lazy commits durable. JET_bitIdleCompact has nothing to do
 * (JET_wrnNoIdleActivity). JET_bitIdleStatus gives JET_wrnIdleFull when the session's transaction
 * holds more than half of what it may (JET_paramMaxVerPages). JET_errInvalidGrbit. */
JET_ERR JetIdle(JET_SESID sesid, JET_GRBIT grbit);

/* --- Databases ------------------------------------------------------------------ */

/* Makes and opens a database file; szConnect is ignored. JET_errDatabaseDuplicate unless
 * JET_bitDbOverwriteExisting, and then JET_errDatabaseSharingViolation when anybody has it open;
 * JET_errInTransaction, JET_errTooManyAttachedDatabases. */
JET_ERR JetCreateDatabase(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect,
                          JET_DBID *pdbid, JET_GRBIT grbit);
/* As JetCreateDatabase; at most this many pages of 4 KB, 0 for no limit. */
JET_ERR JetCreateDatabase2(JET_SESID sesid, JET_PCSTR szFilename, uint32_t cpgDatabaseSizeMax,
                           JET_DBID *pdbid, JET_GRBIT grbit);
/* Makes a file known to the instance. JET_wrnDatabaseAttached when it is,
 * JET_errDatabaseSharingViolation when another instance has it. */
JET_ERR JetAttachDatabase(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
/* As JetAttachDatabase; the size limit is ignored. */
JET_ERR JetAttachDatabase2(JET_SESID sesid, JET_PCSTR szFilename, uint32_t cpgDatabaseSizeMax,
                           JET_GRBIT grbit);
/* Lets go of a file, or, with NULL, of all. JET_errDatabaseInUse while a session has it open. */
JET_ERR JetDetachDatabase(JET_SESID sesid, JET_PCSTR szFilename);
/* As JetDetachDatabase; forcing gives JET_errForceDetachNotAllowed. */
JET_ERR JetDetachDatabase2(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
/* Opens an attached database for this session, counting. JET_errDatabaseNotFound. */
JET_ERR JetOpenDatabase(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect, JET_DBID *pdbid,
                        JET_GRBIT grbit);
/* Undoes one open; the last closes the session's cursors in it and gives JET_errInTransaction
 * inside a transaction. */
JET_ERR JetCloseDatabase(JET_SESID sesid, JET_DBID dbid, JET_GRBIT grbit);

/* Of an open database: the text JET_DbInfoFilename and -Connect (empty); 4 bytes each of -Filesize,
 * -FilesizeOnDisk, -SpaceOwned (all pages), -SpaceAvailable (free pages that are not pinned by a
 * snapshot), -PageSize, -Options (JET_bitDb... of the open), -Transactions (levels), -Version,
 * -LCID, -Cp, -Country, -Collate, -FileType, -DBInUse; a JET_DBINFOMISC or JET_DBINFOMISC4 of
 * -Misc, where what speaks of log files is 0. -Filesize and both -Space are in pages. -Upgrade and
 * -Isam give JET_errFeatureNotAvailable. JET_errBufferTooSmall, JET_errInvalidDatabaseId. */
JET_ERR JetGetDatabaseInfo(JET_SESID sesid, JET_DBID dbid, void *pvResult, uint32_t cbMax,
                           uint32_t InfoLevel);
/* Of a file, open or not, without opening it: JET_DbInfoFilesize and -FilesizeOnDisk, 8 bytes, in
 * bytes; -PageSize, -FileType, -DBInUse (by any process), -Version, 4 bytes; -Misc. The other
 * levels give JET_errInvalidParameter. JET_errFileNotFound, JET_errDatabaseCorrupted,
 * JET_errInvalidBufferSize. Any thread. */
JET_ERR JetGetDatabaseFileInfo(JET_PCSTR szDatabaseName, void *pvResult, uint32_t cbMax,
                               uint32_t InfoLevel);

/* --- Space ------------------------------------------------------------------------------ */

/* Writes what is in a database that nobody has open densely into a new file, entry by entry; the
 * source stays as it is. pfnStatus, which may be NULL, is told of begin, progress (entries) and
 * completion. JET_errDatabaseInUse, JET_errDatabaseDuplicate when the new file exists,
 * JET_errInTransaction, JET_errBackupInProgress; with pconvert or one of the bits
 * JET_errFeatureNotAvailable. An error leaves no file. */
JET_ERR JetCompact(JET_SESID sesid, JET_PCSTR szDatabaseSrc, JET_PCSTR szDatabaseDest,
                   JET_PFNSTATUS pfnStatus, JET_CONVERT *pconvert, JET_GRBIT grbit);
/* Has nothing to do: free pages are used again at once, pages that become nearly empty are merged
 * with their neighbours as rows are deleted. Starting is done at once, with no pass
 * (JET_bitDefragmentBatchStart); stopping gives JET_wrnDefragNotRunning. JET_errObjectNotFound,
 * JET_errDatabaseFileReadOnly. */
JET_ERR JetDefragment(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t *pcPasses,
                      uint32_t *pcSeconds, JET_GRBIT grbit);
/* As JetDefragment; the function is called with JET_cbtypOnlineDefragCompleted. */
JET_ERR JetDefragment2(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t *pcPasses,
                       uint32_t *pcSeconds, JET_CALLBACK callback, JET_GRBIT grbit);
/* Reserves disk space so that the file has cpg pages; *pcpgReal: how many it has then.
 * JET_errDiskFull, JET_errOutOfDatabaseSpace beyond the size limit of the database,
 * JET_errDatabaseFileReadOnly. */
JET_ERR JetGrowDatabase(JET_SESID sesid, JET_DBID dbid, uint32_t cpg, uint32_t *pcpgReal);
/* As JetGrowDatabase, or, when the file is larger, gives free pages back to the file system as
 * holes and cuts it to its last page that was ever in use; JET_wrnShrinkNotPossible when that is
 * more than cpgTarget (JET_DbInfoFilesizeOnDisk tells what it takes).
 * JET_bitResizeDatabaseOnlyGrow, -OnlyShrink. */
JET_ERR JetResizeDatabase(JET_SESID sesid, JET_DBID dbid, uint32_t cpgTarget, uint32_t *pcpgActual,
                          JET_GRBIT grbit);
/* As JetGrowDatabase, of a file that is not attached: JET_errDatabaseInUse, JET_errFileNotFound. */
JET_ERR JetSetDatabaseSize(JET_SESID sesid, JET_PCSTR szDatabaseName, uint32_t cpg,
                           uint32_t *pcpgReal);

/* --- Backup and restore -------------------------------------------------------------- */

/* Copies all databases of the instance, as they are when it begins, into a folder, while sessions
 * go on. The folder is made, or must be empty: JET_errBackupDirectoryNotEmpty,
 * JET_errMakeBackupDirectoryFail. With JET_bitBackupAtomic the copy is made in the folder's "new"
 * and then replaces "old", which stays whole until then. pfnStatus, which may be NULL, is told of
 * begin, progress (bytes) and completion. No path: there are no logs to truncate, nothing is done.
 * Incremental gives JET_errInvalidBackup. JET_errBackupInProgress, JET_errBackupAbortByServer.
 * What an error leaves is deleted. Any thread. */
JET_ERR JetBackupInstance(JET_INSTANCE instance, JET_PCSTR szBackupPath, JET_GRBIT grbit,
                          JET_PFNSTATUS pfnStatus);
/* Copies the databases of such a folder to where they were, or into the folder szDest, over what is
 * there. The instance must not have been started (JET_errAfterInitialization), the files be in
 * nobody's use (JET_errDatabaseInUse). JET_errNoBackupDirectory, JET_errMissingFullBackup,
 * JET_errInvalidBackup, JET_errDatabaseCorrupted. */
JET_ERR JetRestoreInstance(JET_INSTANCE instance, JET_PCSTR sz, JET_PCSTR szDest,
                           JET_PFNSTATUS pfn);
/* Begins a streaming backup: images of all databases as they are now, to be read as files while
 * sessions go on. They keep a snapshot until the end. JET_errBackupInProgress,
 * JET_errInvalidBackup for an incremental one. The calls of a backup may come from any thread. */
JET_ERR JetBeginExternalBackupInstance(JET_INSTANCE instance, JET_GRBIT grbit);
/* The paths of its databases, each with a zero, and one more behind the last.
 * JET_wrnBufferTruncated, JET_errNoBackup, JET_errInvalidBackupSequence after the logs. */
JET_ERR JetGetAttachInfoInstance(JET_INSTANCE instance, JET_PSTR szzDatabases, uint32_t cbMax,
                                 uint32_t *pcbActual);
/* Opens the image of a database. JET_errFileNotFound, JET_errNoBackup,
 * JET_errInvalidBackupSequence after the logs, JET_errBackupAbortByServer. */
JET_ERR JetOpenFileInstance(JET_INSTANCE instance, JET_PCSTR szFileName, JET_HANDLE *phfFile,
                            uint32_t *pulFileSizeLow, uint32_t *pulFileSizeHigh);
/* Reads on; cb must be a multiple of the page size (JET_errInvalidParameter). 0 bytes at the end.
 * The bytes in order are a database file. */
JET_ERR JetReadFileInstance(JET_INSTANCE instance, JET_HANDLE hfFile, void *pv, uint32_t cb,
                            uint32_t *pcbActual);
/* JET_errInvalidParameter for a handle that is not open. */
JET_ERR JetCloseFileInstance(JET_INSTANCE instance, JET_HANDLE hfFile);
/* An empty list: there are no log files. The databases are then done with. */
JET_ERR JetGetLogInfoInstance(JET_INSTANCE instance, JET_PSTR szzLogs, uint32_t cbMax,
                              uint32_t *pcbActual);
/* As JetGetLogInfoInstance. */
JET_ERR JetGetTruncateLogInfoInstance(JET_INSTANCE instance, JET_PSTR szzLogs, uint32_t cbMax,
                                      uint32_t *pcbActual);
/* Has nothing to do. JET_errNoBackup, JET_errInvalidBackupSequence before the logs. */
JET_ERR JetTruncateLogInstance(JET_INSTANCE instance);
/* Ends a streaming backup, and closes its files. JET_errNoBackup. */
JET_ERR JetEndExternalBackupInstance(JET_INSTANCE instance);
/* As JetEndExternalBackupInstance; how it went is not kept anywhere. */
JET_ERR JetEndExternalBackupInstance2(JET_INSTANCE instance, JET_GRBIT grbit);
/* Makes a backup under way fail with JET_errBackupAbortByServer; a streaming one is still to be
 * ended. JET_errNoBackup. */
JET_ERR JetStopBackupInstance(JET_INSTANCE instance);

/* --- Snapshots of files ----------------------------------------------------------------- */

/* Prepares to hold all writes while files are copied from outside, of all running instances or,
 * with JET_bitExplicitPrepare, of none yet. JET_bitContinueAfterThaw, -IncrementalSnapshot,
 * -CopySnapshot. There is one snapshot at a time: JET_errOSSnapshotInvalidSequence. All these
 * calls: JET_errOSSnapshotInvalidSnapId, and any thread. */
JET_ERR JetOSSnapshotPrepare(JET_OSSNAPID *psnapId, JET_GRBIT grbit);
/* Adds an instance before the freeze. JET_errOSSnapshotInvalidSequence. */
JET_ERR JetOSSnapshotPrepareInstance(JET_OSSNAPID snapId, JET_INSTANCE instance, JET_GRBIT grbit);
/* Makes everything committed durable and holds commits, of other processes too, until the thaw or
 * for JET_paramOSSnapshotTimeout milliseconds: a copy of the database files made meanwhile is
 * whole. Reading goes on. The array is for JetFreeBuffer. JET_errOSSnapshotNotAllowed while a
 * backup is running, JET_errOSSnapshotInvalidSequence, JET_errOutOfThreads. */
JET_ERR JetOSSnapshotFreeze(JET_OSSNAPID snapId, uint32_t *pcInstanceInfo,
                            JET_INSTANCE_INFO **paInstanceInfo, JET_GRBIT grbit);
/* What JetOSSnapshotFreeze gave, while frozen. JET_errOSSnapshotInvalidSequence. */
JET_ERR JetOSSnapshotGetFreezeInfo(JET_OSSNAPID snapId, uint32_t *pcInstanceInfo,
                                   JET_INSTANCE_INFO **paInstanceInfo, JET_GRBIT grbit);
/* Lets commits go on, and ends the snapshot unless it continues after the thaw.
 * JET_errOSSnapshotTimeOut: they went on before, so a copy may not be whole; the snapshot has
 * ended. JET_errOSSnapshotInvalidSequence. */
JET_ERR JetOSSnapshotThaw(JET_OSSNAPID snapId, JET_GRBIT grbit);
/* Ends the snapshot in whatever state it is, and thaws. */
JET_ERR JetOSSnapshotAbort(JET_OSSNAPID snapId, JET_GRBIT grbit);
/* Ends a snapshot that continued after the thaw. JET_errOSSnapshotInvalidSequence. */
JET_ERR JetOSSnapshotEnd(JET_OSSNAPID snapId, JET_GRBIT grbit);
/* Has nothing to do, between thaw and end. JET_errOSSnapshotInvalidSequence, also of a copy
 * snapshot. */
JET_ERR JetOSSnapshotTruncateLog(JET_OSSNAPID snapId, JET_GRBIT grbit);
/* As JetOSSnapshotTruncateLog. JET_errInvalidInstance for one that does not take part. */
JET_ERR JetOSSnapshotTruncateLogInstance(JET_OSSNAPID snapId, JET_INSTANCE instance,
                                         JET_GRBIT grbit);

#ifdef __cplusplus
}
#endif

#endif /* ESENT_SYSTEM_H */
