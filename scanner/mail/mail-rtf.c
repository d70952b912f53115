/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-rtf.c - unpacks LZFu after [MS-OXRTFCP]: LZ77 with a window that begins with words of RTF.
 *
 * Fails by NULL. Sizes and checksum in the head are not looked at: what a reader may unpack at all
 * is unpacked.
 */
#include "scanner/mail/mail-rtf.h"

#include <string.h>

#include "scanner/common/byte-number.h"

enum {
    HEAD = 16,
    SIGN_AT = 8,
    WINDOW = 4096,
    LEAST = 2,           /* bytes that a reference copies */
    GROUP = 8,           /* literals or references behind one byte that tells which is which */
    GROUP_MOST = 8 * 17, /* bytes that a group of 17 gives */
    GROUP_SIZE = 17
};

static const char PREFIX[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    "\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    "\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

typedef struct {
    char window[WINDOW];
    gsize place; /* in the window, where the next byte goes */
    guint8 *out;
    gsize used, room;
} Unpacking;

static gboolean is_packed(const void *data)
{
    return memcmp((const guint8 *)data + SIGN_AT, "LZFu", 4) == 0;
}

gboolean mail_rtf_matches(const void *data, gsize size)
{
    return size > HEAD &&
           (is_packed(data) || memcmp((const guint8 *)data + SIGN_AT, "MELA", 4) == 0);
}

static gboolean put(Unpacking *work, char byte)
{
    if (work->used == work->room)
        return FALSE;
    work->out[work->used++] = (guint8)byte;
    work->window[work->place] = byte;
    work->place = (work->place + 1) % WINDOW;
    return TRUE;
}

/* FALSE: there is no room for all. */
static gboolean unpack(Unpacking *work, const guint8 *at, const guint8 *end)
{
    while (at < end) {
        guint kinds = *at++;

        for (guint i = 0; i < GROUP && at < end; i++, kinds >>= 1) {
            guint reference, from;

            if ((kinds & 1) == 0) {
                if (!put(work, (char)*at++))
                    return FALSE;
                continue;
            }
            if (end - at < 2)
                return TRUE;
            reference = (guint)byte_number_big(at, 2);
            at += 2;
            from = reference >> 4;
            if (from == work->place) /* the end */
                return TRUE;
            for (guint left = (reference & 15) + LEAST; left > 0; left--, from++)
                if (!put(work, work->window[from % WINDOW]))
                    return FALSE;
        }
    }
    return TRUE;
}

guint8 *mail_rtf_unpack(const void *data, gsize size, gsize most, gsize *ret_size)
{
    const guint8 *at = (const guint8 *)data + HEAD;
    gsize left = size - HEAD;
    gboolean is_plain = !is_packed(data), fits;
    Unpacking work = {.room = MIN(most, is_plain ? left : (left / GROUP_SIZE + 1) * GROUP_MOST)};

    work.out = g_try_malloc(work.room + 1);
    if (!work.out)
        return NULL;
    if (is_plain) {
        fits = left <= work.room;
        work.used = work.room;
        memcpy(work.out, at, work.used);
    } else {
        memcpy(work.window, PREFIX, sizeof(PREFIX) - 1);
        work.place = sizeof(PREFIX) - 1;
        fits = unpack(&work, at, at + left);
    }
    if (!fits)
        g_clear_pointer(&work.out, g_free);
    *ret_size = work.used;
    return work.out;
}
