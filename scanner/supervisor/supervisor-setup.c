/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor-setup.c - opens what the supervisor owns, and closes it.
 *
 * Fails with the error of what could not be opened. What a killed service left behind is replaced:
 * its sockets, and its temporary directory with all in it.
 */
#include "scanner/supervisor/supervisor-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanner/common/listen.h"
#include "scanner/common/temp-directory.h"
#include "scanner/common/users.h"
#include "scanner/supervisor/own-directory.h"
#include "scanner/supervisor/profile.h"
#include "scanner/supervisor/supervisor.h"

Supervisor *supervisor_new(ScannerConfig *config)
{
    Supervisor *supervisor = g_new0(Supervisor, 1);

    /* GIO's first task opens a descriptor, and aborts when there is none left: do it now. */
    g_type_ensure(G_TYPE_TASK);
    supervisor->config = config;
    supervisor->loop = g_main_loop_new(NULL, FALSE);
    supervisor->reloads = g_ptr_array_new();
    supervisor->lock = supervisor->state_lock = -1;
    supervisor->socket = supervisor->signals = -1;
    supervisor->log = STDERR_FILENO;
    supervisor->shared = (LoaderShared){.store = -1,
                                        .access = -1,
                                        .background = -1,
                                        .board = -1,
                                        .cache = -1,
                                        .log = STDERR_FILENO,
                                        .allow = -1,
                                        .deny = -1};
    lanes_init(&supervisor->shared.lanes);
    supervisor->started = g_get_real_time() / G_USEC_PER_SEC;
    supervisor->records.log = STDERR_FILENO;
    return supervisor;
}

static gboolean fail(GError **error, const char *what)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", what,
                g_strerror(errno));
    return FALSE;
}

gboolean supervisor_open_log(Supervisor *supervisor, GError **error)
{
    const char *file = supervisor->config->log_file;
    int fd;

    if (file[0] == '\0')
        return TRUE;
    fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0) {
        fail(error, file);
        return scanner_config_blame(supervisor->config, "log", "file", error);
    }
    if (supervisor->log == STDERR_FILENO) {
        supervisor->log = supervisor->shared.log = supervisor->records.log = fd;
        return TRUE;
    }
    /* Under the number of the old one, which others have. */
    if (dup3(fd, supervisor->log, O_CLOEXEC) < 0) {
        fail(error, file);
        close(fd);
        return FALSE;
    }
    close(fd);
    return TRUE;
}

/* Its own for each socket, so that two services on one machine do not empty each other's. */
static char *temp_directory_path(const ScannerConfig *config)
{
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, config->socket, -1);

    return g_strdup_printf("%s/storehookd-%.16s", config->temporary_directory, sum);
}

static gboolean open_sockets(Supervisor *supervisor, GError **error)
{
    const ScannerConfig *config = supervisor->config;
    g_autofree char *store = g_strconcat(config->socket, STOREHOOK_SUFFIX_STORE, NULL);
    g_autofree char *access = g_strconcat(config->socket, STOREHOOK_SUFFIX_ACCESS, NULL);
    g_autofree char *background = g_strconcat(config->socket, STOREHOOK_SUFFIX_BACKGROUND, NULL);

    supervisor->shared.store = listen_datagrams(store, error);
    if (supervisor->shared.store < 0)
        return FALSE;
    if (!lanes_open(&supervisor->shared.lanes, config->socket, config->workers, error))
        return FALSE;
    supervisor->shared.access = listen_datagrams(access, error);
    if (supervisor->shared.access < 0)
        return FALSE;
    supervisor->shared.background = listen_datagrams(background, error);
    if (supervisor->shared.background < 0)
        return FALSE;
    /* Last, so that clients that can say HELLO can also ask. */
    supervisor->socket = listen_datagrams(config->socket, error);
    return supervisor->socket >= 0;
}

static gboolean open_memory(Supervisor *supervisor, GError **error)
{
    LoaderShared *shared = &supervisor->shared;

    shared->board = board_create();
    shared->cache = verdict_cache_create(supervisor->config->cache_entries);
    if (shared->board >= 0 && shared->cache >= 0) {
        supervisor->board = board_map(shared->board);
        supervisor->cache = verdict_cache_map(shared->cache);
    }
    if (!supervisor->board || !supervisor->cache)
        return fail(error, "shared memory");
    supervisor->records.counts = &supervisor->board->counts;
    supervisor->page = shared_page_new(error);
    return supervisor->page != NULL;
}

QuarantineLimits supervisor_quarantine_limits(const ScannerConfig *config)
{
    return (QuarantineLimits){.max_bytes = config->quarantine_bytes,
                              .max_items = config->quarantine_items,
                              .retention_days = config->quarantine_days};
}

ReleaseSettings supervisor_release_settings(const ScannerConfig *config)
{
    return (ReleaseSettings){.lmtp = config->release_lmtp,
                             .timeout_seconds = config->release_timeout,
                             .allow_days = config->release_allow_days};
}

/* The lock of the socket does not keep out a service with another socket, nor one whose socket was
 * removed. */
static gboolean open_state(Supervisor *supervisor, GError **error)
{
    const char *path = supervisor->config->state_directory;

    if (!own_directory_make(path, OWN_DIRECTORY_PRIVATE, error))
        return FALSE;
    supervisor->state_lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (supervisor->state_lock < 0)
        return fail(error, path);
    if (flock(supervisor->state_lock, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
    if (errno != EWOULDBLOCK)
        return fail(error, path);
    g_set_error(error, LISTEN_ERROR, LISTEN_ERROR_BUSY,
                "%s: another storehookd keeps its records there", path);
    return FALSE;
}

static gboolean open_records(Supervisor *supervisor, GError **error)
{
    const ScannerConfig *config = supervisor->config;
    g_autofree char *verdicts = g_build_filename(config->state_directory, "verdicts.lmdb", NULL);
    g_autofree char *incidents = g_build_filename(config->state_directory, "incidents.db", NULL);
    g_autofree char *allow = g_build_filename(config->state_directory, "allow.db", NULL);
    g_autofree char *deny = g_build_filename(config->state_directory, "deny.db", NULL);
    g_autofree char *clients = g_build_filename(config->state_directory, "clients", NULL);

    supervisor->verdicts = verdict_store_open(verdicts, VERDICT_STORE_SIZE, error);
    if (!supervisor->verdicts)
        return FALSE;
    supervisor->records.incidents = incidents_open(incidents, error);
    if (!supervisor->records.incidents)
        return FALSE;
    supervisor->allow = allow_list_open(allow, error);
    supervisor->deny = supervisor->allow ? allow_list_open(deny, error) : NULL;
    if (!supervisor->deny)
        return FALSE;
    supervisor->shared.allow = allow_list_peek_fd(supervisor->allow);
    supervisor->shared.deny = allow_list_peek_fd(supervisor->deny);
    clients_restore(supervisor->clients, clients, config->socket, supervisor->users);
    return TRUE;
}

static gboolean open_quarantine(Supervisor *supervisor, GError **error)
{
    const ScannerConfig *config = supervisor->config;
    QuarantineLimits limits = supervisor_quarantine_limits(config);
    gboolean is_elsewhere = config->quarantine_directory[0] != '\0';
    g_autofree char *directory =
        is_elsewhere ? g_strdup(config->quarantine_directory)
                     : g_build_filename(config->state_directory, "quarantine", NULL);

    if (own_directory_make(directory, OWN_DIRECTORY_PRIVATE, error))
        supervisor->records.quarantine = quarantine_open(directory, &limits, error);
    return supervisor->records.quarantine ||
           scanner_config_blame(config, is_elsewhere ? "quarantine" : "service",
                                is_elsewhere ? "directory" : "state-directory", error);
}

/* An error names the key of what cannot be opened. */
gboolean supervisor_open(Supervisor *supervisor, GError **error)
{
    ScannerConfig *config = supervisor->config;
    g_autofree char *sockets = g_path_get_dirname(config->socket);

    if (!supervisor_open_log(supervisor, error) || !supervisor_check(config, error))
        return FALSE;
    supervisor->profile = profile_load(config->profiles, error);
    if (!supervisor->profile)
        return FALSE;
    supervisor->users = users_resolve(config, NULL); /* supervisor_check() did */
    supervisor->clients = clients_new(config->executables);
    supervisor->records.clients = supervisor->clients;
    if (getrandom(supervisor->instance, sizeof(supervisor->instance), 0) < 0)
        return fail(error, "random bytes");
    if (own_directory_make(sockets, OWN_DIRECTORY_SHARED, error))
        supervisor->lock = listen_lock(config->socket, error);
    if (supervisor->lock < 0)
        return scanner_config_blame(config, "service", "socket", error);
    if (!open_state(supervisor, error))
        return scanner_config_blame(config, "service", "state-directory", error);
    supervisor->temp_directory = temp_directory_path(config);
    if (!temp_directory_reset(supervisor->temp_directory, error))
        return scanner_config_blame(config, "service", "temporary-directory", error);
    supervisor->shared.temp_directory = supervisor->temp_directory;
    if (!open_records(supervisor, error))
        return scanner_config_blame(config, "service", "state-directory", error);
    if (!open_quarantine(supervisor, error) || !open_memory(supervisor, error))
        return FALSE;
    return open_sockets(supervisor, error) ||
           scanner_config_blame(config, "service", "socket", error);
}

static const char *const SUFFIXES[SUPERVISOR_SOCKETS] = {
    "", STOREHOOK_SUFFIX_STORE, STOREHOOK_SUFFIX_ACCESS, STOREHOOK_SUFFIX_BACKGROUND,
    STOREHOOK_SUFFIX_CONTROL};

static char *socket_path(const Supervisor *supervisor, guint i)
{
    return g_strconcat(supervisor->config->socket, SUFFIXES[i], NULL);
}

void supervisor_mark_sockets(Supervisor *supervisor)
{
    for (guint i = 0; i < SUPERVISOR_SOCKETS; i++) {
        g_autofree char *path = socket_path(supervisor, i);

        supervisor->places[i] = listen_place(path);
    }
}

char *supervisor_find_displaced(const Supervisor *supervisor)
{
    for (guint i = 0; i < SUPERVISOR_SOCKETS; i++) {
        g_autofree char *path = socket_path(supervisor, i);

        if (listen_is_displaced(path, &supervisor->places[i]))
            return g_steal_pointer(&path);
    }
    return NULL;
}

/* control.c removes the last one. */
void supervisor_unlink_sockets(const Supervisor *supervisor)
{
    const int sockets[SUPERVISOR_SOCKETS - 1] = {supervisor->socket, supervisor->shared.store,
                                                 supervisor->shared.access,
                                                 supervisor->shared.background};

    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        g_autofree char *path = socket_path(supervisor, i);

        if (sockets[i] >= 0 && !listen_is_displaced(path, &supervisor->places[i]))
            (void)unlink(path);
    }
    if (!supervisor->is_displaced)
        lanes_unlink(&supervisor->shared.lanes, supervisor->config->socket);
}

static void close_descriptor(int fd)
{
    if (fd > STDERR_FILENO)
        close(fd);
}

Supervisor *supervisor_free(Supervisor *supervisor)
{
    if (!supervisor)
        return NULL;
    loader_handle_free(supervisor->serving);
    loader_handle_free(supervisor->starting);
    loader_handle_free(supervisor->draining);
    supervisor_fail_reloads(supervisor, "the service ended");
    control_free(supervisor->control);
    metrics_free(supervisor->metrics);
    health_free(supervisor->health);
    condemned_free(supervisor->condemned);
    allow_list_close(supervisor->allow);
    allow_list_close(supervisor->deny);
    quarantine_close(supervisor->records.quarantine);
    incidents_close(supervisor->records.incidents);
    verdict_store_close(supervisor->verdicts);
    verdict_cache_unmap(supervisor->cache);
    shared_page_free(supervisor->page);
    clients_free(supervisor->clients);
    close_descriptor(supervisor->socket);
    close_descriptor(supervisor->signals);
    lanes_close(&supervisor->shared.lanes);
    close_descriptor(supervisor->shared.store);
    close_descriptor(supervisor->shared.access);
    close_descriptor(supervisor->shared.background);
    close_descriptor(supervisor->shared.board);
    close_descriptor(supervisor->shared.cache);
    close_descriptor(supervisor->log);
    /* Now that there are descriptors again, if they had run out. */
    if (supervisor->temp_directory)
        temp_directory_remove(supervisor->temp_directory);
    close_descriptor(supervisor->state_lock);
    close_descriptor(supervisor->lock);
    if (supervisor->users)
        g_array_unref(supervisor->users);
    g_main_loop_unref(supervisor->loop);
    g_ptr_array_unref(supervisor->reloads);
    g_free(supervisor->temp_directory);
    g_free(supervisor->profile);
    g_free(supervisor->starting_profile);
    g_free(supervisor->next_profile);
    g_free(supervisor->last_failure);
    scanner_config_free(supervisor->starting_config);
    scanner_config_free(supervisor->next_config);
    scanner_config_free(supervisor->config);
    g_free(supervisor);
    return NULL;
}
