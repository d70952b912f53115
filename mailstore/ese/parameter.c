/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parameter.c - one table of all numbered parameters, and access to a set of values.
 *
 * Many describe machinery that this engine has not got (log files, version pages, caches): they
 * are kept, checked and given back, so that programs written for the original run, and have no
 * other effect. Those with an effect: MaxSessions, MaxCursors, MaxVerPages, CommitDefault,
 * MaxTemporaryTables, EnableTempTableVersioning, TempPath (its directory),
 * DatabasePageSize (the longest record), EnableDBScanInRecovery (every
 * attach checks all pages first), CreatePathIfNotExist, MaxInstances, UnicodeIndexDefault,
 * and our own.
 *
 * Fails with JET_errInvalidParameter, JET_errAlreadyInitialized, JET_errBufferTooSmall,
 * JET_errOutOfMemory.
 */
#include "mailstore/ese/parameter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/error-names.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/key-text.h"
#include "mailstore/ese/schema.h"

#define NO_LIMIT UINTPTR_MAX

typedef enum {
    PARAMETER_NONE,
    PARAMETER_INTEGER,
    PARAMETER_BOOLEAN,
    PARAMETER_BLOCK_SIZE, /* a power of two */
    PARAMETER_STRING,     /* min and max are of its length */
    PARAMETER_READ_ONLY,
    PARAMETER_ERROR_TEXT,
    PARAMETER_UNICODE_INDEX,
} ParameterType;

enum {
    GLOBAL = 1,        /* one value for the process */
    FIXED_BY_INIT = 2, /* may not change after JetInit */
    TABLE_CLASS_NAME_MAX = 31,
};

typedef struct {
    ParameterType type;
    int flags;
    JET_API_PTR min, max, value;
    const char *text;
} Parameter;

static const Parameter parameters[PARAMETER_COUNT] = {
    [JET_paramSystemPath] = {PARAMETER_STRING, FIXED_BY_INIT, 0, 246, 0, "./"},
    [JET_paramTempPath] = {PARAMETER_STRING, FIXED_BY_INIT, 0, 247, 0, "tmp.edb"},
    [JET_paramLogFilePath] = {PARAMETER_STRING, FIXED_BY_INIT, 0, 246, 0, "./"},
    [JET_paramBaseName] = {PARAMETER_STRING, FIXED_BY_INIT, 3, 3, 0, "edb"},
    [JET_paramEventSource] = {PARAMETER_STRING, FIXED_BY_INIT, 0, 259, 0, ""},
    [JET_paramMaxSessions] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, 30000, 16, NULL},
    [JET_paramMaxOpenTables] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, INT32_MAX, 300, NULL},
    [JET_paramPreferredMaxOpenTables] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, INT32_MAX, 0, NULL},
    [JET_paramMaxCursors] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, INT32_MAX, 1024, NULL},
    [JET_paramMaxVerPages] = {PARAMETER_INTEGER, FIXED_BY_INIT, 1, INT32_MAX, 64, NULL},
    [JET_paramMaxTemporaryTables] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, INT32_MAX, 20, NULL},
    [JET_paramLogFileSize] = {PARAMETER_INTEGER, FIXED_BY_INIT, 64, 32768, 5120, NULL},
    [JET_paramLogBuffers] = {PARAMETER_INTEGER, FIXED_BY_INIT, 1, INT32_MAX, 126, NULL},
    [JET_paramWaitLogFlush] = {PARAMETER_INTEGER, 0, 0, INT32_MAX, 0, NULL},
    [JET_paramLogCheckpointPeriod] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, INT32_MAX, 1024, NULL},
    [JET_paramLogWaitingUserMax] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, INT32_MAX, 3, NULL},
    [JET_paramCommitDefault] = {PARAMETER_INTEGER, 0, 0, NO_LIMIT, 0, NULL},
    [JET_paramCircularLog] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramDbExtensionSize] = {PARAMETER_INTEGER, 0, 1, INT32_MAX, 256, NULL},
    [JET_paramPageTempDBMin] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, INT32_MAX, 0, NULL},
    [JET_paramPageFragment] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, INT32_MAX, 8, NULL},
    [JET_paramBatchIOBufferMax] = {PARAMETER_INTEGER, GLOBAL, 0, NO_LIMIT, 256, NULL},
    [JET_paramCacheSizeMax] = {PARAMETER_INTEGER, GLOBAL, 1, NO_LIMIT, 2000000000, NULL},
    [JET_paramCheckpointDepthMax] = {PARAMETER_INTEGER, 0, 0, NO_LIMIT, 20971520, NULL},
    [JET_paramLRUKCorrInterval] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0, NO_LIMIT, 128000,
                                   NULL},
    [JET_paramLRUKHistoryMax] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0, NO_LIMIT, 100000,
                                 NULL},
    [JET_paramLRUKPolicy] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 1, 2, 2, NULL},
    [JET_paramLRUKTimeout] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 1, NO_LIMIT, 100, NULL},
    [JET_paramLRUKTrxCorrInterval] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0, NO_LIMIT, 0,
                                      NULL},
    [JET_paramOutstandingIOMax] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0, 65536, 1024, NULL},
    [JET_paramStartFlushThreshold] = {PARAMETER_INTEGER, GLOBAL, 0, NO_LIMIT, 20000000, NULL},
    [JET_paramStopFlushThreshold] = {PARAMETER_INTEGER, GLOBAL, 0, NO_LIMIT, 40000000, NULL},
    [JET_paramRecovery] = {PARAMETER_STRING, FIXED_BY_INIT, 0, 259, 0, "on"},
    [JET_paramEnableOnlineDefrag] = {PARAMETER_INTEGER, 0, 0, JET_OnlineDefragAll,
                                     JET_OnlineDefragAll, NULL},
    [JET_paramCheckFormatWhenOpenFail] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 1, NULL},
    [JET_paramEnableIndexChecking] = {PARAMETER_INTEGER, 0, 0, 3, 1, NULL},
    [JET_paramEnableTempTableVersioning] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 1, NULL},
    [JET_paramIgnoreLogVersion] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, 0, 0, NULL},
    [JET_paramDeleteOldLogs] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramEventSourceKey] = {PARAMETER_STRING, FIXED_BY_INIT, 0, 259, 0, ""},
    [JET_paramNoInformationEvent] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramEventLoggingLevel] = {PARAMETER_INTEGER, FIXED_BY_INIT, JET_EventLoggingDisable,
                                    JET_EventLoggingLevelMax, JET_EventLoggingLevelMax, NULL},
    [JET_paramDeleteOutOfRangeLogs] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramAccessDeniedRetryPeriod] = {PARAMETER_INTEGER, GLOBAL, 0, NO_LIMIT, 10000, NULL},
    [JET_paramEnableIndexCleanup] = {PARAMETER_BOOLEAN, 0, 0, NO_LIMIT, 1, NULL},
    [JET_paramCacheSizeMin] = {PARAMETER_INTEGER, GLOBAL, 1, NO_LIMIT, 1, NULL},
    [JET_paramPreferredVerPages] = {PARAMETER_INTEGER, 0, 1, INT32_MAX, 58, NULL},
    [JET_paramDatabasePageSize] = {PARAMETER_BLOCK_SIZE, GLOBAL | FIXED_BY_INIT, 2048, 32768, 4096,
                                   NULL},
    [JET_paramDisableCallbacks] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramLogFileCreateAsynch] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 1, NULL},
    [JET_paramZeroDatabaseDuringBackup] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramRuntimeCallback] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramCleanupMismatchedLogFiles] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramRecordUpgradeDirtyLevel] = {PARAMETER_INTEGER, GLOBAL, 0, 3, 1, NULL},
    [JET_paramGlobalMinVerPages] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 1, INT32_MAX, 64,
                                    NULL},
    [JET_paramOSSnapshotTimeout] = {PARAMETER_INTEGER, GLOBAL, 0, INT32_MAX, 70000, NULL},
    [JET_paramExceptionAction] = {PARAMETER_INTEGER, GLOBAL, 0, NO_LIMIT, JET_ExceptionFailFast,
                                  NULL},
    [JET_paramEventLogCache] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0, INT32_MAX, 0, NULL},
    [JET_paramCreatePathIfNotExist] = {PARAMETER_BOOLEAN, 0, 0, NO_LIMIT, 0, NULL},
    [JET_paramPageHintCacheSize] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0, INT32_MAX, 262144,
                                    NULL},
    [JET_paramOneDatabasePerSession] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramMaxInstances] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 1, 10240, 16, NULL},
    [JET_paramVersionStoreTaskQueueMax] = {PARAMETER_INTEGER, 0, 1, 127, 4, NULL},
    [JET_paramDisablePerfmon] = {PARAMETER_BOOLEAN, GLOBAL | FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramIndexTuplesLengthMin] = {PARAMETER_INTEGER, FIXED_BY_INIT, 2, 255, 3, NULL},
    [JET_paramIndexTuplesLengthMax] = {PARAMETER_INTEGER, FIXED_BY_INIT, 2, 255, 10, NULL},
    [JET_paramIndexTuplesToIndexMax] = {PARAMETER_INTEGER, FIXED_BY_INIT, 1, 32767, 32767, NULL},
    [JET_paramAlternateDatabaseRecoveryPath] = {PARAMETER_STRING, FIXED_BY_INIT, 0, 246, 0, ""},
    [JET_paramCachedClosedTables] = {PARAMETER_INTEGER, 0, 0, INT32_MAX, 64, NULL},
    [JET_paramEnableFileCache] = {PARAMETER_BOOLEAN, GLOBAL | FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramEnableViewCache] = {PARAMETER_BOOLEAN, GLOBAL | FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramVerPageSize] = {PARAMETER_BLOCK_SIZE, GLOBAL | FIXED_BY_INIT, 1024, 65536, 65536,
                              NULL},
    [JET_paramConfiguration] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, 0x7ff, JET_configDefault,
                                NULL},
    [JET_paramEnableAdvanced] = {PARAMETER_BOOLEAN, 0, 0, NO_LIMIT, 1, NULL},
    [JET_paramIndexTupleIncrement] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, 32767, 1, NULL},
    [JET_paramIndexTupleStart] = {PARAMETER_INTEGER, 0, 0, 32767, 0, NULL},
    [JET_paramCheckpointIOMax] = {PARAMETER_INTEGER, GLOBAL, 1, 1024, 1, NULL},
    [JET_paramLegacyFileNames] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, 255, JET_bitESE98FileNames,
                                  NULL},
    [JET_paramIOPriority] = {PARAMETER_INTEGER, 0, 0, 3, 0, NULL},
    [JET_paramWaypointLatency] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, 1023, 0, NULL},
    [JET_paramEnablePersistedCallbacks] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, NO_LIMIT, 1, NULL},
    [JET_paramDefragmentSequentialBTrees] = {PARAMETER_BOOLEAN, 0, 0, NO_LIMIT, 1, NULL},
    [JET_paramDefragmentSequentialBTreesDensityCheckFrequency] = {PARAMETER_INTEGER, FIXED_BY_INIT,
                                                                  0, NO_LIMIT, 10, NULL},
    [JET_paramIOThrottlingTimeQuanta] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 1, 10000, 100,
                                         NULL},
    [JET_paramMaxCoalesceReadSize] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0,
                                      10 * 1024 * 1024, 512 * 1024, NULL},
    [JET_paramMaxCoalesceWriteSize] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0,
                                       10 * 1024 * 1024, 384 * 1024, NULL},
    [JET_paramMaxCoalesceReadGapSize] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0,
                                         10 * 1024 * 1024, 512 * 1024, NULL},
    [JET_paramMaxCoalesceWriteGapSize] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0,
                                          10 * 1024 * 1024, 384 * 1024, NULL},
    [JET_paramEnableDBScanInRecovery] = {PARAMETER_INTEGER, 0, 0, 2, 0, NULL},
    [JET_paramDbScanThrottle] = {PARAMETER_INTEGER, 0, 0, 1000 * 60, 20, NULL},
    [JET_paramDbScanIntervalMinSec] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, 60 * 60 * 24 * 21,
                                       60 * 60 * 24 * 1, NULL},
    [JET_paramDbScanIntervalMaxSec] = {PARAMETER_INTEGER, FIXED_BY_INIT, 1, 60 * 60 * 24 * 365 * 50,
                                       60 * 60 * 24 * 7, NULL},
    [JET_paramCachePriority] = {PARAMETER_INTEGER, 0, 0, 1000, 100, NULL},
    [JET_paramMaxTransactionSize] = {PARAMETER_INTEGER, 0, 1, 100, 100, NULL},
    [JET_paramPrereadIOMax] = {PARAMETER_INTEGER, 0, 0, 256, 8, NULL},
    [JET_paramEnableDBScanSerialization] = {PARAMETER_BOOLEAN, FIXED_BY_INIT, 0, 1, 0, NULL},
    [JET_paramHungIOThreshold] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 11 * 1000,
                                  30 * 60 * 1000, 30 * 1000, NULL},
    [JET_paramHungIOActions] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0, 0x1f,
                                JET_bitHungIOEvent, NULL},
    [JET_paramMinDataForXpress] = {PARAMETER_INTEGER, GLOBAL | FIXED_BY_INIT, 0, INT32_MAX, 1024,
                                   NULL},
    [JET_paramEnableShrinkDatabase] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, 0xffff,
                                       JET_bitShrinkDatabaseOn | JET_bitShrinkDatabaseRealtime,
                                       NULL},
    [JET_paramProcessFriendlyName] = {PARAMETER_STRING, GLOBAL | FIXED_BY_INIT, 0, JET_cbNameMost,
                                      0, ""},
    [JET_paramDurableCommitCallback] = {PARAMETER_INTEGER, FIXED_BY_INIT, 0, NO_LIMIT, 0, NULL},
    [JET_paramEnableSqm] = {PARAMETER_INTEGER, FIXED_BY_INIT, JET_sqmDisable, JET_sqmFromCEIP,
                            JET_sqmEnable, NULL},
    [JET_paramEnableBlockCacheDetach] = {PARAMETER_BOOLEAN, GLOBAL | FIXED_BY_INIT, 0, 1, 0, NULL},
    [JET_paramCacheSize] = {PARAMETER_INTEGER, GLOBAL, 0, NO_LIMIT, 0, NULL},
    [JET_paramErrorToString] = {PARAMETER_ERROR_TEXT, GLOBAL, 0, 0, 0, NULL},
    [JET_paramUnicodeIndexDefault] = {PARAMETER_UNICODE_INDEX, FIXED_BY_INIT, 0, 0, 0, NULL},
    [JET_paramMaxColtyp] = {PARAMETER_READ_ONLY, 0, 0, 0, JET_coltypMax, NULL},
    [JET_paramKeyMost] = {PARAMETER_READ_ONLY, 0, 0, 0, KEY_MOST, NULL},
    [JET_paramLVChunkSizeMost] = {PARAMETER_READ_ONLY, 0, 0, 0, 4096 - JET_cbColumnLVPageOverhead,
                                  NULL},
    [JET_paramConfigStoreSpec] = {PARAMETER_STRING, FIXED_BY_INIT, 0, 259, 0, ""},
    [JET_paramTableClass1Name... JET_paramTableClass15Name] = {PARAMETER_STRING, FIXED_BY_INIT, 0,
                                                               TABLE_CLASS_NAME_MAX, 0, ""},
    [PARAMETER_SNAPSHOT_AGE_MAX] = {PARAMETER_INTEGER, 0, 0, INT32_MAX, 0, NULL},
};

/* NULL: there is no such parameter. *id becomes its place in the table. */
static const Parameter *parameter_find(uint32_t *id)
{
    if (*id == ESENT_paramSnapshotAgeMax)
        *id = PARAMETER_SNAPSHOT_AGE_MAX;
    else if (*id >= JET_paramMaxValueInvalid)
        return NULL;
    return parameters[*id].type == PARAMETER_NONE ? NULL : &parameters[*id];
}

bool parameter_is_global(uint32_t id)
{
    const Parameter *parameter = parameter_find(&id);
    return parameter && (parameter->flags & GLOBAL);
}

void parameter_set_init(ParameterSet *set)
{
    memset(set, 0, sizeof(*set));
    for (uint32_t id = 0; id < PARAMETER_COUNT; id++)
        set->values[id] = parameters[id].value;
    set->unicode_index = (JET_UNICODEINDEX){.lcid = 0x409, .dwMapFlags = TEXT_MAP_DEFAULT};
}

JET_ERR parameter_set_copy(ParameterSet *to, const ParameterSet *from)
{
    *to = *from;
    memset(to->strings, 0, sizeof(to->strings));
    for (uint32_t id = 0; id < PARAMETER_COUNT; id++) {
        if (!from->strings[id])
            continue;
        to->strings[id] = fault_strdup(from->strings[id]);
        if (!to->strings[id]) {
            parameter_set_clear(to);
            return JET_errOutOfMemory;
        }
    }
    return JET_errSuccess;
}

void parameter_set_clear(ParameterSet *set)
{
    for (uint32_t id = 0; id < PARAMETER_COUNT; id++)
        free(set->strings[id]);
    memset(set->strings, 0, sizeof(set->strings));
}

static JET_ERR parameter_store_string(ParameterSet *set, uint32_t id, const char *text)
{
    const Parameter *parameter = &parameters[id];
    size_t length = text ? strlen(text) : 0;
    if (length < parameter->min || length > parameter->max)
        return JET_errInvalidParameter;
    char *copy = fault_strdup(text ? text : "");
    if (!copy)
        return JET_errOutOfMemory;
    free(set->strings[id]);
    set->strings[id] = copy;
    return JET_errSuccess;
}

static JET_ERR parameter_store_unicode_index(ParameterSet *set, JET_API_PTR value)
{
    char locale[TEXT_LOCALE_MAX + 1];
    const JET_UNICODEINDEX *index = (const JET_UNICODEINDEX *)value;
    if (!index)
        return JET_errInvalidParameter;
    JET_ERR err = text_map_flags_check(index->dwMapFlags);
    if (err >= 0)
        err = text_locale_of_lcid(index->lcid, locale);
    if (err >= 0)
        set->unicode_index = *index;
    return err;
}

JET_ERR parameter_store(ParameterSet *set, uint32_t id, JET_API_PTR value, const char *text,
                        bool initialized)
{
    const Parameter *parameter = parameter_find(&id);
    if (!parameter || parameter->type == PARAMETER_READ_ONLY ||
        parameter->type == PARAMETER_ERROR_TEXT)
        return JET_errInvalidParameter;
    if (initialized && (parameter->flags & FIXED_BY_INIT))
        return JET_errAlreadyInitialized;
    if (parameter->type == PARAMETER_STRING)
        return parameter_store_string(set, id, text);
    if (parameter->type == PARAMETER_UNICODE_INDEX)
        return parameter_store_unicode_index(set, value);
    if (value < parameter->min || value > parameter->max)
        return JET_errInvalidParameter;
    if (parameter->type == PARAMETER_BLOCK_SIZE && (value & (value - 1)) != 0)
        return JET_errInvalidParameter;
    set->values[id] = parameter->type == PARAMETER_BOOLEAN ? value != 0 : value;
    return JET_errSuccess;
}

static JET_ERR text_copy(const char *from, char *to, uint32_t size)
{
    size_t length = strlen(from);
    if (!to || size == 0)
        return JET_errInvalidParameter;
    if (length >= size) {
        memcpy(to, from, size - 1);
        to[size - 1] = 0;
        return JET_errBufferTooSmall;
    }
    memcpy(to, from, length + 1);
    return JET_errSuccess;
}

static JET_ERR parameter_load_error_text(JET_API_PTR *value, char *text, uint32_t size)
{
    char unnamed[32];
    if (!value)
        return JET_errInvalidParameter;
    JET_ERR err = (JET_ERR)*value;
    const char *name = parameter_error_name(err);
    if (!name) {
        snprintf(unnamed, sizeof(unnamed), "JET_err %d", err);
        name = unnamed;
    }
    return text_copy(name, text, size);
}

JET_ERR parameter_load(const ParameterSet *set, uint32_t id, JET_API_PTR *value, char *text,
                       uint32_t size)
{
    const Parameter *parameter = parameter_find(&id);
    if (!parameter)
        return JET_errInvalidParameter;
    switch (parameter->type) {
    case PARAMETER_STRING:
        return text_copy(set->strings[id] ? set->strings[id] : parameter->text, text, size);
    case PARAMETER_ERROR_TEXT:
        return parameter_load_error_text(value, text, size);
    case PARAMETER_UNICODE_INDEX:
        if (!value || !*value || (size != 0 && size != sizeof(JET_UNICODEINDEX)))
            return JET_errInvalidParameter;
        *(JET_UNICODEINDEX *)*value = set->unicode_index;
        return JET_errSuccess;
    default:
        if (!value)
            return JET_errInvalidParameter;
        *value = set->values[id];
        return JET_errSuccess;
    }
}

const char *parameter_error_name(JET_ERR err)
{
    for (size_t i = 0; i < sizeof(error_names) / sizeof(error_names[0]); i++)
        if (error_names[i].err == err)
            return error_names[i].name;
    return NULL;
}
