/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * index-entry.h - the entries that a row has in an index, and keeping them.
 */
#ifndef MAILSTORE_ESE_INDEX_ENTRY_H
#define MAILSTORE_ESE_INDEX_ENTRY_H

#include "mailstore/ese/index-keys.h"

/* A condition, not an error: the row has no entry (NULL rules, conditions, no such value). */
#define INDEX_ENTRY_ABSENT 1
/* The row has one; what ends a search among its keys. */
#define INDEX_ENTRY_FOUND 2

/* The key for value `itag` of the index's multi-valued column (1 for the others); the first that is
 * made of values up to that. *ret_state is 0
 * or INDEX_ENTRY_ABSENT. JET_errNullKeyDisallowed, JET_errKeyTruncated. */
JET_ERR index_entry_key(const Index *index, const Schema *schema, Txn *txn, Bytes row,
                        uint32_t itag, Key *ret_key, JET_ERR *ret_state);

/* From which values, and which tuple, the row has this key: *ret_state as above. */
JET_ERR index_entry_locate(const Index *index, const Schema *schema, Txn *txn, Bytes row, Bytes key,
                           KeyOrigin *ret_origin, JET_ERR *ret_state);

/* Adds, changes or removes the row's entries in all secondary indexes; data NULL: there is no old,
 * or no new, row. On an error (JET_errKeyDuplicate, JET_errNullKeyDisallowed, ...) some are and
 * some are not: the caller takes back what was written. */
JET_ERR index_entries_update(const Schema *schema, Txn *txn, Bytes old_row, Bytes old_bookmark,
                             Bytes new_row, Bytes new_bookmark);
/* Of one index: for building it. */
JET_ERR index_entries_insert(const Index *index, const Schema *schema, Txn *txn, Bytes row,
                             Bytes bookmark);

#endif
