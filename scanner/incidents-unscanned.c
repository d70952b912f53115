/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * incidents-unscanned.c - what passed unscanned: exact totals, and the rows for a later scan.
 *
 * A client tells its totals since it began, and tells them again when it is not sure that they
 * arrived; the greatest per client and reason is kept, so their sum counts each content once.
 * Fails as the file system does; the client then still has its totals and tells them next time.
 *
 * Limits: one row a reason for each client process for ever; at a restart a minute that is a
 * megabyte a fortnight. Folding old ones together would count twice if one spoke again.
 */
#include "scanner/incidents-private.h"

/* So that no sum of them overflows what SQLite and JSON readers hold exactly. */
#define TOTAL_MAX (G_GUINT64_CONSTANT(1) << 53)

typedef struct {
    const guint8 *instance;
    const char *program;
    const guint64 *totals;
} Report;

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
        sqlite3_bind_blob(statement, 1, report->instance, 16, SQLITE_TRANSIENT);
        sqlite3_bind_int(statement, 2, i);
        sqlite3_bind_int64(statement, 3, (gint64)MIN(report->totals[i], TOTAL_MAX));
        database_bind_text(statement, 4, report->program);
        sqlite3_bind_int64(statement, 5, g_get_real_time());
        if (!database_execute(database, statement, error))
            return FALSE;
    }
    return TRUE;
}

gboolean incidents_report_unscanned(Incidents *incidents, const guint8 instance[16],
                                    const char *program, const guint64 totals[STOREHOOK_REASONS],
                                    GError **error)
{
    Report report = {.instance = instance, .program = program, .totals = totals};
    return incidents_write(incidents, work_report, &report, error);
}

typedef struct {
    const guint8 *instance;
    gint64 time;
    StorehookReason reason;
    const char *table;
    const void *bookmark;
    gsize bookmark_size;
} Passed;

static gboolean work_add_row(Database *database, gpointer data, GError **error)
{
    const Passed *passed = data;
    sqlite3_stmt *statement =
        database_prepare(database,
                         "INSERT OR IGNORE INTO unscanned_rows (instance, time, reason, source,"
                         " bookmark) VALUES (?1,?2,?3,?4,?5)",
                         error);

    if (statement == NULL)
        return FALSE;
    sqlite3_bind_blob(statement, 1, passed->instance, 16, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 2, passed->time);
    sqlite3_bind_int(statement, 3, (int)passed->reason);
    database_bind_text(statement, 4, *passed->table != '\0' ? passed->table : "?");
    sqlite3_bind_blob(statement, 5, passed->bookmark_size > 0 ? passed->bookmark : "",
                      (int)passed->bookmark_size, SQLITE_TRANSIENT);
    if (!database_execute(database, statement, error))
        return FALSE;
    /* Ids only grow, so this walks nothing but what it removes. */
    statement = database_prepare(database,
                                 "DELETE FROM unscanned_rows WHERE id <="
                                 " (SELECT max(id) FROM unscanned_rows) - ?1",
                                 error);
    if (statement == NULL)
        return FALSE;
    sqlite3_bind_int(statement, 1, INCIDENTS_UNSCANNED_ROWS);
    return database_execute(database, statement, error);
}

gboolean incidents_add_unscanned_row(Incidents *incidents, const guint8 instance[16], gint64 time,
                                     StorehookReason reason, const char *table,
                                     const void *bookmark, gsize bookmark_size, GError **error)
{
    Passed passed = {
        .instance = instance,
        .time = time,
        .reason = reason,
        .table = table != NULL ? table : "",
        .bookmark = bookmark,
        .bookmark_size = MIN(bookmark_size, STOREHOOK_TEXT_MAX),
    };
    return incidents_write(incidents, work_add_row, &passed, error);
}

static gboolean work_totals(Database *database, gpointer data, GError **error)
{
    guint64 *totals = data;
    sqlite3_stmt *statement = database_prepare(
        database, "SELECT reason, sum(count) FROM unscanned_totals GROUP BY reason", error);
    gboolean failed;

    if (statement == NULL)
        return FALSE;
    for (int i = 0; i < STOREHOOK_REASONS; i++)
        totals[i] = 0;
    while (database_next(database, statement, &failed, error)) {
        int reason = sqlite3_column_int(statement, 0);
        if (reason >= 0 && reason < STOREHOOK_REASONS)
            totals[reason] = (guint64)sqlite3_column_int64(statement, 1);
    }
    return !failed;
}

gboolean incidents_unscanned_totals(Incidents *incidents, guint64 ret_totals[STOREHOOK_REASONS],
                                    GError **error)
{
    guint64 totals[STOREHOOK_REASONS];

    if (!incidents_run(incidents, work_totals, totals, error))
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
        g_autofree char *bookmark = incidents_hex(sqlite3_column_blob(statement, 3),
                                                  (gsize)sqlite3_column_bytes(statement, 3));
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
