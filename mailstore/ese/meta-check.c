/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * meta-check.c - looks at a database file before LMDB maps it: LMDB trusts what it reads and
 * crashes on damaged pages.
 *
 * Checked: both meta pages (magic, version, page size), the newest in full (flags, depths, counts
 * and page numbers in range), the length of the file, and the pages on which the named trees are
 * recorded and begin. Deeper damage is not looked for: that costs a walk over the whole file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/free-check.h"
#include "mailstore/ese/meta-check.h"
#include "mailstore/ese/open-files.h"
#include "mailstore/ese/page-layout.h"
#include "mailstore/ese/store-error.h"

enum {
    READ_RETRIES = 5 /* another process may be writing a meta page */
};

static bool read_at(int fd, void *data, size_t size, uint64_t offset)
{
    return pread(fd, data, size, (off_t)offset) == (ssize_t)size;
}

static bool tree_is_sane(const TreeRecord *tree, uint64_t last_page)
{
    if (tree->root == PAGE_NONE)
        return tree->depth == 0 && tree->entries == 0;
    return tree->root >= 2 && tree->root <= last_page && tree->depth >= 1 &&
           tree->depth <= DEPTH_MAX && tree->branch_pages <= last_page && tree->leaf_pages >= 1 &&
           tree->leaf_pages <= last_page && tree->overflow_pages <= last_page;
}

/* Only the newest meta has to be: when writing one fails, LMDB leaves its slot with roots of the
 * commit that failed under the id of an old one. */
static bool meta_is_sane(const Meta *meta)
{
    return meta->free.flags == (TREE_INTEGERKEY | ENV_NOSUBDIR) && meta->names.flags == 0 &&
           meta->address == 0 && meta->last_page >= 1 && meta->last_page < (uint64_t)1 << 48 &&
           tree_is_sane(&meta->free, meta->last_page) &&
           tree_is_sane(&meta->names, meta->last_page);
}

/* The page a tree begins with must be there, say what it is, and point to what is there. LMDB
 * insists on two children of a branch, but not in the free tree. `page` has room for one. */
static bool root_is_sane(const PageFile *file, const TreeRecord *tree, bool is_free_tree,
                         uint8_t *page)
{
    size_t children_min = tree->depth == 1 || is_free_tree ? 1 : 2;

    return tree->root == PAGE_NONE ||
           (page_read(file, tree->root, tree->depth == 1 ? PAGE_LEAF : PAGE_BRANCH, page) &&
            page_nodes_are_sane(file, page) && page_node_count(page) >= children_min);
}

/* The few named trees fit into one leaf: each of its nodes is the record of a tree. `page` has room
 * for two. */
static bool names_are_sane(const PageFile *file, const TreeRecord *names, uint8_t *page)
{
    if (names->root == PAGE_NONE || names->depth != 1 ||
        !page_read(file, names->root, PAGE_LEAF, page) || page_node_count(page) != names->entries)
        return false;
    for (size_t i = 0; i < names->entries; i++) {
        PageNode node;
        TreeRecord tree;
        size_t offset;

        if (!page_node(page, file->page_size, i, &node, &offset) || node.low != sizeof tree ||
            node.high != 0 || node.flags != NODE_SUBTREE)
            return false;
        offset += sizeof node + node.key_size;
        if (offset + sizeof tree > file->page_size)
            return false;
        memcpy(&tree, page + offset, sizeof tree);
        if ((tree.flags & ~TREE_DUPSORT) != 0 || !tree_is_sane(&tree, file->last_page) ||
            !root_is_sane(file, &tree, false, page + file->page_size))
            return false;
    }
    return true;
}

static JET_ERR read_metas(PageFile *file, Meta metas[2])
{
    PageHeader header;

    for (size_t i = 0; i < 2; i++) {
        uint64_t start = i * file->page_size;

        if (!read_at(file->fd, &header, sizeof header, start) ||
            !read_at(file->fd, &metas[i], sizeof metas[i], start + sizeof header) ||
            header.flags != PAGE_META || metas[i].magic != META_MAGIC)
            return JET_errDatabaseCorrupted;
        if (metas[i].version != META_VERSION)
            return JET_errInvalidDatabaseVersion;
        if (i == 0)
            file->page_size = metas[0].free.pad;
        if (file->page_size < PAGE_SIZE_MIN || file->page_size > PAGE_SIZE_MAX ||
            (file->page_size & (file->page_size - 1)) != 0 || metas[i].free.pad != file->page_size)
            return JET_errDatabaseCorrupted;
    }
    return JET_errSuccess;
}

/* Not on the stack: a page may be as large as all that a thread has. */
static JET_ERR check_roots(const PageFile *file, const Meta *meta)
{
    uint8_t *pages = fault_malloc(2 * file->page_size);

    if (!pages)
        return JET_errOutOfMemory;
    bool sound =
        root_is_sane(file, &meta->free, true, pages) && names_are_sane(file, &meta->names, pages);
    free(pages);
    return sound ? JET_errSuccess : JET_errDatabaseCorrupted;
}

static JET_ERR check_file(PageFile *file)
{
    Meta metas[2];
    struct stat status;
    JET_ERR error = read_metas(file, metas);

    if (error != JET_errSuccess)
        return error;
    /* After the metas: a file only grows. */
    if (fstat(file->fd, &status) != 0)
        return store_error(errno);
    const Meta *meta = &metas[metas[1].txn > metas[0].txn];
    file->pages = (uint64_t)status.st_size / file->page_size;
    file->last_page = meta->last_page;
    if (!meta_is_sane(meta))
        return JET_errDatabaseCorrupted;
    error = check_roots(file, meta);
    if (error != JET_errSuccess)
        return error;
    return file->pages <= file->last_page ? free_check(file, &meta->free) : JET_errSuccess;
}

JET_ERR meta_summary(const char *path, MetaSummary *ret)
{
    struct stat status;
    Meta metas[2];
    PageFile file = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};

    if (file.fd < 0)
        return store_error(errno);
    JET_ERR error = fstat(file.fd, &status) == 0 ? read_metas(&file, metas) : store_error(errno);
    close(file.fd);
    if (error != JET_errSuccess)
        return error;
    *ret = (MetaSummary){
        .page_size = file.page_size,
        .file_bytes = (uint64_t)status.st_size,
        .disk_bytes = (uint64_t)status.st_blocks * 512,
        .last_page = metas[metas[1].txn > metas[0].txn].last_page,
        .used = open_file_is_used(path, &status),
    };
    return JET_errSuccess;
}

JET_ERR meta_check(const char *path)
{
    PageFile file = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    JET_ERR error = JET_errDatabaseCorrupted;
    struct stat status;

    if (file.fd < 0)
        return store_error(errno);
    if (fstat(file.fd, &status) != 0)
        error = store_error(errno);
    else if (!S_ISREG(status.st_mode))
        error = JET_errFileAccessDenied;
    else
        for (int i = 0; i < READ_RETRIES && error != JET_errSuccess; i++) {
            file.page_size = 0;
            error = check_file(&file);
        }
    close(file.fd);
    return error;
}
