/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-fixture.c - a mail store in a scratch directory.
 */
#include "tests/unit/message/store-fixture.h"

#include "tests/scratch.h"

#include <string.h>

#include "mailstore/message/entry.h"
#include "mailstore/message/keywords.h"
#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

static void fixture_open(Fixture *fixture)
{
    GError *error = NULL;
    fixture->store = mail_store_open(fixture->path, &error);
    g_assert_no_error(error);
    fixture->session = mail_session_new(fixture->store, &error);
    g_assert_no_error(error);
    g_assert_true(mail_mailbox_ensure(fixture->session, "anna", &fixture->mailbox, &error));
    fixture->inbox = fixture_inbox(fixture->session, "anna");
}

static void fixture_close(Fixture *fixture)
{
    fixture->session = mail_session_free(fixture->session);
    fixture->store = mail_store_close(fixture->store);
}

void fixture_init(Fixture *fixture)
{
    *fixture = (Fixture){.path = g_dir_make_tmp("test-message-XXXXXX", NULL)};
    g_assert_nonnull(fixture->path);
    fixture_open(fixture);
}

void fixture_clear(Fixture *fixture)
{
    fixture_close(fixture);
    g_assert_true(scratch_remove(fixture->path));
    g_clear_pointer(&fixture->path, g_free);
}

void fixture_reopen(Fixture *fixture)
{
    fixture_close(fixture);
    fixture_open(fixture);
}

guint64 fixture_inbox(MailSession *session, const char *user)
{
    GError *error = NULL;
    guint64 mailbox;
    g_assert_true(mail_mailbox_ensure(session, user, &mailbox, &error));
    g_autoptr(MailFolder) inbox = mail_folder_find(session, mailbox, "INBOX", &error);
    g_assert_no_error(error);
    return inbox->id;
}

typedef struct {
    Index index;
    guint count;
} RowCount;

static JET_ERR count_body(MailSession *session, gpointer data)
{
    RowCount *rows = data;
    JET_TABLEID cursor = session->cursors[rows->index];
    rows->count = 0;
    JET_ERR err = JetMove(session->sesid, cursor, JET_MoveFirst, 0);
    for (; err >= 0; err = JetMove(session->sesid, cursor, JET_MoveNext, 0))
        rows->count++;
    return err == JET_errNoCurrentRecord ? JET_errSuccess : err;
}

guint fixture_count_rows(MailSession *session, Index index)
{
    RowCount rows = {.index = index};
    JET_ERR err = transaction_run(session, TRANSACTION_READ, count_body, &rows);
    g_assert_cmpint(err, ==, JET_errSuccess);
    return rows.count;
}

GBytes *fixture_mail_new(const char *subject, const void *data, gsize size)
{
    GString *mail = g_string_new(NULL);
    g_string_append_printf(mail,
                           "From: b@example.org\r\nSubject: %s\r\n"
                           "Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n"
                           "--=_b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--=_b\r\n"
                           "Content-Type: application/octet-stream; name=\"data.bin\"\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\n",
                           subject);
    g_autofree char *base64 = g_base64_encode(data, size);
    gsize left = strlen(base64);
    for (const char *p = base64; left > 0;) {
        gsize line = MIN(left, 76);
        g_string_append_len(mail, p, (gssize)line);
        g_string_append(mail, "\r\n");
        p += line;
        left -= line;
    }
    g_string_append(mail, "\r\n--=_b--\r\n");
    return g_string_free_to_bytes(mail);
}

GBytes *fixture_mail_text(const char *text)
{
    return g_bytes_new(text, strlen(text));
}

guint32 fixture_deliver(MailSession *session, guint64 folder, GBytes *mail)
{
    static const char *const recipients[] = {"anna@example.org", NULL};
    MailDelivery delivery = {
        .sender = "b@example.org", .recipients = recipients, .text = mail, .internal_date = 1000};
    GError *error = NULL;
    GError *folder_error = NULL;
    guint32 uid;
    gboolean ok = mail_deliver(session, &delivery, &folder, 1, &uid, &folder_error, &error);
    g_assert_no_error(error);
    g_assert_no_error(folder_error);
    g_assert_true(ok);
    return uid;
}

MailEntry *fixture_entry(MailSession *session, guint64 folder, guint32 uid)
{
    GError *error = NULL;
    g_autoptr(GArray) entries = mail_folder_entries(session, folder, uid, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(entries->len, >, 0);
    MailEntry *entry = g_memdup2(entries->data, sizeof *entry);
    g_array_index(entries, MailEntry, 0) = (MailEntry){0};
    g_assert_cmpuint(entry->uid, ==, uid);
    return entry;
}

void fixture_entry_free(MailEntry *entry)
{
    if (entry != NULL)
        mail_entry_clear(entry);
    g_free(entry);
}

MailEntry *fixture_change_flags(MailSession *session, guint64 folder, guint32 uid,
                                MailFlagsChange change, guint32 flags, const char *const *keywords)
{
    GError *error = NULL;
    MailEntry entry;
    mail_entries_change_flags(session, folder, &uid, 1, change, flags, keywords, &entry, &error);
    g_assert_no_error(error);
    return entry.uid == 0 ? NULL : g_memdup2(&entry, sizeof entry);
}

GBytes *fixture_read(MailSession *session, guint64 folder, guint32 uid)
{
    GError *error = NULL;
    g_autoptr(MailEntry) entry = fixture_entry(session, folder, uid);
    GBytes *mail = NULL;
    mail_message_read(session, entry->message, NULL, NULL, &mail, &error);
    g_assert_no_error(error);
    guint64 size;
    g_assert_true(mail_message_size(session, entry->message, &size, &error));
    g_assert_cmpuint(size, ==, g_bytes_get_size(mail));
    for (gsize offset = 0; offset <= size; offset += size / 3 + 1) {
        gsize length = MIN(size / 2, size - offset);
        g_autoptr(GBytes) slice = g_bytes_new_from_bytes(mail, offset, length);
        g_autoptr(GBytes) part = NULL;
        mail_message_read_part(session, entry->message, offset, size / 2, &part, &error);
        g_assert_no_error(error);
        g_assert_true(g_bytes_equal(part, slice));
    }
    return mail;
}

guint fixture_count_entries(MailSession *session, guint64 folder)
{
    GError *error = NULL;
    g_autoptr(GArray) entries = mail_folder_entries(session, folder, 1, &error);
    g_assert_no_error(error);
    return entries->len;
}

typedef struct {
    guint64 folder;
    GArray *entries; /* of MailEntry */
} Rows;

static JET_ERR rows_body(MailSession *session, gpointer data)
{
    const Rows *rows = data;
    JET_TABLEID cursor = session->cursors[ENTRIES_BY_UID];
    guint64 folder;
    MailEntry entry;

    JET_ERR err = JetMove(session->sesid, cursor, JET_MoveFirst, 0);
    for (; err >= 0; err = JetMove(session->sesid, cursor, JET_MoveNext, 0)) {
        if ((err = row_get_number(session, ENTRIES_BY_UID, ENTRY_FOLDER, &folder)) < 0)
            return err;
        if (folder != rows->folder)
            continue;
        if ((err = entry_read(session, NULL, &entry)) < 0)
            return err;
        g_array_append_val(rows->entries, entry);
    }
    return err == JET_errNoCurrentRecord ? JET_errSuccess : err;
}

static void clear_entry(gpointer entry)
{
    mail_entry_clear(entry);
}

static void assert_entry(const MailEntry *entry, const MailEntry *expected)
{
    g_autoptr(GBytes) keywords = NULL, expected_keywords = NULL;
    g_assert_cmpuint(entry->uid, ==, expected->uid);
    g_assert_cmpuint(entry->message, ==, expected->message);
    g_assert_cmpuint(entry->flags, ==, expected->flags);
    g_assert_cmpint(entry->internal_date, ==, expected->internal_date);
    keywords_pack((const char *const *)entry->keywords, &keywords);
    keywords_pack((const char *const *)expected->keywords, &expected_keywords);
    g_assert_true(g_bytes_equal(keywords, expected_keywords));
}

void fixture_check_view(MailSession *session, guint64 folder)
{
    GError *error = NULL;
    MailCounts counts, expected = {0};
    Rows rows = {folder, g_array_new(FALSE, FALSE, sizeof(MailEntry))};
    g_array_set_clear_func(rows.entries, clear_entry);
    JET_ERR err = transaction_run(session, TRANSACTION_READ, rows_body, &rows);
    g_assert_cmpint(err, ==, JET_errSuccess);

    g_autoptr(GArray) entries = mail_folder_entries(session, folder, 1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(entries->len, ==, rows.entries->len);
    for (guint i = 0; i < entries->len; i++) {
        const MailEntry *entry = &g_array_index(entries, MailEntry, i);
        assert_entry(entry, &g_array_index(rows.entries, MailEntry, i));
        expected.messages++;
        expected.unseen += (entry->flags & MAIL_FLAG_SEEN) == 0;
        expected.last_uid = entry->uid;
    }
    g_array_unref(rows.entries);
    g_assert_true(mail_folder_count(session, folder, &counts, &error));
    g_assert_cmpuint(counts.messages, ==, expected.messages);
    g_assert_cmpuint(counts.unseen, ==, expected.unseen);
    g_assert_cmpuint(counts.last_uid, >=, expected.last_uid);
}
