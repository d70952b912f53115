/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict.h - what is known of a content after it was looked at.
 *
 * A verdict is never an error code: functions that make one say by their return value whether they
 * did, and whatever went wrong on the way is a verdict of its own (not scanned, not fully scanned).
 * The texts lie in the struct, so that it can live in shared memory.
 */
#ifndef SCANNER_VERDICT_H
#define SCANNER_VERDICT_H

#include <glib.h>

#include "libstorehook/protocol.h"

enum {
    VERDICT_NAME_SIZE = 112,    /* signature names are below 100 letters */
    VERDICT_TYPE_SIZE = 80,     /* the longest registered MIME types have 73 */
    VERDICT_COST_MAX = 60000000 /* a minute; more counts as this */
};

typedef struct {
    StorehookVerdictKind kind;
    guint32 type_is_sure; /* by libmagic or by signs that leave no doubt */
    guint64 size;         /* of the content */
    guint64 cost;         /* microseconds that it took to find out; 0: unknown */
    char name[VERDICT_NAME_SIZE];
    char type[VERDICT_TYPE_SIZE]; /* true MIME type; "" when not looked for */
} Verdict;

/* Sets kind and name; leaves the type. Bytes that a log line or a header cannot take become '_'. */
void verdict_set(Verdict *verdict, StorehookVerdictKind kind, const char *name);
/* The one to act upon when two readings of a content differ: a find outranks a doubt, a doubt
 * outranks clean. TRUE when `other` is the worse. */
gboolean verdict_is_worse(StorehookVerdictKind other, StorehookVerdictKind than);
const char *verdict_kind_name(StorehookVerdictKind kind);
/* What a client is told to do. */
const char *verdict_action_name(StorehookAction action);

#endif /* SCANNER_VERDICT_H */
