/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * database.h - an SQLite file of the supervisor that heals itself by beginning anew.
 *
 * WAL with synchronous=NORMAL: a kill of the service loses nothing, a power cut at most the last
 * moments. FULL would sync in the supervisor for every row (0.3-10 ms each, on the disk the mail
 * goes to), and these are diaries: what must survive, the quarantined original, is synced in its
 * own file with its metadata.
 */
#ifndef SCANNER_DATABASE_H
#define SCANNER_DATABASE_H

#include <glib.h>
#include <sqlite3.h>

#define DATABASE_ERROR database_error_quark()
GQuark database_error_quark(void);
typedef enum {
    DATABASE_ERROR_FAILED, /* disk full, locked ...: the next call may work */
    DATABASE_ERROR_DAMAGED /* inside of database_run() only */
} DatabaseError;

/* One text of a peer in a row; more is cut. */
#define DATABASE_TEXT_MAX 65536

typedef struct Database Database;
typedef gboolean (*DatabaseWork)(Database *database, gpointer data, GError **error);

/* Opens or creates (0600). A file that is damaged or of a newer schema is renamed aside
 * (PATH.damaged-TIME) with a g_warning(), and a new one begun. `schema` is a constant of CREATE
 * statements, `version` goes into user_version. */
Database *database_open(const char *path, int version, const char *schema, GError **error);
Database *database_close(Database *database); /* accepts and returns NULL */
sqlite3 *database_peek(Database *database);

/* Runs `work` as one transaction (a savepoint within database_begin()). When the database proves
 * damaged, it is begun anew and `work` runs once more. */
gboolean database_run(Database *database, DatabaseWork work, gpointer data, GError **error);
gboolean database_begin(Database *database, GError **error);
gboolean database_commit(Database *database, GError **error);

/* A prepared statement, kept for the next time; `sql` must be a constant. Reset, bindings cleared.
 */
sqlite3_stmt *database_prepare(Database *database, const char *sql, GError **error);
/* Steps to the end without looking at rows, then resets. */
gboolean database_execute(Database *database, sqlite3_stmt *statement, GError **error);
/* TRUE: a row is there. FALSE: the end (*ret_failed FALSE) or an error. */
gboolean database_next(Database *database, sqlite3_stmt *statement, gboolean *ret_failed,
                       GError **error);
/* What went wrong, as an error of this domain. Always FALSE. */
gboolean database_fail(Database *database, int code, GError **error);

/* Binds valid UTF-8 of at most DATABASE_TEXT_MAX bytes; NULL and "" as NULL. */
void database_bind_text(sqlite3_stmt *statement, int index, const char *text);

#endif /* SCANNER_DATABASE_H */
