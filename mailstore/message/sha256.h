/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256.h - SHA-256 (FIPS 180-4) of a piece of memory.
 */
#ifndef MAILSTORE_MESSAGE_SHA256_H
#define MAILSTORE_MESSAGE_SHA256_H

#include <glib.h>

enum {
    SHA256_SIZE = 32
};

void sha256_digest(const guint8 *data, gsize size, guint8 digest[SHA256_SIZE]);

#endif /* MAILSTORE_MESSAGE_SHA256_H */
