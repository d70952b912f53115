/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * name-decode.h - the encodings that a file name in a mail header may wear (RFC 2047, RFC 2231).
 */
#ifndef FILTERS_NAME_DECODE_H
#define FILTERS_NAME_DECODE_H

#include <glib.h>

/* Sections of one RFC 2231 value: FILE_NAME_MAX bytes cannot hold more ("name*0=" and ";"). */
#define NAME_DECODE_SECTIONS 2048

/* Bytes in a charset to valid UTF-8, replacing what is wrong by U+FFFD. An unknown or NULL charset
 * means ISO-2022-JP where its shifts stand, UTF-8 where that is valid, else windows-1252 (what raw
 * 8-bit names mostly are). Tables come from ICU's library: no file is opened, so it works inside a
 * cage. g_free(). */
char *name_decode_charset(const char *charset, const char *bytes, gsize length);

/* Any of: `charset'lang'%41...`, `filename*0*=...; filename*1=...`, text with =?charset?Q?...?=
 * words, plain bytes. Valid UTF-8, may hold control characters but no NUL; g_free(). */
char *name_decode(const char *raw, gsize length);

/* As file_name_decode_otherwise(). */
char *name_decode_otherwise(const char *raw, gsize length);

#endif /* FILTERS_NAME_DECODE_H */
