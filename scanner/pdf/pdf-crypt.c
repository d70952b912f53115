/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-crypt.c - the key of a file from the empty password, as user's or as owner's, and what it
 * opens.
 *
 * Fails by NULL. The algorithms are those of ISO 32000-2 7.6.4, and of ISO 32000-1 7.6.3.
 */
#include "scanner/pdf/pdf-crypt.h"

#include <string.h>

#include "scanner/common/aes-blocks.h"
#include "scanner/common/rc4.h"

enum {
    MD5_SIZE = 16,
    SHA_256_SIZE = 32,
    SHA_512_SIZE = 64,
    PASSWORD_SIZE = 32, /* padded */
    SALT = 8,           /* two of them follow the hash in /U and /O of revision 5 and 6 */
    USER_SIZE = SHA_256_SIZE + 2 * SALT,
    ROUNDS = 64, /* at least; of revision 6 */
    COPIES = 64,
    OLD_KEY = 5, /* of 40 bits */
    KEY_MAX = 32
};

struct PdfCrypt {
    guint8 key[KEY_MAX];
    gsize key_size;
};

/* What stands for an empty password, and fills up others. */
static const guint8 PAD[PASSWORD_SIZE] = {
    0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
    0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A};

/* --- Pieces ----------------------------------------------------------------------- */

static void hash(GChecksumType type, const PdfCryptText *texts, guint count, guint8 *ret)
{
    GChecksum *sum = g_checksum_new(type);
    gsize size = SHA_512_SIZE;

    for (guint i = 0; i < count; i++)
        g_checksum_update(sum, texts[i].bytes, (gssize)texts[i].size);
    g_checksum_get_digest(sum, ret, &size);
    g_checksum_free(sum);
}

/* From and to may be the same. */
static void rc4(const guint8 *key, gsize key_size, const guint8 *from, gsize size, guint8 *to)
{
    Rc4 state;

    rc4_start(&state, key, key_size);
    for (gsize i = 0; i < size; i++)
        to[i] = from[i] ^ rc4_next(&state);
}

/* --- Revisions 2 to 4 ------------------------------------------------------------- */

/* Algorithm 2. */
static void make_old_key(PdfCrypt *crypt, const PdfCryptSettings *settings, const guint8 *password)
{
    guint32 permissions = GUINT32_TO_LE((guint32)settings->permissions);
    static const guint8 plain[] = {0xff, 0xff, 0xff, 0xff};
    const PdfCryptText texts[] = {
        {password, PASSWORD_SIZE},
        {settings->owner.bytes, MIN(settings->owner.size, (gsize)PASSWORD_SIZE)},
        {(const guint8 *)&permissions, sizeof(permissions)},
        settings->id,
        {plain, settings->revision >= 4 && settings->metadata_is_plain ? sizeof(plain) : 0},
    };
    guint8 digest[SHA_512_SIZE];

    hash(G_CHECKSUM_MD5, texts, G_N_ELEMENTS(texts), digest);
    for (guint i = 0; settings->revision >= 3 && i < 50; i++)
        hash(G_CHECKSUM_MD5, &(PdfCryptText){digest, crypt->key_size}, 1, digest);
    memcpy(crypt->key, digest, crypt->key_size);
}

/* Twenty times, with the key changed a little each time. */
static void rc4_often(const guint8 *key, gsize key_size, gboolean is_backwards, guint8 *bytes,
                      gsize size)
{
    guint8 changed[KEY_MAX];

    for (guint i = 0; i < 20; i++) {
        for (gsize j = 0; j < key_size; j++)
            changed[j] = key[j] ^ (guint8)(is_backwards ? 19 - i : i);
        rc4(changed, key_size, bytes, size, bytes);
    }
}

/* Algorithms 4 to 6. */
static gboolean old_key_fits(const PdfCrypt *crypt, const PdfCryptSettings *settings)
{
    guint8 user[SHA_512_SIZE];

    if (settings->revision == 2) {
        rc4(crypt->key, crypt->key_size, PAD, PASSWORD_SIZE, user);
        return settings->user.size >= PASSWORD_SIZE &&
               memcmp(user, settings->user.bytes, PASSWORD_SIZE) == 0;
    }
    hash(G_CHECKSUM_MD5, (const PdfCryptText[]){{PAD, PASSWORD_SIZE}, settings->id}, 2, user);
    rc4_often(crypt->key, crypt->key_size, FALSE, user, MD5_SIZE);
    return settings->user.size >= MD5_SIZE && memcmp(user, settings->user.bytes, MD5_SIZE) == 0;
}

/* Algorithm 7: the user's password, as an owner with an empty one finds it. */
static void find_user_password(const PdfCrypt *crypt, const PdfCryptSettings *settings,
                               guint8 *password)
{
    guint8 digest[SHA_512_SIZE];

    hash(G_CHECKSUM_MD5, &(PdfCryptText){PAD, PASSWORD_SIZE}, 1, digest);
    for (guint i = 0; settings->revision >= 3 && i < 50; i++)
        hash(G_CHECKSUM_MD5, &(PdfCryptText){digest, MD5_SIZE}, 1, digest);
    memcpy(password, settings->owner.bytes, PASSWORD_SIZE);
    if (settings->revision == 2)
        rc4(digest, crypt->key_size, password, PASSWORD_SIZE, password);
    else
        rc4_often(digest, crypt->key_size, TRUE, password, PASSWORD_SIZE);
}

static gboolean open_old_by(PdfCrypt *crypt, const PdfCryptSettings *settings, gsize key_size)
{
    guint8 password[PASSWORD_SIZE];

    crypt->key_size = key_size;
    make_old_key(crypt, settings, PAD);
    if (old_key_fits(crypt, settings))
        return TRUE;
    if (settings->owner.size < PASSWORD_SIZE)
        return FALSE;
    find_user_password(crypt, settings, password);
    make_old_key(crypt, settings, password);
    return old_key_fits(crypt, settings);
}

/* Readers differ in the size of the key where the length is odd, in bytes, or not for this kind. */
static gboolean open_old(PdfCrypt *crypt, const PdfCryptSettings *settings)
{
    const gsize told = (gsize)CLAMP(settings->key_bits / 8, 0, MD5_SIZE);
    const gsize sizes[] = {told, (gsize)CLAMP(settings->key_bits, 0, MD5_SIZE), MD5_SIZE, OLD_KEY};

    if (settings->revision == 2)
        return open_old_by(crypt, settings, OLD_KEY);
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        if (sizes[i] >= OLD_KEY && (i == 0 || sizes[i] != told) &&
            open_old_by(crypt, settings, sizes[i]))
            return TRUE;
    return FALSE;
}

/* --- Revisions 5 and 6 ------------------------------------------------------------ */

/* Algorithm 2.B, with an empty password. user: /U, for the owner's. */
static gboolean hash_new(gint64 revision, PdfCryptText salt, PdfCryptText user, guint8 *ret)
{
    static const GChecksumType types[] = {G_CHECKSUM_SHA256, G_CHECKSUM_SHA384, G_CHECKSUM_SHA512};
    static const gsize sizes[] = {SHA_256_SIZE, 48, SHA_512_SIZE};
    g_autoptr(AesBlocks) aes = aes_blocks_new(NULL, MD5_SIZE, TRUE, AES_BLOCKS_ENCRYPT);
    guint8 key[SHA_512_SIZE], text[COPIES * (SHA_512_SIZE + USER_SIZE)];
    gsize size = SHA_256_SIZE;

    hash(G_CHECKSUM_SHA256, (const PdfCryptText[]){salt, user}, 2, key);
    for (guint round = 0; revision >= 6; round++) {
        gsize one = size + user.size;
        guint rest = 0;

        for (guint i = 0; i < COPIES; i++) {
            memcpy(text + i * one, key, size);
            memcpy(text + i * one + size, user.bytes, user.size);
        }
        if (!aes_blocks_run(aes, key, key + MD5_SIZE, text, COPIES * one, text))
            return FALSE;
        for (guint i = 0; i < AES_BLOCK; i++) /* 256 is 1 modulo 3 */
            rest += text[i];
        hash(types[rest % 3], &(PdfCryptText){text, COPIES * one}, 1, key);
        size = sizes[rest % 3];
        if (round + 1 >= ROUNDS && text[COPIES * one - 1] <= round + 1 - 32)
            break;
    }
    memcpy(ret, key, SHA_256_SIZE);
    return TRUE;
}

/* /U or /O: a hash, its salt, and the salt of the key. */
static gboolean open_new_by(PdfCrypt *crypt, gint64 revision, PdfCryptText text, PdfCryptText key,
                            PdfCryptText user)
{
    g_autoptr(AesBlocks) aes = aes_blocks_new(NULL, KEY_MAX, TRUE, AES_BLOCKS_DECRYPT);
    static const guint8 nonce[AES_BLOCK];
    guint8 digest[SHA_256_SIZE];

    if (text.size < USER_SIZE || key.size < KEY_MAX)
        return FALSE;
    if (!hash_new(revision, (PdfCryptText){text.bytes + SHA_256_SIZE, SALT}, user, digest) ||
        memcmp(digest, text.bytes, SHA_256_SIZE) != 0)
        return FALSE;
    crypt->key_size = KEY_MAX;
    return hash_new(revision, (PdfCryptText){text.bytes + SHA_256_SIZE + SALT, SALT}, user,
                    digest) &&
           aes_blocks_run(aes, digest, nonce, key.bytes, KEY_MAX, crypt->key);
}

static gboolean open_new(PdfCrypt *crypt, const PdfCryptSettings *settings)
{
    const PdfCryptText user = {settings->user.bytes, USER_SIZE}, nothing = {(guint8[]){0}, 0};

    return open_new_by(crypt, settings->revision, settings->user, settings->user_key, nothing) ||
           (settings->user.size >= USER_SIZE &&
            open_new_by(crypt, settings->revision, settings->owner, settings->owner_key, user));
}

/* --- Files ------------------------------------------------------------------------ */

PdfCrypt *pdf_crypt_new(const PdfCryptSettings *settings)
{
    g_autoptr(PdfCrypt) crypt = g_new0(PdfCrypt, 1);
    gboolean is_open = FALSE;

    if (settings->revision >= 2 && settings->revision <= 4)
        is_open = open_old(crypt, settings);
    else if (settings->revision == 5 || settings->revision == 6)
        is_open = open_new(crypt, settings);
    return is_open ? g_steal_pointer(&crypt) : NULL;
}

PdfCrypt *pdf_crypt_free(PdfCrypt *crypt)
{
    g_free(crypt);
    return NULL;
}

gboolean pdf_crypt_equal(const PdfCrypt *one, const PdfCrypt *other)
{
    return one->key_size == other->key_size && memcmp(one->key, other->key, one->key_size) == 0;
}

/* Algorithm 1. */
static gsize object_key(const PdfCrypt *crypt, PdfCryptMethod method, guint number,
                        guint generation, guint8 *ret)
{
    const guint8 id[] = {(guint8)number, (guint8)(number >> 8), (guint8)(number >> 16),
                         (guint8)generation, (guint8)(generation >> 8)};
    const PdfCryptText texts[] = {{crypt->key, crypt->key_size},
                                  {id, sizeof(id)},
                                  {(const guint8 *)"sAlT", method == PDF_CRYPT_AES ? 4 : 0}};

    hash(G_CHECKSUM_MD5, texts, G_N_ELEMENTS(texts), ret);
    return MIN(crypt->key_size + sizeof(id), (gsize)MD5_SIZE);
}

/* The first block is the nonce, the last bytes say how many of them fill up the last block. */
static gboolean undo_aes(const guint8 *key, gsize key_size, const guint8 *data, gsize size,
                         guint8 *to, gsize *ret_size)
{
    g_autoptr(AesBlocks) aes = aes_blocks_new(key, key_size, TRUE, AES_BLOCKS_DECRYPT);
    gsize whole = size >= 2 * AES_BLOCK ? (size - AES_BLOCK) / AES_BLOCK * AES_BLOCK : 0;

    *ret_size = 0;
    if (whole == 0)
        return TRUE;
    if (!aes_blocks_run(aes, NULL, data, data + AES_BLOCK, whole, to))
        return FALSE;
    *ret_size = to[whole - 1] >= 1 && to[whole - 1] <= AES_BLOCK ? whole - to[whole - 1] : whole;
    return TRUE;
}

guint8 *pdf_crypt_undo(const PdfCrypt *crypt, PdfCryptMethod method, guint number, guint generation,
                       const guint8 *data, gsize size, gsize *ret_size)
{
    guint8 *out = g_try_malloc(MAX(size, 1));
    guint8 key[SHA_512_SIZE];
    gboolean is_done = TRUE;
    gsize key_size;

    if (!out)
        return NULL;
    *ret_size = size;
    switch (method) {
    case PDF_CRYPT_IDENTITY:
        memcpy(out, data, size);
        break;
    case PDF_CRYPT_RC4:
        key_size = object_key(crypt, method, number, generation, key);
        rc4(key, key_size, data, size, out);
        break;
    case PDF_CRYPT_AES:
        (void)object_key(crypt, method, number, generation, key);
        is_done = undo_aes(key, MD5_SIZE, data, size, out, ret_size);
        break;
    case PDF_CRYPT_AES_256:
        is_done = undo_aes(crypt->key, KEY_MAX, data, size, out, ret_size);
        break;
    }
    if (!is_done)
        g_clear_pointer(&out, g_free);
    return out;
}
