/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table-info.h - the columns of a profiled table as the store knows them, and their values.
 *
 * Everything goes through the original API, on a cursor of the host's or of our own.
 */
#ifndef LIBSTOREHOOK_TABLE_INFO_H
#define LIBSTOREHOOK_TABLE_INFO_H

#include "libstorehook/blob.h"
#include "libstorehook/profile.h"
#include "mailstore/ese/esent.h"

typedef struct {
    bool present;
    JET_COLUMNID id;
    JET_COLTYP type;
    uint16_t code_page;
} ColumnInfo;

typedef struct {
    bool profiled; /* else only `table` is known, because no profile has come yet */
    bool untold;   /* the store failed to tell the rest: its rows cannot be judged, and count */
    Role role;
    unsigned set;
    JET_DBID database;
    char table[PROFILE_NAME_MAX + 1];
    ColumnInfo columns[COLUMN_COUNT];
} TableInfo;

typedef enum {
    TABLE_UNKNOWN,    /* none that has a name: nothing to remember */
    TABLE_UNPROFILED, /* no business of ours */
    TABLE_LEARNT
} TableKnowledge;

/* Asks the store what table is behind a cursor, and the profile what it means. What is `untold` is
 * to be asked for again. */
TableKnowledge table_info_learn(JET_SESID sesid, JET_TABLEID tableid, TableInfo *ret);

/* A place to read from and write to. */
typedef struct {
    JET_SESID sesid;
    JET_TABLEID tableid;
    const TableInfo *info;
    JET_GRBIT grbit; /* JET_bitRetrieveCopy: the row being prepared; 0: the current row */
} RowPlace;

/*
 * The bytes of a column, cut to `limit`. An absent column or NULL gives an absent string and 0.
 * -ENOMEM, or -EIO when the store would not.
 */
int table_info_read(const RowPlace *place, Column column, size_t limit, ByteString *ret);
/* The same as UTF-8 text, whatever the column's type: numbers in decimal digits. */
int table_info_read_text(const RowPlace *place, Column column, size_t limit, ByteString *ret);
/* A number; *ret is 0 when absent. */
int table_info_read_number(const RowPlace *place, Column column, uint64_t *ret);
/* The whole content. Not set when absent. -ENOMEM (or no descriptor), -EFBIG, -EIO. */
int table_info_read_blob(const RowPlace *place, Column column, Blob *ret);
/* True when the prepared row differs there from the stored one, or when that cannot be told. */
bool table_info_changed(const RowPlace *place, Column column);
/* Sets a column of the prepared row; text is UTF-8. Nothing to do where the table has none. */
JET_ERR table_info_write(const RowPlace *place, Column column, const void *data, size_t size);
JET_ERR table_info_write_text(const RowPlace *place, Column column, const void *text, size_t size);

#endif /* LIBSTOREHOOK_TABLE_INFO_H */
