/* SPDX-License-Identifier: GPL-2.0-or-later */
/* digest.h - SHA-256 of bytes at hand, and tables of such digests. */
#ifndef SCANNER_DIGEST_H
#define SCANNER_DIGEST_H

#include <glib.h>
#include <string.h>

#include "libstorehook/protocol.h"

/* Writes STOREHOOK_DIGEST_SIZE bytes. Thread-safe. */
void digest_bytes(const void *data, gsize size, guint8 *ret);

/* For a GHashTable whose keys are digests of STOREHOOK_DIGEST_SIZE bytes. */
static inline guint digest_hash(gconstpointer digest)
{
    guint hash;

    memcpy(&hash, digest, sizeof(hash));
    return hash;
}

static inline gboolean digest_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, STOREHOOK_DIGEST_SIZE) == 0;
}

#endif /* SCANNER_DIGEST_H */
