/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict.h - what is known about a content after it was scanned.
 *
 * A verdict is never an error code: whatever goes wrong during a scan is a verdict of its own (not
 * scanned, not fully scanned). The texts are part of the struct, so that it can be in shared
 * memory.
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
    guint32 type_is_sure; /* found by libmagic or by an unmistakable sign */
    guint64 size;         /* of the content */
    guint64 cost;         /* microseconds that the scan took; 0: unknown */
    char name[VERDICT_NAME_SIZE];
    char type[VERDICT_TYPE_SIZE]; /* true MIME type; "" when not looked for */
} Verdict;

/* Sets kind and name, but not the type. Bytes that cannot stand in a log line or a header become
 * '_'. */
void verdict_set(Verdict *verdict, StorehookVerdictKind kind, const char *name);
/* TRUE when `other` is the worse verdict, which counts when two readings of a content differ. A
 * finding is worse than a doubt, and a doubt is worse than clean. */
gboolean verdict_is_worse(StorehookVerdictKind other, StorehookVerdictKind than);
const char *verdict_kind_name(StorehookVerdictKind kind);
/* What a client is told to do. */
const char *verdict_action_name(StorehookAction action);

#endif /* SCANNER_VERDICT_H */
