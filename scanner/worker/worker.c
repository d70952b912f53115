/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker.c - waits on the request sockets, judges, answers, counts, logs.
 *
 * A worker with a lane stays on its processor and shows in the lane when it waits (protocol.h);
 * during a long scan it may move.
 *
 * Fails at its start, and when the supervisor has ended (status 1). A datagram that is no request
 * is counted and dropped. A request whose client has gone is not judged. A worker keeps nothing
 * from one request to the next.
 */
#include "scanner/worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/common/condemned.h"
#include "scanner/common/log.h"
#include "scanner/common/users.h"
#include "scanner/judge/log-decision.h"
#include "scanner/scan/memory-watch.h"
#include "scanner/worker/cage.h"

enum {
    STATUS_FAILED = 1,
    SOCKETS = 4,                /* lane, store, access, background */
    LANE_MOST = 64,             /* requests taken from another's lane at a time */
    LOOK_MILLISECONDS = 1000,   /* for requests that woke a worker which was killed then */
    TELL_SHARE = 5,             /* 1/5 of the time is kept for the answer: request_set_end() */
    GRACE_MICROSECONDS = 100000 /* between a request's deadline and the kill */
};

typedef struct {
    const WorkerSettings *settings;
    Judge judge;
    BoardCounts *counts;
    int poll;
    int signals;
    StorehookLane *lane; /* NULL: none */
    guint look;          /* number + 1 of the lane that a LOOK asks it to empty; 0: none */
    guint64 begin;       /* of this request */
    uint64_t failures;   /* of allocations, before this process started */
    unsigned char request[STOREHOOK_REQUEST_MAX] __attribute__((aligned(8)));
    unsigned char reply[STOREHOOK_DATAGRAM_MAX] __attribute__((aligned(8)));
    int descriptors[STOREHOOK_DESCRIPTORS_MAX];
    unsigned descriptor_count;
} Worker;

typedef void (*JudgeFunction)(Judge *, const StorehookMessage *, Answer *);

static JudgeFunction function_for(guint kind)
{
    switch (kind) {
    case STOREHOOK_JUDGE_CONTENT:
        return judge_content;
    case STOREHOOK_JUDGE_LINK:
        return judge_link;
    case STOREHOOK_JUDGE_TEXT:
        return judge_text;
    case STOREHOOK_JUDGE_MESSAGE:
        return judge_message;
    case STOREHOOK_SCAN:
        return judge_question;
    default:
        return NULL;
    }
}

static gboolean client_is_gone(int reply)
{
    struct pollfd state = {.fd = reply, .events = 0};

    return poll(&state, 1, 0) == 1 && (state.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static void put_text(StorehookWriter *writer, StorehookField tag, const char *text)
{
    if (text && *text)
        storehook_write_bytes(writer, tag, text, strlen(text));
}

/* Puts the bytes into the answer if they fit; else into a memfd, which is returned. -1: none. */
static int put_data(StorehookWriter *writer, GBytes *data)
{
    gsize size;
    const void *bytes = g_bytes_get_data(data, &size);
    int fd;

    if (size <= STOREHOOK_INLINE_MAX) {
        storehook_write_bytes(writer, STOREHOOK_FIELD_DATA, bytes, size);
        return -1;
    }
    fd = storehook_memfd_new(bytes, size);
    if (fd >= 0)
        storehook_write_descriptor(writer, STOREHOOK_FIELD_DATA, fd, size);
    else
        writer->overflow = true; /* no answer is better than half of one */
    return fd;
}

static int worker_send(Worker *worker, const StorehookMessage *request, const Answer *answer,
                       int reply)
{
    StorehookWriter writer;
    int data = -1, result;

    storehook_write_start(&writer, worker->reply, sizeof(worker->reply), STOREHOOK_VERDICT,
                          request->header.request, 0, request->header.generation);
    storehook_write_u32(&writer, STOREHOOK_FIELD_ACTION, answer->action);
    storehook_write_u32(&writer, STOREHOOK_FIELD_VERDICT, answer->verdict.kind);
    put_text(&writer, STOREHOOK_FIELD_VERDICT_NAME, answer->verdict.name);
    put_text(&writer, STOREHOOK_FIELD_TYPE, answer->verdict.type);
    put_text(&writer, STOREHOOK_FIELD_INCIDENT, answer->incident);
    put_text(&writer, STOREHOOK_FIELD_NAME, answer->name);
    if (answer->flagged)
        storehook_write_u32(&writer, STOREHOOK_FIELD_FLAGGED, 1);
    if (answer->need_data)
        storehook_write_u32(&writer, STOREHOOK_FIELD_NEED_DATA, 1);
    if (answer->may_remember)
        storehook_write_u32(&writer, STOREHOOK_FIELD_REMEMBER, 1);
    if (answer->has_digest)
        storehook_write_bytes(&writer, STOREHOOK_FIELD_DIGEST, answer->digest,
                              STOREHOOK_DIGEST_SIZE);
    if (answer->has_token)
        storehook_write_bytes(&writer, STOREHOOK_FIELD_TOKEN, answer->token, STOREHOOK_TOKEN_SIZE);
    if (answer->header)
        storehook_write_bytes(&writer, STOREHOOK_FIELD_HEADER, answer->header, answer->header_size);
    if (answer->data)
        data = put_data(&writer, answer->data);
    result = storehook_write_send(&writer, reply, MSG_DONTWAIT);
    if (data >= 0)
        close(data);
    return result;
}

static BoardUnscanned unscanned_reason(const Verdict *verdict)
{
    if (condemned_is(verdict))
        return BOARD_UNSCANNED_CONDEMNED;
    if (verdict->kind == STOREHOOK_VERDICT_NOT_FULLY_SCANNED)
        return BOARD_UNSCANNED_LIMIT;
    if (g_str_has_prefix(verdict->name, "temporary"))
        return BOARD_UNSCANNED_TEMPORARY;
    if (g_str_has_prefix(verdict->name, "content"))
        return BOARD_UNSCANNED_CONTENT;
    if (g_str_has_prefix(verdict->name, "memory"))
        return BOARD_UNSCANNED_MEMORY;
    return BOARD_UNSCANNED_ENGINE;
}

static void count_add(_Atomic guint64 *counter, gint64 step)
{
    atomic_fetch_add_explicit(counter, (guint64)step, memory_order_relaxed);
}

/* With step 1 before the answer is sent, so that whoever has it finds it counted. With -1 when it
 * could not be sent: the client then counts it itself. */
static void worker_count(Worker *worker, guint kind, const Answer *answer, gint64 step)
{
    BoardCounts *counts = worker->counts;
    gboolean passed = answer->action == STOREHOOK_ACTION_PASS;

    if (answer->need_data)
        return;
    count_add(&counts->actions[answer->action], step);
    if (kind == STOREHOOK_JUDGE_MESSAGE)
        return; /* its parts were counted one by one */
    count_add(&counts->verdicts[answer->verdict.kind], step);
    if (answer->from_cache)
        count_add(&counts->cache_hits, step);
    if (passed && !answer->flagged && kind != STOREHOOK_SCAN &&
        (answer->verdict.kind == STOREHOOK_VERDICT_NOT_SCANNED ||
         answer->verdict.kind == STOREHOOK_VERDICT_NOT_FULLY_SCANNED))
        count_add(&counts->unscanned[unscanned_reason(&answer->verdict)], step);
}

static void worker_flush_log(Worker *worker)
{
    count_add(&worker->counts->log_lines_lost,
              log_batch_flush(&worker->judge.slot->log, worker->settings->log));
}

/* Lines about clean contents are written together. */
static void worker_log(Worker *worker, guint kind, const Answer *answer, guint64 microseconds)
{
    gboolean boring = answer->verdict.kind == STOREHOOK_VERDICT_CLEAN && !answer->flagged;
    const char *signatures = worker->settings->signatures;
    LogBatch *batch = &worker->judge.slot->log;
    guint64 now = worker->begin + microseconds;

    if (answer->need_data || (boring && worker->judge.config->log_decisions == CONFIG_LOG_FINDINGS))
        return;
    if (!log_decision(batch, now, kind, answer, microseconds, signatures)) {
        worker_flush_log(worker);
        (void)log_decision(batch, now, kind, answer, microseconds, signatures);
    }
    if (!boring || log_batch_is_due(batch, now))
        worker_flush_log(worker);
}

/* Microseconds that a request may take: what the client grants, within the configured limit. */
static guint64 request_time(const Worker *worker, const StorehookMessage *request,
                            gboolean background)
{
    const ScannerConfig *config = worker->judge.config;
    guint most = background ? config->background_deadline : config->deadline;
    guint granted = request->header.deadline_ms;

    return (guint64)(granted > 0 ? MIN(granted, most) : most) * 1000;
}

/* The work ends before the client's patience does: that there was not enough time is an answer too,
 * and who is gone by then lets the content pass as one that nobody looked at. */
static void request_set_end(Worker *worker, const StorehookMessage *request, gboolean background)
{
    guint64 time = request_time(worker, request, background);

    worker->judge.end = worker->begin + time - time / TELL_SHARE;
    atomic_store(&worker->judge.slot->end, worker->begin + time + GRACE_MICROSECONDS);
}

/* Takes a LOOK, which does not count as a request. FALSE: it is none, or there is no such lane. */
static gboolean worker_hear_call(Worker *worker, const StorehookMessage *call)
{
    guint32 lane = storehook_read_u32(call, STOREHOOK_FIELD_LANE, UINT32_MAX);

    if (call->header.kind != STOREHOOK_LOOK || lane >= STOREHOOK_LANES_MAX)
        return FALSE;
    worker->look = lane + 1;
    return TRUE;
}

static void worker_answer(Worker *worker, const StorehookMessage *request, pid_t client,
                          gboolean background)
{
    JudgeFunction function = function_for(request->header.kind);
    int reply = worker->descriptor_count > 0 ? worker->descriptors[0] : -1;
    BoardWorker *slot = worker->judge.slot;
    Answer answer = {0};
    guint64 spent;

    if (worker->lane)
        atomic_store_explicit(&worker->lane->request, (guint32)request->header.request,
                              memory_order_relaxed);
    worker->judge.client = client;
    if (request->header.kind == STOREHOOK_NOTE_LINK) {
        judge_note(&worker->judge, request);
        return;
    }
    if (!function || reply < 0) {
        board_count(&worker->counts->refused);
        return;
    }
    if (client_is_gone(reply)) {
        board_count(&worker->counts->abandoned);
        return;
    }
    request_set_end(worker, request, background);
    atomic_store(&slot->busy, worker->begin);
    function(&worker->judge, request, &answer);
    spent = board_now() - worker->begin;
    worker_count(worker, request->header.kind, &answer, 1);
    if (worker_send(worker, request, &answer, reply) == 0)
        board_add_latency(worker->counts, spent);
    else
        worker_count(worker, request->header.kind, &answer, -1);
    judge_finish(&worker->judge, &answer);
    board_clear_content(slot);
    atomic_store(&slot->busy, 0);
    worker_log(worker, request->header.kind, &answer, spent);
    answer_clear(&answer);
    atomic_store(&slot->end, 0);
}

/* Answers a health check. It is no mail, so nothing is counted, remembered or logged. */
static void worker_prove(Worker *worker, const StorehookMessage *request)
{
    BoardWorker *slot = worker->judge.slot;
    Answer answer = {0};

    if (request->header.kind != STOREHOOK_SCAN || worker->descriptor_count == 0)
        return;
    request_set_end(worker, request, FALSE);
    atomic_store(&slot->busy, worker->begin);
    judge_probe(&worker->judge, request, &answer);
    (void)worker_send(worker, request, &answer, worker->descriptors[0]);
    atomic_store(&slot->busy, 0);
    atomic_store(&slot->end, 0);
    answer_clear(&answer);
}

/* FALSE when no request was waiting. */
static gboolean worker_take(Worker *worker, int socket, gboolean background)
{
    StorehookMessage request;
    struct ucred sender;
    gboolean is_request;
    ssize_t size;

    size = storehook_receive_from(socket, worker->request, sizeof(worker->request),
                                  worker->descriptors, &worker->descriptor_count, MSG_DONTWAIT,
                                  &sender);
    if (size == -EAGAIN)
        return FALSE;
    worker->begin = board_now();
    is_request = size >= 0 &&
                 storehook_read_message(worker->request, (size_t)size, worker->descriptors,
                                        worker->descriptor_count, &request) == 0 &&
                 users_may_ask(worker->settings->users, sender.uid);
    if (is_request && sender.pid == worker->settings->supervisor) {
        worker_prove(worker, &request);
    } else if (!is_request || !worker_hear_call(worker, &request)) {
        board_count(&worker->counts->requests);
        if (is_request)
            worker_answer(worker, &request, sender.pid, background);
        else
            board_count(&worker->counts->refused);
    }
    for (unsigned i = 0; i < worker->descriptor_count; i++)
        close(worker->descriptors[i]);
    worker->descriptor_count = 0;
    return TRUE;
}

static gboolean worker_poll_add(Worker *worker, int fd, guint32 events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    return fd < 0 || epoll_ctl(worker->poll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Goes to the processor of its lane, if it has one, and waits there. */
static gboolean worker_take_lane(Worker *worker)
{
    const WorkerSettings *settings = worker->settings;

    if (settings->lane < 0 || !lanes_stay(settings->lane))
        return TRUE;
    worker->lane = &settings->lanes->lanes[settings->lane];
    return worker_poll_add(worker, settings->lane_sockets[settings->lane],
                           EPOLLIN | EPOLLEXCLUSIVE);
}

/* What libgsf says of a document is of no use in the log, which anybody could fill so. */
static void on_complaint(const char *domain, GLogLevelFlags level, const char *message,
                         gpointer user_data)
{
    if (!domain || !g_str_has_prefix(domain, "libgsf"))
        g_log_default_handler(domain, level, message, user_data);
}

static gboolean worker_start(Worker *worker)
{
    const WorkerSettings *settings = worker->settings;
    g_autoptr(GError) error = NULL;
    sigset_t stop;

    g_log_set_default_handler(on_complaint, NULL);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    worker->signals = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    worker->poll = epoll_create1(EPOLL_CLOEXEC);
    /* EPOLLEXCLUSIVE: one request wakes one worker. Of the channel only the end is of interest. */
    if (worker->signals < 0 || worker->poll < 0 ||
        !worker_poll_add(worker, settings->store, EPOLLIN | EPOLLEXCLUSIVE) ||
        !worker_poll_add(worker, settings->access, EPOLLIN | EPOLLEXCLUSIVE) ||
        !worker_poll_add(worker, settings->background, EPOLLIN | EPOLLEXCLUSIVE) ||
        !worker_poll_add(worker, settings->channel, 0) ||
        !worker_poll_add(worker, worker->signals, EPOLLIN) || !worker_take_lane(worker))
        return FALSE;
    /* libarchive writes a 7z through a temporary file, and the cage allows no other place. */
    g_setenv("TMPDIR", settings->temp_directory, TRUE);
    if (!engine_set_temp_directory(settings->engine, settings->temp_directory, &error)) {
        log_line(settings->log, "worker not-started reason=\"%s\"", error->message);
        return FALSE;
    }
    return TRUE;
}

/* When memory is short the kernel kills a process. A worker is replaced at once, unlike a store or
 * a loader. The score is half of the maximum, so that a process which uses most of the machine's
 * memory is still killed first. */
static void worker_stand_forward(void)
{
    static const char score[] = "500";
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, score, strlen(score)) < 0)
        g_debug("oom_score_adj: %s", g_strerror(errno));
    close(fd);
}

static void worker_enter_cage(Worker *worker)
{
    const WorkerSettings *settings = worker->settings;
    const CageSettings cage = {.temp_directory = settings->temp_directory,
                               .memory = settings->config->memory,
                               .file_size = settings->config->temporary_size};

    atomic_store(&worker->judge.slot->layers, cage_enter(&cage));
}

static gboolean worker_take_from_lane(Worker *worker, int lane)
{
    int socket = worker->settings->lane_sockets[lane];
    gboolean taken = socket >= 0 && worker_take(worker, socket, FALSE);

    count_add(&worker->counts->handed_over, taken);
    return taken;
}

/* Takes what waits in another worker's lane; that worker may return at the same time. */
static void worker_take_over(Worker *worker)
{
    int lane = (int)worker->look - 1;

    worker->look = 0;
    for (guint i = 0; i < LANE_MOST && worker_take_from_lane(worker, lane); i++)
        ;
}

/* Requests of a store come first, always. FALSE when nothing was waiting. */
static gboolean worker_take_next(Worker *worker)
{
    const WorkerSettings *settings = worker->settings;
    gboolean taken = (worker->lane && worker_take_from_lane(worker, settings->lane)) ||
                     worker_take(worker, settings->store, FALSE) ||
                     worker_take(worker, settings->access, FALSE) ||
                     (settings->background >= 0 && worker_take(worker, settings->background, TRUE));

    if (worker->look != 0)
        worker_take_over(worker);
    return taken;
}

/* The kernel wakes one worker for a request. One that was woken and is told to end must still take
 * it. */
static void worker_take_last(Worker *worker)
{
    for (guint i = 0; i < SOCKETS && worker_take_next(worker); i++)
        ;
}

static void worker_wait_in_lane(Worker *worker, guint32 waiting)
{
    if (worker->lane)
        atomic_store_explicit(&worker->lane->waiting, waiting, memory_order_release);
}

/* If the loader let it go during a long scan: back to the processor of its lane, before it waits
 * there. */
static void worker_come_back(Worker *worker)
{
    BoardWorker *slot = worker->judge.slot;

    if (!worker->lane || atomic_load_explicit(&slot->let_go, memory_order_relaxed) == 0)
        return;
    (void)lanes_stay(worker->settings->lane);
    atomic_store(&slot->let_go, 0);
}

/* An allocation failed: libraries may be in a bad state. */
static gboolean worker_went_without(const Worker *worker)
{
    return memory_watch_now().failures != worker->failures;
}

/* Returns the exit status. */
static int worker_serve(Worker *worker)
{
    const WorkerSettings *settings = worker->settings;
    BoardWorker *slot = worker->judge.slot;

    atomic_store(&slot->end, 0); /* set at the start by loader_fork() */
    for (;;) {
        struct epoll_event event;
        int ready;

        worker_come_back(worker);
        worker_wait_in_lane(worker, 1);
        ready =
            epoll_wait(worker->poll, &event, 1,
                       log_batch_is_empty(&slot->log) ? LOOK_MILLISECONDS : LOG_BATCH_MILLISECONDS);
        worker_wait_in_lane(worker, 0);
        if (ready < 0 && errno != EINTR)
            return STATUS_FAILED;
        if (ready == 0)
            worker_flush_log(worker);
        if (ready > 0 && event.data.fd == worker->signals) {
            worker_take_last(worker);
            return 0;
        }
        /* The supervisor has ended. The kernel will kill this worker with the loader, but with
         * large signatures that takes a while. */
        if (ready > 0 && event.data.fd == settings->channel)
            return STATUS_FAILED;
        if (ready < 0 || !worker_take_next(worker))
            continue;
        if (atomic_fetch_add(&slot->served, 1) + 1 >= settings->config->scans_per_worker ||
            worker_went_without(worker)) {
            board_count(&worker->counts->workers_retired);
            return 0;
        }
    }
}

int worker_run(const WorkerSettings *settings)
{
    /* Large, and never freed: the process ends by _exit(). */
    Worker *worker = g_new0(Worker, 1);
    int status;

    worker->failures = memory_watch_now().failures;
    worker->settings = settings;
    worker->counts = &settings->board->counts;
    worker->judge = (Judge){.config = settings->config,
                            .rules = settings->rules,
                            .engine = settings->engine,
                            .macros = macro_trap_new(settings->macro_rules, settings->engine),
                            .typer = settings->typer,
                            .cache = settings->cache,
                            .sums = content_sum_new(verdict_cache_sum_keys(settings->cache)),
                            .board = settings->board,
                            .slot = &settings->board->workers[settings->slot],
                            .slot_number = settings->slot,
                            .allow = settings->allow,
                            .deny = settings->deny,
                            .version = settings->version,
                            .signatures = settings->signatures,
                            .channel = settings->channel};
    engine_set_ignores(settings->engine, judge_ignores, &worker->judge);
    if (!worker->judge.sums || !worker_start(worker))
        return STATUS_FAILED;
    /* Dies with the loader, and the loader with the supervisor. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != settings->loader)
        return STATUS_FAILED;
    worker_stand_forward();
    worker_enter_cage(worker);
    /* Without memory libseccomp loads an incomplete filter, which may forbid close(2), say. */
    if (worker_went_without(worker))
        return STATUS_FAILED;
    status = worker_serve(worker);
    worker_flush_log(worker);
    return status;
}
