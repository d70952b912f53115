/* SPDX-License-Identifier: GPL-2.0-or-later */
/* aes-blocks.h - AES of whole blocks, without padding: what documents are locked with. */
#ifndef SCANNER_AES_BLOCKS_H
#define SCANNER_AES_BLOCKS_H

#include <glib.h>

enum {
    AES_BLOCK = 16
};

typedef struct evp_cipher_ctx_st AesBlocks; /* OpenSSL's; fetches its cipher once */

typedef enum {
    AES_BLOCKS_DECRYPT,
    AES_BLOCKS_ENCRYPT
} AesBlocksWay;

/* Electronic codebook, each block by itself; or chained, where each run begins with an IV.
 * key: of 16, 24 or 32 bytes; NULL if each run brings its own. NULL: another size, or no memory. */
AesBlocks *aes_blocks_new(const guint8 *key, gsize key_size, gboolean is_chained, AesBlocksWay way);
AesBlocks *aes_blocks_free(AesBlocks *aes); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AesBlocks, aes_blocks_free)

/* key: NULL: as before. iv: of AES_BLOCK bytes, NULL if not chained. `from` and `to` may be the
 * same. FALSE, also for aes == NULL: not whole blocks, more than a gigabyte, or OpenSSL fails. */
gboolean aes_blocks_run(AesBlocks *aes, const guint8 *key, const guint8 *iv, const guint8 *from,
                        gsize size, guint8 *to);

#endif /* SCANNER_AES_BLOCKS_H */
