/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.c - describes board, clients and loader in one JSON object.
 *
 * Nothing here fails.
 */
#include "scanner/supervisor/status.h"

#include <unistd.h>

#include "scanner/common/json-text.h"
#include "scanner/common/listen.h"
#include "scanner/scan/engine-about.h"
#include "scanner/worker/cage.h"

static void describe_signatures(const StatusSources *sources, JsonObject *out)
{
    JsonObject *object = json_object_new();

    if (sources->loader) {
        const LoaderSignatures *told = loader_handle_signatures(sources->loader);

        json_object_set_string_member(object, "source", told->source);
        json_object_set_boolean_member(object, "bundled", told->bundled);
        json_object_set_string_member(object, "version", told->signatures);
        json_object_set_int_member(object, "count", (gint64)told->count);
        json_text_set_time(object, "newest", told->newest);
        json_object_set_int_member(object, "age-seconds",
                                   MAX(0, g_get_real_time() / G_USEC_PER_SEC - told->newest));
        json_object_set_string_member(object, "self-test", "passed");
    }
    json_object_set_string_member(object, "engine", engine_version());
    if (sources->last_failure)
        json_object_set_string_member(object, "last-failure", sources->last_failure);
    json_object_set_object_member(out, "signatures", object);
}

guint status_signature_days(const LoaderSignatures *signatures, const ScannerConfig *config)
{
    gint64 days = (g_get_real_time() / G_USEC_PER_SEC - signatures->newest) / 86400;

    return config->signature_age > 0 && days >= (gint64)config->signature_age ? (guint)days : 0;
}

/* What an operator should look at although mail is protected. */
static void describe_warnings(const StatusSources *sources, JsonObject *out)
{
    const LoaderSignatures *told =
        sources->loader ? loader_handle_signatures(sources->loader) : NULL;
    guint days = told ? status_signature_days(told, sources->config) : 0;
    guint condemned = condemned_count(sources->condemned);
    const char *absent = clients_absent(sources->clients);
    JsonArray *array = json_array_new();
    char text[128];

    if (absent) {
        g_autofree char *why =
            g_strdup_printf("no program is at %s, which is to be hooked", absent);
        json_array_add_string_element(array, why);
    }
    if (days > 0) {
        g_snprintf(text, sizeof(text), "the newest signatures are %u days old", days);
        json_array_add_string_element(array, text);
    }
    if (told && told->bundled)
        json_array_add_string_element(array, "the signatures are for trying things out only");
    if (sources->last_failure) {
        g_autofree char *why = g_strdup_printf("the last update of signatures or configuration "
                                               "was rolled back: %s",
                                               sources->last_failure);
        json_array_add_string_element(array, why);
    }
    if (quarantine_failure(sources->quarantine)) {
        g_autofree char *why = g_strdup_printf("the last original could not be quarantined: %s",
                                               quarantine_failure(sources->quarantine));
        json_array_add_string_element(array, why);
    }
    if (quarantine_expiry_failure(sources->quarantine))
        json_array_add_string_element(array, quarantine_expiry_failure(sources->quarantine));
    if (condemned > 0) {
        g_snprintf(text, sizeof(text), "contents that crash the scanner and are not tried: %u",
                   condemned);
        json_array_add_string_element(array, text);
    }
    json_object_set_array_member(out, "warnings", array);
}

guint status_workers(const StatusSources *sources, guint *ret_busy)
{
    guint first = sources->loader ? loader_handle_first_slot(sources->loader) : 0;
    guint alive = 0;

    *ret_busy = 0;
    for (guint i = 0; sources->loader && i < sources->config->workers; i++) {
        const BoardWorker *worker = &sources->board->workers[first + i];

        if (worker->pid == 0)
            continue;
        alive++;
        *ret_busy += worker->busy != 0;
    }
    return alive;
}

static void describe_workers(const StatusSources *sources, JsonObject *out)
{
    const BoardCounts *counts = &sources->board->counts;
    JsonObject *object = json_object_new();
    JsonArray *processes = json_array_new();
    guint busy, alive = status_workers(sources, &busy);
    guint first = sources->loader ? loader_handle_first_slot(sources->loader) : 0;

    json_object_set_int_member(object, "configured", sources->config->workers);
    json_object_set_int_member(object, "alive", alive);
    json_object_set_int_member(object, "busy", busy);
    json_object_set_int_member(object, "crashed", (gint64)counts->workers_crashed);
    json_object_set_int_member(object, "killed-at-deadline", (gint64)counts->workers_timed_out);
    json_object_set_int_member(object, "killed-without-processor", (gint64)counts->workers_starved);
    json_object_set_int_member(object, "replaced-when-worn", (gint64)counts->workers_retired);
    json_object_set_int_member(object, "loader",
                               sources->loader ? loader_handle_pid(sources->loader) : 0);
    for (guint i = 0; sources->loader && i < sources->config->workers; i++)
        if (sources->board->workers[first + i].pid != 0)
            json_array_add_int_element(processes, sources->board->workers[first + i].pid);
    json_object_set_array_member(object, "processes", processes);
    json_object_set_object_member(out, "workers", object);
}

static void describe_cage(const StatusSources *sources, JsonObject *out)
{
    guint first = sources->loader ? loader_handle_first_slot(sources->loader) : 0;
    JsonObject *object = json_object_new();
    guint layers = ~0U, seen = 0;

    for (guint i = 0; sources->loader && i < sources->config->workers; i++) {
        const BoardWorker *worker = &sources->board->workers[first + i];

        if (worker->pid == 0 || worker->layers == 0)
            continue; /* not ready yet */
        layers &= worker->layers;
        seen++;
    }
    for (guint i = 0; seen > 0 && i < CAGE_LAYERS; i++)
        json_object_set_boolean_member(object, cage_layer_name((CageLayer)i),
                                       (layers & (1u << i)) != 0);
    json_object_set_object_member(out, "cage", object);
}

static void describe_counts(const StatusSources *sources, JsonObject *out)
{
    const BoardCounts *counts = &sources->board->counts;
    JsonObject *verdicts = json_object_new(), *done = json_object_new();
    JsonObject *not_scanned = json_object_new(), *scans = json_object_new();

    for (guint i = 0; i < STOREHOOK_VERDICTS; i++)
        json_object_set_int_member(verdicts, verdict_kind_name((StorehookVerdictKind)i),
                                   (gint64)counts->verdicts[i]);
    for (guint i = 0; i < STOREHOOK_ACTIONS; i++)
        json_object_set_int_member(done, verdict_action_name((StorehookAction)i),
                                   (gint64)counts->actions[i]);
    for (guint i = 0; i < BOARD_UNSCANNED_REASONS; i++)
        json_object_set_int_member(not_scanned, board_unscanned_name((BoardUnscanned)i),
                                   (gint64)counts->unscanned[i]);
    json_object_set_int_member(scans, "requests", (gint64)counts->requests);
    json_object_set_int_member(scans, "scanned", (gint64)counts->scans);
    json_object_set_int_member(scans, "bytes", (gint64)counts->bytes_scanned);
    json_object_set_int_member(scans, "cache-hits", (gint64)counts->cache_hits);
    json_object_set_int_member(scans, "handed-over", (gint64)counts->handed_over);
    json_object_set_int_member(scans, "abandoned", (gint64)counts->abandoned);
    json_object_set_int_member(scans, "refused", (gint64)counts->refused);
    json_object_set_int_member(scans, "digest-mismatches", (gint64)counts->digest_mismatches);
    json_object_set_int_member(scans, "log-lines-lost", (gint64)counts->log_lines_lost);
    json_object_set_int_member(scans, "incidents-lost", (gint64)counts->incidents_lost);
    json_object_set_int_member(scans, "p50-us", (gint64)board_latency(counts, 0.5));
    json_object_set_int_member(scans, "p99-us", (gint64)board_latency(counts, 0.99));
    json_object_set_object_member(out, "scans", scans);
    json_object_set_object_member(out, "verdicts", verdicts);
    json_object_set_object_member(out, "actions", done);
    json_object_set_object_member(out, "passed-not-scanned", not_scanned);
}

const char *status_queue_name(guint queue)
{
    static const char *const names[STATUS_QUEUES] = {"store", "access", "background"};

    return names[queue];
}

static void describe_queue(const StatusSources *sources, JsonObject *out)
{
    JsonObject *object = json_object_new();

    for (guint i = 0; i < STATUS_QUEUES; i++)
        json_object_set_int_member(object, status_queue_name(i), status_queued(sources, i));
    json_object_set_int_member(object, "limit-each", listen_queue_limit());
    json_object_set_object_member(out, "queue", object);
}

guint status_queued(const StatusSources *sources, guint queue)
{
    return listen_queued(sources->queues[queue]) + (queue == 0 ? lanes_queued(sources->lanes) : 0);
}

void status_sample(StatusRates *rates, const Board *board)
{
    guint at = rates->count++ % STATUS_SAMPLES;

    rates->requests[at] = board->counts.requests;
    rates->scans[at] = board->counts.scans;
}

/* Per second, between the newest sample and the one so many seconds before. */
static double rate(const StatusRates *rates, const guint64 *samples, guint seconds)
{
    guint newest = rates->count - 1, span = MIN(seconds, newest);

    if (rates->count < 2)
        return 0;
    return (double)(samples[newest % STATUS_SAMPLES] - samples[(newest - span) % STATUS_SAMPLES]) /
           span;
}

static void describe_rates(const StatusRates *rates, JsonObject *out)
{
    JsonObject *object = json_object_new();

    json_object_set_double_member(object, "requests-per-second", rate(rates, rates->requests, 1));
    json_object_set_double_member(object, "requests-per-second-minute",
                                  rate(rates, rates->requests, STATUS_SAMPLES - 1));
    json_object_set_double_member(object, "scans-per-second-minute",
                                  rate(rates, rates->scans, STATUS_SAMPLES - 1));
    json_object_set_object_member(out, "rates", object);
}

/* NULL when contents would be scanned. */
static const char *why_not_scanning(const StatusSources *sources)
{
    guint busy;

    return !sources->loader                      ? "no signatures are loaded"
           : status_workers(sources, &busy) == 0 ? "no worker is alive"
                                                 : health_failure(sources->health);
}

gboolean status_is_protected(const StatusSources *sources)
{
    return shared_page_is_enabled(sources->page) && !why_not_scanning(sources);
}

static void describe_protection(const StatusSources *sources, JsonObject *out, guint unhooked)
{
    const char *reason = why_not_scanning(sources);

    if (!shared_page_is_enabled(sources->page)) {
        json_object_set_string_member(out, "protection", "stopped");
    } else if (reason) {
        json_object_set_string_member(out, "protection", "unprotected");
        json_object_set_string_member(out, "reason", reason);
    } else {
        json_object_set_string_member(out, "protection", "protected");
    }
    json_object_set_boolean_member(out, "enabled", shared_page_is_enabled(sources->page));
    json_object_set_int_member(out, "not-protected-processes", unhooked);
}

void status_describe(const StatusSources *sources, JsonObject *out)
{
    guint unhooked;
    JsonArray *clients = clients_describe(sources->clients, &unhooked);

    describe_protection(sources, out, unhooked);
    json_object_set_array_member(out, "clients", clients);
    json_object_set_int_member(out, "pid", getpid());
    json_text_set_time(out, "started", sources->started);
    json_object_set_int_member(out, "generation", shared_page_generation(sources->page));
    json_object_set_int_member(out, "deadline-ms", sources->config->deadline);
    describe_signatures(sources, out);
    describe_workers(sources, out);
    describe_cage(sources, out);
    json_object_set_object_member(out, "health", health_describe(sources->health));
    json_object_set_int_member(out, "condemned", condemned_count(sources->condemned));
    describe_warnings(sources, out);
    describe_queue(sources, out);
    describe_rates(sources->rates, out);
    describe_counts(sources, out);
}
