/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * esent-types.h - scalars and structures of the JET API, with the offsets of 64-bit Windows.
 *
 * Included by esent.h, which is the header to use.
 */
#ifndef ESENT_TYPES_H
#define ESENT_TYPES_H

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

typedef struct {
    uint32_t chLengthMin;
    uint32_t chLengthMax;
    uint32_t chToIndexMax;
    uint32_t cchIncrement;
    uint32_t ichStart;
} JET_TUPLELIMITS;

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
            JET_TUPLELIMITS *ptuplelimits;                                                         \
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
            JET_TUPLELIMITS *ptuplelimits;                                                         \
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
            JET_TUPLELIMITS *ptuplelimits;                                                         \
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
    uint32_t centriesLT;
    uint32_t centriesInRange;
    uint32_t centriesTotal;
} JET_RECPOS;

typedef struct {
    uint32_t cbStruct;
    JET_TABLEID tableid;
    JET_GRBIT grbit;
} JET_INDEXRANGE;

typedef struct {
    uint32_t cbStruct;
    JET_TABLEID tableid;
    uint32_t cRecords;
    JET_COLUMNID columnidBookmark;
} JET_RECORDLIST;

typedef enum {
    JET_relopEquals,
    JET_relopPrefixEquals,
    JET_relopNotEquals,
    JET_relopLessThanOrEqual,
    JET_relopLessThan,
    JET_relopGreaterThanOrEqual,
    JET_relopGreaterThan,
    JET_relopBitmaskEqualsZero,
    JET_relopBitmaskNotEqualsZero,
} JET_RELOP;

typedef struct {
    JET_COLUMNID columnid;
    JET_RELOP relop;
    void *pv;
    uint32_t cb;
    JET_GRBIT grbit;
} JET_INDEX_COLUMN;

typedef struct {
    JET_INDEX_COLUMN *rgStartColumns;
    uint32_t cStartColumns;
    JET_INDEX_COLUMN *rgEndColumns;
    uint32_t cEndColumns;
} JET_INDEX_RANGE;

/* realloc of the program's: data NULL allocates, size 0 frees. */
typedef void *(*JET_PFNREALLOC)(void *pvContext, void *pv, uint32_t cb);

typedef struct {
    JET_COLUMNID columnid;
    uint32_t ctagSequence;
    uint32_t *rgtagSequence;
} JET_ENUMCOLUMNID;

typedef struct {
    uint32_t itagSequence;
    JET_ERR err;
    uint32_t cbData;
    void *pvData;
} JET_ENUMCOLUMNVALUE;

typedef struct {
    JET_COLUMNID columnid;
    JET_ERR err;
    union {
        __extension__ struct { /* err is not JET_wrnColumnSingleValue */
            uint32_t cEnumColumnValue;
            JET_ENUMCOLUMNVALUE *rgEnumColumnValue;
        };
        __extension__ struct { /* err is JET_wrnColumnSingleValue */
            uint32_t cbData;
            void *pvData;
        };
    };
} JET_ENUMCOLUMN;

typedef struct {
    uint64_t cbData;
    uint64_t cbLongValueData;
    uint64_t cbOverhead;
    uint64_t cbLongValueOverhead;
    uint64_t cNonTaggedColumns;
    uint64_t cTaggedColumns;
    uint64_t cLongValues;
    uint64_t cMultiValues;
} JET_RECSIZE;

typedef struct {
    uint64_t cbData;
    uint64_t cbLongValueData;
    uint64_t cbOverhead;
    uint64_t cbLongValueOverhead;
    uint64_t cNonTaggedColumns;
    uint64_t cTaggedColumns;
    uint64_t cLongValues;
    uint64_t cMultiValues;
    uint64_t cCompressedColumns;
    uint64_t cbDataCompressed;
    uint64_t cbLongValueDataCompressed;
} JET_RECSIZE2;

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

/* A function of the program that the engine calls for a table: before or after a row changes, or
 * when local storage (pvArg1) is to be freed. pvContext is what it was registered with. */
typedef JET_ERR (*JET_CALLBACK)(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid,
                                JET_CBTYP cbtyp, void *pvArg1, void *pvArg2, void *pvContext,
                                JET_API_PTR ulUnused);

/* JET_paramDurableCommitCallback: all commits up to this id survive a power loss. With
 * JET_bitDurableCommitCallbackLogUnavailable a sync failed: none will from now on. Called on a
 * thread of the engine or, at the end, within JetTerm; it must not call the engine, and what it
 * returns is ignored. */
typedef JET_ERR (*JET_PFNDURABLECOMMITCALLBACK)(JET_INSTANCE instance, JET_COMMIT_ID *pCommitIdSeen,
                                                JET_GRBIT grbit);

/* Of JetCompact, to upgrade a database of old: there are none. */
typedef struct {
    char *szOldDll;
    uint32_t fFlags;
} JET_CONVERT_A;
typedef struct {
    JET_WCHAR *szOldDll;
    uint32_t fFlags;
} JET_CONVERT_W;
typedef JET_CONVERT_A JET_CONVERT;

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

#ifdef __cplusplus
}
#endif

#endif /* ESENT_TYPES_H */
