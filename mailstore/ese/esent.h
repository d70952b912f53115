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

#include "esent-system.h"
#include "esent-types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Tables, columns, indexes ---------------------------------------------------- */

/* An empty table without columns; pages are ignored, and density but for its range: 0 or 20 to 100.
 * JET_errTableDuplicate, JET_errInvalidName, JET_errDensityInvalid. The new cursor is the caller's
 * to close. */
JET_ERR JetCreateTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t lPages,
                       uint32_t lDensity, JET_TABLEID *ptableid);
/* A table with columns and indexes, whole or not at all; each structure's err tells which part
 * was refused. A template (JET_bitTableCreateTemplateTable) is never changed or deleted any more;
 * a table with szTemplateTableName has its columns and indexes beside its own, or, with
 * -NoFixedVarColumnsInDerivedTables of the template, beside tagged ones only.
 * JET_errDDLNotInheritable when that table is no template, JET_errCannotNestDDL for a template of a
 * template. A callback "library!function" gives JET_errCallbackNotResolved: functions are
 * registered by address only. */
JET_ERR JetCreateTableColumnIndex2(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE2 *ptablecreate);
/* As JetCreateTableColumnIndex2, with JET_INDEXCREATE2; long values over cbSeparateLV bytes live
 * outside their row (0: 1023). */
JET_ERR JetCreateTableColumnIndex3(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE3 *ptablecreate);
/* As JetCreateTableColumnIndex3, with JET_INDEXCREATE3 (locale names). */
JET_ERR JetCreateTableColumnIndex4(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE4 *ptablecreate);
/* Adds a column; rows there already have its default. JET_errColumnDuplicate,
 * JET_errInvalidColumnType, JET_errWriteConflict while others change rows of the table, or when
 * they have since the transaction began. */
JET_ERR JetAddColumn(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                     const JET_COLUMNDEF *pcolumndef, const void *pvDefault, uint32_t cbDefault,
                     JET_COLUMNID *pcolumnid);
/* Adds an index and builds it. szKey is "+column\0-column\0\0" of cbKey bytes.
 * JET_errIndexDuplicate, JET_errIndexInvalidDef, JET_errCannotIndex (an escrow column),
 * JET_errDensityInvalid as for tables, JET_errKeyDuplicate, JET_errWriteConflict while others
 * change rows of the table, or when they have since the transaction began. */
JET_ERR JetCreateIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName, JET_GRBIT grbit,
                       const char *szKey, uint32_t cbKey, uint32_t lDensity);
/* As JetCreateIndex for an array, stepped by each cbStruct. Keys have at most 500 bytes
 * (JET_paramKeyMost). Of multi-valued columns the first makes an entry for each value, with
 * JET_bitIndexCrossProduct all for each combination, with -NestedTable all for their first values,
 * their second ones and so on. JET_bitIndexTuples makes an entry for each part of the first
 * column's text, by JET_TUPLELIMITS (JET_bitIndexTupleLimits) or the parameters
 * (JET_errIndexTuples*). A row has at most 262144 entries in an index (JET_errRecordTooBig). */
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
 * change rows of the table or have since; others' cursors on it find nothing more there. */
JET_ERR JetDeleteIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName);
/* Deletes a column; its number stays taken, its values go with their rows.
 * JET_errColumnNotFound, JET_errColumnInUse when an index has it, JET_errWriteConflict. */
JET_ERR JetDeleteColumn(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName);
/* As JetDeleteColumn; JET_bitDeleteColumnIgnoreTemplateColumns does not look at inherited ones. */
JET_ERR JetDeleteColumn2(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                         JET_GRBIT grbit);
/* JET_errColumnNotFound, JET_errColumnDuplicate, JET_errInvalidName, JET_errWriteConflict. */
JET_ERR JetRenameColumn(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szName, JET_PCSTR szNameNew,
                        JET_GRBIT grbit);
/* Gives a column another default; rows without a value of their own, also those that had none
 * before, have it from then on, and indexes of the column are built anew. JET_errColumnNotFound,
 * JET_errNullInvalid for no default, JET_errInvalidBufferSize, JET_errDefaultValueTooBig,
 * JET_errColumnInUse when rows are in its order, JET_errInvalidColumnType when the engine fills it,
 * JET_errKeyDuplicate, JET_errWriteConflict as JetCreateIndex. */
JET_ERR JetSetColumnDefaultValue(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                                 JET_PCSTR szColumnName, const void *pvData, uint32_t cbData,
                                 JET_GRBIT grbit);
/* Deletes a table with all in it, in one transaction. JET_errObjectNotFound, JET_errTableInUse
 * while anyone, the session included, has a cursor in it, JET_errTableLocked when another denies
 * reading, JET_errWriteConflict. Who opens it before the commit still sees it, and from then on
 * has JET_errObjectNotFound. */
JET_ERR JetDeleteTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName);
/* As JetDeleteTable: nobody may have it open. JET_errTableDuplicate, JET_errInvalidName. */
JET_ERR JetRenameTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szName, JET_PCSTR szNameNew);
/* A cursor on the first row (if there is one), in the order of the primary index.
 * JET_errObjectNotFound, JET_errTableLocked and JET_errTableInUse for what the Deny bits exclude,
 * JET_errOutOfCursors. */
JET_ERR JetOpenTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                     const void *pvParameters, uint32_t cbParameters, JET_GRBIT grbit,
                     JET_TABLEID *ptableid);
/* Closes a cursor and forgets a row prepared with it. */
JET_ERR JetCloseTable(JET_SESID sesid, JET_TABLEID tableid);
/* Another cursor of the same table, on its first row. */
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
 * counts but those of JetComputeStats are 0 and times are not kept. The other levels give
 * JET_errFeatureNotAvailable. JET_errObjectNotFound, JET_errBufferTooSmall. */
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
 * -ReplaceNoLock locks it at the update) or gives it up (prepCancel), as JetDelete and whatever
 * moves the cursor do: JetMove, also by 0, JetSeek, JetGoto..., JetSetCurrentIndex. Autoincrement
 * values are drawn here. JET_errAlreadyPrepared, JET_errWriteConflict, JET_errSessionWriteConflict.
 */
JET_ERR JetPrepareUpdate(JET_SESID sesid, JET_TABLEID tableid, uint32_t prep);
/* Sets a value of the row being made; 0 bytes are NULL, or, with JET_bitSetZeroLength and where the
 * size is not fixed, a value. Long values outside the row need a transaction; bits for long values
 * say nothing of others. psetinfo: offset, and which multi-value (0: a new one).
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
 * JET_errWriteConflict, JET_errNoCurrentRecord, JET_errRecordDeleted; JET_errAlreadyPrepared while
 * a copy is made that replaces the row. */
JET_ERR JetDelete(JET_SESID sesid, JET_TABLEID tableid);
/* Adds to an escrow column without conflict with others that do; in a transaction.
 * *pvOld: the value before, with everybody's additions. JET_errInvalidOperation,
 * JET_errInvalidBufferSize, JET_errWriteConflict, JET_errFeatureNotAvailable for
 * JET_bitEscrowNoRollback. */
JET_ERR JetEscrowUpdate(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid, void *pv,
                        uint32_t cbMax, void *pvOld, uint32_t cbOldMax, uint32_t *pcbOldActual,
                        JET_GRBIT grbit);
/* Locks the current row until level 0: JET_bitReadLock, shared, or JET_bitWriteLock.
 * JET_errWriteConflict, JET_errNotInTransaction. */
JET_ERR JetGetLock(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
/* Reads a value, of a long one what fits from the offset on. *pcbActual is what there is from
 * there. Column 0 stands for all tagged values, one after the other, with their defaults
 * (JET_bitRetrieveNull: and with explicit NULLs, JET_wrnColumnSetNull); columnidNextTagged tells
 * which it was. JET_bitRetrieveFromIndex: the value that made the current entry, with -RetrieveTag
 * its number, with -RetrieveTuple of a tuple index the part that did. JET_wrnColumnNull,
 * JET_wrnBufferTruncated, JET_errColumnNotFound, JET_errNoCurrentRecord, JET_errBadItagSequence. */
JET_ERR JetRetrieveColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid, void *pvData,
                          uint32_t cbData, uint32_t *pcbActual, JET_GRBIT grbit,
                          JET_RETINFO *pretinfo);
/* JetRetrieveColumn for each, up to the first error; itagSequence 0 asks how many values there
 * are, of column 0 in all. */
JET_ERR JetRetrieveColumns(JET_SESID sesid, JET_TABLEID tableid,
                           JET_RETRIEVECOLUMN *pretrievecolumn, uint32_t cretrievecolumn);

/* All columns of a row (cEnumColumnId 0) or the wanted ones, with all values or the wanted ones,
 * in memory of pfnRealloc that is then the program's: *prgEnumColumn, its arrays of values and
 * each value. Values outside their row are cut to cbDataMost bytes (JET_wrnColumnTruncated).
 * JET_bitEnumerateCopy reads the row being made. Each column and value has its own err:
 * JET_wrnColumnNull, -Default, -Skipped (its id or tag is 0), -Present (-PresenceOnly),
 * -NotInRecord (-InRecordOnly), -SingleValue (-CompressOutput: the value in place of the array).
 * JET_errColumnNotFound and JET_errBadColumnId come with the answer, and stand at their column. */
JET_ERR JetEnumerateColumns(JET_SESID sesid, JET_TABLEID tableid, uint32_t cEnumColumnId,
                            JET_ENUMCOLUMNID *rgEnumColumnId, uint32_t *pcEnumColumn,
                            JET_ENUMCOLUMN **prgEnumColumn, JET_PFNREALLOC pfnRealloc,
                            void *pvReallocContext, uint32_t cbDataMost, JET_GRBIT grbit);
/* Of a row (JET_bitRecordSizeInCopyBuffer: the one being made): bytes of data and of overhead in
 * it and in its long values (-Local leaves those out), numbers of columns, separated values and
 * values beyond the first. -RunningTotal adds to what is there. JET_errUpdateNotPrepared. */
JET_ERR JetGetRecordSize(JET_SESID sesid, JET_TABLEID tableid, JET_RECSIZE *precsize,
                         JET_GRBIT grbit);
/* As JetGetRecordSize; nothing is compressed. */
JET_ERR JetGetRecordSize2(JET_SESID sesid, JET_TABLEID tableid, JET_RECSIZE2 *precsize,
                          JET_GRBIT grbit);

/* --- Callbacks ------------------------------------------------------------------------ */

/* Has a function called before or after rows of the cursor's table are inserted, replaced or
 * deleted (JET_cbtyp..., one or more) by any session of the process, on the thread that does it and
 * with its session, which the function may use; the row being made is read with
 * JET_bitRetrieveCopy. An error of a function called before is that of JetUpdate or JetDelete, and
 * the row stays as it is; one of a function called after is returned, too, but the change stays.
 * Copies that replace their original (JET_prepInsertCopyDeleteOriginal) count as replaced. Holds
 * until it is taken back or the database detached; not with JET_paramDisableCallbacks. The other
 * types can be registered and never happen. JET_errInvalidParameter. */
JET_ERR JetRegisterCallback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP cbtyp,
                            JET_CALLBACK pCallback, void *pvContext, JET_HANDLE *phCallbackId);
/* Takes it back for these types. JET_wrnCallbackNotRegistered. */
JET_ERR JetUnregisterCallback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP cbtyp,
                              JET_HANDLE hCallbackId);
/* Keeps a number with the cursor or, with JET_bitLSTable, with its table; JET_bitLSReset takes it
 * away. JET_paramRuntimeCallback is called with it when the cursor is closed, or the database of
 * the table detached, from within that call: it must not call the engine.
 * JET_errLSCallbackNotSpecified without one, JET_errLSAlreadySet. */
JET_ERR JetSetLS(JET_SESID sesid, JET_TABLEID tableid, JET_LS ls, JET_GRBIT grbit);
/* Gives it back, with JET_bitLSReset for good. JET_errLSNotSet. */
JET_ERR JetGetLS(JET_SESID sesid, JET_TABLEID tableid, JET_LS *pls, JET_GRBIT grbit);

/* --- Navigation ------------------------------------------------------------------------ */

/* The bookmark of the current row, at most 500 bytes. JET_errBufferTooSmall. */
JET_ERR JetGetBookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbMax,
                       uint32_t *pcbActual);
/* Goes to a row. JET_errRecordDeleted, JET_errInvalidBookmark, JET_errNoCurrentRecord when it has
 * no entry in the current index. */
JET_ERR JetGotoBookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark,
                        uint32_t cbBookmark);
/* Adds a column's value to the search key (JET_bitNewKey: the first). JET_errKeyNotMade,
 * JET_errKeyIsMade, JET_errInvalidBufferSize, JET_errNoCurrentIndex, JET_errIndexTuplesKeyTooSmall.
 */
JET_ERR JetMakeKey(JET_SESID sesid, JET_TABLEID tableid, const void *pvData, uint32_t cbData,
                   JET_GRBIT grbit);
/* The key of the current entry, or, with JET_bitRetrieveCopy, the search key.
 * JET_wrnBufferTruncated. */
JET_ERR JetRetrieveKey(JET_SESID sesid, JET_TABLEID tableid, void *pvKey, uint32_t cbMax,
                       uint32_t *pcbActual, JET_GRBIT grbit);
/* Goes to the entry that the search key, which it uses up, stands in this relation to.
 * JET_wrnSeekNotEqual; JET_errRecordNotFound leaves the cursor where the key would be. */
JET_ERR JetSeek(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
/* Bounds moving in one direction by the search key, which it uses up. When the current entry is
 * outside: JET_errNoCurrentRecord, and the cursor is parked at that end. */
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
/* Counts entries from the current one to the end or the range's, at most crecMax (0: all); none
 * where the cursor was put on the first row of an empty table. JET_errNoCurrentRecord. */
JET_ERR JetIndexRecordCount(JET_SESID sesid, JET_TABLEID tableid, uint32_t *pcrec,
                            uint32_t crecMax);

/* As JetIndexRecordCount, in 64 bits. */
JET_ERR JetIndexRecordCount2(JET_SESID sesid, JET_TABLEID tableid, uint64_t *pcrec,
                             uint64_t crecMax);
/* How many entries of the current index are before the current one's key, have it, and are in all.
 * They are counted: it costs a walk. JET_errNoCurrentRecord. */
JET_ERR JetGetRecordPosition(JET_SESID sesid, JET_TABLEID tableid, JET_RECPOS *precpos,
                             uint32_t cbRecpos);
/* Goes to the entry at centriesLT of centriesTotal, whatever the total is now.
 * JET_errRecordNotFound when there is none. */
JET_ERR JetGotoPosition(JET_SESID sesid, JET_TABLEID tableid, JET_RECPOS *precpos);
/* The key and the bookmark of the current entry of a secondary index. JET_errNoCurrentIndex when
 * rows are in the primary order, JET_errBufferTooSmall. */
JET_ERR JetGetSecondaryIndexBookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvSecondaryKey,
                                     uint32_t cbSecondaryKeyMax, uint32_t *pcbSecondaryKeyActual,
                                     void *pvPrimaryBookmark, uint32_t cbPrimaryBookmarkMax,
                                     uint32_t *pcbPrimaryBookmarkActual, JET_GRBIT grbit);
/* Goes to that entry; in a unique index the key is enough. JET_errRecordDeleted when it is gone:
 * the cursor stays, or, with JET_bitBookmarkPermitVirtualCurrency, goes where it would be. */
JET_ERR JetGotoSecondaryIndexBookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvSecondaryKey,
                                      uint32_t cbSecondaryKey, void *pvPrimaryBookmark,
                                      uint32_t cbPrimaryBookmark, JET_GRBIT grbit);
/* Whether the row could be changed now, and nothing else (cbMax and InfoLevel are 0):
 * JET_errWriteConflict, JET_errSessionWriteConflict, JET_errNoCurrentRecord. */
JET_ERR JetGetCursorInfo(JET_SESID sesid, JET_TABLEID tableid, void *pvResult, uint32_t cbMax,
                         uint32_t InfoLevel);
/* Makes JetMove stop only at rows for which all relations hold (none: at every one), in the primary
 * order. Values are compared as in an index, NULL being below all; JET_bitZeroLength tells an empty
 * value from NULL. JET_errColumnNotFound, JET_errFilteredMoveNotSupported for text and long values
 * and in other orders; while there is a filter, JetMove by 0, JetGotoPosition and
 * JetSetCurrentIndex give that, too. */
JET_ERR JetSetCursorFilter(JET_SESID sesid, JET_TABLEID tableid, JET_INDEX_COLUMN *rgColumnFilters,
                           uint32_t cColumnFilters, JET_GRBIT grbit);
/* The rows in the ranges (JetSetIndexRange; from the current entry on) of all the cursors, each on
 * another secondary index of the same table: a table of bookmarks, whose cursor is the caller's to
 * close. Each grbit is JET_bitRecordInIndex. */
JET_ERR JetIntersectIndexes(JET_SESID sesid, JET_INDEXRANGE *rgindexrange, uint32_t cindexrange,
                            JET_RECORDLIST *precordlist, JET_GRBIT grbit);
/* Reads the rows of keys in ascending (JET_bitPrereadForward) or descending order into memory;
 * *pckeysPreread of them. JET_errInvalidParameter for another order, JET_errInvalidBufferSize. */
JET_ERR JetPrereadKeys(JET_SESID sesid, JET_TABLEID tableid, const void **rgpvKeys,
                       const uint32_t *rgcbKeys, int32_t ckeys, int32_t *pckeysPreread,
                       JET_GRBIT grbit);
/* Reads the rows of ranges of the current index, each between the values of its first columns
 * (JET_relopEquals, the last may be JET_relopPrefixEquals; with JET_bitPrereadNormalizedKey one
 * key), and, in the primary order, these columns' long values (-FirstPage: their beginnings) into
 * memory. JET_errInvalidPreread for columns in another order, JET_errMustBeSeparateLongValue. */
JET_ERR JetPrereadIndexRanges(JET_SESID sesid, JET_TABLEID tableid,
                              const JET_INDEX_RANGE *rgIndexRanges, uint32_t cIndexRanges,
                              uint32_t *pcRangesPreread, const JET_COLUMNID *rgcolumnidPreread,
                              uint32_t ccolumnidPreread, JET_GRBIT grbit);
/* Says that the table is about to be read in this direction (JET_bitPrereadForward, -Backward). The
 * kernel reads ahead by itself: nothing changes. */
JET_ERR JetSetTableSequential(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
/* Takes that back. */
JET_ERR JetResetTableSequential(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
/* Counts the rows of the table; JetGetTableInfo and JetGetObjectInfo then tell that number in
 * cRecord, until the database is detached. */
JET_ERR JetComputeStats(JET_SESID sesid, JET_TABLEID tableid);

#include "esent-spellings.h"

#ifdef __cplusplus
}
#endif

#endif /* ESENT_H */
