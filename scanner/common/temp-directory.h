/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * temp-directory.h - the directories that libclamav unpacks into.
 *
 * The service has one below [service] temporary-directory=, and each worker one inside of that.
 * libclamav reports "clean" for what it could not unpack. So a worker tests every few scans that
 * its directory is usable, and after each scan that wrote there whether it is full.
 */
#ifndef SCANNER_TEMP_DIRECTORY_H
#define SCANNER_TEMP_DIRECTORY_H

#include <glib.h>

/* Makes `path` (0700) and removes everything in it; follows no symbolic links. FALSE with
 * G_FILE_ERROR. */
gboolean temp_directory_reset(const char *path, GError **error);
/* Removes `path` and all in it; ignores errors. */
void temp_directory_remove(const char *path);
/* Opens it for the probes; -1 with errno. */
int temp_directory_open(const char *path);
/* 0 when a file of one page can be made, filled and removed there; else -errno. */
int temp_directory_probe(int fd);
/* 0; -ENOSPC when it is full; else -errno. */
int temp_directory_check_space(int fd);

#endif /* SCANNER_TEMP_DIRECTORY_H */
