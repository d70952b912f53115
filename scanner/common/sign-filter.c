/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sign-filter.c - searches for three bytes of each of eight words at once.
 *
 * Cannot fail. Each byte is classified by its two halves, 32 bytes with one instruction, after the
 * "Teddy" algorithm of Hyperscan (G. Langdale, X. Wang). Triples that share a bit match mixtures of
 * them, too: a word may be reported as present when it is not, but never the other way round.
 *
 * Known limit: without AVX2 nothing is known, and every word must be searched for.
 */
#include "scanner/common/sign-filter.h"

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#ifdef __x86_64__

enum {
    TRIPLE = 3,
    HALVES = 16, /* values of half a byte */
    WIDTH = sizeof(__m256i),
    TAIL = 2 * WIDTH /* the rest after the last block, with room to read a block from each byte */
};

/* All below 0x80: the shuffle instruction ignores other bytes. */
static const struct {
    SignLacks sign;
    const char *bytes;
} TRIPLES[] = {
    {SIGN_LACKS_CHAR_CODE, "rCo"}, {SIGN_LACKS_ARRAY, "t8A"},  {SIGN_LACKS_BYTES, "te["},
    {SIGN_LACKS_CALL, "hr("},      {SIGN_LACKS_CALL, "rW("},   {SIGN_LACKS_CALL, "rw("},
    {SIGN_LACKS_CALL, "ob("},      {SIGN_LACKS_OBJ, "obj"},    {SIGN_LACKS_XREF, "/XR"},
    {SIGN_LACKS_TRAILER, "rai"},   {SIGN_LACKS_RAR, "r!\x1a"},
};

typedef struct {
    guint8 low[TRIPLE][HALVES], high[TRIPLE][HALVES];
} Halves;

typedef struct {
    __m256i low[TRIPLE], high[TRIPLE];
} Classes;

static void halves_fill(Halves *halves)
{
    *halves = (Halves){0};
    for (gsize i = 0; i < G_N_ELEMENTS(TRIPLES); i++)
        for (gsize k = 0; k < TRIPLE; k++) {
            guint8 byte = (guint8)TRIPLES[i].bytes[k];

            halves->low[k][byte % HALVES] |= TRIPLES[i].sign;
            halves->high[k][byte / HALVES] |= TRIPLES[i].sign;
        }
}

__attribute__((target("avx2"))) static __m256i spread(const guint8 *halves)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)halves));
}

/* For each of 32 bytes the signs that have it as byte `k` of their triple. */
__attribute__((target("avx2"))) static inline __m256i class_at(const Classes *classes, gsize k,
                                                               const guint8 *at)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(at + k));
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(HALVES - 1));

    return _mm256_and_si256(_mm256_shuffle_epi8(classes->low[k], bytes),
                            _mm256_shuffle_epi8(classes->high[k], high));
}

/* The signs whose triples start in these blocks; reads TRIPLE - 1 bytes beyond them. */
__attribute__((target("avx2"))) static SignLacks triples_in(const Halves *halves, const guint8 *at,
                                                            gsize blocks)
{
    __m256i found = _mm256_setzero_si256();
    guint64 words[WIDTH / sizeof(guint64)], all;
    Classes classes;

    for (gsize k = 0; k < TRIPLE; k++) {
        classes.low[k] = spread(halves->low[k]);
        classes.high[k] = spread(halves->high[k]);
    }
    for (const guint8 *end = at + blocks * WIDTH; at < end; at += WIDTH)
        found =
            _mm256_or_si256(found, _mm256_and_si256(class_at(&classes, 0, at),
                                                    _mm256_and_si256(class_at(&classes, 1, at),
                                                                     class_at(&classes, 2, at))));
    _mm256_storeu_si256((__m256i *)(void *)words, found);
    all = words[0] | words[1] | words[2] | words[3];
    all |= all >> 32;
    all |= all >> 16;
    return (SignLacks)(all | all >> 8);
}

static SignLacks lacks(const guint8 *data, gsize size)
{
    gsize blocks = size > TRIPLE ? (size - (TRIPLE - 1)) / WIDTH : 0, done = blocks * WIDTH;
    guint8 tail[TAIL] = {0};
    Halves halves;

    halves_fill(&halves);
    if (size > done)
        memcpy(tail, data + done, size - done);
    return (SignLacks) ~(triples_in(&halves, data, blocks) | triples_in(&halves, tail, 1));
}

SignLacks sign_filter_lacks(const void *data, gsize size)
{
    return __builtin_cpu_supports("avx2") ? lacks(data, size) : 0;
}

#else

SignLacks sign_filter_lacks(const void *data, gsize size)
{
    (void)data, (void)size;
    return 0;
}

#endif
