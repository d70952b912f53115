/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * board.h - the shared memory of supervisor, loader and workers: who does what, and the counts.
 *
 * All atomic, no locks: whoever is killed leaves nothing locked. Counts are made by the worker at
 * the moment of its answer, so they survive it.
 */
#ifndef SCANNER_BOARD_H
#define SCANNER_BOARD_H

#include <glib.h>
#include <stdatomic.h>

#include "libstorehook/protocol.h"
#include "scanner/common/log-batch.h"

enum {
    BOARD_WORKERS_MAX =
        64, /* of one loader; more cores than that share nothing with a mail store */
    BOARD_SLOTS = 2 * BOARD_WORKERS_MAX,              /* two loaders live while signatures change */
    BOARD_LATENCY_STEPS = 8,                          /* buckets for each doubling: 9 % wide */
    BOARD_LATENCY_BUCKETS = 28 * BOARD_LATENCY_STEPS, /* from 1 us to 4 minutes */
    BOARD_CLAIMS = 256, /* contents in flight; two of 64 workers rarely want the same place */
    BOARD_REASONS_MAX = 8
};

/* Why the service itself answered "not scanned". */
typedef enum {
    BOARD_UNSCANNED_ENGINE,    /* libclamav failed, or gave no proof */
    BOARD_UNSCANNED_TEMPORARY, /* the temporary directory */
    BOARD_UNSCANNED_CONTENT,   /* the content could not be read: not sealed, another size */
    BOARD_UNSCANNED_MEMORY,
    BOARD_UNSCANNED_LIMIT,     /* a limit was met, and the action lets such a content pass */
    BOARD_UNSCANNED_CONDEMNED, /* it killed two workers and is not tried again: condemned.h */
    BOARD_UNSCANNED_REASONS
} BoardUnscanned;

typedef struct {
    _Atomic gint pid;       /* 0: no worker here */
    _Atomic guint layers;   /* of its cage */
    _Atomic guint64 busy;   /* microseconds, monotonic: begin of the request in work; 0: idle */
    _Atomic guint64 end;    /* when it is to be killed; 0: never */
    _Atomic guint64 served; /* requests */
    _Atomic guint let_go;   /* 1: it works long, and may do so on any processor: lanes.h */
    /* The content that is being scanned, for whom to blame when the worker dies over it. */
    _Atomic guint64 digest[STOREHOOK_DIGEST_SIZE / sizeof(guint64)];
    _Atomic guint reading; /* the kind of its VerdictKey + 1; 0: none */
    LogBatch log;
} BoardWorker;

typedef struct {
    _Atomic guint64 requests;
    _Atomic guint64 verdicts[STOREHOOK_VERDICTS];
    _Atomic guint64 actions[STOREHOOK_ACTIONS];
    _Atomic guint64 unscanned[BOARD_REASONS_MAX]; /* by BoardUnscanned */
    _Atomic guint64 scans;                        /* libclamav was called for a whole content */
    _Atomic guint64 cache_hits;
    _Atomic guint64 bytes_scanned;
    _Atomic guint64 handed_over;       /* requests that came by a lane */
    _Atomic guint64 abandoned;         /* the client was gone before the work began */
    _Atomic guint64 refused;           /* datagrams that were no request, or from a stranger */
    _Atomic guint64 digest_mismatches; /* a row's digest was not that of its data */
    _Atomic guint64 log_lines_lost;
    _Atomic guint64 incidents_lost; /* found, acted upon, and not on record */
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
    BOARD_CLAIMED, /* this worker scans it; end with board_release() */
    BOARD_TWIN,    /* another worker is scanning it right now */
    BOARD_UNKNOWN  /* the place is taken by another content: scan without a claim */
} BoardClaim;

/* A memfd that children inherit (CLOEXEC is off only in the exec'd loader); -1 with errno. */
int board_create(void);
Board *board_map(int fd); /* NULL with errno */

/* Whether this worker is the one to scan the content with this mark (verdict-cache.h). */
BoardClaim board_claim(Board *board, guint slot, guint64 mark);
void board_release(Board *board, guint slot, guint64 mark);
/* All claims of a worker that is no more. */
void board_release_all(Board *board, guint slot);

/* A loader's signs of life, to be counted up while it works; a loader is known by its first slot.
 */
_Atomic guint64 *board_beats(Board *board, guint first_slot);

/* What a worker has under its hands; reading: see BoardWorker. */
void board_set_content(BoardWorker *worker, const guint8 *digest, guint reading);
void board_clear_content(BoardWorker *worker);
/* 0, or the reading with the digest. */
guint board_content(const BoardWorker *worker, guint8 ret_digest[STOREHOOK_DIGEST_SIZE]);

guint64 board_now(void); /* microseconds, CLOCK_MONOTONIC */
void board_count(_Atomic guint64 *counter);
void board_add_latency(BoardCounts *counts, guint64 microseconds);
/* Microseconds below which `share` (0..1) of all answers lie; 0 without any. */
guint64 board_latency(const BoardCounts *counts, double share);
const char *board_unscanned_name(BoardUnscanned reason);

#endif /* SCANNER_BOARD_H */
