/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * database.h - a database file attached to an instance, and the tables opened in it.
 */
#ifndef MAILSTORE_ESE_DATABASE_H
#define MAILSTORE_ESE_DATABASE_H

#include "mailstore/ese/instance.h"
#include "mailstore/ese/schema.h"

enum {
    DATABASE_TABLE_BUCKETS = 64,
};

/* A table some cursor has opened: the definition that was read last and who shuts others out. Lives
 * as long as its database is attached. */
typedef struct TableCallback TableCallback;
typedef struct Table Table;
struct Table {
    uint32_t object_id;
    Schema *schema;
    unsigned n_cursors;
    _Atomic uint32_t n_rows;               /* as JetComputeStats has last counted */
    const Session *deny_read, *deny_write; /* the only session that may */
    unsigned n_deny_read, n_deny_write;
    TableCallback *callbacks; /* under the database's lock, as the rest */
    _Atomic unsigned n_callbacks;
    JET_LS storage; /* local storage + 1; 0: none */
    Table *next;
};

struct Database {
    Instance *instance;
    JET_DBID id;
    char *path;
    Store *store;
    bool read_only;
    unsigned n_opens;     /* under the instance's lock */
    unsigned n_holds;     /* backups and snapshots that need the file; under the instance's lock */
    pthread_mutex_t lock; /* the tables */
    Table *tables[DATABASE_TABLE_BUCKETS];
};

JET_ERR database_create(Instance *instance, const char *path, uint32_t pages_max, JET_GRBIT grbit,
                        JET_DBID *ret);
/* JET_wrnDatabaseAttached when it is already. */
JET_ERR database_attach(Instance *instance, const char *path, JET_GRBIT grbit);
/* NULL: all. JET_errDatabaseInUse while a session has it open, JET_errBackupInProgress while a
 * backup or snapshot needs it. */
JET_ERR database_detach(Instance *instance, const char *path);
/* Counts an open; `path` or, when NULL, the number. */
JET_ERR database_acquire(Instance *instance, const char *path, Database **ret);
void database_release(Database *database);
/* The file's path with its directory resolved, so that one file has one name; the caller frees.
 * JET_errInvalidPath. */
JET_ERR database_resolve_path(const char *path, char **ret);
/* Whether some instance of the process has the file attached. */
bool database_is_attached(const char *resolved);
/* Nobody may have it open. */
void database_close(Database *database);

/* The table's entry, made when absent. */
JET_ERR database_table(Database *database, uint32_t object_id, Table **ret);
/* A reference to the definition of this version: the shared one, or loaded and then shared. */
JET_ERR database_schema(Database *database, Table *table, Txn *txn, uint64_t version, Schema **ret);

#endif
