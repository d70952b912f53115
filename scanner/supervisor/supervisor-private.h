/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor-private.h - the supervisor's state; supervisor-setup.c makes and frees it.
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
    SUPERVISOR_SOCKETS = 5 /* those that clients and storehookctl find by their path */
};

typedef struct {
    ScannerConfig *config;
    ScannerConfig *starting_config; /* of the loader that is starting; NULL: `config` */
    ScannerConfig *next_config;     /* of the loader to be started after that, or NULL */
    char *profile, *starting_profile, *next_profile;
    char *temp_directory;
    GArray *users;
    GMainLoop *loop;
    int status;
    gboolean is_ending;
    gboolean is_displaced; /* its sockets were removed or replaced: clients cannot find it */
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
    gboolean wants_loader; /* another loader is to be started as soon as there is room */
    gboolean has_served;
    guint failures, retry;
    GPtrArray *reloads; /* ControlRequest: reloads that are not answered yet */
    char *last_failure;
    guint64 stamp, seen_stamp; /* of the signature directory: when loaded, at the last look */

    guint8 instance[16]; /* for reports of what the service itself did not scan */
    guint64 reported[STOREHOOK_REASONS];
    guint ticks;
    gboolean wants_expiry; /* the last one left some items */
    AgeClock ages;
} Supervisor;

Supervisor *supervisor_new(ScannerConfig *config);
/* Opens lock, directories, sockets, shared memory and records. */
gboolean supervisor_open(Supervisor *supervisor, GError **error);
/* At start, and again at a reload, since the file may have been moved away: processes forked from
 * now on write to the new one. */
gboolean supervisor_open_log(Supervisor *supervisor, GError **error);
Supervisor *supervisor_free(Supervisor *supervisor);
/* Removes the sockets that it made, if they are still there. */
void supervisor_unlink_sockets(const Supervisor *supervisor);
/* Notes where the sockets are, once all are open. */
void supervisor_mark_sockets(Supervisor *supervisor);
/* The path of a socket that was removed or replaced, g_free(); NULL: none. */
char *supervisor_find_displaced(const Supervisor *supervisor);
QuarantineLimits supervisor_quarantine_limits(const ScannerConfig *config);

ReleaseSettings supervisor_release_settings(const ScannerConfig *config);

/* supervisor-loaders.c: starts a loader, now or as soon as there is room. The old one serves until
 * it is ready. */
void supervisor_start_loader(Supervisor *supervisor);
/* Reads the configuration again and starts a loader with it. */
gboolean supervisor_reload(Supervisor *supervisor, GError **error);
/* Answers all reloads that they failed. */
void supervisor_fail_reloads(Supervisor *supervisor, const char *reason);
/* Deals with loaders that give no sign of life. */
void supervisor_watch_loaders(Supervisor *supervisor);
/* Starts a loader when there are new signatures. */
void supervisor_watch_signatures(Supervisor *supervisor);
/* Logs a warning if the signatures are old. */
void supervisor_warn_of_age(const Supervisor *supervisor);

/* supervisor-clients.c */
void supervisor_listen_clients(Supervisor *supervisor);

/* Ends the main loop; status: exit status of the process. */
void supervisor_end(Supervisor *supervisor, int status);
/* Records what the service itself answered "not scanned" to. */
void supervisor_report_unscanned(Supervisor *supervisor);
/* supervisor-control.c */
gboolean supervisor_listen_control(Supervisor *supervisor, GError **error);

#endif /* SCANNER_SUPERVISOR_PRIVATE_H */
