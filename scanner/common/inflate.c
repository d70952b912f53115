/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inflate.c - decompresses into a buffer that grows.
 *
 * Fails as InflateResult says; lack of memory counts as too large. Uses zlib, since GLib does not
 * say how many bytes came before damage.
 */
#include "scanner/common/inflate.h"

#include <zlib.h>

enum {
    FIRST_ROOM = 256 * 1024 /* enough for a small macro project or a letter */
};

static int window_bits(GZlibCompressorFormat format)
{
    return format == G_ZLIB_COMPRESSOR_FORMAT_RAW    ? -MAX_WBITS
           : format == G_ZLIB_COMPRESSOR_FORMAT_GZIP ? MAX_WBITS + 16
                                                     : MAX_WBITS;
}

InflateResult inflate_until(const guint8 *at, gsize left, GZlibCompressorFormat format, gsize most,
                            guint8 **ret, gsize *ret_size)
{
    gsize used = 0, room = MIN(most, (gsize)FIRST_ROOM);
    guint8 *bytes = g_try_malloc(MAX(room, 1));
    z_stream stream = {0};
    int result = Z_OK;

    if (!bytes || inflateInit2(&stream, window_bits(format)) != Z_OK) {
        g_free(bytes);
        return INFLATE_TOO_LARGE;
    }
    for (;;) {
        uInt in = (uInt)MIN(left, G_MAXUINT / 2), out = (uInt)MIN(room - used, G_MAXUINT / 2);

        stream.next_in = (Bytef *)at;
        stream.avail_in = in;
        stream.next_out = bytes + used;
        stream.avail_out = out;
        result = inflate(&stream, Z_NO_FLUSH);
        at += in - stream.avail_in;
        left -= in - stream.avail_in;
        used += out - stream.avail_out;
        if (result != Z_OK && result != Z_BUF_ERROR)
            break;
        if (used == room) {
            gsize wanted = MIN(most, room * 2);
            guint8 *more = wanted > room ? g_try_realloc(bytes, wanted) : NULL;

            if (!more) {
                result = Z_MEM_ERROR;
                break;
            }
            bytes = more;
            room = wanted;
        } else if (result == Z_BUF_ERROR || left == 0) {
            result = Z_DATA_ERROR; /* cut off */
            break;
        }
    }
    inflateEnd(&stream);
    if (result == Z_MEM_ERROR) {
        g_free(bytes);
        return INFLATE_TOO_LARGE;
    }
    *ret = bytes;
    *ret_size = used;
    return result == Z_STREAM_END ? INFLATE_DONE : INFLATE_BROKEN;
}

InflateResult inflate_bytes(const guint8 *at, gsize left, GZlibCompressorFormat format, gsize most,
                            guint8 **ret, gsize *ret_size)
{
    guint8 *bytes = NULL;
    InflateResult result = inflate_until(at, left, format, most, &bytes, ret_size);

    if (result == INFLATE_DONE)
        *ret = bytes;
    else if (result == INFLATE_BROKEN)
        g_free(bytes);
    return result;
}
