/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * meta-check.c - looks at a database file before LMDB maps it: LMDB trusts what it reads and
 * crashes on damaged pages.
 *
 * Checked: both meta pages (magic, version, page size, flags, depths, counts and page numbers in
 * range), the length of the file, and the pages on which the named trees are recorded. Deeper
 * damage is not looked for: that costs a walk over the whole file.
 *
 * Layouts are those of LMDB 0.9 on 64-bit machines (MDB_DATA_VERSION 1). The machine's byte order:
 * a file of the other order has no magic.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailstore/ese/meta-check.h"
#include "mailstore/ese/store-error.h"

#define META_MAGIC 0xBEEFC0DEu
#define PAGE_NONE UINT64_MAX

enum {
    META_VERSION = 1,
    META_OFFSET = 16, /* the page header */
    PAGE_BRANCH = 0x01,
    PAGE_LEAF = 0x02,
    PAGE_META = 0x08,
    FREE_TREE_FLAGS = 0x08, /* MDB_INTEGERKEY */
    ENV_NOSUBDIR = 0x4000,
    TREE_DUPSORT = 0x04,
    NODE_SUBTREE = 0x02,
    NODE_HEADER = 8,
    DEPTH_MAX = 32,
    PAGE_SIZE_MAX = 65536,
    READ_RETRIES = 5 /* another process may be writing a meta page */
};

typedef struct {
    uint64_t number;
    uint16_t pad, flags, lower, upper;
} PageHeader;

typedef struct {
    uint32_t pad; /* in the first tree of a meta: the page size */
    uint16_t flags, depth;
    uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
} TreeRecord;

typedef struct {
    uint32_t magic, version;
    uint64_t address, map_size;
    TreeRecord trees[2]; /* free pages, and the tree of named trees */
    uint64_t last_page, txn;
} Meta;

typedef struct {
    int fd;
    size_t page_size;
    uint64_t file_size, last_page;
} CheckedFile;

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

static bool meta_is_sane(const Meta *meta, size_t page_size)
{
    return meta->trees[0].pad == page_size &&
           meta->trees[0].flags == (FREE_TREE_FLAGS | ENV_NOSUBDIR) && meta->trees[1].flags == 0 &&
           meta->address == 0 && meta->last_page >= 1 && meta->last_page < (uint64_t)1 << 52 &&
           tree_is_sane(&meta->trees[0], meta->last_page) &&
           tree_is_sane(&meta->trees[1], meta->last_page);
}

/* The page a tree begins with must be there and say what it is. */
static bool root_is_sane(const CheckedFile *file, const TreeRecord *tree)
{
    PageHeader header;

    if (tree->root == PAGE_NONE)
        return true;
    if (!read_at(file->fd, &header, sizeof header, tree->root * file->page_size))
        return false;
    return header.number == tree->root &&
           header.flags == (tree->depth == 1 ? PAGE_LEAF : PAGE_BRANCH) &&
           header.lower >= sizeof header && header.lower <= header.upper &&
           header.upper <= file->page_size && (header.lower & 1) == 0;
}

/* The few named trees fit into one leaf: each of its nodes is the record of a tree. */
static bool names_are_sane(const CheckedFile *file, const TreeRecord *names)
{
    uint8_t page[PAGE_SIZE_MAX];
    PageHeader header;

    if (names->root == PAGE_NONE || names->depth != 1 ||
        !read_at(file->fd, page, file->page_size, names->root * file->page_size))
        return false;
    memcpy(&header, page, sizeof header);
    size_t count = (header.lower - sizeof header) / sizeof(uint16_t);
    if (count != names->entries)
        return false;
    for (size_t i = 0; i < count; i++) {
        uint16_t offset, fields[4]; /* low and high half of the size, flags, size of the key */
        TreeRecord tree;

        memcpy(&offset, page + sizeof header + i * sizeof offset, sizeof offset);
        if (offset < header.upper || offset + NODE_HEADER + sizeof tree > file->page_size)
            return false;
        memcpy(fields, page + offset, sizeof fields);
        if (fields[0] != sizeof tree || fields[1] != 0 || fields[2] != NODE_SUBTREE ||
            offset + NODE_HEADER + fields[3] + sizeof tree > file->page_size)
            return false;
        memcpy(&tree, page + offset + NODE_HEADER + fields[3], sizeof tree);
        if ((tree.flags & ~TREE_DUPSORT) != 0 || !tree_is_sane(&tree, file->last_page) ||
            !root_is_sane(file, &tree))
            return false;
    }
    return true;
}

static JET_ERR check_metas(CheckedFile *file)
{
    PageHeader headers[2];
    Meta metas[2];
    struct stat status;

    for (size_t i = 0; i < 2; i++) {
        uint64_t start = i * file->page_size;

        if (!read_at(file->fd, &headers[i], sizeof headers[i], start) ||
            !read_at(file->fd, &metas[i], sizeof metas[i], start + META_OFFSET) ||
            headers[i].flags != PAGE_META || metas[i].magic != META_MAGIC)
            return JET_errDatabaseCorrupted;
        if (metas[i].version != META_VERSION)
            return JET_errInvalidDatabaseVersion;
        if (i == 0)
            file->page_size = metas[0].trees[0].pad;
        if (file->page_size < 512 || file->page_size > PAGE_SIZE_MAX ||
            (file->page_size & (file->page_size - 1)) != 0 ||
            !meta_is_sane(&metas[i], file->page_size))
            return JET_errDatabaseCorrupted;
    }
    /* After the metas: a file only grows. */
    if (fstat(file->fd, &status) != 0)
        return store_error(errno);
    const Meta *meta = &metas[metas[1].txn > metas[0].txn];
    file->file_size = (uint64_t)status.st_size;
    file->last_page = meta->last_page;
    if (file->file_size / file->page_size < meta->last_page + 1 ||
        !root_is_sane(file, &meta->trees[0]) || !root_is_sane(file, &meta->trees[1]) ||
        !names_are_sane(file, &meta->trees[1]))
        return JET_errDatabaseCorrupted;
    return JET_errSuccess;
}

JET_ERR meta_check(const char *path)
{
    CheckedFile file = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
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
            error = check_metas(&file);
        }
    close(file.fd);
    return error;
}
