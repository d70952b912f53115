/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * digest.c - OpenSSL's digests, without looking up the algorithm each time.
 *
 * SHA256() looks up its algorithm by name and makes a context in each call, which takes as long as
 * the digest of 1 KB. Cannot fail: if the kept context does, SHA256() is called.
 *
 * libclamav asks for MD5, SHA-1 and SHA-256 by name in each scan, and OpenSSL searches its
 * providers each time. A function of the program comes before those of all libraries, so
 * EVP_get_digestbyname() here answers with what was found the first time.
 */
#include "scanner/common/digest.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

G_STATIC_ASSERT(STOREHOOK_DIGEST_SIZE == SHA256_DIGEST_LENGTH);

/* A worker has one thread, and frees nothing at its end. */
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

    /* ISO C cannot convert an object pointer into a function pointer; POSIX requires this form. */
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
