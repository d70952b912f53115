/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health.h - the service asks itself, as a client would, for a verdict on the EICAR test file.
 *
 * The request goes through the store's socket to any worker, which scans the file whatever the
 * cache says (see judge_probe()). Runs in the supervisor's main loop and never blocks it.
 */
#ifndef SCANNER_HEALTH_H
#define SCANNER_HEALTH_H

#include <json-glib/json-glib.h>

typedef struct Health Health;
/* Called after each check. */
typedef void (*HealthChecked)(gpointer user_data);

/* socket: [service] socket=. */
Health *health_new(const char *socket, HealthChecked checked, gpointer user_data);
Health *health_free(Health *health); /* accepts and returns NULL */

/* Starts a check unless one is running. deadline: in milliseconds; no answer until then is a
 * failure. */
void health_check(Health *health, guint deadline);
/* Why the last check failed; NULL when it passed, or there was none yet. */
const char *health_failure(const Health *health);
guint64 health_failures(const Health *health); /* since the start */
/* {result, reason, time, us, checks, failures} */
JsonObject *health_describe(const Health *health);

#endif /* SCANNER_HEALTH_H */
