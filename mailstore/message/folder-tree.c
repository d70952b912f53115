/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-tree.c - making, renaming and deleting folders with what is above and below them.
 *
 * Fails with MAIL_STORE_ERROR_INVALID for names that cannot be, a folder moved below itself, the
 * inbox or a folder with others below it deleted (RFC 9051 §6.3.5 lets a server refuse that).
 */
#include <string.h>

#include "mailstore/message/entry.h"
#include "mailstore/message/folder.h"
#include "mailstore/message/folder-name.h"
#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

enum {
    ENTRIES_BATCH = 500 /* of a folder that goes away, in one transaction */
};

typedef struct {
    guint64 mailbox;
    const char *name;
    FolderKind kind;
} Creation;

static JET_ERR mailbox_is_public(MailSession *session, guint64 mailbox, gboolean *ret)
{
    RowValue key = ROW_NUMBER(mailbox);
    g_autoptr(GBytes) name = NULL;
    JET_ERR err = row_seek(session, MAILBOXES_BY_ID, &key, 1);
    if (err >= 0)
        err = row_get_bytes(session, MAILBOXES_BY_ID, MAILBOX_NAME, &name);
    if (err < 0)
        return err;
    g_autoptr(GBytes) public_name =
        g_bytes_new_static(MAIL_PUBLIC_MAILBOX, strlen(MAIL_PUBLIC_MAILBOX));
    *ret = g_bytes_equal(name, public_name);
    return JET_errSuccess;
}

/* Makes the folders above, those that are not there, from the top down. */
static JET_ERR parents_create(MailSession *session, guint64 mailbox, const char *name,
                              FolderKind kind)
{
    g_autofree char *path = g_strdup(name);
    JET_ERR err = JET_errSuccess;

    for (char *p = strchr(path, MAIL_FOLDER_SEPARATOR); p != NULL && err >= 0;
         p = strchr(p + 1, MAIL_FOLDER_SEPARATOR)) {
        g_autoptr(MailFolder) parent = NULL;
        *p = '\0';
        err = folder_lookup(session, mailbox, path, &parent);
        if (err >= 0 && parent == NULL)
            err = folder_insert(session, mailbox, path, kind, FALSE);
        *p = MAIL_FOLDER_SEPARATOR;
    }
    return err;
}

static JET_ERR create_job(MailSession *session, gpointer data)
{
    const Creation *creation = data;
    gboolean is_public;
    g_autoptr(MailFolder) existing = NULL;
    JET_ERR err;

    if ((err = mailbox_is_public(session, creation->mailbox, &is_public)) < 0 ||
        (err = folder_lookup(session, creation->mailbox, creation->name, &existing)) < 0)
        return err;
    if (existing != NULL)
        return JET_errObjectDuplicate;
    FolderKind plain = is_public ? FOLDER_KIND_PUBLIC : FOLDER_KIND_PLAIN;
    FolderKind kind = creation->kind == FOLDER_KIND_PLAIN ? plain : creation->kind;
    err = parents_create(session, creation->mailbox, creation->name, plain);
    if (err < 0)
        return err;
    return folder_insert(session, creation->mailbox, creation->name, kind, FALSE);
}

MailFolder *mail_folder_create(MailSession *session, guint64 mailbox, const char *name,
                               FolderKind kind, GError **error)
{
    g_autofree char *canonical = folder_name_dup_canonical(name);
    Creation creation = {mailbox, canonical, kind};
    JET_ERR err = folder_name_is_valid(name) ? folder_queue_run(session, create_job, &creation)
                                             : JET_errInvalidParameter;
    if (err < 0) {
        session_fail(session, err, error, "cannot make folder %s", name);
        return NULL;
    }
    return mail_folder_find(session, mailbox, canonical, error);
}

typedef struct {
    guint64 folder;
    gboolean emptied; /* the row went too */
} Deletion;

/* Whether the folder under FOLDERS_BY_ID may be deleted. */
static JET_ERR deletion_check(MailSession *session)
{
    g_autoptr(GBytes) name = NULL;
    guint64 mailbox;
    JET_ERR err;

    if ((err = row_get_bytes(session, FOLDERS_BY_ID, FOLDER_NAME, &name)) < 0 ||
        (err = row_get_number(session, FOLDERS_BY_ID, FOLDER_MAILBOX, &mailbox)) < 0)
        return err;
    g_autofree char *text = g_strndup(g_bytes_get_data(name, NULL), g_bytes_get_size(name));
    if (g_str_equal(text, FOLDER_INBOX))
        return JET_errInvalidParameter;

    /* The first name from "name/" on is below it, if anything is. */
    g_autofree char *start = g_strdup_printf("%s%c", text, MAIL_FOLDER_SEPARATOR);
    RowValue key = ROW_NUMBER(mailbox), from = ROW_TEXT(start);
    err = row_first(session, FOLDERS_BY_NAME, &key, 1, &from);
    if (err < 0)
        return err == JET_errRecordNotFound ? JET_errSuccess : err;
    g_autoptr(GBytes) next = NULL;
    if ((err = row_get_bytes(session, FOLDERS_BY_NAME, FOLDER_NAME, &next)) < 0)
        return err;
    gboolean below = g_bytes_get_size(next) > strlen(start) &&
                     memcmp(g_bytes_get_data(next, NULL), start, strlen(start)) == 0;
    return below ? JET_errInvalidParameter : JET_errSuccess;
}

static JET_ERR delete_job(MailSession *session, FolderChange *change, gpointer data)
{
    Deletion *deletion = data;
    RowValue key = ROW_NUMBER(deletion->folder);
    JET_ERR err;

    deletion->emptied = FALSE;
    folder_change_all(change);
    if ((err = folder_seek(session, deletion->folder)) < 0 || (err = deletion_check(session)) < 0)
        return err;
    for (guint i = 0; i < ENTRIES_BATCH; i++) {
        err = row_first(session, ENTRIES_BY_UID, &key, 1, NULL);
        if (err == JET_errRecordNotFound) {
            deletion->emptied = TRUE;
            return row_delete(session, FOLDERS_BY_ID);
        }
        if (err < 0 || (err = row_delete(session, ENTRIES_BY_UID)) < 0)
            return err;
    }
    return JET_errSuccess;
}

gboolean mail_folder_delete(MailSession *session, guint64 folder, GError **error)
{
    Deletion deletion = {.folder = folder};
    JET_ERR err = JET_errSuccess;

    while (err >= 0 && !deletion.emptied)
        err = folder_views_run_change(session, folder, delete_job, &deletion);
    if (err < 0)
        return session_fail(session, err, error, "cannot delete folder");
    watch_list_tell(session->store->watches, folder, FALSE);
    return TRUE;
}

typedef struct {
    guint64 mailbox;
    const char *from, *to;
    guint64 inbox; /* which stays where it is; 0 when it is another folder */
} Renaming;

static JET_ERR set_name(MailSession *session, guint64 folder, const char *name)
{
    JET_ERR err;

    if (strlen(name) > MAIL_NAME_MAX)
        return JET_errInvalidParameter;
    if ((err = folder_seek(session, folder)) < 0 ||
        (err = row_replace(session, FOLDERS_BY_ID)) < 0 ||
        (err = row_set(session, FOLDERS_BY_ID, FOLDER_NAME, ROW_TEXT(name))) < 0)
        return err;
    return row_write(session, FOLDERS_BY_ID);
}

/* Renames the folder and all below it. */
static JET_ERR rename_subtree(MailSession *session, const Renaming *renaming)
{
    g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func((GDestroyNotify)mail_folder_free);
    JET_ERR err = folder_list(session, renaming->mailbox, folders);

    for (guint i = 0; i < folders->len && err >= 0; i++) {
        const MailFolder *folder = g_ptr_array_index(folders, i);
        if (!g_str_equal(folder->name, renaming->from) &&
            !folder_name_is_below(folder->name, renaming->from))
            continue;
        g_autofree char *name =
            g_strconcat(renaming->to, folder->name + strlen(renaming->from), NULL);
        err = set_name(session, folder->id, name);
    }
    return err;
}

static JET_ERR rename_job(MailSession *session, gpointer data)
{
    Renaming *renaming = data;
    g_autoptr(MailFolder) from = NULL;
    g_autoptr(MailFolder) to = NULL;
    gboolean is_public;
    JET_ERR err;

    if ((err = mailbox_is_public(session, renaming->mailbox, &is_public)) < 0 ||
        (err = folder_lookup(session, renaming->mailbox, renaming->from, &from)) < 0 ||
        (err = folder_lookup(session, renaming->mailbox, renaming->to, &to)) < 0)
        return err;
    if (from == NULL)
        return JET_errRecordNotFound;
    if (to != NULL)
        return JET_errObjectDuplicate;
    FolderKind plain = is_public ? FOLDER_KIND_PUBLIC : FOLDER_KIND_PLAIN;
    if ((err = parents_create(session, renaming->mailbox, renaming->to, plain)) < 0)
        return err;
    if (from->kind != FOLDER_KIND_INBOX)
        return rename_subtree(session, renaming);
    renaming->inbox = from->id;
    return folder_insert(session, renaming->mailbox, renaming->to, plain, FALSE);
}

/* RFC 9051 §6.3.6: renaming the inbox moves its messages and leaves it empty. */
static gboolean inbox_empty_into(MailSession *session, const Renaming *renaming, GError **error)
{
    g_autoptr(MailFolder) target =
        mail_folder_find(session, renaming->mailbox, renaming->to, error);
    if (target == NULL)
        return FALSE;
    g_autoptr(GArray) entries = mail_folder_entries(session, renaming->inbox, 0, error);
    if (entries == NULL)
        return FALSE;
    g_autofree guint32 *uids = g_new0(guint32, entries->len + 1);
    g_autofree guint32 *moved = g_new0(guint32, entries->len + 1);
    for (guint i = 0; i < entries->len; i++)
        uids[i] = g_array_index(entries, MailEntry, i).uid;
    return mail_move(session, renaming->inbox, uids, entries->len, target->id, moved, error);
}

gboolean mail_folder_rename(MailSession *session, guint64 mailbox, const char *from, const char *to,
                            GError **error)
{
    g_autofree char *old_name = folder_name_dup_canonical(from);
    g_autofree char *new_name = folder_name_dup_canonical(to);
    Renaming renaming = {.mailbox = mailbox, .from = old_name, .to = new_name};
    JET_ERR err = JET_errInvalidParameter;

    if (folder_name_is_valid(to) && !folder_name_is_below(new_name, old_name))
        err = folder_queue_run(session, rename_job, &renaming);
    if (err < 0)
        return session_fail(session, err, error, "cannot rename folder %s to %s", from, to);
    return renaming.inbox == 0 || inbox_empty_into(session, &renaming, error);
}
