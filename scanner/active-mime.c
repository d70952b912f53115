/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * active-mime.c - finds where the deflated part begins and inflates it.
 *
 * There is no public description; programs that read it know two places. A head that was made
 * longer is seen through by trying each place within SEARCH_MAX that begins as RFC 1950 says.
 * Fails as ActiveMimeResult says.
 */
#include "scanner/active-mime.h"

#include <gio/gio.h>
#include <string.h>

enum {
    HEAD = 0x0A,            /* the sign */
    SEARCH_MAX = 4096,      /* those that are known end at 0x32 and 0x22A */
    FIRST_ROOM = 256 * 1024 /* a project of a few modules */
};

#define SIGN "ActiveMime"

gboolean active_mime_matches(const void *data, gsize size)
{
    return size > HEAD && memcmp(data, SIGN, HEAD) == 0;
}

/* CMF and FLG: deflate, and a multiple of 31. */
static gboolean is_zlib(const guint8 *at)
{
    return (at[0] & 0x0f) == 8 && at[0] >> 4 <= 7 && (at[0] * 256 + at[1]) % 31 == 0;
}

static ActiveMimeResult inflate_at(const guint8 *at, gsize left, gsize most, guint8 **ret,
                                   gsize *ret_size)
{
    GZlibDecompressor *inflater = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB);
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
        return ACTIVE_MIME_TOO_LARGE;
    }
    if (result == G_CONVERTER_ERROR) {
        g_free(bytes);
        return ACTIVE_MIME_BROKEN;
    }
    *ret = bytes;
    *ret_size = used;
    return ACTIVE_MIME_DONE;
}

ActiveMimeResult active_mime_unpack(const void *data, gsize size, gsize most, guint8 **ret,
                                    gsize *ret_size)
{
    const guint8 *bytes = data;

    for (gsize at = HEAD; at + 2 <= MIN(size, (gsize)SEARCH_MAX); at++) {
        ActiveMimeResult result;

        if (!is_zlib(bytes + at))
            continue;
        result = inflate_at(bytes + at, size - at, most, ret, ret_size);
        if (result != ACTIVE_MIME_BROKEN)
            return result;
    }
    return ACTIVE_MIME_BROKEN;
}
