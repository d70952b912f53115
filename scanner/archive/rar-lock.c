/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rar-lock.c - goes from head to head of a RAR ([RAR 5.0 archive format], technote of UnRAR).
 *
 * libarchive 3.6 takes the bytes of an encrypted file for its contents, and passes over the streams
 * that WinRAR writes beside a file, or elsewhere (CVE-2025-8088). Cannot fail: the walk ends
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
    FLAG_TIME = 2, /* of a file's own flags */
    FLAG_SUM = 4,
    METHOD_SHIFT = 7,
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

typedef struct {
    guint64 kind;
    gboolean is_closed;
    Reader rest;         /* behind the numbers that all heads have */
    const guint8 *extra; /* where its records begin */
    const guint8 *data, *next;
} Head;

/* FALSE: the walk is over. */
static gboolean read_head(const guint8 *at, const guint8 *end, Head *ret)
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
    if (data > (guint64)(end - reader.end))
        data = (guint64)(end - reader.end);
    *ret = (Head){.kind = kind,
                  .rest = reader,
                  .extra = reader.end - extra,
                  .data = reader.end,
                  .next = reader.end + data};
    ret->is_closed =
        kind == HEAD_ENCRYPTION || ((kind == HEAD_FILE || kind == HEAD_SERVICE) &&
                                    extra_has_encryption(reader.end - extra, (gsize)extra));
    return TRUE;
}

static gboolean is_rar(const guint8 *data, gsize size)
{
    return size >= SIGNATURE_SIZE && memcmp(data, "Rar!\x1a\x07\x01\x00", SIGNATURE_SIZE) == 0;
}

gboolean rar_lock_is_closed(const guint8 *data, gsize size)
{
    const guint8 *at = data + SIGNATURE_SIZE, *end = data + size;
    Head head;

    if (!is_rar(data, size))
        return FALSE;
    for (guint i = 0; i < HEADS_MAX && read_head(at, end, &head); i++) {
        if (head.is_closed)
            return TRUE;
        at = head.next;
    }
    return FALSE;
}

/* A stream of NTFS beside a file. FALSE: it is none. */
static gboolean read_stream(const Head *head, RarStream *ret)
{
    Reader reader = head->rest;
    guint64 flags, size, packing, length;

    flags = take_number(&reader);
    size = take_number(&reader);
    (void)take_number(&reader); /* attributes */
    for (guint64 flag = FLAG_TIME; flag <= FLAG_SUM; flag <<= 1)
        if ((flags & flag) != 0)
            reader.at += MIN(reader.end - reader.at, 4);
    packing = take_number(&reader);
    (void)take_number(&reader); /* system */
    length = take_number(&reader);
    if (head->kind != HEAD_SERVICE || reader.is_short || length != 3 ||
        reader.end - reader.at < 3 || memcmp(reader.at, "STM", 3) != 0)
        return FALSE;
    *ret = (RarStream){.data = head->data,
                       .size = (gsize)(head->next - head->data),
                       .unpacked = size,
                       .is_stored = (packing >> METHOD_SHIFT & 7) == 0};
    /* The name is in a record of the head; none has a folder that is honest. */
    ret->has_path = memchr(head->extra, '/', (gsize)(head->rest.end - head->extra)) != NULL ||
                    memchr(head->extra, '\\', (gsize)(head->rest.end - head->extra)) != NULL;
    return TRUE;
}

void rar_lock_streams(const guint8 *data, gsize size, RarStreamFound found, gpointer user_data)
{
    const guint8 *at = data + SIGNATURE_SIZE, *end = data + size;
    RarStream stream;
    Head head;

    if (!is_rar(data, size))
        return;
    for (guint i = 0; i < HEADS_MAX && read_head(at, end, &head); i++) {
        if (read_stream(&head, &stream) && !found(&stream, user_data))
            return;
        at = head.next;
    }
}
