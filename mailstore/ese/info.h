/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * info.h - answering questions about tables, columns and indexes.
 */
#ifndef MAILSTORE_ESE_INFO_H
#define MAILSTORE_ESE_INFO_H

#include "mailstore/ese/cursor.h"

/* `wide`: text is given as UTF-16. JET_errBufferTooSmall, JET_errInvalidParameter for levels that
 * are none, JET_errFeatureNotAvailable for those to come. */
JET_ERR info_table(Cursor *cursor, void *result, uint32_t size, uint32_t level, bool wide);
/* `name` is a column's name, or points at its id for the levels by id. */
JET_ERR info_column(Cursor *cursor, const void *name, void *result, uint32_t size, uint32_t level);
JET_ERR info_index(Cursor *cursor, const char *name, void *result, uint32_t size, uint32_t level,
                   bool wide);
JET_ERR info_current_index(Cursor *cursor, char *name, uint32_t size);

#endif
