/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * write-set.c - what a transaction has written and not yet committed.
 *
 * A skip list a tree, linked backwards too. An entry has a stack of versions, one for each
 * savepoint level that touched it; the lowest lies in the entry itself. Versions of one level form
 * a list, so that merging and rolling back a level cost what the level wrote and no more.
 *
 * Fails with JET_errVersionStoreOutOfMemory over the limit of a transaction, JET_errOutOfMemory,
 * and the errors of the spill file; a failed call changes nothing.
 *
 * Limits: values from spill_min on go to the spill file once SPILL_AFTER bytes of values are in
 * memory. A set that lives long (a temporary table's) does not get back there what it writes over.
 */
#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/seal.h"
#include "mailstore/ese/write-set.h"

enum {
    SPILL_AFTER = 4 << 20,  /* an ordinary message with a megabyte attached stays in memory */
    SPILL_VALUE_MIN = 2048, /* rows and index entries stay; chunks of long values go */
};

void write_set_init(WriteSet *set, size_t bytes_max, bool sealed, const char *spill_directory)
{
    *set = (WriteSet){.bytes_max = bytes_max,
                      .sealed = sealed,
                      .spill_min = SPILL_VALUE_MIN,
                      .random = 0x9e3779b97f4a7c15u};
    spill_init(&set->spill, spill_directory);
}

/* --- Order -------------------------------------------------------------------- */

int write_key_compare(Bytes key, Bytes dup, Bytes other_key, Bytes other_dup)
{
    int order = bytes_compare(key, other_key);

    return order ? order : bytes_compare(dup, other_dup);
}

/* The object id fills the first four bytes of a key, so the prefix is taken from byte 2 on: two
 * bytes of id (the catalog hands ids out from 1 up) and six that differ. Equal prefixes decide
 * nothing; unequal ones only when the two bytes before are equal, which they are for ids below
 * 65536. Keys of larger ids get prefix 0 and are compared in full. */
static uint64_t key_prefix(Bytes key)
{
    uint64_t prefix = 0;
    const uint8_t *bytes = key.data;

    if (key.size < 10 || bytes[0] || bytes[1])
        return 0;
    memcpy(&prefix, bytes + 2, sizeof prefix);
    return be64toh(prefix);
}

static int entry_compare(const WriteEntry *entry, uint64_t prefix, Bytes key, Bytes dup)
{
    if (entry->prefix && prefix && entry->prefix != prefix)
        return entry->prefix < prefix ? -1 : 1;
    return write_key_compare(entry->key, entry->dup, key, dup);
}

/* --- The skip list -------------------------------------------------------------- */

/* The last entry of each level that is smaller; NULL: none, follow the head. */
typedef struct {
    WriteEntry *before[WRITE_MAP_HEIGHT];
} WritePath;

static WriteEntry **path_link(WriteMap *map, const WritePath *path, unsigned level)
{
    WriteEntry *before = path->before[level];

    return before ? &before->next[level] : &map->head[level];
}

/* Finds where (key, dup) is or would be; returns the entry there. What comes in order, as the
 * chunks of a long value do, goes behind the last entry without a search. */
static WriteEntry *map_search(WriteMap *map, Bytes key, Bytes dup, WritePath *path)
{
    uint64_t prefix = key_prefix(key);
    WriteEntry *before = NULL;

    if (map->last[0] && entry_compare(map->last[0], prefix, key, dup) < 0) {
        memcpy(path->before, map->last, sizeof path->before);
        return NULL;
    }
    for (unsigned level = WRITE_MAP_HEIGHT; level-- > 0;) {
        WriteEntry *next = before ? before->next[level] : map->head[level];

        while (next && entry_compare(next, prefix, key, dup) < 0) {
            before = next;
            next = before->next[level];
        }
        path->before[level] = before;
    }
    return *path_link(map, path, 0);
}

static bool entry_is(const WriteEntry *entry, Bytes key, Bytes dup)
{
    return entry && write_key_compare(entry->key, entry->dup, key, dup) == 0;
}

static unsigned random_height(WriteSet *set)
{
    unsigned height = 1;

    /* xorshift64: the heights need no more than to be spread. */
    set->random ^= set->random << 13;
    set->random ^= set->random >> 7;
    set->random ^= set->random << 17;
    for (uint64_t bits = set->random; height < WRITE_MAP_HEIGHT && (bits & 3) == 0; bits >>= 2)
        height++;
    return height;
}

static WriteEntry *entry_new(WriteSet *set, Tree tree, Bytes key, Bytes dup)
{
    unsigned height = random_height(set);
    size_t links = height * sizeof(WriteEntry *);
    WriteEntry *entry = fault_malloc(sizeof *entry + links + key.size + dup.size);

    if (!entry)
        return NULL;
    uint8_t *bytes = (uint8_t *)entry->next + links;
    *entry = (WriteEntry){.height = height,
                          .tree = tree,
                          .prefix = key_prefix(key),
                          .key = {bytes, key.size},
                          .dup = {bytes + key.size, dup.size}};
    if (key.size > 0)
        memcpy(bytes, key.data, key.size);
    if (dup.size > 0)
        memcpy(bytes + key.size, dup.data, dup.size);
    return entry;
}

static size_t entry_bytes(const WriteEntry *entry)
{
    return sizeof *entry + entry->height * sizeof(WriteEntry *) + entry->key.size + entry->dup.size;
}

static void map_link(WriteMap *map, WriteEntry *entry, const WritePath *path)
{
    entry->previous = path->before[0];
    for (unsigned level = 0; level < entry->height; level++) {
        WriteEntry **link = path_link(map, path, level);

        entry->next[level] = *link;
        *link = entry;
        if (!entry->next[level])
            map->last[level] = entry;
    }
    if (entry->next[0])
        entry->next[0]->previous = entry;
    map->count++;
    map->generation++;
}

static void map_unlink(WriteMap *map, WriteEntry *entry)
{
    WritePath path;
    WriteEntry *found = map_search(map, entry->key, entry->dup, &path);

    assert(found == entry);
    if (entry->next[0])
        entry->next[0]->previous = entry->previous;
    for (unsigned level = 0; level < entry->height; level++) {
        *path_link(map, &path, level) = entry->next[level];
        if (!entry->next[level])
            map->last[level] = path.before[level];
    }
    map->count--;
    map->generation++;
}

WriteEntry *write_set_seek(const WriteSet *set, Tree tree, Bytes key, Bytes dup, bool after)
{
    WriteMap *map = (WriteMap *)&set->maps[tree];
    WritePath path;

    if (map->count == 0)
        return NULL;
    WriteEntry *entry = map_search(map, key, dup, &path);
    return after && entry_is(entry, key, dup) ? entry->next[0] : entry;
}

WriteEntry *write_set_find(const WriteSet *set, Tree tree, Bytes key, Bytes dup)
{
    WriteEntry *entry = write_set_seek(set, tree, key, dup, false);
    return entry_is(entry, key, dup) ? entry : NULL;
}

/* --- Versions -------------------------------------------------------------------- */

static void version_clear(WriteSet *set, WriteVersion *version)
{
    set->bytes -= version->value.size + version->delta_count * sizeof *version->deltas;
    if (!version->spilled) {
        set->memory -= version->value.size;
        free((void *)version->value.data);
    }
    free(version->deltas);
    version->value = (Bytes){NULL, 0};
    version->spilled = false;
    version->deltas = NULL;
    version->delta_count = 0;
}

/* Moves what `from` holds into `to`, which loses its own. */
static void version_move(WriteSet *set, WriteVersion *to, WriteVersion *from)
{
    version_clear(set, to);
    to->op = from->op;
    to->value = from->value;
    to->spilled = from->spilled;
    to->deltas = from->deltas;
    to->delta_count = from->delta_count;
}

/* Makes the contents of a version; accounts for them. With a key, its checksum goes behind. */
static JET_ERR version_fill(WriteSet *set, WriteVersion *version, const Bytes *key, Bytes value,
                            const EscrowDelta *deltas, size_t delta_count)
{
    uint8_t seal[SEAL_SIZE];
    size_t seal_size = key ? SEAL_SIZE : 0;

    if (set->bytes + value.size > set->bytes_max)
        return JET_errVersionStoreOutOfMemory;
    if (key)
        seal_write(seal, *key, value);
    if (value.size >= set->spill_min && set->memory + value.size > SPILL_AFTER) {
        JET_ERR error =
            spill_write(&set->spill, value.data, value.size, seal, seal_size, &version->value.data);
        if (error != JET_errSuccess)
            return error;
        version->spilled = true;
    } else if (value.size + seal_size > 0) {
        uint8_t *data = fault_malloc(value.size + seal_size);
        if (!data)
            return JET_errOutOfMemory;
        if (value.size > 0)
            memcpy(data, value.data, value.size);
        if (key)
            memcpy(data + value.size, seal, sizeof seal);
        version->value.data = data;
        set->memory += value.size;
    }
    version->value.size = value.size;
    set->bytes += value.size;
    if (delta_count > 0) {
        version->deltas = fault_malloc(delta_count * sizeof *deltas);
        if (!version->deltas) {
            version_clear(set, version);
            return JET_errOutOfMemory;
        }
        memcpy(version->deltas, deltas, delta_count * sizeof *deltas);
        version->delta_count = delta_count;
        set->bytes += delta_count * sizeof *deltas;
    }
    return JET_errSuccess;
}

static void version_push(WriteSet *set, WriteEntry *entry, WriteVersion *version)
{
    version->entry = entry;
    version->level = set->level;
    version->below = entry->top;
    version->level_next = set->levels[set->level];
    set->levels[set->level] = version;
    entry->top = version;
}

/* Puts `filled` on top of an entry that exists. */
static JET_ERR entry_store(WriteSet *set, WriteEntry *entry, WriteVersion *filled)
{
    if (entry->top->level == set->level) {
        version_move(set, entry->top, filled);
        return JET_errSuccess;
    }
    WriteVersion *version = fault_malloc(sizeof *version);
    if (!version) {
        version_clear(set, filled);
        return JET_errOutOfMemory;
    }
    *version = *filled;
    set->bytes += sizeof *version;
    version_push(set, entry, version);
    return JET_errSuccess;
}

static JET_ERR write_set_store_any(WriteSet *set, Tree tree, Bytes key, Bytes dup,
                                   WriteVersion filled)
{
    WritePath path;
    WriteMap *map = &set->maps[tree];
    WriteEntry *entry = map_search(map, key, dup, &path);

    if (entry_is(entry, key, dup))
        return entry_store(set, entry, &filled);
    entry = entry_new(set, tree, key, dup);
    if (!entry || set->bytes + entry_bytes(entry) > set->bytes_max) {
        JET_ERR error = entry ? JET_errVersionStoreOutOfMemory : JET_errOutOfMemory;
        free(entry);
        version_clear(set, &filled);
        return error;
    }
    set->bytes += entry_bytes(entry);
    map_link(map, entry, &path);
    entry->base = filled;
    version_push(set, entry, &entry->base);
    return JET_errSuccess;
}

JET_ERR write_set_store(WriteSet *set, Tree tree, Bytes key, Bytes dup, WriteOp op, Bytes value)
{
    WriteVersion filled = {.op = op};
    bool sealed = set->sealed && tree != TREE_INDEX && op == WRITE_PUT;
    JET_ERR error = version_fill(set, &filled, sealed ? &key : NULL, value, NULL, 0);

    assert(op != WRITE_ESCROW);
    return error ? error : write_set_store_any(set, tree, key, dup, filled);
}

JET_ERR write_set_store_escrow(WriteSet *set, Tree tree, Bytes key, Bytes value,
                               const EscrowDelta *deltas, size_t delta_count)
{
    WriteVersion filled = {.op = WRITE_ESCROW};
    JET_ERR error =
        version_fill(set, &filled, set->sealed ? &key : NULL, value, deltas, delta_count);

    return error ? error : write_set_store_any(set, tree, key, (Bytes){NULL, 0}, filled);
}

/* --- Levels ---------------------------------------------------------------------- */

static void entry_free(WriteSet *set, WriteEntry *entry)
{
    set->bytes -= entry_bytes(entry);
    free(entry);
}

/* At level 0 an entry has one version, its own; a deletion hides nothing there. */
static void entry_settle(WriteSet *set, WriteEntry *entry)
{
    assert(entry->top == &entry->base);
    if (entry->base.op != WRITE_DELETE)
        return;
    version_clear(set, &entry->base);
    map_unlink(&set->maps[entry->tree], entry);
    entry_free(set, entry);
}

void write_set_begin_level(WriteSet *set)
{
    assert(set->level < WRITE_LEVEL_MAX);
    set->level++;
    assert(!set->levels[set->level]);
}

void write_set_merge_level(WriteSet *set)
{
    WriteVersion *version = set->levels[set->level], *next;

    assert(set->level > 0);
    set->levels[set->level--] = NULL;
    for (; version; version = next) {
        WriteEntry *entry = version->entry;

        next = version->level_next;
        assert(entry->top == version);
        if (version->below && version->below->level == set->level) {
            entry->top = version->below;
            version_move(set, entry->top, version);
            set->bytes -= sizeof *version;
            free(version);
        } else {
            version->level = set->level;
            version->level_next = set->levels[set->level];
            set->levels[set->level] = version;
        }
        if (set->level == 0)
            entry_settle(set, entry);
    }
    if (set->level == 0)
        set->levels[0] = NULL;
}

void write_set_rollback_level(WriteSet *set)
{
    WriteVersion *version = set->levels[set->level], *next;

    assert(set->level > 0);
    set->levels[set->level--] = NULL;
    for (; version; version = next) {
        WriteEntry *entry = version->entry;

        next = version->level_next;
        assert(entry->top == version);
        entry->top = version->below;
        version_clear(set, version);
        if (!entry->top) {
            map_unlink(&set->maps[entry->tree], entry);
            entry_free(set, entry);
        } else {
            set->bytes -= sizeof *version;
            free(version);
        }
    }
}

static void map_clear(WriteSet *set, WriteMap *map)
{
    WriteEntry *entry = map->head[0], *next;

    for (; entry; entry = next) {
        next = entry->next[0];
        while (entry->top != &entry->base) {
            WriteVersion *version = entry->top;

            entry->top = version->below;
            version_clear(set, version);
            set->bytes -= sizeof *version;
            free(version);
        }
        version_clear(set, &entry->base);
        entry_free(set, entry);
    }
    *map = (WriteMap){.generation = map->generation + 1};
}

void write_set_clear(WriteSet *set)
{
    for (Tree tree = 0; tree < TREE_COUNT; tree++)
        if (set->maps[tree].count > 0)
            map_clear(set, &set->maps[tree]);
    assert(set->bytes == 0 && set->memory == 0);
    memset(set->levels, 0, sizeof set->levels);
    set->level = 0;
    spill_clear(&set->spill);
}

bool write_set_is_empty(const WriteSet *set)
{
    for (Tree tree = 0; tree < TREE_COUNT; tree++)
        if (set->maps[tree].count > 0)
            return false;
    return true;
}
