/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unicode.c - converts between UTF-16 and UTF-8. Cannot fail; what is no text becomes U+FFFD.
 */
#include "libstorehook/unicode.h"

enum {
    REPLACEMENT = 0xFFFD
};

static size_t put_utf8(uint32_t c, unsigned char *ret)
{
    if (c < 0x80) {
        ret[0] = (unsigned char)c;
        return 1;
    }
    if (c < 0x800) {
        ret[0] = (unsigned char)(0xC0 | c >> 6);
        ret[1] = (unsigned char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        ret[0] = (unsigned char)(0xE0 | c >> 12);
        ret[1] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
        ret[2] = (unsigned char)(0x80 | (c & 0x3F));
        return 3;
    }
    ret[0] = (unsigned char)(0xF0 | c >> 18);
    ret[1] = (unsigned char)(0x80 | (c >> 12 & 0x3F));
    ret[2] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
    ret[3] = (unsigned char)(0x80 | (c & 0x3F));
    return 4;
}

size_t unicode_to_utf8(const uint16_t *units, size_t count, unsigned char *ret)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        uint32_t c = units[i];

        if (c >= 0xD800 && c < 0xDC00 && i + 1 < count && units[i + 1] >= 0xDC00 &&
            units[i + 1] < 0xE000)
            c = 0x10000 + ((c - 0xD800) << 10) + (units[++i] - 0xDC00U);
        else if (c >= 0xD800 && c < 0xE000)
            c = REPLACEMENT;
        size += put_utf8(c, ret + size);
    }
    return size;
}

/* One character at text; its length, or 0 when it is not UTF-8 (overlong, surrogate, too high). */
static size_t get_utf8(const unsigned char *text, size_t size, uint32_t *ret)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = text[0] < 0x80             ? 1
                    : (text[0] & 0xE0) == 0xC0 ? 2
                    : (text[0] & 0xF0) == 0xE0 ? 3
                    : (text[0] & 0xF8) == 0xF0 ? 4
                                               : 0;
    uint32_t c;

    if (length == 0 || length > size)
        return 0;
    c = length == 1 ? text[0] : text[0] & (0xFFU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (text[i] & 0x3F);
    }
    if (c < lowest[length] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return 0;
    *ret = c;
    return length;
}

size_t unicode_to_utf16(const unsigned char *text, size_t size, uint16_t *ret)
{
    size_t count = 0;

    for (size_t i = 0; i < size;) {
        uint32_t c = REPLACEMENT;
        size_t length = get_utf8(text + i, size - i, &c);

        i += length ? length : 1;
        if (c >= 0x10000) {
            ret[count++] = (uint16_t)(0xD800 + ((c - 0x10000) >> 10));
            ret[count++] = (uint16_t)(0xDC00 + ((c - 0x10000) & 0x3FF));
        } else {
            ret[count++] = (uint16_t)c;
        }
    }
    return count;
}
