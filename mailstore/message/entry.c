/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry.c - entries of a folder: reading them, their flags, and taking them out.
 */
#include "mailstore/message/entry.h"

#include <string.h>

#include "mailstore/message/folder.h"
#include "mailstore/message/folder-view.h"
#include "mailstore/message/keywords.h"
#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

void mail_entry_clear(MailEntry *entry)
{
    keywords_unref(entry->keywords);
    entry->keywords = NULL;
}

JET_ERR entry_seek(MailSession *session, guint64 folder, guint32 uid)
{
    RowValue key[] = {ROW_NUMBER(folder), ROW_NUMBER(uid)};
    return row_seek(session, ENTRIES_BY_UID, key, G_N_ELEMENTS(key));
}

static char **keywords_of(const char *text, gsize size, const MailEntry *like)
{
    return like != NULL && keywords_are(like->keywords, text, size) ? keywords_ref(like->keywords)
                                                                    : keywords_new(text, size);
}

JET_ERR entry_read(MailSession *session, const MailEntry *like, MailEntry *ret)
{
    MailEntry entry = {0};
    char keywords[256]; /* most have less */
    RowField fields[] = {
        ROW_FIELD(ENTRY_KEYWORDS, keywords),
        ROW_FIELD(ENTRY_UID, entry.uid),
        ROW_FIELD(ENTRY_MESSAGE, entry.message),
        ROW_FIELD(ENTRY_FLAGS, entry.flags),
        ROW_FIELD(ENTRY_INTERNAL_DATE, entry.internal_date),
    };
    JET_ERR err = row_get_fields(session, ENTRIES_BY_UID, fields, G_N_ELEMENTS(fields));

    if (err < 0)
        return err;
    if (fields[0].actual <= sizeof keywords) {
        entry.keywords = keywords_of(keywords, fields[0].actual, like);
    } else {
        g_autoptr(GBytes) whole = NULL;
        if ((err = row_get_bytes(session, ENTRIES_BY_UID, ENTRY_KEYWORDS, &whole)) < 0)
            return err;
        entry.keywords = keywords_of(g_bytes_get_data(whole, NULL), g_bytes_get_size(whole), like);
    }
    *ret = entry;
    return JET_errSuccess;
}

JET_ERR entry_insert(MailSession *session, guint64 folder, guint32 uid, const EntryContent *content)
{
    const RowSetting values[] = {
        {ENTRY_FOLDER, ROW_NUMBER(folder)},
        {ENTRY_UID, ROW_NUMBER(uid)},
        {ENTRY_MESSAGE, ROW_NUMBER(content->message)},
        {ENTRY_FLAGS, ROW_NUMBER(content->flags)},
        {ENTRY_KEYWORDS, row_bytes(content->keywords)},
        {ENTRY_INTERNAL_DATE, ROW_NUMBER(content->internal_date)},
    };
    JET_ERR err = row_insert(session, ENTRIES_BY_UID);

    return err < 0 ? err : row_set_and_write(session, ENTRIES_BY_UID, values, G_N_ELEMENTS(values));
}

typedef struct {
    const guint64 *folders;
    gsize folder_count;
    guint32 *uids;
    gsize count;
} Verification;

static JET_ERR verify_body(MailSession *session, gpointer data)
{
    const Verification *verification = data;
    for (gsize i = 0; i < verification->count; i++) {
        if (verification->uids[i] == 0)
            continue;
        guint64 folder = verification->folders[verification->folder_count == 1 ? 0 : i];
        JET_ERR err = entry_seek(session, folder, verification->uids[i]);
        if (err == JET_errRecordNotFound)
            verification->uids[i] = 0;
        else if (err < 0)
            return err;
    }
    return JET_errSuccess;
}

JET_ERR entries_verify(MailSession *session, const guint64 *folders, gsize folder_count,
                       guint32 *uids, gsize count)
{
    g_assert(folder_count == 1 || folder_count == count);
    Verification verification = {folders, folder_count, uids, count};
    return transaction_run(session, TRANSACTION_READ, verify_body, &verification);
}

typedef struct {
    guint64 folder;
    const guint32 *uids;
    gsize count;
    MailFlagsChange change;
    guint32 flags;
    const char *const *keywords;
    MailEntry *entries; /* as changed */
} FlagsChange;

void mail_entry_apply(MailEntry *entry, MailFlagsChange change, guint32 flags,
                      const char *const *keywords)
{
    if (change == MAIL_FLAGS_SET)
        entry->flags = flags;
    else if (change == MAIL_FLAGS_ADD)
        entry->flags |= flags;
    else
        entry->flags &= ~flags;
    char **changed = keywords_change(entry->keywords, change, keywords);
    keywords_unref(entry->keywords);
    entry->keywords = changed;
}

/* Of the entry under ENTRIES_BY_UID. What it is then is read, as a row that was written need not be
 * what was set. */
static JET_ERR flags_change_one(MailSession *session, const FlagsChange *how, FolderChange *change,
                                MailEntry *ret)
{
    g_auto(MailEntry) entry = {0};
    g_autoptr(GBytes) packed = NULL;
    JET_ERR err = entry_read(session, NULL, &entry);

    if (err < 0)
        return err;
    guint32 before = entry.flags;
    mail_entry_apply(&entry, how->change, how->flags, how->keywords);
    if ((err = keywords_pack((const char *const *)entry.keywords, &packed)) < 0 ||
        (err = row_replace(session, ENTRIES_BY_UID)) < 0 ||
        (err = row_set(session, ENTRIES_BY_UID, ENTRY_FLAGS, ROW_NUMBER(entry.flags))) < 0 ||
        (err = row_set(session, ENTRIES_BY_UID, ENTRY_KEYWORDS, row_bytes(packed))) < 0 ||
        (err = row_write(session, ENTRIES_BY_UID)) < 0 ||
        (err = entry_read(session, &entry, ret)) < 0)
        return err;
    folder_change_flags(change, before, ret);
    return JET_errSuccess;
}

static void entries_forget(const FlagsChange *how)
{
    for (gsize i = 0; i < how->count; i++) {
        mail_entry_clear(&how->entries[i]);
        how->entries[i] = (MailEntry){0};
    }
}

static JET_ERR flags_job(MailSession *session, FolderChange *change, gpointer data)
{
    const FlagsChange *how = data;

    entries_forget(how); /* of a try before */
    for (gsize i = 0; i < how->count; i++) {
        JET_ERR err = entry_seek(session, how->folder, how->uids[i]);
        if (err == JET_errRecordNotFound)
            continue;
        if (err < 0 || (err = flags_change_one(session, how, change, &how->entries[i])) < 0)
            return err;
    }
    return JET_errSuccess;
}

gboolean mail_entries_change_flags(MailSession *session, guint64 folder, const guint32 *uids,
                                   gsize count, MailFlagsChange change, guint32 flags,
                                   const char *const *keywords, MailEntry *ret_entries,
                                   GError **error)
{
    FlagsChange job = {folder, uids, count, change, flags, keywords, ret_entries};

    memset(ret_entries, 0, count * sizeof *ret_entries);
    JET_ERR err = folder_views_run_change(session, folder, flags_job, &job);
    if (err < 0) {
        entries_forget(&job);
        return session_fail(session, err, error, "cannot change flags");
    }
    watch_list_tell(session->store->watches, folder, FALSE);
    return TRUE;
}

typedef struct {
    guint64 folder;
    const guint32 *uids;
    gsize count;
    gboolean only_deleted;
} Expunge;

static JET_ERR expunge_one(MailSession *session, const Expunge *expunge, FolderChange *change,
                           guint32 uid)
{
    guint64 flags;
    JET_ERR err = entry_seek(session, expunge->folder, uid);

    if (err == JET_errRecordNotFound)
        return JET_errSuccess;
    if (err < 0 || (err = row_get_number(session, ENTRIES_BY_UID, ENTRY_FLAGS, &flags)) < 0)
        return err;
    if (expunge->only_deleted && (flags & MAIL_FLAG_DELETED) == 0)
        return JET_errSuccess;
    if ((err = row_delete(session, ENTRIES_BY_UID)) >= 0)
        folder_change_remove(change, uid, (guint32)flags);
    return err;
}

static JET_ERR expunge_job(MailSession *session, FolderChange *change, gpointer data)
{
    const Expunge *expunge = data;
    JET_ERR err = folder_seek(session, expunge->folder);

    for (gsize i = 0; i < expunge->count && err >= 0; i++)
        err = expunge_one(session, expunge, change, expunge->uids[i]);
    return err;
}

gboolean mail_expunge(MailSession *session, guint64 folder, const guint32 *uids, gsize count,
                      gboolean only_deleted, GError **error)
{
    Expunge expunge = {folder, uids, count, only_deleted};
    JET_ERR err = folder_views_run_change(session, folder, expunge_job, &expunge);
    if (err < 0)
        return session_fail(session, err, error, "cannot remove messages");
    watch_list_tell(session->store->watches, folder, FALSE);
    return TRUE;
}
