/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * database.c - attaching and detaching files, and the tables known in each.
 *
 * A file is attached by at most one instance of a process: the store below cannot have it open
 * twice. Paths are compared as the kernel resolves them. Relative ones are relative to the working
 * directory.
 */
#include "mailstore/ese/database.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailstore/ese/callback.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/pending-value.h"
#include "mailstore/ese/result.h"

enum {
    READERS_MIN = 126, /* LMDB's own default */
    READERS_MAX = 65536,
    PAGE_BYTES = 4096,
};

JET_ERR database_resolve_path(const char *path, char **ret)
{
    if (!path || !*path)
        return JET_errInvalidPath;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return JET_errInvalidPath;
    char *folder = slash ? fault_strndup(path, slash == path ? 1 : (size_t)(slash - path))
                         : fault_strndup(".", 1);
    if (!folder)
        return JET_errOutOfMemory;
    char *resolved = realpath(folder, NULL);
    free(folder);
    if (!resolved)
        return errno == ENOMEM ? JET_errOutOfMemory : JET_errInvalidPath;
    size_t size = strlen(resolved) + 1 + strlen(name) + 1;
    char *whole = fault_malloc(size);
    if (whole) {
        bool at_root = strcmp(resolved, "/") == 0;
        memcpy(whole, resolved, strlen(resolved) + 1);
        strcat(strcat(whole, at_root ? "" : "/"), name);
        *ret = whole;
    }
    free(resolved);
    return whole ? JET_errSuccess : JET_errOutOfMemory;
}

static Database *database_find(Instance *instance, const char *path)
{
    for (unsigned i = 0; i < INSTANCE_DATABASES_MAX; i++)
        if (instance->databases[i] && strcmp(instance->databases[i]->path, path) == 0)
            return instance->databases[i];
    return NULL;
}

static JET_ERR instance_has_file(Instance *instance, void *path)
{
    pthread_mutex_lock(&instance->lock);
    bool found = database_find(instance, path) != NULL;
    pthread_mutex_unlock(&instance->lock);
    return found ? JET_errDatabaseInUse : JET_errSuccess;
}

bool database_is_attached(const char *resolved)
{
    return instance_for_each(instance_has_file, (void *)resolved) < 0;
}

static unsigned readers_of(const Instance *instance)
{
    /* A session has one snapshot a database; the rest is for short reads of the engine itself. */
    unsigned readers = 2 * instance->sessions_max + READERS_MIN;
    return readers < READERS_MAX ? readers : READERS_MAX;
}

/* Under the instance's lock. */
static JET_ERR database_add(Instance *instance, const char *path, const StoreOptions *options,
                            Database **ret)
{
    unsigned at = 1;
    while (at < INSTANCE_DATABASES_MAX && instance->databases[at])
        at++;
    if (at == INSTANCE_DATABASES_MAX)
        return JET_errTooManyAttachedDatabases;
    Database *database = fault_calloc(1, sizeof(*database));
    if (!database)
        return JET_errOutOfMemory;
    database->path = fault_strdup(path);
    JET_ERR err = database->path ? store_open(options, &database->store) : JET_errOutOfMemory;
    if (err < 0) {
        free(database->path);
        free(database);
        return err;
    }
    pthread_mutex_init(&database->lock, NULL);
    database->instance = instance;
    database->id = at;
    database->read_only = options->read_only;
    instance->databases[at] = database;
    /* What could not be reclaimed waits for the next time. */
    if (!options->read_only)
        pending_values_reclaim(database->store);
    *ret = database;
    return err;
}

JET_ERR database_create(Instance *instance, const char *path, uint32_t pages_max, JET_GRBIT grbit,
                        JET_DBID *ret)
{
    char *resolved = NULL;
    Database *database = NULL;
    RETURN_IF_ERROR(database_resolve_path(path, &resolved));
    StoreOptions options = {
        .path = resolved,
        .create = true,
        .overwrite = grbit & JET_bitDbOverwriteExisting,
        .map_size = (size_t)pages_max * PAGE_BYTES,
        .txn_bytes_max = instance->txn_bytes_max,
        .readers_max = readers_of(instance),
    };
    pthread_mutex_lock(&instance->lock);
    JET_ERR err = database_find(instance, resolved)
                      ? JET_errDatabaseDuplicate
                      : database_add(instance, resolved, &options, &database);
    if (err >= 0)
        *ret = database->id;
    pthread_mutex_unlock(&instance->lock);
    free(resolved);
    return err;
}

JET_ERR database_attach(Instance *instance, const char *path, JET_GRBIT grbit)
{
    char *resolved = NULL;
    Database *database = NULL;
    RETURN_IF_ERROR(database_resolve_path(path, &resolved));
    StoreOptions options = {
        .path = resolved,
        .read_only = grbit & JET_bitDbReadOnly,
        .check_pages = atomic_load(&instance->checks_pages),
        .txn_bytes_max = instance->txn_bytes_max,
        .readers_max = readers_of(instance),
    };
    pthread_mutex_lock(&instance->lock);
    JET_ERR err = database_find(instance, resolved)
                      ? JET_wrnDatabaseAttached
                      : database_add(instance, resolved, &options, &database);
    pthread_mutex_unlock(&instance->lock);
    free(resolved);
    return err;
}

void database_close(Database *database)
{
    bool synced = database->read_only || store_sync(database->store) >= 0;
    durable_forget(&database->instance->durable, database->id, synced);
    for (unsigned i = 0; i < DATABASE_TABLE_BUCKETS; i++)
        while (database->tables[i]) {
            Table *table = database->tables[i];
            database->tables[i] = table->next;
            local_storage_free_table(database, table);
            callbacks_free(table);
            schema_unref(table->schema);
            free(table);
        }
    database->instance->databases[database->id] = NULL;
    store_close(database->store);
    pthread_mutex_destroy(&database->lock);
    free(database->path);
    free(database);
}

JET_ERR database_detach(Instance *instance, const char *path)
{
    char *resolved = NULL;
    JET_ERR err = JET_errSuccess;
    bool all = !path || !*path;
    if (!all)
        RETURN_IF_ERROR(database_resolve_path(path, &resolved));
    pthread_mutex_lock(&instance->lock);
    Database *one = all ? NULL : database_find(instance, resolved);
    if (!all && !one)
        err = JET_errDatabaseNotFound;
    for (unsigned i = 0; err >= 0 && i < INSTANCE_DATABASES_MAX; i++) {
        Database *database = instance->databases[i];
        if (!database || (!all && database != one))
            continue;
        if (database->n_opens > 0)
            err = JET_errDatabaseInUse;
        else if (database->n_holds > 0)
            err = JET_errBackupInProgress;
        else
            database_close(database);
    }
    pthread_mutex_unlock(&instance->lock);
    free(resolved);
    return err;
}

JET_ERR database_acquire(Instance *instance, const char *path, Database **ret)
{
    char *resolved = NULL;
    RETURN_IF_ERROR(database_resolve_path(path, &resolved));
    pthread_mutex_lock(&instance->lock);
    Database *database = database_find(instance, resolved);
    if (database) {
        database->n_opens++;
        *ret = database;
    }
    pthread_mutex_unlock(&instance->lock);
    free(resolved);
    return database ? JET_errSuccess : JET_errDatabaseNotFound;
}

void database_release(Database *database)
{
    Instance *instance = database->instance;
    pthread_mutex_lock(&instance->lock);
    database->n_opens--;
    pthread_mutex_unlock(&instance->lock);
}

JET_ERR database_table(Database *database, uint32_t object_id, Table **ret)
{
    pthread_mutex_lock(&database->lock);
    Table **bucket = &database->tables[object_id % DATABASE_TABLE_BUCKETS];
    Table *table = *bucket;
    while (table && table->object_id != object_id)
        table = table->next;
    if (!table) {
        table = fault_calloc(1, sizeof(*table));
        if (table) {
            table->object_id = object_id;
            table->next = *bucket;
            *bucket = table;
        }
    }
    pthread_mutex_unlock(&database->lock);
    if (!table)
        return JET_errOutOfMemory;
    *ret = table;
    return JET_errSuccess;
}

static Schema *table_ref_schema(Database *database, Table *table, uint64_t version)
{
    pthread_mutex_lock(&database->lock);
    Schema *schema =
        table->schema && table->schema->version == version ? schema_ref(table->schema) : NULL;
    pthread_mutex_unlock(&database->lock);
    return schema;
}

JET_ERR database_schema(Database *database, Table *table, Txn *txn, uint64_t version, Schema **ret)
{
    Schema *schema = table_ref_schema(database, table, version), *old = NULL;
    if (!schema) {
        RETURN_IF_ERROR(catalog_load(txn, table->object_id, &schema));
        pthread_mutex_lock(&database->lock);
        /* A version may yet be rolled back; then the next to open the table loads another. */
        old = table->schema;
        table->schema = schema_ref(schema);
        pthread_mutex_unlock(&database->lock);
        schema_unref(old);
    }
    *ret = schema;
    return JET_errSuccess;
}
