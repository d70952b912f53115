/* SPDX-License-Identifier: GPL-2.0-or-later */
/* digest.h - SHA-256 of bytes at hand. */
#ifndef SCANNER_DIGEST_H
#define SCANNER_DIGEST_H

#include <glib.h>

#include "libstorehook/protocol.h"

/* Writes STOREHOOK_DIGEST_SIZE bytes. Each thread may call it. */
void digest_bytes(const void *data, gsize size, guint8 *ret);

#endif /* SCANNER_DIGEST_H */
