/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * name-decode.h - the encodings of file names in mail headers (RFC 2047, RFC 2231).
 */
#ifndef FILTERS_NAME_DECODE_H
#define FILTERS_NAME_DECODE_H

#include <glib.h>

/* Sections of one RFC 2231 value: FILE_NAME_MAX bytes cannot hold more ("name*0=" and ";"). */
#define NAME_DECODE_SECTIONS 2048

/* Converts bytes in a charset to valid UTF-8, with U+FFFD for what is wrong. An unknown or NULL
 * charset means ISO-2022-JP if there are its escape sequences, else UTF-8 if that is valid, else
 * windows-1252, which most raw 8-bit names are in. The tables are in ICU's library, so no file is
 * opened and it works inside the cage. g_free(). */
char *name_decode_charset(const char *charset, const char *bytes, gsize length);

/* Decodes any of: `charset'lang'%41...`, `filename*0*=...; filename*1=...`, text with
 * =?charset?Q?...?= words, plain bytes. Returns valid UTF-8, maybe with control characters;
 * g_free(). */
char *name_decode(const char *raw, gsize length);

/* As file_name_decode_otherwise(). */
char *name_decode_otherwise(const char *raw, gsize length);

#endif /* FILTERS_NAME_DECODE_H */
