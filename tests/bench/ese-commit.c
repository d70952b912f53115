/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-commit.c - durable commits of a row of 1 KB: the engine against bare LMDB and a bare group
 * commit.
 *
 * The reference leader does what any group commit over LMDB must do (queue, one transaction for
 * all that wait, wake them) and nothing else: no snapshots, locks or write sets.
 */
#include <pthread.h>
#include <string.h>

#include "ese-bench.h"

enum {
    THREADS = 16,
};

typedef struct {
    void (*insert)(void *self, unsigned thread, uint64_t number, const uint8_t *value);
    void *self;
    unsigned threads;
    double seconds;
} Contender;

typedef struct {
    const Contender *contender;
    unsigned thread;
    double end;
    uint64_t done;
} Runner;

static _Atomic uint64_t counter;

/* Numbers of a thread grow, as those of the messages of one mailbox do. */
static void *run(void *context)
{
    Runner *runner = context;
    uint8_t value[BENCH_1K_INSIDE];

    memset(value, 'x', sizeof value);
    while (bench_now() < runner->end) {
        runner->contender->insert(runner->contender->self, runner->thread,
                                  (uint64_t)runner->thread << 48 | ++counter, value);
        runner->done++;
    }
    return NULL;
}

/* Commits a second. */
static double rate(void *context)
{
    const Contender *contender = context;
    pthread_t ids[THREADS];
    Runner runners[THREADS];
    double start = bench_now();
    uint64_t done = 0;

    for (unsigned i = 0; i < contender->threads; i++) {
        runners[i] = (Runner){contender, i, start + contender->seconds, 0};
        MUST(pthread_create(&ids[i], NULL, run, &runners[i]) == 0);
    }
    for (unsigned i = 0; i < contender->threads; i++) {
        pthread_join(ids[i], NULL);
        done += runners[i].done;
    }
    return (double)done / (bench_now() - start);
}

/* A session belongs to the thread that uses it; the cursors are opened before. */
static void ours_insert(void *self, unsigned thread, uint64_t number, const uint8_t *value)
{
    const EseSession *session = (const EseSession *)self + thread;

    ese_begin(session);
    ese_insert(session, number, value, BENCH_1K_INSIDE);
    ese_commit(session, false);
}

/* --- Bare LMDB and the bare leader ------------------------------------------------------ */

static void raw_insert(void *self, unsigned thread, uint64_t number, const uint8_t *value)
{
    Raw *raw = self;
    MDB_txn *txn;

    (void)thread;
    MUST(mdb_txn_begin(raw->env, NULL, 0, &txn) == 0);
    raw_put(raw, txn, number, value, BENCH_1K_INSIDE);
    MUST(mdb_txn_commit(txn) == 0);
}

typedef struct Waiter {
    struct Waiter *next;
    uint64_t number;
    const uint8_t *value;
    enum {
        WAITS,
        LEADS,
        DONE
    } state;
    pthread_cond_t wake;
} Waiter;

typedef struct {
    Raw *raw;
    pthread_mutex_t mutex;
    Waiter *first, *last;
    bool led;
    Waiter waiters[THREADS];
} Bare;

static void bare_lead(Bare *bare)
{
    Waiter *group = bare->first, *next;
    MDB_txn *txn;

    bare->first = bare->last = NULL;
    pthread_mutex_unlock(&bare->mutex);
    MUST(mdb_txn_begin(bare->raw->env, NULL, 0, &txn) == 0);
    for (Waiter *waiter = group; waiter; waiter = waiter->next)
        raw_put(bare->raw, txn, waiter->number, waiter->value, BENCH_1K_INSIDE);
    MUST(mdb_txn_commit(txn) == 0);
    pthread_mutex_lock(&bare->mutex);
    if (bare->first) {
        bare->first->state = LEADS;
        pthread_cond_signal(&bare->first->wake);
    } else {
        bare->led = false;
    }
    for (Waiter *waiter = group; waiter; waiter = next) {
        next = waiter->next;
        waiter->state = DONE;
        pthread_cond_signal(&waiter->wake);
    }
}

static void bare_insert(void *self, unsigned thread, uint64_t number, const uint8_t *value)
{
    Bare *bare = self;
    Waiter *waiter = &bare->waiters[thread];

    waiter->next = NULL;
    waiter->state = WAITS;
    waiter->number = number;
    waiter->value = value;
    pthread_mutex_lock(&bare->mutex);
    if (bare->last)
        bare->last->next = waiter;
    else
        bare->first = waiter;
    bare->last = waiter;
    if (!bare->led) {
        bare->led = true;
        waiter->state = LEADS;
    }
    while (waiter->state == WAITS)
        pthread_cond_wait(&waiter->wake, &bare->mutex);
    if (waiter->state == LEADS)
        bare_lead(bare);
    pthread_mutex_unlock(&bare->mutex);
}

/* --- Figures ---------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    Bench bench;
    Ese ese;
    EseSession sessions[THREADS];
    Raw raw;
    Bare bare = {.raw = &raw, .mutex = PTHREAD_MUTEX_INITIALIZER};

    bench_begin(&bench, argc, argv);
    ese_open(&bench, "ours", false, &ese);
    raw_open(&bench, "raw", &raw);
    for (unsigned i = 0; i < THREADS; i++) {
        ese_session_open(&ese, &sessions[i]);
        pthread_cond_init(&bare.waiters[i].wake, NULL);
    }
    double seconds = bench.quick ? 0.1 : 0.4;
    Contender ours_one = {ours_insert, sessions, 1, seconds};
    Contender ours_many = {ours_insert, sessions, THREADS, seconds};
    Contender raw_one = {raw_insert, &raw, 1, seconds};
    Contender bare_many = {bare_insert, &bare, THREADS, seconds};

    bench_compare(&bench, "ese-commit-one-session", "commits/s", rate, &ours_one, "bare LMDB", rate,
                  &raw_one, ">= 0.8");
    bench_compare(&bench, "ese-commit-16-threads", "commits/s", rate, &ours_many, "our one session",
                  rate, &ours_one, ">= 4");
    bench_compare(&bench, "ese-commit-16-threads-vs-leader", "commits/s", rate, &ours_many,
                  "bare group commit", rate, &bare_many, ">= 0.85");

    for (unsigned i = 0; i < THREADS; i++)
        ese_session_close(&sessions[i]);
    ese_close(&ese);
    raw_close(&raw);
    bench_end(&bench);
    return 0;
}
