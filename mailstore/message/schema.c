/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema.c - one description of the tables, from which they are made and opened.
 *
 * Each table is made whole in one call, so a store that died while it was made is completed by the
 * next open. One made by an earlier program gets the tables and columns that have come since, NULL
 * in the rows it has. Fails with what the store API says.
 */
#include "mailstore/message/schema.h"

#include "mailstore/message/part-encoding.h"

#define CODE_PAGE_ASCII 1252 /* what the store API calls text without UTF-16 */

/* Keys hold whole names (MAIL_NAME_MAX bytes and an id), or the row is refused. */
#define KEY_MOST 500

static const char *const table_names[TABLE_COUNT] = {
    [TABLE_MAILBOXES] = "mailboxes", [TABLE_FOLDERS] = "folders",
    [TABLE_MESSAGES] = "messages",   [TABLE_ATTACHMENTS] = "attachments",
    [TABLE_CONTENTS] = "contents",   [TABLE_ENTRIES] = "entries",
    [TABLE_SUMMARIES] = "summaries",
};

typedef struct {
    Table table;
    const char *name;
    JET_COLTYP type;
    JET_GRBIT grbit;
    uint32_t max;
} ColumnSpec;

#define NUMBER JET_bitColumnFixed
#define IDENTITY (JET_bitColumnFixed | JET_bitColumnAutoincrement)
#define CHANGES (JET_bitColumnFixed | JET_bitColumnVersion)

static const ColumnSpec column_specs[COLUMN_COUNT] = {
    [MAILBOX_ID] = {TABLE_MAILBOXES, "id", JET_coltypCurrency, IDENTITY, 0},
    [MAILBOX_NAME] = {TABLE_MAILBOXES, "name", JET_coltypLongBinary, 0, 0},

    [FOLDER_ID] = {TABLE_FOLDERS, "id", JET_coltypCurrency, IDENTITY, 0},
    [FOLDER_MAILBOX] = {TABLE_FOLDERS, "mailbox", JET_coltypCurrency, NUMBER, 0},
    [FOLDER_NAME] = {TABLE_FOLDERS, "name", JET_coltypLongBinary, 0, 0},
    [FOLDER_KIND] = {TABLE_FOLDERS, "kind", JET_coltypText, 0, SCHEMA_KIND_MAX},
    [FOLDER_SUBSCRIBED] = {TABLE_FOLDERS, "subscribed", JET_coltypBit, NUMBER, 0},
    [FOLDER_UIDVALIDITY] = {TABLE_FOLDERS, "uidvalidity", JET_coltypUnsignedLong, NUMBER, 0},
    [FOLDER_UIDNEXT] = {TABLE_FOLDERS, "uidnext", JET_coltypUnsignedLong, NUMBER, 0},

    [MESSAGE_ID] = {TABLE_MESSAGES, "id", JET_coltypCurrency, IDENTITY, 0},
    [MESSAGE_RECEIVED] = {TABLE_MESSAGES, "received", JET_coltypCurrency, NUMBER, 0},
    [MESSAGE_SENDER] = {TABLE_MESSAGES, "sender", JET_coltypLongBinary, 0, 0},
    [MESSAGE_RECIPIENTS] = {TABLE_MESSAGES, "recipients", JET_coltypLongBinary, 0, 0},
    [MESSAGE_SUBJECT] = {TABLE_MESSAGES, "subject", JET_coltypLongBinary, 0, 0},
    [MESSAGE_TEXT] = {TABLE_MESSAGES, "text", JET_coltypLongBinary, 0, 0},
    [MESSAGE_VERSION] = {TABLE_MESSAGES, "version", JET_coltypLong, CHANGES, 0},

    [ATTACHMENT_ID] = {TABLE_ATTACHMENTS, "id", JET_coltypCurrency, IDENTITY, 0},
    [ATTACHMENT_MESSAGE] = {TABLE_ATTACHMENTS, "message", JET_coltypCurrency, NUMBER, 0},
    [ATTACHMENT_ORDINAL] = {TABLE_ATTACHMENTS, "ordinal", JET_coltypUnsignedLong, NUMBER, 0},
    [ATTACHMENT_OFFSET] = {TABLE_ATTACHMENTS, "offset", JET_coltypCurrency, NUMBER, 0},
    [ATTACHMENT_HEADER] = {TABLE_ATTACHMENTS, "header", JET_coltypLongBinary, 0, 0},
    [ATTACHMENT_NAME] = {TABLE_ATTACHMENTS, "name", JET_coltypLongBinary, 0, 0},
    [ATTACHMENT_DIGEST] = {TABLE_ATTACHMENTS, "digest", JET_coltypBinary, 0, SCHEMA_DIGEST_SIZE},
    [ATTACHMENT_ENCODING] = {TABLE_ATTACHMENTS, "encoding", JET_coltypText, 0,
                             PART_ENCODING_TEXT_MAX},
    [ATTACHMENT_VERSION] = {TABLE_ATTACHMENTS, "version", JET_coltypLong, CHANGES, 0},

    [CONTENT_DIGEST] = {TABLE_CONTENTS, "digest", JET_coltypBinary, 0, SCHEMA_DIGEST_SIZE},
    [CONTENT_DATA] = {TABLE_CONTENTS, "data", JET_coltypLongBinary, 0, 0},

    [ENTRY_FOLDER] = {TABLE_ENTRIES, "folder", JET_coltypCurrency, NUMBER, 0},
    [ENTRY_UID] = {TABLE_ENTRIES, "uid", JET_coltypUnsignedLong, NUMBER, 0},
    [ENTRY_MESSAGE] = {TABLE_ENTRIES, "message", JET_coltypCurrency, NUMBER, 0},
    [ENTRY_FLAGS] = {TABLE_ENTRIES, "flags", JET_coltypUnsignedLong, NUMBER, 0},
    [ENTRY_KEYWORDS] = {TABLE_ENTRIES, "keywords", JET_coltypLongBinary, 0, 0},
    [ENTRY_INTERNAL_DATE] = {TABLE_ENTRIES, "internal_date", JET_coltypCurrency, NUMBER, 0},

    [SUMMARY_MESSAGE] = {TABLE_SUMMARIES, "message", JET_coltypCurrency, NUMBER, 0},
    [SUMMARY_STATE] = {TABLE_SUMMARIES, "state", JET_coltypCurrency, NUMBER, 0},
    [SUMMARY_DATA] = {TABLE_SUMMARIES, "data", JET_coltypLongBinary, 0, 0},
};

typedef struct {
    Table table;
    const char *name;
    const char *key; /* "+column\0" for each column; the literal's own NUL ends the list */
    uint32_t key_size;
    JET_GRBIT grbit;
} IndexSpec;

#define KEY(TEXT) TEXT, sizeof(TEXT)
#define PRIMARY (JET_bitIndexPrimary | JET_bitIndexUnique)
#define WHOLE_NAMES (JET_bitIndexUnique | JET_bitIndexDisallowTruncation | JET_bitIndexKeyMost)

static const IndexSpec index_specs[INDEX_COUNT] = {
    [MAILBOXES_BY_ID] = {TABLE_MAILBOXES, "id", KEY("+id\0"), PRIMARY},
    [MAILBOXES_BY_NAME] = {TABLE_MAILBOXES, "name", KEY("+name\0"), WHOLE_NAMES},
    [FOLDERS_BY_ID] = {TABLE_FOLDERS, "id", KEY("+id\0"), PRIMARY},
    [FOLDERS_BY_NAME] = {TABLE_FOLDERS, "name", KEY("+mailbox\0+name\0"), WHOLE_NAMES},
    [MESSAGES_BY_ID] = {TABLE_MESSAGES, "id", KEY("+id\0"), PRIMARY},
    [ATTACHMENTS_BY_ID] = {TABLE_ATTACHMENTS, "id", KEY("+id\0"), PRIMARY},
    [ATTACHMENTS_BY_MESSAGE] = {TABLE_ATTACHMENTS, "message", KEY("+message\0+ordinal\0"), 0},
    [ATTACHMENTS_BY_DIGEST] = {TABLE_ATTACHMENTS, "digest", KEY("+digest\0"), 0},
    [CONTENTS_BY_DIGEST] = {TABLE_CONTENTS, "digest", KEY("+digest\0"), PRIMARY},
    [ENTRIES_BY_UID] = {TABLE_ENTRIES, "uid", KEY("+folder\0+uid\0"), PRIMARY},
    [ENTRIES_BY_MESSAGE] = {TABLE_ENTRIES, "message", KEY("+message\0"), 0},
    [SUMMARIES_BY_MESSAGE] = {TABLE_SUMMARIES, "message", KEY("+message\0"), PRIMARY},
};

const char *schema_table_name(Table table)
{
    return table_names[table];
}

Table schema_index_table(Index index)
{
    return index_specs[index].table;
}

const char *schema_index_name(Index index)
{
    return index_specs[index].name;
}

static uint16_t code_page(const ColumnSpec *spec)
{
    return spec->type == JET_coltypText ? CODE_PAGE_ASCII : 0;
}

static JET_ERR table_create(JET_SESID session, JET_DBID database, Table table)
{
    JET_COLUMNCREATE columns[COLUMN_COUNT] = {0};
    JET_INDEXCREATE3 indexes[INDEX_COUNT] = {0};
    uint32_t column_count = 0, index_count = 0;

    for (guint i = 0; i < COLUMN_COUNT; i++) {
        const ColumnSpec *spec = &column_specs[i];
        if (spec->table == table)
            columns[column_count++] = (JET_COLUMNCREATE){
                .cbStruct = sizeof columns[0],
                .szColumnName = (char *)spec->name,
                .coltyp = spec->type,
                .cbMax = spec->max,
                .grbit = spec->grbit,
                .cp = code_page(spec),
            };
    }
    for (guint i = 0; i < INDEX_COUNT; i++) {
        const IndexSpec *spec = &index_specs[i];
        gboolean whole = (spec->grbit & JET_bitIndexKeyMost) != 0;
        if (spec->table == table)
            indexes[index_count++] = (JET_INDEXCREATE3){
                .cbStruct = sizeof indexes[0],
                .szIndexName = (char *)spec->name,
                .szKey = (char *)spec->key,
                .cbKey = spec->key_size,
                .grbit = spec->grbit,
                .cbVarSegMac = whole ? KEY_MOST : 0,
                .cbKeyMost = whole ? KEY_MOST : 0,
            };
    }

    JET_TABLECREATE4 create = {
        .cbStruct = sizeof create,
        .szTableName = (char *)table_names[table],
        .rgcolumncreate = columns,
        .cColumns = column_count,
        .rgindexcreate = indexes,
        .cIndexes = index_count,
    };
    JET_ERR err = JetCreateTableColumnIndex4(session, database, &create);
    return err < 0 ? err : JetCloseTable(session, create.tableid);
}

static JET_ERR column_add(JET_SESID session, JET_TABLEID cursor, const ColumnSpec *spec,
                          JET_COLUMNID *ret)
{
    JET_COLUMNDEF definition = {
        .cbStruct = sizeof definition,
        .coltyp = spec->type,
        .cbMax = spec->max,
        .grbit = spec->grbit,
        .cp = code_page(spec),
    };
    return JetAddColumn(session, cursor, spec->name, &definition, NULL, 0, ret);
}

static JET_ERR read_columns(JET_SESID session, JET_TABLEID cursor, Table table,
                            JET_COLUMNID columns[COLUMN_COUNT])
{
    for (guint i = 0; i < COLUMN_COUNT; i++) {
        JET_COLUMNDEF definition = {.cbStruct = sizeof definition};
        if (column_specs[i].table != table)
            continue;
        JET_ERR err = JetGetTableColumnInfo(session, cursor, column_specs[i].name, &definition,
                                            sizeof definition, JET_ColInfo);
        columns[i] = definition.columnid;
        if (err == JET_errColumnNotFound)
            err = column_add(session, cursor, &column_specs[i], &columns[i]);
        if (err < 0)
            return err;
    }
    return JET_errSuccess;
}

static JET_ERR table_open(JET_SESID session, JET_DBID database, Table table,
                          JET_COLUMNID columns[COLUMN_COUNT])
{
    JET_TABLEID cursor;
    JET_ERR err = JetOpenTable(session, database, table_names[table], NULL, 0, 0, &cursor);
    if (err == JET_errObjectNotFound) {
        err = table_create(session, database, table);
        if (err >= 0)
            err = JetOpenTable(session, database, table_names[table], NULL, 0, 0, &cursor);
    }
    if (err < 0)
        return err;
    err = read_columns(session, cursor, table, columns);
    JET_ERR closed = JetCloseTable(session, cursor);
    return err < 0 ? err : closed;
}

JET_ERR schema_open(JET_SESID session, JET_DBID database, JET_COLUMNID columns[COLUMN_COUNT],
                    Table *ret_table)
{
    for (guint table = 0; table < TABLE_COUNT; table++) {
        JET_ERR err = table_open(session, database, (Table)table, columns);
        if (err < 0) {
            *ret_table = (Table)table;
            return err;
        }
    }
    return JET_errSuccess;
}
