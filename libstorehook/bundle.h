/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bundle.h - fields that would not fit into a datagram, written one after another into a memfd.
 */
#ifndef LIBSTOREHOOK_BUNDLE_H
#define LIBSTOREHOOK_BUNDLE_H

#include "libstorehook/blob.h"
#include "libstorehook/protocol.h"

typedef struct Bundle Bundle;

/* NULL without memory or descriptors. */
Bundle *bundle_new(void);
Bundle *bundle_free(Bundle *bundle); /* accepts NULL */
/* A failure is remembered; nothing more is written then. */
void bundle_add(Bundle *bundle, StorehookField tag, const void *data, size_t size);
void bundle_add_string(Bundle *bundle, StorehookField tag, const ByteString *string);
void bundle_add_u32(Bundle *bundle, StorehookField tag, uint32_t value);
void bundle_add_blob(Bundle *bundle, StorehookField tag, const Blob *blob);
/* Ends it: 0 and a sealed memfd that stays the bundle's, or -errno. -EFBIG: the size has no room in
 * a field. */
int bundle_seal(Bundle *bundle, int *ret_fd, size_t *ret_size);

#endif /* LIBSTOREHOOK_BUNDLE_H */
