/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * copy.c - links messages of one folder into another, and moves them.
 *
 * Nothing but entries is written: the message stays where it is. All or nothing, in one
 * transaction; messages that are gone are passed over.
 */
#include "mailstore/message/entry.h"
#include "mailstore/message/folder.h"
#include "mailstore/message/folder-view.h"
#include "mailstore/message/row.h"

typedef struct {
    guint64 from, to;
    const guint32 *uids;
    gsize count;
    gboolean move;
    guint32 *to_uids;
} Copy;

/* Of the entry under ENTRIES_BY_UID. */
static JET_ERR content_read(MailSession *session, EntryContent *ret)
{
    EntryContent content = {0};
    RowField fields[] = {
        ROW_FIELD(ENTRY_MESSAGE, content.message),
        ROW_FIELD(ENTRY_FLAGS, content.flags),
        ROW_FIELD(ENTRY_INTERNAL_DATE, content.internal_date),
    };
    JET_ERR err = row_get_fields(session, ENTRIES_BY_UID, fields, G_N_ELEMENTS(fields));

    if (err < 0 ||
        (err = row_get_bytes(session, ENTRIES_BY_UID, ENTRY_KEYWORDS, &content.keywords)) < 0)
        return err;
    *ret = content;
    return JET_errSuccess;
}

/* *ret_uid: the UID it got, 0 when it is gone. */
static JET_ERR copy_one(MailSession *session, const Copy *copy, FolderChange *change, guint32 uid,
                        guint32 *uid_next, guint32 *ret_uid)
{
    EntryContent content = {0};
    JET_ERR err = entry_seek(session, copy->from, uid);

    *ret_uid = 0;
    if (err == JET_errRecordNotFound)
        return JET_errSuccess;
    if (err < 0 || (err = content_read(session, &content)) < 0)
        return err;
    if (copy->move && (err = row_delete(session, ENTRIES_BY_UID)) >= 0)
        folder_change_remove(change, uid, content.flags);
    if (err >= 0)
        err = entry_insert(session, copy->to, *uid_next, &content);
    g_bytes_unref(content.keywords);
    if (err >= 0)
        *ret_uid = (*uid_next)++;
    return err;
}

/* `change` is NULL when nothing is moved. */
static JET_ERR move_job(MailSession *session, FolderChange *change, gpointer data)
{
    const Copy *copy = data;
    guint32 uid_next;
    JET_ERR err;

    if ((err = folder_seek(session, copy->from)) < 0 ||
        (err = folder_seek(session, copy->to)) < 0 ||
        (err = folder_get_uid_next(session, &uid_next)) < 0)
        return err;
    if (copy->count >= G_MAXUINT32 - uid_next)
        return JET_errOutOfDatabaseSpace;
    guint32 first = uid_next;
    for (gsize i = 0; i < copy->count && err >= 0; i++)
        err = copy_one(session, copy, change, copy->uids[i], &uid_next, &copy->to_uids[i]);
    if (err < 0 || uid_next == first)
        return err;
    return folder_set_uid_next(session, uid_next);
}

static JET_ERR copy_job(MailSession *session, gpointer data)
{
    return move_job(session, NULL, data);
}

static void tell(const MailSession *session, const Copy *copy)
{
    gboolean is_within = copy->from == copy->to, changed = FALSE;

    for (gsize i = 0; i < copy->count; i++)
        changed |= copy->to_uids[i] != 0;
    if (changed)
        watch_list_tell(session->store->watches, copy->to, !copy->move || !is_within);
    if (copy->move && !is_within)
        watch_list_tell(session->store->watches, copy->from, FALSE);
}

static gboolean copy_run(MailSession *session, const Copy *copy, GError **error)
{
    JET_ERR err = copy->move
                      ? folder_views_run_change(session, copy->from, move_job, (gpointer)copy)
                      : folder_queue_run(session, copy_job, (gpointer)copy);

    if (err >= 0) {
        err = entries_verify(session, &copy->to, 1, copy->to_uids, copy->count);
        tell(session, copy); /* what is done, whether it could be verified or not */
    }
    if (err < 0)
        return session_fail(session, err, error, "cannot %s messages",
                            copy->move ? "move" : "copy");
    return TRUE;
}

gboolean mail_copy(MailSession *session, guint64 from, const guint32 *uids, gsize count, guint64 to,
                   guint32 *ret_to, GError **error)
{
    Copy copy = {from, to, uids, count, FALSE, ret_to};
    return copy_run(session, &copy, error);
}

gboolean mail_move(MailSession *session, guint64 from, const guint32 *uids, gsize count, guint64 to,
                   guint32 *ret_to, GError **error)
{
    Copy copy = {from, to, uids, count, TRUE, ret_to};
    return copy_run(session, &copy, error);
}
