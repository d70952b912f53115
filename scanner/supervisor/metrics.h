/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics.h - the service's numbers for Prometheus, on a socket of their own.
 *
 * Speaks as much HTTP/1.0 as a scrape needs: a request for /metrics gets the text, then the
 * connection is closed. Asynchronous in the default main context; no peer can block the supervisor.
 */
#ifndef SCANNER_METRICS_H
#define SCANNER_METRICS_H

#include "scanner/supervisor/status.h"

enum {
    METRICS_CONNECTIONS_MAX = 8, /* a scrape every few seconds is one */
    METRICS_REQUEST_MAX = 4096,
    METRICS_TIMEOUT_SECONDS = 5
};

typedef struct Metrics Metrics;
/* Fills in the sources of the numbers. */
typedef void (*MetricsSource)(StatusSources *ret, gpointer user_data);

/* listen: "unix:/path" or a loopback "address:port". Fails by CONFIG_ERROR or G_IO_ERROR. A stale
 * socket is replaced. */
Metrics *metrics_new(const char *listen, MetricsSource source, gpointer user_data, GError **error);
Metrics *metrics_free(Metrics *metrics); /* accepts and returns NULL; removes the socket */
/* FALSE with CONFIG_ERROR when `listen` is neither of them. */
gboolean metrics_check(const char *listen, GError **error);

/* Writes the text (exposition format 0.0.4). */
void metrics_write(const StatusSources *sources, GString *out);

#endif /* SCANNER_METRICS_H */
