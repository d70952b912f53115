/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loader-handle.c - starts a loader, receives the messages of it and its workers, and notices its
 * end.
 *
 * Starting fails by G_FILE_ERROR. Between fork and exec only async-signal-safe functions are
 * called, so the supervisor may have threads.
 */
#include "scanner/supervisor/loader-handle.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scanner/common/board.h"
#include "scanner/worker/loader.h"

enum {
    MESSAGES_AT_ONCE = 256, /* about what a channel can hold */
    SILENCE_SECONDS = 3,    /* a loader that works beats twenty times a second */
    LOADING_SECONDS = 600   /* ClamAV's signatures take half a minute on a busy machine */
};

typedef struct {
    LoaderHandle *loader;
    int channel;
    guint watch;
} WorkerHandle;

struct LoaderHandle {
    LoaderCallbacks callbacks;
    LoaderState state;
    LoaderSignatures signatures;
    pid_t pid;
    int pidfd, channel;
    guint watch, channel_watch;
    guint first_slot;
    guint64 beats; /* the last count of beats, and for how many seconds it has not changed */
    guint silence;
    char *reason; /* from FAILED */
    WorkerHandle workers[BOARD_WORKERS_MAX];
};

static int text_memfd(const char *text)
{
    int fd = memfd_create("storehook-config", MFD_CLOEXEC);
    gsize length = strlen(text);

    if (fd >= 0 && write(fd, text, length) != (ssize_t)length) {
        close(fd);
        return -1;
    }
    return fd;
}

/* In the child: moves the descriptors to their numbers and closes all others. */
static void child_exec(const int *from, char *const *arguments)
{
    int high[LOADER_DESCRIPTORS_END];
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* First to numbers above all targets, then into place. */
    for (int i = LOADER_CHANNEL; i < LOADER_DESCRIPTORS_END; i++)
        high[i] = from[i] < 0 ? -1 : fcntl(from[i], F_DUPFD, LOADER_DESCRIPTORS_END);
    for (int i = LOADER_CHANNEL; i < LOADER_DESCRIPTORS_END; i++) {
        if (from[i] < 0)
            close(i);
        else if (high[i] < 0 || dup2(high[i], i) < 0)
            _exit(EXIT_FAILURE);
    }
    syscall(SYS_close_range, LOADER_DESCRIPTORS_END, ~0U, 0);
    execv("/proc/self/exe", arguments);
    _exit(EXIT_FAILURE);
}

static pid_t loader_spawn(const ScannerConfig *config, const LoaderShared *shared, guint first_slot,
                          int channel, int text)
{
    g_autofree char *slot = g_strdup_printf("%u", first_slot);
    g_autofree char *parent = g_strdup_printf("%d", (int)getpid());
    char *const arguments[] = {(char *)"storehookd",
                               (char *)LOADER_OPTION,
                               config->file,
                               slot,
                               (char *)shared->temp_directory,
                               parent,
                               (char *)(shared->uses_kept ? "kept" : "new"),
                               NULL};
    int from[LOADER_DESCRIPTORS_END] = {[LOADER_CHANNEL] = channel,
                                        [LOADER_CONFIG] = text,
                                        [LOADER_STORE] = shared->store,
                                        [LOADER_ACCESS] = shared->access,
                                        [LOADER_BACKGROUND] = shared->background,
                                        [LOADER_BOARD] = shared->board,
                                        [LOADER_CACHE] = shared->cache,
                                        [LOADER_LOG] = shared->log,
                                        [LOADER_ALLOW] = shared->allow,
                                        [LOADER_DENY] = shared->deny,
                                        [LOADER_LANES] = shared->lanes.memory};
    pid_t pid;

    G_STATIC_ASSERT(LOADER_ARGUMENTS == G_N_ELEMENTS(arguments) - 2);
    memcpy(&from[LOADER_LANE], shared->lanes.sockets, sizeof(shared->lanes.sockets));
    pid = fork();
    if (pid == 0)
        child_exec(from, arguments);
    return pid;
}

static void worker_forget(WorkerHandle *worker)
{
    if (worker->watch != 0)
        g_source_remove(worker->watch);
    if (worker->channel >= 0)
        close(worker->channel);
    worker->watch = 0;
    worker->channel = -1;
}

/* Takes all messages of a worker at once: a record must be there for whoever asks after the
 * worker's answer, and the last words of a worker that died count. FALSE: its end is closed. */
static gboolean worker_hear(const WorkerHandle *worker)
{
    const LoaderCallbacks *callbacks = &worker->loader->callbacks;
    g_autofree ChannelMessage *message = g_new(ChannelMessage, 1);
    int result = 1;

    for (guint i = 0; i < MESSAGES_AT_ONCE; i++) {
        result = channel_receive(worker->channel, message, MSG_DONTWAIT);
        if (result != 1)
            break;
        callbacks->worker_said(message, worker->channel, callbacks->user_data);
        channel_clear(message);
    }
    return result != 0;
}

static void worker_hear_last(WorkerHandle *worker)
{
    if (worker->channel >= 0)
        (void)worker_hear(worker);
    worker_forget(worker);
}

static gboolean on_worker(gint fd, GIOCondition condition, gpointer user_data)
{
    WorkerHandle *worker = user_data;

    (void)fd;
    (void)condition;
    if (worker_hear(worker))
        return G_SOURCE_CONTINUE;
    worker->watch = 0;
    worker_forget(worker);
    return G_SOURCE_REMOVE;
}

static void take_worker(LoaderHandle *loader, ChannelMessage *message)
{
    guint64 slot = channel_number(&message->message, CHANNEL_FIELD_SLOT) - loader->first_slot;
    int end = channel_take_descriptor(message, CHANNEL_FIELD_END, NULL);

    if (end < 0)
        return;
    if (slot >= BOARD_WORKERS_MAX) {
        close(end);
        return;
    }
    worker_hear_last(&loader->workers[slot]);
    loader->workers[slot].channel = end;
    loader->workers[slot].watch =
        g_unix_fd_add(end, G_IO_IN | G_IO_HUP, on_worker, &loader->workers[slot]);
}

static void take_ready(LoaderHandle *loader, const StorehookMessage *message)
{
    LoaderSignatures *told = &loader->signatures;

    channel_text(message, CHANNEL_FIELD_VERSION, told->version, sizeof(told->version));
    channel_text(message, CHANNEL_FIELD_NOTE, told->signatures, sizeof(told->signatures));
    channel_text(message, CHANNEL_FIELD_SOURCE, told->source, sizeof(told->source));
    told->count = channel_number(message, CHANNEL_FIELD_SIGNATURES);
    told->newest = (gint64)channel_number(message, CHANNEL_FIELD_NEWEST);
    told->bundled = channel_number(message, CHANNEL_FIELD_BUNDLED) != 0;
    loader->state = LOADER_READY;
    loader->callbacks.ready(loader, loader->callbacks.user_data);
}

static void take_lost(LoaderHandle *loader, const StorehookMessage *message)
{
    char reason[64];
    StorehookValue digest;
    LoaderLoss loss = {.slot = (guint)channel_number(message, CHANNEL_FIELD_SLOT),
                       .pid = (pid_t)channel_number(message, CHANNEL_FIELD_PROCESS),
                       .reason =
                           channel_text(message, CHANNEL_FIELD_REASON, reason, sizeof(reason)),
                       .reading = (guint)channel_number(message, CHANNEL_FIELD_READING)};

    if (storehook_read_find(message, STOREHOOK_FIELD_DIGEST, &digest) &&
        digest.size == STOREHOOK_DIGEST_SIZE)
        loss.digest = digest.data;
    loader->callbacks.worker_lost(loader, &loss, loader->callbacks.user_data);
}

static void take_failed(LoaderHandle *loader, const StorehookMessage *message)
{
    char reason[2100];

    g_free(loader->reason);
    loader->reason = g_strdup(channel_text(message, CHANNEL_FIELD_REASON, reason, sizeof(reason)));
}

/* FALSE when there is no message. */
static gboolean loader_hear(LoaderHandle *loader)
{
    g_autofree ChannelMessage *message = g_new(ChannelMessage, 1);
    int result = channel_receive(loader->channel, message, MSG_DONTWAIT);

    if (result != 1)
        return result != 0 && result != -EAGAIN;
    switch (message->message.header.kind) {
    case CHANNEL_READY:
        take_ready(loader, &message->message);
        break;
    case CHANNEL_FAILED:
        take_failed(loader, &message->message);
        break;
    case CHANNEL_WORKER:
        take_worker(loader, message);
        break;
    case CHANNEL_LOST:
        take_lost(loader, &message->message);
        break;
    default:
        break;
    }
    channel_clear(message);
    return TRUE;
}

static gboolean on_loader(gint fd, GIOCondition condition, gpointer user_data)
{
    LoaderHandle *loader = user_data;
    gboolean heard = TRUE;

    (void)fd;
    for (guint i = 0; i < MESSAGES_AT_ONCE && heard; i++)
        heard = loader_hear(loader);
    if (heard || !(condition & G_IO_HUP))
        return G_SOURCE_CONTINUE;
    loader->channel_watch = 0; /* the pidfd reports its end */
    return G_SOURCE_REMOVE;
}

static gboolean on_ended(gint fd, GIOCondition condition, gpointer user_data)
{
    LoaderHandle *loader = user_data;
    g_autofree char *reason = NULL;
    int status = 0;

    (void)fd;
    (void)condition;
    while (loader_hear(loader))
        ;
    for (guint i = 0; i < BOARD_WORKERS_MAX; i++)
        worker_hear_last(&loader->workers[i]);
    (void)waitpid(loader->pid, &status, 0);
    loader->pid = 0;
    loader->watch = 0;
    if (loader->reason)
        reason = g_steal_pointer(&loader->reason);
    else if (WIFSIGNALED(status))
        reason = g_strdup_printf("signal %d", WTERMSIG(status));
    else
        reason = g_strdup_printf("exit %d", WEXITSTATUS(status));
    loader->callbacks.ended(loader, reason, loader->callbacks.user_data);
    loader_handle_free(loader);
    return G_SOURCE_REMOVE;
}

LoaderHandle *loader_handle_start(const ScannerConfig *config, const LoaderShared *shared,
                                  guint first_slot, const LoaderCallbacks *callbacks,
                                  GError **error)
{
    LoaderHandle *loader = g_new0(LoaderHandle, 1);
    int ends[2] = {-1, -1}, text = text_memfd(config->text);

    *loader = (LoaderHandle){
        .callbacks = *callbacks, .first_slot = first_slot, .pidfd = -1, .channel = -1};
    for (guint i = 0; i < BOARD_WORKERS_MAX; i++)
        loader->workers[i] = (WorkerHandle){.loader = loader, .channel = -1};
    if (text >= 0 && channel_pair(ends)) {
        loader->channel = ends[0];
        loader->pid = loader_spawn(config, shared, first_slot, ends[1], text);
        if (loader->pid > 0)
            loader->pidfd = (int)syscall(SYS_pidfd_open, loader->pid, 0);
    }
    if (loader->pidfd < 0)
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "the loader: %s",
                    g_strerror(errno));
    if (text >= 0)
        close(text);
    if (ends[1] >= 0)
        close(ends[1]);
    if (loader->pidfd < 0)
        return loader_handle_free(loader);
    loader->channel_watch = g_unix_fd_add(loader->channel, G_IO_IN | G_IO_HUP, on_loader, loader);
    loader->watch = g_unix_fd_add(loader->pidfd, G_IO_IN, on_ended, loader);
    return loader;
}

LoaderHandle *loader_handle_free(LoaderHandle *loader)
{
    if (!loader)
        return NULL;
    for (guint i = 0; i < BOARD_WORKERS_MAX; i++)
        worker_forget(&loader->workers[i]);
    if (loader->pid > 0) {
        kill(loader->pid, SIGKILL);
        (void)waitpid(loader->pid, NULL, 0);
    }
    if (loader->watch != 0)
        g_source_remove(loader->watch);
    if (loader->channel_watch != 0)
        g_source_remove(loader->channel_watch);
    if (loader->pidfd >= 0)
        close(loader->pidfd);
    if (loader->channel >= 0)
        close(loader->channel);
    g_free(loader->reason);
    g_free(loader);
    return NULL;
}

/* A loader that cannot be reached is ending, which its pidfd reports. */
static void loader_tell(const LoaderHandle *loader, guint kind)
{
    unsigned char buffer[128] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), (StorehookKind)kind, 0, 0, 0);
    (void)storehook_write_send(&writer, loader->channel, MSG_DONTWAIT);
}

void loader_handle_serve(LoaderHandle *loader)
{
    loader_tell(loader, CHANNEL_SERVE);
}

void loader_handle_drain(LoaderHandle *loader)
{
    loader->state = LOADER_DRAINING;
    loader_tell(loader, CHANNEL_DRAIN);
}

gboolean loader_handle_is_silent(LoaderHandle *loader, guint64 beats)
{
    guint most = loader->state == LOADER_STARTING ? LOADING_SECONDS : SILENCE_SECONDS;

    loader->silence = beats == loader->beats ? loader->silence + 1 : 0;
    loader->beats = beats;
    if (loader->silence < most)
        return FALSE;
    loader->silence = 0;
    return TRUE;
}

void loader_handle_kill(LoaderHandle *loader)
{
    kill(loader->pid, SIGKILL);
}

pid_t loader_handle_pid(const LoaderHandle *loader)
{
    return loader->pid;
}

guint loader_handle_first_slot(const LoaderHandle *loader)
{
    return loader->first_slot;
}

const LoaderSignatures *loader_handle_signatures(const LoaderHandle *loader)
{
    return &loader->signatures;
}
