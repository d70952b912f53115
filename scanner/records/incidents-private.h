/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SCANNER_INCIDENTS_PRIVATE_H
#define SCANNER_INCIDENTS_PRIVATE_H

#include "scanner/records/database.h"
#include "scanner/records/incidents.h"

struct Incidents {
    Database *database;
    char *failure;       /* why the last write failed, or NULL */
    GHashTable *unsaved; /* reports that could not be written: incidents-unscanned.c */
};

GHashTable *incidents_unsaved_new(void);

/* database_run(), with INCIDENTS_ERROR. */
gboolean incidents_run(Incidents *incidents, DatabaseWork work, gpointer data, GError **error);
/* The same for work that adds records; incidents_failure() tells how it went. */
gboolean incidents_write(Incidents *incidents, DatabaseWork work, gpointer data, GError **error);

/* The envelope addresses in a text, where they are separated by , ; space or newline and may stand
 * in angle brackets. Each once, at most `most`. */
GPtrArray *incidents_split_addresses(const char *text, guint most);
char *incidents_time_text(gint64 microseconds);

#endif /* SCANNER_INCIDENTS_PRIVATE_H */
