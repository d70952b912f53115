/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * info-database.h - what is known of a database, open or as a file.
 */
#ifndef MAILSTORE_ESE_INFO_DATABASE_H
#define MAILSTORE_ESE_INFO_DATABASE_H

#include "mailstore/ese/session.h"

JET_ERR info_database(const SessionDatabase *database, void *result, uint32_t size, uint32_t level,
                      bool wide);
JET_ERR info_database_file(const char *path, void *result, uint32_t size, uint32_t level);

#endif
