/* SPDX-License-Identifier: GPL-2.0-or-later */
/* aes-blocks.h - AES of whole blocks without padding, as encrypted documents have it. */
#ifndef SCANNER_AES_BLOCKS_H
#define SCANNER_AES_BLOCKS_H

#include <glib.h>

enum {
    AES_BLOCK = 16
};

typedef struct evp_cipher_ctx_st AesBlocks; /* OpenSSL's context, which fetches its cipher once */

typedef enum {
    AES_BLOCKS_DECRYPT,
    AES_BLOCKS_ENCRYPT
} AesBlocksWay;

/* ECB, or CBC where `is_chained`: each run then starts with an IV. key: 16, 24 or 32 bytes; NULL if
 * each run brings its own. Returns NULL for another size or without memory. */
AesBlocks *aes_blocks_new(const guint8 *key, gsize key_size, gboolean is_chained, AesBlocksWay way);
AesBlocks *aes_blocks_free(AesBlocks *aes); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AesBlocks, aes_blocks_free)

/* key: NULL for the same as before. iv: AES_BLOCK bytes; NULL if not chained. `from` and `to` may
 * be the same. FALSE when these are not whole blocks, more than a gigabyte, OpenSSL fails or aes is
 * NULL. */
gboolean aes_blocks_run(AesBlocks *aes, const guint8 *key, const guint8 *iv, const guint8 *from,
                        gsize size, guint8 *to);

#endif /* SCANNER_AES_BLOCKS_H */
