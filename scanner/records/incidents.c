/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * incidents.c - writes the incidents. incidents-query.c reads them, incidents-unscanned.c counts
 * what passed unscanned.
 *
 * The incident of a part may come before or after that of its message, and a folder before both:
 * each fills in what the others lack.
 *
 * Fails only as the file system does (INCIDENTS_ERROR_DATABASE). The service also logs each
 * decision, so an incident that could not be written is not lost without a trace.
 */
#include "scanner/records/incidents.h"

#include "scanner/records/incidents-private.h"

#include <string.h>

G_DEFINE_QUARK(storehook_incidents_error, incidents_error)

#define SCHEMA_VERSION 1

static const char SCHEMA[] =
    "CREATE TABLE incidents (id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE,"
    " message TEXT, time INTEGER NOT NULL, sender TEXT COLLATE NOCASE, recipients TEXT,"
    " subject TEXT, attachment TEXT, container TEXT, type TEXT, size INTEGER NOT NULL,"
    " digest BLOB, verdict TEXT NOT NULL, verdict_name TEXT, action TEXT NOT NULL, note TEXT,"
    " quarantine TEXT, program TEXT, signatures TEXT);"
    "CREATE INDEX incidents_time ON incidents (time);"
    "CREATE INDEX incidents_verdict ON incidents (verdict, time);"
    "CREATE INDEX incidents_sender ON incidents (sender, time);"
    "CREATE INDEX incidents_message ON incidents (message) WHERE message IS NOT NULL;"
    "CREATE TABLE recipients (address TEXT NOT NULL COLLATE NOCASE, incident INTEGER NOT NULL,"
    " PRIMARY KEY (address, incident)) WITHOUT ROWID;"
    "CREATE INDEX recipients_incident ON recipients (incident);"
    "CREATE TABLE folders (reference TEXT NOT NULL, mailbox TEXT NOT NULL, folder TEXT NOT NULL,"
    " kind TEXT NOT NULL, direction TEXT NOT NULL, dropped INTEGER NOT NULL,"
    " time INTEGER NOT NULL, PRIMARY KEY (reference, mailbox, folder)) WITHOUT ROWID;"
    "CREATE TABLE unscanned_totals (instance BLOB NOT NULL, reason INTEGER NOT NULL,"
    " count INTEGER NOT NULL, program TEXT, last INTEGER NOT NULL,"
    " PRIMARY KEY (instance, reason)) WITHOUT ROWID;"
    "CREATE TABLE unscanned_rows (id INTEGER PRIMARY KEY, instance BLOB NOT NULL,"
    " time INTEGER NOT NULL, reason INTEGER NOT NULL, source TEXT NOT NULL,"
    " bookmark BLOB NOT NULL, UNIQUE (instance, time, source, bookmark))";

/* Turns an error of the database into one of this module. Returns FALSE. */
static gboolean incidents_fail(GError *take_error, GError **error)
{
    g_set_error(error, INCIDENTS_ERROR, INCIDENTS_ERROR_DATABASE, "%s", take_error->message);
    g_error_free(take_error);
    return FALSE;
}

gboolean incidents_run(Incidents *incidents, DatabaseWork work, gpointer data, GError **error)
{
    GError *local = NULL;

    return database_run(incidents->database, work, data, &local) || incidents_fail(local, error);
}

static gboolean write_failed(Incidents *incidents, GError *take_error, GError **error)
{
    g_free(incidents->failure);
    incidents->failure = g_strdup(take_error->message);
    return incidents_fail(take_error, error);
}

/* Rows changed since the file was opened. */
static gint64 changes(const Incidents *incidents)
{
    sqlite3 *handle = database_peek(incidents->database);
    return handle != NULL ? sqlite3_total_changes64(handle) : 0;
}

gboolean incidents_write(Incidents *incidents, DatabaseWork work, gpointer data, GError **error)
{
    gint64 before = changes(incidents);
    GError *local = NULL;

    if (!database_run(incidents->database, work, data, &local))
        return write_failed(incidents, local, error);
    /* Work that changes nothing says nothing about a full disk. */
    if (changes(incidents) != before)
        g_clear_pointer(&incidents->failure, g_free);
    return TRUE;
}

const char *incidents_failure(const Incidents *incidents)
{
    return incidents->failure;
}

Incidents *incidents_open(const char *path, GError **error)
{
    GError *local = NULL;
    Database *database = database_open(path, SCHEMA_VERSION, SCHEMA, &local);

    if (database == NULL) {
        incidents_fail(local, error);
        return NULL;
    }
    Incidents *incidents = g_new0(Incidents, 1);
    incidents->database = database;
    incidents->unsaved = incidents_unsaved_new();
    return incidents;
}

Incidents *incidents_close(Incidents *incidents)
{
    if (incidents != NULL) {
        database_close(incidents->database);
        g_free(incidents->failure);
        g_hash_table_unref(incidents->unsaved);
    }
    g_free(incidents);
    return NULL;
}

gboolean incidents_begin(Incidents *incidents, GError **error)
{
    GError *local = NULL;
    return database_begin(incidents->database, &local) || write_failed(incidents, local, error);
}

gboolean incidents_commit(Incidents *incidents, GError **error)
{
    GError *local = NULL;
    return database_commit(incidents->database, &local) || write_failed(incidents, local, error);
}

GPtrArray *incidents_split_addresses(const char *text, guint most)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (const char *p = text != NULL ? text : ""; *p != '\0' && list->len < most;) {
        p += strspn(p, ",; \t\r\n<>");
        gsize length = strcspn(p, ",; \t\r\n<>");
        if (length == 0)
            continue;
        g_autofree char *raw = g_strndup(p, length);
        char *address = g_utf8_make_valid(raw, -1);
        if (g_hash_table_add(seen, address))
            g_ptr_array_add(list, address);
        else
            g_free(address);
        p += length;
    }
    return list;
}

/* --- Adding ---------------------------------------------------------------------- */

static gboolean upsert(Database *database, const Incident *incident, gint64 *ret_id, GError **error)
{
    static const char SQL[] =
        "INSERT INTO incidents (reference, message, time, sender, recipients, subject, attachment,"
        " container, type, size, digest, verdict, verdict_name, action, note, quarantine, program,"
        " signatures) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)"
        " ON CONFLICT (reference) DO UPDATE SET message=coalesce(excluded.message, message),"
        " sender=coalesce(excluded.sender, sender),"
        " recipients=coalesce(excluded.recipients, recipients),"
        " subject=coalesce(excluded.subject, subject),"
        " attachment=coalesce(excluded.attachment, attachment),"
        " container=coalesce(excluded.container, container), type=coalesce(excluded.type, type),"
        " size=max(excluded.size, size), digest=coalesce(excluded.digest, digest),"
        " verdict=excluded.verdict, verdict_name=coalesce(excluded.verdict_name, verdict_name),"
        " action=excluded.action, note=coalesce(excluded.note, note),"
        " quarantine=coalesce(excluded.quarantine, quarantine),"
        " program=coalesce(excluded.program, program),"
        " signatures=coalesce(excluded.signatures, signatures) RETURNING id";
    sqlite3_stmt *statement = database_prepare(database, SQL, error);
    gboolean failed;

    if (statement == NULL)
        return FALSE;
    const char *const texts[] = {
        [1] = incident->reference,
        [2] = incident->message,
        [4] = incident->sender,
        [5] = incident->recipients,
        [6] = incident->subject,
        [7] = incident->attachment,
        [8] = incident->container,
        [9] = incident->type,
        [12] = filter_verdict_name(incident->verdict),
        [13] = incident->verdict_name,
        [14] = filter_action_name(incident->action),
        [15] = incident->note,
        [16] = incident->quarantine_id,
        [17] = incident->program,
        [18] = incident->signature_version,
    };
    for (int i = 1; i < (int)G_N_ELEMENTS(texts); i++)
        database_bind_text(statement, i, texts[i]);
    sqlite3_bind_int64(statement, 3, incident->time != 0 ? incident->time : g_get_real_time());
    sqlite3_bind_int64(statement, 10, (gint64)MIN(incident->size, (guint64)G_MAXINT64));
    if (incident->digest != NULL)
        sqlite3_bind_blob(statement, 11, incident->digest, 32, SQLITE_TRANSIENT);
    if (!database_next(database, statement, &failed, error)) {
        g_assert(failed); /* RETURNING gives a row */
        return FALSE;
    }
    *ret_id = sqlite3_column_int64(statement, 0);
    return database_execute(database, statement, error);
}

static gboolean add_recipients(Database *database, gint64 id, const char *recipients,
                               GError **error)
{
    g_autoptr(GPtrArray) list = incidents_split_addresses(recipients, INCIDENTS_RECIPIENTS_MAX);

    for (guint i = 0; i < list->len; i++) {
        sqlite3_stmt *statement =
            database_prepare(database, "INSERT OR IGNORE INTO recipients VALUES (?1, ?2)", error);
        if (statement == NULL)
            return FALSE;
        database_bind_text(statement, 1, list->pdata[i]);
        sqlite3_bind_int64(statement, 2, id);
        if (!database_execute(database, statement, error))
            return FALSE;
    }
    return TRUE;
}

/* The incident of a part has no envelope; it takes over that of its message, whichever came first.
 * `reference` is the one that was just added. */
static gboolean share_envelope(Database *database, const char *reference, GError **error)
{
    static const char *const SQL[] = {
        "UPDATE incidents SET sender=coalesce(incidents.sender, m.sender),"
        " recipients=coalesce(incidents.recipients, m.recipients),"
        " subject=coalesce(incidents.subject, m.subject),"
        " program=coalesce(incidents.program, m.program),"
        " quarantine=coalesce(incidents.quarantine, m.quarantine) FROM incidents AS m"
        " WHERE m.reference=incidents.message AND"
        " (incidents.reference=?1 OR incidents.message=?1)",
        "INSERT OR IGNORE INTO recipients SELECT r.address, p.id FROM incidents AS p"
        " JOIN incidents AS m ON m.reference=p.message JOIN recipients AS r ON r.incident=m.id"
        " WHERE p.reference=?1 OR p.message=?1",
    };

    for (guint i = 0; i < G_N_ELEMENTS(SQL); i++) {
        sqlite3_stmt *statement = database_prepare(database, SQL[i], error);
        if (statement == NULL)
            return FALSE;
        database_bind_text(statement, 1, reference);
        if (!database_execute(database, statement, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean work_add(Database *database, gpointer data, GError **error)
{
    const Incident *incident = data;
    gint64 id = 0;

    return upsert(database, incident, &id, error) &&
           add_recipients(database, id, incident->recipients, error) &&
           share_envelope(database, incident->reference, error);
}

gboolean incidents_add(Incidents *incidents, const Incident *incident, GError **error)
{
    g_assert(incident->reference != NULL && *incident->reference != '\0');
    return incidents_write(incidents, work_add, (gpointer)incident, error);
}

static const char *direction_of(const char *kind)
{
    if (kind == NULL)
        return "inbound";
    if (g_str_equal(kind, "outbox") || g_str_equal(kind, "sent") || g_str_equal(kind, "drafts"))
        return "outbound";
    return g_str_equal(kind, "public") ? "internal" : "inbound";
}

static gboolean work_add_folder(Database *database, gpointer data, GError **error)
{
    static const char SQL[] =
        "INSERT INTO folders SELECT ?1,?2,?3,?4,?5,?6,?7"
        " WHERE (SELECT count(*) FROM folders WHERE reference=?1) < ?8"
        " ON CONFLICT DO UPDATE SET kind=excluded.kind, direction=excluded.direction,"
        " dropped=excluded.dropped";
    const IncidentFolder *folder = data;
    sqlite3_stmt *statement = database_prepare(database, SQL, error);

    if (statement == NULL)
        return FALSE;
    const char *const texts[] = {folder->reference, folder->mailbox, folder->name, folder->kind,
                                 direction_of(folder->kind)};
    for (int i = 0; i < (int)G_N_ELEMENTS(texts); i++) {
        if (texts[i] == NULL || *texts[i] == '\0')
            sqlite3_bind_text(statement, i + 1, "", 0, SQLITE_STATIC);
        else
            database_bind_text(statement, i + 1, texts[i]);
    }
    sqlite3_bind_int(statement, 6, folder->dropped != FALSE);
    sqlite3_bind_int64(statement, 7, g_get_real_time());
    sqlite3_bind_int(statement, 8, INCIDENTS_FOLDERS_MAX);
    return database_execute(database, statement, error);
}

gboolean incidents_add_folder(Incidents *incidents, const IncidentFolder *folder, GError **error)
{
    return incidents_write(incidents, work_add_folder, (gpointer)folder, error);
}

static gboolean work_add_note(Database *database, gpointer data, GError **error)
{
    /* 4096: a row must not grow for ever when a release is repeated for ever. */
    static const char SQL[] = "UPDATE incidents SET note=substr(CASE WHEN note IS NULL THEN ?2"
                              " ELSE note || '; ' || ?2 END, 1, 4096) WHERE reference=?1";
    const char *const *texts = data;
    sqlite3_stmt *statement = database_prepare(database, SQL, error);

    if (statement == NULL)
        return FALSE;
    database_bind_text(statement, 1, texts[0]);
    database_bind_text(statement, 2, texts[1]);
    return database_execute(database, statement, error);
}

gboolean incidents_add_note(Incidents *incidents, const char *reference, const char *note,
                            GError **error)
{
    const char *texts[] = {reference, note};
    return incidents_write(incidents, work_add_note, texts, error);
}

/* --- Removing -------------------------------------------------------------------- */

typedef struct {
    gint64 before;
    gint64 max;
    guint removed;
} Expiry;

static gboolean work_expire(Database *database, gpointer data, GError **error)
{
    /* The order matters: later statements remove what earlier ones looked up. */
    static const char *const SQL[] = {
        "CREATE TEMP TABLE IF NOT EXISTS gone (id INTEGER PRIMARY KEY, reference TEXT)",
        "DELETE FROM gone",
        "INSERT OR IGNORE INTO gone SELECT id, reference FROM incidents WHERE time < ?1"
        " ORDER BY time LIMIT ?3",
        "INSERT OR IGNORE INTO gone SELECT id, reference FROM incidents ORDER BY time"
        " LIMIT CASE WHEN ?2 > 0 THEN min(?3, max(0, (SELECT count(*) FROM incidents) - ?2))"
        " ELSE 0 END",
        "DELETE FROM folders WHERE reference IN (SELECT reference FROM gone) OR (time < ?1 AND"
        " reference NOT IN (SELECT reference FROM incidents))",
        "DELETE FROM recipients WHERE incident IN (SELECT id FROM gone)",
        "DELETE FROM incidents WHERE id IN (SELECT id FROM gone)",
    };
    Expiry *expiry = data;

    for (guint i = 0; i < G_N_ELEMENTS(SQL); i++) {
        sqlite3_stmt *statement = database_prepare(database, SQL[i], error);
        if (statement == NULL)
            return FALSE;
        sqlite3_bind_int64(statement, 1, expiry->before);
        sqlite3_bind_int64(statement, 2, expiry->max);
        sqlite3_bind_int64(statement, 3, INCIDENTS_EXPIRE_AT_ONCE);
        if (!database_execute(database, statement, error))
            return FALSE;
    }
    expiry->removed = (guint)sqlite3_changes(database_peek(database));
    return TRUE;
}

gboolean incidents_expire(Incidents *incidents, gint64 before, guint64 max_incidents,
                          guint *ret_removed, GError **error)
{
    Expiry expiry = {.before = before, .max = (gint64)MIN(max_incidents, (guint64)G_MAXINT64)};

    if (!incidents_run(incidents, work_expire, &expiry, error))
        return FALSE;
    if (ret_removed != NULL)
        *ret_removed = expiry.removed;
    return TRUE;
}
