/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * incidents.h - what was found and done, and what passed unscanned: an SQLite database.
 *
 * Used in the supervisor only, from one thread. A forked child must not touch it and should close
 * its descriptors (close_range). A damaged database is renamed with a g_warning() and a new one
 * started: the service does not stop for its records.
 */
#ifndef SCANNER_INCIDENTS_H
#define SCANNER_INCIDENTS_H

#include <glib.h>
#include <json-glib/json-glib.h>

#include "filters/decision.h"
#include "libstorehook/protocol.h"

/* How many rows that passed unscanned are kept, the newest. The totals stay exact. */
#define INCIDENTS_UNSCANNED_ROWS 65536
/* Clients whose totals are kept in memory while they cannot be written. */
#define INCIDENTS_UNSAVED_MAX 4096
/* Folders and recipients that are kept of one incident; more are left out. */
#define INCIDENTS_FOLDERS_MAX 1000
#define INCIDENTS_RECIPIENTS_MAX 1000
/* Incidents in the answer to a query. */
#define INCIDENTS_QUERY_MAX 10000
#define INCIDENTS_EXPIRE_AT_ONCE 10000

/* Texts may be NULL or "": not known, or not yet. */
typedef struct {
    const char *reference; /* required: "A7F3-19C2"; adding it again fills in what was not known */
    const char *message;   /* reference of the message's incident that this part belongs to */
    gint64 time;           /* microseconds since 1970, UTC; 0: now */
    const char *sender;
    const char *recipients; /* separated by any of , ; space and newline */
    const char *subject;
    const char *attachment; /* name, decoded */
    const char *container;  /* path inside an archive */
    const char *type;       /* true MIME type */
    guint64 size;
    const guint8 *digest; /* 32 bytes, or NULL */
    FilterVerdict verdict;
    const char *verdict_name; /* signature, rule, limit or reason */
    FilterAction action;      /* what was really done, after any fallback */
    const char *note;         /* why a fallback, or any other remark */
    const char *quarantine_id;
    const char *program; /* the hooked program */
    const char *signature_version;
} Incident;

/* Where a message was put. Texts may be NULL. */
typedef struct {
    const char *reference; /* of the message's incident */
    const char *mailbox, *name;
    const char *kind; /* gives the direction: outbox, sent and drafts are "outbound", public is
                         "internal", all else "inbound" */
    gboolean dropped;
} IncidentFolder;

/* A row that passed unscanned. */
typedef struct {
    const guint8 *instance; /* of the client: 16 bytes */
    gint64 time;            /* seconds since 1970 */
    StorehookReason reason;
    const char *table; /* NULL or "": not known */
    const void *bookmark;
    gsize bookmark_size;
} UnscannedRow;

typedef struct {
    gint64 since;       /* microseconds since 1970; 0: no limit */
    gint64 until;       /* 0: no limit */
    int verdict;        /* FilterVerdict; -1: any */
    const char *sender; /* address, in either case; * and ? are wildcards; NULL: any */
    const char *recipient;
    const char *reference; /* an incident, or a message with its parts; NULL: any */
    guint limit;           /* 0: INCIDENTS_QUERY_MAX */
} IncidentQuery;

typedef struct Incidents Incidents;

#define INCIDENTS_ERROR incidents_error_quark()
GQuark incidents_error_quark(void);
typedef enum {
    INCIDENTS_ERROR_DATABASE
} IncidentsError;

Incidents *incidents_open(const char *path, GError **error);
Incidents *incidents_close(Incidents *incidents); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Incidents, incidents_close)

gboolean incidents_add(Incidents *incidents, const Incident *incident, GError **error);
/* May come before the incident itself. */
gboolean incidents_add_folder(Incidents *incidents, const IncidentFolder *folder, GError **error);
/* "released to bob@example.org" and the like; shown with the incident. */
gboolean incidents_add_note(Incidents *incidents, const char *reference, const char *note,
                            GError **error);

/* Array, newest first, of {reference, message, time (ISO 8601, UTC), sender, recipients[], subject,
 * direction, folders[{mailbox, folder, kind, direction, dropped}], attachment, container, type,
 * size, sha256, verdict, name, action, note, quarantine, program, signatures}. */
JsonArray *incidents_query(Incidents *incidents, const IncidentQuery *query, GError **error);
gboolean incidents_count(Incidents *incidents, guint64 *ret_count, GError **error);
/* Why the last record could not be written, or NULL. Removing does not count. */
const char *incidents_failure(const Incidents *incidents);

/* The totals since a client process (instance: 16 bytes) started. The greatest seen is kept, so
 * reports may come twice and in any order. The service reports its own not-scanned answers under an
 * instance of its own. Totals that cannot be written are counted all the same. */
gboolean incidents_report_unscanned(Incidents *incidents, const guint8 instance[16],
                                    const char *program, const guint64 totals[STOREHOOK_REASONS],
                                    GError **error);
/* A repeated row is kept once. */
gboolean incidents_add_unscanned_row(Incidents *incidents, const UnscannedRow *row, GError **error);
/* Rows since that time (seconds since 1970) could not be added: a row without a table says so. */
void incidents_lose_unscanned_rows(Incidents *incidents, const guint8 instance[16],
                                   const char *program, gint64 since, StorehookReason reason);
/* Tries again to write the totals in memory; returns for how many clients it failed. */
guint incidents_save_unscanned(Incidents *incidents);
gboolean incidents_unscanned_totals(Incidents *incidents, guint64 ret_totals[STOREHOOK_REASONS],
                                    GError **error);
const char *incidents_reason_name(StorehookReason reason);
/* Array of {time, reason, program, table, bookmark (hex)}, newest first. */
JsonArray *incidents_unscanned_rows(Incidents *incidents, guint limit, GError **error);

/* Makes many additions one write, where the caller has many at a time (a client's REPORT). */
gboolean incidents_begin(Incidents *incidents, GError **error);
gboolean incidents_commit(Incidents *incidents, GError **error);

/* Removes the incidents before `before` (microseconds; 0: none by age) and the oldest beyond
 * `max_incidents` (0: no limit); at most INCIDENTS_EXPIRE_AT_ONCE in a call, so that none takes
 * long. When that many were removed there may be more. */
gboolean incidents_expire(Incidents *incidents, gint64 before, guint64 max_incidents,
                          guint *ret_removed, GError **error);

#endif /* SCANNER_INCIDENTS_H */
