/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * intercept.h - what the interposed functions share.
 */
#ifndef LIBSTOREHOOK_INTERCEPT_H
#define LIBSTOREHOOK_INTERCEPT_H

#include "libstorehook/guard.h"
#include "libstorehook/originals.h"

#define INTERCEPT_EXPORT __attribute__((visibility("default")))

/* Goes straight to the original; for nested calls, forked processes and absent functions. */
#define INTERCEPT_ORIGINAL(name, ...)                                                              \
    (ORIGINAL(name) ? ORIGINAL(name)(__VA_ARGS__) : JET_errEntryPointNotFound)

#endif /* LIBSTOREHOOK_INTERCEPT_H */
