/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry.c - entries of a folder: reading them, their flags, and taking them out.
 *
 * Limits: ENTRY_KEYWORDS_MAX bytes of keywords an entry; more is MAIL_STORE_ERROR_INVALID.
 */
#include "mailstore/message/entry.h"

#include <string.h>

#include "mailstore/message/folder.h"
#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

enum {
    ENTRY_KEYWORDS_MAX = 4096 /* dozens of labels; a client sizes them */
};

void mail_entry_free(MailEntry *entry)
{
    if (entry == NULL)
        return;
    g_strfreev(entry->keywords);
    g_free(entry);
}

JET_ERR entry_keywords_pack(const char *const *keywords, GBytes **ret)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; keywords != NULL && keywords[i] != NULL; i++) {
        if (keywords[i][0] == '\0' || strchr(keywords[i], '\n') != NULL)
            return JET_errInvalidParameter;
        if (text->len > 0)
            g_string_append_c(text, '\n');
        g_string_append(text, keywords[i]);
        if (text->len > ENTRY_KEYWORDS_MAX)
            return JET_errInvalidParameter;
    }
    *ret = g_bytes_new(text->str, text->len);
    return JET_errSuccess;
}

static char **keywords_unpack(const char *data, gsize size)
{
    if (size == 0)
        return NULL;
    g_autofree char *text = g_strndup(data, size);
    return g_strsplit(text, "\n", -1);
}

JET_ERR entry_seek(MailSession *session, guint64 folder, guint32 uid)
{
    RowValue key[] = {ROW_NUMBER(folder), ROW_NUMBER(uid)};
    return row_seek(session, ENTRIES_BY_UID, key, G_N_ELEMENTS(key));
}

JET_ERR entry_read(MailSession *session, MailEntry **ret)
{
    g_autoptr(MailEntry) entry = g_new0(MailEntry, 1);
    g_autoptr(GBytes) whole = NULL;
    char keywords[256]; /* most have less */
    RowField fields[] = {
        ROW_FIELD(ENTRY_KEYWORDS, keywords),
        ROW_FIELD(ENTRY_UID, entry->uid),
        ROW_FIELD(ENTRY_MESSAGE, entry->message),
        ROW_FIELD(ENTRY_FLAGS, entry->flags),
        ROW_FIELD(ENTRY_INTERNAL_DATE, entry->internal_date),
    };
    JET_ERR err = row_get_fields(session, ENTRIES_BY_UID, fields, G_N_ELEMENTS(fields));

    if (err < 0)
        return err;
    if (fields[0].actual <= sizeof keywords) {
        entry->keywords = keywords_unpack(keywords, fields[0].actual);
    } else {
        if ((err = row_get_bytes(session, ENTRIES_BY_UID, ENTRY_KEYWORDS, &whole)) < 0)
            return err;
        entry->keywords = keywords_unpack(g_bytes_get_data(whole, NULL), g_bytes_get_size(whole));
    }
    *ret = g_steal_pointer(&entry);
    return JET_errSuccess;
}

static RowValue bytes_value(GBytes *bytes)
{
    RowValue value;
    value.data = g_bytes_get_data(bytes, &value.size);
    return value;
}

JET_ERR entry_insert(MailSession *session, guint64 folder, guint32 uid, const EntryContent *content)
{
    const struct {
        Column column;
        RowValue value;
    } values[] = {
        {ENTRY_FOLDER, ROW_NUMBER(folder)},
        {ENTRY_UID, ROW_NUMBER(uid)},
        {ENTRY_MESSAGE, ROW_NUMBER(content->message)},
        {ENTRY_FLAGS, ROW_NUMBER(content->flags)},
        {ENTRY_KEYWORDS, bytes_value(content->keywords)},
        {ENTRY_INTERNAL_DATE, ROW_NUMBER(content->internal_date)},
    };
    JET_ERR err = row_insert(session, ENTRIES_BY_UID);

    for (guint i = 0; i < G_N_ELEMENTS(values) && err >= 0; i++)
        err = row_set(session, ENTRIES_BY_UID, values[i].column, values[i].value);
    return err < 0 ? err : row_write(session, ENTRIES_BY_UID);
}

typedef struct {
    guint64 folder;
    guint32 first_uid;
    GPtrArray *entries;
} EntriesQuery;

static JET_ERR entries_body(MailSession *session, gpointer data)
{
    EntriesQuery *query = data;
    RowValue key = ROW_NUMBER(query->folder), from = ROW_NUMBER(query->first_uid);

    g_ptr_array_set_size(query->entries, 0);
    JET_ERR err = folder_seek(session, query->folder);
    if (err < 0)
        return err;
    err = row_first(session, ENTRIES_BY_UID, &key, 1, &from);
    while (err >= 0) {
        MailEntry *entry;
        if ((err = entry_read(session, &entry)) < 0)
            return err;
        g_ptr_array_add(query->entries, entry);
        err = row_next(session, ENTRIES_BY_UID);
    }
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

GPtrArray *mail_folder_entries(MailSession *session, guint64 folder, guint32 first_uid,
                               GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)mail_entry_free);
    EntriesQuery query = {folder, first_uid, entries};
    JET_ERR err = transaction_run(session, TRANSACTION_READ, entries_body, &query);
    if (err < 0) {
        session_fail(session, err, error, "cannot list messages");
        return NULL;
    }
    return g_steal_pointer(&entries);
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
    MailEntry **entries; /* as changed */
} FlagsChange;

/* IMAP keywords are case-insensitive (RFC 9051 §2.3.2 speaks of flags as atoms; clients differ). */
static gboolean keywords_contain(GPtrArray *keywords, const char *keyword, guint *ret_index)
{
    for (guint i = 0; i < keywords->len; i++)
        if (g_ascii_strcasecmp(g_ptr_array_index(keywords, i), keyword) == 0) {
            *ret_index = i;
            return TRUE;
        }
    return FALSE;
}

static char **keywords_change(char **old, MailFlagsChange change, const char *const *by)
{
    GPtrArray *keywords = g_ptr_array_new_with_free_func(g_free);
    guint at;

    for (gsize i = 0; old != NULL && old[i] != NULL && change != MAIL_FLAGS_SET; i++)
        g_ptr_array_add(keywords, g_strdup(old[i]));
    for (gsize i = 0; by != NULL && by[i] != NULL; i++) {
        gboolean has = keywords_contain(keywords, by[i], &at);
        if (change == MAIL_FLAGS_REMOVE && has)
            g_ptr_array_remove_index(keywords, at);
        else if (change != MAIL_FLAGS_REMOVE && !has)
            g_ptr_array_add(keywords, g_strdup(by[i]));
    }
    g_ptr_array_set_free_func(keywords, NULL);
    g_ptr_array_add(keywords, NULL);
    return (char **)g_ptr_array_free(keywords, FALSE);
}

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
    g_strfreev(entry->keywords);
    entry->keywords = changed;
}

/* Of the entry under ENTRIES_BY_UID. */
static JET_ERR flags_change_one(MailSession *session, const FlagsChange *change, MailEntry **ret)
{
    g_autoptr(MailEntry) entry = NULL;
    g_autoptr(GBytes) packed = NULL;
    JET_ERR err = entry_read(session, &entry);

    if (err < 0)
        return err;
    mail_entry_apply(entry, change->change, change->flags, change->keywords);
    if ((err = entry_keywords_pack((const char *const *)entry->keywords, &packed)) < 0 ||
        (err = row_replace(session, ENTRIES_BY_UID)) < 0 ||
        (err = row_set(session, ENTRIES_BY_UID, ENTRY_FLAGS, ROW_NUMBER(entry->flags))) < 0 ||
        (err = row_set(session, ENTRIES_BY_UID, ENTRY_KEYWORDS, bytes_value(packed))) < 0 ||
        (err = row_write(session, ENTRIES_BY_UID)) < 0)
        return err;
    *ret = g_steal_pointer(&entry);
    return JET_errSuccess;
}

static void entries_forget(const FlagsChange *change)
{
    for (gsize i = 0; i < change->count; i++)
        g_clear_pointer(&change->entries[i], mail_entry_free);
}

static JET_ERR flags_job(MailSession *session, gpointer data)
{
    const FlagsChange *change = data;

    entries_forget(change); /* of a try before */
    for (gsize i = 0; i < change->count; i++) {
        JET_ERR err = entry_seek(session, change->folder, change->uids[i]);
        if (err == JET_errRecordNotFound)
            continue;
        if (err < 0 || (err = flags_change_one(session, change, &change->entries[i])) < 0)
            return err;
    }
    return JET_errSuccess;
}

gboolean mail_entries_change_flags(MailSession *session, guint64 folder, const guint32 *uids,
                                   gsize count, MailFlagsChange change, guint32 flags,
                                   const char *const *keywords, MailEntry **ret_entries,
                                   GError **error)
{
    FlagsChange job = {folder, uids, count, change, flags, keywords, ret_entries};

    memset(ret_entries, 0, count * sizeof *ret_entries);
    JET_ERR err = folder_counts_run_change(session, folder, flags_job, &job);
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

static JET_ERR expunge_one(MailSession *session, const Expunge *expunge, guint32 uid)
{
    guint64 flags = MAIL_FLAG_DELETED;
    JET_ERR err = entry_seek(session, expunge->folder, uid);

    if (err == JET_errRecordNotFound)
        return JET_errSuccess;
    if (err >= 0 && expunge->only_deleted)
        err = row_get_number(session, ENTRIES_BY_UID, ENTRY_FLAGS, &flags);
    if (err < 0 || (flags & MAIL_FLAG_DELETED) == 0)
        return err;
    return row_delete(session, ENTRIES_BY_UID);
}

static JET_ERR expunge_job(MailSession *session, gpointer data)
{
    const Expunge *expunge = data;
    JET_ERR err = folder_seek(session, expunge->folder);

    for (gsize i = 0; i < expunge->count && err >= 0; i++)
        err = expunge_one(session, expunge, expunge->uids[i]);
    return err;
}

gboolean mail_expunge(MailSession *session, guint64 folder, const guint32 *uids, gsize count,
                      gboolean only_deleted, GError **error)
{
    Expunge expunge = {folder, uids, count, only_deleted};
    JET_ERR err = folder_counts_run_change(session, folder, expunge_job, &expunge);
    if (err < 0)
        return session_fail(session, err, error, "cannot remove messages");
    watch_list_tell(session->store->watches, folder, FALSE);
    return TRUE;
}
