/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handshake.h - says HELLO on a connected socket and reads WELCOME.
 */
#ifndef LIBSTOREHOOK_HANDSHAKE_H
#define LIBSTOREHOOK_HANDSHAKE_H

#include "libstorehook/descriptor.h"
#include "libstorehook/protocol.h"

enum {
    HANDSHAKE_INSTANCE_SIZE = 16
};

typedef struct {
    StorehookAnswer answer;
    uint32_t deadline_ms;
    uint32_t generation;
    Descriptor page;  /* none only with NOT_YOU */
    Descriptor lanes; /* or none */
} Welcome;

/* Says HELLO; WELCOME comes by *ret_line. -ETIMEDOUT, -ECONNREFUSED, -EMFILE. */
int handshake_say(int fd, const unsigned char instance[HANDSHAKE_INSTANCE_SIZE], int64_t until_us,
                  Descriptor *ret_line);
/*
 * 0 with *ret filled and, when hooked, the profile installed; -ETIMEDOUT (it may come yet),
 * -ECONNRESET (closed without an answer), -EBADF, -EPROTO, -EPROTONOSUPPORT, -EMFILE, -ENOMEM.
 */
int handshake_hear(const Descriptor *line, int64_t until_us, Welcome *ret);

/* A memfd to be mapped, which stays that large: -EPROTO when it may not, or -EMFILE. */
int handshake_take_shared(const StorehookValue *value, size_t size, Descriptor *ret);

#endif /* LIBSTOREHOOK_HANDSHAKE_H */
