/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * digest.c - OpenSSL's digests without a search for the algorithm each time.
 *
 * SHA256() looks its algorithm up by name and makes a context each time, which for a part of a
 * message of 1 KB takes as long as the digest. Cannot fail: what the kept context will not do,
 * SHA256() does.
 *
 * libclamav asks for MD5, SHA-1 and SHA-256 by name in each scan, and OpenSSL searches its
 * providers again for each that it uses. The functions of the program go before those of any
 * library: the one here answers with what was searched before.
 */
#include "scanner/common/digest.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

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

static const EVP_MD *next_by_name(const char *name)
{
    const EVP_MD *(*next)(const char *);

    /* ISO C has no conversion between the two kinds of pointers; POSIX demands this one. */
    *(void **)&next = dlsym(RTLD_NEXT, "EVP_get_digestbyname");
    return next ? next(name) : NULL;
}

const EVP_MD *EVP_get_digestbyname(const char *name)
{
    static const char *const names[] = {"md5", "sha1", "sha256"};
    static _Thread_local EVP_MD *found[G_N_ELEMENTS(names)];

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        if (!found[i])
            found[i] = EVP_MD_fetch(NULL, name, NULL);
        return found[i] ? found[i] : next_by_name(name);
    }
    return next_by_name(name);
}
