/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * storehook.h - what a program may ask of libstorehook.so.
 *
 * A store needs nothing of this: its record writes are judged because the library stands before
 * libesent. Here is the direct call for programs that have content but no JET store, and a report
 * of how this process is protected.
 *
 * Every function may be called by any thread at any time; one StorehookClient may be shared by
 * threads, but must not be freed while another uses it. Nothing here prints, exits, starts a thread
 * or touches signals. After fork the child makes a client of its own.
 */
#ifndef STOREHOOK_H
#define STOREHOOK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOREHOOK_PUBLIC __attribute__((visibility("default")))

typedef enum {
    STOREHOOK_VERDICT_CLEAN,
    STOREHOOK_VERDICT_INFECTED,
    STOREHOOK_VERDICT_BLOCKED,
    STOREHOOK_VERDICT_SUSPICIOUS,
    STOREHOOK_VERDICT_ENCRYPTED,
    STOREHOOK_VERDICT_AMBIGUOUS,
    STOREHOOK_VERDICT_NOT_FULLY_SCANNED,
    STOREHOOK_VERDICT_NOT_SCANNED,
    STOREHOOK_VERDICTS
} StorehookVerdictKind;

/* What is to be done with a content, a row or, at commit, a message. */
typedef enum {
    STOREHOOK_ACTION_PASS,    /* write it as it is */
    STOREHOOK_ACTION_REPLACE, /* write DATA / DIGEST / HEADER / NAME of the answer instead. Where
                                 the row is a message's text, DATA has the same length as before */
    STOREHOOK_ACTION_DROP,    /* at commit: delete what the transaction wrote for the message */
    STOREHOOK_ACTION_REFUSE,  /* JET_errPermissionDenied */
    STOREHOOK_ACTION_DEFER,   /* JET_errInstanceUnavailable */
    STOREHOOK_ACTIONS
} StorehookAction;

/* --- How this process is protected ------------------------------------------------- */

typedef enum {
    STOREHOOK_STATE_IDLE,          /* no store call yet, so nobody was asked */
    STOREHOOK_STATE_HOOKED,        /* record writes are judged */
    STOREHOOK_STATE_STOPPED,       /* switched off with `storehookctl stop` */
    STOREHOOK_STATE_NOT_YOU,       /* the service does not list this executable */
    STOREHOOK_STATE_NOT_CONNECTED, /* no service: writes pass and are counted */
    STOREHOOK_STATE_NO_STORE,      /* no store library behind this one: nothing to hook */
    STOREHOOK_STATE_FORKED,        /* forked from a hooked process: writes pass, uncounted */
    STOREHOOK_STATE_PARTLY_HOOKED  /* as hooked, but not the calls of another copy of the store
                                      library: seen with libstorehook-audit.so only */
} StorehookState;

typedef struct {
    StorehookState state;
    uint32_t originals_missing; /* of the interposed functions: how many the store lacks */
    uint64_t judged;            /* answers understood since the process began */
    uint64_t unscanned;         /* rows that passed without a verdict since then */
} StorehookStatus;

/* Asks nobody: what is known in this process. */
STOREHOOK_PUBLIC void storehook_status(StorehookStatus *ret);
/* One English word or phrase for a state or verdict; never NULL, never freed. */
STOREHOOK_PUBLIC const char *storehook_state_text(StorehookState state);
/* As storehook_state_text, of a verdict. */
STOREHOOK_PUBLIC const char *storehook_verdict_text(StorehookVerdictKind verdict);

/* --- A verdict on content that is in no JET store ------------------------------------ */

typedef struct StorehookClient StorehookClient;

enum {
    STOREHOOK_SCAN_BACKGROUND = 1 << 0, /* has time: goes after all others */
    STOREHOOK_SCAN_ON_ACCESS = 1 << 1   /* somebody waits to read it: goes after what stores write;
                                           not together with the other */
};

typedef struct {
    StorehookVerdictKind verdict;
    StorehookAction action; /* what the service's configuration says for this verdict: pass, refuse,
                               drop, or replace, by a notice that is the program's own; the service
                               keeps no copy of what it was only asked about */
    char name[256];         /* signature, rule, limit or reason; "" when clean */
    char type[128];         /* true type, a MIME type; "" when the service did not look */
} StorehookScan;

/*
 * socket: path of the service's socket, NULL for STOREHOOK_SOCKET of the environment, else
 * /run/storehook/scanner.sock. Connects at the first scan and again when the service was restarted.
 * 0, or -ENAMETOOLONG, -EINVAL (unknown flags), -ENOMEM.
 */
STOREHOOK_PUBLIC int storehook_client_new(const char *socket, unsigned flags,
                                          StorehookClient **ret);
/* Accepts and returns NULL. */
STOREHOOK_PUBLIC StorehookClient *storehook_client_free(StorehookClient *client);

/*
 * Asks for a verdict on `size` bytes. name: a file name as people see it (UTF-8), or NULL; it is
 * judged by the rules too. Blocks for timeout_ms at most, besides the time to copy the bytes where
 * there are many. 0 with the verdict in *ret, or -errno, and then the content has NOT been scanned
 * and *ret is untouched: -ECONNREFUSED (no service, or its queue full), -ETIMEDOUT, -ECONNRESET
 * (the scan crashed), -EPROTO (another version), -ENOMEM, -EMFILE. Zero with
 * STOREHOOK_VERDICT_NOT_SCANNED is the service saying that it could not.
 */
STOREHOOK_PUBLIC int storehook_scan(StorehookClient *client, const void *data, size_t size,
                                    const char *name, unsigned timeout_ms, StorehookScan *ret);
/*
 * The same for the whole of a regular file or memfd, whose offset is neither used nor moved. A
 * sealed memfd is passed on as it is, anything else is copied. Also -EINVAL (not a regular file),
 * -EFBIG (1 GiB or more) and read errors.
 */
STOREHOOK_PUBLIC int storehook_scan_descriptor(StorehookClient *client, int fd, const char *name,
                                               unsigned timeout_ms, StorehookScan *ret);

#ifdef __cplusplus
}
#endif

#endif /* STOREHOOK_H */
