/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inflate.c - grows the room for what comes out until there is no more of it.
 *
 * Fails as InflateResult says; memory that cannot be had is one of the limits.
 */
#include "scanner/inflate.h"

enum {
    FIRST_ROOM = 256 * 1024 /* a project of a few modules, a letter */
};

InflateResult inflate_bytes(const guint8 *at, gsize left, GZlibCompressorFormat format, gsize most,
                            guint8 **ret, gsize *ret_size)
{
    GZlibDecompressor *inflater = g_zlib_decompressor_new(format);
    GConverterResult result = G_CONVERTER_CONVERTED;
    gsize used = 0, room = MIN(most, (gsize)FIRST_ROOM);
    guint8 *bytes = g_try_malloc(MAX(room, 1));
    g_autoptr(GError) error = NULL;

    while (bytes && result == G_CONVERTER_CONVERTED) {
        gsize taken = 0, given = 0;

        if (used == room) {
            gsize wanted = MIN(most, room * 2);
            guint8 *more = wanted > room ? g_try_realloc(bytes, wanted) : NULL;

            if (!more)
                break;
            bytes = more;
            room = wanted;
        }
        result = g_converter_convert(G_CONVERTER(inflater), at, left, bytes + used, room - used,
                                     G_CONVERTER_INPUT_AT_END, &taken, &given, &error);
        if (result == G_CONVERTER_ERROR)
            break;
        at += taken;
        left -= taken;
        used += given;
    }
    g_object_unref(inflater);
    if (!bytes || result == G_CONVERTER_CONVERTED) {
        g_free(bytes);
        return INFLATE_TOO_LARGE;
    }
    if (result == G_CONVERTER_ERROR) {
        g_free(bytes);
        return INFLATE_BROKEN;
    }
    *ret = bytes;
    *ret_size = used;
    return INFLATE_DONE;
}
