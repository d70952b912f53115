/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-bench.c - what the benches of the store engine share.
 */
#include "ese-bench.h"

#include <dirent.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    ROUNDS = 15, /* short ones: the disk has moods of seconds */
    ROUNDS_QUICK = 5,
    VERSION_PAGES = 8192, /* of 64 KB: what one transaction may hold */
};

_Noreturn void bench_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s failed\n", file, line, what);
    exit(1);
}

static void path_of(const Bench *bench, const char *name, char path[static 4200])
{
    snprintf(path, 4200, "%s/%s", bench->directory, name);
}

void bench_begin(Bench *bench, int argc, char **argv)
{
    const char *parent = "/var/tmp";

    *bench = (Bench){.rounds = ROUNDS};
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--quick") == 0) {
            bench->quick = true;
            bench->rounds = ROUNDS_QUICK;
        } else {
            parent = argv[i];
        }
    snprintf(bench->directory, sizeof bench->directory, "%s/ese-bench-XXXXXX", parent);
    MUST(mkdtemp(bench->directory));
}

void bench_end(Bench *bench)
{
    DIR *directory = opendir(bench->directory);

    MUST(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.')
            bench_remove_file(bench, entry->d_name);
    closedir(directory);
    MUST(rmdir(bench->directory) == 0);
}

double bench_file_size(const Bench *bench, const char *name)
{
    char path[4200];
    struct stat status;

    path_of(bench, name, path);
    MUST(stat(path, &status) == 0);
    return (double)status.st_size;
}

void bench_remove_file(const Bench *bench, const char *name)
{
    char path[4200];

    path_of(bench, name, path);
    MUST(unlink(path) == 0);
}

double bench_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

uint64_t bench_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_median(const double *values, unsigned count)
{
    double sorted[BENCH_ROUNDS_MAX];

    MUST(count > 0 && count <= BENCH_ROUNDS_MAX);
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

void bench_print(const char *name, double value, const char *unit, const char *reference,
                 double reference_value, double ratio, const char *target)
{
    printf("{\"bench\":\"%s\",\"value\":%.4g,\"unit\":\"%s\",\"reference\":\"%s\","
           "\"reference_value\":%.4g,\"ratio\":%.3f,\"target\":\"%s\"}\n",
           name, value, unit, reference, reference_value, ratio, target);
    fflush(stdout);
}

double bench_compare(const Bench *bench, const char *name, const char *unit, BenchRun *ours,
                     void *ours_context, const char *reference, BenchRun *theirs,
                     void *theirs_context, const char *target)
{
    double own[BENCH_ROUNDS_MAX], other[BENCH_ROUNDS_MAX], ratios[BENCH_ROUNDS_MAX];

    for (unsigned i = 0; i < bench->rounds; i++) {
        if (i % 2 == 0)
            other[i] = theirs(theirs_context);
        own[i] = ours(ours_context);
        if (i % 2 == 1)
            other[i] = theirs(theirs_context);
        ratios[i] = own[i] / other[i];
    }
    double ratio = bench_median(ratios, bench->rounds);
    bench_print(name, bench_median(own, bench->rounds), unit, reference,
                bench_median(other, bench->rounds), ratio, target);
    return ratio;
}

/* --- Bare LMDB ------------------------------------------------------------------------- */

void raw_open(const Bench *bench, const char *name, Raw *ret)
{
    MDB_txn *txn;
    char path[4200];

    path_of(bench, name, path);
    MUST(mdb_env_create(&ret->env) == 0);
    MUST(mdb_env_set_mapsize(ret->env, (size_t)1 << 35) == 0);
    MUST(mdb_env_set_maxdbs(ret->env, 2) == 0);
    MUST(mdb_env_open(ret->env, path, MDB_NOSUBDIR | MDB_NOTLS, 0600) == 0);
    MUST(mdb_txn_begin(ret->env, NULL, 0, &txn) == 0);
    MUST(mdb_dbi_open(txn, "rows", MDB_CREATE, &ret->rows) == 0);
    MUST(mdb_dbi_open(txn, "index", MDB_CREATE | MDB_DUPSORT, &ret->index) == 0);
    MUST(mdb_txn_commit(txn) == 0);
}

void raw_close(Raw *raw)
{
    mdb_env_close(raw->env);
}

RawKey raw_key(uint64_t number)
{
    RawKey key;

    number = htobe64(number);
    memcpy(key.bytes, &number, sizeof key.bytes);
    return key;
}

void raw_put(Raw *raw, MDB_txn *txn, uint64_t number, const void *data, size_t size)
{
    RawKey key = raw_key(number);
    MDB_val k = {sizeof key, &key}, v = {size, (void *)data};

    MUST(mdb_put(txn, raw->rows, &k, &v, MDB_NOOVERWRITE) == 0);
}

/* --- The engine ------------------------------------------------------------------------ */

static void ese_make_table(JET_SESID session, JET_DBID database, bool with_index)
{
    JET_COLUMNCREATE columns[] = {
        {.cbStruct = sizeof *columns,
         .szColumnName = (char *)"number",
         .coltyp = JET_coltypCurrency},
        {.cbStruct = sizeof *columns, .szColumnName = (char *)"tag", .coltyp = JET_coltypCurrency},
        {.cbStruct = sizeof *columns,
         .szColumnName = (char *)"data",
         .coltyp = JET_coltypLongBinary},
    };
    JET_INDEXCREATE indexes[] = {
        {.cbStruct = sizeof *indexes,
         .szIndexName = (char *)"by_number",
         .szKey = (char *)"+number\0",
         .cbKey = sizeof "+number\0",
         .grbit = JET_bitIndexPrimary},
        {.cbStruct = sizeof *indexes,
         .szIndexName = (char *)"by_tag",
         .szKey = (char *)"+tag\0",
         .cbKey = sizeof "+tag\0"},
    };
    JET_TABLECREATE2 table = {.cbStruct = sizeof table,
                              .szTableName = (char *)"rows",
                              .rgcolumncreate = columns,
                              .cColumns = 3,
                              .rgindexcreate = indexes,
                              .cIndexes = with_index ? 2 : 1};
    JET_MUST(JetCreateTableColumnIndex2(session, database, &table));
    JET_MUST(JetCloseTable(session, table.tableid));
}

void ese_open(const Bench *bench, const char *name, bool with_index, Ese *ret)
{
    JET_SESID session;
    JET_DBID database;

    path_of(bench, name, ret->path);
    JET_MUST(JetCreateInstance(&ret->instance, name));
    JET_MUST(JetSetSystemParameter(&ret->instance, 0, JET_paramMaxVerPages, VERSION_PAGES, NULL));
    JET_MUST(JetSetSystemParameter(&ret->instance, 0, JET_paramMaxSessions, 64, NULL));
    JET_MUST(JetInit(&ret->instance));
    JET_MUST(JetBeginSession(ret->instance, &session, NULL, NULL));
    JET_MUST(JetCreateDatabase(session, ret->path, NULL, &database, 0));
    ese_make_table(session, database, with_index);
    JET_MUST(JetEndSession(session, 0));
}

void ese_close(Ese *ese)
{
    JET_MUST(JetTerm(ese->instance));
}

static JET_COLUMNID column_id(const EseSession *session, const char *name)
{
    JET_COLUMNDEF definition;

    JET_MUST(JetGetTableColumnInfo(session->session, session->table, name, &definition,
                                   sizeof definition, JET_ColInfo));
    return definition.columnid;
}

void ese_session_open(const Ese *ese, EseSession *ret)
{
    JET_MUST(JetBeginSession(ese->instance, &ret->session, NULL, NULL));
    JET_MUST(JetOpenDatabase(ret->session, ese->path, NULL, &ret->database, 0));
    JET_MUST(JetOpenTable(ret->session, ret->database, "rows", NULL, 0, 0, &ret->table));
    ret->number = column_id(ret, "number");
    ret->tag = column_id(ret, "tag");
    ret->data = column_id(ret, "data");
}

void ese_session_close(EseSession *session)
{
    JET_MUST(JetEndSession(session->session, 0));
}

void ese_begin(const EseSession *session)
{
    JET_MUST(JetBeginTransaction(session->session));
}

void ese_commit(const EseSession *session, bool lazy)
{
    JET_MUST(JetCommitTransaction(session->session, lazy ? JET_bitCommitLazyFlush : 0));
}

static void ese_set(const EseSession *session, JET_COLUMNID column, const void *data, size_t size)
{
    JET_MUST(JetSetColumn(session->session, session->table, column, data, (uint32_t)size, 0, NULL));
}

void ese_insert(const EseSession *session, uint64_t number, const void *data, size_t size)
{
    JET_MUST(JetPrepareUpdate(session->session, session->table, JET_prepInsert));
    ese_set(session, session->number, &number, sizeof number);
    ese_set(session, session->data, data, size);
    JET_MUST(JetUpdate(session->session, session->table, NULL, 0, NULL));
}

void ese_insert_tagged(const EseSession *session, uint64_t number, uint64_t tag, const void *data,
                       size_t size)
{
    JET_MUST(JetPrepareUpdate(session->session, session->table, JET_prepInsert));
    ese_set(session, session->number, &number, sizeof number);
    ese_set(session, session->tag, &tag, sizeof tag);
    ese_set(session, session->data, data, size);
    JET_MUST(JetUpdate(session->session, session->table, NULL, 0, NULL));
}

void ese_replace(const EseSession *session, const void *data, size_t size)
{
    JET_MUST(JetPrepareUpdate(session->session, session->table, JET_prepReplace));
    ese_set(session, session->data, data, size);
    JET_MUST(JetUpdate(session->session, session->table, NULL, 0, NULL));
}

void ese_seek(const EseSession *session, uint64_t number)
{
    JET_MUST(JetMakeKey(session->session, session->table, &number, sizeof number, JET_bitNewKey));
    JET_MUST(JetSeek(session->session, session->table, JET_bitSeekEQ));
}

uint32_t ese_retrieve(const EseSession *session, JET_COLUMNID column, void *data, size_t size)
{
    uint32_t actual;

    JET_MUST(JetRetrieveColumn(session->session, session->table, column, data, (uint32_t)size,
                               &actual, 0, NULL));
    return actual;
}
