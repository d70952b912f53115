/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unscanned.h - counts every row that passed without a verdict, and remembers which.
 *
 * For all threads.
 */
#ifndef LIBSTOREHOOK_UNSCANNED_H
#define LIBSTOREHOOK_UNSCANNED_H

#include "libstorehook/blob.h"
#include "libstorehook/protocol.h"

enum {
    UNSCANNED_RING = 1024, /* rows remembered; more are counted, and the report says since when */
    UNSCANNED_TABLES = 64  /* table names told apart before the first profile */
};

/* The table of a row whose store would not tell: any, so it counts as judged. */
#define UNSCANNED_ANY_TABLE "?"

/* A judged table's row was written (and committed) without a verdict. */
void unscanned_add(StorehookReason reason, const char *table, const ByteString *bookmark);
/* The same before any profile is known: counted by name until unscanned_settle. */
void unscanned_add_unjudged(const char *table, const ByteString *bookmark);
/* A profile has come: counts those of the above that were in judged tables, forgets the others. */
void unscanned_settle(void);

/* Totals since the process began. */
void unscanned_totals(uint64_t ret[STOREHOOK_REASONS]);
/* Something has not been reported yet. One load. */
bool unscanned_is_pending(void);
/* Anything has passed since the process began. */
bool unscanned_is_any(void);

/* What a report told. */
typedef struct {
    uint64_t next;      /* rows before that */
    uint64_t changes;   /* and totals after so many */
    int64_t lost_since; /* 0: no rows were lost */
} UnscannedTicket;

/* Writes a REPORT with as many rows as fit. */
UnscannedTicket unscanned_write_report(StorehookWriter *writer, void *buffer, size_t capacity,
                                       const unsigned char instance[16],
                                       StorehookUnhooked unhooked);
/* That report was sent: forgets its rows. Another thread may have written one meanwhile. */
void unscanned_reported(const UnscannedTicket *ticket);
/* For tests. */
void unscanned_clear(void);

#endif /* LIBSTOREHOOK_UNSCANNED_H */
