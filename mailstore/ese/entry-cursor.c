/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry-cursor.c - behind the exported functions: keys, seeking, moving, indexes, bookmarks.
 */
#include "mailstore/ese/cursor.h"
#include "mailstore/ese/entry.h"
#include "mailstore/ese/info.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/update.h"

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

/* The row being made goes with the place that the cursor leaves. */
static JET_ERR set_index(Cursor *cursor, const char *name, JET_GRBIT grbit, uint32_t itag)
{
    const Index *old = cursor->index;
    JET_ERR err = cursor_set_index(cursor, name, grbit, itag);
    if (err >= 0 && (cursor->index != old || !(grbit & JET_bitNoMove)))
        update_cancel(cursor);
    return err;
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
    return cursor_leave(cursor, set_index(cursor, szIndexName, grbit, itagSequence));
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
        err = set_index(cursor, name, grbit, itagSequence);
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
    uint64_t count = 0;
    if (!pcrec)
        return JET_errInvalidParameter;
    JET_ERR err = entry_index_record_count2(sesid, tableid, &count, crecMax ? crecMax : UINT32_MAX);
    if (err >= 0)
        *pcrec = (uint32_t)count;
    return err;
}

JET_ERR entry_index_record_count2(JET_SESID sesid, JET_TABLEID tableid, uint64_t *pcrec,
                                  uint64_t crecMax)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_READS, &cursor));
    return cursor_leave(cursor, cursor_count(cursor, pcrec, crecMax));
}

/* --- Places -------------------------------------------------------------------- */

JET_ERR entry_get_record_position(JET_SESID sesid, JET_TABLEID tableid, JET_RECPOS *precpos,
                                  uint32_t cbRecpos)
{
    Cursor *cursor;
    if (!precpos || cbRecpos < sizeof(*precpos))
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, cursor_get_position(cursor, precpos));
}

JET_ERR entry_goto_position(JET_SESID sesid, JET_TABLEID tableid, JET_RECPOS *precpos)
{
    Cursor *cursor;
    if (!precpos || precpos->cbStruct < sizeof(*precpos))
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, cursor_goto_position(cursor, precpos));
}

JET_ERR entry_get_secondary_index_bookmark(JET_SESID sesid, JET_TABLEID tableid,
                                           void *pvSecondaryKey, uint32_t cbSecondaryKeyMax,
                                           uint32_t *pcbSecondaryKeyActual, void *pvPrimaryBookmark,
                                           uint32_t cbPrimaryBookmarkMax,
                                           uint32_t *pcbPrimaryBookmarkActual, JET_GRBIT grbit)
{
    Cursor *cursor;
    Bytes key, bookmark;
    if (grbit != 0)
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    JET_ERR err = cursor_get_index_bookmark(cursor, &key, &bookmark);
    if (err >= 0) {
        err = bytes_return(key, pvSecondaryKey, cbSecondaryKeyMax, pcbSecondaryKeyActual);
        JET_ERR other = bytes_return(bookmark, pvPrimaryBookmark, cbPrimaryBookmarkMax,
                                     pcbPrimaryBookmarkActual);
        err = err < 0 ? err : other;
    }
    return cursor_leave(cursor, err);
}

JET_ERR entry_goto_secondary_index_bookmark(JET_SESID sesid, JET_TABLEID tableid,
                                            void *pvSecondaryKey, uint32_t cbSecondaryKey,
                                            void *pvPrimaryBookmark, uint32_t cbPrimaryBookmark,
                                            JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(
        cursor, cursor_goto_index_bookmark(cursor, (Bytes){pvSecondaryKey, cbSecondaryKey},
                                           (Bytes){pvPrimaryBookmark, cbPrimaryBookmark}, grbit));
}

JET_ERR entry_get_cursor_info(JET_SESID sesid, JET_TABLEID tableid, void *pvResult, uint32_t cbMax,
                              uint32_t InfoLevel)
{
    Cursor *cursor;
    (void)pvResult;
    if (cbMax != 0 || InfoLevel != 0)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(cursor_enter_for(sesid, tableid, CURSOR_DELETES, &cursor));
    return cursor_leave(cursor, cursor_probe(cursor));
}

/* --- Sets of rows -------------------------------------------------------------- */

JET_ERR entry_set_cursor_filter(JET_SESID sesid, JET_TABLEID tableid,
                                JET_INDEX_COLUMN *rgColumnFilters, uint32_t cColumnFilters,
                                JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, cursor_set_filter(cursor, rgColumnFilters, cColumnFilters, grbit));
}

JET_ERR entry_intersect_indexes(JET_SESID sesid, JET_INDEXRANGE *rgindexrange, uint32_t cindexrange,
                                JET_RECORDLIST *precordlist, JET_GRBIT grbit)
{
    enum {
        RANGES_MAX = 64, /* as many as a table has indexes */
    };
    Cursor *cursors[RANGES_MAX], *entered = NULL;
    JET_ERR err = JET_errSuccess;
    if (grbit != 0)
        return JET_errInvalidGrbit;
    if (!rgindexrange || !precordlist || precordlist->cbStruct < sizeof(*precordlist) ||
        cindexrange == 0 || cindexrange > RANGES_MAX)
        return JET_errInvalidParameter;
    for (uint32_t i = 0; i < cindexrange && err >= 0; i++) {
        if (rgindexrange[i].cbStruct < sizeof(*rgindexrange))
            err = JET_errInvalidParameter;
        else if (rgindexrange[i].grbit != JET_bitRecordInIndex)
            err = JET_errInvalidGrbit;
        else if (!entered)
            err = cursor_enter_stored(sesid, rgindexrange[i].tableid, &cursors[i]);
        else
            err = cursor_find_entered(entered->session, rgindexrange[i].tableid, &cursors[i]);
        if (err >= 0)
            entered = cursors[0];
    }
    if (err >= 0)
        err = cursors_intersect(cursors, cindexrange, precordlist);
    return entered ? cursor_leave(entered, err) : err;
}

JET_ERR entry_preread_keys(JET_SESID sesid, JET_TABLEID tableid, const void **rgpvKeys,
                           const uint32_t *rgcbKeys, int32_t ckeys, int32_t *pckeysPreread,
                           JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(
        cursor, cursor_preread_keys(cursor, rgpvKeys, rgcbKeys, ckeys, pckeysPreread, grbit));
}

JET_ERR entry_preread_index_ranges(JET_SESID sesid, JET_TABLEID tableid,
                                   const JET_INDEX_RANGE *rgIndexRanges, uint32_t cIndexRanges,
                                   uint32_t *pcRangesPreread, const JET_COLUMNID *rgcolumnidPreread,
                                   uint32_t ccolumnidPreread, JET_GRBIT grbit)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor,
                        cursor_preread_ranges(cursor, rgIndexRanges, cIndexRanges, pcRangesPreread,
                                              rgcolumnidPreread, ccolumnidPreread, grbit));
}

JET_ERR entry_set_table_sequential(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit)
{
    Cursor *cursor;
    if (grbit & ~(JET_GRBIT)(JET_bitPrereadForward | JET_bitPrereadBackward))
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, JET_errSuccess);
}

JET_ERR entry_reset_table_sequential(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit)
{
    Cursor *cursor;
    if (grbit != 0)
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, JET_errSuccess);
}

JET_ERR entry_compute_stats(JET_SESID sesid, JET_TABLEID tableid)
{
    Cursor *cursor;
    RETURN_IF_ERROR(cursor_enter_stored(sesid, tableid, &cursor));
    return cursor_leave(cursor, cursor_compute_statistics(cursor));
}
