/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * key-text.c - normalising text for keys.
 *
 * ASCII follows the engine this API comes from byte for byte, its oddity at truncation included.
 * Unicode uses ICU's sort keys where Windows uses LCMapString's: the same levels in the same
 * order, separated by 0x01, so that prefixes work, but not the same bytes.
 *
 * Fails with JET_errInvalidLanguageId or JET_errUnicodeNormalizationNotSupported. Known limit: of a
 * text longer than 512 UTF-16 units only these count, which fill the longest key many times.
 */
#include "mailstore/ese/key-text.h"

#include <string.h>
#include <unicode/ucol.h>
#include <unicode/uloc.h>

#include "mailstore/ese/result.h"

enum {
    SOURCE_UNITS_MAX = 512,
};

JET_ERR text_map_flags_check(uint32_t map_flags)
{
    const uint32_t known = TEXT_MAP_DEFAULT | TEXT_MAP_IGNORE_NONSPACE | TEXT_MAP_IGNORE_SYMBOLS |
                           TEXT_MAP_LINGUISTIC_CASING;
    if (map_flags != 0 && ((map_flags & ~known) != 0 || (map_flags & TEXT_MAP_SORT_KEY) == 0))
        return JET_errInvalidLCMapStringFlags;
    return JET_errSuccess;
}

JET_ERR text_locale_of_lcid(uint32_t lcid, char locale[TEXT_LOCALE_MAX + 1])
{
    char posix[ULOC_FULLNAME_CAPACITY];
    UErrorCode status = U_ZERO_ERROR;
    locale[0] = 0;
    /* 0, 0x400 (user default) and 0x800 (system default) are the engine's default; 0x7f is the
     * invariant locale, which is the root. */
    if (lcid == 0 || lcid == 0x400 || lcid == 0x800)
        return JET_errSuccess;
    if (lcid == 0x7f) {
        strcpy(locale, "und");
        return JET_errSuccess;
    }
    int32_t n = uloc_getLocaleForLCID(lcid, posix, sizeof(posix), &status);
    if (U_FAILURE(status) || n <= 0 || n >= (int32_t)sizeof(posix))
        return JET_errInvalidLanguageId;
    status = U_ZERO_ERROR;
    n = uloc_toLanguageTag(posix, locale, TEXT_LOCALE_MAX + 1, false, &status);
    if (U_FAILURE(status) || n <= 0 || n > TEXT_LOCALE_MAX) {
        locale[0] = 0;
        return JET_errInvalidLanguageId;
    }
    return JET_errSuccess;
}

JET_ERR text_locale_of_name(JET_PCWSTR name, char locale[TEXT_LOCALE_MAX + 1])
{
    size_t at = 0;
    for (; name && name[at]; at++) {
        if (at >= TEXT_LOCALE_MAX || name[at] > 0x7f)
            return JET_errInvalidLanguageId;
        locale[at] = (char)name[at];
    }
    locale[at] = 0;
    return JET_errSuccess;
}

uint32_t text_lcid_of_locale(const char *locale)
{
    char posix[ULOC_FULLNAME_CAPACITY];
    UErrorCode status = U_ZERO_ERROR;
    const char *name = *locale ? locale : TEXT_LOCALE_DEFAULT;
    if (strcmp(name, "und") == 0)
        return 0x7f;
    uloc_forLanguageTag(name, posix, sizeof(posix), NULL, &status);
    return U_SUCCESS(status) && status != U_STRING_NOT_TERMINATED_WARNING ? uloc_getLCID(posix) : 0;
}

static UColAttributeValue collation_strength(uint32_t map_flags)
{
    if (!(map_flags & TEXT_MAP_IGNORE_CASE))
        return UCOL_TERTIARY;
    return map_flags & TEXT_MAP_IGNORE_NONSPACE ? UCOL_PRIMARY : UCOL_SECONDARY;
}

JET_ERR text_collation_open(TextCollation *collation)
{
    if (collation->collator)
        return JET_errSuccess;
    const char *tag = collation->locale[0] ? collation->locale : TEXT_LOCALE_DEFAULT;
    uint32_t flags = collation->map_flags ? collation->map_flags : TEXT_MAP_DEFAULT;
    char icu_locale[ULOC_FULLNAME_CAPACITY];
    UErrorCode status = U_ZERO_ERROR;
    int32_t parsed = 0;
    int32_t n = uloc_forLanguageTag(tag, icu_locale, sizeof(icu_locale), &parsed, &status);
    if (U_FAILURE(status) || n >= (int32_t)sizeof(icu_locale) || parsed != (int32_t)strlen(tag))
        return JET_errInvalidLanguageId;
    UCollator *collator = ucol_open(icu_locale, &status);
    if (U_FAILURE(status))
        return status == U_MEMORY_ALLOCATION_ERROR ? JET_errOutOfMemory : JET_errInvalidLanguageId;
    ucol_setAttribute(collator, UCOL_STRENGTH, collation_strength(flags), &status);
    ucol_setAttribute(collator, UCOL_NORMALIZATION_MODE, UCOL_ON, &status);
    if (flags & TEXT_MAP_IGNORE_SYMBOLS)
        ucol_setAttribute(collator, UCOL_ALTERNATE_HANDLING, UCOL_SHIFTED, &status);
    if (U_FAILURE(status)) {
        ucol_close(collator);
        return JET_errUnicodeNormalizationNotSupported;
    }
    collation->collator = collator;
    return JET_errSuccess;
}

void text_collation_clear(TextCollation *collation)
{
    if (collation->collator)
        ucol_close(collation->collator);
    collation->collator = NULL;
}

uint32_t text_collation_version(const TextCollation *collation)
{
    UVersionInfo version;
    ucol_getVersion(collation->collator, version);
    uint32_t number = (uint32_t)version[0] << 24 | (uint32_t)version[1] << 16 |
                      (uint32_t)version[2] << 8 | version[3];
    return number ? number : 1;
}

size_t text_normalize_ascii(const uint8_t *text, size_t size, uint8_t *out, size_t room,
                            bool *ret_truncated)
{
    const uint8_t *end = memchr(text, 0, size);
    size_t length = end ? (size_t)(end - text) : size;
    bool truncated = length + 1 > room;
    size_t n = truncated ? room : length;
    for (size_t i = 0; i < n; i++)
        out[i] = text[i] >= 'a' && text[i] <= 'z' ? (uint8_t)(text[i] - 0x20) : text[i];
    *ret_truncated = truncated;
    if (!truncated) {
        out[n] = 0;
        return n + 1;
    }
    if (n > 0) /* as the original engine does, also for what is no letter */
        out[n - 1] = (uint8_t)(text[n - 1] - 0x20);
    return n;
}

JET_ERR text_normalize_unicode(const TextCollation *collation, const uint8_t *text, size_t size,
                               uint8_t *out, size_t room, size_t *ret_size, bool *ret_truncated)
{
    UChar source[SOURCE_UNITS_MAX];
    size_t units = size / sizeof(UChar);
    bool cut = units > SOURCE_UNITS_MAX;
    if (cut)
        units = SOURCE_UNITS_MAX;
    for (size_t i = 0; i < units; i++)
        source[i] = (UChar)(text[2 * i] | text[2 * i + 1] << 8);
    if (!collation->collator)
        return JET_errUnicodeNormalizationNotSupported;
    int32_t needed =
        ucol_getSortKey(collation->collator, source, (int32_t)units, out, (int32_t)room);
    if (needed <= 0)
        return JET_errUnicodeTranslationFail;
    *ret_truncated = cut || (size_t)needed > room;
    *ret_size = (size_t)needed > room ? room : (size_t)needed;
    return JET_errSuccess;
}
