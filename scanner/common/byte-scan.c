/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * byte-scan.c - compares 16 bytes with one instruction (SSE2, which every x86-64 has).
 *
 * A string is searched by its first and last byte, after W. Mula, "SIMD-friendly algorithms for
 * substring searching" (2016).
 */
#include "scanner/common/byte-scan.h"

#include <string.h>

#include "scanner/common/byte-block.h"

static gboolean is_letter(char c)
{
    return g_ascii_isalnum(c) || c == '+' || c == '/';
}

#ifdef __SSE2__

enum {
    WIDTH = BYTE_BLOCK,
    STRIDE = 4 * WIDTH /* between two jumps */
};

/* The positions from `at` on where both ends of the sign match. */
static __m128i ends_at(const char *at, gsize length, __m128i first, __m128i last)
{
    return _mm_and_si128(_mm_cmpeq_epi8(byte_block_load(at), first),
                         _mm_cmpeq_epi8(byte_block_load(at + length - 1), last));
}

static const char *sign_in(const char *at, __m128i ends, const char *sign, gsize length)
{
    for (guint bits = (guint)_mm_movemask_epi8(ends); bits != 0; bits &= bits - 1) {
        const char *found = at + __builtin_ctz(bits);

        if (memcmp(found, sign, length) == 0)
            return found;
    }
    return NULL;
}

static const char *sign_in_stride(const char *at, const char *sign, gsize length, __m128i first,
                                  __m128i last)
{
    __m128i any = _mm_or_si128(
        _mm_or_si128(ends_at(at, length, first, last), ends_at(at + WIDTH, length, first, last)),
        _mm_or_si128(ends_at(at + 2 * WIDTH, length, first, last),
                     ends_at(at + 3 * WIDTH, length, first, last)));
    const char *found = NULL;

    if (_mm_movemask_epi8(any) == 0)
        return NULL;
    for (gsize i = 0; i < STRIDE && !found; i += WIDTH)
        found = sign_in(at + i, ends_at(at + i, length, first, last), sign, length);
    return found;
}

/* Moves *at past what has been searched. */
static const char *sign_by_strides(const char **at, const char *end, const char *sign, gsize length)
{
    const __m128i first = _mm_set1_epi8(sign[0]), last = _mm_set1_epi8(sign[length - 1]);
    const char *found = NULL;

    while (!found && (gsize)(end - *at) >= STRIDE + length - 1) {
        found = sign_in_stride(*at, sign, length, first, last);
        *at += STRIDE;
    }
    return found;
}

#else

static const char *sign_by_strides(const char **at, const char *end, const char *sign, gsize length)
{
    (void)at, (void)end, (void)sign, (void)length;
    return NULL;
}

#endif

/* Letters in whole blocks; *ret_ended: the next byte is no letter. */
static gsize letters_by_blocks(const char *at, const char *end, gboolean *ret_ended)
{
    const char *from = at;

    *ret_ended = FALSE;
    for (; end - at >= BYTE_BLOCK; at += BYTE_BLOCK) {
        guint others = byte_block_others(at);

        *ret_ended = others != 0;
        if (others != 0)
            return (gsize)(at - from) + (gsize)__builtin_ctz(others);
    }
    return (gsize)(at - from);
}

static gsize letters_by_blocks_before(const char *begin, const char *at, gboolean *ret_ended)
{
    const char *from = at;

    *ret_ended = FALSE;
    for (; at - begin >= BYTE_BLOCK; at -= BYTE_BLOCK) {
        guint others = byte_block_others(at - BYTE_BLOCK);

        *ret_ended = others != 0;
        /* The highest bit is for the nearest byte. */
        if (others != 0)
            return (gsize)(from - at) + (gsize)__builtin_clz(others << BYTE_BLOCK);
    }
    return (gsize)(from - at);
}

const void *byte_scan_sign(const void *data, gsize size, const char *sign, gsize length)
{
    const char *at = data, *end = at + size;
    const char *found = sign_by_strides(&at, end, sign, length);

    return found ? found : memmem(at, (gsize)(end - at), sign, length);
}

gsize byte_scan_letters(const char *at, const char *end)
{
    gboolean ended;
    gsize count = letters_by_blocks(at, end, &ended);

    while (!ended && at + count < end && is_letter(at[count]))
        count++;
    return count;
}

gsize byte_scan_letters_before(const char *begin, const char *at)
{
    gboolean ended;
    gsize count = letters_by_blocks_before(begin, at, &ended);

    while (!ended && at - count > begin && is_letter(at[-(gssize)count - 1]))
        count++;
    return count;
}
