/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor-loaders.c - starts loaders, lets one take over from another, and handles their end.
 *
 * One loader serves; at the same time one may be starting and one finishing its last requests. A
 * failure is logged and the loader that serves stays. When none can be kept alive the supervisor
 * ends.
 */
#include "scanner/supervisor/supervisor-private.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/common/hex.h"
#include "scanner/common/log.h"
#include "scanner/common/signature-source.h"
#include "scanner/supervisor/notify.h"
#include "scanner/supervisor/profile.h"
#include "scanner/supervisor/supervisor.h"

enum {
    LOADER_FAILURES_MAX = 3, /* in a row, before giving up */
    LOADER_RETRY_MILLISECONDS = 500,
    DIGEST_SHOWN = 8 /* bytes, in the log */
};

static gboolean on_retry(gpointer user_data)
{
    Supervisor *supervisor = user_data;

    supervisor->retry = 0;
    supervisor_start_loader(supervisor);
    return G_SOURCE_REMOVE;
}

static void supervisor_retry_later(Supervisor *supervisor)
{
    if (supervisor->retry == 0)
        supervisor->retry = g_timeout_add(LOADER_RETRY_MILLISECONDS, on_retry, supervisor);
}

void supervisor_fail_reloads(Supervisor *supervisor, const char *reason)
{
    while (supervisor->reloads->len > 0)
        control_request_fail(g_ptr_array_steal_index_fast(supervisor->reloads, 0), reason, NULL);
}

/* Once nobody judges by the old settings any more, or it is clear that they stay. */
static void answer_reloads(Supervisor *supervisor)
{
    if (supervisor->starting || supervisor->draining || supervisor->wants_loader ||
        supervisor->retry > 0 || supervisor->is_ending)
        return;
    if (supervisor->last_failure)
        supervisor_fail_reloads(supervisor, supervisor->last_failure);
    while (supervisor->reloads->len > 0)
        control_request_reply(g_ptr_array_steal_index_fast(supervisor->reloads, 0),
                              json_object_new());
}

/* Puts the configuration that the new loader has read into force. */
static void take_starting_config(Supervisor *supervisor)
{
    ReleaseSettings release;
    QuarantineLimits limits;

    if (!supervisor->starting_config)
        return;
    scanner_config_free(supervisor->config);
    supervisor->config = g_steal_pointer(&supervisor->starting_config);
    g_free(supervisor->profile);
    supervisor->profile = g_steal_pointer(&supervisor->starting_profile);
    clients_set_executables(supervisor->clients, supervisor->config->executables);
    limits = supervisor_quarantine_limits(supervisor->config);
    quarantine_set_limits(supervisor->records.quarantine, &limits);
    release = supervisor_release_settings(supervisor->config);
    control_set_release_settings(supervisor->control, &release);
    shared_page_next_generation(supervisor->page);
    log_line(supervisor->log, "configuration loaded file=\"%s\"", supervisor->config->file);
}

void supervisor_warn_of_age(const Supervisor *supervisor)
{
    const LoaderSignatures *told = loader_handle_signatures(supervisor->serving);
    guint days = status_signature_days(told, supervisor->config);

    if (days > 0)
        log_line(supervisor->log, "warning signatures=%s days-old=%u", told->signatures, days);
}

static void on_loader_ready(LoaderHandle *loader, gpointer user_data)
{
    Supervisor *supervisor = user_data;
    const LoaderSignatures *told = loader_handle_signatures(loader);
    guint remembered = verdict_store_load(supervisor->verdicts, told->version, supervisor->cache,
                                          supervisor->config->cache_entries, condemned_seen,
                                          supervisor->condemned);

    condemned_set_version(supervisor->condemned, told->version);
    loader_handle_serve(loader);
    if (supervisor->serving) {
        supervisor->draining = supervisor->serving;
        loader_handle_drain(supervisor->draining);
    }
    supervisor->serving = loader;
    supervisor->starting = NULL;
    supervisor->failures = 0;
    if (!supervisor->shared.uses_kept)
        g_clear_pointer(&supervisor->last_failure, g_free);
    take_starting_config(supervisor);
    shared_page_next_epoch(supervisor->page);
    log_line(supervisor->log,
             "signatures loaded source=\"%s\"%s count=%" G_GUINT64_FORMAT
             " version=%s self-test=passed loader=%d verdicts-remembered=%u",
             told->source, told->bundled ? " (bundled: for trying things out only)" : "",
             told->count, told->signatures, (int)loader_handle_pid(loader), remembered);
    supervisor_warn_of_age(supervisor);
    if (!supervisor->has_served)
        notify_ready();
    supervisor->has_served = TRUE;
    if (supervisor->config->health_interval > 0)
        health_check(supervisor->health, supervisor->config->deadline);
    if (supervisor->wants_loader && !supervisor->draining)
        supervisor_start_loader(supervisor);
    answer_reloads(supervisor);
}

/* The slots of a loader that was killed still show its workers as alive. */
static void clear_slots(Supervisor *supervisor, guint first)
{
    for (guint i = first; i < first + BOARD_WORKERS_MAX; i++) {
        BoardWorker *worker = &supervisor->board->workers[i];

        worker->pid = 0;
        worker->busy = 0;
        worker->end = 0;
        board_release_all(supervisor->board, i);
    }
}

static void starting_failed(Supervisor *supervisor, const char *reason)
{
    gboolean had_next = supervisor->starting_config != NULL;

    supervisor->starting = NULL;
    supervisor->starting_config = scanner_config_free(supervisor->starting_config);
    g_clear_pointer(&supervisor->starting_profile, g_free);
    if (supervisor->wants_loader) { /* something newer will be tried, and decides */
        log_line(supervisor->log, "signatures not-loaded reason=\"%s\" (trying again)", reason);
        supervisor_start_loader(supervisor);
        return;
    }
    g_free(supervisor->last_failure);
    supervisor->last_failure = g_strdup(reason);
    log_line(supervisor->log, "signatures not-loaded reason=\"%s\"%s", reason,
             supervisor->serving ? " (the ones in use stay)" : "");
    if (supervisor->serving) {
        answer_reloads(supervisor);
        return;
    }
    /* With low-memory= no loader serves now: go back to the signatures that were last good. */
    if (supervisor->has_served && supervisor->config->low_memory && !had_next)
        supervisor->shared.uses_kept = TRUE;
    if (!supervisor->has_served || ++supervisor->failures >= LOADER_FAILURES_MAX)
        supervisor_end(supervisor, EXIT_FAILURE);
    else
        supervisor_retry_later(supervisor);
}

static void on_loader_ended(LoaderHandle *loader, const char *reason, gpointer user_data)
{
    Supervisor *supervisor = user_data;

    clear_slots(supervisor, loader_handle_first_slot(loader));
    /* Clients must not remember the last answers of its workers either. */
    shared_page_next_epoch(supervisor->page);
    if (loader == supervisor->draining) {
        supervisor->draining = NULL;
        if (supervisor->is_ending)
            supervisor_end(supervisor, EXIT_SUCCESS);
        else if (supervisor->wants_loader)
            supervisor_start_loader(supervisor);
        answer_reloads(supervisor);
    } else if (loader == supervisor->starting) {
        starting_failed(supervisor, reason);
    } else if (loader == supervisor->serving) {
        supervisor->serving = NULL;
        log_line(supervisor->log, "loader lost reason=\"%s\"", reason);
        if (!supervisor->starting)
            supervisor_start_loader(supervisor);
    }
}

static void on_worker_lost(LoaderHandle *loader, const LoaderLoss *loss, gpointer user_data)
{
    const LoaderSignatures *told = loader_handle_signatures(loader);
    Supervisor *supervisor = user_data;
    char digest[2 * DIGEST_SHOWN + 1];
    VerdictKey key;

    if (strcmp(loss->reason, "exit 0") != 0) {
        /* So that a restart does not forget what the worker died of. */
        verdict_store_save(supervisor->verdicts, supervisor->cache);
        log_line(supervisor->log, "worker lost slot=%u pid=%d reason=\"%s\"", loss->slot,
                 (int)loss->pid, loss->reason);
    }
    if (!loss->digest || loss->reading < 1 || loss->reading > VERDICT_CACHE_MESSAGE + 1)
        return;
    verdict_key_init(&key, loss->digest, told->version, (VerdictCacheKind)(loss->reading - 1));
    condemned_add(supervisor->condemned, &key);
    hex_write(loss->digest, DIGEST_SHOWN, digest);
    log_line(supervisor->log,
             "content condemned reason=\"killed %d workers\" sha256=%s signatures=%s",
             CONDEMNED_STRIKES, digest, told->signatures);
}

static void on_worker_said(ChannelMessage *message, int answer, gpointer user_data)
{
    Supervisor *supervisor = user_data;

    records_take(&supervisor->records, message, answer);
}

void supervisor_start_loader(Supervisor *supervisor)
{
    const LoaderCallbacks callbacks = {.ready = on_loader_ready,
                                       .ended = on_loader_ended,
                                       .worker_lost = on_worker_lost,
                                       .worker_said = on_worker_said,
                                       .user_data = supervisor};
    const ScannerConfig *config =
        supervisor->next_config ? supervisor->next_config : supervisor->config;
    g_autoptr(GError) error = NULL;
    guint first = 0;

    /* Its slots must be free, and only one may start at a time. */
    supervisor->wants_loader = supervisor->starting || supervisor->draining;
    if (supervisor->wants_loader || supervisor->is_ending)
        return;
    if (supervisor->serving && config->low_memory) {
        log_line(supervisor->log, "signatures let-go (low-memory): requests wait for the new ones");
        supervisor->draining = g_steal_pointer(&supervisor->serving);
        loader_handle_drain(supervisor->draining);
        supervisor->wants_loader = TRUE;
        return;
    }
    if (supervisor->next_config) {
        supervisor->starting_config = g_steal_pointer(&supervisor->next_config);
        supervisor->starting_profile = g_steal_pointer(&supervisor->next_profile);
    }
    if (supervisor->serving && loader_handle_first_slot(supervisor->serving) == 0)
        first = BOARD_WORKERS_MAX;
    supervisor->stamp = signature_source_stamp(config->signature_directory);
    supervisor->starting =
        loader_handle_start(config, &supervisor->shared, first, &callbacks, &error);
    if (!supervisor->starting)
        starting_failed(supervisor, error->message);
}

gboolean supervisor_reload(Supervisor *supervisor, GError **error)
{
    g_autoptr(ScannerConfig) next = scanner_config_load(supervisor->config->file, error);
    g_autofree char *profile = NULL;

    if (!next || !supervisor_check(next, error) ||
        scanner_config_needs_restart(supervisor->config, next, error))
        return FALSE;
    profile = profile_load(next->profiles, error);
    if (!profile || !supervisor_open_log(supervisor, error))
        return FALSE;
    scanner_config_free(supervisor->next_config);
    supervisor->next_config = g_steal_pointer(&next);
    g_free(supervisor->next_profile);
    supervisor->next_profile = g_steal_pointer(&profile);
    supervisor->shared.uses_kept = FALSE;
    supervisor_start_loader(supervisor);
    return TRUE;
}

/* A loader that hangs or is stopped forks no workers and enforces no deadlines, but its workers may
 * still serve. They are replaced when another loader is ready. */
static void watch(Supervisor *supervisor, LoaderHandle *loader)
{
    const _Atomic guint64 *beats;

    if (!loader)
        return;
    beats = board_beats(supervisor->board, loader_handle_first_slot(loader));
    if (!loader_handle_is_silent(loader, *beats))
        return;
    log_line(supervisor->log, "loader silent pid=%d", (int)loader_handle_pid(loader));
    if (loader != supervisor->serving)
        loader_handle_kill(loader);
    else if (!supervisor->starting)
        supervisor_start_loader(supervisor);
}

void supervisor_watch_loaders(Supervisor *supervisor)
{
    watch(supervisor, supervisor->serving);
    watch(supervisor, supervisor->draining);
    watch(supervisor, supervisor->starting);
}

void supervisor_watch_signatures(Supervisor *supervisor)
{
    guint64 stamp = signature_source_stamp(supervisor->config->signature_directory);

    /* Unchanged since the last look: whoever writes them has finished. */
    if (stamp != supervisor->stamp && stamp == supervisor->seen_stamp) {
        supervisor->shared.uses_kept = FALSE;
        supervisor_start_loader(supervisor);
    }
    supervisor->seen_stamp = stamp;
}
