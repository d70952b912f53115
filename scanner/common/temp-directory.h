/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * temp-directory.h - the directories that libclamav unpacks into.
 *
 * The service has one below [service] temporary-directory=, each worker one inside that. libclamav
 * reports "clean" for whatever it could not unpack, so a worker proves its directory usable every
 * few scans and asks after each that put something there whether it is full.
 */
#ifndef SCANNER_TEMP_DIRECTORY_H
#define SCANNER_TEMP_DIRECTORY_H

#include <glib.h>

/* Makes `path` (0700) and removes everything in it; what others may have put there is not
 * followed. FALSE with G_FILE_ERROR. */
gboolean temp_directory_reset(const char *path, GError **error);
/* Removes `path` and all below; errors are of no interest. */
void temp_directory_remove(const char *path);
/* Opens it for the probes; -1 with errno. */
int temp_directory_open(const char *path);
/* 0 when a file of one page can be made, filled and removed there; else -errno. ~6 us on tmpfs. */
int temp_directory_probe(int fd);
/* 0, or -ENOSPC when it is full now, -errno. */
int temp_directory_check_space(int fd);

#endif /* SCANNER_TEMP_DIRECTORY_H */
