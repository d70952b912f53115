/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake-esent.c - as much of the JET API as the hook's tests need, in memory.
 *
 * Tables, columns, one primary index, cursors, prepared updates, one callback, savepoints. Rows
 * of one session are seen by all at once; nothing is kept on disk. A bookmark is the row's number.
 * Handles are reused at once, so that a hook that remembers a closed one is found out. What reads
 * leaves its mark in errno, and JetUpdate adds one to what it finds there.
 *
 * Environment: FAKE_ESENT_FAIL_UPDATE=N makes every Nth JetUpdate fail with JET_errWriteConflict.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mailstore/ese/esent.h"

#define PUBLIC __attribute__((visibility("default")))

enum {
    COLUMNS_MAX = 16,
    TABLES_MAX = 32,
    CURSORS_MAX = 512,
    SESSIONS_MAX = 256,
    KEY_MAX = 256
};

typedef struct {
    bool set;
    unsigned char *data;
    uint32_t size;
} Value;

typedef struct Row {
    struct Row *next;
    uint64_t number;
    Value values[COLUMNS_MAX];
} Row;

typedef struct {
    char name[64];
    JET_COLTYP type;
    JET_GRBIT grbit;
    uint16_t code_page;
} ColumnDefinition;

typedef struct {
    bool used;
    JET_DBID database;
    char name[64];
    unsigned column_count;
    ColumnDefinition columns[COLUMNS_MAX];
    int primary; /* column, -1: none */
    uint64_t next_row, next_identity;
    Row *rows;
} Table;

typedef struct {
    bool used;
    JET_SESID sesid;
    unsigned level; /* at which it was opened */
    Table *table;
    uint64_t current;
    bool prepared;
    uint32_t prep;
    Row copy;
    unsigned char key[KEY_MAX];
    uint32_t key_size;
} Cursor;

typedef struct Undo {
    struct Undo *next;
    unsigned level;
    Table *table;
    uint64_t number;
    Row *before; /* NULL: it was inserted */
} Undo;

typedef struct {
    bool used;
    unsigned level;
    Undo *undo;
} Session;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Table tables[TABLES_MAX];
static Cursor cursors[CURSORS_MAX];
static Session sessions[SESSIONS_MAX];
static unsigned updates;

#define LOCKED __attribute__((cleanup(unlock))) int locked = pthread_mutex_lock(&lock)
static void unlock(int *locked)
{
    (void)locked;
    pthread_mutex_unlock(&lock);
}

static Session *session_at(JET_SESID sesid)
{
    return sesid >= 1 && sesid <= SESSIONS_MAX && sessions[sesid - 1].used ? &sessions[sesid - 1]
                                                                           : NULL;
}

static Cursor *cursor_at(JET_TABLEID tableid)
{
    return tableid >= 1 && tableid <= CURSORS_MAX && cursors[tableid - 1].used
               ? &cursors[tableid - 1]
               : NULL;
}

static void value_set(Value *value, const void *data, uint32_t size)
{
    free(value->data);
    value->data = malloc(size + 1);
    if (size > 0)
        memcpy(value->data, data, size);
    value->size = size;
    value->set = true;
}

static void row_clear(Row *row)
{
    for (unsigned i = 0; i < COLUMNS_MAX; i++)
        free(row->values[i].data);
    memset(row->values, 0, sizeof(row->values));
}

static void row_copy(Row *to, const Row *from)
{
    row_clear(to);
    to->number = from->number;
    for (unsigned i = 0; i < COLUMNS_MAX; i++)
        if (from->values[i].set)
            value_set(&to->values[i], from->values[i].data, from->values[i].size);
}

static Row **row_at(Table *table, uint64_t number)
{
    Row **link = &table->rows;

    while (*link && (*link)->number != number)
        link = &(*link)->next;
    return link;
}

static Row *row_new(const Row *from)
{
    Row *row = calloc(1, sizeof(*row));

    row_copy(row, from);
    return row;
}

static void remember(Session *session, Table *table, uint64_t number, Row *before)
{
    Undo *undo = calloc(1, sizeof(*undo));

    *undo = (Undo){session->undo, session->level, table, number, before};
    session->undo = undo;
}

static void take_out(Table *table, uint64_t number)
{
    Row **link = row_at(table, number), *row = *link;

    if (row) {
        *link = row->next;
        row_clear(row);
        free(row);
    }
}

static void put_in(Table *table, Row *row)
{
    row->next = table->rows;
    table->rows = row;
}

/* --- Instances, sessions, databases -------------------------------------------------- */

PUBLIC JET_ERR JetCreateInstance(JET_INSTANCE *pinstance, JET_PCSTR name)
{
    (void)name;
    *pinstance = 1;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetInit(JET_INSTANCE *pinstance)
{
    (void)pinstance;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetSetSystemParameter(JET_INSTANCE *pinstance, JET_SESID sesid, uint32_t paramid,
                                     JET_API_PTR lParam, JET_PCSTR szParam)
{
    (void)pinstance, (void)sesid, (void)paramid, (void)lParam, (void)szParam;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetTerm(JET_INSTANCE instance)
{
    (void)instance;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetTerm2(JET_INSTANCE instance, JET_GRBIT grbit)
{
    (void)instance;
    return grbit & ~JET_bitTermAbrupt ? JET_errInvalidGrbit : JET_errSuccess;
}

PUBLIC JET_ERR JetBeginSession(JET_INSTANCE instance, JET_SESID *psesid, JET_PCSTR user,
                               JET_PCSTR password)
{
    LOCKED;

    (void)instance, (void)user, (void)password;
    for (unsigned i = 0; i < SESSIONS_MAX; i++) {
        if (!sessions[i].used) {
            sessions[i] = (Session){.used = true};
            *psesid = i + 1;
            return JET_errSuccess;
        }
    }
    return JET_errOutOfSessions;
}

static void undo_to(JET_SESID sesid, Session *session, unsigned level)
{
    while (session->undo && session->undo->level > level) {
        Undo *undo = session->undo;

        take_out(undo->table, undo->number);
        if (undo->before)
            put_in(undo->table, undo->before);
        session->undo = undo->next;
        free(undo);
    }
    for (unsigned i = 0; i < CURSORS_MAX; i++) {
        if (cursors[i].used && cursors[i].sesid == sesid) {
            cursors[i].prepared = false;
            if (cursors[i].level > level)
                cursors[i].used = false;
        }
    }
    session->level = level;
}

PUBLIC JET_ERR JetEndSession(JET_SESID sesid, JET_GRBIT grbit)
{
    LOCKED;
    Session *session = session_at(sesid);

    (void)grbit;
    if (!session)
        return JET_errInvalidSesid;
    undo_to(sesid, session, 0);
    for (unsigned i = 0; i < CURSORS_MAX; i++)
        if (cursors[i].sesid == sesid)
            cursors[i].used = false;
    session->used = false;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetCreateDatabase(JET_SESID sesid, JET_PCSTR name, JET_PCSTR connect, JET_DBID *ret,
                                 JET_GRBIT grbit)
{
    (void)sesid, (void)name, (void)connect, (void)grbit;
    *ret = 1;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetCloseDatabase(JET_SESID sesid, JET_DBID dbid, JET_GRBIT grbit)
{
    LOCKED;

    (void)dbid, (void)grbit;
    for (unsigned i = 0; i < CURSORS_MAX; i++)
        if (cursors[i].sesid == sesid)
            cursors[i].used = false;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetDetachDatabase(JET_SESID sesid, JET_PCSTR name)
{
    (void)sesid, (void)name;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetDetachDatabase2(JET_SESID sesid, JET_PCSTR name, JET_GRBIT grbit)
{
    (void)sesid, (void)name, (void)grbit;
    return JET_errSuccess;
}

/* --- Transactions ----------------------------------------------------------------------- */

PUBLIC JET_ERR JetBeginTransaction(JET_SESID sesid)
{
    LOCKED;
    Session *session = session_at(sesid);

    if (!session)
        return JET_errInvalidSesid;
    if (session->level == 7)
        return JET_errTransTooDeep;
    session->level++;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetBeginTransaction2(JET_SESID sesid, JET_GRBIT grbit)
{
    (void)grbit;
    return JetBeginTransaction(sesid);
}

PUBLIC JET_ERR JetCommitTransaction(JET_SESID sesid, JET_GRBIT grbit)
{
    LOCKED;
    Session *session = session_at(sesid);

    if (session && (grbit & (JET_bitWaitLastLevel0Commit | JET_bitWaitAllLevel0Commit)))
        return JET_errSuccess; /* waits for what was committed before */
    if (!session || session->level == 0)
        return JET_errNotInTransaction;
    session->level--;
    for (Undo *undo = session->undo, *next; undo; undo = next) {
        next = undo->next;
        if (undo->level > session->level)
            undo->level = session->level;
        if (session->level == 0) {
            if (undo->before)
                row_clear(undo->before);
            free(undo->before);
            free(undo);
        }
    }
    if (session->level == 0)
        session->undo = NULL;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetCommitTransaction2(JET_SESID sesid, JET_GRBIT grbit, uint32_t ms,
                                     JET_COMMIT_ID *id)
{
    (void)ms, (void)id;
    return JetCommitTransaction(sesid, grbit);
}

PUBLIC JET_ERR JetRollback(JET_SESID sesid, JET_GRBIT grbit)
{
    LOCKED;
    Session *session = session_at(sesid);

    if (!session || session->level == 0)
        return JET_errNotInTransaction;
    if (grbit & ~JET_bitRollbackAll)
        return JET_errInvalidGrbit;
    undo_to(sesid, session, grbit & JET_bitRollbackAll ? 0 : session->level - 1);
    return JET_errSuccess;
}

/* --- Tables --------------------------------------------------------------------------------- */

static Table *table_named(const char *name)
{
    for (unsigned i = 0; i < TABLES_MAX; i++)
        if (tables[i].used && strcasecmp(tables[i].name, name) == 0)
            return &tables[i];
    return NULL;
}

static JET_ERR cursor_open(JET_SESID sesid, Table *table, JET_TABLEID *ret)
{
    for (unsigned i = 0; i < CURSORS_MAX; i++) {
        if (!cursors[i].used) {
            row_clear(&cursors[i].copy);
            cursors[i] = (Cursor){.used = true,
                                  .sesid = sesid,
                                  .level = session_at(sesid) ? session_at(sesid)->level : 0,
                                  .table = table};
            *ret = i + 1;
            return JET_errSuccess;
        }
    }
    return JET_errOutOfCursors;
}

PUBLIC JET_ERR JetCreateTableColumnIndex3(JET_SESID sesid, JET_DBID dbid, JET_TABLECREATE3 *create)
{
    LOCKED;
    Table *table = NULL;

    if (table_named(create->szTableName))
        return JET_errTableDuplicate;
    for (unsigned i = 0; i < TABLES_MAX && !table; i++)
        if (!tables[i].used)
            table = &tables[i];
    if (!table || create->cColumns > COLUMNS_MAX)
        return JET_errTooManyColumns;
    *table = (Table){.used = true, .database = dbid, .primary = -1, .next_row = 1};
    strncpy(table->name, create->szTableName, sizeof(table->name) - 1);
    for (unsigned i = 0; i < create->cColumns; i++) {
        JET_COLUMNCREATE *column = &create->rgcolumncreate[i];
        ColumnDefinition *definition = &table->columns[table->column_count++];

        strncpy(definition->name, column->szColumnName, sizeof(definition->name) - 1);
        definition->type = column->coltyp;
        definition->grbit = column->grbit;
        definition->code_page = (uint16_t)column->cp;
        column->columnid = i + 1;
        if (create->cIndexes > 0 &&
            strcmp(create->rgindexcreate[0].szKey + 1, definition->name) == 0)
            table->primary = (int)i;
    }
    return cursor_open(sesid, table, &create->tableid);
}

PUBLIC JET_ERR JetOpenTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR name, const void *parameters,
                            uint32_t size, JET_GRBIT grbit, JET_TABLEID *ret)
{
    LOCKED;
    Table *table = table_named(name);

    (void)dbid, (void)parameters, (void)size, (void)grbit;
    return table ? cursor_open(sesid, table, ret) : JET_errObjectNotFound;
}

PUBLIC JET_ERR JetCloseTable(JET_SESID sesid, JET_TABLEID tableid)
{
    LOCKED;
    Cursor *cursor = cursor_at(tableid);

    (void)sesid;
    if (!cursor)
        return JET_errInvalidTableId;
    row_clear(&cursor->copy);
    cursor->used = false;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetGetTableInfo(JET_SESID sesid, JET_TABLEID tableid, void *result, uint32_t size,
                               uint32_t level)
{
    LOCKED;
    const Cursor *cursor = cursor_at(tableid);

    (void)sesid;
    errno = ENOMSG;
    if (!cursor)
        return JET_errInvalidTableId;
    if (level == JET_TblInfoName) {
        strncpy(result, cursor->table->name, size);
        return JET_errSuccess;
    }
    if (level == JET_TblInfoDbid && size >= sizeof(JET_DBID)) {
        *(JET_DBID *)result = cursor->table->database;
        return JET_errSuccess;
    }
    return JET_errInvalidParameter;
}

PUBLIC JET_ERR JetGetTableColumnInfo(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR name,
                                     void *result, uint32_t size, uint32_t level)
{
    LOCKED;
    const Cursor *cursor = cursor_at(tableid);
    JET_COLUMNDEF *definition = result;

    (void)sesid, (void)level;
    if (!cursor || size < sizeof(*definition))
        return JET_errInvalidTableId;
    for (unsigned i = 0; i < cursor->table->column_count; i++) {
        if (strcasecmp(cursor->table->columns[i].name, name) == 0) {
            definition->columnid = i + 1;
            definition->coltyp = cursor->table->columns[i].type;
            definition->cp = cursor->table->columns[i].code_page;
            return JET_errSuccess;
        }
    }
    return JET_errColumnNotFound;
}

PUBLIC JET_ERR JetGetTableIndexInfo(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR name,
                                    void *result, uint32_t size, uint32_t level)
{
    (void)sesid, (void)tableid, (void)name, (void)result, (void)size, (void)level;
    return JET_errFeatureNotAvailable;
}

/* --- Records ---------------------------------------------------------------------------------- */

static bool is_insert(uint32_t prep)
{
    return prep == JET_prepInsert || prep == JET_prepInsertCopy;
}

PUBLIC JET_ERR JetPrepareUpdate(JET_SESID sesid, JET_TABLEID tableid, uint32_t prep)
{
    LOCKED;
    Cursor *cursor = cursor_at(tableid);
    const Row *row;

    (void)sesid;
    if (!cursor)
        return JET_errInvalidTableId;
    if (prep == JET_prepCancel) {
        if (!cursor->prepared)
            return JET_errUpdateNotPrepared;
        cursor->prepared = false;
        return JET_errSuccess;
    }
    if (cursor->prepared)
        return JET_errAlreadyPrepared;
    row_clear(&cursor->copy);
    row = *row_at(cursor->table, cursor->current);
    if (prep != JET_prepInsert) {
        if (!row)
            return JET_errNoCurrentRecord;
        row_copy(&cursor->copy, row);
    }
    if (is_insert(prep)) {
        cursor->copy.number = 0;
        for (unsigned i = 0; i < cursor->table->column_count; i++) {
            if (cursor->table->columns[i].grbit & JET_bitColumnAutoincrement) {
                uint64_t identity = ++cursor->table->next_identity;

                value_set(&cursor->copy.values[i], &identity, 8);
            }
        }
    }
    cursor->prepared = true;
    cursor->prep = prep;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetSetColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                            const void *data, uint32_t size, JET_GRBIT grbit, JET_SETINFO *info)
{
    LOCKED;
    Cursor *cursor = cursor_at(tableid);
    Value *value;

    (void)sesid, (void)info;
    if (!cursor || columnid < 1 || columnid > cursor->table->column_count)
        return JET_errInvalidTableId;
    if (!cursor->prepared)
        return JET_errUpdateNotPrepared;
    value = &cursor->copy.values[columnid - 1];
    if (size == 0 && !(grbit & JET_bitSetZeroLength)) {
        free(value->data);
        *value = (Value){0};
    } else {
        value_set(value, data, size);
    }
    return JET_errSuccess;
}

static bool is_duplicate(const Cursor *cursor)
{
    int primary = cursor->table->primary;
    const Value *key = primary >= 0 ? &cursor->copy.values[primary] : NULL;

    for (const Row *row = cursor->table->rows; key && key->set && row; row = row->next)
        if (row->number != cursor->copy.number && row->values[primary].set &&
            row->values[primary].size == key->size &&
            memcmp(row->values[primary].data, key->data, key->size) == 0)
            return true;
    return false;
}

static struct {
    const Table *table; /* NULL: none */
    JET_CALLBACK function;
    void *context;
} callback;

PUBLIC JET_ERR JetRegisterCallback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP type,
                                   JET_CALLBACK function, void *context, JET_HANDLE *ret)
{
    (void)sesid, (void)type;
    callback.table = cursor_at(tableid)->table;
    callback.function = function;
    callback.context = context;
    *ret = 1;
    return JET_errSuccess;
}

static JET_ERR call_back(JET_SESID sesid, JET_TABLEID tableid)
{
    return callback.table && cursor_at(tableid)->table == callback.table
               ? callback.function(sesid, 1, tableid, JET_cbtypBeforeInsert, NULL, NULL,
                                   callback.context, 0)
               : JET_errSuccess;
}

static JET_ERR update(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, uint32_t size,
                      uint32_t *actual)
{
    LOCKED;
    static int every = -1;
    Cursor *cursor = cursor_at(tableid);
    Session *session = session_at(sesid);

    if (every < 0)
        every = getenv("FAKE_ESENT_FAIL_UPDATE") ? atoi(getenv("FAKE_ESENT_FAIL_UPDATE")) : 0;
    if (!cursor || !session)
        return JET_errInvalidTableId;
    if (!cursor->prepared)
        return JET_errUpdateNotPrepared;
    if (every > 0 && ++updates % (unsigned)every == 0)
        return JET_errWriteConflict;
    if (is_duplicate(cursor))
        return JET_errKeyDuplicate;
    if (is_insert(cursor->prep)) {
        cursor->copy.number = cursor->table->next_row++;
        if (session->level > 0)
            remember(session, cursor->table, cursor->copy.number, NULL);
    } else {
        Row *before = *row_at(cursor->table, cursor->copy.number);

        if (!before)
            return JET_errRecordDeleted;
        if (session->level > 0)
            remember(session, cursor->table, before->number, row_new(before));
        take_out(cursor->table, cursor->copy.number);
    }
    put_in(cursor->table, row_new(&cursor->copy));
    cursor->prepared = false;
    if (bookmark && size >= 8)
        memcpy(bookmark, &cursor->copy.number, 8);
    if (actual)
        *actual = 8;
    errno++;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetUpdate(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, uint32_t size,
                         uint32_t *actual)
{
    JET_ERR err = call_back(sesid, tableid);

    return err < 0 ? err : update(sesid, tableid, bookmark, size, actual);
}

PUBLIC JET_ERR JetUpdate2(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, uint32_t size,
                          uint32_t *actual, JET_GRBIT grbit)
{
    (void)grbit;
    return JetUpdate(sesid, tableid, bookmark, size, actual);
}

PUBLIC JET_ERR JetDelete(JET_SESID sesid, JET_TABLEID tableid)
{
    LOCKED;
    Cursor *cursor = cursor_at(tableid);
    Session *session = session_at(sesid);
    const Row *row;

    if (!cursor || !session)
        return JET_errInvalidTableId;
    row = *row_at(cursor->table, cursor->current);
    if (!row)
        return JET_errNoCurrentRecord;
    if (session->level > 0)
        remember(session, cursor->table, row->number, row_new(row));
    take_out(cursor->table, cursor->current);
    return JET_errSuccess;
}

PUBLIC JET_ERR JetRetrieveColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                                 void *data, uint32_t size, uint32_t *actual, JET_GRBIT grbit,
                                 JET_RETINFO *info)
{
    LOCKED;
    Cursor *cursor = cursor_at(tableid);
    uint32_t offset = info ? info->ibLongValue : 0, left;
    const Value *value;
    const Row *row;

    (void)sesid;
    errno = ENOMSG;
    if (!cursor || columnid < 1 || columnid > cursor->table->column_count)
        return JET_errInvalidTableId;
    row = (grbit & JET_bitRetrieveCopy) && cursor->prepared
              ? &cursor->copy
              : *row_at(cursor->table, cursor->current);
    if (!row)
        return JET_errNoCurrentRecord;
    value = &row->values[columnid - 1];
    if (!value->set) {
        if (actual)
            *actual = 0;
        return JET_wrnColumnNull;
    }
    left = offset < value->size ? value->size - offset : 0;
    if (actual)
        *actual = left;
    if (data && left > 0)
        memcpy(data, value->data + offset, left < size ? left : size);
    return left > size ? JET_wrnBufferTruncated : JET_errSuccess;
}

/* --- Navigation: in the order rows were written, and by the primary key --------------------- */

PUBLIC JET_ERR JetGetBookmark(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, uint32_t size,
                              uint32_t *actual)
{
    LOCKED;
    const Cursor *cursor = cursor_at(tableid);

    (void)sesid;
    if (!cursor || !*row_at(cursor->table, cursor->current))
        return JET_errNoCurrentRecord;
    if (size >= 8)
        memcpy(bookmark, &cursor->current, 8);
    if (actual)
        *actual = 8;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetGotoBookmark(JET_SESID sesid, JET_TABLEID tableid, void *bookmark, uint32_t size)
{
    LOCKED;
    Cursor *cursor = cursor_at(tableid);
    uint64_t number;

    (void)sesid;
    if (!cursor || size != 8)
        return JET_errInvalidBookmark;
    memcpy(&number, bookmark, 8);
    if (!*row_at(cursor->table, number))
        return JET_errRecordDeleted;
    cursor->current = number;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetMakeKey(JET_SESID sesid, JET_TABLEID tableid, const void *data, uint32_t size,
                          JET_GRBIT grbit)
{
    LOCKED;
    Cursor *cursor = cursor_at(tableid);

    (void)sesid, (void)grbit;
    if (!cursor || size > KEY_MAX)
        return JET_errInvalidTableId;
    memcpy(cursor->key, data, size);
    cursor->key_size = size;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetSeek(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit)
{
    LOCKED;
    Cursor *cursor = cursor_at(tableid);

    (void)sesid, (void)grbit;
    if (!cursor || cursor->table->primary < 0)
        return JET_errRecordNotFound;
    for (const Row *row = cursor->table->rows; row; row = row->next) {
        const Value *value = &row->values[cursor->table->primary];

        if (value->set && value->size == cursor->key_size &&
            memcmp(value->data, cursor->key, value->size) == 0) {
            cursor->current = row->number;
            return JET_errSuccess;
        }
    }
    return JET_errRecordNotFound;
}

/* JET_MoveFirst and 1 only: by row number. */
PUBLIC JET_ERR JetMove(JET_SESID sesid, JET_TABLEID tableid, int32_t rows, JET_GRBIT grbit)
{
    LOCKED;
    Cursor *cursor = cursor_at(tableid);
    uint64_t after, best = UINT64_MAX;

    (void)sesid, (void)grbit;
    if (!cursor)
        return JET_errInvalidTableId;
    after = rows == JET_MoveFirst ? 0 : cursor->current;
    for (const Row *row = cursor->table->rows; row; row = row->next)
        if (row->number > after && row->number < best)
            best = row->number;
    if (best == UINT64_MAX)
        return JET_errNoCurrentRecord;
    cursor->current = best;
    return JET_errSuccess;
}

PUBLIC JET_ERR JetSetCurrentIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR name)
{
    (void)sesid, (void)tableid;
    return name ? JET_errIndexNotFound : JET_errSuccess;
}
