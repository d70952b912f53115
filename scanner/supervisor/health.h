/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health.h - the service asks itself, as a client would, for a verdict on the EICAR test file.
 *
 * The question goes through the store's socket to whichever worker takes it, which scans it with
 * the engine in use, whatever the cache holds (see judge_probe()). Lives in the supervisor's main
 * loop and never blocks it.
 */
#ifndef SCANNER_HEALTH_H
#define SCANNER_HEALTH_H

#include <json-glib/json-glib.h>

typedef struct Health Health;
/* After each check. */
typedef void (*HealthChecked)(gpointer user_data);

/* socket: of the service, as configured. */
Health *health_new(const char *socket, HealthChecked checked, gpointer user_data);
Health *health_free(Health *health); /* accepts and returns NULL */

/* Begins a check, unless one is under way. No answer in so many milliseconds is a failure. */
void health_check(Health *health, guint deadline);
/* NULL when the last check found the test file or none was made yet; else what was wrong. */
const char *health_failure(const Health *health);
guint64 health_failures(const Health *health); /* since the start */
/* {result, reason, time, us, checks, failures} */
JsonObject *health_describe(const Health *health);

#endif /* SCANNER_HEALTH_H */
