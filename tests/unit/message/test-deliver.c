/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-deliver.c - what is delivered comes back, and is stored once.
 */
#include <check.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/message/session.h"
#include "tests/unit/message/hostile-mail.h"
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

static void assert_comes_back(GBytes *mail)
{
    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
    g_autoptr(GBytes) read = fixture_read(fixture.session, fixture.inbox, uid);
    ck_assert(g_bytes_equal(mail, read));
}

START_TEST(messages_come_back_byte_for_byte)
{
    GRand *rand = g_rand_new_with_seed(7);
    for (guint i = 0; i < 150; i++) {
        g_autoptr(GBytes) mail = g_string_free_to_bytes(hostile_mail_new(rand, i % 3));
        assert_comes_back(mail);
    }
    g_rand_free(rand);
}
END_TEST

START_TEST(empty_and_tiny_messages_come_back)
{
    static const char *const texts[] = {"", "\r\n", "x", "Subject: a\r\n\r\n"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GBytes) mail = fixture_mail_text(texts[i]);
        assert_comes_back(mail);
    }
}
END_TEST

START_TEST(large_message_comes_back_after_reopen)
{
    gsize size = 6 * 1024 * 1024 + 1;
    g_autofree guint8 *data = g_malloc(size);
    for (gsize i = 0; i < size; i++)
        data[i] = (guint8)(i * 2654435761u >> 13);
    g_autoptr(GBytes) mail = fixture_mail_new("large", data, size);
    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
    fixture_reopen(&fixture);
    g_autoptr(GBytes) read = fixture_read(fixture.session, fixture.inbox, uid);
    ck_assert(g_bytes_equal(mail, read));
}
END_TEST

START_TEST(same_content_is_stored_once)
{
    for (guint i = 0; i < 5; i++) {
        g_autofree char *subject = g_strdup_printf("number %u", i);
        g_autoptr(GBytes) mail = fixture_mail_new(subject, "the same", 8);
        assert_comes_back(mail);
    }
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), 1);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, ATTACHMENTS_BY_ID), 5);

    g_autoptr(GBytes) twice =
        fixture_mail_text("Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                          "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9v\r\n"
                          "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nZm9v\r\n--b--\r\n");
    assert_comes_back(twice);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), 2);
}
END_TEST

/* Pages in use, from the closed file itself. */
static gsize database_bytes(const char *path)
{
    g_autofree char *file = g_build_filename(path, "mail.edb", NULL);
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi main_tree, tree;
    MDB_cursor *cursor;
    MDB_val key, value;
    MDB_stat stat;
    gsize pages = 0;

    ck_assert_int_eq(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 16);
    mdb_env_set_mapsize(env, 1u << 30); /* not the stored one: too large beside a sanitizer */
    ck_assert_int_eq(mdb_env_open(env, file, MDB_NOSUBDIR | MDB_RDONLY, 0600), 0);
    ck_assert_int_eq(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    ck_assert_int_eq(mdb_dbi_open(txn, NULL, 0, &main_tree), 0);
    ck_assert_int_eq(mdb_cursor_open(txn, main_tree, &cursor), 0);
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        g_autofree char *name = g_strndup(key.mv_data, key.mv_size);
        if (mdb_dbi_open(txn, name, 0, &tree) != 0)
            continue;
        mdb_stat(txn, tree, &stat);
        pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    }
    mdb_cursor_close(cursor);
    mdb_stat(txn, main_tree, &stat);
    mdb_txn_abort(txn);
    mdb_env_close(env);
    ck_assert_uint_gt(pages, 0);
    return pages * stat.ms_psize;
}

START_TEST(thousand_recipients_share_one_copy)
{
    enum {
        RECIPIENTS = 1000,
        SIZE = 1000000
    };
    static guint64 folders[RECIPIENTS];
    static guint32 uids[RECIPIENTS];
    static GError *errors[RECIPIENTS];
    GError *error = NULL;

    for (guint i = 0; i < RECIPIENTS; i++) {
        g_autofree char *user = g_strdup_printf("user%u", i);
        folders[i] = fixture_inbox(fixture.session, user);
    }
    fixture.session = mail_session_free(fixture.session);
    fixture.store = mail_store_close(fixture.store);
    gsize before = database_bytes(fixture.path);
    fixture.store = mail_store_open(fixture.path, &error);
    fixture.session = mail_session_new(fixture.store, &error);

    g_autofree guint8 *data = g_malloc(SIZE);
    for (gsize i = 0; i < SIZE; i++)
        data[i] = (guint8)(i * 2246822519u >> 11);
    g_autoptr(GBytes) mail = fixture_mail_new("to many", data, SIZE);
    MailDelivery delivery = {.sender = "", .text = mail, .flags = MAIL_FLAG_SEEN};
    ck_assert(mail_deliver(fixture.session, &delivery, folders, RECIPIENTS, uids, errors, &error));
    for (guint i = 0; i < RECIPIENTS; i++) {
        ck_assert_ptr_null(errors[i]);
        ck_assert_uint_eq(uids[i], 1);
    }
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), 1);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, MESSAGES_BY_ID), 1);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, ENTRIES_BY_UID), RECIPIENTS);
    g_autoptr(GBytes) read = fixture_read(fixture.session, folders[999], 1);
    ck_assert(g_bytes_equal(mail, read));

    fixture.session = mail_session_free(fixture.session);
    fixture.store = mail_store_close(fixture.store);
    gsize grown = database_bytes(fixture.path) - before;
    g_print("1 MB to 1000 recipients: %zu bytes more\n", grown);
    ck_assert_uint_le(grown, SIZE + RECIPIENTS * 2048);
    fixture.store = mail_store_open(fixture.path, &error);
    fixture.session = mail_session_new(fixture.store, &error);
}
END_TEST

START_TEST(bad_folder_fails_alone)
{
    guint64 folders[] = {fixture.inbox, 999999, fixture.inbox};
    guint32 uids[3];
    GError *errors[3];
    GError *error = NULL;
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    MailDelivery delivery = {.sender = "", .text = mail};

    ck_assert(mail_deliver(fixture.session, &delivery, folders, 3, uids, errors, &error));
    ck_assert_ptr_null(errors[0]);
    ck_assert(g_error_matches(errors[1], MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND));
    ck_assert_ptr_null(errors[2]);
    ck_assert_uint_eq(uids[0], 1);
    ck_assert_uint_eq(uids[1], 0);
    ck_assert_uint_eq(uids[2], 2);
    g_error_free(errors[1]);
}
END_TEST

START_TEST(flags_keywords_and_date_are_kept)
{
    static const char *const keywords[] = {"$Forwarded", "work", NULL};
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    MailDelivery delivery = {.sender = "",
                             .text = mail,
                             .flags = MAIL_FLAG_DRAFT | MAIL_FLAG_SEEN,
                             .keywords = keywords,
                             .internal_date = -5};
    GError *errors[1], *error = NULL;
    guint32 uid;

    ck_assert(mail_deliver(fixture.session, &delivery, &fixture.inbox, 1, &uid, errors, &error));
    fixture_reopen(&fixture);
    g_autoptr(MailEntry) entry = fixture_entry(fixture.session, fixture.inbox, uid);
    ck_assert_uint_eq(entry->flags, MAIL_FLAG_DRAFT | MAIL_FLAG_SEEN);
    ck_assert_int_eq(entry->internal_date, -5);
    ck_assert(g_strv_equal((const char *const *)entry->keywords, keywords));

    static const char *const bad[] = {"a\nb", NULL};
    delivery.keywords = bad;
    ck_assert(!mail_deliver(fixture.session, &delivery, &fixture.inbox, 1, &uid, errors, &error));
    ck_assert(g_error_matches(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_INVALID));
    g_error_free(error);
}
END_TEST

START_TEST(uids_grow_and_are_not_used_again)
{
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    GError *error = NULL;
    ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), 1);
    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
    ck_assert_uint_eq(uid, 2);
    ck_assert(mail_expunge(fixture.session, fixture.inbox, &uid, 1, FALSE, &error));
    fixture_reopen(&fixture);
    ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), 3);
}
END_TEST

/* The header of the message delivered, checked against what it should be. */
static void assert_header(GBytes *mail, gsize most, const char *expected, gsize size)
{
    GError *error = NULL;
    GBytes *header = NULL;
    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
    g_autoptr(MailEntry) entry = fixture_entry(fixture.session, fixture.inbox, uid);
    guint64 whole;
    ck_assert(
        mail_message_read_header(fixture.session, entry->message, most, &header, &whole, &error));
    ck_assert_uint_eq(whole, g_bytes_get_size(mail));
    if (expected == NULL) {
        ck_assert_ptr_null(header);
        return;
    }
    ck_assert_mem_eq(g_bytes_get_data(header, NULL), expected, size);
    ck_assert_uint_eq(g_bytes_get_size(header), size);
    g_bytes_unref(header);
}

START_TEST(headers_are_read_alone)
{
    static const struct {
        const char *mail;
        gsize size; /* of the header */
    } cases[] = {{"A: b\r\n\r\nbody\r\n\r\n", 8},
                 {"A: b\n\nbody\n\n", 6},
                 {"A: b\r\n c\r\n", 10},
                 {"\r\nbody", 2},
                 {"A: b", 4}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GBytes) mail = fixture_mail_text(cases[i].mail);
        assert_header(mail, 100, cases[i].mail, cases[i].size);
    }

    g_autoptr(GBytes) attached = fixture_mail_new("x", "data", 4);
    const char *text = g_bytes_get_data(attached, NULL);
    assert_header(attached, 1000, text, (gsize)(strstr(text, "\r\n\r\n") - text) + 4);

    g_autofree char *value = g_strnfill(50000, 'v');
    g_autofree char *header = g_strdup_printf("A: %s\r\n\r\n", value);
    g_autofree char *text_long = g_strconcat(header, "body\r\n", NULL);
    g_autoptr(GBytes) mail_long = fixture_mail_text(text_long);
    assert_header(mail_long, 60000, header, strlen(header));
    assert_header(mail_long, strlen(header), header, strlen(header));
    assert_header(mail_long, strlen(header) - 1, NULL, 0);
}
END_TEST

static gboolean reserve(guint64 size, gpointer data)
{
    guint64 *room = data;
    gboolean fits = size <= *room;
    *room = size;
    return fits;
}

START_TEST(room_is_asked_for_before_a_message_is_read)
{
    GError *error = NULL;
    GBytes *text = NULL;
    g_autoptr(GBytes) mail = fixture_mail_new("x", "data", 4);
    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
    g_autoptr(MailEntry) entry = fixture_entry(fixture.session, fixture.inbox, uid);
    guint64 room = g_bytes_get_size(mail) - 1;

    ck_assert(mail_message_read(fixture.session, entry->message, reserve, &room, &text, &error));
    ck_assert_ptr_null(text);
    ck_assert_uint_eq(room, g_bytes_get_size(mail));
    ck_assert(mail_message_read(fixture.session, entry->message, reserve, &room, &text, &error));
    ck_assert(g_bytes_equal(text, mail));
    g_bytes_unref(text);
}
END_TEST

START_TEST(missing_message_is_not_found)
{
    GError *error = NULL;
    GBytes *header, *text;
    guint64 size;
    ck_assert(!mail_message_read(fixture.session, 12345, NULL, NULL, &text, &error));
    ck_assert(g_error_matches(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND));
    ck_assert_str_eq(error->message,
                     "cannot read message 12345: JetSeek on table messages: -1601 (not there)");
    g_clear_error(&error);
    ck_assert(!mail_message_size(fixture.session, 12345, &size, &error));
    g_clear_error(&error);
    ck_assert(!mail_message_read_header(fixture.session, 12345, 100, &header, NULL, &error));
    ck_assert(g_error_matches(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND));
    g_clear_error(&error);
}
END_TEST

static void keep(guint64 message, const char *text)
{
    GError *error = NULL;
    g_autoptr(GBytes) data = g_bytes_new(text, strlen(text));
    MailSummary summary = {.message = message};
    ck_assert(mail_summaries_read(fixture.session, &summary, 1, &error));
    g_clear_pointer(&summary.data, g_bytes_unref);
    summary.data = data;
    ck_assert(mail_summaries_keep(fixture.session, &summary, 1, &error));
}

/* NULL for `text`: nothing is kept of it. */
static void assert_kept(guint64 message, const char *text)
{
    GError *error = NULL;
    MailSummary summary = {.message = message};
    ck_assert(mail_summaries_read(fixture.session, &summary, 1, &error));
    ck_assert_int_eq(summary.data != NULL, text != NULL);
    if (summary.data == NULL)
        return;
    ck_assert_uint_eq(g_bytes_get_size(summary.data), strlen(text));
    ck_assert_mem_eq(g_bytes_get_data(summary.data, NULL), text, strlen(text));
    g_bytes_unref(summary.data);
}

START_TEST(summaries_come_and_go_with_their_message)
{
    GError *error = NULL;
    guint count;
    g_autofree char *longest = g_strnfill(MAIL_SUMMARY_MAX, 's');
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: a\r\n\r\n");
    guint32 uids[] = {fixture_deliver(fixture.session, fixture.inbox, mail),
                      fixture_deliver(fixture.session, fixture.inbox, mail)};
    g_autoptr(MailEntry) first = fixture_entry(fixture.session, fixture.inbox, uids[0]);
    g_autoptr(MailEntry) second = fixture_entry(fixture.session, fixture.inbox, uids[1]);

    assert_kept(first->message, NULL);
    keep(first->message, "one");
    keep(second->message, "two");
    keep(second->message, longest);
    keep(12345, "of no message");
    fixture_reopen(&fixture);
    assert_kept(first->message, "one");
    assert_kept(second->message, longest);
    assert_kept(12345, NULL);

    ck_assert(mail_expunge(fixture.session, fixture.inbox, uids, 1, FALSE, &error));
    ck_assert(mail_collect(fixture.session, 0, &count, &error));
    ck_assert_uint_eq(count, 1);
    assert_kept(first->message, NULL);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, SUMMARIES_BY_MESSAGE), 1);
}
END_TEST

/* As another program may do it: the column gets these bytes. */
static void change(Index index, guint64 key, Column column, const char *bytes)
{
    JET_SESID session = fixture.session->sesid;
    JET_TABLEID cursor = fixture.session->cursors[index];

    ck_assert_int_eq(JetBeginTransaction(session), 0);
    ck_assert_int_eq(JetMakeKey(session, cursor, &key, sizeof key, JET_bitNewKey), 0);
    ck_assert_int_eq(JetSeek(session, cursor, JET_bitSeekGE) < 0, 0);
    ck_assert_int_eq(JetPrepareUpdate(session, cursor, JET_prepReplace), 0);
    ck_assert_int_eq(JetSetColumn(session, cursor, fixture.session->store->columns[column], bytes,
                                  (uint32_t)strlen(bytes), 0, NULL),
                     0);
    ck_assert_int_eq(JetUpdate(session, cursor, NULL, 0, NULL), 0);
    ck_assert_int_eq(JetCommitTransaction(session, 0), 0);
}

START_TEST(a_summary_is_of_the_message_as_it_is)
{
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: one\r\n\r\n");
    g_autoptr(GBytes) attached = fixture_mail_new("two", "data", 4);
    guint32 uids[] = {fixture_deliver(fixture.session, fixture.inbox, mail),
                      fixture_deliver(fixture.session, fixture.inbox, attached)};
    g_autoptr(MailEntry) plain = fixture_entry(fixture.session, fixture.inbox, uids[0]);
    g_autoptr(MailEntry) parted = fixture_entry(fixture.session, fixture.inbox, uids[1]);

    keep(plain->message, "one");
    keep(parted->message, "two");
    change(MESSAGES_BY_ID, plain->message, MESSAGE_TEXT, "Subject: two\r\n\r\n");
    assert_kept(plain->message, NULL);
    keep(plain->message, "three");
    assert_kept(plain->message, "three");
    assert_kept(parted->message, "two");
    change(ATTACHMENTS_BY_MESSAGE, parted->message, ATTACHMENT_NAME, "other");
    assert_kept(parted->message, NULL);
    assert_kept(plain->message, "three");
}
END_TEST

/* As a store is that was made before there were any. */
START_TEST(a_store_without_summaries_gets_them)
{
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: a\r\n\r\n");
    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
    g_autoptr(MailEntry) entry = fixture_entry(fixture.session, fixture.inbox, uid);
    MailSession *session = fixture.session;

    ck_assert_int_eq(JetCloseTable(session->sesid, session->cursors[SUMMARIES_BY_MESSAGE]), 0);
    ck_assert_int_eq(JetDeleteTable(session->sesid, session->database, "summaries"), 0);
    fixture_reopen(&fixture);
    assert_kept(entry->message, NULL);
    keep(entry->message, "found out");
    assert_kept(entry->message, "found out");
}
END_TEST

/* As a store is that was made before its rows had a version. */
START_TEST(a_store_without_versions_gets_them)
{
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: a\r\n\r\n");
    guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
    g_autoptr(MailEntry) entry = fixture_entry(fixture.session, fixture.inbox, uid);
    MailSession *session = fixture.session;
    static const struct {
        Index index;
        const char *column;
    } missing[] = {{MESSAGES_BY_ID, "version"},
                   {ATTACHMENTS_BY_MESSAGE, "version"},
                   {SUMMARIES_BY_MESSAGE, "state"}};

    keep(entry->message, "of no known state");
    for (gsize i = 0; i < G_N_ELEMENTS(missing); i++)
        ck_assert_int_eq(
            JetDeleteColumn(session->sesid, session->cursors[missing[i].index], missing[i].column),
            0);
    fixture_reopen(&fixture);
    assert_kept(entry->message, NULL);
    keep(entry->message, "found out");
    assert_kept(entry->message, "found out");
    change(MESSAGES_BY_ID, entry->message, MESSAGE_SUBJECT, "other");
    assert_kept(entry->message, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deliver");
    TCase *tcase = tcase_create("core");
    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, messages_come_back_byte_for_byte);
    tcase_add_test(tcase, empty_and_tiny_messages_come_back);
    tcase_add_test(tcase, large_message_comes_back_after_reopen);
    tcase_add_test(tcase, same_content_is_stored_once);
    tcase_add_test(tcase, thousand_recipients_share_one_copy);
    tcase_add_test(tcase, bad_folder_fails_alone);
    tcase_add_test(tcase, flags_keywords_and_date_are_kept);
    tcase_add_test(tcase, uids_grow_and_are_not_used_again);
    tcase_add_test(tcase, headers_are_read_alone);
    tcase_add_test(tcase, room_is_asked_for_before_a_message_is_read);
    tcase_add_test(tcase, missing_message_is_not_found);
    tcase_add_test(tcase, summaries_come_and_go_with_their_message);
    tcase_add_test(tcase, a_summary_is_of_the_message_as_it_is);
    tcase_add_test(tcase, a_store_without_summaries_gets_them);
    tcase_add_test(tcase, a_store_without_versions_gets_them);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
