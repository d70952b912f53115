/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * split-helper.c - joins a split message from memory.
 */
#include "tests/unit/message/split-helper.h"

#include <string.h>

#include "mailstore/message/join.h"

static gboolean read_bytes(gpointer user_data, gsize offset, guint8 *out, gsize size)
{
    gsize have;
    const guint8 *data = g_bytes_get_data(user_data, &have);
    g_assert(offset <= have && size <= have - offset);
    memcpy(out, data + offset, size);
    return TRUE;
}

static JoinSource bytes_source(GBytes *bytes)
{
    return (JoinSource){g_bytes_get_size(bytes), read_bytes, bytes};
}

/* Some of it, from anywhere, is the same as in the whole. */
static void check_ranges(const JoinSource *text, const JoinPart *parts, gsize count,
                         const guint8 *whole, gsize size)
{
    g_autofree guint8 *some = g_malloc(size + 1);

    for (gsize length = 1; length <= size; length = 3 * length + 1)
        for (gsize from = 0; from < size; from += size / 7 + 1) {
            gsize left = MIN(length, size - from);
            some[left] = 0x5a;
            g_assert_true(join_write(text, parts, count, from, left, some));
            g_assert_true(memcmp(some, whole + from, left) == 0 && some[left] == 0x5a);
        }
}

GBytes *split_helper_join(const SplitMessage *split)
{
    guint count = split->parts->len;
    g_autofree JoinPart *parts = g_new0(JoinPart, count + 1);
    for (guint i = 0; i < count; i++) {
        SplitPart *part = g_ptr_array_index(split->parts, i);
        char text[PART_ENCODING_TEXT_MAX];
        parts[i].offset = part->offset;
        parts[i].header = bytes_source(part->header);
        parts[i].data = bytes_source(part->data);
        part_encoding_format(&part->encoding, text);
        g_assert_true(part_encoding_parse(text, strlen(text), &parts[i].encoding));
    }

    gsize size;
    JoinSource text = bytes_source(split->text);
    g_assert_true(join_size(text.size, parts, count, &size));
    guint8 *out = g_malloc(size + 1);
    g_assert_true(join_write(&text, parts, count, 0, size, out));
    check_ranges(&text, parts, count, out, size);
    return g_bytes_new_take(out, size);
}

void split_helper_round_trip(const void *bytes, gsize size)
{
    g_autoptr(GBytes) message = g_bytes_new(bytes, size);
    g_autoptr(SplitMessage) split = split_message_new(message);
    g_autoptr(GBytes) joined = split_helper_join(split);
    g_assert_true(g_utf8_validate(split->subject, -1, NULL));
    g_assert_true(g_bytes_equal(message, joined));
}
