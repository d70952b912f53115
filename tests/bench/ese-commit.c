/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-commit.c - durable commits of 1 KB: the store against raw LMDB and a bare group commit.
 *
 * usage: ese-commit [DIRECTORY [SECONDS]]
 *
 * Each figure is a ratio of two rates measured in the same run, in turns, median of the rounds;
 * one JSON line each. The reference leader does what any group commit over LMDB must do (queue,
 * one transaction for all that wait, wake them) and nothing else: no snapshots, locks or write
 * sets.
 */
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mailstore/ese/store.h"

enum {
    ROUNDS = 5,
    THREADS = 16,
    VALUE_SIZE = 1024
};

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "ese-commit: %s failed at line %d\n", #condition, __LINE__);           \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static char directory[4096];
static double seconds = 1.0;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

typedef struct Contender Contender;

struct Contender {
    void (*insert)(void *self, unsigned thread, const uint8_t key[16], const uint8_t *value);
    void *self;
};

typedef struct {
    const Contender *contender;
    unsigned thread;
    double end;
    uint64_t done;
} Runner;

/* Keys of a thread grow: object id, thread, counter, as the rows of a table of its own do. */
static _Atomic uint64_t counter;

static void *run(void *context)
{
    Runner *runner = context;
    uint8_t key[16] = {0, 0, 0, 7};
    uint8_t value[VALUE_SIZE];

    memset(value, 'x', sizeof value);
    while (now() < runner->end) {
        uint64_t number = __builtin_bswap64(++counter);

        key[7] = (uint8_t)runner->thread;
        memcpy(key + 8, &number, sizeof number);
        runner->contender->insert(runner->contender->self, runner->thread, key, value);
        runner->done++;
    }
    return NULL;
}

/* Commits a second with so many threads. */
static double rate(const Contender *contender, unsigned threads)
{
    pthread_t ids[THREADS];
    Runner runners[THREADS];
    double start = now();
    uint64_t done = 0;

    for (unsigned i = 0; i < threads; i++) {
        runners[i] = (Runner){contender, i, start + seconds, 0};
        MUST(pthread_create(&ids[i], NULL, run, &runners[i]) == 0);
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        done += runners[i].done;
    }
    return (double)done / (now() - start);
}

/* --- The store ------------------------------------------------------------------------ */

typedef struct {
    Store *store;
    Txn *txns[THREADS];
} Ours;

static void ours_insert(void *self, unsigned thread, const uint8_t key[16], const uint8_t *value)
{
    Ours *ours = self;
    Txn *txn = ours->txns[thread];

    MUST(txn_begin(txn, false) == JET_errSuccess);
    MUST(txn_insert(txn, TREE_ROWS, (Bytes){key, 16}, (Bytes){value, VALUE_SIZE}) ==
         JET_errSuccess);
    MUST(txn_commit(txn, false) == JET_errSuccess);
}

static void ours_open(Ours *ours)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/ours", directory);
    MUST(store_open(&(StoreOptions){.path = path, .create = true}, &ours->store) == JET_errSuccess);
    for (unsigned i = 0; i < THREADS; i++)
        MUST(txn_new(ours->store, &ours->txns[i]) == JET_errSuccess);
}

static void ours_close(Ours *ours)
{
    for (unsigned i = 0; i < THREADS; i++)
        txn_free(ours->txns[i]);
    store_close(ours->store);
}

/* --- Raw LMDB and the bare leader ------------------------------------------------------- */

typedef struct Waiter {
    struct Waiter *next;
    MDB_val key, value;
    enum {
        WAITS,
        LEADS,
        DONE
    } state;
    pthread_cond_t wake;
} Waiter;

typedef struct {
    MDB_env *env;
    MDB_dbi tree;
    pthread_mutex_t mutex;
    Waiter *first, *last;
    bool led;
    Waiter waiters[THREADS];
} Raw;

static void raw_open(Raw *raw)
{
    MDB_txn *txn;
    char path[4200];

    snprintf(path, sizeof path, "%s/raw", directory);
    MUST(mdb_env_create(&raw->env) == 0);
    MUST(mdb_env_set_mapsize(raw->env, (size_t)1 << 36) == 0);
    MUST(mdb_env_set_maxdbs(raw->env, 4) == 0);
    MUST(mdb_env_open(raw->env, path, MDB_NOSUBDIR, 0600) == 0);
    MUST(mdb_txn_begin(raw->env, NULL, 0, &txn) == 0);
    MUST(mdb_dbi_open(txn, "rows", MDB_CREATE, &raw->tree) == 0);
    MUST(mdb_txn_commit(txn) == 0);
    pthread_mutex_init(&raw->mutex, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_cond_init(&raw->waiters[i].wake, NULL);
}

static void raw_insert(void *self, unsigned thread, const uint8_t key[16], const uint8_t *value)
{
    Raw *raw = self;
    MDB_txn *txn;
    MDB_val k = {16, (void *)key}, v = {VALUE_SIZE, (void *)value};

    (void)thread;
    MUST(mdb_txn_begin(raw->env, NULL, 0, &txn) == 0);
    MUST(mdb_put(txn, raw->tree, &k, &v, MDB_NOOVERWRITE) == 0);
    MUST(mdb_txn_commit(txn) == 0);
}

static void bare_lead(Raw *raw)
{
    Waiter *group = raw->first, *next;
    MDB_txn *txn;

    raw->first = raw->last = NULL;
    pthread_mutex_unlock(&raw->mutex);
    MUST(mdb_txn_begin(raw->env, NULL, 0, &txn) == 0);
    for (Waiter *waiter = group; waiter; waiter = waiter->next)
        MUST(mdb_put(txn, raw->tree, &waiter->key, &waiter->value, MDB_NOOVERWRITE) == 0);
    MUST(mdb_txn_commit(txn) == 0);
    pthread_mutex_lock(&raw->mutex);
    if (raw->first) {
        raw->first->state = LEADS;
        pthread_cond_signal(&raw->first->wake);
    } else {
        raw->led = false;
    }
    for (Waiter *waiter = group; waiter; waiter = next) {
        next = waiter->next;
        waiter->state = DONE;
        pthread_cond_signal(&waiter->wake);
    }
}

static void bare_insert(void *self, unsigned thread, const uint8_t key[16], const uint8_t *value)
{
    Raw *raw = self;
    Waiter *waiter = &raw->waiters[thread];

    waiter->next = NULL;
    waiter->state = WAITS;
    waiter->key = (MDB_val){16, (void *)key};
    waiter->value = (MDB_val){VALUE_SIZE, (void *)value};
    pthread_mutex_lock(&raw->mutex);
    if (raw->last)
        raw->last->next = waiter;
    else
        raw->first = waiter;
    raw->last = waiter;
    if (!raw->led) {
        raw->led = true;
        waiter->state = LEADS;
    }
    while (waiter->state == WAITS)
        pthread_cond_wait(&waiter->wake, &raw->mutex);
    if (waiter->state == LEADS)
        bare_lead(raw);
    pthread_mutex_unlock(&raw->mutex);
}

/* --- Figures ---------------------------------------------------------------------------- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, compare_doubles);
    return values[ROUNDS / 2];
}

static void print(const char *bench, double value, double reference)
{
    printf("{\"bench\":\"%s\",\"value\":%.0f,\"reference\":%.0f,\"ratio\":%.3f}\n", bench, value,
           reference, value / reference);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    Ours ours;
    Raw raw = {0};
    double one[ROUNDS], raw_one[ROUNDS], many[ROUNDS], bare[ROUNDS];

    if (argc > 2)
        seconds = atof(argv[2]);
    snprintf(directory, sizeof directory, "%s/ese-commit-XXXXXX", argc > 1 ? argv[1] : "/tmp");
    MUST(mkdtemp(directory));
    ours_open(&ours);
    raw_open(&raw);
    const Contender ours_contender = {ours_insert, &ours}, raw_contender = {raw_insert, &raw},
                    bare_contender = {bare_insert, &raw};
    for (int i = 0; i < ROUNDS; i++) {
        raw_one[i] = rate(&raw_contender, 1);
        one[i] = rate(&ours_contender, 1);
        bare[i] = rate(&bare_contender, THREADS);
        many[i] = rate(&ours_contender, THREADS);
    }
    ours_close(&ours);
    mdb_env_close(raw.env);
    print("ese-commit-one-session-vs-lmdb", median(one), median(raw_one));
    print("ese-commit-16-threads-vs-one-session", median(many), median(one));
    print("ese-commit-16-threads-vs-bare-leader", median(many), median(bare));

    static const char *const names[] = {"ours", "ours-lock", "raw", "raw-lock"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[4200];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
    return 0;
}
