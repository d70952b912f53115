/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wide.c - UTF-16 to UTF-8 and back, for single texts.
 *
 * Fails with JET_errUnicodeTranslationFail and JET_errOutOfMemory.
 */
#include "mailstore/ese/wide.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"

enum {
    UTF8_PER_UNIT = 3,        /* bytes that one UTF-16 unit becomes at most */
    TEXT_UNITS_MAX = 1 << 20, /* no path, name or key list is longer: it has no end */
};

static JET_ERR utf8_from_utf16(JET_PCWSTR from, uint32_t units, char *to, uint32_t *ret_size)
{
    uint32_t at = 0, size = 0;
    while (at < units) {
        UChar32 c;
        U16_NEXT(from, at, units, c);
        if (U_IS_SURROGATE(c))
            return JET_errUnicodeTranslationFail;
        U8_APPEND_UNSAFE(to, size, c);
    }
    to[size] = 0;
    *ret_size = size;
    return JET_errSuccess;
}

static JET_ERR wide_text_units(JET_PCWSTR from, uint32_t units, WideText *to)
{
    size_t room = (size_t)units * UTF8_PER_UNIT + 1;
    to->text = to->short_text;
    if (room > sizeof(to->short_text))
        to->text = to->allocated = fault_malloc(room);
    return to->text ? utf8_from_utf16(from, units, to->text, &to->size) : JET_errOutOfMemory;
}

JET_ERR wide_text(JET_PCWSTR from, WideText *to)
{
    uint32_t units = 0;
    if (!from)
        return JET_errSuccess;
    while (from[units])
        if (++units > TEXT_UNITS_MAX)
            return JET_errInvalidParameter;
    return wide_text_units(from, units, to);
}

JET_ERR wide_text_counted(JET_PCWSTR from, uint32_t size, WideText *to)
{
    if (!from)
        return JET_errSuccess;
    if (size / sizeof(*from) > TEXT_UNITS_MAX)
        return JET_errInvalidParameter;
    return wide_text_units(from, size / sizeof(*from), to);
}

JET_ERR wide_name_or_id(JET_PCWSTR from, uint32_t level, WideText *to)
{
    level &= ~(uint32_t)(JET_ColInfoGrbitNonDerivedColumnsOnly | JET_ColInfoGrbitMinimalInfo |
                         JET_ColInfoGrbitSortByColumnid);
    if (level != JET_ColInfoByColid && level != JET_ColInfoBaseByColid)
        return wide_text(from, to);
    to->text = (char *)from;
    return JET_errSuccess;
}

void wide_text_clear(WideText *text)
{
    free(text->allocated);
    text->allocated = NULL;
}

JET_ERR wide_copy_out(const char *from, JET_WCHAR *to, uint32_t size)
{
    int32_t at = 0, length = (int32_t)strlen(from);
    uint32_t units = 0, room = size / sizeof(*to);
    if (!to || room == 0)
        return JET_errBufferTooSmall;
    while (at < length) {
        UChar32 c;
        U8_NEXT(from, at, length, c);
        if (c < 0)
            return JET_errUnicodeTranslationFail;
        if (units + (uint32_t)U16_LENGTH(c) >= room) {
            to[units] = 0;
            return JET_errBufferTooSmall;
        }
        U16_APPEND_UNSAFE(to, units, c);
    }
    to[units] = 0;
    return JET_errSuccess;
}

JET_ERR wide_result_begin(JET_PWSTR out, uint32_t out_size, WideResult *result)
{
    result->out = out;
    result->out_size = out_size;
    result->text = out ? result->buffer : NULL;
    result->size = out ? sizeof(result->buffer) : out_size;
    return JET_errSuccess;
}

JET_ERR wide_result_end(WideResult *result, JET_ERR err)
{
    if (err < 0 || !result->out || result->buffer[0] == 0) {
        if (err >= 0 && result->out && result->out_size >= sizeof(JET_WCHAR))
            result->out[0] = 0;
        return err;
    }
    JET_ERR copied = wide_copy_out(result->buffer, result->out, result->out_size);
    return copied < 0 ? copied : err;
}
