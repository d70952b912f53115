/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loader.c - loads the signatures, forks the workers, and replaces those that end.
 *
 * Sends READY to the supervisor once the signatures are loaded and the self-test has passed, or
 * FAILED with the reason, and then ends. SERVE makes it fork the workers. Workers that die are
 * forked again at once; one that works beyond the end of its request is killed. Only this process
 * sends signals to workers: it is their parent, so their ids cannot belong to others before it has
 * reaped them.
 */
#include "scanner/worker/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scanner/common/channel.h"
#include "scanner/common/condemned.h"
#include "scanner/common/log.h"
#include "scanner/common/temp-directory.h"
#include "scanner/worker/child.h"
#include "scanner/worker/loaded.h"
#include "scanner/worker/worker.h"

enum {
    TICK_MILLISECONDS = 50,  /* a hung worker is killed so late at most */
    IDLE_MILLISECONDS = 500, /* while no worker has a request: none can be late before */
    LONG_MICROSECONDS = 1000 * TICK_MILLISECONDS, /* a longer scan may leave its processor */
    START_MICROSECONDS = 5000000, /* a worker that is not ready by then is killed; 20 ms is usual */
    NICE_STEP = 10                /* while loading */
};

typedef struct {
    Loaded loaded;
    VerdictCache *cache;
    Board *board;
    StorehookLanes *lanes;
    int lane_sockets[STOREHOOK_LANES_MAX];
    AllowView *allow, *deny;
    const char *temp_directory;
    guint first_slot;
    pid_t supervisor;
    int signals;
    gboolean serves, draining;
    Child children[BOARD_WORKERS_MAX];
} Loader;

static gboolean loader_send(StorehookWriter *writer)
{
    return storehook_write_send(writer, LOADER_CHANNEL, 0) == 0;
}

static void tell_failed(const char *reason)
{
    unsigned char buffer[4096] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), (StorehookKind)CHANNEL_FAILED, 0, 0, 0);
    storehook_write_bytes(&writer, (StorehookField)CHANNEL_FIELD_REASON, reason,
                          MIN(strlen(reason), 2048));
    (void)loader_send(&writer);
}

static gboolean tell_ready(const Loader *loader)
{
    unsigned char buffer[8192] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), (StorehookKind)CHANNEL_READY, 0, 0, 0);
    channel_put_text(&writer, CHANNEL_FIELD_VERSION, loader->loaded.version);
    channel_put_text(&writer, CHANNEL_FIELD_SOURCE, loader->loaded.source->directory);
    channel_put_text(&writer, CHANNEL_FIELD_NOTE, loader->loaded.source->version);
    channel_put_number(&writer, CHANNEL_FIELD_SIGNATURES,
                       engine_count_signatures(loader->loaded.engine));
    channel_put_number(&writer, CHANNEL_FIELD_NEWEST, (guint64)loader->loaded.source->newest);
    channel_put_number(&writer, CHANNEL_FIELD_BUNDLED, loader->loaded.source->bundled != FALSE);
    return loader_send(&writer);
}

/* While it loads, a loader lowers its priority for the one that serves. Only if it may raise it
 * again, since the workers inherit it. */
static gboolean loader_is_privileged(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

    return syscall(SYS_capget, &header, data) == 0 &&
           (data[CAP_TO_INDEX(CAP_SYS_NICE)].effective & CAP_TO_MASK(CAP_SYS_NICE)) != 0;
}

static gboolean loader_map(Loader *loader)
{
    loader->board = board_map(LOADER_BOARD);
    loader->cache = verdict_cache_map(LOADER_CACHE);
    if (fcntl(LOADER_LANES, F_GETFD) >= 0)
        loader->lanes = lanes_map(LOADER_LANES);
    if (fcntl(LOADER_ALLOW, F_GETFD) >= 0)
        loader->allow = allow_view_new(LOADER_ALLOW, NULL);
    if (fcntl(LOADER_DENY, F_GETFD) >= 0)
        loader->deny = allow_view_new(LOADER_DENY, NULL);
    return loader->board && loader->cache;
}

/* The processor whose lane this worker reads, or -1. The supervisor made the lanes at its start,
 * when the number of workers may have been another. */
static int loader_lane(const Loader *loader, guint index)
{
    int processor = loader->lanes ? lanes_processor(index, loader->loaded.config->workers) : -1;

    return processor >= 0 && loader->lane_sockets[processor] >= 0 ? processor : -1;
}

static void worker_main(Loader *loader, pid_t self, guint index, int channel)
{
    const guint slot = loader->first_slot + index;
    g_autofree char *temp = g_strdup_printf("%s/worker-%u", loader->temp_directory, slot);
    /* The first worker takes none, to be free for the store, unless it is the only one. */
    gboolean takes_background = index > 0 || loader->loaded.config->workers == 1;
    const WorkerSettings settings = {.config = loader->loaded.config,
                                     .rules = loader->loaded.rules,
                                     .macro_rules = loader->loaded.macro_rules,
                                     .engine = loader->loaded.engine,
                                     .typer = loader->loaded.typer,
                                     .cache = loader->cache,
                                     .board = loader->board,
                                     .allow = loader->allow,
                                     .deny = loader->deny,
                                     .users = loader->loaded.users,
                                     .version = loader->loaded.version,
                                     .signatures = loader->loaded.source->version,
                                     .slot = slot,
                                     .temp_directory = temp,
                                     .lanes = loader->lanes,
                                     .lane = loader_lane(loader, index),
                                     .lane_sockets = loader->lane_sockets,
                                     .store = LOADER_STORE,
                                     .access = LOADER_ACCESS,
                                     .background = takes_background ? LOADER_BACKGROUND : -1,
                                     .channel = channel,
                                     .log = LOADER_LOG,
                                     .loader = self,
                                     .supervisor = loader->supervisor};

    close(LOADER_CHANNEL);
    close(LOADER_CONFIG);
    close(loader->signals);
    _exit(worker_run(&settings));
}

static void tell_worker(const Loader *loader, guint index, pid_t pid, int end)
{
    unsigned char buffer[512] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), (StorehookKind)CHANNEL_WORKER, 0, 0, 0);
    channel_put_number(&writer, CHANNEL_FIELD_SLOT, loader->first_slot + index);
    channel_put_number(&writer, CHANNEL_FIELD_PROCESS, (guint64)pid);
    storehook_write_descriptor(&writer, (StorehookField)CHANNEL_FIELD_END, end, 0);
    (void)loader_send(&writer);
}

static void child_not_forked(Child *child)
{
    /* Once for several in a row. */
    if (child->retry == 0)
        log_line(LOADER_LOG, "worker not-started reason=\"%s\"", g_strerror(errno));
    child_back_off(child);
}

static void loader_fork(Loader *loader, guint index)
{
    BoardWorker *slot = &loader->board->workers[loader->first_slot + index];
    Child *child = &loader->children[index];
    /* Before the fork: when the child asks, its parent may be gone already. */
    const pid_t self = getpid();
    int ends[2];
    pid_t pid;

    if (!channel_pair(ends)) {
        child_not_forked(child);
        return;
    }
    atomic_store(&slot->busy, 0);
    atomic_store(&slot->end, board_now() + START_MICROSECONDS);
    board_release_all(loader->board, loader->first_slot + index);
    atomic_store(&slot->served, 0);
    atomic_store(&slot->let_go, 0);
    board_clear_content(slot);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        worker_main(loader, self, index, ends[1]);
    }
    if (pid < 0)
        child_not_forked(child);
    close(ends[1]);
    if (pid > 0) {
        child->pid = pid;
        atomic_store(&slot->pid, pid);
        tell_worker(loader, index, pid, ends[0]);
    }
    close(ends[0]);
}

static gboolean worker_failed_unused(const BoardWorker *slot, int status)
{
    return status != 0 && slot->busy == 0 && slot->served == 0;
}

static gboolean loader_condemns(Loader *loader, const guint8 *digest, guint reading)
{
    VerdictKey key;

    verdict_key_init(&key, digest, loader->loaded.version, (VerdictCacheKind)(reading - 1));
    return condemned_strike(loader->cache, &key);
}

/* digest: of the content that is condemned now, or NULL. */
static void tell_lost(const Loader *loader, guint index, pid_t pid, const char *reason,
                      const guint8 *digest, guint reading)
{
    unsigned char buffer[512] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), (StorehookKind)CHANNEL_LOST, 0, 0, 0);
    channel_put_number(&writer, CHANNEL_FIELD_SLOT, loader->first_slot + index);
    channel_put_number(&writer, CHANNEL_FIELD_PROCESS, (guint64)pid);
    channel_put_text(&writer, CHANNEL_FIELD_REASON, reason);
    if (digest) {
        storehook_write_bytes(&writer, STOREHOOK_FIELD_DIGEST, digest, STOREHOOK_DIGEST_SIZE);
        channel_put_number(&writer, CHANNEL_FIELD_READING, reading);
    }
    (void)loader_send(&writer);
}

static void count_lost_lines(Loader *loader, guint lines)
{
    atomic_fetch_add_explicit(&loader->board->counts.log_lines_lost, lines, memory_order_relaxed);
}

static void child_ended(Loader *loader, guint index, int status)
{
    BoardWorker *slot = &loader->board->workers[loader->first_slot + index];
    Child *child = &loader->children[index];
    guint8 digest[STOREHOOK_DIGEST_SIZE];
    guint reading = board_content(slot, digest);
    gboolean blamed =
        reading > 0 && child_blames_content(child, slot, loader->loaded.config->deadline, status);
    gboolean condemned;
    pid_t pid = child->pid;
    int lane = loader_lane(loader, index);
    char reason[64];

    /* Before its claim is released: a worker that waits for the verdict must find this one. */
    condemned = blamed && loader_condemns(loader, digest, reading);
    count_lost_lines(loader, log_batch_flush(&slot->log, LOADER_LOG));
    atomic_store(&slot->pid, 0);
    if (lane >= 0)
        atomic_store(&loader->lanes->lanes[lane].waiting, 0);
    board_release_all(loader->board, loader->first_slot + index);
    child_tell_end(child, status, &loader->board->counts, reason, sizeof(reason));
    *child = (Child){.retry = child->retry};
    if (worker_failed_unused(slot, status))
        child_back_off(child);
    else
        child->retry = 0;
    tell_lost(loader, index, pid, reason, condemned ? digest : NULL, reading);
}

/* A child that has ended or was stopped, and is not reaped; 0: none. */
static pid_t next_changed(void)
{
    siginfo_t info = {0};

    return waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) < 0 ? 0 : info.si_pid;
}

/* The index of the worker with this id; the number of workers if it is none of them. */
static guint loader_find(const Loader *loader, pid_t pid)
{
    guint i = 0;

    while (i < loader->loaded.config->workers && loader->children[i].pid != pid)
        i++;
    return i;
}

static void loader_reap(Loader *loader)
{
    int status;
    pid_t pid;

    while ((pid = next_changed()) > 0) {
        guint i = loader_find(loader, pid);

        if (i < loader->loaded.config->workers)
            child_died(&loader->children[i], &loader->board->workers[loader->first_slot + i]);
        if (waitpid(pid, &status, WNOHANG | WUNTRACED) != pid ||
            i == loader->loaded.config->workers)
            continue;
        if (WIFSTOPPED(status))
            child_kill(&loader->children[i], CHILD_STOPPED);
        else
            child_ended(loader, i, status);
    }
}

static void loader_enforce_ends(Loader *loader)
{
    guint64 now = board_now();

    for (guint i = 0; i < loader->loaded.config->workers; i++) {
        const BoardWorker *slot = &loader->board->workers[loader->first_slot + i];
        Child *child = &loader->children[i];
        guint64 end = slot->end;

        if (child->pid == 0 || child->killed != CHILD_NOT_KILLED)
            continue;
        child_look(child, slot);
        if (end != 0 && now > end)
            child_kill(child, CHILD_LATE);
    }
}

/* Lets workers with long scans use any processor, since that of their lane may be busy while
 * another is idle. One that finishes just now notices that after its next request. */
static void loader_let_go(Loader *loader)
{
    guint64 now = board_now();

    for (guint i = 0; i < loader->loaded.config->workers; i++) {
        BoardWorker *slot = &loader->board->workers[loader->first_slot + i];
        guint64 busy = atomic_load(&slot->busy);

        if (loader->children[i].pid > 0 && busy != 0 && now > busy + LONG_MICROSECONDS &&
            atomic_load(&slot->let_go) == 0 && loader_lane(loader, i) >= 0 &&
            lanes_let_go(loader->children[i].pid))
            atomic_store(&slot->let_go, 1);
    }
}

static guint loader_fill(Loader *loader)
{
    guint alive = 0;

    for (guint i = 0; i < loader->loaded.config->workers; i++) {
        Child *child = &loader->children[i];

        if (child->pid == 0 && loader->serves && !loader->draining &&
            board_now() >= child->not_before)
            loader_fork(loader, i);
        alive += child->pid > 0;
    }
    return alive;
}

static void loader_drain(Loader *loader)
{
    loader->draining = TRUE;
    for (guint i = 0; i < loader->loaded.config->workers; i++)
        if (loader->children[i].pid > 0)
            kill(loader->children[i].pid, SIGTERM);
}

/* FALSE when the supervisor has ended. */
static gboolean loader_listen(Loader *loader)
{
    g_autofree ChannelMessage *message = g_new(ChannelMessage, 1);
    int result = channel_receive(LOADER_CHANNEL, message, MSG_DONTWAIT);

    if (result == 1) {
        if (message->message.header.kind == CHANNEL_SERVE)
            loader->serves = TRUE;
        else if (message->message.header.kind == CHANNEL_DRAIN && !loader->draining)
            loader_drain(loader);
        channel_clear(message);
    }
    return result != 0;
}

/* Milliseconds until a worker must be forked again, or one may be late. */
static int loader_patience(const Loader *loader)
{
    guint64 now = board_now();
    int patience = IDLE_MILLISECONDS;

    for (guint i = 0; i < loader->loaded.config->workers; i++) {
        const Child *child = &loader->children[i];

        if (child->pid == 0 && child->not_before > now)
            patience = (int)MIN((guint64)patience, (child->not_before - now) / 1000 + 1);
        else if (loader->board->workers[loader->first_slot + i].end != 0)
            patience = MIN(patience, TICK_MILLISECONDS);
    }
    return patience;
}

static int loader_serve(Loader *loader)
{
    struct pollfd watched[] = {{.fd = LOADER_CHANNEL, .events = POLLIN},
                               {.fd = loader->signals, .events = POLLIN}};

    while (loader_fill(loader) > 0 || !loader->draining) {
        struct signalfd_siginfo signal;

        board_count(board_beats(loader->board, loader->first_slot));
        if (poll(watched, G_N_ELEMENTS(watched), loader_patience(loader)) < 0 && errno != EINTR)
            return EXIT_FAILURE;
        while (read(loader->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal))
            if (signal.ssi_signo == SIGTERM && !loader->draining)
                loader_drain(loader);
        if ((watched[0].revents & (POLLIN | POLLHUP)) && !loader_listen(loader))
            return EXIT_FAILURE;
        loader_enforce_ends(loader);
        loader_reap(loader);
        loader_let_go(loader);
    }
    return EXIT_SUCCESS;
}

static char *loader_temp_directory(const Loader *loader)
{
    return g_strdup_printf("%s/loader-%u", loader->temp_directory, loader->first_slot);
}

static void remove_temp_directories(const Loader *loader)
{
    g_autofree char *own = loader_temp_directory(loader);

    temp_directory_remove(own);
    for (guint i = 0; i < loader->loaded.config->workers; i++) {
        g_autofree char *path =
            g_strdup_printf("%s/worker-%u", loader->temp_directory, loader->first_slot + i);

        temp_directory_remove(path);
    }
}

static int block_signals(void)
{
    sigset_t handled;

    /* The terminal interrupts the whole process group; the supervisor decides what that means. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGCHLD);
    sigprocmask(SIG_BLOCK, &handled, NULL);
    return signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void loader_free(Loader *loader)
{
    loaded_clear(&loader->loaded);
    allow_view_free(loader->allow);
    allow_view_free(loader->deny);
    verdict_cache_unmap(loader->cache);
    close(loader->signals);
    g_free(loader);
}

static int loader_run(Loader *loader, const char *config_name)
{
    g_autofree char *temp = loader_temp_directory(loader);
    gboolean is_loaded, steps_back;
    g_autoptr(GError) error = NULL;
    int status, before;

    if (loader->signals < 0 || !loader_map(loader)) {
        tell_failed("no memory to share");
        return EXIT_FAILURE;
    }
    before = getpriority(PRIO_PROCESS, 0);
    steps_back = loader_is_privileged() && setpriority(PRIO_PROCESS, 0, before + NICE_STEP) == 0;
    is_loaded = loaded_read(&loader->loaded, config_name, temp, &error);
    if (steps_back && setpriority(PRIO_PROCESS, 0, before) < 0)
        log_line(LOADER_LOG, "loader stays nice");
    if (!is_loaded) {
        tell_failed(error ? error->message : "the configuration cannot be read");
        return EXIT_FAILURE;
    }
    /* Before READY, or the time of loading would count as silence. */
    board_count(board_beats(loader->board, loader->first_slot));
    if (!tell_ready(loader))
        return EXIT_FAILURE;
    loaded_keep_signatures(&loader->loaded);
    status = loader_serve(loader);
    remove_temp_directories(loader);
    return status;
}

int loader_main(int argc, char **argv)
{
    Loader *loader;
    int status;

    if (argc != LOADER_ARGUMENTS)
        return EXIT_FAILURE;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)g_ascii_strtoll(argv[4], NULL, 10))
        return EXIT_FAILURE;
    loader = g_new0(Loader, 1);
    loader->supervisor = getppid();
    loader->first_slot = (guint)MIN(g_ascii_strtoull(argv[2], NULL, 10), BOARD_WORKERS_MAX);
    loader->temp_directory = argv[3];
    loader->loaded.uses_kept = strcmp(argv[5], "kept") == 0;
    /* Before anything else can open these numbers. */
    for (int i = 0; i < STOREHOOK_LANES_MAX; i++)
        loader->lane_sockets[i] = fcntl(LOADER_LANE + i, F_GETFD) < 0 ? -1 : LOADER_LANE + i;
    loader->signals = block_signals();
    for (int fd = LOADER_CHANNEL; fd < LOADER_DESCRIPTORS_END; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    status = loader_run(loader, argv[1]);
    loader_free(loader);
    return status;
}
