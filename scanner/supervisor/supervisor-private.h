/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor-private.h - the supervisor's state, made and taken down in supervisor-setup.c.
 */
#ifndef SCANNER_SUPERVISOR_PRIVATE_H
#define SCANNER_SUPERVISOR_PRIVATE_H

#include "scanner/common/board.h"
#include "scanner/common/condemned.h"
#include "scanner/common/config.h"
#include "scanner/common/listen.h"
#include "scanner/common/verdict-store.h"
#include "scanner/records/age-clock.h"
#include "scanner/records/control.h"
#include "scanner/records/records.h"
#include "scanner/supervisor/clients.h"
#include "scanner/supervisor/health.h"
#include "scanner/supervisor/loader-handle.h"
#include "scanner/supervisor/metrics.h"
#include "scanner/supervisor/shared-page.h"
#include "scanner/supervisor/status.h"

enum {
    SUPERVISOR_SOCKETS = 5 /* those that clients and storehookctl find by path */
};

typedef struct {
    ScannerConfig *config;
    ScannerConfig *starting_config; /* of the loader that is starting; NULL: the one in force */
    ScannerConfig *next_config;     /* of the one to be started then, or NULL */
    char *profile, *starting_profile, *next_profile;
    char *temp_directory;
    GArray *users;
    GMainLoop *loop;
    int status;
    gboolean is_ending;
    gboolean is_displaced; /* its sockets are not where clients look for them */
    gint64 started;

    ListenPlace places[SUPERVISOR_SOCKETS];
    int lock, state_lock, socket, signals, log;
    LoaderShared shared;
    Board *board;
    VerdictCache *cache;
    VerdictStore *verdicts;
    Condemned *condemned;
    Health *health;
    Metrics *metrics;
    StatusRates rates;
    SharedPage *page;
    Clients *clients;
    Records records;
    AllowList *allow, *deny;
    Control *control;

    LoaderHandle *serving, *starting, *draining;
    gboolean wants_loader; /* as soon as there is room for one */
    gboolean has_served;
    guint failures, retry;
    GPtrArray *reloads; /* of ControlRequest: who waits for a reload to be in force */
    char *last_failure;
    guint64 stamp, seen_stamp; /* of the signature directory: loaded, seen last */

    guint8 instance[16]; /* under which the service reports its own unscanned contents */
    guint64 reported[STOREHOOK_REASONS];
    guint ticks;
    gboolean wants_expiry; /* the last one left some */
    AgeClock ages;
} Supervisor;

Supervisor *supervisor_new(ScannerConfig *config);
/* Lock, directories, sockets, shared memory, records. */
gboolean supervisor_open(Supervisor *supervisor, GError **error);
/* At start, and again for a file that was moved away: who forks from now on writes to the new one.
 */
gboolean supervisor_open_log(Supervisor *supervisor, GError **error);
Supervisor *supervisor_free(Supervisor *supervisor);
/* Those that it made, and that are still there. */
void supervisor_unlink_sockets(const Supervisor *supervisor);
/* Once all are there. */
void supervisor_mark_sockets(Supervisor *supervisor);
/* The path of one that was removed or replaced, to be freed; else NULL. */
char *supervisor_find_displaced(const Supervisor *supervisor);
QuarantineLimits supervisor_quarantine_limits(const ScannerConfig *config);

ReleaseSettings supervisor_release_settings(const ScannerConfig *config);

/* supervisor-loaders.c: starts one, now or as soon as there is room for it; the old ones serve
 * until it is ready. */
void supervisor_start_loader(Supervisor *supervisor);
/* Reads the configuration again and starts a loader with it. */
gboolean supervisor_reload(Supervisor *supervisor, GError **error);
/* Tells all who wait for a reload that it failed. */
void supervisor_fail_reloads(Supervisor *supervisor, const char *reason);
/* Those that give no sign of life. */
void supervisor_watch_loaders(Supervisor *supervisor);
/* Starts a loader for new ones. */
void supervisor_watch_signatures(Supervisor *supervisor);
/* Logs it, if the signatures are old. */
void supervisor_warn_of_age(const Supervisor *supervisor);

/* supervisor-clients.c */
void supervisor_listen_clients(Supervisor *supervisor);

/* Leaves the main loop; status: of the process. */
void supervisor_end(Supervisor *supervisor, int status);
/* Books what the service itself answered "not scanned" to. */
void supervisor_report_unscanned(Supervisor *supervisor);
/* supervisor-control.c */
gboolean supervisor_listen_control(Supervisor *supervisor, GError **error);

#endif /* SCANNER_SUPERVISOR_PRIVATE_H */
