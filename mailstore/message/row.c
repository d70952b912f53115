/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * row.c - rows and columns of the current session, by name instead of by handle.
 *
 * After a failed row_write() the row is still prepared (the store API keeps it): its columns can
 * be read with row_get_prepared(), then it must be written again or cancelled; a rollback cancels
 * it too.
 */
#include "mailstore/message/row.h"

#include <string.h>

#define CURSOR(SESSION, INDEX) (SESSION)->sesid, (SESSION)->cursors[INDEX]

/* Numbers of up to eight bytes, little-endian as the store API has them on every machine of ours.
 */
G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN);

RowValue row_bytes(GBytes *bytes)
{
    RowValue value;
    value.data = g_bytes_get_data(bytes, &value.size);
    return value;
}

static JET_ERR make_key(MailSession *session, Index index, const RowValue *key, guint count,
                        JET_GRBIT last)
{
    for (guint i = 0; i < count; i++) {
        JET_GRBIT grbit = (i == 0 ? JET_bitNewKey : 0) | (i + 1 == count ? last : 0);
        JET_ERR err = JetMakeKey(CURSOR(session, index), key[i].data, (uint32_t)key[i].size, grbit);
        if (err < 0)
            return session_note(session, "JetMakeKey", index, err);
    }
    return JET_errSuccess;
}

JET_ERR row_seek(MailSession *session, Index index, const RowValue *key, guint count)
{
    JET_ERR err = make_key(session, index, key, count, 0);
    if (err >= 0)
        err =
            session_note(session, "JetSeek", index, JetSeek(CURSOR(session, index), JET_bitSeekEQ));
    return err;
}

JET_ERR row_first(MailSession *session, Index index, const RowValue *key, guint count,
                  const RowValue *from)
{
    RowValue start[4];
    g_assert(count < G_N_ELEMENTS(start));
    if (count > 0)
        memcpy(start, key, count * sizeof *key);
    if (from != NULL)
        start[count] = *from;

    JET_ERR err = make_key(session, index, start, count + (from != NULL),
                           from != NULL ? 0 : JET_bitFullColumnStartLimit);
    if (err < 0)
        return err;
    err = session_note(session, "JetSeek", index, JetSeek(CURSOR(session, index), JET_bitSeekGE));
    if (err < 0)
        return err;
    if (count == 0)
        return JET_errSuccess;
    err = make_key(session, index, key, count, JET_bitFullColumnEndLimit);
    if (err < 0)
        return err;
    err = JetSetIndexRange(CURSOR(session, index), JET_bitRangeInclusive | JET_bitRangeUpperLimit);
    return session_note(session, "JetSetIndexRange", index,
                        err == JET_errNoCurrentRecord ? JET_errRecordNotFound : err);
}

JET_ERR row_next(MailSession *session, Index index)
{
    JET_ERR err = JetMove(CURSOR(session, index), JET_MoveNext, 0);
    return session_note(session, "JetMove", index,
                        err == JET_errNoCurrentRecord ? JET_errRecordNotFound : err);
}

JET_ERR row_exists(MailSession *session, Index index, RowValue key, gboolean *ret_found)
{
    JET_ERR err = row_first(session, index, &key, 1, NULL);
    if (err < 0 && err != JET_errRecordNotFound)
        return err;
    *ret_found = err >= 0;
    return JET_errSuccess;
}

static JET_ERR retrieve(MailSession *session, Index index, Column column, void *out, gsize max,
                        uint32_t *ret_size, JET_GRBIT grbit, gsize offset)
{
    JET_RETINFO info = {
        .cbStruct = sizeof info, .ibLongValue = (uint32_t)offset, .itagSequence = 1};
    *ret_size = 0;
    JET_ERR err = JetRetrieveColumn(CURSOR(session, index), session->store->columns[column], out,
                                    (uint32_t)max, ret_size, grbit, &info);
    if (err == JET_wrnColumnNull)
        *ret_size = 0;
    return session_note(session, "JetRetrieveColumn", index, err);
}

JET_ERR row_get_number(MailSession *session, Index index, Column column, guint64 *ret)
{
    guint64 number = 0;
    uint32_t size;
    JET_ERR err = retrieve(session, index, column, &number, sizeof number, &size, 0, 0);
    if (err >= 0)
        *ret = number;
    return err;
}

JET_ERR row_get_fields(MailSession *session, Index index, RowField *fields, guint count)
{
    JET_RETRIEVECOLUMN columns[ROW_FIELDS_MAX];

    g_assert(count <= G_N_ELEMENTS(columns));
    for (guint i = 0; i < count; i++)
        columns[i] = (JET_RETRIEVECOLUMN){
            .columnid = session->store->columns[fields[i].column],
            .pvData = fields[i].data,
            .cbData = (uint32_t)fields[i].size,
            .itagSequence = 1,
        };
    JET_ERR err = JetRetrieveColumns(CURSOR(session, index), columns, count);
    for (guint i = 0; i < count && err >= 0; i++)
        fields[i].actual = columns[i].cbActual;
    return session_note(session, "JetRetrieveColumns", index, err);
}

JET_ERR row_get_size(MailSession *session, Index index, Column column, gsize *ret)
{
    uint32_t size;
    JET_ERR err = retrieve(session, index, column, NULL, 0, &size, 0, 0);
    if (err >= 0)
        *ret = size;
    return err;
}

JET_ERR row_get_short(MailSession *session, Index index, Column column, void *out, gsize max,
                      gsize *ret_size)
{
    uint32_t size;
    JET_ERR err = retrieve(session, index, column, out, max, &size, 0, 0);
    if (err >= 0)
        *ret_size = MIN(size, max);
    return err;
}

JET_ERR row_read(MailSession *session, Index index, Column column, gsize offset, void *out,
                 gsize size)
{
    uint32_t left; /* from the offset on */
    JET_ERR err = retrieve(session, index, column, out, size, &left, 0, offset);
    if (err >= 0 && left < size)
        return session_note(session, "JetRetrieveColumn", index, JET_errDatabaseCorrupted);
    return err;
}

JET_ERR row_get_bytes(MailSession *session, Index index, Column column, GBytes **ret)
{
    guint8 small[512]; /* most columns fit, and one call is enough */
    uint32_t size;
    JET_ERR err = retrieve(session, index, column, small, sizeof small, &size, 0, 0);
    if (err < 0)
        return err;
    if (size <= sizeof small) {
        *ret = g_bytes_new(small, size);
        return JET_errSuccess;
    }
    g_autofree guint8 *data = g_try_malloc(size);
    if (data == NULL)
        return session_note(session, "JetRetrieveColumn", index, JET_errOutOfMemory);
    err = row_read(session, index, column, 0, data, size);
    if (err >= 0)
        *ret = g_bytes_new_take(g_steal_pointer(&data), size);
    return err;
}

JET_ERR row_insert(MailSession *session, Index index)
{
    return session_note(session, "JetPrepareUpdate", index,
                        JetPrepareUpdate(CURSOR(session, index), JET_prepInsert));
}

JET_ERR row_replace(MailSession *session, Index index)
{
    return session_note(session, "JetPrepareUpdate", index,
                        JetPrepareUpdate(CURSOR(session, index), JET_prepReplace));
}

JET_ERR row_set(MailSession *session, Index index, Column column, RowValue value)
{
    return session_note(session, "JetSetColumn", index,
                        JetSetColumn(CURSOR(session, index), session->store->columns[column],
                                     value.size > 0 ? value.data : NULL, (uint32_t)value.size, 0,
                                     NULL));
}

JET_ERR row_get_prepared(MailSession *session, Index index, Column column, void *out, gsize size)
{
    uint32_t have;
    JET_ERR err = retrieve(session, index, column, out, size, &have, JET_bitRetrieveCopy, 0);
    if (err >= 0 && have != size)
        return session_note(session, "JetRetrieveColumn", index, JET_errDatabaseCorrupted);
    return err;
}

JET_ERR row_write(MailSession *session, Index index)
{
    return session_note(session, "JetUpdate", index,
                        JetUpdate(CURSOR(session, index), NULL, 0, NULL));
}

JET_ERR row_set_and_write(MailSession *session, Index index, const RowSetting *settings,
                          guint count)
{
    for (guint i = 0; i < count; i++) {
        JET_ERR err = row_set(session, index, settings[i].column, settings[i].value);
        if (err < 0)
            return err;
    }
    return row_write(session, index);
}

void row_cancel(MailSession *session, Index index)
{
    JetPrepareUpdate(CURSOR(session, index), JET_prepCancel);
}

JET_ERR row_delete(MailSession *session, Index index)
{
    if (index == ENTRIES_BY_UID)
        atomic_fetch_add(&session->store->unlinked, 1);
    return session_note(session, "JetDelete", index, JetDelete(CURSOR(session, index)));
}

JET_ERR row_lock(MailSession *session, Index index, JET_GRBIT kind)
{
    return session_note(session, "JetGetLock", index, JetGetLock(CURSOR(session, index), kind));
}
