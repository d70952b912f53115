/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl-print.h - answers of storehookd for people.
 */
#ifndef SCANNER_CTL_PRINT_H
#define SCANNER_CTL_PRINT_H

#include <glib.h>
#include <json-glib/json-glib.h>

/* The first line of status: "PROTECTED", "WAITING (process NAME, PID: why)", "STOPPED", "NOT
 * PROTECTED (process NAME, PID: why)". TRUE for the first two. *ret_line: g_free(). */
gboolean ctl_status_line(JsonObject *answer, char **ret_line);

void ctl_print_status(JsonObject *answer);
void ctl_print_incidents(JsonObject *answer);
void ctl_print_unscanned(JsonObject *answer);
void ctl_print_quarantine(JsonObject *answer);
void ctl_print_release(JsonObject *answer);
void ctl_print_condemned(JsonObject *answer);
void ctl_print_allowed(JsonObject *answer);
void ctl_print_denied(JsonObject *answer);
/* Members of any object, one a line; arrays of objects as tables. */
void ctl_print_object(JsonObject *answer);
/* "done" and the like. */
void ctl_print_done(JsonObject *answer);

#endif /* SCANNER_CTL_PRINT_H */
