/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor.c - admission, loaders, records, the clock; one main loop, no content.
 *
 * Start fails with a reason in the log and status 1: another service on the socket, a directory
 * that cannot be written, signatures that cannot be loaded. Later failures leave what works in
 * place: broken signatures or a broken configuration are logged, and the old ones serve on. Only
 * when no loader can be kept alive does the supervisor end: then clients see at once that nobody
 * is there, and mail flows, which beats a socket that nobody reads.
 */
#include "scanner/supervisor/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "filters/rules.h"
#include "scanner/common/listen.h"
#include "scanner/common/log.h"
#include "scanner/common/macro-rules-choose.h"
#include "scanner/common/signature-source.h"
#include "scanner/common/temp-directory.h"
#include "scanner/common/users.h"
#include "scanner/common/verdict-store.h"
#include "scanner/records/records.h"
#include "scanner/supervisor/clients.h"
#include "scanner/supervisor/loader-handle.h"
#include "scanner/supervisor/notify.h"
#include "scanner/supervisor/profile.h"
#include "scanner/supervisor/shared-page.h"
#include "scanner/supervisor/status.h"
#include "scanner/supervisor/supervisor-private.h"

enum {
    TICK_SECONDS = 1,
    EXPIRE_SECONDS = 3600,
    WARN_SECONDS = 86400,
    LOADER_FAILURES_MAX = 3, /* in a row, before giving up */
    LOADER_RETRY_MILLISECONDS = 500,
    DRAIN_GRACE_SECONDS = 2
};

static void supervisor_start_loader(Supervisor *supervisor);

static void supervisor_end(Supervisor *supervisor, int status)
{
    supervisor->status = supervisor->is_displaced ? EXIT_FAILURE : status;
    g_main_loop_quit(supervisor->loop);
}

/* --- Loaders ---------------------------------------------------------------------- */

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

/* Once nobody judges by the old settings any more, or they stay. */
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

/* The configuration that the new loader read is in force now. */
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

static void warn_of_age(const Supervisor *supervisor)
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
    warn_of_age(supervisor);
    if (!supervisor->has_served)
        notify_ready();
    supervisor->has_served = TRUE;
    if (supervisor->config->health_interval > 0)
        health_check(supervisor->health, supervisor->config->deadline);
    if (supervisor->wants_loader && !supervisor->draining)
        supervisor_start_loader(supervisor);
    answer_reloads(supervisor);
}

/* Slots of a loader that was killed still say that its workers live. */
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
    if (supervisor->wants_loader) { /* something newer is to be tried, and decides */
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
    /* With low-memory= nothing serves meanwhile: back to what was last good. */
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
    /* What its last workers answered is not to be remembered either. */
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
    const guint8 *d = loss->digest;
    VerdictKey key;

    if (strcmp(loss->reason, "exit 0") != 0) {
        /* What it died of is to outlive us, too. */
        verdict_store_save(supervisor->verdicts, supervisor->cache);
        log_line(supervisor->log, "worker lost slot=%u pid=%d reason=\"%s\"", loss->slot,
                 (int)loss->pid, loss->reason);
    }
    if (!d || loss->reading < 1 || loss->reading > VERDICT_CACHE_MESSAGE + 1)
        return;
    verdict_key_init(&key, d, told->version, (VerdictCacheKind)(loss->reading - 1));
    condemned_add(supervisor->condemned, &key);
    log_line(supervisor->log,
             "content condemned reason=\"killed %d workers\" "
             "sha256=%02x%02x%02x%02x%02x%02x%02x%02x signatures=%s",
             CONDEMNED_STRIKES, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], told->signatures);
}

static void on_worker_said(ChannelMessage *message, int answer, gpointer user_data)
{
    Supervisor *supervisor = user_data;

    records_take(&supervisor->records, message, answer);
}

static void supervisor_start_loader(Supervisor *supervisor)
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

    /* Its slots must be free, and one at a time is enough. */
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

/* --- Admission --------------------------------------------------------------------- */

static void say_welcome(Supervisor *supervisor, const StorehookMessage *hello, int reply,
                        gboolean admitted)
{
    unsigned char buffer[32768] __attribute__((aligned(8)));
    StorehookWriter writer;

    storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_WELCOME, hello->header.request,
                          0, shared_page_generation(supervisor->page));
    storehook_write_u32(&writer, STOREHOOK_FIELD_ANSWER,
                        admitted ? STOREHOOK_ANSWER_HOOKED : STOREHOOK_ANSWER_NOT_YOU);
    storehook_write_descriptor(&writer, STOREHOOK_FIELD_PAGE, shared_page_peek_fd(supervisor->page),
                               sizeof(StorehookPage));
    storehook_write_descriptor(&writer, STOREHOOK_FIELD_LANES, supervisor->shared.lanes.reader,
                               sizeof(StorehookLanes));
    if (admitted) {
        storehook_write_bytes(&writer, STOREHOOK_FIELD_PROFILE, supervisor->profile,
                              strlen(supervisor->profile));
        storehook_write_u32(&writer, STOREHOOK_FIELD_DEADLINE, supervisor->config->deadline);
    }
    (void)storehook_write_send(&writer, reply, MSG_DONTWAIT);
}

/* As HELLO and REPORT say it. */
static void take_unhooked(Supervisor *supervisor, const StorehookMessage *message,
                          const StorehookValue *instance)
{
    clients_set_unhooked(
        supervisor->clients, instance->data,
        (StorehookUnhooked)storehook_read_u32(message, STOREHOOK_FIELD_UNHOOKED, 0));
}

static void take_hello(Supervisor *supervisor, const ChannelMessage *message,
                       const struct ucred *sender)
{
    const StorehookMessage *hello = &message->message;
    char program[STOREHOOK_TEXT_MAX + 1];
    StorehookValue executable, instance;
    gboolean admitted;

    if (message->descriptor_count < 2 ||
        !storehook_read_find(hello, STOREHOOK_FIELD_EXECUTABLE, &executable) ||
        executable.descriptor < 0)
        return;
    admitted = clients_is_admitted(supervisor->clients, executable.descriptor);
    channel_text(hello, STOREHOOK_FIELD_PROGRAM, program, sizeof(program));
    if (storehook_read_find(hello, STOREHOOK_FIELD_INSTANCE, &instance) && instance.data &&
        instance.size == CLIENTS_INSTANCE_SIZE) {
        if (admitted)
            clients_add(supervisor->clients, instance.data, sender, program);
        else
            clients_remove(supervisor->clients, instance.data);
        take_unhooked(supervisor, hello, &instance);
    }
    say_welcome(supervisor, hello, message->descriptors[0], admitted);
    log_unquote(program);
    log_line(supervisor->log, "client program=\"%s\" pid=%d answer=%s", program, (int)sender->pid,
             admitted ? "hooked" : "not-you");
}

static void tell_lanes(const Supervisor *supervisor, const ChannelMessage *message)
{
    unsigned char buffer[256] __attribute__((aligned(8)));
    StorehookWriter writer;

    if (message->descriptor_count == 0)
        return;
    storehook_write_start(&writer, buffer, sizeof(buffer), STOREHOOK_WELCOME,
                          message->message.header.request, 0,
                          shared_page_generation(supervisor->page));
    storehook_write_descriptor(&writer, STOREHOOK_FIELD_LANES, supervisor->shared.lanes.reader,
                               sizeof(StorehookLanes));
    (void)storehook_write_send(&writer, message->descriptors[0], MSG_DONTWAIT);
}

static void take_report(Supervisor *supervisor, const StorehookMessage *report)
{
    StorehookValue instance;

    if (storehook_read_find(report, STOREHOOK_FIELD_INSTANCE, &instance) && instance.data &&
        instance.size == CLIENTS_INSTANCE_SIZE) {
        take_unhooked(supervisor, report, &instance);
        records_take_report(&supervisor->records, report,
                            clients_program(supervisor->clients, instance.data));
    }
}

static gboolean on_client(gint fd, GIOCondition condition, gpointer user_data)
{
    g_autofree ChannelMessage *message = g_new(ChannelMessage, 1);
    Supervisor *supervisor = user_data;
    struct ucred sender;
    ssize_t size;

    (void)condition;
    message->descriptor_count = 0;
    size = storehook_receive_from(fd, message->bytes, sizeof(message->bytes), message->descriptors,
                                  &message->descriptor_count, MSG_DONTWAIT, &sender);
    if (size < 0)
        return G_SOURCE_CONTINUE;
    if (storehook_read_message(message->bytes, (size_t)size, message->descriptors,
                               message->descriptor_count, &message->message) == 0 &&
        users_may_ask(supervisor->users, sender.uid)) {
        if (message->message.header.kind == STOREHOOK_HELLO)
            take_hello(supervisor, message, &sender);
        else if (message->message.header.kind == STOREHOOK_ASK_LANES)
            tell_lanes(supervisor, message);
        else if (message->message.header.kind == STOREHOOK_REPORT)
            take_report(supervisor, &message->message);
    }
    channel_clear(message);
    return G_SOURCE_CONTINUE;
}

/* --- Reload, signals, clock -------------------------------------------------------- */

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

static gboolean on_drain_late(gpointer user_data)
{
    Supervisor *supervisor = user_data;

    supervisor_end(supervisor, EXIT_SUCCESS);
    return G_SOURCE_REMOVE;
}

/* No new requests; those in work are answered. */
static void supervisor_stop(Supervisor *supervisor)
{
    if (supervisor->is_ending)
        return supervisor_end(supervisor, EXIT_SUCCESS);
    supervisor->is_ending = TRUE;
    log_line(supervisor->log, "service ending");
    supervisor_unlink_sockets(supervisor);
    if (!supervisor->serving)
        return supervisor_end(supervisor, EXIT_SUCCESS);
    supervisor->draining = supervisor->serving;
    supervisor->serving = NULL;
    loader_handle_drain(supervisor->draining);
    g_timeout_add_seconds(supervisor->config->deadline / 1000 + DRAIN_GRACE_SECONDS, on_drain_late,
                          supervisor);
}

static gboolean on_signal(gint fd, GIOCondition condition, gpointer user_data)
{
    Supervisor *supervisor = user_data;
    struct signalfd_siginfo signal;
    g_autoptr(GError) error = NULL;

    (void)condition;
    if (read(fd, &signal, sizeof(signal)) != (ssize_t)sizeof(signal))
        return G_SOURCE_CONTINUE;
    if (signal.ssi_signo != SIGHUP)
        supervisor_stop(supervisor);
    else if (!supervisor_reload(supervisor, &error))
        log_line(supervisor->log, "configuration refused reason=\"%s\" (the one in use stays)",
                 error->message);
    return G_SOURCE_CONTINUE;
}

/* What the service itself answered "not scanned" to, among what clients report; and what of that is
 * still to be written. */
void supervisor_report_unscanned(Supervisor *supervisor)
{
    const BoardCounts *counts = &supervisor->board->counts;
    guint64 totals[STOREHOOK_REASONS] = {0};

    (void)incidents_save_unscanned(supervisor->records.incidents);
    totals[STOREHOOK_REASON_RESOURCES] = counts->unscanned[BOARD_UNSCANNED_ENGINE] +
                                         counts->unscanned[BOARD_UNSCANNED_TEMPORARY] +
                                         counts->unscanned[BOARD_UNSCANNED_MEMORY];
    totals[STOREHOOK_REASON_PROTOCOL] = counts->unscanned[BOARD_UNSCANNED_CONTENT];
    totals[STOREHOOK_REASON_CRASH] = counts->unscanned[BOARD_UNSCANNED_CONDEMNED];
    if (memcmp(totals, supervisor->reported, sizeof(totals)) == 0)
        return;
    if (incidents_report_unscanned(supervisor->records.incidents, supervisor->instance,
                                   "storehookd", totals, NULL))
        memcpy(supervisor->reported, totals, sizeof(totals));
}

static void expire(Supervisor *supervisor)
{
    const ScannerConfig *config = supervisor->config;
    gint64 now = g_get_real_time();
    gint64 before = config->incident_days > 0
                        ? now - (gint64)config->incident_days * 86400 * G_USEC_PER_SEC
                        : 0;
    guint removed = 0;

    (void)incidents_expire(supervisor->records.incidents, before, config->incident_items, &removed,
                           NULL);
    supervisor->wants_expiry = removed == INCIDENTS_EXPIRE_AT_ONCE;
    (void)quarantine_expire(supervisor->records.quarantine, now / G_USEC_PER_SEC);
    allow_list_expire(supervisor->allow, now / G_USEC_PER_SEC);
    allow_list_expire(supervisor->deny, now / G_USEC_PER_SEC);
}

/* A loader that hangs or is stopped forks nobody and sees to no deadline, but its workers may well
 * serve: they go when another loader is ready. */
static void watch_loader(Supervisor *supervisor, LoaderHandle *loader)
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

/* A socket cannot be bound again; nobody new would find this service, and storehookctl neither. */
static void watch_sockets(Supervisor *supervisor)
{
    g_autofree char *path = supervisor->is_ending ? NULL : supervisor_find_displaced(supervisor);

    if (!path)
        return;
    log_line(supervisor->log,
             "service displaced reason=\"%s was removed or replaced\" (to be started anew)", path);
    supervisor->is_displaced = TRUE;
    supervisor_stop(supervisor);
}

static gboolean on_tick(gpointer user_data)
{
    Supervisor *supervisor = user_data;
    guint interval = supervisor->config->signature_interval;
    guint64 stamp;

    supervisor->ticks++;
    status_sample(&supervisor->rates, supervisor->board);
    verdict_store_save(supervisor->verdicts, supervisor->cache);
    supervisor_report_unscanned(supervisor);
    watch_sockets(supervisor);
    watch_loader(supervisor, supervisor->serving);
    watch_loader(supervisor, supervisor->draining);
    watch_loader(supervisor, supervisor->starting);
    if (supervisor->ticks % EXPIRE_SECONDS == 1 || supervisor->wants_expiry)
        expire(supervisor);
    if (supervisor->serving && supervisor->ticks % WARN_SECONDS == 0)
        warn_of_age(supervisor);
    if (supervisor->serving && supervisor->config->health_interval > 0 &&
        supervisor->ticks % supervisor->config->health_interval == 0)
        health_check(supervisor->health, supervisor->config->deadline);
    if (interval == 0 || supervisor->ticks % interval != 0 || !supervisor->serving)
        return G_SOURCE_CONTINUE;
    stamp = signature_source_stamp(supervisor->config->signature_directory);
    /* Two looks that agree: whoever writes them has finished. */
    if (stamp != supervisor->stamp && stamp == supervisor->seen_stamp) {
        supervisor->shared.uses_kept = FALSE;
        supervisor_start_loader(supervisor);
    }
    supervisor->seen_stamp = stamp;
    return G_SOURCE_CONTINUE;
}

static void on_health_checked(gpointer user_data)
{
    const Supervisor *supervisor = user_data;

    if (health_failure(supervisor->health))
        log_line(supervisor->log, "health-check failed reason=\"%s\"",
                 health_failure(supervisor->health));
}

/* --- Life -------------------------------------------------------------------------- */

static gboolean blame(const ScannerConfig *config, const char *section, const char *key,
                      GError **error)
{
    scanner_config_blame(config, section, key, error);
    return FALSE;
}

gboolean supervisor_check(const ScannerConfig *config, GError **error)
{
    g_autofree char *profile = profile_load(config->profiles, error);
    g_autoptr(FilterRules) rules = NULL;
    g_autoptr(MacroRules) macro_rules = NULL;
    g_autoptr(GArray) users = NULL;
    const char *unknown = NULL;

    if (!profile)
        return blame(config, "profile", "files", error);
    macro_rules = macro_rules_choose(config->macro_rules_file, error);
    if (!macro_rules)
        return blame(config, "macros", "rules-file", error);
    if (config->rules_file[0] != '\0') {
        rules = filter_rules_load(config->rules_file, error);
        if (!rules)
            return blame(config, "rules", "file", error);
    }
    users = users_resolve(config->users, &unknown);
    if (users)
        return TRUE;
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE, "no user \"%s\"", unknown);
    return blame(config, "service", "users", error);
}

/* What modules warn of, and libraries, belongs into the log, and has a time there. */
static void on_warning(const char *domain, GLogLevelFlags level, const char *message,
                       gpointer user_data)
{
    const Supervisor *supervisor = user_data;

    if (level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL))
        log_line(supervisor->log, "warning reason=\"%s\"", message);
    else
        g_log_default_handler(domain, level, message, NULL);
}

static gboolean on_idle(gpointer user_data)
{
    const Supervisor *supervisor = user_data;
    Quarantine *quarantine = supervisor->records.quarantine;

    if (quarantine_read_on(quarantine, QUARANTINE_READ_AT_ONCE))
        return G_SOURCE_CONTINUE;
    (void)quarantine_expire(quarantine, g_get_real_time() / G_USEC_PER_SEC);
    return G_SOURCE_REMOVE;
}

static gboolean supervisor_listen_signals(Supervisor *supervisor)
{
    sigset_t handled;

    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGINT);
    sigaddset(&handled, SIGHUP);
    sigprocmask(SIG_BLOCK, &handled, NULL);
    signal(SIGPIPE, SIG_IGN);
    supervisor->signals = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor->signals < 0)
        return FALSE;
    g_unix_fd_add(supervisor->signals, G_IO_IN, on_signal, supervisor);
    return TRUE;
}

int supervisor_run(ScannerConfig *config)
{
    Supervisor *supervisor = supervisor_new(config);
    g_autoptr(GError) error = NULL;
    int status;

    g_log_set_default_handler(on_warning, supervisor);
    if (!supervisor_open(supervisor, &error) || !supervisor_listen_signals(supervisor) ||
        !supervisor_listen_control(supervisor, &error)) {
        log_line(supervisor->log, "service not-started reason=\"%s\"",
                 error ? error->message : "no signal descriptor");
        g_log_set_default_handler(g_log_default_handler, NULL);
        supervisor_unlink_sockets(supervisor);
        supervisor_free(supervisor);
        return EXIT_FAILURE;
    }
    supervisor_mark_sockets(supervisor);
    g_unix_fd_add(supervisor->socket, G_IO_IN, on_client, supervisor);
    g_timeout_add_seconds(TICK_SECONDS, on_tick, supervisor);
    g_idle_add(on_idle, supervisor);
    supervisor->health = health_new(supervisor->config->socket, on_health_checked, supervisor);
    supervisor->condemned = condemned_new(supervisor->cache, supervisor->verdicts);
    supervisor_start_loader(supervisor);
    g_main_loop_run(supervisor->loop);
    status = supervisor->status;
    verdict_store_save(supervisor->verdicts, supervisor->cache);
    supervisor_report_unscanned(supervisor);
    supervisor_unlink_sockets(supervisor);
    log_line(supervisor->log, "service ended status=%d", status);
    g_log_set_default_handler(g_log_default_handler, NULL);
    supervisor_free(supervisor);
    return status;
}
