/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * byte-scan.h - searches that look at every byte of every content, many bytes at a time.
 *
 * Nothing here reads beyond the given range. Without SSE2 the same is done byte by byte.
 */
#ifndef SCANNER_BYTE_SCAN_H
#define SCANNER_BYTE_SCAN_H

#include <glib.h>

/* The first occurrence of a sign of at least 2 bytes; NULL: none. */
const void *byte_scan_sign(const void *data, gsize size, const char *sign, gsize length);

/* The number of base64 letters, without padding, from `at` on. */
gsize byte_scan_letters(const char *at, const char *end);
/* The same, before `at`. */
gsize byte_scan_letters_before(const char *begin, const char *at);

#endif /* SCANNER_BYTE_SCAN_H */
