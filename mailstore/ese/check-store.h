/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-store.h - store.h's reading over check-page.h, for the check tool.
 *
 * With it the tool has the engine's own catalog, records and keys without LMDB. Of the trees it
 * reads the catalog (whole, in memory) and long values; it writes nothing.
 */
#ifndef MAILSTORE_ESE_CHECK_STORE_H
#define MAILSTORE_ESE_CHECK_STORE_H

#include "mailstore/ese/check-page.h"

/* After check_pages without damage. JET_errOutOfMemory. */
JET_ERR check_store_open(Check *check, Txn **ret);
Txn *check_store_close(Txn *txn); /* accepts NULL; returns NULL */

/* The catalog's entries in order. */
size_t check_store_catalog_count(const Txn *txn);
void check_store_catalog_entry(const Txn *txn, size_t at, Bytes *ret_key, Bytes *ret_value);

#endif
