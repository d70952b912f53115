/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * remembered.h - messages that were dropped or flagged, for the rows that link to them later.
 *
 * For all threads.
 */
#ifndef LIBSTOREHOOK_REMEMBERED_H
#define LIBSTOREHOOK_REMEMBERED_H

#include <stdint.h>

#include "libstorehook/blob.h"
#include "mailstore/ese/esent.h"

enum {
    REMEMBERED_MAX = 65536,
    REMEMBERED_SECONDS = 3600 /* a message never linked is collected by then */
};

typedef struct {
    JET_INSTANCE instance;
    JET_DBID database;
    unsigned set;
    const ByteString *key;
} MessageName;

typedef struct {
    bool dropped;
    char incident[64];
} Remembered;

/* Nothing without memory, and then a later link row stays: it names a message that is not there. */
void remembered_add(const MessageName *message, bool dropped, const char *incident);
bool remembered_find(const MessageName *message, Remembered *ret);
/* The key was given to another message. */
void remembered_forget(const MessageName *message);
/* One load: there is nothing to find. */
bool remembered_is_empty(void);
/* For tests: moves the clock on, forgets all. */
void remembered_age(int64_t seconds);
void remembered_clear(void);

#endif /* LIBSTOREHOOK_REMEMBERED_H */
