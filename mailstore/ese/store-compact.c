/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store-compact.c - writes what is in a database densely into a new file.
 *
 * Every entry of every tree is read and appended in order, which fills pages to the brim and
 * leaves out the free ones. The new file is made under another name, synced and then renamed. A
 * damaged source fails where the damage is met.
 *
 * Fails as store_open, and with JET_errDatabaseDuplicate, JET_errDiskFull, and the error of the
 * progress function.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailstore/ese/directory.h"
#include "mailstore/ese/seal.h"
#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

enum {
    TREES = TREE_COUNT + 1, /* with that of the format record and the sequences */
    BATCH_BYTES = 64 << 20, /* in one transaction of the new file */
    PROGRESS_STEPS = 100,   /* calls of the progress function */
    READERS = 1,
};

typedef struct {
    Store *from, *to;
    StoreProgress progress;
    void *context;
    uint64_t done, total, next_report;
} Compaction;

static MDB_dbi tree_of(const Store *store, unsigned tree)
{
    return tree < TREE_COUNT ? store->trees[tree] : store->meta;
}

/* Entries may be more than 32 bits count: both are scaled. */
static JET_ERR compaction_report(Compaction *compaction)
{
    uint64_t scale = compaction->total / UINT32_MAX + 1;

    if (!compaction->progress || compaction->done < compaction->next_report)
        return JET_errSuccess;
    compaction->next_report += compaction->total / PROGRESS_STEPS + 1;
    return compaction->progress(compaction->context, (uint32_t)(compaction->done / scale),
                                (uint32_t)(compaction->total / scale));
}

/* Appends from where the cursor stands until the batch is full or the tree ends (*ret_end). */
static JET_ERR copy_batch(Compaction *compaction, unsigned tree, MDB_cursor *source, bool first,
                          MDB_txn *writer, bool *ret_end)
{
    MDB_cursor *target;
    MDB_val key, value;
    Bytes content;
    size_t bytes = 0;
    /* The new file has its format record already. */
    unsigned flags = tree == TREE_INDEX ? MDB_APPENDDUP : tree < TREE_COUNT ? MDB_APPEND : 0;
    int rc = mdb_cursor_open(writer, tree_of(compaction->to, tree), &target);

    if (rc)
        return store_error(rc);
    JET_ERR error = JET_errSuccess;
    MDB_cursor_op op = first ? MDB_FIRST : MDB_NEXT;
    *ret_end = false;
    while (bytes < BATCH_BYTES && error == JET_errSuccess) {
        rc = mdb_cursor_get(source, &key, &value, op);
        if (rc == MDB_NOTFOUND) {
            *ret_end = true;
            break;
        }
        error = store_error(rc);
        if (error == JET_errSuccess && tree != TREE_INDEX)
            error = seal_verify(store_bytes(key), store_bytes(value), &content);
        if (error == JET_errSuccess)
            error = store_error(mdb_cursor_put(target, &key, &value, flags));
        bytes += key.mv_size + value.mv_size;
        compaction->done++;
        if (error == JET_errSuccess)
            error = compaction_report(compaction);
        op = MDB_NEXT;
    }
    mdb_cursor_close(target);
    return error;
}

static JET_ERR copy_tree(Compaction *compaction, unsigned tree, MDB_txn *reader)
{
    MDB_cursor *source;
    MDB_txn *writer;
    bool end = false, first = true;
    JET_ERR error = store_error(mdb_cursor_open(reader, tree_of(compaction->from, tree), &source));

    if (error != JET_errSuccess)
        return error;
    while (!end && error == JET_errSuccess) {
        error = store_error(mdb_txn_begin(compaction->to->env, NULL, 0, &writer));
        if (error != JET_errSuccess)
            break;
        error = copy_batch(compaction, tree, source, first, writer, &end);
        first = false;
        if (error == JET_errSuccess)
            error = store_error(mdb_txn_commit(writer));
        else
            mdb_txn_abort(writer);
    }
    mdb_cursor_close(source);
    return error;
}

static JET_ERR copy_all(Compaction *compaction)
{
    MDB_txn *reader;
    MDB_stat stat;
    int rc = mdb_txn_begin(compaction->from->env, NULL, MDB_RDONLY, &reader);

    if (rc)
        return store_error(rc);
    for (unsigned tree = 0; tree < TREES && rc == 0; tree++) {
        rc = mdb_stat(reader, tree_of(compaction->from, tree), &stat);
        compaction->total += rc == 0 ? stat.ms_entries : 0;
    }
    JET_ERR error = store_error(rc);
    for (unsigned tree = 0; tree < TREES && error == JET_errSuccess; tree++)
        error = copy_tree(compaction, tree, reader);
    mdb_txn_abort(reader);
    /* Without a sync a batch; one at the end. */
    if (error == JET_errSuccess)
        error = store_error(mdb_env_sync(compaction->to->env, 1));
    return error;
}

static JET_ERR compact_into(const char *from, const char *to, StoreProgress progress, void *context)
{
    Compaction compaction = {.progress = progress, .context = context};
    StoreOptions source = {.path = from, .read_only = true, .readers_max = READERS};
    StoreOptions target = {.path = to, .create = true, .readers_max = READERS};
    JET_ERR error = store_open(&source, &compaction.from);

    if (error == JET_errSuccess)
        error = store_open(&target, &compaction.to);
    if (error == JET_errSuccess)
        error = store_error(mdb_env_set_flags(compaction.to->env, MDB_NOSYNC, 1));
    if (error == JET_errSuccess)
        error = copy_all(&compaction);
    store_close(compaction.to);
    store_close(compaction.from);
    return error;
}

JET_ERR store_compact(const char *from, const char *to, StoreProgress progress, void *context)
{
    char *work, *lock;
    struct stat status;

    if (lstat(to, &status) == 0)
        return JET_errDatabaseDuplicate;
    if (asprintf(&work, "%s.compact", to) < 0)
        return JET_errOutOfMemory;
    if (asprintf(&lock, "%s-lock", work) < 0) {
        free(work);
        return JET_errOutOfMemory;
    }
    unlink(work); /* what a crash may have left */
    JET_ERR error = compact_into(from, work, progress, context);
    if (error == JET_errSuccess && link(work, to) != 0)
        error = errno == EEXIST ? JET_errDatabaseDuplicate : store_error(errno);
    unlink(work);
    unlink(lock);
    if (error == JET_errSuccess)
        error = directory_sync_of(to);
    free(lock);
    free(work);
    return error;
}
