/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder.c - folder rows: reading them, and the operations on one folder.
 *
 * UIDVALIDITY is the folder's id and the time at which the store's first folder was made: ids only
 * grow and are never used twice, also not after a crash, so a folder that is made again under its
 * old name has a greater one, in a store that was begun anew as well (RFC 9051 §2.3.1.1).
 *
 * Limits: 2^32 - 1 UIDs in a folder; then nothing more can be put into it.
 */
#include "mailstore/message/folder.h"

#include <string.h>

#include "mailstore/message/folder-name.h"
#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

static const char *const kind_names[] = {
    [FOLDER_KIND_PLAIN] = "",    [FOLDER_KIND_INBOX] = "inbox",   [FOLDER_KIND_OUTBOX] = "outbox",
    [FOLDER_KIND_SENT] = "sent", [FOLDER_KIND_DRAFTS] = "drafts", [FOLDER_KIND_TRASH] = "trash",
    [FOLDER_KIND_JUNK] = "junk", [FOLDER_KIND_PUBLIC] = "public",
};

void mail_folder_free(MailFolder *folder)
{
    if (folder == NULL)
        return;
    g_free(folder->name);
    g_free(folder);
}

static char *bytes_dup_string(GBytes *bytes)
{
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    return size > 0 ? g_strndup(data, size) : g_strdup("");
}

/* The folder under that cursor. */
static JET_ERR folder_read(MailSession *session, Index index, MailFolder **ret)
{
    g_autoptr(MailFolder) folder = g_new0(MailFolder, 1);
    g_autoptr(GBytes) name = NULL;
    guint8 subscribed = 0;
    char kind[SCHEMA_KIND_MAX + 1] = "";
    RowField fields[] = {
        ROW_FIELD(FOLDER_ID, folder->id),
        {FOLDER_KIND, kind, SCHEMA_KIND_MAX, 0},
        ROW_FIELD(FOLDER_SUBSCRIBED, subscribed),
        ROW_FIELD(FOLDER_UIDVALIDITY, folder->uid_validity),
        ROW_FIELD(FOLDER_UIDNEXT, folder->uid_next),
    };
    JET_ERR err;

    if ((err = row_get_fields(session, index, fields, G_N_ELEMENTS(fields))) < 0 ||
        (err = row_get_bytes(session, index, FOLDER_NAME, &name)) < 0)
        return err;
    folder->name = bytes_dup_string(name);
    for (guint i = 0; i < G_N_ELEMENTS(kind_names); i++)
        if (g_str_equal(kind, kind_names[i]))
            folder->kind = (FolderKind)i;
    folder->subscribed = subscribed != 0;
    *ret = g_steal_pointer(&folder);
    return JET_errSuccess;
}

JET_ERR folder_seek(MailSession *session, guint64 folder)
{
    RowValue key = ROW_NUMBER(folder);
    return row_seek(session, FOLDERS_BY_ID, &key, 1);
}

JET_ERR folder_lookup(MailSession *session, guint64 mailbox, const char *name, MailFolder **ret)
{
    RowValue key[] = {ROW_NUMBER(mailbox), ROW_TEXT(name)};
    JET_ERR err = row_seek(session, FOLDERS_BY_NAME, key, G_N_ELEMENTS(key));
    if (err == JET_errRecordNotFound) {
        *ret = NULL;
        return JET_errSuccess;
    }
    return err < 0 ? err : folder_read(session, FOLDERS_BY_NAME, ret);
}

JET_ERR folder_list(MailSession *session, guint64 mailbox, GPtrArray *folders)
{
    RowValue key = ROW_NUMBER(mailbox);
    JET_ERR err = row_first(session, FOLDERS_BY_NAME, &key, 1, NULL);

    while (err >= 0) {
        MailFolder *folder;
        if ((err = folder_read(session, FOLDERS_BY_NAME, &folder)) < 0)
            return err;
        g_ptr_array_add(folders, folder);
        err = row_next(session, FOLDERS_BY_NAME);
    }
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

/* What all folders of a store have in their UIDVALIDITY beside the id. */
static JET_ERR folder_epoch(MailSession *session, guint64 *ret)
{
    guint64 id = 0, uid_validity;
    RowValue from = ROW_NUMBER(id);
    JET_ERR err = row_first(session, FOLDERS_BY_ID, NULL, 0, &from);

    if (err == JET_errRecordNotFound) {
        *ret = (guint64)g_get_real_time() / G_USEC_PER_SEC;
        return JET_errSuccess;
    }
    if (err < 0 || (err = row_get_number(session, FOLDERS_BY_ID, FOLDER_ID, &id)) < 0 ||
        (err = row_get_number(session, FOLDERS_BY_ID, FOLDER_UIDVALIDITY, &uid_validity)) < 0)
        return err;
    *ret = uid_validity - id;
    return JET_errSuccess;
}

JET_ERR folder_insert(MailSession *session, guint64 mailbox, const char *name, FolderKind kind,
                      gboolean subscribed)
{
    guint8 subscribed_bit = subscribed ? 1 : 0;
    guint32 uid_next = 1;
    guint64 id, epoch;
    JET_ERR err = folder_epoch(session, &epoch);
    if (err < 0 || (err = row_insert(session, FOLDERS_BY_ID)) < 0)
        return err;
    if ((err = row_get_prepared(session, FOLDERS_BY_ID, FOLDER_ID, &id, sizeof id)) < 0)
        return err;
    guint32 uid_validity = (guint32)(epoch + id);
    const RowSetting values[] = {
        {FOLDER_MAILBOX, ROW_NUMBER(mailbox)},
        {FOLDER_NAME, ROW_TEXT(name)},
        {FOLDER_KIND, ROW_TEXT(kind_names[kind])},
        {FOLDER_SUBSCRIBED, ROW_NUMBER(subscribed_bit)},
        {FOLDER_UIDVALIDITY, ROW_NUMBER(uid_validity)},
        {FOLDER_UIDNEXT, ROW_NUMBER(uid_next)},
    };
    return row_set_and_write(session, FOLDERS_BY_ID, values, G_N_ELEMENTS(values));
}

JET_ERR folder_get_uid_next(MailSession *session, guint32 *ret)
{
    guint64 uid_next;
    JET_ERR err = row_get_number(session, FOLDERS_BY_ID, FOLDER_UIDNEXT, &uid_next);
    if (err >= 0)
        *ret = (guint32)uid_next;
    return err;
}

JET_ERR folder_set_uid_next(MailSession *session, guint32 uid_next)
{
    JET_ERR err = row_replace(session, FOLDERS_BY_ID);
    if (err >= 0)
        err = row_set(session, FOLDERS_BY_ID, FOLDER_UIDNEXT, ROW_NUMBER(uid_next));
    return err < 0 ? err : row_write(session, FOLDERS_BY_ID);
}

typedef struct {
    guint64 mailbox;
    const char *name;
    GPtrArray *folders;
    MailFolder *folder;
} FolderQuery;

static JET_ERR list_body(MailSession *session, gpointer data)
{
    FolderQuery *query = data;
    g_ptr_array_set_size(query->folders, 0);
    return folder_list(session, query->mailbox, query->folders);
}

GPtrArray *mail_folder_list(MailSession *session, guint64 mailbox, GError **error)
{
    g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func((GDestroyNotify)mail_folder_free);
    FolderQuery query = {.mailbox = mailbox, .folders = folders};
    JET_ERR err = transaction_run(session, TRANSACTION_READ, list_body, &query);
    if (err < 0) {
        session_fail(session, err, error, "cannot list folders");
        return NULL;
    }
    return g_steal_pointer(&folders);
}

static JET_ERR find_body(MailSession *session, gpointer data)
{
    FolderQuery *query = data;
    JET_ERR err = folder_lookup(session, query->mailbox, query->name, &query->folder);
    return err >= 0 && query->folder == NULL ? JET_errRecordNotFound : err;
}

MailFolder *mail_folder_find(MailSession *session, guint64 mailbox, const char *name,
                             GError **error)
{
    g_autofree char *canonical = folder_name_dup_canonical(name);
    FolderQuery query = {.mailbox = mailbox, .name = canonical};
    JET_ERR err = folder_name_is_valid(name)
                      ? transaction_run(session, TRANSACTION_READ, find_body, &query)
                      : JET_errRecordNotFound;
    if (err < 0)
        session_fail(session, err, error, "cannot find folder %s", name);
    return query.folder;
}

typedef struct {
    guint64 folder;
    gboolean subscribed;
} Subscription;

static JET_ERR subscribe_job(MailSession *session, gpointer data)
{
    const Subscription *subscription = data;
    guint8 subscribed = subscription->subscribed ? 1 : 0;
    JET_ERR err;

    if ((err = folder_seek(session, subscription->folder)) < 0 ||
        (err = row_replace(session, FOLDERS_BY_ID)) < 0 ||
        (err = row_set(session, FOLDERS_BY_ID, FOLDER_SUBSCRIBED, ROW_NUMBER(subscribed))) < 0)
        return err;
    return row_write(session, FOLDERS_BY_ID);
}

gboolean mail_folder_subscribe(MailSession *session, guint64 folder, gboolean subscribed,
                               GError **error)
{
    Subscription subscription = {folder, subscribed};
    JET_ERR err = folder_queue_run(session, subscribe_job, &subscription);
    return err >= 0 || session_fail(session, err, error, "cannot subscribe to folder");
}
