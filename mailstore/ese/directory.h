/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * directory.h - makes names durable.
 */
#ifndef MAILSTORE_ESE_DIRECTORY_H
#define MAILSTORE_ESE_DIRECTORY_H

#include "mailstore/ese/esent.h"

/* What was made, renamed or removed in it is so after a power loss. */
JET_ERR directory_sync(const char *directory);
/* The same for the directory that the path is in. */
JET_ERR directory_sync_of(const char *path);

#endif /* MAILSTORE_ESE_DIRECTORY_H */
