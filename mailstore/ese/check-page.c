/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-page.c - the pages of an LMDB file: metas, trees, overflow pages, lists of duplicates, free
 * pages.
 *
 * Each page must be what its parent says, hold nodes that lie whole and apart in it, and keys in
 * order between those of its neighbours above; each tree must have as many pages and entries as its
 * record says; each page of the file must belong to one tree or be free, and not both.
 *
 * Costs a byte a page and a page a level. Of a file that is being written the walk sees pages of
 * several commits; check_was_overtaken tells.
 */
#include "mailstore/ese/check-page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/store-error.h"

enum {
    STATE_USED = 1,
    STATE_FREE = 2,
    PAGE_SUB = 0x40,   /* a page inside a node: the bookmarks of one key */
    PAGE_DIRTY = 0x10, /* LMDB leaves it on those, and on no other in the file */
    KEY_SIZE_MAX = 511,
    TELL_MAX = 256,
};

typedef enum {
    KIND_FREE,  /* numbers of transactions to lists of pages */
    KIND_NAMES, /* names to records of trees */
    KIND_PLAIN,
    KIND_PAIRS, /* several bookmarks a key */
    KIND_DUPS,  /* the bookmarks of one key, as keys */
} TreeKind;

typedef struct {
    Check *check;
    const char *name;
    TreeKind kind;
    bool marks; /* false: again, what was found sound */
    uint64_t branch_pages, leaf_pages, overflow_pages, entries;
    uint64_t visits_left;
    CheckVisit *visit;
    void *context;
    Bytes outer_key; /* of KIND_DUPS */
} Walk;

typedef struct {
    Bytes key, data;
    unsigned flags;
    uint64_t child;
    uint64_t overflow; /* page, when the data lie there */
    size_t size;       /* of the data, wherever they lie */
} Node;

static const char *const tree_names[] = {"catalog", "rows", "index", "long", "meta"};

/* --- Telling ------------------------------------------------------------------- */

bool check_goes_on(const Check *check)
{
    return check->failure == JET_errSuccess && check->damages < CHECK_DAMAGES_MAX;
}

void check_damage(Check *check, uint64_t page, const char *format, ...)
{
    char text[TELL_MAX];
    va_list arguments;
    if (!check_goes_on(check))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    check->damages++;
    check->tell(check->tell_context, page, text);
}

/* --- Reading ------------------------------------------------------------------- */

static bool read_bytes(Check *check, void *data, size_t size, uint64_t offset)
{
    uint8_t *to = data;
    while (size > 0) {
        ssize_t n = pread(check->file.fd, to, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

static int compare_keys(TreeKind kind, Bytes a, Bytes b)
{
    if (kind == KIND_FREE) {
        uint64_t left, right;
        memcpy(&left, a.data, sizeof left);
        memcpy(&right, b.data, sizeof right);
        return (left > right) - (left < right);
    }
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Node `i` of a page that page_is_sound. */
static Node node_at(const uint8_t *page, size_t i)
{
    PageHeader header;
    PageNode raw;
    uint16_t offset;
    memcpy(&header, page, sizeof header);
    memcpy(&offset, page + sizeof header + i * sizeof offset, sizeof offset);
    memcpy(&raw, page + offset, sizeof raw);
    const uint8_t *key = page + offset + sizeof raw;
    Node node = {.key = {key, raw.key_size}};
    if (header.flags & PAGE_BRANCH) {
        node.child = page_node_child(&raw);
        return node;
    }
    node.flags = raw.flags;
    node.size = raw.low | (size_t)raw.high << 16;
    if (raw.flags & NODE_BIGDATA)
        memcpy(&node.overflow, key + raw.key_size, sizeof node.overflow);
    else
        node.data = (Bytes){key + raw.key_size, node.size};
    return node;
}

/* Space a node takes; 0: it does not lie in the page. */
static size_t node_extent(const uint8_t *page, size_t page_size, uint16_t offset, bool branch)
{
    PageNode raw;
    if ((offset & 1) != 0 || offset + sizeof raw > page_size)
        return 0;
    memcpy(&raw, page + offset, sizeof raw);
    size_t size = sizeof raw + raw.key_size;
    if (!branch)
        size += raw.flags & NODE_BIGDATA ? sizeof(uint64_t) : raw.low | (size_t)raw.high << 16;
    size = (size + 1) & ~(size_t)1;
    return size <= page_size - offset ? size : 0;
}

/* What a page says of itself: NULL, or what is wrong. `size` is a sub-page's own. */
static const char *page_fault(const uint8_t *page, size_t size, bool branch)
{
    uint8_t taken[PAGE_SIZE_MAX / 16] = {0}; /* a bit for two bytes */
    PageHeader header;
    size_t sum = 0;
    memcpy(&header, page, sizeof header);
    if (header.lower < sizeof header || (header.lower & 1) != 0 || header.lower > header.upper ||
        header.upper > size)
        return "its bounds are not within it";
    for (size_t i = 0; i < page_node_count(page); i++) {
        uint16_t offset;
        memcpy(&offset, page + sizeof header + i * sizeof offset, sizeof offset);
        size_t extent = offset < header.upper ? 0 : node_extent(page, size, offset, branch);
        if (extent == 0)
            return "an entry does not lie within it";
        for (size_t at = offset / 2; at < (offset + extent) / 2; at++) {
            if (taken[at / 8] & 1 << at % 8)
                return "entries lie over each other";
            taken[at / 8] |= (uint8_t)(1 << at % 8);
        }
        sum += extent;
    }
    return sum == size - header.upper ? NULL : "it has bytes that belong to no entry";
}

/* Reads the page and looks at it for itself; what is wrong is told when `tells`. */
static bool page_load(Check *check, const char *tree, uint64_t number, bool branch, bool tells,
                      uint8_t *page)
{
    const char *fault = NULL;
    PageHeader header;
    if (number < 2 || number > check->file.last_page || number >= check->file.pages)
        fault = "it lies outside of the file";
    else if (!read_bytes(check, page, check->file.page_size, number * check->file.page_size))
        fault = "it cannot be read";
    if (!fault) {
        memcpy(&header, page, sizeof header);
        if (header.number != number)
            fault = "it has another number";
        else if (header.flags != (branch ? PAGE_BRANCH : PAGE_LEAF))
            fault = branch ? "it is no branch" : "it is no leaf";
        else
            fault = page_fault(page, check->file.page_size, branch);
    }
    if (fault && tells)
        check_damage(check, number, "page of tree %s: %s", tree, fault);
    return fault == NULL;
}

/* --- Marking ------------------------------------------------------------------- */

static bool page_mark(Check *check, uint64_t number, uint8_t state, const char *what)
{
    if (number < 2 || number > check->file.last_page) {
        check_damage(check, number, "%s: no such page", what);
        return false;
    }
    if (check->state[number] != 0) {
        check_damage(check, number, "%s: the page is %s already", what,
                     check->state[number] == STATE_FREE ? "free" : "in use");
        return false;
    }
    check->state[number] = state;
    *(state == STATE_FREE ? &check->free : &check->used) += 1;
    return true;
}

/* --- Values -------------------------------------------------------------------- */

static size_t overflow_pages(const Check *check, size_t size)
{
    return (sizeof(PageHeader) + size + check->file.page_size - 1) / check->file.page_size;
}

static bool overflow_mark(Walk *walk, const Node *node)
{
    Check *check = walk->check;
    PageHeader header;
    uint32_t count;
    size_t pages = overflow_pages(check, node->size);
    if (node->overflow < 2 || node->overflow >= check->file.pages ||
        pages > check->file.pages - node->overflow ||
        !read_bytes(check, &header, sizeof header, node->overflow * check->file.page_size)) {
        check_damage(check, node->overflow, "value of tree %s: it lies outside of the file",
                     walk->name);
        return false;
    }
    memcpy(&count, &header.lower, sizeof count);
    if (header.number != node->overflow || header.flags != PAGE_OVERFLOW || count != pages) {
        check_damage(check, node->overflow, "value of tree %s: its first page is no such page",
                     walk->name);
        return false;
    }
    for (size_t i = 0; i < pages; i++)
        if (!page_mark(check, node->overflow + i, STATE_USED, "value of a tree"))
            return false;
    walk->overflow_pages += pages;
    return true;
}

static bool overflow_visit(Walk *walk, const Node *node)
{
    Check *check = walk->check;
    uint8_t *data = fault_malloc(node->size ? node->size : 1);
    bool goes_on = false;
    if (!data)
        check->failure = JET_errOutOfMemory;
    else if (!read_bytes(check, data, node->size,
                         node->overflow * check->file.page_size + sizeof(PageHeader)))
        check_damage(check, node->overflow, "value of tree %s: it cannot be read", walk->name);
    else
        goes_on = walk->visit(walk->context, node->key, (Bytes){data, node->size});
    free(data);
    return goes_on;
}

/* --- Trees --------------------------------------------------------------------- */

static bool walk_tree(Walk *walk, const TreeRecord *record, uint64_t page);

/* Bookmarks that share a page inside a node. */
static bool walk_sub_page(Walk *walk, uint64_t number, const Node *outer)
{
    const uint8_t *page = outer->data.data;
    PageHeader header;
    const char *fault = "it is no list of bookmarks";
    if (outer->size >= sizeof header && outer->size <= walk->check->file.page_size) {
        memcpy(&header, page, sizeof header);
        if ((header.flags & ~PAGE_DIRTY) == (PAGE_LEAF | PAGE_SUB))
            fault = page_fault(page, outer->size, false);
    }
    size_t count = fault ? 0 : page_node_count(page);
    if (!fault && count == 0)
        fault = "a list of bookmarks is empty";
    Node previous = {0};
    for (size_t i = 0; i < count && !fault; i++) {
        Node node = node_at(page, i);
        if (node.flags != 0 || node.size != 0 || node.key.size == 0 || node.key.size > KEY_SIZE_MAX)
            fault = "a bookmark is none";
        else if (i > 0 && compare_keys(KIND_DUPS, previous.key, node.key) >= 0)
            fault = "bookmarks are not in order";
        else if (walk->visit && !walk->visit(walk->context, outer->key, node.key))
            return false;
        previous = node;
        walk->entries++;
    }
    if (fault)
        check_damage(walk->check, number, "page of tree %s: %s", walk->name, fault);
    return !fault;
}

/* Bookmarks of one key that are so many that they have a tree. */
static bool walk_sub_tree(Walk *walk, uint64_t number, const Node *outer)
{
    TreeRecord record;
    if (outer->size != sizeof record) {
        check_damage(walk->check, number, "page of tree %s: a record of bookmarks is none",
                     walk->name);
        return false;
    }
    memcpy(&record, outer->data.data, sizeof record);
    Walk inner = {.check = walk->check,
                  .name = walk->name,
                  .kind = KIND_DUPS,
                  .marks = walk->marks,
                  .visits_left = walk->marks ? UINT64_MAX : record.leaf_pages + record.branch_pages,
                  .visit = walk->visit,
                  .context = walk->context,
                  .outer_key = outer->key};
    bool goes_on = walk_tree(&inner, &record, number);
    walk->entries += inner.entries;
    return goes_on;
}

static bool take_tree_record(Walk *walk, uint64_t number, const Node *node)
{
    for (unsigned i = 0; i < 5; i++) {
        size_t length = strlen(tree_names[i]);
        TreeRecord *record = &walk->check->trees[i];
        if (node->key.size != length || memcmp(node->key.data, tree_names[i], length) != 0)
            continue;
        if (node->flags != NODE_SUBTREE || node->size != sizeof *record)
            break;
        memcpy(record, node->data.data, sizeof *record);
        if (record->flags == (i == TREE_INDEX ? TREE_DUPSORT : 0))
            return true;
        break;
    }
    check_damage(walk->check, number, "the list of trees has an entry that is none of ours");
    return false;
}

static bool leaf_entry(Walk *walk, uint64_t number, const Node *node)
{
    if (walk->kind == KIND_NAMES) {
        walk->entries++;
        return take_tree_record(walk, number, node);
    }
    if (walk->kind == KIND_PAIRS && node->flags == (NODE_DUPDATA | NODE_SUBTREE))
        return walk_sub_tree(walk, number, node);
    if (walk->kind == KIND_PAIRS && node->flags == NODE_DUPDATA)
        return walk_sub_page(walk, number, node);
    walk->entries++;
    bool outside = node->flags == NODE_BIGDATA;
    bool bookmark_wrong =
        walk->kind == KIND_PAIRS && (outside || node->size == 0 || node->size > KEY_SIZE_MAX);
    if ((node->flags != 0 && !outside) || bookmark_wrong ||
        (walk->kind == KIND_DUPS && node->size != 0)) {
        check_damage(walk->check, number, "page of tree %s: an entry is of no known kind",
                     walk->name);
        return false;
    }
    if (outside && walk->marks && !overflow_mark(walk, node))
        return false;
    if (!walk->visit)
        return true;
    if (outside)
        return overflow_visit(walk, node);
    return walk->kind == KIND_DUPS ? walk->visit(walk->context, walk->outer_key, node->key)
                                   : walk->visit(walk->context, node->key, node->data);
}

static bool key_is_sound(const Walk *walk, const Node *node, Bytes low, Bytes high,
                         const Node *previous)
{
    if (walk->kind == KIND_FREE ? node->key.size != sizeof(uint64_t)
                                : node->key.size == 0 || node->key.size > KEY_SIZE_MAX)
        return false;
    return (!low.data || compare_keys(walk->kind, node->key, low) >= 0) &&
           (!high.data || compare_keys(walk->kind, node->key, high) < 0) &&
           (!previous || compare_keys(walk->kind, previous->key, node->key) < 0);
}

static bool walk_page(Walk *walk, uint64_t number, unsigned depth, Bytes low, Bytes high);

static bool walk_branch(Walk *walk, uint64_t number, const uint8_t *page, unsigned depth, Bytes low,
                        Bytes high)
{
    size_t count = page_node_count(page);
    bool sound = true;
    /* LMDB insists on two children, but not in the free tree. */
    if (count < (walk->kind == KIND_FREE ? 1 : 2)) {
        check_damage(walk->check, number, "page of tree %s: a branch with too few children",
                     walk->name);
        return false;
    }
    for (size_t i = 0; i < count && check_goes_on(walk->check); i++) {
        /* The first key of a branch means nothing. */
        Node node = node_at(page, i), previous = i > 1 ? node_at(page, i - 1) : (Node){0};
        if (i > 0 && !key_is_sound(walk, &node, low, high, i > 1 ? &previous : NULL)) {
            check_damage(walk->check, number, "page of tree %s: keys are not in order", walk->name);
            return false;
        }
        Bytes next = i + 1 < count ? node_at(page, i + 1).key : high;
        if (walk->kind == KIND_FREE && next.data && next.size != sizeof(uint64_t))
            next = high; /* told when its turn comes */
        sound = walk_page(walk, node.child, depth - 1, i > 0 ? node.key : low, next) && sound;
    }
    return sound;
}

static bool walk_leaf(Walk *walk, uint64_t number, const uint8_t *page, Bytes low, Bytes high)
{
    size_t count = page_node_count(page);
    bool sound = count > 0;
    Node previous = {0};
    if (!sound)
        check_damage(walk->check, number, "page of tree %s: an empty leaf", walk->name);
    for (size_t i = 0; i < count && check_goes_on(walk->check); i++) {
        Node node = node_at(page, i);
        if (!key_is_sound(walk, &node, low, high, i > 0 ? &previous : NULL)) {
            check_damage(walk->check, number, "page of tree %s: keys are not in order", walk->name);
            return false;
        }
        if (!leaf_entry(walk, number, &node)) {
            if (walk->visit && check_goes_on(walk->check) && !walk->marks)
                return false; /* the visitor has enough */
            sound = false;
        }
        previous = node;
    }
    return sound;
}

static bool walk_page(Walk *walk, uint64_t number, unsigned depth, Bytes low, Bytes high)
{
    Check *check = walk->check;
    bool branch = depth > 1, sound = false;
    if (!check_goes_on(check) || walk->visits_left-- == 0)
        return false;
    if (walk->marks && !page_mark(check, number, STATE_USED, "page of a tree"))
        return false;
    uint8_t *page = fault_malloc(check->file.page_size);
    if (!page) {
        check->failure = JET_errOutOfMemory;
        return false;
    }
    if (page_load(check, walk->name, number, branch, true, page)) {
        *(branch ? &walk->branch_pages : &walk->leaf_pages) += 1;
        sound = branch ? walk_branch(walk, number, page, depth, low, high)
                       : walk_leaf(walk, number, page, low, high);
    }
    free(page);
    return sound;
}

/* `page` is where the record stands. */
static bool walk_tree(Walk *walk, const TreeRecord *record, uint64_t page)
{
    Check *check = walk->check;
    bool empty = record->root == PAGE_NONE;
    if (empty ? record->depth != 0 || record->entries != 0 || walk->kind == KIND_DUPS
              : record->depth == 0 || record->depth > DEPTH_MAX) {
        check_damage(check, page, "tree %s has a depth of %u", walk->name, record->depth);
        return false;
    }
    bool sound =
        empty || walk_page(walk, record->root, record->depth, (Bytes){NULL, 0}, (Bytes){NULL, 0});
    if (sound && walk->marks &&
        (walk->branch_pages != record->branch_pages || walk->leaf_pages != record->leaf_pages ||
         walk->overflow_pages != record->overflow_pages || walk->entries != record->entries)) {
        check_damage(check, page,
                     "tree %s has not the pages and entries that its record says (%llu entries, "
                     "%llu said)",
                     walk->name, (unsigned long long)walk->entries,
                     (unsigned long long)record->entries);
        return false;
    }
    return sound;
}

/* --- The file ------------------------------------------------------------------ */

static bool meta_is_ours(const Meta *meta, const PageHeader *header)
{
    return header->flags == PAGE_META && meta->magic == META_MAGIC && meta->version == META_VERSION;
}

/* Both metas; *ret: the newest. */
static JET_ERR read_newest(Check *check, Meta *ret)
{
    Meta metas[2];
    for (size_t i = 0; i < 2; i++) {
        PageHeader header;
        uint64_t start = i * check->file.page_size;
        if (!read_bytes(check, &header, sizeof header, start) ||
            !read_bytes(check, &metas[i], sizeof metas[i], start + sizeof header) ||
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
    *ret = metas[metas[1].txn > metas[0].txn];
    return JET_errSuccess;
}

static JET_ERR open_metas(Check *check)
{
    struct stat status;
    JET_ERR err = read_newest(check, &check->meta);
    if (err < 0)
        return err;
    if (fstat(check->file.fd, &status) != 0) /* after the metas: a file only grows */
        return store_error(errno);
    const Meta *meta = &check->meta;
    check->file.pages = (uint64_t)status.st_size / check->file.page_size;
    check->file.last_page = meta->last_page;
    /* What the file lacks at its end must be free, and it has no room to list more than this. */
    uint64_t most = check->file.pages * (check->file.page_size / sizeof(uint64_t));
    if (meta->address != 0 || meta->last_page < 1 || meta->last_page >= most ||
        meta->free.flags != (TREE_INTEGERKEY | ENV_NOSUBDIR) || meta->names.flags != 0) {
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
    uint64_t damages = check->damages;
    Meta now;
    check->damages = CHECK_DAMAGES_MAX; /* nothing is told */
    bool overtaken = read_newest(check, &now) < 0 || now.txn > check->meta.txn + 1;
    check->damages = damages;
    check->tell = tell;
    return overtaken;
}

/* An entry of the free tree: a count and so many pages. */
static bool take_free_list(void *context, Bytes key, Bytes value)
{
    Check *check = context;
    uint64_t count = 0, number, txn;
    memcpy(&txn, key.data, sizeof txn);
    if (value.size >= sizeof count)
        memcpy(&count, value.data, sizeof count);
    if (value.size < sizeof count || count > value.size / sizeof number - 1) {
        check_damage(check, PAGE_NONE, "free pages: a list is longer than its record");
        return false;
    }
    if (txn == 0 || txn > check->meta.txn)
        check_damage(check, PAGE_NONE, "free pages: a list of a commit that has not been");
    for (uint64_t i = 1; i <= count && check_goes_on(check); i++) {
        memcpy(&number, (const uint8_t *)value.data + i * sizeof number, sizeof number);
        page_mark(check, number, STATE_FREE, "free pages");
    }
    return true;
}

static void tell_lost(Check *check)
{
    uint64_t first = 0;
    for (uint64_t n = 2; n <= check->file.last_page + 1; n++) {
        bool lost = n <= check->file.last_page && check->state[n] == 0;
        if (lost && first == 0)
            first = n;
        if (!lost && first != 0) {
            check_damage(check, first, "%llu page(s) from here on are neither free nor in use",
                         (unsigned long long)(n - first));
            first = 0;
        }
    }
}

void check_pages(Check *check)
{
    static const TreeRecord none = {.flags = UINT16_MAX};
    for (unsigned i = 0; i < 5; i++)
        check->trees[i] = none;
    Walk names = {.check = check, .name = "of trees", .kind = KIND_NAMES, .marks = true};
    names.visits_left = UINT64_MAX;
    bool sound = walk_tree(&names, &check->meta.names, PAGE_NONE);
    for (unsigned i = 0; i < 5 && sound; i++) {
        Walk walk = {.check = check, .name = tree_names[i], .marks = true};
        walk.kind = i == TREE_INDEX ? KIND_PAIRS : KIND_PLAIN;
        walk.visits_left = UINT64_MAX;
        if (check->trees[i].flags == none.flags)
            check_damage(check, PAGE_NONE, "there is no tree %s", tree_names[i]);
        else
            walk_tree(&walk, &check->trees[i], check->meta.names.root);
    }
    Walk frees = {.check = check, .name = "of free pages", .kind = KIND_FREE, .marks = true};
    frees.visits_left = UINT64_MAX;
    frees.visit = take_free_list;
    frees.context = check;
    walk_tree(&frees, &check->meta.free, PAGE_NONE);
    if (check->damages == 0) /* else much is lost only because the way there is */
        tell_lost(check);
}

static void tell_nobody(void *context, uint64_t page, const char *what)
{
    (void)context, (void)page, (void)what;
}

JET_ERR check_pages_of(const char *path)
{
    Check check;
    JET_ERR err = check_open(&check, path, tell_nobody, NULL);
    if (err >= 0) {
        check_pages(&check);
        err = check.failure;
        if (err >= 0 && check.damages > 0 && !check_was_overtaken(&check))
            err = JET_errDatabaseCorrupted;
    }
    check_close(&check);
    return err;
}

/* --- Again, what was sound ----------------------------------------------------- */

void check_walk(Check *check, unsigned tree, CheckVisit *visit, void *context)
{
    const TreeRecord *record = &check->trees[tree];
    Walk walk = {.check = check, .name = tree_names[tree], .visit = visit, .context = context};
    walk.kind = tree == TREE_INDEX ? KIND_PAIRS : KIND_PLAIN;
    walk.visits_left = record->leaf_pages + record->branch_pages;
    walk_tree(&walk, record, check->meta.names.root);
}

/* The last node whose key is not behind `key`; -1: none. Of a branch the first key is before all.
 */
static ssize_t node_search(const uint8_t *page, Bytes key, bool branch)
{
    ssize_t low = branch ? 1 : 0, high = (ssize_t)page_node_count(page);
    while (low < high) {
        ssize_t middle = low + (high - low) / 2;
        if (compare_keys(KIND_PLAIN, node_at(page, (size_t)middle).key, key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/* The leaf entry with the key, in `page`. */
static JET_ERR tree_find(Check *check, const TreeRecord *record, Bytes key, uint8_t *page,
                         Node *ret)
{
    uint64_t number = record->root;
    if (number == PAGE_NONE)
        return JET_errRecordNotFound;
    for (unsigned depth = record->depth; depth > 0; depth--) {
        if (!page_load(check, "looked through", number, depth > 1, false, page))
            return JET_errDatabaseCorrupted;
        ssize_t at = node_search(page, key, depth > 1);
        if (at < 0)
            return JET_errRecordNotFound;
        *ret = node_at(page, (size_t)at);
        number = ret->child;
    }
    return compare_keys(KIND_PLAIN, ret->key, key) == 0 ? JET_errSuccess : JET_errRecordNotFound;
}

JET_ERR check_get(Check *check, unsigned tree, Bytes key, uint8_t **buffer, size_t *capacity,
                  Bytes *ret)
{
    uint8_t *page = fault_malloc(check->file.page_size);
    Node node;
    if (!page)
        return JET_errOutOfMemory;
    JET_ERR err = tree_find(check, &check->trees[tree], key, page, &node);
    if (err >= 0 && node.size > *capacity) {
        /* The walk has found room for it in the file. */
        uint8_t *grown = fault_realloc(*buffer, node.size);
        if (grown) {
            *buffer = grown;
            *capacity = node.size;
        } else {
            err = JET_errOutOfMemory;
        }
    }
    if (err >= 0 && (node.flags & NODE_BIGDATA)) {
        if (!read_bytes(check, *buffer, node.size,
                        node.overflow * check->file.page_size + sizeof(PageHeader)))
            err = JET_errDatabaseCorrupted;
    } else if (err >= 0 && node.size > 0) {
        memcpy(*buffer, node.data.data, node.size);
    }
    if (err >= 0)
        *ret = (Bytes){*buffer, node.size};
    free(page);
    return err;
}

static JET_ERR pair_find_in(Check *check, const Node *node, Bytes bookmark, uint8_t *page)
{
    Node found;
    TreeRecord record;
    if (node->flags == (NODE_DUPDATA | NODE_SUBTREE) && node->size == sizeof record) {
        memcpy(&record, node->data.data, sizeof record);
        return record.depth <= DEPTH_MAX ? tree_find(check, &record, bookmark, page, &found)
                                         : JET_errDatabaseCorrupted;
    }
    if (node->flags == 0)
        return compare_keys(KIND_DUPS, node->data, bookmark) == 0 ? JET_errSuccess
                                                                  : JET_errRecordNotFound;
    if (node->flags != NODE_DUPDATA || node->size < sizeof(PageHeader) ||
        page_fault(node->data.data, node->size, false))
        return JET_errDatabaseCorrupted;
    ssize_t at = node_search(node->data.data, bookmark, false);
    if (at < 0)
        return JET_errRecordNotFound;
    found = node_at(node->data.data, (size_t)at);
    return compare_keys(KIND_DUPS, found.key, bookmark) == 0 ? JET_errSuccess
                                                             : JET_errRecordNotFound;
}

JET_ERR check_find_pair(Check *check, Bytes key, Bytes bookmark)
{
    uint8_t *pages = fault_malloc(2 * check->file.page_size);
    Node node;
    if (!pages)
        return JET_errOutOfMemory;
    JET_ERR err = tree_find(check, &check->trees[TREE_INDEX], key, pages, &node);
    if (err >= 0)
        err = pair_find_in(check, &node, bookmark, pages + check->file.page_size);
    free(pages);
    return err;
}
