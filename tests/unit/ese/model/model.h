/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model.h - a plain model of the rules of the JET API, in memory, beside the engine.
 *
 * One table; several sessions, all on one thread. The model keeps a whole copy of the table for the
 * committed state and one for each level of each session: slow, and simple enough to be believed.
 * Where the rules leave open whether a conflict is told (a lock that was taken in a level rolled
 * back since, or a write that changed nothing), the model allows both answers and follows.
 *
 * Memory is never given back: a round runs in a process of its own.
 */
#ifndef TESTS_UNIT_ESE_MODEL_MODEL_H
#define TESTS_UNIT_ESE_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "mailstore/ese/esent.h"

enum {
    SESSIONS = 3,
    CURSORS = 2, /* a session */
    LEVELS = 7,
    ROWS_MAX = 96,
    TAGS_MAX = 4,
    TAG_SIZE = 12,
    NAME_SIZE = 20,
    LONGS_MAX = 2,
    LONG_SEPARATE = 1023,
    ENTRIES_MAX = ROWS_MAX * TAGS_MAX,
    LOCKS_MAX = 2048,
    KEY_SIZE = 255,
    BOOKMARK_SIZE = 64,
    NUM_DEFAULT = 7,
    DATA_MAX = 400000, /* bytes of one value */
    COUNT_UNKNOWN = -1,
};

/* How the table is kept; a round has one of them. */
typedef enum {
    SHAPE_ID,
    SHAPE_ID_DOWN,
    SHAPE_NAME_ID,
    SHAPE_NO_PRIMARY,
    SHAPES
} Shape;

typedef enum {
    INDEX_ROWS,
    INDEX_NUM,  /* +num */
    INDEX_UNI,  /* +uni, unique, no entry for NULL */
    INDEX_TAGS, /* +tags, an entry each value; unique in some rounds, then none for NULL */
    INDEX_MIX,  /* -name +num */
    INDEXES
} IndexKind;

typedef enum {
    COL_ID,     /* Long, not NULL */
    COL_NUM,    /* Long, default */
    COL_UNI,    /* Long */
    COL_NAME,   /* Binary, variable */
    COL_TAGS,   /* Binary, tagged, multi-valued */
    COL_COUNT,  /* Long, escrow */
    COL_NUMBER, /* Long, autoincrement */
    COL_VERSION,
    COL_LONGS, /* LongBinary, tagged, multi-valued */
    COLS
} Col;

typedef struct {
    uint32_t size;
    uint8_t data[TAG_SIZE];
} Tag;

typedef struct {
    uint32_t size;
    bool separate; /* kept outside the row */
    uint8_t *data;
} Long;

typedef struct {
    size_t size;
    uint8_t data[KEY_SIZE + 2];
} ModelKey;

typedef struct {
    ModelKey bookmark;
    bool has_id, has_num, has_uni, has_name, has_version;
    int32_t id, num, uni, count, number, version;
    uint32_t name_size;
    uint8_t name[NAME_SIZE];
    uint32_t n_tags, n_longs;
    Tag tags[TAGS_MAX];
    Long longs[LONGS_MAX];
} Row;

typedef struct {
    int n;
    const Row *rows[ROWS_MAX]; /* by bookmark */
} State;

typedef struct {
    ModelKey key;
    const Row *row;
} Entry;

typedef struct {
    int n;
    Entry at[ENTRIES_MAX];
} Entries;

typedef enum {
    HOLD_NONE,
    HOLD_READ,
    HOLD_ESCROW,
    HOLD_WRITE
} Hold;

typedef enum {
    NO,
    MAYBE,
    YES
} Answer;

typedef struct {
    IndexKind index; /* INDEX_ROWS: a row */
    ModelKey key;
    uint64_t written, maybe_written, escrowed;
    struct {
        Hold sure, maybe; /* what is held, and what may be: as much or more */
        int level;
    } by[SESSIONS];
} Lock;

typedef struct {
    ModelKey bookmark;
    int32_t delta;
    int level;
} Escrow;

typedef enum {
    UPDATE_NONE,
    UPDATE_INSERT,
    UPDATE_REPLACE,
    UPDATE_MOVE /* insert a copy, delete the original */
} UpdateKind;

typedef enum {
    AT_FIRST,
    AT_ENTRY,
    AT_BETWEEN,
    AT_LAST
} Place;

typedef struct {
    bool open;
    int open_level, index_level;
    IndexKind index;
    Place place;
    ModelKey key, bookmark;
    bool ranged, range_upper, range_inclusive;
    bool at_start; /* not moved since it was put on the first row */
    ModelKey range;
    UpdateKind update;
    int update_level, long_level;
    Answer locked;
    const Row *base; /* as prepared from */
    Row row;         /* being made */
    JET_TABLEID table;
} ModelCursor;

typedef struct {
    int level;
    bool read_only;
    uint64_t snapshot;
    State base, view, saved[LEVELS + 1];
    int n_escrows;
    Escrow escrows[256];
    ModelCursor cursors[CURSORS];
    JET_SESID session;
    JET_TABLEID scan;
} ModelSession;

typedef struct {
    Shape shape;
    bool unique_tags;
    uint64_t counter; /* of commits */
    State committed;
    int n_locks;
    Lock locks[LOCKS_MAX];
    ModelSession sessions[SESSIONS];
    int32_t last_number;
    bool reopened; /* since the last autoincrement: there may be a gap */
    ModelKey last_bookmark;
    char path[128];
    JET_INSTANCE instance;
    JET_DBID database;
    JET_SESID reader;
    JET_TABLEID reader_table;
    JET_COLUMNID columns[COLS];
    char failure[512];
} World;

/* What a call may return. Codes are added until one is certain. */
typedef struct {
    int n;
    bool closed;
    JET_ERR codes[12];
} Expect;

static inline void expect_may(Expect *expect, JET_ERR code)
{
    if (!expect->closed && expect->n < 12)
        expect->codes[expect->n++] = code;
}

static inline void expect_must(Expect *expect, JET_ERR code)
{
    expect_may(expect, code);
    expect->closed = true;
}

static inline void expect_answer(Expect *expect, Answer conflict, JET_ERR code)
{
    if (conflict == YES)
        expect_must(expect, code);
    else if (conflict == MAYBE)
        expect_may(expect, code);
}

/* model-state.c: keys, entries, sessions, locks. */
void *model_new(size_t size);
int key_compare(const ModelKey *a, const ModelKey *b);
void key_add_long(ModelKey *key, bool present, int32_t value, bool down);
void key_add_binary(ModelKey *key, bool present, const void *data, size_t size, bool down);
/* One byte longer than any key: behind all that begin with it. */
void key_add_limit(ModelKey *key);
bool index_is_unique(const World *world, IndexKind index);
/* The keys of a row: at most TAGS_MAX. Returns their number, -1: one of them is there twice. */
int row_keys(const World *world, const Row *row, IndexKind index, ModelKey keys[TAGS_MAX]);
void entries_of(const World *world, const State *state, IndexKind index, Entries *ret);
const Row *state_find(const State *state, const ModelKey *bookmark);
void state_put(State *state, const Row *row);
void state_remove(State *state, const ModelKey *bookmark);
bool rows_equal(const Row *a, const Row *b);
/* What the session reads now. */
const State *session_view(const World *world, const ModelSession *session);
void session_begin(World *world, ModelSession *session, bool read_only);
void session_commit(World *world, ModelSession *session);
void session_rollback(World *world, ModelSession *session);
/* Is a lock refused? */
Answer lock_refused(const World *world, const ModelSession *session, IndexKind index,
                    const ModelKey *key, Hold hold);
void lock_note(World *world, const ModelSession *session, IndexKind index, const ModelKey *key,
               Hold hold, bool sure);
Hold lock_held(const World *world, const ModelSession *session, const ModelKey *row);
/* The integer with all deltas that are not committed. */
int32_t escrow_running(const World *world, const ModelKey *bookmark);

/* model-row.c: what setting a column does to a row being made, and what an update may say. */
typedef struct {
    Col col;
    uint32_t itag, offset, size;
    const uint8_t *data;
    JET_GRBIT grbit;
} Setting;

JET_ERR row_set(ModelCursor *cursor, const ModelSession *session, const Setting *set);
/* Locks that a call may take are noted as may-be's, whatever comes of it. */
void lock_expect(World *world, const ModelSession *session, IndexKind index, const ModelKey *key,
                 Hold hold, JET_ERR code, Expect *expect);
void update_expect(World *world, ModelSession *session, ModelCursor *cursor, Expect *expect);
void update_done(World *world, ModelSession *session, ModelCursor *cursor,
                 const ModelKey *bookmark);
void delete_expect(World *world, ModelSession *session, ModelCursor *cursor, Expect *expect);
void delete_done(World *world, ModelSession *session, ModelCursor *cursor);

/* model-cursor.c: positions. */
void cursor_park(ModelCursor *cursor, Place place);
JET_ERR cursor_move(const World *world, const ModelSession *session, ModelCursor *cursor,
                    int32_t rows, bool other_key);
JET_ERR cursor_seek(const World *world, const ModelSession *session, ModelCursor *cursor,
                    const ModelKey *key, JET_GRBIT grbit);
JET_ERR cursor_range(ModelCursor *cursor, const ModelKey *key, JET_GRBIT grbit);
JET_ERR cursor_goto(const World *world, const ModelSession *session, ModelCursor *cursor,
                    const ModelKey *bookmark);
JET_ERR cursor_index(const World *world, const ModelSession *session, ModelCursor *cursor,
                     IndexKind index, bool no_move);
/* How many entries are before the cursor's key, have it, and are in all. */
JET_ERR cursor_place(const World *world, const ModelSession *session, const ModelCursor *cursor,
                     JET_RECPOS *ret);
JET_ERR cursor_goto_place(const World *world, const ModelSession *session, ModelCursor *cursor,
                          const JET_RECPOS *place);
/* Is the entry that the cursor is on still there? */
bool cursor_entry_exists(const World *world, const ModelSession *session,
                         const ModelCursor *cursor);
/* Below 0: the error, or COUNT_UNKNOWN: not to be asked now. */
int cursor_count(const World *world, const ModelSession *session, ModelCursor *cursor);

/* model-compare.c: false, with world->failure, when the engine says otherwise. */
extern const char *const index_names[INDEXES];
extern const char *const col_names[COLS];
bool fail(World *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool expected(World *world, const char *call, const Expect *expect, JET_ERR err);
bool expected_code(World *world, const char *call, JET_ERR code, JET_ERR err);
/* All entries of all indexes, rows in full by the first. */
bool same_table(World *world, JET_SESID session, JET_TABLEID table, const State *state);
bool same_committed(World *world);
bool same_copy(World *world, ModelSession *session, ModelCursor *cursor);
/* Position and row. */
bool same_cursor(World *world, ModelSession *session, ModelCursor *cursor);

/* model-run.c: the same operation on both. */
typedef enum {
    OP_BEGIN,
    OP_COMMIT,
    OP_ROLLBACK,
    OP_PREPARE,
    OP_SET,
    OP_UPDATE,
    OP_CANCEL,
    OP_DELETE,
    OP_ESCROW,
    OP_LOCK,
    OP_MOVE,
    OP_INDEX,
    OP_SEEK,
    OP_RANGE,
    OP_RANGE_REMOVE,
    OP_GOTO,
    OP_COUNT,
    OP_PLACE,
    OP_RETURN,
    OP_CLOSE,
    OP_OPEN,
    OP_COPY,
    OP_VIEW,
    OP_REOPEN,
    OP_KILL,
    OPS
} OpKind;

typedef struct {
    uint8_t kind, session, cursor;
    int32_t a, b, c, d;
} Op;

bool world_run(World *world, const Op *op);

/* model-world.c: the database. */
void op_print(const Op *op, void *file);
bool run_open(World *world, ModelSession *session, ModelCursor *cursor);
bool run_close(World *world, ModelSession *session, ModelCursor *cursor);
bool run_reopen(World *world);
/* What would be there if the process were killed now. */
bool run_kill(World *world);
bool world_open(World *world, Shape shape, bool unique_tags, const char *directory);
bool world_close(World *world);

#endif
