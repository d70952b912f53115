/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cage.h - takes away from a worker what scanning does not need.
 *
 * The layers are independent. One that the kernel refuses is left out and reported, so that
 * `status` can show it. There is no way back.
 */
#ifndef SCANNER_CAGE_H
#define SCANNER_CAGE_H

#include <glib.h>

typedef enum {
    CAGE_NO_NEW_PRIVILEGES,
    CAGE_CAPABILITIES, /* none left */
    CAGE_NO_DUMP,      /* no core file, no debugger of the same user */
    CAGE_LIMITS,       /* memory, file size, descriptors, processes */
    CAGE_LANDLOCK,     /* files: nothing outside the temporary directory */
    CAGE_SECCOMP,      /* no socket, no process, no executable memory ... */
    CAGE_LAYERS
} CageLayer;

typedef struct {
    const char *temp_directory;
    guint64 memory;    /* bytes that a scan may allocate beyond what the loader has */
    guint64 file_size; /* bytes of one temporary file */
} CageSettings;

/* Returns the layers in force, as bits 1 << CageLayer. */
guint cage_enter(const CageSettings *settings);
const char *cage_layer_name(CageLayer layer);

#endif /* SCANNER_CAGE_H */
