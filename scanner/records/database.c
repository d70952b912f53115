/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * database.c - opens SQLite files, runs work in transactions, starts a new file when one is
 * damaged.
 *
 * Fails with DATABASE_ERROR_FAILED when the file system does (full, read-only, locked by another
 * process for longer than BUSY_MS). Damage is no error for the caller unless the new file fails,
 * too.
 *
 * Known limit: damage in pages that nobody reads is not noticed. A full check at each start would
 * take seconds on a large file.
 */
#include "scanner/records/database.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* An operator's sqlite3 shell may hold a lock, and the supervisor must not wait long. */
#define BUSY_MS 200

struct Database {
    char *path;
    int version;
    const char *schema;
    sqlite3 *handle;
    GHashTable *statements; /* sql (by address) -> sqlite3_stmt */
    guint depth;            /* of database_run() */
};

G_DEFINE_QUARK(storehook_database_error, database_error)

static gboolean code_is_damage(int code)
{
    int primary = code & 0xff;
    return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_FORMAT;
}

gboolean database_fail(Database *database, int code, GError **error)
{
    g_set_error(error, DATABASE_ERROR,
                code_is_damage(code) ? DATABASE_ERROR_DAMAGED : DATABASE_ERROR_FAILED, "%s: %s",
                database->path,
                database->handle != NULL ? sqlite3_errmsg(database->handle) : sqlite3_errstr(code));
    return FALSE;
}

static void statement_free(gpointer statement)
{
    sqlite3_finalize(statement);
}

static gboolean run_sql(Database *database, const char *sql, GError **error)
{
    int code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || database_fail(database, code, error);
}

static void handle_close(Database *database)
{
    g_hash_table_remove_all(database->statements);
    /* This cannot fail, since all statements are finalized. */
    sqlite3_close(database->handle);
    database->handle = NULL;
}

static int read_version(Database *database, GError **error)
{
    sqlite3_stmt *statement = NULL;
    int version = -1;
    int code = sqlite3_prepare_v2(database->handle, "PRAGMA user_version", -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    else
        database_fail(database, code, error);
    sqlite3_finalize(statement);
    return version;
}

static gboolean handle_prepare(Database *database, GError **error)
{
    int version;

    sqlite3_busy_timeout(database->handle, BUSY_MS);
    sqlite3_extended_result_codes(database->handle, 1);
    /* The rows have text from strangers. Triggers and views in the file must not run. */
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (!run_sql(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", error))
        return FALSE;
    version = read_version(database, error);
    if (version < 0)
        return FALSE;
    if (version == 0) {
        g_autofree char *sql =
            g_strdup_printf("BEGIN IMMEDIATE; %s; PRAGMA user_version=%d; COMMIT", database->schema,
                            database->version);
        if (run_sql(database, sql, error))
            return TRUE;
        sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
        return FALSE;
    }
    if (version != database->version) {
        g_set_error(error, DATABASE_ERROR, DATABASE_ERROR_DAMAGED,
                    "%s: schema version %d, this program knows %d", database->path, version,
                    database->version);
        return FALSE;
    }
    return TRUE;
}

static gboolean handle_open(Database *database, GError **error)
{
    /* SQLite would create the file readable by all. The WAL gets the mode of the file. */
    int fd = open(database->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int code;

    if (fd < 0 || fchmod(fd, 0600) != 0) {
        int saved = errno;
        if (fd >= 0)
            close(fd);
        g_set_error(error, DATABASE_ERROR, DATABASE_ERROR_FAILED, "%s: %s", database->path,
                    g_strerror(saved));
        return FALSE;
    }
    close(fd);
    code = sqlite3_open_v2(database->path, &database->handle,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) {
        if (handle_prepare(database, error))
            return TRUE;
    } else {
        database_fail(database, code, error);
    }
    handle_close(database);
    return FALSE;
}

/* Renames the file and its WAL to a name that is free. */
static gboolean move_aside(Database *database, const char *why, GError **error)
{
    static const char *const TAILS[] = {"-wal", "-shm", ""};
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "%Y%m%dT%H%M%S");
    g_autofree char *aside = NULL;

    for (guint i = 0; aside == NULL || g_file_test(aside, G_FILE_TEST_EXISTS); i++) {
        g_free(aside);
        aside = i == 0 ? g_strdup_printf("%s.damaged-%s", database->path, stamp)
                       : g_strdup_printf("%s.damaged-%s.%u", database->path, stamp, i);
    }
    for (guint i = 0; i < G_N_ELEMENTS(TAILS); i++) {
        g_autofree char *from = g_strconcat(database->path, TAILS[i], NULL);
        g_autofree char *to = g_strconcat(aside, TAILS[i], NULL);
        if (g_rename(from, to) != 0 && errno != ENOENT) {
            g_set_error(error, DATABASE_ERROR, DATABASE_ERROR_FAILED, "%s: %s", from,
                        g_strerror(errno));
            return FALSE;
        }
    }
    g_warning("%s; kept as %s, a new one is begun", why, aside);
    return TRUE;
}

/* Opens the file, or a new one when it is damaged. */
static gboolean open_healing(Database *database, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (handle_open(database, &local))
        return TRUE;
    if (!g_error_matches(local, DATABASE_ERROR, DATABASE_ERROR_DAMAGED)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    return move_aside(database, local->message, error) && handle_open(database, error);
}

Database *database_open(const char *path, int version, const char *schema, GError **error)
{
    Database *database = g_new0(Database, 1);

    g_assert(version > 0);
    database->path = g_strdup(path);
    database->version = version;
    database->schema = schema;
    database->statements =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, statement_free);
    if (!open_healing(database, error))
        return database_close(database);
    return database;
}

Database *database_close(Database *database)
{
    if (database == NULL)
        return NULL;
    handle_close(database);
    g_hash_table_unref(database->statements);
    g_free(database->path);
    g_free(database);
    return NULL;
}

sqlite3 *database_peek(Database *database)
{
    return database->handle;
}

static gboolean run_once(Database *database, DatabaseWork work, gpointer data, GError **error)
{
    gboolean ok;

    /* No new file could be made the last time: try again, the disk may have room now. */
    if (database->handle == NULL && !open_healing(database, error))
        return FALSE;
    if (!run_sql(database, "SAVEPOINT work", error))
        return FALSE;
    ok = work(database, data, error) && run_sql(database, "RELEASE work", error);
    if (!ok)
        sqlite3_exec(database->handle, "ROLLBACK TO work; RELEASE work", NULL, NULL, NULL);
    return ok;
}

gboolean database_run(Database *database, DatabaseWork work, gpointer data, GError **error)
{
    g_autoptr(GError) local = NULL;

    g_assert(database->depth == 0);
    database->depth++;
    gboolean ok = run_once(database, work, data, &local);
    if (!ok && g_error_matches(local, DATABASE_ERROR, DATABASE_ERROR_DAMAGED)) {
        g_autofree char *why = g_strdup(local->message);

        g_clear_error(&local);
        handle_close(database);
        ok = move_aside(database, why, &local) && run_once(database, work, data, &local);
    }
    database->depth--;
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&local));
    return ok;
}

gboolean database_begin(Database *database, GError **error)
{
    if (database->handle == NULL && !open_healing(database, error))
        return FALSE;
    return run_sql(database, "BEGIN", error);
}

gboolean database_commit(Database *database, GError **error)
{
    /* A new file was started in between: each piece of work was committed by itself. */
    if (database->handle == NULL || sqlite3_get_autocommit(database->handle))
        return TRUE;
    if (run_sql(database, "COMMIT", error))
        return TRUE;
    sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
    return FALSE;
}

sqlite3_stmt *database_prepare(Database *database, const char *sql, GError **error)
{
    sqlite3_stmt *statement = g_hash_table_lookup(database->statements, sql);
    int code;

    if (statement != NULL) {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
        return statement;
    }
    code =
        sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (code != SQLITE_OK) {
        database_fail(database, code, error);
        return NULL;
    }
    g_hash_table_insert(database->statements, (gpointer)sql, statement);
    return statement;
}

gboolean database_next(Database *database, sqlite3_stmt *statement, gboolean *ret_failed,
                       GError **error)
{
    int code = sqlite3_step(statement);

    *ret_failed = FALSE;
    if (code == SQLITE_ROW)
        return TRUE;
    if (code != SQLITE_DONE) {
        *ret_failed = TRUE;
        database_fail(database, code, error);
    }
    sqlite3_reset(statement);
    return FALSE;
}

gboolean database_execute(Database *database, sqlite3_stmt *statement, GError **error)
{
    gboolean failed;

    while (database_next(database, statement, &failed, error))
        ;
    return !failed;
}

void database_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    if (text == NULL || *text == '\0') {
        sqlite3_bind_null(statement, index);
        return;
    }
    char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, DATABASE_TEXT_MAX));
    sqlite3_bind_text(statement, index, valid, -1, g_free);
}
