/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics-text.c - the numbers of the board in the text format of Prometheus.
 *
 * Nothing here fails.
 */
#include "scanner/supervisor/metrics.h"

static void head(GString *out, const char *name, const char *type, const char *help)
{
    g_string_append_printf(out, "# HELP storehook_%s %s\n# TYPE storehook_%s %s\n", name, help,
                           name, type);
}

static void one(GString *out, const char *name, const char *type, const char *help, guint64 value)
{
    head(out, name, type, help);
    g_string_append_printf(out, "storehook_%s %" G_GUINT64_FORMAT "\n", name, value);
}

static void labelled(GString *out, const char *name, const char *label, const char *text,
                     guint64 value)
{
    g_string_append_printf(out, "storehook_%s{%s=\"%s\"} %" G_GUINT64_FORMAT "\n", name, label,
                           text, value);
}

static void write_counts(const StatusSources *sources, GString *out)
{
    const BoardCounts *counts = &sources->board->counts;

    one(out, "requests_total", "counter", "Requests taken by workers.", counts->requests);
    one(out, "scans_total", "counter", "Contents given to libclamav.", counts->scans);
    one(out, "scanned_bytes_total", "counter", "Bytes given to libclamav.", counts->bytes_scanned);
    one(out, "cache_hits_total", "counter", "Verdicts that were remembered.", counts->cache_hits);
    one(out, "handed_over_total", "counter", "Requests that came by the sender's own processor.",
        counts->handed_over);
    one(out, "abandoned_total", "counter", "Requests whose client was gone.", counts->abandoned);
    one(out, "refused_total", "counter", "Datagrams that were no request.", counts->refused);
    one(out, "incidents_lost_total", "counter", "Incidents that are not on record.",
        counts->incidents_lost);
    head(out, "verdicts_total", "counter", "Verdicts given.");
    for (guint i = 0; i < STOREHOOK_VERDICTS; i++)
        labelled(out, "verdicts_total", "verdict", verdict_kind_name((StorehookVerdictKind)i),
                 counts->verdicts[i]);
    head(out, "actions_total", "counter", "Actions answered.");
    for (guint i = 0; i < STOREHOOK_ACTIONS; i++)
        labelled(out, "actions_total", "action", verdict_action_name((StorehookAction)i),
                 counts->actions[i]);
    head(out, "passed_not_scanned_total", "counter",
         "Contents that passed although the service could not scan them.");
    for (guint i = 0; i < BOARD_UNSCANNED_REASONS; i++)
        labelled(out, "passed_not_scanned_total", "reason", board_unscanned_name((BoardUnscanned)i),
                 counts->unscanned[i]);
}

static void write_latency(const BoardCounts *counts, GString *out)
{
    guint64 below = 0;
    guint bucket = 0;

    head(out, "answer_seconds", "histogram", "Time from taking a request to its answer.");
    for (guint power = 3; power < BOARD_LATENCY_BUCKETS / BOARD_LATENCY_STEPS; power++) {
        for (; bucket < (power - 2) * BOARD_LATENCY_STEPS; bucket++)
            below += counts->latency[bucket];
        g_string_append_printf(out,
                               "storehook_answer_seconds_bucket{le=\"%g\"} %" G_GUINT64_FORMAT "\n",
                               (double)(G_GUINT64_CONSTANT(1) << power) / 1e6, below);
    }
    for (; bucket < BOARD_LATENCY_BUCKETS; bucket++)
        below += counts->latency[bucket];
    g_string_append_printf(out,
                           "storehook_answer_seconds_bucket{le=\"+Inf\"} %" G_GUINT64_FORMAT
                           "\nstorehook_answer_seconds_sum %g\n"
                           "storehook_answer_seconds_count %" G_GUINT64_FORMAT "\n",
                           below, (double)counts->latency_sum / 1e6, below);
}

static void write_workers(const StatusSources *sources, GString *out)
{
    const BoardCounts *counts = &sources->board->counts;
    guint busy, alive = status_workers(sources, &busy);

    head(out, "workers", "gauge", "Scanning processes.");
    labelled(out, "workers", "state", "configured", sources->config->workers);
    labelled(out, "workers", "state", "alive", alive);
    labelled(out, "workers", "state", "busy", busy);
    head(out, "workers_ended_total", "counter", "Workers that ended, and why.");
    labelled(out, "workers_ended_total", "reason", "crashed", counts->workers_crashed);
    labelled(out, "workers_ended_total", "reason", "deadline", counts->workers_timed_out);
    labelled(out, "workers_ended_total", "reason", "no-processor", counts->workers_starved);
    labelled(out, "workers_ended_total", "reason", "worn", counts->workers_retired);
    head(out, "queued_requests", "gauge", "Requests that wait for a worker.");
    for (guint i = 0; i < STATUS_QUEUES; i++)
        labelled(out, "queued_requests", "priority", status_queue_name(i),
                 status_queued(sources, i));
}

static void write_signatures(const StatusSources *sources, GString *out)
{
    const LoaderSignatures *told;

    one(out, "update_failed", "gauge", "1 when the last update was rolled back.",
        sources->last_failure != NULL);
    if (!sources->loader)
        return;
    told = loader_handle_signatures(sources->loader);
    one(out, "signatures", "gauge", "Signatures in force.", told->count);
    one(out, "signatures_time_seconds", "gauge", "When the newest of them was made.",
        (guint64)told->newest);
    one(out, "signatures_too_old", "gauge", "1 when they are older than warn-age allows.",
        status_signature_days(told, sources->config) > 0);
    head(out, "signatures_info", "gauge", "Their version.");
    labelled(out, "signatures_info", "version", told->signatures, 1);
}

void metrics_write(const StatusSources *sources, GString *out)
{
    one(out, "protected", "gauge", "1 while hooked processes have their mail judged.",
        status_is_protected(sources));
    one(out, "start_time_seconds", "gauge", "When the service began.", (guint64)sources->started);
    one(out, "health_check_failed", "gauge", "1 when the last scan of EICAR did not find it.",
        health_failure(sources->health) != NULL);
    one(out, "health_check_failures_total", "counter", "Health checks that failed.",
        health_failures(sources->health));
    one(out, "condemned", "gauge", "Contents that crash the scanner and are not tried.",
        condemned_count(sources->condemned));
    write_signatures(sources, out);
    write_workers(sources, out);
    write_counts(sources, out);
    write_latency(&sources->board->counts, out);
}
