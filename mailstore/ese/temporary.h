/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * temporary.h - temporary tables: one session's, gone with their last cursor.
 *
 * A temporary table is a table like others in a transaction of its own that has no store
 * (txn_new_private). What may be done with it depends on its state: while it is filled, rows can
 * only be inserted; the first move or seek ends that, and then it can be read, or, if it was
 * opened for that, does all that a table does.
 */
#ifndef MAILSTORE_ESE_TEMPORARY_H
#define MAILSTORE_ESE_TEMPORARY_H

#include "mailstore/ese/catalog.h"
#include "mailstore/ese/session.h"

typedef enum {
    TEMPORARY_INSERTING,
    TEMPORARY_READING,
    TEMPORARY_MATERIALIZED,
} TemporaryState;

/* What a call is about to do with a cursor. */
typedef enum {
    CURSOR_ANYTHING, /* what every table can do in every state */
    CURSOR_READS,
    CURSOR_MAKES_ROWS,
    CURSOR_DELETES,
    CURSOR_NEEDS_STORED, /* what no temporary table can do */
} CursorUse;

typedef struct {
    const char *name;
    const JET_COLUMNDEF *columns; /* JET_bitColumnTTKey: the key, in their order */
    uint32_t n_columns;
    JET_GRBIT grbit; /* JET_bitTT* */
    const char *locale;
    uint32_t map_flags;
    uint32_t key_most, var_segment_most; /* 0: the default */
    bool is_answer;                      /* made by the engine: does not count, never changes */
} TemporarySpec;

struct TemporaryTable {
    unsigned references;
    Session *session;
    SessionDatabase database; /* of no database; its transaction is the table's own */
    Table table;
    Schema *schema;
    JET_GRBIT grbit;
    TemporaryState state;
    bool is_answer;
    bool versioned;  /* the transaction has the session's levels, and is rolled back with them */
    uint32_t n_rows; /* appended */
    uint64_t next_row, next_long_value;
    TemporaryTable *next, *previous; /* of the session */
};

/* One reference. ret_ids: n_columns of them. JET_errTooManySorts, JET_errInvalidParameter,
 * JET_errCannotMaterializeForwardOnlySort, and as column_define. */
JET_ERR temporary_new(Session *session, const TemporarySpec *spec, JET_COLUMNID *ret_ids,
                      TemporaryTable **ret);
TemporaryTable *temporary_ref(TemporaryTable *table);
/* Accepts NULL; returns NULL. */
TemporaryTable *temporary_unref(TemporaryTable *table);

/* A row of an answer: a value for each column; data NULL: no value. */
JET_ERR temporary_append(TemporaryTable *table, const JET_COLUMNID *ids, const Bytes *values,
                         uint32_t n);
/* The next bookmark or long value's number. */
uint64_t temporary_draw(TemporaryTable *table, CatalogSequence sequence);

/* JET_errIllegalOperation when the state does not allow it. */
JET_ERR temporary_check(const TemporaryTable *table, CursorUse use);
/* Whether the program may seek and move backwards. */
bool temporary_is_scrollable(const TemporaryTable *table);
/* Whether a row whose key is there already is dropped without a word. */
bool temporary_drops_duplicates(const TemporaryTable *table);
/* The index that the cursors are on; NULL: the order of the rows. */
const Index *temporary_order(const TemporaryTable *table);

/* The session's level has gone up, or goes down. */
void temporaries_begin(Session *session);
void temporaries_commit(Session *session);
void temporaries_roll_back(Session *session);

#endif
