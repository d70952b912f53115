/* SPDX-License-Identifier: GPL-2.0-or-later */
/* byte-number.h - numbers of up to eight bytes, at any address. All bytes must be readable. */
#ifndef SCANNER_BYTE_NUMBER_H
#define SCANNER_BYTE_NUMBER_H

#include <glib.h>

/* Little-endian. */
static inline guint64 byte_number(const guint8 *at, guint count)
{
    guint64 value = 0;

    while (count-- > 0)
        value = value << 8 | at[count];
    return value;
}

/* Big-endian. */
static inline guint64 byte_number_big(const guint8 *at, guint count)
{
    guint64 value = 0;

    for (guint i = 0; i < count; i++)
        value = value << 8 | at[i];
    return value;
}

#endif /* SCANNER_BYTE_NUMBER_H */
