/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-insert.c - durable commits of 64 rows of 1 KB with one secondary index: the engine against
 * bare LMDB that writes both trees.
 *
 * Rows come in the order of their numbers, their tags at random.
 */
#include <string.h>

#include "ese-bench.h"

enum {
    BATCH = 64,
};

typedef struct {
    const Bench *bench;
    const EseSession *session;
    Raw *raw;
    uint64_t number, random;
} Load;

static double ours(void *context)
{
    Load *load = context;
    uint8_t value[BENCH_1K_INSIDE];
    double start = bench_now(), end = start + (load->bench->quick ? 0.1 : 0.4);
    uint64_t done = 0;

    memset(value, 'x', sizeof value);
    for (; bench_now() < end; done += BATCH) {
        ese_begin(load->session);
        for (int i = 0; i < BATCH; i++)
            ese_insert_tagged(load->session, ++load->number, bench_random(&load->random) >> 1,
                              value, sizeof value);
        ese_commit(load->session, false);
    }
    return (double)done / (bench_now() - start);
}

static double theirs(void *context)
{
    Load *load = context;
    uint8_t value[BENCH_1K_INSIDE];
    double start = bench_now(), end = start + (load->bench->quick ? 0.1 : 0.4);
    uint64_t done = 0;

    memset(value, 'x', sizeof value);
    for (; bench_now() < end; done += BATCH) {
        MDB_txn *txn;

        MUST(mdb_txn_begin(load->raw->env, NULL, 0, &txn) == 0);
        for (int i = 0; i < BATCH; i++) {
            RawKey key = raw_key(++load->number), tag = raw_key(bench_random(&load->random) >> 1);

            raw_put(load->raw, txn, load->number, value, sizeof value);
            MUST(mdb_put(txn, load->raw->index, &(MDB_val){sizeof tag, &tag},
                         &(MDB_val){sizeof key, &key}, MDB_NODUPDATA) == 0);
        }
        MUST(mdb_txn_commit(txn) == 0);
    }
    return (double)done / (bench_now() - start);
}

int main(int argc, char **argv)
{
    Bench bench;
    Ese ese;
    EseSession session;
    Raw raw;

    bench_begin(&bench, argc, argv);
    ese_open(&bench, "ours", true, &ese);
    ese_session_open(&ese, &session);
    raw_open(&bench, "raw", &raw);
    Load our_load = {&bench, &session, NULL, 0, 1}, raw_load = {&bench, NULL, &raw, 0, 1};
    bench_compare(&bench, "ese-insert-64-indexed", "rows/s", ours, &our_load, "bare LMDB", theirs,
                  &raw_load, ">= 0.4");
    ese_session_close(&session);
    ese_close(&ese);
    raw_close(&raw);
    bench_end(&bench);
    return 0;
}
