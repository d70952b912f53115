/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * result.h - forwards an error (below zero) to the caller; success and warnings go on.
 */
#ifndef MAILSTORE_ESE_RESULT_H
#define MAILSTORE_ESE_RESULT_H

#include "mailstore/ese/esent.h"

#define RETURN_IF_ERROR(expression)                                                                \
    do {                                                                                           \
        JET_ERR result_error_ = (expression);                                                      \
        if (result_error_ < 0)                                                                     \
            return result_error_;                                                                  \
    } while (0)

/* Library state that can only be wrong through a bug here: stop rather than write garbage. */
#define INVARIANT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            __builtin_trap();                                                                      \
    } while (0)

#endif
