/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-file.c - opening a file for the check, and its two meta pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailstore/ese/check-node.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/store-error.h"

enum {
    METAS_RETRIES = 5, /* another process may be writing them */
};

static bool meta_is_ours(const Meta *meta, const PageHeader *header)
{
    return header->flags == PAGE_META && meta->magic == META_MAGIC && meta->version == META_VERSION;
}

static JET_ERR read_metas(Check *check, Meta metas[2])
{
    for (size_t i = 0; i < 2; i++) {
        PageHeader header;
        uint64_t start = i * check->file.page_size;
        if (!check_read(check, &header, sizeof header, start) ||
            !check_read(check, &metas[i], sizeof metas[i], start + sizeof header) ||
            !meta_is_ours(&metas[i], &header) || header.number != i) {
            check_damage(check, i, "it is no meta page");
            return JET_errDatabaseCorrupted;
        }
        uint32_t size = metas[0].free.pad;
        if (size < PAGE_SIZE_MIN || size > PAGE_SIZE_MAX || (size & (size - 1)) != 0 ||
            metas[i].free.pad != size) {
            check_damage(check, i, "meta page: a page size of %u", metas[i].free.pad);
            return JET_errDatabaseCorrupted;
        }
        check->file.page_size = size;
    }
    return JET_errSuccess;
}

/* LMDB writes them in turns, so they are of two commits in a row; in a new file, and in one that
 * came from a backup, they are of the same one. */
static bool metas_follow(const Meta metas[2])
{
    uint64_t even = metas[0].txn, odd = metas[1].txn;
    if (even == odd)
        return memcmp(&metas[0], &metas[1], sizeof *metas) == 0;
    return (even + 1 == odd || odd + 1 == even) && even % 2 == 0;
}

static JET_ERR open_metas(Check *check)
{
    struct stat status;
    Meta metas[2];
    bool follow = false;
    for (int i = 0; i < METAS_RETRIES && !follow; i++) {
        JET_ERR err = read_metas(check, metas);
        if (err < 0)
            return err;
        follow = metas_follow(metas);
    }
    if (!follow) {
        check_damage(check, PAGE_NONE, "the meta pages are not of two commits in a row");
        return JET_errDatabaseCorrupted;
    }
    bool newest = metas[1].txn > metas[0].txn;
    check->meta = metas[newest];
    check->older = metas[!newest];
    if (fstat(check->file.fd, &status) != 0) /* after the metas: a file only grows */
        return store_error(errno);
    const Meta *meta = &check->meta;
    check->file.pages = (uint64_t)status.st_size / check->file.page_size;
    check->file.last_page = meta->last_page;
    /* What the file lacks at its end must be free, and it has no room to list more than this. */
    uint64_t most = check->file.pages * (check->file.page_size / sizeof(uint64_t));
    if (meta->address != 0 || meta->last_page < 1 || meta->last_page >= most ||
        meta->free.flags != (TREE_INTEGERKEY | ENV_NOSUBDIR) || meta->names.flags != 0 ||
        meta->names.pad != 0) {
        check_damage(check, PAGE_NONE, "the newest meta page makes no sense");
        return JET_errDatabaseCorrupted;
    }
    check->state = fault_calloc(check->file.last_page + 1, 1);
    return check->state ? JET_errSuccess : JET_errOutOfMemory;
}

JET_ERR check_open(Check *check, const char *path, CheckTell *tell, void *context)
{
    struct stat status;
    *check = (Check){.tell = tell, .tell_context = context};
    check->file.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (check->file.fd < 0 || fstat(check->file.fd, &status) != 0)
        return store_error(errno);
    if (!S_ISREG(status.st_mode))
        return JET_errFileAccessDenied;
    return open_metas(check);
}

void check_close(Check *check)
{
    if (check->file.fd >= 0)
        close(check->file.fd);
    free(check->state);
    check->state = NULL;
    check->file.fd = -1;
}

bool check_was_overtaken(Check *check)
{
    CheckTell *tell = check->tell;
    uint64_t damages = check->damages, limit = check->meta.txn + 1;
    Meta now[2];
    check->damages = CHECK_DAMAGES_MAX; /* nothing is told */
    bool overtaken = read_metas(check, now) < 0 || now[0].txn > limit || now[1].txn > limit;
    check->damages = damages;
    check->tell = tell;
    return overtaken;
}

/* A commit leaves its own number with the pages that it freed. What is not sound is not looked at:
 * the older meta page, and what it leads to, may be anything. */
void check_older_meta(Check *check)
{
    const TreeRecord *record = &check->older.free;
    uint64_t number = record->root, txn = 0;
    uint8_t *page = fault_malloc(check->file.page_size);
    if (!page) {
        check->failure = JET_errOutOfMemory;
        return;
    }
    for (unsigned depth = record->depth; depth > 0 && depth <= DEPTH_MAX; depth--) {
        if (!check_page_load(check, "of free pages", number, depth > 1, false, page) ||
            page_node_count(page) == 0)
            break;
        Node last = check_node_at(page, page_node_count(page) - 1);
        number = last.child;
        if (depth == 1 && last.key.size == sizeof txn)
            memcpy(&txn, last.key.data, sizeof txn);
    }
    check->unfinished = txn == check->meta.txn + 1;
    free(page);
}
