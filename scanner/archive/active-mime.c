/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * active-mime.c - finds where the deflated part begins and inflates it.
 *
 * There is no public description; programs that read it know two places. A head that was made
 * longer is seen through by trying each place within SEARCH_MAX that begins as RFC 1950 says.
 * Fails as ActiveMimeResult says.
 */
#include "scanner/archive/active-mime.h"

#include <string.h>

#include "scanner/common/inflate.h"

enum {
    HEAD = 0x0A,      /* the sign */
    SEARCH_MAX = 4096 /* those that are known end at 0x32 and 0x22A */
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

ActiveMimeResult active_mime_unpack(const void *data, gsize size, gsize most, guint8 **ret,
                                    gsize *ret_size)
{
    const guint8 *bytes = data;

    for (gsize at = HEAD; at + 2 <= MIN(size, (gsize)SEARCH_MAX); at++) {
        if (!is_zlib(bytes + at))
            continue;
        switch (inflate_bytes(bytes + at, size - at, G_ZLIB_COMPRESSOR_FORMAT_ZLIB, most, ret,
                              ret_size)) {
        case INFLATE_DONE:
            return ACTIVE_MIME_DONE;
        case INFLATE_TOO_LARGE:
            return ACTIVE_MIME_TOO_LARGE;
        case INFLATE_BROKEN:
            break;
        }
    }
    return ACTIVE_MIME_BROKEN;
}
