/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry-cursor.c - behind the exported functions: keys, seeking, moving, indexes, bookmarks.
 */
#include "mailstore/ese/cursor.h"
#include "mailstore/ese/entry.h"
#include "mailstore/ese/info.h"
#include "mailstore/ese/result.h"

JET_ERR entry_get_bookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbMax,
                           uint32_t *pcbActual)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_READS, &cursor));
    return cursor_leave(cursor, cursor_get_bookmark(cursor, pvBookmark, cbMax, pcbActual));
}

JET_ERR entry_goto_bookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark,
                            uint32_t cbBookmark)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_READS, &cursor));
    return cursor_leave(cursor, cursor_goto_bookmark(cursor, pvBookmark, cbBookmark));
}

JET_ERR entry_make_key(JET_SESID sesid, JET_TABLEID tableid, const void *pvData, uint32_t cbData,
                       JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    return cursor_leave(cursor, cursor_make_key(cursor, pvData, cbData, grbit));
}

JET_ERR entry_retrieve_key(JET_SESID sesid, JET_TABLEID tableid, void *pvKey, uint32_t cbMax,
                           uint32_t *pcbActual, JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    JET_ERR err = cursor_retrieve_key(cursor, pvKey, cbMax, pcbActual, grbit);
    /* Unlike bookmarks, keys that do not fit are cut with a warning. */
    return cursor_leave(cursor, err == JET_errBufferTooSmall ? JET_wrnBufferTruncated : err);
}

JET_ERR entry_seek(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    return cursor_leave(cursor, cursor_seek(cursor, grbit));
}

JET_ERR entry_set_index_range(JET_SESID sesid, JET_TABLEID tableidSrc, JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableidSrc, CURSOR_READS, &cursor));
    return cursor_leave(cursor, cursor_set_range(cursor, grbit));
}

JET_ERR entry_move(JET_SESID sesid, JET_TABLEID tableid, int32_t cRow, JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    return cursor_leave(cursor, cursor_move(cursor, cRow, grbit));
}

JET_ERR entry_set_current_index(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName)
{
    return entry_set_current_index3(sesid, tableid, szIndexName, JET_bitMoveFirst, 1);
}

JET_ERR entry_set_current_index2(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                 JET_GRBIT grbit)
{
    return entry_set_current_index3(sesid, tableid, szIndexName, grbit, 1);
}

JET_ERR entry_set_current_index3(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                 JET_GRBIT grbit, uint32_t itagSequence)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_NEEDS_STORED, &cursor));
    return cursor_leave(cursor, cursor_set_index(cursor, szIndexName, grbit, itagSequence));
}

JET_ERR entry_set_current_index4(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                 JET_INDEXID *pindexid, JET_GRBIT grbit, uint32_t itagSequence)
{
    Cursor *cursor;
    char name[NAME_MAX_BYTES + 1];
    if (!pindexid)
        return entry_set_current_index3(sesid, tableid, szIndexName, grbit, itagSequence);
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    JET_ERR err = info_index_of_id(cursor, pindexid, name);
    if (err >= 0)
        err = cursor_set_index(cursor, name, grbit, itagSequence);
    return cursor_leave(cursor, err);
}

JET_ERR entry_get_current_index(JET_SESID sesid, JET_TABLEID tableid, JET_PSTR szIndexName,
                                uint32_t cbIndexName)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    return cursor_leave(cursor, info_current_index(cursor, szIndexName, cbIndexName));
}

JET_ERR entry_index_record_count(JET_SESID sesid, JET_TABLEID tableid, uint32_t *pcrec,
                                 uint32_t crecMax)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter(sesid, tableid, &cursor));
    return cursor_leave(cursor, cursor_count(cursor, pcrec, crecMax));
}
