/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * error-info.h - what kind of error an error is.
 */
#ifndef MAILSTORE_ESE_ERROR_INFO_H
#define MAILSTORE_ESE_ERROR_INFO_H

#include "mailstore/ese/esent.h"

/* JET_errcatUnknown for what is no error of the API. */
JET_ERRCAT error_category(JET_ERR err);
/* The category and those above it, from JET_errcatError down; the rest is JET_errcatUnknown. */
void error_category_hierarchy(JET_ERRCAT category, uint8_t ret[8]);

#endif
