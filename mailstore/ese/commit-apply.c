/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * commit-apply.c - writes a transaction's write set into LMDB's transaction, in key order.
 *
 * Run by the leader of a commit group while the owner waits. When another process has committed
 * since this transaction's snapshot, its locks said nothing about that: each key written is
 * compared between the snapshot and now, and a difference is JET_errWriteConflict. Entries of
 * non-unique indexes are not compared (the row is). Which rows a definition was used for, or what
 * it says of rows that came since, no key tells: so the catalog has to be as it was, and for those
 * who change a definition all the rows.
 */
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/key-hash.h"
#include "mailstore/ese/seal.h"
#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

/* *ret_there: whether it was. */
static JET_ERR check_key(MDB_txn *then, MDB_txn *now, MDB_dbi tree, Bytes bytes, bool *ret_there)
{
    MDB_val key = store_val(bytes), old, current;
    int rc_old = mdb_get(then, tree, &key, &old);
    int rc_current = mdb_get(now, tree, &key, &current);

    *ret_there = rc_old == 0;
    if (rc_old != rc_current)
        return JET_errWriteConflict;
    if (rc_old == MDB_NOTFOUND)
        return JET_errSuccess;
    if (rc_old)
        return store_error(rc_old);
    if (old.mv_size != current.mv_size || memcmp(old.mv_data, current.mv_data, old.mv_size) != 0)
        return JET_errWriteConflict;
    return JET_errSuccess;
}

static JET_ERR check_tree(Txn *txn, MDB_txn *writer, Tree tree)
{
    const char *name = store_tree_names[tree];
    bool there;

    return check_key(txn->snapshot->txn, writer, txn->store->main, (Bytes){name, strlen(name)},
                     &there);
}

static JET_ERR check_foreign(Txn *txn, MDB_txn *writer)
{
    Store *store = txn->store;
    bool there, redefines = false;
    JET_ERR error = check_tree(txn, writer, TREE_CATALOG);

    for (Tree tree = 0; tree < TREE_COUNT; tree++)
        for (WriteEntry *entry = txn->writes.maps[tree].head[0]; entry && error == JET_errSuccess;
             entry = entry->next[0]) {
            uint64_t hash = key_hash(store->hash_seed, tree, entry->key.data, entry->key.size);

            /* Escrows go on top of whatever is there. */
            if (tree != TREE_LONG_VALUES && lock_set_find(&txn->locks, hash) != KEY_LOCK_WRITE)
                continue;
            error = check_key(txn->snapshot->txn, writer, store->trees[tree], entry->key, &there);
            redefines = redefines || (tree == TREE_CATALOG && there);
        }
    return error == JET_errSuccess && redefines ? check_tree(txn, writer, TREE_ROWS) : error;
}

static JET_ERR apply_escrow(MDB_txn *writer, MDB_cursor *cursor, const WriteEntry *entry,
                            bool *changed)
{
    MDB_val key = store_val(entry->key), row;
    int rc = mdb_get(writer, mdb_cursor_dbi(cursor), &key, &row);

    if (rc == MDB_NOTFOUND)
        return JET_errWriteConflict; /* only another process can have deleted it */
    if (rc)
        return store_error(rc);
    Bytes value;
    JET_ERR error = seal_verify(entry->key, store_bytes(row), &value);
    if (error != JET_errSuccess)
        return error;
    uint8_t *copy = fault_malloc(row.mv_size);
    if (!copy)
        return JET_errOutOfMemory;
    memcpy(copy, value.data, value.size);
    value.data = copy;
    for (size_t i = 0; i < entry->top->delta_count; i++) {
        const EscrowDelta *delta = &entry->top->deltas[i];
        EscrowField field = {delta->offset, delta->size};

        if ((size_t)field.offset + field.size > value.size) {
            free(copy);
            return JET_errWriteConflict;
        }
        escrow_add(copy, field, delta->delta);
    }
    seal_write(copy + value.size, entry->key, value);
    row.mv_data = copy;
    rc = mdb_cursor_put(cursor, &key, &row, 0);
    free(copy);
    *changed = *changed || rc == 0;
    return store_error(rc);
}

static JET_ERR apply_delete(MDB_cursor *cursor, Tree tree, const WriteEntry *entry, bool *changed)
{
    MDB_val key = store_val(entry->key), dup = store_val(entry->dup);
    int rc = mdb_cursor_get(cursor, &key, &dup, tree == TREE_INDEX ? MDB_GET_BOTH : MDB_SET);

    if (rc == 0)
        rc = mdb_cursor_del(cursor, 0);
    *changed = *changed || rc == 0;
    return rc == MDB_NOTFOUND ? JET_errSuccess : store_error(rc);
}

static JET_ERR apply_entry(MDB_txn *writer, MDB_cursor *cursor, Tree tree, const WriteEntry *entry,
                           bool *changed)
{
    int fault = fault_at(FAULT_APPLY);

    if (fault)
        return store_error(fault);
    if (entry->top->op == WRITE_DELETE)
        return apply_delete(cursor, tree, entry, changed);
    if (entry->top->op == WRITE_ESCROW)
        return apply_escrow(writer, cursor, entry, changed);

    MDB_val key = store_val(entry->key);
    MDB_val value = store_val(tree == TREE_INDEX ? entry->dup : entry->top->value);
    if (tree != TREE_INDEX)
        value.mv_size += SEAL_SIZE;
    int rc = mdb_cursor_put(cursor, &key, &value, tree == TREE_INDEX ? MDB_NODUPDATA : 0);
    *changed = *changed || rc == 0;
    /* The pair is there already: nothing to write. */
    return tree == TREE_INDEX && rc == MDB_KEYEXIST ? JET_errSuccess : store_error(rc);
}

static JET_ERR apply_tree(Txn *txn, MDB_txn *writer, Tree tree, bool *changed)
{
    MDB_cursor *cursor;
    JET_ERR error = store_error(mdb_cursor_open(writer, txn->store->trees[tree], &cursor));

    if (error != JET_errSuccess)
        return error;
    for (WriteEntry *entry = txn->writes.maps[tree].head[0]; entry && error == JET_errSuccess;
         entry = entry->next[0])
        error = apply_entry(writer, cursor, tree, entry, changed);
    mdb_cursor_close(cursor);
    return error;
}

JET_ERR txn_apply(void *context, MDB_txn *writer, uint64_t foreign, bool *changed)
{
    Txn *txn = context;
    JET_ERR error = JET_errSuccess;

    if (foreign > txn->snapshot->id)
        error = check_foreign(txn, writer);
    for (Tree tree = 0; tree < TREE_COUNT && error == JET_errSuccess; tree++)
        if (txn->writes.maps[tree].count > 0)
            error = apply_tree(txn, writer, tree, changed);
    return error;
}
