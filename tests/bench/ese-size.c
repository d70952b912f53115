/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-size.c - how the cost of a call grows with the table: 10 thousand to 10 million rows of 100
 * bytes, the engine against bare LMDB.
 *
 * At each size rows are read at random by key inside one transaction, and replaced at random, 64 a
 * durable commit. The growth is the time of a call at this size over that at the smallest; it must
 * not be more than LMDB's own, but for 5 % that medians of the same run vary by.
 */
#include <stdio.h>
#include <string.h>

#include "ese-bench.h"

enum {
    SIZE = 100,
    FILL_BATCH = 10000,
    READS = 50000,
    REPLACE_BATCH = 64,
    REPLACE_COMMITS = 20,
};

typedef struct {
    EseSession session;
    Raw raw;
    uint64_t rows;
    uint64_t our_random, raw_random; /* the same rows for both */
    uint8_t value[SIZE];
} Table;

static void table_grow(Table *table, uint64_t rows)
{
    while (table->rows < rows) {
        MDB_txn *txn;

        MUST(mdb_txn_begin(table->raw.env, NULL, 0, &txn) == 0);
        ese_begin(&table->session);
        for (int i = 0; i < FILL_BATCH; i++, table->rows++) {
            ese_insert(&table->session, table->rows, table->value, SIZE);
            raw_put(&table->raw, txn, table->rows, table->value, SIZE);
        }
        ese_commit(&table->session, true);
        MUST(mdb_txn_commit(txn) == 0);
    }
}

static double ours_read(void *context)
{
    Table *table = context;
    double start = bench_now();

    ese_begin(&table->session);
    for (int i = 0; i < READS; i++) {
        ese_seek(&table->session, bench_random(&table->our_random) % table->rows);
        MUST(ese_retrieve(&table->session, table->session.data, table->value, SIZE) == SIZE);
    }
    ese_commit(&table->session, false);
    return READS / (bench_now() - start);
}

static double raw_read(void *context)
{
    Table *table = context;
    double start = bench_now();
    MDB_txn *txn;

    MUST(mdb_txn_begin(table->raw.env, NULL, MDB_RDONLY, &txn) == 0);
    for (int i = 0; i < READS; i++) {
        RawKey key = raw_key(bench_random(&table->raw_random) % table->rows);
        MDB_val k = {sizeof key, &key}, v;

        MUST(mdb_get(txn, table->raw.rows, &k, &v) == 0 && v.mv_size == SIZE);
        memcpy(table->value, v.mv_data, SIZE);
    }
    mdb_txn_abort(txn);
    return READS / (bench_now() - start);
}

static double ours_replace(void *context)
{
    Table *table = context;
    double start = bench_now();

    for (int i = 0; i < REPLACE_COMMITS; i++) {
        ese_begin(&table->session);
        for (int j = 0; j < REPLACE_BATCH; j++) {
            ese_seek(&table->session, bench_random(&table->our_random) % table->rows);
            ese_replace(&table->session, table->value, SIZE);
        }
        ese_commit(&table->session, false);
    }
    return REPLACE_COMMITS * REPLACE_BATCH / (bench_now() - start);
}

static double raw_replace(void *context)
{
    Table *table = context;
    double start = bench_now();

    for (int i = 0; i < REPLACE_COMMITS; i++) {
        MDB_txn *txn;

        MUST(mdb_txn_begin(table->raw.env, NULL, 0, &txn) == 0);
        for (int j = 0; j < REPLACE_BATCH; j++) {
            RawKey key = raw_key(bench_random(&table->raw_random) % table->rows);
            MDB_val k = {sizeof key, &key}, v = {SIZE, table->value};

            MUST(mdb_put(txn, table->raw.rows, &k, &v, 0) == 0);
        }
        MUST(mdb_txn_commit(txn) == 0);
    }
    return REPLACE_COMMITS * REPLACE_BATCH / (bench_now() - start);
}

/* Prints the rates at this size, and, against the smallest's, how the ratio has changed. */
static void measure(const Bench *bench, Table *table, const char *what, const char *size,
                    BenchRun *ours, BenchRun *theirs, double *smallest)
{
    char name[64];

    snprintf(name, sizeof name, "ese-size-%s-%s", what, size);
    double ratio =
        bench_compare(bench, name, "rows/s", ours, table, "bare LMDB", theirs, table, "");
    if (*smallest == 0) {
        *smallest = ratio;
        return;
    }
    snprintf(name, sizeof name, "ese-size-%s-%s-growth", what, size);
    bench_print(name, ratio, "x LMDB", "at 10 thousand", *smallest, *smallest / ratio, "<= 1.05");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        uint64_t rows;
    } sizes[] = {{"10k", 10000}, {"100k", 100000}, {"1m", 1000000}, {"10m", 10000000}};
    Bench bench;
    Ese ese;
    Table table = {.our_random = 1, .raw_random = 1};
    double read = 0, replace = 0;

    bench_begin(&bench, argc, argv);
    ese_open(&bench, "ours", false, &ese);
    ese_session_open(&ese, &table.session);
    raw_open(&bench, "raw", &table.raw);
    memset(table.value, 'x', sizeof table.value);
    for (size_t i = 0; i < (bench.quick ? 2 : sizeof sizes / sizeof *sizes); i++) {
        table_grow(&table, sizes[i].rows);
        measure(&bench, &table, "read", sizes[i].name, ours_read, raw_read, &read);
        measure(&bench, &table, "replace", sizes[i].name, ours_replace, raw_replace, &replace);
    }
    ese_session_close(&table.session);
    ese_close(&ese);
    raw_close(&table.raw);
    bench_end(&bench);
    return 0;
}
