/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursor.h - a position in a table, in the order of one of its indexes, and the row being made.
 */
#ifndef MAILSTORE_ESE_CURSOR_H
#define MAILSTORE_ESE_CURSOR_H

#include "mailstore/ese/key.h"
#include "mailstore/ese/record.h"
#include "mailstore/ese/session.h"
#include "mailstore/ese/temporary.h"

enum {
    TREE_KEY_MAX = STORE_KEY_MAX + 1, /* a limit key with something after it */
    BOOKMARK_MAX = KEY_MOST,
};

typedef enum {
    POSITION_BEFORE_FIRST,
    POSITION_ON_ENTRY,
    POSITION_BETWEEN, /* where `key` would be; the next entry is after it, the previous before */
    POSITION_AFTER_LAST,
} Position;

typedef enum {
    UPDATE_NONE,
    UPDATE_INSERT,
    UPDATE_REPLACE,
    UPDATE_COPY_DELETE, /* insert a copy, delete the original */
} UpdateKind;

/* Long values touched by the row being made. */
typedef struct {
    uint64_t number;
    bool fresh;    /* made by this update: nobody else knows it */
    bool noted;    /* pending-value.c */
    uint32_t size; /* of the row's own, before: bytes from there on are free to write */
} UpdateLongValue;

typedef struct {
    UpdateKind kind;
    unsigned level;    /* at which it was prepared */
    unsigned lv_level; /* the highest at which long values were written; 0: none */
    bool row_locked;
    bool at_level_0;                /* prepared outside a transaction, or left over from one */
    uint64_t checksum;              /* of the row as it was */
    uint8_t bookmark[BOOKMARK_MAX]; /* of the row as it was; for replace and copy-delete */
    size_t bookmark_size;
    RecordBuilder row;
    UpdateLongValue *long_values;
    uint32_t n_long_values;
    RecordBuilder old_row; /* scratch */
} Update;

typedef struct {
    bool active, upper, inclusive;
    size_t size;
    uint8_t key[KEY_LIMIT_MOST];
} IndexRange;

typedef struct CursorFilter CursorFilter;

struct Cursor {
    JET_TABLEID handle;
    Session *session;
    SessionDatabase *database;
    Table *table;
    TemporaryTable *temporary; /* a reference; NULL: a stored table */
    Schema *schema;
    const Index *index; /* NULL: the order of the rows themselves, by primary key or insertion */
    JET_GRBIT grbit;
    unsigned open_level, index_level;
    uint64_t locked_transaction; /* in which the definition is locked and known to be current */

    Position position;
    uint8_t key[KEY_LIMIT_MOST]; /* of the current index; the bookmark again when there is none */
    size_t key_size;
    uint8_t bookmark[BOOKMARK_MAX];
    size_t bookmark_size;
    TreeCursor *rows, *entries;
    bool in_sync;  /* the tree cursor is on this very entry */
    bool at_start; /* not moved since it was put on the first row, or before where that comes */

    Key search;
    unsigned search_segments;
    bool search_made, search_complete;
    IndexRange range;
    CursorFilter *filter; /* NULL: moving stops at every row */

    Bytes row; /* of the current entry, while row_epoch is the session's */
    uint64_t row_epoch;
    bool row_verified; /* else a step has only brought it along */
    Update update;
    JET_LS storage;          /* local storage + 1; 0: none */
    Cursor *next, *previous; /* of the session */
};

/* Enters the session and finds its cursor. JET_errInvalidTableId, JET_errSesidTableIdMismatch. */
JET_ERR cursor_enter(JET_SESID sesid, JET_TABLEID tableid, Cursor **ret);
/* As cursor_enter; JET_errIllegalOperation for what a temporary table cannot do, now or ever. */
JET_ERR cursor_enter_for(JET_SESID sesid, JET_TABLEID tableid, CursorUse use, Cursor **ret);
/* As cursor_enter, also when the instance is stopped. */
JET_ERR cursor_enter_to_close(JET_SESID sesid, JET_TABLEID tableid, Cursor **ret);
JET_ERR cursor_enter_stored(JET_SESID sesid, JET_TABLEID tableid, Cursor **ret);
/* Another cursor of a session that is entered. */
JET_ERR cursor_find_entered(Session *session, JET_TABLEID tableid, Cursor **ret);
JET_ERR cursor_leave(Cursor *cursor, JET_ERR err); /* returns `err` */

JET_ERR cursor_open(Session *session, JET_DBID dbid, const char *name, JET_GRBIT grbit,
                    JET_TABLEID *ret);
JET_ERR cursor_open_object(Session *session, SessionDatabase *database, Txn *txn,
                           uint32_t object_id, JET_GRBIT grbit, Cursor **ret);
/* Takes a reference of its own. */
JET_ERR cursor_open_temporary(TemporaryTable *table, JET_GRBIT grbit, JET_TABLEID *ret);
/* The first move or seek ends the filling of a temporary table and forgets a row being made. */
void cursor_end_filling(Cursor *cursor);
JET_ERR cursor_dup(Cursor *cursor, JET_TABLEID *ret);
void cursor_close(Cursor *cursor);

/* Of all cursors of the session, before a level begins or the last one is committed (`unlocks`). */
JET_ERR cursors_note_long_values(Session *session, bool unlocks);
/* Of all cursors of the session, when the level goes down from `level`. */
void cursors_after_commit(Session *session, unsigned level);
void cursors_after_rollback(Session *session, unsigned level);

/* Takes up a changed definition; JET_errObjectNotFound when the table is gone. `txn` is begun. */
JET_ERR cursor_refresh(Cursor *cursor, Txn *txn);
/* As cursor_refresh, in the session's transaction or one of its own: another session, or process,
 * may have changed the table. */
JET_ERR cursor_refresh_now(Cursor *cursor);
/* JET_errPermissionDenied, JET_errTransReadOnly. */
JET_ERR cursor_check_writable(const Cursor *cursor);
/* Before any write: as above, locks the definition for this transaction and takes up the current
 * one. */
JET_ERR cursor_prepare_write(Cursor *cursor, Txn *txn);
JET_ERR cursor_scope(Cursor *cursor, bool writes, Scope *ret);
/* The next number of the table, from 1. */
JET_ERR cursor_draw(Cursor *cursor, CatalogSequence sequence, uint64_t *ret);

/* Position. */
void cursor_key_of_row(const Cursor *cursor, Bytes bookmark, uint8_t out[TREE_KEY_MAX],
                       size_t *ret_size);
void cursor_set_entry(Cursor *cursor, Bytes key, Bytes bookmark);
void cursor_park(Cursor *cursor, Position position);
/* The row at the current entry: JET_errNoCurrentRecord, JET_errRecordDeleted. Within a scope. */
JET_ERR cursor_read_row(Cursor *cursor, Txn *txn, Bytes *ret);

/* On the first row, or before where it would be. Within a scope. */
JET_ERR cursor_stand_first(Cursor *cursor);
JET_ERR cursor_set_index(Cursor *cursor, const char *name, JET_GRBIT grbit, uint32_t itag);
JET_ERR cursor_move(Cursor *cursor, int32_t rows, JET_GRBIT grbit);
JET_ERR cursor_make_key(Cursor *cursor, const void *data, uint32_t size, JET_GRBIT grbit);
JET_ERR cursor_retrieve_key(Cursor *cursor, void *data, uint32_t size, uint32_t *ret_actual,
                            JET_GRBIT grbit);
JET_ERR cursor_seek(Cursor *cursor, JET_GRBIT grbit);
JET_ERR cursor_set_range(Cursor *cursor, JET_GRBIT grbit);
JET_ERR cursor_count(Cursor *cursor, uint64_t *ret_count, uint64_t most);
JET_ERR cursor_get_bookmark(Cursor *cursor, void *data, uint32_t size, uint32_t *ret_actual);
JET_ERR cursor_goto_bookmark(Cursor *cursor, const void *data, uint32_t size);

/* Rows that JetMove stops at; none: all. */
JET_ERR cursor_set_filter(Cursor *cursor, const JET_INDEX_COLUMN *columns, uint32_t n,
                          JET_GRBIT grbit);
/* Accepts NULL; returns NULL. */
CursorFilter *cursor_filter_free(CursorFilter *filter);
/* Of the current entry, within a scope. */
JET_ERR cursor_filter_match(Cursor *cursor, bool *ret);

JET_ERR cursor_get_position(Cursor *cursor, JET_RECPOS *ret);
JET_ERR cursor_goto_position(Cursor *cursor, const JET_RECPOS *position);
JET_ERR cursor_get_index_bookmark(const Cursor *cursor, Bytes *ret_key, Bytes *ret_bookmark);
/* `bookmark` without bytes: any. */
JET_ERR cursor_goto_index_bookmark(Cursor *cursor, Bytes key, Bytes bookmark, JET_GRBIT grbit);
/* Whether the row could be changed now: JET_errWriteConflict, JET_errSessionWriteConflict. */
JET_ERR cursor_probe(Cursor *cursor);
JET_ERR cursor_preread_keys(Cursor *cursor, const void *const *keys, const uint32_t *sizes,
                            int32_t n, int32_t *ret_n, JET_GRBIT grbit);
JET_ERR cursor_preread_ranges(Cursor *cursor, const JET_INDEX_RANGE *ranges, uint32_t n,
                              uint32_t *ret_n, const JET_COLUMNID *columns, uint32_t n_columns,
                              JET_GRBIT grbit);
/* Counts the rows, for those who ask what there is. */
JET_ERR cursor_compute_statistics(Cursor *cursor);
/* Rows in the ranges of all the cursors, as a table of bookmarks. */
JET_ERR cursors_intersect(Cursor *const *cursors, uint32_t n, JET_RECORDLIST *ret);

/* Copies what fits of `from`; JET_errBufferTooSmall when not all did. */
JET_ERR bytes_return(Bytes from, void *data, uint32_t size, uint32_t *ret_actual);

#endif
