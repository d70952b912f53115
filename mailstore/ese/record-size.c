/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record-size.c - JetGetRecordSize: what of a row is data and what is overhead, in this engine's
 * format. Nothing is compressed.
 *
 * Fails with JET_errInvalidGrbit, JET_errNoCurrentRecord, JET_errUpdateNotPrepared.
 */
#include <string.h>

#include "mailstore/ese/enumerate.h"
#include "mailstore/ese/long-value.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/retrieve.h"

enum {
    SIZE_BITS =
        JET_bitRecordSizeInCopyBuffer | JET_bitRecordSizeRunningTotal | JET_bitRecordSizeLocal,
    CHUNK_KEY = 16, /* of each chunk of a long value */
};

static JET_ERR size_add_entry(JET_RECSIZE2 *size, const RecordEntry *entry, bool first, bool local)
{
    RecordReference reference;
    size->cbOverhead += RECORD_ENTRY;
    if (!first)
        size->cMultiValues++;
    else if (entry->column_id >= COLUMN_ID_TAGGED_FIRST)
        size->cTaggedColumns++;
    else
        size->cNonTaggedColumns++;
    if (!(entry->flags & RECORD_SEPARATED)) {
        size->cbData += entry->value.size;
        return JET_errSuccess;
    }
    RETURN_IF_ERROR(record_reference(entry, &reference));
    size->cbOverhead += RECORD_REFERENCE_SIZE;
    size->cLongValues++;
    if (!local) {
        uint64_t chunks = ((uint64_t)reference.size + LONG_VALUE_CHUNK - 1) / LONG_VALUE_CHUNK;
        size->cbLongValueData += reference.size;
        size->cbLongValueOverhead += chunks * CHUNK_KEY;
    }
    return JET_errSuccess;
}

static JET_ERR size_of_row(const Schema *schema, const Record *record, bool local,
                           JET_RECSIZE2 *size)
{
    JET_COLUMNID previous = 0;
    size->cbOverhead += RECORD_HEADER;
    size->cbData += record->escrow_size;
    for (uint32_t i = 0; record->escrow_size > 0 && i < schema->n_fixed; i++)
        if (schema->columns[i].grbit & JET_bitColumnEscrowUpdate)
            size->cNonTaggedColumns++;
    for (uint32_t at = 0; at < record->n_entries; at++) {
        RecordEntry entry;
        RETURN_IF_ERROR(record_entry(record, at, &entry));
        RETURN_IF_ERROR(size_add_entry(size, &entry, entry.column_id != previous, local));
        previous = entry.column_id;
    }
    size->cbDataCompressed = size->cbData;
    size->cbLongValueDataCompressed = size->cbLongValueData;
    return JET_errSuccess;
}

JET_ERR record_size(Cursor *cursor, JET_RECSIZE2 *size, JET_GRBIT grbit)
{
    Scope scope;
    Record record;
    bool copy = grbit & JET_bitRecordSizeInCopyBuffer;
    JET_RECSIZE2 sum = {0};
    if (!size)
        return JET_errInvalidParameter;
    if (grbit & ~(JET_GRBIT)SIZE_BITS)
        return JET_errInvalidGrbit;
    if (copy && cursor->update.kind == UPDATE_NONE)
        return JET_errUpdateNotPrepared;
    if (grbit & JET_bitRecordSizeRunningTotal)
        sum = *size;
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    JET_ERR err = retrieve_row(cursor, scope.txn, copy ? JET_bitRetrieveCopy : 0, &record);
    if (err >= 0)
        err = size_of_row(cursor->schema, &record, grbit & JET_bitRecordSizeLocal, &sum);
    err = scope_end(&scope, err);
    if (err >= 0)
        *size = sum;
    return err;
}
