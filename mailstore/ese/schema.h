/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * schema.h - what a table looks like: its columns and indexes, unchangeable once made.
 *
 * A Schema is shared by all cursors of a table and counted. A change of the definition makes a new
 * one with a version number never used before; it is found again in the catalog by that number.
 */
#ifndef MAILSTORE_ESE_SCHEMA_H
#define MAILSTORE_ESE_SCHEMA_H

#include <stdatomic.h>
#include <stdbool.h>

#include "mailstore/ese/key-text.h"
#include "mailstore/ese/store.h"

enum {
    COLUMN_ID_VARIABLE_FIRST = 128, /* fixed ones are 1..127 */
    COLUMN_ID_TAGGED_FIRST = 256,
    KEY_MOST = 500,    /* JET_paramKeyMost: what an LMDB key leaves beside the object id */
    KEY_DEFAULT = 255, /* JET_cbKeyMost */
    KEY_SEGMENTS_MAX = JET_ccolKeyMost,
    INDEX_CONDITIONS_MAX = 16,
    NAME_MAX_BYTES = JET_cbNameMost,
    LV_SEPARATE_DEFAULT = 1023, /* longer long values leave the record */
    CODE_PAGE_UNICODE = 1200,
    CODE_PAGE_ASCII = 1252,
};

typedef struct {
    JET_COLUMNID id;
    JET_COLTYP coltyp;
    JET_GRBIT grbit;
    uint16_t code_page;
    uint16_t escrow_offset; /* in the record's escrow area; for escrow columns only */
    uint32_t max_size;      /* 0: only the type's own limit */
    char *name;             /* "": deleted */
    uint8_t *default_data;  /* NULL: none */
    uint32_t default_size;
    bool inherited; /* from the template: its definition stays as it is */
} Column;

typedef struct {
    JET_COLUMNID column_id;
    const Column *column;
    bool descending;
} IndexSegment;

typedef struct {
    JET_COLUMNID column_id;
    const Column *column;
    bool must_be_null;
} IndexCondition;

/* Of the parts of a text that a tuple index has, in characters. */
typedef struct {
    uint32_t length_min, length_max;
    uint32_t to_index_max; /* how much of the text counts */
    uint32_t increment, start;
} TupleLimits;

typedef struct {
    uint32_t object_id; /* of its entries; the primary index has the table's */
    char *name;
    JET_GRBIT grbit;
    uint32_t density;
    uint16_t key_most;
    uint16_t var_segment_most; /* of the normalised data of one column */
    uint8_t n_segments;
    uint8_t n_conditions;
    IndexSegment segments[KEY_SEGMENTS_MAX];
    IndexCondition conditions[INDEX_CONDITIONS_MAX];
    TextCollation collation;    /* for Unicode columns */
    TupleLimits tuples;         /* with JET_bitIndexTuples */
    uint32_t collation_version; /* of the library that made the stored keys; 0: no text */
    bool inherited;             /* from the template */
} Index;

typedef struct {
    _Atomic uint32_t references;
    uint32_t object_id;
    uint64_t version;
    char *name;
    JET_GRBIT grbit;
    uint32_t template_id; /* of the table that this one is derived from; 0: none */
    char *template_name;  /* NULL: none */
    uint32_t lv_separate; /* long values longer than this leave the record */
    bool lv_stay;         /* none may */
    uint16_t escrow_size; /* bytes of all escrow columns */
    uint32_t n_fixed, n_variable, n_tagged;
    Column *columns; /* fixed, then variable, then tagged, each in the order of their ids */
    uint32_t n_indexes;
    Index *indexes;       /* in the order of creation */
    bool stale_text;      /* an index's keys were made by another version of the collation */
    const Index *primary; /* NULL: rows are in the order of insertion */
    const Column *autoincrement;
    const Column *version_column;
} Schema;

/* Empty, one reference. */
Schema *schema_new(void);
Schema *schema_ref(Schema *schema);
/* Accepts NULL; returns NULL. */
Schema *schema_unref(Schema *schema);
/* Sorts the columns and resolves the pointers between them; JET_errCatalogCorrupted when ids have
 * gaps or an index names a column that is not there; opens collators. Once, after filling. */
JET_ERR schema_seal(Schema *schema);
/* Both take the strings and buffers of what they add, also on failure. */
JET_ERR schema_take_column(Schema *schema, Column *column);
JET_ERR schema_take_index(Schema *schema, Index *index);
void column_clear(Column *column);
void index_clear(Index *index);

/* NULL when there is none, or it was deleted. */
const Column *schema_find_column(const Schema *schema, JET_COLUMNID id);
const Column *schema_find_column_by_name(const Schema *schema, const char *name);
const Index *schema_find_index_by_name(const Schema *schema, const char *name);

/* Names are compared without regard to ASCII case. */
bool name_equals(const char *a, const char *b);
/* JET_errInvalidName: empty, over 64 bytes, leading space, control characters or any of !.[]`" */
JET_ERR name_check(const char *name);

/* JET_errIndexTuplesInvalidLimits. */
JET_ERR tuple_limits_check(const TupleLimits *limits);

/* Its keys were made by another version of the collation than is there now. */
bool index_is_stale(const Index *index);

/* Traits of types. */
/* Only its number is left, and its values in rows that nobody reads. */
bool column_is_deleted(const Column *column);
bool column_is_fixed(const Column *column);
bool column_is_tagged(const Column *column);
bool column_is_long_value(const Column *column);
bool coltyp_is_long_value(JET_COLTYP coltyp);
bool coltyp_is_text(JET_COLTYP coltyp);
/* Bytes of a character: 2 in Unicode text. */
uint32_t tuple_unit(const Column *column);
/* 0 for types of variable size. */
uint32_t coltyp_fixed_size(JET_COLTYP coltyp);

#endif
