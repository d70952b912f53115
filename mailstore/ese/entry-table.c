/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry-table.c - behind the exported functions: tables, columns, indexes and what is known of
 * them.
 */
#include <string.h>

#include "mailstore/ese/entry.h"
#include "mailstore/ese/info.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/table.h"

enum {
    OPEN_TABLE_BITS = JET_bitTableDenyWrite | JET_bitTableDenyRead | JET_bitTableReadOnly |
                      JET_bitTableUpdatable | JET_bitTablePermitDDL | JET_bitTableNoCache |
                      JET_bitTablePreread | JET_bitTableOpportuneRead | JET_bitTableSequential |
                      JET_bitTableClassMask,
};

static JET_ERR create_in_session(JET_SESID sesid, JET_DBID dbid, const TableSpec *spec,
                                 JET_TABLEID *ret)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, table_create(session, dbid, spec, ret));
}

/* The original looks for a function in a library. */
static JET_ERR check_callback(const char *name)
{
    if (!name || !*name)
        return JET_errSuccess;
    return strchr(name, '!') ? JET_errCallbackNotResolved : JET_errInvalidParameter;
}

JET_ERR entry_create_table(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t lPages,
                           uint32_t lDensity, JET_TABLEID *ptableid)
{
    uint32_t created;
    TableSpec spec = {.name = szTableName, .density = lDensity, .ret_created = &created};
    (void)lPages;
    return ptableid ? create_in_session(sesid, dbid, &spec, ptableid) : JET_errInvalidParameter;
}

JET_ERR entry_create_table_column_index2(JET_SESID sesid, JET_DBID dbid,
                                         JET_TABLECREATE2 *ptablecreate)
{
    if (!ptablecreate || ptablecreate->cbStruct != sizeof(*ptablecreate))
        return JET_errInvalidParameter;
    TableSpec spec = {
        .name = ptablecreate->szTableName,
        .template_name = ptablecreate->szTemplateTableName,
        .density = ptablecreate->ulDensity,
        .columns = ptablecreate->rgcolumncreate,
        .n_columns = ptablecreate->cColumns,
        .indexes = ptablecreate->rgindexcreate,
        .n_indexes = ptablecreate->cIndexes,
        .index_form = INDEX_CREATE_1,
        .grbit = ptablecreate->grbit,
        .ret_created = &ptablecreate->cCreated,
    };
    RETURN_IF_ERROR(check_callback(ptablecreate->szCallback));
    return create_in_session(sesid, dbid, &spec, &ptablecreate->tableid);
}

JET_ERR entry_create_table_column_index3(JET_SESID sesid, JET_DBID dbid,
                                         JET_TABLECREATE3 *ptablecreate)
{
    if (!ptablecreate || ptablecreate->cbStruct != sizeof(*ptablecreate))
        return JET_errInvalidParameter;
    TableSpec spec = {
        .name = ptablecreate->szTableName,
        .template_name = ptablecreate->szTemplateTableName,
        .density = ptablecreate->ulDensity,
        .columns = ptablecreate->rgcolumncreate,
        .n_columns = ptablecreate->cColumns,
        .indexes = ptablecreate->rgindexcreate,
        .n_indexes = ptablecreate->cIndexes,
        .index_form = INDEX_CREATE_2,
        .grbit = ptablecreate->grbit,
        .lv_separate = ptablecreate->cbSeparateLV,
        .ret_created = &ptablecreate->cCreated,
    };
    RETURN_IF_ERROR(check_callback(ptablecreate->szCallback));
    return create_in_session(sesid, dbid, &spec, &ptablecreate->tableid);
}

JET_ERR entry_create_table_column_index4(JET_SESID sesid, JET_DBID dbid,
                                         JET_TABLECREATE4 *ptablecreate)
{
    if (!ptablecreate || ptablecreate->cbStruct != sizeof(*ptablecreate))
        return JET_errInvalidParameter;
    TableSpec spec = {
        .name = ptablecreate->szTableName,
        .template_name = ptablecreate->szTemplateTableName,
        .density = ptablecreate->ulDensity,
        .columns = ptablecreate->rgcolumncreate,
        .n_columns = ptablecreate->cColumns,
        .indexes = ptablecreate->rgindexcreate,
        .n_indexes = ptablecreate->cIndexes,
        .index_form = INDEX_CREATE_3,
        .grbit = ptablecreate->grbit,
        .lv_separate = ptablecreate->cbSeparateLV,
        .ret_created = &ptablecreate->cCreated,
    };
    RETURN_IF_ERROR(check_callback(ptablecreate->szCallback));
    return create_in_session(sesid, dbid, &spec, &ptablecreate->tableid);
}

JET_ERR entry_add_column(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                         const JET_COLUMNDEF *pcolumndef, const void *pvDefault, uint32_t cbDefault,
                         JET_COLUMNID *pcolumnid)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, table_add_column(cursor, szColumnName, pcolumndef, pvDefault,
                                                 cbDefault, pcolumnid));
}

JET_ERR entry_create_index(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                           JET_GRBIT grbit, const char *szKey, uint32_t cbKey, uint32_t lDensity)
{
    Cursor *cursor;
    IndexSpec spec = {
        .name = szIndexName, .key = szKey, .key_size = cbKey, .grbit = grbit, .density = lDensity};
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, table_create_index(cursor, &spec));
}

JET_ERR entry_create_index2(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE *pindexcreate,
                            uint32_t cIndexCreate)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor,
                        table_create_indexes(cursor, pindexcreate, cIndexCreate, INDEX_CREATE_1));
}

JET_ERR entry_create_index3(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE2 *pindexcreate,
                            uint32_t cIndexCreate)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor,
                        table_create_indexes(cursor, pindexcreate, cIndexCreate, INDEX_CREATE_2));
}

JET_ERR entry_create_index4(JET_SESID sesid, JET_TABLEID tableid, JET_INDEXCREATE3 *pindexcreate,
                            uint32_t cIndexCreate)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor,
                        table_create_indexes(cursor, pindexcreate, cIndexCreate, INDEX_CREATE_3));
}

JET_ERR entry_delete_index(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, table_delete_index(cursor, szIndexName));
}

JET_ERR entry_delete_column(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName)
{
    return entry_delete_column2(sesid, tableid, szColumnName, 0);
}

JET_ERR entry_delete_column2(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                             JET_GRBIT grbit)
{
    Cursor *cursor;
    if (grbit & ~(JET_GRBIT)JET_bitDeleteColumnIgnoreTemplateColumns)
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor,
                        table_delete_column(cursor, szColumnName,
                                            grbit & JET_bitDeleteColumnIgnoreTemplateColumns));
}

JET_ERR entry_rename_column(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szName,
                            JET_PCSTR szNameNew, JET_GRBIT grbit)
{
    Cursor *cursor;
    if (grbit != 0)
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, table_rename_column(cursor, szName, szNameNew));
}

JET_ERR entry_set_column_default_value(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                                       JET_PCSTR szColumnName, const void *pvData, uint32_t cbData,
                                       JET_GRBIT grbit)
{
    Session *session;
    JET_TABLEID table;
    if (grbit != 0)
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    JET_ERR err = cursor_open(session, dbid, szTableName, 0, &table);
    if (err < 0)
        return session_leave(session, err);
    Cursor *cursor = session->cursors; /* the newest */
    err = table_set_default(cursor, szColumnName, pvData, cbData);
    cursor_close(cursor);
    return session_leave(session, err);
}

JET_ERR entry_delete_table(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, table_delete(session, dbid, szTableName));
}

JET_ERR entry_rename_table(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szName, JET_PCSTR szNameNew)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, table_rename(session, dbid, szName, szNameNew));
}

JET_ERR entry_open_table(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                         const void *pvParameters, uint32_t cbParameters, JET_GRBIT grbit,
                         JET_TABLEID *ptableid)
{
    Session *session;
    (void)pvParameters; /* of installable engines, long gone */
    (void)cbParameters;
    if (grbit & ~(JET_GRBIT)OPEN_TABLE_BITS)
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    JET_ERR err = cursor_open(session, dbid, szTableName, grbit, ptableid);
    Cursor *cursor = session->cursors; /* the newest */
    JET_ERR mended = err >= 0 ? table_mend_text_indexes(cursor) : JET_errSuccess;
    if (mended < 0) {
        cursor_close(cursor);
        *ptableid = JET_tableidNil;
        err = mended;
    }
    return session_leave(session, err);
}

JET_ERR entry_close_table(JET_SESID sesid, JET_TABLEID tableid)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_to_close(sesid, tableid, &cursor));
    Session *session = cursor->session;
    cursor_close(cursor);
    return session_leave(session, JET_errSuccess);
}

JET_ERR entry_dup_cursor(JET_SESID sesid, JET_TABLEID tableid, JET_TABLEID *ptableid,
                         JET_GRBIT grbit)
{
    Cursor *cursor;
    if (grbit != 0)
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_READS, &cursor));
    return cursor_leave(cursor, cursor_dup(cursor, ptableid));
}

/* --- Information --------------------------------------------------------------- */

JET_ERR entry_get_table_info(JET_SESID sesid, JET_TABLEID tableid, void *pvResult, uint32_t cbMax,
                             uint32_t InfoLevel, bool wide)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    return cursor_leave(cursor, info_table(cursor, pvResult, cbMax, InfoLevel, wide));
}

JET_ERR entry_get_table_column_info(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                                    void *pvResult, uint32_t cbMax, uint32_t InfoLevel, bool wide)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    return cursor_leave(cursor,
                        info_column(cursor, szColumnName, pvResult, cbMax, InfoLevel, wide));
}

static JET_ERR open_for_info(JET_SESID sesid, JET_DBID dbid, const char *name, Session **ret,
                             JET_TABLEID *ret_table)
{
    RETURN_IF_ERROR(session_enter(sesid, ret));
    JET_ERR err = cursor_open(*ret, dbid, name, JET_bitTableReadOnly, ret_table);
    return err < 0 ? session_leave(*ret, err) : err;
}

JET_ERR entry_get_column_info(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                              JET_PCSTR pColumnNameOrId, void *pvResult, uint32_t cbMax,
                              uint32_t InfoLevel, bool wide)
{
    Session *session;
    JET_TABLEID table;
    RETURN_IF_ERROR(open_for_info(sesid, dbid, szTableName, &session, &table));
    Cursor *cursor = session->cursors; /* the newest */
    JET_ERR err = info_column(cursor, pColumnNameOrId, pvResult, cbMax, InfoLevel, wide);
    cursor_close(cursor);
    return session_leave(session, err);
}

JET_ERR entry_get_table_index_info(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                   void *pvResult, uint32_t cbResult, uint32_t InfoLevel, bool wide)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    return cursor_leave(cursor,
                        info_index(cursor, szIndexName, pvResult, cbResult, InfoLevel, wide));
}

JET_ERR entry_get_index_info(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                             JET_PCSTR szIndexName, void *pvResult, uint32_t cbResult,
                             uint32_t InfoLevel, bool wide)
{
    Session *session;
    JET_TABLEID table;
    RETURN_IF_ERROR(open_for_info(sesid, dbid, szTableName, &session, &table));
    Cursor *cursor = session->cursors;
    JET_ERR err = info_index(cursor, szIndexName, pvResult, cbResult, InfoLevel, wide);
    cursor_close(cursor);
    return session_leave(session, err);
}

JET_ERR entry_get_object_info(JET_SESID sesid, JET_DBID dbid, JET_OBJTYP objtyp,
                              JET_PCSTR szContainerName, JET_PCSTR szObjectName, void *pvResult,
                              uint32_t cbMax, uint32_t InfoLevel, bool wide)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, info_objects(session, dbid, objtyp, szContainerName, szObjectName,
                                               pvResult, cbMax, InfoLevel, wide));
}
