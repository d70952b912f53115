/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * byte-scan.h - looks at many bytes at once, for what is asked of each byte of each content.
 *
 * Nothing here reads beyond what it is given. Where the processor has no SSE2 the same is done byte
 * by byte.
 */
#ifndef SCANNER_BYTE_SCAN_H
#define SCANNER_BYTE_SCAN_H

#include <glib.h>

/* The first place of a sign of at least 2 bytes; NULL: nowhere. Quickest when its first and its
 * last byte seldom stand so far apart elsewhere. */
const void *byte_scan_sign(const void *data, gsize size, const char *sign, gsize length);

/* Letters of base64, without padding, from `at` on. */
gsize byte_scan_letters(const char *at, const char *end);
/* The same, before `at`. */
gsize byte_scan_letters_before(const char *begin, const char *at);

#endif /* SCANNER_BYTE_SCAN_H */
