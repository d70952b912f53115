/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * board.c - maps the shared memory, counts in it and reads its histogram.
 *
 * Creating and mapping fail with errno; counting cannot fail.
 *
 * Known limit: a worker that was taken over can write anything here. The supervisor reads only
 * numbers from the board, never sizes, addresses or texts.
 */
#include "scanner/common/board.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

G_STATIC_ASSERT((int)BOARD_UNSCANNED_REASONS <= (int)BOARD_REASONS_MAX);

int board_create(void)
{
    int fd = memfd_create("storehook-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return -1;
    if (ftruncate(fd, sizeof(Board)) < 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

Board *board_map(int fd)
{
    void *memory = mmap(NULL, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

/* A claim is the mark with slot + 1 of its owner in the lowest byte; 0: no claim. */
#define CLAIM_OWNER ((guint64)0xff)

G_STATIC_ASSERT(BOARD_SLOTS < 255);

static guint64 claim_of(guint slot, guint64 mark)
{
    return (mark & ~CLAIM_OWNER) | (slot + 1);
}

static _Atomic guint64 *claim_place(Board *board, guint64 mark)
{
    return &board->claims[(mark >> 8) % BOARD_CLAIMS];
}

BoardClaim board_claim(Board *board, guint slot, guint64 mark)
{
    guint64 there = 0;

    if (atomic_compare_exchange_strong(claim_place(board, mark), &there, claim_of(slot, mark)))
        return BOARD_CLAIMED;
    return (there & ~CLAIM_OWNER) == (mark & ~CLAIM_OWNER) ? BOARD_TWIN : BOARD_UNKNOWN;
}

void board_release(Board *board, guint slot, guint64 mark)
{
    guint64 mine = claim_of(slot, mark);

    (void)atomic_compare_exchange_strong(claim_place(board, mark), &mine, 0);
}

void board_release_all(Board *board, guint slot)
{
    for (guint i = 0; i < BOARD_CLAIMS; i++) {
        guint64 there = atomic_load(&board->claims[i]);

        if ((there & CLAIM_OWNER) == slot + 1)
            (void)atomic_compare_exchange_strong(&board->claims[i], &there, 0);
    }
}

_Atomic guint64 *board_beats(Board *board, guint first_slot)
{
    return &board->beats[first_slot / BOARD_WORKERS_MAX];
}

void board_set_content(BoardWorker *worker, const guint8 *digest, guint reading)
{
    guint64 words[G_N_ELEMENTS(worker->digest)];

    memcpy(words, digest, sizeof(words));
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        atomic_store_explicit(&worker->digest[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&worker->reading, reading, memory_order_release);
}

void board_clear_content(BoardWorker *worker)
{
    atomic_store_explicit(&worker->reading, 0, memory_order_release);
}

guint board_content(const BoardWorker *worker, guint8 ret_digest[STOREHOOK_DIGEST_SIZE])
{
    guint reading = atomic_load_explicit(&worker->reading, memory_order_acquire);
    guint64 words[G_N_ELEMENTS(worker->digest)];

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        words[i] = atomic_load_explicit(&worker->digest[i], memory_order_relaxed);
    memcpy(ret_digest, words, sizeof(words));
    return reading;
}

guint64 board_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (guint64)now.tv_sec * 1000000 + (guint64)now.tv_nsec / 1000;
}

void board_count(_Atomic guint64 *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Eight buckets for each power of two, by the three bits after the leading one. */
static guint latency_bucket(guint64 microseconds)
{
    guint power, step, bucket;

    if (microseconds < BOARD_LATENCY_STEPS)
        return (guint)microseconds;
    power = 63 - (guint)__builtin_clzll(microseconds);
    step = (guint)(microseconds >> (power - 3)) & (BOARD_LATENCY_STEPS - 1);
    bucket = (power - 2) * BOARD_LATENCY_STEPS + step;
    return MIN(bucket, BOARD_LATENCY_BUCKETS - 1);
}

/* The upper end of a bucket. */
static guint64 latency_of_bucket(guint bucket)
{
    guint power = bucket / BOARD_LATENCY_STEPS + 2;
    guint step = bucket % BOARD_LATENCY_STEPS;

    if (bucket < BOARD_LATENCY_STEPS)
        return bucket;
    return ((guint64)(BOARD_LATENCY_STEPS + step + 1) << (power - 3)) - 1;
}

void board_add_latency(BoardCounts *counts, guint64 microseconds)
{
    board_count(&counts->latency[latency_bucket(microseconds)]);
    atomic_fetch_add_explicit(&counts->latency_sum, microseconds, memory_order_relaxed);
}

guint64 board_latency(const BoardCounts *counts, double share)
{
    guint64 all = 0, seen = 0;

    for (guint i = 0; i < BOARD_LATENCY_BUCKETS; i++)
        all += counts->latency[i];
    for (guint i = 0; i < BOARD_LATENCY_BUCKETS; i++) {
        seen += counts->latency[i];
        if (all > 0 && (double)seen >= share * (double)all)
            return latency_of_bucket(i);
    }
    return 0;
}

const char *board_unscanned_name(BoardUnscanned reason)
{
    static const char *const names[BOARD_UNSCANNED_REASONS] = {
        [BOARD_UNSCANNED_ENGINE] = "engine",   [BOARD_UNSCANNED_TEMPORARY] = "temporary-directory",
        [BOARD_UNSCANNED_CONTENT] = "content", [BOARD_UNSCANNED_MEMORY] = "memory",
        [BOARD_UNSCANNED_LIMIT] = "limit",     [BOARD_UNSCANNED_CONDEMNED] = "condemned",
    };

    return reason < BOARD_UNSCANNED_REASONS ? names[reason] : "unknown";
}
