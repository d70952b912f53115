/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * esent-spellings.h - the A (UTF-8) and W (UTF-16) forms of the functions in esent.h, which
 * includes this. Made by spellings.py; do not edit.
 */
#ifndef ESENT_SPELLINGS_H
#define ESENT_SPELLINGS_H

/* clang-format off */
JET_ERR JetCreateInstanceA(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName);
JET_ERR JetCreateInstanceW(JET_INSTANCE *pinstance, JET_PCWSTR szInstanceName);
JET_ERR JetCreateInstance2A(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName, JET_PCSTR szDisplayName, JET_GRBIT grbit);
JET_ERR JetCreateInstance2W(JET_INSTANCE *pinstance, JET_PCWSTR szInstanceName, JET_PCWSTR szDisplayName, JET_GRBIT grbit);
JET_ERR JetInit3A(JET_INSTANCE *pinstance, JET_RSTINFO *prstInfo, JET_GRBIT grbit);
JET_ERR JetInit3W(JET_INSTANCE *pinstance, JET_RSTINFO_W *prstInfo, JET_GRBIT grbit);
JET_ERR JetSetSystemParameterA(JET_INSTANCE *pinstance, JET_SESID sesid, uint32_t paramid, JET_API_PTR lParam, JET_PCSTR szParam);
JET_ERR JetSetSystemParameterW(JET_INSTANCE *pinstance, JET_SESID sesid, uint32_t paramid, JET_API_PTR lParam, JET_PCWSTR szParam);
JET_ERR JetGetSystemParameterA(JET_INSTANCE instance, JET_SESID sesid, uint32_t paramid, JET_API_PTR *plParam, JET_PSTR szParam, uint32_t cbMax);
JET_ERR JetGetSystemParameterW(JET_INSTANCE instance, JET_SESID sesid, uint32_t paramid, JET_API_PTR *plParam, JET_PWSTR szParam, uint32_t cbMax);
JET_ERR JetGetInstanceInfoA(uint32_t *pcInstanceInfo, JET_INSTANCE_INFO **paInstanceInfo);
JET_ERR JetGetInstanceInfoW(uint32_t *pcInstanceInfo, JET_INSTANCE_INFO_W **paInstanceInfo);
JET_ERR JetGetErrorInfoA(void *pvContext, void *pvResult, uint32_t cbMax, uint32_t InfoLevel, JET_GRBIT grbit);
JET_ERR JetGetErrorInfoW(void *pvContext, void *pvResult, uint32_t cbMax, uint32_t InfoLevel, JET_GRBIT grbit);
JET_ERR JetBeginSessionA(JET_INSTANCE instance, JET_SESID *psesid, JET_PCSTR szUserName, JET_PCSTR szPassword);
JET_ERR JetBeginSessionW(JET_INSTANCE instance, JET_SESID *psesid, JET_PCWSTR szUserName, JET_PCWSTR szPassword);
JET_ERR JetCreateDatabaseA(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect, JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JetCreateDatabaseW(JET_SESID sesid, JET_PCWSTR szFilename, JET_PCWSTR szConnect, JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JetCreateDatabase2A(JET_SESID sesid, JET_PCSTR szFilename, uint32_t cpgDatabaseSizeMax, JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JetCreateDatabase2W(JET_SESID sesid, JET_PCWSTR szFilename, uint32_t cpgDatabaseSizeMax, JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JetAttachDatabaseA(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
JET_ERR JetAttachDatabaseW(JET_SESID sesid, JET_PCWSTR szFilename, JET_GRBIT grbit);
JET_ERR JetAttachDatabase2A(JET_SESID sesid, JET_PCSTR szFilename, uint32_t cpgDatabaseSizeMax, JET_GRBIT grbit);
JET_ERR JetAttachDatabase2W(JET_SESID sesid, JET_PCWSTR szFilename, uint32_t cpgDatabaseSizeMax, JET_GRBIT grbit);
JET_ERR JetDetachDatabaseA(JET_SESID sesid, JET_PCSTR szFilename);
JET_ERR JetDetachDatabaseW(JET_SESID sesid, JET_PCWSTR szFilename);
JET_ERR JetDetachDatabase2A(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
JET_ERR JetDetachDatabase2W(JET_SESID sesid, JET_PCWSTR szFilename, JET_GRBIT grbit);
JET_ERR JetOpenDatabaseA(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect, JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JetOpenDatabaseW(JET_SESID sesid, JET_PCWSTR szFilename, JET_PCWSTR szConnect, JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JetGetDatabaseInfoA(JET_SESID sesid, JET_DBID dbid, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetDatabaseInfoW(JET_SESID sesid, JET_DBID dbid, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetDatabaseFileInfoA(JET_PCSTR szDatabaseName, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetDatabaseFileInfoW(JET_PCWSTR szDatabaseName, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetCompactA(JET_SESID sesid, JET_PCSTR szDatabaseSrc, JET_PCSTR szDatabaseDest, JET_PFNSTATUS pfnStatus, JET_CONVERT *pconvert, JET_GRBIT grbit);
JET_ERR JetCompactW(JET_SESID sesid, JET_PCWSTR szDatabaseSrc, JET_PCWSTR szDatabaseDest, JET_PFNSTATUS pfnStatus, JET_CONVERT_W *pconvert, JET_GRBIT grbit);
JET_ERR JetDefragmentA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t *pcPasses, uint32_t *pcSeconds, JET_GRBIT grbit);
JET_ERR JetDefragmentW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName, uint32_t *pcPasses, uint32_t *pcSeconds, JET_GRBIT grbit);
JET_ERR JetDefragment2A(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t *pcPasses, uint32_t *pcSeconds, JET_CALLBACK callback, JET_GRBIT grbit);
JET_ERR JetDefragment2W(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName, uint32_t *pcPasses, uint32_t *pcSeconds, JET_CALLBACK callback, JET_GRBIT grbit);
JET_ERR JetSetDatabaseSizeA(JET_SESID sesid, JET_PCSTR szDatabaseName, uint32_t cpg, uint32_t *pcpgReal);
JET_ERR JetSetDatabaseSizeW(JET_SESID sesid, JET_PCWSTR szDatabaseName, uint32_t cpg, uint32_t *pcpgReal);
JET_ERR JetBackupInstanceA(JET_INSTANCE instance, JET_PCSTR szBackupPath, JET_GRBIT grbit, JET_PFNSTATUS pfnStatus);
JET_ERR JetBackupInstanceW(JET_INSTANCE instance, JET_PCWSTR szBackupPath, JET_GRBIT grbit, JET_PFNSTATUS pfnStatus);
JET_ERR JetRestoreInstanceA(JET_INSTANCE instance, JET_PCSTR sz, JET_PCSTR szDest, JET_PFNSTATUS pfn);
JET_ERR JetRestoreInstanceW(JET_INSTANCE instance, JET_PCWSTR sz, JET_PCWSTR szDest, JET_PFNSTATUS pfn);
JET_ERR JetGetAttachInfoInstanceA(JET_INSTANCE instance, JET_PSTR szzDatabases, uint32_t cbMax, uint32_t *pcbActual);
JET_ERR JetGetAttachInfoInstanceW(JET_INSTANCE instance, JET_PWSTR szzDatabases, uint32_t cbMax, uint32_t *pcbActual);
JET_ERR JetOpenFileInstanceA(JET_INSTANCE instance, JET_PCSTR szFileName, JET_HANDLE *phfFile, uint32_t *pulFileSizeLow, uint32_t *pulFileSizeHigh);
JET_ERR JetOpenFileInstanceW(JET_INSTANCE instance, JET_PCWSTR szFileName, JET_HANDLE *phfFile, uint32_t *pulFileSizeLow, uint32_t *pulFileSizeHigh);
JET_ERR JetGetLogInfoInstanceA(JET_INSTANCE instance, JET_PSTR szzLogs, uint32_t cbMax, uint32_t *pcbActual);
JET_ERR JetGetLogInfoInstanceW(JET_INSTANCE instance, JET_PWSTR szzLogs, uint32_t cbMax, uint32_t *pcbActual);
JET_ERR JetGetTruncateLogInfoInstanceA(JET_INSTANCE instance, JET_PSTR szzLogs, uint32_t cbMax, uint32_t *pcbActual);
JET_ERR JetGetTruncateLogInfoInstanceW(JET_INSTANCE instance, JET_PWSTR szzLogs, uint32_t cbMax, uint32_t *pcbActual);
JET_ERR JetOSSnapshotFreezeA(JET_OSSNAPID snapId, uint32_t *pcInstanceInfo, JET_INSTANCE_INFO **paInstanceInfo, JET_GRBIT grbit);
JET_ERR JetOSSnapshotFreezeW(JET_OSSNAPID snapId, uint32_t *pcInstanceInfo, JET_INSTANCE_INFO_W **paInstanceInfo, JET_GRBIT grbit);
JET_ERR JetOSSnapshotGetFreezeInfoA(JET_OSSNAPID snapId, uint32_t *pcInstanceInfo, JET_INSTANCE_INFO **paInstanceInfo, JET_GRBIT grbit);
JET_ERR JetOSSnapshotGetFreezeInfoW(JET_OSSNAPID snapId, uint32_t *pcInstanceInfo, JET_INSTANCE_INFO_W **paInstanceInfo, JET_GRBIT grbit);
JET_ERR JetCreateTableA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t lPages, uint32_t lDensity, JET_TABLEID *ptableid);
JET_ERR JetCreateTableW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName, uint32_t lPages, uint32_t lDensity, JET_TABLEID *ptableid);
JET_ERR JetCreateTableColumnIndex2A(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE2 *ptablecreate);
JET_ERR JetCreateTableColumnIndex2W(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE2_W *ptablecreate);
JET_ERR JetCreateTableColumnIndex3A(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE3 *ptablecreate);
JET_ERR JetCreateTableColumnIndex3W(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE3_W *ptablecreate);
JET_ERR JetCreateTableColumnIndex4A(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE4 *ptablecreate);
JET_ERR JetCreateTableColumnIndex4W(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE4_W *ptablecreate);
JET_ERR JetAddColumnA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName, const JET_COLUMNDEF *pcolumndef, const void *pvDefault, uint32_t cbDefault, JET_COLUMNID *pcolumnid);
JET_ERR JetAddColumnW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szColumnName, const JET_COLUMNDEF *pcolumndef, const void *pvDefault, uint32_t cbDefault, JET_COLUMNID *pcolumnid);
JET_ERR JetCreateIndexA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName, JET_GRBIT grbit, const char *szKey, uint32_t cbKey, uint32_t lDensity);
JET_ERR JetCreateIndexW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName, JET_GRBIT grbit, JET_PCWSTR szKey, uint32_t cbKey, uint32_t lDensity);
JET_ERR JetCreateIndex2A(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE *pindexcreate, uint32_t cIndexCreate);
JET_ERR JetCreateIndex2W(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE_W *pindexcreate, uint32_t cIndexCreate);
JET_ERR JetCreateIndex3A(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE2 *pindexcreate, uint32_t cIndexCreate);
JET_ERR JetCreateIndex3W(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE2_W *pindexcreate, uint32_t cIndexCreate);
JET_ERR JetCreateIndex4A(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE3 *pindexcreate, uint32_t cIndexCreate);
JET_ERR JetCreateIndex4W(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE3_W *pindexcreate, uint32_t cIndexCreate);
JET_ERR JetDeleteIndexA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName);
JET_ERR JetDeleteIndexW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName);
JET_ERR JetDeleteColumnA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName);
JET_ERR JetDeleteColumnW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szColumnName);
JET_ERR JetDeleteColumn2A(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName, JET_GRBIT grbit);
JET_ERR JetDeleteColumn2W(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szColumnName, JET_GRBIT grbit);
JET_ERR JetRenameColumnA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szName, JET_PCSTR szNameNew, JET_GRBIT grbit);
JET_ERR JetRenameColumnW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szName, JET_PCWSTR szNameNew, JET_GRBIT grbit);
JET_ERR JetSetColumnDefaultValueA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, JET_PCSTR szColumnName, const void *pvData, uint32_t cbData, JET_GRBIT grbit);
JET_ERR JetSetColumnDefaultValueW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName, JET_PCWSTR szColumnName, const void *pvData, uint32_t cbData, JET_GRBIT grbit);
JET_ERR JetDeleteTableA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName);
JET_ERR JetDeleteTableW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName);
JET_ERR JetRenameTableA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szName, JET_PCSTR szNameNew);
JET_ERR JetRenameTableW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szName, JET_PCWSTR szNameNew);
JET_ERR JetOpenTableA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, const void *pvParameters, uint32_t cbParameters, JET_GRBIT grbit, JET_TABLEID *ptableid);
JET_ERR JetOpenTableW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName, const void *pvParameters, uint32_t cbParameters, JET_GRBIT grbit, JET_TABLEID *ptableid);
JET_ERR JetGetTableInfoA(JET_SESID sesid, JET_TABLEID tableid, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetTableInfoW(JET_SESID sesid, JET_TABLEID tableid, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetTableColumnInfoA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetTableColumnInfoW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szColumnName, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetColumnInfoA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, JET_PCSTR pColumnNameOrId, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetColumnInfoW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName, JET_PCWSTR pColumnNameOrId, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetTableIndexInfoA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName, void *pvResult, uint32_t cbResult, uint32_t InfoLevel);
JET_ERR JetGetTableIndexInfoW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName, void *pvResult, uint32_t cbResult, uint32_t InfoLevel);
JET_ERR JetGetIndexInfoA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, JET_PCSTR szIndexName, void *pvResult, uint32_t cbResult, uint32_t InfoLevel);
JET_ERR JetGetIndexInfoW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName, JET_PCWSTR szIndexName, void *pvResult, uint32_t cbResult, uint32_t InfoLevel);
JET_ERR JetGetObjectInfoA(JET_SESID sesid, JET_DBID dbid, JET_OBJTYP objtyp, JET_PCSTR szContainerName, JET_PCSTR szObjectName, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetGetObjectInfoW(JET_SESID sesid, JET_DBID dbid, JET_OBJTYP objtyp, JET_PCWSTR szContainerName, JET_PCWSTR szObjectName, void *pvResult, uint32_t cbMax, uint32_t InfoLevel);
JET_ERR JetSetCurrentIndexA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName);
JET_ERR JetSetCurrentIndexW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName);
JET_ERR JetSetCurrentIndex2A(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName, JET_GRBIT grbit);
JET_ERR JetSetCurrentIndex2W(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName, JET_GRBIT grbit);
JET_ERR JetSetCurrentIndex3A(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName, JET_GRBIT grbit, uint32_t itagSequence);
JET_ERR JetSetCurrentIndex3W(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName, JET_GRBIT grbit, uint32_t itagSequence);
JET_ERR JetSetCurrentIndex4A(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName, JET_INDEXID *pindexid, JET_GRBIT grbit, uint32_t itagSequence);
JET_ERR JetSetCurrentIndex4W(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName, JET_INDEXID *pindexid, JET_GRBIT grbit, uint32_t itagSequence);
JET_ERR JetGetCurrentIndexA(JET_SESID sesid, JET_TABLEID tableid, JET_PSTR szIndexName, uint32_t cbIndexName);
JET_ERR JetGetCurrentIndexW(JET_SESID sesid, JET_TABLEID tableid, JET_PWSTR szIndexName, uint32_t cbIndexName);
/* clang-format on */

#endif
