/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-binhex.c - six-bit letters, run lengths, then a header and two forks.
 *
 * Fails only for want of memory or of anything to decode; what is cut off gives what there is.
 */
#include "scanner/mail/mail-binhex.h"

#include <string.h>

#include "scanner/common/byte-number.h"

enum {
    REPEAT_MARK = 0x90,
    FIRST_CAPACITY = 4096,
    HEADER_FIXED = 21, /* after the name: version, type, creator, flags, two sizes, checksum */
    DATA_SIZE_AT = 11,
    RESOURCE_SIZE_AT = 15,
    FORK_CHECKSUM = 2
};

static const char LETTERS[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";

typedef struct {
    guint8 *bytes;
    gsize used, capacity, most;
    gboolean repeats; /* the last byte was the mark */
    gboolean is_full, no_memory;
} Unpacked;

static gboolean unpacked_grow(Unpacked *out)
{
    gsize capacity = MIN(out->most, MAX((gsize)FIRST_CAPACITY, 2 * out->capacity));
    guint8 *bytes;

    out->is_full = capacity <= out->used;
    if (out->is_full)
        return FALSE;
    bytes = g_try_realloc(out->bytes, capacity);
    out->no_memory = !bytes;
    if (!bytes)
        return FALSE;
    out->bytes = bytes;
    out->capacity = capacity;
    return TRUE;
}

static void unpacked_put(Unpacked *out, guint8 byte, guint times)
{
    for (; times > 0; times--) {
        if (out->used == out->capacity && !unpacked_grow(out))
            return;
        out->bytes[out->used++] = byte;
    }
}

/* RFC 1741: "90 nn" repeats the byte before so that it stands nn times; "90 00" is the mark. */
static void unpacked_take(Unpacked *out, guint8 byte)
{
    if (out->repeats) {
        out->repeats = FALSE;
        if (byte == 0)
            unpacked_put(out, REPEAT_MARK, 1);
        else if (out->used > 0)
            unpacked_put(out, out->bytes[out->used - 1], (guint)byte - 1);
    } else if (byte == REPEAT_MARK) {
        out->repeats = TRUE;
    } else {
        unpacked_put(out, byte, 1);
    }
}

static void unpack(const char *text, gsize size, Unpacked *out)
{
    guint32 group = 0;
    guint bits = 0;

    for (gsize i = 0; i < size && text[i] != ':' && !out->is_full && !out->no_memory; i++) {
        const char *letter = text[i] ? strchr(LETTERS, text[i]) : NULL;

        if (!letter)
            continue;
        group = (group << 6 | (guint32)(letter - LETTERS)) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            unpacked_take(out, (guint8)(group >> bits));
        }
    }
}

/* FALSE when there is no whole header. */
static gboolean find_forks(Unpacked *out, MailBinhex *ret)
{
    gsize name = out->used > 0 ? out->bytes[0] : 0;
    gsize header = 1 + name + HEADER_FIXED;
    gsize left, resource;
    const guint8 *fixed;

    if (out->used <= header)
        return FALSE;
    fixed = out->bytes + 1 + name;
    g_snprintf(ret->name, sizeof(ret->name), "%.*s", (int)name, (const char *)out->bytes + 1);
    left = out->used - header;
    ret->data_fork = MIN(byte_number_big(fixed + DATA_SIZE_AT, 4), left);
    left -= ret->data_fork;
    left -= MIN((gsize)FORK_CHECKSUM, left);
    resource = header + ret->data_fork + MIN((gsize)FORK_CHECKSUM, out->used - header);
    ret->resource_fork = MIN(byte_number_big(fixed + RESOURCE_SIZE_AT, 4), left);
    memmove(out->bytes, out->bytes + header, ret->data_fork);
    if (ret->resource_fork > 0)
        memmove(out->bytes + ret->data_fork, out->bytes + resource, ret->resource_fork);
    return TRUE;
}

gboolean mail_binhex_decode(const char *text, gsize size, gsize most, MailBinhex *ret,
                            gboolean *ret_no_memory)
{
    const char *start = memchr(text, ':', size);
    Unpacked out = {.most = most};

    *ret_no_memory = FALSE;
    *ret = (MailBinhex){0};
    if (!start)
        return FALSE;
    start++;
    unpack(start, size - (gsize)(start - text), &out);
    ret->was_large = out.is_full;
    *ret_no_memory = out.no_memory;
    if (out.no_memory || !find_forks(&out, ret)) {
        g_free(out.bytes);
        return FALSE;
    }
    ret->data = out.bytes;
    return TRUE;
}
