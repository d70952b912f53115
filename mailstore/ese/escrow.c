/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * escrow.c - deltas to an integer in a row, which commute: sessions add to one counter at the same
 * time, and each delta goes on top of whatever is current at its commit.
 *
 * The running value (committed value plus all deltas not committed yet) is shared in the lock
 * table. A row that this session has written itself is simply changed.
 *
 * Fails with JET_errRecordNotFound, JET_errWriteConflict (somebody holds another lock, or the row
 * was written after the snapshot), JET_errInvalidParameter for a field outside the row.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/key-hash.h"
#include "mailstore/ese/seal.h"
#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

typedef struct {
    Store *store;
    Tree tree;
    Bytes key;
    EscrowField field;
} EscrowSource;

static int64_t escrow_get(const void *row, EscrowField field)
{
    const uint8_t *bytes = (const uint8_t *)row + field.offset;

    if (field.size == 4) {
        uint32_t value;
        memcpy(&value, bytes, sizeof value);
        return (int32_t)le32toh(value);
    }
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return (int64_t)le64toh(value);
}

void escrow_add(void *row, EscrowField field, int64_t delta)
{
    uint8_t *bytes = (uint8_t *)row + field.offset;
    uint64_t sum = (uint64_t)escrow_get(row, field) + (uint64_t)delta;

    if (field.size == 4) {
        uint32_t value = htole32((uint32_t)sum);
        memcpy(bytes, &value, sizeof value);
    } else {
        uint64_t value = htole64(sum);
        memcpy(bytes, &value, sizeof value);
    }
}

/* LockEscrowRead: the committed integer now. */
static JET_ERR escrow_read(void *context, int64_t *ret)
{
    EscrowSource *source = context;
    MDB_val key = store_val(source->key), row;
    Snapshot *snapshot;
    JET_ERR error = snapshot_take(&source->store->snapshots, source->store->env, &snapshot);

    if (error != JET_errSuccess)
        return error;
    Bytes value = {NULL, 0};
    int rc = mdb_get(snapshot->txn, source->store->trees[source->tree], &key, &row);
    error = rc ? store_error(rc) : seal_verify(source->key, store_bytes(row), &value);
    if (error == JET_errSuccess && (size_t)source->field.offset + source->field.size > value.size)
        error = JET_errInvalidParameter;
    if (error == JET_errSuccess)
        *ret = escrow_get(value.data, source->field);
    snapshot_release(&source->store->snapshots, snapshot);
    return error;
}

/* Stores the row with the delta added, and the session's deltas with it when there are shared
 * ones (`deltas` true). */
static JET_ERR escrow_store(Txn *txn, const EscrowSource *source, Bytes row, int64_t delta,
                            bool deltas)
{
    WriteEntry *entry = write_set_find(&txn->writes, source->tree, source->key, (Bytes){NULL, 0});
    size_t count = entry && deltas ? entry->top->delta_count : 0, i = 0;
    uint8_t *copy = fault_malloc(row.size);
    EscrowDelta *sum = fault_malloc((count + 1) * sizeof *sum);
    JET_ERR error = JET_errOutOfMemory;

    if (!copy || !sum)
        goto out;
    memcpy(copy, row.data, row.size);
    escrow_add(copy, source->field, delta);
    if (count > 0)
        memcpy(sum, entry->top->deltas, count * sizeof *sum);
    while (i < count &&
           (sum[i].offset != source->field.offset || sum[i].size != source->field.size))
        i++;
    if (i == count)
        sum[count++] = (EscrowDelta){source->field.offset, source->field.size, 0};
    sum[i].delta = (int64_t)((uint64_t)sum[i].delta + (uint64_t)delta);
    row.data = copy;
    error = deltas
                ? write_set_store_escrow(&txn->writes, source->tree, source->key, row, sum, count)
                : write_set_store(&txn->writes, source->tree, source->key, (Bytes){NULL, 0},
                                  WRITE_PUT, row);
out:
    free(copy);
    free(sum);
    return error;
}

JET_ERR txn_escrow(Txn *txn, Tree tree, Bytes key, size_t offset, size_t size, int64_t delta,
                   int64_t *ret_old)
{
    EscrowSource source = {txn->store, tree, key, {(uint32_t)offset, (uint32_t)size}};
    int64_t old;
    Bytes row;
    JET_ERR error;

    if ((size != 4 && size != 8) || offset > UINT32_MAX || tree == TREE_INDEX)
        return JET_errInvalidParameter;
    error = txn_get(txn, tree, key, &row);
    if (error == JET_errSuccess && offset + size > row.size)
        error = JET_errInvalidParameter;
    if (error == JET_errSuccess)
        error = txn_lock(txn, tree, key, KEY_LOCK_ESCROW);
    if (error != JET_errSuccess)
        return error;

    uint64_t hash = key_hash(txn->store->hash_seed, tree, key.data, key.size);
    bool shared = lock_set_find(&txn->locks, hash) == KEY_LOCK_ESCROW;
    if (shared) {
        error = lock_escrow_add(&txn->store->locks, hash, source.field, delta, escrow_read, &source,
                                &old);
        if (error != JET_errSuccess)
            return error;
        old = size == 4 ? (int32_t)(uint32_t)(uint64_t)old : old;
    } else {
        old = escrow_get(row.data, source.field);
    }
    error = escrow_store(txn, &source, row, delta, shared);
    if (error == JET_errSuccess)
        *ret_old = old;
    else if (shared)
        lock_escrow_undo(&txn->store->locks, hash, source.field, delta);
    return error;
}

/* What `version` has beyond the version below it goes back. */
static void undo_version(Txn *txn, const WriteVersion *version)
{
    const WriteEntry *entry = version->entry;
    uint64_t hash = key_hash(txn->store->hash_seed, entry->tree, entry->key.data, entry->key.size);
    const WriteVersion *below = version->below;

    for (size_t i = 0; i < version->delta_count; i++) {
        const EscrowDelta *delta = &version->deltas[i];
        uint64_t back = (uint64_t)delta->delta;

        for (size_t j = 0; below && j < below->delta_count; j++)
            if (below->deltas[j].offset == delta->offset && below->deltas[j].size == delta->size)
                back -= (uint64_t)below->deltas[j].delta;
        lock_escrow_undo(&txn->store->locks, hash, (EscrowField){delta->offset, delta->size},
                         (int64_t)back);
    }
}

void txn_undo_escrow(Txn *txn)
{
    for (WriteVersion *version = txn->writes.levels[txn->level]; version;
         version = version->level_next)
        if (version->op == WRITE_ESCROW)
            undo_version(txn, version);
}
