/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scratch.h - where tests make files: tests/run.sh looks there for what is left, and removes what a
 * test that was killed has left.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SCRATCH_MAX = 30 /* bytes: a socket's path has 107 in all */
};

static inline const char *scratch_directory(void)
{
    const char *directory = getenv("TMPDIR");

    return directory && strlen(directory) <= SCRATCH_MAX ? directory : "/tmp";
}

/* Removes a directory with all that lies in it. */
static inline bool scratch_remove(const char *directory)
{
    char command[160];
    int length = snprintf(command, sizeof command, "rm -rf '%s'", directory);

    return length > 0 && (size_t)length < sizeof command && system(command) == 0;
}

#endif /* TESTS_SCRATCH_H */
