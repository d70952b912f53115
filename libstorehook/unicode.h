/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unicode.h - UTF-16 columns (code page 1200) and the UTF-8 of the wire.
 */
#ifndef LIBSTOREHOOK_UNICODE_H
#define LIBSTOREHOOK_UNICODE_H

#include <stddef.h>
#include <stdint.h>

/* A lone surrogate becomes U+FFFD. Writes at most 3 bytes a unit; returns how many. */
size_t unicode_to_utf8(const uint16_t *units, size_t count, unsigned char *ret);
/* A byte that is not UTF-8 becomes U+FFFD. Writes at most one unit a byte; returns how many. */
size_t unicode_to_utf16(const unsigned char *text, size_t size, uint16_t *ret);

#endif /* LIBSTOREHOOK_UNICODE_H */
