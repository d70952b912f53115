/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * update-long.h - between update-column.c and update-long.c: where a value goes in the row being
 * made, and setting a long one.
 */
#ifndef MAILSTORE_ESE_UPDATE_LONG_H
#define MAILSTORE_ESE_UPDATE_LONG_H

#include "mailstore/ese/update.h"

typedef struct {
    const Column *column;
    uint32_t at;    /* the entry, or where it would go */
    uint32_t count; /* of the column's entries */
    bool exists;
    uint8_t old_flags;
    size_t old_size; /* of the entry */
} SetPlace;

/* Pushes other long values out of the row when it gets too big: JET_errRecordTooBig. */
JET_ERR set_place_store(Cursor *cursor, Txn *txn, const SetPlace *place, uint8_t flags,
                        Bytes value);
JET_ERR set_place_null(Cursor *cursor, Txn *txn, const SetPlace *place);
JET_ERR set_check_unique(Cursor *cursor, Txn *txn, const SetPlace *place, JET_GRBIT grbit,
                         Bytes value);

JET_ERR set_long(Cursor *cursor, Txn *txn, const SetPlace *place, const JET_SETCOLUMN *set);

#endif
