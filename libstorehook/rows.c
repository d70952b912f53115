/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rows.c - finds, reads, inserts and deletes rows beside the host's own cursors.
 *
 * Each cursor lives for one task: nothing of ours is open when the host closes its session. Errors
 * are the store's, unchanged. The host's cursors, their positions and their prepared updates are
 * never touched.
 *
 * Known limit: a store whose digest column stands first in no index, or that does not list them, is
 * not searched row by row; its contents count as not found.
 */
#include "libstorehook/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libstorehook/originals.h"

JET_ERR own_cursor_open(JET_SESID sesid, JET_DBID database, const char *table, OwnCursor *ret)
{
    TableKnowledge knowledge;
    JET_TABLEID tableid;
    JET_ERR err = ORIGINAL(JetOpenTable)(sesid, database, table, NULL, 0, 0, &tableid);

    if (err < 0)
        return err;
    knowledge = table_info_learn(sesid, tableid, &ret->info);
    if (knowledge != TABLE_LEARNT || ret->info.untold) {
        ORIGINAL(JetCloseTable)(sesid, tableid);
        return knowledge == TABLE_UNPROFILED ? JET_errObjectNotFound : JET_errOutOfMemory;
    }
    ret->place = (RowPlace){.sesid = sesid, .tableid = tableid, .info = &ret->info};
    return JET_errSuccess;
}

JET_ERR own_cursor_open_role(JET_SESID sesid, JET_DBID database, unsigned set, Role role,
                             OwnCursor *ret)
{
    ProfileTable table;

    if (!profile_find_role(set, role, &table))
        return JET_errObjectNotFound;
    return own_cursor_open(sesid, database, table.name, ret);
}

void own_cursor_close(OwnCursor *cursor)
{
    ORIGINAL(JetCloseTable)(cursor->place.sesid, cursor->place.tableid);
}

JET_ERR own_cursor_goto(OwnCursor *cursor, const ByteString *bookmark)
{
    if (!bookmark->data)
        return JET_errNoCurrentRecord;
    return ORIGINAL(JetGotoBookmark)(cursor->place.sesid, cursor->place.tableid, bookmark->data,
                                     (uint32_t)bookmark->size);
}

/* On the current index. JET_errRecordNotFound also where that is of another column, whose keys may
 * be of another kind. */
static JET_ERR seek(OwnCursor *cursor, Column column, const ByteString *value)
{
    ByteString found = {0};
    JET_ERR err = ORIGINAL(JetMakeKey)(cursor->place.sesid, cursor->place.tableid, value->data,
                                       (uint32_t)value->size, JET_bitNewKey);

    if (err == JET_errInvalidBufferSize || err == JET_errInvalidParameter ||
        err == JET_errNoCurrentIndex)
        return JET_errRecordNotFound;
    if (err < 0)
        return err;
    err = ORIGINAL(JetSeek)(cursor->place.sesid, cursor->place.tableid, JET_bitSeekGE);
    if (err < 0)
        return err;
    if (table_info_read(&cursor->place, column, value->size + 1, &found) < 0)
        return JET_errOutOfMemory;
    err = byte_string_equals(&found, value) ? JET_errSuccess : JET_errRecordNotFound;
    byte_string_clear(&found);
    return err;
}

/* On the list's current row: whether the index it tells of begins with the column. */
static JET_ERR begins_with(JET_SESID sesid, const JET_INDEXLIST *list, JET_COLUMNID column,
                           char ret_name[JET_cbNameMost + 1], bool *ret)
{
    uint32_t position = 1, actual = 0;
    JET_COLUMNID found = 0;
    JET_ERR err = ORIGINAL(JetRetrieveColumn)(sesid, list->tableid, list->columnidiColumn,
                                              &position, sizeof(position), NULL, 0, NULL);

    if (err >= 0)
        err = ORIGINAL(JetRetrieveColumn)(sesid, list->tableid, list->columnidcolumnid, &found,
                                          sizeof(found), NULL, 0, NULL);
    if (err >= 0)
        err = ORIGINAL(JetRetrieveColumn)(sesid, list->tableid, list->columnidindexname, ret_name,
                                          JET_cbNameMost, &actual, 0, NULL);
    if (err < 0)
        return err;
    ret_name[actual < JET_cbNameMost ? actual : JET_cbNameMost] = '\0';
    *ret = position == 0 && found == column;
    return JET_errSuccess;
}

static JET_ERR use_index_of(OwnCursor *cursor, JET_COLUMNID column)
{
    JET_SESID sesid = cursor->place.sesid;
    JET_INDEXLIST list = {.cbStruct = sizeof(list)};
    char name[JET_cbNameMost + 1];
    JET_ERR err = ORIGINAL(JetGetTableIndexInfo)(sesid, cursor->place.tableid, NULL, &list,
                                                 sizeof(list), JET_IdxInfoList);
    bool found = false;

    if (err < 0)
        return err;
    err = ORIGINAL(JetMove)(sesid, list.tableid, JET_MoveFirst, 0);
    while (err >= 0 && !found) {
        err = begins_with(sesid, &list, column, name, &found);
        if (err >= 0 && !found)
            err = ORIGINAL(JetMove)(sesid, list.tableid, JET_MoveNext, 0);
    }
    ORIGINAL(JetCloseTable)(sesid, list.tableid);
    if (err < 0)
        return err == JET_errNoCurrentRecord ? JET_errIndexNotFound : err;
    return ORIGINAL(JetSetCurrentIndex)(sesid, cursor->place.tableid, name);
}

JET_ERR own_cursor_find(OwnCursor *cursor, Column column, const ByteString *value)
{
    JET_ERR err, index_err;

    if (!cursor->info.columns[column].present || !value->data)
        return JET_errRecordNotFound;
    /* The primary index most often; a value found there is found, whatever it is an index of. */
    err = seek(cursor, column, value);
    if (err == JET_errSuccess)
        return err;
    index_err = use_index_of(cursor, cursor->info.columns[column].id);
    if (index_err == JET_errIndexNotFound || index_err == JET_errFeatureNotAvailable)
        return err;
    return index_err < 0 ? index_err : seek(cursor, column, value);
}

JET_ERR rows_delete(JET_SESID sesid, const TrackedRow *row)
{
    OwnCursor cursor;
    JET_ERR err = own_cursor_open(sesid, row->database, row->table, &cursor);

    if (err < 0)
        return err;
    err = own_cursor_goto(&cursor, &row->fields[FIELD_BOOKMARK]);
    if (err >= 0)
        err = ORIGINAL(JetDelete)(sesid, cursor.place.tableid);
    own_cursor_close(&cursor);
    return err;
}

int rows_read_content(JET_SESID sesid, JET_DBID database, unsigned set, const ByteString *digest,
                      Blob *ret)
{
    OwnCursor cursor;
    JET_ERR err = own_cursor_open_role(sesid, database, set, ROLE_CONTENTS, &cursor);
    int result;

    if (err < 0)
        return err == JET_errObjectNotFound ? -ENOENT : -EIO;
    err = own_cursor_find(&cursor, COLUMN_DIGEST, digest);
    if (err < 0)
        result = err == JET_errRecordNotFound ? -ENOENT : -EIO;
    else
        result = table_info_read_blob(&cursor.place, COLUMN_DATA, ret);
    own_cursor_close(&cursor);
    return result == 0 && !ret->set ? -ENOENT : result;
}

static JET_ERR insert(OwnCursor *cursor, const ByteString *digest, const BlobView *data,
                      TrackedRow *row)
{
    JET_SESID sesid = cursor->place.sesid;
    JET_TABLEID tableid = cursor->place.tableid;
    unsigned char bookmark[JET_cbBookmarkMostMost];
    uint32_t actual = 0;
    JET_ERR err = ORIGINAL(JetPrepareUpdate)(sesid, tableid, JET_prepInsert);

    if (err < 0)
        return err;
    err = table_info_write(&cursor->place, COLUMN_DIGEST, digest->data, digest->size);
    if (err >= 0)
        err = table_info_write(&cursor->place, COLUMN_DATA, data->data, data->size);
    if (err >= 0)
        err = ORIGINAL(JetUpdate)(sesid, tableid, bookmark, sizeof(bookmark), &actual);
    if (err < 0)
        ORIGINAL(JetPrepareUpdate)(sesid, tableid, JET_prepCancel);
    else if (byte_string_set(&row->fields[FIELD_BOOKMARK], bookmark, actual) < 0)
        err = JET_errOutOfMemory;
    return err;
}

JET_ERR rows_insert_content(JET_SESID sesid, JET_DBID database, unsigned set,
                            const ByteString *digest, const BlobView *data, TrackedRow **ret)
{
    OwnCursor cursor;
    TrackedRow *row;
    JET_ERR err = own_cursor_open_role(sesid, database, set, ROLE_CONTENTS, &cursor);

    if (err < 0)
        return err;
    row = tracked_row_new(&cursor.info);
    if (!row || byte_string_set(&row->fields[FIELD_DIGEST], digest->data, digest->size) < 0)
        err = JET_errOutOfMemory;
    else
        err = insert(&cursor, digest, data, row);
    own_cursor_close(&cursor);
    if (err < 0) {
        tracked_row_free(row);
        row = NULL;
    } else {
        row->inserted = true;
    }
    if (err < 0 && err != JET_errKeyDuplicate)
        return err;
    *ret = row;
    return JET_errSuccess;
}
