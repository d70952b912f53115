/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * esent.h - the JET API of Microsoft's Extensible Storage Engine, on Linux.
 *
 * Names, layouts and codes are those of Microsoft's esent.h for 64-bit Windows (LLP64): what is
 * "unsigned long" there is 32 bits wide, so it is uint32_t here; wide strings are UTF-16
 * (uint16_t), not wchar_t. A result below zero is an error, zero success, above zero a warning.
 *
 * Each function with text in it exists in three spellings, as on Windows: JetOpenTableA (UTF-8),
 * JetOpenTableW (UTF-16) and JetOpenTable, which is the A form.
 *
 * What is said of each function is its own; all of them also give JET_errInvalidSesid,
 * JET_errInvalidTableId, JET_errSesidTableIdMismatch, JET_errSessionSharingViolation (another
 * thread's), JET_errInvalidParameter, JET_errInvalidGrbit, JET_errOutOfMemory, and for a damaged
 * or failing disk JET_errDatabaseCorrupted, JET_errDiskFull or JET_errDiskIO. Different sessions
 * may be used by different threads at the same time; they do not wait for one another. Outside of
 * a transaction each call is one of its own.
 */
#ifndef ESENT_H
#define ESENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Scalars ---------------------------------------------------------------- */

typedef int32_t JET_ERR;
typedef uintptr_t JET_API_PTR;
typedef JET_API_PTR JET_INSTANCE;
typedef JET_API_PTR JET_SESID;
typedef JET_API_PTR JET_TABLEID;
typedef JET_API_PTR JET_HANDLE;
typedef JET_API_PTR JET_LS;
typedef JET_API_PTR JET_OSSNAPID;
typedef uint32_t JET_COLUMNID;
typedef uint32_t JET_DBID;
typedef uint32_t JET_GRBIT;
typedef uint32_t JET_COLTYP;
typedef uint32_t JET_OBJTYP;
typedef uint32_t JET_CBTYP;
typedef uint32_t JET_SNP;
typedef uint32_t JET_SNT;
typedef double JET_DATESERIAL;
typedef const char *JET_PCSTR;
typedef char *JET_PSTR;
typedef uint16_t JET_WCHAR;
typedef const JET_WCHAR *JET_PCWSTR;
typedef JET_WCHAR *JET_PWSTR;

#include "esent-codes.h"

/* --- Structures: offsets as on 64-bit Windows -------------------------------- */

typedef struct {
    uint32_t lcid;
    uint32_t dwMapFlags;
} JET_UNICODEINDEX;

typedef struct {
    JET_PCWSTR szLocaleName;
    uint32_t dwMapFlags;
} JET_UNICODEINDEX2;

typedef struct {
    uint32_t cbStruct;
    uint32_t ulInitialDensity;
    uint32_t cbInitial;
    JET_GRBIT grbit;
    uint32_t ulMaintDensity;
    uint32_t ulGrowth;
    uint32_t cbMinExtent;
    uint32_t cbMaxExtent;
} JET_SPACEHINTS;

typedef struct {
    uint32_t cbStruct;
    JET_COLUMNID columnid;
    JET_COLTYP coltyp;
    uint16_t wCountry;
    uint16_t langid;
    uint16_t cp;
    uint16_t wCollate;
    uint32_t cbMax;
    JET_GRBIT grbit;
} JET_COLUMNDEF;

typedef struct {
    uint32_t cbStruct;
    uint32_t ibLongValue;
    uint32_t itagSequence;
} JET_SETINFO;

typedef struct {
    uint32_t cbStruct;
    uint32_t ibLongValue;
    uint32_t itagSequence;
    JET_COLUMNID columnidNextTagged;
} JET_RETINFO;

typedef struct {
    JET_COLUMNID columnid;
    const void *pvData;
    uint32_t cbData;
    JET_GRBIT grbit;
    uint32_t ibLongValue;
    uint32_t itagSequence;
    JET_ERR err;
} JET_SETCOLUMN;

typedef struct {
    JET_COLUMNID columnid;
    void *pvData;
    uint32_t cbData;
    uint32_t cbActual;
    JET_GRBIT grbit;
    uint32_t ibLongValue;
    uint32_t itagSequence;
    JET_COLUMNID columnidNextTagged;
    JET_ERR err;
} JET_RETRIEVECOLUMN;

/*
 * Structures that carry text come as _A (UTF-8) and _W (UTF-16) with the same layout; the name
 * without a suffix is the _A form.
 */
#define ESENT_TEXT_STRUCTURES(SUFFIX, PCSTR_T, PSTR_T)                                             \
    typedef struct {                                                                               \
        uint32_t cbStruct;                                                                         \
        PSTR_T szColumnName;                                                                       \
        JET_COLTYP coltyp;                                                                         \
        uint32_t cbMax;                                                                            \
        JET_GRBIT grbit;                                                                           \
        void *pvDefault;                                                                           \
        uint32_t cbDefault;                                                                        \
        uint32_t cp;                                                                               \
        JET_COLUMNID columnid;                                                                     \
        JET_ERR err;                                                                               \
    } JET_COLUMNCREATE##SUFFIX;                                                                    \
                                                                                                   \
    typedef struct {                                                                               \
        uint32_t cbStruct;                                                                         \
        PSTR_T szColumnName;                                                                       \
        JET_GRBIT grbit;                                                                           \
    } JET_CONDITIONALCOLUMN##SUFFIX;                                                               \
                                                                                                   \
    typedef struct {                                                                               \
        uint32_t cbStruct;                                                                         \
        PSTR_T szIndexName;                                                                        \
        PSTR_T szKey;                                                                              \
        uint32_t cbKey;                                                                            \
        JET_GRBIT grbit;                                                                           \
        uint32_t ulDensity;                                                                        \
        union {                                                                                    \
            uint32_t lcid;                                                                         \
            JET_UNICODEINDEX *pidxunicode;                                                         \
        };                                                                                         \
        union {                                                                                    \
            JET_API_PTR cbVarSegMac;                                                               \
            void *ptuplelimits;                                                                    \
        };                                                                                         \
        JET_CONDITIONALCOLUMN##SUFFIX *rgconditionalcolumn;                                        \
        uint32_t cConditionalColumn;                                                               \
        JET_ERR err;                                                                               \
        uint32_t cbKeyMost;                                                                        \
    } JET_INDEXCREATE##SUFFIX;                                                                     \
                                                                                                   \
    typedef struct {                                                                               \
        uint32_t cbStruct;                                                                         \
        PSTR_T szIndexName;                                                                        \
        PSTR_T szKey;                                                                              \
        uint32_t cbKey;                                                                            \
        JET_GRBIT grbit;                                                                           \
        uint32_t ulDensity;                                                                        \
        union {                                                                                    \
            uint32_t lcid;                                                                         \
            JET_UNICODEINDEX *pidxunicode;                                                         \
        };                                                                                         \
        union {                                                                                    \
            JET_API_PTR cbVarSegMac;                                                               \
            void *ptuplelimits;                                                                    \
        };                                                                                         \
        JET_CONDITIONALCOLUMN##SUFFIX *rgconditionalcolumn;                                        \
        uint32_t cConditionalColumn;                                                               \
        JET_ERR err;                                                                               \
        uint32_t cbKeyMost;                                                                        \
        JET_SPACEHINTS *pSpacehints;                                                               \
    } JET_INDEXCREATE2##SUFFIX;                                                                    \
                                                                                                   \
    typedef struct {                                                                               \
        uint32_t cbStruct;                                                                         \
        PSTR_T szIndexName;                                                                        \
        PSTR_T szKey;                                                                              \
        uint32_t cbKey;                                                                            \
        JET_GRBIT grbit;                                                                           \
        uint32_t ulDensity;                                                                        \
        JET_UNICODEINDEX2 *pidxunicode;                                                            \
        union {                                                                                    \
            JET_API_PTR cbVarSegMac;                                                               \
            void *ptuplelimits;                                                                    \
        };                                                                                         \
        JET_CONDITIONALCOLUMN##SUFFIX *rgconditionalcolumn;                                        \
        uint32_t cConditionalColumn;                                                               \
        JET_ERR err;                                                                               \
        uint32_t cbKeyMost;                                                                        \
        JET_SPACEHINTS *pSpacehints;                                                               \
    } JET_INDEXCREATE3##SUFFIX;                                                                    \
                                                                                                   \
    typedef struct {                                                                               \
        uint32_t cbStruct;                                                                         \
        PSTR_T szTableName;                                                                        \
        PSTR_T szTemplateTableName;                                                                \
        uint32_t ulPages;                                                                          \
        uint32_t ulDensity;                                                                        \
        JET_COLUMNCREATE##SUFFIX *rgcolumncreate;                                                  \
        uint32_t cColumns;                                                                         \
        JET_INDEXCREATE##SUFFIX *rgindexcreate;                                                    \
        uint32_t cIndexes;                                                                         \
        PSTR_T szCallback;                                                                         \
        JET_CBTYP cbtyp;                                                                           \
        JET_GRBIT grbit;                                                                           \
        JET_TABLEID tableid;                                                                       \
        uint32_t cCreated;                                                                         \
    } JET_TABLECREATE2##SUFFIX;                                                                    \
                                                                                                   \
    typedef struct {                                                                               \
        uint32_t cbStruct;                                                                         \
        PSTR_T szTableName;                                                                        \
        PSTR_T szTemplateTableName;                                                                \
        uint32_t ulPages;                                                                          \
        uint32_t ulDensity;                                                                        \
        JET_COLUMNCREATE##SUFFIX *rgcolumncreate;                                                  \
        uint32_t cColumns;                                                                         \
        JET_INDEXCREATE2##SUFFIX *rgindexcreate;                                                   \
        uint32_t cIndexes;                                                                         \
        PSTR_T szCallback;                                                                         \
        JET_CBTYP cbtyp;                                                                           \
        JET_GRBIT grbit;                                                                           \
        JET_SPACEHINTS *pSeqSpacehints;                                                            \
        JET_SPACEHINTS *pLVSpacehints;                                                             \
        uint32_t cbSeparateLV;                                                                     \
        JET_TABLEID tableid;                                                                       \
        uint32_t cCreated;                                                                         \
    } JET_TABLECREATE3##SUFFIX;                                                                    \
                                                                                                   \
    typedef struct {                                                                               \
        uint32_t cbStruct;                                                                         \
        PSTR_T szTableName;                                                                        \
        PSTR_T szTemplateTableName;                                                                \
        uint32_t ulPages;                                                                          \
        uint32_t ulDensity;                                                                        \
        JET_COLUMNCREATE##SUFFIX *rgcolumncreate;                                                  \
        uint32_t cColumns;                                                                         \
        JET_INDEXCREATE3##SUFFIX *rgindexcreate;                                                   \
        uint32_t cIndexes;                                                                         \
        PSTR_T szCallback;                                                                         \
        JET_CBTYP cbtyp;                                                                           \
        JET_GRBIT grbit;                                                                           \
        JET_SPACEHINTS *pSeqSpacehints;                                                            \
        JET_SPACEHINTS *pLVSpacehints;                                                             \
        uint32_t cbSeparateLV;                                                                     \
        JET_TABLEID tableid;                                                                       \
        uint32_t cCreated;                                                                         \
    } JET_TABLECREATE4##SUFFIX;

ESENT_TEXT_STRUCTURES(_A, JET_PCSTR, JET_PSTR)
ESENT_TEXT_STRUCTURES(_W, JET_PCWSTR, JET_PWSTR)
#undef ESENT_TEXT_STRUCTURES

typedef JET_COLUMNCREATE_A JET_COLUMNCREATE;
typedef JET_CONDITIONALCOLUMN_A JET_CONDITIONALCOLUMN;
typedef JET_INDEXCREATE_A JET_INDEXCREATE;
typedef JET_INDEXCREATE2_A JET_INDEXCREATE2;
typedef JET_INDEXCREATE3_A JET_INDEXCREATE3;
typedef JET_TABLECREATE2_A JET_TABLECREATE2;
typedef JET_TABLECREATE3_A JET_TABLECREATE3;
typedef JET_TABLECREATE4_A JET_TABLECREATE4;

typedef struct {
    uint32_t cbStruct;
    JET_TABLEID tableid;
    uint32_t cRecord;
    JET_COLUMNID columnidPresentationOrder;
    JET_COLUMNID columnidcolumnname;
    JET_COLUMNID columnidcolumnid;
    JET_COLUMNID columnidcoltyp;
    JET_COLUMNID columnidCountry;
    JET_COLUMNID columnidLangid;
    JET_COLUMNID columnidCp;
    JET_COLUMNID columnidCollate;
    JET_COLUMNID columnidcbMax;
    JET_COLUMNID columnidgrbit;
    JET_COLUMNID columnidDefault;
    JET_COLUMNID columnidBaseTableName;
    JET_COLUMNID columnidBaseColumnName;
    JET_COLUMNID columnidDefinitionName;
} JET_COLUMNLIST;

typedef struct {
    uint32_t cbStruct;
    JET_TABLEID tableid;
    uint32_t cRecord;
    JET_COLUMNID columnidindexname;
    JET_COLUMNID columnidgrbitIndex;
    JET_COLUMNID columnidcKey;
    JET_COLUMNID columnidcEntry;
    JET_COLUMNID columnidcPage;
    JET_COLUMNID columnidcColumn;
    JET_COLUMNID columnidiColumn;
    JET_COLUMNID columnidcolumnid;
    JET_COLUMNID columnidcoltyp;
    JET_COLUMNID columnidCountry;
    JET_COLUMNID columnidLangid;
    JET_COLUMNID columnidCp;
    JET_COLUMNID columnidCollate;
    JET_COLUMNID columnidgrbitColumn;
    JET_COLUMNID columnidcolumnname;
    JET_COLUMNID columnidLCMapFlags;
} JET_INDEXLIST;

typedef struct {
    uint32_t cbStruct;
    JET_TABLEID tableid;
    uint32_t cRecord;
    JET_COLUMNID columnidcontainername;
    JET_COLUMNID columnidobjectname;
    JET_COLUMNID columnidobjtyp;
    JET_COLUMNID columniddtCreate;
    JET_COLUMNID columniddtUpdate;
    JET_COLUMNID columnidgrbit;
    JET_COLUMNID columnidflags;
    JET_COLUMNID columnidcRecord;
    JET_COLUMNID columnidcPage;
} JET_OBJECTLIST;

typedef struct {
    uint32_t cbStruct;
    uint8_t rgbIndexId[16];
} JET_INDEXID;

typedef struct {
    uint32_t cbStruct;
    const JET_COLUMNDEF *prgcolumndef;
    uint32_t ccolumn;
    JET_UNICODEINDEX *pidxunicode;
    JET_GRBIT grbit;
    JET_COLUMNID *prgcolumnid;
    uint32_t cbKeyMost;
    uint32_t cbVarSegMac;
    JET_TABLEID tableid;
} JET_OPENTEMPORARYTABLE;

typedef struct {
    uint32_t cbStruct;
    const JET_COLUMNDEF *prgcolumndef;
    uint32_t ccolumn;
    JET_UNICODEINDEX2 *pidxunicode;
    JET_GRBIT grbit;
    JET_COLUMNID *prgcolumnid;
    uint32_t cbKeyMost;
    uint32_t cbVarSegMac;
    JET_TABLEID tableid;
} JET_OPENTEMPORARYTABLE2;

#define ESENT_COLUMNBASE(SUFFIX, CHAR)                                                             \
    typedef struct {                                                                               \
        uint32_t cbStruct;                                                                         \
        JET_COLUMNID columnid;                                                                     \
        JET_COLTYP coltyp;                                                                         \
        uint16_t wCountry;                                                                         \
        uint16_t langid;                                                                           \
        uint16_t cp;                                                                               \
        uint16_t wFiller;                                                                          \
        uint32_t cbMax;                                                                            \
        JET_GRBIT grbit;                                                                           \
        CHAR szBaseTableName[256];                                                                 \
        CHAR szBaseColumnName[256];                                                                \
    } JET_COLUMNBASE##SUFFIX;

ESENT_COLUMNBASE(_A, char)
ESENT_COLUMNBASE(_W, JET_WCHAR)
#undef ESENT_COLUMNBASE

typedef JET_COLUMNBASE_A JET_COLUMNBASE;

typedef struct {
    uint32_t cbStruct;
    JET_OBJTYP objtyp;
    JET_DATESERIAL dtCreate;
    JET_DATESERIAL dtUpdate;
    JET_GRBIT grbit;
    uint32_t flags;
    uint32_t cRecord;
    uint32_t cPage;
} JET_OBJECTINFO;

typedef struct {
    char bSeconds, bMinutes, bHours, bDays, bMonth, bYear, bFiller1, bFiller2;
} JET_LOGTIME;

typedef struct {
    uint32_t ulRandom;
    JET_LOGTIME logtimeCreate;
    char szComputerName[JET_MAX_COMPUTERNAME_LENGTH + 1];
} JET_SIGNATURE;

typedef struct {
    JET_SIGNATURE signLog;
    int32_t reserved;
    int64_t commitId;
} JET_COMMIT_ID;

typedef struct {
    uint16_t ib;
    uint16_t isec;
    int32_t lGeneration;
} JET_LGPOS;

typedef JET_LOGTIME JET_BKLOGTIME;

typedef struct {
    JET_LGPOS lgposMark;
    JET_BKLOGTIME bklogtimeMark;
    uint32_t genLow;
    uint32_t genHigh;
} JET_BKINFO;

typedef struct {
    uint32_t ulVersion;
    uint32_t ulUpdate;
    JET_SIGNATURE signDb;
    uint32_t dbstate;
    JET_LGPOS lgposConsistent;
    JET_LOGTIME logtimeConsistent;
    JET_LOGTIME logtimeAttach;
    JET_LGPOS lgposAttach;
    JET_LOGTIME logtimeDetach;
    JET_LGPOS lgposDetach;
    JET_SIGNATURE signLog;
    JET_BKINFO bkinfoFullPrev;
    JET_BKINFO bkinfoIncPrev;
    JET_BKINFO bkinfoFullCur;
    uint32_t fShadowingDisabled;
    uint32_t fUpgradeDb;
    uint32_t dwMajorVersion;
    uint32_t dwMinorVersion;
    uint32_t dwBuildNumber;
    int32_t lSPNumber;
    uint32_t cbPageSize;
} JET_DBINFOMISC;

typedef struct {
    JET_DBINFOMISC dbinfo;
    uint32_t genMinRequired;
    uint32_t genMaxRequired;
    JET_LOGTIME logtimeGenMaxCreate;
    uint32_t ulRepairCount;
    JET_LOGTIME logtimeRepair;
    uint32_t ulRepairCountOld;
    uint32_t ulECCFixSuccess;
    JET_LOGTIME logtimeECCFixSuccess;
    uint32_t ulECCFixSuccessOld;
    uint32_t ulECCFixFail;
    JET_LOGTIME logtimeECCFixFail;
    uint32_t ulECCFixFailOld;
    uint32_t ulBadChecksum;
    JET_LOGTIME logtimeBadChecksum;
    uint32_t ulBadChecksumOld;
    uint32_t genCommitted;
    JET_BKINFO bkinfoCopyPrev;
    JET_BKINFO bkinfoDiffPrev;
} JET_DBINFOMISC4;

/* Progress of a long call: what it is (JET_snp...), where it stands (JET_snt...), and, with
 * JET_sntProgress, a JET_SNPROG. An error it returns ends the call with that error. */
typedef JET_ERR (*JET_PFNSTATUS)(JET_SESID sesid, JET_SNP snp, JET_SNT snt, void *pv);

typedef struct {
    uint32_t cbStruct;
    uint32_t cunitDone;
    uint32_t cunitTotal;
} JET_SNPROG;

typedef struct {
    uint32_t cbStruct;
    uint32_t cPageReferenced;
    uint32_t cPageRead;
    uint32_t cPagePreread;
    uint32_t cPageDirtied;
    uint32_t cPageRedirtied;
    uint32_t cLogRecord;
    uint32_t cbLogRecord;
} JET_THREADSTATS;

typedef struct {
    uint32_t cbStruct;
    uint32_t cPageReferenced;
    uint32_t cPageRead;
    uint32_t cPagePreread;
    uint32_t cPageDirtied;
    uint32_t cPageRedirtied;
    uint32_t cLogRecord;
    uint32_t cbLogRecord;
    uint64_t cusecPageCacheMiss;
    uint32_t cPageCacheMiss;
} JET_THREADSTATS2;

typedef uint32_t JET_ERRCAT;

typedef struct {
    uint32_t cbStruct;
    JET_ERR errValue;
    JET_ERRCAT errcatMostSpecific;
    uint8_t rgCategoricalHierarchy[8]; /* from JET_errcatError down, then zeros */
    uint32_t lSourceLine;
    JET_WCHAR rgszSourceFile[64];
} JET_ERRINFOBASIC_W;
typedef JET_ERRINFOBASIC_W JET_ERRINFOBASIC;

typedef struct {
    uint32_t ulUserID;
    uint8_t nOperationID;
    uint8_t nOperationType;
    uint8_t nClientType;
    uint8_t fFlags;
} JET_OPERATIONCONTEXT;

#define ESENT_INSTANCE_STRUCTURES(SUFFIX, PSTR_T)                                                  \
    typedef struct {                                                                               \
        JET_INSTANCE hInstanceId;                                                                  \
        PSTR_T szInstanceName;                                                                     \
        JET_API_PTR cDatabases;                                                                    \
        PSTR_T *szDatabaseFileName;                                                                \
        PSTR_T *szDatabaseDisplayName;                                                             \
        PSTR_T *szDatabaseSLVFileName_Obsolete;                                                    \
    } JET_INSTANCE_INFO##SUFFIX;                                                                   \
                                                                                                   \
    typedef struct {                                                                               \
        PSTR_T szDatabaseName;                                                                     \
        PSTR_T szNewDatabaseName;                                                                  \
    } JET_RSTMAP##SUFFIX;                                                                          \
                                                                                                   \
    typedef struct {                                                                               \
        uint32_t cbStruct;                                                                         \
        JET_RSTMAP##SUFFIX *rgrstmap;                                                              \
        uint32_t crstmap;                                                                          \
        JET_LGPOS lgposStop;                                                                       \
        JET_LOGTIME logtimeStop;                                                                   \
        JET_PFNSTATUS pfnStatus;                                                                   \
    } JET_RSTINFO##SUFFIX;

ESENT_INSTANCE_STRUCTURES(_A, JET_PSTR)
ESENT_INSTANCE_STRUCTURES(_W, JET_PWSTR)
#undef ESENT_INSTANCE_STRUCTURES

typedef JET_INSTANCE_INFO_A JET_INSTANCE_INFO;
typedef JET_RSTMAP_A JET_RSTMAP;
typedef JET_RSTINFO_A JET_RSTINFO;

/* --- Extensions of this engine: not in Microsoft's ------------------------------ */

/* A parameter of an instance: after so many milliseconds (0, the default: never) a transaction
 * loses its snapshot when another session commits; all its calls then give
 * JET_errTransactionTooLong until it is rolled back. May be set at any time. */
#define ESENT_paramSnapshotAgeMax 0x8000u
/* A level of JetGetInstanceMiscInfo: an ESENT_SNAPSHOTINFO. */
#define ESENT_InstanceMiscInfoSnapshots 0x8000u

typedef struct {
    uint32_t cbStruct;
    uint32_t cSnapshots;  /* read by transactions of this instance now */
    uint64_t cmsecOldest; /* age of the oldest */
    uint64_t cpgPinned;   /* free pages that cannot be used before it ends, of all databases */
    uint64_t cpgFree;     /* free pages, pinned ones included */
    uint64_t cpgTotal;    /* pages of the files */
    uint64_t cExpired;    /* snapshots taken back by ESENT_paramSnapshotAgeMax so far */
} ESENT_SNAPSHOTINFO;

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
/* As JetCommitTransaction; a delay allowed is a lazy commit. *pCommitId counts the instance's
 * commits. */
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
 * JET_bitDbOverwriteExisting, JET_errInTransaction, JET_errTooManyAttachedDatabases. */
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

/* --- Tables, columns, indexes ---------------------------------------------------- */

/* An empty table without columns; pages and density are ignored. JET_errTableDuplicate,
 * JET_errInvalidName. The new cursor is the caller's to close. */
JET_ERR JetCreateTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t lPages,
                       uint32_t lDensity, JET_TABLEID *ptableid);
/* A table with columns and indexes, whole or not at all; each structure's err tells which part
 * was refused. Templates and callbacks give JET_errFeatureNotAvailable. */
JET_ERR JetCreateTableColumnIndex2(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE2 *ptablecreate);
/* As JetCreateTableColumnIndex2, with JET_INDEXCREATE2; long values over cbSeparateLV bytes live
 * outside their row (0: 1023). */
JET_ERR JetCreateTableColumnIndex3(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE3 *ptablecreate);
/* As JetCreateTableColumnIndex3, with JET_INDEXCREATE3 (locale names). */
JET_ERR JetCreateTableColumnIndex4(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE4 *ptablecreate);
/* Adds a column; rows there already have its default. JET_errColumnDuplicate,
 * JET_errInvalidColumnType, JET_errWriteConflict while others change rows of the table. */
JET_ERR JetAddColumn(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                     const JET_COLUMNDEF *pcolumndef, const void *pvDefault, uint32_t cbDefault,
                     JET_COLUMNID *pcolumnid);
/* Adds an index and builds it. szKey is "+column\0-column\0\0" of cbKey bytes.
 * JET_errIndexDuplicate, JET_errIndexInvalidDef, JET_errKeyDuplicate, JET_errWriteConflict while
 * others change rows of the table. */
JET_ERR JetCreateIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName, JET_GRBIT grbit,
                       const char *szKey, uint32_t cbKey, uint32_t lDensity);
/* As JetCreateIndex for an array, stepped by each cbStruct. Keys have at most 500 bytes
 * (JET_paramKeyMost). */
JET_ERR JetCreateIndex2(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE *pindexcreate,
                        uint32_t cIndexCreate);
/* As JetCreateIndex2, with JET_INDEXCREATE2. */
JET_ERR JetCreateIndex3(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE2 *pindexcreate,
                        uint32_t cIndexCreate);
/* As JetCreateIndex3, with JET_INDEXCREATE3 (locale names). */
JET_ERR JetCreateIndex4(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE3 *pindexcreate,
                        uint32_t cIndexCreate);
/* Deletes an index. JET_errIndexNotFound, JET_errIndexMustStay for the primary one,
 * JET_errIndexInUse while a cursor of the session is on it, JET_errWriteConflict while others
 * change rows of the table; others' cursors on it find nothing more there. */
JET_ERR JetDeleteIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName);
/* Deletes a column; its number stays taken, its values go with their rows.
 * JET_errColumnNotFound, JET_errColumnInUse when an index has it, JET_errWriteConflict. */
JET_ERR JetDeleteColumn(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName);
/* As JetDeleteColumn; there are no templates to ignore. */
JET_ERR JetDeleteColumn2(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                         JET_GRBIT grbit);
/* JET_errColumnNotFound, JET_errColumnDuplicate, JET_errInvalidName, JET_errWriteConflict. */
JET_ERR JetRenameColumn(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szName, JET_PCSTR szNameNew,
                        JET_GRBIT grbit);
/* Deletes a table with all in it, in one transaction. JET_errObjectNotFound, JET_errTableInUse
 * while anyone, the session included, has a cursor in it, JET_errTableLocked when another denies
 * reading, JET_errWriteConflict. Who opens it before the commit still sees it, and from then on
 * has JET_errObjectNotFound. */
JET_ERR JetDeleteTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName);
/* As JetDeleteTable: nobody may have it open. JET_errTableDuplicate, JET_errInvalidName. */
JET_ERR JetRenameTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szName, JET_PCSTR szNameNew);
/* A cursor before the first row, in the order of the primary index. JET_errObjectNotFound,
 * JET_errTableLocked and JET_errTableInUse for what the Deny bits exclude, JET_errOutOfCursors. */
JET_ERR JetOpenTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                     const void *pvParameters, uint32_t cbParameters, JET_GRBIT grbit,
                     JET_TABLEID *ptableid);
/* Closes a cursor and forgets a row prepared with it. */
JET_ERR JetCloseTable(JET_SESID sesid, JET_TABLEID tableid);
/* Another cursor of the same table, before the first row. */
JET_ERR JetDupCursor(JET_SESID sesid, JET_TABLEID tableid, JET_TABLEID *ptableid, JET_GRBIT grbit);
/* Levels JET_TblInfo, -Name, -Dbid, -TemplateTableName; the others give
 * JET_errFeatureNotAvailable. JET_errBufferTooSmall. */
JET_ERR JetGetTableInfo(JET_SESID sesid, JET_TABLEID tableid, void *pvResult, uint32_t cbMax,
                        uint32_t InfoLevel);
/* A JET_COLUMNDEF by name (JET_ColInfo) or by id (JET_ColInfoByColid: szColumnName points at it),
 * likewise a JET_COLUMNBASE (JET_ColInfoBase, -BaseByColid), or a JET_COLUMNLIST
 * (JET_ColInfoList, -ListCompact, -ListSortColumnid): a table of all columns, one a row, in the
 * order of their names or ids, whose cursor is the caller's to close. Text in it is UTF-16 from
 * the W function. JET_errColumnNotFound, JET_errBufferTooSmall. */
JET_ERR JetGetTableColumnInfo(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                              void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
/* As JetGetTableColumnInfo, of a table by name. */
JET_ERR JetGetColumnInfo(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                         JET_PCSTR pColumnNameOrId, void *pvResult, uint32_t cbMax,
                         uint32_t InfoLevel);
/* Levels JET_IdxInfoCount, -KeyMost, -VarSegMac, -LCID, -LocaleName, -IndexId (a JET_INDEXID for
 * JetSetCurrentIndex4) and -CreateIndex, -2, -3 (the JET_INDEXCREATE that would make the index,
 * and behind it in the buffer what it points at), where no name is the primary index, and
 * JET_IdxInfo and JET_IdxInfoList: a JET_INDEXLIST, a table with a row for each column of the
 * index, or, without a name, of all, whose cursor is the caller's to close; its counts of keys,
 * entries and pages are 0. The other levels give JET_errFeatureNotAvailable. JET_errIndexNotFound,
 * JET_errBufferTooSmall. */
JET_ERR JetGetTableIndexInfo(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                             void *pvResult, uint32_t cbResult, uint32_t InfoLevel);
/* As JetGetTableIndexInfo, of a table by name. */
JET_ERR JetGetIndexInfo(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                        JET_PCSTR szIndexName, void *pvResult, uint32_t cbResult,
                        uint32_t InfoLevel);

/* A JET_OBJECTINFO of a table (JET_ObjInfo, -NoStats), or a JET_OBJECTLIST of all (JET_ObjInfoList,
 * -ListNoStats): a table whose cursor is the caller's to close. The only container is "Tables";
 * counts are 0 and times are not kept. The other levels give JET_errFeatureNotAvailable.
 * JET_errObjectNotFound, JET_errBufferTooSmall. */
JET_ERR JetGetObjectInfo(JET_SESID sesid, JET_DBID dbid, JET_OBJTYP objtyp,
                         JET_PCSTR szContainerName, JET_PCSTR szObjectName, void *pvResult,
                         uint32_t cbMax, uint32_t InfoLevel);

/* --- Temporary tables ---------------------------------------------------------------- */

/* A table of this session alone, gone with its last cursor. Columns with JET_bitColumnTTKey are
 * the key, in their order (-TTDescending: downwards); of the other bits -Tagged, -Fixed and
 * -MultiValued count. prgcolumnid: ccolumn ids.
 *
 * First it is filled: until the first JetMove or JetSeek, rows can only be inserted. Then it is
 * read forwards; with JET_bitTTScrollable or -TTIndexed in any direction and by key; with
 * -TTUpdatable it does what a table does. A table with -TTForceMaterialization, without a key, or
 * with long values but without -TTIntrinsicLVsOnly does that from the start. What it cannot do
 * gives JET_errIllegalOperation. A row whose key is there already is dropped while the table is
 * filled and JET_errKeyDuplicate afterwards; a table with -TTForwardOnly but without -TTUnique
 * keeps it. -TTErrorOnDuplicateInsertion is -TTForceMaterialization.
 *
 * Transactions hold for it unless JET_paramEnableTempTableVersioning is off. Its database has the
 * number 0. JET_errTooManySorts above JET_paramMaxTemporaryTables,
 * JET_errCannotMaterializeForwardOnlySort, JET_errTooManyColumns, JET_errInvalidColumnType. */
JET_ERR JetOpenTempTable(JET_SESID sesid, const JET_COLUMNDEF *prgcolumndef, uint32_t ccolumn,
                         JET_GRBIT grbit, JET_TABLEID *ptableid, JET_COLUMNID *prgcolumnid);
/* As JetOpenTempTable, with the locale of Unicode text in the key (0: the default). */
JET_ERR JetOpenTempTable2(JET_SESID sesid, const JET_COLUMNDEF *prgcolumndef, uint32_t ccolumn,
                          uint32_t lcid, JET_GRBIT grbit, JET_TABLEID *ptableid,
                          JET_COLUMNID *prgcolumnid);
/* As JetOpenTempTable2, with how Unicode text is compared (NULL: the default). */
JET_ERR JetOpenTempTable3(JET_SESID sesid, const JET_COLUMNDEF *prgcolumndef, uint32_t ccolumn,
                          JET_UNICODEINDEX *pidxunicode, JET_GRBIT grbit, JET_TABLEID *ptableid,
                          JET_COLUMNID *prgcolumnid);
/* As JetOpenTempTable3, all in a structure; cbKeyMost and cbVarSegMac are as in JET_INDEXCREATE
 * (0: 255, all). */
JET_ERR JetOpenTemporaryTable(JET_SESID sesid, JET_OPENTEMPORARYTABLE *popentemporarytable);
/* As JetOpenTemporaryTable, with a locale's name. */
JET_ERR JetOpenTemporaryTable2(JET_SESID sesid, JET_OPENTEMPORARYTABLE2 *popentemporarytable);

/* --- Records ------------------------------------------------------------------------ */

/* Begins a row (prepInsert, -InsertCopy...), a change (prepReplace locks the row in a transaction;
 * -ReplaceNoLock locks it at the update) or gives it up (prepCancel). Autoincrement values are
 * drawn here. JET_errAlreadyPrepared, JET_errWriteConflict, JET_errSessionWriteConflict. */
JET_ERR JetPrepareUpdate(JET_SESID sesid, JET_TABLEID tableid, uint32_t prep);
/* Sets a value of the row being made; 0 bytes are NULL unless JET_bitSetZeroLength. Long values
 * outside the row need a transaction. psetinfo: offset, and which multi-value (0: a new one).
 * JET_wrnColumnMaxTruncated, JET_errInvalidBufferSize, JET_errColumnNoChunk,
 * JET_errColumnTooBig, JET_errRecordTooBig, JET_errNullInvalid. */
JET_ERR JetSetColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                     const void *pvData, uint32_t cbData, JET_GRBIT grbit, JET_SETINFO *psetinfo);
/* JetSetColumn for each, up to the first error; each has its own err. */
JET_ERR JetSetColumns(JET_SESID sesid, JET_TABLEID tableid, JET_SETCOLUMN *psetcolumn,
                      uint32_t csetcolumn);
/* Writes the row and gives its bookmark; the cursor stays where it is. After an error the row is
 * still prepared. JET_errKeyDuplicate, JET_errWriteConflict, JET_errNullInvalid,
 * JET_errRecordPrimaryChanged. */
JET_ERR JetUpdate(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbBookmark,
                  uint32_t *pcbActual);
/* As JetUpdate; there is no public bit. */
JET_ERR JetUpdate2(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbBookmark,
                   uint32_t *pcbActual, JET_GRBIT grbit);
/* Deletes the current row, and forgets one being made. The cursor stays on its place.
 * JET_errWriteConflict, JET_errNoCurrentRecord, JET_errRecordDeleted. */
JET_ERR JetDelete(JET_SESID sesid, JET_TABLEID tableid);
/* Adds to an escrow column without conflict with others that do; in a transaction.
 * *pvOld: the value before, with everybody's additions. JET_errInvalidOperation,
 * JET_errInvalidBufferSize, JET_errWriteConflict. */
JET_ERR JetEscrowUpdate(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid, void *pv,
                        uint32_t cbMax, void *pvOld, uint32_t cbOldMax, uint32_t *pcbOldActual,
                        JET_GRBIT grbit);
/* Locks the current row until level 0: JET_bitReadLock, shared, or JET_bitWriteLock.
 * JET_errWriteConflict, JET_errNotInTransaction. */
JET_ERR JetGetLock(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
/* Reads a value, of a long one what fits from the offset on. *pcbActual is what there is from
 * there. JET_wrnColumnNull, JET_wrnBufferTruncated, JET_errColumnNotFound,
 * JET_errNoCurrentRecord, JET_errBadItagSequence. */
JET_ERR JetRetrieveColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid, void *pvData,
                          uint32_t cbData, uint32_t *pcbActual, JET_GRBIT grbit,
                          JET_RETINFO *pretinfo);
/* JetRetrieveColumn for each, up to the first error; itagSequence 0 asks how many values there
 * are. */
JET_ERR JetRetrieveColumns(JET_SESID sesid, JET_TABLEID tableid,
                           JET_RETRIEVECOLUMN *pretrievecolumn, uint32_t cretrievecolumn);

/* --- Navigation ------------------------------------------------------------------------ */

/* The bookmark of the current row, at most 500 bytes. JET_errBufferTooSmall. */
JET_ERR JetGetBookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbMax,
                       uint32_t *pcbActual);
/* Goes to a row. JET_errRecordDeleted, JET_errInvalidBookmark, JET_errNoCurrentRecord when it has
 * no entry in the current index. */
JET_ERR JetGotoBookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark,
                        uint32_t cbBookmark);
/* Adds a column's value to the search key (JET_bitNewKey: the first). JET_errKeyNotMade,
 * JET_errKeyIsMade, JET_errInvalidBufferSize, JET_errNoCurrentIndex. */
JET_ERR JetMakeKey(JET_SESID sesid, JET_TABLEID tableid, const void *pvData, uint32_t cbData,
                   JET_GRBIT grbit);
/* The key of the current entry, or, with JET_bitRetrieveCopy, the search key.
 * JET_wrnBufferTruncated. */
JET_ERR JetRetrieveKey(JET_SESID sesid, JET_TABLEID tableid, void *pvKey, uint32_t cbMax,
                       uint32_t *pcbActual, JET_GRBIT grbit);
/* Goes to the entry that the search key, which it uses up, stands in this relation to.
 * JET_wrnSeekNotEqual; JET_errRecordNotFound leaves the cursor where the key would be. */
JET_ERR JetSeek(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
/* Bounds moving in one direction by the search key, which it uses up.
 * JET_errNoCurrentRecord when the current entry is outside. */
JET_ERR JetSetIndexRange(JET_SESID sesid, JET_TABLEID tableidSrc, JET_GRBIT grbit);
/* Moves by entries of the current index; 0 checks that the row is there. Off the end or the range
 * gives JET_errNoCurrentRecord and parks the cursor there. JET_errRecordDeleted. */
JET_ERR JetMove(JET_SESID sesid, JET_TABLEID tableid, int32_t cRow, JET_GRBIT grbit);
/* Changes the order (NULL: the primary index) and goes to the first entry. JET_errIndexNotFound. */
JET_ERR JetSetCurrentIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName);
/* As JetSetCurrentIndex; JET_bitNoMove stays on the row. */
JET_ERR JetSetCurrentIndex2(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                            JET_GRBIT grbit);
/* As JetSetCurrentIndex2; on which of its entries in a multi-valued index. */
JET_ERR JetSetCurrentIndex3(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                            JET_GRBIT grbit, uint32_t itagSequence);
/* As JetSetCurrentIndex3; the id, if there is one, says which index, and the name is ignored.
 * JET_errInvalidIndexId for one of another table or of a deleted index. */
JET_ERR JetSetCurrentIndex4(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                            JET_INDEXID *pindexid, JET_GRBIT grbit, uint32_t itagSequence);
/* The name of the current index; empty when rows are in the order of insertion. */
JET_ERR JetGetCurrentIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PSTR szIndexName,
                           uint32_t cbIndexName);
/* Counts entries from the current one to the end or the range's, at most crecMax (0: all).
 * JET_errNoCurrentRecord. */
JET_ERR JetIndexRecordCount(JET_SESID sesid, JET_TABLEID tableid, uint32_t *pcrec,
                            uint32_t crecMax);

#include "esent-spellings.h"

#ifdef __cplusplus
}
#endif

#endif /* ESENT_H */
