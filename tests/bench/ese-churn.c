/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-churn.c - what a file grows to when 1 GB of values of 1 MB is deleted and written again, 20
 * rounds: the engine against bare LMDB that puts each as one value.
 *
 * Three ways: all deleted and then all written; one replaced a commit, in a random order; and so
 * with values of 2 KB to 2 MB, each of another size every time. The ratio is the size of the file
 * over that of the live data. LMDB needs free pages in a row for a value, the engine for a chunk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ese-bench.h"

enum {
    SIZE = 1 << 20,
    SIZE_MIN = 1 << 11,
    SIZE_DOUBLINGS = 10,
    VALUES = 1024,
    VALUES_QUICK = 64,
    ROUNDS = 20,
    ROUNDS_QUICK = 5,
};

typedef struct {
    const EseSession *session; /* or */
    Raw *raw;
    MDB_txn *txn; /* of `raw` */
    unsigned values;
    uint8_t *value; /* of the largest size */
    bool mixed;
    double live; /* bytes */
    size_t sizes[VALUES];
    uint64_t random;
} Side;

static void side_begin(Side *side)
{
    if (side->raw)
        MUST(mdb_txn_begin(side->raw->env, NULL, 0, &side->txn) == 0);
    else
        ese_begin(side->session);
}

static void side_commit(const Side *side)
{
    if (side->raw)
        MUST(mdb_txn_commit(side->txn) == 0);
    else
        ese_commit(side->session, true);
}

/* As many of 2 to 4 KB as of 1 to 2 MB. */
static size_t pick_size(uint64_t *random)
{
    size_t size = (size_t)SIZE_MIN << bench_random(random) % SIZE_DOUBLINGS;

    return size + bench_random(random) % size;
}

static void side_write(Side *side, uint64_t number)
{
    size_t size = side->mixed ? pick_size(&side->random) : SIZE;

    side->sizes[number] = size;
    side->live += (double)size;
    if (side->raw)
        raw_put(side->raw, side->txn, number, side->value, size);
    else
        ese_insert(side->session, number, side->value, size);
}

static void side_delete(Side *side, uint64_t number)
{
    side->live -= (double)side->sizes[number];
    if (side->raw) {
        RawKey key = raw_key(number);
        MUST(mdb_del(side->txn, side->raw->rows, &(MDB_val){sizeof key, &key}, NULL) == 0);
        return;
    }
    ese_seek(side->session, number);
    JET_MUST(JetDelete(side->session->session, side->session->table));
}

static void round_all(Side *side)
{
    for (uint64_t number = 0; number < side->values; number++) {
        side_begin(side);
        side_delete(side, number);
        side_commit(side);
    }
    for (uint64_t number = 0; number < side->values; number++) {
        side_begin(side);
        side_write(side, number);
        side_commit(side);
    }
}

static void round_one_by_one(Side *side)
{
    uint64_t order[VALUES];

    for (unsigned i = 0; i < side->values; i++) {
        unsigned at = (unsigned)(bench_random(&side->random) % (i + 1));
        order[i] = order[at];
        order[at] = i;
    }
    for (unsigned i = 0; i < side->values; i++) {
        side_begin(side);
        side_delete(side, order[i]);
        side_write(side, order[i]);
        side_commit(side);
    }
}

/* The size of the file over that of what is in it. */
static double churn(const Bench *bench, Side *side, void (*round)(Side *side), const char *file)
{
    unsigned rounds = bench->quick ? ROUNDS_QUICK : ROUNDS;

    for (uint64_t number = 0; number < side->values; number++) {
        side_begin(side);
        side_write(side, number);
        side_commit(side);
    }
    for (unsigned i = 0; i < rounds; i++)
        round(side);
    return bench_file_size(bench, file) / side->live;
}

static void measure(const Bench *bench, const char *name, void (*round)(Side *side), bool mixed,
                    uint8_t *value)
{
    Ese ese;
    EseSession session;
    Raw raw;
    unsigned values = bench->quick ? VALUES_QUICK : VALUES;
    Side ours = {.session = &session, .values = values, .value = value, .random = 1};
    Side theirs = {.raw = &raw, .values = values, .value = value, .random = 1};

    ours.mixed = theirs.mixed = mixed;

    ese_open(bench, "ours", false, &ese);
    ese_session_open(&ese, &session);
    double own = churn(bench, &ours, round, "ours");
    ese_session_close(&session);
    ese_close(&ese);
    bench_remove_file(bench, "ours");
    bench_remove_file(bench, "ours-lock");

    raw_open(bench, "raw", &raw);
    /* Where pages go does not depend on when they are synced. */
    MUST(mdb_env_set_flags(raw.env, MDB_NOSYNC, 1) == 0);
    double other = churn(bench, &theirs, round, "raw");
    raw_close(&raw);
    bench_remove_file(bench, "raw");
    bench_remove_file(bench, "raw-lock");
    bench_print(name, own, "x live data", "bare LMDB", other, own, "<= 1.3");
}

int main(int argc, char **argv)
{
    Bench bench;
    uint8_t *value = malloc(2 * SIZE);

    MUST(value);
    memset(value, 'x', 2 * SIZE);
    bench_begin(&bench, argc, argv);
    measure(&bench, "ese-churn-all", round_all, false, value);
    measure(&bench, "ese-churn-one-by-one", round_one_by_one, false, value);
    measure(&bench, "ese-churn-mixed", round_one_by_one, true, value);
    bench_end(&bench);
    free(value);
    return 0;
}
