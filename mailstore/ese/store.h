/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store.h - the transactional layer under the JET API: ordered trees over LMDB, many sessions.
 *
 * What the layers above see: one Store a database file, one Txn a session and database. A Txn has
 * a snapshot fixed at its level 0->1, a write set with savepoints (levels 1..7), and locks on
 * (tree, key). Commits queue up and one leader applies many write sets in one LMDB transaction
 * (group commit). Nothing here knows of tables, columns or records.
 *
 * All functions return JET_ERR. Locks never wait: a conflict is an error at once, and the
 * transaction stays usable. A Txn belongs to one thread at a time; a Store to all.
 */
#ifndef MAILSTORE_ESE_STORE_H
#define MAILSTORE_ESE_STORE_H

#include <stdbool.h>
#include <string.h>

#include "mailstore/ese/esent.h"

typedef struct Store Store;
typedef struct Txn Txn;
typedef struct TreeCursor TreeCursor;

/* The four trees of a file. Keys begin with a 4-byte big-endian object id chosen above. */
typedef enum {
    TREE_CATALOG,
    TREE_ROWS,
    TREE_INDEX, /* entries are (key, bookmark) pairs, ordered by both; the others are key -> value
                 */
    TREE_LONG_VALUES,
    TREE_COUNT
} Tree;

typedef struct {
    const void *data;
    size_t size;
} Bytes;

/* The order of the trees: as memcmp, a prefix before what it begins. */
static inline int bytes_compare(Bytes a, Bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

enum {
    STORE_KEY_MAX = 505, /* LMDB takes 511 a key; object id and rounding leave this */
    STORE_LEVEL_MAX = 7, /* ESE: levelUserMost */
    /* Of the file; any other is refused: JET_errInvalidDatabaseVersion. 2: values have checksums.
     */
    STORE_FORMAT_VERSION = 2,
};

/* What the tree of the file's own records has under "format", before the checksum. */
#define STORE_FORMAT_KEY "format"
#define STORE_FORMAT_MAGIC "STOREHK"
typedef struct {
    char magic[8];
    uint32_t version; /* big-endian */
} StoreFormat;

typedef struct {
    const char *path; /* the database file */
    bool create;      /* make it; JET_errDatabaseDuplicate when it exists and !overwrite */
    bool overwrite;
    bool read_only;
    bool check_pages;     /* all of them, before LMDB maps the file: costs reading it once */
    size_t map_size;      /* 0: the default of 2^40, halved until it fits */
    size_t txn_bytes_max; /* what one transaction may hold: JET_errVersionStoreOutOfMemory */
    unsigned readers_max; /* LMDB reader slots */
} StoreOptions;

typedef struct {
    uint64_t file_bytes, used_pages, free_pages, page_size;
    uint64_t pinned_pages; /* of the free ones: not to be used before the oldest snapshot ends */
    uint64_t snapshots, oldest_snapshot_age_ms, commits, commit_groups;
} StoreStatistics;

JET_ERR store_open(const StoreOptions *options, Store **ret);
/* No Txn may be left. Syncs what lazy commits left. Accepts NULL; returns NULL. */
Store *store_close(Store *store);
JET_ERR store_statistics(Store *store, StoreStatistics *ret);
uint64_t store_oldest_snapshot_age_ms(Store *store); /* 0: none is in use */
/* Whether another process has the file open, or may have. */
bool store_is_shared(Store *store);

/* The database as it was when the image was made, read like a file while sessions go on writing.
 * It keeps a snapshot: free pages are not used again before it is closed. Any thread, one at a
 * time. Commits wait from its making until the same thread says store_image_let_go, so that images
 * of several stores can be of one instant. */
typedef struct StoreImage StoreImage;
JET_ERR store_image_open(Store *store, StoreImage **ret);
void store_image_let_go(StoreImage *image);
uint64_t store_image_size(const StoreImage *image);
size_t store_image_page_size(const StoreImage *image);
/* Fewer bytes than asked for only at the end. */
JET_ERR store_image_read(StoreImage *image, uint64_t offset, void *data, size_t size,
                         size_t *ret_actual);
StoreImage *store_image_close(StoreImage *image); /* accepts NULL; returns NULL */

/* Holds all commits to the file, of other processes too, with everything committed on the disk: a
 * copy made now is whole. The thread that froze must thaw. */
typedef struct StoreFreeze StoreFreeze;
JET_ERR store_freeze(Store *store, StoreFreeze **ret);
StoreFreeze *store_thaw(StoreFreeze *freeze); /* accepts NULL; returns NULL */

/* Called now and then with units done of all; an error ends the work with it. */
typedef JET_ERR (*StoreProgress)(void *context, uint32_t done, uint32_t total);
/* Writes what is in the database `from`, which nobody has open, densely into the new file `to`. A
 * failure leaves no file. JET_errDatabaseDuplicate when `to` exists. */
JET_ERR store_compact(const char *from, const char *to, StoreProgress progress, void *context);

/* Makes the file so many pages large, reserving them, if it is smaller and may grow; if it is
 * larger and may shrink, gives free pages back and cuts it as far as can be. *ret_pages: then.
 * JET_errOutOfDatabaseSpace, JET_errDatabaseFileReadOnly. */
JET_ERR store_resize(Store *store, uint64_t target, bool grow, bool shrink, uint64_t *ret_pages);

/* Makes durable what is committed; the id of the last commit that is. */
JET_ERR store_sync(Store *store);
uint64_t store_durable(Store *store);

/* Durable numbers outside any transaction: reserves `count` values of the named sequence in blocks
 * and returns the first; never handed out twice, also after a crash. (autoincrement, long value
 * ids) */
JET_ERR store_reserve(Store *store, uint32_t object_id, uint32_t sequence, uint32_t count,
                      uint64_t *ret_first);

JET_ERR txn_new(Store *store, Txn **ret);
/* One without a store: it begins empty, nobody else sees it, and what level 1 commits stays with
 * it until it is freed. `directory`, which the caller keeps, is where large contents spill to. */
JET_ERR txn_new_private(const char *directory, Txn **ret);
Txn *txn_free(Txn *txn); /* rolls back all levels */

JET_ERR txn_begin(Txn *txn, bool read_only); /* JET_errTransTooDeep above level 7 */
/* Level > 1: merges into the level below. Level 1: group commit; durable unless lazy. On an error
 * the transaction is still open at level 1 and the caller rolls back. */
JET_ERR txn_commit(Txn *txn, bool lazy);
JET_ERR txn_rollback(Txn *txn);
/* Within a level: what is written and locked from txn_save on is kept, or taken back as if it had
 * not been. The level stays the same meanwhile, and nothing is added by txn_escrow. */
void txn_save(Txn *txn);
void txn_keep(Txn *txn);
void txn_undo(Txn *txn);
unsigned txn_level(const Txn *txn);
uint64_t txn_last_commit(const Txn *txn); /* the id of its last commit that wrote; 0: none */
size_t txn_bytes(const Txn *txn);         /* that it holds: of txn_bytes_max */
/* Takes the snapshot from a transaction that has had it for longer: all but txn_rollback then gives
 * JET_errTransactionTooLong. True when it did. The caller has the transaction to itself. */
bool txn_expire(Txn *txn, uint64_t age_max_ms);
/* JET_bitWaitLastLevel0Commit, JET_bitWaitAllLevel0Commit */
JET_ERR txn_wait_durable(Txn *txn, bool all_sessions);

/* Locks on (tree, key), held until level 0. Write: JET_errWriteConflict if another session holds it
 * or a newer version was committed after this snapshot. Read and escrow locks are shared among
 * their own kind. Use: a read lock that leaves a trace: what was committed under it conflicts with
 * the write lock of an older snapshot. Insert: JET_errKeyDuplicate instead. */
typedef enum {
    KEY_LOCK_READ,
    KEY_LOCK_USE,
    KEY_LOCK_WRITE,
    KEY_LOCK_ESCROW,
    KEY_LOCK_INSERT
} LockKind;

JET_ERR txn_lock(Txn *txn, Tree tree, Bytes key, LockKind kind);

/* Whether KEY_LOCK_WRITE could be had now: JET_errWriteConflict. At level > 0. */
JET_ERR txn_probe(Txn *txn, Tree tree, Bytes key);

/* Reads see snapshot and own writes. Returned bytes are valid until the transaction's next write,
 * commit, rollback or level change; of an empty value `data` may be NULL. Absent:
 * JET_errRecordNotFound. At level 0: the newest committed value, valid until the next call. */
JET_ERR txn_get(Txn *txn, Tree tree, Bytes key, Bytes *ret_value);
/* Holds a value, as it was returned, against its checksum: JET_errReadVerifyFailure. txn_get has
 * done it, but not for TREE_LONG_VALUES, and cursors, which may step over much, have not. Those of
 * TREE_INDEX have none. */
JET_ERR txn_verify(const Txn *txn, Bytes key, Bytes value);

/* Writes take KEY_LOCK_WRITE (insert: KEY_LOCK_INSERT) themselves unless already held. Bytes are
 * copied. */
JET_ERR txn_insert(Txn *txn, Tree tree, Bytes key,
                   Bytes value); /* JET_errKeyDuplicate when there */
JET_ERR txn_put(Txn *txn, Tree tree, Bytes key, Bytes value);
JET_ERR txn_delete(Txn *txn, Tree tree, Bytes key);
/* Writes without locks for keys that only a lock holder reaches (chunks of a long value, index
 * entries of a non-unique index under the row's lock). */
JET_ERR txn_put_unlocked(Txn *txn, Tree tree, Bytes key, Bytes value);
JET_ERR txn_delete_unlocked(Txn *txn, Tree tree, Bytes key);

/* TREE_INDEX. A unique insert locks (index, key) and gives JET_errKeyDuplicate when any bookmark
 * is there, also one not yet committed by another session or newer than the snapshot. */
JET_ERR txn_index_insert(Txn *txn, Bytes key, Bytes bookmark, bool unique);
JET_ERR txn_index_delete(Txn *txn, Bytes key, Bytes bookmark, bool unique);

/* Escrow: adds delta to the signed little-endian integer of `size` (4 or 8) bytes at `offset` of
 * the row's value, at commit, to whatever value is then current. *ret_old: the value with all
 * deltas so far, also uncommitted ones of other sessions. Rolled back with its level. */
JET_ERR txn_escrow(Txn *txn, Tree tree, Bytes key, size_t offset, size_t size, int64_t delta,
                   int64_t *ret_old);

/* A cursor over snapshot and write set merged. Stays valid over writes of its own Txn and over
 * begin/commit/rollback (it keeps its position as a key and finds it again). Outside a transaction
 * every call reads the newest committed state. `dup` is the bookmark in TREE_INDEX, else empty. */
JET_ERR tree_cursor_new(Txn *txn, Tree tree, TreeCursor **ret);
TreeCursor *tree_cursor_free(TreeCursor *cursor);

/* A cursor that is the transaction's, for a seek and steps in a row: who asks next moves it. */
JET_ERR txn_cursor(Txn *txn, Tree tree, TreeCursor **ret);

typedef enum {
    SEEK_GE, /* first entry >= (key, dup) */
    SEEK_GT,
    SEEK_LE,
    SEEK_LT
} SeekKind;

/* JET_errRecordNotFound when there is none in the whole tree; the caller checks object id and
 * range. */
JET_ERR tree_cursor_seek(TreeCursor *cursor, SeekKind kind, Bytes key, Bytes dup, Bytes *ret_key,
                         Bytes *ret_value);
/* From the position of the last successful seek/next/previous. */
JET_ERR tree_cursor_next(TreeCursor *cursor, Bytes *ret_key, Bytes *ret_value);
JET_ERR tree_cursor_previous(TreeCursor *cursor, Bytes *ret_key, Bytes *ret_value);

#endif /* MAILSTORE_ESE_STORE_H */
