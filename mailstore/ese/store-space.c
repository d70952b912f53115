/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store-space.c - the size of a database file: reserving room at its end and giving room back.
 *
 * LMDB writes new pages at the end of what it has used and never moves one, so a file can be cut
 * only to the end of its last page that was ever in use. Free pages before that are given back to
 * the file system as holes; when they are used again, the file system allocates them again. Both
 * happen while LMDB's writer lock is held; pages that some process may still read are left alone.
 *
 * Fails with JET_errDiskFull, JET_errOutOfDatabaseSpace beyond the map,
 * JET_errDatabaseFileReadOnly, JET_errDiskIO. A file system without holes keeps them, without an
 * error.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

typedef struct {
    int fd;
    uint64_t page_size, pages; /* of the file */
    uint64_t used;             /* up to the last page ever used */
    uint64_t map_pages;
} Space;

static JET_ERR space_measure(Store *store, Space *space)
{
    struct stat status;
    MDB_envinfo info;
    MDB_stat stat;
    int rc = mdb_env_get_fd(store->env, &space->fd);

    if (rc == 0)
        rc = mdb_env_info(store->env, &info);
    if (rc == 0)
        rc = mdb_env_stat(store->env, &stat);
    if (rc == 0 && fstat(space->fd, &status) != 0)
        rc = errno;
    if (rc)
        return store_error(rc);
    space->page_size = stat.ms_psize;
    space->pages = (uint64_t)status.st_size / space->page_size;
    space->used = info.me_last_pgno + 1;
    space->map_pages = info.me_mapsize / space->page_size;
    return JET_errSuccess;
}

static JET_ERR space_grow(Space *space, uint64_t target)
{
    if (target > space->map_pages)
        return JET_errOutOfDatabaseSpace;
    int rc = posix_fallocate(space->fd, (off_t)(space->pages * space->page_size),
                             (off_t)((target - space->pages) * space->page_size));
    if (rc)
        return store_error(rc);
    space->pages = target;
    return JET_errSuccess;
}

/* --- Giving back ------------------------------------------------------------------------- */

/* A line of mdb_reader_list: process, thread, transaction; those that read nothing have none. */
static int oldest_of_line(const char *line, void *context)
{
    size_t *oldest = context, thread, id;
    int pid;

    if (sscanf(line, "%d %zx %zu", &pid, &thread, &id) == 3 && id < *oldest)
        *oldest = id;
    return 0;
}

static bool punch(const Space *space, size_t first, size_t count)
{
    return fallocate(space->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                     (off_t)(first * space->page_size), (off_t)(count * space->page_size)) == 0;
}

/* A record of LMDB's free tree: a count and so many page numbers, falling. */
static bool punch_record(const Space *space, const size_t *record)
{
    size_t count = record[0];

    for (size_t at = 1; at <= count;) {
        size_t first = record[at], run = 1;
        while (at + run <= count && record[at + run] == first - 1) {
            first--;
            run++;
        }
        if (!punch(space, first, run))
            return false;
        at += run;
    }
    return true;
}

/* LMDB itself uses these pages again in the next commit. It shows its free tree to readers only. */
static JET_ERR space_punch(Store *store, const Space *space)
{
    MDB_txn *reader;
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &reader);

    if (rc)
        return store_error(rc);
    rc = mdb_cursor_open(reader, 0, &cursor);
    if (rc) {
        mdb_txn_abort(reader);
        return store_error(rc);
    }
    size_t oldest = mdb_txn_id(reader), freed_by;
    mdb_reader_list(store->env, oldest_of_line, &oldest);
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        memcpy(&freed_by, key.mv_data, sizeof freed_by);
        if (freed_by >= oldest || !punch_record(space, value.mv_data))
            break;
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(reader);
    return rc == MDB_NOTFOUND ? JET_errSuccess : store_error(rc);
}

static JET_ERR space_shrink(Store *store, Space *space, uint64_t target)
{
    uint64_t least = target > space->used ? target : space->used;
    JET_ERR error = space_punch(store, space);

    if (error == JET_errSuccess && space->pages > least) {
        if (ftruncate(space->fd, (off_t)(least * space->page_size)) != 0)
            return store_error(errno);
        space->pages = least;
    }
    return error;
}

JET_ERR store_resize(Store *store, uint64_t target, bool grow, bool shrink, uint64_t *ret_pages)
{
    MDB_txn *writer;
    Space space;

    if (!store_is_usable(store))
        return JET_errInvalidInstance;
    if (store->read_only)
        return JET_errDatabaseFileReadOnly;
    JET_ERR error = store_error(mdb_txn_begin(store->env, NULL, 0, &writer));
    if (error != JET_errSuccess)
        return error;
    error = space_measure(store, &space);
    if (error == JET_errSuccess && grow && target > space.pages)
        error = space_grow(&space, target);
    else if (error == JET_errSuccess && shrink && target < space.pages)
        error = space_shrink(store, &space, target);
    mdb_txn_abort(writer);
    if (error == JET_errSuccess)
        *ret_pages = space.pages;
    return error;
}
