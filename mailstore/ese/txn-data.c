/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * txn-data.c - locks, reads and writes of a transaction.
 *
 * Reads see the write set, then the snapshot. At level 0 they see the newest committed state and
 * return a copy. Writes go into the write set after the lock is held; a write that fails keeps
 * the lock and changes nothing else. A value that was read from the file and has not its checksum
 * is JET_errReadVerifyFailure.
 */
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/key-hash.h"
#include "mailstore/ese/seal.h"
#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

static const Bytes no_bytes = {NULL, 0};

static JET_ERR check_write(const Txn *txn, Bytes key)
{
    if (txn->level == 0)
        return JET_errNotInTransaction;
    if (txn_is_expired(txn))
        return JET_errTransactionTooLong;
    if (txn->read_only)
        return JET_errTransReadOnly;
    if (key.size == 0)
        return JET_errInvalidParameter;
    return key.size <= txn_key_max(txn) ? JET_errSuccess : JET_errKeyTooBig;
}

JET_ERR txn_lock(Txn *txn, Tree tree, Bytes key, LockKind kind)
{
    JET_ERR error = check_write(txn, key);

    if (error != JET_errSuccess || !txn->store) /* nobody else can reach a private key */
        return error;
    uint64_t hash = key_hash(txn->store->hash_seed, tree, key.data, key.size);
    int held = lock_set_find(&txn->locks, hash);
    if (held == KEY_LOCK_WRITE || held == (int)kind)
        return JET_errSuccess;
    error = lock_set_reserve(&txn->locks);
    if (error == JET_errSuccess)
        error = lock_take(&txn->store->locks, hash, kind, held, txn->snapshot->id, &held);
    if (error == JET_errSuccess)
        lock_set_put(&txn->locks, hash, (LockKind)held);
    return error;
}

JET_ERR txn_probe(Txn *txn, Tree tree, Bytes key)
{
    if (txn->level == 0)
        return JET_errNotInTransaction;
    if (!txn->store)
        return JET_errSuccess;
    uint64_t hash = key_hash(txn->store->hash_seed, tree, key.data, key.size);
    return lock_probe(&txn->store->locks, hash, lock_set_find(&txn->locks, hash),
                      txn->snapshot->id);
}

/* --- Reads ------------------------------------------------------------------------ */

/* Of a chunk of a long value the reader may want a few bytes: it asks with txn_verify. */
static JET_ERR get_stored(MDB_txn *txn, MDB_dbi dbi, Tree tree, Bytes key, Bytes *ret_value)
{
    MDB_val lmdb_key = store_val(key), stored;
    int rc = mdb_get(txn, dbi, &lmdb_key, &stored);

    if (rc)
        return store_error(rc);
    return tree == TREE_LONG_VALUES ? seal_open(store_bytes(stored), ret_value)
                                    : seal_verify(key, store_bytes(stored), ret_value);
}

JET_ERR txn_verify(const Txn *txn, Bytes key, Bytes value)
{
    _Atomic uint64_t *slot = NULL;
    uint64_t place = 0;

    if (!txn->store)
        return JET_errSuccess;
    /* Outside of a transaction it is a copy, which says nothing of the next one. */
    if (value.size >= VERIFIED_SIZE_MIN && txn->level > 0) {
        uintptr_t address = (uintptr_t)value.data;
        place = (uint64_t)(address >> 4) << 32 | load_u32((const uint8_t *)value.data + value.size);
        slot = &txn->store->verified[address / VERIFIED_SPREAD % VERIFIED_MAX];
        if (atomic_load_explicit(slot, memory_order_relaxed) == place)
            return JET_errSuccess;
    }
    if (!seal_holds(key, value))
        return JET_errReadVerifyFailure;
    if (slot)
        atomic_store_explicit(slot, place, memory_order_relaxed);
    return JET_errSuccess;
}

/* At level 0 nothing pins what LMDB returned, so the caller gets a copy. */
static JET_ERR get_newest(Txn *txn, Tree tree, Bytes key, Bytes *ret_value)
{
    Bytes value = no_bytes;
    Snapshot *snapshot;
    JET_ERR error = snapshot_take(&txn->store->snapshots, txn->store->env, &snapshot);

    if (error != JET_errSuccess)
        return error;
    error = get_stored(snapshot->txn, txn->store->trees[tree], tree, key, &value);
    size_t size = value.size + SEAL_SIZE;
    if (error == JET_errSuccess && size > txn->copy_size) {
        void *copy = fault_realloc(txn->copy, size);
        if (copy) {
            txn->copy = copy;
            txn->copy_size = size;
        } else {
            error = JET_errOutOfMemory;
        }
    }
    if (error == JET_errSuccess) {
        memcpy(txn->copy, value.data, size);
        *ret_value = (Bytes){txn->copy, value.size};
    }
    snapshot_release(&txn->store->snapshots, snapshot);
    return error;
}

JET_ERR txn_get(Txn *txn, Tree tree, Bytes key, Bytes *ret_value)
{
    if (!txn_is_usable(txn))
        return JET_errInvalidInstance;
    if (tree == TREE_INDEX || key.size == 0)
        return JET_errInvalidParameter;
    if (key.size > txn_key_max(txn))
        return JET_errKeyTooBig;
    if (txn->level == 0 && txn->store)
        return get_newest(txn, tree, key, ret_value);
    if (txn_is_expired(txn))
        return JET_errTransactionTooLong;
    WriteEntry *entry = write_set_find(&txn->writes, tree, key, no_bytes);
    if (entry && entry->top->op == WRITE_DELETE)
        return JET_errRecordNotFound;
    if (entry) {
        *ret_value = entry->top->value;
        return JET_errSuccess;
    }
    if (!txn->store)
        return JET_errRecordNotFound;
    return get_stored(txn->snapshot->txn, txn->store->trees[tree], tree, key, ret_value);
}

/* --- Writes ----------------------------------------------------------------------- */

static JET_ERR txn_store(Txn *txn, Tree tree, Bytes key, WriteOp op, Bytes value)
{
    JET_ERR error = check_write(txn, key);

    if (error == JET_errSuccess && tree == TREE_INDEX)
        error = JET_errInvalidParameter;
    if (error == JET_errSuccess && value.size > UINT32_MAX)
        error = JET_errRecordTooBig; /* LMDB counts the bytes of a value in 32 bits */
    return error ? error : write_set_store(&txn->writes, tree, key, no_bytes, op, value);
}

JET_ERR txn_insert(Txn *txn, Tree tree, Bytes key, Bytes value)
{
    Bytes present;
    JET_ERR error = check_write(txn, key);

    if (error != JET_errSuccess)
        return error;
    error = txn_get(txn, tree, key, &present);
    if (error != JET_errRecordNotFound)
        return error ? error : JET_errKeyDuplicate;
    error = txn_lock(txn, tree, key, KEY_LOCK_INSERT);
    return error ? error : txn_store(txn, tree, key, WRITE_PUT, value);
}

JET_ERR txn_put(Txn *txn, Tree tree, Bytes key, Bytes value)
{
    JET_ERR error = txn_lock(txn, tree, key, KEY_LOCK_WRITE);

    return error ? error : txn_store(txn, tree, key, WRITE_PUT, value);
}

JET_ERR txn_delete(Txn *txn, Tree tree, Bytes key)
{
    Bytes present;
    JET_ERR error = check_write(txn, key);

    if (error == JET_errSuccess)
        error = txn_get(txn, tree, key, &present);
    if (error == JET_errSuccess)
        error = txn_lock(txn, tree, key, KEY_LOCK_WRITE);
    return error ? error : txn_store(txn, tree, key, WRITE_DELETE, no_bytes);
}

JET_ERR txn_put_unlocked(Txn *txn, Tree tree, Bytes key, Bytes value)
{
    return txn_store(txn, tree, key, WRITE_PUT, value);
}

JET_ERR txn_delete_unlocked(Txn *txn, Tree tree, Bytes key)
{
    return txn_store(txn, tree, key, WRITE_DELETE, no_bytes);
}

/* --- Index entries ------------------------------------------------------------------ */

/* Is there any bookmark under the key? JET_errKeyDuplicate: yes. */
static JET_ERR check_unique(Txn *txn, Bytes key)
{
    Bytes found, bookmark;
    TreeCursor *cursor;
    JET_ERR error = txn_cursor(txn, TREE_INDEX, &cursor);

    if (error == JET_errSuccess)
        error = tree_cursor_seek(cursor, SEEK_GE, key, no_bytes, &found, &bookmark);
    if (error == JET_errSuccess)
        return write_key_compare(found, no_bytes, key, no_bytes) == 0 ? JET_errKeyDuplicate
                                                                      : JET_errSuccess;
    return error == JET_errRecordNotFound ? JET_errSuccess : error;
}

static JET_ERR index_store(Txn *txn, Bytes key, Bytes bookmark, WriteOp op)
{
    JET_ERR error = check_write(txn, key);

    if (error == JET_errSuccess && bookmark.size > txn_key_max(txn))
        error = JET_errKeyTooBig;
    if (error == JET_errSuccess && bookmark.size == 0)
        error = JET_errInvalidParameter;
    return error ? error : write_set_store(&txn->writes, TREE_INDEX, key, bookmark, op, no_bytes);
}

JET_ERR txn_index_insert(Txn *txn, Bytes key, Bytes bookmark, bool unique)
{
    if (unique) {
        JET_ERR error = check_write(txn, key);
        if (error == JET_errSuccess)
            error = check_unique(txn, key);
        if (error == JET_errSuccess)
            error = txn_lock(txn, TREE_INDEX, key, KEY_LOCK_INSERT);
        if (error != JET_errSuccess)
            return error;
    }
    return index_store(txn, key, bookmark, WRITE_PUT);
}

JET_ERR txn_index_delete(Txn *txn, Bytes key, Bytes bookmark, bool unique)
{
    if (unique) {
        JET_ERR error = txn_lock(txn, TREE_INDEX, key, KEY_LOCK_WRITE);
        if (error != JET_errSuccess)
            return error;
    }
    return index_store(txn, key, bookmark, WRITE_DELETE);
}
