/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-host.h - a small mail store on the JET API, that knows nothing of the hook.
 */
#ifndef TESTS_PRELOAD_STORE_HOST_H
#define TESTS_PRELOAD_STORE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailstore/ese/esent.h"

typedef enum {
    HOST_MESSAGES,
    HOST_ATTACHMENTS,
    HOST_CONTENTS,
    HOST_ENTRIES,
    HOST_FOLDERS,
    HOST_MAILBOXES,
    HOST_OTHER, /* of no profile */
    HOST_TABLES
} HostTable;

typedef struct {
    JET_SESID sesid;
    JET_DBID database;
    JET_TABLEID tables[HOST_TABLES];
} Host;

/* A column to set. */
typedef struct {
    const char *name;
    const void *data;
    size_t size;
} HostColumn;

/* Set before the first opens: contents are in the order of a number, and found by their digest in
 * another index. */
extern bool host_digest_is_secondary;

/* The first makes instance and database in `directory`; further ones are sessions of their own. */
void host_open(Host *host, const char *directory);
void host_open_tables(Host *host);
void host_close(Host *host);
void host_end(void);
JET_INSTANCE host_instance(void);

/* Prepares a row, sets the columns, updates. What JetUpdate said; then the row is cancelled. */
JET_ERR host_insert(Host *host, HostTable table, const HostColumn *columns, size_t count,
                    uint64_t *ret_id);
JET_COLUMNID host_column(Host *host, HostTable table, const char *name);
unsigned host_count(Host *host, HostTable table);
/* A column of the nth row (0: first written); its size, or -1. */
long host_read(Host *host, HostTable table, unsigned n, const char *column, void *data,
               size_t size);

/* The same as text, until seven more were asked for. */
const char *host_text(Host *host, HostTable table, unsigned n, const char *column);
/* Replaces a column of the first row; what JetUpdate said. */
JET_ERR host_set_first(Host *host, HostTable table, const char *column, const void *data,
                       uint32_t size);

/* The two steps of a delivery; zero, or the first error (then it is rolled back). */
typedef struct {
    const char *text;
    const char *const *parts; /* NULL-terminated; content and name of each part */
    bool links_first;         /* attachments before contents */
} HostMessage;

JET_ERR host_deliver(Host *host, const HostMessage *message, uint64_t *ret_message);
JET_ERR host_link(Host *host, uint64_t message, uint64_t folder, uint32_t uid);

#endif
