/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pending-value.h - long values that are committed and belong to no row yet.
 */
#ifndef MAILSTORE_ESE_PENDING_VALUE_H
#define MAILSTORE_ESE_PENDING_VALUE_H

#include "mailstore/ese/store.h"

/* A catalog key under CATALOG_OBJECT_PENDING: that object, table, number. */
enum {
    PENDING_KEY_SIZE = 4 + 4 + 8,
};

/* In the transaction and level that made the long value, before they end or go deeper. */
JET_ERR pending_value_note(Txn *txn, uint32_t table, uint64_t number);
/* Where it gets a row or is deleted. Fine when it is not noted. */
JET_ERR pending_value_drop(Txn *txn, uint32_t table, uint64_t number);
/* Deletes what is noted, if no other process has the file open; this one must have no row prepared
 * in it. For a store just opened. */
JET_ERR pending_values_reclaim(Store *store);

#endif
