/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - the service described for storehookctl.
 */
#ifndef SCANNER_STATUS_H
#define SCANNER_STATUS_H

#include <json-glib/json-glib.h>

#include "scanner/common/board.h"
#include "scanner/common/condemned.h"
#include "scanner/common/config.h"
#include "scanner/records/quarantine.h"
#include "scanner/supervisor/clients.h"
#include "scanner/supervisor/health.h"
#include "scanner/supervisor/loader-handle.h"
#include "scanner/supervisor/shared-page.h"

enum {
    STATUS_QUEUES = 3,   /* the request sockets, by priority */
    STATUS_SAMPLES = 61, /* a minute, one each second */
};

/* Counts of the board, sampled once a second, for the rates. */
typedef struct {
    guint64 requests[STATUS_SAMPLES], scans[STATUS_SAMPLES];
    guint count; /* of all samples since the start */
} StatusRates;

typedef struct {
    const ScannerConfig *config;
    const Board *board;
    Clients *clients;
    const SharedPage *page;
    const LoaderHandle *loader; /* the one that serves; NULL: none */
    const char *last_failure;   /* of loading signatures, or NULL */
    const Health *health;
    const Condemned *condemned;
    const StatusRates *rates;
    const Quarantine *quarantine;
    int queues[STATUS_QUEUES]; /* the first is the store's, and the lanes count to it */
    const Lanes *lanes;
    gint64 started; /* seconds since 1970 */
} StatusSources;

void status_sample(StatusRates *rates, const Board *board);
const char *status_queue_name(guint queue);
/* Requests that wait in a queue. */
guint status_queued(const StatusSources *sources, guint queue);
/* How many workers are alive, and how many of them are busy. */
guint status_workers(const StatusSources *sources, guint *ret_busy);
/* TRUE: protection is on, and contents would be scanned. */
gboolean status_is_protected(const StatusSources *sources);
/* Age of the newest signature in days; 0 while there is no reason to warn. */
guint status_signature_days(const LoaderSignatures *signatures, const ScannerConfig *config);
/*
 * Sets, among what is printed as it is (signatures, workers, cage, counters):
 *   "protection"   "protected" (switched on, and a worker is ready), "stopped" (storehookctl stop),
 *                  "unprotected" (switched on, but nothing would be scanned), with
 *   "reason"       text for "unprotected"
 *   "clients"      see clients_describe(); storehookctl says NOT PROTECTED for one that is not
 *                  hooked
 */
void status_describe(const StatusSources *sources, JsonObject *out);

#endif /* SCANNER_STATUS_H */
