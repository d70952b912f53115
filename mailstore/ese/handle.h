/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle.h - numbers given to programs in place of pointers to instances, sessions and cursors.
 *
 * A handle carries the index of a slot, the kind of object and the slot's generation, so that a
 * stale, foreign or invented one is told apart from a live one. Looking up takes no lock.
 */
#ifndef MAILSTORE_ESE_HANDLE_H
#define MAILSTORE_ESE_HANDLE_H

#include <stdint.h>

#include "mailstore/ese/esent.h"

typedef enum {
    HANDLE_INSTANCE = 1,
    HANDLE_SESSION = 2,
    HANDLE_CURSOR = 3,
    HANDLE_FILE = 4,     /* of a streaming backup */
    HANDLE_SNAPSHOT = 5, /* JET_OSSNAPID */
    HANDLE_CALLBACK = 6,
} HandleKind;

/* JET_errOutOfMemory when no slot is left. `owner` is any number that handle_peek_owned returns. */
JET_ERR handle_new(HandleKind kind, void *object, uintptr_t owner, uintptr_t *ret_handle);
void handle_free(uintptr_t handle, HandleKind kind);

/* NULL unless the handle is alive and of this kind. The caller knows by other means that the
 * object stays (it holds the session that owns it, or objects of the kind are never unmapped). */
void *handle_peek(uintptr_t handle, HandleKind kind);
/* As handle_peek, with its owner: 0 for a handle that is not alive. */
void *handle_peek_owned(uintptr_t handle, HandleKind kind, uintptr_t *ret_owner);

#endif
