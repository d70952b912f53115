/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan-directory.h - the directory that libclamav makes for each scan: made when it is used, and
 * watched for what could not be put there.
 *
 * Most scans put no file there. To make it, look into it and remove it are seven system calls, a
 * fifth of what a scan of 1 KB takes on tmpfs. A program that links this has the mkdir() of a scan
 * put off until something is opened below it.
 */
#ifndef SCANNER_SCAN_DIRECTORY_H
#define SCANNER_SCAN_DIRECTORY_H

#include <stdbool.h>

/* A scan of this thread begins. The first directory that it makes right in `parent`, an absolute
 * path that stays valid, is put off; after that one was removed unused, the next. */
void scan_directory_begin(const char *parent);
/* The scan is over. 0, or -errno of the first file or directory that it could not make in `parent`:
 * libclamav leaves out what should have gone there, and does not always tell. *ret_was_made:
 * whether there was a directory after all. */
int scan_directory_end(bool *ret_was_made);

#endif /* SCANNER_SCAN_DIRECTORY_H */
