/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * incidents-unscanned.c - what passed unscanned: exact totals, and the rows for a later scan.
 *
 * A client reports its totals since it started, and repeats a report that may not have arrived. The
 * greatest total for each client and reason is kept, so that the sum counts each content once.
 *
 * Fails as the file system does. Since a client may end after its report, totals that could not be
 * written are kept in memory, counted in the sum, and written later. For its rows only the time is
 * kept since which some are missing.
 *
 * Known limits: totals of at most INCIDENTS_UNSAVED_MAX clients are kept in memory. In the database
 * each client process has a row for each reason for ever. To add up those of old processes would
 * count twice if one of them reported again.
 */
#include "scanner/records/incidents-private.h"

#include "scanner/common/hex.h"

#include <string.h>

/* What JSON readers hold exactly; sums of it do not overflow in SQLite. */
#define TOTAL_MAX (G_GUINT64_CONSTANT(1) << 53)

#define INSTANCE_SIZE 16

/* The totals of a client that are to be written. */
typedef struct {
    guint8 instance[INSTANCE_SIZE];
    char *program;
    guint64 totals[STOREHOOK_REASONS];
    gint64 rows_lost_since; /* seconds since 1970; 0: none */
    StorehookReason lost_reason;
} Report;

static void report_free(gpointer data)
{
    Report *report = data;

    g_free(report->program);
    g_free(report);
}

static guint instance_hash(gconstpointer instance)
{
    guint hash;

    memcpy(&hash, instance, sizeof hash); /* random bytes */
    return hash;
}

static gboolean instance_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, INSTANCE_SIZE) == 0;
}

GHashTable *incidents_unsaved_new(void)
{
    return g_hash_table_new_full(instance_hash, instance_equal, NULL, report_free);
}

/* The report of this client in memory; NULL when there are too many. */
static Report *report_hold(Incidents *incidents, const guint8 *instance, const char *program)
{
    Report *report = g_hash_table_lookup(incidents->unsaved, instance);

    if (report != NULL)
        return report;
    if (g_hash_table_size(incidents->unsaved) >= INCIDENTS_UNSAVED_MAX)
        return NULL;
    report = g_new0(Report, 1);
    memcpy(report->instance, instance, INSTANCE_SIZE);
    report->program = g_strdup(program);
    g_hash_table_insert(incidents->unsaved, report->instance, report);
    return report;
}

const char *incidents_reason_name(StorehookReason reason)
{
    static const char *const NAMES[STOREHOOK_REASONS] = {
        [STOREHOOK_REASON_UNAVAILABLE] = "unavailable",
        [STOREHOOK_REASON_DEADLINE] = "deadline",
        [STOREHOOK_REASON_CRASH] = "crash",
        [STOREHOOK_REASON_PROTOCOL] = "protocol",
        [STOREHOOK_REASON_RESOURCES] = "resources",
    };
    return (unsigned)reason < STOREHOOK_REASONS ? NAMES[reason] : "unknown";
}

static gboolean work_report(Database *database, gpointer data, GError **error)
{
    static const char SQL[] =
        "INSERT INTO unscanned_totals VALUES (?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET"
        " count=max(count, excluded.count), program=coalesce(excluded.program, program),"
        " last=excluded.last";
    const Report *report = data;

    for (int i = 0; i < STOREHOOK_REASONS; i++) {
        if (report->totals[i] == 0)
            continue;
        sqlite3_stmt *statement = database_prepare(database, SQL, error);
        if (statement == NULL)
            return FALSE;
        sqlite3_bind_blob(statement, 1, report->instance, INSTANCE_SIZE, SQLITE_TRANSIENT);
        sqlite3_bind_int(statement, 2, i);
        sqlite3_bind_int64(statement, 3, (gint64)report->totals[i]);
        database_bind_text(statement, 4, report->program);
        sqlite3_bind_int64(statement, 5, g_get_real_time());
        if (!database_execute(database, statement, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean work_add_row(Database *database, gpointer data, GError **error)
{
    const UnscannedRow *row = data;
    sqlite3_stmt *statement =
        database_prepare(database,
                         "INSERT OR IGNORE INTO unscanned_rows (instance, time, reason, source,"
                         " bookmark) VALUES (?1,?2,?3,?4,?5)",
                         error);

    if (statement == NULL)
        return FALSE;
    sqlite3_bind_blob(statement, 1, row->instance, INSTANCE_SIZE, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 2, row->time);
    sqlite3_bind_int(statement, 3, (int)row->reason);
    database_bind_text(statement, 4, row->table != NULL && *row->table != '\0' ? row->table : "?");
    sqlite3_bind_blob(statement, 5, row->bookmark_size > 0 ? row->bookmark : "",
                      (int)MIN(row->bookmark_size, STOREHOOK_TEXT_MAX), SQLITE_TRANSIENT);
    if (!database_execute(database, statement, error))
        return FALSE;
    /* Ids only grow, so this reads nothing but what it removes. */
    statement = database_prepare(database,
                                 "DELETE FROM unscanned_rows WHERE id <="
                                 " (SELECT max(id) FROM unscanned_rows) - ?1",
                                 error);
    if (statement == NULL)
        return FALSE;
    sqlite3_bind_int(statement, 1, INCIDENTS_UNSCANNED_ROWS);
    return database_execute(database, statement, error);
}

gboolean incidents_add_unscanned_row(Incidents *incidents, const UnscannedRow *row, GError **error)
{
    return incidents_write(incidents, work_add_row, (gpointer)row, error);
}

/* --- Totals ------------------------------------------------------------------------ */

static gboolean work_save(Database *database, gpointer data, GError **error)
{
    const Report *report = data;
    UnscannedRow lost = {.instance = report->instance,
                         .time = report->rows_lost_since,
                         .reason = report->lost_reason};

    return work_report(database, data, error) &&
           (report->rows_lost_since == 0 || work_add_row(database, &lost, error));
}

gboolean incidents_report_unscanned(Incidents *incidents, const guint8 instance[16],
                                    const char *program, const guint64 totals[STOREHOOK_REASONS],
                                    GError **error)
{
    Report *report = report_hold(incidents, instance, program);
    Report own = {.program = (char *)program};

    if (report == NULL) {
        report = &own;
        memcpy(own.instance, instance, INSTANCE_SIZE);
    }
    for (int i = 0; i < STOREHOOK_REASONS; i++)
        report->totals[i] = MAX(report->totals[i], MIN(totals[i], TOTAL_MAX));
    if (!incidents_write(incidents, work_save, report, error))
        return FALSE;
    g_hash_table_remove(incidents->unsaved, instance);
    return TRUE;
}

void incidents_lose_unscanned_rows(Incidents *incidents, const guint8 instance[16],
                                   const char *program, gint64 since, StorehookReason reason)
{
    Report *report = report_hold(incidents, instance, program);

    if (report == NULL || (report->rows_lost_since != 0 && report->rows_lost_since <= since))
        return;
    report->rows_lost_since = since;
    report->lost_reason = reason;
}

guint incidents_save_unscanned(Incidents *incidents)
{
    GHashTableIter each;
    gpointer report;

    g_hash_table_iter_init(&each, incidents->unsaved);
    while (g_hash_table_iter_next(&each, NULL, &report) &&
           incidents_write(incidents, work_save, report, NULL))
        g_hash_table_iter_remove(&each);
    return g_hash_table_size(incidents->unsaved);
}

/* Reads rows with a reason and a count; a reason without a row is 0. */
static gboolean read_totals(Database *database, sqlite3_stmt *statement,
                            guint64 totals[STOREHOOK_REASONS], GError **error)
{
    gboolean failed;

    memset(totals, 0, STOREHOOK_REASONS * sizeof *totals);
    while (database_next(database, statement, &failed, error)) {
        int reason = sqlite3_column_int(statement, 0);

        if (reason >= 0 && reason < STOREHOOK_REASONS)
            totals[reason] = (guint64)sqlite3_column_int64(statement, 1);
    }
    return !failed;
}

static gboolean work_stored(Database *database, gpointer data, GError **error)
{
    Report *stored = data;
    sqlite3_stmt *statement = database_prepare(
        database, "SELECT reason, count FROM unscanned_totals WHERE instance=?1", error);

    if (statement == NULL)
        return FALSE;
    sqlite3_bind_blob(statement, 1, stored->instance, INSTANCE_SIZE, SQLITE_TRANSIENT);
    return read_totals(database, statement, stored->totals, error);
}

/* Adds to the sum by how much the reports in memory are ahead of the database. */
static gboolean add_unsaved(Incidents *incidents, guint64 totals[STOREHOOK_REASONS], GError **error)
{
    GHashTableIter each;
    gpointer value;

    g_hash_table_iter_init(&each, incidents->unsaved);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        const Report *report = value;
        Report stored = *report;

        if (!incidents_run(incidents, work_stored, &stored, error))
            return FALSE;
        for (int i = 0; i < STOREHOOK_REASONS; i++)
            if (report->totals[i] > stored.totals[i])
                totals[i] += report->totals[i] - stored.totals[i];
    }
    return TRUE;
}

static gboolean work_totals(Database *database, gpointer data, GError **error)
{
    sqlite3_stmt *statement = database_prepare(
        database, "SELECT reason, sum(count) FROM unscanned_totals GROUP BY reason", error);

    return statement != NULL && read_totals(database, statement, data, error);
}

gboolean incidents_unscanned_totals(Incidents *incidents, guint64 ret_totals[STOREHOOK_REASONS],
                                    GError **error)
{
    guint64 totals[STOREHOOK_REASONS];

    if (!incidents_run(incidents, work_totals, totals, error) ||
        !add_unsaved(incidents, totals, error))
        return FALSE;
    for (int i = 0; i < STOREHOOK_REASONS; i++)
        ret_totals[i] = totals[i];
    return TRUE;
}

typedef struct {
    guint limit;
    JsonArray *rows;
} Listing;

static gboolean work_rows(Database *database, gpointer data, GError **error)
{
    static const char SQL[] =
        "SELECT time, reason, source, bookmark, (SELECT program FROM unscanned_totals AS t"
        " WHERE t.instance=r.instance LIMIT 1) FROM unscanned_rows AS r ORDER BY id DESC LIMIT ?1";
    Listing *listing = data;
    sqlite3_stmt *statement = database_prepare(database, SQL, error);
    gboolean failed;

    if (statement == NULL)
        return FALSE;
    g_clear_pointer(&listing->rows, json_array_unref);
    listing->rows = json_array_new();
    sqlite3_bind_int64(statement, 1, listing->limit);
    while (database_next(database, statement, &failed, error)) {
        JsonObject *row = json_object_new();
        g_autofree char *time =
            incidents_time_text(sqlite3_column_int64(statement, 0) * G_USEC_PER_SEC);
        g_autofree char *bookmark =
            hex_new(sqlite3_column_blob(statement, 3), (gsize)sqlite3_column_bytes(statement, 3));
        const char *program = (const char *)sqlite3_column_text(statement, 4);

        json_object_set_string_member(row, "time", time);
        json_object_set_string_member(
            row, "reason",
            incidents_reason_name((StorehookReason)sqlite3_column_int(statement, 1)));
        json_object_set_string_member(row, "program", program != NULL ? program : "");
        json_object_set_string_member(row, "table",
                                      (const char *)sqlite3_column_text(statement, 2));
        json_object_set_string_member(row, "bookmark", bookmark);
        json_array_add_object_element(listing->rows, row);
    }
    return !failed;
}

JsonArray *incidents_unscanned_rows(Incidents *incidents, guint limit, GError **error)
{
    Listing listing = {.limit = limit != 0 ? limit : INCIDENTS_UNSCANNED_ROWS};

    if (!incidents_run(incidents, work_rows, &listing, error)) {
        g_clear_pointer(&listing.rows, json_array_unref);
        return NULL;
    }
    return listing.rows;
}
