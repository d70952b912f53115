/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-long.c - long values of 1 MB: written durably, one a commit, and read back. The engine
 * against bare LMDB that puts each as one value.
 */
#include <stdlib.h>
#include <string.h>

#include "ese-bench.h"

enum {
    SIZE = 1 << 20,
};

typedef struct {
    const Bench *bench;
    const EseSession *session;
    Raw *raw;
    uint8_t *value;
    uint64_t written, random;
} Load;

static double ours_write(void *context)
{
    Load *load = context;
    int count = load->bench->quick ? 20 : 50;
    double start = bench_now();

    for (int i = 0; i < count; i++, load->written++) {
        ese_begin(load->session);
        ese_insert(load->session, load->written, load->value, SIZE);
        ese_commit(load->session, false);
    }
    return count / (bench_now() - start);
}

static double raw_write(void *context)
{
    Load *load = context;
    int count = load->bench->quick ? 20 : 50;
    double start = bench_now();

    for (int i = 0; i < count; i++, load->written++) {
        MDB_txn *txn;

        MUST(mdb_txn_begin(load->raw->env, NULL, 0, &txn) == 0);
        raw_put(load->raw, txn, load->written, load->value, SIZE);
        MUST(mdb_txn_commit(txn) == 0);
    }
    return count / (bench_now() - start);
}

static uint64_t load_pick(Load *load)
{
    return bench_random(&load->random) % load->written;
}

static double ours_read(void *context)
{
    Load *load = context;
    int count = load->bench->quick ? 200 : 1000;
    double start = bench_now();

    for (int i = 0; i < count; i++) {
        ese_begin(load->session);
        ese_seek(load->session, load_pick(load));
        MUST(ese_retrieve(load->session, load->session->data, load->value, SIZE) == SIZE);
        ese_commit(load->session, false);
    }
    return count / (bench_now() - start);
}

static double raw_read(void *context)
{
    Load *load = context;
    int count = load->bench->quick ? 200 : 1000;
    double start = bench_now();

    for (int i = 0; i < count; i++) {
        RawKey key = raw_key(load_pick(load));
        MDB_val k = {sizeof key, &key}, v;
        MDB_txn *txn;

        MUST(mdb_txn_begin(load->raw->env, NULL, MDB_RDONLY, &txn) == 0);
        MUST(mdb_get(txn, load->raw->rows, &k, &v) == 0 && v.mv_size == SIZE);
        memcpy(load->value, v.mv_data, SIZE);
        mdb_txn_abort(txn);
    }
    return count / (bench_now() - start);
}

int main(int argc, char **argv)
{
    Bench bench;
    Ese ese;
    EseSession session;
    Raw raw;
    uint8_t *value = malloc(SIZE);

    MUST(value);
    for (size_t i = 0; i < SIZE; i++)
        value[i] = (uint8_t)(i * 2654435761u >> 13);
    bench_begin(&bench, argc, argv);
    ese_open(&bench, "ours", false, &ese);
    ese_session_open(&ese, &session);
    raw_open(&bench, "raw", &raw);
    Load our_load = {&bench, &session, NULL, value, 0, 1},
         raw_load = {&bench, NULL, &raw, value, 0, 1};
    bench_compare(&bench, "ese-long-1m-write", "values/s", ours_write, &our_load, "bare LMDB",
                  raw_write, &raw_load, ">= 0.9");
    bench_compare(&bench, "ese-long-1m-read", "values/s", ours_read, &our_load, "bare LMDB",
                  raw_read, &raw_load, ">= 0.9");
    ese_session_close(&session);
    ese_close(&ese);
    raw_close(&raw);
    bench_end(&bench);
    free(value);
    return 0;
}
