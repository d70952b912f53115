/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-page.c - the pages of an LMDB file: metas, trees, overflow pages, lists of duplicates, free
 * pages.
 *
 * Each page must be what its parent says, hold nodes that lie whole and apart in it, and keys in
 * order between those of its neighbours above; each tree must have as many pages and entries as its
 * record says; each page of the file must belong to one tree or be free, and not both. Each value
 * must have its checksum (seal.h), and the two metas be those of commits in a row.
 *
 * What is not told, as it means nothing: room that nothing lies in; a key of a branch that still
 * parts what lies on both sides of it; the age of a list of free pages; in the metas, the size of
 * the map, which is ours to choose, and in the older one all but what says that it is a meta.
 *
 * Costs a byte a page and a page a level. Of a file that is being written the walk sees pages of
 * several commits; check_was_overtaken tells.
 */
#include "mailstore/ese/check-page.h"

#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/check-node.h"
#include "mailstore/ese/fault.h"
#include "mailstore/ese/seal.h"

enum {
    STATE_USED = 1,
    STATE_FREE = 2,
    PAGE_SUB = 0x40,   /* a page inside a node: the bookmarks of one key */
    PAGE_DIRTY = 0x10, /* LMDB leaves it on those, and on no other in the file */
    KEY_SIZE_MAX = 511,
};

typedef struct {
    Check *check;
    const char *name;
    TreeKind kind;
    bool sealed; /* values have checksums */
    bool marks;  /* false: again, what was found sound */
    uint64_t branch_pages, leaf_pages, overflow_pages, entries;
    uint64_t visits_left;
    CheckVisit *visit;
    void *context;
    Bytes outer_key; /* of KIND_DUPS */
} Walk;

static const char *const tree_names[] = {"catalog", "rows", "index", "long", "meta"};

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
        !check_read(check, &header, sizeof header, node->overflow * check->file.page_size)) {
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

/* Holds it against its checksum, once, and shows it without. */
static bool take_value(Walk *walk, uint64_t number, Bytes key, Bytes stored)
{
    Bytes value = stored;
    if (walk->sealed && (walk->marks ? seal_verify(key, stored, &value)
                                     : seal_open(stored, &value)) != JET_errSuccess) {
        check_damage(walk->check, number, "value of tree %s: it has not its checksum", walk->name);
        return false;
    }
    return !walk->visit || walk->visit(walk->context, key, value);
}

static bool overflow_take(Walk *walk, const Node *node)
{
    Check *check = walk->check;
    uint8_t *data = fault_malloc(node->size ? node->size : 1);
    bool goes_on = false;
    if (!data)
        check->failure = JET_errOutOfMemory;
    else if (!check_read(check, data, node->size,
                         node->overflow * check->file.page_size + sizeof(PageHeader)))
        check_damage(check, node->overflow, "value of tree %s: it cannot be read", walk->name);
    else
        goes_on = take_value(walk, node->overflow, node->key, (Bytes){data, node->size});
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
        if (header.flags == (PAGE_LEAF | PAGE_SUB | PAGE_DIRTY))
            fault = check_page_fault(page, outer->size, false);
    }
    size_t count = fault ? 0 : page_node_count(page);
    if (!fault && count == 0)
        fault = "a list of bookmarks is empty";
    Node previous = {0};
    for (size_t i = 0; i < count && !fault; i++) {
        Node node = check_node_at(page, i);
        if (node.flags != 0 || node.size != 0 || node.key.size == 0 || node.key.size > KEY_SIZE_MAX)
            fault = "a bookmark is none";
        else if (i > 0 && check_compare_keys(KIND_DUPS, previous.key, node.key) >= 0)
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
    if (record.pad != 0 || record.flags != 0)
        check_damage(walk->check, number, "page of tree %s: a record of bookmarks makes no sense",
                     walk->name);
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
        if (record->pad == 0 && record->flags == (i == TREE_INDEX ? TREE_DUPSORT : 0))
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
    if (!walk->visit && !walk->sealed)
        return true;
    if (outside)
        return overflow_take(walk, node);
    return walk->kind == KIND_DUPS ? walk->visit(walk->context, walk->outer_key, node->key)
                                   : take_value(walk, number, node->key, node->data);
}

static bool key_is_sound(const Walk *walk, const Node *node, Bytes low, Bytes high,
                         const Node *previous)
{
    if (walk->kind == KIND_FREE ? node->key.size != sizeof(uint64_t)
                                : node->key.size == 0 || node->key.size > KEY_SIZE_MAX)
        return false;
    return (!low.data || check_compare_keys(walk->kind, node->key, low) >= 0) &&
           (!high.data || check_compare_keys(walk->kind, node->key, high) < 0) &&
           (!previous || check_compare_keys(walk->kind, previous->key, node->key) < 0);
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
        Node node = check_node_at(page, i),
             previous = i > 1 ? check_node_at(page, i - 1) : (Node){0};
        if (i > 0 && !key_is_sound(walk, &node, low, high, i > 1 ? &previous : NULL)) {
            check_damage(walk->check, number, "page of tree %s: keys are not in order", walk->name);
            return false;
        }
        Bytes next = i + 1 < count ? check_node_at(page, i + 1).key : high;
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
        Node node = check_node_at(page, i);
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
    if (check_page_load(check, walk->name, number, branch, true, page)) {
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
    if (sound)
        check_format(check);
    for (unsigned i = 0; i < 5 && sound; i++) {
        Walk walk = {.check = check, .name = tree_names[i], .marks = true};
        walk.kind = i == TREE_INDEX ? KIND_PAIRS : KIND_PLAIN;
        walk.sealed = i != TREE_INDEX;
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
    if (check->damages == 0 &&
        check->failure >= 0) /* else much is lost only because the way there is */
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
    walk.sealed = tree != TREE_INDEX;
    walk.visits_left = record->leaf_pages + record->branch_pages;
    walk_tree(&walk, record, check->meta.names.root);
}
