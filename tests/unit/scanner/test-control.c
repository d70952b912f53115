/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-control.c - the control socket in this process, and the real storehookctl asking it.
 */
#include "scanner/ctl/ctl-client.h"
#include "scanner/records/control-private.h"
#include "scanner/records/control.h"

#include "libstorehook/protocol.h"
#include "tests/unit/scanner/fake-lmtp.h"
#include "tests/run-suite.h"
#include "tests/scratch.h"

#include <check.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char MESSAGE[] = "Subject: hello\r\n\r\nbody\r\n";

typedef struct {
    const char *protection, *reason;
    const char *client_reason;     /* NULL: hooked */
    gboolean client, other_client; /* the other is hooked, and stands first */
    guint calls;
} State;

static char *directory, *config, *path;
static Control *control;
static Quarantine *quarantine;
static Incidents *incidents;
static AllowList *allow;
static State state;

static void on_status(ControlRequest *request, JsonObject *arguments, gpointer data)
{
    JsonObject *reply = json_object_new();
    JsonArray *clients = json_array_new();

    (void)arguments, (void)data;
    json_object_set_string_member(reply, "protection", state.protection);
    json_object_set_string_member(reply, "reason", state.reason);
    if (state.other_client) {
        JsonObject *hooked = json_object_new();
        json_object_set_string_member(hooked, "program", "notes");
        json_object_set_boolean_member(hooked, "hooked", TRUE);
        json_array_add_object_element(clients, hooked);
    }
    if (state.client) {
        JsonObject *client = json_object_new();
        json_object_set_string_member(client, "program", "mailstored");
        json_object_set_int_member(client, "pid", 4711);
        json_object_set_boolean_member(client, "hooked", state.client_reason == NULL);
        json_object_set_string_member(client, "reason",
                                      state.client_reason != NULL ? state.client_reason : "");
        json_array_add_object_element(clients, client);
    }
    json_object_set_array_member(reply, "clients", clients);
    control_describe_records(control, reply);
    control_request_reply(request, reply);
}

static void on_stop(ControlRequest *request, JsonObject *arguments, gpointer data)
{
    (void)arguments, (void)data;
    state.calls++;
    state.protection = "stopped";
    control_request_reply(request, json_object_new());
}

static void on_start(ControlRequest *request, JsonObject *arguments, gpointer data)
{
    (void)arguments, (void)data;
    state.protection = "protected";
    control_request_reply(request, json_object_new());
}

static void on_reload(ControlRequest *request, JsonObject *arguments, gpointer data)
{
    (void)arguments, (void)data;
    control_request_fail(request, "storehookd.conf:3: unknown key \x1b]0;wrokers", NULL);
}

static void set_up(void)
{
    QuarantineLimits limits = {.max_bytes = 1000000, .max_items = 10};
    g_autoptr(GError) error = NULL;

    directory = g_dir_make_tmp("storehook-control-XXXXXX", NULL);
    g_autofree char *items = g_build_filename(directory, "quarantine", NULL);
    g_autofree char *diary = g_build_filename(directory, "incidents.db", NULL);
    g_autofree char *allowed = g_build_filename(directory, "allow.db", NULL);
    g_autofree char *lmtp = g_strdup_printf("unix:%s/lmtp", directory);
    config = g_build_filename(directory, "storehookd.conf", NULL);
    g_autofree char *text = g_strdup_printf("[service]\nsocket=%s/s\n", directory);
    ck_assert(g_file_set_contents(config, text, -1, NULL));
    path = g_build_filename(directory, "s.control", NULL);
    quarantine = quarantine_open(items, &limits, NULL);
    incidents = incidents_open(diary, NULL);
    allow = allow_list_open(allowed, NULL);
    ControlRecords records = {incidents, quarantine, allow, {.lmtp = lmtp, .timeout_seconds = 30}};
    control = control_new(path, &records, &error);
    ck_assert_msg(control != NULL, "%s", error != NULL ? error->message : "");
    control_register(control, "status", on_status, NULL);
    control_register(control, "stop", on_stop, NULL);
    control_register(control, "start", on_start, NULL);
    control_register(control, "reload", on_reload, NULL);
    state = (State){.protection = "protected", .reason = "", .client = TRUE};
}

static void tear_down(void)
{
    control = control_free(control);
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
    quarantine = quarantine_close(quarantine);
    incidents = incidents_close(incidents);
    allow = allow_list_close(allow);
    ck_assert(scratch_remove(directory));
    g_free(directory);
    g_free(config);
    g_free(path);
}

/* --- storehookctl ----------------------------------------------------------------- */

typedef struct {
    char *out, *err;
    int status;
    gboolean done;
} Run;

static void on_exit_of(GObject *process, GAsyncResult *result, gpointer data)
{
    Run *run = data;
    ck_assert(g_subprocess_communicate_utf8_finish(G_SUBPROCESS(process), result, &run->out,
                                                   &run->err, NULL));
    run->status = g_subprocess_get_exit_status(G_SUBPROCESS(process));
    run->done = TRUE;
}

static void run_clear(Run *run)
{
    g_free(run->out);
    g_free(run->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* The words of one command line, divided by single spaces. */
static Run ctl(const char *line)
{
    g_autofree char *rest = g_strdelimit(g_strdup(line), " ", '\n');
    g_autofree char *all = g_strdup_printf("%s\n--config\n%s\n%s", STOREHOOKCTL, config, rest);
    g_auto(GStrv) words = g_strsplit(all, "\n", -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) process =
        g_subprocess_newv((const char *const *)words,
                          G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
    Run run = {0};

    ck_assert_msg(process != NULL, "%s", error != NULL ? error->message : "");
    g_subprocess_communicate_utf8_async(process, NULL, NULL, on_exit_of, &run);
    while (!run.done)
        g_main_context_iteration(NULL, TRUE);
    return run;
}

static JsonObject *json_of(const Run *run)
{
    g_autoptr(JsonNode) node = json_from_string(run->out, NULL);
    ck_assert_msg(node != NULL && JSON_NODE_HOLDS_OBJECT(node), "%s", run->out);
    return json_node_dup_object(node);
}

static char *store(const char *recipients)
{
    static const guint8 DIGEST[32] = {9};
    QuarantineItem item = {.incident = "AAAA-BBBB-CCCC",
                           .sender = "eve@x",
                           .subject = "hello",
                           .recipients = recipients,
                           .verdict = FILTER_VERDICT_INFECTED,
                           .verdict_name = "Eicar",
                           .is_message = TRUE,
                           .digests = DIGEST,
                           .digest_count = 1};
    int fd = storehook_memfd_new(MESSAGE, strlen(MESSAGE));
    char *id = NULL;

    ck_assert(quarantine_store_fd(quarantine, &item, fd, strlen(MESSAGE), &id, NULL));
    close(fd);
    return id;
}

START_TEST(the_first_line_and_the_exit_status_say_it)
{
    g_auto(Run) yes = ctl("status");
    ck_assert(g_str_has_prefix(yes.out, "PROTECTED\n"));
    ck_assert_int_eq(yes.status, 0);

    state.client_reason = "not started with LD_PRELOAD";
    g_auto(Run) unhooked = ctl("status");
    ck_assert_msg(g_str_has_prefix(unhooked.out, "NOT PROTECTED (process mailstored, pid 4711: not "
                                                 "started with LD_PRELOAD)\n"),
                  "%s", unhooked.out);
    ck_assert_int_eq(unhooked.status, 1);
    state.other_client = TRUE;
    g_auto(Run) both = ctl("status");
    ck_assert_msg(g_regex_match_simple("^mailstored +no +4711 +not started with LD_PRELOAD$",
                                       both.out, G_REGEX_MULTILINE, 0),
                  "%s", both.out);

    state.protection = "unprotected";
    state.reason = "no worker is ready";
    g_auto(Run) broken = ctl("status");
    ck_assert(g_str_has_prefix(broken.out, "NOT PROTECTED (no worker is ready)\n"));
    ck_assert_int_eq(broken.status, 1);

    g_auto(Run) json = ctl("--json status");
    g_autoptr(JsonObject) answer = json_of(&json);
    ck_assert_str_eq(json_object_get_string_member(answer, "summary"),
                     "NOT PROTECTED (no worker is ready)");
    ck_assert_int_eq(json.status, 1);
    JsonObject *unscanned = json_object_get_object_member(answer, "unscanned");
    ck_assert_int_eq(json_object_get_int_member(unscanned, "total"), 0);
}
END_TEST

START_TEST(stop_and_start_reach_the_supervisor)
{
    g_auto(Run) stop = ctl("stop");
    ck_assert_int_eq(stop.status, 0);
    ck_assert_uint_eq(state.calls, 1);
    g_auto(Run) stopped = ctl("status");
    ck_assert(g_str_has_prefix(stopped.out, "STOPPED\n"));
    ck_assert_int_eq(stopped.status, 1);
    g_auto(Run) start = ctl("start");
    ck_assert_int_eq(start.status, 0);
    g_auto(Run) status = ctl("status");
    ck_assert_int_eq(status.status, 0);

    g_auto(Run) reload = ctl("reload");
    ck_assert_int_eq(reload.status, 1);
    ck_assert_ptr_nonnull(strstr(reload.err, "storehookd.conf:3: unknown key ?]0;wrokers"));
}
END_TEST

/* Also where no answer can be had, --json gives one object. */
START_TEST(a_configuration_that_cannot_be_read_is_told)
{
    ck_assert_int_eq(g_unlink(config), 0);
    g_auto(Run) json = ctl("--json status");
    g_autoptr(JsonObject) answer = json_of(&json);
    ck_assert(!json_object_get_boolean_member(answer, "ok"));
    ck_assert_ptr_nonnull(strstr(json_object_get_string_member(answer, "error"), config));
    ck_assert_int_eq(json.status, 2);
    g_auto(Run) stop = ctl("stop");
    ck_assert_ptr_nonnull(strstr(stop.err, config));
    ck_assert_int_eq(stop.status, 2);
}
END_TEST

#define SHA256 "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"

/* What a list shows can be given back to remove it, and what it has not cannot be removed. */
START_TEST(lists_show_what_commands_take)
{
    g_auto(Run) added = ctl("allow add " SHA256);
    ck_assert_int_eq(added.status, 0);
    g_auto(Run) list = ctl("allow list");
    ck_assert_msg(strstr(list.out, SHA256 " ") != NULL && strstr(list.out, " never\n") != NULL,
                  "%s", list.out);
    g_auto(Run) removed = ctl("allow remove " SHA256);
    ck_assert_int_eq(removed.status, 0);
    g_auto(Run) again = ctl("allow remove " SHA256);
    ck_assert_int_eq(again.status, 1);
    ck_assert_ptr_nonnull(strstr(again.err, "the list has no such entry"));
    g_auto(Run) named = ctl("allow add --signature Eicar");
    g_auto(Run) names = ctl("allow list");
    ck_assert_msg(named.status == 0 && g_regex_match_simple("^Eicar +by hand +[-0-9:.TZ]+ +never$",
                                                            names.out, G_REGEX_MULTILINE, 0),
                  "%s", names.out);
}
END_TEST

START_TEST(a_service_that_is_gone_is_told)
{
    control = control_free(control);
    g_auto(Run) status = ctl("status");
    ck_assert_str_eq(status.out, "NOT RUNNING\n");
    ck_assert_ptr_nonnull(strstr(status.err, "storehookd --config"));
    ck_assert_int_eq(status.status, 1);
    g_auto(Run) json = ctl("--json status");
    g_autoptr(JsonObject) answer = json_of(&json);
    ck_assert_str_eq(json_object_get_string_member(answer, "protection"), "not-running");
    g_auto(Run) stop = ctl("stop");
    ck_assert_int_eq(stop.status, 1);
}
END_TEST

/* What storehookd refuses is refused in its words, and no service that does not run. */
START_TEST(a_broken_configuration_is_told_by_its_line)
{
    g_autofree char *too_long = g_strdup_printf("socket=/%0100d\n", 0);
    const struct {
        const char *text, *wanted;
    } CASES[] = {
        {"socket /x\n", ":2: neither [section] nor key=value\n"},
        {"\nsocket = run/s\n", ":3: [service] socket: \"run/s\" is not an absolute path\n"},
        {"socket=\n", ":2: [service] socket: \"\" is not an absolute path\n"},
        {too_long, ":2: [service] socket: the path is too long for a socket\n"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *text = g_strconcat("[service]\n", CASES[i].text, NULL);
        g_autofree char *wanted = g_strconcat(config, CASES[i].wanted, NULL);
        ck_assert(g_file_set_contents(config, text, -1, NULL));
        g_auto(Run) run = ctl("status");
        ck_assert_int_eq(run.status, 2);
        ck_assert_msg(strstr(run.err, wanted) != NULL, "%s", run.err);
        ck_assert_str_eq(run.out, "UNKNOWN\n");
    }
}
END_TEST

START_TEST(wrong_usage_is_told_apart)
{
    static const char *const LINES[] = {
        "frobnicate",          "quarantine",           "quarantine eat",     "status now",
        "quarantine release",  "status --limit=3",     "--nonsense status",  "stop --to=a",
        "incidents --limit=x", "incidents --limit=-1", "incidents --limit=0"};

    for (guint i = 0; i < G_N_ELEMENTS(LINES); i++) {
        g_auto(Run) run = ctl(LINES[i]);
        ck_assert_msg(run.status == 2, "%s: %d", LINES[i], run.status);
        ck_assert_ptr_nonnull(strstr(run.err, " (see storehookctl --help)\n"));
        ck_assert_str_eq(run.out, "");
    }
    ck_assert_uint_eq(state.calls, 0);
}
END_TEST

/* What only the service can tell is wrong is wrong usage as well; what is not there is not. */
START_TEST(wrong_values_are_wrong_usage)
{
    static const struct {
        const char *line, *words;
        int status;
    } LINES[] = {{"incidents --since=bogus", "\"bogus\" is no time", 2},
                 {"incidents --verdict=bogus", "unknown verdict \"bogus\"", 2},
                 {"quarantine list --until=bogus", "\"bogus\" is no time", 2},
                 {"quarantine release x --to=", "\"\" is no address", 2},
                 {"allow add bogus", "\"bogus\" is no SHA-256", 2},
                 {"allow add --signature ", "\"\" is no signature", 2},
                 {"quarantine show bogus", "bogus", 1},
                 {"allow remove " SHA256, "no such entry", 1}};

    for (guint i = 0; i < G_N_ELEMENTS(LINES); i++) {
        g_auto(Run) run = ctl(LINES[i].line);
        ck_assert_msg(run.status == LINES[i].status, "%s: %d", LINES[i].line, run.status);
        ck_assert_msg(strstr(run.err, LINES[i].words) != NULL, "%s", run.err);
    }
    g_auto(Run) json = ctl("--json incidents --since=bogus");
    g_autoptr(JsonObject) answer = json_of(&json);
    ck_assert(json_object_get_boolean_member(answer, "wrong-usage"));
    ck_assert_int_eq(json.status, 2);
}
END_TEST

/* cron(8) has no locale of its own. */
START_TEST(addresses_are_utf_8_in_any_locale)
{
    g_autofree char *before = g_strdup(g_getenv("LC_ALL"));

    g_setenv("LC_ALL", "C", TRUE);
    g_auto(Run) run = ctl("incidents --sender=j\xc3\xbcrgen@*");
    ck_assert_msg(run.status == 0, "%s", run.err);
    if (before != NULL)
        g_setenv("LC_ALL", before, TRUE);
    else
        g_unsetenv("LC_ALL");
}
END_TEST

START_TEST(an_answer_that_cannot_be_written_is_no_success)
{
    g_autofree char *line =
        g_strdup_printf("'%s' --config '%s' allow list >/dev/full", STOREHOOKCTL, config);
    const char *const words[] = {"sh", "-c", line, NULL};
    g_autoptr(GSubprocess) process = g_subprocess_newv(words, G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL);
    g_auto(Run) run = {0};

    g_subprocess_communicate_utf8_async(process, NULL, NULL, on_exit_of, &run);
    while (!run.done)
        g_main_context_iteration(NULL, TRUE);
    ck_assert_int_eq(run.status, 1);
    ck_assert_ptr_nonnull(strstr(run.err, "could not be written"));
}
END_TEST

START_TEST(incidents_are_shown_and_filtered)
{
    Incident incident = {
        .reference = "AAAA-BBBB-CCCC",
        .sender = "eve@example.net",
        .recipients = "bob@x alice@x",
        .subject = "\xe2\x80\xae\x1b[31mred",
        .attachment = "a.exe",
        .verdict = FILTER_VERDICT_INFECTED,
        .verdict_name = "Eicar",
        .action = FILTER_ACTION_DROP,
        .note = "the message was dropped",
    };

    ck_assert(incidents_add(incidents, &incident, NULL));
    for (guint i = 0; i < 2; i++)
        ck_assert(incidents_add_folder(incidents,
                                       &(IncidentFolder){.reference = "AAAA-BBBB-CCCC",
                                                         .mailbox = i == 0 ? "bob" : "eve",
                                                         .name = "INBOX",
                                                         .kind = "inbox",
                                                         .dropped = TRUE},
                                       NULL));
    g_auto(Run) table = ctl("incidents --since=1h --sender=EVE@* --verdict=infected");
    ck_assert_int_eq(table.status, 0);
    ck_assert_ptr_nonnull(strstr(table.out, "AAAA-BBBB-CCCC"));
    ck_assert_ptr_nonnull(strstr(table.out, "bob@x +1"));
    ck_assert_ptr_nonnull(strstr(table.out, "INBOX +1"));
    ck_assert_ptr_nonnull(strstr(table.out, "inbound"));
    ck_assert_ptr_nonnull(strstr(table.out, "the message was dropped"));
    /* what mail says does not reach the terminal as a command */
    ck_assert_ptr_null(strchr(table.out, '\x1b'));
    ck_assert_ptr_null(strstr(table.out, "\xe2\x80\xae"));

    g_auto(Run) none = ctl("incidents --verdict=blocked");
    ck_assert_str_eq(none.out, "no incidents\n");
    g_auto(Run) json = ctl("incidents --json --limit=5");
    g_autoptr(JsonObject) answer = json_of(&json);
    ck_assert_uint_eq(json_array_get_length(json_object_get_array_member(answer, "incidents")), 1);
    g_auto(Run) wrong = ctl("incidents --since=yesterday");
    ck_assert_int_eq(wrong.status, 2);
    ck_assert_ptr_nonnull(strstr(wrong.err, "is no time"));
    g_auto(Run) verdict = ctl("incidents --verdict=bad");
    ck_assert_int_eq(verdict.status, 2);
}
END_TEST

START_TEST(quarantine_is_listed_released_deleted)
{
    FakeLmtp *server = fake_lmtp_new(directory, FAKE_LMTP_PLAIN);
    g_autofree char *id = store("bob@x no@x");
    g_autofree char *release = g_strconcat("quarantine release ", id, NULL);
    g_autofree char *delete = g_strconcat("quarantine delete ", id, NULL);
    g_autofree char *show = g_strconcat("--json quarantine show ", id, NULL);

    g_auto(Run) list = ctl("quarantine list");
    ck_assert_ptr_nonnull(strstr(list.out, id));
    ck_assert_ptr_nonnull(strstr(list.out, "Eicar"));
    ck_assert_msg(g_regex_match_simple("^1 of 1 items shown, [0-9]+ bytes in all$", list.out,
                                       G_REGEX_MULTILINE, 0),
                  "%s", list.out);
    g_auto(Run) about = ctl(show);
    ck_assert_int_eq(about.status, 0);

    g_auto(Run) released = ctl(release);
    ck_assert_int_eq(released.status, 1); /* no@x refused */
    ck_assert_ptr_nonnull(strstr(released.out, "nobody"));
    ck_assert_str_eq(fake_lmtp_data(server), MESSAGE);
    g_auto(Run) allowed = ctl("allow list");
    ck_assert_ptr_nonnull(strstr(allowed.out, "0900000000"));

    g_auto(Run) deleted = ctl(delete);
    ck_assert_msg(deleted.status == 0, "%s", deleted.err);
    g_auto(Run) again = ctl(delete);
    ck_assert_int_eq(again.status, 1);
    g_auto(Run) empty = ctl("quarantine list");
    ck_assert_str_eq(empty.out, "nothing is quarantined\n");
    fake_lmtp_free(server);
}
END_TEST

START_TEST(unscanned_totals_are_shown)
{
    static const guint8 INSTANCE[16] = {1};
    guint64 totals[STOREHOOK_REASONS] = {4, 3};

    ck_assert(incidents_report_unscanned(incidents, INSTANCE, "mailstored", totals, NULL));
    ck_assert(incidents_add_unscanned_row(incidents,
                                          &(UnscannedRow){.instance = INSTANCE,
                                                          .time = 1600000000,
                                                          .reason = STOREHOOK_REASON_DEADLINE,
                                                          .table = "contents",
                                                          .bookmark = "\1",
                                                          .bookmark_size = 1},
                                          NULL));
    g_auto(Run) json = ctl("--json unscanned");
    g_autoptr(JsonObject) answer = json_of(&json);
    ck_assert_int_eq(
        json_object_get_int_member(json_object_get_object_member(answer, "unscanned"), "total"), 7);
    g_auto(Run) table = ctl("unscanned");
    ck_assert_ptr_nonnull(strstr(table.out, "contents"));
    g_auto(Run) status = ctl("status");
    ck_assert_ptr_nonnull(strstr(status.out, "passed unscanned\n"));
}
END_TEST

/* --- The socket ------------------------------------------------------------------- */

typedef struct {
    GString *got;
    gboolean closed;
} Reading;

static void on_bytes(GObject *stream, GAsyncResult *result, gpointer data)
{
    Reading *reading = data;
    g_autoptr(GBytes) bytes =
        g_input_stream_read_bytes_finish(G_INPUT_STREAM(stream), result, NULL);

    if (bytes == NULL || g_bytes_get_size(bytes) == 0) {
        reading->closed = TRUE;
        return;
    }
    g_string_append_len(reading->got, g_bytes_get_data(bytes, NULL),
                        (gssize)g_bytes_get_size(bytes));
    g_input_stream_read_bytes_async(G_INPUT_STREAM(stream), 65536, 0, NULL, on_bytes, reading);
}

/* Sends raw bytes and reads until the answer's line, or the end. */
static char *talk(const char *bytes, gsize size, gboolean *ret_closed)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, NULL);
    Reading reading = {.got = g_string_new(NULL)};
    gsize sent = 0;

    ck_assert_ptr_nonnull(connection);
    g_socket_set_blocking(g_socket_connection_get_socket(connection), FALSE);
    g_input_stream_read_bytes_async(g_io_stream_get_input_stream(G_IO_STREAM(connection)), 65536, 0,
                                    NULL, on_bytes, &reading);
    gint64 end = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
    while (!reading.closed && g_get_monotonic_time() < end &&
           (*ret_closed || strchr(reading.got->str, '\n') == NULL)) {
        gssize n = g_socket_send(g_socket_connection_get_socket(connection), bytes + sent,
                                 size - sent, NULL, NULL);
        sent += n > 0 ? (gsize)n : 0;
        g_main_context_iteration(NULL, FALSE);
    }
    *ret_closed = reading.closed;
    g_io_stream_close(G_IO_STREAM(connection), NULL, NULL);
    while (!reading.closed)
        g_main_context_iteration(NULL, FALSE);
    return g_string_free(reading.got, FALSE);
}

START_TEST(bad_requests_are_refused_and_the_service_lives)
{
    static const char *const LINES[] = {
        "\n",
        "nonsense\n",
        "[]\n",
        "{}\n",
        "{\"command\":7}\n",
        "{\"command\":\"status\",\"arguments\":[]}\n",
        "{\"command\":\"rm\"}\n",
        "{\"command\":\"incidents\",\"arguments\":{\"sendr\":\"x\"}}\n",
        "{\"command\":\"incidents\",\"arguments\":{\"limit\":-1}}\n",
        "{\"command\":\"incidents\",\"arguments\":{\"limit\":\"1\"}}\n",
        "{\"command\":\"incidents\",\"arguments\":{\"sender\":[1]}}\n",
        "{\"command\":\"quarantine-release\",\"arguments\":{\"id\":\"x\",\"to\":[1]}}\n",
        "{\"command\":\"quarantine-release\",\"arguments\":{\"id\":\"x\",\"to\":[\"a\\nb\"]}}\n",
        "{\"command\":\"quarantine-delete\",\"arguments\":{\"id\":null}}\n",
        "{\"command\":\"quarantine-show\",\"arguments\":{}}\n",
        "{\"command\":\"allow-remove\",\"arguments\":{\"sha256\":\"zz\"}}\n",
        "\xff\xfe\n",
    };

    for (guint i = 0; i < G_N_ELEMENTS(LINES); i++) {
        gboolean closed = FALSE;
        g_autofree char *answer = talk(LINES[i], strlen(LINES[i]), &closed);
        ck_assert_msg(strstr(answer, "\"ok\":false") != NULL, "%s -> %s", LINES[i], answer);
    }
    gboolean closed = FALSE;
    g_autofree char *deep = g_strnfill(60000, '[');
    deep[59999] = '\n';
    g_autofree char *answer = talk(deep, 60000, &closed);
    ck_assert_ptr_nonnull(strstr(answer, "\"ok\":false"));
}
END_TEST

START_TEST(a_line_without_end_is_cut_off)
{
    g_autofree char *flood = g_strnfill(CONTROL_REQUEST_MAX * 4, 'a');
    gboolean closed = TRUE;
    g_autofree char *answer = talk(flood, CONTROL_REQUEST_MAX * 4, &closed);

    ck_assert(closed);
    ck_assert_msg(*answer == '\0' || strstr(answer, "too long") != NULL, "%s", answer);
}
END_TEST

static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, name, sizeof address.sun_path);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* The beginning of what it says; "" when it says nothing. */
static char *hear(int fd)
{
    gint64 end = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
    char buffer[256];
    gssize n = -1;

    while (n < 0 && g_get_monotonic_time() < end) {
        g_main_context_iteration(NULL, FALSE);
        n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    }
    return g_strndup(buffer, n > 0 ? (gsize)n : 0);
}

START_TEST(too_many_at_once_are_told_so)
{
    static const char ASK[] = "{\"command\":\"status\"}\n";
    int many[CONTROL_CONNECTIONS_MAX];
    gboolean closed = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS(many); i++) {
        many[i] = connect_to(path);
        ck_assert_int_eq(send(many[i], ASK, strlen(ASK), 0), (gssize)strlen(ASK));
        g_autofree char *answer = hear(many[i]);
        ck_assert_msg(strstr(answer, "\"protection\":") != NULL, "%u: %s", i, answer);
    }
    g_autofree char *refused = talk(ASK, strlen(ASK), &closed);
    ck_assert_str_eq(refused, "{\"ok\":false,\"error\":\"too many at once, try again\"}\n");
    g_auto(Run) run = ctl("stop");
    ck_assert_int_eq(run.status, 1);
    ck_assert_ptr_nonnull(strstr(run.err, "too many at once, try again"));

    for (guint i = 0; i < G_N_ELEMENTS(many); i++)
        close(many[i]);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_auto(Run) again = ctl("stop");
    ck_assert_int_eq(again.status, 0);
}
END_TEST

/* Only root can be somebody else for a moment. From inside of the directory, since nobody else may
 * enter those above it. */
START_TEST(others_are_not_permitted)
{
    const uid_t other = 65534;
    g_autofree char *before = g_get_current_dir();
    g_autoptr(GError) error = NULL;
    int fd;

    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chmod(directory, 0711) | chdir(directory), 0);
    ck_assert_int_eq(seteuid(other), 0);
    ck_assert_ptr_null(ctl_ask("s.control", "status", NULL, 30, &error));
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert(g_error_matches(error, CTL_ERROR, CTL_ERROR_PERMISSION));

    /* And where a mode let them in, the control asks who they are. */
    ck_assert_int_eq(chmod(path, 0666), 0);
    ck_assert_int_eq(seteuid(other), 0);
    fd = connect_to("s.control");
    ck_assert_int_eq(seteuid(0) | chdir(before), 0);
    g_autofree char *answer = hear(fd);
    ck_assert_str_eq(answer, "{\"ok\":false,\"error\":\"not permitted\"}\n");
    close(fd);
}
END_TEST

/* A byte each tenth of a second, for much longer than it is waited for. */
static gpointer trickle(gpointer data)
{
    int fd = accept(GPOINTER_TO_INT(data), NULL, NULL);

    for (int i = 0; i < 600 && send(fd, " ", 1, MSG_NOSIGNAL) == 1; i++)
        g_usleep(G_USEC_PER_SEC / 10);
    send(fd, "\n", 1, MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

START_TEST(an_answer_that_trickles_is_late)
{
    g_autofree char *slow = g_build_filename(directory, "slow", NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_autoptr(GError) error = NULL;

    g_strlcpy(address.sun_path, slow, sizeof address.sun_path);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    GThread *thread = g_thread_new("trickle", trickle, GINT_TO_POINTER(fd));
    ck_assert_ptr_null(ctl_ask(slow, "status", NULL, 1, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "it does not answer in time"));
    g_thread_join(thread);
    close(fd);
}
END_TEST

START_TEST(the_socket_is_private_and_unique)
{
    ControlRecords records = {incidents, quarantine, allow, {0}};
    g_autoptr(GError) error = NULL;
    struct stat status;

    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    ck_assert_ptr_null(control_new(path, &records, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "another service"));

    /* what a killed service leaves behind is taken over */
    g_autofree char *stale = g_build_filename(directory, "stale", NULL);
    g_autoptr(GSocket) left = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(stale);
    ck_assert(g_socket_bind(left, address, FALSE, NULL));
    g_socket_close(left, NULL);
    Control *second = control_new(stale, &records, NULL);
    ck_assert_ptr_nonnull(second);
    control_free(second);
}
END_TEST

START_TEST(times_are_understood)
{
    static const struct {
        const char *text;
        gint64 seconds; /* -1: refused */
    } CASES[] = {
        {"2h", 1600000000 - 7200},
        {"90m", 1600000000 - 5400},
        {"7d", 1600000000 - 604800},
        {"1w", 1600000000 - 604800},
        {"2020-09-13", 1599955200}, /* date -ud 2020-09-13 +%s */
        {"2020-09-13T12:26:40Z", 1600000000},
        {"2020-09-13T14:26:40+02:00", 1600000000},
        {"1600000000", 1600000000},
        {"", -1},
        {"yesterday", -1},
        {"2020-13-45", -1},
        {"5y", -1},
    };

    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        gint64 got = -1;
        gboolean ok = control_time_parse(
            CASES[i].text, G_GINT64_CONSTANT(1600000000) * G_USEC_PER_SEC, &got, NULL);
        ck_assert_msg(ok == (CASES[i].seconds >= 0), "%s", CASES[i].text);
        if (ok)
            ck_assert_int_eq(got, CASES[i].seconds * G_USEC_PER_SEC);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *tcase = tcase_create("control");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_first_line_and_the_exit_status_say_it);
    tcase_add_test(tcase, stop_and_start_reach_the_supervisor);
    tcase_add_test(tcase, lists_show_what_commands_take);
    tcase_add_test(tcase, a_service_that_is_gone_is_told);
    tcase_add_test(tcase, a_configuration_that_cannot_be_read_is_told);
    tcase_add_test(tcase, a_broken_configuration_is_told_by_its_line);
    tcase_add_test(tcase, wrong_usage_is_told_apart);
    tcase_add_test(tcase, wrong_values_are_wrong_usage);
    tcase_add_test(tcase, addresses_are_utf_8_in_any_locale);
    tcase_add_test(tcase, an_answer_that_cannot_be_written_is_no_success);
    tcase_add_test(tcase, incidents_are_shown_and_filtered);
    tcase_add_test(tcase, quarantine_is_listed_released_deleted);
    tcase_add_test(tcase, unscanned_totals_are_shown);
    tcase_add_test(tcase, bad_requests_are_refused_and_the_service_lives);
    tcase_add_test(tcase, a_line_without_end_is_cut_off);
    tcase_add_test(tcase, too_many_at_once_are_told_so);
    tcase_add_test(tcase, others_are_not_permitted);
    tcase_add_test(tcase, an_answer_that_trickles_is_late);
    tcase_add_test(tcase, the_socket_is_private_and_unique);
    tcase_add_test(tcase, times_are_understood);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
