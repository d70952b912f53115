/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-hostile.c - a service that misbehaves, dies and comes back, and a host that makes it hard.
 * Whatever happens, deliveries go on, in time, and what got no verdict is counted exactly.
 */
#include "tests/preload/hook-test.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ROWS = 3, /* judged rows of the delivery below: content, message, link */
    THREADS_MANY = 40,
    PATIENCE_MS = 20000, /* as the service grants at first: where nobody is late */
    DEADLINE_MS = 2000   /* where somebody is */
};

/* Seconds that a delivery takes whose rows share one deadline; with one each it were twice as long
 * at least. */
#define WITHIN (1.95 * DEADLINE_MS / 1000)

static Host host;
static FakeService *service;
static unsigned delivered;

static void setup(void)
{
    host_open(&host, hook_directory);
}

static void teardown(void)
{
    host_close(&host);
    host_end();
    if (service)
        fake_service_kill(service);
}

static void be_hooked(void)
{
    hook_look_until(&host, STOREHOOK_STATE_HOOKED);
}

static void setup_served(void)
{
    service = fake_service_start(hook_socket);
    setup();
    be_hooked();
}

static JET_ERR deliver_on(Host *on, const char *word)
{
    char data[64];
    const char *const parts[] = {data, "name", NULL};
    uint64_t id;

    snprintf(data, sizeof(data), "%s content %u", word, __atomic_fetch_add(&delivered, 1, 5));
    return host_deliver(on, &(HostMessage){"text", parts, false}, &id);
}

static JET_ERR deliver(const char *word)
{
    return deliver_on(&host, word);
}

/* For the rows to come. */
static void set_deadline(uint32_t ms)
{
    fake_service_set_deadline(service, ms);
    fake_service_next_generation(service);
    be_hooked();
}

static unsigned count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static uint64_t total(StorehookReason reason)
{
    return fake_service_counts(service).totals[reason];
}

/* --- Answers --------------------------------------------------------------------------- */

static const struct {
    FakeBehaviour behaviour;
    StorehookReason reason;
} faults[] = {
    {FAKE_GARBLED, STOREHOOK_REASON_PROTOCOL},
    {FAKE_SHORT, STOREHOOK_REASON_PROTOCOL},
    {FAKE_OVERSIZED, STOREHOOK_REASON_PROTOCOL},
    {FAKE_WRONG_VERSION, STOREHOOK_REASON_PROTOCOL},
    /* Nobody's answer; then the line ends without ours. */
    {FAKE_WRONG_REQUEST, STOREHOOK_REASON_CRASH},
    {FAKE_WRONG_KIND, STOREHOOK_REASON_PROTOCOL},
    {FAKE_BAD_LENGTHS, STOREHOOK_REASON_PROTOCOL},
    {FAKE_CLOSING, STOREHOOK_REASON_CRASH},
    {FAKE_LATE, STOREHOOK_REASON_DEADLINE},
    {FAKE_SILENT, STOREHOOK_REASON_DEADLINE},
};

START_TEST(bad_answers_pass_and_are_counted)
{
    bool waits = faults[_i].reason == STOREHOOK_REASON_DEADLINE;
    unsigned descriptors;
    double start;

    ck_assert_int_eq(deliver("good"), 0);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    descriptors = count_descriptors();
    if (waits)
        set_deadline(DEADLINE_MS);
    fake_service_behave(service, faults[_i].behaviour);
    start = hook_now();
    ck_assert_int_eq(deliver("EICAR"), 0);
    /* The deadline is the transaction's, not a row's; who need not wait does not. */
    ck_assert(hook_now() - start < (waits ? WITHIN : 10));
    hook_wait_for(total(faults[_i].reason) == ROWS);
    ck_assert_uint_eq(hook_status().unscanned, ROWS);
    ck_assert_uint_eq(hook_status().state, STOREHOOK_STATE_HOOKED);
    if (!waits)
        hook_wait_for(count_descriptors() <= descriptors);
    if (faults[_i].behaviour == FAKE_LATE)
        usleep(1100000);
    fake_service_behave(service, FAKE_CORRECT);
    if (waits)
        set_deadline(PATIENCE_MS);
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_uint_eq(hook_status().unscanned, ROWS);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 2);
}
END_TEST

START_TEST(odd_answers)
{
    unsigned descriptors;

    ck_assert_int_eq(deliver("good"), 0);
    descriptors = count_descriptors();
    fake_service_behave(service, FAKE_BAD_ACTION);
    ck_assert_int_eq(deliver("good"), 0);
    ck_assert_uint_eq(hook_status().unscanned, 1);
    /* A notice that could change under our eyes is not read. */
    fake_service_behave(service, FAKE_UNSEALED);
    ck_assert_int_eq(deliver("EICAR"), 0);
    fake_service_behave(service, FAKE_DESCRIPTORS);
    ck_assert_int_eq(deliver("good"), 0);
    hook_wait_for(count_descriptors() <= descriptors);
}
END_TEST

static uint64_t total_of_all(void)
{
    uint64_t sum = 0;

    for (int reason = 0; reason < STOREHOOK_REASONS; reason++)
        sum += total((StorehookReason)reason);
    return sum;
}

/* Seven thousand answers, half of them bad; flagged messages whose judgement fails are deferred. */
START_TEST(thousands_of_random_answers)
{
    unsigned descriptors, deferred = 0;

    ck_assert_int_eq(deliver("good"), 0);
    descriptors = count_descriptors();
    fake_service_behave(service, FAKE_RANDOM);
    for (unsigned i = 0; i < 2500; i++) {
        JET_ERR err = deliver(i % 5 == 0 ? "EICAR" : "good");

        if (i % 5 == 0 && err == JET_errInstanceUnavailable)
            deferred++;
        else
            ck_assert_int_eq(err, 0);
    }
    ck_assert_uint_gt(deferred, 10);
    hook_wait_for(count_descriptors() <= descriptors);
    ck_assert_uint_gt(hook_status().unscanned, 1000);
    fake_service_behave(service, FAKE_CORRECT);
    ck_assert_int_eq(deliver("good"), 0);
    /* On a busy machine some are late or find no place in the queue: each is counted as what it
     * was. */
    hook_wait_for(total_of_all() == hook_status().unscanned);
    ck_assert_uint_gt(total(STOREHOOK_REASON_PROTOCOL) + total(STOREHOOK_REASON_CRASH), 1000);
}
END_TEST

/* Whose queue is full at the last: nobody writes again. */
START_TEST(a_slow_supervisor_hears_all)
{
    fake_service_behave(service, FAKE_GARBLED);
    fake_service_take_reports_slowly(service, 5);
    for (unsigned i = 0; i < 40; i++)
        ck_assert_int_eq(deliver("good"), 0);
    hook_wait_for(total_of_all() == hook_status().unscanned);
    ck_assert_uint_eq(hook_status().unscanned, 40 * ROWS);
}
END_TEST

/* Seconds for three hundred: half of them fill the queue of a supervisor that takes no reports. */
static double deliver_many(void)
{
    double begin = hook_now();

    for (unsigned i = 0; i < 300; i++)
        ck_assert_int_eq(deliver("good"), 0);
    return hook_now() - begin;
}

/* It takes none for a while, and the store does not wait for it row by row: that would be ten
 * seconds more. */
START_TEST(a_supervisor_that_hangs_holds_up_nobody)
{
    double usual, until;

    fake_service_behave(service, FAKE_GARBLED);
    usual = deliver_many();
    fake_service_take_reports_slowly(service, 3000);
    ck_assert_double_lt(deliver_many(), 3 * usual + 1.5);
    fake_service_take_reports_slowly(service, 0);
    until = hook_now() + 20;
    do {
        ck_assert_int_eq(deliver("good"), 0);
        usleep(20000); /* for its report to arrive */
    } while (total_of_all() != hook_status().unscanned && hook_now() < until);
    ck_assert_uint_eq(total_of_all(), hook_status().unscanned);
}
END_TEST

/* --- No service, another one, the same again ---------------------------------------------- */

START_TEST(without_a_service_everything_passes)
{
    for (unsigned i = 0; i < 50; i++)
        ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_NOT_CONNECTED);
    service = fake_service_start(hook_socket);
    be_hooked();
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 50);
    /* Rows of tables that turn out to be judged; folders and mailboxes are none. */
    ck_assert_uint_eq(hook_status().unscanned, 50 * ROWS);
    hook_wait_for(total(STOREHOOK_REASON_UNAVAILABLE) == 50 * ROWS);
    ck_assert_uint_eq(fake_service_counts(service).report_rows, 50 * ROWS);
}
END_TEST

START_TEST(rolled_back_rows_did_not_pass)
{
    const HostColumn text[] = {{"text", "x", 1}};

    ck_assert_int_eq(deliver("good"), 0);
    fake_service_kill(service);
    service = NULL;
    ck_assert_int_eq(JetBeginTransaction(host.sesid), 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_int_eq(JetRollback(host.sesid, 0), 0);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    ck_assert_int_eq(host_insert(&host, HOST_MESSAGES, text, 1, NULL), 0);
    ck_assert_uint_eq(hook_status().unscanned, 1);
}
END_TEST

/* What was on its way to a service that was killed is told again, at the latest when the store
 * ends. */
START_TEST(a_report_that_nobody_read_is_told_at_the_end)
{
    JET_INSTANCE other;

    fake_service_enable(service, false);
    ck_assert_int_eq(deliver("good"), 0);
    hook_wait_for(fake_service_counts(service).totals[STOREHOOK_REASON_UNAVAILABLE] == ROWS);
    fake_service_kill(service);
    service = fake_service_start(hook_socket);
    ck_assert_int_eq(JetCreateInstance(&other, "other"), 0);
    ck_assert_int_eq(JetInit(&other), 0);
    ck_assert_int_eq(JetTerm(other), 0);
    hook_wait_for(fake_service_counts(service).totals[STOREHOOK_REASON_UNAVAILABLE] == ROWS);
}
END_TEST

START_TEST(killed_and_restarted)
{
    double started, soonest = 20;
    uint64_t expected = 0;

    for (unsigned round = 0; round < 3; round++) {
        ck_assert_int_eq(deliver("EICAR"), 0);
        ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), round * 20);
        fake_service_kill(service);
        for (unsigned i = 0; i < 20; i++)
            ck_assert_int_eq(deliver("EICAR"), 0);
        expected += 20 * ROWS;
        ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_NOT_CONNECTED);
        ck_assert_uint_eq(hook_status().unscanned, expected);
        service = fake_service_start(hook_socket);
        started = hook_now();
        be_hooked();
        if (hook_now() - started < soonest)
            soonest = hook_now() - started;
    }
    /* Who found nobody asks again after a tenth of a second; a busy machine is late now and then.
     */
    ck_assert(soonest < 0.6);
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 60);
    hook_wait_for(total(STOREHOOK_REASON_UNAVAILABLE) == expected);
}
END_TEST

/* Killed while it said `stopped`: the page of the dead one must not hold us for ever. */
START_TEST(killed_while_stopped)
{
    ck_assert_int_eq(deliver("good"), 0);
    fake_service_enable(service, false);
    ck_assert_int_eq(deliver("good"), 0);
    ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_STOPPED);
    fake_service_kill(service);
    service = fake_service_start(hook_socket);
    be_hooked();
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 2);
}
END_TEST

/* Each bad answer to HELLO leaves the store unprotected, counted and quick, and then hooked. */
START_TEST(bad_handshakes)
{
    double start = hook_now();

    service = fake_service_start(hook_socket);
    fake_service_set_deadline(service, 3000); /* beyond that is late */
    fake_service_behave_at_hello(service, faults[_i].behaviour);
    setup();
    for (unsigned i = 0; i < 80; i++)
        ck_assert_int_eq(deliver("EICAR"), 0);
    /* The first waits a second. If each waited a tenth of one, it would be nine. */
    ck_assert(hook_now() - start < 8);
    ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_NOT_CONNECTED);
    fake_service_behave_at_hello(service, FAKE_CORRECT);
    be_hooked();
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_HOOKED);
    ck_assert_uint_eq(hook_status().unscanned, 80 * ROWS);
}
END_TEST

/* Slower each time than anybody waits for it. */
START_TEST(a_late_welcome_is_taken)
{
    service = fake_service_start(hook_socket);
    fake_service_welcome_slowly(service, 1500);
    setup();
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_NOT_CONNECTED);
    be_hooked();
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_uint_eq(hook_status().unscanned, ROWS);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert_uint_eq(fake_service_counts(service).hellos, 1);
}
END_TEST

START_TEST(not_to_be_hooked)
{
    unsigned hellos;

    fake_service_set_answer(service, STOREHOOK_ANSWER_NOT_YOU);
    fake_service_next_generation(service);
    hook_look_until(&host, STOREHOOK_STATE_NOT_YOU);
    hellos = fake_service_counts(service).hellos;
    for (unsigned i = 0; i < 200; i++)
        ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_int_eq(hook_status().state, STOREHOOK_STATE_NOT_YOU);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    ck_assert_uint_eq(fake_service_counts(service).contents, 0);
    ck_assert_uint_eq(fake_service_counts(service).hellos, hellos);
    fake_service_set_answer(service, STOREHOOK_ANSWER_HOOKED);
    fake_service_next_generation(service);
    be_hooked();
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 200);
}
END_TEST

/* --- The switch ------------------------------------------------------------------------------ */

static _Atomic bool stop_load;
static unsigned load_failures;

static void *run_load(void *argument)
{
    Host own;

    (void)argument;
    host_open(&own, hook_directory);
    while (!stop_load)
        if (deliver_on(&own, "good") != 0)
            load_failures++;
    host_close(&own);
    return NULL;
}

START_TEST(toggled_a_thousand_times_under_load)
{
    pthread_t load;
    unsigned before;

    ck_assert_int_eq(deliver("good"), 0);
    pthread_create(&load, NULL, run_load, NULL);
    before = host_count(&host, HOST_FOLDERS);
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t id = 0;
        JET_ERR err;

        fake_service_enable(service, i % 2);
        /* In effect at once: the very next delivery. */
        err = host_deliver(&host, &(HostMessage){"REALLY EICAR", NULL, false}, &id);
        ck_assert_int_eq(err, 0);
        if (i % 100 == 0)
            ck_assert_int_eq(hook_status().state,
                             i % 2 ? STOREHOOK_STATE_HOOKED : STOREHOOK_STATE_STOPPED);
    }
    stop_load = true;
    pthread_join(load, NULL);
    ck_assert_uint_eq(load_failures, 0);
    /* Of a thousand bad messages those of the five hundred stopped rounds are there. */
    ck_assert_uint_eq(fake_service_counts(service).messages, 500);
    ck_assert_uint_eq(before, host_count(&host, HOST_FOLDERS));
}
END_TEST

/* --- A host that makes it hard -----------------------------------------------------------------
 */

static void *run_some(void *argument)
{
    Host own;

    (void)argument;
    host_open(&own, hook_directory);
    for (unsigned i = 0; i < 5; i++)
        if (deliver_on(&own, "good") != 0)
            __atomic_fetch_add(&load_failures, 1, 5);
    host_close(&own);
    return NULL;
}

START_TEST(no_descriptors_left)
{
    struct rlimit limit, none;
    int highest = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ck_assert_int_eq(deliver("good"), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = (rlim_t)highest;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    close(highest);
    ck_assert_uint_eq(hook_status().unscanned, 20 * ROWS);
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_uint_eq(hook_status().unscanned, 20 * ROWS);
    /* One line was kept, and the first question may leave by it. The service, a thread of ours, has
     * none left either and loses what travels: CRASH. On a busy processor the time that the first
     * message has may be over by then, or before the service comes to it at all: DEADLINE. */
    /* A report for which the service has no room for long goes with a later write. */
    hook_wait_for(deliver("good") == 0 && total_of_all() == 20 * ROWS);
    ck_assert_uint_le(total(STOREHOOK_REASON_CRASH), 1);
    ck_assert_uint_le(total(STOREHOOK_REASON_CRASH) + total(STOREHOOK_REASON_DEADLINE), ROWS);
    ck_assert_uint_eq(total(STOREHOOK_REASON_RESOURCES) + total(STOREHOOK_REASON_CRASH) +
                          total(STOREHOOK_REASON_DEADLINE),
                      20 * ROWS);
}
END_TEST

/* If all asked at once, with three descriptors each: they wait for one another. */
START_TEST(more_threads_than_descriptors)
{
    struct rlimit limit, few;
    pthread_t threads[THREADS_MANY];

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    few = (struct rlimit){2 * THREADS_MANY, limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    fake_service_next_generation(service);
    be_hooked();
    for (unsigned i = 0; i < THREADS_MANY; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_some, NULL), 0);
    for (unsigned i = 0; i < THREADS_MANY; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(load_failures, 0);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    ck_assert_uint_eq(fake_service_counts(service).contents, THREADS_MANY * 5);
}
END_TEST

/* RLIMIT_FSIZE must not bring SIGXFSZ over a memfd. */
START_TEST(no_file_size_left)
{
    struct rlimit none = {4096, RLIM_INFINITY};
    static char large[STOREHOOK_TAIL_MAX + 2];
    const char *const parts[] = {large, "large", NULL};
    uint64_t id;

    memset(large, 'a', STOREHOOK_TAIL_MAX + 1);
    ck_assert_int_eq(deliver("good"), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ck_assert_int_eq(host_deliver(&host, &(HostMessage){"text", parts, false}, &id), 0);
    none.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ck_assert_uint_ge(hook_status().unscanned, 1);
}
END_TEST

/* The host closes what it does not know, and its own files get the numbers. */
static unsigned count_new_sockets(const bool *known)
{
    unsigned count = 0;

    for (int fd = 3; fd < 1024; fd++) {
        struct stat status;

        if (!known[fd] && fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode))
            count++;
    }
    return count;
}

START_TEST(descriptors_closed_and_reused_by_the_host)
{
    enum {
        SOCKETS = 4
    }; /* to the supervisor, to the workers, and a pair for the answers */
    char path[128];
    bool known[1024] = {false};
    int files[64];
    unsigned count = 0;

#ifdef __SANITIZE_THREAD__
    setup();
    return; /* takes descriptors away from other threads, which is what this sanitizer looks for */
#endif
    snprintf(path, sizeof(path), "%s/precious", hook_directory);
    service = fake_service_start(hook_socket);
    for (int fd = 0; fd < 1024; fd++)
        known[fd] = fcntl(fd, F_GETFD) >= 0;
    setup();
    ck_assert_int_eq(deliver("good"), 0);
    /* The service is a thread here: it may not have closed its end of the last answer yet. */
    hook_wait_for(count_new_sockets(known) == SOCKETS);
    for (int fd = 3; fd < 1024; fd++) {
        if (!known[fd] && fcntl(fd, F_GETFD) >= 0) {
            int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            struct stat status;

            /* Sockets only: the store may have opened something as well. */
            ck_assert_int_eq(fstat(fd, &status), 0);
            if (S_ISSOCK(status.st_mode)) {
                ck_assert_int_eq(dup3(file, fd, O_CLOEXEC), fd);
                files[count++] = fd;
            }
            close(file);
        }
    }
    ck_assert_uint_eq(count, SOCKETS);
    ck_assert_int_eq(deliver("EICAR"), 0);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    fake_service_behave(service, FAKE_CLOSING);
    ck_assert_int_eq(deliver("good"), 0);
    fake_service_kill(service);
    service = NULL;
    ck_assert_int_eq(deliver("good"), 0);
    for (unsigned i = 0; i < count; i++) {
        struct stat status;

        ck_assert_int_eq(fstat(files[i], &status), 0);
        ck_assert(S_ISREG(status.st_mode));
        ck_assert_int_eq(status.st_size, 0);
    }
}
END_TEST

static void *deliver_once(void *argument)
{
    (void)argument;
    ck_assert_int_eq(deliver("good"), 0);
    return NULL;
}

/* A child of a hooked process passes at once, whatever its parent's threads hold. */
START_TEST(fork_in_mid_call)
{
    pthread_t thread;
    Host own;

    host_open(&own, hook_directory);
    ck_assert_int_eq(deliver("good"), 0);
    set_deadline(DEADLINE_MS);
    fake_service_behave(service, FAKE_SILENT);
    for (unsigned i = 0; i < 3; i++) {
        int status;
        pid_t child;

        pthread_create(&thread, NULL, deliver_once, NULL);
        usleep(100000);
        child = fork();
        if (child == 0) {
            const HostColumn text[] = {{"text", "EICAR", 5}};
            double start = hook_now();

            alarm(5);
            if (i == 2)
                execl("/bin/true", "true", NULL);
            if (host_insert(&own, HOST_MESSAGES, text, 1, NULL) != 0 ||
                hook_now() - start > 0.95 * DEADLINE_MS / 1000 ||
                hook_status().state != STOREHOOK_STATE_FORKED)
                _exit(1);
            _exit(0);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(status, 0);
        pthread_join(thread, NULL);
    }
    ck_assert_uint_eq(hook_status().unscanned, 3 * ROWS);
    host_close(&own);
}
END_TEST

static void ignore(int number)
{
    (void)number;
}

START_TEST(storm_of_signals)
{
    struct sigaction action = {.sa_handler = ignore};
    struct itimerval storm = {{0, 100}, {0, 100}}, calm = {{0, 0}, {0, 0}};

    ck_assert_int_eq(deliver("good"), 0);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &storm, NULL);
    for (unsigned i = 0; i < 300; i++)
        ck_assert_int_eq(deliver(i % 10 ? "good" : "EICAR"), 0);
    ck_assert_uint_eq(hook_status().unscanned, 0);
    set_deadline(DEADLINE_MS);
    fake_service_behave(service, FAKE_SILENT);
    {
        double start = hook_now();

        ck_assert_int_eq(deliver("good"), 0);
        ck_assert(hook_now() - start < WITHIN);
    }
    setitimer(ITIMER_REAL, &calm, NULL);
    ck_assert_uint_eq(hook_status().unscanned, ROWS);
    ck_assert_uint_eq(host_count(&host, HOST_MESSAGES), 1 + 270 + 1);
}
END_TEST

static void *write_with_little_stack(void *argument)
{
    static const unsigned char digest[STOREHOOK_DIGEST_SIZE] = "alone";
    const HostColumn alone[] = {{"digest", digest, sizeof(digest)}, {"data", "EICAR alone", 11}};
    uint64_t id;

    (void)argument;
    /* The handshake, a flagged message, what is told of its link, a flagged row without
     * transaction. */
    host_deliver(&host, &(HostMessage){"EICAR", NULL, false}, &id);
    host_link(&host, id, 7, 1);
    host_insert(&host, HOST_CONTENTS, alone, 2, NULL);
    return NULL;
}

enum {
#if defined(__SANITIZE_THREAD__)
    LITTLE_STACK = 1 << 20 /* what it keeps of a thread lies there, too */
#elif defined(__SANITIZE_ADDRESS__)
    LITTLE_STACK = 1 << 18 /* its frames are wider */
#else
    LITTLE_STACK = 12288 /* three quarters of PTHREAD_STACK_MIN */
#endif
};

/* What the host, the store and the thread's own data take is in the figure, too. */
START_TEST(little_stack)
{
    static _Alignas(4096) unsigned char stack[1 << 21];
    unsigned char *lowest = stack;
    pthread_attr_t attributes;
    pthread_t thread;

    fake_service_next_generation(service);
    memset(stack, 0xa5, sizeof(stack));
    ck_assert_int_eq(pthread_attr_init(&attributes), 0);
    ck_assert_int_eq(pthread_attr_setstack(&attributes, stack, sizeof(stack)), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, write_with_little_stack, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    while (*lowest == 0xa5)
        lowest++;
    ck_assert_uint_eq(fake_service_counts(service).hellos, 2);
    ck_assert_uint_eq(fake_service_counts(service).messages, 2);
    ck_assert_uint_eq(fake_service_counts(service).notes, 1);
    ck_assert_uint_lt(stack + sizeof(stack) - lowest, LITTLE_STACK);
}
END_TEST

/* One worker, slower than the deadline, and a queue of eleven. */
START_TEST(queue_is_full_to_the_deadline)
{
    pthread_t threads[16];
    uint64_t before;
    double start;

    set_deadline(100);
    ck_assert_int_eq(deliver("good"), 0); /* in time or not */
    before = hook_status().unscanned;
    fake_service_behave(service, FAKE_LATE);
    start = hook_now();
    for (unsigned i = 0; i < 16; i++)
        pthread_create(&threads[i], NULL, run_some, NULL);
    for (unsigned i = 0; i < 16; i++)
        pthread_join(threads[i], NULL);
    /* One after the other they would take eight seconds at least. */
    ck_assert(hook_now() - start < 7);
    ck_assert_uint_eq(load_failures, 0);
    ck_assert_uint_eq(hook_status().unscanned - before, 16 * 5 * ROWS);
    fake_service_behave(service, FAKE_CORRECT);
    be_hooked();
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("hostile");
    TCase *served = tcase_create("served"), *alone = tcase_create("alone"),
          *bare = tcase_create("bare");
    int faults_count = (int)(sizeof(faults) / sizeof(faults[0]));

    (void)argc;
    tcase_add_checked_fixture(served, setup_served, teardown);
    tcase_set_timeout(served, 60);
    tcase_add_loop_test(served, bad_answers_pass_and_are_counted, 0, faults_count);
    tcase_add_test(served, odd_answers);
    tcase_add_test(served, thousands_of_random_answers);
    tcase_add_test(served, a_slow_supervisor_hears_all);
    tcase_add_test(served, a_supervisor_that_hangs_holds_up_nobody);
    tcase_add_test(served, rolled_back_rows_did_not_pass);
    tcase_add_test(served, killed_and_restarted);
    tcase_add_test(served, killed_while_stopped);
    tcase_add_test(served, a_report_that_nobody_read_is_told_at_the_end);
    tcase_add_test(served, not_to_be_hooked);
    tcase_add_test(served, toggled_a_thousand_times_under_load);
    tcase_add_test(served, no_descriptors_left);
    tcase_add_test(served, more_threads_than_descriptors);
    tcase_add_test(served, no_file_size_left);
    tcase_add_test(served, fork_in_mid_call);
    tcase_add_test(served, storm_of_signals);
    tcase_add_test(served, little_stack);
    tcase_add_test(served, queue_is_full_to_the_deadline);
    suite_add_tcase(suite, served);
    tcase_add_checked_fixture(alone, setup, teardown);
    tcase_set_timeout(alone, 60);
    tcase_add_test(alone, without_a_service_everything_passes);
    suite_add_tcase(suite, alone);
    tcase_add_checked_fixture(bare, NULL, teardown);
    tcase_set_timeout(bare, 60);
    tcase_add_test(bare, descriptors_closed_and_reused_by_the_host);
    tcase_add_loop_test(bare, bad_handshakes, 0, faults_count);
    tcase_add_test(bare, a_late_welcome_is_taken);
    suite_add_tcase(suite, bare);
    return hook_test_main(argv, suite);
}
