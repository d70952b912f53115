/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SCANNER_CONTROL_PRIVATE_H
#define SCANNER_CONTROL_PRIVATE_H

#include "scanner/records/control.h"

/* control-records.c: registers the commands about records. `records` must outlive the Control. */
void control_records_register(Control *control, ControlRecords *records);
/* As control_describe_records(). */
void control_records_describe(const ControlRecords *records, JsonObject *reply);

/* A point in time as an operator writes it: "2026-11-22", "2026-11-22T10:00:00Z", "90m", "2h", "7d"
 * (so long ago), or seconds since 1970. *ret: microseconds since 1970. */
gboolean control_time_parse(const char *text, gint64 now, gint64 *ret, GError **error);

#endif /* SCANNER_CONTROL_PRIVATE_H */
