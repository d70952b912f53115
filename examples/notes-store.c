/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * notes-store.c - a store of its own kind, in a hundred lines: notes in one table.
 *
 *   notes-store FILE add AUTHOR TITLE < TEXT     notes-store FILE list     notes-store FILE show ID
 *
 * Not a word about scanning here either. It is protected because it is linked with the hook before
 * the store library, and because notes-store.profile, in [profile] files= of storehookd, says what
 * its columns mean:
 *
 *   cc notes-store.c -Wl,--no-as-needed -lstorehook -lesent -o notes-store
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <esent.h>

enum {
    NOTE_MAX = 1024 * 1024
};
enum {
    ID,
    AUTHOR,
    TITLE,
    NOTE
}; /* in the order of columns[] */

static JET_COLUMNCREATE columns[] = {
    {.cbStruct = sizeof(JET_COLUMNCREATE),
     .szColumnName = "id",
     .coltyp = JET_coltypLong,
     .grbit = JET_bitColumnAutoincrement},
    {.cbStruct = sizeof(JET_COLUMNCREATE),
     .szColumnName = "author",
     .coltyp = JET_coltypText,
     .cp = 1252},
    {.cbStruct = sizeof(JET_COLUMNCREATE),
     .szColumnName = "title",
     .coltyp = JET_coltypText,
     .cp = 1252},
    {.cbStruct = sizeof(JET_COLUMNCREATE), .szColumnName = "note", .coltyp = JET_coltypLongBinary},
};

static JET_INDEXCREATE indexes[] = {
    {.cbStruct = sizeof(JET_INDEXCREATE),
     .szIndexName = "by-id",
     .szKey = "+id\0",
     .cbKey = 5,
     .grbit = JET_bitIndexPrimary | JET_bitIndexUnique},
};

static struct {
    JET_INSTANCE instance;
    JET_SESID session;
    JET_DBID database;
    JET_TABLEID table;
    char text[NOTE_MAX];
} notes;

static void must(JET_ERR error, const char *what)
{
    if (error == JET_errPermissionDenied)
        fprintf(stderr, "notes-store: refused\n");
    else if (error < 0)
        fprintf(stderr, "notes-store: %s: JET error %d\n", what, error);
    if (error < 0)
        exit(1);
}

static JET_COLUMNID column(int which)
{
    JET_COLUMNDEF definition = {.cbStruct = sizeof(definition)};

    must(JetGetTableColumnInfo(notes.session, notes.table, columns[which].szColumnName, &definition,
                               sizeof(definition), JET_ColInfo),
         "column");
    return definition.columnid;
}

static void open_store(const char *path)
{
    JET_TABLECREATE2 table = {.cbStruct = sizeof(table),
                              .szTableName = "notes",
                              .rgcolumncreate = columns,
                              .cColumns = 4,
                              .rgindexcreate = indexes,
                              .cIndexes = 1};

    must(JetCreateInstance(&notes.instance, "notes"), "instance");
    must(JetInit(&notes.instance), "init");
    must(JetBeginSession(notes.instance, &notes.session, NULL, NULL), "session");
    JET_ERR error = JetCreateDatabase(notes.session, path, NULL, &notes.database, 0);
    if (error == JET_errDatabaseDuplicate) {
        must(JetAttachDatabase(notes.session, path, 0), "attach");
        must(JetOpenDatabase(notes.session, path, NULL, &notes.database, 0), "open");
    } else {
        must(error, "create");
        must(JetCreateTableColumnIndex2(notes.session, notes.database, &table), "table");
        must(JetCloseTable(notes.session, table.tableid), "close");
    }
    must(JetOpenTable(notes.session, notes.database, "notes", NULL, 0, 0, &notes.table), "notes");
}

static void set(int which, const void *data, size_t size)
{
    must(JetSetColumn(notes.session, notes.table, column(which), data, (uint32_t)size, 0, NULL),
         columns[which].szColumnName);
}

static void add(const char *author, const char *title)
{
    size_t size = fread(notes.text, 1, sizeof(notes.text), stdin);

    must(JetBeginTransaction(notes.session), "begin");
    must(JetPrepareUpdate(notes.session, notes.table, JET_prepInsert), "prepare");
    set(AUTHOR, author, strlen(author));
    set(TITLE, title, strlen(title));
    set(NOTE, notes.text, size);
    must(JetUpdate(notes.session, notes.table, NULL, 0, NULL), "update");
    must(JetCommitTransaction(notes.session, 0), "commit");
}

static uint32_t get(int which, void *data, size_t size)
{
    uint32_t actual = 0;

    must(JetRetrieveColumn(notes.session, notes.table, column(which), data, (uint32_t)size, &actual,
                           0, NULL),
         columns[which].szColumnName);
    return actual < size ? actual : (uint32_t)size;
}

/* All of them, or the text of one. */
static void list(int wanted)
{
    JET_ERR error = JetMove(notes.session, notes.table, JET_MoveFirst, 0);

    for (; error >= 0; error = JetMove(notes.session, notes.table, JET_MoveNext, 0)) {
        char title[256];
        int32_t id = 0;

        get(ID, &id, sizeof(id));
        if (wanted == 0)
            printf("%d\t%.*s\n", id, (int)get(TITLE, title, sizeof(title)), title);
        else if (wanted == id)
            fwrite(notes.text, 1, get(NOTE, notes.text, sizeof(notes.text)), stdout);
    }
    if (error != JET_errNoCurrentRecord)
        must(error, "move");
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: notes-store FILE add AUTHOR TITLE | list | show ID\n");
        return 2;
    }
    open_store(argv[1]);
    if (argc == 5 && strcmp(argv[2], "add") == 0)
        add(argv[3], argv[4]);
    else
        list(argc == 4 ? atoi(argv[3]) : 0);
    must(JetCloseTable(notes.session, notes.table), "close");
    must(JetEndSession(notes.session, 0), "end");
    must(JetTerm(notes.instance), "term");
    return 0;
}
