/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loader.h - the process that loads the signatures and is the parent of the workers.
 *
 * It is the same program, executed again, so that it is single-threaded and has nothing of the
 * supervisor. It gets its descriptors at fixed numbers.
 */
#ifndef SCANNER_LOADER_H
#define SCANNER_LOADER_H

#include "libstorehook/protocol.h"
#include "scanner/common/config.h"

#define LOADER_OPTION "--internal-loader"

/* Descriptor numbers in the executed loader. */
enum {
    LOADER_CHANNEL = 3,
    LOADER_CONFIG, /* the text of the configuration that the supervisor accepted */
    LOADER_STORE,  /* the request sockets */
    LOADER_ACCESS,
    LOADER_BACKGROUND,
    LOADER_BOARD,
    LOADER_CACHE,
    LOADER_LOG,
    LOADER_ALLOW, /* the maps of the allow and the deny list; may be closed */
    LOADER_DENY,
    LOADER_LANES, /* the lanes' memory, which may be closed; their sockets follow from LOADER_LANE
                     on: see lanes.h */
    LOADER_LANE,
    LOADER_DESCRIPTORS_END = LOADER_LANE + STOREHOOK_LANES_MAX
};

/* Arguments: LOADER_OPTION, name of the configuration file, first slot on the board, temporary
 * directory of the service, process id of the supervisor, "kept" for the copy of the signatures
 * that were last good or "new". Returns the exit status. */
enum {
    LOADER_ARGUMENTS = 6
};
int loader_main(int argc, char **argv);

#endif /* SCANNER_LOADER_H */
