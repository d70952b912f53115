/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor.c - the main loop, signals and the clock. No content comes here.
 *
 * The start fails with a reason in the log and status 1: another service on the socket, a directory
 * that cannot be written, signatures that cannot be loaded. Later failures leave what works in
 * place: broken signatures or a broken configuration are logged, and the old ones stay. Only when
 * no loader can be kept alive does the supervisor end. Clients then see at once that nobody is
 * there, and mail flows; a socket that nobody reads would delay it.
 */
#include "scanner/supervisor/supervisor.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "filters/rules.h"
#include "scanner/common/log.h"
#include "scanner/common/macro-rules-choose.h"
#include "scanner/common/users.h"
#include "scanner/supervisor/profile.h"
#include "scanner/supervisor/supervisor-private.h"

enum {
    TICK_SECONDS = 1,
    EXPIRE_SECONDS = 3600,
    WARN_SECONDS = 86400,
    DRAIN_GRACE_SECONDS = 2
};

void supervisor_end(Supervisor *supervisor, int status)
{
    supervisor->status = supervisor->is_displaced ? EXIT_FAILURE : status;
    g_main_loop_quit(supervisor->loop);
}

/* --- Signals, clock ---------------------------------------------------------------- */

static gboolean on_drain_late(gpointer user_data)
{
    Supervisor *supervisor = user_data;

    supervisor_end(supervisor, EXIT_SUCCESS);
    return G_SOURCE_REMOVE;
}

/* Takes no new requests; those in work are answered. */
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

/* Records what the service itself answered "not scanned" to, beside the reports of clients, and
 * first what could not be written before. */
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

/* What is removed for its age is gone for good, so the clock must be right. */
static gint64 time_for_ages(Supervisor *supervisor)
{
    struct timespec since_boot;
    gint64 leapt, now;

    clock_gettime(CLOCK_BOOTTIME, &since_boot);
    now = age_clock_now(&supervisor->ages, g_get_real_time(),
                        (gint64)since_boot.tv_sec * G_USEC_PER_SEC + since_boot.tv_nsec / 1000,
                        &leapt);
    if (leapt > 0)
        log_line(supervisor->log,
                 "warning clock-set-forward seconds=%" G_GINT64_FORMAT
                 " (for a day nothing goes by its age of now)",
                 leapt / G_USEC_PER_SEC);
    return now;
}

static void expire(Supervisor *supervisor)
{
    const ScannerConfig *config = supervisor->config;
    gint64 now = time_for_ages(supervisor);
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

/* The path of a socket that is in use cannot be made again, and neither new clients nor
 * storehookctl find the service without it. */
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

    supervisor->ticks++;
    status_sample(&supervisor->rates, supervisor->board);
    verdict_store_save(supervisor->verdicts, supervisor->cache);
    supervisor_report_unscanned(supervisor);
    watch_sockets(supervisor);
    supervisor_watch_loaders(supervisor);
    if (supervisor->ticks % EXPIRE_SECONDS == 1 || supervisor->wants_expiry)
        expire(supervisor);
    if (supervisor->serving && supervisor->ticks % WARN_SECONDS == 0)
        supervisor_warn_of_age(supervisor);
    if (supervisor->serving && supervisor->config->health_interval > 0 &&
        supervisor->ticks % supervisor->config->health_interval == 0)
        health_check(supervisor->health, supervisor->config->deadline);
    if (interval > 0 && supervisor->ticks % interval == 0 && supervisor->serving)
        supervisor_watch_signatures(supervisor);
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

gboolean supervisor_check(const ScannerConfig *config, GError **error)
{
    g_autofree char *profile = profile_load(config->profiles, error);
    g_autoptr(FilterRules) rules = NULL;
    g_autoptr(MacroRules) macro_rules = NULL;
    g_autoptr(GArray) users = NULL;

    if (!profile)
        return scanner_config_blame(config, "profile", "files", error);
    macro_rules = macro_rules_choose(config->macro_rules_file, error);
    if (!macro_rules)
        return scanner_config_blame(config, "macros", "rules-file", error);
    if (config->rules_file[0] != '\0') {
        rules = filter_rules_load(config->rules_file, error);
        if (!rules)
            return scanner_config_blame(config, "rules", "file", error);
    }
    users = users_resolve(config, error);
    return users != NULL;
}

/* Warnings of modules and libraries go to the log, with the time. */
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
    Supervisor *supervisor = user_data;
    Quarantine *quarantine = supervisor->records.quarantine;

    if (quarantine_read_on(quarantine, QUARANTINE_READ_AT_ONCE))
        return G_SOURCE_CONTINUE;
    (void)quarantine_expire(quarantine, time_for_ages(supervisor) / G_USEC_PER_SEC);
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
    supervisor_listen_clients(supervisor);
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
