/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content-sum.c - GMAC (NIST SP 800-38D) of the bytes, and AES of that, by OpenSSL.
 *
 * The nonce is always the same. That would reveal the key if others saw the MAC, which they do not:
 * see the header. To make a sum cannot fail: if the context does, it is made from the SHA-256.
 */
#include "scanner/common/content-sum.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>

#include "scanner/common/aes-blocks.h"
#include "scanner/common/digest.h"

enum {
    KEY_SIZE = 16, /* AES-128 */
    NONCE_SIZE = 12
};

G_STATIC_ASSERT(CONTENT_SUM_KEYS_SIZE == 2 * KEY_SIZE);
G_STATIC_ASSERT(CONTENT_SUM_SIZE == (gsize)AES_BLOCK);

struct ContentSum {
    guint8 key[KEY_SIZE];
    EVP_MAC_CTX *mac;
    AesBlocks *encrypt, *decrypt; /* ECB */
};

static EVP_MAC_CTX *mac_new(const guint8 *key)
{
    const OSSL_PARAM how[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, (char *)"AES-128-GCM", 0),
        OSSL_PARAM_construct_end()};
    EVP_MAC *gmac = EVP_MAC_fetch(NULL, "GMAC", NULL);
    EVP_MAC_CTX *mac = gmac ? EVP_MAC_CTX_new(gmac) : NULL;

    EVP_MAC_free(gmac);
    if (mac && EVP_MAC_init(mac, key, KEY_SIZE, how))
        return mac;
    EVP_MAC_CTX_free(mac);
    return NULL;
}

ContentSum *content_sum_new(const guint8 keys[CONTENT_SUM_KEYS_SIZE])
{
    ContentSum *maker = g_new0(ContentSum, 1);

    memcpy(maker->key, keys, KEY_SIZE);
    maker->mac = mac_new(keys);
    maker->encrypt = aes_blocks_new(keys + KEY_SIZE, KEY_SIZE, FALSE, AES_BLOCKS_ENCRYPT);
    maker->decrypt = aes_blocks_new(keys + KEY_SIZE, KEY_SIZE, FALSE, AES_BLOCKS_DECRYPT);
    return maker->mac && maker->encrypt && maker->decrypt ? maker : content_sum_free(maker);
}

ContentSum *content_sum_free(ContentSum *maker)
{
    if (!maker)
        return NULL;
    EVP_MAC_CTX_free(maker->mac);
    aes_blocks_free(maker->encrypt);
    aes_blocks_free(maker->decrypt);
    g_free(maker);
    return NULL;
}

static void make_slowly(const ContentSum *maker, const void *data, gsize size, guint8 *ret)
{
    guint8 bytes[KEY_SIZE + STOREHOOK_DIGEST_SIZE], digest[STOREHOOK_DIGEST_SIZE];

    memcpy(bytes, maker->key, KEY_SIZE);
    digest_bytes(data, size, bytes + KEY_SIZE);
    digest_bytes(bytes, sizeof(bytes), digest);
    memcpy(ret, digest, CONTENT_SUM_SIZE);
}

void content_sum_make(ContentSum *maker, const void *data, gsize size, guint8 ret[CONTENT_SUM_SIZE])
{
    guint8 nonce[NONCE_SIZE] = {0};
    const OSSL_PARAM begin[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, nonce, sizeof(nonce)),
        OSSL_PARAM_construct_end()};
    size_t length;

    if (!EVP_MAC_init(maker->mac, NULL, 0, begin) || !EVP_MAC_update(maker->mac, data, size) ||
        !EVP_MAC_final(maker->mac, ret, &length, CONTENT_SUM_SIZE) || length != CONTENT_SUM_SIZE)
        make_slowly(maker, data, size, ret);
}

gboolean content_sum_to_token(ContentSum *maker, const guint8 sum[CONTENT_SUM_SIZE],
                              guint8 ret[STOREHOOK_TOKEN_SIZE])
{
    return aes_blocks_run(maker->encrypt, NULL, NULL, sum, CONTENT_SUM_SIZE, ret);
}

gboolean content_sum_from_token(ContentSum *maker, const guint8 token[STOREHOOK_TOKEN_SIZE],
                                guint8 ret[CONTENT_SUM_SIZE])
{
    return aes_blocks_run(maker->decrypt, NULL, NULL, token, CONTENT_SUM_SIZE, ret);
}
