/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * instance.h - instances: parameters, sessions and attached databases under one handle.
 *
 * Locking order: registry, backup, instance, database. None is held while a row is read or written.
 */
#ifndef MAILSTORE_ESE_INSTANCE_H
#define MAILSTORE_ESE_INSTANCE_H

#include <pthread.h>

#include "mailstore/ese/durable.h"
#include "mailstore/ese/parameter.h"
#include "mailstore/ese/store.h"

enum {
    INSTANCE_DATABASES_MAX = 7, /* number 0 is the temporary one's */
    TEMPORARY_PATH_MAX = 247,   /* of JET_paramTempPath */
};

typedef struct Backup Backup;
typedef struct Database Database;
typedef struct Instance Instance;
typedef struct Session Session;

typedef enum {
    INSTANCE_CREATED,
    INSTANCE_RUNNING,
    INSTANCE_TERMINATING,
} InstanceState;

struct Instance {
    JET_INSTANCE handle;
    char *name, *display_name;
    InstanceState state;     /* under the registry's lock */
    ParameterSet parameters; /* under the registry's lock */
    _Atomic uint32_t commit_default;
    _Atomic uint32_t snapshot_age_max; /* ms, 0: no limit */
    _Atomic bool checks_pages;         /* before a database is attached */
    _Atomic uint64_t n_expired;        /* snapshots taken back by it */
    _Atomic bool stopped;              /* no more service but for ending it */
    JET_SIGNATURE signature;           /* of this run */
    JET_CALLBACK runtime_callback;     /* NULL: none */
    bool callbacks_disabled;
    Durable durable;
    _Atomic uint32_t n_cursors;
    _Atomic uint32_t n_temporaries;
    uint32_t cursors_max, sessions_max, temporaries_max, record_most;
    bool versions_temporaries;
    char temporary_directory[TEMPORARY_PATH_MAX + 1];
    size_t txn_bytes_max;
    unsigned n_pins;             /* long calls at work; under the registry's lock */
    pthread_mutex_t backup_lock; /* `backup`; taken before `lock` */
    Backup *_Atomic backup;      /* under way, NULL: none; read without the lock, too */
    pthread_mutex_t lock;        /* what follows */
    Session *sessions;
    uint32_t n_sessions;
    Database *databases[INSTANCE_DATABASES_MAX];
    Instance *next; /* under the registry's lock */
};

JET_ERR instance_create(const char *name, const char *display_name, JET_INSTANCE *ret);
/* 0 or nil: makes the one nameless instance of the process. */
JET_ERR instance_start(JET_INSTANCE *handle);
JET_ERR instance_terminate(JET_INSTANCE handle, JET_GRBIT grbit);
/* As instance_acquire, for long calls: the instance stays, but nothing waits for it except its
 * end. */
JET_ERR instance_pin(JET_INSTANCE handle, Instance **ret);
void instance_unpin(Instance *instance);
/* An instance that has not been started, and stays so: for restoring. JET_errAfterInitialization.
 */
JET_ERR instance_check_not_started(JET_INSTANCE handle);
/* 0 or nil names the process's only instance, or, for parameters, the process. */
JET_ERR instance_set_parameter(JET_INSTANCE handle, uint32_t id, JET_API_PTR value,
                               const char *text);
JET_ERR instance_get_parameter(JET_INSTANCE handle, uint32_t id, JET_API_PTR *value, char *text,
                               uint32_t size);
/* JET_errInvalidGrbit. */
JET_ERR instance_stop(JET_INSTANCE handle, JET_GRBIT grbit);
/* Takes back the snapshots that are too old of sessions that are not in a call; called now and
 * then by those who commit. */
void instance_expire_snapshots(Instance *instance);
/* Calls for each instance, running or not, until one gives an error; under the registry's lock. */
JET_ERR instance_for_each(JET_ERR (*visit)(Instance *instance, void *context), void *context);
/* A running instance, and a promise that it stays: until the session it is wanted for is in its
 * list, or instance_release. */
JET_ERR instance_acquire(JET_INSTANCE handle, Instance **ret);
void instance_release(Instance *instance);

#endif
