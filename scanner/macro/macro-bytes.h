/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-bytes.h - little-endian numbers and texts out of bytes, never beyond their end. */
#ifndef SCANNER_MACRO_BYTES_H
#define SCANNER_MACRO_BYTES_H

#include <glib.h>
#include <string.h>

typedef struct {
    const guint8 *at;
    gsize left;
    gboolean is_short; /* more was asked for than was there; what came then is zero */
} Bytes;

static inline const guint8 *bytes_take(Bytes *bytes, gsize size)
{
    const guint8 *at = bytes->at;

    if (size > bytes->left) {
        bytes->is_short = TRUE;
        bytes->left = 0;
        return NULL;
    }
    bytes->at += size;
    bytes->left -= size;
    return at;
}

static inline guint32 bytes_number(Bytes *bytes, guint size)
{
    const guint8 *at = bytes_take(bytes, size);
    guint32 number = 0;

    for (guint i = 0; at && i < size; i++)
        number |= (guint32)at[i] << (8 * i);
    return number;
}

static inline double bytes_double(Bytes *bytes)
{
    const guint8 *at = bytes_take(bytes, 8);
    double number = 0;

    if (at)
        memcpy(&number, at, sizeof(number));
    return number;
}

/* Appends `count` letters of one or two bytes as UTF-8; control letters are left out. */
static inline void bytes_text(Bytes *bytes, gsize count, gboolean is_wide, GString *out)
{
    const guint8 *at;

    count = MIN(count, bytes->left / (is_wide ? 2 : 1));
    at = bytes_take(bytes, count * (is_wide ? 2 : 1));
    for (gsize i = 0; at && i < count; i++) {
        gunichar letter = is_wide ? (gunichar)at[2 * i] | (gunichar)at[2 * i + 1] << 8 : at[i];

        if (letter >= ' ' && g_unichar_validate(letter))
            g_string_append_unichar(out, letter);
    }
}

/* An RkNumber ([MS-XLS] 2.5.122): an integer or the upper half of a double, perhaps hundredfold. */
static inline double bytes_rk_number(guint32 packed)
{
    guint64 bits = (guint64)(packed & ~3u) << 32;
    double number;

    if ((packed & 2) != 0)
        number = (double)((gint32)packed >> 2);
    else
        memcpy(&number, &bits, sizeof(number));
    return (packed & 1) != 0 ? number / 100 : number;
}

/* A record of a part of an xlsb ([MS-XLSB] 2.1.4): types have one or two bytes, sizes one to four,
 * seven bits each. FALSE at the part's end. One that is cut has what is left, and `is_short` is
 * set.
 */
static inline gboolean bytes_biff12_record(Bytes *part, guint *ret_type, Bytes *ret_record)
{
    guint type = bytes_number(part, 1), size = 0;

    if ((type & 0x80) != 0)
        type = (type & 0x7F) | (bytes_number(part, 1) & 0x7F) << 7;
    for (guint shift = 0; shift < 28; shift += 7) {
        guint byte = bytes_number(part, 1);

        size |= (byte & 0x7F) << shift;
        if ((byte & 0x80) == 0)
            break;
    }
    if (part->is_short)
        return FALSE;
    *ret_type = type;
    *ret_record = (Bytes){.at = part->at, .left = MIN(size, part->left)};
    (void)bytes_take(part, size);
    return TRUE;
}

#endif /* SCANNER_MACRO_BYTES_H */
