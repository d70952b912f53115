/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * byte-block.h - tests 16 bytes at once; the result has a bit for each, the lowest for the first
 * byte.
 *
 * Inline, for places where a call would take longer than the test. All 16 bytes must be readable.
 */
#ifndef SCANNER_BYTE_BLOCK_H
#define SCANNER_BYTE_BLOCK_H

#include <glib.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

enum {
    BYTE_BLOCK = 16,
    BYTE_BLOCK_ALL = 0xffff
};

#ifdef __SSE2__

static inline __m128i byte_block_load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* 0xff where `from` <= byte <= `from` + `more`. */
static inline __m128i byte_block_is_between(__m128i bytes, char from, char more)
{
    __m128i offset = _mm_sub_epi8(bytes, _mm_set1_epi8(from));

    return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(more)), offset);
}

/* Bytes that are no base64 letters; padding is none. */
static inline guint byte_block_others(const char *at)
{
    __m128i bytes = byte_block_load(at), lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    __m128i letters =
        _mm_or_si128(byte_block_is_between(lower, 'a', 25), byte_block_is_between(bytes, '/', 10));

    letters = _mm_or_si128(letters, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('+')));
    return (guint)_mm_movemask_epi8(letters) ^ BYTE_BLOCK_ALL;
}

/* Bytes that are `one` or `other`. */
static inline guint byte_block_either(const char *at, char one, char other)
{
    __m128i bytes = byte_block_load(at);

    return (guint)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(one)),
                                                 _mm_cmpeq_epi8(bytes, _mm_set1_epi8(other))));
}

/* Bytes that are decimal digits or `other`. */
static inline guint byte_block_digits_or(const char *at, char other)
{
    __m128i bytes = byte_block_load(at);

    return (guint)_mm_movemask_epi8(_mm_or_si128(byte_block_is_between(bytes, '0', 9),
                                                 _mm_cmpeq_epi8(bytes, _mm_set1_epi8(other))));
}

#else

static inline guint byte_block_others(const char *at)
{
    guint bits = 0;

    for (guint i = 0; i < BYTE_BLOCK; i++)
        bits |= (guint) !(g_ascii_isalnum(at[i]) || at[i] == '+' || at[i] == '/') << i;
    return bits;
}

static inline guint byte_block_either(const char *at, char one, char other)
{
    guint bits = 0;

    for (guint i = 0; i < BYTE_BLOCK; i++)
        bits |= (guint)(at[i] == one || at[i] == other) << i;
    return bits;
}

static inline guint byte_block_digits_or(const char *at, char other)
{
    guint bits = 0;

    for (guint i = 0; i < BYTE_BLOCK; i++)
        bits |= (guint)(g_ascii_isdigit(at[i]) || at[i] == other) << i;
    return bits;
}

#endif

#endif /* SCANNER_BYTE_BLOCK_H */
