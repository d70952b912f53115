/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-folder.c - mailboxes, folders and entries, as IMAP wants them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/message/folder-name.h"
#include "tests/unit/message/store-fixture.h"
#include "tests/run-suite.h"

static Fixture fixture;

static void setup(void)
{
    fixture_init(&fixture);
}

static void teardown(void)
{
    fixture_clear(&fixture);
}

/* "INBOX Drafts …", in the order of the list. */
static char *folder_names(guint64 mailbox)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) folders = mail_folder_list(fixture.session, mailbox, &error);
    g_assert_no_error(error);
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < folders->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? " " : "",
                               ((MailFolder *)g_ptr_array_index(folders, i))->name);
    return g_string_free(names, FALSE);
}

static void assert_names(guint64 mailbox, const char *expected)
{
    g_autofree char *names = folder_names(mailbox);
    ck_assert_str_eq(names, expected);
}

static MailFolder *find(const char *name)
{
    GError *error = NULL;
    MailFolder *folder = mail_folder_find(fixture.session, fixture.mailbox, name, &error);
    g_assert_no_error(error);
    return folder;
}

static guint64 create(const char *name)
{
    GError *error = NULL;
    g_autoptr(MailFolder) folder =
        mail_folder_create(fixture.session, fixture.mailbox, name, FOLDER_KIND_PLAIN, &error);
    g_assert_no_error(error);
    return folder->id;
}

static void count_change(guint64 folder, gboolean only_added, gpointer user_data)
{
    (void)only_added;
    g_assert_cmpuint(folder, ==, fixture.inbox);
    ++*(guint *)user_data;
}

static void count_addition(guint64 folder, gboolean only_added, gpointer user_data)
{
    count_change(folder, only_added, (guint *)user_data + (only_added ? 0 : 1));
}

static void assert_code(GError **error, MailStoreError code)
{
    ck_assert_msg(g_error_matches(*error, MAIL_STORE_ERROR, (gint)code), "%s",
                  *error != NULL ? (*error)->message : "no error");
    g_clear_error(error);
}

START_TEST(mailbox_is_born_with_its_folders)
{
    GError *error = NULL;
    guint64 again;
    assert_names(fixture.mailbox, "Drafts INBOX Junk Outbox Sent Trash");
    ck_assert(mail_mailbox_ensure(fixture.session, "anna", &again, &error));
    ck_assert_uint_eq(again, fixture.mailbox);

    g_autoptr(MailFolder) inbox = find("inbox");
    ck_assert_str_eq(inbox->name, "INBOX");
    ck_assert_int_eq(inbox->kind, FOLDER_KIND_INBOX);
    ck_assert(inbox->subscribed);
    ck_assert_uint_eq(inbox->uid_next, 1);
    ck_assert_uint_gt(inbox->uid_validity, 0);
    g_autoptr(MailFolder) outbox = find("Outbox");
    ck_assert_int_eq(outbox->kind, FOLDER_KIND_OUTBOX);
    g_autoptr(MailFolder) sent = find("Sent");
    ck_assert_int_eq(sent->kind, FOLDER_KIND_SENT);
}
END_TEST

START_TEST(bad_names_are_refused)
{
    g_autofree char *name_at_limit = g_strnfill(MAIL_NAME_MAX, 'x');
    g_autofree char *name_too_long = g_strnfill(MAIL_NAME_MAX + 1, 'x');
    const char *const bad[] = {"",    "/a",  "a/",       "a//b", "a\nb",
                               "a%b", "a*b", "\xff\xfe", "\x01", name_too_long};
    GError *error = NULL;
    guint64 mailbox;

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        ck_assert_ptr_null(mail_folder_create(fixture.session, fixture.mailbox, bad[i],
                                              FOLDER_KIND_PLAIN, &error));
        assert_code(&error, MAIL_STORE_ERROR_INVALID);
        ck_assert_ptr_null(mail_folder_find(fixture.session, fixture.mailbox, bad[i], &error));
        assert_code(&error, MAIL_STORE_ERROR_NOT_FOUND);
    }
    ck_assert(!mail_mailbox_ensure(fixture.session, "", &mailbox, &error));
    assert_code(&error, MAIL_STORE_ERROR_INVALID);
    ck_assert_uint_ne(create(name_at_limit), 0);
    name_at_limit[MAIL_NAME_MAX - 1] = 'y'; /* the key holds the whole name */
    ck_assert_uint_ne(create(name_at_limit), 0);
}
END_TEST

START_TEST(create_makes_what_is_above)
{
    GError *error = NULL;
    create("a/b/c");
    assert_names(fixture.mailbox, "Drafts INBOX Junk Outbox Sent Trash a a/b a/b/c");
    ck_assert_ptr_null(
        mail_folder_create(fixture.session, fixture.mailbox, "a/b", FOLDER_KIND_PLAIN, &error));
    assert_code(&error, MAIL_STORE_ERROR_EXISTS);
    ck_assert_ptr_null(mail_folder_create(fixture.session, 999, "x", FOLDER_KIND_PLAIN, &error));
    assert_code(&error, MAIL_STORE_ERROR_NOT_FOUND);
    create("inbox/deep");
    g_autoptr(MailFolder) deep = find("INBOX/deep");
    ck_assert_ptr_nonnull(deep);
}
END_TEST

START_TEST(rename_takes_along_what_is_below)
{
    GError *error = NULL;
    guint64 id = create("a/b");
    create("ab");
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    fixture_deliver(fixture.session, id, mail);

    ck_assert(mail_folder_rename(fixture.session, fixture.mailbox, "a", "new/place", &error));
    assert_names(fixture.mailbox,
                 "Drafts INBOX Junk Outbox Sent Trash ab new new/place new/place/b");
    ck_assert_uint_eq(fixture_count_entries(fixture.session, id), 1);

    ck_assert(!mail_folder_rename(fixture.session, fixture.mailbox, "ab", "ab/c", &error));
    assert_code(&error, MAIL_STORE_ERROR_INVALID);
    ck_assert(!mail_folder_rename(fixture.session, fixture.mailbox, "ab", "new", &error));
    assert_code(&error, MAIL_STORE_ERROR_EXISTS);
    ck_assert(!mail_folder_rename(fixture.session, fixture.mailbox, "none", "x", &error));
    assert_code(&error, MAIL_STORE_ERROR_NOT_FOUND);
}
END_TEST

/* RFC 9051 §6.3.6. */
START_TEST(rename_of_the_inbox_leaves_it_empty)
{
    GError *error = NULL;
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    for (int i = 0; i < 3; i++)
        fixture_deliver(fixture.session, fixture.inbox, mail);
    ck_assert(mail_folder_rename(fixture.session, fixture.mailbox, "INBOX", "old", &error));
    ck_assert_uint_eq(fixture_count_entries(fixture.session, fixture.inbox), 0);
    g_autoptr(MailFolder) old = find("old");
    ck_assert_uint_eq(fixture_count_entries(fixture.session, old->id), 3);
    ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), 4);
}
END_TEST

START_TEST(deleted_folder_is_gone_with_its_entries)
{
    GError *error = NULL;
    guint64 id = create("gone");
    g_autoptr(MailFolder) first = find("gone");
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    g_autofree guint32 *uids = g_new0(guint32, 700);
    fixture_deliver(fixture.session, id, mail);
    guint32 one[700];
    for (guint i = 0; i < 700; i++)
        one[i] = 1;
    ck_assert(mail_copy(fixture.session, id, one, 700, id, uids, &error));
    ck_assert_uint_eq(uids[699], 701);

    ck_assert(mail_folder_delete(fixture.session, id, &error));
    ck_assert_uint_eq(fixture_count_rows(fixture.session, ENTRIES_BY_UID), 0);
    ck_assert_ptr_null(mail_folder_entries(fixture.session, id, 1, &error));
    assert_code(&error, MAIL_STORE_ERROR_NOT_FOUND);
    ck_assert(!mail_folder_delete(fixture.session, id, &error));
    assert_code(&error, MAIL_STORE_ERROR_NOT_FOUND);

    create("gone");
    g_autoptr(MailFolder) second = find("gone");
    ck_assert_uint_gt(second->uid_validity, first->uid_validity);
}
END_TEST

/* Clients may remember messages of a store that was here before. */
START_TEST(a_new_store_has_greater_uid_validities)
{
    g_autoptr(MailFolder) inbox = find("INBOX");
    guint64 now = (guint64)g_get_real_time() / G_USEC_PER_SEC;
    ck_assert_uint_ge(inbox->uid_validity, now - 3600);

    fixture_reopen(&fixture);
    create("later");
    g_autoptr(MailFolder) later = find("later");
    ck_assert_uint_eq(later->uid_validity - later->id, inbox->uid_validity - inbox->id);
}
END_TEST

START_TEST(inbox_and_parents_are_not_deleted)
{
    GError *error = NULL;
    ck_assert(!mail_folder_delete(fixture.session, fixture.inbox, &error));
    assert_code(&error, MAIL_STORE_ERROR_INVALID);
    create("a/b");
    g_autoptr(MailFolder) parent = find("a");
    ck_assert(!mail_folder_delete(fixture.session, parent->id, &error));
    assert_code(&error, MAIL_STORE_ERROR_INVALID);
    create("b");
    create("b-c"); /* sorts before "b/", and is not below "b" */
    g_autoptr(MailFolder) alone = find("b");
    ck_assert(mail_folder_delete(fixture.session, alone->id, &error));
}
END_TEST

START_TEST(subscription_is_kept)
{
    GError *error = NULL;
    guint64 id = create("news");
    g_autoptr(MailFolder) before = find("news");
    ck_assert(!before->subscribed);
    ck_assert(mail_folder_subscribe(fixture.session, id, TRUE, &error));
    fixture_reopen(&fixture);
    g_autoptr(MailFolder) after = find("news");
    ck_assert(after->subscribed);
    ck_assert(!mail_folder_subscribe(fixture.session, 999999, TRUE, &error));
    assert_code(&error, MAIL_STORE_ERROR_NOT_FOUND);
}
END_TEST

START_TEST(public_folders_are_public)
{
    GError *error = NULL;
    guint64 mailbox;
    ck_assert(mail_mailbox_ensure(fixture.session, MAIL_PUBLIC_MAILBOX, &mailbox, &error));
    assert_names(mailbox, "");
    g_autoptr(MailFolder) folder =
        mail_folder_create(fixture.session, mailbox, "Sales/Leads", FOLDER_KIND_PLAIN, &error);
    ck_assert_int_eq(folder->kind, FOLDER_KIND_PUBLIC);
    g_autoptr(MailFolder) parent = mail_folder_find(fixture.session, mailbox, "Sales", &error);
    ck_assert_int_eq(parent->kind, FOLDER_KIND_PUBLIC);
}
END_TEST

START_TEST(flags_are_set_added_and_removed)
{
    static const char *const a[] = {"a", "b", NULL}, *const b[] = {"B", NULL};
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
    const struct {
        MailFlagsChange change;
        guint32 flags;
        const char *const *keywords;
        guint32 expected;
        const char *expected_keywords;
    } steps[] = {
        {MAIL_FLAGS_SET, MAIL_FLAG_SEEN, a, MAIL_FLAG_SEEN, "a b"},
        {MAIL_FLAGS_ADD, MAIL_FLAG_DELETED, b, MAIL_FLAG_SEEN | MAIL_FLAG_DELETED, "a b"},
        {MAIL_FLAGS_REMOVE, MAIL_FLAG_SEEN, b, MAIL_FLAG_DELETED, "a"},
        {MAIL_FLAGS_SET, 0, NULL, 0, ""},
    };

    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(MailEntry) entry =
            fixture_change_flags(fixture.session, fixture.inbox, uid, steps[i].change,
                                 steps[i].flags, steps[i].keywords);
        g_autoptr(MailEntry) stored = fixture_entry(fixture.session, fixture.inbox, uid);
        ck_assert_uint_eq(entry->flags, steps[i].expected);
        ck_assert_uint_eq(stored->flags, steps[i].expected);
        char *none[] = {NULL};
        g_autofree char *keywords =
            g_strjoinv(" ", stored->keywords != NULL ? stored->keywords : none);
        ck_assert_str_eq(keywords, steps[i].expected_keywords);
    }
    ck_assert_ptr_null(
        fixture_change_flags(fixture.session, fixture.inbox, 77, MAIL_FLAGS_SET, 0, NULL));
}
END_TEST

START_TEST(keywords_of_any_length_are_kept)
{
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
    static const gsize sizes[] = {1, 255, 256, 257, 1000, 4096};

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *keyword = g_strnfill(sizes[i], 'k');
        const char *const keywords[] = {keyword, NULL};
        g_autoptr(MailEntry) entry =
            fixture_change_flags(fixture.session, fixture.inbox, uid, MAIL_FLAGS_SET, 0, keywords);
        g_autoptr(MailEntry) stored = fixture_entry(fixture.session, fixture.inbox, uid);
        ck_assert_str_eq(stored->keywords[0], keyword);
        ck_assert_ptr_null(stored->keywords[1]);
    }
}
END_TEST

START_TEST(flags_of_many_change_together_or_not_at_all)
{
    GError *error = NULL;
    guint changes = 0;
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    guint32 uids[] = {fixture_deliver(fixture.session, fixture.inbox, mail), 99,
                      fixture_deliver(fixture.session, fixture.inbox, mail)};
    MailEntry entries[3];
    g_autofree char *long_keyword = g_strnfill(5000, 'k');
    const char *too_long[] = {long_keyword, NULL};
    guint watch = mail_store_watch(fixture.store, fixture.inbox, count_change, &changes);

    ck_assert(mail_entries_change_flags(fixture.session, fixture.inbox, uids, 3, MAIL_FLAGS_ADD,
                                        MAIL_FLAG_SEEN, NULL, entries, &error));
    mail_store_unwatch(fixture.store, watch);
    ck_assert_uint_eq(changes, 1);
    ck_assert_uint_eq(entries[0].uid, uids[0]);
    ck_assert_uint_eq(entries[1].uid, 0);
    ck_assert_uint_eq(entries[2].flags, MAIL_FLAG_SEEN);
    for (guint i = 0; i < G_N_ELEMENTS(entries); i++)
        mail_entry_clear(&entries[i]);

    /* The second has no room for another keyword. */
    const char *long_enough[] = {long_keyword + 1000, NULL};
    g_autoptr(MailEntry) full = fixture_change_flags(fixture.session, fixture.inbox, uids[2],
                                                     MAIL_FLAGS_SET, 0, long_enough);
    const char *more[] = {long_keyword + 4000, NULL};
    ck_assert(!mail_entries_change_flags(fixture.session, fixture.inbox, uids, 3, MAIL_FLAGS_ADD, 0,
                                         more, entries, &error));
    assert_code(&error, MAIL_STORE_ERROR_INVALID);
    g_autoptr(MailEntry) first = fixture_entry(fixture.session, fixture.inbox, uids[0]);
    ck_assert_ptr_null(first->keywords);
    ck_assert(!mail_entries_change_flags(fixture.session, fixture.inbox, uids, 1, MAIL_FLAGS_SET, 0,
                                         too_long, entries, &error));
    assert_code(&error, MAIL_STORE_ERROR_INVALID);
}
END_TEST

START_TEST(copy_links_and_move_takes_away)
{
    GError *error = NULL;
    guint64 target = create("target");
    g_autoptr(GBytes) mail = fixture_mail_new("x", "data", 4);
    guint32 uids[] = {fixture_deliver(fixture.session, fixture.inbox, mail), 99,
                      fixture_deliver(fixture.session, fixture.inbox, mail)};
    guint32 to[3];

    g_autoptr(MailEntry) flagged = fixture_change_flags(fixture.session, fixture.inbox, uids[0],
                                                        MAIL_FLAGS_SET, MAIL_FLAG_FLAGGED, NULL);
    ck_assert(mail_copy(fixture.session, fixture.inbox, uids, 3, target, to, &error));
    ck_assert_uint_eq(to[0], 1);
    ck_assert_uint_eq(to[1], 0);
    ck_assert_uint_eq(to[2], 2);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, MESSAGES_BY_ID), 2);
    g_autoptr(MailEntry) copied = fixture_entry(fixture.session, target, 1);
    ck_assert_uint_eq(copied->flags, MAIL_FLAG_FLAGGED);
    ck_assert_int_eq(copied->internal_date, 1000);
    g_autoptr(GBytes) read = fixture_read(fixture.session, target, 2);
    ck_assert(g_bytes_equal(read, mail));

    ck_assert(mail_move(fixture.session, fixture.inbox, uids, 3, target, to, &error));
    ck_assert_uint_eq(to[0], 3);
    ck_assert_uint_eq(to[2], 4);
    ck_assert_uint_eq(fixture_count_entries(fixture.session, fixture.inbox), 0);
    ck_assert_uint_eq(fixture_count_entries(fixture.session, target), 4);
    ck_assert(!mail_copy(fixture.session, target, to, 1, 999999, to, &error));
    assert_code(&error, MAIL_STORE_ERROR_NOT_FOUND);
}
END_TEST

START_TEST(entries_begin_where_asked)
{
    GError *error = NULL;
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    guint64 other = create("other");
    for (int i = 0; i < 5; i++) {
        fixture_deliver(fixture.session, fixture.inbox, mail);
        fixture_deliver(fixture.session, other, mail);
    }
    guint32 gone[] = {2, 4, 88};
    ck_assert(mail_expunge(fixture.session, fixture.inbox, gone, 3, FALSE, &error));
    g_autoptr(GArray) entries = mail_folder_entries(fixture.session, fixture.inbox, 2, &error);
    ck_assert_uint_eq(entries->len, 2);
    ck_assert_uint_eq(g_array_index(entries, MailEntry, 0).uid, 3);
    ck_assert_uint_eq(g_array_index(entries, MailEntry, 1).uid, 5);
}
END_TEST

/* Who asks for what is behind a gap learns nothing of the gap. */
START_TEST(a_view_has_no_gaps)
{
    GError *error = NULL;
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    fixture_deliver(fixture.session, fixture.inbox, mail);
    fixture_check_view(fixture.session, fixture.inbox);
    fixture_deliver(fixture.session, fixture.inbox, mail);
    fixture_deliver(fixture.session, fixture.inbox, mail);
    g_autoptr(GArray) entries = mail_folder_entries(fixture.session, fixture.inbox, 3, &error);
    ck_assert_uint_eq(entries->len, 1);
    fixture_check_view(fixture.session, fixture.inbox);
}
END_TEST

/* Looked at before and after each change, so that it can be told wrongly. */
START_TEST(counts_follow_every_change)
{
    GError *error = NULL;
    MailCounts counts;
    guint32 to;
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    guint64 other = create("other");
    for (guint32 uid = 1; uid <= 5; uid++) {
        fixture_deliver(fixture.session, fixture.inbox, mail);
        fixture_check_view(fixture.session, fixture.inbox);
    }
    fixture_check_view(fixture.session, other);

    guint32 uids[] = {1, 2, 3, 4, 5};
    g_autoptr(MailEntry) seen = fixture_change_flags(fixture.session, fixture.inbox, 2,
                                                     MAIL_FLAGS_ADD, MAIL_FLAG_SEEN, NULL);
    ck_assert(mail_folder_count(fixture.session, fixture.inbox, &counts, &error));
    ck_assert_uint_eq(counts.messages, 5);
    ck_assert_uint_eq(counts.unseen, 4);
    ck_assert_uint_eq(counts.last_uid, 5);
    ck_assert(
        mail_copy(fixture.session, fixture.inbox, &uids[1], 2, other, (guint32[2]){0}, &error));
    fixture_check_view(fixture.session, other);
    ck_assert(mail_move(fixture.session, fixture.inbox, &uids[1], 1, other, &to, &error));
    fixture_check_view(fixture.session, fixture.inbox);
    fixture_check_view(fixture.session, other);
    ck_assert(mail_move(fixture.session, fixture.inbox, &uids[0], 1, fixture.inbox, &to, &error));
    fixture_check_view(fixture.session, fixture.inbox);
    ck_assert(mail_expunge(fixture.session, fixture.inbox, &uids[2], 1, FALSE, &error));
    fixture_check_view(fixture.session, fixture.inbox);

    fixture_reopen(&fixture);
    ck_assert(mail_folder_count(fixture.session, fixture.inbox, &counts, &error));
    ck_assert_uint_eq(counts.messages, 3);
    ck_assert_uint_eq(counts.unseen, 3);
    ck_assert(mail_folder_rename(fixture.session, fixture.mailbox, "INBOX", "old", &error));
    ck_assert(mail_folder_count(fixture.session, fixture.inbox, &counts, &error));
    ck_assert_uint_eq(counts.messages, 0);
    fixture_check_view(fixture.session, other);
    ck_assert(mail_folder_delete(fixture.session, other, &error));
    ck_assert(!mail_folder_count(fixture.session, other, &counts, &error));
    ck_assert(g_error_matches(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND));
    g_clear_error(&error);
}
END_TEST

START_TEST(expunge_passes_over_what_is_not_marked)
{
    GError *error = NULL;
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    guint32 uids[] = {fixture_deliver(fixture.session, fixture.inbox, mail),
                      fixture_deliver(fixture.session, fixture.inbox, mail)};
    MailEntry changed;
    ck_assert(mail_entries_change_flags(fixture.session, fixture.inbox, &uids[1], 1, MAIL_FLAGS_ADD,
                                        MAIL_FLAG_DELETED, NULL, &changed, &error));
    mail_entry_clear(&changed);
    ck_assert(mail_expunge(fixture.session, fixture.inbox, uids, 2, TRUE, &error));
    g_autoptr(GArray) entries = mail_folder_entries(fixture.session, fixture.inbox, 1, &error);
    ck_assert_uint_eq(entries->len, 1);
    ck_assert_uint_eq(g_array_index(entries, MailEntry, 0).uid, uids[0]);
}
END_TEST

START_TEST(collect_removes_what_no_folder_has)
{
    GError *error = NULL;
    guint count;
    g_autoptr(GBytes) kept = fixture_mail_new("kept", "shared", 6);
    g_autoptr(GBytes) gone = fixture_mail_new("gone", "alone", 5);
    guint32 uid_kept = fixture_deliver(fixture.session, fixture.inbox, kept);
    guint32 uid_twin = fixture_deliver(fixture.session, fixture.inbox, kept);
    guint32 uid_gone = fixture_deliver(fixture.session, fixture.inbox, gone);
    guint32 uids[] = {uid_twin, uid_gone};

    ck_assert(mail_expunge(fixture.session, fixture.inbox, uids, 2, FALSE, &error));
    ck_assert(mail_collect(fixture.session, 3600, &count, &error));
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, MESSAGES_BY_ID), 3);
    ck_assert(mail_collect(fixture.session, 0, &count, &error));
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, MESSAGES_BY_ID), 1);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, ATTACHMENTS_BY_ID), 1);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), 1);
    g_autoptr(GBytes) read = fixture_read(fixture.session, fixture.inbox, uid_kept);
    ck_assert(g_bytes_equal(read, kept));
}
END_TEST

typedef struct {
    MailSession *session;
    gint stop;
} Collecting;

static gpointer collect_on_and_on(gpointer data)
{
    Collecting *collecting = data;
    GError *error = NULL;
    guint count;

    while (!g_atomic_int_get(&collecting->stop))
        ck_assert(mail_collect(collecting->session, 0, &count, &error));
    return NULL;
}

START_TEST(collect_leaves_what_is_being_delivered)
{
    GError *error = NULL;
    Collecting collecting = {.session = mail_session_new(fixture.store, &error)};
    GThread *thread = g_thread_new("collect", collect_on_and_on, &collecting);

    for (guint i = 0; i < 1500; i++) {
        g_autofree char *data = g_strdup_printf("data %u", i);
        g_autoptr(GBytes) mail = fixture_mail_new("x", data, strlen(data));
        guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);

        ck_assert_uint_ne(uid, 0);
        ck_assert(mail_expunge(fixture.session, fixture.inbox, &uid, 1, FALSE, &error));
    }
    g_atomic_int_set(&collecting.stop, 1);
    g_thread_join(thread);
    mail_session_free(collecting.session);
}
END_TEST

START_TEST(collect_goes_through_many_in_steps)
{
    GError *error = NULL;
    guint count;
    for (guint i = 0; i < 120; i++) {
        g_autofree char *data = g_strdup_printf("data %u", i);
        g_autoptr(GBytes) mail = fixture_mail_new("x", data, strlen(data));
        guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
        if (i % 10 != 0)
            ck_assert(mail_expunge(fixture.session, fixture.inbox, &uid, 1, FALSE, &error));
    }
    ck_assert(mail_collect(fixture.session, 0, &count, &error));
    ck_assert_uint_eq(count, 108);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), 12);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, ATTACHMENTS_BY_ID), 12);
}
END_TEST

START_TEST(additions_are_told_apart)
{
    GError *error = NULL;
    guint told[2] = {0}; /* additions, others */
    guint64 other = create("other");
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    guint watch = mail_store_watch(fixture.store, fixture.inbox, count_addition, told);

    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail), copied, moved;
    ck_assert(mail_copy(fixture.session, fixture.inbox, &uid, 1, fixture.inbox, &copied, &error));
    ck_assert(mail_copy(fixture.session, fixture.inbox, &uid, 1, other, &copied, &error));
    ck_assert(mail_move(fixture.session, other, &copied, 1, fixture.inbox, &moved, &error));
    ck_assert_uint_eq(told[0], 3);
    ck_assert_uint_eq(told[1], 0);
    ck_assert(mail_move(fixture.session, fixture.inbox, &uid, 1, fixture.inbox, &moved, &error));
    ck_assert(mail_move(fixture.session, fixture.inbox, &moved, 1, other, &copied, &error));
    ck_assert_uint_eq(told[0], 3);
    ck_assert_uint_eq(told[1], 2);
    mail_store_unwatch(fixture.store, watch);
}
END_TEST

START_TEST(watches_are_told_of_their_folder)
{
    GError *error = NULL;
    guint changes = 0;
    guint64 other = create("other");
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    guint watch = mail_store_watch(fixture.store, fixture.inbox, count_change, &changes);

    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
    ck_assert_uint_eq(changes, 1);
    fixture_deliver(fixture.session, other, mail);
    ck_assert_uint_eq(changes, 1);
    g_autoptr(MailEntry) seen = fixture_change_flags(fixture.session, fixture.inbox, uid,
                                                     MAIL_FLAGS_ADD, MAIL_FLAG_SEEN, NULL);
    ck_assert(mail_expunge(fixture.session, fixture.inbox, &uid, 1, FALSE, &error));
    ck_assert_uint_eq(changes, 3);
    mail_store_unwatch(fixture.store, watch);
    fixture_deliver(fixture.session, fixture.inbox, mail);
    ck_assert_uint_eq(changes, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("folder");
    TCase *tcase = tcase_create("core");
    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, mailbox_is_born_with_its_folders);
    tcase_add_test(tcase, bad_names_are_refused);
    tcase_add_test(tcase, create_makes_what_is_above);
    tcase_add_test(tcase, rename_takes_along_what_is_below);
    tcase_add_test(tcase, rename_of_the_inbox_leaves_it_empty);
    tcase_add_test(tcase, deleted_folder_is_gone_with_its_entries);
    tcase_add_test(tcase, a_new_store_has_greater_uid_validities);
    tcase_add_test(tcase, inbox_and_parents_are_not_deleted);
    tcase_add_test(tcase, subscription_is_kept);
    tcase_add_test(tcase, public_folders_are_public);
    tcase_add_test(tcase, flags_are_set_added_and_removed);
    tcase_add_test(tcase, keywords_of_any_length_are_kept);
    tcase_add_test(tcase, flags_of_many_change_together_or_not_at_all);
    tcase_add_test(tcase, copy_links_and_move_takes_away);
    tcase_add_test(tcase, entries_begin_where_asked);
    tcase_add_test(tcase, a_view_has_no_gaps);
    tcase_add_test(tcase, counts_follow_every_change);
    tcase_add_test(tcase, expunge_passes_over_what_is_not_marked);
    tcase_add_test(tcase, collect_removes_what_no_folder_has);
    tcase_add_test(tcase, collect_goes_through_many_in_steps);
    tcase_add_test(tcase, collect_leaves_what_is_being_delivered);
    tcase_add_test(tcase, watches_are_told_of_their_folder);
    tcase_add_test(tcase, additions_are_told_apart);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
