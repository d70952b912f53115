/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-host.c - see store-host.h. Anything unexpected aborts the test.
 */
#include "tests/preload/store-host.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/preload/fake-service.h"

bool host_digest_is_secondary;

static JET_INSTANCE instance;
static JET_DBID database;

typedef struct {
    const char *name;
    JET_COLTYP type;
    JET_GRBIT grbit;
} Spec;

static const struct {
    const char *name, *key;
    Spec columns[10];
} specs[HOST_TABLES] = {
    [HOST_MESSAGES] = {"messages",
                       "id",
                       {{"id", JET_coltypCurrency, JET_bitColumnFixed | JET_bitColumnAutoincrement},
                        {"text", JET_coltypLongBinary, 0},
                        {"sender", JET_coltypLongBinary, 0},
                        {"recipients", JET_coltypLongBinary, 0},
                        {"subject", JET_coltypLongBinary, 0},
                        {"marks", JET_coltypLongBinary, 0}}},
    [HOST_ATTACHMENTS] = {"attachments",
                          "id",
                          {{"id", JET_coltypCurrency,
                            JET_bitColumnFixed | JET_bitColumnAutoincrement},
                           {"message", JET_coltypCurrency, JET_bitColumnFixed},
                           {"name", JET_coltypLongBinary, 0},
                           {"header", JET_coltypLongBinary, 0},
                           {"digest", JET_coltypBinary, 0},
                           {"offset", JET_coltypCurrency, JET_bitColumnFixed},
                           {"encoding", JET_coltypText, 0},
                           {"title", JET_coltypLongText, 0}}},
    [HOST_CONTENTS] = {"contents",
                       "digest",
                       {{"digest", JET_coltypBinary, 0}, {"data", JET_coltypLongBinary, 0}}},
    [HOST_ENTRIES] = {"entries",
                      "id",
                      {{"id", JET_coltypCurrency, JET_bitColumnFixed | JET_bitColumnAutoincrement},
                       {"message", JET_coltypCurrency, JET_bitColumnFixed},
                       {"folder", JET_coltypCurrency, JET_bitColumnFixed},
                       {"uid", JET_coltypLong, JET_bitColumnFixed}}},
    [HOST_FOLDERS] = {"folders",
                      "id",
                      {{"id", JET_coltypCurrency, JET_bitColumnFixed},
                       {"name", JET_coltypLongBinary, 0},
                       {"kind", JET_coltypLong, JET_bitColumnFixed},
                       {"mailbox", JET_coltypCurrency, JET_bitColumnFixed}}},
    [HOST_MAILBOXES] = {"mailboxes",
                        "id",
                        {{"id", JET_coltypCurrency, JET_bitColumnFixed},
                         {"name", JET_coltypLongBinary, 0}}},
    [HOST_OTHER] = {"other",
                    "id",
                    {{"id", JET_coltypCurrency, JET_bitColumnFixed | JET_bitColumnAutoincrement},
                     {"data", JET_coltypLongBinary, 0}}},
};

static void create_table(Host *host, HostTable table)
{
    JET_COLUMNCREATE columns[10] = {0};
    char key[64], index_name[] = "key", number_name[] = "by number", number_key[] = "+number\0",
                  number_column[] = "number";
    bool by_number = table == HOST_CONTENTS && host_digest_is_secondary;
    JET_INDEXCREATE2 indexes[] = {
        {.cbStruct = sizeof(indexes[0]),
         .szIndexName = index_name,
         .szKey = key,
         .cbKey = (uint32_t)strlen(specs[table].key) + 3,
         .grbit = by_number ? JET_bitIndexUnique : JET_bitIndexPrimary | JET_bitIndexUnique,
         .ulDensity = 100},
        {.cbStruct = sizeof(indexes[0]),
         .szIndexName = number_name,
         .szKey = number_key,
         .cbKey = sizeof(number_key),
         .grbit = JET_bitIndexPrimary,
         .ulDensity = 100},
    };
    JET_TABLECREATE3 create = {.cbStruct = sizeof(create),
                               .szTableName = (char *)(uintptr_t)specs[table].name,
                               .ulDensity = 100,
                               .rgcolumncreate = columns,
                               .rgindexcreate = indexes,
                               .cIndexes = by_number ? 2 : 1};
    JET_ERR err;

    memset(key, 0, sizeof(key));
    snprintf(key, sizeof(key), "+%s", specs[table].key);
    for (; create.cColumns < 10 && specs[table].columns[create.cColumns].name; create.cColumns++) {
        const Spec *spec = &specs[table].columns[create.cColumns];

        columns[create.cColumns] =
            (JET_COLUMNCREATE){.cbStruct = sizeof(columns[0]),
                               .szColumnName = (char *)(uintptr_t)spec->name,
                               .coltyp = spec->type,
                               .grbit = spec->grbit,
                               .cp = spec->type == JET_coltypText       ? 1252
                                     : spec->type == JET_coltypLongText ? 1200
                                                                        : 0};
    }
    if (by_number)
        columns[create.cColumns++] = (JET_COLUMNCREATE){.cbStruct = sizeof(columns[0]),
                                                        .szColumnName = number_column,
                                                        .coltyp = JET_coltypCurrency,
                                                        .grbit = JET_bitColumnAutoincrement};
    err = JetCreateTableColumnIndex3(host->sesid, database, &create);
    if (err < 0)
        fprintf(stderr, "create %s: %d\n", specs[table].name, err);
    assert(err >= 0);
    JetCloseTable(host->sesid, create.tableid);
}

void host_open_tables(Host *host)
{
    for (unsigned i = 0; i < HOST_TABLES; i++)
        assert(JetOpenTable(host->sesid, host->database, specs[i].name, NULL, 0, 0,
                            &host->tables[i]) >= 0);
}

static void fill(Host *host)
{
    uint64_t id = 7, mailbox = 3;
    uint32_t kind = 1;
    const HostColumn folder[] = {
        {"id", &id, 8}, {"name", "INBOX", 5}, {"kind", &kind, 4}, {"mailbox", &mailbox, 8}};
    const HostColumn box[] = {{"id", &mailbox, 8}, {"name", "anna", 4}};

    assert(host_insert(host, HOST_FOLDERS, folder, 4, NULL) == 0);
    assert(host_insert(host, HOST_MAILBOXES, box, 2, NULL) == 0);
}

void host_open(Host *host, const char *directory)
{
    char path[256];
    bool is_first = instance == 0;

    snprintf(path, sizeof(path), "%s/store-%d.db", directory, (int)getpid());
    if (is_first) {
        assert(JetCreateInstance(&instance, "host") >= 0);
        assert(JetInit(&instance) >= 0);
    }
    assert(JetBeginSession(instance, &host->sesid, NULL, NULL) >= 0);
    if (is_first) {
        JET_ERR err = JetCreateDatabase(host->sesid, path, NULL, &database, 0);

        if (err < 0)
            fprintf(stderr, "create %s: %d\n", path, err);
        assert(err >= 0);
        for (unsigned i = 0; i < HOST_TABLES; i++)
            create_table(host, (HostTable)i);
    }
    host->database = database;
    host_open_tables(host);
    if (is_first)
        fill(host);
}

void host_close(Host *host)
{
    assert(JetEndSession(host->sesid, 0) >= 0);
}

void host_end(void)
{
    JetTerm(instance);
    instance = 0;
}

JET_INSTANCE host_instance(void)
{
    return instance;
}

JET_COLUMNID host_column(Host *host, HostTable table, const char *name)
{
    JET_COLUMNDEF definition = {.cbStruct = sizeof(definition)};

    assert(JetGetTableColumnInfo(host->sesid, host->tables[table], name, &definition,
                                 sizeof(definition), JET_ColInfo) >= 0);
    return definition.columnid;
}

JET_ERR host_insert(Host *host, HostTable table, const HostColumn *columns, size_t count,
                    uint64_t *ret_id)
{
    JET_TABLEID tableid = host->tables[table];
    JET_ERR err;

    err = JetPrepareUpdate(host->sesid, tableid, JET_prepInsert);
    assert(err >= 0);
    for (size_t i = 0; i < count; i++) {
        err = JetSetColumn(host->sesid, tableid, host_column(host, table, columns[i].name),
                           columns[i].data, (uint32_t)columns[i].size, 0, NULL);
        assert(err >= 0);
    }
    if (ret_id)
        assert(JetRetrieveColumn(host->sesid, tableid, host_column(host, table, "id"), ret_id, 8,
                                 NULL, JET_bitRetrieveCopy, NULL) >= 0);
    err = JetUpdate(host->sesid, tableid, NULL, 0, NULL);
    if (err < 0)
        JetPrepareUpdate(host->sesid, tableid, JET_prepCancel);
    return err;
}

unsigned host_count(Host *host, HostTable table)
{
    unsigned count = 0;

    for (JET_ERR err = JetMove(host->sesid, host->tables[table], JET_MoveFirst, 0); err >= 0;
         err = JetMove(host->sesid, host->tables[table], JET_MoveNext, 0))
        count++;
    return count;
}

long host_read(Host *host, HostTable table, unsigned n, const char *column, void *data, size_t size)
{
    uint32_t actual = 0;
    JET_ERR err = JetMove(host->sesid, host->tables[table], JET_MoveFirst, 0);

    while (n-- > 0 && err >= 0)
        err = JetMove(host->sesid, host->tables[table], JET_MoveNext, 0);
    if (err < 0)
        return -1;
    err = JetRetrieveColumn(host->sesid, host->tables[table], host_column(host, table, column),
                            data, (uint32_t)size, &actual, 0, NULL);
    return err == JET_errSuccess || err == JET_wrnBufferTruncated ? (long)actual : -1;
}

const char *host_text(Host *host, HostTable table, unsigned n, const char *column)
{
    static char text[8][1024];
    static unsigned turn;
    char *ret = text[turn++ % 8];
    long size = host_read(host, table, n, column, ret, sizeof(text[0]) - 1);

    assert(size >= 0 && size < (long)sizeof(text[0]));
    ret[size] = '\0';
    return ret;
}

JET_ERR host_set_first(Host *host, HostTable table, const char *column, const void *data,
                       uint32_t size)
{
    JET_TABLEID tableid = host->tables[table];
    JET_ERR err;

    assert(JetMove(host->sesid, tableid, JET_MoveFirst, 0) >= 0);
    assert(JetPrepareUpdate(host->sesid, tableid, JET_prepReplace) >= 0);
    assert(JetSetColumn(host->sesid, tableid, host_column(host, table, column), data, size, 0,
                        NULL) >= 0);
    err = JetUpdate(host->sesid, tableid, NULL, 0, NULL);
    if (err < 0)
        JetPrepareUpdate(host->sesid, tableid, JET_prepCancel);
    return err;
}

static JET_ERR insert_contents(Host *host, const HostMessage *message)
{
    JET_ERR err = 0;

    for (unsigned i = 0; message->parts && message->parts[i] && err >= 0; i += 2) {
        const char *data = message->parts[i];
        unsigned char digest[STOREHOOK_DIGEST_SIZE];
        const HostColumn columns[] = {{"digest", digest, sizeof(digest)},
                                      {"data", data, strlen(data)}};

        fake_digest(data, strlen(data), digest);
        err = host_insert(host, HOST_CONTENTS, columns, 2, NULL);
        if (err == JET_errKeyDuplicate)
            err = 0;
    }
    return err;
}

static JET_ERR insert_links(Host *host, const HostMessage *message, uint64_t id)
{
    JET_ERR err = 0;

    for (unsigned i = 0; message->parts && message->parts[i] && err >= 0; i += 2) {
        const char *data = message->parts[i], *name = message->parts[i + 1];
        unsigned char digest[STOREHOOK_DIGEST_SIZE];
        uint64_t offset = 10 + i;
        char header[600];
        const HostColumn columns[] = {{"message", &id, 8},    {"name", name, strlen(name)},
                                      {"header", header, 0},  {"digest", digest, 32},
                                      {"offset", &offset, 8}, {"encoding", "identity", 8}};
        HostColumn copy[6];

        snprintf(header, sizeof(header), "Content-Type: x/y; name=%s\r\n\r\n", name);
        memcpy(copy, columns, sizeof(copy));
        copy[2].size = strlen(header);
        fake_digest(data, strlen(data), digest);
        err = host_insert(host, HOST_ATTACHMENTS, copy, 6, NULL);
    }
    return err;
}

static JET_ERR insert_message(Host *host, const HostMessage *message, uint64_t *ret_id)
{
    const HostColumn columns[] = {{"text", message->text, strlen(message->text)},
                                  {"sender", "eve@example.org", 15},
                                  {"recipients", "anna@example.org", 16},
                                  {"subject", "hello", 5}};

    return host_insert(host, HOST_MESSAGES, columns, 4, ret_id);
}

JET_ERR host_deliver(Host *host, const HostMessage *message, uint64_t *ret_message)
{
    uint64_t id = 0;
    JET_ERR err = JetBeginTransaction(host->sesid);

    assert(err >= 0);
    if (!message->links_first)
        err = insert_contents(host, message);
    if (err >= 0)
        err = insert_message(host, message, &id);
    if (err >= 0)
        err = insert_links(host, message, id);
    if (err >= 0 && message->links_first)
        err = insert_contents(host, message);
    if (err >= 0)
        err = JetCommitTransaction(host->sesid, 0);
    if (err < 0)
        assert(JetRollback(host->sesid, JET_bitRollbackAll) >= 0);
    *ret_message = id;
    return err;
}

JET_ERR host_link(Host *host, uint64_t message, uint64_t folder, uint32_t uid)
{
    const HostColumn columns[] = {
        {"message", &message, 8}, {"folder", &folder, 8}, {"uid", &uid, 4}};
    JET_ERR err = JetBeginTransaction(host->sesid);

    assert(err >= 0);
    err = host_insert(host, HOST_ENTRIES, columns, 3, NULL);
    if (err >= 0)
        err = JetCommitTransaction(host->sesid, 0);
    if (err < 0)
        JetRollback(host->sesid, JET_bitRollbackAll);
    return err;
}
