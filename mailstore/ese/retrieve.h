/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * retrieve.h - reading columns of the current row or of the one being made.
 */
#ifndef MAILSTORE_ESE_RETRIEVE_H
#define MAILSTORE_ESE_RETRIEVE_H

#include "mailstore/ese/cursor.h"

/* One column; numbers of JET_RETINFO stand in `column`, as for JetRetrieveColumns. */
JET_ERR retrieve_column(Cursor *cursor, JET_RETRIEVECOLUMN *column);
/* All; each has its own err. Returns the first error, or the worst warning's code. */
JET_ERR retrieve_columns(Cursor *cursor, JET_RETRIEVECOLUMN *columns, uint32_t n);

/* The current row, or with JET_bitRetrieveCopy the one being made, if there is. Within a scope. */
JET_ERR retrieve_row(Cursor *cursor, Txn *txn, JET_GRBIT grbit, Record *ret);

#endif
