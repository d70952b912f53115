/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hex.c - see hex.h. Only reading fails. */
#include "scanner/common/hex.h"

#include <string.h>

void hex_write(const void *bytes, gsize size, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const guint8 *from = bytes;

    for (gsize i = 0; i < size; i++) {
        *ret++ = digits[from[i] >> 4];
        *ret++ = digits[from[i] & 15];
    }
    *ret = '\0';
}

char *hex_new(const void *bytes, gsize size)
{
    char *text = g_malloc(2 * size + 1);

    hex_write(bytes, size, text);
    return text;
}

gboolean hex_read(const char *text, guint8 *ret, gsize size)
{
    if (strlen(text) != 2 * size || strspn(text, "0123456789abcdefABCDEF") != 2 * size)
        return FALSE;
    for (gsize i = 0; i < size; i++)
        ret[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                          g_ascii_xdigit_value(text[2 * i + 1]));
    return TRUE;
}
