/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry-row.c - behind the exported functions: making and reading rows.
 */
#include <string.h>

#include "mailstore/ese/callback.h"
#include "mailstore/ese/entry.h"
#include "mailstore/ese/enumerate.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/retrieve.h"
#include "mailstore/ese/update.h"

JET_ERR entry_prepare_update(JET_SESID sesid, JET_TABLEID tableid, uint32_t prep)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_MAKES_ROWS, &cursor));
    if (prep != JET_prepCancel)
        return cursor_leave(cursor, update_prepare(cursor, prep));
    if (cursor->update.kind == UPDATE_NONE)
        return cursor_leave(cursor, JET_errUpdateNotPrepared);
    update_cancel(cursor);
    return cursor_leave(cursor, JET_errSuccess);
}

JET_ERR entry_set_column(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                         const void *pvData, uint32_t cbData, JET_GRBIT grbit,
                         JET_SETINFO *psetinfo)
{
    Cursor *cursor;
    JET_SETCOLUMN set = {.columnid = columnid,
                         .pvData = pvData,
                         .cbData = cbData,
                         .grbit = grbit,
                         .itagSequence = 1};
    if (psetinfo) {
        if (psetinfo->cbStruct < sizeof(*psetinfo))
            return JET_errInvalidParameter;
        set.ibLongValue = psetinfo->ibLongValue;
        set.itagSequence = psetinfo->itagSequence;
    }
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_MAKES_ROWS, &cursor));
    return cursor_leave(cursor, update_set_column(cursor, &set));
}

static JET_ERR set_all(Cursor *cursor, JET_SETCOLUMN *columns, uint32_t n)
{
    JET_ERR warning = JET_errSuccess;
    for (uint32_t i = 0; i < n; i++) {
        columns[i].err = update_set_column(cursor, &columns[i]);
        RETURN_IF_ERROR(columns[i].err);
        if (columns[i].err > 0)
            warning = columns[i].err;
    }
    return warning;
}

JET_ERR entry_set_columns(JET_SESID sesid, JET_TABLEID tableid, JET_SETCOLUMN *psetcolumn,
                          uint32_t csetcolumn)
{
    Cursor *cursor;
    if (!psetcolumn && csetcolumn > 0)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_MAKES_ROWS, &cursor));
    return cursor_leave(cursor, set_all(cursor, psetcolumn, csetcolumn));
}

/* A warning of the change is lost only to an error of a callback. */
static JET_ERR run_after(Cursor **cursor, JET_CBTYP type, JET_ERR err)
{
    JET_ERR called = callbacks_run(cursor, type);
    return called < 0 ? called : err;
}

JET_ERR entry_update(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbBookmark,
                     uint32_t *pcbActual)
{
    return entry_update2(sesid, tableid, pvBookmark, cbBookmark, pcbActual, 0);
}

JET_ERR entry_update2(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbBookmark,
                      uint32_t *pcbActual, JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_MAKES_ROWS, &cursor));
    bool inserts = cursor->update.kind == UPDATE_INSERT;
    JET_ERR err =
        cursor->update.kind == UPDATE_NONE
            ? JET_errSuccess
            : callbacks_run(&cursor, inserts ? JET_cbtypBeforeInsert : JET_cbtypBeforeReplace);
    if (err >= 0)
        err = update_apply(cursor, pvBookmark, cbBookmark, pcbActual, grbit);
    if (err >= 0)
        err = run_after(&cursor, inserts ? JET_cbtypAfterInsert : JET_cbtypAfterReplace, err);
    return cursor ? cursor_leave(cursor, err) : err;
}

JET_ERR entry_delete(JET_SESID sesid, JET_TABLEID tableid)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_DELETES, &cursor));
    if (cursor->update.kind == UPDATE_COPY_DELETE)
        return cursor_leave(cursor, JET_errAlreadyPrepared);
    JET_ERR err = cursor->position == POSITION_ON_ENTRY
                      ? callbacks_run(&cursor, JET_cbtypBeforeDelete)
                      : JET_errSuccess;
    if (err >= 0)
        err = update_delete(cursor);
    if (err >= 0)
        err = run_after(&cursor, JET_cbtypAfterDelete, err);
    return cursor ? cursor_leave(cursor, err) : err;
}

JET_ERR entry_escrow_update(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid, void *pv,
                            uint32_t cbMax, void *pvOld, uint32_t cbOldMax, uint32_t *pcbOldActual,
                            JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(
        cursor, update_escrow(cursor, columnid, pv, cbMax, pvOld, cbOldMax, pcbOldActual, grbit));
}

JET_ERR entry_get_lock(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, update_lock(cursor, grbit));
}

JET_ERR entry_retrieve_column(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                              void *pvData, uint32_t cbData, uint32_t *pcbActual, JET_GRBIT grbit,
                              JET_RETINFO *pretinfo)
{
    Cursor *cursor;
    JET_RETRIEVECOLUMN column = {.columnid = columnid,
                                 .pvData = pvData,
                                 .cbData = cbData,
                                 .grbit = grbit,
                                 .itagSequence = 1};
    if (pretinfo) {
        if (pretinfo->cbStruct < sizeof(*pretinfo))
            return JET_errInvalidParameter;
        column.ibLongValue = pretinfo->ibLongValue;
        column.itagSequence = pretinfo->itagSequence;
    }
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_READS, &cursor));
    JET_ERR err = retrieve_column(cursor, &column);
    if (err >= 0 && pcbActual)
        *pcbActual = column.cbActual;
    if (err >= 0 && pretinfo) {
        pretinfo->columnidNextTagged = column.columnidNextTagged;
        pretinfo->itagSequence = column.itagSequence;
    }
    return cursor_leave(cursor, err);
}

JET_ERR entry_retrieve_columns(JET_SESID sesid, JET_TABLEID tableid,
                               JET_RETRIEVECOLUMN *pretrievecolumn, uint32_t cretrievecolumn)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_READS, &cursor));
    return cursor_leave(cursor, retrieve_columns(cursor, pretrievecolumn, cretrievecolumn));
}

JET_ERR entry_enumerate_columns(JET_SESID sesid, JET_TABLEID tableid, uint32_t cEnumColumnId,
                                JET_ENUMCOLUMNID *rgEnumColumnId, uint32_t *pcEnumColumn,
                                JET_ENUMCOLUMN **prgEnumColumn, JET_PFNREALLOC pfnRealloc,
                                void *pvReallocContext, uint32_t cbDataMost, JET_GRBIT grbit)
{
    Cursor *cursor;
    Enumeration how = {
        .wanted = rgEnumColumnId,
        .n_wanted = cEnumColumnId,
        .reallocate = pfnRealloc,
        .context = pvReallocContext,
        .data_most = cbDataMost,
        .grbit = grbit,
    };
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_READS, &cursor));
    return cursor_leave(cursor, enumerate_columns(cursor, &how, pcEnumColumn, prgEnumColumn));
}

/* The older structure is the beginning of the newer. */
JET_ERR entry_get_record_size(JET_SESID sesid, JET_TABLEID tableid, JET_RECSIZE *precsize,
                              JET_GRBIT grbit)
{
    JET_RECSIZE2 size = {0};
    if (!precsize)
        return JET_errInvalidParameter;
    memcpy(&size, precsize, sizeof(*precsize));
    JET_ERR err = entry_get_record_size2(sesid, tableid, &size, grbit);
    if (err >= 0)
        memcpy(precsize, &size, sizeof(*precsize));
    return err;
}

JET_ERR entry_get_record_size2(JET_SESID sesid, JET_TABLEID tableid, JET_RECSIZE2 *precsize,
                               JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_READS, &cursor));
    return cursor_leave(cursor, record_size(cursor, precsize, grbit));
}

/* --- Callbacks ------------------------------------------------------------------- */

JET_ERR entry_register_callback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP cbtyp,
                                JET_CALLBACK pCallback, void *pvContext, JET_HANDLE *phCallbackId)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor,
                        callback_register(cursor, cbtyp, pCallback, pvContext, phCallbackId));
}

JET_ERR entry_unregister_callback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP cbtyp,
                                  JET_HANDLE hCallbackId)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, callback_unregister(cursor, cbtyp, hCallbackId));
}

JET_ERR entry_set_ls(JET_SESID sesid, JET_TABLEID tableid, JET_LS ls, JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    return cursor_leave(cursor, local_storage_set(cursor, ls, grbit));
}

JET_ERR entry_get_ls(JET_SESID sesid, JET_TABLEID tableid, JET_LS *pls, JET_GRBIT grbit)
{
    Cursor *cursor;
    if (!pls)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    return cursor_leave(cursor, local_storage_get(cursor, pls, grbit));
}
