/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-threads.c - many sessions at once: no conflict reaches a caller, nothing is lost or torn.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/message/store-fixture.h"
#include "tests/run-suite.h"

enum {
    DELIVERERS = 16,
    DELIVERIES = 15,
    TWINS = 8,
    ROUNDS = 20
};

static Fixture fixture;

static void setup(void)
{
    fixture_init(&fixture);
}

static void teardown(void)
{
    fixture_clear(&fixture);
}

static MailSession *session_new(void)
{
    GError *error = NULL;
    MailSession *session = mail_session_new(fixture.store, &error);
    g_assert_no_error(error);
    return session;
}

static void run_threads(guint count, void *(*run)(void *))
{
    pthread_t threads[DELIVERERS];
    for (guintptr i = 0; i < count; i++)
        g_assert_cmpint(pthread_create(&threads[i], NULL, run, (void *)i), ==, 0);
    for (guint i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* Half of the contents are shared by all threads. */
static GBytes *numbered_mail(guint thread, guint number)
{
    g_autofree char *subject = g_strdup_printf("thread %u number %u", thread, number);
    g_autofree char *data =
        number % 2 == 0 ? g_strdup_printf("shared %u", number) : g_strdup(subject);
    return fixture_mail_new(subject, data, strlen(data));
}

static guint32 delivered_uids[DELIVERERS][DELIVERIES];

static void *deliver_many(void *data)
{
    guint thread = (guint)(guintptr)data;
    MailSession *session = session_new();
    for (guint i = 0; i < DELIVERIES; i++) {
        g_autoptr(GBytes) mail = numbered_mail(thread, i);
        delivered_uids[thread][i] = fixture_deliver(session, fixture.inbox, mail);
    }
    mail_session_free(session);
    return NULL;
}

static atomic_int reader_stops;

/* UIDs must become visible in their order: a reader never sees a gap that is filled later. */
static void *watch_order(void *data)
{
    MailSession *session = session_new();
    while (!atomic_load(&reader_stops)) {
        GError *error = NULL;
        g_autoptr(GArray) entries = mail_folder_entries(session, fixture.inbox, 1, &error);
        g_assert_no_error(error);
        for (guint i = 0; i < entries->len; i++)
            g_assert_cmpuint(g_array_index(entries, MailEntry, i).uid, ==, i + 1);
        g_usleep(1000);
    }
    mail_session_free(session);
    return data;
}

START_TEST(sixteen_threads_deliver_into_one_folder)
{
    pthread_t reader;
    ck_assert_int_eq(pthread_create(&reader, NULL, watch_order, NULL), 0);
    run_threads(DELIVERERS, deliver_many);
    atomic_store(&reader_stops, 1);
    pthread_join(reader, NULL);

    ck_assert_uint_eq(fixture_count_entries(fixture.session, fixture.inbox),
                      DELIVERERS * DELIVERIES);
    for (guint thread = 0; thread < DELIVERERS; thread++)
        for (guint i = 0; i < DELIVERIES; i++) {
            g_autoptr(GBytes) mail = numbered_mail(thread, i);
            g_autoptr(GBytes) read =
                fixture_read(fixture.session, fixture.inbox, delivered_uids[thread][i]);
            ck_assert(g_bytes_equal(mail, read));
        }
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST),
                      (DELIVERIES + 1) / 2 + DELIVERERS * (DELIVERIES / 2));
}
END_TEST

static pthread_barrier_t barrier;

static void *deliver_twins(void *data)
{
    MailSession *session = session_new();
    g_autofree char *user = g_strdup_printf("twin%u", (guint)(guintptr)data);
    guint64 inbox = fixture_inbox(session, user);
    for (guint i = 0; i < ROUNDS; i++) {
        g_autofree char *content = g_strdup_printf("content of round %u", i);
        g_autoptr(GBytes) mail = fixture_mail_new(user, content, strlen(content));
        pthread_barrier_wait(&barrier);
        guint32 uid = fixture_deliver(session, inbox, mail);
        g_autoptr(GBytes) read = fixture_read(session, inbox, uid);
        g_assert_true(g_bytes_equal(mail, read));
    }
    mail_session_free(session);
    return NULL;
}

START_TEST(same_attachment_at_once_is_stored_once)
{
    pthread_barrier_init(&barrier, NULL, TWINS);
    run_threads(TWINS, deliver_twins);
    pthread_barrier_destroy(&barrier);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), ROUNDS);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, ATTACHMENTS_BY_ID), ROUNDS * TWINS);
}
END_TEST

/* Links to contents that are collected all the time. */
static void *deliver_and_expunge(void *data)
{
    GError *error = NULL;
    MailSession *session = session_new();
    if (data == NULL) {
        for (guint i = 0; i < ROUNDS; i++) {
            guint count;
            mail_collect(session, 0, &count, &error);
            g_assert_no_error(error);
        }
    } else {
        for (guint i = 0; i < ROUNDS; i++) {
            g_autoptr(GBytes) mail = fixture_mail_new("x", i % 2 == 0 ? "odd" : "even", 3);
            guint32 uid = fixture_deliver(session, fixture.inbox, mail);
            g_assert_cmpuint(uid, !=, 0);
            g_autoptr(GBytes) read = fixture_read(session, fixture.inbox, uid);
            g_assert_true(g_bytes_equal(mail, read));
            g_assert_true(mail_expunge(session, fixture.inbox, &uid, 1, FALSE, &error));
        }
    }
    mail_session_free(session);
    return NULL;
}

START_TEST(collection_takes_nothing_that_is_linked)
{
    guint count;
    GError *error = NULL;
    run_threads(5, deliver_and_expunge);
    ck_assert(mail_collect(fixture.session, 0, &count, &error));
    ck_assert_uint_eq(fixture_count_rows(fixture.session, MESSAGES_BY_ID), 0);
    ck_assert_uint_eq(fixture_count_rows(fixture.session, CONTENTS_BY_DIGEST), 0);
}
END_TEST

static guint64 other_folder;

/* Everybody changes the same entries. */
static void *change_everything(void *data)
{
    guint thread = (guint)(guintptr)data;
    MailSession *session = session_new();
    for (guint i = 0; i < ROUNDS; i++) {
        GError *error = NULL;
        guint32 uid = i % 5 + 1, to;
        g_autofree char *name = g_strdup_printf("made/%u-%u", thread, i);
        g_autoptr(MailFolder) folder =
            mail_folder_create(session, fixture.mailbox, name, FOLDER_KIND_PLAIN, &error);
        g_assert_no_error(error);
        g_assert_true(mail_copy(session, fixture.inbox, &uid, 1, other_folder, &to, &error));
        g_autoptr(MailEntry) changed = fixture_change_flags(
            session, fixture.inbox, uid, MAIL_FLAGS_ADD, 1u << (thread % 5), NULL);
        g_assert_nonnull(changed);
        guint32 first = thread * ROUNDS + i + 1;
        g_assert_true(mail_move(session, other_folder, &first, 1, folder->id, &to, &error));
        g_assert_true(mail_folder_delete(session, folder->id, &error));
    }
    mail_session_free(session);
    return NULL;
}

START_TEST(changes_of_the_same_entries_all_succeed)
{
    GError *error = NULL;
    g_autoptr(GBytes) mail = fixture_mail_new("x", "data", 4);
    for (int i = 0; i < 5; i++)
        fixture_deliver(fixture.session, fixture.inbox, mail);
    g_autoptr(MailFolder) other =
        mail_folder_create(fixture.session, fixture.mailbox, "other", FOLDER_KIND_PLAIN, &error);
    other_folder = other->id;
    run_threads(5, change_everything);
    for (guint32 uid = 1; uid <= 5; uid++) {
        g_autoptr(MailEntry) entry = fixture_entry(fixture.session, fixture.inbox, uid);
        ck_assert_uint_eq(entry->flags, 31);
    }
    g_autoptr(MailFolder) after =
        mail_folder_find(fixture.session, fixture.mailbox, "other", &error);
    ck_assert_uint_eq(after->uid_next, 5 * ROUNDS + 1);
}
END_TEST

enum {
    CHANGERS = 4,
    RING_MESSAGES = 12,
    RING_UNSEEN = 5
};

static guint64 ring; /* whose messages are moved within it: their number is always the same */
static guint64 mixed[2];
static guint64 hot; /* has one message, whose flags all change at once */
static atomic_uint ring_looks;

static void *look_at_ring(void *data)
{
    MailSession *session = session_new();
    while (!atomic_load(&reader_stops)) {
        GError *error = NULL;
        MailCounts counts;
        g_assert_true(mail_folder_count(session, ring, &counts, &error));
        g_assert_cmpuint(counts.messages, ==, RING_MESSAGES);
        g_assert_cmpuint(counts.unseen, ==, RING_UNSEEN);
        g_autoptr(GArray) entries = mail_folder_entries(session, ring, 1, &error);
        g_assert_cmpuint(entries->len, ==, RING_MESSAGES);
        for (guint i = 0; i < entries->len; i++)
            counts.unseen -= (g_array_index(entries, MailEntry, i).flags & MAIL_FLAG_SEEN) == 0;
        g_assert_cmpuint(counts.unseen, ==, 0);
        atomic_fetch_add(&ring_looks, 1);
    }
    mail_session_free(session);
    return data;
}

/* 0 when it is empty. */
static guint32 random_uid(MailSession *session, GRand *chance, guint64 folder)
{
    GError *error = NULL;
    g_autoptr(GArray) entries = mail_folder_entries(session, folder, 1, &error);
    g_assert_no_error(error);
    if (entries->len == 0)
        return 0;
    guint at = (guint)g_rand_int_range(chance, 0, (gint32)entries->len);
    return g_array_index(entries, MailEntry, at).uid;
}

static void change_something(MailSession *session, GRand *chance)
{
    GError *error = NULL;
    MailCounts counts;
    guint which = g_rand_boolean(chance) ? 1 : 0;
    guint64 folder = mixed[which], other = mixed[1 - which];
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    g_autoptr(MailEntry) entry = NULL;
    static const char *const keywords[] = {"one", "two", NULL};
    guint32 to, uid = random_uid(session, chance, folder);

    switch (g_rand_int_range(chance, 0, 8)) {
    case 0:
        fixture_deliver(session, folder, mail);
        break;
    case 1:
        entry = fixture_change_flags(session, folder, uid, MAIL_FLAGS_ADD, MAIL_FLAG_SEEN, NULL);
        break;
    case 2:
        entry = fixture_change_flags(session, folder, uid, MAIL_FLAGS_SET, 0, keywords);
        break;
    case 3:
        g_assert_true(mail_copy(session, folder, &uid, 1, other, &to, &error));
        break;
    case 4:
        g_assert_true(mail_move(session, folder, &uid, 1, other, &to, &error));
        break;
    case 5:
        g_assert_true(mail_expunge(session, folder, &uid, 1, FALSE, &error));
        break;
    case 6:
        uid = random_uid(session, chance, ring);
        g_assert_true(mail_move(session, ring, &uid, 1, ring, &to, &error));
        break;
    default:
        g_assert_true(mail_folder_count(session, folder, &counts, &error));
        break;
    }
}

static void *change_and_look(void *data)
{
    MailSession *session = session_new();
    GRand *chance = g_rand_new_with_seed((guint32)(guintptr)data);
    for (guint i = 0; i < ROUNDS; i++) {
        for (guint k = 0; k < 25; k++)
            change_something(session, chance);
        pthread_barrier_wait(&barrier);
        for (guint k = 0; k < G_N_ELEMENTS(mixed); k++)
            fixture_check_view(session, mixed[k]);
        pthread_barrier_wait(&barrier);
        fixture_entry_free(fixture_change_flags(session, hot, 1, MAIL_FLAGS_SET,
                                                (guint32)g_rand_int_range(chance, 0, 32), NULL));
        pthread_barrier_wait(&barrier);
        fixture_check_view(session, hot);
        pthread_barrier_wait(&barrier);
    }
    g_rand_free(chance);
    mail_session_free(session);
    return NULL;
}

START_TEST(views_are_right_whatever_others_do)
{
    static const char *const names[] = {"ring", "one", "two", "hot"};
    guint64 *const ids[] = {&ring, &mixed[0], &mixed[1], &hot};
    GError *error = NULL;
    pthread_t reader;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(MailFolder) folder = mail_folder_create(fixture.session, fixture.mailbox,
                                                          names[i], FOLDER_KIND_PLAIN, &error);
        *ids[i] = folder->id;
    }
    g_autoptr(GBytes) mail = fixture_mail_text("Subject: x\r\n\r\n");
    for (guint i = 0; i < RING_MESSAGES; i++) {
        guint32 uid = fixture_deliver(fixture.session, ring, mail);
        fixture_entry_free(fixture_change_flags(fixture.session, ring, uid, MAIL_FLAGS_SET,
                                                i < RING_UNSEEN ? 0 : MAIL_FLAG_SEEN, NULL));
    }
    fixture_deliver(fixture.session, hot, mail);
    pthread_barrier_init(&barrier, NULL, CHANGERS);
    atomic_store(&reader_stops, 0);
    ck_assert_int_eq(pthread_create(&reader, NULL, look_at_ring, NULL), 0);
    run_threads(CHANGERS, change_and_look);
    atomic_store(&reader_stops, 1);
    pthread_join(reader, NULL);
    pthread_barrier_destroy(&barrier);
    ck_assert_uint_gt(atomic_load(&ring_looks), 0);
    fixture_check_view(fixture.session, ring);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads");
    TCase *tcase = tcase_create("core");
    tcase_set_timeout(tcase, 100);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, sixteen_threads_deliver_into_one_folder);
    tcase_add_test(tcase, same_attachment_at_once_is_stored_once);
    tcase_add_test(tcase, collection_takes_nothing_that_is_linked);
    tcase_add_test(tcase, changes_of_the_same_entries_all_succeed);
    tcase_add_test(tcase, views_are_right_whatever_others_do);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
