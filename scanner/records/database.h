/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * database.h - an SQLite file of the supervisor that is replaced by a new one when it is damaged.
 *
 * WAL with synchronous=NORMAL: killing the service loses nothing, a power cut at most the last
 * moments. FULL would sync the disk that the mail goes to for every row. These files are records of
 * what happened; what must survive, a quarantined original, is synced in its own file with its
 * metadata.
 */
#ifndef SCANNER_DATABASE_H
#define SCANNER_DATABASE_H

#include <glib.h>
#include <sqlite3.h>

#define DATABASE_ERROR database_error_quark()
GQuark database_error_quark(void);
typedef enum {
    DATABASE_ERROR_FAILED, /* disk full, locked and the like: the next call may work */
    DATABASE_ERROR_DAMAGED /* only inside of database_run() */
} DatabaseError;

/* The longest text in a row; more is cut. */
#define DATABASE_TEXT_MAX 65536

typedef struct Database Database;
typedef gboolean (*DatabaseWork)(Database *database, gpointer data, GError **error);

/* Opens or creates the file (0600). One that is damaged or has another schema version is renamed to
 * PATH.damaged-TIME with a g_warning(), and a new one is started. `schema` is a constant with
 * CREATE statements, `version` is stored as user_version. */
Database *database_open(const char *path, int version, const char *schema, GError **error);
Database *database_close(Database *database); /* accepts and returns NULL */
sqlite3 *database_peek(Database *database);

/* Runs `work` in a transaction, or in a savepoint after database_begin(). When the file turns out
 * to be damaged, a new one is started and `work` runs once more. */
gboolean database_run(Database *database, DatabaseWork work, gpointer data, GError **error);
gboolean database_begin(Database *database, GError **error);
gboolean database_commit(Database *database, GError **error);

/* A prepared statement, reset and without bindings. It is kept for the next call, so `sql` must be
 * a constant. */
sqlite3_stmt *database_prepare(Database *database, const char *sql, GError **error);
/* Steps to the end without looking at rows, then resets. */
gboolean database_execute(Database *database, sqlite3_stmt *statement, GError **error);
/* TRUE: there is a row. FALSE: the end, or with *ret_failed an error. */
gboolean database_next(Database *database, sqlite3_stmt *statement, gboolean *ret_failed,
                       GError **error);
/* Sets an error of this domain for an SQLite code. Returns FALSE. */
gboolean database_fail(Database *database, int code, GError **error);

/* Binds at most DATABASE_TEXT_MAX bytes, made valid UTF-8; NULL and "" as NULL. */
void database_bind_text(sqlite3_stmt *statement, int index, const char *text);

#endif /* SCANNER_DATABASE_H */
