/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * long-value.h - values that live beside their row, in chunks.
 *
 * A long value is named by a number of its table; its size stands in the row that refers to it.
 * Bytes beyond that size may exist (of an append that was cancelled) and mean nothing.
 */
#ifndef MAILSTORE_ESE_LONG_VALUE_H
#define MAILSTORE_ESE_LONG_VALUE_H

#include "mailstore/ese/record.h"
#include "mailstore/ese/seal.h"
#include "mailstore/ese/store.h"

enum {
    /* Sixteen LMDB pages less the header of such a run and the checksum: few nodes for a large
     * value, and a run that is still easy to find in a file with holes (ese-churn is the proof; the
     * file grows no more than with four pages). Part of the format of the file. */
    LONG_VALUE_CHUNK = 16 * 4096 - 16 - SEAL_SIZE,
    LONG_VALUE_MAX = JET_cbLVColumnMost,
};

/* Exactly `size` bytes, which lie within the value. JET_errLVCorrupted. */
JET_ERR long_value_read(Txn *txn, uint32_t table, RecordReference reference, uint32_t offset,
                        void *out, uint32_t size);
/* Writes at `offset`; what lies between the end (reference->size) and it becomes zero. Grows
 * reference->size as needed; only the caller's row makes that count. data NULL: zeros. */
JET_ERR long_value_write(Txn *txn, uint32_t table, RecordReference *reference, uint32_t offset,
                         const void *data, uint32_t size);
JET_ERR long_value_copy(Txn *txn, uint32_t table, RecordReference from, uint64_t to_number);
/* All chunks, also those beyond the size. */
JET_ERR long_value_delete(Txn *txn, uint32_t table, uint64_t number);

#endif
