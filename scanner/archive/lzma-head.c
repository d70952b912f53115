/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lzma-head.c - looks whether the numbers of the head can be, and whether the packed bytes begin as
 * LZMA does.
 *
 * The numbers alone are those of many files that begin with small ones, such as the metadata of
 * Kotlin and drawings of Windows (EMF). Bytes that no packer made refer to what was never there
 * within a dozen or two of them.
 *
 * Cannot fail. Known limit: properties that liblzma does not take are not tried; 7-Zip takes them.
 */
#include "scanner/archive/lzma-head.h"

#include <lzma.h>
#include <string.h>

#include "scanner/common/byte-number.h"

enum {
    HEAD = 13,
    LEAST_BODY = 5,
    LEAST = 6,    /* bytes of a file that libclamav opens */
    MOST = 8192,  /* bytes that a packed one can stand for: 14 bits are 273 bytes, each of them at
                     least 0.022 of a packed one */
    TRIED = 64,   /* packed bytes; of random ones one in 100,000 gets as far */
    LITERALS = 9, /* the values of the first two properties, which are one number with the third */
    POSITIONS = 5,
    CHUNK = 1024
};

/* Whether a reader ends with an error in the bytes that are tried. */
static gboolean fails_at_once(const guint8 *data, gsize size, guint64 unpacked)
{
    guint properties = data[0];
    lzma_options_lzma options = {.dict_size = TRIED * MOST,
                                 .lc = properties % LITERALS,
                                 .lp = properties / LITERALS % POSITIONS,
                                 .pb = properties / (LITERALS * POSITIONS)};
    lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_ret result = LZMA_OK;
    guint8 out[CHUNK];

    if (lzma_raw_decoder(&stream, filters) != LZMA_OK)
        return FALSE;
    stream.next_in = data + HEAD;
    stream.avail_in = MIN(size - HEAD, (gsize)TRIED);
    while (result == LZMA_OK && stream.total_out < unpacked) { /* ends for want of input */
        stream.next_out = out;
        stream.avail_out = (gsize)MIN(sizeof(out), unpacked - stream.total_out);
        result = lzma_code(&stream, LZMA_RUN);
    }
    lzma_end(&stream);
    return result == LZMA_DATA_ERROR;
}

/* Any properties, a dictionary of a power of two or half as much again, as liblzma wants it, a size
 * that is unknown or below a terabyte, and the zero with which the packed bytes begin. */
gboolean lzma_head_matches(const guint8 *data, gsize size)
{
    guint64 dictionary, lowest, unpacked;

    if (size < HEAD + LEAST_BODY || data[0] >= 225 || data[1] != 0 || data[HEAD] != 0)
        return FALSE;
    dictionary = byte_number(data + 1, 4);
    unpacked = byte_number(data + 5, 8);
    lowest = dictionary & (~dictionary + 1);
    return dictionary >= 4096 && (dictionary == lowest || dictionary == 3 * lowest) &&
           (unpacked == G_MAXUINT64 || (unpacked >= LEAST && unpacked >> 40 == 0)) &&
           !fails_at_once(data, size, unpacked);
}

/* Zeros are read as zeros, to no end, of which a packer would tell as a repetition. */
gboolean lzma_head_is_blank(const guint8 *data, gsize size)
{
    static const guint8 zeros[LEAST_BODY];

    return lzma_head_matches(data, size) && memcmp(data + HEAD, zeros, LEAST_BODY) == 0;
}

gboolean lzma_head_is_doubtful(const guint8 *data, gsize size)
{
    guint64 unpacked;

    if (!lzma_head_matches(data, size))
        return FALSE;
    unpacked = byte_number(data + 5, 8);
    return unpacked != G_MAXUINT64 && unpacked / MOST > size;
}
