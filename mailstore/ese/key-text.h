/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * key-text.h - text as bytes that sort like the text.
 */
#ifndef MAILSTORE_ESE_KEY_TEXT_H
#define MAILSTORE_ESE_KEY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "mailstore/ese/esent.h"

#define TEXT_LOCALE_DEFAULT "en-US"

enum {
    TEXT_LOCALE_MAX = 84, /* LOCALE_NAME_MAX_LENGTH less the terminator */
    /* Windows' LCMapString flags, the ones that an index may carry. */
    TEXT_MAP_IGNORE_CASE = 0x1,
    TEXT_MAP_IGNORE_NONSPACE = 0x2,
    TEXT_MAP_IGNORE_SYMBOLS = 0x4,
    TEXT_MAP_SORT_KEY = 0x400,
    TEXT_MAP_IGNORE_KANA = 0x10000,
    TEXT_MAP_IGNORE_WIDTH = 0x20000,
    TEXT_MAP_LINGUISTIC_CASING = 0x8000000,
    TEXT_MAP_DEFAULT =
        TEXT_MAP_SORT_KEY | TEXT_MAP_IGNORE_CASE | TEXT_MAP_IGNORE_KANA | TEXT_MAP_IGNORE_WIDTH,
};

/* One locale's order. Opened once with the schema; reading it from many threads is sound. */
typedef struct {
    char locale[TEXT_LOCALE_MAX + 1]; /* as given; "" is the default */
    uint32_t map_flags;               /* 0 is the default */
    void *collator;
} TextCollation;

/* JET_errInvalidLCMapStringFlags for flags that no index may carry. */
JET_ERR text_map_flags_check(uint32_t map_flags);
/* JET_errInvalidLanguageId for an LCID that is not known. */
JET_ERR text_locale_of_lcid(uint32_t lcid, char locale[TEXT_LOCALE_MAX + 1]);
/* In UTF-16, NULL being ""; JET_errInvalidLanguageId for what is not ASCII or too long. */
JET_ERR text_locale_of_name(JET_PCWSTR name, char locale[TEXT_LOCALE_MAX + 1]);
/* The LCID of a locale's name, "" being the engine's default; 0 when it has none. */
uint32_t text_lcid_of_locale(const char *locale);
/* JET_errInvalidLanguageId when the library does not know the language. Idempotent. */
JET_ERR text_collation_open(TextCollation *collation);
void text_collation_clear(TextCollation *collation);
/* Changes when stored keys would no longer fit; never 0. */
uint32_t text_collation_version(const TextCollation *collation);

/* ASCII: A-Z for a-z, bytes otherwise, then a zero. Stops at a zero in the text. Returns the size;
 * *ret_truncated when `room` cut it. */
size_t text_normalize_ascii(const uint8_t *text, size_t size, uint8_t *out, size_t room,
                            bool *ret_truncated);
/* UTF-16 (little-endian bytes): the collator's sort key. */
JET_ERR text_normalize_unicode(const TextCollation *collation, const uint8_t *text, size_t size,
                               uint8_t *out, size_t room, size_t *ret_size, bool *ret_truncated);

#endif
