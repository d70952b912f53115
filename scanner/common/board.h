/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * board.h - the shared memory of supervisor, loaders and workers: what each worker does, and the
 * counts.
 *
 * Everything is atomic and nothing is locked, so a process that is killed leaves no lock behind.
 * Workers count at the moment of their answer, so the counts survive them.
 */
#ifndef SCANNER_BOARD_H
#define SCANNER_BOARD_H

#include <glib.h>
#include <stdatomic.h>

#include "libstorehook/protocol.h"
#include "scanner/common/log-batch.h"

enum {
    BOARD_WORKERS_MAX = 64,              /* of one loader */
    BOARD_SLOTS = 2 * BOARD_WORKERS_MAX, /* there are two loaders while signatures change */
    BOARD_LATENCY_STEPS = 8,             /* buckets for each doubling of the time: 9 % wide */
    BOARD_LATENCY_BUCKETS = 28 * BOARD_LATENCY_STEPS, /* from 1 us to 4 minutes */
    BOARD_CLAIMS =
        256, /* places for contents being scanned; two of 64 workers rarely need the same */
    BOARD_REASONS_MAX = 8
};

/* Why the service itself answered "not scanned". */
typedef enum {
    BOARD_UNSCANNED_ENGINE,    /* libclamav failed, or did not prove that it scanned */
    BOARD_UNSCANNED_TEMPORARY, /* the temporary directory */
    BOARD_UNSCANNED_CONTENT,   /* the content could not be read: not sealed, another size */
    BOARD_UNSCANNED_MEMORY,
    BOARD_UNSCANNED_LIMIT,     /* a limit was reached, and the action lets such a content pass */
    BOARD_UNSCANNED_CONDEMNED, /* it killed two workers and is not tried again: condemned.h */
    BOARD_UNSCANNED_REASONS
} BoardUnscanned;

typedef struct {
    _Atomic gint pid;       /* 0: no worker here */
    _Atomic guint layers;   /* of its cage */
    _Atomic guint64 busy;   /* start of its request, board_now(); 0: idle */
    _Atomic guint64 end;    /* when it is to be killed; 0: never */
    _Atomic guint64 served; /* requests */
    _Atomic guint let_go;   /* 1: a long scan, which may use any processor: lanes.h */
    /* The content that is being judged, to be blamed if the worker dies of it. */
    _Atomic guint64 digest[STOREHOOK_DIGEST_SIZE / sizeof(guint64)];
    _Atomic guint reading; /* the kind of its VerdictKey + 1; 0: none */
    LogBatch log;
} BoardWorker;

typedef struct {
    _Atomic guint64 requests;
    _Atomic guint64 verdicts[STOREHOOK_VERDICTS];
    _Atomic guint64 actions[STOREHOOK_ACTIONS];
    _Atomic guint64 unscanned[BOARD_REASONS_MAX]; /* by BoardUnscanned */
    _Atomic guint64 scans;                        /* of whole contents by libclamav */
    _Atomic guint64 cache_hits;
    _Atomic guint64 bytes_scanned;
    _Atomic guint64 handed_over; /* requests that came by a lane */
    _Atomic guint64 abandoned;   /* the client had gone before the request was taken */
    _Atomic guint64 refused; /* datagrams that were no request, or from a user who may not ask */
    _Atomic guint64 digest_mismatches; /* the digest in a row was not that of its data */
    _Atomic guint64 log_lines_lost;
    _Atomic guint64 incidents_lost; /* found and acted upon, but not recorded */
    _Atomic guint64 workers_crashed, workers_timed_out, workers_starved, workers_retired;
    _Atomic guint64 latency[BOARD_LATENCY_BUCKETS];
    _Atomic guint64 latency_sum; /* microseconds */
} BoardCounts;

typedef struct {
    BoardCounts counts;
    BoardWorker workers[BOARD_SLOTS];
    _Atomic guint64 beats[2];             /* see board_beats() */
    _Atomic guint64 claims[BOARD_CLAIMS]; /* see board_claim() */
} Board;

typedef enum {
    BOARD_CLAIMED, /* this worker is to scan it; end with board_release() */
    BOARD_TWIN,    /* another worker is scanning the same content */
    BOARD_UNKNOWN  /* the place is taken by another content: scan without a claim */
} BoardClaim;

/* A memfd that children inherit (CLOEXEC is off only in the exec'd loader); -1 with errno. */
int board_create(void);
Board *board_map(int fd); /* NULL with errno */

/* Claims the content with this mark (verdict-cache.h) for this worker. */
BoardClaim board_claim(Board *board, guint slot, guint64 mark);
void board_release(Board *board, guint slot, guint64 mark);
/* Releases all claims of a worker that has ended. */
void board_release_all(Board *board, guint slot);

/* The loader's signs of life, which it counts up while it works. It is known by its first slot. */
_Atomic guint64 *board_beats(Board *board, guint first_slot);

/* Notes the content that a worker reads, until its request is answered; reading: see BoardWorker.
 */
void board_set_content(BoardWorker *worker, const guint8 *digest, guint reading);
void board_clear_content(BoardWorker *worker);
/* The reading, with the digest; 0: no content. */
guint board_content(const BoardWorker *worker, guint8 ret_digest[STOREHOOK_DIGEST_SIZE]);

guint64 board_now(void); /* microseconds, CLOCK_MONOTONIC */
void board_count(_Atomic guint64 *counter);
void board_add_latency(BoardCounts *counts, guint64 microseconds);
/* The time in microseconds in which `share` (0..1) of all answers was ready; 0 without any. */
guint64 board_latency(const BoardCounts *counts, double share);
const char *board_unscanned_name(BoardUnscanned reason);

#endif /* SCANNER_BOARD_H */
