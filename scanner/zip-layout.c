/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zip-layout.c - sorts the members that a zip's directory names by their place, and looks at what
 * lies between (APPNOTE.TXT 4.3).
 *
 * Fails by FALSE. Known limits: a zip of more than 4 GB (Zip64) is not looked at, nor more than
 * ENTRIES_MAX members: those end at the limits of files anyway.
 */
#include "scanner/zip-layout.h"

#include <stdlib.h>
#include <string.h>

enum {
    ENTRIES_MAX = 100000,
    END_SIZE = 22,
    COMMENT_MAX = 65535,
    CENTRAL_SIZE = 46,
    LOCAL_SIZE = 30,
    OVERLAPS_MAX = 5, /* libclamav's own patience with odd writers */
    METHOD_MAX = 99   /* AES; the highest that is in use */
};

typedef struct {
    gsize start, end;
} Range;

static guint32 number(const guint8 *at, guint count)
{
    guint32 value = 0;

    while (count-- > 0)
        value = value << 8 | at[count];
    return value;
}

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

static int compare(const void *a, const void *b)
{
    const Range *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

/* The members as the directory places them; NULL when it cannot be read. *ret_directory: where it
 * begins. What stands before a zip (a program, a picture) shifts all. */
static GArray *read_directory(const guint8 *data, gsize size, gsize *ret_directory)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(Range));
    gssize end = find_end(data, size);
    gsize at, shift, length;

    if (end < 0)
        return ranges;
    length = number(data + end + 12, 4);
    if (length > (gsize)end || number(data + end + 16, 4) > (gsize)end - length)
        return ranges;
    at = *ret_directory = (gsize)end - length;
    shift = at - number(data + end + 16, 4);
    while (ranges->len < ENTRIES_MAX && (gsize)end - at >= CENTRAL_SIZE &&
           memcmp(data + at, "PK\1\2", 4) == 0) {
        gsize start = shift + number(data + at + 42, 4);
        Range range = {start, start};

        if (start < *ret_directory && *ret_directory - start >= LOCAL_SIZE)
            range.end = start + LOCAL_SIZE + number(data + start + 26, 2) +
                        number(data + start + 28, 2) + number(data + at + 20, 4);
        if (range.end > start)
            g_array_append_val(ranges, range);
        at += CENTRAL_SIZE + number(data + at + 28, 2) + number(data + at + 30, 2) +
              number(data + at + 32, 2);
        if (at > (gsize)end)
            break;
    }
    return ranges;
}

/* A local header that a reader would believe. */
static gboolean is_member(const guint8 *at, gsize left)
{
    return left > LOCAL_SIZE && memcmp(at, "PK\3\4", 4) == 0 && at[5] == 0 &&
           number(at + 8, 2) <= METHOD_MAX && number(at + 26, 2) > 0 &&
           number(at + 26, 2) <= left - LOCAL_SIZE;
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

gboolean zip_layout_look(const void *data, gsize size, ZipLayout *ret)
{
    gsize directory = 0, covered = 0;
    GArray *ranges = read_directory(data, size, &directory);
    gboolean is_known = ranges->len > 0;
    guint overlaps = 0;

    *ret = (ZipLayout){0};
    if (is_known)
        qsort(ranges->data, ranges->len, sizeof(Range), compare);
    for (guint i = 0; i < ranges->len; i++) {
        const Range *range = &g_array_index(ranges, Range, i);

        if (range->start < covered)
            overlaps++;
        else
            look_between(data, covered, range->start, ret);
        covered = MAX(covered, range->end);
    }
    if (is_known && covered < directory)
        look_between(data, covered, directory, ret);
    ret->has_overlap = overlaps > OVERLAPS_MAX;
    g_array_unref(ranges);
    return is_known;
}
