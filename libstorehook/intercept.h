/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * intercept.h - what the interposed functions share.
 */
#ifndef LIBSTOREHOOK_INTERCEPT_H
#define LIBSTOREHOOK_INTERCEPT_H

#include "libstorehook/guard.h"
#include "libstorehook/originals.h"
#include "libstorehook/remembered.h"
#include "libstorehook/transactions.h"

#define INTERCEPT_EXPORT __attribute__((visibility("default")))

/* Goes straight to the original; for nested calls, forked processes and absent functions. */
#define INTERCEPT_ORIGINAL(name, ...)                                                              \
    (ORIGINAL(name) ? ORIGINAL(name)(__VA_ARGS__) : JET_errEntryPointNotFound)

/* Of the message that the row is or belongs to; `session` may be NULL. */
MessageName intercept_message_name(const Session *session, const TrackedRow *row);
/* The row is in the store for good, or went with its message: what passed without a verdict is
 * counted, and the message is remembered for the links that follow. True when it was counted. */
bool intercept_row_done(const Session *session, const TrackedRow *row);

#endif /* LIBSTOREHOOK_INTERCEPT_H */
