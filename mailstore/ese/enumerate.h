/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * enumerate.h - all columns of a row at once, and how large a row is.
 */
#ifndef MAILSTORE_ESE_ENUMERATE_H
#define MAILSTORE_ESE_ENUMERATE_H

#include "mailstore/ese/cursor.h"

/* What the program asks for, and with what it allocates. */
typedef struct {
    const JET_ENUMCOLUMNID *wanted;
    uint32_t n_wanted; /* 0: all there are */
    JET_PFNREALLOC reallocate;
    void *context;
    uint32_t data_most;
    JET_GRBIT grbit;
} Enumeration;

/* JET_errBadColumnId and JET_errColumnNotFound of a wanted column come with the answer; after any
 * other error there is none. */
JET_ERR enumerate_columns(Cursor *cursor, const Enumeration *how, uint32_t *ret_n,
                          JET_ENUMCOLUMN **ret_columns);

/* Adds to what is there with JET_bitRecordSizeRunningTotal. */
JET_ERR record_size(Cursor *cursor, JET_RECSIZE2 *size, JET_GRBIT grbit);

#endif
