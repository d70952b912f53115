/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-loader.c - when a loader's workers begin, what is left of them, and that they end with the
 * supervisor; which clients that remembers.
 *
 * The test is the supervisor, and the loader is this program again.
 */
#include "scanner/worker/loader.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scanner/common/board.h"
#include "scanner/common/temp-directory.h"
#include "scanner/common/verdict-cache.h"
#include "scanner/supervisor/clients.h"
#include "scanner/supervisor/loader-handle.h"
#include "tests/unit/scanner/scanner-test.h"

#define NO_DEATH_SIGNAL "STOREHOOK_TEST_NO_DEATH_SIGNAL"

enum {
    PATIENCE_MILLISECONDS = 10000
};

/* In place of the C library's: with the death of a parent nobody is killed any more. */
int prctl(int option, ...)
{
    unsigned long values[4];
    va_list rest;

    va_start(rest, option);
    for (int i = 0; i < 4; i++)
        values[i] = va_arg(rest, unsigned long);
    va_end(rest);
    if (option == PR_SET_PDEATHSIG && getenv(NO_DEATH_SIGNAL))
        return 0;
    return (int)syscall(SYS_prctl, option, values[0], values[1], values[2], values[3]);
}

static struct {
    char *directory;
    ScannerConfig *config;
    LoaderShared shared;
    Board *board;
    GMainLoop *loop;
    LoaderHandle *loader;
    char *reason; /* why it ended */
} rig;

static void setup(void)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    int store[2], access[2];

    rig.directory = g_dir_make_tmp("storehook-loader-XXXXXX", &error);
    text = g_strdup_printf("[service]\nsocket=%s/s\nstate-directory=%s\nworkers=1\n"
                           "[signatures]\ndirectory=%s\n",
                           rig.directory, rig.directory, SIGNATURES);
    rig.config = scanner_config_parse("test.conf", text, &error);
    ck_assert_msg(rig.config != NULL, "%s", error ? error->message : "");
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, store), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, access), 0);
    rig.shared = (LoaderShared){.store = store[0],
                                .access = access[0],
                                .background = access[1],
                                .board = board_create(),
                                .cache = verdict_cache_create(16),
                                .log = STDERR_FILENO,
                                .allow = -1,
                                .deny = -1,
                                .temp_directory = rig.directory};
    lanes_init(&rig.shared.lanes);
    rig.board = board_map(rig.shared.board);
    ck_assert_ptr_nonnull(rig.board);
    rig.loop = g_main_loop_new(NULL, FALSE);
}

static void teardown(void)
{
    rig.loader = loader_handle_free(rig.loader);
    g_main_loop_unref(rig.loop);
    scanner_config_free(rig.config);
    temp_directory_remove(rig.directory);
    g_free(rig.directory);
    g_free(rig.reason);
}

static pid_t worker(void)
{
    return rig.board->workers[0].pid;
}

static void on_ready(LoaderHandle *loader, gpointer user_data)
{
    (void)loader, (void)user_data;
    g_main_loop_quit(rig.loop);
}

static void on_ended(LoaderHandle *loader, const char *reason, gpointer user_data)
{
    (void)loader, (void)user_data;
    rig.loader = NULL;
    rig.reason = g_strdup(reason);
    g_main_loop_quit(rig.loop);
}

static void on_worker_lost(LoaderHandle *loader, const LoaderLoss *loss, gpointer user_data)
{
    (void)loader, (void)loss, (void)user_data;
}

static void on_worker_said(ChannelMessage *message, int answer, gpointer user_data)
{
    (void)message, (void)answer, (void)user_data;
}

static void start(void)
{
    const LoaderCallbacks callbacks = {.ready = on_ready,
                                       .ended = on_ended,
                                       .worker_lost = on_worker_lost,
                                       .worker_said = on_worker_said};
    g_autoptr(GError) error = NULL;

    rig.loader = loader_handle_start(rig.config, &rig.shared, 0, &callbacks, &error);
    ck_assert_msg(rig.loader != NULL, "%s", error ? error->message : "");
    g_main_loop_run(rig.loop);
    ck_assert_msg(rig.loader != NULL, "%s", rig.reason ? rig.reason : "");
}

/* What is going on in the main loop is done meanwhile. */
static gboolean comes_true(gboolean (*condition)(void))
{
    gint64 end = g_get_monotonic_time() + PATIENCE_MILLISECONDS * 1000;

    while (!condition() && g_get_monotonic_time() < end) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(2000);
    }
    return condition();
}

static gboolean worker_serves(void)
{
    return worker() > 0 && rig.board->workers[0].end == 0;
}

/* The supervisor loads the verdicts that it has for these signatures first. */
START_TEST(no_worker_before_it_is_told)
{
    setup();
    start();
    g_usleep(200000);
    ck_assert_int_eq(worker(), 0);
    loader_handle_serve(rig.loader);
    ck_assert(comes_true(worker_serves));
    teardown();
}
END_TEST

static gboolean directory_exists(const char *name)
{
    g_autofree char *path = g_build_filename(rig.directory, name, NULL);

    return g_file_test(path, G_FILE_TEST_IS_DIR);
}

/* The lines of a worker that is killed, too, when no other comes after it. */
START_TEST(a_loader_leaves_nothing)
{
    static const char line[] = "what a worker said last\n";
    char text[LOG_BATCH_SIZE] = "";
    int log[2];
    pid_t last;

    setup();
    ck_assert_int_eq(pipe(log), 0);
    rig.shared.log = log[1];
    start();
    loader_handle_serve(rig.loader);
    ck_assert(comes_true(worker_serves));
    ck_assert(directory_exists("worker-0"));
    last = worker();
    ck_assert(log_batch_add(&rig.board->workers[0].log, line, strlen(line), board_now()));
    loader_handle_drain(rig.loader);
    kill(last, SIGKILL);
    g_main_loop_run(rig.loop);
    ck_assert_ptr_null(rig.loader);
    ck_assert(!directory_exists("worker-0"));
    ck_assert(!directory_exists("loader-0"));
    close(log[1]);
    ck_assert_int_gt(read(log[0], text, sizeof(text) - 1), 0);
    ck_assert_msg(strstr(text, line) != NULL, "%s", text);
    close(log[0]);
    teardown();
}
END_TEST

/* As a supervisor that is killed, before a loader that takes its time to end. */
static void be_killed(int out)
{
    pid_t ids[2];

    g_setenv(NO_DEATH_SIGNAL, "1", TRUE);
    start();
    loader_handle_serve(rig.loader);
    if (!comes_true(worker_serves))
        _exit(EXIT_FAILURE);
    ids[0] = loader_handle_pid(rig.loader);
    ids[1] = worker();
    kill(ids[0], SIGSTOP);
    _exit(write(out, ids, sizeof(ids)) == (ssize_t)sizeof(ids) ? EXIT_SUCCESS : EXIT_FAILURE);
}

START_TEST(workers_end_with_the_supervisor)
{
    struct pollfd ended = {.events = POLLIN};
    pid_t ids[2], supervisor;
    int ends[2], status;

    setup();
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    ck_assert_int_eq(pipe(ends), 0);
    supervisor = fork();
    if (supervisor == 0)
        be_killed(ends[1]);
    ck_assert_int_eq(waitpid(supervisor, &status, 0), supervisor);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(read(ends[0], ids, sizeof(ids)), sizeof(ids));
    ended.fd = (int)syscall(SYS_pidfd_open, ids[1], 0);
    status = poll(&ended, 1, PATIENCE_MILLISECONDS);
    kill(ids[1], SIGKILL);
    kill(ids[0], SIGKILL);
    ck_assert_int_eq(waitpid(ids[0], NULL, 0), ids[0]);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    ck_assert_int_eq(status, 1);
    teardown();
}
END_TEST

static const struct ucred *self(void)
{
    static struct ucred self;

    self = (struct ucred){.pid = getpid(), .uid = getuid(), .gid = getgid()};
    return &self;
}

/* Whatever says HELLO how often: each that is remembered costs a descriptor. */
START_TEST(clients_are_bounded)
{
    char *none[] = {NULL};
    Clients *clients = clients_new(none);
    guint unhooked;

    for (guint32 i = 0; i < CLIENTS_MAX + 10; i++) {
        guint8 instance[CLIENTS_INSTANCE_SIZE] = {0};

        memcpy(instance, &i, sizeof(i));
        clients_add(clients, instance, self(), "test");
    }
    g_autoptr(JsonArray) described = clients_describe(clients, &unhooked);
    ck_assert_uint_eq(json_array_get_length(described) - unhooked, CLIENTS_MAX);
    clients_free(clients);
}
END_TEST

static Clients *restore(const char *file)
{
    g_autoptr(GArray) everybody = g_array_new(FALSE, FALSE, sizeof(uid_t));
    char *none[] = {NULL};
    Clients *clients = clients_new(none);

    clients_restore(clients, file, "socket", everybody);
    return clients;
}

/* What the file of a former service says is believed of a process that is still the same, and until
 * that says more itself. */
START_TEST(clients_of_a_former_service_are_known)
{
    static const guint8 before[CLIENTS_INSTANCE_SIZE] = {1}, now[CLIENTS_INSTANCE_SIZE] = {2};
    g_autofree char *directory = g_dir_make_tmp("storehook-clients-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(directory, "clients", NULL);
    g_autoptr(GKeyFile) keys = g_key_file_new();
    Clients *clients = restore(file);

    clients_add(clients, before, self(), "test");
    clients_free(clients);
    clients = restore(file);
    ck_assert_str_eq(clients_program(clients, before), "test");
    clients_add(clients, before, self(), "test");
    clients_add(clients, now, self(), "other"); /* a second library in one process */
    ck_assert_str_eq(clients_program(clients, before), "test");
    clients_remove(clients, now);
    clients_free(clients);

    clients = restore(file);
    clients_add(clients, now, self(), "other"); /* after exec(2) */
    ck_assert_str_eq(clients_program(clients, before), "");
    ck_assert_str_eq(clients_program(clients, now), "other");
    clients_free(clients);

    /* Another process has the id by now. */
    ck_assert(g_key_file_load_from_file(keys, file, G_KEY_FILE_NONE, NULL));
    g_auto(GStrv) groups = g_key_file_get_groups(keys, NULL);
    ck_assert_uint_eq(g_strv_length(groups), 2);
    guint64 begun = g_key_file_get_uint64(keys, groups[1], "begun", NULL);
    g_key_file_set_uint64(keys, groups[1], "begun", begun + 1);
    ck_assert(g_key_file_save_to_file(keys, file, NULL));
    clients = restore(file);
    ck_assert_str_eq(clients_program(clients, now), "");
    clients_free(clients);
    temp_directory_remove(directory);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], LOADER_OPTION) == 0)
        return loader_main(argc - 1, argv + 1);

    const ScannerTest tests[] = {
        SCANNER_TEST(no_worker_before_it_is_told), SCANNER_TEST(a_loader_leaves_nothing),
        SCANNER_TEST(workers_end_with_the_supervisor), SCANNER_TEST(clients_are_bounded),
        SCANNER_TEST(clients_of_a_former_service_are_known)};

    return scanner_test_run("loader", tests, G_N_ELEMENTS(tests));
}
