/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store.c - opening, making and closing a database file.
 *
 * One LMDB file (MDB_NOSUBDIR) with five named trees: the four of store.h and "meta" with the
 * format record and the sequences. A new file is made whole under another name and then renamed,
 * so that a crash never leaves half a database under the name asked for (it may leave that other
 * file, NAME.new-XXXXXX, behind).
 *
 * A store is not usable in a forked child: its calls give JET_errInvalidInstance there.
 *
 * Fails with JET_errFileNotFound, JET_errDatabaseDuplicate, JET_errDatabaseSharingViolation (open
 * in this process already, or to be replaced and open in any), JET_errDatabaseCorrupted,
 * JET_errInvalidDatabaseVersion, and the errors of files and memory.
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailstore/ese/check-page.h"
#include "mailstore/ese/directory.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/meta-check.h"
#include "mailstore/ese/open-files.h"
#include "mailstore/ese/seal.h"
#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

#define MAP_SIZE_DEFAULT ((size_t)1 << 40)
#define MAP_SIZE_MIN ((size_t)1 << 26) /* less is no use: give the error instead */

enum {
    READERS_DEFAULT = 1024,
    TXN_BYTES_DEFAULT = 1 << 30,
    FILE_MODE = 0600,
    LOCK_HEAD = 4096,      /* of LMDB's lock file: more than what stands before the readers */
    LOCK_READER = 64,      /* and what each takes, a line of the processor's cache */
    META_TREE = TREE_COUNT /* behind those of store.h */
};

const char *const store_tree_names[] = {"catalog", "rows", "index", "long", "meta"};

static const Bytes format_key = {STORE_FORMAT_KEY, sizeof STORE_FORMAT_KEY - 1};

/* --- Environments -------------------------------------------------------------------- */

static unsigned readers_max(const StoreOptions *options)
{
    return options->readers_max ? options->readers_max : READERS_DEFAULT;
}

static int env_try(const char *path, const StoreOptions *options, unsigned flags, size_t map_size,
                   MDB_env **ret)
{
    MDB_env *env;
    int rc = mdb_env_create(&env);

    if (rc)
        return rc;
    if (!(rc = mdb_env_set_mapsize(env, map_size)) &&
        !(rc = mdb_env_set_maxreaders(env, readers_max(options))) &&
        !(rc = mdb_env_set_maxdbs(env, META_TREE + 1)))
        rc = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOTLS | flags, FILE_MODE);
    if (rc)
        mdb_env_close(env);
    else
        *ret = env;
    return rc;
}

/* Who opens a file that nobody has open makes LMDB's lock file anew, and whoever comes meanwhile
 * waits for it. Were the first killed in the midst of that, the other would go by a lock file that
 * knows of no commit, and write over what is committed. So only one at a time opens or closes. A
 * file that cannot be opened here cannot be below either. */
static int turn_take(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
        ;
    return fd;
}

static void turn_give(int fd)
{
    if (fd < 0)
        return;
    flock(fd, LOCK_UN); /* a child of a fork may have it, too */
    close(fd);
}

static void env_close(MDB_env *env, const char *path)
{
    int turn = turn_take(path);

    mdb_env_close(env);
    turn_give(turn);
}

/* LMDB writes to its lock file by a mapping: where the disk has no room for a page of it, that is
 * SIGBUS, at the open or when so many read at once for the first time. */
static int lock_reserve(const char *path, unsigned readers_max)
{
    off_t size = LOCK_HEAD + (off_t)readers_max * LOCK_READER;
    char *lock;
    int rc = 0;

    if (asprintf(&lock, "%s-lock", path) < 0)
        return ENOMEM;
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, FILE_MODE);
    if (fd >= 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size) != 0)
        rc = errno;
    if (fd >= 0)
        close(fd);
    free(lock);
    /* What else fails, LMDB will tell, or is a file system that cannot reserve. */
    return rc == ENOSPC || rc == EDQUOT ? rc : 0;
}

/* The kernel's ENOMEM, and valgrind's EINVAL for what its address space cannot hold. */
static bool is_too_large_a_map(int code)
{
    return code == ENOMEM || code == EINVAL;
}

/* Halves the map until the address space allows it (valgrind, ulimit -v, sanitizers). */
static JET_ERR env_open(const char *path, const StoreOptions *options, unsigned flags,
                        MDB_env **ret)
{
    size_t map_size = options->map_size ? options->map_size : MAP_SIZE_DEFAULT;
    int turn = turn_take(path), rc = 0;

    if (!(flags & MDB_NOLOCK))
        rc = lock_reserve(path, readers_max(options));
    if (rc == 0)
        while (is_too_large_a_map(rc = env_try(path, options, flags, map_size, ret)) &&
               map_size / 2 >= MAP_SIZE_MIN)
            map_size /= 2;
    turn_give(turn);
    if (rc == 0) {
        int fd;
        if (mdb_env_get_fd(*ret, &fd) == 0)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return store_error(rc);
}

static JET_ERR trees_open(MDB_txn *txn, unsigned flags, MDB_dbi trees[META_TREE + 1])
{
    for (unsigned tree = 0; tree <= META_TREE; tree++) {
        unsigned kind = tree == TREE_INDEX ? MDB_DUPSORT : 0;
        int rc = mdb_dbi_open(txn, store_tree_names[tree], flags | kind, &trees[tree]);
        if (rc) /* a file of LMDB, but not one of ours */
            return rc == MDB_NOTFOUND ? JET_errDatabaseCorrupted : store_error(rc);
    }
    return JET_errSuccess;
}

static JET_ERR format_check(MDB_txn *txn, MDB_dbi meta)
{
    MDB_val key = store_val(format_key), value;
    StoreFormat record;
    Bytes content;
    int rc = mdb_get(txn, meta, &key, &value);

    if (rc)
        return rc == MDB_NOTFOUND ? JET_errDatabaseCorrupted : store_error(rc);
    if (value.mv_size < sizeof record)
        return JET_errDatabaseCorrupted;
    memcpy(&record, value.mv_data, sizeof record);
    if (memcmp(record.magic, STORE_FORMAT_MAGIC, sizeof record.magic) != 0)
        return JET_errDatabaseCorrupted;
    /* First: another format need not have this one's checksum. */
    if (be32toh(record.version) != STORE_FORMAT_VERSION)
        return JET_errInvalidDatabaseVersion;
    return seal_verify(format_key, store_bytes(value), &content);
}

/* --- Making a file --------------------------------------------------------------------- */

static JET_ERR format_write(MDB_env *env)
{
    MDB_dbi trees[META_TREE + 1];
    MDB_txn *txn;
    struct {
        StoreFormat content;
        uint8_t seal[SEAL_SIZE];
    } record = {.content = {STORE_FORMAT_MAGIC, htobe32(STORE_FORMAT_VERSION)}};
    MDB_val key = store_val(format_key);
    int rc = mdb_txn_begin(env, NULL, 0, &txn);

    if (rc)
        return store_error(rc);
    seal_write(record.seal, format_key, (Bytes){&record.content, sizeof record.content});
    JET_ERR error = trees_open(txn, MDB_CREATE, trees);
    if (error == JET_errSuccess)
        error = store_error(
            mdb_put(txn, trees[META_TREE], &key, &(MDB_val){sizeof record, &record}, 0));
    if (error != JET_errSuccess) {
        mdb_txn_abort(txn);
        return error;
    }
    rc = fault_at(FAULT_COMMIT);
    if (rc)
        mdb_txn_abort(txn);
    else
        rc = mdb_txn_commit(txn);
    return store_error(rc);
}

/* link keeps a file that is there, rename replaces it. */
static JET_ERR file_move(const char *from, const char *to, bool overwrite)
{
    if (overwrite)
        return rename(from, to) == 0 ? JET_errSuccess : store_error(errno);
    if (link(from, to) != 0)
        return errno == EEXIST ? JET_errDatabaseDuplicate : store_error(errno);
    unlink(from);
    return JET_errSuccess;
}

static JET_ERR file_make(const Store *store, const StoreOptions *options)
{
    char *path;
    MDB_env *env = NULL;

    if (asprintf(&path, "%s.new-XXXXXX", store->path) < 0)
        return JET_errOutOfMemory;
    int fd = mkostemp(path, O_CLOEXEC);
    JET_ERR error = fd >= 0 ? JET_errSuccess : store_error(errno);
    if (error == JET_errSuccess) {
        close(fd);
        error = env_open(path, options, MDB_NOLOCK, &env);
        if (error == JET_errSuccess) {
            error = format_write(env);
            mdb_env_close(env);
        }
        if (error == JET_errSuccess)
            error = file_move(path, store->path, options->overwrite);
        if (error == JET_errSuccess)
            error = directory_sync(store->directory);
        else
            unlink(path);
    }
    free(path);
    return error;
}

/* --- Opening ---------------------------------------------------------------------------- */

static JET_ERR store_open_trees(Store *store)
{
    MDB_dbi trees[META_TREE + 1];
    MDB_txn *txn;
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

    if (rc)
        return store_error(rc);
    uint64_t last_commit = mdb_txn_id(txn);
    JET_ERR error = trees_open(txn, 0, trees);
    if (error == JET_errSuccess)
        error = store_error(mdb_dbi_open(txn, NULL, 0, &store->main));
    if (error == JET_errSuccess)
        error = format_check(txn, trees[META_TREE]);
    /* A commit, so that the handles outlive the transaction. */
    if (error == JET_errSuccess)
        error = store_error(mdb_txn_commit(txn));
    else
        mdb_txn_abort(txn);
    memcpy(store->trees, trees, sizeof store->trees);
    store->meta = trees[META_TREE];
    snapshot_pool_init(&store->snapshots, last_commit);
    commit_queue_init(&store->commits, last_commit);
    sequence_table_init(&store->sequences);
    return error;
}

static JET_ERR store_init(Store *store, const StoreOptions *options)
{
    store->read_only = options->read_only;
    store->txn_bytes_max = options->txn_bytes_max ? options->txn_bytes_max : TXN_BYTES_DEFAULT;
    store->path = strdup(options->path);
    store->directory = strdup(options->path);
    if (!store->path || !store->directory)
        return JET_errOutOfMemory;
    /* dirname cuts in place or returns a constant; either is to be owned. */
    char *directory = strdup(dirname(store->directory));
    free(store->directory);
    store->directory = directory;
    if (!directory)
        return JET_errOutOfMemory;
    if (getrandom(store->hash_seed, sizeof store->hash_seed, 0) != sizeof store->hash_seed)
        return JET_errInternalError;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *guard =
        mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guard == MAP_FAILED)
        return JET_errOutOfMemory;
    *guard = 1;
    /* A kernel that cannot wipe it leaves a child unguarded, no more. */
    madvise(guard, page, MADV_WIPEONFORK);
    store->fork_guard = guard;
    return JET_errSuccess;
}

static void store_free(Store *store)
{
    if (store->fork_guard)
        munmap((void *)store->fork_guard, (size_t)sysconf(_SC_PAGESIZE));
    free(store->directory);
    free(store->path);
    free(store);
}

/* Makes the file if asked for, claims it for this process and looks at it. */
static JET_ERR store_claim(Store *store, const StoreOptions *options)
{
    struct stat status;
    bool exists = stat(store->path, &status) == 0;
    JET_ERR error = JET_errSuccess;

    if (!exists && errno != ENOENT)
        return store_error(errno);
    if (options->create && exists && !options->overwrite)
        return JET_errDatabaseDuplicate;
    if (options->create) {
        /* A new file would be read by the lock file of the old one. */
        if (exists && open_file_is_used(store->path, &status))
            error = JET_errDatabaseSharingViolation;
        if (error == JET_errSuccess)
            error = file_make(store, options);
        if (error == JET_errSuccess && stat(store->path, &status) != 0)
            error = store_error(errno);
    } else if (!exists) {
        error = JET_errFileNotFound;
    }
    if (error == JET_errSuccess)
        error = open_file_add(&status, &store->claim);
    if (error == JET_errSuccess)
        error = meta_check(store->path);
    return error == JET_errSuccess && options->check_pages ? check_pages_of(store->path) : error;
}

JET_ERR store_open(const StoreOptions *options, Store **ret)
{
    Store *store;
    JET_ERR error;

    if (!options->path || !*options->path || (options->create && options->read_only))
        return JET_errInvalidParameter;
    store = fault_calloc(1, sizeof *store);
    if (!store)
        return JET_errOutOfMemory;
    error = store_init(store, options);
    if (error == JET_errSuccess)
        error = store_claim(store, options);
    if (error == JET_errSuccess)
        error = env_open(store->path, options, options->read_only ? MDB_RDONLY : 0, &store->env);
    if (error == JET_errSuccess)
        error = lock_table_init(&store->locks);
    else
        goto fail;
    if (error != JET_errSuccess) {
        env_close(store->env, store->path);
        goto fail;
    }
    store->key_max = (size_t)mdb_env_get_maxkeysize(store->env);
    /* Slots of processes that were killed would hold pages for ever. */
    mdb_reader_check(store->env, NULL);
    error = store_open_trees(store);
    if (error != JET_errSuccess) {
        store_close(store);
        return error;
    }
    *ret = store;
    return JET_errSuccess;
fail:
    open_file_remove(store->claim);
    store_free(store);
    return error;
}

Store *store_close(Store *store)
{
    /* A child of fork has no right to what the parent shares with it; it leaks instead. */
    if (!store || !store_is_usable(store))
        return NULL;
    assert(atomic_load(&store->txn_count) == 0);
    if (!store->read_only && !atomic_load(&store->commits.dead)) {
        sequence_table_return(store);
        commit_sync(store, snapshot_pool_visible(&store->snapshots));
    }
    sequence_table_clear(&store->sequences);
    commit_queue_clear(&store->commits);
    snapshot_pool_clear(&store->snapshots);
    lock_table_clear(&store->locks);
    env_close(store->env, store->path);
    open_file_remove(store->claim);
    store_free(store);
    return NULL;
}

bool store_is_shared(Store *store)
{
    return open_file_is_shared(store->claim, store->path);
}

/* --- Statistics --------------------------------------------------------------------------- */

/* LMDB keeps free pages in its tree 0: each value is a count and so many page numbers. */
static JET_ERR count_free_pages(MDB_txn *txn, uint64_t oldest, StoreStatistics *statistics)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    size_t freed_by, pages;
    int rc = mdb_cursor_open(txn, 0, &cursor);

    if (rc)
        return store_error(rc);
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        memcpy(&freed_by, key.mv_data, sizeof freed_by);
        memcpy(&pages, value.mv_data, sizeof pages);
        statistics->free_pages += pages;
        if (freed_by >= oldest)
            statistics->pinned_pages += pages;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? JET_errSuccess : store_error(rc);
}

uint64_t store_oldest_snapshot_age_ms(Store *store)
{
    return snapshot_pool_oldest_age_ms(&store->snapshots);
}

JET_ERR store_statistics(Store *store, StoreStatistics *ret)
{
    StoreStatistics statistics = {
        .snapshots = snapshot_pool_count(&store->snapshots),
        .oldest_snapshot_age_ms = snapshot_pool_oldest_age_ms(&store->snapshots),
        .commits = atomic_load(&store->commits.commits),
        .commit_groups = atomic_load(&store->commits.groups),
    };
    struct stat status;
    Snapshot *snapshot;
    MDB_envinfo info;
    MDB_stat tree;
    int fd;

    if (!store_is_usable(store))
        return JET_errInvalidInstance;
    uint64_t oldest = snapshot_pool_oldest(&store->snapshots);
    JET_ERR error = snapshot_take(&store->snapshots, store->env, &snapshot);
    if (error != JET_errSuccess)
        return error;
    error = count_free_pages(snapshot->txn, oldest, &statistics);
    mdb_env_info(store->env, &info);
    mdb_env_stat(store->env, &tree);
    snapshot_release(&store->snapshots, snapshot);
    if (error != JET_errSuccess)
        return error;
    if (mdb_env_get_fd(store->env, &fd) != 0 || fstat(fd, &status) != 0)
        return JET_errDiskIO;
    uint64_t pages = info.me_last_pgno + 1;
    statistics.file_bytes = (uint64_t)status.st_size;
    statistics.page_size = tree.ms_psize;
    statistics.used_pages = pages > statistics.free_pages ? pages - statistics.free_pages : 0;
    *ret = statistics;
    return JET_errSuccess;
}
