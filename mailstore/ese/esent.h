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

/* --- Instances and parameters ------------------------------------------------ */

JET_ERR JetCreateInstance(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName);
JET_ERR JetCreateInstance2(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName,
                           JET_PCSTR szDisplayName, JET_GRBIT grbit);
JET_ERR JetInit(JET_INSTANCE *pinstance);
JET_ERR JetInit2(JET_INSTANCE *pinstance, JET_GRBIT grbit);
JET_ERR JetTerm(JET_INSTANCE instance);
JET_ERR JetTerm2(JET_INSTANCE instance, JET_GRBIT grbit);
JET_ERR JetSetSystemParameter(JET_INSTANCE *pinstance, JET_SESID sesid, uint32_t paramid,
                              JET_API_PTR lParam, JET_PCSTR szParam);
JET_ERR JetGetSystemParameter(JET_INSTANCE instance, JET_SESID sesid, uint32_t paramid,
                              JET_API_PTR *plParam, JET_PSTR szParam, uint32_t cbMax);

/* --- Sessions and transactions ------------------------------------------------ */

JET_ERR JetBeginSession(JET_INSTANCE instance, JET_SESID *psesid, JET_PCSTR szUserName,
                        JET_PCSTR szPassword);
JET_ERR JetDupSession(JET_SESID sesid, JET_SESID *psesid);
JET_ERR JetEndSession(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR JetGetVersion(JET_SESID sesid, uint32_t *pwVersion);
JET_ERR JetSetSessionContext(JET_SESID sesid, JET_API_PTR ulContext);
JET_ERR JetResetSessionContext(JET_SESID sesid);
JET_ERR JetBeginTransaction(JET_SESID sesid);
JET_ERR JetBeginTransaction2(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR JetBeginTransaction3(JET_SESID sesid, int64_t trxid, JET_GRBIT grbit);
JET_ERR JetCommitTransaction(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR JetCommitTransaction2(JET_SESID sesid, JET_GRBIT grbit, uint32_t cmsecDurableCommit,
                              JET_COMMIT_ID *pCommitId);
JET_ERR JetRollback(JET_SESID sesid, JET_GRBIT grbit);

/* --- Databases ------------------------------------------------------------------ */

JET_ERR JetCreateDatabase(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect,
                          JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JetCreateDatabase2(JET_SESID sesid, JET_PCSTR szFilename, uint32_t cpgDatabaseSizeMax,
                           JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JetAttachDatabase(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
JET_ERR JetAttachDatabase2(JET_SESID sesid, JET_PCSTR szFilename, uint32_t cpgDatabaseSizeMax,
                           JET_GRBIT grbit);
JET_ERR JetDetachDatabase(JET_SESID sesid, JET_PCSTR szFilename);
JET_ERR JetDetachDatabase2(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
JET_ERR JetOpenDatabase(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect, JET_DBID *pdbid,
                        JET_GRBIT grbit);
JET_ERR JetCloseDatabase(JET_SESID sesid, JET_DBID dbid, JET_GRBIT grbit);

/* --- Tables, columns, indexes ---------------------------------------------------- */

JET_ERR JetCreateTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t lPages,
                       uint32_t lDensity, JET_TABLEID *ptableid);
JET_ERR JetCreateTableColumnIndex2(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE2 *ptablecreate);
JET_ERR JetCreateTableColumnIndex3(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE3 *ptablecreate);
JET_ERR JetCreateTableColumnIndex4(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE4 *ptablecreate);
JET_ERR JetAddColumn(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                     const JET_COLUMNDEF *pcolumndef, const void *pvDefault, uint32_t cbDefault,
                     JET_COLUMNID *pcolumnid);
JET_ERR JetCreateIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName, JET_GRBIT grbit,
                       const char *szKey, uint32_t cbKey, uint32_t lDensity);
JET_ERR JetCreateIndex2(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE *pindexcreate,
                        uint32_t cIndexCreate);
JET_ERR JetOpenTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                     const void *pvParameters, uint32_t cbParameters, JET_GRBIT grbit,
                     JET_TABLEID *ptableid);
JET_ERR JetCloseTable(JET_SESID sesid, JET_TABLEID tableid);
JET_ERR JetDupCursor(JET_SESID sesid, JET_TABLEID tableid, JET_TABLEID *ptableid, JET_GRBIT grbit);
JET_ERR JetGetTableInfo(JET_SESID sesid, JET_TABLEID tableid, void *pvResult, uint32_t cbMax,
                        uint32_t InfoLevel);
JET_ERR JetGetTableColumnInfo(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                              void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetColumnInfo(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                         JET_PCSTR pColumnNameOrId, void *pvResult, uint32_t cbMax,
                         uint32_t InfoLevel);
JET_ERR JetGetTableIndexInfo(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                             void *pvResult, uint32_t cbResult, uint32_t InfoLevel);
JET_ERR JetGetIndexInfo(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                        JET_PCSTR szIndexName, void *pvResult, uint32_t cbResult,
                        uint32_t InfoLevel);

/* --- Records ------------------------------------------------------------------------ */

JET_ERR JetPrepareUpdate(JET_SESID sesid, JET_TABLEID tableid, uint32_t prep);
JET_ERR JetSetColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                     const void *pvData, uint32_t cbData, JET_GRBIT grbit, JET_SETINFO *psetinfo);
JET_ERR JetSetColumns(JET_SESID sesid, JET_TABLEID tableid, JET_SETCOLUMN *psetcolumn,
                      uint32_t csetcolumn);
JET_ERR JetUpdate(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbBookmark,
                  uint32_t *pcbActual);
JET_ERR JetUpdate2(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbBookmark,
                   uint32_t *pcbActual, JET_GRBIT grbit);
JET_ERR JetDelete(JET_SESID sesid, JET_TABLEID tableid);
JET_ERR JetEscrowUpdate(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid, void *pv,
                        uint32_t cbMax, void *pvOld, uint32_t cbOldMax, uint32_t *pcbOldActual,
                        JET_GRBIT grbit);
JET_ERR JetGetLock(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
JET_ERR JetRetrieveColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid, void *pvData,
                          uint32_t cbData, uint32_t *pcbActual, JET_GRBIT grbit,
                          JET_RETINFO *pretinfo);
JET_ERR JetRetrieveColumns(JET_SESID sesid, JET_TABLEID tableid,
                           JET_RETRIEVECOLUMN *pretrievecolumn, uint32_t cretrievecolumn);

/* --- Navigation ------------------------------------------------------------------------ */

JET_ERR JetGetBookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbMax,
                       uint32_t *pcbActual);
JET_ERR JetGotoBookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark,
                        uint32_t cbBookmark);
JET_ERR JetMakeKey(JET_SESID sesid, JET_TABLEID tableid, const void *pvData, uint32_t cbData,
                   JET_GRBIT grbit);
JET_ERR JetRetrieveKey(JET_SESID sesid, JET_TABLEID tableid, void *pvKey, uint32_t cbMax,
                       uint32_t *pcbActual, JET_GRBIT grbit);
JET_ERR JetSeek(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
JET_ERR JetSetIndexRange(JET_SESID sesid, JET_TABLEID tableidSrc, JET_GRBIT grbit);
JET_ERR JetMove(JET_SESID sesid, JET_TABLEID tableid, int32_t cRow, JET_GRBIT grbit);
JET_ERR JetSetCurrentIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName);
JET_ERR JetSetCurrentIndex2(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                            JET_GRBIT grbit);
JET_ERR JetSetCurrentIndex3(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                            JET_GRBIT grbit, uint32_t itagSequence);
JET_ERR JetGetCurrentIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PSTR szIndexName,
                           uint32_t cbIndexName);
JET_ERR JetIndexRecordCount(JET_SESID sesid, JET_TABLEID tableid, uint32_t *pcrec,
                            uint32_t crecMax);

#include "esent-spellings.h"

#ifdef __cplusplus
}
#endif

#endif /* ESENT_H */
