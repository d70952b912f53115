/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * error-info.c - what kind of error an error is: what a program may do about errors that it does
 * not know one by one.
 *
 * Listed are the errors of all categories but one: what is not listed says that the API was used
 * wrongly (JET_errcatUsage).
 */
#include "mailstore/ese/error-info.h"

#include <string.h>

#include "mailstore/ese/parameter.h"

static const JET_ERRCAT parents[JET_errcatMax] = {
    [JET_errcatOperation] = JET_errcatError,    [JET_errcatFatal] = JET_errcatOperation,
    [JET_errcatIO] = JET_errcatOperation,       [JET_errcatResource] = JET_errcatOperation,
    [JET_errcatMemory] = JET_errcatResource,    [JET_errcatQuota] = JET_errcatResource,
    [JET_errcatDisk] = JET_errcatResource,      [JET_errcatData] = JET_errcatError,
    [JET_errcatCorruption] = JET_errcatData,    [JET_errcatInconsistent] = JET_errcatData,
    [JET_errcatFragmentation] = JET_errcatData, [JET_errcatApi] = JET_errcatError,
    [JET_errcatUsage] = JET_errcatApi,          [JET_errcatState] = JET_errcatApi,
    [JET_errcatObsolete] = JET_errcatApi,
};

#define MANY(...)                                                                                  \
    (const JET_ERR[])                                                                              \
    {                                                                                              \
        __VA_ARGS__, 0                                                                             \
    }

static const struct {
    JET_ERRCAT category;
    const JET_ERR *errors; /* up to a 0 */
} categories[] = {
    {JET_errcatOperation,
     MANY(JET_errFileClose, JET_errTaskDropped, JET_errInternalError,
          JET_errUnloadableOSFunctionality, JET_errBackupAbortByServer, JET_errTermInProgress,
          JET_errClientRequestToStopJetService, JET_errOSSnapshotTimeOut, JET_errFileIOAbort,
          JET_errFileIORetry, JET_errTransactionsNotReadyDuringRecovery)},
    {JET_errcatFatal,
     MANY(JET_errLogWriteFail, JET_errLogDisabledDueToRecoveryFailure,
          JET_errCannotLogDuringRecoveryRedo, JET_errRollbackError, JET_errInstanceUnavailable,
          JET_errDatabaseUnavailable, JET_errInstanceUnavailableDueToFatalLogDiskFull)},
    {JET_errcatIO, MANY(JET_errDiskIO, JET_errTempFileOpenError, JET_errNTSystemCallFailed,
                        JET_errDiskReadVerificationFailure, JET_errFileIOFail,
                        JET_errReadLostFlushVerifyFailure)},
    {JET_errcatMemory, MANY(JET_errOutOfThreads, JET_errOutOfMemory, JET_errOutOfCursors,
                            JET_errOutOfBuffers, JET_errOutOfSessions, JET_errTooManyIO,
                            JET_errSPAvailExtCacheOutOfMemory, JET_errOutOfFileHandles)},
    {JET_errcatQuota,
     MANY(JET_errVersionStoreOutOfMemory, JET_errVersionStoreOutOfMemoryAndCleanupTimedOut,
          JET_errTooManyMempoolEntries, JET_errTooManyOpenTables,
          JET_errTooManyOpenTablesAndCleanupTimedOut, JET_errTooManyOpenIndexes,
          JET_errTooManyInstances, JET_errTooManyOpenDatabases, JET_errTransactionTooLong,
          JET_errCheckpointDepthTooDeep)},
    {JET_errcatDisk, MANY(JET_errDiskFull, JET_errLogDiskFull, JET_errOutOfDatabaseSpace)},
    {JET_errcatCorruption,
     MANY(JET_errDatabaseBufferDependenciesCorrupted, JET_errPreviousVersion, JET_errPageBoundary,
          JET_errKeyBoundary, JET_errBadPageLink, JET_errBadParentPageLink,
          JET_errSPAvailExtCacheOutOfSync, JET_errSPAvailExtCorrupted, JET_errSPOwnExtCorrupted,
          JET_errDbTimeCorrupted, JET_errKeyTruncated, JET_errDatabaseLeakInSpace,
          JET_errBadEmptyPage, JET_errBadLineCount, JET_errPageTagCorrupted, JET_errNodeCorrupted,
          JET_errInvalidLoggedOperation, JET_errLogFileCorrupt, JET_errLogCorrupted,
          JET_errCheckpointCorrupt, JET_errRedoAbruptEnded, JET_errLogTornWriteDuringHardRestore,
          JET_errLogTornWriteDuringHardRecovery, JET_errLogCorruptDuringHardRestore,
          JET_errLogCorruptDuringHardRecovery, JET_errCommittedLogFileCorrupt,
          JET_errLogSequenceChecksumMismatch, JET_errPageInitializedMismatch,
          JET_errLogReadVerifyFailure, JET_errReadVerifyFailure, JET_errPageNotInitialized,
          JET_errReadPgnoVerifyFailure, JET_errFileSystemCorruption, JET_errRecoveryVerifyFailure,
          JET_errDatabaseCorrupted, JET_errCatalogCorrupted, JET_errDatabaseCorruptedNoRepair,
          JET_errIndexBuildCorrupted, JET_errPrimaryIndexCorrupted, JET_errSecondaryIndexCorrupted,
          JET_errLVCorrupted, JET_errDerivedColumnCorruption, JET_errDecompressionFailed)},
    {JET_errcatInconsistent,
     MANY(JET_errLogGenerationMismatch, JET_errBadLogVersion, JET_errBadLogSignature,
          JET_errBadDbSignature, JET_errBadCheckpointSignature, JET_errMissingPatchPage,
          JET_errBadPatchPage, JET_errMissingPreviousLogFile, JET_errMissingLogFile,
          JET_errPatchFileMissing, JET_errDatabaseLogSetMismatch,
          JET_errDatabaseStreamingFileMismatch, JET_errLogFileSizeMismatch,
          JET_errRequiredLogFilesMissing, JET_errSoftRecoveryOnBackupDatabase,
          JET_errDatabaseDirtyShutdown, JET_errConsistentTimeMismatch,
          JET_errDatabasePatchFileMismatch, JET_errDatabaseIncompleteUpgrade,
          JET_errMissingCurrentLogFiles, JET_errDbTimeTooOld, JET_errDbTimeTooNew,
          JET_errMissingFileToBackup, JET_errDatabasesNotFromSameSnapshot,
          JET_errCommittedLogFilesMissing, JET_errInvalidDatabaseVersion, JET_errDirtyShutdown,
          JET_errAttachedDatabaseMismatch, JET_errInvalidDatabase, JET_errCheckpointFileNotFound,
          JET_errFlushMapDatabaseMismatch, JET_errFlushMapUnrecoverable)},
    {JET_errcatFragmentation,
     MANY(JET_errOutOfObjectIDs, JET_errOutOfLongValueIDs, JET_errOutOfAutoincrementValues,
          JET_errOutOfDbtimeValues, JET_errOutOfSequentialIndexValues, JET_errTooManySplits)},
    {JET_errcatState,
     MANY(JET_errBackupInProgress, JET_errRestoreInProgress, JET_errLoggingDisabled,
          JET_errNoBackup, JET_errBackupNotAllowedYet, JET_errWriteConflict,
          JET_errWriteConflictPrimaryIndex, JET_errSessionWriteConflict, JET_errRecordDeleted,
          JET_errNoCurrentRecord, JET_errRecordNotFound, JET_errKeyDuplicate,
          JET_errFileAccessDenied, JET_errFileNotFound, JET_errFileAlreadyExists,
          JET_errDatabaseNotFound, JET_errDatabaseDuplicate, JET_errDatabaseInUse,
          JET_errDatabaseLocked, JET_errDatabaseSharingViolation, JET_errTableLocked,
          JET_errTableInUse, JET_errTableDuplicate, JET_errObjectNotFound, JET_errObjectDuplicate,
          JET_errIndexInUse, JET_errIndexNotFound, JET_errColumnInUse, JET_errColumnNotFound,
          JET_errTooManyActiveUsers, JET_errInitInProgress, JET_errAlreadyInitialized,
          JET_errDatabaseAlreadyRunningMaintenance, JET_errOSSnapshotNotAllowed,
          JET_errSystemPathInUse, JET_errLogFilePathInUse, JET_errTempPathInUse,
          JET_errInstanceNameInUse, JET_errRunningInOneInstanceMode,
          JET_errRunningInMultiInstanceMode, JET_errDatabaseFileReadOnly, JET_errPermissionDenied,
          JET_errDatabaseNotReady)},
    {JET_errcatObsolete,
     MANY(JET_errRfsNotArmed, JET_errDatabase200Format, JET_errDatabase400Format,
          JET_errDatabase500Format, JET_errStreamingDataNotLogged, JET_errLinkNotSupported)},
};

JET_ERRCAT error_category(JET_ERR err)
{
    if (err >= 0 || !parameter_error_name(err))
        return JET_errcatUnknown;
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
        for (const JET_ERR *each = categories[i].errors; *each; each++)
            if (*each == err)
                return categories[i].category;
    return JET_errcatUsage;
}

void error_category_hierarchy(JET_ERRCAT category, uint8_t ret[8])
{
    unsigned depth = 0;
    memset(ret, JET_errcatUnknown, 8);
    for (JET_ERRCAT each = category; each != JET_errcatUnknown; each = parents[each])
        depth++;
    for (JET_ERRCAT each = category; each != JET_errcatUnknown; each = parents[each])
        ret[--depth] = (uint8_t)each;
}
