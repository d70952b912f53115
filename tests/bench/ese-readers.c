/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-readers.c - what readers lose while one session commits durably: the engine's readers
 * against those of bare LMDB.
 *
 * Two readers take a new snapshot every hundred rows of 1 KB at random. The writer inserts rows of
 * 1 KB, one a commit, as often a second in both: what a reader loses to a writer that is faster is
 * not the engine's doing.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ese-bench.h"

enum {
    READERS = 2,
    SESSIONS = READERS + 1, /* the last is the writer's */
    ROWS = 100000,
    PER_SNAPSHOT = 100,
    COMMITS_A_SECOND = 500,
};

typedef struct Side Side;

struct Side {
    void (*read)(const Side *side, unsigned reader, uint64_t *random, uint8_t *value);
    void (*write)(const Side *side, uint64_t number, const uint8_t *value);
    EseSession sessions[SESSIONS];
    Raw *raw;
    uint64_t written;
    double seconds;
    atomic_bool stop;
};

static void ours_read(const Side *side, unsigned reader, uint64_t *random, uint8_t *value)
{
    const EseSession *session = &side->sessions[reader];

    ese_begin(session);
    for (int i = 0; i < PER_SNAPSHOT; i++) {
        ese_seek(session, bench_random(random) % ROWS);
        MUST(ese_retrieve(session, session->data, value, BENCH_1K_INSIDE) == BENCH_1K_INSIDE);
    }
    ese_commit(session, false);
}

static void ours_write(const Side *side, uint64_t number, const uint8_t *value)
{
    const EseSession *session = &side->sessions[READERS];

    ese_begin(session);
    ese_insert(session, number, value, BENCH_1K_INSIDE);
    ese_commit(session, false);
}

static void raw_read(const Side *side, unsigned reader, uint64_t *random, uint8_t *value)
{
    MDB_txn *txn;

    (void)reader;
    MUST(mdb_txn_begin(side->raw->env, NULL, MDB_RDONLY, &txn) == 0);
    for (int i = 0; i < PER_SNAPSHOT; i++) {
        RawKey key = raw_key(bench_random(random) % ROWS);
        MDB_val k = {sizeof key, &key}, v;

        MUST(mdb_get(txn, side->raw->rows, &k, &v) == 0);
        memcpy(value, v.mv_data, v.mv_size);
    }
    mdb_txn_abort(txn);
}

static void raw_write(const Side *side, uint64_t number, const uint8_t *value)
{
    MDB_txn *txn;

    MUST(mdb_txn_begin(side->raw->env, NULL, 0, &txn) == 0);
    raw_put(side->raw, txn, number, value, BENCH_1K_INSIDE);
    MUST(mdb_txn_commit(txn) == 0);
}

typedef struct {
    Side *side;
    unsigned number;
    uint64_t done;
} Runner;

static void *run_reader(void *context)
{
    Runner *runner = context;
    uint64_t random = runner->number + 1;
    uint8_t value[BENCH_1K_INSIDE];

    while (!atomic_load_explicit(&runner->side->stop, memory_order_relaxed)) {
        runner->side->read(runner->side, runner->number, &random, value);
        runner->done += PER_SNAPSHOT;
    }
    return NULL;
}

static void sleep_until(double when)
{
    struct timespec t = {(time_t)when, (long)((when - (double)(time_t)when) * 1e9)};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void *run_writer(void *context)
{
    Runner *runner = context;
    Side *side = runner->side;
    uint8_t value[BENCH_1K_INSIDE];
    double due = bench_now();

    memset(value, 'x', sizeof value);
    while (!atomic_load_explicit(&side->stop, memory_order_relaxed)) {
        side->write(side, side->written++, value);
        runner->done++;
        due += 1.0 / COMMITS_A_SECOND;
        if (due > bench_now())
            sleep_until(due);
    }
    return NULL;
}

/* Rows read a second; *ret_writes: commits a second. */
static double rate(Side *side, bool with_writer, double *ret_writes)
{
    pthread_t ids[SESSIONS];
    Runner runners[SESSIONS];
    unsigned threads = with_writer ? SESSIONS : READERS;
    double start = bench_now();
    uint64_t done = 0;

    atomic_store(&side->stop, false);
    for (unsigned i = 0; i < threads; i++) {
        runners[i] = (Runner){side, i, 0};
        MUST(pthread_create(&ids[i], NULL, i == READERS ? run_writer : run_reader, &runners[i]) ==
             0);
    }
    sleep_until(start + side->seconds);
    atomic_store(&side->stop, true);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    double took = bench_now() - start;
    for (unsigned i = 0; i < READERS; i++)
        done += runners[i].done;
    *ret_writes = with_writer ? (double)runners[READERS].done / took : 0;
    return (double)done / took;
}

/* Per cent of the readers' rate that is gone while the writer writes. */
static double loss(Side *side, double *ret_writes)
{
    double none, alone = rate(side, false, &none), beside = rate(side, true, ret_writes);

    return 100 * (1 - beside / alone);
}

static void fill(const Side *side)
{
    uint8_t value[BENCH_1K_INSIDE];

    memset(value, 'x', sizeof value);
    for (uint64_t number = 0; number < ROWS;) {
        MDB_txn *txn = NULL;

        if (side->raw)
            MUST(mdb_txn_begin(side->raw->env, NULL, 0, &txn) == 0);
        else
            ese_begin(&side->sessions[0]);
        for (int i = 0; i < 1000; i++, number++)
            if (side->raw)
                raw_put(side->raw, txn, number, value, sizeof value);
            else
                ese_insert(&side->sessions[0], number, value, sizeof value);
        if (side->raw)
            MUST(mdb_txn_commit(txn) == 0);
        else
            ese_commit(&side->sessions[0], true);
    }
}

int main(int argc, char **argv)
{
    Bench bench;
    Ese ese;
    Raw raw;
    double own[BENCH_ROUNDS_MAX], other[BENCH_ROUNDS_MAX], difference[BENCH_ROUNDS_MAX];
    double own_writes[BENCH_ROUNDS_MAX], other_writes[BENCH_ROUNDS_MAX];

    bench_begin(&bench, argc, argv);
    ese_open(&bench, "ours", false, &ese);
    raw_open(&bench, "raw", &raw);
    Side ours = {ours_read, ours_write, .written = ROWS},
         theirs = {raw_read, raw_write, .raw = &raw, .written = ROWS};
    ours.seconds = theirs.seconds = bench.quick ? 0.1 : 0.5;
    for (unsigned i = 0; i < SESSIONS; i++)
        ese_session_open(&ese, &ours.sessions[i]);
    fill(&ours);
    fill(&theirs);
    for (unsigned i = 0; i < bench.rounds; i++) {
        own[i] = loss(&ours, &own_writes[i]);
        other[i] = loss(&theirs, &other_writes[i]);
        difference[i] = own[i] - other[i];
    }
    bench_print("ese-readers-loss", bench_median(own, bench.rounds), "% of the rate", "bare LMDB",
                bench_median(other, bench.rounds), bench_median(difference, bench.rounds), "<= 10");
    bench_print("ese-readers-writer", bench_median(own_writes, bench.rounds), "commits/s",
                "bare LMDB", bench_median(other_writes, bench.rounds),
                bench_median(own_writes, bench.rounds) / bench_median(other_writes, bench.rounds),
                "");
    for (unsigned i = 0; i < SESSIONS; i++)
        ese_session_close(&ours.sessions[i]);
    ese_close(&ese);
    raw_close(&raw);
    bench_end(&bench);
    return 0;
}
