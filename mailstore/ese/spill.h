/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * spill.h - values of a large transaction, kept in an unnamed temporary file instead of memory.
 */
#ifndef MAILSTORE_ESE_SPILL_H
#define MAILSTORE_ESE_SPILL_H

#include <stddef.h>

#include "mailstore/ese/esent.h"

typedef struct SpillSegment SpillSegment;

typedef struct {
    const char *directory; /* where the file is made; not owned */
    int fd;                /* -1: none yet */
    SpillSegment *segments;
} Spill;

void spill_init(Spill *spill, const char *directory);
/* Appends the bytes and, behind them, the few of the tail; returns where they can be read until
 * spill_clear. */
JET_ERR spill_write(Spill *spill, const void *data, size_t size, const void *tail, size_t tail_size,
                    const void **ret);
/* Gives all space back. Leaves an empty spill that can be used again. */
void spill_clear(Spill *spill);

#endif /* MAILSTORE_ESE_SPILL_H */
