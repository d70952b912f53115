/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zip-layout.c - sorts the members that a zip's directory names by their place, and looks at what
 * lies between (APPNOTE.TXT 4.3).
 *
 * Zip64 is followed where the old fields say so (4.4.1.4), as all readers do; a small archive may
 * be written so to be looked past.
 *
 * Fails by FALSE. A wrong checksum is not looked at: whoever unpacks such a member at all gets the
 * bytes that were scanned. Known limits: what does not begin as a zip and ends as one has a comment
 * of COMMENT_SEEN bytes at most; more than ENTRIES_MAX members are not looked at; those end at the
 * limit of files anyway.
 */
#include "scanner/archive/zip-layout.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/common/byte-number.h"

enum {
    ENTRIES_MAX = 100000,
    END_SIZE = 22,
    COMMENT_MAX = 65535,
    COMMENT_SEEN = 100, /* of what does not begin as a zip: this is asked of every content */
    CENTRAL_SIZE = 46,
    LOCAL_SIZE = 30,
    LOCATOR_SIZE = 20, /* 4.3.15, in front of the end record */
    END64_SIZE = 56,   /* 4.3.14 */
    FLAG_STREAMED = 8, /* 4.4.4: sizes stand behind the member */
    FLAG_ENCRYPTED = 1,
    EXTRA_ZIP64 = 1,        /* 4.5.3 */
    EXTRA_UNICODE = 0x7075, /* 4.6.9: the name once more, behind a version and a checksum */
    EXTRA_UNICODE_NAME = 5,
    OVERLAPS_MAX = 5,    /* libclamav's own patience with odd writers */
    METHOD_MAX = 99,     /* AES; the highest that is in use */
    NAME_MAX_SEEN = 255, /* bytes of a name that libclamav keeps */
    DISK_IN_ZIP64 = 0xffff
};

typedef struct {
    gsize start, body, end;
    gboolean is_stored;
} Range;

#define SEE_ZIP64 0xffffffffU

/* What the directory says of a member. */
typedef struct {
    guint64 packed, offset;
    guint flags;
    gboolean has_two_names; /* whose extensions differ */
} Entry;

/* Of the end record, searched from the end; -1: none. */
static gssize find_end(const guint8 *data, gsize size)
{
    gsize lowest = size > END_SIZE + COMMENT_MAX ? size - END_SIZE - COMMENT_MAX : 0;

    if (size < END_SIZE)
        return -1;
    for (gsize at = size - END_SIZE + 1; at-- > lowest;)
        if (memcmp(data + at, "PK\5\6", 4) == 0)
            return (gssize)at;
    return -1;
}

/* Of the end record if nothing but its comment stands behind it; -1: none. */
static gssize find_last_end(const guint8 *data, gsize size)
{
    gsize lowest = size > END_SIZE + COMMENT_SEEN ? size - END_SIZE - COMMENT_SEEN : 0;
    const guint8 *at = data + MAX(size, END_SIZE - 1) - (END_SIZE - 1);

    while ((at = memrchr(data + lowest, 'P', (gsize)(at - data) - lowest)) != NULL)
        if (memcmp(at, "PK\5\6", 4) == 0 && at + END_SIZE + byte_number(at + 20, 2) == data + size)
            return at - data;
    return -1;
}

/* The first of the pieces that a zip was cut into (APPNOTE.TXT 8.5.4). */
static gboolean is_first_piece(const guint8 *data, gsize size)
{
    return size > LOCAL_SIZE && memcmp(data, "PK\7\x08PK\3\4", 8) == 0;
}

gboolean zip_layout_is_zip(const void *data, gsize size)
{
    return is_first_piece(data, size) || find_last_end(data, size) >= 0;
}

/* The rest of it is in another file: the end record counts more than one, or says that the
 * directory begins before this one. */
static gboolean is_piece(const guint8 *data, gsize size, gboolean has_directory)
{
    gssize end = find_last_end(data, size);
    guint64 disk;

    if (end < 0)
        return is_first_piece(data, size);
    disk = byte_number(data + end + 4, 2);
    return !has_directory || (disk != 0 && disk != DISK_IN_ZIP64);
}

static int compare(const void *a, const void *b)
{
    const Range *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

/* Where the directory ends, its length, and where it says that it begins. FALSE: not in this file.
 */
static gboolean find_directory(const guint8 *data, gsize size, gsize *ret_end, guint64 *ret_length,
                               guint64 *ret_offset)
{
    gssize end = find_end(data, size);
    const guint8 *locator;
    guint64 at;

    if (end < 0)
        return FALSE;
    locator = data + MAX(end - LOCATOR_SIZE, 0);
    *ret_end = (gsize)end;
    *ret_length = byte_number(data + end + 12, 4);
    *ret_offset = byte_number(data + end + 16, 4);
    if ((*ret_length == SEE_ZIP64 || *ret_offset == SEE_ZIP64 ||
         byte_number(data + end + 10, 2) == 0xffff) &&
        end >= LOCATOR_SIZE + END64_SIZE && memcmp(locator, "PK\6\7", 4) == 0) {
        at = byte_number(locator + 8, 8);
        /* What stands before a zip shifts it: then it is looked for where it must be. */
        if (at > (gsize)end - LOCATOR_SIZE - END64_SIZE || memcmp(data + at, "PK\6\6", 4) != 0)
            at = (gsize)end - LOCATOR_SIZE - END64_SIZE;
        if (memcmp(data + at, "PK\6\6", 4) != 0)
            return FALSE;
        *ret_end = at;
        *ret_length = byte_number(data + at + 40, 8);
        *ret_offset = byte_number(data + at + 48, 8);
    }
    return *ret_length <= *ret_end && *ret_offset <= *ret_end - *ret_length;
}

/* Up to the end of the name; *ret_length: without the dot. */
static const guint8 *extension(const guint8 *name, gsize length, gsize *ret_length)
{
    const guint8 *dot = memrchr(name, '.', length);
    const guint8 *begin = dot ? dot + 1 : name + length;

    *ret_length = (gsize)(name + length - begin);
    return begin;
}

static gboolean extensions_differ(const guint8 *one, gsize one_length, const guint8 *other,
                                  gsize other_length)
{
    gsize length, same;

    one = extension(one, one_length, &length);
    other = extension(other, other_length, &same);
    return length != same || g_ascii_strncasecmp((const char *)one, (const char *)other, length);
}

/* Sizes that do not fit stand here, in this order, after the unpacked one. */
static void read_zip64(const guint8 *entry, const guint8 *field, const guint8 *last, Entry *ret)
{
    field += byte_number(entry + 24, 4) == SEE_ZIP64 ? 8 : 0;
    if (ret->packed == SEE_ZIP64 && last - field >= 8) {
        ret->packed = byte_number(field, 8);
        field += 8;
    }
    if (ret->offset == SEE_ZIP64 && last - field >= 8)
        ret->offset = byte_number(field, 8);
}

static void read_entry(const guint8 *entry, gsize left, Entry *ret)
{
    gsize at = CENTRAL_SIZE + byte_number(entry + 28, 2), end = at + byte_number(entry + 30, 2);

    *ret = (Entry){.packed = byte_number(entry + 20, 4),
                   .offset = byte_number(entry + 42, 4),
                   .flags = (guint)byte_number(entry + 8, 2)};
    while (end <= left && at + 4 <= end) {
        gsize length = byte_number(entry + at + 2, 2);
        const guint8 *field = entry + at + 4;

        if (length > end - at - 4)
            return;
        if (byte_number(entry + at, 2) == EXTRA_ZIP64)
            read_zip64(entry, field, field + length, ret);
        else if (byte_number(entry + at, 2) == EXTRA_UNICODE && length > EXTRA_UNICODE_NAME)
            ret->has_two_names |=
                extensions_differ(entry + CENTRAL_SIZE, byte_number(entry + 28, 2),
                                  field + EXTRA_UNICODE_NAME, length - EXTRA_UNICODE_NAME);
        at += 4 + length;
    }
}

/* Programs go by the directory or by the member's own head: what is read by one must be what is
 * read by the other. A head may leave sizes to what stands behind the member, or to its extra
 * field. */
static gboolean is_told_in_two_ways(const guint8 *local, const Entry *entry)
{
    guint flags = (guint)byte_number(local + 6, 2);
    guint64 packed = byte_number(local + 18, 4);

    return ((flags ^ entry->flags) & FLAG_ENCRYPTED) != 0 ||
           (packed != 0 && packed != SEE_ZIP64 && packed != entry->packed);
}

/* A stored member may have fewer bytes by its own head than by the directory; of a packed one
 * nobody knows without unpacking it, so its bytes are looked at like those between members. */
static Range member_range(const guint8 *data, gsize start, guint64 packed)
{
    const guint8 *local = data + start;
    gboolean is_stored = byte_number(local + 8, 2) == 0;
    Range range = {.start = start, .is_stored = is_stored};

    if (is_stored && (local[6] & FLAG_STREAMED) == 0)
        packed = MIN(packed, byte_number(local + 18, 4));
    range.body = start + LOCAL_SIZE + byte_number(local + 26, 2) + byte_number(local + 28, 2);
    range.end = range.body + (gsize)packed;
    return range;
}

typedef struct {
    ZipLayoutLong found;
    gpointer user_data;
} Listener;

static void tell_long_name(const guint8 *entry, gsize left, const Listener *listener)
{
    gsize length = MIN(byte_number(entry + 28, 2), left - CENTRAL_SIZE);

    if (length > NAME_MAX_SEEN)
        listener->found((const char *)entry + CENTRAL_SIZE, length, listener->user_data);
}

/* The members as the directory places them; none when it cannot be read. *ret_directory: where it
 * begins. What stands before a zip (a program, a picture) shifts all. */
static GArray *read_directory(const guint8 *data, gsize size, const Listener *listener,
                              gboolean *ret_is_known, gsize *ret_directory, ZipLayout *ret)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(Range));
    guint64 length, offset;
    gsize at, end, shift;

    *ret_is_known = find_directory(data, size, &end, &length, &offset);
    if (!*ret_is_known)
        return ranges;
    at = *ret_directory = end - (gsize)length;
    shift = at - (gsize)offset;
    while (ranges->len < ENTRIES_MAX && at <= end && end - at >= CENTRAL_SIZE &&
           memcmp(data + at, "PK\1\2", 4) == 0) {
        Entry entry;
        Range range;

        read_entry(data + at, end - at, &entry);
        tell_long_name(data + at, end - at, listener);
        at += CENTRAL_SIZE + byte_number(data + at + 28, 2) + byte_number(data + at + 30, 2) +
              byte_number(data + at + 32, 2);
        ret->has_disguised |= entry.has_two_names;
        if (entry.offset > *ret_directory || shift > *ret_directory - entry.offset ||
            *ret_directory - shift - entry.offset < LOCAL_SIZE || entry.packed > size) {
            ret->has_lost = TRUE;
            continue;
        }
        range = member_range(data, shift + (gsize)entry.offset, entry.packed);
        if (memcmp(data + range.start, "PK\3\4", 4) != 0)
            ret->has_lost = TRUE;
        else
            ret->has_contradiction |= is_told_in_two_ways(data + range.start, &entry);
        g_array_append_val(ranges, range);
    }
    return ranges;
}

/* A local header that a reader would believe. */
static gboolean is_member(const guint8 *at, gsize left)
{
    return left > LOCAL_SIZE && memcmp(at, "PK\3\4", 4) == 0 && at[5] == 0 &&
           byte_number(at + 8, 2) <= METHOD_MAX && byte_number(at + 26, 2) > 0 &&
           byte_number(at + 26, 2) <= left - LOCAL_SIZE;
}

static void look_between(const guint8 *data, gsize start, gsize end, ZipLayout *layout)
{
    const guint8 *at = data + start;

    while (start < end && layout->gaps < ZIP_LAYOUT_GAPS_MAX &&
           (at = memmem(at, (gsize)(data + end - at), "PK\3\4", 4)) != NULL) {
        if (is_member(at, (gsize)(data + end - at))) {
            layout->gap[layout->gaps].start = (gsize)(at - data);
            layout->gap[layout->gaps++].end = end;
            return;
        }
        at++;
    }
}

gboolean zip_layout_look(const void *data, gsize size, ZipLayoutLong found, gpointer user_data,
                         ZipLayout *ret)
{
    const Listener listener = {found, user_data};
    gsize directory = 0, covered = 0;
    GArray *ranges;
    gboolean is_known;
    guint overlaps = 0;

    *ret = (ZipLayout){0};
    ranges = read_directory(data, size, &listener, &is_known, &directory, ret);
    ret->has_lost |= is_piece(data, size, is_known);
    if (ranges->len > 0)
        qsort(ranges->data, ranges->len, sizeof(Range), compare);
    /* That many say it already, and each would have its bytes looked through again. */
    for (guint i = 0; i < ranges->len && overlaps <= OVERLAPS_MAX; i++) {
        const Range *range = &g_array_index(ranges, Range, i);

        if (range->start < covered)
            overlaps++;
        else
            look_between(data, covered, range->start, ret);
        if (!range->is_stored)
            look_between(data, range->body, MIN(range->end, directory), ret);
        covered = MAX(covered, range->end);
    }
    if (is_known && covered < directory)
        look_between(data, covered, directory, ret);
    ret->has_overlap = overlaps > OVERLAPS_MAX;
    g_array_unref(ranges);
    return is_known;
}
