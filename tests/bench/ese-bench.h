/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ese-bench.h - what the benches of the store engine share: a directory, a table behind the JET
 * API and the same trees in bare LMDB, turns, medians and the JSON line of a figure.
 *
 * A bench is "NAME [--quick] [DIRECTORY]". It exits 1 with a message when a call fails.
 */
#ifndef TESTS_BENCH_ESE_BENCH_H
#define TESTS_BENCH_ESE_BENCH_H

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "mailstore/ese/esent.h"

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            bench_fail(#condition, __FILE__, __LINE__);                                            \
    } while (0)
#define JET_MUST(call) MUST((call) >= 0)

enum {
    /* A row of 1 KB; a value over 1023 bytes lives outside its row. */
    BENCH_1K_INSIDE = 1000,
    BENCH_1K_OUTSIDE = 1024,
    BENCH_ROUNDS_MAX = 21,
};

_Noreturn void bench_fail(const char *what, const char *file, int line);

typedef struct {
    char directory[4096];
    bool quick;
    unsigned rounds;
} Bench;

void bench_begin(Bench *bench, int argc, char **argv);
/* Removes the directory with all files in it. */
void bench_end(Bench *bench);
/* The size of a file of the directory in bytes. */
double bench_file_size(const Bench *bench, const char *name);
void bench_remove_file(const Bench *bench, const char *name);

double bench_now(void);
/* xorshift64*; *state is not 0. */
uint64_t bench_random(uint64_t *state);
double bench_median(const double *values, unsigned count);

/* One line. `target` is of the ratio, ">= 0.5" or "<= 1.3"; "" for none. */
void bench_print(const char *name, double value, const char *unit, const char *reference,
                 double reference_value, double ratio, const char *target);

/* Runs both in turns; each returns its rate. Prints the medians and the median of the rounds'
 * ratios, and returns that. */
typedef double BenchRun(void *context);
double bench_compare(const Bench *bench, const char *name, const char *unit, BenchRun *ours,
                     void *ours_context, const char *reference, BenchRun *theirs,
                     void *theirs_context, const char *target);

/* --- Bare LMDB ------------------------------------------------------------------------- */

typedef struct {
    MDB_env *env;
    MDB_dbi rows, index; /* index: tag -> key, MDB_DUPSORT */
} Raw;

void raw_open(const Bench *bench, const char *name, Raw *ret);
void raw_close(Raw *raw);
/* The 8 bytes of a key or a tag, in order. */
typedef struct {
    uint8_t bytes[8];
} RawKey;
RawKey raw_key(uint64_t number);
void raw_put(Raw *raw, MDB_txn *txn, uint64_t number, const void *data, size_t size);

/* --- The engine ------------------------------------------------------------------------ */

typedef struct {
    JET_INSTANCE instance;
    char path[4200];
} Ese;

/* A session with a cursor of the one table: `number` (primary index), `data`, and, if the table
 * has the index, `tag`. */
typedef struct {
    JET_SESID session;
    JET_DBID database;
    JET_TABLEID table;
    JET_COLUMNID number, data, tag;
} EseSession;

void ese_open(const Bench *bench, const char *name, bool with_index, Ese *ret);
void ese_close(Ese *ese);
void ese_session_open(const Ese *ese, EseSession *ret);
void ese_session_close(EseSession *session);
void ese_begin(const EseSession *session);
void ese_commit(const EseSession *session, bool lazy);
void ese_insert(const EseSession *session, uint64_t number, const void *data, size_t size);
void ese_insert_tagged(const EseSession *session, uint64_t number, uint64_t tag, const void *data,
                       size_t size);
/* Of the current row. */
void ese_replace(const EseSession *session, const void *data, size_t size);
void ese_seek(const EseSession *session, uint64_t number);
/* Returns how many bytes there are. */
uint32_t ese_retrieve(const EseSession *session, JET_COLUMNID column, void *data, size_t size);

#endif
