/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * info.h - answering questions about tables, columns and indexes.
 */
#ifndef MAILSTORE_ESE_INFO_H
#define MAILSTORE_ESE_INFO_H

#include "mailstore/ese/cursor.h"

enum {
    INFO_LANGUAGE = 0x409, /* what the original reports of a column; nothing depends on it */
    INFO_COUNTRY = 1,
    INFO_TABLE_BITS =
        JET_bitTableInfoBookmark | JET_bitTableInfoRollback | JET_bitTableInfoUpdatable,
};

#define INFO_CONTAINER "Tables" /* the one container that objects are in */

/* `wide`: text is given as UTF-16. JET_errBufferTooSmall, JET_errInvalidParameter for levels that
 * are none, JET_errFeatureNotAvailable for those to come. */
JET_ERR info_table(Cursor *cursor, void *result, uint32_t size, uint32_t level, bool wide);
/* `name` is a column's name, or points at its id for the levels by id. */
JET_ERR info_column(Cursor *cursor, const void *name, void *result, uint32_t size, uint32_t level,
                    bool wide);
JET_ERR info_index(Cursor *cursor, const char *name, void *result, uint32_t size, uint32_t level,
                   bool wide);
JET_ERR info_current_index(Cursor *cursor, char *name, uint32_t size);
/* JET_OBJECTINFO of a table, or with the levels that are lists of all. */
JET_ERR info_objects(Session *session, JET_DBID dbid, JET_OBJTYP type, const char *container,
                     const char *name, void *result, uint32_t size, uint32_t level, bool wide);
/* The name of the table that defines the column. */
const char *info_base_table(const Schema *schema, const Column *column);
/* JET_bitObject*. */
uint32_t info_table_flags(const Schema *schema);

JET_ERR info_one_index(const Cursor *cursor, const Index *index, void *result, uint32_t size,
                       uint32_t level, bool wide);
/* The name of the index that the id is of: JET_errInvalidIndexId. */
JET_ERR info_index_of_id(Cursor *cursor, const JET_INDEXID *from,
                         char ret_name[NAME_MAX_BYTES + 1]);
/* For info-*.c: a number in 2 bytes or, as some programs have it, 4; text. */
JET_ERR info_short(uint16_t value, void *result, uint32_t size);
JET_ERR info_text(const char *text, void *result, uint32_t size, bool wide);

/* Lists: a new temporary table, and a structure with its columns' ids. */
JET_ERR info_column_list(Cursor *cursor, void *result, uint32_t size, bool by_id, bool wide);
/* `only` NULL: all indexes. */
JET_ERR info_index_list(Cursor *cursor, const Index *only, void *result, uint32_t size, bool wide);
JET_ERR info_object_list(Session *session, SessionDatabase *database, void *result, uint32_t size,
                         bool wide);

#endif
