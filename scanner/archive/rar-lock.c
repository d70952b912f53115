/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rar-lock.c - goes from head to head of a RAR ([RAR 5.0 archive format], technote of UnRAR).
 *
 * libarchive 3.6 takes the bytes of an encrypted file for its contents. Cannot fail: the walk ends
 * where a head makes no sense, and libarchive says that the archive is broken.
 */
#include "scanner/archive/rar-lock.h"

#include <string.h>

enum {
    SIGNATURE_SIZE = 8,
    CHECKSUM_SIZE = 4,
    HEADS_MAX = 100000, /* beyond [limits] files anyway */
    HEAD_FILE = 2,
    HEAD_SERVICE = 3,
    HEAD_ENCRYPTION = 4,
    FLAG_EXTRA = 1,
    FLAG_DATA = 2,
    EXTRA_ENCRYPTION = 1
};

typedef struct {
    const guint8 *at, *end;
    gboolean is_short;
} Reader;

/* Seven bits a byte, lowest first. */
static guint64 take_number(Reader *reader)
{
    guint64 number = 0;

    for (guint shift = 0; shift < 64; shift += 7) {
        if (reader->at == reader->end)
            break;
        number |= (guint64)(*reader->at & 0x7f) << shift;
        if ((*reader->at++ & 0x80) == 0)
            return number;
    }
    reader->is_short = TRUE;
    return 0;
}

static gboolean extra_has_encryption(const guint8 *extra, gsize size)
{
    Reader reader = {.at = extra, .end = extra + size};

    while (reader.at < reader.end) {
        guint64 length = take_number(&reader);
        Reader record = reader;

        if (reader.is_short || length == 0 || length > (guint64)(reader.end - reader.at))
            return FALSE;
        if (take_number(&record) == EXTRA_ENCRYPTION)
            return TRUE;
        reader.at += length;
    }
    return FALSE;
}

/* One head; *ret_next: where the next begins. FALSE: the walk is over. */
static gboolean read_head(const guint8 *at, const guint8 *end, const guint8 **ret_next,
                          gboolean *ret_closed)
{
    Reader reader = {.at = at, .end = end};
    guint64 size, kind, flags, extra = 0, data = 0;

    if (end - at <= CHECKSUM_SIZE)
        return FALSE;
    reader.at += CHECKSUM_SIZE;
    size = take_number(&reader);
    if (reader.is_short || size == 0 || size > (guint64)(end - reader.at))
        return FALSE;
    reader.end = reader.at + size;
    kind = take_number(&reader);
    flags = take_number(&reader);
    if ((flags & FLAG_EXTRA) != 0)
        extra = take_number(&reader);
    if ((flags & FLAG_DATA) != 0)
        data = take_number(&reader);
    if (reader.is_short || extra > (guint64)(reader.end - reader.at))
        return FALSE;
    *ret_closed =
        kind == HEAD_ENCRYPTION || ((kind == HEAD_FILE || kind == HEAD_SERVICE) &&
                                    extra_has_encryption(reader.end - extra, (gsize)extra));
    if (data > (guint64)(end - reader.end))
        data = (guint64)(end - reader.end);
    *ret_next = reader.end + data;
    return TRUE;
}

gboolean rar_lock_is_closed(const guint8 *data, gsize size)
{
    const guint8 *at = data + SIGNATURE_SIZE, *end = data + size;
    gboolean is_closed = FALSE;

    if (size < SIGNATURE_SIZE || memcmp(data, "Rar!\x1a\x07\x01\x00", SIGNATURE_SIZE) != 0)
        return FALSE;
    for (guint i = 0; i < HEADS_MAX && !is_closed; i++)
        if (!read_head(at, end, &at, &is_closed))
            break;
    return is_closed;
}
