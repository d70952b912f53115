/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loader-handle.h - the supervisor's end of one loader and its workers.
 */
#ifndef SCANNER_LOADER_HANDLE_H
#define SCANNER_LOADER_HANDLE_H

#include "scanner/common/channel.h"
#include "scanner/common/config.h"
#include "scanner/common/lanes.h"

typedef enum {
    LOADER_STARTING,
    LOADER_READY,
    LOADER_DRAINING
} LoaderState;

/* What a loader that is ready said about its signatures. */
typedef struct {
    char version[64];    /* of all that a verdict depends on */
    char signatures[64]; /* of the signature files */
    char source[256];    /* their directory */
    guint64 count;
    gint64 newest; /* seconds since 1970 */
    gboolean bundled;
} LoaderSignatures;

/* A worker that died. */
typedef struct {
    guint slot;
    pid_t pid;
    const char *reason;
    const guint8 *digest; /* of the content that is condemned now, or NULL */
    guint reading;        /* VerdictCacheKind + 1 */
} LoaderLoss;

typedef struct LoaderHandle LoaderHandle;

/* All are called from the main loop. After `ended` the handle is freed. */
typedef struct {
    void (*ready)(LoaderHandle *loader, gpointer user_data);
    void (*ended)(LoaderHandle *loader, const char *reason, gpointer user_data);
    void (*worker_lost)(LoaderHandle *loader, const LoaderLoss *loss, gpointer user_data);
    /* A message of a worker; `answer` is its socket. */
    void (*worker_said)(ChannelMessage *message, int answer, gpointer user_data);
    gpointer user_data;
} LoaderCallbacks;

/* Borrowed descriptors, copied into the loader. */
typedef struct {
    int store, access, background, board, cache, log;
    int allow, deny; /* -1: none */
    Lanes lanes;
    const char *temp_directory;
    gboolean uses_kept; /* load the signatures that were last good: see loader.h */
} LoaderShared;

/* NULL with G_FILE_ERROR when the process cannot be started. */
LoaderHandle *loader_handle_start(const ScannerConfig *config, const LoaderShared *shared,
                                  guint first_slot, const LoaderCallbacks *callbacks,
                                  GError **error);
/* Kills the loader if it is alive, without a callback. Accepts and returns NULL. */
LoaderHandle *loader_handle_free(LoaderHandle *loader);

/* After `ready`, once the stored verdicts for its signatures are in the cache: lets it fork its
 * workers. */
void loader_handle_serve(LoaderHandle *loader);
/* Lets the workers finish their requests; `ended` follows. */
void loader_handle_drain(LoaderHandle *loader);
/* To be called once a second with the loader's beats (board.h). TRUE when they have not changed in
 * too many calls; the count then starts again. Time in which the caller itself was stopped does not
 * count. */
gboolean loader_handle_is_silent(LoaderHandle *loader, guint64 beats);
/* Kills it and, with it, its workers; `ended` follows. */
void loader_handle_kill(LoaderHandle *loader);
pid_t loader_handle_pid(const LoaderHandle *loader);
guint loader_handle_first_slot(const LoaderHandle *loader);
const LoaderSignatures *loader_handle_signatures(const LoaderHandle *loader);

#endif /* SCANNER_LOADER_HANDLE_H */
