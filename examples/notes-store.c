/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * notes-store.c - a store of its own kind, in a hundred lines: notes in one table.
 *
 *   - notes-store FILE add AUTHOR TITLE < TEXT
 *   - notes-store FILE list
 *   - notes-store FILE show ID
 *
 * Not a word about scanning here either. It is protected because it is linked with the hook before
 * the store library, and because notes-store.profile, in [profile] files= of storehookd, says what
 * its columns mean:
 *
 *   cc notes-store.c $(pkg-config --cflags --libs storehook esent) -o notes-store
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <esent.h>

#define COLUMN(NAME, COLTYP)                                                                       \
    .cbStruct = sizeof(JET_COLUMNCREATE), .szColumnName = (NAME), .coltyp = (COLTYP)

static JET_COLUMNCREATE columns[] = {
    {COLUMN("id", JET_coltypLong), .grbit = JET_bitColumnAutoincrement},
    {COLUMN("author", JET_coltypText), .cp = 1252},
    {COLUMN("title", JET_coltypText), .cp = 1252},
    {COLUMN("note", JET_coltypLongBinary)},
};
static JET_INDEXCREATE by_id = {.cbStruct = sizeof(by_id),
                                .szIndexName = "by-id",
                                .szKey = "+id\0",
                                .cbKey = sizeof("+id\0"),
                                .grbit = JET_bitIndexPrimary | JET_bitIndexUnique};
static JET_INSTANCE instance;
static JET_SESID session;
static JET_TABLEID table;
static char text[1024 * 1024];

static void must(JET_ERR error, const char *what)
{
    if (error < 0) {
        fprintf(stderr, "notes-store: %s: JET error %d%s\n", what, error,
                error == JET_errPermissionDenied ? ", refused" : "");
        exit(1);
    }
}

static void open_store(const char *path)
{
    JET_TABLECREATE2 create = {.cbStruct = sizeof(create), .szTableName = "notes"};
    JET_DBID database;

    must(JetCreateInstance(&instance, "notes"), "instance");
    must(JetInit(&instance), "init");
    must(JetBeginSession(instance, &session, NULL, NULL), "session");
    JET_ERR error = JetCreateDatabase(session, path, NULL, &database, 0);
    if (error == JET_errDatabaseDuplicate) {
        must(JetAttachDatabase(session, path, 0), "attach");
        must(JetOpenDatabase(session, path, NULL, &database, 0), "open");
        must(JetOpenTable(session, database, "notes", NULL, 0, 0, &table), "notes");
        return;
    }
    must(error, "create");
    create.rgcolumncreate = columns;
    create.cColumns = sizeof(columns) / sizeof(columns[0]);
    create.rgindexcreate = &by_id;
    create.cIndexes = 1;
    must(JetCreateTableColumnIndex2(session, database, &create), "table");
    table = create.tableid;
}

static JET_COLUMNID column(const char *name)
{
    JET_COLUMNDEF definition;

    must(JetGetTableColumnInfo(session, table, name, &definition, sizeof(definition), JET_ColInfo),
         name);
    return definition.columnid;
}

static void set(const char *name, const char *data, size_t size)
{
    must(JetSetColumn(session, table, column(name), data, (uint32_t)size, 0, NULL), name);
}

static int get(const char *name, void *data, uint32_t size)
{
    uint32_t actual = 0;

    must(JetRetrieveColumn(session, table, column(name), data, size, &actual, 0, NULL), name);
    return (int)(actual < size ? actual : size);
}

static void add(const char *author, const char *title)
{
    must(JetBeginTransaction(session), "begin");
    must(JetPrepareUpdate(session, table, JET_prepInsert), "prepare");
    set("author", author, strlen(author));
    set("title", title, strlen(title));
    set("note", text, fread(text, 1, sizeof(text), stdin));
    must(JetUpdate(session, table, NULL, 0, NULL), "update");
    must(JetCommitTransaction(session, 0), "commit");
}

/* All of them, or the text of one. */
static void list(int wanted)
{
    JET_ERR error = JetMove(session, table, JET_MoveFirst, 0);
    char title[256];
    int32_t id;

    for (; error >= 0; error = JetMove(session, table, JET_MoveNext, 0)) {
        get("id", &id, sizeof(id));
        if (wanted == 0)
            printf("%d\t%.*s\n", id, get("title", title, sizeof(title)), title);
        else if (wanted == id)
            fwrite(text, 1, (size_t)get("note", text, sizeof(text)), stdout);
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
    must(JetEndSession(session, 0), "end");
    must(JetTerm(instance), "term");
    return 0;
}
