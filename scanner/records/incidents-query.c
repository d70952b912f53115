/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * incidents-query.c - searches the incidents.
 *
 * The statement is put together from fixed pieces of SQL; values are always bound. Exact addresses
 * use an index; a search with wildcards reads all incidents of the time.
 *
 * Fails as the file system does.
 */
#include "scanner/records/incidents-private.h"

#include "filters/glob.h"
#include "scanner/common/hex.h"

#include <string.h>

char *incidents_time_text(gint64 microseconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(microseconds / G_USEC_PER_SEC);

    if (time == NULL)
        return g_strdup("?");
    g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
    return g_strdup_printf("%s.%03dZ", seconds,
                           (int)(microseconds % G_USEC_PER_SEC / (G_USEC_PER_SEC / 1000)));
}

/* wild(pattern, address): ignores case, and takes bounded time, while SQLite's GLOB backtracks. */
static void function_wild(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *pattern = (const char *)sqlite3_value_text(values[0]);
    const char *text = (const char *)sqlite3_value_text(values[1]);

    g_assert(count == 2);
    if (pattern == NULL || text == NULL) {
        sqlite3_result_int(context, 0);
        return;
    }
    g_autofree char *folded = g_utf8_casefold(text, -1);
    sqlite3_result_int(context, glob_matches(pattern, folded));
}

static gboolean has_wildcard(const char *text)
{
    return strpbrk(text, "*?") != NULL;
}

/* The statement for a query; query_bind() binds the values. */
static char *query_sql(const IncidentQuery *query)
{
    GString *sql = g_string_new(
        "SELECT reference, message, time, sender, recipients, subject, attachment, container, type,"
        " size, digest, verdict, verdict_name, action, note, quarantine, program, signatures"
        " FROM incidents WHERE time >= ?1 AND time < ?2");

    if (query->verdict >= 0)
        g_string_append(sql, " AND verdict = ?3");
    if (query->sender != NULL)
        g_string_append(sql,
                        has_wildcard(query->sender) ? " AND wild(?4, sender)" : " AND sender = ?4");
    if (query->recipient != NULL)
        g_string_append(sql, has_wildcard(query->recipient)
                                 ? " AND EXISTS (SELECT 1 FROM recipients WHERE incident ="
                                   " incidents.id AND wild(?5, address))"
                                 : " AND id IN (SELECT incident FROM recipients WHERE address ="
                                   " ?5)");
    if (query->reference != NULL)
        g_string_append(sql, " AND (reference = ?6 OR message = ?6)");
    g_string_append(sql, " ORDER BY time DESC, id DESC LIMIT ?7");
    return g_string_free(sql, FALSE);
}

static void query_bind(sqlite3_stmt *statement, const IncidentQuery *query)
{
    /* A parameter that the statement does not have cannot be bound, which does no harm. */
    sqlite3_bind_int64(statement, 1, query->since);
    sqlite3_bind_int64(statement, 2, query->until != 0 ? query->until : G_MAXINT64);
    if (query->verdict >= 0)
        database_bind_text(statement, 3, filter_verdict_name((FilterVerdict)query->verdict));
    const char *const wild[] = {query->sender, query->recipient};
    for (int i = 0; i < 2; i++) {
        if (wild[i] == NULL)
            continue;
        g_autofree char *valid = g_utf8_make_valid(wild[i], -1);
        g_autofree char *folded = has_wildcard(valid) ? g_utf8_casefold(valid, -1) : NULL;
        database_bind_text(statement, 4 + i, folded != NULL ? folded : valid);
    }
    if (query->reference != NULL)
        database_bind_text(statement, 6, query->reference);
    guint limit = query->limit != 0 ? query->limit : INCIDENTS_QUERY_MAX;
    sqlite3_bind_int64(statement, 7, MIN(limit, INCIDENTS_QUERY_MAX));
}

static void set_text(JsonObject *object, const char *member, sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    json_object_set_string_member(object, member, text != NULL ? text : "");
}

static JsonObject *row_read(sqlite3_stmt *statement)
{
    static const struct {
        int column;
        const char *member;
    } TEXTS[] = {{5, "subject"},     {6, "attachment"}, {7, "container"},  {8, "type"},
                 {11, "verdict"},    {12, "name"},      {13, "action"},    {14, "note"},
                 {15, "quarantine"}, {16, "program"},   {17, "signatures"}};
    JsonObject *object = json_object_new();
    JsonArray *recipients = json_array_new();
    g_autofree char *time = incidents_time_text(sqlite3_column_int64(statement, 2));
    g_autoptr(GPtrArray) list = incidents_split_addresses(
        (const char *)sqlite3_column_text(statement, 4), INCIDENTS_RECIPIENTS_MAX);
    g_autofree char *digest =
        hex_new(sqlite3_column_blob(statement, 10), (gsize)sqlite3_column_bytes(statement, 10));

    set_text(object, "reference", statement, 0);
    set_text(object, "message", statement, 1);
    json_object_set_string_member(object, "time", time);
    set_text(object, "sender", statement, 3);
    for (guint i = 0; i < list->len; i++)
        json_array_add_string_element(recipients, list->pdata[i]);
    json_object_set_array_member(object, "recipients", recipients);
    for (guint i = 0; i < G_N_ELEMENTS(TEXTS); i++)
        set_text(object, TEXTS[i].member, statement, TEXTS[i].column);
    json_object_set_int_member(object, "size", sqlite3_column_int64(statement, 9));
    json_object_set_string_member(object, "sha256", digest);
    return object;
}

/* Adds the folders of the incident or of its message. The first one decides the direction. */
static gboolean add_folders(Database *database, JsonObject *object, GError **error)
{
    static const char SQL[] =
        "SELECT mailbox, folder, kind, direction, dropped FROM folders WHERE reference IN (?1, ?2)"
        " ORDER BY time, mailbox, folder";
    static const char *const MEMBERS[] = {"mailbox", "folder", "kind", "direction"};
    sqlite3_stmt *statement = database_prepare(database, SQL, error);
    JsonArray *folders;
    gboolean failed;

    if (statement == NULL)
        return FALSE;
    folders = json_array_new();
    database_bind_text(statement, 1, json_object_get_string_member(object, "reference"));
    database_bind_text(statement, 2, json_object_get_string_member(object, "message"));
    json_object_set_string_member(object, "direction", "");
    while (database_next(database, statement, &failed, error)) {
        JsonObject *folder = json_object_new();
        for (int i = 0; i < (int)G_N_ELEMENTS(MEMBERS); i++)
            set_text(folder, MEMBERS[i], statement, i);
        json_object_set_boolean_member(folder, "dropped", sqlite3_column_int(statement, 4) != 0);
        if (json_array_get_length(folders) == 0)
            set_text(object, "direction", statement, 3);
        json_array_add_object_element(folders, folder);
    }
    json_object_set_array_member(object, "folders", folders);
    return !failed;
}

typedef struct {
    const IncidentQuery *query;
    JsonArray *found;
    guint64 count;
} Search;

static gboolean read_rows(Database *database, sqlite3_stmt *statement, JsonArray *found,
                          GError **error)
{
    gboolean failed;

    while (database_next(database, statement, &failed, error)) {
        JsonObject *object = row_read(statement);
        json_array_add_object_element(found, object);
        if (!add_folders(database, object, error))
            return FALSE;
    }
    return !failed;
}

static gboolean work_query(Database *database, gpointer data, GError **error)
{
    Search *search = data;
    g_autofree char *sql = query_sql(search->query);
    sqlite3_stmt *statement = NULL;

    g_clear_pointer(&search->found, json_array_unref);
    search->found = json_array_new();
    sqlite3_create_function_v2(database_peek(database), "wild", 2,
                               SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, function_wild, NULL, NULL,
                               NULL);
    int code = sqlite3_prepare_v2(database_peek(database), sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        return database_fail(database, code, error);
    query_bind(statement, search->query);
    gboolean ok = read_rows(database, statement, search->found, error);
    sqlite3_finalize(statement);
    return ok;
}

JsonArray *incidents_query(Incidents *incidents, const IncidentQuery *query, GError **error)
{
    Search search = {.query = query};

    if (!incidents_run(incidents, work_query, &search, error)) {
        g_clear_pointer(&search.found, json_array_unref);
        return NULL;
    }
    return search.found;
}

static gboolean work_count(Database *database, gpointer data, GError **error)
{
    Search *search = data;
    sqlite3_stmt *statement = database_prepare(database, "SELECT count(*) FROM incidents", error);
    gboolean failed;

    if (statement == NULL)
        return FALSE;
    if (!database_next(database, statement, &failed, error)) {
        g_assert(failed);
        return FALSE;
    }
    search->count = (guint64)sqlite3_column_int64(statement, 0);
    return database_execute(database, statement, error);
}

gboolean incidents_count(Incidents *incidents, guint64 *ret_count, GError **error)
{
    Search search = {0};

    if (!incidents_run(incidents, work_count, &search, error))
        return FALSE;
    *ret_count = search.count;
    return TRUE;
}
