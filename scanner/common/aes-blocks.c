/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * aes-blocks.c - an OpenSSL context that is set up once and then gets keys and IVs.
 *
 * Fails by NULL and FALSE.
 */
#include "scanner/common/aes-blocks.h"

#include <openssl/evp.h>

static const EVP_CIPHER *cipher_of(gsize key_size, gboolean is_chained)
{
    switch (key_size) {
    case 16:
        return is_chained ? EVP_aes_128_cbc() : EVP_aes_128_ecb();
    case 24:
        return is_chained ? EVP_aes_192_cbc() : EVP_aes_192_ecb();
    case 32:
        return is_chained ? EVP_aes_256_cbc() : EVP_aes_256_ecb();
    default:
        return NULL;
    }
}

AesBlocks *aes_blocks_new(const guint8 *key, gsize key_size, gboolean is_chained, AesBlocksWay way)
{
    const EVP_CIPHER *cipher = cipher_of(key_size, is_chained);
    AesBlocks *aes = cipher ? EVP_CIPHER_CTX_new() : NULL;

    if (aes && EVP_CipherInit_ex(aes, cipher, NULL, key, NULL, way == AES_BLOCKS_ENCRYPT) &&
        EVP_CIPHER_CTX_set_padding(aes, 0))
        return aes;
    return aes_blocks_free(aes);
}

AesBlocks *aes_blocks_free(AesBlocks *aes)
{
    EVP_CIPHER_CTX_free(aes);
    return NULL;
}

gboolean aes_blocks_run(AesBlocks *aes, const guint8 *key, const guint8 *iv, const guint8 *from,
                        gsize size, guint8 *to)
{
    int done = 0;

    return aes && size <= G_MAXINT / 2 && size % AES_BLOCK == 0 &&
           ((!key && !iv) || EVP_CipherInit_ex(aes, NULL, NULL, key, iv, -1)) &&
           EVP_CipherUpdate(aes, to, &done, from, (int)size) && (gsize)done == size;
}
