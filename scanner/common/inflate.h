/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflate.h - deflated bytes (RFC 1950, 1951) as a whole, with a limit. */
#ifndef SCANNER_INFLATE_H
#define SCANNER_INFLATE_H

#include <gio/gio.h>

typedef enum {
    INFLATE_DONE,
    INFLATE_BROKEN,
    INFLATE_TOO_LARGE /* or no memory for it */
} InflateResult;

/* Decompresses at most `most` bytes; g_free(). What follows the end of the stream is ignored. */
InflateResult inflate_bytes(const guint8 *at, gsize left, GZlibCompressorFormat format, gsize most,
                            guint8 **ret, gsize *ret_size);
/* The same, but broken data returns what came before the damage. */
InflateResult inflate_until(const guint8 *at, gsize left, GZlibCompressorFormat format, gsize most,
                            guint8 **ret, gsize *ret_size);

#endif /* SCANNER_INFLATE_H */
