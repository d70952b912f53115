/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-interposed.c - a store whose writes are changed, refused or undone on their way.
 *
 * This program has functions of the store API of its own, which the dynamic linker prefers to those
 * of the library; they call the originals.
 */
#include <check.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/message/content.h"
#include "mailstore/message/row.h"
#include "tests/unit/message/store-fixture.h"
#include "tests/run-suite.h"

static Fixture fixture;

static struct {
    const char *table; /* whose writes fail */
    JET_ERR err;
    int times;             /* how often, -1 for always */
    const char *replace;   /* what contents are replaced by */
    gboolean drop;         /* the next transaction's message is deleted before it is committed */
    gboolean swallow;      /* entries are not written, and nobody is told */
    gboolean fail_reads;   /* no transaction for reading begins */
    gboolean fail_commits; /* every fifth durable one, and savepoints alike */
    MailSession *mover;    /* moves a message within the inbox before the next snapshot is taken */
    guint32 moved;         /* its UID */
    atomic_uint commits;
    guint64 message;
} hook;

static void table_name(JET_SESID sesid, JET_TABLEID cursor, char name[JET_cbNameMost + 1])
{
    JET_ERR err = JetGetTableInfo(sesid, cursor, name, JET_cbNameMost + 1, JET_TblInfoName);
    g_assert_cmpint(err, >=, 0);
}

static void set_column(JET_SESID sesid, JET_TABLEID cursor, Column column, const void *data,
                       gsize size)
{
    JET_ERR err =
        JetSetColumn(sesid, cursor, fixture.store->columns[column], data, (uint32_t)size, 0, NULL);
    g_assert_cmpint(err, ==, JET_errSuccess);
}

#define NOTICE_HEADER "Content-Transfer-Encoding: base64\r\n\r\n"

static void replace_columns(JET_SESID sesid, JET_TABLEID cursor, const char *table)
{
    g_autoptr(GBytes) data = g_bytes_new(hook.replace, strlen(hook.replace));
    Digest digest = content_digest(data);
    if (g_str_equal(table, "contents")) {
        set_column(sesid, cursor, CONTENT_DATA, hook.replace, strlen(hook.replace));
        set_column(sesid, cursor, CONTENT_DIGEST, digest.bytes, sizeof digest.bytes);
    } else if (g_str_equal(table, "attachments")) {
        set_column(sesid, cursor, ATTACHMENT_DIGEST, digest.bytes, sizeof digest.bytes);
        set_column(sesid, cursor, ATTACHMENT_HEADER, NOTICE_HEADER, strlen(NOTICE_HEADER));
    }
}

JET_ERR JetUpdate(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark, uint32_t cbBookmark,
                  uint32_t *pcbActual)
{
    JET_ERR(*original)
    (JET_SESID, JET_TABLEID, void *, uint32_t, uint32_t *) = dlsym(RTLD_NEXT, "JetUpdate");
    char table[JET_cbNameMost + 1];

    if (fixture.store != NULL) {
        table_name(sesid, tableid, table);
        if (hook.table != NULL && hook.times != 0 && g_str_equal(table, hook.table)) {
            hook.times--;
            return hook.err;
        }
        if (hook.swallow && g_str_equal(table, "entries"))
            return JetPrepareUpdate(sesid, tableid, JET_prepCancel);
        if (hook.replace != NULL)
            replace_columns(sesid, tableid, table);
        if (hook.drop && g_str_equal(table, "messages"))
            JetRetrieveColumn(sesid, tableid, fixture.store->columns[MESSAGE_ID], &hook.message,
                              sizeof hook.message, NULL, JET_bitRetrieveCopy, NULL);
    }
    return original(sesid, tableid, pvBookmark, cbBookmark, pcbActual);
}

static void drop_message(MailSession *session)
{
    RowValue key = ROW_NUMBER(hook.message);
    g_assert_cmpint(row_seek(session, MESSAGES_BY_ID, &key, 1), ==, JET_errSuccess);
    g_assert_cmpint(row_delete(session, MESSAGES_BY_ID), ==, JET_errSuccess);
    while (row_first(session, ATTACHMENTS_BY_MESSAGE, &key, 1, NULL) >= 0)
        g_assert_cmpint(row_delete(session, ATTACHMENTS_BY_MESSAGE), ==, JET_errSuccess);
    hook.message = 0;
}

JET_ERR JetBeginTransaction2(JET_SESID sesid, JET_GRBIT grbit)
{
    JET_ERR (*original)(JET_SESID, JET_GRBIT) = dlsym(RTLD_NEXT, "JetBeginTransaction2");
    MailSession *mover = hook.mover;

    if (hook.fail_reads && grbit == JET_bitTransactionReadOnly)
        return JET_errOutOfMemory;
    if (mover != NULL) {
        guint32 uid = hook.moved, to;
        hook.mover = NULL; /* written with one thread only */
        g_assert_true(mail_move(mover, fixture.inbox, &uid, 1, fixture.inbox, &to, NULL));
        g_assert_cmpuint(to, >, uid);
    }
    return original(sesid, grbit);
}

JET_ERR JetCommitTransaction(JET_SESID sesid, JET_GRBIT grbit)
{
    JET_ERR (*original)(JET_SESID, JET_GRBIT) = dlsym(RTLD_NEXT, "JetCommitTransaction");

    if (hook.message != 0)
        drop_message(fixture.session);
    if (hook.fail_commits && grbit == 0 && atomic_fetch_add(&hook.commits, 1) % 5 == 0)
        return JET_errWriteConflict;
    return original(sesid, grbit);
}

static void setup(void)
{
    fixture_init(&fixture);
    memset(&hook, 0, sizeof hook);
}

static void teardown(void)
{
    memset(&hook, 0, sizeof hook);
    fixture_clear(&fixture);
}

static void assert_delivery_fails(const char *table, JET_ERR jet_err, MailStoreError code,
                                  const char *message)
{
    g_autoptr(GBytes) mail = fixture_mail_new("x", "data", 4);
    MailDelivery delivery = {.sender = "", .text = mail};
    GError *folder_error = NULL, *error = NULL;
    guint32 uid = 7;

    hook.table = table;
    hook.err = jet_err;
    hook.times = -1;
    gboolean stored =
        mail_deliver(fixture.session, &delivery, &fixture.inbox, 1, &uid, &folder_error, &error);
    hook.table = NULL;
    g_autoptr(GError) got = stored ? folder_error : error;
    ck_assert_msg(g_error_matches(got, MAIL_STORE_ERROR, (gint)code), "%s",
                  got != NULL ? got->message : "no error");
    ck_assert_str_eq(got->message, message);
    ck_assert_uint_eq(fixture_count_entries(fixture.session, fixture.inbox), 0);
}

START_TEST(refused_writes_are_final)
{
    assert_delivery_fails("contents", JET_errPermissionDenied, MAIL_STORE_ERROR_REFUSED,
                          "cannot store message: JetUpdate on table contents: -1809 (refused)");
    assert_delivery_fails("messages", JET_errInstanceUnavailable, MAIL_STORE_ERROR_UNAVAILABLE,
                          "cannot store message: JetUpdate on table messages: -1090 (not "
                          "available, try later)");
    assert_delivery_fails("attachments", JET_errDiskFull, MAIL_STORE_ERROR_FULL,
                          "cannot store message: JetUpdate on table attachments: -1808 (disk "
                          "full)");
    assert_delivery_fails("entries", JET_errPermissionDenied, MAIL_STORE_ERROR_REFUSED,
                          "cannot put the message into folder: JetUpdate on table entries: -1809 "
                          "(refused)");
    assert_delivery_fails("folders", JET_errDiskIO, MAIL_STORE_ERROR_FAILED,
                          "cannot put the message into folder: JetUpdate on table folders: -1022 "
                          "(input or output error)");
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), 1);

    /* What was stored for the last two, but never linked, is collected. */
    GError *error = NULL;
    guint count;
    ck_assert(mail_collect(fixture.session, 0, &count, &error));
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), 0);
    g_autoptr(GBytes) mail = fixture_mail_new("x", "data", 4);
    ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), 1);
}
END_TEST

START_TEST(conflicts_are_tried_again)
{
    static const char *const tables[] = {"contents", "messages", "attachments", "entries",
                                         "folders"};
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autoptr(GBytes) mail = fixture_mail_new("x", tables[i], strlen(tables[i]));
        hook.table = tables[i];
        hook.err = i % 2 == 0 ? JET_errWriteConflict : JET_errKeyDuplicate;
        hook.times = 3;
        ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), i + 1);
        ck_assert_int_eq(hook.times, 0);
    }
    hook.table = NULL;
    ck_assert_uint_eq(fixture_count_rows(fixture.session, MESSAGES_BY_ID), G_N_ELEMENTS(tables));
}
END_TEST

START_TEST(refused_folder_fails_alone)
{
    guint64 folders[] = {fixture.inbox, fixture.inbox};
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    MailDelivery delivery = {.sender = "", .text = mail};
    GError *errors[2], *error = NULL;
    guint32 uids[2];

    hook.table = "entries";
    hook.err = JET_errPermissionDenied;
    hook.times = 1;
    ck_assert(mail_deliver(fixture.session, &delivery, folders, 2, uids, errors, &error));
    ck_assert(g_error_matches(errors[0], MAIL_STORE_ERROR, MAIL_STORE_ERROR_REFUSED));
    ck_assert_ptr_null(errors[1]);
    ck_assert_uint_eq(uids[0], 0);
    ck_assert_uint_eq(uids[1], 1);
    g_error_free(errors[0]);
}
END_TEST

START_TEST(replaced_contents_are_read_as_they_are)
{
    static const char *const originals[] = {"first", "second, longer", "third"};
    hook.replace = "notice";
    for (guint i = 0; i < G_N_ELEMENTS(originals); i++) {
        g_autoptr(GBytes) mail = fixture_mail_new("x", originals[i], strlen(originals[i]));
        guint32 uid = fixture_deliver(fixture.session, fixture.inbox, mail);
        g_autoptr(GBytes) read = fixture_read(fixture.session, fixture.inbox, uid);
        g_autofree char *text = g_strndup(g_bytes_get_data(read, NULL), g_bytes_get_size(read));
        ck_assert_str_eq(text, "From: b@example.org\r\nSubject: x\r\n"
                               "Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n"
                               "--=_b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
                               "--=_b\r\n" NOTICE_HEADER "bm90aWNl\r\n\r\n--=_b--\r\n");
    }
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), 1);
}
END_TEST

static void *deliver_ten(void *data)
{
    GError *error = NULL;
    MailSession *session = mail_session_new(fixture.store, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 10; i++) {
        g_autofree char *content = g_strdup_printf("%u of %u", i, (guint)(guintptr)data);
        g_autoptr(GBytes) mail = fixture_mail_new("x", content, strlen(content));
        g_assert_cmpuint(fixture_deliver(session, fixture.inbox, mail), !=, 0);
    }
    mail_session_free(session);
    return NULL;
}

/* Different contents turn into the same one, in threads that hold different locks. */
START_TEST(contents_replaced_by_the_same_do_not_conflict)
{
    pthread_t threads[6];
    hook.replace = "notice";
    for (guintptr i = 0; i < G_N_ELEMENTS(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, deliver_ten, (void *)i), 0);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), 1);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, ATTACHMENTS_BY_ID), 60);
}
END_TEST

/* Who shares a transaction with others must not get their errors. */
START_TEST(failed_batches_are_done_one_by_one)
{
    pthread_t threads[8];
    hook.fail_commits = TRUE;
    for (guintptr i = 0; i < G_N_ELEMENTS(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, deliver_ten, (void *)i), 0);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        pthread_join(threads[i], NULL);
    hook.fail_commits = FALSE;
    GError *error = NULL;
    g_autoptr(GArray) entries = mail_folder_entries(fixture.session, fixture.inbox, 1, &error);
    ck_assert_uint_eq(entries->len, 80);
    for (guint i = 0; i < entries->len; i++)
        ck_assert_uint_eq(g_array_index(entries, MailEntry, i).uid, i + 1);
}
END_TEST

static void count_change(guint64 folder, gboolean only_added, gpointer user_data)
{
    (void)only_added;
    *(guint *)user_data += folder != 0;
}

START_TEST(dropped_message_was_never_there)
{
    guint changes = 0;
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: dropped\r\n\r\n");
    guint watch = mail_store_watch(fixture.store, fixture.inbox, count_change, &changes);
    fixture_check_view(fixture.session, fixture.inbox);

    hook.drop = TRUE;
    ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), 0);
    hook.drop = FALSE;
    fixture_check_view(fixture.session, fixture.inbox);
    ck_assert_uint_eq(changes, 0);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, MESSAGES_BY_ID), 0);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, ENTRIES_BY_UID), 0);
    /* Its UID may be lost with it (RFC 9051 §2.3.1.1). */
    ck_assert_uint_gt(fixture_deliver(fixture.session, fixture.inbox, mail), 0);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, ENTRIES_BY_UID), 1);
    fixture_check_view(fixture.session, fixture.inbox);
    mail_store_unwatch(fixture.store, watch);
}
END_TEST

/* The message is there, its entries are not. */
START_TEST(swallowed_entry_was_never_there)
{
    GError *error = NULL;
    guint changes = 0;
    guint32 uids[] = {1}, to[1];
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), 1);
    guint watch = mail_store_watch(fixture.store, fixture.inbox, count_change, &changes);

    hook.swallow = TRUE;
    ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), 0);
    ck_assert(mail_copy(fixture.session, fixture.inbox, uids, 1, fixture.inbox, to, &error));
    ck_assert_uint_eq(to[0], 0);
    ck_assert_uint_eq(changes, 0);
    fixture_check_view(fixture.session, fixture.inbox);
    /* A change and a move of which half is done. */
    g_autoptr(MailEntry) unchanged = fixture_change_flags(fixture.session, fixture.inbox, 1,
                                                          MAIL_FLAGS_ADD, MAIL_FLAG_SEEN, NULL);
    fixture_check_view(fixture.session, fixture.inbox);
    ck_assert(mail_move(fixture.session, fixture.inbox, uids, 1, fixture.inbox, to, &error));
    fixture_check_view(fixture.session, fixture.inbox);
    hook.swallow = FALSE;
    ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), 5);
    fixture_check_view(fixture.session, fixture.inbox);
    mail_store_unwatch(fixture.store, watch);
}
END_TEST

/* It is done nevertheless, and who looks on hears of it. */
START_TEST(what_cannot_be_verified_is_told)
{
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    MailDelivery delivery = {.sender = "", .text = mail};
    GError *folder_error = NULL, *error = NULL;
    guint changes = 0;
    guint32 uids[] = {1}, to[1];
    ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), 1);
    guint watch = mail_store_watch(fixture.store, fixture.inbox, count_change, &changes);

    hook.fail_reads = TRUE;
    ck_assert(!mail_copy(fixture.session, fixture.inbox, uids, 1, fixture.inbox, to, &error));
    g_clear_error(&error);
    ck_assert_uint_eq(changes, 1);
    ck_assert(
        mail_deliver(fixture.session, &delivery, &fixture.inbox, 1, to, &folder_error, &error));
    ck_assert_ptr_nonnull(folder_error);
    g_clear_error(&folder_error);
    ck_assert_uint_eq(changes, 2);
    hook.fail_reads = FALSE;
    ck_assert_uint_eq(fixture_count_entries(fixture.session, fixture.inbox), 3);
    mail_store_unwatch(fixture.store, watch);
}
END_TEST

/* What was kept is of before the move, what is added to it would be of after. */
START_TEST(a_view_is_of_one_moment)
{
    GError *error = NULL;
    MailCounts counts;
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    MailSession *mover = mail_session_new(fixture.store, &error);
    ck_assert_uint_eq(fixture_deliver(fixture.session, fixture.inbox, mail), 1);
    fixture_check_view(fixture.session, fixture.inbox);

    hook.moved = 1;
    hook.mover = mover;
    ck_assert(mail_folder_count(fixture.session, fixture.inbox, &counts, &error));
    ck_assert_ptr_null(hook.mover);
    ck_assert_uint_eq(counts.messages, 1);
    fixture_check_view(fixture.session, fixture.inbox);
    hook.moved = 2;
    hook.mover = mover;
    g_autoptr(GArray) entries = mail_folder_entries(fixture.session, fixture.inbox, 1, &error);
    ck_assert_ptr_null(hook.mover);
    ck_assert_uint_eq(entries->len, 1);
    fixture_check_view(fixture.session, fixture.inbox);
    mail_session_free(mover);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interposed");
    TCase *tcase = tcase_create("core");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, refused_writes_are_final);
    tcase_add_test(tcase, conflicts_are_tried_again);
    tcase_add_test(tcase, refused_folder_fails_alone);
    tcase_add_test(tcase, replaced_contents_are_read_as_they_are);
    tcase_add_test(tcase, contents_replaced_by_the_same_do_not_conflict);
    tcase_add_test(tcase, failed_batches_are_done_one_by_one);
    tcase_add_test(tcase, dropped_message_was_never_there);
    tcase_add_test(tcase, swallowed_entry_was_never_there);
    tcase_add_test(tcase, what_cannot_be_verified_is_told);
    tcase_add_test(tcase, a_view_is_of_one_moment);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
