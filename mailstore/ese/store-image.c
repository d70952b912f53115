/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store-image.c - a consistent image of a database that goes on being written, and holding writes.
 *
 * The image is a snapshot (LMDB never writes to a page that one can see) and the meta page that
 * belongs to it. That page is taken while LMDB's writer lock is held, since the next commit but one
 * overwrites it. Pages that are free in the snapshot may be read while they are written; nobody
 * looks at them.
 *
 * Fails with JET_errOutOfMemory, JET_errDiskIO, and as snapshot_take.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/page-layout.h"
#include "mailstore/ese/store-error.h"
#include "mailstore/ese/store-private.h"

enum {
    META_PAGES = 2,
};

struct StoreImage {
    Store *store;
    Snapshot *snapshot;
    MDB_txn *writer; /* holds commits; NULL: no more, or of a file that is open for reading only */
    int fd;
    size_t page_size;
    uint64_t size;
    uint8_t *metas; /* the first pages of the image */
};

/* The snapshot's meta page twice, as pages 0 and 1. The writer lock is held. */
static JET_ERR image_take_metas(StoreImage *image)
{
    size_t page_size = image->page_size;
    size_t slot = image->snapshot->id % META_PAGES; /* LMDB's own choice */
    PageHeader header;
    Meta meta;

    if (pread(image->fd, image->metas, page_size, (off_t)(slot * page_size)) != (ssize_t)page_size)
        return JET_errDiskIO;
    memcpy(&header, image->metas, sizeof header);
    memcpy(&meta, image->metas + sizeof header, sizeof meta);
    if (header.flags != PAGE_META || meta.magic != META_MAGIC || meta.txn != image->snapshot->id)
        return JET_errDatabaseCorrupted;
    image->size = (meta.last_page + 1) * page_size;
    memcpy(image->metas + page_size, image->metas, page_size);
    for (header.number = 0; header.number < META_PAGES; header.number++)
        memcpy(image->metas + header.number * page_size, &header, sizeof header);
    return JET_errSuccess;
}

static JET_ERR image_take(StoreImage *image)
{
    Store *store = image->store;
    MDB_stat stat;
    /* Nobody else writes to what is open for reading only. */
    int rc = store->read_only ? 0 : mdb_txn_begin(store->env, NULL, 0, &image->writer);

    if (rc == 0)
        rc = mdb_env_stat(store->env, &stat);
    if (rc == 0)
        rc = mdb_env_get_fd(store->env, &image->fd);
    JET_ERR error = store_error(rc);
    if (error == JET_errSuccess)
        error = snapshot_take(&store->snapshots, store->env, &image->snapshot);
    if (error == JET_errSuccess) {
        image->page_size = stat.ms_psize;
        image->metas = fault_malloc(META_PAGES * image->page_size);
        error = image->metas ? image_take_metas(image) : JET_errOutOfMemory;
    }
    return error;
}

void store_image_let_go(StoreImage *image)
{
    if (image->writer)
        mdb_txn_abort(image->writer);
    image->writer = NULL;
}

JET_ERR store_image_open(Store *store, StoreImage **ret)
{
    if (!store_is_usable(store))
        return JET_errInvalidInstance;
    StoreImage *image = fault_calloc(1, sizeof *image);
    if (!image)
        return JET_errOutOfMemory;
    image->store = store;
    JET_ERR error = image_take(image);
    if (error == JET_errSuccess)
        *ret = image;
    else
        store_image_close(image);
    return error;
}

uint64_t store_image_size(const StoreImage *image)
{
    return image->size;
}

size_t store_image_page_size(const StoreImage *image)
{
    return image->page_size;
}

/* Of the file: what it has not got (LMDB writes no page that is free from the start) is zeros. */
static JET_ERR image_read_file(const StoreImage *image, uint64_t offset, uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t got = pread(image->fd, data, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return JET_errDiskIO;
        if (got == 0) {
            memset(data, 0, size);
            return JET_errSuccess;
        }
        data += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return JET_errSuccess;
}

JET_ERR store_image_read(StoreImage *image, uint64_t offset, void *data, size_t size,
                         size_t *ret_actual)
{
    uint64_t metas = META_PAGES * image->page_size, left;
    uint8_t *to = data;

    if (!store_is_usable(image->store))
        return JET_errInvalidInstance;
    left = offset < image->size ? image->size - offset : 0;
    if (size > left)
        size = (size_t)left;
    *ret_actual = size;
    if (offset < metas && size > 0) {
        size_t part = metas - offset < size ? (size_t)(metas - offset) : size;
        memcpy(to, image->metas + offset, part);
        to += part;
        offset += part;
        size -= part;
    }
    return image_read_file(image, offset, to, size);
}

StoreImage *store_image_close(StoreImage *image)
{
    if (!image || !store_is_usable(image->store))
        return NULL;
    store_image_let_go(image);
    if (image->snapshot)
        snapshot_release(&image->store->snapshots, image->snapshot);
    free(image->metas);
    free(image);
    return NULL;
}

/* --- Holding writes ---------------------------------------------------------------------- */

struct StoreFreeze {
    MDB_txn *writer; /* NULL: of a file that is open for reading only */
};

JET_ERR store_freeze(Store *store, StoreFreeze **ret)
{
    if (!store_is_usable(store))
        return JET_errInvalidInstance;
    StoreFreeze *freeze = fault_calloc(1, sizeof *freeze);
    if (!freeze)
        return JET_errOutOfMemory;
    JET_ERR error = JET_errSuccess;
    if (!store->read_only) {
        error = store_error(mdb_txn_begin(store->env, NULL, 0, &freeze->writer));
        if (error == JET_errSuccess)
            error = commit_sync(store, snapshot_pool_visible(&store->snapshots));
    }
    if (error == JET_errSuccess)
        *ret = freeze;
    else
        store_thaw(freeze);
    return error;
}

StoreFreeze *store_thaw(StoreFreeze *freeze)
{
    if (freeze && freeze->writer)
        mdb_txn_abort(freeze->writer);
    free(freeze);
    return NULL;
}
