/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker.h - a caged process that answers requests until it is told to stop or has served enough of
 * them.
 */
#ifndef SCANNER_WORKER_H
#define SCANNER_WORKER_H

#include "scanner/common/lanes.h"
#include "scanner/judge/judge.h"

typedef struct {
    const ScannerConfig *config;
    const FilterRules *rules;
    const MacroRules *macro_rules;
    Engine *engine;
    FileTyper *typer;
    VerdictCache *cache;
    Board *board;
    const AllowView *allow, *deny;
    const GArray *users; /* of uid_t; empty: anybody */
    const char *version, *signatures;
    guint slot;
    const char *temp_directory;
    StorehookLanes *lanes;
    int lane;                /* the processor that it stays on, whose lane it reads; -1: none */
    const int *lane_sockets; /* see Lanes */
    int store;               /* the request sockets, by priority */
    int access;
    int background; /* -1: this worker takes no background work */
    int channel;
    int log;
    pid_t loader;     /* its parent; the worker ends with it */
    pid_t supervisor; /* its requests are health checks */
} WorkerSettings;

/* Runs in the forked process. Returns its exit status: 0 when told to stop or after enough
 * requests. */
int worker_run(const WorkerSettings *settings);

#endif /* SCANNER_WORKER_H */
