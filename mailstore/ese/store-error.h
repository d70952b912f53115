/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * store-error.h - the one place where LMDB's and the system's errors become JET errors.
 */
#ifndef MAILSTORE_ESE_STORE_ERROR_H
#define MAILSTORE_ESE_STORE_ERROR_H

#include "mailstore/ese/esent.h"

/* `code`: an MDB_ code, an errno value or 0. */
JET_ERR store_error(int code);

#endif /* MAILSTORE_ESE_STORE_ERROR_H */
