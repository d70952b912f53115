/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * digest.c - OpenSSL's SHA-256 with a context that is kept.
 *
 * SHA256() looks its algorithm up by name and makes a context each time, which for a part of a
 * message of 1 KB takes as long as the digest. Cannot fail: what the kept context will not do,
 * SHA256() does.
 */
#include "scanner/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

G_STATIC_ASSERT(STOREHOOK_DIGEST_SIZE == SHA256_DIGEST_LENGTH);

/* Of a worker, which has one thread; not given back, as all else that it has at its end. */
static _Thread_local EVP_MD_CTX *kept;

static EVP_MD_CTX *kept_start(void)
{
    if (kept)
        return EVP_DigestInit_ex2(kept, NULL, NULL) ? kept : NULL;
    kept = EVP_MD_CTX_new();
    if (kept && !EVP_DigestInit_ex2(kept, EVP_sha256(), NULL)) {
        EVP_MD_CTX_free(kept);
        kept = NULL;
    }
    return kept;
}

void digest_bytes(const void *data, gsize size, guint8 *ret)
{
    EVP_MD_CTX *context = kept_start();

    if (!context || !EVP_DigestUpdate(context, data, size) ||
        !EVP_DigestFinal_ex(context, ret, NULL))
        (void)SHA256(data, size, ret);
}
