/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-read.c - reading a table of a million rows inside one transaction: at random by key, and all
 * in order. The engine against bare LMDB, which copies the same bytes out.
 *
 * Three tables: values of 1 KB in their rows, the same just outside of them, and 100 bytes. Of the
 * smallest, a scan has no target: two calls a row, each with its handles checked and the session
 * entered, cost about 100 ns, where LMDB's step and the copy take 25.
 */
#include <stdio.h>
#include <string.h>

#include "ese-bench.h"

enum {
    BATCH = 1000,
};

typedef struct {
    const Bench *bench;
    EseSession session;
    Raw raw;
    uint64_t rows, random;
    size_t size;
    uint8_t value[BENCH_1K_OUTSIDE];
} Table;

static void table_fill(Table *table)
{
    memset(table->value, 'x', sizeof table->value);
    for (uint64_t number = 0; number < table->rows;) {
        MDB_txn *txn;

        MUST(mdb_txn_begin(table->raw.env, NULL, 0, &txn) == 0);
        ese_begin(&table->session);
        for (int i = 0; i < BATCH && number < table->rows; i++, number++) {
            ese_insert(&table->session, number, table->value, table->size);
            raw_put(&table->raw, txn, number, table->value, table->size);
        }
        ese_commit(&table->session, true);
        MUST(mdb_txn_commit(txn) == 0);
    }
}

/* --- By key ----------------------------------------------------------------------------- */

static double ours_by_key(void *context)
{
    Table *table = context;
    uint64_t count = table->rows / 10;
    double start = bench_now();

    ese_begin(&table->session);
    for (uint64_t i = 0; i < count; i++) {
        ese_seek(&table->session, bench_random(&table->random) % table->rows);
        MUST(ese_retrieve(&table->session, table->session.data, table->value,
                          sizeof table->value) == table->size);
    }
    ese_commit(&table->session, false);
    return (double)count / (bench_now() - start);
}

static double raw_by_key(void *context)
{
    Table *table = context;
    uint64_t count = table->rows / 10;
    double start = bench_now();
    MDB_txn *txn;

    MUST(mdb_txn_begin(table->raw.env, NULL, MDB_RDONLY, &txn) == 0);
    for (uint64_t i = 0; i < count; i++) {
        RawKey key = raw_key(bench_random(&table->random) % table->rows);
        MDB_val k = {sizeof key, &key}, v;

        MUST(mdb_get(txn, table->raw.rows, &k, &v) == 0 && v.mv_size == table->size);
        memcpy(table->value, v.mv_data, v.mv_size);
    }
    mdb_txn_abort(txn);
    return (double)count / (bench_now() - start);
}

/* --- In order --------------------------------------------------------------------------- */

static double ours_scan(void *context)
{
    Table *table = context;
    double start = bench_now();
    uint64_t count = 0;

    ese_begin(&table->session);
    JET_ERR error = JetMove(table->session.session, table->session.table, JET_MoveFirst, 0);
    for (; error >= 0; count++) {
        MUST(ese_retrieve(&table->session, table->session.data, table->value,
                          sizeof table->value) == table->size);
        error = JetMove(table->session.session, table->session.table, JET_MoveNext, 0);
    }
    MUST(error == JET_errNoCurrentRecord && count == table->rows);
    ese_commit(&table->session, false);
    return (double)count / (bench_now() - start);
}

static double raw_scan(void *context)
{
    Table *table = context;
    double start = bench_now();
    uint64_t count = 0;
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val k, v;

    MUST(mdb_txn_begin(table->raw.env, NULL, MDB_RDONLY, &txn) == 0);
    MUST(mdb_cursor_open(txn, table->raw.rows, &cursor) == 0);
    for (; mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0; count++)
        memcpy(table->value, v.mv_data, v.mv_size);
    MUST(count == table->rows);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return (double)count / (bench_now() - start);
}

static void table_measure(const Bench *bench, const char *name, size_t size, const char *seek,
                          const char *scan)
{
    Ese ese;
    Table table = {.bench = bench, .rows = bench->quick ? 50000 : 1000000, .random = 1};
    char bench_name[64];

    table.size = size;
    ese_open(bench, "ours", false, &ese);
    ese_session_open(&ese, &table.session);
    raw_open(bench, "raw", &table.raw);
    table_fill(&table);
    snprintf(bench_name, sizeof bench_name, "ese-read-by-key-%s", name);
    bench_compare(bench, bench_name, "rows/s", ours_by_key, &table, "bare LMDB", raw_by_key, &table,
                  seek);
    snprintf(bench_name, sizeof bench_name, "ese-scan-%s", name);
    bench_compare(bench, bench_name, "rows/s", ours_scan, &table, "bare LMDB", raw_scan, &table,
                  scan);
    ese_session_close(&table.session);
    ese_close(&ese);
    raw_close(&table.raw);
    static const char *const files[] = {"ours", "ours-lock", "raw", "raw-lock"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        bench_remove_file(bench, files[i]);
}

int main(int argc, char **argv)
{
    Bench bench;

    bench_begin(&bench, argc, argv);
    table_measure(&bench, "1k", BENCH_1K_INSIDE, ">= 0.5", ">= 0.3");
    table_measure(&bench, "1k-outside", BENCH_1K_OUTSIDE, "", "");
    table_measure(&bench, "100", 100, "", "");
    bench_end(&bench);
    return 0;
}
