/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * database.c - opens, creates and closes the store.
 *
 * Fails with MAIL_STORE_ERROR_FAILED when the directory cannot be made or the database is damaged,
 * of a newer format or in use. The store API would let another process in; but watches, counts,
 * the folder queue and the locks are this process's, so the directory is locked, until the process
 * ends.
 */
#include "mailstore/message/database.h"

#include <errno.h>
#include <fcntl.h>
#include <gmime/gmime.h>
#include <sys/file.h>
#include <unistd.h>

#include "mailstore/message/error.h"

#define DATABASE_FILE "mail.edb"

enum {
    SESSIONS_MAX = 512, /* one a thread; threads are pooled, so there are tens */
    CURSORS_MAX = SESSIONS_MAX * INDEX_COUNT,
    /* What one transaction may hold, in version pages of 64 KB: a message of MAIL_MESSAGE_MAX with
     * its index entries, or the links of a whole folder that is copied. */
    VERSION_PAGES_MAX = 16384
};

typedef struct {
    MailStore *store;
    JET_SESID sesid;
    Failure failure;
} Opening;

static JET_ERR note(Opening *opening, const char *call, JET_ERR err)
{
    if (err < 0)
        opening->failure = (Failure){err, call, NULL};
    return err;
}

static JET_ERR instance_start(Opening *opening)
{
    MailStore *store = opening->store;
    /* Instances of a process need different names; the address is one. */
    g_autofree char *name = g_strdup_printf("mailstore-%p", (void *)store);
    JET_ERR err = note(opening, "JetCreateInstance", JetCreateInstance(&store->instance, name));
    if (err < 0)
        return err;

    const struct {
        uint32_t id;
        JET_API_PTR value;
    } parameters[] = {
        {JET_paramMaxSessions, SESSIONS_MAX},
        {JET_paramMaxCursors, CURSORS_MAX},
        {JET_paramMaxVerPages, VERSION_PAGES_MAX},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(parameters); i++) {
        err = note(opening, "JetSetSystemParameter",
                   JetSetSystemParameter(&store->instance, 0, parameters[i].id, parameters[i].value,
                                         NULL));
        if (err < 0)
            return err;
    }
    return note(opening, "JetInit", JetInit(&store->instance));
}

static JET_ERR database_open(Opening *opening)
{
    MailStore *store = opening->store;
    JET_DBID database;
    Table table;

    JET_ERR err = note(opening, "JetBeginSession",
                       JetBeginSession(store->instance, &opening->sesid, NULL, NULL));
    if (err < 0)
        return err;
    err = note(opening, "JetAttachDatabase", JetAttachDatabase(opening->sesid, store->file, 0));
    if (err == JET_errFileNotFound || err == JET_errDatabaseNotFound)
        err = note(opening, "JetCreateDatabase",
                   JetCreateDatabase(opening->sesid, store->file, NULL, &database, 0));
    else if (err >= 0)
        err = note(opening, "JetOpenDatabase",
                   JetOpenDatabase(opening->sesid, store->file, NULL, &database, 0));
    if (err < 0)
        return err;

    err = schema_open(opening->sesid, database, store->columns, &table);
    if (err < 0)
        opening->failure = (Failure){err, "opening", schema_table_name(table)};
    JET_ERR closed = JetCloseDatabase(opening->sesid, database, 0);
    return err < 0 ? err : note(opening, "JetCloseDatabase", closed);
}

static gboolean directory_lock(const char *path, int *ret_lock, GError **error)
{
    int lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0) {
        *ret_lock = lock;
        return TRUE;
    }
    int code = errno;
    if (lock >= 0)
        close(lock);
    if (code == EWOULDBLOCK)
        g_set_error(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_FAILED,
                    "the mail store %s is in use by another process", path);
    else
        g_set_error(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_FAILED, "cannot open %s: %s", path,
                    g_strerror(code));
    return FALSE;
}

MailStore *mail_store_open(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0700) != 0) {
        g_set_error(error, MAIL_STORE_ERROR, MAIL_STORE_ERROR_FAILED, "cannot make %s: %s", path,
                    g_strerror(errno));
        return NULL;
    }

    int lock;
    if (!directory_lock(path, &lock, error))
        return NULL;

    g_mime_init();
    MailStore *store = g_new0(MailStore, 1);
    store->lock = lock;
    store->file = g_build_filename(path, DATABASE_FILE, NULL);
    store->content_locks = keyed_lock_new(SCHEMA_DIGEST_SIZE);
    store->message_locks = keyed_lock_new(sizeof(guint64));
    store->folder_queue = folder_queue_new();
    store->folder_views = folder_views_new();
    store->watches = watch_list_new();

    Opening opening = {.store = store};
    JET_ERR err = instance_start(&opening);
    if (err >= 0)
        err = database_open(&opening);
    if (opening.sesid != 0)
        JetEndSession(opening.sesid, 0);
    if (err >= 0)
        return store;
    g_autofree char *what = g_strdup_printf("cannot open the mail store %s", store->file);
    mail_error_set(error, err, &opening.failure, what);
    return mail_store_close(store);
}

MailStore *mail_store_close(MailStore *store)
{
    if (store == NULL)
        return NULL;
    if (store->instance != 0)
        JetTerm(store->instance);
    watch_list_free(store->watches);
    folder_views_free(store->folder_views);
    folder_queue_free(store->folder_queue);
    keyed_lock_free(store->message_locks);
    keyed_lock_free(store->content_locks);
    close(store->lock);
    g_free(store->file);
    g_free(store);
    return NULL;
}

gboolean mail_store_has_failed(const MailStore *store)
{
    return atomic_load(&store->has_failed);
}
