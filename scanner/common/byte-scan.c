/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * byte-scan.c - compares 16 bytes with one instruction (SSE2, which every x86-64 has), or 32.
 *
 * A string is searched by its ends, after W. Mula, "SIMD-friendly algorithms for substring
 * searching" (2016).
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
    WIDTH = sizeof(__m256i),
    STRIDE = 4 * WIDTH /* between two jumps */
};

typedef struct {
    __m256i first, second, last;
} Ends;

/* 0xff where these match. */
__attribute__((target("avx2"))) static inline __m256i ends_at(const char *at, gsize length,
                                                              const Ends *ends)
{
    const __m256i *from = (const __m256i *)(const void *)at,
                  *next = (const __m256i *)(const void *)(at + 1),
                  *to = (const __m256i *)(const void *)(at + length - 1);

    return _mm256_and_si256(
        _mm256_cmpeq_epi8(_mm256_loadu_si256(from), ends->first),
        _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_loadu_si256(next), ends->second),
                         _mm256_cmpeq_epi8(_mm256_loadu_si256(to), ends->last)));
}

/* The first stride in which the sign may begin; else what is no stride any more. */
__attribute__((target("avx2"))) static const char *skip_strides(const char *at, const char *end,
                                                                const char *sign, gsize length)
{
    const Ends ends = {_mm256_set1_epi8(sign[0]), _mm256_set1_epi8(sign[1]),
                       _mm256_set1_epi8(sign[length - 1])};
    const gsize reach = STRIDE + length - 1;

    for (; (gsize)(end - at) >= reach; at += STRIDE) {
        __m256i any = _mm256_or_si256(
            _mm256_or_si256(ends_at(at, length, &ends), ends_at(at + WIDTH, length, &ends)),
            _mm256_or_si256(ends_at(at + 2 * WIDTH, length, &ends),
                            ends_at(at + 3 * WIDTH, length, &ends)));

        if (!_mm256_testz_si256(any, any))
            break;
    }
    return at;
}

/* Needs one block at least. */
static const char *search_blocks(const char *at, const char *end, const char *sign, gsize length)
{
    const __m128i first = _mm_set1_epi8(sign[0]), last = _mm_set1_epi8(sign[length - 1]);
    const char *least = end - (BYTE_BLOCK + length - 1);

    for (; at < least + BYTE_BLOCK; at += BYTE_BLOCK) {
        const char *block = MIN(at, least);
        __m128i ends = _mm_and_si128(_mm_cmpeq_epi8(byte_block_load(block), first),
                                     _mm_cmpeq_epi8(byte_block_load(block + length - 1), last));

        for (guint bits = (guint)_mm_movemask_epi8(ends); bits != 0; bits &= bits - 1) {
            const char *found = block + __builtin_ctz(bits);

            if (memcmp(found, sign, length) == 0)
                return found;
        }
    }
    return NULL;
}

static const char *find(const char *at, const char *end, const char *sign, gsize length)
{
    const gboolean is_wide = __builtin_cpu_supports("avx2");
    const char *found = NULL, *to;

    if ((gsize)(end - at) < BYTE_BLOCK + length - 1)
        return memmem(at, (gsize)(end - at), sign, length);
    do {
        at = is_wide ? skip_strides(at, end, sign, length) : at;
        to = is_wide && (gsize)(end - at) >= STRIDE + length - 1 ? at + STRIDE + length - 1 : end;
        found = search_blocks(at, to, sign, length);
        at += STRIDE;
    } while (!found && to < end);
    return found;
}

#else

static const char *find(const char *at, const char *end, const char *sign, gsize length)
{
    return memmem(at, (gsize)(end - at), sign, length);
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
    return find(data, (const char *)data + size, sign, length);
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
