/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-release.c - a quarantined message goes back to its recipients, once each, byte for byte.
 */
#include "scanner/records/release.h"

#include "libstorehook/protocol.h"
#include "scanner/records/lmtp-client.h"
#include "tests/unit/scanner/fake-lmtp.h"
#include "tests/run-suite.h"
#include "tests/scratch.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

static const char MESSAGE[] = "Subject: x\r\n\r\n.one dot\r\n..two\r\n.\r\nbare\n.lf\r\nend\r\n";
static const guint8 DIGESTS[64] = {1, 2, 3, [32] = 4, 5, 6};

static char *directory;
static Quarantine *quarantine;
static Incidents *incidents;
static AllowList *allow;
static GMainLoop *loop;
static JsonObject *report;
static GError *outcome;

static void set_up(void)
{
    QuarantineLimits limits = {.max_bytes = 1000000, .max_items = 10};
    g_autofree char *items = NULL, *diary = NULL, *allowed = NULL;

    directory = g_dir_make_tmp("storehook-release-XXXXXX", NULL);
    items = g_build_filename(directory, "quarantine", NULL);
    diary = g_build_filename(directory, "incidents.db", NULL);
    allowed = g_build_filename(directory, "allow.db", NULL);
    quarantine = quarantine_open(items, &limits, NULL);
    incidents = incidents_open(diary, NULL);
    allow = allow_list_open(allowed, NULL);
    ck_assert(quarantine != NULL && incidents != NULL && allow != NULL);
    loop = g_main_loop_new(NULL, FALSE);
}

static void tear_down(void)
{
    quarantine = quarantine_close(quarantine);
    incidents = incidents_close(incidents);
    allow = allow_list_close(allow);
    g_main_loop_unref(loop);
    g_clear_pointer(&report, json_object_unref);
    g_clear_error(&outcome);
    ck_assert(scratch_remove(directory));
    g_free(directory);
}

static char *store(const char *recipients, gboolean is_message, gboolean cut)
{
    QuarantineItem item = {
        .incident = "REF",
        .sender = "eve@example.net",
        .recipients = recipients,
        .recipients_cut = cut,
        .verdict = FILTER_VERDICT_INFECTED,
        .is_message = is_message,
        .digests = DIGESTS,
        .digest_count = 2,
    };
    Incident incident = {
        .reference = "REF", .verdict = FILTER_VERDICT_INFECTED, .action = FILTER_ACTION_DROP};
    int fd = storehook_memfd_new(MESSAGE, strlen(MESSAGE));
    char *id = NULL;

    ck_assert(quarantine_store_fd(quarantine, &item, fd, strlen(MESSAGE), &id, NULL));
    ck_assert(incidents_add(incidents, &incident, NULL));
    close(fd);
    return id;
}

static void on_done(JsonObject *result, const GError *error, gpointer user_data)
{
    (void)user_data;
    g_clear_pointer(&report, json_object_unref);
    g_clear_error(&outcome);
    report = result != NULL ? json_object_ref(result) : NULL;
    outcome = error != NULL ? g_error_copy(error) : NULL;
    g_main_loop_quit(loop);
}

static gboolean quit(gpointer data)
{
    g_main_loop_quit(data);
    return G_SOURCE_REMOVE;
}

enum {
    PATIENCE_SECONDS = 30 /* on a loaded machine */
};

static void start(const char *id, const char *const *to, const ReleaseSettings *settings)
{
    const ReleaseRequest request = {.quarantine = quarantine,
                                    .allow = allow,
                                    .incidents = incidents,
                                    .id = id,
                                    .to = to,
                                    .settings = settings};

    release_start(&request, on_done, NULL);
}

/* Runs one release to its end. */
static void release_within(const char *id, const char *const *to, const char *server, guint seconds)
{
    ReleaseSettings settings = {.lmtp = server, .timeout_seconds = seconds, .allow_days = 3};

    g_clear_pointer(&report, json_object_unref);
    g_clear_error(&outcome);
    start(id, to, &settings);
    if (report == NULL && outcome == NULL)
        g_main_loop_run(loop);
    else
        while (g_main_context_iteration(NULL, FALSE))
            ;
}

static void release(const char *id, const char *const *to, const char *server)
{
    release_within(id, to, server, PATIENCE_SECONDS);
}

static gboolean allowed_for_days(int days)
{
    AllowView *view = allow_view_new(allow_list_peek_fd(allow), NULL);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC + days * G_GINT64_CONSTANT(86400);
    gboolean both =
        allow_view_contains(view, DIGESTS, now) && allow_view_contains(view, DIGESTS + 32, now);
    allow_view_free(view);
    return both;
}

START_TEST(the_original_goes_to_all_and_only_once)
{
    FakeLmtp *server = fake_lmtp_new(directory, FAKE_LMTP_PLAIN);
    g_autofree char *id = store("bob@example.org alice@example.org", TRUE, FALSE);

    ck_assert(!allowed_for_days(0));
    release(id, NULL, fake_lmtp_address(server));
    ck_assert_msg(outcome == NULL, "%s", outcome != NULL ? outcome->message : "");
    ck_assert(json_object_get_boolean_member(report, "released"));
    ck_assert_str_eq(fake_lmtp_data(server), MESSAGE);
    ck_assert_str_eq(fake_lmtp_commands(server),
                     "LHLO localhost\r\nMAIL FROM:<eve@example.net> BODY=8BITMIME\r\n"
                     "RCPT TO:<bob@example.org>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n"
                     "QUIT\r\n");
    ck_assert(allowed_for_days(2));
    ck_assert(!allowed_for_days(4));

    /* again, from both sides of a restart of nothing: nobody is asked */
    release(id, NULL, fake_lmtp_address(server));
    ck_assert_ptr_null(outcome);
    ck_assert(json_object_get_boolean_member(report, "released"));
    ck_assert_uint_eq(fake_lmtp_connections(server), 1);

    g_autoptr(JsonArray) found = incidents_query(incidents, &(IncidentQuery){.verdict = -1}, NULL);
    const char *note =
        json_object_get_string_member(json_array_get_object_element(found, 0), "note");
    ck_assert_str_eq(note, "released to bob@example.org; released to alice@example.org");
    fake_lmtp_free(server);
}
END_TEST

START_TEST(each_recipient_has_an_answer_of_its_own)
{
    FakeLmtp *server = fake_lmtp_new(directory, FAKE_LMTP_PLAIN);
    g_autofree char *id = store("no@x full@x bob@x", TRUE, FALSE);

    release(id, NULL, fake_lmtp_address(server));
    ck_assert(g_error_matches(outcome, RELEASE_ERROR, RELEASE_ERROR_DELIVERY));
    ck_assert(!json_object_get_boolean_member(report, "released"));
    JsonArray *recipients = json_object_get_array_member(report, "recipients");
    static const int CODES[] = {550, 452, 250};
    for (guint i = 0; i < 3; i++) {
        JsonObject *one = json_array_get_object_element(recipients, i);
        ck_assert_int_eq(json_object_get_int_member(one, "code"), CODES[i]);
        ck_assert_int_eq(json_object_get_boolean_member(one, "delivered"), CODES[i] == 250);
    }
    ck_assert(quarantine_is_delivered(quarantine, id, "bob@x"));
    ck_assert(!quarantine_is_delivered(quarantine, id, "full@x"));
    /* the second time only those that lack it are asked for */
    release(id, NULL, fake_lmtp_address(server));
    ck_assert_ptr_null(strstr(strstr(fake_lmtp_commands(server), "QUIT"), "bob@x"));
    fake_lmtp_free(server);
}
END_TEST

START_TEST(all_recipients_refused_is_an_answer)
{
    FakeLmtp *server = fake_lmtp_new(directory, FAKE_LMTP_PLAIN);
    g_autofree char *id = store("no@x no@y", TRUE, FALSE);

    release(id, NULL, fake_lmtp_address(server));
    ck_assert_ptr_nonnull(outcome);
    ck_assert_ptr_null(strstr(fake_lmtp_commands(server), "DATA"));
    fake_lmtp_free(server);
}
END_TEST

START_TEST(to_someone_else_is_not_yet_released)
{
    FakeLmtp *server = fake_lmtp_new(directory, FAKE_LMTP_PLAIN);
    g_autofree char *id = store("bob@x", TRUE, FALSE), *cut = store("bob@x car", TRUE, TRUE);
    const char *const to[] = {"admin@x", NULL};

    release(id, to, fake_lmtp_address(server));
    ck_assert_ptr_null(outcome);
    ck_assert(!json_object_get_boolean_member(report, "released"));
    release(id, NULL, fake_lmtp_address(server));
    ck_assert(json_object_get_boolean_member(report, "released"));
    /* where not all recipients are known, the operator has to say */
    release(cut, NULL, fake_lmtp_address(server));
    ck_assert(g_error_matches(outcome, RELEASE_ERROR, RELEASE_ERROR_ITEM));
    release(cut, to, fake_lmtp_address(server));
    ck_assert_ptr_null(outcome);
    ck_assert(json_object_get_boolean_member(report, "released"));
    fake_lmtp_free(server);
}
END_TEST

START_TEST(what_cannot_be_released_says_why)
{
    g_autofree char *content = store("bob@x", FALSE, FALSE), *id = store("bob@x", TRUE, FALSE);

    release(content, NULL, "unix:/nonexistent");
    ck_assert(g_error_matches(outcome, RELEASE_ERROR, RELEASE_ERROR_ITEM));
    release(id, NULL, "");
    ck_assert(g_error_matches(outcome, RELEASE_ERROR, RELEASE_ERROR_SETTINGS));
    release(id, NULL, "unix:/nonexistent");
    ck_assert(g_error_matches(outcome, LMTP_ERROR, LMTP_ERROR_CONNECT));
    release(id, NULL, "127.0.0.1:1");
    ck_assert(g_error_matches(outcome, LMTP_ERROR, LMTP_ERROR_CONNECT));
    release(id, NULL, "mail.example.org:24");
    ck_assert(g_error_matches(outcome, LMTP_ERROR, LMTP_ERROR_ADDRESS));
    release("00000000000000000000000000000000", NULL, "unix:/x");
    ck_assert(g_error_matches(outcome, QUARANTINE_ERROR, QUARANTINE_ERROR_NOT_FOUND));
    ck_assert(!quarantine_is_delivered(quarantine, id, "bob@x"));
}
END_TEST

static const struct {
    FakeLmtpManner manner;
    LmtpError code;
} BROKEN[] = {
    {FAKE_LMTP_SILENT, LMTP_ERROR_TIMEOUT}, {FAKE_LMTP_GARBAGE, LMTP_ERROR_PROTOCOL},
    {FAKE_LMTP_FLOOD, LMTP_ERROR_PROTOCOL}, {FAKE_LMTP_SHUT, LMTP_ERROR_CONNECT},
    {FAKE_LMTP_BUSY, LMTP_ERROR_REFUSED},
};

START_TEST(broken_servers_end_in_an_error)
{
    FakeLmtp *server = fake_lmtp_new(directory, BROKEN[_i].manner);
    g_autofree char *id = store("bob@x", TRUE, FALSE);

    release_within(id, NULL, fake_lmtp_address(server),
                   BROKEN[_i].code == LMTP_ERROR_TIMEOUT ? 1 : PATIENCE_SECONDS);
    ck_assert_msg(g_error_matches(outcome, LMTP_ERROR, (gint)BROKEN[_i].code), "%s",
                  outcome != NULL ? outcome->message : "none");
    JsonArray *recipients = json_object_get_array_member(report, "recipients");
    ck_assert(
        !json_object_get_boolean_member(json_array_get_object_element(recipients, 0), "delivered"));
    ck_assert(!quarantine_is_delivered(quarantine, id, "bob@x"));
    fake_lmtp_free(server);
}
END_TEST

START_TEST(an_item_is_released_by_one_at_a_time)
{
    FakeLmtp *server = fake_lmtp_new(directory, FAKE_LMTP_SILENT);
    g_autofree char *id = store("bob@x", TRUE, FALSE);
    ReleaseSettings settings = {.lmtp = fake_lmtp_address(server), .timeout_seconds = 1};

    start(id, NULL, &settings);
    ck_assert(outcome == NULL && report == NULL);
    ck_assert(!quarantine_delete(quarantine, id, NULL));
    start(id, NULL, &settings);
    ck_assert(g_error_matches(outcome, QUARANTINE_ERROR, QUARANTINE_ERROR_BUSY));
    g_main_loop_run(loop);
    ck_assert(g_error_matches(outcome, LMTP_ERROR, LMTP_ERROR_TIMEOUT));
    g_idle_add(quit, loop);
    g_main_loop_run(loop);
    ck_assert(quarantine_delete(quarantine, id, NULL));
    fake_lmtp_free(server);
}
END_TEST

START_TEST(hostile_addresses_do_not_become_commands)
{
    FakeLmtp *server = fake_lmtp_new(directory, FAKE_LMTP_PLAIN);
    g_autofree char *id = store("bob@x", TRUE, FALSE);
    const char *const to[] = {"a b>\r\nRSET", "bob@x", NULL};

    release(id, to, fake_lmtp_address(server));
    ck_assert_ptr_nonnull(outcome);
    ck_assert_ptr_null(strstr(fake_lmtp_commands(server), "RSET"));
    ck_assert(quarantine_is_delivered(quarantine, id, "bob@x"));
    fake_lmtp_free(server);
}
END_TEST

START_TEST(addresses_are_checked)
{
    static const char *const GOOD[] = {"unix:/run/lmtp", "127.0.0.1:24", "[::1]:24", "localhost:1"};
    static const char *const BAD[] = {"",
                                      "unix:",
                                      "unix:relative",
                                      "127.0.0.1",
                                      "127.0.0.1:0",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:2x",
                                      "host:24",
                                      ":24"};

    for (guint i = 0; i < G_N_ELEMENTS(GOOD); i++)
        ck_assert_msg(lmtp_address_is_valid(GOOD[i], NULL), "%s", GOOD[i]);
    for (guint i = 0; i < G_N_ELEMENTS(BAD); i++)
        ck_assert_msg(!lmtp_address_is_valid(BAD[i], NULL), "%s", BAD[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("release");
    TCase *tcase = tcase_create("release");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, the_original_goes_to_all_and_only_once);
    tcase_add_test(tcase, each_recipient_has_an_answer_of_its_own);
    tcase_add_test(tcase, all_recipients_refused_is_an_answer);
    tcase_add_test(tcase, to_someone_else_is_not_yet_released);
    tcase_add_test(tcase, what_cannot_be_released_says_why);
    tcase_add_loop_test(tcase, broken_servers_end_in_an_error, 0, G_N_ELEMENTS(BROKEN));
    tcase_add_test(tcase, an_item_is_released_by_one_at_a_time);
    tcase_add_test(tcase, hostile_addresses_do_not_become_commands);
    tcase_add_test(tcase, addresses_are_checked);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
