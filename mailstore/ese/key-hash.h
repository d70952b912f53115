/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * key-hash.h - a keyed 64-bit hash of (tree, key), by multiplying and folding 128-bit products.
 *
 * Locks are kept by hash alone: two keys with one hash share a lock, which can only give a
 * conflict too many. The seed is random for each store, so nobody can choose keys that collide.
 */
#ifndef MAILSTORE_ESE_KEY_HASH_H
#define MAILSTORE_ESE_KEY_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t key_hash_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t key_hash(const uint64_t seed[2], unsigned tree, const void *data,
                                size_t size)
{
    const unsigned char *bytes = data;
    uint64_t hash = seed[0] ^ ((uint64_t)tree << 32) ^ size;
    uint64_t word;

    for (; size >= sizeof word; size -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = key_hash_fold(hash ^ word, seed[1] | 1) + word;
    }
    word = 0;
    if (size > 0)
        memcpy(&word, bytes, size);
    hash = key_hash_fold(hash ^ word, seed[1] | 1) + word;
    return key_hash_fold(hash ^ 0x9e3779b97f4a7c15u, seed[1] ^ 0xd6e8feb86659fd93u);
}

#endif /* MAILSTORE_ESE_KEY_HASH_H */
